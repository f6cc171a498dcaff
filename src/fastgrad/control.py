"""Control flow that tensors decide: branches and loops, eager and in functions that are traced.

Where nothing is traced, Python does it. In a function that is traced, both sides of a branch and the
body of a loop are traced once, each into a graph of its own, and stand in the function's graph as one
operation. Its gradient is control flow again: the branch of the gradients of both sides, and a loop
backwards over the states that the turns began with, which are kept on a stack. So it can be
differentiated any number of times.
"""

from copy import copy
from functools import partial
from itertools import islice

from . import _nest, creation, primitives
from ._autograph.operators import Undefined, user_line
from ._core._dispatch import constant, convert_to_tensor
from ._core._evaluate import (
    control,
    effect_results,
    evaluate,
    followed,
    happens,
    made_inside,
    worth_keeping,
)
from ._core._graph import copies, tracing
from ._core._tensor import Tensor, Variable
from .dtypes import bool_ as BOOL
from .errors import short
from .graphs import Operands, Part, reading
from .journals import new_ticket, opened
from .tape import GradientTape
from .transforms import NUMBERS, has_gradient, recomputes, record


class Operation:
    """A branch or loop, as an operation of a graph has it.

    quiet: it computes, and does nothing besides. ticket: the number of the operand under which the
    effects inside note what they give, or None; see `journals`.
    """

    quiet, ticket = False, None

    def again(self, arguments):
        """(the same, quiet, arguments): for gradients, where its effects give again what they gave."""
        other = copy(self)
        other.quiet = True
        if self.ticket is not None:
            arguments = list(arguments)
            arguments[self.ticket] = opened(arguments[self.ticket])
        return other, arguments

    def with_ticket(self, operands):
        """The same, with a ticket among its operands if an effect inside asks for one."""
        asking = [part for part in self.parts if part[0].ticket_value() >= 0]
        if asking:
            self.ticket = operands.place(new_ticket())
        for graph, _, given in asking:
            given.append((self.ticket, graph.ticket_value()))
        return self


# ------------------------------------------------------------------------------------- branches
class Branches(Operation):
    """The two sides of a branch, as an operation of a graph has them.

    examples: of the results. drawn: of each side, the values that effects gave. They are the last results,
    for the gradient.
    """

    def __init__(self, yes, no, examples, drawn):
        self.parts, self.examples, self.drawn = (yes, no), copies(examples), drawn


def branches(test, true_fn, false_fn, names):
    """What one of two functions without arguments gives, a tuple of values of `names`."""
    test = _one_truth(test, "the condition of a branch")
    sides = Part(true_fn), Part(false_fn)
    _fill_returns(sides, names)
    merged = _merged(sides, names)
    variables = {id(v): v for side in sides for v in side.assigned()}.values()
    for side in sides:
        for v in variables:
            side.graph.first_value(v)  # its gradient is that of what is assigned
        side.results += [side.graph.value_of_variable(v) for v in variables]
    examples = [t for kind, t in merged if kind == "tensor"]
    examples += [reading(v) for v in variables]
    drawn = [effect_results(side.graph) for side in sides]
    for side, other, own in zip(sides, (1, 0), drawn, strict=True):
        nothing = [t for _, t in drawn[other]]
        with side.resumed() as graph:
            blank = [graph.number_of(t) for t in nothing]
        mine = [at for at, _ in own]
        side.results += mine + blank if other else blank + mine
    examples += [t for part in drawn for _, t in part]
    operands = Operands([_as_dtype(test, BOOL)])
    bound = [operands.bound(side, side.results) for side in sides]
    payload = Branches(*bound, examples, [[at for at, _ in part] for part in drawn])
    outputs = iter(run_branches(payload.with_ticket(operands), operands.tensors))
    values = [next(outputs) if kind == "tensor" else value for kind, value in merged]
    for variable in variables:
        variable.assign(next(outputs))
    return tuple(
        _nest.pack(nest, [values.pop(0) for _ in _nest.flatten(nest)]) for nest in sides[0].nest
    )


def _fill_returns(sides, names):
    """Give the side of a branch that doesn't return zeros for what the other one does."""
    for k in (k for k, name in enumerate(names) if name == "<return>"):
        for side, other in (sides, sides[::-1]):
            if type(side.nest[k]) is Undefined and type(other.nest[k]) is not Undefined:
                with side.resumed():
                    nest = list(side.nest)
                    nest[k] = _zeros_like(other.nest[k])
                    side.nest = tuple(nest)


