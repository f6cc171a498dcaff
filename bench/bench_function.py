"""Compiled functions: whole programs under `fg.function`, beside the other libraries' compilers.

    python -m bench.bench_function [--quick] [--threads 2] [--peers] [--rows chain lorenz]

prints a table; `--write-readme` also puts it between the README's markers. "by hand" is the same
work with derivatives by hand, in NumPy or plain Python. Every job runs in a process of its own; the
processes of a figure take turns, a stretch each, over and over, and the least time of each counts.
Results are compared before anything is timed. The programs stand in function/.

`--peers` alone takes all that are installed, which needs minutes; `--peers jax torch` are those that
the bars are about.
"""

import argparse
import os
import platform
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pytest

from . import timing
from .function import by_hand, fastgrad_, jobs
from .function.worker import LIBRARIES, LeftOut, Stretch, Worker, module_of
from .library import PEERS, installed
from .table import README, render, split_readme
from .timing import Work

PAUSE = 0.05  # seconds before a turn, in which the threads of the process before fall asleep
OTHERS = ("by_hand", "jax_", "torch_")  # the best of them is what a network's step is held to


# ------------------------------------------------------------------------------------------ figures
class Measured(NamedTuple):
    """A job of a library. Seconds per run, least and median; r; the first call; bytes, if known."""

    best: float
    median: float
    r: float
    first: float
    memory: float | None
    per: int


Column = Mapping[str, Measured]  # of one case: a library's module to what was measured
Figure = Callable[[Column, str], float | None]


def in_r(measured: Column, library: str) -> float:
    """Per operation, step or call."""
    mine = measured[library]
    return mine.best / mine.per / mine.r


def first_in_r(measured: Column, library: str) -> float:
    return measured[library].first / measured[library].r


def beside(*references: str) -> Figure:
    """Time as a multiple of the best of the references'."""

    def figure(measured: Column, library: str) -> float | None:
        times = [measured[name].best for name in references if name in measured]
        return measured[library].best / min(times) if times else None

    return figure


def memory_beside_torch(measured: Column, library: str) -> float | None:
    mine = measured[library].memory
    other = measured["torch_"].memory if "torch_" in measured else None
    return mine / other if mine is not None and other else None


# --------------------------------------------------------------------------------------------- rows
class Row(NamedTuple):
    """A line of the table, with one figure, in `unit`, and one bar for each of its cases."""

    name: str  # for --rows
    work: str
    unit: str
    targets: tuple[float, ...]
    cases: tuple[str, ...]
    figure: Figure


IN_JAX = "JAX's time"
DESCENTS = ("descent_apply_gradients", "descent_minimize")
CHAINS = tuple(f"chain_{n}" for n in jobs.VECTOR_OPS)
NETWORKS = tuple(f"network_{n}" for n in jobs.BATCHES)

ROWS = [
    Row(
        "descent", "the tutorials' 1,000 steps in one call, `apply_gradients` / `minimize`",
        IN_JAX, (0.5, 0.5), DESCENTS, beside("jax_"),
    ),
    Row("descent", "a step of them", "r", (0.14, 0.14), DESCENTS, in_r),
    Row("descent", "the first call", "r", (25_000, 25_000), DESCENTS, first_in_r),
    Row(
        "call", "a call of a function of `x * x` / of its gradient, from Python",
        "r", (1.25, 1.25), ("call_value", "call_gradient"), in_r,
    ),
    Row(
        "scalar", f"an operation of {jobs.SCALAR_OPS} on 0-d float64, forward and gradient",
        "r", (0.025,), ("chain_0d",), in_r,
    ),
    Row(
        "chain", "`sin(y * c + d)` on 10 / 100 / 1,000 / 10,000 / 100,000 / 1,000,000 float64, "
        "33 times (10 on the longest), forward and gradient",
        IN_JAX, (0.5,) * len(CHAINS), CHAINS, beside("jax_"),
    ),
    Row(
        "lorenz", f"a fit of Lorenz's equations: an operation of {jobs.LORENZ_OPS:,} scalar ones, "
        "recorded eagerly, and gradient",
        "r", (0.8,), ("lorenz_eager",), in_r,
    ),
    Row(
        "lorenz", "all of it in a function, unrolled / as a loop",
        IN_JAX, (0.3, 0.3), ("lorenz_unrolled", "lorenz_loop"), beside("jax_"),
    ),
    Row(
        "lorenz", "the first call of these",
        "r", (150_000, 40_000), ("lorenz_unrolled", "lorenz_loop"), first_in_r,
    ),
    Row(
        "network", "a training step of a 784-512-512-10 network, float32, batches of 32 / 128 / 1,024",
        "best of by hand, JAX, PyTorch", (0.95,) * len(NETWORKS), NETWORKS, beside(*OTHERS),
    ),
    Row(
        "network", "peak memory of the step on 1,024",
        "PyTorch's", (0.8,), NETWORKS[-1:], memory_beside_torch,
    ),
    Row(
        "small", "a training step of a 2-32-32-1 network, float32, batch of 16",
        IN_JAX, (1.0,), ("network_small",), beside("jax_"),
    ),
    Row(
        "lstm", "an LSTM over 100 steps, 32 sequences, 64 units, float32, value and gradient, "
        "`for` / `scan`",
        IN_JAX, (0.8, 0.8), ("lstm_loop", "lstm_scan"), beside("jax_"),
    ),
]  # fmt: skip


