"""`fastgrad.numpy`: NumPy's names, arguments and defaults, and programs written for NumPy."""

import inspect
import pickle

import numpy
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp
from fastgrad._core import _numpy
from fastgrad.numpy._reasons import DATA as SEEN
from fastgrad.primitives import ROWS

RNG = numpy.random.default_rng(0)


def array(value):
    """A result as NumPy has it."""
    if isinstance(value, (list, tuple)):
        return [array(one) for one in value]
    return value.numpy() if isinstance(value, (fg.Tensor, fg.Variable)) else value


def differences(function, x, step=1e-3):
    """The gradient of a scalar function of an ndarray by 5-point differences."""
    slope = numpy.zeros_like(x)
    for at in numpy.ndindex(x.shape):
        nudge = numpy.zeros_like(x)
        nudge[at] = step * max(1.0, abs(x[at]))
        near = function(x + nudge) - function(x - nudge)
        far = function(x + 2 * nudge) - function(x - 2 * nudge)
        slope[at] = (8 * near - far) / (12 * nudge[at])
    return slope


def check(program, *inputs, rtol=1e-8):
    """Same value in NumPy and here, and gradients that differences confirm."""
    inputs = [numpy.asarray(x, float) for x in inputs]
    tensors = [fg.constant(x) for x in inputs]
    with fg.GradientTape() as tape:
        tape.watch(tensors)
        value = program(fnp, *tensors)
    expected = program(numpy, *inputs)
    assert isinstance(value, fg.Tensor) and value.dtype == numpy.asarray(expected).dtype
    numpy.testing.assert_allclose(value.numpy(), expected, rtol=1e-13, atol=1e-14)
    for k, gradient in enumerate(tape.gradient(value, tensors)):
        by_differences = differences(
            lambda x, k=k: float(numpy.sum(program(numpy, *inputs[:k], x, *inputs[k + 1 :]))),
            inputs[k],
        )
        numpy.testing.assert_allclose(gradient.numpy(), by_differences, rtol=rtol, atol=1e-9)


# ---------------------------------------------------------------------------------------------- names
def named():
    """(module, name, NumPy function, row) of every NumPy function that a row answers to."""
    for row in ROWS.values():
        for function in row.numpy:
            for prefix, module in (("", numpy), ("linalg.", numpy.linalg), ("fft.", numpy.fft)):
                if getattr(module, function.__name__, None) is function:
                    yield pytest.param(function, row, id=prefix + function.__name__)


def face_function(function):
    for module, face in ((numpy, fnp), (numpy.linalg, fnp.linalg), (numpy.fft, fnp.fft)):
        if getattr(module, function.__name__, None) is function:
            return getattr(face, function.__name__)
    raise AssertionError(function)


@pytest.mark.parametrize(("function", "row"), list(named()))
def test_what_a_row_answers_to_is_there(function, row):
    ours = face_function(function)
    assert ours is _numpy.stands_for(function)
    assert ours.__doc__ and ours.__name__
    if inspect.isbuiltin(ours):
        assert ours.__self__.row is row
        assert pickle.loads(pickle.dumps(ours)) is ours


def test_what_is_data_is_no_row():
    listed = {name for name in SEEN if hasattr(numpy, name)}
    assert not listed & {f.__name__ for row in ROWS.values() for f in row.numpy}


def test_other_names_of_the_same_function():
    assert fnp.abs is fnp.absolute and fnp.acos is fnp.arccos and fnp.concat is fnp.concatenate
    assert fnp.ndarray is fg.Tensor and isinstance(fnp.ones(2), fnp.ndarray)


