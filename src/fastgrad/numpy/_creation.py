"""Tensors made from numbers, shapes and ranges, as NumPy makes arrays: floats are float64, ints int64.

Values that are Tensors stay connected to what they were made of; `dtype` is anything NumPy takes.
"""

import builtins
import math

import numpy as np

from .. import primitives
from .._core._numpy import converted, implements, on_data, view
from .._core._tensor import Tensor, Variable, share_array
from ..shapes import as_shape


# ---------------------------------------------------------------------------------------- from values
def array(object, dtype=None, *, copy=True, order="K", subok=False, ndmin=0, ndmax=0, like=None):
    """A Tensor of numbers, nested lists, arrays or Tensors, which it stays connected to."""
    t = converted(object, dtype)
    if ndmin > t.ndim:
        t = primitives.reshape(t, shape=(1,) * (ndmin - t.ndim) + t.shape)
    return t


def asarray(a, dtype=None, order=None, *, device=None, copy=None, like=None):
    """A Tensor of anything; a Tensor as it is.

    copy=False shares the memory of an ndarray (which must not be written to afterwards), and raises
    ValueError where that can't be. Otherwise arrays are copied.
    """
    _on_cpu(device)
    if copy is False and not isinstance(a, (Tensor, Variable)):
        if not isinstance(a, np.ndarray):
            raise ValueError(f"asarray: {type(a).__name__} can't become a Tensor without a copy")
        shared = share_array(np.asarray(a, dtype, order="C", copy=False))
        if not np.shares_memory(view(shared), a) and a.size:
            raise ValueError("asarray: only large contiguous arrays are shared without a copy")
        return shared
    t = converted(a, dtype)
    if copy is False and t.dtype != a.dtype:
        raise ValueError(f"asarray: {a.dtype.name} can't become {t.dtype.name} without a copy")
    return primitives.identity(t) if copy and t is a else t


def asarray_chkfinite(a, dtype=None, order=None):
    """As `asarray`; ValueError if a value is infinite or NaN."""
    t = converted(a, dtype)
    np.asarray_chkfinite(view(t))
    return t


def from_dlpack(x, /, *, device=None, copy=None):
    """A Tensor of an object with `__dlpack__`; its data is copied."""
    _on_cpu(device)
    return x if isinstance(x, Tensor) else share_array(np.array(np.from_dlpack(x)))


@implements(np.copy)
def copy(a, order="K", subok=False):
    """The value of `a` as a Tensor of its own."""
    return primitives.identity(converted(a))


@implements(np.astype)
def astype(x, dtype, /, *, copy=True, device=None):
    """x in another dtype; the gradient passes between floating dtypes."""
    _on_cpu(device)
    t = converted(x, dtype)
    return primitives.identity(t) if copy and t is x else t


# -------------------------------------------------------------------------------------------- filled
def zeros(shape, dtype=float, order="C", *, device=None, like=None):
    """Zeros of a shape."""
    return _filled("zeros", np.zeros, shape, dtype, device)


def ones(shape, dtype=None, order="C", *, device=None, like=None):
    """Ones of a shape."""
    return _filled("ones", np.ones, shape, dtype, device)


def empty(shape, dtype=float, order="C", *, device=None, like=None):
    """Zeros of a shape: a Tensor can't be written to, so nothing is left undefined."""
    return _filled("empty", np.zeros, shape, dtype, device)


@implements(np.zeros_like)
def zeros_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """Zeros of the shape and dtype of `a`, unless others are given."""
    return _like("zeros_like", np.zeros, a, dtype, shape, device)


