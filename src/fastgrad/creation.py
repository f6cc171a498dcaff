"""Tensors made from a shape, a range or like another one.

Shapes are ints or lists, tuples or Tensors of ints. One with more elements than an array can have
raises ValueError, one that is too big for the memory MemoryError.
"""

import builtins
import math
import operator
import sys

import numpy as np

from . import dtypes, primitives
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import is_traced
from ._core._tensor import Tensor, Variable, share_array
from .ops._metadata import axis_of
from .shapes import as_shape


# ------------------------------------------------------------------------------------------- filled
def ones(shape, dtype=dtypes.float32, name=None):
    """Ones of a shape.

    >>> fg.ones([2]).numpy()
    array([1., 1.], dtype=float32)
    """
    return _filled("ones", shape, 1, dtype)


def zeros(shape, dtype=dtypes.float32, name=None):
    """Zeros of a shape, as `ones`."""
    return _filled("zeros", shape, 0, dtype)


def ones_like(input, dtype=None, name=None):
    """Ones of the shape of `input`, and of its dtype unless another is given."""
    like = _operand(input)
    return _filled("ones_like", like.shape, 1, like.dtype if dtype is None else dtype)


def zeros_like(input, dtype=None, name=None):
    """Zeros of the shape of `input`, and of its dtype unless another is given."""
    like = _operand(input)
    return _filled("zeros_like", like.shape, 0, like.dtype if dtype is None else dtype)


def fill(dims, value, name=None):
    """One value in every place of a shape; the gradient of `value` is the sum over all places.

    value: a number or a 0-d Tensor, which decides the dtype. ValueError if it has axes.

    >>> fg.fill([2], 7).numpy()
    array([7, 7], dtype=int32)
    """
    value = _number("fill", "value", value)
    return primitives.broadcast_to(value, shape=_room("fill", dims, value.dtype, "dims"))


def eye(num_rows, num_columns=None, batch_shape=None, dtype=dtypes.float32, name=None):
    """Matrices of shape `[*batch_shape, num_rows, num_columns]` with ones on the main diagonal.

    >>> fg.eye(2, 3).numpy()
    array([[1., 0., 0.],
           [0., 1., 0.]], dtype=float32)
    """
    rows = operator.index(num_rows)
    columns = rows if num_columns is None else operator.index(num_columns)
    batch = () if batch_shape is None else as_shape(batch_shape, "batch_shape")
    dtype = dtypes.as_dtype(dtype)
    shape = _room("eye", (*batch, rows, columns), dtype)
    matrix = np.eye(rows, columns, dtype=dtype.np_dtype)
    return share_array(matrix if not batch else np.broadcast_to(matrix, shape).copy())


# ------------------------------------------------------------------------------------------- ranges
def range(start, limit=None, delta=1, dtype=None, name=None):
    """Numbers from `start` (0 if only the limit is given) up to but without `limit`, in steps.

    Ints give int32 and floats float32, unless `dtype` is given or they are Tensors or NumPy numbers,
    which keep theirs. Raises ValueError for a step of 0.

    >>> fg.range(5).numpy(), fg.range(1.0, 2.0, 0.5).numpy()
    (array([0, 1, 2, 3, 4], dtype=int32), array([1. , 1.5], dtype=float32))
    """
    if limit is None:
        start, limit = 0, start
    ends = {"start": start, "limit": limit, "delta": delta}
    for argument, end in ends.items():
        end = ends[argument] = _number("range", argument, end)
        if end.dtype.is_bool or end.dtype.is_complex:
            raise TypeError(f"range: {argument} must be real, not {end.dtype.name}")
    if dtype is None:
        kinds = [end.dtype.np_dtype for end in ends.values()]
        dtype = np.result_type(*([kind for kind in kinds if kind.kind == "f"] or kinds))
    dtype = dtypes.as_dtype(dtype)
    if any(is_traced(end) for end in ends.values()):
        return TracedRange(*(primitives.cast(end, dtype) for end in ends.values()))
    start, limit, delta = (end.numpy().item() for end in ends.values())
    if delta == 0 or not all(map(math.isfinite, (start, limit, delta))):
        raise ValueError(f"range: no steps of {delta} lead from {start} to {limit}")
    _room("range", max(0, math.ceil((limit - start) / delta)), dtype)
    return share_array(np.arange(start, limit, delta, dtype.np_dtype))


