"""Nothing stays behind: neither after what goes well nor after what goes wrong.

A debug build counts live tensors, buffers and records; each program must bring the counts back to
where they were. Other builds hold the memory of the process against many runs of the same programs,
and count Python's memory blocks and the objects its collector knows.
"""

import contextlib
import copy
import gc
import os
import sys
import threading
import weakref

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _pullbacks

from .support import inside


@pytest.fixture(autouse=True)
def without_plans():
    """The plan of a rule that is run often is made once, and stays."""
    before = _pullbacks.compile_after(1 << 60, 1 << 60)
    yield
    _pullbacks.compile_after(*before)


linux = pytest.mark.skipif(
    sys.platform != "linux" or "asan" in os.environ.get("LD_PRELOAD", ""),
    reason="reads /proc; a sanitizer keeps freed memory",
)


@fg.custom_gradient
def doubled(x):
    y = x * 2.0
    return y, lambda ct: ct * 2.0 + 0.0 * y


@fg.custom_gradient
def broken(x):
    def grad_fn(ct):
        raise KeyError("mine")

    return x * 2.0, grad_fn


@fg.recompute_grad
def recomputed(x):
    return fg.sin(x) * fg.exp(x)


class Unwilling:
    def __array__(self, dtype=None, copy=None):
        raise KeyError("mine")


def of_shape(size):
    return fg.Variable(np.linspace(0.1, 1.0, max(1, int(np.prod(size)))).reshape(size))


# ----------------------------------------------------------------------------------------- programs
def arithmetic(size):
    x = of_shape(size)
    with fg.GradientTape() as tape:
        y = fg.reduce_sum(fg.sin(x) * x + x / (1.0 + x**2) - fg.maximum(x, 0.5))
    tape.gradient(y, x)


def never_asked(size):
    x = of_shape(size)
    with fg.GradientTape():
        fg.reduce_sum(fg.tanh(x) * x)


def persistent(size):
    x = of_shape(size)
    with fg.GradientTape(persistent=True) as tape:
        y = fg.exp(x) * x
        z = fg.reduce_sum(y)
    tape.gradient(z, [x, y])
    tape.gradient(y, x)
    tape.jacobian(fg.reshape(y, (-1,))[:2] if y.ndim else y, x)
    tape.jacobian(z, [x, y])


def second_order(size):
    x = of_shape(size)
    with fg.GradientTape(persistent=True) as outer:
        with fg.GradientTape() as inner:
            y = fg.reduce_sum(fg.sin(x) * x * x)
        g = inner.gradient(y, x)
        h = fg.reduce_sum(g * g)
    outer.gradient(h, x)
    outer.gradient(g, x)


@inside
def asked_inside(size):
    x = of_shape(size)
    with fg.GradientTape(persistent=True) as tape:
        y = fg.sin(x) * x
        g = tape.gradient(y, x)
    tape.gradient(g, x)


def structured(size):
    x = of_shape(size)
    with fg.GradientTape() as tape:
        rows = fg.stack([x, x * 2.0, fg.cumsum(fg.reshape(x, (-1,)))[0] + x])
        parts = fg.split(rows, 3)
        y = fg.concat([*parts, fg.expand_dims(fg.gather(rows, [0, 2, 2])[0], 0)], 0)
        z = fg.reduce_logsumexp(fg.nn.softmax(fg.reshape(y, (1, -1)))) + fg.reduce_max(y[::-1])
    tape.gradient(z, [x, parts[1]])


def custom(size):
    x = of_shape(size)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as tape:
            y = fg.reduce_sum(recomputed(doubled(x)) * fg.grad_pass_through(fg.sin)(x))
        g = tape.gradient(y, x)
    outer.gradient(g, x)


def assigned(size):
    x = of_shape(size)
    with fg.GradientTape() as tape:
        y = fg.sin(x)
        x.assign_add(np.ones(size))
        kept = x.read_value()
        y = y * x
        x.assign(kept * 2.0)
    tape.gradient(y, x)
    copy.deepcopy(x), copy.copy(kept)