def test_constants_and_dtypes():
    assert fnp.pi == numpy.pi and fnp.newaxis is None and numpy.isnan(fnp.nan)
    assert fnp.ones(2, fnp.float32).dtype == fnp.float32
    assert fnp.float32 is numpy.float32 and fnp.bool_ is numpy.bool_
    assert fnp.finfo(fnp.zeros(1).dtype).eps == numpy.finfo(float).eps
    assert fnp.issubdtype(fnp.zeros(1).dtype, fnp.floating)
    assert fnp.result_type(fnp.zeros(1, "f4"), fnp.float64) == "float64"
    assert fnp.testing is numpy.testing
    with fnp.errstate(divide="ignore"):
        assert fnp.isinf(fnp.divide(1.0, 0.0))


def test_names_that_are_not_there_say_why():
    with pytest.raises(AttributeError, match=r"put.*immutable.*at\[index\]\.set"):
        fnp.put  # noqa: B018
    with pytest.raises(AttributeError, match="Did you mean 'linspace'"):
        fnp.linspce  # noqa: B018
    with pytest.raises(AttributeError, match="extended precision"):
        fnp.longdouble  # noqa: B018


# ------------------------------------------------------------------------------- Python numbers, lists
@pytest.mark.parametrize(
    "program",
    [
        lambda np: np.sin(1.0),
        lambda np: np.sin(1),
        lambda np: np.add(1, 2),
        lambda np: np.add(1, 2.5),
        lambda np: np.add(True, 2),
        lambda np: np.multiply(2, 1j),
        lambda np: np.add([1, 2], 0.5),
        lambda np: np.add([1.5, 2], 1),
        lambda np: np.add(np.float32(1), 2.0),
        lambda np: np.add(np.ones(2, "f4"), [1.0, 2.0]),
        lambda np: np.add(np.ones(2, "f4"), 1.0),
        lambda np: np.add(np.ones(2, "i1"), 1),
        lambda np: np.where([True, False], 1.0, 2),
        lambda np: np.where(np.asarray([True, False]), 1.0, 2.0),
        lambda np: np.maximum(1, [0, 5]),
        lambda np: np.sum([1, 2, 3]),
        lambda np: np.sum([1.0, 2, 3]),
        lambda np: np.sum([True, True]),
        lambda np: np.mean([1, 2]),
        lambda np: np.prod(3),
        lambda np: np.stack([1.0, 2.0]),
        lambda np: np.concatenate([[1, 2], [3.5]]),
        lambda np: np.concatenate([np.ones(2, "f4"), [3.5]]),
        lambda np: np.reshape([1, 2, 3, 4], (2, 2)),
        lambda np: np.matmul([[1, 2], [3, 4]], [1.0, 2.0]),
        lambda np: np.array([1, 2.0]),
        lambda np: np.array([[1, 2], [3, 4]], dtype=float),
        lambda np: np.array(1.7, int),
        lambda np: np.asarray([True, 2]),
        lambda np: np.array([]),
        lambda np: np.array(range(3)),
        lambda np: np.array(2**40),
    ],
)
def test_numbers_become_what_numpy_makes_of_them(program):
    ours, theirs = program(fnp), numpy.asarray(program(numpy))
    assert isinstance(ours, fg.Tensor)
    assert ours.dtype == theirs.dtype and ours.shape == theirs.shape
    numpy.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-15)


def test_arrays_of_tensors_stay_connected():
    check(lambda np, x: np.sum(np.array([x[0], 2 * x[1], 3.0]) ** 2), [1.0, 2.0])
    check(lambda np, x: np.sum(np.array([[x[0], 1], [2, x[1] * x[0]]])), [1.0, 2.0])


# --------------------------------------------------------------------------------- NumPy's signatures
X = RNG.normal(size=(3, 4))
MASK = X > 0


