/* The functions of elementary.h in loops that a C compiler vectorises.

   A. A loop runs over blocks. A block's kernel also says if an argument lay outside of the function's usual range;
      those elements, and only they, are computed anew one by one.
   B. Loops exist once per instruction set; the best this machine has is chosen when the core is imported.
      Where a compiler can't do that, the loop is what it makes of the plain code. Where `fma` is no instruction
      but a call, NumPy's loops are better: these are not used. */
#ifndef FASTGRAD_VECMATH_H
#define FASTGRAD_VECMATH_H

#include <float.h>
#include <stdint.h>
#include <string.h>
#include "elementary.h"

#define FG_VECTOR_LANES 8 /* kernels run on multiples of this: no loop over single numbers in any instruction set */
#define FG_VECTOR_BLOCK 256 /* elements */

#if defined(__GNUC__) && defined(__x86_64__)
#define FG_LEVELS 3
#define FG_AVX2 __attribute__((target("avx2,fma")))
#if defined(__clang__)
#define FG_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,fma")))
#else
#define FG_AVX512 __attribute__((target("avx512f,avx512vl,avx512dq,fma,prefer-vector-width=512")))
#endif
static int fg_best_level(void) {
    __builtin_cpu_init();
    if (!__builtin_cpu_supports("fma")) return 0;
    if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq"))
        return 2;
    return __builtin_cpu_supports("avx2") ? 1 : 0;
}
static int fg_fuses(int level) { return level > 0; }
#else
#define FG_LEVELS 1
static int fg_best_level(void) { return 0; }
#if defined(__FP_FAST_FMA) || defined(__aarch64__)
static int fg_fuses(int level) { return (void)level, 1; }
#else
static int fg_fuses(int level) { return (void)level, 0; }
#endif
#endif

#if defined(_MSC_VER)
#define FG_RESTRICT __restrict
#define FG_NOINLINE __declspec(noinline)
#else
#define FG_RESTRICT restrict
#define FG_NOINLINE __attribute__((noinline))
#endif

/* ---------------------------------------------------------------------------------------------- the loops
   p: inputs, output. A kernel returns 1 if an element needs the patch. */
typedef int (*fg_vector_kernel)(char *const *p, intptr_t n);
typedef void (*fg_vector_patch)(char *const *p, intptr_t k);
typedef void (*fg_vector_each)(char *const *p, intptr_t o, intptr_t n, const intptr_t *steps);

/* n elements of `size` bytes, each `from_step` or `to_step` after the other */
FG_INLINE void fg_move(char *to, intptr_t to_step, const char *from, intptr_t from_step, intptr_t size, intptr_t n) {
    if (to_step == size && from_step == size)
        memcpy(to, from, (size_t)(n * size));
    else if (size == 8)
        for (intptr_t k = 0; k < n; k++) memcpy(to + k * to_step, from + k * from_step, 8);
    else
        for (intptr_t k = 0; k < n; k++) memcpy(to + k * to_step, from + k * from_step, 4);
}

/* FG_VECTOR_LANES elements and more. What is left of them is computed along with others once more, if their inputs are still
   there, and else one by one. */
static FG_NOINLINE void fg_vector_loop(char *const *args, intptr_t n, const intptr_t *steps, int inputs, intptr_t size,
                                       fg_vector_kernel kernel, fg_vector_patch patch, fg_vector_each each) {
    double space[3][FG_VECTOR_BLOCK];
    int in_place = 0;
    for (int i = 0; i < inputs; i++) in_place |= args[i] == args[inputs]; /* a patch reads inputs after the kernel */
    for (intptr_t o = 0, m; o < n; o += m) {
        m = n - o < FG_VECTOR_BLOCK ? n - o : FG_VECTOR_BLOCK;
        if (m >= FG_VECTOR_LANES) {
            m -= m % FG_VECTOR_LANES;
        } else if (in_place) {
            each(args, o, m, steps);
            return;
        } else {
            o = n - FG_VECTOR_LANES;
            m = FG_VECTOR_LANES;
        }
        char *p[3], *const out = args[inputs] + o * steps[inputs];
        for (int i = 0; i < inputs; i++) {
            p[i] = args[i] + o * steps[i];
            if (steps[i] == size) continue;
            fg_move((char *)space[i], size, p[i], steps[i], size, m);
            p[i] = (char *)space[i];
        }
        p[inputs] = in_place || steps[inputs] != size ? (char *)space[inputs] : out;
        if (kernel(p, m)) {
            for (intptr_t k = 0; k < m; k++) patch(p, k);
        }
        if (p[inputs] != out) fg_move(out, steps[inputs], p[inputs], size, size, m);
    }
}

