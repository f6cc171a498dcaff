"""What functions were traced for: keys of arguments, traces, and what can't be traced.

A. *Calls* are told apart by the shapes and dtypes of arrays, the kinds of Python numbers and the values of
   all else. The arrays and numbers themselves are the *leaves* of the arguments.
B. *Numbers* are fixed in the first trace. Where another one comes, the function is traced with a weak Tensor
   in its place (see `_core/_tensor.pyx`), which serves any number from then on. If Python needs the value,
   that trace fails, and the number stays part of what a trace is for.
C. *Variables* that a trace makes exist when it is made again, which must make no more.
D. *Shapes* that values decide, in an operation of ours, can't be replayed: such calls run eagerly, with a
   warning.
"""

from _thread import RLock
from itertools import count

import numpy as np

from . import _nest
from ._autograph.conversion import why_not
from ._autograph.operators import PACKAGE, Undefined
from ._core._contexts import Paused
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import Tracing
from ._core._tensor import UNKNOWN, Tensor, Variable, variables_made
from .compiled import Compiled
from .dtypes import float64, int64
from .stage import staged
from .transforms import name_of

RETRACES = 5  # with so many values of a number that Python needs, a warning is due
tracing_lock = RLock()  # one thread traces at a time: a Variable's Tensor is in one graph


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
    """The traces for arguments of one key.

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
        body, name = function._converted(), name_of(function)
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
                        f"fg.function only supports singleton fg.Variables created on the first call: "
                        f"{name} creates a Variable each time that it is run. Create it outside, or once: "
                        "`if self.v is None: self.v = fg.Variable(...)`"
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
                        f"{name} has been traced {RETRACES} times for other values of {what} ({listed}): "
                        "Python code in it needs the number (range, a shape, an index, `if`), so that "
                        f"each new one takes a new trace. Pass fg.constant({values[-1]!r}) if a Tensor "
                        "will do (`for i in fg.range(n)`), or state an input_signature",
                        RuntimeWarning,
                        stacklevel=5,
                    )


class Trace:
    """What a function does for arguments of one kind: a `Compiled`, and what its results are in.

    numbers: places, among the leaves of the arguments, of Python numbers that are inputs. Others are fixed.
    """

    def __init__(self, body, args, kwargs, name, numbers=()):
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
                result = results_of(body(*args, **kwargs))
                leaves = _nest.flatten(result)
                places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
                outputs = [graph.number_of(leaves[k]) for k in places]
            except TypeError as error:
                _say_where(error)
                raise
            except RecursionError as error:
                raise RecursionError(
                    f"{name} or a function in it calls itself without end while it is traced: "
                    "both branches of an `if` on a tensor are traced, so that no tensor can end a recursion. "
                    "Use a loop"
                ) from error
            finally:
                graph.close(name)
            writes = [(last, v) for v, _, last in graph.touched() if last >= 0]
        self.outline = [(k, graph.kind_of(at)[2]) for k, at in zip(places, outputs, strict=True)]
        self._pack = _packer(result, leaves, places)
        if self._inputs == list(range(next(place))) and not numbers:
            self._inputs = None  # all leaves, as they are
        self.compiled = Compiled(graph, inputs, outputs, writes, name=name)

    def __call__(self, leaves):
        if self._inputs is not None:
            leaves = [_as_input(leaves[k]) for k in self._inputs]
        outputs = self.compiled(leaves)
        return outputs[0] if self._pack is None else self._pack(outputs)

    def quicken(self, function, arguments):
        """Let calls of a function that are like this one be replayed at once."""
        simple = self._inputs is None and not self.compiled.graph.reads
        if simple and all(type(x) is Tensor for x in arguments):
            function._remember(self.compiled.plan, list(arguments), self._pack)


def _packer(result, leaves, places):
    """What makes a result like this one of the Tensors in it, a list; None: it is the one Tensor itself.

    leaves: of the result. places: of the Tensors among them. They are not kept, nor is their memory.
    """
    if isinstance(result, Tensor):
        return None
    if not _nest.is_nest(result):
        return lambda outputs: result
    if type(result) in (tuple, list) and all(isinstance(x, Tensor) for x in result):
        return type(result)
    empty = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
    structure = _nest.pack(result, empty)

    def pack(outputs):
        filled = list(empty)
        for k, y in zip(places, outputs, strict=True):
            filled[k] = y
        return _nest.pack(structure, filled)

    return pack


def _as_input(x):
    """A leaf as a trace takes it: numbers with all their digits."""
    return x if isinstance(x, Tensor) else constant(x, float64 if type(x) is float else int64)


# ------------------------------------------------------------------------------------------- keys
def keys(args, kwargs, leaves):
    """What a call's arguments have in common with those of calls that a trace may serve."""
    key = tuple([key_of(x, leaves) for x in args])
    return (key, *[(name, key_of(x, leaves)) for name, x in kwargs.items()]) if kwargs else key


