/* The module model.contours._trace. */
#include "kernel.h"

static PyMethodDef methods[] = {
    {"bounds", py_bounds, METH_VARARGS, "Box of what is set in a mask, or None."},
    {"counts", py_counts, METH_VARARGS, "Voxels of each slice, row and column."},
    {"pieces", py_pieces, METH_VARARGS, "Voxels of each connected piece."},
    {"trace", py_trace, METH_VARARGS, "Contours of a structure."},
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
