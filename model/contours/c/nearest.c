/* The nearest of many small rectangles to each of many points, by a tree of boxes; see model/compare/nearest.py. */
#include "kernel.h"

#define LEAF 8
#define FIELDS 11 /* of a rectangle: centre, two unit vectors along its sides, half of each side */

typedef struct {
    double low[3], high[3];
    int32_t begin, end; /* of a leaf: places in `order` */
    int32_t right;      /* 0 in a leaf; the left child is the next node */
} Node;

typedef struct {
    float centre[3];
    int32_t number;
} Place;

typedef struct {
    const double *patches; /* as they were given */
    double *sorted;        /* in the order of the leaves, so that those of one leaf lie together */
    int32_t *order;
    Node *nodes;
    int32_t used;
} Tree;

/* Put the middle one of places[begin, end) along an axis into its place, smaller ones before it. */
static void part(Place *places, int32_t begin, int32_t end, int32_t middle, int axis)
{
    int32_t low = begin, high = end - 1;
    while (low < high) {
        float pivot = places[low + (high - low) / 2].centre[axis];
        int32_t i = low, j = high;
        while (i <= j) {
            while (places[i].centre[axis] < pivot)
                i++;
            while (places[j].centre[axis] > pivot)
                j--;
            if (i <= j) {
                Place swap = places[i];
                places[i++] = places[j];
                places[j--] = swap;
            }
        }
        if (middle <= j)
            high = j;
        else if (middle >= i)
            low = i;
        else
            return;
    }
}

/* Halve the places again and again along the side on which they reach farthest; leaves are then where grow makes them. */
static void halve(Place *places, int32_t begin, int32_t end)
{
    if (end - begin <= LEAF)
        return;
    float low[3] = {INFINITY, INFINITY, INFINITY}, high[3] = {-INFINITY, -INFINITY, -INFINITY};
    for (int32_t i = begin; i < end; i++)
        for (int a = 0; a < 3; a++) {
            float value = places[i].centre[a];
            low[a] = value < low[a] ? value : low[a];
            high[a] = value > high[a] ? value : high[a];
        }
    int axis = 0;
    for (int a = 1; a < 3; a++)
        if (high[a] - low[a] > high[axis] - low[axis])
            axis = a;
    int32_t middle = begin + (end - begin) / 2;
    part(places, begin, end, middle, axis);
    halve(places, begin, middle);
    halve(places, middle, end);
}

/* Order the patches so that those near each other lie together. */
static void sort(Tree *t, Place *places, Py_ssize_t m)
{
    for (Py_ssize_t i = 0; i < m; i++) {
        for (int a = 0; a < 3; a++)
            places[i].centre[a] = (float)t->patches[i * FIELDS + a];
        places[i].number = (int32_t)i;
    }
    halve(places, 0, (int32_t)m);
    for (Py_ssize_t i = 0; i < m; i++) {
        t->order[i] = places[i].number;
        memcpy(t->sorted + i * FIELDS, t->patches + (Py_ssize_t)t->order[i] * FIELDS, FIELDS * sizeof(double));
    }
}

static int32_t grow(Tree *t, int32_t begin, int32_t end)
{
    int32_t number = t->used++;
    Node *node = &t->nodes[number];
    node->begin = begin;
    node->end = end;
    node->right = 0;
    if (end - begin > LEAF) {
        int32_t middle = begin + (end - begin) / 2, left = grow(t, begin, middle), right = grow(t, middle, end);
        node->right = right;
        for (int a = 0; a < 3; a++) {
            node->low[a] = fmin(t->nodes[left].low[a], t->nodes[right].low[a]);
            node->high[a] = fmax(t->nodes[left].high[a], t->nodes[right].high[a]);
        }
        return number;
    }
    for (int a = 0; a < 3; a++) {
        node->low[a] = INFINITY;
        node->high[a] = -INFINITY;
    }
    for (const double *p = t->sorted + (Py_ssize_t)begin * FIELDS; p < t->sorted + (Py_ssize_t)end * FIELDS; p += FIELDS)
        for (int a = 0; a < 3; a++) {
            double reach = fabs(p[3 + a]) * p[9] + fabs(p[6 + a]) * p[10];
            node->low[a] = fmin(node->low[a], p[a] - reach);
            node->high[a] = fmax(node->high[a], p[a] + reach);
        }
    return number;
}

static inline double to_box(const Node *node, const double *x)
{
    double sum = 0.0;
    for (int a = 0; a < 3; a++) {
        double out = x[a] < node->low[a] ? node->low[a] - x[a] : x[a] > node->high[a] ? x[a] - node->high[a] : 0.0;
        sum += out * out;
    }
    return sum;
}

/* Squared distance, and the height above the rectangle's plane. */
static inline double to_patch(const double *p, const double *x, double *height)
{
    double d[3] = {x[0] - p[0], x[1] - p[1], x[2] - p[2]};
    double along = fabs(d[0] * p[3] + d[1] * p[4] + d[2] * p[5]) - p[9];
    double across = fabs(d[0] * p[6] + d[1] * p[7] + d[2] * p[8]) - p[10];
    double above = d[0] * (p[4] * p[8] - p[5] * p[7]) + d[1] * (p[5] * p[6] - p[3] * p[8]) +
                   d[2] * (p[3] * p[7] - p[4] * p[6]);
    *height = above;
    along = along > 0.0 ? along : 0.0;
    across = across > 0.0 ? across : 0.0;
    return above * above + along * along + across * across;
}

