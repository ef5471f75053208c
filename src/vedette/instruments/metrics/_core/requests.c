/* See requests.h, and vedette/integrations/asgi.py for what is measured and when: this is the part of it that runs for
   every request and every message.

   `Requests` is called as the application is; what it returns is an `Exchange`, which is awaited in its stead. The
   application is given the exchange itself as `send`. The last message is sent through a `LastSend`, which ends the
   measuring when the server has taken it. */

#include "requests.h"

#include <stddef.h>
#include <string.h>

#include "timing.h"
#include "values.h"

static PyObject *word_type, *word_method, *word_headers, *word_status, *word_body, *word_more_body, *word_extensions,
    *word_pathsend, *word_start, *word_response_body, *word_app_root_path, *word_fastapi, *word_route, *word_endpoint,
    *word_context;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *app;
    PyObject *methods;   /* method → how it is counted */
    PyObject *other;     /* how the rest is */
    PyObject *with_body; /* methods whose requests have a body, which is counted as it is read if nobody says its size */
    PyObject *template;  /* (scope) → the route that answered */
    PyObject *fixed;     /* (scope) → whether that follows from what route_of() finds in it */
    PyObject *active;    /* (method) → the series of the requests that are being answered */
    PyObject *observers; /* (method, route, status) → the series of duration, request size and response size */
    PyObject *failed;    /* (scope, error): an exception has left the application */
    PyObject *broken;    /* (error): the measuring itself has failed */
    PyObject *counted;   /* (exchange, receive) → a receive that tells the exchange what it reads */
    PyObject *known_active, *known_observers; /* what `active` and `observers` have returned */
    struct seen *seen;                        /* of the routes that were taken last */
} Requests;

/* What a router leaves in the scope of the route that it chose. */
typedef struct {
    PyObject *route, *endpoint, *context;
} choice;

/* Where the requests of a route, a method and a status are counted. One place for all that have the same hash. */
typedef struct seen {
    choice chosen;
    PyObject *method;
    long status;
    PyObject *handles;
} seen;

#define PLACES 1024

typedef struct {
    PyObject_HEAD
    vectorcallfunc call; /* as `send` */
    Requests *requests;
    PyObject *scope, *send, *inner, *method;
    progress active;
    double started;
    long status;
    Py_ssize_t read, sent, announced;
    int finished;
} Exchange;

typedef struct {
    PyObject_HEAD
    PyObject *inner;
    Exchange *exchange;
} LastSend;

static PyTypeObject ExchangeType, LastSendType;

/* More series than any of the metrics may have by default; reached only where requests overflow them. */
#define REMEMBERED 10000

/* --- measuring --------------------------------------------------------------------------------------------------- */

void tell_broken(PyObject *broken)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    PyObject *told = error == NULL ? NULL : PyObject_CallOneArg(broken, error);
    if (told == NULL)
        PyErr_WriteUnraisable(broken);
    Py_XDECREF(told);
    Py_XDECREF(type);
    Py_XDECREF(error);
    Py_XDECREF(trace);
}

static void tell(Requests *requests) { tell_broken(requests->broken); }

PyObject *remembered(PyObject *known, PyObject *key, PyObject *ask, PyObject *const *args, size_t count)
{
    PyObject *found = PyDict_GetItemWithError(known, key);
    if (found != NULL || PyErr_Occurred())
        return found;
    found = PyObject_Vectorcall(ask, args, count, NULL);
    if (found == NULL)
        return NULL;
    if (PyDict_GET_SIZE(known) >= REMEMBERED)
        PyDict_Clear(known);
    int failed = PyDict_SetItem(known, key, found);
    Py_DECREF(found);
    return failed ? NULL : found;
}

static void observe_in(PyObject *handles, Py_ssize_t place, double value)
{
    PyObject *item = PyTuple_GET_ITEM(handles, place);
    if (!Py_IS_TYPE(item, handle_types[HISTOGRAM]))
        return;
    Handle *h = (Handle *)item;
    series *one = handle_series(h);
    if (one != NULL)
        observe_number(h->family, one, value);
}

