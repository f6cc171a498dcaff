"""Discrete Fourier transforms, with NumPy's arguments.

The matrix of a transform is symmetric, so a transform is its own transpose (rules take no conjugate), between
cutting or filling with zeros at both ends. Those between real and half-complex arrays are parts of it:
of a real array only the first half is kept, and its transpose takes the real part.

`norm` is "backward" (the inverse divides by n; the default), "ortho" (both by sqrt(n)) or "forward".
"""

import operator

import numpy as np

from .._rules import Row, primitive
from ._metadata import axes_of, axis_of, dtype_of
from .indexing import getitem, unindex
from .shaping import cast

NORMS = ("backward", "ortho", "forward")


# ---------------------------------------------------------------------------------------- metadata
def _norm_of(op, norm):
    if norm is None:
        return "backward"
    if norm not in NORMS:
        raise ValueError(f"{op}: norm must be one of {', '.join(NORMS)} or None, not {norm!r}")
    return norm


def _length(op, n, default):
    n = default if n is None else operator.index(n)
    if n < 1:
        raise ValueError(f"{op}: cannot transform {n} points")
    return n


def _check_real(op, aval):
    if dtype_of(aval.dtype).kind == "c":
        raise TypeError(f"{op}: the array must be real, not {dtype_of(aval.dtype)}")


def _line(op, real, half):
    """Canonical metadata of a transform along one axis; `half`: it holds n // 2 + 1 of n points."""

    def canonical(avals, metadata):
        (x,) = avals
        if real:
            _check_real(op, x)
        axis = axis_of(op, metadata["axis"], x.ndim)
        size = x.shape[axis]
        n = _length(op, metadata["n"], 2 * (size - 1) if half else size)
        return {"n": n, "axis": axis, "norm": _norm_of(op, metadata["norm"])}

    return canonical


def _grid(op, real, half):
    """Canonical metadata of a transform along several axes; the last one is the half."""

    def canonical(avals, metadata):
        (x,) = avals
        if real:
            _check_real(op, x)
        sizes, axes = metadata["s"], metadata["axes"]
        if axes is None:
            axes = range(x.ndim) if sizes is None else range(-len(sizes), 0)
        axes = tuple(axis_of(op, axis, x.ndim) for axis in axes)
        axes_of(op, axes, x.ndim)  # no axis twice
        sizes = (None,) * len(axes) if sizes is None else tuple(sizes)
        if len(sizes) != len(axes) or not axes:
            raise ValueError(f"{op}: {len(sizes)} sizes for {len(axes)} axes")
        full = []
        for k, (n, axis) in enumerate(zip(sizes, axes, strict=True)):
            size = x.shape[axis]
            size = 2 * (size - 1) if half and k == len(axes) - 1 else size
            full.append(_length(op, None if n == -1 else n, size))
        return {"s": tuple(full), "axes": axes, "norm": _norm_of(op, metadata["norm"])}

    return canonical


# ------------------------------------------------------------------------------------------- rules
def fit(x, shape):
    """x cut or filled with zeros at the end of each axis, to a shape."""
    if tuple(x.shape) == tuple(shape):
        return x
    part = tuple(slice(0, min(m, n)) for m, n in zip(x.shape, shape, strict=True))
    x = getitem(x, index=part)
    return x if tuple(x.shape) == tuple(shape) else unindex(x, shape=tuple(shape), index=part)


def _resized(shape, axes, sizes):
    shape = list(shape)
    for axis, n in zip(axes, sizes, strict=True):
        shape[axis] = n
    return tuple(shape)


def _like(x, aval):
    """In the dtype of an argument: the real part, if that is real."""
    return x if x.dtype == aval.dtype else cast(x, dtype=aval.dtype)