typedef struct {
    double square, height;
    int32_t patch;
} Found;

/* Up to where a square is equal to the least: rounding parts what is equally near. */
static inline double equal_to(double square)
{
    return square + 1e-9 * (1.0 + square);
}

/* Of patches equally near, at an edge that they share, the one whose plane is farther tells the side. */
static inline void offer(Found *best, const double *sorted, int32_t patch, const double *x)
{
    double height, square = to_patch(sorted + (Py_ssize_t)patch * FIELDS, x, &height);
    double same = 1e-9 * (1.0 + best->square);
    if (square < best->square - same || (square <= best->square + same && fabs(height) > fabs(best->height))) {
        best->square = square < best->square ? square : best->square;
        best->height = height;
        best->patch = patch;
    }
}

static void seek(const Tree *t, const double *x, Found *best)
{
    int32_t stack[96], depth = 0;
    double gap[96];
    stack[0] = 0;
    gap[depth++] = to_box(&t->nodes[0], x);
    while (depth) {
        int32_t number = stack[--depth];
        if (gap[depth] > equal_to(best->square))
            continue;
        const Node *node = &t->nodes[number];
        if (!node->right) {
            for (int32_t at = node->begin; at < node->end; at++)
                offer(best, t->sorted, at, x);
            continue;
        }
        int32_t near = number + 1, far = node->right;
        double here = to_box(&t->nodes[near], x), there = to_box(&t->nodes[far], x);
        if (there < here) {
            int32_t swap = near;
            near = far;
            far = swap;
            double other = here;
            here = there;
            there = other;
        }
        if (there <= equal_to(best->square)) {
            stack[depth] = far;
            gap[depth++] = there;
        }
        if (here <= equal_to(best->square)) {
            stack[depth] = near;
            gap[depth++] = here;
        }
    }
}

/* nearest(points, patches): float64 distances, negative on the outer side, and int32 numbers of the patches.
 *
 * points: float64 (n, 3); patches: float64 (m, 11), m > 0; a patch's outer side is where first x second points to.
 */
PyObject *py_nearest(PyObject *self, PyObject *args)
{
    Py_buffer points, patches;
    if (!PyArg_ParseTuple(args, "y*y*", &points, &patches))
        return NULL;
    Py_ssize_t n = points.len / (Py_ssize_t)(3 * sizeof(double));
    Py_ssize_t m = patches.len / (Py_ssize_t)(FIELDS * sizeof(double));
    PyObject *distances = NULL, *numbers = NULL, *answer = NULL;
    Place *places = NULL;
    Tree t = {patches.buf, NULL, NULL, NULL, 0};
    if (points.len != n * 3 * (Py_ssize_t)sizeof(double) || patches.len != m * FIELDS * (Py_ssize_t)sizeof(double) ||
        m < 1 || m > INT32_MAX / 2) {
        PyErr_SetString(PyExc_ValueError, "points and patches do not have the sizes they must have");
        goto done;
    }
    distances = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(double));
    numbers = PyBytes_FromStringAndSize(NULL, n * (Py_ssize_t)sizeof(int32_t));
    t.order = malloc((size_t)m * sizeof(int32_t));
    t.nodes = malloc((size_t)(m + 1) * sizeof(Node));
    t.sorted = malloc((size_t)m * FIELDS * sizeof(double));
    places = malloc((size_t)m * sizeof(Place));
    if (!distances || !numbers || !t.order || !t.nodes || !t.sorted || !places) {
        PyErr_NoMemory();
        goto done;
    }
    double *distance = (double *)PyBytes_AS_STRING(distances);
    int32_t *number = (int32_t *)PyBytes_AS_STRING(numbers);
    Py_BEGIN_ALLOW_THREADS
    sort(&t, places, m);
    grow(&t, 0, (int32_t)m);
    const double *x = points.buf;
    int32_t last = 0;
    for (Py_ssize_t i = 0; i < n; i++, x += 3) {
        /* Points come along contours: what was nearest to the one before is near already. */
        Found best = {INFINITY, 0.0, 0};
        best.square = to_patch(t.sorted + (Py_ssize_t)last * FIELDS, x, &best.height);
        best.patch = last;
        seek(&t, x, &best);
        distance[i] = best.height > 0.0 ? -sqrt(best.square) : sqrt(best.square);
        last = best.patch;
        number[i] = t.order[last];
    }
    Py_END_ALLOW_THREADS
    answer = PyTuple_Pack(2, distances, numbers);
done:
    free(t.order);
    free(t.nodes);
    free(t.sorted);
    free(places);
    Py_XDECREF(distances);
    Py_XDECREF(numbers);
    PyBuffer_Release(&points);
    PyBuffer_Release(&patches);
    return answer;
}
