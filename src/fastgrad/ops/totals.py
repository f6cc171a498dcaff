"""NumPy's reductions with arguments that the rows lack: `ddof`, `initial`, `where`, `dtype`; without NaN.

The rows in `reductions` have the arguments that TensorFlow and NumPy share. What NumPy adds is made of
them: elements that `where` leaves out are replaced by what changes nothing.
"""

import numpy as np

from .._rules import composition
from ._metadata import axes_of, axis_of, check_real
from ._operands import beside, no_out, np_dtype, tensor
from .arranging import ravel
from .elementwise import hypot, isnan, logical_and, logical_not, maximum, minimum, sqrt
from .elementwise import where as select
from .norms import euclidean_norm
from .reductions import (
    _full,
    all_,
    argmax,
    argmin,
    cumsum,
    max_,
    min_,
    present_max,
    present_min,
    prod,
    std,
    sum_,
    var,
)
from .scans import cumprod
from .scattering import insist
from .shaping import broadcast_to, cast, concat, imag, real


def _prepared(op, a, dtype, out):
    no_out(op, out)
    a = tensor(a)
    return a if dtype is None else cast(a, dtype=dtype)


def _everything(where):
    return where is True or where is None


def _only(a, where, fill):
    """a with `fill` where the condition does not hold."""
    return a if _everything(where) else select(where, a, fill)


def _counted(shape, axis, keepdims, where):
    """How many elements of an array of a shape are reduced: a number, or one for each result."""
    axes = axes_of("count", axis, len(shape))
    if _everything(where):
        return int(np.prod([shape[i] for i in axes], dtype=int))
    return count_nonzero(broadcast_to(where, shape=shape), axis=axes, keepdims=keepdims)


def _masked(rng):
    yield from _full(rng)
    mask = np.array([[True, False, True], [True, True, True]])
    x = rng.normal(size=(2, 3))
    yield (x,), {"axis": 1, "where": mask}
    yield (x,), {"where": mask, "keepdims": True}
    yield (x,), {"axis": 0, "dtype": np.float64, "ddof": 1}
    yield (x,), {"axis": 1, "where": mask, "ddof": 1}
    yield (x,), {"axis": 1, "mean": x.mean(axis=1, keepdims=True)}


# ---------------------------------------------------------------------------------- sums and products
def _sum(op, a, axis, dtype, out, keepdims, initial, where):
    y = sum_(_only(_prepared(op, a, dtype, out), where, 0), axis=axis, keepdims=keepdims)
    return y if initial is None else y + initial


def _prod(op, a, axis, dtype, out, keepdims, initial, where):
    y = prod(_only(_prepared(op, a, dtype, out), where, 1), axis=axis, keepdims=keepdims)
    return y if initial is None else y * initial


def _floating(a):
    return a if a.dtype.is_floating or a.dtype.is_complex else cast(a, dtype=np.float64)


def _masked_mean(a, axis, keepdims, where):
    a = _floating(a)
    total = sum_(_only(a, where, 0), axis=axis, keepdims=keepdims)
    return total / cast(_counted(a.shape, axis, keepdims, where), dtype=np_dtype(a))


# ------------------------------------------------------------------------------------------- variance
def _degrees(ddof, correction):
    if correction is None:
        return ddof
    if ddof != 0:
        raise ValueError("var, std: ddof and correction are the same thing: give one of them")
    return correction


def _spread(count, ddof):
    """count - ddof, not below 0, to divide by."""
    if isinstance(count, int):
        return np.maximum(float(count) - ddof, 0)
    return maximum(cast(count, dtype=np.float64) - ddof, 0)


def _masked_deviations(a, axis, where, mean):
    centre = _masked_mean(a, axis, True, where) if mean is None else beside(mean, a)
    return _only(a - centre, where, 0)


def _parts(function, a, mean, **options):
    """A statistic of the real and of the imaginary parts."""
    means = (None, None) if mean is None else (real(beside(mean, a)), imag(beside(mean, a)))
    return [
        function(part(a), mean=m, **options) for part, m in zip((real, imag), means, strict=True)
    ]


