"""Effects: what a program does besides computing, such as printing, calling Python, and drawing numbers.

Outside of functions that are traced it happens at once. Where one is traced it is logged, and happens
in each call of that function, in the order of the program, and only in branches and turns of loops
that are run. All of it goes through `happen`. What has a gradient (`py_function`) runs on tapes then,
which are kept, and the gradient is an effect that asks them.
"""

from contextlib import ExitStack, contextmanager, nullcontext
from functools import wraps

import numpy as np

from . import _nest, _text
from ._core._contexts import Paused
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import Untraced, is_traced, tracing
from ._core._tensor import Tensor, Variable
from .creation import zeros
from .dtypes import as_dtype
from .errors import short
from .graphs import reading
from .journals import Effect, journal, log, new_ticket, record_of
from .specs import TensorSpec
from .tape import GradientTape
from .transforms import has_gradient, name_of, record


def happen(call, values, example=None):
    """What `call(*values)` gives, a list of Tensors: now, or in each call of the function that is traced.

    values: anything. In a replay those that are known only then, and Variables, come to `call` as Tensors.
    example: gives Tensors like the results, of the same values as they are while tracing. `call` does
        unless it is given, which is for those that may happen once more.
    """
    if tracing() is None:
        return call(*values)
    values = [reading(x) if isinstance(x, Variable) else x for x in values]
    with Untraced(), Paused():
        examples = (example or call)(*values)
    places = [k for k, x in enumerate(values) if is_traced(x)]
    given = [None if k in places else x for k, x in enumerate(values)]
    return log(Happening(call, given, places, example), [values[k] for k in places], examples)


def taped(call, values, example=None):
    """As `happen`, with the gradients that tapes find in what `call` computes of the Tensors it gets."""
    ticket, call = new_ticket(), Taped(call)
    outputs = happen(call, [*values, ticket], example)
    return Pullback(call, 1, len(values)).again([*values, ticket, *outputs])


class Taped:
    """A call that leaves its tapes in the record to which its last argument is a ticket, if there is one.

    order: of the highest derivative that the function itself asks for.
    """

    def __init__(self, call):
        self.call, self.order = call, 0
        self.__qualname__ = call.__qualname__

    def __call__(self, *values):
        *values, ticket = values
        record = record_of(ticket)
        if record is None:
            return self.call(*values)
        # One for each order: those of higher ones go on when a gradient is computed.
        tapes = [GradientTape(persistent=True) for _ in range(self.order + journal().levels)]
        with recording(tapes, values):
            outputs = self.call(*values)
        record.tapes = tapes, values, outputs
        return outputs


class Pullback:
    """The gradient, of some order, of a `Taped` call, as a graph has it. n: the number of sources.

    Operands: the sources, the ticket of the record that has the tapes, and the outputs.
    """

    def __init__(self, call, order, n):
        self.call, self.order, self.first = call, order, n + 1

    def again(self, arguments):
        """The outputs, with this gradient."""
        *sources, ticket = arguments[: self.first]
        outputs = arguments[self.first :]
        if not outputs:
            return []
        if tracing() is not None:
            outputs = tracing().custom(self, arguments, outputs)

        def pull(cts):
            found = iter(self.gradients(sources, ticket, outputs, cts))
            return [*(next(found) if has_gradient(x.dtype) else None for x in sources), None]

        return record(self.call.__qualname__, outputs, arguments[: self.first], [], pull, False)

    def gradients(self, sources, ticket, outputs, cts):
        """The gradients of the sources that have any."""
        self.call.order = max(self.call.order, self.order)
        avals = [(x.shape, x.dtype) for x in sources if has_gradient(x.dtype)]
        mine = new_ticket()
        # The outputs are there so that it comes after them.
        found = happen(
            Pull(len(cts)),
            [ticket, mine, *cts, *outputs],
            lambda *given: [zeros(*a) for a in avals],
        )
        n = len(sources) + len(cts)
        return Pullback(self.call, self.order + 1, n).again([*sources, *cts, mine, *found])


class Pull:
    """What a `Pullback` does in a replay: a gradient by the last tape of a record, on the others."""

    pure = reads = True

    def __init__(self, n):
        self.n = n

    def __call__(self, ticket, mine, *given):
        cts = list(given[: self.n])
        (*others, tape), sources, outputs = record_of(ticket).tapes
        floats = [x for x in sources if has_gradient(x.dtype)]
        pairs = [(y, ct) for y, ct in zip(outputs, cts, strict=True) if has_gradient(y.dtype)]
        with recording(others, cts):
            found = tape.gradient([y for y, _ in pairs], floats, [ct for _, ct in pairs], "zero")
            found = [convert_to_tensor(g) for g in found]
        record = record_of(mine)
        if record is not None:
            record.tapes = others, [*sources, *cts], found
        return found


@contextmanager
def recording(tapes, values):
    """A context in which some tapes record, and watch those of the values that have a gradient."""
    with ExitStack() as stack:
        for tape in tapes:
            stack.enter_context(tape)
            tape.watch([x for x in values if has_gradient(x.dtype)])
        yield


class Happening(Effect):
    """A call of Python, of which some of the values come in each replay."""

    def __init__(self, call, values, places, example):
        self.call, self.values, self.places = call, values, places
        self.pure, self.reads = getattr(call, "pure", False), getattr(call, "reads", False)
        self.__qualname__ = getattr(call, "__qualname__", "call")
        if example is not None:
            self.example = lambda tensors: self._done(example, tensors, Untraced())

    def __call__(self, tensors):
        return self._done(self.call, tensors, nullcontext())

    def _done(self, call, tensors, context):
        values = list(self.values)
        for k, t in zip(self.places, tensors, strict=True):
            values[k] = t
        with context, Paused():
            return call(*values)


