"""Running products, extremes and logarithms of sums, along an axis.

The gradients of running products, extremes and logsumexps are linear recurrences
s[j] = b[j] + a[j] s[j - 1]: nothing is divided, so that zeros and equal elements are no trouble, and the
work grows with the length, not its square. `recurrence` is the row that runs them.
"""

import numpy as np

from .._rules import primitive
from ._metadata import axis_of
from ._operands import np_dtype
from .elementwise import exp, isinf, logical_and, scale, where
from .indexing import getitem
from .shaping import concat


def _scan_metadata(op):
    def canonical(avals, metadata):
        flags = {k: bool(v) for k, v in metadata.items() if k != "axis"}
        return {**flags, "axis": axis_of(op, metadata["axis"], avals[0].ndim)}

    return canonical


def _part(x, axis, *bounds):
    return getitem(x, index=(*(slice(None),) * axis, slice(*bounds)))


def shifted(x, axis, reverse, fill=0):
    """x moved by one place along an axis, `fill` entering: each element sees the one before it."""
    n = x.shape[axis]
    if n == 0:
        return x
    one = np.full([1 if i == axis else m for i, m in enumerate(x.shape)], fill, np_dtype(x))
    if reverse:
        return concat([_part(x, axis, 1, None), one], axis=axis)
    return concat([one, _part(x, axis, 0, n - 1)], axis=axis)


def _scanned(rng):
    for shape, axis, reverse in (((5,), 0, False), ((2, 3), -1, True), ((3, 2), 0, True),
                                 ((8, 1), 0, False), ((0, 2), 0, False), ((1,), 0, True)):  # fmt: skip
        yield shape, {"axis": axis, "reverse": reverse}


# --------------------------------------------------------------------------------- linear recurrence
def _times(a, s):
    """a * s, and 0 where s is: what carries no sensitivity passes none on, whatever a is."""
    with np.errstate(all="ignore"):
        return np.where(s == 0, 0, a * s)


def _recur(a, b):
    """s[j] = b[j] + a[j] s[j - 1] along the first axis.

    Many short rows go step by step. Few long ones go by pairs: half as many steps of twice the
    length, then the steps between, so that Python's part of the work is the logarithm of the length.
    """
    n = len(a)
    if n < 16 or (n < 1024 and a.size > 64 * n):
        s = np.empty(b.shape, b.dtype)
        last = s[:1] = b[:1]
        for j in range(1, n):
            last = s[j] = b[j] + _times(a[j], last if j > 1 else s[0])
        return s
    m = n // 2
    even, odd = slice(0, 2 * m, 2), slice(1, 2 * m, 2)
    s = np.empty(b.shape, b.dtype)
    with np.errstate(all="ignore"):
        s[odd] = _recur(a[odd] * a[even], b[odd] + _times(a[odd], b[even]))
    s[0] = b[0]
    s[2::2] = b[2::2] + _times(a[2::2], s[1 : n - 1 : 2])
    return s


def _recurrence_a(ct, a, y, axis, reverse):
    return scale(_pulled(ct, a, axis, reverse), shifted(y, axis, reverse))


def _pulled(ct, a, axis, reverse):
    """The cotangent of every s: the recurrence run backward, each step with the next one's a."""
    return recurrence(shifted(a, axis, not reverse), ct, axis=axis, reverse=not reverse)


def _recurrence_jvp(tangents, primals, y, axis, reverse):
    (a_dot, b_dot), (a, _) = tangents, primals
    moved = None if a_dot is None else scale(shifted(y, axis, reverse), a_dot)
    if b_dot is not None:
        moved = b_dot if moved is None else b_dot + moved
    return recurrence(a, moved, axis=axis, reverse=reverse)


@primitive(
    vjp=(_recurrence_a, lambda ct, a, axis, reverse: _pulled(ct, a, axis, reverse)),
    jvp=_recurrence_jvp, canonical=_scan_metadata("recurrence"), promotes=True,
    samples=lambda rng: [
        ((rng.normal(size=shape), rng.normal(size=shape)), metadata)
        for shape, metadata in (*_scanned(rng), ((37,), {"axis": 0}), ((33, 2), {"reverse": True}))],
    doc="s[j] = b[j] + a[j] s[j-1] along an axis, from s[-1] = 0; an s of exactly 0 adds nothing.",
)  # fmt: skip
def recurrence(a, b, *, axis=0, reverse=False):
    if a.shape != b.shape:
        raise ValueError(f"shapes {a.shape} and {b.shape} differ")
    dtype = a.dtype
    wide = np.float32 if dtype == np.float16 else dtype
    a, b = (np.moveaxis(x, axis, 0).astype(wide) for x in (a, b))
    s = _recur(a[::-1], b[::-1])[::-1] if reverse else _recur(a, b)
    return np.moveaxis(s, 0, axis).astype(dtype)


# ------------------------------------------------------------------------------------------ products
def _cumprod_vjp(ct, x, axis, exclusive, reverse):
    before = cumprod(x, axis=axis, exclusive=True, reverse=reverse)
    following = shifted(x, axis, not reverse)
    ct = shifted(ct, axis, not reverse) if exclusive else ct
    return before * recurrence(following, ct, axis=axis, reverse=not reverse)


def _cumprod_jvp(tangents, primals, y, axis, exclusive, reverse):
    (x_dot,), (x,) = tangents, primals
    before = cumprod(x, axis=axis, exclusive=True, reverse=reverse)
    moved = recurrence(x, x_dot * before, axis=axis, reverse=reverse)
    return shifted(moved, axis, reverse) if exclusive else moved


