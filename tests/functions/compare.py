"""Running a program as Python, as a function and from other threads: where do the bits differ?"""

import ast
import os
import re
import signal
import tempfile
import threading
import warnings

import numpy as np

import fastgrad as fg
from fastgrad.slices import IndexedSlices

from .programs import Node

CALLS = (0, 1, 0)  # which inputs the calls have: the second and third of a function are replays

# Eagerly the contributions to a gradient are added one by one. Around a call those inside of it are added up
# first, and so are those inside of a branch or loop.
AROUND = "result['gradients']"
JUMPS = re.compile(r"^ *(if|while|for) |fg\.(cond|while_loop|map_fn|scan)\(", re.MULTILINE)

UNFIT = "not a program: "  # leads what is said of one that raises when run as Python


def plain(f):
    """What eager runs have for `fg.function`."""
    return f


def loose(program):
    """Where results need only be close, all of them if gradients may go through a jump; and the source."""
    differentiates = re.search("GradientTape|ForwardAccumulator", program.source)
    where = "result" if JUMPS.search(program.source) and differentiates else AROUND
    return where, program.source + "".join(p.dtype for p in program.params)


# ------------------------------------------------------------------------------------------ one program
def mismatch(program, build, function=None):
    """Where a program's runs as a function differ from those as Python, as text; None if nowhere.

    function: stands for `fg.function`.
    """
    near = loose(program)
    wanted = _Runs(program, build, plain)
    got = _Runs(program, build, function or fg.function)
    for turn, k in enumerate(CALLS):
        what = f"call {turn} (inputs {k})"
        difference = _difference(wanted.call(k), got.call(k), what, near)
        if difference:
            return difference
    what = "call from a thread (inputs 1)"
    difference = _difference(wanted.call(1), _threads(got, [1])[0], what, near)
    if not difference and not program.effects:
        for k, outcome in enumerate(_threads(got, [0, 1])):
            what = f"call beside another (inputs {k})"
            difference = difference or _difference(wanted.call(k), outcome, what, near)
    return difference or got.changed()


class _Runs:
    """One instance of a program, with Variables of its own."""

    def __init__(self, program, build, function):
        self.program = program
        f, self.variables = build(function)
        self.f = f if function is plain else function(f)
        self.kept = []

    def call(self, k):
        """The outcome of a call, by places: results, gradients, and the Variables after it."""
        inputs = self.program.inputs(k)
        before = dict(places(inputs, "inputs"))
        try:
            result = self.program.run(self.f, inputs)
        except Exception as error:
            return error
        found = dict(places(result, "result"))
        self.kept.append((f"inputs {k}", "result", result, dict(found)))
        self.kept.append((f"inputs {k}", "inputs", inputs, before))
        found.update(places(self.variables, "variables"))
        return found

    def changed(self):
        """What is no longer as it was when a call was over: a result, or an argument."""
        for what, path, nest, before in self.kept:
            difference = _difference(before, dict(places(nest, path)), f"{what}, after more calls")
            if difference:
                return difference
        return None


def _threads(runs, inputs):
    """The outcomes of calls at the same time, each from a thread of its own."""
    outcomes = [None] * len(inputs)

    def run(at):
        outcomes[at] = runs.call(inputs[at])

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(inputs))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def places(nest, path):
    """(path, leaf) of all leaves of a nest, and (path, type) of the nests."""
    if isinstance(nest, dict):
        yield path, dict
        for key, part in nest.items():
            yield from places(part, f"{path}[{key!r}]")
    elif isinstance(nest, (list, tuple)):
        yield path, type(nest)
        for k, part in enumerate(nest):
            yield from places(part, f"{path}[{k}]")
    elif isinstance(nest, (IndexedSlices, bool, int, float, np.ndarray, np.generic)):
        yield path, np.asarray(fg.convert_to_tensor(nest).numpy())
    else:
        yield path, None if nest is None else np.asarray(nest.numpy())


