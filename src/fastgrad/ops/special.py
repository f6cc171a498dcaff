"""Special functions: guarded products, error functions, the gamma family, Bessel functions.

A. What C's library has (erf, erfc, lgamma, tgamma) is called there. Most others are formulas of this
   module, so that nothing but NumPy is needed; the last ones are SciPy's and need the extra
   ``fastgrad[scipy]``. All but the guarded products are real, and compute float16 in float32.
B. `_chebyshev` sums series whose coefficients come from the function's values in 50 digits (mpmath)
   at 60 or 80 Chebyshev points, cut where they fall below 5e-18 of the first.
C. Formulas with cases compute all of them: loops without branches run several elements at a time.
"""

import math

import numpy as np

from .._rules import Elementwise, composition, elementwise, libm, not_implemented, scipy_special
from .elementwise import over_positive
from .reductions import sum_

# Rows that rules name before they are there; types are not inferred in circles.
bessel_j1: Elementwise
bessel_k1: Elementwise
bessel_k1e: Elementwise
bessel_y1: Elementwise
i1: Elementwise
i1e: Elementwise
polygamma: Elementwise
tetragamma: Elementwise
trigamma: Elementwise
zeta: Elementwise

NO_CLOSED_FORM = not_implemented("it has no closed form; hold this argument constant")
ROOT_PI = math.sqrt(math.pi)
ROOT_HALF = math.sqrt(0.5)


def _horner(coefficients, x):
    """c[0] + c[1] * x + c[2] * x**2 + ..."""
    total = coefficients[-1]
    for c in coefficients[-2::-1]:
        total = total * x + c
    return total


def _chebyshev(coefficients, t):
    """The sum of c[k] * cos(k * arccos(t)), by Clenshaw's recurrence."""
    last, before = coefficients[-1], 0.0
    for c in coefficients[-2:0:-1]:
        last, before = 2 * t * last - before + c, last
    return t * last - before + coefficients[0]


# ------------------------------------------------------------------------------------------ guarded
divide_no_nan = elementwise(
    lambda a, b: np.where(b == 0, 0, a / b),
    (lambda b: np.where(b == 0, 0, 1 / b), lambda b, y: np.where(b == 0, 0, -y / b)),
    domain=((-3, 3), (0.5, 3)), doc="a / b; 0 where b is 0, with gradient 0.",
)  # fmt: skip
multiply_no_nan = elementwise(
    lambda a, b: np.where(b == 0, 0, a * b), (lambda b: b, lambda a, b: np.where(b == 0, 0, a)),
    doc="a * b; 0 where b is 0, whatever a is, with gradient 0.",
)  # fmt: skip
reciprocal_no_nan = elementwise(
    lambda x: np.where(x == 0, 0, 1 / x), lambda y: -y * y, domain=(0.3, 3),
    doc="1 / x; 0 where x is 0, with gradient 0.",
)  # fmt: skip
xdivy = elementwise(
    lambda a, b: np.where((a == 0) & np.logical_not(np.isnan(b)), 0, a / b),
    (lambda b: 1 / b, lambda b, y: np.where(y == 0, 0, -y / b)), domain=((-3, 3), (0.5, 3)),
    doc="a / b; 0 where a is 0, with derivative 1 / b in a.",
)  # fmt: skip
xlogy = elementwise(
    lambda a, b: np.where((a == 0) & np.logical_not(np.isnan(b)), 0, a * np.log(b)),
    (lambda b: np.log(b),
     lambda a, b: np.where((a == 0) & (b == 0), 0, over_positive(a, b))),
    domain=((-3, 3), (0.1, 4)), doc="a * log(b); 0 where a is 0, with derivative log(b) in a.",
)  # fmt: skip
xlog1py = elementwise(
    lambda a, b: np.where((a == 0) & np.logical_not(np.isnan(b)), 0, a * np.log1p(b)),
    (lambda b: np.log1p(b),
     lambda a, b: np.where((a == 0) & (b == -1), 0, over_positive(a, 1 + b))),
    domain=((-3, 3), (-0.8, 3)),
    doc="a * log(1 + b); 0 where a is 0, with derivative log(1 + b) in a.",
)  # fmt: skip
entr = elementwise(
    lambda x: np.where(x < 0, -math.inf, np.where(x == 0, 0, -x * np.log(x))),
    lambda x: -np.log(x) - 1, domain=(0.1, 4), wide=True,
    doc="-x * log(x); 0 at 0, -infinity for negative x.",
)  # fmt: skip


