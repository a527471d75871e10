/* The compiled part of model.contours: bounds, counts, pieces, tracing, simplification, decimal text, filling; and of
 * model.compare: nearest, whose equal is model/compare/nearest.py.
 *
 * Every function here has an equal in plain numpy (structure.py, counts.py, pieces.py, tracing.py, simplify.py,
 * decimal_text.py, filling.py) that gives the same integers and the same bytes; tests hold the two against each other.
 * Build with
 * -ffp-contract=off, or the distances of simplification could differ in the last bit from numpy's.
 *
 * Coordinates of contours are "half pixels": twice the (row, column) index, so the middle of each pixel edge is
 * an integer. Foreground is 4-connected, and contours run with it on their right (rows downwards).
 */
#ifndef AUTOCONTOUR_KERNEL_H
#define AUTOCONTOUR_KERNEL_H

#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* 0.34 pixels squared; see model/contours/outlines.py for why no voxel changes side. */
#define EXACT_LIMIT (0.34 * 0.34)

/* A growing array. */
typedef struct {
    int32_t *data;
    Py_ssize_t size, room;
} Ints;

static inline int ints_reserve(Ints *a, Py_ssize_t more)
{
    if (a->size + more <= a->room)
        return 0;
    Py_ssize_t room = a->room ? a->room : 1024;
    while (room < a->size + more)
        room *= 2;
    int32_t *data = realloc(a->data, (size_t)room * sizeof(int32_t));
    if (!data)
        return -1;
    a->data = data;
    a->room = room;
    return 0;
}

static inline int ints_push(Ints *a, int32_t value)
{
    if (a->size == a->room && ints_reserve(a, 1))
        return -1;
    a->data[a->size++] = value;
    return 0;
}

static inline PyObject *ints_bytes(const Ints *a)
{
    return PyBytes_FromStringAndSize((const char *)a->data, a->size * (Py_ssize_t)sizeof(int32_t));
}

/* The voxels of a structure, from any part of an array of one or two bytes a voxel: those of some numbers of a label
 * map, or whatever is not 0 in a mask. */
typedef struct {
    Py_buffer view;
    Py_ssize_t size[3];
    uint16_t number; /* where it is one */
    uint8_t *table;  /* of which numbers are wanted, where they are several */
    int labels;      /* 0 for a mask */
} Voxels;

int voxels_open(Voxels *v, PyObject *array, PyObject *numbers);
void voxels_close(Voxels *v);
const uint8_t *voxels_row(const Voxels *v, Py_ssize_t z, Py_ssize_t y, uint8_t *room);

typedef struct {
    double row, column, limit; /* mm (or pixels) per half pixel, and the squared tolerance */
} Metric;

int simplify_ring(const int32_t *points, Py_ssize_t n, const int32_t *link, const Metric *m, uint8_t *keep, Ints *work);
int vanished(const int32_t *points, Py_ssize_t n, const uint8_t *keep);

PyObject *py_bounds(PyObject *self, PyObject *args);
PyObject *py_counts(PyObject *self, PyObject *args);
PyObject *py_pieces(PyObject *self, PyObject *args);
PyObject *py_trace(PyObject *self, PyObject *args);
PyObject *py_text(PyObject *self, PyObject *args);
PyObject *py_toggle(PyObject *self, PyObject *args);
PyObject *py_nearest(PyObject *self, PyObject *args);

#endif
