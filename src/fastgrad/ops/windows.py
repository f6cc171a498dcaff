"""Windows over arrays of shape [batch, *spatial, channels]: what convolutions and pools are made of.

A window has `sizes` taps along the spatial axes, `dilations` apart; windows start `strides` apart,
on the array with `padding` ((before, after) for each spatial axis) around it. `patches` lays the
windows out side by side, so that a convolution is one product of matrices. All rows here are linear
or piecewise constant, which closes them under differentiation.
"""

import math
import operator

import numpy as np

from .._rules import primitive
from ..errors import short
from .shaping import sum_over

MOST = 2**31 - 1  # of a size, stride, dilation or padding
MOST_ELEMENTS = 2**59  # of a result


# ----------------------------------------------------------------------------------------- metadata
def _each(op, name, value, count, least):
    """`value`, an int or one for each of `count` spatial axes, as a tuple of ints."""
    value = value if hasattr(value, "__iter__") and getattr(value, "ndim", 1) else [value] * count
    try:
        numbers = tuple(operator.index(n) for n in value)
    except TypeError:
        raise TypeError(f"{op}: {name} must be ints, not {short(value)}") from None
    if len(numbers) != count or any(not least <= n <= MOST for n in numbers):
        raise ValueError(f"{op}: {name} must be {count} ints from {least} up, got {short(value)}")
    return numbers


def _pairs(op, padding, count):
    """`padding` as a tuple of (before, after)."""
    if not (hasattr(padding, "__iter__") and getattr(padding, "ndim", 1)):
        padding = [(padding, padding)] * count
    padding = list(padding)
    if len(padding) != count:
        raise ValueError(f"{op}: padding must have {count} pairs, got {short(padding)}")
    return tuple(_each(op, "each padding", pair, 2, 0) for pair in padding)


def window_metadata(op, shape, metadata):
    """Sizes, strides, dilations and padding in normal form; ValueError if they do not fit."""
    sizes = metadata["sizes"]
    count = len(sizes) if hasattr(sizes, "__len__") else max(1, len(shape) - 2)
    if len(shape) != count + 2:
        raise ValueError(
            f"{op}: windows over {count} axes need {count + 2} axes, got shape {tuple(shape)}"
        )
    found = {
        "sizes": _each(op, "sizes", sizes, count, 1),
        "strides": _each(op, "strides", metadata["strides"], count, 1),
        "dilations": _each(op, "dilations", metadata["dilations"], count, 1),
        "padding": _pairs(op, metadata["padding"], count),
    }
    along = windows_along(op, shape[1:-1], **found)
    # Kernels count taps in machine integers: nothing may overflow, also not beside an empty axis.
    result = (shape[0], *along, *found["sizes"], shape[-1])
    if math.prod(max(1, n) for n in result) > MOST_ELEMENTS:
        raise ValueError(f"{op}: {along} windows of {found['sizes']} are more than memory can hold")
    return {**metadata, **found}


