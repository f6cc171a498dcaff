"""Complex numbers: every row that takes them has TensorFlow's gradient, dL/dx + i dL/dy for a real L.

Rules of holomorphic functions hold in all quadrants, where orders and branches of complex numbers differ.
"""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._rules import Composition, Elementwise
from fastgrad.primitives import ROWS
from fastgrad.testing import check_gradients, samples, spread

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
        held = [fg.constant(value) for value in values]
        try:
            results = outputs(row(*rebuilt(arrays, held), **metadata))
        except TypeError:
            continue  # not defined for complex numbers
        moving = [k for k, x in enumerate(values) if x.dtype.kind == "c"]
        if {fg.complex128, fg.float64}.isdisjoint(y.dtype for y in results):
            continue

        def function(*tensors, arrays=arrays, held=held, moving=moving, metadata=metadata):
            given = list(held)
            for k, tensor in zip(moving, tensors, strict=True):
                given[k] = hermitian(row, tensor)
            results = outputs(row(*rebuilt(arrays, given), **metadata))
            return [y for y in results if y.dtype in (fg.complex128, fg.float64)]

        check_gradients(function, *(values[k] for k in moving), rtol=1e-6, atol=1e-7)


# ------------------------------------------------------------------------------ holomorphic functions
STEP = 1e-6
HOLOMORPHIC = """
    add subtract multiply divide negative positive identity power float_power square sqrt rsqrt
    reciprocal exp exp2 expm1 log log2 log10 log1p sin cos tan arcsin arccos arctan sinh cosh tanh
    arcsinh arccosh arctanh squared_difference sigmoid softplus log_sigmoid swish
""".split()
POINTS = np.array([0.6 + 0.7j, -0.8 + 0.3j, -0.4 - 0.9j, 1.7 - 0.6j, 150 + 20j, -130 + 40j])
OTHERS = np.array([0.8 - 0.4j, 1.2 + 0.5j, -0.7 + 0.6j, -1.1 - 0.3j, 0.5 + 0.2j, 0.3 + 0.9j])


@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_rules_of_holomorphic_functions_hold(name):
    row = ROWS[name]
    near = np.abs(POINTS) < 100 if name not in ("arcsinh", "log", "sqrt") else slice(None)
    values = [POINTS[near], OTHERS[near]][: len(row.arguments)]
    y = reference.forward(row, values, {})
    ct = np.exp(1j * np.arange(y.size))
    for k in range(len(values)):
        moved = [reference.forward(row, [v + (s if i == k else 0) for i, v in enumerate(values)], {})
                 for s in (STEP, -STEP)]  # fmt: skip
        want = ct * (moved[0] - moved[1]) / (2 * STEP)
        np.testing.assert_allclose(reference.pull(row, k, values, y, ct), want, rtol=1e-6)


@pytest.mark.parametrize("name", HOLOMORPHIC)
def test_rules_equal_complex_steps(name):
    """The imaginary part of f(x + i h) / h has all digits of the derivative: nothing cancels."""
    row, step = ROWS[name], 1e-30
    rng = np.random.default_rng(len(name))
    values = [spread(row, k, (33,), rng) for k in range(len(row.arguments))]
    y = reference.forward(row, values, {})
    for k in range(len(values)):
        moved = [v + step * 1j if i == k else v + 0j for i, v in enumerate(values)]
        want = reference.forward(row, moved, {}).imag / step
        got = reference.pull(row, k, values, y, np.ones(y.shape))
        np.testing.assert_allclose(got, want, rtol=1e-13, atol=1e-15)


def test_parts_of_real_numbers():
    x = fg.constant(np.array([-2.0, 3.0]))
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(x)
        parts = {name: ROWS[name](x) for name in ("real", "imag", "angle", "conjugate")}
    for name, want in (("real", 1), ("imag", 0), ("angle", 0), ("conjugate", 1)):
        assert tape.gradient(parts[name], x).numpy().tolist() == [want, want]
