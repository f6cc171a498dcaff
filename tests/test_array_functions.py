"""NumPy's functions, ufunc methods and protocols on Tensors, the array API standard, SciPy."""

import io
import os
import subprocess
import sys

import numpy as np
import pytest
from numpy.lib.stride_tricks import sliding_window_view

import fastgrad as fg

RNG = np.random.default_rng(0)
X = RNG.normal(size=(3, 4))


def gradient(program, x, *more):
    """Value and gradient of the sum of a program's result."""
    x = fg.constant(x)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = program(x, *more)
        total = fg.reduce_sum(y)
    slope = tape.gradient(total, x)
    assert slope is not None
    return y.numpy(), slope.numpy()


def differences(program, x, step=1e-3):
    slope = np.zeros_like(x)
    for at in np.ndindex(x.shape):
        nudge = np.zeros_like(x)
        nudge[at] = step
        near, far = (
            np.sum(program(x + k * nudge)) - np.sum(program(x - k * nudge)) for k in (1, 2)
        )
        slope[at] = (8 * near - far) / (12 * step)
    return slope


def check(program, x=X):
    value, slope = gradient(program, x)
    np.testing.assert_allclose(value, program(x), rtol=1e-13, atol=1e-14)
    np.testing.assert_allclose(slope, differences(program, x), rtol=1e-8, atol=1e-9)


# ------------------------------------------------------------------------------- functions with a row
@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.sin(x) * X,
        lambda x: X @ np.transpose(x),
        lambda x: np.sum(x, axis=0, keepdims=True) ** 2,
        lambda x: np.mean(x**2, 1),
        lambda x: np.concatenate([x, X], axis=1) ** 2,
        lambda x: np.stack([X, x]) * 3,
        lambda x: np.where(X > 0, x, x * x),
        lambda x: np.clip(x, -0.5, None),
        lambda x: np.reshape(x, (2, 6)) ** 2,
        lambda x: np.max(x, axis=1),
        lambda x: np.maximum(x, 0.1),
        lambda x: np.broadcast_to(x, (2, 3, 4)),
        lambda x: np.add(x, x, dtype="f8"),
        lambda x: np.linspace(x[0], x[1], 3),
        lambda x: np.select([X > 0], [x * x], 1.0),
    ],
)
def test_functions_pass_gradients(program):
    check(program)


@pytest.mark.parametrize(
    "program",
    [
        lambda x: np.add.reduce(x),
        lambda x: np.add.reduce(x, axis=1),
        lambda x: np.add.reduce(x * x, axis=None),
        lambda x: np.add.reduce(x, axis=(0, 1), keepdims=True),
        lambda x: np.multiply.reduce(x),
        lambda x: np.maximum.reduce(x, axis=1),
        lambda x: np.minimum.reduce(x, axis=0, initial=-0.1),
        lambda x: np.logaddexp.reduce(x, axis=1),
        lambda x: np.add.reduce(x, where=X > 0),
        lambda x: np.add.accumulate(x) ** 2,
        lambda x: np.add.accumulate(x, axis=1) ** 2,
        lambda x: np.multiply.accumulate(x, axis=-1),
        lambda x: np.maximum.accumulate(x, axis=1),
        lambda x: np.multiply.outer(x, [1.0, 2.0]),
        lambda x: np.subtract.outer([1.0, 2.0], x) ** 2,
        lambda x: np.power.outer(x * x + 0.1, x),
    ],
)
def test_methods_of_ufuncs_pass_gradients(program):
    check(program)


def test_logical_reductions():
    t = fg.constant(X)
    assert np.logical_or.reduce(t > 0, axis=1).numpy().tolist() == (X > 0).any(1).tolist()
    assert np.logical_and.reduce(t > 0).numpy().tolist() == (X > 0).all(0).tolist()


def test_variables_are_arguments_too():
    v = fg.Variable(X)
    with fg.GradientTape() as tape:
        y = np.sum(np.add.reduce(v) * np.multiply.outer(v[0, 0], [1.0, 1, 1, 1]))
    np.testing.assert_allclose(
        tape.gradient(y, v).numpy(), X[0, 0] + np.eye(1, 12).reshape(3, 4) * X.sum(), rtol=1e-13
    )