def _zeros_like(nest):
    """Zeros for the tensors and numbers of a nest."""
    return _nest.map_structure(
        lambda x: (
            creation.zeros(x.shape, x.dtype)
            if hasattr(x, "dtype")
            else type(x)(0)
            if _is_numeric(x)
            else x
        ),
        nest,
    )


def _filled(body_fn, state, names, certain):
    """The state of a loop, with zeros for what it returns, and for what a turn that is certain sets."""
    missing = [
        k
        for k, name in enumerate(names)
        if type(state[k]) is Undefined and (certain or name == "<return>")
    ]
    if not missing:
        return state
    trial = _trial(body_fn, state, NUMBERS)
    missing = [k for k in missing if type(trial[k]) is not Undefined]
    return tuple(_zeros_like(trial[k]) if k in missing else x for k, x in enumerate(state))


def _trial(body_fn, state, numbers=()):
    """What a turn of a loop gives, before its state has its dtypes; `numbers` are traced as Tensors are."""
    leaves = _nest.flatten(list(state))
    traced = [k for k, x in enumerate(leaves) if isinstance(x, (Tensor, *numbers))]

    def turn(*given):
        values = list(leaves)
        for k, t in zip(traced, given, strict=True):
            values[k] = t
        return body_fn(*_nest.pack(list(state), values))

    return Part(turn, [convert_to_tensor(leaves[k]) for k in traced]).nest


def _merged(sides, names):
    """[(kind, value)] of the leaves of what two sides give; results of both for those that are tensors."""
    merged = []
    for name, a, b in zip(names, sides[0].nest, sides[1].nest, strict=True):
        try:
            pairs = _nest.map_structure(lambda x, y: _Pair((x, y)), a, b)
        except (TypeError, ValueError):
            raise TypeError(
                f"{_at_line()}{name} has another structure in the two branches of a condition on a tensor: "
                f"{short(a)} and {short(b)}. Give it the same in both"
            ) from None
        for pair in _nest.flatten(pairs):
            x, y = pair.values
            if not (_is_numeric(x) and _is_numeric(y)):
                if x is not y and not _same_value(x, y):
                    x = _unusable(name, x, y)
                merged.append(("value", x))
            elif x is y or _same_value(x, y):  # a Tensor too: it stays the one that tapes know
                merged.append(("value", x))
            else:
                tensors = _unified(sides, x, y, name)
                merged.append(("tensor", tensors[0]))
    return merged


class _Pair:
    def __init__(self, values):
        self.values = values


def _at_line():
    """The line of the user's program, to lead an error text."""
    filename, line, name = user_line()
    return f'{name} ("{filename}", line {line}): '


def _one_truth(x, what):
    """A Tensor of one truth value, else ValueError."""
    t = convert_to_tensor(x)
    if t.shape.num_elements() != 1:
        raise ValueError(
            f"{_at_line()}{what} must be one truth value, not of shape {tuple(t.shape)}; use "
            "fg.reduce_any or fg.reduce_all"
        )
    return t


def _is_numeric(x):
    return isinstance(x, (Tensor, Variable, *NUMBERS)) or type(x).__module__ == "numpy"


def _same_value(x, y):
    return type(x) is type(y) and isinstance(x, (bool, int, float, str)) and repr(x) == repr(y)


def _unusable(name, x, y):
    for value in (x, y):
        if isinstance(value, Undefined):
            return value
    raise TypeError(
        f"{_at_line()}{name} is {short(x)} in one branch of a condition on a tensor and {short(y)} in "
        "the other: only tensors and numbers may differ. Decide by a Python value, or let a number stand "
        "for it"
    )


def _unified(sides, x, y, name):
    """The value of each side as a Tensor of one dtype; they become results."""
    dtype = _common_dtype(x, y)
    tensors = []
    for side, value in zip(sides, (x, y), strict=True):
        with side.resumed():
            t = _as_dtype(value, dtype)
            side.give(t)
            tensors.append(t)
    if tensors[0].shape != tensors[1].shape:
        raise ValueError(
            f"{_at_line()}{name} has shape {tuple(tensors[0].shape)} in one branch of a condition on a "
            f"tensor and {tuple(tensors[1].shape)} in the other: shapes can't change from call to call. "
            "Bring both to one shape, or decide by a Python value"
        )
    return tensors


