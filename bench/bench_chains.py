"""The cost of one recorded operation, forward and backward.

Chains of operations on float64; `c` and `d` are constants that no tape watches, of `y`'s shape. 0-d
chains are compared with r, vectors with the bare NumPy calls of the same chain. Forward is what it
takes to record, from Python, loop included; backward is the gradient and then letting go of
everything that was recorded.
"""

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest

from . import timing
from .bench_control import REFERENCE, mix_out, multiply_add_out
from .library import Library
from .table import Row
from .timing import Work

Shape = tuple[int, ...]
Direction = Callable[[Library, "Chain", Shape], Work]


class Chain(NamedTuple):
    """`body(sin, y, c, d, rounds)`, `ops` operations a round; and the same as bare NumPy calls."""

    name: str
    ops: int
    body: Callable[..., Any]
    bare: Callable[[np.ndarray, np.ndarray, np.ndarray, int], np.ndarray]


def multiply_add(sin: Any, y: Any, c: Any, d: Any, rounds: int) -> Any:
    for _ in range(rounds):
        y = y * c + d
    return y


def mix(sin: Any, y: Any, c: Any, d: Any, rounds: int) -> Any:
    for _ in range(rounds):
        y = sin(y * c + d)
    return y


MULTIPLY_ADD = Chain("y * c + d", 2, multiply_add, multiply_add_out)
MIX = Chain("sin(y * c + d)", 3, mix, mix_out)
CHAINS = (MULTIPLY_ADD, MIX)

SCALAR = ()
VECTORS = ((10,), (100,), (1000,))
SHAPES = (SCALAR, *VECTORS)


def inputs(shape: Shape) -> list[np.ndarray]:
    """y, c and d with which values and gradients of a long chain stay normal numbers."""
    rng = np.random.default_rng(7)
    ranges = ((0.3, 0.7), (0.95, 1.0), (0.05, 0.1))
    return [np.asarray(rng.uniform(low, high, shape)) for low, high in ranges]


def recorder(library: Library, chain: Chain, shape: Shape, ops: int) -> Callable[[], Any]:
    """A call that records the chain, `ops` operations or just under: see `Library.record`."""
    y, c, d = map(library.array, inputs(shape))
    sin, rounds = library.sin, ops // chain.ops
    return lambda: library.record(lambda y: chain.body(sin, y, c, d, rounds), y)


def forward(library: Library, chain: Chain, shape: Shape) -> Work:
    return Work(recorder(library, chain, shape, library.ops), library.ops // chain.ops * chain.ops)


def backward(library: Library, chain: Chain, shape: Shape) -> Work:
    record, per, _ = forward(library, chain, shape)
    # Taken out of the list, the recording has no other owner and goes within the timed run.
    return Work(lambda pulls: pulls.pop()(), per, setup=lambda: [record()[1]])


def bare(chain: Chain, shape: Shape) -> Work:
    y, c, d = inputs(shape)
    rounds = Library.ops // chain.ops
    return Work(lambda: chain.bare(y, c, d, rounds), rounds * chain.ops)


def scalar_row(work: str, target: float, direction: Direction) -> Row:
    def measure(library: Library, seconds: float) -> list[float]:
        return [timing.ratio(direction(library, MULTIPLY_ADD, SCALAR), REFERENCE, seconds)]

    return Row(work, "r", (target,), measure)


def vector_row(work: str, targets: tuple[float, ...], direction: Direction, chain: Chain) -> Row:
    def measure(library: Library, seconds: float) -> list[float]:
        return [
            timing.ratio(direction(library, chain, shape), bare(chain, shape), seconds)
            for shape in VECTORS
        ]

    work = f"{work} on 10 / 100 / 1,000 float64, `{chain.name}`"
    return Row(work, "NumPy call", targets, measure)


ROWS = [
    scalar_row("one recorded 0-d operation from Python, `y * c + d`", 0.30, forward),
    scalar_row("backward per recorded 0-d operation", 0.08, backward),
    *(vector_row("one recorded operation", (0.35, 0.35, 0.8), forward, chain) for chain in CHAINS),
    *(vector_row("backward per operation", (0.4, 0.5, 1.2), backward, chain) for chain in CHAINS),
]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.body.__name__)
@pytest.mark.parametrize("direction", [forward, backward], ids=lambda direction: direction.__name__)
def test_chain(benchmark, library, direction, chain, shape):
    timing.pedantic(benchmark, direction(library, chain, shape))


@pytest.mark.parametrize("shape", VECTORS, ids=str)
@pytest.mark.parametrize("chain", CHAINS, ids=lambda chain: chain.body.__name__)
def test_bare(benchmark, chain, shape):
    timing.pedantic(benchmark, bare(chain, shape))
