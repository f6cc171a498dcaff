"""The backward sweep.

A. *Mark* forward from the sources over the records that the tape tracks. A record is marked if an argument is:
   this decides None against zero, exactly.
B. *Sweep* backward over marked records that have a cotangent. Each rule touches only what it needs; a
   cotangent is brought to its argument's shape here (`sum_to`), never in a rule.
C. *Lanes.* A plain sweep keeps the cotangent of a 0-d float as a C double and runs generated functions on it
   (scalar lane), and accumulates those of arrays in place with generated loops (array lane). If a tape that
   records now tracks what is swept, the rules run on Tensors instead and are recorded (recorded lane), which
   gives the same bits. Structured operations run their Python rules on Tensors in both.
D. *Complex numbers.* Inside the sweep a rule is the plain transpose of a derivative: for y = f(z) with a complex
   derivative f', ct * f'. So rules written for reals hold for every function that is complex differentiable.
   TensorFlow's gradient is the conjugate of that: seeds and results are conjugated, here and for custom
   gradients. The others (`abs`, `real`, ...) are made of `real`, `imag` and `conjugate`.
E. *Many cotangents* of one target, for jacobians, are swept at once: each cotangent is a Tensor with one more axis in
   front. Elementwise rules broadcast over it; the rules of structured operations run once for each cotangent.
"""

cimport cython
from cpython.exc cimport PyErr_CheckSignals
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF
from cpython.tuple cimport PyTuple_New, PyTuple_SET_ITEM
from libc.stdint cimport uint8_t, uint32_t, uint64_t
from libc.stdlib cimport calloc, free, malloc

import warnings

from ._buffer cimport same_shape, shape_t
from ._cotangents cimport (
    ADD, MULTIPLY, SCALE, asked_for, binary, checked, conjugate, each, joined, no_gradient, stacked, sum_each_to,
    zeros_of_aval,
)
from ._dispatch cimport add_in_place, apply, broadcast_copy, cast_tensor, convert, run_program, sum_to
from ._graph cimport current_graph
from ._loops cimport COMPLEX64, FLOAT16, FLOAT32, FLOAT64, fg_vjp_fn, itemsize
from ._primitive cimport Primitive, primitive_named, primitive_table
from ._pullbacks cimport MOST_GIVEN, Pullback, pullback_of
from ._recorder cimport Recorder, covers
from ._tensor cimport (
    Tensor, Variable, alias, copy_tensor, filled, root, scalar_tensor, scalar_value, tensor_like,
    tensor_new, view_of, writable, writable_view,
)
from ._trace cimport (
    FG_ARRAY, FG_LEAF, FG_NODE, FG_OUTPUT, FG_SCALAR, NODE_SLOTS, SHARED_BIT, Aval, Node, Trace, current_trace,
    fg_record, kill_record, leaf_of, lifted_aval, record_at, record_shape, slot_in, tracked,
)

cdef enum:
    BLOCK = 1024     # elements for which several loops take turns: six arrays of them fit into the first cache
    FEW = 8          # slots that need no memory of their own
    MARKED = 1
    SOURCE = 2
    HAS = 4          # a cotangent is there
    REACHED = 8      # from what the tape watches (tapes on the shared bit)
    CUT = 16         # watched by the tape, made by what it did not record: a leaf to it
    LATE = 32        # watched by the tape after it was there: only later uses count
    SIGNAL_EVERY = 16383  # records between looks for Ctrl-C: well below 10 ms in every lane of C loops


cdef Tensor as_value(x):
    return x if isinstance(x, Tensor) else root(x).value


cdef int hint_lost(Tensor t) except -1:
    """A source that an operation made, recorded by a tape that is gone: most often `x = x + 1`."""
    if t.from_variable:
        warnings.warn(
            "a gradient is None because its source is the result of an operation that this tape did not record. "
            "After `x = x + 1`, x is now a Tensor, not the Variable: x.assign_add(1) keeps it a Variable.",
            stacklevel=1)
    return 0


cdef uint64_t slot_of(Recorder tape, x) except? 0:
    """The slot of a Tensor or Variable if this tape tracks it, else 0."""
    cdef fg_record *r
    cdef uint64_t slot
    if isinstance(x, Tensor):
        slot = slot_in(tape.trace, x)
    else:
        slot = leaf_of(tape.trace, root(x))
    r = record_at(tape.trace, slot)
    if r == NULL or r.tapes & tape.bit == 0 or r.dtype < FLOAT16:
        return 0
    return slot


