from cpython.object cimport PyObject

from ._tensor cimport Tensor

cdef enum:
    MOST_GIVEN = 4  # arguments of a plain call

# The result of a plain call of a NumPy function, on arguments by their place in NumPy's signature, NULL where there is
# none; None for what is not plain. Nothing is recorded.
ctypedef object (*plain_t)(PyObject **given)

# What serves plain calls of a NumPy function.
cdef struct offer_t:
    plain_t call    # or NULL
    int most        # positional arguments
    PyObject *last  # the name of an argument behind them, for keyword calls; or NULL

cdef int offer(str name, plain_t call, int most, str last=*) except -1
cdef offer_t offered(object function)

cdef Tensor tensor_at(PyObject *given)
cdef Tensor any_tensor_at(PyObject *given)
cdef Tensor floats_at(PyObject *given)
cdef Tensor vector_at(PyObject *given)
cdef list tensors_at(PyObject *given)
cdef bint int_at(PyObject *given, Py_ssize_t default, Py_ssize_t *value) noexcept
cdef bint number_at(PyObject *given, double default, double *value) noexcept
cdef bint axis_at(PyObject *given, Py_ssize_t default, int ndim, int *axis) noexcept
cdef Tensor with_dims(Tensor x, int ndim, const Py_ssize_t *dims)
cdef Tensor flat(Tensor x)
cdef Tensor column(Tensor x, bint row)
cdef Tensor part(Tensor x, Py_ssize_t start, Py_ssize_t count)
cdef Tensor vector_of(int code, Py_ssize_t n)
cdef Tensor count_of(Py_ssize_t value)
cdef Tensor picked(int code, const char *data, int ndim, const Py_ssize_t *dims, const Py_ssize_t *strides)
cdef Tensor one(str row, Tensor a)
cdef Tensor two(str row, Tensor a, Tensor b)
cdef Tensor where(Tensor condition, Tensor a, Tensor b)
cdef Tensor total(Tensor x)
