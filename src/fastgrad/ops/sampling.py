"""How a sample moves with the parameters of its distribution, where no formula made it of noise.

These rows are no public operations, so no theme lists them: `fastgrad.random` binds them.

The gamma distribution's sample z moves so that its distribution function F stays what it was
(Figurnov, Mohamed, Mnih 2018, arXiv:1805.08498): dz/dalpha = -(dF/dalpha) / p(z). Beta, Dirichlet
and Student's t are made of gamma samples.
"""

import numpy as np

from .._rules import not_implemented, primitive
from .elementwise import scale

MANY = 1e4  # alpha from which an expansion in its powers is good to 1e-10
_SECOND = not_implemented("the second derivative of a gamma sample is not known here")


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


@primitive(
    vjp=(_SECOND, _SECOND), jvp=_SECOND, samples=_gammas,
    doc="dz/dalpha of a sample z from the gamma distribution of shape alpha.",
)  # fmt: skip
def gamma_slope(alpha, z):
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
            y[where] = formula(a[where], x[where])
    return y.reshape(np.shape(z)).astype(z.dtype)


def _series(a, x):
    """By F = z p / a * S with S = sum of z**n / ((a+1) ... (a+n)); no cancellation up to z = a."""
    term, log_slope = np.ones_like(a), np.zeros_like(a)  # of the term, by a
    total, slope = term.copy(), log_slope.copy()
    k = a.copy()
    while True:
        k += 1
        term *= x / k
        log_slope -= 1 / k
        change = term * log_slope
        total += term
        slope += change
        if np.all(term <= 1e-17 * total) and np.all(-change <= 1e-17 * -slope):
            return -x / a * ((np.log(x) - _digamma(a + 1)) * total + slope)


def _fraction(a, x):
    """By 1 - F = z p h with h a continued fraction, by Lentz's method, for z > a + 1.

    Each variable has its derivative by a beside it.
    """
    b = x + 1 - a
    d, h = 1 / b, 1 / b
    d_, h_ = d * d, d * d
    c, c_ = np.full_like(a, 1e300), np.zeros_like(a)
    i = 0
    while True:
        i += 1
        n, n_ = -i * (i - a), i
        b = b + 2
        d_ = n_ * d + n * d_ - 1
        d = 1 / (n * d + b)
        d_ = -d * d * d_
        c_ = -1 + n_ / c - n * (c_ / c) / c
        c = b + n / c
        step, step_ = c * d, c_ * d + c * d_
        h_ = h_ * step + h * step_
        h = h * step
        if np.all(np.abs(step - 1) <= 1e-15) and np.all(np.abs(h * step_) <= 1e-15 * np.abs(h_)):
            return x * ((np.log(x) - _digamma(a)) * h + h_)
        if i == 10_000:  # not seen to happen
            raise ArithmeticError("the continued fraction does not converge")


def _expansion(a, x):
    """By Cornish and Fisher's expansion of z in the normal quantile t, which stays as it is."""
    root = np.sqrt(a)
    t = start = (x - a) / root
    for _ in range(6):
        t = start - (t * t - 1) / (3 * root) - (t**3 - 7 * t) / (36 * a)
        t += (3 * t**4 + 7 * t * t - 16) / (810 * a * root)
    slope = 1 + t / (2 * root) - (t**3 - 7 * t) / (72 * a * root)
    return slope + (3 * t**4 + 7 * t * t - 16) / (810 * a * a)


def _digamma(x):
    """Of positive numbers: by recurrence to 10 and up, and the asymptotic series."""
    shift = np.zeros_like(x)
    x = x.copy()
    while (small := x < 10).any():
        shift[small] -= 1 / x[small]
        x[small] += 1
    square = 1 / (x * x)
    series = square * (1 / 12 - square * (1 / 120 - square * (1 / 252 - square * (
        1 / 240 - square * (1 / 132 - square * 691 / 32760)))))  # fmt: skip
    return shift + np.log(x) - 0.5 / x - series


gamma_sample.name, gamma_slope.name = "gamma_sample", "gamma_slope"
gamma_sample.theme = gamma_slope.theme = "sampling"
