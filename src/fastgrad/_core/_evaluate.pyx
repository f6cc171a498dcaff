"""Running a graph operation by operation: on tapes, or inside of a function that is traced."""

from cpython.object cimport PyObject
from libc.stdint cimport int32_t
from libc.stdlib cimport calloc, free
from libc.string cimport memset

from ._dispatch cimport apply, apply_elementwise
from ._graph cimport (
    ASSIGN, CONSTANT, CUSTOM, EFFECT, ELEMENTWISE, JOIN, LOOP, ROWS, STRUCTURED, VARIABLE, WATCH, WRITE,
    Graph, Touch, acts, op_t,
)
from ._loops cimport MAX_OPERANDS
from ._primitive cimport Primitive, primitive_named, primitive_table
from ._recorder cimport touch
from ._tensor cimport Tensor, Variable, filled, tensor_new
from ._trace cimport Trace, n_recording, recording_trace, tracked

cdef object run_branches = None, run_loop = None, run_rows = None, run_join = None, run_held = None, run_custom = None
cdef object run_effect = None


def control(branches, loop, rows, join, held):
    """Say how branches and loops are run, `f(payload, arguments)` gives Tensors, and arrays made stacks and back.

    held: `f(new, before)` gives a Tensor that is `new` and has the gradient of `before`.
    """
    global run_branches, run_loop, run_rows, run_join, run_held
    run_branches, run_loop, run_rows, run_join, run_held = branches, loop, rows, join, held


def effects(effect):
    """Say how effects are logged: `f(payload, arguments, examples)` gives Tensors."""
    global run_effect
    run_effect = effect


def customs(custom):
    """Say how Tensors with another gradient are."""
    global run_custom
    run_custom = custom


def evaluate(Graph g not None, list inputs not None, list arguments not None, list outputs not None, bint effects):
    """The Tensors of some values of a graph, for Tensors that stand for its inputs.

    effects: do what the graph does besides computing, if an output needs it or not.
    """
    cdef dict known = {}
    cdef Py_ssize_t k, j
    cdef op_t *op
    cdef char *live = <char *>calloc(g.n_ops + 1, 1)
    cdef char *needed = <char *>calloc(g.n_values + 1, 1)
    cdef int32_t at
    if live == NULL or needed == NULL:
        free(live)
        free(needed)
        raise MemoryError("no memory for a function")
    try:
        g.check(inputs)
        g.check(outputs)
        for value, t in zip(inputs, arguments):
            known[value] = <Tensor?>t
        for value in outputs:
            needed[<int32_t>value] = 1
        for k in range(g.n_ops - 1, -1, -1):
            op = &g.ops[k]
            live[k] = effects and (op.kind == ASSIGN or acts(op))
            for j in range(op.n_out):
                at = op.first_out + <int32_t>j
                if needed[at] and at not in known:
                    live[k] = 1
            if live[k]:
                for j in range(op.n_in):
                    needed[g.operands[op.first_in + j]] = 1
        for k in range(g.n_ops):
            if live[k]:
                run_op(g, &g.ops[k], known, effects)
        return [value_in(g, <int32_t>value, known) for value in outputs]
    finally:
        free(live)
        free(needed)


cdef object value_in(Graph g, int32_t at, dict known):
    cdef Variable v
    found = known.get(at)
    if found is not None:
        return found
    if g.values[at].kind == CONSTANT:
        return <object>g.values[at].held
    if g.values[at].kind == VARIABLE:
        v = <Variable><object>g.values[at].held
        if n_recording:
            touch(v)
        known[at] = v.value
        return v.value
    raise SystemError("a graph needs a value that it was not given")


cdef Tensor assigned(Graph g, Variable v, Tensor new, bint effects, dict known):
    """The value of a Variable that is assigned to. Without effects it is not, but a gradient is the Variable's too."""
    cdef PyObject *args[1]
    cdef int32_t first = (<Touch>g.variables[v.serial]).first
    if not effects and first >= 0:
        return run_held(new, value_in(g, first, known))
    if not effects:
        args[0] = <PyObject *>new
        return apply_elementwise(primitive_named("stop_gradient"), args, 1)
    v.assign(new)
    if n_recording:
        touch(v)
    return v.value


