"""Random Tensors: what is drawn, and when it is drawn again."""

import subprocess
import sys

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.ops import sampling

DRAWS = {
    "normal": lambda **kw: fg.random.normal([8], **kw),
    "truncated_normal": lambda **kw: fg.random.truncated_normal([8], **kw),
    "uniform": lambda **kw: fg.random.uniform([8], **kw),
    "integers": lambda **kw: fg.random.uniform([8], maxval=1000, dtype=fg.int64, **kw),
    "shuffle": lambda **kw: fg.random.shuffle(np.arange(20.0), **kw),
    "permutation": lambda **kw: fg.random.permutation(20, **kw),
    "gamma": lambda **kw: fg.random.gamma([8], 2.0, **kw),
    "beta": lambda **kw: fg.random.beta([8], 2.0, 3.0, **kw),
    "dirichlet": lambda **kw: fg.random.dirichlet([4, 2], [2.0, 3.0], **kw).numpy().reshape(-1),
    "exponential": lambda **kw: fg.random.exponential([8], **kw),
    "laplace": lambda **kw: fg.random.laplace([8], **kw),
    "logistic": lambda **kw: fg.random.logistic([8], **kw),
    "gumbel": lambda **kw: fg.random.gumbel([8], **kw),
    "student_t": lambda **kw: fg.random.student_t([8], 3.0, **kw),
    "poisson": lambda **kw: fg.random.poisson([8], 50.0, **kw),
    "binomial": lambda **kw: fg.random.binomial([8], 900, 0.5, **kw),
    "bernoulli": lambda **kw: fg.random.bernoulli([40], **kw),
    "categorical": lambda **kw: fg.random.categorical(np.zeros((1, 9)), 20, **kw).numpy()[0],
    "dropout": lambda **kw: fg.nn.dropout(np.ones(40), 0.5, **kw),
}
draws = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


def drawn(draw, **kw):
    return np.asarray(draw(**kw)).tolist()


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


# ------------------------------------------------------------------ distributions by their moments
N = 200_000
EULER = 0.5772156649015329


@pytest.mark.parametrize(
    ("draw", "mean", "variance"),
    [
        (lambda r: r.exponential([N], 2.0, fg.float64), 2, 4),
        (lambda r: r.laplace([N], 1.0, 2.0, fg.float64), 1, 8),
        (lambda r: r.logistic([N], 1.0, 2.0, fg.float64), 1, 4 * np.pi**2 / 3),
        (lambda r: r.gumbel([N], 1.0, 2.0, fg.float64), 1 + 2 * EULER, 4 * np.pi**2 / 6),
        (lambda r: r.gamma([N], 3.0, 2.0, fg.float64), 1.5, 0.75),
        (lambda r: r.gamma([N], 0.3, dtype=fg.float32), 0.3, 0.3),
        (lambda r: r.beta([N], 2.0, 3.0, fg.float64), 0.4, 0.04),
        (lambda r: r.beta([N], 1e-3, 1e-3, fg.float32), 0.5, 0.25),
        (lambda r: r.dirichlet([N, 3], [1.0, 2.0, 1.0], fg.float64)[:, 1], 0.5, 0.05),
        (lambda r: r.student_t([N], 9.0, 1.0, 2.0, fg.float64), 1, 4 * 9 / 7),
        (lambda r: r.poisson([N], 3.0, fg.float64), 3, 3),
        (lambda r: r.bernoulli([N], 0.2, fg.float64), 0.2, 0.16),
        (lambda r: r.binomial([N], 10, 0.2, fg.float64), 2, 1.6),
    ],
)
def test_mean_and_variance(draw, mean, variance):
    x = draw(fg.random.Generator.from_seed(3)).numpy().astype(float)
    assert abs(x.mean() - mean) < 5 * (variance / N) ** 0.5
    assert x.var() == pytest.approx(variance, rel=0.05)


def test_vectors_of_normals():
    fg.random.set_seed(2)
    factor = np.array([[2.0, 0.0], [1.0, 0.5]])
    x = fg.random.multivariate_normal(
        [N, 2], [1.0, -1.0], scale_tril=factor, dtype=fg.float64
    ).numpy()
    np.testing.assert_allclose(x.mean(0), [1, -1], atol=0.03)
    np.testing.assert_allclose(np.cov(x.T), factor @ factor.T, atol=0.05)


