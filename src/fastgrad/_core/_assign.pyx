"""Assignment to Variables, and the fused in-place updates of optimisers.

A Variable's memory is written in place if nobody else holds it: what a tape captured never changes.
"""

from cpython.object cimport PyObject
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memcpy, memmove

cimport numpy as cnp

from .. import errors

from ._buffer cimport same_shape, shape_t
from ._dispatch cimport apply_elementwise, as_tensor, as_tensor_of, check_integers, convert, resolve
from ._graph cimport Graph, assign_variable, current_graph, log_assignment
from ._loops cimport FLOAT16, FLOAT32, FLOAT64, INT64, MAX_OPERANDS, itemsize
from ._primitive cimport BY_PROGRAM, Primitive, primitive_named
from ._tensor cimport Tensor, Variable, copy_tensor, hooks, root, scalar_tensor, writable
from ._tensor import OPERATORS
from ._trace cimport n_recording, note


cdef object assign(Variable variable, int operator, object value, str what):
    """What `Variable.assign` (operator -1), `assign_add` and `assign_sub` do."""
    cdef Variable v = root(variable)
    cdef Tensor new = assignable(v, value, what)
    cdef Primitive p
    if n_recording:
        note(v, False)
    if operator < 0:
        set_value(v, new)
    else:
        p = primitive_named(OPERATORS[operator])
        update(v, p, update_operands(v, p, (v, new)))
    cdef Variable result = Variable.__new__(Variable)
    result.root = v
    result.name_ = v.name_
    result.trainable = v.trainable
    return result


cdef Tensor assignable(Variable v, value, str what):
    """`value` as a Tensor of the variable's dtype and, after broadcasting for none, its shape."""
    cdef Tensor new
    cdef int code = v.value.code
    if isinstance(value, (Tensor, Variable)):
        new = as_tensor(value)
        if new.code != code:
            raise ValueError(
                f"{what}: variable '{v.name}' has dtype {v.dtype.name}, but the value is a Tensor of dtype "
                f"{new.dtype.name}. Use fg.cast(value, fg.{v.dtype.name})")
    else:
        new = convert(value, code, what)
    if new.code != v.value.code:
        raise RuntimeError(f"{what}: variable '{v.name}' changed while its new value was converted")
    if not same_shape(new.shape_, v.value.shape_):
        raise ValueError(
            f"Cannot assign value to variable ' {v.name}': Shape mismatch.The variable shape {v.shape}, and "
            f"the assigned value shape {new.shape} are incompatible.")
    return new


cdef int own(Variable v) except -1:
    """Give a variable memory of its own, if anyone else holds its memory."""
    cdef uint64_t slot = v.value.slot
    if not writable(<PyObject *>v.value):
        v.value = copy_tensor(v.value)
        v.value.slot = slot
    return 0


cdef int set_value(Variable v, Tensor new) except -1:
    """Copy the data of `new` into the variable."""
    cdef Graph g = current_graph()
    if g is not None:
        if not g.loose:
            return assign_variable(g, v, new)
        log_assignment(g, v)
    own(v)
    if v.value.data != new.data:
        memmove(v.value.data, new.data, v.value.shape_.size * itemsize[new.code])
    return 0


cdef tuple update_operands(Variable v, Primitive p, tuple arguments):
    """Check an update and bring its arguments into the form `update` wants: Variables and Tensors of the
    variable's dtype, each of its shape or a single number."""
    cdef int code = v.value.code
    cdef Tensor x
    cdef list operands = []
    if len(arguments) != p.nargs or p.nargs + 1 > MAX_OPERANDS:
        raise TypeError(f"{p.name} takes {p.nargs} arguments, not {len(arguments)}")
    resolve(p, code)
    if not runs_on_tensors(p, code) and (p.in_code[code] != code or p.out_code[code] != code):
        raise TypeError(f"{p.name}: can't update variable '{v.name}' of dtype {v.dtype.name}")
    for argument in arguments:
        if isinstance(argument, Variable):
            argument = root(argument)
            x = (<Variable>argument).value
        else:
            x = argument = as_tensor_of(argument, code)
        if x.code != code:
            raise TypeError(f"{p.name}: dtype {x.dtype.name} for variable '{v.name}' of {v.dtype.name}")
        if x.shape_.size != 1 and not same_shape(x.shape_, v.value.shape_):
            raise ValueError(f"{p.name}: shape {x.shape} for variable '{v.name}' of shape {v.shape}")
        operands.append(argument)
    return tuple(operands)


cdef bint runs_on_tensors(Primitive p, int code) noexcept:
    """True for a row that has no loop of its own for a floating dtype: it computes in float32, or step by step."""
    return p.in_code[code] == BY_PROGRAM or (code == FLOAT16 and p.in_code[code] == FLOAT32)


