"""Linear algebra by the loops of NumPy's gufuncs: bits and failures of np.linalg, in plans without Python."""

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp
from fastgrad.primitives import ROWS

from .test_kernels import calls

DTYPES = ("float32", "float64", "complex64", "complex128")
SHAPES = ((1, 1), (3, 3), (2, 4, 4), (2, 3, 5, 5), (30, 30))


def numbers(dtype, shape, seed=0):
    rng = np.random.default_rng(seed)
    x = rng.normal(size=shape)
    if np.dtype(dtype).kind == "c":
        x = x + 1j * rng.normal(size=shape)
    return x.astype(dtype)


def positive(dtype, shape):
    a = numbers(dtype, shape)
    return (a @ np.conj(np.swapaxes(a, -1, -2)) / shape[-1] + np.eye(shape[-1])).astype(dtype)


def parts(value):
    return list(value) if isinstance(value, (tuple, list)) else [value]


def assert_same_bits(got, want):
    assert len(parts(got)) == len(parts(want))
    for one, other in zip(parts(got), parts(want), strict=True):
        one, other = np.asarray(one), np.asarray(other)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        assert one.tobytes() == other.tobytes()


ROWS_OF_ONE = {
    "det": fnp.linalg.det,
    "slogdet": fnp.linalg.slogdet,
    "inv": fnp.linalg.inv,
    "cholesky": fnp.linalg.cholesky,
    "upper cholesky": lambda a: fnp.linalg.cholesky(a, upper=True),
    "eigh": fnp.linalg.eigh,
    "upper eigh": lambda a: fnp.linalg.eigh(a, "U"),
    "eigvalsh": fnp.linalg.eigvalsh,
    "upper eigvalsh": lambda a: fnp.linalg.eigvalsh(a, "U"),
    "svd": fnp.linalg.svd,
    "reduced svd": lambda a: fnp.linalg.svd(a, full_matrices=False),
    "svdvals": fnp.linalg.svdvals,
    "matrix_rank": fnp.linalg.matrix_rank,
    "pinv": fnp.linalg.pinv,
}
OF_NUMPY = {
    "upper cholesky": lambda a: np.linalg.cholesky(a, upper=True),
    "upper eigh": lambda a: np.linalg.eigh(a, "U"),
    "upper eigvalsh": lambda a: np.linalg.eigvalsh(a, "U"),
    "reduced svd": lambda a: np.linalg.svd(a, full_matrices=False),
}


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", ROWS_OF_ONE)
def test_square_matrices(name, dtype):
    ours, theirs = ROWS_OF_ONE[name], OF_NUMPY.get(name) or getattr(np.linalg, name)
    replayed = fg.function(ours)
    for shape in SHAPES:
        a = positive(dtype, shape)
        want = theirs(a)
        assert type(ours(a)).__name__ in (type(want).__name__, "Tensor")
        assert_same_bits(ours(a), want)
        assert_same_bits(replayed(a), want)
        assert_same_bits(replayed(a), want)
        assert calls(replayed, a) == [] or (name == "pinv" and a.dtype.kind == "c")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("shape", [(4, 2), (2, 4), (3, 5, 2), (1, 3)])
def test_other_matrices(shape, dtype):
    a = numbers(dtype, shape)
    a[..., -1, :] = a[..., 0, :]
    for name in ("svd", "reduced svd", "svdvals", "matrix_rank", "pinv"):
        want = (OF_NUMPY.get(name) or getattr(np.linalg, name))(a)
        replayed = fg.function(ROWS_OF_ONE[name])
        assert_same_bits(ROWS_OF_ONE[name](a), want)
        assert_same_bits(replayed(a), want)
        assert calls(replayed, a) == [] or (name == "pinv" and a.dtype.kind == "c")


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(
    "a, b",
    [
        ((3, 3), (3,)),
        ((3, 3), (3, 2)),
        ((2, 3, 3), (3,)),
        ((2, 3, 3), (3, 4)),
        ((2, 3, 3), (2, 3, 1)),
        ((3, 3), (5, 4, 3, 1)),
        ((2, 1, 3, 3), (2, 3, 2)),
    ],
)
def test_systems(a, b, dtype):
    a, b = numbers(dtype, a), numbers(dtype, b, seed=1)
    want = np.linalg.solve(a, b)
    replayed = fg.function(fnp.linalg.solve)
    assert_same_bits(fnp.linalg.solve(a, b), want)
    assert_same_bits(replayed(a, b), want)
    assert_same_bits(replayed(a, b), want)