def _difference(want, got, what, near=(AROUND, "")):
    """The first difference of two outcomes, as text. near: where results need only be close."""
    if isinstance(want, Exception):
        raise AssertionError("the program raised when run as Python") from want
    if isinstance(got, Exception):
        return f"{what}: raised {type(got).__name__}: {got}"
    if list(want) != list(got):
        return f"{what}: the structure is\n{list(got)}\nand should be\n{list(want)}"
    for place, x in want.items():
        y = got[place]
        if not isinstance(x, np.ndarray) or not isinstance(y, np.ndarray):
            if x is not y:
                return f"{what}, {place}: got {y!r}, want {x!r}"
        elif (x.dtype, x.shape) != (y.dtype, y.shape):
            return f"{what}, {place}: got {y.dtype}{y.shape}, want {x.dtype}{x.shape}"
        elif bits(x) != bits(y) and not (place.startswith(near[0]) and close(x, y, near[1])):
            return f"{what}, {place}: {_elements(x, y)}"
    return None


def close(x, y, source):
    """True if two arrays differ by the order in which sums were made, in the narrowest dtype there is."""
    rtol = 2e-2 if "float16" in source else 1e-4 if "float32" in source else 1e-11
    rtol = max(rtol, {"float16": 2e-2, "float32": 1e-4}.get(x.real.dtype.name, 0))
    with np.errstate(all="ignore"):
        size = np.abs(x[np.isfinite(x)]).max(initial=0)
        return bool(np.allclose(y, x, rtol=rtol, atol=rtol * max(1, float(size)), equal_nan=True))


def bits(x):
    """The bytes of an array, every NaN the same."""
    if x.dtype.kind == "c":
        return bits(x.real) + bits(x.imag)
    if x.dtype.kind == "f":
        x = np.where(np.isnan(x), np.asarray(np.nan, x.dtype), x)
    return x.tobytes()


def _elements(x, y):
    wrong = [k for k, (p, q) in enumerate(zip(x.reshape(-1), y.reshape(-1), strict=True))
             if bits(np.asarray(p)) != bits(np.asarray(q))]  # fmt: skip
    first = [int(i) for i in np.unravel_index(wrong[0], x.shape)]
    p, q = x.reshape(-1)[wrong[0]], y.reshape(-1)[wrong[0]]
    return f"{len(wrong)} of {x.size} elements ({x.dtype}); at {first} got {q!r}, want {p!r}"


def describe(program, found, source=True):
    """What to print of a program that fails."""
    lines = [f"# seed {program.seed}: {found}"]
    if source:
        lines.insert(0, program.source)
    for k in sorted(set(CALLS)):
        for param, value in zip(program._heads(), program.inputs(k), strict=True):
            lines.append(f"# inputs {k}: {param} = {value!r}".replace("\n", "\n# "))
    return "\n".join(lines)


# -------------------------------------------------------------------------------------------- shrinking
def outcome(program, function=None):
    """`mismatch` of a program, in a fork of this process, where there is such a thing."""
    with tempfile.TemporaryDirectory() as folder:
        build = program.load(folder)
        if not hasattr(os, "fork"):
            return mismatch(program, build, function)
        read, write = os.pipe()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)  # BLAS has threads; it minds forks
            pid = os.fork()
        if pid == 0:
            try:
                found = mismatch(program, build, function) or ""
            except BaseException as error:
                found = f"{UNFIT}{error!r}"
            os.write(write, found[:60_000].encode())
            os._exit(0)
        os.close(write)
        with open(read) as pipe:
            found = pipe.read()
        ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        return f"crash: {signal.Signals(-ended).name}" if ended else found or None


def failure(program, function=None):
    """The kind of failure of a program, None if it runs well or does not run as Python."""
    try:
        found = outcome(program, function)
    except SyntaxError:  # nothing is left of a block
        return None
    if found is None or found.startswith(UNFIT):
        return None
    what = re.search(r"raised \w+|crash: \w+|structure", found)
    return what.group() if what else "bits"


def shrink(program, fails=None, function=None):
    """The least program found that still fails, by leaving out statements, results and blocks.

    fails: says whether a program fails; by default, if it does as `program` does.
    """
    if fails is None:
        kind = failure(program, function)
        fails = lambda candidate: failure(candidate, function) == kind  # noqa: E731
    improved = True
    while improved:
        improved = False
        for candidate in _smaller(program):
            if fails(candidate):
                program, improved = candidate, True
                break
    return program


