/* See family.h. Looking series up, making and dropping them. What may be made is decided in Python (family.py), by the
   methods of the subclass there: open, admit, full, lost. */

#include "family.h"

#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "values.h"

/* --- labels as text ---------------------------------------------------------------------------------------------- */

static uint64_t hash_text(const char *at, size_t size)
{
    uint64_t hash = 14695981039346656037u; /* FNV-1a */
    for (size_t i = 0; i < size; i++)
        hash = (hash ^ (unsigned char)at[i]) * 1099511628211u;
    return hash;
}

/* a="b",c="d" in memory that the caller frees; NULL with an exception. */
static char *render_labels(const Family *f, PyObject *const *values, size_t *size, int *escaped)
{
    const char *parts[MAX_LABELS];
    Py_ssize_t sizes[MAX_LABELS];
    size_t room = f->frame + 1;
    for (int i = 0; i < f->labels; i++) {
        parts[i] = PyUnicode_AsUTF8AndSize(values[i], &sizes[i]);
        if (parts[i] == NULL)
            return NULL;
        room += 2 * (size_t)sizes[i];
    }
    char *start = malloc(room), *out = start;
    if (start == NULL) {
        PyErr_NoMemory();
        return NULL;
    }
    *escaped = 0;
    for (int i = 0; i < f->labels; i++) {
        Py_ssize_t name_size;
        const char *name = PyUnicode_AsUTF8AndSize(f->names[i], &name_size);
        if (i)
            *out++ = ',';
        memcpy(out, name, (size_t)name_size);
        out += name_size;
        *out++ = '=';
        *out++ = '"';
        for (Py_ssize_t j = 0; j < sizes[i]; j++) {
            char c = parts[i][j];
            if (c == '\\' || c == '"' || c == '\n') {
                *escaped = 1;
                *out++ = '\\';
                c = c == '\n' ? 'n' : c;
            }
            *out++ = c;
        }
        *out++ = '"';
    }
    *size = (size_t)(out - start);
    return start;
}

int labels_match_slowly(const Family *f, const series *one, PyObject *const *values)
{
    size_t size;
    int escaped;
    char *wanted = render_labels(f, values, &size, &escaped);
    if (wanted == NULL) {
        PyErr_Clear();
        return 0;
    }
    int same = size == one->labels_size && memcmp(wanted, series_labels(f->known, one), size) == 0;
    free(wanted);
    return same;
}

/* The values of a series, as many as it has labels; 0 with an exception. They are no tuple: making one can run the
   collector of garbage, and with it any code, which must not be while the segment is locked. */
static int parse_labels(const Family *f, const series *one, PyObject **values)
{
    const char *at = series_labels(f->known, one), *end = at + one->labels_size;
    char *raw = malloc((size_t)one->labels_size + 1);
    int found = 0;
    for (; raw != NULL && found < f->labels; found++) {
        Py_ssize_t name_size;
        const char *name = PyUnicode_AsUTF8AndSize(f->names[found], &name_size);
        if (name == NULL || end - at < name_size + 3 + (found > 0))
            break;
        at += name_size + 2 + (found > 0);
        size_t size = 0;
        while (at < end && *at != '"') {
            char c = *at++;
            if (c == '\\' && at < end) {
                c = *at++;
                c = c == 'n' ? '\n' : c;
            }
            raw[size++] = c;
        }
        at++;
        values[found] = PyUnicode_DecodeUTF8(raw, (Py_ssize_t)size, "replace");
        if (values[found] == NULL)
            break;
    }
    free(raw);
    if (found == f->labels)
        return 1;
    while (found > 0)
        Py_DECREF(values[--found]);
    if (!PyErr_Occurred())
        PyErr_SetString(PyExc_ValueError, "broken labels in a segment");
    return 0;
}

/* --- the table --------------------------------------------------------------------------------------------------- */

static table *table_new(size_t room)
{
    table *all = calloc(1, sizeof(table) + room * sizeof(entry));
    if (all != NULL)
        all->mask = room - 1;
    return all;
}

static void table_put(table *all, uint64_t hash, series *one)
{
    size_t i = hash & all->mask;
    while (atomic_load_explicit(&all->entries[i].one, memory_order_relaxed) != NULL)
        i = (i + 1) & all->mask;
    atomic_store_explicit(&all->entries[i].hash, hash, memory_order_relaxed);
    atomic_store_explicit(&all->entries[i].one, one, memory_order_release);
    all->used++;
}

