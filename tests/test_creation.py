"""Tensors made from shapes, ranges and other tensors."""

import numpy as np
import pytest

import fastgrad as fg


# ------------------------------------------------------------------------------------------- filled
@pytest.mark.parametrize(
    "shape",
    [(), 3, [2, 3], (0, 2), fg.TensorShape([2]), fg.constant([2, 3]), np.array([1, 4]), range(3)],
    ids=str,
)
@pytest.mark.parametrize(("make", "value"), [(fg.ones, 1), (fg.zeros, 0)])
def test_ones_and_zeros(make, value, shape):
    want = np.full(tuple(fg.zeros(shape).shape), value, "float32")
    got = make(shape)
    assert got.dtype == "float32" and np.array_equal(got.numpy(), want)


@pytest.mark.parametrize("dtype", ["bool", "int8", "uint64", "float16", fg.float64, np.complex64])
def test_dtypes(dtype):
    for t in (fg.ones([2], dtype), fg.zeros([2], dtype=dtype), fg.eye(2, dtype=dtype)):
        assert t.dtype == fg.as_dtype(dtype)


@pytest.mark.parametrize("like", [[[1, 2]], np.ones((2, 3)), fg.constant(1.0), fg.Variable([True])])
def test_likes(like):
    model = fg.convert_to_tensor(like)
    for make, value in ((fg.ones_like, 1), (fg.zeros_like, 0)):
        got = make(like)
        assert (got.dtype, got.shape) == (model.dtype, model.shape)
        assert np.all(got.numpy() == value)
        assert make(input=like, dtype=fg.float16).dtype == fg.float16


def test_likes_are_constants():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = fg.ones_like(x) + fg.zeros_like(x)
    assert tape.gradient(y, x) is None


def test_fill():
    assert fg.fill([2, 2], 7).numpy().tolist() == [[7, 7], [7, 7]]
    assert fg.fill([], 7.5).numpy() == 7.5
    assert fg.fill(dims=[3], value=np.float64(1)).dtype == "float64"
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = fg.fill([2, 3], x)
    assert tape.gradient(y, x).numpy() == 6.0
    with pytest.raises(ValueError, match="single number"):
        fg.fill([2], [1, 2])


@pytest.mark.parametrize(
    ("args", "batch"), [((3,), None), ((2, 3), None), ((3, 1), [2]), ((0,), None), ((2, 2), [2, 0])]
)
def test_eye(args, batch):
    want = np.broadcast_to(np.eye(*args), (*(batch or ()), args[0], args[-1]))
    got = fg.linalg.eye(*args, batch_shape=batch)
    assert got.dtype == "float32" and np.array_equal(got.numpy(), want)


@pytest.mark.parametrize("make", [fg.ones, fg.zeros, lambda s: fg.fill(s, 1.0)])
def test_bad_shapes(make):
    with pytest.raises(ValueError, match="negative"):
        make([2, -1])
    with pytest.raises(TypeError, match="integer"):
        make([2.5])
    with pytest.raises(TypeError):
        make("ab")


@pytest.mark.parametrize("shape", [[2**62], [2**40, 2**40], [2**62, 2**62, 0], [2**61]], ids=str)
@pytest.mark.parametrize(
    "make",
    [
        fg.ones,
        fg.zeros,
        lambda s: fg.fill(s, 1.0),
        lambda s: fg.eye(2, batch_shape=s),
        fg.random.normal,
        fg.random.truncated_normal,
        fg.random.uniform,
        lambda s: fg.random.uniform(s, maxval=5, dtype=fg.int32),
    ],
)
def test_shapes_beyond_all_memory(make, shape):
    with pytest.raises((ValueError, MemoryError), match=r"too (big|many)|more elements"):
        make(shape)


# ------------------------------------------------------------------------------------------- ranges
RANGES = [
    ((5,), "int32"),
    ((2, 5), "int32"),
    ((5, 2, -1), "int32"),
    ((5, 2), "int32"),
    ((0, 2**31 + 1, 2**31), "int64"),
    ((np.int64(3),), "int64"),
    ((3.0,), "float32"),
    ((0, 1, 0.25), "float32"),
    ((0.0, np.float64(1), 0.25), "float64"),
    ((fg.constant(1), fg.constant(4)), "int32"),
    ((fg.Variable(4),), "int32"),
]


