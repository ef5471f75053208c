/* See values.h: what is not inline. */

#include "values.h"

#include <string.h>

cell *gauge_cell_slowly(Family *f, series *one, int slot)
{
    store *s = f->store;
    gauge_values *values = (gauge_values *)(one + 1);
    gauge_block *block = &values->block, *last = block;
    if (slot >= 0) {
        uint32_t ends = (uint32_t)f->embedded, wanted = (uint32_t)slot;
        while ((block = gauge_next(s, last)) != NULL) {
            if (wanted >= block->first && wanted - block->first < block->count)
                return &cells_of(block)[wanted - block->first];
            ends = block->first + block->count;
            last = block;
        }
        if (wanted < ends || !store_lock(s)) {
            family_lost(f);
            return NULL;
        }
        /* Another process may have added one meanwhile. Each is as large as all before it together. */
        cell *own = NULL;
        while (own == NULL) {
            block = gauge_next(s, last);
            if (block == NULL) {
                block = atomic_load(&last->next) ? NULL : store_allocate(s, sizeof(gauge_block) + ends * sizeof(cell));
                if (block == NULL)
                    break;
                block->first = ends;
                block->count = ends < SEGMENT_SLOTS ? ends : SEGMENT_SLOTS;
                atomic_store_explicit(&last->next, store_offset(s, block), memory_order_release);
            }
            if (wanted >= block->first && wanted - block->first < block->count)
                own = &cells_of(block)[wanted - block->first];
            ends = block->first + block->count;
            last = block;
        }
        store_unlock(s);
        if (own != NULL)
            return own;
    }
    family_lost(f);
    return NULL;
}

uint64_t histogram_read(const known *family, const series *one, uint64_t *buckets)
{
    const histogram_values *values = (const histogram_values *)(one + 1);
    uint64_t count = 0;
    for (size_t i = 0; i <= family->bounds_count; i++) {
        buckets[i] = atomic_load_explicit(&values->buckets[i], memory_order_relaxed);
        count += buckets[i];
    }
    return count;
}

/* (pid, value) of each process that says something. */
static PyObject *each_process(store *s, const known *family, const series *one)
{
    PyObject *found = PyList_New(0);
    const gauge_values *values = (const gauge_values *)(one + 1);
    uint32_t most = (uint32_t)((family->value_size - sizeof(gauge_values)) / sizeof(cell));
    for (const gauge_block *block = &values->block; found != NULL && block != NULL; block = gauge_next(s, block)) {
        for (uint32_t i = 0; i < block->count && i < most && block->first + i < SEGMENT_SLOTS; i++) {
            if (!atomic_load_explicit(&cells_of(block)[i].tick, memory_order_acquire))
                continue;
            uint64_t pid = s->file == NULL ? 0 : atomic_load(&store_header(s)->slots[block->first + i].pid);
            PyObject *pair = Py_BuildValue("Kd", (unsigned long long)pid, word_double(&cells_of(block)[i].value));
            if (pair == NULL || PyList_Append(found, pair) != 0)
                Py_CLEAR(found);
            Py_XDECREF(pair);
            if (found == NULL)
                return NULL;
        }
        most = SEGMENT_SLOTS;
    }
    return found;
}

static PyObject *read_histogram(const known *family, const series *one)
{
    uint64_t *buckets = malloc((family->bounds_count + 1) * sizeof *buckets);
    PyObject *list = PyList_New((Py_ssize_t)family->bounds_count + 1);
    if (buckets == NULL || list == NULL) {
        free(buckets);
        Py_XDECREF(list);
        return PyErr_NoMemory();
    }
    histogram_read(family, one, buckets);
    for (size_t i = 0; i <= family->bounds_count; i++) {
        PyObject *count = PyLong_FromUnsignedLongLong(buckets[i]);
        if (count == NULL) {
            Py_CLEAR(list);
            break;
        }
        PyList_SET_ITEM(list, (Py_ssize_t)i, count);
    }
    free(buckets);
    return list == NULL ? NULL : Py_BuildValue("Nd", list, word_double(&((const histogram_values *)(one + 1))->sum));
}

PyObject *values_read(store *s, const known *family, const series *one)
{
    switch (family->kind) {
    case COUNTER: {
        int64_t whole;
        double part = counter_read(one, &whole);
        return part == 0 ? PyLong_FromLongLong(whole) : PyFloat_FromDouble((double)whole + part);
    }
    case GAUGE: {
        double value;
        if ((family->mode & ~MODE_LIVE) == MODE_ALL && s->file != NULL)
            return each_process(s, family, one);
        if (!gauge_read(s, family, one, &value))
            Py_RETURN_NONE;
        return PyFloat_FromDouble(value);
    }
    case HISTOGRAM:
        return read_histogram(family, one);
    case SUMMARY: {
        const summary_values *values = (const summary_values *)(one + 1);
        uint64_t count = atomic_load(&values->count);
        return Py_BuildValue("Kd", (unsigned long long)count, word_double(&values->sum));
    }
    case STATESET:
        return PyLong_FromUnsignedLongLong(atomic_load((const word *)(one + 1)));
    default:
        return PyLong_FromLong(1);
    }
}