static void table_free(table *all)
{
    while (all != NULL) {
        table *before = all->before;
        free(all);
        all = before;
    }
}

/* A table with room for one more. Of the old one the living are kept. */
static int table_grow(Family *f)
{
    table *old = atomic_load(&f->table);
    if (old != NULL && (old->used + 1) * 3 <= (old->mask + 1) * 2)
        return 1;
    size_t living = 0, room = 8;
    for (size_t i = 0; old != NULL && i <= old->mask; i++) {
        series *one = atomic_load(&old->entries[i].one);
        living += one != NULL && series_alive(one);
    }
    while (room < (living + 1) * 2)
        room *= 2;
    table *all = table_new(room);
    if (all == NULL)
        return 0;
    for (size_t i = 0; old != NULL && i <= old->mask; i++) {
        series *one = atomic_load(&old->entries[i].one);
        if (one != NULL && series_alive(one))
            table_put(all, atomic_load(&old->entries[i].hash), one);
    }
    atomic_store_explicit(&f->table, all, memory_order_release);
#ifdef Py_GIL_DISABLED
    all->before = old; /* another thread may be looking into it */
#else
    table_free(old);
#endif
    return 1;
}

static int remember(Family *f, PyObject *const *values, series *one)
{
    if (f->labels == 0) {
        atomic_store_explicit(&f->only, one, memory_order_release);
        return 1;
    }
    uint64_t hash = hash_of(values, f->labels);
    if (!table_grow(f))
        return 0;
    table_put(atomic_load(&f->table), hash, one);
    return 1;
}

/* Takes up what other processes have made. */
static void look_around(Family *f)
{
    uint64_t reused = atomic_load(&f->record->reused);
    if (reused != f->reused) {
        f->walked = 0; /* the place of a dropped series has been taken by another: look at all of them */
        f->reused = reused;
    }
    series *one = f->walked ? known_next(f->store, f->known, store_at(f->store, f->walked))
                            : known_first(f->store, f->known);
    for (; one != NULL; one = known_next(f->store, f->known, one)) {
        f->walked = store_offset(f->store, one);
        if (!series_alive(one))
            continue;
        PyObject *values[MAX_LABELS];
        if (!parse_labels(f, one, values)) {
            PyErr_Clear();
            continue;
        }
        if (f->labels == 0 || family_lookup(f, values) != one)
            remember(f, values, one);
        for (int i = 0; i < f->labels; i++)
            Py_DECREF(values[i]);
    }
}

/* --- making ------------------------------------------------------------------------------------------------------ */

/* Finds the family in its store, or adds it. A family of the same name that is described otherwise has had its day. */
static int attach(Family *f)
{
    size_t size;
    char *described = known_describe(f->description, &size);
    PyObject *name = described == NULL ? NULL : PyObject_GetAttrString(f->description, "name");
    store *s = f->store;
    if (name == NULL || !store_lock(s)) {
        free(described);
        Py_XDECREF(name);
        return 0;
    }
    uint64_t hash = hash_text(described, size);
    const known *found = NULL;
    known_update(s);
    for (size_t i = 0; i < s->families_count; i++) {
        known *other = s->families[i];
        if (!other->kind || !atomic_load(&other->record->state))
            continue;
        if (other->record->hash == hash && other->record->description_size == size &&
            memcmp(other->record + 1, described, size) == 0)
            found = other;
        else if (PyUnicode_CompareWithASCIIString(name, other->name.at) == 0)
            atomic_store(&other->record->state, 0);
    }
    if (found == NULL) {
        word *link = s->walked ? &((family *)store_at(s, s->walked))->next : &store_header(s)->families;
        family *record = atomic_load(link) ? NULL : store_allocate(s, sizeof(family) + size);
        if (record != NULL) {
            record->hash = hash;
            atomic_store(&record->state, 1);
            record->description_size = (uint32_t)size;
            record->value_size =
                (uint32_t)known_value_size(f->kind, f->bounds_count, s->file == NULL ? 1 : EMBEDDED_CELLS);
            memcpy(record + 1, described, size);
            atomic_store_explicit(link, store_offset(s, record), memory_order_release);
            known_update(s);
            found = known_at(s, store_offset(s, record));
        }
    }
    if (found != NULL && found->kind) {
        f->known = found;
        f->value_size = found->value_size;
        atomic_store(&found->record->expires, f->expires);
        if (f->kind == GAUGE)
            f->embedded = (int)((found->value_size - sizeof(gauge_values)) / sizeof(cell));
        f->record = found->record;
    }
    store_unlock(s);
    free(described);
    Py_DECREF(name);
    return f->record != NULL;
}

