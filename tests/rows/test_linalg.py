"""Linear algebra and Fourier transforms beyond what every row is held to: complex input, what a decomposition
means, singular matrices, equal eigenvalues."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._rules import parameters
from fastgrad.autodiff import ForwardAccumulator
from fastgrad.primitives import ROWS
from fastgrad.testing import check_gradients

from . import reference
from .calls import gradients, outputs

rng = np.random.default_rng(7)


def normal(*shape):
    return rng.normal(size=shape) + 1j * rng.normal(size=shape)


def hermitian(*shape):
    x = normal(*shape)
    return x + np.conj(np.swapaxes(x, -1, -2))


def positive(*shape):
    x = normal(*shape)
    return np.conj(np.swapaxes(x, -1, -2)) @ x + np.eye(shape[-1])


def h(x):
    return np.conj(np.swapaxes(x, -1, -2))


# ------------------------------------------------------------------------- rules called directly
def pull(row, k, tensors, metadata, y, ct):
    """The row's rule for argument k, in the convention without conjugates."""
    rule = row.vjp[k]
    known = {**dict(zip(row.arguments, tensors, strict=True)), **metadata, "ct": ct, "y": y}
    known |= {f"{name}_aval": x for name, x in zip(row.arguments, tensors, strict=True)}
    if row.shared:
        known["shared"] = row.shared(*(known[name] for name in parameters(row.shared)))
    return rule(*(known[name] for name in parameters(rule)))


def arrays(parts):
    return [part.numpy() for part in outputs(parts)]


def pushed(name, values, tangents, metadata):
    """The outputs and their tangents, by the row's own rule."""
    row = ROWS[name]
    tensors = [fg.constant(x) for x in values]
    y = row(*tensors, **metadata)
    full = reference.canonical(row, values, metadata)
    return arrays(y), arrays(
        reference.push(row, tensors, [fg.constant(t) for t in tangents], y, full)
    )


def check_dual(name, *values, change=normal, **metadata):
    """Re(sum(ct * push(x_dot))) = Re(sum(pull(ct) * x_dot))."""
    row = ROWS[name]
    tensors = [fg.constant(x) for x in values]
    tangents = [
        change(*x.shape) if x.dtype.kind == "c" else rng.normal(size=x.shape) for x in values
    ]
    full = reference.canonical(row, values, metadata)
    y = row(*tensors, **metadata)
    _, moved = pushed(name, values, tangents, metadata)
    cts = [normal(*t.shape) if t.dtype.kind == "c" else rng.normal(size=t.shape) for t in moved]
    left = sum(np.sum(ct * t) for ct, t in zip(cts, moved, strict=True))
    ct = [fg.constant(c) for c in cts] if row.many else fg.constant(cts[0])
    right = 0
    for k, (x, t) in enumerate(zip(values, tangents, strict=True)):
        back = pull(row, k, tensors, full, y, ct).numpy()
        assert back.shape == x.shape
        assert back.dtype == x.dtype
        right += np.sum(back * t)
    np.testing.assert_allclose(np.real(left), np.real(right), rtol=1e-10)


def check_differences(name, *values, change=normal, **metadata):
    """The tangent equals a difference of values."""
    tangents = [change(*x.shape) for x in values]
    _, moved = pushed(name, values, tangents, metadata)

    def at(step):
        return arrays(
            ROWS[name](*(x + step * t for x, t in zip(values, tangents, strict=True)), **metadata)
        )

    step = 2.0**-14
    parts = zip(at(-2 * step), at(-step), at(step), at(2 * step), moved, strict=True)
    for far_left, left, right, far_right, got in parts:
        want = (far_left - 8 * left + 8 * right - far_right) / (12 * step)
        np.testing.assert_allclose(got, want, rtol=1e-7, atol=1e-9 * np.abs(want).max())