#define FG_GIVEN_1(T) T a
#define FG_GIVEN_2(T) T a, T b
#define FG_ONE_1 a
#define FG_ONE_2 a, b
#define FG_AT_1(k) a[k]
#define FG_AT_2(k) a[k], b[k]

/* For one instruction set: F_number, the function of one number, and F_loop, which has NumPy's signature. */
#define FG_VECTOR_AT(F, T, INPUTS, LEVEL, TARGET)                                                    \
    TARGET static T fg_##F##_number_##LEVEL(FG_GIVEN_##INPUTS(T)) { return fg_##F##_alone(FG_ONE_##INPUTS); } \
    TARGET static int fg_##F##_kernel_##LEVEL(char *const *p, intptr_t n) {                          \
        const T *FG_RESTRICT a = (const T *)p[0], *FG_RESTRICT b = (const T *)p[INPUTS - 1];         \
        T *FG_RESTRICT y = (T *)p[INPUTS];                                                           \
        fg_bits_##T beyond = 0;                                                                      \
        (void)b;                                                                                     \
        FG_IVDEP for (intptr_t k = 0; k < n / FG_VECTOR_LANES * FG_VECTOR_LANES; k++) {                            \
            beyond |= fg_##F##_beyond(FG_AT_##INPUTS(k));                                            \
            y[k] = fg_##F##_usual(FG_AT_##INPUTS(k));                                                \
        }                                                                                            \
        return beyond >> (8 * sizeof(T) - 1);                                                        \
    }                                                                                                \
    TARGET static void fg_##F##_each_##LEVEL(char *const *p, intptr_t o, intptr_t n, const intptr_t *steps) { \
        for (intptr_t k = o; k < o + n; k++) {                                                       \
            const T *a = (const T *)(p[0] + k * steps[0]);                                           \
            const T *b = (const T *)(p[INPUTS - 1] + k * steps[INPUTS - 1]);                         \
            (void)b;                                                                                 \
            *(T *)(p[INPUTS] + k * steps[INPUTS]) = fg_##F##_alone(FG_AT_##INPUTS(0));               \
        }                                                                                            \
    }                                                                                                \
    TARGET static void fg_##F##_loop_##LEVEL(char **p, const intptr_t *n, const intptr_t *steps, void *data) { \
        const T *a = (const T *)p[0], *b = (const T *)p[INPUTS - 1];                                 \
        (void)b, (void)data;                                                                         \
        if (*n == 1)                                                                                 \
            *(T *)p[INPUTS] = fg_##F##_alone(FG_AT_##INPUTS(0));                                     \
        else if (*n < FG_VECTOR_LANES)                                                                      \
            fg_##F##_each_##LEVEL(p, 0, *n, steps);                                                  \
        else                                                                                         \
            fg_vector_loop(p, *n, steps, INPUTS, sizeof(T), fg_##F##_kernel_##LEVEL, fg_##F##_patch, \
                           fg_##F##_each_##LEVEL);                                                   \
    }
