/* See timing.h. A `Scope` says what is measured: how long (a series of a histogram or summary), how many at once (of a
   gauge), what fails (a callable). A `Measured` is a function within a scope. */

#include "timing.h"

#include <stddef.h>
#include <structmember.h>

#include "ticks.h"
#include "values.h"

static PyObject *now_given, *perf_given; /* NULL: the machine's */

static double ask(PyObject *clock)
{
    PyObject *said = PyObject_CallNoArgs(clock);
    double value = said == NULL ? -1 : PyFloat_AsDouble(said);
    Py_XDECREF(said);
    return value;
}

double timing_now(void)
{
    if (now_given == NULL)
        return (double)milliseconds_now() / 1000;
    double value = ask(now_given);
    if (value == -1.0 && PyErr_Occurred())
        PyErr_WriteUnraisable(now_given);
    return value;
}

/* Seconds that only ever grow; -1 with an exception if a clock that was given fails. */
static inline double seconds(void)
{
    return perf_given == NULL ? ticks_seconds() : ask(perf_given);
}

double timing_seconds(void) { return seconds(); }

PyObject *timing_set_clock(PyObject *Py_UNUSED(module), PyObject *args)
{
    PyObject *now, *perf;
    if (!PyArg_ParseTuple(args, "OO:set_clock", &now, &perf))
        return NULL;
    Py_XSETREF(now_given, now == Py_None ? NULL : Py_NewRef(now));
    Py_XSETREF(perf_given, perf == Py_None ? NULL : Py_NewRef(perf));
    Py_RETURN_NONE;
}

#define DEPTH 16 /* blocks of one scope within each other; more are measured but for their time */

/* When it was, and the life of the gauge's series then. */
typedef struct {
    double started;
    uint64_t life;
} begun;

typedef struct {
    PyObject_HEAD
    begun begun;
} Begun;

typedef struct {
    PyObject_HEAD
    Handle *latency;
    Handle *active;
    PyObject *on_error; /* called with an exception */
    int depth;
    begun begun[DEPTH];
} Scope;

/* Measuring never breaks what is measured: an error of its own is told, and put aside for the one that was there. */
static void tell(Scope *scope) { PyErr_WriteUnraisable((PyObject *)scope); }

static inline begun scope_begin(Scope *scope)
{
    begun token = {0, 0};
    if (scope->active != NULL) {
        series *one = handle_series(scope->active);
        if (one != NULL) {
            gauge_add(scope->active->family, one, 1);
            token.life = scope->active->life;
        } else if (PyErr_Occurred()) {
            tell(scope);
        }
    }
    if (scope->latency == NULL)
        return token;
    token.started = seconds();
    if (token.started == -1.0 && PyErr_Occurred())
        tell(scope);
    return token;
}

static inline void scope_observe(Scope *scope, double started)
{
    double lasted = seconds() - started;
    if (PyErr_Occurred()) {
        tell(scope);
        return;
    }
    series *one = handle_series(scope->latency);
    if (one != NULL)
        observe_number(scope->latency->family, one, lasted > 0 ? lasted : 0);
    if (PyErr_Occurred())
        tell(scope);
}

/* `error` is NULL where there is none. No exception may be set. */
static inline void scope_end(Scope *scope, begun token, PyObject *error)
{
    if (scope->latency != NULL)
        scope_observe(scope, token.started);
    /* What has been dropped meanwhile has begun anew, without this one. */
    if (scope->active != NULL && token.life == scope->active->life && scope->active->one != NULL &&
        atomic_load(&scope->active->one->life) == token.life)
        gauge_add(scope->active->family, scope->active->one, -1);
    if (error != NULL && scope->on_error != NULL) {
        PyObject *told = PyObject_CallOneArg(scope->on_error, error);
        if (told == NULL)
            tell(scope);
        Py_XDECREF(told);
    }
}

/* --- Scope ------------------------------------------------------------------------------------------------------- */

static int handle_of(PyObject *given, int kind, int other, Handle **to)
{
    if (given == Py_None)
        return 1;
    if (!Py_IS_TYPE(given, handle_types[kind]) && !Py_IS_TYPE(given, handle_types[other])) {
        PyErr_Format(PyExc_TypeError, "expected a series, got %s", Py_TYPE(given)->tp_name);
        return 0;
    }
    *to = (Handle *)Py_NewRef(given);
    return 1;
}

static PyObject *scope_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"latency", "active", "on_error", NULL};
    PyObject *latency = Py_None, *active = Py_None, *on_error = Py_None;
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "|OOO:Scope", names, &latency, &active, &on_error))
        return NULL;
    Scope *scope = (Scope *)type->tp_alloc(type, 0);
    if (scope == NULL)
        return NULL;
    if (!handle_of(latency, HISTOGRAM, SUMMARY, &scope->latency) || !handle_of(active, GAUGE, GAUGE, &scope->active)) {
        Py_DECREF(scope);
        return NULL;
    }
    scope->on_error = on_error == Py_None ? NULL : Py_NewRef(on_error);
    return (PyObject *)scope;
}

