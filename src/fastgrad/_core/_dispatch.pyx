"""Running operations and recording them; conversion of arguments.

`apply_elementwise` finds one dtype and one shape, calls the C loop of the row, and records the result if a
tape that records now tracks an argument. Everything off the fast path (casts, Python numbers, lists, odd
dtypes) brings its arguments into that form and starts again. `apply` does the same for structured rows, through
their NumPy function or a C kernel.
"""

from cpython.contextvars cimport PyContextVar_Reset, PyContextVar_Set
from cpython.exc cimport PyErr_Occurred
from cpython.float cimport PyFloat_AS_DOUBLE, PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject, PyTypeObject, Py_TYPE
from cpython.ref cimport Py_DECREF, Py_INCREF
from libc.stdint cimport INT64_MAX, int64_t, uint8_t, uint32_t, uint64_t

from contextvars import copy_context

import numpy as np
cimport numpy as cnp

from .. import _convert, errors
from .._rules import CONDITIONS
from ..dtypes import as_dtype

from ._buffer cimport MAX_NDIM, same_shape, shape_drop, shape_hold, shape_new, shape_t
from ._graph cimport Graph, adopt, current_graph, log_elementwise, log_structured
from ._loops cimport (
    BOOL, CODES, COMPLEX64, COMPLEX128, FLOAT16, FLOAT32, FLOAT64, INT32, INT64, MAX_OPERANDS, add_contiguous,
    WEAK_FLOAT, WEAK_INT, copy_strided, fg_loop, fill_library, itemsize, iterate, promote, promote_weak, resolve_ufunc,
    row_loop, select_loop,
)
from ._primitive cimport (
    BY_PROGRAM, UNRESOLVED, Primitive, compile_program, lazy_ufuncs, primitive_named,
)
from ._recorder cimport refresh, touch
from ._tensor cimport (
    CODE_DTYPES, Tensor, Variable, data_view, hooks, is_weak, reshaped, root, scalar_tensor, scalar_value,
    shape_tuple, strong, tensor_new, tensor_of, unusable, wrap_array,
)
from ._trace cimport (
    FG_ARRAY, FG_SCALAR, FORWARD_BIT, Node, Trace, append_node, append_record, aval_of, current_trace, fg_record,
    n_recording, new_leaf, recording_trace, slot_in, tapes_at,
)
from ._work cimport run_layout

cnp.import_array()

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *o)

cdef enum:
    FORWARD = 1 << FORWARD_BIT

# ------------------------------------------------------------------------------------- running elementwise
cdef Tensor apply_elementwise(Primitive p, PyObject **args, int n):
    """Run an elementwise primitive on any arguments and record it."""
    global spare_number
    cdef PyObject *t[MAX_OPERANDS]
    cdef PyObject *o
    cdef int i, c, code = -1
    cdef bint plain = True
    cdef int numbers = 0
    cdef Variable variable = None
    cdef Tensor first = None, second = None, y
    cdef Tensor held0 = None, held1 = None  # values of Variables, which another operand's `touch` might free
    for i in range(n):
        o = args[i]
        if Py_TYPE(<object>o) == <PyTypeObject *>Tensor:
            t[i] = o
        elif Py_TYPE(<object>o) == <PyTypeObject *>Variable:
            variable = <Variable>o if (<Variable>o).root is None else (<Variable>o).root
            if n_recording:
                touch(variable)
                if i == 0:
                    held0 = variable.value  # no-cython-lint
                elif i == 1:
                    held1 = variable.value  # no-cython-lint
            t[i] = <PyObject *>variable.value
        elif PyFloat_CheckExact(<object>o) or PyLong_CheckExact(<object>o):
            t[i] = NULL
            numbers += 1
            plain = plain and not p.bools >> i & 1
            continue
        else:
            plain = False
            break
        c = (<Tensor>t[i]).code
        if p.bools >> i & 1:
            plain = plain and c == BOOL
        elif code < 0:
            code = c
        elif c != code:
            plain = False
    if not plain or code < 0:
        return run_prepared(p, prepare(p, args, n))
    if numbers == 0:
        y = run(p, t, n, code)
        y.from_variable = variable is not None
        return y
    if (code != FLOAT64 and code != FLOAT32) or numbers > 2:
        return run_prepared(p, prepare(p, args, n))
    for i in range(n):
        if t[i] == NULL:
            if first is None:
                first = number_tensor(code, <object>args[i])
                t[i] = <PyObject *>first
            else:
                second = number_tensor(code, <object>args[i])
                t[i] = <PyObject *>second
    y = run(p, t, n, code)
    y.from_variable = variable is not None
    if Py_REFCNT(<PyObject *>first) == 1:
        spare_number = first
    return y


