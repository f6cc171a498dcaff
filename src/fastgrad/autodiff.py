"""Automatic differentiation beside the tape: the names of `tf.autodiff`."""

from . import forward as _forward
from . import tape as _tape

ForwardAccumulator = _forward.ForwardAccumulator
GradientTape = _tape.GradientTape
