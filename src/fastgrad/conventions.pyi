from typing import SupportsIndex

from ._core._tensor import Tensor, _DType, _TensorLike

def argmax(
    input: _TensorLike,
    axis: SupportsIndex | None = None,
    output_type: _DType = ...,
    name: str | None = None,
) -> Tensor: ...
def argmin(
    input: _TensorLike,
    axis: SupportsIndex | None = None,
    output_type: _DType = ...,
    name: str | None = None,
) -> Tensor: ...
def leaky_relu(
    features: _TensorLike, alpha: _TensorLike = 0.2, name: str | None = None
) -> Tensor: ...
