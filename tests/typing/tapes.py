"""A typed program: variables, tapes, training. Checked by mypy --strict and pyright, and run as a test."""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

import fastgrad as fg


def quadratic(x: fg.Tensor | fg.Variable) -> fg.Tensor:
    return fg.pow(x, 2) - 2.0 * x + 1.0


def derivative(f: Callable[[fg.Tensor], fg.Tensor], at: float) -> fg.Tensor:
    x = fg.constant(at)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    slope: fg.Tensor = tape.gradient(y, x)
    return slope


def minimum() -> float:
    x = fg.Variable(0.0, name="x", dtype=fg.float32)
    optimizer = fg.keras.optimizers.SGD(learning_rate=0.1, momentum=0.5)
    for _ in range(100):
        optimizer.minimize(lambda: quadratic(x), [x])
    return float(x)


def layer(x: NDArray[np.float64], w: fg.Variable, b: fg.Variable) -> fg.Tensor:
    return fg.nn.relu(fg.linalg.matmul(x, w) + b)


def losses() -> list[fg.Tensor]:
    w, b = fg.Variable(np.ones((2, 3))), fg.Variable(np.zeros(3))
    x = np.array([[1.0, -1.0], [0.5, 2.0]])
    with fg.GradientTape(persistent=True) as tape:
        y = layer(x, w, b)
        loss = fg.reduce_mean(fg.square(y), axis=[0, 1], keepdims=False)
    gradients = tape.gradient(loss, [w, b])
    jacobian: fg.Tensor = tape.jacobian(y, b)
    del tape
    return [loss, jacobian, *gradients]


@fg.function
def step(x: fg.Tensor, n: int) -> fg.Tensor:
    for _ in fg.range(n):
        x = x - 0.5 * x
    return x


@fg.function(jit_compile=True)
def double(x: fg.Tensor) -> fg.Tensor:
    return x * 2


def main() -> None:
    assert derivative(quadratic, 0.0).numpy() == -2.0
    assert abs(minimum() - 1.0) < 1e-3
    shapes = [tensor.shape.as_list() for tensor in losses()]
    assert shapes == [[], [2, 3, 3], [2, 3], [3]]
    assert float(double(step(fg.constant(8.0), 3))) == 2.0


if __name__ == "__main__":
    main()