@pytest.mark.parametrize(
    "call",
    [
        lambda np, x: np.sum(x, 0),
        lambda np, x: np.sum(a=x, axis=1, keepdims=True),
        lambda np, x: np.sum(x, 1, None, None, True),
        lambda np, x: np.sum(x, dtype="f4"),
        lambda np, x: np.sum(x, where=MASK),
        lambda np, x: np.sum(x, axis=1, initial=3.0, where=MASK),
        lambda np, x: np.prod(x, axis=0, where=MASK, initial=2.0),
        lambda np, x: np.max(x, axis=0, initial=0.5),
        lambda np, x: np.max(x, axis=0, initial=-9.0, where=MASK),
        lambda np, x: np.min(x, 1, None, True),
        lambda np, x: np.mean(x, axis=0, where=MASK),
        lambda np, x: np.mean(x, dtype=np.float32),
        lambda np, x: np.any(x > 1, axis=1, where=MASK),
        lambda np, x: np.all(x > -1, 0),
        lambda np, x: np.reshape(x, (4, 3), "C"),
        lambda np, x: np.reshape(x, shape=(2, -1)),
        lambda np, x: np.transpose(x, axes=(1, 0)),
        lambda np, x: np.expand_dims(x, 1),
        lambda np, x: np.concatenate((x, x), 1),
        lambda np, x: np.concatenate((x, x), axis=-1, dtype="f4"),
        lambda np, x: np.stack([x, x], -1),
        lambda np, x: np.add(x, 1, dtype="f4"),
        lambda np, x: np.multiply(x, 2, casting="same_kind", order="K"),
        lambda np, x: np.clip(x, -0.5, None),
        lambda np, x: np.clip(x, None, 0.5),
        lambda np, x: np.clip(x, a_min=-0.5, a_max=0.5),
        lambda np, x: np.clip(x, min=-0.5, max=[0.1, 0.2, 0.3, 0.4]),
        lambda np, x: np.argmax(x, 1),
        lambda np, x: np.round(x, 1),
        lambda np, x: np.select([x < -0.5, x < 0.5], [x * x, 3 * x], 7.0),
        lambda np, x: np.piecewise(x, [x < 0, x >= 0.5], [lambda z: z * z, 2.0, lambda z: 5 * z]),
        lambda np, x: np.apply_along_axis(lambda row: row * row[0], 1, x),
        lambda np, x: np.apply_along_axis(lambda row: np.sum(row), 0, x),
        lambda np, x: np.apply_over_axes(np.sum, x, [0, 1]),
        lambda np, x: np.vectorize(lambda u, v: u * v + 1)(x, x[0]),
        lambda np, x: np.where(x > 0)[0],
        lambda np, x: np.real(x) + np.imag(x),
        lambda np, x: np.size(x) + np.ndim(x),
        lambda np, x: np.isclose(x, x[0]),
        lambda np, x: np.argsort(x, 0),
    ],
)
def test_arguments_as_numpy_has_them(call):
    ours, theirs = array(call(fnp, fg.constant(X))), numpy.asarray(call(numpy, X))
    assert numpy.asarray(ours).dtype == theirs.dtype
    numpy.testing.assert_allclose(ours, theirs, rtol=1e-6 if theirs.dtype == "f4" else 1e-14)


def test_where_of_a_ufunc_leaves_zeros():
    y = fnp.sqrt(fg.constant([4.0, -1.0]), where=[True, False])
    assert y.numpy().tolist() == [2.0, 0.0]


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda x: fnp.sum(x, out=numpy.zeros(4)), "sum: out= .*immutable"),
        # Older NumPy's ufuncs have no signature, so that a third argument has no name.
        (lambda x: fnp.add(x, x, numpy.zeros(3)), "add: out= .*immutable|add.* at most 2 arg"),
        (lambda x: fnp.clip(x, 0, 1, numpy.zeros(3)), "clip: out="),
        (lambda x: fnp.sum(x, axs=0), "unexpected keyword argument 'axs'.*'axis'"),
        (lambda x: fnp.sum(), r"sum\(\) is missing '[ax]'"),
        (lambda x: fnp.add(x), r"add\(\) is missing 'b'"),
        (lambda x: fnp.sum(x, a=x), "multiple values"),
        (lambda x: fnp.transpose(x, where=True), "unexpected keyword argument 'where'"),
        (lambda x: fnp.sin("a"), "sin.*'a'"),
    ],
)
def test_bad_calls(call, text):
    with pytest.raises(TypeError, match=text):
        call(fg.constant([1.0, 2.0]))


