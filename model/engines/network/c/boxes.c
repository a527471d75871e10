/* The box of each number of a label map, in one pass; see model/engines/network/boxes.py. */
#include "kernel.h"

typedef struct {
    const char *data;
    Py_ssize_t size[3], stride[3];
    int axis[3]; /* the axes in the order of memory, the nearest neighbours last */
    Py_ssize_t count;
    int32_t *boxes; /* (count, 6): first and one past the last of each axis */
} Map;

static inline void widen(int32_t *box, int axis, Py_ssize_t first, Py_ssize_t end)
{
    if (first < box[2 * axis])
        box[2 * axis] = (int32_t)first;
    if (end > box[2 * axis + 1])
        box[2 * axis + 1] = (int32_t)end;
}

/* Run by run of equal numbers along the rows. Returns whether all numbers are below `count`. */
static int scan(const Map *m)
{
    int outer = m->axis[0], middle = m->axis[1], inner = m->axis[2];
    Py_ssize_t step = m->stride[inner], n = m->size[inner];
    for (Py_ssize_t i = 0; i < m->size[outer]; i++)
        for (Py_ssize_t j = 0; j < m->size[middle]; j++) {
            const char *row = m->data + i * m->stride[outer] + j * m->stride[middle];
            for (Py_ssize_t k = 0; k < n;) {
                uint16_t value = *(const uint16_t *)(row + k * step);
                Py_ssize_t first = k++;
                while (k < n && *(const uint16_t *)(row + k * step) == value)
                    k++;
                if (!value)
                    continue;
                if (value >= m->count)
                    return 0;
                int32_t *box = m->boxes + 6 * value;
                widen(box, outer, i, i + 1);
                widen(box, middle, j, j + 1);
                widen(box, inner, first, k);
            }
        }
    return 1;
}

static void in_order_of_memory(Map *m)
{
    for (int i = 0; i < 3; i++)
        m->axis[i] = i;
    for (int i = 0; i < 2; i++)
        for (int j = 0; j < 2 - i; j++)
            if (labs(m->stride[m->axis[j]]) < labs(m->stride[m->axis[j + 1]])) {
                int held = m->axis[j];
                m->axis[j] = m->axis[j + 1];
                m->axis[j + 1] = held;
            }
}

/* boxes(labels, count): bytes of int32 (count, 6) for uint16 labels of any strides; a number that is not there has
 * a first of 2^31 - 1 and an end of 0. */
PyObject *py_boxes(PyObject *self, PyObject *args)
{
    PyObject *given, *answer = NULL;
    Py_buffer view;
    Map m;
    if (!PyArg_ParseTuple(args, "On", &given, &m.count))
        return NULL;
    if (PyObject_GetBuffer(given, &view, PyBUF_STRIDED_RO) < 0)
        return NULL;
    if (view.ndim != 3 || view.itemsize != 2 || m.count < 1 || m.count > 65536) {
        PyErr_SetString(PyExc_ValueError, "labels are uint16 of three axes");
        goto done;
    }
    m.data = view.buf;
    for (int i = 0; i < 3; i++) {
        m.size[i] = view.shape[i];
        m.stride[i] = view.strides[i];
    }
    in_order_of_memory(&m);
    answer = PyBytes_FromStringAndSize(NULL, m.count * 6 * (Py_ssize_t)sizeof(int32_t));
    if (!answer)
        goto done;
    m.boxes = (int32_t *)PyBytes_AS_STRING(answer);
    for (Py_ssize_t i = 0; i < m.count * 3; i++) {
        m.boxes[2 * i] = INT32_MAX;
        m.boxes[2 * i + 1] = 0;
    }
    int known;
    Py_BEGIN_ALLOW_THREADS
    known = scan(&m);
    Py_END_ALLOW_THREADS
    if (!known) {
        Py_CLEAR(answer);
        PyErr_SetString(PyExc_ValueError, "a number is beyond the count");
    }
done:
    PyBuffer_Release(&view);
    return answer;
}
