"""The names of `numpy.fft`."""

from numpy import fft as _numpy

from ._names import attribute_of as _attribute_of
from ._names import names_of as _names_of

globals().update(_names_of(_numpy))
__getattr__ = _attribute_of(_numpy, globals())
