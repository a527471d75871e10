/* Sums of the sliding window; see model/engines/network/sums.py. */
#include "kernel.h"

CLONES static void add_row(float *restrict sum, const float *restrict value, const float *restrict weight, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++)
        sum[i] += value[i] * weight[i];
}

/* add(sums, logits, weights, (classes, rows, columns), (depth, rows, columns), (z, y, x)): in place.
 *
 * sums: float32 (classes, rows, columns) of one slice; logits: (classes, depth, rows, columns) of a tile, whose slice
 * z lies at row y and column x of the sums; weights: (depth, rows, columns).
 */
PyObject *py_add(PyObject *self, PyObject *args)
{
    Py_buffer sums, logits, weights;
    Py_ssize_t classes, height, width, depth, rows, columns, z, y, x;
    if (!PyArg_ParseTuple(args, "w*y*y*(nnn)(nnn)(nnn)", &sums, &logits, &weights, &classes, &height, &width, &depth,
                          &rows, &columns, &z, &y, &x))
        return NULL;
    Py_ssize_t size = (Py_ssize_t)sizeof(float), tile = depth * rows * columns;
    int fits = sums.len == classes * height * width * size && logits.len == classes * tile * size &&
               weights.len == tile * size && z >= 0 && z < depth && y >= 0 && y + rows <= height && x >= 0 &&
               x + columns <= width;
    if (fits) {
        Py_BEGIN_ALLOW_THREADS
        const float *weight = (const float *)weights.buf + z * rows * columns;
        for (Py_ssize_t c = 0; c < classes; c++) {
            float *sum = (float *)sums.buf + (c * height + y) * width + x;
            const float *value = (const float *)logits.buf + (c * depth + z) * rows * columns;
            for (Py_ssize_t r = 0; r < rows; r++)
                add_row(sum + r * width, value + r * columns, weight + r * columns, columns);
        }
        Py_END_ALLOW_THREADS
    }
    PyBuffer_Release(&sums);
    PyBuffer_Release(&logits);
    PyBuffer_Release(&weights);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "buffers and shapes differ");
        return NULL;
    }
    Py_RETURN_NONE;
}