static int scope_traverse(Scope *scope, visitproc visit, void *arg)
{
    Py_VISIT(scope->on_error);
    return 0;
}

static int scope_clear(Scope *scope)
{
    Py_CLEAR(scope->on_error);
    return 0;
}

static void scope_dealloc(Scope *scope)
{
    PyObject_GC_UnTrack(scope);
    Py_XDECREF(scope->latency);
    Py_XDECREF(scope->active);
    Py_XDECREF(scope->on_error);
    Py_TYPE(scope)->tp_free((PyObject *)scope);
}

static PyObject *scope_enter(Scope *scope, PyObject *Py_UNUSED(ignored))
{
    begun token = scope_begin(scope);
    if (scope->depth < DEPTH)
        scope->begun[scope->depth] = token;
    scope->depth++;
    return Py_NewRef(scope);
}

static PyObject *scope_exit(Scope *scope, PyObject *const *args, Py_ssize_t count)
{
    if (scope->depth > 0)
        scope->depth--;
    begun token = {0, 0};
    if (scope->depth < DEPTH)
        token = scope->begun[scope->depth];
    else
        token.started = seconds();
    scope_end(scope, token, count > 1 && args[1] != Py_None ? args[1] : NULL);
    Py_RETURN_NONE;
}

static PyTypeObject BegunType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Begun",
    .tp_doc = "What has begun, for the end of it.",
    .tp_basicsize = sizeof(Begun),
    .tp_flags = Py_TPFLAGS_DEFAULT,
};

static PyObject *scope_begin_now(Scope *scope, PyObject *Py_UNUSED(ignored))
{
    Begun *token = PyObject_New(Begun, &BegunType);
    if (token != NULL)
        token->begun = scope_begin(scope);
    return (PyObject *)token;
}

static PyObject *scope_end_now(Scope *scope, PyObject *const *args, Py_ssize_t count)
{
    if (count != 2 || !Py_IS_TYPE(args[0], &BegunType)) {
        PyErr_SetString(PyExc_TypeError, "end(begun, error)");
        return NULL;
    }
    scope_end(scope, ((Begun *)args[0])->begun, args[1] == Py_None ? NULL : args[1]);
    Py_RETURN_NONE;
}

static PyObject *scope_wrap(Scope *scope, PyObject *function);

/* As a decorator; what kind of function it is, timing.py finds out. */
static PyObject *scope_call(Scope *scope, PyObject *args, PyObject *kwargs)
{
    PyObject *function, *found = NULL;
    if (kwargs != NULL && PyDict_GET_SIZE(kwargs)) {
        PyErr_SetString(PyExc_TypeError, "a decorator takes a function");
        return NULL;
    }
    if (!PyArg_ParseTuple(args, "O", &function))
        return NULL;
    PyObject *module = PyImport_ImportModule("vedette.instruments.metrics.timing");
    if (module != NULL)
        found = PyObject_CallMethod(module, "decorate", "OO", scope, function);
    Py_XDECREF(module);
    return found;
}

static PyMethodDef scope_methods[] = {
    {"__enter__", (PyCFunction)scope_enter, METH_NOARGS, "Begin."},
    {"__exit__", (PyCFunction)(void *)scope_exit, METH_FASTCALL, "End."},
    {"begin", (PyCFunction)scope_begin_now, METH_NOARGS, "begin($self)\n--\n\nBegin, and keep what is returned for `end`."},
    {"end", (PyCFunction)(void *)scope_end_now, METH_FASTCALL,
     "end($self, begun, error, /)\n--\n\nEnd what `begin` began; `error` is None if it went well."},
    {"wrap", (PyCFunction)scope_wrap, METH_O, "wrap($self, function, /)\n--\n\nThe function, measured at every call."},
    {NULL},
};

PyTypeObject ScopeType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Scope",
    .tp_doc = "Scope(latency=None, active=None, on_error=None)\n--\n\nWhat is measured while a block or a function runs.",
    .tp_basicsize = sizeof(Scope),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_new = scope_new,
    .tp_dealloc = (destructor)scope_dealloc,
    .tp_traverse = (traverseproc)scope_traverse,
    .tp_clear = (inquiry)scope_clear,
    .tp_call = (ternaryfunc)scope_call,
    .tp_methods = scope_methods,
};

/* --- Measured ---------------------------------------------------------------------------------------------------- */

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *function;
    Scope *scope;
    PyObject *dict;
    PyObject *weak;
} Measured;

