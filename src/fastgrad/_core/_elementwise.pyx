"""Instructions for elementwise operations: on numbers, fused over blocks, and one by one where they broadcast."""

from libc.stdint cimport int32_t, uint16_t, uint32_t
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcmp, memcpy, memset

from ._buffer cimport MAX_NDIM
from ._dispatch cimport broadcast_strides, resolve
from ._graph cimport ELEMENTWISE, value_t
from ._loops cimport BOOL, CODES, FLOAT16, FLOAT32, FLOAT64, INT32, INT64, cast_loop, fg_loop, itemsize, number_function
from ._plan cimport (
    EACH, FG_ALONG, FG_BLOCK, FG_LONG, FG_S_COUNT, FG_S_FLOATS, FG_S_LOOP, FG_S_MOVE, FG_S_ROWS, FG_S_WHERE, FG_SPREAD,
    FG_ALL, FG_ROWS, FG_TILED, FG_TREES, GROUP, ND, SCALARS,
    add_instr, fg_group, fg_repeat, fg_scalar_loop, fg_scalar_names, fg_step, fg_sum, instr_t, nd_t,
)
from ._primitive cimport Primitive, known_primitive, primitive_table
from ._schedule cimport COLUMN, NEVER, ONE, WHOLE, class_of, fit, sum_of
from ._simplify cimport CAST
from ._threads cimport threads
from ._work cimport work_t

cdef enum:
    WORTH_SHARING = 1 << 17   # operations on numbers; less is done, in some 30 us, before a second thread has begun
    SHARED_COLUMNS = 128      # at least, for each thread
    COLUMNS = 5               # of `scalar_table`: float64, float32, int64, int32, bool

cdef uint16_t *scalar_table = NULL   # COLUMNS * (number of a row) + column -> operation in a cell; 0: none
cdef Py_ssize_t n_scalar_table = 0
cdef int WHERE = -1
cdef int scalar_column[CODES]
cdef uint16_t scalar_cast[CODES][CODES]    # FG_S_LOOP is 0


cdef int connect() except -1:
    """Fill in the table of operations on numbers, when it is first needed."""
    global scalar_table, n_scalar_table, WHERE
    cdef int k, number
    cdef Primitive p
    cdef list pairs = []
    cdef dict seen = {}
    cdef Py_ssize_t rows = 0
    cdef uint16_t *table
    for k in range(CODES):
        scalar_column[k] = -1
    codes = {"float64": FLOAT64, "float32": FLOAT32, "int64": INT64, "int32": INT32, "bool": BOOL}
    for k, number in enumerate((FLOAT64, FLOAT32, INT64, INT32, BOOL)):
        scalar_column[number] = k
    for k in range(FG_S_ROWS + 1, FG_S_COUNT):
        source, to = (<bytes>fg_scalar_names[k]).decode().removeprefix("cast ").split("_")
        scalar_cast[codes[source]][codes[to]] = k
    for k in range(FG_S_MOVE + 1, FG_S_ROWS):
        if fg_scalar_names[k][0]:
            pairs.append((known_primitive((<bytes>fg_scalar_names[k]).decode()), k))
    pairs = [(p, k) for p, k in pairs if p is not None]
    for p, _ in pairs:
        rows = max(rows, p.number + 1)
    table = <uint16_t *>calloc(COLUMNS * rows, sizeof(uint16_t))
    if table == NULL:
        raise MemoryError("no memory for a plan")
    for p, k in pairs:  # of each name those on 64 bits come first
        floats = k < FG_S_FLOATS
        first = 0 if floats else 4 if p.name.startswith("logical") else 2
        at = seen.get((p.name, floats), first)
        seen[p.name, floats] = at + 1
        table[COLUMNS * p.number + at] = k
    WHERE = known_primitive("where").number
    if scalar_table != NULL:  # another thread was here meanwhile
        free(table)
        return 0
    n_scalar_table, scalar_table = rows, table
    return 0


