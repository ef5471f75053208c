/* See store.h. Mapping, growing, locking, and the processes that take part. */

#include "store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "values.h"

/* File locks are taken on bytes far beyond any data. POSIX locks: a fork does not inherit them, and the kernel lets go
   of them when their process ends, however it does. */
#define LOCK_BYTE ((off_t)1 << 40)
#define SLOT_BYTE (LOCK_BYTE + 1)

#define STEP ((size_t)64 << 10)     /* the least that a segment grows by */
#define RESERVE (sizeof(void *) > 4 ? (size_t)512 << 20 : (size_t)32 << 20)
#define LEAST_RESERVE ((size_t)1 << 20)
#define PATIENCE_MS 3000            /* for the lock */
#define LONGEST_PAUSE 4000000l      /* nanoseconds between two looks at it */
#define HASTE_MS 5000
#define GRACE_MS 60000

_Atomic unsigned fork_epoch = 1;
static store *stores;

uint64_t milliseconds_now(void)
{
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* --- memory ------------------------------------------------------------------------------------------------------ */

/* Makes a file longer, all of it on a disk or in memory that is there; 0 or an errno. */
static int extend_file(int fd, off_t from, off_t to)
{
#ifdef __APPLE__
    (void)from;
    return ftruncate(fd, to) == 0 ? 0 : errno;
#else
    return posix_fallocate(fd, from, to - from);
#endif
}

/* Makes the bytes up to `size` usable. */
static int map_to(store *s, size_t size)
{
    size_t from = atomic_load(&s->mapped);
    if (size <= from)
        return 1;
    if (size > s->reserved)
        return 0;
    void *at = s->base + from;
    if (s->file == NULL) {
        if (mprotect(at, size - from, PROT_READ | PROT_WRITE) != 0)
            return 0;
    } else if (mmap(at, size - from, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_FIXED, s->fd, (off_t)from) == MAP_FAILED) {
        return 0;
    }
    atomic_store(&s->mapped, size);
    return 1;
}

/* Whether our file is still what our descriptor stands for: a program may close descriptors that are not its own, as
   one does that becomes a daemon, and the number may then be another file's. */
static int file_is_ours(store *s)
{
    struct stat found;
    if (s->fd >= 0 && fstat(s->fd, &found) == 0 && found.st_dev == s->device && found.st_ino == s->inode)
        return 1;
    int fd = s->file == NULL ? -1 : open(s->file, O_RDWR | O_CLOEXEC);
    if (fd < 0)
        return 0;
    if (fstat(fd, &found) != 0 || found.st_dev != s->device || found.st_ino != s->inode) {
        close(fd);
        return 0;
    }
    s->fd = fd;
    s->epoch = 0; /* our locks went with the old one */
    return 1;
}

/* What other processes have grown the segment by. */
static void catch_up(store *s)
{
    size_t size = (size_t)atomic_load_explicit(&store_header(s)->size, memory_order_acquire);
    if (s->file == NULL || size <= atomic_load(&s->mapped) || size % STEP || !file_is_ours(s))
        return;
    struct stat found;
    if (fstat(s->fd, &found) == 0 && (uint64_t)found.st_size >= size)
        map_to(s, size);
}

void *store_view(store *s, uint64_t offset, uint64_t size)
{
    if (offset < sizeof(header) || offset % 8)
        return NULL;
    uint64_t mapped = atomic_load_explicit(&s->mapped, memory_order_relaxed);
    if (offset > mapped || size > mapped - offset) {
        catch_up(s);
        mapped = atomic_load(&s->mapped);
        if (offset > mapped || size > mapped - offset)
            return NULL;
    }
    return s->base + offset;
}

void *store_allocate(store *s, size_t size)
{
    header *top = store_header(s);
    size = (size + 7) & ~(size_t)7;
    uint64_t used = atomic_load(&top->used), have = atomic_load(&top->size);
    if (used % 8 || used < sizeof(header) || have % STEP || used > have || size > s->reserved)
        return NULL; /* somebody has written into it */
    if (size > have - used) {
        uint64_t more = size - (have - used);
        if (more < have / 4)
            more = have / 4;
        uint64_t grown = have + (more + STEP - 1) / STEP * STEP;
        if (grown > s->reserved)
            return NULL;
        /* The pages must be there before they are touched: a file system that is full would end the process. */
        if (s->file != NULL && (!file_is_ours(s) || extend_file(s->fd, (off_t)have, (off_t)grown) != 0))
            return NULL;
        if (!map_to(s, (size_t)grown))
            return NULL;
        atomic_store(&top->size, grown);
    } else if (used + size > atomic_load(&s->mapped)) {
        catch_up(s);
        if (used + size > atomic_load(&s->mapped))
            return NULL;
    }
    void *record = s->base + used;
    memset(record, 0, size); /* a process that was killed here may have begun with it */
    atomic_store(&top->used, used + size);
    return record;
}

/* --- the lock ---------------------------------------------------------------------------------------------------- */

static int file_lock(store *s, short type, off_t byte)
{
    struct flock lock = {.l_type = type, .l_whence = SEEK_SET, .l_start = byte, .l_len = 1};
    int done;
    do
        done = fcntl(s->fd, F_SETLK, &lock);
    while (done != 0 && errno == EINTR);
    return done == 0;
}

/* Whether the process that holds the lock has been stopped, by a debugger or a signal: it may hold it for ever. */
static int holder_is_stopped(store *s)
{
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = LOCK_BYTE, .l_len = 1};
    char path[64], text[512];
    if (fcntl(s->fd, F_GETLK, &lock) != 0 || lock.l_type == F_UNLCK)
        return 0;
    snprintf(path, sizeof path, "/proc/%ld/stat", (long)lock.l_pid);
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, text, sizeof text - 1);
    if (fd >= 0)
        close(fd);
    text[size < 0 ? 0 : size] = 0;
    const char *state = strrchr(text, ')'); /* the command may hold anything */
    return state != NULL && (state[2] == 'T' || state[2] == 't');
}

