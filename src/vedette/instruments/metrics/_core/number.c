/* See number.h. Doubles are printed by the Schubfach algorithm: R. Giulietti, "The Schubfach way to render doubles",
   2020, section 9. Its table of powers of ten is made here, by exact arithmetic, rather than listed. */

#include "number.h"

#include <math.h>
#include <string.h>

static const char PAIRS[] =
    "00010203040506070809101112131415161718192021222324252627282930313233343536373839404142434445464748495051525354555657"
    "58596061626364656667686970717273747576777879808182838485868788899091929394959697989900";

static int digits_of(uint64_t value)
{
    int count = 1;
    while (value >= 10000) {
        value /= 10000;
        count += 4;
    }
    return count + (value >= 10) + (value >= 100) + (value >= 1000);
}

char *write_unsigned(char *out, uint64_t value)
{
    if (value < 10) {
        *out = (char)('0' + value);
        return out + 1;
    }
    char *end = out + digits_of(value), *at = end;
    while (value >= 100) {
        memcpy(at -= 2, PAIRS + 2 * (value % 100), 2);
        value /= 100;
    }
    if (value >= 10)
        memcpy(at - 2, PAIRS + 2 * value, 2);
    else
        at[-1] = (char)('0' + value);
    return end;
}

char *write_signed(char *out, int64_t value)
{
    if (value >= 0)
        return write_unsigned(out, (uint64_t)value);
    *out = '-';
    return write_unsigned(out + 1, 0 - (uint64_t)value);
}

/* --- powers of ten: for each k the 128 leading bits of 10^k, rounded up ------------------------------------------ */

#define LEAST_POWER (-292)
#define GREATEST_POWER 324
#define LIMBS 40 /* of 32 bits: 10^324 takes 1077 bits */

typedef struct {
    uint64_t high, low;
} wide;

static wide powers[GREATEST_POWER - LEAST_POWER + 1];

/* The 128 bits from the highest that is set, plus one (the table is rounded up, and no power but those that fit
   exactly ends here; those are taken as they are). */
static wide leading(const uint32_t *limbs, int exact)
{
    int top = LIMBS - 1;
    while (limbs[top] == 0)
        top--;
    int shift = __builtin_clz(limbs[top]);
    uint32_t part[4];
    for (int i = 0; i < 4; i++) {
        uint32_t here = top - i >= 0 ? limbs[top - i] : 0, below = top - i - 1 >= 0 ? limbs[top - i - 1] : 0;
        part[i] = shift ? here << shift | below >> (32 - shift) : here;
    }
    wide found = {(uint64_t)part[0] << 32 | part[1], (uint64_t)part[2] << 32 | part[3]};
    if (!exact && ++found.low == 0)
        found.high++;
    return found;
}

void number_prepare(void)
{
    if (powers[0].high)
        return;
    uint32_t limbs[LIMBS] = {1};
    for (int k = 0; k <= GREATEST_POWER; k++) {
        powers[k - LEAST_POWER] = leading(limbs, k <= 55); /* 5^55 is the greatest power of five below 2^128 */
        uint64_t carry = 0;
        for (int i = 0; i < LIMBS; i++) {
            carry += (uint64_t)limbs[i] * 10;
            limbs[i] = (uint32_t)carry;
            carry >>= 32;
        }
    }
    memset(limbs, 0, sizeof limbs);
    limbs[LIMBS - 1] = 0x80000000u; /* a power of two so great that 10^-292 of it still has 128 bits */
    for (int k = -1; k >= LEAST_POWER; k--) {
        uint64_t rest = 0;
        for (int i = LIMBS - 1; i >= 0; i--) {
            rest = rest << 32 | limbs[i];
            limbs[i] = (uint32_t)(rest / 10);
            rest %= 10;
        }
        powers[k - LEAST_POWER] = leading(limbs, 0);
    }
}

/* --- the digits of a double -------------------------------------------------------------------------------------- */

typedef struct {
    uint64_t digits;
    int exponent; /* the value is digits * 10^exponent */
} decimal;

static int floor_log2_of_power(int k) { return (k * 1741647) >> 19; }

__extension__ typedef unsigned __int128 wider;

/* The product of g and c over 2^128, its lowest bit set if there is more behind it. */
static uint64_t round_to_odd(wide g, uint64_t c)
{
    wider low = (wider)g.low * c;
    wider sum = (wider)g.high * c + (uint64_t)(low >> 64);
    return (uint64_t)(sum >> 64) | ((uint64_t)sum > 1);
}