void observe_request(PyObject *handles, double seconds, Py_ssize_t read, Py_ssize_t sent)
{
    if (handles == NULL || !PyTuple_Check(handles) || PyTuple_GET_SIZE(handles) != 3)
        return;
    observe_in(handles, 0, seconds > 0 ? seconds : 0);
    observe_in(handles, 1, (double)read);
    observe_in(handles, 2, (double)sent);
}

void progress_begin(progress *p, PyObject *handle)
{
    if (handle == NULL || !Py_IS_TYPE(handle, handle_types[GAUGE]))
        return;
    series *one = handle_series((Handle *)handle);
    if (one == NULL)
        return;
    p->handle = (Handle *)Py_NewRef(handle);
    p->life = p->handle->life;
    gauge_add(p->handle->family, one, 1);
}

void progress_end(progress *p)
{
    if (p->handle == NULL)
        return;
    /* What has been dropped meanwhile has begun anew, without this one. */
    if (p->handle->one != NULL && p->handle->life == p->life && atomic_load(&p->handle->one->life) == p->life)
        gauge_add(p->handle->family, p->handle->one, -1);
    Py_CLEAR(p->handle);
}

/* A borrowed reference, NULL if there is none. */
static PyObject *item(PyObject *mapping, PyObject *key)
{
    return PyDict_Check(mapping) ? PyDict_GetItemWithError(mapping, key) : NULL;
}

/* What was chosen; 0 where the template depends on more, as below a mount. */
static int route_of(PyObject *scope, choice *chosen)
{
    if (!PyDict_CheckExact(scope) || item(scope, word_app_root_path) != NULL)
        return 0;
    PyObject *fastapi = item(scope, word_fastapi);
    chosen->route = item(scope, word_route);
    chosen->endpoint = item(scope, word_endpoint);
    chosen->context = fastapi == NULL ? NULL : item(fastapi, word_context);
    return chosen->route != NULL && chosen->endpoint != NULL;
}

static seen *place_of(const Requests *requests, const choice *chosen, const PyObject *method, long status)
{
    uint64_t hash = mixed(mixed(mixed(mixed((uint64_t)status, (Py_hash_t)chosen->route), (Py_hash_t)chosen->endpoint),
                                (Py_hash_t)chosen->context),
                          (Py_hash_t)method);
    return &requests->seen[(hash >> 32) % PLACES];
}

static void forget(seen *at)
{
    Py_CLEAR(at->chosen.route);
    Py_CLEAR(at->chosen.endpoint);
    Py_CLEAR(at->chosen.context);
    Py_CLEAR(at->method);
    Py_CLEAR(at->handles);
}

/* The series that a request is counted in: a new reference, NULL with an exception. */
static PyObject *handles_of(Exchange *e, long status)
{
    Requests *requests = e->requests;
    choice chosen = {NULL, NULL, NULL};
    int simple = route_of(e->scope, &chosen);
    seen *at = simple ? place_of(requests, &chosen, e->method, status) : NULL;
    if (simple && at->handles != NULL && at->status == status && at->method == e->method &&
        at->chosen.route == chosen.route && at->chosen.endpoint == chosen.endpoint && at->chosen.context == chosen.context)
        return Py_NewRef(at->handles);

    PyObject *route = PyObject_CallOneArg(requests->template, e->scope);
    PyObject *number = route == NULL ? NULL : PyLong_FromLong(status);
    PyObject *key = number == NULL ? NULL : PyTuple_Pack(3, e->method, route, number);
    PyObject *handles =
        key == NULL ? NULL
                    : remembered(requests->known_observers, key, requests->observers, &PyTuple_GET_ITEM(key, 0), 3);
    Py_XINCREF(handles);
    Py_XDECREF(key);
    Py_XDECREF(number);
    Py_XDECREF(route);
    if (handles != NULL && simple) {
        PyObject *fixed = PyObject_CallOneArg(requests->fixed, e->scope);
        if (fixed == Py_True) {
            forget(at);
            *at = (seen){{Py_NewRef(chosen.route), Py_NewRef(chosen.endpoint), Py_XNewRef(chosen.context)},
                         Py_NewRef(e->method), status, Py_NewRef(handles)};
        }
        Py_XDECREF(fixed);
        if (fixed == NULL)
            Py_CLEAR(handles);
    }
    return handles;
}