def _weights(n, ndim, axis):
    """How many of n points each of the first n // 2 + 1 stands for."""
    weights = np.full(n // 2 + 1, 2.0, np.float32)
    weights[0] = 1
    if n % 2 == 0:
        weights[-1] = 1
    return weights.reshape((-1,) + (1,) * (ndim - axis - 1))


def _cut(x, n, axis):
    """The first n // 2 + 1 of n points, times the number of points that each stands for."""
    half = _resized(x.shape, (axis,), (n // 2 + 1,))
    return fit(x, half) * _weights(n, x.ndim, axis)


def _lines(rng):
    for shape, metadata in (
        ((5,), {}), ((2, 6), {"axis": 0, "norm": "ortho"}), ((4, 3), {"n": 6}),
        ((2, 7), {"n": 4, "norm": "forward"}), ((2,), {}), ((3, 8), {"n": 5, "axis": -1}),
    ):  # fmt: skip
        yield (rng.normal(size=shape),), metadata


def _planes(rng):
    for shape, metadata in (
        ((4, 5), {}), ((3, 4, 6), {"axes": (0, 2), "norm": "ortho"}),
        ((2, 3, 4), {"s": (5, 3), "axes": (1, 2)}), ((2, 5), {"s": (3, 4), "axes": (0, 1),
                                                              "norm": "forward"}),
    ):  # fmt: skip
        yield (rng.normal(size=shape),), metadata


# -------------------------------------------------------------------------------------------- rows
def _row(name, vjp, canonical, samples, doc):
    """Decorator: the row of the function of np.fft with this name."""
    return primitive(
        vjp=vjp, linear=True, canonical=canonical, samples=samples, doc=doc,
        numpy=(getattr(np.fft, name),), kernel=name,
    )  # fmt: skip


def _along_axis(name, back, doc, real=False, half=False):
    """The row of a transform along one axis; `back` gives the full complex transform of its kind."""
    function = getattr(np.fft, name)

    def whole(ct, a_aval, n, axis, norm):
        ct = fit(ct, _resized(ct.shape, (axis,), (n,)))
        full = back()(ct, n=n, axis=axis, norm=norm)
        return _like(fit(full, a_aval.shape), a_aval)

    def halved(ct, a_aval, n, axis, norm):
        full = _cut(back()(ct, n=n, axis=axis, norm=norm), n, axis)
        return _like(fit(full, a_aval.shape), a_aval)

    @_row(name, halved if half else whole, _line(name, real, half), _lines, doc)
    def row(a, *, n=None, axis=-1, norm=None):
        return function(a, n, axis, norm)

    return row


def _over_grid(name, back, doc, axes=None, real=False, half=False):
    """The row of a transform along several axes, by default all or the given ones."""
    function = getattr(np.fft, name)

    def whole(ct, a_aval, s, axes, norm):
        ct = fit(ct, _resized(ct.shape, axes, s))
        full = back()(ct, s=s, axes=axes, norm=norm)
        return _like(fit(full, a_aval.shape), a_aval)

    def halved(ct, a_aval, s, axes, norm):
        full = _cut(back()(ct, s=s, axes=axes, norm=norm), s[-1], axes[-1])
        return _like(fit(full, a_aval.shape), a_aval)

    def row(a, *, s=None, axes=axes, norm=None):
        return function(a, s, axes, norm)

    return _row(name, halved if half else whole, _grid(name, real, half), _planes, doc)(row)


# `back` is the full complex transform of the same sign: a function, since a row knows itself later.
fft: Row = _along_axis("fft", lambda: fft, "Discrete Fourier transform along an axis of n points.")
ifft: Row = _along_axis("ifft", lambda: ifft, "Inverse of fft.")
rfft = _along_axis(
    "rfft", lambda: fft, "The first n // 2 + 1 points of the fft of a real array.", real=True
)
irfft = _along_axis(
    "irfft",
    lambda: ifft,
    "Inverse of rfft, to n real points (by default an even number).",
    half=True,
)
hfft = _along_axis(
    "hfft", lambda: fft, "The real fft of n points of which a holds the first half.", half=True
)
ihfft = _along_axis(
    "ihfft", lambda: ifft, "Inverse of hfft: half the ifft of a real array.", real=True
)

fftn: Row = _over_grid(
    "fftn", lambda: fftn, "Discrete Fourier transform along axes, all by default."
)
ifftn: Row = _over_grid("ifftn", lambda: ifftn, "Inverse of fftn.")
rfftn = _over_grid("rfftn", lambda: fftn, "fftn of a real array, the last axis half.", real=True)
irfftn = _over_grid("irfftn", lambda: ifftn, "Inverse of rfftn.", half=True)
fft2 = _over_grid("fft2", lambda: fftn, "Discrete Fourier transform along two axes.", (-2, -1))
ifft2 = _over_grid("ifft2", lambda: ifftn, "Inverse of fft2.", (-2, -1))
rfft2 = _over_grid(
    "rfft2", lambda: fftn, "fft2 of a real array, the last axis half.", (-2, -1), real=True
)
irfft2 = _over_grid("irfft2", lambda: ifftn, "Inverse of rfft2.", (-2, -1), half=True)


# ------------------------------------------------------------------------------------------- shifts
def _axes(op):
    return lambda avals, metadata: {"axes": axes_of(op, metadata["axes"], avals[0].ndim)}


def _shifted(rng):
    for shape, axes in (((5,), None), ((2, 3), None), ((3, 4), 1), ((3, 5), (0, -1)), ((0,), None)):
        yield (rng.normal(size=shape),), {"axes": axes}


@primitive(
    vjp=lambda ct, axes: ifftshift(ct, axes=axes), linear=True, canonical=_axes("fftshift"),
    samples=_shifted, numpy=(np.fft.fftshift,),
    doc="x with frequency 0 moved to the middle of axes (all by default).",
)  # fmt: skip
def fftshift(x, *, axes=None):
    return np.fft.fftshift(x, axes)


@primitive(
    vjp=lambda ct, axes: fftshift(ct, axes=axes), linear=True, canonical=_axes("ifftshift"),
    samples=_shifted, numpy=(np.fft.ifftshift,),
    doc="Inverse of fftshift.",
)  # fmt: skip
def ifftshift(x, *, axes=None):
    return np.fft.ifftshift(x, axes)
