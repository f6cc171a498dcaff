"""``t.at[index].set(value)``: a new Tensor that differs from t in some places, differentiable in both."""

import numpy as np

from .. import primitives
from .._core._numpy import converted
from .._core._tensor import share_array
from ..ops.indexing import PLACES


class At:
    """What ``t.at`` gives: index it."""

    __slots__ = ("_t",)

    def __init__(self, t):
        self._t = t

    def __getitem__(self, index):
        return Place(converted(self._t), index)

    def __repr__(self):
        return f"<at of a Tensor of shape {tuple(self._t.shape)}>"


class Place:
    """What ``t.at[index]`` gives: the functional forms of ``t[index] = value``, ``t[index] += value``, ...

    Values broadcast to the shape of ``t[index]`` and take the dtype of t.
    """

    __slots__ = ("_index", "_t")

    def __init__(self, t, index):
        self._t, self._index = t, index

    def get(self):
        """``t[index]``."""
        return self._t[self._index]

    def set(self, values):
        """t with `values` at the places; of places named more than once the last value stays."""
        t = self._t
        values, places = self._values(values)
        y = primitives.setitem_at(_flat(t), _flat(values), _flat(places), index=(PLACES,))
        return primitives.reshape(y, shape=t.shape)

    def add(self, values):
        """t with `values` added at the places; places named more than once add up."""
        t = self._t
        values, places = self._values(values)
        moved = primitives.unindex_at(
            _flat(values), _flat(places), shape=(t.size,), index=(PLACES,)
        )
        return t + primitives.reshape(moved, shape=t.shape)

    def subtract(self, values):
        """t with `values` subtracted at the places."""
        return self.add(primitives.negative(converted(values)))

    def multiply(self, values):
        """t with the places multiplied by `values`."""
        return self._once("multiply", primitives.multiply, values)

    mul = multiply

    def divide(self, values):
        """t with the places divided by `values`."""
        return self._once("divide", primitives.divide, values)

    def power(self, values):
        """t with the places raised to `values`."""
        return self._once("power", primitives.power, values)

    def min(self, values):
        """t with the smaller of the places and `values`."""
        return self._once("min", primitives.minimum, values)

    def max(self, values):
        """t with the larger of the places and `values`."""
        return self._once("max", primitives.maximum, values)

    def apply(self, function):
        """t with ``function(t[index])`` at the places."""
        return self.set(function(self.get()))

    def _places(self):
        """Positions in the flattened t, in the shape of ``t[index]``."""
        return share_array(np.arange(self._t.size).reshape(self._t.shape))[self._index]

    def _values(self, values):
        places = self._places()
        values = converted(values, self._t.dtype)
        return primitives.broadcast_to(values, shape=places.shape), places

    def _once(self, what, function, values):
        values, places = self._values(values)
        text = f"at[index].{what}: a place is named more than once"
        different = primitives.all_different(places)
        values = primitives.insist(values, different, error=ValueError, text=text)
        return self.set(function(self.get(), values))


def _flat(t):
    return primitives.reshape(t, shape=(-1,))
