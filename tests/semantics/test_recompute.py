"""Section 8 of docs/semantics.md, lines 8.17 on: `recompute_grad`."""

import dataclasses

import numpy as np
import pytest

import fastgrad as fg

from .support import derivatives, values


def same_as_plain(f, sources, *args, **kwargs):
    """The gradients of f and of recompute_grad(f) with respect to `sources`; they must be equal."""
    results = []
    for run in (f, fg.recompute_grad(f)):
        with fg.GradientTape() as tape:
            tape.watch(sources)
            y = run(*args, **kwargs)
        results.append(values(tape.gradient(y, sources)))
    assert results[0] == results[1]
    return results[0]


@pytest.mark.semantics("8.17")
def test_it_runs_once_more():
    calls = []

    @fg.recompute_grad
    def f(x):
        calls.append(x)
        return fg.exp(x) * x

    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = f(x)
    assert len(calls) == 1
    assert tape.gradient(y, x).shape == (2,)
    assert len(calls) == 2


@pytest.mark.semantics("8.17")
def test_it_is_not_run_again_for_a_branch_without_cotangent():
    calls = []

    @fg.recompute_grad
    def f(x):
        calls.append(x)
        return x * x

    x = fg.Variable(1.0)
    with fg.GradientTape() as tape:
        f(x)
        y = x * 2.0
    assert tape.gradient(y, x).numpy() == 2.0
    assert len(calls) == 1


@pytest.mark.semantics("8.18")
def test_arguments():
    a, b = fg.constant([1.0, 2.0]), fg.constant(3.0)
    assert same_as_plain(lambda x, y: x * x * y, [a, b], a, b) == [[6.0, 12.0], 5.0]


@pytest.mark.semantics("8.18")
def test_keyword_arguments():
    a = fg.constant([1.0, 2.0])

    def f(x, power=1, scale=1.0):
        return x**power * scale

    assert same_as_plain(f, [a], a, power=3, scale=2.0) == [[6.0, 24.0]]


@pytest.mark.semantics("8.18")
def test_variables_that_it_reads():
    a, w = fg.constant(3.0), fg.Variable(2.0)
    assert same_as_plain(lambda x: x * w * w, [a, w], a) == [4.0, 12.0]


@pytest.mark.semantics("8.18")
def test_a_repeated_argument():
    a = fg.constant(3.0)
    assert same_as_plain(lambda x, y: x * y, [a], a, a) == [6.0]


@pytest.mark.semantics("8.18")
def test_an_argument_made_from_another():
    a = fg.constant(3.0)

    def cube(x):
        return fg.recompute_grad(lambda x, y: x * y)(x, x * x)

    assert values(derivatives(cube, a, 2)) == [27.0, 27.0, 18.0]


@pytest.mark.semantics("8.18")
def test_an_array_that_changes_before_the_second_run():
    a, factor = fg.constant([1.0, 2.0]), np.array([3.0, 4.0], "float32")
    with fg.GradientTape() as tape:
        tape.watch(a)
        y = fg.recompute_grad(lambda x, c: x * x * c)(a, factor)
    factor[:] = 0.0
    assert tape.gradient(y, a).numpy().tolist() == [6.0, 16.0]


@pytest.mark.semantics("8.18")
@pytest.mark.parametrize("kind", [list, tuple])
def test_several_outputs(kind):
    a = fg.constant(3.0)
    assert same_as_plain(lambda x: kind([x * x, 5.0 * x]), [a], a) == [11.0]


@pytest.mark.semantics("8.18")
def test_lists_and_dicts():
    a, b, c = fg.constant(2.0), fg.constant(3.0), fg.constant(4.0)
    got = same_as_plain(lambda xs, d: xs[0] * xs[1] * d["k"], [a, b, c], [a, b], {"k": c})
    assert got == [12.0, 8.0, 6.0]


@pytest.mark.semantics("8.18")
def test_empty_arrays():
    a = fg.constant(np.ones((0, 3)))
    assert same_as_plain(lambda x: fg.exp(x), [a], a) == [[]]


@pytest.mark.semantics("8.18")
def test_integers_among_the_arguments():
    a, n = fg.constant([1.0, 2.0, 3.0]), fg.constant([2, 0])
    with fg.GradientTape() as tape:
        tape.watch(a)
        y = fg.recompute_grad(lambda x, i: fg.gather(x * x, i))(a, n)
    ga, gn = tape.gradient(y, [a, n])
    assert ga.numpy().tolist() == [2.0, 0.0, 6.0] and gn is None


@pytest.mark.semantics("8.19")
def test_order_three():
    f = fg.recompute_grad(lambda x: x**4)
    assert values(derivatives(f, fg.constant(2.0), 3)) == [16.0, 32.0, 48.0, 48.0]


@pytest.mark.semantics("8.18")
def test_a_method():
    @dataclasses.dataclass
    class Scale:
        w: fg.Variable
        calls: int = 0

        @fg.recompute_grad
        def run(self, x):
            self.calls += 1
            return x * self.w

    scale, x = Scale(fg.Variable(2.0)), fg.constant(3.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = scale.run(x)
    assert values(tape.gradient(y, [x, scale.w])) == [2.0, 3.0]
    assert scale.calls == 2


@pytest.mark.semantics("8.20")
def test_wrapped():
    def f(x):
        """Twice."""
        return x * 2.0

    g = fg.recompute_grad(f)
    assert g.__wrapped__ is f and g.__name__ == "f" and g.__doc__ == "Twice."


@pytest.mark.semantics("8.17")
def test_the_second_run_reads_variables_as_they_were():
    v, x = fg.Variable(3.0), fg.constant(2.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = fg.recompute_grad(lambda a: a * v)(x)
    v.assign(7.0)
    dx, dv = tape.gradient(y, [x, v])
    assert dx.numpy() == 3.0 and dv.numpy() == 2.0
    assert v.numpy() == 7.0


@pytest.mark.semantics("8.17")
def test_the_second_run_assigns_nothing():
    v, count = fg.Variable(3.0), fg.Variable(0.0, trainable=False)

    @fg.recompute_grad
    def f(a):
        count.assign_add(1.0)
        return a * v * count

    with fg.GradientTape() as tape:
        y = f(v)
    assert tape.gradient(y, v).numpy() == 6.0
    assert count.numpy() == 1.0
