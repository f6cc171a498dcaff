"""Graphs of parts of a function: branches, bodies of loops, gradients that a function states."""

from contextlib import contextmanager

from . import primitives
from ._core._contexts import Paused
from ._core._graph import Tracing, tracing


class Part:
    """A graph of a branch or of the body of a loop: what it gives, and what it needs of the graph around.

    inside: effects in it happen when it is run; else, where it is gone through as a part of another graph.
    """

    def __init__(self, function, examples=(), inside=True):
        self.graph = None
        with Paused(), Tracing() as self.graph:
            self.graph.inside = inside
            arguments = [self.graph.add_input(t) for t in examples]
            self.inputs = list(self.graph.inputs)
            self.nest = function(*arguments)
        self.results = []

    @contextmanager
    def resumed(self):
        """A context in which more is traced."""
        with Paused(), Tracing(self.graph):
            yield self.graph

    def give(self, t):
        """Let a Tensor be the next result."""
        self.results.append(self.graph.number_of(t))

    def needs(self):
        """[(value here, Tensor of the graph around)]: what is captured, and Variables as they are there."""
        found = [(at, t) for at, t in self.graph.captured()]
        for variable, first, _ in self.graph.touched():
            if first >= 0:
                found.append((first, self._before(variable)))
        return found

    def _before(self, variable):
        """What a Variable was when this graph met it: what it is here, unless that was assigned since."""
        outer, before = tracing(), self.graph.before(variable)
        if before is None or outer.number_of(before) == outer.value_of_variable(variable):
            return reading(variable)
        return before

    def assigned(self):
        """The Variables that are assigned."""
        return [variable for variable, _, last in self.graph.touched() if last >= 0]


def reading(variable):
    """The Tensor that a Variable holds here."""
    return primitives.identity(variable)


class Operands:
    """The arguments of an operation of control flow, each once."""

    def __init__(self, tensors=()):
        self.tensors, self._places = list(tensors), {}

    def place(self, t):
        """The number of an argument."""
        k = self._places.setdefault(id(t), len(self.tensors))
        if k == len(self.tensors):
            self.tensors.append(t)
        return k

    def bound(self, part, results):
        """(graph, results, [(number of an argument, value)]), as plans have it."""
        return part.graph, results, [(self.place(t), at) for at, t in part.needs()]
