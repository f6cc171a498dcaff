"""Groups of rows by number: sums, products and extremes of segments.

`ids` has one number for each row of `data` (or for each of its leading places); rows with a negative
number belong nowhere.
"""

import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import check_integers, check_real
from ._operands import integer_tensor, integers, np_dtype, sizing, tensor
from .elementwise import maximum, scale, sqrt, where
from .indexing import gather, getitem, update_at
from .scans import recurrence
from .shaping import broadcast_to, cast, concat, reshape
from .sorting import argsort


def _segments_metadata(op):
    def canonical(avals, metadata):
        x, ids = avals[:2]
        check_integers(op, "segment_ids", ids)
        count = operator.index(metadata["num_segments"])
        if tuple(x.shape[: ids.ndim]) != tuple(ids.shape):
            raise ValueError(
                f"{op}: segment_ids of shape {tuple(ids.shape)} do not lead the shape {tuple(x.shape)}"
            )
        return {**metadata, "num_segments": count}

    return canonical


def _flat(x, ids):
    """(rows, one number for each)."""
    return x.reshape(ids.size, *x.shape[ids.ndim :]), ids.reshape(-1)


def _checked(op, ids, num_segments):
    if ids.size and ids.max() >= num_segments:
        raise ValueError(f"{op}: segment {ids.max()} is not in [0, {num_segments})")
    return ids >= 0


def _grouped(rng):
    for shape, ids, n in (((6,), [0, 2, 1, 0, 2, 2], 4), ((4, 3), [1, 1, 0, -1], 2),
                          ((2, 3, 2), [[0, 1, 1], [2, 0, 1]], 3), ((0, 2), [], 2)):  # fmt: skip
        yield (rng.normal(size=shape), np.array(ids, np.int64)), {"num_segments": n}


# ------------------------------------------------------------------------------------------------ sum
@primitive(
    vjp=(lambda ct, segment_ids: rows_of(ct, segment_ids), None),
    jvp=lambda tangents, primals, y, num_segments: unsorted_segment_sum(
        tangents[0], primals[1], num_segments=num_segments),
    canonical=_segments_metadata("segment_sum"), samples=_grouped,
    doc="Sums of the rows of each segment, 0 for an empty one.",
)  # fmt: skip
def unsorted_segment_sum(data, segment_ids, *, num_segments):
    rows, ids = _flat(data, segment_ids)
    inside = _checked("segment_sum", ids, num_segments)
    if not inside.all():
        rows, ids = rows[inside], ids[inside]
    wide = np.float32 if rows.dtype == np.float16 else rows.dtype
    y = np.zeros((num_segments, *rows.shape[1:]), wide)
    update_at(np.add, y, ids, rows)
    return y.astype(rows.dtype)


def _given(rng):
    for (x, ids), metadata in _grouped(rng):
        n = metadata["num_segments"]
        yield (rng.normal(size=(n, *x.shape[ids.ndim :])), ids), {}


@primitive(
    vjp=(lambda ct, x_aval, segment_ids: unsorted_segment_sum(
        ct, segment_ids, num_segments=x_aval.shape[0]), None),
    jvp=lambda tangents, primals, y: rows_of(tangents[0], primals[1]),
    samples=_given, doc="Row segment_ids of x for each number, 0 for a negative one: the transpose of sums.",
)  # fmt: skip
def rows_of(x, segment_ids):
    if not segment_ids.size:
        return np.zeros((*segment_ids.shape, *x.shape[1:]), x.dtype)
    y = x[segment_ids]
    outside = segment_ids < 0
    if outside.any():
        y[outside] = 0
    return y


@primitive(
    vjp=None,
    samples=lambda rng: [
        ((rng.integers(-1, 4, size=n),), {"num_segments": 4}) for n in (6, 1, 0)],
    doc="How many rows there are of each segment.",
)  # fmt: skip
def segment_sizes(segment_ids, *, num_segments):
    return np.bincount(segment_ids[segment_ids >= 0], minlength=num_segments)


def _column(counts, y):
    """Counts per segment beside the rows of y."""
    return cast(reshape(counts, shape=(-1, *(1,) * (y.ndim - 1))), dtype=np_dtype(y))


