"""Losses: cross-entropies with logits, and what Keras calls losses, with its arguments.

A loss of Keras takes `y_true` and `y_pred` and gives one number for each sample: the last axis is
averaged or summed. Targets that are integers or bool are taken as numbers of the dtype of `y_pred`.
"""

import math

import numpy as np

from .._rules import composition, elementwise, primitive
from ._metadata import axis_of, check_integers, dtype_of
from ._operands import tensor
from .activations import relu, sigmoid_cross_entropy_with_logits, softplus
from .elementwise import (
    absolute,
    clip,
    divide,
    exp,
    log,
    log1p,
    maximum,
    rsqrt,
    scale,
    square,
    squared_difference,
    stop_gradient,
    where,
)
from .indexing import one_hot
from .reductions import all_, log_softmax, max_, mean, softmax, sum_
from .shaping import cast, expand_dims, squeeze
from .special import xlogy

EPSILON = 1e-7  # Keras's: what probabilities and divisors are kept above


# --------------------------------------------------------------------------------- cross-entropies
def _entropy_metadata(avals, metadata):
    op = "softmax_cross_entropy_with_logits"
    labels, logits = (tuple(aval.shape) for aval in avals)
    if labels != logits or not logits:
        raise ValueError(f"{op}: labels have shape {labels}, logits {logits}")
    return {"axis": axis_of(op, metadata["axis"], len(logits))}


def _weighted(rng):
    for shape in ((4,), (2, 3), (2, 3, 4), (0, 3)):
        labels = rng.random(shape)
        yield (labels, rng.normal(size=shape)), {}
        yield (labels / labels.sum(-1, keepdims=True), 3 * rng.normal(size=shape)), {"axis": 0}


def _cross_entropy_labels(ct, logits, axis):
    return -log_softmax(logits, axis=axis) * expand_dims(ct, axis=axis)


def _cross_entropy_slope(labels, logits, axis):
    return softmax(logits, axis=axis) * sum_(labels, axis=axis, keepdims=True) - labels


def _cross_entropy_jvp(tangents, primals, y, axis):
    (labels_dot, logits_dot), (labels, logits) = tangents, primals
    moved = None
    if labels_dot is not None:
        moved = sum_(scale(labels_dot, -log_softmax(logits, axis=axis)), axis=axis)
    if logits_dot is not None:
        slope = _cross_entropy_slope(labels, logits, axis)
        other = sum_(scale(logits_dot, slope), axis=axis)
        moved = other if moved is None else moved + other
    return moved


@primitive(
    vjp=(_cross_entropy_labels, lambda ct, labels, logits, axis: scale(
        expand_dims(ct, axis=axis), _cross_entropy_slope(labels, logits, axis))),
    jvp=_cross_entropy_jvp, canonical=_entropy_metadata, samples=_weighted, promotes=True,
    doc="-sum(labels * log_softmax(logits)) over an axis; a label 0 adds exactly 0.",
)  # fmt: skip
def softmax_cross_entropy_with_logits(labels, logits, *, axis=-1):
    log_p = log_softmax.forward(logits, axis=(axis,))
    terms = np.multiply(labels, log_p, where=labels != 0, out=np.zeros(log_p.shape, log_p.dtype))
    return -np.add.reduce(terms, axis=axis)


def _sparse_metadata(avals, metadata):
    op = "sparse_softmax_cross_entropy_with_logits"
    labels, logits = avals
    check_integers(op, "labels", labels)
    if not logits.ndim or tuple(labels.shape) != tuple(logits.shape)[:-1]:
        raise ValueError(
            f"{op}: labels of shape {tuple(labels.shape)} do not fit logits {tuple(logits.shape)}: "
            "they must have all axes but the last"
        )
    return metadata


def _classes(rng):
    yield (rng.integers(0, 4, size=()), rng.normal(size=4)), {}
    yield (rng.integers(0, 3, size=5), 3 * rng.normal(size=(5, 3))), {}
    yield (rng.integers(0, 4, size=(2, 3)), rng.normal(size=(2, 3, 4))), {}
    yield (np.zeros(0, np.int64), np.zeros((0, 3))), {}


