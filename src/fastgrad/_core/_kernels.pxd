from ._tensor cimport Tensor

# A C kernel of a structured row: computes the result and replaces the metadata by its canonical form, or
# gives None for a case that the row's NumPy function is for (odd dtypes, bad metadata, ...).
ctypedef Tensor (*kernel_t)(list arguments, dict metadata)

cdef Tensor matmul(list arguments, dict metadata)
cdef kernel_t kernel_named(str name) except NULL

# Adds a cotangent into the total of a row's argument, in place; False for a case it leaves to the row's function.
ctypedef bint (*accumulator_t)(Tensor total, Tensor ct, dict metadata) except -1

cdef accumulator_t accumulator_named(str name) noexcept