def test_gradients_of_calls_by_signature():
    check(lambda np, x: np.sum(x * x, axis=1, initial=3.0, where=MASK), X)
    check(lambda np, x: np.mean(x * x, axis=0, where=MASK), X)
    check(lambda np, x: np.clip(x, -0.3, None) ** 2, X)
    check(lambda np, x: np.select([x < -0.4, x < 0.6], [x * x, 3 * x], x), X)
    check(lambda np, x: np.piecewise(x, [x < 0], [lambda z: z**3, lambda z: z * z]), X)
    check(lambda np, x: np.apply_along_axis(lambda row: row * row[0], 1, x), X)


# ------------------------------------------------------------------------------------------- creation
@pytest.mark.parametrize(
    "make",
    [
        lambda np: np.zeros(3),
        lambda np: np.zeros((2, 3), int),
        lambda np: np.ones((2,), dtype=np.float32),
        lambda np: np.full((2, 2), 7),
        lambda np: np.full(3, [1.0, 2.0, 3.0]),
        lambda np: np.full(2, 1, dtype=float),
        lambda np: np.zeros_like(np.ones((2, 2), "f4")),
        lambda np: np.ones_like([1, 2]),
        lambda np: np.full_like(np.ones(3, "i4"), 2.7),
        lambda np: np.ones_like(np.ones(2), dtype=int, shape=(3, 1)),
        lambda np: np.eye(3),
        lambda np: np.eye(2, 3, 1, dtype=int),
        lambda np: np.identity(2),
        lambda np: np.arange(5),
        lambda np: np.arange(1.0, 2.0, 0.25),
        lambda np: np.arange(3, dtype="f4"),
        lambda np: np.linspace(0, 1, 5),
        lambda np: np.linspace(0, 1, 5, endpoint=False),
        lambda np: np.linspace([0, 1], 3, 4, axis=1),
        lambda np: np.logspace(0, 2, 3),
        lambda np: np.geomspace(1, 256, 9),
        lambda np: np.array([1.0, 2.0], ndmin=3),
        lambda np: np.copy([1, 2]),
        lambda np: np.mgrid[0:2, 0:3],
        lambda np: np.ogrid[0:2, 0:3][1],
        lambda np: np.fromfunction(lambda i, j: i + 2 * j, (2, 3)),
        lambda np: np.hanning(5),
        lambda np: np.indices((2, 2)),
        lambda np: np.fromiter((i * i for i in range(4)), float),
        lambda np: np.astype(np.ones(2), np.int32),
    ],
)
def test_creation(make):
    ours, theirs = make(fnp), make(numpy)
    assert isinstance(ours, fg.Tensor) and ours.dtype == theirs.dtype
    numpy.testing.assert_allclose(ours.numpy(), theirs, rtol=1e-15)


def test_ranges_pass_gradients():
    for spread in ("linspace", "logspace", "geomspace"):
        for options in ({}, {"endpoint": False}, {"axis": -1}):

            def program(np, a, b, spread=spread, options=options):
                return np.sum(np.sqrt(getattr(np, spread)(a, b, 4, **options)))

            check(program, [0.5, 1.0], [1.5, 3.0])
            check(program, 0.5, 2.0)
    check(lambda np, v: np.sum(np.full((2, 3), v) ** 2), 1.5)
    values, step = fnp.linspace(fg.constant(0.0), 1, 5, retstep=True)
    assert (step.numpy(), values.shape) == (0.25, (5,))


