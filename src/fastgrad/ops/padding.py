"""Padding: zeros as a row, and NumPy's modes made of it, of positions and of statistics."""

import operator

import numpy as np

from .._rules import composition, primitive
from ._operands import beside, data, integers, tensor
from .elementwise import where
from .indexing import gather, getitem
from .reductions import max_, mean, min_
from .shaping import broadcast_to, cast, concat
from .statistics import median


# -------------------------------------------------------------------------------------------- zeros
def _pad_metadata(avals, metadata):
    widths = integers("pad_zeros", "pad_width", metadata["pad_width"])
    return {"pad_width": _widths("pad_zeros", widths, avals[0].ndim)}


def _widths(op, pad_width, ndim):
    """(before, after) of each axis, from what NumPy lets them be written as."""
    if not ndim:
        return ()
    try:
        pairs = np.broadcast_to(pad_width, (ndim, 2))
    except ValueError:
        raise ValueError(
            f"{op}: pad_width of shape {np.shape(pad_width)} does not fit the {ndim} axes of the "
            "array: give (before, after) for each"
        ) from None
    if pairs.size and pairs.min() < 0:
        raise ValueError(f"{op}: pad_width must not be negative")
    return tuple((int(before), int(after)) for before, after in pairs)


def _inside(shape, pad_width):
    """The index of the array in its padded form."""
    return tuple(slice(a, a + n) for n, (a, _) in zip(shape, pad_width, strict=True))


@primitive(
    vjp=lambda ct, x_aval, pad_width: getitem(ct, index=_inside(x_aval.shape, pad_width)),
    linear=True, canonical=_pad_metadata,
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"pad_width": width})
        for shape, width in (((3,), (1, 2)), ((2, 3), ((0, 1), (2, 0))), ((), ()), ((0, 2), 1))],
    kernel="pad_zeros", canonical_first=True,
    doc="x with so many zeros before and after it along each axis.",
)  # fmt: skip
def pad_zeros(x, *, pad_width):
    shape = [before + n + after for n, (before, after) in zip(x.shape, pad_width, strict=True)]
    y = np.zeros(shape, x.dtype)
    y[_inside(x.shape, pad_width)] = x
    return y


# ------------------------------------------------------------------------------------- NumPy's modes
_OPTIONS = {
    "constant": {"constant_values"}, "edge": set(), "empty": set(), "linear_ramp": {"end_values"},
    "maximum": {"stat_length"}, "mean": {"stat_length"}, "median": {"stat_length"},
    "minimum": {"stat_length"}, "reflect": {"reflect_type"}, "symmetric": {"reflect_type"},
    "wrap": set(),
}  # fmt: skip
_STATISTICS = {"maximum": max_, "mean": mean, "median": median, "minimum": min_}


def _constant(array, widths, values):
    padded = pad_zeros(array, pad_width=widths)
    if isinstance(values, (int, float)) and values == 0:
        return padded
    values = beside(values, array)
    pairs = broadcast_to(cast(values, dtype=array.dtype), shape=(array.ndim, 2))
    for axis, (before, after) in enumerate(widths):  # later axes cover the corners, as in NumPy
        inner = array.shape[axis]
        place = np.arange(before + inner + after).reshape((-1,) + (1,) * (array.ndim - axis - 1))
        side = (place < before, place >= before + inner)
        for end in (0, 1):
            padded = where(side[end], pairs[axis, end], padded)
    return padded


def _along(array, axis, before, after):
    """Broadcast the slices of width 1 to `before` and `after` along an axis, and join them."""
    (front, width_before), (back, width_after) = before, after

    def wide(part, width):
        shape = list(array.shape)
        shape[axis] = width
        return broadcast_to(cast(part, dtype=array.dtype), shape=shape)

    return concat([wide(front, width_before), array, wide(back, width_after)], axis=axis)


def _part(array, axis, start, stop):
    return getitem(array, index=(*(slice(None),) * axis, slice(start, stop)))


def _ramp(array, axis, widths, ends):
    """Lines from the end values to the edges."""
    parts = [array]
    n = array.shape[axis]
    for end, width in enumerate(widths):
        if not width:
            continue
        edge = _part(array, axis, *((0, 1) if end == 0 else (n - 1, n)))
        share = np.arange(width) / width  # 0 at the outer end, never 1
        share = (share if end == 0 else share[::-1]).reshape((-1,) + (1,) * (array.ndim - axis - 1))
        value = ends[axis, end]
        line = cast(value + (edge - value) * share.astype(array.dtype.np_dtype), dtype=array.dtype)
        parts = [line, *parts] if end == 0 else [*parts, line]
    return concat(parts, axis=axis)