cdef tuple as_evaluated(op_t *op, list arguments, bint effects):
    """(payload, arguments) of a branch or loop, which has no effects unless they are wanted."""
    return (<object>op.payload, arguments) if effects else (<object>op.payload).again(arguments)


cdef list examples_of(Graph g, op_t *op, list arguments):
    """Stand-ins for the results of an effect, which happens in a replay only: by the effect's `example`, or zeros."""
    make = getattr(<object>op.payload, "example", None)
    if make is not None:
        return make(arguments)
    return [filled(tensor_new(g.values[op.first_out + k].code, g.values[op.first_out + k].shape), 0)
            for k in range(op.n_out)]


def effect_results(Graph g not None):
    """[(value, example)] of what effects give: it can't be computed once more."""
    cdef Py_ssize_t k, j
    cdef op_t *op
    cdef int32_t at
    found = []
    for k in range(g.n_ops):
        op = &g.ops[k]
        if op.kind == EFFECT:
            for j in range(op.n_out):
                at = op.first_out + <int32_t>j
                found.append((at, filled(tensor_new(g.values[at].code, g.values[at].shape), 0)))
    return found


def happens(Graph g not None):
    """True if a graph does something besides computing and writing Variables."""
    cdef Py_ssize_t k
    for k in range(g.n_ops):
        if g.ops[k].kind != WRITE and acts(&g.ops[k]):
            return True
    return False


cdef int run_op(Graph g, op_t *op, dict known, bint effects) except -1:
    cdef list arguments = [value_in(g, g.operands[op.first_in + k], known) for k in range(op.n_in)]
    cdef PyObject *args[MAX_OPERANDS]
    cdef Primitive p
    cdef int k
    if op.kind == ELEMENTWISE:
        for k in range(op.n_in):
            args[k] = <PyObject *>arguments[k]
        known[op.first_out] = apply_elementwise(<Primitive>primitive_table[op.primitive], args, op.n_in)
        return 0
    if op.kind == STRUCTURED:
        p = <Primitive>primitive_table[op.primitive]
        y = apply(p, arguments, dict(<dict>op.payload))
        results = y if p.row_many else [y]
    elif op.kind == WRITE:
        return 0  # where it is needed it is logged anew
    elif op.kind == WATCH:
        results = arguments
    elif op.kind == ASSIGN:
        known[op.first_out] = assigned(g, <Variable><object>op.payload, arguments[0], effects, known)
        return 0
    elif op.kind == CUSTOM:
        results = run_custom(<object>op.payload, arguments)
    elif op.kind == EFFECT:
        results = run_effect(<object>op.payload, arguments, examples_of(g, op, arguments))
    elif op.kind == LOOP:
        results = run_loop(*as_evaluated(op, arguments, effects))
    elif op.kind == ROWS:
        results = [run_rows(arguments[0])]
    elif op.kind == JOIN:
        results = [run_join(arguments[0], g.values[op.first_out].shape.dims[0])]
    else:
        results = run_branches(*as_evaluated(op, arguments, effects))
    for k in range(op.n_out):
        known[op.first_out + k] = results[k]
    return 0


def frontier(Graph g not None, list cotangents not None, list gradients not None):
    """What the backward part of a graph needs from the rest, besides the cotangents.

    The values that do not depend on the cotangents, and are used, or are gradients themselves. Effects are logged
    with gradients if they come after the cotangents, and happen with them.
    """
    cdef Py_ssize_t k, j
    cdef op_t *op
    cdef int32_t at
    cdef char *late = <char *>calloc(g.n_values + 1, 1)    # depends on a cotangent
    cdef char *needed = <char *>calloc(g.n_values + 1, 1)
    cdef list found = []
    cdef set seen = set()
    cdef bint wanted
    if late == NULL or needed == NULL:
        free(late)
        free(needed)
        raise MemoryError("no memory for a gradient")
    try:
        g.check(cotangents)
        g.check(gradients)
        for value in cotangents:
            late[<int32_t>value] = 1
        for k in range(g.n_ops):
            op = &g.ops[k]
            wanted = op.kind == EFFECT and bool(cotangents) and op.first_out > <int32_t>cotangents[0]
            for j in range(op.n_in):
                wanted = wanted or late[g.operands[op.first_in + j]]
            if wanted:
                memset(&late[op.first_out], 1, op.n_out)
        for value in gradients:
            at = value
            if late[at]:
                needed[at] = 1
            elif g.values[at].kind != CONSTANT and at not in seen:
                seen.add(at)
                found.append(at)
        for k in range(g.n_ops - 1, -1, -1):
            op = &g.ops[k]
            wanted = False
            for j in range(op.n_out):
                wanted = wanted or needed[op.first_out + j]
            if not wanted:
                continue
            for j in range(op.n_in):
                at = g.operands[op.first_in + j]
                if late[at]:
                    needed[at] = 1
                elif g.values[at].kind != CONSTANT and at not in seen:
                    seen.add(at)
                    found.append(at)
        return found
    finally:
        free(late)
        free(needed)


