from cpython.object cimport PyObject
from libc.stdint cimport uint8_t

from ._loops cimport ALL_CODES, CODES, fg_loop, fg_row
from ._picking cimport accumulator_t
from ._work cimport layout_t


cdef enum:
    UNRESOLVED = -1        # `in_code` of a dtype that was not asked for yet
    BY_PROGRAM = -2        # `in_code` of a dtype for which the traced program runs on Tensors


cdef class Primitive:
    cdef readonly object row
    cdef readonly str name
    cdef int number
    cdef int nargs
    cdef bint elementwise
    cdef uint8_t bools                 # bit i: argument i is a condition
    cdef uint8_t ruled                 # bit i: a gradient flows to argument i
    cdef bint rules_bound              # what follows is filled in when the first record needs it
    cdef uint8_t need[4]               # per argument: bits of what its rule reads (3: y)
    cdef fg_loop loops[CODES]
    cdef int in_code[ALL_CODES]            # what arguments must be cast to; or UNRESOLVED, BY_PROGRAM
    cdef int out_code[CODES]
    cdef fg_row *generated
    cdef double constant[3]            # the factor of a constant rule
    cdef bint is_constant[3]
    cdef tuple programs                # per argument: its compiled rule, or what it has instead of one
    cdef uint8_t factors               # bit i: that gives a factor of the cotangent
    cdef list program                  # forward program of a row without a ufunc
    cdef list on_complex               # forward program for complex arguments
    cdef tuple vjp                     # structured: the rules,
    cdef object shared                 # what they have in common, or None,
    cdef object sparse                 # the rule that gives rows of a gradient, or None
    cdef dict asked                    # rule -> what it asks for
    cdef dict pullbacks                # what tells them apart -> their plan: see _pullbacks
    cdef bint accumulates              # the cotangent may be added into its place
    cdef tuple reads                   # structured: per rule, (arguments it reads, does it read y)
    cdef object forward                # structured: the row's NumPy function
    cdef object canonical              # and what normalises its metadata, or None
    cdef layout_t layout               # of its C kernel, or NULL
    cdef bint canonical_first          # the kernel wants canonical metadata
    cdef accumulator_t accumulate
    cdef readonly object registered    # a rule that a user gave to an operation without one
    cdef Primitive custom              # the row that records it
    cdef bint row_variadic
    cdef bint row_many
    cdef bint row_whole
    cdef bint row_promotes
    cdef dict defaults                 # metadata that a call may leave out; NOTHING for what it may not
    cdef tuple metadata_names
    cdef tuple required
    cdef int bind_scalar_rules(self) except -1
    cdef int bind_rules(self) except -1


cdef PyObject **primitive_table        # by number

cdef Primitive known_primitive(str name)
cdef Primitive primitive_named(str name)
cdef dict lazy_ufuncs()
cdef list compile_program(program, names)
