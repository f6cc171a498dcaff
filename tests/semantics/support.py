"""What several of these test files use."""

import pytest

import fastgrad as fg

# Calls `gradient` inside a persistent block on purpose.
inside = pytest.mark.filterwarnings("ignore:.*significantly less efficient")


def values(nest):
    """Gradients as plain numbers: a Tensor as number or list, None as None, a sequence as list."""
    if isinstance(nest, (list, tuple)):
        return [values(g) for g in nest]
    return None if nest is None else nest.numpy().tolist()


def same(some, others):
    """True if both hold the same objects in the same order."""
    return list(map(id, some)) == list(map(id, others))


def gradient(f, *xs):
    """The list of gradients of f(*xs), with xs watched."""
    with fg.GradientTape() as tape:
        tape.watch(xs)
        y = f(*xs)
    return tape.gradient(y, list(xs))


def derivatives(f, x, order):
    """The first `order` derivatives of f at the Tensor x, by nested tapes."""
    if order == 0:
        return [f(x)]
    with fg.GradientTape() as tape:
        tape.watch(x)
        lower = derivatives(f, x, order - 1)
    return [*lower, tape.gradient(lower[-1], x)]
