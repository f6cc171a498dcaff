"""How a sample moves with the parameters of its distribution, where no formula made it of noise.

These rows are no public operations, so no theme lists them: `fastgrad.random` binds them.

The gamma distribution's sample z moves so that its distribution function F stays what it was
(Figurnov, Mohamed, Mnih 2018, arXiv:1805.08498): dz/dalpha = -(dF/dalpha) / p(z). Beta, Dirichlet
and Student's t are made of gamma samples.
"""

import numpy as np

from .._rules import not_implemented, primitive
from .elementwise import scale
from .special import digamma, trigamma

MANY = 1e4  # alpha from which an expansion in its powers is good to 1e-10
_THIRD = not_implemented("the third derivative of a gamma sample has no formula here")


def _gammas(rng):
    for shape in ((), (5,), (2, 3)):
        alpha = rng.uniform(0.1, 9, size=shape)
        yield (alpha, rng.standard_gamma(alpha)), {}


@primitive(
    vjp=(lambda ct, alpha, y: scale(ct, gamma_slope(alpha, y)), None),
    jvp=lambda tangents, primals, y: scale(tangents[0], gamma_slope(primals[0], y)),
    samples=_gammas, doc="z, drawn from the gamma distribution of shape alpha, as it moves with alpha.",
)  # fmt: skip
def gamma_sample(alpha, z):
    return z


def _slope_jvp(tangents, primals, y):
    bends = gamma_bend_alpha, gamma_bend_z
    moved = [scale(dot, bend(*primals)) for dot, bend in zip(tangents, bends, strict=True)
             if dot is not None]  # fmt: skip
    return sum(moved[1:], moved[0])


@primitive(
    vjp=(lambda ct, alpha, z: scale(ct, gamma_bend_alpha(alpha, z)),
         lambda ct, alpha, z: scale(ct, gamma_bend_z(alpha, z))),
    jvp=_slope_jvp, samples=_gammas,
    doc="dz/dalpha of a sample z from the gamma distribution of shape alpha.",
)  # fmt: skip
def gamma_slope(alpha, z):
    return _piecewise(alpha, z, lambda slope, by_alpha, by_z: slope)


@primitive(
    vjp=(_THIRD, _THIRD), jvp=_THIRD, samples=_gammas,
    doc="The derivative of gamma_slope by alpha.",
)  # fmt: skip
def gamma_bend_alpha(alpha, z):
    return _piecewise(alpha, z, lambda slope, by_alpha, by_z: by_alpha)


@primitive(
    vjp=(_THIRD, _THIRD), jvp=_THIRD, samples=_gammas,
    doc="The derivative of gamma_slope by z; 0 where z is 0.",
)  # fmt: skip
def gamma_bend_z(alpha, z):
    return _piecewise(alpha, z, lambda slope, by_alpha, by_z: by_z)


def _piecewise(alpha, z, pick):
    """The slope s = dz/dalpha, its derivative by alpha or that by z, by the formula for each place."""
    a, x = (np.atleast_1d(v.astype(np.float64)) for v in np.broadcast_arrays(alpha, z))
    y = np.full(a.shape, np.nan)
    y[(x == 0) & (a > 0)] = 0
    live = (a > 0) & (x > 0) & (x < np.inf)
    many, low = a > MANY, x <= a + 1
    for where, formula in (
        (live & many, _expansion),
        (live & ~many & low, _series),
        (live & ~many & ~low, _fraction),
    ):
        if where.any():
            y[where] = pick(*formula(a[where], x[where]))
    return y.reshape(np.shape(z)).astype(z.dtype)


def _by_z(a, x, slope):
    """ds/dz = -d(log p)/dalpha - s d(log p)/dz, as mixed derivatives of F may be exchanged."""
    return digamma.function(a) - np.log(x) - slope * ((a - 1) / x - 1)