cdef Tensor spare_number = None  # the Tensor of a Python number, used again unless a record keeps it


cdef Tensor number_tensor(int code, double value):
    """A 0-d constant of float32 or float64 for a Python number in an expression."""
    global spare_number
    cdef Tensor t = spare_number
    if t is None:
        return scalar_tensor(code, value)
    spare_number = None  # ours alone: running may come back here
    t.code = code
    if code == FLOAT64:
        (<double *>t.data)[0] = value
    else:
        (<float *>t.data)[0] = <float>value
    return t


cdef int weak_code(value) except -2:
    """The kind of a Python number, or of a list of them, which are weak beside Tensors; -1 for anything else."""
    if type(value) is Tensor:
        return -1 if not is_weak(value) else INT64 if (<Tensor>value).code == WEAK_INT else FLOAT64
    if isinstance(value, (list, tuple)):
        kind = _convert.number_type(value)
    elif isinstance(value, np.generic):
        return -1
    else:
        kind = type(value)
    if kind is None:
        return -1
    return (BOOL if issubclass(kind, bool) else INT64 if issubclass(kind, int) else FLOAT64 if issubclass(kind, float)
            else COMPLEX128 if issubclass(kind, complex) else -1)


cdef list prepare(Primitive p, PyObject **args, int n):
    """The arguments as Tensors of one dtype by NumPy 2's promotion (Python numbers are weak)."""
    cdef list values = []
    cdef int i, code = -1, weak = -1, kind
    cdef Tensor x
    for i in range(n):
        value = <object>args[i]
        kind = weak_code(value)
        if kind >= 0:
            if not p.bools >> i & 1:
                weak = max(weak, kind)
            values.append(value)
            continue
        try:
            x = as_tensor(value)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{p.name}: argument {p.row.arguments[i]}: {error}") from None
        values.append(x)
        if not p.bools >> i & 1:
            code = x.code if code < 0 else promote(code, x.code)
    try:
        if code < 0:  # numbers only: what they become on their own
            code = BOOL if weak <= BOOL else INT32 if weak == INT64 else FLOAT32 if weak == FLOAT64 else COMPLEX128
            if code == INT32 and any([convert(v, -1, p.name).code == INT64 for v in values]):
                code = INT64
        elif weak >= 0:
            code = promote_weak(code, weak)
        for i in range(n):
            kind = BOOL if p.bools >> i & 1 else code
            value = values[i]
            if isinstance(value, (list, tuple)):
                values[i] = convert(value, -1 if kind == BOOL else kind, "argument " + p.row.arguments[i])
            elif not isinstance(value, Tensor):
                values[i] = wrap_array(np.array(value, CODE_DTYPES[kind].np_dtype))
            if (<Tensor>values[i]).code != kind:
                values[i] = cast_tensor(values[i], kind)
    except (OverflowError, ValueError) as error:
        raise type(error)(f"{p.name}: {error}") from None
    return values


cdef Tensor run_prepared(Primitive p, list values):
    cdef PyObject *t[MAX_OPERANDS]
    cdef int i, n = len(values), code = BOOL
    for i in range(n):
        t[i] = <PyObject *>values[i]
        if not p.bools >> i & 1:
            code = (<Tensor>t[i]).code
    return run(p, t, n, code)