def test_asarray_and_its_copies():
    x = RNG.normal(size=100)
    shared = fnp.asarray(x, copy=False)
    assert numpy.shares_memory(numpy.asarray(shared), x)
    assert not numpy.shares_memory(numpy.asarray(fnp.asarray(x)), x)
    t = fnp.asarray(x)
    assert fnp.asarray(t) is t and fnp.asarray(t, copy=True) is not t
    for bad in ([1.0], x[::2], numpy.ones(100, ">f8")):
        with pytest.raises(ValueError, match="copy"):
            fnp.asarray(bad, copy=False)
    with pytest.raises(ValueError, match="device"):
        fnp.zeros(2, device="cuda")


# -------------------------------------------------------------------------------------------- methods
@pytest.mark.parametrize(
    "use",
    [
        lambda x: x.sum(),
        lambda x: x.sum(0),
        lambda x: x.mean(axis=1, keepdims=True),
        lambda x: x.max(1),
        lambda x: x.min(),
        lambda x: x.prod(axis=0),
        lambda x: x.std(),
        lambda x: x.var(0),
        lambda x: x.argmax(),
        lambda x: x.argmin(1),
        lambda x: (x > 0).any(),
        lambda x: (x > 0).all(0),
        lambda x: x.T,
        lambda x: x.mT,
        lambda x: x.reshape(4, 3),
        lambda x: x.reshape((2, -1)),
        lambda x: x.flatten(),
        lambda x: x.transpose(),
        lambda x: x.transpose(1, 0),
        lambda x: x.transpose((1, 0)),
        lambda x: x.swapaxes(0, 1),
        lambda x: x[None].squeeze(),
        lambda x: x.astype(int),
        lambda x: x.astype("float32"),
        lambda x: x.clip(0, 0.5),
        lambda x: x.clip(max=0.5),
        lambda x: x.round(2),
        lambda x: x.copy(),
        lambda x: x.real,
        lambda x: x.imag,
        lambda x: x.item(3),
        lambda x: x.tolist(),
        lambda x: x.tobytes(),
        lambda x: x.nbytes + x.itemsize + x.size + x.ndim,
        lambda x: list(x.flat)[5],
        lambda x: x.argsort(),
        lambda x: x.nonzero()[0],
        lambda x: divmod(x, 0.3)[1],
    ],
)
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_methods_of_arrays(make, use):
    ours, theirs = array(use(make(X))), use(X)
    if isinstance(theirs, (bytes, list, int, float)):
        assert ours == theirs
    else:
        assert ours.dtype == numpy.asarray(theirs).dtype
        numpy.testing.assert_allclose(ours, theirs, rtol=1e-14)


def test_methods_pass_gradients():
    check(lambda np, x: (x.T @ x).sum() + x.reshape(-1).max() + x.std(), X)


def test_polynomials():
    check(lambda np, r: np.sum(np.sin(np.poly(r))), [0.3, -0.5, 1.2])
    x = numpy.linspace(-1, 1, 7)
    check(lambda np, y: np.polyfit(x, y, 2), x**3 + 0.1)
    check(lambda np, y: np.polyfit(x, y, 1, w=x**2 + 0.1), x**3 + 0.1)


def test_writing_methods_say_what_to_do():
    for name in ("sort", "fill", "put", "resize"):
        with pytest.raises(AttributeError, match="immutable"):
            getattr(fg.constant(X), name)


# ------------------------------------------------------------------------------------------------- at
INDICES = [1, (0, 2), (slice(None), 1), slice(0, 2), MASK, (..., -1), ([0, 2], [1, 1])]


@pytest.mark.parametrize("index", INDICES)
@pytest.mark.parametrize(
    ("method", "operator"),
    [
        ("set", lambda old, new: new),
        ("add", lambda old, new: old + new),
        ("subtract", lambda old, new: old - new),
        ("multiply", lambda old, new: old * new),
        ("divide", lambda old, new: old / new),
        ("power", lambda old, new: old**new),
        ("min", numpy.minimum),
        ("max", numpy.maximum),
    ],
)
def test_updates_at_places(index, method, operator):
    x = numpy.abs(X) + 0.1

    def program(np, x, v):
        if np is fnp:
            return getattr(x.at[index], method)(v * 2)
        y = x.copy()
        y[index] = operator(x[index], v * 2)
        return y

    check(program, x, 0.7)


