"""Expressions of random programs: operators, calls of rows, conditions, over names that are in scope.

Each function takes the `Builder`, which draws and knows the values, and gives text, or None.
"""

import re

import numpy as np

import fastgrad as fg
from fastgrad._rules import Composition, Elementwise, Primitive, not_implemented
from fastgrad.testing import domains

from .row_lists import CONSTANT_POSITIONS, PLACED


def is_float(value):
    return hasattr(value, "dtype") and getattr(value.dtype, "is_floating", False)


def names_of(text, scope):
    """The names in scope that a text mentions."""
    return [name for name in re.findall(r"[A-Za-z_]\w*", text) if name in scope]


def pick(b, scope, fits=is_float):
    """A name whose value fits; rather a new one, or one that nothing has used yet."""
    found = [name for name in scope if hasattr(b.env[name], "dtype") and fits(b.env[name])]
    if not found:
        return None
    moving = [name for name in found if name in b.moving]
    if moving and b.chance(0.7):
        return b.choice(moving[-4:])
    loose = [name for name in found if name not in b.used]
    if loose and b.chance(0.4):
        return b.choice(loose)
    return b.choice(found[-4:]) if b.chance(0.4) else b.choice(found)


def beside(b, scope, name):
    """A float that broadcasts with another value."""

    def fits(value):
        if not is_float(value):
            return False
        try:
            np.broadcast_shapes(tuple(value.shape), tuple(b.env[name].shape))
        except ValueError:
            return False
        return True

    return pick(b, scope, fits)


# ------------------------------------------------------------------------------------------- operators
BINARY = (
    "{a} + {b}", "{a} - {b}", "{a} * {b}", "{a} / (1.0 + {b} * {b})", "fg.maximum({a}, {b})",
    "fg.where({a} > {b}, {a}, {b} * 0.5)", "fg.where({a} < 0.0, {b}, {a})", "{a} - 0.5 * {b}",
    "fg.atan2({a}, 1.5 + fg.abs({b}))", "{a} * fg.cast({a} < {b}, {a}.dtype)", "np.multiply({a}, {b})",
    "{a} * fg.sigmoid({b})", "fg.minimum({a}, {b}) * {a}", "fg.exp(-fg.abs({a})) * {b}",
    "{a} % (fg.abs({b}) + 1.0)", "fg.tanh({a} + {b})", "fg.stop_gradient({a}) * {b}",
)  # fmt: skip
UNARY = (
    "-{a}", "{a} * 2.0", "1.5 - {a}", "{a} ** 2", "2.0 / (fg.abs({a}) + 1.0)", "abs({a})", "fg.sin({a})",
    "np.tanh({a})", "{a} * {a} - {a}", "fg.nn.relu({a})", "{a} * 0.0", "{a} + 0.0", "{a} * 1.0",
    "(fg.abs({a}) + 0.1) ** 1.5", "{a}.sum() * {a}", "fg.exp(fg.tanh({a}))", "fg.cos(fg.sin({a}))",
    "fg.ones_like({a}) + {a}", "{a} ** 3", "3.0 - {a} / 4.0", "fg.math.log(1.0 + {a} * {a})",
    "fg.nn.softmax({a})", "fg.reduce_mean({a}) + {a}", "fg.zeros_like({a})", "{a} - {a}",
)  # fmt: skip


def binary(b, scope):
    a = pick(b, scope)
    if "x" in scope and a and b.chance(0.5):  # a Python number
        return b.choice(["{a} * x", "x - {a}", "{a} + x * 2", "fg.maximum({a}, x)"]).format(a=a)
    other = a and beside(b, scope, a)
    if other is None:
        return None
    if b.chance(0.15):
        product = _product(b, scope, a)
        if product:
            return product
    return b.choice(BINARY).format(a=a, b=other)


def _product(b, scope, a):
    """A product of matrices, with a value that fits."""
    shape = tuple(b.env[a].shape)
    if len(shape) != 2:
        return None
    other = pick(
        b, scope, lambda v: is_float(v) and len(v.shape) in (1, 2) and v.shape[0] == shape[1]
    )
    turned = pick(b, scope, lambda v: is_float(v) and len(v.shape) == 2 and v.shape[1] == shape[1])
    options = [f"fg.matmul({a}, {turned}, transpose_b=True)", f"{a} @ fg.transpose({turned})",
               f'fg.einsum("ij,kj->ik", {a}, {turned})']  # fmt: skip
    if other:
        options += [f"{a} @ {other}"] * 3
    return b.choice(options)


def unary(b, scope):
    a = pick(b, scope)
    return a and b.choice(UNARY).format(a=a)