/* Waits for the lock, longer from time to time: under load its holder may have to wait for a processor. */
static int wait_for_lock(store *s)
{
    uint64_t until = milliseconds_now() + PATIENCE_MS;
    long pause = 50000; /* nanoseconds */
    for (;;) {
        struct timespec waits = {0, pause};
        Py_BEGIN_ALLOW_THREADS
        nanosleep(&waits, NULL);
        Py_END_ALLOW_THREADS
        if (!file_is_ours(s))
            return 0;
        if (file_lock(s, F_WRLCK, LOCK_BYTE))
            return 1;
        if (milliseconds_now() > until || (pause >= LONGEST_PAUSE && holder_is_stopped(s)))
            return 0;
        pause = pause * 2 < LONGEST_PAUSE ? pause * 2 : LONGEST_PAUSE;
    }
}

static void repair(store *s);

int store_lock(store *s)
{
#ifdef Py_GIL_DISABLED
    PyMutex_Lock(&s->mutex);
#endif
    if (s->file == NULL)
        return 1;
    int locked = file_is_ours(s) && file_lock(s, F_WRLCK, LOCK_BYTE);
    /* Whoever has waited in vain does not wait for every update that follows. */
    if (!locked && milliseconds_now() >= s->hasty_until) {
        locked = wait_for_lock(s);
        if (!locked)
            s->hasty_until = milliseconds_now() + HASTE_MS;
    }
    if (!locked) {
#ifdef Py_GIL_DISABLED
        PyMutex_Unlock(&s->mutex);
#endif
        return 0;
    }
    if (atomic_load(&store_header(s)->busy))
        repair(s);
    atomic_store(&store_header(s)->busy, 1);
    return 1;
}

