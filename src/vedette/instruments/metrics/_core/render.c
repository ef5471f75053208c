/* From a store to a page, or to values that Python can work with. */

#include "number.h"
#include "page.h"

/* --- what is asked for ------------------------------------------------------------------------------------------- */

static int named(PyObject *names, const char *name, size_t size)
{
    PyObject *word = PyUnicode_FromStringAndSize(name, (Py_ssize_t)size);
    int found = word == NULL ? -1 : PySet_Contains(names, word);
    Py_XDECREF(word);
    return found;
}

/* A family is asked for by its name, by its name in OpenMetrics, or by that of one of its series. */
static int wanted(PyObject *names, const known *one)
{
    static const char *const ENDINGS[] = {"_bucket", "_sum", "_count"};
    if (PySet_GET_SIZE(names) == 0)
        return 1;
    size_t ending = one->kind == COUNTER ? 6 : one->kind == INFO ? 5 : 0;
    int found = named(names, one->name.at, one->name.size);
    if (!found && ending && one->name.size > ending)
        found = named(names, one->name.at, one->name.size - ending);
    for (int i = one->kind == HISTOGRAM ? 0 : 1; !found && i < 3 && (one->kind == HISTOGRAM || one->kind == SUMMARY); i++) {
        char name[512];
        int size = snprintf(name, sizeof name, "%s%s", one->name.at, ENDINGS[i]);
        if (size > 0 && (size_t)size < sizeof name)
            found = named(names, name, (size_t)size);
    }
    return found;
}

static int by_name(const void *left, const void *right)
{
    const known *a = *(const known *const *)left, *b = *(const known *const *)right;
    size_t size = a->name.size < b->name.size ? a->name.size : b->name.size;
    int order = memcmp(a->name.at, b->name.at, size);
    return order ? order : (a->name.size > b->name.size) - (a->name.size < b->name.size);
}

/* 0 with an exception. The caller frees the families' list. */
static int ask(store *s, PyObject *names, request *asked)
{
    known_update(s);
    asked->store = s;
    asked->count = 0;
    asked->families = malloc((s->families_count + 1) * sizeof(known *));
    PyObject *set = PyFrozenSet_New(names);
    for (size_t i = 0; set != NULL && asked->families != NULL && i < s->families_count; i++) {
        known *one = s->families[i];
        if (!one->kind || !atomic_load(&one->record->state) || known_first(s, one) == NULL)
            continue;
        int found = wanted(set, one);
        if (found < 0)
            Py_CLEAR(set);
        else if (found)
            asked->families[asked->count++] = one;
    }
    if (set == NULL || asked->families == NULL) {
        free(asked->families);
        Py_XDECREF(set);
        return 0;
    }
    Py_DECREF(set);
    qsort(asked->families, asked->count, sizeof *asked->families, by_name);
    return 1;
}

/* --- a page ------------------------------------------------------------------------------------------------------ */

PyObject *store_render(store *s, PyObject *args)
{
    const char *format;
    PyObject *names;
    request asked;
    if (!PyArg_ParseTuple(args, "sO:render", &format, &names))
        return NULL;
    void (*write)(page *, const request *) = strcmp(format, "text") == 0          ? write_text
                                             : strcmp(format, "openmetrics") == 0 ? write_openmetrics
                                             : strcmp(format, "protobuf") == 0    ? write_protobuf
                                                                                  : NULL;
    if (write == NULL) {
        PyErr_Format(PyExc_ValueError, "no format %s; text, openmetrics or protobuf", format);
        return NULL;
    }
    if (!ask(s, names, &asked))
        return NULL;
    page out = {0};
    number_prepare();
    if (write != write_text)
        atomic_fetch_add(&store_header(s)->scrapes, 1); /* they are shown: new exemplars are welcome */
    Py_INCREF(s);
    Py_BEGIN_ALLOW_THREADS
    if (page_room(&out, s->rendered + s->rendered / 8 + 1024))
        write(&out, &asked);
    Py_END_ALLOW_THREADS
    size_t size = (size_t)(out.at - out.start);
    s->rendered = size;
    PyObject *bytes = out.failed ? PyErr_NoMemory() : PyBytes_FromStringAndSize(out.start, (Py_ssize_t)size);
    free(out.start);
    free(asked.families);
    Py_DECREF(s);
    return bytes;
}

/* --- values ------------------------------------------------------------------------------------------------------ */

static PyObject *text_of(const text *given) { return PyUnicode_DecodeUTF8(given->at, (Py_ssize_t)given->size, "replace"); }

static PyObject *texts_of(const text *given, size_t count)
{
    PyObject *found = PyTuple_New((Py_ssize_t)count);
    for (size_t i = 0; found != NULL && i < count; i++) {
        PyObject *one = text_of(&given[i]);
        if (one == NULL)
            Py_CLEAR(found);
        else
            PyTuple_SET_ITEM(found, (Py_ssize_t)i, one);
    }
    return found;
}

