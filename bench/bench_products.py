"""`OMP_NUM_THREADS=1 python -m bench.bench_products`: products of matrices beside NumPy's, in us.

Shapes are rows x columns x inner axis. Operands are as they are, or transposed: "nt" is `a @ b.T`.
NumPy's products are written to an array that is there already, by BLAS. Both use as many threads as
the environment says, or as there are processors.
"""

import argparse
from functools import partial

import numpy as np
import pytest

import fastgrad as fg

from . import timing
from .timing import Work

SHAPES = [
    (4, 4, 4), (10, 10, 10), (32, 32, 32), (100, 100, 100), (300, 300, 300), (800, 800, 800),
    (32, 256, 64), (32, 512, 784), (128, 512, 512), (784, 512, 32), (784, 512, 1024), (512, 10, 128),
]  # fmt: skip
LAYOUTS = ("nn", "nt", "tn")
DTYPES = ("float32", "float64")


def works(shape: tuple[int, int, int], layout: str, dtype: str) -> dict[str, Work]:
    """NumPy's product and ours, compared."""
    rows, columns, inner = shape
    ta, tb = layout[0] == "t", layout[1] == "t"
    rng = np.random.default_rng(5)
    a = rng.normal(size=(inner, rows) if ta else (rows, inner)).astype(dtype)
    b = rng.normal(size=(columns, inner) if tb else (inner, columns)).astype(dtype)
    out = np.empty((rows, columns), dtype)
    one, other = (a.T if ta else a), (b.T if tb else b)
    numpys = partial(np.matmul, one, other, out=out)
    ours = partial(fg.matmul, fg.constant(a), fg.constant(b), transpose_a=ta, transpose_b=tb)
    bound = inner * np.finfo(dtype).eps * (abs(one) @ abs(other))
    assert (abs(numpys() - ours().numpy()) <= bound).all()

    def repeated(run: partial, times: int) -> None:
        for _ in range(times):
            run()

    times = max(1, 200_000 // (rows * columns * inner))
    return {
        "NumPy": Work(partial(repeated, numpys, times), times),
        "fastgrad": Work(partial(repeated, ours, times), times),
    }


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.bench_products", description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.5, help="for each figure (default 0.5)")
    seconds = parser.parse_args().seconds
    print(f"{'':32}{'NumPy':>10} {'fastgrad':>10} {'of NumPy':>9}")
    for dtype in DTYPES:
        for shape in SHAPES:
            for layout in LAYOUTS:
                numpys, ours = timing.compare([*works(shape, layout, dtype).values()], seconds)
                name = f"{dtype} {layout} {' x '.join(map(str, shape))}"
                figures = f"{numpys.best * 1e6:10.2f} {ours.best * 1e6:10.2f}"
                print(f"{name:32}{figures} {ours.best / numpys.best:9.2f}")


@pytest.mark.parametrize("library", ["NumPy", "fastgrad"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("shape", [(10, 10, 10), (32, 512, 784)], ids=str)
def test_product(benchmark, shape, layout, library):
    timing.pedantic(benchmark, works(shape, layout, "float32")[library])


if __name__ == "__main__":
    main()
