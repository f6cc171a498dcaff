"""The code in the documentation runs, and gives what it says."""

import ast
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
    *("config", "conventions", "conventions_linalg", "conventions_signal", "creation", "errors"),
    *(
        "effects",
        "forward",
        "functions",
        "functional",
        "losses",
        "optim",
        "random",
        "shapes",
        "slices",
        "specs",
        "tape",
    ),
    *("testing", "transforms", "numpy._at", "numpy._creation", "numpy._functions", "numpy.random"),
    *("_core._dispatch", "_core._tape", "_core._tensor"),
)


def blocks(page):
    return re.findall(r"^```python\n(.*?)^```", page.read_text("utf-8"), re.MULTILINE | re.DOTALL)


def run(page):
    """What the Python code of a page prints, its names at the end, and what its expressions give.

    The last as {text of the expression: value}; of those that stand in the page twice, the last.
    """
    names, values, out = {}, {}, io.StringIO()
    with contextlib.redirect_stdout(out):
        for statement in (node for block in blocks(page) for node in ast.parse(block).body):
            if isinstance(statement, ast.Expr):
                code = compile(ast.Expression(statement.value), str(page), "eval")
                values[ast.unparse(statement)] = eval(code, names)
            else:
                code = compile(ast.Module([statement], []), str(page), "exec")
                exec(code, names)
    return out.getvalue(), names, values


def test_readme():
    block = blocks(ROOT / "README.md")[0]
    assert len(block.splitlines()) <= 16
    printed, _, _ = run(ROOT / "README.md")
    assert printed.splitlines() == re.findall(r"^print.*?# (<?fg\..*)$", block, re.MULTILINE)


def test_readme_has_its_markers():
    text = (ROOT / "README.md").read_text("utf-8")
    for name in ("install", "test", "bench", "/bench"):
        assert text.count(f"<!-- {name} -->") == 1


@pytest.fixture(scope="module")
def guide():
    _, names, values = run(ROOT / "docs" / "guide.md")
    return names, values


def test_guide(guide):
    names, _ = guide
    np.testing.assert_allclose(names["w"].numpy(), [2.0, -1.0], atol=1e-6)
    np.testing.assert_allclose(names["b"].numpy(), 0.5, atol=1e-6)
    x = fg.constant([-2.0, 0.5, 3.0])
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = names["log1pexp"](x)
    np.testing.assert_allclose(tape.gradient(y, x), fg.sigmoid(x), rtol=1e-6)


@pytest.mark.parametrize(
    ("expression", "want"),
    [
        ("(t * w).numpy()", [3.5, 9.0]),
        ("tape.gradient(y, x)", 405.0),
        ("outer.gradient(first, x)", 18.0),
        ("tape.gradient(one, x)", [-0.5, 0.0, 0.0, 0.0, 1.0]),
        ("fnp.cumsum(t.at[1:].multiply(10.0)).numpy()", [1.0, 21.0, 51.0]),
        ("fg.grad(rosenbrock)(x)", [-400.0, 1002.0, -200.0]),
        ("fg.hessian(rosenbrock)(x)", [[402, -400, 0], [-400, 3802, -800], [0, -800, 200]]),
        ("fg.jacobian(lambda x: x[:2] * x[2])(x)", [[3.0, 0.0, 1.0], [0.0, 3.0, 2.0]]),
        ("slopes['w']", [-7.0, -10.0]),
        ("accumulator.jvp(y)", 12.0),
        ("tape.gradient(size, z)", 6.0 + 8.0j),
        ("rows.indices.numpy()", [3, 3, 7]),
        ("fg.convert_to_tensor(rows).shape", (1000, 4)),
    ],
)
def test_what_the_guide_says(guide, expression, want):
    np.testing.assert_allclose(np.asarray(guide[1][expression]), want, rtol=1e-12)


def test_functions_of_the_guide(guide):
    names, values = guide
    np.testing.assert_allclose(np.asarray(values["tape.gradient(mean, shape)"]), 1.0, atol=0.05)
    (product,) = values["fg.hvp(rosenbrock, [x], [np.ones(3)])"]
    np.testing.assert_allclose(product, values["fg.hessian(rosenbrock)(x)"] @ np.ones(3))
    x = np.linspace(0, 1, 5)
    for module in (np, names["fnp"]):
        slope = fg.grad(lambda x, module=module: names["energy"](module, x))(x)
        np.testing.assert_array_equal(slope, values["tape.gradient(one, x)"])
    assert [s.shape for s in names["slopes"]] == [(3, 20), (5, 20)]
    assert all(np.any(s.numpy() != 0) for s in names["slopes"])
    assert all(np.isfinite(s) for s in values["tape.gradient(loss, [width, noise])"])


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
