from typing import Any, SupportsIndex

from ._core._tensor import Tensor, _DType, _Shape, _TensorLike

def set_seed(seed: SupportsIndex | None) -> None: ...
def normal(
    shape: _Shape,
    mean: _TensorLike = 0.0,
    stddev: _TensorLike = 1.0,
    dtype: _DType = ...,
    seed: SupportsIndex | None = None,
    name: str | None = None,
) -> Tensor: ...
def truncated_normal(
    shape: _Shape,
    mean: _TensorLike = 0.0,
    stddev: _TensorLike = 1.0,
    dtype: _DType = ...,
    seed: SupportsIndex | None = None,
    name: str | None = None,
) -> Tensor: ...
def uniform(
    shape: _Shape,
    minval: _TensorLike = 0,
    maxval: _TensorLike | None = None,
    dtype: _DType = ...,
    seed: SupportsIndex | None = None,
    name: str | None = None,
) -> Tensor: ...
def shuffle(
    value: _TensorLike, seed: SupportsIndex | None = None, name: str | None = None
) -> Tensor: ...

class Generator:
    def __init__(self, stream: Any) -> None: ...
    @classmethod
    def from_seed(cls, seed: SupportsIndex, alg: Any = None) -> Generator: ...
    @classmethod
    def from_non_deterministic_state(cls, alg: Any = None) -> Generator: ...
    def normal(
        self,
        shape: _Shape,
        mean: _TensorLike = 0.0,
        stddev: _TensorLike = 1.0,
        dtype: _DType = ...,
        name: str | None = None,
    ) -> Tensor: ...
    def truncated_normal(
        self,
        shape: _Shape,
        mean: _TensorLike = 0.0,
        stddev: _TensorLike = 1.0,
        dtype: _DType = ...,
        name: str | None = None,
    ) -> Tensor: ...
    def uniform(
        self,
        shape: _Shape,
        minval: _TensorLike = 0,
        maxval: _TensorLike | None = None,
        dtype: _DType = ...,
        name: str | None = None,
    ) -> Tensor: ...
