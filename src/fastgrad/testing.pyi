from collections.abc import Callable, Iterator, Sequence
from typing import Any

from numpy.random import Generator
from numpy.typing import NDArray

from ._core._tensor import Tensor, _TensorLike

def check_gradients(
    f: Callable[..., Any],
    *args: _TensorLike,
    order: int = 2,
    rtol: float = 1e-6,
    atol: float = 1e-8,
    seed: int = 0,
) -> None: ...
def compute_gradient(
    f: Callable[..., Any], x: Sequence[_TensorLike], delta: float = ...
) -> tuple[tuple[NDArray[Any], ...], tuple[NDArray[Any], ...]]: ...
def check_numerics(tensor: _TensorLike, message: str, name: str | None = None) -> Tensor: ...
def samples(row: Any, rng: Generator, dtype: Any = ...) -> Iterator[tuple[Any, dict[str, Any]]]: ...
def spread(
    row: Any, k: int, shape: tuple[int, ...], rng: Generator, dtype: Any = ...
) -> NDArray[Any]: ...
def domains(row: Any) -> Any: ...
def live_counts() -> dict[str, int] | None: ...

STEP: float
ENTRIES: int
SHAPES: tuple[tuple[int, ...], ...]
PAIRS: tuple[tuple[tuple[int, ...], tuple[int, ...]], ...]
