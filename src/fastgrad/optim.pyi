from collections.abc import Callable, Iterable
from typing import Any, Self

from _typeshed import Incomplete

from ._core._tape import GradientTape
from ._core._tensor import Tensor, Variable, _TensorLike

_Rate = float | Tensor | Variable | Callable[[], Any] | Callable[[Variable], Any]

ONE: Tensor
ADD: Incomplete
STEP: Incomplete
VELOCITY: Incomplete
NESTEROV: Incomplete
DECAY: Incomplete

class Optimizer:
    name: str | None
    weight_decay: float | None
    clipnorm: float | None
    clipvalue: float | None
    global_clipnorm: float | None
    def __init__(
        self,
        learning_rate: _Rate,
        *,
        weight_decay: float | None,
        clipnorm: float | None,
        clipvalue: float | None,
        global_clipnorm: float | None,
        name: str | None,
    ) -> None: ...
    @property
    def iterations(self) -> Variable: ...
    @property
    def learning_rate(self) -> Any: ...
    @learning_rate.setter
    def learning_rate(self, rate: _Rate) -> None: ...
    @property
    def lr(self) -> Any: ...
    @lr.setter
    def lr(self, rate: _Rate) -> None: ...
    def get_config(self) -> dict[str, Any]: ...
    @classmethod
    def from_config(cls, config: dict[str, Any]) -> Self: ...
    def apply_gradients(
        self,
        grads_and_vars: Iterable[tuple[_TensorLike | None, Variable]] | None = None,
        name: str | None = None,
    ) -> Variable: ...
    def minimize(
        self,
        loss: Callable[[], Any] | Tensor,
        var_list: Any,
        tape: GradientTape | None = None,
        name: str | None = None,
    ) -> Variable: ...

class SGD(Optimizer):
    momentum: float
    nesterov: bool
    def __init__(
        self,
        learning_rate: _Rate = 0.01,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float | None = None,
        clipnorm: float | None = None,
        clipvalue: float | None = None,
        global_clipnorm: float | None = None,
        name: str | None = "SGD",
        *,
        lr: float = ...,
    ) -> None: ...
