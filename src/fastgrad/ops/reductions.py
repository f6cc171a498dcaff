"""Reductions: axes summed, averaged, searched or scanned.

`axis` is an int, a sequence of ints or None (all axes); with `keepdims` the reduced axes stay, with
size 1.
"""

import math

import numpy as np

from .._rules import primitive
from ._metadata import axes_of, axis_of, check_real, dtype_of, lift_axes
from .elementwise import scale, where
from .shaping import (
    broadcast_to,
    concat,
    inverse_order,
    reshape,
    stack,
    sum_over,
    transpose,
)


def _over_axes(op):
    """Canonical metadata of a reduction: `axis` becomes a tuple of axes."""
    return lambda avals, metadata: {
        **metadata,
        "axis": axes_of(op, metadata["axis"], avals[0].ndim),
        "keepdims": bool(metadata["keepdims"]),
    }


def _real_over_axes(op):
    """`_over_axes`, and TypeError for complex numbers: squares are no sizes there."""

    def canonical(avals, metadata):
        check_real(op, avals[0], "take real and imag apart, their variances add up")
        return _over_axes(op)(avals, metadata)

    return canonical


def _over_one(op):
    """Canonical metadata of a search: `axis` stays None or becomes one axis."""

    def canonical(avals, metadata):
        axis = metadata["axis"]
        axis = axis if axis is None else axis_of(op, axis, avals[0].ndim)
        return {"axis": axis, "keepdims": bool(metadata["keepdims"])}

    return canonical


def _kept(shape, axis):
    """The shape of a result with `keepdims`."""
    return tuple(1 if i in axis else n for i, n in enumerate(shape))


def beside(ct, shape, axis, keepdims):
    """The cotangent of a reduction's result in a shape that broadcasts to that of what was reduced."""
    if not keepdims and len(axis) < len(shape):
        return reshape(ct, shape=_kept(shape, axis))
    return ct


def spread(ct, shape, axis, keepdims):
    """The cotangent of a reduction's result, repeated over what was reduced."""
    return broadcast_to(beside(ct, shape, axis, keepdims), shape=shape)


def _count(shape, axis):
    return math.prod(shape[i] for i in axis)


def _wide(x):
    """The array to compute with: float16 goes to float32, integers to float64."""
    if x.dtype == np.float16:
        return x.astype(np.float32)
    return x if x.dtype.kind in "fc" else x.astype(np.float64)


def _narrow(y, x):
    return y.astype(np.float16) if x.dtype == np.float16 else y


# From which a root of a sum of squares has lost nothing to underflow.
# 2**30 times the root of the smallest normal number.
SAFE = {np.dtype(np.float32): 2.0 ** (30 - 63), np.dtype(np.float64): 2.0 ** (30 - 511)}


def roots_are_safe(y):
    """True if no square under the roots y can have overflowed, or vanished while it counted."""
    return ((y > SAFE[y.dtype]) & (y < np.inf)).all()


# ------------------------------------------------------------------------------------------ samples
def _full(rng):
    yield (rng.normal(size=()),), {}
    yield (rng.normal(size=7),), {}
    yield (rng.normal(size=(3, 4)),), {"axis": -1, "keepdims": True}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, -1)}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": 1}
    yield (rng.normal(size=(2, 3)),), {"axis": ()}
    yield (rng.normal(size=(1, 1)),), {"keepdims": True}
    yield (rng.uniform(0.5, 1.5, size=(33, 129)),), {"axis": 0}


def _any_size(rng):
    yield from _full(rng)
    yield (np.zeros(0),), {}
    yield (np.zeros((3, 0, 2)),), {"axis": 1}
    yield (np.zeros((0, 3)),), {"axis": 1}


def _with_extreme(extreme):
    def samples(rng):
        for (x,), metadata in _full(rng):
            axis = axes_of("ties", metadata.get("axis"), x.ndim)
            keepdims = metadata.get("keepdims", False)
            y = extreme.reduce(x, axis=axis, keepdims=keepdims)
            yield (x, y), {"axis": axis, "keepdims": keepdims}

    return samples


