"""Products of matrices: a transposed operand gives the bits that its transposition gives."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _products

from .test_kernels import operations

RNG = np.random.default_rng(3)
OURS = pytest.mark.skipif(
    not _products.OURS, reason="products are BLAS's without fused multiply-adds"
)

SIZES = [
    (2, 2, 1),
    (3, 5, 7),
    (17, 49, 300),
    (8, 24, 192),
    (9, 25, 193),
    (128, 96, 50),
    (300, 10, 1000),
    (257, 49, 3),
]


def matrix(*shape, dtype="float64"):
    return fg.constant(RNG.normal(size=shape).astype(dtype))


@OURS
@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows, columns, inner", SIZES)
def test_every_layout_has_the_same_bits(rows, columns, inner, dtype):
    a, b = matrix(rows, inner, dtype=dtype), matrix(inner, columns, dtype=dtype)
    want = fg.matmul(a, b).numpy()
    exact = a.numpy().astype(np.longdouble) @ b.numpy().astype(np.longdouble)
    bound = inner * np.finfo(dtype).eps * (abs(a.numpy()) @ abs(b.numpy()))
    assert (abs(want - exact) <= bound).all()
    for ta in (False, True):
        for tb in (False, True):
            one, other = fg.transpose(a) if ta else a, fg.transpose(b) if tb else b
            got = fg.matmul(one, other, transpose_a=ta, transpose_b=tb)
            assert got.numpy().tobytes() == want.tobytes()


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("rows, columns, inner", SIZES)
def test_every_instruction_set_has_the_same_bits(rows, columns, inner, dtype):
    a, b = matrix(rows, inner, dtype=dtype).numpy(), matrix(inner, columns, dtype=dtype).numpy()
    found = set()
    for level in range(3):
        for one in (a, np.asfortranarray(a)):
            for other in (b, np.asfortranarray(b)):
                y = np.full((rows, columns), np.nan, dtype)
                try:
                    _products.multiply_at(level, one, other, y)
                except ValueError as error:
                    assert "no products" in str(error)
                    continue
                found.add(y.tobytes())
    assert len(found) <= 1
    assert not _products.OURS or found == {
        fg.matmul(fg.constant(a), fg.constant(b)).numpy().tobytes()
    }


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_what_is_not_finite(dtype):
    a, b = np.ones((11, 40), dtype), np.ones((40, 53), dtype)
    a[3, 5], a[4, 6], b[7, 50] = np.nan, np.inf, -np.inf
    with np.errstate(invalid="ignore"):
        want = a @ b
    np.testing.assert_array_equal(fg.matmul(a, b).numpy(), want)


@pytest.mark.parametrize("shape", [(0, 3, 4), (3, 0, 4), (3, 4, 0), (1, 3, 4), (3, 4, 1)])
def test_shapes_with_little_in_them(shape):
    rows, inner, columns = shape
    a, b = matrix(rows, inner), matrix(inner, columns)
    np.testing.assert_allclose(
        fg.matmul(a, b).numpy(), a.numpy() @ b.numpy(), rtol=1e-13, atol=1e-14
    )


def test_an_empty_stack_of_matrices_too_large_to_be():
    a, b = fg.zeros([0, 2**33, 1]), fg.zeros([0, 1, 2**33])
    with pytest.raises(MemoryError, match="too big"):
        fg.matmul(a, b)


def same(f, *arguments):
    """The operations of a function whose replay has the eager bits."""
    compiled = fg.function(f)
    for _ in range(2):
        assert compiled(*arguments).numpy().tobytes() == f(*arguments).numpy().tobytes()
    return [name for _, name in operations(compiled, *arguments)]


@OURS
@pytest.mark.parametrize("stack", [(), (3,), (2, 3)])
def test_transpositions_are_folded_into_products(stack):
    a, b = matrix(*stack, 6, 5), matrix(*stack, 6, 7)
    turned = fg.linalg.matrix_transpose
    assert same(lambda a, b: turned(a) @ b, a, b) == ["matmul"]
    both = {"transpose_a": True, "transpose_b": True}
    assert same(lambda a, b: fg.matmul(b, turned(a), **both), a, b) == ["matmul"]
    axes = [*range(len(stack)), -1, -2]
    assert same(lambda a, b: fg.transpose(a, axes) @ b, a, b) == ["matmul"]


@OURS
def test_transpositions_that_others_read_are_done():
    def f(a, b):
        return fg.transpose(a) @ b + fg.reduce_sum(fg.sin(fg.transpose(a)))

    found = same(f, matrix(6, 5), matrix(6, 7))
    assert sorted(found) == ["add", "matmul", "sin", "sum", "transpose"]


@pytest.mark.parametrize(
    "f, a, b",
    [
        (lambda a, b: fg.transpose(a) @ b, fg.constant([[1, 2, 3]] * 4), fg.constant([[1, 2]] * 4)),
        (lambda a, b: fg.transpose(a, [1, 0, 2]) @ b, matrix(3, 4, 5), matrix(4, 5, 6)),
        (lambda a, b: fg.linalg.matrix_transpose(a) @ b, matrix(1, 4, 3), matrix(6, 4, 5)),
        (lambda a, b: fg.transpose(a) @ b, matrix(4, 3), matrix(4)),
    ],
    ids=["integers", "other axes", "broadcast stacks", "a vector"],
)
def test_other_transpositions_are_not_folded(f, a, b):
    assert any("transpose" in name for name in same(f, a, b))


@OURS
def test_what_a_loop_reads_is_transposed_once():
    def f(w, x):
        for _ in fg.range(5):
            x = fg.tanh(x @ fg.transpose(w))
        return x

    compiled = fg.function(f)
    w, x = matrix(6, 6), matrix(3, 6)
    assert compiled(w, x).numpy().tobytes() == f(w, x).numpy().tobytes()
    outside = [
        name
        for i in compiled.plan(w, x).data["instructions"]
        for name, _, _ in i.get("operations", ())
    ]
    assert "transpose" in outside
