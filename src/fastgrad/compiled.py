"""Functions that were traced: replayed, and differentiated as a whole.

A `Compiled` is a part of a graph with inputs and outputs. Called, it replays its plan; where a tape or an accumulator
follows what it is called with, it is recorded as one operation, whose gradient is a `Compiled` too: so
gradients of any order are replayed. Where another function is traced it is done operation by operation, in that one's graph.
"""

from . import _nest
from ._core._contexts import Paused
from ._core._evaluate import evaluate, followed, frontier
from ._core._graph import Tracing, tracing
from ._core._lower import compile_graph
from .tape import GradientTape
from .transforms import _record, has_gradient


class Compiled:
    """Outputs of a graph as a function of inputs: a list of Tensors for a list of Tensors.

    inputs, outputs: numbers of values. writes: (value, variable) pairs, of what Variables are afterwards.
    """

    def __init__(self, graph, inputs, outputs, writes=(), effects=True, name="function"):
        self.graph, self.inputs, self.outputs = graph, list(inputs), list(outputs)
        self.writes, self.effects, self.name = list(writes), effects, name
        self.variables = [v for v, first, _ in graph.touched() if first >= 0] if effects else []
        self._plan = self._derivative = None

    @property
    def plan(self):
        """The plan of a call that nothing follows."""
        if self._plan is None:
            self._plan = compile_graph(
                self.graph, self.inputs, self.outputs, self.writes, self.effects
            )
        return self._plan

    def __call__(self, arguments):
        if tracing() is not None:
            return self._evaluated(arguments)
        if followed([*arguments, *self.variables]):
            return self._recorded(arguments)
        return self.plan.run_list(arguments)

    def _evaluated(self, arguments):
        """Operation by operation, as a part of what is traced, or on tapes."""
        wanted = [*self.outputs, *(value for value, _ in self.writes)]
        results = evaluate(self.graph, self.inputs, arguments, wanted, self.effects)
        for (_, variable), t in zip(self.writes, results[len(self.outputs) :], strict=True):
            variable.assign(t)
        return results[: len(self.outputs)]

    def _recorded(self, arguments):
        if self._derivative is None:
            with Paused():
                self._derivative = Derivative(self, arguments)
        d = self._derivative
        results = d.forward.plan.run_list(arguments)
        outputs, residuals = results[: len(self.outputs)], results[len(self.outputs) :]

        def pull(cts):
            given = [ct for ct, y in zip(cts, outputs, strict=True) if has_gradient(y.dtype)]
            gradients = iter(d.backward([*residuals, *given]))
            return [None if at is None else next(gradients) for at in d.gradients]

        return _record(self.name, outputs, arguments, self.variables, pull)


class Derivative:
    """What a call that a tape follows does, and what its gradient does, as parts of one graph.

    forward: gives the outputs, then what the gradient needs besides the cotangents. backward: gives the
    gradients of inputs and Variables that have one; `gradients` has None for the others.
    """

    def __init__(self, compiled, examples):
        with Tracing() as graph:
            arguments = [graph.add_input(t) for t in examples]
            inputs = list(graph.inputs)
            with GradientTape() as tape:
                tape.watch(
                    [x for x in [*arguments, *compiled.variables] if has_gradient(x.dtype)]
                )
                results = compiled._evaluated(arguments)
            floats = [y for y in results if has_gradient(y.dtype)]
            cts = [graph.add_input(y) for y in floats]
            cotangents = graph.inputs[len(inputs) :]
            sources = [*arguments, *compiled.variables]
            gradients = tape.gradient(floats, sources, cts) if floats else [None] * len(sources)
            outputs = [graph.number_of(y) for y in results]
            self.gradients = [None if g is None else graph.number_of(g) for g in gradients]
            writes = [(last, v) for v, _, last in graph.touched() if last >= 0]
        pulled = [at for at in self.gradients if at is not None]
        residuals = frontier(graph, cotangents, pulled)
        name = compiled.name
        self.forward = Compiled(graph, inputs, [*outputs, *residuals], writes, name=name)
        self.backward = Compiled(
            graph, [*residuals, *cotangents], pulled, effects=False, name=f"gradient of {name}"
        )
