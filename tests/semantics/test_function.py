"""Section 11 of docs/semantics.md, lines 11.10 on: `fg.function`."""

import traceback

import numpy as np
import pytest

import fastgrad as fg

from .support import same, values


def square(x):
    """x times itself."""
    return x * x


@pytest.mark.semantics("11.10")
@pytest.mark.parametrize(
    "wrap",
    [
        fg.function,
        fg.function(),
        fg.function(jit_compile=True),
        fg.function(reduce_retracing=True),
        fg.function(input_signature=[fg.TensorSpec(shape=[None], dtype=fg.float32)]),
    ],
)
def test_forms(wrap):
    f = wrap(square)
    assert f(fg.constant([2.0, 3.0])).numpy().tolist() == [4.0, 9.0]
    assert f(fg.constant([2.0])).numpy().tolist() == [4.0]


@pytest.mark.semantics("11.10")
def test_a_lambda_and_a_method():
    class Scale:
        factor = 3.0

        @fg.function
        def run(self, x):
            return x * self.factor

    assert fg.function(lambda x: x + 1.0)(fg.constant(1.0)).numpy() == 2.0
    assert Scale().run(fg.constant(2.0)).numpy() == 6.0


@pytest.mark.semantics("11.10")
def test_results_keep_their_structure():
    @fg.function
    def f(x):
        return {"a": x, "b": (x * 2.0, [None, 3])}, 4.5, True

    (d, number, flag) = f(fg.constant(1.0))
    assert list(d) == ["a", "b"] and type(d["b"]) is tuple and type(d["b"][1]) is list
    assert d["b"][1][0] is None
    three = d["b"][1][1]
    assert isinstance(three, fg.Tensor) and three.dtype == fg.int32 and three.numpy() == 3
    assert number.dtype == fg.float32 and number.numpy() == 4.5
    assert flag.dtype == fg.bool and flag.numpy() == np.True_


@pytest.mark.semantics("11.10")
def test_a_function_without_result():
    assert fg.function(lambda: None)() is None


@pytest.mark.semantics("11.11")
def test_python_numbers_and_keywords():
    @fg.function
    def power(x, n, *, plus=0.0):
        y = x
        for _ in fg.range(n - 1):
            y = y * x
        return y + plus

    assert power(fg.constant(2.0), 3).numpy() == 8.0
    assert power(fg.constant(2.0), 3, plus=1.0).numpy() == 9.0


@pytest.mark.semantics("11.11")
def test_variables_from_outside():
    x = fg.Variable(1.0)

    @fg.function
    def count(by):
        x.assign_add(by)
        return x * 10.0

    assert count(2.0).numpy() == 30.0 and x.numpy() == 3.0
    assert count(fg.constant(1.0)).numpy() == 40.0 and x.numpy() == 4.0


@pytest.mark.semantics("11.11")
def test_functions_call_each_other():
    inner = fg.function(square)
    outer = fg.function(lambda x: inner(x) + inner(2.0 * x))
    assert outer(fg.constant(3.0)).numpy() == 45.0


@pytest.mark.semantics("11.12")
def test_the_gradient_equals_that_of_the_plain_function():
    x, w = fg.Variable(np.array([0.3, 0.7])), fg.Variable(np.array([1.5, -0.5]))

    def f(v):
        return fg.reduce_sum(fg.tanh(v * w) * fg.exp(v))

    results = []
    for run in (f, fg.function(f)):
        with fg.GradientTape() as tape:
            y = run(x)
        assert same(tape.watched_variables(), [x, w])
        results.append(values(tape.gradient(y, [x, w])))
    assert results[0] == results[1]


