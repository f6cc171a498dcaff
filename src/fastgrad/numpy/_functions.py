"""Functions whose NumPy signature no row has, and methods of ufuncs; all written with rows."""

import numpy as np

from .. import primitives
from .._core._numpy import converted, implements, stands_for, unrecorded
from .._core._tensor import share_array

_NONE = np._NoValue


# ------------------------------------------------------------------------------------------ selection
_where = stands_for(np.where)


@implements(np.where)
def where(condition, x=_NONE, y=_NONE, /):
    """x where the condition holds, else y; with the condition alone, its `nonzero`."""
    if x is _NONE and y is _NONE:
        return stands_for(np.nonzero)(condition)
    if x is _NONE or y is _NONE:
        raise ValueError("where: either both or neither of x and y should be given")
    return _where(condition, x, y)


@implements(np.clip)
def clip(a, a_min=_NONE, a_max=_NONE, out=None, *, min=_NONE, max=_NONE, **kwargs):
    """a moved into [a_min, a_max]; None is no bound. The derivative at a bound is 1."""
    low = (min if a_min is _NONE else a_min) if min is not _NONE or a_min is not _NONE else None
    high = (max if a_max is _NONE else a_max) if max is not _NONE or a_max is not _NONE else None
    if out is not None:
        raise TypeError("np.clip: out= would write into an array: use the result")
    a = converted(a)
    if low is not None and high is not None:
        return primitives.clip(a, _weak(low), _weak(high))
    if low is not None:
        return primitives.where(a < low, _weak(low), a)
    if high is not None:
        return primitives.where(a > high, _weak(high), a)
    return primitives.identity(a)


def _weak(value):
    return value if isinstance(value, (bool, int, float)) else converted(value)


# ------------------------------------------------------------------------------------- sets, old names
@implements(np.unique_values)
def unique_values(x):
    """The different elements, sorted, which NumPy does not promise; no two NaNs are the same."""
    return stands_for(np.unique)(x, equal_nan=False)


if hasattr(np, "row_stack"):  # until NumPy drops it
    implements(np.row_stack)(stands_for(np.vstack))


# --------------------------------------------------------------------------------------------- loops
@implements(np.apply_along_axis)
def apply_along_axis(func1d, axis, arr, *args, **kwargs):
    """`func1d` of each vector along an axis, one after the other."""
    arr = converted(arr)
    axis = range(arr.ndim)[axis]
    rest = [n for i, n in enumerate(arr.shape) if i != axis]
    rows = primitives.transpose(arr, axes=[*(i for i in range(arr.ndim) if i != axis), axis])
    done = [converted(func1d(rows[at], *args, **kwargs)) for at in np.ndindex(*rest)]
    y = primitives.stack(done)
    y = primitives.reshape(y, shape=(*rest, *done[0].shape))
    lead, new = len(rest), done[0].ndim
    order = [*range(axis), *range(lead, lead + new), *range(axis, lead)]
    return primitives.transpose(y, axes=order)


@implements(np.apply_over_axes)
def apply_over_axes(func, a, axes):
    """``func(a, axis)`` for one axis after the other; axes that it drops come back with size 1."""
    a = converted(a)
    for axis in np.atleast_1d(axes):
        y = func(a, int(axis))
        a = y if y.ndim == a.ndim else primitives.expand_dims(y, axis=int(axis) % a.ndim)
    return a


class vectorize:  # noqa: N801
    """A Python function of scalars as one of arrays: a loop, in which every element is a Tensor."""

    def __init__(self, pyfunc, otypes=None, doc=None, excluded=None, cache=False, signature=None):
        if signature is not None or excluded:
            raise NotImplementedError("vectorize: signature= and excluded= are not supported")
        self.pyfunc, self.otypes = pyfunc, otypes
        self.__doc__ = doc or pyfunc.__doc__
        self.__name__ = getattr(pyfunc, "__name__", "vectorize")

    def __call__(self, *args):
        args = [converted(arg) for arg in args]
        shape = np.broadcast_shapes(*(arg.shape for arg in args))
        flat = [
            primitives.reshape(primitives.broadcast_to(a, shape=shape), shape=(-1,)) for a in args
        ]
        if 0 in shape and not self.otypes:
            raise ValueError("vectorize: otypes are needed for arrays without elements")
        done = [self.pyfunc(*parts) for parts in zip(*flat, strict=True)]
        many = bool(done) and isinstance(done[0], tuple)
        outputs = list(zip(*done, strict=True)) if many else [done]
        made = []
        for i, output in enumerate(outputs):
            t = primitives.stack([converted(one) for one in output]) if output else converted([])
            t = converted(t, self.otypes[i]) if self.otypes else t
            made.append(primitives.reshape(t, shape=shape))
        return tuple(made) if many else made[0]


# --------------------------------------------------------------------------------------------- complex
@implements(np.real)
def real(val):
    """The real part."""
    y = unrecorded(np.real, val)
    if y is not None:
        return y
    t = converted(val)
    return primitives.real(t) if t.dtype.is_complex else primitives.identity(t)


@implements(np.imag)
def imag(val):
    """The imaginary part; zeros for real numbers."""
    y = unrecorded(np.imag, val)
    if y is not None:
        return y
    t = converted(val)
    return primitives.imag(t) if t.dtype.is_complex else share_array(np.zeros(t.shape, t.dtype))


# --------------------------------------------------------------------------------- methods of ufuncs
# What reducing by a ufunc is called.
REDUCTIONS = {
    np.add: np.sum,
    np.multiply: np.prod,
    np.maximum: np.max,
    np.minimum: np.min,
    np.logical_and: np.all,
    np.logical_or: np.any,
}
ACCUMULATIONS = {np.add: np.cumsum, np.multiply: np.cumprod}


def _reduce_by(ufunc, whole):
    @implements((ufunc, "reduce"))
    def reduce(array, axis=0, **options):
        return stands_for(whole)(array, axis=axis, **options)


def _accumulate_by(ufunc, running):
    @implements((ufunc, "accumulate"))
    def accumulate(array, axis=0, dtype=None, **options):
        array = converted(array, dtype)
        function = stands_for(running)
        return function(array, axis=axis, **options) if function else _step_by_step(
            ufunc, array, axis)  # fmt: skip


def _step_by_step(ufunc, array, axis):
    rows = primitives.unstack(array, axis=axis)
    for at in range(1, len(rows)):
        rows[at] = stands_for(ufunc)(rows[at - 1], rows[at])
    return primitives.stack(rows, axis=axis)


def _outer_by(ufunc):
    @implements((ufunc, "outer"))
    def outer(a, b, /, **options):
        a, b = converted(a), converted(b)
        a = primitives.reshape(a, shape=(*a.shape, *(1,) * b.ndim))
        return stands_for(ufunc)(a, b, **options)


def _methods():
    for ufunc, whole in REDUCTIONS.items():
        _reduce_by(ufunc, whole)
    for ufunc in (*REDUCTIONS, np.logaddexp):
        _accumulate_by(ufunc, ACCUMULATIONS.get(ufunc))
    for ufunc in vars(np).values():
        if isinstance(ufunc, np.ufunc) and ufunc.nin == 2 and stands_for(ufunc) is not None:
            _outer_by(ufunc)

    @implements((np.logaddexp, "reduce"))
    def reduce(array, axis=0, keepdims=False):
        return primitives.logsumexp(converted(array), axis=axis, keepdims=keepdims)


_methods()
