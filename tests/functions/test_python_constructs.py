"""Python that has nothing to do with Tensors means in a function what it means outside, beside what does."""

import contextlib
import functools

import numpy as np
import pytest

import fastgrad as fg

FACTOR = 2.0


def both(f, *calls):
    """What the function gives for each call, as numbers, after a check that Python gives the same."""
    traced, found = fg.function(f), []
    for args in calls:
        tensors = [fg.constant(x) if isinstance(x, (float, list)) else x for x in args]
        want, got = f(*tensors), traced(*tensors)
        assert np.array_equal(want.numpy(), got.numpy()) and want.dtype == got.dtype
        found.append(got.numpy().tolist())
    return found


def test_comprehensions_and_generators():
    def f(x, n):
        parts = [x * float(k) for k in range(n) if k != 1]
        table = {k: part for k, part in enumerate(parts)}
        return sum(part for part in table.values()) + fg.math.add_n([x for _ in {1, 2}])

    assert both(f, (1.0, 4), (2.0, 3)) == [7.0, 8.0]


def test_builtins_and_unpacking():
    def f(x, y):
        first, *rest = [x, y, x * y]
        total = first
        for k, (p, q) in enumerate(zip(rest, reversed(rest), strict=True)):
            total = total + p * q * float(k + len(rest))
        return total * max(1.0, min(3.0, 2.0)) if isinstance(rest, list) else x

    assert both(f, (1.0, 2.0), (2.0, 3.0)) == [42.0, 184.0]


def test_globals_and_what_they_become():
    global FACTOR
    FACTOR = 2.0

    def f(x):
        return x * FACTOR

    assert both(f, (3.0,)) == [6.0]


def test_docstrings_defaults_and_annotations():
    def f(x: float, *, scale: float = 3.0, shift=None) -> float:
        """Text with if, while and for."""
        shift = 1.0 if shift is None else shift
        return x * scale + shift

    assert both(f, (2.0,), (3.0,)) == [7.0, 10.0]
    assert fg.function(f).__doc__ == f.__doc__


def test_a_local_function_with_state_of_its_own():
    def f(x):
        count = 0

        def more(y):
            nonlocal count
            count += 1
            return y * float(count)

        return more(x) + more(x) + more(x)

    assert both(f, (1.0,), (2.0,)) == [6.0, 12.0]


def test_partial_functions_and_callables():
    class Scale:
        def __init__(self, by):
            self.by = by

        def __call__(self, x):
            if x > 1.0:
                return x * self.by
            return x

    def f(by, x):
        return x + by

    half = fg.function(functools.partial(f, 0.5))
    assert [half(fg.constant(v)).numpy() for v in (1.0, 2.0)] == [1.5, 2.5]
    g = fg.function(lambda x: Scale(3.0)(x))
    assert [g(fg.constant(v)).numpy() for v in (1.0, 2.0)] == [1.0, 6.0]


def test_with_try_and_finally():
    @contextlib.contextmanager
    def noting(notes, text):
        notes.append("in " + text)
        yield
        notes.append("out " + text)

    def f(x):
        notes = []
        try:
            with noting(notes, "a"):
                x = x * 2.0
                raise ValueError("expected")
        except ValueError as error:
            assert str(error) == "expected"
            x = x + float(len(notes))
        else:
            x = x * 100.0
        finally:
            x = x + 0.5
        return x

    assert both(f, (1.0,), (5.0,)) == [3.5, 11.5]


def test_augmented_assignments_and_chains():
    def f(x, y):
        a = b = x
        a += y
        b *= a
        a, b = b, a
        c = a - b
        if c > 0.0:
            a -= c
        elif a < b <= 10.0:
            a /= 2.0
        return a - b

    both(f, (1.0, 2.0), (3.0, 2.0), (0.5, 0.25), (-4.0, 1.0))


def test_attributes_and_elements_that_python_holds():
    class State:
        total = None

    def f(x, n):
        state, parts = State(), {}
        state.total = x * 0.0
        for k in range(n):
            parts["last"] = x * float(k)
            state.total = state.total + parts["last"]
            if k > 2:
                del parts["last"]
                break
        return state.total + float(len(parts))

    assert both(f, (1.0, 2), (1.0, 9), (2.0, 3)) == [2.0, 6.0, 7.0]


def test_lists_that_python_loops_fill():
    def f(x, n):
        parts = []
        k = 0
        while k < n:
            parts.append(x + float(k))
            k += 1
        parts.insert(0, parts.pop())
        return fg.stack(parts)

    assert both(f, (1.0, 3), (2.0, 2)) == [[3.0, 1.0, 2.0], [3.0, 2.0]]


def test_branches_on_shapes_dtypes_and_none():
    def f(x, bias=None):
        if x.shape.rank == 0:
            x = x[None]
        if x.dtype == fg.float32 and bias is None:
            x = x * 2.0
        n = x.shape[0] if x.shape else 1
        return fg.reduce_sum(x) / n

    assert both(f, (3.0,), ([1.0, 2.0],), ([1.0, 2.0, 6.0],)) == [6.0, 3.0, 6.0]


def test_returns_from_within_loops():
    def by_for(x, n):
        for i in fg.range(n):
            x = x * 2.0
            if x > 10.0:
                return x + fg.cast(i, fg.float32) / 8.0
        return -x

    def by_rows(m, limit):
        total = limit * 0.0
        for row in m:
            total = total + fg.reduce_sum(row)
            if total > limit:
                return total
        return total - 100.0

    assert both(by_for, (3.0, 5), (3.0, 1), (20.0, 4)) == [12.125, -6.0, 40.0]
    rows = [[1.0, 2.0], [3.0, 4.0], [5.0, 6.0]]
    assert both(by_rows, (rows, 4.0), (rows, 100.0), (rows, 0.0)) == [10.0, -79.0, 3.0]


def test_names_that_only_some_paths_define():
    def f(x):
        if x > 0.0:
            y = x * 2.0
            z = y + 1.0
        else:
            z = x
            y = x * x
        for i in fg.range(2):
            part = z * fg.cast(i, fg.float32)
            z = z + part
        return z + y

    assert both(f, (1.0,), (-3.0,)) == [8.0, 3.0]


def test_errors_of_python_come_out():
    @fg.function
    def f(x, kind):
        if kind == "key":
            return {}[kind]
        if kind == "name":
            return missing + x  # noqa: F821
        if kind == "value":
            raise ValueError(f"not {kind}")
        return x * 2.0

    x = fg.constant(1.0)
    for kind, error in (("key", KeyError), ("name", NameError), ("value", ValueError)):
        with pytest.raises(error):
            f(x, kind)
    assert f(x, "none").numpy() == 2.0


def test_a_number_that_became_an_input_is_still_a_number():
    kinds = []

    @fg.function
    def f(x, n, k):
        kinds.append([isinstance(n, float), isinstance(n, (int, str)), isinstance(k, int)])
        return x * n + k if isinstance(n, float) else x

    x = fg.constant(2.0)
    assert [f(x, 0.5 * n, n).numpy() for n in range(1, 6)] == [2.0, 4.0, 6.0, 8.0, 10.0]
    assert kinds[0] == kinds[-1] == [True, False, True] and len(kinds) < 5
