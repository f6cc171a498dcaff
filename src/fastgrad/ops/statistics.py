"""Statistics: medians and quantiles, averages with weights, covariance, counts."""

import math
import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axes_of, axis_of, check_real
from ._operands import as_numpy, conjugated, integer_tensor, no_out, np_dtype, sizing, tensor
from .arranging import ravel
from .elementwise import clip, logical_and, logical_not, scale, sqrt, where
from .indexing import gather, getitem, ungather
from .linalg import matmul
from .reductions import mean, sum_
from .scattering import insist
from .shaping import (
    broadcast_to,
    cast,
    concat,
    expand_dims,
    in_dtype,
    real,
    reshape,
    stack,
    transpose,
)
from .sorting import FEW, kth, searchsorted, tied_mean, tied_spread

# ------------------------------------------------------------------------------------------- quantiles
# Where the q-quantile of n sorted elements lies, counted from 0: n and q to a place that may be a
# fraction. (alpha, beta) are those of Hyndman and Fan (1996), place = n q + alpha + q (1 - alpha - beta) - 1.
_PLOTTING = {
    "interpolated_inverted_cdf": (0, 1), "hazen": (0.5, 0.5), "weibull": (0, 0), "linear": (1, 1),
    "median_unbiased": (1 / 3, 1 / 3), "normal_unbiased": (3 / 8, 3 / 8),
}  # fmt: skip
_STEPS = ("inverted_cdf", "averaged_inverted_cdf", "closest_observation")
_ROUNDED = ("lower", "higher", "midpoint", "nearest")
METHODS = (*_STEPS, *_PLOTTING, *_ROUNDED)
_PICKED = ("inverted_cdf", "closest_observation", "lower", "higher", "nearest")  # an element itself


def _line(method, n):
    """(slope, offset): the place of the q-quantile is slope * q + offset."""
    alpha, beta = _PLOTTING.get(method, (1, 1))
    return n + 1 - alpha - beta, alpha - 1


def _near_whole(places, dtype):
    """Places that would be whole but for the rounding of q to its dtype, made whole."""
    if dtype == np.float64:
        return places
    whole = np.rint(places)
    return np.where(np.absolute(places - whole) <= np.finfo(dtype).eps * whole, whole, places)


def _within(place, top):
    return np.minimum(np.maximum(place, 0), top)


def _between(method, q, n):
    """Ranks below and above the q-quantile, and how far it lies from the lower one."""
    top, dtype, q = np.maximum(n - 1, 0), q.dtype, q.astype(float)
    if method in _STEPS:
        exact = _near_whole(n * q, dtype)
        whole = np.floor(exact)
        low = high = np.where(exact == whole, whole - 1, whole)
        if method == "averaged_inverted_cdf":
            high = whole
        elif method == "closest_observation":  # halfway, the place that is even counted from 1
            tie = exact - whole == 0.5
            low = high = np.where(tie, 2 * np.rint(exact / 2) - 1, np.ceil(exact - 0.5) - 1)
        share = np.where(low == high, 0.0, 0.5)
        return _within(low, top), _within(high, top), share
    slope, offset = _line(method, n)
    place = _within(_near_whole(slope * q + offset, dtype), top)
    low = np.floor(place)
    high = np.minimum(low + 1, top)
    if method == "lower":
        return low, low, np.zeros_like(place)
    if method == "higher":
        high = np.ceil(place)
        return high, high, np.zeros_like(place)
    if method == "nearest":
        near = np.rint(place)
        return near, near, np.zeros_like(place)
    if method == "midpoint":
        return low, np.ceil(place), np.where(place == low, 0.0, 0.5)
    return low, high, place - low


def _as_row(a, axis, op):
    """(the reduced axes as the last one, the axes)."""
    axes = axes_of(op, axis, a.ndim)
    rest = [i for i in range(a.ndim) if i not in axes]
    shape = [a.shape[i] for i in rest]
    moved = a if [*rest, *axes] == [*range(a.ndim)] else transpose(a, axes=(*rest, *axes))
    return reshape(moved, shape=(*shape, math.prod(a.shape[i] for i in axes))), axes


