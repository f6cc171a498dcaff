"""Write docs/operations.md, the table of all operations, and docs/numpy.md, the table of NumPy's functions.

python tools/docs.py          # write them
python tools/docs.py --check  # exit with 1 if one is out of date
"""

import ast
import importlib.util
import inspect
import re
import sys
from collections import Counter

import numpy as np

from codegen import ROOT, registry  # reads the rows without the compiled core
from fastgrad._rules import NOTHING, Program, not_implemented

PACKAGE = ROOT / "src" / "fastgrad"
FACES = {
    "fg.math": "math",  # first: other faces name it
    "fg": "__init__",
    "fg.nn": "nn",
    "fg.linalg": "linalg",
    "fg.keras.losses": "keras/losses",
}

HEAD = """\
# Operations

*Written by tools/docs.py from the rows in `src/fastgrad/ops`: change those instead.*

Each operation is a row: what it computes, its derivative, its samples. `fg` is `import fastgrad as fg`.
Arrays are positional or keyword arguments; what follows `;` is metadata. The names of arguments are
the row's own, and TensorFlow's are taken as well. Elementwise operations broadcast, and promote
dtypes by NumPy's rule.

In a derivative `y` is the result and `ct` the cotangent; one that does not mention `ct` is multiplied
by it, and where `ct` is 0 the product is 0. `-` says that no gradient flows. The derivatives of
operations that are not elementwise are rules written with other operations: see the source.
"""

INFIX = {
    "add": ("+", 1), "subtract": ("-", 1), "multiply": ("*", 2), "divide": ("/", 2),
    "power": ("**", 4), "less": ("<", 0), "less_equal": ("<=", 0), "greater": (">", 0),
    "greater_equal": (">=", 0), "equal": ("==", 0), "not_equal": ("!=", 0),
}  # fmt: skip
ATOM = 5
LONG = 80


def face_names():
    """{row name: its public names}; a name of another face that `fg` has too is left out."""
    names = {}
    for face, module in FACES.items():
        path = PACKAGE / ("__init__.pyi" if face == "fg" else f"{module}.py")  # the stub has all
        body = ast.parse(path.read_text(encoding="utf-8")).body
        for node in body:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute)):
                continue
            if node.value.value.id in ("_primitives", "_conventions"):
                names.setdefault(node.value.attr, []).append(f"{face}.{node.targets[0].id}")
    return {row: short(public) for row, public in names.items()}


def short(public):
    leaves = {name.removeprefix("fg.") for name in public if name.count(".") == 1}
    return [
        name
        for name in sorted(public, key=lambda name: (name.count("."), name))
        if name.count(".") == 1 or name.rpartition(".")[2] not in leaves
    ]


def expression(program):
    """A traced rule as the formula it is, with as few brackets as that needs."""
    done = []  # (text, how tightly it binds)
    for op, *operands in program.steps:
        if op == "input":
            done.append((operands[0], ATOM))
        elif op == "const":
            text = repr(operands[0]).removesuffix(".0")
            done.append((text, 3 if text.startswith("-") else ATOM))
        elif op in INFIX:
            sign, tight = INFIX[op]
            (a, of_a), (b, of_b) = (done[at] for at in operands)
            a = a if of_a >= tight + (op == "power") else f"({a})"
            b = b if of_b > tight or (of_b == tight and op in ("add", "multiply")) else f"({b})"
            done.append((f"{a} {sign} {b}", tight))
        elif op == "negative":
            text, tight = done[operands[0]]
            done.append((f"-{text if tight >= 2 else f'({text})'}", 2))
        else:
            done.append((f"{op}({', '.join(done[at][0] for at in operands)})", ATOM))
    return done[-1][0]


def derivative(row):
    """The cell of a row's derivatives."""
    if row.kind == "composition":
        return "through its parts"
    if row.kind == "primitive":
        rules = row.vjp
        if all(rule is None for rule in rules):
            return "-"
        flows = [name for name, rule in zip(row.arguments, rules, strict=False) if rule is not None]
        return "linear" if row.linear else f"in {', '.join(flows)}"
    cells = []
    for argument, rule in zip(row.arguments, row.rules, strict=True):
        if isinstance(rule, Program):
            text = f"`{expression(rule)}`"
            cells.append(
                f"`{argument}`: {text if len(text) <= LONG else 'by cases, see the source'}"
            )
        elif isinstance(rule, not_implemented):
            cells.append(f"`{argument}`: not there ({rule.why})")
    return ", ".join(cells) or "-"


