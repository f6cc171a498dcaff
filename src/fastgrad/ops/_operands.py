"""Arguments of compositions: which of them are Tensors, which are data, which are refused."""

from functools import lru_cache

import numpy as np

from ..errors import short
from .elementwise import conjugate, identity


@lru_cache(64)
def _role(kind):
    """What values of a type are: Tensors, Variables, or neither (None)."""
    return (
        "variable" if hasattr(kind, "read_value") else "tensor" if hasattr(kind, "numpy") else None
    )


def tensor(value):
    """A Tensor of an argument: a Tensor as it is, a Variable read, anything else converted."""
    role = _role(type(value))
    if role == "tensor":
        return value
    return identity(value) if role is None else value.read_value()


def beside(value, like):
    """`tensor(value)`, but Python numbers and lists of them are weak: they take the dtype of `like`."""
    if _role(type(value)) or hasattr(value, "dtype"):
        return tensor(value)
    if isinstance(value, (list, tuple)) and not _numbers(value):
        return tensor(value)
    array, dtype = np.asarray(value), np_dtype(like)
    kinds = {"b": 0, "i": 1, "u": 1, "f": 2, "c": 3}
    if array.dtype.kind not in kinds:
        return tensor(value)
    if kinds[array.dtype.kind] <= kinds[dtype.kind]:
        return tensor(array.astype(dtype))
    return tensor(array.astype(np.result_type(array, dtype)))


def as_numpy(value):
    """`tensor(value)`, but Python numbers and lists of them have 64 bits, as NumPy gives them."""
    return tensor(np.asarray(value) if _numbers(value) else value)


def _numbers(value):
    """True if a nested list holds Python numbers only."""
    if isinstance(value, (list, tuple)):
        return all(map(_numbers, value))
    return isinstance(value, (bool, int, float, complex)) and not isinstance(value, np.generic)


def data(value):
    """An ndarray of an argument through which no gradient flows: positions, conditions, edges."""
    return np.asarray(value.numpy() if _role(type(value)) else value)


def integers(op, name, value, read=None):
    """`data`, or what else reads it, that must be integers or bools; an empty list counts as integers."""
    array = (read or known)(op, name, value)
    if array.size == 0 and not hasattr(value, "dtype"):
        return array.astype(np.intp)
    if array.dtype.kind not in "iub":
        raise TypeError(f"{op}: {name} must be integers, not {short(value)}")
    return array


def integer_tensor(op, name, value):
    """`tensor` of an argument that must be integers or bools; an empty list counts as integers."""
    if not _role(type(value)):
        return tensor(integers(op, name, value))
    t = tensor(value)
    if not (t.dtype.is_integer or t.dtype.is_bool):
        raise TypeError(f"{op}: {name} must be integers, not {short(value)}")
    return t


def known(op, name, value):
    """`data` of an argument that is fixed when a function is traced. TypeError if it isn't known then."""
    try:
        return data(value)
    except TypeError as error:
        raise TypeError(f"{op}: {name}: {error}") from None


def sizing(op, name, value, way="compute it outside"):
    """`data` of an argument whose values decide the shape of the result. TypeError if they aren't known."""
    try:
        return data(value)
    except TypeError:
        raise TypeError(
            f"{op}: the shape of the result depends on the values of {name}, which aren't known while a "
            f"function is traced: {way}, or run functions eagerly: "
            "fg.config.run_functions_eagerly(True)"
        ) from None


def sized_by(op, name, way="compute it outside"):
    """Canonical metadata of a row whose arguments are `sizing`."""

    def canonical(avals, metadata):
        for aval in avals:
            sizing(op, name, aval, way)
        return metadata

    return canonical


def np_dtype(x):
    """The `np.dtype` of a Tensor."""
    return x.dtype.np_dtype


def no_out(op, out):
    """TypeError if NumPy's `out` is given."""
    if out is not None:
        raise TypeError(f"{op}: out= is not supported, a Tensor is immutable: use the result")


def conjugated(x):
    """The conjugate of complex numbers, real ones as they are."""
    return conjugate(x) if x.dtype.is_complex else x
