"""Ctrl-C at any moment: it is heard soon, and nothing is half-done afterwards."""

import os
import signal
import subprocess
import sys
import time

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _pullbacks

from .support import works

pytestmark = pytest.mark.skipif(not hasattr(signal, "setitimer"), reason="needs a timer")


def interrupt(*_):
    raise KeyboardInterrupt


@pytest.mark.isolated
@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_a_step_is_whole_whenever_it_is_interrupted(momentum):
    signal.signal(signal.SIGALRM, interrupt)
    variables = [fg.Variable(np.zeros(50)) for _ in range(20)]
    pairs = [(fg.ones(50, fg.float64), v) for v in variables]
    sgd = fg.keras.optimizers.SGD(1.0, momentum=momentum)
    sgd.apply_gradients(pairs)
    interrupted = 0
    for k in range(300):
        try:
            signal.setitimer(signal.ITIMER_REAL, 2e-5 + k * 2e-6)
            while True:
                sgd.apply_gradients(pairs)
        except KeyboardInterrupt:
            interrupted += 1
        assert len({v.numpy()[7] for v in variables}) == 1
        if not momentum:
            assert -variables[0].numpy()[7] == sgd.iterations.numpy()
    assert interrupted == 300


@pytest.mark.isolated
def test_a_block_may_be_interrupted_anywhere():
    signal.signal(signal.SIGALRM, interrupt)
    x = fg.Variable(np.ones(4))

    @fg.custom_gradient
    def double(y):
        return y * 2.0, lambda ct: ct * 2.0

    def work():
        while True:
            with fg.GradientTape() as outer:
                with fg.GradientTape(persistent=True) as tape:
                    y = fg.reduce_sum(double(fg.concat([x * x, fg.sin(x)], 0)))
                g = tape.gradient(y, x)
            outer.gradient(g, x)

    for k in range(200):
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 1e-5 + k * 5e-6)
            work()
        if k % 20 == 0:
            assert works()
    assert works()


@pytest.mark.isolated
@pytest.mark.parametrize("lane", ["numbers", "arrays", "recorded", "rules", "replays"])
def test_a_backward_pass_hears_interrupts(lane):
    signal.signal(signal.SIGALRM, interrupt)
    _pullbacks.compile_after(*((1 << 60, 1 << 60) if lane == "rules" else (0, 0)))
    x = fg.Variable(np.ones(() if lane == "numbers" else 2))
    f = fg.cumsum if lane in ("rules", "replays") else fg.sin
    steps = {
        "numbers": 2_000_000, "arrays": 300_000, "recorded": 100_000, "rules": 20_000, "replays": 200_000
    }[lane]  # fmt: skip
    outer = fg.GradientTape()
    if lane == "recorded":
        outer.__enter__()
    with fg.GradientTape(persistent=True) as tape:
        y = x
        for _ in range(steps):
            y = f(y)
    delays = []
    for _ in range(3):
        start = time.perf_counter()
        with pytest.raises(KeyboardInterrupt):
            signal.setitimer(signal.ITIMER_REAL, 0.02)
            tape.gradient(y, x)
        delays.append(time.perf_counter() - start)
    assert min(delays) < 0.2
    outer.__exit__(None, None, None)
    assert tape.gradient(y, x).shape == x.shape


FIRST_USES = """
import signal, sys
import numpy as np
import fastgrad as fg
from fastgrad._core import _pullbacks

armed = False

def interrupt(*_):
    if armed:
        raise KeyboardInterrupt

inputs = {d: np.array([0.2, 0.4, 0.7, 0.9], d) for d in ("float32", "float64", "float16")}
inputs["float32"] + np.ones(4), fg.Variable(np.ones(4)), fg.keras.optimizers.SGD

def results(dtype):
    x = fg.Variable(inputs[dtype])
    for f in [
        lambda x: x * x, fg.sin, fg.exp, fg.tanh, fg.sigmoid, fg.nn.relu, lambda x: x**3,
        lambda x: x / (x + 1.0), lambda x: fg.maximum(x, 0.5), lambda x: fg.where(x > 0.5, x, -x),
        lambda x: fg.concat([x, x], 0), lambda x: fg.clip_by_value(x, 0.3, 0.6), fg.reduce_sum,
        lambda x: fg.nn.softmax(x), lambda x: x[1:3], lambda x: fg.cumsum(x), fg.math.log,
        lambda x: fg.matmul(x[None], x[:, None]), lambda x: fg.cast(x, fg.float64), fg.nn.softplus,
    ]:
        with fg.GradientTape() as outer:
            with fg.GradientTape() as tape:
                y = f(x)
            g = tape.gradient(y, x)
        h = outer.gradient(g, x)
        for t in (y, g, h):
            yield None if t is None else (t.dtype, t.numpy().tobytes())
    v = fg.Variable(np.ones(4, dtype))
    fg.keras.optimizers.SGD(0.5, momentum=0.9).apply_gradients([(v * 2.0, v)])
    yield v.assign_add(v * v).numpy().tobytes()

def everything():
    return [list(results(dtype)) for dtype in inputs]

signal.signal(signal.SIGALRM, interrupt)
step = float(sys.argv[1])
for k in range(400):
    try:
        try:
            armed = True
            signal.setitimer(signal.ITIMER_REAL, 2e-5 + k * step)
            everything()
        finally:
            armed = False
    except KeyboardInterrupt:  # also one that came in `finally`
        armed = False
signal.setitimer(signal.ITIMER_REAL, 0)
print(hash(repr(everything()).encode()))
"""


@pytest.mark.parametrize("step", ["1e-6", "3e-6", "1e-5"])
def test_the_first_use_of_an_operation_may_be_interrupted(step):
    """Loops and rules are looked up then: what is found must be found whole."""

    def run(step):
        command = [sys.executable, "-X", "faulthandler", "-c", FIRST_USES, step]
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=120,
            env={**os.environ, "PYTHONHASHSEED": "0"},
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    assert run(step) == run("1000.0")
