/* Contours to ContourData; see model/contours/decimal_text.py. */
#include "kernel.h"

/* Write value / 10^decimals without trailing zeros; returns the end. */
static char *decimal(char *out, int64_t value, int decimals)
{
    char digits[24];
    int n = 0, skipping = decimals > 0, written = 0;
    uint64_t rest = value < 0 ? (uint64_t)(-value) : (uint64_t)value;
    if (value < 0)
        *out++ = '-';
    for (int i = 0; i < decimals; i++, rest /= 10) {
        int digit = (int)(rest % 10);
        if (skipping && digit == 0)
            continue;
        skipping = 0;
        digits[n++] = (char)('0' + digit);
        written++;
    }
    if (written)
        digits[n++] = '.';
    do {
        digits[n++] = (char)('0' + rest % 10);
        rest /= 10;
    } while (rest);
    while (n)
        *out++ = digits[--n];
    return out;
}

/* text(points, lengths, slices, planes, decimals, fixed) -> bytes, ends
 *
 * The ContourData of all contours one after the other, each padded to an even length, and where each ends.
 * planes: 9 float64 a slice (origin, step per half row, per half column; x, y, z in units of the last decimal);
 * fixed: 3 bytes a slice; a non-empty one is the text of that coordinate for every point of the slice.
 */
PyObject *py_text(PyObject *self, PyObject *args)
{
    Py_buffer points, lengths, slices, planes;
    int decimals;
    PyObject *fixed;
    if (!PyArg_ParseTuple(args, "y*y*y*y*iO!", &points, &lengths, &slices, &planes, &decimals, &PyTuple_Type, &fixed))
        return NULL;
    PyObject *answer = NULL;
    Py_ssize_t contours = lengths.len / (Py_ssize_t)sizeof(int32_t);
    Py_ssize_t count = planes.len / (Py_ssize_t)(9 * sizeof(double));
    Py_ssize_t total = points.len / (Py_ssize_t)(2 * sizeof(int32_t));
    const int32_t *length = lengths.buf, *slice = slices.buf, *p = points.buf;
    const double *plane = planes.buf;
    const char **texts = NULL;
    Py_ssize_t *sizes = NULL, used = 0;
    char *room = NULL;
    int32_t *ends = NULL;
    int bad = PyTuple_GET_SIZE(fixed) != 3 * count || slices.len != lengths.len;
    for (Py_ssize_t i = 0; i < contours && !bad; i++) {
        bad = length[i] < 0 || slice[i] < 0 || slice[i] >= count;
        used += length[i];
    }
    if (bad || used != total) {
        PyErr_SetString(PyExc_ValueError, "points, lengths, slices and planes do not fit together");
        goto done;
    }
    texts = malloc((size_t)(3 * count + 1) * sizeof(char *));
    sizes = malloc((size_t)(3 * count + 1) * sizeof(Py_ssize_t));
    room = malloc((size_t)total * 3 * 26 + 1);
    ends = malloc((size_t)(contours + 1) * sizeof(int32_t));
    if (!texts || !sizes || !room || !ends) {
        PyErr_NoMemory();
        goto done;
    }
    for (Py_ssize_t i = 0; i < 3 * count; i++) {
        char *text;
        if (PyBytes_AsStringAndSize(PyTuple_GET_ITEM(fixed, i), &text, &sizes[i]))
            goto done;
        if (sizes[i] > 16) {
            PyErr_SetString(PyExc_ValueError, "a decimal string has at most 16 characters");
            goto done;
        }
        texts[i] = text;
    }
    char *out = room;
    Py_BEGIN_ALLOW_THREADS
    for (Py_ssize_t i = 0; i < contours; i++) {
        const double *m = plane + 9 * slice[i]; /* origin, per half row, per half column */
        const char **text = texts + 3 * slice[i];
        const Py_ssize_t *size = sizes + 3 * slice[i];
        for (int32_t k = 0; k < length[i]; k++, p += 2) {
            double y = p[0], x = p[1];
            for (int axis = 0; axis < 3; axis++) {
                if (size[axis]) {
                    memcpy(out, text[axis], (size_t)size[axis]);
                    out += size[axis];
                } else {
                    out = decimal(out, (int64_t)rint(m[axis] + y * m[3 + axis] + x * m[6 + axis]), decimals);
                }
                *out++ = '\\';
            }
        }
        if (length[i])
            out--;
        if ((out - room) & 1)
            *out++ = ' ';
        ends[i] = (int32_t)(out - room);
    }
    Py_END_ALLOW_THREADS
    answer = Py_BuildValue("y#y#", room, out - room, (char *)ends, contours * (Py_ssize_t)sizeof(int32_t));
done:
    free(texts);
    free(sizes);
    free(room);
    free(ends);
    PyBuffer_Release(&points);
    PyBuffer_Release(&lengths);
    PyBuffer_Release(&slices);
    PyBuffer_Release(&planes);
    return answer;
}