/* Counts the request, with the status `fallback` if it was not answered. No exception may be set. */
static void finish(Exchange *e, long fallback)
{
    Requests *requests = e->requests;
    if (e->finished)
        return;
    e->finished = 1;
    double lasted = timing_seconds() - e->started;
    progress_end(&e->active);
    PyObject *handles = handles_of(e, e->status ? e->status : fallback);
    observe_request(handles, lasted, e->read, e->sent);
    Py_XDECREF(handles);
    if (PyErr_Occurred())
        tell(requests);
}

/* The application ends with the exception that is set, and which stays. */
static void fail(Exchange *e)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    if (PyErr_GivenExceptionMatches(error, PyExc_Exception)) {
        PyObject *told = PyObject_CallFunctionObjArgs(e->requests->failed, e->scope, error, NULL);
        if (told == NULL)
            tell(e->requests);
        Py_XDECREF(told);
    } else {
        /* The server gave the request up, because its client did or it is being stopped: nobody was answered. nginx
           counts that as 499. */
        finish(e, 499);
    }
    finish(e, 500);
    PyErr_Restore(type, error, trace);
}

static Py_ssize_t content_length(PyObject *headers)
{
    if (headers == NULL || !PyList_Check(headers))
        return -1;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        PyObject *pair = PyList_GET_ITEM(headers, i);
        if (!PyTuple_Check(pair) && !PyList_Check(pair))
            continue;
        if (PySequence_Fast_GET_SIZE(pair) != 2)
            continue;
        PyObject *name = PySequence_Fast_GET_ITEM(pair, 0), *value = PySequence_Fast_GET_ITEM(pair, 1);
        if (!PyBytes_Check(name) || PyBytes_GET_SIZE(name) != 14 || memcmp(PyBytes_AS_STRING(name), "content-length", 14) != 0)
            continue;
        if (!PyBytes_Check(value) || PyBytes_GET_SIZE(value) == 0 || PyBytes_GET_SIZE(value) > 18)
            return -1;
        Py_ssize_t length = 0;
        for (Py_ssize_t j = 0; j < PyBytes_GET_SIZE(value); j++) {
            char c = PyBytes_AS_STRING(value)[j];
            if (c < '0' || c > '9')
                return -1;
            length = length * 10 + (c - '0');
        }
        return length;
    }
    return -1;
}

/* --- Exchange ---------------------------------------------------------------------------------------------------- */

static int is_word(PyObject *given, PyObject *word)
{
    return given == word || (given != NULL && PyUnicode_Check(given) && PyUnicode_Compare(given, word) == 0);
}

/* What goes on when this is awaited; takes the reference. */
static PyObject *iterator_of(PyObject *awaitable)
{
    if (awaitable == NULL || PyCoro_CheckExact(awaitable) || PyGen_CheckExact(awaitable))
        return awaitable;
    PyObject *inner = PyObject_CallMethod(awaitable, "__await__", NULL);
    Py_DECREF(awaitable);
    return inner;
}

static PyObject *last_send(Exchange *e, PyObject *sending)
{
    PyObject *inner = iterator_of(sending);
    if (inner == NULL)
        return NULL;
    LastSend *last = PyObject_GC_New(LastSend, &LastSendType);
    if (last == NULL) {
        Py_DECREF(inner);
        return NULL;
    }
    last->inner = inner;
    last->exchange = (Exchange *)Py_NewRef(e);
    PyObject_GC_Track(last);
    return (PyObject *)last;
}

