"""Convolution of vectors, and polynomials, whose products are convolutions."""

import operator

import numpy as np

from .._rules import composition, primitive
from ._operands import beside, conjugated, np_dtype, sizing, tensor
from .arranging import ravel
from .elementwise import add, negative, subtract
from .indexing import getitem
from .linalg import matmul
from .padding import pad_zeros
from .products import bilinear_jvp
from .reductions import sum_
from .shaping import cast, concat, expand_dims, flip, in_dtype, reshape, stack
from .solving import lapack

# ---------------------------------------------------------------------------------------- convolution
MODES = ("full", "same", "valid")


def _convolve_metadata(avals, metadata):
    if metadata["mode"] not in ("full", "valid"):
        raise ValueError(f"convolved: mode must be 'full' or 'valid', not {metadata['mode']!r}")
    a, v = avals
    if not (a.ndim == v.ndim == 1 and a.size and v.size):
        shapes = f"{tuple(a.shape)} and {tuple(v.shape)}"
        raise ValueError(f"convolve: both arrays must have 1 axis and an element, not {shapes}")
    if metadata["mode"] == "valid" and a.size < v.size:
        raise ValueError("convolved: in mode 'valid' a is the longer one")
    return metadata


def _reversed(x):
    return flip(x, axis=0)


def _convolved_a(ct, v, mode, turned):
    return convolved(ct, v, mode="valid" if mode == "full" else "full", turned=not turned)


def _convolved_v(ct, a, mode, turned):
    longer, shorter = (a, ct) if mode == "valid" else (ct, a)
    y = convolved(longer, shorter, mode="valid", turned=True)
    return y if (mode == "valid") == turned else _reversed(y)


@primitive(
    vjp=(_convolved_a, _convolved_v),
    jvp=lambda *given, **metadata: bilinear_jvp(convolved)(*given, **metadata),
    canonical=_convolve_metadata, promotes=True,
    samples=lambda rng: [
        ((rng.normal(size=n), rng.normal(size=m)), {"mode": mode, "turned": turned})
        for n, m, mode in ((5, 3, "full"), (2, 4, "full"), (1, 1, "full"), (6, 2, "valid"), (3, 3, "valid"),
                           (4, 1, "valid")) for turned in (False, True)],
    doc="Discrete convolution of two vectors, v reversed if turned: all of it, or where v lies within a.",
)  # fmt: skip
def convolved(a, v, *, mode="full", turned=False):
    return np.convolve(a, v[::-1] if turned else v, mode)


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
    if mode == "same" or v.size > a.size:
        return convolve(a, _reversed(conjugated(v)), mode)
    return convolved(a, conjugated(v), mode=mode, turned=True)


# --------------------------------------------------------------------------------- powers, polynomials
def _powers_metadata(avals, metadata):
    (x,) = avals
    if x.ndim != 1:
        raise ValueError(f"vander: x must have 1 axis, not {x.ndim}")
    count = operator.index(metadata["count"])
    if count < 0:
        raise ValueError(f"vander: N must not be negative, got {count}")
    return {"count": count, "increasing": bool(metadata["increasing"])}


def _columns(x, first, last):
    return getitem(x, index=(slice(None), slice(first, last)))


def _slopes(y, count, increasing):
    """Derivatives of all powers but the 0-th, as columns: k times the power before the k-th."""
    if increasing:
        return _columns(y, 0, max(0, count - 1)) * np.arange(1, count, dtype=np_dtype(y))
    return _columns(y, 1, None) * np.arange(count - 1, 0, -1, dtype=np_dtype(y))


def _powers_vjp(ct, y, count, increasing):
    ct = _columns(ct, 1, None) if increasing else _columns(ct, 0, max(0, count - 1))
    return sum_(ct * _slopes(y, count, increasing), axis=1)


def _powers_jvp(tangents, primals, y, count, increasing):
    moved = expand_dims(tangents[0], axis=1) * _slopes(y, count, increasing)
    ends = (1, 0) if increasing else (0, 1)
    return pad_zeros(moved, pad_width=((0, 0), ends if count else (0, 0)))


@primitive(
    vjp=_powers_vjp, jvp=_powers_jvp, canonical=_powers_metadata,
    samples=lambda rng: [
        ((rng.uniform(0.5, 2, size=n),), {"count": count, "increasing": up})
        for n, count, up in ((3, 3, False), (4, 3, True), (2, 1, False), (2, 1, True), (1, 0, False),
                             (0, 2, True))],
    doc="The powers of x from the 0-th on as columns, highest first unless increasing.",
)  # fmt: skip
def powers(x, *, count, increasing=False):
    y = np.empty((x.size, count), x.dtype)
    rising = y if increasing else y[:, ::-1]
    rising[:, :1] = 1
    rising[:, 1:] = x[:, np.newaxis]
    if count > 2:
        np.multiply.accumulate(rising[:, 1:], axis=1, out=rising[:, 1:])
    return y


