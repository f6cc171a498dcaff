"""The array API standard (2024.12): `fastgrad.numpy` over arrays that can be assigned to.

``t.__array_namespace__()`` gives this module. The standard's arrays have ``x[index] = value``, which a
Tensor refuses; so what this namespace gives are `Array`s, cells that hold a Tensor. An assignment puts a
new Tensor, connected to the old one and to the value, into the cell: nothing that a tape holds changes,
and gradients pass through.
"""

import sys

import numpy as _numpy

from . import numpy as _face
from ._core._numpy import new_cell, set_cell
from ._core._tensor import Tensor, Variable
from .dtypes import DType
from .numpy._at import At as _At

__array_api_version__ = "2024.12"
VERSIONS = ("2021.12", "2022.12", "2023.12", "2024.12")


class Array(Variable):
    """A Tensor that can be assigned to, and can stand wherever a Tensor can."""

    def __init__(self, *args, **kwargs):
        raise TypeError("an Array is made by the functions of its namespace, as asarray")

    def __setitem__(self, index, value):
        set_cell(self, _At(self)[index].set(value))

    def __array_namespace__(self, *, api_version=None):
        return namespace(api_version)

    def __repr__(self):
        return repr(self.read_value())

    def __format__(self, spec):
        return format(self.read_value(), spec)

    def __reduce__(self):
        return wrapped, (self.read_value(),)

    def __deepcopy__(self, memo):
        return wrapped(_face.asarray(self.numpy()))


def wrapped(value):
    """Tensors in a result as Arrays."""
    if isinstance(value, Tensor):
        return new_cell(Array, value)
    if type(value) in (list, tuple) or hasattr(value, "_fields"):
        parts = [wrapped(one) for one in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def _wrapping(function):
    def call(*args, **kwargs):
        return wrapped(function(*args, **kwargs))

    call.__name__ = getattr(function, "__name__", "call")
    call.__doc__ = function.__doc__
    return call


# Operators, methods and attributes give Arrays as well.
_OPERATORS = (
    *("add", "sub", "mul", "truediv", "floordiv", "mod", "pow", "matmul", "and", "or", "xor"),
    *("lt", "le", "gt", "ge", "eq", "ne", "neg", "pos", "abs", "invert", "getitem"),
    *("lshift", "rshift"),
)


def _fill_in():
    for operator in _OPERATORS:
        for name in (f"__{operator}__", f"__r{operator}__"):
            if hasattr(Variable, name):
                setattr(Array, name, _wrapping(getattr(Variable, name)))
    for name, value in vars(Variable).items():
        if name.startswith("_") or name in ("at", "assign", "assign_add", "assign_sub"):
            continue
        if isinstance(value, property):
            setattr(Array, name, property(_wrapping(value.fget), doc=value.__doc__))
        elif callable(value) and name not in ("numpy", "ref", "read_value"):
            setattr(Array, name, _wrapping(value))


_fill_in()


def isdtype(dtype, kind):
    """True if a dtype is of a kind: a dtype, the standard's name of a kind, or a tuple of these."""
    kinds = kind if isinstance(kind, tuple) else (kind,)
    kinds = tuple(one.np_dtype if isinstance(one, DType) else one for one in kinds)
    return _numpy.isdtype(_numpy.dtype(dtype), kinds)


def namespace(api_version=None):
    """This module, if it has that version of the standard."""
    if api_version is not None and api_version not in VERSIONS:
        raise ValueError(f"version {api_version!r} of the array API standard is not supported")
    return sys.modules[__name__]


def __getattr__(name):
    """A function, dtype or constant of the NumPy face; functions give Arrays."""
    value = getattr(_face, name)
    if name in ("linalg", "fft"):
        value = _Extension(value)
    elif callable(value) and not isinstance(value, type):
        value = _wrapping(value)
    return globals().setdefault(name, value)


class _Extension:
    """One of the standard's optional namespaces."""

    def __init__(self, face):
        self._face = face

    def __getattr__(self, name):
        value = getattr(self._face, name)
        if callable(value) and not isinstance(value, type):
            value = _wrapping(value)
        self.__dict__[name] = value
        return value


def __dir__():
    return sorted({*dir(_face), *globals()})
