"""`python -m bench`: print the table of ratios."""

import argparse
import json
import os
import platform
import subprocess
import sys

import numpy as np

from . import bench_chains, bench_control, bench_tape, bench_tutorials
from .check import check
from .library import PEERS, Library, installed, load
from .peers import ONE_THREAD
from .table import README, Figures, render, split_readme
from .timing import ROOT

ROWS = [*bench_chains.ROWS, *bench_tutorials.ROWS, *bench_tape.ROWS]

LEGEND = (
    "Least of many repeats, each taken in turn with its reference; smaller is better, bold is over "
    'the target. "r" is one `np.add(x, y, out=o)` on one-element float64 arrays, from Python; '
    '"NumPy call" is the mean of the same chain\'s NumPy calls with `out=`. All run eagerly. '
    f"Python {platform.python_version()}, NumPy {np.__version__}, "
    f"{platform.system()} {platform.machine()}."
)


def main() -> None:
    options = parse_arguments()
    if not installed("fastgrad"):
        sys.exit("fastgrad is not installed: run `pip install .` first")
    seconds = 0.1 if options.quick else 1.0
    fastgrad = load("fastgrad")
    check(fastgrad)
    if options.library:
        peer = load(options.library)
        check(peer, trusted=fastgrad)
        print(json.dumps([peer.label, measure(peer, seconds)]))
        return

    around = split_readme("bench") if options.write_readme else None
    before = bench_control.describe(seconds)
    columns = {fastgrad.name: measure(fastgrad, seconds)}
    for module in PEERS if options.peers else ():
        columns.update(measure_apart(module, options.quick))
    after = bench_control.describe(seconds)

    text = f"{render(ROWS, columns)}\n\n{LEGEND}\n"
    print(f"{text}\nThis machine before: {before}\nand after: {after}")
    if around:
        README.write_text(text.join(around), encoding="utf-8")


def parse_arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m bench", description="Print fastgrad's speed as a table of ratios."
    )
    flag = parser.add_argument
    flag("--quick", action="store_true", help="a smoke test: a tenth of the time, noisy figures")
    flag("--peers", action="store_true", help="measure the other installed libraries as well")
    flag("--write-readme", action="store_true", help="put the table between README.md's markers")
    flag("--library", choices=PEERS, help=argparse.SUPPRESS)  # the process of `measure_apart`
    return parser.parse_args()


def measure(library: Library, seconds: float) -> list[Figures]:
    """The library's column, row by row."""
    column = []
    for row in ROWS:
        print(f"{library.name}: {row.work} ...", file=sys.stderr, flush=True)
        column.append(row.measure(library, seconds))
    return column


def measure_apart(module: str, quick: bool) -> dict[str, list[Figures]]:
    """A peer's column; its own process keeps its threads and memory away from the others."""
    if not installed(module):
        print(f"{module} is not installed: left out", file=sys.stderr)
        return {}
    command = [sys.executable, "-m", "bench", "--library", module, *(["--quick"] if quick else [])]
    environment = {**os.environ, **ONE_THREAD}
    done = subprocess.run(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True, check=False
    )
    if done.returncode:
        print(f"{module} failed, see above: left out", file=sys.stderr)
        return {}
    label, column = json.loads(done.stdout.splitlines()[-1])
    return {label: column}


if __name__ == "__main__":
    main()