@composition(doc="Variance over axes.", samples=_masked, numpy=(np.var,))
def np_var(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None,
           correction=None):  # fmt: skip
    a, ddof = _floating(_prepared("var", a, dtype, out)), _degrees(ddof, correction)
    if a.dtype.is_complex:
        parts = _parts(np_var, a, mean, axis=axis, ddof=ddof, keepdims=keepdims, where=where)
        return parts[0] + parts[1]
    count = _counted(a.shape, axis, keepdims, where)
    if _everything(where) and mean is None:
        y = var(a, axis=axis, keepdims=keepdims)
        with np.errstate(all="ignore"):
            return y if ddof == 0 else y * float(count / _spread(count, ddof))
    d = _masked_deviations(a, axis, where, mean)
    return sum_(d * d, axis=axis, keepdims=keepdims) / cast(_spread(count, ddof), dtype=np_dtype(a))


@composition(doc="Standard deviation over axes.", samples=_masked, numpy=(np.std,), scaled=True)
def np_std(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None,
           correction=None):  # fmt: skip
    a, ddof = _floating(_prepared("std", a, dtype, out)), _degrees(ddof, correction)
    if a.dtype.is_complex:
        return hypot(*_parts(np_std, a, mean, axis=axis, ddof=ddof, keepdims=keepdims, where=where))
    count = _counted(a.shape, axis, keepdims, where)
    if _everything(where) and mean is None:
        y = std(a, axis=axis, keepdims=keepdims)
        with np.errstate(all="ignore"):
            return y if ddof == 0 else y * float(np.sqrt(count / _spread(count, ddof)))
    d = _masked_deviations(a, axis, where, mean)
    root = cast(sqrt(_spread(count, ddof)), dtype=np_dtype(a))
    return euclidean_norm(d, axis=axis, keepdims=keepdims) / root


# ------------------------------------------------------------------------------------------- extremes
def _lowest(dtype):
    return -np.inf if dtype.kind == "f" else False if dtype.kind == "b" else np.iinfo(dtype).min


def _highest(dtype):
    return np.inf if dtype.kind == "f" else True if dtype.kind == "b" else np.iinfo(dtype).max


def _extreme(op, reduce, combine, edge, a, axis, out, keepdims, initial, where):
    no_out(op, out)
    a = tensor(a)
    if not _everything(where) and initial is None:
        raise ValueError(f"{op}: where= needs initial=, the result where nothing is left")
    if initial is None:
        return reduce(a, axis=axis, keepdims=keepdims)
    fill = np.full((), edge(np_dtype(a)), np_dtype(a))
    a = _only(a, where, fill)
    if 0 in a.shape:
        axes = axes_of(op, axis, a.ndim)
        shape = [1 if i in axes else n for i, n in enumerate(a.shape)]
        shape = shape if keepdims else [n for i, n in enumerate(a.shape) if i not in axes]
        return combine(np.full(shape, fill), initial)
    return combine(reduce(a, axis=axis, keepdims=keepdims), initial)


@composition(
    doc="Largest minus smallest element over axes.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"axis": axis, "keepdims": keep})
        for shape, axis, keep in (((5,), None, False), ((2, 3), 1, True), ((2, 3), (0, 1), False))],
    numpy=(np.ptp,),
)  # fmt: skip
def ptp(a, axis=None, out=None, keepdims=False):
    no_out("ptp", out)
    a = tensor(a)
    return max_(a, axis=axis, keepdims=keepdims) - min_(a, axis=axis, keepdims=keepdims)


# ------------------------------------------------------------------------------------------- counting
def _conditions(rng):
    yield (np.round(rng.normal(size=(3, 4))),), {}
    yield (rng.random((2, 3)) < 0.5,), {"axis": 1}
    yield (rng.random(5) < 0.5,), {"keepdims": True}


@composition(
    doc="How many elements over axes are not zero.", samples=_conditions, numpy=(np.count_nonzero,)
)
def count_nonzero(a, axis=None, *, keepdims=False):
    return sum_(cast(tensor(a) != 0, dtype=np.int64), axis=axis, keepdims=keepdims)