# ------------------------------------------------------------------------------------ functions on data
def test_data_functions_see_recorded_tensors():
    t, other = fg.Variable(X), fg.Variable(X + 1e-12)
    with fg.GradientTape():
        y = t * 1.0
        assert np.shape(y) == (3, 4) and np.size(y) == 12 and np.ndim(y) == 2
        assert np.allclose(y, X) and np.allclose(y, other) and not np.array_equal(y, other)
        assert np.array_equal(y, X) is True
        assert np.isclose(y, X).numpy().all()
        assert np.result_type(y, np.float32) == np.float64
        assert not np.iscomplexobj(y) and np.can_cast(y.dtype, np.complex128)
        assert np.argsort(y, axis=1).numpy().tolist() == np.argsort(X, 1).tolist()
        assert np.count_nonzero(y) == 12
        assert np.array2string(y) == np.array2string(X)
        file = io.BytesIO()
        np.save(file, y)
    file.seek(0)
    assert np.array_equal(np.load(file), X)


def test_numpys_own_tests_compare_tensors():
    np.testing.assert_allclose(fg.constant(X), X)
    np.testing.assert_array_equal(fg.Variable(X), X)
    with pytest.raises(AssertionError):
        np.testing.assert_allclose(fg.constant(X), X + 1)


# --------------------------------------------------------------------------------- functions without one
WITHOUT = [
    pytest.param(lambda x: sliding_window_view(x, 2, axis=1), "sliding_window_view", id="windows"),
    pytest.param(lambda x: np.lib.scimath.sqrt(x), "np.lib.scimath.sqrt", id="scimath"),
    pytest.param(lambda x: np.add.reduceat(x, [0, 1]), "np.add.reduceat", id="reduceat"),
    pytest.param(lambda x: np.add(x, 1, out=np.zeros((3, 4))), "np.add with out=", id="out"),
]


@pytest.mark.parametrize(("call", "name"), WITHOUT)
def test_what_has_no_rule_refuses_recorded_tensors(call, name):
    x = fg.constant(X)
    with fg.GradientTape() as tape:
        tape.watch(x)
        for recorded in (x, x * 2, fg.Variable(X)):
            with pytest.raises(TypeError, match=name) as error:
                call(recorded)
            assert ".numpy()" in str(error.value) and "stop_gradient" in str(error.value)
        call(fg.constant(X))
        call(fg.stop_gradient(x))


@pytest.mark.parametrize(("call", "name"), WITHOUT)
def test_what_has_no_rule_runs_numpy_on_constants(call, name):
    got, want = call(fg.constant(X)), call(X)
    got, want = (r[0] if isinstance(r, tuple) else r for r in (got, want))
    assert isinstance(got, np.ndarray)
    np.testing.assert_array_equal(got, want)


def test_tensors_inside_lists_are_found():
    x = fg.constant(X)
    with fg.GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(TypeError, match=r"scimath\.power"):
            np.lib.scimath.power(x, [x[0], x[1]])


def test_arrays_are_not_written_through():
    a, x = np.zeros((3, 4)), fg.constant(X)
    a += x
    assert np.array_equal(a, X)
    with fg.GradientTape() as tape:
        tape.watch(x)
        with pytest.raises(TypeError, match=r"array \+= tensor"):
            a += x
    with pytest.raises(TypeError, match="immutable"):
        np.add(X, X, out=x)
    with pytest.raises(TypeError, match="immutable"):
        np.sum(x, out=np.zeros(()))
    assert np.array_equal(a, X)


def test_conversion_of_a_recorded_tensor_is_refused():
    x = fg.constant(X)
    with fg.GradientTape() as tape:
        tape.watch(x)
        for convert in (np.asarray, np.float64, lambda t: t.__dlpack__()):
            with pytest.raises(TypeError, match=r"\.numpy\(\)"):
                convert(x)
        np.asarray(fg.constant(X))
    assert np.shares_memory(np.asarray(x), np.asarray(x))
    assert np.array_equal(np.from_dlpack(x), X)
    assert np.array_equal(np.from_dlpack(fg.Variable(X)), X)


