"""`TensorShape`, the tuple that a tensor's shape is, and `as_shape` that checks one."""

import math
import operator
import sys

from .errors import short


class TensorShape(tuple):
    """A shape: a tuple of sizes, equal to the tuple or list of the same numbers.

    A size may be None (not known) in a shape that describes inputs to come; the shape of a tensor
    has numbers only. Slices and sums are TensorShapes again.

    >>> s = TensorShape([2, 3])
    >>> s, s == [2, 3], s[0], s[1:] + [4]
    (TensorShape([2, 3]), True, 2, TensorShape([3, 4]))
    """

    __slots__ = ()

    def __new__(cls, dims=()):
        return tuple.__new__(cls, _sizes(dims, "shape"))

    @property
    def rank(self) -> int:
        """Number of axes."""
        return len(self)

    ndims = rank

    @property
    def dims(self) -> list[int]:
        """The sizes as a list."""
        return list(self)

    def as_list(self) -> list[int]:
        """The sizes as a list."""
        return list(self)

    def is_fully_defined(self) -> bool:
        """True when every size is known."""
        return None not in self

    def num_elements(self) -> int | None:
        """Number of elements, or None when a size is not known."""
        return math.prod(self) if self.is_fully_defined() else None

    def is_compatible_with(self, other: object) -> bool:
        """True when both have as many axes and no two known sizes differ."""
        other = TensorShape(other)
        return len(self) == len(other) and all(
            a is None or b is None or a == b for a, b in zip(self, other, strict=True)
        )

    def __getitem__(self, index):
        item = tuple.__getitem__(self, index)
        return tuple.__new__(TensorShape, item) if isinstance(index, slice) else item

    def __add__(self, other):
        if not isinstance(other, (tuple, list)):
            return NotImplemented
        return TensorShape([*self, *other])

    def __radd__(self, other):
        if not isinstance(other, (tuple, list)):
            return NotImplemented
        return TensorShape([*other, *self])

    def __eq__(self, other):
        return tuple.__eq__(self, tuple(other) if isinstance(other, list) else other)

    def __ne__(self, other):
        return tuple.__ne__(self, tuple(other) if isinstance(other, list) else other)

    __hash__ = tuple.__hash__

    def __repr__(self):
        return f"TensorShape({list(self)})"

    def __str__(self):
        return tuple.__repr__(self)


def as_shape(obj: object, name: str = "shape") -> TensorShape:
    """The TensorShape that `obj` gives: an int, or a list, tuple or 1-D integer array of ints.

    `name` is what error texts call the argument. TypeError: not integers. ValueError: a negative
    or unknown size, an array that is not 1-D, or more elements than an array can have.

    >>> as_shape(3), as_shape([2, 3])
    (TensorShape([3]), TensorShape([2, 3]))
    """
    shape = obj if type(obj) is TensorShape else tuple.__new__(TensorShape, _sizes(obj, name))
    if None in shape:
        raise ValueError(f"{name} must have known sizes, got {shape}")
    # Zeros are left out: NumPy, too, refuses a shape whose other sizes alone are too many.
    if math.prod([d for d in shape if d] if 0 in shape else shape) > sys.maxsize:
        raise ValueError(f"{name} {shape} has more elements than an array can hold")
    return shape


def _sizes(obj, name):
    """The sizes in `obj` as a list of int or None, checked one by one."""
    return [
        d if type(d) is int and 0 <= d <= sys.maxsize else _size(d, name)
        for d in _sequence(obj, name)
    ]


def _sequence(obj, name):
    """The sizes in `obj`, unchecked."""
    if isinstance(obj, (list, tuple, range)):
        return obj
    if callable(getattr(obj, "numpy", None)) and not isinstance(obj, type):
        obj = obj.numpy()
    if hasattr(obj, "tolist"):
        if getattr(obj, "ndim", 1) > 1:
            raise ValueError(f"{name} must be 1-D, got an array of shape {obj.shape}")
        obj = obj.tolist()
        if isinstance(obj, list):
            return obj
    if hasattr(obj, "__index__"):
        return (obj,)
    raise TypeError(
        f"{name} must be an int or a list or tuple of ints, got {short(obj)} of type "
        f"{type(obj).__name__!r}"
    )


def _size(dim, name):
    """One size as an int (or None), checked."""
    if dim is None:
        return None
    is_bool = isinstance(dim, bool) or getattr(dim, "dtype", None) == "bool"
    if is_bool or not hasattr(dim, "__index__"):
        raise TypeError(
            f"{name} must have integer sizes, got {short(dim)} of type {type(dim).__name__!r}"
        )
    size = operator.index(dim)
    if not 0 <= size <= sys.maxsize:
        problem = "negative" if size < 0 else "larger than an array can be"
        raise ValueError(f"{name} has the size {size}, which is {problem}")
    return size
