"""Rules of structured operations as plans.

A rule is a Python function, and each operation in it is a call: 1 to 15 us for small arrays. The rules of an operation
that is swept again and again, on arguments of the same shapes and with the same metadata, are traced once, those of
all arguments that a gradient flows to together, and replayed from then on. A replay gives the same bits. Rules that a
program states itself (custom gradients) are always run.
"""

from cpython.bytes cimport PyBytes_FromStringAndSize
from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy

from importlib import import_module  # the compiler stands above

from ..dtypes import DType

from ._buffer cimport shape_t
from ._contexts import Paused
from ._cotangents cimport asked_for, checked
from ._graph import Tracing
from ._plan cimport Plan
from ._primitive cimport Primitive
from ._trace cimport Aval, Node

cdef Py_ssize_t often = 100   # uses of a kind: tracing and compiling takes 0.2 to 1 ms, a replay saves 1 to 15 us
cdef Py_ssize_t some = 4000   # uses of all kinds: loading the compiler takes 10 ms
cdef Py_ssize_t n_uses = 0

cdef enum:
    MOST_KINDS = 256  # of a primitive; beyond, shapes are likely to differ each time
    MOST_BYTES = 512  # that tell kinds apart


def compile_after(Py_ssize_t of_a_kind, Py_ssize_t of_all):
    """Say after how many uses rules are compiled; gives what held before."""
    global often, some
    before = often, some
    often, some = of_a_kind, of_all
    return before


def kinds(Primitive p not None):
    """How many kinds of calls of a primitive were swept, and for how many of them there is a plan."""
    return len(p.pullbacks), sum([(<Pullback>found).plan is not None for found in p.pullbacks.values()])


# ---------------------------------------------------------------------------------------------------- kinds
cdef struct kind_t:
    Py_ssize_t n
    char bytes[512]


cdef inline bint put(kind_t *kind, const void *data, Py_ssize_t n) noexcept:
    if n > MOST_BYTES - kind.n:
        return False
    memcpy(&kind.bytes[kind.n], data, n)
    kind.n += n
    return True


cdef inline bint put_number(kind_t *kind, char tag, int64_t number) noexcept:
    return put(kind, &tag, 1) and put(kind, &number, sizeof(int64_t))


cdef bint put_aval(kind_t *kind, Aval aval) noexcept:
    cdef shape_t *shape = aval.shape_
    cdef char head[2]
    head[0] = <char>aval.code
    head[1] = <char>shape.ndim
    return put(kind, head, 2) and put(kind, shape.dims, shape.ndim * sizeof(Py_ssize_t))


cdef bint put_value(kind_t *kind, value, int depth) except -1:
    """Metadata. False for what can't tell kinds apart: arrays, and other objects that may change."""
    cdef double number
    cdef bytes text
    if value is None:
        return put_number(kind, c"n", 0)
    if type(value) is bool:
        return put_number(kind, c"b", value)
    if type(value) is int:
        return -1 << 62 < value < 1 << 62 and put_number(kind, c"i", value)
    if type(value) is float:
        number = value
        return put(kind, <const char *>b"f", 1) and put(kind, &number, sizeof(double))
    if type(value) is str:
        text = (<str>value).encode()
        return put_number(kind, c"s", len(text)) and put(kind, <const char *>text, len(text))
    if isinstance(value, DType):  # there is one object of each
        return put_number(kind, c"d", <int64_t><Py_ssize_t><PyObject *>value)
    if (type(value) is tuple or type(value) is list) and depth < 8:
        if not put_number(kind, c"t" if type(value) is tuple else c"l", len(value)):
            return False
        for part in value:
            if not put_value(kind, part, depth + 1):
                return False
        return True
    return False


cdef bytes kind_of(Node node, uint64_t asked, list cts, list values, list ys):
    """All that a trace of a node's rules depends on; None if that can't be said in short."""
    cdef Primitive p = node.primitive
    cdef dict metadata = node.metadata
    cdef kind_t kind
    kind.n = 0
    if len(metadata) != len(p.metadata_names) or not put_number(&kind, c"a", <int64_t>asked):
        return None
    if not put_number(&kind, c"n", len(node.avals)):
        return None
    for aval in node.avals:
        if not put_aval(&kind, <Aval>aval):
            return None
    for aval in node.y_avals:
        if not put_aval(&kind, <Aval>aval):
            return None
    for given in (cts, values, ys):  # which of them were kept: it depends on what was tracked, too
        if not put_number(&kind, c"k", len(<list>given)):
            return None
        for t in <list>given:
            if not put(&kind, <const char *>b"0" if t is None else <const char *>b"1", 1):
                return None
    for name in p.metadata_names:
        if name not in metadata or not put_value(&kind, metadata[name], 0):
            return None
    return PyBytes_FromStringAndSize(kind.bytes, kind.n)


# ---------------------------------------------------------------------------------------------------- plans
cdef class Pullback:
    """The rules of one kind of operation: how often they were run, and their plan."""


cdef Pullback pullback_of(Node node, uint64_t asked, list cts, list values, list ys):
    """The plan of the rules of a node, for cotangents of its outputs, values that it kept and its outputs; None if
    the rules are to be run. asked: bit j for argument j."""
    global n_uses
    cdef Primitive p = node.primitive
    cdef Pullback found
    cdef bytes kind
    n_uses += 1
    kind = kind_of(node, asked, cts, values, ys)
    if kind is None:
        return None
    found = p.pullbacks.get(kind)
    if found is None:
        if len(p.pullbacks) >= MOST_KINDS:
            p.pullbacks.clear()
        found = p.pullbacks[kind] = Pullback()
    if found.plan is None:
        found.uses += 1
        if found.uses < often or n_uses < some:
            return None
        found.uses = -1 << 62  # whatever comes of it, it is tried once
        found.plan = traced(node, asked, cts, values, ys)
    return None if found.plan is None else found


cdef Plan traced(Node node, uint64_t asked, list cts, list values, list ys):
    """The plan of the rules of a node; None if Python looks at values in them."""
    cdef Primitive p = node.primitive
    cdef Py_ssize_t n = sum([t is not None for t in (*cts, *values, *ys)])
    cdef list outputs = []
    cdef int j
    if n > MOST_GIVEN or node.nargs > MOST_GIVEN:
        return None
    try:
        with Paused(), Tracing() as graph:
            cts, values, ys = [[None if t is None else graph.add_input(t) for t in given]
                               for given in (cts, values, ys)]
            inputs = list(graph.inputs)
            ct = cts if p.row_many else cts[0]
            y = ys if p.row_many else ys[0]
            shared = None if p.shared is None else p.shared(*asked_for(p.shared, node, values, y, ct, 0, None))
            for j in range(node.nargs):
                if asked >> j & 1:
                    rule = p.vjp[0 if p.row_variadic else j]
                    given = rule(*asked_for(rule, node, values, y, ct, j, shared))
                    outputs.append(graph.number_of(checked(given, node, j)))
            del cts, values, ys, ct, y, shared, given
            graph.close(p.name)
        return import_module("fastgrad._core._lower").compile_graph(graph, inputs, outputs, [], False)
    except Exception:  # the rules themselves say what is wrong, if anything is
        return None
