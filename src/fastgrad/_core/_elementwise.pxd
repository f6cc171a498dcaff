from ._graph cimport op_t
from ._places cimport Places
from ._plan cimport Plan, block_t, fg_scalar

cdef fg_scalar *new_scalar(Plan plan, block_t *block) except NULL
cdef int emit_scalars(Places l, block_t *block, Py_ssize_t start, Py_ssize_t end) except -1
cdef int emit_group(Places l, block_t *block, Py_ssize_t start, Py_ssize_t end) except -1
cdef bint emit_one(Places l, block_t *block, op_t *op) except -1
cdef int emit_nd(Places l, block_t *block, op_t *op) except -1
