"""Effects: what a program does besides computing, such as printing, calling Python, and drawing numbers.

Outside of functions that are traced it happens at once. Where one is traced it is logged, and happens
in each call of that function, in the order of the program, and only in branches and turns of loops
that are run. All of it goes through `happen`.
"""

from functools import wraps

import numpy as np

from . import _nest, _text
from ._core._contexts import Paused
from ._core._dispatch import constant
from ._core._graph import Untraced, is_traced, tracing
from ._core._tensor import Tensor, Variable
from .creation import zeros
from .dtypes import as_dtype
from .errors import short
from .function import TensorSpec
from .graphs import reading
from .transforms import _record, name_of


def happen(call, values, example=None):
    """What `call(*values)` gives, a list of Tensors: now, or in each call of the function that is traced.

    values: anything. In a replay those that are known only then, and Variables, come to `call` as Tensors.
    example: gives Tensors like the results, of the same values as they are while tracing. `call` does
        unless it is given, which is for those that may happen once more.
    """
    graph = tracing()
    if graph is None:
        return call(*values)
    values = [reading(x) if isinstance(x, Variable) else x for x in values]
    with Untraced(), Paused():
        examples = (example or call)(*values)
    places = [k for k, x in enumerate(values) if is_traced(x)]
    tensors = [values[k] for k in places]
    for k in places:
        values[k] = None

    def filled(tensors):
        given = list(values)
        for k, t in zip(places, tensors, strict=True):
            given[k] = t
        return given

    def again(tensors):
        with Paused():
            return call(*filled(tensors))

    def example_again(tensors):
        with Untraced(), Paused():
            return example(*filled(tensors))

    again.__qualname__ = getattr(call, "__qualname__", "call")
    again.example = example and example_again  # where the graph is gone through once more
    return graph.effect(again, tensors, examples)


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
def print_(*inputs, **options):
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

    A gradient goes through what func computes with fastgrad, except in a function that is traced: there
    a tape that needs it raises LookupError, because what func does isn't seen. `fg.custom_gradient`
    states one.
    Raises TypeError for a result of another dtype, ValueError for one of another shape or number.

    >>> fg.py_function(lambda x: max(float(x), 0.0), [fg.constant(-2.0)], fg.float32)
    <fg.Tensor: shape=(), dtype=float32, numpy=0.0>
    """
    what = f"py_function {name_of(func)}"
    inp = [_tensor(x) for x in inp]
    if tracing() is None:
        return _results(what, func(*inp), Tout)
    y = _called(what, func, inp, Tout)

    def refuse(*cts):
        raise LookupError(
            f"{what} has no gradient in a function that is traced, which doesn't see what it computes: "
            "write it with fastgrad functions, state the gradient with fg.custom_gradient, or put "
            "fg.stop_gradient around what it is given"
        )

    def pull(cts):  # an effect too: refused when a gradient is computed, not while it is traced
        return happen(refuse, cts, lambda *cts: [zeros(shape, dtype) for shape, dtype in avals])

    avals = [(x.shape, x.dtype) for x in inp]
    return _record(what, y, inp, [], pull)


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
    return _called(what, call, inp, Tout)


def _called(what, func, inp, Tout):
    """The results of a call that is logged."""

    def call(*tensors):
        return [t for t in _nest.flatten(_results(what, func(*tensors), Tout)) if t is not None]

    specs = _specs(Tout)
    known = all(isinstance(s, TensorSpec) and _is_full(s.shape) for s in specs)
    blank = (lambda *tensors: [zeros(s.shape, s.dtype) for s in specs]) if known else None
    results = happen(call, inp, blank)
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