def test_categories():
    fg.random.set_seed(2)
    logits = np.log([[1.0, 1.0, 2.0], [1.0, 0.0, 0.0]], where=[[True] * 3, [True, False, False]],
                    out=np.full((2, 3), -np.inf))  # fmt: skip
    x = fg.random.categorical(logits, N)
    assert x.dtype == "int64" and x.shape == (2, N)
    shares = np.bincount(x.numpy()[0], minlength=3) / N
    np.testing.assert_allclose(shares, [0.25, 0.25, 0.5], atol=0.01)
    assert set(x.numpy()[1].tolist()) == {0}


def test_dropout_keeps_the_mean_and_drops_together():
    fg.random.set_seed(4)
    x = fg.Variable(np.ones((1000, 20)))
    with fg.GradientTape() as tape:
        y = fg.nn.dropout(x, 0.25)
    kept = y.numpy() > 0
    assert kept.mean() == pytest.approx(0.75, abs=0.02)
    np.testing.assert_allclose(y.numpy(), kept / 0.75)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), y.numpy())
    rows = fg.nn.dropout(x, 0.5, noise_shape=[None, 1]).numpy()
    assert set(rows.sum(1).tolist()) == {0.0, 40.0}


# ---------------------------------------------------------------------- reparameterised gradients
# dz/dalpha of gamma samples, by mpmath at 50 digits: -(dF/dalpha) / p(z).
SLOPES = [
    (1e-3, 1e-5, 0.10937472778081825), (0.1, 1e-8, 1.7996925975414167e-06),
    (0.1, 1.0, 6.790083413327752), (0.1, 5.0, 10.541505299462589), (1.0, 0.5, 0.806979116825318),
    (1.0, 9.0, 2.8753021978183932), (2.5, 3.4, 1.241643080522404), (2.5, 3.6, 1.2755885144571808),
    (30.0, 10.0, 0.5522435332802733), (30.0, 60.0, 1.3939072794341447),
    (1000.0, 1002.0, 1.0011661838897854), (9999.0, 10001.0, 1.0001166735007572),
    (10001.0, 9700.0, 0.9848146309308283), (1e6, 1003500.0, 1.0017481288567067),
]  # fmt: skip


def test_gamma_samples_move_as_their_quantile():
    alpha, z, want = np.array(SLOPES).T
    np.testing.assert_allclose(fg.random._gamma_slope(alpha, z).numpy(), want, rtol=2e-10)
    single = fg.random._gamma_slope(alpha.astype("f"), z.astype("f"))
    assert single.dtype == "float32"
    np.testing.assert_allclose(single.numpy()[1:9], want[1:9], rtol=1e-5)
    assert fg.random._gamma_slope(np.array([0.5, 0.5]), np.array([0.0, np.nan])).numpy()[0] == 0


def drawn_with_gradient(draw, *parameters):
    parameters = [fg.constant(p, fg.float64) for p in parameters]
    with fg.GradientTape() as tape:
        tape.watch(parameters)
        x = draw(fg.random.Generator.from_seed(6), *parameters)
        total = fg.reduce_mean(x * x)
    return [g.numpy() for g in tape.gradient(total, parameters)]


# d2z/dalpha2 in two parts, by mpmath at 60 digits: the derivatives of -(dF/dalpha) / p by alpha and by z.
BENDS = [
    (1e-3, 1e-5, -109.3583035757318, 9937.5820335646822),
    (0.1, 1e-8, -1.7853596075408013e-05, 169.96926138196139),
    (0.1, 5.0, -86.129545237677021, 0.40578340052067852),
    (1.0, 0.5, -0.57053663186047121, 0.92291063248373051),
    (2.5, 3.4, -0.26846150804469499, 0.17324057755035324),
    (2.5, 3.6, -0.27328306599703273, 0.16631609528320102),
    (30.0, 10.0, -0.010961459550969607, 0.032590326458959852),
    (30.0, 60.0, -0.020812832867818456, 0.010278998171065628),
    (1000.0, 1002.0, -0.00050058325025080649, 0.00049941754858213994),
    (9999.0, 10001.0, -5.0010834916891812e-05, 4.9999166883331312e-05),
]


