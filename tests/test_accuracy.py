"""A sample of `python -m bench.accuracy`: errors of values and gradients stay within their targets."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("mpmath", reason="needs mpmath for exact values")

POINTS = 40


def _load():
    path = Path(__file__).resolve().parent.parent / "bench" / "accuracy.py"
    spec = importlib.util.spec_from_file_location("bench_accuracy", path)
    module = sys.modules[spec.name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


accuracy = _load()
dtypes = pytest.mark.parametrize("dtype", accuracy.DTYPES, ids=lambda dtype: dtype.__name__)


def held(case, results):
    for what, (errors, lost, blown), target in zip(
        ("value", "gradient"), results, case.targets, strict=True
    ):
        if np.isfinite(target):
            assert lost == blown == 0, f"{what}: {lost} results are 0, {blown} not finite"
            assert errors.max() <= target, f"{what}: {errors.max():.3g}, target {target}"


@pytest.mark.parametrize("case", accuracy.CASES, ids=lambda case: case.name)
@dtypes
def test_elementwise(case, dtype):
    held(case, accuracy.measure(case, dtype, POINTS, seed=1))


@pytest.mark.parametrize("case", accuracy.REDUCTIONS, ids=lambda case: case.name)
@dtypes
def test_reduction(case, dtype):
    held(case, accuracy.measure_reduction(case, dtype, 1, seed=1))


def test_an_error_of_one_ulp_counts_as_one():
    x = np.array([1.0, 1.5, 1e-310, 3.0])
    got = np.array([np.nextafter(1.0, 2), 1.5, 0.0, np.inf])
    errors, lost, blown = accuracy.ulps(got, [accuracy.mpf(float(e)) for e in x])
    assert errors.tolist() == [1, 0]
    assert (lost, blown) == (0, 1)
