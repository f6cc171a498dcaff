/* Products of matrices that are not large. BLAS copies both operands into an order of its own before it multiplies,
   which pays for large ones; here rows of the one meet the other where it lies, or a panel of it.

   A. An element of the result is a chain of fused multiply-adds over the inner axis, first to last, for any shape,
      layout and number of threads: a transposed operand gives the bits that its transposition gives.
   B. A tile of the result stays in registers: 8 or 4 rows of up to three vectors. The last vector of a row is masked. */
#ifndef FASTGRAD_MATMUL_H
#define FASTGRAD_MATMUL_H

#include <stdint.h>
#include "vecmath.h"

/* y[m, n] = a[m, k] b[k, n]. Steps in elements; rows of b and y lie together: b[p, j] at p * b_row + j. */
typedef struct {
    intptr_t m, n, k;
    const char *a, *b;
    char *y;
    intptr_t a_row, a_step, b_row, b_step, y_row;
} fg_product;

#if FG_LEVELS == 3
#include <immintrin.h>

#define FG_TILE_DEPTH 192 /* of the inner axis at once: a panel of b, 36 KB at most, stays in L1 */
#define FG_PACK_ROWS 64   /* of a, from which on it pays to put a panel together: far apart, its rows share few sets of L1 */
#define FG_AHEAD 12       /* steps to prefetch: the rows of a transposed a, far apart, else cost large ones a quarter more */

/* `rows` by `vectors` of y: the sums so far, if `more`, and those over `depth` of the inner axis */
#define FG_TILE_OF(T, LEVEL, TARGET, LANES, ROWS, VECTORS)                                                    \
    TARGET static void fg_tile_##T##_##LEVEL##_##ROWS##_##VECTORS(                                            \
        const T *a, intptr_t a_row, intptr_t a_step, const T *b, intptr_t b_row, T *y, intptr_t y_row,        \
        intptr_t depth, int more, FG_MASK_##T##_##LEVEL mask) {                                               \
        FG_VEC_##T##_##LEVEL sums[ROWS][VECTORS], v[VECTORS];                                                 \
        FG_UNROLLED(ROWS) for (int i = 0; i < ROWS; i++) {                                                    \
            FG_UNROLLED(VECTORS) for (int j = 0; j < VECTORS - 1; j++)                                        \
                sums[i][j] = more ? FG_LOAD_##T##_##LEVEL(y + i * y_row + j * LANES) : FG_ZERO_##T##_##LEVEL; \
            sums[i][VECTORS - 1] = more ? FG_SOME_##T##_##LEVEL(y + i * y_row + (VECTORS - 1) * LANES, mask)  \
                                        : FG_ZERO_##T##_##LEVEL;                                              \
        }                                                                                                     \
        for (intptr_t p = 0; p < depth; p++, a += a_step, b += b_row) {                                       \
            __builtin_prefetch(a + FG_AHEAD * a_step);                                                        \
            FG_UNROLLED(VECTORS) for (int j = 0; j < VECTORS - 1; j++) v[j] = FG_LOAD_##T##_##LEVEL(b + j * LANES);\
            v[VECTORS - 1] = FG_SOME_##T##_##LEVEL(b + (VECTORS - 1) * LANES, mask);                          \
            FG_UNROLLED(ROWS) for (int i = 0; i < ROWS; i++) {                                                \
                const FG_VEC_##T##_##LEVEL x = FG_ALL_##T##_##LEVEL(a[i * a_row]);                            \
                FG_UNROLLED(VECTORS) for (int j = 0; j < VECTORS; j++)                                        \
                    sums[i][j] = FG_FMA_##T##_##LEVEL(x, v[j], sums[i][j]);                                   \
            }                                                                                                 \
        }                                                                                                     \
        FG_UNROLLED(ROWS) for (int i = 0; i < ROWS; i++) {                                                    \
            FG_UNROLLED(VECTORS) for (int j = 0; j < VECTORS - 1; j++)                                        \
                FG_STORE_##T##_##LEVEL(y + i * y_row + j * LANES, sums[i][j]);                                \
            FG_STORE_SOME_##T##_##LEVEL(y + i * y_row + (VECTORS - 1) * LANES, mask, sums[i][VECTORS - 1]);   \
        }                                                                                                     \
    }

#define FG_PRAGMA(X) _Pragma(#X)
#if defined(__clang__)
#define FG_UNROLLED(N) FG_PRAGMA(clang loop unroll(full))
#else
#define FG_UNROLLED(N) FG_PRAGMA(GCC unroll N)
#endif

#define FG_VEC_float_1 __m256
#define FG_MASK_float_1 __m256i
#define FG_ZERO_float_1 _mm256_setzero_ps()
#define FG_ALL_float_1 _mm256_set1_ps
#define FG_LOAD_float_1 _mm256_loadu_ps
#define FG_SOME_float_1 _mm256_maskload_ps
#define FG_STORE_float_1 _mm256_storeu_ps
#define FG_STORE_SOME_float_1 _mm256_maskstore_ps
#define FG_FMA_float_1 _mm256_fmadd_ps
#define FG_FIRST_float_1(n) _mm256_cmpgt_epi32(_mm256_set1_epi32(n), _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7))

