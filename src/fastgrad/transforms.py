"""Functions with a gradient of their own: stated, or by recomputation.

A function with a gradient of its own is recorded as one operation, by `record`: its outputs, the
Tensors and Variables they come from, and the function that pulls cotangents back. What is built on
that says what this function does.
"""

import functools
from contextlib import contextmanager
from contextvars import ContextVar

import numpy as np

from . import _nest, primitives
from ._core import _dispatch
from ._core._contexts import Paused, Touched
from ._core._dispatch import constant, convert_to_tensor, record_custom
from ._core._evaluate import customs, evaluate
from ._core._graph import tracing
from ._core._primitive import Primitive
from ._core._tensor import Tensor, Variable
from .errors import short, suggest
from .graphs import Operands, Part, reading
from .ops.custom import custom_gradient as custom_row
from .tape import GradientTape

CUSTOM = Primitive(custom_row)
NUMBERS = (bool, int, float, complex, np.number, np.bool_)


# ---------------------------------------------------------------------------------------- recording
def record(what, y, inputs, variables, pull, log=True):
    """Record the nest `y` as computed from `inputs` and `variables`; gives it with fresh Tensors.

    pull: takes one cotangent per output, and gives one gradient (or None) per input, then one per
        variable.
    log: tell the graph that is traced as well, of which another tape may ask for gradients later.
    Leaves of `y` and `inputs` that are no numbers take part in nothing.
    """
    leaves = _nest.flatten(y)
    numeric = [k for k, leaf in enumerate(leaves) if _is_numeric(leaf)]
    sources = [*inputs, *variables]
    tracked = [k for k, x in enumerate(sources) if isinstance(x, (Tensor, Variable))]
    avals = [(sources[k].shape, sources[k].dtype) for k in tracked]

    def gradient(cts):
        gradients = pull(cts)
        return [
            _fitted(gradients[k], aval, f"{what}: the gradient of {_place(k, len(inputs))}")
            for k, aval in zip(tracked, avals, strict=True)
        ]

    outputs = [convert_to_tensor(leaves[k]) for k in numeric]
    if log and tracing() is not None:
        outputs = _logged(what, [sources[k] for k in tracked], outputs, gradient)
    fresh = record_custom(CUSTOM, [sources[k] for k in tracked], outputs, {"gradient": gradient})
    for k, t in zip(numeric, fresh, strict=True):
        leaves[k] = t
    return _nest.pack(y, leaves)


def _logged(what, sources, outputs, gradient):
    """Log outputs with their gradient, which is traced now, in a graph of its own."""
    sources = [reading(x) if isinstance(x, Variable) else x for x in sources]
    try:
        part = Part(lambda *cts: gradient(list(cts)), outputs, inside=False)
    except Exception as error:  # it matters to those who ask for the gradient
        return tracing().custom(
            Stated(what, len(sources), error=error), [*sources, *outputs], outputs
        )
    with part.resumed() as graph:
        results = [None if g is None else graph.number_of(g) for g in part.nest]
    operands = Operands([*sources, *outputs])
    bindings = [(operands.place(t), at) for at, t in part.needs()]
    payload = Stated(what, len(sources), part.graph, part.inputs, results, bindings)
    return tracing().custom(payload, operands.tensors, outputs)


class Stated:
    """A gradient that a function states, as a graph has it: of its first operands, `first` many.

    What it was stated for are the operands after them.
    """

    def __init__(self, what, first, graph=None, inputs=(), results=(), bindings=(), error=None):
        self.what, self.first, self.graph, self.inputs = what, first, graph, list(inputs)
        self.results, self.bindings, self.error = results, bindings, error

    def again(self, arguments):
        """The same for other operands."""
        outputs = arguments[self.first : self.first + len(self.inputs)]
        if self.error is not None:
            outputs = arguments[self.first :]

        def pull(cts):
            if self.error is not None:
                raise self.error
            ids = [*self.inputs, *(at for _, at in self.bindings)]
            given = [*cts, *(arguments[k] for k, _ in self.bindings)]
            found = iter(
                evaluate(self.graph, ids, given, [g for g in self.results if g is not None], False)
            )
            return [None if g is None else next(found) for g in self.results]

        return record(self.what, outputs, arguments[: self.first], [], pull)


