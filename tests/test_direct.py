"""Functions of `fastgrad.numpy` where nothing is recorded: NumPy's own results, and those of a tape."""

import importlib.util
import threading
from pathlib import Path

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp
from fastgrad._core._numpy import stands_for
from fastgrad._rules import parameters
from fastgrad.primitives import ROWS

path = Path(__file__).resolve().parent.parent / "bench" / "cases.py"
spec = importlib.util.spec_from_file_location("bench_cases", path)
cases = importlib.util.module_from_spec(spec)
spec.loader.exec_module(cases)
CASES, inputs = cases.CASES, cases.inputs

STRUCTURED = [
    (row, function)
    for row in ROWS.values()
    for function in row.numpy
    if row.kind in ("primitive", "composition") and row.samples is not None
]


def as_tensors(value):
    if isinstance(value, (list, tuple)):
        return type(value)(as_tensors(one) for one in value)
    return fg.constant(value) if isinstance(value, np.ndarray) else value


def watch(tape, tensors):
    """Let a tape track all that it can."""
    tape.watch([t for t in leaves(tensors) if isinstance(t, fg.Tensor) and is_inexact(t)])


def is_inexact(t):
    return t.dtype.is_floating or t.dtype.is_complex


def leaves(value):
    if isinstance(value, (list, tuple)):
        return [leaf for one in value for leaf in leaves(one)]
    return [value]


def agree(here, there):
    """The same Tensors, up to rounding."""
    here, there = leaves(here), leaves(there)
    assert len(here) == len(there)
    for one, other in zip(here, there, strict=True):
        assert isinstance(one, fg.Tensor) and isinstance(other, fg.Tensor)
        assert (one.dtype, one.shape) == (other.dtype, other.shape)
        size = np.max(np.abs(other), initial=0, where=np.isfinite(other))
        np.testing.assert_allclose(one, other, rtol=1e-12, atol=1e-12 * size)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(
    ("row", "function"), STRUCTURED, ids=[f"{row.name}-{f.__name__}" for row, f in STRUCTURED]
)
def test_samples_are_the_same_on_a_tape(row, function):
    call = stands_for(function)
    for arrays, metadata in row.samples(np.random.default_rng(0)):
        tensors = as_tensors(list(arrays))
        here = call(*tensors, **metadata)
        with fg.GradientTape() as tape:
            watch(tape, tensors)
            there = call(*tensors, **metadata)
        agree(here, there)


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("dtype", ["float64", "int64", "complex128"])
@pytest.mark.parametrize("name", sorted(CASES))
def test_dtypes_are_the_same_on_a_tape(name, dtype):
    def numbers(array):
        return (9 * array).astype(dtype) if array.dtype == "float64" else array

    made = {k: a if k == "gaps" else numbers(a) for k, a in inputs(10, "float64").items()}
    if name in ("matvec", "vecmat") and not hasattr(np, name):
        pytest.skip(f"this NumPy has no {name}")
    tensors = [fg.constant(made[argument]) for argument in parameters(CASES[name])[1:]]

    def result():
        try:
            return CASES[name](fnp, *tensors)
        except (TypeError, ValueError):
            return None

    here = result()
    with fg.GradientTape() as tape:
        watch(tape, tensors)
        there = result()
    if there is not None:  # else a row that refuses what NumPy takes
        agree(here, there)


# -------------------------------------------------------------------------------------- what stays apart
@pytest.mark.parametrize("size", [1e200, 1e-200])
@pytest.mark.parametrize("function", [fnp.linalg.norm, fnp.linalg.vector_norm, fnp.std, fnp.nanstd])
def test_squares_do_not_overflow(function, size):
    x = fg.constant(np.array([3.0, -4.0]))
    np.testing.assert_allclose(function(x * size), size * function(x), rtol=1e-15)
    rows = fnp.reshape(x, (1, 2))
    np.testing.assert_allclose(fnp.linalg.matrix_norm(rows * size), 5 * size, rtol=1e-15)


