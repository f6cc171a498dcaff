"""Mathematics, element by element and along axes: the names of `tf.math`.

What TensorFlow has no name for (`cbrt`, `hypot`, ...) keeps NumPy's.
"""

from . import conventions as _conventions
from . import primitives as _primitives

# ---- arithmetic
abs = _primitives.absolute
add = _primitives.add
ceil = _primitives.ceil
divide = _primitives.divide
divide_no_nan = _primitives.divide_no_nan
floor = _primitives.floor
floordiv = _primitives.floor_divide
floormod = _primitives.remainder
maximum = _primitives.maximum
minimum = _primitives.minimum
mod = _primitives.remainder
multiply = _primitives.multiply
negative = _primitives.negative
reciprocal = _primitives.reciprocal
rint = _primitives.rint
round = _primitives.rint
sign = _primitives.sign
squared_difference = _primitives.squared_difference
subtract = _primitives.subtract
truediv = _primitives.divide
trunc = _primitives.trunc
truncatemod = _primitives.fmod

# ---- complex numbers
conj = _primitives.conjugate
imag = _primitives.imag
real = _primitives.real

# ---- powers, exponentials, logarithms
cbrt = _primitives.cbrt
exp = _primitives.exp
exp2 = _primitives.exp2
expm1 = _primitives.expm1
hypot = _primitives.hypot
log = _primitives.log
log10 = _primitives.log10
log1p = _primitives.log1p
log2 = _primitives.log2
logaddexp = _primitives.logaddexp
pow = _primitives.power
rsqrt = _primitives.rsqrt
sqrt = _primitives.sqrt
square = _primitives.square
xlogy = _primitives.xlogy

# ---- trigonometry
acos = _primitives.arccos
acosh = _primitives.arccosh
asin = _primitives.arcsin
asinh = _primitives.arcsinh
atan = _primitives.arctan
atan2 = _primitives.arctan2
atanh = _primitives.arctanh
cos = _primitives.cos
cosh = _primitives.cosh
sin = _primitives.sin
sinh = _primitives.sinh
tan = _primitives.tan
tanh = _primitives.tanh

# ---- activations
log_sigmoid = _primitives.log_sigmoid
log_softmax = _primitives.log_softmax
sigmoid = _primitives.sigmoid
softmax = _primitives.softmax
softplus = _primitives.softplus
softsign = _primitives.softsign

# ---- comparison and logic
equal = _primitives.equal
greater = _primitives.greater
greater_equal = _primitives.greater_equal
is_finite = _primitives.isfinite
is_inf = _primitives.isinf
is_nan = _primitives.isnan
less = _primitives.less
less_equal = _primitives.less_equal
logical_and = _primitives.logical_and
logical_not = _primitives.logical_not
logical_or = _primitives.logical_or
logical_xor = _primitives.logical_xor
not_equal = _primitives.not_equal

# ---- along axes
argmax = _conventions.argmax
argmin = _conventions.argmin
bincount = _conventions.bincount
count_nonzero = _conventions.count_nonzero
cumprod = _primitives.cumprod
cumsum = _primitives.cumsum
cumulative_logsumexp = _conventions.cumulative_logsumexp
reduce_all = _primitives.all
reduce_any = _primitives.any
reduce_euclidean_norm = _primitives.euclidean_norm
reduce_logsumexp = _primitives.logsumexp
reduce_max = _primitives.max
reduce_mean = _primitives.mean
reduce_min = _primitives.min
reduce_prod = _primitives.prod
reduce_std = _primitives.std
reduce_sum = _primitives.sum
reduce_variance = _primitives.var
top_k = _conventions.top_k

# ---- segments
segment_max = _primitives.segment_max
segment_mean = _primitives.segment_mean
segment_min = _primitives.segment_min
segment_prod = _primitives.segment_prod
segment_sum = _primitives.segment_sum
unsorted_segment_max = _primitives.unsorted_segment_max
unsorted_segment_mean = _primitives.unsorted_segment_mean
unsorted_segment_min = _primitives.unsorted_segment_min
unsorted_segment_prod = _primitives.unsorted_segment_prod
unsorted_segment_sqrt_n = _primitives.unsorted_segment_sqrt_n
unsorted_segment_sum = _primitives.unsorted_segment_sum
