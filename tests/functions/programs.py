"""Random programs: Python functions of Tensors, as text, that `fg.function` must run as Python does.

`program(seed)` is made by `generator`; this module says what a program is, and runs one:

    python -m tests.functions.programs 17            prints program 17 and compares its runs
    python -m tests.functions.programs 17 --shrink   and prints the least program that fails as it does
    python -m tests.functions.programs 2000:2500     says which of these programs fail

Each runs in a process of its own: a crash is a failure like others.
"""

import argparse
import functools
import importlib.util
import sys
import textwrap
import zlib
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np

import fastgrad as fg

HEADER = """\
import numpy as np

import fastgrad as fg
import fastgrad.primitives as P
"""


@dataclass(frozen=True)
class Node:
    """A statement: a line, or the lines that lead blocks of statements, each with its block."""

    text: str = ""
    blocks: tuple = ()  # of (header, tuple of nodes)
    rows: tuple = ()  # names of the rows that it calls

    def lines(self):
        for line in self.text.splitlines():
            yield line
        for header, nodes in self.blocks:
            yield header
            for node in nodes:
                for line in node.lines():
                    yield "    " + line

    def walk(self):
        """This statement and all within."""
        yield self
        for _, nodes in self.blocks:
            for node in nodes:
                yield from node.walk()


@dataclass(frozen=True)
class Param:
    """A parameter of a program, and how its values are made.

    kind: "normal" of a shape and dtype, "near" a base (a sample of a row), "integers" and "bools" of a
        shape, or a Python "number".
    """

    name: str
    kind: str
    shape: tuple = ()
    dtype: str = "float64"
    base: object = None

    def value(self, rng, k):
        """The k-th value, an ndarray or a number."""
        if self.kind == "number":
            return round(float(rng.normal()), 3)
        if self.kind == "near":
            factor = 1 + 0.05 * rng.random() * (k > 0)
            return (
                (self.base * factor).astype(self.dtype)
                if self.base.dtype.kind == "f"
                else self.base
            )
        if self.kind == "integers":
            return rng.integers(0, 5, self.shape).astype(self.dtype)
        if self.kind == "bools":
            return rng.random(self.shape) < 0.5
        x = rng.normal(size=self.shape)
        if self.dtype.startswith("complex"):
            x = x + 1j * rng.normal(size=self.shape)
        x = np.asarray(x).astype(self.dtype)
        if rng.random() < 0.15 and x.size > 1:  # exact zeros, of both signs
            x.reshape(-1)[rng.integers(x.size)] = 0.0
            x.reshape(-1)[rng.integers(x.size)] = -0.0
        return x


