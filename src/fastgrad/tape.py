"""Gradients by recording: `GradientTape`, which the core has, and what it may be told."""

from ._core import _tape

GradientTape = _tape.GradientTape


class UnconnectedGradients:
    """What stands for the gradient of a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"