void store_unlock(store *s)
{
    if (s->file != NULL) {
        atomic_store(&store_header(s)->busy, 0);
        file_lock(s, F_UNLCK, LOCK_BYTE);
    }
#ifdef Py_GIL_DISABLED
    PyMutex_Unlock(&s->mutex);
#endif
}

/* --- processes --------------------------------------------------------------------------------------------------- */

static uint64_t started_ticks(void)
{
    char text[1024];
    int fd = open("/proc/self/stat", O_RDONLY | O_CLOEXEC);
    if (fd < 0)
        return 0;
    ssize_t size = read(fd, text, sizeof text - 1);
    close(fd);
    if (size <= 0)
        return 0;
    text[size] = 0;
    char *at = strrchr(text, ')'); /* the command may hold anything; field 22 is the 20th after it */
    for (int field = 0; at != NULL && field < 20; field++)
        at = strchr(at + 1, ' ');
    return at == NULL ? 0 : strtoull(at + 1, NULL, 10);
}

static void bury(store *s);

int store_take_slot(store *s)
{
    unsigned now = atomic_load(&fork_epoch);
    if (s->file == NULL) {
        s->slot = 0;
        s->epoch = now;
        return 0;
    }
    if (!store_lock(s))
        return -1;
    header *top = store_header(s);
    int found = -1;
    /* Only our lock was lost: see file_is_ours. */
    if (s->slot >= 0 && atomic_load(&top->slots[s->slot].pid) == (uint64_t)getpid() &&
        atomic_load(&top->slots[s->slot].started) == started_ticks() && file_lock(s, F_WRLCK, SLOT_BYTE + s->slot))
        found = s->slot;
    for (int tried = 0; tried < 2 && found < 0; tried++) {
        for (int i = 0; i < SEGMENT_SLOTS && found < 0; i++)
            if (atomic_load(&top->slots[i].pid) == 0 && file_lock(s, F_WRLCK, SLOT_BYTE + i))
                found = i;
        if (found < 0)
            bury(s); /* as many have come and gone as there are slots, and nobody has asked for metrics */
    }
    if (found >= 0) {
        atomic_store(&top->slots[found].started, started_ticks());
        atomic_store(&top->slots[found].pid, (uint64_t)getpid());
        s->slot = found;
        s->epoch = now;
    }
    store_unlock(s);
    return found;
}

int store_alive(store *s, int slot)
{
    if (slot == s->slot && s->epoch == atomic_load(&fork_epoch))
        return 1;
    struct flock lock = {.l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = SLOT_BYTE + slot, .l_len = 1};
    return fcntl(s->fd, F_GETLK, &lock) != 0 || lock.l_type != F_UNLCK;
}

/* Moves what was left by a cell to the residual of its gauge: written down first, so that whoever finds it unfinished
   can finish it, once. */
static void move(store *s, cell *from, cell *residual, double value, uint64_t tick)
{
    header *top = store_header(s);
    uint64_t bits;
    memcpy(&bits, &value, sizeof bits);
    atomic_store(&top->fold_residual, store_offset(s, residual));
    atomic_store(&top->fold_value, bits);
    atomic_store(&top->fold_tick, tick);
    atomic_fetch_add(&top->folds, 1); /* odd: who reads a gauge now looks again */
    atomic_store(&top->fold_cell, store_offset(s, from));
    atomic_store(&residual->value, bits);
    atomic_store(&residual->tick, tick);
    atomic_store(&from->tick, 0);
    atomic_store(&from->value, 0);
    atomic_store(&top->fold_cell, 0);
    atomic_fetch_add(&top->folds, 1);
}

static void finish_move(store *s)
{
    header *top = store_header(s);
    cell *from = store_view(s, atomic_load(&top->fold_cell), sizeof(cell));
    cell *residual = store_view(s, atomic_load(&top->fold_residual), sizeof(cell));
    if (from != NULL && residual != NULL) {
        atomic_store(&residual->value, atomic_load(&top->fold_value));
        atomic_store(&residual->tick, atomic_load(&top->fold_tick));
        atomic_store(&from->tick, 0);
        atomic_store(&from->value, 0);
    }
    atomic_store(&top->fold_cell, 0);
}