class TracedRange:
    """The numbers of a range whose ends aren't known while a function is traced: to be looped over."""

    def __init__(self, start, stop, step=1):
        self.start, self.stop, self.step = start, stop, step

    def __iter__(self):
        raise TypeError(
            "how many numbers this range has isn't known while a function is traced: loop over it with "
            "`for` in a function whose source fastgrad can read, or use fg.while_loop"
        )

    def __getattr__(self, name):
        raise TypeError(
            f"{name}: this range has another size in each call of the traced function, so it can only be "
            "looped over"
        )


def linspace(start, stop, num, name=None, axis=0):
    """`num` evenly spaced numbers from `start` to `stop`, both included, along a new axis.

    start, stop: numbers or Tensors that broadcast together; gradients pass through both. Ints
    become floats. Gives a Tensor with the new axis in front, or at `axis`.
    Raises ValueError unless `num` is 1 or more.

    >>> fg.linspace(0.0, 1.0, 5).numpy()
    array([0.  , 0.25, 0.5 , 0.75, 1.  ], dtype=float32)
    """
    count = operator.index(num)
    if count < 1:
        raise ValueError(f"linspace: num must be 1 or more, got {count}")
    start, stop = convert_to_tensor(start), convert_to_tensor(stop)
    span = stop - start
    if span.dtype.is_integer or span.dtype.is_bool:
        start, stop = (primitives.cast(end, dtype=dtypes.float64) for end in (start, stop))
        span = stop - start
    ndim = span.ndim + 1
    axis = axis_of("linspace", axis, ndim)
    _room("linspace", (count, *span.shape), span.dtype)
    shape = [count if i == axis else 1 for i in builtins.range(ndim)]
    place = np.linspace(0.0, 1.0, count).astype(span.dtype.np_dtype).reshape(shape)
    start, stop = (
        primitives.expand_dims(primitives.broadcast_to(end, shape=span.shape), axis=axis)
        for end in (start, stop)
    )
    return start * (1 - place) + stop * place  # exact at both ends


# ------------------------------------------------------------------------------------------ extents
def shape(input, out_type=dtypes.int32, name=None):
    """The shape of `input` as a 1-D integer Tensor, a constant.

    >>> fg.shape([[1, 2, 3]]).numpy()
    array([1, 3], dtype=int32)
    """
    return share_array(np.array(_operand(input).shape, dtypes.as_dtype(out_type).np_dtype))


def size(input, out_type=dtypes.int32, name=None):
    """The number of elements of `input` as a 0-d integer Tensor, a constant."""
    return constant(_operand(input).size, dtype=out_type)


def rank(input, name=None):
    """The number of axes of `input` as a 0-d int32 Tensor, a constant."""
    return constant(_operand(input).ndim)


# ------------------------------------------------------------------------------------------ helpers
def _operand(value):
    """Something with a shape and a dtype: a Tensor or Variable as it is, else what it converts to."""
    return value if isinstance(value, (Tensor, Variable)) else convert_to_tensor(value)


def _number(op, argument, value):
    """A 0-d Tensor of an argument that must be one number."""
    number = convert_to_tensor(value)
    if number.ndim:
        raise ValueError(f"{op}: {argument} must be a single number, not of shape {number.shape}")
    return number


def _room(op, shape, dtype, argument="shape"):
    """The shape as a TensorShape, of an array that can be addressed: nothing is allocated before."""
    shape = as_shape(shape, f"{op}: {argument}")
    if math.prod(shape) * dtype.size > sys.maxsize:
        raise MemoryError(f"{op}: an array of shape {shape} is too big for memory")
    return shape


def _filled(op, shape, value, dtype):
    dtype = dtypes.as_dtype(dtype)
    shape = _room(op, shape, dtype)
    make = np.ones if value else np.zeros
    return share_array(make(shape, dtype.np_dtype))