def call(row):
    metadata = [name if d is NOTHING else f"{name}={d!r}" for name, d in row.defaults.items()]
    return f"{row.name}({'; '.join(filter(None, (', '.join(row.arguments), ', '.join(metadata))))})"


def table(rows, names):
    lines = ["| name | row | what it computes | derivative |", "|---|---|---|---|"]
    for row in rows:
        public = ", ".join(f"`{name}`" for name in names.get(row.name, ())) or "-"
        cells = (public, f"`{call(row)}`", row.doc, derivative(row))
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return lines


def page():
    """The text of docs/operations.md."""
    names = face_names()
    lines = [HEAD]
    themes = {}
    for row in registry().values():
        themes.setdefault(row.theme, []).append(row)
    inner = []
    for theme, rows in themes.items():
        module = sys.modules[f"fastgrad.ops.{theme}"]
        public = [row for row in rows if row.name in names]
        inner += [row for row in rows if row.name not in names]
        if public:
            lines += [f"## {theme.capitalize()}", "", inspect.getdoc(module).partition("\n")[0], ""]
            lines += [*table(public, names), ""]
    lines += ["## Rows without a public name", ""]
    lines += ["They serve rules, optimisers, indexing and NumPy's functions.", ""]
    return "\n".join([*lines, *table(inner, names)]) + "\n"


# ------------------------------------------------------------------------------------ NumPy's functions
NUMPY_HEAD = """\
# NumPy's functions

*Written by tools/docs.py from `src/fastgrad/ops` and `src/fastgrad/numpy`: change those instead.*

Every public function of NumPy {version}, and what `fastgrad.numpy` has under its name. The same happens
when NumPy's function is called with a Tensor.

- **row**: an operation with a derivative of any order (or, for a comparison, without one).
- **composition**: a function made of rows, differentiable through them.
- **creation**: makes Tensors; gradients pass to what they are made of where that is an array.
- **data**: tells of shapes, dtypes, order or equality; it has no derivative and takes any Tensor.
- **setting**: NumPy's own, which concerns no array.
- **constants**: NumPy's own function on the values. It has no derivative here: with an argument that
  a tape is recording it raises `TypeError`, so that no gradient is lost in silence.
- **no**: not there, for the reason given.

{counts}
"""
KINDS = ("row", "composition", "creation", "data", "setting", "constants", "no")
ALIKE = {f"linalg.{name}" for name in "diagonal matmul matrix_transpose outer tensordot".split()}
ALIKE |= {"unique_all", "unique_counts", "unique_inverse", "unique_values"}
MODULES = {"np": np, "np.linalg": np.linalg, "np.fft": np.fft, "np.random": np.random}


def reasons():
    """The module `fastgrad.numpy._reasons`, without its package, which needs the core."""
    path = PACKAGE / "numpy" / "_reasons.py"
    spec = importlib.util.spec_from_file_location("_reasons", path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def public_functions(module):
    """(name, function) of what a module of NumPy offers as functions."""
    for name in sorted(module.__all__):
        value = getattr(module, name)
        if callable(value) and not isinstance(value, type):
            yield name, value


def written():
    """{name: kind} of the functions that `fastgrad.numpy` defines itself, and {name: kind} of `random`."""
    found = {}
    for file, kind in (
        ("_creation", "creation"),
        *((name, "composition") for name in ("_functions", "_polynomials")),
    ):
        tree = ast.parse((PACKAGE / "numpy" / f"{file}.py").read_text(encoding="utf-8"))
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef) and node.name[0] != "_":
                found[node.name] = kind
                for decorator in node.decorator_list:
                    for other in getattr(decorator, "args", ()):
                        if isinstance(other, ast.Attribute):
                            found[other.attr] = kind
            elif isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "CONSTANT":
                found |= {
                    c.value: "creation" for c in ast.walk(node) if isinstance(c, ast.Constant)
                }
    face = ast.parse((PACKAGE / "numpy" / "__init__.py").read_text(encoding="utf-8"))
    for node in face.body:
        if isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute):
            owner = ast.unparse(node.value.value)
            kind = {"_numpy": "setting", "_creation": "creation"}.get(owner)
            found |= {target.id: kind for target in node.targets if kind}
    return found


