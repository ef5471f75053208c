/* The segment: what stands in the memory that all processes of one application share, and in that of one alone.

   A segment is one file (or anonymous memory) that only grows. Everything in it is reached by its offset; every offset
   and size is a multiple of 8, numbers are the machine's own. At its start stands a `header`, then records, in the order
   in which they were made: families, series, blocks of gauge cells, of native buckets and of exemplars.

   What is counted is changed with single atomic instructions and never locked. What is made or dropped is changed by
   whoever holds the lock of the segment (store.c), one store at a time, each leaving it whole: a record is filled first
   and then linked by one store, so a process may be killed at any instruction and loses at most the record it was
   making. The lock is one the kernel lets go of when its holder dies.

   Whoever reads a segment believes nothing: it checks each offset and length against what is mapped (`store_view`).
   Records of one list have rising offsets, so that no list is endless. */

#ifndef VEDETTE_LAYOUT_H
#define VEDETTE_LAYOUT_H

#include <stdatomic.h>
#include <stdint.h>

#define SEGMENT_MAGIC "VEDETTE"
#define SEGMENT_VERSION 1u
#define SEGMENT_SLOTS 512

typedef _Atomic uint64_t word;

enum kind { COUNTER = 1, GAUGE, HISTOGRAM, SUMMARY, INFO, STATESET };

/* How the values that processes gave a gauge become one. LIVE: only those of processes that are alive. */
enum mode { MODE_SUM, MODE_MIN, MODE_MAX, MODE_RECENT, MODE_ALL, MODE_LIVE = 8 };

/* A process that takes part. `pid` is written last and cleared last: 0 is a free slot. The process holds a file lock on
   the byte SLOT_BYTE + its slot while it lives. */
typedef struct {
    word pid;
    word started; /* in the clock ticks of /proc/PID/stat, 0 where there is none */
} slot;

typedef struct {
    char magic[8];
    uint32_t version;
    uint32_t header_size;
    word size;     /* bytes of the file that records may use */
    word used;     /* bytes of them in use; the next record begins here */
    word families; /* the first one, 0 if there is none */
    word ticks;    /* counts up with each setting of a gauge that tells the most recent value */
    word scrapes;  /* counts the scrapes that showed exemplars; see exemplar.c */
    word busy;     /* 1 while a holder of the lock changes something: found at 1, it was killed in the midst */
    /* The value that a dead process left to the residual of a gauge, written before it is moved there (store.c). */
    word folds; /* odd while that happens */
    word fold_cell;
    word fold_residual;
    word fold_value;
    word fold_tick;
    slot slots[SEGMENT_SLOTS];
} header;

/* A declared metric. After the fixed part stands its description (family.c, `describe`): two families with the same
   bytes there are the same. */
typedef struct {
    word next;
    uint64_t hash; /* of the description */
    word first;    /* its first series */
    word state;    /* 1: exposed; 0: another declaration has taken the name */
    word live;     /* series that are not dropped */
    word dropped;  /* series that are */
    word reused;   /* counts the series that took the place of a dropped one */
    word expires;  /* milliseconds after which an untouched series is dropped; 0: never */
    uint32_t description_size;
    uint32_t value_size; /* bytes of a series' values */
} family;

/* One series. Its values follow, then its labels as they are exposed: a="b",c="d", without braces. */
typedef struct {
    word next;
    word life;     /* odd: alive; grows by one when it is dropped and when its place is taken by another */
    uint64_t hash; /* of its labels */
    uint32_t size; /* bytes of the whole record */
    _Atomic uint32_t labels_size;
    _Atomic uint32_t touched; /* updated since the last sweep for what has expired */
    _Atomic uint32_t escaped; /* a label value has a backslash, a quote or a line feed */
    word since;               /* milliseconds since the epoch: last found touched, or dropped */
    word exemplars;           /* offset of the first exemplar, 0 before there is one */
} series;

/* Values of the kinds: */
typedef struct {
    word whole; /* an int64_t: what was added in whole numbers */
    word part;  /* a double: what was added otherwise */
} counter_values;

typedef struct {
    word count;
    word sum; /* a double */
} summary_values;

typedef struct {
    word sum;       /* a double */
    word native;    /* offset of the newest block of native buckets, 0 if there is none */
    word buckets[]; /* one more than there are bounds */
} histogram_values;

/* What one process says of a gauge. `tick` is 0 while it says nothing. */
typedef struct {
    word value; /* a double */
    word tick;
} cell;

/* Cells of the processes in the slots from `first` on; they follow. */
typedef struct {
    word next;
    uint32_t first;
    uint32_t count;
} gauge_block;

typedef struct {
    cell residual; /* what dead processes have left, where that counts */
    gauge_block block; /* its cells follow */
} gauge_values;

#define EMBEDDED_CELLS 4 /* of a shared segment; a private one has one process */

/* Native buckets of one schema, by their index; see native.c. */
#define NATIVE_BUCKETS 160
typedef struct {
    word key;   /* 0: free; else sign and index */
    word count;
} native_bucket;

typedef struct {
    word previous; /* the block that this one goes on from */
    int64_t schema;
    word zeros;
    word taken; /* buckets in use, roughly */
    native_bucket buckets[NATIVE_BUCKETS];
} native_block;

/* One exemplar; `version` is odd while it is written. One more for each bucket of a histogram follows. */
#define EXEMPLAR_TEXT 192
typedef struct {
    word version;
    word scrape;  /* header.scrapes when it was taken: one is enough for each scrape */
    double value;
    double timestamp; /* seconds since the epoch */
    uint32_t size;
    char labels[EXEMPLAR_TEXT + 4];
} exemplar;

#endif
