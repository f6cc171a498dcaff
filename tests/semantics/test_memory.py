"""Section 10 of docs/semantics.md: what a tape keeps alive, and for how long.

What a tape saved for a custom gradient is an ordinary Python object, so a weak reference tells
when the tape let go of it, in every build. A debug build also counts tensors, buffers and records.
"""

import gc
import sys
import weakref

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _pullbacks

N = 1000


@pytest.fixture(autouse=True)
def without_collector():
    """What these tests free goes by reference counts alone, unless they call the collector."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


@pytest.fixture(autouse=True)
def without_plans():
    """The plan of a rule that is run often is made once, and stays."""
    before = _pullbacks.compile_after(1 << 60, 1 << 60)
    yield
    _pullbacks.compile_after(*before)


class Kept:
    """Something that a gradient function holds on to."""


def keeping(x):
    """2 x, and a weak reference to what the record of it keeps alive."""
    kept = Kept()

    @fg.custom_gradient
    def double(x):
        return x * 2.0, lambda ct: ct * 2.0 if kept else None

    return double(x), weakref.ref(kept)


def live():
    """The live counts of a debug build, or None."""
    return fg.testing.live_counts()


@pytest.mark.semantics("10.1")
def test_gradient_lets_go_of_everything():
    x = fg.Variable(np.ones(N))
    with fg.GradientTape() as tape:
        y, kept = keeping(x)
        z = fg.exp(y) * y
        middle = weakref.ref(y)
        del y
    assert kept() is not None
    g = tape.gradient(z, x)
    assert kept() is None and middle() is None
    assert g.shape == (N,) and tape.watched_variables()[0] is x


@pytest.mark.semantics("10.1")
def test_gradient_frees_every_buffer():
    x = fg.Variable(np.ones(N))
    before = live()
    with fg.GradientTape() as tape:
        y = x
        for _ in range(50):
            y = fg.sin(y)
    during = live()
    g = tape.gradient(y, x)
    assert g.shape == (N,)
    del y, g
    if before is not None:
        assert during["buffers"] >= before["buffers"] + 50
        assert live() == before


@pytest.mark.semantics("10.2")
def test_a_persistent_tape_keeps_until_it_is_deleted():
    x = fg.Variable(np.ones(N))
    with fg.GradientTape(persistent=True) as tape:
        y, kept = keeping(x)
        z = fg.exp(y) * y
    for _ in range(2):
        assert tape.gradient(z, x).shape == (N,)
    assert kept() is not None
    del tape
    assert kept() is None
    assert z.shape == y.shape == (N,)


@pytest.mark.semantics("10.2")
def test_a_deleted_tape_frees_every_buffer():
    x = fg.Variable(np.ones(N))
    before = live()
    with fg.GradientTape(persistent=True) as tape:
        y = x
        for _ in range(50):
            y = fg.sin(y)
    assert tape.gradient(y, x).shape == (N,)
    gone = weakref.ref(tape)
    del tape, y
    assert gone() is None
    assert live() == before


@pytest.mark.semantics("10.2")
def test_nested_tapes_are_freed_one_by_one():
    x = fg.Variable(np.ones(N))
    with fg.GradientTape(persistent=True) as outer:
        with fg.GradientTape(persistent=True) as inner:
            y, kept = keeping(x)
            z = y * y
        g = inner.gradient(z, x)
    del inner
    assert kept() is not None
    assert outer.gradient(g, x).numpy()[0] == 8.0
    del outer
    assert kept() is None


@pytest.mark.semantics("10.2")
def test_a_tape_that_was_never_asked_is_freed():
    x = fg.Variable(np.ones(N))
    with fg.GradientTape() as tape:
        y, kept = keeping(x)
    assert kept() is not None
    del tape
    assert kept() is None and y.shape == (N,)


@pytest.mark.semantics("10.2", "3.25")
def test_reset_lets_go():
    x = fg.Variable(np.ones(N))
    with fg.GradientTape() as tape:
        y, kept = keeping(x)
        assert kept() is not None
        tape.reset()
        assert kept() is None
    assert y.shape == (N,)


def step(x, opt):
    """One training step with a nested tape, a jacobian and a function."""
    with fg.GradientTape() as outer:
        with fg.GradientTape(persistent=True) as inner:
            y = fg.reduce_sum(fg.tanh(x) * x) + x[0] ** 2
        g = inner.gradient(y, x)
        penalty = fg.reduce_sum(g * g)
    opt.apply_gradients([(outer.gradient(penalty, x), x)])
    with fg.GradientTape() as tape:
        z = x[:2] * x[1:3]
    tape.jacobian(z, x)
    x.assign_add(np.full(x.shape, 1e-3))


@pytest.mark.semantics("10.3")
def test_steps_leave_no_objects():
    x, opt = fg.Variable(np.ones(5)), fg.keras.optimizers.SGD(0.01, momentum=0.9)
    for _ in range(20):
        step(x, opt)
    before, blocks = live(), sys.getallocatedblocks()
    for _ in range(300):
        step(x, opt)
    assert sys.getallocatedblocks() - blocks < 100
    assert live() == before


@pytest.mark.semantics("10.4")
def test_operands_of_an_addition_are_not_kept():
    a = fg.constant(np.ones(N))
    with fg.GradientTape() as tape:
        tape.watch(a)
        b = a + 1.0
        c = b + 2.0
        passed = weakref.ref(b)
        del b
        assert passed() is None
    assert tape.gradient(c, a).numpy()[0] == 1.0


@pytest.mark.semantics("10.4")
@pytest.mark.parametrize(
    ("f", "kept"),
    [
        (lambda y: y + 1.0, 0),
        (lambda y: -y, 0),
        (lambda y: y * 2.0, 0),
        (fg.sin, 1),
        (fg.exp, 1),
        (fg.nn.relu, 1),
        (lambda y: y * y, 1),
    ],
    ids=["add", "negative", "scale", "sin", "exp", "relu", "multiply"],
)
def test_how_many_buffers_a_chain_keeps(f, kept):
    x = fg.Variable(np.ones(N))
    with fg.GradientTape() as tape:
        y = f(x)
        before = live()
        for _ in range(20):
            y = f(y)
        if before is not None:
            assert live()["buffers"] - before["buffers"] <= 20 * kept + 1
    assert tape.gradient(y, x).shape == (N,)


@pytest.mark.semantics("10.5")
def test_an_operation_without_tracked_inputs_is_not_recorded():
    c, x = fg.constant(np.ones(N)), fg.Variable(np.ones(N))
    with fg.GradientTape() as tape:
        y = x * 1.0
        before = live()
        untracked, kept = keeping(c)
        untracked = fg.sin(untracked)
        assert kept() is None
        if before is not None:
            assert live()["records"] == before["records"]
    assert tape.gradient(y, x).numpy()[0] == 1.0


@pytest.mark.semantics("10.5")
def test_nothing_is_recorded_without_a_tape():
    x = fg.Variable(np.ones(N))
    before = live()
    y, kept = keeping(x)
    assert kept() is None
    del y
    assert live() == before


@pytest.mark.semantics("10.6")
def test_a_cycle_through_a_tape_is_collected():
    class Model:
        def run(self):
            @fg.custom_gradient
            def double(x):
                return x * 2.0, lambda ct: ct * 2.0 if self else None

            x = fg.Variable(1.0)
            with fg.GradientTape(persistent=True) as self.tape:
                self.y = double(x)

    model = Model()
    model.run()
    gone = weakref.ref(model)
    del model
    assert gone() is not None
    gc.collect()
    assert gone() is None


@pytest.mark.semantics("10.7")
def test_a_long_chain_is_released():
    x = fg.Variable(np.ones(3))
    before = live()
    with fg.GradientTape(persistent=True) as tape:
        y = x
        for _ in range(20_000):
            y = fg.sin(y)
    assert y.numpy().max() < 0.1
    del tape, y
    assert live() == before


@pytest.mark.semantics("10.8")
def test_a_step_that_raises_leaks_nothing():
    x = fg.Variable(np.ones(N))

    @fg.custom_gradient
    def broken(x):
        def grad_fn(ct):
            raise KeyError("mine")

        return x * 2.0, grad_fn

    def bad_step():
        with fg.GradientTape() as tape:
            y = fg.sin(broken(fg.exp(x)))
        with pytest.raises(KeyError):
            tape.gradient(y, x)
        with pytest.raises(ValueError), fg.GradientTape() as tape:
            _ = fg.exp(x) + np.ones(N + 1)

    for _ in range(5):
        bad_step()
    gc.collect()
    before, blocks = live(), sys.getallocatedblocks()
    for _ in range(100):
        bad_step()
    gc.collect()
    assert sys.getallocatedblocks() - blocks < 60
    assert live() == before
