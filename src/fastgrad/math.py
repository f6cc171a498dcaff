"""Mathematics, element by element and along axes: the names of `tf.math`.

What TensorFlow has no name for (`cbrt`, `hypot`, ...) keeps NumPy's.
"""

from . import conventions as _conventions
from . import primitives as _primitives

# ---- arithmetic
abs = _primitives.absolute
add = _primitives.add
add_n = _primitives.add_n
ceil = _primitives.ceil
copysign = _primitives.copysign
divide = _primitives.divide
divide_no_nan = _primitives.divide_no_nan
divmod = _primitives.divmod
fabs = _primitives.fabs
floor = _primitives.floor
floordiv = _primitives.floor_divide
floormod = _primitives.remainder
modf = _primitives.modf
fmax = _primitives.fmax
fmin = _primitives.fmin
frexp = _primitives.frexp
heaviside = _primitives.heaviside
ldexp = _primitives.ldexp
maximum = _primitives.maximum
minimum = _primitives.minimum
mod = _primitives.remainder
multiply = _primitives.multiply
multiply_no_nan = _primitives.multiply_no_nan
nan_to_num = _primitives.nan_to_num
negative = _primitives.negative
nextafter = _primitives.nextafter
reciprocal = _primitives.reciprocal
reciprocal_no_nan = _primitives.reciprocal_no_nan
rint = _primitives.rint
round = _primitives.rint
scalar_mul = _primitives.multiply
sign = _primitives.sign
spacing = _primitives.spacing
squared_difference = _primitives.squared_difference
subtract = _primitives.subtract
truediv = _primitives.divide
trunc = _primitives.trunc
truncatemod = _primitives.fmod
xdivy = _primitives.xdivy

# ---- powers, exponentials, logarithms
cbrt = _primitives.cbrt
exp = _primitives.exp
exp2 = _primitives.exp2
expm1 = _primitives.expm1
float_power = _primitives.float_power
hypot = _primitives.hypot
log = _primitives.log
log10 = _primitives.log10
log1p = _primitives.log1p
log2 = _primitives.log2
logaddexp = _primitives.logaddexp
logaddexp2 = _primitives.logaddexp2
pow = _primitives.power
rsqrt = _primitives.rsqrt
sqrt = _primitives.sqrt
square = _primitives.square
xlog1py = _primitives.xlog1py
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
degrees = _primitives.degrees
radians = _primitives.radians
sin = _primitives.sin
sinc = _primitives.sinc
sinh = _primitives.sinh
tan = _primitives.tan
tanh = _primitives.tanh

# ---- complex numbers
angle = _primitives.angle
conj = _primitives.conjugate
imag = _primitives.imag
real = _primitives.real

# ---- error functions and normal probabilities
erf = _primitives.erf
erfc = _primitives.erfc
erfcinv = _primitives.erfcinv
erfcx = _primitives.erfcx
erfinv = _primitives.erfinv
log_ndtr = _primitives.log_ndtr
ndtr = _primitives.ndtr
ndtri = _primitives.ndtri

# ---- gamma and beta functions, entropies
betainc = _primitives.betainc
betaln = _primitives.betaln
digamma = _primitives.digamma
entr = _primitives.entr
gamma = _primitives.gamma
igamma = _primitives.igamma
igammac = _primitives.igammac
lbeta = _primitives.lbeta
lgamma = _primitives.lgamma
log1mexp = _primitives.log1mexp
logit = _primitives.logit
polygamma = _primitives.polygamma
zeta = _primitives.zeta

# ---- Bessel functions and integrals
bessel_i0 = _primitives.i0
bessel_i0e = _primitives.i0e
bessel_i1 = _primitives.i1
bessel_i1e = _primitives.i1e
bessel_j0 = _primitives.bessel_j0
bessel_j1 = _primitives.bessel_j1
bessel_k0 = _primitives.bessel_k0
bessel_k0e = _primitives.bessel_k0e
bessel_k1 = _primitives.bessel_k1
bessel_k1e = _primitives.bessel_k1e
bessel_y0 = _primitives.bessel_y0
bessel_y1 = _primitives.bessel_y1
dawsn = _primitives.dawsn
expint = _primitives.expint
spence = _primitives.spence

# ---- activations
log_sigmoid = _primitives.log_sigmoid
log_softmax = _primitives.log_softmax
sigmoid = _primitives.sigmoid
softmax = _primitives.softmax
softplus = _primitives.softplus
softsign = _primitives.softsign

# ---- integers and bits
bitwise_and = _primitives.bitwise_and
bitwise_count = _primitives.bitwise_count
bitwise_or = _primitives.bitwise_or
bitwise_xor = _primitives.bitwise_xor
gcd = _primitives.gcd
invert = _primitives.invert
lcm = _primitives.lcm
left_shift = _primitives.left_shift
right_shift = _primitives.right_shift

# ---- comparison and logic
equal = _primitives.equal
greater = _primitives.greater
greater_equal = _primitives.greater_equal
is_finite = _primitives.isfinite
is_inf = _primitives.isinf
is_nan = _primitives.isnan
isclose = _primitives.isclose
less = _primitives.less
less_equal = _primitives.less_equal
logical_and = _primitives.logical_and
logical_not = _primitives.logical_not
logical_or = _primitives.logical_or
logical_xor = _primitives.logical_xor
not_equal = _primitives.not_equal
signbit = _primitives.signbit

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
