"""Order: sorting, searching, sets, and elements by their rank.

`sort` moves elements, and its gradient goes where they came from (in order, if equal). A statistic by
rank (`kth`: median, quantiles) is no matter of one element: equal ones share its gradient.
"""

import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, check_integers, check_real
from ._operands import sized_by, sizing, tensor
from .arranging import as_ints, ravel
from .indexing import gather, getitem, update_at
from .scattering import along, take_along_axis, unalong
from .shaping import cast, reshape


def _one_axis(op):
    """Canonical metadata of a row along one axis."""
    return lambda avals, metadata: {
        **metadata,
        "axis": axis_of(op, metadata["axis"], avals[0].ndim),
    }


def _order(x, axis):
    """Positions that sort x stably: without equal numbers any sort gives these, the quickest too."""
    if x.dtype.kind == "f" and x.ndim == 1 and x.size > 1000:
        order = np.argsort(x)
        s = x[order]
        if (s[1:] > s[:-1]).all():
            return order
    return np.argsort(x, axis=axis, kind="stable")


def _rows(rng):
    yield (rng.normal(size=5),), {}
    yield (rng.normal(size=(3, 4)),), {"axis": 0}
    yield (rng.normal(size=(2, 3, 2)),), {"axis": 1}
    yield (rng.normal(size=(2, 1)),), {}
    yield (rng.normal(size=(0, 2)),), {"axis": 0}


# --------------------------------------------------------------------------------------------- sort
@primitive(
    vjp=None, canonical=_one_axis("argsort"), samples=_rows,
    doc="Positions that sort x along an axis, NaN last; if stable, equal elements keep their order.",
)  # fmt: skip
def argsort(x, *, axis=-1, stable=True):
    return _order(x, axis) if stable else np.argsort(x, axis=axis)


@primitive(
    vjp=None, canonical=_one_axis("rank_of"), samples=_rows,
    doc="The place of each element of x in rising order along an axis: the inverse of argsort.",
)  # fmt: skip
def rank_of(x, *, axis=-1):
    ranks = np.empty(x.shape, np.intp)
    places = np.arange(x.shape[axis]).reshape((-1,) + (1,) * (x.ndim - axis - 1))
    np.put_along_axis(ranks, _order(x, axis), places, axis)
    return ranks


@primitive(
    vjp=lambda ct, x, axis: unalong(
        ct, argsort(x, axis=axis), shape=tuple(x.shape), axis=axis),
    jvp=lambda tangents, primals, y, axis: along(
        tangents[0], argsort(primals[0], axis=axis), axis=axis),
    canonical=_one_axis("sort"), samples=_rows,
    doc="x in rising order along an axis, NaN last.",
)  # fmt: skip
def sort(x, *, axis=-1):
    return np.sort(x, axis=axis)


def _axis_or_flat(a, axis):
    a = tensor(a)
    return (ravel(a), 0) if axis is None else (a, axis)


def _no_order(op, order):
    if order is not None:
        raise ValueError(f"{op}: order= is for arrays with fields, and a Tensor has none")


@composition(doc="a in rising order along an axis.", samples=_rows, numpy=(np.sort,))
def sort_along(a, axis=-1, kind=None, order=None, *, stable=None):
    _no_order("sort", order)
    a, axis = _axis_or_flat(a, axis)
    return sort(a, axis=axis)


@composition(
    doc="a, made complex, in rising order along the last axis: by real parts, then imaginary ones.",
    samples=lambda rng: [(x, {}) for x, _ in _rows(rng)], numpy=(np.sort_complex,),
)  # fmt: skip
def sort_complex(a):
    a = sort(tensor(a))
    small = a.dtype.name in ("int8", "int16", "uint8", "uint16", "complex64")
    return cast(a, dtype=np.complex64 if small else np.complex128)


@composition(
    doc="Positions that sort a along an axis; equal elements keep their order if `stable`.",
    samples=_rows, numpy=(np.argsort,),
)  # fmt: skip
def argsort_along(a, axis=-1, kind=None, order=None, *, stable=None):
    _no_order("argsort", order)
    a, axis = _axis_or_flat(a, axis)
    return argsort(a, axis=axis, stable=bool(stable) or kind in ("stable", "mergesort"))


@primitive(
    vjp=None,
    canonical=lambda avals, metadata: {
        "kth": as_ints("argpartition", "kth", metadata["kth"]),
        "axis": axis_of("argpartition", metadata["axis"], avals[0].ndim)},
    samples=lambda rng: [
        ((rng.normal(size=(7,)),), {"kth": 3}), ((rng.normal(size=(3, 5)),), {"kth": (1, -1), "axis": 0}),
        ((rng.normal(size=(2, 4)),), {"kth": 0})],
    numpy=(np.argpartition,),
    doc="Positions that put the kth elements where they belong in order, smaller ones before.",
)  # fmt: skip
def argpartition(x, *, kth, axis=-1):
    return np.argpartition(x, kth, axis)


