/* C kernels over strided memory that know no operation: iteration, copies, casts, selection. */
#ifndef FASTGRAD_KERNELS_H
#define FASTGRAD_KERNELS_H

#include <stdint.h>
#include <string.h>
#include "loops.h"

#define FG_MAX_OPERANDS 8
#define FG_MAX_NDIM 64

/* Run `loop` over an n-d iteration space. strides[k * FG_MAX_NDIM + axis]: byte stride of operand k.
   Adjacent axes that are contiguous in every operand are merged, so that the inner loop is long. */
static void fg_iterate(fg_loop loop, int operands, char *const *data, const intptr_t *strides, int ndim,
                       const intptr_t *dims) {
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
    }                                                                                                \
    static void fg_select_##NAME(char **p, const intptr_t *n, const intptr_t *s, void *unused) {     \
        (void)unused;                                                                                \
        for (intptr_t k = 0; k < *n; k++)                                                            \
            *(T *)(p[3] + k * s[3]) = *(p[0] + k * s[0]) ? *(const T *)(p[1] + k * s[1])             \
                                                         : *(const T *)(p[2] + k * s[2]);            \
    }
FG_COPY(1, uint8_t)
FG_COPY(2, uint16_t)
FG_COPY(4, uint32_t)
FG_COPY(8, uint64_t)
FG_COPY(16, fg_16bytes)

static fg_loop_fn fg_copy_loop(int size) {
    return size == 1 ? fg_copy_1 : size == 2 ? fg_copy_2 : size == 4 ? fg_copy_4
         : size == 8 ? fg_copy_8 : fg_copy_16;
}
static fg_loop_fn fg_select_loop(int size) {
    return size == 1 ? fg_select_1 : size == 2 ? fg_select_2 : size == 4 ? fg_select_4
         : size == 8 ? fg_select_8 : fg_select_16;
}

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