HOLOMORPHIC = [
    ("inv", (normal(3, 3),), {}),
    ("solve", (normal(2, 3, 3), normal(3, 2)), {}),
    ("solve", (normal(3, 3), normal(3)), {}),
    ("solve_triangular", (normal(3, 3), normal(3, 2)), {"transpose": True}),
    ("solve_triangular", (normal(2, 3, 3), normal(3)), {"lower": False, "unit_diagonal": True}),
    ("det", (normal(2, 3, 3),), {}),
    ("cofactors", (normal(3, 3),), {}),
    ("cofactors_along", (normal(3, 3), normal(3, 3)), {}),
    ("expm", (normal(2, 3, 3),), {}),
    ("band", (normal(3, 4),), {"low": 0}),
    ("diag_part", (normal(3, 4),), {"offset": 1}),
    ("diag_embed", (normal(3),), {}),
    ("eigvals", (normal(3, 3),), {}),
    ("inverse_gaps", (normal(3),), {}),
    ("fft", (normal(5),), {"n": 3}),
    ("ifft", (normal(2, 5),), {"n": 8, "axis": 0, "norm": "ortho"}),
    ("fftn", (normal(3, 4),), {"s": (2, 5), "axes": (1, 0)}),
    ("ifft2", (normal(2, 3, 4),), {"norm": "forward"}),
]  # fmt: skip
REAL_LINEAR = [
    ("adjoint", (normal(2, 3, 4),), {}),
    ("sign_and_logdet", (normal(3, 3),), {}),
    ("qr_factors", (normal(3, 3),), {}),
    ("qr_factors", (normal(4, 2),), {}),
    ("qr_factors", (normal(2, 2, 4),), {}),
    ("svd_factors", (normal(3, 3),), {}),
    ("svd_factors", (normal(2, 4, 2),), {}),
    ("svd_factors", (normal(2, 4),), {}),
    ("svdvals", (normal(3, 2),), {}),
    ("eig_pairs", (normal(3, 3),), {}),
    ("pinv", (normal(4, 2),), {}),
    ("pinv", (normal(2, 3),), {}),
    ("irfft", (normal(5),), {}),
    ("irfft", (normal(2, 5),), {"n": 7, "axis": 1, "norm": "ortho"}),
    ("irfft", (normal(2, 5),), {"n": 12}),
    ("hfft", (normal(5),), {}),
    ("hfft", (normal(5),), {"n": 6, "norm": "forward"}),
    ("irfftn", (normal(3, 4),), {}),
    ("irfft2", (normal(2, 3, 4),), {"s": (2, 5), "norm": "ortho"}),
]  # fmt: skip
FROM_REAL = [
    ("rfft", (rng.normal(size=5),), {}),
    ("rfft", (rng.normal(size=(2, 6)),), {"n": 8, "axis": 0, "norm": "ortho"}),
    ("ihfft", (rng.normal(size=6),), {"n": 5}),
    ("rfftn", (rng.normal(size=(3, 4)),), {"s": (2, 6), "axes": (0, 1)}),
    ("rfft2", (rng.normal(size=(2, 3, 4)),), {"norm": "forward"}),
    ("fft", (rng.normal(size=(2, 5)),), {}),
    ("eigvals", (np.array([[1.0, -2.0, 0.1], [0.5, 0.3, 0.2], [0.3, 0.1, 3.0]]),), {}),
    ("eig_pairs", (np.array([[1.0, -2.0, 0.1], [0.5, 0.3, 0.2], [0.3, 0.1, 3.0]]),), {}),
]  # fmt: skip
HERMITIAN = [
    ("cholesky", (positive(3, 3),), {}),
    ("cholesky", (positive(2, 2, 2),), {"upper": True}),
    ("eigh_pairs", (hermitian(3, 3),), {}),
    ("eigh_pairs", (hermitian(2, 3, 3),), {"UPLO": "U"}),
    ("eigvalsh", (hermitian(3, 3),), {}),
]  # fmt: skip


def each(cases):
    return pytest.mark.parametrize(("name", "values", "metadata"), cases, ids=[c[0] for c in cases])


@each(HOLOMORPHIC)
def test_complex_rules_are_transposes(name, values, metadata):
    check_dual(name, *values, **metadata)
    check_differences(name, *values, **metadata)


@each(REAL_LINEAR + FROM_REAL)
def test_rules_that_conjugate_are_dual_in_the_real_part(name, values, metadata):
    check_dual(name, *values, **metadata)


@each(
    [
        case
        for case in REAL_LINEAR
        if case[0] in ("sign_and_logdet", "qr_factors", "svdvals", "pinv")
    ]
)
def test_complex_tangents_equal_differences(name, values, metadata):
    check_differences(name, *values, **metadata)