def test_places_named_twice():
    x = fg.constant([1.0, 2.0, 3.0])
    assert x.at[[0, 0]].set([5.0, 6.0]).numpy().tolist() == [6.0, 2.0, 3.0]
    assert x.at[[0, 0]].add(1.0).numpy().tolist() == [3.0, 2.0, 3.0]
    with pytest.raises(ValueError, match="more than once"):
        x.at[[0, 0]].multiply(2.0)
    assert x.at[1:].get().numpy().tolist() == [2.0, 3.0]
    assert x.at[1:].apply(fnp.square).numpy().tolist() == [1.0, 4.0, 9.0]
    assert x.at[[]].set(1.0).numpy().tolist() == [1.0, 2.0, 3.0]


# --------------------------------------------------------------------------------------------- digits
V = numpy.array([0.1, 0.2, 0.7])


@pytest.mark.parametrize(
    "program",
    [
        lambda np, t: np.average(t, weights=[0.1, 0.2, 0.3]),
        lambda np, t: np.cov(t, [0.1, 0.3, 0.2]),
        lambda np, t: np.cov(t, aweights=[0.1, 0.3, 0.2]),
        lambda np, t: np.histogram(t, 2, weights=[0.1, 0.3, 0.2])[0],
        lambda np, t: np.histogram(t, [0.1, 0.2, 0.7])[0],
        lambda np, t: np.histogram2d(t, t, 2, weights=[0.1, 0.3, 0.2])[0],
        lambda np, t: np.bincount([0, 1, 1], weights=[0.1, 0.3, 0.2]),
        lambda np, t: np.interp(t, [0.1, 0.4, 0.6], [0.1, 0.4, 0.3], left=0.1, right=0.3),
        lambda np, t: np.gradient(t, [0.1, 0.4, 0.5]),
        lambda np, t: np.trapezoid(t, x=[0.1, 0.4, 0.5]),
        lambda np, t: np.trapezoid(t, dx=0.1),
        lambda np, t: np.ediff1d(t, to_begin=[0.1, 0.3], to_end=0.3),
        lambda np, t: np.diff(t, prepend=[0.1], append=0.3),
        lambda np, t: np.pad(t, 1, constant_values=(0.1, 0.3)),
        lambda np, t: np.append(np.insert(t, [1, 2], [0.1, 0.3]), [0.1]),
        lambda np, t: np.select([[True, False, False]], [t], default=0.1),
        lambda np, t: np.choose([0, 1, 1], [t, [0.1, 0.3, 0.3]]),
        lambda np, t: np.piecewise(t, [[True, False, False]], [0.1, 0.3]),
        lambda np, t: np.where([True, False, False], t, [0.1, 0.3, 0.3]),
        lambda np, t: np.var(t, mean=[0.1]) + np.sum(t, initial=0.1),
        lambda np, t: np.std(t, mean=0.1) if np is fnp else numpy.std(t, mean=numpy.array(0.1)),
        lambda np, t: np.polyint(np.polydiv(t, [0.1, 0.3])[0], 1, k=[0.1]),
        lambda np, t: np.isin(t, [0.1, 0.3]) | np.isclose(t, [0.1, 0.2, 0.7], rtol=0, atol=0),
        lambda np, t: np.searchsorted(t, [0.1, 0.2, 0.7]) + np.digitize(t, [0.1, 0.2, 0.7]),
        lambda np, t: np.concatenate([t, [0.1]]) + np.hstack([t, 0.1]),
        lambda np, t: np.quantile(t, [0.1, 0.33]) + np.percentile(t, [10.1, 33.3]),
    ],
)
def test_python_numbers_beside_float64_keep_their_digits(program):
    want = program(numpy, V)
    for source in (numpy, fnp):
        got = program(source, fg.constant(V))
        assert numpy.asarray(got).dtype == want.dtype
        numpy.testing.assert_allclose(array(got), want, rtol=1e-14, atol=1e-16)


