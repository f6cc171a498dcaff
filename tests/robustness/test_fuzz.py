"""Random programs: every way to compute a gradient gives the same bits, and differences agree.

A program is a list of instructions on a growing list of values. It is run as it stands, with its
gradient recorded by an outer tape (so that every rule runs on Tensors), with the gradient taken
from a persistent tape, in parts, and from a copy of the program in which some values are constants.
"""

import math
from contextlib import ExitStack

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

import fastgrad as fg

quick = settings(
    max_examples=300,
    deadline=None,
    database=None,
    derandomize=True,
    suppress_health_check=list(HealthCheck),
)
thorough = settings(quick, max_examples=6000, derandomize=False)

SHAPES = [(), (1,), (3,), (2, 3), (3, 1)]
UNARY = {
    "sin": fg.sin,
    "tanh": fg.tanh,
    "exp": lambda x: fg.exp(fg.tanh(x)),
    "sigmoid": fg.sigmoid,
    "softplus": fg.nn.softplus,
    "square": fg.square,
    "sqrt": lambda x: fg.sqrt(fg.square(x) + 1.0),
    "log": lambda x: fg.math.log(fg.abs(x) + 0.5),
    "negative": lambda x: -x,
    "abs": fg.abs,
    "relu": fg.nn.relu,
    "half": lambda x: x * 0.5,
    "shifted": lambda x: 1.5 - x,
    "inverse": lambda x: 2.0 / (fg.abs(x) + 1.0),
    "cube": lambda x: x**3,
    "power": lambda x: (fg.abs(x) + 0.1) ** 1.5,
    "identity": fg.identity,
    "reciprocal": lambda x: 1.0 / (x * x + 1.0),
}
BINARY = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: a / (b * b + 1.0),
    "maximum": fg.maximum,
    "minimum": fg.minimum,
    "atan2": fg.atan2,
    "where": lambda a, b: fg.where(a > b, a * b, a - b),
    "power": lambda a, b: (fg.abs(a) + 0.5) ** fg.tanh(b),
    "squared": lambda a, b: fg.square(a - b),
}
SHAPING = {
    "sum": fg.reduce_sum,
    "sum of last": lambda x: fg.reduce_sum(x, axis=-1) if x.ndim else x,
    "sum of first": lambda x: fg.reduce_sum(x, axis=0, keepdims=True) if x.ndim else x,
    "mean": fg.reduce_mean,
    "max": lambda x: fg.reduce_max(x, axis=-1) if x.ndim else x,
    "prod": lambda x: fg.reduce_prod(fg.tanh(x)),
    "logsumexp": lambda x: fg.reduce_logsumexp(x, axis=-1) if x.ndim else fg.reduce_logsumexp(x),
    "softmax": lambda x: fg.nn.softmax(x) if x.ndim else x,
    "transpose": lambda x: fg.transpose(x),
    "flat": lambda x: fg.reshape(x, (-1,)),
    "column": lambda x: fg.reshape(x, (-1, 1)),
    "first": lambda x: x[0] if x.ndim else x,
    "reversed": lambda x: x[::-1] if x.ndim else x,
    "picked": lambda x: x[np.array([0, -1, 0])] if x.ndim else x,
    "newaxis": lambda x: x[None] if x.ndim < 3 else x,
    "gathered": lambda x: fg.gather(x, [0, 0]) if x.ndim else x,
    "stacked": lambda x: fg.stack([x, x * 2.0]) if x.ndim < 3 else x,
    "joined": lambda x: fg.concat([x, x], 0) if x.ndim and x.shape[0] < 8 else x,
    "split": lambda x: fg.split(x, x.shape[0])[-1] if x.ndim else x,
    "half precision": lambda x: fg.cast(fg.cast(x, fg.float32), x.dtype),
    "cumulated": lambda x: fg.cumsum(x, axis=0) if x.ndim else x,
    "matrix product": lambda x: fg.matmul(x, x, transpose_b=True) if x.ndim == 2 else x,
    "expanded": lambda x: fg.broadcast_to(x, (2, *x.shape)) if x.ndim < 3 else x,
}
SMOOTH_UNARY = sorted(set(UNARY) - {"abs", "relu", "log", "inverse", "power"})
SMOOTH_BINARY = ["add", "subtract", "multiply", "divide", "squared"]
SMOOTH_SHAPING = sorted(set(SHAPING) - {"max", "half precision"})