@each(HERMITIAN)
def test_rules_over_hermitian_matrices(name, values, metadata):
    check_dual(name, *values, change=hermitian, **metadata)
    if name != "eigh_pairs":  # whose phases are LAPACK's
        check_differences(name, *values, change=hermitian, **metadata)


@each([case for case in FROM_REAL if "fft" in case[0]])
def test_transforms_of_real_arrays_push_themselves(name, values, metadata):
    (x,) = values
    (y,), (moved,) = pushed(name, values, values, metadata)
    np.testing.assert_array_equal(moved, y)
    np.testing.assert_array_equal(y, getattr(np.fft, name)(x, **metadata))


# --------------------------------------------------------------- tangents of what is put together
@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4), (2, 3, 3)])
def test_tangents_of_factors_multiply_to_the_change(shape):
    a, e = normal(*shape), normal(*shape)
    (u, s, vh), (u_dot, s_dot, vh_dot) = pushed("svd_factors", [a], [e], {})
    middle, middle_dot = s[..., None, :], s_dot[..., None, :]
    got = (u_dot * middle) @ vh + (u * middle_dot) @ vh + (u * middle) @ vh_dot
    np.testing.assert_allclose(got, e, atol=1e-12)
    np.testing.assert_allclose(h(u_dot) @ u + h(u) @ u_dot, 0, atol=1e-12)
    np.testing.assert_allclose(vh_dot @ h(vh) + vh @ h(vh_dot), 0, atol=1e-12)
    (q, r), (q_dot, r_dot) = pushed("qr_factors", [a], [e], {})
    np.testing.assert_allclose(q_dot @ r + q @ r_dot, e, atol=1e-12)
    np.testing.assert_allclose(h(q_dot) @ q + h(q) @ q_dot, 0, atol=1e-12)


def test_tangents_of_eigenvectors_keep_the_equation():
    a, e = normal(3, 3), normal(3, 3)
    (w, v), (w_dot, v_dot) = pushed("eig_pairs", [a], [e], {})
    np.testing.assert_allclose(e @ v + a @ v_dot, v_dot * w + v * w_dot, atol=1e-12)
    np.testing.assert_allclose(np.real(np.sum(np.conj(v) * v_dot, axis=0)), 0, atol=1e-12)
    a, e = hermitian(3, 3), hermitian(3, 3)
    (w, v), (w_dot, v_dot) = pushed("eigh_pairs", [a], [e], {})
    np.testing.assert_allclose(e @ v + a @ v_dot, v_dot * w + v * w_dot, atol=1e-12)
    np.testing.assert_allclose(h(v_dot) @ v + h(v) @ v_dot, 0, atol=1e-12)


# ------------------------------------------------------------------------- singular, equal, repeated
def slope(name, x, **metadata):
    """The gradient with cotangent 1."""
    x = np.asarray(x, np.float64)
    y = outputs(ROWS[name](fg.constant(x), **metadata))
    ones = [np.ones(tuple(part.shape)) for part in y]
    return gradients(ROWS[name], [x], metadata, ones)[0]


def test_determinant_of_a_singular_matrix_has_its_cofactors():
    np.testing.assert_allclose(slope("det", [[1, 2], [2, 4]]), [[4, -2], [-2, 1]], atol=1e-14)
    np.testing.assert_array_equal(slope("det", np.zeros((3, 3))), 0)
    np.testing.assert_allclose(slope("det", np.diag([2.0, 0, 3])), np.diag([0, 6.0, 0]), atol=1e-14)
    np.testing.assert_array_equal(slope("det", [[0.0]]), 1)


@pytest.mark.parametrize(
    "a", [[[1, 2], [2, 4]], np.diag([2.0, 0, 3]), np.ones((3, 3)), np.zeros((3, 3))]
)
def test_determinant_differentiates_twice_where_it_is_0(a):
    fg.testing.check_gradients(ROWS["det"], np.asarray(a, float), atol=1e-6)


EQUAL = [
    ("eigh_pairs", np.eye(3)),
    ("eigh_pairs", np.ones((3, 3)) + np.eye(3)),
    ("svd_factors", np.eye(2)),
    ("svd_factors", np.diag([1.0, 2, 2])),
    ("svd_factors", np.array([[1.0, 1], [1, 1], [0, 0]])),
    ("qr_factors", np.ones((3, 3))),
    ("eig_pairs", np.eye(2)),
    ("eig_pairs", np.array([[1.0, 1], [0, 1]])),
    ("eigvals", np.array([[1.0, 1], [0, 1]])),
]


