"""`fg.linalg` as TensorFlow has it: arguments, defaults, results, gradients."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.testing import check_gradients

rng = np.random.default_rng(3)
A = rng.uniform(-0.5, 0.5, size=(2, 3, 3)) + 2 * np.eye(3)
B = rng.normal(size=(2, 3, 2))
TALL = rng.normal(size=(4, 2))
SYMMETRIC = A[0] @ A[0].T
COMPLEX = A + 1j * rng.normal(size=A.shape)


def close(got, want, **tolerance):
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-12, **tolerance)


def h(x):
    return np.conj(np.swapaxes(x, -1, -2))


@pytest.mark.parametrize("adjoint", [False, True])
def test_systems(adjoint):
    matrix = h(COMPLEX) if adjoint else COMPLEX
    close(fg.linalg.inv(COMPLEX, adjoint=adjoint), np.linalg.inv(matrix))
    close(fg.linalg.solve(COMPLEX, B, adjoint=adjoint), np.linalg.solve(matrix, B))
    triangle = np.tril(COMPLEX)
    want = np.linalg.solve(h(triangle) if adjoint else triangle, B)
    close(fg.linalg.triangular_solve(COMPLEX, B, adjoint=adjoint), want)
    upper = np.linalg.solve(h(np.triu(COMPLEX)) if adjoint else np.triu(COMPLEX), B)
    close(fg.linalg.triangular_solve(COMPLEX, B, lower=False, adjoint=adjoint), upper)


def test_factors():
    q, r = fg.linalg.qr(TALL)
    assert tuple(q.shape) == (4, 2)
    close(fg.matmul(q, r), TALL)
    assert tuple(fg.linalg.qr(TALL, full_matrices=True)[0].shape) == (4, 4)
    s, u, v = fg.linalg.svd(TALL)
    close(u * s @ fg.linalg.adjoint(v), TALL)
    close(fg.linalg.svd(TALL, compute_uv=False), s.numpy())
    assert [tuple(part.shape) for part in fg.linalg.svd(TALL, full_matrices=True)] == [
        (2,),
        (4, 4),
        (2, 2),
    ]
    e, v = fg.linalg.eigh(tensor=SYMMETRIC)
    close(v * e @ fg.linalg.adjoint(v), SYMMETRIC)
    e, v = fg.linalg.eig(A)
    assert e.dtype == v.dtype == fg.linalg.eigvals(A).dtype == fg.complex128
    close(fg.matmul(fg.cast(A, fg.complex128), v), (v.numpy() * e.numpy()[:, None, :]))
    sign, log = fg.linalg.slogdet(input=A)
    close(sign * fg.exp(log), np.linalg.det(A))
    close(fg.linalg.logdet(SYMMETRIC), np.log(np.linalg.det(SYMMETRIC)))
    chol = fg.linalg.cholesky(input=SYMMETRIC)
    close(fg.linalg.cholesky_solve(chol, B[0]), np.linalg.solve(SYMMETRIC, B[0]))


def test_least_squares():
    b = rng.normal(size=(4, 2))
    close(fg.linalg.lstsq(TALL, b), np.linalg.lstsq(TALL, b)[0])
    wide = TALL.T
    for m, right in ((TALL, b), (wide, b[:2])):
        want = np.linalg.solve(m.T @ m + 0.1 * np.eye(m.shape[1]), m.T @ right)
        close(fg.linalg.lstsq(m, right, l2_regularizer=0.1), want)
    close(fg.linalg.pinv(TALL), np.linalg.pinv(TALL))
    assert fg.linalg.matrix_rank(np.ones((2, 3))).numpy() == 1


def test_diagonals():
    x = np.arange(24.0).reshape(2, 3, 4)
    close(fg.linalg.diag_part(x, k=1), np.diagonal(x, 1, 1, 2))
    close(
        fg.linalg.diag([[1.0, 2.0]], k=-1, padding_value=9.0), [[[9, 9, 9], [1, 9, 9], [9, 2, 9]]]
    )
    close(fg.linalg.diag([1.0, 2.0], num_rows=2, num_cols=3), [[1, 0, 0], [0, 2, 0]])
    new = fg.linalg.set_diag(x, np.zeros((2, 3)))
    close(new, np.where(np.eye(3, 4, dtype=bool), 0, x))
    close(
        fg.linalg.set_diag(x, np.zeros((2, 2)), k=-1), np.where(np.eye(3, 4, -1, dtype=bool), 0, x)
    )
    close(fg.linalg.band_part(x, 0, -1), np.triu(x))
    close(fg.linalg.band_part(x, 1, 0), np.tril(x) - np.tril(x, -2))
    diagonal = fg.linalg.tensor_diag(x[0])
    assert tuple(diagonal.shape) == (3, 4, 3, 4)
    close(fg.linalg.tensor_diag_part(diagonal), x[0])
    close(fg.linalg.trace(x), np.trace(x, axis1=1, axis2=2))
    close(fg.linalg.matvec(COMPLEX, B[..., 0]), (COMPLEX @ B[..., :1])[..., 0])
    close(fg.linalg.matvec(COMPLEX, B[..., 0], adjoint_a=True), (h(COMPLEX) @ B[..., :1])[..., 0])


def test_norms():
    x = rng.normal(size=(3, 4))
    close(fg.linalg.l2_normalize(x, axis=1), x / np.linalg.norm(x, axis=1, keepdims=True))
    close(fg.linalg.global_norm([x, None, x[0]]), np.sqrt(np.sum(x**2) + np.sum(x[0] ** 2)))
    np.testing.assert_array_equal(fg.linalg.l2_normalize(np.zeros(3)).numpy(), 0)
    with pytest.raises(TypeError, match="a list"):
        fg.linalg.global_norm(fg.constant(x))


@pytest.mark.parametrize(
    "function",
    [
        lambda x: fg.linalg.inv(x, adjoint=True),
        lambda x: fg.linalg.solve(x, B, adjoint=True),
        lambda x: fg.linalg.triangular_solve(x, B, adjoint=True),
        lambda x: fg.linalg.lstsq(x, B, l2_regularizer=0.5),
        lambda x: fg.linalg.lstsq(x, B),
        lambda x: fg.linalg.svd(x)[0],
        lambda x: fg.linalg.qr(x),
        lambda x: fg.linalg.slogdet(x)[1],
        lambda x: fg.linalg.set_diag(x, fg.linalg.diag_part(x) ** 2),
        lambda x: fg.linalg.diag(x, padding_value=1.0),
        lambda x: fg.linalg.band_part(x, 1, 0) * x,
        lambda x: fg.linalg.tensor_diag_part(fg.linalg.tensor_diag(x)) * x,
        lambda x: fg.linalg.trace(x) ** 2,
        lambda x: fg.linalg.matvec(x, x[..., 0], adjoint_a=True),
        lambda x: fg.linalg.l2_normalize(x, axis=-1),
        lambda x: fg.linalg.global_norm([x, x[0]]),
    ],
)
def test_gradients(function):
    check_gradients(function, A, atol=1e-7)


def test_gaussian_process_likelihood_by_two_ways():
    x = rng.normal(size=(60, 2))
    y = np.sin(x.sum(1))[:, None]

    def terms(scale):
        z = fg.constant(x) * fg.exp(scale)
        r = fg.reduce_sum(z * z, 1)
        k = fg.exp(r[:, None] * -0.5 + r * -0.5 + fg.matmul(z, z, transpose_b=True))
        return k + 0.1 * np.eye(60)

    def by_factor(scale):
        chol = fg.linalg.cholesky(terms(scale))
        fit = fg.reduce_sum(y * fg.linalg.cholesky_solve(chol, y))
        return 0.5 * fit + fg.reduce_sum(fg.math.log(fg.linalg.diag_part(chol)))

    def plain(scale):
        k = terms(scale)
        return 0.5 * (fg.reduce_sum(y * fg.linalg.solve(k, y)) + fg.linalg.slogdet(k)[1])

    scale = fg.constant([0.1, -0.2], dtype=fg.float64)
    one, other = (fg.value_and_gradient(f, scale) for f in (by_factor, plain))
    np.testing.assert_allclose(one[0].numpy(), other[0].numpy(), rtol=1e-10)
    np.testing.assert_allclose(one[1].numpy(), other[1].numpy(), rtol=1e-8)
    check_gradients(by_factor, scale.numpy(), atol=1e-5)