cdef int resolve(Primitive p, int code) except -1:
    """Find the loop of an elementwise primitive for one dtype."""
    cdef bint generated = p.generated != NULL and FLOAT32 <= code <= FLOAT64
    cdef int in_code = code, out_code = code
    cdef fg_loop loop
    if p.in_code[code] != UNRESOLVED:
        return 0
    if p.row.lazy is not None:  # the rules of such rows may call others of them
        fill_library(lazy_ufuncs())
    if code >= COMPLEX64 and p.row.complex_program is not None:
        if p.on_complex is None:
            p.on_complex = compile_program(p.row.complex_program, p.row.arguments)
        in_code = BY_PROGRAM
    elif p.row.program is not None and [step[0] for step in p.row.program.steps] == SELECTION:
        loop = select_loop(code)
    elif generated and p.generated.forward[code - FLOAT32] != NULL:
        loop.fn = row_loop(p.row.name, code)
        loop.data = NULL
        if p.row.program.steps[-1][0] in CONDITIONS:
            out_code = BOOL
    elif code == FLOAT16 and (p.row.wide or (p.row.program is not None and p.row.ufunc is None)):
        in_code = FLOAT32
    elif p.row.wide and code < FLOAT32:
        in_code = FLOAT64
    elif p.row.ufunc is not None:
        try:
            resolve_ufunc(p.row.ufunc, code, &loop, &in_code, &out_code)
        except TypeError:
            raise undefined(p, code) from None
    elif p.row.wide:
        raise undefined(p, code)
    else:
        if p.program is None:
            p.program = compile_program(p.row.program, p.row.arguments)
        in_code = BY_PROGRAM
    # All at once and last: what stands above runs Python code, which Ctrl-C may end.
    p.loops[code] = loop
    p.out_code[code] = out_code
    p.in_code[code] = in_code
    return 0


SELECTION = ["input", "input", "input", "where"]  # the program of `where`


cdef object undefined(Primitive p, int code):
    return TypeError(f"{p.name}: not defined for dtype {CODE_DTYPES[code].name}")


cdef Tensor run(Primitive p, PyObject **t, int n, int code):
    """Run an elementwise primitive on Tensors of one dtype, and record it."""
    cdef char *data[MAX_OPERANDS]
    cdef Py_ssize_t steps[MAX_OPERANDS]
    cdef Py_ssize_t length
    cdef shape_t *shape = (<Tensor>t[0]).shape_
    cdef shape_t *other
    cdef Tensor y
    cdef int i
    cdef bint uniform = True
    if p.in_code[code] != code:
        return run_slowly(p, t, n, code)
    for i in range(1, n):
        other = (<Tensor>t[i]).shape_
        if other == shape or (other.size == 1 and other.ndim <= shape.ndim) or same_shape(other, shape):
            continue
        if shape.size == 1 and shape.ndim <= other.ndim:
            shape = other
        else:
            uniform = False
            break
    if not uniform:
        y = run_broadcast(p, t, n, code)
    else:
        y = tensor_new(p.out_code[code], shape)
        length = shape.size
        for i in range(n):
            data[i] = (<Tensor>t[i]).data
            steps[i] = 0 if (<Tensor>t[i]).shape_.size == 1 else itemsize[(<Tensor>t[i]).code]
        data[n] = y.data
        steps[n] = itemsize[y.code]
        p.loops[code].fn(data, &length, steps, p.loops[code].data)
    if code < FLOAT16:
        check_integers(p)
    if n_recording:
        note_elementwise(p, t, n, y)
    return y


cdef int note_elementwise(Primitive p, PyObject **t, int n, Tensor y) except -1:
    """Something listens: log to the graph that is traced, record on tapes."""
    cdef Graph g = current_graph()
    if g is not None:
        log_elementwise(g, p.number, t, n, y)
    if p.ruled:
        record_elementwise(p, t, n, y)
    return 0


cdef Tensor run_slowly(Primitive p, PyObject **t, int n, int code):
    """`run` where Python code is needed first: the loop is not known yet, or is one for another dtype."""
    cdef int i
    for i in range(n):  # that code may drop the last other reference to an operand
        Py_INCREF(<object>t[i])
    try:
        if code >= CODES:
            return run_prepared(p, prepare(p, t, n))
        resolve(p, code)
        if p.in_code[code] == BY_PROGRAM:
            values = [<object>t[i] for i in range(n)]
            if code >= COMPLEX64 and p.on_complex is not None:
                return run_program(p.on_complex, values, code)
            if not n_recording or not p.row.holomorphic or code < COMPLEX64:
                return run_program(p.program, values, code)
            y = run_unrecorded(p.program, values, code)
            record_elementwise(p, t, n, y)
            return y
        if p.in_code[code] != code:
            y = run_prepared(p, [
                <object>t[i] if p.bools >> i & 1 else cast_tensor(<Tensor>t[i], p.in_code[code]) for i in range(n)])
            return cast_tensor(y, FLOAT16) if code == FLOAT16 and (<Tensor>y).code == FLOAT32 else y
        return run(p, t, n, code)
    finally:
        for i in range(n):
            Py_DECREF(<object>t[i])