def optimised(size):
    x, w = of_shape(size), of_shape(size)
    for sgd in (
        fg.keras.optimizers.SGD(0.1),
        fg.keras.optimizers.SGD(0.1, momentum=0.9, nesterov=True, weight_decay=0.1),
        fg.keras.optimizers.SGD(lambda: 0.1, global_clipnorm=1.0),
    ):
        sgd.minimize(lambda: fg.reduce_sum(x * w * w), [x, w])
        sgd.apply_gradients([(np.ones(size), x), (fg.ones(size), w)])
        with contextlib.suppress(ValueError):
            sgd.apply_gradients([(fg.ones(size, fg.float64), x), (np.ones(77), w)])


def many_tapes(size):
    x = of_shape(size)
    with contextlib.ExitStack() as stack:
        tapes = [stack.enter_context(fg.GradientTape()) for _ in range(40)]
        y = fg.sin(x) * x
    for tape in tapes[::-3]:
        tape.gradient(y, x)


def left_in_any_order(size):
    x = of_shape(size)
    tapes = [fg.GradientTape(persistent=k % 2 == 0) for k in range(5)]
    for k, tape in enumerate(tapes):
        tape.__enter__()
        y = fg.sin(x) * float(k + 1)
    for k in (2, 4, 0):
        tapes[k].__exit__(None, None, None)
        y = y * x
    tapes[1].reset()
    with tapes[3].stop_recording():
        y = fg.cos(y)
    y = y * x
    for k in (3, 1):
        tapes[k].__exit__(None, None, None)
        tapes[k].gradient(y, x)
    del tapes[0], tapes[1:]


def used_again(size):
    x, tape = of_shape(size), fg.GradientTape()
    for _ in range(3):
        with tape:
            y = fg.sin(x) * x
        tape.gradient(y, x)


def functional(size):
    x = of_shape(size).numpy()
    fg.value_and_gradient(lambda a: fg.reduce_sum(a * a), x)
    value, vjp = fg.make_vjp(fg.sin)(x)
    vjp(np.ones(size))
    fg.function(lambda a: a * 2.0)(x)
    fg.gradient_function(fg.tanh)(x)


def cyclic(size):
    """A tape in a cycle with what it recorded: for the collector."""

    class Model:
        pass

    model, x = Model(), of_shape(size)

    @fg.custom_gradient
    def bound(y):
        return y * 2.0, lambda ct: ct * 2.0 if model else None

    with fg.GradientTape(persistent=True) as model.tape:
        model.y = fg.sin(bound(fg.exp(x)))
    model.tape.gradient(model.y, x)


def in_a_thread(size):
    x = of_shape(size)

    def work():
        with fg.GradientTape() as tape:
            y = fg.sin(x) * x
        tape.gradient(y, x)
        left.append(fg.GradientTape())
        left[0].__enter__()
        left.append(fg.concat([y, x], 0) if y.ndim else y)

    left = []
    thread = threading.Thread(target=work)
    thread.start()
    thread.join()


def views(size):
    t = fg.constant(of_shape(size))
    held = [np.asarray(t), memoryview(t), fg.reshape(t, (-1,)), t[None], np.from_dlpack(t)]
    del t
    assert [np.asarray(h).sum() for h in held]
    weakref.ref(fg.constant(1.0))


def wrong_calls(size):
    x = of_shape(size)
    with fg.GradientTape() as tape:
        y = fg.sin(x)
        for attempt in (
            lambda: y + np.ones(77),
            lambda: fg.matmul(y, fg.ones((3, 4))),
            lambda: fg.reduce_sum(y, axis=9),
            lambda: fg.reshape(y, (5, 5)),
            lambda: fg.concat([y, fg.ones((2, 2, 2))], 0),
            lambda: y[99],
            lambda: fg.gather(y, [99]),
            lambda: fg.cast(y, "nothing"),
            lambda: y * Unwilling(),
            lambda: fg.multiply(y, Unwilling()),
            lambda: fg.stack([y, Unwilling()]),
            lambda: fg.constant([[1.0], [1.0, 2.0]]),
            lambda: fg.zeros((2**40, 2**40)),
            lambda: fg.broadcast_to(x, (2**45, *size)),
            lambda: x.assign(np.ones(77)),
            lambda: x.assign_add(Unwilling()),
            lambda: tape.watch([x, 3.0]),
            lambda: fg.split(y, 7),
            lambda: fg.constant([2, 3]) ** -1,
            lambda: bool(fg.ones(3)),
            lambda: np.asarray(y),
            lambda: memoryview(y),
            lambda: fg.split(fg.ones((4,)), [1, 2]),
            lambda: fg.custom_gradient(lambda a: fg.sin(a))(y),
            lambda: fg.recompute_grad(lambda a: a + np.ones(77))(y),
        ):
            with contextlib.suppress(
                TypeError, ValueError, IndexError, KeyError, MemoryError, BufferError
            ):
                attempt()
    tape.gradient(y, x)