static PyObject *measured_call(PyObject *self, PyObject *const *args, size_t count, PyObject *names)
{
    Measured *m = (Measured *)self;
    begun token = scope_begin(m->scope);
    PyObject *result = PyObject_Vectorcall(m->function, args, count, names);
    if (result != NULL) {
        scope_end(m->scope, token, NULL);
        return result;
    }
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL && error != NULL)
        PyException_SetTraceback(error, trace);
    scope_end(m->scope, token, error);
    PyErr_Restore(type, error, trace);
    return NULL;
}

static PyObject *measured_get(PyObject *self, PyObject *object, PyObject *Py_UNUSED(type))
{
    return object == NULL || object == Py_None ? Py_NewRef(self) : PyMethod_New(self, object);
}

static int measured_traverse(Measured *m, visitproc visit, void *arg)
{
    Py_VISIT(m->function);
    Py_VISIT(m->scope);
    Py_VISIT(m->dict);
    return 0;
}

static int measured_clear(Measured *m)
{
    Py_CLEAR(m->function);
    Py_CLEAR(m->scope);
    Py_CLEAR(m->dict);
    return 0;
}

static void measured_dealloc(Measured *m)
{
    PyObject_GC_UnTrack(m);
    if (m->weak != NULL)
        PyObject_ClearWeakRefs((PyObject *)m);
    measured_clear(m);
    Py_TYPE(m)->tp_free((PyObject *)m);
}

/* What a function has that functools.wraps does not copy, such as its code and defaults. */
static PyObject *measured_getattr(PyObject *self, PyObject *name)
{
    PyObject *found = PyObject_GenericGetAttr(self, name);
    if (found != NULL || !PyErr_ExceptionMatches(PyExc_AttributeError))
        return found;
    PyErr_Clear();
    return PyObject_GetAttr(((Measured *)self)->function, name);
}

static PyObject *measured_repr(Measured *m) { return PyUnicode_FromFormat("<measured %R>", m->function); }

/* Found by its name, as a function is. */
static PyObject *measured_reduce(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    return PyObject_GetAttrString(self, "__qualname__");
}

static PyObject *measured_copy(PyObject *self, PyObject *Py_UNUSED(memo)) { return Py_NewRef(self); }

static PyMethodDef measured_methods[] = {
    {"__reduce__", measured_reduce, METH_NOARGS, NULL},
    {"__copy__", measured_copy, METH_NOARGS, NULL},
    {"__deepcopy__", measured_copy, METH_O, NULL},
    {NULL},
};

static PyMemberDef measured_members[] = {
    {"__dictoffset__", T_PYSSIZET, offsetof(Measured, dict), READONLY, NULL},
    {"__weaklistoffset__", T_PYSSIZET, offsetof(Measured, weak), READONLY, NULL},
    {NULL},
};

static PyGetSetDef measured_properties[] = {
    {"__dict__", PyObject_GenericGetDict, PyObject_GenericSetDict, NULL, NULL},
    {NULL},
};

static PyTypeObject MeasuredType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Measured",
    .tp_doc = "A function that is measured at every call.",
    .tp_basicsize = sizeof(Measured),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL | Py_TPFLAGS_METHOD_DESCRIPTOR,
    .tp_vectorcall_offset = offsetof(Measured, call),
    .tp_dictoffset = offsetof(Measured, dict),
    .tp_weaklistoffset = offsetof(Measured, weak),
    .tp_dealloc = (destructor)measured_dealloc,
    .tp_traverse = (traverseproc)measured_traverse,
    .tp_clear = (inquiry)measured_clear,
    .tp_call = PyVectorcall_Call,
    .tp_descr_get = measured_get,
    .tp_getattro = measured_getattr,
    .tp_repr = (reprfunc)measured_repr,
    .tp_methods = measured_methods,
    .tp_members = measured_members,
    .tp_getset = measured_properties,
};

static PyObject *scope_wrap(Scope *scope, PyObject *function)
{
    if (!PyCallable_Check(function)) {
        PyErr_Format(PyExc_TypeError, "%R cannot be called", function);
        return NULL;
    }
    Measured *m = PyObject_GC_New(Measured, &MeasuredType);
    if (m == NULL)
        return NULL;
    m->call = measured_call;
    m->function = Py_NewRef(function);
    m->scope = (Scope *)Py_NewRef(scope);
    m->dict = m->weak = NULL;
    PyObject_GC_Track(m);
    return (PyObject *)m;
}

int timing_setup(void)
{
    ticks_setup();
    return PyType_Ready(&BegunType) < 0 || PyType_Ready(&ScopeType) < 0 || PyType_Ready(&MeasuredType) < 0 ? -1 : 0;
}
