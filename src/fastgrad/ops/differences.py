"""Differences, slopes and integrals of sampled functions, and interpolation between samples."""

import operator

import numpy as np

from .._rules import composition, primitive
from ._metadata import axis_of, dtype_of
from ._operands import as_numpy, beside, tensor
from .arranging import ravel
from .elementwise import logical_or, not_equal, scale, where
from .indexing import gather, getitem, ungather
from .reductions import sum_
from .scattering import along
from .shaping import broadcast_to, cast, concat, in_dtype, reshape
from .sorting import argsort


def _part(x, axis, *bounds):
    return getitem(x, index=(*(slice(None),) * axis, slice(*bounds)))


def _lined(values, axis, ndim):
    """A 1-D array of numbers along one axis of ndim."""
    return reshape(values, shape=[values.size if i == axis else 1 for i in range(ndim)])


def _floating(x):
    return x if x.dtype.is_floating or x.dtype.is_complex else cast(x, dtype=np.float64)


# ------------------------------------------------------------------------------------------ differences
def _end(a, axis, value):
    """What stands before or after a along an axis: a number is repeated over the other axes."""
    value = beside(value, a)
    if value.ndim:
        return value
    return broadcast_to(value, shape=[1 if i == axis else n for i, n in enumerate(a.shape)])


@composition(
    doc="n times the differences of neighbours along an axis.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), {"n": n, "axis": axis, **ends})
        for shape, n, axis, ends in (
            ((5,), 1, -1, {}), ((2, 4), 2, 1, {}), ((3, 2), 1, 0, {"prepend": np.array(0.5)}),
            ((3,), 0, -1, {}),
            ((2, 3), 1, -1, {"append": np.ones((2, 2))}), ((2,), 3, 0, {}))],
    numpy=(np.diff,),
)  # fmt: skip
def diff(a, n=1, axis=-1, prepend=None, append=None):
    a, n = tensor(a), operator.index(n)
    if n < 0:
        raise ValueError(f"diff: n must not be negative, got {n}")
    axis = axis_of("diff", axis, a.ndim)
    if n and (prepend is not None or append is not None):
        parts = [None if end is None else _end(a, axis, end) for end in (prepend, append)]
        a = concat([part for part in (parts[0], a, parts[1]) if part is not None], axis=axis)
    for _ in range(min(n, a.shape[axis])):
        later, earlier = _part(a, axis, 1, None), _part(a, axis, None, -1)
        a = not_equal(later, earlier) if a.dtype.is_bool else later - earlier
    return a


@composition(
    doc="Differences of neighbours in ary, flattened, with more before and after them.",
    samples=lambda rng: [
        ((rng.normal(size=shape),), ends)
        for shape, ends in (((4,), {}), ((2, 3), {"to_end": 1.5, "to_begin": [1.0, 2.0]}), ((1,), {}))],
    numpy=(np.ediff1d,),
)  # fmt: skip
def ediff1d(ary, to_end=None, to_begin=None):
    ary = ravel(ary)
    if to_end is None and to_begin is None:
        return diff(ary)
    parts = [to_begin, diff(ary), to_end]
    return concat(
        [cast(ravel(beside(part, ary)), dtype=ary.dtype) for part in parts if part is not None]
    )


# -------------------------------------------------------------------------------------------- slopes
def _has_axes(space):
    return bool(getattr(space, "ndim", isinstance(space, (list, tuple))))


def _spacings(f, varargs, axes):
    """The spacing along each axis: a number, or the 1-D places of the samples."""
    if not varargs:
        return [1.0] * len(axes)
    if len(varargs) not in (1, len(axes)) or (
        len(varargs) == 1 and len(axes) > 1 and _has_axes(varargs[0])
    ):
        raise TypeError(f"gradient: {len(varargs)} spacings for {len(axes)} axes")
    given = list(varargs) * (len(axes) if len(varargs) == 1 else 1)
    for k, (axis, space) in enumerate(zip(axes, given, strict=True)):
        if _has_axes(space):
            space = given[k] = _floating(beside(space, f))
            if space.ndim != 1 or space.size != f.shape[axis]:
                raise ValueError(
                    f"gradient: places of shape {tuple(space.shape)} for axis {axis} of {tuple(f.shape)}"
                )
    return given


