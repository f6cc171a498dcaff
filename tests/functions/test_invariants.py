"""What a loop computes anew in every turn though it is the same is computed once, before the loop."""

import numpy as np
import pytest

import fastgrad as fg


def loop_of(plan):
    """The names of operations in the body of a plan's one loop, and of those before it."""
    before = []
    for instruction in plan.data["instructions"]:
        if instruction["kind"] == "loop":
            body = [name for part in instruction["body"] for name, *_ in part["operations"]]
            return before, body
        before += [name for name, *_ in instruction["operations"]]
    raise AssertionError("a plan without a loop")


def weighted(n, w, x):
    total = fg.zeros_like(x)
    for _ in fg.range(n):
        total = total * 0.5 + fg.sin(w) * fg.reduce_sum(x * 2.0)
    return total


@pytest.mark.parametrize("shape", [(), (3,), (40, 30)])
def test_invariants_are_computed_before(shape):
    w = fg.constant(np.random.default_rng(1).normal(size=shape))
    x = fg.constant(np.random.default_rng(2).normal(size=shape))
    f = fg.function(weighted)
    for n in (0, 1, 5):
        assert f(fg.constant(n), w, x).numpy().tobytes() == weighted(n, w, x).numpy().tobytes()
    before, body = loop_of(f.plan(fg.constant(3), w, x))
    assert {"sin", "multiply"} <= set(before)
    assert "sin" not in body and "sum" not in body
    assert body.count("multiply") == 1


def test_memory_of_an_invariant_is_kept_for_all_turns():
    @fg.function
    def f(n, w):
        x = fg.zeros_like(w)
        for _ in fg.range(n):
            y = fg.exp(w)
            for _ in fg.range(n):  # arrays of the same size are made and freed meanwhile
                x = fg.tanh(fg.cos(x) + fg.sin(x) * 0.5)
            x = x + y
        return x + fg.exp(w)

    w = np.linspace(-1, 1, 5000)
    x = np.zeros_like(w)
    for _ in range(3):
        for _ in range(3):
            x = np.tanh(np.cos(x) + np.sin(x) * 0.5)
        x = x + np.exp(w)
    got = f(fg.constant(3), fg.constant(w)).numpy()
    np.testing.assert_allclose(got, x + np.exp(w), rtol=1e-12)


def test_what_may_raise_stays_in_the_loop():
    @fg.function
    def f(n, base, exponent):
        k = fg.constant(0)
        for _ in fg.range(n):
            k = k + base**exponent
        return k

    arguments = fg.constant(2), fg.constant(-1)
    assert f(fg.constant(0), fg.constant(2), fg.constant(3)).numpy() == 0
    assert f(fg.constant(0), *arguments).numpy() == 0
    with pytest.raises(ValueError, match="negative integer powers"):
        f(fg.constant(1), *arguments)


def test_gradients_of_invariants():
    @fg.function
    def f(n, w):
        with fg.GradientTape() as tape:
            tape.watch(w)
            y = fg.constant(0.1, fg.float64)
            for _ in fg.range(n):
                y = y * fg.reduce_sum(w) + fg.reduce_mean(fg.sin(w))
        return tape.gradient(y, w)

    w = fg.constant(np.linspace(0.1, 0.4, 4))
    for n in (0, 1, 4):
        with fg.GradientTape() as tape:
            tape.watch(w)
            y = fg.constant(0.1, fg.float64)
            for _ in range(n):
                y = y * fg.reduce_sum(w) + fg.reduce_mean(fg.sin(w))
        want = tape.gradient(y, w, unconnected_gradients="zero")
        np.testing.assert_allclose(f(fg.constant(n), w).numpy(), want.numpy(), rtol=1e-12)
