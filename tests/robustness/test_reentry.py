"""Tapes, variables and optimisers under misuse: re-entered, interrupted, shared, forked, nested."""

import contextlib
import copy
import gc
import itertools
import os
import pickle
import sys
import time
import weakref

import numpy as np
import pytest

import fastgrad as fg

from .support import in_thread, numbers, works


# ---------------------------------------------------------------------- sources that operations made
@pytest.mark.isolated
@pytest.mark.parametrize("more", [False, True])
def test_sources_with_records_before_them(more):
    x = fg.Variable([1.0, 2.0, 3.0, 4.0])
    with fg.GradientTape(persistent=True) as tape:
        before = x * 1.0 if more else x
        part = before[0:2]
        a, b, c, d = fg.split(before, 4)
        row = before[fg.constant([0, 0, 1])]
        z = fg.reduce_sum(part * part) + fg.reduce_sum(a * b * c * d) + fg.reduce_sum(row * row)
    assert numbers(tape.gradient(z, part)) == [2.0, 4.0]
    assert numbers(tape.gradient(z, row)) == [2.0, 2.0, 4.0]
    assert numbers(tape.gradient(z, [b, d])) == [[12.0], [6.0]]
    assert numbers(tape.gradient(z, [d, x, a])) == [[6.0], [30.0, 20.0, 8.0, 6.0], [24.0]]
    assert numbers(tape.gradient(z, [a, b, c, d, part, row, x]))[-1] == [30.0, 20.0, 8.0, 6.0]
    assert numbers(tape.gradient([b, d], [d, b])) == [[1.0], [1.0]]


# ------------------------------------------------------------------------------------------- re-entry
def asking(tape_of, targets, kind="gradient"):
    """A function whose gradient asks the running tape for something first; gives what came of it."""
    heard = []

    @fg.custom_gradient
    def f(x):
        def grad_fn(ct):
            try:
                if kind == "gradient":
                    heard.append(tape_of().gradient(*targets()))
                elif kind == "jacobian":
                    heard.append(tape_of().jacobian(*targets()))
                else:
                    heard.append(kind(tape_of()))
            except Exception as error:
                heard.append(error)
            return ct * 2.0

        return x * 2.0, grad_fn

    return f, heard


@pytest.mark.isolated
@pytest.mark.parametrize("size", [(), (500,)])
@pytest.mark.parametrize("kind", ["gradient", "jacobian"])
def test_gradient_within_a_gradient_of_the_same_tape(size, kind):
    x = fg.Variable(np.full(size, 0.5))
    f, heard = asking(lambda: tape, lambda: (y, x), kind)
    with fg.GradientTape() as tape:
        y = x * x
        z = fg.sin(f(fg.exp(y)))
    g = tape.gradient(z, x).numpy()
    want = 2 * np.cos(2 * np.exp(0.25)) * np.exp(0.25)
    np.testing.assert_allclose(g, np.full(size, want), rtol=1e-12)
    assert isinstance(heard[0], RuntimeError)
    with pytest.raises(RuntimeError):
        tape.gradient(z, x)


@pytest.mark.isolated
def test_gradient_within_a_gradient_of_the_same_persistent_tape():
    x = fg.Variable(np.full(5, 0.5))
    f, heard = asking(lambda: tape, lambda: (y, x))
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
        z = fg.sin(f(fg.exp(y)))
    want = 2 * np.cos(2 * np.exp(0.25)) * np.exp(0.25)
    for _ in range(3):
        np.testing.assert_allclose(tape.gradient(z, x).numpy(), np.full(5, want), rtol=1e-12)
    assert [h.numpy().tolist() for h in heard] == [[1.0] * 5] * 3


