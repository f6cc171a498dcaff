"""Random programs of nested control flow, on Python values and with any of them traced."""

import itertools
import linecache
import random

import pytest

from fastgrad._autograph import convert

from .reference import Traced, plain, stage  # noqa: F401

ARGUMENTS = ((0, 3, 5), (4, 1, 2), (6, 6, 0))


class Writer:
    """Writes a function of a, b and c, in which every loop ends."""

    def __init__(self, seed, budget):
        self.random = random.Random(seed)
        self.lines, self.counters, self.budget = [], 0, budget

    def program(self):
        self.line(0, "def program(a, b, c):")
        self.line(1, "d = 1")
        self.suite(1, 0, False)
        self.line(1, f"return {self.returned()}")
        return self.lines

    def line(self, depth, text):
        self.lines.append("    " * depth + text + "\n")

    def name(self):
        return self.random.choice("abcd")

    def number(self):
        pick = self.random.choice
        return pick(
            [self.name(), f"({self.name()} {pick('+-*')} {self.name()})", str(pick(range(5)))]
        )

    def test(self):
        pick = self.random.choice
        simple = [f"{self.number()} {pick(['<', '>', '==', '!='])} {self.number()}" for _ in "ab"]
        return pick(
            [
                simple[0],
                simple[0],
                f"not {simple[0]}",
                f"{simple[0]} and {simple[1]}",
                f"{simple[0]} or {simple[1]}",
                f"{self.number()} < {self.number()} <= {self.number()}",
            ]
        )

    def returned(self):
        return f"({self.number()}, {self.name()}, {self.name()})"

    def suite(self, depth, loops, blocked):
        for _ in range(self.random.randint(1, 3)):
            self.statement(depth, loops, blocked)

    def statement(self, depth, loops, blocked):
        self.budget -= 1
        kinds = ["assign", "assign"]
        if self.budget > 0 and depth < 5:
            kinds += ["if", "if", "if", "while", "for", "forever"]
        if depth > 1 and not blocked:
            kinds += ["return"]
        if depth > 1 and loops:
            kinds += ["break", "continue"]
        if self.budget > 0 and depth < 5:
            kinds += ["try", "nested"]
        getattr(self, self.random.choice(kinds) + "_")(depth, loops, blocked)

    def assign_(self, depth, loops, blocked):
        if self.random.random() < 0.2:
            one, other = f"{self.number()} % 5", f"{self.number()} % 3"
            return self.line(depth, f"{self.name()} = {one} if {self.test()} else {other}")
        self.line(depth, f"{self.name()} = ({self.number()} + {self.number()}) % 7")

    def return_(self, depth, loops, blocked):
        self.line(depth, f"return {self.returned()}")

    def break_(self, depth, loops, blocked):
        self.line(depth, "break")

    def continue_(self, depth, loops, blocked):
        self.line(depth, "continue")

    def if_(self, depth, loops, blocked):
        self.line(depth, f"if {self.test()}:")
        self.suite(depth + 1, loops, blocked)
        if self.random.random() < 0.3:
            self.line(depth, f"elif {self.test()}:")
            self.suite(depth + 1, loops, blocked)
        if self.random.random() < 0.4:
            self.line(depth, "else:")
            self.suite(depth + 1, loops, blocked)

    def counter(self, depth):
        self.counters += 1
        name = f"k{self.counters}"
        self.line(depth, f"{name} = 0")
        return name

    def loop_else(self, depth, loops, blocked):
        if self.random.random() < 0.3:
            self.line(depth, "else:")
            self.suite(depth + 1, loops, blocked)

    def while_(self, depth, loops, blocked):
        k = self.counter(depth)
        self.line(depth, f"while {k} < {self.random.randint(1, 3)} and ({self.test()}):")
        self.line(depth + 1, f"{k} += 1")
        self.suite(depth + 1, loops + 1, blocked)
        self.loop_else(depth, loops, blocked)

    def for_(self, depth, loops, blocked):
        limit = self.random.choice(["3", "2", "a % 3", "d % 3", "1, b % 4"])
        self.line(depth, f"for {self.name()} in range({limit}):")
        self.suite(depth + 1, loops + 1, blocked)
        self.loop_else(depth, loops, blocked)

    def forever_(self, depth, loops, blocked):
        k = self.counter(depth)
        self.line(depth, "while True:")
        self.line(depth + 1, f"{k} += 1")
        self.line(depth + 1, f"if {k} > 2 or {self.test()}:")
        leave = ["break"] if blocked else ["break", f"return {self.returned()}"]
        self.line(depth + 2, self.random.choice(leave))
        self.suite(depth + 1, loops + 1, blocked)

    def try_(self, depth, loops, blocked):
        self.line(depth, "try:")
        self.suite(depth + 1, 0, True)
        self.line(depth, "finally:")
        self.suite(depth + 1, 0, True)

    def nested_(self, depth, loops, blocked):
        k = f"f{self.counters}"
        self.counters += 1
        name = self.name()
        self.line(depth, f"def {k}(a, b):")
        self.line(depth + 1, f"if {self.test()}:")
        self.line(depth + 2, f"return {self.number()}")
        self.line(depth + 1, "return b")
        self.line(depth, f"{name} = {k}({self.number()}, {self.number()}) % 6")


def written(seed, budget):
    """The function of a seed, and its source."""
    lines = Writer(seed, budget).program()
    filename = f"<program {seed}>"
    linecache.cache[filename] = (0, None, lines, filename)
    space = {}
    exec(compile("".join(lines), filename, "exec"), space)
    return space["program"], "".join(lines)


def check(seed, budget=8):
    program, source = written(seed, budget)
    converted = convert(program)
    for arguments in ARGUMENTS:
        want = program(*arguments)
        assert converted(*arguments) == want, source
        for choice in itertools.product([False, True], repeat=3):
            given = [Traced(x) if c else x for x, c in zip(arguments, choice, strict=True)]
            assert plain(converted(*given)) == want, (arguments, choice, source)


@pytest.mark.parametrize("block", range(10))
def test_random_programs(block, stage):  # noqa: F811
    for seed in range(20 * block, 20 * block + 20):
        check(seed)