def whole(b, scope):
    """Something with other dtypes: casts, integers, complex numbers, conditions."""
    a = pick(b, scope)
    i = pick(b, scope, lambda v: v.dtype.is_integer)
    z = pick(b, scope, lambda v: v.dtype.is_complex)
    q = pick(b, scope, lambda v: v.dtype.name == "bool")
    options = []
    if a:
        options += [
            f"fg.cast({a}, fg.{name})" for name in ("float64", "float32", "float32", "float16")
        ]
        options += [
            f"fg.cast(3.0 * fg.tanh({a}), fg.int32)",
            f"{a} > 0.0",
            f"{a} <= fg.reduce_mean({a})",
        ]
        options += [
            f"fg.cast({a}, fg.complex128) * (1.0 + 2.0j)",
            f"fg.cast({a}, fg.complex64) * 1.5j",
        ]
    if i:
        options += [f"{i} + 1", f"{i} * {i}", f"{i} // 2", f"{i} % 3", f"fg.maximum({i}, 2)",
                    f"fg.cast({i}, fg.float64) * 0.5", f"fg.one_hot({i} % 3, 3)", f"-{i}"]  # fmt: skip
        if a and len(b.env[a].shape) and b.env[a].shape[0]:
            options += [f"fg.gather({a}, {i} % {b.env[a].shape[0]})"] * 3
            if b.env[i].shape == ():
                options.append(f"{a}[{i} % {b.env[a].shape[0]}]")
    if z:
        options += [f"fg.abs({z})", f"fg.math.real({z} * {z})", f"fg.math.imag({z})", f"fg.exp({z} * 0.1)",
                    f"fg.math.conj({z}) * {z}", f"{z} + 1j", f"fg.sin({z})"]  # fmt: skip
        if a:
            options.append(f"fg.cast({a}, {z}.dtype) * {z}")
    if q:
        options += [f"fg.logical_not({q})", f"fg.cast({q}, fg.float32)", f"~{q}", f"{q} & {q}",
                    f"fg.where({q}, 1.0, -2.0)", f"fg.reduce_any({q})"]  # fmt: skip
        if a:
            options.append(f"fg.where({q}, {a}, {a} * 2.0)")
    return b.choice(options) if options else None


# ---------------------------------------------------------------------------------------------- shapes
def shaping(b, scope):
    """A reduction, an index, a change of shape, or something joined."""
    a = pick(b, scope)
    if a is None:
        return None
    shape = tuple(b.env[a].shape)
    rank, size = len(shape), int(np.prod(shape))
    options = [f"fg.reshape({a}, (-1,))", f"fg.reshape({a}, ({size}, 1))", f"{a}[None]", f"{a}[..., None]",
               f"fg.expand_dims({a}, 0)", f"fg.transpose({a})", f"fg.stack([{a}, {a} * 2.0])"]  # fmt: skip
    for way in ("sum", "mean", "max", "min", "prod", "logsumexp", "sum", "mean", "sum"):
        axis = b.choice(["", *(f", axis={k}" for k in range(-rank, rank))])
        if size or way == "sum":
            options.append(f"fg.reduce_{way}({a}{axis}{b.choice(['', ', keepdims=True'])})")
    if rank:
        n = shape[0]
        options += [f"{a}[::-1]", f"{a}[1:]", f"{a}[..., :2]", f"fg.tile({a}, ({'2, ' * rank}))",
                    f"fg.concat([{a}, {a}], 0)", f"fg.broadcast_to({a}, (2, *{a}.shape))",
                    f"fg.reverse({a}, [0])", f"fg.cumsum({a})"]  # fmt: skip
        options += [f"fg.sort({a})", f"fg.roll({a}, 1, 0)", f"fg.repeat({a}, 2, 0)", f"fg.norm({a})",
                    f"fg.pad({a}, {[[1, 0]] * rank})", f"fg.linalg.normalize({a})[0]"]  # fmt: skip
        if n:
            options += [f"fg.argmax({a}, 0)", f"fg.argsort({a}, 0)"]
            options += [f"{a}[0]", f"{a}[-1]", f"fg.gather({a}, [0, {n - 1}, 0])", f"{a}[np.array([0, -1])]",
                        f"fg.split({a}, {n})[-1]", f"fg.unstack({a})[0]"]  # fmt: skip
        if 1 in shape:
            options.append(f"fg.squeeze({a})")
    if rank > 1:
        options += [
            f"{a}[:, 0]" if shape[1] else f"{a}[:, :0]",
            f"{a}.T",
            f"fg.reshape({a}, {a}.shape[::-1])",
        ]
    other = pick(b, scope, lambda v: is_float(v) and v.shape == b.env[a].shape)
    if other and b.env[other].dtype == b.env[a].dtype:
        options += [f"fg.stack([{a}, {other}], -1)"]
        if rank:
            options += [f"fg.concat([{a}, {other}], -1)"]
    return b.choice(options)


