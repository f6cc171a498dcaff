"""What converted Python code asks while a function is traced: branches and loops that tensors decide."""

from contextlib import contextmanager

from . import primitives
from ._autograph import operators
from ._core._dispatch import constant, convert_to_tensor
from ._core._evaluate import happens
from ._core._graph import is_traced, number_type, tracing
from ._core._tensor import Tensor, Variable
from .control import as_truth, branches, loop
from .creation import TracedRange
from .graphs import Part


class Stage:
    """The stage of functions that are traced. See `_autograph.operators`."""

    branches = staticmethod(branches)
    loop = staticmethod(loop)
    Range = TracedRange
    number_type = staticmethod(number_type)

    @staticmethod
    def is_traced(x):
        return isinstance(x, (Tensor, Variable)) and is_traced(x)

    @staticmethod
    def is_tensor(x):
        return isinstance(x, (Tensor, Variable, TracedRange)) and tracing() is not None

    @staticmethod
    def loop_over(items, body_fn, state, names, test_fn=None):
        if isinstance(items, TracedRange):
            start, stop, step = (
                convert_to_tensor(x) for x in (items.start, items.stop, items.step)
            )
            size = primitives.maximum((stop - start + step - primitives.sign(step)) // step, 0)

            def item(i):
                return start + i * step

        else:
            size = items.shape[0] if items.ndim else _no_items(items)
            if size == 0:
                return state

            def item(i):
                return primitives.gather(items, i)

        def test(i, *rest):
            more = i < size
            return more if test_fn is None else primitives.logical_and(more, test_fn(*rest))

        def turn(i, *rest):
            return (i + 1, *body_fn(item(i), *rest))

        certain = test_fn is None and not isinstance(items, TracedRange)
        return loop(test, turn, (constant(0), *state), ("<turn>", *names), certain)[1:]

    @staticmethod
    def acts(fn):
        return happens(Part(fn).graph)

    @staticmethod
    def without_effects(fn, error):
        """Raise an error if a function has effects."""
        if happens(Part(fn).graph):
            raise error

    @staticmethod
    def both(a, fn):
        return branches(a, lambda: (as_truth(fn()),), lambda: (constant(False),), ("<and>",))[0]

    @staticmethod
    def either(a, fn):
        return branches(a, lambda: (constant(True),), lambda: (as_truth(fn()),), ("<or>",))[0]

    @staticmethod
    def opposite(a):
        return primitives.logical_not(as_truth(a))

    @staticmethod
    def check(test, message_fn):
        def report(arrays):
            if not bool(arrays[0]):
                raise AssertionError(message_fn())
            return []

        tracing().effect(report, [convert_to_tensor(test)], [])

    @staticmethod
    def number(x, kind):
        x = convert_to_tensor(x)
        if kind is bool:
            return as_truth(x)
        wanted = x.dtype.is_integer if kind is int else x.dtype.is_floating
        return x if wanted else primitives.cast(x, constant(kind(0)).dtype)


def _no_items(items):
    raise TypeError("Cannot iterate over a scalar tensor.")


@contextmanager
def staged():
    """A context in which converted code asks the `Stage`."""
    before = operators.use_stage(Stage)
    try:
        yield
    finally:
        operators.use_stage(before)