/* The family's store, asked for at the first touch; 0 with an exception, or without one if there is no place in it. */
static int settle(Family *f)
{
    if (f->store == NULL) {
        PyObject *opened = PyObject_CallMethod((PyObject *)f, "open", NULL);
        if (opened == NULL)
            return 0;
        if (!Py_IS_TYPE(opened, &StoreType)) {
            Py_DECREF(opened);
            PyErr_SetString(PyExc_TypeError, "open() returns a Store");
            return 0;
        }
        f->store = (store *)opened;
#ifndef Py_GIL_DISABLED
        f->alone = f->store->file == NULL;
#endif
    }
    return f->record != NULL || attach(f);
}

/* A dropped series whose place can be used again. */
static series *vacant(Family *f, size_t labels_size)
{
    if (atomic_load(&f->record->dropped) == 0)
        return NULL;
    uint64_t now = milliseconds_now();
    for (series *one = known_first(f->store, f->known); one != NULL; one = known_next(f->store, f->known, one))
        if (!series_alive(one) && one->size - sizeof(series) - f->known->value_size >= labels_size &&
            now - atomic_load(&one->since) >= f->store->grace)
            return one;
    return NULL;
}

/* The values of a place that is used again: everything zero, but what hangs on it stays for those who come. */
static void wipe(Family *f, series *one)
{
    if (f->kind == GAUGE) {
        gauge_values *values = (gauge_values *)(one + 1);
        atomic_store(&values->residual.tick, 0);
        for (gauge_block *block = &values->block; block != NULL; block = gauge_next(f->store, block))
            memset(cells_of(block), 0, block->count * sizeof(cell));
        return;
    }
    memset(one + 1, 0, f->known->value_size);
}

/* Adds a series. Only with the lock, and after it is sure that there is none with these labels. */
static series *make(Family *f, const char *labels, size_t size, int escaped)
{
    store *s = f->store;
    series *one = vacant(f, size), *last = f->walked ? store_at(s, f->walked) : NULL;
    word *link = one != NULL ? NULL : last != NULL ? &last->next : &f->record->first;
    if (one != NULL) {
        wipe(f, one);
        atomic_store(&one->exemplars, 0);
    } else {
        size_t whole = sizeof(series) + f->known->value_size + size;
        /* What stands behind the last series that we can see, we do not know: it is not ours to unlink. */
        one = atomic_load(link) ? NULL : store_allocate(s, whole);
        if (one == NULL)
            return NULL;
        one->size = (uint32_t)((whole + 7) & ~(size_t)7);
        if (f->kind == GAUGE) {
            gauge_values *values = (gauge_values *)(one + 1);
            values->block.count = (uint32_t)f->embedded;
        }
    }
    one->hash = hash_text(labels, size);
    atomic_store(&one->labels_size, (uint32_t)size);
    atomic_store(&one->escaped, (uint32_t)escaped);
    atomic_store(&one->touched, 1);
    memcpy(series_labels(f->known, one), labels, size);
    atomic_fetch_add(&f->record->live, 1);
    /* Alive before it is linked, and before others are told to look again: they look once. */
    atomic_store_explicit(&one->life, (atomic_load(&one->life) + 1) | 1, memory_order_release);
    if (link != NULL) {
        atomic_store_explicit(link, store_offset(s, one), memory_order_release);
        f->walked = store_offset(s, one);
    } else {
        atomic_fetch_sub(&f->record->dropped, 1);
        f->reused = atomic_fetch_add(&f->record->reused, 1) + 1;
    }
    return one;
}

static int is_overflow(PyObject *const *values, int count)
{
    for (int i = 0; i < count; i++)
        if (PyUnicode_CompareWithASCIIString(values[i], "_OTHER") != 0)
            return 0;
    return 1;
}

/* The series of values that are admitted. *full: there is none, and no more may be made. */
static series *find_or_make(Family *f, PyObject *const *values, int *full)
{
    look_around(f);
    series *one = f->labels ? family_lookup(f, values) : atomic_load(&f->only);
    *full = 0;
    if (one != NULL && series_alive(one))
        return one;
    size_t size;
    int escaped;
    char *labels = render_labels(f, values, &size, &escaped);
    if (labels == NULL)
        return NULL;
    one = NULL;
    if (store_lock(f->store)) {
        look_around(f); /* nobody adds one from here on */
        one = f->labels ? family_lookup(f, values) : atomic_load(&f->only);
        if (one == NULL || !series_alive(one)) {
            one = NULL;
            if (f->labels && atomic_load(&f->record->live) >= f->max_series && !is_overflow(values, f->labels))
                *full = 1;
            else
                one = make(f, labels, size, escaped);
            if (one != NULL && !remember(f, values, one))
                one = NULL;
        }
        store_unlock(f->store);
    }
    free(labels);
    return one;
}

