/* What stands between a server and an ASGI application, to measure each request. */

#ifndef VEDETTE_REQUESTS_H
#define VEDETTE_REQUESTS_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyTypeObject RequestsType;

int requests_setup(void);

#endif
