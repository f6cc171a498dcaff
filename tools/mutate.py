"""Are wrong derivatives caught? `python tools/mutate.py` breaks rules and runs the tests of their rows.

From every row that has a derivative (elementwise `df`; `vjp` and `jvp` of structured rows; helpers
that only rules call) some mutants are picked, always the same: a sign flipped, a constant changed,
operands swapped, a factor or a call dropped, a sine for a cosine, a branch for the other. Each is
made in a fork of this process, which runs the tests in tests/rows that are named after the row, or
get it as parameter, until one fails.

C loops are generated from elementwise rules when the package is built and can't be broken here.
An outer tape watches whatever a test watches, so that every sweep runs the broken rules on Tensors;
that the loops say the same as the rules is held by tests of its own.

    python tools/mutate.py                   3 mutants per row
    python tools/mutate.py --per-row 100     all of them
    python tools/mutate.py sin cholesky      those of some rows

Prints the mutants that survive and the share that is caught; exits with 1 if it is below 98 %.
"""

import argparse
import ast
import contextlib
import io
import os
import re
import signal
import sys
import zlib
from pathlib import Path

import numpy as np
import pytest
from _pytest.runner import runtestprotocol

ROOT = Path(__file__).resolve().parent.parent
GOAL = 0.98
SECONDS = 120  # that the tests of a mutant may take
RULES = ("vjp", "jvp", "shared")

# Mutants that compute what the rule does: {"row: before -> after": why}. They are not counted.
EQUIVALENT = {
    "arctan2: (np.absolute(a), np.absolute(b)) -> (a, np.absolute(b))":
        "only squares of a are used where it is not the larger one; else the slope underflows",
    "copysign: lambda a, b: np.sign(a) * np.copysign(1, b) -> "
    "lambda a, b: np.sign(a) / np.copysign(1, b)": "to divide by 1 or -1 is to multiply",
    "var: max(1, _count(x.shape, axis)) -> max(2, _count(x.shape, axis))":
        "the deviation of a single number is 0",
    "setitem: np.full(shape, -1, np.intp) -> np.full(shape, 1, np.intp)":
        "each place that is read has been written",
    "setitem: -1 -> -2": "each place that is read has been written",
    "sqrtm: change if change.dtype == a_aval.dtype else cast(change, dtype=a_aval.dtype) -> "
    "change if change.dtype != a_aval.dtype else cast(change, dtype=a_aval.dtype)":
        "the sweep itself brings complex cotangents back to real arguments",
    "cumlogsumexp: shifted(y, axis, reverse, -np.inf) -> shifted(y, axis, reverse, np.inf)":
        "a recurrence does not read its first weight",
}  # fmt: skip

# What the public function over a row is called, whose tests are the row's too.
CALLED = {"qr_factors": "qr", "svd_factors": "svd", "eigh_pairs": "eigh", "eig_pairs": "eig",
          "convolved": "convolve", "contract": "einsum", "kth": "quantile",
          "row_quantiles": "quantile"}  # fmt: skip

TWINS = {
    "sin": "cos", "cos": "sin", "sinh": "cosh", "cosh": "sinh", "exp": "expm1", "expm1": "exp",
    "log": "log1p", "log1p": "log", "sqrt": "square", "tril": "triu", "triu": "tril",
    "real": "imag", "imag": "real", "maximum": "minimum", "minimum": "maximum",
}  # fmt: skip
DROPPED = ("conj", "conjugate", "adjoint", "matrix_transpose", "hermitian_part", "sign", "absolute")
FLAGS = ("transpose_a", "transpose_b", "lower", "upper", "reverse", "exclusive", "transpose")
OPERATORS = {ast.Add: ast.Sub, ast.Sub: ast.Add, ast.Mult: ast.Div, ast.Div: ast.Mult}
COMPARISONS = {
    ast.Lt: ast.GtE, ast.GtE: ast.Lt, ast.Gt: ast.LtE, ast.LtE: ast.Gt,
    ast.Eq: ast.NotEq, ast.NotEq: ast.Eq,
}  # fmt: skip


