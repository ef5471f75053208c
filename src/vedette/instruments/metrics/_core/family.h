/* The series of one declared metric, as this process finds and makes them. */

#ifndef VEDETTE_FAMILY_H
#define VEDETTE_FAMILY_H

#include "known.h"

#define MAX_LABELS 32

typedef struct {
    word hash;
    _Atomic(series *) one; /* NULL: free */
} entry;

/* Open addressing over the hashes that Python's strings keep. Never changed in size: a fuller one takes its place. */
typedef struct table {
    size_t mask;
    size_t used;
    struct table *before; /* that it took the place of, where others may still look into it */
    entry entries[];
} table;

typedef struct {
    PyObject_HEAD
    /* what every update reads */
    _Atomic(series *) only; /* the one of a metric without labels */
    _Atomic(table *) table;
    store *store; /* NULL before the first touch */
    int kind, mode, native;
    int labels; /* how many */
    int alone;  /* updates come one after the other: no other process has the memory, and the threads take turns */
    int plain;  /* a histogram with classic buckets alone that does not expire: most are */
    size_t value_size;
    uint64_t expires;
    double floor; /* observations below are refused */
    double *bounds;
    size_t bounds_count;
    int embedded; /* how many processes have their cell of a gauge within the series */
    uint32_t frame; /* bytes of the labels of a series, were all values empty */
    PyObject *names[MAX_LABELS];
    uint32_t places[MAX_LABELS]; /* where each value begins in the labels of a series, were all before it empty */
    /* what making a series needs */
    PyObject *description;
    const known *known;
    family *record;
    uint64_t walked; /* offset of the last series that stands in the table */
    uint64_t reused; /* as the record said when all were looked at */
    uint64_t max_series;
    uint64_t asked_at; /* the scrape since which it has been asked for a trace; see exemplar.c */
    uint32_t attempts; /* how often it may still be */
} Family;

extern PyTypeObject FamilyType;

/* A series kept by who updates it often. It outlives its series: an update makes that anew. */
typedef struct {
    PyObject_VAR_HEAD
    Family *family;
    series *one;
    uint64_t life;
    PyObject *values[];
} Handle;

int family_setup(void);
Handle *handle_new(Family *f, PyObject *const *values);
Handle *handle_later(Family *f, PyObject *const *values);

/* The series of these label values, made if need be; NULL with an exception, or without one if it cannot be made (that
   has been told, and the update is to be left out). */
series *family_resolve(Family *f, PyObject *const *values);

/* Tells, once, that an update was left out. */
void family_lost(Family *f);

static inline uint64_t mixed(uint64_t hash, Py_hash_t next)
{
    hash = (hash ^ (uint64_t)next) * 0x9e3779b97f4a7c15u;
    return hash ^ hash >> 29;
}

/* 0 where a value is not exactly a string. */
static inline uint64_t hash_of(PyObject *const *values, int count)
{
    uint64_t hash = 1;
    for (int i = 0; i < count; i++) {
        PyObject *value = values[i];
        if (!PyUnicode_CheckExact(value))
            return 0;
        Py_hash_t own = ((PyASCIIObject *)value)->hash;
        if (own == -1)
            own = PyObject_Hash(value);
        hash = mixed(hash, own);
    }
    return hash | 1;
}

int labels_match_slowly(const Family *f, const series *one, PyObject *const *values);

static inline int labels_match(const Family *f, const series *one, PyObject *const *values)
{
    if (atomic_load_explicit(&one->escaped, memory_order_relaxed))
        return labels_match_slowly(f, one, values);
    const char *labels = (const char *)(one + 1) + f->value_size;
    size_t before = 0;
    for (int i = 0; i < f->labels; i++) {
        PyObject *value = values[i];
        if (!PyUnicode_IS_COMPACT_ASCII(value))
            return labels_match_slowly(f, one, values);
        size_t size = (size_t)PyUnicode_GET_LENGTH(value);
        const char *at = labels + f->places[i] + before;
        before += size;
        if (f->frame + before > one->labels_size || memcmp(at, PyUnicode_DATA(value), size) != 0)
            return 0;
    }
    return f->frame + before == one->labels_size;
}

static inline series *family_lookup(Family *f, PyObject *const *values)
{
    uint64_t hash = hash_of(values, f->labels);
    table *all = atomic_load_explicit(&f->table, memory_order_acquire);
    if (all == NULL || hash == 0)
        return NULL;
    for (size_t i = hash & all->mask;; i = (i + 1) & all->mask) {
        series *one = atomic_load_explicit(&all->entries[i].one, memory_order_acquire);
        if (one == NULL)
            return NULL;
        if (atomic_load_explicit(&all->entries[i].hash, memory_order_relaxed) == hash && series_alive(one) &&
            labels_match(f, one, values))
            return one;
    }
}

static inline series *family_series(Family *f, PyObject *const *values)
{
    series *one = f->labels ? family_lookup(f, values) : atomic_load_explicit(&f->only, memory_order_acquire);
    return one != NULL && series_alive(one) ? one : family_resolve(f, values);
}

static inline series *handle_series(Handle *h)
{
    series *one = h->one;
    if (one != NULL && atomic_load_explicit(&one->life, memory_order_acquire) == h->life)
        return one;
    one = family_resolve(h->family, h->values);
    if (one != NULL) {
        h->one = one;
        h->life = atomic_load(&one->life);
    }
    return one;
}

#endif