# ---------------------------------------------------------------------------------------- sum, mean
@primitive(
    vjp=lambda ct, x_aval, axis, keepdims: spread(ct, x_aval.shape, axis, keepdims), linear=True,
    canonical=_over_axes("sum"), samples=_any_size, numpy=(np.sum,), kernel="sum",
    lift=lift_axes("axis"),
    doc="Sum over axes.",
)  # fmt: skip
def sum_(x, *, axis=None, keepdims=False):
    return sum_over(x, axis, keepdims)


def _mean_vjp(ct, x_aval, axis, keepdims):
    return spread(ct / max(1, _count(x_aval.shape, axis)), x_aval.shape, axis, keepdims)


@primitive(
    vjp=_mean_vjp, linear=True, canonical=_over_axes("mean"), samples=_full, numpy=(np.mean,),
    kernel="mean",
    lift=lift_axes("axis"),
    doc="Mean over axes; NaN of nothing.",
)  # fmt: skip
def mean(x, *, axis=None, keepdims=False):
    count = _count(x.shape, axis)
    if count == 0 or x.dtype.char not in "fd":
        return np.mean(x, axis=axis, keepdims=keepdims)
    return np.add.reduce(x, axis=axis, keepdims=keepdims) / count


@primitive(
    vjp=lambda ct, axis, exclusive, reverse: cumsum(
        ct, axis=axis, exclusive=exclusive, reverse=not reverse),
    linear=True,
    canonical=lambda avals, metadata: {
        **metadata, "axis": axis_of("cumsum", metadata["axis"], avals[0].ndim)},
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axis": axis, "exclusive": exclusive, "reverse": reverse})
        for shape, axis, exclusive, reverse in (
            ((5,), 0, False, False), ((2, 3), -1, True, False), ((3, 2), 0, False, True),
            ((4,), 0, True, True), ((0,), 0, True, False))],
    lift=lift_axes("axis"),
    kernel="cumsum",
    doc="Running sum along an axis; exclusive leaves each element out of its own sum.",
)  # fmt: skip
def cumsum(x, *, axis=0, exclusive=False, reverse=False):
    x = np.flip(x, axis) if reverse else x
    dtype = np.float32 if x.dtype == np.float16 else None
    y = np.add.accumulate(x, axis=axis, dtype=dtype)
    y = y.astype(x.dtype) if dtype else y
    if exclusive:
        y = np.roll(y, 1, axis)
        y[(slice(None),) * axis + (slice(0, 1),)] = 0
    return np.flip(y, axis) if reverse else y


# ----------------------------------------------------------------------------------------- max, min
@primitive(
    vjp=(None, None), samples=_with_extreme(np.maximum), kernel="ties",
    doc="1/n where x is one of n that equal the extreme y over axes (or are NaN), else 0.",
)  # fmt: skip
def ties(x, y, *, axis, keepdims=False):
    y = np.reshape(y, _kept(x.shape, axis))
    hit = (x == y) | np.isnan(x)
    return (hit / np.count_nonzero(hit, axis=axis, keepdims=True)).astype(x.dtype)


def _extreme_vjp(ct, x, x_aval, y, axis, keepdims):
    ct = beside(ct, x_aval.shape, axis, keepdims)
    return scale(ties(x, y, axis=axis, keepdims=keepdims), ct)


def _extreme_jvp(tangents, primals, y, axis, keepdims):
    share = ties(primals[0], y, axis=axis, keepdims=keepdims)
    return sum_(scale(share, tangents[0]), axis=axis, keepdims=keepdims)


@primitive(
    vjp=_extreme_vjp, jvp=_extreme_jvp, canonical=_over_axes("max"), samples=_full,
    numpy=(np.max, np.amax), kernel="max",
    lift=lift_axes("axis"),
    doc="Largest element over axes; ties share the gradient, NaN wins.",
)  # fmt: skip
def max_(x, *, axis=None, keepdims=False):
    return np.maximum.reduce(x, axis=axis, keepdims=keepdims)


@primitive(
    vjp=_extreme_vjp, jvp=_extreme_jvp, canonical=_over_axes("min"), samples=_full,
    numpy=(np.min, np.amin), kernel="min",
    lift=lift_axes("axis"),
    doc="Smallest element over axes; ties share the gradient, NaN wins.",
)  # fmt: skip
def min_(x, *, axis=None, keepdims=False):
    return np.minimum.reduce(x, axis=axis, keepdims=keepdims)