def _quantile(op, a, q, axis, method, keepdims, skip_nan, weights=None):
    if method not in METHODS:
        raise ValueError(f"{op}: method must be one of {', '.join(METHODS)}, not {method!r}")
    a = tensor(a)
    check_real(op, a)
    if not (a.dtype.is_floating or method in _PICKED):
        a = cast(a, dtype=np.float64)
    x, axes = _as_row(a, axis, op)
    if not x.shape[-1]:
        raise ValueError(f"{op}: nothing to take a quantile of in shape {tuple(a.shape)}")
    asked = q
    q = tensor(q) if hasattr(type(q), "numpy") else np.asarray(q)
    dtype = np.dtype(getattr(q.dtype, "np_dtype", q.dtype))
    weak = type(asked) in (int, float) or dtype.kind != "f"
    kind = np_dtype(x) if weak else np.result_type(np_dtype(x), dtype)
    dtype = dtype if not weak else kind if kind.kind == "f" else np.dtype(float)
    if q.ndim > 1:
        raise ValueError(f"{op}: q must be a number or have 1 axis, not {q.ndim}")
    if weights is not None:
        if method != "inverted_cdf":
            raise ValueError(f"{op}: weights are for method='inverted_cdf' only, not {method!r}")
        weights = broadcast_to(_over_axes(op, weights, a, axis), shape=a.shape)
        weights = _as_row(weights, axis, op)[0]
        below = kth(
            x, weighted_ranks(x, ravel(cast(q, dtype=dtype)), weights, op=op, skip_nan=skip_nan)
        )
    else:
        options = {"op": op, "method": method, "kind": kind.char, "skip_nan": skip_nan}
        below = row_quantiles(x, ravel(cast(q, dtype=dtype)), **options)
    if method not in _PICKED:
        below = in_dtype(below, kind)
    kept = [1 if i in axes else m for i, m in enumerate(a.shape)]
    shape = kept if keepdims else [m for i, m in enumerate(a.shape) if i not in axes]
    if q.ndim:
        below = transpose(below, axes=(below.ndim - 1, *range(below.ndim - 1)))
        shape = [q.size, *shape]
    return reshape(below, shape=shape)


def _in_range(op, q):
    if not ((q >= 0) & (q <= 1)).all():
        raise ValueError(f"{op}: quantiles must be in [0, 1], or percentiles in [0, 100]")


def _holed(rng):
    x = rng.normal(size=(3, 4))
    x[0, 1] = np.nan
    x[1] = np.nan
    return x


@primitive(
    vjp=(None, None), many=True,
    samples=lambda rng: [
        ((_holed(rng), np.array([0.2, 0.7])),
         {"op": "quantile", "method": method, "kind": "float64", "skip_nan": skip})
        for method, skip in (("linear", True), ("lower", False), ("midpoint", True))],
    doc="Ranks below and above each quantile of rows, the weight of those above, and how it moves with q.",
)  # fmt: skip
def ranks_at(x, q, *, op, method, kind, skip_nan):
    _in_range(op, q)
    n, lead = x.shape[-1], x.shape[:-1]
    holes = np.count_nonzero(np.isnan(x), axis=-1)[..., None]
    count = n - holes if skip_nan and holes.any() else n
    low, high, share = _between(method, q, count)
    last = holes == n if skip_nan else holes > 0  # NaN is sorted last
    ranks = [np.where(last, n - 1, k) for k in ((low,) if method in _PICKED else (low, high))]
    ranks = np.concatenate([np.broadcast_to(k, (*lead, q.size)) for k in ranks], axis=-1)
    share = np.broadcast_to(share, (*lead, q.size))
    slope, edge = (
        np.full(holes.shape, value, kind) for value in (_line(method, count)[0], count - 1)
    )
    return [ranks.astype(np.intp), share.astype(kind), share < 0.5, slope, edge]


def _halves(ends):
    """Elements below and above."""
    m = ends.shape[-1] // 2
    return getitem(ends, index=(..., slice(0, m))), getitem(ends, index=(..., slice(m, None)))


def _between_ranks(x, q, options):
    """The ranks, the weight of those above, and the derivative of it: rows, which move with q."""
    ranks, weight, _, slope, last = ranks_at(x, q, **options)
    if options["method"] not in _PLOTTING:
        return ranks, weight, np.zeros((), options["kind"])
    place = cast(q, dtype=options["kind"]) * slope + _line(options["method"], 0)[1]
    low = cast(getitem(ranks, index=(..., slice(0, q.shape[-1]))), dtype=options["kind"])
    rising = where(logical_and(place >= 0, place <= last), slope, 0)
    return ranks, clip(place, 0, last) - low, rising