MEDDLING = {
    "reset": lambda tape: tape.reset(),
    "enter": lambda tape: tape.__enter__(),
    "exit": lambda tape: tape.__exit__(None, None, None),
    "use up": lambda tape: tape._use_up(),
    "stop": lambda tape: tape.stop_recording().__enter__(),
    "watch": lambda tape: tape.watch(fg.constant(1.0)),
    "init": lambda tape: tape.__init__(persistent=True),
    "collect": lambda tape: gc.collect(),
    "another": lambda tape: fg.GradientTape().__enter__(),
    "another used": lambda tape: [works() for _ in range(20)],
    "thread": lambda tape: in_thread(works),
}


@pytest.mark.isolated
@pytest.mark.parametrize("size", [(), (500,)])
@pytest.mark.parametrize("persistent", [False, True])
@pytest.mark.parametrize("meddle", MEDDLING.values(), ids=MEDDLING)
def test_meddling_with_a_tape_from_its_gradient(meddle, persistent, size):
    x = fg.Variable(np.full(size, 0.5))
    f, heard = asking(lambda: tape, None, meddle)
    with fg.GradientTape(persistent) as tape:
        z = fg.sin(f(fg.exp(x * x)))
        if meddle is MEDDLING["exit"]:  # inside the block
            with contextlib.suppress(UserWarning):
                g = tape.gradient(z, x)
                assert g.shape == x.shape
            z = fg.sin(f(fg.exp(x * x)))
    want = 2 * np.cos(2 * np.exp(0.25)) * np.exp(0.25)
    with contextlib.suppress(RuntimeError):
        np.testing.assert_allclose(tape.gradient(z, x).numpy(), np.full(size, want), rtol=1e-12)
    assert heard and in_thread(works) and works()


@pytest.mark.isolated
@pytest.mark.parametrize("size", [(), (500,)])
def test_a_tape_deleted_by_its_own_gradient(size):
    x = fg.Variable(np.full(size, 0.5))
    f, heard = asking(lambda: tapes, None, list.clear)
    tapes = [fg.GradientTape()]
    with tapes[0]:
        z = fg.sin(f(fg.exp(x * x)))
    want = 2 * np.cos(2 * np.exp(0.25)) * np.exp(0.25)
    np.testing.assert_allclose(tapes[0].gradient(z, x).numpy(), np.full(size, want), rtol=1e-12)
    assert tapes == [] and heard == [None]


@pytest.mark.isolated
def test_callbacks_of_weak_references_may_use_tapes():
    x, seen = fg.Variable(np.ones(100)), []

    def gone(reference):
        seen.append(works())

    for _ in range(20):
        with fg.GradientTape() as tape:
            y = fg.sin(x)
            z = fg.exp(y)
            references = [weakref.ref(t, gone) for t in (y, z)]
            w = fg.tanh(z)
            del y, z
        assert tape.gradient(w, x).shape == (100,)
        assert [r() for r in references] == [None, None]
    assert seen == [True] * 40


@pytest.mark.isolated
def test_finalizers_may_record():
    """Garbage is collected wherever an object is made, in the middle of an operation too."""
    x = fg.Variable(np.arange(3.0))

    class Garbage:
        def __init__(self):
            self.me = self

        def __del__(self):
            y = x * 3.0 + 1.0
            fg.reduce_sum(fg.concat([y, y * y], 0))

    thresholds = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    for _ in range(100):
        with fg.GradientTape() as tape:
            Garbage()
            y = x * x
            Garbage()
            z = fg.concat([y, y * 2.0, x], 0)
            Garbage()
            w = fg.reduce_sum(fg.reshape(z, (3, 3)) ** 2.0)
        Garbage()
        want = 20 * np.arange(3.0) ** 3 + 2 * np.arange(3.0)
        np.testing.assert_allclose(tape.gradient(w, x).numpy(), want)
    gc.set_threshold(*thresholds)