def _smaller(program):
    """Programs with something less, those with much less first."""
    if program.outer:
        yield program.with_(outer=False)
    if program.early:
        yield program.with_(early="")
    if program.nested:
        yield program.with_(nested=False)
    else:
        for k in range(len(program.params)):
            yield program.with_(params=program.params[:k] + program.params[k + 1 :])
    if len(program.result) > 1:
        half = len(program.result) // 2
        yield program.with_(result=program.result[:half])
        yield program.with_(result=program.result[half:])
        for k in range(len(program.result)):
            yield program.with_(result=program.result[:k] + program.result[k + 1 :])
    for k, node in enumerate(program.body):
        alias = re.fullmatch(r"(v\w+) = (\w+)", node.text)
        if alias:
            rest = program.with_(body=program.body[:k] + program.body[k + 1 :])
            yield _renamed(rest, *alias.groups())
    for part in ("body", "setup"):
        nodes = getattr(program, part)
        size = (len(nodes) + 1) // 2
        while size:
            for k in range(len(nodes) - size, -1, -1):
                yield _tidy(program.with_(**{part: nodes[:k] + nodes[k + size :]}))
            size //= 2
        for k in range(len(nodes) - 1, -1, -1):
            for other in _less(nodes[k]):
                yield _tidy(program.with_(**{part: nodes[:k] + other + nodes[k + 1 :]}))


def _less(node):
    """What may stand for a statement: tuples of nodes."""
    for at, (header, nodes) in enumerate(node.blocks):
        yield nodes  # without what leads it
        for k in range(len(nodes) - 1, -1, -1):
            for other in ((), *_less(nodes[k])):
                fewer = nodes[:k] + other + nodes[k + 1 :] or (Node("pass"),)
                if fewer != nodes:
                    blocks = (*node.blocks[:at], (header, fewer), *node.blocks[at + 1 :])
                    yield (Node(node.text, blocks, node.rows),)
        lead = re.fullmatch(r"(if|elif|while) (.+):", header)
        for simpler in _simpler(lead.group(2)) if lead else ():
            blocks = (
                *node.blocks[:at],
                (f"{lead.group(1)} {simpler}:", nodes),
                *node.blocks[at + 1 :],
            )
            yield (Node(node.text, blocks, node.rows),)
    if not node.blocks and "\n" not in node.text:
        left, equals, right = node.text.rpartition(" = ")
        for simpler in _simpler(right):
            yield (Node(left + equals + simpler, (), node.rows),)


def _simpler(text):
    """Expressions with a part of this one in place of what it is part of."""
    try:
        tree = ast.parse(text, mode="eval")
    except SyntaxError:  # another kind of statement
        return
    for name in sorted(
        {node.id for node in ast.walk(tree) if isinstance(node, ast.Name)} - {"fg", "np", "P"}
    ):
        if name != text:
            yield name
    for outer in ast.walk(tree):
        for field, value in ast.iter_fields(outer):
            for at, inner in enumerate(value if isinstance(value, list) else [value]):
                if not isinstance(inner, ast.expr):
                    continue
                for part in ast.iter_child_nodes(inner):
                    if isinstance(
                        part,
                        (ast.Name, ast.Call, ast.BinOp, ast.UnaryOp, ast.Compare, ast.Subscript),
                    ):
                        _put(outer, field, at, part)
                        yield ast.unparse(tree)
                _put(outer, field, at, inner)


def _put(node, field, at, value):
    if isinstance(getattr(node, field), list):
        getattr(node, field)[at] = value
    else:
        setattr(node, field, value)


def _renamed(program, old, new):
    """The program with one name for another in its body and result."""

    def text(line):
        return re.sub(rf"\b{old}\b", new, line)

    def node(one):
        blocks = tuple((text(header), tuple(map(node, nodes))) for header, nodes in one.blocks)
        return Node(text(one.text), blocks, one.rows)

    result = tuple((key, text(name)) for key, name in program.result)
    return program.with_(
        body=tuple(map(node, program.body)), result=result, early=text(program.early)
    )


def _tidy(program):
    """Without what is no longer there: results and Variables whose statement is gone."""
    text = "\n".join(line for node in program.setup for line in node.lines())
    kept = tuple(name for name in program.variables if f"{name} = " in text)
    return program.with_(variables=kept)
