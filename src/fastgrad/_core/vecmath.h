/* Elementary functions in loops that a C compiler vectorises. tools/polynomials.py prints the constants.

   A. One function of one number computes each element, branch-free, in plain C: whichever instruction set runs
      it, in a vector or alone, the bits are the same. That needs IEEE arithmetic as written: no contraction to
      fused multiply-adds (setup.py), no excess precision.
   B. A loop runs over blocks. A block's kernel also says if an argument lay outside the function's usual range;
      for those elements, and only then, the exact function of libm is called afterwards.
   C. Kernels exist once per instruction set; the best this machine has is chosen when the core is imported.
      Where a compiler can't do that, the kernel is what it makes of the plain code. */
#ifndef FASTGRAD_VECMATH_H
#define FASTGRAD_VECMATH_H

#include <float.h>
#include <math.h>
#include <stdint.h>
#include <string.h>
#include "loops.h"

#define FG_LANES 8         /* kernels run on multiples of this: no remainder loop in any instruction set */
#define FG_VECTOR_BLOCK 256

#if defined(__GNUC__) && defined(__x86_64__) && !defined(FASTGRAD_DEBUG)
#define FG_LEVELS 3
#define FG_AVX2 __attribute__((target("avx2")))
#if defined(__clang__)
#define FG_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq")))
#else
#define FG_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,prefer-vector-width=512")))
#endif
static int fg_best_level(void) {
    __builtin_cpu_init();
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return 2;
    return __builtin_cpu_supports("avx2") ? 1 : 0;
}
#else
#define FG_LEVELS 1
static int fg_best_level(void) { return 0; }
#endif

static int fg_level; /* set at import */

#if defined(_MSC_VER)
#define FG_RESTRICT __restrict
#else
#define FG_RESTRICT restrict
#endif

FG_INLINE uint64_t fg_bits(double x) {
    uint64_t u;
    memcpy(&u, &x, 8);
    return u;
}
FG_INLINE double fg_double(uint64_t u) {
    double x;
    memcpy(&x, &u, 8);
    return x;
}
#define FG_SIGN ((uint64_t)1 << 63)

/* Sets its sign bit if |x| > limit, or x is a NaN. */
FG_INLINE uint64_t fg_beyond(double x, double limit) { return fg_bits(limit) - (fg_bits(x) & ~FG_SIGN); }

/* ------------------------------------------------------------------------------------------ sine, cosine
   x = n pi/2 + r, |r| <= pi/4, with pi/2 in three parts (Cody and Waite). For |n| < 2^16, n * P1 and n * P2 are
   exact, and so are x - n * P1 and what r - (t - n * P2) finds, by the lemmas of Sterbenz and Dekker: where
   |t| < |n * P2|, the difference itself is exact. What the parts leave out is below 2^-125 n, while no double in
   range lies closer than 2^-69 n to a multiple of pi/2. */
#define FG_SINCOS_LIMIT 1e5
#define FG_ROUND 6755399441055744.0 /* 1.5 * 2^52: its last bit is one */

#define FG_2_PI 0.6366197723675814
#define FG_P1 1.5707963267923333
#define FG_P2 2.5633441515839558e-12
#define FG_P3 1.0562999066987428e-23

typedef struct {
    double r, m;       /* the reduced argument is r - m */
    uint64_t quadrant; /* in the last two bits */
} fg_angle;

FG_INLINE fg_angle fg_reduce(double x) {
    fg_angle a;
    const double s = x * FG_2_PI + FG_ROUND;
    const double n = s - FG_ROUND;
    const double t = x - n * FG_P1;
    const double w = n * FG_P2;
    a.r = t - w;
    a.m = ((a.r - t) + w) + n * FG_P3;
    a.quadrant = fg_bits(s);
    return a;
}

/* sin(r - m); error of the polynomial 2^-57.9. For r = -0, what is subtracted is +0. */
FG_INLINE double fg_sin_near(double r, double m) {
    const double z = r * r;
    const double p =
        -0.1666666666666663 + z * (0.008333333333322108 + z * (-0.00019841269829580163 +
        z * (2.75573136180164e-06 + z * (-2.5050747218064714e-08 + z * 1.5896197629005922e-10))));
    return r - (m - (z * r) * p);
}

/* cos(r - m); error of the polynomial 2^-64.5. */
FG_INLINE double fg_cos_near(double r, double m) {
    const double z = r * r;
    const double p =
        0.04166666666666647 + z * (-0.0013888888888861973 + z * (2.4801587284080415e-05 +
        z * (-2.7557313113577875e-07 + z * (2.087558165167744e-09 + z * -1.1353257549407444e-11))));
    const double h = 0.5 * z, w = 1 - h;
    return w + (((1 - w) - h) + (z * (z * p) + r * m));
}

FG_INLINE double fg_turned(fg_angle a, uint64_t turns) {
    const uint64_t q = a.quadrant + turns;
    const uint64_t odd = 0 - (q & 1);
    const uint64_t s = fg_bits(fg_sin_near(a.r, a.m)), c = fg_bits(fg_cos_near(a.r, a.m));
    return fg_double(((c & odd) | (s & ~odd)) ^ ((q & 2) << 62));
}

/* The same bits for one number: only what is needed is computed. */
FG_INLINE double fg_turned_1(fg_angle a, uint64_t turns) {
    const uint64_t q = a.quadrant + turns;
    const double y = q & 1 ? fg_cos_near(a.r, a.m) : fg_sin_near(a.r, a.m);
    return q & 2 ? -y : y;
}

