from cpython.object cimport PyObject

cdef extern from "loops.h" nogil:
    ctypedef void (*fg_loop_fn)(char **args, const Py_ssize_t *n, const Py_ssize_t *steps, void *data)
    ctypedef void (*fg_vjp_fn)(Py_ssize_t n, char *const *p, const Py_ssize_t *s, char *total, bint add)
    ctypedef void (*fg_part)(void *job, Py_ssize_t k, int lane) noexcept nogil
    ctypedef double (*fg_vjp0_fn)(double ct, const double *v)
    ctypedef struct fg_loop:
        fg_loop_fn fn
        void *data
    ctypedef void (*fg_number_fn)()
    ctypedef struct fg_row:
        const char *name
        fg_loop_fn forward[2]
        fg_vjp_fn vjp[3][2]
        fg_vjp0_fn vjp0[3][2]

# Codes of the dtypes, as in dtypes.py.
cdef enum:
    BOOL = 0
    INT32 = 5
    INT64 = 7
    FLOAT16 = 9
    FLOAT32 = 10
    FLOAT64 = 11
    COMPLEX64 = 12
    COMPLEX128 = 13
    CODES = 14
    # Codes that no loop is for, of Tensors that must not be taken for arrays (see `_tensor`).
    WEAK_INT = 14
    WEAK_FLOAT = 15
    LEAKED = 16
    ALL_CODES = 17
    MAX_OPERANDS = 8

cdef int itemsize[ALL_CODES]
cdef int type_num[ALL_CODES]

cdef int promote(int a, int b) noexcept nogil
cdef int promote_weak(int code, int weak) noexcept nogil
cdef fg_row *find_row(str name)
cdef int resolve_ufunc(object ufunc, int code, fg_loop *loop, int *in_code, int *out_code) except -1
cdef fg_loop_fn row_loop(str name, int code)
cdef fg_number_fn number_function(fg_loop loop) noexcept nogil
cdef int fill_library(dict ufuncs) except -1
cdef fg_loop ufunc_loop(object ufunc, int code) except *
cdef fg_loop gufunc_loop(object module, str name, str signature, str types, dict sizes) except *
cdef fg_loop select_loop(int code) noexcept
cdef void iterate(fg_loop loop, int operands, char *const *data, const Py_ssize_t *strides, int ndim,
                  const Py_ssize_t *dims) noexcept nogil
cdef void copy_strided(int code, char *to, const char *source, const Py_ssize_t *strides, int ndim,
                       const Py_ssize_t *dims) noexcept nogil
cdef void add_strided(int code, char *to, const Py_ssize_t *strides, const char *source, int ndim,
                      const Py_ssize_t *dims) noexcept nogil
cdef void put_strided(int code, char *to, const Py_ssize_t *strides, const char *source, int ndim,
                      const Py_ssize_t *dims) noexcept nogil
cdef fg_loop cast_loop(int source_code, int code) noexcept nogil
cdef bint cast_contiguous(int source_code, char *source, int code, char *to, Py_ssize_t n) noexcept nogil
cdef void reduce_strided(fg_loop loop, int code, char *to, const char *source, const Py_ssize_t *outer_dims,
                         const Py_ssize_t *outer_strides, int outer, const Py_ssize_t *inner_dims,
                         const Py_ssize_t *inner_strides, int inner) noexcept nogil
cdef void add_contiguous(int code, char *to, char *source, Py_ssize_t n) noexcept nogil
