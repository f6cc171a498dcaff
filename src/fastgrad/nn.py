"""Parts of neural networks: the names of `tf.nn`."""

from . import conventions as _conventions
from . import primitives as _primitives

# ---- activations
elu = _primitives.elu
leaky_relu = _conventions.leaky_relu
log_softmax = _primitives.log_softmax
relu = _primitives.relu
relu6 = _primitives.relu6
selu = _primitives.selu
sigmoid = _primitives.sigmoid
softmax = _primitives.softmax
softplus = _primitives.softplus
softsign = _primitives.softsign
tanh = _primitives.tanh

# ---- biases and losses
bias_add = _primitives.bias_add
sigmoid_cross_entropy_with_logits = _primitives.sigmoid_cross_entropy_with_logits
softmax_cross_entropy_with_logits = _primitives.softmax_cross_entropy_with_logits
sparse_softmax_cross_entropy_with_logits = _primitives.sparse_softmax_cross_entropy_with_logits
