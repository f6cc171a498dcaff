/* Softmax and what is made of it, row by row. What NumPy's function does to arrays is done to one row after the
   other by the same loops, in cache: the bits are the same. -1 for a row whose largest number is infinite or a NaN. */
#ifndef FASTGRAD_SOFTMAX_H
#define FASTGRAD_SOFTMAX_H

#include <math.h>
#include <stdint.h>
#include "loops.h"

#define FG_CLASSES 2048 /* numbers of a row whose exponentials have room on the stack */

typedef struct {
    fg_loop exp, log, add;
} fg_softmax_loops;

#define FG_SOFTMAX(T, S)                                                                                      \
    /* e = exp(x - largest), and their sum */                                                                 \
    static int fg_exponentials_##S(T *e, const T *x, intptr_t n, const fg_softmax_loops *l, T *largest, T *sum) { \
        T most = x[0];                                                                                        \
        for (intptr_t k = 1; k < n; k++)                                                                      \
            if (x[k] > most || x[k] != x[k]) most = x[k];                                                     \
        if (!isfinite(most)) return -1;                                                                       \
        for (intptr_t k = 0; k < n; k++) e[k] = x[k] - most;                                                  \
        char *ee[2] = {(char *)e, (char *)e}, *se[3] = {(char *)sum, (char *)e, (char *)sum};                 \
        const intptr_t along[2] = {sizeof(T), sizeof(T)}, into[3] = {0, sizeof(T), 0};                        \
        *sum = 0;                                                                                             \
        *largest = most;                                                                                      \
        l->exp.fn(ee, &n, along, l->exp.data);                                                                \
        l->add.fn(se, &n, into, l->add.data);                                                                 \
        return 0;                                                                                             \
    }                                                                                                         \
    static int fg_softmax_##S(T *y, const T *x, intptr_t rows, intptr_t n, const fg_softmax_loops *l) {       \
        T most, sum;                                                                                          \
        for (; rows--; x += n, y += n) {                                                                      \
            if (fg_exponentials_##S(y, x, n, l, &most, &sum)) return -1;                                      \
            for (intptr_t k = 0; k < n; k++) y[k] /= sum;                                                     \
        }                                                                                                     \
        return 0;                                                                                             \
    }                                                                                                         \
    static T fg_logarithm_##S(T x, const fg_softmax_loops *l) {                                               \
        T y;                                                                                                  \
        char *p[2] = {(char *)&x, (char *)&y};                                                                \
        const intptr_t one = 1, steps[2] = {sizeof(T), sizeof(T)};                                            \
        l->log.fn(p, &one, steps, l->log.data);                                                               \
        return y;                                                                                             \
    }                                                                                                         \
    static int fg_log_softmax_##S(T *y, const T *x, intptr_t rows, intptr_t n, const fg_softmax_loops *l) {   \
        T most, sum;                                                                                          \
        for (; rows--; x += n, y += n) {                                                                      \
            if (fg_exponentials_##S(y, x, n, l, &most, &sum)) return -1;                                      \
            sum = fg_logarithm_##S(sum, l);                                                                   \
            for (intptr_t k = 0; k < n; k++) y[k] = (x[k] - most) - sum;                                      \
        }                                                                                                     \
        return 0;                                                                                             \
    }                                                                                                         \
    /* y = -log_softmax(x)[label]; -1 for a label that is none, too */                                        \
    static int fg_cross_entropy_##S(T *y, const void *labels, int wide, const T *x, intptr_t rows, intptr_t n, \
                                    const fg_softmax_loops *l) {                                              \
        T e[FG_CLASSES], most, sum;                                                                           \
        for (intptr_t k = 0; k < rows; k++, x += n) {                                                         \
            const int64_t label = wide ? ((const int64_t *)labels)[k] : ((const int32_t *)labels)[k];         \
            if (label < 0 || label >= n || fg_exponentials_##S(e, x, n, l, &most, &sum)) return -1;           \
            y[k] = -((x[label] - most) - fg_logarithm_##S(sum, l));                                           \
        }                                                                                                     \
        return 0;                                                                                             \
    }

FG_SOFTMAX(float, f32)
FG_SOFTMAX(double, f64)

#endif
