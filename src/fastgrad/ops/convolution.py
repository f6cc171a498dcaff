"""Convolution of vectors, and polynomials, whose products are convolutions."""

import operator

import numpy as np

from .._rules import composition, primitive
from ._operands import beside, conjugated, np_dtype, tensor
from .arranging import atleast_1d
from .indexing import getitem
from .padding import pad_zeros
from .products import bilinear_jvp
from .shaping import concat, flip

# ---------------------------------------------------------------------------------------- convolution
MODES = ("full", "same", "valid")


def _convolve_metadata(avals, metadata):
    if metadata["mode"] not in ("full", "valid"):
        raise ValueError(f"convolved: mode must be 'full' or 'valid', not {metadata['mode']!r}")
    if any(aval.ndim != 1 or not aval.size for aval in avals):
        shapes = " and ".join(str(tuple(aval.shape)) for aval in avals)
        raise ValueError(f"convolve: both arrays must have 1 axis and an element, not {shapes}")
    if metadata["mode"] == "valid" and avals[0].size < avals[1].size:
        raise ValueError("convolved: in mode 'valid' a is the longer one")
    return metadata


def _reversed(x):
    return flip(x, axis=0)


def _convolved_a(ct, v, mode):
    return convolved(ct, _reversed(v), mode="valid" if mode == "full" else "full")


def _convolved_v(ct, a, v_aval, mode):
    if mode == "valid":
        return _reversed(convolved(a, _reversed(ct), mode="valid"))
    return convolved(ct, _reversed(a), mode="valid")


@primitive(
    vjp=(_convolved_a, _convolved_v),
    jvp=lambda *given, **metadata: bilinear_jvp(convolved)(*given, **metadata),
    canonical=_convolve_metadata, promotes=True,
    samples=lambda rng: [
        ((rng.normal(size=n), rng.normal(size=m)), {"mode": mode})
        for n, m, mode in ((5, 3, "full"), (2, 4, "full"), (1, 1, "full"), (6, 2, "valid"), (3, 3, "valid"),
                           (4, 1, "valid"))],
    doc="Discrete convolution of two vectors: all of it, or where v lies within a.",
)  # fmt: skip
def convolved(a, v, *, mode="full"):
    return np.convolve(a, v, mode)


def _signals(rng):
    for n, m, mode in ((5, 3, "full"), (5, 3, "same"), (3, 6, "same"), (4, 2, "same"), (5, 3, "valid"),
                       (2, 4, "valid"), (1, 1, "full")):  # fmt: skip
        yield (rng.normal(size=n), rng.normal(size=m)), {"mode": mode}


def _mode(op, mode):
    if mode not in MODES:
        raise ValueError(f"{op}: mode must be one of {', '.join(MODES)}, not {mode!r}")


@composition(doc="Discrete convolution of two vectors.", samples=_signals, numpy=(np.convolve,))
def convolve(a, v, mode="full"):
    _mode("convolve", mode)
    a, v = tensor(a), tensor(v)
    if mode == "valid":
        return convolved(a, v, mode=mode) if a.size >= v.size else convolved(v, a, mode=mode)
    y = convolved(a, v)
    if mode == "full":
        return y
    long, short = max(a.size, v.size), min(a.size, v.size)
    return getitem(y, index=slice((short - 1) // 2, (short - 1) // 2 + long))


@composition(
    doc="Correlation of two vectors: sum of a[k + n] conj(v[n]).", samples=_signals,
    numpy=(np.correlate,),
)  # fmt: skip
def correlate(a, v, mode="valid"):
    _mode("correlate", mode)
    a, v = tensor(a), tensor(v)
    if mode == "same" and v.size > a.size:  # NumPy's middle, seen from the longer one
        return _reversed(convolve(conjugated(v), _reversed(a), mode))
    return convolve(a, _reversed(conjugated(v)), mode)


# ---------------------------------------------------------------------------------------- polynomials
# Coefficients stand with the highest power first, as NumPy's poly functions have them.
def _coefficients(op, p):
    p = atleast_1d(p)
    if p.ndim != 1:
        raise ValueError(f"{op}: coefficients must have 1 axis, not {p.ndim}")
    return p


def _coefficient_pairs(rng):
    for m, n in ((3, 2), (1, 4), (3, 3)):
        yield (rng.normal(size=m), rng.normal(size=n)), {}


@composition(
    doc="The value at x of the polynomial with coefficients p, the highest power first.",
    samples=lambda rng: [
        ((rng.normal(size=n), rng.normal(size=shape)), {})
        for n, shape in ((4, ()), (1, (3,)), (3, (2, 2)))],
    numpy=(np.polyval,),
)  # fmt: skip
def polyval(p, x):
    p, x = _coefficients("polyval", p), tensor(x)
    y = x * np.zeros((), np_dtype(x))
    for k in range(p.size):
        y = y * x + getitem(p, index=k)
    return y


def _aligned(op, a, b):
    """Both coefficient vectors with zeros in front, of one length."""
    a, b = _coefficients(op, a), _coefficients(op, b)
    n = max(a.size, b.size)
    return tuple(pad_zeros(p, pad_width=((n - p.size, 0),)) for p in (a, b))


@composition(
    doc="Sum of two polynomials.", samples=_coefficient_pairs, numpy=(np.polyadd,),
)  # fmt: skip
def polyadd(a1, a2):
    a1, a2 = _aligned("polyadd", a1, a2)
    return a1 + a2


@composition(
    doc="Difference of two polynomials.", samples=_coefficient_pairs, numpy=(np.polysub,),
)  # fmt: skip
def polysub(a1, a2):
    a1, a2 = _aligned("polysub", a1, a2)
    return a1 - a2


@composition(
    doc="Product of two polynomials.", samples=_coefficient_pairs, numpy=(np.polymul,),
)  # fmt: skip
def polymul(a1, a2):
    return convolve(_coefficients("polymul", a1), _coefficients("polymul", a2))


def _orders(rng):
    for n, m in ((4, 1), (5, 2), (2, 0), (1, 1)):
        yield (rng.normal(size=n),), {"m": m}


@composition(doc="The m-th derivative of a polynomial.", samples=_orders, numpy=(np.polyder,))
def polyder(p, m=1):
    p, m = _coefficients("polyder", p), operator.index(m)
    if m < 0:
        raise ValueError(f"polyder: m must not be negative, got {m}")
    for _ in range(min(m, p.size)):
        powers = np.arange(p.size - 1, 0, -1)
        p = getitem(p, index=slice(0, max(0, p.size - 1))) * powers
    return p


@composition(
    doc="The m-th integral of a polynomial, with the constants k.", samples=_orders,
    numpy=(np.polyint,),
)  # fmt: skip
def polyint(p, m=1, k=None):
    p, m = _coefficients("polyint", p), operator.index(m)
    if m < 0:
        raise ValueError(f"polyint: m must not be negative, got {m}")
    if m > 10_000:  # one operation each, and factorials overflow at 170
        raise ValueError(f"polyint: m must be at most 10,000, got {m}")
    constants = atleast_1d(beside([0.0] * m if k is None else k, p))
    if constants.size not in (1, m):
        raise ValueError(f"polyint: {constants.size} constants for {m} integrals")
    for i in range(m):
        powers = np.arange(p.size, 0, -1)
        last = getitem(constants, index=slice(i, i + 1) if constants.size > 1 else slice(0, 1))
        p = concat([p / powers, last])
    return p
