"""Linear algebra rows: products of matrices."""

import operator

import numpy as np

from .._rules import composition, primitive
from .shaping import expand_dims, reshape, sum_to


def _shape_of_product(op, a, b, transpose_a=False, transpose_b=False):
    """Check that two shapes multiply; ValueError says which and why."""

    def fail(why):
        flags = ", ".join(
            name for name, on in (("transpose_a", transpose_a), ("transpose_b", transpose_b)) if on
        )
        raise ValueError(f"{op}: shapes {a} and {b}{f' with {flags}' if flags else ''} {why}")

    if not a or not b:
        fail("do not multiply: both need one axis or more")
    if (transpose_a and len(a) < 2) or (transpose_b and len(b) < 2):
        fail("do not multiply: only a matrix can be transposed")
    left = a[-2] if transpose_a else a[-1]
    right = b[-1] if transpose_b or len(b) == 1 else b[-2]
    if left != right:
        fail(f"do not multiply: {left} columns meet {right} rows")
    if any(m != n and 1 not in (m, n) for m, n in zip(a[-3::-1], b[-3::-1], strict=False)):
        fail("do not multiply: the leading axes do not broadcast")


def _matmul_metadata(avals, metadata):
    flags = {name: bool(operator.truth(flag)) for name, flag in metadata.items()}
    _shape_of_product("matmul", *(tuple(aval.shape) for aval in avals), **flags)
    return flags


def _as_matrix(ct, a_ndim, b_ndim):
    """The cotangent with the axes of size 1 that a product with a vector leaves out."""
    if b_ndim == 1:
        ct = expand_dims(ct, axis=-1)
    if a_ndim == 1:
        ct = expand_dims(ct, axis=-2)
    return ct


def _fit(product, matrix_shape, shape):
    """Sum out broadcast leading axes, and drop the axis that made a vector a matrix."""
    if tuple(product.shape) != tuple(matrix_shape):
        product = sum_to(product, shape=matrix_shape)
    return product if len(matrix_shape) == len(shape) else reshape(product, shape=shape)


def _matmul_left(ct, a_aval, b, transpose_a, transpose_b):
    ct = _as_matrix(ct, a_aval.ndim, b.ndim)
    b = expand_dims(b, axis=1) if b.ndim == 1 else b
    if transpose_a:
        product = matmul(b, ct, transpose_a=transpose_b, transpose_b=True)
    else:
        product = matmul(ct, b, transpose_b=not transpose_b)
    shape = a_aval.shape
    return _fit(product, (1, *shape) if a_aval.ndim == 1 else shape, shape)


def _matmul_right(ct, a, b_aval, transpose_a, transpose_b):
    ct = _as_matrix(ct, a.ndim, b_aval.ndim)
    a = expand_dims(a, axis=0) if a.ndim == 1 else a
    if transpose_b:
        product = matmul(ct, a, transpose_a=True, transpose_b=transpose_a)
    else:
        product = matmul(a, ct, transpose_a=not transpose_a)
    shape = b_aval.shape
    return _fit(product, (*shape, 1) if b_aval.ndim == 1 else shape, shape)


def _matmul_jvp(tangents, primals, y, **flags):
    (a_dot, b_dot), (a, b) = tangents, primals
    if b_dot is None:
        return matmul(a_dot, b, **flags)
    moved = matmul(a, b_dot, **flags)
    return moved if a_dot is None else matmul(a_dot, b, **flags) + moved


def _factors(rng):
    def pair(a, b, **flags):
        return (rng.normal(size=a), rng.normal(size=b)), flags

    yield pair((2, 3), (3, 4))
    yield pair((3, 2), (3, 4), transpose_a=True)
    yield pair((2, 3), (4, 3), transpose_b=True)
    yield pair((3, 2), (4, 3), transpose_a=True, transpose_b=True)
    yield pair((3,), (3,))
    yield pair((3,), (3, 4))
    yield pair((2, 3), (3,))
    yield pair((3,), (5, 3, 4))
    yield pair((5, 2, 3), (3,))
    yield pair((3,), (5, 4, 3), transpose_b=True)
    yield pair((5, 2, 3), (5, 3, 4))
    yield pair((5, 1, 3, 2), (2, 3, 4), transpose_a=True)
    yield pair((2, 3), (5, 4, 3), transpose_b=True)
    yield pair((1, 1), (1, 1))
    yield pair((17, 65), (65, 33))
    yield pair((2, 0), (0, 3))
    yield pair((0, 3), (3, 2))


@primitive(
    vjp=(_matmul_left, _matmul_right), jvp=_matmul_jvp, canonical=_matmul_metadata,
    samples=_factors, numpy=(np.matmul,),
    kernel="matmul", promotes=True,
    doc="Product of matrices over the last two axes; leading axes broadcast, vectors as in NumPy.",
)  # fmt: skip
def matmul(a, b, *, transpose_a=False, transpose_b=False):
    a = np.swapaxes(a, -1, -2) if transpose_a else a
    b = np.swapaxes(b, -1, -2) if transpose_b else b
    return np.matmul(a, b)


def _vectors(rng):
    yield (rng.normal(size=3), rng.normal(size=4)), {}
    yield (rng.normal(size=(2, 2)), rng.normal(size=())), {}
    yield (rng.normal(size=0), rng.normal(size=2)), {}


@composition(
    doc="Products of each element of a with each of b, as a matrix; both are flattened.",
    samples=_vectors, numpy=(np.outer,),
)  # fmt: skip
def outer(a, b):
    return reshape(a, shape=(-1, 1)) * reshape(b, shape=(1, -1))