cdef tuple run_sweep(
        Recorder tape, tuple targets, list cotangents, tuple sources, bint keep, bint sparse, Py_ssize_t many):
    """The gradients of sources; None for one that no target depends on.

    many: how many cotangents of one target stand along the first axis of the one that is given; 0 for a single one,
        without such an axis.
    """
    cdef Sweep sweep = Sweep.__new__(Sweep)
    cdef uint64_t slot, lo = <uint64_t>-1, hi = 0
    cdef Py_ssize_t k, n_sources = len(sources), n_targets = len(targets)
    cdef tuple result = PyTuple_New(n_sources)
    cdef uint64_t *slots = sweep.room(n_sources + n_targets)  # of sources, then of targets
    try:
        for k in range(n_sources):
            slot = slots[k] = slot_of(tape, sources[k])
            if slot and slot < lo:
                lo = slot
        for k in range(n_targets):
            slot = slots[n_sources + k] = slot_of(tape, targets[k])
            if slot > hi:
                hi = slot
        if hi and lo <= hi:
            sweep.keep = keep or tape.persistent
            sweep.sparse = sparse
            sweep.many = many
            sweep.prepare(tape, lo, hi, slots, n_sources)
            sweep.seed(targets, slots + n_sources, cotangents)
            sweep.backward()
        for k in range(n_sources):
            gradient = sweep.take(slots[k]) if slots[k] else None
            if gradient is None:
                gradient = of_itself(sources[k], targets, cotangents)
                if gradient is None and not slots[k] and type(sources[k]) is Tensor:
                    hint_lost(sources[k])
            Py_INCREF(gradient)
            PyTuple_SET_ITEM(result, k, gradient)
    finally:
        sweep.close()
    return result


cdef object of_itself(source, tuple targets, list cotangents):
    """The gradient of a target that is the source object itself, which needs no tape."""
    cdef Tensor value = as_value(source)
    result = None
    if value.code < FLOAT16:
        return None
    if cotangents is None:
        cotangents = [None] * len(targets)
    for target, ct in zip(targets, cotangents):
        if target is source or (isinstance(source, Variable) and isinstance(target, Variable)
                                and root(source) is root(target)):
            ct = filled(value, 1) if ct is None else ct
            result = ct if result is None else binary(ADD, result, ct)
    return result


cdef inline bint is_number(fg_record *r) noexcept:
    """True if a plain sweep keeps this slot's cotangent as a double."""
    return r.lane == FG_SCALAR or (
        record_shape(r).ndim == 0 and (r.dtype == FLOAT64 or r.dtype == FLOAT32))


ctypedef union slot_t:
    double number       # cotangent of a 0-d float slot in a plain sweep
    void *tensor        # an owned Tensor otherwise


# The derivative loops of one record.
cdef struct pass_t:
    int loops
    fg_vjp_fn loop[4]
    char *out[4]
    bint add[4]
    char *data[5]            # ct, arguments, y
    Py_ssize_t strides[5]    # of their elements: 1 or 0
    Py_ssize_t sizes[5]      # of an element, in bytes


cdef void run_pass(pass_t *w, Py_ssize_t n) noexcept:
    """Run the loops on n elements. Several loops take turns, so that what they read is in the cache but once."""
    cdef Py_ssize_t at = 0, some = n if w.loops == 1 else BLOCK
    cdef int j
    while True:
        some = min(some, n - at)
        for j in range(w.loops):
            w.loop[j](some, w.data, w.strides, w.out[j], w.add[j])
            w.out[j] += some * w.sizes[0]
        at += some
        if at == n:
            return
        for j in range(5):
            if w.data[j] != NULL:
                w.data[j] += some * w.sizes[j] * w.strides[j]