# ------------------------------------------------------------------------- rows that take several calls
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("mode", ["reduced", "complete"])
def test_qr(mode, dtype):
    replayed = fg.function(lambda a: fnp.linalg.qr(a, mode=mode))
    for shape in ((1, 1), (3, 3), (4, 2), (2, 4), (2, 3, 5, 2), (3, 2, 2), (40, 30)):
        a = numbers(dtype, shape)
        want = np.linalg.qr(a, mode)
        assert_same_bits(fnp.linalg.qr(a, mode=mode), want)
        assert_same_bits(replayed(a), want)
        assert calls(replayed, a) == []
    assert_same_bits(fnp.linalg.qr(a, mode="r"), np.linalg.qr(a, "r"))


def assert_as_in_numpy(name, *arrays, kernel, **metadata):
    """A row gives what its NumPy function gives, eagerly and in a plan; whether that has a kernel."""
    row = ROWS[name]
    want = row.forward(*arrays, **metadata)
    replayed = fg.function(lambda *arrays: row.bound(*arrays, **metadata))
    assert_same_bits(row.bound(*map(fg.constant, arrays), **metadata), want)
    assert_same_bits(replayed(*map(fg.constant, arrays)), want)
    assert (calls(replayed, *map(fg.constant, arrays)) == []) == kernel


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
@pytest.mark.parametrize("unit", [True, False])
def test_triangles(lower, transpose, unit, dtype):
    flags = {"lower": lower, "transpose": transpose, "unit_diagonal": unit}
    for shape in ((1, 1), (3, 3), (2, 4, 4), (48, 48), (49, 49)):
        n = shape[-1]
        a = numbers(dtype, shape) + np.asarray(3, dtype) * np.eye(n, dtype=dtype)
        for b in ((n,), (n, 2), (*shape[:-1], 3)):
            assert_as_in_numpy("solve_triangular", a, numbers(dtype, b), kernel=n < 49, **flags)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(1, 1), (3, 3), (2, 4, 4), (2, 3, 5, 5), (48, 48), (49, 49)])
def test_factors(shape, dtype):
    factor, n = np.linalg.cholesky(positive(dtype, shape)), shape[-1]
    for b in ((n,), (n, 2), (*shape[:-1], 3)):
        assert_as_in_numpy("cholesky_solve", factor, numbers(dtype, b), kernel=n < 49)
    assert_as_in_numpy("cholesky_pull", factor, numbers(dtype, shape), kernel=n < 49)
    assert_as_in_numpy("cofactors", positive(dtype, shape), kernel=True)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_cofactors_of_nearly_singular_matrices_are_made_of_singular_values(dtype):
    a = np.diag([1, 2, 0]).astype(dtype)
    replayed = fg.function(lambda a: ROWS["cofactors"].bound(a))
    np.testing.assert_allclose(
        ROWS["cofactors"].bound(fg.constant(a)), np.diag([0, 0, 2]), atol=1e-6
    )
    for x in (
        np.diag([1, 2, 3]).astype(dtype),
        a,
        a + np.asarray(1e-6, dtype) * np.eye(3, dtype=dtype),
    ):
        assert_same_bits(replayed(fg.constant(x)), ROWS["cofactors"].forward(x))


@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_gaps(dtype):
    w = numbers(dtype, (2, 3, 5))
    w[0, :, 1] = w[0, :, 4]
    w[1, 0] = 0
    w[1, 1, 2] = np.nan
    w[1, 2, 3] = np.inf
    with np.errstate(all="ignore"):
        assert_as_in_numpy("inverse_gaps", w, kernel=True)
        assert_as_in_numpy("inverse_gaps", w[0, 0, :1], kernel=True)
    assert_as_in_numpy("inverse_gaps", np.zeros((2, 0)), kernel=False)