def _common_dtype(x, y):
    """The dtype of two values beside each other; Python numbers are weak."""
    numbers = [isinstance(t, (bool, int, float, complex)) for t in (x, y)]
    if all(numbers):
        return constant(x + y if type(x) is not type(y) else x).dtype
    stand_ins = [
        t if number else constant(1, t.dtype) for t, number in zip((x, y), numbers, strict=True)
    ]
    return (
        stand_ins[0].dtype
        if not any(numbers) and stand_ins[0].dtype == stand_ins[1].dtype
        else primitives.add(*stand_ins).dtype
    )


def _as_dtype(x, dtype):
    t = (
        x
        if isinstance(x, Tensor)
        else reading(x)
        if isinstance(x, Variable)
        else constant(x, dtype)
    )
    return primitives.cast(t, dtype) if t.dtype != dtype else t


def run_branches(payload, arguments):
    """Log what `Branches` say; gives all results."""
    outputs = tracing().control(False, payload, arguments, payload.examples, len(payload.examples))
    return record(
        "cond",
        outputs,
        arguments,
        [],
        lambda cts: _branch_gradients(payload, arguments, outputs, cts),
        False,
    )


def _branch_gradients(payload, arguments, outputs, cts):
    """The gradients of all arguments: a branch of the gradients of both sides."""
    connected = [False] * len(arguments)
    wanted = [k for k, t in enumerate(arguments) if has_gradient(t.dtype)]

    first = len(outputs) - sum(map(len, payload.drawn))

    def side(part, drawn, at_first):
        known = outputs[at_first : at_first + len(drawn)]

        def gradients():
            graph, results, given = part
            own = {k: primitives.identity(arguments[k]) for k, _ in given}
            with GradientTape() as tape:
                tape.watch([t for t in own.values() if has_gradient(t.dtype)])
                ids = [*(at for _, at in given), *drawn]
                ys = evaluate(graph, ids, [*(own[k] for k, _ in given), *known], results, False)
            pairs = [(y, ct) for y, ct in zip(ys, cts, strict=True) if has_gradient(y.dtype)]
            sources = [k for k in wanted if k in own]
            found = tape.gradient(
                [y for y, _ in pairs], [own[k] for k in sources], [ct for _, ct in pairs]
            )
            table = dict(zip(sources, found, strict=True))
            for k in wanted:
                connected[k] = connected[k] or table.get(k) is not None
            return tuple(
                creation.zeros(arguments[k].shape, arguments[k].dtype)
                if table.get(k) is None
                else table[k]
                for k in wanted
            )

        return gradients

    (yes, no), drawn = payload.parts, payload.drawn
    sides = side(yes, drawn[0], first), side(no, drawn[1], first + len(drawn[0]))
    found = branches(arguments[0], *sides, [f"gradient {k}" for k in wanted])
    gradients = [None] * len(arguments)
    for k, g in zip(wanted, found, strict=True):
        gradients[k] = convert_to_tensor(g) if connected[k] else None
    return gradients


# ---------------------------------------------------------------------------------------- loops
class Loop(Operation):
    """A loop, as an operation of a graph has it.

    Its first operands are what it carries, n of them; its results what that is in the end, the stack of
    each at the beginning of every turn, and the stacks of what the body gives besides.

    test: (graph, [result], bindings), or None: as many turns as `reads` has entries. body: the same, with n
    results and those for stacks. reads: [(number of an operand, value of the body, from the end?)] of stacks.
    ends: of each stack of the body's own results, if it is written from the end. examples: an entry of each.
    held: how many of what it carries, the last ones, are values of Variables that the body assigns.
    drawn: the values of the body that effects gave. They are the first of its own results, for the gradient.
    kept: of a loop that a tape follows, values of the body that have stacks as well, the last results: a
    gradient takes them from there rather than compute them again. A plan fills only the stacks that are read.
    saved: how many of `reads`, the last ones, and of the operands, are such stacks. Their values are computed
    where these are missing.
    """

    kept = kept_examples = ()
    saved = 0

    def __init__(self, n, test, body, reads=(), ends=(), examples=(), held=0, drawn=()):
        self.n, self.test, self.body, self.held, self.drawn = n, test, body, held, list(drawn)
        self.reads, self.ends, self.examples = list(reads), list(ends), copies(examples)
        self.parts = (body,) if test is None else (test, body)

    def take(self, operands, stacks):
        """Read the values of some (stack, value) pairs, rather than compute them."""
        self.saved = len(stacks)
        self.reads += [(operands.place(stack), at, True) for stack, at in stacks]

    def followed(self, arguments):
        """This loop and its operands, as a tape should see it: stacks that were kept have left the tape."""
        other = copy(self)
        if self.saved:
            other.reads, other.saved = self.reads[: -self.saved], 0
            arguments = arguments[: -self.saved]
        made = [] if recomputes() else made_inside(self.body[0], self.body[1])
        other.kept, other.kept_examples = [at for at, _ in made], [t for _, t in made]
        return other, arguments