def _logit(x):
    # log(x / (1 - x)) would lose digits around its zero; 2 * x - 1 is exact there.
    middle = (x > 0.25) & (x < 0.75)
    return np.where(middle, 2 * np.arctanh(2 * x - 1), np.log(x / (1 - x)))


logit = elementwise(
    _logit, lambda x: over_positive(1, x * (1 - x)), domain=(0.1, 0.9), wide=True,
    doc="log(x / (1 - x)), the inverse of sigmoid.",
)  # fmt: skip
log1mexp = elementwise(
    lambda x: np.where(x < math.log(2), np.log(-np.expm1(-x)), np.log1p(-np.exp(-x))),
    lambda x: over_positive(1, np.expm1(x)), domain=(0.1, 4), wide=True,
    doc="log(1 - exp(-x)) for x >= 0.",
)  # fmt: skip


# ---------------------------------------------------------------------------------- error functions
def _gaussian(x, factor):
    """exp(-factor * x * x) for a power of 2, with the rounding of x * x made up for."""
    high = np.rint(256 * x) * (1 / 256)  # its square is exact where the result is not 0
    square = x * x
    rest = (high * high - square) + (x - high) * (x + high)
    return np.exp(-factor * square) * np.where(square < 1600, 1 - factor * rest, 0)


gaussian = elementwise(lambda x: _gaussian(x, 1), lambda x, y: -2 * x * y, doc="exp(-x * x).")
normal_density = elementwise(
    lambda x: _gaussian(x, 0.5) * (1 / math.sqrt(2 * math.pi)), lambda x, y: -x * y,
    doc="Density of the standard normal distribution: exp(-x * x / 2) / sqrt(2 * pi).",
)  # fmt: skip
erf = elementwise(
    lambda x: libm(math.erf, x), lambda x: 2 / ROOT_PI * gaussian(x), wide=True,
    doc="Error function: 2 / sqrt(pi) times the integral of exp(-t * t) from 0 to x.",
)  # fmt: skip
erfc = elementwise(
    lambda x: libm(math.erfc, x), lambda x: -2 / ROOT_PI * gaussian(x), wide=True,
    doc="1 - erf(x), accurate for large x.",
)  # fmt: skip

# Of (1 + 2 * x) * erfcx(x) in (x - 3.75) / (x + 3.75), x >= 0.
ERFCX = (
    1.1775789345674017, -0.004590054580646478, -0.08424913336651792, 0.05920993999819189,
    -0.026658668435305753, 0.009074997670705265, -0.002413163540417608, 0.0004907758365258086,
    -6.916973302501207e-05, 4.13902798607301e-06, 7.74038306619849e-07, -2.1886401049234397e-07,
    1.076499946567091e-08, 4.521959811218287e-09, -7.754400208831351e-10, -6.318088340886684e-11,
    2.86879501093067e-11, 1.9455868545777347e-13, -9.65469674843344e-13, 3.25254814814874e-14,
    3.3478119482868056e-14, -1.864562880419313e-15, -1.2507950530688648e-15, 7.418235256624044e-17,
    5.068148904796111e-17,
)  # fmt: skip


def _erfcx(x):
    size = np.absolute(x)
    # 1 - 7.5 / ... is (x - 3.75) / (x + 3.75) also where x is infinite.
    tail = _chebyshev(ERFCX, 1 - 7.5 / (size + 3.75)) / (1 + 2 * size)
    return np.where(x < 0, 2 * np.exp(x * x) - tail, tail)


def _erfcx_slope(x, y):
    # 2 * x * y - 2 / sqrt(pi) loses x * x of its digits: from 12 on the asymptotic series is better.
    z = 1 / (x * x)
    series = _horner([(-0.5) ** k * math.prod(range(1, 2 * k + 2, 2)) for k in range(12)], z)
    return np.where(x > 12, -z * series / ROOT_PI, 2 * x * y - 2 / ROOT_PI)


