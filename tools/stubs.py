"""Write the type stubs that follow from other files.

    python tools/stubs.py          # write them
    python tools/stubs.py --check  # exit with 1 if one is out of date

`primitives.pyi` has one function per row, with the row's signature and, as an overload, the one
that TensorFlow's names for the arguments give. `__init__.pyi` is the face without its
`__getattr__`, which would let every misspelt name pass. `numpy/__init__.pyi`, `numpy/linalg.pyi` and
`numpy/fft.pyi` have NumPy's functions, with NumPy's parameters.

The other stubs stand beside their modules, written by hand; stubtest compares all of them with what
is there at run time.
"""

import ast
import inspect
import re
import sys

import numpy as np

import docs
from codegen import ROOT, registry  # reads the rows without the compiled core
from fastgrad._rules import NOTHING, Composition
from fastgrad.ops._keywords import tensorflow_names

PACKAGE = ROOT / "src" / "fastgrad"
HEAD = "# Written by tools/stubs.py: change that, or {}, instead.\n"

# Types of metadata arguments.
TYPES = {
    "alpha": "_TensorLike",
    "approximate": "bool",
    "atol": "float",
    "axes": "Sequence[SupportsIndex] | None",
    "axis": "SupportsIndex",
    "axis1": "SupportsIndex",
    "axis2": "SupportsIndex",
    "batch_dims": "SupportsIndex",
    "beta": "_TensorLike",
    "decimals": "SupportsIndex",
    "deg": "bool",
    "depth": "SupportsIndex",
    "dtype": "_DType",
    "equal_nan": "bool",
    "exclusive": "bool",
    "index": "Any",
    "keepdims": "bool",
    "multiples": "_Shape",
    "name": "str",
    "nan": "float",
    "neginf": "float",
    "num_or_size_splits": "SupportsIndex | Sequence[SupportsIndex]",
    "off_value": "complex",
    "on_value": "complex",
    "posinf": "float",
    "reverse": "bool",
    "rtol": "float",
    "shape": "_Shape",
    "threshold": "_TensorLike",
    "transpose_a": "bool",
    "transpose_b": "bool",
    "value": "_TensorLike",
}
SEVERAL_AXES = {"softmax", "log_softmax", "squeeze", "flip"}  # besides reductions with `keepdims`
ONE_AXIS = {"argmax", "argmin", "gather", "one_hot"}  # although it may be None


def primitives():
    """The text of primitives.pyi."""
    lines = [
        HEAD.format("a row"),
        "from collections.abc import Sequence",
        "from typing import Any, SupportsIndex, overload",
        "",
        "from ._core._tensor import Tensor, _Axes, _DType, _Shape, _TensorLike",
        "",
        "ROWS: dict[str, Any]",
        "",
    ]
    for row in registry().values():
        signatures = [signature(row, {})]
        names = {own: other for other, own in tensorflow_names(row).items()}
        if names and not isinstance(row, Composition):
            signatures.append(signature(row, names))
        for parameters in signatures:
            if len(signatures) > 1:
                lines.append("@overload")
            lines += definition(row, parameters)
    return "\n".join(lines) + "\n"


def signature(row, names):
    """The parameters of a row's function, with some of them renamed."""
    arrays = "Sequence[_TensorLike] | Tensor" if getattr(row, "variadic", False) else "_TensorLike"
    parameters = [f"{names.get(argument, argument)}: {arrays}" for argument in row.arguments]
    for argument, default in row.defaults.items():
        text = f"{names.get(argument, argument)}: {metadata_type(row, argument, default)}"
        parameters.append(text if default is NOTHING else f"{text} = {default!r}")
    if not isinstance(row, Composition):
        parameters += ["*", "name: str | None = None"]
    return parameters


def metadata_type(row, argument, default):
    several = "keepdims" in row.defaults or row.name in SEVERAL_AXES
    if argument == "axis" and several and row.name not in ONE_AXIS:
        return "_Axes"
    kind = TYPES.get(argument, "Any")
    return f"{kind} | None" if default is None and "None" not in kind and kind != "Any" else kind


def definition(row, parameters):
    return wrapped(
        row.name, parameters, "list[Tensor]" if getattr(row, "many", False) else "Tensor"
    )


def wrapped(name, parameters, result):
    """The lines of a definition, broken as the formatter breaks them."""
    line = f"def {name}({', '.join(parameters)}) -> {result}: ..."
    if len(line) <= 100:
        return [line]
    line = f"    {', '.join(parameters)}"
    inner = [line] if len(line) <= 100 else [f"    {parameter}," for parameter in parameters]
    return [f"def {name}(", *inner, f") -> {result}: ..."]


def face():
    """The text of __init__.pyi: the imports and assignments of __init__.py."""
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    lines = [HEAD.format("__init__.py")]
    end = 0
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) or (
            isinstance(node, ast.Assign) and node.targets[0].id != "__version__"
        ):
            if lines[1:] and node.lineno > end + 1:
                lines.append("")
            lines.append(ast.get_source_segment(source, node))
            end = node.end_lineno
    return "\n".join([*lines, "", "__version__: str"]) + "\n"


# ----------------------------------------------------------------------------------- the NumPy face
NUMPY_HEAD = """\
# Written by tools/stubs.py, with NumPy {version}: change that, or src/fastgrad/numpy, instead.

from typing import Any

import numpy

from .._core._tensor import Tensor, _TensorLike
"""
VECTORIZE = """\
class vectorize:
    def __init__(
        self,
        pyfunc: Any,
        otypes: Any = ...,
        doc: Any = ...,
        excluded: Any = ...,
        cache: Any = ...,
        signature: Any = ...,
    ) -> None: ...
    def __call__(self, *args: _TensorLike) -> Any: ...

mgrid: Any
ogrid: Any

def __dir__() -> list[str]: ...
"""


