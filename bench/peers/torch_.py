"""PyTorch, eager."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..library import Library, Pull
from . import use_one_thread

use_one_thread()

import torch  # noqa: E402


class Torch(Library):
    name = "PyTorch"
    module = "torch"
    sin = staticmethod(torch.sin)

    def array(self, value: np.ndarray) -> torch.Tensor:
        return torch.tensor(value)

    def record(self, f: Callable[[Any], Any], x: torch.Tensor) -> tuple[torch.Tensor, Pull]:
        x = x.detach().requires_grad_()
        y = f(x)
        return y, lambda: torch.autograd.grad(y, x, torch.ones_like(y))[0]

    def square_gradients(self, times: int) -> torch.Tensor:
        x = torch.tensor(3.0, requires_grad=True)
        for _ in range(times):
            y = x * x
            (gradient,) = torch.autograd.grad(y, x)
        return gradient

    def apply_gradients(self, steps: int) -> torch.Tensor:
        x = torch.tensor(0.0, requires_grad=True)
        a, b, c = torch.tensor(1.0), torch.tensor(-2.0), torch.tensor(1.0)
        optimizer = torch.optim.SGD([x], lr=0.01)
        for _ in range(steps):
            optimizer.zero_grad()
            y = a * torch.pow(x, 2) + b * x + c
            y.backward()
            optimizer.step()
        return x

    def minimize(self, steps: int) -> torch.Tensor:
        x = torch.tensor(0.0, requires_grad=True)

        def f() -> torch.Tensor:
            a, b, c = torch.tensor(1.0), torch.tensor(-2.0), torch.tensor(1.0)
            optimizer.zero_grad()
            y = a * torch.pow(x, 2) + b * x + c
            y.backward()
            return y

        optimizer = torch.optim.SGD([x], lr=0.01)
        for _ in range(steps):
            optimizer.step(f)
        return x


def library() -> Library:
    torch.set_num_threads(1)
    return Torch()
