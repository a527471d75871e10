/* Masks and numbers of label maps to contours; see model/contours/outlines.py for what they are and tracing.py for the
 * same in numpy. */
#include "kernel.h"

enum { TOP = 0, RIGHT = 1, BOTTOM = 2, LEFT = 3 };

typedef struct {
    Py_ssize_t h, w;
    uint8_t *padded;    /* (h + 2) x (w + 2) */
    int32_t *horizontal; /* (h + 1) x w: 1 + index of the point on the edge above pixel (r, c) */
    int32_t *vertical;   /* h x (w + 1): 1 + index of the point on the edge left of pixel (r, c) */
    Ints raw, rings, hole, link, stack; /* of the slice at hand; rings: first point of each, then the end */
    uint8_t *keep;
    Py_ssize_t keep_room;
} Tracer;

static int32_t *edge_cell(Tracer *t, int32_t y, int32_t x)
{
    if (y & 1) /* odd row: an edge between two rows */
        return t->horizontal + ((Py_ssize_t)(y + 1) / 2) * t->w + x / 2;
    return t->vertical + (Py_ssize_t)(y / 2) * (t->w + 1) + (x + 1) / 2;
}

/* Follow one ring from the edge on side `side` of pixel (r, c), foreground on the right. */
static int follow(Tracer *t, int32_t r, int32_t c, int side)
{
    const Py_ssize_t stride = t->w + 2;
    const uint8_t *p = t->padded;
    const int32_t r0 = r, c0 = c;
    const int side0 = side;
    static const int edge_r[4] = {-1, 0, 1, 0}, edge_c[4] = {0, 1, 0, -1};  /* pixel to its edge, half pixels */
    static const int ahead_r[4] = {0, 1, 0, -1}, ahead_c[4] = {1, 0, -1, 0}; /* walking along that side */
    if (ints_push(&t->rings, (int32_t)(t->raw.size / 2)))
        return -1;
    do {
        int32_t y = 2 * r + edge_r[side], x = 2 * c + edge_c[side];
        if (ints_push(&t->raw, y) || ints_push(&t->raw, x) || ints_push(&t->link, 0))
            return -1;
        *edge_cell(t, y, x) = (int32_t)(t->raw.size / 2);
        int32_t nr = r + ahead_r[side], nc = c + ahead_c[side];
        if (!p[(nr + 1) * stride + nc + 1]) {
            side = (side + 1) & 3; /* nothing ahead: turn right around this pixel */
            continue;
        }
        int32_t lr = nr + edge_r[side], lc = nc + edge_c[side];
        r = nr;
        c = nc;
        if (p[(lr + 1) * stride + lc + 1]) { /* ahead on the left too: turn left */
            r = lr;
            c = lc;
            side = (side + 3) & 3;
        }
    } while (r != r0 || c != c0 || side != side0);
    return 0;
}

/* Where a hole whose first background pixel is (r, c) is bridged to: the point of an earlier ring met going left. */
static int32_t bridge_target(const Tracer *t, int32_t r, int32_t c)
{
    const Py_ssize_t stride = t->w + 2;
    const uint8_t *above = t->padded + (Py_ssize_t)r * stride + 1, *here = above + stride;
    int32_t k = c - 1;
    while (above[k] && here[k])
        k--;
    if (above[k] || here[k])
        return t->horizontal[(Py_ssize_t)r * t->w + k] - 1;
    return t->vertical[(Py_ssize_t)r * (t->w + 1) + k + 1] - 1;
}

static int emit_point(const Tracer *t, Ints *points, Py_ssize_t v)
{
    return ints_push(points, t->raw.data[2 * v]) || ints_push(points, t->raw.data[2 * v + 1]) ? -1 : 0;
}

/* Write the ring `outer` and the holes bridged to it as one closed contour. */
static int emit(Tracer *t, int32_t outer, Ints *points)
{
    t->stack.size = 0;
    if (ints_push(&t->stack, outer) || ints_push(&t->stack, t->rings.data[outer]))
        return -1;
    while (t->stack.size) {
        int32_t ring = t->stack.data[t->stack.size - 2], v = t->stack.data[t->stack.size - 1];
        if (v == t->rings.data[ring + 1]) {
            t->stack.size -= 2;
            if (!t->stack.size)
                return 0;
            /* close the hole at its own first point, and go back along the bridge */
            if (emit_point(t, points, t->rings.data[ring]) ||
                emit_point(t, points, t->stack.data[t->stack.size - 1]))
                return -1;
            t->stack.data[t->stack.size - 1]++;
            continue;
        }
        if (t->keep[v]) {
            if (emit_point(t, points, v))
                return -1;
            if (t->link.data[v]) {
                int32_t hole = t->link.data[v] - 1;
                if (ints_push(&t->stack, hole) || ints_push(&t->stack, t->rings.data[hole]))
                    return -1;
                continue;
            }
        }
        t->stack.data[t->stack.size - 1]++;
    }
    return 0;
}