def test_other_arrays_are_asked_first():
    class Other:
        def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
            return "mine"

    assert np.add(fg.constant(X), Other()) == "mine"


def test_endless_lists_are_no_trap():
    endless = []
    endless.append(endless)
    with pytest.raises((ValueError, TypeError, RecursionError)):
        np.lib.scimath.power(fg.constant(X), endless)


# ---------------------------------------------------------------------------------- array API standard
FUNCTIONS = """
    arange asarray empty empty_like eye from_dlpack full full_like linspace meshgrid ones ones_like
    tril triu zeros zeros_like astype broadcast_arrays broadcast_to can_cast finfo iinfo isdtype
    result_type abs acos acosh add asin asinh atan atan2 atanh bitwise_and bitwise_left_shift
    bitwise_invert bitwise_or bitwise_right_shift bitwise_xor ceil clip conj copysign cos cosh divide
    equal exp expm1 floor floor_divide greater greater_equal hypot imag isfinite isinf isnan less
    less_equal log log1p log2 log10 logaddexp logical_and logical_not logical_or logical_xor maximum
    minimum multiply negative nextafter not_equal positive pow real reciprocal remainder round sign
    signbit sin sinh square sqrt subtract tan tanh trunc take take_along_axis matmul matrix_transpose
    tensordot vecdot concat expand_dims flip moveaxis permute_dims repeat reshape roll squeeze stack
    tile unstack argmax argmin count_nonzero nonzero searchsorted where unique_all unique_counts
    unique_inverse unique_values argsort sort cumulative_prod cumulative_sum max mean min prod std sum
    var all any diff
""".split()
LINALG = """
    cholesky cross det diagonal eigh eigvalsh inv matmul matrix_norm matrix_power matrix_rank
    matrix_transpose outer pinv qr slogdet solve svd svdvals tensordot trace vecdot vector_norm
""".split()
FFT = """
    fft ifft fftn ifftn rfft irfft rfftn irfftn hfft ihfft fftfreq rfftfreq fftshift ifftshift
""".split()
NAMES = [*FUNCTIONS, *(f"linalg.{name}" for name in LINALG), *(f"fft.{name}" for name in FFT)]


def member(owner, name):
    for part in name.split("."):
        owner = getattr(owner, part)
    return owner


XP = fg.constant(X).__array_namespace__()
# How a function is called that doesn't take one float array.
CALLS = {
    "arange": (5,),
    "empty": (3,),
    "eye": (3,),
    "full": (3, 2.0),
    "linspace": (0.0, 1.0, 5),
    "ones": (3,),
    "zeros": (3,),
    "full_like": (X, 2.0),
    "astype": (X, np.float32),
    "broadcast_to": (X, (2, 3, 4)),
    "can_cast": (np.float32, np.float64),
    "finfo": (np.float32,),
    "iinfo": (np.int32,),
    "isdtype": (np.float32, "real floating"),
    "result_type": (np.float32, np.float64),
    "acosh": (X * X + 1,),
    **dict.fromkeys(("log", "log2", "log10", "log1p", "sqrt", "acos", "asin", "atanh"), (X * X / 9,)),
    **dict.fromkeys(("logical_and", "logical_or", "logical_xor"), (X > 0, X > 1)),
    "logical_not": (X > 0,),
    **dict.fromkeys(("bitwise_and", "bitwise_or", "bitwise_xor"), (np.arange(4), np.arange(4) + 1)),
    **dict.fromkeys(("bitwise_left_shift", "bitwise_right_shift"), (np.arange(4), np.arange(4))),
    "bitwise_invert": (np.arange(4),),
    "clip": (X, -0.5, 0.5),
    "pow": (X * X, X),
    "take": (X, np.array([1, 0]), 1),
    "take_along_axis": (X, np.array([[1], [0], [2]]), 1),
    "matmul": (X, X.T),
    "linalg.matmul": (X, X.T),
    "tensordot": (X, X.T, 1),
    "linalg.tensordot": (X, X),
    "concat": ([X, X],),
    "stack": ([X, X],),
    "expand_dims": (X, 0),
    "moveaxis": (X, 0, 1),
    "permute_dims": (X, (1, 0)),
    "repeat": (X, 2),
    "reshape": (X, (2, 6)),
    "roll": (X, 1),
    "squeeze": (X[None], 0),
    "tile": (X, (2, 1)),
    "searchsorted": (np.sort(X[0]), X[1]),
    "where": (X > 0, X, -X),
    "cumulative_sum": (X[0],),
    "cumulative_prod": (X[0],),
    "linalg.cross": (X[:, :3], X[:, 1:]),
    "linalg.outer": (X[0], X[1]),
    "linalg.solve": (X[:, :3], X[:, 3]),
    "linalg.matrix_power": (X[:, :3], 2),
    **dict.fromkeys(("linalg.det", "linalg.inv", "linalg.slogdet"), (X[:, :3],)),
    **dict.fromkeys(
        ("linalg.cholesky", "linalg.eigh", "linalg.eigvalsh"), (X @ X.T + np.eye(3),)
    ),
    "fft.fftfreq": (8,),
    "fft.rfftfreq": (8,),
}  # fmt: skip
TWO = """
    add atan2 copysign divide equal floor_divide greater greater_equal hypot less less_equal logaddexp
    maximum minimum multiply nextafter not_equal remainder subtract vecdot linalg.vecdot meshgrid
    broadcast_arrays
""".split()


