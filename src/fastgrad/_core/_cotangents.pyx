"""Cotangents as the sweep's rules take and give them: arguments of rules, results brought into form."""

from cpython.object cimport PyObject

from .._rules import not_implemented, parameters

from ._buffer cimport same_shape, shape_t
from ._dispatch cimport apply, apply_elementwise, cast_tensor, convert
from ._loops cimport COMPLEX64
from ._primitive cimport Primitive, primitive_named
from ._tensor cimport Tensor, filled, shape_tuple, tensor_new
from ._trace cimport Aval, Node

cdef Primitive SCALE, ADD, MULTIPLY, CONJUGATE
cdef object join = None  # makes an IndexedSlices of [(indices, values)] and a shape


def connect():
    """Look up the primitives that the sweep uses. Called once, when every row is bound."""
    global SCALE, ADD, MULTIPLY, CONJUGATE
    SCALE, ADD, MULTIPLY, CONJUGATE = [primitive_named(name) for name in ("scale", "add", "multiply", "conjugate")]


def join_slices(function):
    """Say how rows of a gradient are put together."""
    global join
    join = function


cdef object joined(list pieces, shape_t *shape):
    """Rows of a gradient, [(indices, values)], as an IndexedSlices."""
    return join([(indices, conjugate(values)) for indices, values in pieces], shape_tuple(shape))


cdef Tensor binary(Primitive p, Tensor a, Tensor b):
    cdef PyObject *args[2]
    args[0] = <PyObject *>a
    args[1] = <PyObject *>b
    return apply_elementwise(p, args, 2)


cdef Tensor zeros_of_aval(Aval aval):
    return filled(tensor_new(aval.code, aval.shape_), 0)


cdef Tensor conjugated(Tensor ct):
    cdef PyObject *args[1]
    args[0] = <PyObject *>ct
    return apply_elementwise(CONJUGATE, args, 1)


# --------------------------------------------------------------------------------------------------- rules
cdef enum:
    # What a rule may ask for beside the arguments, which count from 0, their avals, and metadata, by its name.
    CT = -1
    Y = -2
    Y_AVAL = -3
    AVALS = -4
    POSITION = -5
    SHARED = -6
    AVAL_OF = 1 << 16  # and the position of an argument

cdef dict WORDS = {"ct": CT, "y": Y, "y_aval": Y_AVAL, "avals": AVALS, "i": POSITION, "shared": SHARED}


cdef tuple questions(rule, Primitive p):
    """What a rule asks for by its parameter names; worked out once."""
    cdef list found = []
    cdef list names = list(p.row.arguments)
    for name in parameters(rule):
        if name in WORDS:
            found.append(WORDS[name])
        elif name in names and name not in p.defaults:
            found.append(names.index(name))
        elif name.endswith("_aval") and name[:-5] in names and name not in p.defaults:
            found.append(AVAL_OF + names.index(name[:-5]))
        else:
            found.append(name)
    p.asked[rule] = tuple(found)
    return p.asked[rule]


cdef list asked_for(rule, Node node, list values, y, ct, int j, shared):
    """The arguments of a rule of a structured operation."""
    cdef Primitive p = node.primitive
    cdef tuple asked = p.asked.get(rule)
    cdef list given = []
    cdef int what
    if asked is None:
        asked = questions(rule, p)
    for one in asked:
        if type(one) is str:
            given.append(node.metadata[one])
            continue
        what = one
        if what >= AVAL_OF:
            given.append(node.avals[what - AVAL_OF])
        elif what >= 0:
            given.append(values[what])
        elif what == CT:
            given.append(ct)
        elif what == Y:
            given.append(y)
        elif what == Y_AVAL:
            given.append(node.y_avals[0])
        elif what == AVALS:
            given.append(node.avals)
        else:
            given.append(j if what == POSITION else shared)
    return given


cdef Tensor checked(given, Node node, int j):
    """The result of a Python rule, which must have its argument's shape and dtype; None is zeros."""
    cdef Aval aval = node.avals[j]
    cdef Tensor c = zeros_of_aval(aval) if given is None else convert(given, -1, node.primitive.name)
    if not same_shape(c.shape_, aval.shape_):
        raise ValueError(f"{node.primitive.name}: the gradient of argument {j} has shape {c.shape}, but the "
                         f"argument has shape {aval.shape}")
    if (<Primitive>node.primitive).row_whole:
        c = conjugate(c)
    elif (c.code >= COMPLEX64) != (aval.code >= COMPLEX64):
        c = cast_tensor(c, aval.code)
    if c.code != aval.code:
        raise ValueError(f"{node.primitive.name}: the gradient of argument {j} has dtype {c.dtype.name}, but "
                         f"the argument has {aval.dtype.name}")
    return c


cdef object no_gradient(Primitive p, int j):
    rule = p.row.rules[j] if p.elementwise else p.row.vjp[0 if p.row.variadic else j]
    why = f": {rule.why}" if isinstance(rule, not_implemented) else ""
    name = p.row.arguments[0 if p.row_variadic else j]
    return LookupError(f"gradient registry has no entry for: {p.name} (argument {name}){why}")


# ---------------------------------------------------------------------------------------- many cotangents
# At once, along a first axis: see note E of the sweep.
cdef list each(ct):
    """The cotangents along the first axis; of a list of outputs' cotangents, a list of lists."""
    if isinstance(ct, list):
        return [list(parts) for parts in zip(*[each(one) for one in ct])]
    return apply(primitive_named("unstack"), [ct], {"axis": 0})


cdef Tensor stacked(list parts):
    return apply(primitive_named("stack"), parts, {"axis": 0})


cdef Tensor sum_each_to(Tensor c, shape_t *to):
    """As `sum_to`, of each cotangent."""
    cdef tuple shape = tuple(shape_tuple(to)), of_one = tuple(c.shape[1:]), many = (c.shape[0],)
    if of_one == shape:
        return c
    c = apply(primitive_named("sum_to"), [c], {"shape": many + (1,) * (len(of_one) - len(shape)) + shape})
    return apply(primitive_named("reshape"), [c], {"shape": many + shape})