#if FG_LEVELS == 3
#define FG_VECTOR_LEVELS(F, T, INPUTS)                                                               \
    FG_VECTOR_AT(F, T, INPUTS, 0, )                                                                  \
    FG_VECTOR_AT(F, T, INPUTS, 1, FG_AVX2)                                                           \
    FG_VECTOR_AT(F, T, INPUTS, 2, FG_AVX512)
#else
#define FG_VECTOR_LEVELS(F, T, INPUTS) FG_VECTOR_AT(F, T, INPUTS, 0, )
#endif
#define FG_VECTOR(F, T, INPUTS)                                                                      \
    static void fg_##F##_patch(char *const *p, intptr_t k) {                                         \
        const T *a = (const T *)p[0], *b = (const T *)p[INPUTS - 1];                                 \
        (void)b;                                                                                     \
        if (fg_##F##_beyond(FG_AT_##INPUTS(k)) >> (8 * sizeof(T) - 1)) ((T *)p[INPUTS])[k] = fg_##F##_alone(FG_AT_##INPUTS(k)); \
    }                                                                                                \
    FG_VECTOR_LEVELS(F, T, INPUTS)

FG_VECTOR(sin, double, 1)
FG_VECTOR(sinf, float, 1)
FG_VECTOR(cos, double, 1)
FG_VECTOR(cosf, float, 1)
FG_VECTOR(exp, double, 1)
FG_VECTOR(expf, float, 1)
FG_VECTOR(expm1, double, 1)
FG_VECTOR(expm1f, float, 1)
FG_VECTOR(tanh, double, 1)
FG_VECTOR(tanhf, float, 1)
FG_VECTOR(sinh, double, 1)
FG_VECTOR(sinhf, float, 1)
FG_VECTOR(cosh, double, 1)
FG_VECTOR(coshf, float, 1)
FG_VECTOR(log, double, 1)
FG_VECTOR(logf, float, 1)
FG_VECTOR(log1p, double, 1)
FG_VECTOR(log1pf, float, 1)
FG_VECTOR(sigmoid, double, 1)
FG_VECTOR(sigmoidf, float, 1)
FG_VECTOR(swish, double, 1)
FG_VECTOR(swishf, float, 1)
FG_VECTOR(gelu_tanh, double, 1)
FG_VECTOR(gelu_tanhf, float, 1)
FG_VECTOR(softplus, double, 1)
FG_VECTOR(softplusf, float, 1)
FG_VECTOR(log_sigmoid, double, 1)
FG_VECTOR(log_sigmoidf, float, 1)
FG_VECTOR(pow, double, 2)
FG_VECTOR(powf, float, 2)
FG_VECTOR(hypot, double, 2)
FG_VECTOR(hypotf, float, 2)
FG_VECTOR(logaddexp, double, 2)
FG_VECTOR(logaddexpf, float, 2)

/* Where they are used. Nanoseconds per element on a 2.1 GHz Sapphire Rapids with GCC 12, beside NumPy 2.4's bare loops
   (`python -m bench.bench_vecmath`; NumPy's for AVX2 are those of NPY_DISABLE_CPU_FEATURES):

                   one number       1,000: AVX2      1,000: AVX-512
                  ours  NumPy       ours  NumPy       ours  NumPy
   sin, cos        2.9    6.7        1.5    6.0       0.91    5.7
     float32       4.1   15          0.9    1.3       0.56   0.54
   exp             5.0   12          1.1    5.1       0.72   0.62
     float32       5.1   11         0.62    1.0       0.38   0.45
   expm1           6.7   15          1.4    8.8       0.97    1.2
     float32       5.2   13         0.60    9.2       0.38   0.26
   tanh            3.8   26          2.5   11          1.7    1.5
     float32       3.3   15          1.1    2.4       0.73   0.33
   sinh            6.1   12          1.4     11       0.92    1.1
     float32       6.4   11         0.71     11       0.50   0.35
   cosh            6.1   13          1.4    5.7       0.96   0.83
     float32       5.7   10         0.76    4.8       0.48   0.31
   log             5.0   14          1.1    4.3       0.82   0.90
     float32       3.8   10         0.48    1.6       0.30   0.42
   log1p           5.4   15          1.6    6.8        1.1    1.2
     float32       4.0   13         0.80    7.1       0.45   0.49
   power            22   26          5.4   14          3.3    2.5
     float32        11   17          2.4    6.1        1.4   0.75
   hypot           3.5    7.2        1.0    5.4        1.0    5.4
   logaddexp        15    3.6        4.3   14          2.8   14

   exp, cosh and tanh in float64 are used on AVX-512 machines, too: what a thousand elements lose, every single number
   gains.
   Loops of rows replace one made of a loop of exp or log1p and two others. */
