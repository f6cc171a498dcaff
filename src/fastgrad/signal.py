"""Signals: the names of `tf.signal`."""

from . import conventions_signal as _conventions
from . import primitives as _primitives

# ---- Fourier transforms
fft = _conventions.fft
fft2d = _conventions.fft2d
fft3d = _conventions.fft3d
fftfreq = _conventions.fftfreq
fftshift = _primitives.fftshift
ifft = _conventions.ifft
ifft2d = _conventions.ifft2d
ifft3d = _conventions.ifft3d
ifftshift = _primitives.ifftshift
irfft = _conventions.irfft
irfft2d = _conventions.irfft2d
irfft3d = _conventions.irfft3d
rfft = _conventions.rfft
rfft2d = _conventions.rfft2d
rfft3d = _conventions.rfft3d
rfftfreq = _conventions.rfftfreq

# ---- cosine transforms
dct = _conventions.dct
idct = _conventions.idct

# ---- frames and windows
frame = _conventions.frame
hamming_window = _conventions.hamming_window
hann_window = _conventions.hann_window
inverse_stft = _conventions.inverse_stft
inverse_stft_window_fn = _conventions.inverse_stft_window_fn
overlap_and_add = _conventions.overlap_and_add
stft = _conventions.stft
