"""Elementwise rows: arithmetic, powers, exponentials, trigonometry, selection, comparison.

Choices at kinks follow one rule: the derivative where it exists, at a convex kink the subgradient
of least norm, at a concave one the supergradient of least norm, else by continuity. Outside the
domain, where the value is NaN, so is the derivative. Rows that select (`where`, `maximum`, `clip`)
hand exact zeros to what was not selected.

Rules are differentiated again: a smooth derivative must not be written with np.absolute, which has
a kink, nor hide a variable behind np.where.
"""

import math

import numpy as np

from .._rules import Elementwise, elementwise, nondiff

# --------------------------------------------------------------------------------------- arithmetic
add = elementwise(np.add, (lambda: 1, lambda: 1), doc="Sum of two arrays.")
subtract = elementwise(np.subtract, (lambda: 1, lambda: -1), doc="Difference of two arrays.")
multiply = elementwise(np.multiply, (lambda b: b, lambda a: a), doc="Product of two arrays.")
divide = elementwise(
    np.divide, (lambda b: 1 / b, lambda b, y: -y / b), domain=((-3, 3), (0.5, 3)),
    doc="Quotient of two arrays.",
)  # fmt: skip
floor_divide = nondiff(
    np.floor_divide, domain=((-9, 9), (0.5, 3)), doc="Quotient rounded down; no gradient."
)
# (a - y) / b is a whole number but for its rounding, unlike floor(a / b) or trunc(a / b).
remainder = elementwise(
    np.remainder, (lambda: 1, lambda a, b, y: -np.rint((a - y) / b)), domain=((-9, 9), (0.5, 3)),
    doc="a - floor(a / b) * b, with the sign of b.",
)  # fmt: skip
fmod = elementwise(
    np.fmod, (lambda: 1, lambda a, b, y: -np.rint((a - y) / b)), domain=((-9, 9), (0.5, 3)),
    doc="a - trunc(a / b) * b, with the sign of a.",
)  # fmt: skip
negative = elementwise(np.negative, lambda: -1, doc="Minus x.")
positive = elementwise(np.positive, lambda: 1, doc="Plus x: x itself, in a new array.")
identity = elementwise(lambda x: x, lambda: 1, doc="x itself, in a new array.")
stop_gradient = nondiff(lambda x: x, doc="x itself, a constant to every tape.")
absolute = elementwise(
    np.absolute, lambda x: np.sign(x), on_complex=lambda x: np.hypot(x.real, x.imag),
    doc="Absolute value; derivative 0 at 0.",
)  # fmt: skip
sign = elementwise(
    np.sign, lambda: 0, on_complex=lambda x: np.where(x == 0, 0, x / np.absolute(x)),
    doc="-1, 0 or 1, x / |x| for complex x; the derivative of real ones is 0 everywhere.",
)  # fmt: skip
conjugate = elementwise(
    np.conjugate, lambda ct: np.conjugate(ct), doc="The complex conjugate.",
)  # fmt: skip
fabs = elementwise(
    np.fabs, lambda x: np.sign(x),
    doc="Absolute value of real numbers, as floats; derivative 0 at 0.",
)  # fmt: skip
squared_difference = elementwise(
    lambda a, b: (a - b) * (a - b), (lambda a, b: 2 * (a - b), lambda a, b: 2 * (b - a)),
    doc="(a - b) squared.",
)  # fmt: skip
copysign = elementwise(
    np.copysign, (lambda a, b: np.sign(a) * np.copysign(1, b), lambda: 0),
    doc="|a| with the sign of b; derivative 0 at a = 0.",
)  # fmt: skip
heaviside = elementwise(
    np.heaviside, (lambda: 0, lambda ct, a: np.where(a == 0, ct, 0)),
    doc="0 where a is negative, 1 where it is positive, b where it is 0.",
)  # fmt: skip
scale = elementwise(
    lambda c, d: np.where(c == 0, 0, c * d), (lambda d: d, lambda c: c), holomorphic=True,
    doc="c * d, but exactly 0 where c is 0, whatever d is: how a derivative d meets a cotangent c.",
)  # fmt: skip

# ----------------------------------------------------------------------------------------- rounding
floor = nondiff(np.floor, doc="Largest integer not above x; no gradient.")
ceil = nondiff(np.ceil, doc="Smallest integer not below x; no gradient.")
rint = nondiff(np.rint, doc="Nearest integer, the even one of two; no gradient.")
trunc = nondiff(np.trunc, numpy=(np.fix,), doc="The integer part of x; no gradient.")
nextafter = nondiff(np.nextafter, doc="The next number after a towards b; no gradient.")
spacing = nondiff(np.spacing, doc="Distance from x to the next number away from 0; no gradient.")