def wrong_gradients(size):
    x = of_shape(size)
    for persistent in (False, True):
        for bad in (
            broken,
            fg.custom_gradient(lambda a: (a * 1.0, lambda ct: np.ones(77))),
            fg.custom_gradient(lambda a: (a * 1.0, lambda ct: [ct, ct])),
            fg.custom_gradient(lambda a: (a * 1.0, lambda ct: "abc")),
            lambda a: fg.split(broken(fg.stack([a, a])), 2)[1],
        ):
            with fg.GradientTape(persistent) as tape:
                y = fg.sin(bad(fg.exp(doubled(x)))) * x
            for ask in (tape.gradient, tape.jacobian):
                with pytest.raises((KeyError, ValueError, TypeError, RuntimeError)):
                    ask(y, x)
        with fg.GradientTape(persistent) as tape:
            y = x * x
        for arguments in (
            (None, x),
            (y, "x"),
            (y, [x, 3.0]),
            (y, x, np.ones(77)),
            (y, x, Unwilling()),
            (y, x, None, "maybe"),
        ):
            with pytest.raises((TypeError, ValueError, KeyError, RuntimeError)):
                tape.gradient(*arguments)
        with pytest.raises((TypeError, RuntimeError)):
            tape.jacobian(y, 3.0)


def wrong_steps(size):
    x, w = of_shape(size), of_shape(size)
    sgd = fg.keras.optimizers.SGD(0.1, momentum=0.5)
    for pairs in (
        [(1.0, x), ("a", w)],
        [(None, x)],
        [(np.ones(size), x), (Unwilling(), w)],
        3,
        [3],
    ):
        with pytest.raises((TypeError, ValueError, KeyError)):
            sgd.apply_gradients(pairs)
    with pytest.raises(KeyError):
        sgd.minimize(lambda: broken(x), [x])


PROGRAMS = [
    arithmetic, never_asked, persistent, second_order, asked_inside, structured, custom, assigned,
    optimised, many_tapes, left_in_any_order, used_again, functional, cyclic, in_a_thread, views,
    wrong_calls, wrong_gradients, wrong_steps,
]  # fmt: skip
SIZES = [(), (3,), (4, 100)]


@inside
@pytest.mark.parametrize("size", SIZES, ids=str)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_live_objects(program, size):
    """After each program no tensor, buffer or record is left; nor Python objects, in any build."""
    for _ in range(5):
        program(size)
    gc.collect()
    before, objects, blocks = (
        fg.testing.live_counts(),
        len(gc.get_objects()),
        sys.getallocatedblocks(),
    )
    for _ in range(25):
        program(size)
    gc.collect()
    assert fg.testing.live_counts() == before
    assert len(gc.get_objects()) - objects <= 10
    assert sys.getallocatedblocks() - blocks <= 125


def test_any_number_of_cycles_is_collected():
    cyclic((3,))
    gc.collect()
    gc.disable()
    try:
        before, objects = fg.testing.live_counts(), len(gc.get_objects())
        for _ in range(100):
            cyclic((3,))
        gc.collect()
        assert len(gc.get_objects()) - objects <= 10
        assert fg.testing.live_counts() == before
    finally:
        gc.enable()


