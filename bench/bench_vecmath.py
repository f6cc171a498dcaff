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

LOOPS, LEVELS = _loops.vector_loops()
SETS = ("baseline", "AVX2", "AVX-512")[:LEVELS]
COUNTS = (100, 1000, 100_000)
ELEMENTS = 20_000  # in a timed run


def works(ufunc: np.ufunc, dtype: np.dtype, count: int) -> list[Work]:
    """NumPy's call, then our loop for each instruction set; the last does nothing but its calls."""
    operands = [np.linspace(0.01, 3 + k, count).astype(dtype) for k in range(ufunc.nargs)]
    nothing = [x[:0] for x in operands]
    times = max(1, ELEMENTS // count)
    loops = [partial(_loops.run_vector_loop, ufunc, level, *operands) for level in range(LEVELS)]
    calls = [partial(ufunc, *operands), *loops, partial(_loops.run_vector_loop, ufunc, 0, *nothing)]
    return [Work(partial(repeat, call, times), times * count) for call in calls]


def repeat(call, times: int) -> None:
    for _ in range(times):
        call()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bench_vecmath", description=__doc__)
    parser.add_argument("--seconds", type=float, default=1.0, help="for each line (default 1)")
    seconds = parser.parse_args().seconds
    print(
        f"{'':18}{'n':>8}{'NumPy':>10}",
        *(f"{name:>9}" for name in SETS),
        "  (NumPy's: with its call)",
    )
    for ufunc, dtype in LOOPS:
        for count in COUNTS:
            timings = timing.compare(works(ufunc, dtype, count), seconds)
            numpy, *loops, calls = (t.best * 1e9 for t in timings)
            columns = " ".join(f"{loop - calls:9.2f}" for loop in loops)
            print(f"{ufunc.__name__:10}{dtype.name:8}{count:8}{numpy:10.2f} {columns}")


loops = pytest.mark.parametrize(
    ("ufunc", "dtype"), LOOPS, ids=lambda value: getattr(value, "__name__", str(value))
)


@loops
def test_vector_loop(benchmark, ufunc, dtype):
    timing.pedantic(benchmark, works(ufunc, dtype, 1000)[LEVELS])


@loops
def test_numpys_loop(benchmark, ufunc, dtype):
    timing.pedantic(benchmark, works(ufunc, dtype, 1000)[0])


if __name__ == "__main__":
    main()