def test_triangles_that_are_singular():
    a = np.triu(np.ones((2, 3, 3)))
    a[1, 2, 2] = 0
    replayed = fg.function(lambda a, b: ROWS["solve_triangular"].bound(a, b, lower=False))
    replayed(np.triu(np.ones((2, 3, 3))), np.ones(3))
    for _ in range(2):
        with pytest.raises(np.linalg.LinAlgError, match="solve_triangular: Singular"):
            replayed(a, np.ones(3))


# -------------------------------------------------------------------------------------------- corners
@pytest.mark.parametrize("name", ROWS_OF_ONE)
@pytest.mark.parametrize("shape", [(0, 0), (0, 3, 3), (2, 0, 0)])
def test_empty_arrays(name, shape):
    a = np.zeros(shape)
    # Refused by some versions of NumPy.
    if (name.endswith("svd") or name == "matrix_rank") and 0 in shape[-2:]:
        return
    want = (OF_NUMPY.get(name) or getattr(np.linalg, name))(a)
    assert_same_bits(ROWS_OF_ONE[name](a), want)
    assert_same_bits(fg.function(ROWS_OF_ONE[name])(a), want)


@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize(
    "function, message",
    [
        (fnp.linalg.inv, "inv: Singular matrix"),
        (lambda a: fnp.linalg.solve(a, a[..., :1]), "solve: Singular matrix"),
        (fnp.linalg.cholesky, "cholesky: Matrix is not positive definite"),
    ],
)
def test_failures_have_the_row_s_error_and_leave_nothing(function, message, dtype):
    good, bad = positive(dtype, (2, 3, 3)), positive(dtype, (2, 3, 3))
    bad[1] = 0
    replayed = fg.function(function)
    want = replayed(good).numpy()
    for call in (function, replayed):
        for _ in range(2):
            with pytest.raises(np.linalg.LinAlgError, match=message):
                call(fg.constant(bad))
            assert_same_bits(call(fg.constant(good)), want)
    with fg.GradientTape() as tape:
        v = fg.Variable(bad)
        with pytest.raises(np.linalg.LinAlgError, match=message):
            function(v)
        y = fg.reduce_sum(v * v)
    assert_same_bits(tape.gradient(y, v), 2 * bad)


def test_a_failure_changes_no_variable():
    v = fg.Variable(np.eye(2))

    @fg.function
    def step(a):
        v.assign_add(a)
        v.assign(fnp.linalg.inv(v))
        return v + 1

    step(np.eye(2))
    assert_same_bits(v, np.eye(2) / 2)
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        step(-np.eye(2) / 2)
    assert_same_bits(v, np.eye(2) / 2)
    step(np.eye(2))
    assert_same_bits(v, np.linalg.inv(np.eye(2) * 1.5))


def test_what_may_fail_stays_in_a_loop_without_turns():
    @fg.function
    def powers(a, n):
        def body(k, y):
            return k + 1, y + fnp.linalg.inv(a)

        return fg.while_loop(lambda k, y: k < n, body, (fg.constant(0), fg.zeros_like(a)))[1]

    assert_same_bits(powers(np.eye(2), fg.constant(3)), 3 * np.eye(2))
    assert_same_bits(powers(np.zeros((2, 2)), fg.constant(0)), np.zeros((2, 2)))
    with pytest.raises(np.linalg.LinAlgError, match="Singular"):
        powers(np.zeros((2, 2)), fg.constant(1))


def test_nan_and_flags_of_other_operations_are_no_failure():
    a = np.full((2, 2), np.nan)
    for name in ("inv", "det", "slogdet"):
        with np.errstate(all="ignore"):
            want = getattr(np.linalg, name)(a)
        assert_same_bits(getattr(fnp.linalg, name)(a), want)
    (fg.constant(np.inf) - np.inf).numpy()  # sets the flag that LAPACK's failures are known by
    assert_same_bits(fnp.linalg.inv(np.eye(2)), np.eye(2))
    with pytest.raises(np.linalg.LinAlgError):
        fnp.linalg.inv(np.zeros((2, 2)))
    with np.errstate(all="raise"):
        np.add(np.ones(3), 1)