@pytest.mark.isolated
def test_a_finalizer_may_enter_a_tape_while_another_ends():
    x, entered = fg.constant(3.0), []

    class Final:
        def __del__(self):
            entered.append(fg.GradientTape())
            entered[0].__enter__()
            entered[0].watch(x)

    @fg.custom_gradient
    def keeping(y):
        final = Final()
        return y * 2.0, lambda ct: (ct, final)[0]

    with fg.GradientTape(persistent=True) as outer:
        outer.watch(x)
        with fg.GradientTape(persistent=True) as tape:
            one = fg.constant(1.0)
            tape.watch([x, one])
            y = keeping(one)
            after = x * 1.0
    assert (y.numpy(), after.numpy()) == (2.0, 3.0)
    del tape
    z = x * x
    assert numbers(entered[0].gradient(z, x)) == 6.0
    assert outer.gradient(z, x) is None


# --------------------------------------------------------------------------------- errors in the middle
class Mine(BaseException):
    pass


@pytest.mark.parametrize("error", [KeyError("mine"), Mine(), KeyboardInterrupt(), MemoryError()])
@pytest.mark.parametrize("size", [(), (3,)])
def test_an_exception_in_a_gradient_function(error, size):
    failing = True

    @fg.custom_gradient
    def f(x):
        def grad_fn(ct):
            if failing:
                raise error
            return ct

        return x * 1.0, grad_fn

    x = fg.Variable(np.ones(size))
    with fg.GradientTape(persistent=True) as tape:
        y = fg.sin(f(x * 2.0)) * x
    for ask in (tape.gradient, tape.jacobian):
        with pytest.raises(type(error)) as caught:
            ask(y, x)
        assert caught.value is error
    failing = False
    want = np.sin(2.0) + 2 * np.cos(2.0)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), np.full(size, want))
    with fg.GradientTape() as tape:
        y = f(x)
    failing = True
    with pytest.raises(type(error)):
        tape.gradient(y, x)
    assert works()


@pytest.mark.parametrize("error", [KeyError("mine"), Mine(), KeyboardInterrupt()])
def test_an_exception_in_a_function_with_its_own_gradient(error):
    x = fg.Variable(3.0)

    def fail(y):
        y = y * 2.0
        raise error

    for wrap in (fg.custom_gradient, fg.recompute_grad, fg.function, fg.grad_pass_through):
        with fg.GradientTape() as tape:
            y = x * x
            with pytest.raises(type(error)) as caught:
                wrap(fail)(y)
            assert caught.value is error
            z = y * x
        assert numbers(tape.gradient(z, x)) == 27.0
        with fg.GradientTape() as tape:
            y = fg.constant(2.0) * 3.0
        assert tape.watched_variables() == ()


def test_an_exception_in_a_recomputed_function():
    x, runs = fg.Variable(3.0), []

    @fg.recompute_grad
    def cube(y):
        runs.append(y)
        if len(runs) == 2:
            raise KeyError("mine")
        return y * y * y

    with fg.GradientTape(persistent=True) as tape:
        y = cube(x * 1.0)
    with pytest.raises(KeyError, match="mine"):
        tape.gradient(y, x)
    assert numbers(tape.gradient(y, x)) == 27.0
    assert works()


class Unwilling:
    def __array__(self, dtype=None, copy=None):
        raise KeyError("mine")


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize(
    "bad",
    [
        lambda v: (Unwilling(), v),
        lambda v: (np.ones(3), v),
        lambda v: ("a", v),
        lambda v: (fg.constant([1j, 1j]), v),
        lambda v: (np.array([None, None]), v),
        lambda v: (np.ones(2), fg.Variable([1, 2])),
        lambda v: (np.ones(2), fg.constant([1.0, 2.0])),
        lambda v: (np.ones(2), None),
        lambda v: np.ones(2),
        lambda v: (v,),
        lambda v: None,
    ],
)
def test_a_step_with_one_bad_pair_writes_nothing(bad, momentum):
    first, second, last = (fg.Variable([1.0, 2.0]) for _ in range(3))
    sgd = fg.keras.optimizers.SGD(0.5, momentum=momentum)
    pairs = [(fg.constant([1.0, 1.0]), first), bad(second), ([1.0, 1.0], last)]
    with pytest.raises((TypeError, ValueError, KeyError)):
        sgd.apply_gradients(pairs)
    assert [v.numpy().tolist() for v in (first, second, last)] == [[1.0, 2.0]] * 3
    assert sgd.iterations.numpy() == 0
    sgd.apply_gradients([(fg.constant([1.0, 1.0]), v) for v in (first, second, last)])
    assert [v.numpy().tolist() for v in (first, second, last)] == [[0.5, 1.5]] * 3


