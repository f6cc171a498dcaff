"""The typed programs run; mypy and pyright check them elsewhere."""

import runpy
from pathlib import Path

import pytest

PROGRAMS = sorted((Path(__file__).parent / "typing").glob("*.py"))


@pytest.mark.parametrize("program", PROGRAMS, ids=lambda path: path.stem)
def test_runs(program):
    runpy.run_path(str(program), run_name="__main__")
