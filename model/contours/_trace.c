/* The compiled part of model.contours: tracing, simplification, decimal text, filling.
 *
 * Every function here has an equal in plain numpy (tracing.py, simplify.py, decimal_text.py, filling.py) that gives the
 * same integers and the same bytes; tests hold the two against each other. Build with -ffp-contract=off, or the
 * distances of simplification could differ in the last bit from numpy's.
 *
 * Coordinates of contours are "half pixels": twice the (row, column) index, so the middle of each pixel edge is
 * an integer. Foreground is 4-connected, and contours run with it on their right (rows downwards).
 */
#define PY_SSIZE_T_CLEAN
#include <Python.h>
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* 0.34 pixels squared; see model/contours/tracing.py for why no voxel changes side. */
#define EXACT_LIMIT (0.34 * 0.34)
/* Candidates that one chord may span, and parts of a straight run that end in one; see simplify.py. */
#define LONGEST_CHORD 48
#define RUN_PARTS 3

enum { TOP = 0, RIGHT = 1, BOTTOM = 2, LEFT = 3 };

/* ---- growing arrays --------------------------------------------------------------------------------- */

typedef struct {
    int32_t *data;
    Py_ssize_t size, room;
} Ints;

static int ints_reserve(Ints *a, Py_ssize_t more)
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

static PyObject *ints_bytes(const Ints *a)
{
    return PyBytes_FromStringAndSize((const char *)a->data, a->size * (Py_ssize_t)sizeof(int32_t));
}

/* ---- bounds ----------------------------------------------------------------------------------------- */

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

static PyObject *py_bounds(PyObject *self, PyObject *args)
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

/* ---- simplification ---------------------------------------------------------------------------------- */

typedef struct {
    double row, column, limit; /* mm (or pixels) per half pixel, and the squared tolerance */
} Metric;

/* Squared distance of p from the segment a-b; the same operations in the same order as simplify.py. */
static inline double off(const int32_t *a, const int32_t *b, const int32_t *p, const Metric *m)
{
    double dy = (double)(b[0] - a[0]) * m->row, dx = (double)(b[1] - a[1]) * m->column;
    double py = (double)(p[0] - a[0]) * m->row, px = (double)(p[1] - a[1]) * m->column;
    double length = dy * dy + dx * dx, along = py * dy + px * dx;
    if (along <= 0.0)
        return py * py + px * px;
    if (along >= length) {
        double qy = py - dy, qx = px - dx;
        return qy * qy + qx * qx;
    }
    double cross = py * dx - px * dy;
    return cross * cross / length;
}

/* The directions from one point that pass all points seen so far within the tolerance. */
typedef struct {
    double low_y, low_x, high_y, high_x;
    int narrowed;
} Cone;

/* Narrow a cone by the point (y, x) away from its apex; 0 when no direction is left. */
static int narrow(Cone *cone, double y, double x, double limit)
{
    double square = y * y + x * x;
    if (square < 2.0 * limit) /* wider than a right angle: leave the cone as it is, which is safe */
        return 1;
    double side = sqrt(limit), forward = sqrt(square - limit);
    double low_y = y * forward - x * side, low_x = x * forward + y * side;
    double high_y = y * forward + x * side, high_x = x * forward - y * side;
    if (!cone->narrowed) {
        cone->low_y = low_y, cone->low_x = low_x, cone->high_y = high_y, cone->high_x = high_x;
        cone->narrowed = 1;
        return 1;
    }
    if (cone->low_x * high_y - cone->low_y * high_x < 0.0 || low_x * cone->high_y - low_y * cone->high_x < 0.0)
        return 0;
    if (cone->low_x * low_y - cone->low_y * low_x > 0.0)
        cone->low_y = low_y, cone->low_x = low_x;
    if (high_x * cone->high_y - high_y * cone->high_x > 0.0)
        cone->high_y = high_y, cone->high_x = high_x;
    return 1;
}

static int inside(const Cone *cone, double y, double x)
{
    return !cone->narrowed ||
           (cone->low_x * y - cone->low_y * x >= 0.0 && x * cone->high_y - y * cone->high_x >= 0.0);
}

/* Mark in keep[] the fewest points of one ring whose chords pass all others within the tolerance (Imai and Iri
 * 1988, shortest path over the admissible chords). Candidates are the corners and two points between them. Point 0
 * and every linked point stay; of several such choices the one whose chords begin first. */
static int simplify_ring(const int32_t *points, Py_ssize_t n, const int32_t *link, const Metric *m, uint8_t *keep,
                         Ints *work)
{
    work->size = 0;
    if (ints_reserve(work, 3 * (n + 2)))
        return -1;
    int32_t *node = work->data, *links = node + n + 1, *parent = links + n + 1, k = 0;
    Py_ssize_t last = 0;
    for (Py_ssize_t i = 0; i <= n; i++) {
        const int32_t *here = points + 2 * (i < n ? i : 0), *before = points + 2 * (i ? i - 1 : n - 1);
        const int32_t *after = points + 2 * (i + 1 < n ? i + 1 : i + 1 - n);
        int straight = after[0] - here[0] == here[0] - before[0] && after[1] - here[1] == here[1] - before[1];
        if (i && i < n && !link[i] && straight)
            continue;
        Py_ssize_t parts = i - last < RUN_PARTS ? i - last : RUN_PARTS;
        for (Py_ssize_t part = 1; part < parts; part++)
            node[k++] = (int32_t)(last + (i - last) * part / parts);
        if (i < n)
            node[k++] = (int32_t)i;
        last = i;
    }
    node[k] = (int32_t)n;
    for (int32_t s = 0; s <= k; s++)
        links[s] = INT32_MAX;
    links[0] = 0;
    /* the cone only rules chords out that the distances would rule out too: a little wider, for rounding */
    const double wider = m->limit * (1.0 + 1e-9);
    for (int32_t s = 0; s < k; s++) {
        const int32_t *a = points + 2 * node[s];
        Cone cone = {0};
        for (int32_t e = s + 1; e <= k && e - s <= LONGEST_CHORD; e++) {
            const int32_t *b = e == k ? points : points + 2 * node[e];
            double y = (double)(b[0] - a[0]) * m->row, x = (double)(b[1] - a[1]) * m->column;
            if (links[s] + 1 < links[e] && inside(&cone, y, x)) {
                int32_t i = s + 1;
                while (i < e && off(a, b, points + 2 * node[i], m) <= m->limit)
                    i++;
                if (i == e) {
                    links[e] = links[s] + 1;
                    parent[e] = s;
                }
            }
            if (e == k || link[node[e]] || !narrow(&cone, y, x, wider))
                break;
        }
    }
    memset(keep, 0, (size_t)n);
    for (int32_t s = parent[k]; s > 0; s = parent[s])
        keep[node[s]] = 1;
    keep[0] = 1;
    return 0;
}

