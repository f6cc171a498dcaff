"""Derivatives of functions: of those that take Tensors, arrays and numbers, and give them.

In two styles. `value_and_gradient` and its kin differentiate by all arguments and sum what has axes, as
a tape does, and Python floats become float32. `grad`, `jacobian`, `hessian`, `vjp`, `jvp` differentiate by
the arguments named, and Python floats become float64, as in NumPy; they nest in any order.
"""

import functools
from operator import index

import numpy as np

from . import _nest, primitives
from ._core._dispatch import constant, convert_to_tensor
from ._core._tensor import Tensor, Variable
from .errors import short
from .forward import ForwardAccumulator
from .tape import GradientTape
from .transforms import NUMBERS, has_gradient, name_of

# A column of a jacobian takes a call of the function, and all rows one backward pass over arrays that have an
# axis more: so many rows are worth a column (of 3: 100 rows took 0.5 to 2 times as long backward, 1,000 rows
# 6 to 200 times).
ROWS_PER_COLUMN = 30


# ------------------------------------------------------------------------------ by the arguments named
def grad(f, argnums=0, has_aux=False):
    """A function that takes the arguments of `f`, which gives one number, and gives its gradient.

    argnums: position or name of the argument to differentiate by, or a sequence of them (the gradients
        come as a tuple). An argument may be a nest of lists, tuples, dicts and dataclasses; its gradient
        is one too. Python floats become float64 Tensors.
    has_aux: f gives ``(value, aux)``, and the function ``(gradient, aux)``.

    What f does not depend on has a gradient of zeros. Raises TypeError if the value is not one number, or
    an argument has no floating dtype.

    >>> fg.grad(fg.grad(lambda x: x**3.0))(2.0)
    <fg.Tensor: shape=(), dtype=float64, numpy=12.0>
    """
    both = _value_and_grad("grad", f, argnums, has_aux)

    @functools.wraps(f, updated=())
    def gradient(*args, **kwargs):
        value, result = both(*args, **kwargs)
        return (result, value[1]) if has_aux else result

    return gradient


def value_and_grad(f, argnums=0, has_aux=False):
    """Like `grad`, of which it takes the arguments: a function that gives ``(value, gradient)``.

    With `has_aux` it gives ``((value, aux), gradient)``.

    >>> value, slope = fg.value_and_grad(lambda x: x * x)(3.0)
    >>> print(value.numpy(), slope.numpy())
    9.0 6.0
    """
    return _value_and_grad("value_and_grad", f, argnums, has_aux)


def vjp(f, *primals, has_aux=False):
    """The value of ``f(*primals)``, and a function from cotangents of it to those of the primals.

    The function takes a nest like the value and gives a tuple with an entry for each of the primals, as
    often as one likes. With `has_aux` f gives ``(value, aux)``, and this ``(value, function, aux)``.

    >>> y, pull = fg.vjp(lambda a, b: a * b, 3.0, 5.0)
    >>> [ct.numpy().item() for ct in pull(1.0)]
    [5.0, 3.0]
    """
    g, own = _closed("vjp", f, range(len(primals)), primals, {})
    tape, value, aux = _recorded("vjp", f, g, own, has_aux, persistent=True)

    def pull(ct):
        return _dense(tape.gradient(value, own, ct, "zero"))

    return (value, pull, aux) if has_aux else (value, pull)


def jvp(f, primals, tangents, has_aux=False):
    """The value of ``f(*primals)`` and its derivative along the tangents, in one forward pass.

    primals, tangents: sequences with an entry for each argument of f. With `has_aux` f gives
    ``(value, aux)``, and this ``(value, tangent, aux)``.

    >>> y, y_dot = fg.jvp(lambda a, b: a * b, (3.0, 5.0), (1.0, 0.0))
    >>> print(y.numpy(), y_dot.numpy())
    15.0 5.0
    """
    primals = tuple(primals)
    g, own = _closed("jvp", f, range(len(primals)), primals, {})
    directions = _nest.map_structure(_direction, own, tuple(tangents))
    with ForwardAccumulator(own, directions) as accumulator:
        value, aux = _split("jvp", f, g(own), has_aux)
    moved = accumulator.jvp(value, "zero")
    return (value, moved, aux) if has_aux else (value, moved)


def jacrev(f, argnums=0, has_aux=False):
    """The jacobian by backward passes, one for each element of the value; arguments as in `jacobian`."""
    return _derivative(f, lambda args, kwargs: _rows("jacrev", f, argnums, has_aux, args, kwargs))


def jacfwd(f, argnums=0, has_aux=False):
    """The jacobian by forward passes, one for each element of the argument; arguments as in `jacobian`."""
    return _derivative(
        f, lambda args, kwargs: _columns("jacfwd", f, argnums, has_aux, args, kwargs)
    )