cdef int check_integers(Primitive p) except -1:
    """NumPy's integer loops may raise (negative powers)."""
    if PyErr_Occurred() == NULL:
        return 0
    try:
        pending_error()
    except Exception as error:
        raise type(error)(f"{p.name}: {error}") from None
    return 0


cdef int pending_error() except -1:
    return -1


cdef Tensor run_broadcast(Primitive p, PyObject **t, int n, int code):
    """The general case of broadcasting: iterate with zero strides."""
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef Py_ssize_t strides[MAX_OPERANDS * MAX_NDIM]
    cdef char *data[MAX_OPERANDS]
    cdef shape_t *shape
    cdef Tensor y
    cdef int ndim = broadcast_dims(p, t, n, dims)
    cdef int i
    shape = shape_new(ndim, dims)
    try:
        y = tensor_new(p.out_code[code], shape)
    finally:
        shape_drop(shape)
    for i in range(n):
        data[i] = (<Tensor>t[i]).data
        broadcast_strides((<Tensor>t[i]).shape_, itemsize[(<Tensor>t[i]).code], ndim, &strides[i * MAX_NDIM])
    data[n] = y.data
    broadcast_strides(y.shape_, itemsize[y.code], ndim, &strides[n * MAX_NDIM])
    if y.shape_.size:
        iterate(p.loops[code], n + 1, data, strides, ndim, dims)
    return y


cdef int broadcast_dims(Primitive p, PyObject **t, int n, Py_ssize_t *dims) except -1:
    """The broadcast shape of the operands."""
    cdef int i, axis, ndim = 0, skip
    cdef shape_t *shape
    cdef Py_ssize_t d
    for i in range(n):
        ndim = max(ndim, (<Tensor>t[i]).shape_.ndim)
    for axis in range(ndim):
        dims[axis] = 1
    for i in range(n):
        shape = (<Tensor>t[i]).shape_
        skip = ndim - shape.ndim
        for axis in range(shape.ndim):
            d = shape.dims[axis]
            if d != 1 and dims[skip + axis] != 1 and d != dims[skip + axis]:
                shapes = " and ".join([str(shape_tuple((<Tensor>t[k]).shape_)) for k in range(n)])
                raise ValueError(f"{p.name}: shapes {shapes} do not broadcast: axes from the last must be "
                                 "equal or 1")
            if d != 1:
                dims[skip + axis] = d
    return ndim


cdef void broadcast_strides(shape_t *shape, Py_ssize_t step, int ndim, Py_ssize_t *strides) noexcept:
    """Byte strides of a contiguous operand seen in a broadcast space of ndim axes."""
    cdef int axis, skip = ndim - shape.ndim
    for axis in range(shape.ndim - 1, -1, -1):
        strides[skip + axis] = 0 if shape.dims[axis] == 1 else step
        step *= shape.dims[axis]
    for axis in range(skip):
        strides[axis] = 0


cdef int bind_holding(Primitive p, PyObject **t, int n) except -1:
    """Trace the rules of a primitive, which is Python code, while its operands are in use."""
    cdef int i
    for i in range(n):
        Py_INCREF(<object>t[i])
    try:
        p.bind_scalar_rules()
    finally:
        for i in range(n):
            Py_DECREF(<object>t[i])
    return 0


