"""What functions write and give is computed where it stays: no memory of others changes."""

import threading

import numpy as np
import pytest

import fastgrad as fg

N = 5000  # elements: many blocks, and more bytes than are worth copying


def numbers(n=N, seed=0):
    return np.random.default_rng(seed).uniform(0.5, 2, n)


def step(v, *others):
    """A function that updates v, called once, so that the next call is a replay."""

    @fg.function
    def update(x):
        v.assign(v * 0.5 + x)
        for k, other in enumerate(others):
            other.assign(other * 2.0 + k)
        return fg.reduce_sum(x)

    update(fg.constant(numbers()))
    return update


def address(v):
    return np.asarray(fg.reshape(v, v.shape)).__array_interface__["data"][0]


def test_a_variable_that_nobody_else_holds_is_written_in_place():
    v = fg.Variable(numbers())
    update, x = step(v), fg.constant(numbers(seed=1))
    before, where = v.numpy(), address(v)
    for _ in range(3):
        update(x)
        before = before * 0.5 + x.numpy()
        assert v.numpy().tobytes() == before.tobytes()
        assert address(v) == where


@pytest.mark.parametrize(
    "hold",
    [
        lambda v: fg.reshape(v, v.shape),
        lambda v: v + 0,
        lambda v: np.asarray(fg.reshape(v, v.shape)),
    ],
)
def test_what_others_hold_stays(hold):
    v = fg.Variable(numbers())
    update, x = step(v), fg.constant(numbers(seed=1))
    held = hold(v)
    kept, want = np.array(held), v.numpy() * 0.5 + x.numpy()
    update(x)
    assert np.array(held).tobytes() == kept.tobytes()
    assert v.numpy().tobytes() == want.tobytes()
    update(x)
    assert np.array(held).tobytes() == kept.tobytes()
    assert v.numpy().tobytes() == (want * 0.5 + x.numpy()).tobytes()


def test_what_a_tape_keeps_stays():
    v = fg.Variable(numbers())
    update, x = step(v), fg.constant(numbers(seed=1))
    before = v.numpy()
    with fg.GradientTape() as tape:
        y = fg.reduce_sum(v * v)
        update(x)
    assert np.array_equal(tape.gradient(y, v).numpy(), 2 * before)


def test_an_argument_that_is_the_variable_stays():
    v = fg.Variable(numbers())
    update = step(v)
    value = fg.reshape(v, v.shape)
    want = v.numpy() * 0.5 + v.numpy()
    kept = v.numpy()
    update(value)
    assert value.numpy().tobytes() == kept.tobytes()
    assert v.numpy().tobytes() == want.tobytes()


def test_variables_that_read_each_other():
    a, b, c = (fg.Variable(numbers(seed=k)) for k in range(3))

    @fg.function
    def turn():
        old_a, old_b = a + 0, b + 0
        a.assign(b * 2.0)
        b.assign(c * old_a)
        c.assign(old_a + old_b + c)

    turn()
    for _ in range(3):
        x, y, z = a.numpy(), b.numpy(), c.numpy()
        turn()
        for v, want in zip([a, b, c], [y * 2.0, z * x, (x + y) + z], strict=True):
            assert v.numpy().tobytes() == want.tobytes()


def test_variables_that_are_swapped():
    a, b = fg.Variable(numbers()), fg.Variable(numbers(seed=1))

    @fg.function
    def swap():
        old = a + 0
        a.assign(b)
        b.assign(old)

    swap()
    x, y = a.numpy(), b.numpy()
    swap()
    assert a.numpy().tobytes() == y.tobytes()
    assert b.numpy().tobytes() == x.tobytes()


@pytest.mark.parametrize("shape", [(4, 1500), (30, 20), (6, 1000)])
def test_a_variable_is_read_at_other_places_than_it_is_written_to(shape):
    v = fg.Variable(numbers(shape))

    @fg.function
    def update():
        v.assign(v + v[:1])

    update()
    for _ in range(2):
        want = v.numpy() + v.numpy()[:1]
        update()
        assert v.numpy().tobytes() == want.tobytes()


