/* The largest of many blended logits; see model/engines/network/labelling.py and candidates.py.
 *
 * A blend lies between the least and the greatest of its eight corners, by no bit outside them (see axis.py). So of
 * a cell of the coarse grid only those classes are blended whose greatest corner is not below another's least one:
 * one, in most cells. All logits are finite: their slices were asked before.
 */
#include "kernel.h"

/* One axis: spans of fine indices between the same two coarse ones, and how each index is blended. */
typedef struct {
    const int32_t *spans; /* (count, 4): below, above, first fine index, one past the last */
    const uint8_t *near;  /* whether the blend is counted from `below` */
    const float *weight;  /* of (above - below) */
    Py_ssize_t count, fine;
} Axis;

typedef struct {
    const float *below, *above; /* (classes, rows, columns) of two coarse slices */
    Py_ssize_t classes, rows, columns;
    const uint8_t *near; /* of each fine slice between them */
    const float *weight;
    Py_ssize_t slices;
    Axis y, x;
    uint16_t *labels; /* (slices, fine rows, fine columns), zeroed */
    int paired;       /* whether any fine column lies between two coarse ones */
} Layer;

typedef struct {
    float *most, *high, *low, *least; /* `most` (classes, columns): greatest corner of each cell */
    uint16_t *able;                   /* (columns, classes): the classes that can win in a cell */
    int32_t *count;                   /* how many there are */
    uint16_t *here;                   /* those of them that can win on a fine slice */
    float *corners, *ends, *best;     /* of each: four corners on that slice, two ends on a row; best of each voxel */
} Work;

static inline float blend(float below, float above, int near, float weight)
{
    return (near ? below : above) + weight * (above - below);
}

/* Greatest and least of four rows, column by column. */
CLONES static void corners(const float *restrict a, const float *restrict b, const float *restrict c,
                           const float *restrict d, float *restrict high, float *restrict low, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        float p = a[i] > b[i] ? a[i] : b[i], q = c[i] > d[i] ? c[i] : d[i];
        float r = a[i] > b[i] ? b[i] : a[i], s = c[i] > d[i] ? d[i] : c[i];
        high[i] = p > q ? p : q;
        low[i] = r > s ? s : r;
    }
}

/* Those of each column and the next one, and the greatest least one of all classes so far. */
CLONES static void pairs(const float *restrict high, const float *restrict low, float *restrict most,
                         float *restrict least, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n - 1; i++) {
        most[i] = high[i] > high[i + 1] ? high[i] : high[i + 1];
        float smaller = low[i] > low[i + 1] ? low[i + 1] : low[i];
        least[i] = least[i] > smaller ? least[i] : smaller;
    }
    most[n - 1] = high[n - 1];
    least[n - 1] = least[n - 1] > low[n - 1] ? least[n - 1] : low[n - 1];
}

CLONES static void singles(const float *restrict high, const float *restrict low, float *restrict most,
                           float *restrict least, Py_ssize_t n)
{
    for (Py_ssize_t i = 0; i < n; i++) {
        most[i] = high[i];
        least[i] = least[i] > low[i] ? least[i] : low[i];
    }
}

CLONES static int any_at_least(const float *restrict most, const float *restrict least, Py_ssize_t n)
{
    int hits = 0;
    for (Py_ssize_t i = 0; i < n; i++)
        hits += most[i] >= least[i];
    return hits;
}

/* The classes that can win in each cell of a row of cells. */
static void find_able(const Layer *l, const Work *w, Py_ssize_t above_row, Py_ssize_t below_row)
{
    Py_ssize_t plane = l->rows * l->columns, n = l->columns;
    for (Py_ssize_t i = 0; i < n; i++)
        w->least[i] = -1.0f / 0.0f;
    memset(w->count, 0, (size_t)n * sizeof(int32_t));
    for (Py_ssize_t c = 0; c < l->classes; c++) {
        const float *p = l->below + c * plane, *q = l->above + c * plane;
        corners(p + below_row * n, p + above_row * n, q + below_row * n, q + above_row * n, w->high, w->low, n);
        (l->paired ? pairs : singles)(w->high, w->low, w->most + c * n, w->least, n);
    }
    for (Py_ssize_t c = 0; c < l->classes; c++)
        for (Py_ssize_t first = 0; first < n; first += 32) {
            Py_ssize_t last = first + 32 < n ? first + 32 : n;
            const float *most = w->most + c * n;
            if (!any_at_least(most + first, w->least + first, last - first))
                continue;
            for (Py_ssize_t i = first; i < last; i++)
                if (most[i] >= w->least[i])
                    w->able[i * l->classes + w->count[i]++] = (uint16_t)c;
        }
}

