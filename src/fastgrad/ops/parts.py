"""Numbers taken apart and put together, rounded, replaced and compared: options, several results."""

import numpy as np

from .._rules import composition, primitive
from ._operands import np_dtype, sizing, tensor
from .elementwise import (
    arctan2,
    equal,
    floor_divide,
    isfinite,
    not_equal,
    positive,
    remainder,
    where,
)
from .shaping import imag, real


def _numbers(rng):
    for shape in ((), (5,), (2, 3), (0,)):
        yield (9 * rng.normal(size=shape),), {}


# ----------------------------------------------------------------------------------- several results
@primitive(
    vjp=lambda ct: ct[0], jvp=lambda tangents, primals, y: [tangents[0], 0.0 * tangents[0]],
    many=True, samples=_numbers, numpy=(np.modf,), kernel="modf",
    doc="The fractional part of x, with derivative 1, and the whole part, both with its sign.",
)  # fmt: skip
def modf(x):
    return list(np.modf(x))


def _counted(rng):
    for shape in ((), (5,), (2, 3), (0,)):
        yield (rng.normal(size=shape), rng.integers(-3, 4, shape)), {}


@primitive(
    vjp=(lambda ct, exponent: ldexp(ct, exponent), None),
    jvp=lambda tangents, primals, y: ldexp(tangents[0], primals[1]), samples=_counted,
    numpy=(np.ldexp,), kernel="ldexp", doc="x * 2**exponent, exactly; the exponent is an integer.",
)  # fmt: skip
def ldexp(x, exponent):
    if exponent.dtype == np.int64:  # NumPy's loop takes 10 times as long; out there all is 0 or inf
        exponent = np.maximum(np.minimum(exponent, 99999), -99999).astype(np.int32)
    return np.ldexp(x, exponent)


@primitive(
    vjp=lambda ct, y: ldexp(ct[0], -y[1]),
    jvp=lambda tangents, primals, y: [ldexp(tangents[0], -y[1]), y[1]], many=True,
    samples=_numbers, numpy=(np.frexp,), kernel="frexp",
    doc="m in [0.5, 1) and a whole exponent e with x = m * 2**e; m has derivative 2**-e.",
)  # fmt: skip
def frexp(x):
    return list(np.frexp(x))


def _pairs(rng):
    for shape in ((), (5,), (2, 3)):
        yield (9 * rng.normal(size=shape), rng.uniform(0.5, 3, shape)), {}


@composition(doc="floor_divide(a, b) and remainder(a, b).", samples=_pairs, numpy=(np.divmod,))
def divmod(a, b):
    return floor_divide(a, b), remainder(a, b)


# ----------------------------------------------------------------------------------- complex numbers
@composition(
    doc="The angle of a complex number, in radians or degrees; 0 or pi for real ones.",
    samples=lambda rng: [(x, {"deg": deg}) for x, _ in _numbers(rng) for deg in (False, True)],
    numpy=(np.angle,),
)
def angle(input, deg=False, name=None):
    radians = arctan2(imag(input), real(input))
    return radians * (180 / np.pi) if deg else radians


@composition(doc="True where the imaginary part is 0.", samples=_numbers, numpy=(np.isreal,))
def isreal(x):
    return equal(imag(x), 0)


@composition(doc="True where the imaginary part is not 0.", samples=_numbers, numpy=(np.iscomplex,))
def iscomplex(x):
    return not_equal(imag(x), 0)


@composition(
    doc="The real part of complex numbers whose imaginary parts are all next to nothing, else a.",
    samples=lambda rng: [(x, {"tol": tol}) for x, _ in _numbers(rng) for tol in (100, 1e-5)],
    numpy=(np.real_if_close,),
)
def real_if_close(a, tol=100):
    a = tensor(a)
    if not a.dtype.is_complex:
        return a
    tol = tol * np.finfo(np_dtype(a)).eps if tol > 1 else tol
    parts = sizing("real_if_close", "a", imag(a), "use fg.math.real")
    return real(a) if (np.absolute(parts) < tol).all() else a


# ---------------------------------------------------------------------------------------------- sums
@composition(
    doc="The sum of some arrays of one shape.",
    samples=lambda rng: [((rng.normal(size=shape),), {}) for shape in ((3, 2), (1, 4), (5,))],
)
def add_n(inputs, name=None):
    if not len(inputs):
        raise ValueError("add_n: the list of inputs is empty")
    total = positive(inputs[0])
    for x in inputs[1:]:
        total = total + x
    return total


# ------------------------------------------------------------------------------------------ rounding
@primitive(
    vjp=None,
    samples=lambda rng: [(a, {"decimals": d}) for a, _ in _numbers(rng) for d in (0, 2, -1)],
    numpy=(np.round, np.around), doc="x rounded to some decimals, to even at a half; no gradient.",
)  # fmt: skip
def around(x, *, decimals=0):
    return np.round(x, decimals)


# ----------------------------------------------------------------------------- infinities and closeness
def _replaced(rng):
    for (x,), _ in _numbers(rng):
        yield (x,), {}
        yield (x,), {"nan": 7.0, "posinf": 5.0, "neginf": -5.0}


@primitive(
    vjp=lambda ct, x: where(isfinite(x), ct, 0.0),
    jvp=lambda tangents, primals, y, nan, posinf, neginf: where(
        isfinite(primals[0]), tangents[0], 0.0),
    samples=_replaced, numpy=(np.nan_to_num,),
    doc="x with numbers for NaN and infinities (the largest if not told); derivative 0 there.",
)  # fmt: skip
def nan_to_num(x, *, nan=0.0, posinf=None, neginf=None):
    return np.nan_to_num(x, nan=nan, posinf=posinf, neginf=neginf)


def _close(rng):
    for shape in ((), (5,), (2, 3), (0,)):
        x = rng.normal(size=shape)
        y = x * (1 + 1e-5 * rng.normal(size=shape))
        yield (x, y), {}
        yield (x, y), {"rtol": 1e-7, "atol": 1e-9, "equal_nan": True}


@primitive(
    vjp=(None, None), samples=_close, numpy=(np.isclose,), promotes=True,
    canonical=lambda avals, metadata: {
        "rtol": float(metadata["rtol"]), "atol": float(metadata["atol"]),
        "equal_nan": bool(metadata["equal_nan"])},
    doc="True where |a - b| <= atol + rtol * |b|.",
)  # fmt: skip
def isclose(a, b, *, rtol=1e-5, atol=1e-8, equal_nan=False):
    return np.isclose(a, b, rtol, atol, equal_nan)
