/* See responses.h, and vedette/integrations/wsgi.py for what is measured and when: this is the part of it that runs for
   every request.

   `Responses` is called as the application is. The application is given a `Response` as `start_response`, and the
   server is given it in place of what the application returns, unless that is whole already. */

#include "responses.h"

#include <stddef.h>
#include <string.h>

#include "requests.h"
#include "timing.h"

static PyObject *word_measured, *word_route, *word_error, *word_request, *word_method, *word_script, *word_length,
    *word_chunked, *word_upgrade, *word_file_wrapper, *word_input, *word_close, *word_read, *empty;

typedef struct {
    PyObject_HEAD
    vectorcallfunc call;
    PyObject *app;
    PyObject *methods;   /* method → how it is counted */
    PyObject *other;     /* how the rest is */
    PyObject *with_body; /* methods whose requests have a body, which is counted as it is read if nobody says its size */
    PyObject *unmatched; /* the route of requests that no route answers */
    PyObject *template;  /* (environ, SCRIPT_NAME as it came) → the route that answered, where it has changed */
    PyObject *note;      /* (environ): what the framework will take away is to be kept */
    PyObject *active;    /* (method) → the series of the requests that are being answered */
    PyObject *observers; /* (method, route, status) → the series of duration, request size and response size */
    PyObject *failed;    /* (environ, error): an exception ends the request */
    PyObject *told;      /* (route, error or the name of its class): count it */
    PyObject *broken;    /* (error): the measuring itself has failed */
    PyObject *counted;   /* (response, stream) → a stream that tells the response what is read of it */
    PyObject *file;      /* (response, file): it ends when that is closed */
    PyObject *sized;     /* (response, body) → the response with the length of that */
    PyObject *known_active, *known_observers; /* what `active` and `observers` have returned */
    struct place *places;                     /* of the routes that were taken last */
} Responses;

#define GIVEN 15

/* Where the requests of a route, a method and a status are counted. One place for all that have the same hash. */
typedef struct place {
    PyObject *route, *method, *handles;
    long status;
} place;

#define PLACES 1024

typedef struct {
    PyObject_HEAD
    vectorcallfunc call; /* as `start_response` */
    Responses *door;
    PyObject *environ; /* until it has ended */
    PyObject *start, *write, *body, *iterator, *method, *script, *route;
    progress active;
    double started;
    long status;
    Py_ssize_t read, sent, announced;
    int finished;
} Response;

static PyTypeObject ResponseType;

/* --- measuring --------------------------------------------------------------------------------------------------- */

/* A number as a header says it; -1 where that is none. */
static Py_ssize_t number(PyObject *text)
{
    if (text == NULL || !PyUnicode_Check(text) || !PyUnicode_IS_COMPACT_ASCII(text))
        return -1;
    Py_ssize_t size = PyUnicode_GET_LENGTH(text), found = 0;
    const Py_UCS1 *digits = PyUnicode_1BYTE_DATA(text);
    if (size == 0 || size > 18)
        return -1;
    for (Py_ssize_t i = 0; i < size; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return -1;
        found = found * 10 + (digits[i] - '0');
    }
    return found;
}

static int is_length(PyObject *name)
{
    static const char WORD[] = "content-length";
    if (!PyUnicode_Check(name) || !PyUnicode_IS_COMPACT_ASCII(name) || PyUnicode_GET_LENGTH(name) != sizeof WORD - 1)
        return 0;
    const Py_UCS1 *given = PyUnicode_1BYTE_DATA(name);
    for (size_t i = 0; i < sizeof WORD - 1; i++)
        if ((given[i] | (given[i] == '-' ? 0 : 0x20)) != WORD[i])
            return 0;
    return 1;
}

/* What the response announces; 0 where it does not. */
static Py_ssize_t content_length(PyObject *headers)
{
    if (!PyList_Check(headers))
        return 0;
    for (Py_ssize_t i = 0; i < PyList_GET_SIZE(headers); i++) {
        PyObject *pair = PyList_GET_ITEM(headers, i);
        if (PyTuple_Check(pair) && PyTuple_GET_SIZE(pair) == 2 && is_length(PyTuple_GET_ITEM(pair, 0))) {
            Py_ssize_t found = number(PyTuple_GET_ITEM(pair, 1));
            return found > 0 ? found : 0;
        }
    }
    return 0;
}

