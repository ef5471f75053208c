/* The calls that update: of an instrument, with the values of its labels, and of a handle, without. Each is written once
   and made a method twice. */

#include "update.h"

#include <math.h>
#include <stddef.h>

#include "timing.h"
#include "values.h"

static PyObject *word_amount, *word_exemplar;

/* --- arguments --------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject *amount;   /* NULL: not given */
    PyObject *exemplar; /* NULL or None: not given */
    PyObject *const *values;
    PyObject *ordered[MAX_LABELS];
} call;

/* What a method takes beside the values of labels. */
enum takes { NOTHING = 0, AMOUNT = 1, EXEMPLAR = 2 };

static int is_word(PyObject *name, PyObject *word) { return name == word || PyUnicode_Compare(name, word) == 0; }

/* What is wrong with label values given by place and by name is said in Python; see family.py. `names` may have words in
   it that are no labels but arguments (those that the method takes). */
static int refuse_labels(Family *f, PyObject *const *args, Py_ssize_t count, PyObject *names, int takes)
{
    Py_ssize_t keywords = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    PyObject *given = PyTuple_New(count), *named = PyDict_New();
    for (Py_ssize_t i = 0; given != NULL && i < count; i++)
        PyTuple_SET_ITEM(given, i, Py_NewRef(args[i]));
    for (Py_ssize_t i = 0; named != NULL && i < keywords; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        int argument = (takes & AMOUNT && is_word(name, word_amount)) || (takes & EXEMPLAR && is_word(name, word_exemplar));
        if (!argument && PyDict_SetItem(named, name, args[count + i]) != 0)
            Py_CLEAR(named);
    }
    PyObject *said = given == NULL || named == NULL ? NULL : PyObject_CallMethod((PyObject *)f, "order", "OO", given, named);
    if (said != NULL)
        PyErr_SetString(PyExc_TypeError, "label values that cannot be");
    Py_XDECREF(said);
    Py_XDECREF(given);
    Py_XDECREF(named);
    return 0;
}

static int place_of(const Family *f, PyObject *name)
{
    for (int i = 0; i < f->labels; i++)
        if (f->names[i] == name)
            return i;
    for (int i = 0; i < f->labels; i++) /* not interned: made at run time */
        if (PyUnicode_Compare(f->names[i], name) == 0)
            return i;
    return -1;
}

/* `count` values by place, then those by name, and what else the method takes: puts the values into their order. */
static int order_values(Family *f, call *c, PyObject *const *args, Py_ssize_t count, PyObject *names, int takes)
{
    Py_ssize_t keywords = names == NULL ? 0 : PyTuple_GET_SIZE(names), labelled = 0;
    c->amount = c->exemplar = NULL;
    c->values = args;
    if (count + keywords == f->labels) {
        Py_ssize_t same = 0;
        while (same < keywords && PyTuple_GET_ITEM(names, same) == f->names[count + same])
            same++;
        if (same == keywords)
            return 1; /* by name, but in the order declared: as they stand */
    }
    if (keywords == 0)
        return refuse_labels(f, args, count, names, takes);
    if (count > f->labels)
        return refuse_labels(f, args, count, names, takes);
    for (Py_ssize_t i = 0; i < count; i++)
        c->ordered[i] = args[i];
    for (int i = (int)count; i < f->labels; i++)
        c->ordered[i] = NULL;
    for (Py_ssize_t i = 0; i < keywords; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i), *value = args[count + i];
        if (takes & AMOUNT && is_word(name, word_amount)) {
            c->amount = value;
        } else if (takes & EXEMPLAR && is_word(name, word_exemplar)) {
            c->exemplar = value;
        } else {
            int place = place_of(f, name);
            if (place < 0 || place < count || c->ordered[place] != NULL)
                return refuse_labels(f, args, count, names, takes);
            c->ordered[place] = value;
            labelled++;
        }
    }
    if (count + labelled != f->labels)
        return refuse_labels(f, args, count, names, takes);
    c->values = c->ordered;
    return 1;
}

