"""Checks of values: the names of `tf.debugging`."""

from . import transforms as _transforms

check_numerics = _transforms.check_numerics
