/* Aligned memory and overflow-checked sizes, for each compiler. */
#ifndef FASTGRAD_MEMORY_H
#define FASTGRAD_MEMORY_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#if defined(_MSC_VER)
#include <malloc.h>
#include <intrin.h>
#define FG_TLS __declspec(thread)
static inline void *fg_aligned_alloc(size_t n) { return _aligned_malloc(n, 64); }
static inline void fg_aligned_free(void *p) { _aligned_free(p); }
static inline int fg_mul_overflows(intptr_t a, intptr_t b, intptr_t *out) {
    if (a != 0 && b > INTPTR_MAX / a) return 1;
    *out = a * b;
    return 0;
}
static inline int fg_log2(size_t n) { unsigned long i; _BitScanReverse64(&i, n); return (int)i; }
#else
#define FG_TLS __thread
static inline void *fg_aligned_alloc(size_t n) {
    void *p = NULL;
    return posix_memalign(&p, 64, n) ? NULL : p;
}
static inline void fg_aligned_free(void *p) { free(p); }
static inline int fg_mul_overflows(intptr_t a, intptr_t b, intptr_t *out) {
    return __builtin_mul_overflow(a, b, out);
}
static inline int fg_log2(size_t n) { return 63 - __builtin_clzll((unsigned long long)n); }
#endif

/* Give freed memory back to the system: glibc keeps blocks of some MB once it has freed one. */
#if defined(__GLIBC__)
#include <malloc.h>
static inline void fg_release_freed(void) { malloc_trim(0); }
#else
static inline void fg_release_freed(void) {}
#endif

#ifdef FASTGRAD_DEBUG
#define FG_DEBUG 1
#else
#define FG_DEBUG 0
#endif

#endif