erfcx = elementwise(_erfcx, _erfcx_slope, wide=True, doc="exp(x * x) * erfc(x).")


def _quantile_guess(q):
    """The inverse of erfc at q in (0, 1], within 2e-3 (S. Winitzki's formula of 2008)."""
    log, a = np.log(q * (2 - q)), 0.147
    b = 2 / (math.pi * a) + 0.5 * log
    return np.sqrt(-log / a / (np.sqrt(b * b - log / a) + b))


def _erfinv(x):
    # Two Halley steps on erf, or from 0.5 on on erfc, leave only the rounding of the last one.
    size = np.absolute(x)
    y = _quantile_guess(1 - size)
    for _ in range(2):
        error = np.where(size < 0.5, erf(y) - size, (1 - size) - erfc(y))
        step = 0.5 * ROOT_PI * np.exp(y * y) * error
        y = y - step / (1 + y * step)
    return np.copysign(np.where(size == 1, math.inf, y), x)


erfinv = elementwise(
    _erfinv, lambda y: 0.5 * ROOT_PI * np.exp(y * y), domain=(-0.9, 0.9), wide=True,
    doc="Inverse of erf, on [-1, 1].",
)  # fmt: skip


def _erfcinv_of_small(q):
    # Halley's steps on log(erfc), which is nearly a parabola.
    y = _quantile_guess(q)
    for _ in range(2):
        tail = erfc(y)
        error, slope = np.log(tail / q), 2 / ROOT_PI * np.exp(-y * y) / tail
        step = error / slope
        y = y + step / (1 + 0.5 * step * (slope - 2 * y))
    return np.where(q == 0, math.inf, y)


erfcinv = elementwise(
    lambda x: np.where(x < 0.5, _erfcinv_of_small(np.minimum(x, 0.5)), erfinv(1 - x)),
    lambda y: -0.5 * ROOT_PI * np.exp(y * y), domain=(0.1, 1.9), wide=True,
    doc="Inverse of erfc, on [0, 2].",
)  # fmt: skip


def _ndtr(x):
    # In the left tail erfc(u) has the rounding of u 2 u times as large: what u lost is made up for.
    u, high = -x * ROOT_HALF, np.rint(256 * x) * (1 / 256)
    head, rest = 181 / 256, 7.55311865475244e-05  # of sqrt(1 / 2): high * head is exact
    lost = (high * head + u) + (high * rest + (x - high) * ROOT_HALF)
    slope = u + np.sqrt(u * u + 4 / math.pi)  # -erfc'(u) / erfc(u), to some percent
    return 0.5 * erfc(u) * np.where((x < 0) & (x > -40), 1 + lost * slope, 1)


ndtr = elementwise(
    _ndtr, lambda x: normal_density(x), wide=True,
    doc="Cumulative probability of the standard normal distribution.",
)  # fmt: skip
log_ndtr = elementwise(
    lambda x: np.where(
        x > -1, np.log1p(-ndtr(-x)),
        np.log(0.5 * erfcx(-x * ROOT_HALF)) - 0.5 * x * x),
    lambda x, y: np.where(
        x > -1, normal_density(x) * np.exp(-y),
        math.sqrt(2 / math.pi) / erfcx(-x * ROOT_HALF)), wide=True, domain=(-4, 4),
    doc="Logarithm of ndtr, accurate in the left tail.",
)  # fmt: skip
ndtri = elementwise(
    lambda x: -math.sqrt(2) * erfcinv(2 * x),
    lambda y: math.sqrt(2 * math.pi) * np.exp(0.5 * y * y), domain=(0.1, 0.9), wide=True,
    doc="Inverse of ndtr: quantiles of the standard normal distribution.",
)  # fmt: skip

