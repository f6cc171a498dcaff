/* C kernels over strided memory that know no operation: iteration, copies, casts, selection. */
#ifndef FASTGRAD_KERNELS_H
#define FASTGRAD_KERNELS_H

#include <stdint.h>
#include <string.h>
#include "loops.h"

#define FG_MAX_OPERANDS 8
#define FG_MAX_NDIM 64

#define FG_SHORT_ROW 64 /* elements: rows shorter than that are worth gathering into longer ones */
#define FG_TILE 4096    /* bytes */

/* A short row that meets many rows, (6,) with (50000, 6): set beside itself until it is long. 0: not such a case. */
static int fg_iterate_tiled(fg_loop loop, int operands, char *const *data, intptr_t (*s)[FG_MAX_NDIM],
                            const intptr_t *d) {
    double tiles[2][FG_TILE / sizeof(double)]; /* for their alignment */
    int row[FG_MAX_OPERANDS], rows = 0; /* the tile of each operand, -1 for one that is whole */
    intptr_t steps[FG_MAX_OPERANDS], longest = 1;
    for (int k = 0; k < operands; k++) {
        steps[k] = s[k][1];
        row[k] = -1;
        if (s[k][0] == s[k][1] * d[1]) continue;
        if (s[k][0] != 0 || rows == 2 || k == operands - 1) return 0;
        row[k] = rows++;
        if (s[k][1] > longest) longest = s[k][1];
    }
    intptr_t often = FG_TILE / (d[1] * longest);
    if (often > d[0]) often = d[0];
    if (often < 4) return 0;
    for (int k = 0; k < operands; k++)
        for (intptr_t i = 0; row[k] >= 0 && i < often; i++)
            memcpy((char *)tiles[row[k]] + i * d[1] * s[k][1], data[k], (size_t)(d[1] * s[k][1]));
    for (intptr_t i = 0; i < d[0]; i += often) {
        intptr_t n = (i + often > d[0] ? d[0] - i : often) * d[1];
        char *args[FG_MAX_OPERANDS];
        for (int k = 0; k < operands; k++) args[k] = row[k] >= 0 ? (char *)tiles[row[k]] : data[k] + i * s[k][0];
        loop.fn(args, &n, steps, loop.data);
    }
    return 1;
}

/* Run `loop` over an n-d iteration space. strides[k * FG_MAX_NDIM + axis]: byte stride of operand k.
   Adjacent axes that are contiguous in every operand are merged, so that the inner loop is long.
   tiling: elements are independent of each other, and each operand's fastest stride is 0 or its item's size. */
static void fg_iterate(fg_loop loop, int operands, char *const *data, const intptr_t *strides, int ndim,
                       const intptr_t *dims, int tiling) {
    intptr_t d[FG_MAX_NDIM], at[FG_MAX_NDIM];
    intptr_t s[FG_MAX_OPERANDS][FG_MAX_NDIM];
    char *p[FG_MAX_OPERANDS];
    intptr_t steps[FG_MAX_OPERANDS];
    int n = 0;
    for (int axis = 0; axis < ndim; axis++) {
        if (dims[axis] == 0) return;
        if (dims[axis] == 1) continue;
        int merge = n > 0;
        for (int k = 0; merge && k < operands; k++)
            merge = s[k][n - 1] == strides[k * FG_MAX_NDIM + axis] * dims[axis];
        if (merge) {
            d[n - 1] *= dims[axis];
        } else {
            d[n++] = dims[axis];
        }
        for (int k = 0; k < operands; k++) s[k][n - 1] = strides[k * FG_MAX_NDIM + axis];
    }
    for (int k = 0; k < operands; k++) p[k] = data[k];
    if (n == 0) {
        intptr_t one = 1;
        for (int k = 0; k < operands; k++) steps[k] = 0;
        loop.fn(p, &one, steps, loop.data);
        return;
    }
    for (int k = 0; k < operands; k++) steps[k] = s[k][n - 1];
    if (tiling && n == 2 && d[1] < FG_SHORT_ROW && fg_iterate_tiled(loop, operands, p, s, d)) return;
    for (int axis = 0; axis < n; axis++) at[axis] = 0;
    for (;;) {
        char *args[FG_MAX_OPERANDS]; /* a loop may move its pointers */
        memcpy(args, p, sizeof(char *) * (size_t)operands);
        loop.fn(args, &d[n - 1], steps, loop.data);
        int axis = n - 2;
        for (; axis >= 0; axis--) {
            at[axis]++;
            for (int k = 0; k < operands; k++) p[k] += s[k][axis];
            if (at[axis] < d[axis]) break;
            for (int k = 0; k < operands; k++) p[k] -= s[k][axis] * d[axis];
            at[axis] = 0;
        }
        if (axis < 0) return;
    }
}