@composition(
    doc="a with its kth elements where they belong in order, smaller ones before them.",
    samples=lambda rng: [
        ((rng.permutation(5.0 * np.arange(3.0)),), {"kth": 1}),
        ((rng.normal(size=(2, 2)),), {"kth": 0, "axis": 0}), ((rng.normal(size=2),), {"kth": (0, 1)})],
    numpy=(np.partition,),
)  # fmt: skip
def partition(a, kth, axis=-1, kind="introselect", order=None):
    _no_order("partition", order)
    a, axis = _axis_or_flat(a, axis)
    return take_along_axis(a, argpartition(a, kth=kth, axis=axis), axis)


@primitive(
    vjp=None, canonical=lambda avals, metadata: {"k": _top_count(avals[0], metadata["k"])},
    samples=lambda rng: [
        ((rng.normal(size=(6,)),), {"k": 3}), ((rng.integers(0, 3, size=(2, 5)),), {"k": 4}),
        ((rng.normal(size=(2, 3)),), {"k": 0})],
    doc="Positions of the k largest along the last axis, the largest first, the earlier of equals.",
)  # fmt: skip
def argtop_k(x, *, k=1):
    if x.dtype.kind == "b":
        x = x.astype(np.int8)
    descending = -x if x.dtype.kind == "f" else np.invert(x) if x.dtype.kind in "iu" else None
    if descending is None:
        raise TypeError(f"top_k: {x.dtype} has no order")
    # NumPy sorts NaN last: it comes first here, as the largest.
    if x.dtype.kind == "f":
        descending = np.where(np.isnan(x), -np.inf, descending)
    return np.argsort(descending, axis=-1, kind="stable")[..., :k]


def _top_count(x, k):
    if not x.ndim:
        raise ValueError("top_k: x must have an axis")
    k = operator.index(k)
    if not 0 <= k <= x.shape[-1]:
        raise ValueError(f"top_k: k={k} of the {x.shape[-1]} elements along the last axis")
    return k


@composition(
    doc="The k largest along the last axis, the largest first, and their positions.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"k": k})
        for shape, k in (((6,), 3), ((2, 5), 1), ((2, 3), 3), ((3,), 0))],
)  # fmt: skip
def top_k(x, k=1):
    x = tensor(x)
    order = argtop_k(x, k=k)
    return take_along_axis(x, order, -1), order


@primitive(
    vjp=None, canonical=_one_axis("lexsort"), promotes=True, variadic=True,
    samples=lambda rng: [
        (([rng.integers(0, 3, size=6), rng.integers(0, 2, size=6)],), {}),
        (([rng.normal(size=(2, 4)), rng.integers(0, 2, size=(2, 4))],), {"axis": 0})],
    doc="Positions that sort by several keys, the last key first.",
)  # fmt: skip
def lexsort(keys, *, axis=-1):
    return np.lexsort(keys, axis)


@composition(
    doc="Positions that sort by several keys, the last key first.",
    samples=lambda rng: [
        (([rng.integers(0, 3, size=n), rng.integers(0, 2, size=n)],), {}) for n in (6, 1, 0)],
    numpy=(np.lexsort,),
)  # fmt: skip
def np_lexsort(keys, axis=-1):
    return lexsort(list(keys), axis=axis)


# ------------------------------------------------------------------------------------------ by rank
def _runs(x, k):
    """How the rows of x fall into runs of equal elements.

    Gives the order that sorts each row, where runs start in the sorted elements (flat), the run of
    each of these, the run of each rank in k, and how long the runs are.
    """
    order = _order(x, -1)
    s = np.take_along_axis(x, order, -1)
    new = np.ones(x.shape, bool)
    new[..., 1:] = (s[..., 1:] != s[..., :-1]) & ~(np.isnan(s[..., 1:]) & np.isnan(s[..., :-1]))
    run = np.cumsum(new).reshape(x.shape) - 1
    starts = np.flatnonzero(new)
    k = np.broadcast_to(k, (*x.shape[:-1], k.shape[-1]))
    return order, starts, run, np.take_along_axis(run, k, -1), np.diff(starts, append=x.size)


FEW = 8  # ranks up to which looking for each in turn beats sorting