def jacobian(f, argnums=0, has_aux=False):
    """A function that takes the arguments of `f` and gives its jacobian, of shape value + argument.

    argnums, has_aux: as in `grad`. A nest as value gives a nest like it, of nests like the argument.
    The passes go backward, or forward where the value has far more elements than the argument.

    >>> fg.jacobian(lambda x: x * x[0])(np.array([1.0, 2.0])).numpy()
    array([[2., 0.],
           [2., 1.]])
    """
    return _derivative(
        f, lambda args, kwargs: _rows("jacobian", f, argnums, has_aux, args, kwargs, choose=True)
    )


def hessian(f, argnums=0, has_aux=False):
    """A function that takes the arguments of `f`, which gives one number, and gives its second derivatives.

    argnums, has_aux: as in `grad`. The hessian has the shape argument + argument; for nests, and several
    arguments, it is a nest like the argument of such nests. One gradient is recorded, and its jacobian taken
    in one backward pass.

    >>> fg.hessian(lambda x: x[0] ** 2.0 * x[1])(np.array([3.0, 5.0])).numpy()
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return jacrev(grad(f, argnums, has_aux), argnums, has_aux)


def hvp(f, primals, tangents):
    """The hessian of f, which gives one number, times a direction, as a tuple like `primals`.

    primals, tangents: sequences with an entry for each argument of f. It takes a forward pass over a
    gradient: the hessian is never built.

    >>> (product,) = fg.hvp(
    ...     lambda x: x[0] ** 2.0 * x[1], [np.array([3.0, 5.0])], [np.array([1.0, 0.0])]
    ... )
    >>> product.numpy()
    array([10.,  6.])
    """
    return jvp(grad(f, tuple(range(len(primals)))), primals, tangents)[1]


def _derivative(f, answer):
    @functools.wraps(f, updated=())
    def derivative(*args, **kwargs):
        return answer(args, kwargs)

    return derivative


def _value_and_grad(what, f, argnums, has_aux):
    def both(args, kwargs):
        g, primals = _closed(what, f, argnums, args, kwargs)
        tape, value, aux = _recorded(what, f, g, primals, has_aux)
        if not isinstance(value, Tensor) or value.ndim:
            shown = f"shape {value.shape}" if isinstance(value, Tensor) else "a nest"
            raise TypeError(
                f"{what}: {name_of(f)} must give one number, not {shown}: take its sum, or "
                "use fg.jacobian or fg.vjp"
            )
        gradient = _dense(tape.gradient(value, primals, unconnected_gradients="zero"))
        return ((value, aux) if has_aux else value), gradient

    return _derivative(f, both)


def _rows(what, f, argnums, has_aux, args, kwargs, choose=False):
    g, primals = _closed(what, f, argnums, args, kwargs)
    tape, value, aux = _recorded(what, f, g, primals, has_aux, persistent=True)
    rows, columns = (sum(x.size for x in _nest.flatten(nest)) for nest in (value, primals))
    if choose and rows > ROWS_PER_COLUMN * columns:
        return _columns(what, f, argnums, has_aux, args, kwargs)
    result = _nest.map_structure(lambda y: tape.jacobian(y, primals, "zero"), value)
    return (result, aux) if has_aux else result


def _columns(what, f, argnums, has_aux, args, kwargs):
    g, primals = _closed(what, f, argnums, args, kwargs)
    leaves = _nest.flatten(primals)
    columns = []  # for each leaf and element: the tangents of the flat value
    value, aux = None, None
    for leaf in leaves:
        columns.append([])
        for unit in np.eye(leaf.size, dtype=leaf.dtype.np_dtype):
            directions = [
                constant(
                    unit.reshape(x.shape) if x is leaf else np.zeros(x.shape, x.dtype.np_dtype)
                )
                for x in leaves
            ]
            with ForwardAccumulator(leaves, directions) as accumulator:
                value, aux = _split(what, f, g(primals), has_aux)
            columns[-1].append(accumulator.jvp(_nest.flatten(value), "zero"))
    if value is None:  # nothing to differentiate by: arguments without elements
        value, aux = _split(what, f, g(primals), has_aux)

    def block(i, y, x, tangents):
        shape = (*y.shape, *x.shape)
        if not tangents:
            return constant(np.zeros(shape, y.dtype.np_dtype))
        return primitives.reshape(primitives.stack([column[i] for column in tangents], -1), shape)

    result = [
        _nest.pack(
            primals, [block(i, y, x, column) for x, column in zip(leaves, columns, strict=True)]
        )
        for i, y in enumerate(_nest.flatten(value))
    ]
    result = _nest.pack(value, result)
    return (result, aux) if has_aux else result


def _closed(what, f, argnums, args, kwargs):
    """f as a function of the arguments named, and those, as Tensors of their own.

    Of their own, so that the same Tensor met elsewhere (an argument of an outer derivative) is a constant.
    """
    places, alone = _places(what, f, argnums, args, kwargs)
    given = {**dict(enumerate(args)), **kwargs}
    primals = [_nest.map_structure(lambda x: _primal(what, f, x), given[place]) for place in places]

    def g(primals):
        given.update(zip(places, [primals] if alone else primals, strict=True))
        return f(*(given[k] for k in range(len(args))), **{name: given[name] for name in kwargs})

    return g, primals[0] if alone else tuple(primals)


def _primal(what, f, x):
    if isinstance(x, (Tensor, Variable, np.ndarray, *NUMBERS)):
        tensor = convert_to_tensor(np.float64(x) if isinstance(x, float) else x)
        if has_gradient(tensor.dtype):
            return primitives.identity(tensor)
        why = f"{tensor.dtype.name} has no gradient: give floats"
    else:
        why = "leave it out of argnums, or pass it by keyword"
    raise TypeError(
        f"{what}: can't differentiate {name_of(f)} by {short(x)} of type {type(x).__name__}: {why}"
    )


def _direction(primal, tangent):
    return tangent if isinstance(tangent, (Tensor, Variable)) else constant(tangent, primal.dtype)


def _recorded(what, f, g, primals, has_aux, persistent=False):
    """Call g under a tape that watches the primals: the tape, the value and what comes with it."""
    with GradientTape(persistent, watch_accessed_variables=False) as tape:
        tape.watch(primals)
        value, aux = _split(what, f, g(primals), has_aux)
    return tape, value, aux


def _dense(gradients):
    """Gradients with those of gathers as Tensors."""
    return _nest.map_structure(convert_to_tensor, gradients)


def _split(what, f, result, has_aux):
    """What f gave, as Tensors, and what it gave beside."""
    aux = None
    if has_aux:
        if not isinstance(result, (tuple, list)) or len(result) != 2:
            raise TypeError(f"{what}: with has_aux, {name_of(f)} must give a pair (value, aux)")
        result, aux = result
    check_value(result, f)
    return _nest.map_structure(convert_to_tensor, result), aux


# ------------------------------------------------------------------------------- like a tape
def value_and_gradient(f, *args, output_gradients=None, **kwargs):
    """What ``f(*args, **kwargs)`` gives, and its gradient with respect to `args`.

    args: Tensors, Variables, floats, lists of numbers, arrays, or nests of them; f gets Tensors for
        the last three. One gives its gradient, several a tuple; None for what f does not depend on.
    output_gradients: the cotangent of the value (one per output; default ones).

    f may give several outputs, in any nest: the gradient is that of their sum. Raises ValueError if
    f returns None, TypeError for an argument that is no number, or if all of them are integers.

    >>> value, (gx, gy) = fg.value_and_gradient(lambda x, y: x * x * y, 3.0, 5.0)
    >>> print(value, gx, gy, sep="\\n")
    fg.Tensor(45.0, shape=(), dtype=float32)
    fg.Tensor(30.0, shape=(), dtype=float32)
    fg.Tensor(9.0, shape=(), dtype=float32)
    """
    tape, value, sources = _run("value_and_gradient", f, None, args, kwargs)
    return value, tape.gradient(value, sources, output_gradients)


def gradient_function(f, argnums=None):
    """A function that takes the arguments of `f` and gives its gradient.

    argnums: a position or the name of a parameter (the function gives one gradient), or a sequence
        of them (a tuple); None stands for all positional arguments of the call, as in
        `value_and_gradient`.

    The function takes ``dy=`` as well, the cotangent of f's output. f may be a
    ``functools.partial``.

    >>> slope = fg.gradient_function(lambda x: x**4)
    >>> slope(2.0)
    <fg.Tensor: shape=(), dtype=float32, numpy=32.0>
    >>> fg.gradient_function(slope)(2.0)
    <fg.Tensor: shape=(), dtype=float32, numpy=48.0>
    """

    def gradient(*args, dy=None, **kwargs):
        tape, value, sources = _run("gradient_function", f, argnums, args, kwargs)
        return tape.gradient(value, sources, dy)

    return gradient


def make_vjp(f, argnums=None, persistent=True):
    """A function that takes the arguments of `f` and gives ``(value, vjp)``.

    ``vjp(dy=None)`` gives the gradients for a cotangent `dy` of the value (default ones), in the
    form that `argnums` asks for, as in `gradient_function`; once only if not `persistent`.

    >>> y, vjp = fg.make_vjp(lambda x: x * x)([1.0, 2.0])
    >>> vjp([1.0, 10.0])
    <fg.Tensor: shape=(2,), dtype=float32, numpy=array([ 2., 40.], dtype=float32)>
    """

    def forward(*args, **kwargs):
        tape, value, sources = _run("make_vjp", f, argnums, args, kwargs, persistent)

        def vjp(dy=None):
            return tape.gradient(value, sources, dy)

        return value, vjp

    return forward


def implicit_grad(f):
    """A function that takes the arguments of `f` and gives its gradients by the Variables it reads.

    They come as a list of ``(gradient, variable)`` for the trainable Variables in the order of
    their creation, as ``apply_gradients`` takes it. Raises ValueError if there is none.

    >>> w = fg.Variable(2.0)
    >>> fg.implicit_grad(lambda x: w * w * x)(5.0)[0][0]
    <fg.Tensor: shape=(), dtype=float32, numpy=20.0>
    """

    def gradients(*args, **kwargs):
        with GradientTape() as tape:
            value = f(*map(_as_tensors, args), **kwargs)
        check_value(value, f)
        variables = tape.watched_variables()
        if not variables:
            raise ValueError(f"implicit_grad: no trainable variables were read by {name_of(f)}")
        return list(zip(tape.gradient(value, variables), variables, strict=True))

    return gradients


def _run(what, f, argnums, args, kwargs, persistent=False):
    """Call f under a tape: the tape, the value, and what to differentiate by."""
    places, alone = _places(what, f, argnums, args, kwargs)
    given = {**dict(enumerate(args)), **kwargs}
    seen = set()

    def own(x):
        """Each argument has a gradient of its own, also where the same Tensor is given twice."""
        x = primitives.identity(x) if id(x) in seen else x
        seen.add(id(x))
        return x

    for place in dict.fromkeys(places):
        given[place] = _nest.map_structure(own, _as_tensors(given[place]))
    sources = [_nest.map_structure(_source, given[place]) for place in places]
    leaves = _nest.flatten(sources)
    for leaf in leaves:
        if not isinstance(leaf, (Tensor, Variable)):
            raise TypeError(
                f"{what}: can't differentiate {name_of(f)} by {short(leaf)} of type "
                f"{type(leaf).__name__}: leave it out of argnums, or pass it by keyword"
            )
    moving = [x for x in leaves if has_gradient(x.dtype)]
    if leaves and not moving:
        raise TypeError(
            f"{what}: the arguments of {name_of(f)} are integers, which have no gradient: give floats"
        )
    with GradientTape(persistent, watch_accessed_variables=False) as tape:
        tape.watch(moving)
        value = f(*(given[k] for k in range(len(args))), **{name: given[name] for name in kwargs})
    check_value(value, f)
    return tape, value, sources[0] if alone else tuple(sources)


def _places(what, f, argnums, args, kwargs):
    """Positions or keywords of what to differentiate by, and whether that is one alone."""
    if argnums is None:
        if not args:
            raise ValueError(f"{what}: {name_of(f)} was called without positional arguments")
        return list(range(len(args))), len(args) == 1
    alone = isinstance(argnums, str) or not hasattr(argnums, "__iter__")
    return [_position(what, f, at, args, kwargs) for at in ([argnums] if alone else argnums)], alone


def _position(what, f, argnum, args, kwargs):
    if isinstance(argnum, str):
        if argnum in kwargs:
            return argnum
        from inspect import signature

        names = [p.name for p in signature(f).parameters.values() if p.kind is not p.KEYWORD_ONLY]
        at = names.index(argnum) if argnum in names else len(args)
    elif hasattr(argnum, "__index__"):
        at = index(argnum)
    else:
        raise TypeError(f"{what}: argnums has {short(argnum)}, which is no position and no name")
    if not 0 <= at < len(args):
        given = [f"{len(args)} positional arguments", *map(repr, kwargs)]
        raise ValueError(
            f"{what}: argnums has {argnum!r}, but {name_of(f)} was called with {', '.join(given)}"
        )
    return at


def _as_tensors(x):
    """An argument with its floats, lists of numbers and arrays as Tensors.

    Python's own integers stay: they have no gradient, and as Tensors would no longer take the dtype
    of what they meet.
    """
    if type(x) in (list, tuple):
        leaves = _nest.flatten(x)
        if leaves and all(isinstance(leaf, NUMBERS) for leaf in leaves):
            return constant(x)
    return _nest.map_structure(_as_tensor, x)


def _as_tensor(x):
    if isinstance(x, (np.ndarray, *NUMBERS)) and not isinstance(x, int):
        return constant(x)
    return x


def _source(x):
    return constant(x) if isinstance(x, int) else x


def check_value(value, f):
    if value is None:
        raise ValueError(
            "Cannot differentiate a function that returns None; did you forget to return a value "
            f"from {name_of(f)}?"
        )