/* ------------------------------------------------------------------------------ copy, select by size */
typedef struct {
    uint64_t lo, hi;
} fg_16bytes;

#define FG_COPY(NAME, T)                                                                             \
    static void fg_copy_##NAME(char **p, const intptr_t *n, const intptr_t *s, void *unused) {       \
        (void)unused;                                                                                \
        char *x = p[0], *y = p[1];                                                                   \
        if (s[0] == (intptr_t)sizeof(T) && s[1] == (intptr_t)sizeof(T)) {                            \
            memcpy(y, x, (size_t)*n * sizeof(T));                                                    \
            return;                                                                                  \
        }                                                                                            \
        for (intptr_t k = 0; k < *n; k++) *(T *)(y + k * s[1]) = *(const T *)(x + k * s[0]);         \
    }
FG_COPY(1, uint8_t)
FG_COPY(2, uint16_t)
FG_COPY(4, uint32_t)
FG_COPY(8, uint64_t)
FG_COPY(16, fg_16bytes)

#define FG_SELECT_IF(T, k) *(p[0] + (k) * s[0]) ? *(const T *)(p[1] + (k) * s[1]) : *(const T *)(p[2] + (k) * s[2])
#define FG_SELECT_EACH(T)                                                                            \
    for (intptr_t k = 0; k < *n; k++) *(T *)(p[3] + k * s[3]) = FG_SELECT_IF(T, k);

static void fg_select_16(char **p, const intptr_t *n, const intptr_t *s, void *unused) {
    (void)unused;
    FG_SELECT_EACH(fg_16bytes)
}

/* By masks, where elements lie together: a branch would be guessed wrong half of the time. */
#define FG_SELECT_MASKED(T, ONE, OTHER)                                                              \
    FG_IVDEP for (intptr_t k = 0; k < m; k++) {                                                      \
        const T mask = (T)-(T)(c[k] != 0);                                                           \
        y[k] = (T)((ONE & mask) | (OTHER & (T)~mask));                                               \
    }
#define FG_SELECT(NAME, T)                                                                           \
    static void fg_select_##NAME(char **p, const intptr_t *n, const intptr_t *s, void *unused) {     \
        const intptr_t size = sizeof(T), m = *n;                                                     \
        const uint8_t *c = (const uint8_t *)p[0];                                                    \
        const T *a = (const T *)p[1], *b = (const T *)p[2];                                          \
        T *y = (T *)p[3];                                                                            \
        (void)unused;                                                                                \
        if (m < 2 || s[0] != 1 || s[3] != size || (s[1] && s[1] != size) || (s[2] && s[2] != size)) { \
            FG_SELECT_EACH(T)                                                                        \
        } else if (s[1] && s[2]) {                                                                   \
            FG_SELECT_MASKED(T, a[k], b[k])                                                          \
        } else if (s[1]) {                                                                           \
            const T other = *b;                                                                      \
            FG_SELECT_MASKED(T, a[k], other)                                                         \
        } else {                                                                                     \
            const T one = *a;                                                                        \
            if (s[2]) {                                                                              \
                FG_SELECT_MASKED(T, one, b[k])                                                       \
            } else {                                                                                 \
                const T other = *b;                                                                  \
                FG_SELECT_MASKED(T, one, other)                                                      \
            }                                                                                        \
        }                                                                                            \
    }
