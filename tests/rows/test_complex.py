"""Complex numbers: every row that takes them has TensorFlow's gradient, dL/dx + i dL/dy for a real L."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._rules import Composition, Elementwise
from fastgrad.primitives import ROWS
from fastgrad.testing import check_gradients, samples

from . import reference
from .calls import hermitian, leaves, outputs, rebuilt

CALLED = [
    row
    for row in ROWS.values()
    if isinstance(row, Composition) or reference.differentiable(row)
    if row.samples is not None or isinstance(row, Elementwise)
    if reference.present(row)
    # Complex vectors keep a phase that is LAPACK's choice: see test_linalg.
    if row.name not in ("eigh_pairs", "eigh", "eig_pairs", "eig", "svd_factors", "svd")
]


def complex_samples(row):
    """The samples of a row with an imaginary part added to what is floating."""
    rng = np.random.default_rng(len(row.name))
    for arrays, metadata in samples(row, rng):
        values = [
            x + 0.3j * rng.uniform(-1, 1, x.shape) if x.dtype.kind == "f" else x
            for x in map(np.asarray, leaves(arrays))
        ]
        values = [hermitian(row, x) for x in values]
        if any(x.dtype.kind == "c" and x.size for x in values):
            yield arrays, values, metadata


@pytest.mark.parametrize("row", CALLED, ids=lambda row: row.name)
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
def test_gradients_of_complex_arguments_equal_differences(row):

    for arrays, values, metadata in complex_samples(row):
        try:
            results = outputs(row(*rebuilt(arrays, map(fg.constant, values)), **metadata))
        except TypeError:
            continue  # not defined for complex numbers
        moving = [k for k, x in enumerate(values) if x.dtype.kind == "c"]
        if {fg.complex128, fg.float64}.isdisjoint(y.dtype for y in results):
            continue

        def function(*tensors, arrays=arrays, values=values, moving=moving, metadata=metadata):
            given = list(values)
            for k, tensor in zip(moving, tensors, strict=True):
                given[k] = hermitian(row, tensor)
            results = outputs(row(*rebuilt(arrays, given), **metadata))
            return [y for y in results if y.dtype in (fg.complex128, fg.float64)]

        check_gradients(function, *(values[k] for k in moving), rtol=1e-6, atol=1e-7)
