/* The extension module. What it holds is explained in layout.h, store.h and family.h, in this order. */

#include "number.h"
#include "page.h"
#include "requests.h"
#include "responses.h"
#include "timing.h"
#include "update.h"

PyObject *exemplar_source(PyObject *module, PyObject *given);

static PyObject *format_value(PyObject *Py_UNUSED(module), PyObject *given)
{
    char digits[NUMBER_SIZE];
    double value = PyFloat_AsDouble(given);
    if (value == -1.0 && PyErr_Occurred())
        return NULL;
    number_prepare();
    return PyUnicode_FromStringAndSize(digits, write_value(digits, value) - digits);
}

static PyObject *format_bound(PyObject *Py_UNUSED(module), PyObject *given)
{
    char digits[NUMBER_SIZE];
    double value = PyFloat_AsDouble(given);
    if (value == -1.0 && PyErr_Occurred())
        return NULL;
    number_prepare();
    return PyUnicode_FromStringAndSize(digits, write_bound(digits, value) - digits);
}

static PyMethodDef functions[] = {
    {"accelerate", accelerate, METH_VARARGS,
     "accelerate(type, names)\n--\n\nReplace these methods of an instrument's class by those in C."},
    {"exemplar_source", exemplar_source, METH_O,
     "exemplar_source(ask)\n--\n\nAsk this for the labels of the current trace as text, or None; None asks nobody."},
    {"set_clock", timing_set_clock, METH_VARARGS,
     "set_clock(now, perf)\n--\n\nTell time and durations by these clocks; None is the machine's own."},
    {"format_value", format_value, METH_O, "format_value(value)\n--\n\nA sample's value as it is exposed."},
    {"format_bound", format_bound, METH_O, "format_bound(bound)\n--\n\nA bucket's bound as it is exposed."},
    {NULL},
};

static int add_types(PyObject *module)
{
    number_prepare();
    return store_setup() < 0 || family_setup() < 0 || update_setup() < 0 || timing_setup() < 0 || requests_setup() < 0 ||
                   responses_setup() < 0 ||
                   PyModule_AddObjectRef(module, "Store", (PyObject *)&StoreType) < 0 ||
                   PyModule_AddObjectRef(module, "Family", (PyObject *)&FamilyType) < 0 ||
                   PyModule_AddObjectRef(module, "Instrument", (PyObject *)&InstrumentType) < 0 ||
                   PyModule_AddObjectRef(module, "Requests", (PyObject *)&RequestsType) < 0 ||
                   PyModule_AddObjectRef(module, "Responses", (PyObject *)&ResponsesType) < 0 ||
                   PyModule_AddObjectRef(module, "Scope", (PyObject *)&ScopeType) < 0
               ? -1
               : 0;
}

static PyModuleDef_Slot slots[] = {
    {Py_mod_exec, add_types},
#ifdef Py_mod_multiple_interpreters
    {Py_mod_multiple_interpreters, Py_MOD_MULTIPLE_INTERPRETERS_NOT_SUPPORTED},
#endif
#ifdef Py_mod_gil
    {Py_mod_gil, Py_MOD_GIL_NOT_USED},
#endif
    {0, NULL},
};

static PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "extension",
    .m_doc = "Metrics in C; vedette.instruments.metrics.twin is the same in Python.",
    .m_methods = functions,
    .m_slots = slots,
};

PyMODINIT_FUNC PyInit_extension(void) { return PyModuleDef_Init(&definition); }