@pytest.mark.parametrize(("name", "a"), EQUAL)
def test_vectors_of_equal_values_have_no_gradient(name, a):
    weights = np.arange(1.0, 10).reshape(3, 3)
    try:
        x = fg.constant(a)
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = outputs(ROWS[name](x))[0 if name in ("svd_factors", "qr_factors", "eigvals") else 1]
            y = y * weights.reshape(-1)[: np.prod(y.shape)].reshape(y.shape)
        assert not np.isfinite(tape.gradient(y, x).numpy()).all()
    except np.linalg.LinAlgError:
        pass


@pytest.mark.parametrize(
    ("function", "want"),
    [
        (lambda x: fg.reduce_sum(ROWS["eigvalsh"](x)), np.eye(3)),
        (lambda x: fg.reduce_sum(ROWS["eigh_pairs"](x)[0]), np.eye(3)),
        (lambda x: fg.reduce_sum(ROWS["svdvals"](x)), np.eye(3)),
        (lambda x: fg.reduce_sum(ROWS["svd_factors"](x)[1]), np.eye(3)),
    ],
)
def test_equal_values_themselves_have_a_gradient(function, want):
    x = fg.constant(np.eye(3))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), want, atol=1e-15)


@pytest.mark.parametrize("name", ["nuc", 2, "fro"])
def test_norm_of_zero_has_gradient_zero(name):
    x = fg.constant(np.zeros((2, 3)))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = ROWS["matrix_norm"](x, ord=name)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), 0)


def test_matrix_norm_neither_overflows_nor_underflows():
    for size in (1e200, 1e-200):
        assert float(ROWS["matrix_norm"](np.full((2, 2), size))) == pytest.approx(2 * size)


@pytest.mark.parametrize(
    ("name", "shape"), [("svd_factors", (4, 2)), ("svd_factors", (2, 4)), ("qr_factors", (4, 2))]
)
def test_vectors_that_complete_a_basis_have_no_tangent(name, shape):
    full = {"full_matrices": True} if name == "svd_factors" else {"mode": "complete"}
    x = fg.constant(rng.normal(size=shape))
    with ForwardAccumulator(x, fg.constant(rng.normal(size=shape))) as acc:
        parts = [*ROWS[name](x, **full)]
    tangents = [acc.jvp(part).numpy() for part in parts]
    if shape == (2, 4):
        tangents[0] = tangents.pop().T
    vectors, *others = tangents
    assert np.isfinite(vectors[:, :2]).all()
    assert np.isnan(vectors[:, 2:]).all()
    assert all(np.isfinite(other).all() for other in others)
    if name == "qr_factors":
        np.testing.assert_array_equal(others[0][2:], 0)


@pytest.mark.parametrize("shape", [(3, 3), (4, 2), (2, 4)])
def test_svd_factors_of_complex_matrices_share_a_phase(shape):
    """Functions that no choice of phases changes have the gradient of differences, to order 2."""
    u, _, vh = np.linalg.svd(rng.normal(size=shape) + 1j * rng.normal(size=shape), False)
    values = np.array([3.0, 1.8, 0.7])[: min(shape)]

    def function(a):
        u, s, vh = ROWS["svd_factors"](a)
        return (u * fg.cast(s * s, a.dtype)) @ vh

    check_gradients(function, (u * values) @ vh)


def test_gradient_by_eigh_pairs_is_hermitian():
    a = rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3))
    a = fg.constant(a + a.conj().T + np.diag([0.0, 4.0, 9.0]))
    weight = fg.constant(rng.normal(size=(3, 3)) + 1j * rng.normal(size=(3, 3)))
    with fg.GradientTape() as tape:
        tape.watch(a)
        w, v = ROWS["eigh_pairs"](a)
        y = (v * fg.cast(w * w * w, a.dtype)) @ ROWS["adjoint"](v) * weight
    got = tape.gradient(y, a).numpy()
    np.testing.assert_allclose(got, got.conj().T, rtol=1e-12)


