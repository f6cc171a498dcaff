"""Checks and normal forms of metadata: axes and dtypes. Errors name the operation."""

import itertools
import operator

from ..dtypes import as_dtype
from ..errors import axis_error, short


def axis_of(op, axis, ndim):
    """`axis` as an int in [0, ndim). AxisError if it is out of range, TypeError if it is no int."""
    try:
        at = operator.index(axis)
    except TypeError:
        raise TypeError(f"{op}: axis must be an int, not {short(axis)}") from None
    if not -ndim <= at < ndim:
        raise axis_error(op, at, ndim)
    return at % ndim


def axes_of(op, axis, ndim):
    """Axes as a sorted tuple of ints in [0, ndim); None stands for all of them.

    Takes an int or a sequence of ints. ValueError if an axis is named twice.
    """
    if axis is None:
        return tuple(range(ndim))
    if hasattr(axis, "__iter__") and getattr(axis, "ndim", 1):
        axes = sorted(axis_of(op, one, ndim) for one in axis)
        if len(set(axes)) < len(axes):
            raise ValueError(f"{op}: duplicate axis in {short(axis)}")
        return tuple(axes)
    return (axis_of(op, axis, ndim),)


def dtype_of(dtype):
    """The `np.dtype` that a DType, np.dtype, name or Python type stands for."""
    return as_dtype(dtype).np_dtype


def check_integers(op, name, aval):
    """TypeError unless an argument that counts or points is of an integer dtype."""
    dtype = dtype_of(aval.dtype)
    if dtype.kind not in "iu":
        raise TypeError(f"{op}: {name} must be integers, not {dtype}")


def check_real(op, aval, way="use fg.math.abs, real or imag"):
    """TypeError for complex numbers, which have no order and more than one size to a direction."""
    if dtype_of(aval.dtype).kind == "c":
        raise TypeError(f"{op}: not defined for complex numbers: {way}")


def broadcast_shape(op, *shapes):
    """The shape that shapes broadcast to, of any number of axes (np.broadcast_shapes stops at 32)."""
    shape = []
    for sizes in itertools.zip_longest(*(one[::-1] for one in map(tuple, shapes)), fillvalue=1):
        longer = {*sizes} - {1}
        if len(longer) > 1:
            text = " and ".join(str(tuple(one)) for one in shapes)
            raise ValueError(f"{op}: shapes {text} do not broadcast")
        shape.append(longer.pop() if longer else 1)
    return tuple(shape[::-1])


# ------------------------------------------------------------------------------- one more axis in front
def lift_nothing(n, avals, metadata):
    """`lift` of a row whose metadata do not tell of the first axes."""
    return metadata


def lift_axes(*names):
    """`lift` of a row with metadata that count axes: each stands one further back."""

    def lift(n, avals, metadata):
        moved = {}
        for name in names:
            axis = metadata[name]
            moved[name] = tuple(i + 1 for i in axis) if isinstance(axis, tuple) else axis + 1
        return {**metadata, **moved}

    return lift


def lift_shape(n, avals, metadata):
    """`lift` of a row with a target shape, if it has the axes of x."""
    shape = metadata["shape"]
    return {**metadata, "shape": (n, *shape)} if len(shape) == avals[0].ndim else None
