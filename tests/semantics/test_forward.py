"""Section 14 of docs/semantics.md: forward mode."""

import gc
import weakref

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.autodiff import ForwardAccumulator

from .support import derivatives, values


def jvp(f, x, direction):
    with ForwardAccumulator(x, direction) as acc:
        y = f(x)
    return acc.jvp(y)


# -------------------------------------------------------------------------------------------- answers
@pytest.mark.semantics("14.1")
def test_tangents_of_a_nest_are_looked_up_as_often_as_one_likes():
    x, v = fg.constant([1.0, 2.0]), fg.Variable(3.0)
    with ForwardAccumulator([x, v], [fg.constant([1.0, 0.0]), fg.constant(2.0)]) as acc:
        y = {"a": x * x, "b": (v * v, x * v)}
        inside = acc.jvp(y)
    assert values(list(inside["b"])) == [12.0, [5.0, 4.0]]
    again = acc.jvp(y)
    assert again["a"].numpy().tolist() == [2.0, 0.0] and acc.jvp(x).numpy().tolist() == [1.0, 0.0]
    assert acc.jvp(v).numpy() == 2.0


@pytest.mark.semantics("14.2")
def test_what_does_not_depend_on_a_primal_has_none_or_zeros():
    x, other = fg.constant(2.0), fg.constant([1.0, 1.0])
    with ForwardAccumulator(x, fg.constant(1.0)) as acc:
        before = other * 2.0
        cut = fg.stop_gradient(x) * 2.0
        chosen = fg.cast(x > 1.0, fg.float32)
    after = x * x
    assert values(acc.jvp([before, cut, chosen, after])) == [None] * 4
    assert values(acc.jvp([before], unconnected_gradients="zero")) == [[0.0, 0.0]]
    assert acc.jvp(before, fg.UnconnectedGradients.ZERO).numpy().tolist() == [0.0, 0.0]
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients"):
        acc.jvp(before, "nonsense")


@pytest.mark.semantics("14.2")
def test_a_value_that_does_not_change_has_the_tangent_zero():
    x = fg.constant([1.0, -2.0])
    assert jvp(lambda x: x * 0.0, x, fg.constant([1.0, 1.0])).numpy().tolist() == [0.0, 0.0]
    assert jvp(fg.sign, x, fg.constant([1.0, 1.0])).numpy().tolist() == [0.0, 0.0]


@pytest.mark.semantics("14.3")
def test_entering():
    x = fg.constant(2.0)
    acc = ForwardAccumulator(x, fg.constant(1.0))
    with acc:
        y = x * x
        with pytest.raises(ValueError, match="Accumulator is already recording"):
            acc.__enter__()
    z = y * y
    with acc:
        w = y * y
    assert values(acc.jvp([y, z, w])) == [4.0, None, 32.0]


@pytest.mark.semantics("14.3")
def test_an_exception_in_the_block_ends_it():
    x = fg.constant(2.0)
    acc = ForwardAccumulator(x, fg.constant(1.0))
    with pytest.raises(KeyError), acc:
        y = x * x
        raise KeyError
    assert acc.jvp(y).numpy() == 4.0 and acc.jvp(x * x) is None


@pytest.mark.semantics("14.4")
@pytest.mark.parametrize(
    ("primals", "tangents", "kind", "match"),
    [
        ([1, 1], [2.0, 2.0], ValueError, "the same primal twice"),
        ([1], [[1.0, 1.0]], ValueError, r"shape \(2,\).*\(\)"),
        ([1], [np.float64(1.0)], ValueError, "float64.*float32"),
        ([3.0], [1.0], TypeError, "a Tensor or a Variable, not 3.0"),
        ([1], [1.0, 2.0], ValueError, "structure|length|elements"),
    ],
)
def test_misuse(primals, tangents, kind, match):
    x = fg.constant(2.0)
    given = [x if p == 1 else p for p in primals]
    with pytest.raises(kind, match=match):
        ForwardAccumulator(given, [fg.constant(t) for t in tangents])
    with pytest.raises(TypeError, match="must be floating, got int32"):
        ForwardAccumulator(fg.constant(1), fg.constant(1))
    assert jvp(lambda x: x * x, x, fg.constant(1.0)).numpy() == 4.0


