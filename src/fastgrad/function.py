"""`function`: Python functions that are traced once and replayed, as `tf.function` has them."""

from itertools import count
from threading import RLock
from weakref import ref

import numpy as np

from . import _nest
from ._autograph.operators import PACKAGE
from ._core._contexts import Paused
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import Tracing, tracing
from ._core._tensor import UNKNOWN, Tensor, Variable, variables_made
from .compiled import Compiled
from .dtypes import as_dtype, float32, float64, int64
from .errors import short
from .shapes import TensorShape
from .transforms import Wrapper

_eagerly = False


class TensorSpec:
    """What a Tensor must look like: a shape, in which None stands for any size, and a dtype.

    shape: None for any shape at all.

    >>> fg.TensorSpec([None, 2], fg.float64)
    TensorSpec(shape=(None, 2), dtype=fg.float64, name=None)
    """

    __slots__ = ("dtype", "name", "shape")

    def __init__(self, shape, dtype=float32, name=None):
        self.shape = None if shape is None else TensorShape(shape)
        self.dtype = as_dtype(dtype)
        self.name = name

    @classmethod
    def from_tensor(cls, tensor, name=None):
        """The spec that only Tensors of this shape and dtype fit."""
        return cls(tensor.shape, tensor.dtype, name)

    @classmethod
    def from_spec(cls, spec, name=None):
        """A copy of a spec, under another name."""
        return cls(spec.shape, spec.dtype, name or spec.name)

    def is_compatible_with(self, other):
        """True if a Tensor, Variable, array or number (or another spec) fits.

        >>> fg.TensorSpec([None]).is_compatible_with([1.0, 2.0])
        True
        """
        if not hasattr(other, "shape") or not hasattr(other, "dtype"):
            other = constant(other)
        if self.dtype != other.dtype:
            return False
        return None in (self.shape, other.shape) or self.shape.is_compatible_with(other.shape)

    def __eq__(self, other):
        if not isinstance(other, TensorSpec):
            return NotImplemented
        return (self.shape, self.dtype) == (other.shape, other.dtype)

    def __hash__(self):
        return hash((self.shape, self.dtype))

    def __repr__(self):
        shape = None if self.shape is None else tuple(self.shape)
        return f"TensorSpec(shape={shape}, dtype={self.dtype!r}, name={self.name!r})"


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
    """Decorator: `func` as a `Function`, which is traced once for each kind of arguments and then replayed in C.

    input_signature: a sequence of `TensorSpec`, one per parameter (nests for nests). Arguments are
        converted to their dtypes, and must fit.
    autograph: let tensors decide ``if``, ``while`` and ``for``. Without it they raise TypeError there.
    The other options ask for ways of compiling. They are taken, and change no result.

    The first call with Tensors of some shapes and dtypes runs func on them and notes the operations;
    so Python's own effects happen then, and only then. Numbers, strings and other Python values are
    part of what a trace is for: another value is another trace. Variables are read and assigned in
    every call, and so happen `fg.print`, `fg.py_function` and random numbers.

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


_tracing_lock = RLock()  # one thread traces at a time: a Variable's Tensor is in one graph


class Function(Wrapper):
    """What `function` makes of a Python function, which it keeps as `python_function`."""

    def __init__(self, python_function, input_signature=None, autograph=True):
        if not callable(python_function):
            raise TypeError(f"function: func must be callable, not {short(python_function)}")
        super().__init__(python_function)
        self.input_signature = None if input_signature is None else tuple(input_signature)
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

    def __call__(self, *args, **kwargs):
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs), {}
        if _eagerly or tracing() is not None:
            body = self.__wrapped__ if tracing() is None else self._converted()
            return _results(body(*args, **kwargs))
        leaves = []
        key = _keys(args, kwargs, leaves)
        known = self._traces.calls.get(key)
        if known is None:
            known = self._traces.calls[key] = self._new_call(args, kwargs)
        order, signature = known
        if order is not None:
            leaves = [leaves[k] if type(k) is int else k.value for k in order]
        trace = signature.traces.get(signature.values(leaves))
        if trace is None:
            with _tracing_lock:
                trace = signature.traced(self, leaves, *_by_parameter(self, args, kwargs))
            if trace is None:
                return _results(self.__wrapped__(*args, **kwargs))
        return trace(leaves)

    def _converted(self):
        if not self._autograph:
            return self.__wrapped__
        from ._autograph import convert

        return convert(self.__wrapped__)

    def _new_call(self, args, kwargs):
        """(order, Signature) of calls like this one: where to find the leaves of the arguments by parameter.

        The same signature stands for `f(x, 2)`, `f(x, n=2)` and `f(x)` with 2 as the default. order: places of leaves,
        and defaults; None for the order of the call.
        """
        pieces, n = [], 0
        for x in (*args, *kwargs.values()):
            leaves = []
            _key(x, leaves)
            pieces.append(Piece(range(n, n + len(leaves))))
            n += len(leaves)
        named = dict(zip(kwargs, pieces[len(args) :], strict=True))
        order = []
        args_by, kwargs_by = _by_parameter(self, pieces[: len(args)], named)
        for x in (*args_by, *kwargs_by.values()):
            if type(x) is Piece:
                order += x.places
            else:
                leaves = []
                _key(x, leaves)
                order += map(Default, leaves)
        leaves = []
        key = _keys(*_by_parameter(self, args, kwargs), leaves)
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
        return ConcreteFunction(self, _bind(self, args, kwargs))

    def _fitted(self, args, kwargs):
        """The arguments of a call, by position, as the input signature has them."""
        args = _bind(self, args, kwargs).args
        specs = self.input_signature
        if len(args) != len(specs):
            raise TypeError(
                f"{_name(self)}: the input_signature has {len(specs)} entries, but the call "
                f"{len(args)} arguments"
            )
        return tuple(
            _fit(spec, x, f"{_name(self)}: argument {k}")
            for k, (spec, x) in enumerate(zip(specs, args, strict=True))
        )


class Traces:
    """What a function, or the method of one object, was traced for."""

    __slots__ = ("calls", "signatures")

    def __init__(self):
        self.calls = {}  # key of a call's arguments -> (order, Signature)
        self.signatures = {}  # key of arguments by parameter -> Signature


class Piece:
    """Stands for an argument: the places of its leaves in the call."""

    def __init__(self, places):
        self.places = places


class Default:
    """A leaf that no call has: of the default of a parameter."""

    def __init__(self, value):
        self.value = value


class Signature:
    """The traces for arguments of one structure, with Tensors of one shape and dtype each, and any Python numbers.

    A trace is for the numbers that it was made with. Where a second number comes, it is made an input of the
    trace, if the function does not need to know it; `fixed` are the places of the others.
    """

    def __init__(self, leaves):
        self.numbers = [k for k, x in enumerate(leaves) if not isinstance(x, Tensor)]
        self.fixed = tuple(self.numbers)
        self.traces = {}  # values of the fixed numbers -> Trace
        self._needed = {}  # place of a number that can be no input -> values that it had
        self._last = self._trace = None
        self._eager = False

    def values(self, leaves):
        """What tells the traces apart."""
        return tuple([_exact(leaves[k]) for k in self.fixed]) if self.fixed else ()

    def traced(self, function, leaves, args, kwargs):
        """The trace for some leaves, a new one if need be; None if the function is to be run eagerly."""
        trace = self.traces.get(self.values(leaves))
        if trace is not None or self._eager:
            return trace
        body, name = function._converted(), _name(function)
        inputs = set(self.numbers).difference(self.fixed)
        for k in self._new_inputs(leaves):
            try:
                trial = Trace(body, args, kwargs, name, {*inputs, k})
            except Exception:
                trial = None
            if trial is not None and trial.outline == self._trace.outline:
                trace = trial
                inputs.add(k)
            else:
                self._needed[k] = [self._last[k]]
        if trace is not None:
            self.traces = {}
            self.fixed = tuple([k for k in self.numbers if k not in inputs])
        else:
            self._warn(function, name, leaves, args, kwargs)
            trace = self._new_trace(body, args, kwargs, name, inputs)
            if trace is None:
                return None
        self._last, self._trace = leaves, trace
        self.traces[self.values(leaves)] = trace
        return trace

    def _new_inputs(self, leaves):
        """Places of numbers that another value comes to for the first time."""
        if self._last is None:
            return []
        changed = [k for k in self.fixed if _exact(leaves[k]) != _exact(self._last[k])]
        return [k for k in changed if k not in self._needed]

    def _new_trace(self, body, args, kwargs, name, inputs):
        made = variables_made()
        try:
            trace = Trace(body, args, kwargs, name, inputs)
            if variables_made() != made:  # once more, now that they exist
                made = variables_made()
                trace = Trace(body, args, kwargs, name, inputs)
                if variables_made() != made:
                    raise ValueError(
                        f"fg.function only supports singleton fg.Variables created on the first call: {name} "
                        "creates a Variable each time that it is run. Create it outside, or once: `if self.v is "
                        "None: self.v = fg.Variable(...)`"
                    )
        except TypeError as error:
            operation = _operation_that_asked(error)
            if operation is None:
                raise
            self._eager = True
            _warn_eager(name, operation, error)
            return None
        return trace

    def _warn(self, function, name, leaves, args, kwargs):
        """Say so once, if each new value of a number takes a new trace."""
        for k, values in self._needed.items():
            if _exact(leaves[k]) not in map(_exact, values):
                values.append(leaves[k])
                if len(values) == RETRACES:
                    import warnings

                    what = _labels(function, args, kwargs)[k]
                    listed = ", ".join(map(repr, values))
                    warnings.warn(
                        f"{name} has been traced {RETRACES} times for other values of {what} ({listed}): Python code "
                        "in it needs the number (range, a shape, an index, `if`), so that each new one takes a new "
                        f"trace. Pass fg.constant({values[-1]!r}) if a Tensor will do (`for i in fg.range(n)`), or "
                        "state an input_signature",
                        RuntimeWarning,
                        stacklevel=4,
                    )


RETRACES = 5  # with so many values of a number that Python needs, a warning is due


class Trace:
    """What a function does for arguments of one kind: a `Compiled`, and what its results are in.

    numbers: places, among the leaves of the arguments, of Python numbers that are inputs. A place that is neither a
    Tensor's nor in there is fixed.
    """

    def __init__(self, body, args, kwargs, name, numbers=()):
        from .control import staged

        self._inputs = []  # places of the leaves that are inputs
        place = count()
        with Paused(), Tracing() as graph, staged():

            def given(x):
                k = next(place)
                if _is_number(x):
                    if k not in numbers:
                        return x
                    self._inputs.append(k)
                    return graph.add_number(x)
                self._inputs.append(k)
                return graph.add_input(x if isinstance(x, Tensor) else constant(x))

            args = [_with_leaves(x, given) for x in args]
            kwargs = {key: _with_leaves(x, given) for key, x in kwargs.items()}
            inputs = list(graph.inputs)
            try:
                result = _results(body(*args, **kwargs))
                leaves = _nest.flatten(result)
                self._places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
                outputs = [graph.number_of(leaves[k]) for k in self._places]
            except TypeError as error:
                _say_where(error)
                raise
            except RecursionError as error:
                raise RecursionError(
                    f"{name} or a function in it calls itself without end while it is traced: both branches of an "
                    "`if` on a tensor are traced, so that no tensor can end a recursion. Use a loop"
                ) from error
            finally:
                graph.close(name)
            writes = [(last, v) for v, _, last in graph.touched() if last >= 0]
        self.outline = [(leaves[k].shape, graph.kind_of(at)[2]) for k, at in zip(self._places, outputs, strict=True)]
        self.outline.append(self._places)
        self._leaves = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        self._single = isinstance(result, Tensor)
        self._structure = _emptied(result)
        if self._inputs == list(range(next(place))) and not numbers:
            self._inputs = None  # all leaves, as they are
        self._compiled = Compiled(graph, inputs, outputs, writes, name=name)

    def __call__(self, leaves):
        if self._inputs is not None:
            leaves = [_as_input(leaves[k]) for k in self._inputs]
        outputs = self._compiled(leaves)
        if self._single:
            return outputs[0]
        leaves = list(self._leaves)
        for k, y in zip(self._places, outputs, strict=True):
            leaves[k] = y
        return _nest.pack(self._structure, leaves)


def _emptied(nest):
    """A nest without its Tensors, which would keep their memory."""
    return _nest.map_structure(lambda x: None if isinstance(x, Tensor) else x, nest)


def _as_input(x):
    """A leaf as a trace takes it: numbers with all their digits."""
    return x if isinstance(x, Tensor) else constant(x, float64 if type(x) is float else int64)


# ------------------------------------------------------------------------------------------- keys
def _keys(args, kwargs, leaves):
    """What a call's arguments have in common with those of calls that a trace may serve."""
    key = tuple([_key(x, leaves) for x in args])
    return (key, *[(name, _key(x, leaves)) for name, x in kwargs.items()]) if kwargs else key


