/* Machine code of stretches of numbers: x86-64, where functions are called as System V's ABI says.

   An operation of replay.h becomes one to five instructions of SSE2, the very ones that a C compiler makes of its
   expression: the bits are the same. Each result is stored in its cell at once; a register is but a copy of a cell,
   and may be forgotten at any time. So nothing has to be saved around calls, at jumps or at the end. What a loop
   carries from turn to turn stays in registers of its own: to load what was stored just before takes some 5 cycles.

   The interpreter of replay.h does what is not here (other machines, memory that may not be run). */
#ifndef FASTGRAD_MACHINE_H
#define FASTGRAD_MACHINE_H

#include "replay.h"

#if defined(__x86_64__) && defined(__LP64__) && (defined(__linux__) || defined(__APPLE__) || defined(__FreeBSD__))
#define FG_MACHINE 1
#include <sys/mman.h>
#else
#define FG_MACHINE 0
#endif

#define FG_REGISTERS 14 /* of xmm0 to xmm15 the last two are for what an operation needs for itself */
#define FG_PINNED 8     /* of those, the last ones, at most so many hold what a loop carries */
#define FG_OP_BYTES 160 /* no operation takes more */

/* Code as it is written. */
typedef struct {
    uint8_t *code;
    size_t n, room;
    int failed;
    const fg_scalar_loop *loops;
    int64_t cell[FG_REGISTERS]; /* that a register holds a copy of; -1: none */
    uint64_t used[FG_REGISTERS], clock;
    int pinned, prefix[FG_PINNED]; /* the last `pinned` registers keep their cells; how each is loaded, from the end */
} fg_assembler;

#if FG_MACHINE

enum { FG_S0 = 14, FG_S1 = 15 };                                              /* registers for anything */
enum { FG_DOUBLE = 0xF2, FG_SINGLE = 0xF3, FG_PACKED = 0x66, FG_PLAIN = 0 };  /* prefixes */
enum {
    FG_LOAD = 0x10, FG_STORE = 0x11, FG_COPY = 0x28, FG_COMPARE = 0x2E, FG_ROOT = 0x51, FG_AND = 0x54, FG_XOR = 0x57,
    FG_ADD = 0x58, FG_TIMES = 0x59, FG_MINUS = 0x5C, FG_OVER = 0x5E, FG_MASK = 0xC2,
};
enum { FG_BELOW = 2, FG_NOT_BELOW, FG_EQUAL, FG_NOT_EQUAL, FG_NOT_ABOVE, FG_ABOVE, FG_PARITY = 10, FG_NO_PARITY,
       FG_LESS, FG_NOT_LESS, FG_NOT_GREATER, FG_GREATER }; /* conditions of setcc and jcc */

static void fg_byte(fg_assembler *a, int b) { a->code[a->n++] = (uint8_t)b; }

static void fg_bytes(fg_assembler *a, const void *from, size_t n) {
    memcpy(a->code + a->n, from, n);
    a->n += n;
}

/* The operand [rbx + 8 * cell], with what else the second byte says. */
static void fg_at(fg_assembler *a, int field, int64_t cell) {
    const int32_t offset = (int32_t)(8 * cell);
    if (offset >= -128 && offset < 128) {
        fg_byte(a, 0x43 | (field & 7) << 3);
        fg_byte(a, offset);
    } else {
        fg_byte(a, 0x83 | (field & 7) << 3);
        fg_bytes(a, &offset, 4);
    }
}

/* x = x op [cell], or a load or store. */
static void fg_sse_at(fg_assembler *a, int prefix, int op, int x, int64_t cell) {
    if (prefix) fg_byte(a, prefix);
    if (x > 7) fg_byte(a, 0x44);
    fg_byte(a, 0x0F);
    fg_byte(a, op);
    fg_at(a, x, cell);
}

/* x = x op z */
static void fg_sse(fg_assembler *a, int prefix, int op, int x, int z) {
    if (prefix) fg_byte(a, prefix);
    if (x > 7 || z > 7) fg_byte(a, 0x40 | (x > 7) << 2 | (z > 7));
    fg_byte(a, 0x0F);
    fg_byte(a, op);
    fg_byte(a, 0xC0 | (x & 7) << 3 | (z & 7));
}