def _quantiles_metadata(avals, metadata):
    check_real(metadata["op"], avals[0])
    return metadata


def _quantiles_x(ct, x, q, op, method, kind, skip_nan):
    options = {"op": op, "method": method, "kind": kind, "skip_nan": skip_nan}
    ranks, weight, _ = _between_ranks(x, q, options)
    if method not in _PICKED:
        ct = concat([scale(1 - weight, ct), scale(weight, ct)], axis=-1)
    return in_dtype(tied_spread(ct, x, ranks), np_dtype(x))


def _quantiles_q(ct, x, q, op, method, kind, skip_nan):
    if method not in _PLOTTING:
        return q * 0
    options = {"op": op, "method": method, "kind": kind, "skip_nan": skip_nan}
    ranks, _, rising = _between_ranks(x, q, options)
    below, above = _halves(kth(x, ranks))
    moved = sum_(scale(ct, (above - below) * rising), axis=tuple(range(ct.ndim - 1)))
    return in_dtype(moved, np_dtype(q))


def _quantiles_jvp(tangents, primals, y, **options):
    (x_dot, q_dot), (x, q) = tangents, primals
    ranks, weight, rising = _between_ranks(x, q, options)
    if options["method"] in _PICKED:
        return y * 0 if x_dot is None else tied_mean(x_dot, x, ranks)
    moved = 0
    if x_dot is not None:
        below, above = _halves(tied_mean(x_dot, x, ranks))
        moved = scale(1 - weight, below) + scale(weight, above)
    if q_dot is not None:
        below, above = _halves(kth(x, ranks))
        moved = moved + scale(q_dot, (above - below) * rising)
    return moved


@primitive(
    vjp=(_quantiles_x, _quantiles_q), jvp=_quantiles_jvp, canonical=_quantiles_metadata,
    samples=lambda rng: [
        ((rng.permutation(np.arange(float(np.prod(shape)))).reshape(shape), np.array([0.21, 0.83])),
         {"op": "quantile", "method": method, "kind": "float64", "skip_nan": skip})
        for shape, method, skip in (((7,), "linear", False), ((2, 5), "hazen", True),
                                    ((2, 4), "averaged_inverted_cdf", False), ((6,), "lower", False))],
    doc="The quantiles q of each row of x; equal elements share the gradient.",
)  # fmt: skip
def row_quantiles(x, q, *, op, method, kind, skip_nan):
    if np.isnan(x).any():
        options = {"op": op, "method": method, "kind": kind, "skip_nan": skip_nan}
        ranks, weight, near, _, _ = ranks_at.forward(x, q, **options)
        ends = kth.forward(x, ranks)
        below, above = (ends, None) if method in _PICKED else np.split(ends, 2, axis=-1)
    else:  # the ranks are those of all rows
        _in_range(op, q)
        low, high, share = _between(method, q, x.shape[-1])
        low, high = low.astype(np.intp), high.astype(np.intp)
        ranks = sorted({*low.tolist(), *high.tolist()})
        s = np.partition(x, ranks) if 0 < len(ranks) < FEW else np.sort(x)
        below, above, weight, near = s[..., low], s[..., high], share.astype(kind), share < 0.5
    if method in _PICKED:
        return below
    rise = above - below
    # The nearer end is exact, and an infinite one that has no weight takes no part.
    up, down = (np.where(w == 0, 0, w * rise) for w in (weight, 1 - weight))
    return np.where(near, below + up, above - down).astype(kind)


