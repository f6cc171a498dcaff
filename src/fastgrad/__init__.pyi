# Written by tools/stubs.py: change that, or __init__.py, instead.

from . import autodiff as autodiff
from . import config as config
from . import conventions as _conventions
from . import creation as _creation
from . import debugging as debugging
from . import dtypes as dtypes
from . import effects as _effects
from . import flow as _flow
from . import functional as _functional
from . import functions as _functions
from . import keras as keras
from . import linalg as linalg
from . import math as math
from . import nn as nn
from . import numpy as numpy
from . import optim as optim
from . import primitives as _primitives
from . import random as random
from . import shapes as _shapes
from . import signal as signal
from . import slices as _slices
from . import specs as _specs
from . import tape as _tape
from . import test as test
from . import testing as testing
from . import transforms as _transforms
from ._core import _dispatch, _tensor

IndexedSlices = _slices.IndexedSlices
Tensor = _tensor.Tensor
TensorShape = _shapes.TensorShape
Variable = _tensor.Variable
constant = _dispatch.constant
convert_to_tensor = _dispatch.convert_to_tensor
eye = _creation.eye
fill = _creation.fill
linspace = _creation.linspace
ones = _creation.ones
ones_like = _creation.ones_like
range = _creation.range
rank = _creation.rank
shape = _creation.shape
size = _creation.size
zeros = _creation.zeros
zeros_like = _creation.zeros_like

GradientTape = _tape.GradientTape
UnconnectedGradients = _tape.UnconnectedGradients
stop_gradient = _primitives.stop_gradient

DType = dtypes.DType
as_dtype = dtypes.as_dtype
bool = dtypes.bool_
complex64 = dtypes.complex64
complex128 = dtypes.complex128
double = dtypes.double
float16 = dtypes.float16
float32 = dtypes.float32
float64 = dtypes.float64
half = dtypes.half
int8 = dtypes.int8
int16 = dtypes.int16
int32 = dtypes.int32
int64 = dtypes.int64
uint8 = dtypes.uint8
uint16 = dtypes.uint16
uint32 = dtypes.uint32
uint64 = dtypes.uint64

abs = _primitives.absolute
acos = _primitives.arccos
acosh = _primitives.arccosh
add = _primitives.add
asin = _primitives.arcsin
asinh = _primitives.arcsinh
atan = _primitives.arctan
atan2 = _primitives.arctan2
atanh = _primitives.arctanh
boolean_mask = _primitives.boolean_mask
broadcast_to = _primitives.broadcast_to
cast = _primitives.cast
clip_by_value = _primitives.clip
concat = _primitives.concat
cos = _primitives.cos
cosh = _primitives.cosh
cumsum = _primitives.cumsum
divide = _primitives.divide
einsum = _primitives.einsum
equal = _primitives.equal
exp = _primitives.exp
expand_dims = _primitives.expand_dims
floor = _primitives.floor
gather = _primitives.gather
gather_nd = _primitives.gather_nd
greater = _primitives.greater
greater_equal = _primitives.greater_equal
identity = _primitives.identity
less = _primitives.less
less_equal = _primitives.less_equal
logical_and = _primitives.logical_and
logical_not = _primitives.logical_not
logical_or = _primitives.logical_or
matmul = _primitives.matmul
maximum = _primitives.maximum
meshgrid = _primitives.meshgrid
minimum = _primitives.minimum
multiply = _primitives.multiply
negative = _primitives.negative
not_equal = _primitives.not_equal
one_hot = _primitives.one_hot
pow = _primitives.power
reduce_all = _primitives.all
reduce_any = _primitives.any
reduce_logsumexp = _primitives.logsumexp
reduce_max = _primitives.max
reduce_mean = _primitives.mean
reduce_min = _primitives.min
reduce_prod = _primitives.prod
reduce_sum = _primitives.sum
reshape = _primitives.reshape
reverse = _primitives.flip
round = _primitives.rint
scatter_nd = _primitives.scatter_nd
sigmoid = _primitives.sigmoid
sign = _primitives.sign
sin = _primitives.sin
sinh = _primitives.sinh
split = _primitives.split
sqrt = _primitives.sqrt
square = _primitives.square
squeeze = _primitives.squeeze
stack = _primitives.stack
subtract = _primitives.subtract
tan = _primitives.tan
tanh = _primitives.tanh
tensor_scatter_nd_add = _primitives.tensor_scatter_nd_add
tensor_scatter_nd_max = _primitives.tensor_scatter_nd_max
tensor_scatter_nd_min = _primitives.tensor_scatter_nd_min
tensor_scatter_nd_sub = _primitives.tensor_scatter_nd_sub
tensor_scatter_nd_update = _primitives.tensor_scatter_nd_update
tensordot = _primitives.tensordot
tile = _primitives.tile
transpose = _primitives.transpose
truediv = _primitives.divide
unstack = _primitives.unstack

argmax = _conventions.argmax
argmin = _conventions.argmin
argsort = _conventions.argsort
dynamic_partition = _conventions.dynamic_partition
dynamic_stitch = _conventions.dynamic_stitch
histogram_fixed_width = _conventions.histogram_fixed_width
norm = _conventions.norm
pad = _conventions.pad
repeat = _conventions.repeat
roll = _conventions.roll
searchsorted = _conventions.searchsorted
slice = _conventions.slice
sort = _conventions.sort
strided_slice = _conventions.strided_slice
unique = _conventions.unique
unique_with_counts = _conventions.unique_with_counts
where = _conventions.where

numpy_function = _effects.numpy_function
print = _effects.print
py_function = _effects.py_function

case = _flow.case
cond = _flow.cond
foldl = _flow.foldl
foldr = _flow.foldr
map_fn = _flow.map_fn
scan = _flow.scan
switch_case = _flow.switch_case
vectorized_map = _flow.vectorized_map
while_loop = _flow.while_loop

grad = _functional.grad
gradient_function = _functional.gradient_function
hessian = _functional.hessian
hvp = _functional.hvp
implicit_grad = _functional.implicit_grad
jacfwd = _functional.jacfwd
jacobian = _functional.jacobian
jacrev = _functional.jacrev
jvp = _functional.jvp
make_vjp = _functional.make_vjp
value_and_grad = _functional.value_and_grad
value_and_gradient = _functional.value_and_gradient
vjp = _functional.vjp

function = _functions.function

TensorSpec = _specs.TensorSpec

RegisterGradient = _transforms.RegisterGradient
checkpoint = _transforms.checkpoint
custom_gradient = _transforms.custom_gradient
grad_pass_through = _transforms.grad_pass_through
recompute_grad = _transforms.recompute_grad

__version__: str