# ------------------------------------------------------------------------------------- gamma family
BERNOULLI = (  # B[2], B[4], ...
    1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798,
    -174611 / 330, 854513 / 138, -236364091 / 2730,
)  # fmt: skip
# The zero of digamma in two parts, and digamma(x) / (x - zero) in 2 * x - 3 on [1, 2].
DIGAMMA_ZERO = 1.4616321325302124, 1.2438149938918909e-08
DIGAMMA = (
    0.983570260441567, -0.2270640863346444, 0.03336889902393011, -0.005320077271596548,
    0.0008788656937820505, -0.00014773492650606044, 2.5060543468359146e-05, -4.2721034029993324e-06,
    7.302769272465923e-07, -1.2502886813559594e-07, 2.1425009322359472e-08, -3.673295918565179e-09,
    6.299717236108931e-10, -1.080593028883266e-10, 1.853735192053638e-11, -3.18023536582553e-12,
    5.456147570322795e-13, -9.360993131036438e-14, 1.606064636295075e-14, -2.7555431377438815e-15,
    4.727736178601912e-16, -8.11148420346509e-17, 1.391707769474154e-17,
)  # fmt: skip


def _reflected(x):
    """1 - x where x is negative, where it stands between whole numbers, and whether it is one."""
    return np.where(x < 0, 1 - x, x), x - np.rint(x)


def _digamma(x):
    p, r = _reflected(x)
    # From 8 on the asymptotic series; below, psi(x) = psi(x + 8) - 1 / x - ... - 1 / (x + 7).
    far = p >= 8
    z, u = np.where(far, p, p + 8), p * (p + 7)
    shift = (2 * p + 7) * (1 / u + 1 / (u + 6) + 1 / (u + 10) + 1 / (u + 12))
    w = 1 / (z * z)
    series = w * _horner([b / (2 * k + 2) for k, b in enumerate(BERNOULLI[:9])], w)
    value = np.log(z) - 0.5 / z - series - np.where(far, 0, shift)
    middle = ((p - DIGAMMA_ZERO[0]) - DIGAMMA_ZERO[1]) * _chebyshev(DIGAMMA, 2 * p - 3)
    value = np.where((p >= 1) & (p <= 2), middle, value)
    poles = np.where((x <= 0) & (r == 0), np.nan, math.pi / np.tan(math.pi * r))
    return np.where(x <= 0, value - poles, value)


def _polygamma_of(n, x):
    """The derivative of order n = 1, 2 or 3 of digamma; minus it for n = 2."""
    # From 10 on the asymptotic series (Abramowitz and Stegun 6.4.11), whose 11 terms leave less than
    # 2**-54; below, the recurrence (6.4.6). For negative x the reflection formula (6.4.7).
    p, r = _reflected(x)
    far, shift = p >= 10, 0.0
    for k in range(10):
        step = p + k
        square = step * step
        shift = shift + 1 / (square, square * step, square * square)[n - 1]
    z = np.where(far, p, p + 10)
    w = 1 / (z * z)
    first, second = ((1 / z, w), (w, w / z), (w / z, w * w))[n - 1]
    series = [b * math.prod(range(2 * k + 3, 2 * k + 2 + n)) for k, b in enumerate(BERNOULLI[:11])]
    value = math.factorial(n - 1) * first + math.factorial(n) / 2 * second
    value = value + _horner(series, w) * (w * first) + np.where(far, 0, math.factorial(n) * shift)
    sine, cosine = np.sin(math.pi * r) / math.pi, np.cos(math.pi * r)
    square = sine * sine
    pole = (1, 2 * cosine / sine, (2 + 4 * cosine * cosine) / square)[n - 1] / square
    return np.where(x < 0, pole + value if n == 2 else pole - value, value)


def _zeta(s, q):
    # Euler and Maclaurin's formula: ten terms, the integral of the others, and its corrections.
    total, w = q ** (-s), q + 10
    for k in range(1, 10):
        total = total + (q + k) ** (-s)
    last = w ** (-s)
    total = total + last * (w / (s - 1) + 0.5)
    rising = s / w
    for k, b in enumerate(BERNOULLI):
        total = total + last * rising * (b / math.factorial(2 * k + 2))
        rising = rising * (s + 2 * k + 1) * (s + 2 * k + 2) / (w * w)
    return np.where((s < 1) | (q < 0), np.nan, np.where(s == 1, math.inf, total))


zeta = elementwise(
    _zeta, (NO_CLOSED_FORM, lambda s, q: -s * zeta(s + 1, q)), domain=((1.5, 6), (0.3, 5)),
    wide=True, doc="Hurwitz's zeta: the sum of (q + k)**-s over k = 0, 1, ..., for s > 1, q > 0.",
)  # fmt: skip


