from ._buffer cimport shape_t
from ._loops cimport COMPLEX64
from ._primitive cimport Primitive
from ._tensor cimport Tensor
from ._trace cimport Aval, Node

cdef Primitive SCALE, ADD, MULTIPLY

cdef Tensor binary(Primitive p, Tensor a, Tensor b)
cdef Tensor zeros_of_aval(Aval aval)
cdef Tensor conjugated(Tensor ct)
cdef object joined(list pieces, shape_t *shape)
cdef list asked_for(rule, Node node, list values, y, ct, int j, shared)
cdef Tensor checked(given, Node node, int j)
cdef object no_gradient(Primitive p, int j)
cdef list each(ct)
cdef Tensor stacked(list parts)
cdef Tensor sum_each_to(Tensor c, shape_t *to)

cdef inline Tensor conjugate(Tensor ct):
    """Between the two conventions for complex numbers, see note D of the sweep."""
    return ct if ct.code < COMPLEX64 else conjugated(ct)
