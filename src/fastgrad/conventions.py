"""Operations that TensorFlow calls otherwise than their rows: other defaults, or a dtype to give."""

import builtins
import math
from typing import NamedTuple

from . import primitives
from ._core._dispatch import convert_to_tensor
from .creation import zeros
from .dtypes import as_dtype, float64, int32, int64
from .ops.arranging import as_ints


def argmax(input, axis=None, output_type=int64, name=None):
    """Position of the first largest element along `axis`, which is the first axis by default.

    input: numbers of shape [..., n, ...] with one axis or more. output_type: an integer dtype.
    Gives a Tensor of the shape of `input` without `axis`, which has no gradient.
    Raises numpy.exceptions.AxisError (a ValueError) for an axis that is not there.

    >>> fg.argmax([[1, 5], [3, 2]]).numpy()
    array([1, 0])
    """
    return _as(output_type, primitives.argmax(input, axis=0 if axis is None else axis))


def argmin(input, axis=None, output_type=int64, name=None):
    """Position of the first smallest element along `axis`; as `argmax`."""
    return _as(output_type, primitives.argmin(input, axis=0 if axis is None else axis))


def _as(dtype, positions):
    dtype = as_dtype(dtype)
    return positions if positions.dtype is dtype else primitives.cast(positions, dtype=dtype)


def leaky_relu(features, alpha=0.2, name=None):
    """`features` where they are positive, else `alpha` times them; the derivative at 0 is `alpha`.

    >>> fg.nn.leaky_relu([-1.0, 2.0]).numpy()
    array([-0.2,  2. ], dtype=float32)
    """
    return primitives.leaky_relu(features, alpha)


def where(condition, x=None, y=None, name=None):
    """x where the condition holds, else y; of the condition alone the places where it holds.

    condition, x and y broadcast; nothing flows to the condition. The places are an int64 Tensor of
    shape [n, rank], which has no gradient. Raises ValueError if only one of x and y is given.

    >>> fg.where([True, False], 1.0, 2.0).numpy()
    array([1., 2.], dtype=float32)
    >>> fg.where([[0, 1], [2, 0]]).numpy()
    array([[0, 1],
           [1, 0]])
    """
    if x is not None and y is not None:
        return _where(condition, x, y)
    if x is not None or y is not None:
        raise ValueError("where: x and y must both be given, or neither, for the places")
    return _as(int64, primitives.argwhere(condition))


_where = primitives.where  # called often: found without asking the module


# ------------------------------------------------------------------------------------ shape and order
def roll(input, shift, axis, name=None):
    """`input` shifted along `axis` by `shift` places (or along several); what leaves enters again.

    >>> fg.roll([1, 2, 3], shift=1, axis=0).numpy()
    array([3, 1, 2], dtype=int32)
    """
    return primitives.roll(input, shift, axis)


def repeat(input, repeats, axis=None, name=None):
    """Each element of `input` repeated, along `axis` or flattened; one count, or one for each.

    >>> fg.repeat([1, 2], [2, 1]).numpy()
    array([1, 1, 2], dtype=int32)
    """
    return primitives.repeat(input, repeats, axis)


def pad(tensor, paddings, mode="CONSTANT", constant_values=0, name=None):
    """`tensor` with more around it: paddings[i] = (before, after) along axis i.

    mode: "CONSTANT", "REFLECT" or "SYMMETRIC". Raises ValueError for any other, and for paddings that
    do not fit.

    >>> fg.pad([1, 2], [[1, 1]]).numpy()
    array([0, 1, 2, 0], dtype=int32)
    """
    mode = mode.lower()
    if mode not in ("constant", "reflect", "symmetric"):
        raise ValueError(f"pad: mode must be CONSTANT, REFLECT or SYMMETRIC, not {mode.upper()!r}")
    options = {"constant_values": constant_values} if mode == "constant" else {}
    return primitives.pad(tensor, paddings, mode, **options)


def slice(input_, begin, size, name=None):
    """The part of `input_` that begins at `begin` and has `size`; -1 is all that is left.

    >>> fg.slice([[1, 2, 3], [4, 5, 6]], [0, 1], [2, -1]).numpy()
    array([[2, 3],
           [5, 6]], dtype=int32)
    """
    shape = convert_to_tensor(input_).shape
    begin, size = as_ints("slice", "begin", begin), as_ints("slice", "size", size)
    if not len(begin) == len(size) == len(shape):
        raise ValueError(f"slice: begin and size need {len(shape)} numbers each")
    index = []
    for axis, (start, count, n) in enumerate(zip(begin, size, shape, strict=True)):
        count = n - start if count == -1 else count
        if not (0 <= start <= n and 0 <= count <= n - start):
            raise ValueError(f"slice: {count} from {start} on are not in axis {axis} of size {n}")
        index.append(builtins.slice(start, start + count))
    return primitives.getitem(input_, index=tuple(index))