@primitive(
    vjp=(None, None, None),
    samples=lambda rng: [
        ((rng.normal(size=(2, 5)), np.array([0.15, 0.61]), rng.uniform(0.5, 2.0, size=(2, 5))),
         {"op": "quantile", "skip_nan": skip})
        for skip in (False, True)],
    doc="Rank of the first element in each row at which the share of all the weight reaches q.",
)  # fmt: skip
def weighted_ranks(x, q, weights, *, op, skip_nan):
    # The share is rounded as q is: 0.4 in float32 is to meet weights whose sum is 0.4 in float64.
    _in_range(op, q)
    if (weights < 0).any():
        raise ValueError(f"{op}: weights must not be negative")
    weights = np.take_along_axis(weights, np.argsort(x, axis=-1, kind="stable"), -1)
    if skip_nan:
        weights = np.where(np.isnan(np.sort(x, axis=-1)), 0, weights)
    total = np.cumsum(weights, axis=-1, dtype=np.float64)
    whole = total[..., -1:]
    holes = np.isnan(x)
    hollow = holes.all(axis=-1, keepdims=True)
    if not (np.isfinite(whole) & (whole > 0) | (hollow if skip_nan else False)).all():
        raise ValueError(f"{op}: weights have a NaN or an infinity, or are all 0")
    share = np.divide(total, whole, out=np.zeros_like(total), where=whole > 0)
    share = share.astype(q.dtype)
    share[share == 0] = -1  # what has no weight is never chosen, not even for q = 0
    q = np.broadcast_to(q, (*share.shape[:-1], q.size))
    ranks = np.minimum(searchsorted.forward(share, q), x.shape[-1] - 1)
    last = hollow if skip_nan else holes.any(axis=-1, keepdims=True)  # NaN is sorted last
    return np.where(last, x.shape[-1] - 1, ranks).astype(np.intp)


def _over_axes(op, weights, a, axis):
    """Weights of the shape of a, or of its extents along some axes in the order these are named."""
    weights = as_numpy(weights)
    if tuple(weights.shape) == tuple(a.shape):
        return weights
    if axis is None:
        raise TypeError(
            f"{op}: weights of shape {tuple(weights.shape)} for {tuple(a.shape)}: say which axis"
        )
    given = [axis_of(op, i, a.ndim) for i in (axis if hasattr(axis, "__iter__") else [axis])]
    if tuple(weights.shape) != tuple(a.shape[i] for i in given):
        raise ValueError(
            f"{op}: weights of shape {tuple(weights.shape)} do not fit axis {axis} of "
            f"{tuple(a.shape)}"
        )
    order = sorted(range(len(given)), key=lambda k: given[k])
    kept = [n if i in given else 1 for i, n in enumerate(a.shape)]
    return reshape(transpose(weights, axes=order), shape=kept)


def _quantiles(scaled, methods=METHODS, nan=False):
    def samples(rng):
        for k, method in enumerate(methods):
            x = rng.permutation(np.linspace(-2.0, 3.0, 7)) + 0.05 * rng.normal(size=7)
            yield (x, scaled * np.array([0.21, 0.47, 0.83])), {"method": method}
            shape = ((3, 4), (2, 3), (4, 2))[k % 3]
            y = rng.permutation(np.arange(float(np.prod(shape)))).reshape(shape)
            if nan:
                y[0, 0] = np.nan
            axis = (None, 0, -1)[k % 3]
            yield (
                (y, scaled * np.array(0.37)),
                {"method": method, "axis": axis, "keepdims": k % 2 == 1},
            )
            if method == "inverted_cdf":
                weights = rng.uniform(0.5, 2.0, size=shape)
                yield (y, scaled * np.array([0.15, 0.61])), {"method": method, "weights": weights}
                if not nan:  # where NumPy raises IndexError
                    options = {"method": method, "weights": weights[0], "axis": 1, "keepdims": True}
                    yield (y, scaled * np.array(0.37)), options

    return samples


@composition(
    doc="Quantiles over axes by any of NumPy's methods; equal ones share the gradient, "
    "weights have none.",
    samples=_quantiles(1.0), numpy=(np.quantile,),
)  # fmt: skip
def quantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *,
             weights=None):  # fmt: skip
    no_out("quantile", out)
    return _quantile("quantile", a, q, axis, method, keepdims, False, weights)


def _hundredths(q):
    if type(q) in (int, float):
        return q / 100
    return tensor(q) / 100 if hasattr(type(q), "numpy") else np.true_divide(q, 100)


@composition(
    doc="Percentiles over axes: quantiles with q from 0 to 100.",
    samples=_quantiles(100.0, ("linear", "weibull", "inverted_cdf")), numpy=(np.percentile,),
)  # fmt: skip
def percentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *,
               weights=None):  # fmt: skip
    no_out("percentile", out)
    return _quantile("percentile", a, _hundredths(q), axis, method, keepdims, False, weights)


