"""Fused elementwise operations: which take part, and that they have the bits of eager ones."""

from functools import partial

import numpy as np
import pytest

import fastgrad as fg


def kinds(function, *arguments):
    """{kind of instruction: how many there are} in a function's plan."""
    found = {}
    for i in function.plan(*arguments).data["instructions"]:
        found[i["kind"]] = found.get(i["kind"], 0) + 1
    return found


def numbers(shape, dtype, seed=0):
    x = np.random.default_rng(seed).uniform(0.5, 2, shape)
    return fg.constant(x.astype(dtype))


def same(function, *arguments):
    """Eagerly, replayed, and replayed again the bits are the same."""
    compiled = fg.function(function)
    want = function(*arguments).numpy()
    for _ in range(3):
        got = compiled(*arguments).numpy()
        assert got.dtype == want.dtype
        assert got.shape == want.shape
        assert got.tobytes() == want.tobytes()
    return compiled


def chain(x, y):
    z = x * y + x
    return fg.sin(z) - y * z


SHAPES = [
    ((40, 10), (10,)),
    ((7, 33), (33,)),
    ((3, 1023), (1023,)),
    ((3, 1024), (1024,)),
    ((5, 1500), (1500,)),
    ((2, 5000), (1, 5000)),
    ((4, 5, 6), (5, 6)),
    ((300, 7), (300, 1)),
    ((3, 1500), (3, 1)),
    ((2500, 1), (2500, 2)),
    ((4, 5, 6), (4, 5, 1)),
    ((4, 5, 6), (4, 1, 1)),
    ((1, 600), (5, 1)),
    ((600,), (4, 1)),
    ((40, 10), (1, 40, 1)),
    ((1, 24), (24,)),
    ((40, 10), ()),
    ((40, 10), (1, 1)),
]


@pytest.mark.parametrize("dtype", ["float32", "float64", "complex128", "float16", "int8"])
@pytest.mark.parametrize(("a", "b"), SHAPES)
def test_rows_and_columns_take_part(a, b, dtype):
    x, y = numbers(a, dtype), numbers(b, dtype, 1)
    function = chain if dtype != "int8" else lambda x, y: (x * y + x) - y * x
    compiled = same(function, x, y)
    assert set(kinds(compiled, x, y)) <= {"group", "numbers"}
    same(function, y, x)


def test_all_of_a_chain_is_one_pass():
    x, row, column, one = (numbers(s, "float64", 2) for s in [(50, 60), (60,), (50, 1), ()])

    def function(x, row, column, one):
        return fg.where(x + row > column, fg.nn.relu(x - row), one) * column + row

    compiled = same(function, x, row, column, one)
    assert kinds(compiled, x, row, column, one) == {"group": 1}


def test_arrays_of_one_size_and_other_shapes_are_in_one_pass():
    x, a, b = numbers((60, 50), "float32"), numbers(50, "float32", 1), numbers(40, "float32", 2)

    def function(x, a, b):
        y = fg.reshape(x, [75, 40])
        return fg.reshape(x + a, [3000]) * fg.reshape(y + b, [3000])

    assert kinds(same(function, x, a, b), x, a, b) == {"group": 2}


@pytest.mark.parametrize(
    ("a", "b"), [((4, 5, 6), (4, 1, 6)), ((4, 5, 6), (1, 5, 1)), ((3, 1), (2, 1, 4))]
)
def test_what_is_neither_row_nor_column(a, b):
    same(chain, numbers(a, "float64"), numbers(b, "float64", 1))


@pytest.mark.parametrize("shape", [(20, 1), (1, 30), (20, 30), ()])
def test_powers_go_by_one_exponent_for_all(shape):
    x = numbers((20, 30), "float64")
    for y in (fg.fill(shape, 2.0), numbers(shape, "float64", 3)):
        same(lambda x, y: (x ** fg.cast(y, fg.float64)) + 1, x, y)


def test_a_repeated_array_that_is_made_in_a_loop():
    @fg.function
    def function(x, b, n):
        while n > 0:
            x = fg.tanh(x + b)
            b = fg.reduce_mean(x, 0)
            n = n - 1
        return x

    x, b = numbers((30, 20), "float64"), numbers(20, "float64", 1)
    want = x, b
    for _ in range(4):
        y = fg.tanh(want[0] + want[1])
        want = y, fg.reduce_mean(y, 0)
    assert function(x, b, fg.constant(4)).numpy().tobytes() == want[0].numpy().tobytes()


