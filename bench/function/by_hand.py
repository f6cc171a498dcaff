"""The control: derivatives by hand, in plain Python where there are only scalars, else in NumPy."""

import math
from functools import partial
from typing import Any

import numpy as np

from ..bench_control import Plain
from . import jobs
from .jobs import Job


def descent() -> Job:
    return lambda: [Plain().apply_gradients(jobs.STEPS)]


def call_value() -> Job:
    def run() -> Any:
        x = np.array(3.0, "f")
        for _ in range(jobs.CALLS):
            y = x * x
        return [y]

    return run


def call_gradient() -> Job:
    def run() -> Any:
        x, two = np.array(3.0, "f"), np.float32(2.0)
        for _ in range(jobs.CALLS):
            y = two * x
        return [y]

    return run


def scalar_chain() -> Job:
    start, c, d = map(float, jobs.chain_inputs(()))

    def run() -> Any:
        y, slopes = start, []
        for _ in range(jobs.SCALAR_OPS // 3):
            y = y * c + d
            slopes.append(math.cos(y))
            y = math.sin(y)
        gradient = 1.0
        for slope in reversed(slopes):
            gradient = gradient * slope * c
        return [y, gradient]

    return run


def vector_chain(n: int) -> Job:
    start, c, d = jobs.chain_inputs((n,))

    def run() -> Any:
        y, inner = start, []
        for _ in range(jobs.VECTOR_OPS[n] // 3):
            y = y * c
            y += d
            inner.append(y)
            y = np.sin(y)
        gradient = np.ones(n)
        for each in reversed(inner):
            gradient *= np.cos(each)
            gradient *= c
        return [y, gradient]

    return run


# ------------------------------------------------------------------------------------------- Lorenz
def lorenz() -> Job:
    targets = jobs.lorenz_targets().tolist()
    h = jobs.TIME_STEP
    s, r, b = jobs.LORENZ_AT

    def moved(state: Any, by: float, slope: Any) -> Any:
        (x, y, z), (u, v, w) = state, slope
        return x + by * u, y + by * v, z + by * w

    def stages(state: Any) -> Any:
        """The four points whose slopes a step takes."""
        second = moved(state, h / 2, jobs.lorenz_slope(*state, s, r, b))
        third = moved(state, h / 2, jobs.lorenz_slope(*second, s, r, b))
        return state, second, third, moved(state, h, jobs.lorenz_slope(*third, s, r, b))

    def pulled(state: Any, ct: Any, total: list[float]) -> Any:
        """From the slope's cotangent to the state's; the parameters' are added to `total`."""
        (x, y, z), (u, v, w) = state, ct
        total[0] += u * (y - x)
        total[1] += v * x
        total[2] -= w * z
        return v * (r - z) + w * y - s * u, s * u - v + w * x, -v * x - w * b

    def run() -> Any:
        state, loss, orbit = jobs.LORENZ_START, 0.0, []
        for at in targets:
            orbit.append(stages(state))
            state = jobs.lorenz_step(*state, s, r, b)
            away = moved(state, -1.0, at)
            loss += away[0] ** 2 + away[1] ** 2 + away[2] ** 2
            orbit[-1] += (away,)
        total, ct = [0.0, 0.0, 0.0], (0.0, 0.0, 0.0)
        zero = (0.0, 0.0, 0.0)
        for first, second, third, fourth, away in reversed(orbit):
            ct = moved(ct, 2.0, away)
            below = pulled(fourth, moved(zero, h / 6, ct), total)
            state = moved(ct, 1.0, below)
            below = pulled(third, moved(moved(zero, h / 3, ct), h, below), total)
            state = moved(state, 1.0, below)
            below = pulled(second, moved(moved(zero, h / 3, ct), h / 2, below), total)
            state = moved(state, 1.0, below)
            below = pulled(first, moved(moved(zero, h / 6, ct), h / 2, below), total)
            ct = moved(state, 1.0, below)
        return [loss, *total]

    return run


# ----------------------------------------------------------------------------------------- networks
def network(size: int) -> Job:
    (x, labels), w, rows = jobs.batch(size), jobs.weights(jobs.LAYERS), np.arange(size)

    def layer(h: Any, k: int) -> Any:
        h = h @ w[k]
        h += w[k + 1]
        return h

    def run() -> Any:
        h1 = layer(x, 0)
        np.maximum(h1, 0, out=h1)
        h2 = layer(h1, 2)
        np.maximum(h2, 0, out=h2)
        logits = layer(h2, 4)
        logits -= logits.max(axis=1, keepdims=True)
        ct = np.exp(logits)
        total = ct.sum(axis=1, keepdims=True)
        loss = (np.log(total[:, 0]) - logits[rows, labels]).mean()
        ct /= total
        ct[rows, labels] -= 1
        ct *= np.float32(1 / size)
        gradients: list[Any] = []
        for below, k in ((h2, 4), (h1, 2), (x, 0)):
            gradients = [below.T @ ct, ct.sum(0), *gradients]
            if k:
                ct = ct @ w[k].T
                ct *= below > 0
        for each, gradient in zip(w, gradients, strict=True):
            gradient *= np.float32(jobs.RATE)
            each -= gradient
        return [loss, *w]

    return run


def small_network() -> Job:
    (x, y), w = jobs.small_batch(), jobs.weights(jobs.SMALL_LAYERS)
    rate, share = np.float32(jobs.RATE), np.float32(2 / jobs.SMALL_BATCH)

    def run() -> Any:
        h1 = np.tanh(x @ w[0] + w[1])
        h2 = np.tanh(h1 @ w[2] + w[3])
        away = h2 @ w[4] + w[5] - y
        loss = np.vdot(away, away) / jobs.SMALL_BATCH
        ct = share * away
        gradients: list[Any] = []
        for below, k in ((h2, 4), (h1, 2), (x, 0)):
            gradients = [below.T @ ct, ct.sum(0), *gradients]
            if k:
                ct = ct @ w[k].T * (1 - below * below)
        for each, gradient in zip(w, gradients, strict=True):
            each -= rate * gradient
        return [loss, *w]

    return run


def lstm() -> Job:
    xs, (by_input, by_state, bias) = jobs.lstm_inputs()
    n = jobs.UNITS

    def sigmoid(a: Any) -> Any:
        return 1 / (1 + np.exp(-a))

    def run() -> Any:
        h = c = np.zeros((jobs.SEQUENCES, n), "f")
        saved = []
        for x in xs:
            gates = x @ by_input + h @ by_state + bias
            i, f, o = (sigmoid(gates[:, k * n : (k + 1) * n]) for k in (0, 1, 3))
            g = np.tanh(gates[:, 2 * n : 3 * n])
            new = f * c + i * g
            t = np.tanh(new)
            saved.append((x, h, c, i, f, g, o, t))
            h, c = o * t, new
        loss = (h * h).mean()
        dx, dh, db = (np.zeros_like(w) for w in (by_input, by_state, bias))
        ct_h, ct_c = h * np.float32(2 / h.size), np.zeros_like(c)
        for x, h, c, i, f, g, o, t in reversed(saved):
            ct_c = ct_c + ct_h * o * (1 - t * t)
            parts = [ct_c * g * i * (1 - i), ct_c * c * f * (1 - f), ct_c * i * (1 - g * g)]
            ct = np.concatenate([*parts, ct_h * t * o * (1 - o)], axis=1)
            dx += x.T @ ct
            dh += h.T @ ct
            db += ct.sum(0)
            ct_h, ct_c = ct @ by_state.T, ct_c * f
        return [loss, dx, dh, db]

    return run


JOBS = {
    "descent_apply_gradients": descent,
    "descent_minimize": descent,
    "call_value": call_value,
    "call_gradient": call_gradient,
    "chain_0d": scalar_chain,
    **{f"chain_{n}": partial(vector_chain, n) for n in jobs.VECTOR_OPS},
    "lorenz_eager": lorenz,
    "lorenz_unrolled": lorenz,
    "lorenz_loop": lorenz,
    **{f"network_{n}": partial(network, n) for n in jobs.BATCHES},
    "network_small": small_network,
    "lstm_loop": lstm,
    "lstm_scan": lstm,
}