# ----------------------------------------------------------------------------------------- mutants
class Mutant:
    """One change of a rule: `node`, in a field of `parent`, becomes `other`."""

    def __init__(self, theme, kind, parent, field, at, node, other):
        self.theme, self.kind = theme, kind
        self.parent, self.field, self.at = parent, field, at
        self.node, self.other = node, other
        self.rows = []  # that have the rule

    @property
    def text(self):
        """What is changed, in the expression or statement around it."""
        whole = self.node if isinstance(self.parent, ast.FunctionDef) else self.parent
        before = ast.unparse(whole)
        self.put(self.other)
        after = ast.unparse(self.other if whole is self.node else whole)
        self.put(self.node)
        return f"{self.rows[0]}: {before} -> {after}"

    def put(self, node):
        """Put an expression into the tree of the module."""
        if self.at is None:
            setattr(self.parent, self.field, node)
        else:
            getattr(self.parent, self.field)[self.at] = node


def changes(node):
    """(kind, other expression) for each way to break an expression."""
    if isinstance(node, ast.UnaryOp):
        if isinstance(node.op, (ast.USub, ast.Not)):
            yield "sign", node.operand
    elif isinstance(node, ast.BinOp):
        if type(node.op) in OPERATORS:
            yield "operator", ast.BinOp(node.left, OPERATORS[type(node.op)](), node.right)
        if isinstance(node.op, ast.Mult):
            yield "factor", node.left
            yield "factor", node.right
        if isinstance(node.op, (ast.Sub, ast.Div, ast.MatMult)):
            yield "operands", ast.BinOp(node.right, node.op, node.left)
    elif isinstance(node, ast.Constant) and type(node.value) in (int, float):
        yield (
            "constant",
            ast.Constant(node.value + 1 if node.value in (0, 1) else node.value * 1.25),
        )
    elif isinstance(node, ast.Compare) and type(node.ops[0]) in COMPARISONS:
        yield (
            "condition",
            ast.Compare(node.left, [COMPARISONS[type(node.ops[0])]()], node.comparators),
        )
    elif isinstance(node, ast.Call):
        yield from _calls(node)


def _calls(node):
    function = node.func
    name = function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")
    if name in TWINS and isinstance(function, ast.Attribute):
        other = ast.Attribute(function.value, TWINS[name], ast.Load())
        yield "function", ast.Call(other, node.args, node.keywords)
    if name in DROPPED and len(node.args) == 1:
        yield "call", node.args[0]
    if name == "where" and len(node.args) == 3:
        yield "operands", ast.Call(function, [node.args[i] for i in (0, 2, 1)], node.keywords)
    if name in ("matmul", "solve", "solve_triangular") and len(node.args) == 2:
        yield "operands", ast.Call(function, node.args[::-1], node.keywords)
    for k, keyword in enumerate(node.keywords):
        if keyword.arg in FLAGS:
            flipped = ast.keyword(keyword.arg, ast.UnaryOp(ast.Not(), keyword.value))
            others = [*node.keywords[:k], flipped, *node.keywords[k + 1 :]]
            yield "flag", ast.Call(function, node.args, others)


