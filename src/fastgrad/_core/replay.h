/* Instructions of a plan, and those of them that are plain C. See _plan.pyx. */
#ifndef FASTGRAD_REPLAY_H
#define FASTGRAD_REPLAY_H

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include "loops.h"

#define FG_STEP_OPERANDS 8
#define FG_BLOCK 1024 /* elements of a fused group that are worked on together: its scratch stays in L1 */

/* One number, in its own dtype, in a cell of 8 bytes. */
typedef union {
    double d;
    float f;
    uint8_t b;
    int32_t i;
    int64_t l;
    uint64_t bits;
} fg_cell;

/* An operation on numbers: cells, by their place. */
typedef struct {
    uint16_t op, loop;
    uint32_t y, a, b, c;
} fg_scalar;

/* The names after F are those of rows; the operations on float32 follow those on float64. */
#define FG_SCALAR_OPS(F)                                                                                      \
    F(add, x + z) F(subtract, x - z) F(multiply, x * z) F(divide, x / z) F(scale, x == 0 ? 0 : x * z)
#define FG_SCALAR_TERNARY(F) F(sgd_step, x - z * w)
#define FG_SCALAR_UNARY(F) F(negative, -x) F(square, x * x) F(reciprocal, 1 / x)
#define FG_SCALAR_TESTS(F)                                                                                    \
    F(less, x < z) F(less_equal, x <= z) F(greater, x > z) F(greater_equal, x >= z) F(equal, x == z) F(not_equal, x != z)

/* Integers wrap, as NumPy's do. */
#define FG_SCALAR_INTS(F) F(add, x + z) F(subtract, x - z)
#define FG_SCALAR_BOOLS(F) F(logical_and, x && z) F(logical_or, x || z)

/* Casts that lose no more than rounding: F(dtypes, member of the one, member of the other, type of the other) */
#define FG_SCALAR_CASTS(F)                                                                                    \
    F(float32_float64, f, d, double) F(float64_float32, d, f, float) F(int32_float64, i, d, double)           \
    F(int64_float64, l, d, double) F(int32_float32, i, f, float) F(int64_float32, l, f, float)                \
    F(int32_int64, i, l, int64_t) F(bool_float64, b, d, double) F(bool_float32, b, f, float)

enum {
    FG_S_LOOP,
    FG_S_MOVE,
    FG_S_WHERE,
    FG_S_SQRT64,
    FG_S_SQRT32,
#define F(NAME, E) FG_S_##NAME##64, FG_S_##NAME##32,
    FG_SCALAR_OPS(F) FG_SCALAR_TERNARY(F) FG_SCALAR_UNARY(F) FG_SCALAR_TESTS(F)
#undef F
    FG_S_isfinite64, FG_S_isfinite32,
    FG_S_FLOATS, /* those on other dtypes follow */
#define F(NAME, E) FG_S_##NAME##_int64, FG_S_##NAME##_int32,
    FG_SCALAR_INTS(F) FG_SCALAR_TESTS(F)
#undef F
#define F(NAME, E) FG_S_##NAME##_bool,
    FG_SCALAR_BOOLS(F)
#undef F
    FG_S_logical_not_bool,
    FG_S_ROWS, /* what follows is not found by the name of a row alone */
#define F(NAME, FROM, TO, TYPE) FG_S_##NAME,
    FG_SCALAR_CASTS(F)
#undef F
    FG_S_COUNT
};

static const char *const fg_scalar_names[] = {
    "", "", "where", "sqrt", "sqrt",
#define F(NAME, E) #NAME, #NAME,
    FG_SCALAR_OPS(F) FG_SCALAR_TERNARY(F) FG_SCALAR_UNARY(F) FG_SCALAR_TESTS(F)
#undef F
    "isfinite", "isfinite", "",
#define F(NAME, E) #NAME, #NAME,
    FG_SCALAR_INTS(F) FG_SCALAR_TESTS(F)
#undef F
#define F(NAME, E) #NAME,
    FG_SCALAR_BOOLS(F)
#undef F
    "logical_not", "",
#define F(NAME, FROM, TO, TYPE) "cast " #NAME,
    FG_SCALAR_CASTS(F)
#undef F
};