@pytest.mark.semantics("14.4")
def test_a_refused_accumulator_watches_nothing():
    x, y = fg.constant(2.0), fg.constant(3.0)
    with pytest.raises(ValueError):
        ForwardAccumulator([x, y], [fg.constant(1.0), fg.constant([1.0])])
    with ForwardAccumulator(y, fg.constant(1.0)) as acc:
        z = x * y
    assert acc.jvp(z).numpy() == 2.0 and acc.jvp(x) is None


# -------------------------------------------------------------------------------------------- nesting
@pytest.mark.semantics("14.5")
def test_nesting_gives_higher_orders():
    x, one = fg.constant(np.float64(0.7)), fg.constant(np.float64(1.0))
    with ForwardAccumulator(x, one) as a, ForwardAccumulator(x, one) as b:
        with ForwardAccumulator(x, one) as c:
            y = fg.exp(x) * fg.sin(x)
        third = a.jvp(b.jvp(c.jvp(y)))
    want = derivatives(lambda x: fg.exp(x) * fg.sin(x), x, 3)
    np.testing.assert_allclose(c.jvp(y), want[1], rtol=1e-14)
    np.testing.assert_allclose(b.jvp(c.jvp(y)), want[2], rtol=1e-14)
    np.testing.assert_allclose(third, want[3], rtol=1e-13)
    assert c.jvp(a.jvp(y)) is None and b.jvp(a.jvp(y)) is None


def product(x):
    return fg.reduce_sum(fg.tanh(fg.linalg.matmul(fg.reshape(x, (1, 3)), W)) ** 3.0) * x[1]


W = fg.constant(np.random.default_rng(0).normal(size=(3, 3)))
X, U = fg.constant(np.array([0.3, -0.2, 0.9])), fg.constant(np.array([1.0, -1.0, 2.0]))


def back_over_back(f, x, u):
    with fg.GradientTape() as outer:
        outer.watch(x)
        with fg.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x)
    return outer.gradient(g, x, output_gradients=u)


@pytest.mark.semantics("14.6")
def test_products_with_the_hessian_agree():
    want = back_over_back(product, X, U)
    with ForwardAccumulator(X, U) as acc:
        with fg.GradientTape() as tape:
            tape.watch(X)
            y = product(X)
        g = tape.gradient(y, X)
    np.testing.assert_allclose(acc.jvp(g), want, rtol=1e-13)
    with fg.GradientTape() as tape:
        tape.watch(X)
        with ForwardAccumulator(X, U) as acc:
            y = product(X)
    np.testing.assert_allclose(tape.gradient(acc.jvp(y), X), want, rtol=1e-13)


@pytest.mark.semantics("14.6")
def test_a_tape_inside_does_not_record_tangents():
    x = fg.constant(2.0)
    with ForwardAccumulator(x, fg.constant(1.0)) as acc, fg.GradientTape() as tape:
        tape.watch(x)
        y = x * x * x
    assert acc.jvp(y).numpy() == 12.0 and tape.gradient(acc.jvp(y), x) is None


@pytest.mark.semantics("14.7")
def test_stopping_a_tape_does_not_stop_an_accumulator():
    x = fg.constant(2.0)
    with ForwardAccumulator(x, fg.constant(1.0)) as acc, fg.GradientTape() as tape:
        tape.watch(x)
        with tape.stop_recording():
            y = x * x
        z = y * x
    assert acc.jvp(z).numpy() == 12.0 and tape.gradient(z, x).numpy() == 4.0