def _key(x, leaves):
    """Shapes and dtypes of arrays and kinds of numbers, which go into `leaves`; the values of all else."""
    kind = type(x)
    if kind is Tensor:
        leaves.append(x)
        return x.dtype, x.shape
    if kind is tuple or kind is list:  # numbers in them are often shapes, axes or a vector
        return (kind, *[(type(v), _exact(v)) if _is_number(v) else _key(v, leaves) for v in x])
    if _is_number(x):
        leaves.append(x)
        return kind
    if kind is bool or kind is str or x is None:
        return kind, x
    if isinstance(x, (np.ndarray, np.generic)):
        x = constant(x)
        leaves.append(x)
        return x.dtype, x.shape
    if isinstance(x, Variable):
        return Identity(x)
    if _nest.is_nest(x):
        return (kind, *[(name, _key(part, leaves)) for name, part in _nest.parts(x)])
    try:
        hash(x)
    except TypeError:
        return Identity(x)
    return kind, x


def _with_leaves(x, f):
    """An argument with f of each of its leaves, in the order of `_key`."""
    kind = type(x)
    if kind is Tensor or _is_number(x) or isinstance(x, (np.ndarray, np.generic)):
        return f(x)
    if kind is tuple or kind is list:
        return kind([v if _is_number(v) else _with_leaves(v, f) for v in x])
    if _nest.is_nest(x):
        return _nest.rebuild(x, [_with_leaves(part, f) for _, part in _nest.parts(x)])
    return x


