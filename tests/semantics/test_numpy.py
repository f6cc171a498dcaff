"""Section 17 of docs/semantics.md: NumPy's functions and names, and the array API standard."""

import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import fastgrad as fg
import fastgrad.numpy as fnp

from .support import gradient, values

X = np.array([[1.0, 2.0, -3.0], [4.0, -5.0, 6.0]])


def derivative(f, x=X):
    """The gradient of sum(f(x)), as an array."""
    return gradient(f, fg.constant(np.asarray(x, float)))[0].numpy()


@pytest.fixture
def recorded():
    """A Tensor that a tape is recording."""
    x = fg.constant(X)
    with fg.GradientTape() as tape:
        tape.watch(x)
        yield x * 1.0


@pytest.mark.semantics("17.1")
@pytest.mark.parametrize(
    "call",
    [
        lambda np: np.sum(X, 1, keepdims=True),
        lambda np: np.sum([1, 2]),
        lambda np: np.mean([[1, 2], [3, 4]], axis=0),
        lambda np: np.clip(X, None, 2.0),
        lambda np: np.full((2, 3), 7),
        lambda np: np.linspace(0, 1, 5),
        lambda np: np.sqrt(2),
        lambda np: np.add(np.float32(1), 2.0),
        lambda np: np.linalg.norm(X, axis=1),
        lambda np: np.fft.rfft(X),
    ],
)
def test_values_and_dtypes_are_numpys(call):
    ours, theirs = call(fnp), np.asarray(call(np))
    assert isinstance(ours, fg.Tensor) and ours.dtype == theirs.dtype
    np.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-14)


