"""Parts of neural networks: the names of `tf.nn`."""

from . import conventions as _conventions
from . import primitives as _primitives

# ---- activations
celu = _primitives.celu
crelu = _primitives.crelu
elu = _primitives.elu
gelu = _primitives.gelu
glu = _primitives.glu
hard_sigmoid = _primitives.hard_sigmoid
hard_swish = _primitives.hard_swish
hard_tanh = _primitives.hard_tanh
hardshrink = _primitives.hardshrink
leaky_relu = _conventions.leaky_relu
log_sigmoid = _primitives.log_sigmoid
log_softmax = _primitives.log_softmax
mish = _primitives.mish
prelu = _primitives.leaky_relu
relu = _primitives.relu
relu6 = _primitives.relu6
selu = _primitives.selu
sigmoid = _primitives.sigmoid
silu = _primitives.silu
softmax = _primitives.softmax
softplus = _primitives.softplus
softshrink = _primitives.softshrink
softsign = _primitives.softsign
swish = _primitives.silu
tanh = _primitives.tanh
tanhshrink = _primitives.tanhshrink
threshold = _primitives.threshold

# ---- biases and losses
bias_add = _primitives.bias_add
sigmoid_cross_entropy_with_logits = _primitives.sigmoid_cross_entropy_with_logits
softmax_cross_entropy_with_logits = _primitives.softmax_cross_entropy_with_logits
sparse_softmax_cross_entropy_with_logits = _primitives.sparse_softmax_cross_entropy_with_logits