cdef int record_elementwise(Primitive p, PyObject **t, int n, Tensor y) except -1:
    """Record y = p(t...) if a tape that records now tracks an argument."""
    cdef PyObject *running = recording_trace()
    cdef Trace trace
    cdef fg_record *r
    cdef uint32_t tapes = 0, bits
    cdef uint32_t back[3]
    cdef uint64_t distance, slot
    cdef uint8_t need = 0
    cdef bint same_dtype = True  # |complex| is real
    cdef int i
    if running == NULL or n > 3:
        return 0
    if not p.rules_bound:
        bind_holding(p, t, n)
    if p.registered is not None:
        return record_registered(p, [<object>t[i] for i in range(n)], [y])
    trace = <Trace>running
    back[0] = back[1] = back[2] = 0
    for i in range(n):
        if p.ruled >> i & 1:
            slot = slot_in(trace, <Tensor>t[i])
            bits = tapes_at(trace, slot)
            if bits:
                same_dtype = same_dtype and (<Tensor>t[i]).code == y.code
                tapes |= bits
                distance = trace.hi - slot
                if distance >= <uint64_t>1 << 32:
                    raise RuntimeError("a tape can't span more than 2**32 operations: use a new tape")
                back[i] = <uint32_t>distance
                need |= p.need[i]
    if tapes == 0 or y.code < FLOAT16:
        return 0
    if tapes == FORWARD:
        y.slot = new_leaf(trace, y.shape_, y.code, tapes)
        return push_tangents(trace, p, [<object>t[i] for i in range(n)], None, [y])
    r = append_record(trace)
    r.primitive = p.number
    r.dtype = y.code
    r.nargs = n
    r.tapes = tapes
    r.arg[0] = back[0]
    r.arg[1] = back[1]
    r.arg[2] = back[2]
    if y.shape_.ndim == 0 and (y.code == FLOAT64 or y.code == FLOAT32) and same_dtype and trace.graph is None:
        r.lane = FG_SCALAR
        for i in range(n):
            r.u.v[i] = scalar_value(<Tensor>t[i])
        r.u.v[n] = scalar_value(y)
    else:
        r.lane = FG_ARRAY
        r.u.a.shape = shape_hold(y.shape_)
        for i in range(3):
            r.u.a.saved[i] = NULL
            if need >> i & 1:
                Py_INCREF(<object>t[i])
                r.u.a.saved[i] = t[i]
        r.u.a.saved[3] = NULL
        if need >> 3 & 1:
            Py_INCREF(y)
            r.u.a.saved[3] = <PyObject *>y
    y.slot = trace.hi - 1
    if tapes & FORWARD:
        push_tangents(trace, p, [<object>t[i] for i in range(n)], None, [y])
    return 0


cdef Tensor run_program(list program, list values, int code):
    """Execute a compiled program on Tensors of dtype `code` (and record what it does)."""
    cdef list done = []
    cdef PyObject *args[MAX_OPERANDS]
    cdef Primitive p
    cdef int k
    cdef tuple operands
    for kind, payload, operands in program:
        if kind == 0:
            done.append(values[payload])
        elif kind == 1:
            done.append(scalar_tensor(code, payload))
        else:
            p = primitive_named(payload)
            if not p.elementwise:  # `real` and `imag`
                done.append(apply(p, [done[at] for at in operands], {}))
                continue
            for k, at in enumerate(operands):
                args[k] = <PyObject *>done[at]
            done.append(apply_elementwise(p, args, len(operands)))
    return done[-1]


cdef Tensor run_unrecorded(list program, list values, int code):
    """The same without a record: the row has rules of its own, which at kinks are others than those of its steps."""
    cdef Trace trace = current_trace()
    trace.paused += 1
    refresh(trace)
    try:
        return run_program(program, values, code)
    finally:
        trace.paused -= 1
        refresh(trace)


# ------------------------------------------------------------------------------------- structured primitives
cdef int find_error_state() except -1:
    """Setting the variable is what np.errstate does, in a tenth of its time."""
    global error_state, ignored
    before = copy_context()
    with np.errstate(all="ignore"):
        changed = [(variable, value) for variable, value in copy_context().items()
                   if variable not in before or before[variable] is not value]
    if len(changed) == 1:
        (error_state, ignored), = changed
    return 0


cdef object quietly(function, list arrays, dict metadata):
    """A call without NumPy's warnings about floating-point errors."""
    if error_state is None:  # an errstate of another kind
        with np.errstate(all="ignore"):
            return function(*arrays, **metadata)
    token = PyContextVar_Set(error_state, ignored)
    try:
        return function(*arrays, **metadata)
    finally:
        PyContextVar_Reset(error_state, token)