@st.composite
def programs(draw, smooth=False, dtypes=(np.float32, np.float64), length=12):
    """(initial arrays, instructions): an instruction is a name and the places of its operands."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    arrays = [
        np.asarray(rng.normal(size=draw(st.sampled_from(SHAPES)))).astype(
            draw(st.sampled_from(dtypes))
        )
        for _ in range(draw(st.integers(1, 4)))
    ]
    names = [
        *(("unary", name) for name in (SMOOTH_UNARY if smooth else sorted(UNARY))),
        *(("binary", name) for name in (SMOOTH_BINARY if smooth else sorted(BINARY)) * 3),
        *(("shaping", name) for name in (SMOOTH_SHAPING if smooth else sorted(SHAPING))),
    ]
    instructions = []
    for k in range(draw(st.integers(1, length))):
        kind, name = draw(st.sampled_from(names))
        place = st.integers(0, len(arrays) + k - 1)
        instructions.append((kind, name, draw(place), draw(place)))
    return arrays, instructions


def run(values, instructions):
    """All values of a program; an instruction whose shapes do not fit gives its first operand."""
    values = list(values)
    for kind, name, a, b in instructions:
        a, b = values[a], values[b]
        if kind == "unary":
            y = UNARY[name](a)
        elif kind == "shaping":
            y = SHAPING[name](a)
        else:
            try:
                np.broadcast_shapes(a.shape, b.shape)
                y = BINARY[name](a, b)
            except ValueError:
                y = a + 0.0
        if math.prod(y.shape) > 200 or y.ndim > 4:
            y = fg.reduce_mean(y)
        values.append(y)
    return values


def total(values, count):
    """A number that depends on the last values, each with a weight of its own."""
    return sum(
        (fg.reduce_sum(fg.cast(y, fg.float64)) * (k + 0.5) for k, y in enumerate(values[-count:])),
        start=fg.constant(np.float64(0)),
    )


def bits(gradients):
    """What a gradient is to the bit, but for the sign of zeros."""
    return [
        None if g is None else (g.dtype, g.shape, (g.numpy() + 0.0).tobytes()) for g in gradients
    ]


def plain(arrays, instructions, make, count=1, persistent=False, outer=False):
    """Gradients of a program by its initial values and by a value in the middle."""
    sources = [make(a) for a in arrays]
    with ExitStack() as stack:
        if outer:
            above = stack.enter_context(fg.GradientTape(persistent=True))
            above.watch(sources)
        with fg.GradientTape(persistent) as tape:
            tape.watch(sources)
            values = run(sources, instructions)
            y = total(values, count)
        sources.append(values[len(values) // 2])
        if persistent:
            tape.gradient(values[-1], sources)
        return bits(tape.gradient(y, sources))


def same_bits(program, count):
    arrays, instructions = program
    want = plain(arrays, instructions, fg.constant, count)
    assert plain(arrays, instructions, fg.Variable, count) == want
    assert plain(arrays, instructions, fg.constant, count, persistent=True) == want
    assert plain(arrays, instructions, fg.constant, count, outer=True) == want
    assert plain(arrays, instructions, fg.Variable, count, persistent=True, outer=True) == want
    with ExitStack() as stack:  # so that the tapes below share their bit
        for _ in range(33):
            stack.enter_context(fg.GradientTape(watch_accessed_variables=False))
        assert plain(arrays, instructions, fg.Variable, count) == want


@quick
@given(programs(), st.integers(1, 3))
def test_every_lane_gives_the_same_bits(program, count):
    same_bits(program, count)


@pytest.mark.slow
@thorough
@given(programs(length=30), st.integers(1, 5))
def test_every_lane_gives_the_same_bits_thoroughly(program, count):
    same_bits(program, count)


class Slopes:
    """The derivatives of a program by the sources that move, along a direction, and differences."""

    def __init__(self, program, moving):
        self.arrays, self.instructions = program
        self.moving = [*moving, *[True] * len(self.arrays)][: len(self.arrays)]
        rng = np.random.default_rng(0)
        self.direction = [
            rng.normal(size=a.shape) * moves
            for a, moves in zip(self.arrays, self.moving, strict=True)
        ]

    def value(self, h, order):
        """The derivative of some order along the direction, h further on, as a float."""
        sources = [
            fg.constant(np.asarray(a + h * d))
            for a, d in zip(self.arrays, self.direction, strict=True)
        ]
        return float(self.along(sources, order))

    def along(self, sources, order):
        if order == 0:
            return total(run(sources, self.instructions), 2)
        watched = [x for x, moves in zip(sources, self.moving, strict=True) if moves]
        with fg.GradientTape() as tape:
            tape.watch(watched)
            y = self.along(sources, order - 1)
        gradients = tape.gradient(y, sources)
        assert all(g is None for g, m in zip(gradients, self.moving, strict=True) if not m)
        parts = [
            fg.reduce_sum(g * d)
            for g, d in zip(gradients, self.direction, strict=True)
            if g is not None
        ]
        return sum(parts, start=fg.constant(np.float64(0)))

    def difference(self, h, order):
        a, b, c, d = (self.value(k * h, order) for k in (-2, -1, 1, 2))
        return (a - 8 * b + 8 * c - d) / (12 * h)


def agrees_with_differences(program, moving, order):
    slopes = Slopes(program, moving)
    assume(any(slopes.moving))
    got, value = slopes.value(0.0, order), slopes.value(0.0, order - 1)
    scale = 1.0 + abs(value) + abs(got)
    assume(scale < 1e6)
    fine, coarse = slopes.difference(2.0**-10, order - 1), slopes.difference(2.0**-9, order - 1)
    assume(abs(fine - coarse) < 1e-7 * scale)  # smooth enough for differences
    assert abs(got - fine) < 1e-6 * scale


smooth = programs(smooth=True, dtypes=(np.float64,))
choices = st.lists(st.booleans(), max_size=4)


@pytest.mark.filterwarnings("ignore:a gradient is None")
@quick
@given(smooth, choices, st.integers(1, 3))
def test_derivatives_agree_with_differences(program, moving, order):
    agrees_with_differences(program, moving, order)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:a gradient is None")
@thorough
@given(smooth, choices, st.integers(1, 4))
def test_derivatives_agree_with_differences_thoroughly(program, moving, order):
    agrees_with_differences(program, moving, order)


# -------------------------------------------------------------------------------- which tape saw what
COUNT = 4  # tapes in a story
ACTIONS = [
    "enter",
    "leave",
    "watch",
    "watch product",
    "reset",
    "pause",
    "resume",
    *["multiply"] * 4,
]


class Story:
    """Tapes to which things happen while products of a Variable and a constant are computed.

    actions: (name, number) pairs; the number chooses tape and operands.
    only: the one tape to which anything happens, None for all of them.
    """

    def __init__(self, actions, only=None):
        self.x, self.y = fg.Variable(np.float64(2.0)), fg.constant(np.float64(3.0))
        self.tapes = [
            fg.GradientTape(persistent=True, watch_accessed_variables=k % 3 != 1)
            for k in range(COUNT)
        ]
        self.products, self.pauses, self.entered = [self.y], {}, set()
        for name, number in actions:
            if name == "multiply":
                factor = self.x if number % 2 else self.y
                product = self.products[number % len(self.products)] * factor
                self.products.append(product + self.products[-1] * 0.5)
            elif only is None or number % COUNT == only:
                try:
                    self.act(name, number)
                except (ValueError, RuntimeError):
                    pass  # misuse
        for pause in self.pauses.values():
            pause.__exit__(None, None, None)
        for tape in self.tapes:
            tape.__exit__(None, None, None)

    def act(self, name, number):
        which = number % COUNT
        tape = self.tapes[which]
        if name == "enter":
            tape.__enter__()
            self.entered.add(which)
        elif name == "leave":
            tape.__exit__(None, None, None)
        elif name == "watch":
            tape.watch(self.x if number % 3 else self.y)
        elif name == "watch product":
            tape.watch(self.products[number % len(self.products)])
        elif name == "reset":
            tape.reset()
        elif name == "pause" and which not in self.pauses:
            pause = tape.stop_recording()
            pause.__enter__()
            self.pauses[which] = pause
        elif name == "resume" and which in self.pauses:
            self.pauses.pop(which).__exit__(None, None, None)

    def seen_by(self, which):
        """What a tape says about the last product."""
        sources = [self.x, self.y, *self.products[1:5]]
        gradients = self.tapes[which].gradient(self.products[-1], sources)
        watched = [v is self.x for v in self.tapes[which].watched_variables()]
        return [None if g is None else g.numpy().item() for g in gradients], watched


def each_tape_is_as_if_alone(actions, crowd):
    """crowd: how many other tapes record meanwhile; from the 32nd on tapes share a bit."""
    with ExitStack() as stack:
        for _ in range(crowd):
            stack.enter_context(fg.GradientTape(watch_accessed_variables=False))
        together = Story(actions)
        for which in sorted(together.entered):
            assert together.seen_by(which) == Story(actions, only=which).seen_by(which)


stories = st.lists(st.tuples(st.sampled_from(ACTIONS), st.integers(0, 23)), min_size=5, max_size=40)
crowds = st.sampled_from([0, 28, 33])


@pytest.mark.filterwarnings("ignore:a gradient is None")
@quick
@given(stories, crowds)
def test_each_tape_is_as_if_alone(actions, crowd):
    each_tape_is_as_if_alone([("enter", 0), ("enter", 1), *actions], crowd)


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore:a gradient is None")
@thorough
@given(stories, crowds)
def test_each_tape_is_as_if_alone_thoroughly(actions, crowd):
    each_tape_is_as_if_alone([("enter", 0), ("enter", 1), *actions], crowd)


# ------------------------------------------------------------------------------ variables that change
SIZES = {"small": 3, "large": 40}  # in the Tensor itself, and in memory that Tensors share
VIEWS = {
    "read": fg.convert_to_tensor,
    "reshaped": lambda x: fg.reshape(fg.reshape(x, (1, -1)), (-1,)),
    "sliced": lambda x: fg.concat([x[:2], x[2:]], 0),
    "identity": fg.identity,
    "sin": fg.sin,
    "square": fg.square,
    "doubled": lambda x: x * 2.0,
}
STEPS = [
    "read",
    "read",
    "kept",
    "assign",
    "assign_add",
    "assign_sub",
    "multiply",
    "multiply",
    "step",
]


def changing(steps, size, as_constants):
    """Products of Variables that are assigned to meanwhile, and the gradients of their sum.

    as_constants: use the constants that the Variables were, one for each assignment, instead.
    """
    start = [np.linspace(0.5, 1.5, size), np.linspace(-1.0, 1.0, size)]
    variables = [fg.Variable(a) for a in start]
    versions = [[fg.constant(a)] for a in start]
    sgd = fg.keras.optimizers.SGD(0.1, momentum=0.5)
    values, arrays = [fg.constant(np.ones(size))], []
    with fg.GradientTape(persistent=True) as tape:
        tape.watch([version for history in versions for version in history])
        for name, a, b in steps:
            which, place = a % 2, b % len(values)
            v = variables[which]
            operand = versions[which][-1] if as_constants else v
            if name == "read":
                values.append(VIEWS[sorted(VIEWS)[b % len(VIEWS)]](operand))
            elif name == "kept":
                with tape.stop_recording():
                    arrays.append((np.asarray(v.read_value()), v.numpy()))
                values.append(operand.read_value() if not as_constants else fg.identity(operand))
            elif name == "multiply":
                values.append(values[place] * operand * 0.5)
            else:
                with tape.stop_recording():
                    value = fg.constant(np.tanh(values[place].numpy()))
                    if name == "step":
                        sgd.apply_gradients([(value, v), (value, variables[1 - which])])
                    else:
                        getattr(v, name)(value)
                for k in (0, 1):
                    versions[k].append(fg.constant(variables[k]))
                    tape.watch(versions[k][-1])
        y = sum((fg.reduce_sum(x) for x in values), start=fg.constant(np.float64(0)))
    for view, copy in arrays:
        np.testing.assert_array_equal(view, copy)
    if as_constants:
        gradients = [
            sum((g.numpy() for g in tape.gradient(y, history) if g is not None), start=0.0)
            for history in versions
        ]
    else:
        gradients = [0.0 if g is None else g.numpy() for g in tape.gradient(y, variables)]
    return [x.numpy() for x in values], gradients


@quick
@given(
    st.lists(
        st.tuples(st.sampled_from(STEPS), st.integers(0, 1), st.integers(0, 20)),
        min_size=3,
        max_size=25,
    ),
    st.sampled_from(sorted(SIZES)),
)
def test_variables_that_change_are_what_they_were(steps, size):
    """A Variable read before and after an assignment counts as the two constants it was."""
    values, gradients = changing(steps, SIZES[size], False)
    known, wanted = changing(steps, SIZES[size], True)
    for value, want in zip(values, known, strict=True):
        np.testing.assert_array_equal(value, want)
    for gradient, want in zip(gradients, wanted, strict=True):
        np.testing.assert_allclose(gradient, want, rtol=1e-12, atol=1e-12)
