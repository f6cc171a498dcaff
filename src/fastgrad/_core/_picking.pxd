from ._tensor cimport Tensor

# Adds a cotangent into the total of a row's argument, in place; False for a case it leaves to the row's function.
ctypedef bint (*accumulator_t)(Tensor total, Tensor ct, dict metadata) except -1

cdef accumulator_t accumulator_named(str name) noexcept