def _slope(f, axis, space, edge_order):
    """Second-order differences inside, of the order asked for at the ends."""
    n, ndim = f.shape[axis], f.ndim

    def at(*bounds):
        return _part(f, axis, *bounds)

    if not getattr(space, "ndim", 0):
        inner = (at(2, None) - at(None, -2)) / (2.0 * space)
        if edge_order == 1:
            first, last = (at(1, 2) - at(0, 1)) / space, (at(n - 1, n) - at(n - 2, n - 1)) / space
        else:
            first = (-1.5 * at(0, 1) + 2.0 * at(1, 2) - 0.5 * at(2, 3)) / space
            last = (0.5 * at(n - 3, n - 2) - 2.0 * at(n - 2, n - 1) + 1.5 * at(n - 1, n)) / space
        return concat([first, inner, last], axis=axis)
    steps = _lined(diff(space), axis, ndim)
    one, two = _part(steps, axis, None, -1), _part(steps, axis, 1, None)
    inner = (
        -two / (one * (one + two)) * at(None, -2)
        + (two - one) / (one * two) * at(1, -1)
        + one / (two * (one + two)) * at(2, None)
    )
    one, two = _part(steps, axis, 0, 1), _part(steps, axis, n - 2, n - 1)
    if edge_order == 1:
        first, last = (at(1, 2) - at(0, 1)) / one, (at(n - 1, n) - at(n - 2, n - 1)) / two
    else:
        a, b = one, _part(steps, axis, 1, 2)
        first = (
            -(2.0 * a + b) / (a * (a + b)) * at(0, 1)
            + (a + b) / (a * b) * at(1, 2)
            - a / (b * (a + b)) * at(2, 3)
        )
        a, b = _part(steps, axis, n - 3, n - 2), two
        last = (
            b / (a * (a + b)) * at(n - 3, n - 2)
            - (b + a) / (a * b) * at(n - 2, n - 1)
            + (2.0 * b + a) / (b * (a + b)) * at(n - 1, n)
        )
    return concat([first, inner, last], axis=axis)


def _fields(rng):
    yield (rng.normal(size=6),), {}
    yield (rng.normal(size=5), np.array([0.0, 0.5, 1.7, 2.0, 3.1])), {}
    yield (rng.normal(size=(3, 4)), np.array(0.5), np.array(2.0)), {}
    yield (rng.normal(size=(3, 4)), np.array([0.0, 1.0, 2.5])), {"axis": 0, "edge_order": 2}
    yield (rng.normal(size=(3, 4)), np.array(0.3)), {"axis": -1, "edge_order": 2}
    yield (rng.normal(size=2),), {}


@composition(
    doc="The slope of samples along each axis, by central differences.", samples=_fields,
    numpy=(np.gradient,),
)  # fmt: skip
def gradient(f, *varargs, axis=None, edge_order=1):
    f = _floating(tensor(f))
    axes = range(f.ndim) if axis is None else axis if hasattr(axis, "__iter__") else [axis]
    axes = [axis_of("gradient", one, f.ndim) for one in axes]
    if edge_order not in (1, 2):
        raise ValueError(f"gradient: edge_order must be 1 or 2, not {edge_order}")
    for one in axes:
        if f.shape[one] < edge_order + 1:
            raise ValueError(
                f"gradient: axis {one} has {f.shape[one]} samples, edge_order {edge_order} needs "
                f"{edge_order + 1}"
            )
    spaces = _spacings(f, varargs, axes)
    slopes = [cast(_slope(f, one, space, edge_order), dtype=f.dtype)
              for one, space in zip(axes, spaces, strict=True)]  # fmt: skip
    single = len(slopes) == 1
    return slopes[0] if single else tuple(slopes)


