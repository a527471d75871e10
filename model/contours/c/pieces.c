/* Voxels of a structure along each axis, and of each of its pieces; see model/contours/counts.py and pieces.py. */
#include "kernel.h"

/* Set voxels of a row whose bytes are 0 or 1; each is added to its column, which may overflow after 255 rows. */
static Py_ssize_t add_row(const uint8_t *row, Py_ssize_t n, uint8_t *columns)
{
    Py_ssize_t total = 0, c = 0;
    for (; c + 8 <= n; c += 8) {
        uint64_t word;
        memcpy(&word, row + c, 8);
        total += (Py_ssize_t)((word * UINT64_C(0x0101010101010101)) >> 56);
    }
    for (; c < n; c++)
        total += row[c];
    if (total)
        for (c = 0; c < n; c++)
            columns[c] = (uint8_t)(columns[c] + row[c]);
    return total;
}

/* counts(array, numbers) -> bytes of int64: voxels of each slice, then of each row, then of each column */
PyObject *py_counts(PyObject *self, PyObject *args)
{
    PyObject *array, *numbers;
    Voxels v;
    if (!PyArg_ParseTuple(args, "OO", &array, &numbers) || voxels_open(&v, array, numbers))
        return NULL;
    const Py_ssize_t nz = v.size[0], ny = v.size[1], nx = v.size[2];
    const Py_ssize_t bytes = (nz + ny + nx) * (Py_ssize_t)sizeof(int64_t);
    PyObject *answer = PyBytes_FromStringAndSize(NULL, bytes);
    uint8_t *room = calloc((size_t)nx * 2 + 1, 1);
    if (answer && room) {
        int64_t *slices = (int64_t *)PyBytes_AS_STRING(answer), *rows = slices + nz, *columns = rows + ny;
        uint8_t *few = room + nx;
        memset(slices, 0, (size_t)bytes);
        Py_BEGIN_ALLOW_THREADS
        int added = 0;
        for (Py_ssize_t z = 0; z < nz; z++)
            for (Py_ssize_t y = 0; y < ny; y++) {
                Py_ssize_t found = add_row(voxels_row(&v, z, y, room), nx, few);
                slices[z] += found;
                rows[y] += found;
                if ((found && ++added == 255) || (z == nz - 1 && y == ny - 1)) {
                    for (Py_ssize_t x = 0; x < nx; x++)
                        columns[x] += few[x];
                    memset(few, 0, (size_t)nx);
                    added = 0;
                }
            }
        Py_END_ALLOW_THREADS
    } else {
        Py_CLEAR(answer);
        PyErr_NoMemory();
    }
    free(room);
    voxels_close(&v);
    return answer;
}

/* The runs of set voxels of one slice: first, one past the last, and piece of each; where those of each row begin. */
typedef struct {
    Ints runs;
    int32_t *rows;
} Slice;

typedef struct {
    Ints parent;
    int64_t *size; /* of a piece that is its own parent: its voxels */
    Py_ssize_t room;
} Pieces;

static int32_t root(Pieces *p, int32_t piece)
{
    int32_t *parent = p->parent.data;
    while (parent[piece] != piece) {
        parent[piece] = parent[parent[piece]];
        piece = parent[piece];
    }
    return piece;
}

static int32_t new_piece(Pieces *p)
{
    int32_t piece = (int32_t)p->parent.size;
    if (p->parent.size == INT32_MAX || ints_push(&p->parent, piece))
        return -1;
    if (p->room < p->parent.room) {
        int64_t *size = realloc(p->size, (size_t)p->parent.room * sizeof(int64_t));
        if (!size)
            return -1;
        p->size = size;
        p->room = p->parent.room;
    }
    p->size[piece] = 0;
    return piece;
}

/* The piece of both; the one that came first stays. */
static int32_t joined(Pieces *p, int32_t one, int32_t other)
{
    one = root(p, one);
    other = root(p, other);
    if (one == other)
        return one;
    if (other < one) {
        int32_t held = one;
        one = other;
        other = held;
    }
    p->parent.data[other] = one;
    p->size[one] += p->size[other];
    return one;
}

