"""Forward mode: tangents, worked out operation by operation along with the values.

A. *Tangents* stand by slot in `Trace.tangents`: slot -> {number of an accumulator: tangent}. The record of such a
   slot carries the bit FORWARD, so that an operation on it comes here (`push`) once its outputs are recorded.
   What no tape tracks is recorded as a bare leaf, and dies with its Tensor.
B. *Rules.* An elementwise row's rule, which says what a cotangent becomes, says the same of a tangent. A linear
   row is its own. Other rows have a `jvp`. A custom gradient is transposed: it is linear in its cotangents, so its
   own gradient by them, with the tangents as cotangents, is the tangent.
C. *Nesting.* Tangents of an accumulator are worked out with rows, as everything is. Those who were entered before it
   record that (second derivatives: a tape around an accumulator, or two accumulators), it and those entered after
   it do not: `Trace.hidden_from`. The outermost comes first, so that an inner one's work can be seen by it.
"""

cimport cython
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t

from .._rules import not_implemented

from . cimport _dispatch
from ._buffer cimport same_shape
from ._dispatch cimport apply, apply_elementwise, cast_tensor, convert, run_program
from ._graph cimport Graph, current_graph, watch_constant
from ._loops cimport FLOAT16
from ._primitive cimport Primitive, primitive_named
from ._recorder cimport Recording, listens, refresh
from ._tensor cimport Tensor, Variable, filled, hooks, root, scalar_tensor
from ._trace cimport (
    FORWARD_BIT, Trace, count_recording, current_trace, forget_tangents, leaf_of, record_at, slot_in, track,
    track_variable, trim,
)

from ._tape import GradientTape

cdef uint64_t n_accumulators = 0

cdef enum:
    FORWARD = 1 << FORWARD_BIT


@cython.no_gc_clear
cdef class Accumulator(Recording):
    """What `ForwardAccumulator` is in the core: it records tangents of what is computed from its primals."""

    cdef uint64_t number
    cdef bint recording

    def __cinit__(self, *args, **kwargs):
        global n_accumulators
        n_accumulators += 1
        self.number = n_accumulators
        self.trace = current_trace()
        if self.trace.tangents is None:
            self.trace.tangents = {}
            self.trace.forward = []

    def __dealloc__(self):
        cdef dict entry, tangents
        if self.trace is None:
            return
        tangents = self.trace.tangents
        for slot in list(tangents):
            entry = tangents.get(slot)  # None: went with another
            if entry is not None and entry.pop(self.number, None) is not None and not entry:
                forget_tangents(slot, False)
        trim(self.trace)

    def __enter__(self):
        if self.recording:
            raise ValueError("Accumulator is already recording.")
        if self.trace is not current_trace():
            raise RuntimeError("an accumulator records in the thread that made it: it can't be entered in another")
        self.recording = True
        self.trace.n_entered += 1
        self.order = self.trace.n_entered
        self.level = self.trace.paused
        self.trace.forward.append(self)
        count_recording(1)
        refresh(self.trace)
        return self

    def __exit__(self, kind, error, traceback):
        if not self.recording:
            return
        self.recording = False
        self.trace.forward.remove(self)
        count_recording(-1)
        refresh(self.trace)

    def __reduce__(self):
        raise TypeError("cannot pickle an accumulator: it belongs to the running computation")

    def _watch(self, primal, Tensor tangent not None):
        """Give a Tensor or Variable a tangent, of its shape and dtype."""
        cdef uint64_t slot
        if isinstance(primal, Variable):
            slot = track_variable(self.trace, root(primal), FORWARD)
        else:
            if self.trace.graph is not None:
                watch_constant(<Graph>self.trace.graph, <Tensor?>primal)
            slot = track(self.trace, <Tensor?>primal, FORWARD)
            (<Tensor>primal).primal = True
        if self.number in self.trace.tangents.get(slot, ()):
            raise ValueError("ForwardAccumulator: the same primal twice; give each one tangent (their sum)")
        keep(self, slot, tangent)

    def _tangent(self, primal):
        """The tangent of a Tensor or Variable, or None."""
        return self.find(leaf_of(self.trace, root(primal)) if isinstance(primal, Variable)
                         else slot_in(self.trace, <Tensor?>primal))

    cdef object find(self, uint64_t slot):
        cdef dict entry = self.trace.tangents.get(slot)
        return None if entry is None else entry.get(self.number)


cdef int keep(Accumulator accumulator, uint64_t slot, Tensor tangent) except -1:
    cdef Trace trace = accumulator.trace
    cdef dict entry = trace.tangents.get(slot)
    if entry is None:
        trace.tangents[slot] = {accumulator.number: tangent}
    else:
        entry[accumulator.number] = tangent
    record_at(trace, slot).tapes |= FORWARD
    return 0


