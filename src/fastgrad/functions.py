"""`function`: Python functions that are traced once and replayed, as `tf.function` has them."""

from weakref import ref

from . import _nest
from ._autograph import convert
from ._core._graph import logging, tracing
from ._core._quick import QuickCall, quick_calls
from .errors import short
from .plans import PlanView
from .specs import TensorSpec, as_spec, fit, signature_of
from .traces import (
    Default,
    Piece,
    Signature,
    Traces,
    bind,
    by_parameter,
    key_of,
    keys,
    results_of,
    tracing_lock,
)
from .transforms import Wrapper, name_of

_eagerly = False


def function(
    func=None,
    input_signature=None,
    autograph=True,
    jit_compile=None,
    reduce_retracing=False,
    experimental_implements=None,
    experimental_autograph_options=None,
    experimental_attributes=None,
    experimental_relax_shapes=None,
    experimental_compile=None,
    experimental_follow_type_hints=None,
):
    """Decorator: `func` as a `Function`, traced once for each kind of arguments and then replayed in C.

    input_signature: a sequence of `TensorSpec`, one per parameter (nests for nests). Arguments are
        converted to their dtypes, and must fit.
    autograph: let tensors decide ``if``, ``while`` and ``for``. Without it they raise TypeError there.
    The other options ask for ways of compiling. They are taken, and change no result.

    The first call with Tensors of some shapes and dtypes runs func on them and notes the operations;
    so Python's own effects happen then, and only then. Bools, strings and other Python values are
    part of what a trace is for: another value is another trace. So are numbers, if Python needs them
    (`range(n)`, a shape, `if n > 3`); else a second number makes them inputs, for which Python's
    rules hold, and new ones need no trace. Such an input is a Tensor that behaves as the number does:
    `isinstance(n, float)` holds for it, but `type(n) is float` doesn't, nor is it one for code that
    fastgrad doesn't convert (other packages, `autograph=False`). Variables are read and assigned in
    every call, and so happen `fg.print`, `fg.py_function` and random numbers. Variables may be made in
    the first call, whose Python code is then run twice.

    A call that raises leaves all Variables as they were. A Tensor that leaves a trace other than as a
    result raises TypeError when it is used. Where the shape of a result depends on values (as that of
    `fg.boolean_mask`), func runs eagerly for such arguments, with a RuntimeWarning.

    What func returns comes back in the same structure, with numbers and arrays as Tensors; None
    stays None. A gradient goes through calls, by tapes inside, around and across them.

    >>> @fg.function
    ... def total(x, n):
    ...     y = 0.0
    ...     for _ in fg.range(n):
    ...         y = y + x
    ...     return y
    >>> total(fg.constant(2.0), 3)
    <fg.Tensor: shape=(), dtype=float32, numpy=6.0>
    """
    if func is None:
        return lambda func: Function(func, input_signature, autograph)
    return Function(func, input_signature, autograph)