typedef struct {
    fg_loop_fn loop;
    fg_number_fn number;
} fg_vector_loops;

typedef struct {
    const char *name;
    fg_vector_loops at[2][FG_LEVELS]; /* float32, float64; for each instruction set */
    int inputs, until[2]; /* the last instruction set for which it is used */
} fg_vector;

#define FG_VECTOR_LOOPS(F, LEVEL) {fg_##F##_loop_##LEVEL, (fg_number_fn)fg_##F##_number_##LEVEL}
#if FG_LEVELS == 3
#define FG_LOOPS(F) {FG_VECTOR_LOOPS(F, 0), FG_VECTOR_LOOPS(F, 1), FG_VECTOR_LOOPS(F, 2)}
#else
#define FG_LOOPS(F) {FG_VECTOR_LOOPS(F, 0)}
#endif

static const fg_vector fg_vector_table[] = {
    {"sin", {FG_LOOPS(sinf), FG_LOOPS(sin)}, 1, {2, 2}},
    {"cos", {FG_LOOPS(cosf), FG_LOOPS(cos)}, 1, {2, 2}},
    {"exp", {FG_LOOPS(expf), FG_LOOPS(exp)}, 1, {2, 2}},
    {"expm1", {FG_LOOPS(expm1f), FG_LOOPS(expm1)}, 1, {1, 2}},
    {"tanh", {FG_LOOPS(tanhf), FG_LOOPS(tanh)}, 1, {1, 2}},
    {"sinh", {FG_LOOPS(sinhf), FG_LOOPS(sinh)}, 1, {1, 2}},
    {"cosh", {FG_LOOPS(coshf), FG_LOOPS(cosh)}, 1, {1, 2}},
    {"log", {FG_LOOPS(logf), FG_LOOPS(log)}, 1, {2, 2}},
    {"log1p", {FG_LOOPS(log1pf), FG_LOOPS(log1p)}, 1, {2, 2}},
    {"power", {FG_LOOPS(powf), FG_LOOPS(pow)}, 2, {1, 1}},
    {"hypot", {FG_LOOPS(hypotf), FG_LOOPS(hypot)}, 2, {2, 2}},
    {"logaddexp", {FG_LOOPS(logaddexpf), FG_LOOPS(logaddexp)}, 2, {2, 2}},
    {"sigmoid", {FG_LOOPS(sigmoidf), FG_LOOPS(sigmoid)}, 1, {2, 2}},
    {"swish", {FG_LOOPS(swishf), FG_LOOPS(swish)}, 1, {2, 2}},
    {"gelu_tanh", {FG_LOOPS(gelu_tanhf), FG_LOOPS(gelu_tanh)}, 1, {2, 2}},
    {"softplus", {FG_LOOPS(softplusf), FG_LOOPS(softplus)}, 1, {2, 2}},
    {"log_sigmoid", {FG_LOOPS(log_sigmoidf), FG_LOOPS(log_sigmoid)}, 1, {2, 2}},
};
#if defined(__GNUC__) && FLT_EVAL_METHOD == 0
#define FG_VECTOR_COUNT ((int)(sizeof fg_vector_table / sizeof fg_vector_table[0]))
#else
#define FG_VECTOR_COUNT 0 /* not measured, or not plain double arithmetic */
#endif

#endif