def numpy_face():
    """The text of numpy/__init__.pyi."""
    lines = [numpy_head().rstrip()]
    lines += [f"from . import {name} as {name}" for name in ("fft", "linalg", "random")]
    lines += ["", "ndarray = Tensor"]
    for node in ast.parse(source("__init__")).body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            if ast.unparse(node.value.value) == "_numpy":
                lines += [f"{target.id} = numpy.{node.value.attr}" for target in node.targets]
    written = {}
    for module in ("_creation", "_functions", "_polynomials"):
        for node in ast.parse(source(module)).body:
            if isinstance(node, ast.FunctionDef) and node.name[0] != "_":
                written[node.name] = source_function(node.name, node)
                for name in ("asanyarray", "ascontiguousarray"):
                    if node.name == "asarray":
                        written[name] = source_function(name, node)
    functions = written | numpy_functions("np", without={*written, "vectorize"})
    lines += ["", VECTORIZE.rstrip(), *(functions[name] for name in sorted(functions))]
    return "\n".join(lines) + "\n"


def numpy_module(prefix):
    """What makes the stub of one of the face's modules."""

    def make():
        functions = numpy_functions(prefix, without=())
        more = ["LinAlgError = numpy.linalg.LinAlgError", ""] if prefix == "np.linalg" else []
        body = "\n".join([*more, *(functions[name] for name in sorted(functions))]) + "\n"
        used = [n for n in ("Tensor", "_TensorLike") if re.search(rf"\b{n}\b", body)]
        head = numpy_head() if more else numpy_head().replace("import numpy\n\n", "")
        names = f"import {', '.join(used)}\n" if used else ""
        head = re.sub(r"import Tensor, _TensorLike\n", names, head)
        return (
            (head if used else head.replace("from .._core._tensor ", "").rstrip() + "\n")
            + "\n"
            + body
        )

    return make


def numpy_head():
    return NUMPY_HEAD.format(version=".".join(np.__version__.split(".")[:2]))


def source(module):
    return (PACKAGE / "numpy" / f"{module}.py").read_text(encoding="utf-8")


def source_function(name, node):
    """A stub of a function from its source."""
    scope = {}
    function = ast.FunctionDef(
        name="f", args=node.args, body=[ast.Pass()], decorator_list=[], type_params=[]
    )
    nothing = ast.Constant(None)
    node.args.defaults = [nothing for _ in node.args.defaults]
    node.args.kw_defaults = [default and nothing for default in node.args.kw_defaults]
    module = ast.fix_missing_locations(ast.Module(body=[function], type_ignores=[]))
    exec(compile(module, "stub", "exec"), scope)
    return stub_of(name, inspect.signature(scope["f"]), 0, "Any")


def numpy_functions(prefix, without):
    """{name: stub} of the NumPy functions of one module that are there."""
    rows, found = docs.numpy_rows(), {}
    kinds = {name: kind for name, kind, _ in docs.numpy_kinds()[prefix]}
    for name, function in docs.public_functions(docs.MODULES[prefix]):
        if name not in without and kinds[name] not in ("no", "setting"):
            found[name] = numpy_function(name, function, rows.get(id(function)))
    return found


def numpy_function(name, function, row):
    """A stub with the parameters of a NumPy function; its arrays are those that the row has."""
    arrays = 0 if row is None else len(row.arguments)
    result = "Any"
    if row is not None and (row.kind != "composition" or row.name.removeprefix("np_") in docs.ROWS):
        result = "list[Tensor]" if getattr(row, "many", False) else "Tensor"
    try:
        return stub_of(name, inspect.signature(function), arrays, result)
    except ValueError:
        return f"def {name}(*args: Any, **kwargs: Any) -> {result}: ..."


def stub_of(name, signature, arrays, result):
    """The text of a stub with the parameters of a signature, of which the first are arrays."""
    texts, last = [], None
    for at, parameter in enumerate(signature.parameters.values()):
        kind = parameter.kind
        if last is parameter.POSITIONAL_ONLY and kind is not last:
            texts.append("/")
        if kind is parameter.KEYWORD_ONLY and last not in (kind, parameter.VAR_POSITIONAL):
            texts.append("*")
        stars = {parameter.VAR_POSITIONAL: "*", parameter.VAR_KEYWORD: "**"}.get(kind, "")
        default = "" if parameter.default is parameter.empty else " = ..."
        typed = "_TensorLike" if at < arrays else "Any"
        texts.append(f"{stars}{parameter.name}: {typed}{default}")
        last = kind
    if last is inspect.Parameter.POSITIONAL_ONLY:
        texts.append("/")
    return "\n".join(wrapped(name, texts, result))


STUBS = {
    "primitives.pyi": primitives,
    "__init__.pyi": face,
    "numpy/__init__.pyi": numpy_face,
    "numpy/linalg.pyi": numpy_module("np.linalg"),
    "numpy/fft.pyi": numpy_module("np.fft"),
}


def stale():
    """{path: text it should have} of the stubs that are out of date."""
    texts = {PACKAGE / name: make() for name, make in STUBS.items()}
    return {path: text for path, text in texts.items() if docs.outdated(path, text)}


if __name__ == "__main__":
    found = stale()
    for path, text in found.items():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    sys.exit("--check" in sys.argv and bool(found))
