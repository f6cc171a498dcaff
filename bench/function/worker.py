"""A process with one job of one library: threads and memory of the others stay out of its way.

The parent has a `Worker`; the process is `python -m bench.function.worker`, which tells of its
first calls in a line of JSON, and then of each stretch of timing that it is asked for.
"""

import argparse
import gc
import importlib
import importlib.metadata
import json
import os
import subprocess
import sys
import tempfile
from contextlib import suppress
from pathlib import Path
from time import perf_counter
from typing import Any, NamedTuple

import numpy as np

from ..bench_control import REFERENCE
from ..timing import ROOT, Work, compare
from . import jobs

STATUS, CLEAR = Path("/proc/self/status"), Path("/proc/self/clear_refs")
LOG = 4000  # characters of what a failed process wrote, the last ones
REFERENCE_SHARE = 0.1  # of the time of a stretch

# Modules of jobs: the heading of the column, and the import name of the library.
LIBRARIES: dict[str, tuple[str, str | None]] = {
    "fastgrad_": ("fastgrad", "fastgrad"),
    "by_hand": ("by hand", None),
    "jax_": ("JAX", "jax"),
    "torch_": ("PyTorch", "torch"),
    "tensorflow_": ("TensorFlow", "tensorflow"),
    "autograd_": ("autograd", "autograd"),
}


class LeftOut(Exception):
    """The library cannot do the job, or did it wrong; `failed` says which."""

    def __init__(self, why: str, failed: bool) -> None:
        super().__init__(why)
        self.failed = failed


class Stretch(NamedTuple):
    """Seconds: the least and the median run of the job, and r at the same time."""

    best: float
    median: float
    r: float


class Worker:
    """A running process, which has called its job three times.

    `first` is what the first call took, in seconds; `memory` how far the calls have raised the
    process's memory at their peak, in bytes, None where the system does not tell.
    """

    def __init__(self, library: str, case: str, threads: int) -> None:
        code = [sys.executable, "-m", f"{__package__}.worker", library, case]
        environment = {**os.environ, **thread_settings(threads)}
        self._log = tempfile.TemporaryFile("w+", errors="replace")  # libraries say a lot
        self._process = subprocess.Popen(
            code,
            cwd=ROOT,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            text=True,
        )
        try:
            begun = self._told()
        except BaseException:
            self.close()
            raise
        self.label: str = begun["label"]
        self.first: float = begun["first"]
        self.memory: float | None = begun["memory"]

    def results(self, path: str) -> list[np.ndarray]:
        """What the third call gave."""
        self._ask({"results": path})
        self._told()
        with np.load(path) as file:
            return list(file.values())

    def stretch(self, seconds: float) -> Stretch:
        self._ask({"seconds": seconds})
        return Stretch(*self._told()["stretch"])

    def _ask(self, question: dict[str, Any]) -> None:
        assert self._process.stdin is not None
        with suppress(BrokenPipeError):  # `_told` finds out why
            self._process.stdin.write(json.dumps(question) + "\n")
            self._process.stdin.flush()

    def _told(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line:
            self._log.seek(0)
            ended = f"its process ended with {self._process.wait()}"
            raise LeftOut(self._log.read()[-LOG:].strip() or ended, failed=True)
        told: dict[str, Any] = json.loads(line)
        if "missing" in told:
            raise LeftOut(told["missing"], failed=False)
        return told

    def close(self) -> None:
        assert self._process.stdin is not None and self._process.stdout is not None
        with suppress(BrokenPipeError):
            self._process.stdin.close()  # the process ends with its questions
        self._process.wait()
        self._process.stdout.close()
        self._log.close()


def module_of(library: str) -> Any:
    return importlib.import_module(f".{library}", __package__)


def thread_settings(threads: int) -> dict[str, str]:
    """Read once, when a library is first imported."""
    names = ("OMP_NUM", "MKL_NUM", "OPENBLAS_NUM", "TF_NUM_INTRAOP", "TF_NUM_INTEROP")
    settings = {f"{name}_THREADS": str(threads) for name in names}
    if threads == 1:
        settings["XLA_FLAGS"] = "--xla_cpu_multi_thread_eigen=false"
    return settings


# -------------------------------------------------------------------------------------- the process
def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("library")
    parser.add_argument("case")
    options = parser.parse_args()
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # what a library prints goes elsewhere

    def answer(told: dict[str, Any]) -> None:
        answers.write(json.dumps(told) + "\n")
        answers.flush()

    try:
        job = module_of(options.library).JOBS[options.case]()
    except jobs.Missing as why:
        answer({"missing": str(why)})
        return
    before = _memory_from_now()
    start = perf_counter()
    job()
    first = perf_counter() - start
    job()
    results = job()
    memory = None if before is None else _status("VmHWM") - before
    answer({"label": _label(options.library), "first": first, "memory": memory})

    for line in sys.stdin:
        question = json.loads(line)
        if "results" in question:
            np.savez(question["results"], *jobs.arrays(results))
            results = None
            answer({})
        else:
            answer({"stretch": _timed(Work(job), question["seconds"])})


def _timed(work: Work, seconds: float) -> Stretch:
    """The job has a stretch for itself: it may not run as well while something else takes turns."""
    (r,) = compare([REFERENCE], REFERENCE_SHARE * seconds, rounds=5)
    (mine,) = compare([work], seconds, rounds=1)
    return Stretch(mine.best, mine.median, r.best)


def _memory_from_now() -> int | None:
    """The memory resident now, in bytes; from here on the peak is counted anew."""
    gc.collect()
    try:
        CLEAR.write_text("5")
        return _status("VmRSS")
    except OSError:
        return None


def _status(field: str) -> int:
    (line,) = (line for line in STATUS.read_text().splitlines() if line.startswith(field))
    return int(line.split()[1]) * 1024


def _label(library: str) -> str:
    title, module = LIBRARIES[library]
    if module is None:
        return title
    loaded = importlib.import_module(module)
    version = getattr(loaded, "__version__", None) or importlib.metadata.version(module)
    return f"{title} {version}"


if __name__ == "__main__":
    main()
