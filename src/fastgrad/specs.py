"""`TensorSpec`: what the arguments of a function and the results of a call must look like."""

import numpy as np

from . import _nest
from ._core._dispatch import constant
from ._core._tensor import Tensor, Variable
from .dtypes import as_dtype, float32
from .errors import short
from .shapes import TensorShape


class TensorSpec:
    """What a Tensor must look like: a shape, in which None stands for any size, and a dtype.

    shape: None for any shape at all.

    >>> fg.TensorSpec([None, 2], fg.float64)
    TensorSpec(shape=(None, 2), dtype=fg.float64, name=None)
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape, dtype=float32, name=None):
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype = as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """The spec that only Tensors of this shape and dtype fit."""
        return cls(tensor.shape, tensor.dtype, name)

    @classmethod
    def from_spec(cls, spec, name=None):
        """A copy of a spec, under another name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    def is_compatible_with(self, other):
        """True if a Tensor, Variable, array or number (or another spec) fits.

        >>> fg.TensorSpec([None]).is_compatible_with([1.0, 2.0])
        True
        """
        if not hasattr(other, "shape") or not hasattr(other, "dtype"):
            other = constant(other)
        if self.dtype != other.dtype:
            return False
        return None in (self.shape, other.shape) or self.shape.is_compatible_with(other.shape)

    def __eq__(self, other):
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        shape = None if self.shape is None else tuple(self.shape)
        return f"TensorSpec(shape={shape}, dtype={self.dtype!r}, name={self.name!r})"


def signature_of(specs):
    """An input signature as a tuple, else TypeError."""
    if isinstance(specs, (list, tuple)):
        leaves = [leaf for spec in specs for leaf in _nest.flatten(spec)]
        if all(isinstance(leaf, TensorSpec) for leaf in leaves):
            return tuple(specs)
    raise TypeError(
        "function: input_signature must be a list with a fg.TensorSpec (or a nest of them) for each "
        f"parameter, such as [fg.TensorSpec([None, 2], fg.float32)], not {short(specs)}"
    )


def as_spec(x):
    return TensorSpec.from_tensor(x) if isinstance(x, (Tensor, Variable, np.ndarray)) else x


def fit(expected, x, what):
    """An argument as a spec (or a nest of specs and fixed values) has it, else TypeError."""
    if not isinstance(expected, TensorSpec):
        if _nest.is_nest(expected):
            try:
                return _nest.map_structure(lambda part, leaf: fit(part, leaf, what), expected, x)
            except ValueError as error:
                raise TypeError(f"{what}: {error}") from None
        if x is expected or x == expected:
            return expected
        raise TypeError(f"{what} is fixed to {short(expected)}, got {short(x)}")
    if not isinstance(x, (Tensor, Variable)):
        try:
            x = constant(x, expected.dtype)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what} must fit {expected}: {error}") from None
    if not expected.is_compatible_with(x):
        raise TypeError(f"{what} must fit {expected}, got shape {x.shape} and dtype {x.dtype.name}")
    return x
