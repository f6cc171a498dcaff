"""Rows for small networks: biases and losses. The activations are in `special` and `reductions`."""

import numpy as np

from .._rules import composition, primitive
from ._metadata import check_integers
from .elementwise import scale, squared_difference
from .indexing import one_hot
from .reductions import log_softmax, mean, softmax, sum_
from .shaping import expand_dims, sum_to


# --------------------------------------------------------------------------------------------- bias
def _bias_metadata(avals, metadata):
    value, bias = (tuple(aval.shape) for aval in avals)
    if len(bias) != 1 or value[-1:] != bias:
        raise ValueError(f"bias_add: bias of shape {bias} does not fit the last axis of {value}")
    return metadata


@primitive(
    vjp=(lambda ct: ct, lambda ct, bias_aval: sum_to(ct, shape=bias_aval.shape)), linear=True,
    canonical=_bias_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape), rng.normal(size=shape[-1:])), {})
        for shape in ((3,), (2, 3), (4, 2, 1), (0, 2))],
    promotes=True,
    doc="value + bias, with one bias for each place of the last axis.",
)  # fmt: skip
def bias_add(value, bias):
    return value + bias


# ---------------------------------------------------------------------------------------- entropies
def _same_shape(op):
    def canonical(avals, metadata):
        labels, logits = (tuple(aval.shape) for aval in avals)
        if labels != logits or not logits:
            raise ValueError(f"{op}: labels have shape {labels}, logits {logits}")
        return metadata

    return canonical


def _weighted(rng):
    for shape in ((4,), (2, 3), (2, 3, 4), (0, 3)):
        labels = rng.random(shape)
        yield (labels, rng.normal(size=shape)), {}
        yield (labels / labels.sum(-1, keepdims=True), 3 * rng.normal(size=shape)), {}


def _cross_entropy_labels(ct, logits):
    return -log_softmax(logits, axis=-1) * expand_dims(ct, axis=-1)


def _cross_entropy_logits(ct, labels, logits):
    total = sum_(labels, axis=-1, keepdims=True)
    slope = softmax(logits, axis=-1) * total - labels
    return scale(expand_dims(ct, axis=-1), slope)


def _cross_entropy_jvp(tangents, primals, y):
    (labels_dot, logits_dot), (labels, logits) = tangents, primals
    moved = None
    if labels_dot is not None:
        moved = sum_(scale(labels_dot, -log_softmax(logits, axis=-1)), axis=-1)
    if logits_dot is not None:
        total = sum_(labels, axis=-1, keepdims=True)
        slope = softmax(logits, axis=-1) * total - labels
        other = sum_(scale(logits_dot, slope), axis=-1)
        moved = other if moved is None else moved + other
    return moved


@primitive(
    vjp=(_cross_entropy_labels, _cross_entropy_logits), jvp=_cross_entropy_jvp,
    canonical=_same_shape("softmax_cross_entropy_with_logits"), samples=_weighted,
    promotes=True,
    doc="-sum(labels * log_softmax(logits)) over the last axis; a label 0 adds exactly 0.",
)  # fmt: skip
def softmax_cross_entropy_with_logits(labels, logits):
    log_p = log_softmax.forward(logits, axis=(logits.ndim - 1,))
    terms = np.multiply(labels, log_p, where=labels != 0, out=np.zeros(log_p.shape, log_p.dtype))
    return -np.add.reduce(terms, axis=-1)


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
    canonical=_sparse_metadata, samples=_classes,
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


# -------------------------------------------------------------------------------------- mean square
def _predictions(rng):
    for shape in ((), (5,), (3, 4)):
        yield (rng.normal(size=shape), rng.normal(size=shape)), {}


@composition(
    doc="Mean of squared differences over the last axis.", samples=_predictions,
)  # fmt: skip
def mean_squared_error(y_true, y_pred):
    error = squared_difference(y_true, y_pred)
    return mean(error, axis=-1) if error.ndim else error
