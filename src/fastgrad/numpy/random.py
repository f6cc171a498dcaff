"""The names of `numpy.random`: NumPy draws, gradients pass to the parameters of some distributions.

A sample with a location and a scale is ``loc + scale * standard sample``; others are functions of an
exponential sample and a shape, or move with their shape as their quantile does (gamma). Distributions
that are not listed take constants and refuse what a tape is recording.

A function that is traced draws in each call what the same program draws outside of it. Single numbers, which
NumPy gives as floats and ints, are Tensors of float64 and int64 there.
"""

from functools import partial

import numpy as np

from .. import _nest, primitives
from .._core._graph import Untraced, tracing
from .._core._numpy import converted, on_data, view
from .._core._tensor import Tensor, Variable
from ..effects import Started, happen
from ..errors import short


def _scaled(standard):
    """How a sample is made of its scale, and of a location before it if there is one."""

    def draw(source, size, *parameters):
        y = converted(standard(source, size)) * parameters[-1]
        return y if len(parameters) == 1 else parameters[0] + y

    return draw


def _uniform(source, size, low, high):
    return low + (high - low) * converted(source.uniform(size=size))


def _gamma(source, size, shape):
    """A sample that moves as its quantile does."""
    from ..random import _gamma_sample

    z = converted(source._drawn("standard_gamma", primitives.stop_gradient(shape), size))
    alpha = primitives.cast(shape, dtype=np.float64)
    return _gamma_sample(primitives.broadcast_to(alpha, shape=z.shape), z)


def _exponential(source, size):
    return converted(source.standard_exponential(size))


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
    source._drawn(
        name, *map(primitives.stop_gradient, parameters), size=(0, *shape)
    )  # NumPy checks them
    if size is None:
        size = shape
    return draw(source, size, *parameters)


class _Source:
    """Draws from one of NumPy's sources of random numbers, as Tensors."""

    def __init__(self, kind, source):
        self._kind = kind  # where its functions are found
        self._now = source  # gives what is drawn from

    @property
    def _source(self):
        return self._now()

    def __getattr__(self, name):
        function = getattr(self._kind, name)
        if name[0] == "_" or not callable(function) or isinstance(function, type):
            return getattr(self._source, name)
        if name == "shuffle":
            raise AttributeError(
                "shuffle writes into an array, and a Tensor is immutable: use permutation"
            )

        def call(*args, **kwargs):
            if name in _MOVED and any(
                isinstance(a, (Tensor, Variable)) for a in (*args, *kwargs.values())
            ):
                return _moved(self, name, args, kwargs)
            if name in ("permutation", "choice", "permuted") and isinstance(
                args[0] if args else kwargs.get("a", kwargs.get("x")), (Tensor, Variable)
            ):
                return self._picked(name, *args, **kwargs)
            return self._drawn(name, *args, **kwargs)

        call.__name__ = name
        call.__doc__ = function.__doc__
        self.__dict__[name] = call
        return call

    def _drawn(self, name, *args, **kwargs):
        """What NumPy gives, with arrays as Tensors: now, or in each call of a function that is traced."""
        what = f"np.random.{name}"
        if tracing() is None:
            return on_data(getattr(self._source, name), what)(*args, **kwargs)
        given, found = (list(args), dict(kwargs)), []
        leaves = _nest.flatten(given)
        with Untraced():
            on_data(_untouched, what)(*leaves)  # refuses what a tape is recording

        def draw(source, leaves):
            args, kwargs = _nest.pack(given, list(leaves))
            y = on_data(getattr(source, name), what)(*args, **kwargs)
            found[:] = [_nest.map_structure(lambda x: None, y)]
            return [_number(what, x) for x in _nest.flatten(y) if x is not None]

        ys = happen(
            lambda *leaves: draw(self._source, leaves),
            leaves,
            lambda *leaves: draw(_example(self._kind), leaves),
        )
        return _nest.pack(found[0], ys) if ys else None

    def _picked(self, name, x, *args, **kwargs):
        """A permutation of, or a choice from, the elements of a Tensor, which gradients go back to."""
        x = converted(x)
        axis = kwargs.get("axis", 0) or 0
        if name == "permuted":
            places = np.arange(x.size).reshape(x.shape)
            at = self._drawn("permuted", places, *args, **kwargs)
            return primitives.gather(primitives.reshape(x, shape=(-1,)), at)
        if x.ndim == 0:
            return self._drawn(name, x, *args, **kwargs)
        kwargs.pop("axis", None)
        at = self._drawn(name, x.shape[axis], *args, **kwargs)
        return primitives.gather(x, at, axis=axis)

    def __repr__(self):
        return f"fastgrad.numpy.random source over {self._source!r}"


def _example(kind):
    """A source of a kind, for examples: none goes on while a function is traced."""
    return (np.random.default_rng if kind is np.random.Generator else np.random.RandomState)(0)


def _untouched(*leaves):
    return None


def _number(what, x):
    """A result as a Tensor."""
    if isinstance(x, (bytes, str)) or not isinstance(
        x, (int, float, np.ndarray, np.generic, Tensor)
    ):
        raise TypeError(
            f"{what} gives {short(x)}, which can't be drawn anew in each call of a traced function"
        )
    return converted(x)


class Generator(_Source):
    """As `numpy.random.Generator`: made by `default_rng`, or from a bit generator."""

    def __init__(self, bit_generator):
        source = np.random.Generator(bit_generator)
        super().__init__(np.random.Generator, lambda: source)

    @classmethod
    def _of(cls, source):
        made = cls.__new__(cls)
        _Source.__init__(made, np.random.Generator, source)
        return made

    def spawn(self, n_children):
        """Independent generators."""
        started = Started(lambda: self._source.spawn(n_children))
        return [Generator._of(partial(started.one, k)) for k in range(n_children)]


class RandomState(_Source):
    """As `numpy.random.RandomState`."""

    def __init__(self, seed=None):
        started = Started(lambda seed: [np.random.RandomState(_plain(seed))], seed)
        super().__init__(np.random.RandomState, started.first)


def default_rng(seed=None):
    """A `Generator` from a seed (None: from the system's randomness)."""
    if isinstance(seed, Generator):
        return seed
    return Generator._of(Started(lambda seed: [np.random.default_rng(_plain(seed))], seed).first)


def _plain(seed):
    return view(seed) if isinstance(seed, (Tensor, Variable)) else seed


_global = _Source(np.random, lambda: np.random)


def __getattr__(name):
    from ._reasons import why_not

    reason = why_not(f"random.{name}")
    if reason or name[0] == "_" or not hasattr(np.random, name):
        raise AttributeError(
            f"module 'fastgrad.numpy.random' has no attribute {name!r}"
            + (f". {reason}" if reason else "")
        )
    return getattr(_global, name)
