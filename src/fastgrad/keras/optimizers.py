"""Optimisers: the names of `tf.keras.optimizers`."""

from .. import optim as _optim

Optimizer = _optim.Optimizer
SGD = _optim.SGD
