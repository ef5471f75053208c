/* What an update does to the values of a series, and how they are read. */

#ifndef VEDETTE_VALUES_H
#define VEDETTE_VALUES_H

#include "family.h"

static inline void add_double(word *at, double amount)
{
    uint64_t before = atomic_load_explicit(at, memory_order_relaxed), after;
    do {
        double value;
        memcpy(&value, &before, sizeof value);
        value += amount;
        memcpy(&after, &value, sizeof after);
    } while (!atomic_compare_exchange_weak_explicit(at, &before, after, memory_order_relaxed, memory_order_relaxed));
}

/* An update need not be atomic where none can come between. */
static inline void add_amount(const Family *f, word *at, double amount)
{
    if (f->alone)
        atomic_store_explicit(at, double_bits(word_double(at) + amount), memory_order_relaxed);
    else
        add_double(at, amount);
}

static inline void count_one(const Family *f, word *at)
{
    if (f->alone)
        atomic_store_explicit(at, atomic_load_explicit(at, memory_order_relaxed) + 1, memory_order_relaxed);
    else
        atomic_fetch_add_explicit(at, 1, memory_order_relaxed);
}

static inline void touch(const Family *f, series *one)
{
    if (f->expires && !atomic_load_explicit(&one->touched, memory_order_relaxed))
        atomic_store_explicit(&one->touched, 1, memory_order_relaxed);
}

static inline void counter_add_one(const Family *f, series *one)
{
    counter_values *values = (counter_values *)(one + 1);
    touch(f, one);
    count_one(f, &values->whole);
}

static inline double counter_read(const series *one, int64_t *whole)
{
    const counter_values *values = (const counter_values *)(one + 1);
    *whole = (int64_t)atomic_load_explicit(&values->whole, memory_order_relaxed);
    return word_double(&values->part);
}

/* The bucket of a value: how many bounds are below it. */
static inline size_t bucket_of(const double *bounds, size_t count, double value)
{
    size_t low = 0;
    while (count > 0) {
        size_t half = count / 2;
        int right = bounds[low + half] < value;
        low += right ? half + 1 : 0;
        count = right ? count - half - 1 : half;
    }
    return low;
}

/* The cell of this process, NULL if it has none (that has been told). */
cell *gauge_cell_slowly(Family *f, series *one, int slot);

static inline cell *gauge_cell(Family *f, series *one)
{
    gauge_values *values = (gauge_values *)(one + 1);
    int slot = store_slot(f->store);
    return slot >= 0 && slot < f->embedded ? &cells_of(&values->block)[slot] : gauge_cell_slowly(f, one, slot);
}

static inline void gauge_said(const Family *f, cell *own)
{
    if ((f->mode & ~MODE_LIVE) == MODE_RECENT)
        atomic_store_explicit(&own->tick, atomic_fetch_add(&store_header(f->store)->ticks, 1) + 1, memory_order_release);
    else if (!atomic_load_explicit(&own->tick, memory_order_relaxed))
        atomic_store_explicit(&own->tick, 1, memory_order_release);
}

static inline void gauge_set(Family *f, series *one, double value)
{
    cell *own = gauge_cell(f, one);
    if (own == NULL)
        return;
    touch(f, one);
    atomic_store_explicit(&own->value, double_bits(value), memory_order_relaxed);
    gauge_said(f, own);
}

static inline void gauge_add(Family *f, series *one, double amount)
{
    cell *own = gauge_cell(f, one);
    if (own == NULL)
        return;
    touch(f, one);
    gauge_said(f, own);
#ifdef Py_GIL_DISABLED
    add_double(&own->value, amount);
#else
    /* The cell is this process's alone, whose threads take turns. */
    atomic_store_explicit(&own->value, double_bits(word_double(&own->value) + amount), memory_order_relaxed);
#endif
}

/* Count, of all the buckets of a histogram in order. */
uint64_t histogram_read(const known *family, const series *one, uint64_t *buckets);

/* A reading as Python has it: a number; (buckets, sum); (count, sum); a bit mask of states; None where a gauge says
   nothing, and for MODE_ALL a list of (pid, number). */
PyObject *values_read(store *s, const known *family, const series *one);

/* native.c */
void native_observe(Family *f, series *one, double value);

typedef struct {
    int64_t index;
    int negative;
    uint64_t count;
} native_count;

typedef struct {
    int schema;
    uint64_t zeros, count;
    size_t used; /* of the buckets, in rising order of their index, the negative ones first */
    native_count buckets[2 * NATIVE_BUCKETS];
} native_reading;

#define NATIVE_ZERO 2.938735877055719e-39 /* 2^-128: what is nearer to zero counts as zero */

/* Of all blocks of a series as one; 0 if they cannot be read. */
int native_read(store *s, const series *one, native_reading *found);

/* exemplar.c */
extern _Atomic int exemplars_wanted;
void exemplar_take(Family *f, series *one, size_t bucket, double value);
int exemplar_give(Family *f, series *one, size_t bucket, double value, PyObject *labels);
int exemplar_read(store *s, const series *one, size_t bucket, exemplar *found);

static inline void observe(Family *f, series *one, double value, size_t bucket)
{
    touch(f, one);
    if (f->kind == SUMMARY) {
        summary_values *values = (summary_values *)(one + 1);
        add_amount(f, &values->sum, value);
        count_one(f, &values->count);
        return;
    }
    if (f->native)
        native_observe(f, one, value);
    histogram_values *values = (histogram_values *)(one + 1);
    add_amount(f, &values->sum, value);
    count_one(f, &values->buckets[bucket]);
}

/* The same for a value that is not below the floor; with the current trace as its exemplar, where one is wanted. */
static inline void observe_number(Family *f, series *one, double value)
{
    if (f->plain && !atomic_load_explicit(&exemplars_wanted, memory_order_relaxed)) {
        histogram_values *values = (histogram_values *)(one + 1);
        count_one(f, &values->buckets[bucket_of(f->bounds, f->bounds_count, value)]);
        add_amount(f, &values->sum, value);
        return;
    }
    size_t bucket = f->kind == HISTOGRAM ? bucket_of(f->bounds, f->bounds_count, value) : 0;
    observe(f, one, value, bucket);
    if (f->kind == HISTOGRAM && atomic_load_explicit(&exemplars_wanted, memory_order_relaxed))
        exemplar_take(f, one, bucket, value);
}

#endif
