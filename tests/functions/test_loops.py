"""Loops and branches that tensors decide, and gradients through them: as in Python, to order 2."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core._graph import tracing


def const(x):
    """A constant of the dtype of x."""
    return fg.constant([0.5, -0.25, 0.75], x.dtype)


def vector(*values, dtype=fg.float64):
    return fg.constant(values, dtype)


# ------------------------------------------------------------- functions of a vector and a number of turns
def counted(x, n):
    for _ in fg.range(n):
        x = fg.sin(x) * x + const(x)
    return x


def undecided(x, n):
    i = 0
    while i < n:
        x, i = x * x * 0.5 + const(x), i + 1
    return x


def while_on_floats(x, n):
    while fg.reduce_sum(x * x) < fg.cast(n, x.dtype) * 4.0:
        x = x * 1.5
    return x * x


def swapped(x, n):
    y = x * const(x)
    for _ in fg.range(n):
        x, y = y, x + fg.sin(y)
    return x * y


def over_rows(x, n):
    y = x[0] * fg.cast(n, x.dtype)
    for row in fg.stack([x, x * x, fg.exp(x)]):
        y = y * 0.5 + fg.reduce_sum(row * row)
    return y


def breaking(x, n):
    for k in fg.range(n):
        x = x * 1.5
        if fg.reduce_sum(x) > 3.0:
            break
        x = x + const(x) * fg.cast(k, x.dtype)
    return x * x


def continuing(x, n):
    for k in fg.range(n):
        if k % 2 == 1:
            continue
        x = x * fg.cos(x)
    return x


def returning(x, n):
    for k in fg.range(n):
        x = x * x
        if k > 1:
            return x * 3.0
    return x


def nested(x, n):
    for k in fg.range(n):
        for _ in fg.range(k):
            x = fg.sin(x) + const(x) * x
        x = x * 1.25
    return x


def while_in_for(x, n):
    for _ in fg.range(n):
        while fg.reduce_sum(x) < 5.0:
            x = x * 2.0 + 0.125
        x = x * 0.5
    return x * x


def loop_in_branch(x, n):
    if fg.reduce_sum(x) > 0.0:
        for _ in fg.range(n):
            x = x * x + const(x)
    else:
        x = fg.sin(x)
    return x


def branch_in_loop(x, n):
    for k in fg.range(n):
        if x[0] > 0.5:
            x = fg.sin(x) * const(x)
        elif k > 1:
            x = x * x
        else:
            x = x + 1.0
    return x


def counters_and_flags(x, n):
    seen, more = 0, True
    for k in fg.range(n):
        seen = seen + k
        more = fg.logical_and(more, seen < 4)
        if more:
            x = x * fg.cast(seen + 1, x.dtype)
    return x * x


def captured(x, n):
    y, w = fg.ones_like(x), fg.exp(x)
    for _ in fg.range(n):
        y = y * w + x
    return y


def not_carried(x, n):
    y = x
    for _ in fg.range(n):
        y = x * x
    return y * const(x)


def scanned(x, n):
    m = fg.cast(n, x.dtype)
    return fg.scan(lambda s, t: fg.sin(s) * t + m, x)


def scanned_nests(x, n):
    m = fg.cast(n, x.dtype)
    both = fg.scan(
        lambda s, t: (s[0] * t["a"] + s[1], s[1] + t["b"] * m),
        {"a": x, "b": x * x},
        (x[0], x[1] * 2.0),
    )
    return both[0] * both[1]


def scanned_backwards(x, n):
    m = fg.cast(n, x.dtype)
    return fg.scan(lambda s, t: s * t + m, fg.stack([x, const(x), x * x]), x, reverse=True)


def mapped(x, n):
    m = fg.cast(n, x.dtype)
    return fg.map_fn(lambda t: fg.reduce_sum(fg.sin(t * x) * m), x)


def mapped_nests(x, n):
    a, b = fg.map_fn(lambda t: (t[0] * t[1], fg.sin(t[1]) * x), (x, x * x))
    return fg.reduce_sum(a) * b * fg.cast(n, x.dtype)


def folded(x, n):
    m = fg.cast(n, x.dtype)
    return fg.foldl(lambda s, t: s * t + m, x) + fg.foldr(lambda s, t: fg.sin(s) * t, x, m)


def while_looped(x, n):
    return fg.while_loop(lambda i, s: i < n, lambda i, s: (i + 1, [s[0] * x + const(x)]), (0, [x]))[
        1
    ][0]


def limited(x, n):
    return fg.while_loop(
        lambda i, s: i < n, lambda i, s: (i + 1, s * x), [0, x], maximum_iterations=2
    )[1]


def chosen(x, n):
    y = fg.cond(n > 1, lambda: {"y": x * x}, lambda: {"y": fg.sin(x)})["y"]
    z = fg.case([(n < 1, lambda: x * const(x)), (n < 2, lambda: fg.exp(x))], lambda: y * x)
    return y + fg.switch_case(n, [lambda: z * z, lambda: x], lambda: z * y)


def map_in_scan(x, n):
    m = fg.cast(n, x.dtype)
    return fg.scan(lambda s, t: fg.map_fn(lambda u: u * t + m, s), x, x)


def scan_in_while(x, n):
    for _ in fg.range(n):
        x = fg.scan(lambda s, t: s * 0.5 + fg.sin(t), x)
    return x


def scan_of_branches(x, n):
    def step(s, t):
        if t > 0.5:
            return s * t
        for _ in fg.range(n):
            s = s + t * t
        return s

    return fg.scan(step, x, x[1])


def recomputed(x, n):
    @fg.recompute_grad
    def block(x):
        for _ in fg.range(n):
            x = fg.sin(x) * x + const(x)
        return x

    return block(x) * x


def stated(x, n):
    @fg.custom_gradient
    def twice(x):
        return x * 2.0, lambda ct: ct * 3.0 * x

    for _ in fg.range(n):
        x = twice(x) * const(x)
    return x


def called(x, n):
    @fg.function
    def step(x):
        if fg.reduce_sum(x) > 1.0:
            return x * x
        return fg.sin(x) + const(x)

    for _ in fg.range(n):
        x = step(x)
    return x


PROGRAMS = [
    counted, undecided, while_on_floats, swapped, over_rows, breaking, continuing, returning, nested,
    while_in_for, loop_in_branch, branch_in_loop, counters_and_flags, captured, not_carried, scanned,
    scanned_nests, scanned_backwards, mapped, mapped_nests, folded, while_looped, limited, chosen,
    map_in_scan, scan_in_while, scan_of_branches, recomputed, stated, called,
]  # fmt: skip


def grad(f):
    """The gradient of the sum of f by its first argument."""

    def gradient(x, *rest):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = f(x, *rest)
        return tape.gradient(y, x, unconnected_gradients="zero")

    return gradient


def same(wanted, got, dtype=np.float64):
    assert got.dtype == wanted.dtype and got.shape == wanted.shape
    tolerance = 1e-2 if dtype == np.float16 else 1e-11
    np.testing.assert_allclose(got.numpy(), wanted.numpy(), tolerance, tolerance)


WAYS = {
    "value": (lambda f: f, lambda f: fg.function(f)),
    "around": (grad, lambda f: grad(fg.function(f))),
    "inside": (grad, lambda f: fg.function(grad(f))),
    "across": (grad, lambda f: fg.function(grad(fg.function(f)))),
    "around twice": (lambda f: grad(grad(f)), lambda f: grad(grad(fg.function(f)))),
    "inside twice": (lambda f: grad(grad(f)), lambda f: fg.function(grad(grad(f)))),
    "around and inside": (lambda f: grad(grad(f)), lambda f: grad(fg.function(grad(f)))),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_as_in_python(f, way):
    plain, traced = (make(f) for make in WAYS[way])
    for x in (vector(0.9, 0.3, 0.6), vector(0.2, -0.4, 0.1)):
        for n in (3, 0, 1, 2):
            n = fg.constant(n)
            same(plain(x, n), traced(x, n))


@pytest.mark.parametrize("f", PROGRAMS, ids=lambda f: f.__name__)
def test_float16_and_float32(f):
    for dtype in (np.float16, np.float32):
        x = fg.constant(np.array([0.9, 0.3, 0.6], dtype))
        for make in WAYS["value"], WAYS["around"], WAYS["inside"]:
            plain, traced = (one(f) for one in make)
            same(plain(x, fg.constant(2)), traced(x, fg.constant(2)), np.float16)


# -------------------------------------------------------------------------------------------- Variables
def by_variable(f, v, *args):
    with fg.GradientTape() as tape:
        y = f(*args)
    return tape.gradient(y, v, unconnected_gradients="zero")


@pytest.mark.parametrize("n", [0, 1, 3])
def test_variables_that_a_loop_reads(n):
    v = fg.Variable([0.5, 0.25, 0.75], dtype=fg.float64)

    def f(x, n):
        for _ in fg.range(n):
            x = fg.sin(x * v) + v
        return fg.map_fn(lambda t: t * v[0], fg.scan(lambda s, t: s * t + v[1], x))

    x, n = vector(0.9, 0.3, 0.6), fg.constant(n)
    traced = fg.function(f)
    same(by_variable(f, v, x, n), by_variable(traced, v, x, n))
    inside = fg.function(lambda x, n: by_variable(f, v, x, n))
    same(by_variable(f, v, x, n), inside(x, n))
    same(grad(f)(x, n), grad(traced)(x, n))
    twice = grad(lambda x, n: by_variable(f, v, x, n))
    same(twice(x, n), grad(lambda x, n: by_variable(traced, v, x, n))(x, n))
    same(twice(x, n), fg.function(twice)(x, n))


@pytest.mark.parametrize("n", [0, 1, 3])
def test_variables_that_a_loop_assigns(n):
    def program():
        v = fg.Variable([0.5, 0.25, 0.75], dtype=fg.float64)

        def f(x, n):
            for _ in fg.range(n):
                x = x * v
                v.assign(fg.sin(v) * 0.5 + 0.5)
                v.assign_add(x * 0.125)
            return x + v

        return v, f

    x, n = vector(0.9, 0.3, 0.6), fg.constant(n)
    for make in (
        lambda f, v: (grad(f), grad(fg.function(f))),
        lambda f, v: (grad(f), fg.function(grad(f))),
        lambda f, v: (lambda *a: by_variable(f, v, *a), None),
    ):
        (v, f), (w, g) = program(), program()
        plain, traced = make(f, v)[0], make(g, w)[1]
        if traced is None:
            traced = lambda *a: by_variable(fg.function(g), w, *a)  # noqa: E731, B023
        for _ in range(2):
            same(plain(x, n), traced(x, n))
            np.testing.assert_allclose(w.numpy(), v.numpy(), 1e-12)


def test_variables_that_scan_assigns():
    v = fg.Variable(1.0)

    def step(s, t):
        v.assign_add(t)
        return s * v

    f = fg.function(lambda x: fg.scan(step, x, fg.constant(1.0)))
    x = fg.constant([1.0, 2.0, 3.0])
    assert f(x).numpy().tolist() == [2.0, 8.0, 56.0] and v.numpy() == 7.0
    assert f(x).numpy().tolist() == [8.0, 80.0, 1040.0] and v.numpy() == 13.0


# ------------------------------------------------------------------------------------------- effects
@pytest.mark.parametrize("n", [0, 3])
def test_gradients_do_not_repeat_effects(n):
    seen = []

    def note(x):
        tracing().effect(lambda arrays: seen.append(float(arrays[0])) or [], [x], [])

    @fg.function
    def f(x, n):
        for k in fg.range(n):
            note(x)
            if k > 0:
                note(x * 100.0)
                for _ in fg.range(2):
                    note(x * 10_000.0)
            x = x * 2.0
        return x

    x = fg.constant(1.0, fg.float64)
    wanted = [1, 2, 200, 2e4, 2e4, 4, 400, 4e4, 4e4] if n else []
    for way in (grad(f), fg.function(grad(f)), grad(grad(f))):
        assert way(x, fg.constant(n)).numpy() in (2.0**n, 0.0) and seen == wanted
        seen.clear()


# ------------------------------------------------------------------------------------------ how much
def test_a_loop_that_would_not_end_on_other_values_is_traced():
    @fg.function
    def f(x, c):
        if c > 0.0:
            while x < 100.0:
                x = x * c
        return x

    def slope(x, c):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = f(x, c)
        return tape.gradient(y, x).numpy()

    assert slope(fg.constant(1.0), fg.constant(-2.0)) == 1.0
    assert slope(fg.constant(1.0), fg.constant(2.0)) == 128.0


def test_many_rows():
    x = fg.constant(np.linspace(0.0, 1.0, 20_000))
    f = fg.function(lambda x: fg.scan(lambda s, t: 0.5 * s + t, x))
    gradient = grad(f)(x)
    assert gradient.shape == x.shape and gradient.numpy()[0] == pytest.approx(2.0)
    wanted, state = [], None
    for t in x.numpy().tolist():
        state = t if state is None else 0.5 * state + t
        wanted.append(state)
    assert f(x).numpy().tolist() == wanted


def test_a_name_that_only_a_loop_assigns():
    @fg.function
    def f(x, n):
        for _ in fg.range(n):
            y = x * 2.0
            x = fg.cond(x > 0.0, lambda: y, lambda: y + 1.0)  # noqa: B023
        return x

    assert f(fg.constant(1.0), fg.constant(2)).numpy() == 4.0
    assert f(fg.constant(-1.0), fg.constant(0)).numpy() == -1.0


def test_a_name_that_only_a_branch_in_a_loop_assigns():
    @fg.function
    def f(x):
        for _ in fg.range(2):
            if x > 0.0:
                y = x * 2.0
                x = fg.cond(x > 0.0, lambda: y, lambda: y + 1.0)  # noqa: B023
        return x

    assert f(fg.constant(1.0)).numpy() == 4.0 and f(fg.constant(-1.0)).numpy() == -1.0


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_tangents_of_mapped_functions(dtype):
    def f(x):
        with fg.autodiff.ForwardAccumulator(x, fg.cos(x)) as acc:
            y = fg.map_fn(lambda s: 0.5 * s, x)
        return acc.jvp(y)

    x = fg.constant(np.array([-1.25, 0.5, 2.0], dtype))
    np.testing.assert_array_equal(fg.function(f)(x).numpy(), f(x).numpy())
    np.testing.assert_allclose(f(x).numpy(), 0.5 * np.cos(x.numpy()), rtol=2e-3)
