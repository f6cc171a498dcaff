"""fastgrad's programs; and TensorFlow's, when `tf` is TensorFlow."""

import importlib
import os
from functools import partial
from typing import Any

from ..library import installed
from . import jobs
from .jobs import Job, Missing


def made(module: str, name: str) -> Job:
    """The job of this name, by "fastgrad" or by "tensorflow"."""
    if module == "tensorflow":
        os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
        os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
        if installed("tf_keras"):  # the last Keras whose optimizers have `minimize`
            os.environ.setdefault("TF_USE_LEGACY_KERAS", "1")
    return PROGRAMS[name](importlib.import_module(module))


# -------------------------------------------------------------------------------------- scalar work
def descent_apply_gradients(tf: Any) -> Job:
    x = tf.Variable(0.0, name="x", dtype=tf.float32)
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.01)

    @tf.function
    def descend() -> None:
        a = tf.constant(1.0)
        b = tf.constant(-2.0)
        c = tf.constant(1.0)
        x.assign(0.0)
        for _ in tf.range(jobs.STEPS):
            with tf.GradientTape() as tape:
                y = a * tf.pow(x, 2) + b * x + c
            dy_dx = tape.gradient(y, x)
            optimizer.apply_gradients(grads_and_vars=[(dy_dx, x)])

    def run() -> Any:
        descend()
        return [x]

    return run


def descent_minimize(tf: Any) -> Job:
    x = tf.Variable(0.0, name="x", dtype=tf.float32)
    optimizer = tf.keras.optimizers.SGD(learning_rate=0.01)
    if not hasattr(optimizer, "minimize"):
        raise Missing("its optimizers have no `minimize`")

    def f() -> Any:
        a = tf.constant(1.0)
        b = tf.constant(-2.0)
        c = tf.constant(1.0)
        return a * tf.pow(x, 2) + b * x + c

    @tf.function
    def descend() -> None:
        x.assign(0.0)
        for _ in tf.range(jobs.STEPS):
            optimizer.minimize(f, [x])

    def run() -> Any:
        descend()
        return [x]

    return run


def call_value(tf: Any) -> Job:
    @tf.function
    def square(x: Any) -> Any:
        return x * x

    return _called(square, tf.constant(3.0))


