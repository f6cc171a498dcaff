"""Linear algebra: the names of `tf.linalg`.

What TensorFlow has no name for (`cond`, `multi_dot`, ...) keeps NumPy's, or SciPy's.
"""

from . import conventions as _general
from . import conventions_linalg as _conventions
from . import creation as _creation
from . import primitives as _primitives

# ---- parts
adjoint = _primitives.adjoint
band_part = _conventions.band_part
diag = _conventions.diag
diag_part = _conventions.diag_part
eye = _creation.eye
matrix_transpose = _primitives.matrix_transpose
set_diag = _conventions.set_diag
tensor_diag = _conventions.tensor_diag
tensor_diag_part = _conventions.tensor_diag_part
trace = _conventions.trace

# ---- products
block_diag = _primitives.block_diag
matmul = _primitives.matmul
matrix_power = _primitives.matrix_power
matvec = _conventions.matvec
multi_dot = _primitives.multi_dot
outer = _primitives.outer
toeplitz = _primitives.toeplitz

# ---- systems
cholesky = _primitives.cholesky
cholesky_solve = _primitives.cholesky_solve
det = _primitives.det
inv = _conventions.inv
logdet = _primitives.logdet
lstsq = _conventions.lstsq
pinv = _conventions.pinv
slogdet = _conventions.slogdet
solve = _conventions.solve
tensorinv = _primitives.tensorinv
tensorsolve = _primitives.tensorsolve
triangular_solve = _conventions.triangular_solve

# ---- decompositions and functions
cond = _primitives.cond
eig = _conventions.eig
eigh = _conventions.eigh
eigvals = _conventions.eigvals
eigvalsh = _primitives.eigvalsh
expm = _primitives.expm
logm = _primitives.logm
lu = _conventions.lu
matrix_rank = _conventions.matrix_rank
qr = _conventions.qr
sqrtm = _primitives.sqrtm
svd = _conventions.svd
svdvals = _primitives.svdvals

# ---- norms
global_norm = _conventions.global_norm
l2_normalize = _conventions.l2_normalize
matrix_norm = _primitives.matrix_norm
norm = _general.norm
normalize = _conventions.normalize
