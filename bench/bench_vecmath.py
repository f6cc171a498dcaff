"""`python -m bench.bench_vecmath`: the vector loops beside NumPy's, in ns per element.

NumPy's own loops depend on the machine: NPY_DISABLE_CPU_FEATURES shows those of a lesser one.
"""

import argparse
from functools import partial

import numpy as np
import pytest

from fastgrad._core import _loops

from . import timing
from .timing import Work

UFUNCS, LEVELS = _loops.vector_loops()
SETS = ("baseline", "AVX2", "AVX-512")[:LEVELS]
COUNTS = (100, 1000, 100_000)
ELEMENTS = 20_000  # in a timed run


def works(ufunc: np.ufunc, count: int) -> list[Work]:
    """NumPy's call, then our loop for each instruction set; the last does nothing but its Python calls."""
    x = np.linspace(0.01, 3, count)
    y = np.empty_like(x)
    times = max(1, ELEMENTS // count)
    loops = [partial(_loops.run_vector_loop, ufunc, level, x, y) for level in range(LEVELS)]
    loops.append(partial(_loops.run_vector_loop, ufunc, 0, x[:0], y[:0]))
    return [
        Work(partial(repeat, call, times), times * count) for call in (partial(ufunc, x, y), *loops)
    ]


def repeat(call, times: int) -> None:
    for _ in range(times):
        call()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bench_vecmath", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each line (default 1)")
    seconds = parser.parse_args().seconds
    print(
        f"{'':8}{'n':>8}{'NumPy':>10}",
        *(f"{name:>10}" for name in SETS),
        "  (NumPy's with its call)",
    )
    for name, ufunc in UFUNCS.items():
        for count in COUNTS:
            numpy, *loops, calls = (
                t.best * 1e9 for t in timing.compare(works(ufunc, count), seconds)
            )
            columns = " ".join(f"{loop - calls:10.2f}" for loop in loops)
            print(f"{name:8}{count:8}{numpy:10.2f} {columns}")


@pytest.mark.parametrize("name", UFUNCS)
def test_vector_loop(benchmark, name):
    timing.pedantic(benchmark, works(UFUNCS[name], 1000)[LEVELS])


@pytest.mark.parametrize("name", UFUNCS)
def test_numpys_loop(benchmark, name):
    timing.pedantic(benchmark, works(UFUNCS[name], 1000)[0])


if __name__ == "__main__":
    main()