customs(lambda payload, arguments: payload.again(arguments))


def _is_numeric(x):
    return isinstance(x, (Tensor, Variable, np.ndarray, *NUMBERS))


def _place(k, inputs):
    return f"input {k}" if k < inputs else f"variable {k - inputs}"


def _fitted(gradient, aval, what):
    """A stated gradient as a Tensor of its input's dtype; it must have its shape already."""
    shape, dtype = aval
    if gradient is None or not has_gradient(dtype):
        return None
    if not isinstance(gradient, (Tensor, Variable)):
        try:
            gradient = constant(gradient, dtype)
        except (TypeError, ValueError) as error:
            raise type(error)(f"{what}: {error}") from None
    gradient = convert_to_tensor(gradient)
    if gradient.shape != shape:
        raise ValueError(
            f"{what} has shape {gradient.shape}, but what it belongs to has shape {shape}"
        )
    if gradient.dtype == dtype:
        return gradient
    if gradient.dtype.is_complex:
        raise TypeError(f"{what} is complex, but what it belongs to is {dtype.name}")
    return primitives.cast(gradient, dtype)


def has_gradient(dtype):
    return dtype.is_floating or dtype.is_complex


def name_of(f):
    return getattr(f, "__name__", None) or short(f)


def converted(f):
    """A function that a user gave, as it is called here: converted where one is traced."""
    if tracing() is None:
        return f
    from ._autograph import convert

    return convert(f)


class Wrapper:
    """A callable that stands for a function, as a method too, and looks like it (`__wrapped__`)."""

    def __init__(self, f):
        functools.update_wrapper(self, f)

    def __get__(self, instance, owner=None):
        if instance is None or not hasattr(self.__wrapped__, "__get__"):
            return self
        bound = type(self).__new__(type(self))
        bound.__dict__.update(self.__dict__, __wrapped__=self.__wrapped__.__get__(instance, owner))
        return bound

    def __repr__(self):
        return f"<fastgrad.{type(self).__name__} of {self.__wrapped__!r}>"


# --------------------------------------------------------------------------------- custom gradients
def custom_gradient(f=None):
    """Decorator: a function that states its own gradient.

    f: returns ``(y, grad_fn)``, where y is a number, array, Tensor or nest of them. ``grad_fn`` is
        called with one cotangent per output (zeros for outputs that nobody used), and returns one
        gradient per positional argument (per leaf, if arguments are nests), of its shape; None
        where there is none. That of a single argument may come without a list.

    If f reads trainable Variables that it did not receive, ``grad_fn`` must take `variables`, the
    list of them in order of creation, and return ``(argument gradients, variable gradients)``.

    Gradients of higher order come from what ``grad_fn`` does, which may call functions with a
    stated gradient in turn. Works on functions and methods. Keyword arguments have no gradient.

    Raises TypeError if f does not return such a pair, or if ``grad_fn`` does not take `variables`
    though it should; in the backward pass, ValueError for a wrong number of gradients or a wrong
    shape.

    >>> @fg.custom_gradient
    ... def log1pexp(x):
    ...     e = fg.exp(x)
    ...     return fg.math.log(1 + e), lambda ct: ct * (1 - 1 / (1 + e))
    >>> x = fg.constant(100.0)
    >>> with fg.GradientTape() as tape:
    ...     tape.watch(x)
    ...     y = log1pexp(x)
    >>> tape.gradient(y, x)
    <fg.Tensor: shape=(), dtype=float32, numpy=1.0>
    """
    return custom_gradient if f is None else CustomGradient(f)


