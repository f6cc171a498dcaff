"""What several of these test files use."""

import threading

import numpy as np
import pytest

import fastgrad as fg

# Calls `gradient` inside a persistent block on purpose.
inside = pytest.mark.filterwarnings("ignore:.*significantly less efficient")


def numbers(nest):
    """Gradients as plain numbers, None as None."""
    if isinstance(nest, (list, tuple)):
        return [numbers(g) for g in nest]
    return None if nest is None else nest.numpy().tolist()


def in_thread(f):
    """Run f in another thread, and give what it gives or raise what it raises."""
    done = []

    def run():
        try:
            done.append((f(), None))
        except BaseException as error:
            done.append((None, error))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    result, error = done[0]
    if error is not None:
        raise error
    return result


def works():
    """A tape does what it should."""
    x = fg.Variable(np.arange(3.0))
    with fg.GradientTape() as tape:
        y = x * x
    return tape.gradient(y, x).numpy().tolist() == [0.0, 2.0, 4.0]