def test_python_numbers_are_weak():
    x = fg.constant(np.ones(3, np.float32))
    assert fnp.append(x, 2.0).dtype == fg.float32


def test_errors_are_the_row_s_own():
    x = fg.constant(np.ones((2, 3)))
    with pytest.raises(ValueError, match="arguments: float64"):
        fnp.linalg.inv(x)
    with pytest.raises(TypeError):
        fnp.append(x, "text")
    with pytest.raises(ValueError, match="sort"):
        fnp.sort(x, axis=5)


def test_out_is_refused():
    x, out = fg.constant(np.ones(3)), np.zeros(3)
    for call in (lambda: fnp.cumsum(x, out=out), lambda: fnp.cumsum(x, 0, None, out)):
        with pytest.raises(TypeError, match="out"):
            call()
    assert not out.any()


def test_results_share_no_memory_with_arrays():
    a = np.arange(60.0)
    y = [
        fnp.squeeze(a),
        fnp.broadcast_arrays(fg.constant(a), a)[1],
        fnp.atleast_1d(a),
        fnp.ravel(a),
    ]
    a[:] = -1
    assert all(np.array_equal(one, np.arange(60.0)) for one in y)


def test_results_are_of_one_piece():
    x = fg.constant(np.arange(60.0).reshape(6, 10))
    for y in (fnp.swapaxes(x, 0, 1), fnp.diagonal(x), fnp.flip(x, 1), *fnp.hsplit(x, 2)):
        assert np.asarray(y).flags.c_contiguous and not np.asarray(y).flags.writeable


def test_arguments_are_not_written_to():
    x = fg.constant(np.array([1.0, np.nan, 3.0, 2.0]))
    before = x.numpy()
    fnp.nan_to_num(x, copy=False)
    fnp.median(x, overwrite_input=True)
    fnp.partition(x, 1)
    fnp.sort(x)
    np.testing.assert_array_equal(x, before)


def test_float16_adds_up_in_float32():
    x = fg.constant(np.full(5000, 0.1, np.float16))
    assert fnp.cumsum(x).dtype == fg.float16
    here = fnp.var(x)
    with fg.GradientTape() as tape:
        tape.watch(x)
        assert here == fnp.var(x)


def test_another_thread_s_tape_changes_nothing():
    x = fg.constant(np.random.default_rng(0).normal(size=101))
    here, found = fnp.std(x), []
    with fg.GradientTape():
        worker = threading.Thread(target=lambda: found.append(fnp.std(x)))
        worker.start()
        worker.join()
    assert found[0] == here


def test_variables_are_recorded():
    v = fg.Variable(np.arange(1.0, 4.0))
    assert np.array_equal(fnp.cumsum(v), [1, 3, 6])
    with fg.GradientTape() as tape:
        y = fnp.cumsum(v)
    assert np.array_equal(tape.gradient(y, v), [3, 2, 1])


@pytest.mark.parametrize(
    "function", [fnp.ravel, fnp.squeeze, fnp.atleast_1d, fnp.real, fnp.array_split]
)
def test_assignments_do_not_reach_results(function):
    v = fg.Variable(np.arange(100.0))
    (y, *_) = leaves(function(v, 1) if function is fnp.array_split else function(v))
    v.assign_add(np.ones(100))
    v.assign(np.zeros(100))
    assert np.array_equal(y, np.arange(100.0))


def test_sizes_of_empty_arrays_may_be_huge():
    x = fg.constant(np.empty((3, 2**50, 0)))
    assert fg.gather(x, [1, 2]).shape == (2, 2**50, 0)
    assert fg.gather(x, np.zeros((2, 0), int), axis=1).shape == (3, 2, 0, 0)
    long = fg.constant(np.empty((2**59, 0)))
    assert fg.stack([long, long], 1).shape == (2**59, 2, 0)
    with pytest.raises((ValueError, MemoryError)):
        fg.concat([long] * 17, 0)
