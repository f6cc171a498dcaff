"""JAX without `jit`, as the other columns are eager. It has no optimizer: the update is by hand."""

from collections.abc import Callable
from typing import Any

import numpy as np

from ..library import Library, Pull
from . import use_one_thread

use_one_thread()

import jax  # noqa: E402
import jax.numpy as jnp  # noqa: E402


class Jax(Library):
    name = "JAX"
    module = "jax"
    ops = 30
    steps = 30
    memory_ops = 6_000
    loops = None
    descents = ("apply_gradients",)
    sin = staticmethod(jnp.sin)

    def array(self, value: np.ndarray) -> jax.Array:
        return jnp.asarray(value)

    def record(self, f: Callable[[Any], Any], x: jax.Array) -> tuple[jax.Array, Pull]:
        y, pull = jax.vjp(f, x)
        return jax.block_until_ready(y), lambda: jax.block_until_ready(pull(jnp.ones_like(y))[0])

    def square_gradients(self, times: int) -> jax.Array:
        x = jnp.float32(3.0)
        gradient_of_square = jax.grad(lambda x: x * x)
        for _ in range(times):
            gradient = gradient_of_square(x)
        return jax.block_until_ready(gradient)

    def apply_gradients(self, steps: int) -> jax.Array:
        x, a, b, c = jnp.float32(0.0), jnp.float32(1.0), jnp.float32(-2.0), jnp.float32(1.0)
        dy_dx = jax.grad(lambda x: a * jnp.power(x, 2) + b * x + c)
        for _ in range(steps):
            x = x - jnp.float32(0.01) * dy_dx(x)
        return jax.block_until_ready(x)


def library() -> Library:
    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    return Jax()
