/* A store: the memory that holds values, private to this process or a segment shared with others (layout.h). */

#ifndef VEDETTE_STORE_H
#define VEDETTE_STORE_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include <sys/types.h>

#include "layout.h"

/* What is known of a family without looking into the segment again; see family.c. */
typedef struct known known;

typedef struct store {
    PyObject_HEAD
    char *base;               /* where the segment is mapped */
    size_t reserved;          /* addresses set apart for it */
    _Atomic size_t mapped;    /* bytes of them that can be used */
    int fd;                   /* of the file, -1 if there is none */
    dev_t device;
    ino_t inode;
    PyObject *path;           /* None: private */
    char *file;               /* the same for C; NULL: private */
    int slot;                 /* of this process; see store_slot */
    unsigned epoch;           /* fork_epoch when the slot was taken */
    uint64_t hasty_until;     /* the lock is not waited for until then */
    uint64_t grace;           /* milliseconds before the place of a dropped series is used again */
    known **families;         /* every family of the segment that this process has read, in the order of the segment */
    size_t families_count, families_room;
    uint64_t walked;          /* offset of the last of them */
    size_t rendered;          /* bytes of the last page, to begin the next with */
    struct store *next;       /* all stores, for what a fork does to them */
#ifdef Py_GIL_DISABLED
    PyMutex mutex;
#endif
} store;

extern PyTypeObject StoreType;

/* Counts the forks that led to this process. */
extern _Atomic unsigned fork_epoch;

int store_setup(void);

static inline header *store_header(const store *s) { return (header *)s->base; }

/* The `size` bytes at an offset, NULL if they are not all within the segment. */
void *store_view(store *s, uint64_t offset, uint64_t size);

/* The same for what this process has looked at before. */
static inline void *store_at(const store *s, uint64_t offset) { return s->base + offset; }
static inline uint64_t store_offset(const store *s, const void *at) { return (uint64_t)((const char *)at - s->base); }

/* Take and give back the right to make and drop. It is refused (0) where another process holds it for too long: a
   stopped process must not stop the others. */
int store_lock(store *s);
void store_unlock(store *s);

/* Memory for a record, zeroed; NULL if there is no more. Only with the lock. */
void *store_allocate(store *s, size_t size);

/* The slot of this process, -1 if there is none. Takes the lock if it has to take a slot. */
int store_take_slot(store *s);
static inline int store_slot(store *s)
{
    return s->epoch == atomic_load_explicit(&fork_epoch, memory_order_relaxed) ? s->slot : store_take_slot(s);
}

/* Whether the process in a slot is alive. */
int store_alive(store *s, int slot);

/* Finds processes that have ended and folds what they left. Returns how many live. */
int store_reap(store *s);

uint64_t milliseconds_now(void);

/* Methods of the object that stand elsewhere. */
PyObject *store_render(store *s, PyObject *args);   /* render.c */
PyObject *store_snapshot(store *s, PyObject *args); /* render.c */
PyObject *store_sweep(store *s, PyObject *args);    /* family.c */

#endif