FG_SELECT(1, uint8_t)
FG_SELECT(2, uint16_t)
FG_SELECT(4, uint32_t)
FG_SELECT(8, uint64_t)

static fg_loop_fn fg_copy_loop(int size) {
    return size == 1 ? fg_copy_1 : size == 2 ? fg_copy_2 : size == 4 ? fg_copy_4
         : size == 8 ? fg_copy_8 : fg_copy_16;
}
static fg_loop_fn fg_select_loop(int size) {
    return size == 1 ? fg_select_1 : size == 2 ? fg_select_2 : size == 4 ? fg_select_4
         : size == 8 ? fg_select_8 : fg_select_16;
}

/* Gather strided elements into contiguous memory. The two fastest axes are walked here, without a call for
   each row of what may be short rows; where memory runs along the slower one, in blocks that the cache holds. */
#define FG_BLOCK 16
#define FG_GATHER(NAME, T)                                                                           \
    static void fg_gather_##NAME(char *to, const char *from, intptr_t n, intptr_t m, intptr_t s,     \
                                 intptr_t t) {                                                       \
        T *y = (T *)to;                                                                              \
        if (t == (intptr_t)sizeof(T) && m >= FG_BLOCK) {                                             \
            for (intptr_t i = 0; i < n; i++) memcpy(y + i * m, from + i * s, (size_t)m * sizeof(T)); \
        } else if (n < FG_BLOCK || m < FG_BLOCK || s == 0 || s > t) {                                \
            for (intptr_t i = 0; i < n; i++)                                                         \
                for (intptr_t j = 0; j < m; j++) *y++ = *(const T *)(from + i * s + j * t);          \
        } else {                                                                                     \
            for (intptr_t i0 = 0; i0 < n; i0 += FG_BLOCK)                                            \
                for (intptr_t j0 = 0; j0 < m; j0 += FG_BLOCK)                                        \
                    for (intptr_t i = i0; i < n && i < i0 + FG_BLOCK; i++)                           \
                        for (intptr_t j = j0; j < m && j < j0 + FG_BLOCK; j++)                       \
                            y[i * m + j] = *(const T *)(from + i * s + j * t);                       \
        }                                                                                            \
    }
FG_GATHER(1, uint8_t)
FG_GATHER(2, uint16_t)
FG_GATHER(4, uint32_t)
FG_GATHER(8, uint64_t)
FG_GATHER(16, fg_16bytes)

static void fg_gather(int size, char *to, const char *from, const intptr_t *strides, int ndim,
                      const intptr_t *dims) {
    intptr_t d[FG_MAX_NDIM + 2], s[FG_MAX_NDIM + 2], at[FG_MAX_NDIM + 2];
    int n = 0;
    for (int axis = 0; axis < ndim; axis++) {
        if (dims[axis] == 0) return;
        if (dims[axis] == 1) continue;
        if (n > 0 && s[n - 1] == strides[axis] * dims[axis]) {
            d[n - 1] *= dims[axis];
        } else {
            d[n++] = dims[axis];
        }
        s[n - 1] = strides[axis];
    }
    for (int missing = n < 2 ? 2 - n : 0; missing > 0; missing--, n++) {
        memmove(d + 1, d, sizeof(intptr_t) * (size_t)n);
        memmove(s + 1, s, sizeof(intptr_t) * (size_t)n);
        d[0] = 1;
        s[0] = 0;
    }
    n -= 2;
    for (int axis = 0; axis < n; axis++) at[axis] = 0;
    for (;;) {
        switch (size) {
        case 1: fg_gather_1(to, from, d[n], d[n + 1], s[n], s[n + 1]); break;
        case 2: fg_gather_2(to, from, d[n], d[n + 1], s[n], s[n + 1]); break;
        case 4: fg_gather_4(to, from, d[n], d[n + 1], s[n], s[n + 1]); break;
        case 8: fg_gather_8(to, from, d[n], d[n + 1], s[n], s[n + 1]); break;
        default: fg_gather_16(to, from, d[n], d[n + 1], s[n], s[n + 1]);
        }
        to += d[n] * d[n + 1] * size;
        int axis = n - 1;
        for (; axis >= 0; axis--) {
            from += s[axis];
            if (++at[axis] < d[axis]) break;
            from -= s[axis] * d[axis];
            at[axis] = 0;
        }
        if (axis < 0) return;
    }
}