def test_a_schedule_that_raises_writes_nothing():
    def schedule(step):
        if int(step) == 1:
            raise KeyError("mine")
        return 0.5

    v = fg.Variable(4.0)
    sgd = fg.keras.optimizers.SGD(schedule, momentum=0.5)
    sgd.apply_gradients([(1.0, v)])
    with pytest.raises(KeyError, match="mine"):
        sgd.apply_gradients([(1.0, v)])
    assert (v.numpy(), sgd.iterations.numpy()) == (3.5, 1)


# ---------------------------------------------------------------------------------------------- misuse
def test_pauses_used_out_of_order():
    x = fg.Variable(2.0)
    tape = fg.GradientTape(persistent=True)
    with tape:
        pause = tape.stop_recording()
        pause.__enter__()
    pause.__exit__(None, None, None)
    y = x * x
    assert tape.gradient(y, x) is None

    with tape:
        with contextlib.suppress(RuntimeError):
            tape.stop_recording().__exit__(None, None, None)
        with tape.stop_recording():
            pass
        y = x * x
    assert numbers(tape.gradient(y, x)) == 4.0

    with tape:
        first, second = tape.stop_recording(), tape.stop_recording()
        first.__enter__()
        second.__enter__()
        first.__exit__(None, None, None)
        hidden = x * x
        second.__exit__(None, None, None)
        y = x * x
    assert numbers([tape.gradient(hidden, x), tape.gradient(y, x)]) == [None, 4.0]


def test_tapes_held_by_generators():
    x = fg.Variable(2.0)

    def recording():
        with fg.GradientTape() as tape:
            y = yield x * x
            yield tape, y

    left, used = recording(), recording()
    next(left), next(used)
    tape, _ = used.send(None)
    y = x * x * x
    used.close()
    z = y * x
    assert numbers(tape.gradient(y, x)) == 12.0
    del left
    with fg.GradientTape() as tape:
        y = z * x
    assert numbers(tape.gradient(y, x)) == 16.0


def test_a_tape_of_a_closed_generator_is_closed():
    x = fg.Variable(2.0)

    def recording():
        with fg.GradientTape(persistent=True) as tape:
            yield tape

    generator = recording()
    tape = next(generator)
    del generator
    gc.collect()
    y = x * x
    assert tape.gradient(y, x) is None


def test_a_tape_made_without_its_init():
    x = fg.Variable(3.0)
    tape = fg.GradientTape.__new__(fg.GradientTape)
    with tape:
        tape.watch(x)
        y = x * x
    assert numbers(tape.gradient(y, x)) == 6.0
    with pytest.raises(TypeError):
        fg.GradientTape(3, 4, 5, 6)


def test_init_while_recording():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
        with contextlib.suppress(RuntimeError):
            tape.__init__(persistent=True)
    with contextlib.suppress(RuntimeError):
        assert numbers([tape.gradient(y, x), tape.gradient(y, x)]) == [6.0, 6.0]


def test_bare_objects_are_usable():
    t, v = fg.Tensor.__new__(fg.Tensor), fg.Variable.__new__(fg.Variable)
    with fg.GradientTape() as tape:
        tape.watch([t, v])
        y = (t + 3.0) * (v + 2.0)
    assert numbers([t, v, y]) == [0.0, 0.0, 6.0]
    assert numbers(tape.gradient(y, [t, v])) == [2.0, 3.0]
    assert repr(t) and repr(v) and v.assign(3.0).numpy() == 3.0
    with pytest.raises(TypeError):
        fg.Tensor()
    with pytest.raises(TypeError):
        t.__init__()