static inline float greater(float a, float b)
{
    return a > b ? a : b;
}

static inline float smaller(float a, float b)
{
    return a > b ? b : a;
}

/* The classes that can win on one fine slice of a cell, with their four corners there; returns how many. */
static Py_ssize_t on_slice(const Layer *l, const Work *w, Py_ssize_t slice, const int32_t *ys, const int32_t *xs)
{
    Py_ssize_t n = w->count[xs[0]], plane = l->rows * l->columns, left = 0;
    const uint16_t *able = w->able + xs[0] * l->classes;
    Py_ssize_t low = ys[0] * l->columns, high = ys[1] * l->columns;
    float least = -1.0f / 0.0f;
    for (Py_ssize_t k = 0; k < n; k++) {
        const float *p = l->below + able[k] * plane, *q = l->above + able[k] * plane;
        float *c = w->corners + 4 * k;
        c[0] = blend(p[low + xs[0]], q[low + xs[0]], l->near[slice], l->weight[slice]);
        c[1] = blend(p[low + xs[1]], q[low + xs[1]], l->near[slice], l->weight[slice]);
        c[2] = blend(p[high + xs[0]], q[high + xs[0]], l->near[slice], l->weight[slice]);
        c[3] = blend(p[high + xs[1]], q[high + xs[1]], l->near[slice], l->weight[slice]);
        least = greater(least, smaller(smaller(c[0], c[1]), smaller(c[2], c[3])));
    }
    for (Py_ssize_t k = 0; k < n; k++) {
        const float *c = w->corners + 4 * k;
        if (greater(greater(c[0], c[1]), greater(c[2], c[3])) < least)
            continue;
        memmove(w->corners + 4 * left, c, 4 * sizeof(float));
        w->here[left++] = able[k];
    }
    return left;
}

/* All fine voxels of one cell on one fine slice, row by row. */
static void decide(const Layer *l, const Work *w, Py_ssize_t slice, const int32_t *ys, const int32_t *xs)
{
    Py_ssize_t n = on_slice(l, w, slice, ys, xs), width = xs[3] - xs[2];
    const uint8_t *near = l->x.near + xs[2];
    const float *weight = l->x.weight + xs[2];
    for (Py_ssize_t y = ys[2]; y < ys[3]; y++) {
        uint16_t *labels = l->labels + (slice * l->y.fine + y) * l->x.fine + xs[2];
        float least = -1.0f / 0.0f;
        for (Py_ssize_t k = 0; k < n; k++) {
            const float *c = w->corners + 4 * k;
            w->ends[2 * k] = blend(c[0], c[2], l->y.near[y], l->y.weight[y]);
            w->ends[2 * k + 1] = blend(c[1], c[3], l->y.near[y], l->y.weight[y]);
            least = greater(least, smaller(w->ends[2 * k], w->ends[2 * k + 1]));
        }
        for (Py_ssize_t x = 0; x < width; x++)
            w->best[x] = -1.0f / 0.0f;
        for (Py_ssize_t k = 0; k < n; k++) {
            float left = w->ends[2 * k], right = w->ends[2 * k + 1];
            if (greater(left, right) < least)
                continue;
            for (Py_ssize_t x = 0; x < width; x++) {
                float value = blend(left, right, near[x], weight[x]);
                if (value > w->best[x]) {
                    w->best[x] = value;
                    labels[x] = w->here[k];
                }
            }
        }
    }
}

static void row_of_cells(const Layer *l, const Work *w, const int32_t *ys)
{
    find_able(l, w, ys[1], ys[0]);
    for (Py_ssize_t s = 0; s < l->x.count; s++) {
        const int32_t *xs = l->x.spans + 4 * s;
        uint16_t only = w->able[xs[0] * l->classes];
        if (w->count[xs[0]] == 1 && only == 0)
            continue;
        for (Py_ssize_t slice = 0; slice < l->slices; slice++) {
            if (w->count[xs[0]] != 1) {
                decide(l, w, slice, ys, xs);
                continue;
            }
            for (Py_ssize_t y = ys[2]; y < ys[3]; y++) {
                uint16_t *row = l->labels + (slice * l->y.fine + y) * l->x.fine;
                for (Py_ssize_t x = xs[2]; x < xs[3]; x++)
                    row[x] = only;
            }
        }
    }
}