static int trace_slice(Tracer *t, const Voxels *voxels, int32_t z, const Metric *wanted, const Metric *exact,
                       int keyholes, Ints *points, Ints *lengths, Ints *slices)
{
    const Py_ssize_t h = t->h, w = t->w, stride = w + 2;
    t->raw.size = t->rings.size = t->hole.size = t->link.size = 0;
    for (Py_ssize_t r = 0; r < h; r++) {
        uint8_t *room = t->padded + (r + 1) * stride + 1;
        const uint8_t *row = voxels_row(voxels, z, r, room);
        if (row != room)
            memcpy(room, row, (size_t)w);
    }
    for (Py_ssize_t r = 0; r <= h; r++) {
        const uint8_t *above = t->padded + r * stride + 1, *here = above + stride;
        if (memcmp(above, here, (size_t)w) == 0)
            continue;
        for (Py_ssize_t c = 0; c < w; c++) {
            while (c + 8 <= w) {
                uint64_t a, b;
                memcpy(&a, above + c, 8);
                memcpy(&b, here + c, 8);
                if (a != b)
                    break;
                c += 8;
            }
            if (c >= w)
                break;
            if (!above[c] == !here[c] || t->horizontal[r * w + c])
                continue;
            int is_hole = !here[c];
            int32_t ring = (int32_t)t->rings.size;
            if (ints_push(&t->hole, is_hole))
                return -1;
            if (is_hole ? follow(t, (int32_t)r - 1, (int32_t)c, BOTTOM) : follow(t, (int32_t)r, (int32_t)c, TOP))
                return -1;
            if (is_hole && keyholes)
                t->link.data[bridge_target(t, (int32_t)r, (int32_t)c)] = ring + 1;
        }
    }
    Py_ssize_t rings = t->rings.size, total = t->raw.size / 2;
    if (ints_push(&t->rings, (int32_t)total))
        return -1;
    if (total > t->keep_room) {
        uint8_t *keep = realloc(t->keep, (size_t)total * 2);
        if (!keep)
            return -1;
        t->keep = keep;
        t->keep_room = total * 2;
    }
    for (Py_ssize_t ring = 0; ring < rings; ring++) {
        Py_ssize_t first = t->rings.data[ring], n = t->rings.data[ring + 1] - first;
        const int32_t *ring_points = t->raw.data + 2 * first;
        if (simplify_ring(ring_points, n, t->link.data + first, wanted, t->keep + first, &t->stack))
            return -1;
        if (wanted != exact && vanished(ring_points, n, t->keep + first) &&
            simplify_ring(ring_points, n, t->link.data + first, exact, t->keep + first, &t->stack))
            return -1;
    }
    for (Py_ssize_t ring = 0; ring < rings; ring++) {
        if (keyholes && t->hole.data[ring])
            continue;
        Py_ssize_t before = points->size;
        if (emit(t, (int32_t)ring, points) || ints_push(lengths, (int32_t)((points->size - before) / 2)) ||
            ints_push(slices, z))
            return -1;
    }
    for (Py_ssize_t v = 0; v < total; v++)
        *edge_cell(t, t->raw.data[2 * v], t->raw.data[2 * v + 1]) = 0;
    return 0;
}

/* trace(array, numbers, row_mm, column_mm, tolerance_mm, keyholes) -> points, lengths, slices */
PyObject *py_trace(PyObject *self, PyObject *args)
{
    PyObject *array, *numbers;
    Voxels voxels;
    double row, column, tolerance;
    int keyholes;
    if (!PyArg_ParseTuple(args, "OOdddp", &array, &numbers, &row, &column, &tolerance, &keyholes) ||
        voxels_open(&voxels, array, numbers))
        return NULL;
    const Py_ssize_t nz = voxels.size[0], ny = voxels.size[1], nx = voxels.size[2];
    const Metric exact = {0.5, 0.5, EXACT_LIMIT}, coarse = {row / 2.0, column / 2.0, tolerance * tolerance};
    const Metric *wanted = tolerance > 0.0 ? &coarse : &exact;
    Tracer t;
    Ints points = {0}, lengths = {0}, slices = {0};
    int failed = 0;
    memset(&t, 0, sizeof t);
    t.h = ny;
    t.w = nx;
    Py_BEGIN_ALLOW_THREADS
    t.padded = calloc((size_t)(ny + 2) * (nx + 2), 1);
    t.horizontal = calloc((size_t)(ny + 1) * nx + 1, sizeof(int32_t));
    t.vertical = calloc((size_t)ny * (nx + 1) + 1, sizeof(int32_t));
    failed = !t.padded || !t.horizontal || !t.vertical;
    for (Py_ssize_t z = 0; z < nz && !failed; z++)
        failed = trace_slice(&t, &voxels, (int32_t)z, wanted, &exact, keyholes, &points, &lengths, &slices);
    Py_END_ALLOW_THREADS
    voxels_close(&voxels);
    PyObject *answer = NULL;
    if (failed)
        PyErr_NoMemory();
    else
        answer = Py_BuildValue("NNN", ints_bytes(&points), ints_bytes(&lengths), ints_bytes(&slices));
    free(t.padded);
    free(t.horizontal);
    free(t.vertical);
    free(t.keep);
    free(t.raw.data);
    free(t.rings.data);
    free(t.hole.data);
    free(t.link.data);
    free(t.stack.data);
    free(points.data);
    free(lengths.data);
    free(slices.data);
    return answer;
}