# ---------------------------------------------------------------------------------------- measuring
class Bench:
    """`labels` are the columns' headings, `left_out` tells what has no figure and why, `failed`
    whether fastgrad was at fault."""

    def __init__(self, libraries: Iterable[str], options: argparse.Namespace) -> None:
        self.libraries = list(libraries)
        self.threads = options.threads
        self.seconds, self.rounds = (0.2, 2) if options.quick else (3.0, 10)
        self.quick = options.quick
        self.labels = {library: LIBRARIES[library][0] for library in self.libraries}
        self.left_out: list[str] = []
        self.failed = False

    def measure(self, case: str) -> dict[str, Measured]:
        """All libraries that have the job and do it right, in turn."""
        with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
            runs: dict[str, Run] = {}
            for library in sorted(self.libraries, key="by_hand".__ne__):  # which comes first
                if case not in module_of(library).JOBS:
                    continue
                print(f"{case}: {LIBRARIES[library][0]} ...", file=sys.stderr, flush=True)
                with self._excused(library, case, runs):
                    run = runs[library] = self._started(library, case, stack)
                    got = run.worker.results(str(Path(folder, "results.npz")))
                    if library == "by_hand":
                        want = got
                    jobs.agree(got, want, jobs.CASES[case].rtol)
            for _ in range(self.rounds):
                for library, run in list(runs.items()):
                    time.sleep(PAUSE)
                    with self._excused(library, case, runs):
                        run.stretches.append(run.worker.stretch(self.seconds / self.rounds))
            return {library: run.measured(jobs.CASES[case].per) for library, run in runs.items()}

    def _started(self, library: str, case: str, stack: ExitStack) -> "Run":
        firsts = []
        starts = 1 if self.quick or library == "by_hand" else jobs.CASES[case].starts
        for left in reversed(range(starts)):
            worker = Worker(library, case, self.threads)
            firsts.append(worker.first)
            if left:
                worker.close()
        stack.callback(worker.close)
        self.labels[library] = worker.label
        return Run(worker, min(firsts), [])

    @contextmanager
    def _excused(self, library: str, case: str, runs: dict[str, "Run"]) -> Iterator[None]:
        """A library that cannot do the job, or does it wrong, is left out; the control must do it."""
        try:
            yield
        except (LeftOut, AssertionError, ValueError) as why:
            if library == "by_hand":
                raise
            runs.pop(library, None)
            *_, summary = ["no reason given", *filter(str.strip, str(why).splitlines())]
            self.left_out.append(f"{LIBRARIES[library][0]}, {case}: left out: {summary}")
            print(why, file=sys.stderr, flush=True)
            self.failed |= library == "fastgrad_" and getattr(why, "failed", True)


class Run(NamedTuple):
    """A worker at its case; the least first call of all that were started; what was timed."""

    worker: Worker
    first: float
    stretches: list[Stretch]

    def measured(self, per: int) -> Measured:
        return Measured(
            best=min(each.best for each in self.stretches),
            median=float(np.median([each.median for each in self.stretches])),
            r=min(each.r for each in self.stretches),
            first=self.first,
            memory=self.worker.memory,
            per=per,
        )


# --------------------------------------------------------------------------------------------- text
def table(rows: list[Row], measured: Mapping[str, Column], labels: Mapping[str, str]) -> str:
    """In Markdown; a library without any figure has no column."""
    columns = {}
    for library, label in labels.items():
        column = [
            [
                row.figure(measured[case], library) if library in measured[case] else None
                for case in row.cases
            ]
            for row in rows
        ]
        if library == "fastgrad_" or any(any(map(_known, figures)) for figures in column):
            columns[label] = column
    return render(rows, columns)