@composition(
    doc="An array with more around it: NumPy's modes, but for a function of one's own.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"pad_width": width, "mode": mode, **options})
        for shape, width, mode, options in (
            ((3,), 2, "constant", {}), ((2, 3), ((1, 2), (0, 1)), "constant", {"constant_values": 1.5}),
            ((2, 2), 1, "constant", {"constant_values": ((1, 2), (3, 4))}),
            ((2, 3), (1, 2), "edge", {}), ((2, 4), ((1, 1), (3, 2)), "reflect", {}),
            ((3,), (7, 8), "reflect", {}), ((3,), (2, 5), "symmetric", {}),
            ((2, 3), 4, "wrap", {}), ((3,), (2, 3), "linear_ramp", {"end_values": (1.0, -2.0)}),
            ((2, 2), 2, "linear_ramp", {}), ((4, 2), 2, "mean", {"stat_length": (2, 1)}),
            ((2, 3), 1, "maximum", {}), ((5,), 2, "minimum", {"stat_length": 2}),
            ((0, 2), ((0, 0), (1, 1)), "constant", {}))],
    numpy=(np.pad,),
)  # fmt: skip
def pad(array, pad_width, mode="constant", *, constant_values=None, end_values=None,
        stat_length=None, reflect_type=None):  # fmt: skip
    array = tensor(array)
    given = {"constant_values": constant_values, "end_values": end_values,
             "stat_length": stat_length, "reflect_type": reflect_type}  # fmt: skip
    given = {name for name, value in given.items() if value is not None}
    if callable(mode):
        raise TypeError("pad: mode must be a name: a function would write into the array")
    if mode not in _OPTIONS:
        raise ValueError(f"pad: mode must be one of {', '.join(_OPTIONS)}, not {mode!r}")
    if given - _OPTIONS[mode]:
        raise ValueError(f"pad: mode {mode!r} takes no {', '.join(given - _OPTIONS[mode])}")
    if isinstance(pad_width, dict):
        full = [(0, 0)] * array.ndim
        for axis, width in pad_width.items():
            full[operator.index(axis)] = width if isinstance(width, tuple) else (width, width)
        pad_width = full
    widths = _widths("pad", integers("pad", "pad_width", pad_width), array.ndim)
    if mode in ("constant", "empty"):
        return _constant(array, widths, 0 if constant_values is None else constant_values)
    for axis, (before, after) in enumerate(widths):
        if array.shape[axis] == 0 and (before or after):
            raise ValueError(f"pad: mode {mode!r} can't fill axis {axis} from nothing")
    if mode in ("edge", "wrap", "reflect", "symmetric"):
        if reflect_type not in (None, "even", "odd"):
            raise ValueError(f"pad: reflect_type must be 'even' or 'odd', not {reflect_type!r}")
        if reflect_type == "odd":
            return _odd(array, widths, mode)
        return _positions(array, widths, mode)
    if mode == "linear_ramp":
        ends = broadcast_to(beside(0 if end_values is None else end_values, array),
                            shape=(array.ndim, 2))  # fmt: skip
        for axis, width in enumerate(widths):
            array = _ramp(array, axis, width, ends)
        return array
    if stat_length is not None:
        stat_length = np.broadcast_to(data(stat_length), (array.ndim, 2))
    return _statistics(array, widths, mode, stat_length)


def _positions(array, widths, mode):
    for axis, width in enumerate(widths):
        if any(width):
            places = np.pad(np.arange(array.shape[axis]), width, mode)
            array = gather(array, places, axis=axis)
    return array


def _odd(array, widths, mode):
    """Mirrored through the edges: twice the edge minus the mirror image, which drifts with each period."""
    for axis, (before, after) in enumerate(widths):
        n = array.shape[axis]
        place = np.arange(-before, n + after)
        length = n - 1 if mode == "reflect" else n
        if not length:
            array = gather(array, np.zeros_like(place), axis=axis)
            continue
        turn, rest = np.divmod(place, 2 * length)
        back = rest > length if mode == "reflect" else rest >= length
        mirror = 2 * length - (mode != "reflect") - rest
        weights = [np.where(back, -1, 1), -2 * turn, 2 * turn + 2 * back]
        sign, first, last = (
            w.reshape((-1,) + (1,) * (array.ndim - axis - 1)).astype(array.dtype.np_dtype)
            for w in weights
        )
        ends = _part(array, axis, 0, 1) * first + _part(array, axis, n - 1, n) * last
        array = gather(array, np.where(back, mirror, rest), axis=axis) * sign + ends
    return array


def _statistics(array, widths, mode, lengths):
    for axis, (before, after) in enumerate(widths):
        n = array.shape[axis]
        long = (n, n) if lengths is None else np.minimum(lengths[axis], n).tolist()
        if min(long) < 1:
            raise ValueError("pad: stat_length must be 1 or more")
        front = _STATISTICS[mode](_part(array, axis, 0, long[0]), axis=axis, keepdims=True)
        back = _STATISTICS[mode](_part(array, axis, n - long[1], n), axis=axis, keepdims=True)
        array = _along(array, axis, (front, before), (back, after))
    return array
