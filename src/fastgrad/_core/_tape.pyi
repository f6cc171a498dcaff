from contextlib import AbstractContextManager
from types import TracebackType
from typing import Any, Self, overload

from _typeshed import Incomplete

from ..freezing import Frozen
from ._tensor import Tensor, Variable

class GradientTape:
    def __init__(
        self,
        persistent: bool = False,
        watch_accessed_variables: bool = True,
        freezable: bool = False,
    ) -> None: ...
    def freeze(self, outputs: Any, inputs: Any) -> Frozen: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def watch(self, tensor: Any) -> None: ...
    def watched_variables(self) -> tuple[Variable, ...]: ...
    def stop_recording(self) -> AbstractContextManager[Any]: ...
    def reset(self) -> None: ...

    # A gradient may be None, but a program that checks each of its own would be the worse for it.
    @overload
    def gradient(
        self,
        target: Any,
        sources: Tensor | Variable,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Tensor | Any: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: list[Tensor] | list[Variable] | list[Tensor | Variable],
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> list[Tensor | Any]: ...
    @overload
    def gradient(
        self,
        target: Any,
        sources: Any,
        output_gradients: Any = None,
        unconnected_gradients: str = "none",
    ) -> Any: ...
    @overload
    def jacobian(
        self,
        target: Tensor | Variable,
        sources: Tensor | Variable,
        unconnected_gradients: str = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Tensor | Any: ...
    @overload
    def jacobian(
        self,
        target: Tensor | Variable,
        sources: Any,
        unconnected_gradients: str = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Any: ...
    def batch_jacobian(
        self,
        target: Tensor | Variable,
        source: Tensor | Variable,
        unconnected_gradients: str = "none",
        parallel_iterations: int | None = None,
        experimental_use_pfor: bool = True,
    ) -> Tensor: ...

def gradients_through(loss: Any, variables: list[Any]) -> tuple[Any, ...]: ...
def wants_zeros(unconnected: object) -> bool: ...
def __getattr__(name: str) -> Incomplete: ...