def _series(a, x):
    """By F = z p / a * S with S = sum of z**n / ((a+1) ... (a+n)); no cancellation up to z = a.

    The squares of d(log p)/dalpha in the second derivative cancel, so they are left out.
    """
    term = np.ones_like(a)
    log_slope, log_bend = np.zeros_like(a), np.zeros_like(a)  # of the term's logarithm, by a
    total, slope, bend = term.copy(), log_slope.copy(), log_bend.copy()
    k = a.copy()
    while True:
        k += 1
        term *= x / k
        log_slope -= 1 / k
        log_bend += 1 / (k * k)
        change, turn = term * log_slope, term * (log_slope * log_slope + log_bend)
        total += term
        slope += change
        bend += turn
        if (
            np.all(term <= 1e-17 * total)
            and np.all(-change <= 1e-17 * -slope)
            and np.all(turn <= 1e-17 * bend)
        ):
            break
    rate = np.log(x) - digamma.function(a + 1)
    moved = rate * total + slope
    s = -x / a * moved
    by_alpha = -x / a * (rate * slope + bend - trigamma.function(a + 1) * total - moved / a)
    return s, by_alpha, _by_z(a, x, s)


def _fraction(a, x):
    """By 1 - F = z p h with h a continued fraction, by Lentz's method, for z > a + 1.

    Each variable has its two derivatives by a beside it.
    """
    b = x + 1 - a
    d = 1 / b, 1 / b**2, 2 / b**3
    h = d
    c = np.full_like(a, 1e300), np.zeros_like(a), np.zeros_like(a)
    i = 0
    while True:
        i += 1
        n = i * (a - i), i, 0
        b = b + 2
        line = b, -1, 0
        d = _inverse(_plus(_times(n, d), line))
        c = _plus(_times(n, _inverse(c)), line)
        step = _times(c, d)
        last, h = h, _times(h, step)
        sizes = h[0], np.abs(h[1]), np.abs(h[2]) + h[1] * h[1] / h[0]  # of which one may pass 0
        if all(
            np.all(np.abs(new - old) <= 1e-15 * size)
            for new, old, size in zip(h, last, sizes, strict=True)
        ):
            break
        if i == 10_000:  # not seen to happen
            raise ArithmeticError("the continued fraction does not converge")
    rate = np.log(x) - digamma.function(a)
    s = x * (rate * h[0] + h[1])
    by_alpha = x * (rate * h[1] + h[2] - trigamma.function(a) * h[0])
    return s, by_alpha, _by_z(a, x, s)


def _plus(u, v):
    return tuple(one + other for one, other in zip(u, v, strict=True))


def _times(u, v):
    return (
        u[0] * v[0],
        u[1] * v[0] + u[0] * v[1],
        u[2] * v[0] + 2 * u[1] * v[1] + u[0] * v[2],
    )


def _inverse(u):
    w = 1 / u[0]
    slope = -w * (w * u[1])
    return w, slope, -w * (w * u[2]) - 2 * slope * (w * u[1])


def _expansion(a, x):
    """By Cornish and Fisher's expansion of z in the normal quantile t, which stays as it is."""
    root = np.sqrt(a)
    t = start = (x - a) / root
    for _ in range(6):
        t = start - (t * t - 1) / (3 * root) - (t**3 - 7 * t) / (36 * a)
        t += (3 * t**4 + 7 * t * t - 16) / (810 * a * root)
    cubic, quartic = t**3 - 7 * t, 3 * t**4 + 7 * t * t - 16
    s = 1 + t / (2 * root) - cubic / (72 * a * root) + quartic / (810 * a * a)
    bend = cubic / (48 * root) - t * root / 4 - quartic / (405 * a)  # d2z/dalpha2 * a**2
    cubic_t, quartic_t = 3 * t * t - 7, 12 * t**3 + 14 * t
    s_t = 1 / (2 * root) - cubic_t / (72 * a * root) + quartic_t / (810 * a * a)
    z_t = root + 2 * t / 3 + cubic_t / (36 * root) - quartic_t / (810 * a)
    by_z = s_t / z_t
    return s, bend / (a * a) - by_z * s, by_z


for _row in (gamma_sample, gamma_slope, gamma_bend_alpha, gamma_bend_z):
    _row.name, _row.theme = _row.forward.__name__, "sampling"
