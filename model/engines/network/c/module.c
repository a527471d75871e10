/* The module model.engines.network._labels. */
#include "kernel.h"

static PyMethodDef methods[] = {
    {"add", py_add, METH_VARARGS, "Add a slice of a weighted tile to its sums."},
    {"layer", py_layer, METH_VARARGS, "Labels of the fine slices between two coarse ones."},
    {"boxes", py_boxes, METH_VARARGS, "The box of each number of a label map."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_labels", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__labels(void)
{
    return PyModule_Create(&module);
}
