"""The tape itself: opening one, what it holds in memory, indexing in a loop, and the import.

Memory and import are measured in fresh processes and have rows in the table only.
"""

import sys
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pytest

from . import timing
from .bench_chains import CHAINS, SCALAR, recorder
from .bench_control import REFERENCE
from .library import LOOPS, Library, load
from .table import Row
from .timing import Work

GRADIENTS = 100
IMPORTS = 3  # at least


def square_gradients(library: Library) -> Work:
    times = max(1, GRADIENTS * library.ops // Library.ops)
    return Work(lambda: library.square_gradients(times), times)


def sum_of_squares(x: Any, n: int) -> Any:
    """Reads x of shape (n,) element by element."""
    total = 0.0
    for i in range(n):
        element = x[i]
        total = total + element * element
    return total


def indexing(library: Library, n: int) -> Work:
    """Forward and gradient of `sum_of_squares`."""
    x = library.array(np.linspace(-1.0, 1.0, n))
    return Work(lambda: library.record(lambda x: sum_of_squares(x, n), x)[1]())


def measure_square(library: Library, seconds: float) -> list[float]:
    return [timing.ratio(square_gradients(library), REFERENCE, seconds)]


def measure_indexing(library: Library, seconds: float) -> list[float | None]:
    if library.loops is None:
        return [None]
    short, long = (indexing(library, n) for n in library.loops)
    return [timing.ratio(long, short, seconds)]


def measure_memory(library: Library, seconds: float) -> list[float | None]:
    if sys.platform == "win32":  # the standard library cannot tell a process's memory there
        return [None] * len(CHAINS)
    code = "import sys, bench.bench_tape as b; print(b.bytes_per_op(*sys.argv[1:]))"
    ops = library.memory_ops if seconds >= 1 else min(library.memory_ops, 200_000)
    figures = (timing.child(code, library.module, chain.name, str(ops)) for chain in CHAINS)
    return [float(figure) for figure in figures]


def bytes_per_op(module: str, chain_name: str, ops: str) -> float:
    """Growth of this process's resident memory over a chain of 0-d operations held by a tape."""
    (chain,) = (chain for chain in CHAINS if chain.name == chain_name)
    library = load(module)
    recorder(library, chain, SCALAR, 30)()[1]()  # lets the library make what it makes only once
    record = recorder(library, chain, SCALAR, int(ops))
    before = _resident_bytes()
    recording = record()
    after = _resident_bytes()
    del recording
    return (after - before) / (int(ops) // chain.ops * chain.ops)


def _resident_bytes() -> int:
    import resource  # noqa: PLC0415 - there is none on Windows

    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss  # macOS: the peak, in bytes


def measure_import(library: Library, seconds: float) -> list[float]:
    """Milliseconds that `import` takes once NumPy is there. The first run may write bytecode."""
    code = (
        f"import numpy, time; start = time.perf_counter(); import {library.module}; "
        "print(time.perf_counter() - start)"
    )
    times: list[float] = []
    deadline = perf_counter() + 2 * seconds
    while len(times) < IMPORTS or perf_counter() < deadline:
        times.append(float(timing.child(code)) * 1e3)
    return [min(times)]


ROWS = [
    Row("tape opened and closed with `x * x` in it, and its gradient", "r", (2.5,), measure_square),
    Row(
        "memory per recorded 0-d operation, `y * c + d` / `sin(y * c + d)`",
        "bytes",
        (96, 96),
        measure_memory,
    ),
    Row("`import` after `import numpy`", "ms", (15,), measure_import),
    Row(
        "`x[i]` for i in range(n), then gradient: n = 10,000 against n = 1,000",
        "times",
        (12,),
        measure_indexing,
    ),
]


def test_square_gradient(benchmark, library):
    timing.pedantic(benchmark, square_gradients(library))


@pytest.mark.parametrize("n", LOOPS)
def test_indexing(benchmark, library, n):
    timing.pedantic(benchmark, indexing(library, n))
