"""Every row beside the NumPy call that it replaces, and every elementwise backward beside its forward.

    python -m bench.bench_ops [--seconds 0.03] [--only sin,sort] [--recorded] [--json figures.json]

Prints the worst ten of each, by size, and the share that meets the bar: 1.2 from 1,000 elements up,
under NumPy's own time below that; a backward at most 1.5 times its forward. A row and NumPy get the
same arrays, and must agree on them before they are timed. Nothing is recorded while a row is timed
beside NumPy, as NumPy records nothing; `--recorded` adds structured rows on a tape, which the bar does
not hold for. Forward and backward are those of a tape. Elementwise rows
run in float64 and float32, others in float64. Where NumPy gives a strided view it has to copy it, as
rows do, whose results lie in one piece.
"""

import argparse
import json
import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any, NamedTuple

from .peers import use_one_thread

use_one_thread()

import numpy as np  # noqa: E402

import fastgrad as fg  # noqa: E402
import fastgrad.numpy as fnp  # noqa: E402
from fastgrad._rules import parameters  # noqa: E402
from fastgrad.primitives import ROWS  # noqa: E402

from .cases import CASES, inputs  # noqa: E402
from .timing import Work, compare  # noqa: E402

SIZES = (10, 1_000, 100_000)
DTYPES = ("float64", "float32")
BAR, SMALL_BAR, BACKWARD_BAR = 1.2, 1.0, 1.5
SAMPLE = 30e-6  # seconds that one timed run should take at least
WORST = 10


class Figure(NamedTuple):
    """Least times, in seconds, of a row and of what it is held to."""

    row: str
    dtype: str
    size: int
    mine: float
    reference: float
    arguments: int = 1  # how many gradients a backward gives

    @property
    def ratio(self) -> float:
        return self.mine / self.reference

    def __str__(self) -> str:
        return (
            f"{self.ratio:7.2f}  {self.row:22} {self.dtype}"
            f"  {self.mine * 1e6:10.2f} us beside {self.reference * 1e6:10.2f} us"
        )


# --------------------------------------------------------------------------------------- rows and NumPy
def rows() -> list[str]:
    """Names of the rows that answer to a NumPy function."""
    return [name for name, row in ROWS.items() if row.numpy]


def is_elementwise(name: str) -> bool:
    return ROWS[name].kind in ("elementwise", "nondiff")


def operands(name: str, n: int, dtype: str) -> list[np.ndarray]:
    """Vectors of the domain of an elementwise row."""
    row = ROWS[name]
    rng = np.random.default_rng(n)
    domain = row.domain
    domains = (domain,) * len(row.arguments) if np.isscalar(domain[0]) else domain
    arrays = []
    for k, one in enumerate(domains):
        low, high = one[0], one[-1]
        if k in row.bools or name.startswith("logical"):
            arrays.append(rng.random(n) < 0.5)
        elif row.integers or isinstance(one, range):
            arrays.append(rng.integers(low, high, n).astype(np.int64 if row.integers else dtype))
        else:
            arrays.append(rng.uniform(low, high, n).astype(dtype))
    return arrays


def pair(name: str, n: int, dtype: str) -> tuple[Callable, Callable, list[np.ndarray]]:
    """The row's call, NumPy's call, and the arrays that both get."""
    if is_elementwise(name):
        return ROWS[name].bound, ROWS[name].numpy[0], operands(name, n, dtype)
    case = CASES[name]
    made = inputs(n, dtype)
    arrays = [made[argument] for argument in parameters(case)[1:]]
    ours, theirs = partial(case, fnp), partial(case, np)
    result = theirs(*arrays)
    if isinstance(result, np.ndarray) and not result.flags.c_contiguous:
        return ours, lambda *arrays: np.ascontiguousarray(case(np, *arrays)), arrays
    if isinstance(result, (list, tuple)) and not all(part.flags.c_contiguous for part in result):
        return ours, lambda *arrays: [*map(np.ascontiguousarray, case(np, *arrays))], arrays
    return ours, theirs, arrays


def agree(name: str, got: Any, want: Any, dtype: str) -> None:
    """AssertionError unless two results, of any nesting, are the same up to rounding."""
    if isinstance(want, (tuple, list)):
        assert len(got) == len(want), name
        for one, other in zip(got, want, strict=True):
            agree(name, one, other, dtype)
        return
    array, want = np.asarray(got), np.asarray(want)
    assert array.shape == want.shape, (name, array.shape, want.shape)
    eps = float(np.finfo(dtype).eps)
    size = float(np.max(np.abs(want), initial=0, where=np.isfinite(want)))
    if want.dtype == bool:
        np.testing.assert_array_equal(array, want, err_msg=name)
    else:
        np.testing.assert_allclose(array, want, 1e4 * eps, 1e4 * eps * size, err_msg=name)


def repeated(function: Callable, arguments: list, times: int) -> Callable[[], None]:
    """`times` calls, with as little around them as Python allows."""
    if len(arguments) == 1:
        (a,) = arguments

        def run() -> None:
            for _ in range(times):
                function(a)

    elif len(arguments) == 2:
        a, b = arguments

        def run() -> None:
            for _ in range(times):
                function(a, b)

    else:
        a, b, c = arguments

        def run() -> None:
            for _ in range(times):
                function(a, b, c)

    return run


def beside_numpy(name: str, n: int, dtype: str, seconds: float) -> Figure:
    ours, theirs, arrays = pair(name, n, dtype)
    tensors = [fg.constant(array) for array in arrays]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        agree(name, ours(*tensors), theirs(*arrays), dtype)
        once = compare([Work(lambda: theirs(*arrays))], 0, rounds=5)[0].best
        times = max(1, int(SAMPLE / once))
        works = [repeated(ours, tensors, times), repeated(theirs, arrays, times)]
        mine, reference = compare([Work(work, times) for work in works], seconds, rounds=5)
    return Figure(name, dtype, n, mine.best, reference.best)


