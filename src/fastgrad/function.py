"""`function`: Python functions as `tf.function` has them. They run eagerly."""

import numpy as np

from . import _nest
from ._core._dispatch import constant, convert_to_tensor
from ._core._tensor import Tensor, Variable
from .dtypes import as_dtype, float32
from .errors import short
from .shapes import TensorShape
from .transforms import Wrapper

_eager_asked = False


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
    """Decorator: `func` as a `Function`. It runs eagerly, as it stands, every time it is called.

    input_signature: a sequence of `TensorSpec`, one per parameter (nests for nests). Arguments are
        converted to their dtypes, and must fit.
    The other options ask for ways of compiling. They are taken, and change no result.

    What func returns comes back in the same structure, with numbers and arrays as Tensors; None
    stays None. Python's ``if``, ``while`` and ``for`` act on the values of Tensors, and a gradient
    goes through the branches that were taken. Exceptions come out as they were raised.

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
        return lambda func: Function(func, input_signature)
    return Function(func, input_signature)


class Function(Wrapper):
    """What `function` makes of a Python function, which it keeps as `python_function`."""

    def __init__(self, python_function, input_signature=None):
        if not callable(python_function):
            raise TypeError(f"function: func must be callable, not {short(python_function)}")
        super().__init__(python_function)
        self.input_signature = None if input_signature is None else tuple(input_signature)

    def __call__(self, *args, **kwargs):
        if self.input_signature is not None:
            args, kwargs = self._fitted(args, kwargs), {}
        return _results(self.__wrapped__(*args, **kwargs))

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
        return ConcreteFunction(self.python_function, _bind(self, args, kwargs))

    def _fitted(self, args, kwargs):
        """The arguments of a call, by position, as the input signature has them."""
        args = _bind(self, args, kwargs).args
        specs = self.input_signature
        if len(args) != len(specs):
            raise TypeError(
                f"{_name(self)}: the input_signature has {len(specs)} entries, but the call "
                f"{len(args)} arguments"
            )
        return [
            _fit(spec, x, f"{_name(self)}: argument {k}")
            for k, (spec, x) in enumerate(zip(specs, args, strict=True))
        ]


class ConcreteFunction(Wrapper):
    """A function for arguments of certain shapes and dtypes, and fixed values for the others.

    A call may leave out what is fixed, by naming the arguments after it.
    """

    def __init__(self, python_function, bound):
        super().__init__(python_function)
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
        return _results(self.__wrapped__(*bound.args, **bound.kwargs))

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
    """Ask functions to run eagerly, or not. They always do, so this changes nothing."""
    global _eager_asked
    _eager_asked = bool(run_eagerly)


def functions_run_eagerly():
    """What `run_functions_eagerly` was told last; False at first."""
    return _eager_asked
