/* Numbers as text: the shortest decimal that reads back the same, spelt as Python's repr and OpenMetrics spell it. */

#ifndef VEDETTE_NUMBER_H
#define VEDETTE_NUMBER_H

#include <stdint.h>

#define NUMBER_SIZE 40 /* more than any number takes */

/* Each writes to `out`, which has NUMBER_SIZE bytes, and returns the end of what it wrote (no NUL). */
char *write_unsigned(char *out, uint64_t value);
char *write_signed(char *out, int64_t value);

/* A sample's value: 3, 0.25, 1e+16, +Inf, NaN. */
char *write_value(char *out, double value);

/* A bucket's bound in OpenMetrics' canonical form: 0.005, 1.0, 1e+06, +Inf. */
char *write_bound(char *out, double bound);

/* A time in seconds, to the millisecond. */
char *write_timestamp(char *out, double seconds);

/* Makes the table of powers; before the first double is written. */
void number_prepare(void);

#endif