@pytest.mark.semantics("11.12")
def test_a_tape_inside():
    @fg.function
    def derivative(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = x * x * x
        return tape.gradient(y, x), y

    x = fg.constant(2.0)
    with fg.GradientTape() as outer:
        outer.watch(x)
        g, y = derivative(x)
    assert (g.numpy(), y.numpy()) == (12.0, 8.0)
    assert outer.gradient(g, x).numpy() == 12.0


@pytest.mark.semantics("11.12")
def test_a_jacobian_outside():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = fg.function(square)(x)
    assert tape.jacobian(y, x).numpy().tolist() == [[2.0, 0.0], [0.0, 4.0]]


@pytest.mark.semantics("11.13")
def test_branches():
    @fg.function
    def f(x):
        if x > 0.0:
            return x * 3.0
        return x * 5.0

    x = fg.Variable(2.0)
    for value, slope in ((2.0, 3.0), (-2.0, 5.0)):
        x.assign(value)
        with fg.GradientTape() as tape:
            y = f(x)
        assert tape.gradient(y, x).numpy() == slope


@pytest.mark.semantics("11.13")
def test_loops():
    @fg.function
    def by_while(x):
        y = x
        while y < 100.0:
            y = y * x
        return y

    @fg.function
    def by_for(x, n):
        y = x
        for i in fg.range(n):
            y = y * x * fg.cast(i + 1, fg.float32)
        return y

    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        y, z = by_while(x), by_for(x, fg.constant(2))
    assert y.numpy() == 243.0 and tape.gradient(y, x).numpy() == 405.0
    assert z.numpy() == 54.0 and tape.gradient(z, x).numpy() == 54.0


@pytest.mark.semantics("11.13")
def test_python_ranges():
    @fg.function
    def f(x):
        total = x
        for i in list(fg.range(2)):
            total = total + fg.cast(i, fg.float32)
        for _ in range(fg.constant(3)):
            total = total * 2.0
        return total

    assert f(fg.constant(1.0)).numpy() == 16.0


@pytest.mark.semantics("11.14")
def test_attributes():
    f = fg.function(square)
    assert f.python_function is square
    assert (f.__name__, f.__doc__) == ("square", "x times itself.")
    concrete = f.get_concrete_function(fg.TensorSpec([2], fg.float32))
    assert concrete(fg.constant([2.0, 3.0])).numpy().tolist() == [4.0, 9.0]


@pytest.mark.semantics("11.10")
def test_an_input_signature():
    f = fg.function(square, input_signature=[fg.TensorSpec([None], fg.float64)])
    y = f([1, 2])
    assert y.dtype == fg.float64 and y.numpy().tolist() == [1.0, 4.0]
    for bad in ([fg.constant([1.0])], [np.ones((1, 1))], ["a"], []):
        with pytest.raises(TypeError, match="square: "):
            f(*bad)


@pytest.mark.semantics("11.14")
def test_a_concrete_function_checks_its_arguments():
    class Scale:
        factor = 2.0

        @fg.function
        def run(self, x, n=1):
            return x * self.factor * n

    concrete = Scale().run.get_concrete_function(fg.TensorSpec([None]), n=3)
    assert concrete([1.0]).numpy().tolist() == concrete([1.0], n=3).numpy().tolist() == [6.0]
    for args in ([], [fg.constant([[1.0]])], [fg.constant([1])], [[1.0], 4]):
        with pytest.raises(TypeError, match="run: argument"):
            concrete(*args)


@pytest.mark.semantics("11.15")
def test_exceptions_come_out_unchanged():
    error = KeyError("mine")

    @fg.function
    def f(x):
        raise error

    with pytest.raises(KeyError) as caught:
        f(fg.constant(1.0))
    assert caught.value is error
    last = traceback.extract_tb(caught.value.__traceback__)[-1]
    assert last.filename == __file__ and last.line == "raise error"
    assert fg.function(square)(fg.constant(3.0)).numpy() == 9.0


@pytest.mark.semantics("11.15")
def test_an_exception_leaves_variables_as_they_were():
    x = fg.Variable(1.0)

    @fg.function
    def f(index):
        x.assign_add(1.0)
        return fg.gather([1.0, 2.0], index)

    f(fg.constant(0))
    with pytest.raises(IndexError, match="gather"):
        f(fg.constant(9))
    assert x.numpy() == 2.0


@pytest.mark.semantics("11.11")
def test_numbers_are_weak():
    runs = []

    @fg.function
    def f(x, a):
        runs.append(a)
        return x * a

    x = fg.constant([0.1, 0.7], fg.float16)
    for k in range(9):
        y = f(x, 0.1 * k)
        assert y.dtype == fg.float16 and (y.numpy() == (x * (0.1 * k)).numpy()).all()
    assert len(runs) == 2


@pytest.mark.semantics("11.11")
def test_the_fifth_trace_for_a_number_warns():
    f = fg.function(lambda x, n: fg.reshape(x, [n, -1]))
    with pytest.warns(RuntimeWarning, match="traced 5 times"):
        for n in range(1, 6):
            f(fg.ones([60]), n)


@pytest.mark.semantics("11.16")
@pytest.mark.parametrize("ask", [bool, float, np.asarray, lambda t: t.numpy()])
def test_values_are_not_known_while_tracing(ask):
    v = fg.Variable(1.0)
    for body in (lambda x: ask(x), lambda x: ask(x * 2.0), lambda x: ask(v)):
        with pytest.raises(TypeError, match=r"isn't known while .*test_function.py, line \d+"):
            fg.function(body, autograph=False)(fg.constant(1.0))


@pytest.mark.semantics("11.17")
def test_variables_of_the_first_call():
    made = []

    @fg.function
    def once(x):
        if not made:
            made.append(fg.Variable(lambda: fg.constant(2.0)))
        return made[0] * x

    assert [once(fg.constant(v)).numpy() for v in (1.0, 3.0)] == [2.0, 6.0]
    with pytest.raises(ValueError, match="singleton fg.Variables created on the first call"):
        fg.function(lambda x: fg.Variable(1.0) * x)(fg.constant(1.0))
    with pytest.raises(ValueError, match="initial value"):
        fg.function(lambda x: fg.Variable(x) * x)(fg.constant(1.0))


@pytest.mark.semantics("11.18")
def test_leaked_tensors():
    kept = []

    @fg.function
    def leaky(x):
        kept.append(x * 2.0)
        return x

    leaky(fg.constant(1.0))
    for use in (lambda: kept[0] + 1.0, lambda: kept[0].numpy(), lambda: leaky(kept[0])):
        with pytest.raises(TypeError, match="while leaky was traced, and has leaked"):
            use()


@pytest.mark.semantics("11.19")
def test_shapes_that_values_decide():
    f = fg.function(lambda x: fg.boolean_mask(x, x > 0.0))
    with pytest.warns(RuntimeWarning, match="boolean_mask"):
        assert f(fg.constant([1.0, -1.0])).numpy().tolist() == [1.0]
    assert f(fg.constant([1.0, 2.0])).numpy().tolist() == [1.0, 2.0]


@pytest.mark.semantics("11.20")
@pytest.mark.parametrize("sets", [False, True])
def test_what_a_branch_leaves_alone(sets):
    @fg.function
    def slope(x, test):
        y = x
        with fg.GradientTape() as tape:
            tape.watch(x)
            if test > 0.0:
                x = x * 2.0 if sets else y
        return tape.gradient(y, x, unconnected_gradients="zero")

    wanted = 0.0 if sets else 1.0
    assert [slope(fg.constant(3.0), fg.constant(k)).numpy() for k in (1.0, -1.0)] == [wanted] * 2
