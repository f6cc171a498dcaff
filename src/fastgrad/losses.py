"""Losses as objects: a function of `y_true` and `y_pred`, its options, and how samples are reduced.

The functions are rows of `ops/losses.py`; the classes carry Keras's names and arguments.
"""

from collections.abc import Callable

from . import primitives
from ._core._dispatch import convert_to_tensor

REDUCTIONS = ("sum_over_batch_size", "sum", "mean", "mean_with_sample_weight", "none", None)


class Loss:
    """A loss of samples, reduced to one number.

    reduction: "sum_over_batch_size" (or "mean", the mean over samples), "sum", "none" (None), or
    "mean_with_sample_weight" (the sum over samples divided by that of their weights).
    Subclasses define `call(y_true, y_pred)`, one number for each sample.

    >>> loss = fg.keras.losses.MeanSquaredError()
    >>> loss([[0.0, 1.0]], [[1.0, 1.0]], sample_weight=[2.0]).numpy()
    np.float32(1.0)
    """

    function: Callable | None = None  # of y_true, y_pred and `options`

    def __init__(self, reduction="sum_over_batch_size", name=None):
        self._set(reduction, name)

    def _set(self, reduction, name, **options):
        if reduction not in REDUCTIONS:
            raise ValueError(f"reduction must be one of {REDUCTIONS}, not {reduction!r}")
        self.reduction = reduction
        self.name = name or type(self).__name__
        self.options = options

    def call(self, y_true, y_pred):
        """The loss of each sample."""
        return type(self).function(y_true, y_pred, **self.options)

    def __call__(self, y_true, y_pred, sample_weight=None):
        losses = convert_to_tensor(self.call(y_true, y_pred))
        count = losses.shape.num_elements()
        if sample_weight is not None:
            weight = primitives.cast(convert_to_tensor(sample_weight), dtype=losses.dtype)
            if weight.ndim == losses.ndim + 1 and weight.shape[-1] == 1:
                weight = primitives.squeeze(weight, axis=-1)
            while weight.ndim < losses.ndim:  # a weight for each sample, not for the last axis
                weight = primitives.expand_dims(weight, axis=-1)
            losses = losses * weight
            if self.reduction == "mean_with_sample_weight":
                spread = primitives.broadcast_to(weight, shape=losses.shape)
                return primitives.divide_no_nan(primitives.sum(losses), primitives.sum(spread))
        if self.reduction in ("none", None):
            return losses
        total = primitives.sum(losses)
        return total if self.reduction == "sum" else total / max(1, count)

    def get_config(self):
        """The arguments to make the same loss again."""
        return {"name": self.name, "reduction": self.reduction, **self.options}


class CategoricalHinge(Loss):
    """`categorical_hinge` of samples, reduced."""

    function = primitives.categorical_hinge


class Hinge(Loss):
    """`hinge` of samples, reduced."""

    function = primitives.hinge


class KLDivergence(Loss):
    """`kl_divergence` of samples, reduced."""

    function = primitives.kl_divergence


class LogCosh(Loss):
    """`log_cosh` of samples, reduced."""

    function = primitives.log_cosh


class MeanAbsoluteError(Loss):
    """`mean_absolute_error` of samples, reduced."""

    function = primitives.mean_absolute_error


class MeanAbsolutePercentageError(Loss):
    """`mean_absolute_percentage_error` of samples, reduced."""

    function = primitives.mean_absolute_percentage_error


class MeanSquaredError(Loss):
    """`mean_squared_error` of samples, reduced."""

    function = primitives.mean_squared_error


class MeanSquaredLogarithmicError(Loss):
    """`mean_squared_logarithmic_error` of samples, reduced."""

    function = primitives.mean_squared_logarithmic_error


class Poisson(Loss):
    """`poisson` of samples, reduced."""

    function = primitives.poisson


class SquaredHinge(Loss):
    """`squared_hinge` of samples, reduced."""

    function = primitives.squared_hinge


class BinaryCrossentropy(Loss):
    """`binary_crossentropy` of samples, reduced."""

    function = primitives.binary_crossentropy

    def __init__(
        self,
        from_logits=False,
        label_smoothing=0.0,
        axis=-1,
        reduction="sum_over_batch_size",
        name=None,
    ):
        options = {"from_logits": from_logits, "label_smoothing": label_smoothing, "axis": axis}
        self._set(reduction, name, **options)


class CategoricalCrossentropy(BinaryCrossentropy):
    """`categorical_crossentropy` of samples, reduced."""

    function = primitives.categorical_crossentropy


class CosineSimilarity(Loss):
    """`cosine_similarity` of samples, reduced."""

    function = primitives.cosine_similarity

    def __init__(self, axis=-1, reduction="sum_over_batch_size", name=None):
        self._set(reduction, name, axis=axis)


class Huber(Loss):
    """`huber` of samples, reduced."""

    function = primitives.huber

    def __init__(self, delta=1.0, reduction="sum_over_batch_size", name=None):
        self._set(reduction, name, delta=delta)


class SparseCategoricalCrossentropy(Loss):
    """`sparse_categorical_crossentropy` of samples, reduced; without those of `ignore_class`."""

    function = primitives.sparse_categorical_crossentropy

    def __init__(
        self,
        from_logits=False,
        ignore_class=None,
        reduction="sum_over_batch_size",
        axis=-1,
        name=None,
    ):
        options = {"from_logits": from_logits, "ignore_class": ignore_class, "axis": axis}
        self._set(reduction, name, **options)

    def __call__(self, y_true, y_pred, sample_weight=None):
        ignored = self.options["ignore_class"]
        if ignored is None or self.reduction not in ("sum_over_batch_size", "mean"):
            return super().__call__(y_true, y_pred, sample_weight)
        # The mean is that over the samples which count.
        losses = Loss.__call__(
            type(self)(**{**self.options, "reduction": "sum"}), y_true, y_pred, sample_weight
        )
        kept = primitives.cast(convert_to_tensor(y_true) != ignored, dtype=losses.dtype)
        return primitives.divide_no_nan(losses, primitives.sum(kept))