cdef int update(Variable v, Primitive p, tuple operands) except -1:
    """v = p(*operands) in one loop, in place. Runs no Python code, but for a dtype without loops of its own."""
    cdef char *data[MAX_OPERANDS]
    cdef Py_ssize_t steps[MAX_OPERANDS]
    cdef Py_ssize_t length = v.value.shape_.size
    cdef int k = 0, code = v.value.code
    cdef PyObject *x
    cdef Graph g = current_graph()
    if g is not None and g.loose:
        log_assignment(g, v)
    elif g is not None:
        for operand in operands:
            data[k] = <char *><PyObject *>operand
            k += 1
        return assign_variable(g, v, apply_elementwise(p, <PyObject **>data, k))
    if runs_on_tensors(p, code):
        values = [(<Variable>operand).value if isinstance(operand, Variable) else operand for operand in operands]
        for operand in values:
            data[k] = <char *><PyObject *>operand
            k += 1
        return set_value(v, apply_elementwise(p, <PyObject **>data, k))
    own(v)
    for operand in operands:
        x = <PyObject *>(<Variable>operand).value if isinstance(operand, Variable) else <PyObject *>operand
        data[k] = (<Tensor>x).data
        steps[k] = 0 if (<Tensor>x).shape_.size == 1 else itemsize[code]
        k += 1
    data[k] = v.value.data
    steps[k] = itemsize[code]
    p.loops[code].fn(data, &length, steps, p.loops[code].data)
    if code < FLOAT16:
        check_integers(p)
    return 0


def update_variables(list updates not None, list rows=None):
    """For each ``(variable, primitive, *arguments)``: variable = primitive(*arguments), in place and in order.

    Then for each ``(variable, numbers, part)`` of `rows`: variable[numbers] = part, a Variable.

    primitive: an elementwise Primitive; arguments: Variables (read when their turn comes), Tensors or numbers of
    the variable's dtype, each of its shape or a single number. All are checked before the first write, and no
    Python code runs in between: either all happen or none.
    """
    cdef list ready = []
    for variable, primitive, *arguments in updates:
        if not isinstance(variable, Variable) or not isinstance(primitive, Primitive):
            raise TypeError(f"an update is (variable, primitive, *arguments), not {errors.short(updates)}")
        v = root(variable)
        if n_recording:
            note(v, False)
        ready.append((v, primitive, update_operands(v, primitive, tuple(arguments))))
    for variable, numbers, part in rows or ():
        check_rows(root(variable), numbers, root(part))
    for v, _, _ in ready:
        own(v)  # what can fail for want of memory comes before the first write
    for variable, _, _ in rows or ():
        own(root(variable))
    for v, primitive, operands in ready:
        update(v, primitive, operands)
    for variable, numbers, part in rows or ():
        write_rows(root(variable), numbers, root(part))


cdef int check_rows(Variable v, cnp.ndarray numbers, Variable part) except -1:
    """Check what `write_rows` relies on."""
    cdef shape_t *shape = v.value.shape_
    cdef shape_t *rows = part.value.shape_
    cdef Py_ssize_t k
    if numbers.ndim != 1 or cnp.PyArray_TYPE(numbers) != cnp.NPY_INT64 or not cnp.PyArray_ISCARRAY_RO(numbers):
        raise TypeError("the numbers of rows are a vector of int64")
    if part.value.code != v.value.code or shape.ndim == 0 or tuple(part.shape) != (len(numbers), *v.shape[1:]):
        raise ValueError(f"rows of shape {part.shape} don't fit variable '{v.name}' of shape {v.shape}")
    for k in range(rows.dims[0]):
        if not 0 <= (<int64_t *>cnp.PyArray_DATA(numbers))[k] < shape.dims[0]:
            raise IndexError(f"variable '{v.name}' of shape {v.shape} has no row {numbers[k]}")
    return 0


cdef int write_rows(Variable v, cnp.ndarray numbers, Variable part) except -1:
    cdef Py_ssize_t k, n = part.value.shape_.dims[0]
    cdef size_t size = 0 if n == 0 else part.value.shape_.size // n * itemsize[v.value.code]
    cdef int64_t *rows = <int64_t *>cnp.PyArray_DATA(numbers)
    for k in range(n):
        memcpy(v.value.data + rows[k] * size, part.value.data + k * size, size)
    return 0


def descend(pairs, Primitive primitive not None, double rate, Variable counter not None):
    """variable = primitive(variable, gradient, rate) for a list of (gradient, variable) pairs; counter += 1.

    The quick way for pairs of a Tensor and a Variable of one float dtype and one shape: for anything else it does
    nothing and gives False. All pairs are checked before the first write.
    """
    cdef Variable v
    cdef Tensor g, number = None
    cdef int code
    counter = root(counter)
    if counter.value.code != INT64 or counter.value.shape_.ndim or primitive.nargs != 3:
        raise TypeError("descend takes a row of three arguments and a counter that is a 0-d int64 Variable")
    if type(pairs) is not list or len(pairs) == 0 or current_graph() is not None:
        return False
    for pair in <list>pairs:
        if type(pair) is not tuple or len(<tuple>pair) != 2:
            return False
        g_object, v_object = <tuple>pair
        if type(g_object) is not Tensor or type(v_object) is not Variable:
            return False
        g, v = g_object, root(v_object)
        code = v.value.code
        if g.code != code or code < FLOAT16 or code > FLOAT64 or not same_shape(g.shape_, v.value.shape_):
            return False
        resolve(primitive, code)
        if primitive.in_code[code] != code:
            return False
        if n_recording:
            note(v, False)
        own(v)
    own(counter)
    for pair in <list>pairs:
        g_object, v_object = <tuple>pair
        g, v = g_object, root(v_object)
        if number is None or number.code != v.value.code:
            number = scalar_tensor(v.value.code, rate)
        update(v, primitive, (v, g, number))
    (<long long *>counter.value.data)[0] += 1
    return True


hooks.assign = assign