def _known(figure: float | None) -> bool:
    return figure is not None


def details(measured: Mapping[str, Column]) -> str:
    """Times as they were, for those who want to see more than ratios."""
    lines = [f"{'ms':36}{'least':>10}{'median':>10}{'first call':>12}{'MiB':>8}{'r, ns':>8}"]
    for case, column in measured.items():
        for library, m in column.items():
            name = f"{case}, {LIBRARIES[library][0]}"
            memory = "-" if m.memory is None else f"{m.memory / 2**20:.1f}"
            lines.append(
                f"{name:36}{m.best * 1e3:10.4g}{m.median * 1e3:10.4g}{m.first * 1e3:12.4g}"
                f"{memory:>8}{m.r * 1e9:8.0f}"
            )
    return "\n".join(lines)


def legend(threads: int, missing: list[str]) -> str:
    absent = f"Not installed: {', '.join(missing)}. " if missing else ""
    return (
        "Least of many repeats, every library in a process of its own and in turn with the others; "
        'smaller is better, bold is over the bar. "r" is one `np.add(x, y, out=o)` on one-element '
        "float64 arrays, from Python; other units are times (or memory) of the libraries that they "
        "name. First calls are in a fresh process, imports not counted. JAX and TensorFlow compile, "
        f"PyTorch and autograd run eagerly. {absent}{threads} thread{'s' * (threads > 1)}, "
        f"Python {platform.python_version()}, NumPy {np.__version__}, "
        f"{platform.system()} {platform.machine()}."
    )


def main() -> None:
    options = parse_arguments()
    if not installed("fastgrad"):
        sys.exit("fastgrad is not installed: run `pip install .` first")
    around = split_readme("bench-function") if options.write_readme else None
    peers = [f"{name}_" for name in options.peers if installed(name)]
    missing = [LIBRARIES[f"{name}_"][0] for name in options.peers if not installed(name)]
    rows = [row for row in ROWS if row.name in options.rows]

    order = [name for name in LIBRARIES if name in ("fastgrad_", "by_hand", *peers)]
    bench = Bench(order, options)
    cases = dict.fromkeys(case for row in rows for case in row.cases)
    measured = {case: bench.measure(case) for case in cases}

    text = f"{table(rows, measured, bench.labels)}\n\n{legend(options.threads, missing)}\n"
    print(text, details(measured), *bench.left_out, sep="\n")
    if around:
        README.write_text(text.join(around), encoding="utf-8")
    sys.exit(bench.failed)


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench.bench_function", description="Print the speed of compiled functions."
    )
    names = list(dict.fromkeys(row.name for row in ROWS))
    flag = parser.add_argument
    flag("--quick", action="store_true", help="a smoke test: little time, noisy figures")
    flag("--threads", type=int, default=len(os.sched_getaffinity(0)), help="for every library")
    flag("--peers", nargs="*", choices=PEERS, default=(), help="the other libraries, or some")
    flag("--rows", nargs="+", choices=names, default=names, help="only these")
    flag("--write-readme", action="store_true", help="put the table between README.md's markers")
    options = parser.parse_args()
    if "--peers" in sys.argv and not options.peers:
        options.peers = PEERS
    return options


# -------------------------------------------------------------------------------------------- pytest
LONG = {"chain_100000", "chain_1000000", "network_1024"}


@pytest.mark.parametrize("case", [case for case in jobs.CASES if case not in LONG])
def test_function(benchmark, case):
    pytest.importorskip("fastgrad")
    try:
        job = fastgrad_.JOBS[case]()
    except jobs.Missing as why:
        pytest.skip(str(why))
    jobs.agree(jobs.arrays(job()), jobs.arrays(by_hand.JOBS[case]()()), jobs.CASES[case].rtol)
    timing.pedantic(benchmark, Work(job, jobs.CASES[case].per))


def test_lorenz_operations():
    """The number by which the row divides."""
    operations = 0

    class Counted:
        def _operation(self, *_: Any) -> "Counted":
            nonlocal operations
            operations += 1
            return self

        __add__ = __radd__ = __sub__ = __rsub__ = __mul__ = __rmul__ = __pow__ = _operation

    one = Counted()
    jobs.lorenz_loss([one] * 3, [one] * 3, jobs.lorenz_targets().tolist(), one)
    assert operations == jobs.LORENZ_OPS


if __name__ == "__main__":
    main()
