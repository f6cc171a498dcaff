"""Signals as TensorFlow calls them: transforms along the last axes, frames, windows."""

import math
import operator

import numpy as np

from . import dtypes, primitives
from ._core._dispatch import constant
from .ops._metadata import axis_of, dtype_of
from .ops._operands import tensor


# --------------------------------------------------------------------------------------- transforms
def fft(input, name=None):
    """Discrete Fourier transform along the last axis.

    >>> fg.signal.fft([1.0, 0.0]).numpy()
    array([1.+0.j, 1.+0.j], dtype=complex64)
    """
    return primitives.fft(input)


def ifft(input, name=None):
    """Inverse of `fft`."""
    return primitives.ifft(input)


def fft2d(input, name=None):
    """Discrete Fourier transform along the last two axes."""
    return primitives.fft2(input)


def ifft2d(input, name=None):
    """Inverse of `fft2d`."""
    return primitives.ifft2(input)


def fft3d(input, name=None):
    """Discrete Fourier transform along the last three axes."""
    return primitives.fftn(input, axes=(-3, -2, -1))


def ifft3d(input, name=None):
    """Inverse of `fft3d`."""
    return primitives.ifftn(input, axes=(-3, -2, -1))


def _lengths(op, fft_length, count):
    """The sizes to transform to, as a tuple; None for those of the input."""
    if fft_length is None:
        return None
    lengths = np.asarray(tensor(fft_length).numpy()).reshape(-1)
    if lengths.shape != (count,) or lengths.dtype.kind not in "iu":
        raise ValueError(f"{op}: fft_length must be {count} integers, not {fft_length}")
    return tuple(int(n) for n in lengths)


def _real(op, row, x, fft_length, count):
    lengths = _lengths(op, fft_length, count)
    return row(x, s=lengths, axes=tuple(range(-count, 0)))


def rfft(input_tensor, fft_length=None, name=None):
    """The first n // 2 + 1 points of the Fourier transform of real signals along the last axis.

    fft_length: n, to which the signal is cut or filled with zeros. TypeError for complex signals.
    """
    return _real("rfft", primitives.rfftn, input_tensor, fft_length, 1)


def irfft(input_tensor, fft_length=None, name=None):
    """Inverse of `rfft`, to fft_length real points (by default an even number).

    >>> fg.signal.irfft(fg.signal.rfft([1.0, 2.0, 3.0]), [3]).numpy()
    array([1., 2., 3.], dtype=float32)
    """
    return _real("irfft", primitives.irfftn, input_tensor, fft_length, 1)


def rfft2d(input_tensor, fft_length=None, name=None):
    """`rfft` along the last axis, and a Fourier transform along the one before."""
    return _real("rfft2d", primitives.rfftn, input_tensor, fft_length, 2)


def irfft2d(input_tensor, fft_length=None, name=None):
    """Inverse of `rfft2d`."""
    return _real("irfft2d", primitives.irfftn, input_tensor, fft_length, 2)


def rfft3d(input_tensor, fft_length=None, name=None):
    """`rfft` along the last axis, and Fourier transforms along the two before."""
    return _real("rfft3d", primitives.rfftn, input_tensor, fft_length, 3)


def irfft3d(input_tensor, fft_length=None, name=None):
    """Inverse of `rfft3d`."""
    return _real("irfft3d", primitives.irfftn, input_tensor, fft_length, 3)


def fftfreq(n, d=1.0, dtype=dtypes.float64):
    """The frequencies of the n points of an fft of samples a distance d apart.

    >>> fg.signal.fftfreq(4).numpy()
    array([ 0.  ,  0.25, -0.5 , -0.25])
    """
    return constant(np.fft.fftfreq(operator.index(n), d), dtype)


def rfftfreq(n, d=1.0, dtype=dtypes.float64):
    """The frequencies of the n // 2 + 1 points of an rfft of n samples a distance d apart."""
    return constant(np.fft.rfftfreq(operator.index(n), d), dtype)


