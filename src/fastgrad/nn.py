"""Parts of neural networks: the names of `tf.nn`."""

from . import conventions as _conventions
from . import conventions_linalg as _conventions_linalg
from . import primitives as _primitives
from . import random as _random

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

# ---- convolutions and pools
avg_pool = _primitives.avg_pool
avg_pool1d = _primitives.avg_pool1d
avg_pool2d = _primitives.avg_pool2d
avg_pool3d = _primitives.avg_pool3d
conv1d = _primitives.conv1d
conv1d_transpose = _primitives.conv1d_transpose
conv2d = _primitives.conv2d
conv2d_transpose = _primitives.conv2d_transpose
conv3d = _primitives.conv3d
conv3d_transpose = _primitives.conv3d_transpose
conv_transpose = _primitives.conv_transpose
convolution = _primitives.convolution
depthwise_conv2d = _primitives.depthwise_conv2d
max_pool = _primitives.max_pool
max_pool1d = _primitives.max_pool1d
max_pool2d = _primitives.max_pool2d
max_pool3d = _primitives.max_pool3d
pool = _primitives.pool
separable_conv2d = _primitives.separable_conv2d

# ---- biases, normalisation, dropout
batch_normalization = _primitives.batch_normalization
bias_add = _primitives.bias_add
dropout = _random.dropout
l2_normalize = _conventions_linalg.l2_normalize
layer_normalization = _primitives.layer_normalization
local_response_normalization = _primitives.local_response_normalization
lrn = _primitives.local_response_normalization
moments = _primitives.moments
rms_normalization = _primitives.rms_normalization
weighted_moments = _primitives.weighted_moments

# ---- embeddings, attention, recurrent cells
dot_product_attention = _primitives.dot_product_attention
embedding_lookup = _primitives.embedding_lookup
gru_cell = _primitives.gru_cell
lstm_cell = _primitives.lstm_cell
multi_head_attention = _primitives.multi_head_attention
simple_rnn_cell = _primitives.simple_rnn_cell

# ---- losses
l2_loss = _primitives.l2_loss
log_poisson_loss = _primitives.log_poisson_loss
sigmoid_cross_entropy_with_logits = _primitives.sigmoid_cross_entropy_with_logits
softmax_cross_entropy_with_logits = _primitives.softmax_cross_entropy_with_logits
sparse_softmax_cross_entropy_with_logits = _primitives.sparse_softmax_cross_entropy_with_logits
weighted_cross_entropy_with_logits = _primitives.weighted_cross_entropy_with_logits