void family_lost(Family *f)
{
    PyObject *told = PyObject_CallMethod((PyObject *)f, "lost", NULL);
    if (told == NULL)
        PyErr_WriteUnraisable((PyObject *)f);
    Py_XDECREF(told);
}

series *family_resolve(Family *f, PyObject *const *values)
{
    series *one = NULL;
    PyObject *given = PyTuple_New(f->labels), *admitted = NULL;
    for (int i = 0; given != NULL && i < f->labels; i++) {
        Py_INCREF(values[i]);
        PyTuple_SET_ITEM(given, i, values[i]);
    }
    /* Named wrongly: a mistake of the program, told before anything else. */
    if (given != NULL && f->labels)
        admitted = PyObject_CallMethod((PyObject *)f, "admit", "(O)", given);
    else
        admitted = Py_XNewRef(given);
    Py_XDECREF(given);
    if (admitted == NULL)
        return NULL;
    if (!PyTuple_Check(admitted) || PyTuple_GET_SIZE(admitted) != f->labels) {
        PyErr_SetString(PyExc_TypeError, "admit() returns as many label values");
    } else if (settle(f)) {
        int full;
        one = find_or_make(f, &PyTuple_GET_ITEM(admitted, 0), &full);
        if (full) {
            Py_SETREF(admitted, PyObject_CallMethod((PyObject *)f, "full", NULL));
            if (admitted != NULL && PyTuple_Check(admitted) && PyTuple_GET_SIZE(admitted) == f->labels)
                one = find_or_make(f, &PyTuple_GET_ITEM(admitted, 0), &full);
        }
    }
    Py_XDECREF(admitted);
    if (one == NULL && !PyErr_Occurred())
        family_lost(f);
    return one;
}

/* --- dropping ---------------------------------------------------------------------------------------------------- */

/* Only with the lock. */
static void drop(family *record, series *one)
{
    atomic_store(&one->since, milliseconds_now());
    atomic_fetch_add(&one->life, 1);
    atomic_fetch_sub(&record->live, 1);
    atomic_fetch_add(&record->dropped, 1);
}

/* Drops every series, or all but one. */
static int drop_all(Family *f, const series *but)
{
    if (f->record == NULL || !store_lock(f->store))
        return 0;
    for (series *one = known_first(f->store, f->known); one != NULL; one = known_next(f->store, f->known, one))
        if (one != but && series_alive(one))
            drop(f->record, one);
    store_unlock(f->store);
    return 1;
}

/* The values given to a method as one tuple, if they are as many as there are labels. */
static PyObject *const *items_of(Family *f, PyObject *values)
{
    if (!PyTuple_Check(values) || PyTuple_GET_SIZE(values) != f->labels) {
        PyErr_Format(PyExc_TypeError, "expected a tuple of %d label values", f->labels);
        return NULL;
    }
    return &PyTuple_GET_ITEM(values, 0);
}

static PyObject *family_remove(Family *f, PyObject *values)
{
    PyObject *const *items = items_of(f, values);
    if (items == NULL)
        return NULL;
    if (!settle(f)) { /* others may have series of it that this process has never touched */
        if (PyErr_Occurred())
            return NULL;
        Py_RETURN_FALSE;
    }
    look_around(f);
    series *one = f->labels ? family_lookup(f, items) : atomic_load(&f->only);
    if (one == NULL || !series_alive(one) || !store_lock(f->store))
        Py_RETURN_FALSE;
    int alive = series_alive(one);
    if (alive)
        drop(f->record, one);
    store_unlock(f->store);
    return PyBool_FromLong(alive);
}

