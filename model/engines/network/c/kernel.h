/* The compiled part of model.engines.network: sums of the sliding window, labels of a fine grid, boxes of labels.
 *
 * Every function here has an equal in plain numpy (sums.py, labelling.py, boxes.py) that gives the same bits; tests
 * hold the two against each other. Build with -ffp-contract=off: numpy rounds after a product, and so must these.
 * All let go of the interpreter while they compute, so that threads share the work.
 */
#ifndef AUTOCONTOUR_NETWORK_KERNEL_H
#define AUTOCONTOUR_NETWORK_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* The best instructions of the machine it runs on, where the compiler and the C library can choose while loading. */
#if defined(__x86_64__) && defined(__GLIBC__) && defined(__GNUC__) && !defined(__clang__)
#define CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define CLONES
#endif

PyObject *py_add(PyObject *self, PyObject *args);
PyObject *py_layer(PyObject *self, PyObject *args);
PyObject *py_boxes(PyObject *self, PyObject *args);

#endif
