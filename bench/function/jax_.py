"""JAX: everything under `jit`, loops as `fori_loop` and `scan`."""

from collections.abc import Callable
from functools import partial
from typing import Any

from . import jobs
from .jobs import Job


def load() -> tuple[Any, Any]:
    import jax  # noqa: PLC0415 - the jobs' names are known without the library
    import jax.numpy as jnp  # noqa: PLC0415

    jax.config.update("jax_platforms", "cpu")
    jax.config.update("jax_enable_x64", True)
    return jax, jnp


def ready(function: Callable[..., Any], *arguments: Any) -> Job:
    jax, _ = load()
    return lambda: jax.block_until_ready(function(*arguments))


def descent() -> Job:
    jax, jnp = load()
    a, b, c = (jnp.float32(number) for number in (1.0, -2.0, 1.0))
    dy_dx = jax.grad(lambda x: a * jnp.power(x, 2) + b * x + c)

    @jax.jit
    def descend(x: Any) -> Any:
        return jax.lax.fori_loop(0, jobs.STEPS, lambda _, x: x - 0.01 * dy_dx(x), x)

    return ready(lambda x: [descend(x)], jnp.float32(0.0))


def called(gradient: bool) -> Job:
    """The calls wait for one another at their end only, as JAX has it."""
    jax, jnp = load()

    def square(x: Any) -> Any:
        return x * x

    function = jax.jit(jax.grad(square) if gradient else square)
    x = jnp.float32(3.0)

    def run() -> Any:
        for _ in range(jobs.CALLS):
            y = function(x)
        return [y]

    return ready(run)


def chain(shape: tuple[int, ...], ops: int) -> Job:
    jax, jnp = load()

    @jax.jit
    def value_and_gradient(y: Any, c: Any, d: Any) -> Any:
        z, pull = jax.vjp(lambda y: jobs.chain(jnp.sin, y, c, d, ops), y)
        return z, pull(jnp.ones_like(z))[0]

    return ready(value_and_gradient, *map(jnp.asarray, jobs.chain_inputs(shape)))


def lorenz() -> Job:
    jax, jnp = load()
    targets = jnp.asarray(jobs.lorenz_targets())

    def loss(parameters: Any, targets: Any) -> Any:
        def step(carry: Any, at: Any) -> Any:
            x, y, z, loss = carry
            x, y, z = jobs.lorenz_step(x, y, z, *parameters)
            loss = loss + (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
            return (x, y, z, loss), None

        start = tuple(jnp.float64(number) for number in (*jobs.LORENZ_START, 0.0))
        return jax.lax.scan(step, start, targets)[0][-1]

    fit = jax.jit(jax.value_and_grad(loss))
    return ready(fit, tuple(jnp.float64(number) for number in jobs.LORENZ_AT), targets)


def network(size: int) -> Job:
    jax, jnp = load()

    def loss(w: Any, images: Any, labels: Any) -> Any:
        h = jax.nn.relu(images @ w[0] + w[1])
        h = jax.nn.relu(h @ w[2] + w[3])
        scores = jax.nn.log_softmax(h @ w[4] + w[5])
        return -jnp.take_along_axis(scores, labels[:, None], axis=1).mean()

    return _trained(loss, jobs.weights(jobs.LAYERS), jobs.batch(size))


def small_network() -> Job:
    _, jnp = load()

    def loss(w: Any, x: Any, y: Any) -> Any:
        h = jnp.tanh(x @ w[0] + w[1])
        h = jnp.tanh(h @ w[2] + w[3])
        return jnp.mean((h @ w[4] + w[5] - y) ** 2)

    return _trained(loss, jobs.weights(jobs.SMALL_LAYERS), jobs.small_batch())


def _trained(loss: Callable[..., Any], weights: Any, batch: jobs.Batch) -> Job:
    """A step of gradient descent; the old weights' memory is given to the new ones."""
    jax, jnp = load()

    @partial(jax.jit, donate_argnums=0)
    def step(w: Any, x: Any, y: Any) -> Any:
        value, gradients = jax.value_and_grad(loss)(w, x, y)
        return value, [each - jobs.RATE * by for each, by in zip(w, gradients, strict=True)]

    w = [jnp.array(each) for each in weights]
    x, y = map(jnp.asarray, batch)

    def run() -> Any:
        nonlocal w
        value, w = step(w, x, y)
        return [value, *w]

    return ready(run)


def lstm() -> Job:
    jax, jnp = load()

    def loss(w: Any, xs: Any) -> Any:
        by_input, by_state, bias = w

        def step(state: Any, x: Any) -> Any:
            h, c = state
            i, f, g, o = jnp.split(x @ by_input + h @ by_state + bias, 4, axis=1)
            c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
            return (jax.nn.sigmoid(o) * jnp.tanh(c), c), None

        zeros = jnp.zeros((jobs.SEQUENCES, jobs.UNITS), "float32")
        (h, _), _ = jax.lax.scan(step, (zeros, zeros), xs)
        return jnp.mean(h**2)

    xs, w = jobs.lstm_inputs()
    return ready(
        jax.jit(jax.value_and_grad(loss)), [jnp.asarray(each) for each in w], jnp.asarray(xs)
    )


JOBS = {
    "descent_apply_gradients": descent,
    "descent_minimize": descent,
    "call_value": partial(called, gradient=False),
    "call_gradient": partial(called, gradient=True),
    "chain_0d": partial(chain, (), jobs.SCALAR_OPS),
    **{f"chain_{n}": partial(chain, (n,), ops) for n, ops in jobs.VECTOR_OPS.items()},
    "lorenz_unrolled": lorenz,
    "lorenz_loop": lorenz,
    **{f"network_{n}": partial(network, n) for n in jobs.BATCHES},
    "network_small": small_network,
    "lstm_loop": lstm,
    "lstm_scan": lstm,
}