def _sparse_slope(labels, logits):
    hot = one_hot(labels, depth=logits.shape[-1], dtype=logits.dtype)
    return softmax(logits, axis=-1) - hot


@primitive(
    vjp=(None, lambda ct, labels, logits: scale(
        expand_dims(ct, axis=-1), _sparse_slope(labels, logits))),
    jvp=lambda tangents, primals, y: sum_(scale(tangents[1], _sparse_slope(*primals)), axis=-1),
    canonical=_sparse_metadata, samples=_classes, kernel="cross_entropy", canonical_first=True,
    doc="-log_softmax(logits)[label], for integer labels in [0, number of classes).",
)  # fmt: skip
def sparse_softmax_cross_entropy_with_logits(labels, logits):
    classes = logits.shape[-1]
    if labels.size and not 0 <= labels.min() <= labels.max() < classes:
        raise IndexError(
            f"sparse_softmax_cross_entropy_with_logits: labels must be in [0, {classes}), got "
            f"{labels.min()} to {labels.max()}"
        )
    log_p = log_softmax.forward(logits, axis=(logits.ndim - 1,))
    return -np.take_along_axis(log_p, np.expand_dims(labels, -1), -1)[..., 0]


# ------------------------------------------------------------------------------- of tensors and counts
def _any_shape(rng):
    for shape in ((), (5,), (2, 3), (0,)):
        yield (rng.normal(size=shape),), {}


@composition(doc="Half the sum of squares of all elements.", samples=_any_shape)
def l2_loss(t, name=None):
    return sum_(square(t)) / 2


def _rates(rng):
    for shape in ((), (5,), (2, 3)):
        pair = (rng.uniform(0.5, 4, size=shape), rng.normal(size=shape))
        yield pair, {}
        yield pair, {"compute_full_loss": True}


@composition(
    doc="exp(log_input) - targets * log_input, and Stirling's term in full.", samples=_rates,
)  # fmt: skip
def log_poisson_loss(targets, log_input, compute_full_loss=False, name=None):
    targets = tensor(targets)
    loss = exp(log_input) - targets * log_input
    if not compute_full_loss:
        return loss
    # Stirling's approximation of log(targets!), which is 0 for targets of 0 and 1.
    more = targets >= 1
    large = where(more, targets, 1.0)
    stirling = large * log(large) - large + 0.5 * log(2 * math.pi * large)
    return loss + where(more & (targets != 1), stirling, 0.0)


def _labels_and_logits(rng):
    for shape in ((5,), (2, 3)):
        weight = np.array(rng.uniform(0.5, 3))
        yield (rng.random(shape), 2 * rng.normal(size=shape), weight), {}


@composition(
    doc="sigmoid_cross_entropy_with_logits with positive labels weighted by pos_weight.",
    samples=_labels_and_logits,
)  # fmt: skip
def weighted_cross_entropy_with_logits(labels, logits, pos_weight, name=None):
    labels, logits = tensor(labels), tensor(logits)
    return (1 - labels) * logits + (1 + (pos_weight - 1) * labels) * softplus(-logits)


# ------------------------------------------------------------------------------------------- of Keras
def _matched(y_true, y_pred):
    """Both of one rank and of a floating dtype."""
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    if dtype_of(y_pred.dtype).kind not in "fc":
        y_pred = cast(y_pred, dtype=np.float32)
    if dtype_of(y_true.dtype).kind not in "fc":
        y_true = cast(y_true, dtype=y_pred.dtype)
    if y_true.ndim == y_pred.ndim + 1 and y_true.shape[-1] == 1:
        y_true = squeeze(y_true, axis=-1)
    elif y_pred.ndim == y_true.ndim + 1 and y_pred.shape[-1] == 1:
        y_pred = squeeze(y_pred, axis=-1)
    return y_true, y_pred


def _mean_last(x):
    return mean(x, axis=-1) if x.ndim else x


def _predictions(rng):
    for shape in ((), (5,), (3, 4)):
        yield (rng.normal(size=shape), rng.normal(size=shape)), {}


def _vectors(rng):
    for shape in ((5,), (3, 4)):
        yield (rng.normal(size=shape), rng.normal(size=shape)), {}


