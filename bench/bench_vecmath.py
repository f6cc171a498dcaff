"""`python -m bench.bench_vecmath`: the vector loops beside NumPy's, without any call, in ns per element.

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
COUNTS = (1, 10, 1000, 100_000)
ELEMENTS = 20_000  # in a timed run


def works(name: str, dtype: np.dtype, count: int) -> dict[str, Work]:
    """Our loop for each instruction set, and NumPy's, if it has one."""
    inputs = 2 if name in ("power", "hypot", "logaddexp") else 1
    operands = [np.linspace(0.3, 3 + k, count).astype(dtype) for k in range(inputs + 1)]
    times = max(1, ELEMENTS // count)
    found = {
        label: Work(
            partial(_loops.run_vector_loop, name, level, *operands, times=times), times * count
        )
        for level, label in enumerate(SETS)
    }
    if hasattr(np, name):
        numpys = partial(_loops.run_vector_loop, name, 0, *operands, times=times, numpys=True)
        found["NumPy"] = Work(numpys, times * count)
    return found


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bench_vecmath", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.3, help="for each figure (default 0.3)")
    seconds = parser.parse_args().seconds
    print(f"{'':21}{'n':>8}", *(f"{label:>9}" for label in (*SETS, "NumPy")), "  * used here")
    for name, dtype in LOOPS:
        for count in COUNTS:
            cases = works(name, dtype, count)
            timings = timing.compare(list(cases.values()), seconds)
            columns = " ".join(f"{t.best * 1e9:9.2f}" for t in timings)
            star = "*" if _loops.uses_vector_loop(name, dtype) else " "
            print(f"{name:12}{dtype.name:8}{star}{count:8} {columns}")


loops = pytest.mark.parametrize(("name", "dtype"), LOOPS, ids=str)


@loops
def test_vector_loop(benchmark, name, dtype):
    timing.pedantic(benchmark, works(name, dtype, 1000)[SETS[-1]])


@loops
def test_numpys_loop(benchmark, name, dtype):
    found = works(name, dtype, 1000)
    if "NumPy" not in found:
        pytest.skip("NumPy has no such loop")
    timing.pedantic(benchmark, found["NumPy"])


if __name__ == "__main__":
    main()