def _hits(x, k):
    """For each of a few ranks: which elements of x equal that one, and how many."""
    values = kth.forward(x, k)
    for i in range(k.shape[-1]):
        value = values[..., i : i + 1]
        hit = (x == value) | (np.isnan(x) & np.isnan(value))
        yield i, hit, np.count_nonzero(hit, axis=-1, keepdims=True)


def _wide(t):
    return t.astype(np.float32) if t.dtype == np.float16 else t


def _kth_checks(avals, metadata):
    x, k = avals[:2]
    check_real("kth", x)
    check_integers("kth", "k", k)
    if not x.ndim or not k.ndim:
        raise ValueError("kth: x and k must have an axis")
    return metadata


def _real_ranks(avals, metadata):
    check_real("kth", avals[1])
    return metadata


def _ranks(rng):
    yield (rng.normal(size=7), np.array([0, 3, 6])), {}
    yield (rng.normal(size=(3, 5)), np.array([2])), {}
    yield (rng.normal(size=(2, 4)), rng.integers(0, 4, size=(2, 3))), {}
    yield (rng.normal(size=(2, 1)), np.array([0, 0])), {}
    yield (rng.normal(size=(2, 12)), np.array([3, 0, 11, 3, 5, 6, 7, 8, 9])), {}


def _ranks_of(rng):
    """Samples of the rows over (values, x, k), with runs of equal elements."""
    for (x, k), _ in _ranks(rng):
        yield x, np.round(x), k


@primitive(
    vjp=(lambda ct, x, k: tied_spread(ct, x, k), None),
    jvp=lambda tangents, primals, y: tied_mean(tangents[0], *primals),
    canonical=_kth_checks, samples=_ranks,
    doc="Elements of x by their rank k in each row (last axis); equal ones share the gradient.",
)  # fmt: skip
def kth(x, k):
    ranks = k.reshape(-1, k.shape[-1])
    if 0 < k.shape[-1] < FEW and k.size and (len(ranks) == 1 or (ranks == ranks[:1]).all()):
        return np.partition(x, sorted({*ranks[0].tolist()}), axis=-1)[..., ranks[0]]
    s = np.sort(x, axis=-1)
    k = k.reshape((1,) * (x.ndim - k.ndim) + k.shape)
    return np.take_along_axis(s, k, -1)


@primitive(
    vjp=(lambda ct, x, k: tied_mean(ct, x, k), None, None),
    jvp=lambda tangents, primals, y: tied_spread(tangents[0], *primals[1:]), canonical=_real_ranks,
    samples=lambda rng: [
        ((rng.normal(size=(*x.shape[:-1], k.shape[-1])), x, k), {}) for x, k in
        ((x, k) for _, x, k in _ranks_of(rng))],
    doc="t spread evenly over the elements of x that equal the one of rank k: transpose of kth.",
)  # fmt: skip
def tied_spread(t, x, k):
    if k.shape[-1] < FEW:
        y = np.zeros(x.shape, t.dtype)
        for i, hit, count in _hits(x, k):
            y += hit * (_wide(t[..., i : i + 1]) / count).astype(t.dtype)
        return y
    order, starts, run, run_of_k, lengths = _runs(x, k)
    totals = np.zeros(starts.size, _wide(t).dtype)
    update_at(np.add, totals, run_of_k, t)
    y = np.empty(x.shape, t.dtype)
    np.put_along_axis(y, order, (totals / lengths)[run].astype(t.dtype), -1)
    return y


@primitive(
    vjp=(lambda ct, x, k: tied_spread(ct, x, k), None, None),
    jvp=lambda tangents, primals, y: tied_mean(tangents[0], *primals[1:]), canonical=_real_ranks,
    samples=lambda rng: [((rng.normal(size=x.shape), x, k), {}) for _, x, k in _ranks_of(rng)],
    doc="Mean of t over the elements of x that equal the one of rank k: the tangent of kth.",
)  # fmt: skip
def tied_mean(t, x, k):
    if k.shape[-1] < FEW:
        y = np.empty((*x.shape[:-1], k.shape[-1]), t.dtype)
        for i, hit, count in _hits(x, k):
            total = np.add.reduce(_wide(t), axis=-1, keepdims=True, where=hit)
            y[..., i : i + 1] = total / count
        return y
    order, starts, _, run_of_k, lengths = _runs(x, k)
    moved = _wide(np.take_along_axis(t, order, -1)).reshape(-1)
    means = np.add.reduceat(moved, starts) / lengths if starts.size else moved
    return means[run_of_k].astype(t.dtype)


# ------------------------------------------------------------------------------------------- search
def _side(op, side):
    if side not in ("left", "right"):
        raise ValueError(f"{op}: side must be 'left' or 'right', not {side!r}")


