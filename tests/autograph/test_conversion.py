"""What `convert` makes of functions: which, where their source is, and what stays theirs."""

import functools
import gc
import inspect
import linecache
import operator
import sys
import threading
import traceback
import warnings
import weakref

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._autograph import convert, do_not_convert, operators, why_not

from .reference import Traced, plain, stage  # noqa: F401

pytestmark = pytest.mark.usefixtures("stage")
OFFSET = 10


def clipped(x, low=0, *, high=10) -> "int":
    """x between low and high."""
    if x < low:
        return low
    return high if x > high else x


clipped.unit = "m"


def test_a_function_keeps_what_is_its_own():
    new = convert(clipped)
    for name in "__name__ __qualname__ __doc__ __module__ __defaults__ __kwdefaults__".split():
        assert getattr(new, name) == getattr(clipped, name), name
    assert new.__annotations__ == {"return": "int"} and new.unit == "m"
    assert new.__globals__ is clipped.__globals__
    assert inspect.signature(new) == inspect.signature(clipped)
    assert new.__code__.co_filename == __file__
    assert new.__code__.co_name == "clipped" and new.__code__.co_qualname == "clipped"
    assert plain(new(Traced(12), high=Traced(11))) == 11


def test_converting_again_changes_nothing():
    new = convert(clipped)
    assert convert(new) is new
    assert new.__code__ is convert(clipped).__code__


def test_cells_are_shared():
    count = 0

    def add(x):
        nonlocal count
        if x:
            count += x

    new = convert(add)
    new(2)
    add(3)
    assert count == 5
    assert any(cell is add.__closure__[0] for cell in new.__closure__)


@pytest.mark.parametrize(
    "function", [lambda x: x * x + OFFSET, lambda: OFFSET, np.sin, len, int, operator.add, fg.exp]
)
def test_nothing_to_convert(function):
    assert convert(function) is function


def test_methods_partials_and_objects():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        def __call__(self, x):
            return x * self.factor if x > 0 else x

        def method(self, x):
            return self(x) if x > 1 else -x

        @classmethod
        def create(cls, x):
            return cls(x).method(3) if x > 0 else 0

        @staticmethod
        def half(x):
            return x / 2 if x > 0 else x

    s = Scale(4)
    assert plain(convert(s)(Traced(2))) == 8
    assert plain(convert(s.method)(Traced(2))) == 8
    assert convert(s.method).__self__ is s
    assert plain(convert(Scale.create)(Traced(2))) == 6
    assert plain(convert(s.half)(Traced(2))) == 1
    assert plain(convert(functools.partial(clipped, high=3))(Traced(5))) == 3
    assert plain(convert(functools.partial(s.method))(Traced(0))) == 0
    assert convert(Scale) is Scale


# fmt: off
LAMBDAS = [lambda x: x if x > 1 else -x, lambda x: x if x > 2 else -x, lambda y: y if y > 1 else -y,
           (lambda x, /, y=1, *a, k=2, **b: (x and y, a, k, b)), lambda x: (
               x
               if x > 3 else
               -x), lambda x: (lambda y: y if y > x else x)(5), lambda x: f"{x if x else 'no'}",
           lambda *a: a and a[0], lambda x: [k for k in range(3) if k > x], lambda x: not x,
           lambda x: ("é" if x else "ü") and x]
# fmt: on


@pytest.mark.parametrize("n", range(len(LAMBDAS)))
def test_lambdas(n):
    for x in (0, 2, 4):
        assert convert(LAMBDAS[n])(x) == LAMBDAS[n](x)
    new = convert(LAMBDAS[n])
    assert new is not LAMBDAS[n] and why_not(LAMBDAS[n].__code__) is None
    assert new.__code__.co_firstlineno == LAMBDAS[n].__code__.co_firstlineno


def test_traced_lambdas():
    assert plain(LAMBDAS[0](2)) == 2
    got = [plain(convert(f)(Traced(2))) for f in LAMBDAS[:3]]
    assert got == [2, -2, 2]


def test_lambdas_without_columns(monkeypatch):
    from fastgrad._autograph import source

    monkeypatch.setattr(source, "_by_positions", lambda code, lines: None)
    for f in [lambda x: x or 1, lambda x: x or 2]:
        assert convert(f)(0) == f(0) and convert(f) is not f


def test_a_wrapper_is_converted_and_not_what_it_wraps():
    def loud(function):
        @functools.wraps(function)
        def wrapper(x):
            return function(x) + 100 if x > 0 else x

        return wrapper

    @loud
    def inner(x):
        return x if x > 5 else 5

    assert plain(convert(inner)(Traced(3))) == 105
    assert plain(convert(inner)(Traced(-3))) == -3