# ------------------------------------------------------------------------------------------------ numbers
cdef fg_scalar *new_scalar(Plan plan, block_t *block) except NULL:
    """One more operation on numbers, in the stretch that a block ends with."""
    cdef instr_t *i = &block.instrs[block.n - 1] if block.n else NULL
    cdef fg_scalar *ops
    if i == NULL or i.kind != SCALARS:
        i = add_instr(block, SCALARS)
    if i.n & (i.n - 1) == 0 and (i.n >= 8 or i.n == 0):  # the room is the next power of two, from 8 on
        ops = <fg_scalar *>realloc(i.data, max(8, 2 * i.n) * sizeof(fg_scalar))
        if ops == NULL:
            raise MemoryError("no memory for a plan")
        i.data = ops
    plan.cost += 3
    i.n += 1
    ops = &(<fg_scalar *>i.data)[i.n - 1]
    memset(ops, 0, sizeof(fg_scalar))
    return ops


cdef int emit_scalars(Places l, block_t *block, Py_ssize_t start, Py_ssize_t end) except -1:
    cdef fg_scalar *s
    cdef op_t *op
    cdef Py_ssize_t at, j
    cdef uint32_t cells[3]
    cdef uint32_t y
    if scalar_table == NULL:
        connect()
    for at in range(start, end):
        op = &l.ops[l.order[at]]
        cells[0] = cells[1] = cells[2] = 0
        for j in range(op.n_in):
            cells[j] = <uint32_t>(l.plan.slots[l.slot_for(l.operands[op.first_in + j])].offset // 8)
        l.drop_read(op, at)
        y = <uint32_t>(l.plan.slots[l.make(op.first_out, at)].offset // 8)
        s = new_scalar(l.plan, block)
        s.y, s.a, s.b, s.c = y, cells[0], cells[1], cells[2]
        s.op = scalar_op(l, op)
        if s.op == FG_S_LOOP:
            s.loop = scalar_loop(l, op)
        l.drop_unread(op)
    return 0


cdef uint16_t scalar_op(Places l, op_t *op) noexcept:
    cdef int column
    if op.kind != ELEMENTWISE:
        return scalar_cast[l.values[l.operands[op.first_in]].code][l.values[op.first_out].code]
    if op.primitive >= n_scalar_table:
        return FG_S_LOOP
    if op.primitive == WHERE:
        return FG_S_WHERE
    column = scalar_column[l.values[l.operands[op.first_in]].code]
    return FG_S_LOOP if column < 0 else scalar_table[COLUMNS * op.primitive + column]


cdef fg_loop loop_of(Places l, op_t *op, int *code) except *:
    """The loop of an elementwise operation or a cast, and the dtype that it works on."""
    cdef Primitive p
    cdef Py_ssize_t j
    cdef fg_loop loop
    if op.kind != ELEMENTWISE:
        loop = cast_loop(l.values[l.operands[op.first_in]].code, l.values[op.first_out].code)
        l.plan.names[<size_t>loop.fn, <size_t>loop.data] = "cast"
        return loop
    p = <Primitive>primitive_table[op.primitive]
    code[0] = 0
    for j in range(op.n_in):
        if not p.bools >> j & 1:
            code[0] = l.values[l.operands[op.first_in + j]].code
            break
    if code[0] < FLOAT16:
        l.plan.checks = True
    resolve(p, code[0])  # it may be what another operation became, and new
    loop = p.loops[code[0]]
    l.plan.names[<size_t>loop.fn, <size_t>loop.data] = p.name
    return loop


cdef uint16_t scalar_loop(Places l, op_t *op) except *:
    """The number of a loop in the plan's table."""
    cdef int code = -1
    cdef fg_scalar_loop entry
    cdef Py_ssize_t k
    cdef fg_scalar_loop *loops
    memset(&entry, 0, sizeof(entry))
    entry.loop = loop_of(l, op, &code)
    entry.operands = op.n_in + 1
    entry.number = number_function(entry.loop)
    entry.single = l.values[op.first_out].code == FLOAT32
    # Steps of 0, as eagerly: NumPy's power tells by it that the exponent is one number.
    entry.step[op.n_in] = itemsize[l.values[op.first_out].code]
    for k in range(l.plan.n_loops):
        if memcmp(&l.plan.loops[k], &entry, sizeof(entry)) == 0:
            return <uint16_t>k
    if l.plan.n_loops == 65536:
        raise RuntimeError("a function with more than 65,536 kinds of operations can't be replayed")
    if l.plan.n_loops == l.plan.loop_room:
        loops = <fg_scalar_loop *>realloc(l.plan.loops, (2 * l.plan.loop_room + 8) * sizeof(entry))
        if loops == NULL:
            raise MemoryError("no memory for a plan")
        l.plan.loops = loops
        l.plan.loop_room = 2 * l.plan.loop_room + 8
    l.plan.loops[l.plan.n_loops] = entry
    l.plan.n_loops += 1
    return <uint16_t>(l.plan.n_loops - 1)

# ---- arrays
cdef int emit_group(Places l, block_t *block, Py_ssize_t start, Py_ssize_t end) except -1:
    """Elementwise operations on arrays of one size, which run block by block.

    What only they read is scratch of one block. A result may take the place of an array that they read last.
    """
    cdef fg_group *g = <fg_group *>calloc(1, sizeof(fg_group))
    cdef instr_t *i
    cdef fg_step *s
    cdef op_t *op
    cdef Py_ssize_t at, j, n = class_of(l.program, &l.ops[l.order[start]])
    cdef int32_t x, slot, span
    cdef int code, kind
    cdef fg_repeat *r
    cdef dict sums = sums_of(l, start, end)   # position -> its kind
    cdef set summed = {l.operands[l.ops[l.order[at]].first_in] for at in sums}
    cdef list places = []       # slots of scratch
    cdef dict spare = {}        # itemsize -> [slots of scratch that is free]
    cdef dict dying = {}        # array that only this unit still reads -> the last position
    if g == NULL:
        raise MemoryError("no memory for a plan")
    i = add_instr(block, GROUP)
    i.data = g
    g.n = n
    g.steps = s = <fg_step *>calloc(end - start, sizeof(fg_step))
    if s == NULL:
        raise MemoryError("no memory for a plan")
    g.n_steps = <int>(end - start - len(sums))
    g.sums = <fg_sum *>calloc(len(sums) + 1, sizeof(fg_sum))
    if g.sums == NULL:
        raise MemoryError("no memory for a plan")
    g.n_trees = list(sums.values()).count(FG_ALL)
    g.lanes = lanes_of(l, n * (end - start), sums)
    l.plan.cost += (end - start) * (10 + n)
    for at in range(start, end):
        op = &l.ops[l.order[at]]
        for j in range(op.n_in):
            x = l.base[l.operands[op.first_in + j]]
            if l.maker[x] >= 0 and l.slot[x] >= 0 and start <= l.last[x] < end:
                # A part of it would be read at other places than a result is written to.
                # Sums read it after all others do.
                whole = dying.get(x, NEVER) != -1 and x == l.operands[op.first_in + j] and at not in sums
                dying[x] = l.last[x] if whole else -1
    for at in range(start, end):
        op = &l.ops[l.order[at]]
        if at in sums:
            add_sum(l, g, op, sums[at])
            continue
        s.loop = loop_of(l, op, &code)
        s.operands = op.n_in + 1
        for j in range(op.n_in):
            x = l.operands[op.first_in + j]
            s.slot[j] = l.slot_for(x)
            kind = fit(l.values[x].shape, l.values[op.first_out].shape, &span)
            if kind == ONE:
                continue
            s.step[j] = itemsize[l.values[x].code]
            if kind == WHOLE:
                s.span[j] = 0 if l.scratch[x] else FG_ALONG
            else:
                r = repeated(l, g, s.slot[j], kind, span, places)
                s.slot[j] = r.y
                s.span[j] = 0 if kind == COLUMN else span
        for j in range(op.n_in):
            x = l.operands[op.first_in + j]
            if l.scratch[x] and l.last[x] == at and x not in summed:
                l.last[x] = -1
                spare.setdefault(itemsize[l.values[x].code], []).append(l.slot[x])
        x = op.first_out
        j = op.n_in
        s.step[j] = itemsize[l.values[x].code]
        target = l.targets.get(x) if l.targets else None
        if target is not None and goes_along(l, <int32_t>target[1], start, at, n):
            l.slot[x] = s.slot[j] = target[0]
            s.span[j] = FG_ALONG
            s += 1
            continue
        slot = l.plan.new_slot(l.values[x].code, n * itemsize[l.values[x].code])
        l.slot[x] = slot
        if l.last[x] < end:
            l.scratch[x] = True
            free_ones = spare.get(itemsize[l.values[x].code])
            if free_ones:
                l.plan.slots[slot].offset = l.plan.slots[<int32_t>free_ones.pop()].offset
            else:
                l.plan.slots[slot].nbytes = g.lanes * min(n, FG_BLOCK) * itemsize[l.values[x].code]
                l.place(slot, False)
                places.append(slot)
        else:
            s.span[j] = FG_ALONG
            if x in l.outside:
                before = l.outside[x]
                if before is not None and not goes_along(l, <int32_t>before, start, at, n):
                    l.apart.add(x)
            else:
                l.plan.slots[slot].offset = taken_over(l, x, at, dying)
                if l.plan.slots[slot].offset < 0:
                    l.place(slot, False)
        s.slot[j] = slot
        s += 1
    for slot in places:
        l.release(slot)
    for x in dying:
        if l.last[x] >= 0:
            l.last[x] = -1
            l.release(l.slot[x])
    return 0


cdef bint is_elementwise(op_t *op) noexcept:
    return op.kind == ELEMENTWISE or op.primitive == CAST


cdef dict sums_of(Places l, Py_ssize_t start, Py_ssize_t end):
    """The sums among the operations of a unit: {position: kind}."""
    cdef Py_ssize_t at
    cdef dict sums = {}
    for at in range(start, end):
        if not is_elementwise(&l.ops[l.order[at]]):
            sums[at] = sum_of(l.program, &l.ops[l.order[at]], NULL)
    return sums


cdef int lanes_of(Places l, Py_ssize_t work, dict sums) except -1:
    """How many threads share a group of so many operations on numbers."""
    cdef work_t w
    cdef Py_ssize_t row = -1
    if work < WORTH_SHARING:
        return 1
    for at, kind in sums.items():
        if kind != FG_ROWS:
            continue
        sum_of(l.program, &l.ops[l.order[<Py_ssize_t>at]], &w)
        if len(sums) > 1 and (FG_ALL in sums.values() or row not in (-1, w.size)):
            return 1
        row = w.size
    return threads() if row < 0 else min(threads(), max(row // SHARED_COLUMNS, 1))


cdef bint fuses(Places l, Py_ssize_t start, Py_ssize_t end) except -1:
    """True if a unit becomes a group: it has more than sums, and not too many of those."""
    cdef dict sums = sums_of(l, start, end)
    return len(sums) < end - start and list(sums.values()).count(FG_ALL) <= FG_TREES


cdef int add_sum(Places l, fg_group *g, op_t *op, int kind) except -1:
    """One more sum of a group; those of all numbers stand first."""
    cdef work_t w
    cdef fg_sum *s
    cdef Py_ssize_t k
    cdef int32_t x = l.operands[op.first_in]
    sum_of(l.program, op, &w)
    k = g.n_sums
    if kind == FG_ALL:
        for k in range(g.n_sums):
            if g.sums[k].kind != FG_ALL:
                break
        else:
            k = g.n_sums
        g.sums[g.n_sums] = g.sums[k]
    g.n_sums += 1
    s = &g.sums[k]
    s.add, s.kind, s.size, s.count = w.loop, kind, itemsize[w.code], w.v[2]
    s.row = <int32_t>w.size
    s.x = l.slot_for(x)
    s.span = 0 if l.scratch[x] else FG_ALONG
    s.y = l.make(op.first_out)
    return 0


cdef fg_repeat *repeated(Places l, fg_group *g, int32_t slot, int kind, int32_t span, list places) except NULL:
    """How a group has an array of a smaller shape; `places` takes the slot of what is copied."""
    cdef fg_repeat *r
    cdef fg_repeat *repeats
    cdef Py_ssize_t k, elements
    cdef int how = FG_SPREAD if kind == COLUMN else FG_TILED if span < FG_BLOCK or g.n_trees else FG_LONG
    for k in range(g.n_repeats):
        r = &g.repeats[k]
        if r.x == slot and r.kind == how and r.span == span:
            return r
    repeats = <fg_repeat *>realloc(g.repeats, (g.n_repeats + 1) * sizeof(fg_repeat))
    if repeats == NULL:
        raise MemoryError("no memory for a plan")
    g.repeats = repeats
    r = &repeats[g.n_repeats]
    g.n_repeats += 1
    r.x = r.y = slot
    r.span, r.kind, r.size, r.nbytes = span, how, itemsize[l.plan.slots[slot].code], 0
    if how != FG_LONG:
        elements = g.lanes * min(g.n, FG_BLOCK) if how == FG_SPREAD else min(g.n, span + FG_BLOCK)
        r.nbytes = elements * r.size
        r.y = l.plan.new_slot(l.plan.slots[slot].code, r.nbytes)
        l.place(r.y, False)
        places.append(r.y)
    return r


cdef bint goes_along(Places l, int32_t x, Py_ssize_t start, Py_ssize_t at, Py_ssize_t n) noexcept:
    """True if the operation at a position, of a group from `start` on, may write where x is: whoever reads x has done
    so before, or reads the same block."""
    cdef Py_ssize_t k, j
    cdef int32_t read
    cdef op_t *op
    if l.last[x] > at:
        return False
    for k in range(start, at + 1):
        op = &l.ops[l.order[k]]
        for j in range(op.n_in):
            read = l.operands[op.first_in + j]
            if l.base[read] == x and (read != x or l.values[read].shape.size != n or not is_elementwise(op)):
                return False
    return True


cdef Py_ssize_t taken_over(Places l, int32_t y, Py_ssize_t at, dict dying) except -2:
    """The place of an array of the size of y that nobody reads after the operation at a position, or -1."""
    cdef int32_t x
    for x in dying:
        if 0 <= dying[x] <= at and l.values[x].code == l.values[y].code and (
                l.values[x].shape.size == l.values[y].shape.size and l.last[x] >= 0):
            l.last[x] = -1
            return l.plan.slots[l.slot[x]].offset
    return -1


cdef bint emit_one(Places l, block_t *block, op_t *op) except -1:
    """An operation on arrays of one element, with the steps that it has eagerly: loops may go by them."""
    cdef fg_group *g
    cdef fg_step *s
    cdef instr_t *i
    cdef Py_ssize_t j
    cdef int code
    if l.values[op.first_out].shape.size != 1 or (l.g.stacks and op.first_out in l.g.stacks):
        return False
    cdef int ndim = l.values[l.operands[op.first_in]].shape.ndim
    for j in range(1, op.n_in):
        if l.values[l.operands[op.first_in + j]].shape.ndim > ndim:
            return False
    g = <fg_group *>calloc(1, sizeof(fg_group))
    if g == NULL:
        raise MemoryError("no memory for a plan")
    i = add_instr(block, GROUP)
    i.data = g
    g.n = 1
    g.steps = s = <fg_step *>calloc(1, sizeof(fg_step))
    if s == NULL:
        raise MemoryError("no memory for a plan")
    g.n_steps = g.lanes = 1
    s.loop = loop_of(l, op, &code)
    s.operands = op.n_in + 1
    for j in range(op.n_in):
        s.slot[j] = l.slot_for(l.operands[op.first_in + j])
    s.slot[op.n_in] = l.make(op.first_out)
    s.step[op.n_in] = itemsize[l.values[op.first_out].code]
    return True


cdef int emit_nd(Places l, block_t *block, op_t *op) except -1:
    cdef nd_t *nd
    cdef instr_t *i
    cdef Py_ssize_t j
    cdef int code
    cdef value_t *y = &l.values[op.first_out]
    cdef bint each = l.g.stacks and op.first_out in l.g.stacks
    cdef int32_t slot = l.new_stack(op.first_out) if each else l.make(op.first_out)
    if y.shape.size == 0 and not each:
        return 0
    i = add_instr(block, EACH if each else ND)
    i.data = nd = <nd_t *>calloc(1, sizeof(nd_t))
    if nd == NULL:
        raise MemoryError("no memory for a plan")
    nd.loop = loop_of(l, op, &code)
    nd.operands = op.n_in + 1
    nd.ndim = y.shape.ndim
    memcpy(nd.dims, y.shape.dims, y.shape.ndim * sizeof(Py_ssize_t))
    for j in range(op.n_in + 1):
        nd.slot[j] = slot if j == op.n_in else l.slot_for(l.operands[op.first_in + j])
        y = &l.values[op.first_out if j == op.n_in else l.operands[op.first_in + j]]
        broadcast_strides(y.shape, itemsize[y.code], nd.ndim, &nd.strides[j * MAX_NDIM])
    l.plan.cost += 10 + 2 * y.shape.size
    return 0
