"""Gradients through what effects give, at any depth of branches and loops: they repeat no effect."""

import numpy as np
import pytest

import fastgrad as fg

R = fg.random
X = fg.constant([0.5, 1.5, 2.5], fg.float64)
W = fg.constant(0.7, fg.float64)
CALLS = []


def normal():
    return R.normal([3], dtype=fg.float64)


# ---------------------------------------------------------------------------------------- programs
def draws_in_a_branch_in_a_loop(x, w, n):
    for i in fg.range(n):
        if i > 0:
            x = x * x * normal()
        else:
            x = x * w + normal()
    return x


def draws_in_a_loop_in_a_loop(x, w, n):
    for i in fg.range(n):
        for _ in fg.range(i + 2):
            x = x * w + fg.sin(x) * normal()
    return x


def draws_that_decide(x, w, n):
    for _ in fg.range(n):
        for _ in fg.range(2):
            if fg.reduce_sum(normal()) > 0.0:
                x = x * x * R.uniform([], dtype=fg.float64) * w
    return x


def draws_at_all_depths(x, w, n):
    if n > 0:
        if n > 1:
            x = x * x * normal()
            for _ in fg.range(2):
                x = x + 0.1 * normal()
                if n > 1:
                    x = x * x * normal()
    return x * w


def _called(x, w):
    CALLS.append(float(w))
    return fg.sin(x) * w * x if float(w) > 0.0 else x


def calls_python(x, w, n):
    return fg.py_function(_called, [x, w], fg.float64) * x


def calls_python_in_a_loop_in_a_loop(x, w, n):
    for i in fg.range(n):
        if i != 1:
            x = fg.py_function(_called, [x, w], fg.float64) * x
            for j in fg.range(2):
                both = lambda a, k: (a * fg.cast(k + 1, fg.float64), k)  # noqa: E731
                a, k = fg.py_function(both, [x, j], [fg.float64, fg.int32])
                x = x + a * 0.1 * fg.cast(k, fg.float64)
                x = x + fg.numpy_function(np.ones_like, [x], fg.float64)
        x = x * w
    return x


# ------------------------------------------------------------------------------------- derivatives
def first(f):
    def derived(x, w, n):
        with fg.GradientTape() as tape:
            tape.watch([x, w])
            y = f(x, w, n)
        return [y, *tape.gradient(y, [x, w], unconnected_gradients="zero")]

    return derived


def second(f):
    def derived(x, w, n):
        with fg.GradientTape(persistent=True) as tape:
            tape.watch([x, w])
            y, *slopes = first(f)(x, w, n)
        of = lambda g: tape.gradient(g, [x, w], unconnected_gradients="zero")  # noqa: E731
        return [y, *slopes, *of(slopes[0]), *of(slopes[1])]

    return derived


def third(f):
    def derived(x, w, n):
        with fg.GradientTape() as tape:
            tape.watch([x, w])
            results = second(f)(x, w, n)
            total = fg.reduce_sum(results[3] * results[5])
        return [*results, *tape.gradient(total, [x, w], unconnected_gradients="zero")]

    return derived


def forward(f):
    def derived(x, w, n):
        with fg.autodiff.ForwardAccumulator(x, fg.cos(x)) as accumulator:
            y = f(x, w, n)
        return y, accumulator.jvp(y, "zero")

    return derived


def inside_and_around(f):
    inner = fg.function(first(f))

    def derived(x, w, n):
        with fg.GradientTape() as tape:
            tape.watch([x, w])
            results = inner(x, w, n)
            total = fg.reduce_sum(results[1] * results[2])
        return [*results, *tape.gradient(total, [x, w], unconnected_gradients="zero")]

    return derived


def outcome(f, n):
    """What two calls of f give, how often Python was called, and what is drawn after each."""
    R.set_seed(3)
    found = []
    for _ in range(2):
        CALLS.clear()
        found += [y.numpy() for y in f(X, W, fg.constant(n))]
        found += [len(CALLS), float(R.normal([]))]
    return found


@pytest.mark.parametrize("n", [0, 1, 2, 4])
@pytest.mark.parametrize("derive", [first, second, third, forward, inside_and_around])
@pytest.mark.parametrize(
    "program",
    [
        draws_in_a_branch_in_a_loop,
        draws_in_a_loop_in_a_loop,
        draws_that_decide,
        draws_at_all_depths,
        calls_python,
        calls_python_in_a_loop_in_a_loop,
    ],
)
def test_gradients_are_those_of_eager_calls(program, derive, n):
    fg.config.run_functions_eagerly(True)
    try:
        want = outcome(derive(program), n)
    finally:
        fg.config.run_functions_eagerly(False)
    for f in (derive(fg.function(program)), fg.function(derive(program))):
        f(X, W, fg.constant(n))  # while tracing, Python is called to see what it gives
        got = outcome(f, n)
        for a, b in zip(got, want, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)


def test_a_gradient_may_be_asked_for_twice_and_after_other_calls():
    def slopes(f):
        R.set_seed(3)
        with fg.GradientTape(persistent=True) as tape:
            tape.watch(X)
            y, z = f(X, W, fg.constant(3)), f(X, W, fg.constant(2))
        return [tape.gradient(t, X).numpy().tolist() for t in (y, z, y)]

    for program in (draws_that_decide, calls_python_in_a_loop_in_a_loop):
        np.testing.assert_allclose(slopes(fg.function(program)), slopes(program), rtol=1e-12)


def test_what_was_kept_for_a_gradient_goes_with_the_tape():
    from fastgrad import journals

    f = fg.function(draws_in_a_loop_in_a_loop)
    f(X, W, fg.constant(3))
    assert not journals._found
    with fg.GradientTape() as tape:
        tape.watch(X)
        y = f(X, W, fg.constant(3))
    assert journals._found
    tape.gradient(y, X)
    del tape, y
    assert not journals._found


def test_python_functions_without_a_gradient():
    x = fg.constant(3.0)
    f = fg.function(lambda x: x * fg.py_function(lambda x: 2.0, [x], fg.float32))
    g = fg.function(lambda x: x + fg.numpy_function(lambda x: x * x, [x], fg.float32))
    for function, slope in ((f, 2.0), (g, 1.0)):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        assert tape.gradient(y, x).numpy() == slope