static PyObject *bounds_of(const known *family)
{
    PyObject *found = PyTuple_New((Py_ssize_t)family->bounds_count);
    for (size_t i = 0; found != NULL && i < family->bounds_count; i++) {
        PyObject *one = PyFloat_FromDouble(family->bounds[i]);
        if (one == NULL)
            Py_CLEAR(found);
        else
            PyTuple_SET_ITEM(found, (Py_ssize_t)i, one);
    }
    return found;
}

/* (bucket, value, timestamp, labels as text) of each exemplar. */
static PyObject *exemplars_of(store *s, const known *family, const series *one)
{
    PyObject *found = PyList_New(0);
    size_t count = family->kind == HISTOGRAM ? family->bounds_count + 1 : family->kind == COUNTER;
    for (size_t i = 0; found != NULL && atomic_load(&one->exemplars) && i < count; i++) {
        exemplar here;
        if (!exemplar_read(s, one, i, &here))
            continue;
        PyObject *labels = PyUnicode_DecodeUTF8(here.labels, (Py_ssize_t)here.size, "replace");
        PyObject *row = labels == NULL ? NULL : Py_BuildValue("nddN", (Py_ssize_t)i, here.value, here.timestamp, labels);
        if (row == NULL || PyList_Append(found, row) != 0)
            Py_CLEAR(found);
        Py_XDECREF(row);
    }
    return found;
}

/* (schema, zeros, [(index, count) of the negative ones], [… of the positive ones]), or None. */
static PyObject *native_of(store *s, const known *family, const series *one)
{
    native_reading native;
    if (family->kind != HISTOGRAM || !family->native || !native_read(s, one, &native))
        Py_RETURN_NONE;
    PyObject *sides[2] = {PyList_New(0), PyList_New(0)};
    for (size_t i = 0; sides[0] != NULL && sides[1] != NULL && i < native.used; i++) {
        PyObject *pair = Py_BuildValue("LK", (long long)native.buckets[i].index, (unsigned long long)native.buckets[i].count);
        if (pair == NULL || PyList_Append(sides[!native.buckets[i].negative], pair) != 0)
            Py_CLEAR(sides[0]);
        Py_XDECREF(pair);
    }
    if (sides[0] == NULL || sides[1] == NULL) {
        Py_XDECREF(sides[0]);
        Py_XDECREF(sides[1]);
        return NULL;
    }
    return Py_BuildValue("iKNN", native.schema, (unsigned long long)native.zeros, sides[0], sides[1]);
}

/* (labels as text, reading, exemplars, native buckets) of each series. */
static PyObject *series_of(store *s, const known *family)
{
    PyObject *all = PyList_New(0);
    for (series *one = known_first(s, family); all != NULL && one != NULL; one = known_next(s, family, one)) {
        if (!series_alive(one))
            continue;
        PyObject *labels = PyUnicode_DecodeUTF8(series_labels(family, one), (Py_ssize_t)one->labels_size, "replace");
        PyObject *reading = labels == NULL ? NULL : values_read(s, family, one);
        PyObject *exemplars = reading == NULL ? NULL : exemplars_of(s, family, one);
        PyObject *native = exemplars == NULL ? NULL : native_of(s, family, one);
        PyObject *row = native == NULL ? NULL : PyTuple_Pack(4, labels, reading, exemplars, native);
        if (row == NULL || PyList_Append(all, row) != 0)
            Py_CLEAR(all);
        Py_XDECREF(row);
        Py_XDECREF(native);
        Py_XDECREF(exemplars);
        Py_XDECREF(reading);
        Py_XDECREF(labels);
    }
    return all;
}

static const char *const KINDS[] = {"", "counter", "gauge", "histogram", "summary", "info", "stateset"};

/* (type, name, help, unit, bounds, states, series) of each family that has series. */
PyObject *store_snapshot(store *s, PyObject *args)
{
    PyObject *names;
    request asked;
    if (!PyArg_ParseTuple(args, "O:snapshot", &names) || !ask(s, names, &asked))
        return NULL;
    PyObject *all = PyList_New(0);
    for (size_t i = 0; all != NULL && i < asked.count; i++) {
        const known *one = asked.families[i];
        PyObject *rows = series_of(s, one);
        if (rows == NULL) {
            Py_CLEAR(all);
        } else if (PyList_GET_SIZE(rows)) {
            PyObject *row = Py_BuildValue("sNNNNNO", KINDS[one->kind], text_of(&one->name), text_of(&one->help),
                                          text_of(&one->unit), bounds_of(one), texts_of(one->states, one->states_count), rows);
            if (row == NULL || PyList_Append(all, row) != 0)
                Py_CLEAR(all);
            Py_XDECREF(row);
        }
        Py_XDECREF(rows);
    }
    free(asked.families);
    return all;
}