cdef object forward(Primitive p, list arguments, dict metadata):
    """The row's NumPy function on views of the arguments."""
    cdef list arrays = [data_view(t) for t in arguments]
    try:
        result = quietly(p.forward, [arrays] if p.row_variadic else arrays, metadata)
    except (TypeError, ValueError, IndexError, ArithmeticError) as error:
        raise errors.of_operation(error, p.name, arguments) from None
    if p.row_many:
        return [wrap_array(part) for part in result]
    return wrap_array(result)


cdef object quick_result(Primitive p, list arguments, dict metadata):
    """The result by a C kernel, or None."""
    return None if p.layout == NULL else run_layout(p.layout, arguments, metadata)


cdef object recomputed(Primitive p, list arguments, dict metadata):
    """The result for metadata in canonical form."""
    y = quick_result(p, arguments, metadata)
    return forward(p, arguments, metadata) if y is None else y


cdef object apply(Primitive p, list arguments, dict metadata):
    """Run a structured primitive on Tensors and record it. Owns `metadata`."""
    cdef Graph g
    y = None
    if not p.canonical_first:
        y = quick_result(p, arguments, metadata)
    if y is None:
        if p.canonical is not None:
            try:
                metadata = p.canonical(arguments, metadata)
            except (TypeError, ValueError, IndexError) as error:
                raise errors.of_operation(error, p.name, arguments) from None
        if p.canonical_first:
            y = quick_result(p, arguments, metadata)
        if y is None:
            y = forward(p, arguments, metadata)
    if n_recording:
        g = current_graph()
        if g is not None:
            log_structured(g, p.number, arguments, metadata, y)
        if p.ruled:
            record_node(p, arguments, metadata, y)
    return y


cdef int record_node(Primitive p, list arguments, dict metadata, object y) except -1:
    """Record a structured operation if a tape that records now tracks an argument."""
    cdef PyObject *running = recording_trace()
    cdef Trace trace
    cdef uint32_t tapes = 0, bits
    cdef int k, n = len(arguments)
    cdef Tensor t
    cdef Node node
    cdef list followed = []
    cdef list outputs
    cdef bint floating = False, keep_y = False
    if running == NULL:
        return 0
    if p.registered is not None:
        return record_registered(p, arguments, y if p.row_many else [y])
    trace = <Trace>running
    for k in range(n):
        t = arguments[k]
        bits = tapes_at(trace, slot_in(trace, t)) if p.row_variadic or p.ruled >> k & 1 else 0
        tapes |= bits
        followed.append(bits != 0)
    if tapes == 0:
        return 0
    outputs = y if p.row_many else [y]
    for part in outputs:
        floating = floating or (<Tensor>part).code >= FLOAT16
    if not floating:
        return 0
    if tapes == FORWARD:
        for part in outputs:
            t = part
            t.slot = new_leaf(trace, t.shape_, t.code, tapes)
        return push_tangents(trace, p, arguments, metadata, outputs)
    if p.row_whole:
        trace.custom = True
    node = Node.__new__(Node)
    node.primitive = p
    node.metadata = metadata
    node.nargs = n
    node.outputs = len(outputs)
    node.avals = tuple([aval_of(t) for t in arguments])
    node.y_avals = tuple([aval_of(t) for t in outputs])
    saved = [None] * n
    for k in range(n):
        if followed[k]:
            reads, whole = <tuple>p.reads[0 if p.row_variadic else k]
            for at in <tuple>reads:
                saved[at] = arguments[at]
            keep_y = keep_y or whole
    node.saved = tuple(saved)
    node.y = y if keep_y else None
    append_node(trace, node, p.number, arguments, outputs, tapes, 0xFFFFFFFF if p.row_variadic else p.ruled)
    if tapes & FORWARD:
        push_tangents(trace, p, arguments, metadata, outputs)
    return 0


cdef int record_registered(Primitive p, list arguments, list outputs) except -1:
    return record_node(p.custom, arguments, p.registered(arguments, outputs), outputs)


def register(Primitive primitive not None, Primitive custom not None, rule):
    """Let `rule(inputs, outputs)`, which gives the metadata of a `custom` record, be the gradient of an operation
    that has none."""
    primitive.registered = rule
    primitive.custom = custom
    primitive.ruled = 0xFF


