"""Helpers that make error texts helpful: each error names what is at fault and the way out.

There are no exception classes of our own, only the built-in ones and NumPy's `AxisError`. The
functions here return a text or an exception to raise, so that `raise` stays visible where the
error is found:

    raise errors.unexpected_keyword("SGD.apply_gradients", kwargs, SGD.apply_gradients)
"""


def short(value: object, limit: int = 60) -> str:
    """`repr(value)` on one line, cut to at most `limit` characters; never raises."""
    try:
        text = " ".join(repr(value).split())
    except Exception:
        text = f"<{type(value).__name__} object>"
    return text if len(text) <= limit else text[: limit - 3] + "..."


def suggest(name: str, candidates) -> str:
    """The question "Did you mean ...?" for the candidate closest to `name`.

    It starts with a space, to follow a sentence, and is "" when no candidate is close.

    >>> suggest("flaot32", ["float32", "int32"])
    " Did you mean 'float32'?"
    """
    from difflib import get_close_matches

    names = [c for c in candidates if isinstance(c, str)]
    folded = {c.lower(): c for c in reversed(names)}
    close = get_close_matches(str(name).lower(), folded, n=1)
    return f" Did you mean {folded[close[0]]!r}?" if close else ""


def keyword_names(function) -> tuple[str, ...]:
    """Names that a Python function accepts as keywords, in order, without a leading `self`.

    A decorated function is looked through (`__wrapped__`). A callable without Python code has
    no names to offer: `()`.
    """
    while hasattr(function, "__wrapped__"):
        function = function.__wrapped__
    function = getattr(function, "__func__", function)
    code = getattr(function, "__code__", None)
    if code is None:
        return ()
    names = code.co_varnames[code.co_posonlyargcount : code.co_argcount + code.co_kwonlyargcount]
    return names[1:] if names[:1] in (("self",), ("cls",)) else names


def unexpected_keyword(fn_name: str, given, allowed) -> TypeError:
    """TypeError for a keyword argument that `fn_name` does not have.

    `given` is the name, or the mapping of surplus keyword arguments (its first name is reported).
    `allowed` lists the names that would do; a Python function stands for its own parameters.

    >>> unexpected_keyword("print", "endd", ("sep", "end"))
    TypeError("print() got an unexpected keyword argument 'endd'. Did you mean 'end'?")
    """
    name = given if isinstance(given, str) else next(iter(given))
    names = keyword_names(allowed) if callable(allowed) else tuple(allowed)
    hint = suggest(name, names)
    if not hint and names:
        hint = f" It accepts: {', '.join(names)}."
    return TypeError(f"{fn_name}() got an unexpected keyword argument {name!r}.{hint}")


def unknown_attribute(owner: str, name: str, candidates=(), hint: str = "") -> AttributeError:
    """AttributeError for a missing attribute `name` of an object of type `owner`.

    `hint`, a sentence on the way out, goes before a suggestion from `candidates`. For a name with
    a leading underscore nothing is suggested: other libraries probe for these, often.

    >>> unknown_attribute("fastgrad.Tensor", "shap", ["shape", "dtype"])
    AttributeError("'fastgrad.Tensor' object has no attribute 'shap'. Did you mean 'shape'?")
    """
    text = f"'{owner}' object has no attribute {name!r}"
    tail = f" {hint}" if hint else "" if name.startswith("_") else suggest(name, candidates)
    return AttributeError(f"{text}.{tail}" if tail else text, name=name)


def cannot_convert(value: object, dtype_name: str, hint: str = "") -> TypeError:
    """TypeError for a value that cannot become a tensor of that dtype.

    >>> cannot_convert("a", "float32")
    TypeError("Cannot convert 'a' to a Tensor of dtype float32.")
    """
    text = f"Cannot convert {short(value)} to a Tensor of dtype {dtype_name}."
    return TypeError(f"{text} {hint}" if hint else text)


def fraction_to_integer(value: object, dtype_name: str) -> TypeError:
    """TypeError for a float given where the dtype is an integer one: nothing is rounded silently.

    >>> fraction_to_integer(0.0, "int32")  # doctest: +ELLIPSIS
    TypeError('Cannot convert 0.0 to a Tensor of dtype int32...dtype=fg.float32...')
    """
    return cannot_convert(
        value,
        dtype_name,
        f"A float is never rounded to {dtype_name} silently: cast it, or use dtype=fg.float32 "
        "(an integer variable has no gradient).",
    )


def not_rectangular() -> ValueError:
    """ValueError for nested lists whose rows differ in length."""
    return ValueError(
        "Can't convert non-rectangular Python sequence to Tensor. "
        "Every list at the same depth must have the same length."
    )


def leaves_tape(what: str) -> TypeError:
    """TypeError for a NumPy view of a tensor that a tape is recording.

    `what` names the way out that was tried, such as `np.asarray`.
    """
    return TypeError(
        f"{what} would take this Tensor off the tape that is recording it, and its gradient would "
        "be lost. Call t.numpy() if that is what you want, or use the fastgrad function of the "
        "same name to stay on the tape."
    )


def axis_error(op: str, axis: int, ndim: int) -> ValueError:
    """NumPy's AxisError (a ValueError and an IndexError) for an axis that `op` cannot use.

    >>> str(axis_error("reduce_sum", 2, 1))
    'reduce_sum: axis 2 is out of bounds for array of dimension 1'
    """
    from numpy.exceptions import AxisError

    return AxisError(axis, ndim, op)


def broadcast_error(op: str, *shapes) -> ValueError:
    """ValueError for operands of `op` whose shapes do not broadcast.

    >>> broadcast_error("add", (2,), (3,))
    ValueError('add: shapes (2,) and (3,) do not broadcast together.')
    """
    listed = [str(tuple(s)) for s in shapes]
    joined = ", ".join(listed[:-1]) + " and " + listed[-1] if len(listed) > 1 else listed[0]
    return ValueError(f"{op}: shapes {joined} do not broadcast together.")


def of_operation(error: Exception, op: str, arguments) -> Exception:
    """The same kind of error, its text led by the operation and ended by what it was given."""
    given = ", ".join(f"{a.dtype.name}{list(a.shape)}" for a in arguments)
    text = str(error)
    text = text if text.startswith(f"{op}:") else f"{op}: {text}"
    try:
        return type(error)(f"{text} (arguments: {given})")
    except TypeError:  # an exception that takes more than a text
        return error


def at_place(error, place):
    """`error` with a frame for the line of the user's program, (code, line), that it comes from."""
    if place is None:
        return error
    code, line = place
    text = "\n" * (line - 1) + "raise error"
    frame = compile(text, code.co_filename, "exec").replace(co_name=code.co_name)
    try:
        exec(frame, {"error": error})
    except BaseException as raised:
        return raised
