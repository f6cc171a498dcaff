"""Random Tensors, by NumPy's generators.

`set_seed` makes a program repeatable. A `seed` given to an operation picks a stream of its own,
which starts anew with `set_seed`: its calls give other numbers each time, but the same ones in
every run, whatever else the program draws. Without either, numbers differ from run to run. The
`stateless_` functions give the same numbers for the same seed (two ints) each time.

Numbers are those of NumPy's generators: PCG64, and Philox for the stateless functions. Gradients
pass through the parameters of every continuous distribution.

A function that is traced draws in each call what the same program draws outside of it. All draws go
through `Generator._draw`, which sees to that.
"""

from functools import partial

import numpy as np

from . import _nest, dtypes, primitives
from ._core import _calls
from ._core._dispatch import convert_to_tensor
from ._core._graph import is_traced
from ._core._tensor import Tensor, Variable, share_array
from ._rules import text_of
from .creation import _room
from .effects import Started, compute, happen
from .ops import sampling
from .shapes import as_shape

_global_seed = None
_streams = {}  # NumPy generators: the shared one under None, the others under (operation, seed)
_gamma_sample, _gamma_slope, *_ = (
    _calls.bind(row, text_of(row), __name__)
    for row in (
        sampling.gamma_sample, sampling.gamma_slope, sampling.gamma_bend_alpha, sampling.gamma_bend_z
    )
)  # fmt: skip


def set_seed(seed):
    """Start all streams anew, from `seed` (an int; None: from the operating system's randomness).

    >>> fg.random.set_seed(7)
    """
    happen(_start_anew, [_checked(seed)], lambda seed: [])


def _start_anew(seed):
    global _global_seed
    _global_seed = None if seed is None else _seed(seed)
    _streams.clear()
    return []