/* send(message), as the application calls it. */
static PyObject *exchange_send(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    Exchange *e = (Exchange *)self;
    if (PyVectorcall_NARGS(flags) != 1 || names != NULL)
        return PyObject_Vectorcall(e->send, args, flags, names);
    PyObject *message = args[0], *kind = item(message, word_type);
    int last = 0;
    if (is_word(kind, word_response_body)) {
        PyObject *body = item(message, word_body), *more = item(message, word_more_body);
        Py_ssize_t size = body == NULL ? 0 : PyBytes_CheckExact(body) ? PyBytes_GET_SIZE(body) : PyObject_Size(body);
        e->sent += size > 0 ? size : 0;
        last = more == NULL || PyObject_IsTrue(more) == 0;
    } else if (is_word(kind, word_start)) {
        PyObject *status = item(message, word_status);
        e->status = status == NULL ? 0 : PyLong_AsLong(status);
        /* Of a file that the server sends by itself there is no other sign of its size. */
        PyObject *extensions = item(e->scope, word_extensions);
        if (extensions != NULL && PyDict_Check(extensions) && PyDict_Contains(extensions, word_pathsend) == 1)
            e->announced = content_length(item(message, word_headers));
    } else if (is_word(kind, word_pathsend)) {
        e->sent += e->announced > 0 ? e->announced : 0;
        last = 1;
    }
    if (PyErr_Occurred())
        PyErr_Clear(); /* a message that cannot be, which the server will say */
    PyObject *sending = PyObject_CallOneArg(e->send, message);
    return last && !e->finished ? last_send(e, sending) : sending;
}

static PySendResult exchange_am_send(PyObject *self, PyObject *given, PyObject **result)
{
    Exchange *e = (Exchange *)self;
    if (e->inner == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse an exchange that has been awaited");
        *result = NULL;
        return PYGEN_ERROR;
    }
    PySendResult how = PyIter_Send(e->inner, given, result);
    if (how == PYGEN_RETURN)
        finish(e, 500);
    else if (how == PYGEN_ERROR)
        fail(e);
    if (how != PYGEN_NEXT)
        Py_CLEAR(e->inner);
    return how;
}

/* What throw() or close() of the inner coroutine has returned. */
static PyObject *exchange_ended(Exchange *e, PyObject *result)
{
    if (result != NULL)
        return result;
    if (PyErr_ExceptionMatches(PyExc_StopIteration)) {
        PyObject *type, *error, *trace;
        PyErr_Fetch(&type, &error, &trace);
        finish(e, 500);
        PyErr_Restore(type, error, trace);
    } else {
        fail(e);
    }
    Py_CLEAR(e->inner);
    return NULL;
}

static PyObject *exchange_throw(Exchange *e, PyObject *args)
{
    if (e->inner == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse an exchange that has been awaited");
        return NULL;
    }
    PyObject *method = PyObject_GetAttrString(e->inner, "throw");
    PyObject *result = method == NULL ? NULL : PyObject_CallObject(method, args);
    Py_XDECREF(method);
    return exchange_ended(e, result);
}

static PyObject *exchange_close(Exchange *e, PyObject *Py_UNUSED(ignored))
{
    if (e->inner != NULL) {
        PyObject *closed = PyObject_CallMethod(e->inner, "close", NULL);
        if (closed == NULL)
            return exchange_ended(e, NULL);
        Py_DECREF(closed);
        Py_CLEAR(e->inner);
        finish(e, 499);
    }
    Py_RETURN_NONE;
}

/* Of both awaitables: a value as next() and send() return it. */
static PyObject *as_iteration(PySendResult how, PyObject *result)
{
    if (how == PYGEN_NEXT)
        return result;
    if (how == PYGEN_RETURN) {
        PyObject *stop = PyObject_CallOneArg(PyExc_StopIteration, result); /* as a value it may be a tuple */
        if (stop != NULL)
            PyErr_SetObject(PyExc_StopIteration, stop);
        Py_XDECREF(stop);
        Py_XDECREF(result);
    }
    return NULL;
}

static PyObject *exchange_next(PyObject *self)
{
    PyObject *result = NULL;
    PySendResult how = exchange_am_send(self, Py_None, &result);
    return as_iteration(how, result);
}

static PyObject *exchange_send_in(PyObject *self, PyObject *given)
{
    PyObject *result = NULL;
    PySendResult how = exchange_am_send(self, given, &result);
    return as_iteration(how, result);
}

static PyObject *itself(PyObject *self) { return Py_NewRef(self); }
static PyObject *itself_method(PyObject *self, PyObject *Py_UNUSED(ignored)) { return Py_NewRef(self); }