def mutants_within(theme, root):
    """The mutants of a rule, a lambda or a function, wherever numbers are computed in it."""

    def visit(parent, field, at, node):
        if isinstance(node, (ast.Subscript, ast.keyword, ast.arguments, ast.Raise, ast.JoinedStr)):
            if isinstance(node, ast.Subscript):
                yield from visit(node, "value", None, node.value)
            return  # places, axes and shapes
        if isinstance(node, ast.expr) and not _structural(node):
            for kind, other in changes(node):
                yield Mutant(theme, kind, parent, field, at, node, other)
        if isinstance(node, ast.If):  # what is asked there is about shapes
            fields = [(node, "body"), (node, "orelse")]
        else:
            fields = [(node, name) for name in node._fields]
        for owner, name in fields:
            value = getattr(owner, name, None)
            if isinstance(value, list):
                for k, child in enumerate(value):
                    if isinstance(child, ast.AST):
                        yield from visit(owner, name, k, child)
            elif isinstance(value, ast.AST):
                yield from visit(owner, name, None, value)

    if isinstance(root, ast.Lambda):
        if isinstance(root.body, ast.Constant) and root.body.value == 0:
            return  # to change that is to make up a derivative
        yield Mutant(
            theme, "sign", root, "body", None, root.body, ast.UnaryOp(ast.USub(), root.body)
        )
        yield from visit(root, "body", None, root.body)
    else:
        for k, statement in enumerate(root.body):
            yield from visit(root, "body", k, statement)


def _structural(node):
    """True if an expression is about shapes, not numbers."""
    inside = {getattr(n, "attr", getattr(n, "id", None)) for n in ast.walk(node)}
    return bool(
        inside & {"shape", "ndim", "size", "len", "range", "axis", "slice", "axes", "tuple"}
    )


def rules_of(tree):
    """({row: its rules}, {names of functions that compute values}) of the tree of a theme."""
    functions = {n.name: n for n in tree.body if isinstance(n, ast.FunctionDef)}
    helpers = {name: f for name, f in functions.items() if not f.decorator_list}
    roots, forwards = {}, []
    for node in tree.body:
        if isinstance(node, ast.Assign) and getattr(node.value, "func", None):
            if getattr(node.value.func, "id", "") == "elementwise":
                forward, df = node.value.args
                roots[node.targets[0].id] = df.elts if isinstance(df, ast.Tuple) else [df]
                forwards.append(forward)
        elif isinstance(node, ast.FunctionDef):
            for call in node.decorator_list:
                if isinstance(call, ast.Call) and kind_of(call):
                    given = {k.arg: k.value for k in call.keywords}
                    rules = [given[name] for name in RULES if name in given]
                    if kind_of(call) == "primitive":
                        roots[node.name] = [
                            e for r in rules for e in (r.elts if isinstance(r, ast.Tuple) else [r])
                        ]
                    forwards += [*node.body, *(v for k, v in given.items() if k not in RULES)]
    forward_helpers = reached(forwards, helpers)
    return {
        row: [r for r in rules if isinstance(r, ast.Lambda)]
        + [f for f in reached(rules, helpers) if f not in forward_helpers]
        for row, rules in roots.items()
    }


def kind_of(call):
    """The kind of row that a decorator makes, or None."""
    kind = getattr(call.func, "id", "")
    return kind if kind in ("primitive", "composition") else None


def reached(roots, helpers):
    """The helper functions that some nodes call, and those that these call."""
    found, todo = [], list(roots)
    while todo:
        for node in ast.walk(todo.pop(0)):
            function = helpers.get(node.id) if isinstance(node, ast.Name) else None
            if function is not None and function not in found:
                found.append(function)
                todo.append(function)
    return found


def all_mutants(themes):
    """(all mutants, {theme: tree}). A helper's belong to every row that calls it."""
    mutants, trees = [], {}
    for theme in themes:
        tree = trees[theme] = ast.parse(Path(theme.__file__).read_text("utf-8"))
        known = {}
        for row, rules in rules_of(tree).items():
            for rule in rules:
                if id(rule) not in known:
                    known[id(rule)] = list(mutants_within(theme, rule))
                    mutants += known[id(rule)]
                for mutant in known[id(rule)]:
                    mutant.rows.append(row.rstrip("_"))
    return mutants, trees


