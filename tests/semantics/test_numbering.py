"""Every numbered guarantee has a test, and every test here names a guarantee that exists."""

import ast
import re
from pathlib import Path

import pytest

HERE = Path(__file__).parent
DOC = HERE.parents[1] / "docs" / "semantics.md"
pytestmark = pytest.mark.skipif(not DOC.exists(), reason="the docs are not beside the tests")


def documented():
    """The numbers of the document, in its order."""
    return re.findall(
        r"^(?:- |\| )\*\*(\d+\.\d+)\*\*", DOC.read_text(encoding="utf-8"), re.MULTILINE
    )


def functions():
    """(file name, test name, numbers marked on it) for each test function of this folder."""
    for path in sorted(HERE.glob("test_*.py")):
        if path.name != Path(__file__).name:
            tree = ast.parse(path.read_text(encoding="utf-8"))
            for node in ast.walk(tree):
                if isinstance(node, ast.FunctionDef) and node.name.startswith("test_"):
                    yield path.name, node.name, marked(node)


def marked(function):
    return [
        argument.value
        for decorator in function.decorator_list
        if isinstance(decorator, ast.Call)
        and ast.unparse(decorator.func).endswith("mark.semantics")
        for argument in decorator.args
    ]


def test_every_guarantee_has_a_test():
    held = {number for _, _, numbers in functions() for number in numbers}
    assert [number for number in documented() if number not in held] == []


def test_every_test_names_a_guarantee_that_exists():
    known = set(documented())
    assert [t for t in functions() if not t[2] or not known.issuperset(t[2])] == []


def test_tests_stand_in_the_file_that_their_section_names():
    sections = re.split(r"^## ", DOC.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    files = {s.split(".")[0]: re.findall(r"tests/semantics/(\w+\.py)", s) for s in sections}
    strays = [
        (file, name, number)
        for file, name, numbers in functions()
        for number in numbers[:1]
        if file not in files[number.split(".")[0]]
    ]
    assert strays == []


def test_numbers_run_on_without_gaps():
    sections = re.split(r"^## ", DOC.read_text(encoding="utf-8"), flags=re.MULTILINE)[1:]
    for i, section in enumerate(sections, 1):
        numbers = re.findall(r"^(?:- |\| )\*\*(\d+\.\d+)\*\*", section, re.MULTILINE)
        assert numbers == [f"{i}.{k}" for k in range(1, len(numbers) + 1)]