cdef int push(Trace trace, Primitive p, list arguments, dict metadata, list outputs) except -1:
    """Give the outputs of an operation the tangents that the arguments' ones mean."""
    cdef Accumulator accumulator
    cdef uint64_t before_from = trace.hidden_from, before_to = trace.hidden_to
    cdef Tensor y
    cdef list tangents, moved
    try:
        for accumulator in list(trace.forward):
            if not listens(trace, accumulator.level, accumulator.order):
                continue
            tangents = [accumulator.find(slot_in(trace, <Tensor>t)) for t in arguments]
            if all([x_dot is None for x_dot in tangents]):
                continue
            trace.hidden_from, trace.hidden_to = accumulator.order, trace.n_entered + 1
            refresh(trace)
            try:
                moved = (elementwise(p, arguments, tangents, outputs[0]) if metadata is None
                         else structured(p, arguments, tangents, metadata, outputs))
            finally:
                trace.hidden_from, trace.hidden_to = before_from, before_to
                refresh(trace)
            for y, y_dot in zip(outputs, moved):
                if y_dot is not None and y.code >= FLOAT16:
                    keep(accumulator, y.slot, fitting(p, y, y_dot))
    finally:
        for y in outputs:
            if y.slot in trace.tangents:
                y.primal = True
            else:
                forget_tangents(y.slot, False)
    return 0


cdef Tensor fitting(Primitive p, Tensor y, Tensor y_dot):
    """A tangent in its output's shape and dtype."""
    if not same_shape(y.shape_, y_dot.shape_):
        if not p.elementwise:
            raise ValueError(f"{p.name}: the tangent has shape {y_dot.shape}, the output {y.shape}")
        y_dot = apply(primitive_named("broadcast_to"), [y_dot], {"shape": y.shape})
    return cast_tensor(y_dot, y.code)


cdef list elementwise(Primitive p, list arguments, list tangents, Tensor y):
    cdef Tensor total = None, x_dot, part
    cdef list values
    cdef int j
    if not p.rules_bound:
        p.bind_scalar_rules()
    for j in range(len(arguments)):
        if tangents[j] is None or not p.ruled >> j & 1:
            continue
        if type(p.programs[j]) is not list:
            raise no_derivative(p, j, p.programs[j])
        x_dot = tangents[j]
        if p.is_constant[j]:
            part = x_dot if p.constant[j] == 1 else binary("multiply", x_dot, scalar_tensor(x_dot.code, p.constant[j]))
        else:
            values = [*arguments, y, x_dot]
            part = run_program(<list>p.programs[j], values, x_dot.code)
            if p.factors >> j & 1:
                part = binary("scale", x_dot, part)
        total = part if total is None else binary("add", total, part)
    return [total]


cdef list structured(Primitive p, list arguments, list tangents, dict metadata, list outputs):
    row = p.row
    cdef list given
    if row.whole_vjp is not None:
        return transposed(p, arguments, tangents, metadata, outputs)
    rules = row.vjp * len(arguments) if row.variadic else row.vjp
    for j, (x_dot, rule) in enumerate(zip(tangents, rules)):
        if x_dot is not None and isinstance(rule, not_implemented):
            raise no_derivative(p, 0 if row.variadic else j, rule)
    given = [x_dot if rule is not None else None for x_dot, rule in zip(tangents, rules)]
    if all([x_dot is None for x_dot in given]):
        return [None] * len(outputs)
    if row.linear:
        given = [x_dot if x_dot is not None else filled(x, 0) if (<Tensor>x).code >= FLOAT16 else x
                 for x, x_dot in zip(arguments, given)]
        moved = apply(p, given, dict(metadata))
    else:
        moved = row.jvp(given, arguments, outputs if row.many else outputs[0], **metadata)
    return list(moved) if row.many else [convert(moved, -1, p.name)]


cdef Tensor cotangent_like(Tensor y):
    """A Tensor like an output; for a stack of a loop that is traced, a stack, which no plan ever fills: what is linear
    in it is asked for its derivative only."""
    cdef Graph g = current_graph()
    if g is not None and g.is_stack(y):
        return binary("multiply", scalar_tensor(y.code, 0), y)
    return filled(y, 0)


cdef list transposed(Primitive p, list arguments, list tangents, dict metadata, list outputs):
    """The tangents of a custom operation, by differentiating its gradient, which is linear in the cotangents."""
    cdef list cts = [cotangent_like(y) for y in outputs]
    with GradientTape() as tape:
        tape.watch([ct for ct in cts if (<Tensor>ct).code >= FLOAT16])
        gradients = p.row.whole_vjp(cts if p.row.many else cts[0], [None] * len(arguments), None, metadata)
        pairs = [(convert(g, -1, p.name), x_dot) for g, x_dot in zip(gradients, tangents)
                 if g is not None and x_dot is not None]
    return tape.gradient([g for g, _ in pairs], cts, [x_dot for _, x_dot in pairs])


cdef Tensor binary(str name, Tensor a, Tensor b):
    cdef PyObject *args[2]
    args[0] = <PyObject *>a
    args[1] = <PyObject *>b
    return apply_elementwise(primitive_named(name), args, 2)


cdef object no_derivative(Primitive p, int j, rule):
    return LookupError(f"gradient registry has no entry for: {p.name} (argument {p.row.arguments[j]}): {rule.why}")


cdef void forget(uint64_t slot) noexcept:
    """The Tensor of a slot dies."""
    forget_tangents(slot, True)


_dispatch.push_tangents = push
hooks.forget = forget