def call_gradient(tf: Any) -> Job:
    @tf.function
    def slope(x: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        return tape.gradient(y, x)

    return _called(slope, tf.constant(3.0))


def _called(function: Any, x: Any) -> Job:
    def run() -> Any:
        for _ in range(jobs.CALLS):
            y = function(x)
        return [y]

    return run


def chain(shape: tuple[int, ...], ops: int, tf: Any) -> Job:
    y, c, d = map(tf.constant, jobs.chain_inputs(shape))

    @tf.function
    def value_and_gradient(y: Any, c: Any, d: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(y)
            z = jobs.chain(tf.sin, y, c, d, ops)
        return z, tape.gradient(z, y)

    return lambda: value_and_gradient(y, c, d)


# ------------------------------------------------------------------------------------------- Lorenz
def lorenz(tf: Any, compiled: bool) -> Job:
    """A Python loop over the steps: eager, or unrolled by the function."""
    targets = jobs.lorenz_targets().tolist()
    start = [tf.constant(number, tf.float64) for number in jobs.LORENZ_START]
    at = [tf.constant(number, tf.float64) for number in jobs.LORENZ_AT]
    nothing = tf.constant(0.0, tf.float64)

    def fit(parameters: Any) -> Any:
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            loss = jobs.lorenz_loss(start, parameters, targets, nothing)
        return loss, *tape.gradient(loss, parameters)

    return partial(tf.function(fit) if compiled else fit, at)


def lorenz_loop(tf: Any) -> Job:
    targets = tf.constant(jobs.lorenz_targets())
    at = [tf.constant(number, tf.float64) for number in jobs.LORENZ_AT]

    @tf.function
    def fit(parameters: Any) -> Any:
        s, r, b = parameters
        x, y, z = [tf.constant(number, tf.float64) for number in jobs.LORENZ_START]
        loss = tf.constant(0.0, tf.float64)
        with tf.GradientTape() as tape:
            tape.watch(parameters)
            for i in tf.range(jobs.LORENZ_STEPS):
                x, y, z = jobs.lorenz_step(x, y, z, s, r, b)
                at = targets[i]
                loss = loss + (x - at[0]) ** 2 + (y - at[1]) ** 2 + (z - at[2]) ** 2
        return loss, *tape.gradient(loss, parameters)

    return partial(fit, at)


# ----------------------------------------------------------------------------------------- networks
def network(size: int, tf: Any) -> Job:
    batch = jobs.batch(size)
    images, labels = tf.constant(batch.x), tf.constant(batch.y)
    w = [tf.Variable(each) for each in jobs.weights(jobs.LAYERS)]
    optimizer = tf.keras.optimizers.SGD(learning_rate=jobs.RATE)

    @tf.function
    def step(images: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            h = tf.nn.relu(images @ w[0] + w[1])
            h = tf.nn.relu(h @ w[2] + w[3])
            logits = h @ w[4] + w[5]
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, w)
        optimizer.apply_gradients(zip(gradients, w, strict=True))
        return loss

    return lambda: [step(images, labels), *w]


def small_network(tf: Any) -> Job:
    x, y = map(tf.constant, jobs.small_batch())
    w = [tf.Variable(each) for each in jobs.weights(jobs.SMALL_LAYERS)]
    optimizer = tf.keras.optimizers.SGD(learning_rate=jobs.RATE)

    @tf.function
    def step(x: Any, y: Any) -> Any:
        with tf.GradientTape() as tape:
            h = tf.tanh(x @ w[0] + w[1])
            h = tf.tanh(h @ w[2] + w[3])
            loss = tf.reduce_mean(tf.square(h @ w[4] + w[5] - y))
        gradients = tape.gradient(loss, w)
        optimizer.apply_gradients(zip(gradients, w, strict=True))
        return loss

    return lambda: [step(x, y), *w]


def lstm_cell(tf: Any, x: Any, h: Any, c: Any, w: Any) -> tuple[Any, Any]:
    by_input, by_state, bias = w
    i, f, g, o = tf.split(x @ by_input + h @ by_state + bias, 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def lstm_loop(tf: Any) -> Job:
    xs, w = jobs.lstm_inputs()
    xs, w = tf.constant(xs), [tf.Variable(each) for each in w]

    @tf.function
    def value_and_gradient(xs: Any) -> Any:
        h = c = tf.zeros([jobs.SEQUENCES, jobs.UNITS])
        with tf.GradientTape() as tape:
            for x in xs:
                h, c = lstm_cell(tf, x, h, c, w)
            loss = tf.reduce_mean(tf.square(h))
        return loss, *tape.gradient(loss, w)

    return lambda: value_and_gradient(xs)


def lstm_scan(tf: Any) -> Job:
    if not hasattr(tf, "scan"):
        raise Missing("it has no `scan`")
    xs, w = jobs.lstm_inputs()
    xs, w = tf.constant(xs), [tf.Variable(each) for each in w]

    @tf.function
    def value_and_gradient(xs: Any) -> Any:
        zeros = tf.zeros([jobs.SEQUENCES, jobs.UNITS])
        with tf.GradientTape() as tape:
            hs, _ = tf.scan(lambda state, x: lstm_cell(tf, x, *state, w), xs, (zeros, zeros))
            loss = tf.reduce_mean(tf.square(hs[-1]))
        return loss, *tape.gradient(loss, w)

    return lambda: value_and_gradient(xs)


PROGRAMS = {
    "descent_apply_gradients": descent_apply_gradients,
    "descent_minimize": descent_minimize,
    "call_value": call_value,
    "call_gradient": call_gradient,
    "chain_0d": partial(chain, (), jobs.SCALAR_OPS),
    **{f"chain_{n}": partial(chain, (n,), ops) for n, ops in jobs.VECTOR_OPS.items()},
    "lorenz_eager": partial(lorenz, compiled=False),
    "lorenz_unrolled": partial(lorenz, compiled=True),
    "lorenz_loop": lorenz_loop,
    **{f"network_{n}": partial(network, n) for n in jobs.BATCHES},
    "network_small": small_network,
    "lstm_loop": lstm_loop,
    "lstm_scan": lstm_scan,
}