static void fold_cell(store *s, const known *family, gauge_values *values, cell *from)
{
    uint64_t tick = atomic_load(&from->tick);
    if (tick == 0 || family->mode & MODE_LIVE) {
        atomic_store(&from->tick, 0);
        atomic_store(&from->value, 0); /* the next process in this slot begins from zero */
        return;
    }
    uint64_t bits = atomic_load(&from->value), left = atomic_load(&values->residual.value);
    uint64_t left_tick = atomic_load(&values->residual.tick);
    double value, before;
    memcpy(&value, &bits, sizeof value);
    memcpy(&before, &left, sizeof before);
    if (left_tick != 0) {
        if (family->mode == MODE_SUM)
            value += before;
        else if (family->mode == MODE_MIN ? before < value : family->mode == MODE_MAX ? before > value : left_tick > tick)
            value = before;
    }
    move(s, from, &values->residual, value, left_tick > tick ? left_tick : tick);
}

/* Whatever the process in a slot said of gauges becomes what it left. */
static void fold(store *s, int slot)
{
    known_update(s);
    for (size_t i = 0; i < s->families_count; i++) {
        known *family = s->families[i];
        if (family->kind != GAUGE)
            continue;
        for (series *one = known_first(s, family); one != NULL; one = known_next(s, family, one)) {
            gauge_values *values = (gauge_values *)(one + 1);
            gauge_block *block = &values->block;
            while (block != NULL && (uint32_t)slot >= block->first + block->count)
                block = gauge_next(s, block);
            uint32_t most = block == &values->block ? (uint32_t)((family->value_size - sizeof(gauge_values)) / sizeof(cell))
                                                    : SEGMENT_SLOTS;
            if (block != NULL && (uint32_t)slot >= block->first && (uint32_t)slot - block->first < most)
                fold_cell(s, family, values, &cells_of(block)[(uint32_t)slot - block->first]);
        }
    }
}

/* Puts right what the last holder of the lock left unfinished. */
static void repair(store *s)
{
    header *top = store_header(s);
    if (atomic_load(&top->fold_cell))
        finish_move(s);
    if (atomic_load(&top->folds) % 2)
        atomic_fetch_add(&top->folds, 1);
    known_update(s);
    for (size_t i = 0; i < s->families_count; i++)
        known_recount(s, s->families[i]);
}

/* Folds what the dead have left, and frees their slots. Only with the lock. */
static void bury(store *s)
{
    header *top = store_header(s);
    for (int i = 0; i < SEGMENT_SLOTS; i++)
        if (atomic_load(&top->slots[i].pid) != 0 && !store_alive(s, i)) {
            fold(s, i);
            atomic_store(&top->slots[i].pid, 0);
        }
}

int store_reap(store *s)
{
    if (s->file == NULL || !file_is_ours(s))
        return 1;
    header *top = store_header(s);
    int living = 0, dead = 0;
    for (int i = 0; i < SEGMENT_SLOTS; i++) {
        if (atomic_load_explicit(&top->slots[i].pid, memory_order_relaxed) == 0)
            continue;
        if (store_alive(s, i))
            living++;
        else
            dead++;
    }
    if (dead == 0 || !store_lock(s))
        return living;
    bury(s);
    store_unlock(s);
    return living;
}

/* --- the Python object ------------------------------------------------------------------------------------------- */

static int reserve(store *s)
{
    for (size_t size = RESERVE; size >= LEAST_RESERVE; size /= 2) {
        void *at = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (at != MAP_FAILED) {
            s->base = at;
            s->reserved = size;
            return 1;
        }
    }
    PyErr_NoMemory();
    return 0;
}

static void begin(header *top, size_t size)
{
    memcpy(top->magic, SEGMENT_MAGIC, sizeof top->magic);
    top->version = SEGMENT_VERSION;
    top->header_size = sizeof(header);
    atomic_store(&top->size, size);
    atomic_store(&top->used, (sizeof(header) + 63) & ~(size_t)63);
}