class Function(Wrapper, QuickCall):
    """What `function` makes of a Python function, which it keeps as `python_function`."""

    def __init__(self, python_function, input_signature=None, autograph=True):
        if not callable(python_function):
            raise TypeError(f"function: func must be callable, not {short(python_function)}")
        super().__init__(python_function)
        self.input_signature = None if input_signature is None else signature_of(input_signature)
        self._autograph = autograph
        self._traces = Traces()
        self._methods = {}  # id of an instance -> (reference to it, its Traces)

    def __get__(self, instance, owner=None):
        if instance is None or not hasattr(self.__wrapped__, "__get__"):
            return self
        known = self._methods.get(id(instance))
        if known is None:
            known = self._methods[id(instance)] = self._reference(instance), Traces()
        bound = super().__get__(instance, owner)
        bound._traces = known[1]
        return bound

    def _reference(self, instance):
        methods, key = self._methods, id(instance)
        try:
            return ref(instance, lambda _: methods.pop(key, None))
        except TypeError:  # it can't be referred to weakly, so it is kept
            return instance

    def _call(self, args, kwargs):
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs), {}
        if _eagerly or logging() is not None:
            body = self.__wrapped__ if tracing() is None else self._converted()
            return results_of(body(*args, **kwargs))
        trace, leaves, quick = self._trace_of(args, kwargs)
        if trace is None:
            return results_of(self.__wrapped__(*args, **kwargs))
        if quick and self.input_signature is None:
            trace.quicken(self, args)
        return trace(leaves)

    def _trace_of(self, args, kwargs):
        """(trace, leaves, quick) for the arguments of a call.

        trace: None for what runs eagerly. leaves: what the trace is called with. quick: they are the
            arguments.
        """
        leaves = []
        key = keys(args, kwargs, leaves)
        known = self._traces.calls.get(key)
        if known is None:
            known = self._traces.calls[key] = self._new_call(args, kwargs)
        order, signature = known
        if order is not None:
            leaves = [leaves[k] if type(k) is int else k.value for k in order]
        trace = signature.traces.get(signature.values(leaves))
        if trace is None:
            with tracing_lock:
                trace = signature.traced(self, leaves, *by_parameter(self, args, kwargs))
        return trace, leaves, order is None and not kwargs

    def plan(self, *args, **kwargs):
        """What a call with these arguments does: a `PlanView`, to be printed, and as data.

        It has the instructions that are replayed, fused groups among them, and the memory they work on.
        Nothing is run, but if the function was not called with such arguments before, it is traced.
        TypeError for arguments for which it runs eagerly.

        >>> print(fg.function(lambda x: x * x + 1.0).plan(fg.constant(3.0)))
        plan of <lambda>: 64 bytes, with 3 cells of 8...
          argument c0 (float32, 4 bytes)
          constant c2 (float32, 4 bytes)
          numbers:
            c1 = multiply(c0, c0)
            c1 = add(c1, c2)
          result c1 (float32, 4 bytes)
        """
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs), {}
        trace, _, _ = self._trace_of(args, kwargs)
        if trace is None:
            raise TypeError(f"{name_of(self)} runs eagerly for these arguments: there is no plan")
        return PlanView(name_of(self), trace.compiled.plan.describe())

    def _converted(self):
        if not self._autograph:
            return self.__wrapped__
        return convert(self.__wrapped__)

    def _new_call(self, args, kwargs):
        """(order, Signature) of calls like this one.

        The same signature stands for `f(x, 2)`, `f(x, n=2)` and `f(x)` with 2 as the default. order: where
        the leaves of the arguments by parameter are in a call, or defaults; None if they are in that order.
        """
        pieces, n = [], 0
        for x in (*args, *kwargs.values()):
            leaves = []
            key_of(x, leaves)
            pieces.append(Piece(range(n, n + len(leaves))))
            n += len(leaves)
        named = dict(zip(kwargs, pieces[len(args) :], strict=True))
        order = []
        args_by, kwargs_by = by_parameter(self, pieces[: len(args)], named)
        for x in (*args_by, *kwargs_by.values()):
            if type(x) is Piece:
                order += x.places
            else:
                leaves = []
                key_of(x, leaves)
                order += map(Default, leaves)
        leaves = []
        key = keys(*by_parameter(self, args, kwargs), leaves)
        signature = self._traces.signatures.setdefault(key, Signature(leaves))
        return None if order == list(range(n)) else order, signature

    @property
    def python_function(self):
        """The function itself."""
        return self.__wrapped__

    def get_concrete_function(self, *args, **kwargs):
        """The function for arguments like these: TensorSpecs, Tensors, or values, which are fixed.

        Without arguments, for those of the input signature.

        >>> double = fg.function(lambda x, n: x * n).get_concrete_function(fg.TensorSpec([None]), 2)
        >>> double(fg.constant([1.0, 2.0])).numpy()
        array([2., 4.], dtype=float32)
        """
        if not args and not kwargs:
            args = self.input_signature or ()
        return ConcreteFunction(self, bind(self, args, kwargs))

    def _fitted(self, args, kwargs):
        """The arguments of a call, by position, as the input signature has them."""
        args = bind(self, args, kwargs).args
        specs = self.input_signature
        if len(args) != len(specs):
            raise TypeError(
                f"{name_of(self)}: the input_signature has {len(specs)} entries, but the call "
                f"{len(args)} arguments: give a TensorSpec for each parameter"
            )
        return tuple(
            fit(spec, x, f"{name_of(self)}: argument {k}")
            for k, (spec, x) in enumerate(zip(specs, args, strict=True))
        )


class ConcreteFunction(Wrapper):
    """A function for arguments of certain shapes and dtypes, and fixed values for the others.

    A call may leave out what is fixed, by naming the arguments after it.
    """

    def __init__(self, function, bound):
        super().__init__(function.python_function)
        self._function = Function(function.python_function, None, function._autograph)
        self._signature = bound.signature
        self._expected = {
            name: _nest.map_structure(as_spec, value) for name, value in bound.arguments.items()
        }

    def __call__(self, *args, **kwargs):
        try:
            bound = self._signature.bind_partial(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{name_of(self)}: {error}") from None
        given = bound.arguments
        bound.arguments = {
            name: self._argument(name, expected, given) for name, expected in self._expected.items()
        }
        return self._function(*bound.args, **bound.kwargs)

    def _argument(self, name, expected, given):
        what = f"{name_of(self)}: argument {name!r}"
        if name in given:
            return fit(expected, given[name], what)
        if any(isinstance(leaf, TensorSpec) for leaf in _nest.flatten(expected)):
            raise TypeError(f"{what} is missing: {short(expected)}")
        return expected


def run_functions_eagerly(run_eagerly):
    """Let all functions run eagerly, operation by operation, or have them replayed again."""
    global _eagerly
    _eagerly = bool(run_eagerly)
    quick_calls(not _eagerly)


def functions_run_eagerly():
    """What `run_functions_eagerly` was told last; False at first."""
    return _eagerly
