from typing import Any, Final, overload

from ._core._tape import Tape
from ._core._tensor import Tensor, Variable

class UnconnectedGradients:
    NONE: Final = "none"
    ZERO: Final = "zero"

class GradientTape(Tape):
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
