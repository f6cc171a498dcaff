"""Section 3 of docs/semantics.md: what a tape sees."""

import threading
import warnings
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastgrad as fg

from .support import same, values


@pytest.mark.semantics("3.1")
def test_variables_are_watched_when_read():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x).numpy() == 6.0


@pytest.mark.semantics("3.2")
def test_untrainable_variables_are_not():
    x, k = fg.Variable(3.0), fg.Variable(2.0, trainable=False)
    with fg.GradientTape() as tape:
        y = x * k
    assert values(tape.gradient(y, [x, k])) == [2.0, None]
    assert same(tape.watched_variables(), [x])


@pytest.mark.semantics("3.2")
def test_untrainable_variables_can_be_watched():
    k = fg.Variable(2.0, trainable=False)
    with fg.GradientTape() as tape:
        tape.watch(k)
        y = k * k
    assert tape.gradient(y, k).numpy() == 4.0
    assert same(tape.watched_variables(), [k])


@pytest.mark.semantics("3.3")
def test_unwatched_tensors():
    x = fg.constant(3.0)
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.gradient(y, x) is None
    assert tape.gradient(x, x).numpy() == 1.0


@pytest.mark.semantics("3.4")
@pytest.mark.parametrize(
    "nest",
    [
        lambda a, b, x: [a, b, x],
        lambda a, b, x: (a, [b, (x,)]),
        lambda a, b, x: {"a": a, "rest": [b, {"x": x}]},
    ],
)
def test_watch_takes_nests(nest):
    a, b, x = fg.constant(2.0), fg.constant(3.0), fg.Variable(5.0, trainable=False)
    with fg.GradientTape() as tape:
        tape.watch(nest(a, b, x))
        y = a * b * x
    assert values(tape.gradient(y, [a, b, x])) == [15.0, 10.0, 6.0]


@pytest.mark.semantics("3.5")
@pytest.mark.parametrize(
    ("thing", "text"),
    [
        (np.array(1.0), "1.0 of type 'ndarray'"),
        (1.0, "1.0 of type 'float'"),
        (None, "None of type 'NoneType'"),
        ("x", "x.* of type 'str'"),
    ],
)
def test_watch_of_anything_else(thing, text):
    with fg.GradientTape() as tape, pytest.raises(ValueError, match=r"Passed in object .*" + text):
        tape.watch(thing)


@pytest.mark.semantics("3.6")
@pytest.mark.parametrize("value", [3, True, [1, 2]])
def test_watching_an_integer_warns(value):
    x = fg.constant(value)
    with fg.GradientTape() as tape:
        with pytest.warns(UserWarning, match=r"must be floating .*got .*(int32|bool)"):
            tape.watch(x)
        y = fg.cast(x, fg.float32) * 2.0
    assert tape.gradient(y, x) is None


@pytest.mark.semantics("3.6")
def test_the_warning_comes_once_per_line():
    with warnings.catch_warnings(record=True) as seen:
        warnings.simplefilter("default")
        for _ in range(20):
            with fg.GradientTape() as tape:
                tape.watch(fg.constant(3))
    assert len(seen) == 1 and seen[0].filename == __file__


@pytest.mark.semantics("3.7")
def test_a_tape_must_be_entered_first():
    x = fg.constant(3.0)
    with pytest.raises(RuntimeError, match="enter"):
        fg.GradientTape().watch(x)
    with pytest.raises(RuntimeError, match="enter"):
        fg.GradientTape().gradient(x, x)
    with pytest.raises(RuntimeError, match="enter"):
        fg.GradientTape(persistent=True).jacobian(x, x)


@pytest.mark.semantics("3.8")
def test_watch_after_the_block():
    x, c = fg.Variable(3.0), fg.constant(2.0)
    with fg.GradientTape() as tape:
        y = x * x * c
    tape.watch(c)
    assert values(tape.gradient(y, [x, c])) == [12.0, None]


@pytest.mark.semantics("3.8")
def test_watching_late_counts_later_uses():
    x = fg.constant(2.0)
    with fg.GradientTape() as tape:
        y = x * x
        tape.watch(x)
        z = y * x
    assert tape.gradient(z, x).numpy() == 4.0


@pytest.mark.semantics("3.9", "3.13")
def test_a_tape_does_not_see_what_another_recorded():
    x = fg.constant(2.0)
    with fg.GradientTape() as outer:
        outer.watch(x)
        y = x * x
        with fg.GradientTape() as inner:
            inner.watch([x, y])
            z = x * y
        assert values(inner.gradient(z, [x, y])) == [4.0, 2.0]
    assert outer.gradient(z, x).numpy() == 12.0


@pytest.mark.semantics("3.9")
def test_watching_is_per_tape():
    x1, x2 = fg.constant(2.0), fg.constant(3.0)
    with fg.GradientTape() as outer:
        outer.watch(x1)
        with fg.GradientTape() as inner:
            inner.watch(x2)
            y = x1 * x2 * x2
        dy = inner.gradient(y, x2)
    assert dy.numpy() == 12.0
    assert values(outer.gradient(dy, [x1, x2])) == [6.0, None]