# ------------------------------------------------------------------------------------------- subclasses
def test_a_subclass_of_variable():
    class Weight(fg.Variable):
        def __init__(self, value, tag):
            super().__init__(value)
            self.tag = tag

    w = Weight(np.array([1.0, 2.0]), "w")
    sgd = fg.keras.optimizers.SGD(0.5)
    with fg.GradientTape(persistent=True) as tape:
        y = fg.reduce_sum(w * w + fg.sin(w) * 2.0 + 3.0 * w) + w[0]
    g = tape.gradient(y, w)
    np.testing.assert_allclose(
        g.numpy(), 2 * w.numpy() + 2 * np.cos(w.numpy()) + 3 + np.array([1.0, 0.0])
    )
    assert tape.jacobian(w * w, w) is None
    assert tape.watched_variables()[0] is w and w.tag == "w"
    before = w.numpy()
    sgd.apply_gradients([(g, w)])
    np.testing.assert_array_equal(w.numpy(), before - 0.5 * g.numpy())
    assert w.assign_add([1.0, 1.0]).assign_sub([1.0, 1.0]).numpy().tolist() == w.numpy().tolist()
    assert type(w * 1.0) is fg.Tensor and isinstance(copy.deepcopy(w), fg.Variable)


def test_a_subclass_of_variable_without_init():
    class Odd(fg.Variable):
        def __init__(self):
            pass

    odd = Odd()
    with fg.GradientTape() as tape:
        tape.watch(odd)
        y = odd * odd + odd
    assert numbers(tape.gradient(y, odd)) == 1.0
    x, a, b = fg.Variable(5.0), Odd(), Odd()
    a.assign(2.0)
    b.assign(3.0)
    with fg.GradientTape() as tape:
        tape.watch([b, a])
        y = fg.recompute_grad(lambda x: x * a * b)(x)
    a.assign(7.0)
    b.assign(8.0)
    assert numbers(tape.gradient(y, [x, a, b])) == [6.0, 15.0, 10.0]


def test_an_exception_in_a_recomputed_function_undoes_its_assignments():
    x, v, failing = fg.Variable(3.0), fg.Variable(1.0), False

    @fg.recompute_grad
    def f(x):
        v.assign_add(1.0)
        if failing:
            raise KeyError("mine")
        return x * v

    with fg.GradientTape(persistent=True) as tape:
        y = f(x)
    v.assign(10.0)
    failing = True
    with pytest.raises(KeyError, match="mine"):
        tape.gradient(y, x)
    assert v.numpy() == 10.0
    failing = False
    assert numbers(tape.gradient(y, [x, v])) == [2.0, 3.0] and v.numpy() == 10.0


def test_a_subclass_of_gradient_tape():
    class Named(fg.GradientTape):
        def __init__(self, name):  # no call of super().__init__
            self.name = name

        def gradient(self, *args, **kwargs):
            return super().gradient(*args, **kwargs)

    x = fg.Variable(3.0)
    with Named("t") as tape:
        y = x * x
    assert tape.name == "t" and numbers(tape.gradient(y, x)) == 6.0


def test_tensor_is_final():
    with pytest.raises(TypeError):
        type("T", (fg.Tensor,), {})