static PyObject *exchange_add_read(Exchange *e, PyObject *given)
{
    e->read += PyLong_AsSsize_t(given);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

static int exchange_traverse(Exchange *e, visitproc visit, void *arg)
{
    Py_VISIT(e->requests);
    Py_VISIT(e->scope);
    Py_VISIT(e->send);
    Py_VISIT(e->inner);
    return 0;
}

static int exchange_clear(Exchange *e)
{
    Py_CLEAR(e->scope);
    Py_CLEAR(e->send);
    Py_CLEAR(e->inner);
    return 0;
}

static void exchange_dealloc(Exchange *e)
{
    PyObject_GC_UnTrack(e);
    exchange_clear(e);
    Py_XDECREF(e->requests);
    Py_XDECREF(e->method);
    Py_XDECREF(e->active.handle);
    PyObject_GC_Del(e);
}

static PyMethodDef exchange_methods[] = {
    {"send", exchange_send_in, METH_O, "Go on."},
    {"throw", (PyCFunction)exchange_throw, METH_VARARGS, "Go on with an exception."},
    {"close", (PyCFunction)exchange_close, METH_NOARGS, "End."},
    {"__await__", itself_method, METH_NOARGS, NULL},
    {"add_read", (PyCFunction)exchange_add_read, METH_O, "So many bytes of the request have been read."},
    {NULL},
};

static PyAsyncMethods exchange_async = {.am_await = itself, .am_send = exchange_am_send};

static PyTypeObject ExchangeType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Exchange",
    .tp_doc = "One request while it is measured.",
    .tp_basicsize = sizeof(Exchange),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Exchange, call),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = (destructor)exchange_dealloc,
    .tp_traverse = (traverseproc)exchange_traverse,
    .tp_clear = (inquiry)exchange_clear,
    .tp_as_async = &exchange_async,
    .tp_iter = itself,
    .tp_iternext = exchange_next,
    .tp_methods = exchange_methods,
};

/* --- LastSend ---------------------------------------------------------------------------------------------------- */

static void last_ended(LastSend *last)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    finish(last->exchange, 500);
    PyErr_Restore(type, error, trace);
    Py_CLEAR(last->inner);
}

static PySendResult last_am_send(PyObject *self, PyObject *given, PyObject **result)
{
    LastSend *last = (LastSend *)self;
    if (last->inner == NULL) {
        PyErr_SetString(PyExc_RuntimeError, "cannot reuse what has been awaited");
        *result = NULL;
        return PYGEN_ERROR;
    }
    PySendResult how = PyIter_Send(last->inner, given, result);
    if (how != PYGEN_NEXT)
        last_ended(last);
    return how;
}

static PyObject *last_next(PyObject *self)
{
    PyObject *result = NULL;
    PySendResult how = last_am_send(self, Py_None, &result);
    return as_iteration(how, result);
}

static PyObject *last_send_in(PyObject *self, PyObject *given)
{
    PyObject *result = NULL;
    PySendResult how = last_am_send(self, given, &result);
    return as_iteration(how, result);
}

static PyObject *last_throw(LastSend *last, PyObject *args)
{
    PyObject *method = last->inner == NULL ? NULL : PyObject_GetAttrString(last->inner, "throw");
    PyObject *result = NULL;
    if (method != NULL) {
        result = PyObject_CallObject(method, args);
    } else if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_AttributeError)) {
        PyErr_Clear();
        PyObject *error = PyTuple_GET_SIZE(args) > 1 && PyTuple_GET_ITEM(args, 1) != Py_None ? PyTuple_GET_ITEM(args, 1)
                                                                                             : PyTuple_GET_ITEM(args, 0);
        if (PyExceptionInstance_Check(error))
            PyErr_SetObject((PyObject *)Py_TYPE(error), error);
        else
            PyErr_SetNone(error);
    }
    Py_XDECREF(method);
    if (result == NULL)
        last_ended(last);
    return result;
}

static PyObject *last_close(LastSend *last, PyObject *Py_UNUSED(ignored))
{
    if (last->inner != NULL && PyObject_HasAttrString(last->inner, "close")) {
        PyObject *closed = PyObject_CallMethod(last->inner, "close", NULL);
        Py_XDECREF(closed);
        last_ended(last);
        if (closed == NULL)
            return NULL;
    }
    Py_RETURN_NONE;
}