/* An instruction of one byte (two, from 0x0F00 on) between rax or rcx and a cell. */
static void fg_int_at(fg_assembler *a, int wide, int op, int reg, int64_t cell) {
    if (wide) fg_byte(a, 0x48);
    if (op > 0xFF) fg_byte(a, op >> 8);
    fg_byte(a, op & 0xFF);
    fg_at(a, reg, cell);
}

static void fg_rax(fg_assembler *a, uint64_t bits) {
    fg_byte(a, 0x48), fg_byte(a, 0xB8);
    fg_bytes(a, &bits, 8);
}

/* x = these bits */
static void fg_constant(fg_assembler *a, int x, uint64_t bits) {
    fg_rax(a, bits);
    fg_byte(a, 0x66), fg_byte(a, 0x48 | (x > 7) << 2), fg_byte(a, 0x0F), fg_byte(a, 0x6E);
    fg_byte(a, 0xC0 | (x & 7) << 3);
}

/* al or cl = the condition */
static void fg_set(fg_assembler *a, int condition, int reg) {
    fg_byte(a, 0x0F), fg_byte(a, 0x90 | condition), fg_byte(a, 0xC0 | reg);
}

static void fg_store_al(fg_assembler *a, int64_t cell) { fg_int_at(a, 0, 0x88, 0, cell); }

/* ---- registers */
static int fg_register_of(fg_assembler *a, int64_t cell) {
    for (int x = 0; x < FG_REGISTERS; x++)
        if (a->cell[x] == cell) {
            a->used[x] = ++a->clock;
            return x;
        }
    return -1;
}

/* The one that was not used for longest. Two may be in use already. */
static int fg_new_register(fg_assembler *a) {
    int best = 0;
    for (int x = 1; x < FG_REGISTERS - a->pinned; x++)
        if (a->used[x] < a->used[best]) best = x;
    a->cell[best] = -1;
    a->used[best] = ++a->clock;
    return best;
}

/* x = the value of a cell, for x that stands for none. */
static void fg_load(fg_assembler *a, int prefix, int x, int64_t cell) {
    const int from = fg_register_of(a, cell);
    if (from < 0) fg_sse_at(a, prefix, FG_LOAD, x, cell);
    else if (from != x) fg_sse(a, FG_PLAIN, FG_COPY, x, from);
}

/* A new register with the value of a cell. */
static int fg_fresh(fg_assembler *a, int prefix, int64_t cell) {
    fg_register_of(a, cell); /* it is in use */
    const int x = fg_new_register(a);
    fg_load(a, prefix, x, cell);
    return x;
}

/* A new register for the result of an instruction that leaves its upper part, which would be waited for. */
static int fg_zeroed(fg_assembler *a) {
    const int x = fg_new_register(a);
    fg_sse(a, FG_PLAIN, FG_XOR, x, x);
    return x;
}

/* A register with the value of a cell, which may not be changed. */
static int fg_loaded(fg_assembler *a, int prefix, int64_t cell) {
    int x = fg_register_of(a, cell);
    if (x < 0) {
        x = fg_new_register(a);
        fg_sse_at(a, prefix, FG_LOAD, x, cell);
        a->cell[x] = cell;
    }
    return x;
}

/* x = x op cell */
static void fg_operate(fg_assembler *a, int prefix, int op, int x, int64_t cell) {
    const int z = fg_register_of(a, cell);
    if (z >= 0) fg_sse(a, prefix, op, x, z);
    else fg_sse_at(a, prefix, op, x, cell);
}

/* A cell has a new value; register x holds it (-1: none does). */
static void fg_written(fg_assembler *a, int64_t cell, int x) {
    const int pins = FG_REGISTERS - a->pinned;
    for (int k = pins; k < FG_REGISTERS; k++)
        if (a->cell[k] == cell) {
            if (x >= 0) fg_sse(a, FG_PLAIN, FG_COPY, k, x);
            else fg_sse_at(a, a->prefix[FG_REGISTERS - 1 - k], FG_LOAD, k, cell);
            return;
        }
    for (int k = 0; k < pins; k++)
        if (a->cell[k] == cell) {
            a->cell[k] = -1;
            a->used[k] = 0;
        }
    if (x >= 0) a->cell[x] = cell;
}