def _is_number(x):
    """True for a Python number that may become an input: a float, or an int that int32 can hold."""
    return type(x) is float or (type(x) is int and -(2**31) <= x < 2**31)


def _exact(x):
    """A number as a key: zeros of both signs are two, NaN is one."""
    return x.hex() if type(x) is float else x


class Identity:
    """A key that is equal for one object only, which it keeps."""

    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def __hash__(self):
        return id(self.x)

    def __eq__(self, other):
        return type(other) is Identity and self.x is other.x


def _by_parameter(function, args, kwargs):
    """(args, kwargs) of a call as Python would bind them, defaults filled in."""
    bound = _bind(function, args, kwargs)
    return (tuple(args), kwargs) if bound is None else (bound.args, bound.kwargs)


def _labels(function, args, kwargs):
    """What to call each leaf of some arguments."""
    bound = _bind(function, args, kwargs)
    names = [*([] if bound is None else bound.arguments), *range(len(args))]
    labels = []
    for name, x in (*zip(names, args, strict=False), *kwargs.items()):
        leaves = []
        _key(x, leaves)
        labels += [f"argument {name!r}"] * len(leaves)
    return labels


# ---------------------------------------------------------------------------------- what can't be traced
def _frames(error):
    """[(code, line)] of the Python code that an error came through, the last one last."""
    found, traceback = [], error.__traceback__
    while traceback is not None:
        code = traceback.tb_frame.f_code
        if not code.co_filename.endswith((".pyx", ".pxd")):
            found.append((code, traceback.tb_lineno))
        traceback = traceback.tb_next
    return found