def strided_slice(input_, begin, end, strides=None, begin_mask=0, end_mask=0, ellipsis_mask=0,
                  new_axis_mask=0, shrink_axis_mask=0, var=None, name=None):  # fmt: skip
    """The part from `begin` to `end` in steps of `strides`, as `input_[begin:end:strides, ...]`.

    In the masks bit i stands for place i: begin and end left out, an ellipsis, a new axis, an int.
    """
    begin, end = as_ints("strided_slice", "begin", begin), as_ints("strided_slice", "end", end)
    steps = (1,) * len(begin) if strides is None else as_ints("strided_slice", "strides", strides)
    if not len(begin) == len(end) == len(steps):
        raise ValueError("strided_slice: begin, end and strides need as many numbers each")
    index = []
    for i, (start, stop, step) in enumerate(zip(begin, end, steps, strict=True)):
        if ellipsis_mask >> i & 1:
            index.append(Ellipsis)
        elif new_axis_mask >> i & 1:
            index.append(None)
        elif shrink_axis_mask >> i & 1:
            index.append(start)
        else:
            start = None if begin_mask >> i & 1 else start
            stop = None if end_mask >> i & 1 else stop
            index.append(builtins.slice(start, stop, step))
    return primitives.getitem(input_, index=tuple(index))


def sort(values, axis=-1, direction="ASCENDING", name=None):
    """`values` sorted along an axis, "ASCENDING" or "DESCENDING".

    >>> fg.sort([2, 3, 1], direction="DESCENDING").numpy()
    array([3, 2, 1], dtype=int32)
    """
    y = primitives.sort(values, axis=axis)
    return primitives.flip(y, axis=axis) if _descending("sort", direction) else y


def argsort(values, axis=-1, direction="ASCENDING", stable=False, name=None):
    """The positions that sort `values` along an axis; equal elements keep their order."""
    if not _descending("argsort", direction):
        return _as(int32, primitives.argsort(values, axis=axis))
    turned = primitives.flip(values, axis=axis)
    back = primitives.flip(primitives.argsort(turned, axis=axis), axis=axis)
    return _as(int32, turned.shape[axis] - 1 - back)


def _descending(op, direction):
    if direction not in ("ASCENDING", "DESCENDING"):
        raise ValueError(f"{op}: direction must be 'ASCENDING' or 'DESCENDING', not {direction!r}")
    return direction == "DESCENDING"


class TopK(NamedTuple):
    """What `top_k` gives."""

    values: object
    indices: object


def top_k(input, k=1, sorted=True, index_type=int32, name=None):
    """The `k` largest along the last axis, the largest first, and their positions.

    >>> fg.math.top_k([1.0, 5.0, 3.0], 2).values.numpy()
    array([5., 3.], dtype=float32)
    """
    values, indices = primitives.top_k(input, k)
    return TopK(values, _as(index_type, indices))


def searchsorted(sorted_sequence, values, side="left", out_type=int32, name=None):
    """Where `values` belong in each row of `sorted_sequence`: before equal elements or after ("right").

    >>> fg.searchsorted([1.0, 3.0, 5.0], [3.0, 4.0]).numpy()
    array([1, 2], dtype=int32)
    """
    return _as(out_type, primitives.searchsorted(sorted_sequence, values, side=side))


class Unique(NamedTuple):
    """What `unique` gives."""

    y: object
    idx: object


def unique(x, out_idx=int32, name=None):
    """The different elements of a vector in the order they occur, and where each element went.

    >>> fg.unique([5, 1, 5]).y.numpy(), fg.unique([5, 1, 5]).idx.numpy()
    (array([5, 1], dtype=int32), array([0, 1, 0], dtype=int32))
    """
    y, idx, _ = _unique(x, out_idx)
    return Unique(y, idx)


class UniqueWithCounts(NamedTuple):
    """What `unique_with_counts` gives."""

    y: object
    idx: object
    count: object


def unique_with_counts(x, out_idx=int32, name=None):
    """`unique`, and how often each element occurs."""
    return UniqueWithCounts(*_unique(x, out_idx))


def _unique(x, dtype):
    x = convert_to_tensor(x)
    if x.ndim != 1:
        raise ValueError(f"unique: x must have 1 axis, not {x.ndim}")
    first, inverse, counts = primitives.unique_places(x)
    order = primitives.argsort(first)  # from sorted to as they occur
    y = primitives.gather(x, primitives.gather(first, order))
    idx = primitives.gather(primitives.argsort(order), inverse)
    return y, _as(dtype, idx), _as(dtype, primitives.gather(counts, order))


