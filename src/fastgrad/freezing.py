"""Functions made of what a tape recorded: see `GradientTape.freeze`."""

from . import _nest
from ._core._dispatch import constant, convert_to_tensor
from ._core._tensor import Tensor, Variable
from .compiled import Compiled
from .errors import short
from .plans import PlanView


def freeze(graph, outputs, inputs):
    """The `Frozen` function of what a freezable tape logged."""
    sources = _nest.flatten(inputs)
    places = [_place(graph, x, f"inputs[{k}]") for k, x in enumerate(sources)]
    results = [x if isinstance(x, Tensor) else convert_to_tensor(x) for x in _nest.flatten(outputs)]
    wanted = [graph.found(t) for t in results]
    for k, at in enumerate(wanted):
        if at < 0:
            raise ValueError(
                f"freeze: outputs[{k}] ({short(results[k])}) was not computed in the block of the tape"
            )
    _check(graph, places)
    avals = [(tuple(x.shape), x.dtype) for x in sources]
    return Frozen(Compiled(graph, places, wanted, (), False, "frozen"), avals, outputs, inputs)


def _place(graph, x, what):
    """The value of an input."""
    if isinstance(x, Variable):
        return graph.first_value(x)
    if not isinstance(x, Tensor):
        raise TypeError(f"freeze: {what} must be a Tensor or a Variable, not {short(x)}")
    at = graph.found(x)
    if at < 0:
        raise ValueError(f"freeze: {what} ({short(x)}) was not used in the block of the tape")
    return at


def _check(graph, places):
    """ValueError if Python looked at what depends on the inputs, or assigned a Variable."""
    dependent = graph.dependent(places)
    for what, place in graph.looks:
        line = "" if place is None else f" ({place[0].co_filename}, line {place[1]})"
        if isinstance(what, Variable):
            raise ValueError(
                f"freeze: variable '{what.name}' was assigned{line} while the tape recorded, which a frozen "
                "function would not do: assign outside of the block, or use fg.function"
            )
        if what in dependent:
            raise ValueError(
                f"freeze: Python looked at a value that depends on the inputs{line}; for other inputs it may "
                "be another, and what was done then may be wrong. Use fg.where, or make all of it a "
                "fg.function, which sees both branches"
            )


class Frozen:
    """What a tape recorded, as a function of its inputs."""

    def __init__(self, compiled, avals, outputs, inputs):
        self._compiled, self._avals = compiled, avals
        self._single = isinstance(inputs, (Tensor, Variable))
        self._inputs = None if self._single else _nest.map_structure(lambda x: None, inputs)
        self._outputs = _nest.map_structure(lambda x: None, outputs)

    def __call__(self, *values):
        leaves = list(values)
        if not self._single:
            if isinstance(self._inputs, dict) and len(values) == 1:
                values = values[0]
            elif isinstance(self._inputs, (list, tuple)):
                values = list(values)
            leaves = _nest.flatten(values)
        if len(leaves) != len(self._avals):
            raise TypeError(f"frozen: {len(self._avals)} inputs are needed, not {len(leaves)}")
        tensors = [
            _fitting(x, aval, k)
            for k, (x, aval) in enumerate(zip(leaves, self._avals, strict=True))
        ]
        return _nest.pack(self._outputs, self._compiled(tensors))

    def plan(self):
        """What a call does: a `PlanView`."""
        return PlanView(self._compiled.name, self._compiled.plan.describe())


def _fitting(x, aval, k):
    """An input as a Tensor of the shape and dtype that was recorded."""
    shape, dtype = aval
    t = convert_to_tensor(x) if isinstance(x, (Tensor, Variable)) else constant(x, dtype)
    if tuple(t.shape) != shape or t.dtype != dtype:
        raise ValueError(
            f"frozen: input {k} must have shape {shape} and dtype {dtype.name}, got {tuple(t.shape)} and "
            f"{t.dtype.name}"
        )
    return t
