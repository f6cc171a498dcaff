"""The names of `numpy.linalg`."""

from numpy import linalg as _numpy

from ._names import attribute_of as _attribute_of
from ._names import names_of as _names_of

LinAlgError = _numpy.LinAlgError
globals().update(_names_of(_numpy))
__getattr__ = _attribute_of(_numpy, globals())