FG_INLINE uint64_t fg_sin_beyond(double x) { return fg_beyond(x, FG_SINCOS_LIMIT); }
FG_INLINE uint64_t fg_cos_beyond(double x) { return fg_beyond(x, FG_SINCOS_LIMIT); }
FG_INLINE double fg_sin_usual(double x) { return fg_turned(fg_reduce(x), 0); }
FG_INLINE double fg_cos_usual(double x) { return fg_turned(fg_reduce(x), 1); }
FG_INLINE double fg_sin_alone(double x) {
    return fg_sin_beyond(x) >> 63 ? sin(x) : fg_turned_1(fg_reduce(x), 0);
}
FG_INLINE double fg_cos_alone(double x) {
    return fg_cos_beyond(x) >> 63 ? cos(x) : fg_turned_1(fg_reduce(x), 1);
}

/* ---------------------------------------------------------------------------------------------- the loops */
typedef uint64_t (*fg_vector_kernel)(const double *FG_RESTRICT x, double *FG_RESTRICT y, intptr_t n);

FG_INLINE void fg_vector_loop(char **args, intptr_t n, const intptr_t *steps, fg_vector_kernel kernel,
                              double (*alone)(double), uint64_t (*beyond)(double)) {
    double gathered[FG_VECTOR_BLOCK], made[FG_VECTOR_BLOCK];
    const intptr_t sx = steps[0], sy = steps[1], size = (intptr_t)sizeof(double);
    for (intptr_t o = 0; o < n; o += FG_VECTOR_BLOCK) {
        char *px = args[0] + o * sx, *py = args[1] + o * sy;
        const intptr_t m = n - o < FG_VECTOR_BLOCK ? n - o : FG_VECTOR_BLOCK;
        const intptr_t padded = (m + FG_LANES - 1) / FG_LANES * FG_LANES;
        const double *x = (const double *)px;
        double *y = sy == size && m == padded && px != py ? (double *)py : made;
        if (sx != size || m != padded) {
            for (intptr_t k = m; k < padded; k++) gathered[k] = 0;
            if (sx == size)
                memcpy(gathered, px, (size_t)m * sizeof(double));
            else
                for (intptr_t k = 0; k < m; k++) gathered[k] = *(const double *)(px + k * sx);
            x = gathered;
        }
        if (kernel(x, y, padded) >> 63) {
            for (intptr_t k = 0; k < m; k++)
                if (beyond(x[k]) >> 63) y[k] = alone(x[k]);
        }
        if (y == made) {
            if (sy == size)
                memcpy(py, made, (size_t)m * sizeof(double));
            else
                for (intptr_t k = 0; k < m; k++) *(double *)(py + k * sy) = made[k];
        }
    }
}

#define FG_VECTOR_BODY(F)                                                                            \
    FG_INLINE uint64_t fg_##F##_body(const double *FG_RESTRICT x, double *FG_RESTRICT y, intptr_t n) { \
        uint64_t beyond = 0;                                                                         \
        for (intptr_t k = 0; k < n / FG_LANES * FG_LANES; k++) {                                     \
            beyond |= fg_##F##_beyond(x[k]);                                                         \
            y[k] = fg_##F##_usual(x[k]);                                                             \
        }                                                                                            \
        return beyond;                                                                               \
    }
#define FG_VECTOR_LEVEL(F, LEVEL, TARGET)                                                            \
    TARGET static uint64_t fg_##F##_##LEVEL(const double *FG_RESTRICT x, double *FG_RESTRICT y,      \
                                            intptr_t n) {                                            \
        return fg_##F##_body(x, y, n);                                                               \
    }
#if FG_LEVELS == 3
#define FG_VECTOR_KERNELS(F)                                                                         \
    FG_VECTOR_LEVEL(F, 0, )                                                                          \
    FG_VECTOR_LEVEL(F, 1, FG_AVX2)                                                                   \
    FG_VECTOR_LEVEL(F, 2, FG_AVX512)                                                                 \
    static const fg_vector_kernel fg_##F##_kernels[] = {fg_##F##_0, fg_##F##_1, fg_##F##_2};
#else
#define FG_VECTOR_KERNELS(F)                                                                         \
    FG_VECTOR_LEVEL(F, 0, )                                                                          \
    static const fg_vector_kernel fg_##F##_kernels[] = {fg_##F##_0};
#endif
/* The loop with NumPy's signature; at `data`, if given, stands the level to run at. */
#define FG_VECTOR(F)                                                                                 \
    FG_VECTOR_BODY(F)                                                                                \
    FG_VECTOR_KERNELS(F)                                                                             \
    static void fg_##F##_f64(char **args, const intptr_t *n, const intptr_t *steps, void *data) {    \
        const int level = data ? *(const int *)data : fg_level;                                      \
        if (*n == 1) {                                                                               \
            *(double *)args[1] = fg_##F##_alone(*(const double *)args[0]);                           \
            return;                                                                                  \
        }                                                                                            \
        fg_vector_loop(args, *n, steps, fg_##F##_kernels[level], fg_##F##_alone, fg_##F##_beyond);   \
    }

FG_VECTOR(sin)
FG_VECTOR(cos)

typedef struct {
    const char *name;
    fg_loop_fn f64;
} fg_vector;

static const fg_vector fg_vector_table[] = {
    {"sin", fg_sin_f64},
    {"cos", fg_cos_f64},
};
#define FG_VECTOR_COUNT ((int)(sizeof fg_vector_table / sizeof fg_vector_table[0]))

#endif