@composition(
    doc="Quantiles over axes of what is not NaN.",
    samples=_quantiles(1.0, ("linear", "lower", "hazen", "inverted_cdf"), nan=True), numpy=(np.nanquantile,),
)  # fmt: skip
def nanquantile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False, *,
                weights=None):  # fmt: skip
    no_out("nanquantile", out)
    return _quantile("nanquantile", a, q, axis, method, keepdims, True, weights)


@composition(
    doc="Percentiles over axes of what is not NaN.",
    samples=_quantiles(100.0, ("linear", "nearest", "inverted_cdf"), nan=True),
    numpy=(np.nanpercentile,),
)  # fmt: skip
def nanpercentile(a, q, axis=None, out=None, overwrite_input=False, method="linear", keepdims=False,
                  *, weights=None):  # fmt: skip
    no_out("nanpercentile", out)
    return _quantile("nanpercentile", a, _hundredths(q), axis, method, keepdims, True, weights)


def _medians(rng):
    for shape, axis, keep in (((5,), None, False), ((4,), 0, True), ((3, 4), 1, False),
                              ((2, 3, 2), (0, 2), True), ((1,), None, False)):  # fmt: skip
        yield (rng.normal(size=shape),), {"axis": axis, "keepdims": keep}


def _median(op, a, axis, keepdims, skip_nan):
    return _quantile(op, a, 0.5, axis, "averaged_inverted_cdf", keepdims, skip_nan)


