"""Checks of gradients: the names of `tf.test`."""

from . import transforms as _transforms

compute_gradient = _transforms.compute_gradient
