"""`fg.signal`: transforms, frames and windows against their definitions."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.testing import check_gradients

rng = np.random.default_rng(5)
X = rng.normal(size=(2, 3, 4, 6))


@pytest.mark.parametrize(
    ("name", "numpys", "axes"),
    [
        ("fft", "fft", None),
        ("ifft", "ifft", None),
        ("fft2d", "fft2", None),
        ("ifft2d", "ifft2", None),
        ("fft3d", "fftn", (-3, -2, -1)),
        ("ifft3d", "ifftn", (-3, -2, -1)),
        ("rfft", "rfft", None),
        ("irfft", "irfft", None),
        ("rfft2d", "rfft2", None),
        ("irfft2d", "irfft2", None),
        ("rfft3d", "rfftn", (-3, -2, -1)),
        ("irfft3d", "irfftn", (-3, -2, -1)),
        ("fftshift", "fftshift", None),
        ("ifftshift", "ifftshift", None),
    ],
)
def test_transforms_are_numpys(name, numpys, axes):
    x = X if name[0] == "r" else X + 1j * rng.normal(size=X.shape)
    want = getattr(np.fft, numpys)(x, **({} if axes is None else {"axes": axes}))
    np.testing.assert_allclose(getattr(fg.signal, name)(x).numpy(), want, rtol=1e-12, atol=1e-12)
    reached = getattr(np.fft, numpys)(fg.constant(x), **({} if axes is None else {"axes": axes}))
    assert isinstance(reached, fg.Tensor)
    np.testing.assert_allclose(reached.numpy(), want, rtol=1e-12, atol=1e-12)


def test_lengths_and_frequencies():
    got = fg.signal.rfft2d(X, fft_length=fg.constant([5, 8]))
    np.testing.assert_allclose(got.numpy(), np.fft.rfft2(X, (5, 8)), atol=1e-12)
    np.testing.assert_array_equal(fg.signal.fftfreq(5, 0.1).numpy(), np.fft.fftfreq(5, 0.1))
    np.testing.assert_array_equal(fg.signal.rfftfreq(6).numpy(), np.fft.rfftfreq(6))
    with pytest.raises(ValueError, match="fft_length must be 1 integers"):
        fg.signal.rfft(X, [3, 4])


def cosines(x, kind):
    """The definitions of the cosine transforms."""
    n = x.shape[-1]
    j, k = np.arange(n), np.arange(n)[:, None]
    if kind == 1:
        weights = np.where((j == 0) | (j == n - 1), 1, 2)
        return x @ (weights * np.cos(np.pi * k * j / (n - 1))).T
    if kind == 2:
        return x @ (2 * np.cos(np.pi * k * (2 * j + 1) / (2 * n))).T
    return x @ (np.where(j == 0, 1, 2) * np.cos(np.pi * j * (2 * k + 1) / (2 * n))).T


@pytest.mark.parametrize("kind", [1, 2, 3])
@pytest.mark.parametrize("n", [5, 6])
def test_cosine_transforms(kind, n):
    x = X[..., :n]
    np.testing.assert_allclose(fg.signal.dct(x, kind).numpy(), cosines(x, kind), atol=1e-12)
    factor = 2 * (n - 1) if kind == 1 else 2 * n
    back = fg.signal.idct(fg.signal.dct(x, kind), kind) / factor
    np.testing.assert_allclose(back.numpy(), x, atol=1e-12)
    check_gradients(lambda t: fg.signal.dct(t, kind) ** 2, x[0, 0])


def test_orthonormal_cosine_transforms():
    eye = np.eye(5)
    two = fg.signal.dct(eye, norm="ortho").numpy()
    np.testing.assert_allclose(two @ two.T, eye, atol=1e-14)
    np.testing.assert_allclose(fg.signal.idct(two, norm="ortho").numpy(), eye, atol=1e-14)
    assert fg.signal.dct(X, n=4).shape[-1] == 4
    np.testing.assert_allclose(
        fg.signal.dct(X, n=8).numpy(), cosines(np.pad(X, [(0, 0)] * 3 + [(0, 2)]), 2), atol=1e-12
    )
    for wrong in ({"type": 4}, {"norm": "l2"}, {"type": 1, "norm": "ortho"}, {"axis": 0}):
        with pytest.raises(ValueError, match="dct"):
            fg.signal.dct(X, **wrong)


def test_frames():
    x = np.arange(10.0)
    np.testing.assert_array_equal(fg.signal.frame(x, 4, 3).numpy(), [x[0:4], x[3:7], x[6:10]])
    padded = fg.signal.frame(x, 4, 3, pad_end=True, pad_value=-1).numpy()
    np.testing.assert_array_equal(padded[-1], [9, -1, -1, -1])
    deep = fg.signal.frame(X, 2, 1, axis=1).numpy()
    assert deep.shape == (2, 2, 2, 4, 6)
    np.testing.assert_array_equal(deep[:, 1, 0], X[:, 1])
    assert fg.signal.frame(x, 11, 1).shape == (0, 11)
    added = fg.signal.overlap_and_add(fg.signal.frame(x, 4, 2), 2).numpy()
    np.testing.assert_array_equal(added, x * np.array([1, 1, 2, 2, 2, 2, 2, 2, 1, 1]))
    check_gradients(lambda t: fg.signal.frame(t, 4, 3) ** 2, x)
    check_gradients(lambda t: fg.signal.overlap_and_add(t, 2) ** 2, X[0, 0])
    with pytest.raises(ValueError, match="frame_step 0"):
        fg.signal.frame(x, 4, 0)


def test_windows():
    k = np.arange(6)
    hann = fg.signal.hann_window(6, dtype=fg.float64).numpy()
    np.testing.assert_allclose(hann, 0.5 - 0.5 * np.cos(2 * np.pi * k / 6), atol=1e-15)
    symmetric = fg.signal.hann_window(6, periodic=False, dtype=fg.float64).numpy()
    np.testing.assert_allclose(symmetric, np.hanning(6), atol=1e-15)
    hamming = fg.signal.hamming_window(5, periodic=False, dtype=fg.float64).numpy()
    np.testing.assert_allclose(hamming, np.hamming(5), atol=1e-15)
    assert fg.signal.hann_window(1).numpy().tolist() == [1]


def test_short_time_transform_there_and_back():
    x = rng.normal(size=(2, 64))
    y = fg.signal.stft(x, 16, 4)
    assert tuple(y.shape) == (2, 13, 9)
    window = 0.5 - 0.5 * np.cos(2 * np.pi * np.arange(16) / 16)
    np.testing.assert_allclose(y.numpy()[:, 3], np.fft.rfft(x[:, 12:28] * window), atol=1e-12)
    back = fg.signal.inverse_stft(y, 16, 4, window_fn=fg.signal.inverse_stft_window_fn(4)).numpy()
    np.testing.assert_allclose(back[:, 16:-16], x[:, 16:-16], atol=1e-12)
    check_gradients(lambda t: fg.abs(fg.signal.stft(t, 8, 4)) ** 2, x[0, :20], order=1)
