"""The names of `numpy.random`: NumPy draws, gradients pass to the parameters of some distributions.

A sample with a location and a scale is ``loc + scale * standard sample``; others are functions of an
exponential sample and a shape, or move with their shape as their quantile does (gamma). Distributions
that are not listed take constants and refuse what a tape is recording.
"""

import numpy as np

from .. import primitives
from .._core._numpy import converted, on_data, view
from .._core._tensor import Tensor, Variable


def _scaled(standard):
    """How a sample is made of its scale, and of a location before it if there is one."""

    def draw(source, size, *parameters):
        y = converted(np.asarray(standard(source, size))) * parameters[-1]
        return y if len(parameters) == 1 else parameters[0] + y

    return draw


def _uniform(source, size, low, high):
    return low + (high - low) * converted(np.asarray(source.uniform(size=size)))


def _gamma(source, size, shape):
    """A sample that moves as its quantile does."""
    from ..random import _gamma_sample

    z = converted(np.asarray(source.standard_gamma(view(shape), size)))
    alpha = primitives.cast(shape, dtype=np.float64)
    return _gamma_sample(primitives.broadcast_to(alpha, shape=z.shape), z)


def _exponential(source, size):
    return converted(np.asarray(source.standard_exponential(size)))


_normal = _scaled(lambda source, size: source.standard_normal(size))

# name: (parameters with their defaults, the sample made of them)
_MOVED = {
    "normal": ({"loc": 0.0, "scale": 1.0}, _normal),
    "uniform": ({"low": 0.0, "high": 1.0}, _uniform),
    "exponential": ({"scale": 1.0}, _scaled(_exponential)),
    "laplace": ({"loc": 0.0, "scale": 1.0}, _scaled(lambda source, size: source.laplace(size=size))),
    "logistic": ({"loc": 0.0, "scale": 1.0}, _scaled(lambda source, size: source.logistic(size=size))),
    "gumbel": ({"loc": 0.0, "scale": 1.0}, _scaled(lambda source, size: source.gumbel(size=size))),
    "rayleigh": ({"scale": 1.0}, _scaled(lambda source, size: source.rayleigh(size=size))),
    "lognormal": ({"mean": 0.0, "sigma": 1.0}, lambda *given: primitives.exp(_normal(*given))),
    "pareto": ({"a": None}, lambda source, size, a: primitives.expm1(_exponential(source, size) / a)),
    "power": ({"a": None}, lambda source, size, a: primitives.power(
        -primitives.expm1(-_exponential(source, size)), 1 / a)),
    "weibull": ({"a": None}, lambda source, size, a: primitives.power(
        _exponential(source, size), 1 / a)),
    "standard_gamma": ({"shape": None}, _gamma),
    "gamma": ({"shape": None, "scale": 1.0}, lambda source, size, shape, scale: _gamma(
        source, size, shape) * scale),
    "chisquare": ({"df": None}, lambda source, size, df: _gamma(source, size, df / 2) * 2.0),
}  # fmt: skip


def _moved(source, name, args, kwargs):
    """A sample connected to the parameters of its distribution."""
    defaults, draw = _MOVED[name]
    given = {**defaults, **dict(zip([*defaults, "size"], args, strict=False)), **kwargs}
    size = given.pop("size", None)
    parameters = [converted(value) for value in given.values()]
    shape = np.broadcast_shapes(*(p.shape for p in parameters))
    getattr(source, name)(
        *map(view, parameters), size=(0, *shape)
    )  # NumPy checks them, draws nothing
    if size is None:
        size = shape
    return draw(source, size, *parameters)


class _Source:
    """Draws from one of NumPy's sources of random numbers, as Tensors."""

    def __init__(self, source):
        self._source = source

    def __getattr__(self, name):
        function = getattr(self._source, name)
        if name[0] == "_" or not callable(function):
            return function
        if name == "shuffle":
            raise AttributeError(
                "shuffle writes into an array, and a Tensor is immutable: use permutation"
            )
        draw = on_data(function, f"np.random.{name}")

        def call(*args, **kwargs):
            if name in _MOVED and any(
                isinstance(a, (Tensor, Variable)) for a in (*args, *kwargs.values())
            ):
                return _moved(self._source, name, args, kwargs)
            if name in ("permutation", "choice", "permuted") and isinstance(
                args[0] if args else kwargs.get("a", kwargs.get("x")), (Tensor, Variable)
            ):
                return self._picked(name, *args, **kwargs)
            return draw(*args, **kwargs)

        call.__name__ = name
        call.__doc__ = function.__doc__
        self.__dict__[name] = call
        return call

    def _picked(self, name, x, *args, **kwargs):
        """A permutation of, or a choice from, the elements of a Tensor, which gradients go back to."""
        x = converted(x)
        axis = kwargs.get("axis", 0) or 0
        if name == "permuted":
            places = np.arange(x.size).reshape(x.shape)
            at = self._source.permuted(places, *args, **kwargs)
            return primitives.reshape(x, shape=(-1,))[at]
        if x.ndim == 0:
            return on_data(getattr(self._source, name), f"np.random.{name}")(x, *args, **kwargs)
        kwargs.pop("axis", None)
        at = getattr(self._source, name)(x.shape[axis], *args, **kwargs)
        return primitives.gather(x, np.asarray(at), axis=axis)

    def __repr__(self):
        return f"fastgrad.numpy.random source over {self._source!r}"


class Generator(_Source):
    """As `numpy.random.Generator`: made by `default_rng`, or from a bit generator."""

    def __init__(self, bit_generator):
        super().__init__(np.random.Generator(bit_generator))

    def spawn(self, n_children):
        """Independent generators."""
        return [Generator(one.bit_generator) for one in self._source.spawn(n_children)]


class RandomState(_Source):
    """As `numpy.random.RandomState`."""

    def __init__(self, seed=None):
        super().__init__(np.random.RandomState(seed))


def default_rng(seed=None):
    """A `Generator` from a seed (None: from the system's randomness)."""
    if isinstance(seed, Generator):
        return seed
    return Generator(np.random.default_rng(seed).bit_generator)


_global = _Source(np.random)


def __getattr__(name):
    from ._reasons import why_not

    reason = why_not(f"random.{name}")
    if reason or name[0] == "_" or not hasattr(np.random, name):
        raise AttributeError(
            f"module 'fastgrad.numpy.random' has no attribute {name!r}"
            + (f". {reason}" if reason else "")
        )
    return getattr(_global, name)