@composition(
    doc="Means of the rows of each segment, 0 for an empty one.", samples=_grouped,
)  # fmt: skip
def unsorted_segment_mean(data, segment_ids, num_segments):
    data, ids = tensor(data), integer_tensor("segment_mean", "segment_ids", segment_ids)
    y = unsorted_segment_sum(data, ids, num_segments=num_segments)
    return y / _column(maximum(segment_sizes(ids, num_segments=num_segments), 1), y)


@composition(
    doc="Sums of the rows of each segment over the root of their number.", samples=_grouped,
)  # fmt: skip
def unsorted_segment_sqrt_n(data, segment_ids, num_segments):
    data, ids = tensor(data), integer_tensor("segment_sqrt_n", "segment_ids", segment_ids)
    y = unsorted_segment_sum(data, ids, num_segments=num_segments)
    return y / sqrt(_column(maximum(segment_sizes(ids, num_segments=num_segments), 1), y))


# -------------------------------------------------------------------------------------------- extremes
@primitive(
    vjp=(None, None, None),
    samples=lambda rng: [
        ((np.array([1.0, 3.0, 3.0, 2.0]), np.array([0, 0, 0, 1]), np.array([3.0, 2.0])), {}),
        ((np.zeros((0, 2)), np.zeros(0, np.int64), np.zeros((1, 2))), {})],
    doc="1/n for each of the n rows that equal the extreme y of their segment (or are NaN), else 0.",
)  # fmt: skip
def segment_ties(data, segment_ids, y):
    rows, ids = _flat(data, segment_ids)
    inside = ids >= 0
    at = np.where(inside, ids, 0)
    if not at.size:
        return np.zeros(data.shape, data.dtype)
    hit = ((rows == y[at]) | np.isnan(rows)) & inside.reshape(-1, *(1,) * (rows.ndim - 1))
    count = np.zeros(y.shape, np.intp)
    update_at(np.add, count, at, hit)
    return (hit / np.maximum(count[at], 1)).astype(data.dtype).reshape(data.shape)


def _full_groups(rng):
    """Without empty segments, whose extremes are so large that sums of them overflow."""
    for (x, ids), _ in _grouped(rng):
        yield (x, ids), {"num_segments": int(ids.max(initial=-1)) + 1}


def _segment_extreme(op, ufunc, highest, doc):
    def canonical(avals, metadata):
        check_real(op, avals[0])
        return _segments_metadata(op)(avals, metadata)

    def vjp(ct, data, segment_ids, y):
        return scale(segment_ties(data, segment_ids, y), rows_of(ct, segment_ids))

    def jvp(tangents, primals, y, num_segments):
        moved = scale(segment_ties(*primals, y), tangents[0])
        return unsorted_segment_sum(moved, primals[1], num_segments=num_segments)

    @primitive(vjp=(vjp, None), jvp=jvp, canonical=canonical, samples=_full_groups, doc=doc)
    def extreme(data, segment_ids, *, num_segments):
        rows, ids = _flat(data, segment_ids)
        inside = _checked(op, ids, num_segments)
        info = np.finfo if rows.dtype.kind == "f" else np.iinfo
        start = info(rows.dtype).max if highest else info(rows.dtype).min
        y = np.full((num_segments, *rows.shape[1:]), start, rows.dtype)
        if rows.dtype.kind == "f":  # infinities count; the finite start is for empty segments only
            y[segment_sizes.forward(ids, num_segments=num_segments) > 0] = (
                np.inf if highest else -np.inf
            )
        update_at(ufunc, y, ids[inside], rows[inside])
        return y

    return extreme


unsorted_segment_max = _segment_extreme(
    "segment_max", np.maximum, False,
    "Largest of the rows of each segment, the dtype's lowest for an empty one; ties share.",
)  # fmt: skip
unsorted_segment_min = _segment_extreme(
    "segment_min", np.minimum, True,
    "Smallest of the rows of each segment, the dtype's highest for an empty one; ties share.",
)  # fmt: skip


