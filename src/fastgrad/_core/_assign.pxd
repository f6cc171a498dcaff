from ._tensor cimport Variable

cdef object assign(Variable variable, int operator, object value, str what)
