"""Nested structures: taken apart into a flat list of leaves, and put together again.

A nest is a list, tuple, namedtuple, dict (of any dict class) or dataclass instance; everything
else is a leaf: None, strings, arrays, sets, and also a TensorShape. Dicts keep their own order.

    >>> flat = flatten({"w": [1, 2], "b": (3,)})
    >>> flat, pack({"w": [0, 0], "b": (0,)}, flat)
    ([1, 2, 3], {'w': [1, 2], 'b': (3,)})

A nest deeper than `MAX_DEPTH`, which one that contains itself always is, raises ValueError.
"""

from itertools import islice

from .errors import short
from .shapes import TensorShape

MAX_DEPTH = 64

LEAF_TYPES = {type(None), bool, int, float, complex, str, bytes, TensorShape}
"""Types known to be leaves, for speed; modules with leaf types of their own add them."""


def is_nest(x: object) -> bool:
    """True when `x` has parts of its own rather than being a leaf."""
    kind = type(x)
    if kind in LEAF_TYPES:
        return False
    return isinstance(x, (list, tuple, dict)) or hasattr(kind, "__dataclass_fields__")


def parts(x) -> list:
    """The immediate parts of the nest `x`, in order, as (key, part) pairs.

    The key is an index, a dict key, or the name of a field as a `Field`.
    """
    if isinstance(x, dict):
        return list(x.items())
    if isinstance(x, (list, tuple)) and not _is_namedtuple(x):
        return list(enumerate(x))
    return list(zip(map(Field, _fields(x)), _values(x), strict=True))


class Field(str):
    """The name of a field of a namedtuple or dataclass, as against a dict's key."""

    __slots__ = ()


def flatten(x) -> list:
    """The leaves of `x` in order; a leaf gives `[x]`."""
    out: list = []
    _flatten(x, out, 0)
    return out


def flatten_with_path(x) -> list:
    """The leaves of `x` as (path, leaf), with the path as it is written in Python.

    >>> flatten_with_path({"a": [5, 6]})
    [("['a'][0]", 5), ("['a'][1]", 6)]
    """
    out: list = []
    _flatten_with_path(x, "", out, 0)
    return out


def pack(structure, flat):
    """A structure like `structure` with the values of `flat` as leaves.

    `flat` is any sequence. Raises ValueError when it does not have as many values as `structure`
    has leaves.
    """
    flat = list(flat)
    leaves = flatten(structure)
    if len(leaves) != len(flat):
        raise ValueError(f"the structure has {len(leaves)} leaves, but {len(flat)} values came")
    return _pack(structure, iter(flat))


def map_structure(f, structure, *others):
    """A structure like `structure` with `f(leaf, *other_leaves)` as leaves.

    `others` must have the same structure: the same kinds of nests, lengths, keys and fields
    (dict keys may come in another order). Raises ValueError naming the path where one has not.

    >>> map_structure(lambda a, b: a + b, {"x": 1, "y": [2]}, {"y": [20], "x": 10})
    {'x': 11, 'y': [22]}
    """
    return _map(f, (structure, *others), "", 0)


def _flatten(x, out, depth):
    kind = type(x)
    if kind is list or kind is tuple:
        if LEAF_TYPES.issuperset(map(type, x)):
            _check_depth(depth)
            out.extend(x)
            return
        values = x
    elif kind is dict:
        values = x.values()
    elif kind not in LEAF_TYPES and is_nest(x):
        values = _values(x)
    else:
        out.append(x)
        return
    _check_depth(depth)
    for v in values:
        _flatten(v, out, depth + 1)


def _flatten_with_path(x, path, out, depth):
    if not is_nest(x):
        out.append((path, x))
        return
    _check_depth(depth)
    if (type(x) is list or type(x) is tuple) and LEAF_TYPES.issuperset(map(type, x)):
        out.extend([(f"{path}[{at}]", v) for at, v in enumerate(x)])
        return
    for key, v in parts(x):
        _flatten_with_path(v, path + _step(key), out, depth + 1)


def _pack(x, values):
    if not is_nest(x):
        return next(values)
    if (type(x) is list or type(x) is tuple) and LEAF_TYPES.issuperset(map(type, x)):
        return type(x)(islice(values, len(x)))
    return rebuild(x, [_pack(v, values) for v in _values(x)])


def _map(f, xs, path, depth):
    first = xs[0]
    if not is_nest(first):
        nested = [x for x in xs if is_nest(x)]
        if nested:
            raise _mismatch(path, first, nested[0])
        return f(*xs)
    _check_depth(depth)
    pairs = parts(first)
    columns = [[v for _, v in pairs]]
    for other in xs[1:]:
        alike = is_nest(other) and _kind(other) is _kind(first)
        found = dict(parts(other)) if alike else None
        if found is None or found.keys() != dict(pairs).keys():
            raise _mismatch(path, first, other)
        columns.append([found[key] for key, _ in pairs])
    mapped = [
        _map(f, row, path + _step(pair[0]), depth + 1)
        for pair, row in zip(pairs, zip(*columns, strict=True), strict=True)
    ]
    return rebuild(first, mapped)


def rebuild(x, values):
    """A nest like `x` with `values` for its parts."""
    kind = type(x)
    if kind is list:
        return values
    if kind is tuple:
        return tuple(values)
    if kind is dict:
        return dict(zip(x, values, strict=True))
    if _is_namedtuple(x):
        return x._make(values)
    if isinstance(x, (list, tuple)):
        return kind(values)

    # A dict class of its own (which may carry a default factory) or a dataclass: copied, then
    # filled, so that whatever else it holds stays, and no constructor sees unusual leaves.
    from copy import copy

    new = copy(x)
    if isinstance(x, dict):
        for key, v in zip(x, values, strict=True):
            new[key] = v
    else:
        for name, v in zip(_fields(x), values, strict=True):
            object.__setattr__(new, name, v)
    return new


def _values(x):
    """The immediate parts of the nest `x`, in order."""
    if isinstance(x, dict):
        return x.values()
    if isinstance(x, (list, tuple)):
        return x
    return [getattr(x, name) for name in _fields(x)]


def _is_namedtuple(x) -> bool:
    return isinstance(x, tuple) and hasattr(x, "_fields")


def _fields(x):
    """Names of the fields of a namedtuple or dataclass instance."""
    if _is_namedtuple(x):
        return x._fields

    from dataclasses import fields

    return [f.name for f in fields(x)]


def _kind(x):
    """What must agree between two nests; dicts of any class agree."""
    return dict if isinstance(x, dict) else type(x)


def _step(key) -> str:
    return f".{key}" if type(key) is Field else f"[{key!r}]"


def _describe(x) -> str:
    if not is_nest(x):
        return f"the leaf {short(x)}"
    if isinstance(x, dict):
        return f"a {type(x).__name__} with keys {short(list(x))}"
    return f"a {type(x).__name__} of {len(parts(x))}"


def _mismatch(path, first, other):
    where = f"at {path}" if path else "at the top"
    return ValueError(
        f"the structures differ {where}: {_describe(first)} against {_describe(other)}"
    )


def _check_depth(depth):
    if depth >= MAX_DEPTH:
        raise ValueError(
            f"the structure is nested more than {MAX_DEPTH} levels deep, or contains itself"
        )