@composition(
    doc="Median over axes: of an even number, the mean of the middle two; ties share the gradient.",
    samples=_medians, numpy=(np.median,),
)  # fmt: skip
def median(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    no_out("median", out)
    return _median("median", a, axis, keepdims, skip_nan=False)


@composition(
    doc="Median over axes of what is not NaN.", samples=_medians, numpy=(np.nanmedian,),
)  # fmt: skip
def nanmedian(a, axis=None, out=None, overwrite_input=False, keepdims=False):
    no_out("nanmedian", out)
    return _median("nanmedian", a, axis, keepdims, skip_nan=True)


# ------------------------------------------------------------------------------------------- averages
def _averaged(rng):
    weights = rng.uniform(0.5, 2, size=(2, 3))
    yield (rng.normal(size=5),), {}
    yield (rng.normal(size=(2, 3)),), {"axis": 1, "keepdims": True, "weights": weights}
    yield (rng.normal(size=(2, 3)),), {"axis": 0, "weights": weights[:, 0], "returned": True}
    yield (rng.normal(size=(2, 3)),), {"weights": weights}
    yield (rng.normal(size=(3, 4, 2)),), {"axis": (2, 0), "weights": weights}


@composition(
    doc="Weighted mean over axes, and the sum of the weights if `returned`.",
    samples=_averaged, numpy=(np.average,),
)  # fmt: skip
def average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    a = tensor(a)
    axes = axes_of("average", axis, a.ndim)
    if weights is None:
        y = mean(a, axis=axes, keepdims=keepdims)
        total = np.full(tuple(y.shape), np.prod([a.shape[i] for i in axes], dtype=int), np_dtype(y))
        return (y, tensor(total)) if returned else y
    weights = _over_axes("average", weights, a, axis)
    total = sum_(broadcast_to(weights, shape=a.shape), axis=axes, keepdims=keepdims)
    text = "average: weights sum to zero, can't be normalized"
    total = insist(total, total != 0, error=ZeroDivisionError, text=text)
    y = sum_(a * weights, axis=axes, keepdims=keepdims) / total
    return (y, cast(total, dtype=y.dtype)) if returned else y


# ----------------------------------------------------------------------------------------- covariance
def _observations(op, m, y, rowvar, dtype):
    """Variables as rows."""
    m = tensor(m)
    if m.ndim > 2:
        raise ValueError(f"{op}: m must have 2 axes at most, not {m.ndim}")
    kind = np.result_type(np_dtype(m), np.float64) if dtype is None else dtype
    m = cast(m, dtype=kind)
    x = reshape(m, shape=(1, m.size)) if m.ndim < 2 else m
    x = transpose(x) if not rowvar and x.shape[0] != 1 and m.ndim == 2 else x
    if y is None:
        return x
    y = cast(as_numpy(y), dtype=kind)
    more = reshape(y, shape=(1, y.size)) if y.ndim < 2 else y
    more = transpose(more) if not rowvar and more.shape[0] != 1 else more
    return concat([x, more], axis=0)


def _frequencies(op, name, weights, count):
    weights = as_numpy(weights)
    if weights.ndim != 1 or weights.size != count:
        raise ValueError(f"{op}: {name} of shape {tuple(weights.shape)} for {count} observations")
    text = f"{op}: {name} must not be negative"
    return insist(weights, logical_not(weights < 0), error=ValueError, text=text)


def _varied(rng):
    yield (rng.normal(size=(3, 5)),), {}
    yield (rng.normal(size=6),), {}
    yield (rng.normal(size=(4, 2)),), {"rowvar": False}
    yield (rng.normal(size=4), rng.normal(size=4)), {}


def _weighed(rng):
    yield from _varied(rng)
    yield (rng.normal(size=(2, 5)),), {"bias": True}
    yield (rng.normal(size=(2, 4)),), {"ddof": 2, "fweights": np.array([1, 2, 1, 3])}
    yield (rng.normal(size=(2, 4)),), {"aweights": np.array([0.5, 2.0, 1.0, 0.25])}


@composition(doc="Covariance matrix of variables (rows).", samples=_weighed, numpy=(np.cov,))
def cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    x = _observations("cov", m, y, rowvar, dtype)
    ddof = (0 if bias else 1) if ddof is None else operator.index(ddof)
    count = x.shape[1]
    weights = None
    if fweights is not None:
        weights = _frequencies("cov", "fweights", fweights, count)
        if not weights.dtype.is_integer:
            text = "cov: fweights must be integers"
            weights = insist(weights, weights % 1 == 0, error=TypeError, text=text)
        weights = cast(weights, dtype=x.dtype)
    if aweights is not None:
        some = cast(_frequencies("cov", "aweights", aweights, count), dtype=x.dtype)
        weights = some if weights is None else weights * some
    if weights is None:
        centred = x - mean(x, axis=1, keepdims=True)
        weighted, freedom = centred, max(count - ddof, 0)
    else:
        total = sum_(weights)
        centred = x - sum_(x * weights, axis=1, keepdims=True) / total
        weighted = centred * weights
        if ddof == 0:
            freedom = total
        elif aweights is None:
            freedom = total - ddof
        else:
            freedom = total - ddof * sum_(weights * some) / total
    y = matmul(centred, conjugated(weighted), transpose_b=True) / freedom
    return reshape(y, shape=()) if y.size == 1 else y


@composition(
    doc="Correlation coefficients of variables (rows).", samples=_varied, numpy=(np.corrcoef,)
)
def corrcoef(x, y=None, rowvar=True, *, dtype=None):
    c = cov(x, y, rowvar, dtype=dtype)
    if not c.ndim:
        return c / c
    rows = np.arange(c.shape[0])
    variance = getitem(c, index=(rows, rows))
    deviation = sqrt(real(variance) if c.dtype.is_complex else variance)
    c = c / expand_dims(deviation, axis=1) / deviation
    return c if c.dtype.is_complex else clip(c, -1.0, 1.0)


# --------------------------------------------------------------------------------------------- counts
def _counts_metadata(avals, metadata):
    length = operator.index(metadata["minlength"])
    if length < 0:
        raise ValueError(f"bincount: minlength must not be negative, got {length}")
    if not length:
        sizing("bincount", "x", avals[-1], "say minlength=, above all that x can be")
    return {"minlength": length}


def _counted(x, weights, minlength):
    if x.ndim != 1:
        raise ValueError(f"bincount: x must have 1 axis, not {x.ndim}")
    if x.size and x.min() < 0:
        raise ValueError("bincount: x must not be negative")
    return np.bincount(x, weights, minlength)


@primitive(
    vjp=None, canonical=_counts_metadata,
    samples=lambda rng: [
        ((rng.integers(0, 5, size=n),), {"minlength": m}) for n, m in ((9, 0), (3, 7), (1, 1))],
    doc="How often each of the numbers 0, 1, 2, ... occurs in x.",
)  # fmt: skip
def counts(x, *, minlength=0):
    return _counted(x, None, minlength)


@primitive(
    vjp=(lambda ct, weights_aval, x: cast(gather(ct, x), dtype=weights_aval.dtype), None),
    jvp=lambda tangents, primals, y, **metadata: weighted_counts(tangents[0], primals[1], **metadata),
    canonical=_counts_metadata,
    samples=lambda rng: [
        ((rng.normal(size=n), rng.integers(0, 5, size=n)), {"minlength": m})
        for n, m in ((9, 0), (3, 7))],
    doc="Sums of the weights of each of the numbers 0, 1, 2, ... in x.",
)  # fmt: skip
def weighted_counts(weights, x, *, minlength=0):
    return _counted(x, weights, minlength)


@composition(
    doc="How often each of the numbers 0, 1, 2, ... occurs in x, or the sum of their weights.",
    samples=lambda rng: [
        ((np.array([0, 3, 1, 3]), rng.normal(size=4)), {}),
        ((np.array([1, 1]), rng.normal(size=2)), {"minlength": 5}),
        ((rng.integers(0, 5, size=7),), {})],
    numpy=(np.bincount,),
)  # fmt: skip
def bincount(x, weights=None, minlength=0):
    x = integer_tensor("bincount", "x", x)
    if weights is None:
        return counts(x, minlength=minlength)
    weights = cast(as_numpy(weights), dtype=np.float64)
    if tuple(weights.shape) != tuple(x.shape):
        raise ValueError(f"bincount: weights have shape {tuple(weights.shape)}, x {tuple(x.shape)}")
    return weighted_counts(weights, x, minlength=minlength)


def _bins(rng):
    yield (rng.integers(0, 9, size=20),), {"bins": 4}
    yield (rng.normal(size=(3, 5)),), {"bins": np.array([-1.0, 0.0, 0.5, 2.0])}
    yield (rng.normal(size=6),), {"bins": 3, "range": (-1.0, 1.0)}


def _binned_metadata(avals, metadata):
    if isinstance(metadata["bins"], str):
        sizing("histogram", "a", avals[0], "say how many bins")
    return metadata


@primitive(
    vjp=None, many=True, samples=_bins, canonical=_binned_metadata,
    doc="Counts of x in bins, and the edges of the bins.",
)  # fmt: skip
def binned(x, *, bins=10, range=None):
    return list(np.histogram(x, bins, range))


@primitive(
    vjp=(None, None),
    samples=lambda rng: [((rng.normal(size=(3, 5)), np.array([-1.0, 0.0, 0.5, 2.0])), {})],
    doc="Counts of x between edges.",
)  # fmt: skip
def between_edges(x, edges):
    return np.histogram(x, edges)[0]


@composition(
    doc="Counts of a in bins, their share per width if density, or sums of weights; and the edges.",
    samples=lambda rng: [
        *_bins(rng), ((rng.integers(0, 9, size=9),), {"bins": 3, "density": True}),
        ((rng.integers(0, 9, size=12),), {"bins": "sturges"})],
    numpy=(np.histogram,),
)  # fmt: skip
def histogram(a, bins=10, range=None, density=None, weights=None):
    a = tensor(a)
    if isinstance(bins, str) or not _has_axis(bins):
        found, edges = binned(a, bins=bins, range=range)
    else:
        edges = as_numpy(bins)
        found = between_edges(a, edges)
    if weights is not None:
        weights = as_numpy(weights)
        if tuple(weights.shape) != tuple(a.shape):
            raise ValueError("histogram: weights must have the shape of a")
        found = _binned_weights([reshape(a, shape=(-1, 1)), edges], weights, (edges.size - 1,))
    if not density:
        return found, edges
    return found / _widths(edges) / sum_(found), edges


def _has_axis(bins):
    """True for edges, False for a number of bins."""
    return bool(getattr(bins, "ndim", hasattr(bins, "__iter__")))


def _widths(edges):
    return getitem(edges, index=slice(1, None)) - getitem(edges, index=slice(None, -1))


@primitive(
    vjp=None, variadic=True,
    samples=lambda rng: [
        (([rng.normal(size=(6, 2)), np.array([-1.0, 0.0, 2.0]), np.array([-9.0, 0.0, 9.0])],), {})],
    doc="The number of the box, between edges along each axis, that a point (row) lies in; -1 outside.",
)  # fmt: skip
def box_of(points):
    points, *edges = points
    shape = tuple(edge.size - 1 for edge in edges)
    places = [_bins_of(x, edge) for x, edge in zip(points.T, edges, strict=True)]
    inside = np.logical_and.reduce(
        [(at >= 0) & (at < n) for at, n in zip(places, shape, strict=True)]
    )
    box = np.full(len(points), -1)
    box[inside] = np.ravel_multi_index([at[inside] for at in places], shape)
    return box


def _bins_of(x, edges):
    """The bin of each number, -1 or the number of bins outside; the last bin has both its edges."""
    n = edges.size - 1
    at = np.searchsorted(edges, x, "right") - 1
    return np.where(x == edges[-1], n - 1, at)


def _binned_weights(points_and_edges, weights, shape):
    """Sums of weights per box."""
    n = int(np.prod(shape))
    flat = reshape(weights, shape=(-1,))
    total = ungather(flat, box_of(points_and_edges), shape=(n + 1,), axis=0, batch_dims=0)
    return reshape(getitem(total, index=slice(0, n)), shape=shape)  # without what is outside, -1


def _clouds(rng):
    for n, options in (
        (9, {}),
        (20, {"bins": (2, [-3.0, 0.0, 1.0, 4.0]), "density": True}),
        (9, {"bins": 4, "range": [(-2, 2), (0, 4)], "weights": rng.uniform(0.5, 2, size=9)}),
        (6, {"bins": (3, 2), "weights": rng.uniform(0.5, 2, size=6), "density": True}),
    ):
        yield rng.integers(-4, 5, size=(n, 2)), options


@composition(
    doc="Counts of points (rows) in boxes, their density, or sums of weights; and the edges.",
    samples=lambda rng: [((points,), options) for points, options in _clouds(rng)],
    numpy=(np.histogramdd,),
)  # fmt: skip
def histogramdd(sample, bins=10, range=None, density=None, weights=None):
    if isinstance(sample, (list, tuple)):
        sample = stack([tensor(x) for x in sample], axis=-1)
    points = tensor(sample)
    points = reshape(points, shape=(points.size, 1)) if points.ndim == 1 else points
    sides = list(bins) if hasattr(bins, "__len__") else [bins] * points.shape[-1]
    given = {k: as_numpy(one) for k, one in enumerate(sides) if _has_axis(one)}
    sides = tuple(None if k in given else operator.index(one) for k, one in enumerate(sides))
    found, *edges = boxes([points, *given.values()], bins=sides, range=range)
    if weights is not None:
        weights = cast(as_numpy(weights), dtype=np.float64)
        if tuple(weights.shape) != (points.shape[0],):
            raise ValueError(
                f"histogramdd: weights of shape {tuple(weights.shape)} for {points.shape[0]} points"
            )
        found = _binned_weights([points, *edges], weights, tuple(found.shape))
    if density:
        area = 1.0
        for k, edge in enumerate(edges):
            shape = [-1 if i == k else 1 for i in np.arange(len(edges))]
            area = area * reshape(_widths(edge), shape=shape)
        found = found / (sum_(found) * area)
    return found, tuple(edges)


@primitive(
    vjp=None, variadic=True, many=True,
    samples=lambda rng: [
        (([rng.normal(size=(9, 2))],), {"bins": (3, 2)}),
        (([rng.normal(size=(9, 2)), np.array([-1.0, 0.0, 2.0])],), {"bins": (None, 4)})],
    doc="Counts of points (rows) in boxes, and the edges along each axis: those given, or of so many bins.",
)  # fmt: skip
def boxes(points, *, bins, range=None):
    points, *given = points
    given = iter(given)
    found, edges = np.histogramdd(points, [next(given) if n is None else n for n in bins], range)
    return [found, *edges]


@composition(
    doc="Counts of points (x, y) in rectangles, their density, or sums of weights; and the edges.",
    samples=lambda rng: [((*points.T,), options) for points, options in _clouds(rng)],
    numpy=(np.histogram2d,),
)  # fmt: skip
def histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    if hasattr(bins, "__len__") and len(bins) not in (1, 2):  # the edges of both
        bins = [bins, bins]
    found, edges = histogramdd([x, y], bins, range, density, weights)
    return found, *edges
