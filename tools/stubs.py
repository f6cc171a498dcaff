"""Write the type stubs that follow from other files.

    python tools/stubs.py          # write them
    python tools/stubs.py --check  # exit with 1 if one is out of date

`primitives.pyi` has one function per row, with the row's signature and, as an overload, the one
that TensorFlow's names for the arguments give. `__init__.pyi` is the face without its
`__getattr__`, which would let every misspelt name pass.

The other stubs stand beside their modules, written by hand; stubtest compares all of them with what
is there at run time.
"""

import ast
import sys

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
    kind = TYPES[argument]
    return f"{kind} | None" if default is None and "None" not in kind else kind


def definition(row, parameters):
    result = "list[Tensor]" if getattr(row, "many", False) else "Tensor"
    line = f"def {row.name}({', '.join(parameters)}) -> {result}: ..."
    if len(line) <= 100:
        return [line]
    line = f"    {', '.join(parameters)}"
    inner = [line] if len(line) <= 100 else [f"    {parameter}," for parameter in parameters]
    return [f"def {row.name}(", *inner, f") -> {result}: ..."]


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


STUBS = {"primitives.pyi": primitives, "__init__.pyi": face}


def stale():
    """{path: text it should have} of the stubs that are out of date."""
    texts = {PACKAGE / name: make() for name, make in STUBS.items()}
    return {
        path: text
        for path, text in texts.items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }


if __name__ == "__main__":
    found = stale()
    for path, text in found.items():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    sys.exit("--check" in sys.argv and bool(found))