static int last_traverse(LastSend *last, visitproc visit, void *arg)
{
    Py_VISIT(last->inner);
    Py_VISIT(last->exchange);
    return 0;
}

static int last_clear(LastSend *last)
{
    Py_CLEAR(last->inner);
    return 0;
}

static void last_dealloc(LastSend *last)
{
    PyObject_GC_UnTrack(last);
    Py_XDECREF(last->inner);
    Py_XDECREF(last->exchange);
    PyObject_GC_Del(last);
}

static PyMethodDef last_methods[] = {
    {"send", last_send_in, METH_O, "Go on."},
    {"throw", (PyCFunction)last_throw, METH_VARARGS, "Go on with an exception."},
    {"close", (PyCFunction)last_close, METH_NOARGS, "End."},
    {"__await__", itself_method, METH_NOARGS, NULL},
    {NULL},
};

static PyAsyncMethods last_async = {.am_await = itself, .am_send = last_am_send};

static PyTypeObject LastSendType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.LastSend",
    .tp_doc = "The sending of a response's last message.",
    .tp_basicsize = sizeof(LastSend),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC,
    .tp_dealloc = (destructor)last_dealloc,
    .tp_traverse = (traverseproc)last_traverse,
    .tp_clear = (inquiry)last_clear,
    .tp_as_async = &last_async,
    .tp_iter = itself,
    .tp_iternext = last_next,
    .tp_methods = last_methods,
};

/* --- Requests ---------------------------------------------------------------------------------------------------- */

static Exchange *begin(Requests *requests, PyObject *scope, PyObject *send)
{
    Exchange *e = PyObject_GC_New(Exchange, &ExchangeType);
    if (e == NULL)
        return NULL;
    memset((char *)e + sizeof(PyObject), 0, sizeof(Exchange) - sizeof(PyObject));
    e->call = exchange_send;
    e->requests = (Requests *)Py_NewRef(requests);
    e->scope = Py_NewRef(scope);
    e->send = Py_NewRef(send);
    PyObject_GC_Track(e);
    return e;
}

/* The request is one more of its method from now on. */
static void count_in(Exchange *e, PyObject *method)
{
    Requests *requests = e->requests;
    PyObject *known = method == NULL ? NULL : PyDict_GetItemWithError(requests->methods, method);
    e->method = Py_NewRef(known == NULL ? requests->other : known);
    PyObject *active = PyErr_Occurred()
                           ? NULL
                           : remembered(requests->known_active, e->method, requests->active, &e->method, 1);
    progress_begin(&e->active, active);
    if (PyErr_Occurred())
        tell(requests);
}

/* Called as an ASGI application: (scope, receive, send). */
static PyObject *requests_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    Requests *requests = (Requests *)self;
    if (PyVectorcall_NARGS(flags) != 3 || names != NULL) {
        PyErr_SetString(PyExc_TypeError, "an ASGI application is called with (scope, receive, send)");
        return NULL;
    }
    PyObject *scope = args[0], *receive = args[1];
    Exchange *e = begin(requests, scope, args[2]);
    if (e == NULL)
        return NULL;
    count_in(e, item(scope, word_method));
    Py_ssize_t length = content_length(item(scope, word_headers));
    e->read = length > 0 ? length : 0;
    PyObject *reading = Py_NewRef(receive);
    /* An announced size costs nothing more. */
    if (length < 0 && PySet_Contains(requests->with_body, e->method) == 1) {
        PyObject *counted = PyObject_CallFunctionObjArgs(requests->counted, e, receive, NULL);
        if (counted == NULL)
            tell(requests);
        else
            Py_SETREF(reading, counted);
    }
    e->started = timing_seconds();
    e->inner = iterator_of(PyObject_CallFunctionObjArgs(requests->app, scope, reading, e, NULL));
    Py_DECREF(reading);
    if (e->inner == NULL) {
        fail(e);
        Py_DECREF(e);
        return NULL;
    }
    return (PyObject *)e;
}

