"""A stage as simple as can be: numbers in a box that doesn't tell its value.

Branches run both functions, the one not taken first; loops run one more time than needed.
"""

import operator

import pytest

from fastgrad._autograph.operators import Undefined, use_stage


class Traced:
    """A number that Python can't ask for its truth."""

    __hash__ = None

    def __init__(self, value):
        self.value = value.value if isinstance(value, Traced) else value

    def __bool__(self):
        raise TypeError("the value of a traced tensor was asked for")

    __int__ = __float__ = __index__ = __iter__ = __len__ = __bool__

    def __repr__(self):
        return f"Traced({self.value!r})"


def _lift(name):
    function = getattr(operator, name)

    def method(self, *others):
        if any(isinstance(other, Undefined) for other in others):
            return NotImplemented
        return Traced(function(self.value, *map(plain, others)))

    def reflected(self, other):
        return Traced(function(plain(other), self.value))

    setattr(Traced, f"__{name.strip('_')}__", method)
    if name in ("add", "sub", "mul", "truediv", "floordiv", "mod", "pow"):
        setattr(Traced, f"__r{name}__", reflected)


for _name in "add sub mul truediv floordiv mod pow neg abs lt le gt ge eq ne".split():
    _lift(_name)


class TracedList(Traced):
    """Stands for a tensor of rank 1, which only the stage can loop over."""


class Range(TracedList):
    def __init__(self, start, stop, step):
        super().__init__(range(plain(start), plain(stop), plain(step)))


def plain(x):
    """x without boxes, in any nest."""
    if isinstance(x, Traced):
        return plain(x.value)
    if isinstance(x, (list, tuple)):
        return type(x)(map(plain, x))
    if isinstance(x, dict):
        return {key: plain(value) for key, value in x.items()}
    return x


def boxed(x):
    """x as the result of something traced: numbers in boxes, undefined ones as they are."""
    if isinstance(x, (bool, int, float)):
        return Traced(x)
    if isinstance(x, (list, tuple)):
        return type(x)(map(boxed, x))
    return x


class ReferenceStage:
    def __init__(self):
        self.branched, self.looped, self.checks = 0, 0, []

    def is_traced(self, x):
        return isinstance(x, Traced)

    is_tensor = is_traced

    def branches(self, test, true_fn, false_fn, names):
        self.branched += 1
        taken, other = (true_fn, false_fn) if plain(test) else (false_fn, true_fn)
        try:
            spare = other()
        except ZeroDivisionError:  # boxes hold values: what isn't taken may not compute
            spare = None
        result = taken()
        assert len(result) == len(names)
        if spare is None:
            return tuple(map(boxed, result))
        assert len(spare) == len(names), (spare, names)
        return tuple(map(self.merged, result, spare))

    @staticmethod
    def merged(value, spare):
        if isinstance(value, Undefined):
            return boxed(spare) if value.name == "<return>" else value
        return value if value is spare else boxed(value)

    def loop(self, test_fn, body_fn, state, names):
        self.looped += 1
        assert len(state) == len(names)
        state = tuple(map(boxed, state))
        while plain(test_fn(*state)):
            state = self.turn(body_fn, state)
        return state

    def loop_over(self, iterable, body_fn, state, names, test_fn=None):
        self.looped += 1
        assert len(state) == len(names)
        state = tuple(map(boxed, state))
        for x in iterable.value:
            if test_fn is not None and not plain(test_fn(*state)):
                break
            state = self.turn(body_fn, state, Traced(x))
        return state

    def turn(self, body_fn, state, *item):
        """One iteration; the body runs twice, which must change nothing."""
        body_fn(*item, *state)
        new = body_fn(*item, *state)
        assert len(new) == len(state)
        return tuple(
            old if isinstance(value, Undefined) else boxed(value)
            for value, old in zip(new, state, strict=True)
        )

    def both(self, a, fn):
        return Traced(bool(plain(fn())) and bool(plain(a)))

    def either(self, a, fn):
        return Traced(bool(plain(fn())) or bool(plain(a)))

    def opposite(self, a):
        return Traced(not plain(a))

    def check(self, test, message_fn):
        self.checks.append(plain(test))
        if not plain(test):
            raise AssertionError(message_fn())

    def acts(self, fn):
        self.asked = not getattr(self, "asked", True)  # every other time, to go both ways
        return self.asked

    def without_effects(self, fn, error):
        pass

    def number_type(self, x):
        return None

    def number(self, x, kind):
        return Traced(kind(plain(x)))

    Range = Range


@pytest.fixture
def stage():
    new = ReferenceStage()
    before = use_stage(new)
    yield new
    use_stage(before)