# ------------------------------------------------------------------------------------- left alone
def test_no_source():
    space = {}  # what "<string>" is, Python 3.13 may know
    exec(compile("def f(x):\n    return 1 if x else 0", "<nowhere>", "exec"), space)
    f = space["f"]
    assert convert(f) is f
    assert why_not(f.__code__) == "source not available"
    assert why_not(clipped.__code__) is None


def test_source_that_changed():
    filename = "<a changed file>"
    space = {}
    exec(compile("def f(x):\n    return 1 if x else 0", filename, "exec"), space)
    lines = ["def g(x):\n", "    return 1 if x else 0\n"]
    linecache.cache[filename] = (0, None, lines, filename)
    assert convert(space["f"]) is space["f"]
    assert why_not(space["f"].__code__) == "its source has changed since it was compiled"


def test_generators_and_coroutines():
    def produce(n):
        yield from range(n if n else 3)

    async def wait(n):
        return n if n else 3

    for f in (produce, wait):
        assert convert(f) is f
        assert why_not(f.__code__) == "generators and coroutines are not"


def test_libraries():
    import textwrap

    for f in (textwrap.dedent, np.linspace.__wrapped__, fg.function):
        assert convert(f) is f
        assert "libraries" in why_not(f.__code__)


def test_functions_that_look_at_their_names():
    def f(x):
        return locals() if x else eval("x")

    assert convert(f) is f
    assert why_not(f.__code__) == "it looks at the names of its frame (locals)"


def test_do_not_convert():
    @do_not_convert
    def plainly(x):
        return 1 if x else 0

    def f(x):
        return plainly(x) if x > 0 else 0

    assert convert(plainly) is plainly
    assert why_not(plainly.__code__) == "it is marked do_not_convert"
    with pytest.raises(TypeError, match="was asked for"):
        convert(f)(Traced(1))


def test_deep_nesting_is_left_alone():
    lines = ["def f(x):\n", "    if x == 0:\n        pass\n"]
    lines += [f"    elif x == {n}:\n        return {n}\n" for n in range(1, 600)]
    space, filename = {}, "<nested deeply>"
    lines = "".join(lines).splitlines(keepends=True)
    linecache.cache[filename] = (0, None, lines, filename)
    exec(compile("".join(lines), filename, "exec"), space)
    new = convert(space["f"])
    assert new(7) == 7
    assert new is not space["f"] or "nested" in why_not(new.__code__)


def test_warnings_of_the_compiler_come_once():
    lines = ["def f(x):\n", "    return '\\d' if x is 1 else x\n"]
    filename, space = "<warnings>", {}
    linecache.cache[filename] = (0, None, lines, filename)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile("".join(lines), filename, "exec"), space)
    assert convert(space["f"])(2) == 2


def test_conversions_die_with_their_code():
    filename, space = "<short-lived>", {}
    lines = ["def f(x):\n", "    return 1 if x else 0\n"]
    linecache.cache[filename] = (0, None, lines, filename)
    exec(compile("".join(lines), filename, "exec"), space)
    new = convert(space["f"])
    codes = [weakref.ref(space["f"].__code__), weakref.ref(new.__code__)]
    del new
    space.clear()
    gc.collect()
    assert [code() for code in codes] == [None, None]


def test_threads():
    def f(x):
        total = 0
        while total < x:
            if total > 3:
                break
            total += 1
        return total

    results = []

    def work():
        results.append(plain(convert(f)(Traced(9))))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    assert results == [4] * 8


# ---------------------------------------------------------------------------------- user's frames
def line_of():
    return operators.user_line()


def test_user_line():
    filename, line, name = line_of()
    assert (filename, name) == (__file__, "line_of")

    def f(x):
        if x > 0:
            return operators.user_line()[1] - sys._getframe().f_lineno, sys._getframe().f_code
        return 1, 1

    offset, code = convert(f)(1)
    assert offset == 0 and code.co_name == "f" and code.co_filename == __file__


def test_frames_of_an_error_in_a_branch():
    def f(x):
        y = 1
        while y < x:
            if x > 0:
                y = y + [][1]
        return y

    with pytest.raises(IndexError) as caught:
        convert(f)(Traced(2))
    frames = traceback.extract_tb(caught.value.__traceback__)
    assert frames[-1].line == "y = y + [][1]" and frames[-1].name == "f"


def test_warnings_name_the_line_of_the_user():
    def f(x):
        if x:
            warnings.warn("look", stacklevel=1)

    with pytest.warns(UserWarning) as caught:
        convert(f)(1)
    assert caught[0].filename == __file__
    assert linecache.getline(__file__, caught[0].lineno).strip().startswith("warnings.warn(")
