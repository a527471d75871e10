/* The module model.contours._trace. */
#include "kernel.h"

static PyMethodDef methods[] = {
    {"bounds", py_bounds, METH_VARARGS, "Box of what is set in a mask, or None."},
    {"trace", py_trace, METH_VARARGS, "Contours of a mask."},
    {"text", py_text, METH_VARARGS, "ContourData of contours."},
    {"toggle", py_toggle, METH_VARARGS, "Fill contours, even-odd."},
    {"nearest", py_nearest, METH_VARARGS, "The nearest rectangles to points."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_trace", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__trace(void)
{
    return PyModule_Create(&module);
}