static int fg_scalar_arity(int op) {
    switch (op) {
    case FG_S_WHERE:
#define F(NAME, E) case FG_S_##NAME##64: case FG_S_##NAME##32:
        FG_SCALAR_TERNARY(F)
#undef F
        return 3;
    case FG_S_MOVE: case FG_S_SQRT64: case FG_S_SQRT32: case FG_S_isfinite64: case FG_S_isfinite32:
    case FG_S_logical_not_bool:
#define F(NAME, FROM, TO, TYPE) case FG_S_##NAME:
        FG_SCALAR_CASTS(F)
#undef F
#define F(NAME, E) case FG_S_##NAME##64: case FG_S_##NAME##32:
        FG_SCALAR_UNARY(F)
#undef F
        return 1;
    default: return 2;
    }
}

typedef struct {
    fg_loop loop;
    fg_number_fn number; /* a function of one or two numbers that gives its bits, or NULL */
    int single;          /* of floats, not doubles */
    int operands, step[4];
} fg_scalar_loop;

/* Machine code (see machine.h): of a stretch; or of a loop, for at most `turns` of its turns, which gives how many are
   left, 0: it is not done yet. */
typedef intptr_t (*fg_code)(fg_cell *r, intptr_t turns);

static void fg_run_scalar_loop(fg_cell *r, const fg_scalar *s, const fg_scalar_loop *l) {
    const uint32_t at[4] = {s->a, s->b, s->c, s->y};
    char *p[4];
    intptr_t one = 1, steps[4];
    for (int k = 0; k < l->operands; k++) {
        p[k] = (char *)&r[k == l->operands - 1 ? s->y : at[k]];
        steps[k] = l->step[k];
    }
    l->loop.fn(p, &one, steps, l->loop.data);
}

static void fg_run_scalars(const fg_scalar *s, intptr_t n, fg_cell *r, const fg_scalar_loop *loops) {
    for (const fg_scalar *end = s + n; s < end; s++) {
        switch (s->op) {
        case FG_S_LOOP: fg_run_scalar_loop(r, s, &loops[s->loop]); break;
        case FG_S_MOVE: r[s->y] = r[s->a]; break;
        case FG_S_WHERE: r[s->y] = r[s->a].b ? r[s->b] : r[s->c]; break;
        case FG_S_SQRT64: r[s->y].d = sqrt(r[s->a].d); break;
        case FG_S_SQRT32: r[s->y].f = sqrtf(r[s->a].f); break;
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##64: { double x = r[s->a].d, z = r[s->b].d; r[s->y].d = E; break; }                      \
    case FG_S_##NAME##32: { float x = r[s->a].f, z = r[s->b].f; r[s->y].f = E; break; }
        FG_SCALAR_OPS(F)
#undef F
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##64: { double x = r[s->a].d, z = r[s->b].d, w = r[s->c].d; r[s->y].d = E; break; }       \
    case FG_S_##NAME##32: { float x = r[s->a].f, z = r[s->b].f, w = r[s->c].f; r[s->y].f = E; break; }
        FG_SCALAR_TERNARY(F)
#undef F
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##64: { double x = r[s->a].d; r[s->y].d = E; break; }                                     \
    case FG_S_##NAME##32: { float x = r[s->a].f; r[s->y].f = E; break; }
        FG_SCALAR_UNARY(F)
#undef F
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##64: { double x = r[s->a].d, z = r[s->b].d; r[s->y].b = E; break; }                      \
    case FG_S_##NAME##32: { float x = r[s->a].f, z = r[s->b].f; r[s->y].b = E; break; }
        FG_SCALAR_TESTS(F)
#undef F
        case FG_S_isfinite64: r[s->y].b = isfinite(r[s->a].d) != 0; break;
        case FG_S_isfinite32: r[s->y].b = isfinite(r[s->a].f) != 0; break;
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##_int64: { uint64_t x = (uint64_t)r[s->a].l, z = (uint64_t)r[s->b].l; r[s->y].l = (int64_t)(E); break; } \
    case FG_S_##NAME##_int32: { uint32_t x = (uint32_t)r[s->a].i, z = (uint32_t)r[s->b].i; r[s->y].i = (int32_t)(E); break; }
        FG_SCALAR_INTS(F)
#undef F
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##_int64: { int64_t x = r[s->a].l, z = r[s->b].l; r[s->y].b = E; break; }                \
    case FG_S_##NAME##_int32: { int32_t x = r[s->a].i, z = r[s->b].i; r[s->y].b = E; break; }
        FG_SCALAR_TESTS(F)
#undef F
#define F(NAME, E)                                                                                            \
    case FG_S_##NAME##_bool: { uint8_t x = r[s->a].b, z = r[s->b].b; r[s->y].b = E; break; }
        FG_SCALAR_BOOLS(F)
#undef F
        case FG_S_logical_not_bool: r[s->y].b = !r[s->a].b; break;
#define F(NAME, FROM, TO, TYPE) case FG_S_##NAME: r[s->y].TO = (TYPE)r[s->a].FROM; break;
        FG_SCALAR_CASTS(F)
#undef F
        }
    }
}