def compute(call, values, example=None):
    """As `happen`, for a call that does nothing but compute: at once, if the values are known."""
    return happen(call, values, example) if any(map(is_traced, values)) else call(*values)


class Started:
    """A list of objects that `start(*given)` makes: now, or in each call of the function that is traced."""

    def __init__(self, start, *given):
        self._objects = None

        def started(*given):
            self._objects = start(*given)
            return []

        happen(started, given, lambda *given: [])

    def one(self, k):
        """Object k of the list, as it is now."""
        return self._objects[k]

    def first(self):
        """The first of them."""
        return self._objects[0]


# ------------------------------------------------------------------------------------------- printing
@wraps(_text.print_)
def print(*inputs, **options):
    if tracing() is None:
        return _text.print_(*inputs, **options)

    def show(*leaves):
        _text.print_(*_nest.pack(inputs, list(leaves)), **options)
        return []

    happen(show, _nest.flatten(inputs), lambda *leaves: [])
    return None


# ---------------------------------------------------------------------------------- calls of Python
def py_function(func, inp, Tout, name=None):
    """Call a Python function of Tensors, in a traced function in each call of that one.

    func: called with the Tensors of `inp`, whose values it can read, as Tensors. It may do anything.
    inp: a list of Tensors, Variables and what converts to them.
    Tout: the dtype of the result, or a list of them for a list of results; [] or None for none. Inside a
        function that is traced the shapes have to be known as well: give `TensorSpec`s, with all sizes,
        or func is called once more while tracing to see what it gives.

    A gradient goes through what func computes with fastgrad; in a function that is traced, by `inp`, but not
    by other Tensors and Variables that func finds, and where there is none it is zero. There func must
    give what it computed from the Tensors that it got: its tapes are those of this call.
    Raises TypeError for a result of another dtype, ValueError for one of another shape or number.

    >>> fg.py_function(lambda x: max(float(x), 0.0), [fg.constant(-2.0)], fg.float32)
    <fg.Tensor: shape=(), dtype=float32, numpy=0.0>
    """
    what = f"py_function {name_of(func)}"
    inp = [_tensor(x) for x in inp]
    if tracing() is None:
        return _results(what, func(*inp), Tout)
    return _called(what, func, inp, Tout, taped)


def numpy_function(func, inp, Tout, stateful=True, name=None):
    """Call a Python function of arrays, in a traced function in each call of that one.

    As `py_function`, but func is given NumPy arrays, and no gradient goes through it: it is None.
    stateful: has no effect; func is called each time.

    >>> fg.numpy_function(np.cumprod, [fg.constant([1.0, 2.0, 3.0])], fg.float32).numpy()
    array([1., 2., 6.], dtype=float32)
    """
    what = f"numpy_function {name_of(func)}"

    def call(*tensors):
        return func(*(t.numpy() for t in tensors))

    inp = [_tensor(x) for x in inp]
    if tracing() is None:
        return _results(what, call(*inp), Tout)
    return _called(what, call, inp, Tout, happen)


def _called(what, func, inp, Tout, how):
    """The results of a call that is logged, by `happen` or `taped`."""

    def call(*tensors):
        return [t for t in _nest.flatten(_results(what, func(*tensors), Tout)) if t is not None]

    call.__qualname__ = what
    specs = _specs(Tout)
    known = all(isinstance(s, TensorSpec) and _is_full(s.shape) for s in specs)
    blank = (lambda *tensors: [zeros(s.shape, s.dtype) for s in specs]) if known else None
    results = how(call, inp, blank)
    if Tout is None:
        return None
    return results if isinstance(Tout, (list, tuple)) else results[0]


def _specs(Tout):
    return [] if Tout is None else list(Tout) if isinstance(Tout, (list, tuple)) else [Tout]


def _is_full(shape):
    return shape is not None and None not in tuple(shape)


def _tensor(x):
    return x if isinstance(x, Tensor) else reading(x) if isinstance(x, Variable) else constant(x)


def _results(what, y, Tout):
    """What a Python function returned, as Tensors like `Tout`."""
    if Tout is None:
        return None
    if not isinstance(Tout, (list, tuple)):
        return _result(f"{what}: the result", y, Tout)
    many = list(y) if isinstance(y, (list, tuple)) else [] if y is None else [y]
    if len(many) != len(Tout):
        raise ValueError(f"{what} gave {len(many)} results, but Tout says {len(Tout)}")
    pairs = zip(many, Tout, strict=True)
    return [_result(f"{what}: result {k}", x, spec) for k, (x, spec) in enumerate(pairs)]


def _result(what, x, spec):
    """A result as a Tensor; TypeError and ValueError unless it is as `spec` says."""
    dtype = spec.dtype if isinstance(spec, TensorSpec) else as_dtype(spec)
    if isinstance(x, (Tensor, Variable, np.ndarray, np.generic)):
        t = _tensor(x)
        if t.dtype != dtype:
            raise TypeError(f"{what} has dtype {t.dtype.name}, but Tout says {dtype.name}")
    else:
        try:
            t = constant(x, dtype)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what}, {short(x)}, is no {dtype.name}: {error}") from None
    if isinstance(spec, TensorSpec) and not spec.is_compatible_with(t):
        raise ValueError(f"{what} has shape {t.shape}, but Tout says {spec.shape}")
    return t
