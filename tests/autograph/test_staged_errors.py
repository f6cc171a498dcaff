"""What staged code can't do, and what is said about it."""

import re

import pytest

from fastgrad._autograph import ConversionError, convert, staging
from fastgrad._autograph.operators import Undefined

from .reference import Traced, TracedList, plain, stage  # noqa: F401

pytestmark = pytest.mark.usefixtures("stage")


def fails(function, *arguments, text):
    """The call raises a ConversionError at the line that ends in `# here`."""
    import inspect

    lines, first = inspect.getsourcelines(function)
    here = next(n for n, line in enumerate(lines, first) if "# here" in line)
    with pytest.raises(ConversionError, match=text) as caught:
        convert(function)(*arguments)
    message = str(caught.value)
    assert re.match(rf'{function.__name__} \("{re.escape(__file__)}", line {here}\): ', message)


def test_a_name_assigned_in_one_branch():
    def f(x):
        if x > 0:
            y = x
        return y + 1

    assert plain(convert(f)(Traced(2))) == 3
    for use in (convert(f), convert(lambda x: -f(x))):
        with pytest.raises(UnboundLocalError, match="'y' .* only in some branches"):
            use(Traced(-1))


def test_a_name_assigned_in_no_branch():
    def f(x, y):
        if x > 0:
            if y:
                z = 1
        return z

    with pytest.raises(UnboundLocalError, match="variable 'z' where it is not") as caught:
        convert(f)(Traced(1), False)
    assert "branches" not in str(caught.value)


@pytest.mark.parametrize(
    "use",
    [bool, float, len, iter, abs, str, lambda u: u + 1, lambda u: 1 - u, lambda u: u.shape]
    + [lambda u: u[0], lambda u: u(), lambda u: u == 1, lambda u: u < 1, lambda u: 2**u],
)
def test_undefined(use):
    with pytest.raises(UnboundLocalError, match="'name'"):
        use(Undefined("name"))


def test_return_in_one_case_only():
    def f(x):
        if x > 0:  # here
            return x

    fails(f, Traced(1), text="None in the other")
    fails(f, Traced(-1), text="None in the other")
    assert convert(f)(1) == 1 and convert(f)(-1) is None


def test_jump_out_of_a_block():
    def with_(x):
        with open(__file__) as file:
            if x > 0:  # here
                return x
        return file

    def try_(x):
        for k in range(3):
            try:
                if x > k:  # here
                    break
            finally:
                x += 1
        return x

    fails(with_, Traced(1), text="inside a `with` or `try` block")
    fails(try_, Traced(1), text="inside a `with` or `try` block")
    assert convert(with_)(1) == 1


def test_tests_that_stay_python():
    def walrus(x):
        return x > 0 and (y := x) and y  # here

    def conditional(x):
        return (y := x) if x > 0 else -(y := x) * y  # here

    def comprehension(x):
        return [k for k in range(3) if k > x]  # here

    def guard(x):
        match x:
            case _ if x > 0:  # here
                return 1
            case _:
                return 2

    fails(walrus, Traced(1), text="assign the name in a statement before")
    fails(conditional, Traced(1), text="assign the name in a statement before")
    fails(comprehension, Traced(1), text="the number of its items")
    fails(guard, Traced(1), text="use `if` and `elif`")
    assert [convert(f)(1) for f in (walrus, conditional, comprehension, guard)] == [1, 1, [2], 1]


def test_containers_that_change():
    def append(x):
        out = []
        for k in x:
            out.append(k)  # here
        return out

    def update(x):
        seen = {}
        if x > 0:
            seen.update(a=x)  # here
        return seen

    def attribute(x):
        class Log:
            items = []  # noqa: RUF012

        while x > 0:
            Log.items.append(x)  # here
            x -= 1
        return x

    def element(x):
        out = [0] * 3
        i = 0
        while i < x:
            i += 1
            out[i] = x  # here
        return out

    fails(append, TracedList([1, 2]), text="changes a Python list .* fg.scan or fg.map_fn")
    fails(update, Traced(1), text="changes a Python dict")
    fails(attribute, Traced(1), text="changes a Python list")
    fails(element, Traced(1), text="not the same each time")
    assert convert(append)([1, 2]) == [1, 2]
    assert convert(element)(2) == [0, 2, 2]


def test_own_containers_may_change():
    def f(x):
        y = 0
        while y < x:
            parts = []
            for k in range(3):
                parts.append(k)
            y += sum(parts)
        return y

    assert plain(convert(f)(Traced(4))) == 6


def test_names_are_those_of_the_state(stage):  # noqa: F811
    seen = []
    inner = stage.branches, stage.loop

    def branches(test, true_fn, false_fn, names):
        seen.append(names)
        return inner[0](test, true_fn, false_fn, names)

    def loop(test_fn, body_fn, state, names):
        seen.append(names)
        return inner[1](test_fn, body_fn, state, names)

    stage.branches, stage.loop = branches, loop

    def f(x, unused):
        temporary = total = 0
        while total < x:
            temporary = total + 1
            total = temporary
        if x > 3:
            temporary = total
            kept = temporary * 2
        else:
            kept = unused = 0  # noqa: F841
        return kept

    assert plain(convert(f)(Traced(5), 0)) == 10
    assert seen == [("total",), ("kept",)]


def test_names_don_t_leak_between_branches():
    def f(x):
        if x > 0:
            spare = 1
            y = spare
        else:
            try:
                y = spare
            except NameError:
                y = -1
        return y

    assert plain(convert(f)(Traced(-1))) == -1
    assert plain(convert(f)(Traced(1))) == 1


@pytest.mark.parametrize("x", [1, -1])
def test_an_error_raised_in_a_branch(x):
    def f(x):
        if x < 0:
            raise ValueError("negative")
        return x

    with pytest.raises(ValueError) as caught:
        convert(f)(Traced(x))
    assert str(caught.value) == "negative"
    (note,) = caught.value.__notes__
    assert f'"{__file__}", line {f.__code__.co_firstlineno + 2}' in note
    assert "write `assert test, message`" in note
    with pytest.raises(ValueError) as caught:
        convert(f)(-1)
    assert not hasattr(caught.value, "__notes__")


def test_errors_caught_in_a_branch():
    def f(x):
        if x > 0:
            try:
                raise ValueError
            except ValueError:
                x = x + 1
        return x

    assert plain(convert(f)(Traced(1))) == 2


def test_an_endless_python_iterable(monkeypatch):
    monkeypatch.setattr(staging, "MOST_ITEMS", 100)

    def f(x):
        import itertools

        for k in itertools.count():  # here
            if x < k:
                break
        return x

    fails(f, Traced(3), text="loop over fg.range or a tensor, or use `while`")
    assert convert(f)(3) == 3


def test_a_failed_check():
    def f(x):
        assert x > 0, f"got {x.value}"
        return x

    with pytest.raises(AssertionError, match="got -1"):
        convert(f)(Traced(-1))