def loop(test_fn, body_fn, state, names, certain=False):
    """The state, a tuple of values of `names`, after `body_fn(*state)` while `test_fn(*state)`.

    certain: there is a first turn.
    """
    state = _filled(body_fn, state, names, certain)
    turn = Turn(body_fn, state, names)
    test = Part(lambda *tensors: turn.with_state(test_fn, tensors), turn.inits)
    with test.resumed():
        test.give(_as_dtype(_one_truth(test.nest, "the test of a loop"), BOOL))
    return turn.state_of(_run_parts(test, turn.body, turn.inits))


def loop_over_rows(body_fn, state, rows, names, reverse=False):
    """The state after `state, results = body_fn(rows, *state)` for each row, and all results, stacked.

    state: nests of Tensors. rows: Tensors of as many rows, at least one, of which a turn gets a list of one
    row each. reverse: the last comes first; the results stand in the order of the rows.
    """
    turn = Turn(body_fn, state, names, rows)
    leaves = _nest.flatten(turn.results)
    with turn.body.resumed():
        tensors = [convert_to_tensor(x) for x in leaves]
        own = [turn.body.graph.number_of(t) for t in tensors]
    outputs = _run_parts(None, turn.body, turn.inits, rows, own, tensors, reverse)
    stacked = outputs[len(turn.inits) :]
    return turn.state_of(outputs), _nest.pack(turn.results, stacked)


class Turn:
    """One turn of a loop: the graph of its body, and what it carries from a state of any Python values.

    body: a `Part`, whose inputs are what is carried, then a row of each of `rows`. inits: what is carried
    at first. results: with rows, what the body gives besides the state.
    """

    def __init__(self, body_fn, state, names, rows=()):
        self.state, self.names = state, names
        self.leaves = _nest.flatten(list(state))
        self.results = None
        dtypes = _carried_dtypes(body_fn, state, self.leaves)
        self.carried = [k for k, dtype in enumerate(dtypes) if dtype is not None]
        entries = [creation.zeros(t.shape[1:], t.dtype) for t in rows]

        def turn(*given):
            n, graph = len(self.carried), tracing()
            after = self.with_state(
                partial(body_fn, list(given[n:])) if rows else body_fn, given[:n]
            )
            if happens(graph) and any(last >= 0 for _, _, last in graph.touched()):
                # An effect of the next turn may look at Variables: write them.
                graph.effect(lambda tensors: [], [], [])
            return after

        for _ in range(4):
            self.inits = [_as_dtype(self.leaves[k], dtypes[k]) for k in self.carried]
            self.body = Part(turn, [*self.inits, *entries])
            after = self.body.nest
            if rows:
                after, self.results = after
            # A name without a value before has none after: there may be no turn.
            after = [x if type(x) is Undefined else y for x, y in zip(state, after, strict=True)]
            results = _nest.flatten(list(_same_structure(state, after, names)))
            wider = [_wider(dtypes[k], results[k]) for k in self.carried]
            if wider == [dtypes[k] for k in self.carried]:
                break
            for k, dtype in zip(self.carried, wider, strict=True):
                dtypes[k] = dtype
        self._give(results, dtypes)

    def _give(self, results, dtypes):
        """Let what is carried be the results of the body; it must be what it was before."""
        labels = [
            name for name, x in zip(self.names, self.state, strict=True) for _ in _nest.flatten(x)
        ]
        with self.body.resumed():
            for k, init in zip(self.carried, self.inits, strict=True):
                t = _as_dtype(results[k], dtypes[k])
                if t.shape != init.shape:
                    raise ValueError(
                        f"{_at_line()}{labels[k]} has shape {tuple(init.shape)} before a turn of a loop and "
                        f"{tuple(t.shape)} after it: what a loop that a tensor decides carries can't change "
                        "its shape. Collect rows with fg.scan or fg.map_fn, or begin with all of it and set "
                        "parts of it"
                    )
                self.body.give(t)
        for k, (x, before) in enumerate(zip(results, self.leaves, strict=True)):
            if dtypes[k] is None and x is not before and not _same_value(x, before):
                raise TypeError(
                    f"{_at_line()}{labels[k]} is {short(before)} before a turn of a loop that a tensor "
                    f"decides and {short(x)} after it: only tensors and numbers can change. Give it a "
                    "value of its kind before the loop"
                )

    def with_state(self, function, tensors):
        """function(*state) for Tensors in the place of what is carried."""
        return function(*self.state_of(tensors))

    def state_of(self, tensors):
        """The state, with other values for what is carried, but for those that are None."""
        values = list(self.leaves)
        for k, t in zip(self.carried, tensors, strict=False):
            if t is not None:
                values[k] = t
        return tuple(_nest.pack(list(self.state), values))