/* The status as a number, 0 where it is none. */
static long status_of(PyObject *line)
{
    if (!PyUnicode_Check(line) || PyUnicode_GET_LENGTH(line) < 3)
        return 0;
    long found = 0;
    for (Py_ssize_t i = 0; i < 3; i++) {
        Py_UCS4 digit = PyUnicode_READ_CHAR(line, i);
        if (digit < '0' || digit > '9')
            return 0;
        found = found * 10 + (long)(digit - '0');
    }
    return found;
}

static int is_same(PyObject *a, PyObject *b)
{
    a = a == NULL ? empty : a;
    b = b == NULL ? empty : b;
    return a == b || (PyUnicode_Check(a) && PyUnicode_Check(b) && PyUnicode_Compare(a, b) == 0);
}

/* The route that answered; a new reference, NULL with an exception. */
static PyObject *route_of(Response *r)
{
    PyObject *told = PyDict_GetItemWithError(r->environ, word_route);
    if (told == NULL && PyErr_Occurred())
        return NULL;
    PyObject *script = PyDict_GetItemWithError(r->environ, word_script);
    if (is_same(script, r->script))
        return Py_NewRef(told == NULL ? r->door->unmatched : told);
    PyObject *arguments[] = {r->environ, r->script == NULL ? empty : r->script};
    return PyObject_Vectorcall(r->door->template, arguments, 2, NULL);
}

static void forget(place *at)
{
    Py_CLEAR(at->route);
    Py_CLEAR(at->method);
    Py_CLEAR(at->handles);
}

/* The series that a request is counted in: a new reference, NULL with an exception. */
static PyObject *handles_of(Response *r, long status)
{
    Responses *door = r->door;
    uint64_t hash = mixed(mixed((uint64_t)status, (Py_hash_t)r->route), (Py_hash_t)r->method);
    place *at = &door->places[(hash >> 32) % PLACES];
    if (at->handles != NULL && at->route == r->route && at->method == r->method && at->status == status)
        return Py_NewRef(at->handles);
    PyObject *told = PyLong_FromLong(status);
    PyObject *key = told == NULL ? NULL : PyTuple_Pack(3, r->method, r->route, told);
    PyObject *handles =
        key == NULL ? NULL : remembered(door->known_observers, key, door->observers, &PyTuple_GET_ITEM(key, 0), 3);
    Py_XINCREF(handles);
    Py_XDECREF(key);
    Py_XDECREF(told);
    if (handles != NULL) {
        forget(at);
        *at = (place){Py_NewRef(r->route), Py_NewRef(r->method), Py_NewRef(handles), status};
    }
    return handles;
}

/* Whether the application has taken the connection, so that it is no request any more. */
static int is_taken(Response *r)
{
    PyObject *upgrade = PyDict_GetItemWithError(r->environ, word_upgrade);
    if (r->status || upgrade == NULL || !PyUnicode_Check(upgrade))
        return 0;
    PyObject *lower = PyObject_CallMethod(upgrade, "lower", NULL);
    int is = lower != NULL && PyUnicode_CompareWithASCIIString(lower, "websocket") == 0;
    Py_XDECREF(lower);
    return is;
}

static void count(Response *r, double lasted, long status)
{
    PyObject *route = r->route = route_of(r);
    if (route == NULL)
        return;
    PyObject *kind = PyDict_GetItemWithError(r->environ, word_error);
    if (kind != NULL) {
        PyObject *told = PyObject_CallFunctionObjArgs(r->door->told, route, kind, NULL);
        if (told == NULL)
            tell_broken(r->door->broken);
        Py_XDECREF(told);
    }
    if (PyErr_Occurred() || is_taken(r))
        return;
    PyObject *handles = handles_of(r, status);
    observe_request(handles, lasted, r->read, r->sent);
    Py_XDECREF(handles);
}

/* Counts the request, with the status `fallback` if it was not answered. No exception may be set. */
static void finish(Response *r, long fallback)
{
    if (r->finished)
        return;
    r->finished = 1;
    double lasted = timing_seconds() - r->started;
    progress_end(&r->active);
    if (r->method != NULL)
        count(r, lasted, r->status ? r->status : fallback);
    if (PyErr_Occurred())
        tell_broken(r->door->broken);
    Py_CLEAR(r->environ); /* which may hold on to this */
}

/* The same with an exception that is set, and which stays. */
static void finish_beside(Response *r, long fallback)
{
    PyObject *type, *error, *trace;
    PyErr_Fetch(&type, &error, &trace);
    finish(r, fallback);
    PyErr_Restore(type, error, trace);
}