def _is_ours(code):
    return code.co_filename.startswith(PACKAGE)


def _of_user(error):
    """(code, line) where an error left the user's program, or None."""
    return next((at for at in reversed(_frames(error)) if not _is_ours(at[0])), None)


def _say_where(error):
    """Let the error of who asks for the value of a traced Tensor name the user's line."""
    if UNKNOWN not in str(error) or (at := _of_user(error)) is None:
        return
    from ._autograph import why_not

    code, line = at
    reason = why_not(code)
    text = "" if reason is None else f"; its `if`, `while` and `for` are Python's: it was not converted, because {reason}"
    error.args = (f"{error} ({code.co_filename}, line {line}, in {code.co_name}{text})",)


def _operation_that_asked(error):
    """The name of the operation of ours that needs the value of a traced Tensor, if that is the error; else None."""
    frames, text = _frames(error), str(error)
    if UNKNOWN not in text or not frames:
        return None
    if not text.startswith("the value of"):  # it says itself who asked
        return text.partition(":")[0]
    if not _is_ours(frames[-1][0]):
        return None
    asked = frames[-1][0].co_filename[len(PACKAGE) :]
    if asked.startswith("_autograph") or asked in ("control.py", "function.py"):
        return None
    k = max(k for k, (code, _) in enumerate(frames) if not _is_ours(code)) if _of_user(error) else -1
    return frames[k + 1][0].co_name