def test_results_that_nobody_asks_for():
    a = positive("float64", (4, 4))
    for k in range(3):
        replayed = fg.function(lambda a, k=k: ROWS["svd_factors"].bound(a)[k] * 2)
        want = np.linalg.svd(a, full_matrices=False)[k] * 2
        assert_same_bits(replayed(a), want)
        assert_same_bits(replayed(a), want)


RIGHT = numbers("float64", (3, 2), seed=1)
LOSSES = {
    "solve": lambda a: fg.reduce_sum(fnp.linalg.solve(a, RIGHT) ** 2),
    "inv": lambda a: fg.reduce_sum(fnp.linalg.inv(a)),
    "det": fnp.linalg.det,
    "slogdet": lambda a: fnp.linalg.slogdet(a)[1],
    "cholesky": lambda a: fg.reduce_sum(fnp.linalg.cholesky(a) ** 3),
    "cholesky_solve": lambda a: fg.reduce_sum(fg.linalg.cholesky_solve(fnp.linalg.cholesky(a), a)),
    "triangular_solve": lambda a: fg.reduce_sum(fg.linalg.triangular_solve(a, RIGHT)),
    "eigvalsh": lambda a: fnp.linalg.eigvalsh(a)[0],
    "eigh": lambda a: fg.reduce_sum(fnp.linalg.eigh(a)[1] ** 3),
    "svd": lambda a: fg.reduce_sum(fnp.linalg.svd(a)[0] ** 3),
    "svdvals": lambda a: fnp.linalg.svdvals(a)[0],
}


@pytest.mark.parametrize("name", LOSSES)
def test_gradients_in_plans_do_not_call_python(name):
    def gradient(a):
        with fg.GradientTape() as tape:
            tape.watch(a)
            y = LOSSES[name](a)
        return tape.gradient(y, a)

    a, replayed = fg.constant(positive("float64", (3, 3))), fg.function(gradient)
    replayed(a)
    assert_same_bits(replayed(a), gradient(a))
    assert calls(replayed, a) == []


def test_threads():
    replayed = fg.function(lambda a: (*fnp.linalg.eigh(a), fnp.linalg.inv(a), fnp.linalg.det(a)))
    matrices = [positive("float64", (40, 40)) + k * np.eye(40) for k in range(4)]
    wants = [replayed(a) for a in matrices]

    def work(k):
        for _ in range(30):
            assert_same_bits(replayed(matrices[k]), wants[k])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))


ANOTHER_NUMPY = """
import sys, types
import numpy as np, numpy.fft
from numpy.linalg import _umath_linalg as real
other = types.ModuleType("other")
other.inv, other.det = real.det, np.add  # of another signature, and of none
other.solve = lambda a, b: a
np.linalg._umath_linalg = other
sys.modules["numpy.fft._pocketfft_umath"] = other
import fastgrad as fg, fastgrad.numpy as fnp
a = np.diag([2.0, 3.0])
for function in (fnp.linalg.inv, fnp.linalg.det, fnp.linalg.svdvals, lambda a: fnp.linalg.eigh(a)[0],
                 lambda a: fnp.linalg.solve(a, a), lambda a: fnp.linalg.qr(a)[1], fnp.fft.fft):
    replayed = fg.function(function)
    first = replayed(a).numpy()
    assert first.tobytes() == function(a).numpy().tobytes() == replayed(a).numpy().tobytes(), function
    assert [i for i in replayed.plan(a).data["instructions"] if i["kind"] == "call"], function
assert np.allclose(fnp.linalg.inv(a), np.linalg.inv(a)) and np.allclose(fnp.fft.fft(a), np.fft.fft(a))
"""


def test_another_numpy_is_called_as_it_is():
    run = subprocess.run([sys.executable, "-c", ANOTHER_NUMPY], capture_output=True, text=True)
    assert run.returncode == 0, run.stderr