/* The runs of a row, each joined with those of the rows beside it that it touches, also at a corner. */
static int add_runs(Pieces *p, Slice *now, Py_ssize_t y, const uint8_t *row, Py_ssize_t n, const Slice *beside[4],
                    const Py_ssize_t beside_row[4], int count)
{
    int32_t next[4], end[4];
    for (int k = 0; k < count; k++) {
        next[k] = beside[k]->rows[beside_row[k]];
        end[k] = beside[k]->rows[beside_row[k] + 1];
    }
    const uint8_t *at = row, *after = row + n;
    while (at < after && (at = memchr(at, 1, (size_t)(after - at)))) {
        const uint8_t *stop = memchr(at, 0, (size_t)(after - at));
        int32_t first = (int32_t)(at - row), last = (int32_t)((stop ? stop : after) - row), piece = -1;
        for (int k = 0; k < count; k++) {
            const int32_t *runs = beside[k]->runs.data;
            while (next[k] < end[k] && runs[3 * next[k] + 1] < first)
                next[k]++;
            /* A run that reaches beyond this one may touch the next one too, so it is looked at again. */
            for (int32_t i = next[k]; i < end[k] && runs[3 * i] <= last; i++)
                piece = piece < 0 ? root(p, runs[3 * i + 2]) : joined(p, piece, runs[3 * i + 2]);
        }
        if (piece < 0 && (piece = new_piece(p)) < 0)
            return -1;
        p->size[piece] += last - first;
        if (ints_push(&now->runs, first) || ints_push(&now->runs, last) || ints_push(&now->runs, piece))
            return -1;
        at = row + last;
    }
    now->rows[y + 1] = (int32_t)(now->runs.size / 3);
    return 0;
}

static int find_pieces(const Voxels *v, Pieces *p, Slice *before, Slice *now, uint8_t *room)
{
    const Py_ssize_t ny = v->size[1], nx = v->size[2];
    for (Py_ssize_t z = 0; z < v->size[0]; z++) {
        now->runs.size = now->rows[0] = 0;
        for (Py_ssize_t y = 0; y < ny; y++) {
            const Slice *beside[4];
            Py_ssize_t beside_row[4];
            int count = 0;
            if (y)
                beside[count] = now, beside_row[count++] = y - 1;
            for (Py_ssize_t other = y - 1; z && other <= y + 1; other++)
                if (other >= 0 && other < ny)
                    beside[count] = before, beside_row[count++] = other;
            if (add_runs(p, now, y, voxels_row(v, z, y, room), nx, beside, beside_row, count))
                return -1;
        }
        Slice held = *before;
        *before = *now;
        *now = held;
    }
    return 0;
}

/* pieces(array, numbers) -> bytes of int64: voxels of each 26-connected piece, in the order of their first voxels */
PyObject *py_pieces(PyObject *self, PyObject *args)
{
    PyObject *array, *numbers, *answer = NULL;
    Voxels v;
    if (!PyArg_ParseTuple(args, "OO", &array, &numbers) || voxels_open(&v, array, numbers))
        return NULL;
    Pieces p = {0};
    Slice before = {0}, now = {0};
    uint8_t *room = malloc((size_t)v.size[2] + 1);
    before.rows = calloc((size_t)v.size[1] + 1, sizeof(int32_t));
    now.rows = calloc((size_t)v.size[1] + 1, sizeof(int32_t));
    int failed = !room || !before.rows || !now.rows;
    Py_ssize_t found = 0;
    if (!failed) {
        Py_BEGIN_ALLOW_THREADS
        failed = find_pieces(&v, &p, &before, &now, room);
        for (Py_ssize_t i = 0; i < p.parent.size && !failed; i++)
            if (p.parent.data[i] == i)
                p.size[found++] = p.size[i];
        Py_END_ALLOW_THREADS
    }
    if (failed)
        PyErr_NoMemory();
    else
        answer = PyBytes_FromStringAndSize((const char *)p.size, found * (Py_ssize_t)sizeof(int64_t));
    free(room);
    free(before.rows);
    free(now.rows);
    free(before.runs.data);
    free(now.runs.data);
    free(p.parent.data);
    free(p.size);
    voxels_close(&v);
    return answer;
}