/* Fewer than three points left, or no area: the ring would vanish. */
static int vanished(const int32_t *points, Py_ssize_t n, const uint8_t *keep)
{
    int64_t area = 0;
    Py_ssize_t kept = 0, last = -1;
    for (Py_ssize_t i = 0; i < n; i++) {
        if (!keep[i])
            continue;
        if (last >= 0)
            area += (int64_t)points[2 * last] * points[2 * i + 1] - (int64_t)points[2 * i] * points[2 * last + 1];
        last = i;
        kept++;
    }
    if (last >= 0)
        area += (int64_t)points[2 * last] * points[1] - (int64_t)points[0] * points[2 * last + 1];
    return kept < 3 || area == 0;
}

/* ---- tracing ------------------------------------------------------------------------------------------ */

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

static int trace_slice(Tracer *t, const uint8_t *slice, Py_ssize_t row_stride, int32_t z, const Metric *wanted, const Metric *exact,
                       int keyholes, Ints *points, Ints *lengths, Ints *slices)
{
    const Py_ssize_t h = t->h, w = t->w, stride = w + 2;
    t->raw.size = t->rings.size = t->hole.size = t->link.size = 0;
    for (Py_ssize_t r = 0; r < h; r++)
        memcpy(t->padded + (r + 1) * stride + 1, slice + r * row_stride, (size_t)w);
    for (Py_ssize_t r = 0; r <= h; r++) {
        const uint8_t *above = t->padded + r * stride + 1, *here = above + stride;
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

/* trace(mask, row_mm, column_mm, tolerance_mm, keyholes) -> points, lengths, slices; mask may be a part of a larger one */
static PyObject *py_trace(PyObject *self, PyObject *args)
{
    PyObject *array;
    Py_buffer mask;
    double row, column, tolerance;
    int keyholes;
    if (!PyArg_ParseTuple(args, "Odddp", &array, &row, &column, &tolerance, &keyholes) ||
        PyObject_GetBuffer(array, &mask, PyBUF_STRIDES))
        return NULL;
    if (mask.ndim != 3 || mask.itemsize != 1 || (mask.shape[2] > 1 && mask.strides[2] != 1)) {
        PyBuffer_Release(&mask);
        PyErr_SetString(PyExc_ValueError, "a mask has three axes, one byte a voxel, and rows without gaps");
        return NULL;
    }
    const Py_ssize_t nz = mask.shape[0], ny = mask.shape[1], nx = mask.shape[2];
    const Py_ssize_t slice_stride = mask.strides[0], row_stride = mask.strides[1];
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
        failed = trace_slice(&t, (const uint8_t *)mask.buf + z * slice_stride, row_stride, (int32_t)z, wanted, &exact,
                             keyholes, &points, &lengths, &slices);
    Py_END_ALLOW_THREADS
    PyBuffer_Release(&mask);
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

/* ---- decimal text --------------------------------------------------------------------------------------- */

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
static PyObject *py_text(PyObject *self, PyObject *args)
{
    Py_buffer points, lengths, slices, planes;
    int decimals;
    PyObject *fixed;
    if (!PyArg_ParseTuple(args, "y*y*y*y*iO!", &points, &lengths, &slices, &planes, &decimals, &PyTuple_Type, &fixed))
        return NULL;
    PyObject *answer = NULL;
    Py_ssize_t contours = lengths.len / (Py_ssize_t)sizeof(int32_t), count = planes.len / (Py_ssize_t)(9 * sizeof(double));
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

/* ---- filling --------------------------------------------------------------------------------------------- */

/* toggle(mask, slices, rows, columns, points, lengths, slices): even-odd fill at pixel centres, in place.
 *
 * points: float64 (row, column) in pixels of the box, `mask` zeroed uint8; a centre on an edge is inside when
 * the inside lies to its right or below.
 */
static PyObject *py_toggle(PyObject *self, PyObject *args)
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

static PyMethodDef methods[] = {
    {"bounds", py_bounds, METH_VARARGS, "Box of what is set in a mask, or None."},
    {"trace", py_trace, METH_VARARGS, "Contours of a mask."},
    {"text", py_text, METH_VARARGS, "ContourData of contours."},
    {"toggle", py_toggle, METH_VARARGS, "Fill contours, even-odd."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef module = {PyModuleDef_HEAD_INIT, "_trace", NULL, -1, methods, NULL, NULL, NULL, NULL};

PyMODINIT_FUNC PyInit__trace(void)
{
    return PyModule_Create(&module);
}