@pytest.mark.semantics("17.1")
def test_the_module_is_imported_when_it_is_asked_for():
    program = """if True:
        import sys
        import fastgrad as fg
        assert "fastgrad.numpy" not in sys.modules
        assert fg.numpy is sys.modules["fastgrad.numpy"] and fg.numpy.sin(0.0) == 0.0
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.semantics("17.2")
@pytest.mark.parametrize(
    "calls",
    [
        (lambda x: np.cumsum(x, 1), lambda x: fnp.cumsum(x, 1), lambda x: x.cumsum(1)),
        (lambda x: np.std(x, ddof=1), lambda x: fnp.std(x, ddof=1), lambda x: x.std(ddof=1)),
        (lambda x: X * x, lambda x: fnp.multiply(X, x), lambda x: np.multiply(X, x)),
        (lambda x: X @ np.transpose(x), lambda x: fnp.matmul(X, x.T), lambda x: X @ x.T),
        (lambda x: np.concatenate([x, X]) ** 2, lambda x: fnp.concatenate([x, X]) ** 2),
        (lambda x: np.linalg.det(x @ x.T), lambda x: fnp.linalg.det(x @ x.T)),
    ],
)
def test_all_ways_to_call_are_one(calls):
    found = [derivative(call) for call in calls]
    assert all(np.array_equal(g, found[0]) for g in found)
    for call in calls:
        np.testing.assert_allclose(call(fg.constant(X)).numpy(), calls[0](X), rtol=1e-14)


@pytest.mark.semantics("17.3")
def test_methods_of_ufuncs():
    assert derivative(lambda x: np.add.reduce(x, axis=1) ** 2).tolist() == [[0.0] * 3, [10.0] * 3]
    assert derivative(np.add.accumulate).tolist() == [[2.0] * 3, [1.0] * 3]
    assert derivative(lambda x: np.multiply.outer(x, [2.0, 3.0])).tolist() == [[5.0] * 3] * 2


@pytest.mark.semantics("17.4")
def test_functions_on_data(recorded):
    assert np.shape(recorded) == (2, 3) and np.ndim(recorded) == 2
    assert np.argsort(recorded, axis=1).numpy().tolist() == np.argsort(X, 1).tolist()
    assert np.allclose(recorded, X) and np.array_equal(recorded, X)
    assert np.result_type(recorded, np.float32) == np.float64


@pytest.mark.semantics("17.5")
@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda x: sliding_window_view(x, 2, axis=1), r"np\.lib\..*sliding_window_view"),
        (lambda x: np.add.reduceat(x, [0, 1]), r"np\.add\.reduceat"),
        (lambda x: np.lib.scimath.power(x, [x[0], x[1]]), r"np\.lib\.scimath\.power"),
    ],
)
def test_functions_without_a_derivative(call, name, recorded):
    with pytest.raises(TypeError, match=name) as error:
        call(recorded)
    assert ".numpy()" in str(error.value) and "stop_gradient" in str(error.value)
    call(fg.stop_gradient(recorded))
    result = call(fg.constant(X))
    assert isinstance(result[0] if isinstance(result, tuple) else result, np.ndarray)


@pytest.mark.semantics("17.6")
def test_silent_ways_off_the_tape_are_closed(recorded):
    a = np.zeros((2, 3))
    with pytest.raises(TypeError, match=r"array \+= tensor"):
        a += recorded
    with pytest.raises(TypeError, match=r"\.numpy\(\)"):
        a[...] = recorded
    assert not a.any()
    a[0, 0] = recorded[0, 1]
    assert a[0, 0] == X[0, 1]
    for leave in (np.float64, lambda t: t.__dlpack__()):
        with pytest.raises(TypeError, match=r"\.numpy\(\)"):
            leave(recorded)


@pytest.mark.semantics("17.7")
def test_options_of_numpy(recorded):
    x = fg.constant(X)
    for call in (
        lambda: fnp.sum(x, out=np.zeros(())),
        lambda: np.sum(recorded, out=np.zeros(())),
        lambda: np.add(X, X, out=x),
    ):
        with pytest.raises(TypeError, match="immutable"):
            call()
    with pytest.raises(TypeError, match="out="):
        np.add(recorded, 1, out=np.zeros((2, 3)))
    assert np.sum(x, dtype="f4").dtype == "float32"
    mask = X > 0
    assert np.array_equal(derivative(lambda x: np.sum(x, where=mask)), mask)
    assert np.array_equal(derivative(lambda x: np.max(x, axis=0, initial=1.5)), X > 1.5)


@pytest.mark.semantics("17.8")
def test_names_that_are_not_there():
    with pytest.raises(AttributeError, match="immutable"):
        fnp.put  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean 'linspace'"):
        fnp.linspce  # noqa: B018


@pytest.mark.semantics("17.9")
def test_updates():
    x, v = fg.constant([1.0, 2.0, 4.0]), fg.constant(3.0)

    def of(f):
        y = f(x, v)
        return [y.numpy().tolist(), *values(gradient(f, x, v))]

    assert of(lambda x, v: x.at[1].set(v)) == [[1, 3, 4], [1, 0, 1], 1]
    assert of(lambda x, v: x.at[[0, 0]].add(v)) == [[7, 2, 4], [1, 1, 1], 2]
    assert of(lambda x, v: x.at[[0, 0]].subtract(v)) == [[-5, 2, 4], [1, 1, 1], -2]
    assert of(lambda x, v: x.at[1:].multiply(v)) == [[1, 6, 12], [1, 3, 3], 6]
    assert of(lambda x, v: x.at[2].divide(v * 2)) == [
        pytest.approx([1, 2, 2 / 3]),
        pytest.approx([1, 1, 1 / 6]),
        pytest.approx(-2 / 9),
    ]
    assert of(lambda x, v: x.at[1].power(v)) == [
        [1, 8, 4],
        [1, 12, 1],
        pytest.approx(8 * np.log(2)),
    ]
    assert of(lambda x, v: x.at[1:].min(v)) == [[1, 2, 3], [1, 1, 0], 1]
    assert of(lambda x, v: x.at[1:].max(v)) == [[1, 3, 4], [1, 0, 1], 1]
    assert of(lambda x, v: x.at[1].apply(fg.square) * v)[1] == [3, 12, 3]
    assert x.at[[0, 0]].set([5.0, 6.0]).numpy().tolist() == [6, 2, 4]
    assert x.numpy().tolist() == [1, 2, 4]
    for name in ("multiply", "divide", "power", "min", "max"):
        with pytest.raises(ValueError, match="more than once"):
            getattr(x.at[[0, 0]], name)(2.0)


@pytest.mark.semantics("17.10")
def test_functions_that_take_functions():
    for f in (
        lambda x: fnp.vectorize(lambda u: u * u if u > 0 else 3 * u)(x),
        lambda x: np.piecewise(x, [X > 0], [lambda u: u * u, lambda u: 3 * u]),
        lambda x: np.apply_along_axis(lambda u: np.where(u > 0, u * u, 3 * u), 1, x),
    ):
        assert np.array_equal(derivative(f), np.where(X > 0, 2 * X, 3))


@pytest.mark.semantics("17.11")
def test_random_numbers():
    for name, parameters in (
        *((n, (0.5, 2.0)) for n in ("normal", "uniform", "laplace", "logistic", "gumbel")),
        *(("lognormal", (0.5, 2.0)), ("exponential", (1.5,)), ("rayleigh", (1.5,))),
        *((n, (1.5,)) for n in ("pareto", "power", "weibull")),
    ):

        def draw(module, *parameters, name=name):
            return getattr(module.random.default_rng(1), name)(*parameters, size=4)

        want = draw(np, *parameters)
        np.testing.assert_allclose(draw(fnp, *parameters).numpy(), want, rtol=1e-14)
        slopes = gradient(lambda *p, draw=draw: draw(fnp, *p), *map(fg.constant, parameters))
        for k, slope in enumerate(slopes):
            moved = [p + 1e-6 * (i == k) for i, p in enumerate(parameters)]
            difference = np.sum(draw(np, *moved) - want) / 1e-6
            np.testing.assert_allclose(slope.numpy(), difference, rtol=1e-4)


@pytest.mark.semantics("17.11")
def test_gamma_samples_have_gradients():
    for name, scale in (("standard_gamma", 1), ("gamma", 1), ("chisquare", 2)):
        a = fg.constant(scale * np.full(3, 2.5))
        (slope,) = gradient(lambda a, name=name: getattr(fnp.random.default_rng(1), name)(a), a)
        want = fg.random._gamma_slope(a / scale, np.random.default_rng(1).standard_gamma(2.5, 3))
        np.testing.assert_allclose(slope.numpy(), want.numpy(), rtol=1e-13)


@pytest.mark.semantics("17.11")
def test_distributions_that_are_not_moved_refuse(recorded):
    with pytest.raises(TypeError, match=r"np\.random\.poisson"):
        fnp.random.default_rng(0).poisson(recorded)
    with pytest.raises(ValueError, match="shape < 0"):
        fnp.random.default_rng(0).gamma(recorded)


@pytest.mark.semantics("17.12")
def test_array_namespace():
    x = fg.constant(X)
    xp = x.__array_namespace__(api_version="2024.12")
    with pytest.raises(ValueError, match="1999"):
        x.__array_namespace__(api_version="1999.1")

    def f(x):
        y = xp.asarray(x, copy=True)
        z = y * y
        y[0, :] = z[1, :] * 2  # changes y, and not what z was computed from
        return xp.sum(z) + xp.sum(y)

    assert derivative(f).tolist() == [(2 * X[0]).tolist(), (6 * X[1] + 1).tolist()]


@pytest.mark.semantics("17.13")
def test_functions_of_scipy():
    pytest.importorskip("scipy", "1.17", reason="needs SciPy 1.17 or later")
    program = """if True:
        import numpy as np, fastgrad as fg
        from scipy.special import logsumexp, softmax
        x = fg.Variable(np.array([1.0, 2.0, 3.0]))
        with fg.GradientTape() as tape:
            y = fg.reduce_sum(logsumexp(x * 1.0))
        assert np.allclose(tape.gradient(y, x).numpy(), softmax(np.array([1.0, 2.0, 3.0])))
    """
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