/* An exception that is set ends the request, or has come after its end; it stays. */
static void fail(Response *r)
{
    PyObject *type, *error, *trace, *told = Py_None;
    PyErr_Fetch(&type, &error, &trace);
    PyErr_NormalizeException(&type, &error, &trace);
    if (trace != NULL)
        PyException_SetTraceback(error, trace);
    if (!r->sent)
        r->status = 0; /* what the application has said of its response so far, nobody has been told */
    if (!PyErr_GivenExceptionMatches(error, PyExc_Exception)) {
        /* The server gave the request up: it is being stopped, or has waited too long. nginx counts that as 499. */
        finish(r, 499);
    } else if (!r->finished) {
        told = PyObject_CallFunctionObjArgs(r->door->failed, r->environ, error, NULL);
        if (told == NULL)
            tell_broken(r->door->broken);
        finish(r, 500);
    } else if (r->route != NULL) {
        told = PyObject_CallFunctionObjArgs(r->door->told, r->route, error, NULL);
        if (told == NULL)
            tell_broken(r->door->broken);
    }
    if (told != Py_None)
        Py_XDECREF(told);
    PyErr_Restore(type, error, trace);
}

/* --- Response ---------------------------------------------------------------------------------------------------- */

static PyObject *response_write(PyObject *self, PyObject *data)
{
    Response *r = (Response *)self;
    PyObject *done = r->write == NULL ? Py_NewRef(Py_None) : PyObject_CallOneArg(r->write, data);
    if (done != NULL && PyBytes_Check(data))
        r->sent += PyBytes_GET_SIZE(data);
    return done;
}

static PyMethodDef write_method = {"write", response_write, METH_O, "Send a part of the response the old way."};

/* start_response(status, headers, exc_info=None), as the application calls it. */
static PyObject *response_start(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    Response *r = (Response *)self;
    PyObject *write = PyObject_Vectorcall(r->start, args, flags, names);
    if (write == NULL)
        return NULL;
    Py_XSETREF(r->write, write);
    if (PyVectorcall_NARGS(flags) >= 2) {
        r->status = status_of(args[0]);
        r->announced = content_length(args[1]);
    }
    if (r->environ != NULL && PyDict_GetItemWithError(r->environ, word_request) != NULL) {
        PyObject *noted = PyObject_CallOneArg(r->door->note, r->environ);
        Py_XDECREF(noted);
    }
    if (PyErr_Occurred())
        tell_broken(r->door->broken);
    return write == Py_None ? Py_NewRef(write) : PyCFunction_New(&write_method, self);
}

static int begin_iteration(Response *r)
{
    PyObject *iterator = PyObject_GetIter(r->body == NULL ? Py_None : r->body);
    if (iterator == NULL) {
        fail(r);
        return -1;
    }
    Py_XSETREF(r->iterator, iterator);
    return 0;
}

static PyObject *response_iter(PyObject *self) { return begin_iteration((Response *)self) < 0 ? NULL : Py_NewRef(self); }

static PyObject *response_next(PyObject *self)
{
    Response *r = (Response *)self;
    if (r->iterator == NULL && begin_iteration(r) < 0)
        return NULL;
    PyObject *chunk = Py_TYPE(r->iterator)->tp_iternext(r->iterator);
    if (chunk == NULL) {
        if (!PyErr_Occurred() || PyErr_ExceptionMatches(PyExc_StopIteration))
            finish_beside(r, 500);
        else
            fail(r);
        return NULL;
    }
    if (PyBytes_Check(chunk)) { /* the server refuses all else */
        r->sent += PyBytes_GET_SIZE(chunk);
        if (r->announced > 0 && r->sent >= r->announced) /* some servers ask no more, and some not even close */
            finish(r, 500);
    }
    return chunk;
}

/* The server has done with the response, or has given it up, because its client did or it is being stopped. */
static PyObject *response_close(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Response *r = (Response *)self;
    finish(r, 499);
    PyObject *close = r->body == NULL ? NULL : PyObject_GetAttr(r->body, word_close);
    if (close == NULL) {
        if (PyErr_Occurred() && !PyErr_ExceptionMatches(PyExc_AttributeError))
            return NULL;
        PyErr_Clear();
        Py_RETURN_NONE;
    }
    PyObject *closed = PyObject_CallNoArgs(close);
    Py_DECREF(close);
    if (closed == NULL) {
        fail(r);
        return NULL;
    }
    Py_DECREF(closed);
    Py_RETURN_NONE;
}

