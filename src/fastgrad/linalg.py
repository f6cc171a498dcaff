"""Linear algebra: the names of `tf.linalg`."""

from . import creation as _creation
from . import primitives as _primitives

eye = _creation.eye
matmul = _primitives.matmul
matrix_transpose = _primitives.matrix_transpose
outer = _primitives.outer