def _run_parts(test, body, inits, rows=(), own=(), examples=(), reverse=False):
    """Log a loop; gives what it carries in the end, then the body's `own` values, stacked.

    test: None for a turn for each of the rows. Variables that the body assigns are carried as well. What no
    turn changes is captured instead, and given as None.
    """
    moving = _moving(body, inits)
    variables = body.assigned()
    for v in variables:
        body.graph.first_value(v)  # its gradient is that of what is assigned
    drawn, own, ends, examples = _besides(body.graph, own, [reverse] * len(own), examples)
    changed = [body.results[j] for j in moving]
    results = [*changed, *(body.graph.value_of_variable(v) for v in variables), *own]
    first = len(moving) + len(variables)
    carried = [inits[j] for j in moving]
    operands = Operands([*carried, *map(reading, variables), *map(as_stack, rows)])
    bound = []
    for part, wanted in ((test, test and test.results), (body, results)):
        if part is None:
            bound.append(None)
            continue
        places = {
            at: len(moving) + k
            for k, v in enumerate(variables)
            for w, at, _ in part.graph.touched()
            if w is v and at >= 0
        }
        places.update((part.inputs[j], k) for k, j in enumerate(moving))
        needs = [*zip(part.inputs, inits, strict=False), *part.needs()]
        pairs = [(places[at] if at in places else operands.place(t), at) for at, t in needs]
        bound.append((part.graph, wanted, pairs))
    reads = [(first + k, at, reverse) for k, at in enumerate(body.inputs[len(inits) :])]
    payload = Loop(first, *bound, reads, ends, examples, len(variables), drawn)
    outputs = run_loop(payload.with_ticket(operands), operands.tensors)
    for variable, t in zip(variables, outputs[len(moving) : first], strict=True):
        variable.assign(t)
    last = dict(zip(moving, outputs, strict=False))
    stacks = outputs[2 * first + len(drawn) :][: len(own) - len(drawn)]
    stacked = [as_array(t, rows[0].shape[0]) for t in stacks]
    return [*(last.get(j) for j in range(len(inits))), *stacked]


def _besides(graph, own, ends, examples):
    """(drawn, own, ends, examples) of a `Loop` whose body gives `own` besides what is carried."""
    found = effect_results(graph)
    drawn = [at for at, _ in found]
    ends = [*(False for _ in drawn), *ends]
    return drawn, [*drawn, *own], ends, [*(t for _, t in found), *examples]


def _moving(body, inits):
    """Which of the values that a loop carries are not the Tensor they were at first after each turn."""
    moving, before = [], None
    while moving != before:  # what is set to something that moves does too
        before = moving
        found = {at: t for at, t in body.graph.captured()}
        found.update((body.inputs[j], t) for j, t in enumerate(inits) if j not in before)
        pairs = zip(body.results, inits, strict=True)
        moving = [j for j, (at, t) in enumerate(pairs) if found.get(at) is not t]
    return moving