#define FG_VEC_double_1 __m256d
#define FG_MASK_double_1 __m256i
#define FG_ZERO_double_1 _mm256_setzero_pd()
#define FG_ALL_double_1 _mm256_set1_pd
#define FG_LOAD_double_1 _mm256_loadu_pd
#define FG_SOME_double_1 _mm256_maskload_pd
#define FG_STORE_double_1 _mm256_storeu_pd
#define FG_STORE_SOME_double_1 _mm256_maskstore_pd
#define FG_FMA_double_1 _mm256_fmadd_pd
#define FG_FIRST_double_1(n) _mm256_cmpgt_epi64(_mm256_set1_epi64x(n), _mm256_setr_epi64x(0, 1, 2, 3))

#define FG_VEC_float_2 __m512
#define FG_MASK_float_2 __mmask16
#define FG_ZERO_float_2 _mm512_setzero_ps()
#define FG_ALL_float_2 _mm512_set1_ps
#define FG_LOAD_float_2 _mm512_loadu_ps
#define FG_SOME_float_2(p, mask) _mm512_maskz_loadu_ps(mask, p)
#define FG_STORE_float_2 _mm512_storeu_ps
#define FG_STORE_SOME_float_2 _mm512_mask_storeu_ps
#define FG_FMA_float_2 _mm512_fmadd_ps
#define FG_FIRST_float_2(n) (__mmask16)((1u << (n)) - 1)

#define FG_VEC_double_2 __m512d
#define FG_MASK_double_2 __mmask8
#define FG_ZERO_double_2 _mm512_setzero_pd()
#define FG_ALL_double_2 _mm512_set1_pd
#define FG_LOAD_double_2 _mm512_loadu_pd
#define FG_SOME_double_2(p, mask) _mm512_maskz_loadu_pd(mask, p)
#define FG_STORE_double_2 _mm512_storeu_pd
#define FG_STORE_SOME_double_2 _mm512_mask_storeu_pd
#define FG_FMA_double_2 _mm512_fmadd_pd
#define FG_FIRST_double_2(n) (__mmask8)((1u << (n)) - 1)

/* y[p, j] = x[j, p], for a square of 4 by 4 */
static void fg_square_float(const float *x, intptr_t x_row, float *y, intptr_t y_row) {
    __m128 a = _mm_loadu_ps(x), b = _mm_loadu_ps(x + x_row), c = _mm_loadu_ps(x + 2 * x_row), d = _mm_loadu_ps(x + 3 * x_row);
    _MM_TRANSPOSE4_PS(a, b, c, d);
    _mm_storeu_ps(y, a), _mm_storeu_ps(y + y_row, b), _mm_storeu_ps(y + 2 * y_row, c), _mm_storeu_ps(y + 3 * y_row, d);
}

static void fg_square_double(const double *x, intptr_t x_row, double *y, intptr_t y_row) {
    for (int j = 0; j < 4; j += 2, x += 2 * x_row, y += 2)
        for (int p = 0; p < 4; p += 2) {
            __m128d a = _mm_loadu_pd(x + p), b = _mm_loadu_pd(x + x_row + p);
            _mm_storeu_pd(y + p * y_row, _mm_unpacklo_pd(a, b)), _mm_storeu_pd(y + (p + 1) * y_row, _mm_unpackhi_pd(a, b));
        }
}

/* `wide` columns and `depth` rows of b, side by side */
#define FG_PACK(T)                                                                                            \
    static void fg_pack_##T(T *y, intptr_t y_row, const T *b, intptr_t b_row, intptr_t b_step, intptr_t depth,\
                            intptr_t wide) {                                                                  \
        if (b_step == 1) {                                                                                    \
            for (intptr_t p = 0; p < depth; p++) memcpy(y + p * y_row, b + p * b_row, (size_t)wide * sizeof(T));\
            return;                                                                                           \
        }                                                                                                     \
        intptr_t j = 0, p;                                                                                    \
        for (; j + 4 <= wide; j += 4) {                                                                       \
            for (p = 0; p + 4 <= depth; p += 4)                                                               \
                fg_square_##T(b + j * b_step + p, b_step, y + p * y_row + j, y_row);                          \
            for (; p < depth; p++)                                                                            \
                for (int l = 0; l < 4; l++) y[p * y_row + j + l] = b[(j + l) * b_step + p];                   \
        }                                                                                                     \
        for (; j < wide; j++)                                                                                 \
            for (p = 0; p < depth; p++) y[p * y_row + j] = b[j * b_step + p];                                 \
    }
FG_PACK(float)
FG_PACK(double)

