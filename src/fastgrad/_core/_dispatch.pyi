from _typeshed import Incomplete

from ._tensor import Tensor, _DType, _Shape, _TensorLike

def constant(
    value: _TensorLike,
    dtype: _DType | None = None,
    shape: _Shape | None = None,
    name: str = "constant",
) -> Tensor: ...
def convert_to_tensor(
    value: _TensorLike,
    dtype: _DType | None = None,
    dtype_hint: _DType | None = None,
    name: str | None = None,
) -> Tensor: ...
def __getattr__(name: str) -> Incomplete: ...