# ----------------------------------------------------------------------------------- cosine transform
def dct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """Discrete cosine transform of type 1, 2 or 3 along the last axis.

    n: cut the signal, or fill it with zeros, to so many points. norm: None or "ortho" (types 2, 3).
    Type 2 is ``2 * sum(x[j] * cos(pi * k * (2 * j + 1) / (2 * n)))``, and type 3 its inverse but for
    a factor of 2 n. Raises ValueError for other types or norms.

    >>> fg.signal.dct([1.0, 1.0]).numpy().round(3)
    array([4., 0.], dtype=float32)
    """
    x = tensor(input)
    if type not in (1, 2, 3) or norm not in (None, "ortho") or (type == 1 and norm):
        raise ValueError(
            f"dct: type {type!r} with norm {norm!r}: types 1, 2, 3 are there, 1 without norm"
        )
    if axis_of("dct", axis, x.ndim) != x.ndim - 1:
        raise ValueError(f"dct: axis must be the last one, got {axis}")
    x = _resized(x, x.shape[-1] if n is None else operator.index(n))
    return (_dct1, _dct2, _dct3)[type - 1](x, norm)


def idct(input, type=2, n=None, axis=-1, norm=None, name=None):
    """Inverse of `dct` of the same type, but for the factor 2 n (type 1: 2 (n - 1)) without a norm.

    >>> fg.signal.idct(fg.signal.dct([1.0, 2.0], norm="ortho"), norm="ortho").numpy().round(3)
    array([1., 2.], dtype=float32)
    """
    if n is not None:
        raise ValueError("idct: n is not supported")
    return dct(input, {2: 3, 3: 2}.get(type, type), None, axis, norm)


def _resized(x, n):
    """x cut or filled with zeros to n points."""
    size = x.shape[-1]
    part = x[..., : min(n, size)]
    if n <= size:
        return part
    return primitives.unindex(part, shape=(*x.shape[:-1], n), index=(..., slice(0, size)))


def _turns(x, sign):
    """exp(sign * i * pi * k / (2 * n)) for the n points k, in the complex dtype that goes with x."""
    n = x.shape[-1]
    turns = np.exp(sign * 1j * np.pi * np.arange(n) / (2 * n))
    return turns.astype(np.result_type(dtype_of(x.dtype), np.complex64))


def _ortho(x, inverse):
    """The factors between a transform and its orthonormal version."""
    n = x.shape[-1]
    factors = np.full(n, math.sqrt(2 / n) / 2)
    factors[0] = math.sqrt(1 / n) / 2
    return (1 / factors / (2 * n) if inverse else factors).astype(dtype_of(x.dtype))


def _dct1(x, norm):
    if x.shape[-1] < 2:
        raise ValueError("dct: type 1 needs 2 points or more")
    around = primitives.concat([x, x[..., -2:0:-1]], axis=-1)
    return primitives.real(primitives.rfft(around))


def _dct2(x, norm):
    around = primitives.concat([x, x[..., ::-1]], axis=-1)
    y = primitives.real(primitives.rfft(around)[..., : x.shape[-1]] * _turns(x, -1))
    return y * _ortho(x, False) if norm else y


def _dct3(x, norm):
    n = x.shape[-1]
    x = x * _ortho(x, True) if norm else x
    y = primitives.irfft(x * _turns(x, 1), n=2 * n)[..., :n]
    return y * 2 * n