def test_gamma_samples_bend_as_their_quantile():
    alpha, z, by_alpha, by_z = np.array(BENDS).T
    bends = sampling.gamma_bend_alpha, sampling.gamma_bend_z
    for row, want in zip(bends, (by_alpha, by_z), strict=True):
        np.testing.assert_allclose(row(alpha, z).numpy(), want, rtol=1e-9)
        single = row(alpha.astype("f"), z.astype("f")).numpy()
        np.testing.assert_allclose(single[2:8], want[2:8], rtol=1e-4)
        assert row(np.array([0.5]), np.array([0.0])).numpy() == 0
        # The formulas of different places agree where they meet.
        low, high = (
            row(a, a + 100.0).numpy() for a in (np.array([1e4 - 1e-3]), np.array([1e4 + 1e-3]))
        )
        np.testing.assert_allclose(low, high, rtol=1e-6)


@pytest.mark.parametrize(
    ("draw", "parameters", "want"),
    [  # derivatives of the mean of x**2
        (lambda r, a: r.gamma([N], a, dtype=fg.float64), [2.0], [5.0]),
        (lambda r, a, b: r.gamma([N], a, b, fg.float64), [2.0, 0.5], [20.0, -96.0]),
        (lambda r, a, b: r.beta([N], a, b, fg.float64), [2.0, 3.0],
         [(5 * 30 - 6 * 11) / 900, -6 * 11 / 900]),
        (lambda r, v: r.student_t([N], v, dtype=fg.float64), [12.0], [-2 / 100]),
        (lambda r, s: r.exponential([N], s, fg.float64), [2.0], [8.0]),
        (lambda r, m, s: r.laplace([N], m, s, fg.float64), [1.0, 2.0], [2.0, 8.0]),
        (lambda r, m, s: r.logistic([N], m, s, fg.float64), [1.0, 1.0], [2.0, 2 * np.pi**2 / 3]),
    ],
)  # fmt: skip
def test_gradients_of_expectations(draw, parameters, want):
    for got, expected in zip(drawn_with_gradient(draw, *parameters), want, strict=True):
        assert got == pytest.approx(expected, rel=0.05)


def test_gamma_gradients_go_backward_and_forward_twice():
    alpha = fg.constant([0.5, 2.0], fg.float64)

    def draw(alpha):
        return fg.random.Generator.from_seed(1).gamma([], alpha, dtype=fg.float64)

    with fg.GradientTape(persistent=True) as third, fg.GradientTape() as second:
        third.watch(alpha)
        second.watch(alpha)
        with fg.GradientTape() as tape:
            tape.watch(alpha)
            z = draw(alpha)
        g = tape.gradient(z, alpha)
        bend = second.gradient(g, alpha)
    np.testing.assert_allclose(g.numpy(), fg.random._gamma_slope(alpha, z).numpy())
    want = sampling.gamma_bend_alpha(alpha, z) + sampling.gamma_bend_z(alpha, z) * g
    np.testing.assert_allclose(bend.numpy(), want.numpy())
    hessian = fg.hessian(lambda alpha: fg.reduce_sum(draw(alpha)))(alpha)
    np.testing.assert_allclose(hessian.numpy(), np.diag(want.numpy()))
    with pytest.raises(LookupError, match="third derivative of a gamma sample"):
        third.gradient(bend, alpha)
    with fg.autodiff.ForwardAccumulator(alpha, fg.ones_like(alpha)) as outer:
        with fg.autodiff.ForwardAccumulator(alpha, fg.ones_like(alpha)) as inner:
            z = draw(alpha)
        g = inner.jvp(z)
    np.testing.assert_allclose(g.numpy(), fg.random._gamma_slope(alpha, z).numpy())
    np.testing.assert_allclose(outer.jvp(g).numpy(), want.numpy())


def test_second_derivatives_of_expectations():
    def second_moment(alpha):  # of which the mean is alpha (alpha + 1)
        return fg.reduce_mean(
            fg.random.Generator.from_seed(6).gamma([N], alpha, dtype=fg.float64) ** 2
        )

    alpha = fg.constant(1.5, fg.float64)
    got = fg.grad(fg.grad(second_moment))(alpha)
    assert float(got) == pytest.approx(2, rel=0.05)


