from collections.abc import Callable, Sequence
from typing import Any, TypeVar, overload

from _typeshed import Incomplete

from ._core._tensor import Tensor

_F = TypeVar("_F", bound=Callable[..., Any])
_T = TypeVar("_T")

NUMBERS: tuple[type, ...]
CUSTOM: Incomplete

def recomputes() -> bool: ...
def record(
    what: str,
    y: Any,
    inputs: Sequence[Any],
    variables: Sequence[Any],
    pull: Callable[[list[Any]], Any],
    log: bool = True,
) -> Any: ...
def has_gradient(dtype: Any) -> bool: ...
def name_of(f: Callable[..., Any]) -> str: ...

class Wrapper:
    __wrapped__: Callable[..., Any]
    def __init__(self, f: Callable[..., Any]) -> None: ...
    def __get__(self, instance: object, owner: Any = None) -> Any: ...

class CustomGradient(Wrapper):
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

class RecomputeGrad(Wrapper):
    def __call__(self, *args: Any, **kwargs: Any) -> Any: ...

@overload
def custom_gradient(f: None = None) -> Callable[[Callable[..., Any]], CustomGradient]: ...
@overload
def custom_gradient(f: Callable[..., Any]) -> CustomGradient: ...
def recompute_grad(f: Callable[..., _T]) -> Callable[..., _T]: ...

checkpoint = recompute_grad

def grad_pass_through(f: Callable[..., _T]) -> Callable[..., _T]: ...

class Operation:
    type: str
    inputs: tuple[Tensor, ...]
    outputs: tuple[Tensor, ...]
    def __init__(self, type: str, inputs: Any, outputs: Any) -> None: ...

class RegisterGradient:
    def __init__(self, op_type: str) -> None: ...
    def __call__(self, f: _F) -> _F: ...
