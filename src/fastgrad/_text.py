"""The text of tensors and variables, and `print` for them.

The functions take NumPy arrays and scalars, as `.numpy()` gives them; a tensor or variable is
anything with such a method. The element types are those of `dtypes`; others raise TypeError.
"""

import sys
from contextlib import suppress

import numpy as np

from . import _nest
from .dtypes import as_dtype
from .errors import unexpected_keyword


def tensor_str(value, dtype_name: str | None = None) -> str:
    """What `print(tensor)` shows.

    >>> tensor_str(np.float32(-2))
    'fg.Tensor(-2.0, shape=(), dtype=float32)'
    """
    value = _numbers(value)
    text = _own_line(_element(value) if value.ndim == 0 else str(value))
    return f"fg.Tensor({text}, shape={value.shape}, dtype={dtype_name or value.dtype.name})"


def tensor_repr(value) -> str:
    """What a tensor shows at the prompt and inside lists.

    >>> tensor_repr(np.float32(9))
    '<fg.Tensor: shape=(), dtype=float32, numpy=9.0>'
    """
    value = _numbers(value)
    return f"<fg.Tensor: shape={value.shape}, dtype={value.dtype.name}, numpy={_numpy(value)}>"


def variable_repr(name: str, value) -> str:
    """What a variable shows; `name` is printed as it stands, such as 'x:0'.

    >>> variable_repr("x:0", np.float32(3))
    "<fg.Variable 'x:0' shape=() dtype=float32, numpy=3.0>"
    """
    value = _numbers(value)
    head = f"<fg.Variable '{name}' shape={value.shape} dtype={value.dtype.name}"
    return f"{head}, numpy={_numpy(value)}>"


def format_tensor(value, spec: str = "") -> str:
    """`format(tensor, spec)`: the value alone, so that tensors read well in f-strings.

    A 0-d value takes the format specs of Python's numbers. With more dimensions only the empty
    spec means anything; another one raises TypeError.

    >>> format_tensor(np.float32(0.1)), format_tensor(np.float32(0.1), ".3f")
    ('0.1', '0.100')
    """
    value = _numbers(value)
    if value.ndim == 0:
        return format(value.item(), spec) if spec else _element(value)
    if spec:
        raise TypeError(
            f"the format spec {spec!r} needs a 0-d tensor, but this one has shape {value.shape}: "
            "format its elements, or use np.array2string"
        )
    return str(value)


def print_(
    *inputs,
    sep: str = " ",
    end: str = "\n",
    summarize: int = 3,
    output_stream=None,
    name: str | None = None,
    **unexpected,
) -> None:
    """Print tensors, nests of them, and anything else, to standard error.

    A tensor or array shows its numbers only, without commas. Floats have six digits when these
    give the number back exactly, else nine (17 for float64). An axis longer than
    `2 * summarize` shows that many elements at each end; with -1 it shows all. Strings print
    bare, but quoted inside lists; the keys of dicts are sorted.

    `output_stream` is a file-like object, or "file://" and a path to append to. `name` is
    accepted and has no effect.

    In a function that is traced it prints in each call, with the numbers of that call.

    Raises TypeError for arrays of a dtype that neither tensors nor strings have, and ValueError
    for a stream that is neither of the two.

    >>> print_("x =", np.float32([1, 0.1, 1 / 3]), output_stream=sys.stdout)
    x = [1 0.1 0.333333343]
    """
    if unexpected:
        raise unexpected_keyword("print", unexpected, print_)
    for option, given in (("sep", sep), ("end", end)):
        if not isinstance(given, str):
            raise TypeError(f"print: {option} must be a str, got {given!r}")
    if not isinstance(summarize, (int, np.integer)):
        raise TypeError(f"print: summarize must be an int, got {summarize!r}")
    edge = int(summarize)
    text = sep.join(x if isinstance(x, str) else _show(x, edge, 0) for x in inputs) + end

    if isinstance(output_stream, str) and output_stream.startswith("file://"):
        with open(output_stream.removeprefix("file://"), "a", encoding="utf-8") as file:
            file.write(text)
        return
    stream = sys.stderr if output_stream is None else output_stream
    if stream is None:  # a program without a console has no sys.stderr
        return
    write = getattr(stream, "write", None)
    if not callable(write):
        raise ValueError(
            "print: output_stream must be a file-like object such as sys.stdout, or "
            f"'file://<path>', got {stream!r}"
        )
    write(text)
    flush = getattr(stream, "flush", None)
    if callable(flush):
        flush()


def _numbers(value):
    """`value` as an array, which must be of a dtype that tensors can have."""
    value = np.asarray(value)
    as_dtype(value.dtype)
    return value


def _own_line(text):
    """Text of several lines starts on a line of its own, so that its columns line up."""
    return "\n" + text if "\n" in text else text


def _numpy(value):
    return _element(value) if value.ndim == 0 else _own_line(repr(value))


def _element(value):
    """A 0-d array as text, in the shortest form that its dtype gives back."""
    return str(value[()])


def _show(x, edge, depth):
    """What `print_` shows for one input that is not a top-level string."""
    if isinstance(x, (str, bytes)):
        return repr(x.item() if isinstance(x, np.generic) else x)
    if isinstance(x, (np.ndarray, np.generic)):
        return _show_array(x, edge)
    if callable(getattr(x, "numpy", None)) and not isinstance(x, type):
        return _show_array(x.numpy(), edge)
    if not _nest.is_nest(x):
        return repr(x)
    if depth == _nest.MAX_DEPTH:
        return "..."
    pairs = [(key, _show(v, edge, depth + 1)) for key, v in _nest.parts(x)]
    kind = type(x).__name__
    if isinstance(x, dict):
        if kind == "OrderedDict":
            return f"OrderedDict([{', '.join(f'({k!r}, {v})' for k, v in pairs)}])"
        with suppress(TypeError):  # keys of unlike types keep their order
            pairs.sort(key=lambda pair: pair[0])
        return "{" + ", ".join(f"{k!r}: {v}" for k, v in pairs) + "}"
    shown = ", ".join(v for _, v in pairs)
    if isinstance(x, list):
        return f"[{shown}]"
    if isinstance(x, tuple) and not hasattr(x, "_fields"):
        return f"({shown},)" if len(pairs) == 1 else f"({shown})"
    return f"{kind}({', '.join(f'{k}={v}' for k, v in pairs)})"


def _show_array(value, edge):
    value = np.asarray(value)
    return _show_axis(value, _number_text(value.dtype), edge, 0)


def _show_axis(value, text, edge, depth):
    """The array `value`, which lies `depth` brackets deep."""
    if value.ndim == 0:
        return text(value[()])
    cut = 0 <= 2 * edge < len(value)
    rows = [*value[:edge], ..., *value[len(value) - edge :]] if cut else list(value)
    shown = ["..." if r is ... else _show_axis(np.asarray(r), text, edge, depth + 1) for r in rows]
    # One line break between vectors, one more for every axis above them.
    between = "\n" * (value.ndim - 1) + " " * (depth + 1) if value.ndim > 1 else " "
    return f"[{between.join(shown)}]"


def _number_text(dtype):
    """The function that turns one element of `dtype` into text."""
    if dtype.kind == "S":
        return lambda x: f'"{x.decode("latin-1")}"'
    if dtype.kind == "U":
        return lambda x: f'"{x}"'
    if not as_dtype(dtype).is_floating:
        return str
    digits = 17 if dtype.itemsize == 8 else 9

    def show(x):
        brief = f"{float(x):.6g}"
        exact = dtype.type(float(brief)) == x or x != x
        return brief if exact else f"{float(x):.{digits}g}"

    return show
