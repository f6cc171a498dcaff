from typing import SupportsFloat, SupportsIndex

from ._core._tensor import Tensor, _DType, _Shape, _TensorLike

def ones(shape: _Shape, dtype: _DType = ..., name: str | None = None) -> Tensor: ...
def zeros(shape: _Shape, dtype: _DType = ..., name: str | None = None) -> Tensor: ...
def ones_like(
    input: _TensorLike, dtype: _DType | None = None, name: str | None = None
) -> Tensor: ...
def zeros_like(
    input: _TensorLike, dtype: _DType | None = None, name: str | None = None
) -> Tensor: ...
def fill(dims: _Shape, value: _TensorLike, name: str | None = None) -> Tensor: ...
def eye(
    num_rows: SupportsIndex,
    num_columns: SupportsIndex | None = None,
    batch_shape: _Shape | None = None,
    dtype: _DType = ...,
    name: str | None = None,
) -> Tensor: ...
def range(
    start: SupportsFloat | SupportsIndex,
    limit: SupportsFloat | SupportsIndex | None = None,
    delta: SupportsFloat | SupportsIndex = 1,
    dtype: _DType | None = None,
    name: str | None = None,
) -> Tensor: ...
def linspace(
    start: _TensorLike,
    stop: _TensorLike,
    num: SupportsIndex,
    name: str | None = None,
    axis: int = 0,
) -> Tensor: ...
def shape(input: _TensorLike, out_type: _DType = ..., name: str | None = None) -> Tensor: ...
def size(input: _TensorLike, out_type: _DType = ..., name: str | None = None) -> Tensor: ...
def rank(input: _TensorLike, name: str | None = None) -> Tensor: ...