# --------------------------------------------------------------------------------------- generators
class Generator:
    """Random numbers from a stream of its own.

    `shape` is that of the result, and parameters broadcast to it, unless a method says otherwise.

    >>> g = fg.random.Generator.from_seed(1)
    >>> g.normal([2]).shape
    TensorShape([2])
    """

    __slots__ = ("_given", "_stream")

    def __init__(self, stream, *given):
        self._stream = stream  # gives NumPy's generator, of what is given: seeds
        self._given = given

    @classmethod
    def from_seed(cls, seed, alg=None):
        """A generator whose numbers follow from `seed`, an int. `alg` has no effect.

        In a function that is traced it starts with `seed` again in each call.
        """
        return cls(Started(lambda seed: [_generator(_seed(seed))], _checked(seed)).first)

    @classmethod
    def from_non_deterministic_state(cls, alg=None):
        """A generator that starts from the operating system's randomness."""
        return cls(Started(lambda: [_generator(None)]).first)

    def split(self, count=1):
        """A list of `count` new generators, independent of this one and of each other."""
        started = Started(lambda *given: self._stream(*given).spawn(count), *self._given)
        return [Generator(partial(started.one, k)) for k in range(count)]

    def _draw(self, shape, dtype, draw, *parameters):
        """Numbers of a shape and dtype: `draw(stream, *parameters)`, which sees parameters as arrays.

        In a function that is traced, they are drawn in each call, unless they are the same in all.
        """
        n, dtype = len(self._given), dtypes.as_dtype(dtype)

        def numbers(*values):
            return drawn(self._stream(*values[:n]), values[n:])

        def drawn(stream, values):
            return [_shared(np.asarray(draw(stream, *map(_array, values)), dtype.np_dtype))]

        def example(*values):  # no stream goes on while tracing
            try:
                return drawn(_generator(0), values[n:])
            except ValueError:  # of values that are none when the function is called
                return [
                    _shared((np.ones if dtype.is_floating else np.zeros)(shape, dtype.np_dtype))
                ]

        values = [*self._given, *map(_operand, parameters)]
        return (compute if self._stream is _keyed else happen)(numbers, values, example)[0]

    # ---- by location and scale
    def normal(self, shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
        """Normally distributed numbers, in a floating dtype."""
        return self._moved("normal", _standard("standard_normal"), shape, stddev, mean, dtype)

    def truncated_normal(self, shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
        """As `normal`, but none is more than two standard deviations away from the mean."""

        def draw(stream, shape, dtype):
            numbers = np.atleast_1d(stream.standard_normal(shape, dtype))
            while (outside := np.abs(numbers) > 2).any():
                numbers[outside] = stream.standard_normal(np.count_nonzero(outside), dtype)
            return numbers.reshape(shape)

        return self._moved("truncated_normal", draw, shape, stddev, mean, dtype)

    def uniform(self, shape, minval=0, maxval=None, dtype=dtypes.float32, name=None):
        """Numbers spread evenly over [minval, maxval), in a floating or an integer dtype.

        For a floating dtype `maxval` is 1 unless given; for an integer dtype it must be given.
        Raises ValueError if an integer range is empty or does not fit the dtype.
        """
        dtype = dtypes.as_dtype(dtype)
        if not dtype.is_integer:
            width = 1.0 - minval if maxval is None else maxval - minval
            return self._moved("uniform", _standard("random"), shape, width, minval, dtype)
        if maxval is None:
            raise ValueError(f"uniform: maxval must be given for {dtype.name}")
        shape = _room("uniform", shape, dtype)

        def draw(stream, low, high):
            return stream.integers(low, high, shape, dtype.np_dtype)

        return self._draw(shape, dtype, draw, minval, maxval)

    def uniform_full_int(self, shape, dtype=dtypes.uint64, name=None):
        """Integers spread evenly over all that the dtype has."""
        dtype = dtypes.as_dtype(dtype)
        if not dtype.is_integer:
            raise TypeError(f"uniform_full_int: dtype must be an integer one, not {dtype.name}")
        shape, info = _room("uniform_full_int", shape, dtype), np.iinfo(dtype.np_dtype)

        def draw(stream):
            return stream.integers(info.min, info.max, shape, dtype.np_dtype, endpoint=True)

        return self._draw(shape, dtype, draw)

    def exponential(self, shape, scale=1.0, dtype=dtypes.float32, name=None):
        """Exponentially distributed numbers with mean `scale`."""
        draw = _standard("standard_exponential")
        return self._moved("exponential", draw, shape, scale, None, dtype)

    def laplace(self, shape, loc=0.0, scale=1.0, dtype=dtypes.float32, name=None):
        """Numbers with density exp(-|x - loc| / scale) / (2 scale)."""
        return self._moved("laplace", _wide("laplace"), shape, scale, loc, dtype)

    def logistic(self, shape, loc=0.0, scale=1.0, dtype=dtypes.float32, name=None):
        """Numbers whose distribution function is sigmoid((x - loc) / scale)."""
        return self._moved("logistic", _wide("logistic"), shape, scale, loc, dtype)

    def gumbel(self, shape, loc=0.0, scale=1.0, dtype=dtypes.float32, name=None):
        """Numbers whose distribution function is exp(-exp(-(x - loc) / scale))."""
        return self._moved("gumbel", _wide("gumbel"), shape, scale, loc, dtype)

    def _moved(self, op, draw, shape, factor, shift, dtype):
        """Numbers that `draw(stream, shape, dtype)` gives, times a factor, plus a shift, in a dtype."""
        dtype = _floating(op, dtype)
        shape = _room(op, shape, dtype)
        y = self._draw(shape, dtype, lambda stream: draw(stream, shape, _drawn(dtype))) * factor
        return _fitted(op, y if shift is None else y + shift, shape, dtype)

    def multivariate_normal(
        self, shape, mean, covariance=None, scale_tril=None, dtype=dtypes.float32, name=None
    ):
        """Normally distributed vectors along the last axis.

        covariance: [..., n, n], or instead its lower triangular Cholesky factor `scale_tril`.
        """
        op = "multivariate_normal"
        if (covariance is None) == (scale_tril is None):
            raise ValueError(f"{op}: give one of covariance and scale_tril")
        if scale_tril is None:
            scale_tril = primitives.cholesky(_parameter(op, covariance, dtype))
        factor = _parameter(op, scale_tril, dtype)
        noise = primitives.expand_dims(self.normal(shape, dtype=dtype), axis=-1)
        return _fitted(op, primitives.squeeze(factor @ noise, axis=-1) + mean, shape, dtype)

    # ---- by gamma samples
    def gamma(self, shape, alpha, beta=None, dtype=dtypes.float32, name=None):
        """Gamma distributed numbers of shape `alpha` and rate `beta` (1 unless given).

        `shape` samples are drawn for each pair: the result has shape `shape` + that of the
        parameters. The gradient by `alpha` is that of a sample whose quantile stays as it is.
        """
        alpha = _parameter("gamma", alpha, dtype)
        beta = 1.0 if beta is None else _parameter("gamma", beta, dtype)
        inner = np.broadcast_shapes(alpha.shape, getattr(beta, "shape", ()))
        return self._gamma("gamma", (*as_shape(shape), *inner), alpha, beta, dtype)

    def _gamma(self, op, shape, alpha, beta, dtype):
        """Gamma samples of a whole shape."""
        dtype = _floating(op, dtype)
        shape = _room(op, shape, dtype)
        alpha = _parameter(op, alpha, dtype)
        sizes = zip(alpha.shape[::-1], shape[::-1], strict=False)
        if alpha.ndim > len(shape) or any(m not in (1, n) for m, n in sizes):
            raise ValueError(f"{op}: parameters of shape {alpha.shape} do not broadcast to {shape}")
        alpha = primitives.broadcast_to(alpha, shape=shape)

        def draw(stream, alpha):
            if not np.all(alpha > 0):
                raise ValueError(f"{op}: alpha must be positive")
            return stream.standard_gamma(alpha.astype(_drawn(dtype)), None, _drawn(dtype))

        y = _gamma_sample(alpha, self._draw(shape, dtype, draw, alpha))
        return _fitted(op, y / beta, shape, dtype)

    def _log_gamma(self, op, shape, alpha, dtype):
        """Logarithms of gamma samples, which don't underflow: a sample of alpha + 1 times u**(1/alpha)."""
        more = self._gamma(op, shape, _parameter(op, alpha, dtype) + 1, 1.0, dtype)
        return primitives.log(more) - self.exponential(shape, dtype=dtype) / alpha

    def beta(self, shape, alpha, beta, dtype=dtypes.float32, name=None):
        """Beta distributed numbers in [0, 1]."""
        a = self._log_gamma("beta", shape, alpha, dtype)
        b = self._log_gamma("beta", shape, beta, dtype)
        return primitives.sigmoid(a - b)

    def dirichlet(self, shape, alpha, dtype=dtypes.float32, name=None):
        """Dirichlet distributed vectors along the last axis: positive, with sum 1."""
        return primitives.softmax(self._log_gamma("dirichlet", shape, alpha, dtype), axis=-1)

    def student_t(self, shape, df, loc=0.0, scale=1.0, dtype=dtypes.float32, name=None):
        """Numbers by Student's t distribution with `df` degrees of freedom."""
        half = _parameter("student_t", df, dtype) / 2
        spread = primitives.sqrt(half / self._gamma("student_t", shape, half, 1.0, dtype))
        y = self.normal(shape, dtype=dtype) * spread * scale + loc
        return _fitted("student_t", y, shape, dtype)

    # ---- counts and choices, without a gradient
    def poisson(self, shape, lam, dtype=dtypes.float32, name=None):
        """Poisson distributed counts of mean `lam`: `shape` samples for each."""
        lam = _operand(lam)
        return self._poisson("poisson", (*as_shape(shape), *lam.shape), lam, dtype)

    def _poisson(self, op, shape, lam, dtype):
        """Poisson samples of a whole shape."""
        shape = _room(op, shape, dtypes.as_dtype(dtype))
        return self._draw(shape, dtype, lambda stream, lam: stream.poisson(lam, shape), lam)

    def bernoulli(self, shape, probs=0.5, dtype=dtypes.int32, name=None):
        """1 with probability `probs`, else 0."""
        shape = _room("bernoulli", shape, dtypes.as_dtype(dtype))

        def draw(stream, probs):
            if not np.all((probs >= 0) & (probs <= 1)):
                raise ValueError("bernoulli: probs must be in [0, 1]")
            return stream.random(shape) < probs

        return self._draw(shape, dtype, draw, probs)

    def binomial(self, shape, counts, probs, dtype=dtypes.int32, name=None):
        """How many of `counts` trials succeed, each with probability `probs`."""
        shape = _room("binomial", shape, dtypes.as_dtype(dtype))

        def draw(stream, counts, probs):
            return stream.binomial(counts.astype(np.int64), probs, shape)

        return self._draw(shape, dtype, draw, counts, probs)

    def categorical(self, logits, num_samples, dtype=dtypes.int64, name=None):
        """`num_samples` classes for each row of `logits`, [batch, classes], by its softmax."""
        logits = _operand(logits)
        if logits.ndim != 2 or logits.shape[1] == 0:
            raise ValueError(
                f"categorical: logits must be [batch, classes], not of shape {logits.shape}"
            )
        shape = _room("categorical", (logits.shape[0], num_samples), dtypes.as_dtype(dtype))

        def draw(stream, logits):
            logits = logits.astype(np.float64)
            if not np.all(np.isfinite(logits.max(axis=1))):
                raise ValueError(
                    "categorical: logits must have a finite largest element in each row"
                )
            batch = np.arange(len(logits))[:, None]
            ends = np.cumsum(np.exp(logits - logits.max(axis=1, keepdims=True)), axis=1)
            # One search for all rows: row i has its ends in (i, i + 1].
            ends = ends / ends[:, -1:] + batch
            places = np.minimum(stream.random(shape) + batch, np.nextafter(batch + 1.0, batch))
            found = np.searchsorted(ends.reshape(-1), places, side="right")
            return found - batch * logits.shape[1]

        return self._draw(shape, dtype, draw, logits)

    def permutation(self, n, name=None):
        """The ints from 0 to n - 1 in random order."""
        n = as_shape(n)[0]
        return self._draw((n,), dtypes.int64, lambda stream: stream.permutation(n))

    def shuffle(self, value, name=None):
        """The rows (along the first axis) of `value` in random order, with their gradients."""
        value = convert_to_tensor(value)
        if value.ndim == 0:
            raise ValueError("shuffle: value must have one axis or more")
        return primitives.gather(value, self.permutation(value.shape[0]))

    def dropout(self, x, rate, noise_shape=None, name=None):
        """`x` with elements set to 0 at random: see `fastgrad.nn.dropout`."""
        x = convert_to_tensor(x)
        if not x.dtype.is_floating:
            raise TypeError(f"dropout: x must be floating, not {x.dtype.name}")
        shape = x.shape if noise_shape is None else _noise_shape(noise_shape, x.shape)

        def draw(stream, rate):
            if rate.ndim or not 0 <= rate < 1:
                raise ValueError(f"dropout: rate must be in [0, 1), got {rate}")
            return stream.random(shape, np.float32) < rate

        dropped = self._draw(shape, dtypes.bool_, draw, rate)
        if is_traced(rate):
            rate = primitives.stop_gradient(primitives.cast(rate, dtype=dtypes.float64))
            kept = primitives.cast(1 - rate, dtype=x.dtype)
        else:
            kept = 1 - float(rate)
        return primitives.where(dropped, 0.0, x / kept)


# ----------------------------------------------------------------------------------- shared streams
def normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Normally distributed numbers of a shape, in a floating dtype.

    mean, stddev: numbers or Tensors that broadcast to the shape; gradients pass through both.

    >>> fg.random.normal([2, 3]).shape
    TensorShape([2, 3])
    """
    return _shared_by("normal", seed).normal(shape, mean, stddev, dtype)


def truncated_normal(shape, mean=0.0, stddev=1.0, dtype=dtypes.float32, seed=None, name=None):
    """As `normal`, but none is more than two standard deviations away from the mean."""
    return _shared_by("truncated_normal", seed).truncated_normal(shape, mean, stddev, dtype)


def uniform(shape, minval=0, maxval=None, dtype=dtypes.float32, seed=None, name=None):
    """Numbers spread evenly over [minval, maxval), in a floating or an integer dtype.

    For a floating dtype `maxval` is 1 unless given, and gradients pass through both bounds, which
    broadcast to the shape. For an integer dtype `maxval` must be given.
    Raises ValueError if an integer range is empty or does not fit the dtype.

    >>> die = fg.random.uniform([100], 1, 7, dtype=fg.int32)
    """
    return _shared_by("uniform", seed).uniform(shape, minval, maxval, dtype)


def exponential(shape, scale=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Exponentially distributed numbers of a shape, with mean `scale`."""
    return _shared_by("exponential", seed).exponential(shape, scale, dtype)


def laplace(shape, loc=0.0, scale=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of a shape with density exp(-|x - loc| / scale) / (2 scale)."""
    return _shared_by("laplace", seed).laplace(shape, loc, scale, dtype)


def logistic(shape, loc=0.0, scale=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of a shape whose distribution function is sigmoid((x - loc) / scale)."""
    return _shared_by("logistic", seed).logistic(shape, loc, scale, dtype)


def gumbel(shape, loc=0.0, scale=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of a shape whose distribution function is exp(-exp(-(x - loc) / scale))."""
    return _shared_by("gumbel", seed).gumbel(shape, loc, scale, dtype)


def multivariate_normal(
    shape, mean, covariance=None, scale_tril=None, dtype=dtypes.float32, seed=None, name=None
):
    """Normally distributed vectors along the last axis of a shape.

    covariance: [..., n, n], or instead its lower triangular Cholesky factor `scale_tril`.

    >>> fg.random.multivariate_normal([5, 2], [0.0, 1.0], scale_tril=[[1.0, 0.0], [0.5, 2.0]]).shape
    TensorShape([5, 2])
    """
    return _shared_by("multivariate_normal", seed).multivariate_normal(
        shape, mean, covariance, scale_tril, dtype
    )


def gamma(shape, alpha, beta=None, dtype=dtypes.float32, seed=None, name=None):
    """Gamma distributed numbers of shape `alpha` and rate `beta` (1 unless given).

    `shape` samples are drawn for each pair: the result has shape `shape` + that of the parameters.
    Gradients pass through both; by `alpha` it is that of a sample whose quantile stays as it is
    (implicit reparameterisation, Figurnov et al. 2018). The third derivative by `alpha` raises.

    >>> fg.random.gamma([10], [0.5, 1.5]).shape
    TensorShape([10, 2])
    """
    return _shared_by("gamma", seed).gamma(shape, alpha, beta, dtype)


def beta(shape, alpha, beta, dtype=dtypes.float32, seed=None, name=None):
    """Beta distributed numbers of a shape, in [0, 1]; gradients pass through both parameters."""
    return _shared_by("beta", seed).beta(shape, alpha, beta, dtype)


def dirichlet(shape, alpha, dtype=dtypes.float32, seed=None, name=None):
    """Dirichlet distributed vectors along the last axis of a shape; gradients pass through `alpha`."""
    return _shared_by("dirichlet", seed).dirichlet(shape, alpha, dtype)


def student_t(shape, df, loc=0.0, scale=1.0, dtype=dtypes.float32, seed=None, name=None):
    """Numbers of a shape by Student's t distribution with `df` degrees of freedom."""
    return _shared_by("student_t", seed).student_t(shape, df, loc, scale, dtype)


def poisson(shape, lam, dtype=dtypes.float32, seed=None, name=None):
    """Poisson distributed counts of mean `lam`: `shape` samples for each. No gradient."""
    return _shared_by("poisson", seed).poisson(shape, lam, dtype)


def bernoulli(shape, probs=0.5, dtype=dtypes.int32, seed=None, name=None):
    """1 with probability `probs`, else 0, in a shape. No gradient."""
    return _shared_by("bernoulli", seed).bernoulli(shape, probs, dtype)


def binomial(shape, counts, probs, dtype=dtypes.int32, seed=None, name=None):
    """How many of `counts` trials succeed, each with probability `probs`. No gradient."""
    return _shared_by("binomial", seed).binomial(shape, counts, probs, dtype)


def categorical(logits, num_samples, dtype=dtypes.int64, seed=None, name=None):
    """`num_samples` classes for each row of `logits`, [batch, classes], by its softmax. No gradient.

    >>> fg.random.categorical([[0.0, 0.0]], 5).shape
    TensorShape([1, 5])
    """
    return _shared_by("categorical", seed).categorical(logits, num_samples, dtype)


def permutation(n, seed=None, name=None):
    """The ints from 0 to n - 1 in random order."""
    return _shared_by("permutation", seed).permutation(n)


def shuffle(value, seed=None, name=None):
    """The rows (along the first axis) of `value` in random order; gradients go back to their row.

    >>> fg.random.shuffle(fg.range(5)).shape
    TensorShape([5])
    """
    return _shared_by("shuffle", seed).shuffle(value)


def dropout(x, rate, noise_shape=None, seed=None, name=None):
    """`x` with elements set to 0 with probability `rate`, and the others divided by 1 - rate.

    noise_shape: a shape that broadcasts to that of `x`: what is dropped together. The gradient
    passes through what was kept. Raises ValueError for a rate outside [0, 1).

    >>> fg.nn.dropout([1.0, 2.0], rate=0.0).numpy()
    array([1., 2.], dtype=float32)
    """
    return _shared_by("dropout", seed).dropout(x, rate, noise_shape)


# ---------------------------------------------------------------------------------------- stateless
def stateless_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
    """As `normal`, with the same numbers for the same seed, two ints, each time.

    >>> a, b = (fg.random.stateless_normal([2], seed=[1, 2]).numpy() for _ in range(2))
    >>> bool((a == b).all())
    True
    """
    return _stateless(seed).normal(shape, mean, stddev, dtype)


def stateless_truncated_normal(shape, seed, mean=0.0, stddev=1.0, dtype=dtypes.float32, name=None):
    """As `truncated_normal`, with the same numbers for the same seed, two ints, each time."""
    return _stateless(seed).truncated_normal(shape, mean, stddev, dtype)


def stateless_uniform(shape, seed, minval=0, maxval=None, dtype=dtypes.float32, name=None):
    """As `uniform`, with the same numbers for the same seed, two ints, each time."""
    return _stateless(seed).uniform(shape, minval, maxval, dtype)


def stateless_categorical(logits, num_samples, seed, dtype=dtypes.int64, name=None):
    """As `categorical`, with the same numbers for the same seed, two ints, each time."""
    return _stateless(seed).categorical(logits, num_samples, dtype)


def stateless_binomial(shape, seed, counts, probs, output_dtype=dtypes.int32, name=None):
    """As `binomial`, with the same numbers for the same seed, two ints, each time."""
    return _stateless(seed).binomial(shape, counts, probs, output_dtype)


def stateless_shuffle(value, seed, name=None):
    """As `shuffle`, with the same numbers for the same seed, two ints, each time."""
    return _stateless(seed).shuffle(value)


def stateless_dropout(x, rate, seed, noise_shape=None, name=None):
    """As `dropout`, with the same numbers for the same seed, two ints, each time."""
    return _stateless(seed).dropout(x, rate, noise_shape)


def stateless_gamma(shape, seed, alpha, beta=None, dtype=dtypes.float32, name=None):
    """Gamma distributed numbers of the shape of the result; otherwise as the other functions here."""
    beta = 1.0 if beta is None else beta
    return _stateless(seed)._gamma("stateless_gamma", shape, alpha, beta, dtype)


def stateless_poisson(shape, seed, lam, dtype=dtypes.int32, name=None):
    """Poisson distributed counts of the shape of the result, with mean `lam`."""
    return _stateless(seed)._poisson("stateless_poisson", shape, lam, dtype)


def split(seed, num=2):
    """`num` new seeds for stateless functions, of shape [num, 2], made of one.

    >>> fg.random.split([1, 2]).shape
    TensorShape([2, 2])
    """
    return _stateless(seed).uniform_full_int([num, 2], dtypes.int64)


def fold_in(seed, data):
    """A new seed for stateless functions, made of a seed and an int."""

    def folded(seed, data):
        sequence = np.random.SeedSequence([*map(int, _key(seed)), _seed(data)])
        return [_shared(sequence.generate_state(2, np.uint64).view(np.int64))]

    return compute(folded, [seed, _checked(data)])[0]


# ------------------------------------------------------------------------------------------ streams
def _shared_by(op, seed):
    return Generator(partial(_stream, op), *([] if seed is None else [_checked(seed)]))


def _stateless(seed):
    return Generator(_keyed, seed)


def _keyed(seed):
    from numpy.random import Philox

    return np.random.Generator(Philox(key=_key(seed)))


def _key(seed):
    """A stateless seed as two uint64."""
    key = _array(seed)
    if key.shape != (2,) or key.dtype.kind not in "iu":
        raise ValueError(f"seed must be two ints, got shape {key.shape} and dtype {key.dtype}")
    return key.astype(np.int64).view(np.uint64) if key.dtype.kind == "i" else key.astype(np.uint64)


def _stream(op, seed=None):
    """The NumPy generator that an operation draws from."""
    key = None if seed is None else (op, _seed(seed))
    found = _streams.get(key)
    if found is None:
        if key is None:
            entropy = _global_seed
        else:
            entropy = [_global_seed or 0, key[1], *op.encode()]
        found = _streams.setdefault(key, _generator(entropy))
    return found


def _generator(entropy):
    from numpy.random import default_rng  # takes milliseconds to import

    return default_rng(entropy)


def _checked(seed):
    """A seed, which is known or is found out in each call of a function that is traced."""
    return seed if seed is None or is_traced(seed) else _seed(seed)


def _seed(seed):
    """A seed as a non-negative int."""
    try:
        return seed.__index__() % 2**64
    except AttributeError:
        raise TypeError(f"seed must be an int, got {seed!r}") from None


# ------------------------------------------------------------------------------------------- numbers
def _standard(distribution):
    """Draws of one of the distributions that NumPy has in two dtypes."""
    return lambda stream, shape, dtype: getattr(stream, distribution)(shape, dtype=dtype)


def _wide(distribution):
    """Draws of a standard distribution that NumPy has in float64 only."""
    return lambda stream, shape, dtype: getattr(stream, distribution)(size=shape)


def _fitted(op, y, shape, dtype):
    """A result in the dtype asked for; ValueError if the parameters made it larger than asked."""
    shape, dtype = as_shape(shape), dtypes.as_dtype(dtype)
    if y.shape != shape:
        raise ValueError(f"{op}: parameters of shape {y.shape} do not broadcast to {shape}")
    return y if y.dtype is dtype else primitives.cast(y, dtype=dtype)


def _parameter(op, value, dtype):
    """A parameter as a Tensor of the dtype of the samples."""
    value, dtype = convert_to_tensor(value), _floating(op, dtype)
    return value if value.dtype is dtype else primitives.cast(value, dtype=dtype)


def _array(value):
    """The numbers of a parameter that no gradient passes through."""
    return value.numpy() if callable(getattr(value, "numpy", None)) else np.asarray(value)


def _operand(value):
    """A parameter as something with a shape, in the dtype that it has."""
    if any(isinstance(leaf, (Tensor, Variable)) for leaf in _nest.flatten(value)):
        return convert_to_tensor(value)
    return np.asarray(value)


def _shared(numbers):
    return share_array(np.ascontiguousarray(numbers).reshape(np.shape(numbers)))


def _noise_shape(noise_shape, shape):
    """What is dropped together; None stands for the size of x."""
    sizes = list(noise_shape)
    if len(sizes) == len(shape):
        sizes = [n if size is None else size for size, n in zip(sizes, shape, strict=True)]
    return as_shape(sizes, "noise_shape")


def _floating(op, dtype):
    dtype = dtypes.as_dtype(dtype)
    if not dtype.is_floating:
        raise TypeError(f"{op}: dtype must be floating, not {dtype.name}")
    return dtype


def _drawn(dtype):
    """The dtype that NumPy draws in."""
    return np.float64 if dtype is dtypes.float64 else np.float32