/* Registers hold nothing, but for those that are pinned. */
static void fg_forget(fg_assembler *a) {
    for (int x = 0; x < FG_REGISTERS - a->pinned; x++) {
        a->cell[x] = -1;
        a->used[x] = 0;
    }
}

/* Functions leave nothing in registers. */
static void fg_called(fg_assembler *a) {
    fg_forget(a);
    for (int k = 0; k < a->pinned; k++) {
        const int x = FG_REGISTERS - 1 - k;
        fg_sse_at(a, a->prefix[k], FG_LOAD, x, a->cell[x]);
    }
}

static void fg_result(fg_assembler *a, int prefix, int64_t cell, int x) {
    fg_sse_at(a, prefix, FG_STORE, x, cell);
    fg_written(a, cell, x);
}

/* ---- operations */
static void fg_binary(fg_assembler *a, const fg_scalar *s, int prefix, int op) {
    const int x = fg_fresh(a, prefix, s->a);
    fg_operate(a, prefix, op, x, s->b);
    fg_result(a, prefix, s->y, x);
}

static void fg_square(fg_assembler *a, const fg_scalar *s, int prefix) {
    const int x = fg_fresh(a, prefix, s->a);
    fg_sse(a, prefix, FG_TIMES, x, x);
    fg_result(a, prefix, s->y, x);
}

/* a - b * c */
static void fg_descend(fg_assembler *a, const fg_scalar *s, int prefix) {
    const int x = fg_fresh(a, prefix, s->a);
    fg_load(a, prefix, FG_S0, s->b);
    fg_operate(a, prefix, FG_TIMES, FG_S0, s->c);
    fg_sse(a, prefix, FG_MINUS, x, FG_S0);
    fg_result(a, prefix, s->y, x);
}

/* The product, but 0 where a is 0. */
static void fg_scale(fg_assembler *a, const fg_scalar *s, int prefix) {
    const int x = fg_fresh(a, prefix, s->a);
    fg_sse(a, FG_PLAIN, FG_COPY, FG_S0, x);
    fg_operate(a, prefix, FG_TIMES, x, s->b);
    fg_sse(a, FG_PLAIN, FG_XOR, FG_S1, FG_S1);
    fg_sse(a, prefix, FG_MASK, FG_S0, FG_S1);
    fg_byte(a, 4); /* not equal, or a NaN */
    fg_sse(a, FG_PLAIN, FG_AND, x, FG_S0);
    fg_result(a, prefix, s->y, x);
}

static void fg_negative(fg_assembler *a, const fg_scalar *s, int prefix) {
    const int x = fg_fresh(a, prefix, s->a);
    fg_constant(a, FG_S0, prefix == FG_DOUBLE ? (uint64_t)1 << 63 : (uint64_t)1 << 31);
    fg_sse(a, FG_PLAIN, FG_XOR, x, FG_S0);
    fg_result(a, prefix, s->y, x);
}

static void fg_reciprocal(fg_assembler *a, const fg_scalar *s, int prefix) {
    const int from = fg_loaded(a, prefix, s->a), x = fg_new_register(a);
    fg_constant(a, x, prefix == FG_DOUBLE ? 0x3FF0000000000000u : 0x3F800000u);
    fg_sse(a, prefix, FG_OVER, x, from);
    fg_result(a, prefix, s->y, x);
}

static void fg_root(fg_assembler *a, const fg_scalar *s, int prefix) {
    const int from = fg_loaded(a, prefix, s->a), x = fg_zeroed(a);
    fg_sse(a, prefix, FG_ROOT, x, from);
    fg_result(a, prefix, s->y, x);
}

/* A NaN sets parity, zero and carry: "above" and "not below" are false for it. */
static void fg_test(fg_assembler *a, const fg_scalar *s, int prefix, int64_t left, int64_t right, int condition) {
    const int x = fg_loaded(a, prefix, left);
    fg_operate(a, prefix == FG_DOUBLE ? FG_PACKED : FG_PLAIN, FG_COMPARE, x, right);
    fg_set(a, condition, 0);
    if (condition == FG_EQUAL) {
        fg_set(a, FG_NO_PARITY, 1);
        fg_byte(a, 0x20), fg_byte(a, 0xC8); /* and al, cl */
    } else if (condition == FG_NOT_EQUAL) {
        fg_set(a, FG_PARITY, 1);
        fg_byte(a, 0x08), fg_byte(a, 0xC8); /* or al, cl */
    }
    fg_store_al(a, s->y);
    fg_written(a, s->y, -1);
}

