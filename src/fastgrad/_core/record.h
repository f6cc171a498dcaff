/* One recorded operation: a cache line. See _tape.pyx for what the lanes mean. */
#ifndef FASTGRAD_RECORD_H
#define FASTGRAD_RECORD_H

#include <Python.h>
#include <stdint.h>

enum { FG_LEAF, FG_SCALAR, FG_ARRAY, FG_NODE, FG_OUTPUT };

#define FG_CHUNK 512 /* records per chunk: 32 kB, so that a loop of small tapes stays in L1 */

typedef struct {
    uint16_t primitive;
    uint8_t lane;
    uint8_t dtype;
    uint8_t nargs;
    uint8_t spare[3];
    uint32_t tapes;  /* which live tapes track this result; 0: dead */
    uint32_t arg[3]; /* how many records back each argument is; 0: not tracked */
    union {
        double v[5]; /* FG_SCALAR: arguments..., y */
        struct {
            void *shape;
            PyObject *saved[4]; /* FG_ARRAY: argument Tensors that rules need, [3]: y. FG_NODE: [0] */
        } a;
    } u;
} fg_record;

typedef struct {
    fg_record records[FG_CHUNK];
    intptr_t live; /* records that a tape can still reach; at 0 the chunk goes, unless it is the last */
} fg_chunk;

#endif
