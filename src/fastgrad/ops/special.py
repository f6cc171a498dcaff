"""Activations and guarded functions: elementwise rows that are more than one ufunc.

Each holds its digits in both tails, and its rule says as much as it can through the output.
"""

import numpy as np

from .._rules import elementwise

# ----------------------------------------------------------------------------------------- logistic
# y * (1 - y) loses digits where the sigmoid saturates at 1 (100 ulp at x = 5); exact ones would
# cost an exp. Losses made of `softplus` and the cross-entropies keep them.
sigmoid = elementwise(
    lambda x: np.where(x < 0, np.exp(-np.absolute(x)), 1) / (1 + np.exp(-np.absolute(x))),
    lambda y: y * (1 - y), doc="1 / (1 + exp(-x)).",
)  # fmt: skip
softplus = elementwise(
    lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.absolute(x))), lambda y: -np.expm1(-y),
    doc="log(1 + exp(x)), without a cut-off.",
)  # fmt: skip
log_sigmoid = elementwise(
    lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.absolute(x))), lambda y: -np.expm1(y),
    doc="log(sigmoid(x)).",
)  # fmt: skip


def _decay(x):
    """exp(-|x|), smooth at 0 to each branch of a formula that tests x > 0."""
    return np.exp(np.where(x > 0, -x, x))


def _binary_cross_entropy(labels, logits):
    weight = np.where(logits > 0, 1 - labels, -labels)
    linear = np.where(weight == 0, 0, weight * logits)
    return linear + np.log1p(np.exp(-np.absolute(logits)))


def _binary_cross_entropy_slope(labels, logits):
    tail = _decay(logits) / (1 + _decay(logits))
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
    (lambda x, alpha: np.where(x > 0, 1, alpha), lambda x: np.where(x > 0, 0, x)),
    domain=((-3, 3), (0.1, 0.4)),
    doc="x where it is positive, else alpha * x (0 <= alpha <= 1); derivative alpha at 0.",
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

# ------------------------------------------------------------------------------------------ guarded
divide_no_nan = elementwise(
    lambda a, b: np.where(b == 0, 0, a / b),
    (lambda b: np.where(b == 0, 0, 1 / b), lambda b, y: np.where(b == 0, 0, -y / b)),
    domain=((-3, 3), (0.5, 3)), doc="a / b; 0 where b is 0, with gradient 0.",
)  # fmt: skip
xlogy = elementwise(
    lambda a, b: np.where((a == 0) & np.logical_not(np.isnan(b)), 0, a * np.log(b)),
    (lambda b: np.log(b),
     lambda a, b: np.where((a == 0) & (b == 0), 0, np.where(b < 0, np.nan, a) / b)),
    domain=((-3, 3), (0.1, 4)), doc="a * log(b); 0 where a is 0, with derivative log(b) in a.",
)  # fmt: skip