# ---------------------------------------------------------------------------------------- stateless
STATELESS = {
    "normal": lambda seed: fg.random.stateless_normal([5], seed),
    "truncated_normal": lambda seed: fg.random.stateless_truncated_normal([5], seed, 1.0, 2.0),
    "uniform": lambda seed: fg.random.stateless_uniform([5], seed, maxval=900, dtype=fg.int32),
    "gamma": lambda seed: fg.random.stateless_gamma([5], seed, 2.0, 3.0),
    "poisson": lambda seed: fg.random.stateless_poisson([5], seed, 100.0),
    "binomial": lambda seed: fg.random.stateless_binomial([5], seed, 100, 0.5),
    "categorical": lambda seed: fg.random.stateless_categorical(np.zeros((1, 99)), 5, seed),
    "shuffle": lambda seed: fg.random.stateless_shuffle(np.arange(9), seed),
    "dropout": lambda seed: fg.random.stateless_dropout(np.ones(40), 0.5, seed),
    "split": lambda seed: fg.random.split(seed),
    "fold_in": lambda seed: fg.random.fold_in(seed, 3),
}


@pytest.mark.parametrize("draw", STATELESS.values(), ids=STATELESS)
def test_stateless_numbers_follow_from_the_seed(draw):
    first = draw([1, 2]).numpy().tolist()
    fg.random.normal([3])
    assert draw(fg.constant([1, 2])).numpy().tolist() == first
    assert draw([1, 3]).numpy().tolist() != first != draw([-1, 2]).numpy().tolist()


def test_seeds_made_of_seeds():
    a, b = fg.random.split([1, 2])
    assert (
        fg.random.stateless_normal([3], a).numpy()[0]
        != fg.random.stateless_normal([3], b).numpy()[0]
    )
    assert fg.random.split([1, 2], 5).shape == (5, 2)
    folded = [fg.random.fold_in([1, 2], k).numpy().tolist() for k in range(3)]
    assert len(set(map(tuple, folded))) == 3


# --------------------------------------------------------------------------------------- generators
def test_generators():
    a, b = fg.random.Generator.from_seed(5), fg.random.Generator.from_seed(5)
    for method in ("normal", "truncated_normal", "uniform"):
        x, y = (getattr(g, method)([4], dtype=fg.float64).numpy().tolist() for g in (a, b))
        assert x == y
        fg.random.normal([3])
    c = fg.random.Generator.from_non_deterministic_state()
    assert c.normal([4]).numpy().tolist() != a.normal([4]).numpy().tolist()
    first, second = (g.uniform([4]).numpy().tolist() for g in a.split(2))
    assert first != second and b.split()[0].uniform([4]).numpy().tolist() == first
    full = fg.random.Generator.from_seed(1).uniform_full_int([1000], fg.int8).numpy()
    assert full.min() < -120 and full.max() > 120


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
        (lambda: fg.random.gamma([2], -1.0), ValueError, "gamma: alpha must be positive"),
        (lambda: fg.random.gamma([2], 1.0, dtype=fg.int32), TypeError, "gamma: dtype"),
        (lambda: fg.random.beta([2], [1.0, 2.0, 3.0], 1.0), ValueError, "beta: param"),
        (
            lambda: fg.random.bernoulli([2], 1.5),
            ValueError,
            r"bernoulli: probs must be in \[0, 1\]",
        ),
        (lambda: fg.random.categorical([0.0, 1.0], 3), ValueError, "categorical: logits must be"),
        (lambda: fg.random.categorical([[np.nan, 1.0]], 3), ValueError, "finite"),
        (lambda: fg.random.multivariate_normal([2], [0.0, 0.0]), ValueError, "give one of"),
        (lambda: fg.random.stateless_normal([2], 3), ValueError, "seed must be two ints"),
        (lambda: fg.nn.dropout([1.0], 1.0), ValueError, r"dropout: rate must be in \[0, 1\)"),
        (lambda: fg.nn.dropout([1], 0.5), TypeError, "dropout: x must be floating"),
    ],
)
def test_bad_input(call, error, text):
    with pytest.raises(error, match=text):
        call()