static void fg_isfinite(fg_assembler *a, const fg_scalar *s, int wide) {
    const int x = fg_loaded(a, wide ? FG_DOUBLE : FG_SINGLE, s->a);
    const uint64_t infinity = wide ? (uint64_t)0x7FF << 53 : (uint64_t)0xFF << 24; /* without its sign */
    fg_rax(a, infinity);
    fg_byte(a, 0x48), fg_byte(a, 0x89), fg_byte(a, 0xC1); /* mov rcx, rax */
    fg_byte(a, 0x66), fg_byte(a, 0x40 | wide << 3 | (x > 7) << 2), fg_byte(a, 0x0F), fg_byte(a, 0x7E);
    fg_byte(a, 0xC0 | (x & 7) << 3); /* rax or eax = x */
    if (wide) fg_byte(a, 0x48);
    fg_byte(a, 0x01), fg_byte(a, 0xC0); /* add rax, rax */
    if (wide) fg_byte(a, 0x48);
    fg_byte(a, 0x39), fg_byte(a, 0xC8); /* cmp rax, rcx */
    fg_set(a, FG_BELOW, 0);
    fg_store_al(a, s->y);
    fg_written(a, s->y, -1);
}

/* A jump: what it takes is nearly always the same, so that nobody waits for the test. */
static void fg_where(fg_assembler *a, const fg_scalar *s) {
    const int x = fg_fresh(a, FG_DOUBLE, s->b), z = fg_register_of(a, s->c);
    size_t from;
    fg_int_at(a, 0, 0x80, 7, s->a), fg_byte(a, 0); /* cmp byte [a], 0 */
    fg_byte(a, 0x70 | FG_NOT_EQUAL), fg_byte(a, 0);
    from = a->n;
    if (z >= 0) fg_sse(a, FG_PLAIN, FG_COPY, x, z);
    else fg_sse_at(a, FG_DOUBLE, FG_LOAD, x, s->c);
    a->code[from - 1] = (uint8_t)(a->n - from);
    fg_result(a, FG_DOUBLE, s->y, x);
}

static void fg_move(fg_assembler *a, const fg_scalar *s) {
    fg_result(a, FG_DOUBLE, s->y, fg_fresh(a, FG_DOUBLE, s->a));
}

/* ---- integers and bools: by way of rax */
static void fg_whole(fg_assembler *a, const fg_scalar *s, int wide, int op) {
    fg_int_at(a, wide, 0x8B, 0, s->a);
    fg_int_at(a, wide, op, 0, s->b);
    fg_int_at(a, wide, 0x89, 0, s->y);
    fg_written(a, s->y, -1);
}

static void fg_whole_test(fg_assembler *a, const fg_scalar *s, int wide, int condition) {
    fg_int_at(a, wide, 0x8B, 0, s->a);
    fg_int_at(a, wide, 0x3B, 0, s->b); /* cmp */
    fg_set(a, condition, 0);
    fg_store_al(a, s->y);
    fg_written(a, s->y, -1);
}

/* al or cl = whether a bool is `value` */
static void fg_truth(fg_assembler *a, int64_t cell, int condition, int reg) {
    fg_int_at(a, 0, 0x80, 7, cell), fg_byte(a, 0); /* cmp byte [cell], 0 */
    fg_set(a, condition, reg);
}

static void fg_bools(fg_assembler *a, const fg_scalar *s, int op) {
    fg_truth(a, s->a, FG_NOT_EQUAL, 0);
    fg_truth(a, s->b, FG_NOT_EQUAL, 1);
    fg_byte(a, op), fg_byte(a, 0xC8);
    fg_store_al(a, s->y);
    fg_written(a, s->y, -1);
}

static void fg_not(fg_assembler *a, const fg_scalar *s) {
    fg_truth(a, s->a, FG_EQUAL, 0);
    fg_store_al(a, s->y);
    fg_written(a, s->y, -1);
}

/* ---- casts */
static void fg_between_floats(fg_assembler *a, const fg_scalar *s, int from, int to) {
    const int x = fg_loaded(a, from, s->a), y = fg_zeroed(a);
    fg_sse(a, from, 0x5A, y, x);
    fg_result(a, to, s->y, y);
}