@pytest.mark.semantics("3.10")
def test_without_watching_accessed_variables():
    x, w = fg.Variable(3.0), fg.Variable(2.0)
    with fg.GradientTape(watch_accessed_variables=False) as tape:
        tape.watch(w)
        y = x * w
    assert values(tape.gradient(y, [x, w])) == [None, 3.0]
    assert same(tape.watched_variables(), [w])


@pytest.mark.semantics("3.11")
def test_watched_variables_come_in_order_of_creation():
    a, b, c = fg.Variable(1.0), fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        assert tape.watched_variables() == ()
        y = c * a * c
        tape.watch(b)
        tape.watch(a)
    assert isinstance(tape.watched_variables(), tuple)
    assert same(tape.watched_variables(), [a, b, c])
    tape.gradient(y, a)
    assert same(tape.watched_variables(), [a, b, c])


@pytest.mark.semantics("3.11")
def test_watched_variables_belong_to_one_tape():
    a, b = fg.Variable(1.0), fg.Variable(2.0)
    with fg.GradientTape() as outer:
        _ = a * 1.0
        with fg.GradientTape() as inner:
            _ = b * 1.0
    assert same(inner.watched_variables(), [b])
    assert same(outer.watched_variables(), [a, b])


@pytest.mark.semantics("3.11", "3.25")
def test_reset_clears_the_watched_variables():
    a, b = fg.Variable(1.0), fg.Variable(2.0)
    with fg.GradientTape() as tape:
        _ = a * 1.0
        tape.reset()
        assert tape.watched_variables() == ()
        _ = b * 1.0
    assert same(tape.watched_variables(), [b])


@pytest.mark.semantics("3.12")
def test_intermediate_results_are_sources():
    x = fg.ones((2, 2))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = fg.reduce_sum(x)
        z = fg.multiply(y, y)
    assert tape.gradient(z, y).numpy() == 8.0


@pytest.mark.semantics("3.13")
def test_only_the_block_is_recorded():
    x = fg.Variable(3.0)
    before = x * x
    with fg.GradientTape(persistent=True) as tape:
        inside = x * x
    after = inside * x
    assert tape.gradient(before, x) is None
    assert tape.gradient(after, x) is None
    assert tape.gradient(inside, x).numpy() == 6.0


@pytest.mark.semantics("3.14")
def test_equal_constants_are_distinct():
    a, b = fg.constant(2.0), fg.constant(2.0)
    with fg.GradientTape() as tape:
        tape.watch([a, b])
        y = a * a * b
    assert values(tape.gradient(y, [a, b])) == [8.0, 4.0]


@pytest.mark.semantics("3.15")
def test_uses_accumulate():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x + x + fg.add(x, x) * x
    assert tape.gradient(y, x).numpy() == 2 * 3.0 + 1.0 + 4 * 3.0


@pytest.mark.semantics("3.16")
def test_python_max_min_sorted():
    xs = [fg.Variable(1.0), fg.Variable(2.0), fg.Variable(3.0)]
    with fg.GradientTape(persistent=True) as tape:
        largest, least = max(xs), min(xs)
        middle = sorted(xs, reverse=True)[1] * 5.0
    assert values(tape.gradient(largest, xs)) == [None, None, 1.0]
    assert values(tape.gradient(least, xs)) == [1.0, None, None]
    assert values(tape.gradient(middle, xs)) == [None, 5.0, None]


@pytest.mark.semantics("3.16")
def test_python_sum():
    xs = [fg.Variable(1.0), fg.Variable(2.0)]
    with fg.GradientTape() as tape:
        total = sum(xs)
    assert total.numpy() == 3.0
    assert values(tape.gradient(total, xs)) == [1.0, 1.0]


@pytest.mark.semantics("3.17")
@pytest.mark.parametrize(
    "alias", [lambda x: x + 0, lambda x: x - 0, lambda x: x * 1, lambda x: fg.identity(x)]
)
@pytest.mark.parametrize("wrap", [lambda f: f, fg.function], ids=["plain", "function"])
def test_aliases_are_sources_of_their_own(alias, wrap):
    def run(x):
        z = alias(x)
        with fg.GradientTape() as tape:
            tape.watch([x, z])
            y = x * 2.0 + z * 30.0
        return tape.gradient(y, [x, z])

    assert values(wrap(run)(fg.constant(1.0))) == [2.0, 30.0]


@pytest.mark.semantics("3.17")
def test_an_alias_made_inside_passes_the_gradient_on():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        z = fg.identity(x) * 1 + 0
        y = z * z
    assert values(tape.gradient(y, [x, z])) == [6.0, 6.0]


