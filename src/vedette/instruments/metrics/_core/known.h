/* What a process knows of the families of a segment: their descriptions, read once, and the walk over their series. */

#ifndef VEDETTE_KNOWN_H
#define VEDETTE_KNOWN_H

#include "store.h"

typedef struct {
    char *at;
    size_t size;
} text;

struct known {
    family *record;
    uint64_t offset;
    int kind; /* 0: a family that cannot be read, which is left out */
    int mode;
    int native;
    text name, help, unit;
    text *labels;
    size_t labels_count;
    double *bounds;
    size_t bounds_count;
    text *states;
    size_t states_count;
    size_t value_size;
    /* ready to be written (text.c): */
    text head, open_head; /* # HELP … in either format */
    text *ends;           /* le="0.5"}  of each bucket, or name="state"}  of each state */
    size_t ends_count;
};

/* Everything that says what a family is, as bytes; NULL with an exception. The caller frees it. */
char *known_describe(PyObject *description, size_t *size);

/* Bytes of the values of one series. `slots`: how many processes may set a gauge before it needs another block. */
size_t known_value_size(int kind, size_t bounds, int slots);

/* Reads the families that have been added to the segment. */
void known_update(store *s);

/* The one at an offset, NULL if it is not read yet. */
known *known_at(store *s, uint64_t offset);

void known_free(known *one);

/* The series of a family in their order, dropped ones too; NULL at the end, and where the segment is broken. */
series *known_first(store *s, const known *family);
series *known_next(store *s, const known *family, const series *before);

static inline char *series_labels(const known *family, const series *one)
{
    return (char *)(one + 1) + family->value_size;
}

static inline int series_alive(const series *one)
{
    return atomic_load_explicit(&one->life, memory_order_acquire) & 1;
}

/* Counts the series anew. Only with the lock. */
void known_recount(store *s, const known *family);

static inline cell *cells_of(const gauge_block *block) { return (cell *)(block + 1); }

/* The block after this one, NULL if it is the last. */
gauge_block *gauge_next(store *s, const gauge_block *block);

/* A gauge's value over all processes; 0 if none says one. MODE_ALL has no such value. */
int gauge_read(store *s, const known *family, const series *one, double *value);

static inline double word_double(const word *at)
{
    union {
        uint64_t bits;
        double value;
    } both = {.bits = atomic_load_explicit(at, memory_order_relaxed)};
    return both.value;
}

static inline uint64_t double_bits(double value)
{
    union {
        double value;
        uint64_t bits;
    } both = {.value = value};
    return both.bits;
}

#endif
