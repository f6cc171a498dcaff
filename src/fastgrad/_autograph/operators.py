"""What converted code calls: Python's own meaning, unless a traced tensor decides.

What happens then is the business of a *stage*, an object with the methods that `PythonStage` has
and lists, set by `use_stage`.
"""

import operator
import sys
from os.path import dirname, join

PACKAGE = join(dirname(dirname(__file__)), "")


class ConversionError(TypeError):
    """A traced tensor decides at a construct that can't be converted."""


class PythonStage:
    """The stage while nothing is traced: no value is a tensor.

    While `is_traced` or `is_tensor` can be true, a stage also has:

    branches(test, true_fn, false_fn, names): each function takes nothing and returns a tuple of
        values; gives the tuple of those that test chooses. Each is called once at most.
    loop(test_fn, body_fn, state, names): test_fn(*state), body_fn(*state) -> state; gives the last.
    loop_over(iterable, body_fn, state, names, test_fn=None): body_fn(item, *state) -> state, for
        all items, or until test_fn(*state) is false.
    both(a, fn), either(a, fn), opposite(a): `and` and `or` with a function for the right side; not.
    check(test, message_fn): `assert`.
    Range(start, stop, step): `range` with a traced argument.
    number(x, kind): a traced x as `kind`, one of int, float, bool.
    number_type(x): float or int, if x stands for a Python number.
    acts(fn): True if fn() does something besides computing, so that it must not be called twice.
    without_effects(fn, error): raise the error if it does.

    There is a name for each value, for errors: a variable, `self.x`, `d['k']`, or what Python has
    no name for: "<expression>" of a conditional expression, "<return>" the value returned,
    "<count>" of `enumerate`, and the flags "<stop>" and "<returned>", which are False before a loop
    and a bool or a boolean tensor after. Values are nests of tensors or any Python objects; what is
    the same object in both branches, or before and after the body, has not been assigned to.

    A value is `Undefined` if its name has none: in one branch or both, or before a loop. If it
    is in one branch only, or in both, the result is too. Only "<return>" has a value after a
    branch or loop if it has one anywhere; whoever did not return never looks at it, so anything of
    that structure will do (zeros).
    """

    @staticmethod
    def is_traced(x):
        """True for a tensor whose value Python must not ask for."""
        return False

    @staticmethod
    def is_tensor(x):
        """True for what is looped over by the stage (any tensor while a function is traced)."""
        return False

    @staticmethod
    def number_type(x):
        """What Python number a tensor stands for."""
        return None


stage = PythonStage()


def use_stage(new):
    """Set the stage; gives the one before."""
    global stage
    before, stage = stage, new
    return before


# --------------------------------------------------------------------------------- undefined names
class Undefined:
    """Stands for a name without value. Whatever is done with it raises UnboundLocalError."""

    __slots__ = ("name",)

    def __init__(self, name):
        self.name = name

    def __repr__(self):
        return f"Undefined({self.name!r})"

    def __getattr__(self, attribute):
        raise UnboundLocalError(
            f"cannot access local variable '{self.name}' where it is not associated with a value: "
            "it is assigned only in some branches of an `if` (or in the body of a loop) that a "
            "traced tensor decides; assign it before, or in all branches"
        )

    def _use(self, *args):
        self.__getattr__("")


_BINARY = "add sub mul truediv floordiv mod divmod pow matmul lshift rshift and or xor".split()
_OTHERS = """bool float int index complex len iter next call getitem setitem contains neg pos abs
    invert eq ne lt le gt ge enter format str array""".split()
for _name in [*_BINARY, *("r" + name for name in _BINARY), *_OTHERS]:
    setattr(Undefined, f"__{_name}__", Undefined._use)