def flat(result):
    if isinstance(result, (list, tuple)):
        return [one for part in result for one in flat(part)]
    return [result]


@pytest.mark.parametrize("name", NAMES)
def test_the_standards_functions(name):
    ours, theirs = member(XP, name), member(np, name)
    if name in ("meshgrid",):
        arguments = (X[0], X[1])
    elif name in TWO:
        arguments = (X, X + 1.5)
    else:
        arguments = CALLS.get(name, (X,))

    def arrays(value):
        if isinstance(value, np.ndarray):
            return XP.asarray(value)
        return [arrays(one) for one in value] if isinstance(value, list) else value

    options = {"axis": 0} if name in ("diff",) else {}
    got, want = ours(*map(arrays, arguments), **options), theirs(*arguments, **options)
    for mine, numpys in zip(flat(got), flat(want), strict=True):
        if isinstance(numpys, (np.ndarray, np.number, np.bool_)) and name != "linalg.matrix_rank":
            assert isinstance(mine, XP.Array), type(mine)
            assert mine.dtype == numpys.dtype and tuple(mine.shape) == numpys.shape
            if "empty" not in name:
                np.testing.assert_allclose(mine.numpy(), numpys, rtol=1e-12, atol=1e-13)
        elif isinstance(numpys, (bool, np.dtype)):
            assert mine == numpys


def test_what_a_namespace_has():
    for (
        name
    ) in "bool int8 int64 uint8 float32 float64 complex64 complex128 pi e inf nan newaxis".split():
        assert hasattr(XP, name)
    info = XP.__array_namespace_info__()
    assert list(info.devices()) == ["cpu"] and info.default_device() == "cpu"
    assert info.default_dtypes()["real floating"] == np.float64
    assert XP.__array_api_version__ == "2024.12"
    x = fg.constant(X)
    assert x.__array_namespace__(api_version="2023.12") is XP
    with pytest.raises(ValueError, match="1999"):
        x.__array_namespace__(api_version="1999.1")
    assert x.device == "cpu" and x.to_device("cpu").shape == (3, 4)
    with pytest.raises(ValueError, match="cpu"):
        x.to_device("cuda")
    assert x.__dlpack_device__() == (1, 0)
    assert XP.isdtype(x.dtype, ("integral", "real floating")) and not XP.isdtype(x.dtype, "bool")
    with pytest.raises(AttributeError, match="nosuch"):
        XP.nosuch  # noqa: B018


