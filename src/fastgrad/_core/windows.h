/* C loops over windows of [batch, 3 spatial axes, channels] arrays: see ops/windows.py for what they compute. */
#ifndef FASTGRAD_WINDOWS_H
#define FASTGRAD_WINDOWS_H

#include <math.h>
#include <string.h>
#include "loops.h"

typedef struct {
    intptr_t batch, channels;
    intptr_t in[3], out[3]; /* elements, windows along each axis */
    intptr_t size[3], stride[3], dilation[3], before[3];
} fg_windows;

typedef void (*fg_window_kernel)(const fg_windows *w, char *const *p, char *made);

/* The taps [lo, hi) of window `at` along an axis that lie on the array, and where tap 0 would be. */
FG_INLINE intptr_t fg_taps(const fg_windows *w, int axis, intptr_t at, intptr_t *lo, intptr_t *hi) {
    const intptr_t first = at * w->stride[axis] - w->before[axis], step = w->dilation[axis];
    const intptr_t room = w->in[axis] - first;
    *lo = first >= 0 ? 0 : (-first + step - 1) / step;
    *hi = (w->size[axis] - 1) * step < room ? w->size[axis] : room <= 0 ? 0 : (room + step - 1) / step;
    return first;
}

/* BODY for each window: `m` counts windows; a0, a1, a2 is where its tap 0 would be; [l0, h0) ... its taps. */
#define FG_EACH_WINDOW(W, BODY)                                                                      \
    {                                                                                                \
        intptr_t m = 0, l0, h0, l1, h1, l2, h2;                                                      \
        for (intptr_t b = 0; b < (W)->batch; b++)                                                    \
            for (intptr_t i = 0; i < (W)->out[0]; i++) {                                             \
                const intptr_t a0 = b * (W)->in[0] + fg_taps(W, 0, i, &l0, &h0);                     \
                for (intptr_t j = 0; j < (W)->out[1]; j++) {                                         \
                    const intptr_t a1 = fg_taps(W, 1, j, &l1, &h1);                                  \
                    for (intptr_t k = 0; k < (W)->out[2]; k++, m++) {                                \
                        const intptr_t a2 = fg_taps(W, 2, k, &l2, &h2);                              \
                        BODY                                                                         \
                    }                                                                                \
                }                                                                                    \
            }                                                                                        \
    }

/* BODY for each tap of that window on the array; the element of its first channel is at `at`. */
#define FG_EACH_TAP(W, BODY)                                                                         \
    for (intptr_t t0 = l0; t0 < h0; t0++)                                                            \
        for (intptr_t t1 = l1; t1 < h1; t1++) {                                                      \
            intptr_t at = FG_ROW(W) + (a2 + l2 * (W)->dilation[2]) * (W)->channels;                  \
            for (intptr_t t2 = l2; t2 < h2; t2++, at += (W)->dilation[2] * (W)->channels) BODY       \
        }
#define FG_ROW(W)                                                                                    \
    (((a0 + t0 * (W)->dilation[0]) * (W)->in[1] + a1 + t1 * (W)->dilation[1]) * (W)->in[2] * (W)->channels)

/* BODY for each `run` of elements that are neighbours on the array (`at`) and in the window (`to`). */
#define FG_EACH_RUN(W, BODY)                                                                         \
    {                                                                                                \
        const int together = (W)->dilation[2] == 1;                                                  \
        const intptr_t last = together && h2 > l2 ? l2 + 1 : h2;                                     \
        const intptr_t run = (together ? h2 - l2 : 1) * (W)->channels;                               \
        for (intptr_t t0 = l0; t0 < h0; t0++)                                                        \
            for (intptr_t t1 = l1; t1 < h1; t1++)                                                    \
                for (intptr_t t2 = l2; t2 < last; t2++) {                                            \
                    const intptr_t to = ((t0 * (W)->size[1] + t1) * (W)->size[2] + t2) * (W)->channels; \
                    const intptr_t at = FG_ROW(W) + (a2 + t2 * (W)->dilation[2]) * (W)->channels;    \
                    BODY                                                                             \
                }                                                                                    \
    }

/* BODY for blocks of `width` channels from `first` on, in vectors and registers: n is often small. */
#define FG_EACH_BLOCK(BODY)                                                                          \
    {                                                                                                \
        intptr_t first = 0;                                                                          \
        for (; first + 8 <= n; first += 8) { enum { width = 8 }; BODY }                              \
        for (; first + 4 <= n; first += 4) { enum { width = 4 }; BODY }                              \
        for (; first + 2 <= n; first += 2) { enum { width = 2 }; BODY }                              \
        for (; first < n; first++) { enum { width = 1 }; BODY }                                      \
    }
#define FG_EACH_CHANNEL for (int c = 0; c < width; c++)

/* Kernels. p: operands; made: the result, which those that add find zeros in.
   Is v[c] the largest of its window? */
#define FG_HIT ((v[c] == top[c]) | (v[c] != v[c]))