class CustomGradient(Wrapper):
    """What `custom_gradient` makes of a function: calling it records it as one operation."""

    def __call__(self, *args, **kwargs):
        f = converted(self.__wrapped__)
        name = name_of(f)
        # The tapes outside record what f does, so that grad_fn may use its intermediate results in
        # gradients of higher order.
        with Touched() as seen:
            result = f(*args, **kwargs)
        y, grad_fn = _pair(result, name)
        grad_fn = converted(grad_fn)
        inputs = _nest.flatten(args)
        given = [*inputs, *_nest.flatten(kwargs)]
        variables = [v for v in seen.variables() if not any(v is x for x in given)]
        if variables and not _takes_variables(grad_fn):
            raise TypeError(
                "@fg.custom_gradient grad_fn must accept keyword argument 'variables', since "
                f"function {name} uses variables: {[v.name for v in variables]}"
            )
        count = len(inputs)

        def pull(cts):
            if not variables:
                return _one_each(grad_fn(*cts), count, name)
            returned = grad_fn(*cts, variables=list(variables))
            if not isinstance(returned, (tuple, list)) or len(returned) != 2:
                raise TypeError(
                    f"custom_gradient: the grad_fn of {name} gets `variables`, so it must return "
                    f"(argument gradients, variable gradients), not {short(returned)}"
                )
            of_variables = _nest.flatten(returned[1])
            if len(of_variables) != len(variables):
                raise ValueError(
                    "Must return gradient for each variable from @custom_gradient grad_fn. That of "
                    f"{name} gave {len(of_variables)} for {len(variables)} variables."
                )
            return _one_each(returned[0], count, name) + of_variables

        return record(f"custom_gradient {name}", y, inputs, variables, pull)


def _pair(result, name):
    """(y, grad_fn) of what a function with a stated gradient returned."""
    if isinstance(result, (tuple, list)) and len(result) == 2 and callable(result[1]):
        return result
    raise TypeError(
        f"custom_gradient: {name} must return a pair (y, grad_fn) whose second part is a function, "
        f"not {short(result)}"
    )


def _takes_variables(grad_fn):
    from inspect import signature

    parameters = signature(grad_fn).parameters
    return "variables" in parameters or any(p.kind is p.VAR_KEYWORD for p in parameters.values())


def _one_each(gradients, n, name):
    """The flat list of argument gradients; ValueError unless there are n."""
    flat = _nest.flatten(gradients)
    if n == 0 and gradients is None:
        return []
    if len(flat) != n:
        raise ValueError(
            f"custom_gradient function expected to return {n} gradients, but returned {len(flat)} "
            f"instead. The grad_fn of {name} must give one for each argument (None for none)."
        )
    return flat


# -------------------------------------------------------------------------------------- recomputing
def recompute_grad(f):
    """`f`, keeping nothing of its inside for the backward pass, which runs it once more.

    Trades time for memory. The gradients are those of f: by the Tensors and Variables among its
    arguments, in nests too, and by the trainable Variables that it reads. Other Tensors that f
    finds outside are constants.

    f runs again as it was called, with the same arguments and the Variables as they were. It should
    depend on nothing else that changes meanwhile: it draws new random numbers and repeats its side
    effects (but not its assignments). ValueError if it then gives another number of outputs.

    >>> x = fg.Variable(2.0)
    >>> block = fg.recompute_grad(lambda x: x * x * x)
    >>> with fg.GradientTape() as tape:
    ...     y = block(x) * x
    >>> tape.gradient(y, x)
    <fg.Tensor: shape=(), dtype=float32, numpy=32.0>
    """
    return RecomputeGrad(f)


checkpoint = recompute_grad


_recomputing = ContextVar("recomputing", default=False)


@contextmanager
def _sparing():
    """A context in which what is recorded keeps no more than it must."""
    token = _recomputing.set(True)
    try:
        yield
    finally:
        _recomputing.reset(token)


def recomputes():
    """True in the second run of what `recompute_grad` made: loops keep what they carry, and nothing else."""
    return _recomputing.get()


