from collections.abc import Callable, Sequence
from typing import Any, Generic, ParamSpec, TypeVar, overload

from .plans import PlanView

_P = ParamSpec("_P")
_R = TypeVar("_R")

class Function(Generic[_P, _R]):
    input_signature: tuple[Any, ...] | None
    def __init__(
        self,
        python_function: Callable[_P, _R],
        input_signature: Sequence[Any] | None = None,
        autograph: bool = True,
    ) -> None: ...
    def __call__(self, *args: _P.args, **kwargs: _P.kwargs) -> _R: ...
    @overload
    def __get__(self, instance: None, owner: Any = None) -> Function[_P, _R]: ...
    @overload
    def __get__(self, instance: object, owner: Any = None) -> Function[..., _R]: ...
    @property
    def python_function(self) -> Callable[_P, _R]: ...
    def get_concrete_function(self, *args: Any, **kwargs: Any) -> ConcreteFunction[_R]: ...
    def plan(self, *args: Any, **kwargs: Any) -> PlanView: ...

class ConcreteFunction(Generic[_R]):
    def __init__(self, function: Function[..., _R], bound: Any) -> None: ...
    def __call__(self, *args: Any, **kwargs: Any) -> _R: ...

@overload
def function(
    func: Callable[_P, _R],
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Function[_P, _R]: ...
@overload
def function(
    func: None = None,
    input_signature: Sequence[Any] | None = None,
    autograph: bool = True,
    jit_compile: bool | None = None,
    reduce_retracing: bool = False,
    experimental_implements: str | None = None,
    experimental_autograph_options: Any = None,
    experimental_attributes: Any = None,
    experimental_relax_shapes: bool | None = None,
    experimental_compile: bool | None = None,
    experimental_follow_type_hints: bool | None = None,
) -> Callable[[Callable[_P, _R]], Function[_P, _R]]: ...
def run_functions_eagerly(run_eagerly: bool) -> None: ...
def functions_run_eagerly() -> bool: ...
