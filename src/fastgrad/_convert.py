"""From Python values to NumPy arrays of a supported dtype. Knows NumPy only."""

import sys

import numpy as np

from .dtypes import as_dtype
from .errors import short

MAX_DEPTH = 64  # axes of an array, and so the depth of a nested list

_NUMBERS = (bool, int, float, complex)  # each wider than those before
_INT32 = range(-(2**31), 2**31)


def to_array(value, dtype, tensor_types, what, wide=False):
    """A C-contiguous ndarray that nobody else holds, or None for a list that contains Tensors.

    dtype: a DType, or None to let the value decide: Python floats become float32, ints int32 (int64 if one
    needs it), complex numbers complex128; arrays and NumPy scalars keep their dtype.
    wide: Python floats become float64 and ints int64, as in NumPy.
    Raises TypeError for what is not numeric, ValueError for ragged or endless nesting, OverflowError for a
    number that does not fit an integer dtype.
    """
    wide = wide or dtype is not None  # a dtype that was asked for gets all digits
    if isinstance(value, (np.ndarray, np.generic)):
        return _from_numpy(value, dtype, what)
    if isinstance(value, (bool, int, float, complex)):
        return _cast(np.asarray(value, _python_dtype([value], wide)), dtype, value, what)
    if isinstance(value, (list, tuple)):
        leaves = []
        if _scan(value, leaves, tensor_types, 0, what):
            return None
        return _from_list(value, leaves, dtype, what, wide)
    if isinstance(value, range):
        return to_array(list(value), dtype, tensor_types, what, wide)
    if isinstance(value, (str, bytes)) or value is None:
        raise TypeError(
            f"{what}: {short(value)} is not numeric; a Tensor holds numbers of dtype bool, int, float or "
            "complex"
        )
    if hasattr(value, "__array__") or hasattr(value, "__dlpack__") or _has_buffer(value):
        return _from_numpy(_as_array(value, what), dtype, what)
    raise TypeError(f"{what}: can't make a Tensor of {short(value)} (type {type(value).__name__})")


def number_type(value, depth=0):
    """bool, int, float or complex: the widest that a nested list holds; None if it holds anything else."""
    widest = None
    for item in value if depth <= MAX_DEPTH else [None]:
        listed = isinstance(item, (list, tuple))
        kind = number_type(item, depth + 1) if listed else type(item)
        if kind not in _NUMBERS:
            return None
        if widest is None or _NUMBERS.index(kind) > _NUMBERS.index(widest):
            widest = kind
    return widest


def _as_array(value, what):
    """The ndarray that a foreign object offers."""
    try:
        return np.asarray(value)
    except ValueError as error:
        if "not producing an array" in str(error):
            raise TypeError(
                f"{what}: {short(value)} has an __array__ that gives no array"
            ) from None
        raise


def _from_numpy(value, dtype, what):
    masked = sys.modules.get("numpy.ma")  # not imported: there is no masked array
    if masked is not None and isinstance(value, masked.MaskedArray):
        raise TypeError(
            f"{what}: a masked array would lose its mask; use fg.where with the mask, or value.filled(...)"
        )
    own = as_dtype(value.dtype)
    array = np.array(value, own.np_dtype, order="C", copy=True, subok=False)
    return _cast(array, dtype, value, what)


def _from_list(value, leaves, dtype, what, wide):
    try:
        array = np.array(value)
    except ValueError:
        array = None
    if array is None or array.dtype == object:
        if any(isinstance(leaf, int) and not -(2**63) <= leaf < 2**64 for leaf in leaves):
            raise OverflowError(f"{what}: an integer in the list needs more than 64 bits")
        raise ValueError(
            f"{what}: Can't convert non-rectangular Python sequence to Tensor. Every row of a nested list "
            "needs the same length"
        )
    if not any(isinstance(leaf, (np.ndarray, np.generic)) for leaf in leaves):
        array = array.astype(_python_dtype(leaves, wide), copy=False)
    return _cast(_from_numpy(array, None, what), dtype, value, what)


def _python_dtype(leaves, wide):
    """What Python numbers become on their own: of 32 bits if they fit, or `wide` of 64."""
    if any(isinstance(leaf, complex) for leaf in leaves):
        return np.complex128
    if not leaves or any(isinstance(leaf, float) for leaf in leaves):
        return np.float64 if wide else np.float32
    if all(isinstance(leaf, bool) for leaf in leaves):
        return np.bool_
    low, high = min(leaves), max(leaves)
    if not wide and low in _INT32 and high in _INT32:
        return np.int32
    return np.int64 if high < 2**63 else np.uint64


def _cast(array, dtype, value, what):
    """To the dtype that was asked for; Python's own rule for what may become an integer."""
    if dtype is None or array.dtype == dtype.np_dtype:
        return array
    if array.dtype.kind in "fc" and not (dtype.is_floating or dtype.is_complex) and array.size:
        hint = "use fg.cast to truncate"
        if isinstance(value, float):
            hint = "an integer variable has no gradient; use dtype=fg.float32"
        raise TypeError(f"Cannot convert {short(value)} to a Tensor of dtype {dtype.name}: {hint}")
    if array.dtype.kind == "c" and not dtype.is_complex:
        raise TypeError(f"Cannot convert complex {short(value)} to {dtype.name}: use fg.math.real")
    if array.dtype.kind in "iu" and dtype.is_integer and array.size:
        low, high = int(array.min()), int(array.max())
        if low < dtype.min or high > dtype.max:
            worst = low if low < dtype.min else high
            raise OverflowError(f"{what}: {worst} is out of bounds for {dtype.name}")
    with np.errstate(over="ignore"):
        return array.astype(dtype.np_dtype)


def _scan(value, leaves, tensor_types, depth, what):
    """Collect the leaves of a nested list; True if one of them is a Tensor."""
    if depth > MAX_DEPTH:
        raise ValueError(
            f"{what}: a list nested more than {MAX_DEPTH} deep (or in itself) is no array"
        )
    found = False
    for item in value:
        if isinstance(item, (list, tuple)):
            found = _scan(item, leaves, tensor_types, depth + 1, what) or found
        elif isinstance(item, tensor_types):
            found = True
        elif isinstance(item, (bool, int, float, complex, np.generic)):
            leaves.append(item)
        elif isinstance(item, np.ndarray):
            leaves.append(_from_numpy(item, None, what))
        elif hasattr(item, "__array__"):
            leaves.append(_as_array(item, what))
        else:
            raise TypeError(f"{what}: can't make a Tensor of a list that contains {short(item)} (type "
                            f"{type(item).__name__})")  # fmt: skip
    return found


def _has_buffer(value):
    try:
        memoryview(value)
    except TypeError:
        return False
    return True
