from types import TracebackType
from typing import Self

from ._tensor import Tensor, Variable

class Accumulator:
    def __enter__(self) -> Self: ...
    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...
    def _watch(self, primal: Tensor | Variable, tangent: Tensor) -> None: ...
    def _tangent(self, primal: Tensor | Variable) -> Tensor | None: ...
