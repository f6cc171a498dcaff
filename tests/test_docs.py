"""The code in the documentation runs, and gives what it says."""

import contextlib
import doctest
import importlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

import fastgrad as fg

ROOT = Path(__file__).resolve().parent.parent
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", ROOT / "CONTRIBUTING.md"]
PAGES += sorted((ROOT / "docs").glob("*.md"))
MODULES = (
    *("config", "conventions", "creation", "errors", "function", "optim", "random", "shapes"),
    *("tape", "testing", "transforms", "_core._dispatch", "_core._tape", "_core._tensor"),
)


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run(page):
    """What the Python code of a page prints, and its names at the end."""
    names, out = {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for block in blocks(page):
            exec(compile(block, str(page), "exec"), names)
    return out.getvalue(), names


def test_readme():
    block = blocks(ROOT / "README.md")[0]
    assert len(block.splitlines()) <= 16
    printed, _ = run(ROOT / "README.md")
    assert printed.splitlines() == re.findall(r"^print.*?# (<?fg\..*)$", block, re.MULTILINE)


def test_readme_has_its_markers():
    text = (ROOT / "README.md").read_text("utf-8")
    for name in ("install", "test", "bench", "/bench"):
        assert text.count(f"<!-- {name} -->") == 1


def test_guide():
    _, names = run(ROOT / "docs" / "guide.md")
    np.testing.assert_allclose(names["w"].numpy(), [2.0, -1.0], atol=1e-6)
    np.testing.assert_allclose(names["b"].numpy(), 0.5, atol=1e-6)
    x = fg.constant([-2.0, 0.5, 3.0])
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = names["log1pexp"](x)
    np.testing.assert_allclose(tape.gradient(y, x), fg.sigmoid(x), rtol=1e-6)


@pytest.mark.parametrize("name", MODULES)
def test_docstrings(name):
    module = importlib.import_module(f"fastgrad.{name}")
    globs = {"fg": fg, "np": np, **vars(module)}
    finder = doctest.DocTestFinder(exclude_empty=True)
    runner = doctest.DocTestRunner(verbose=False, optionflags=doctest.ELLIPSIS)
    out = io.StringIO()
    fg.random.set_seed(0)
    for test in finder.find(module, module.__name__, module=module, globs=globs):
        runner.run(test, out=out.write)
    assert runner.failures == 0, out.getvalue()


@pytest.mark.parametrize("page", PAGES, ids=lambda path: path.stem)
def test_links(page):
    text = page.read_text("utf-8")
    for target in re.findall(r"\]\(([^)\s]+)\)", text):
        if target.startswith("http"):
            continue
        path, _, anchor = target.partition("#")
        other = (page.parent / path).resolve() if path else page
        assert other.exists(), target
        if anchor:
            titles = re.findall(r"^#+ (.+)$", other.read_text("utf-8"), re.MULTILINE)
            anchors = {re.sub(r"[^\w\- ]", "", t.lower()).replace(" ", "-") for t in titles}
            assert anchor in anchors, target