@primitive(
    vjp=(None, None),
    canonical=lambda avals, metadata: _side("searchsorted", metadata["side"]) or metadata,
    samples=lambda rng: [
        ((np.sort(rng.normal(size=5)), rng.normal(size=shape)), {"side": side})
        for shape, side in (((), "left"), ((4,), "right"), ((2, 3), "left"))]
        + [((np.arange(4.0), np.arange(-1.0, 6.0)), {"side": "right"})],
    promotes=True,
    doc="Where v belongs in a, which is sorted: before equal elements, or after them.",
)  # fmt: skip
def searchsorted(a, v, *, side="left"):
    if a.ndim == 1:
        return np.searchsorted(a, v, side)
    if a.shape[:-1] != v.shape[:-1]:
        raise ValueError(f"shapes {a.shape} and {v.shape} differ before the last axis")
    rows = [np.searchsorted(one, each, side) for one, each in zip(
        a.reshape(-1, a.shape[-1]), v.reshape(-1, v.shape[-1]), strict=True)]  # fmt: skip
    return np.array(rows, np.intp).reshape(v.shape)


@composition(
    doc="Where v belongs in a, which is sorted or which `sorter` sorts.",
    samples=lambda rng: [
        ((np.sort(rng.normal(size=5)), rng.normal(size=shape)), {"side": side})
        for shape, side in (((), "left"), ((4,), "right"))],
    numpy=(np.searchsorted,),
)  # fmt: skip
def np_searchsorted(a, v, side="left", sorter=None):
    a = tensor(a)
    if a.ndim != 1:
        raise ValueError(f"searchsorted: a must have 1 axis, not {a.ndim}")
    a = a if sorter is None else gather(a, sorter)
    return searchsorted(a, v, side=side)


@composition(
    doc="The bin of each element of x: how many of the edges lie below it.",
    samples=lambda rng: [
        ((rng.normal(size=shape), np.sort(rng.normal(size=4))[::step]), {"right": right})
        for shape, step, right in (((5,), 1, False), ((2, 3), 1, True), ((3,), -1, False))],
    numpy=(np.digitize,),
)  # fmt: skip
def digitize(x, bins, right=False):
    return bin_of(tensor(x), bins, right=bool(right))


@primitive(
    vjp=(None, None), promotes=True,
    samples=lambda rng: [
        ((rng.normal(size=4), np.sort(rng.normal(size=3))[::step]), {"right": right})
        for step in (1, -1) for right in (False, True)],
    doc="The bin of each element of x between edges that rise or fall.",
)  # fmt: skip
def bin_of(x, bins, *, right=False):
    if bins.ndim != 1:
        raise ValueError(f"digitize: bins must have 1 axis, not {bins.ndim}")
    if not ((bins[1:] >= bins[:-1]).all() or (bins[1:] <= bins[:-1]).all()):
        raise ValueError("digitize: bins must rise or fall")
    if bins.size and bins[0] > bins[-1]:
        return len(bins) - np.searchsorted(bins[::-1], x, "right" if right else "left")
    return np.searchsorted(bins, x, "left" if right else "right")


# -------------------------------------------------------------------------------------------- places
def _conditions(rng):
    yield (rng.random(6) < 0.5,), {}
    yield (np.round(rng.normal(size=(3, 4))),), {}
    yield (np.zeros(0),), {}


@primitive(
    vjp=None, samples=_conditions, numpy=(np.argwhere,),
    canonical=sized_by("argwhere", "x", "use fg.where(condition, x, y)"),
    doc="Positions of the elements that are not zero, one row for each.",
)  # fmt: skip
def argwhere(x):
    return np.argwhere(x)


@composition(
    doc="Positions of the elements that are not zero, one array for each axis.", samples=_conditions,
    numpy=(np.nonzero,),
)  # fmt: skip
def nonzero(a):
    a = tensor(a)
    if not a.ndim:
        raise ValueError("nonzero: a 0-d array has no positions: use atleast_1d(a).nonzero()")
    sizing("nonzero", "a", a, "use np.where(condition, x, y)")
    found = argwhere(a)
    return tuple(getitem(found, index=(slice(None), k)) for k in range(a.ndim))


@composition(
    doc="Positions of the elements of a, flattened, that are not zero.", samples=_conditions,
    numpy=(np.flatnonzero,),
)  # fmt: skip
def flatnonzero(a):
    return reshape(argwhere(ravel(a)), shape=(-1,)) if tensor(a).size else nonzero(ravel(a))[0]


