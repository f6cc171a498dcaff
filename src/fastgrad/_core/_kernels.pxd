cimport numpy as cnp

from ._loops cimport CODES
from ._work cimport layout_t

# NumPy's functions of a dtype. `array`: one of that dtype, which most of them ignore.
cdef extern from "numpy/arrayobject.h":
    ctypedef int (*extreme_t "PyArray_ArgFunc *")(
        void *x, cnp.npy_intp n, cnp.npy_intp *place, void *array) noexcept nogil
    ctypedef int (*sort_t "PyArray_SortFunc *")(void *x, cnp.npy_intp n, void *array)
    ctypedef int (*argsort_t "PyArray_ArgSortFunc *")(void *x, cnp.npy_intp *places, cnp.npy_intp n, void *array)
    ctypedef struct dtype_functions "PyArray_ArrFuncs":
        extreme_t argmax
        extreme_t argmin
        sort_t sort[3]
        argsort_t argsort[3]

cdef dtype_functions *functions[CODES]

cdef layout_t layout_named(str name) except NULL
