"""Parts of networks: biases, normalisation, embeddings, attention and recurrent cells.

The activations are in `activations` and `reductions`, convolutions and losses in themes of their own.
"""

import math

import numpy as np

from .._rules import composition, primitive
from ._metadata import axes_of
from ._operands import tensor
from .elementwise import maximum, rsqrt, sigmoid, square, tanh, where
from .indexing import gather
from .linalg import matmul
from .reductions import mean, softmax, sum_, var
from .shaping import broadcast_to, reshape, split, squeeze, sum_to, transpose
from .windows import patches


# --------------------------------------------------------------------------------------------- bias
def _bias_metadata(avals, metadata):
    (value, bias), layout = (tuple(aval.shape) for aval in avals), metadata["data_format"]
    if layout is not None and layout not in ("NHWC", "NCHW", "NWC", "NCW", "NDHWC", "NCDHW"):
        raise ValueError(f"bias_add: data_format must be 'NHWC', 'NCHW' or so, not {layout!r}")
    first = layout is not None and layout.startswith("NC") and len(value) > 1
    axis = 1 if first else len(value) - 1
    if len(bias) != 1 or value[axis : axis + 1] != bias:
        what = "axis 1" if first else "the last axis"
        raise ValueError(f"bias_add: bias of shape {bias} does not fit {what} of {value}")
    return {"data_format": "NCHW" if first else None}


