from ._dispatch cimport Primitive
from ._plain cimport offer_t


cdef class Call:
    cdef Primitive primitive  # what a call runs that its arguments cover; None: nothing does
    cdef bint composed        # the row is a composition
    cdef object direct        # what to call where nothing is recorded, or None
    cdef bint free            # no gradient flows through it
    cdef bint quiet           # which does not look for floating-point errors
    cdef bint reads           # which certainly writes to no argument
    cdef bint plain_known
    cdef offer_t plain        # what serves plain calls, once that is known
    cdef bint scaled          # the row does not overflow where NumPy's function does
    cdef Py_ssize_t n_arrays  # positional arguments that are arrays
    cdef readonly object row
    cdef readonly object function
    cdef object bound
    cdef tuple names
    cdef dict defaults
    cdef tuple order
    cdef int read_signature(self) except -1
    cdef str own_name(self, str name)