def _polygamma(n, x):
    sign = 4 * (0.5 * n - np.floor(0.5 * n)) - 1  # (-1)**(n + 1)
    higher = sign * gamma(n + 1) * zeta(n + 1, x)
    higher = np.where((n < 0) | (n != np.floor(n)), np.nan, higher)
    return np.where(n == 0, digamma(x), np.where(n == 1, trigamma(x), higher))


digamma = elementwise(
    _digamma, lambda x, y: np.where(np.isnan(y), y, trigamma(x)), domain=(0.3, 5), wide=True,
    doc="The derivative of lgamma; NaN at 0, -1, -2, ...",
)  # fmt: skip
trigamma = elementwise(
    lambda x: _polygamma_of(1, x), lambda x: tetragamma(x), domain=(0.3, 5), wide=True,
    doc="The second derivative of lgamma.",
)  # fmt: skip
tetragamma = elementwise(
    lambda x: -_polygamma_of(2, x), lambda x: _polygamma_of(3, x), domain=(0.3, 5), wide=True,
    doc="The third derivative of lgamma.",
)  # fmt: skip
polygamma = elementwise(
    _polygamma, (None, lambda n, x: polygamma(n + 1, x)), domain=(range(10), (2, 6)), wide=True,
    doc="The derivative of order n + 1 of lgamma; x > 0 for n > 1; no gradient in n.",
)  # fmt: skip
lgamma = elementwise(
    lambda x: libm(math.lgamma, x), lambda x: digamma(x), domain=(0.3, 5), wide=True,
    doc="Logarithm of |gamma(x)|.",
)  # fmt: skip
gamma = elementwise(
    lambda x: libm(math.gamma, x), lambda x, y: y * digamma(x), domain=(0.3, 5), wide=True,
    doc="The gamma function: (x - 1)! for whole x.",
)  # fmt: skip


def _stirling_rest(x):
    """lgamma(x) - (x - 0.5) * log(x) + x - log(2 * pi) / 2, for x >= 10."""
    w = 1 / (x * x)
    terms = [b / ((2 * k + 1) * (2 * k + 2)) for k, b in enumerate(BERNOULLI[:8])]
    return _horner(terms, w) / x


def _betaln(a, b):
    # Large lgammas would cancel: where both arguments, or the larger, are 10 or more, Stirling's
    # formula gives their difference. The unused case meets arguments that cannot overflow it.
    low, high = np.minimum(a, b), np.maximum(a, b)
    ratio = low / (low + high)
    rest = _stirling_rest(high) - _stirling_rest(low + high)
    mixed = (0.5 - high) * np.log1p(low / high) + low * (1 - np.log(low + high))
    both = (low - 0.5) * np.log(ratio) - high * np.log1p(low / high) - 0.5 * np.log(high)
    both = both + (0.5 * math.log(2 * math.pi) + _stirling_rest(low) + rest)
    plain = lgamma(high) - lgamma(low + high)
    partly = lgamma(low) + np.where(high < 10, plain, mixed + rest)
    return np.where(low >= 10, both, partly)


betaln = elementwise(
    _betaln, (lambda a, b: digamma(a) - digamma(a + b), lambda a, b: digamma(b) - digamma(a + b)),
    domain=((0.3, 5), (0.4, 6)), wide=True, doc="lgamma(a) + lgamma(b) - lgamma(a + b).",
)  # fmt: skip


def _concentrations(rng):
    for shape in ((3,), (1,), (2, 4)):
        yield (rng.uniform(0.3, 5, shape),), {}


@composition(
    doc="Logarithm of the beta function of the last axis: sum(lgamma(x)) - lgamma(sum(x)).",
    samples=_concentrations,
)
def lbeta(x, name=None):
    return sum_(lgamma(x), axis=-1) - lgamma(sum_(x, axis=-1))