ROWS = registry()


def numpy_rows():
    """{id of a NumPy function: the row that answers to it}."""
    return {id(function): row for row in ROWS.values() for function in row.numpy}


def numpy_kinds():
    """{module: [(function, kind, remark)]} of all public functions."""
    ours, rows, known = written(), numpy_rows(), reasons()
    moved = ast.parse((PACKAGE / "numpy" / "random.py").read_text(encoding="utf-8"))
    moved = next(
        n.value
        for n in moved.body
        if isinstance(n, ast.Assign) and ast.unparse(n.targets[0]) == "_MOVED"
    )
    moved = {key.value for key in moved.keys}
    found = {}
    for prefix, module in MODULES.items():
        short = f"{prefix}.".removeprefix("np.")
        lines = found[prefix] = []
        for name, function in public_functions(module):
            row = rows.get(id(function))
            reason = known.why_not(short + name)
            if prefix == "np.random":
                kind, remark = ("constants", "") if reason is None else ("no", reason)
                if name in moved:
                    kind, remark = "composition", "gradients pass to the parameters"
                elif name in ("choice", "permutation"):
                    kind, remark = "composition", "gradients pass to the elements"
                elif name in ("default_rng", "seed", "rand", "randn", "randint", "random"):
                    kind, remark = "creation", ""
            elif prefix == "np" and ours.get(name):
                kind, remark = ours[name], ""
            elif short + name in ALIKE:
                kind, remark = "composition", f"as `np.{name}`"
            elif row is not None:
                kind = "composition" if row.kind == "composition" else "row"
                remark = f"`{row.name}`" + (", no gradient" if derivative(row) == "-" else "")
            elif short + name in known.DATA:
                kind, remark = "data", ""
            elif reason is not None:
                kind, remark = "no", reason
            else:
                kind, remark = "constants", ""
            lines.append((name, kind, remark))
    return found


def numpy_page():
    """The text of docs/numpy.md."""
    found = numpy_kinds()
    lines = [f"| module | {' | '.join(KINDS)} | all |", "|---" * (len(KINDS) + 2) + "|"]
    total = Counter()
    for prefix, functions in [*found.items(), ("all", None)]:
        count = total if functions is None else Counter(kind for _, kind, _ in functions)
        if functions is not None:
            total += count
        cells = [str(count[kind]) for kind in KINDS]
        name = f"`{prefix}`" if functions is not None else "all"
        lines.append(f"| {name} | {' | '.join(cells)} | {count.total()} |")
    version = ".".join(np.__version__.split(".")[:2])
    text = [NUMPY_HEAD.format(version=version, counts="\n".join(lines))]
    for prefix, functions in found.items():
        text += [f"## {prefix}", "", "| function | here | remark |", "|---|---|---|"]
        text += [f"| `{prefix}.{name}` | {kind} | {remark} |" for name, kind, remark in functions]
        text += [""]
    return "\n".join(text[:-1]) + "\n"


# -------------------------------------------------------------------------------------------- writing
PAGES = {"operations.md": page, "numpy.md": numpy_page}


def outdated(path, text):
    """True if a file must be written; one made with another NumPy than the one installed is let be."""
    if not path.exists():
        return True
    old = path.read_text(encoding="utf-8")
    versions = [re.findall(r"NumPy (\d+\.\d+)", one)[:1] for one in (old, text)]
    return old != text and versions[0] == versions[1]


def stale():
    """{path: text it should have} of the pages that are out of date."""
    texts = {ROOT / "docs" / name: make() for name, make in PAGES.items()}
    return {path: text for path, text in texts.items() if outdated(path, text)}


def main(found):
    """Write what `stale` found, or with --check only name it."""
    for path, text in found.items():
        print(path.relative_to(ROOT))
        if "--check" not in sys.argv:
            path.write_text(text, encoding="utf-8")
    sys.exit("--check" in sys.argv and bool(found))


if __name__ == "__main__":
    main(stale())