def windows_along(op, spatial, sizes, strides, dilations, padding):
    """How many windows there are along each spatial axis."""
    counts = []
    for n, size, stride, dilation, (before, after) in zip(
        spatial, sizes, strides, dilations, padding, strict=True
    ):
        room = before + n + after - (size - 1) * dilation - 1
        if room < 0:
            raise ValueError(
                f"{op}: a window of {tuple(sizes)} with dilations {tuple(dilations)} is larger "
                f"than the array, {tuple(spatial)} with padding {tuple(padding)}"
            )
        counts.append(room // stride + 1)
    return tuple(counts)


def _patches_metadata(avals, metadata):
    return window_metadata("patches", avals[0].shape, metadata)


def _unpatches_metadata(avals, metadata):
    shape = tuple(operator.index(n) for n in metadata["shape"])
    metadata = window_metadata("unpatches", shape, {**metadata, "shape": shape})
    geometry = {key: metadata[key] for key in ("sizes", "strides", "dilations", "padding")}
    along = windows_along("unpatches", shape[1:-1], **geometry)
    needed = (shape[0], *along, math.prod(metadata["sizes"]), shape[-1])
    if tuple(avals[0].shape) != needed:
        raise ValueError(
            f"unpatches: windows of shape {tuple(avals[0].shape)} do not come from shape {shape}, "
            f"which gives {needed}"
        )
    return metadata


def _max_metadata(op):
    def canonical(avals, metadata):
        return window_metadata(op, avals[-2 if len(avals) > 1 else 0].shape, metadata)

    return canonical


# --------------------------------------------------------------------------------------- with NumPy
def _view(x, sizes, strides, dilations, padding, fill):
    """All windows as a read-only view of the padded array: [batch, *windows, *sizes, channels]."""
    count = len(sizes)
    if any(map(any, padding)):
        x = np.pad(x, ((0, 0), *padding, (0, 0)), constant_values=fill)
    room = [n - (size - 1) * d for n, size, d in zip(x.shape[1:-1], sizes, dilations, strict=True)]
    along = [-(-n // stride) for n, stride in zip(room, strides, strict=True)]
    step = x.strides
    return np.lib.stride_tricks.as_strided(
        x,
        (x.shape[0], *along, *sizes, x.shape[-1]),
        (
            step[0],
            *(step[i + 1] * strides[i] for i in range(count)),
            *(step[i + 1] * dilations[i] for i in range(count)),
            step[-1],
        ),
        writeable=False,
    )


def _flat(view, count):
    """Windows with their taps along one axis: [batch, *windows, taps, channels]."""
    taps = math.prod(view.shape[count + 1 : 2 * count + 1])
    return view.reshape(*view.shape[: count + 1], taps, view.shape[-1])


def _shares(x, top, windows):
    """Where a window's largest elements (or NaNs) are, and how many; padding takes no part."""
    count = len(windows["sizes"])
    inside = _flat(_view(np.ones((1, *x.shape[1:-1], 1), bool), **windows, fill=False), count)
    taps = _flat(_view(x, **windows, fill=0), count)
    hit = ((taps == np.expand_dims(top, -2)) | (taps != taps)) & inside
    return hit, np.maximum(np.count_nonzero(hit, axis=-2, keepdims=True), 1)


# ------------------------------------------------------------------------------------------ samples
_GEOMETRIES: tuple = (
    ((5,), (3,), {}),
    ((7,), (2,), {"strides": 3, "padding": ((1, 2),)}),
    ((4, 5), (2, 2), {"strides": 2}),
    ((5, 4), (3, 2), {"strides": (1, 2), "padding": ((1, 1), (0, 1))}),
    ((6, 7), (2, 3), {"dilations": (3, 2), "padding": ((0, 0), (2, 1))}),
    ((3, 3, 4), (2, 1, 3), {"strides": (1, 2, 1), "padding": ((1, 0), (0, 0), (1, 1))}),
    ((2, 2, 3, 3), (2, 1, 2, 2), {"padding": ((1, 0), (0, 0), (1, 1), (0, 1))}),
    ((3, 3), (5, 5), {"padding": 2}),
)


def _arrays(rng):
    """[batch, *spatial, channels] arrays and windows over them."""
    for at, (spatial, sizes, more) in enumerate(_GEOMETRIES):
        batch, channels = (2, 1, 2)[at % 3], (1, 3, 9, 17)[at % 4]
        yield rng.normal(size=(batch, *spatial, channels)), {"sizes": sizes, **more}
    yield np.zeros((0, 4, 2)), {"sizes": (2,)}
    yield np.zeros((2, 4, 0)), {"sizes": (2,)}


def _maxed(rng):
    return (((x,), windows) for x, windows in _arrays(rng))


def _patched(rng):
    yield from _maxed(rng)
    yield (rng.normal(size=(1, 2, 1, 2)),), {"sizes": (2, 1), "padding": 3}  # windows of zeros only


def _full(x, windows):
    given = {"strides": 1, "dilations": 1, "padding": 0, **windows}
    return window_metadata("patches", x.shape, given)


def _unpatched(rng):
    for (x,), windows in _patched(rng):
        columns = patches.forward(x, **_full(x, windows))
        yield (rng.normal(size=columns.shape),), {"shape": x.shape, **windows}


def _with_maxima(rng, of_windows):
    for at, (x, windows) in enumerate(_arrays(rng)):
        x = np.round(x) if at % 2 else x  # every other has ties
        top = window_max.forward(x, **_full(x, windows))
        yield (rng.normal(size=top.shape if of_windows else x.shape), x, top), windows


# ------------------------------------------------------------------------------------------ patches
@primitive(
    vjp=lambda ct, x_aval, sizes, strides, dilations, padding: unpatches(
        ct, shape=x_aval.shape, sizes=sizes, strides=strides, dilations=dilations,
        padding=padding),
    linear=True, canonical=_patches_metadata, samples=_patched, kernel="patches", canonical_first=True,
    doc="The windows over x, zeros where they stand out: [batch, *windows, taps, channels].",
)  # fmt: skip
def patches(x, *, sizes, strides=1, dilations=1, padding=0):
    return _flat(_view(x, sizes, strides, dilations, padding, 0), len(sizes))


@primitive(
    vjp=lambda ct, sizes, strides, dilations, padding: patches(
        ct, sizes=sizes, strides=strides, dilations=dilations, padding=padding),
    linear=True, canonical=_unpatches_metadata, samples=_unpatched, kernel="unpatches", canonical_first=True,
    doc="An array of a shape with windows x added in their places: the transpose of patches.",
)  # fmt: skip
def unpatches(x, *, shape, sizes, strides=1, dilations=1, padding=0):
    wide = [n + before + after for n, (before, after) in zip(shape[1:-1], padding, strict=True)]
    dtype = np.float32 if x.dtype == np.float16 else x.dtype
    total = np.zeros((shape[0], *wide, shape[-1]), dtype)
    along = x.shape[1:-2]
    for tap in reversed(range(x.shape[-2])):  # so each element sums in the order of the windows
        place = np.unravel_index(tap, sizes)
        index = tuple(
            slice(at * d, at * d + (n - 1) * stride + 1, stride)
            for at, d, n, stride in zip(place, dilations, along, strides, strict=True)
        )
        total[(slice(None), *index)] += x[..., tap, :]
    inner = (slice(before, before + n) for n, (before, _) in zip(shape[1:-1], padding, strict=True))
    return total[(slice(None), *inner)].astype(x.dtype, copy=False)


# ------------------------------------------------------------------------------------------ maximum
@primitive(
    vjp=lambda ct, x, y, sizes, strides, dilations, padding: window_max_pull(
        ct, x, y, sizes=sizes, strides=strides, dilations=dilations, padding=padding),
    jvp=lambda tangents, primals, y, **windows: window_max_push(
        tangents[0], primals[0], y, **windows),
    canonical=_max_metadata("window_max"), samples=_maxed, kernel="window_max", canonical_first=True,
    doc="The largest element of each window, per channel; ties share the gradient, NaN wins.",
)  # fmt: skip
def window_max(x, *, sizes, strides=1, dilations=1, padding=0):
    if x.dtype.kind == "c":
        raise TypeError(
            f"window_max: {x.dtype} has no order: take abs, or real and imaginary parts"
        )
    lowest = np.iinfo(x.dtype).min if x.dtype.kind in "iu" else -np.inf
    view = _view(x, sizes, strides, dilations, padding, False if x.dtype == bool else lowest)
    return np.max(view, axis=tuple(range(len(sizes) + 1, 2 * len(sizes) + 1)))


@primitive(
    vjp=(lambda ct, x, top, sizes, strides, dilations, padding: window_max_push(
        ct, x, top, sizes=sizes, strides=strides, dilations=dilations, padding=padding), None, None),
    jvp=lambda tangents, primals, y, **windows: window_max_pull(
        tangents[0], primals[1], primals[2], **windows),
    canonical=_max_metadata("window_max_pull"), kernel="window_max_pull", canonical_first=True,
    samples=lambda rng: _with_maxima(rng, True),
    doc="A cotangent for each window's maximum top, handed to the elements of x that attain it.",
)  # fmt: skip
def window_max_pull(ct, x, top, *, sizes, strides=1, dilations=1, padding=0):
    windows = {"sizes": sizes, "strides": strides, "dilations": dilations, "padding": padding}
    hit, ties = _shares(x, top, windows)
    share = np.expand_dims(ct, -2) / ties.astype(ct.dtype)
    return unpatches.forward(np.where(hit, share, ct.dtype.type(0)), shape=x.shape, **windows)


@primitive(
    vjp=(lambda ct, x, top, sizes, strides, dilations, padding: window_max_pull(
        ct, x, top, sizes=sizes, strides=strides, dilations=dilations, padding=padding), None, None),
    jvp=lambda tangents, primals, y, **windows: window_max_push(
        tangents[0], primals[1], primals[2], **windows),
    canonical=_max_metadata("window_max_push"), kernel="window_max_push", canonical_first=True,
    samples=lambda rng: _with_maxima(rng, False),
    doc="The mean tangent of the elements of x that attain each window's maximum y.",
)  # fmt: skip
def window_max_push(x_dot, x, top, *, sizes, strides=1, dilations=1, padding=0):
    windows = {"sizes": sizes, "strides": strides, "dilations": dilations, "padding": padding}
    hit, ties = _shares(x, top, windows)
    taps = _flat(_view(x_dot, **windows, fill=0), len(sizes))
    moved = sum_over(np.where(hit, taps, x_dot.dtype.type(0)), axis=(x.ndim - 1,))
    return moved / np.squeeze(ties, -2).astype(x_dot.dtype)
