"""The rows run with NumPy alone: slow, plain, without the tracer, the generator and the tape."""

import importlib.util

import numpy as np

from fastgrad._rules import Elementwise, Primitive, not_implemented, parameters


def forward(row, arrays, metadata):
    """What a row should give, as an ndarray, or a list of them for a row with several outputs."""
    with np.errstate(all="ignore"):
        if isinstance(row, Elementwise):
            return elementwise(row, arrays)
        y = row.forward(*arrays, **canonical(row, arrays, metadata))
    return [np.asarray(part) for part in y] if row.many else np.asarray(y)


def elementwise(row, arrays):
    """The value of an elementwise row, whose Python function may call other rows."""
    numbers = [a.dtype for k, a in enumerate(arrays) if k not in row.bools]
    half = row.wide and np.result_type(*numbers) == np.float16
    if row.wide:
        wide = np.dtype(np.float32) if half else np.result_type(*numbers)
        wide = wide if wide.kind == "f" else np.dtype(np.float64)
        arrays = [np.asarray(a, a.dtype if k in row.bools else wide) for k, a in enumerate(arrays)]
        numbers = [wide]
    y = np.asarray((row.ufunc or row.function)(*arrays))
    if row.function and y.dtype != bool:
        y = np.asarray(y, np.result_type(y, *numbers))
    return y.astype(np.float16) if half else y


def canonical(row, arrays, metadata):
    """The metadata of a call as the row's rules see it."""
    full = {**row.defaults, **metadata}
    if row.canonical is None:
        return full
    return row.canonical(arrays[0] if row.variadic else arrays, full)


def pull(row, k, arrays, y, ct):
    """The cotangent of argument k of an elementwise row, before any broadcasting is undone."""
    rule = row.df[k]
    given = {**dict(zip(row.arguments, arrays, strict=True)), "y": y, "ct": ct}
    with np.errstate(all="ignore"):
        slope = rule(*(given[name] for name in parameters(rule)))
        slope = np.asarray(slope)  # a rule may call other rows
        whole = slope if "ct" in parameters(rule) else np.where(ct == 0, 0, ct * slope)
    return np.broadcast_to(whole, ct.shape).astype(ct.dtype)


def push(row, tensors, tangents, y, metadata):
    """The tangent of the output of a structured row, by the row's own rule."""
    if row.linear:
        return row([*tangents], **metadata) if row.variadic else row(*tangents, **metadata)
    return row.jvp(tangents, tensors, y, **metadata)


def rules(row):
    """The rule of each argument, None where no gradient flows."""
    if isinstance(row, Elementwise):
        return row.df
    return row.vjp if isinstance(row, Primitive) else ()


def present(row):
    """True if what computes a row is installed."""
    return getattr(row, "lazy", None) is None or importlib.util.find_spec("scipy") is not None


def stated(rule):
    return rule is not None and not isinstance(rule, not_implemented)


def differentiable(row):
    return any(stated(rule) for rule in rules(row))
