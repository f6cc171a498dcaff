"""Functions that were traced: replayed, and differentiated as a whole.

A `Compiled` is a part of a graph with inputs and outputs. Called, it replays its plan; where a tape or an
accumulator follows what it is called with, it is recorded as one operation, whose gradient is a `Compiled`
too: so gradients of any order are replayed. Where another function is traced it is done operation by
operation, in that one's graph.
"""

from . import creation
from ._core._contexts import Paused
from ._core._evaluate import (
    effect_results,
    evaluate,
    followed,
    frontier,
    listened,
    readings,
    recorders,
)
from ._core._graph import Tracing, logging
from ._core._lower import compile_graph
from .journals import Journal, kept_by
from .tape import GradientTape
from .transforms import has_gradient, record


class Compiled:
    """Outputs of a graph as a function of inputs: a list of Tensors for a list of Tensors.

    inputs, outputs: numbers of values. writes: (value, variable) pairs, of what Variables are afterwards.
    effects: a call does what the graph does besides computing.
    """

    def __init__(self, graph, inputs, outputs, writes=(), effects=True, name="function"):
        self.graph, self.inputs, self.outputs = graph, list(inputs), list(outputs)
        self.writes, self.effects, self.name = list(writes), effects, name
        given = set(self.inputs)
        self.variables = [v for v, first, _ in graph.touched() if first >= 0 and first not in given]
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
        if logging() is not None:
            return self.evaluated(arguments)
        if listened():
            values = readings(self.variables)
            if followed([*arguments, *values]):
                return self._recorded(arguments, values)
        return self._replayed(arguments)

    def _replayed(self, arguments):
        if not self.graph.reads:
            return self.plan.run_list(arguments)
        with kept_by(Journal()):
            return self.plan.run_list(arguments)

    def evaluated(self, arguments):
        """Operation by operation, as a part of what is traced."""
        return evaluate(self.graph, self.inputs, arguments, self.outputs, self.effects)

    def _recorded(self, arguments, values):
        given = [*arguments, *values]
        if self._derivative is None:
            with Paused():
                self._derivative = Derivative(self, arguments)
        d = self._derivative
        journal = Journal(recorders() + 1) if d.graph.records else None
        with kept_by(journal):
            results = d.forward.plan.run_list(given)
        first = len(results) - len(d.drawn)
        outputs, residuals = results[: len(self.outputs)], results[len(self.outputs) : first]
        drawn = results[first:]
        floats = [k for k, y in enumerate(outputs) if has_gradient(y.dtype)]

        def pull(cts):
            seeds = [cts[k] for k in floats]
            with kept_by(journal):
                if followed(
                    [*given, *seeds]
                ):  # residuals have left the tape: go back to their origin
                    gradients = iter(d.joint([*given, *drawn, *seeds]))
                else:
                    gradients = iter(d.backward([*residuals, *seeds]))
            return [None if at is None else next(gradients) for at in d.gradients]

        return record(self.name, outputs, given, [], pull, False)


class Derivative:
    """What a call that a tape follows does, and what its gradient does, as parts of one graph.

    forward: for arguments and the values of Variables, the outputs, then what the gradient needs besides the
    cotangents. backward: for that and cotangents, the gradients of those that have one; `gradients` has None
    for the others. joint: the same for arguments, values, what effects gave (`drawn`) and cotangents.
    """

    def __init__(self, compiled, examples):
        with Tracing() as graph:
            self.graph = graph
            arguments = [self._input(compiled, graph, k, t) for k, t in enumerate(examples)]
            sources = [*arguments, *compiled.variables]
            inputs = list(graph.inputs)
            with GradientTape() as tape:
                tape.watch([x for x in sources if has_gradient(x.dtype)])
                results = compiled.evaluated(arguments)
            self.drawn = [at for at, _ in effect_results(graph)]
            floats = [y for y in results if has_gradient(y.dtype)]
            cts = [graph.add_stack(y) if graph.is_stack(y) else graph.add_input(y) for y in floats]
            cotangents = graph.inputs[len(inputs) :]
            gradients = tape.gradient(floats, sources, cts) if floats else [None] * len(sources)
            outputs = [graph.number_of(y) for y in results]
            self.gradients = [None if g is None else graph.number_of(g) for g in gradients]
            writes = [(last, v) for v, _, last in graph.touched() if last >= 0]
            inputs += [graph.first_value(v) for v in compiled.variables]
            graph.close(compiled.name)
        pulled = [at for at in self.gradients if at is not None]
        residuals = frontier(graph, cotangents, pulled)
        name = compiled.name
        given = [*outputs, *residuals, *self.drawn]
        self.forward = Compiled(graph, inputs, given, writes, compiled.effects, name)
        name = f"gradient of {name}"
        self.backward = Compiled(graph, [*residuals, *cotangents], pulled, (), False, name)
        self.joint = Compiled(graph, [*inputs, *self.drawn, *cotangents], pulled, (), False, name)

    @staticmethod
    def _input(compiled, graph, k, t):
        """A new input like the k-th argument; of a stack, which comes with its entries, like one of them."""
        if compiled.graph.holds_stack(compiled.inputs[k]):
            return graph.add_stack(t[0] if t.shape[0] else creation.zeros(t.shape[1:], t.dtype))
        return graph.add_input(t)