@implements(np.ones_like)
def ones_like(a, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """Ones of the shape and dtype of `a`, unless others are given."""
    return _like("ones_like", np.ones, a, dtype, shape, device)


@implements(np.empty_like)
def empty_like(prototype, /, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """Zeros of the shape and dtype of `prototype`, as `empty`."""
    return _like("empty_like", np.zeros, prototype, dtype, shape, device)


def full(shape, fill_value, dtype=None, order="C", *, device=None, like=None):
    """One value, or an array that broadcasts, in a shape; gradients add up over the places."""
    _on_cpu(device)
    return primitives.broadcast_to(converted(fill_value, dtype), shape=_shape("full", shape))


@implements(np.full_like)
def full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    """`full` in the shape and dtype of `a`, unless others are given."""
    _on_cpu(device)
    like = _like("full_like", np.zeros, a, dtype, shape, device)
    return primitives.broadcast_to(converted(fill_value, like.dtype), shape=like.shape)


def eye(N, M=None, k=0, dtype=float, order="C", *, device=None, like=None):
    """Ones on a diagonal, zeros elsewhere."""
    _on_cpu(device)
    return share_array(np.eye(N, M, k, np.dtype(dtype or float)))


def identity(n, dtype=None, *, like=None):
    """The n by n matrix with ones on the diagonal."""
    return eye(n, dtype=dtype)


# -------------------------------------------------------------------------------------------- ranges
def arange(start, stop=None, step=1, dtype=None, *, device=None, like=None):
    """Numbers from `start` (0 if one number is given) to before `stop`, `step` apart; a constant."""
    _on_cpu(device)
    ends = (0, start) if stop is None else (start, stop)
    return share_array(np.arange(*map(_number, ends), _number(step), _dtype(dtype)))


def linspace(
    start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None
):  # fmt: skip
    """`num` numbers from `start` to `stop`, evenly spaced along a new axis; gradients pass to both."""
    _on_cpu(device)
    if not (_connected(start) or _connected(stop)):
        made = np.linspace(start, stop, num, endpoint, retstep, _dtype(dtype), axis)
        return (share_array(made[0]), made[1]) if retstep else share_array(made)
    start, stop = converted(start) * 1.0, converted(stop) * 1.0
    parts = num - 1 if endpoint else num
    step = (stop - start) / (parts or math.nan)
    span = primitives.broadcast_to(start, shape=step.shape)
    places = np.linspace(0.0, 1.0, num, endpoint, dtype=span.dtype)
    places = places.reshape((num,) + (1,) * span.ndim)
    y = start * (1 - places) + stop * places  # exact at both ends
    y = _moved(y, axis)
    y = y if dtype is None else converted(y, dtype)
    return (y, step) if retstep else y


def logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    """`base` to the powers that `linspace` gives; gradients pass to `start`, `stop` and `base`."""
    powers = linspace(start, stop, num, endpoint)
    if not isinstance(base, (int, float)):  # array bases have an axis of their own
        base = converted(base)
    y = _moved(primitives.power(base, powers), axis)
    return y if dtype is None else converted(y, dtype)


def geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    """`num` numbers from `start` to `stop` (both not 0), each the same multiple of the one before."""
    if not (_connected(start) or _connected(stop)):
        return share_array(np.geomspace(start, stop, num, endpoint, _dtype(dtype), axis))
    start, stop = converted(start) * 1.0, converted(stop) * 1.0
    y = start * primitives.power(stop / start, linspace(0.0, 1.0, num, endpoint).reshape(
        (num,) + (1,) * (stop / start).ndim))  # fmt: skip
    return _moved(y, axis) if dtype is None else converted(_moved(y, axis), dtype)


@implements(np.linspace)
def _linspace(*args, **kwargs):
    return linspace(*args, **kwargs)


@implements(np.logspace)
def _logspace(*args, **kwargs):
    return logspace(*args, **kwargs)


@implements(np.geomspace)
def _geomspace(*args, **kwargs):
    return geomspace(*args, **kwargs)


def fromfunction(function, shape, *, dtype=float, like=None, **kwargs):
    """`function` of the coordinate arrays of a shape."""
    grid = np.indices(tuple(as_shape(shape)), dtype)
    return function(*(share_array(axis) for axis in grid), **kwargs)


class _Grid:
    """`mgrid` and `ogrid` with Tensors."""

    def __init__(self, grid):
        self._grid = grid

    def __getitem__(self, key):
        return on_data(self._grid.__getitem__)(key)


mgrid, ogrid = _Grid(np.mgrid), _Grid(np.ogrid)

# Made by NumPy from sizes, files and texts: constants.
CONSTANT = {
    name: on_data(getattr(np, name))
    for name in (
        *("bartlett", "blackman", "hamming", "hanning", "kaiser", "tri", "indices"),
        *("diag_indices", "tril_indices", "triu_indices", "mask_indices"),
        *("frombuffer", "fromfile", "fromiter", "fromstring", "genfromtxt", "loadtxt", "load"),
    )
}


# ------------------------------------------------------------------------------------------- helpers
def _dtype(dtype):
    return None if dtype is None else np.dtype(dtype)


def _on_cpu(device):
    if device not in (None, "cpu"):
        raise ValueError(f"the only device is 'cpu', not {device!r}")


def _connected(value):
    """True if a value holds a Tensor, which a gradient may flow to."""
    if isinstance(value, (list, tuple)):
        return builtins.any(map(_connected, value))
    return isinstance(value, (Tensor, Variable))


def _number(value):
    return value.item() if isinstance(value, (Tensor, Variable)) else value


def _shape(op, shape):
    return as_shape(view(shape) if _connected(shape) else shape, f"{op}: shape")


def _filled(op, make, shape, dtype, device):
    _on_cpu(device)
    return share_array(make(tuple(_shape(op, shape)), np.dtype(dtype or float)))


def _like(op, make, a, dtype, shape, device):
    _on_cpu(device)
    a = view(a)
    shape = a.shape if shape is None else tuple(_shape(op, shape))
    return share_array(make(shape, a.dtype if dtype is None else np.dtype(dtype)))


def _moved(y, axis):
    """y with its first axis moved to `axis`."""
    axis = axis + y.ndim if axis < 0 else axis
    order = [*range(1, axis + 1), 0, *range(axis + 1, y.ndim)]
    return primitives.transpose(y, axes=order) if axis else y
