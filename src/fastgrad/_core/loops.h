/* What the generated C loops and the core share. Generated loops come from the rows: see tools/codegen.py. */
#ifndef FASTGRAD_LOOPS_H
#define FASTGRAD_LOOPS_H

#include <stddef.h>
#include <stdint.h>

#define FG_MAX_ARGS 3 /* arguments of a differentiable elementwise row */

/* NumPy's inner loop signature: operands, length, byte strides (outputs last), private data. */
typedef void (*fg_loop_fn)(char **args, const intptr_t *n, const intptr_t *steps, void *data);

/* A part of some work. lane: of the thread that does it, 0 for the caller's: parts that run at once have different ones. */
typedef void (*fg_part)(void *job, intptr_t k, int lane);
/* Calls part(job, k, lane) for each k < parts, on at most `lanes` threads. */
typedef void (*fg_runner)(fg_part part, void *job, intptr_t parts, int lanes);

/* total (+)= cotangent contribution. p: ct, arguments..., y. s: stride of each in elements, 0 or 1. */
typedef void (*fg_vjp_fn)(intptr_t n, char *const *p, const intptr_t *s, char *total, int add);

/* The same for one number; v: arguments..., y. */
typedef double (*fg_vjp0_fn)(double ct, const double *v);

typedef struct {
    fg_loop_fn fn;
    void *data;
} fg_loop;

/* A loop's function of one number or two, by its inputs and their dtype: double (*)(double), double (*)(double, double),
   float (*)(float), float (*)(float, float). */
typedef void (*fg_number_fn)(void);

/* Index 0: float32, index 1: float64. A missing loop is NULL. */
typedef struct {
    const char *name;
    fg_loop_fn forward[2];
    fg_vjp_fn vjp[FG_MAX_ARGS][2];
    fg_vjp0_fn vjp0[FG_MAX_ARGS][2];
} fg_row;

extern const fg_row fg_rows[];
extern const int fg_row_count;

/* NumPy loops that generated code calls on blocks; the core fills the table at import. */
extern fg_loop fg_library[][2];
extern const char *const fg_library_names[];
extern const int fg_library_count;

#if defined(_MSC_VER)
#define FG_INLINE static __forceinline
#define FG_IVDEP __pragma(loop(ivdep))
#elif defined(__clang__)
#define FG_INLINE static inline __attribute__((always_inline))
#define FG_IVDEP _Pragma("clang loop vectorize(assume_safety)")
#else
#define FG_INLINE static inline __attribute__((always_inline))
#define FG_IVDEP _Pragma("GCC ivdep") /* operands may be the output itself, element for element */
#endif

/* One copy per instruction set, chosen when the library is loaded. Sanitizers run before such choices can. */
#if defined(__GNUC__) && !defined(__clang__) && defined(__x86_64__) && defined(__linux__) && \
    !defined(__SANITIZE_ADDRESS__) && !defined(FASTGRAD_DEBUG)
#define FG_CLONES __attribute__((target_clones("avx512f", "avx2", "default")))
#else
#define FG_CLONES
#endif

#endif