# ---------------------------------------------------------------------------- max, min of what is not NaN
def _present_vjp(ct, x, x_aval, y, axis, keepdims):
    return scale(present_ties(x, y, axis=axis), beside(ct, x_aval.shape, axis, keepdims))


def _present_jvp(tangents, primals, y, axis, keepdims):
    share = present_ties(primals[0], y, axis=axis)
    return sum_(scale(share, tangents[0]), axis=axis, keepdims=keepdims)


def _some_missing(rng):
    for (x,), metadata in _full(rng):
        if x.size > 2 and metadata.get("axis") != ():
            x.reshape(-1)[1] = np.nan
        yield (x,), metadata


def _with_present(rng):
    for (x,), metadata in _some_missing(rng):
        axis = axes_of("present_ties", metadata.get("axis"), x.ndim)
        yield (x, np.fmax.reduce(x, axis=axis)), {"axis": axis}


@primitive(
    vjp=(None, None), samples=_with_present, kernel="present_ties",
    doc="1/n where x is one of n that equal the extreme y over axes, else 0: NaN equals nothing.",
)  # fmt: skip
def present_ties(x, y, *, axis):
    hit = x == np.reshape(y, _kept(x.shape, axis))
    count = np.count_nonzero(hit, axis=axis, keepdims=True)
    return (hit / np.maximum(count, 1)).astype(x.dtype)


@primitive(
    vjp=_present_vjp, jvp=_present_jvp, canonical=_over_axes("nanmax"), samples=_some_missing,
    kernel="present_max", lift=lift_axes("axis"),
    doc="Largest element over axes that is not NaN; ties share the gradient. NaN where there is none.",
)  # fmt: skip
def present_max(x, *, axis=None, keepdims=False):
    return np.fmax.reduce(x, axis=axis, keepdims=keepdims)


@primitive(
    vjp=_present_vjp, jvp=_present_jvp, canonical=_over_axes("nanmin"), samples=_some_missing,
    kernel="present_min", lift=lift_axes("axis"),
    doc="Smallest element over axes that is not NaN; ties share the gradient. NaN where there is none.",
)  # fmt: skip
def present_min(x, *, axis=None, keepdims=False):
    return np.fmin.reduce(x, axis=axis, keepdims=keepdims)


# --------------------------------------------------------------------------------------------- prod
def _others_in_row(x):
    """Product of all other elements of each row (last axis), by a tree of pairs.

    Nothing is divided, so zeros are no trouble, and the rows used here differentiate again.
    """
    n = x.shape[-1]
    if n == 0:
        return x
    one = np.ones((*x.shape[:-1], 1), dtype_of(x.dtype))
    if n == 1:
        return one
    if n % 2:
        x = concat([x, one], axis=-1)
    even, odd = x[..., 0::2], x[..., 1::2]
    rest = _others_in_row(even * odd)
    return reshape(stack([rest * odd, rest * even], axis=-1), shape=x.shape)[..., :n]


def _others(x, axis):
    """Product of all other elements over `axis`, in the shape of x."""
    order = (*(i for i in range(x.ndim) if i not in axis), *axis)
    moved = transpose(x, axes=order)
    rows = moved.shape[: x.ndim - len(axis)]
    others = _others_in_row(reshape(moved, shape=(*rows, _count(x.shape, axis))))
    return transpose(reshape(others, shape=moved.shape), axes=inverse_order(order))


@primitive(
    vjp=lambda ct, x, x_aval, axis, keepdims: spread(ct, x_aval.shape, axis, keepdims)
        * _others(x, axis),
    jvp=lambda tangents, primals, y, axis, keepdims: sum_(
        tangents[0] * _others(primals[0], axis), axis=axis, keepdims=keepdims),
    canonical=_over_axes("prod"), samples=_any_size, numpy=(np.prod,),
    lift=lift_axes("axis"),
    doc="Product over axes; the gradient is right with zeros too.",
)  # fmt: skip
def prod(x, *, axis=None, keepdims=False):
    return np.multiply.reduce(x, axis=axis, keepdims=keepdims)


# ----------------------------------------------------------------------------------------- variance
def _deviations(x, axis):
    """x minus its mean, centred once more: the mean of large numbers has a rounding error."""
    d = x - _means(x, axis)
    d -= _means(d, axis)
    return d