def picked(mutants, count):
    """`count` mutants of each row, of as many kinds as there are; always the same."""
    chosen, rows = [], {}
    for mutant in mutants:
        rows.setdefault(mutant.rows[0], []).append(mutant)
    for row, own in rows.items():
        rng = np.random.default_rng(zlib.crc32(row.encode()))
        order = [own[k] for k in rng.permutation(len(own))]
        seen = {}
        ranks = []
        for mutant in order:
            ranks.append(seen.get(mutant.kind, 0))
            seen[mutant.kind] = ranks[-1] + 1
        best = sorted(range(len(order)), key=lambda k: ranks[k])[:count]
        chosen += [order[k] for k in best]
    return chosen


# ------------------------------------------------------------------------------------------- a run
def install(mutant, tree):
    """Break the rules of this process: run the changed module, and give its rules to the rows."""
    from fastgrad._core._primitive import find_primitive
    from fastgrad._rules import Elementwise, Primitive, Row

    mutant.put(mutant.other)
    theme = mutant.theme
    names = {"__name__": theme.__name__, "__package__": theme.__package__, "__file__": "mutant"}
    exec(compile(ast.fix_missing_locations(tree), "mutant", "exec"), names)
    for name, value in list(names.items()):
        if isinstance(value, Row) and value.name is None:
            row = names[name] = vars(theme)[name]
            if isinstance(row, Elementwise):
                row.df, row._rules = value.df, None
            elif isinstance(row, Primitive):
                row.vjp, row.shared = value.vjp, value.shared
                if value.jvp is not None:
                    row.jvp = value.jvp
            if isinstance(row, (Elementwise, Primitive)):
                find_primitive(row.name).read_rules()


class Outer:
    """A tape around a test that watches what any tape in it watches, so that all rules run on Tensors."""

    def __init__(self):
        self.modules = [m for m in list(sys.modules.values()) if "GradientTape" in vars(m)]
        self.type = sys.modules["fastgrad"].GradientTape

    def __enter__(self):
        tape_type, outer = self.type, self.type()

        class Recorded:
            def __init__(self, *args, **kwargs):
                self.tape = tape_type(*args, **kwargs)

            def __enter__(self):
                self.tape.__enter__()
                return self

            def __exit__(self, *error):
                return self.tape.__exit__(*error)

            def __getattr__(self, name):
                return getattr(self.tape, name)

            def watch(self, tensors):
                outer.watch(tensors)
                self.tape.watch(tensors)

        self.set(Recorded)
        self.outer = outer.__enter__()

    def __exit__(self, *error):
        self.set(self.type)
        return self.outer.__exit__(*error)

    def set(self, tape_type):
        for module in self.modules:
            module.GradientTape = tape_type


def forked(work, seconds=SECONDS):
    """work() in a fork of this process: its text, or "" if it was killed."""
    read, write = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(read)
        text = "raised\n"
        signal.alarm(seconds)
        try:
            with (
                contextlib.redirect_stdout(io.StringIO()),
                contextlib.redirect_stderr(io.StringIO()),
            ):
                text = work()
        finally:
            os.write(write, text.encode()[:60_000])
            os._exit(0)
    os.close(write)
    with open(read) as pipe:
        text = pipe.read()
    os.waitpid(pid, 0)
    return text


