"""Convolutions and pools against loops over every tap, and calls of them that cannot be right."""

import itertools

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.primitives import ROWS
from fastgrad.testing import check_gradients, samples

from . import reference
from .calls import gradients

RNG = np.random.default_rng(5)


# ------------------------------------------------------------------------------------------ by loops
def padded(x, padding):
    return np.pad(x, [(0, 0), *padding, (0, 0)])


def same(n, size, stride, dilation):
    total = max(0, (-(-n // stride) - 1) * stride + (size - 1) * dilation + 1 - n)
    return total // 2, total - total // 2


def convolved(x, filters, strides, padding, dilations):
    """Convolution as its definition says, one tap and one group at a time."""
    *sizes, inner, outer = filters.shape
    groups = x.shape[-1] // inner
    x = padded(x, padding)
    counts = [
        (n - (k - 1) * d - 1) // s + 1
        for n, k, s, d in zip(x.shape[1:-1], sizes, strides, dilations, strict=True)
    ]
    y = np.zeros((x.shape[0], *counts, outer))
    share = outer // groups
    for place in np.ndindex(*counts):
        for tap in np.ndindex(*sizes):
            at = tuple(
                p * s + t * d for p, s, t, d in zip(place, strides, tap, dilations, strict=True)
            )
            for g in range(groups):
                pixel = x[(slice(None), *at)][:, g * inner : (g + 1) * inner]
                part = slice(g * share, (g + 1) * share)
                y[(slice(None), *place, part)] += pixel @ filters[tap][:, part]
    return y


GEOMETRIES = [
    ((2, 5, 6, 2), (3, 3, 2, 3), (1, 1), "SAME", (1, 1)),
    ((1, 5, 6, 2), (2, 3, 2, 3), (2, 3), "SAME", (1, 1)),
    ((2, 7, 6, 3), (3, 2, 3, 1), (1, 2), "VALID", (2, 1)),
    ((1, 6, 5, 4), (2, 2, 2, 6), (1, 1), "VALID", (1, 1)),
    ((1, 6, 5, 3), (2, 2, 1, 6), (2, 2), "SAME", (1, 1)),
    ((2, 3, 3, 2), (1, 1, 2, 3), (1, 1), "VALID", (1, 1)),
    ((2, 3, 3, 2), (1, 1, 2, 3), (2, 2), "SAME", (1, 1)),
    ((1, 3, 2, 1), (3, 3, 1, 1), (1, 1), ((2, 0), (0, 1)), (1, 1)),
]


@pytest.mark.parametrize("layout", ["NHWC", "NCHW"])
@pytest.mark.parametrize(("shape", "filters", "strides", "padding", "dilations"), GEOMETRIES)
def test_conv2d_is_its_definition(shape, filters, strides, padding, dilations, layout):
    x, w = RNG.normal(size=shape), RNG.normal(size=filters)
    last = layout == "NHWC"
    pairs = padding
    if padding == "SAME":
        pairs = [same(*of) for of in zip(shape[1:-1], filters[:2], strides, dilations, strict=True)]
    elif padding == "VALID":
        pairs = [(0, 0)] * 2
    else:
        padding = [(0, 0), *pairs, (0, 0)] if last else [(0, 0), (0, 0), *pairs]
    want = convolved(x, w, strides, pairs, dilations)
    given = x if last else np.moveaxis(x, -1, 1)
    got = fg.nn.conv2d(given, w, strides, padding, layout, dilations).numpy()
    got = got if last else np.moveaxis(got, 1, -1)
    np.testing.assert_allclose(got, want, rtol=1e-12, atol=1e-12)
    check_gradients(
        lambda x, w: fg.nn.conv2d(x, w, strides, padding, layout, dilations), given, w, order=2
    )


def test_conv1d_conv3d_and_batch_axes():
    x, w = RNG.normal(size=(2, 3, 7, 2)), RNG.normal(size=(3, 2, 4))
    want = convolved(x.reshape(6, 7, 2), w, (2,), [same(7, 3, 2, 1)], (1,)).reshape(2, 3, 4, 4)
    np.testing.assert_allclose(fg.nn.conv1d(x, w, 2, "SAME").numpy(), want, rtol=1e-12)
    x, w = RNG.normal(size=(2, 3, 4, 5, 2)), RNG.normal(size=(2, 1, 3, 2, 2))
    want = convolved(x, w, (1, 2, 1), [(0, 0)] * 3, (1, 1, 2))
    got = fg.nn.conv3d(x, w, [1, 1, 2, 1, 1], "VALID", dilations=[1, 1, 1, 2, 1])
    assert np.allclose(got.numpy(), want, rtol=1e-12, atol=1e-12)
    assert np.allclose(fg.nn.convolution(x, w, (1, 2, 1), dilations=(1, 1, 2)).numpy(), want)


def test_depthwise_and_separable_convolutions():
    x, w = RNG.normal(size=(2, 4, 5, 3)), RNG.normal(size=(2, 3, 3, 2))
    grouped = w.reshape(2, 3, 1, 6)
    want = convolved(x, grouped, (1, 1), [same(4, 2, 1, 1), same(5, 3, 1, 1)], (1, 1))
    got = fg.nn.depthwise_conv2d(x, w, [1, 1, 1, 1], "SAME")
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-12)
    point = RNG.normal(size=(1, 1, 6, 4))
    got = fg.nn.separable_conv2d(x, w, point, [1, 1, 1, 1], "SAME")
    np.testing.assert_allclose(got.numpy(), want @ point[0, 0], rtol=1e-12, atol=1e-12)


def test_transposed_convolution_is_the_gradient_of_a_convolution():
    x, w = RNG.normal(size=(2, 7, 6, 3)), RNG.normal(size=(3, 2, 3, 4))
    for padding, strides in itertools.product(("SAME", "VALID"), (1, 2)):
        x_ = fg.constant(x)
        with fg.GradientTape() as tape:
            tape.watch(x_)
            y = fg.nn.conv2d(x_, w, strides, padding)
        ct = RNG.normal(size=y.shape)
        want = tape.gradient(y, x_, output_gradients=fg.constant(ct))
        got = fg.nn.conv2d_transpose(ct, w, x.shape, strides, padding)
        np.testing.assert_allclose(got.numpy(), want.numpy(), rtol=1e-12, atol=1e-12)


# -------------------------------------------------------------------------------------------- pools
def pooled(x, sizes, strides, padding, over):
    """A pool as its definition says; padding is NaN, which `over` leaves out."""
    x = np.pad(x, [(0, 0), *padding, (0, 0)], constant_values=np.nan)
    counts = [(n - k) // s + 1 for n, k, s in zip(x.shape[1:-1], sizes, strides, strict=True)]
    y = np.zeros((x.shape[0], *counts, x.shape[-1]))
    for place in np.ndindex(*counts):
        at = tuple(slice(p * s, p * s + k) for p, s, k in zip(place, strides, sizes, strict=True))
        y[(slice(None), *place)] = over(x[(slice(None), *at)], axis=tuple(range(1, x.ndim - 1)))
    return y


@pytest.mark.parametrize("op", ["max_pool2d", "avg_pool2d"])
@pytest.mark.parametrize("padding", ["SAME", "VALID"])
@pytest.mark.parametrize(
    ("sizes", "strides"), [((2, 2), (2, 2)), ((3, 2), (1, 2)), ((1, 3), (2, 1))]
)
def test_pools_are_their_definition(op, padding, sizes, strides):
    x = RNG.normal(size=(2, 5, 6, 3))
    pairs = [(0, 0)] * 2
    if padding == "SAME":
        pairs = [same(n, k, s, 1) for n, k, s in zip(x.shape[1:-1], sizes, strides, strict=True)]
    over = np.nanmax if op == "max_pool2d" else np.nanmean
    want = pooled(x, sizes, strides, pairs, over)
    pool = getattr(fg.nn, op)
    np.testing.assert_allclose(pool(x, sizes, strides, padding).numpy(), want, rtol=1e-14)
    got = pool(np.moveaxis(x, -1, 1), sizes, strides, padding, data_format="NCHW").numpy()
    np.testing.assert_allclose(np.moveaxis(got, 1, -1), want, rtol=1e-14)
    generic = getattr(fg.nn, op[:-2])(x, sizes, strides, padding)
    assert np.array_equal(generic.numpy(), pool(x, sizes, strides, padding).numpy())
    check_gradients(lambda x: pool(x, sizes, strides, padding), x)


def gradient(function, x):
    x = fg.constant(x)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return y.numpy(), tape.gradient(y, x).numpy()


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_ties_share_the_gradient_and_nan_takes_it(dtype):
    x = np.array([1, 3, 3, 0, np.nan, 2, -np.inf, -np.inf], dtype).reshape(1, 8, 1)
    y, g = gradient(lambda x: fg.nn.max_pool1d(x, 4, 4, "VALID"), x)
    np.testing.assert_array_equal(y.reshape(-1), [3, np.nan])
    assert g.reshape(-1).tolist() == [0, 0.5, 0.5, 0, 1, 0, 0, 0]
    y, g = gradient(lambda x: fg.nn.max_pool1d(x, 3, 1, "SAME"), x[:, 6:])
    assert y.reshape(-1).tolist() == [-np.inf] * 2 and g.reshape(-1).tolist() == [1, 1]


def test_an_average_leaves_padding_out():
    y, g = gradient(lambda x: fg.nn.avg_pool1d(x, 3, 1, "SAME"), np.array([[[1.0], [2], [6]]]))
    assert y.reshape(-1).tolist() == [1.5, 3, 4]
    np.testing.assert_allclose(g.reshape(-1), [1 / 2 + 1 / 3, 1 / 2 + 1 / 3 + 1 / 2, 1 / 3 + 1 / 2])


# ------------------------------------------------------------------------------------------ kernels
@pytest.mark.parametrize(
    "name", ["patches", "unpatches", "window_max", "window_max_pull", "window_max_push", "bias_add"]
)
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_kernels_give_the_bits_of_the_rows_own_function(name, dtype):
    row = ROWS[name]
    for arrays, metadata in samples(row, np.random.default_rng(3), dtype):
        want = reference.forward(row, arrays, metadata)
        np.testing.assert_array_equal(row(*arrays, **metadata).numpy(), want)


@pytest.mark.parametrize("dtype", [np.int32, np.uint8, bool])
def test_windows_of_integers(dtype):
    x = RNG.integers(0, 2 if dtype is bool else 9, size=(2, 5, 4, 3)).astype(dtype)
    y = fg.nn.max_pool2d(x, 2, 1, "SAME")
    want = pooled(x.astype(float), (2, 2), (1, 1), [(0, 1)] * 2, np.nanmax)
    assert y.dtype == dtype and np.array_equal(y.numpy(), want)
    assert ROWS["patches"](x, sizes=(2, 2)).dtype == dtype


def test_complex_numbers():
    x, w = (RNG.normal(size=s) + 1j * RNG.normal(size=s) for s in ((1, 4, 4, 2), (2, 2, 2, 3)))
    want = convolved(x.real, w.real, (1, 1), [(0, 0)] * 2, (1, 1))
    want = want - convolved(x.imag, w.imag, (1, 1), [(0, 0)] * 2, (1, 1))
    np.testing.assert_allclose(fg.nn.conv2d(x, w, 1, "VALID").numpy().real, want, rtol=1e-11)
    x_ = fg.constant(x)
    with fg.GradientTape() as tape:
        tape.watch(x_)
        y = fg.nn.conv2d(x_, w, 1, "VALID")
    got = tape.gradient(y, x_).numpy()
    ones = np.ones(y.shape)
    part = [fg.nn.conv2d_transpose(ones, k, x.shape, 1, "VALID").numpy() for k in (w.real, w.imag)]
    np.testing.assert_allclose(
        got, part[0] - 1j * part[1], rtol=1e-11
    )  # the conjugate, as TensorFlow
    with pytest.raises(TypeError, match="has no order"):
        fg.nn.max_pool2d(x, 2, 2, "VALID")


def test_directions_and_orders_mix():
    x, w = fg.constant(RNG.normal(size=(1, 4, 4, 2))), fg.constant(RNG.normal(size=(3, 3, 2, 2)))
    direction = fg.constant(RNG.normal(size=w.shape))

    def loss(w):
        y = fg.nn.max_pool2d(fg.tanh(fg.nn.conv2d(x, w, 1, "SAME")), 2, 2, "VALID")
        return fg.reduce_sum(fg.nn.avg_pool2d(y * y * y, 2, 1, "VALID"))

    def slope(w):
        with fg.GradientTape() as tape:
            tape.watch(w)
            y = loss(w)
        return tape.gradient(y, w)

    with fg.autodiff.ForwardAccumulator(w, direction) as pushed:
        g = slope(w)
    forward_over_backward = pushed.jvp(g).numpy()
    with fg.GradientTape() as outer:
        outer.watch(w)
        along = fg.reduce_sum(slope(w) * direction)
    np.testing.assert_allclose(forward_over_backward, outer.gradient(along, w).numpy(), rtol=1e-10)
    check_gradients(loss, w.numpy(), order=3, rtol=1e-5)


# ---------------------------------------------------------------------------------------- bad calls
X, W = np.ones((2, 5, 6, 4)), np.ones((3, 3, 4, 2))
NN = fg.nn


@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: NN.conv2d(X, W[:, :, :3], 1, "SAME"), ValueError, "conv2d: 4 channels of the input"),
        (lambda: NN.conv2d(X, W[:, :, :2, :1], 1, "SAME"), ValueError, "do not fit filters"),
        (lambda: NN.conv2d(X, W[0], 1, "SAME"), ValueError, "filters of shape .* must have 4 axes"),
        (lambda: NN.conv2d(X[0], W, 1, "SAME"), ValueError, "must have 4 axes or more"),
        (lambda: NN.conv2d(X, W, 1, "FULL"), ValueError, 'padding must be "SAME"'),
        (lambda: NN.conv2d(X, W, 1, 1), TypeError, "padding must be"),
        (lambda: NN.conv2d(X, W, 1, [[0, 0], [1, 1]] * 2), ValueError, "can't be padded"),
        (lambda: NN.conv2d(X, W, 1, [[1, 1]]), ValueError, "must have 4 pairs"),
        (lambda: NN.conv2d(X, W, 1, [[0, 0], [-1, 1], [0, 0], [0, 0]]), ValueError, "from 0 up"),
        (lambda: NN.conv2d(X, W, 0, "SAME"), ValueError, "must be 1 or more"),
        (lambda: NN.conv2d(X, W, 1.5, "SAME"), TypeError, "strides must be ints"),
        (lambda: NN.conv2d(X, W, [2, 1, 1, 1], "SAME"), ValueError, "along batch and channels"),
        (lambda: NN.conv2d(X, W, [1, 1, 1], "SAME"), ValueError, "strides must be 1, 2 or 4 ints"),
        (lambda: NN.conv2d(X, W, 1, "SAME", "HWNC"), ValueError, "data_format must be 'NHWC'"),
        (lambda: NN.conv2d(X, W, 1, "VALID", dilations=3), ValueError, "larger than the array"),
        (lambda: NN.convolution(X, np.ones((3, 3))), ValueError, "3 to 5 axes"),
        (lambda: NN.depthwise_conv2d(X, W[:, :, :2], [1] * 4, "SAME"), ValueError, "do not fit"),
        (lambda: NN.conv2d_transpose(X, W, (2, 5, 6, 4), 1), ValueError, "do not fit"),
        (lambda: NN.conv2d_transpose(X, np.ones((3, 3, 2, 4)), (2, 9, 6, 2), 1), ValueError,
         "output_shape .* comes from an input of"),
        (lambda: NN.max_pool2d(X, 9, 1, "VALID"), ValueError, "max_pool2d: a window of"),
        (lambda: NN.max_pool2d(X, [2, 2, 2, 1], 1, "VALID"), ValueError, "ksize along batch"),
        (lambda: NN.max_pool(np.ones(3), 2, 1, "SAME"), ValueError, "3 to 5 axes"),
        (lambda: NN.pool(X, (2, 2), "MEAN"), ValueError, 'must be "MAX" or "AVG"'),
        (lambda: ROWS["patches"](X, sizes=(2,)), ValueError, "need 3 axes"),
        (lambda: ROWS["patches"](X, sizes=(2, 2), strides=2**70), ValueError, "from 1 up"),
        (lambda: ROWS["patches"](X[:0], sizes=(2**31 - 1,) * 2, padding=2**30), ValueError, "memory"),
        (lambda: ROWS["patches"](X, sizes=(2, "a")), TypeError, "sizes must be ints"),
        (lambda: ROWS["patches"](X, sizes=(2, 2), padding=((1, 1),)), ValueError, "2 pairs"),
        (lambda: ROWS["unpatches"](X, shape=(2, 5, 6, 4), sizes=(2, 2)), ValueError, "do not come"),
    ],
)  # fmt: skip
def test_bad_call(call, error, text):
    with pytest.raises(error, match=text):
        call()


def test_empty_batches():
    for batch in (0, 2):
        x = np.ones((batch, 4, 4, 2), np.float32)
        y = fg.nn.conv2d(x, np.ones((3, 3, 2, 5), np.float32), 1, "SAME")
        assert y.shape == (batch, 4, 4, 5) and y.dtype == "float32"
        assert fg.nn.max_pool2d(y, 2, 2, "VALID").shape == (batch, 2, 2, 5)
    (g,) = gradients(
        ROWS["window_max"], [np.zeros((0, 4, 2))], {"sizes": (2,)}, [np.zeros((0, 3, 2))]
    )
    assert g.shape == (0, 4, 2)