static int is_none(PyObject *given) { return given == NULL || given == Py_None; }

/* A number as a double; 0 if it is none. */
static int number(PyObject *given, double *value)
{
    if (PyFloat_CheckExact(given)) {
        *value = PyFloat_AS_DOUBLE(given);
        return 1;
    }
    *value = PyFloat_AsDouble(given);
    if (*value != -1.0 || !PyErr_Occurred())
        return 1;
    PyErr_Clear();
    return 0;
}

static PyObject *refuse(Family *f, PyObject *value)
{
    return PyObject_CallMethod((PyObject *)f, "refuse", "(O)", value);
}

/* An update that cannot be made is left out; what is an error is one already. */
static PyObject *left_out(void)
{
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

/* --- what is done to a series ------------------------------------------------------------------------------------ */

static PyObject *counter_inc(Family *f, series *one, PyObject *amount, PyObject *exemplar)
{
    double value = 1;
    if (amount == NULL) {
        counter_add_one(f, one);
    } else {
        int overflow = 1;
        long long whole = PyLong_CheckExact(amount) ? PyLong_AsLongLongAndOverflow(amount, &overflow) : -1;
        if (!overflow && whole >= 0) {
            touch(f, one);
            atomic_fetch_add_explicit(&((counter_values *)(one + 1))->whole, (uint64_t)whole, memory_order_relaxed);
            value = (double)whole;
        } else {
            if (!number(amount, &value) || !(value >= 0))
                return refuse(f, amount);
            touch(f, one);
            add_double(&((counter_values *)(one + 1))->part, value);
        }
    }
    if (!is_none(exemplar)) {
        if (!exemplar_give(f, one, 0, value, exemplar))
            return NULL;
    } else if (atomic_load_explicit(&exemplars_wanted, memory_order_relaxed)) {
        exemplar_take(f, one, 0, value);
    }
    Py_RETURN_NONE;
}

static PyObject *gauge_change(Family *f, series *one, PyObject *amount, double sign)
{
    double value = 1;
    if (amount != NULL && !number(amount, &value))
        return refuse(f, amount);
    gauge_add(f, one, sign * value);
    Py_RETURN_NONE;
}

static PyObject *observed(Family *f, series *one, PyObject *given, PyObject *exemplar)
{
    double value;
    if (!number(given, &value) || !(value >= f->floor))
        return refuse(f, given);
    if (is_none(exemplar)) {
        observe_number(f, one, value);
    } else {
        size_t bucket = bucket_of(f->bounds, f->bounds_count, value);
        observe(f, one, value, bucket);
        if (!exemplar_give(f, one, bucket, value, exemplar))
            return NULL;
    }
    Py_RETURN_NONE;
}

/* An instrument that has not been declared: its class has not called our __init__. */
static Family *family_of(Instrument *self)
{
    if (self->family == NULL)
        PyErr_SetString(PyExc_AttributeError, "a metric is declared by calling Metric.__init__ of its class");
    return self->family;
}

/* --- methods of instruments -------------------------------------------------------------------------------------- */

static PyObject *instrument_inc(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    if (f == NULL)
        return NULL;
    if (f->labels == 0) {
        if (count == 0 && names == NULL) {
            series *one = family_series(f, NULL);
            if (one == NULL)
                return left_out();
            if (f->kind == COUNTER)
                return counter_inc(f, one, NULL, NULL);
            return gauge_change(f, one, NULL, 1);
        }
    } else if (names == NULL && count == f->labels) {
        series *one = family_series(f, args);
        if (one == NULL)
            return left_out();
        return f->kind == COUNTER ? counter_inc(f, one, NULL, NULL) : gauge_change(f, one, NULL, 1);
    }
    call c;
    Py_ssize_t amounts = f->labels == 0 && count == 1; /* inc(5) */
    int takes = (amounts ? NOTHING : AMOUNT) | (f->kind == COUNTER ? EXEMPLAR : NOTHING);
    if (!order_values(f, &c, args + amounts, count - amounts, names, takes))
        return NULL;
    series *one = family_series(f, c.values);
    if (one == NULL)
        return left_out();
    PyObject *amount = amounts ? args[0] : c.amount;
    return f->kind == COUNTER ? counter_inc(f, one, amount, c.exemplar) : gauge_change(f, one, amount, 1);
}

static PyObject *instrument_dec(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    if (f == NULL)
        return NULL;
    call c;
    Py_ssize_t amounts = f->labels == 0 && count == 1;
    if (!order_values(f, &c, args + amounts, count - amounts, names, amounts ? NOTHING : AMOUNT))
        return NULL;
    series *one = family_series(f, c.values);
    return one == NULL ? left_out() : gauge_change(f, one, amounts ? args[0] : c.amount, -1);
}

static int missing_value(const char *method, Py_ssize_t count)
{
    if (count > 0)
        return 0;
    PyErr_Format(PyExc_TypeError, "%s() needs a value", method);
    return 1;
}

static PyObject *instrument_set(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    if (f == NULL)
        return NULL;
    call c;
    double value;
    if (names == NULL && count == 1 + f->labels && PyFloat_CheckExact(args[0])) {
        series *one = family_series(f, args + 1);
        if (one == NULL)
            return left_out();
        gauge_set(f, one, PyFloat_AS_DOUBLE(args[0]));
        Py_RETURN_NONE;
    }
    if (missing_value("set", count) || !order_values(f, &c, args + 1, count - 1, names, NOTHING))
        return NULL;
    if (!number(args[0], &value))
        return refuse(f, args[0]);
    series *one = family_series(f, c.values);
    if (one == NULL)
        return left_out();
    gauge_set(f, one, value);
    Py_RETURN_NONE;
}

static PyObject *instrument_observe(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    if (f == NULL)
        return NULL;
    if (names == NULL && count == 1 + f->labels) {
        series *one = family_series(f, args + 1);
        return one == NULL ? left_out() : observed(f, one, args[0], NULL);
    }
    call c;
    int takes = f->kind == HISTOGRAM ? EXEMPLAR : NOTHING;
    if (missing_value("observe", count) || !order_values(f, &c, args + 1, count - 1, names, takes))
        return NULL;
    series *one = family_series(f, c.values);
    return one == NULL ? left_out() : observed(f, one, args[0], c.exemplar);
}

static PyObject *instrument_labels(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    if (f == NULL)
        return NULL;
    call c;
    if (!order_values(f, &c, args, count, names, NOTHING))
        return NULL;
    return (PyObject *)handle_new(f, c.values);
}

/* A handle for later; that its values can be admitted is found out now, where they are not known. */
static PyObject *later(Family *f, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    call c;
    if (!order_values(f, &c, args, count, names, NOTHING))
        return NULL;
    if (f->labels && family_lookup(f, c.values) == NULL) {
        PyObject *values = PyTuple_New(f->labels);
        for (int i = 0; values != NULL && i < f->labels; i++)
            PyTuple_SET_ITEM(values, i, Py_NewRef(c.values[i]));
        PyObject *made = values == NULL ? NULL : PyObject_CallMethod((PyObject *)f, "later", "(O)", values);
        Py_XDECREF(values);
        return made;
    }
    return (PyObject *)handle_later(f, c.values);
}

static PyObject *instrument_time(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    PyObject *handle = f == NULL ? NULL : later(f, args, count, names);
    PyObject *scope = handle == NULL ? NULL : PyObject_CallOneArg((PyObject *)&ScopeType, handle);
    Py_XDECREF(handle);
    return scope;
}

static PyObject *instrument_track(Instrument *self, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    Family *f = family_of(self);
    PyObject *handle = f == NULL ? NULL : later(f, args, count, names);
    PyObject *scope =
        handle == NULL ? NULL : PyObject_CallFunctionObjArgs((PyObject *)&ScopeType, Py_None, handle, NULL);
    Py_XDECREF(handle);
    return scope;
}

/* --- methods of handles ------------------------------------------------------------------------------------------ */

Handle *handle_later(Family *f, PyObject *const *values)
{
    Handle *h = PyObject_NewVar(Handle, handle_types[f->kind], f->labels);
    if (h == NULL)
        return NULL;
    h->family = (Family *)Py_NewRef(f);
    h->one = NULL;
    h->life = 0;
    for (int i = 0; i < f->labels; i++)
        h->values[i] = Py_NewRef(values[i]);
    return h;
}

/* A gauge that has not been set is zero. Among several processes only a part of a sum is: it is no value to choose from,
   as the least or the most recent one. */
static void say_zero(Family *f, series *one)
{
    cell *own = (f->mode & ~MODE_LIVE) == MODE_SUM || f->store->file == NULL ? gauge_cell(f, one) : NULL;
    if (own != NULL && !atomic_load(&own->tick))
        gauge_said(f, own);
}

Handle *handle_new(Family *f, PyObject *const *values)
{
    series *one = family_series(f, values);
    if (one == NULL && PyErr_Occurred())
        return NULL;
    Handle *h = handle_later(f, values);
    if (h != NULL && one != NULL) {
        h->one = one;
        h->life = atomic_load(&one->life);
        if (f->kind == GAUGE)
            say_zero(f, one);
    }
    return h;
}

static void handle_dealloc(Handle *h)
{
    for (Py_ssize_t i = 0; i < Py_SIZE(h); i++)
        Py_DECREF(h->values[i]);
    Py_DECREF(h->family);
    PyObject_Free(h);
}

/* One optional number, by place or as amount=; and exemplar=. */
static int handle_call(Handle *h, PyObject *const *args, Py_ssize_t count, PyObject *names, PyObject **amount,
                       PyObject **exemplar)
{
    Py_ssize_t keywords = names == NULL ? 0 : PyTuple_GET_SIZE(names);
    *amount = count > 0 ? args[0] : NULL;
    *exemplar = NULL;
    int wrong = count > 1;
    for (Py_ssize_t i = 0; i < keywords; i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        if (is_word(name, word_exemplar) && (h->family->kind == COUNTER || h->family->kind == HISTOGRAM))
            *exemplar = args[count + i];
        else if (is_word(name, word_amount) && *amount == NULL)
            *amount = args[count + i];
        else
            wrong = 1;
    }
    if (wrong)
        PyErr_SetString(PyExc_TypeError, "a series takes one number, and exemplar= where it is a counter's or a histogram's");
    return !wrong;
}

static PyObject *handle_inc(Handle *h, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *amount = NULL, *exemplar = NULL;
    if ((count || names != NULL) && !handle_call(h, args, count, names, &amount, &exemplar))
        return NULL;
    series *one = handle_series(h);
    if (one == NULL)
        return left_out();
    return h->family->kind == COUNTER ? counter_inc(h->family, one, amount, exemplar)
                                      : gauge_change(h->family, one, amount, 1);
}

static PyObject *handle_dec(Handle *h, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *amount = NULL, *exemplar = NULL;
    if ((count || names != NULL) && !handle_call(h, args, count, names, &amount, &exemplar))
        return NULL;
    series *one = handle_series(h);
    return one == NULL ? left_out() : gauge_change(h->family, one, amount, -1);
}

static PyObject *handle_set(Handle *h, PyObject *given)
{
    double value;
    if (!number(given, &value))
        return refuse(h->family, given);
    series *one = handle_series(h);
    if (one == NULL)
        return left_out();
    gauge_set(h->family, one, value);
    Py_RETURN_NONE;
}

static PyObject *handle_observe(Handle *h, PyObject *const *args, Py_ssize_t count, PyObject *names)
{
    PyObject *value, *exemplar = NULL;
    if (missing_value("observe", count))
        return NULL;
    if ((count > 1 || names != NULL) && !handle_call(h, args, count, names, &value, &exemplar))
        return NULL;
    series *one = handle_series(h);
    return one == NULL ? left_out() : observed(h->family, one, args[0], exemplar);
}

static PyObject *handle_read(Handle *h, PyObject *Py_UNUSED(ignored))
{
    series *one = handle_series(h);
    return one == NULL ? left_out() : values_read(h->family->store, h->family->known, one);
}

/* What this process alone says of a gauge; None while it says nothing. */
static PyObject *handle_own(Handle *h, PyObject *Py_UNUSED(ignored))
{
    series *one = handle_series(h);
    cell *own = one == NULL ? NULL : gauge_cell(h->family, one);
    if (own == NULL || !atomic_load(&own->tick))
        return left_out();
    return PyFloat_FromDouble(word_double(&own->value));
}

static PyObject *handle_unset(Handle *h, PyObject *Py_UNUSED(ignored))
{
    series *one = handle_series(h);
    cell *own = one == NULL ? NULL : gauge_cell(h->family, one);
    if (own == NULL)
        return left_out();
    atomic_store(&own->tick, 0);
    atomic_store(&own->value, 0);
    Py_RETURN_NONE;
}

/* The states that hold, as bits: (those to keep, those to add). */
static PyObject *handle_switch(Handle *h, PyObject *args)
{
    unsigned long long keep, add;
    if (!PyArg_ParseTuple(args, "KK:switch", &keep, &add))
        return NULL;
    series *one = handle_series(h);
    if (one == NULL)
        return left_out();
    word *at = (word *)(one + 1);
    uint64_t before = atomic_load(at);
    touch(h->family, one);
    while (!atomic_compare_exchange_weak(at, &before, (before & keep) | add))
        continue;
    Py_RETURN_NONE;
}

static PyObject *handle_time(Handle *h, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallOneArg((PyObject *)&ScopeType, (PyObject *)h);
}

static PyObject *handle_track(Handle *h, PyObject *Py_UNUSED(ignored))
{
    return PyObject_CallFunctionObjArgs((PyObject *)&ScopeType, Py_None, h, NULL);
}

/* What is as fast in Python; see on_series.py. */
static PyObject *on_series(const char *name, PyObject *h, PyObject *args, PyObject *kwargs)
{
    PyObject *module = PyImport_ImportModule("vedette.instruments.metrics.on_series");
    PyObject *function = module == NULL ? NULL : PyObject_GetAttrString(module, name);
    PyObject *first = function == NULL ? NULL : PyTuple_Pack(1, h);
    PyObject *all = first == NULL ? NULL : PySequence_Concat(first, args);
    PyObject *result = all == NULL ? NULL : PyObject_Call(function, all, kwargs);
    Py_XDECREF(all);
    Py_XDECREF(first);
    Py_XDECREF(function);
    Py_XDECREF(module);
    return result;
}

static PyObject *handle_count(PyObject *h, PyObject *args, PyObject *kwargs) { return on_series("count", h, args, kwargs); }

static PyObject *handle_set_function(PyObject *h, PyObject *args) { return on_series("set_function", h, args, NULL); }

static PyObject *handle_set_now(PyObject *h, PyObject *args) { return on_series("set_to_current_time", h, args, NULL); }

static PyObject *handle_last_time(PyObject *h, PyObject *args) { return on_series("time", h, args, NULL); }

static PyObject *handle_family(Handle *h, void *Py_UNUSED(ignored)) { return Py_NewRef(h->family); }

static PyObject *handle_values(Handle *h, void *Py_UNUSED(ignored))
{
    PyObject *values = PyTuple_New(Py_SIZE(h));
    for (Py_ssize_t i = 0; values != NULL && i < Py_SIZE(h); i++)
        PyTuple_SET_ITEM(values, i, Py_NewRef(h->values[i]));
    return values;
}

/* --- types ------------------------------------------------------------------------------------------------------- */

#define FAST METH_FASTCALL | METH_KEYWORDS
#define METHOD(function) (PyCFunction)(void *)(function)

#define READ {"read", METHOD(handle_read), METH_NOARGS, "The reading: over all processes, where several share it."}
#define INC {"inc", METHOD(handle_inc), FAST, "inc($self, amount=1, *, exemplar=None)\n--\n\nAdd an amount."}
#define OBSERVE \
    {"observe", METHOD(handle_observe), FAST, "observe($self, value, /, *, exemplar=None)\n--\n\nCount an observation."}

#define TIME \
    {"time", METHOD(handle_time), METH_NOARGS, "time($self)\n--\n\nObserve the seconds that a block or a function takes."}

#define COUNTS \
    METHOD(handle_count), METH_VARARGS | METH_KEYWORDS, "Count the exceptions that leave a block or a decorated function."
#define TRACK METHOD(handle_track), METH_NOARGS, "One more while a block or a function runs."

static PyMethodDef counter_methods[] = {INC, {"count", COUNTS}, {"count_exceptions", COUNTS}, READ, {NULL}};
static PyMethodDef gauge_methods[] = {
    {"inc", METHOD(handle_inc), FAST, "inc($self, amount=1)\n--\n\nAdd an amount."},
    {"dec", METHOD(handle_dec), FAST, "dec($self, amount=1)\n--\n\nSubtract an amount."},
    {"set", METHOD(handle_set), METH_O, "set($self, value, /)\n--\n\nReplace the value."},
    {"track", TRACK},
    {"track_inprogress", TRACK},
    {"time", METHOD(handle_last_time), METH_VARARGS, "Set it to the seconds that a block or a decorated function took."},
    {"set_to_current_time", METHOD(handle_set_now), METH_VARARGS, "Set it to now, in seconds since the epoch."},
    {"set_function", METHOD(handle_set_function), METH_VARARGS, "Call a function for the value before every scrape."},
    {"own", METHOD(handle_own), METH_NOARGS, "What this process alone says; None if nothing."},
    {"unset", METHOD(handle_unset), METH_NOARGS, "This process says nothing any more."},
    READ,
    {NULL},
};
static PyMethodDef observe_methods[] = {OBSERVE, TIME, READ, {NULL}};
static PyMethodDef info_methods[] = {READ, {NULL}};
static PyMethodDef stateset_methods[] = {
    {"switch", METHOD(handle_switch), METH_VARARGS, "switch($self, keep, add, /)\n--\n\nKeep some bits, add others."},
    READ,
    {NULL},
};

static PyGetSetDef handle_properties[] = {
    {"values", (getter)handle_values, NULL, "The label values.", NULL},
    {"family", (getter)handle_family, NULL, "All series of the metric.", NULL},
    {NULL},
};

#define HANDLE(named, with, says)                                                             \
    {                                                                                         \
        PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics." named,        \
        .tp_doc = says, .tp_basicsize = offsetof(Handle, values),                             \
        .tp_itemsize = sizeof(PyObject *), .tp_flags = Py_TPFLAGS_DEFAULT,                    \
        .tp_dealloc = (destructor)handle_dealloc, .tp_methods = with,                         \
        .tp_getset = handle_properties,                                                       \
    }

static PyTypeObject types[] = {
    HANDLE("CounterSeries", counter_methods, "A series of a counter."),
    HANDLE("GaugeSeries", gauge_methods, "A series of a gauge."),
    HANDLE("HistogramSeries", observe_methods, "A series of a histogram."),
    HANDLE("SummarySeries", observe_methods, "A series of a summary."),
    HANDLE("InfoSeries", info_methods, "A series of an info."),
    HANDLE("StateSetSeries", stateset_methods, "A series of a state set."),
};

PyTypeObject *handle_types[7];

static PyObject *instrument_new(PyTypeObject *type, PyObject *Py_UNUSED(args), PyObject *Py_UNUSED(kwargs))
{
    return type->tp_alloc(type, 0);
}

static int instrument_traverse(Instrument *self, visitproc visit, void *arg)
{
    Py_VISIT(self->family);
    return 0;
}

static int instrument_clear(Instrument *self)
{
    Py_CLEAR(self->family);
    return 0;
}

static void instrument_dealloc(Instrument *self)
{
    PyObject_GC_UnTrack(self);
    instrument_clear(self);
    Py_TYPE(self)->tp_free((PyObject *)self);
}

static PyObject *instrument_family(Instrument *self, void *Py_UNUSED(ignored))
{
    if (self->family == NULL) {
        PyErr_SetString(PyExc_AttributeError, "family");
        return NULL;
    }
    return Py_NewRef(self->family);
}

static int instrument_set_family(Instrument *self, PyObject *family, void *Py_UNUSED(ignored))
{
    if (family == NULL || !PyObject_TypeCheck(family, &FamilyType)) {
        PyErr_SetString(PyExc_TypeError, "a family, please");
        return -1;
    }
    Py_XSETREF(self->family, (Family *)Py_NewRef(family));
    return 0;
}

static PyGetSetDef instrument_properties[] = {
    {"family", (getter)instrument_family, (setter)instrument_set_family, "The series.", NULL},
    {NULL},
};

PyTypeObject InstrumentType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Instrument",
    .tp_doc = "What the metrics have in common: the family of their series.",
    .tp_basicsize = sizeof(Instrument),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_BASETYPE | Py_TPFLAGS_HAVE_GC,
    .tp_new = instrument_new,
    .tp_dealloc = (destructor)instrument_dealloc,
    .tp_traverse = (traverseproc)instrument_traverse,
    .tp_clear = (inquiry)instrument_clear,
    .tp_getset = instrument_properties,
};

static const struct {
    const char *name;
    PyCFunction function;
} FASTER[] = {
    {"inc", METHOD(instrument_inc)},         {"dec", METHOD(instrument_dec)},       {"set", METHOD(instrument_set)},
    {"observe", METHOD(instrument_observe)}, {"labels", METHOD(instrument_labels)}, {"time", METHOD(instrument_time)},
    {"track", METHOD(instrument_track)},
};

/* Puts our methods in the place of those of a class that have their names, and says of them what those said. The
   interpreter calls a method in C directly only where the object's type is the one that the method was made for, so each
   class gets its own. */
PyObject *accelerate(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyTypeObject *type;
    PyObject *names;
    if (!PyArg_ParseTuple(args, "O!O!:accelerate", &PyType_Type, &type, &PyTuple_Type, &names))
        return NULL;
    for (Py_ssize_t i = 0; i < PyTuple_GET_SIZE(names); i++) {
        PyObject *name = PyTuple_GET_ITEM(names, i);
        PyObject *written = PyObject_GetAttr((PyObject *)type, name);
        PyObject *doc = written == NULL ? NULL : PyObject_GetAttrString(written, "__doc__");
        const char *says = doc == NULL || doc == Py_None ? "" : PyUnicode_AsUTF8(doc);
        PyMethodDef *method = calloc(1, sizeof(PyMethodDef)); /* lives as long as the class, which is for good */
        for (size_t j = 0; says != NULL && method != NULL && j < sizeof FASTER / sizeof FASTER[0]; j++)
            if (PyUnicode_CompareWithASCIIString(name, FASTER[j].name) == 0)
                *method = (PyMethodDef){FASTER[j].name, FASTER[j].function, FAST, strdup(says)};
        Py_XDECREF(written);
        Py_XDECREF(doc);
        PyObject *made = method == NULL || method->ml_name == NULL ? NULL : PyDescr_NewMethod(type, method);
        if (made == NULL || PyObject_SetAttr((PyObject *)type, name, made) != 0) {
            Py_XDECREF(made);
            if (!PyErr_Occurred())
                PyErr_SetObject(PyExc_ValueError, name);
            return NULL;
        }
        Py_DECREF(made);
    }
    Py_RETURN_NONE;
}

int update_setup(void)
{
    word_amount = PyUnicode_InternFromString("amount");
    word_exemplar = PyUnicode_InternFromString("exemplar");
    if (word_amount == NULL || word_exemplar == NULL || PyType_Ready(&InstrumentType) < 0)
        return -1;
    for (int kind = COUNTER; kind <= STATESET; kind++) {
        handle_types[kind] = &types[kind - 1];
        if (PyType_Ready(handle_types[kind]) < 0)
            return -1;
    }
    return 0;
}