static PyObject *response_sent_by_server(PyObject *self, PyObject *Py_UNUSED(ignored))
{
    Response *r = (Response *)self;
    if (!r->finished)
        r->sent = r->announced;
    finish(r, 499);
    Py_RETURN_NONE;
}

static PyObject *response_add_read(PyObject *self, PyObject *given)
{
    ((Response *)self)->read += PyLong_AsSsize_t(given);
    if (PyErr_Occurred())
        return NULL;
    Py_RETURN_NONE;
}

#if PY_VERSION_HEX < 0x030D0000
#define Py_IsFinalizing _Py_IsFinalizing
#endif

/* Some servers do not close a response, and not all take it to its end. Where the interpreter ends, too, nothing that
   would be called is whole any more. */
static void response_finalize(PyObject *self)
{
    if (!((Response *)self)->finished && !Py_IsFinalizing())
        finish_beside((Response *)self, 499);
}

static int response_traverse(Response *r, visitproc visit, void *arg)
{
    Py_VISIT(r->door);
    Py_VISIT(r->environ);
    Py_VISIT(r->start);
    Py_VISIT(r->write);
    Py_VISIT(r->body);
    Py_VISIT(r->iterator);
    return 0;
}

static int response_clear(Response *r)
{
    Py_CLEAR(r->environ);
    Py_CLEAR(r->start);
    Py_CLEAR(r->write);
    Py_CLEAR(r->body);
    Py_CLEAR(r->iterator);
    return 0;
}

static void response_dealloc(PyObject *self)
{
    Response *r = (Response *)self;
    if (PyObject_CallFinalizerFromDealloc(self) < 0)
        return;
    PyObject_GC_UnTrack(self);
    response_clear(r);
    Py_XDECREF(r->door);
    Py_XDECREF(r->method);
    Py_XDECREF(r->script);
    Py_XDECREF(r->route);
    Py_XDECREF(r->active.handle);
    PyObject_GC_Del(self);
}

static PyMethodDef response_methods[] = {
    {"close", response_close, METH_NOARGS, "The server has done with it."},
    {"write", response_write, METH_O, "Send a part of the response the old way."},
    {"sent_by_server", response_sent_by_server, METH_NOARGS, "The server has sent it by itself, as it was announced."},
    {"add_read", response_add_read, METH_O, "So many bytes of the request have been read."},
    {NULL},
};

static PyTypeObject ResponseType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Response",
    .tp_doc = "One request while it is measured, and the response that the server is given.",
    .tp_basicsize = sizeof(Response),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Response, call),
    .tp_call = PyVectorcall_Call,
    .tp_dealloc = response_dealloc,
    .tp_finalize = response_finalize,
    .tp_traverse = (traverseproc)response_traverse,
    .tp_clear = (inquiry)response_clear,
    .tp_iter = response_iter,
    .tp_iternext = response_next,
    .tp_methods = response_methods,
};

/* --- Responses --------------------------------------------------------------------------------------------------- */

static Response *begin(Responses *door, PyObject *environ, PyObject *start)
{
    Response *r = PyObject_GC_New(Response, &ResponseType);
    if (r == NULL)
        return NULL;
    memset((char *)r + sizeof(PyObject), 0, sizeof(Response) - sizeof(PyObject));
    r->call = response_start;
    r->door = (Responses *)Py_NewRef(door);
    r->environ = Py_NewRef(environ);
    r->start = Py_NewRef(start);
    r->script = Py_XNewRef(PyDict_GetItemWithError(environ, word_script));
    PyObject_GC_Track(r);
    return r;
}

/* The request is one more of its method from now on. */
static void count_in(Response *r)
{
    Responses *door = r->door;
    PyObject *method = PyDict_GetItemWithError(r->environ, word_method);
    PyObject *known = method == NULL ? NULL : PyDict_GetItemWithError(door->methods, method);
    r->method = Py_NewRef(known == NULL ? door->other : known);
    if (!PyErr_Occurred())
        progress_begin(&r->active, remembered(door->known_active, r->method, door->active, &r->method, 1));
    PyObject *length = PyErr_Occurred() ? NULL : PyDict_GetItemWithError(r->environ, word_length);
    if (length != NULL && PyObject_IsTrue(length) == 1) {
        Py_ssize_t size = number(length);
        r->read = size > 0 ? size : 0;
    } else if (!PyErr_Occurred() && PySet_Contains(door->with_body, r->method) == 1 &&
               PyDict_GetItemWithError(r->environ, word_chunked) != NULL) {
        PyObject *stream = PyDict_GetItemWithError(r->environ, word_input);
        PyObject *counted = stream == NULL ? NULL : PyObject_CallFunctionObjArgs(door->counted, r, stream, NULL);
        if (counted != NULL)
            PyDict_SetItem(r->environ, word_input, counted);
        Py_XDECREF(counted);
    }
    if (PyErr_Occurred())
        tell_broken(door->broken);
}

