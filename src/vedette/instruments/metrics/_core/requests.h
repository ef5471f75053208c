/* What stands between a server and an ASGI application, to measure each request; and what it shares with responses.h. */

#ifndef VEDETTE_REQUESTS_H
#define VEDETTE_REQUESTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

#include "family.h"

extern PyTypeObject RequestsType;

int requests_setup(void);

/* An exception of the measuring itself must not reach the application: it is taken, and `broken` called with it. */
void tell_broken(PyObject *broken);

/* What is remembered under a key, or else asked for and then remembered; a borrowed reference, NULL with an exception. */
PyObject *remembered(PyObject *known, PyObject *key, PyObject *ask, PyObject *const *args, size_t count);

/* In the three series of a request: how long it took, its size, and that of its response. */
void observe_request(PyObject *handles, double seconds, Py_ssize_t read, Py_ssize_t sent);

/* That a request is being answered, in the series of a gauge, from the one call to the other. */
typedef struct {
    Handle *handle;
    uint64_t life;
} progress;

void progress_begin(progress *p, PyObject *handle);
void progress_end(progress *p);

#endif
