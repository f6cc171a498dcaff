"""`IndexedSlices`: the gradient of a gather, which is zero but for the rows that were gathered."""

import numpy as np

from . import primitives
from ._core import _cotangents
from ._core._dispatch import constant, convert_to_tensor
from .errors import short
from .shapes import TensorShape


class IndexedSlices:
    """Rows of a Tensor that is zero elsewhere; rows named twice add up.

    values: the rows, of shape ``[n, *dense_shape[1:]]``. indices: n integers, which rows they are.
    dense_shape: the shape of the whole, a sequence of ints.

    It stands for a Tensor wherever an operation takes one, and is made dense there.

    >>> table = fg.Variable(fg.ones([4, 2]))
    >>> with fg.GradientTape() as tape:
    ...     y = fg.gather(table, [3, 1, 3])
    >>> g = tape.gradient(y, table)
    >>> g.indices.numpy(), g.shape
    (array([3, 1, 3], dtype=int32), TensorShape([4, 2]))
    >>> fg.convert_to_tensor(g).numpy()
    array([[0., 0.],
           [1., 1.],
           [0., 0.],
           [2., 2.]], dtype=float32)
    """

    __slots__ = ("values", "indices", "dense_shape")
    __array_ufunc__ = None  # NumPy leaves operators to us, and refuses the rest

    def __init__(self, values, indices, dense_shape):
        self.values = convert_to_tensor(values)
        self.indices = convert_to_tensor(indices)
        self.dense_shape = TensorShape(dense_shape)
        if not self.indices.dtype.is_integer or self.indices.ndim != 1:
            raise TypeError(
                f"IndexedSlices: indices must be a vector of integers, not {short(indices)}"
            )
        if self.values.shape != (*self.indices.shape, *self.dense_shape[1:]):
            raise ValueError(
                f"IndexedSlices: values of shape {self.values.shape} are not {self.indices.size} rows of "
                f"shape {tuple(self.dense_shape[1:])}"
            )

    @property
    def shape(self):
        """The shape of the whole, a `TensorShape`."""
        return self.dense_shape

    @property
    def dtype(self):
        """The element type, a `DType`."""
        return self.values.dtype

    @property
    def ndim(self):
        """The number of axes of the whole."""
        return len(self.dense_shape)

    def __neg__(self):
        return IndexedSlices(-self.values, self.indices, self.dense_shape)

    def __mul__(self, other):
        other = convert_to_tensor(other, self.dtype if isinstance(other, float) else None)
        if other.ndim:
            return convert_to_tensor(self) * other
        return IndexedSlices(self.values * other, self.indices, self.dense_shape)

    __rmul__ = __mul__

    def __add__(self, other):
        return convert_to_tensor(self) + other

    __radd__ = __add__

    def __sub__(self, other):
        return convert_to_tensor(self) - other

    def __rsub__(self, other):
        return other - convert_to_tensor(self)

    def __truediv__(self, other):
        return convert_to_tensor(self) / other

    def __repr__(self):
        return (
            f"IndexedSlices(indices={self.indices}, values={self.values}, "
            f"dense_shape={tuple(self.dense_shape)})"
        )

    def __fastgrad_tensor__(self):
        """The whole as a Tensor: what operations take it for."""
        return primitives.ungather(
            self.values, self.indices, shape=self.dense_shape, axis=0, batch_dims=0
        )

    def numpy(self):
        """The whole as a new array."""
        return convert_to_tensor(self).numpy()

    def summed(self):
        """The same with every row named once, in order."""
        numbers = self.indices.numpy().astype(np.int64) % self.dense_shape[0]
        rows, which = np.unique(numbers, return_inverse=True)
        shape = (rows.size, *self.dense_shape[1:])
        values = primitives.ungather(self.values, which, shape=shape, axis=0, batch_dims=0)
        return IndexedSlices(values, constant(rows), self.dense_shape)


def _joined(pieces, shape):
    """What a tape gives for a source of `gather`: one IndexedSlices of all (indices, values)."""
    indices = [primitives.reshape(i, (i.size,)) for i, _ in pieces]
    values = [primitives.reshape(v, (i.size, *shape[1:])) for i, v in pieces]
    if len(pieces) > 1:
        return IndexedSlices(primitives.concat(values, 0), primitives.concat(indices, 0), shape)
    return IndexedSlices(values[0], indices[0], shape)


_cotangents.join_slices(_joined)
