"""Losses: the names of `tf.keras.losses`."""

from .. import primitives as _primitives

MSE = _primitives.mean_squared_error
mean_squared_error = _primitives.mean_squared_error
mse = _primitives.mean_squared_error