@cython.final
@cython.freelist(4)
@cython.no_gc
cdef class Sweep:
    """One backward pass over the records [lo, lo + n)."""

    cdef Trace trace
    cdef uint32_t bit
    cdef bint recorded          # a tape that records now tracks what is swept, or a graph is traced
    cdef Py_ssize_t many        # cotangents that are swept at once; 0: a single one, see note E
    cdef bint tensors           # cotangents of numbers are Tensors: recorded, or many
    cdef bint keep              # the records are needed again
    cdef uint64_t lo
    cdef Py_ssize_t n
    cdef slot_t *ct
    cdef uint8_t *mark          # behind `ct`, in the same memory
    cdef uint64_t *slots
    cdef uint64_t few_slots[8]
    cdef list copies            # of operands, for the record at hand
    cdef uint32_t tapes         # those that can reach a marked record
    cdef bint sparse            # cotangents of leaves may come as rows
    cdef dict rows              # of leaves that were gathered from: k -> [(indices, values)]; None: none yet
    cdef dict late              # of the tape: slot -> when it was watched

    cdef void close(self) noexcept:
        """Let go of everything."""
        cdef Py_ssize_t k
        if self.ct != NULL:
            for k in range(self.n):
                self.drop(k)
        free(self.ct)
        free(self.slots)

    cdef fg_record *at(self, Py_ssize_t k) noexcept:
        return record_at(self.trace, self.lo + k)

    cdef uint64_t *room(self, Py_ssize_t n) except NULL:
        """Room for the slots of sources and targets."""
        if n > FEW:
            self.slots = <uint64_t *>malloc(n * sizeof(uint64_t))
            if self.slots == NULL:
                raise MemoryError("no memory for a gradient")
        return self.slots if n > FEW else self.few_slots

    cdef int prepare(self, Recorder tape, uint64_t lo, uint64_t hi, uint64_t *slots, Py_ssize_t n_sources) except -1:
        """Mark the records between sources and targets, and choose the lane."""
        cdef Py_ssize_t k
        cdef uint64_t slot
        cdef fg_record *r
        self.trace = tape.trace
        self.bit = tape.bit
        cdef bint shared = self.bit >> SHARED_BIT
        if shared:
            for slot in tape.shared_watch:
                lo = min(lo, slot)
        r = record_at(tape.trace, lo)
        if r.lane == FG_OUTPUT:  # its node, which the sweep runs, stands before it
            lo -= r.arg[0]
        self.lo = lo
        self.n = <Py_ssize_t>(hi - lo + 1)
        self.ct = <slot_t *>calloc(self.n, sizeof(slot_t) + 1)
        if self.ct == NULL:
            raise MemoryError("no memory for a gradient")
        self.mark = <uint8_t *>(self.ct + self.n)
        for k in range(n_sources):
            if slots[k] and slots[k] <= hi:
                self.mark[slots[k] - lo] |= SOURCE
        self.late = tape.shared_watch if shared else tape.late
        if shared:
            self.reach(tape)
        elif self.late is not None:
            for slot in self.late:
                if slot - lo < <uint64_t>self.n:
                    self.add_late(slot - lo)
        for k in range(self.n):
            if k & SIGNAL_EVERY == SIGNAL_EVERY:
                PyErr_CheckSignals()
            r = self.at(k)
            if r == NULL or r.tapes & self.bit == 0 or (shared and not self.mark[k] & REACHED):
                continue
            if self.mark[k] & SOURCE or (not self.mark[k] & CUT and self.has_argument(r, k, MARKED)):
                self.mark[k] |= MARKED
                self.tapes |= r.tapes
        self.recorded = current_graph() is not None or (
            self.trace is current_trace() and self.trace.recording & self.tapes != 0)
        self.tensors = self.recorded or self.many
        return 0

    cdef inline bint flows(self, Py_ssize_t k, uint32_t back, uint8_t flag=MARKED) noexcept:
        """True if the argument that stands `back` records before record k carries the flag, and k may use it."""
        cdef uint8_t mark
        if back == 0 or back > k:
            return False
        mark = self.mark[k - back]
        return mark & flag and (not mark & LATE or self.lo + k >= <uint64_t>self.late[self.lo + k - back])

    cdef bint has_argument(self, fg_record *r, Py_ssize_t k, uint8_t flag) noexcept:
        """True if an argument of record k carries the flag."""
        cdef Py_ssize_t j
        cdef Node node
        if r.lane == FG_OUTPUT:
            return k >= r.arg[0] and self.mark[k - r.arg[0]] & flag
        if r.nargs == NODE_SLOTS:
            node = <Node>r.u.a.saved[0]
            for j in range(node.nargs):
                if self.flows(k, node.back[j], flag):
                    return True
            return False
        for j in range(r.nargs):
            if self.flows(k, r.arg[j], flag):
                return True
        return False

    cdef void add_late(self, Py_ssize_t k) noexcept:
        """Only uses after the watch count, and what the record was made of does not."""
        self.mark[k] |= LATE if self.at(k).lane == FG_LEAF else LATE | CUT

    cdef int reach(self, Recorder tape) except -1:
        """For a tape on the shared bit: flag what it watched, and what it made of that."""
        cdef Py_ssize_t k
        cdef fg_record *r
        for k in range(self.n):
            if k & SIGNAL_EVERY == SIGNAL_EVERY:
                PyErr_CheckSignals()
            r = self.at(k)
            if r == NULL or r.tapes & self.bit == 0:
                continue
            if covers(tape, self.lo + k) and self.has_argument(r, k, REACHED):
                self.mark[k] |= REACHED
            elif self.lo + k in self.late:
                self.add_late(k)
                self.mark[k] |= REACHED
        return 0

    cdef int seed(self, tuple targets, uint64_t *slots, list cotangents) except -1:
        cdef Py_ssize_t k
        cdef uint64_t slot
        cdef fg_record *r
        cdef Tensor ct
        if cotangents is not None:
            for given in cotangents:
                if given is not None and tracked(<Tensor>given):
                    self.recorded = self.tensors = True
        for k in range(len(targets)):
            slot = slots[k]
            if slot < self.lo or not self.mark[slot - self.lo] & MARKED:
                continue
            r = record_at(self.trace, slot)
            if cotangents is None or cotangents[k] is None:
                if is_number(r) and not self.tensors:
                    self.add_number(slot - self.lo, r, 1.0)
                    continue
                ct = filled(as_value(targets[k]), 1)
            else:
                ct = conjugate(cotangents[k])
            self.add_tensor(slot - self.lo, r, ct)
        return 0

    # ---- cotangents
    cdef void drop(self, Py_ssize_t k) noexcept:
        if self.mark[k] & HAS:
            self.mark[k] &= ~HAS
            r = self.at(k)
            if self.tensors or r == NULL or not is_number(r):
                Py_DECREF(<object>self.ct[k].tensor)

    cdef inline void add_number(self, Py_ssize_t k, fg_record *r, double value) noexcept:
        if self.mark[k] & HAS:
            value += self.ct[k].number
        self.ct[k].number = <float>value if r.dtype == FLOAT32 else value
        self.mark[k] |= HAS

    cdef int add_tensor(self, Py_ssize_t k, fg_record *r, Tensor value) except -1:
        """Accumulate a cotangent of the record's shape and dtype."""
        cdef Tensor total
        if not self.tensors and is_number(r):
            self.add_number(k, r, scalar_value(value))
            return 0
        if not self.mark[k] & HAS:
            Py_INCREF(value)
            self.ct[k].tensor = <void *>value
            self.mark[k] |= HAS
            return 0
        if self.recorded:
            self.put(k, binary(ADD, self.get(k), value))
            return 0
        total = self.own(k)
        add_in_place(total, value)
        return 0

    cdef Tensor get(self, Py_ssize_t k):
        return <Tensor>self.ct[k].tensor

    cdef void put(self, Py_ssize_t k, Tensor value):
        """Replace a cotangent Tensor."""
        cdef void *old = self.ct[k].tensor if self.mark[k] & HAS else NULL
        Py_INCREF(value)
        self.ct[k].tensor = <void *>value
        self.mark[k] |= HAS
        if old != NULL:
            Py_DECREF(<object>old)

    cdef Tensor own(self, Py_ssize_t k):
        """The cotangent Tensor of slot k, made our own if anybody else holds it."""
        if not writable(<PyObject *>self.ct[k].tensor):
            self.put(k, copy_tensor(<Tensor>self.ct[k].tensor))
        return <Tensor>self.ct[k].tensor

    cdef Tensor cotangent(self, Py_ssize_t k, fg_record *r):
        """The cotangent of slot k as a Tensor."""
        if not self.tensors and is_number(r):
            return scalar_tensor(r.dtype, self.ct[k].number)
        return <Tensor>self.ct[k].tensor

    cdef object take(self, uint64_t slot):
        """The result for a source, or None if nothing reached it."""
        cdef Py_ssize_t k = <Py_ssize_t>(slot - self.lo)
        if k >= self.n:
            return None
        result = conjugate(self.cotangent(k, self.at(k))) if self.mark[k] & HAS else None
        pieces = None if self.rows is None else self.rows.get(k)
        if pieces is None:
            return result
        if current_graph() is not None:
            sparse = convert(joined(pieces, record_shape(self.at(k))), -1, "gradient")
            return sparse if result is None else binary(ADD, result, sparse)
        slices = joined(pieces, record_shape(self.at(k)))
        return slices if result is None else binary(ADD, result, convert(slices, -1, "gradient"))

    # ---- the pass
    cdef int backward(self) except -1:
        cdef Py_ssize_t k
        cdef fg_record *r
        cdef uint8_t mark
        for k in range(self.n - 1, -1, -1):
            if k & SIGNAL_EVERY == SIGNAL_EVERY:
                PyErr_CheckSignals()
            mark = self.mark[k]
            if mark & (MARKED | HAS) != MARKED | HAS:
                continue
            r = self.at(k)
            if r.lane == FG_LEAF or mark & CUT:
                continue
            if r.lane == FG_SCALAR:
                if self.tensors:
                    self.on_tensors(k, r)
                else:
                    self.scalar(k, r)
                    continue
            elif r.lane == FG_ARRAY:
                if self.tensors or r.dtype == FLOAT16 or r.dtype >= COMPLEX64 or is_number(r):
                    self.on_tensors(k, r)
                else:
                    self.array(k, r)
            elif r.lane == FG_NODE:
                self.node(k, r)
            else:
                self.node(k - r.arg[0], self.at(k - r.arg[0]))
                continue
            if not mark & SOURCE:
                self.drop(k)
                # Other tapes on the shared bit may read the record yet.
                if not self.keep and r.tapes == self.bit and self.bit >> SHARED_BIT == 0:
                    self.forget(k)
        return 0

    cdef int forget(self, Py_ssize_t k) except -1:
        """Drop what a record keeps as soon as the only sweep that will ever read it has passed."""
        cdef fg_record *r = self.at(k)
        if r.lane == FG_ARRAY or (r.lane == FG_NODE and (<Node>r.u.a.saved[0]).outputs == 1):
            kill_record(self.trace, self.lo + k)
        return 0

    cdef int scalar(self, Py_ssize_t k, fg_record *r) except -1:
        """The scalar lane: one 0-d record on C numbers."""
        cdef Primitive p = <Primitive>primitive_table[r.primitive]
        cdef double ct = self.ct[k].number, value
        cdef int j
        cdef uint32_t back
        for j in range(r.nargs):
            back = r.arg[j]
            if not self.flows(k, back):
                continue
            value = local_rule(p, r, j, ct, r.u.v)
            self.add_number(k - back, r, value)
        return 0

    cdef int array(self, Py_ssize_t k, fg_record *r) except -1:
        """The array lane: generated loops, accumulating in place."""
        cdef Primitive p = <Primitive>primitive_table[r.primitive]
        cdef Tensor ct = <Tensor>self.ct[k].tensor
        cdef shape_t *shape = ct.shape_
        cdef Tensor total
        cdef fg_record *a
        cdef pass_t w
        cdef list parts = None
        cdef bint fits
        cdef int j
        cdef uint32_t back
        if shape.size == 1:  # the bits of a single number
            return self.single(k, r)
        w.loops = 0
        for j in range(r.nargs):
            back = r.arg[j]
            if not self.flows(k, back):
                continue
            a = self.at(k - back)
            if a.dtype != r.dtype:  # all arguments are of one dtype, so nothing is done yet
                return self.on_tensors(k, r)
            fits = same_shape(record_shape(a), shape)
            if p.is_constant[j] and p.constant[j] == 1:
                if not fits:
                    parts = [(back, ct)] if parts is None else parts + [(back, ct)]
                    continue
                if w.loops:  # into the same total, maybe
                    run_pass(&w, shape.size)
                    w.loops = 0
                self.add_tensor(k - back, a, ct)
                continue
            if p.generated == NULL or p.generated.vjp[j][r.dtype - FLOAT32] == NULL:
                raise no_gradient(p, j)
            if w.loops == 0:
                self.operands(r, ct, &w)
            w.loop[w.loops] = p.generated.vjp[j][r.dtype - FLOAT32]
            w.add[w.loops] = False
            if not fits:
                total = tensor_like(ct)
                parts = [(back, total)] if parts is None else parts + [(back, total)]
            elif self.mark[k - back] & HAS:
                total = self.own(k - back)
                w.add[w.loops] = True
            else:
                total = tensor_like(ct)
                self.put(k - back, total)
            w.out[w.loops] = total.data
            w.loops += 1
            total = None
        if w.loops:
            run_pass(&w, shape.size)
        self.copies = None
        if parts is not None:
            for back, total in parts:
                a = self.at(k - back)
                self.add_tensor(k - back, a, sum_to(total, record_shape(a)))
        return 0

    cdef int single(self, Py_ssize_t k, fg_record *r) except -1:
        """The array lane for arrays of one element."""
        cdef Primitive p = <Primitive>primitive_table[r.primitive]
        cdef Tensor ct = <Tensor>self.ct[k].tensor
        cdef Tensor value
        cdef fg_record *a
        cdef double v[4]
        cdef double number
        cdef int j
        cdef uint32_t back
        for j in range(4):
            v[j] = 0
        for j in range(r.nargs):
            if r.u.a.saved[j] != NULL:
                v[j] = scalar_value(<Tensor>r.u.a.saved[j])
        if r.u.a.saved[3] != NULL:
            v[r.nargs] = scalar_value(<Tensor>r.u.a.saved[3])
        for j in range(r.nargs):
            back = r.arg[j]
            if not self.flows(k, back):
                continue
            a = self.at(k - back)
            if a.dtype != r.dtype:
                return self.on_tensors(k, r)
            number = local_rule(p, r, j, scalar_value(ct), v)
            value = tensor_new(r.dtype, record_shape(a))
            if r.dtype == FLOAT64:
                (<double *>value.data)[0] = number
            else:
                (<float *>value.data)[0] = <float>number
            self.add_tensor(k - back, a, value)
        return 0

    cdef int operands(self, fg_record *r, Tensor ct, pass_t *w) except -1:
        """What the loops of a record read: ct, arguments, y."""
        cdef Tensor x
        cdef int j
        for j in range(5):
            w.data[j] = NULL
            w.strides[j] = 1
            w.sizes[j] = itemsize[r.dtype]
        w.data[0] = ct.data
        for j in range(r.nargs):
            if r.u.a.saved[j] != NULL:
                x = <Tensor>r.u.a.saved[j]
                if x.shape_.size == 1:
                    w.strides[j + 1] = 0
                elif not same_shape(x.shape_, ct.shape_):
                    x = broadcast_copy(x, ct.shape_)
                    self.copies = [x] if self.copies is None else self.copies + [x]
                w.data[j + 1] = x.data
                w.sizes[j + 1] = itemsize[x.code]
        if r.u.a.saved[3] != NULL:
            w.data[r.nargs + 1] = (<Tensor>r.u.a.saved[3]).data
        return 0

    cdef int on_tensors(self, Py_ssize_t k, fg_record *r) except -1:
        """The recorded lane of an elementwise record: run its rules on Tensors."""
        cdef Primitive p = <Primitive>primitive_table[r.primitive]
        cdef Tensor ct = self.cotangent(k, r)
        cdef Tensor c
        cdef list values = []
        cdef int j, nargs = r.nargs
        cdef uint32_t back
        cdef uint64_t slot
        for j in range(nargs):
            slot = self.lo + k - r.arg[j] if r.arg[j] else 0
            if r.lane == FG_SCALAR:
                c = scalar_tensor(0 if p.bools >> j & 1 else r.dtype, r.u.v[j])
                c.slot = slot
                values.append(c)
            elif r.u.a.saved[j] != NULL:
                values.append(alias(<Tensor>r.u.a.saved[j], slot))
            else:
                values.append(None)
        if r.lane == FG_SCALAR:
            c = scalar_tensor(r.dtype, r.u.v[nargs])
            c.slot = self.lo + k
            values.append(c)
        else:
            values.append(alias(<Tensor>r.u.a.saved[3], self.lo + k) if r.u.a.saved[3] != NULL else None)
        values.append(ct)
        for j in range(nargs):
            back = self.at(k).arg[j]
            if not self.flows(k, back):
                continue
            if type(p.programs[j]) is not list:
                raise no_gradient(p, j)
            if p.is_constant[j]:
                if p.constant[j] == 1:
                    c = ct
                else:
                    c = binary(MULTIPLY, ct, scalar_tensor(ct.code, p.constant[j]))
            else:
                c = run_program(<list>p.programs[j], values, ct.code)
                if p.factors >> j & 1:
                    c = binary(SCALE, ct, c)
            self.contribute(k - back, c)
        return 0

    cdef int contribute(self, Py_ssize_t k, Tensor c) except -1:
        """Add a contribution of the output's shape to an argument's cotangent."""
        if self.many:
            c = sum_each_to(c, record_shape(self.at(k)))
        elif not same_shape(record_shape(self.at(k)), c.shape_):
            c = sum_to(c, record_shape(self.at(k)))
        c = cast_tensor(c, self.at(k).dtype)
        return self.add_tensor(k, self.at(k), c)

    cdef int node(self, Py_ssize_t k, fg_record *r) except -1:
        """A structured record: run its rules on Tensors, or its in-place accumulation."""
        cdef Node node = <Node>r.u.a.saved[0]
        cdef Node seen = node  # as the rules see it
        cdef bint alone = False  # they run on each of many cotangents
        cdef Primitive p = node.primitive
        cdef int j
        cdef uint32_t back
        cdef list values = [], backs = []
        cdef list cts, shared = None
        if not self.mark[k] & (HAS if node.outputs == 1 else MARKED):
            return 0
        if self.many:
            seen = self.lifted(node)
            alone = seen is node
        if p.accumulates and not self.recorded and not alone:
            back = node.back[0]
            if self.flows(k, back):
                self.accumulate(k - back, seen, self.cotangent(k, r))
            return 0
        for j in range(node.nargs):
            back = node.back[j]
            backs.append(back)
            values.append(self.primal(node.saved[j], self.lo + k - back if back else 0, alone))
        if p.row_many:
            ct = self.cotangents(k, node)
            if ct is None:
                return 0
        else:
            ct = self.cotangent(k, r)
        y = node.y
        if isinstance(y, list):
            y = [self.primal(part, self.lo + k + at, alone) for at, part in enumerate(y)]
        else:
            y = self.primal(y, self.lo + k, alone)
        cts = each(ct) if alone else [ct]
        if p.row_whole:
            self.whole(k, node, backs, values, y, cts)
            return 0
        if not self.tensors and self.replayed(
                k, node, ct if p.row_many else cts, values, y if isinstance(y, list) else [y]):
            return 0
        for j in range(node.nargs):
            back = backs[j]
            if not self.flows(k, back):
                continue
            if self.sparse and j == 0 and p.sparse is not None and self.of_rows(k - back):
                piece = p.sparse(*asked_for(p.sparse, node, values, y, ct, j, None))
                if piece is not None:
                    if self.rows is None:
                        self.rows = {}
                    self.rows.setdefault(k - back, []).append(piece)
                    continue
            rule = p.vjp[0 if p.row_variadic else j]
            if not callable(rule):
                raise no_gradient(p, j)
            if p.shared is not None and shared is None:
                shared = [p.shared(*asked_for(p.shared, seen, values, y, one, j, None))
                          for one in cts]
            given = []
            for at, one in enumerate(cts):
                held = None if shared is None else shared[at]
                given.append(checked(rule(*asked_for(rule, seen, values, y, one, j, held)), seen, j))
            self.add_tensor(k - back, self.at(k - back), stacked(given) if alone else given[0])
        return 0

    cdef bint replayed(self, Py_ssize_t k, Node node, list cts, list values, list ys) except -1:
        """Replay the rules of a structured record, if they have a plan."""
        cdef Primitive p = node.primitive
        cdef PyObject *given[MOST_GIVEN]
        cdef Pullback pullback
        cdef Py_ssize_t n = 0, back
        cdef uint64_t asked = 0
        cdef list results = []
        cdef int j
        if node.nargs > MOST_GIVEN or (
                self.sparse and p.sparse is not None and self.of_rows(k - <uint32_t>node.back[0])):
            return False
        for j in range(node.nargs):
            if self.flows(k, <uint32_t>node.back[j]):
                asked |= <uint64_t>1 << j
        pullback = pullback_of(node, asked, cts, values, ys)
        if pullback is None:
            return False
        for some in (cts, values, ys):
            for t in <list>some:
                if t is not None:
                    given[n] = <PyObject *>t
                    n += 1
        pullback.plan.run(given, n, given)
        for n in range(pullback.plan.n_outputs):
            results.append(<object>given[n])
            Py_DECREF(<object>given[n])
        n = 0
        for j in range(node.nargs):
            if asked >> j & 1:
                back = node.back[j]
                self.add_tensor(k - back, self.at(k - back), results[n])
                n += 1
        return True

    cdef Node lifted(self, Node node):
        """What the rules of a record need to know to work on many cotangents; as it is if they work on one."""
        cdef Node seen
        lift = node.primitive.row.lift
        metadata = None if lift is None else lift(self.many, node.avals, node.metadata)
        if metadata is None:
            return node
        seen = Node.__new__(Node)
        seen.primitive = node.primitive
        seen.metadata = metadata
        seen.avals = tuple([lifted_aval(<Aval>aval, self.many) for aval in node.avals])
        seen.y_avals = tuple([lifted_aval(<Aval>aval, self.many) for aval in node.y_avals])
        return seen

    cdef Tensor primal(self, x, uint64_t slot, bint alone):
        """A value that a record kept, for its rules."""
        cdef Tensor t
        if x is None:
            return None
        t = alias(<Tensor>x, slot)
        if alone or not self.many:
            return t
        return apply(primitive_named("expand_dims"), [t], {"axis": 0})

    cdef bint of_rows(self, Py_ssize_t k) noexcept:
        """True if a slot's cotangent is only asked for, and may come as rows."""
        return self.mark[k] & SOURCE and self.at(k).lane == FG_LEAF

    cdef list cotangents(self, Py_ssize_t k, Node node):
        """The cotangents of all outputs, zeros filled in; None if there is none."""
        cdef int at
        cdef bint some = False
        cdef Py_ssize_t i
        cdef list result = []
        for at in range(node.outputs):
            i = k + at
            if i < self.n and self.mark[i] & HAS:
                some = True
                result.append(self.cotangent(i, self.at(i)))
            else:
                aval = <Aval>node.y_avals[at]
                result.append(zeros_of_aval(lifted_aval(aval, self.many) if self.many else aval))
        for at in range(1, node.outputs):
            i = k + at
            if i < self.n and not self.mark[i] & SOURCE:
                self.drop(i)
        if not some:
            return None
        self.mark[k] &= ~MARKED  # the outputs after the first come here too: once is enough
        return result

    cdef int whole(self, Py_ssize_t k, Node node, list backs, list values, y, list cts) except -1:
        """A rule that gives the cotangents of all arguments at once (custom gradients)."""
        cdef int j
        cdef list results = [], given
        for ct in cts:
            ct = [conjugate(part) for part in ct] if isinstance(ct, list) else conjugate(ct)
            results.append(node.primitive.row.whole_vjp(ct, values, y, node.metadata))
        for j in range(node.nargs):
            given = [result[j] for result in results]
            if all([one is None for one in given]) or not self.flows(k, backs[j]):
                continue
            given = [checked(one, node, j) for one in given]
            self.add_tensor(k - <uint32_t>backs[j], self.at(k - <uint32_t>backs[j]),
                            stacked(given) if self.many else given[0])
        return 0

    cdef int accumulate(self, Py_ssize_t k, Node node, Tensor ct) except -1:
        """Let a row add its cotangent into its place, in an argument of its own."""
        cdef fg_record *a = self.at(k)
        cdef Primitive p = node.primitive
        cdef bint started = self.mark[k] & HAS and (self.tensors or not is_number(a))
        cdef Tensor total = self.own(k) if started else zeros_of_aval(node.avals[0])
        if p.accumulate != NULL and p.accumulate(total, ct, node.metadata):
            if not started:
                self.add_tensor(k, a, total)
            return 0
        if started:  # repeated places add up among themselves first, as in the recorded lane
            total = zeros_of_aval(node.avals[0])
        p.row.accumulate(writable_view(total), view_of(ct), **node.metadata)
        return self.add_tensor(k, self.at(k), total)


cdef inline double local_rule(Primitive p, fg_record *r, int j, double ct, const double *v) except? -1:
    """The contribution of one number to argument j."""
    if p.is_constant[j]:
        return ct * (<float>p.constant[j] if r.dtype == FLOAT32 else p.constant[j])
    if p.generated == NULL or p.generated.vjp0[j][r.dtype - FLOAT32] == NULL:
        raise no_gradient(p, j)
    return p.generated.vjp0[j][r.dtype - FLOAT32](ct, v)
