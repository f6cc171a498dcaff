# Written by tools/stubs.py, with NumPy 2.4: change that, or src/fastgrad/numpy, instead.

from typing import Any

import numpy

from .._core._tensor import Tensor, _TensorLike
from . import fft as fft
from . import linalg as linalg
from . import random as random

ndarray = Tensor
bool = numpy.bool_
bool_ = numpy.bool_
complex64 = numpy.complex64
csingle = numpy.complex64
complex128 = numpy.complex128
cdouble = numpy.complex128
complexfloating = numpy.complexfloating
dtype = numpy.dtype
float16 = numpy.float16
half = numpy.float16
float32 = numpy.float32
single = numpy.float32
float64 = numpy.float64
double = numpy.float64
floating = numpy.floating
generic = numpy.generic
inexact = numpy.inexact
int8 = numpy.int8
byte = numpy.int8
int16 = numpy.int16
short = numpy.int16
int32 = numpy.int32
intc = numpy.int32
int64 = numpy.int64
int_ = numpy.int_
intp = numpy.intp
integer = numpy.integer
long = numpy.long
longlong = numpy.longlong
number = numpy.number
signedinteger = numpy.signedinteger
uint = numpy.uint
uint8 = numpy.uint8
ubyte = numpy.uint8
uint16 = numpy.uint16
ushort = numpy.uint16
uint32 = numpy.uint32
uintc = numpy.uint32
uint64 = numpy.uint64
uintp = numpy.uintp
ulong = numpy.ulong
ulonglong = numpy.ulonglong
unsignedinteger = numpy.unsignedinteger
e = numpy.e
euler_gamma = numpy.euler_gamma
inf = numpy.inf
little_endian = numpy.little_endian
nan = numpy.nan
newaxis = numpy.newaxis
pi = numpy.pi
errstate = numpy.errstate
finfo = numpy.finfo
get_printoptions = numpy.get_printoptions
geterr = numpy.geterr
geterrcall = numpy.geterrcall
iinfo = numpy.iinfo
index_exp = numpy.index_exp
ndenumerate = numpy.ndenumerate
ndindex = numpy.ndindex
printoptions = numpy.printoptions
s_ = numpy.s_
sctypeDict = numpy.sctypeDict
set_printoptions = numpy.set_printoptions
seterr = numpy.seterr
seterrcall = numpy.seterrcall
__array_namespace_info__ = numpy.__array_namespace_info__

class vectorize:
    def __init__(
        self,
        pyfunc: Any,
        otypes: Any = ...,
        doc: Any = ...,
        excluded: Any = ...,
        cache: Any = ...,
        signature: Any = ...,
    ) -> None: ...
    def __call__(self, *args: _TensorLike) -> Any: ...

mgrid: Any
ogrid: Any

