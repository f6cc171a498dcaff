from cpython.object cimport PyObject

from ._buffer cimport shape_t
from ._primitive cimport Primitive
from ._tensor cimport Tensor
from ._trace cimport Trace


cdef enum:
    AS_NUMPY = -2          # a `code` for `convert`


# Gives the outputs of an operation their tangents; filled in by `_forward`. metadata: None if elementwise.
ctypedef int (*push_t)(Trace trace, Primitive p, list arguments, dict metadata, list outputs) except -1
cdef push_t push_tangents

cdef object error_state                # NumPy's context variable of how floating-point errors are met; or None
cdef object ignored                    # its value under np.errstate(all="ignore")

cdef object apply(Primitive p, list arguments, dict metadata)
cdef object recomputed(Primitive p, list arguments, dict metadata)
cdef Tensor apply_elementwise(Primitive p, PyObject **args, int n)
cdef Tensor run_program(list program, list values, int code)
cdef Tensor convert(object value, int code, object what)
cdef Tensor cast_tensor(Tensor t, int code)
cdef Tensor broadcast_copy(Tensor t, shape_t *shape)
cdef void broadcast_strides(shape_t *shape, Py_ssize_t step, int ndim, Py_ssize_t *strides) noexcept
cdef Tensor sum_to(Tensor t, shape_t *shape)
cdef void add_in_place(Tensor total, Tensor value) noexcept
cdef int resolve(Primitive p, int code) except -1
cdef int check_integers(Primitive p) except -1
cdef Tensor as_tensor(object value)
cdef Tensor as_tensor_of(object value, int code)
cdef list common_operands(list values)
cdef list common_dtype(list tensors)
