from ._dispatch cimport Primitive

cdef object call_with_keywords(Primitive p, tuple args, dict kwargs)