/* Whether this is what `wsgi.file_wrapper` gives: an instance of it, or where that is a function a file. */
static int is_file(PyObject *environ, PyObject *body)
{
    PyObject *wrapper = PyDict_GetItemWithError(environ, word_file_wrapper);
    if (wrapper == NULL)
        return PyErr_Occurred() ? -1 : 0;
    return PyType_Check(wrapper) ? PyObject_IsInstance(body, wrapper) : PyObject_HasAttr(body, word_read);
}

static int has_length(PyObject *body)
{
    const PyTypeObject *type = Py_TYPE(body);
    return (type->tp_as_sequence != NULL && type->tp_as_sequence->sq_length != NULL) ||
           (type->tp_as_mapping != NULL && type->tp_as_mapping->mp_length != NULL);
}

/* Counts a request whose response is there in whole. */
static void finish_whole(Response *r, PyObject *body)
{
    for (Py_ssize_t i = 0; i < PySequence_Fast_GET_SIZE(body); i++) {
        PyObject *chunk = PySequence_Fast_GET_ITEM(body, i);
        if (PyBytes_Check(chunk)) /* the server refuses all else */
            r->sent += PyBytes_GET_SIZE(chunk);
    }
    finish(r, 500);
}

/* What the server is given: takes the reference to the response, and the one to what the application has returned. */
static PyObject *handed_on(Response *r, PyObject *body)
{
    Responses *door = r->door;
    if ((PyList_Check(body) || PyTuple_Check(body)) &&
        (PyList_CheckExact(body) || PyTuple_CheckExact(body) || !PyObject_HasAttr(body, word_close))) {
        finish_whole(r, body);
        Py_DECREF(r);
        return body;
    }
    int file = r->environ == NULL ? 0 : is_file(r->environ, body);
    PyObject *given = NULL;
    if (file > 0) {
        PyObject *waiting = PyObject_CallFunctionObjArgs(door->file, r, body, NULL);
        given = waiting == NULL ? NULL : Py_NewRef(body);
        Py_XDECREF(waiting);
    } else if (file == 0) {
        r->body = Py_NewRef(body);
        given = has_length(body) ? PyObject_CallFunctionObjArgs(door->sized, r, body, NULL) : Py_NewRef(r);
    }
    if (given == NULL) {
        tell_broken(door->broken);
        given = Py_NewRef(body);
    }
    Py_DECREF(r);
    Py_DECREF(body);
    return given;
}

/* Called as a WSGI application: (environ, start_response). */
static PyObject *responses_call(PyObject *self, PyObject *const *args, size_t flags, PyObject *names)
{
    Responses *door = (Responses *)self;
    if (PyVectorcall_NARGS(flags) != 2 || names != NULL || !PyDict_Check(args[0]))
        return PyObject_Vectorcall(door->app, args, flags, names);
    PyObject *environ = args[0];
    if (PyDict_SetItem(environ, word_measured, Py_True) < 0)
        return NULL;
    Response *r = begin(door, environ, args[1]);
    if (r == NULL)
        return NULL;
    count_in(r);
    r->started = timing_seconds();
    PyObject *arguments[] = {environ, (PyObject *)r};
    PyObject *body = PyObject_Vectorcall(door->app, arguments, 2, NULL);
    if (body == NULL) {
        fail(r);
        Py_DECREF(r);
        return NULL;
    }
    return handed_on(r, body);
}

static void places_of(Responses *door, PyObject **(*places)[GIVEN])
{
    PyObject **found[GIVEN] = {&door->app,       &door->methods,  &door->other,     &door->with_body, &door->unmatched,
                               &door->template,  &door->note,     &door->active,    &door->observers, &door->failed,
                               &door->told,      &door->broken,   &door->counted,   &door->file,      &door->sized};
    memcpy(places, found, sizeof found);
}