def _repeats(count, n):
    """How many times a bias of n is laid side by side: loops over a few elements are slow."""
    return math.gcd(count // n, max(1, 512 // n)) if count and n else 1


def _total_bias(ct, bias_aval, data_format):
    if data_format is not None:
        return sum_(ct, axis=(0, *range(2, ct.ndim)))
    (n,) = bias_aval.shape
    times = _repeats(math.prod(ct.shape), n)
    if times > 1:
        wide = reshape(ct, shape=(-1, times * n))
        ct = reshape(sum_to(wide, shape=(times * n,)), shape=(times, n))
    return sum_to(ct, shape=(n,))


def _biased(rng):
    for shape in ((3,), (2, 3), (4, 2, 1), (0, 2), (8, 4, 65)):
        yield (rng.normal(size=shape), rng.normal(size=shape[-1:])), {}
    for shape in ((2, 3), (2, 3, 4, 5), (1, 2, 0)):
        yield (rng.normal(size=shape), rng.normal(size=shape[1])), {"data_format": "NCHW"}


@primitive(
    vjp=(lambda ct: ct, _total_bias), linear=True, canonical=_bias_metadata, samples=_biased,
    promotes=True, doc='value + bias, one for each place of the last axis, or of axis 1 if "NCHW".',
)  # fmt: skip
def bias_add(value, bias, *, data_format=None):
    if data_format is not None:
        return value + bias.reshape(-1, *(1,) * (value.ndim - 2))
    times = _repeats(value.size, bias.size)
    wide = np.ascontiguousarray(value).reshape(-1, times * bias.size) if times > 1 else value
    return (wide + np.tile(bias, times)).reshape(value.shape)


# ------------------------------------------------------------------------------------ normalisation
def _spread(rng):
    for shape, axes in (((7,), 0), ((3, 4), [0]), ((2, 3, 4), (0, -1))):
        yield (rng.normal(size=shape),), {"axes": axes, "keepdims": len(shape) == 2}


@composition(doc="Mean and variance over axes.", samples=_spread)
def moments(x, axes, shift=None, keepdims=False, name=None):
    x = tensor(x)
    return mean(x, axis=axes, keepdims=keepdims), var(x, axis=axes, keepdims=keepdims)


def _weighted(rng):
    for (x,), metadata in _spread(rng):
        axes = np.array(metadata["axes"])
        yield (x, axes, rng.uniform(0.5, 2, size=x.shape)), {"keepdims": metadata["keepdims"]}
    yield (rng.normal(size=(3, 4)), np.array([0, 1]), rng.uniform(0.5, 2, size=4)), {}


@composition(
    doc="Mean and variance over axes, of elements that count as often as their weights say.",
    samples=_weighted,
)  # fmt: skip
def weighted_moments(x, axes, frequency_weights, keepdims=False, name=None):
    x = tensor(x)
    axes = axes_of("weighted_moments", axes, x.ndim)
    weights = broadcast_to(frequency_weights, shape=x.shape)
    total = sum_(weights, axis=axes, keepdims=True)
    centre = sum_(weights * x, axis=axes, keepdims=True) / total
    spread = sum_(weights * square(x - centre), axis=axes, keepdims=True) / total
    if keepdims:
        return centre, spread
    return squeeze(centre, axis=axes), squeeze(spread, axis=axes)


def _batches(rng):
    for shape in ((4, 3), (2, 3, 4, 2)):
        of = shape[-1:]
        yield (
            (rng.normal(size=shape), rng.normal(size=of), rng.uniform(0.5, 2, size=of),
             rng.normal(size=of), rng.normal(size=of), np.array(1e-3)),
            {},
        )  # fmt: skip


@composition(
    doc="(x - mean) / sqrt(variance + variance_epsilon) * scale + offset; None leaves one out.",
    samples=_batches,
)  # fmt: skip
def batch_normalization(x, mean, variance, offset, scale, variance_epsilon, name=None):
    factor = rsqrt(tensor(variance) + variance_epsilon)
    y = (tensor(x) - mean) * (factor if scale is None else factor * scale)
    return y if offset is None else y + offset


def _features(rng):
    yield (rng.normal(size=(3, 4)),), {}
    yield (rng.normal(size=(2, 3, 4)), rng.normal(size=4), rng.normal(size=4)), {"epsilon": 1e-5}
    yield (rng.normal(size=(3, 4)), rng.normal(size=3)), {"axis": 0}
    yield (rng.normal(size=(2, 3, 4)), rng.normal(size=(3, 4))), {"axis": (1, 2)}


def _along(parameter, x, axis):
    """A parameter with the shape of x along axes, placed to broadcast."""
    axes = axes_of("normalization", axis, x.ndim)
    return reshape(parameter, shape=[n if i in axes else 1 for i, n in enumerate(x.shape)])


@composition(
    doc="x over axes with mean 0 and variance 1, times gamma, plus beta.", samples=_features,
)  # fmt: skip
def layer_normalization(x, gamma=None, beta=None, axis=-1, epsilon=1e-3, name=None):
    x = tensor(x)
    centred = x - mean(x, axis=axis, keepdims=True)
    y = centred * rsqrt(var(x, axis=axis, keepdims=True) + epsilon)
    y = y if gamma is None else y * _along(gamma, x, axis)
    return y if beta is None else y + _along(beta, x, axis)


@composition(
    doc="x over the root of its mean square over axes, times scale.",
    samples=lambda rng: [(arrays[:2], more) for arrays, more in _features(rng)],
)  # fmt: skip
def rms_normalization(x, scale=None, axis=-1, epsilon=1e-6, name=None):
    x = tensor(x)
    y = x * rsqrt(mean(square(x), axis=axis, keepdims=True) + epsilon)
    return y if scale is None else y * _along(scale, x, axis)


@composition(
    doc="x / (bias + alpha * sum of squares of channels within depth_radius)**beta.",
    samples=lambda rng: [
        ((rng.normal(size=(1, 2, 2, 5)),), {"depth_radius": 2, "alpha": 0.5}),
        ((rng.normal(size=(2, 1, 2, 3)),), {"beta": 0.75, "bias": 2.0})],
)  # fmt: skip
def local_response_normalization(input, depth_radius=5, bias=1.0, alpha=1.0, beta=0.5, name=None):
    x = tensor(input)
    rows = reshape(square(x), shape=(-1, x.shape[-1], 1))
    near = sum_(patches(rows, sizes=(2 * depth_radius + 1,), padding=depth_radius), axis=-2)
    return x * (bias + alpha * reshape(near, shape=x.shape)) ** -beta


# ---------------------------------------------------------------------------- embedding, attention
def _looked_up(rng):
    for shape in ((), (5,), (2, 3)):
        yield (rng.normal(size=(4, 3)), rng.integers(0, 4, size=shape)), {}
    yield (rng.normal(size=(4, 3)), rng.integers(0, 4, size=6)), {"max_norm": 1.0}


@composition(
    doc="The rows of params at ids, each scaled down to norm max_norm if that is given.",
    samples=_looked_up,
)  # fmt: skip
def embedding_lookup(params, ids, max_norm=None, name=None):
    rows = gather(params, ids, axis=0)
    if max_norm is None:
        return rows
    axes = tuple(range(tensor(ids).ndim, rows.ndim))
    squares = sum_(square(rows), axis=axes, keepdims=True)
    return rows * (max_norm * rsqrt(maximum(squares, max_norm * max_norm)))


def _queries(rng):
    def of(*shapes):
        return tuple(rng.normal(size=shape) for shape in shapes)

    yield of((2, 3, 2, 4), (2, 5, 2, 4), (2, 5, 2, 3)), {}
    yield of((1, 4, 1, 2), (1, 4, 1, 2), (1, 4, 1, 2)), {"is_causal": True}
    mask = rng.random((3, 5)) < 0.6
    yield of((2, 3, 2, 4), (2, 5, 2, 4), (2, 5, 2, 4), (1, 2, 3, 5)), {"mask": mask, "scale": 0.3}


@composition(
    doc="softmax(query key^T * scale + bias) value, for arrays [batch, length, heads, size].",
    samples=_queries,
)  # fmt: skip
def dot_product_attention(
    query, key, value, bias=None, mask=None, scale=None, is_causal=False, name=None
):
    """Scaled dot-product attention.

    query: [batch, T, heads, size], key: [batch, S, heads, size], value: [batch, S, heads, any].
    bias is added to the scores [batch, heads, T, S], and mask, where False, takes a place out, as
    is_causal does with what comes later. scale is 1 / sqrt(size) unless given.
    A query with no place left gives zeros.
    """
    query, key, value = (tensor(x) for x in (query, key, value))
    shapes = [tuple(x.shape) for x in (query, key, value)]
    if any(len(shape) != 4 for shape in shapes) or not (
        shapes[0][::2] == shapes[1][::2] == shapes[2][::2][:1] + shapes[0][2:3]
        and shapes[0][3] == shapes[1][3]
        and shapes[1][:3] == shapes[2][:3]
    ):
        raise ValueError(
            f"dot_product_attention: query {shapes[0]}, key {shapes[1]} and value {shapes[2]} must "
            "be [batch, length, heads, size], of one batch, heads, and size of query and key"
        )
    scale = 1 / math.sqrt(shapes[0][3]) if scale is None else scale
    query, key, value = (transpose(x, axes=(0, 2, 1, 3)) for x in (query, key, value))
    scores = matmul(query * scale, key, transpose_b=True)
    scores = scores if bias is None else scores + bias
    if is_causal:
        rows, columns = scores.shape[-2:]
        causal = np.tri(rows, columns, dtype=bool)
        mask = causal if mask is None else tensor(mask) & causal
    scores = scores if mask is None else where(mask, scores, -math.inf)
    return transpose(matmul(softmax(scores, axis=-1), value), axes=(0, 2, 1, 3))


def _heads(x, kernel, bias, op):
    """x [batch, length, dim] times a kernel [dim, heads, size]: [batch, length, heads, size]."""
    dim, heads, size = kernel.shape
    if x.ndim != 3 or x.shape[-1] != dim:
        raise ValueError(
            f"{op}: an input of shape {tuple(x.shape)} does not fit kernel {tuple(kernel.shape)}"
        )
    flat = matmul(reshape(x, shape=(-1, dim)), reshape(kernel, shape=(dim, heads * size)))
    y = reshape(flat, shape=(*x.shape[:2], heads, size))
    return y if bias is None else y + bias


def _projected(rng):
    def of(*shapes):
        return tuple(rng.normal(size=shape) for shape in shapes)

    kernels = ((4, 2, 3), (4, 2, 3), (4, 2, 2), (2, 2, 4))
    yield of((2, 3, 4), (2, 5, 4), (2, 5, 4), *kernels), {}
    yield of((1, 3, 4), (1, 3, 4), (1, 3, 4), *kernels), {"is_causal": True}


@composition(
    doc="Attention of several heads, with kernels [dim, heads, size] and [heads, size, dim].",
    samples=_projected,
)  # fmt: skip
def multi_head_attention(
    query, key, value, query_kernel, key_kernel, value_kernel, output_kernel, query_bias=None,
    key_bias=None, value_bias=None, output_bias=None, mask=None, is_causal=False, name=None,
):  # fmt: skip
    """Each of query, key, value [batch, length, dim] projected to heads, attention, and back.

    The kernels and biases are laid out as those of Keras's MultiHeadAttention.
    """
    op = "multi_head_attention"
    arrays = (query, key, value, query_kernel, key_kernel, value_kernel, output_kernel)
    query, key, value, query_kernel, key_kernel, value_kernel, output_kernel = (
        tensor(x) for x in arrays
    )
    mixed = dot_product_attention(
        _heads(query, query_kernel, query_bias, op),
        _heads(key, key_kernel, key_bias, op),
        _heads(value, value_kernel, value_bias, op),
        mask=mask,
        is_causal=is_causal,
    )
    heads, size, dim = output_kernel.shape
    if tuple(mixed.shape[2:]) != (heads, size):
        raise ValueError(
            f"{op}: heads of shape {tuple(mixed.shape[2:])} do not fit output_kernel "
            f"{tuple(output_kernel.shape)}"
        )
    flat = reshape(mixed, shape=(-1, heads * size))
    y = reshape(
        matmul(flat, reshape(output_kernel, shape=(heads * size, dim))),
        shape=(*mixed.shape[:2], dim),
    )
    return y if output_bias is None else y + output_bias


# ---------------------------------------------------------------------------------------- recurrent
def _cells(gates, states):
    def samples(rng):
        for batch, inner, units in ((2, 3, 2), (1, 1, 4)):
            state = [rng.normal(size=(batch, units)) for _ in range(states)]
            kernels = (
                rng.normal(size=(inner, gates * units)),
                rng.normal(size=(units, gates * units)),
                rng.normal(size=gates * units),
            )
            yield (rng.normal(size=(batch, inner)), *state, *kernels), {}

    return samples


def _gates(x, kernel, bias):
    y = matmul(x, kernel)
    return y if bias is None else y + bias


@composition(
    doc="The next state tanh(x kernel + h recurrent_kernel + bias) of a simple recurrent cell.",
    samples=_cells(1, 1),
)  # fmt: skip
def simple_rnn_cell(x, h, kernel, recurrent_kernel, bias=None, name=None):
    return tanh(_gates(x, kernel, bias) + matmul(h, recurrent_kernel))


@composition(
    doc="The next states (h, c) of an LSTM cell; gates lie side by side as i, f, c, o.",
    samples=_cells(4, 2),
)  # fmt: skip
def lstm_cell(x, h, c, kernel, recurrent_kernel, bias=None, name=None):
    gates = _gates(x, kernel, bias) + matmul(h, recurrent_kernel)
    i, f, candidate, o = split(gates, num_or_size_splits=4, axis=-1)
    c = sigmoid(f) * c + sigmoid(i) * tanh(candidate)
    return sigmoid(o) * tanh(c), c


@composition(
    doc="The next state of a GRU cell; gates lie as z, r, h, and r is applied after the product.",
    samples=_cells(3, 1),
)  # fmt: skip
def gru_cell(x, h, kernel, recurrent_kernel, bias=None, recurrent_bias=None, name=None):
    from_x = split(_gates(x, kernel, bias), num_or_size_splits=3, axis=-1)
    from_h = split(_gates(h, recurrent_kernel, recurrent_bias), num_or_size_splits=3, axis=-1)
    z, r = (sigmoid(a + b) for a, b in zip(from_x[:2], from_h[:2], strict=True))
    candidate = tanh(from_x[2] + r * from_h[2])
    return z * h + (1 - z) * candidate