static Py_ssize_t widest(const Axis *axis)
{
    Py_ssize_t most = 1;
    for (Py_ssize_t s = 0; s < axis->count; s++) {
        Py_ssize_t width = axis->spans[4 * s + 3] - axis->spans[4 * s + 2];
        most = width > most ? width : most;
    }
    return most;
}

static int run(const Layer *l, Py_ssize_t first, Py_ssize_t last)
{
    size_t n = (size_t)l->columns, classes = (size_t)l->classes;
    Work w = {
        .most = malloc(n * classes * sizeof(float)),
        .high = malloc(n * sizeof(float)),
        .low = malloc(n * sizeof(float)),
        .least = malloc(n * sizeof(float)),
        .able = malloc(n * classes * sizeof(uint16_t)),
        .count = malloc(n * sizeof(int32_t)),
        .here = malloc(classes * sizeof(uint16_t)),
        .corners = malloc(4 * classes * sizeof(float)),
        .ends = malloc(2 * classes * sizeof(float)),
        .best = malloc((size_t)widest(&l->x) * sizeof(float)),
    };
    int room = w.most && w.high && w.low && w.least && w.able && w.count && w.here && w.corners && w.ends && w.best;
    for (Py_ssize_t s = first; room && s < last; s++)
        row_of_cells(l, &w, l->y.spans + 4 * s);
    free(w.most);
    free(w.high);
    free(w.low);
    free(w.least);
    free(w.able);
    free(w.count);
    free(w.here);
    free(w.corners);
    free(w.ends);
    free(w.best);
    return room;
}

static int axis_fits(const Axis *axis, Py_ssize_t coarse, Py_ssize_t near, Py_ssize_t weight)
{
    if (near != axis->fine || weight != axis->fine * (Py_ssize_t)sizeof(float))
        return 0;
    for (Py_ssize_t s = 0; s < axis->count; s++) {
        const int32_t *span = axis->spans + 4 * s;
        if (span[0] < 0 || span[1] < span[0] || span[1] > span[0] + 1 || span[1] >= coarse || span[2] < 0 ||
            span[3] < span[2] || span[3] > axis->fine)
            return 0;
    }
    return 1;
}

/* layer(below, above, (classes, rows, columns), z_near, z_weight, y_spans, y_near, y_weight, x_spans, x_near,
 *       x_weight, labels, first, last): the rows of cells from `first` to `last`, of the spans of y, in place.
 */
PyObject *py_layer(PyObject *self, PyObject *args)
{
    Py_buffer b[11];
    Py_ssize_t first, last, size = (Py_ssize_t)sizeof(float);
    Layer l = {0};
    if (!PyArg_ParseTuple(args, "y*y*(nnn)y*y*y*y*y*y*y*y*w*nn", &b[0], &b[1], &l.classes, &l.rows, &l.columns, &b[2],
                          &b[3], &b[4], &b[5], &b[6], &b[7], &b[8], &b[9], &b[10], &first, &last))
        return NULL;
    l.below = b[0].buf, l.above = b[1].buf, l.near = b[2].buf, l.weight = b[3].buf, l.slices = b[2].len;
    l.y = (Axis){b[4].buf, b[5].buf, b[6].buf, b[4].len / (4 * (Py_ssize_t)sizeof(int32_t)), b[5].len};
    l.x = (Axis){b[7].buf, b[8].buf, b[9].buf, b[7].len / (4 * (Py_ssize_t)sizeof(int32_t)), b[8].len};
    l.labels = b[10].buf;
    Py_ssize_t coarse = l.classes * l.rows * l.columns * size;
    int fits = l.classes > 0 && l.classes <= 65535 && coarse > 0 && b[0].len == coarse && b[1].len == coarse &&
               b[3].len == l.slices * size && axis_fits(&l.y, l.rows, b[5].len, b[6].len) &&
               axis_fits(&l.x, l.columns, b[8].len, b[9].len) && first >= 0 && last <= l.y.count &&
               b[10].len == l.slices * l.y.fine * l.x.fine * (Py_ssize_t)sizeof(uint16_t);
    int room = 1;
    if (fits) {
        for (Py_ssize_t s = 0; s < l.x.count; s++)
            l.paired |= l.x.spans[4 * s] != l.x.spans[4 * s + 1];
        Py_BEGIN_ALLOW_THREADS
        room = run(&l, first, last);
        Py_END_ALLOW_THREADS
    }
    for (int i = 0; i < 11; i++)
        PyBuffer_Release(&b[i]);
    if (!fits) {
        PyErr_SetString(PyExc_ValueError, "buffers and shapes differ");
        return NULL;
    }
    if (!room)
        return PyErr_NoMemory();
    Py_RETURN_NONE;
}
