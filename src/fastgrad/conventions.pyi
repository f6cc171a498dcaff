# Written by tools/stubs.py: change that, or conventions.py, instead.

from typing import Any, NamedTuple, SupportsIndex

from ._core._tensor import Tensor, _Axes, _DType, _TensorLike

def argmax(
    input: _TensorLike, axis: _Axes = ..., output_type: _DType = ..., name: str | None = ...
) -> Tensor: ...
def argmin(
    input: _TensorLike, axis: _Axes = ..., output_type: _DType = ..., name: str | None = ...
) -> Tensor: ...
def leaky_relu(
    features: _TensorLike, alpha: _TensorLike = ..., name: str | None = ...
) -> Tensor: ...
def where(
    condition: _TensorLike,
    x: _TensorLike | None = ...,
    y: _TensorLike | None = ...,
    name: str | None = ...,
) -> Tensor: ...
def roll(input: _TensorLike, shift: _TensorLike, axis: _Axes, name: str | None = ...) -> Tensor: ...
def repeat(
    input: _TensorLike, repeats: _TensorLike, axis: _Axes = ..., name: str | None = ...
) -> Tensor: ...
def pad(
    tensor: _TensorLike,
    paddings: _TensorLike,
    mode: str = ...,
    constant_values: _TensorLike = ...,
    name: str | None = ...,
) -> Tensor: ...
def slice(
    input_: _TensorLike, begin: _TensorLike, size: _TensorLike, name: str | None = ...
) -> Tensor: ...
def strided_slice(
    input_: _TensorLike,
    begin: _TensorLike,
    end: _TensorLike,
    strides: _TensorLike | None = ...,
    begin_mask: SupportsIndex = ...,
    end_mask: SupportsIndex = ...,
    ellipsis_mask: SupportsIndex = ...,
    new_axis_mask: SupportsIndex = ...,
    shrink_axis_mask: SupportsIndex = ...,
    var: Any = ...,
    name: str | None = ...,
) -> Tensor: ...
def sort(
    values: _TensorLike, axis: _Axes = ..., direction: str = ..., name: str | None = ...
) -> Tensor: ...
def argsort(
    values: _TensorLike,
    axis: _Axes = ...,
    direction: str = ...,
    stable: bool = ...,
    name: str | None = ...,
) -> Tensor: ...

class TopK(NamedTuple):
    values: Tensor
    indices: Tensor

def top_k(
    input: _TensorLike,
    k: SupportsIndex = ...,
    sorted: bool = ...,
    index_type: _DType = ...,
    name: str | None = ...,
) -> TopK: ...
def searchsorted(
    sorted_sequence: _TensorLike,
    values: _TensorLike,
    side: str = ...,
    out_type: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...

class Unique(NamedTuple):
    y: Tensor
    idx: Tensor

def unique(x: _TensorLike, out_idx: _DType = ..., name: str | None = ...) -> Unique: ...

class UniqueWithCounts(NamedTuple):
    y: Tensor
    idx: Tensor
    count: Any

def unique_with_counts(
    x: _TensorLike, out_idx: _DType = ..., name: str | None = ...
) -> UniqueWithCounts: ...
def count_nonzero(
    input: _TensorLike,
    axis: _Axes = ...,
    keepdims: _TensorLike | None = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def norm(
    tensor: _TensorLike,
    ord: str = ...,
    axis: _Axes = ...,
    keepdims: _TensorLike | None = ...,
    name: str | None = ...,
) -> Tensor: ...
def cumulative_logsumexp(
    x: _TensorLike,
    axis: _Axes = ...,
    exclusive: bool = ...,
    reverse: bool = ...,
    name: str | None = ...,
) -> Tensor: ...
def bincount(
    arr: _TensorLike,
    weights: _TensorLike | None = ...,
    minlength: _TensorLike | None = ...,
    maxlength: SupportsIndex | None = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def histogram_fixed_width(
    values: _TensorLike,
    value_range: _TensorLike,
    nbins: SupportsIndex = ...,
    dtype: _DType = ...,
    name: str | None = ...,
) -> Tensor: ...
def dynamic_partition(
    data: _TensorLike,
    partitions: _TensorLike,
    num_partitions: SupportsIndex,
    name: str | None = ...,
) -> list[Tensor]: ...
def dynamic_stitch(indices: _TensorLike, data: _TensorLike, name: str | None = ...) -> Tensor: ...
