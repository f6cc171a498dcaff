"""Random Tensors, by NumPy's generators.

`set_seed` makes a program repeatable. A `seed` given to an operation picks a stream of its own,
which starts anew with `set_seed`: its calls give other numbers each time, but the same ones in
every run, whatever else the program draws. Without either, numbers differ from run to run.
"""

import numpy as np

from . import dtypes, primitives
from ._core._dispatch import convert_to_tensor
from ._core._tensor import share_array
from .creation import _room

_global_seed = None
_streams = {}  # NumPy generators: the shared one under None, the others under (operation, seed)


def set_seed(seed):
    """Start all streams anew, from `seed` (an int; None: from the operating system's randomness).

    >>> fg.random.set_seed(7)
    """
    global _global_seed
    _global_seed = None if seed is None else _seed(seed)
    _streams.clear()


def normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Normally distributed numbers of a shape, in a floating dtype.

    mean, stddev: numbers or Tensors that broadcast to the shape; gradients pass through both.

    >>> fg.random.normal([2, 3]).shape
    TensorShape([2, 3])
    """
    return _normal("normal", _stream("normal", seed), shape, mean, stddev, dtype)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """As `normal`, but none is more than two standard deviations away from the mean."""
    stream = _stream("truncated_normal", seed)
    return _truncated_normal(stream, shape, mean, stddev, dtype)


def uniform(shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers spread evenly over [minval, maxval), in a floating or an integer dtype.

    For a floating dtype `maxval` is 1 unless given, and gradients pass through both bounds, which
    broadcast to the shape. For an integer dtype `maxval` must be given.
    Raises ValueError if an integer range is empty or does not fit the dtype.

    >>> die = fg.random.uniform([100], 1, 7, dtype=fg.int32)
    """
    return _uniform(_stream("uniform", seed), shape, minval, maxval, dtype)


def shuffle(value, seed=None, name=None):
    """The rows (along the first axis) of `value` in random order; gradients go back to their row.

    >>> fg.random.shuffle(fg.range(5)).shape
    TensorShape([5])
    """
    value = convert_to_tensor(value)
    if value.ndim == 0:
        raise ValueError("shuffle: value must have one axis or more")
    return primitives.gather(value, _stream("shuffle", seed).permutation(value.shape[0]))


class Generator:
    """Random numbers from a stream of its own.

    >>> g = fg.random.Generator.from_seed(1)
    >>> g.normal([2]).shape
    TensorShape([2])
    """

    __slots__ = ("_stream",)

    def __init__(self, stream):
        self._stream = stream

    @classmethod
    def from_seed(cls, seed, alg=None):
        """A generator whose numbers follow from `seed`, an int. `alg` has no effect."""
        return cls(_generator(_seed(seed)))

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A generator that starts from the operating system's randomness."""
        return cls(_generator(None))

    def normal(self, shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
        """As `fastgrad.random.normal`."""
        return _normal("normal", self._stream, shape, mean, stddev, dtype)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
        """As `fastgrad.random.truncated_normal`."""
        return _truncated_normal(self._stream, shape, mean, stddev, dtype)

    def uniform(self, shape, minval=0, maxval=None, dtype=dtypes.float32, name=None):
        """As `fastgrad.random.uniform`."""
        return _uniform(self._stream, shape, minval, maxval, dtype)


# ------------------------------------------------------------------------------------------ streams
def _stream(op, seed):
    """The NumPy generator that an operation draws from."""
    key = None if seed is None else (op, _seed(seed))
    found = _streams.get(key)
    if found is None:
        if key is None:
            entropy = _global_seed
        else:
            entropy = [_global_seed or 0, key[1], *op.encode()]
        found = _streams.setdefault(key, _generator(entropy))
    return found


def _generator(entropy):
    from numpy.random import default_rng  # takes milliseconds to import

    return default_rng(entropy)


def _seed(seed):
    """A seed as a non-negative int."""
    try:
        return seed.__index__() % 2**64
    except AttributeError:
        raise TypeError(f"seed must be an int, got {seed!r}") from None


# ------------------------------------------------------------------------------------ distributions
def _normal(op, stream, shape, mean, stddev, dtype):
    dtype = _floating(op, dtype)
    shape = _room(op, shape, dtype)
    return _moved(stream.standard_normal(shape, _drawn(dtype)), stddev, mean, dtype)


def _truncated_normal(stream, shape, mean, stddev, dtype):
    dtype = _floating("truncated_normal", dtype)
    shape = _room("truncated_normal", shape, dtype)
    numbers = np.atleast_1d(stream.standard_normal(shape, _drawn(dtype)))
    while (outside := np.abs(numbers) > 2).any():
        numbers[outside] = stream.standard_normal(np.count_nonzero(outside), _drawn(dtype))
    return _moved(numbers.reshape(shape), stddev, mean, dtype)


def _uniform(stream, shape, minval, maxval, dtype):
    dtype = dtypes.as_dtype(dtype)
    if dtype.is_integer:
        if maxval is None:
            raise ValueError(f"uniform: maxval must be given for {dtype.name}")
        shape = _room("uniform", shape, dtype)
        return share_array(np.asarray(stream.integers(minval, maxval, shape, dtype.np_dtype)))
    dtype = _floating("uniform", dtype)
    shape = _room("uniform", shape, dtype)
    maxval = 1.0 if maxval is None else maxval
    return _moved(stream.random(shape, _drawn(dtype)), maxval - minval, minval, dtype)


def _moved(numbers, factor, shift, dtype):
    """numbers * factor + shift in a dtype; numbers keep their shape."""
    y = share_array(np.asarray(numbers, dtype.np_dtype))
    shape = y.shape
    y = y * factor + shift
    if y.shape != shape:
        raise ValueError(f"parameters of shape {y.shape} do not broadcast to the shape {shape}")
    return y if y.dtype is dtype else primitives.cast(y, dtype=dtype)


def _floating(op, dtype):
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise TypeError(f"{op}: dtype must be floating, not {dtype.name}")
    return dtype


def _drawn(dtype):
    """The dtype that NumPy draws in."""
    return np.float64 if dtype is dtypes.float64 else np.float32