def key_of(x, leaves):
    """Shapes and dtypes of arrays and kinds of numbers, which go into `leaves`; the values of all else."""
    kind = type(x)
    if kind is Tensor:
        leaves.append(x)
        return x.dtype, x.shape
    if kind is tuple or kind is list:  # numbers in them are often shapes, axes or a vector
        return (kind, *[(type(v), _exact(v)) if _is_number(v) else key_of(v, leaves) for v in x])
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
        return (kind, *[(name, key_of(part, leaves)) for name, part in _nest.parts(x)])
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


def _labels(function, args, kwargs):
    """What to call each leaf of some arguments."""
    bound = bind(function, args, kwargs)
    names = [*([] if bound is None else bound.arguments), *range(len(args))]
    labels = []
    for name, x in (*zip(names, args, strict=False), *kwargs.items()):
        leaves = []
        key_of(x, leaves)
        labels += [f"argument {name!r}"] * len(leaves)
    return labels


def bind(function, args, kwargs):
    """The arguments of a call by parameter, defaults filled in; None if the parameters are not known."""
    from inspect import signature

    try:
        parameters = signature(function.python_function)
    except ValueError:  # some functions that are written in C
        return None
    try:
        bound = parameters.bind(*args, **kwargs)
    except TypeError as error:
        raise TypeError(f"{name_of(function)}: {error}") from None
    bound.apply_defaults()
    return bound


def by_parameter(function, args, kwargs):
    """(args, kwargs) of a call as Python would bind them, defaults filled in."""
    bound = bind(function, args, kwargs)
    return (tuple(args), kwargs) if bound is None else (bound.args, bound.kwargs)


def results_of(result):
    """What a function returned, with its numbers, arrays and Variables as Tensors."""
    if result is None:
        return None
    return _nest.map_structure(_as_result, result)


def _as_result(x):
    if isinstance(x, Undefined):
        return x.value  # raises, and says why it has none
    if isinstance(x, Tensor):
        return constant(x)  # which what stands for a number is not yet
    if isinstance(x, (bool, int, float, complex, np.ndarray, np.generic, Variable)):
        return convert_to_tensor(x)
    return x


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
    code, line = at
    reason = why_not(code)
    text = "" if reason is None else f"; its control flow was not converted, because {reason}"
    error.args = (f"{error} ({code.co_filename}, line {line}, in {code.co_name}{text})",)


def _operation_that_asked(error):
    """The name of the operation of ours that needs a value, if an error says so; else None."""
    frames, text = _frames(error), str(error)
    sized, _, rest = text.partition(": the shape of the result depends on the values of ")
    if rest:
        return sized
    operation, of, _ = text.partition("the value of ")
    if UNKNOWN not in text or not of:
        return None
    if operation:  # it says itself who asked
        return operation.rstrip(": ")
    if not _is_ours(frames[-1][0]):
        return None
    asked = frames[-1][0].co_filename[len(PACKAGE) :]
    if asked.startswith("_autograph") or asked in ("control.py", "functions.py", "specs.py"):
        return None
    k = (
        max(k for k, (code, _) in enumerate(frames) if not _is_ours(code))
        if _of_user(error)
        else -1
    )
    return frames[k + 1][0].co_name


def _warn_eager(name, operation, error):
    import warnings

    at = _of_user(error)
    where = "" if at is None else f" ({at[0].co_filename}, line {at[1]})"
    warnings.warn(
        f"{name} can't be traced: {operation}{where} needs the values of its arguments, on which the shape "
        "of what it gives depends. For arguments like these it runs eagerly, operation by operation. "
        f"What was said: {error}",
        RuntimeWarning,
        stacklevel=6,
    )