/* y = the integer in rax or eax */
static void fg_from_whole(fg_assembler *a, const fg_scalar *s, int wide, int to) {
    const int y = fg_zeroed(a);
    fg_byte(a, to), fg_byte(a, 0x40 | wide << 3 | (y > 7) << 2), fg_byte(a, 0x0F), fg_byte(a, 0x2A);
    fg_byte(a, 0xC0 | (y & 7) << 3);
    fg_result(a, to, s->y, y);
}

static void fg_cast_whole(fg_assembler *a, const fg_scalar *s, int wide, int to) {
    fg_int_at(a, wide, 0x8B, 0, s->a);
    fg_from_whole(a, s, wide, to);
}

static void fg_cast_bool(fg_assembler *a, const fg_scalar *s, int to) {
    fg_int_at(a, 0, 0x0FB6, 0, s->a); /* movzx eax, byte */
    fg_from_whole(a, s, 0, to);
}

static void fg_widen(fg_assembler *a, const fg_scalar *s) {
    fg_int_at(a, 1, 0x63, 0, s->a); /* movsxd */
    fg_int_at(a, 1, 0x89, 0, s->y);
    fg_written(a, s->y, -1);
}

/* ---- calls */
/* xmm0 = function(xmm0, xmm1) */
static void fg_call_number(fg_assembler *a, const fg_scalar *s, const fg_scalar_loop *l) {
    const int prefix = l->single ? FG_SINGLE : FG_DOUBLE;
    if (l->operands == 2) fg_load(a, prefix, 0, s->a);
    else {
        fg_load(a, prefix, FG_S0, s->a);
        fg_load(a, prefix, 1, s->b);
        fg_sse(a, FG_PLAIN, FG_COPY, 0, FG_S0);
    }
    fg_byte(a, 0x48), fg_byte(a, 0xB8), fg_bytes(a, &l->number, 8);
    fg_byte(a, 0xFF), fg_byte(a, 0xD0); /* call rax */
    fg_called(a);
    fg_result(a, prefix, s->y, 0);
    a->used[0] = ++a->clock;
}

static void fg_call(fg_assembler *a, const fg_scalar *s) {
    const fg_scalar_loop *l = &a->loops[s->loop];
    void (*const function)(fg_cell *, const fg_scalar *, const fg_scalar_loop *) = fg_run_scalar_loop;
    fg_byte(a, 0x48), fg_byte(a, 0x89), fg_byte(a, 0xDF); /* mov rdi, rbx */
    fg_byte(a, 0x48), fg_byte(a, 0xBE), fg_bytes(a, &s, 8); /* mov rsi, s */
    fg_byte(a, 0x48), fg_byte(a, 0xBA), fg_bytes(a, &l, 8); /* mov rdx, l */
    fg_byte(a, 0x48), fg_byte(a, 0xB8), fg_bytes(a, &function, 8);
    fg_byte(a, 0xFF), fg_byte(a, 0xD0); /* call rax */
    fg_called(a);
}

static int fg_room(fg_assembler *a) {
    if (a->room - a->n < FG_OP_BYTES) {
        const size_t room = 2 * a->room + 4096;
        uint8_t *code = (uint8_t *)realloc(a->code, room);
        if (code == NULL) a->failed = 1;
        else a->code = code, a->room = room;
    }
    return !a->failed;
}