@pytest.mark.semantics("14.7")
def test_a_tape_that_paused_is_still_the_outer_one():
    x = fg.constant(2.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        with ForwardAccumulator(x, fg.constant(1.0)) as acc:
            with tape.stop_recording():
                pass
            y = x * x * x
    assert tape.gradient(acc.jvp(y), x).numpy() == 12.0


# ---------------------------------------------------------------------------------------- your own
@pytest.mark.semantics("14.8")
def test_custom_gradients_are_transposed():
    v = fg.Variable(2.0)

    @fg.custom_gradient
    def f(x, y):
        return (x * x, x * y), lambda a, b: (a * 2.0 * x + b * y + 100.0 * a, fg.reduce_sum(b * x))

    with ForwardAccumulator([X, v], [U, fg.constant(1.0)]) as acc:
        a, b = f(X, fg.constant(np.float64(3.0)))
        c = fg.recompute_grad(lambda x: fg.sin(x) * x * v)(X)
    np.testing.assert_allclose(acc.jvp(a), (2.0 * X + 100.0) * U, rtol=1e-14)
    np.testing.assert_allclose(acc.jvp(b), 3.0 * U, rtol=1e-14)
    want = (fg.cos(X) * X + fg.sin(X)) * U * 2.0 + fg.sin(X) * X
    np.testing.assert_allclose(acc.jvp(c), want, rtol=1e-6)


@pytest.mark.semantics("14.8")
def test_exceptions_of_a_custom_gradient_come_out():
    @fg.custom_gradient
    def f(x):
        def grad(ct):
            raise KeyError("mine")

        return x * x, grad

    x = fg.constant(2.0)
    with ForwardAccumulator(x, fg.constant(1.0)) as acc:
        with pytest.raises(KeyError, match="mine"):
            f(x)
        y = x * x
    assert acc.jvp(y).numpy() == 4.0


# ------------------------------------------------------------------------------------------ variables
@pytest.mark.semantics("14.9")
def test_variables_are_primals():
    v, w = fg.Variable(3.0), fg.Variable(5.0, trainable=False)
    with ForwardAccumulator([v, w], [fg.constant(1.0), fg.constant(10.0)]) as acc:
        y = v * v * w
        v.assign(4.0)
        z = v * v
    assert values(acc.jvp([y, z])) == [6.0 * 5.0 + 90.0, 8.0]


@pytest.mark.semantics("14.10")
def test_complex_tangents():
    z = fg.constant(1 + 2j)
    with ForwardAccumulator(z, fg.constant(1j)) as acc:
        y, size, part = z * z, fg.abs(z), fg.math.real(z * z)
    assert acc.jvp(y).numpy() == 1j * (2 + 4j)
    np.testing.assert_allclose(acc.jvp(size), 2 / np.sqrt(5), rtol=1e-15)
    assert acc.jvp(part).dtype == fg.float64 and acc.jvp(part).numpy() == -4.0


# --------------------------------------------------------------------------------------------- memory
@pytest.mark.semantics("14.11")
def test_a_tangent_dies_with_its_primal():
    x = fg.constant(np.ones(100))
    tangent = fg.constant(np.ones(100))
    ref = weakref.ref(tangent)
    with ForwardAccumulator(x, tangent) as acc:
        y = x * 2.0
        del tangent
        other = weakref.ref(acc.jvp(y))
        assert ref() is not None and other() is not None
        del y
        assert other() is None
        del x
        assert ref() is None


@pytest.mark.semantics("14.11")
def test_a_long_chain_keeps_one_tangent_at_a_time():
    x = fg.constant(np.ones(1000))
    gc.disable()
    try:
        with ForwardAccumulator(x, fg.constant(np.ones(1000))) as acc:
            y, refs = x, []
            for _ in range(20):
                y = fg.sin(y) * 0.5
                refs.append(weakref.ref(acc.jvp(y)))
        assert [ref() is None for ref in refs] == [True] * 19 + [False]
        del acc
        assert refs[-1]() is None
    finally:
        gc.enable()


@pytest.mark.semantics("14.12")
def test_thread_and_pickle():
    import pickle
    import threading

    x = fg.constant(2.0)
    acc, seen = ForwardAccumulator(x, fg.constant(1.0)), []

    def enter():
        try:
            with acc:
                pass
        except RuntimeError as error:
            seen.append(str(error))

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert len(seen) == 1 and "thread" in seen[0]
    with pytest.raises(TypeError, match="cannot pickle an accumulator"):
        pickle.dumps(acc)