static PyObject *family_clear(Family *f, PyObject *Py_UNUSED(ignored))
{
    if (settle(f))
        drop_all(f, NULL);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *family_keep(Family *f, PyObject *values)
{
    PyObject *const *items = items_of(f, values);
    series *one = items == NULL ? NULL : family_series(f, items);
    if (one != NULL)
        drop_all(f, one);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static PyObject *family_retire(Family *f, PyObject *Py_UNUSED(ignored))
{
    if (f->record != NULL)
        atomic_store(&f->record->state, 0);
    Py_RETURN_NONE;
}

PyObject *store_sweep(store *s, PyObject *args)
{
    unsigned long long now;
    if (!PyArg_ParseTuple(args, "K:sweep", &now))
        return NULL;
    known_update(s);
    long dropped = 0;
    for (size_t i = 0; i < s->families_count; i++) {
        known *one = s->families[i];
        uint64_t expires = one->kind ? atomic_load(&one->record->expires) : 0;
        if (expires == 0 || !atomic_load(&one->record->state) || !store_lock(s))
            continue;
        for (series *at = known_first(s, one); at != NULL; at = known_next(s, one, at)) {
            if (!series_alive(at))
                continue;
            if (atomic_exchange(&at->touched, 0))
                atomic_store(&at->since, now);
            else if (now >= atomic_load(&at->since) + expires) {
                drop(one->record, at);
                dropped++;
            }
        }
        store_unlock(s);
    }
    return PyLong_FromLong(dropped);
}

/* --- reading ----------------------------------------------------------------------------------------------------- */

static PyObject *family_handle(Family *f, PyObject *values)
{
    PyObject *const *items = items_of(f, values);
    return items == NULL ? NULL : (PyObject *)handle_new(f, items);
}

static PyObject *family_later(Family *f, PyObject *values)
{
    PyObject *const *items = items_of(f, values);
    return items == NULL ? NULL : (PyObject *)handle_later(f, items);
}

static PyObject *family_series_list(Family *f, PyObject *Py_UNUSED(ignored))
{
    PyObject *all = PyList_New(0);
    if (all == NULL || f->record == NULL || !atomic_load(&f->record->state))
        return all;
    for (series *one = known_first(f->store, f->known); one != NULL; one = known_next(f->store, f->known, one)) {
        if (!series_alive(one))
            continue;
        PyObject *items[MAX_LABELS], *values = NULL;
        if (parse_labels(f, one, items)) {
            values = PyTuple_New(f->labels);
            for (int i = 0; i < f->labels; i++) {
                if (values == NULL)
                    Py_DECREF(items[i]);
                else
                    PyTuple_SET_ITEM(values, i, items[i]);
            }
        }
        PyObject *reading = values == NULL ? NULL : values_read(f->store, f->known, one);
        PyObject *pair = reading == NULL ? NULL : PyTuple_Pack(2, values, reading);
        int failed = pair == NULL || (reading != Py_None && PyList_Append(all, pair) != 0);
        Py_XDECREF(values);
        Py_XDECREF(reading);
        Py_XDECREF(pair);
        if (failed) {
            Py_DECREF(all);
            return NULL;
        }
    }
    return all;
}

static Py_ssize_t family_length(Family *f)
{
    return f->record == NULL || !atomic_load(&f->record->state) ? 0 : (Py_ssize_t)atomic_load(&f->record->live);
}

/* --- the Python object ------------------------------------------------------------------------------------------- */

static int kind_of(PyObject *description)
{
    size_t size;
    char *bytes = known_describe(description, &size);
    int kind = bytes == NULL ? 0 : bytes[0];
    free(bytes);
    return kind;
}

static uint64_t number_of(PyObject *description, const char *name)
{
    PyObject *value = PyObject_GetAttrString(description, name);
    uint64_t number = value == NULL ? 0 : PyLong_AsUnsignedLongLong(value);
    Py_XDECREF(value);
    return PyErr_Occurred() ? 0 : number;
}

static int take_labels(Family *f)
{
    PyObject *labels = PyObject_GetAttrString(f->description, "labels");
    if (labels == NULL)
        return 0;
    Py_ssize_t count = PyTuple_GET_SIZE(labels);
    if (count > MAX_LABELS) {
        PyErr_Format(PyExc_ValueError, "%zd labels; at most %d", count, MAX_LABELS);
        Py_DECREF(labels);
        return 0;
    }
    for (Py_ssize_t i = 0; i < count; i++) {
        PyObject *name = PyTuple_GET_ITEM(PyTuple_GET_ITEM(labels, i), 0);
        Py_INCREF(name);
        PyUnicode_InternInPlace(&name); /* keywords are interned too, so that they are told by their address */
        f->names[i] = name;
        Py_ssize_t size;
        if (PyUnicode_AsUTF8AndSize(name, &size) == NULL) {
            Py_DECREF(labels);
            return 0;
        }
        f->places[i] = f->frame + (i ? 1 : 0) + (uint32_t)size + 2;
        f->frame = f->places[i] + 1;
    }
    f->labels = (int)count;
    Py_DECREF(labels);
    return 1;
}

static int take_bounds(Family *f)
{
    PyObject *bounds = PyObject_GetAttrString(f->description, "buckets");
    if (bounds == NULL)
        return 0;
    f->bounds_count = (size_t)PyTuple_GET_SIZE(bounds);
    f->bounds = malloc((f->bounds_count + 1) * sizeof(double));
    for (size_t i = 0; f->bounds != NULL && i < f->bounds_count; i++)
        f->bounds[i] = PyFloat_AsDouble(PyTuple_GET_ITEM(bounds, (Py_ssize_t)i));
    Py_DECREF(bounds);
    /* A sum that can fall is not a counter any more, so values below zero need a bucket that says they are meant. */
    f->floor = f->bounds_count && f->bounds != NULL && f->bounds[0] < 0 ? -Py_HUGE_VAL : 0.0;
    return f->bounds != NULL && !PyErr_Occurred();
}

static int family_init(Family *f, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"description", NULL};
    PyObject *description;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "O:Family", names, &description))
        return -1;
    if (f->description != NULL) {
        PyErr_SetString(PyExc_TypeError, "a family is made once");
        return -1;
    }
    f->description = Py_NewRef(description);
    f->kind = kind_of(description);
    f->max_series = number_of(description, "max_series");
    f->expires = number_of(description, "expires");
    PyObject *native = PyObject_GetAttrString(description, "native");
    f->native = native == Py_True;
    f->plain = f->kind == HISTOGRAM && !f->native && !f->expires;
    Py_XDECREF(native);
    if (!f->kind || PyErr_Occurred() || !take_labels(f) || !take_bounds(f))
        return -1;
    size_t size;
    char *bytes = known_describe(description, &size);
    f->mode = bytes == NULL ? 0 : bytes[1];
    free(bytes);
    return bytes == NULL ? -1 : 0;
}