def test_vectors_that_complete_a_basis_have_no_gradient():
    x = fg.constant(rng.normal(size=(4, 2)))
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(x)
        u, s, vh = np.linalg.svd(x)
        q, r = np.linalg.qr(x, "complete")
        spare, values = u[:, 2:], s * 2
        some, triangle, extra = u[:, :2], r * 2, q[:, 2:]
    for y in (values, some, triangle):
        assert np.isfinite(tape.gradient(y, x).numpy()).all()
    for y in (spare, extra):
        assert np.isnan(tape.gradient(y, x).numpy()).all()


# -------------------------------------------------------------------------------------------- NumPy
def test_numpy_returns_its_named_tuples():
    a = fg.constant(np.diag([3.0, 1]))
    for name, fields in (
        ("slogdet", ("sign", "logabsdet")),
        ("eigh", ("eigenvalues", "eigenvectors")),
        ("eig", ("eigenvalues", "eigenvectors")),
        ("svd", ("U", "S", "Vh")),
        ("qr", ("Q", "R")),
    ):
        got = getattr(np.linalg, name)(a)
        assert got._fields == fields
        assert all(isinstance(part, fg.Tensor) for part in got)
    assert isinstance(np.linalg.svd(a, compute_uv=False), fg.Tensor)
    assert isinstance(np.linalg.qr(a, "r"), fg.Tensor)


def test_condition_of_a_singular_matrix_is_infinite():
    for p in (None, 1, "fro", np.inf):
        assert np.linalg.cond(fg.constant(np.diag([1.0, 0]))).numpy() == np.inf
        assert float(ROWS["cond"](np.diag([1.0, 0]), p=p)) == np.inf


@pytest.mark.parametrize(
    ("name", "arguments", "metadata", "text"),
    [
        ("solve", (np.ones((2, 2)), np.ones(2)), {}, "solve: Singular"),
        ("inv", (np.zeros((2, 2)),), {}, "inv: Singular"),
        ("cholesky", (-np.eye(2),), {}, "cholesky: Matrix is not positive definite"),
        ("det", (np.ones((2, 3)),), {}, r"det: shape \(2, 3\) is not of square"),
        ("cholesky", (np.ones(3),), {}, "cholesky: shape"),
        ("solve_triangular", (np.zeros((2, 2)), np.ones(2)), {}, "solve_triangular: Singular"),
        ("svdvals", (np.ones(3),), {}, r"svdvals: shape \(3,\) is not of matrices"),
    ],
)
def test_linear_algebra_errors_name_the_operation(name, arguments, metadata, text):
    with pytest.raises(np.linalg.LinAlgError, match=text):
        ROWS[name](*arguments, **metadata)


@pytest.mark.parametrize(
    ("name", "arguments", "metadata", "error", "text"),
    [
        ("solve", (np.eye(2), np.ones(3)), {}, ValueError, r"solve: shapes \(2, 2\) and \(3,\)"),
        ("qr_factors", (np.eye(2),), {"mode": "raw"}, ValueError, "qr: mode must be"),
        ("eigvalsh", (np.eye(2),), {"UPLO": "X"}, ValueError, "UPLO"),
        ("fft", (np.ones(3),), {"norm": "none"}, ValueError, "fft: norm must be"),
        ("fft", (np.ones(3),), {"n": 0}, ValueError, "fft: cannot transform 0 points"),
        ("fft", (np.ones(3),), {"axis": 1}, np.exceptions.AxisError, "fft"),
        ("rfft", (normal(3),), {}, TypeError, "rfft: the array must be real"),
        ("fftn", (np.ones((2, 2)),), {"s": (2,), "axes": (0, 1)}, ValueError, "fftn: 1 sizes"),
        ("diag_embed", (np.ones(3),), {"shape": (2, 2)}, ValueError, "diag_embed"),
        ("block_diag", (np.ones((2, 2, 2)),), {}, ValueError, "block_diag"),
        ("multi_dot", ([np.ones(2)],), {}, ValueError, "multi_dot"),
        ("trace", (np.eye(2),), {"axis1": 1}, ValueError, "trace"),
    ],
)
def test_bad_calls_name_the_operation(name, arguments, metadata, error, text):
    with pytest.raises(error, match=text):
        ROWS[name](*arguments, **metadata)


