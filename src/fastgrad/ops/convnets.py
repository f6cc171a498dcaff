"""Convolutions and pools: compositions of windows, products and sums, with TensorFlow's arguments.

Inside, every array is [batch, *spatial, channels]; another layout is transposed at both ends. A
convolution is one product of matrices: the windows, a row each, times the filters.
"""

import math
import operator

import numpy as np

from .._rules import composition
from ..errors import short
from ._metadata import dtype_of
from ._operands import tensor
from .linalg import matmul
from .reductions import mean, sum_
from .shaping import expand_dims, reshape, transpose
from .windows import patches, unpatches, window_max, windows_along

LAYOUTS = {1: ("NWC", "NCW"), 2: ("NHWC", "NCHW"), 3: ("NDHWC", "NCDHW")}


# ----------------------------------------------------------------------------------------- metadata
def _channels_last(op, data_format, count):
    """True if a data format has the channels at the end, as it has by default."""
    last, first = LAYOUTS[count]
    if data_format in (None, last):
        return True
    if data_format != first:
        raise ValueError(f"{op}: data_format must be {last!r} or {first!r}, not {data_format!r}")
    return False


def _spatial(op, name, value, count, last):
    """One int per spatial axis, of an int or of a list of 1, `count` or `count` + 2 of them."""
    if value is None:
        return (1,) * count
    value = list(value) if hasattr(value, "__iter__") and getattr(value, "ndim", 1) else [value]
    try:
        value = [operator.index(n) for n in value]
    except TypeError:
        raise TypeError(f"{op}: {name} must be ints, not {short(value)}") from None
    if len(value) == count + 2:
        spatial, rest = (value[1:-1], value[:: count + 1]) if last else (value[2:], value[:2])
        if rest != [1, 1]:
            raise ValueError(f"{op}: {name} along batch and channels must be 1, got {value}")
        return tuple(spatial)
    if len(value) not in (1, count):
        raise ValueError(f"{op}: {name} must be 1, {count} or {count + 2} ints, got {short(value)}")
    return tuple(value * count if len(value) == 1 else value)


def _padding(op, padding, last, spatial, windows):
    """(before, after) for each spatial axis: of "SAME", "VALID" or a list with all axes."""
    count = len(spatial)
    if isinstance(padding, str):
        if padding.upper() == "VALID":
            return ((0, 0),) * count
        if padding.upper() == "SAME":
            return tuple(map(_same, spatial, *windows))
        raise ValueError(f'{op}: padding must be "SAME", "VALID" or a list, not {padding!r}')
    try:
        pairs = [tuple(operator.index(n) for n in pair) for pair in padding]
    except TypeError:
        raise TypeError(
            f"{op}: padding must be text or pairs of ints, not {short(padding)}"
        ) from None
    if len(pairs) == count + 2:
        pairs, rest = (pairs[1:-1], pairs[:: count + 1]) if last else (pairs[2:], pairs[:2])
        if rest != [(0, 0), (0, 0)]:
            raise ValueError(f"{op}: batch and channels can't be padded, got {short(padding)}")
    if len(pairs) != count or any(len(pair) != 2 for pair in pairs):
        raise ValueError(f"{op}: padding must have {count + 2} pairs, got {short(padding)}")
    return tuple(pairs)


