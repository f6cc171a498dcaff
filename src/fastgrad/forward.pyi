from typing import Any

from ._core._forward import Accumulator
from .tape import UnconnectedGradients

class ForwardAccumulator(Accumulator):
    def __init__(self, primals: Any, tangents: Any) -> None: ...
    def jvp(self, primals: Any, unconnected_gradients: UnconnectedGradients | str = ...) -> Any: ...