static int64_t fg_now(void) { /* ns; the monotonic clock is not in C */
    struct timespec t;
    timespec_get(&t, TIME_UTC);
    return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* One elementwise operation of a group. Operands: slots, steps in bytes (0: one number for all), and where a block
   finds its elements: FG_ALONG: as far from the slot as the block is from the first one; 0: at the slot, which is
   scratch of one block, or a number; else as far as it is from a multiple of `span` elements. */
#define FG_ALONG -1
typedef struct {
    fg_loop loop;
    int operands;
    int32_t slot[FG_STEP_OPERANDS];
    int32_t step[FG_STEP_OPERANDS];
    int32_t span[FG_STEP_OPERANDS];
} fg_step;

/* An array of a smaller shape that a group repeats. */
enum {
    FG_TILED,  /* span elements over and over; slot y has them that often, before the first block */
    FG_LONG,   /* the same, but too many to have them again: no block goes beyond a multiple of them */
    FG_SPREAD, /* each element span times; slot y has those of one block */
};
typedef struct {
    int32_t x, y, span;
    uint8_t kind, size;
    intptr_t nbytes; /* FG_TILED: of slot y */
} fg_repeat;

/* A sum of what a group reads or makes, float32 or float64. */
enum {
    FG_NO_SUM,
    FG_ALL,  /* of all numbers, in pairs as NumPy adds them up: see fg_run_tree */
    FG_ROWS, /* of rows of `row` numbers, one after the other */
};
typedef struct {
    fg_loop add;
    int32_t x, y, span, row; /* span: as in a step */
    uint8_t kind, size;
    intptr_t count; /* what a mean divides by; 0: nothing */
} fg_sum;

#define FG_TREES 16 /* as many sums of all numbers may be in one group */

typedef struct {
    intptr_t n; /* elements */
    int n_steps, n_repeats, n_sums, n_trees;
    int lanes; /* as many threads may run it; each has scratch of its own, one block beside the other */
    fg_step *steps;
    fg_repeat *repeats;
    fg_sum *sums; /* those of all numbers first */
} fg_group;

static void fg_tile(char *y, const char *x, intptr_t period, intptr_t nbytes) {
    intptr_t done = period < nbytes ? period : nbytes;
    memcpy(y, x, (size_t)done);
    for (; done < nbytes; done *= 2) memcpy(y + done, y, (size_t)(2 * done < nbytes ? done : nbytes - done));
}

#define FG_SPREAD_BY(T)                                                                                       \
    for (T *to = (T *)y; n > 0; n -= m, m = span < n ? span : n, from += sizeof(T))                           \
        for (intptr_t k = 0; k < m; k++) memcpy(to++, from, sizeof(T));

typedef struct {
    fg_cell first, second;
} fg_cells; /* a complex128 */

/* n elements of a result, from its element `at` on. */
static void fg_spread(char *y, const char *x, int size, intptr_t span, intptr_t at, intptr_t n) {
    const char *from = x + at / span * size;
    intptr_t m = span - at % span;
    if (m > n) m = n;
    switch (size) {
    case 1: FG_SPREAD_BY(uint8_t) break;
    case 2: FG_SPREAD_BY(uint16_t) break;
    case 4: FG_SPREAD_BY(uint32_t) break;
    case 8: FG_SPREAD_BY(uint64_t) break;
    default: FG_SPREAD_BY(fg_cells) break;
    }
}

#define FG_ADD_TO_ROWS(T)                                                                                     \
    for (intptr_t j = at % m, k = 0, end; k < n; j = 0)                                                       \
        for (end = n - k < m - j ? n : k + m - j; k < end; k++, j++) ((T *)y)[j] += ((const T *)x)[k];

static void fg_add_to_rows(char *y, const char *x, int size, intptr_t m, intptr_t at, intptr_t n) {
    if (size == 4) {
        FG_ADD_TO_ROWS(float)
    } else {
        FG_ADD_TO_ROWS(double)
    }
}

/* n elements from `at` on, of which there is room for in scratch. */
static void fg_run_one(const fg_group *g, char *const *p, intptr_t at, intptr_t n, int lane) {
    for (const fg_repeat *r = g->repeats, *end = r + g->n_repeats; r < end; r++)
        if (r->kind == FG_SPREAD) fg_spread(p[r->y] + lane * FG_BLOCK * r->size, p[r->x], r->size, r->span, at, n);
    for (const fg_step *s = g->steps, *end = s + g->n_steps; s < end; s++) {
        char *args[FG_STEP_OPERANDS];
        intptr_t steps[FG_STEP_OPERANDS], length = n;
        for (int k = 0; k < s->operands; k++) {
            const int32_t span = s->span[k];
            args[k] = p[s->slot[k]] + (span == 0 ? lane * FG_BLOCK : span == FG_ALONG ? at : at % span) * s->step[k];
            steps[k] = s->step[k];
        }
        s->loop.fn(args, &length, steps, s->loop.data);
    }
    for (const fg_sum *s = g->sums + g->n_trees, *end = g->sums + g->n_sums; s < end; s++)
        fg_add_to_rows(p[s->y], p[s->x] + (s->span ? at : lane * FG_BLOCK) * s->size, s->size, s->row, at, n);
}

/* The same for any n: no block goes beyond a multiple of a long repeat. */
static void fg_run_some(const fg_group *g, char *const *p, intptr_t at, intptr_t n, int lane) {
    for (intptr_t end = at + n; at < end; at += n) {
        n = end - at < FG_BLOCK ? end - at : FG_BLOCK;
        for (const fg_repeat *r = g->repeats; r < g->repeats + g->n_repeats; r++)
            if (r->kind == FG_LONG && n > r->span - at % r->span) n = r->span - at % r->span;
        fg_run_one(g, p, at, n, lane);
    }
}

static void fg_add_totals(const fg_group *g, fg_cell *totals, const fg_cell *others) {
    for (int k = 0; k < g->n_trees; k++) {
        if (g->sums[k].size == 4) totals[k].f += others[k].f;
        else totals[k].d += others[k].d;
    }
}

/* The first half of n > 128 numbers that NumPy adds up; the sum of the others is added to its sum. */
static intptr_t fg_first_half(intptr_t n) { return n / 2 - n / 2 % 8; }

/* The same for any n, with the totals of what is summed as a whole: blocks are halves of halves. */
static void fg_run_tree(const fg_group *g, char *const *p, intptr_t at, intptr_t n, int lane, fg_cell *totals) {
    if (n <= FG_BLOCK) {
        fg_run_one(g, p, at, n, lane);
        for (int k = 0; k < g->n_trees; k++) {
            const fg_sum *s = &g->sums[k];
            char *args[3] = {(char *)&totals[k], p[s->x] + (s->span ? at : lane * FG_BLOCK) * s->size, (char *)&totals[k]};
            intptr_t length = n, steps[3] = {0, s->size, 0};
            if (s->size == 4) totals[k].f = -0.0f; /* which is added without a trace */
            else totals[k].d = -0.0;
            s->add.fn(args, &length, steps, s->add.data);
        }
        return;
    }
    fg_cell others[FG_TREES];
    const intptr_t half = fg_first_half(n);
    fg_run_tree(g, p, at, half, lane, totals);
    fg_run_tree(g, p, at + half, n - half, lane, others);
    fg_add_totals(g, totals, others);
}

/* A group in parts for several threads: ranges of elements; columns, if rows are summed, each row by row as ever; or
   the branches of the tree that is summed. Results are the same to the bit. */
#define FG_BRANCHES 8
typedef struct {
    const fg_group *g;
    char *const *p;
    intptr_t size;                /* of a range, or columns */
    intptr_t at[FG_BRANCHES + 1]; /* where branches begin */
    fg_cell totals[FG_BRANCHES][FG_TREES];
} fg_shared;

static void fg_run_range(void *job, intptr_t k, int lane) {
    const fg_shared *j = job;
    const intptr_t at = k * j->size, left = j->g->n - at;
    fg_run_some(j->g, j->p, at, left < j->size ? left : j->size, lane);
}

static void fg_run_columns(void *job, intptr_t k, int lane) {
    const fg_shared *j = job;
    const intptr_t row = j->g->sums[0].row, first = k * j->size, n = row - first < j->size ? row - first : j->size;
    for (intptr_t at = first; at < j->g->n; at += row) fg_run_some(j->g, j->p, at, n, lane);
}

static void fg_run_branch(void *job, intptr_t k, int lane) {
    fg_shared *j = job;
    fg_run_tree(j->g, j->p, j->at[k], j->at[k + 1] - j->at[k], lane, j->totals[k]);
}

static intptr_t fg_parts(intptr_t n, intptr_t size) { return (n + size - 1) / size; }

static void fg_share_group(const fg_group *g, char *const *p, fg_runner run, fg_cell *totals) {
    fg_shared j = {.g = g, .p = p};
    if (g->n_trees) {
        j.at[FG_BRANCHES] = g->n;
        for (int width = FG_BRANCHES; width > 1; width /= 2)
            for (int k = 0; k < FG_BRANCHES; k += width)
                j.at[k + width / 2] = j.at[k] + fg_first_half(j.at[k + width] - j.at[k]);
        run(fg_run_branch, &j, FG_BRANCHES, g->lanes);
        for (int width = 1; width < FG_BRANCHES; width *= 2)
            for (int k = 0; k < FG_BRANCHES; k += 2 * width) fg_add_totals(g, j.totals[k], j.totals[k + width]);
        memcpy(totals, j.totals[0], sizeof j.totals[0]);
    } else if (g->n_sums) {
        j.size = (fg_parts(g->sums[0].row, g->lanes) + 63) / 64 * 64; /* no line of a cache is shared */
        run(fg_run_columns, &j, fg_parts(g->sums[0].row, j.size), g->lanes);
    } else {
        j.size = (fg_parts(g->n, 4 * g->lanes) + FG_BLOCK - 1) / FG_BLOCK * FG_BLOCK; /* one thread may be faster than another */
        run(fg_run_range, &j, fg_parts(g->n, j.size), g->lanes);
    }
}

static void fg_run_group(const fg_group *g, char *const *p, fg_runner run) {
    const fg_repeat *const end_repeats = g->repeats + g->n_repeats;
    const fg_sum *const end_sums = g->sums + g->n_sums;
    fg_cell totals[FG_TREES];
    for (const fg_repeat *r = g->repeats; r < end_repeats; r++)
        if (r->kind == FG_TILED) fg_tile(p[r->y], p[r->x], (intptr_t)r->span * r->size, r->nbytes);
    for (const fg_sum *s = g->sums; s < end_sums; s++) memset(p[s->y], 0, (size_t)s->row * s->size);
    if (g->lanes > 1) fg_share_group(g, p, run, totals);
    else if (g->n_trees) fg_run_tree(g, p, 0, g->n, 0, totals);
    else fg_run_some(g, p, 0, g->n, 0);
    for (int k = 0; k < g->n_trees; k++) {
        if (g->sums[k].size == 4) *(float *)p[g->sums[k].y] += totals[k].f;
        else *(double *)p[g->sums[k].y] += totals[k].d;
    }
    for (const fg_sum *s = g->sums; s < end_sums; s++)
        for (int32_t k = 0; s->count && k < s->row; k++) {
            if (s->size == 4) ((float *)p[s->y])[k] /= (float)s->count;
            else ((double *)p[s->y])[k] /= (double)s->count;
        }
}

#endif