# Rows on arrays that take less time than reading and writing what they give would.
CHEAP = frozenset(
    "add subtract multiply scale negative square where maximum minimum less less_equal greater greater_equal equal "
    "not_equal logical_and logical_or logical_not cast".split())


def made_inside(Graph g not None):
    """[(value, example)] of what the operations of a loop's body make, but for single numbers that are no sums."""
    cdef Py_ssize_t k, j
    cdef op_t *op
    cdef int32_t at
    cdef dict examples = {}
    found = []
    for k in range(g.n_ops):
        op = &g.ops[k]
        for j in range(op.n_out):
            at = op.first_out + <int32_t>j
            if at in g.stacks or (op.kind == ELEMENTWISE and g.values[at].shape.size == 1):
                continue
            if op.kind == EFFECT or op.kind == WRITE or op.kind == ASSIGN or op.kind == WATCH:
                continue
            key = g.values[at].code, tuple([g.values[at].shape.dims[i] for i in range(g.values[at].shape.ndim)])
            if key not in examples:
                examples[key] = filled(tensor_new(g.values[at].code, g.values[at].shape), 0)
            found.append((at, examples[key]))
    return found


def worth_keeping(Graph g not None, list late not None, list results not None, dict known not None):
    """The values of a graph, among the known ones, that its results should be given rather than compute.

    late: inputs; what depends on them can't be known. What is cheap is computed again, if that needs nothing else.
    """
    cdef list wanted = frontier(g, late, results), kept = []
    cdef dict decided = {}
    cdef int32_t at
    for value in wanted:
        keep_below(g, value, known, decided, kept)
    return kept


cdef int keep_below(Graph g, int32_t at, dict known, dict decided, list kept) except -1:
    """Decide how a value is had: it is kept, or what it is made of is."""
    cdef list todo = [at]
    cdef op_t *op
    while todo:
        at = todo.pop()
        if at in decided or g.values[at].op < 0:
            continue
        op = &g.ops[g.values[at].op]
        decided[at] = at in known and not is_cheap(g, at, known, decided)
        if decided[at]:
            kept.append(at)
            continue
        for k in range(op.n_in):
            todo.append(g.operands[op.first_in + k])
    return 0


cdef bint is_cheap(Graph g, int32_t at, dict known, dict decided) except -1:
    """True for a cheap operation on inputs, and on values that are kept anyway."""
    cdef op_t *op = &g.ops[g.values[at].op]
    cdef int32_t x
    if op.kind != ELEMENTWISE and op.kind != STRUCTURED:
        return False
    if (<Primitive>primitive_table[op.primitive]).name not in CHEAP:
        return False
    for k in range(op.n_in):
        x = g.operands[op.first_in + k]
        if g.values[x].op >= 0 and not decided.get(x, False):
            return False
    return True


def readings(list variables not None):
    """The Tensors that Variables hold, which is a read."""
    cdef list values = []
    cdef Variable v
    for x in variables:
        v = <Variable?>x
        if n_recording:
            touch(v)
        values.append(v.value)
    return values


def followed(list tensors not None):
    """True if a tape or accumulator that records now tracks one of some Tensors."""
    cdef Tensor t
    if n_recording == 0:
        return False
    for x in tensors:
        t = <Tensor?>x
        if tracked(t):
            return True
    return False


def listened():
    """True if a tape or accumulator records now in this thread."""
    return n_recording != 0 and recording_trace() != NULL


def recorders():
    """How many tapes and accumulators record now in this thread."""
    cdef PyObject *trace = recording_trace()
    if trace == NULL:
        return 0
    return (<Trace>trace).n_tapes + len((<Trace>trace).forward or ())