# A stack of a loop has as many entries as there were turns. Where that is known it may be an array.
def as_stack(t):
    """The rows of a Tensor, as a stack that a loop reads."""
    stack = tracing().rows(t, creation.zeros(t.shape[1:], t.dtype))
    return record("rows", [stack], [t], [], lambda cts: [as_array(cts[0], t.shape[0])], False)[0]


def as_held(new, before):
    """A value that a Variable is assigned, of which gradients are the Variable's, as of the value before."""
    if not has_gradient(new.dtype):
        return new
    return record("assign", [new], [before], [], lambda cts: cts, False)[0]


def as_array(stack, n):
    """The Tensor whose rows are the n entries of a stack."""
    t = tracing().join(stack, creation.zeros((n, *stack.shape), stack.dtype))
    return record("join", [t], [stack], [], lambda cts: [as_stack(cts[0])], False)[0]


def _carried_dtypes(body_fn, state, leaves):
    """The dtype in which each leaf of a state is carried; None for what is no number."""
    dtypes = [
        convert_to_tensor(x).dtype
        if _is_numeric(x) and not isinstance(x, Variable)
        else x.dtype
        if isinstance(x, Variable)
        else None
        for x in leaves
    ]
    if any(isinstance(x, NUMBERS) for x in leaves):  # they are weak: see what comes of them
        results = _nest.flatten(list(_trial(body_fn, state)))
        if len(results) == len(leaves):
            for k, (x, y) in enumerate(zip(leaves, results, strict=True)):
                if isinstance(x, NUMBERS) and _is_numeric(y):
                    dtypes[k] = y.dtype if hasattr(y, "dtype") else convert_to_tensor(y).dtype
    return dtypes


def _wider(dtype, x):
    """The dtype that a carried value needs, of which one turn made x."""
    if not _is_numeric(x) or not hasattr(x, "dtype") or x.dtype == dtype:
        return dtype
    return _common_dtype(constant(1, dtype), x)


def _same_structure(state, after, names):
    for name, x, y in zip(names, state, after, strict=True):
        try:
            _nest.map_structure(lambda p, q: None, x, y)
        except (TypeError, ValueError):
            raise TypeError(
                f"{_at_line()}{name} has another structure after a turn of a loop that a tensor decides: "
                f"{short(x)} and {short(y)}. Give it the same before the loop"
            ) from None
    return after


def run_loop(payload, arguments):
    """Log a `Loop`; gives all its results."""
    graph = tracing()
    if followed(arguments):
        payload, arguments = payload.followed(arguments)
    n = payload.n
    examples = [*arguments[:n], *arguments[:n], *payload.examples, *payload.kept_examples]
    outputs = graph.control(True, payload, arguments, examples, n)
    plain = len(outputs) - len(payload.kept)

    def pull(cts):
        return _loop_gradients(payload, arguments, outputs, cts)

    # The gradient goes back over the stacks as they are on the tape.
    outputs[:plain] = record("while_loop", outputs[:plain], arguments, [], pull, False)
    return outputs