# ------------------------------------------------------------------------------------------- integral
def _areas(rng):
    yield (rng.normal(size=5),), {}
    yield (rng.normal(size=4), np.array([0.0, 1.0, 1.5, 4.0])), {}
    yield (rng.normal(size=(2, 3)), rng.normal(size=(2, 3))), {"axis": 0}
    yield (rng.normal(size=(2, 3)),), {"dx": 0.5, "axis": 1}
    yield (rng.normal(size=1),), {}


@composition(
    doc="Integral of samples y along an axis by trapezoids.", samples=_areas, numpy=(np.trapezoid,),
)  # fmt: skip
def trapezoid(y, x=None, dx=1.0, axis=-1):
    y = tensor(y)
    axis = axis_of("trapezoid", axis, y.ndim)
    if x is None:
        width = dx
    else:
        x = as_numpy(x)
        width = _lined(diff(x), axis, y.ndim) if x.ndim == 1 else diff(x, axis=axis)
    return sum_(width * (_part(y, axis, 1, None) + _part(y, axis, None, -1)) / 2.0, axis=axis)


# --------------------------------------------------------------------------------------------- phases
@primitive(
    vjp=None,
    samples=lambda rng: [
        ((rng.uniform(-9, 9, size=shape),), {"discont": None, "axis": axis, "period": 5.0})
        for shape, axis in (((6,), 0), ((3, 4), 1), ((1,), 0))],
    doc="The multiples of the period that unwrap adds: a constant wherever there is a slope.",
)  # fmt: skip
def unwrapping(p, *, discont, axis, period):
    wide = np.unwrap(p, discont, axis, period=period)
    return (wide - p).astype(wide.dtype)


@composition(
    doc="p with multiples of the period added, so that no step along an axis exceeds half of it.",
    samples=lambda rng: [
        ((rng.uniform(-9, 9, size=shape),), {"axis": axis, **options})
        for shape, axis, options in (((7,), -1, {}), ((3, 4), 0, {"period": 5.0}), ((1,), 0, {}),
                                     ((6,), -1, {"discont": 4.0}))],
    numpy=(np.unwrap,),
)  # fmt: skip
def unwrap(p, discont=None, axis=-1, *, period=2 * np.pi):
    p = tensor(p)
    axis = axis_of("unwrap", axis, p.ndim)
    return p + unwrapping(p, discont=discont, axis=axis, period=period)


# --------------------------------------------------------------------------------------- interpolation
def _curves(rng):
    places = np.array([-1.0, 0.5, 1.0, 2.75])
    return [
        ((rng.uniform(-2, 4, size=6), places, rng.normal(size=4)), {}),
        ((np.array(0.7), places, rng.normal(size=4)), {}),
        (
            (rng.uniform(-2, 4, size=(2, 3)), places, rng.normal(size=4)),
            {"left": 0.5, "right": -1.0},
        ),
        ((rng.uniform(-5, 9, size=5), places[[2, 0, 3, 1]], rng.normal(size=4)), {"period": 5.0}),
        ((rng.uniform(-1, 1, size=3), np.array([0.0]), rng.normal(size=1)), {}),
    ]


@primitive(
    vjp=(None, None), samples=lambda rng: [(curve[:2], {}) for curve, _ in _curves(rng)[:3]],
    doc="The numbers of the pieces between rising xp, two or more, that x are in; ends go on outside.",
)  # fmt: skip
def pieces(x, xp):
    return np.maximum(np.minimum(np.searchsorted(xp, x, "right") - 1, xp.size - 2), 0)


