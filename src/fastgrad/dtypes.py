"""The element types of tensors: one `DType` object each, and `as_dtype` that finds it.

A `DType` can stand wherever NumPy takes a dtype, and compares equal to NumPy's names for it:

    >>> np.zeros(2, float32).dtype
    dtype('float32')
    >>> float32 == "float32" and float32 == np.float32
    True

`bfloat16` exists when the package ml_dtypes is installed, and is made when first asked for.
"""

import numpy as np

from .errors import short, suggest


class DType:
    """The type of a tensor's elements; there is one object per type, so `is` works too.

    Attributes: `name`; `code`, the type's number in the compiled core; `np_dtype` and
    `as_numpy_dtype`, NumPy's dtype and scalar type; `size` in bytes; `is_floating`, `is_integer`,
    `is_complex`, `is_bool`, `is_unsigned`.
    """

    __slots__ = (
        "as_numpy_dtype",
        "code",
        "is_bool",
        "is_complex",
        "is_floating",
        "is_integer",
        "is_unsigned",
        "name",
        "np_dtype",
        "size",
    )

    def __init__(self, code: int, np_dtype: np.dtype):
        self.code = code
        self.name = np_dtype.name
        self.np_dtype = np_dtype
        self.as_numpy_dtype = np_dtype.type
        self.size = np_dtype.itemsize
        self.is_bool = np_dtype.kind == "b"
        self.is_integer = np_dtype.kind in "iu"
        self.is_unsigned = np_dtype.kind == "u"
        self.is_floating = np_dtype.kind in "fV"  # ml_dtypes registers bfloat16 as kind "V"
        self.is_complex = np_dtype.kind == "c"

    @property
    def dtype(self) -> np.dtype:
        """The `np.dtype`, under the name by which NumPy asks foreign objects for theirs."""
        return self.np_dtype

    @property
    def itemsize(self) -> int:
        """Bytes per element, as NumPy calls it."""
        return self.size

    @property
    def real_dtype(self) -> "DType":
        """The DType of the real part: float32 for complex64, itself for a real type."""
        return {"complex64": float32, "complex128": float64}.get(self.name, self)

    @property
    def min(self):
        """Smallest finite value: NumPy scalar of a float type, `int` or `bool` of the others.

        Raises TypeError for a complex type.
        """
        return self._limit("min")

    @property
    def max(self):
        """Largest finite value: NumPy scalar of a float type, `int` or `bool` of the others.

        Raises TypeError for a complex type.
        """
        return self._limit("max")

    def _limit(self, end):
        if self.is_bool:
            return end == "max"
        if self.is_integer:
            return int(getattr(np.iinfo(self.np_dtype), end))
        if self.is_complex:
            raise TypeError(f"{self.name} has no {end}: complex numbers are not ordered")
        finfo = np.finfo if self.np_dtype.kind == "f" else _ml_dtypes().finfo
        return getattr(finfo(self.np_dtype), end)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, (DType, np.dtype, str, type)):
            return _find(other) is self
        return NotImplemented

    def __hash__(self) -> int:
        return hash(self.name)

    def __reduce__(self):
        return as_dtype, (self.name,)

    def __repr__(self) -> str:
        return f"fg.{self.name}"

    def __str__(self) -> str:
        return f"<dtype: {self.name!r}>"


_NAMES = (
    *("bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64"),
    *("float16", "float32", "float64", "complex64", "complex128"),
)
DTYPES = tuple(DType(code, np.dtype(name)) for code, name in enumerate(_NAMES))
"""Every DType in the order of its code; bfloat16, which has code 14, is not listed."""

(
    bool_,
    int8,
    uint8,
    int16,
    uint16,
    int32,
    uint32,
    int64,
    uint64,
    float16,
    float32,
    float64,
    complex64,
    complex128,
) = DTYPES
half, double = float16, float64

_KNOWN: dict[object, DType] = {d.name: d for d in DTYPES}
"""DTypes by their name, and by the other names and the types that mean them."""

CODE_OF_NUM: dict[int, int] = {}
"""Code of the DType for each `np.dtype.num`, whatever the byte order."""

# NumPy has two C types for some sizes (long and long long, or int and long): both are known.
for _np_dtype in map(np.dtype, "?bBhHiIlLqQefdFD"):
    _KNOWN[_np_dtype.type] = _KNOWN[_np_dtype.name]
    CODE_OF_NUM[_np_dtype.num] = _KNOWN[_np_dtype.name].code

# What Python's own number types, and their names, mean to the tape face.
_KNOWN |= {float: float32, int: int32, bool: bool_, complex: complex128}
_KNOWN |= {"float": float32, "int": int32, "complex": complex128}


def as_dtype(obj: object) -> DType:
    """The DType that `obj` names.

    `obj` is a DType, an `np.dtype` (of either byte order), a NumPy scalar type, a dtype string
    or one of Python's types: `float` means float32, `int` int32, `complex` complex128. Anything
    else, and a dtype that tensors cannot hold (object, str, datetime, structured, longdouble),
    raises TypeError.

    >>> as_dtype("float32"), as_dtype(np.dtype(">i8")), as_dtype(float)
    (fg.float32, fg.int64, fg.float32)
    """
    found = _find(obj)
    if found is not None:
        return found
    hint = ""
    if isinstance(obj, str):
        hint = suggest(obj, [*_NAMES, "bfloat16"])
        if obj == "bfloat16":
            hint = " It needs the package ml_dtypes (pip install ml_dtypes)."
    elif isinstance(getattr(obj, "dtype", None), (np.dtype, DType)) and hasattr(obj, "shape"):
        hint = " It is a value: pass its .dtype."
    raise TypeError(
        f"{short(obj)} is not a dtype that tensors can have.{hint} Those are: {', '.join(_NAMES)}."
    )


def _find(obj: object) -> DType | None:
    """The DType that `obj` names, or None."""
    if isinstance(obj, DType):
        return obj
    if isinstance(obj, (str, type)):
        found = _KNOWN.get(obj)
        if found is None and getattr(obj, "__name__", obj) == "bfloat16":
            found = _bfloat16()
        if found is not None or isinstance(obj, type):
            return found
        if obj == "a":  # NumPy's deprecated name of a string type, which would warn
            return None
        try:
            obj = np.dtype(obj)
        except (TypeError, ValueError, SyntaxError):  # NumPy parses "f4,i4" and stumbles at ","
            return None
    if not isinstance(obj, np.dtype):
        return None
    code = CODE_OF_NUM.get(obj.num)
    if code is not None and code < len(DTYPES):
        return DTYPES[code]
    return _bfloat16() if obj.name == "bfloat16" else None


def _bfloat16() -> DType | None:
    """The DType bfloat16, made on the first call; None without ml_dtypes."""
    try:
        np_dtype = np.dtype(_ml_dtypes().bfloat16)
    except ImportError:
        return None
    made = _KNOWN.setdefault("bfloat16", DType(len(DTYPES), np_dtype))
    _KNOWN[np_dtype.type] = made
    CODE_OF_NUM[np_dtype.num] = made.code
    return made


def _ml_dtypes():
    from importlib import import_module

    return import_module("ml_dtypes")


def __getattr__(name: str) -> DType:
    if name == "bfloat16":
        found = _find(name)
        if found is not None:
            return found
        raise AttributeError("bfloat16 needs the package ml_dtypes (pip install ml_dtypes)")
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