# ------------------------------------------------------------------------------------------ conditions
def condition(b, scope):
    """A condition of Python's on values."""
    a = pick(b, scope)
    if a is None:
        return None
    s = f"fg.reduce_sum({a})" if b.env[a].shape else a
    limit = b.choice([0.0, 0.5, -0.3, 1.0])
    options = [f"{s} > {limit}", f"{s} < {limit}", f"{s} >= {limit}", f"-1.0 < {s} < 1.0",
               f"fg.reduce_any({a} > 1.0)", f"fg.reduce_all({a} < 1.0)", f"not {s} > {limit}"]  # fmt: skip
    i = pick(b, scope, lambda v: v.dtype.is_integer and v.shape == ())
    if i:
        options += [f"{i} % 2 == 0", f"{i} > 2"]
    first = b.choice(options)
    if b.chance(0.2):
        return f"({first}) {b.choice(['and', 'or'])} ({b.choice(options)})"
    return first


def fold(b, like, scope, prefer=None):
    """A value with the shape and dtype of `like`, made of it and of another value in scope."""
    value = eval(like, b.env)
    u = prefer or pick(b, scope)
    if u is None:
        return f"{like} * 0.5"
    b.used.add(u)
    other = b.env[u]
    if other.dtype == value.dtype and other.shape == value.shape and u != like:
        return b.choice(
            [u, "0.5 * {s} + fg.tanh({u})", "{s} - 0.1 * {u}", "fg.tanh({u}) * {s}"]
        ).format(s=like, u=u)
    total = u if other.shape == () else f"fg.reduce_sum({u})"
    if other.dtype != value.dtype:
        total = f"fg.cast({total}, fg.{value.dtype.name})"
    return b.choice(
        ["{s} + 0.1 * fg.tanh({t})", "{s} * fg.sigmoid({t})", "0.5 * {s} - fg.sin({t})"]
    ).format(s=like, t=total)


COMBINATORS = ("cond", "while_loop", "map_fn", "scan")


def combinators():
    """Those of TensorFlow's functions over functions that the library has."""
    return [name for name in COMBINATORS if hasattr(fg, name)]


def combinator(b, scope):
    """A call of one of them."""
    a = pick(b, scope)
    if a is None:
        return None
    value, way = b.env[a], b.choice(combinators())
    rows = len(value.shape) and value.shape[0]
    if way == "cond":
        sides = [f"lambda: {fold(b, a, scope)}" for _ in range(2)]
        return f"fg.cond(fg.reduce_sum({a}) > {b.choice([0.0, 0.5])}, {', '.join(sides)})"
    if way == "while_loop":
        b.env["s"] = fg.identity(value)
        step, bound = (
            fold(b, "s", scope),
            b.choice(["3", "fg.cast(n, fg.int32)" if "n" in scope else "2"]),
        )
        start = f"(fg.constant(0), {a} * 1.0)"
        return f"fg.while_loop(lambda i, s: i < {bound}, lambda i, s: (i + 1, {step}), {start})"
    if not rows:
        return None
    b.env["s"] = value[0]
    step = fold(b, "s", scope)
    if way == "map_fn":
        return f"fg.map_fn(lambda s: {step}, {a})"
    return f"fg.scan(lambda s, t: {step} + 0.5 * t, {a}, {a}[0] * 2.0)"


# ------------------------------------------------------------------------------------------------ rows
def elementwise_call(b, scope, row):
    """A call of an elementwise row on values, brought into its domain."""
    first = pick(b, scope, lambda v: is_float(v) or v.dtype.is_complex)
    if first is None:
        return None
    names = [first]
    for _ in row.arguments[1:]:
        names.append(beside(b, scope, first))
    if None in names:
        return None
    if len(names) > 1 and b.chance(0.3):
        names.reverse()
    args = [_fitted(b, row, k, name) for k, name in enumerate(names)]
    for k, rule in enumerate(row.df):
        if isinstance(rule, not_implemented):  # which a tape that is open would ask for
            args[k] = f"fg.stop_gradient({args[k]})"
    return f"{_spelling(b, row)}({', '.join(args)})"