static PyObject *responses_new(PyTypeObject *type, PyObject *args, PyObject *kwargs)
{
    static char *names[] = {"app",    "methods",   "other",  "with_body", "unmatched", "template", "note",  "active",
                            "observers", "failed", "told",   "broken",    "counted",   "file",     "sized", NULL};
    PyObject *given[GIVEN], **places[GIVEN];
    if (!PyArg_ParseTupleAndKeywords(args, kwargs, "OO!OO!OOOOOOOOOOO:Responses", names, &given[0], &PyDict_Type, &given[1],
                                     &given[2], &PyFrozenSet_Type, &given[3], &given[4], &given[5], &given[6], &given[7],
                                     &given[8], &given[9], &given[10], &given[11], &given[12], &given[13], &given[14]))
        return NULL;
    Responses *door = (Responses *)type->tp_alloc(type, 0);
    if (door == NULL)
        return NULL;
    door->call = responses_call;
    places_of(door, &places);
    for (int i = 0; i < GIVEN; i++)
        *places[i] = Py_NewRef(given[i]);
    door->known_active = PyDict_New();
    door->known_observers = PyDict_New();
    door->places = PyMem_Calloc(PLACES, sizeof(place));
    if (door->known_active == NULL || door->known_observers == NULL || door->places == NULL)
        Py_CLEAR(door);
    return (PyObject *)door;
}

static int responses_traverse(Responses *door, visitproc visit, void *arg)
{
    PyObject **places[GIVEN];
    places_of(door, &places);
    for (int i = 0; i < GIVEN; i++)
        Py_VISIT(*places[i]);
    Py_VISIT(door->known_active);
    Py_VISIT(door->known_observers);
    for (size_t i = 0; door->places != NULL && i < PLACES; i++)
        Py_VISIT(door->places[i].handles);
    return 0;
}

static int responses_clear(Responses *door)
{
    PyObject **places[GIVEN];
    places_of(door, &places);
    for (int i = 0; i < GIVEN; i++)
        Py_CLEAR(*places[i]);
    Py_CLEAR(door->known_active);
    Py_CLEAR(door->known_observers);
    for (size_t i = 0; door->places != NULL && i < PLACES; i++)
        forget(&door->places[i]);
    return 0;
}

static void responses_dealloc(Responses *door)
{
    PyObject_GC_UnTrack(door);
    responses_clear(door);
    PyMem_Free(door->places);
    Py_TYPE(door)->tp_free((PyObject *)door);
}

PyTypeObject ResponsesType = {
    PyVarObject_HEAD_INIT(NULL, 0).tp_name = "vedette.instruments.metrics._core.extension.Responses",
    .tp_doc = "Responses(app, methods, other, with_body, unmatched, template, note, active, observers, failed, told, "
              "broken, counted, file, sized)\n--\n\nMeasures the requests of a WSGI application; called as it is.",
    .tp_basicsize = sizeof(Responses),
    .tp_flags = Py_TPFLAGS_DEFAULT | Py_TPFLAGS_HAVE_GC | Py_TPFLAGS_HAVE_VECTORCALL,
    .tp_vectorcall_offset = offsetof(Responses, call),
    .tp_call = PyVectorcall_Call,
    .tp_new = responses_new,
    .tp_dealloc = (destructor)responses_dealloc,
    .tp_traverse = (traverseproc)responses_traverse,
    .tp_clear = (inquiry)responses_clear,
};

int responses_setup(void)
{
    static const struct {
        PyObject **to;
        const char *word;
    } WORDS[] = {
        {&word_measured, "vedette.measured"}, /* as in vedette/integrations/routes.py */
        {&word_route, "vedette.route"},
        {&word_error, "vedette.error"},
        {&word_request, "werkzeug.request"},
        {&word_method, "REQUEST_METHOD"},
        {&word_script, "SCRIPT_NAME"},
        {&word_length, "CONTENT_LENGTH"},
        {&word_chunked, "HTTP_TRANSFER_ENCODING"},
        {&word_upgrade, "HTTP_UPGRADE"},
        {&word_file_wrapper, "wsgi.file_wrapper"},
        {&word_input, "wsgi.input"},
        {&word_close, "close"},
        {&word_read, "read"},
        {&empty, ""},
    };
    for (size_t i = 0; i < sizeof WORDS / sizeof WORDS[0]; i++)
        if ((*WORDS[i].to = PyUnicode_InternFromString(WORDS[i].word)) == NULL)
            return -1;
    return PyType_Ready(&ResponseType) < 0 || PyType_Ready(&ResponsesType) < 0 ? -1 : 0;
}
