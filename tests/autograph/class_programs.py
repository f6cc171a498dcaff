"""More programs of `programs`: with classes of their own, and with source that is no file's."""

import linecache
import warnings
from collections import namedtuple
from dataclasses import dataclass, field

from .programs import on, say


# ------------------------------------------------------------------------------------------ classes
class Base:
    def __init__(self, x):
        self.x = x if x else 1

    def value(self, more=0):
        if more:
            return self.x + more
        return self.x

    @property
    def double(self):
        return self.x * 2 if self.x else 0

    @staticmethod
    def static(x):
        return x if x else "none"

    @classmethod
    def made(cls, x):
        return cls(x) if x else cls(5)


class Derived(Base):
    def value(self, more=0):
        if more > 1:
            return -super().value(more)
        return super().value(more) or __class__.__name__

    def __call__(self, y):
        for k in range(3):
            if k > y:
                return self.value(k)
        return self.__hidden(y)

    def __hidden(self, y):
        return ("hidden", y if y else self.__other)

    __other = 8

    def __len__(self):
        return 0 if self.x == 2 else 1


@on((1,), (2,), (3,))
def objects(x):
    d = Derived(x)
    results = [d.value(), d.value(1), d.value(2), d(1), d(5), d(0), d.double]
    results += [d.static(0), Derived.static(x), Derived.made(0).x, type(d).value(d, 3)]
    return results, "full" if d else "empty", Base.value(d)


@on((1,), (0,))
def local_class(x):
    class Local:
        if x:
            y = [k for k in range(3) if k]
        else:
            y = None

        def get(self):
            return self.y or x

    return Local().get(), Local.__qualname__, Local.get.__qualname__


@on(
    (1,),
)
def dataclasses(x):
    @dataclass
    class Point:
        x: int
        ys: list = field(default_factory=list)

        def __add__(self, other):
            return Point(self.x + other.x, self.ys if self.ys else other.ys)

    Pair = namedtuple("Pair", "a b")
    p = Point(x) + Point(2, [1])
    return p.x, p.ys, Pair(1, b=2)._replace(a=3)


class Odd:
    def __bool__(self):
        say("bool")
        raise ValueError("no truth")


@on(
    (1,),
)
def no_truth(x):
    o = Odd()
    if x and o is not None:
        if o:
            return 1
    return 0


class Rich:
    def __init__(self, x):
        self.x = x

    def __lt__(self, other):
        say(("lt", self.x))
        return [] if self.x > 1 else [1]

    def __contains__(self, k):
        return k == self.x


@on((1,), (2,))
def rich(x):
    a, b = Rich(x), Rich(3)
    return a < b < Rich(1), (x in a, x not in b), [] == (a < b < a) or bool(x in a in [a])


class Callable:
    calls = 0

    def __call__(self, x):
        self.calls += 1
        return x if self.calls < 2 else -x


@on(
    (4,),
)
def callable_object(x):
    c = Callable()
    return c(x), c(x), c.calls


@on(
    (3,),
)
def context_object(n):
    class Manager:
        def __enter__(self):
            say("in")
            return self

        def __exit__(self, *error):
            say("out")
            return error[0] is KeyError if n else False

    for k in range(n):
        with Manager() as m, Manager():
            if k == 0:
                continue
            if k == 2:
                break
            raise KeyError(k)
    return m is not None


@on((6,), (7,), (27,))
def collatz(n):
    steps = 0
    while n != 1:
        n = n // 2 if n % 2 == 0 else 3 * n + 1
        steps += 1
    return steps


@on(
    (30,),
)
def primes(n):
    found = []
    for k in range(2, n):
        for p in found:
            if p * p > k:
                found.append(k)
                break
            if k % p == 0:
                break
        else:
            found.append(k)
    return found


@on(("3 4 + 2 *",), ("1 +",), ("",))
def stack_machine(text):
    stack = []
    for token in text.split():
        if token in ("+", "*"):
            b, a = stack.pop(), stack.pop()
            stack.append(a + b if token == "+" else a * b)
        else:
            stack.append(int(token))
    return stack


@on(([3, 1, 2, 5, 4],), ([],))
def quicksort(xs):
    if len(xs) < 2:
        return xs
    pivot, *rest = xs
    below = [x for x in rest if x < pivot]
    return quicksort(below) + [pivot] + quicksort([x for x in rest if not x < pivot])


@on(([1, [2, [3, []]]],), (4,))
def flatten(x):
    if not isinstance(x, list):
        return [x]
    out = []
    for part in x:
        out += flatten(part)
    return out


@on((0,), (5,))
def strings(x):
    text = """first
second
    third"""
    if x:
        text += """
fourth"""
    return text


@on((1,), (2,))
def starred_return(x):
    if x == 1:
        return 1, *[2, 3]
    return (*(x,),)


@on((12,), (7,))
def do_while(n):
    while True:
        n -= 5
        say(n)
        if not n > 0:
            break
    return n


@on(([1, 2],), ([],))
def star_loop(xs):
    out = []
    for x in *xs, 7:
        out += [x]
    return out


@on(
    (3,),
)
def chained_calls(n):
    class Builder:
        def __init__(self):
            self.parts = []

        def add(self, x):
            if x != 1:
                self.parts.append(x)
            return self

    b = Builder()
    for k in range(n):
        b.add(k).add(k and -k)
    return b.add("end").parts


# ------------------------------------------------------------------------ what Python 3.14 warns of
FINALLY = """
@on((0,), (1,), (2,), (3,))
def return_in_finally(x):
    try:
        if x == 0:
            return "try"
        if x == 1:
            raise ValueError("lost")
        say(1 / (x - 2))
    except ZeroDivisionError:
        return "except"
    finally:
        say("finally")
        if x != 3:
            return "finally"
    return "after"


@on(
    (3,),
)
def continue_in_finally(n):
    out = []
    for i in range(n):
        try:
            raise KeyError(i)
        finally:
            out.append(i)
            if i < 2:
                continue
    return out
"""


def define(text, filename):
    """Run a text whose lines can be looked up."""
    lines = text.splitlines(keepends=True)
    linecache.cache[filename] = (0, None, lines, filename)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SyntaxWarning)
        exec(compile(text, filename, "exec"), globals())


define(FINALLY, "<jumps in finally>")
