"""Checks of gradients: the names of `tf.test`."""

from . import testing as _testing

compute_gradient = _testing.compute_gradient