@composition(
    doc="The powers of x as columns, highest first unless increasing.",
    samples=lambda rng: [
        ((rng.uniform(0.5, 2, size=n),), {"N": count, "increasing": up})
        for n, count, up in ((3, None, False), (4, 3, True), (2, 1, False), (1, 0, False))],
    numpy=(np.vander,),
)  # fmt: skip
def vander(x, N=None, increasing=False):  # noqa: N803  (NumPy's name)
    x = tensor(x)
    x = in_dtype(x, np.promote_types(np_dtype(x), int))
    return powers(x, count=x.size if N is None else N, increasing=increasing)


# Coefficients stand with the highest power first, as NumPy's poly functions have them.
def _coefficients(op, p):
    p = tensor(p)
    p = p if p.ndim else reshape(p, shape=(1,))
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


def _aligned(op, combine, sign, a, b):
    """a and b combined where both have coefficients; before them those of the longer one, b's with a sign."""
    a, b = _coefficients(op, a), _coefficients(op, b)
    more = a.size - b.size
    if more > 0:
        head, a = getitem(a, index=slice(0, more)), getitem(a, index=slice(more, None))
    elif more:
        head, b = getitem(b, index=slice(0, -more)), getitem(b, index=slice(-more, None))
        head = sign(head) if sign else head
    return concat([head, combine(a, b)]) if more else combine(a, b)


@composition(
    doc="Sum of two polynomials.", samples=_coefficient_pairs, numpy=(np.polyadd,),
)  # fmt: skip
def polyadd(a1, a2):
    return _aligned("polyadd", add, None, a1, a2)


@composition(
    doc="Difference of two polynomials.", samples=_coefficient_pairs, numpy=(np.polysub,),
)  # fmt: skip
def polysub(a1, a2):
    return _aligned("polysub", subtract, negative, a1, a2)


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
    constants = ravel(beside([0.0] * m if k is None else k, p))
    if constants.size not in (1, m):
        raise ValueError(f"polyint: {constants.size} constants for {m} integrals")
    for i in range(m):
        powers = np.arange(p.size, 0, -1)
        last = getitem(constants, index=slice(i, i + 1) if constants.size > 1 else slice(0, 1))
        p = concat([p / powers, last])
    return p


@composition(
    doc="Quotient and remainder of two polynomials.",
    samples=lambda rng: [
        ((rng.normal(size=m), rng.uniform(0.5, 2, size=n)), {})
        for m, n in ((5, 3), (3, 3), (2, 4), (4, 1))],
    numpy=(np.polydiv,),
)  # fmt: skip
def polydiv(u, v):
    u, v = _coefficients("polydiv", u) + 0.0, _coefficients("polydiv", v) + 0.0
    rest, digits = u + 0 * getitem(v, index=0), []
    for _ in range(u.size - v.size + 1):
        digits.append(getitem(rest, index=0) / getitem(v, index=0))
        change = pad_zeros(digits[-1] * v, pad_width=((0, rest.size - v.size),))
        rest = getitem(rest - change, index=slice(1, None))
    quotient = stack(digits) if digits else getitem(rest, index=slice(0, 1)) * 0
    rest = concat([getitem(quotient, index=slice(0, 1)) * 0, rest]) if not rest.size else rest
    small = np.absolute(sizing("polydiv", "u and v", rest)) <= 1e-8  # as NumPy has it
    first = np.argmin(small) if not small.all() else small.size - 1
    return quotient, getitem(rest, index=slice(int(first), None))


# A root r moves with the coefficient of x**k by -r**k / p'(r): the implicit function theorem.
def _roots_vjp(ct, p, p_aval, y):
    share = ct / polyval(polyder(p), y)
    moved = matmul(expand_dims(-share, axis=0), vander(y, N=p_aval.size))
    return cast(reshape(moved, shape=p_aval.shape), dtype=p_aval.dtype)


def _roots_jvp(tangents, primals, y):
    (p_dot,), (p,) = tangents, primals
    return cast(-polyval(p_dot, y) / polyval(polyder(p), y), dtype=y.dtype)


def _with_roots(rng):
    for n in (3, 2, 1):
        yield (np.poly(1.5 * np.arange(n) - 1 + rng.uniform(-0.3, 0.3, size=n)) * 1.5,), {}
    yield (np.poly([0.5, 1.0 + 2.0j, 1.0 - 2.0j]).real,), {}


@primitive(
    vjp=_roots_vjp, jvp=_roots_jvp, canonical=lambda avals, metadata: _one_vector(avals[0]),
    samples=_with_roots, numpy=(np.roots,),
    doc="The roots of a polynomial, in no particular order; complex if any of them is.",
)  # fmt: skip
def roots(p):
    return lapack(np.roots, p)


def _one_vector(aval):
    if aval.ndim != 1:
        raise ValueError(f"roots: coefficients must have 1 axis, not {aval.ndim}")
    return {}