# -------------------------------------------------------------------------------------------- running
def _running(rng):
    for shape, axis in (((5,), None), ((2, 3), None), ((2, 3), 1), ((3, 2), 0), ((0,), 0)):
        yield (rng.normal(size=shape),), {"axis": axis}


def _scan(op, row, a, axis, dtype, out):
    a = _prepared(op, a, dtype, out)
    if dtype is None and np_dtype(a).kind == "b":
        a = cast(a, dtype=np.int64)
    return row(ravel(a), axis=0) if axis is None else row(a, axis=axis)


@composition(
    doc="Running sum along an axis, or over all of a.", samples=_running, numpy=(np.cumsum,)
)
def np_cumsum(a, axis=None, dtype=None, out=None):
    return _scan("cumsum", cumsum, a, axis, dtype, out)


@composition(
    doc="Running product along an axis, or over all of a.", samples=_running, numpy=(np.cumprod,)
)
def np_cumprod(a, axis=None, dtype=None, out=None):
    return _scan("cumprod", cumprod, a, axis, dtype, out)


def _cumulative(op, row, start, x, axis, dtype, out, include_initial):
    x = tensor(x)
    if axis is None:
        if x.ndim > 1:
            raise ValueError(f"{op}: x has {x.ndim} axes: say which axis")
        axis = 0
    axis = axis_of(op, axis, x.ndim)
    y = _scan(op, row, x, axis, dtype, out)
    if include_initial:
        first = [1 if i == axis else n for i, n in enumerate(y.shape)]
        y = concat([np.full(first, start, np_dtype(y)), y], axis=axis)
    return y


def _included(rng):
    yield (rng.normal(size=4),), {"include_initial": True}
    yield (rng.normal(size=(2, 3)),), {"axis": -1}
    yield (rng.normal(size=(2, 3)),), {"axis": 0, "include_initial": True}


@composition(
    doc="Running sum along an axis, with a 0 in front if include_initial.", samples=_included,
    numpy=(np.cumulative_sum,),
)  # fmt: skip
def cumulative_sum(x, *, axis=None, dtype=None, out=None, include_initial=False):
    return _cumulative("cumulative_sum", cumsum, 0, x, axis, dtype, out, include_initial)


@composition(
    doc="Running product along an axis, with a 1 in front if include_initial.", samples=_included,
    numpy=(np.cumulative_prod,),
)  # fmt: skip
def cumulative_prod(x, *, axis=None, dtype=None, out=None, include_initial=False):
    return _cumulative("cumulative_prod", cumprod, 1, x, axis, dtype, out, include_initial)


# -------------------------------------------------------------------------------------------- no NaN
def _holed(rng, *options):
    x = rng.normal(size=(3, 4))
    x[0, 1] = x[2, 0] = np.nan
    yield (x,), {}
    yield (x,), {"axis": 1}
    yield (x,), {"axis": 0, "keepdims": True}
    yield (rng.normal(size=5),), {}
    yield (x,), {"axis": (0, 1)}
    for option in options:
        yield (x,), option


def _no_nan(a, fill):
    return select(isnan(a), np.full((), fill, np_dtype(a)), a)


def _present(a, where):
    """Which elements count: those that are not NaN and that `where` leaves in."""
    there = logical_not(isnan(a))
    return there if _everything(where) else logical_and(there, where)