# ------------------------------------------------------------------------------------------- reductions
def count_nonzero(input, axis=None, keepdims=None, dtype=int64, name=None):
    """How many elements over `axis` are not zero.

    >>> int(fg.math.count_nonzero([0, 3, 4]))
    2
    """
    return _as(dtype, primitives.count_nonzero(input, axis, keepdims=bool(keepdims)))


def norm(tensor, ord="euclidean", axis=None, keepdims=None, name=None):
    """The norm of vectors or matrices over one or two axes; over all axes, of `tensor` as a vector.

    ord: "euclidean", a positive number or inf; "fro" for matrices.

    >>> float(fg.norm([3.0, 4.0]))
    5.0
    """
    tensor = convert_to_tensor(tensor)
    if ord == "euclidean":
        tensor = primitives.absolute(tensor) if tensor.dtype.is_complex else tensor
        return primitives.euclidean_norm(tensor, axis=axis, keepdims=bool(keepdims))
    if axis is None:
        tensor = primitives.ravel(tensor) if ord != "fro" else tensor
    return primitives.norm(tensor, ord, axis, bool(keepdims))


def cumulative_logsumexp(x, axis=0, exclusive=False, reverse=False, name=None):
    """Running log(sum(exp(x))); exclusive leaves each element out of its own sum (-inf first).

    >>> fg.math.cumulative_logsumexp([0.0, 0.0]).numpy()
    array([0.       , 0.6931472], dtype=float32)
    """
    y = primitives.cumlogsumexp(x, axis=axis, reverse=reverse)
    if not exclusive or not y.shape[axis]:
        return y
    first = primitives.gather(y, [0], axis=axis)
    nothing = primitives.broadcast_to(primitives.cast(-math.inf, dtype=y.dtype), shape=first.shape)
    n = y.shape[axis]
    rest = primitives.gather(
        y, builtins.range(1, n) if reverse else builtins.range(n - 1), axis=axis
    )
    return primitives.concat([rest, nothing] if reverse else [nothing, rest], axis=axis)


def bincount(arr, weights=None, minlength=None, maxlength=None, dtype=int32, name=None):
    """How often each of 0, 1, 2, ... occurs in `arr`, or the sums of `weights`; up to `maxlength`.

    >>> fg.math.bincount([1, 1, 3]).numpy()
    array([0, 2, 0, 1], dtype=int32)
    """
    if weights is None:
        y = _as(dtype, primitives.bincount(primitives.ravel(arr), None, minlength or 0))
    else:
        kind = convert_to_tensor(weights).dtype
        weights = primitives.ravel(weights)
        y = _as(kind, primitives.bincount(primitives.ravel(arr), weights, minlength or 0))
    return y if maxlength is None else y[:maxlength]


def histogram_fixed_width(values, value_range, nbins=100, dtype=int32, name=None):
    """Counts of `values` in `nbins` bins of one width; what lies outside counts in the first or last.

    >>> fg.histogram_fixed_width([-1.0, 0.0, 2.0, 9.0], [0.0, 5.0], 5).numpy()
    array([2, 0, 1, 0, 1], dtype=int32)
    """
    low, high = (float(end) for end in value_range)
    if not low < high:
        raise ValueError(f"histogram_fixed_width: value_range must rise, got [{low}, {high}]")
    x = primitives.ravel(primitives.cast(values, dtype=float64))
    places = primitives.floor((x - low) / (high - low) * nbins)
    places = primitives.cast(primitives.clip(places, 0.0, nbins - 1.0), dtype=int64)
    return _as(dtype, primitives.bincount(places, None, nbins))


# ---------------------------------------------------------------------------------------------- parts
def dynamic_partition(data, partitions, num_partitions, name=None):
    """`data` taken apart into `num_partitions` Tensors, by the number that `partitions` has for each row.

    >>> [t.numpy().tolist() for t in fg.dynamic_partition([5, 6, 7], [1, 0, 1], 2)]
    [[6], [5, 7]]
    """
    partitions = convert_to_tensor(partitions)
    return [primitives.boolean_mask(data, partitions == k) for k in builtins.range(num_partitions)]


def dynamic_stitch(indices, data, name=None):
    """One Tensor whose row indices[k][i] is data[k][i]; of rows given twice the last one stays.

    >>> fg.dynamic_stitch([[0, 2], [1]], [[10, 30], [20]]).numpy()
    array([10, 20, 30], dtype=int32)
    """
    data = [convert_to_tensor(part) for part in data]
    indices = [convert_to_tensor(part) for part in indices]
    rest = data[0].shape[indices[0].ndim :]
    rows = primitives.concat(
        [
            primitives.reshape(part, shape=(at.size, *rest))
            for at, part in zip(indices, data, strict=True)
        ]
    )
    places = primitives.concat([primitives.ravel(at) for at in indices]).numpy()
    empty = zeros((int(places.max(initial=-1)) + 1, *rest), rows.dtype)
    return primitives.setitem(empty, rows, index=(places,))