@pytest.mark.parametrize("shape", [(4, 1500), (30, 20), (1500, 4)])
@pytest.mark.parametrize("part", ["x[:1]", "fg.reshape(fg.reshape(x, [-1])[:len(x)], [len(x), 1])"])
def test_what_a_loop_carries_is_read_at_other_places_than_it_is_written_to(shape, part):
    value = eval(f"lambda x: fg.sin(x) + {part}", {"fg": fg})

    def loop(x, n):
        return fg.while_loop(lambda x, k: k < n, lambda x, k: (value(x), k + 1), [x, 0])[0]

    x, n = fg.constant(numbers(shape)), fg.constant(3)
    want = value(value(value(x)))
    assert fg.function(loop)(x, n).numpy().tobytes() == want.numpy().tobytes()


def test_a_value_that_is_written_twice_and_given():
    a, b = fg.Variable(numbers()), fg.Variable(numbers())

    @fg.function
    def update(x):
        y = x * 3.0 + a
        a.assign(y)
        b.assign(y)
        return y, y, fg.reshape(y, [5, -1])

    x = fg.constant(numbers(seed=1))
    for _ in range(3):
        want = x.numpy() * 3.0 + a.numpy()
        first, second, third = update(x)
        for got in (a, b, first, second, third):
            assert got.numpy().tobytes() == want.tobytes()


def test_results_are_not_written_to_again():
    f = fg.function(lambda x: (x * 2.0, x @ x))
    x, y = (fg.constant(numbers((50, 50), seed)) for seed in range(2))
    f(x)
    results = [f(t) for t in (x, y, x)]
    for t, (twice, product) in zip((x, y, x), results, strict=True):
        assert twice.numpy().tobytes() == (t * 2.0).numpy().tobytes()
        assert product.numpy().tobytes() == (t @ t).numpy().tobytes()


def test_a_call_that_raises_leaves_all_as_it_was():
    v, w = fg.Variable(numbers()), fg.Variable(numbers(seed=1))
    fails = False

    def check(x):
        if fails:
            raise ArithmeticError("as asked")
        return x

    @fg.function
    def update(x):
        v.assign(v * 0.5 + x)
        y = fg.numpy_function(check, [x], fg.float64)
        w.assign(w + y)
        return y

    x = fg.constant(numbers(seed=2))
    update(x)
    before = v.numpy(), w.numpy()
    fails = True
    with pytest.raises(ArithmeticError):
        update(x)
    assert v.numpy().tobytes() == before[0].tobytes()
    assert w.numpy().tobytes() == before[1].tobytes()
    fails = False
    update(x)
    assert v.numpy().tobytes() == (before[0] * 0.5 + x.numpy()).tobytes()


def test_threads_see_whole_values():
    """Each step multiplies all elements alike: a torn value would have unlike ones."""
    v = fg.Variable(np.ones(200_000))

    @fg.function
    def step(x):
        v.assign(v * x)
        return fg.reduce_max(v * 1.0) - fg.reduce_min(v * 1.0)

    @fg.function
    def spread():
        return fg.reduce_max(v + 0.0) - fg.reduce_min(v + 0.0)

    x, found = fg.constant(1.0001), []
    step(x)
    spread()

    def work(function, *arguments):
        found.append(max(float(function(*arguments)) for _ in range(60)))

    threads = [
        threading.Thread(target=work, args=a) for a in ((step, x), (step, x), (spread,), (spread,))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [0.0] * 4
    values = v.numpy()
    assert values.min() == values.max() > 1


@pytest.mark.parametrize("name", ["SGD", "Momentum"])
def test_optimisers_that_step_in_place(name):
    def train(compiled):
        w = [
            fg.Variable(numbers((40, 30))),
            fg.Variable(numbers(30)),
            fg.Variable(numbers((30, 200), 1)),
        ]
        momentum = 0.9 if name == "Momentum" else 0.0
        optimizer = fg.keras.optimizers.SGD(0.01, momentum=momentum)

        def step(x):
            with fg.GradientTape() as tape:
                loss = fg.reduce_mean(fg.nn.relu(x @ w[0] + w[1]) @ w[2])
            optimizer.apply_gradients(zip(tape.gradient(loss, w), w, strict=True))
            return loss

        step = fg.function(step) if compiled else step
        losses = [step(fg.constant(numbers((20, 40), k))).numpy() for k in range(5)]
        return np.concatenate([*[v.numpy().ravel() for v in w], losses])

    assert train(True).tobytes() == train(False).tobytes()