# ---------------------------------------------------------------------------------- Bessel functions
# exp(-x) * I0(x) and exp(-x) * I1(x) / x in x / 4 - 1 on [0, 8]; sqrt(x) * exp(-x) * I0(x), and that
# of I1, in 16 / x - 1 on [8, infinity).
I0_NEAR = (
    0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764,
    0.04930528423967071, -0.02373741480589947, 0.010546460394594998, -0.004324309995050576,
    0.0016394756169413357, -0.0005763755745385824, 0.00018850288509584165, -5.754195010082104e-05,
    1.6448448070728896e-05, -4.4167383584587505e-06, 1.1173875391201037e-06,
    -2.670793853940612e-07, 6.046995022541919e-08, -1.300025009986248e-08, 2.6598237246823866e-09,
    -5.189795601635263e-10, 9.675809035373237e-11, -1.726826291441556e-11, 2.95505266312964e-12,
    -4.856446783111929e-13, 7.676185498604936e-14, -1.1685332877993451e-14, 1.715391285555133e-15,
    -2.431279846547955e-16, 3.3307945188222384e-17, -4.4153416464793395e-18,
)  # fmt: skip
I0_FAR = (
    0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-05, 2.8913705208347567e-06,
    2.0489185894690638e-07, 2.266668990498178e-08, 3.3962320257083865e-09, 4.94060238822497e-10,
    1.1889147107846439e-11, -3.1499165279632416e-11, -1.3215811840447713e-11,
    -1.7941785315068062e-12, 7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14,
    -4.150569347287222e-14, -9.554846698828307e-15, 3.8116806693526224e-15, 1.7725601330565263e-15,
    -3.425485619677219e-16, -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17,
    -4.830504485944182e-18, -7.233180487874754e-18,
)  # fmt: skip
I1_NEAR = (
    0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499,
    0.024726449030626516, -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532,
    0.0005122859561685758, -0.00016176081582589674, 4.781565107550054e-05, -1.3273163656039436e-05,
    3.4702513081376785e-06, -8.568720264695455e-07, 2.0032947535521353e-07, -4.445059128796328e-08,
    9.381537386495773e-09, -1.8872497517228294e-09, 3.625590281552117e-10, -6.663489723502027e-11,
    1.1736186298890901e-11, -1.9839743977649436e-12, 3.223793365945575e-13, -5.042185504727912e-14,
    7.600684294735408e-15, -1.1055969477353862e-15, 1.5536319577362005e-16, -2.111421214358166e-17,
    2.7779141127610464e-18,
)  # fmt: skip
I1_FAR = (
    0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-06,
    -2.512236237870209e-07, -2.6314688468895196e-08, -3.835380385964237e-09, -5.589743462196584e-10,
    -1.8974958123505413e-11, 3.2526035830154884e-11, 1.4125807436613782e-11, 2.0356285441470896e-12,
    -7.198551776245908e-13, -4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14,
    1.0420276984128802e-14, -3.8144030724370075e-15, -1.8803547755107825e-15, 3.3082023109209285e-16,
    2.96262899764595e-16, -3.209525921993424e-17, -4.6503053684893586e-17, 4.414348323071708e-18,
    7.517296310842105e-18,
)  # fmt: skip


def _scaled_bessel(near, far, x, size):
    small = _chebyshev(near, 0.25 * np.minimum(size, 8) - 1)
    large = np.maximum(size, 8)
    large = _chebyshev(far, 16 / large - 1) / np.sqrt(large)
    return np.where(size < 8, small * x, large)


def _i0e(x):
    return _scaled_bessel(I0_NEAR, I0_FAR, 1, np.absolute(x))


def _i1e(x):
    size = np.absolute(x)
    return np.copysign(_scaled_bessel(I1_NEAR, I1_FAR, size, size), x)


i0e = elementwise(_i0e, lambda x, y: i1e(x) - np.sign(x) * y, wide=True, doc="exp(-|x|) * i0(x).")
i1e = elementwise(
    _i1e, lambda x, y: np.where(x == 0, 0.5, i0e(x) - y * (np.sign(x) + 1 / x)), wide=True,
    doc="exp(-|x|) * i1(x).",
)  # fmt: skip


def _grown(scaled, x):
    """`scaled` times exp(|x|), in two factors: what overflows in one may not in two."""
    size = np.absolute(x)
    root = np.exp(0.5 * size)
    return np.where(size == math.inf, np.copysign(size, scaled), root * scaled * root)