# ------------------------------------------------------------------------------------- deciding
class Staged:
    """A value that the stage has to act on."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value


def test(x):
    """The test of an `if`: True, False, or Staged."""
    if x is True or x is False:
        return x
    return Staged(x) if stage.is_traced(x) else bool(x)


def loop_test(x):
    """The test of a `while`: True, False, or Staged."""
    if x is True or x is False:
        return x
    return Staged(x) if stage.is_tensor(x) or stage.is_traced(x) else bool(x)


def iterate(iterable):
    """What a `for` loops over: an iterator, or Staged."""
    staged = isinstance(iterable, _Enumerate) or stage.is_tensor(iterable)
    return Staged(iterable) if staged else iter(iterable)


def and_(value, *others):
    """`value and other() and ...`."""
    for n, other in enumerate(others):
        if stage.is_traced(value):
            return stage.both(value, lambda: and_(other(), *others[n + 1 :]))  # noqa: B023
        if not value:
            return value
        value = other()
    return value


def or_(value, *others):
    """`value or other() or ...`."""
    for n, other in enumerate(others):
        if stage.is_traced(value):
            return stage.either(value, lambda: or_(other(), *others[n + 1 :]))  # noqa: B023
        if value:
            return value
        value = other()
    return value


def not_(x):
    """`not x`."""
    return stage.opposite(x) if stage.is_traced(x) else not x


_COMPARE = {
    "Lt": operator.lt,
    "LtE": operator.le,
    "Gt": operator.gt,
    "GtE": operator.ge,
    "Eq": operator.eq,
    "NotEq": operator.ne,
    "Is": operator.is_,
    "IsNot": operator.is_not,
    "In": lambda a, b: a in b,
    "NotIn": lambda a, b: a not in b,
}


def chain(ops, left, right, *others):
    """`left < right < other() < ...`, where ops names the comparisons."""
    result = _COMPARE[ops[0]](left, right)
    if not others:
        return result
    if stage.is_traced(result):
        return stage.both(result, lambda: chain(ops[1:], right, others[0](), *others[1:]))
    return chain(ops[1:], right, others[0](), *others[1:]) if result else result


def choose(value, true_fn, false_fn):
    """`true_fn() if value else false_fn()`."""
    if stage.is_traced(value):
        return stage.branches(
            value, lambda: (true_fn(),), lambda: (false_fn(),), ("<expression>",)
        )[0]
    return true_fn() if value else false_fn()


_ADVICE = {
    "walrus": "`and`, `or` or a conditional expression with `:=` after its test depends on a traced "
    "tensor: assign the name in a statement before",
    "comprehension": "the condition of a comprehension depends on a traced tensor, and so would the "
    "number of its items: use fg.where on whole tensors, or a `for` loop that adds up what it needs",
    "guard": "the guard of a `case` depends on a traced tensor: use `if` and `elif`",
}


def decided(value, construct):
    """The test of something that isn't converted."""
    if stage.is_traced(value):
        filename, line, name = user_line()
        raise ConversionError(f'{name} ("{filename}", line {line}): {_ADVICE[construct]}')
    return value


def checked(value, message_fn):
    """The test of an `assert`, which a stage makes if it is traced."""
    if stage.is_traced(value):
        stage.check(value, message_fn)
        return True
    return value


# ----------------------------------------------------------------------------- builtin functions
class _Enumerate:
    """`enumerate` of what the stage loops over."""

    def __init__(self, iterable, start):
        self.iterable, self.start = iterable, start

    def __iter__(self):
        return iter(enumerate(self.iterable, self.start))


def _range(*args):
    if not any(map(stage.is_traced, args)):
        return range(*args)
    start, stop, step = (0, *args, 1) if len(args) == 1 else (*args, 1) if len(args) == 2 else args
    return stage.Range(start, stop, step)


def _enumerate(iterable, start=0):
    return (_Enumerate if stage.is_tensor(iterable) else enumerate)(iterable, start)


def _number(kind):
    def number(*args, **kwargs):
        if len(args) == 1 and not kwargs and stage.is_traced(args[0]):
            return stage.number(args[0], kind)
        return kind(*args, **kwargs)

    return number


def _isinstance(x, kinds):
    kind = stage.number_type(x)
    return isinstance(x, kinds) or (kind is not None and isinstance(kind(), kinds))


def _any(iterable):
    return _fold(iterable, "either", True)


def _all(iterable):
    return _fold(iterable, "both", False)


def _fold(iterable, join, decided):
    result = not decided
    for x in iterable:
        if stage.is_traced(result):
            result = getattr(stage, join)(result, lambda x=x: x)
        elif stage.is_traced(x):
            result = x
        elif bool(x) is decided:
            return decided
    return result


def _extreme(builtin, better):
    def extreme(*args, **kwargs):
        if kwargs:
            return builtin(*args, **kwargs)
        items = args if len(args) != 1 else tuple(args[0])
        if not any(map(stage.is_traced, items)) or len(items) < 2:
            return builtin(items)
        best = items[0]
        for x in items[1:]:
            best = choose(better(x, best), lambda x=x: x, lambda best=best: best)
        return best

    return extreme


BUILTINS = {
    range: _range,
    enumerate: _enumerate,
    int: _number(int),
    float: _number(float),
    bool: _number(bool),
    isinstance: _isinstance,
    any: _any,
    all: _all,
    max: _extreme(max, operator.gt),
    min: _extreme(min, operator.lt),
}


_COMPREHENSIONS = ("<listcomp>", "<setcomp>", "<dictcomp>", "<genexpr>")


def user_line():
    """(filename, line, function name) of the innermost frame that is not fastgrad's own."""
    frame = sys._getframe(1)
    while frame is not None and frame.f_code.co_filename.startswith(PACKAGE):
        frame = frame.f_back
    if frame is None:
        return "<unknown>", 0, "<unknown>"
    filename, line = frame.f_code.co_filename, frame.f_lineno
    while frame.f_code.co_name in _COMPREHENSIONS and frame.f_back is not None:
        frame = frame.f_back
    return filename, line, frame.f_code.co_name