@composition(doc="Sum over axes, NaN as 0.", samples=_holed, numpy=(np.nansum,))
def nansum(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return _sum("nansum", _no_nan(tensor(a), 0), axis, dtype, out, keepdims, initial, where)


@composition(doc="Product over axes, NaN as 1.", samples=_holed, numpy=(np.nanprod,))
def nanprod(a, axis=None, dtype=None, out=None, keepdims=False, initial=None, where=True):
    return _prod("nanprod", _no_nan(tensor(a), 1), axis, dtype, out, keepdims, initial, where)


@composition(doc="Running sum, NaN as 0.", samples=_running, numpy=(np.nancumsum,))
def nancumsum(a, axis=None, dtype=None, out=None):
    return np_cumsum(_no_nan(tensor(a), 0), axis, dtype, out)


@composition(doc="Running product, NaN as 1.", samples=_running, numpy=(np.nancumprod,))
def nancumprod(a, axis=None, dtype=None, out=None):
    return np_cumprod(_no_nan(tensor(a), 1), axis, dtype, out)


@composition(doc="Mean over axes of what is not NaN.", samples=_holed, numpy=(np.nanmean,))
def nanmean(a, axis=None, dtype=None, out=None, keepdims=False, *, where=True):
    a = _prepared("nanmean", a, dtype, out)
    return _masked_mean(a, axis, keepdims, _present(a, where))


@composition(doc="Variance over axes of what is not NaN.", samples=_holed, numpy=(np.nanvar,))
def nanvar(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None,
           correction=None):  # fmt: skip
    a = _prepared("nanvar", a, dtype, out)
    return np_var(a, axis, None, None, ddof, keepdims, where=_present(a, where), mean=mean,
                  correction=correction)  # fmt: skip


@composition(
    doc="Standard deviation over axes of what is not NaN.", samples=_holed, numpy=(np.nanstd,),
    scaled=True,
)  # fmt: skip
def nanstd(a, axis=None, dtype=None, out=None, ddof=0, keepdims=False, *, where=True, mean=None,
           correction=None):  # fmt: skip
    a = _prepared("nanstd", a, dtype, out)
    return np_std(a, axis, None, None, ddof, keepdims, where=_present(a, where), mean=mean,
                  correction=correction)  # fmt: skip


def _nan_extreme(op, skipping, reduce, combine, edge, a, axis, out, keepdims, initial, where):
    a = tensor(a)
    check_real(op, a)
    if not a.dtype.is_floating:
        return _extreme(op, reduce, combine, edge, a, axis, out, keepdims, initial, where)
    if initial is None and _everything(where):
        no_out(op, out)
        return skipping(a, axis=axis, keepdims=keepdims)
    filled = _no_nan(a, edge(np_dtype(a)))
    y = _extreme(op, reduce, combine, edge, filled, axis, out, keepdims, initial, where)
    return y  # there is an initial value


@composition(
    doc="Largest element over axes that is not NaN; NaN where there is none.", samples=_holed,
    numpy=(np.nanmax,),
)  # fmt: skip
def nanmax(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return _nan_extreme(
        "nanmax", present_max, max_, maximum, _lowest, a, axis, out, keepdims, initial, where
    )


@composition(
    doc="Smallest element over axes that is not NaN; NaN where there is none.", samples=_holed,
    numpy=(np.nanmin,),
)  # fmt: skip
def nanmin(a, axis=None, out=None, keepdims=False, initial=None, where=True):
    return _nan_extreme(
        "nanmin", present_min, min_, minimum, _highest, a, axis, out, keepdims, initial, where
    )


def _nan_search(op, row, edge, a, axis, out, keepdims):
    no_out(op, out)
    a = tensor(a)
    if not a.dtype.is_floating:
        return row(a, axis=axis, keepdims=keepdims)
    there = logical_not(all_(isnan(a), axis=axis, keepdims=keepdims))
    found = row(_no_nan(a, edge(np_dtype(a))), axis=axis, keepdims=keepdims)
    return insist(found, there, error=ValueError, text=f"{op}: All-NaN slice encountered")


def _searched_holes(rng):
    x = rng.normal(size=(3, 4))
    x[0, 1] = x[2, 0] = np.nan
    yield (x,), {}
    yield (x,), {"axis": 1}
    yield (rng.normal(size=3),), {"axis": 0, "keepdims": True}


@composition(
    doc="Position of the first largest element that is not NaN.", samples=_searched_holes,
    numpy=(np.nanargmax,),
)  # fmt: skip
def nanargmax(a, axis=None, out=None, *, keepdims=False):
    return _nan_search("nanargmax", argmax, _lowest, a, axis, out, keepdims)


@composition(
    doc="Position of the first smallest element that is not NaN.", samples=_searched_holes,
    numpy=(np.nanargmin,),
)  # fmt: skip
def nanargmin(a, axis=None, out=None, *, keepdims=False):
    return _nan_search("nanargmin", argmin, _highest, a, axis, out, keepdims)