def record_custom(Primitive primitive not None, arguments, outputs, dict metadata not None):
    """Record outputs as the results of a custom operation on `arguments` (Tensors or Variables).

    Gives new Tensors that stand for the outputs on the tape.
    """
    if not primitive.row_whole:
        raise TypeError(f"{primitive.name} is no row for custom operations")
    cdef list inputs = [as_tensor(a) for a in arguments]
    cdef list fresh = []
    cdef Tensor y
    for t in outputs:
        if not isinstance(t, Tensor):
            raise TypeError(f"the outputs of a custom operation are Tensors, not {errors.short(t)}")
        y = reshaped(<Tensor>t, (<Tensor>t).shape_)
        adopt(y, t)
        fresh.append(y)
    if n_recording:
        record_node(primitive, inputs, metadata, fresh)
    return fresh


# ------------------------------------------------------------------------------------------------- kernels
cdef Tensor broadcast_copy(Tensor t, shape_t *shape):
    """t broadcast to a shape, in memory."""
    cdef Py_ssize_t strides[MAX_NDIM]
    cdef Tensor y = tensor_new(t.code, shape)
    broadcast_strides(t.shape_, itemsize[t.code], shape.ndim, strides)
    if shape.size:
        copy_strided(t.code, y.data, t.data, strides, shape.ndim, shape.dims)
    return y


cdef Tensor sum_to(Tensor t, shape_t *shape):
    """The transpose of broadcasting: sum t over the axes along which `shape` was stretched, and record it."""
    if same_shape(t.shape_, shape):
        return t
    return apply(primitive_named("sum_to"), [t], {"shape": shape_tuple(shape)})


cdef void add_in_place(Tensor total, Tensor value) noexcept:
    """total += value, for the same shape and dtype."""
    add_contiguous(total.code, total.data, value.data, total.shape_.size)


# ---------------------------------------------------------------------------------------------- conversion
def constant(value, dtype=None, shape=None, name="constant"):
    """A Tensor of a number, a (nested) list, an array or a Tensor.

    dtype: a DType, a NumPy dtype or its name; by default floats become float32, ints int32 (int64 if they
    need it), arrays keep theirs. shape: reshape to it; a single value fills it.
    Raises ValueError for ragged lists, TypeError for what is not numeric.

    >>> fg.constant(7, shape=[2, 2])
    <fg.Tensor: shape=(2, 2), dtype=int32, numpy=
    array([[7, 7],
           [7, 7]], dtype=int32)>
    """
    if dtype is None and shape is None and type(value) is float:
        return scalar_tensor(FLOAT32, PyFloat_AS_DOUBLE(value))
    cdef int code = -1 if dtype is None else as_dtype(dtype).code
    if code < 0 and type(value) is Tensor and (<Tensor>value).code == WEAK_FLOAT:
        code = FLOAT32
    cdef Tensor t = convert(value, code, "constant")
    if shape is None:
        return t
    if t.shape_.size == 1:
        t = apply(primitive_named("reshape"), [t], {"shape": ()})
        return apply(primitive_named("broadcast_to"), [t], {"shape": shape})
    return apply(primitive_named("reshape"), [t], {"shape": shape})


def convert_to_tensor(value, dtype=None, dtype_hint=None, name=None):
    """A Tensor of a number, a (nested) list, an array, a Tensor or a Variable (see `constant`).

    A Tensor is returned as it is; a Variable is read.
    """
    cdef int code = -1 if dtype is None else as_dtype(dtype).code
    if isinstance(value, (Tensor, Variable)):
        if code >= 0 and code_of_operand(value) != code:
            raise ValueError(f"convert_to_tensor: a Tensor of dtype {value.dtype.name} is not converted to "
                             f"{CODE_DTYPES[code].name}: use fg.cast")
        return as_tensor(value) if isinstance(value, Tensor) else value.read_value()
    return convert(value, code, "convert_to_tensor")


cdef int code_of_operand(value) except -1:
    return as_tensor(value).code if isinstance(value, Tensor) else root(value).value.code