def _loop_gradients(payload, arguments, outputs, cts):
    """The gradients of all arguments of a loop: a loop backwards over the stacks."""
    n, graph = payload.n, tracing()
    inner, results, bindings = payload.body
    stacked = {k for k, _, _ in payload.reads}
    floats = [j for j in range(n) if has_gradient(arguments[j].dtype)]
    captured = [
        k for k in range(n, len(arguments)) if k not in stacked and has_gradient(arguments[k].dtype)
    ]
    read = [r for r in payload.reads if has_gradient(arguments[r[0]].dtype)]
    plain = len(outputs) - len(payload.kept)
    seeds = [(j, outputs[j].dtype) for j in range(n, plain) if graph.is_stack(cts[j])]
    held = n - payload.held

    # Operands: what is carried (cotangents, sums for what is captured), stacks, what the body captures.
    zeros = [creation.zeros(arguments[k].shape, arguments[k].dtype) for k in captured]
    carried = [*(cts[j] for j in floats), *zeros]
    saved = n + len(payload.drawn)
    stacks = [(outputs[n + j], True) for j in range(saved)]
    stacks += [(arguments[k], not from_end) for k, _, from_end in payload.reads]
    stacks += [(cts[j], j < 2 * n or not payload.ends[j - 2 * n]) for j, _ in seeds]
    connected = [False] * len(captured)
    again = {}  # value of the backward body that could be kept -> its stack

    def turn(*given):
        given = iter(given)
        sizes = len(floats), len(zeros), n, saved - n, len(payload.reads)
        ct, sums, states, drawn, values = (list(islice(given, m)) for m in sizes)
        extra = list(given)
        own = {
            k: primitives.identity(arguments[k]) for k, _ in bindings if k >= n and k not in stacked
        }
        known = {**dict(enumerate(states)), **own}
        ids = [*(at for _, at in bindings), *payload.drawn, *(at for _, at, _ in payload.reads)]
        with GradientTape() as tape:
            sources = [
                *(states[j] for j in floats),
                *(known[k] if k in known else None for k in captured),
                *(values[payload.reads.index(r)] for r in read),
            ]
            sources = [primitives.identity(t) if t is None else t for t in sources]
            tape.watch(sources)
            ys = evaluate(
                inner,
                ids,
                [*(known[k] for k, _ in bindings), *drawn, *values],
                [*results, *payload.kept],
                False,
            )
        for t, stack in zip(ys[len(results) :], outputs[plain:], strict=True):
            again.setdefault(tracing().number_of(t), stack)
        targets = [(ys[j], c) for j, c in zip(floats, ct, strict=True) if j < held]
        targets += [(ys[j - n], c) for (j, _), c in zip(seeds, extra, strict=True) if j >= 2 * n]
        found = tape.gradient([y for y, _ in targets], sources, [c for _, c in targets])
        at_states = {j: c for (j, _), c in zip(seeds, extra, strict=True) if j < 2 * n}
        moved = []
        for j, g, c in zip(floats, found[: len(floats)], ct, strict=True):
            g = _total(g, at_states.get(n + j))
            if j >= held:  # what it is assigned in the turns is the same Variable
                g = _total(g, c)
            moved.append(creation.zeros(arguments[j].shape, arguments[j].dtype) if g is None else g)
        for k, (g, total) in enumerate(
            zip(found[len(floats) :][: len(captured)], sums, strict=True)
        ):
            connected[k] = connected[k] or g is not None
            moved.append(total if g is None else total + g)
        pulled = found[len(floats) + len(captured) :]
        moved += [
            creation.zeros(arguments[r[0]].shape, arguments[r[0]].dtype) if g is None else g
            for r, g in zip(read, pulled, strict=True)
        ]
        return moved

    examples = [*carried, *(t for t, _ in stacks)]
    body = Part(turn, examples)
    with body.resumed():
        for t in body.nest:
            body.give(t)
    first = len(carried)
    late = [*body.inputs[:first], *body.inputs[len(examples) - len(seeds) :]]
    kept = worth_keeping(body.graph, late, body.results, again)
    operands = Operands([*carried, *(t for t, _ in stacks)])
    reads = [(first + k, body.inputs[first + k], end) for k, (_, end) in enumerate(stacks)]
    pairs = [(k, body.inputs[k]) for k in range(first)]
    pairs += [(operands.place(t), at) for at, t in body.needs()]
    # In the order of what they are the cotangents of.
    ends = [not from_end for _, _, from_end in read]
    drawn, own, ends, examples = _besides(body.graph, body.results[first:], ends, body.nest[first:])
    results = [*body.results[:first], *own]
    inside = body.graph, results, pairs
    backwards = Loop(first, None, inside, reads, ends, examples, drawn=drawn)
    backwards.with_ticket(operands).take(operands, [(again[at], at) for at in kept])
    swept = run_loop(backwards, operands.tensors)
    gradients = [None] * len(arguments)
    for j, g in zip(floats, swept, strict=False):
        gradients[j] = g
    for k, g, one in zip(captured, swept[len(floats) : first], connected, strict=True):
        gradients[k] = g if one else None
    for (k, _, _), g in zip(read, swept[2 * first + len(drawn) :][: len(read)], strict=True):
        gradients[k] = g
    return gradients


def _total(a, b):
    return b if a is None else a if b is None else a + b


control(run_branches, run_loop, as_stack, as_array, as_held)


def as_truth(x):
    """A value as a Tensor of bools."""
    return primitives.cast(convert_to_tensor(x), BOOL)
