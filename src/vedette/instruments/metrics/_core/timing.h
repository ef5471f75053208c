/* Measuring a block or a function while it runs. */

#ifndef VEDETTE_TIMING_H
#define VEDETTE_TIMING_H

#include "update.h"

extern PyTypeObject ScopeType;

PyObject *timing_set_clock(PyObject *module, PyObject *args);

/* Seconds since the epoch, by the clock of the instruments. */
double timing_now(void);
/* Seconds that only ever grow, by the clock of the instruments. */
double timing_seconds(void);

int timing_setup(void);

#endif
