"""Write docs/operations.md, the table of all operations, from the rows and the faces.

python tools/docs.py          # write it
python tools/docs.py --check  # exit with 1 if it is out of date
"""

import ast
import inspect
import sys

from codegen import ROOT, registry  # reads the rows without the compiled core
from fastgrad._rules import NOTHING, Program, not_implemented

PACKAGE = ROOT / "src" / "fastgrad"
PAGE = ROOT / "docs" / "operations.md"
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
    names, in_math = {}, {}
    for face, module in FACES.items():
        body = ast.parse((PACKAGE / f"{module}.py").read_text(encoding="utf-8")).body
        for node in body:
            if not (isinstance(node, ast.Assign) and isinstance(node.value, ast.Attribute)):
                continue
            owner, row = node.value.value.id, node.value.attr
            if owner == "math":  # fg.abs = math.abs
                row = in_math[row]
            elif owner not in ("_primitives", "_conventions"):
                continue
            name = node.targets[0].id
            if face == "fg.math":
                in_math[name] = row
            names.setdefault(row, []).append(f"{face}.{name}")
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


if __name__ == "__main__":
    text = page()
    stale = not PAGE.exists() or PAGE.read_text(encoding="utf-8") != text
    if stale:
        print(PAGE.relative_to(ROOT))
        if "--check" not in sys.argv:
            PAGE.write_text(text, encoding="utf-8")
    sys.exit("--check" in sys.argv and stale)