def _warn_eager(name, operation, error):
    import warnings

    at = _of_user(error)
    where = "" if at is None else f" ({at[0].co_filename}, line {at[1]})"
    warnings.warn(
        f"{name} can't be traced: {operation}{where} needs the values of its arguments, on which the shape of what it "
        "gives depends. For arguments like these it runs eagerly, operation by operation",
        RuntimeWarning,
        stacklevel=5,
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
            name: _nest.map_structure(_as_spec, value) for name, value in bound.arguments.items()
        }

    def __call__(self, *args, **kwargs):
        try:
            bound = self._signature.bind_partial(*args, **kwargs)
        except TypeError as error:
            raise TypeError(f"{_name(self)}: {error}") from None
        given = bound.arguments
        bound.arguments = {
            name: self._argument(name, expected, given) for name, expected in self._expected.items()
        }
        return self._function(*bound.args, **bound.kwargs)

    def _argument(self, name, expected, given):
        what = f"{_name(self)}: argument {name!r}"
        if name in given:
            return _fit(expected, given[name], what)
        if any(isinstance(leaf, TensorSpec) for leaf in _nest.flatten(expected)):
            raise TypeError(f"{what} is missing: {short(expected)}")
        return expected


def _name(function):
    return getattr(function, "__name__", "function")


def _bind(function, args, kwargs):
    """The arguments of a call by parameter, defaults filled in; None if the parameters are not known."""
    from inspect import signature

    try:
        parameters = signature(function.python_function)
    except ValueError:  # some functions that are written in C
        return None
    try:
        bound = parameters.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{_name(function)}: {error}") from None
    bound.apply_defaults()
    return bound


def _as_spec(x):
    return TensorSpec.from_tensor(x) if isinstance(x, (Tensor, Variable, np.ndarray)) else x


def _fit(expected, x, what):
    """An argument as a spec (or a nest of specs and fixed values) has it, else TypeError."""
    if not isinstance(expected, TensorSpec):
        if _nest.is_nest(expected):
            return _nest.map_structure(lambda part, leaf: _fit(part, leaf, what), expected, x)
        if x is expected or x == expected:
            return expected
        raise TypeError(f"{what} is fixed to {short(expected)}, got {short(x)}")
    if not isinstance(x, (Tensor, Variable)):
        try:
            x = constant(x, expected.dtype)
        except (TypeError, ValueError) as error:
            raise TypeError(f"{what} must fit {expected}: {error}") from None
    if not expected.is_compatible_with(x):
        raise TypeError(f"{what} must fit {expected}, got shape {x.shape} and dtype {x.dtype.name}")
    return x


def _results(result):
    """What a function returned, with its numbers, arrays and Variables as Tensors."""
    if result is None:
        return None
    return _nest.map_structure(_as_result, result)


def _as_result(x):
    if isinstance(x, (bool, int, float, complex, np.ndarray, np.generic, Tensor, Variable)):
        return convert_to_tensor(x)
    return x


def run_functions_eagerly(run_eagerly):
    """Let all functions run eagerly, operation by operation, or have them replayed again."""
    global _eagerly
    _eagerly = bool(run_eagerly)


def functions_run_eagerly():
    """What `run_functions_eagerly` was told last; False at first."""
    return _eagerly