cdef Tensor convert(object value, int code, object what):
    """A Tensor of any value; `code` -1 lets the value decide, and so does AS_NUMPY, with Python numbers of 64 bits."""
    cdef Tensor t
    if type(value) is float:
        if code == FLOAT32 or code == -1:
            return scalar_tensor(FLOAT32, PyFloat_AS_DOUBLE(value))
        if code == FLOAT64 or code == AS_NUMPY:
            return scalar_tensor(FLOAT64, PyFloat_AS_DOUBLE(value))
    if type(value) is int and code == AS_NUMPY and -INT64_MAX <= value <= INT64_MAX:
        t = tensor_of(INT64, 0, NULL)
        (<int64_t *>t.data)[0] = value
        return t
    if isinstance(value, Tensor):
        if (<Tensor>value).code >= CODES:
            return convert_unusual(value, code)
        return value if code < 0 or (<Tensor>value).code == code else cast_tensor(value, code)
    if isinstance(value, Variable):
        t = value.read_value()
        return t if code < 0 or t.code == code else cast_tensor(t, code)
    if type(value) is not np.ndarray and hasattr(type(value), "__fastgrad_tensor__"):
        t = value.__fastgrad_tensor__()
        return t if code < 0 or t.code == code else cast_tensor(t, code)
    array = _convert.to_array(value, None if code < 0 else CODE_DTYPES[code], (Tensor, Variable), what,
                              code == AS_NUMPY)
    if array is None:  # a list with Tensors in it
        return stack_nested(value, code)
    return wrap_array(array)


cdef Tensor convert_unusual(Tensor t, int code):
    """`convert` for a weak Tensor, as for its number; leaked ones raise."""
    cdef Tensor y = strong(t)
    if code == AS_NUMPY:
        code = y.code
    elif code < 0 and y.code == INT64:
        code = INT32
    if code < FLOAT16 and y.code == FLOAT64:  # with no dtype, who asks might take it for a float32 array
        raise unusable(t)
    return cast_tensor(y, code)


cdef Tensor stack_nested(value, int code):
    """A list with Tensors in it as one Tensor."""
    if not isinstance(value, (list, tuple)):
        return convert(value, code, "argument")
    for item in value:
        if isinstance(item, Tensor) and is_weak(item):  # would the list be weak? that is for Python to say
            raise unusable(item)
    items = list(value) if code == -1 else [stack_nested(item, code) for item in value]
    return apply(primitive_named("stack"), common_operands(items), {"axis": 0})


cdef Tensor as_tensor(object value):
    """A Tensor of an operation's argument; variables are read where they stand."""
    cdef Variable variable
    if type(value) is Tensor and (<Tensor>value).code < CODES:
        return value
    if isinstance(value, Variable):
        variable = root(value)
        if n_recording:
            touch(variable)
        return variable.value
    return convert(value, -1, "argument")


cdef Tensor as_tensor_of(object value, int code):
    if type(value) is float or type(value) is int:
        return scalar_tensor(code, value)
    if type(value) is Tensor and is_weak(value):
        return convert(value, code, "argument")
    return as_tensor(value)


cdef Tensor cast_tensor(Tensor t, int code):
    """t in another dtype, on the tape."""
    if t.code == code:
        return t
    if t.code >= CODES:
        t = strong(t)
    return apply(primitive_named("cast"), [t], {"dtype": CODE_DTYPES[code]})


cdef list common_operands(list values):
    """Values as Tensors of one dtype; Python numbers, and lists of them, are weak beside others."""
    cdef int kind, code = -1, weak = -1
    cdef list found = []
    for value in values:
        kind = weak_code(value)
        if kind >= 0:
            weak = max(weak, kind)
        else:
            value = as_tensor(value)
            code = (<Tensor>value).code if code < 0 else promote(code, (<Tensor>value).code)
        found.append(value)
    if code < 0:
        return common_dtype([as_tensor(value) for value in found])
    if weak >= 0:
        code = promote_weak(code, weak)
    return [cast_tensor(value, code) if isinstance(value, Tensor) else convert(value, code, "argument")
            for value in found]


cdef list common_dtype(list tensors):
    cdef int code = (<Tensor>tensors[0]).code
    for t in tensors:
        code = promote(code, (<Tensor>t).code)
    return [cast_tensor(t, code) for t in tensors]


hooks.convert = convert
find_error_state()
