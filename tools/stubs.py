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
# Required arguments of compositions that are no arrays.
NO_ARRAYS = set(
    "axes axis ksize output_shape padding pooling_type repeats strides stride window_shape".split()
)
# Compositions that give a tuple, or one or several Tensors as they are asked.
SEVERAL = set(
    "atleast_1d atleast_2d atleast_3d average broadcast_arrays divmod eig eigh gradient histogram ix "
    "lstm_cell lstsq meshgrid moments nonzero qr slogdet svd top_k unique unique_all unique_counts "
    "unique_inverse weighted_moments".split()
)
LISTS = set("array_split dsplit hsplit np_split vsplit".split())


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


def composed(row):
    """The parameters of a composition, as the function has them."""
    parameters, star = [], False
    for one in inspect.signature(row.function).parameters.values():
        if one.kind is one.VAR_POSITIONAL:
            parameters.append(f"*{one.name}: _TensorLike")
            star = True
            continue
        if one.kind is one.VAR_KEYWORD:
            parameters.append(f"**{one.name}: Any")
            continue
        if one.kind is one.KEYWORD_ONLY and not star:
            parameters.append("*")
            star = True
        if one.default is one.empty:
            kind = "Any" if one.name in NO_ARRAYS else TYPES.get(one.name, "_TensorLike")
            parameters.append(f"{one.name}: {kind}")
        else:
            kind = metadata_type(row, one.name, one.default)
            parameters.append(f"{one.name}: {kind} = {one.default!r}")
    return parameters


def signature(row, names):
    """The parameters of a row's function, with some of them renamed."""
    if isinstance(row, Composition):
        return composed(row)
    arrays = "Sequence[_TensorLike] | Tensor" if getattr(row, "variadic", False) else "_TensorLike"
    parameters = [f"{names.get(argument, argument)}: {arrays}" for argument in row.arguments]
    for argument, default in row.defaults.items():
        text = f"{names.get(argument, argument)}: {metadata_type(row, argument, default)}"
        parameters.append(text if default is NOTHING else f"{text} = {default!r}")
    return [*parameters, "*", "name: str | None = None"]


def metadata_type(row, argument, default):
    several = "keepdims" in row.defaults or row.name in SEVERAL_AXES
    if argument == "axis" and several and row.name not in ONE_AXIS:
        return "_Axes"
    kind = "Any" if argument == "axes" and isinstance(default, int) else TYPES.get(argument, "Any")
    return f"{kind} | None" if default is None and "None" not in kind and kind != "Any" else kind


def definition(row, parameters):
    result = "list[Tensor]" if getattr(row, "many", False) or row.name in LISTS else "Tensor"
    return wrapped(row.name, parameters, "Any" if row.name in SEVERAL else result)


def wrapped(name, parameters, result, room=100):
    """The lines of a definition, quoted and broken as the formatter does."""
    parameters = [parameter.replace("'", '"') for parameter in parameters]
    line = f"def {name}({', '.join(parameters)}) -> {result}: ..."
    if len(line) <= room:
        return [line]
    line = f"    {', '.join(parameters)}"
    inner = [line] if len(line) <= room else [f"    {parameter}," for parameter in parameters]
    return [f"def {name}(", *inner, f") -> {result}: ..."]


def face():
    """The text of __init__.pyi: the imports and assignments of __init__.py, and what `__getattr__` gives."""
    source = (PACKAGE / "__init__.py").read_text(encoding="utf-8")
    lines = [HEAD.format("__init__.py")]
    end = 0
    scope = {}
    for node in ast.parse(source).body:
        if isinstance(node, ast.Assign) and node.targets[0].id.startswith("_LATER"):
            exec(ast.get_source_segment(source, node), scope)
        elif isinstance(node, ast.ImportFrom) or (
            isinstance(node, ast.Assign) and node.targets[0].id != "__version__"
        ):
            if lines[1:] and node.lineno > end + 1:
                lines.append("")
            lines.append(ast.get_source_segment(source, node))
            end = node.end_lineno
    names = scope["_LATER_NAMES"]
    for module, given in names.items():
        lines += ["", *(f"{name} = _{module}.{name}" for name in given)]
    imports = [line for line in lines if line.startswith("from . import ")]
    first = lines.index(imports[0])
    together = [*imports, *(f"from . import {name} as {name}" for name in scope["_LATER"])]
    together = sorted([*together, *(f"from . import {name} as _{name}" for name in names)])
    lines[first : first + len(imports)] = together
    return "\n".join([*lines, "", "__version__: str"]) + "\n"