# ----------------------------------------------------------------------------------- large matrices
@pytest.mark.parametrize("n", [1, 47, 65, 200])
def test_blocked_cholesky_gradient_equals_the_symbolic_one(n):
    x = rng.normal(size=(n, n))
    factor, ct = np.linalg.cholesky(x @ x.T + n * np.eye(n)), rng.normal(size=(n, n))
    inverse = np.linalg.inv(factor)
    middle = np.tril(factor.T @ np.tril(ct)) * (1 - 0.5 * np.eye(n))
    s = inverse.T @ middle @ inverse
    got = ROWS["cholesky_pull"](factor, ct).numpy()
    np.testing.assert_allclose(got, (s + s.T) / 2, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("lower", [True, False])
@pytest.mark.parametrize("transpose", [True, False])
def test_blocked_substitution(lower, transpose):
    a = rng.normal(size=(2, 150, 150)) / 12 + 3 * np.eye(150)
    b = rng.normal(size=(150, 3))
    part = np.tril(a) if lower else np.triu(a)
    x = ROWS["solve_triangular"](a, b, lower=lower, transpose=transpose).numpy()
    np.testing.assert_allclose(
        (np.swapaxes(part, -1, -2) if transpose else part) @ x, b + 0 * x, atol=1e-12
    )


@pytest.mark.parametrize("size", [1e-3, 0.1, 0.9, 2, 5, 40])
def test_exponential_equals_that_of_the_eigenvalues(size):
    q = np.linalg.qr(rng.normal(size=(2, 4, 4))).Q
    w = size * rng.uniform(-1, 1, size=(2, 1, 4))
    a = (q * w) @ np.swapaxes(q, -1, -2)
    want = (q * np.exp(w)) @ np.swapaxes(q, -1, -2)
    np.testing.assert_allclose(
        ROWS["expm"](a).numpy(), want, rtol=1e-11, atol=1e-13 * np.abs(want).max()
    )


# --------------------------------------------------------------------------------------- with SciPy
def test_missing_scipy_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "scipy.linalg", None)
    for name in ("sqrtm", "logm", "lu_packed"):
        with pytest.raises(ModuleNotFoundError, match=r"fastgrad\[scipy\]"):
            ROWS[name](np.eye(2))


@pytest.mark.parametrize("shape", [(3, 3), (2, 4, 2), (2, 4), (1, 1)])
def test_lu_of_scipy(shape):
    pytest.importorskip("scipy")
    for a in (rng.normal(size=shape), normal(*shape)):
        lu, p = arrays(ROWS["lu_packed"](a))
        k = min(shape[-2:])
        low = np.tril(lu, -1)[..., :k] + np.eye(shape[-2], k)
        np.testing.assert_allclose(
            low @ np.triu(lu)[..., :k, :], np.take_along_axis(a, p[..., None], -2), atol=1e-12
        )
        if a.dtype == float:
            fg.testing.check_gradients(lambda x: ROWS["lu_packed"](x)[0] ** 2, a, atol=1e-5)
        row, x = ROWS["lu_packed"], fg.constant(a)
        tangent, ct = (
            normal(*shape) if a.dtype.kind == "c" else rng.normal(size=shape) for _ in "ab"
        )
        moved = row.jvp([fg.constant(tangent)], [x], row(x))[0].numpy()
        back = row.vjp[0]([fg.constant(ct), None], row(x)).numpy()
        np.testing.assert_allclose(np.sum(ct * moved), np.sum(back * tangent), rtol=1e-9)


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
def test_matrix_functions_of_scipy(name):
    pytest.importorskip("scipy")
    a = normal(2, 3, 3) + 4 * np.eye(3)
    y = ROWS[name](a)
    back = y @ y if name == "sqrtm" else ROWS["expm"](y)
    np.testing.assert_allclose(back.numpy(), a, atol=1e-10)
    check_dual(name, a)
    check_differences(name, a)
    turned = ROWS[name](np.array([[0.0, -1], [1, 0]]) * -1 - 0.1 * np.eye(2))
    assert turned.dtype in (fg.float64, fg.complex128)


@pytest.mark.parametrize("name", ["sqrtm", "logm"])
def test_matrix_functions_of_scipy_refuse_what_it_warns_of(name):
    pytest.importorskip("scipy")
    with pytest.raises(np.linalg.LinAlgError, match=f"{name}.*singular"):
        ROWS[name](np.array([[0.0, 1.0], [0.0, 0.0]]))
    with pytest.raises(np.linalg.LinAlgError, match=f"{name}.*infinite"):
        ROWS[name](np.array([[np.inf, 1.0], [0.0, 1.0]]))
