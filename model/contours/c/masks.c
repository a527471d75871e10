/* The box of a mask, and contours back to masks; see model/contours/structure.py and filling.py. */
#include "kernel.h"

/* First and one past last non-zero byte of a row, or 0 when the row is empty. */
static int row_span(const uint8_t *row, Py_ssize_t n, Py_ssize_t *first, Py_ssize_t *last)
{
    Py_ssize_t i = 0, j = n;
    uint64_t word;
    while (i + 8 <= n && (memcpy(&word, row + i, 8), word == 0))
        i += 8;
    while (i < n && !row[i])
        i++;
    if (i == n)
        return 0;
    while (j - 8 >= i && (memcpy(&word, row + j - 8, 8), word == 0))
        j -= 8;
    while (!row[j - 1])
        j--;
    *first = i;
    *last = j;
    return 1;
}

PyObject *py_bounds(PyObject *self, PyObject *args)
{
    Py_buffer mask;
    Py_ssize_t nz, ny, nx;
    if (!PyArg_ParseTuple(args, "y*nnn", &mask, &nz, &ny, &nx))
        return NULL;
    if (mask.len != nz * ny * nx) {
        PyBuffer_Release(&mask);
        PyErr_SetString(PyExc_ValueError, "buffer and shape differ");
        return NULL;
    }
    Py_ssize_t b[6] = {nz, 0, ny, 0, nx, 0};
    Py_BEGIN_ALLOW_THREADS
    const uint8_t *data = mask.buf;
    for (Py_ssize_t z = 0; z < nz; z++)
        for (Py_ssize_t y = 0; y < ny; y++) {
            Py_ssize_t first, last;
            if (!row_span(data + (z * ny + y) * nx, nx, &first, &last))
                continue;
            if (z < b[0]) b[0] = z;
            b[1] = z + 1;
            if (y < b[2]) b[2] = y;
            if (y + 1 > b[3]) b[3] = y + 1;
            if (first < b[4]) b[4] = first;
            if (last > b[5]) b[5] = last;
        }
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&mask);
    if (b[1] == 0)
        Py_RETURN_NONE;
    return Py_BuildValue("nnnnnn", b[0], b[1], b[2], b[3], b[4], b[5]);
}

/* toggle(mask, slices, rows, columns, points, lengths, slices): even-odd fill at pixel centres, in place.
 *
 * points: float64 (row, column) in pixels of the box, `mask` zeroed uint8; a centre on an edge is inside when
 * the inside lies to its right or below.
 */
PyObject *py_toggle(PyObject *self, PyObject *args)
{
    Py_buffer mask, points, lengths, slices;
    Py_ssize_t nz, ny, nx;
    if (!PyArg_ParseTuple(args, "w*nnny*y*y*", &mask, &nz, &ny, &nx, &points, &lengths, &slices))
        return NULL;
    PyObject *answer = NULL;
    Py_ssize_t contours = lengths.len / (Py_ssize_t)sizeof(int32_t), used = 0;
    const int32_t *length = lengths.buf, *slice = slices.buf;
    const double *p = points.buf;
    uint8_t *data = mask.buf;
    int bad = slices.len != lengths.len || mask.len != nz * ny * nx;
    for (Py_ssize_t i = 0; i < contours && !bad; i++) {
        bad = length[i] < 0 || slice[i] < 0 || slice[i] >= nz;
        used += length[i];
    }
    if (bad || used * 2 * (Py_ssize_t)sizeof(double) != points.len) {
        PyErr_SetString(PyExc_ValueError, "points, lengths, slices and mask do not fit together");
        goto done;
    }
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < contours; p += 2 * length[i], i++) {
        uint8_t *plane = data + (Py_ssize_t)slice[i] * ny * nx;
        for (int32_t k = 0; k < length[i]; k++) {
            const double *a = p + 2 * k, *b = k + 1 < length[i] ? a + 2 : p;
            if (a[0] == b[0])
                continue;
            if (a[0] > b[0]) {
                const double *swap = a;
                a = b;
                b = swap;
            }
            double slope = (b[1] - a[1]) / (b[0] - a[0]);
            double first = ceil(a[0]), last = ceil(b[0]);
            if (first < 0.0)
                first = 0.0;
            if (last > (double)ny)
                last = (double)ny;
            for (double y = first; y < last; y += 1.0) {
                double x = ceil(a[1] + (y - a[0]) * slope);
                if (x < 0.0)
                    x = 0.0;
                if (x < (double)nx)
                    plane[(Py_ssize_t)y * nx + (Py_ssize_t)x] ^= 1;
            }
        }
    }
    for (Py_ssize_t row = 0; row < nz * ny; row++) {
        uint8_t inside = 0, *cell = data + row * nx;
        for (Py_ssize_t c = 0; c < nx; c++)
            cell[c] = inside ^= cell[c];
    }
    Py_END_ALLOW_THREADS
    answer = Py_None;
    Py_INCREF(answer);
done:
    PyBuffer_Release(&mask);
    PyBuffer_Release(&points);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&slices);
    return answer;
}