def test_gradients_of_biases():
    def loss(x, w, b):
        with fg.GradientTape() as tape:
            tape.watch([w, b])
            y = fg.reduce_sum(fg.nn.relu(x @ w + b) ** 2)
        return fg.concat([fg.reshape(g, [-1]) for g in tape.gradient(y, [w, b])], 0)

    same(
        loss, numbers((20, 9), "float32"), numbers((9, 30), "float32", 1), numbers(30, "float32", 2)
    )


# ------------------------------------------------------------------------------------------------ sums
SIZES = [256, 257, 1000, 1023, 1024, 1025, 1031, 2047, 2049, 4104, 9999, 100_003]


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("n", SIZES)
def test_sums_of_all_numbers(n, dtype):
    x = fg.constant(np.random.default_rng(n).normal(size=n).astype(dtype))
    total = same(lambda x: fg.reduce_sum(x * x - 0.1), x)
    assert kinds(total, x) == {"group": 1}
    same(lambda x: fg.reduce_mean(fg.square(x)), x)
    same(lambda x: fg.stack([fg.reduce_sum(x * k) for k in range(20)]), x)
    same(lambda x: fg.reduce_sum(x * 0.0) * -1.0, x)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "shape", [(100, 10), (3, 100), (40, 1000), (5, 3000), (2, 1025), (20, 30, 7), (1, 300)]
)
def test_sums_of_rows(shape, dtype):
    x = fg.constant(np.random.default_rng(1).normal(size=shape).astype(dtype))
    b = fg.constant(np.random.default_rng(2).normal(size=shape[-1]).astype(dtype))
    for axis in (0, tuple(range(len(shape) - 1)), -1, None, 1):
        for keepdims in (False, True):
            total = partial(fg.reduce_sum, axis=axis, keepdims=keepdims)
            same(lambda x, b, total=total: total(x * x + b) * 2.0, x, b)
    same(lambda x, b: fg.reduce_mean(fg.sin(x), 0) + b, x, b)


def test_what_is_made_of_a_sum_comes_after_it():
    x = numbers((60, 50), "float64")

    def function(x):
        y = x * 2.0
        z = (y - fg.reduce_mean(y, 0)) / (1.0 + fg.reduce_sum(y * y, 0))
        return z * fg.reduce_sum(z) + y

    same(function, x)


def test_what_a_sum_reads_is_kept_for_it():
    x = numbers(5000, "float64")

    def function(x):
        y = x * 2.0
        z = fg.sin(y) * 3.0
        total = fg.reduce_sum(y)
        w = fg.cos(z + y) - z
        return fg.stack([total, fg.reduce_sum(w), fg.reduce_sum(z * w - y)])

    same(function, x)


def test_sums_in_loops_and_of_what_is_carried():
    def function(x, n):
        total = fg.reduce_sum(x)
        while n > 0:
            x = fg.sin(x) + 0.5
            total = total + fg.reduce_sum(x)
            n = n - 1
        return fg.concat([fg.reshape(x, [-1]), fg.reshape(total, [1])], 0)

    x = numbers((4, 1500), "float64")
    want, total = x, fg.reduce_sum(x)
    for _ in range(3):
        want = fg.sin(want) + 0.5
        total = total + fg.reduce_sum(want)
    got = fg.function(function)(x, fg.constant(3)).numpy()
    assert got.tobytes() == np.append(want.numpy().ravel(), total.numpy()).tobytes()


def test_a_variable_is_written_after_its_sum():
    v = fg.Variable(np.random.default_rng(0).normal(size=5000))

    @fg.function
    def update(x):
        v.assign(v * 0.5 + x)
        return fg.reduce_sum(v * x)

    x = numbers(5000, "float64")
    for _ in range(3):
        new = v.numpy() * 0.5 + x.numpy()
        assert update(x).numpy().tobytes() == np.sum(new * x.numpy()).tobytes()
        assert v.numpy().tobytes() == new.tobytes()
