/* The metrics as Python sees them, and the handles of their series. */

#ifndef VEDETTE_UPDATE_H
#define VEDETTE_UPDATE_H

#include "family.h"

typedef struct {
    PyObject_HEAD
    Family *family;
} Instrument;

extern PyTypeObject InstrumentType;
extern PyTypeObject *handle_types[7]; /* by kind */

PyObject *accelerate(PyObject *module, PyObject *args);
int update_setup(void);

#endif