def __dir__() -> list[str]: ...
def abs(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def absolute(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def acos(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def acosh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def add(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def all(
    a: _TensorLike, axis: Any = ..., out: Any = ..., keepdims: Any = ..., *, where: Any = ...
) -> Tensor: ...
def allclose(a: Any, b: Any, rtol: Any = ..., atol: Any = ..., equal_nan: Any = ...) -> Any: ...
def amax(
    a: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def amin(
    a: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def angle(z: _TensorLike, deg: Any = ...) -> Tensor: ...
def any(
    a: _TensorLike, axis: Any = ..., out: Any = ..., keepdims: Any = ..., *, where: Any = ...
) -> Tensor: ...
def append(arr: _TensorLike, values: _TensorLike, axis: Any = ...) -> Tensor: ...
def apply_along_axis(func1d: Any, axis: Any, arr: Any, *args: Any, **kwargs: Any) -> Any: ...
def apply_over_axes(func: Any, a: Any, axes: Any) -> Any: ...
def arange(
    start: Any,
    stop: Any = ...,
    step: Any = ...,
    dtype: Any = ...,
    *,
    device: Any = ...,
    like: Any = ...,
) -> Any: ...
def arccos(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def arccosh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def arcsin(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def arcsinh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def arctan(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def arctan2(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def arctanh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def argmax(a: _TensorLike, axis: Any = ..., out: Any = ..., *, keepdims: Any = ...) -> Tensor: ...
def argmin(a: _TensorLike, axis: Any = ..., out: Any = ..., *, keepdims: Any = ...) -> Tensor: ...
def argpartition(
    a: _TensorLike, kth: Any, axis: Any = ..., kind: Any = ..., order: Any = ...
) -> Tensor: ...
def argsort(
    a: _TensorLike, axis: Any = ..., kind: Any = ..., order: Any = ..., *, stable: Any = ...
) -> Tensor: ...
def argwhere(a: _TensorLike) -> Tensor: ...
def around(a: _TensorLike, decimals: Any = ..., out: Any = ...) -> Tensor: ...
def array(
    object: Any,
    dtype: Any = ...,
    *,
    copy: Any = ...,
    order: Any = ...,
    subok: Any = ...,
    ndmin: Any = ...,
    ndmax: Any = ...,
    like: Any = ...,
) -> Any: ...
def array2string(
    a: Any,
    max_line_width: Any = ...,
    precision: Any = ...,
    suppress_small: Any = ...,
    separator: Any = ...,
    prefix: Any = ...,
    *,
    formatter: Any = ...,
    threshold: Any = ...,
    edgeitems: Any = ...,
    sign: Any = ...,
    floatmode: Any = ...,
    suffix: Any = ...,
    legacy: Any = ...,
) -> Any: ...
def array_equal(a1: Any, a2: Any, equal_nan: Any = ...) -> Any: ...
def array_equiv(a1: Any, a2: Any) -> Any: ...
def array_repr(
    arr: Any, max_line_width: Any = ..., precision: Any = ..., suppress_small: Any = ...
) -> Any: ...
def array_split(ary: _TensorLike, indices_or_sections: _TensorLike, axis: Any = ...) -> Tensor: ...
def array_str(
    a: Any, max_line_width: Any = ..., precision: Any = ..., suppress_small: Any = ...
) -> Any: ...
def asanyarray(
    a: Any,
    dtype: Any = ...,
    order: Any = ...,
    *,
    device: Any = ...,
    copy: Any = ...,
    like: Any = ...,
) -> Any: ...
def asarray(
    a: Any,
    dtype: Any = ...,
    order: Any = ...,
    *,
    device: Any = ...,
    copy: Any = ...,
    like: Any = ...,
) -> Any: ...
def asarray_chkfinite(a: Any, dtype: Any = ..., order: Any = ...) -> Any: ...
def ascontiguousarray(
    a: Any,
    dtype: Any = ...,
    order: Any = ...,
    *,
    device: Any = ...,
    copy: Any = ...,
    like: Any = ...,
) -> Any: ...
def asin(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def asinh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def astype(x: Any, dtype: Any, /, *, copy: Any = ..., device: Any = ...) -> Any: ...
def atan(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def atan2(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def atanh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def atleast_1d(*arys: Any) -> Tensor: ...
def atleast_2d(*arys: Any) -> Tensor: ...
def atleast_3d(*arys: Any) -> Tensor: ...
def average(
    a: _TensorLike, axis: Any = ..., weights: Any = ..., returned: Any = ..., *, keepdims: Any = ...
) -> Tensor: ...
def bartlett(M: Any) -> Any: ...
def bincount(x: _TensorLike, /, weights: Any = ..., minlength: Any = ...) -> Tensor: ...
def bitwise_and(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_count(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_invert(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_left_shift(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_not(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_or(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_right_shift(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def bitwise_xor(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def blackman(M: Any) -> Any: ...
def block(arrays: _TensorLike) -> Tensor: ...
def broadcast_arrays(*args: Any, subok: Any = ...) -> Tensor: ...
def broadcast_shapes(*args: Any) -> Any: ...
def broadcast_to(array: _TensorLike, shape: Any, subok: Any = ...) -> Tensor: ...
def can_cast(from_: Any, to: Any, casting: Any = ...) -> Any: ...
def cbrt(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def ceil(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def choose(a: _TensorLike, choices: _TensorLike, out: Any = ..., mode: Any = ...) -> Tensor: ...
def clip(
    a: Any,
    a_min: Any = ...,
    a_max: Any = ...,
    out: Any = ...,
    *,
    min: Any = ...,
    max: Any = ...,
    **kwargs: Any,
) -> Any: ...
def column_stack(tup: _TensorLike) -> Tensor: ...
def common_type(*arrays: Any) -> Any: ...
def compress(condition: _TensorLike, a: _TensorLike, axis: Any = ..., out: Any = ...) -> Tensor: ...
def concat(
    arrays: _TensorLike, /, axis: Any = ..., out: Any = ..., *, dtype: Any = ..., casting: Any = ...
) -> Tensor: ...
def concatenate(
    arrays: _TensorLike, /, axis: Any = ..., out: Any = ..., *, dtype: Any = ..., casting: Any = ...
) -> Tensor: ...
def conj(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def conjugate(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def convolve(a: _TensorLike, v: _TensorLike, mode: Any = ...) -> Tensor: ...
def copy(a: Any, order: Any = ..., subok: Any = ...) -> Any: ...
def copysign(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def corrcoef(x: _TensorLike, y: Any = ..., rowvar: Any = ..., *, dtype: Any = ...) -> Tensor: ...
def correlate(a: _TensorLike, v: _TensorLike, mode: Any = ...) -> Tensor: ...
def cos(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def cosh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def count_nonzero(a: _TensorLike, axis: Any = ..., *, keepdims: Any = ...) -> Tensor: ...
def cov(
    m: _TensorLike,
    y: Any = ...,
    rowvar: Any = ...,
    bias: Any = ...,
    ddof: Any = ...,
    fweights: Any = ...,
    aweights: Any = ...,
    *,
    dtype: Any = ...,
) -> Tensor: ...
def cross(
    a: _TensorLike,
    b: _TensorLike,
    axisa: Any = ...,
    axisb: Any = ...,
    axisc: Any = ...,
    axis: Any = ...,
) -> Tensor: ...
def cumprod(a: _TensorLike, axis: Any = ..., dtype: Any = ..., out: Any = ...) -> Tensor: ...
def cumsum(a: _TensorLike, axis: Any = ..., dtype: Any = ..., out: Any = ...) -> Tensor: ...
def cumulative_prod(
    x: _TensorLike,
    /,
    *,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    include_initial: Any = ...,
) -> Tensor: ...
def cumulative_sum(
    x: _TensorLike,
    /,
    *,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    include_initial: Any = ...,
) -> Tensor: ...
def deg2rad(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def degrees(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def delete(arr: _TensorLike, obj: _TensorLike, axis: Any = ...) -> Tensor: ...
def diag(v: _TensorLike, k: Any = ...) -> Tensor: ...
def diag_indices(n: Any, ndim: Any = ...) -> Any: ...
def diag_indices_from(arr: Any) -> Any: ...
def diagflat(v: _TensorLike, k: Any = ...) -> Tensor: ...
def diagonal(a: _TensorLike, offset: Any = ..., axis1: Any = ..., axis2: Any = ...) -> Tensor: ...
def diff(
    a: _TensorLike, n: Any = ..., axis: Any = ..., prepend: Any = ..., append: Any = ...
) -> Tensor: ...
def digitize(x: _TensorLike, bins: _TensorLike, right: Any = ...) -> Tensor: ...
def divide(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def divmod(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def dot(a: _TensorLike, b: _TensorLike, out: Any = ...) -> Tensor: ...
def dsplit(ary: _TensorLike, indices_or_sections: _TensorLike) -> Tensor: ...
def dstack(tup: _TensorLike) -> Tensor: ...
def ediff1d(ary: _TensorLike, to_end: Any = ..., to_begin: Any = ...) -> Tensor: ...
def einsum(*operands: Any, out: Any = ..., optimize: Any = ..., **kwargs: Any) -> Tensor: ...
def einsum_path(*operands: Any, optimize: Any = ..., einsum_call: Any = ...) -> Any: ...
def empty(
    shape: Any, dtype: Any = ..., order: Any = ..., *, device: Any = ..., like: Any = ...
) -> Any: ...
def empty_like(
    prototype: Any,
    /,
    dtype: Any = ...,
    order: Any = ...,
    subok: Any = ...,
    shape: Any = ...,
    *,
    device: Any = ...,
) -> Any: ...
def equal(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def exp(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def exp2(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def expand_dims(a: _TensorLike, axis: Any) -> Tensor: ...
def expm1(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def extract(condition: _TensorLike, arr: _TensorLike) -> Tensor: ...
def eye(
    N: Any,
    M: Any = ...,
    k: Any = ...,
    dtype: Any = ...,
    order: Any = ...,
    *,
    device: Any = ...,
    like: Any = ...,
) -> Any: ...
def fabs(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def fix(x: _TensorLike, out: Any = ...) -> Tensor: ...
def flatnonzero(a: _TensorLike) -> Tensor: ...
def flip(m: _TensorLike, axis: Any = ...) -> Tensor: ...
def fliplr(m: _TensorLike) -> Tensor: ...
def flipud(m: _TensorLike) -> Tensor: ...
def float_power(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def floor(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def floor_divide(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def fmax(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def fmin(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def fmod(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def frexp(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> list[Tensor]: ...
def from_dlpack(x: Any, /, *, device: Any = ..., copy: Any = ...) -> Any: ...
def frombuffer(
    buffer: Any, dtype: Any = ..., count: Any = ..., offset: Any = ..., *, like: Any = ...
) -> Any: ...
def fromfile(
    file: Any,
    dtype: Any = ...,
    count: Any = ...,
    sep: Any = ...,
    offset: Any = ...,
    *,
    like: Any = ...,
) -> Any: ...
def fromfunction(
    function: Any, shape: Any, *, dtype: Any = ..., like: Any = ..., **kwargs: Any
) -> Any: ...
def fromiter(iter: Any, dtype: Any, count: Any = ..., *, like: Any = ...) -> Any: ...
def fromregex(file: Any, regexp: Any, dtype: Any, encoding: Any = ...) -> Any: ...
def fromstring(*args: Any, **kwargs: Any) -> Any: ...
def full(
    shape: Any,
    fill_value: Any,
    dtype: Any = ...,
    order: Any = ...,
    *,
    device: Any = ...,
    like: Any = ...,
) -> Any: ...
def full_like(
    a: Any,
    fill_value: Any,
    dtype: Any = ...,
    order: Any = ...,
    subok: Any = ...,
    shape: Any = ...,
    *,
    device: Any = ...,
) -> Any: ...
def gcd(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def genfromtxt(
    fname: Any,
    dtype: Any = ...,
    comments: Any = ...,
    delimiter: Any = ...,
    skip_header: Any = ...,
    skip_footer: Any = ...,
    converters: Any = ...,
    missing_values: Any = ...,
    filling_values: Any = ...,
    usecols: Any = ...,
    names: Any = ...,
    excludelist: Any = ...,
    deletechars: Any = ...,
    replace_space: Any = ...,
    autostrip: Any = ...,
    case_sensitive: Any = ...,
    defaultfmt: Any = ...,
    unpack: Any = ...,
    usemask: Any = ...,
    loose: Any = ...,
    invalid_raise: Any = ...,
    max_rows: Any = ...,
    encoding: Any = ...,
    *,
    ndmin: Any = ...,
    like: Any = ...,
) -> Any: ...
def geomspace(
    start: Any, stop: Any, num: Any = ..., endpoint: Any = ..., dtype: Any = ..., axis: Any = ...
) -> Any: ...
def gradient(f: _TensorLike, *varargs: Any, axis: Any = ..., edge_order: Any = ...) -> Tensor: ...
def greater(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def greater_equal(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def hamming(M: Any) -> Any: ...
def hanning(M: Any) -> Any: ...
def heaviside(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def histogram(
    a: _TensorLike, bins: Any = ..., range: Any = ..., density: Any = ..., weights: Any = ...
) -> Tensor: ...
def histogram2d(
    x: _TensorLike,
    y: _TensorLike,
    bins: Any = ...,
    range: Any = ...,
    density: Any = ...,
    weights: Any = ...,
) -> Tensor: ...
def histogram_bin_edges(a: Any, bins: Any = ..., range: Any = ..., weights: Any = ...) -> Any: ...
def histogramdd(
    sample: _TensorLike, bins: Any = ..., range: Any = ..., density: Any = ..., weights: Any = ...
) -> Tensor: ...
def hsplit(ary: _TensorLike, indices_or_sections: _TensorLike) -> Tensor: ...
def hstack(tup: _TensorLike, *, dtype: Any = ..., casting: Any = ...) -> Tensor: ...
def hypot(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def i0(x: _TensorLike) -> Tensor: ...
def identity(n: Any, dtype: Any = ..., *, like: Any = ...) -> Any: ...
def imag(val: Any) -> Any: ...
def indices(dimensions: Any, dtype: Any = ..., sparse: Any = ...) -> Any: ...
def inner(a: _TensorLike, b: _TensorLike, /) -> Tensor: ...
def insert(arr: _TensorLike, obj: _TensorLike, values: _TensorLike, axis: Any = ...) -> Tensor: ...
def interp(
    x: _TensorLike,
    xp: _TensorLike,
    fp: _TensorLike,
    left: Any = ...,
    right: Any = ...,
    period: Any = ...,
) -> Tensor: ...
def intersect1d(
    ar1: _TensorLike, ar2: _TensorLike, assume_unique: Any = ..., return_indices: Any = ...
) -> Tensor: ...
def invert(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def isclose(
    a: _TensorLike, b: _TensorLike, rtol: Any = ..., atol: Any = ..., equal_nan: Any = ...
) -> Tensor: ...
def iscomplex(x: _TensorLike) -> Tensor: ...
def iscomplexobj(x: Any) -> Any: ...
def isdtype(dtype: Any, kind: Any) -> Any: ...
def isfinite(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def isfortran(a: Any) -> Any: ...
def isin(
    element: _TensorLike,
    test_elements: _TensorLike,
    assume_unique: Any = ...,
    invert: Any = ...,
    *,
    kind: Any = ...,
) -> Tensor: ...
def isinf(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def isnan(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def isneginf(x: _TensorLike, out: Any = ...) -> Tensor: ...
def isposinf(x: _TensorLike, out: Any = ...) -> Tensor: ...
def isreal(x: _TensorLike) -> Tensor: ...
def isrealobj(x: Any) -> Any: ...
def isscalar(element: Any) -> Any: ...
def issubdtype(arg1: Any, arg2: Any) -> Any: ...
def iterable(y: Any) -> Any: ...
def ix_(*args: Any) -> Tensor: ...
def kaiser(M: Any, beta: Any) -> Any: ...
def kron(a: _TensorLike, b: _TensorLike) -> Tensor: ...
def lcm(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def ldexp(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def left_shift(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def less(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def less_equal(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def lexsort(keys: _TensorLike, axis: Any = ...) -> Tensor: ...
def linspace(
    start: Any,
    stop: Any,
    num: Any = ...,
    endpoint: Any = ...,
    retstep: Any = ...,
    dtype: Any = ...,
    axis: Any = ...,
    *,
    device: Any = ...,
) -> Any: ...
def load(
    file: Any,
    mmap_mode: Any = ...,
    allow_pickle: Any = ...,
    fix_imports: Any = ...,
    encoding: Any = ...,
    *,
    max_header_size: Any = ...,
) -> Any: ...
def loadtxt(
    fname: Any,
    dtype: Any = ...,
    comments: Any = ...,
    delimiter: Any = ...,
    converters: Any = ...,
    skiprows: Any = ...,
    usecols: Any = ...,
    unpack: Any = ...,
    ndmin: Any = ...,
    encoding: Any = ...,
    max_rows: Any = ...,
    *,
    quotechar: Any = ...,
    like: Any = ...,
) -> Any: ...
def log(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def log10(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def log1p(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def log2(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logaddexp(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logaddexp2(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logical_and(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logical_not(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logical_or(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logical_xor(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def logspace(
    start: Any,
    stop: Any,
    num: Any = ...,
    endpoint: Any = ...,
    base: Any = ...,
    dtype: Any = ...,
    axis: Any = ...,
) -> Any: ...
def mask_indices(n: Any, mask_func: Any, k: Any = ...) -> Any: ...
def matmul(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    axes: Any = ...,
    axis: Any = ...,
    keepdims: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def matrix_transpose(x: _TensorLike, /) -> Tensor: ...
def matvec(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    axes: Any = ...,
    axis: Any = ...,
    keepdims: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def max(
    a: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def maximum(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def may_share_memory(a: Any, b: Any, /, max_work: Any = ...) -> Any: ...
def mean(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    *,
    where: Any = ...,
) -> Tensor: ...
def median(
    a: _TensorLike, axis: Any = ..., out: Any = ..., overwrite_input: Any = ..., keepdims: Any = ...
) -> Tensor: ...
def meshgrid(*xi: Any, copy: Any = ..., sparse: Any = ..., indexing: Any = ...) -> Tensor: ...
def min(
    a: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def min_scalar_type(a: Any, /) -> Any: ...
def minimum(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def mintypecode(typechars: Any, typeset: Any = ..., default: Any = ...) -> Any: ...
def mod(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def modf(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> list[Tensor]: ...
def moveaxis(a: _TensorLike, source: _TensorLike, destination: _TensorLike) -> Tensor: ...
def multiply(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def nan_to_num(
    x: _TensorLike, copy: Any = ..., nan: Any = ..., posinf: Any = ..., neginf: Any = ...
) -> Tensor: ...
def nanargmax(
    a: _TensorLike, axis: Any = ..., out: Any = ..., *, keepdims: Any = ...
) -> Tensor: ...
def nanargmin(
    a: _TensorLike, axis: Any = ..., out: Any = ..., *, keepdims: Any = ...
) -> Tensor: ...
def nancumprod(a: _TensorLike, axis: Any = ..., dtype: Any = ..., out: Any = ...) -> Tensor: ...
def nancumsum(a: _TensorLike, axis: Any = ..., dtype: Any = ..., out: Any = ...) -> Tensor: ...
def nanmax(
    a: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def nanmean(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    *,
    where: Any = ...,
) -> Tensor: ...
def nanmedian(
    a: _TensorLike, axis: Any = ..., out: Any = ..., overwrite_input: Any = ..., keepdims: Any = ...
) -> Tensor: ...
def nanmin(
    a: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def nanpercentile(
    a: _TensorLike,
    q: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    overwrite_input: Any = ...,
    method: Any = ...,
    keepdims: Any = ...,
    *,
    weights: Any = ...,
) -> Tensor: ...
def nanprod(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def nanquantile(
    a: _TensorLike,
    q: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    overwrite_input: Any = ...,
    method: Any = ...,
    keepdims: Any = ...,
    *,
    weights: Any = ...,
) -> Tensor: ...
def nanstd(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    ddof: Any = ...,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Tensor: ...
def nansum(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def nanvar(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    ddof: Any = ...,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Tensor: ...
def ndim(a: Any) -> Any: ...
def negative(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def nextafter(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def nonzero(a: _TensorLike) -> Tensor: ...
def not_equal(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def ones(
    shape: Any, dtype: Any = ..., order: Any = ..., *, device: Any = ..., like: Any = ...
) -> Any: ...
def ones_like(
    a: Any,
    dtype: Any = ...,
    order: Any = ...,
    subok: Any = ...,
    shape: Any = ...,
    *,
    device: Any = ...,
) -> Any: ...
def outer(a: _TensorLike, b: _TensorLike, out: Any = ...) -> Tensor: ...
def packbits(a: Any, /, axis: Any = ..., bitorder: Any = ...) -> Any: ...
def pad(array: _TensorLike, pad_width: _TensorLike, mode: Any = ..., **kwargs: Any) -> Tensor: ...
def partition(
    a: _TensorLike, kth: _TensorLike, axis: Any = ..., kind: Any = ..., order: Any = ...
) -> Tensor: ...
def percentile(
    a: _TensorLike,
    q: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    overwrite_input: Any = ...,
    method: Any = ...,
    keepdims: Any = ...,
    *,
    weights: Any = ...,
) -> Tensor: ...
def permute_dims(a: _TensorLike, axes: Any = ...) -> Tensor: ...
def piecewise(
    x: _TensorLike, condlist: _TensorLike, funclist: _TensorLike, *args: Any, **kw: Any
) -> Tensor: ...
def poly(seq_of_zeros: Any) -> Any: ...
def polyadd(a1: _TensorLike, a2: _TensorLike) -> Tensor: ...
def polyder(p: _TensorLike, m: Any = ...) -> Tensor: ...
def polydiv(u: _TensorLike, v: _TensorLike) -> Tensor: ...
def polyfit(
    x: Any, y: Any, deg: Any, rcond: Any = ..., full: Any = ..., w: Any = ..., cov: Any = ...
) -> Any: ...
def polyint(p: _TensorLike, m: Any = ..., k: Any = ...) -> Tensor: ...
def polymul(a1: _TensorLike, a2: _TensorLike) -> Tensor: ...
def polysub(a1: _TensorLike, a2: _TensorLike) -> Tensor: ...
def polyval(p: _TensorLike, x: _TensorLike) -> Tensor: ...
def positive(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def pow(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def power(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def prod(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def promote_types(type1: Any, type2: Any, /) -> Any: ...
def ptp(a: _TensorLike, axis: Any = ..., out: Any = ..., keepdims: Any = ...) -> Tensor: ...
def quantile(
    a: _TensorLike,
    q: _TensorLike,
    axis: Any = ...,
    out: Any = ...,
    overwrite_input: Any = ...,
    method: Any = ...,
    keepdims: Any = ...,
    *,
    weights: Any = ...,
) -> Tensor: ...
def rad2deg(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def radians(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def ravel(a: _TensorLike, order: Any = ...) -> Tensor: ...
def ravel_multi_index(multi_index: Any, dims: Any, mode: Any = ..., order: Any = ...) -> Any: ...
def real(val: Any) -> Any: ...
def real_if_close(a: _TensorLike, tol: Any = ...) -> Tensor: ...
def reciprocal(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def remainder(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def repeat(a: _TensorLike, repeats: _TensorLike, axis: Any = ...) -> Tensor: ...
def reshape(a: _TensorLike, /, shape: Any, order: Any = ..., *, copy: Any = ...) -> Tensor: ...
def resize(a: _TensorLike, new_shape: _TensorLike) -> Tensor: ...
def result_type(*arrays_and_dtypes: Any) -> Any: ...
def right_shift(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def rint(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def roll(a: _TensorLike, shift: Any, axis: Any = ...) -> Tensor: ...
def rollaxis(a: _TensorLike, axis: _TensorLike, start: Any = ...) -> Tensor: ...
def roots(p: _TensorLike) -> Tensor: ...
def rot90(m: _TensorLike, k: Any = ..., axes: Any = ...) -> Tensor: ...
def round(a: _TensorLike, decimals: Any = ..., out: Any = ...) -> Tensor: ...
def row_stack(tup: Any, *, dtype: Any = ..., casting: Any = ...) -> Any: ...
def save(file: Any, arr: Any, allow_pickle: Any = ...) -> Any: ...
def savetxt(
    fname: Any,
    X: Any,
    fmt: Any = ...,
    delimiter: Any = ...,
    newline: Any = ...,
    header: Any = ...,
    footer: Any = ...,
    comments: Any = ...,
    encoding: Any = ...,
) -> Any: ...
def savez(file: Any, *args: Any, allow_pickle: Any = ..., **kwds: Any) -> Any: ...
def savez_compressed(file: Any, *args: Any, allow_pickle: Any = ..., **kwds: Any) -> Any: ...
def searchsorted(a: _TensorLike, v: _TensorLike, side: Any = ..., sorter: Any = ...) -> Tensor: ...
def select(condlist: _TensorLike, choicelist: _TensorLike, default: Any = ...) -> Tensor: ...
def setdiff1d(ar1: _TensorLike, ar2: _TensorLike, assume_unique: Any = ...) -> Tensor: ...
def setxor1d(ar1: _TensorLike, ar2: _TensorLike, assume_unique: Any = ...) -> Tensor: ...
def shape(a: Any) -> Any: ...
def shares_memory(a: Any, b: Any, /, max_work: Any = ...) -> Any: ...
def sign(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def signbit(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def sin(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def sinc(x: _TensorLike) -> Tensor: ...
def sinh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def size(a: Any, axis: Any = ...) -> Any: ...
def sort(
    a: _TensorLike, axis: Any = ..., kind: Any = ..., order: Any = ..., *, stable: Any = ...
) -> Tensor: ...
def sort_complex(a: _TensorLike) -> Tensor: ...
def spacing(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def split(ary: _TensorLike, indices_or_sections: _TensorLike, axis: Any = ...) -> Tensor: ...
def sqrt(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def square(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def squeeze(a: _TensorLike, axis: Any = ...) -> Tensor: ...
def stack(
    arrays: _TensorLike, axis: Any = ..., out: Any = ..., *, dtype: Any = ..., casting: Any = ...
) -> Tensor: ...
def std(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    ddof: Any = ...,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Tensor: ...
def subtract(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def sum(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    keepdims: Any = ...,
    initial: Any = ...,
    where: Any = ...,
) -> Tensor: ...
def swapaxes(a: _TensorLike, axis1: Any, axis2: Any) -> Tensor: ...
def take(
    a: _TensorLike, indices: _TensorLike, axis: Any = ..., out: Any = ..., mode: Any = ...
) -> Tensor: ...
def take_along_axis(arr: _TensorLike, indices: _TensorLike, axis: Any = ...) -> Tensor: ...
def tan(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def tanh(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def tensordot(a: _TensorLike, b: _TensorLike, axes: Any = ...) -> Tensor: ...
def tile(A: _TensorLike, reps: _TensorLike) -> Tensor: ...
def trace(
    a: _TensorLike,
    offset: Any = ...,
    axis1: Any = ...,
    axis2: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
) -> Tensor: ...
def transpose(a: _TensorLike, axes: Any = ...) -> Tensor: ...
def trapezoid(y: _TensorLike, x: Any = ..., dx: Any = ..., axis: Any = ...) -> Tensor: ...
def tri(N: Any, M: Any = ..., k: Any = ..., dtype: Any = ..., *, like: Any = ...) -> Any: ...
def tril(m: _TensorLike, k: Any = ...) -> Tensor: ...
def tril_indices(n: Any, k: Any = ..., m: Any = ...) -> Any: ...
def tril_indices_from(arr: Any, k: Any = ...) -> Any: ...
def trim_zeros(filt: _TensorLike, trim: Any = ..., axis: Any = ...) -> Tensor: ...
def triu(m: _TensorLike, k: Any = ...) -> Tensor: ...
def triu_indices(n: Any, k: Any = ..., m: Any = ...) -> Any: ...
def triu_indices_from(arr: Any, k: Any = ...) -> Any: ...
def true_divide(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def trunc(
    x: _TensorLike,
    /,
    out: Any = ...,
    *,
    where: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def typename(char: Any) -> Any: ...
def union1d(ar1: _TensorLike, ar2: _TensorLike) -> Tensor: ...
def unique(
    ar: _TensorLike,
    return_index: Any = ...,
    return_inverse: Any = ...,
    return_counts: Any = ...,
    axis: Any = ...,
    *,
    equal_nan: Any = ...,
    sorted: Any = ...,
) -> Tensor: ...
def unique_all(x: _TensorLike) -> Tensor: ...
def unique_counts(x: _TensorLike) -> Tensor: ...
def unique_inverse(x: _TensorLike) -> Tensor: ...
def unique_values(x: Any) -> Any: ...
def unpackbits(a: Any, /, axis: Any = ..., count: Any = ..., bitorder: Any = ...) -> Any: ...
def unravel_index(indices: Any, shape: Any, order: Any = ...) -> Any: ...
def unstack(x: _TensorLike, /, *, axis: Any = ...) -> list[Tensor]: ...
def unwrap(p: _TensorLike, discont: Any = ..., axis: Any = ..., *, period: Any = ...) -> Tensor: ...
def vander(x: _TensorLike, N: Any = ..., increasing: Any = ...) -> Tensor: ...
def var(
    a: _TensorLike,
    axis: Any = ...,
    dtype: Any = ...,
    out: Any = ...,
    ddof: Any = ...,
    keepdims: Any = ...,
    *,
    where: Any = ...,
    mean: Any = ...,
    correction: Any = ...,
) -> Tensor: ...
def vdot(a: _TensorLike, b: _TensorLike, /) -> Tensor: ...
def vecdot(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    axes: Any = ...,
    axis: Any = ...,
    keepdims: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def vecmat(
    x1: _TensorLike,
    x2: _TensorLike,
    /,
    out: Any = ...,
    *,
    axes: Any = ...,
    axis: Any = ...,
    keepdims: Any = ...,
    casting: Any = ...,
    order: Any = ...,
    dtype: Any = ...,
    subok: Any = ...,
    signature: Any = ...,
) -> Tensor: ...
def vsplit(ary: _TensorLike, indices_or_sections: _TensorLike) -> Tensor: ...
def vstack(tup: _TensorLike, *, dtype: Any = ..., casting: Any = ...) -> Tensor: ...
def where(condition: Any, x: Any = ..., y: Any = ..., /) -> Any: ...
def zeros(
    shape: Any, dtype: Any = ..., order: Any = ..., *, device: Any = ..., like: Any = ...
) -> Any: ...
def zeros_like(
    a: Any,
    dtype: Any = ...,
    order: Any = ...,
    subok: Any = ...,
    shape: Any = ...,
    *,
    device: Any = ...,
) -> Any: ...