def _same(n, size, stride, dilation):
    """The padding with which there are ceil(n / stride) windows; an odd one is put after."""
    total = max(0, (-(-n // stride) - 1) * stride + (size - 1) * dilation + 1 - n)
    return total // 2, total - total // 2


def _moved(x, last, back=False):
    """An array with its channels moved to the end, or back to where they were."""
    n = x.ndim
    if last:
        return x
    return transpose(x, axes=(0, n - 1, *range(1, n - 1)) if back else (0, *range(2, n), 1))


def _flattened(op, x, count):
    """x with one batch axis, and the batch axes that it had."""
    shape = tuple(x.shape)
    lead = len(shape) - count - 1
    if lead < 1:
        raise ValueError(f"{op}: input of shape {shape} must have {count + 2} axes or more")
    if lead == 1:
        return x, shape[:1]
    return reshape(x, shape=(math.prod(shape[:lead]), *shape[lead:])), shape[:lead]


def _unflattened(y, batch):
    return y if len(batch) == 1 else reshape(y, shape=(*batch, *y.shape[1:]))


def _placed(op, x, sizes, strides, padding, data_format, dilations):
    """Everything that places windows of `sizes`: (x, batch, channels last?, their metadata)."""
    count = len(sizes)
    last = _channels_last(op, data_format, count)
    x, batch = _flattened(op, tensor(x), count)
    x = _moved(x, last)
    strides = _spatial(op, "strides", strides, count, last)
    dilations = _spatial(op, "dilations", dilations, count, last)
    if min(*strides, *dilations) < 1:
        raise ValueError(f"{op}: strides and dilations must be 1 or more")
    spatial = tuple(x.shape[1:-1])
    padding = _padding(op, padding, last, spatial, (sizes, strides, dilations))
    windows = {"sizes": sizes, "strides": strides, "dilations": dilations, "padding": padding}
    windows_along(op, spatial, **windows)
    return x, batch, last, windows


# ------------------------------------------------------------------------------------- convolutions
def _rows(x, windows):
    """The windows of x: [batch, *windows, taps, channels]."""
    taps = math.prod(windows["sizes"])
    if taps == 1 and not any(map(any, windows["padding"])) and set(windows["strides"]) == {1}:
        return expand_dims(x, axis=-2)
    return patches(x, **windows)


def _filters(op, filters, count):
    """Filters as a Tensor with an axis for each spatial one, and two for channels."""
    filters = tensor(filters)
    if filters.ndim != count + 2:
        raise ValueError(
            f"{op}: filters of shape {tuple(filters.shape)} must have {count + 2} axes"
        )
    return filters


def _spatial_axes(op, x, name):
    """How many spatial axes an input or filters have, with two others."""
    count = x.ndim - 2
    if count not in LAYOUTS:
        raise ValueError(f"{op}: {name} of shape {tuple(x.shape)} must have 3 to 5 axes")
    return count


def _convolve(op, count, x, filters, strides, padding, data_format, dilations):
    filters = _filters(op, filters, count)
    *sizes, inner, outer = filters.shape
    x, batch, last, windows = _placed(op, x, tuple(sizes), strides, padding, data_format, dilations)
    channels = x.shape[-1]
    groups = channels // inner if inner and channels % inner == 0 else 0
    if channels != inner and (not groups or outer % groups):
        raise ValueError(
            f"{op}: {channels} channels of the input do not fit filters {tuple(filters.shape)}: "
            "these take the last axis but one of channels, or a divisor with as many groups"
        )
    rows = _rows(x, windows)
    shape, taps = tuple(rows.shape[:-2]), rows.shape[-2]
    count_rows = math.prod(shape)
    if channels == inner:
        y = matmul(
            reshape(rows, shape=(count_rows, taps * inner)),
            reshape(filters, shape=(taps * inner, outer)),
        )
    else:
        y = _grouped(rows, filters, count_rows, taps, groups, inner, outer)
    y = reshape(y, shape=(*shape, outer))
    return _unflattened(_moved(y, last, back=True), batch)


def _grouped(rows, filters, count_rows, taps, groups, inner, outer):
    """One product for each group of channels."""
    rows = reshape(rows, shape=(count_rows, taps, groups, inner))
    rows = reshape(transpose(rows, axes=(2, 0, 1, 3)), shape=(groups, count_rows, taps * inner))
    filters = reshape(filters, shape=(taps * inner, groups, outer // groups))
    y = matmul(rows, transpose(filters, axes=(1, 0, 2)))
    return reshape(transpose(y, axes=(1, 0, 2)), shape=(count_rows, outer))


def _transposed(op, count, x, filters, output_shape, strides, padding, data_format, dilations):
    filters = _filters(op, filters, count)
    *sizes, outer, inner = filters.shape
    last = _channels_last(op, data_format, count)
    x, batch = _flattened(op, tensor(x), count)
    x = _moved(x, last)
    strides = _spatial(op, "strides", strides, count, last)
    dilations = _spatial(op, "dilations", dilations, count, last)
    shape = [operator.index(n) for n in output_shape]
    if len(shape) == count + 2:
        channels = shape[-1 if last else 1]
        spatial = tuple(shape[1:-1] if last else shape[2:])
    else:
        channels, spatial = outer, tuple(shape)
    if len(spatial) != count or channels != outer or x.shape[-1] != inner:
        raise ValueError(
            f"{op}: an input with {x.shape[-1]} channels, filters {tuple(filters.shape)} and "
            f"output_shape {tuple(shape)} do not fit: filters are [..., output, input channels]"
        )
    windows = {
        "sizes": tuple(sizes),
        "strides": strides,
        "dilations": dilations,
        "padding": _padding(op, padding, last, spatial, (sizes, strides, dilations)),
    }
    along = windows_along(op, spatial, **windows)
    if tuple(x.shape[1:-1]) != along:
        raise ValueError(
            f"{op}: output_shape {spatial} comes from an input of {along}, not {x.shape[1:-1]}"
        )
    taps = math.prod(sizes)
    rows = matmul(
        reshape(x, shape=(x.shape[0] * math.prod(along), inner)),
        reshape(filters, shape=(taps * outer, inner)),
        transpose_b=True,
    )
    rows = reshape(rows, shape=(x.shape[0], *along, taps, outer))
    y = unpatches(rows, shape=(x.shape[0], *spatial, outer), **windows)
    return _unflattened(_moved(y, last, back=True), batch)


def _images(*cases):
    """Samples of convolutions: shapes of input and filters, and the rest of the arguments."""

    def samples(rng):
        for shape, filters, metadata in cases:
            yield (rng.normal(size=shape), rng.normal(size=filters)), metadata

    return samples


@composition(
    doc="Convolution over one axis: input [batch, width, channels], filters [size, in, out].",
    samples=_images(
        ((2, 6, 2), (3, 2, 3), {"stride": 1, "padding": "SAME"}),
        ((2, 2, 7, 1), (2, 1, 2), {"stride": 2, "padding": "VALID", "dilations": 2}),
        ((1, 4, 5), (2, 2, 2), {"stride": 1, "padding": "VALID", "data_format": "NCW"}),
        ((2, 4, 3), (1, 3, 2), {"stride": 1, "padding": "SAME"})),
)  # fmt: skip
def conv1d(input, filters, stride, padding, data_format="NWC", dilations=None, name=None):
    return _convolve("conv1d", 1, input, filters, stride, padding, data_format, dilations)


@composition(
    doc="Convolution over two axes; groups if filters [h, w, in, out] take fewer channels.",
    samples=_images(
        ((2, 4, 5, 2), (3, 2, 2, 3), {"strides": 1, "padding": "SAME"}),
        ((1, 5, 6, 1), (2, 3, 1, 2), {"strides": [1, 2, 1, 1], "padding": "VALID"}),
        ((1, 5, 5, 4), (3, 3, 2, 4), {"strides": (2, 1), "padding": "SAME"}),
        ((1, 2, 5, 5), (2, 2, 2, 1), {"strides": 1, "data_format": "NCHW", "dilations": [2, 1],
                                      "padding": [[0, 0], [0, 0], [1, 0], [2, 1]]}),
        ((2, 1, 3, 3, 2), (1, 1, 2, 2), {"strides": 1, "padding": "VALID"})),
)  # fmt: skip
def conv2d(input, filters, strides, padding, data_format="NHWC", dilations=None, name=None):
    return _convolve("conv2d", 2, input, filters, strides, padding, data_format, dilations)


@composition(
    doc="Convolution over three axes: input [batch, d, h, w, channels], filters [d, h, w, in, out].",
    samples=_images(
        ((1, 3, 3, 4, 2), (2, 2, 3, 2, 2), {"strides": [1, 1, 2, 1, 1], "padding": "SAME"}),
        ((2, 2, 2, 2, 1), (2, 1, 2, 1, 3), {"strides": (1,) * 5, "padding": "VALID"})),
)  # fmt: skip
def conv3d(input, filters, strides, padding, data_format="NDHWC", dilations=None, name=None):
    return _convolve("conv3d", 3, input, filters, strides, padding, data_format, dilations)


@composition(
    doc="Convolution over one, two or three axes, by the rank of the filters.",
    samples=_images(
        ((2, 6, 2), (3, 2, 3), {"padding": "SAME"}),
        ((2, 4, 5, 2), (3, 2, 2, 3), {"strides": 2})),
)  # fmt: skip
def convolution(
    input, filters, strides=None, padding="VALID", data_format=None, dilations=None, name=None
):
    filters = tensor(filters)
    count = _spatial_axes("convolution", filters, "filters")
    return _convolve("convolution", count, input, filters, strides, padding, data_format, dilations)


@composition(
    doc="Each channel convolved with filters of its own: [h, w, channels, how many of them].",
    samples=_images(
        ((2, 4, 4, 3), (2, 3, 3, 2), {"strides": [1, 1, 1, 1], "padding": "SAME"}),
        ((1, 2, 5, 4), (2, 2, 2, 1), {"strides": [1, 1, 2, 2], "padding": "VALID",
                                      "data_format": "NCHW"})),
)  # fmt: skip
def depthwise_conv2d(input, filter, strides, padding, data_format=None, dilations=None, name=None):
    op = "depthwise_conv2d"
    filters = _filters(op, filter, 2)
    *sizes, inner, multiplier = filters.shape
    x, batch, last, windows = _placed(op, input, tuple(sizes), strides, padding, data_format,
                                      dilations)  # fmt: skip
    if x.shape[-1] != inner:
        raise ValueError(
            f"{op}: {x.shape[-1]} channels of the input do not fit filter {tuple(filters.shape)}"
        )
    rows = _rows(x, windows)
    shape = tuple(rows.shape[:-2])
    if multiplier > 1:
        rows = expand_dims(rows, axis=-1)
        filters = reshape(filters, shape=(math.prod(sizes), inner, multiplier))
        y = sum_(rows * filters, axis=-3)
    else:
        y = sum_(rows * reshape(filters, shape=(math.prod(sizes), inner)), axis=-2)
    y = reshape(y, shape=(*shape, inner * multiplier))
    return _unflattened(_moved(y, last, back=True), batch)


def _separable(rng):
    def of(*shapes):
        return tuple(rng.normal(size=shape) for shape in shapes)

    yield of((2, 4, 4, 3), (2, 2, 3, 2), (1, 1, 6, 4)), {"strides": [1] * 4, "padding": "SAME"}
    yield of((1, 3, 3, 2), (2, 2, 2, 1), (1, 1, 2, 1)), {"strides": [1] * 4, "padding": "VALID"}


@composition(
    doc="depthwise_conv2d, and then conv2d with filters [1, 1, in, out].", samples=_separable,
)  # fmt: skip
def separable_conv2d(
    input, depthwise_filter, pointwise_filter, strides, padding, data_format=None, dilations=None,
    name=None,
):  # fmt: skip
    y = depthwise_conv2d(input, depthwise_filter, strides, padding, data_format, dilations)
    return _convolve("separable_conv2d", 2, y, pointwise_filter, 1, "VALID", data_format, 1)


@composition(
    doc="The transpose of conv1d: filters [size, out, in], to output_shape.",
    samples=_images(
        ((2, 4, 3), (3, 2, 3), {"output_shape": (2, 4, 2), "strides": 1}),
        ((1, 3, 1), (2, 2, 1), {"output_shape": (1, 7, 2), "strides": 3, "padding": "SAME"})),
)  # fmt: skip
def conv1d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NWC", dilations=None,
    name=None,
):  # fmt: skip
    return _transposed("conv1d_transpose", 1, input, filters, output_shape, strides, padding,
                       data_format, dilations)  # fmt: skip


@composition(
    doc="The transpose of conv2d (a deconvolution): filters [h, w, out, in], to output_shape.",
    samples=_images(
        ((2, 2, 3, 2), (3, 2, 3, 2), {"output_shape": (2, 4, 5, 3), "strides": 2}),
        ((1, 2, 3, 3), (2, 2, 1, 2), {"output_shape": (1, 1, 4, 4), "strides": 1,
                                      "padding": "VALID", "data_format": "NCHW"})),
)  # fmt: skip
def conv2d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NHWC", dilations=None,
    name=None,
):  # fmt: skip
    return _transposed("conv2d_transpose", 2, input, filters, output_shape, strides, padding,
                       data_format, dilations)  # fmt: skip


@composition(
    doc="The transpose of conv3d: filters [d, h, w, out, in], to output_shape.",
    samples=_images(
        ((1, 2, 2, 2, 2), (2, 2, 2, 3, 2), {"output_shape": (1, 4, 3, 4, 3), "strides": 2}),
        ((1, 1, 1, 2, 1), (1, 2, 1, 1, 1), {"output_shape": (1, 1, 1, 2, 1), "strides": 1})),
)  # fmt: skip
def conv3d_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format="NDHWC", dilations=None,
    name=None,
):  # fmt: skip
    return _transposed("conv3d_transpose", 3, input, filters, output_shape, strides, padding,
                       data_format, dilations)  # fmt: skip


@composition(
    doc="The transpose of convolution over one, two or three axes, by the rank of the filters.",
    samples=_images(
        ((2, 4, 3), (3, 2, 3), {"output_shape": (2, 4, 2), "strides": 1}),
        ((1, 2, 2, 1), (2, 2, 2, 1), {"output_shape": (1, 4, 3, 2), "strides": 2})),
)  # fmt: skip
def conv_transpose(
    input, filters, output_shape, strides, padding="SAME", data_format=None, dilations=None,
    name=None,
):  # fmt: skip
    filters = tensor(filters)
    count = _spatial_axes("conv_transpose", filters, "filters")
    return _transposed("conv_transpose", count, input, filters, output_shape, strides, padding,
                       data_format, dilations)  # fmt: skip


# -------------------------------------------------------------------------------------------- pools
def _pool(op, count, x, sizes, strides, padding, data_format, largest, dilations=None):
    last = _channels_last(op, data_format, count)
    sizes = _spatial(op, "ksize", sizes, count, last)
    x, batch, last, windows = _placed(op, x, sizes, strides, padding, data_format, dilations)
    y = window_max(x, **windows) if largest else _window_mean(x, windows)
    return _unflattened(_moved(y, last, back=True), batch)


def _window_mean(x, windows):
    """Means over windows, of the taps on the array alone."""
    rows = _rows(x, windows)
    if not any(map(any, windows["padding"])):
        return mean(rows, axis=-2)
    inside = patches.forward(np.ones((1, *x.shape[1:-1], 1)), **windows)
    return sum_(rows, axis=-2) / inside.sum(-2).astype(dtype_of(x.dtype))


def _pooled(*cases):
    def samples(rng):
        for shape, metadata in cases:
            yield (rng.normal(size=shape),), metadata

    return samples


_POOLED_1D = _pooled(
    ((2, 6, 2), {"ksize": 2, "strides": 2, "padding": "VALID"}),
    ((1, 7, 3), {"ksize": 3, "strides": 2, "padding": "SAME"}),
    ((1, 2, 5), {"ksize": [2], "strides": 1, "padding": "SAME", "data_format": "NCW"}),
)
_POOLED_2D = _pooled(
    ((2, 4, 6, 2), {"ksize": 2, "strides": 2, "padding": "VALID"}),
    ((1, 5, 4, 3), {"ksize": [1, 3, 2, 1], "strides": [1, 2, 1, 1], "padding": "SAME"}),
    ((1, 2, 4, 4), {"ksize": 3, "strides": 1, "padding": "SAME", "data_format": "NCHW"}),
)
_POOLED_3D = _pooled(
    ((1, 2, 4, 4, 2), {"ksize": 2, "strides": 2, "padding": "VALID"}),
    ((1, 3, 3, 2, 1), {"ksize": 2, "strides": 1, "padding": "SAME"}),
)


@composition(doc="The largest element of each window along one axis.", samples=_POOLED_1D)
def max_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    return _pool("max_pool1d", 1, input, ksize, strides, padding, data_format, True)


@composition(
    doc="The largest element of each window over two axes, per channel; ties share the gradient.",
    samples=_POOLED_2D,
)  # fmt: skip
def max_pool2d(input, ksize, strides, padding, data_format="NHWC", name=None):
    return _pool("max_pool2d", 2, input, ksize, strides, padding, data_format, True)


@composition(doc="The largest element of each window over three axes.", samples=_POOLED_3D)
def max_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    return _pool("max_pool3d", 3, input, ksize, strides, padding, data_format, True)


@composition(
    doc="The mean of each window along one axis; padding does not count.", samples=_POOLED_1D
)
def avg_pool1d(input, ksize, strides, padding, data_format="NWC", name=None):
    return _pool("avg_pool1d", 1, input, ksize, strides, padding, data_format, False)


@composition(
    doc="The mean of each window over two axes, per channel; padding does not count.",
    samples=_POOLED_2D,
)  # fmt: skip
def avg_pool2d(input, ksize, strides, padding, data_format="NHWC", name=None):
    return _pool("avg_pool2d", 2, input, ksize, strides, padding, data_format, False)


@composition(doc="The mean of each window over three axes.", samples=_POOLED_3D)
def avg_pool3d(input, ksize, strides, padding, data_format="NDHWC", name=None):
    return _pool("avg_pool3d", 3, input, ksize, strides, padding, data_format, False)


@composition(
    doc="The largest element of each window over the axes between batch and channels.",
    samples=_POOLED_2D,
)  # fmt: skip
def max_pool(input, ksize, strides, padding, data_format=None, name=None):
    x = tensor(input)
    count = _spatial_axes("max_pool", x, "input")
    return _pool("max_pool", count, x, ksize, strides, padding, data_format, True)


@composition(
    doc="The mean of each window over the axes between batch and channels.", samples=_POOLED_2D,
)  # fmt: skip
def avg_pool(input, ksize, strides, padding, data_format=None, name=None):
    x = tensor(input)
    count = _spatial_axes("avg_pool", x, "input")
    return _pool("avg_pool", count, x, ksize, strides, padding, data_format, False)


@composition(
    doc='The "MAX" or "AVG" of each window, with strides, padding and dilations.',
    samples=_pooled(
        ((1, 5, 6, 2), {"window_shape": (2, 2), "pooling_type": "MAX", "dilations": (2, 1)}),
        ((1, 7, 2), {"window_shape": [3], "pooling_type": "AVG", "padding": "SAME"})),
)  # fmt: skip
def pool(
    input, window_shape, pooling_type, strides=None, padding="VALID", data_format=None,
    dilations=None, name=None,
):  # fmt: skip
    if pooling_type not in ("MAX", "AVG"):
        raise ValueError(f'pool: pooling_type must be "MAX" or "AVG", not {pooling_type!r}')
    x = tensor(input)
    count = _spatial_axes("pool", x, "input")
    return _pool("pool", count, x, window_shape, strides, padding, data_format,
                 pooling_type == "MAX", dilations)  # fmt: skip