# ------------------------------------------------------------------------------------ pickles and copies
def test_pickles_and_copies():
    x = fg.Variable([1.0, 2.0], name="w", trainable=False)
    for clone in (lambda o: pickle.loads(pickle.dumps(o)), copy.copy, copy.deepcopy):
        t, v = clone(fg.constant([[1.0, 2.0]])), clone(x)
        assert t.numpy().tolist() == [[1.0, 2.0]]
        assert (v.name, v.trainable, v.numpy().tolist()) == ("w:0", False, [1.0, 2.0])
        v.assign([5.0, 5.0])
        assert x.numpy().tolist() == [1.0, 2.0]
    for tape in (fg.GradientTape(), fg.GradientTape(persistent=True)):
        with tape:
            _ = x * x
        for clone in (pickle.dumps, copy.copy, copy.deepcopy):
            with pytest.raises(TypeError, match="tape"):
                clone(tape)


def test_a_copied_optimiser_goes_on_alone():
    x = fg.Variable(1.0)
    sgd = fg.keras.optimizers.SGD(0.1, momentum=0.9)
    sgd.apply_gradients([(fg.constant(1.0), x)])
    for clone in (lambda o: pickle.loads(pickle.dumps(o)), copy.deepcopy):
        other = clone(sgd)
        other.apply_gradients([(fg.constant(1.0), fg.Variable(1.0))])
        assert (int(other.iterations), int(sgd.iterations)) == (2, 1)
        assert other.get_config() == sgd.get_config()


def test_unpickling_nonsense_is_an_error():
    for value in ("a", None, object(), {"a": 1}, [[1.0], [1.0, 2.0]]):
        restore, _ = fg.constant(1.0).__reduce__()
        with pytest.raises((TypeError, ValueError)):
            restore(value)


# ---------------------------------------------------------------------------------------- many tapes
def test_a_thousand_nested_tapes():
    x, c = fg.Variable(2.0), fg.constant(5.0)
    with contextlib.ExitStack() as stack:
        tapes = [stack.enter_context(fg.GradientTape(persistent=True)) for _ in range(1000)]
        for tape in tapes[::7]:
            tape.watch(c)
        y = x * x * x * c
    assert [numbers(tape.gradient(y, x)) for tape in tapes] == [60.0] * 1000
    seen = [tape.gradient(y, c) is not None for tape in tapes]
    assert seen == [k % 7 == 0 for k in range(1000)]


@pytest.mark.parametrize("count", [3, 40])
@pytest.mark.parametrize("act", ["leave", "pause", "reset", "enter late"])
def test_each_of_many_tapes_records_what_it_should(act, count):
    x = fg.Variable(3.0)
    tapes = [fg.GradientTape(persistent=True) for _ in range(count)]
    odd = tapes[-2]
    for tape in tapes:
        if not (tape is odd and act == "enter late"):
            tape.__enter__()
    with contextlib.ExitStack() as stack:
        if act == "pause":
            stack.enter_context(odd.stop_recording())
        y = x * x
    if act == "leave":
        odd.__exit__(None, None, None)
    if act == "reset":
        odd.reset()
    if act == "enter late":
        odd.__enter__()
    z = y * x
    for tape in tapes:
        tape.__exit__(None, None, None)
    for tape in tapes:
        want = [6.0, 27.0]
        if tape is odd:
            want = [6.0, None] if act == "leave" else [None, 9.0]
        assert numbers([tape.gradient(y, x), tape.gradient(z, x)]) == want


@pytest.mark.parametrize("shape", [(), (1,), (3,)])
def test_second_derivatives_while_many_tapes_are_kept(shape):
    """A sweep forgets what it has passed, but not what a tape around it reads of a result later."""
    x, kept = fg.constant(np.full(shape, 0.5)), []
    slope = 1 + np.tan(0.5) ** 2
    for _ in range(40):
        with fg.GradientTape() as outer:
            outer.watch(x)
            with fg.GradientTape() as inner:
                inner.watch(x)
                y = fg.math.tan(x)
            first = inner.gradient(y, x)
        second = outer.gradient(first, x)
        np.testing.assert_allclose(second, np.full(shape, 2 * np.tan(0.5) * slope), rtol=1e-14)
        with fg.GradientTape() as tape:
            tape.watch(x)
            kept.append((tape, x * x))
    for tape, y in kept:
        np.testing.assert_array_equal(tape.gradient(y, x), np.full(shape, 1.0))


