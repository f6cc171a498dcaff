"""The tutorials' 1,000 steps: minimise a*x**2 + b*x + c with a tape and an optimizer, eagerly.

The programs are `apply_gradients` and `minimize` of each library's adapter. A library without an
optimizer updates by hand; one without a call that takes the function leaves the second figure out.
"""

import pytest

from . import timing
from .bench_control import REFERENCE
from .library import DESCENTS, Library
from .table import Row
from .timing import Work


def steps(library: Library, descent: str) -> Work:
    run = getattr(library, descent)
    return Work(lambda: run(library.steps), library.steps)


def measure_steps(library: Library, seconds: float) -> list[float | None]:
    return [
        timing.ratio(steps(library, descent), REFERENCE, seconds)
        if descent in library.descents
        else None
        for descent in DESCENTS
    ]


WORK = "a step of the tutorials' descent, `apply_gradients` / `minimize`"
ROWS = [Row(WORK, "r", (6, 6), measure_steps)]


@pytest.mark.parametrize("descent", DESCENTS)
def test_steps(benchmark, library, descent):
    timing.pedantic(benchmark, steps(library, descent))