class RecomputeGrad(Wrapper):
    """What `recompute_grad` makes of a function."""

    def __call__(self, *args, **kwargs):
        f = converted(self.__wrapped__)
        # Arrays are copied and nests rebuilt: the caller may change them before the second run.
        args, kwargs = _nest.map_structure(_own, (args, kwargs))
        with Paused(), Touched() as seen:
            y = f(*args, **kwargs)
        found = [*_nest.flatten((args, kwargs)), *seen.variables(trainable=False)]
        sources = list({id(x): x for x in found if isinstance(x, (Tensor, Variable))}.values())

        def pull(cts):
            with seen.restored(), _sparing(), GradientTape(watch_accessed_variables=False) as tape:
                tape.watch([x for x in sources if has_gradient(x.dtype)])
                again = [leaf for leaf in _nest.flatten(f(*args, **kwargs)) if _is_numeric(leaf)]
            if len(again) != len(cts):
                raise ValueError(
                    f"recompute_grad: {name_of(f)} gave {len(cts)} outputs, but {len(again)} when it "
                    "ran again"
                )
            return tape.gradient([convert_to_tensor(leaf) for leaf in again], sources, cts)

        return record(f"recompute_grad {name_of(f)}", y, sources, (), pull)


def _own(x):
    return x.copy() if isinstance(x, np.ndarray) else x


def grad_pass_through(f):
    """`f` with the gradient of the identity: cotangents go from its outputs to its arguments.

    For as many outputs as arguments, of the same shapes. Variables that f reads get no gradient.

    >>> x, z = fg.Variable(1.0), fg.Variable(3.0)
    >>> with fg.GradientTape() as tape:
    ...     y = fg.grad_pass_through(x.assign)(z * z)
    >>> tape.gradient(y, z)
    <fg.Tensor: shape=(), dtype=float32, numpy=6.0>
    """

    @functools.wraps(f)
    def passing(*args, **kwargs):
        def grad_fn(*cts, variables=()):
            return (cts, [None] * len(variables)) if variables else cts

        return f(*args, **kwargs), grad_fn

    return custom_gradient(passing)


# -------------------------------------------------------------------------------------- registering
class RegisterGradient:
    """Decorator: a gradient, in the whole process, for an operation that has none.

    op_type: the operation's name, as error texts give it (``rint``, ``floor_divide``).

    The function takes ``op`` and a cotangent, and gives one gradient per input (one alone without
    a list; None for none). ``op`` has `type`, `inputs` and `outputs`, the Tensors of that call.

    Raises LookupError if no operation has this name, KeyError if it has a gradient already; in the
    backward pass, ValueError for too few gradients.

    >>> @fg.RegisterGradient("ceil")  # doctest: +SKIP
    ... def straight_through(op, ct):
    ...     return ct
    """

    __slots__ = ("_primitive", "_type")

    def __init__(self, op_type):
        row = primitives.ROWS.get(op_type)
        if row is None:
            hint = suggest(op_type, primitives.ROWS)
            raise LookupError(f"RegisterGradient: no operation is called {op_type!r}.{hint}")
        if _has_rule(row) or row.primitive.registered is not None:
            raise KeyError(f"RegisterGradient: the operation {op_type!r} has a gradient already")
        self._type, self._primitive = op_type, row.primitive

    def __call__(self, f):
        def rule(inputs, outputs):
            op = Operation(self._type, inputs, outputs)
            avals = [(x.shape, x.dtype) for x in inputs]

            def gradient(cts):
                gradients = _nest.flatten(f(op, *cts))
                if len(gradients) != len(avals):
                    few = "few" if len(gradients) < len(avals) else "many"
                    raise ValueError(
                        f"{op.type}: InvalidBackprop: the registered gradient {name_of(f)} gave too "
                        f"{few} gradients: {len(gradients)} for {len(avals)} inputs"
                    )
                what = f"{op.type}: the registered gradient of input"
                return [
                    _fitted(g, aval, f"{what} {k}")
                    for k, (g, aval) in enumerate(zip(gradients, avals, strict=True))
                ]

            return {"gradient": gradient}

        _dispatch.register(self._primitive, CUSTOM, rule)
        return f


def _has_rule(row):
    if row.kind == "composition":
        return True
    return any(map(callable, row.vjp if row.kind == "primitive" else row.df))


class Operation:
    """One call of an operation, for a registered gradient: its `type`, `inputs` and `outputs`."""

    __slots__ = ("inputs", "outputs", "type")

    def __init__(self, type, inputs, outputs):
        self.type, self.inputs, self.outputs = type, tuple(inputs), tuple(outputs)

    def __repr__(self):
        return f"<operation {self.type}>"