/* Code for n operations. */
static void fg_stretch(fg_assembler *a, const fg_scalar *s, intptr_t n) {
    for (const fg_scalar *end = s + n; s < end && fg_room(a); s++) {
        switch (s->op) {
        case FG_S_MOVE: fg_move(a, s); break;
        case FG_S_WHERE: fg_where(a, s); break;
        case FG_S_logical_not_bool: fg_not(a, s); break;
        case FG_S_logical_and_bool: fg_bools(a, s, 0x20); break;
        case FG_S_logical_or_bool: fg_bools(a, s, 0x08); break;
#define F(BITS, PREFIX)                                                                                       \
    case FG_S_add##BITS: fg_binary(a, s, PREFIX, FG_ADD); break;                                              \
    case FG_S_subtract##BITS: fg_binary(a, s, PREFIX, FG_MINUS); break;                                       \
    case FG_S_multiply##BITS: fg_binary(a, s, PREFIX, FG_TIMES); break;                                       \
    case FG_S_divide##BITS: fg_binary(a, s, PREFIX, FG_OVER); break;                                          \
    case FG_S_scale##BITS: fg_scale(a, s, PREFIX); break;                                                     \
    case FG_S_sgd_step##BITS: fg_descend(a, s, PREFIX); break;                                                \
    case FG_S_negative##BITS: fg_negative(a, s, PREFIX); break;                                               \
    case FG_S_square##BITS: fg_square(a, s, PREFIX); break;                                                   \
    case FG_S_reciprocal##BITS: fg_reciprocal(a, s, PREFIX); break;                                           \
    case FG_S_SQRT##BITS: fg_root(a, s, PREFIX); break;                                                       \
    case FG_S_less##BITS: fg_test(a, s, PREFIX, s->b, s->a, FG_ABOVE); break;                                 \
    case FG_S_less_equal##BITS: fg_test(a, s, PREFIX, s->b, s->a, FG_NOT_BELOW); break;                       \
    case FG_S_greater##BITS: fg_test(a, s, PREFIX, s->a, s->b, FG_ABOVE); break;                              \
    case FG_S_greater_equal##BITS: fg_test(a, s, PREFIX, s->a, s->b, FG_NOT_BELOW); break;                    \
    case FG_S_equal##BITS: fg_test(a, s, PREFIX, s->a, s->b, FG_EQUAL); break;                                \
    case FG_S_not_equal##BITS: fg_test(a, s, PREFIX, s->a, s->b, FG_NOT_EQUAL); break;                        \
    case FG_S_isfinite##BITS: fg_isfinite(a, s, BITS == 64); break;
        F(64, FG_DOUBLE)
        F(32, FG_SINGLE)
#undef F
#define F(BITS)                                                                                               \
    case FG_S_add_int##BITS: fg_whole(a, s, BITS == 64, 0x03); break;                                         \
    case FG_S_subtract_int##BITS: fg_whole(a, s, BITS == 64, 0x2B); break;                                    \
    case FG_S_less_int##BITS: fg_whole_test(a, s, BITS == 64, FG_LESS); break;                                \
    case FG_S_less_equal_int##BITS: fg_whole_test(a, s, BITS == 64, FG_NOT_GREATER); break;                   \
    case FG_S_greater_int##BITS: fg_whole_test(a, s, BITS == 64, FG_GREATER); break;                          \
    case FG_S_greater_equal_int##BITS: fg_whole_test(a, s, BITS == 64, FG_NOT_LESS); break;                   \
    case FG_S_equal_int##BITS: fg_whole_test(a, s, BITS == 64, FG_EQUAL); break;                              \
    case FG_S_not_equal_int##BITS: fg_whole_test(a, s, BITS == 64, FG_NOT_EQUAL); break;
        F(64)
        F(32)
#undef F
        case FG_S_float32_float64: fg_between_floats(a, s, FG_SINGLE, FG_DOUBLE); break;
        case FG_S_float64_float32: fg_between_floats(a, s, FG_DOUBLE, FG_SINGLE); break;
        case FG_S_int32_float64: fg_cast_whole(a, s, 0, FG_DOUBLE); break;
        case FG_S_int64_float64: fg_cast_whole(a, s, 1, FG_DOUBLE); break;
        case FG_S_int32_float32: fg_cast_whole(a, s, 0, FG_SINGLE); break;
        case FG_S_int64_float32: fg_cast_whole(a, s, 1, FG_SINGLE); break;
        case FG_S_bool_float64: fg_cast_bool(a, s, FG_DOUBLE); break;
        case FG_S_bool_float32: fg_cast_bool(a, s, FG_SINGLE); break;
        case FG_S_int32_int64: fg_widen(a, s); break;
        default:
            if (a->loops[s->loop].number != NULL) fg_call_number(a, s, &a->loops[s->loop]);
            else fg_call(a, s);
        }
    }
}

/* ---- frames and jumps
   rbx: the cells; r12: the turns that are left. With the return address, three words keep the stack at 16 bytes. */
