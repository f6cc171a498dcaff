"""`function`: Python functions that are traced once and replayed, as `tf.function` has them."""

from threading import RLock
from weakref import WeakKeyDictionary

import numpy as np

from . import _nest
from ._core._contexts import Paused
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import Tracing, tracing
from ._core._tensor import Tensor, Variable
from .compiled import Compiled
from .dtypes import as_dtype, float32
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
        self._traces = {}
        self._bound = WeakKeyDictionary()  # of methods: by instance

    def __get__(self, instance, owner=None):
        if instance is None or not hasattr(self.__wrapped__, "__get__"):
            return self
        try:
            bound = self._bound.get(instance)
        except TypeError:  # neither hashable nor weakly referable
            return self._of_method(instance, owner)
        if bound is None:
            self._bound[instance] = bound = self._of_method(instance, owner)
        return bound

    def _of_method(self, instance, owner):
        method = self.__wrapped__.__get__(instance, owner)
        return Function(method, self.input_signature, self._autograph)

    def __call__(self, *args, **kwargs):
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs), {}
        if _eagerly or tracing() is not None:
            body = self.__wrapped__ if tracing() is None else self._converted()
            return _results(body(*args, **kwargs))
        leaves = []
        key = (_key(args, leaves), _key(kwargs, leaves) if kwargs else ())
        trace = self._traces.get(key)
        if trace is None:
            with _tracing_lock:
                trace = self._traces[key] = self._trace(args, kwargs)
        return trace(leaves)

    def _converted(self):
        if not self._autograph:
            return self.__wrapped__
        from ._autograph import convert

        return convert(self.__wrapped__)

    def _trace(self, args, kwargs):
        return Trace(self._converted(), args, kwargs, _name(self))

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


class Trace:
    """What a function does for arguments of one kind: a `Compiled`, and what its results are in."""

    def __init__(self, body, args, kwargs, name):
        from .control import staged

        with Paused(), Tracing() as graph, staged():
            given = _nest.map_structure(lambda x: _as_input(graph, x), (args, kwargs))
            inputs = list(graph.inputs)
            result = _results(body(*given[0], **given[1]))
            leaves = _nest.flatten(result)
            self._places = [k for k, leaf in enumerate(leaves) if isinstance(leaf, Tensor)]
            outputs = [graph.number_of(leaves[k]) for k in self._places]
            writes = [(last, v) for v, _, last in graph.touched() if last >= 0]
        self._leaves = [None if isinstance(leaf, Tensor) else leaf for leaf in leaves]
        self._single = isinstance(result, Tensor)
        self._structure = _emptied(result)
        self._compiled = Compiled(graph, inputs, outputs, writes, name=name)

    def __call__(self, arguments):
        outputs = self._compiled(arguments)
        if self._single:
            return outputs[0]
        leaves = list(self._leaves)
        for k, y in zip(self._places, outputs, strict=True):
            leaves[k] = y
        return _nest.pack(self._structure, leaves)


def _emptied(nest):
    """A nest without its Tensors, which would keep their memory."""
    return _nest.map_structure(lambda x: None if isinstance(x, Tensor) else x, nest)


def _as_input(graph, x):
    """An argument as the traced function sees it."""
    if isinstance(x, Tensor):
        return graph.add_input(x)
    if isinstance(x, (np.ndarray, np.generic)):
        return graph.add_input(constant(x))
    return x


def _key(x, leaves):
    """What a trace is for: shapes and dtypes of arrays, which go into `leaves`; the values of all else."""
    kind = type(x)
    if kind is Tensor:
        leaves.append(x)
        return x.dtype, x.shape
    if kind is tuple or kind is list:
        return (kind, *[_key(item, leaves) for item in x])
    if kind is float:
        return kind, x, repr(x)
    if kind is int or kind is bool or kind is str or x is None:
        return kind, x
    if isinstance(x, (np.ndarray, np.generic)):
        x = constant(x)
        leaves.append(x)
        return x.dtype, x.shape
    if isinstance(x, Variable):
        return Identity(x)
    if _nest.is_nest(x):
        names = tuple(x) if isinstance(x, dict) else None
        return (kind, names, *[_key(item, leaves) for item in _nest.parts(x)])
    try:
        hash(x)
    except TypeError:
        return Identity(x)
    return kind, x


class Identity:
    """A key that is equal for one object only, which it keeps."""

    __slots__ = ("x",)

    def __init__(self, x):
        self.x = x

    def __hash__(self):
        return id(self.x)

    def __eq__(self, other):
        return type(other) is Identity and self.x is other.x


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
    """The arguments of a call by parameter, defaults filled in."""
    from inspect import signature

    try:
        bound = signature(function.python_function).bind(*args, **kwargs)
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
    if type(result) is Tensor or result is None:
        return result
    return _nest.map_structure(_as_result, result)


def _as_result(x):
    if isinstance(x, (bool, int, float, complex, np.ndarray, np.generic, Variable)):
        return convert_to_tensor(x)
    return x


def run_functions_eagerly(run_eagerly):
    """Let all functions run eagerly, operation by operation, or have them replayed again."""
    global _eagerly
    _eagerly = bool(run_eagerly)


def functions_run_eagerly():
    """What `run_functions_eagerly` was told last; False at first."""
    return _eagerly