@primitive(
    vjp=_cumprod_vjp, jvp=_cumprod_jvp, canonical=_scan_metadata("cumprod"),
    samples=lambda rng: [
        ((rng.normal(size=shape),), {**metadata, "exclusive": exclusive})
        for shape, metadata in _scanned(rng) for exclusive in (False, True)],
    doc="Running product along an axis; the gradient is right with zeros too.",
)  # fmt: skip
def cumprod(x, *, axis=0, exclusive=False, reverse=False):
    return _accumulate(np.multiply, 1, x, axis, exclusive, reverse)


def _accumulate(ufunc, start, x, axis, exclusive, reverse):
    x = np.flip(x, axis) if reverse else x
    y = ufunc.accumulate(x, axis=axis, dtype=np.float32 if x.dtype == np.float16 else None)
    y = y.astype(x.dtype) if x.dtype == np.float16 else y
    if exclusive:
        y = np.roll(y, 1, axis)
        y[(slice(None),) * axis + (slice(0, 1),)] = start
    return np.flip(y, axis) if reverse else y


# ------------------------------------------------------------------------------------------ extremes
def _extreme_vjp(ct, x, y, axis, reverse):
    hit, share, carry = scan_ties(x, y, axis=axis, reverse=reverse)
    carry = shifted(carry, axis, not reverse)
    return hit * recurrence(carry, scale(share, ct), axis=axis, reverse=not reverse)


def _extreme_jvp(tangents, primals, y, axis, reverse):
    hit, share, carry = scan_ties(primals[0], y, axis=axis, reverse=reverse)
    moved = recurrence(carry, scale(hit, tangents[0]), axis=axis, reverse=reverse)
    return share * moved


@primitive(
    vjp=(None, None), many=True, canonical=_scan_metadata("scan_ties"),
    samples=lambda rng: [
        ((x, np.maximum.accumulate(x, axis=0)), {"axis": 0})
        for x in (np.round(rng.normal(size=(6, 2))), rng.normal(size=3), np.zeros((0, 2)))],
    doc="Which x equal the running extreme y, 1 over their count so far, 1 where y stays the same.",
)  # fmt: skip
def scan_ties(x, y, *, axis=0, reverse=False):
    x, y = (np.flip(z, axis) if reverse else z for z in (x, y))
    hit = ((x == y) | np.isnan(x)).astype(x.dtype)
    before = np.roll(y, 1, axis)
    stays = (y == before) | (np.isnan(y) & np.isnan(before))
    stays[(slice(None),) * axis + (slice(0, 1),)] = False
    # Hits so far, less those before y last changed.
    total = np.cumsum(hit, axis=axis, dtype=np.float64)
    earlier = np.maximum.accumulate(np.where(stays, 0, total - hit), axis=axis)
    count = total - earlier
    found = (hit, (1 / count).astype(x.dtype), stays.astype(x.dtype))
    return [np.flip(part, axis) if reverse else part for part in found]


def _running_extreme(op, ufunc, doc):
    @primitive(
        vjp=_extreme_vjp, jvp=_extreme_jvp, canonical=_scan_metadata(op), doc=doc,
        samples=lambda rng: [((rng.normal(size=s),), metadata) for s, metadata in _scanned(rng)],
    )  # fmt: skip
    def running(x, *, axis=0, reverse=False):
        x = np.flip(x, axis) if reverse else x
        y = ufunc.accumulate(x, axis=axis)
        return np.flip(y, axis) if reverse else y

    return running


cummax = _running_extreme(
    "cummax", np.maximum, "Running maximum along an axis; ties so far share the gradient, NaN wins."
)
cummin = _running_extreme(
    "cummin", np.minimum, "Running minimum along an axis; ties so far share the gradient, NaN wins."
)


# ------------------------------------------------------------------------------------------ logsumexp
def _fall(low, high):
    """exp(low - high) of running values; 1 between equal infinities."""
    same = logical_and(isinf(high), high == low)
    return exp(where(same, 0, low - high))


def _cumlogsumexp_vjp(ct, x, y, axis, reverse):
    lasting = _fall(y, shifted(y, axis, not reverse, np.inf))
    pulled = recurrence(lasting, ct, axis=axis, reverse=not reverse)
    return scale(where(x == -np.inf, 0, _fall(x, y)), pulled)


def _cumlogsumexp_jvp(tangents, primals, y, axis, reverse):
    x = primals[0]
    weight = where(x == -np.inf, 0, _fall(x, y))
    lasting = _fall(shifted(y, axis, reverse, -np.inf), y)
    return recurrence(lasting, scale(weight, tangents[0]), axis=axis, reverse=reverse)


@primitive(
    vjp=_cumlogsumexp_vjp, jvp=_cumlogsumexp_jvp, canonical=_scan_metadata("cumlogsumexp"),
    samples=lambda rng: [((rng.normal(size=s),), metadata) for s, metadata in _scanned(rng)],
    doc="Running log(sum(exp(x))) along an axis, without overflow.",
)  # fmt: skip
def cumlogsumexp(x, *, axis=0, reverse=False):
    wide = x.astype(np.float32) if x.dtype == np.float16 else x
    wide = np.flip(wide, axis) if reverse else wide
    y = np.logaddexp.accumulate(wide, axis=axis).astype(x.dtype)
    return np.flip(y, axis) if reverse else y
