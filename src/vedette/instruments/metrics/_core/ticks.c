/* See ticks.h. Where the kernel itself tells time by the processor's counter, having found it steady and the same on all
   cores, the counter is read without asking the kernel: that takes half the time. */

#include "ticks.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#if defined(__x86_64__) && defined(__linux__)
#include <cpuid.h>
#include <x86intrin.h>
#define HAS_COUNTER 1
#else
#define HAS_COUNTER 0
#endif

/* How long both clocks are compared before the counter's pace is known to a millionth. */
#define LONG_ENOUGH 0.05

static double monotonic(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec * 1e-9;
}

#if HAS_COUNTER

static int usable;
static uint64_t first_count;
static double first_time, pace; /* seconds of a count; 0 while it is not known */

static int kernel_uses_counter(void)
{
    char name[16] = "";
    FILE *file = fopen("/sys/devices/system/clocksource/clocksource0/current_clocksource", "r");
    if (file == NULL)
        return 0;
    int read = fgets(name, sizeof name, file) != NULL;
    fclose(file);
    return read && strcmp(name, "tsc\n") == 0;
}

static int counter_is_steady(void)
{
    unsigned a, b, c, d;
    return __get_cpuid(0x80000007u, &a, &b, &c, &d) && (d & 1u << 8); /* "invariant TSC" */
}

void ticks_setup(void)
{
    usable = counter_is_steady() && kernel_uses_counter();
    first_count = __rdtsc();
    first_time = monotonic();
}

double ticks_seconds(void)
{
    if (pace > 0)
        return first_time + (double)(int64_t)(__rdtsc() - first_count) * pace;
    uint64_t count = __rdtsc();
    double now = monotonic();
    if (usable && now - first_time > LONG_ENOUGH && count > first_count)
        pace = (now - first_time) / (double)(count - first_count);
    return now;
}

#else

void ticks_setup(void) {}
double ticks_seconds(void) { return monotonic(); }

#endif