# ------------------------------------------------------------------------------------------- powers
def _power_in_base(a, b):
    slope = a ** (b - 1)
    return np.where((b == 0) & np.logical_not(np.isfinite(slope)), 0, b * slope)


def _power_in_exponent(a, b, y):
    return np.where((a == 0) & (b >= 0), 0, y * np.log(a))


power = elementwise(
    np.power, (_power_in_base, _power_in_exponent), domain=((0.2, 3), (-3, 3)),
    doc="a to the b; x**0 has derivative 0, 0**b derivative 0 in b >= 0, negative a NaN in b.",
)  # fmt: skip
float_power = elementwise(
    np.float_power, (_power_in_base, _power_in_exponent), domain=((0.2, 3), (-3, 3)),
    doc="a to the b in float64 (or complex128), with the derivatives of power.",
)  # fmt: skip
square = elementwise(np.square, lambda x: 2 * x, doc="x * x.")
sqrt = elementwise(
    np.sqrt, lambda y: 0.5 / y, domain=(0.1, 4), doc="Square root; derivative inf at 0."
)
rsqrt = elementwise(
    lambda x: 1 / np.sqrt(x), lambda x, y: -0.5 * y / x, domain=(0.1, 4), doc="1 / sqrt(x)."
)
cbrt = elementwise(np.cbrt, lambda y: 1 / (3 * y * y), doc="Cube root; derivative inf at 0.")
reciprocal = elementwise(np.reciprocal, lambda y: -y * y, domain=(0.3, 3), doc="1 / x.")
hypot = elementwise(
    np.hypot,
    (lambda a, y: np.where(y == 0, 0, a / y), lambda b, y: np.where(y == 0, 0, b / y)),
    doc="sqrt(a*a + b*b) without overflow; derivative 0 at (0, 0).",
)  # fmt: skip

# -------------------------------------------------------------------------------------- exp and log
exp = elementwise(np.exp, lambda y: y, doc="e to the x.")
exp2 = elementwise(np.exp2, lambda y: y * math.log(2), doc="2 to the x.")
expm1 = elementwise(np.expm1, lambda x: np.exp(x), doc="exp(x) - 1, accurate near 0.")


# Slopes of logarithms: NaN where a real argument is out of the domain; complex ones are not.
over_positive: Elementwise = elementwise(
    lambda a, b: np.where(b < 0, np.nan, a) / b,
    (lambda b: over_positive(1, b), lambda b, y: over_positive(-y, b)),
    domain=((-3, 3), (0.5, 3)), on_complex=lambda a, b: a / b,
    doc="a / b; NaN where b is negative, unless it is complex.",
)  # fmt: skip
log = elementwise(np.log, lambda x: over_positive(1, x), domain=(0.1, 4), doc="Natural logarithm.")
log2 = elementwise(
    np.log2,
    lambda x: over_positive(1 / math.log(2), x),
    domain=(0.1, 4),
    doc="Logarithm to base 2.",
)
log10 = elementwise(
    np.log10, lambda x: over_positive(1 / math.log(10), x), domain=(0.1, 4),
    doc="Logarithm to base 10.",
)  # fmt: skip
log1p = elementwise(
    np.log1p, lambda x: over_positive(1, 1 + x), domain=(-0.8, 3),
    doc="log(1 + x), accurate near 0.",
)  # fmt: skip


def _logaddexp(a, b, exp):
    # Two infinities of one sign leave no difference: +inf shares, -inf adds nothing.
    share = 1 / (1 + exp(b - a))
    return np.where((a == b) & np.isinf(a), np.where(a > 0, 0.5, 0), share)


logaddexp = elementwise(
    np.logaddexp, (lambda a, b: _logaddexp(a, b, np.exp), lambda a, b: _logaddexp(b, a, np.exp)),
    doc="log(exp(a) + exp(b)) without overflow.",
)  # fmt: skip
logaddexp2 = elementwise(
    np.logaddexp2,
    (lambda a, b: _logaddexp(a, b, np.exp2), lambda a, b: _logaddexp(b, a, np.exp2)),
    doc="log2(2**a + 2**b) without overflow.",
)  # fmt: skip

# ------------------------------------------------------------------------------------- trigonometry
radians = elementwise(
    np.radians, lambda: math.pi / 180, numpy=(np.deg2rad,), doc="Degrees to radians."
)
degrees = elementwise(
    np.degrees, lambda: 180 / math.pi, numpy=(np.rad2deg,), doc="Radians to degrees."
)
sin = elementwise(np.sin, lambda x: np.cos(x), doc="Sine of x (radians).")
cos = elementwise(np.cos, lambda x: -np.sin(x), doc="Cosine of x (radians).")
tan = elementwise(np.tan, lambda y: 1 + y * y, domain=(-1.2, 1.2), doc="Tangent of x (radians).")
arcsin = elementwise(
    np.arcsin, lambda x: 1 / np.sqrt((1 - x) * (1 + x)), domain=(-0.9, 0.9), doc="Inverse sine."
)
arccos = elementwise(
    np.arccos, lambda x: -1 / np.sqrt((1 - x) * (1 + x)), domain=(-0.9, 0.9), doc="Inverse cosine."
)
arctan = elementwise(np.arctan, lambda x: 1 / (1 + x * x), doc="Inverse tangent.")


