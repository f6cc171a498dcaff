"""What the jobs compute: sizes, data, how exact the results are."""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

Job = Callable[[], Any]

STEPS = 1000  # of the tutorials' descent
CALLS = 1000  # of the function of one operation

SCALAR_OPS = 999
VECTOR_OPS = {10: 99, 100: 99, 1_000: 99, 10_000: 99, 100_000: 99, 1_000_000: 30}

LORENZ_STEPS = 200
LORENZ_OPS = 80 * LORENZ_STEPS  # recorded operations: counted by a test in bench_function.py
LORENZ_START = (1.0, 1.0, 20.0)
LORENZ_AT = (9.5, 27.0, 2.5)  # where value and gradient are taken; the data are of 10, 28, 8/3
TIME_STEP = 0.01

LAYERS, BATCHES = (784, 512, 512, 10), (32, 128, 1024)
SMALL_LAYERS, SMALL_BATCH = (2, 32, 32, 1), 16
RATE = 0.01

TIMES, SEQUENCES, UNITS = 100, 32, 64  # of the LSTM


class Missing(Exception):
    """The library has no such call: its job is left out, which is no failure."""


class Case(NamedTuple):
    """`per` operations, steps or calls in a run, and how exact the results must be.

    `starts`: in how many fresh processes the first call is timed.
    """

    per: int
    rtol: float
    starts: int = 1


CASES = {
    "descent_apply_gradients": Case(STEPS, 1e-5, starts=3),
    "descent_minimize": Case(STEPS, 1e-5, starts=3),
    "call_value": Case(CALLS, 1e-6),
    "call_gradient": Case(CALLS, 1e-6),
    "chain_0d": Case(SCALAR_OPS, 1e-9),
    **{f"chain_{n}": Case(ops, 1e-9) for n, ops in VECTOR_OPS.items()},
    "lorenz_eager": Case(LORENZ_OPS, 1e-8),
    "lorenz_unrolled": Case(LORENZ_OPS, 1e-8, starts=3),
    "lorenz_loop": Case(LORENZ_OPS, 1e-8, starts=3),
    **{f"network_{n}": Case(1, 1e-4) for n in BATCHES},
    "network_small": Case(1, 1e-4),
    "lstm_loop": Case(1, 1e-3),
    "lstm_scan": Case(1, 1e-3),
}


def arrays(results: Any) -> list[np.ndarray]:
    """The arrays of a nest of a library's Tensors."""
    if isinstance(results, (list, tuple)):
        return [array for part in results for array in arrays(part)]
    x = results.detach() if hasattr(results, "detach") else results
    return [np.asarray(x.numpy() if hasattr(x, "numpy") else x)]


def agree(got: list[np.ndarray], want: list[np.ndarray], rtol: float) -> None:
    """AssertionError unless all are the same, relative to the largest element of each."""
    for k, (one, other) in enumerate(zip(got, want, strict=True)):
        assert one.shape == other.shape, f"result {k} has shape {one.shape}, not {other.shape}"
        off = float(np.max(np.abs(one - other)) / np.max(np.abs(other)))
        assert off <= rtol, f"result {k} is off by {off:.1g} of its largest element"  # NaN is not


# -------------------------------------------------------------------------------------------- chain
def chain(sin: Callable[[Any], Any], y: Any, c: Any, d: Any, ops: int) -> Any:
    for _ in range(ops // 3):
        y = sin(y * c + d)
    return y


def chain_inputs(shape: tuple[int, ...]) -> list[np.ndarray]:
    """y, c and d with which values and gradients of a long chain stay normal numbers."""
    rng = np.random.default_rng(7)
    ranges = ((0.3, 0.7), (0.95, 1.0), (0.05, 0.1))
    return [np.asarray(rng.uniform(low, high, shape)) for low, high in ranges]


# ------------------------------------------------------------------------------------------- Lorenz
def lorenz_slope(x: Any, y: Any, z: Any, s: Any, r: Any, b: Any) -> tuple[Any, Any, Any]:
    return s * (y - x), x * (r - z) - y, x * y - b * z


def lorenz_step(x: Any, y: Any, z: Any, s: Any, r: Any, b: Any) -> tuple[Any, Any, Any]:
    """A Runge-Kutta step of fourth order, scalar by scalar."""
    h = TIME_STEP
    x1, y1, z1 = lorenz_slope(x, y, z, s, r, b)
    x2, y2, z2 = lorenz_slope(x + h / 2 * x1, y + h / 2 * y1, z + h / 2 * z1, s, r, b)
    x3, y3, z3 = lorenz_slope(x + h / 2 * x2, y + h / 2 * y2, z + h / 2 * z2, s, r, b)
    x4, y4, z4 = lorenz_slope(x + h * x3, y + h * y3, z + h * z3, s, r, b)
    x = x + h / 6 * (x1 + 2.0 * x2 + 2.0 * x3 + x4)
    y = y + h / 6 * (y1 + 2.0 * y2 + 2.0 * y3 + y4)
    z = z + h / 6 * (z1 + 2.0 * z2 + 2.0 * z3 + z4)
    return x, y, z


def lorenz_loss(state: Any, parameters: Any, targets: Any, loss: Any) -> Any:
    """`loss` plus the squared distances between the orbit and its targets, by a Python loop."""
    x, y, z = state
    s, r, b = parameters
    for at_x, at_y, at_z in targets:
        x, y, z = lorenz_step(x, y, z, s, r, b)
        loss = loss + (x - at_x) ** 2 + (y - at_y) ** 2 + (z - at_z) ** 2
    return loss


def lorenz_targets() -> np.ndarray:
    """The measured orbit, [steps, 3]."""
    state, rows = LORENZ_START, []
    for _ in range(LORENZ_STEPS):
        state = lorenz_step(*state, 10.0, 28.0, 8 / 3)
        rows.append(state)
    return np.array(rows) + np.random.default_rng(3).normal(0, 0.1, (LORENZ_STEPS, 3))


# ----------------------------------------------------------------------------------------- networks
class Batch(NamedTuple):
    x: np.ndarray
    y: np.ndarray


def weights(layers: tuple[int, ...]) -> list[np.ndarray]:
    """float32: a matrix [in, out] and a bias for each layer."""
    rng = np.random.default_rng(0)
    made = []
    for below, above in zip(layers, layers[1:], strict=False):
        made += [rng.normal(0, below**-0.5, (below, above)), rng.normal(0, 0.1, above)]
    return [w.astype("f") for w in made]


def batch(size: int) -> Batch:
    """Images [size, 784] and their classes."""
    rng = np.random.default_rng(1)
    return Batch(rng.random((size, LAYERS[0]), "f"), rng.integers(0, LAYERS[-1], size, "i"))


def small_batch() -> Batch:
    """Points of the plane and values there, [16, 1]."""
    x = np.random.default_rng(1).uniform(-1, 1, (SMALL_BATCH, SMALL_LAYERS[0])).astype("f")
    return Batch(x, np.sin(3 * x[:, :1]) * x[:, 1:])


def lstm_inputs() -> tuple[np.ndarray, list[np.ndarray]]:
    """Inputs [times, sequences, units]; matrices of inputs and state and the bias, all float32.

    The gates stand in the order input, forget, cell, output.
    """
    rng = np.random.default_rng(5)
    shapes = [(UNITS, 4 * UNITS), (UNITS, 4 * UNITS), (4 * UNITS,)]
    made = [rng.uniform(-(UNITS**-0.5), UNITS**-0.5, shape).astype("f") for shape in shapes]
    return rng.normal(size=(TIMES, SEQUENCES, UNITS)).astype("f"), made