static size_t fg_begin(fg_assembler *a) {
    static const uint8_t code[] = {0x53, 0x41, 0x54, 0x50, 0x48, 0x89, 0xFB, 0x49, 0x89, 0xF4};
    const size_t at = a->n;
    if (fg_room(a)) fg_bytes(a, code, sizeof(code)); /* push rbx, r12, rax; rbx = rdi; r12 = rsi */
    fg_forget(a);
    return at;
}

static void fg_finish(fg_assembler *a) {
    static const uint8_t code[] = {0x4C, 0x89, 0xE0, 0x59, 0x41, 0x5C, 0x5B, 0xC3};
    if (fg_room(a)) fg_bytes(a, code, sizeof(code)); /* rax = r12; pop rcx, r12, rbx; ret */
    a->pinned = 0;
}

/* From here on to `fg_finish`, wherever jumps go, a register holds a cell of doubles or, single, of floats. */
static void fg_pin(fg_assembler *a, int64_t cell, int single) {
    const int x = FG_REGISTERS - 1 - a->pinned;
    if (a->pinned == FG_PINNED || !fg_room(a)) return;
    a->prefix[a->pinned++] = single ? FG_SINGLE : FG_DOUBLE;
    fg_sse_at(a, single ? FG_SINGLE : FG_DOUBLE, FG_LOAD, x, cell);
    a->cell[x] = cell;
}

/* Here code may be jumped to. */
static size_t fg_mark(fg_assembler *a) {
    fg_forget(a);
    return a->n;
}

/* Lets the jump that ends at `from` go to `to`. */
static void fg_aim(fg_assembler *a, size_t from, size_t to) {
    const int32_t distance = (int32_t)((intptr_t)to - (intptr_t)from);
    if (to > INT32_MAX) a->failed = 1;
    if (!a->failed) memcpy(a->code + from - 4, &distance, 4);
}

/* A jump on a condition, or (-1) always; gives its end. */
static size_t fg_jump(fg_assembler *a, int condition) {
    if (!fg_room(a)) return 4;
    if (condition < 0) fg_byte(a, 0xE9);
    else fg_byte(a, 0x0F), fg_byte(a, 0x80 | condition);
    a->n += 4;
    return a->n;
}

/* A jump if a bool is false. */
static size_t fg_unless(fg_assembler *a, int64_t cell) {
    if (fg_room(a)) fg_int_at(a, 0, 0x80, 7, cell), fg_byte(a, 0);
    return fg_jump(a, FG_EQUAL);
}

/* One turn less; a jump if there are more. */
static size_t fg_next_turn(fg_assembler *a) {
    static const uint8_t code[] = {0x49, 0xFF, 0xCC}; /* dec r12 */
    if (fg_room(a)) fg_bytes(a, code, sizeof(code));
    return fg_jump(a, FG_NOT_EQUAL);
}

/* ---- memory: what may be run may not be written */
static void *fg_runnable(const uint8_t *code, size_t n) {
    void *p = mmap(NULL, n, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANON, -1, 0);
    if (p == MAP_FAILED) return NULL;
    memcpy(p, code, n);
    if (mprotect(p, n, PROT_READ | PROT_EXEC)) {
        munmap(p, n);
        return NULL;
    }
    return p;
}

static void fg_unmap(void *code, size_t n) {
    if (code != NULL) munmap(code, n);
}

#else
static void fg_stretch(fg_assembler *a, const fg_scalar *s, intptr_t n) { (void)s, (void)n, a->failed = 1; }
static size_t fg_begin(fg_assembler *a) { return a->n; }
static void fg_finish(fg_assembler *a) { (void)a; }
static void fg_pin(fg_assembler *a, int64_t cell, int single) { (void)a, (void)cell, (void)single; }
static size_t fg_mark(fg_assembler *a) { return a->n; }
static void fg_aim(fg_assembler *a, size_t from, size_t to) { (void)a, (void)from, (void)to; }
static size_t fg_jump(fg_assembler *a, int condition) { (void)condition; return a->n; }
static size_t fg_unless(fg_assembler *a, int64_t cell) { (void)cell; return a->n; }
static size_t fg_next_turn(fg_assembler *a) { return a->n; }
static void *fg_runnable(const uint8_t *code, size_t n) { (void)code, (void)n; return NULL; }
static void fg_unmap(void *code, size_t n) { (void)code, (void)n; }
#endif
#endif
