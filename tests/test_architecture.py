"""The shape of the code base: layers, faces, and what is public."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import fastgrad as fg
from fastgrad import ops
from fastgrad.primitives import ROWS

ROOT = Path(__file__).resolve().parent.parent
PACKAGE = ROOT / "src" / "fastgrad"

# A module may import those that stand before it.
LAYERS = """
    errors shapes dtypes _nest _text _convert _rules
    ops._metadata ops._keywords ops.elementwise ops._operands ops.indexing ops.shaping
    ops.scattering ops.arranging ops.reductions ops.linalg ops.products ops.choosing ops.optim
    ops.parts ops.joining ops.scans ops.sorting ops.special ops.activations
    ops.solving ops.decompositions ops.norms ops.totals ops.matrix_functions ops.fourier
    ops.statistics ops.differences ops.padding ops.convolution ops.segments
    ops.windows ops.convnets ops.losses ops.nn ops.custom ops.sampling ops
    _core _core._buffer _core._loops _core._tensor _core._trace _core._graph _core._recorder
    _core._contexts _core._work _core._arranging _core._picking _core._threads _core._windows
    _core._softmax _core._products _core._lapack _core._factors _core._transforms _core._kernels
    _core._primitive _core._dispatch _core._assign _core._calls _core._direct
    _core._plain _core._plain_shapes _core._plain_linalg _core._plain_numbers _core._plain_sorting
    _core._numpy _core._plan _core._cotangents _core._pullbacks _core._sweep _core._tape _core._forward
    _core._evaluate _core._simplify
    _core._schedule _core._places _core._elementwise _core._machine _core._lower _core._quick
    _autograph.operators _autograph.analysis _autograph.source _autograph.expressions
    _autograph.statements _autograph.state _autograph.staging _autograph.conversion _autograph
    primitives tape graphs transforms
    creation specs journals control stage compiled plans freezing traces functions flow effects forward
    functional slices conventions conventions_linalg conventions_signal random config optim losses testing
    math linalg nn signal autodiff debugging test keras.losses keras.optimizers keras
    numpy._reasons numpy._names numpy._creation numpy._functions numpy._polynomials
    numpy._at numpy.linalg numpy.fft numpy.random numpy _array_api
    fastgrad __main__