i0 = elementwise(
    lambda x: _grown(i0e(x), x), lambda x: i1(x), wide=True, numpy=(np.i0,),
    doc="Modified Bessel function of order 0.",
)  # fmt: skip
i1 = elementwise(
    lambda x: _grown(i1e(x), x), lambda x, y: i0(x) - np.where(x == 0, 0.5, y / x), wide=True,
    doc="Modified Bessel function of order 1.",
)  # fmt: skip

# --------------------------------------------------------------------------------------- SciPy's own
_AX = ("a", "x")
igamma = elementwise(
    scipy_special("gammainc", *_AX),
    (NO_CLOSED_FORM, lambda a, x: np.exp(xlogy(a - 1, x) - x - lgamma(a))),
    domain=((0.5, 4), (0.3, 5)), doc="Lower regularised incomplete gamma function (SciPy's).",
)  # fmt: skip
igammac = elementwise(
    scipy_special("gammaincc", *_AX),
    (NO_CLOSED_FORM, lambda a, x: -np.exp(xlogy(a - 1, x) - x - lgamma(a))),
    domain=((0.5, 4), (0.3, 5)), doc="1 - igamma(a, x), accurate for large x (SciPy's).",
)  # fmt: skip
betainc = elementwise(
    scipy_special("betainc", "a", "b", "x"),
    (NO_CLOSED_FORM, NO_CLOSED_FORM,
     lambda a, b, x: np.exp(xlogy(a - 1, x) + xlog1py(b - 1, -x) - betaln(a, b))),
    domain=((0.5, 4), (0.6, 5), (0.1, 0.9)),
    doc="Regularised incomplete beta function (SciPy's).",
)  # fmt: skip
bessel_j0 = elementwise(
    scipy_special("j0"), lambda x: -bessel_j1(x), doc="Bessel function J of order 0 (SciPy's)."
)
bessel_j1 = elementwise(
    scipy_special("j1"), lambda x, y: bessel_j0(x) - np.where(x == 0, 0.5, y / x),
    doc="Bessel function J of order 1 (SciPy's).",
)  # fmt: skip
bessel_y0 = elementwise(
    scipy_special("y0"), lambda x: -bessel_y1(x), domain=(0.3, 5),
    doc="Bessel function Y of order 0 (SciPy's).",
)  # fmt: skip
bessel_y1 = elementwise(
    scipy_special("y1"), lambda x, y: bessel_y0(x) - y / x, domain=(0.3, 5),
    doc="Bessel function Y of order 1 (SciPy's).",
)  # fmt: skip
bessel_k0 = elementwise(
    scipy_special("k0"), lambda x: -bessel_k1(x), domain=(0.3, 5),
    doc="Modified Bessel function K of order 0 (SciPy's).",
)  # fmt: skip
bessel_k1 = elementwise(
    scipy_special("k1"), lambda x, y: -bessel_k0(x) - y / x, domain=(0.3, 5),
    doc="Modified Bessel function K of order 1 (SciPy's).",
)  # fmt: skip
bessel_k0e = elementwise(
    scipy_special("k0e"), lambda x, y: y - bessel_k1e(x), domain=(0.3, 5),
    doc="exp(x) * bessel_k0(x) (SciPy's).",
)  # fmt: skip
bessel_k1e = elementwise(
    scipy_special("k1e"), lambda x, y: y - bessel_k0e(x) - y / x, domain=(0.3, 5),
    doc="exp(x) * bessel_k1(x) (SciPy's).",
)  # fmt: skip
dawsn = elementwise(
    scipy_special("dawsn"), lambda x, y: 1 - 2 * x * y,
    doc="Dawson's integral, exp(-x * x) times that of exp(t * t) from 0 to x (SciPy's).",
)  # fmt: skip
expint = elementwise(
    scipy_special("expi"), lambda x: np.exp(x) / x, domain=(0.3, 4),
    doc="Exponential integral Ei (SciPy's).",
)  # fmt: skip
spence = elementwise(
    scipy_special("spence"), lambda x: np.where(x == 1, -1, np.log(x) / (1 - x)),
    domain=(0.2, 0.9), doc="Spence's integral, the dilogarithm of 1 - x (SciPy's).",
)  # fmt: skip