/* n rows of `chunk` bytes, from places of one distance to places of another. */
static void fg_copy_rows(char *to, intptr_t to_step, const char *from, intptr_t step, intptr_t n, intptr_t chunk) {
    if (chunk == 8) /* a call for each number would take longer than the copy */
        for (intptr_t i = 0; i < n; i++) memcpy(to + i * to_step, from + i * step, 8);
    else if (chunk == 4)
        for (intptr_t i = 0; i < n; i++) memcpy(to + i * to_step, from + i * step, 4);
    else if (chunk)
        for (intptr_t i = 0; i < n; i++) memcpy(to + i * to_step, from + i * step, (size_t)chunk);
}

/* Add n rows of m contiguous numbers, row by row: what a binary loop does in n calls. */
#define FG_ADD_ROWS(NAME, T)                                                                         \
    static void fg_add_rows_##NAME(char *to, const char *from, intptr_t n, intptr_t m, intptr_t s) { \
        T *y = (T *)to;                                                                              \
        for (intptr_t i = 0; i < n; i++)                                                             \
            for (intptr_t j = 0; j < m; j++) y[j] += ((const T *)(from + i * s))[j];                 \
    }
FG_ADD_ROWS(f32, float)
FG_ADD_ROWS(f64, double)

/* ---------------------------------------------------------------------------------- along one axis
   v: how often the axis stands, its length, elements behind it. */

/* v[3], v[4]: leave each element out of its own sum; begin at the end. */
#define FG_RUNNING(NAME, T)                                                                          \
    static void fg_running_##NAME(T *y, const T *x, const intptr_t *v) {                             \
        const intptr_t length = v[1], n = v[2], step = v[4] ? -n : n;                                \
        for (intptr_t i = 0; i < v[0]; i++) {                                                        \
            const intptr_t first = i * length * n + (v[4] ? (length - 1) * n : 0);                   \
            const T *a = x + first;                                                                  \
            T *b = y + first;                                                                        \
            intptr_t k = 1;                                                                          \
            for (intptr_t j = 0; j < n; j++) b[j] = v[3] ? 0 : a[j];                                 \
            if (v[3] && length > 1) {                                                                \
                b += step;                                                                           \
                for (intptr_t j = 0; j < n; j++) b[j] = a[j];                                        \
                k = 2;                                                                               \
            }                                                                                        \
            if (n == 1) { /* the sum stays in a register */                                          \
                T sum = *b;                                                                          \
                for (; k < length; k++) {                                                            \
                    a += step;                                                                       \
                    b += step;                                                                       \
                    *b = sum = sum + *a;                                                             \
                }                                                                                    \
                continue;                                                                            \
            }                                                                                        \
            for (; k < length; k++) {                                                                \
                a += step;                                                                           \
                b += step;                                                                           \
                for (intptr_t j = 0; j < n; j++) b[j] = (b - step)[j] + a[j];                        \
            }                                                                                        \
        }                                                                                            \
    }
FG_RUNNING(f32, float)
FG_RUNNING(f64, double)

/* Positions of the first largest elements, or smallest without v[3]; NaN is both. Written for vectors: blocks of
   neighbours are worked on at once. */