# --------------------------------------------------------------------------------------------- random
def test_random_numbers_are_numpys():
    ours, theirs = fnp.random.default_rng(3), numpy.random.default_rng(3)
    for name, args in (("normal", (1.0, 2.0, 4)), ("integers", (9,)), ("permutation", (5,))):
        got = getattr(ours, name)(*args)
        assert isinstance(got, (fg.Tensor, int))
        numpy.testing.assert_array_equal(array(got), getattr(theirs, name)(*args))
    fnp.random.seed(0)
    got = fnp.random.randn(2, 3)
    numpy.random.seed(0)
    numpy.testing.assert_array_equal(got.numpy(), numpy.random.randn(2, 3))
    with pytest.raises(AttributeError, match="immutable"):
        fnp.random.shuffle  # noqa: B018


@pytest.mark.parametrize(
    ("name", "parameters"),
    [
        *(("normal", p) for p in ((0.5, 2.0), (0.5, 1.0))),
        *((n, (0.5, 2.0)) for n in ("uniform", "laplace", "logistic", "gumbel", "lognormal")),
        *((n, (1.5,)) for n in ("exponential", "rayleigh", "pareto", "power", "weibull")),
    ],
)
def test_samples_pass_gradients_to_their_parameters(name, parameters):
    def program(np, *parameters):
        return np.sum(getattr(np.random.default_rng(1), name)(*parameters, size=5) ** 2)

    check(program, *parameters)


@pytest.mark.parametrize(
    ("name", "parameters"),
    [("standard_gamma", (2.0,)), ("gamma", (2.0, 0.5)), ("chisquare", (4.0,))],
)
def test_gamma_samples_move_with_their_quantile(name, parameters):
    for source in ("default_rng", "RandomState"):
        tensors = [fg.constant([p, 2 * p], fg.float64) for p in parameters]
        with fg.GradientTape() as tape:
            tape.watch(tensors)
            x = getattr(getattr(fnp.random, source)(1), name)(*tensors, size=(5, 2))
        drawn = getattr(getattr(numpy.random, source)(1), name)(
            *(t.numpy() for t in tensors), (5, 2)
        )
        numpy.testing.assert_allclose(x.numpy(), drawn, rtol=1e-14)
        slopes = [g.numpy() for g in tape.gradient(x, tensors)]
        scale = {"standard_gamma": 1.0, "gamma": 0.5, "chisquare": 2.0}[name]
        alpha = tensors[0].numpy() / (2 if name == "chisquare" else 1)
        scale = tensors[1].numpy() if name == "gamma" else scale
        moved = fg.random._gamma_slope(alpha + numpy.zeros((5, 1)), drawn / scale).numpy() * scale
        moved = moved / 2 if name == "chisquare" else moved
        numpy.testing.assert_allclose(slopes[0], moved.sum(0), rtol=1e-10)
        if name == "gamma":
            numpy.testing.assert_allclose(slopes[1], (drawn / scale).sum(0), rtol=1e-13)


def test_choices_pass_gradients():
    x = fg.Variable(X)
    with fg.GradientTape() as tape:
        y = fnp.sum(fnp.random.default_rng(0).permutation(x) ** 2)
    numpy.testing.assert_allclose(tape.gradient(y, x).numpy(), 2 * X)
    with fg.GradientTape(), pytest.raises(TypeError, match=r"np\.random\.poisson"):
        fnp.random.default_rng(0).poisson(x * 1)


