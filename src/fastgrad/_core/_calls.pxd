from cpython.object cimport PyObject

from ._dispatch cimport Primitive

ctypedef object (*fg_fastcall)(object, PyObject *const *, Py_ssize_t, PyObject *)

cdef object c_function(str name, str doc, fg_fastcall function, object self, str module)
cdef object call_with_keywords(Primitive p, tuple args, dict kwargs)
cdef dict quick_metadata(Primitive p, PyObject *const *args, Py_ssize_t n, PyObject *keywords, tuple order)
cdef bint is_operand(object x)
