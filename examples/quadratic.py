"""The minimum of a quadratic, found in three ways that end at the same place.

    python examples/quadratic.py

Prints where each of them ends, and how long a step takes.
"""

from collections.abc import Callable
from time import perf_counter

import fastgrad as fg

STEPS, RATE = 1000, 0.01


def quadratic(x: fg.Variable) -> fg.Tensor:
    return fg.square(x) - 2.0 * x + 1.0


def by_hand(x: fg.Variable) -> None:
    for _ in range(STEPS):
        with fg.GradientTape() as tape:
            y = quadratic(x)
        x.assign_sub(RATE * tape.gradient(y, x))


def by_apply_gradients(x: fg.Variable) -> None:
    optimizer = fg.keras.optimizers.SGD(learning_rate=RATE)
    for _ in range(STEPS):
        with fg.GradientTape() as tape:
            y = quadratic(x)
        optimizer.apply_gradients([(tape.gradient(y, x), x)])


def by_minimize(x: fg.Variable) -> None:
    optimizer = fg.keras.optimizers.SGD(learning_rate=RATE)
    for _ in range(STEPS):
        optimizer.minimize(lambda: quadratic(x), [x])


def main() -> None:
    ways: list[Callable[[fg.Variable], None]] = [by_hand, by_apply_gradients, by_minimize]
    for descend in ways:
        x = fg.Variable(0.0)
        start = perf_counter()
        descend(x)
        microseconds = (perf_counter() - start) * 1e6 / STEPS
        print(f"{descend.__name__:<20}x = {x.numpy():.8f}   {microseconds:.2f} us a step")


if __name__ == "__main__":
    main()
