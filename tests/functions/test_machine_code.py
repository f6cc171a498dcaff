"""Machine code gives the bits of the interpreter that it stands for."""

import itertools
import platform
import sys

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _machine

HERE = platform.machine() in ("x86_64", "AMD64") and sys.platform in ("linux", "darwin")
NUMBERS = [0.0, -0.0, 1.0, -1.5, 3.0, 5e-324, 1e-310, 1e308, -1e308, np.inf, -np.inf, np.nan]
UNARY = [fg.negative, fg.square, fg.math.reciprocal, fg.sqrt, fg.math.is_finite, fg.sin]
BINARY = [
    fg.add, fg.subtract, fg.multiply, fg.divide, fg.less, fg.less_equal, fg.greater, fg.greater_equal,
    fg.equal, fg.not_equal, fg.maximum,
]  # fmt: skip
DTYPES = ["float64", "float32", "int64", "int32", "bool"]


def both(function, *arguments):
    """What a function gives with machine code and without, as bytes by result."""
    runs = []
    for flag in (True, False):
        before = _machine.use_machine_code(flag)
        try:
            compiled = fg.function(function)
            compiled(*arguments)
            results = compiled(*arguments)
        finally:
            _machine.use_machine_code(before)
        runs.append([(y.dtype.name, y.numpy().tobytes()) for y in results])
    return runs


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_operations_on_floats(dtype):
    def f(x, z):
        found = [op(x) for op in UNARY] + [op(x, z) for op in BINARY]
        found += [fg.where(op(x, z), x, z) for op in BINARY[4:10]]
        # A gradient of a product multiplies by 0 where the cotangent is 0, whatever the other factor.
        with fg.GradientTape() as tape:
            tape.watch([x, z])
            y = fg.where(x > z, x * z, x / z)
        return found + tape.gradient(y, [x, z])

    for x, z in itertools.product(NUMBERS, NUMBERS):
        with np.errstate(all="ignore"):
            a = fg.constant(np.dtype(dtype).type(x))
            b = fg.constant(np.dtype(dtype).type(z))
        code, interpreted = both(f, a, b)
        assert code == interpreted, (x, z)


@pytest.mark.parametrize("dtype", ["int64", "int32"])
def test_operations_on_integers(dtype):
    def f(x, z):
        return [op(x, z) for op in (fg.add, fg.subtract, *BINARY[4:])]

    ends = np.iinfo(dtype)
    for x, z in itertools.product([0, 1, -1, 7, ends.max, ends.min], repeat=2):
        code, interpreted = both(f, fg.constant(x, dtype), fg.constant(z, dtype))
        assert code == interpreted, (x, z)


def test_operations_on_bools():
    def f(x, z):
        return [fg.logical_and(x, z), fg.logical_or(x, z), fg.logical_not(x), fg.where(x, 1.0, 2.0)]

    for x, z in itertools.product([True, False], repeat=2):
        code, interpreted = both(f, fg.constant(x), fg.constant(z))
        assert code == interpreted
        assert [np.frombuffer(bits, dtype)[0] for dtype, bits in code] == [
            x and z, x or z, not x, 1.0 if x else 2.0,
        ]  # fmt: skip


@pytest.mark.parametrize("source", DTYPES)
def test_casts(source):
    def f(x):
        return [fg.cast(x, to) for to in DTYPES]

    values = {"bool": [True, False], "int32": [0, -7, 2**31 - 1], "int64": [0, -7, 2**62 + 1]}
    for x in values.get(source, [0.0, -0.0, 2.5, 16777217.0, 1e30, np.inf]):
        if source.startswith("float") and abs(x) > 1e9:  # what an integer of it is, is not said
            code, interpreted = both(
                lambda t: [fg.cast(t, to) for to in DTYPES[:2]], fg.constant(x, source)
            )
        else:
            code, interpreted = both(f, fg.constant(x, source))
        assert code == interpreted, x


@pytest.mark.parametrize("values", [3, 14, 15, 40, 300])
def test_more_values_than_registers_and_short_offsets(values):
    """All are made, then used again in another order."""

    def f(x):
        made = [x]
        for k in range(values):
            made.append(made[k // 2] * (1.0 + 0.01 * k) - made[-1])
        total = x
        for k in reversed(range(values)):
            total = total * 0.5 + made[k] * made[-k]
        return [total, *made[:3]]

    code, interpreted = both(f, fg.constant(0.7, fg.float64))
    assert code == interpreted


def test_loops_and_branches():
    def f(n, x):
        low, high, k = x, x, fg.constant(0)
        while k < n:
            if low > 2.0:
                low = low - 1.75
            elif low > 1.0:
                low, high = high, low
            else:
                low = low * 1.5 + fg.sin(high)
            k = k + 1
        return [low, high, k]

    for n in (0, 1, 2, 1000):
        code, interpreted = both(f, fg.constant(n), fg.constant(0.3, fg.float64))
        assert code == interpreted
        low = high = np.float64(0.3)
        for _ in range(n):
            if low > 2:
                low = low - 1.75
            elif low > 1:
                low, high = high, low
            else:
                low = low * 1.5 + fg.sin(high).numpy()
        assert code[0][1] == low.tobytes() and code[1][1] == high.tobytes()


@pytest.mark.parametrize("carried", [1, 2, 8, 9, 20])
def test_what_a_loop_carries(carried):
    """Numbers of both dtypes stay in registers, over calls, branches and moves, as far as there are any."""

    def turn(k, x):
        x = [x[-1], *x[:-1]]
        if x[0] > 1.0:
            x[0] = fg.sin(x[0]) + 0.3 * fg.cast(x[-1], x[0].dtype)
        else:
            x[-1] = x[-1] * 0.75 + fg.cast(x[0], x[-1].dtype)
        return k + 1, [fg.cast(v, ("float64", "float32")[j % 2]) for j, v in enumerate(x)]

    def f(n, *x):
        k, x = fg.constant(0), list(x)
        while k < n:
            k, x = turn(k, x)
        return [k, *x]

    x = [fg.constant(0.3 + j, ("float64", "float32")[j % 2]) for j in range(carried)]
    for n in (0, 1, 100):
        code, interpreted = both(f, fg.constant(n), *x)
        assert code == interpreted
    k, now = fg.constant(0), x
    for _ in range(100):
        k, now = turn(k, now)
    assert [y.numpy().tobytes() for y in now] == [bits for _, bits in code[1:]]


def test_more_turns_than_between_two_looks_for_an_interrupt():
    @fg.function
    def count(n):
        k = fg.constant(0)
        while k < n:
            k += 1
        return k

    for n in (3_000_000, 1, 3_000_001):
        assert count(fg.constant(n)).numpy() == n


@pytest.mark.skipif(not HERE, reason="machine code is made on x86-64, on Linux and macOS")
def test_plans_tell_how_much_there_is():
    double = fg.function(lambda x: x * 2.0)
    assert double.plan(fg.constant(1.0)).data["code"] > 0
    assert "bytes of machine code" in str(double.plan(fg.constant(1.0)))
    assert double.plan(fg.ones(3)).data["code"] == 0
