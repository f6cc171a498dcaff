"""Optimisers: how Variables move along their gradients.

`SGD` follows Keras in its arguments and in the order of its operations, so that training gives the
same numbers. A step first checks and prepares every pair, and only then writes: whatever is wrong
with one of them, all Variables stay as they were.
"""

import math
import warnings

import numpy as np

from . import _nest, primitives
from ._core._dispatch import constant, convert_to_tensor, update_variable
from ._core._tensor import Tensor, Variable
from .dtypes import int64
from .errors import short, unexpected_keyword
from .tape import GradientTape

ONE = constant(1, dtype=int64)
ADD, STEP, VELOCITY, NESTEROV, DECAY = (
    primitives.ROWS[name].primitive
    for name in ("add", "sgd_step", "sgd_velocity", "sgd_nesterov", "decay_step")
)


def _update_variables(updates):
    for variable, primitive, *arguments in updates:
        update_variable(variable, primitive, *arguments)


def _descend(pairs, primitive, rate, counter):
    if not pairs:
        return False
    for pair in pairs:
        if type(pair) is not tuple or len(pair) != 2:
            return False
        gradient, variable = pair
        if type(gradient) is not Tensor or type(variable) is not Variable:
            return False
        dtype = gradient.dtype
        if dtype is not variable.dtype or gradient.shape != variable.shape or not dtype.is_floating:
            return False
    for gradient, variable in pairs:
        update_variable(variable, primitive, variable, gradient, rate)
    update_variable(counter, ADD, counter, ONE)
    return True


class Optimizer:
    """What optimisers have in common. A subclass says in `_updates` how one Variable moves.

    Attributes: `learning_rate`, which may be set; `iterations`, an int64 Variable that counts steps.
    """

    def __init__(
        self,
        learning_rate,
        weight_decay=None,
        clipnorm=None,
        clipvalue=None,
        global_clipnorm=None,
        name=None,
    ):
        clips = {"clipnorm": clipnorm, "clipvalue": clipvalue, "global_clipnorm": global_clipnorm}
        for argument, value in {"weight_decay": weight_decay, **clips}.items():
            if value is not None:
                _checked(argument, value)
        if sum(value is not None for value in clips.values()) > 1:
            raise ValueError(f"only one of clipnorm, clipvalue and global_clipnorm may be given: {clips}")
        self.name = type(self).__name__ if name is None else name
        self.weight_decay = weight_decay
        self.clipnorm = clipnorm
        self.clipvalue = clipvalue
        self.global_clipnorm = global_clipnorm
        self.iterations = Variable(0, dtype=int64, name="iterations", trainable=False)
        self._counted = self.iterations.assign_add(0)  # reads as `iterations`, always
        self._state = {}  # id: (variable, its state)
        self.learning_rate = learning_rate

    # ---- the learning rate
    @property
    def learning_rate(self):
        """The rate of the next step: a Variable, which may be assigned; of a schedule, a Tensor."""
        if self._schedule is not None:
            return constant(self._rate_now())
        if self._shown is None:
            self._show(Variable(self._rate, name="learning_rate", trainable=False))
        return self._shown

    @learning_rate.setter
    def learning_rate(self, rate):
        self._schedule = self._shown = None
        if isinstance(rate, Variable):
            self._rate = _checked("learning_rate", rate)
            self._show(rate)
        elif callable(rate):
            self._schedule = rate if _takes_step(rate) else lambda step: rate()
            self._given = rate
            self._fast = None
        else:
            self._rate = self._fast = _checked("learning_rate", rate)
        if not self._plain():
            self._fast = None

    lr = learning_rate

    def _show(self, variable):
        """Take the rate from a Variable when that has changed; until then it is exact."""
        self._shown = variable
        self._shown_as = float(variable)
        self._fast = None

    def _rate_now(self):
        if self._schedule is not None:
            return _checked("learning_rate", self._schedule(self.iterations))
        if self._shown is not None and float(self._shown) != self._shown_as:
            self._rate = self._shown_as = _checked("learning_rate", self._shown)
        return self._rate