def test_arrays_of_the_standard_can_be_assigned_to():
    x = fg.constant(X)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = XP.asarray(x, copy=True)
        y[0] = y[1] * y[2]
        y[y > 0.5] = 2.0
        y[:, 1] += x[:, 0]
        z = XP.zeros_like(y)
        z[1:] = y[:2] ** 2
        total = XP.sum(z)
    assert isinstance(z, XP.Array) and isinstance(y + 1, XP.Array) and isinstance(y.T, XP.Array)

    def program(x):
        y = x.copy()
        y[0] = y[1] * y[2]
        y[y > 0.5] = 2.0
        y[:, 1] += x[:, 0]
        z = np.zeros_like(y)
        z[1:] = y[:2] ** 2
        return z

    np.testing.assert_allclose(z.numpy(), program(X), rtol=1e-14)
    np.testing.assert_allclose(
        tape.gradient(total, x).numpy(), differences(program, X), rtol=1e-8, atol=1e-9
    )
    assert np.array_equal(x.numpy(), X)


def test_an_assignment_changes_nothing_that_was_recorded():
    x = fg.constant([1.0, 2.0])
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = XP.asarray(x, copy=True)
        z = y * y
        y[0] = 100.0
        w = fg.reduce_sum(z)
    assert tape.gradient(w, x).numpy().tolist() == [2.0, 4.0]
    assert repr(y).startswith("<fg.Tensor") and f"{y[0]:.1f}" == "100.0"


# ---------------------------------------------------------------------------------------------- SciPy
SCIPY = """
import warnings
import numpy as np, fastgrad as fg
import scipy.integrate, scipy.optimize, scipy.signal, scipy.special, scipy.stats, scipy.fft

warnings.simplefilter("ignore")
x0 = np.random.default_rng(0).normal(size=6)
for name in NAMES:
    f = PROGRAMS[name]
    x = fg.constant(x0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = fg.reduce_sum(f(x))
    slope = tape.gradient(y, x)
    assert slope is not None, name
    total = lambda x: float(np.sum(f(x)))
    h = 1e-3
    by_differences = [
        (8 * (total(x0 + h * e) - total(x0 - h * e)) - total(x0 + 2 * h * e) + total(x0 - 2 * h * e))
        / (12 * h)
        for e in np.eye(6)
    ]
    np.testing.assert_allclose(slope.numpy(), by_differences, rtol=1e-7, atol=1e-9, err_msg=name)
"""
PROGRAMS = """
PROGRAMS = {
    "logsumexp": lambda x: scipy.special.logsumexp(x),
    "logsumexp with weights": lambda x: scipy.special.logsumexp(x, b=2.0),
    "softmax": lambda x: scipy.special.softmax(x) ** 2,
    "log_softmax": lambda x: scipy.special.log_softmax(x) ** 2,
    "zscore": lambda x: scipy.stats.zscore(x) ** 3,
    "trapezoid": lambda x: scipy.integrate.trapezoid(x**2, dx=0.1),
    "rosen": lambda x: scipy.optimize.rosen(x),
    "rosen_der": lambda x: scipy.optimize.rosen_der(x) ** 2,
    "hilbert": lambda x: np.abs(scipy.signal.hilbert(x)),
    "fft": lambda x: np.abs(scipy.fft.fft(x)),
    "rfft": lambda x: np.abs(scipy.fft.rfft(x)),
    "skew": lambda x: scipy.stats.skew(x),
    "gmean": lambda x: scipy.stats.gmean(x**2 + 1),
    "moment": lambda x: scipy.stats.moment(x, 3),
    "cumulative_trapezoid": lambda x: scipy.integrate.cumulative_trapezoid(x**2, dx=0.1) ** 2,
    "fftconvolve": lambda x: scipy.signal.fftconvolve(x, x) ** 2,
}
"""


@pytest.mark.parametrize(
    "names",
    [
        ["logsumexp", "logsumexp with weights", "softmax", "log_softmax", "zscore"],
        ["trapezoid", "rosen", "rosen_der"],
        ["hilbert", "fft", "rfft", "fftconvolve"],
        ["skew", "gmean", "moment", "cumulative_trapezoid"],
    ],
    ids=lambda names: names[0],
)
def test_scipys_functions_pass_gradients(names):
    pytest.importorskip("scipy", "1.17", reason="needs SciPy 1.17 or later")
    program = PROGRAMS + f"NAMES = {names!r}\n" + SCIPY
    environment = {**os.environ, "SCIPY_ARRAY_API": "1"}
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, env=environment
    )
    assert done.returncode == 0, done.stderr