# -------------------------------------------------------------------------------------------- products
def _others(data, segment_ids):
    """Products of all other rows of each row's segment: those before times those after."""
    ids = reshape(segment_ids, shape=(-1,))
    order = argsort(ids)
    rows = gather(reshape(data, shape=(ids.size, *data.shape[segment_ids.ndim :])), order)
    if not ids.size:
        return data
    ids = gather(ids, order)
    same = getitem(ids, index=slice(1, None)) == getitem(ids, index=slice(None, -1))
    same = reshape(same, shape=(-1, *(1,) * (rows.ndim - 1)))
    mask = cast(broadcast_to(same, shape=(ids.size - 1, *rows.shape[1:])), dtype=rows.dtype)
    rest = 1 - mask
    zero, one = (
        np.zeros((1, *rows.shape[1:]), np_dtype(rows)),
        np.ones((1, *rows.shape[1:]), np_dtype(rows)),
    )
    n = ids.size
    earlier = concat([zero, getitem(rows, index=slice(0, n - 1)) * mask])
    before = recurrence(earlier, concat([one, rest]))
    later = concat([getitem(rows, index=slice(1, n)) * mask, zero])
    after = recurrence(later, concat([rest, one]), reverse=True)
    return reshape(gather(before * after, argsort(order)), shape=data.shape)


@primitive(
    vjp=(lambda ct, data, segment_ids: rows_of(ct, segment_ids) * _others(data, segment_ids), None),
    jvp=lambda tangents, primals, y, num_segments: unsorted_segment_sum(
        tangents[0] * _others(*primals), primals[1], num_segments=num_segments),
    canonical=_segments_metadata("segment_prod"), samples=_grouped,
    doc="Products of the rows of each segment, 1 for an empty one; right with zeros too.",
)  # fmt: skip
def unsorted_segment_prod(data, segment_ids, *, num_segments):
    rows, ids = _flat(data, segment_ids)
    inside = _checked("segment_prod", ids, num_segments)
    y = np.ones((num_segments, *rows.shape[1:]), rows.dtype)
    update_at(np.multiply, y, ids[inside], rows[inside])
    return y


# ---------------------------------------------------------------------------------------------- sorted
def _sorted_ids(op, segment_ids):
    way = f"use fg.math.unsorted_{op} with num_segments"
    sizing(op, "segment_ids", segment_ids, way)
    ids = integers(op, "segment_ids", segment_ids)
    if ids.ndim != 1 or (np.diff(ids) < 0).any() or (ids < 0).any():
        raise ValueError(f"{op}: segment_ids must have 1 axis and rise from 0 on")
    return ids, int(ids.max(initial=-1)) + 1


def _risen(rng):
    yield (rng.normal(size=(5, 2)), np.array([0, 0, 1, 3, 3])), {}
    yield (rng.normal(size=4), np.array([0, 1, 1, 1])), {}
    yield (rng.normal(size=1), np.array([0])), {}


def _sorted_row(op, row, doc, zero_if_empty=False):
    """A function over segments whose numbers rise: as many segments as the last one says."""

    def segments(data, segment_ids):
        ids, count = _sorted_ids(op, segment_ids)
        data = tensor(data)
        y = row(data, ids, num_segments=count)
        if not zero_if_empty:
            return y
        return where(_column(segment_sizes(ids, num_segments=count), y) > 0, y, 0)

    segments.__name__ = op
    return composition(doc=doc, samples=_risen)(segments)


segment_sum = _sorted_row("segment_sum", unsorted_segment_sum, "Sums of rows by rising numbers.")
segment_mean = _sorted_row(
    "segment_mean", unsorted_segment_mean, "Means of rows by rising numbers."
)
segment_prod = _sorted_row(
    "segment_prod", unsorted_segment_prod, "Products of rows by rising numbers."
)
segment_max = _sorted_row(
    "segment_max", unsorted_segment_max, "Largest rows by rising numbers, 0 for a number left out.",
    zero_if_empty=True,
)  # fmt: skip
segment_min = _sorted_row(
    "segment_min", unsorted_segment_min, "Smallest rows by rising numbers, 0 for a number left out.",
    zero_if_empty=True,
)  # fmt: skip
