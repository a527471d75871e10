/* Dropping points of rings; see model/contours/simplify.py. */
#include "kernel.h"

/* Candidates that one chord may span, and parts of a straight run that end in one. */
#define LONGEST_CHORD 48
#define RUN_PARTS 3

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
int simplify_ring(const int32_t *points, Py_ssize_t n, const int32_t *link, const Metric *m, uint8_t *keep, Ints *work)
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
int vanished(const int32_t *points, Py_ssize_t n, const uint8_t *keep)
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