def _line(x, xp, fp):
    """For each x: its piece, how steep that is, and how far along it x lies; outside flat, and at its end."""
    at = pieces(x, xp)
    start = gather(xp, at)
    width = gather(xp, at + 1) - start
    below, above = x < getitem(xp, index=0), x > getitem(xp, index=xp.size - 1)
    slope = (gather(fp, at + 1) - gather(fp, at)) / width
    slope = where(logical_or(below, above), 0, slope)
    return at, slope, where(below, 0, where(above, 1, (x - start) / width))


def _at_ends(ct, at, share, n):
    """A cotangent divided between the two ends of pieces."""
    to = {"shape": (n,), "axis": 0, "batch_dims": 0}
    return ungather(scale(1 - share, ct), at, **to) + ungather(scale(share, ct), at + 1, **to)


def _between_ends(moved, at, share):
    return scale(1 - share, gather(moved, at)) + scale(share, gather(moved, at + 1))


def _x_vjp(ct, x_aval, shared):
    return in_dtype(scale(ct, shared[1]), dtype_of(x_aval.dtype))


def _xp_vjp(ct, xp_aval, shared):
    at, slope, share = shared
    return in_dtype(_at_ends(-scale(ct, slope), at, share, xp_aval.size), dtype_of(xp_aval.dtype))


def _fp_vjp(ct, fp_aval, shared):
    at, _, share = shared
    return in_dtype(_at_ends(ct, at, share, fp_aval.size), dtype_of(fp_aval.dtype))


def _interpolated_jvp(tangents, primals, y):
    x_dot, xp_dot, fp_dot = tangents
    at, slope, share = _line(*primals)
    moved = 0 if fp_dot is None else _between_ends(fp_dot, at, share)
    if x_dot is not None:
        moved = moved + scale(x_dot, slope)
    return moved if xp_dot is None else moved - scale(_between_ends(xp_dot, at, share), slope)


@primitive(
    vjp=(_x_vjp, _xp_vjp, _fp_vjp), shared=_line,
    jvp=_interpolated_jvp, samples=lambda rng: [(curve, {}) for curve, _ in _curves(rng)[:3]],
    doc="Linear interpolation at x between two or more samples fp at rising xp; flat outside.",
)  # fmt: skip
def interpolated(x, xp, fp):
    return np.asarray(np.interp(x, xp, fp))


_DOUBLE = np.dtype(np.float64)


@composition(
    doc="Linear interpolation at x between samples fp at rising xp; at a sample, the slope after it.",
    samples=_curves, numpy=(np.interp,),
)  # fmt: skip
def interp(x, xp, fp, left=None, right=None, period=None):
    x = in_dtype(tensor(x), _DOUBLE)
    xp, fp = in_dtype(beside(xp, x), _DOUBLE), beside(fp, x)
    fp = in_dtype(fp, np.dtype(np.complex128) if fp.dtype.is_complex else _DOUBLE)
    if not (xp.ndim == fp.ndim == 1 and xp.size == fp.size) or not xp.size:
        raise ValueError(
            f"interp: xp and fp must be of one length, 1 or more, not {tuple(xp.shape)} and "
            f"{tuple(fp.shape)}"
        )
    if period is not None:
        if period == 0:
            raise ValueError("interp: period must not be 0")
        period = abs(period)
        x, xp = x % period, xp % period
        order = argsort(xp)
        xp, fp = along(xp, order, axis=0), along(fp, order, axis=0)
        n = xp.size
        xp = concat([_part(xp, 0, n - 1, n) - period, xp, _part(xp, 0, 0, 1) + period])
        fp = concat([_part(fp, 0, n - 1, n), fp, _part(fp, 0, 0, 1)])
        left = right = None
    n = xp.size
    y = interpolated(x, xp, fp) if n > 1 else broadcast_to(getitem(fp, index=0), shape=x.shape)
    if left is not None:
        y = where(x < getitem(xp, index=0), left, y)
    return y if right is None else where(x > getitem(xp, index=n - 1), right, y)