@pytest.mark.parametrize(("args", "dtype"), RANGES, ids=str)
def test_range(args, dtype):
    got = fg.range(*args)
    want = np.arange(*(np.asarray(fg.convert_to_tensor(a)).item() for a in args)).astype(dtype)
    assert got.dtype == dtype and got.numpy().tolist() == want.tolist()


def test_range_keywords():
    got = fg.range(start=1, limit=2, delta=0.5, dtype=fg.float64)
    assert got.dtype == "float64" and got.numpy().tolist() == [1.0, 1.5]


@pytest.mark.parametrize(
    ("args", "error", "text"),
    [
        ((0, 5, 0), ValueError, "steps of 0"),
        ((0.0, np.inf), ValueError, "inf"),
        ((0.0, np.nan), ValueError, "nan"),
        (([1, 2],), ValueError, "limit must be a single number"),
        ((1j,), TypeError, "limit must be real"),
        ((True,), TypeError, "limit must be real"),
        (("a",), TypeError, "'a'"),
        ((0.0, 1e30, 1e-30), ValueError, "more elements|larger"),
    ],
    ids=str,
)
def test_bad_ranges(args, error, text):
    with pytest.raises(error, match=text):
        fg.range(*args)


@pytest.mark.parametrize("num", [1, 2, 7])
@pytest.mark.parametrize("ends", [(0.0, 1.0), (-3.0, 2.5), (1.0, 1.0), (5, -5)])
def test_linspace(ends, num):
    got = fg.linspace(*ends, num)
    want = np.linspace(*ends, num)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-6, atol=1e-6)
    assert got.dtype.is_floating
    if num > 1:
        assert (got.numpy()[0], got.numpy()[-1]) == ends


def test_linspace_of_vectors():
    start, stop = np.array([0.0, 10.0]), np.array([1.0, 20.0])
    for axis in (0, 1, -1):
        got = fg.linspace(start, stop, 5, axis=axis)
        np.testing.assert_allclose(got.numpy(), np.linspace(start, stop, 5, axis=axis))
    got = fg.linspace(fg.constant(0.0), fg.constant([1.0, 2.0]), 3)
    assert got.numpy().tolist() == [[0.0, 0.0], [0.5, 1.0], [1.0, 2.0]]


def test_linspace_has_gradients():
    start, stop = fg.Variable(1.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = fg.linspace(start, stop, 5) * [1.0, 0.0, 0.0, 2.0, 0.0]
    assert [g.numpy() for g in tape.gradient(y, [start, stop])] == [1.5, 1.5]


def test_bad_linspaces():
    with pytest.raises(ValueError, match="num"):
        fg.linspace(0.0, 1.0, 0)
    with pytest.raises(ValueError, match="axis"):
        fg.linspace(0.0, 1.0, 3, axis=2)
    with pytest.raises((ValueError, MemoryError), match=r"too (big|many)|more elements"):
        fg.linspace(0.0, 1.0, 2**62)


# ------------------------------------------------------------------------------------------ extents
@pytest.mark.parametrize("value", [1.0, [1, 2, 3], np.zeros((2, 0, 3)), fg.Variable([[1.0, 2.0]])])
def test_extents(value):
    array = np.asarray(fg.convert_to_tensor(value))
    assert fg.shape(value).numpy().tolist() == list(array.shape)
    assert (fg.shape(value).shape, fg.shape(value).dtype) == ((array.ndim,), "int32")
    assert fg.shape(value, out_type=fg.int64).dtype == "int64"
    assert (fg.size(value).numpy(), fg.rank(value).numpy()) == (array.size, array.ndim)
    assert fg.size(value).dtype == fg.rank(value).dtype == "int32"
    assert fg.size(value, out_type=fg.int64).dtype == "int64"
