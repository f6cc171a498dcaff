"""Polynomials from their roots and through points, highest power first; written with rows."""

import numpy as np

from .. import primitives
from .._core._numpy import converted, implements, stands_for, view


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
