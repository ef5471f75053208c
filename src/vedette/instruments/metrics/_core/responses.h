/* What stands between a server and a WSGI application, to measure each request. */

#ifndef VEDETTE_RESPONSES_H
#define VEDETTE_RESPONSES_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>

extern PyTypeObject ResponsesType;

int responses_setup(void);

#endif