static decimal shortest(uint64_t fraction, int biased)
{
    uint64_t c = biased ? fraction | (uint64_t)1 << 52 : fraction;
    int q = (biased ? biased : 1) - 1075;
    if (-q >= 0 && -q < 53 && (c & (((uint64_t)1 << -q) - 1)) == 0)
        return (decimal){c >> -q, 0}; /* a whole number */

    uint64_t odd = c & 1;
    int closer = fraction == 0 && biased > 1; /* the double below is nearer than the one above */
    int k = (q * 1262611 - (closer ? 524031 : 0)) >> 22;
    int h = q + floor_log2_of_power(-k) + 1;
    wide g = powers[-k - LEAST_POWER];
    uint64_t lower = round_to_odd(g, (4 * c - 2 + (uint64_t)closer) << h) + odd;
    uint64_t middle = round_to_odd(g, (4 * c) << h);
    uint64_t upper = round_to_odd(g, (4 * c + 2) << h) - odd;

    uint64_t s = middle / 4;
    if (s >= 10) {
        uint64_t tens = s / 10;
        int down = lower <= 40 * tens, up = 40 * tens + 40 <= upper;
        if (down != up)
            return (decimal){tens + (uint64_t)up, k + 1};
    }
    int down = lower <= 4 * s, up = 4 * s + 4 <= upper;
    if (down != up)
        return (decimal){s + (uint64_t)up, k};
    uint64_t half = 4 * s + 2;
    return (decimal){s + (middle > half || (middle == half && (s & 1))), k};
}

/* The digits with a point or an exponent, as repr() places them; `least` is the exponent from which on there is one.
   `point`: whether a whole number gets ".0". */
static char *place(char *out, decimal found, int most, int point)
{
    char digits[24];
    while (found.digits % 10 == 0 && found.digits) {
        found.digits /= 10;
        found.exponent++;
    }
    int count = (int)(write_unsigned(digits, found.digits) - digits);
    int before = count + found.exponent; /* digits before the point */
    if (before > most || before < -3) {
        *out++ = digits[0];
        if (count > 1) {
            *out++ = '.';
            memcpy(out, digits + 1, (size_t)count - 1);
            out += count - 1;
        }
        int exponent = before - 1;
        *out++ = 'e';
        *out++ = exponent < 0 ? '-' : '+';
        if (exponent < 0)
            exponent = -exponent;
        if (exponent < 10)
            *out++ = '0';
        return write_unsigned(out, (uint64_t)exponent);
    }
    if (before <= 0) {
        memcpy(out, "0.", 2);
        memset(out + 2, '0', (size_t)-before);
        memcpy(out + 2 - before, digits, (size_t)count);
        return out + 2 - before + count;
    }
    if (before >= count) {
        memcpy(out, digits, (size_t)count);
        memset(out + count, '0', (size_t)(before - count));
        out += before;
        if (point) {
            memcpy(out, ".0", 2);
            out += 2;
        }
        return out;
    }
    memcpy(out, digits, (size_t)before);
    out[before] = '.';
    memcpy(out + before + 1, digits + before, (size_t)(count - before));
    return out + count + 1;
}

static char *write_double(char *out, double value, int most, int point)
{
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint64_t fraction = bits & (((uint64_t)1 << 52) - 1);
    int biased = (int)(bits >> 52 & 0x7ff);
    if (biased == 0x7ff) {
        memcpy(out, fraction ? "NaN" : bits >> 63 ? "-Inf" : "+Inf", 4);
        return out + (fraction ? 3 : 4);
    }
    if (bits >> 63)
        *out++ = '-';
    if (!biased && !fraction) {
        memcpy(out, "0.0", 3);
        return out + (point ? 3 : 1);
    }
    return place(out, shortest(fraction, biased), most, point);
}

char *write_value(char *out, double value) { return write_double(out, value, 16, 0); }

/* Go's %g turns to an exponent from the seventh digit on, Python's repr from the seventeenth. */
char *write_bound(char *out, double bound) { return write_double(out, bound, 6, 1); }

char *write_timestamp(char *out, double seconds)
{
    int64_t ms = (int64_t)llround(seconds * 1000);
    out = write_signed(out, ms / 1000);
    int rest = (int)(ms % 1000 < 0 ? -(ms % 1000) : ms % 1000);
    *out++ = '.';
    *out++ = (char)('0' + rest / 100);
    *out++ = (char)('0' + rest / 10 % 10);
    *out++ = (char)('0' + rest % 10);
    return out;
}