#define FG_LANES 32
#define FG_FIRST(NAME, T)                                                                            \
    static void fg_first_block_##NAME(int64_t *y, const T *x, intptr_t length, intptr_t step, int n, int largest) { \
        T best[FG_LANES];                                                                            \
        int64_t at[FG_LANES];                                                                        \
        for (int l = 0; l < n; l++) at[l] = 0, best[l] = x[l];                                       \
        for (intptr_t k = 1; k < length; k++) {                                                      \
            const T *a = x + k * step;                                                               \
            for (int l = 0; l < n; l++) {                                                            \
                const int better = (largest ? a[l] > best[l] : a[l] < best[l]) | ((a[l] != a[l]) & (best[l] == best[l])); \
                at[l] = better ? k : at[l];                                                          \
                best[l] = better ? a[l] : best[l];                                                   \
            }                                                                                        \
        }                                                                                            \
        memcpy(y, at, (size_t)n * sizeof(int64_t));                                                  \
    }                                                                                                \
    static void fg_first_##NAME(int64_t *y, const T *x, const intptr_t *v) {                         \
        const intptr_t length = v[1], n = v[2];                                                      \
        for (intptr_t i = 0; i < v[0]; i++, y += n, x += length * n) {                               \
            intptr_t j = 0;                                                                          \
            for (; j + FG_LANES <= n; j += FG_LANES)                                                 \
                fg_first_block_##NAME(y + j, x + j, length, n, FG_LANES, (int)v[3]);                 \
            if (j < n) fg_first_block_##NAME(y + j, x + j, length, n, (int)(n - j), (int)v[3]);      \
        }                                                                                            \
    }
FG_FIRST(f32, float)
FG_FIRST(f64, double)

/* ------------------------------------------------------------------ casts that can't be out of range */
#define FG_CAST(NAME, FROM, TO)                                                                      \
    static void fg_cast_##NAME(char **p, const intptr_t *n, const intptr_t *s, void *unused) {       \
        (void)unused;                                                                                \
        if (s[0] == (intptr_t)sizeof(FROM) && s[1] == (intptr_t)sizeof(TO)) {                        \
            const FROM *x = (const FROM *)p[0];                                                      \
            TO *y = (TO *)p[1];                                                                      \
            for (intptr_t k = 0; k < *n; k++) y[k] = (TO)x[k];                                       \
            return;                                                                                  \
        }                                                                                            \
        for (intptr_t k = 0; k < *n; k++)                                                            \
            *(TO *)(p[1] + k * s[1]) = (TO) * (const FROM *)(p[0] + k * s[0]);                       \
    }
#define FG_CASTS(NAME, FROM) FG_CAST(NAME##_f32, FROM, float) FG_CAST(NAME##_f64, FROM, double)
FG_CASTS(b1, uint8_t)
FG_CASTS(i8, int8_t)
FG_CASTS(u8, uint8_t)
FG_CASTS(i16, int16_t)
FG_CASTS(u16, uint16_t)
FG_CASTS(i32, int32_t)
FG_CASTS(u32, uint32_t)
FG_CASTS(i64, int64_t)
FG_CASTS(u64, uint64_t)
FG_CAST(f32_f64, float, double)
FG_CAST(f64_f32, double, float)

/* By dtype code (see dtypes.py): bool, int8, uint8, ... int64, uint64, float16, float32, float64. */
static fg_loop_fn fg_cast_loop(int from, int to) {
    static const fg_loop_fn from_int[9][2] = {
        {fg_cast_b1_f32, fg_cast_b1_f64},   {fg_cast_i8_f32, fg_cast_i8_f64},
        {fg_cast_u8_f32, fg_cast_u8_f64},   {fg_cast_i16_f32, fg_cast_i16_f64},
        {fg_cast_u16_f32, fg_cast_u16_f64}, {fg_cast_i32_f32, fg_cast_i32_f64},
        {fg_cast_u32_f32, fg_cast_u32_f64}, {fg_cast_i64_f32, fg_cast_i64_f64},
        {fg_cast_u64_f32, fg_cast_u64_f64},
    };
    if (to != 10 && to != 11) return NULL;
    if (from >= 0 && from < 9) return from_int[from][to - 10];
    if (from == 10 && to == 11) return fg_cast_f32_f64;
    if (from == 11 && to == 10) return fg_cast_f64_f32;
    return NULL;
}
#endif