@dataclass(frozen=True, eq=False)
class Program:
    """A function `f` as text, with what it closes over, and values to call it with."""

    seed: int
    params: tuple
    setup: tuple  # what stands before f: constants, Variables, functions that it calls
    body: tuple
    result: tuple  # of (key, name), see `_result`
    form: str  # of the result: "one", "tuple", "list" or "dict"
    variables: tuple = ()  # names of Variables, and of lists of them
    nested: bool = False  # the last two parameters come as one, a dict
    outer: bool = False  # gradients are taken around the call as well
    early: str = ""  # a condition on which f returns early
    dropped: int = field(default=0, compare=False)  # programs of this seed that raised, before it

    @property
    def rows(self):
        """Names of the rows that are called, once for each call."""
        return [row for node in (*self.setup, *self.body) for n in node.walk() for row in n.rows]

    @property
    def size(self):
        """The number of statements."""
        return sum(1 for node in (*self.setup, *self.body) for _ in node.walk())

    @property
    def effects(self):
        """True if a call changes something that the next one sees."""
        return bool(self.variables)

    @property
    def source(self):
        """The text of a module with the function `build(function)`, which gives f and its Variables."""
        return f"{HEADER}\n\n{self.text('build')}"

    def text(self, name):
        lines = [line for node in self.setup for line in node.lines()]
        lines += ["", f"def f({', '.join(self._heads())}):"]
        inner = [line for node in self.body for line in node.lines()]
        if self.nested:
            inner.insert(0, 'c, d = both["c"], both["rest"][0]')
        if self.early:
            inner += [f"if {self.early}:", f"    return {self._result('{} * 2.0')}"]
        inner.append(f"return {self._result('{}')}")
        lines += ["    " + line for line in inner]
        lines += ["", f"return f, [{', '.join(self.variables)}]"]
        return f"def {name}(function):\n" + textwrap.indent("\n".join(lines), "    ") + "\n"

    def _heads(self):
        names = [param.name for param in self.params]
        return [*names[:-2], "both"] if self.nested else names

    def _result(self, pattern):
        parts = [(key, pattern.format(name) if name in self._scaled else name)
                 for key, name in self.result]  # fmt: skip
        if self.form == "dict":
            return "{" + ", ".join(f'"{key}": {name}' for key, name in parts) + "}"
        inside = ", ".join(name for _, name in parts)
        if self.form == "one":
            return inside
        return f"[{inside}]" if self.form == "list" else f"({inside},)"

    @property
    def _scaled(self):
        return {name for key, name in self.result if key.startswith("x")}

    def inputs(self, k):
        """The k-th arguments: of the same shapes and dtypes for every k."""
        found = []
        for param in self.params:
            rng = np.random.default_rng([self.seed, k, zlib.crc32(param.name.encode())])
            found.append(param.value(rng, k))
        found = [x if isinstance(x, float) else fg.constant(x) for x in found]
        if self.nested:
            found[-2:] = [{"c": found[-2], "rest": (found[-1],)}]
        return found

    def load(self, folder):
        """`build`, from a module of its own."""
        return load([self], folder)[0]

    def run(self, f, inputs):
        """What a call gives: its result, and the gradients around it if the program asks for them."""
        if not self.outer:
            return f(*inputs)
        sources = [x for x in _leaves(inputs) if isinstance(x, fg.Tensor) and x.dtype.is_floating]
        with fg.GradientTape() as tape:
            tape.watch(sources)
            result = f(*inputs)
        moving = [y for y in _leaves(result) if hasattr(y, "dtype") and y.dtype.is_floating]
        gradients = tape.gradient(moving, sources, unconnected_gradients="zero")
        return {"result": result, "gradients": [fg.convert_to_tensor(g) for g in gradients]}

    def with_(self, **changes):
        return replace(self, **changes)


def _leaves(nest):
    if isinstance(nest, dict):
        nest = list(nest.values())
    if isinstance(nest, (list, tuple)):
        return [leaf for part in nest for leaf in _leaves(part)]
    return [nest]


def load(programs, folder):
    """The `build` of each program, from one module file in `folder`."""
    name = f"programs_{programs[0].seed}_{len(list(Path(folder).iterdir()))}"
    path = Path(folder) / f"{name}.py"
    texts = [program.text(f"build_{k}") for k, program in enumerate(programs)]
    path.write_text("\n\n".join([HEADER, *texts]))
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return [getattr(module, f"build_{k}") for k in range(len(programs))]


@functools.cache
def program(seed):
    """The program of a seed: always the same one."""
    from .generator import generate

    return generate(seed)


def main():
    from .compare import describe, outcome, shrink

    parser = argparse.ArgumentParser(prog="python -m tests.functions.programs")
    parser.add_argument("seeds", help="a seed, or a range of them: 17, 2000:2500")
    parser.add_argument("--shrink", action="store_true", help="look for the least failing program")
    options = parser.parse_args()
    first, colon, end = options.seeds.partition(":")
    seeds = range(int(first), int(end)) if colon else [int(first)]
    failed = 0
    for chosen in map(program, seeds):
        found = outcome(chosen)
        if not colon:
            print(describe(chosen, found or "equal"))
        elif found:
            print(f"{chosen.seed}: {found}", flush=True)
        if found and options.shrink:
            least = shrink(chosen)
            print(
                "\n# the least program found that fails as well\n" + describe(least, outcome(least))
            )
        failed += found is not None
    print(f"# {failed} of {len(seeds)} failed")
    sys.exit(failed > 0)


if __name__ == "__main__":
    main()