# ------------------------------------------------------------------------------------------- programs
DATA = RNG.normal(size=(12, 3))
LABELS = (DATA @ [1.0, -2.0, 0.5] + 0.3 * RNG.normal(size=12) > 0).astype(float)


def logistic_regression(np, weights, bias):
    """Penalised negative log-likelihood."""
    score = np.dot(DATA, weights) + bias
    chance = 0.5 * (np.tanh(score / 2) + 1)
    likelihood = chance * LABELS + (1 - chance) * (1 - LABELS)
    return -np.sum(np.log(likelihood)) + 0.05 * np.sum(weights**2)


def network(np, w1, b1, w2, b2):
    """Mean squared error of a network of two layers."""
    hidden = np.maximum(0, np.tanh(DATA @ w1 + b1) + 0.2)
    out = np.squeeze(hidden @ w2, axis=-1) + b2
    return np.mean(np.square(out - LABELS[: out.shape[0]]))


def pendulum(np, start, length):
    """Energy after ten Runge-Kutta steps."""

    def slope(state):
        return np.stack([state[1], -9.81 / length * np.sin(state[0])])

    state, h = start, 0.05
    for _ in range(10):
        k1 = slope(state)
        k2 = slope(state + 0.5 * h * k1)
        k3 = slope(state + 0.5 * h * k2)
        k4 = slope(state + h * k3)
        state = state + h / 6 * (k1 + 2 * k2 + 2 * k3 + k4)
    return 0.5 * state[1] ** 2 - 9.81 / length * np.cos(state[0])


def mixture(np, logits, centres, widths):
    """Mean log-likelihood of a mixture of Gaussians."""
    weights = logits - np.log(np.sum(np.exp(logits)))
    z = (DATA[:, None, :] - centres) / np.exp(widths)[:, None]
    density = -0.5 * np.sum(z**2, axis=-1) - 3 * widths - 1.5 * np.log(2 * np.pi) + weights
    largest = np.max(density, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(density - largest), axis=1)) + largest[:, 0])


def rosenbrock(np, x):
    return np.sum(100.0 * (x[1:] - x[:-1] ** 2.0) ** 2.0 + (1 - x[:-1]) ** 2.0)


def heat(np, x):
    """A vector diffused by shifted slices joined again."""
    for _ in range(5):
        padded = np.concatenate([x[:1], x, x[-1:]])
        x = x + 0.2 * (padded[2:] - 2 * x + padded[:-2])
    return np.sum(x**3)


def normal(*shape):
    return RNG.normal(size=shape)


@pytest.mark.parametrize(
    ("program", "inputs"),
    [
        pytest.param(logistic_regression, (normal(3), 0.1), id="logistic regression"),
        pytest.param(network, (normal(3, 5), normal(5), normal(5, 1), 0.2), id="network"),
        pytest.param(pendulum, ([0.7, -0.2], 1.3), id="pendulum"),
        pytest.param(mixture, (normal(4), normal(4, 3), 0.3 * normal(4)), id="mixture"),
        pytest.param(rosenbrock, (normal(6),), id="rosenbrock"),
        pytest.param(heat, (normal(7),), id="heat"),
    ],
)
def test_programs(program, inputs):
    check(program, *inputs)


def test_training_reaches_what_numpy_reaches():
    weights, bias = fg.Variable(numpy.zeros(3)), fg.Variable(numpy.zeros(()))
    for _ in range(60):
        with fg.GradientTape() as tape:
            loss = logistic_regression(fnp, weights, bias)
        for variable, gradient in zip(
            (weights, bias), tape.gradient(loss, [weights, bias]), strict=True
        ):
            variable.assign_sub(0.1 * gradient)
    at = [weights.numpy(), bias.numpy()]
    slope = differences(lambda w: logistic_regression(numpy, w, at[1]), at[0])
    assert numpy.max(numpy.abs(slope)) < 0.2
    assert loss.numpy() < logistic_regression(numpy, numpy.zeros(3), 0.0)
