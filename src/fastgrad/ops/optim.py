"""Optimiser updates, forward only: one fused loop over a variable, its gradient and its state.

The order of operations is that of Keras, so that training gives the same numbers.
"""

from .._rules import nondiff

sgd_step = nondiff(lambda w, g, lr: w - g * lr, doc="A step of gradient descent.")
sgd_velocity = nondiff(
    lambda m, g, momentum, lr: m * momentum - g * lr, doc="The next velocity m of momentum."
)
sgd_nesterov = nondiff(
    lambda w, m, g, momentum, lr: w + (m * momentum - g * lr),
    doc="A step of Nesterov's momentum; m is the next velocity.",
)
decay_step = nondiff(lambda w, decay, lr: w - w * decay * lr, doc="A step of weight decay.")
