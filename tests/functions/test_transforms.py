"""Fourier transforms by the loops of NumPy's gufuncs: the bits of np.fft, in plans without Python."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp

from .test_kernels import calls
from .test_lapack import assert_same_bits, numbers

LINES = ("fft", "ifft", "rfft", "irfft", "hfft", "ihfft")
GRIDS = ("fftn", "ifftn", "rfftn", "irfftn", "fft2", "ifft2", "rfft2", "irfft2")
REAL = ("rfft", "ihfft", "rfftn", "rfft2")
DTYPES = ("float32", "float64", "complex64", "complex128")
NORMS = (None, "backward", "ortho", "forward")
SHAPES = ((1,), (2,), (5,), (8,), (3, 4), (4, 1), (1, 4), (2, 3, 4), (2, 1, 3, 7), (7, 16, 9))


def compare(name, a, /, **options):
    """One transform as NumPy has it, here and in a function; or an error everywhere."""
    ours, theirs = getattr(fnp.fft, name), getattr(np.fft, name)
    try:
        want = theirs(a, **options)
    except ValueError:
        with pytest.raises(ValueError):
            ours(a, **options)
        return
    assert_same_bits(ours(a, **options), want)
    replayed = fg.function(lambda a: ours(a, **options))
    assert_same_bits(replayed(a), want)
    assert_same_bits(replayed(a), want)
    if a.dtype.itemsize // (1 + (a.dtype.kind == "c")) == 8:
        assert calls(replayed, a) == []


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", LINES)
def test_lines(name, dtype):
    if name in REAL and dtype.startswith("complex"):
        return
    for k, shape in enumerate(SHAPES):
        a = numbers(dtype, shape)
        compare(name, a)
        for axis in range(len(shape)):
            compare(
                name,
                a,
                n=(None, 1, 4, 7, 20)[(k + axis) % 5],
                axis=axis,
                norm=NORMS[(k + axis) % 4],
            )
            compare(name, a, n=(6, 3, None)[(k + axis) % 3], axis=axis - len(shape))


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("name", GRIDS)
def test_grids(name, dtype):
    if name in REAL and dtype.startswith("complex"):
        return
    for k, shape in enumerate(SHAPES):
        a = numbers(dtype, shape)
        if len(shape) > 1:
            compare(name, a)
            compare(name, a, s=(4, 5), axes=(-1, 0), norm=NORMS[k % 4])
            compare(name, a, s=(3, 9), axes=(0, -1))
            compare(name, a, axes=(0, -1), norm=NORMS[k % 4])
        compare(name, a, axes=(-1,))
        compare(name, a, axes=range(len(shape)))


@pytest.mark.parametrize("name", LINES)
def test_what_is_left_to_numpy(name):
    ours, theirs = getattr(fnp.fft, name), getattr(np.fft, name)
    assert_same_bits(ours(np.arange(6)), theirs(np.arange(6)))
    assert_same_bits(ours(np.arange(6.0), np.int64(4)), theirs(np.arange(6.0), 4))
    assert_same_bits(ours(np.zeros((0, 4))), theirs(np.zeros((0, 4))))
    for bad in ({"n": 0}, {"n": -1}, {"norm": "other"}, {"axis": 2}, {"norm": 3}):
        with pytest.raises((ValueError, IndexError, TypeError)):
            ours(fg.constant(np.arange(6.0)), **bad)
    with pytest.raises(ValueError, match="too big"):
        ours(fg.constant(np.arange(6.0)), n=2**61)


def test_axes_given_twice():
    with pytest.raises(ValueError, match="duplicate axis"):
        fnp.fft.fftn(np.ones((2, 3)), axes=(0, -2))


def test_gradients_in_plans_do_not_call_python():
    def gradient(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = fg.reduce_sum(fg.abs(fnp.fft.fft(x)) ** 2) + fg.reduce_sum(
                fnp.fft.irfft(fnp.fft.rfft(x) * 2, 8)
            )
        return tape.gradient(y, x)

    replayed, x = fg.function(gradient), fg.constant(numbers("float64", (8,)))
    replayed(x)
    assert_same_bits(replayed(x), gradient(x))
    assert "fft" not in str(calls(replayed, x))


def test_threads():
    replayed = fg.function(lambda a: (fnp.fft.fftn(a), fnp.fft.rfft(a, axis=0)))
    arrays = [numbers("float64", (40, 60), seed=k) for k in range(4)]
    wants = [replayed(a) for a in arrays]

    def work(k):
        for _ in range(30):
            assert_same_bits(replayed(arrays[k]), wants[k])

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