def in_thread(work):
    """Run `work` in another thread and give its result, or raise what it raised."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(work).result()


@pytest.mark.semantics("3.18")
def test_other_threads_are_not_recorded():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
        foreign = in_thread(lambda: x * x)
    assert tape.gradient([y, foreign], x).numpy() == 6.0
    with fg.GradientTape() as tape:
        foreign = in_thread(lambda: x * x)
    assert foreign.numpy() == 9.0
    assert tape.gradient(foreign, x) is None


@pytest.mark.semantics("3.18")
def test_gradient_in_another_thread():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
    assert in_thread(lambda: tape.gradient(y, x)).numpy() == 6.0


@pytest.mark.semantics("3.18")
def test_threads_have_tapes_of_their_own():
    x = fg.Variable(2.0)
    start, results = threading.Barrier(4), {}

    def work(k):
        start.wait()
        seen = set()
        for _ in range(200):
            with fg.GradientTape() as tape:
                y = x * x * float(k) + x
            seen.add(float(tape.gradient(y, x)))
        results[k] = seen

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert results == {k: {4.0 * k + 1.0} for k in range(4)}


@pytest.mark.semantics("3.19")
def test_two_tapes_in_one_with():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape0, fg.GradientTape() as tape1:
        y = x * x
        z = y * x
    assert tape0.gradient(z, x).numpy() == 27.0
    assert tape1.gradient(y, x).numpy() == 6.0


@pytest.mark.semantics("3.19")
def test_tapes_may_be_closed_in_any_order():
    x = fg.Variable(3.0)
    tape0, tape1 = fg.GradientTape(), fg.GradientTape()
    tape0.__enter__()
    y = x * x
    tape1.__enter__()
    z = x * y
    tape0.__exit__(None, None, None)
    w = z * x
    tape1.__exit__(None, None, None)
    assert tape0.gradient(z, x).numpy() == 27.0
    assert tape1.gradient(w, x).numpy() == 9.0 * 6.0


@pytest.mark.semantics("3.20")
@pytest.mark.parametrize("persistent", [False, True])
def test_a_tape_can_be_entered_again(persistent):
    x = fg.Variable(3.0)
    tape = fg.GradientTape(persistent=persistent)
    with tape:
        y = 2.0 * x
    with tape:
        z = 2.0 * y
    assert tape.gradient(z, x).numpy() == 4.0


@pytest.mark.semantics("3.21")
def test_an_active_tape_cannot_be_entered():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        with pytest.raises(ValueError, match="Tape is still recording"):
            tape.__enter__()
        y = x * x
    assert tape.gradient(y, x).numpy() == 6.0


@pytest.mark.semantics("3.22")
def test_an_exception_closes_the_tape():
    x = fg.Variable(3.0)
    with pytest.raises(ZeroDivisionError), fg.GradientTape() as tape:
        y = x * x
        raise ZeroDivisionError
    unrecorded = y * x
    with fg.GradientTape() as later:
        z = x * 5.0
    assert later.gradient(z, x).numpy() == 5.0
    assert tape.gradient([y, unrecorded], x).numpy() == 6.0


@pytest.mark.semantics("3.23")
def test_leaving_a_tape_that_is_not_recording():
    x = fg.Variable(3.0)
    fg.GradientTape().__exit__(None, None, None)
    with fg.GradientTape() as tape:
        y = x * x
    tape.__exit__(None, None, None)
    assert tape.gradient(y, x).numpy() == 6.0


@pytest.mark.semantics("3.24")
def test_stop_recording():
    x = fg.Variable(2.0)
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
        with tape.stop_recording():
            hidden = x * x
        z = y + 3.0 * hidden
    assert tape.gradient(hidden, x) is None
    assert tape.gradient(z, x).numpy() == 4.0


@pytest.mark.semantics("3.24")
def test_stop_recording_is_for_one_tape():
    x = fg.Variable(2.0)
    with fg.GradientTape() as outer, fg.GradientTape() as inner, inner.stop_recording():
        y = x * x
    assert outer.gradient(y, x).numpy() == 4.0
    assert inner.gradient(y, x) is None


@pytest.mark.semantics("3.24")
def test_stop_recording_resumes_after_an_exception():
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        with pytest.raises(KeyError), tape.stop_recording():
            raise KeyError("x")
        y = x * x
    assert tape.gradient(y, x).numpy() == 4.0


@pytest.mark.semantics("3.24")
def test_stop_recording_needs_a_recording_tape():
    tape = fg.GradientTape()
    with pytest.raises(RuntimeError, match="not recording"), tape.stop_recording():
        pass
    with tape:
        pass
    with pytest.raises(ValueError, match="Tape is not recording"), tape.stop_recording():
        pass


@pytest.mark.semantics("3.25")
def test_reset():
    x = fg.Variable(1.0)
    with fg.GradientTape() as tape:
        loss = x * x
        tape.reset()
        loss = loss + x * x
    assert tape.gradient(loss, x).numpy() == 2.0


@pytest.mark.semantics("3.25")
def test_reset_needs_a_recording_tape():
    with fg.GradientTape() as tape:
        pass
    with pytest.raises(ValueError, match="Tape is not recording"):
        tape.reset()


@pytest.mark.semantics("3.26")
def test_a_used_tape_starts_afresh():
    x = fg.Variable(2.0)
    tape = fg.GradientTape()
    with tape:
        y = x * x
    assert tape.gradient(y, x).numpy() == 4.0
    with tape:
        z = x * x * x
    assert tape.gradient(z, x).numpy() == 12.0
