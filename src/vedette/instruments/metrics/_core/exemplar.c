/* Exemplars: one for a counter, one for each bucket of a histogram, in a block that is made for the first of them.

   An exemplar is several words, so that it is written between two steps of its version, which is odd meanwhile. Whoever
   was stopped in between leaves it odd; it is then written over once it is of an earlier scrape. */

#include <string.h>

#include "timing.h"
#include "values.h"

_Atomic int exemplars_wanted;

static PyObject *source; /* asked for the labels of the current trace: () -> "trace_id=…" or None */

/* Where a scrape has shown exemplars since, this process may ask so many times again whether there is a trace. */
#define ATTEMPTS 64

static exemplar *exemplars_of(Family *f, series *one, int make)
{
    store *s = f->store;
    size_t size = (f->kind == HISTOGRAM ? f->bounds_count + 1 : 1) * sizeof(exemplar);
    uint64_t offset = atomic_load_explicit(&one->exemplars, memory_order_acquire);
    if (offset == 0 && make && store_lock(s)) {
        offset = atomic_load(&one->exemplars);
        exemplar *made = offset ? NULL : store_allocate(s, size);
        if (made != NULL) {
            offset = store_offset(s, made);
            atomic_store_explicit(&one->exemplars, offset, memory_order_release);
        }
        store_unlock(s);
    }
    return offset ? store_view(s, offset, size) : NULL;
}

static void write_exemplar(Family *f, series *one, size_t bucket, double value, const char *labels, size_t size)
{
    exemplar *at = exemplars_of(f, one, 1);
    if (at == NULL || size > EXEMPLAR_TEXT)
        return;
    at += bucket;
    uint64_t scrape = atomic_load(&store_header(f->store)->scrapes) + 1;
    uint64_t version = atomic_load(&at->version), writing = version | 1;
    if (version % 2) {
        if (atomic_load(&at->scrape) >= scrape)
            return; /* another is just writing it */
        writing = version + 2;
    }
    double now = timing_now(); /* before it is begun: a clock that was given may run anything */
    if (!atomic_compare_exchange_strong(&at->version, &version, writing))
        return;
    atomic_store(&at->scrape, scrape);
    at->value = value;
    at->timestamp = now;
    at->size = (uint32_t)size;
    memcpy(at->labels, labels, size);
    atomic_store_explicit(&at->version, writing + 1, memory_order_release);
}

void exemplar_take(Family *f, series *one, size_t bucket, double value)
{
    uint64_t scrape = atomic_load_explicit(&store_header(f->store)->scrapes, memory_order_relaxed) + 1;
    exemplar *at = exemplars_of(f, one, 0);
    if (at != NULL && atomic_load_explicit(&at[bucket].scrape, memory_order_relaxed) == scrape)
        return;
    if (f->asked_at != scrape) {
        f->asked_at = scrape;
        f->attempts = ATTEMPTS * (uint32_t)(f->bounds_count + 1);
    }
    if (f->attempts == 0)
        return;
    f->attempts--;
    PyObject *asked = source == NULL ? NULL : PyObject_CallNoArgs(source);
    Py_ssize_t size;
    const char *labels = asked == NULL || !PyUnicode_Check(asked) ? NULL : PyUnicode_AsUTF8AndSize(asked, &size);
    if (labels != NULL)
        write_exemplar(f, one, bucket, value, labels, (size_t)size);
    if (PyErr_Occurred())
        PyErr_WriteUnraisable(source);
    Py_XDECREF(asked);
}

int exemplar_give(Family *f, series *one, size_t bucket, double value, PyObject *labels)
{
    PyObject *rendered = PyObject_CallMethod((PyObject *)f, "exemplar", "(O)", labels);
    Py_ssize_t size;
    if (rendered == NULL)
        return 0;
    if (rendered != Py_None) {
        const char *utf8 = PyUnicode_AsUTF8AndSize(rendered, &size);
        if (utf8 == NULL) {
            Py_DECREF(rendered);
            return 0;
        }
        write_exemplar(f, one, bucket, value, utf8, (size_t)size);
    }
    Py_DECREF(rendered);
    return 1;
}

int exemplar_read(store *s, const series *one, size_t bucket, exemplar *found)
{
    uint64_t offset = atomic_load_explicit(&one->exemplars, memory_order_acquire);
    const exemplar *at = offset ? store_view(s, offset + bucket * sizeof(exemplar), sizeof(exemplar)) : NULL;
    for (int tried = 0; at != NULL && tried < 10; tried++) {
        uint64_t before = atomic_load_explicit(&at->version, memory_order_acquire);
        if (before == 0)
            return 0;
        if (before % 2)
            continue;
        memcpy(found, at, sizeof *found);
        atomic_thread_fence(memory_order_acquire);
        if (atomic_load_explicit(&at->version, memory_order_relaxed) == before)
            return found->size <= EXEMPLAR_TEXT;
    }
    return 0;
}

PyObject *exemplar_source(PyObject *Py_UNUSED(module), PyObject *given)
{
    Py_XSETREF(source, given == Py_None ? NULL : Py_NewRef(given));
    atomic_store(&exemplars_wanted, source != NULL);
    Py_RETURN_NONE;
}
