"""Activations of neural networks and their losses, element by element.

Each holds its digits in both tails, and its rule says as much as it can through the output.
"""

import math

import numpy as np

from .._rules import composition, elementwise
from .elementwise import absolute, clip, decay, logistic, sigmoid, sign, where
from .shaping import concat, split
from .special import ndtr, normal_density

# ----------------------------------------------------------------------------------------- logistic
softplus = elementwise(
    lambda x: np.maximum(x, 0) + np.log1p(decay(x)), lambda y: -np.expm1(-y),
    doc="log(1 + exp(x)), without a cut-off.",
)  # fmt: skip
log_sigmoid = elementwise(
    lambda x: np.minimum(x, 0) - np.log1p(decay(x)), lambda y: -np.expm1(y),
    doc="log(sigmoid(x)).",
)  # fmt: skip


def _binary_cross_entropy(labels, logits):
    weight = np.where(logits > 0, 1 - labels, -labels)
    linear = np.where(weight == 0, 0, weight * logits)
    return linear + np.log1p(np.exp(-np.absolute(logits)))


def _binary_cross_entropy_slope(labels, logits):
    tail = decay(logits) / (1 + decay(logits))
    return np.where(logits > 0, (1 - labels) - tail, tail - labels)


sigmoid_cross_entropy_with_logits = elementwise(
    _binary_cross_entropy, (lambda logits: -logits, _binary_cross_entropy_slope),
    domain=((0, 1), (-4, 4)),
    doc="-labels * log(sigmoid(logits)) - (1 - labels) * log(1 - sigmoid(logits)).",
)  # fmt: skip

# --------------------------------------------------------------------------------------- rectifiers
relu = elementwise(
    lambda x: np.where(x <= 0, 0, x), lambda ct, y: np.where(y <= 0, 0, ct),
    doc="max(x, 0); derivative 0 at 0; NaN stays NaN.",
)  # fmt: skip
relu6 = elementwise(
    lambda x: np.where(x <= 0, 0, np.minimum(x, 6)),
    lambda ct, x: np.where((x <= 0) | (x >= 6), 0, ct), domain=(-3, 8),
    doc="min(max(x, 0), 6); derivative 0 at 0 and at 6.",
)  # fmt: skip
leaky_relu = elementwise(
    lambda x, alpha: np.where(x > 0, x, alpha * x),
    (lambda x, alpha: np.where(x > 0, 1, np.where(x == 0, np.minimum(np.maximum(alpha, 0), 1), alpha)),
     lambda x: np.where(x > 0, 0, x)),
    domain=((-3, 3), (0.1, 0.4)),
    doc="x where it is positive, else alpha * x; derivative alpha at 0, if that is in [0, 1].",
)  # fmt: skip
elu = elementwise(
    lambda x: np.where(x > 0, x, np.expm1(x)), lambda x: np.where(x >= 0, 1, np.exp(x)),
    doc="x where it is positive, else exp(x) - 1.",
)  # fmt: skip
SELU_SCALE, SELU_ALPHA = 1.0507009873554804934193349852946, 1.6732632423543772848170429916717
selu = elementwise(
    lambda x: np.where(x > 0, SELU_SCALE * x, SELU_SCALE * SELU_ALPHA * np.expm1(x)),
    lambda x: np.where(x >= 0, SELU_SCALE, SELU_SCALE * SELU_ALPHA * np.exp(x)),
    doc="1.0507 * elu with alpha = 1.6733: keeps mean and variance; derivative 1.0507 at 0.",
)  # fmt: skip
softsign = elementwise(
    lambda x: x / (1 + np.absolute(x)),
    lambda x: 1 / ((1 + np.absolute(x)) * (1 + np.absolute(x))), doc="x / (1 + |x|).",
)  # fmt: skip


# ------------------------------------------------------------------------- smooth gates: x times one
def _swish_slope(x):
    """logistic(x) * (1 + x * logistic(-x)) in one division."""
    e = decay(x)
    near, rest = np.where(x > 0, 1, e), np.where(x > 0, e, 1)
    return near * ((1 + e) + x * rest) / ((1 + e) * (1 + e))


swish = elementwise(lambda x: x * logistic(x), _swish_slope, doc="x * sigmoid(x).")
gelu_erf = elementwise(
    lambda x: x * ndtr(x), lambda x: ndtr(x) + x * normal_density(x), wide=True,
    doc="x times the cumulative probability of the standard normal distribution at x.",
)  # fmt: skip


# tanh's form, 0.5 * x * (1 + tanh(u / 2)), would lose its digits in the left tail.
GELU_SCALE = 2 * math.sqrt(2 / math.pi)