static int family_traverse(Family *f, visitproc visit, void *arg)
{
    Py_VISIT(f->description);
    return 0;
}

static int family_gc_clear(Family *f)
{
    Py_CLEAR(f->description);
    return 0;
}

static void family_dealloc(Family *f)
{
    PyObject_GC_UnTrack(f);
    family_gc_clear(f);
    table_free(atomic_load(&f->table));
    for (int i = 0; i < MAX_LABELS; i++)
        Py_XDECREF(f->names[i]);
    free(f->bounds);
    Py_XDECREF(f->store);
    Py_TYPE(f)->tp_free((PyObject *)f);
}

static PyMethodDef family_methods[] = {
    {"handle", (PyCFunction)family_handle, METH_O, "A handle of the series of these label values, made if need be."},
    {"later", (PyCFunction)family_later, METH_O, "The same, but made when it is first updated."},
    {"remove", (PyCFunction)family_remove, METH_O, "Drop the series of these label values; whether there was one."},
    {"clear", (PyCFunction)family_clear, METH_NOARGS, "Drop every series."},
    {"keep", (PyCFunction)family_keep, METH_O, "Drop every series but that of these label values, which is made."},
    {"retire", (PyCFunction)family_retire, METH_NOARGS, "Expose it no more."},
    {"series", (PyCFunction)family_series_list, METH_NOARGS, "(label values, reading) of every series."},
    {NULL},
};

#include <structmember.h>

static PyMemberDef family_members[] = {
    {"description", T_OBJECT, offsetof(Family, description), READONLY, "What the metric is."},
    {"store", T_OBJECT, offsetof(Family, store), READONLY, "Where its values are; None before the first touch."},
    {NULL},
};

static PySequenceMethods family_as_sequence = {.sq_length = (lenfunc)family_length};

PyTypeObject FamilyType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Family",
    .tp_doc = "Family(description)\n--\n\nThe series of one declared metric. A subclass says what may be made.",
    .tp_basicsize = sizeof(Family),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = PyType_GenericNew,
    .tp_init = (initproc)family_init,
    .tp_dealloc = (destructor)family_dealloc,
    .tp_traverse = (traverseproc)family_traverse,
    .tp_clear = (inquiry)family_gc_clear,
    .tp_methods = family_methods,
    .tp_members = family_members,
    .tp_as_sequence = &family_as_sequence,
};

int family_setup(void) { return PyType_Ready(&FamilyType); }