# ---------------------------------------------------------------------------------------------- sets
def _repeated(rng):
    yield (rng.integers(0, 4, size=9),), {}
    yield (np.round(rng.normal(size=(3, 4))),), {}
    yield (rng.integers(0, 9, size=1),), {}


@primitive(
    vjp=None, many=True, samples=_repeated, canonical=sized_by("unique", "x"),
    doc="The sorted different elements' first positions, where each went, and how many of each.",
)  # fmt: skip
def unique_places(x, *, axis=None, equal_nan=True):
    return np.unique(
        x,
        return_index=True,
        return_inverse=True,
        return_counts=True,
        axis=axis,
        equal_nan=equal_nan,
    )[1:]


@composition(
    doc="The different elements of ar, sorted; each has the gradient of its first occurrence.",
    samples=lambda rng: [
        ((rng.permutation(np.arange(4.0)),), {}), ((rng.normal(size=(2, 3)),), {"return_inverse": True}),
        ((rng.normal(size=(2, 3)),), {"axis": 1, "return_counts": True}),
        ((rng.integers(0, 3, size=7),), {"return_index": True, "return_counts": True})],
    numpy=(np.unique,),
)  # fmt: skip
def unique(ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *,
           equal_nan=True, sorted=True):  # fmt: skip
    ar = tensor(ar)
    index, inverse, counts = unique_places(ar, axis=axis, equal_nan=equal_nan)
    values = gather(ravel(ar) if axis is None else ar, index, axis=0 if axis is None else
                    axis_of("unique", axis, ar.ndim))  # fmt: skip
    wanted = zip(
        (return_index, return_inverse, return_counts), (index, inverse, counts), strict=True
    )
    found = (values, *(part for want, part in wanted if want))
    return found if len(found) > 1 else values


def _sets(rng):
    yield (rng.permutation(np.arange(4.0)),), {}
    yield (rng.integers(0, 3, size=(2, 4)),), {}
    yield (rng.normal(size=1),), {}


def _named(function, parts):
    """Parts in the named tuple that a function of NumPy's returns."""
    return type(function([0]))(*parts)


@composition(
    doc="The different elements of x, sorted, and how many there are of each.", samples=_sets,
    numpy=(np.unique_counts,),
)  # fmt: skip
def unique_counts(x):
    return _named(np.unique_counts, unique(x, return_counts=True, equal_nan=False))


@composition(
    doc="The different elements of x, sorted, and where each element went.", samples=_sets,
    numpy=(np.unique_inverse,),
)  # fmt: skip
def unique_inverse(x):
    return _named(np.unique_inverse, unique(x, return_inverse=True, equal_nan=False))


@composition(
    doc="The different elements of x, their first places, where each went, and how many.",
    samples=_sets, numpy=(np.unique_all,),
)  # fmt: skip
def unique_all(x):
    return _named(np.unique_all, unique(x, True, True, True, equal_nan=False))


def _set_row(function, doc, **options):
    """A row over two arrays that are seen as sets of numbers."""

    def samples(rng):
        for size in (0, 1, 7):
            yield (rng.integers(0, 6, size=size), rng.integers(0, 6, size=5)), {}
        yield (np.round(rng.normal(size=(2, 3))), np.round(rng.normal(size=4))), {}

    def forward(a, b):
        return function(a, b)

    return primitive(
        vjp=(None, None), samples=samples, numpy=(function,), promotes=True, doc=doc,
        canonical=sized_by(function.__name__, "a and b"),
    )(forward)  # fmt: skip


union1d = _set_row(np.union1d, "The different elements of a and b, sorted; no gradient.")
setdiff1d = _set_row(np.setdiff1d, "The different elements of a that are not in b; no gradient.")
setxor1d = _set_row(np.setxor1d, "The different elements that only a or only b has; no gradient.")
intersect1d = _set_row(np.intersect1d, "The different elements that a and b share; no gradient.")


@composition(
    doc="True where an element is one of some others.",
    samples=lambda rng: [
        ((rng.integers(0, 6, size=shape), rng.integers(0, 6, size=3)), {"invert": invert})
        for shape, invert in (((5,), False), ((2, 3), True), ((), False))],
    numpy=(np.isin,),
)  # fmt: skip
def isin(element, test_elements, assume_unique=False, invert=False, *, kind=None):
    found = member(element, test_elements)
    return ~found if invert else found


@primitive(
    vjp=(None, None), promotes=True,
    samples=lambda rng: [
        ((rng.integers(0, 6, size=shape), rng.integers(0, 6, size=3)), {}) for shape in ((5,), (2, 3))],
    doc="True where an element of a is one of b.",
)  # fmt: skip
def member(a, b):
    return np.isin(a, b)
