"""Optimisers in functions that are traced: the bits of eager steps, and rates that are read in each call."""

import numpy as np
import pytest

import fastgrad as fg

SGD = fg.keras.optimizers.SGD
OPTIONS = {
    "plain": {},
    "momentum": {"momentum": 0.9},
    "nesterov": {"momentum": 0.9, "nesterov": True},
    "weight_decay": {"weight_decay": 0.01, "momentum": 0.5},
    "clipvalue": {"clipvalue": 0.3},
    "clipnorm": {"clipnorm": 0.7},
    "global_clipnorm": {"global_clipnorm": 0.7},
    "schedule of operations": {"learning_rate": lambda n: 0.3 / (1.0 + fg.cast(n, fg.float64))},
    "schedule of Python": {"learning_rate": lambda n: 0.3 / (1 + int(n))},
    "schedule that branches": {"learning_rate": lambda n: 0.3 if n < 2 else 0.1},
    "schedule of nothing": {"learning_rate": lambda: 0.3},
    "a Variable": {"learning_rate": fg.Variable(0.3)},
}
options = pytest.mark.parametrize("given", OPTIONS.values(), ids=OPTIONS)


def trained(given, dtype, wrap, steps=4):
    """The Variables after some steps, in bits."""
    w = fg.Variable(np.linspace(-1, 2, 6).reshape(3, 2), dtype=dtype)
    b = fg.Variable([0.3, -0.2], dtype=dtype)
    optimiser = SGD(**{"learning_rate": 0.3, **given})

    @wrap
    def step(x):
        with fg.GradientTape() as tape:
            loss = fg.reduce_sum(fg.tanh(x @ w + b) ** 2)
        optimiser.apply_gradients(zip(tape.gradient(loss, [w, b]), [w, b], strict=True))
        return loss

    found = []
    for k in range(steps):
        found.append(
            step(fg.constant(np.linspace(-1, k, 12).reshape(4, 3), dtype)).numpy().tolist()
        )
        found += [v.numpy().tolist() for v in (w, b)]
    return found, int(optimiser.iterations)


@options
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_steps_are_those_of_eager_calls(given, dtype):
    assert trained(given, dtype, fg.function) == trained(given, dtype, lambda f: f)


@pytest.mark.parametrize(
    "given", [OPTIONS[k] for k in ("plain", "momentum", "nesterov", "weight_decay", "clipvalue")]
)
@pytest.mark.parametrize("fixed", [False, True])
def test_rows_that_a_gradient_names_are_moved(given, fixed):
    results = []
    for wrap in (lambda f: f, fg.function):
        w = fg.Variable(np.linspace(-1, 2, 6).reshape(3, 2))
        optimiser = SGD(**{"learning_rate": 0.3, **given})

        @wrap
        def step(values, at, w=w, optimiser=optimiser):
            slices = fg.IndexedSlices(values, [2, 0, 2] if fixed else at, w.shape)
            optimiser.apply_gradients([(slices, w)])

        for k in range(4):
            step(fg.constant(np.linspace(-1, k, 6).reshape(3, 2)), fg.constant([k % 3, 0, k % 3]))
            results.append(w.numpy().tolist())
    assert results[:4] == results[4:]
    assert len({str(r) for r in results}) == 4


@options
def test_steps_in_a_loop_are_those_of_eager_calls(given):
    def program(x, n, optimiser):
        for _ in fg.range(n):
            with fg.GradientTape() as tape:
                loss = fg.reduce_sum((x - 3.0) ** 4)
            optimiser.apply_gradients([(tape.gradient(loss, x), x)])
        return optimiser.iterations

    results = []
    for wrap in (lambda f: f, fg.function):
        x, optimiser = fg.Variable([1.0, 2.5]), SGD(**{"learning_rate": 0.01, **given})
        f = wrap(program)
        counts = [int(f(x, fg.constant(n), optimiser)) for n in (2, 3)]
        results.append((counts, x.numpy().tolist()))
    assert results[0] == results[1]


def test_a_rate_that_is_changed_acts_on_traced_functions():
    x, optimiser = fg.Variable(0.0, dtype=fg.float64), SGD(0.1)

    @fg.function
    def step():
        optimiser.apply_gradients([(fg.constant(-1.0, fg.float64), x)])

    def moved():
        before = float(x)
        x.assign(0.0)
        step()
        assert before is not None
        return float(x)

    assert moved() == 0.1  # all digits of a float64
    optimiser.learning_rate = 0.2
    assert moved() == 0.2 and float(optimiser.learning_rate) == np.float32(0.2)
    optimiser.learning_rate.assign(0.3)
    assert moved() == np.float32(0.3) == optimiser.get_config()["learning_rate"]
    optimiser.learning_rate = 0.3
    assert moved() == 0.3 == optimiser.get_config()["learning_rate"]
    x.assign(0.0)
    optimiser.apply_gradients([(fg.constant(-1.0, fg.float64), x)])
    assert float(x) == 0.3
    with pytest.raises(ValueError, match="learning_rate"):
        optimiser.learning_rate = -1.0
    assert moved() == 0.3


def test_a_rate_may_be_set_inside():
    x, optimiser = fg.Variable(0.0), SGD(0.5)

    @fg.function
    def step(rate):
        optimiser.learning_rate = rate
        optimiser.apply_gradients([(fg.constant(-1.0), x)])
        optimiser.learning_rate.assign(rate * 2)

    step(fg.constant(0.25))
    assert float(x) == 0.25 and float(optimiser.learning_rate) == 0.5
    step(fg.constant(1.0))
    assert float(x) == 1.25 and float(optimiser.learning_rate) == 2.0


def test_tracing_changes_no_optimiser():
    x, optimiser = fg.Variable(1.0), SGD(0.5, momentum=0.5)
    refused = fg.function(
        lambda: (optimiser.apply_gradients([(fg.constant(1.0), x)]), fg.constant("x"))
    )
    with pytest.raises((TypeError, ValueError)):
        refused()
    assert float(x) == 1.0 and int(optimiser.iterations) == 0
