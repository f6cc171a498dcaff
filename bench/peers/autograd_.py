"""HIPS autograd. It has no optimizer that is called step by step: the update is by hand."""

from collections.abc import Callable
from typing import Any

import autograd
import autograd.numpy as np
from autograd.core import make_vjp

from ..library import Library, Pull


class Autograd(Library):
    name = "autograd"
    module = "autograd"
    descents = ("apply_gradients",)
    sin = staticmethod(np.sin)

    def array(self, value: Any) -> Any:
        return value

    def record(self, f: Callable[[Any], Any], x: Any) -> tuple[Any, Pull]:
        pull, y = make_vjp(f, x)
        return y, lambda: pull(np.ones_like(y))

    def square_gradients(self, times: int) -> Any:
        gradient_of_square = autograd.grad(lambda x: x * x)
        for _ in range(times):
            gradient = gradient_of_square(3.0)
        return gradient

    def apply_gradients(self, steps: int) -> Any:
        x, a, b, c = 0.0, 1.0, -2.0, 1.0
        dy_dx = autograd.grad(lambda x: a * np.power(x, 2) + b * x + c)
        for _ in range(steps):
            x = x - 0.01 * dy_dx(x)
        return x


def library() -> Library:
    return Autograd()