def _means(x, axis, keepdims=True):
    """np.mean of floats, without its detours; NaN of nothing."""
    return np.add.reduce(x, axis=axis, keepdims=keepdims) / _count(x.shape, axis)


def _centred(x, axis):
    """`_deviations` in rows."""
    d = x - mean(x, axis=axis, keepdims=True)
    return d - mean(d, axis=axis, keepdims=True)


def _var_vjp(ct, x, x_aval, axis, keepdims):
    share = ct * (2 / max(1, _count(x.shape, axis)))
    return beside(share, x_aval.shape, axis, keepdims) * _centred(x, axis)


def _var_jvp(tangents, primals, y, axis, keepdims):
    return mean(2 * _centred(primals[0], axis) * tangents[0], axis=axis, keepdims=keepdims)


@primitive(
    vjp=_var_vjp, jvp=_var_jvp, canonical=_real_over_axes("var"), samples=_full,
    lift=lift_axes("axis"),
    doc="Variance over axes: the mean squared deviation from the mean.",
)  # fmt: skip
def var(x, *, axis=None, keepdims=False):
    d = _deviations(_wide(x), axis)
    d *= d
    return _narrow(_means(d, axis, keepdims), x)


def _slope(ct, y, n):
    """ct / n / y, and 0 where the deviation is 0."""
    return where(y == 0, 0, ct / max(1, n) / y)


def _std_vjp(ct, x, x_aval, y, axis, keepdims):
    share = _slope(ct, y, _count(x.shape, axis))
    return beside(share, x_aval.shape, axis, keepdims) * _centred(x, axis)


def _std_jvp(tangents, primals, y, axis, keepdims):
    moved = sum_(_centred(primals[0], axis) * tangents[0], axis=axis, keepdims=keepdims)
    return _slope(moved, y, _count(primals[0].shape, axis))


@primitive(
    vjp=_std_vjp, jvp=_std_jvp, canonical=_real_over_axes("std"), samples=_full,
    lift=lift_axes("axis"),
    doc="Standard deviation over axes, without overflow; gradient 0 where it is 0.",
)  # fmt: skip
def std(x, *, axis=None, keepdims=False):
    d = _deviations(_wide(x), axis)
    d *= d
    y = np.sqrt(_means(d, axis))
    if not roots_are_safe(y):
        d = _deviations(_wide(x), axis)
        largest = np.max(np.abs(d), axis=axis, keepdims=True, initial=0)
        unit = np.where((largest > 0) & (largest < np.inf), largest, 1)
        d /= unit
        y = np.sqrt(_means(d * d, axis)) * unit
    return _narrow(y if keepdims else np.squeeze(y, axis), x)


# ------------------------------------------------------------------------------------------ softmax
def _exponentials(x, axis):
    """exp(x - largest), whose sum is at least 1; all 0 where x is -inf; the largest (kept).

    An infinite largest leaves 1 for each +inf and 0 for the rest.
    """
    largest = np.maximum.reduce(x, axis=axis, keepdims=True, initial=-np.inf)
    finite = np.isfinite(largest)
    if finite.all():
        return np.exp(x - largest), largest
    e = np.exp(np.where(largest == np.inf, 0, x) - np.where(finite, largest, 0))
    return np.where(largest == np.inf, x == largest, e), largest


@primitive(
    vjp=lambda ct, x, x_aval, axis, keepdims: spread(ct, x_aval.shape, axis, keepdims)
        * softmax(x, axis=axis),
    jvp=lambda tangents, primals, y, axis, keepdims: sum_(
        tangents[0] * softmax(primals[0], axis=axis), axis=axis, keepdims=keepdims),
    canonical=_over_axes("logsumexp"), samples=_any_size,
    lift=lift_axes("axis"),
    doc="log(sum(exp(x))) over axes without overflow; its gradient is the softmax.",
)  # fmt: skip
def logsumexp(x, *, axis=None, keepdims=False):
    e, largest = _exponentials(_wide(x), axis)
    total = sum_over(e, axis, keepdims=True)
    y = np.where(np.isinf(largest), largest, np.log(total) + largest)
    return _narrow(y if keepdims else np.squeeze(y, axis), x)


