"""Random Tensors: what is drawn, and when it is drawn again."""

import subprocess
import sys

import numpy as np
import pytest

import fastgrad as fg

DRAWS = {
    "normal": lambda **kw: fg.random.normal([8], **kw),
    "truncated_normal": lambda **kw: fg.random.truncated_normal([8], **kw),
    "uniform": lambda **kw: fg.random.uniform([8], **kw),
    "integers": lambda **kw: fg.random.uniform([8], maxval=1000, dtype=fg.int64, **kw),
    "shuffle": lambda **kw: fg.random.shuffle(np.arange(20.0), **kw),
}
draws = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


def drawn(draw, **kw):
    return draw(**kw).numpy().tolist()


# -------------------------------------------------------------------------------------------- seeds
@draws
def test_set_seed_repeats_a_run(draw):
    runs = []
    for seed in (7, 7, 8):
        fg.random.set_seed(seed)
        runs.append([drawn(draw), drawn(draw)])
    assert runs[0] == runs[1] != runs[2]
    assert runs[0][0] != runs[0][1]


@draws
def test_an_operation_seed_picks_a_stream_of_its_own(draw):
    fg.random.set_seed(7)
    first = [drawn(draw, seed=1), drawn(draw, seed=1), drawn(draw, seed=2)]
    assert len({tuple(x) for x in first}) == 3
    fg.random.set_seed(7)
    fg.random.normal([100])  # other draws in between change nothing
    assert [drawn(draw, seed=1), drawn(draw, seed=1), drawn(draw, seed=2)] == first
    fg.random.set_seed(8)
    assert drawn(draw, seed=1) != first[0]


def test_an_operation_seed_repeats_in_every_run():
    program = "import fastgrad as fg; print(fg.random.normal([3], seed=5).numpy().tolist())"
    runs = {subprocess.check_output([sys.executable, "-c", program]) for _ in range(2)}
    assert len(runs) == 1


def test_without_seeds_runs_differ():
    fg.random.set_seed(None)
    first = drawn(DRAWS["normal"])
    fg.random.set_seed(None)
    assert drawn(DRAWS["normal"]) != first


def test_seeds():
    for seed in (0, -1, 2**70, np.int64(3), fg.constant(3)):
        fg.random.set_seed(seed)
    for bad in (1.5, "x"):
        with pytest.raises(TypeError, match="seed"):
            fg.random.set_seed(bad)
        with pytest.raises(TypeError, match="seed"):
            fg.random.normal([2], seed=bad)


# ------------------------------------------------------------------------------------ distributions
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@pytest.mark.parametrize("shape", [(), (3,), [2, 0], fg.constant([2, 3])], ids=str)
@pytest.mark.parametrize("op", ["normal", "truncated_normal", "uniform"])
def test_shapes_and_dtypes(op, shape, dtype):
    t = getattr(fg.random, op)(shape, dtype=dtype)
    assert t.dtype == dtype and t.shape == fg.zeros(shape).shape


def test_moments():
    fg.random.set_seed(1)
    n = fg.random.normal([100_000], mean=5.0, stddev=2.0, dtype=fg.float64).numpy()
    t = fg.random.truncated_normal([100_000], 5.0, 2.0, fg.float64).numpy()
    u = fg.random.uniform([100_000], -1.0, 3.0, fg.float64).numpy()
    assert (n.mean(), n.std()) == pytest.approx((5.0, 2.0), abs=0.03)
    assert (t.mean(), t.std()) == pytest.approx((5.0, 2.0 * 0.8796), abs=0.03)
    assert (u.mean(), u.std()) == pytest.approx((1.0, 4 / 12**0.5), abs=0.03)
    assert 1.0 <= t.min() < 1.1 and 8.9 < t.max() <= 9.0
    assert -1.0 <= u.min() < -0.99 and 2.99 < u.max() < 3.0


def test_integers():
    fg.random.set_seed(1)
    dice = fg.random.uniform([1000], 1, 7, dtype=fg.int32)
    assert dice.dtype == "int32" and set(dice.numpy().tolist()) == {1, 2, 3, 4, 5, 6}
    bits = fg.random.uniform([1000], maxval=2, dtype=fg.uint8).numpy()
    assert set(bits.tolist()) == {0, 1}


def test_gradients_pass_through_the_parameters():
    mean, stddev = fg.Variable(1.0), fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = fg.random.normal([3, 2], mean, stddev)
    d_mean, d_stddev = tape.gradient(y, [mean, stddev])
    noise = (y.numpy() - 1.0) / [1.0, 2.0]
    assert d_mean.numpy() == 6.0
    np.testing.assert_allclose(d_stddev.numpy(), noise.sum(0), rtol=1e-5)


def test_a_shuffle_keeps_rows_and_sends_gradients_back():
    rows = np.arange(12.0).reshape(6, 2)
    fg.random.set_seed(3)
    x = fg.Variable(rows)
    with fg.GradientTape() as tape:
        y = fg.random.shuffle(x)
        z = y * y.numpy()
    assert y.numpy().tolist() != rows.tolist()
    assert sorted(y.numpy().tolist()) == rows.tolist()
    assert tape.gradient(z, x).numpy().tolist() == rows.tolist()


# --------------------------------------------------------------------------------------- generators
def test_generators():
    a, b = fg.random.Generator.from_seed(5), fg.random.Generator.from_seed(5)
    for method in ("normal", "truncated_normal", "uniform"):
        x, y = (getattr(g, method)([4], dtype=fg.float64).numpy().tolist() for g in (a, b))
        assert x == y
        fg.random.normal([3])
    c = fg.random.Generator.from_non_deterministic_state()
    assert c.normal([4]).numpy().tolist() != a.normal([4]).numpy().tolist()


# ---------------------------------------------------------------------------------------- bad input
@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: fg.random.normal([2], dtype=fg.int32), TypeError, "normal: dtype.*int32"),
        (lambda: fg.random.uniform([2], dtype=fg.complex64), TypeError, "uniform: dtype"),
        (lambda: fg.random.uniform([2], dtype=fg.int32), ValueError, "maxval"),
        (lambda: fg.random.uniform([2], 3, 3, dtype=fg.int32), ValueError, "low"),
        (lambda: fg.random.uniform([2], 0, 300, dtype=fg.uint8), ValueError, "high"),
        (lambda: fg.random.normal([2], mean=[1.0, 2.0, 3.0]), ValueError, "broadcast"),
        (lambda: fg.random.normal([1], mean=[1.0, 2.0]), ValueError, "broadcast"),
        (lambda: fg.random.normal([-1]), ValueError, "negative"),
        (lambda: fg.random.shuffle(3.0), ValueError, "axis"),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call()