# Types of parameters of functions with TensorFlow's conventions, by name; else their defaults tell.
CONVENTIONS = {
    "align": "str",
    "alg": "Any",
    "axis": "_Axes",
    "count": "SupportsIndex",
    "dtype": "_DType",
    "fft_length": "_Shape",
    "frame_length": "SupportsIndex",
    "frame_step": "SupportsIndex",
    "index_type": "_DType",
    "k": "SupportsIndex",
    "maxlength": "SupportsIndex",
    "n": "SupportsIndex",
    "name": "str",
    "nbins": "SupportsIndex",
    "noise_shape": "_Shape",
    "norm": "str",
    "num": "SupportsIndex",
    "num_cols": "SupportsIndex",
    "num_partitions": "SupportsIndex",
    "num_rows": "SupportsIndex",
    "num_samples": "SupportsIndex",
    "ord": "str | float",
    "out_idx": "_DType",
    "out_type": "_DType",
    "output_dtype": "_DType",
    "output_type": "_DType",
    "rate": "float",
    "seed": "Any",
    "shape": "_Shape",
    "stream": "Any",
    "var": "Any",
    "window_fn": "Any",
    "forward_window_fn": "Any",
    "window_length": "SupportsIndex",
}
# What they give besides a Tensor.
RESULTS = {
    "__init__": "None",
    "dynamic_partition": "list[Tensor]",
    "eig": "tuple[Tensor, Tensor]",
    "eigh": "tuple[Tensor, Tensor]",
    "from_non_deterministic_state": "Self",
    "from_seed": "Self",
    "inverse_stft_window_fn": "Callable[..., Tensor]",
    "lu": "tuple[Tensor, Tensor]",
    "normalize": "tuple[Tensor, Tensor]",
    "qr": "tuple[Tensor, Tensor]",
    "set_seed": "None",
    "slogdet": "tuple[Tensor, Tensor]",
    "svd": "Any",  # the singular values alone, if asked so
    "top_k": "TopK",
    "unique": "Unique",
    "unique_with_counts": "UniqueWithCounts",
    ("Generator", "split"): "list[Generator]",
}


def conventions(module):
    """The text of a stub for a module of functions without annotations."""
    lines = []
    for node in ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8")).body:
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_"):
            lines += convention(node)
        elif isinstance(node, ast.ClassDef):
            bases = [ast.unparse(base) for base in node.bases]
            lines += ["", f"class {node.name}{f'({bases[0]})' if bases else ''}:"]
            for method in node.body:
                if isinstance(method, ast.AnnAssign):
                    field = method.target.id  # tuple's own methods have a type already
                    lines.append(f"    {field}: {'Any' if hasattr(tuple, field) else 'Tensor'}")
                elif isinstance(method, ast.FunctionDef) and (
                    method.name == "__init__" or not method.name.startswith("_")
                ):
                    lines += [f"    @{one.id}" for one in method.decorator_list]
                    lines += [f"    {line}" for line in convention(method, node.name, room=96)]
            lines.append("")
    text = "\n".join(lines) + "\n"

    def used(names):
        return ", ".join(name for name in names.split() if re.search(rf"\b{name}\b", text))

    imports = [
        f"from {where} import {used(names)}\n"
        for where, names in {
            "collections.abc": "Callable",
            "typing": "Any NamedTuple Self SupportsIndex",
        }.items()
        if used(names)
    ]
    ours = f"from ._core._tensor import {used('Tensor _Axes _DType _Shape _TensorLike')}\n"
    return "\n".join([HEAD.format(f"{module}.py"), "".join(imports), ours, text])


def convention(node, owner=None, room=100):
    """A stub of a function, from its source."""
    arguments = node.args
    plain, named = (*arguments.posonlyargs, *arguments.args), arguments.kwonlyargs
    defaults = [None] * (len(plain) - len(arguments.defaults)) + arguments.defaults
    for one, default in zip((*plain, *named), (*defaults, *arguments.kw_defaults), strict=True):
        if one.arg not in ("self", "cls"):
            one.annotation = ast.Name(convention_type(one.arg, default))
    for one in (arguments.vararg, arguments.kwarg):
        if one is not None:
            one.annotation = ast.Name("Any")
    arguments.defaults = [ast.Constant(...)] * len(arguments.defaults)
    arguments.kw_defaults = [default and ast.Constant(...) for default in arguments.kw_defaults]
    parameters = ast.unparse(arguments).replace("=...", " = ...").split(", ")
    result = RESULTS.get((owner, node.name)) or RESULTS.get(node.name, "Tensor")
    return wrapped(node.name, parameters, result, room)


def convention_type(name, default):
    value = default.value if isinstance(default, ast.Constant) else NOTHING
    if isinstance(value, bool | str):
        kind = type(value).__name__
    else:
        kind = CONVENTIONS.get(name, "SupportsIndex" if name.endswith("_mask") else "_TensorLike")
    return f"{kind} | None" if value is None and kind not in ("Any", "_Axes") else kind


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
    "conventions.pyi": lambda: conventions("conventions"),
    "conventions_linalg.pyi": lambda: conventions("conventions_linalg"),
    "conventions_signal.pyi": lambda: conventions("conventions_signal"),
    "random.pyi": lambda: conventions("random"),
}


def stale():
    """{path: text it should have} of the stubs that are out of date."""
    texts = {PACKAGE / name: make() for name, make in STUBS.items()}
    return {path: text for path, text in texts.items() if docs.outdated(path, text)}


if __name__ == "__main__":
    docs.main(stale())
