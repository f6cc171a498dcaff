"""Functions of matrices: the exponential, and SciPy's logarithm and square root.

For f of a block matrix, f([[a, e], [0, a]]) = [[f(a), L], [0, f(a)]], where L is the exact change of
f(a) when a changes by e (N. Higham, Functions of Matrices, 2008, theorem 3.6). So one rule serves
all, to any order.
"""

import warnings

import numpy as np

from .._rules import primitive
from .shaping import cast, concat, matrix_transpose
from .solving import LinAlgError, lapack, scipy_linalg, squares

# Degree of the Pade approximant, and the 1-norm up to which it has the digits of float64 (N. Higham:
# The scaling and squaring method for the matrix exponential revisited, SIAM J. Matrix Anal. 26, 2005).
DEGREES = ((3, 1.495585217958292e-2), (5, 2.539398330063230e-1), (7, 9.504178996162932e-1),
           (9, 2.097847961257068), (13, 5.371920351148152))  # fmt: skip


def _along(function, a, e):
    """The change of function(a) along e."""
    n = a.shape[-1]
    top, low = concat([a, e], axis=-1), concat([0 * a, a], axis=-1)
    return function(concat([top, low], axis=-2))[..., :n, n:]


def _pade(a, degree):
    """The diagonal Pade approximant of exp(a) of odd degree."""
    eye = np.eye(a.shape[-1], dtype=a.dtype)
    square = a @ a
    power, factor, odd, even = eye, 1.0, 0, 0
    for k in range(degree + 1):
        if k % 2:
            odd = odd + factor * power
            power = power @ square if k < degree else power
        else:
            even = even + factor * power
        factor *= (degree - k) / ((2 * degree - k) * (k + 1))
    odd = a @ odd
    return np.linalg.solve(even - odd, even + odd)


def _exponential(a):
    a = a if a.dtype.kind in "fc" else a.astype(np.float64)
    if a.size == 0:
        return a
    norms = np.abs(a).sum(axis=-2).max(axis=-1)
    largest = norms.max()
    for degree, bound in DEGREES:
        if largest <= bound:
            return _pade(a, degree)
    with np.errstate(all="ignore"):
        halvings = np.ceil(np.log2(norms / bound))
    halvings = np.where(np.isfinite(halvings), np.maximum(halvings, 0), 0)
    halvings = halvings.astype(np.int32)[..., None, None]
    y = _pade(a * np.ldexp(np.ones((), norms.dtype), -halvings), degree)
    for k in range(halvings.max()):
        y = np.where(k < halvings, y @ y, y)
    return y


def _small(rng):
    for shape, size in (((3, 3), 0.7), ((2, 2, 2), 0.1), ((1, 1), 1), ((3, 3), 3), ((0, 0), 1)):
        yield (size * rng.uniform(-1, 1, size=shape),), {}


@primitive(
    vjp=lambda ct, a: _along(expm, matrix_transpose(a), ct),
    jvp=lambda tangents, primals, y: _along(expm, primals[0], tangents[0]),
    canonical=squares("expm"), samples=_small,
    doc="Exponential of square matrices.",
)  # fmt: skip
def expm(a):
    return lapack(_exponential, a)


# -------------------------------------------------------------------------------- SciPy's functions
def _of_scipy(name):
    """A function of stacks of ndarrays that calls scipy.linalg's for each matrix."""

    def function(a):
        a = a if a.dtype.kind in "fc" else a.astype(np.float64)
        if a.size == 0:
            return a
        one, wide = getattr(scipy_linalg(name), name), a.astype(np.result_type(a, np.float64))
        if not np.isfinite(wide).all():  # SciPy's logm (1.17) does not come back
            raise LinAlgError(f"{name}: a matrix has infinite elements or NaN")
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # SciPy warns of (nearly) singular matrices, and guesses
            try:
                y = np.stack([one(matrix) for matrix in wide.reshape(-1, *a.shape[-2:])])
            except Warning as told:
                raise LinAlgError(f"{name}: {told}") from None
        y = y.reshape(a.shape)
        return y.astype(np.result_type(a, np.complex64 if y.dtype.kind == "c" else a))

    return function


def _back(function, ct, a, a_aval):
    change = _along(function, matrix_transpose(a), ct)
    return change if change.dtype == a_aval.dtype else cast(change, dtype=a_aval.dtype)


def _far_from_negative(rng):
    for shape in ((3, 3), (2, 2, 2), (1, 1)):
        yield (2 * np.eye(shape[-1]) + rng.uniform(-0.5, 0.5, size=shape),), {}


@primitive(
    vjp=lambda ct, a, a_aval: _back(sqrtm, ct, a, a_aval),
    jvp=lambda tangents, primals, y: _along(sqrtm, primals[0], tangents[0]),
    canonical=squares("sqrtm"), samples=_far_from_negative, lazy="scipy",
    doc="The principal square root y of square matrices, y @ y = a (SciPy's); complex if need be.",
)  # fmt: skip
def sqrtm(a):
    return lapack(_of_scipy("sqrtm"), a)


@primitive(
    vjp=lambda ct, a, a_aval: _back(logm, ct, a, a_aval),
    jvp=lambda tangents, primals, y: _along(logm, primals[0], tangents[0]),
    canonical=squares("logm"), samples=_far_from_negative, lazy="scipy",
    doc="The principal logarithm y of square matrices, expm(y) = a (SciPy's); complex if need be.",
)  # fmt: skip
def logm(a):
    return lapack(_of_scipy("logm"), a)
