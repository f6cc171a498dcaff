"""Section 18 of docs/semantics.md: seeds, and gradients of random numbers."""

import numpy as np
import pytest

import fastgrad as fg

from .support import gradient

random = fg.random


@pytest.mark.semantics("18.1")
def test_a_seeded_program_repeats():
    def program(more):
        random.set_seed(3)
        first = random.normal([2])
        for _ in range(more):
            random.uniform([2])
        own = random.normal([2], seed=5)
        return first.numpy().tolist(), own.numpy().tolist()

    assert program(0) == program(0) == program(3)


@pytest.mark.semantics("18.1")
def test_generators_have_streams_of_their_own():
    def numbers(g):
        return g.normal([3]).numpy().tolist()

    first, second = random.Generator.from_seed(1), random.Generator.from_seed(1)
    random.normal([2])
    assert numbers(first) == numbers(second)
    left, right = first.split(2)
    assert numbers(left) != numbers(right)


@pytest.mark.semantics("18.2")
def test_stateless_functions():
    for draw in (random.stateless_normal, random.stateless_uniform):
        assert draw([3], seed=[1, 2]).numpy().tolist() == draw([3], seed=[1, 2]).numpy().tolist()
        assert draw([3], seed=[1, 2]).numpy().tolist() != draw([3], seed=[1, 3]).numpy().tolist()


def g():
    return random.Generator.from_seed(1)


LOCATED = ("normal", "uniform", "laplace", "logistic", "gumbel")


@pytest.mark.semantics("18.3")
@pytest.mark.parametrize(
    ("draw", "parameters"),
    [
        *(
            pytest.param(lambda a, b, n=n: getattr(g(), n)([3], a, b, "f8"), (0.5, 2.0), id=n)
            for n in LOCATED
        ),
        pytest.param(lambda a: g().exponential([3], a, "f8"), (2.0,), id="exponential"),
    ],
)
def test_samples_that_move_with_their_parameters(draw, parameters):
    parameters = [fg.constant(np.float64(p)) for p in parameters]
    for k, slope in enumerate(gradient(draw, *parameters)):
        moved = [p + 1e-6 * (i == k) for i, p in enumerate(parameters)]
        difference = np.sum(draw(*moved).numpy() - draw(*parameters).numpy()) / 1e-6
        np.testing.assert_allclose(slope.numpy(), difference, rtol=1e-6)


@pytest.mark.semantics("18.3")
@pytest.mark.parametrize(
    ("draw", "parameter"),
    [
        (lambda a: g().gamma([4], a, dtype="f8"), 2.0),
        (lambda a: g().beta([4], a, 3.0, dtype="f8"), 2.0),
        (lambda a: g().dirichlet([2, 3], a, dtype="f8")[:, 0], [2.0, 1.0, 3.0]),
        (lambda a: g().student_t([4], a, dtype="f8"), 5.0),
        (lambda a: g().multivariate_normal([3, 2], a, np.eye(2), dtype="f8")[:, 0], [1.0, 2.0]),
    ],
    ids=["gamma", "beta", "dirichlet", "student_t", "multivariate_normal"],
)
def test_samples_of_other_shapes_have_gradients(draw, parameter):
    (slope,) = gradient(draw, fg.constant(np.asarray(parameter)))
    assert np.isfinite(slope.numpy()).all() and np.any(slope.numpy() != 0)


@pytest.mark.semantics("18.3")
def test_the_quantile_of_a_sample_is_held():
    """An exponential sample is gamma's of shape 1: there the quantile has a closed form."""
    a = fg.constant(np.ones(5))
    (slope,) = gradient(lambda a: g().gamma([], a, dtype="f8"), a)
    z = g().gamma([], a, dtype="f8").numpy()
    h = 1e-6
    t = (np.arange(400000) + 0.5) / 400000  # the distribution function, by the midpoint rule

    def below(shape, z):
        s = z * t**4  # graded towards 0
        return np.mean(s ** (shape - 1) * np.exp(-s) * 4 * z * t**3)

    gamma = (below(1 + h, 60.0), below(1 - h, 60.0))
    for got, at in zip(slope.numpy(), z, strict=True):
        by_shape = (below(1 + h, at) / gamma[0] - below(1 - h, at) / gamma[1]) / (2 * h)
        np.testing.assert_allclose(got, -by_shape / np.exp(-at), rtol=1e-5)


@pytest.mark.semantics("18.3")
def test_orders_of_derivatives_by_a_shape():
    def moment(a):  # of which the mean is a (a + 1)
        return fg.reduce_mean(fg.square(g().gamma([100_000], a, dtype="f8")))

    second = fg.grad(fg.grad(moment))
    np.testing.assert_allclose(second(np.float64(1.5)).numpy(), 2, rtol=0.02)
    with pytest.raises(LookupError, match="third derivative of a gamma sample"):
        fg.grad(second)(np.float64(1.5))


@pytest.mark.semantics("18.4")
def test_whole_numbers_have_no_gradient():
    p = fg.constant(0.5)
    for draw in (
        lambda p: g().uniform([3], maxval=9, dtype="int32"),
        lambda p: g().bernoulli([3], p),
        lambda p: g().binomial([3], 5, p),
        lambda p: g().poisson([3], p),
        lambda p: g().categorical(fg.stack([[p, 1 - p]]), 3),
    ):
        assert gradient(draw, p) == [None]


@pytest.mark.semantics("18.5")
def test_what_was_kept_has_the_gradient():
    x = fg.constant(np.arange(1.0, 9.0))
    (slope,) = gradient(lambda x: g().shuffle(x) ** 2, x)
    assert slope.numpy().tolist() == (2 * x.numpy()).tolist()
    dropped = g().dropout(x, 0.5).numpy()
    (slope,) = gradient(lambda x: g().dropout(x, 0.5), x)
    assert slope.numpy().tolist() == np.where(dropped != 0, 2.0, 0.0).tolist()
    assert 0 < np.count_nonzero(dropped) < 8