def _gelu_gate(x):
    return GELU_SCALE * x * (1 + 0.044715 * x * x)


def _gelu_tanh_slope(x):
    e = decay(_gelu_gate(x))
    slope = GELU_SCALE * (1 + 3 * 0.044715 * x * x)  # is infinite where the tails are 0
    steep = np.where(e == 0, 0, x * e * slope)
    return (np.where(x > 0, 1, e) * (1 + e) + steep) / ((1 + e) * (1 + e))


gelu_tanh = elementwise(
    lambda x: x * logistic(_gelu_gate(x)), _gelu_tanh_slope, wide=True,
    doc="gelu with tanh for the error function: 0.5 * x * (1 + tanh(0.798 * (x + 0.0447 * x**3))).",
)  # fmt: skip


def _mish_gate(x):
    """tanh(softplus(x)) = n / (n + 2) with n = exp(2 * x) + 2 * exp(x): both scaled to stay finite."""
    e = decay(x)
    above = np.where(x > 0, 1, e * e) + 2 * e
    return above, above + 2 * np.where(x > 0, e * e, 1)


def _mish(x):
    above, below = _mish_gate(x)
    return x * (above / below)


def _mish_slope(x):
    """gate + x * (1 - gate**2) * logistic(x), where 1 - gate**2 = 4 * (exp(x) + 1)**2 / (n + 2)**2."""
    above, below = _mish_gate(x)
    e = decay(x)
    steep = 4 * x * np.where(x > 0, e * e, e) * (1 + e)
    return (above * below + steep) / (below * below)


mish = elementwise(lambda x: _mish(x), _mish_slope, doc="x * tanh(softplus(x)).")
tanhshrink = elementwise(
    lambda x: x - np.tanh(x), lambda x: np.tanh(x) * np.tanh(x), doc="x - tanh(x)."
)


# ------------------------------------------------------------------------------------- compositions
def _vectors(rng):
    for shape in ((), (5,), (2, 4)):
        yield (rng.uniform(-2.9, 2.9, shape),), {}


def _even(rng):
    for shape, axis in (((4,), -1), ((2, 6), -1), ((2, 3), 0)):
        yield (rng.normal(size=shape),), {"axis": axis}


def _with(**metadata):
    def samples(rng):
        yield from _vectors(rng)
        yield (rng.uniform(0.6, 2, 7) * np.where(np.arange(7) % 2, 1, -1),), metadata

    return samples


@composition(
    doc="x times the normal probability below x; with tanh for erf if approximate.",
    samples=_with(approximate=True),
)
def gelu(features, approximate=False, name=None):
    return gelu_tanh(features) if approximate else gelu_erf(features)


@composition(doc="x * sigmoid(beta * x); also called swish.", samples=_with(beta=1.5))
def silu(features, beta=1.0, name=None):
    if isinstance(beta, (int, float)) and beta == 1:
        return swish(features)
    return features * sigmoid(beta * features)


@composition(doc="relu6(x + 3) / 6: sigmoid in straight lines.", samples=_vectors)
def hard_sigmoid(x):
    return relu6(x + 3.0) / 6.0


@composition(doc="x * relu6(x + 3) / 6: swish in straight lines.", samples=_vectors)
def hard_swish(x):
    return x * hard_sigmoid.function(x)


@composition(doc="x moved into [-1, 1]; derivative 0 at -1 and 1.", samples=_vectors)
def hard_tanh(x):
    return where(absolute(x) >= 1, sign(x), x)


@composition(
    doc="x where it is positive, else alpha * (exp(x / alpha) - 1).", samples=_with(alpha=0.7)
)
def celu(x, alpha=1.0):
    return where(x > 0, x, alpha * elu(x / alpha))


@composition(
    doc="x moved towards 0 by threshold, and 0 nearer to it.", samples=_with(threshold=0.3)
)
def softshrink(x, threshold=0.5):
    return x - clip(x, -threshold, threshold)


@composition(doc="x where |x| > threshold, else 0.", samples=_with(threshold=0.3))
def hardshrink(x, threshold=0.5):
    return where(absolute(x) <= threshold, 0.0, x)


@composition(doc="x where it is above threshold, else value.", samples=_with(value=0.25))
def threshold(x, threshold=0.0, value=0.0):
    return where(x <= threshold, value, x)


@composition(doc="The first half of an axis times the sigmoid of the second.", samples=_even)
def glu(x, axis=-1):
    value, gate = split(x, num_or_size_splits=2, axis=axis)
    return value * sigmoid(gate)


@composition(doc="relu(x) and relu(-x), one after the other along an axis.", samples=_even)
def crelu(features, axis=-1, name=None):
    return concat([relu(features), relu(-features)], axis=axis)