#define FG_TILE_CASE(T, LEVEL, ROWS)                                                                          \
    switch (vectors) {                                                                                        \
    case 1: fg_tile_##T##_##LEVEL##_##ROWS##_1(FG_TILE_GIVEN); break;                                         \
    case 2: fg_tile_##T##_##LEVEL##_##ROWS##_2(FG_TILE_GIVEN); break;                                         \
    default: fg_tile_##T##_##LEVEL##_##ROWS##_3(FG_TILE_GIVEN); break;                                        \
    }
#define FG_TILE_GIVEN a, q->a_row, q->a_step, b, b_row, y, q->y_row, depth, o > 0, mask

/* How many vectors the next tile has of those that are left: 2 and 2, not 3 and 1, which would wait for its sums. */
static int fg_next_vectors(intptr_t left) { return left > 4 ? 3 : left == 4 ? 2 : (int)left; }

/* fg_multiply: `columns` of y from its column `first` on. A panel of b, as wide as a tile, goes with all rows of a. */
#define FG_MULTIPLY(T, LEVEL, TARGET, LANES, MOST)                                                            \
    FG_TILE_OF(T, LEVEL, TARGET, LANES, 1, 1) FG_TILE_OF(T, LEVEL, TARGET, LANES, 1, 2)                       \
    FG_TILE_OF(T, LEVEL, TARGET, LANES, 1, 3) FG_TILE_OF(T, LEVEL, TARGET, LANES, 2, 1)                       \
    FG_TILE_OF(T, LEVEL, TARGET, LANES, 2, 2) FG_TILE_OF(T, LEVEL, TARGET, LANES, 2, 3)                       \
    FG_TILE_OF(T, LEVEL, TARGET, LANES, MOST, 1) FG_TILE_OF(T, LEVEL, TARGET, LANES, MOST, 2)                 \
    FG_TILE_OF(T, LEVEL, TARGET, LANES, MOST, 3)                                                              \
    TARGET static void fg_multiply_##T##_##LEVEL(const fg_product *q, intptr_t first, intptr_t columns) {     \
        T panel[FG_TILE_DEPTH * 3 * LANES];                                                                   \
        for (intptr_t o = 0, depth; o < q->k; o += depth) {                                                   \
            depth = q->k - o < FG_TILE_DEPTH ? q->k - o : FG_TILE_DEPTH;                                      \
            for (intptr_t at = first, wide, i; at < first + columns; at += wide) {                            \
                const intptr_t left = first + columns - at;                                                   \
                const int vectors = fg_next_vectors((left + LANES - 1) / LANES);                              \
                wide = left < vectors * LANES ? left : vectors * LANES;                                       \
                const FG_MASK_##T##_##LEVEL mask = FG_FIRST_##T##_##LEVEL(wide - (vectors - 1) * LANES);      \
                const T *a = (const T *)q->a + o * q->a_step;                                                 \
                const T *b = (const T *)q->b + o * q->b_row + at * q->b_step;                                 \
                T *y = (T *)q->y + at;                                                                        \
                intptr_t b_row = q->b_row;                                                                    \
                if (q->b_step != 1 || (q->m >= FG_PACK_ROWS && b_row > vectors * LANES)) {                    \
                    b_row = vectors * LANES;                                                                  \
                    fg_pack_##T(panel, b_row, b, q->b_row, q->b_step, depth, wide);                           \
                    b = panel;                                                                                \
                }                                                                                             \
                for (i = 0; i + MOST <= q->m; i += MOST, a += MOST * q->a_row, y += MOST * q->y_row) {        \
                    FG_TILE_CASE(T, LEVEL, MOST)                                                              \
                }                                                                                             \
                for (; i + 2 <= q->m; i += 2, a += 2 * q->a_row, y += 2 * q->y_row) {                         \
                    FG_TILE_CASE(T, LEVEL, 2)                                                                 \
                }                                                                                             \
                if (i < q->m) {                                                                               \
                    FG_TILE_CASE(T, LEVEL, 1)                                                                 \
                }                                                                                             \
            }                                                                                                 \
        }                                                                                                     \
    }

FG_MULTIPLY(float, 1, FG_AVX2, 8, 4)
FG_MULTIPLY(double, 1, FG_AVX2, 4, 4)
FG_MULTIPLY(float, 2, FG_AVX512, 16, 8)
FG_MULTIPLY(double, 2, FG_AVX512, 8, 8)
#endif

/* Computes `columns` of y from its column `first` on. */
typedef struct {
    void (*multiply)(const fg_product *q, intptr_t first, intptr_t columns);
    intptr_t lanes; /* of a vector */
} fg_multiplier;

/* `multiply` is NULL where there is none for an instruction set. */
static fg_multiplier fg_find_multiplier(int level, int is_double) {
#if FG_LEVELS == 3
    static const fg_multiplier found[3][2] = {
        {{NULL, 0}, {NULL, 0}},
        {{fg_multiply_float_1, 8}, {fg_multiply_double_1, 4}},
        {{fg_multiply_float_2, 16}, {fg_multiply_double_2, 8}},
    };
    return found[level][is_double];
#else
    (void)level, (void)is_double;
    return (fg_multiplier){NULL, 0};
#endif
}

#endif
