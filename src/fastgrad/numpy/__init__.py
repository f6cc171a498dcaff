"""NumPy's names for fastgrad: ``import fastgrad.numpy as np`` runs code written for NumPy with gradients.

    import fastgrad as fg
    import fastgrad.numpy as np

    x = np.linspace(0, 1, 5)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = np.sum(np.sin(x) ** 2)
    tape.gradient(y, x)

Functions have NumPy's arguments and defaults (floats are float64, ints int64) and give Tensors. What
has no derivative here takes constants, and refuses what a tape is recording. The module is also the
namespace of the array API standard.
"""

import numpy as _numpy

from .._core import _numpy as _core
from .._core import _tensor
from ..primitives import ROWS as _ROWS  # from here on all rows are bound
from . import _at, _creation, _functions, _names, _polynomials
from . import fft as fft
from . import linalg as linalg
from . import random as random

# ---- functions that rows stand for, and those that see values only
globals().update(_creation.CONSTANT)
globals().update(_names.names_of(_numpy))

# ---- creation
arange = _creation.arange
array = _creation.array
asanyarray = ascontiguousarray = asarray = _creation.asarray
asarray_chkfinite = _creation.asarray_chkfinite
empty = _creation.empty
eye = _creation.eye
from_dlpack = _creation.from_dlpack
fromfunction = _creation.fromfunction
full = _creation.full
geomspace = _creation.geomspace
identity = _creation.identity
linspace = _creation.linspace
logspace = _creation.logspace
mgrid = _creation.mgrid
ogrid = _creation.ogrid
ones = _creation.ones
vectorize = _functions.vectorize
zeros = _creation.zeros

# ---- types and constants
ndarray = _tensor.Tensor
bool = bool_ = _numpy.bool_
complex64 = csingle = _numpy.complex64
complex128 = cdouble = _numpy.complex128
complexfloating = _numpy.complexfloating
dtype = _numpy.dtype
float16 = half = _numpy.float16
float32 = single = _numpy.float32
float64 = double = _numpy.float64
floating = _numpy.floating
generic = _numpy.generic
inexact = _numpy.inexact
int8 = byte = _numpy.int8
int16 = short = _numpy.int16
int32 = intc = _numpy.int32
int64 = _numpy.int64
int_ = _numpy.int_
intp = _numpy.intp
integer = _numpy.integer
long = _numpy.long
longlong = _numpy.longlong
number = _numpy.number
signedinteger = _numpy.signedinteger
uint = _numpy.uint
uint8 = ubyte = _numpy.uint8
uint16 = ushort = _numpy.uint16
uint32 = uintc = _numpy.uint32
uint64 = _numpy.uint64
uintp = _numpy.uintp
ulong = _numpy.ulong
ulonglong = _numpy.ulonglong
unsignedinteger = _numpy.unsignedinteger

e = _numpy.e
euler_gamma = _numpy.euler_gamma
inf = _numpy.inf
little_endian = _numpy.little_endian
nan = _numpy.nan
newaxis = _numpy.newaxis
pi = _numpy.pi

# ---- settings and tools of NumPy itself
errstate = _numpy.errstate
finfo = _numpy.finfo
get_printoptions = _numpy.get_printoptions
geterr = _numpy.geterr
geterrcall = _numpy.geterrcall
iinfo = _numpy.iinfo
index_exp = _numpy.index_exp
ndenumerate = _numpy.ndenumerate
ndindex = _numpy.ndindex
printoptions = _numpy.printoptions
s_ = _numpy.s_
sctypeDict = _numpy.sctypeDict
set_printoptions = _numpy.set_printoptions
seterr = _numpy.seterr
seterrcall = _numpy.seterrcall

# ---- array API standard
__array_namespace_info__ = _numpy.__array_namespace_info__

_At = _at.At
_attribute = _names.attribute_of(_numpy, globals())


def __getattr__(name: str):
    if name == "testing":  # imported when it is first asked for, as NumPy does
        import numpy.testing

        return numpy.testing
    return _attribute(name)


def __dir__():
    return sorted({*globals(), "testing"})