def _arctan2(a, b):
    """b / (a * a + b * b), whose squares could overflow."""
    u, v = np.absolute(a), np.absolute(b)
    most = np.maximum(u, v)
    least = np.minimum(u, v)
    return np.where(most == 0, 0, b / most / (most + least * (least / most)))


arctan2 = elementwise(
    np.arctan2, (lambda a, b: _arctan2(a, b), lambda a, b: -_arctan2(b, a)),
    doc="Angle of the point (b, a), in (-pi, pi]; derivative 0 at (0, 0).",
)  # fmt: skip
sinh = elementwise(np.sinh, lambda x: np.cosh(x), doc="Hyperbolic sine.")
cosh = elementwise(np.cosh, lambda x: np.sinh(x), doc="Hyperbolic cosine.")
# Digits are lost where tanh saturates (700 ulp at |x| = 4); to keep them would cost an exp.
tanh = elementwise(np.tanh, lambda y: (1 - y) * (1 + y), doc="Hyperbolic tangent.")


def decay(x):
    """exp(-|x|), smooth at 0 to each branch of a formula that tests x > 0."""
    return np.exp(np.where(x > 0, -x, x))


def logistic(x):
    """1 / (1 + exp(-x)), with its digits in both tails."""
    return np.where(x > 0, 1, decay(x)) / (1 + decay(x))


# As for tanh, digits are lost where it saturates at 1 (100 ulp at x = 5). Losses made of `softplus` and
# the cross-entropies keep them.
sigmoid = elementwise(lambda x: logistic(x), lambda y: y * (1 - y), doc="1 / (1 + exp(-x)).")


def _arcsinh(x):
    # x * x could overflow. Complex numbers compare by their real parts first, as the branch does.
    far, v = np.absolute(x) > 100, 1 / x
    root = np.sqrt(1 + np.where(far, v * v, x * x))
    return np.where(far, np.where(x < 0, -v, v), 1) / root


arcsinh = elementwise(np.arcsinh, _arcsinh, doc="Inverse hyperbolic sine.")
arccosh = elementwise(
    np.arccosh, lambda x: 1 / (np.sqrt(x - 1) * np.sqrt(x + 1)), domain=(1.2, 4),
    doc="Inverse hyperbolic cosine.",
)  # fmt: skip
arctanh = elementwise(
    np.arctanh, lambda x: over_positive(1, (1 - x) * (1 + x)),
    domain=(-0.9, 0.9), doc="Inverse hyperbolic tangent.",
)  # fmt: skip


# tools/polynomials.py: the slope over x, for |x| up to 0.5; with an error of 2^-64.7 its derivative
# is good to an ulp too.
_SINC_SLOPE = (
    -3.289868133696453, 3.2469697011334144, -1.144510944732498, 0.20918278254094352, -0.02346081034857684,
    0.0017811454480529444, -9.766177186254527e-05, 4.0481432635281184e-06, -1.2764878986863306e-07,
)  # fmt: skip


def _sinc_slope(x, y):
    # Near 0 the quotient's terms cancel.
    z, near = x * x, 0.0
    for coefficient in reversed(_SINC_SLOPE):
        near = near * z + coefficient
    return np.where(np.absolute(x) < 0.5, x * near, (np.cos(math.pi * x) - y) / x)


def _sinc(x):
    angle = math.pi * np.where(x == 0, 1e-20, x)
    return np.sin(angle) / angle


sinc = elementwise(
    _sinc, _sinc_slope, wide=True, numpy=(np.sinc,), doc="sin(pi * x) / (pi * x), and 1 at 0."
)

# ---------------------------------------------------------------------------------------- selection
where = elementwise(
    lambda condition, a, b: np.where(condition, a, b),
    (None, lambda ct, condition: np.where(condition, ct, 0),
     lambda ct, condition: np.where(condition, 0, ct)),
    bools=(0,), numpy=(np.where,), doc="a where the condition holds, else b.",
)  # fmt: skip


def _winner(a, b, wins, ct):
    """Cotangent of a: all of it if it `wins`, half at a tie."""
    return np.where(a == b, 0.5 * ct, np.where(wins, ct, 0))


def _loser(a, b, wins, ct):
    """Cotangent of b: what `_winner` leaves."""
    return np.where(a == b, 0.5 * ct, np.where(wins, 0, ct))