#define FG_WINDOW_LOOPS(T, NAME)                                                                     \
    static void fg_patches_##NAME(const fg_windows *w, char *const *p, char *made) {                 \
        const T *x = (const T *)p[0];                                                                \
        T *y = (T *)made;                                                                            \
        const intptr_t width = w->size[0] * w->size[1] * w->size[2] * w->channels;                   \
        const T *last_x = x + w->batch * w->in[0] * w->in[1] * w->in[2] * w->channels - 8;           \
        const T *last_y = y + w->batch * w->out[0] * w->out[1] * w->out[2] * width - 8;              \
        FG_EACH_WINDOW(w, {                                                                          \
            T *row = y + m * width;                                                                  \
            const int inside = h0 - l0 == w->size[0] && h1 - l1 == w->size[1] && h2 - l2 == w->size[2]; \
            if (!inside) memset(row, 0, (size_t)width * sizeof(T));                                  \
            FG_EACH_RUN(w, {                                                                         \
                const T *from = x + at;                                                              \
                T *into = row + to;                                                                  \
                if (run <= 8 && inside && from <= last_x && into <= last_y) {                        \
                    /* Runs are short: eight at once, and what is too much is written over next. */  \
                    memcpy(into, from, 8 * sizeof(T));                                               \
                } else {                                                                             \
                    FG_IVDEP for (intptr_t c = 0; c < run; c++) into[c] = from[c];                   \
                }                                                                                    \
            })                                                                                       \
        })                                                                                           \
    }                                                                                                \
    static void fg_unpatches_##NAME(const fg_windows *w, char *const *p, char *made) {               \
        const T *x = (const T *)p[0];                                                                \
        T *y = (T *)made;                                                                            \
        const intptr_t width = w->size[0] * w->size[1] * w->size[2] * w->channels;                   \
        FG_EACH_WINDOW(w, {                                                                          \
            FG_EACH_RUN(w, {                                                                         \
                const T *from = x + m * width + to;                                                  \
                T *into = y + at;                                                                    \
                FG_IVDEP for (intptr_t c = 0; c < run; c++) into[c] += from[c];                      \
            })                                                                                       \
        })                                                                                           \
    }                                                                                                \
    static void fg_window_max_##NAME(const fg_windows *w, char *const *p, char *made) {              \
        const T *x = (const T *)p[0];                                                                \
        T *y = (T *)made;                                                                            \
        const intptr_t n = w->channels;                                                              \
        FG_EACH_WINDOW(w, FG_EACH_BLOCK({                                                            \
            /* NaNs are counted apart: a plain maximum is what compilers make vectors of. */         \
            T top[width];                                                                            \
            T nans[width];                                                                           \
            FG_EACH_CHANNEL top[c] = -(T)INFINITY;                                                   \
            FG_EACH_CHANNEL nans[c] = 0;                                                             \
            FG_EACH_TAP(w, {                                                                         \
                const T *v = x + at + first;                                                         \
                FG_EACH_CHANNEL nans[c] += v[c] != v[c] ? (T)1 : (T)0;                               \
                FG_EACH_CHANNEL top[c] = v[c] > top[c] ? v[c] : top[c];                              \
            })                                                                                       \
            FG_EACH_CHANNEL top[c] = nans[c] > 0 ? (T)NAN : top[c];                                  \
            memcpy(y + m * n + first, top, sizeof(top));                                             \
        }))                                                                                          \
    }                                                                                                \
    static void fg_window_max_pull_##NAME(const fg_windows *w, char *const *p, char *made) {         \
        const T *ct = (const T *)p[0], *x = (const T *)p[1], *y = (const T *)p[2];                   \
        T *total = (T *)made;                                                                        \
        const intptr_t n = w->channels;                                                              \
        FG_EACH_WINDOW(w, FG_EACH_BLOCK({                                                            \
            T top[width]; T share[width]; T ties[width];                                             \
            memcpy(top, y + m * n + first, sizeof(top));                                             \
            FG_EACH_CHANNEL ties[c] = 0;                                                             \
            FG_EACH_TAP(w, {                                                                         \
                const T *v = x + at + first;                                                         \
                FG_EACH_CHANNEL ties[c] += FG_HIT ? (T)1 : (T)0;                                     \
            })                                                                                       \
            FG_EACH_CHANNEL share[c] = ct[m * n + first + c] / ties[c];                              \
            FG_EACH_TAP(w, {                                                                         \
                const T *v = x + at + first;                                                         \
                T *into = total + at + first;                                                        \
                FG_EACH_CHANNEL into[c] += FG_HIT ? share[c] : (T)0;                                 \
            })                                                                                       \
        }))                                                                                          \
    }                                                                                                \
    static void fg_window_max_push_##NAME(const fg_windows *w, char *const *p, char *made) {         \
        const T *x_dot = (const T *)p[0], *x = (const T *)p[1], *y = (const T *)p[2];                \
        T *y_dot = (T *)made;                                                                        \
        const intptr_t n = w->channels;                                                              \
        FG_EACH_WINDOW(w, FG_EACH_BLOCK({                                                            \
            T top[width]; T sum[width]; T ties[width];                                               \
            memcpy(top, y + m * n + first, sizeof(top));                                             \
            FG_EACH_CHANNEL ties[c] = sum[c] = 0;                                                    \
            FG_EACH_TAP(w, {                                                                         \
                const T *v = x + at + first;                                                         \
                const T *dot = x_dot + at + first;                                                   \
                FG_EACH_CHANNEL ties[c] += FG_HIT ? (T)1 : (T)0;                                     \
                FG_EACH_CHANNEL sum[c] += FG_HIT ? dot[c] : (T)0;                                    \
            })                                                                                       \
            FG_EACH_CHANNEL sum[c] = ties[c] > 0 ? sum[c] / ties[c] : 0;                             \
            memcpy(y_dot + m * n + first, sum, sizeof(sum));                                         \
        }))                                                                                          \
    }
FG_WINDOW_LOOPS(float, f32)
FG_WINDOW_LOOPS(double, f64)
#endif
