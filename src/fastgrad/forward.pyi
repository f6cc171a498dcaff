from types import TracebackType
from typing import Any, Self

from .tape import UnconnectedGradients

class ForwardAccumulator:
    def __init__(self, primals: Any, tangents: Any) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def jvp(self, primals: Any, unconnected_gradients: UnconnectedGradients | str = ...) -> Any: ...