maximum = elementwise(
    np.maximum,
    (lambda ct, a, b: _winner(a, b, (a > b) | np.isnan(a), ct),
     lambda ct, a, b: _loser(a, b, (a > b) | np.isnan(a), ct)),
    doc="The larger of a and b; NaN wins, a tie shares the gradient.",
)  # fmt: skip
minimum = elementwise(
    np.minimum,
    (lambda ct, a, b: _winner(a, b, (a < b) | np.isnan(a), ct),
     lambda ct, a, b: _loser(a, b, (a < b) | np.isnan(a), ct)),
    doc="The smaller of a and b; NaN wins, a tie shares the gradient.",
)  # fmt: skip


fmax = elementwise(
    np.fmax,
    (lambda ct, a, b: _winner(a, b, (a > b) | np.isnan(b), ct),
     lambda ct, a, b: _loser(a, b, (a > b) | np.isnan(b), ct)),
    doc="The larger of a and b; a number wins over NaN, a tie shares the gradient.",
)  # fmt: skip
fmin = elementwise(
    np.fmin,
    (lambda ct, a, b: _winner(a, b, (a < b) | np.isnan(b), ct),
     lambda ct, a, b: _loser(a, b, (a < b) | np.isnan(b), ct)),
    doc="The smaller of a and b; a number wins over NaN, a tie shares the gradient.",
)  # fmt: skip


def _raised(x, low):
    """True where x stands against the lower bound."""
    return (x >= low) | np.isnan(x)


def _kept(x, low, high):
    """True where the upper bound leaves max(x, low) as it is."""
    raised = np.maximum(x, low)
    return (raised <= high) | np.isnan(raised)


clip = elementwise(
    lambda x, low, high: np.minimum(np.maximum(x, low), high),
    (lambda ct, x, low, high: np.where(_raised(x, low) & _kept(x, low, high), ct, 0),
     lambda ct, x, low, high: np.where(_raised(x, low), 0, np.where(_kept(x, low, high), ct, 0)),
     lambda ct, x, low, high: np.where(_kept(x, low, high), 0, ct)),
    domain=((-3, 3), (-2, -1), (1, 2)), numpy=(np.clip,),
    doc="x moved into [low, high]; derivative 1 in x at a bound.",
)  # fmt: skip

# --------------------------------------------------------------------------------------- comparison
less = nondiff(np.less, doc="a < b, elementwise.")
less_equal = nondiff(np.less_equal, doc="a <= b, elementwise.")
greater = nondiff(np.greater, doc="a > b, elementwise.")
greater_equal = nondiff(np.greater_equal, doc="a >= b, elementwise.")
equal = nondiff(np.equal, doc="a == b, elementwise.")
not_equal = nondiff(np.not_equal, doc="a != b, elementwise.")
logical_and = nondiff(np.logical_and, doc="True where both are true (not zero).")
logical_or = nondiff(np.logical_or, doc="True where at least one is true (not zero).")
logical_xor = nondiff(np.logical_xor, doc="True where just one is true (not zero).")
logical_not = nondiff(np.logical_not, doc="True where x is false (zero).")
isnan = nondiff(np.isnan, doc="True where x is not a number.")
isinf = nondiff(np.isinf, doc="True where x is infinite.")
isfinite = nondiff(np.isfinite, doc="True where x is neither infinite nor NaN.")
isposinf = nondiff(lambda x: x == math.inf, numpy=(np.isposinf,), doc="True where x is +infinity.")
isneginf = nondiff(lambda x: x == -math.inf, numpy=(np.isneginf,), doc="True where x is -infinity.")
signbit = nondiff(np.signbit, doc="True where the sign of x is minus, that of -0.0 too.")

# -------------------------------------------------------------------------------- integers and bits
bitwise_and = nondiff(
    np.bitwise_and, integers=True, domain=(-90, 90), doc="Bits set in both integers."
)
bitwise_or = nondiff(
    np.bitwise_or, integers=True, domain=(-90, 90), doc="Bits set in at least one integer."
)
bitwise_xor = nondiff(
    np.bitwise_xor, integers=True, domain=(-90, 90), doc="Bits set in just one of two integers."
)
invert = nondiff(
    np.invert, integers=True, domain=(-90, 90), doc="All bits of an integer turned over."
)
left_shift = nondiff(
    np.left_shift, integers=True, domain=(0, 20), doc="Bits of a moved left by b places."
)
right_shift = nondiff(
    np.right_shift, integers=True, domain=(0, 20), doc="Bits of a moved right by b places."
)
bitwise_count = nondiff(
    np.bitwise_count, integers=True, domain=(-90, 90), doc="How many bits of |x| are set."
)
gcd = nondiff(np.gcd, integers=True, domain=(-90, 90), doc="Greatest common divisor of integers.")
lcm = nondiff(np.lcm, integers=True, domain=(-90, 90), doc="Least common multiple of integers.")