#define FIRST_SIZE (((sizeof(header) + STEP - 1) / STEP) * STEP)

static int open_private(store *s)
{
    if (!reserve(s) || !map_to(s, FIRST_SIZE))
        return 0;
    begin(store_header(s), FIRST_SIZE);
    return 1;
}

/* Maps the file of a descriptor, which is a segment already or, if it is empty, becomes one. The descriptor is the
   store's from then on: closing another of the same file would let go of its locks. */
static int open_shared(store *s, int fd)
{
    struct stat found;
    if (fstat(fd, &found) != 0) {
        PyErr_SetFromErrno(PyExc_OSError);
        return 0;
    }
    s->device = found.st_dev;
    s->inode = found.st_ino;
    int fresh = found.st_size == 0;
    if (fresh) {
        int problem = extend_file(fd, 0, (off_t)FIRST_SIZE);
        if (problem) {
            errno = problem;
            PyErr_SetFromErrno(PyExc_OSError);
            return 0;
        }
        found.st_size = (off_t)FIRST_SIZE;
    }
    if ((uint64_t)found.st_size < FIRST_SIZE) {
        PyErr_Format(PyExc_ValueError, "it has %lld bytes, a segment has at least %zu", (long long)found.st_size,
                     (size_t)FIRST_SIZE);
        return 0;
    }
    if (!reserve(s))
        return 0;
    s->fd = fd;
    if (!map_to(s, FIRST_SIZE)) {
        PyErr_SetFromErrno(PyExc_OSError);
        return 0;
    }
    header *top = store_header(s);
    if (fresh)
        begin(top, FIRST_SIZE);
    if (memcmp(top->magic, SEGMENT_MAGIC, sizeof top->magic) != 0) {
        PyErr_SetString(PyExc_ValueError, "it is no segment of Vedette's");
        return 0;
    }
    if (top->version != SEGMENT_VERSION || top->header_size != sizeof(header)) {
        PyErr_Format(PyExc_ValueError, "it is a segment of version %u.%u, this is version %u.%u", top->version,
                     top->header_size, SEGMENT_VERSION, (unsigned)sizeof(header));
        return 0;
    }
    uint64_t size = atomic_load(&top->size), used = atomic_load(&top->used);
    if (size > (uint64_t)found.st_size || size % STEP || used > size || used < sizeof(header)) {
        PyErr_Format(PyExc_ValueError, "it is cut off: it has %lld bytes of %llu", (long long)found.st_size,
                     (unsigned long long)size);
        return 0;
    }
    return 1;
}

static PyObject *store_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"fd", "path", NULL};
    int fd = -1;
    PyObject *path = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|iO:Store", names, &fd, &path))
        return NULL;
    store *s = (store *)type->tp_alloc(type, 0);
    if (s == NULL)
        return NULL;
    s->fd = -1;
    s->slot = -1;
    s->grace = GRACE_MS;
    Py_INCREF(path);
    s->path = path;
    s->next = stores;
    stores = s;
    if (fd >= 0) {
        const char *file = PyUnicode_AsUTF8(path);
        s->file = file == NULL ? NULL : strdup(file);
        if (s->file == NULL) {
            Py_DECREF(s);
            return NULL;
        }
    }
    if (fd < 0 ? !open_private(s) : !open_shared(s, fd)) {
        s->fd = -1; /* the caller's to close */
        Py_DECREF(s);
        return NULL;
    }
    return (PyObject *)s;
}

static void store_dealloc(store *s)
{
    for (store **at = &stores; *at != NULL; at = &(*at)->next)
        if (*at == s) {
            *at = s->next;
            break;
        }
    for (size_t i = 0; i < s->families_count; i++)
        known_free(s->families[i]);
    free(s->families);
    if (s->base != NULL)
        munmap(s->base, s->reserved);
    if (s->fd >= 0 && file_is_ours(s))
        close(s->fd);
    free(s->file);
    Py_XDECREF(s->path);
    Py_TYPE(s)->tp_free((PyObject *)s);
}

