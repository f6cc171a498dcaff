"""Operations that TensorFlow calls otherwise than their rows: other defaults, or a dtype to give."""

from . import primitives
from .dtypes import as_dtype, int64


def argmax(input, axis=None, output_type=int64, name=None):
    """Position of the first largest element along `axis`, which is the first axis by default.

    input: numbers of shape [..., n, ...] with one axis or more. output_type: an integer dtype.
    Gives a Tensor of the shape of `input` without `axis`, which has no gradient.
    Raises numpy.exceptions.AxisError (a ValueError) for an axis that is not there.

    >>> fg.argmax([[1, 5], [3, 2]]).numpy()
    array([1, 0])
    """
    return _as(output_type, primitives.argmax(input, axis=0 if axis is None else axis))


def argmin(input, axis=None, output_type=int64, name=None):
    """Position of the first smallest element along `axis`; as `argmax`."""
    return _as(output_type, primitives.argmin(input, axis=0 if axis is None else axis))


def _as(dtype, positions):
    dtype = as_dtype(dtype)
    return positions if positions.dtype is dtype else primitives.cast(positions, dtype=dtype)


def leaky_relu(features, alpha=0.2, name=None):
    """`features` where they are positive, else `alpha` times them; the derivative at 0 is `alpha`.

    >>> fg.nn.leaky_relu([-1.0, 2.0]).numpy()
    array([-0.2,  2. ], dtype=float32)
    """
    return primitives.leaky_relu(features, alpha)
