"""fastgrad: automatic differentiation over NumPy arrays with a compiled gradient tape.

    import fastgrad as fg

    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
    tape.gradient(y, x)  # 6

    fg.grad(lambda x: x * x)(3.0)  # 6, of a function

The names here are TensorFlow's, so that eager programs run with only the import line changed. NumPy's are in
`fastgrad.numpy`: ``import fastgrad.numpy as np`` runs code written for NumPy, and NumPy's own functions take
Tensors.
"""

from . import creation as _creation
from . import dtypes as dtypes
from . import primitives as _primitives
from . import shapes as _shapes
from . import slices as _slices
from . import tape as _tape
from ._core import _dispatch, _tensor

__version__ = "0.1.0"

# ---- tensors
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

# ---- gradients
GradientTape = _tape.GradientTape
UnconnectedGradients = _tape.UnconnectedGradients
stop_gradient = _primitives.stop_gradient

# ---- dtypes
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

# ---- operations
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


# What is imported when it is first asked for: modules, and names of modules.
_LATER = (
    "autodiff config debugging keras linalg math nn numpy optim random signal test testing".split()
)
_LATER_NAMES = {
    "conventions": """
        argmax argmin argsort dynamic_partition dynamic_stitch histogram_fixed_width norm pad repeat roll
        searchsorted slice sort strided_slice unique unique_with_counts where
    """.split(),
    "effects": "numpy_function print py_function".split(),
    "flow": "case cond foldl foldr map_fn scan switch_case vectorized_map while_loop".split(),
    "functional": """
        grad gradient_function hessian hvp implicit_grad jacfwd jacobian jacrev jvp make_vjp value_and_grad
        value_and_gradient vjp
    """.split(),
    "functions": ["function"],
    "specs": ["TensorSpec"],
    "transforms": """
        RegisterGradient checkpoint custom_gradient grad_pass_through recompute_grad
    """.split(),
}


def __dir__():
    return sorted({*globals(), *_LATER}.union(*_LATER_NAMES.values()))


def __getattr__(name: str):
    from importlib import import_module

    if name == "bfloat16":  # made when it is first asked for, if ml_dtypes is installed
        return dtypes.__getattr__(name)
    if name in _LATER:
        return import_module(f"fastgrad.{name}")
    for module, names in _LATER_NAMES.items():
        if name in names:
            value = globals()[name] = getattr(import_module(f"fastgrad.{module}"), name)
            return value
    from importlib.util import find_spec

    error = f"module 'fastgrad' has no attribute {name!r}."
    # `from . import` asks for a module of ours before it imports it.
    if find_spec(f"fastgrad.{name}") is None:
        from .errors import suggest

        error += suggest(name, __dir__())
    raise AttributeError(error)