# ------------------------------------------------------------------------------------------- frames
def frame(signal, frame_length, frame_step, pad_end=False, pad_value=0, axis=-1, name=None):
    """Windows of a signal: [..., samples, ...] becomes [..., frames, frame_length, ...].

    pad_end: fill the end with `pad_value`, so that a frame starts at every step.

    >>> fg.signal.frame([1.0, 2.0, 3.0, 4.0], 2, 1).numpy()
    array([[1., 2.],
           [2., 3.],
           [3., 4.]], dtype=float32)
    """
    signal = tensor(signal)
    length, step = operator.index(frame_length), operator.index(frame_step)
    axis = axis_of("frame", axis, signal.ndim)
    size = signal.shape[axis]
    if length < 1 or step < 1:
        raise ValueError(f"frame: frame_length {length} and frame_step {step} must be positive")
    if pad_end:
        count = -(-size // step)
        missing = max(0, (count - 1) * step + length - size)
        shape = tuple(missing if i == axis else m for i, m in enumerate(signal.shape))
        end = np.full(shape, pad_value, dtype_of(signal.dtype))
        signal = primitives.concat([signal, end], axis=axis)
    else:
        count = max(0, 1 + (size - length) // step)
    places = np.arange(count)[:, None] * step + np.arange(length)
    return primitives.getitem(signal, index=(*(slice(None),) * axis, places))


def overlap_and_add(signal, frame_step, name=None):
    """Frames [..., frames, frame_length] added up where they overlap: the transpose of `frame`.

    >>> fg.signal.overlap_and_add([[1.0, 1.0], [1.0, 1.0]], 1).numpy()
    array([1., 2., 1.], dtype=float32)
    """
    signal, step = tensor(signal), operator.index(frame_step)
    if signal.ndim < 2 or step < 1:
        raise ValueError(
            f"overlap_and_add: frames need 2 axes or more and a positive step, not {signal.ndim} "
            f"and {step}"
        )
    count, length = signal.shape[-2:]
    places = np.arange(count)[:, None] * step + np.arange(length)
    shape = (*signal.shape[:-2], max(0, (count - 1) * step + length) if count else 0)
    return primitives.unindex(signal, shape=shape, index=(..., places))


def hann_window(window_length, periodic=True, dtype=dtypes.float32, name=None):
    """The Hann window, 0.5 - 0.5 cos; periodic, or symmetric.

    >>> fg.signal.hann_window(4).numpy()
    array([0. , 0.5, 1. , 0.5], dtype=float32)
    """
    return _cosine_window(window_length, periodic, dtype, 0.5)


def hamming_window(window_length, periodic=True, dtype=dtypes.float32, name=None):
    """The Hamming window, 0.54 - 0.46 cos; periodic, or symmetric."""
    return _cosine_window(window_length, periodic, dtype, 0.54)


def _cosine_window(length, periodic, dtype, a):
    length = operator.index(length)
    if length == 1:
        return constant(np.ones(1), dtype)
    period = length + (periodic and length % 2 == 0) - 1
    return constant(a - (1 - a) * np.cos(2 * np.pi * np.arange(length) / period), dtype)


def _enclosing(n):
    """The least power of 2 that is not below n."""
    return 1 << max(0, n - 1).bit_length()


def _window(window_fn, length, dtype):
    return 1 if window_fn is None else window_fn(length, dtype=dtype)


def stft(signals, frame_length, frame_step, fft_length=None, window_fn=hann_window, pad_end=False,
         name=None):  # fmt: skip
    """Short-time Fourier transforms: `rfft` of windowed frames, [..., frames, fft_length // 2 + 1].

    fft_length: by default the least power of 2 that holds a frame. window_fn: a function of a length
    and a dtype, or None.
    """
    signals, length = tensor(signals), operator.index(frame_length)
    n = _enclosing(length) if fft_length is None else operator.index(fft_length)
    frames = frame(signals, length, frame_step, pad_end=pad_end)
    return primitives.rfft(frames * _window(window_fn, length, signals.dtype), n=n)


def inverse_stft(
    stfts, frame_length, frame_step, fft_length=None, window_fn=hann_window, name=None
):
    """Signals from short-time Fourier transforms: windowed inverse transforms, overlapped and added.

    It undoes `stft` if window_fn is `inverse_stft_window_fn(frame_step)`.
    """
    stfts, length = tensor(stfts), operator.index(frame_length)
    n = _enclosing(length) if fft_length is None else operator.index(fft_length)
    frames = _resized(primitives.irfft(stfts, n=n), length)
    return overlap_and_add(frames * _window(window_fn, length, frames.dtype), frame_step)


def inverse_stft_window_fn(frame_step, forward_window_fn=hann_window, name=None):
    """The window for `inverse_stft` that undoes `forward_window_fn`."""
    step = operator.index(frame_step)

    def window(frame_length, dtype=dtypes.float32):
        forward = forward_window_fn(frame_length, dtype=dtypes.float64).numpy()
        overlaps = -(-frame_length // step)
        squares = np.zeros(overlaps * step)
        squares[:frame_length] = forward**2
        total = np.tile(squares.reshape(overlaps, step).sum(axis=0), overlaps)[:frame_length]
        return constant(forward / total, dtype)

    return window