static PyObject *store_attach(store *s, PyObject *Py_UNUSED(ignored)) { return PyLong_FromLong(store_slot(s)); }

static PyObject *store_reap_now(store *s, PyObject *Py_UNUSED(ignored)) { return PyLong_FromLong(store_reap(s)); }

static PyObject *store_processes(store *s, PyObject *Py_UNUSED(ignored))
{
    PyObject *found = PyList_New(0);
    if (found == NULL || s->file == NULL || !file_is_ours(s))
        return found;
    for (int i = 0; i < SEGMENT_SLOTS; i++) {
        uint64_t pid = atomic_load(&store_header(s)->slots[i].pid);
        if (pid == 0)
            continue;
        PyObject *row = Py_BuildValue("KKN", (unsigned long long)pid,
                                      (unsigned long long)atomic_load(&store_header(s)->slots[i].started),
                                      PyBool_FromLong(store_alive(s, i)));
        if (row == NULL || PyList_Append(found, row) != 0) {
            Py_XDECREF(row);
            Py_DECREF(found);
            return NULL;
        }
        Py_DECREF(row);
    }
    return found;
}

static PyObject *store_size(store *s, void *Py_UNUSED(ignored))
{
    return PyLong_FromUnsignedLongLong(atomic_load(&store_header(s)->used));
}

static PyMethodDef store_methods[] = {
    {"attach", (PyCFunction)store_attach, METH_NOARGS, "Take part as this process; its slot, -1 if there is none left."},
    {"reap", (PyCFunction)store_reap_now, METH_NOARGS,
     "Fold what processes have left that have ended; how many are alive."},
    {"processes", (PyCFunction)store_processes, METH_NOARGS, "(pid, start in clock ticks, alive) of each that takes part."},
    {"render", (PyCFunction)(void *)store_render, METH_VARARGS,
     "All series as one page: render(format, names); format is 'text', 'openmetrics' or 'protobuf'."},
    {"snapshot", (PyCFunction)store_snapshot, METH_VARARGS, "All families as values: snapshot(names)."},
    {"sweep", (PyCFunction)store_sweep, METH_VARARGS,
     "Drop what has not been touched for its family's time: sweep(now), in milliseconds since the epoch."},
    {NULL},
};

static PyGetSetDef store_properties[] = {
    {"used", (getter)store_size, NULL, "Bytes in use.", NULL},
    {NULL},
};

#include <structmember.h>

static PyMemberDef store_members[] = {
    {"path", T_OBJECT, offsetof(store, path), READONLY, "The file, None if the values are this process's alone."},
    {"grace", T_ULONGLONG, offsetof(store, grace), 0,
     "Milliseconds before the place of a dropped series is used again: longer than any update takes."},
    {NULL},
};

PyTypeObject StoreType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Store",
    .tp_doc = "Store(fd=-1, path=None)\n--\n\nThe memory that holds values: this process's own, or the file open at fd.",
    .tp_basicsize = sizeof(store),
    .tp_flags = Py_TPFLAGS_DEFAULT,
    .tp_new = store_new,
    .tp_dealloc = (destructor)store_dealloc,
    .tp_methods = store_methods,
    .tp_members = store_members,
    .tp_getset = store_properties,
};

/* In the child of a fork: it has no slot yet, and nobody holds its mutexes. */
static void forked(void)
{
    atomic_fetch_add(&fork_epoch, 1);
#ifdef Py_GIL_DISABLED
    for (store *s = stores; s != NULL; s = s->next)
        memset(&s->mutex, 0, sizeof s->mutex);
#endif
}

int store_setup(void)
{
    if (PyType_Ready(&StoreType) < 0)
        return -1;
    return pthread_atfork(NULL, NULL, forked) == 0 ? 0 : -1;
}