""".split()
DOC = ROOT / "docs" / "architecture.md"
UPWARDS = {("_rules", "ops"), ("_rules", "ops._keywords")}  # `registry` collects the rows
FACES = (
    "math",
    "linalg",
    "nn",
    "signal",
    "autodiff",
    "debugging",
    "test",
    "keras.losses",
    "keras.optimizers",
    "keras",
)


def modules():
    """{name: path} of all modules of the package."""
    found = {}
    for path in sorted([*PACKAGE.rglob("*.py"), *PACKAGE.rglob("*.pyx")]):
        parts = path.relative_to(PACKAGE).with_suffix("").parts
        name = ".".join(parts[:-1] if parts[-1] == "__init__" else parts)
        found[name or "fastgrad"] = path
    return found


MODULES = modules()


def imported(name, path):
    """The modules of the package that a module imports, also inside functions."""
    package = [] if name == "fastgrad" else name.split(".")
    package = package if path.stem == "__init__" else package[:-1]
    text = path.read_text("utf-8")
    pattern = r"^\s*from (\.+)([\w.]*) c?import (\([^)]*\)|[^\n]*)"
    for dots, target, names in re.findall(pattern, text, re.MULTILINE):
        base = package[: len(package) - len(dots) + 1] + [part for part in [target] if part]
        for one in re.findall(r"(\w+)(?: as \w+)?", names):
            whole = ".".join([*base, one])
            yield whole if whole in MODULES else ".".join(base)


def test_every_module_has_its_layer():
    assert sorted(MODULES) == sorted(LAYERS)


@pytest.mark.parametrize("name", MODULES)
def test_imports_go_down(name):
    for other in imported(name, MODULES[name]):
        below = LAYERS.index(other) < LAYERS.index(name)
        assert below or (name, other) in UPWARDS, f"{name} imports {other}"


@pytest.mark.skipif(not DOC.exists(), reason="the docs are not beside the tests")
def test_documented_layers_and_themes():
    text = DOC.read_text("utf-8")
    below = set()
    for row in re.findall(r"^\| [^|]+ \| (`.*) \|$", text, re.MULTILINE):
        names = re.findall(r"`([\w/]+)`", row)
        if names[0] == "_core/_buffer":
            names = ["_core", *(f"_core.{name.rpartition('/')[2]}" for name in names)]
        names = ["fastgrad" if name == "__init__" else name.rstrip("/") for name in names]
        here = {m for m in LAYERS if m in names or f"{m.partition('.')[0]}" in names}
        assert below == set(LAYERS[: len(below)]), names
        below |= here
    assert below == set(LAYERS)
    listed = text.partition("## Themes")[2].partition("A row is made")[0].partition("\n1. ")[2]
    assert re.findall(r"`(\w+)`", listed) == list(ops.THEMES)


@pytest.mark.parametrize("name", [n for n in LAYERS if n.partition(".")[0] in ("_rules", "ops")])
def test_rows_know_numpy_only(name):
    text = MODULES[name].read_text("utf-8")
    absolute = re.findall(r"^\s*(?:import|from) (\w+)", text, re.MULTILINE)
    assert set(absolute) <= {
        "numpy",
        *"importlib math operator itertools functools warnings".split(),
    }


@pytest.mark.parametrize("name", FACES)
def test_faces_only_name_things(name):
    for node in ast.parse(MODULES[name].read_text("utf-8")).body:
        doc = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        alias = isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute)
        assert doc or alias or isinstance(node, ast.ImportFrom), ast.unparse(node)


def test_import_leaves_later_themes_alone():
    script = """if True:
        import sys
        import fastgrad as fg
        from fastgrad import ops
        import fastgrad.primitives as primitives

        later = [f"fastgrad.ops.{theme}" for theme in ops.LATER]
        fg.sigmoid(fg.Variable([[2.0]]) @ fg.ones([1, 1]))[0]
        assert not set(later) & set(sys.modules)
        assert primitives.logsumexp is primitives._rows["logsumexp"].bound
        assert not set(later) & set(sys.modules)
        assert primitives.erf is primitives.ROWS["erf"].bound
        assert set(later) <= set(sys.modules)
    """
    subprocess.run([sys.executable, "-c", script], check=True)


def test_import_leaves_functions_alone():
    script = """if True:
        import sys
        import fastgrad as fg

        def loaded():
            names = "_autograph functions traces compiled _core._lower".split()
            return {name for name in names if f"fastgrad.{name}" in sys.modules}

        x = fg.Variable(2.0)
        with fg.GradientTape() as tape:
            y = x * x
        tape.gradient(y, x)
        assert "fastgrad.transforms" not in sys.modules
        fg.print(y, output_stream=sys.stderr)
        fg.random.normal([2])
        fg.grad(lambda x: x * x)(2.0)
        fg.keras.optimizers.SGD(0.1).apply_gradients([(y, x)])
        assert loaded() == set()
        fg.function
        assert len(loaded()) == 5
        fg.math
        assert "difflib" not in sys.modules  # for names that are not there
    """
    subprocess.run([sys.executable, "-c", script], check=True)


# ------------------------------------------------------------------------------------ public names
# Public functions that are no rows, by the module that defines them.
COMPOSED = {
    "fastgrad._core._dispatch": {"constant", "convert_to_tensor"},
    "fastgrad._text": {"print"},
    "fastgrad.flow": {
        *{"case", "cond", "foldl", "foldr", "map_fn", "scan", "switch_case", "vectorized_map"},
        "while_loop",
    },
    "fastgrad.conventions": {
        *{"argmax", "argmin", "argsort", "bincount", "count_nonzero", "cumulative_logsumexp"},
        *{"dynamic_partition", "dynamic_stitch", "histogram_fixed_width", "leaky_relu", "norm"},
        *{"pad", "repeat", "roll", "searchsorted", "slice", "sort", "strided_slice", "top_k"},
        *{"unique", "unique_with_counts", "where"},
    },
    "fastgrad.conventions_linalg": {
        *{"band_part", "diag", "diag_part", "eig", "eigh", "eigvals", "global_norm", "inv"},
        *{"l2_normalize", "lstsq", "lu", "matrix_rank", "matvec", "normalize", "pinv", "qr"},
        *{
            "set_diag",
            "slogdet",
            "solve",
            "svd",
            "tensor_diag",
            "tensor_diag_part",
            "trace",
            "triangular_solve",
        },
    },
    "fastgrad.conventions_signal": {
        *{"dct", "fft", "fft2d", "fft3d", "fftfreq", "frame", "hamming_window", "hann_window"},
        *{"idct", "ifft", "ifft2d", "ifft3d", "inverse_stft", "inverse_stft_window_fn", "irfft"},
        *{"irfft2d", "irfft3d", "overlap_and_add", "rfft", "rfft2d", "rfft3d", "rfftfreq", "stft"},
    },
    "fastgrad.creation": {
        *{"eye", "fill", "linspace", "ones", "ones_like", "range", "rank", "shape", "size"},
        *{"zeros", "zeros_like"},
    },
    "fastgrad.dtypes": {"as_dtype"},
    "fastgrad.effects": {"numpy_function", "py_function"},
    "fastgrad.functions": {"function"},
    "fastgrad.random": {"dropout"},
    "fastgrad.transforms": {
        *{"checkpoint", "custom_gradient", "grad_pass_through", "recompute_grad"},
    },
    "fastgrad.functional": {
        *{"grad", "gradient_function", "hessian", "hvp", "implicit_grad", "jacfwd", "jacobian"},
        *{"jacrev", "jvp", "make_vjp", "value_and_grad", "value_and_gradient", "vjp"},
    },
    "fastgrad.testing": {"check_numerics", "compute_gradient"},
}


def public_functions():
    faces = (fg, fg.math, fg.linalg, fg.nn, fg.signal, fg.debugging, fg.test, fg.keras.losses)
    for face in faces:
        for name, value in ((name, getattr(face, name)) for name in dir(face)):
            if not name.startswith("_") and callable(value) and not isinstance(value, type):
                yield pytest.param(name, value, id=f"{face.__name__}.{name}")


@pytest.mark.parametrize(("name", "function"), list(public_functions()))
def test_public_functions_are_rows_or_listed(name, function):
    assert function.__doc__, "no docstring"
    row = ROWS.get(function.__name__)
    if row is None or function is not row.bound:
        assert name in COMPOSED[function.__module__]


def test_listed_functions_are_there():
    names = {parameter.values[0] for parameter in public_functions()}
    assert set().union(*COMPOSED.values()) <= names


# --------------------------------------------------------------------------------------- whole tree
def texts():
    for folder in ("src", "tests", "tools", "docs", "bench", "examples", ".ci", "."):
        pattern = "*" if folder == "." else "**/*"
        for path in (ROOT / folder).glob(pattern):
            if path.name == ".git":  # of a worktree: it names a folder of this machine
                continue
            if path.suffix in {".py", ".pyi", ".pyx", ".pxd", ".h", ".md", ".toml", ".in", ""}:
                if path.is_file() and "__pycache__" not in path.parts:
                    yield path


def test_no_paths_of_one_machine():
    foreign = re.compile(r"(?<![\w.$])/(?:tmp|work|home|root|Users)/\w")
    for path in texts():
        assert not foreign.search(path.read_text("utf-8", "replace")), path


def test_no_module_is_too_long():
    for name, path in MODULES.items():
        if path.suffix == ".py":
            assert len(path.read_text("utf-8").splitlines()) <= 800, name
