"""Predator and prey: the four rates of an ordinary differential equation, fitted to observations.

    python examples/ode_fit.py

The equation is solved in 200 steps of Runge and Kutta's method, some 14,000 operations on single
numbers, and the tape differentiates through all of them: the method of Gauss and Newton needs the
jacobian of 40 residuals.
"""

from time import perf_counter

import numpy as np
from numpy.typing import NDArray

import fastgrad as fg

TRUE = np.array([1.1, 0.4, 0.1, 0.4])  # growth of prey, its loss; growth of predators, their loss
START = (10.0, 5.0)
TIME, STEPS, EVERY = 10.0, 200, 10

State = tuple[fg.Tensor, fg.Tensor]


def slope(prey: fg.Tensor, predators: fg.Tensor, rates: fg.Tensor) -> State:
    growth, eaten, births, deaths = rates[0], rates[1], rates[2], rates[3]
    meetings = prey * predators
    return growth * prey - eaten * meetings, births * meetings - deaths * predators


def solve(rates: fg.Tensor) -> fg.Tensor:
    """Prey and predators at every `EVERY`-th step: shape [STEPS // EVERY, 2]."""
    h = TIME / STEPS
    x, y = fg.constant(np.float64(START[0])), fg.constant(np.float64(START[1]))
    seen: list[fg.Tensor] = []
    for step in range(1, STEPS + 1):
        ax, ay = slope(x, y, rates)
        bx, by = slope(x + h / 2 * ax, y + h / 2 * ay, rates)
        cx, cy = slope(x + h / 2 * bx, y + h / 2 * by, rates)
        dx, dy = slope(x + h * cx, y + h * cy, rates)
        x = x + h / 6 * (ax + 2 * bx + 2 * cx + dx)
        y = y + h / 6 * (ay + 2 * by + 2 * cy + dy)
        if step % EVERY == 0:
            seen.append(fg.stack([x, y]))
    return fg.stack(seen)


def fit(observed: NDArray[np.float64], guess: NDArray[np.float64]) -> NDArray[np.float64]:
    """Rates that fit the observations, by Gauss and Newton's method."""
    rates = fg.Variable(guess)
    for iteration in range(1, 9):
        start = perf_counter()
        with fg.GradientTape() as tape:
            residuals = fg.reshape(solve(rates.read_value()) - observed, [-1])
        jacobian = tape.jacobian(residuals, rates).numpy()
        step = np.linalg.lstsq(jacobian, residuals.numpy(), rcond=None)[0]
        rates.assign_sub(step)
        error = float(np.sqrt(np.mean(residuals.numpy() ** 2)))
        print(
            f"{iteration}: rates {np.round(rates.numpy(), 5)}  error {error:.2e}  "
            f"{(perf_counter() - start) * 1e3:.0f} ms"
        )
        if np.abs(step).max() < 1e-9:
            break
    return rates.numpy()


def main() -> None:
    observed = solve(fg.constant(TRUE)).numpy()
    found = fit(observed, TRUE * [1.1, 0.95, 1.05, 0.9])
    print(f"true rates {TRUE}, largest error {np.abs(found - TRUE).max():.1e}")


if __name__ == "__main__":
    main()