@pytest.mark.parametrize("count", [8, 40])
def test_the_eighth_derivative(count):
    x = fg.Variable(np.float64(2.0))
    tapes = [fg.GradientTape() for _ in range(count)]
    for tape in tapes:
        tape.__enter__()
    y, orders = x**8, []
    for tape in reversed(tapes):
        tape.__exit__(None, None, None)
        y = tape.gradient(y, x)
        orders.append(numbers(y))
        if y is None:
            break
    want = [8 * 2.0**7, 56 * 2.0**6, 336 * 2.0**5, 1680 * 2.0**4, 6720 * 2.0**3]
    np.testing.assert_allclose(
        orders[:8], [*want, 20160 * 2.0**2, 40320 * 2.0, 40320.0], rtol=1e-12
    )
    assert all(d in (0.0, None) for d in orders[8:])


# ----------------------------------------------------------------------------------------- deep chains
def chain(n, size=()):
    x = fg.Variable(np.full(size, 1.0))
    with fg.GradientTape() as tape:
        y = x
        for _ in itertools.repeat(None, n):
            y = y * 1.000001
    return tape, y, x


@pytest.mark.parametrize("size", [(), (2,)])
def test_a_chain_of_a_hundred_thousand(size):
    tape, y, x = chain(100_000, size)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), np.full(size, 1.000001**100_000))
    tape, y, x = chain(100_000, size)
    del tape
    assert y.shape == size


@pytest.mark.slow
@pytest.mark.isolated
@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_a_chain_of_a_million():
    def resident():
        return int(open("/proc/self/statm").read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

    chain(1000)
    before = resident()
    tape, y, x = chain(1_000_000)
    assert resident() - before <= 96e6
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), np.float64(1.000001) ** 1_000_000)
    used = resident()
    tape, y, x = chain(1_000_000)
    assert resident() - used < 10e6
    for size in ((2,), (3, 2)):
        tape, y, x = chain(1_000_000, size)
        start = time.perf_counter()
        del tape
        assert time.perf_counter() - start < 2.0


@pytest.mark.slow
@pytest.mark.isolated
def test_a_chain_of_a_million_recorded_again():
    x = fg.Variable(np.float64(1.0))
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = x
            for _ in itertools.repeat(None, 300_000):
                y = fg.sin(y) * 1.00001
        g = inner.gradient(y, x)
    assert np.isfinite(outer.gradient(g, x).numpy())
    with fg.GradientTape() as tape:
        parts = [x * float(k) for k in range(3000)]
        y = fg.reduce_sum(fg.stack(parts))
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), 3000 * 2999 / 2)


@pytest.mark.isolated
@pytest.mark.parametrize("count", [300, pytest.param(1000, marks=pytest.mark.slow)])
def test_deep_structures_of_closures_and_tapes(count):
    x = fg.Variable(1.0)

    @fg.custom_gradient
    def wrap(y, inner):
        return y * 1.0, lambda ct: [ct, inner][:1] + [None]

    kept = None
    tapes = []
    for _ in range(count):
        with fg.GradientTape(persistent=True) as tape:
            kept = [kept, wrap(x, fg.constant(0.0)), tape]
        tapes.append(tape)
    while kept:
        kept = kept[0]
    tapes.clear()
    assert works()


@pytest.mark.slow
def test_thousands_of_live_tapes_are_freed_in_time():
    x, tapes = fg.Variable(2.0), []
    for _ in range(3000):
        with fg.GradientTape(persistent=True) as tape:
            y = x * x
        tapes.append((tape, y))
    assert [numbers(tape.gradient(y, x)) for tape, y in tapes[::100]] == [4.0] * 30
    start = time.perf_counter()
    del tape, y
    tapes.clear()
    assert time.perf_counter() - start < 2.0