def _softmax_metadata(op):
    def canonical(avals, metadata):
        axis = metadata["axis"]
        return {"axis": axes_of(op, -1 if axis is None else axis, avals[0].ndim)}

    return canonical


def _logits(rng):
    yield (rng.normal(size=4),), {}
    yield (rng.normal(size=(3, 4)),), {"axis": 0}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": (0, 2)}
    yield (np.zeros((0, 3)),), {}


def _softmax_change(change, y, axis):
    """y * (change - sum(y * change)); an element of weight 0 takes no part."""
    return scale(y, change - sum_(scale(y, change), axis=axis, keepdims=True))


@primitive(
    vjp=lambda ct, y, axis: _softmax_change(ct, y, axis),
    jvp=lambda tangents, primals, y, axis: _softmax_change(tangents[0], y, axis),
    canonical=_softmax_metadata("softmax"), samples=_logits, kernel="softmax", canonical_first=True,
    lift=lift_axes("axis"),
    doc="exp(x) / sum(exp(x)) over axis: +inf elements share 1, -inf everywhere gives 0.",
)  # fmt: skip
def softmax(x, *, axis=-1):
    e, _ = _exponentials(_wide(x), axis)
    total = np.add.reduce(e, axis=axis, keepdims=True)
    return _narrow(e / np.where(total == 0, 1, total), x)


def _log_softmax_vjp(ct, x, axis):
    return ct - softmax(x, axis=axis) * sum_(ct, axis=axis, keepdims=True)


def _log_softmax_jvp(tangents, primals, y, axis):
    weights = softmax(primals[0], axis=axis)
    return tangents[0] - sum_(weights * tangents[0], axis=axis, keepdims=True)


@primitive(
    vjp=_log_softmax_vjp, jvp=_log_softmax_jvp, canonical=_softmax_metadata("log_softmax"),
    kernel="log_softmax", canonical_first=True,
    lift=lift_axes("axis"),
    samples=_logits, doc="x - logsumexp(x) over axis: the logarithm of softmax.",
)  # fmt: skip
def log_softmax(x, *, axis=-1):
    e, largest = _exponentials(_wide(x), axis)
    total = np.add.reduce(e, axis=axis, keepdims=True)
    if np.isinf(largest).any():
        return _narrow(np.log(e / np.where(total == 0, 1, total)), x)
    return _narrow((x - largest) - np.log(total), x)


# ------------------------------------------------------------------------------------------- search
def _booleans(rng):
    for (x,), metadata in _any_size(rng):
        yield (x > 0,), metadata


def _searched(rng):
    yield (rng.normal(size=()),), {}
    yield (rng.normal(size=7),), {}
    yield (rng.normal(size=(3, 4)),), {"axis": -1, "keepdims": True}
    yield (rng.normal(size=(2, 3, 4)),), {"axis": 1}


@primitive(
    vjp=None, canonical=_over_axes("any"), samples=_booleans, numpy=(np.any,),
    kernel="any",
    doc="True if any element over axes is true.",
)  # fmt: skip
def any_(x, *, axis=None, keepdims=False):
    return np.logical_or.reduce(x, axis=axis, keepdims=keepdims)


@primitive(
    vjp=None, canonical=_over_axes("all"), samples=_booleans, numpy=(np.all,),
    kernel="all",
    doc="True if all elements over axes are true.",
)  # fmt: skip
def all_(x, *, axis=None, keepdims=False):
    return np.logical_and.reduce(x, axis=axis, keepdims=keepdims)


@primitive(
    vjp=None, canonical=_over_one("argmax"), samples=_searched, numpy=(np.argmax,),
    kernel="argmax",
    doc="Position of the first largest element along an axis, or in all of x.",
)  # fmt: skip
def argmax(x, *, axis=None, keepdims=False):
    return np.argmax(x, axis=axis, keepdims=keepdims)


@primitive(
    vjp=None, canonical=_over_one("argmin"), samples=_searched, numpy=(np.argmin,),
    kernel="argmin",
    doc="Position of the first smallest element along an axis, or in all of x.",
)  # fmt: skip
def argmin(x, *, axis=None, keepdims=False):
    return np.argmin(x, axis=axis, keepdims=keepdims)
