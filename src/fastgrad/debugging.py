"""Checks of values: the names of `tf.debugging`."""

from . import testing as _testing

check_numerics = _testing.check_numerics