def _positive(rng):
    for shape in ((5,), (3, 4)):
        yield (rng.uniform(0.1, 0.9, size=shape), rng.uniform(0.1, 0.9, size=shape)), {}


@composition(doc="Mean of squared differences over the last axis.", samples=_predictions)
def mean_squared_error(y_true, y_pred):
    return _mean_last(squared_difference(*_matched(y_true, y_pred)))


@composition(doc="Mean of absolute differences over the last axis.", samples=_predictions)
def mean_absolute_error(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    return _mean_last(absolute(y_true - y_pred))


@composition(
    doc="100 times the mean of |y_true - y_pred| / |y_true| over the last axis.",
    samples=_predictions,
)  # fmt: skip
def mean_absolute_percentage_error(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    return 100 * _mean_last(absolute(divide(y_true - y_pred, maximum(absolute(y_true), EPSILON))))


@composition(
    doc="Mean squared difference of log(1 + y) over the last axis, negative y taken as 0.",
    samples=_predictions,
)  # fmt: skip
def mean_squared_logarithmic_error(y_true, y_pred):
    y_true, y_pred = (log1p(maximum(y, EPSILON)) for y in _matched(y_true, y_pred))
    return _mean_last(squared_difference(y_true, y_pred))


def _errors(rng):
    for (y_true, y_pred), _ in _predictions(rng):
        yield (y_true, y_pred), {}
        yield (y_true, y_pred), {"delta": 0.3}


@composition(
    doc="Mean over the last axis of error**2 / 2 within delta, and its tangent beyond.",
    samples=_errors,
)  # fmt: skip
def huber(y_true, y_pred, delta=1.0):
    y_true, y_pred = _matched(y_true, y_pred)
    error = y_pred - y_true
    near = clip(error, -delta, delta)
    return _mean_last(near * (error - 0.5 * near))


log_of_cosh = elementwise(
    lambda x: np.where(
        np.absolute(x) < 1, np.log1p(2 * np.sinh(x / 2) * np.sinh(x / 2)),
        np.absolute(x) + np.log1p(np.exp(-2 * np.absolute(x))) - math.log(2)),
    lambda x: np.tanh(x), doc="log(cosh(x)), accurate near 0 and without overflow.",
)  # fmt: skip


@composition(doc="Mean of log(cosh(y_pred - y_true)) over the last axis.", samples=_predictions)
def log_cosh(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    return _mean_last(log_of_cosh(y_pred - y_true))


def _signs(y_true):
    """Labels of 0 and 1 as -1 and 1; others as they are."""
    return where(all_((y_true == 0) | (y_true == 1)), 2 * y_true - 1, y_true)


@composition(
    doc="Mean of max(1 - y_true * y_pred, 0) over the last axis; labels -1 and 1, or 0 and 1.",
    samples=_vectors,
)  # fmt: skip
def hinge(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    return _mean_last(relu(1 - _signs(y_true) * y_pred))


@composition(
    doc="Mean of max(1 - y_true * y_pred, 0)**2 over the last axis.", samples=_vectors,
)  # fmt: skip
def squared_hinge(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    return _mean_last(square(relu(1 - _signs(y_true) * y_pred)))


@composition(
    doc="max(1 + largest y_pred of a wrong class - y_pred of the right one, 0); y_true one-hot.",
    samples=_vectors,
)  # fmt: skip
def categorical_hinge(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    right = sum_(y_true * y_pred, axis=-1)
    return relu(max_((1 - y_true) * y_pred, axis=-1) - right + 1)


@composition(
    doc="sum(y_true * log(y_true / y_pred)) over the last axis, both kept within [1e-7, 1].",
    samples=_positive,
)  # fmt: skip
def kl_divergence(y_true, y_pred):
    y_true, y_pred = (clip(y, EPSILON, 1.0) for y in _matched(y_true, y_pred))
    return sum_(y_true * log(y_true / y_pred), axis=-1)


@composition(doc="Mean of y_pred - y_true * log(y_pred) over the last axis.", samples=_positive)
def poisson(y_true, y_pred):
    y_true, y_pred = _matched(y_true, y_pred)
    return _mean_last(y_pred - y_true * log(y_pred + EPSILON))


@composition(
    doc="Minus the cosine of the angle between y_true and y_pred along an axis.",
    samples=lambda rng: [
        (arrays, {"axis": axis}) for axis in (0, -1) for arrays, _ in _vectors(rng)],
)  # fmt: skip
def cosine_similarity(y_true, y_pred, axis=-1):
    y_true, y_pred = (_unit(y, axis) for y in _matched(y_true, y_pred))
    return -sum_(y_true * y_pred, axis=axis)


def _unit(x, axis):
    """x over its norm along an axis, or over 1e-7 if that is more. Scaled: squares can overflow."""
    largest = max_(absolute(x), axis=axis, keepdims=True)
    x = x / maximum(stop_gradient(largest), EPSILON)
    return x * rsqrt(maximum(sum_(square(x), axis=axis, keepdims=True), EPSILON * EPSILON))


def _smoothed(y_true, smoothing, classes):
    return y_true * (1 - smoothing) + smoothing / classes if smoothing else y_true


@composition(
    doc="Mean over an axis of the cross-entropy of each y_pred, a probability or a logit.",
    samples=lambda rng: [
        (arrays, more) for more in ({}, {"from_logits": True}, {"label_smoothing": 0.2, "axis": 0})
        for arrays, _ in _positive(rng)],
)  # fmt: skip
def binary_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    y_true, y_pred = _matched(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, 2)
    if from_logits:
        return mean(sigmoid_cross_entropy_with_logits(y_true, y_pred), axis=axis)
    p = clip(y_pred, EPSILON, 1 - EPSILON)
    return -mean(xlogy(y_true, p) + xlogy(1 - y_true, 1 - p), axis=axis)


@composition(
    doc="Cross-entropy of y_pred, probabilities or logits along an axis, with y_true.",
    samples=lambda rng: [
        (arrays, more) for more in ({}, {"from_logits": True, "axis": 0}, {"label_smoothing": 0.1})
        for arrays, _ in _positive(rng)],
)  # fmt: skip
def categorical_crossentropy(y_true, y_pred, from_logits=False, label_smoothing=0.0, axis=-1):
    y_true, y_pred = _matched(y_true, y_pred)
    y_true = _smoothed(y_true, label_smoothing, y_pred.shape[axis])
    if from_logits:
        return softmax_cross_entropy_with_logits(y_true, y_pred, axis=axis)
    p = clip(y_pred / sum_(y_pred, axis=axis, keepdims=True), EPSILON, 1 - EPSILON)
    return -sum_(xlogy(y_true, p), axis=axis)


def _classes_and_scores(rng):
    for from_logits, ignored in ((False, None), (True, None), (True, 1), (False, 0)):
        yield (
            (rng.integers(0, 3, size=5), rng.uniform(0.1, 0.9, size=(5, 3))),
            {"from_logits": from_logits, "ignore_class": ignored},
        )
    yield (rng.integers(0, 3, size=(2, 3, 1)), rng.normal(size=(2, 3, 4))), {"from_logits": True}


@composition(
    doc="Cross-entropy of y_pred with integer labels y_true; ignore_class adds nothing.",
    samples=_classes_and_scores,
)  # fmt: skip
def sparse_categorical_crossentropy(y_true, y_pred, from_logits=False, ignore_class=None, axis=-1):
    y_true, y_pred = tensor(y_true), tensor(y_pred)
    if axis not in (-1, y_pred.ndim - 1):
        raise ValueError(
            f"sparse_categorical_crossentropy: axis must be the last one, not {axis}: transpose"
        )
    if y_true.ndim == y_pred.ndim and y_true.shape[-1] == 1:
        y_true = squeeze(y_true, axis=-1)
    labels = y_true if dtype_of(y_true.dtype).kind in "iu" else cast(y_true, dtype=np.int64)
    if not from_logits:
        y_pred = log(clip(y_pred, EPSILON, 1 - EPSILON))
    if ignore_class is None:
        return sparse_softmax_cross_entropy_with_logits(labels, y_pred)
    kept = labels != ignore_class
    loss = sparse_softmax_cross_entropy_with_logits(where(kept, labels, 0), y_pred)
    return where(kept, loss, 0.0)
