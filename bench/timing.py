"""Timing on a machine that others use too.

A slow minute must not decide a ratio, so all works of a ratio are timed in turn, over and over, and
the least time of each counts: interference only ever adds time.
"""

import functools
import gc
import statistics
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from time import perf_counter, perf_counter_ns
from typing import Any, NamedTuple

ROOT = Path(__file__).resolve().parents[1]


class Work(NamedTuple):
    """Something to time.

    `run` makes `per` calls, operations or steps; results are per one of them. With `setup`, each
    run gets a fresh `setup()` as its argument, which is not timed. The result of `run` is let go of
    after the clock has stopped.
    """

    run: Callable[..., Any]
    per: int = 1
    setup: Callable[[], Any] | None = None


class Timing(NamedTuple):
    """Seconds per call, operation or step."""

    best: float
    median: float


def compare(works: Sequence[Work], seconds: float, rounds: int = 3) -> list[Timing]:
    """Time `works` in turn for about `seconds`, at least `rounds` times each.

    Example: `r, mine = compare([Work(a), Work(b)], seconds=1.0)`, then `mine.best / r.best`.
    """
    samples: list[list[int]] = [[] for _ in works]
    with _no_collector():
        deadline = perf_counter() + seconds
        while len(samples[0]) < rounds or perf_counter() < deadline:
            for work, times in zip(works, samples, strict=True):
                times.append(_sample(work))
    return [_timing(times, work.per) for work, times in zip(works, samples, strict=True)]


def ratio(work: Work, reference: Work, seconds: float) -> float:
    """How many times as long as `reference` one call, operation or step of `work` takes."""
    base, mine = compare([reference, work], seconds)
    return mine.best / base.best


def pedantic(benchmark: Any, work: Work) -> None:
    """Run `work` under pytest-benchmark; its times are per run, `per` is in the extra info."""
    benchmark.extra_info["per"] = work.per
    setup = work.setup
    if setup is None:
        benchmark(work.run)
    else:
        benchmark.pedantic(work.run, setup=lambda: ((setup(),), {}), rounds=100, warmup_rounds=1)


def child(code: str, *arguments: str) -> str:
    """Standard output of `code` run by a fresh Python at the root of the repository."""
    command = [sys.executable, "-c", code, *arguments]
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def _sample(work: Work) -> int:
    if work.setup is None:
        start = perf_counter_ns()
        result = work.run()
        stop = perf_counter_ns()
    else:
        state = work.setup()
        start = perf_counter_ns()
        result = work.run(state)
        stop = perf_counter_ns()
    del result
    return stop - start


@functools.cache
def _clock_cost() -> int:
    """What `_sample` finds for a run that does nothing."""
    nothing = Work(lambda: None)
    return min(_sample(nothing) for _ in range(1000))


def _timing(times: Sequence[int], per: int) -> Timing:
    def scale(nanoseconds: float) -> float:
        return max(nanoseconds - _clock_cost(), 1) / per * 1e-9

    return Timing(scale(min(times)), scale(statistics.median(times)))


@contextmanager
def _no_collector() -> Iterator[None]:
    """Keep Python's cyclic collector from running inside a sample."""
    enabled = gc.isenabled()
    gc.collect()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
