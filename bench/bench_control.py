"""Plain NumPy and plain Python floats.

They are the references of the ratios, the trusted results, and the answer to "is this machine slow
today?": compare their times with those of another day before comparing anything else.
"""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from . import timing
from .library import Library, Pull
from .timing import Work

CALLS = 1000


def one_element_add(calls: int) -> None:
    """The reference r: `np.add` of one-element float64 arrays with `out=`, called from Python."""
    x, y, o = np.full(1, 2.0), np.full(1, 3.0), np.empty(1)
    for _ in range(calls):
        np.add(x, y, out=o)


def multiply_add_out(y: np.ndarray, c: np.ndarray, d: np.ndarray, rounds: int) -> np.ndarray:
    """The bare NumPy calls of `bench_chains.multiply_add`."""
    y = y.copy()
    for _ in range(rounds):
        np.multiply(y, c, out=y)
        np.add(y, d, out=y)
    return y


def mix_out(y: np.ndarray, c: np.ndarray, d: np.ndarray, rounds: int) -> np.ndarray:
    """The bare NumPy calls of `bench_chains.mix`."""
    y = y.copy()
    for _ in range(rounds):
        np.multiply(y, c, out=y)
        np.add(y, d, out=y)
        np.sin(y, out=y)
    return y


def python_floats(rounds: int) -> float:
    """`y * a + b` on Python floats: 2 operations a round."""
    y, a, b = 0.5, 0.99, 0.01
    for _ in range(rounds):
        y = y * a + b
    return y


class Plain(Library):
    """No library: gradients by complex step, descent by hand on Python floats."""

    name = "plain"
    module = "numpy"
    descents = ("apply_gradients",)
    sin = staticmethod(np.sin)

    def array(self, value: np.ndarray) -> np.ndarray:
        return value

    def record(self, f: Callable[[Any], Any], x: np.ndarray) -> tuple[np.ndarray, Pull]:
        """All elements are perturbed at once, which is exact where `f` is elementwise."""
        step = 1e-200
        return f(x), lambda: np.imag(f(x + 1j * step)) / step

    def square_gradients(self, times: int) -> float:
        return 6.0

    def apply_gradients(self, steps: int) -> float:
        x, a, b = 0.0, 1.0, -2.0
        for _ in range(steps):
            x = x - 0.01 * (2 * a * x + b)
        return x


REFERENCE = Work(lambda: one_element_add(CALLS), CALLS)

_y, _c, _d = (np.full(1000, value) for value in (0.5, 0.99, 0.01))
CONTROLS = {
    "r, np.add of one element": REFERENCE,
    "np.multiply/np.add of 1,000": Work(lambda: multiply_add_out(_y, _c, _d, CALLS), 2 * CALLS),
    "np.sin/multiply/add of 1,000": Work(lambda: mix_out(_y, _c, _d, CALLS), 3 * CALLS),
    "Python float operation": Work(lambda: python_floats(CALLS), 2 * CALLS),
}


def describe(seconds: float) -> str:
    """The least time of each control, and how far the median is above it, in one line."""
    timings = timing.compare(list(CONTROLS.values()), seconds)
    return "; ".join(
        f"{name} {t.best * 1e9:.0f} ns (median +{t.median / t.best - 1:.0%})"
        for name, t in zip(CONTROLS, timings, strict=True)
    )


@pytest.mark.parametrize("name", CONTROLS)
def test_control(benchmark, name):
    timing.pedantic(benchmark, CONTROLS[name])


def test_steps_by_hand(benchmark):
    benchmark(Plain().apply_gradients, 1000)