class Mutations:
    """A pytest plugin that, in place of running the tests, runs them on mutants."""

    def __init__(self, options):
        self.options = options
        self.score = None

    def pytest_runtestloop(self, session):
        from fastgrad import ops

        mutants, trees = all_mutants([getattr(ops, theme) for theme in ops.THEMES])
        if self.options.rows:
            mutants = [m for m in mutants if set(m.rows) & set(self.options.rows)]
        chosen = picked(mutants, self.options.per_row)
        print(
            f"{len(chosen)} mutants of {len(mutants)}, in {len({m.rows[0] for m in chosen})} rows"
        )
        items = items_of(dict.fromkeys(row for m in chosen for row in m.rows), session.items)
        unfit = self.unfit({item.nodeid: item for found in items.values() for item in found})
        survivors, kinds, equivalent, refused = [], {}, 0, 0
        for mutant in chosen:
            own = [i for row in mutant.rows for i in items[row] if i.nodeid not in unfit]
            failed = forked(lambda m=mutant, own=own: self.trial(m, trees[m.theme], own))
            if self.options.verbose:
                print(f"{mutant.kind:10} {mutant.text}   {failed.splitlines()[:1]}", flush=True)
            tally = kinds.setdefault(mutant.kind, [0, 0])
            if failed == "none":
                if mutant.text in EQUIVALENT:
                    equivalent += 1
                    continue
                survivors.append(mutant)
            else:
                tally[0] += 1
                refused += failed.startswith("is refused")
            tally[1] += 1
        print(f"{equivalent} mutants are equivalent, {refused} are caught as they are installed")
        self.report(survivors, kinds)
        return True

    def unfit(self, items):
        """Tests that do not pass when every sweep is recorded, with no mutant at all."""

        def work():
            return "\n".join([i.nodeid for i in items.values() if fails(i)] + ["done"])

        *found, last = forked(work, 10 * SECONDS).splitlines() or [""]
        if last != "done":
            raise RuntimeError("the tests do not end, or crash, when every sweep is recorded")
        print(f"{len(items)} tests; left out, as they are about other lanes: {len(found)}")
        if self.options.verbose:
            print(*found, sep="\n")
        return set(found)

    def trial(self, mutant, tree, items):
        """The first test that fails, or "none"."""
        try:
            install(mutant, tree)
        except Exception as error:
            return f"is refused: {error}"
        return next((item.nodeid for item in items if fails(item)), "none")

    def report(self, survivors, kinds):
        caught, total = (sum(tally[k] for tally in kinds.values()) for k in (0, 1))
        for mutant in survivors:
            place = f"{Path(mutant.theme.__file__).name}:{mutant.node.lineno}"
            print(f"survives: {place} ({mutant.kind}) {mutant.text}")
        for kind, (some, of) in sorted(kinds.items()):
            print(f"{kind:10} {some:4} of {of}")
        self.score = caught / max(1, total)
        print(f"caught {caught} of {total}: {100 * self.score:.1f} %")


def items_of(rows, items):
    """{row: its tests}, those that compare derivatives with differences first."""
    first = ("two_orders", "dual", "test_composition", "complex", "kinks", "")
    found = {row: [] for row in rows}
    names = {row: {row, CALLED.get(row, row)} for row in rows}
    words = {row: re.compile(rf"(?<![a-z0-9])({'|'.join(names[row])})(?![a-z0-9])") for row in rows}
    for item in sorted(
        items, key=lambda i: next(k for k, part in enumerate(first) if part in i.nodeid)
    ):
        params = item.callspec.params.values() if hasattr(item, "callspec") else ()
        given = {name for p in params if isinstance(name := getattr(p, "name", p), str)}
        for row in rows:
            if given & names[row] or words[row].search(item.name):
                found[row].append(item)
    return found


def fails(item):
    with Outer():
        return any(report.failed for report in runtestprotocol(item, nextitem=None, log=False))


def main():
    parser = argparse.ArgumentParser(description="Break derivative rules; count what tests catch.")
    parser.add_argument("rows", nargs="*", help="names of rows; all if there are none")
    parser.add_argument("--per-row", type=int, default=3, help="mutants of each row (3)")
    parser.add_argument("--verbose", action="store_true", help="print every mutant")
    options = parser.parse_args()
    sys.path.insert(0, str(ROOT / "src"))
    plugin = Mutations(options)
    arguments = ["-q", "-s", "-p", "no:cacheprovider", "-c", str(ROOT / "pyproject.toml")]
    pytest.main([*arguments, "--rootdir", str(ROOT), str(ROOT / "tests" / "rows")], [plugin])
    return 0 if plugin.score is not None and plugin.score >= GOAL else 1


if __name__ == "__main__":
    sys.exit(main())
