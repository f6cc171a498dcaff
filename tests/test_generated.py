"""What tools write is up to date, and says what is there at run time."""

import ast
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from fastgrad import primitives

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("tool", ["stubs", "docs"])
def test_outputs_are_up_to_date(tool):
    command = [sys.executable, str(ROOT / "tools" / f"{tool}.py"), "--check"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, f"run tools/{tool}.py: {done.stdout}{done.stderr}"


def stubbed():
    """{name: [signatures]} of primitives.pyi, as inspect would give them."""
    found = {}
    for node in ast.parse((ROOT / "src/fastgrad/primitives.pyi").read_text("utf-8")).body:
        if isinstance(node, ast.FunctionDef):
            arguments = node.args
            for argument in (
                *arguments.args,
                arguments.vararg,
                *arguments.kwonlyargs,
                arguments.kwarg,
            ):
                if argument is not None:
                    argument.annotation = None
            found.setdefault(node.name, []).append(f"({ast.unparse(arguments)})")
    return found


STUBBED = stubbed()


def test_every_row_has_a_stub():
    assert STUBBED.keys() == primitives.ROWS.keys()


@pytest.mark.parametrize("name", primitives.ROWS)
def test_signatures(name):
    function = getattr(primitives, name)
    plain = str(inspect.signature(function)).replace(" ", "")
    assert STUBBED[name][0].replace(" ", "") == plain
    assert inspect.getdoc(function)
