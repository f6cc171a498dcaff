"""Polynomials as arrays of coefficients, highest power first; all written with rows."""

import numpy as np

from .. import primitives
from .._core._numpy import converted, implements, stands_for, view


def _vector(op, p):
    p = converted(p)
    if p.ndim > 1:
        raise ValueError(f"{op}: coefficients have one axis, not {p.ndim}")
    return primitives.reshape(p, shape=(-1,))


@implements(np.polyval)
def polyval(p, x):
    """The polynomial at x, by Horner's rule."""
    p, x = _vector("polyval", p), converted(x)
    y = 0 * x
    for k in range(p.size):
        y = y * x + p[k]
    return y


def _of_one_length(op, a1, a2):
    a1, a2 = _vector(op, a1), _vector(op, a2)
    n = max(a1.size, a2.size)
    return (
        primitives.concat([np.zeros(n - a.size, a.dtype), a]) if a.size < n else a for a in (a1, a2)
    )


@implements(np.polyadd)
def polyadd(a1, a2):
    """Sum of two polynomials."""
    return primitives.add(*_of_one_length("polyadd", a1, a2))


@implements(np.polysub)
def polysub(a1, a2):
    """Difference of two polynomials."""
    return primitives.subtract(*_of_one_length("polysub", a1, a2))


@implements(np.polymul)
def polymul(a1, a2):
    """Product of two polynomials."""
    return stands_for(np.convolve)(_vector("polymul", a1), _vector("polymul", a2))


@implements(np.polyder)
def polyder(p, m=1):
    """The m-th derivative of a polynomial."""
    p = _vector("polyder", p)
    for _ in range(_order("polyder", m)):
        p = p[:-1] * np.arange(p.size - 1, 0, -1)
    return p


@implements(np.polyint)
def polyint(p, m=1, k=None):
    """The m-th integral of a polynomial, with constants k (0 unless given)."""
    p, m = _vector("polyint", p), _order("polyint", m)
    k = converted([0.0] * m if k is None else k)
    k = primitives.broadcast_to(k, shape=(m,)) if k.size == 1 else k
    if k.shape != (m,):
        raise ValueError("polyint: k must be one constant, or one for each of the m integrations")
    for i in range(m):
        p = primitives.concat([p / np.arange(p.size, 0, -1), k[i : i + 1]])
    return p


def _order(op, m):
    if m < 0:
        raise ValueError(f"{op}: the order must not be negative, got {m}")
    return int(m)


@implements(np.poly)
def poly(seq_of_zeros):
    """The polynomial with given roots."""
    roots = converted(seq_of_zeros)
    if roots.ndim != 1:
        raise ValueError("poly: roots have one axis; for a matrix take its eigenvalues first")
    p = np.ones(1)
    for k in range(roots.size):
        p = stands_for(np.convolve)(p, primitives.stack([converted(1.0), -roots[k]]))
    return converted(p)


@implements(np.polyfit)
def polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Coefficients of the polynomial of degree `deg` that fits y at x best by least squares."""
    if full or cov:
        raise TypeError("np.polyfit: full= and cov= are not supported on Tensors")
    x, y = converted(x) * 1.0, converted(y) * 1.0
    matrix = primitives.stack([x ** (deg - k) for k in range(deg + 1)], axis=1)
    if w is not None:
        w = converted(w)
        matrix, y = matrix * w[:, None], y * (w if y.ndim == 1 else w[:, None])
    unit = np.sqrt(np.sum(view(matrix) ** 2, axis=0))  # columns of one length: better conditioned
    fit = stands_for(np.linalg.lstsq)(matrix / unit, y, rcond)[0]
    return fit / (unit if fit.ndim == 1 else unit[:, None])