@inside
@pytest.mark.skipif(fg.testing.live_counts() is None, reason="only a debug build counts")
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_live_objects_without_the_collector(program):
    """Reference counts alone are enough, but for cycles that a user makes."""
    if program in (cyclic, wrong_gradients, wrong_calls, wrong_steps):
        pytest.skip("makes cycles, as tracebacks do")
    program((4, 100))
    gc.collect()
    gc.disable()
    try:
        before = fg.testing.live_counts()
        program((4, 100))
        assert fg.testing.live_counts() == before
    finally:
        gc.enable()


def resident():
    """Bytes of memory this process has."""
    return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")


def growth(step, runs):
    """Bytes by which the process grows over so many runs, from the least of four parts of them."""
    parts = []
    for _ in range(4):
        before = resident()
        for _ in range(runs // 4):
            step()
        gc.collect()
        parts.append(resident() - before)
    return 4 * min(parts)


RUNS = 400


@linux
@inside
@pytest.mark.isolated
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_memory_does_not_grow(program):
    """A leak of one tensor of 1 kB per run would show."""
    runs = RUNS if program not in (wrong_gradients, many_tapes) else RUNS // 4
    assert growth(lambda: program((16, 8)), runs) < runs * 1000


@linux
@inside
@pytest.mark.slow
@pytest.mark.isolated
@pytest.mark.parametrize("size", [(), (16, 8)], ids=str)
@pytest.mark.parametrize("program", PROGRAMS, ids=lambda p: p.__name__)
def test_memory_does_not_grow_in_many_steps(program, size):
    """A leak of a few bytes per run would show."""
    runs = (
        20_000 if program not in (wrong_gradients, wrong_calls, many_tapes, in_a_thread) else 4000
    )
    assert growth(lambda: program(size), runs) < 1_500_000


@linux
@pytest.mark.isolated
def test_a_hundred_thousand_training_steps():
    x = fg.Variable(1.0)

    def step():
        with fg.GradientTape() as tape:
            y = x * x * 0.5
        x.assign_sub(1e-4 * tape.gradient(y, x))

    assert growth(step, 100_000) < 1_000_000


@linux
@pytest.mark.isolated
def test_a_tape_kept_for_long_holds_only_its_own():
    """As the tape of an earlier cell of a notebook does."""
    x, v = fg.Variable(2.0), fg.Variable(np.ones(10))
    with fg.GradientTape(persistent=True) as old:
        y = x * x

    def step():
        w = fg.Variable(np.ones(10))
        with fg.GradientTape() as tape:
            z = x
            for _ in range(500):
                z = z * 1.001
            z = z + fg.reduce_sum(v * w)
        tape.gradient(z, [x, w])

    assert growth(step, 300) < 2_000_000
    w = fg.Variable(1.0)
    gone = weakref.ref(w)
    with fg.GradientTape() as tape:
        z = w * x
    tape.gradient(z, w)
    del w, z, tape
    gc.collect()
    assert gone() is None
    assert old.gradient(y, x).numpy() == 4.0


@linux
@pytest.mark.isolated
@pytest.mark.parametrize("recording", [False, True])
def test_steps_beside_many_live_tapes(recording):
    x, w = fg.Variable(np.ones(100)), fg.Variable(2.0)
    kept = []
    for _ in range(40):
        with fg.GradientTape(persistent=True) as tape:
            y = w * w
        kept.append(tape)
    if recording:
        kept[-1].__enter__()

    def step():
        with fg.GradientTape() as tape:
            z = fg.reduce_sum(fg.sin(x) * x)
            if recording:
                kept[-1].reset()
        tape.gradient(z, x)

    assert growth(step, 2000) < 1_000_000
    if recording:
        kept[-1].__exit__(None, None, None)
    assert [tape.gradient(y, w) is None for tape in kept] == [True] * 39 + [recording]


@linux
@pytest.mark.isolated
def test_threads_leave_nothing():
    x = fg.Variable(np.ones(100))

    def work():
        with fg.GradientTape() as tape:
            y = fg.sin(x) * x
        tape.gradient(y, x)

    def step():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert growth(step, 1000) < 2_000_000


def test_a_pool_gives_back_its_memory():
    from fastgrad._core import _buffer

    y = fg.ones((100, 1000)) * 2.0
    del y
    assert _buffer.trim_pool() > 0
    assert _buffer.trim_pool() == 0