def _fitted(b, row, k, name):
    value = b.env[name]
    if k in row.bools:
        return f"{name} > 0.0"
    low, *_, high = domain = domains(row)[k]
    if row.integers or isinstance(domain, range):
        whole = f"{low} + {high - low + 0.9} * fg.sigmoid({name})"
        return f"fg.cast({whole}, fg.int64)" if row.integers else f"fg.floor({whole})"
    if value.dtype.is_complex:
        return name
    array = value.numpy()
    inside = bool(((array >= low) & (array <= high)).all())
    if inside and b.chance(0.6):
        return name
    if (low, high) == (-3.0, 3.0) and b.chance(0.5):
        return f"3.0 * fg.tanh({name})"
    return f"{low} + {high - low} * fg.sigmoid({name})"


def structured_call(b, scope, row, arrays, metadata):
    """A call of a row on one of its samples, mixed with values in scope or passed in as a parameter."""
    leaves = list(_leaves(arrays))
    if sum(np.size(leaf) for leaf in leaves) > 400:
        return None
    fixed = CONSTANT_POSITIONS.get(row.name, ())
    floats = [
        k for k, leaf in enumerate(leaves) if np.asarray(leaf).dtype.kind == "f" and k not in fixed
    ]
    moving = b.choice(floats) if floats else None
    count = iter(range(len(leaves)))

    def text(part):
        if isinstance(part, (list, tuple)):
            return f"[{', '.join(text(one) for one in part)}]"
        k = next(count)
        part = np.asarray(part)
        if part.dtype.kind != "f" or k in fixed:
            places = not isinstance(row, Composition) or row.name in PLACED
            free = not floats or (places and b.chance(0.3))
            if free and part.dtype.kind in "iub" and k not in fixed and part.size < 400:
                return b.add_param(kind="near", shape=part.shape, dtype=part.dtype.name, base=part)
            return b.constant(part)
        same = [n for n in scope if is_float(b.env[n]) and tuple(b.env[n].shape) == part.shape]
        if same and isinstance(row, Primitive) and b.chance(0.15):
            return b.choice(same)
        if k != moving and b.chance(0.4) and part.size < 60:
            return b.constant(part)
        if part.size > 60 or b.chance(0.3):
            kind = {"shape": part.shape, "dtype": part.dtype.name, "base": part}
            base, mixed = b.add_param(kind="near", **kind), 0.95 if b.moving else 0.4
        else:
            base, mixed = b.constant(part), 1
        s = pick(b, scope)
        if s is None or not b.chance(mixed):
            return base
        total = s if b.env[s].shape == () else f"fg.reduce_sum({s})"
        small = f"0.01 * fg.cast(fg.tanh({total}), fg.{part.dtype.name})"
        return b.choice([f"{base} * (1.0 + {small})", f"{base} + {small}"])

    if getattr(row, "variadic", False):
        args = [f"[{', '.join(text(part) for part in arrays[0])}]"] if isinstance(arrays[0], list) else [
            f"[{', '.join(text(part) for part in arrays)}]"]  # fmt: skip
    else:
        args = [text(part) for part in arrays]
    args += [f"{key}={_literal(b, value)}" for key, value in metadata.items()]
    return f"{_spelling(b, row)}({', '.join(args)})"


def _leaves(nest):
    for part in nest:
        if isinstance(part, (list, tuple)):
            yield from _leaves(part)
        else:
            yield part


def _literal(b, value):
    """Metadata as text."""
    if isinstance(value, np.ndarray):
        return b.constant(value)
    if isinstance(value, type):
        return f"np.{value.__name__}" if issubclass(value, np.generic) else value.__name__
    if isinstance(value, (list, tuple)):
        inside = ", ".join(_literal(b, one) for one in value)
        return f"[{inside}]" if isinstance(value, list) else f"({inside}{',' * (len(value) == 1)})"
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not np.isfinite(value):
        return f"float('{value}')"
    return repr(value)


_public = {}


def _spelling(b, row):
    """How the row is called: by a public name, by its own, or by NumPy's."""
    if not _public:
        for face in ("", ".math", ".nn", ".linalg", ".signal"):
            module = getattr(fg, face[1:]) if face else fg
            for name in dir(module):
                if not name.startswith("_"):
                    _public.setdefault(id(getattr(module, name)), f"fg{face}.{name}")
    if isinstance(row.numpy, tuple) and row.numpy and b.chance(0.1):
        name = row.numpy[0].__name__
        # Where no tape is open, NumPy computes those of arrays itself: the same up to rounding.
        if isinstance(row, Elementwise) and getattr(np, name, None) is row.numpy[0]:
            return f"np.{name}"
    public = _public.get(id(row.bound))
    return public if public and b.chance(0.8) else f"P.{row.name}"