def recorded(name: str, n: int, dtype: str, seconds: float) -> Figure:
    """The same with a tape that tracks every array, as far as it can."""
    ours, theirs, arrays = pair(name, n, dtype)
    tensors = [fg.constant(array) for array in arrays]
    inexact = [t for t, array in zip(tensors, arrays, strict=True) if array.dtype.kind in "fc"]
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        once = compare([Work(lambda: theirs(*arrays))], 0, rounds=5)[0].best
        times = max(1, min(50, int(SAMPLE / once)))
        calls = repeated(ours, tensors, times)

        def run(tape: Any) -> None:
            calls()
            tape.__exit__(None, None, None)

        works = [
            Work(run, times, lambda: opened(inexact)),
            Work(repeated(theirs, arrays, times), times),
        ]
        mine, reference = compare(works, seconds, rounds=5)
    return Figure(name, dtype, n, mine.best, reference.best)


def opened(sources: list) -> Any:
    """A tape that records, and tracks the sources."""
    tape = fg.GradientTape()
    tape.__enter__()
    tape.watch(sources)
    return tape


# ----------------------------------------------------------------------------------- backward and forward
def differentiable() -> list[str]:
    return [name for name, row in ROWS.items() if row.kind == "elementwise" and not row.lazy]


def backward(name: str, n: int, dtype: str, seconds: float) -> Figure | None:
    """Many calls, each on arguments of its own, so that the tape's fixed cost is shared.

    What either makes is let go of when its clock has stopped.
    """
    row = ROWS[name]
    calls = {10: 100, 1_000: 30, 100_000: 3}[n]
    arrays = operands(name, n, dtype)
    moving = [k for k, rule in enumerate(row.df) if callable(rule)]
    sets = [[fg.constant(array) for array in arrays] for _ in range(calls)]
    sources = [tensors[k] for tensors in sets for k in moving]
    function, seed = row.bound, fg.ones([n], dtype)
    seeds = [seed] * calls

    def record() -> tuple[Any, list[Any]]:
        with fg.GradientTape() as tape:
            tape.watch(sources)
            return tape, [function(*tensors) for tensors in sets]

    def forward(tape: Any) -> list[Any]:
        ys = [function(*tensors) for tensors in sets]
        tape.__exit__(None, None, None)
        return ys

    def pull(recorded: tuple[Any, list[Any]]) -> list[Any]:
        tape, ys = recorded
        return tape.gradient(ys, sources, seeds)

    (y, *_) = record()[1]
    if y.dtype.name != dtype:
        return None
    mine, reference = compare(
        [Work(pull, calls, record), Work(forward, calls, lambda: opened(sources))],
        seconds,
        rounds=5,
    )
    return Figure(name, dtype, n, mine.best, reference.best, len(moving))


# ------------------------------------------------------------------------------------------------- report
def measured(names: list[str], seconds: float, measure: Callable) -> Iterator[Figure]:
    for name in names:
        for dtype in DTYPES if is_elementwise(name) else DTYPES[:1]:
            if ROWS[name].kind == "nondiff" and dtype == "float32" and ROWS[name].integers:
                continue
            for n in SIZES:
                figure = measure(name, n, dtype, seconds)
                if figure is not None:
                    yield figure


def share(figures: list[Figure], met: Callable[[Figure], bool]) -> str:
    count = sum(map(met, figures))
    return f"{count} of {len(figures)} ({count / max(len(figures), 1):.0%})"


def report(title: str, figures: list[Figure], bar: Callable[[int], float]) -> None:
    for n in SIZES:
        some = sorted((f for f in figures if f.size == n), key=lambda f: -f.ratio)
        within = share(some, lambda f: f.ratio <= bar(f.size))
        print(f"\n{title}, {n:,} elements: {within} within {bar(n):g}; the worst:")
        for figure in some[:WORST]:
            print(figure)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=0.03, help="for each figure")
    parser.add_argument("--only", default="", help="rows, by name, with commas")
    parser.add_argument("--recorded", action="store_true", help="also rows on a tape")
    parser.add_argument("--json", help="a file for all figures")
    options = parser.parse_args()
    only = set(filter(None, options.only.split(",")))

    def wanted(names: list[str]) -> list[str]:
        return [name for name in names if not only or name in only]

    calls = list(measured(wanted(rows()), options.seconds, beside_numpy))
    pulls = list(measured(wanted(differentiable()), options.seconds, backward))
    report("A row beside NumPy's call", calls, lambda n: SMALL_BAR if n < 1_000 else BAR)
    if options.recorded:
        structured = [name for name in wanted(rows()) if not is_elementwise(name)]
        taped = list(measured(structured, options.seconds, recorded))
        report("On a tape", taped, lambda n: SMALL_BAR if n < 1_000 else BAR)
    report("Backward beside forward", pulls, lambda n: BACKWARD_BAR)
    per_argument = share(pulls, lambda f: f.ratio <= BACKWARD_BAR * f.arguments)
    print(f"\nBackward per gradient that it gives: {per_argument} within {BACKWARD_BAR:g}")
    if options.json:
        with open(options.json, "w", encoding="utf-8") as file:
            json.dump([[*f] for f in (*calls, *pulls)], file)


def test_every_row_has_a_case() -> None:
    assert {name for name in rows() if not is_elementwise(name)} == CASES.keys()


if __name__ == "__main__":
    main()
