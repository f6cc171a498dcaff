from typing import Final

from ._core._tape import GradientTape as GradientTape

class UnconnectedGradients:
    NONE: Final = "none"
    ZERO: Final = "zero"