static PyObject *requests_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"app",       "methods", "other",  "with_body", "template", "active",
                            "observers", "failed",  "broken", "counted",   "fixed",    NULL};
    PyObject *given[11];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO!OO!OOOOOOO:Requests", names, &given[0], &PyDict_Type, &given[1],
                                     &given[2], &PyFrozenSet_Type, &given[3], &given[4], &given[5], &given[6], &given[7],
                                     &given[8], &given[9], &given[10]))
        return NULL;
    Requests *requests = (Requests *)type->tp_alloc(type, 0);
    if (requests == NULL)
        return NULL;
    requests->call = requests_call;
    PyObject **places[] = {&requests->app,       &requests->methods, &requests->other,  &requests->with_body,
                           &requests->template,  &requests->active,  &requests->observers, &requests->failed,
                           &requests->broken,    &requests->counted, &requests->fixed};
    for (int i = 0; i < 11; i++)
        *places[i] = Py_NewRef(given[i]);
    requests->known_active = PyDict_New();
    requests->known_observers = PyDict_New();
    requests->seen = PyMem_Calloc(PLACES, sizeof(seen));
    if (requests->known_active == NULL || requests->known_observers == NULL || requests->seen == NULL)
        Py_CLEAR(requests);
    return (PyObject *)requests;
}

static int requests_traverse(Requests *r, visitproc visit, void *arg)
{
    Py_VISIT(r->app);
    Py_VISIT(r->template);
    Py_VISIT(r->active);
    Py_VISIT(r->observers);
    Py_VISIT(r->failed);
    Py_VISIT(r->broken);
    Py_VISIT(r->counted);
    Py_VISIT(r->known_active);
    Py_VISIT(r->known_observers);
    Py_VISIT(r->fixed);
    for (size_t i = 0; r->seen != NULL && i < PLACES; i++) {
        Py_VISIT(r->seen[i].chosen.route);
        Py_VISIT(r->seen[i].chosen.endpoint);
        Py_VISIT(r->seen[i].chosen.context);
    }
    return 0;
}

static int requests_clear(Requests *r)
{
    Py_CLEAR(r->app);
    Py_CLEAR(r->template);
    Py_CLEAR(r->active);
    Py_CLEAR(r->observers);
    Py_CLEAR(r->failed);
    Py_CLEAR(r->broken);
    Py_CLEAR(r->counted);
    Py_CLEAR(r->known_active);
    Py_CLEAR(r->known_observers);
    Py_CLEAR(r->fixed);
    for (size_t i = 0; r->seen != NULL && i < PLACES; i++)
        forget(&r->seen[i]);
    return 0;
}

static void requests_dealloc(Requests *r)
{
    PyObject_GC_UnTrack(r);
    requests_clear(r);
    PyMem_Free(r->seen);
    Py_XDECREF(r->methods);
    Py_XDECREF(r->other);
    Py_XDECREF(r->with_body);
    Py_TYPE(r)->tp_free((PyObject *)r);
}

PyTypeObject RequestsType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Requests",
    .tp_doc = "Requests(app, methods, other, with_body, template, active, observers, failed, broken, counted)\n--\n\n"
              "Measures the HTTP requests of an ASGI application; called as it is.",
    .tp_basicsize = sizeof(Requests),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Requests, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = requests_new,
    .tp_dealloc = (destructor)requests_dealloc,
    .tp_traverse = (traverseproc)requests_traverse,
    .tp_clear = (inquiry)requests_clear,
};

int requests_setup(void)
{
    static const struct {
        PyObject **to;
        const char *word;
    } WORDS[] = {
        {&word_type, "type"},
        {&word_method, "method"},
        {&word_headers, "headers"},
        {&word_status, "status"},
        {&word_body, "body"},
        {&word_more_body, "more_body"},
        {&word_extensions, "extensions"},
        {&word_pathsend, "http.response.pathsend"},
        {&word_start, "http.response.start"},
        {&word_response_body, "http.response.body"},
        {&word_app_root_path, "app_root_path"},
        {&word_fastapi, "fastapi"},
        {&word_route, "route"},
        {&word_endpoint, "endpoint"},
        {&word_context, "effective_route_context"},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        if ((*WORDS[i].to = PyUnicode_InternFromString(WORDS[i].word)) == NULL)
            return -1;
    return PyType_Ready(&ExchangeType) < 0 || PyType_Ready(&LastSendType) < 0 || PyType_Ready(&RequestsType) < 0 ? -1 : 0;
}
