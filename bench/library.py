"""What the programs ask of an automatic differentiation library."""

import importlib
import importlib.metadata
import importlib.util
from collections.abc import Callable
from typing import Any

import numpy as np

PEERS = ("torch", "autograd", "tensorflow", "jax")

LOOPS = (1_000, 10_000)
DESCENTS = ("apply_gradients", "minimize")

Pull = Callable[[], Any]


class Library:
    """One column of the table: a library behind the few calls that differ from library to library.

    `ops` and `steps` say how many operations or steps a timed run makes: enough to drown the fixed
    cost of a run, few enough to wait for. `memory_ops` is the same for the memory row; `loops` has
    the two lengths of the `x[i]` row, None where they would take minutes. `descents` names those of
    the two methods below that there are.
    """

    name: str
    module: str
    ops = 999
    steps = 1000
    memory_ops = 60_000
    loops: tuple[int, int] | None = LOOPS
    descents: tuple[str, ...] = DESCENTS
    sin: Callable[[Any], Any]

    @property
    def label(self) -> str:
        module = importlib.import_module(self.module)
        version = getattr(module, "__version__", None) or importlib.metadata.version(self.module)
        return f"{self.name} {version}"

    def array(self, value: np.ndarray) -> Any:
        """A constant of the library with the dtype and shape of `value`."""
        raise NotImplementedError

    def record(self, f: Callable[[Any], Any], x: Any) -> tuple[Any, Pull]:
        """`f(x)`, recorded, and a call that gives the gradient of its sum and may be made once."""
        raise NotImplementedError

    def square_gradients(self, times: int) -> Any:
        """The gradient of `x * x` at 3, from nothing recorded to the result, `times` times."""
        raise NotImplementedError

    def apply_gradients(self, steps: int) -> Any:
        """`steps` times gradient and update: descent on x**2 - 2*x + 1 from 0 at rate 0.01."""
        raise NotImplementedError

    def minimize(self, steps: int) -> Any:
        """As `apply_gradients`, with an optimizer that is handed the function."""
        raise NotImplementedError


class GradientTapeLibrary(Library):
    """The gradient-tape face: fastgrad, and TensorFlow when its name is put in the import line."""

    def __init__(self, name: str, module: str) -> None:
        self.name = name
        self.module = module
        self.tf = importlib.import_module(module)
        self.sin = self.tf.sin

    def array(self, value: np.ndarray) -> Any:
        return self.tf.constant(value)

    def record(self, f: Callable[[Any], Any], x: Any) -> tuple[Any, Pull]:
        with self.tf.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return y, lambda: tape.gradient(y, x)

    def square_gradients(self, times: int) -> Any:
        tf = self.tf
        x = tf.Variable(3.0)
        for _ in range(times):
            with tf.GradientTape() as tape:
                y = x * x
            gradient = tape.gradient(y, x)
        return gradient

    def apply_gradients(self, steps: int) -> Any:
        tf = self.tf
        x = tf.Variable(0.0, name="x", dtype=tf.float32)
        a = tf.constant(1.0)
        b = tf.constant(-2.0)
        c = tf.constant(1.0)
        optimizer = tf.keras.optimizers.SGD(learning_rate=0.01)
        for _ in range(steps):
            with tf.GradientTape() as tape:
                y = a * tf.pow(x, 2) + b * x + c
            dy_dx = tape.gradient(y, x)
            optimizer.apply_gradients(grads_and_vars=[(dy_dx, x)])
        return x

    def minimize(self, steps: int) -> Any:
        tf = self.tf
        x = tf.Variable(0.0, name="x", dtype=tf.float32)

        def f() -> Any:
            a = tf.constant(1.0)
            b = tf.constant(-2.0)
            c = tf.constant(1.0)
            return a * tf.pow(x, 2) + b * x + c

        optimizer = tf.keras.optimizers.SGD(learning_rate=0.01)
        for _ in range(steps):
            optimizer.minimize(f, [x])
        return x


def installed(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def load(module: str) -> Library:
    """The library whose import name is `module`: "fastgrad" or one of `PEERS`."""
    if module == "fastgrad":
        library = GradientTapeLibrary("fastgrad", "fastgrad")
        library.memory_ops = 1_000_000
        return library
    peer = importlib.import_module(f".peers.{module}_", __package__)
    adapter: Library = peer.library()
    return adapter
