"""What a function gives, whether it runs as Python or was traced: arguments, Variables, gradients, effects.

Every function is called at least twice, with other values: the second call must not give the first one's.
"""

from collections import namedtuple

import numpy as np
import pytest

import fastgrad as fg

Point = namedtuple("Point", "x y")


def numbers(nest):
    """Tensors as numbers and lists; structures stay."""
    if isinstance(nest, dict):
        return {key: numbers(value) for key, value in nest.items()}
    if isinstance(nest, Point):
        return Point(*map(numbers, nest))
    if isinstance(nest, (list, tuple)):
        return type(nest)(map(numbers, nest))
    return None if nest is None else nest.numpy().tolist()


def vector(*values):
    return fg.constant(values, fg.float64)


def slope(f, x):
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


# ------------------------------------------------------------------------------------------- arguments
def test_other_values_shapes_and_dtypes():
    @fg.function
    def double(x):
        return x + x

    for values in ([1.0, 2.0], [3.0, 4.0], [5.0], [[1.0], [2.0]]):
        for dtype in (fg.float64, fg.float32, fg.int32):
            y = double(fg.cast(np.array(values), dtype))
            assert y.dtype == dtype and y.numpy().tolist() == (2 * np.array(values)).tolist()


def test_nests_as_arguments():
    @fg.function
    def f(pair, more):
        return {"sum": pair[0] + pair[1][0], "point": Point(more["a"], more["b"] * 2.0)}

    for k in (1.0, 2.0):
        one, two, three = fg.constant(k), fg.constant(2 * k), fg.constant(3 * k)
        got = f((one, [two]), {"a": three, "b": one})
        assert isinstance(got["point"], Point)
        assert numbers(got) == {"sum": 3 * k, "point": Point(3 * k, 2 * k)}


def test_none_as_an_argument_and_as_a_result():
    @fg.function
    def f(x, bias):
        if bias is None:
            return x * 2.0, None
        return x + bias, None

    assert numbers(f(fg.constant(3.0), None)) == (6.0, None)
    assert numbers(f(fg.constant(3.0), fg.constant(1.0))) == (4.0, None)
    assert numbers(f(fg.constant(5.0), None)) == (10.0, None)


def test_keywords_defaults_and_stars():
    @fg.function
    def f(x, *rest, scale=2.0, **more):
        for value in rest:
            x = x + value
        return x * scale + more.get("shift", 0.0)

    one, two = fg.constant(1.0), fg.constant(2.0)
    assert f(one).numpy() == 2.0
    assert f(one, two, two).numpy() == 10.0
    assert f(one, two, scale=two).numpy() == 6.0
    assert f(one, two, shift=two).numpy() == 8.0
    assert f(two, shift=one, scale=one).numpy() == 3.0


def test_a_new_number_in_each_call():
    @fg.function
    def f(x, rate, n):
        return x * rate + n

    x = vector(1.0, 2.0)
    for k in range(8):
        assert f(x, k / 4, k).numpy().tolist() == [k / 4 + k, k / 2 + k]


def test_numbers_that_decide_what_is_run():
    @fg.function
    def power(x, n, negate=False):
        y = x
        for _ in range(n - 1):
            y = y * x
        return -y if negate else y

    x = fg.constant(2.0)
    assert [power(x, n).numpy() for n in (1, 3, 5, 3)] == [2.0, 8.0, 32.0, 8.0]
    assert power(x, 3, negate=True).numpy() == -8.0


def test_texts_and_functions_as_arguments():
    @fg.function
    def f(x, how, then):
        y = x * 2.0 if how == "twice" else x * 3.0
        return then(y)

    x = fg.constant(1.0)
    assert f(x, "twice", fg.square).numpy() == 4.0
    assert f(x, "thrice", fg.square).numpy() == 9.0
    assert f(x, "twice", fg.negative).numpy() == -2.0


def test_arrays_as_arguments_are_not_remembered():
    @fg.function
    def total(x):
        return fg.reduce_sum(x)

    x = np.array([1.0, 2.0])
    assert total(x).numpy() == 3.0
    x[0] = 5.0
    assert total(x).numpy() == 7.0


def test_a_variable_as_an_argument():
    @fg.function
    def step(variable, by):
        variable.assign_add(by)
        return variable * 1.0

    one, other = fg.Variable(1.0), fg.Variable(10.0)
    assert step(one, 1.0).numpy() == 2.0
    assert step(other, 1.0).numpy() == 11.0
    assert step(one, 2.0).numpy() == 4.0
    assert (one.numpy(), other.numpy()) == (4.0, 11.0)


def test_an_input_signature_over_many_sizes():
    @fg.function(input_signature=[fg.TensorSpec([None], fg.float64), fg.TensorSpec([], fg.float64)])
    def f(x, a):
        return fg.reduce_sum(x) * a

    assert f(vector(1.0, 2.0), fg.constant(2.0, fg.float64)).numpy() == 6.0
    assert f(vector(1.0, 2.0, 3.0), fg.constant(1.0, fg.float64)).numpy() == 6.0
    with pytest.raises(TypeError):
        f(fg.constant([[1.0]], fg.float64), fg.constant(2.0, fg.float64))


# ----------------------------------------------------------------------------- methods, closures, calls
class Layer:
    def __init__(self, width):
        self.weight = fg.Variable(np.full(width, 2.0))
        self.scale = None

    @fg.function
    def __call__(self, x):
        if self.scale is None:
            self.scale = fg.Variable(3.0, dtype=fg.float64)
        return fg.reduce_sum(self.weight * x) * self.scale


def test_methods_of_several_objects():
    first, second = Layer(2), Layer(3)
    assert first(vector(1.0, 2.0)).numpy() == 18.0
    assert second(vector(1.0, 2.0, 3.0)).numpy() == 36.0
    first.weight.assign([1.0, 1.0])
    assert first(vector(1.0, 2.0)).numpy() == 9.0
    assert second(vector(1.0, 2.0, 3.0)).numpy() == 36.0


def test_a_closure_over_a_tensor_and_a_variable():
    shift, state = fg.constant(10.0), fg.Variable(1.0)

    @fg.function
    def f(x):
        return x * state + shift

    assert f(fg.constant(2.0)).numpy() == 12.0
    state.assign(5.0)
    assert f(fg.constant(2.0)).numpy() == 20.0


def test_a_variable_that_the_first_call_makes():
    cell = []

    @fg.function
    def count(x):
        if not cell:
            cell.append(fg.Variable(0.0))
        cell[0].assign_add(x)
        return cell[0].read_value()

    assert [count(fg.constant(v)).numpy() for v in (1.0, 2.0, 3.0)] == [1.0, 3.0, 6.0]
    assert len(cell) == 1 and cell[0].numpy() == 6.0


def test_functions_that_call_functions():
    state = fg.Variable(0.0)

    @fg.function
    def inner(x):
        state.assign_add(x)
        return x * x

    @fg.function
    def outer(x):
        y = inner(x) + inner(2.0 * x)
        return y + state

    assert outer(fg.constant(1.0)).numpy() == 8.0
    assert outer(fg.constant(2.0)).numpy() == 29.0
    assert slope(outer, fg.constant(1.0)).numpy() == 10.0


def test_a_function_inside_and_its_closure():
    @fg.function
    def f(x):
        y = x * 2.0

        def local(z):
            return z + y

        return local(x) * local(y)

    assert f(fg.constant(1.0)).numpy() == 12.0
    assert f(fg.constant(2.0)).numpy() == 48.0


def test_a_lambda():
    f = fg.function(lambda x: x * x + 1.0)
    assert [f(fg.constant(v)).numpy() for v in (1.0, 2.0)] == [2.0, 5.0]


# --------------------------------------------------------------------------------------- control flow
def test_branches_take_the_side_of_each_call():
    @fg.function
    def f(x):
        if x > 2.0:
            y = x * 10.0
        elif x > 0.0:
            y = x * 100.0
        else:
            y = -x
        return y

    assert [f(fg.constant(v)).numpy() for v in (3.0, 1.0, -5.0, 4.0)] == [30.0, 100.0, 5.0, 40.0]


def test_returns_from_within_branches():
    @fg.function
    def f(x):
        if x > 0.0:
            if x > 5.0:
                return x * 2.0
            x = x + 100.0
        return x

    assert [f(fg.constant(v)).numpy() for v in (6.0, 1.0, -1.0)] == [12.0, 101.0, -1.0]


def test_and_or_not_and_chains():
    @fg.function
    def f(x, y):
        a = 0
        if x > 0.0 and y > 0.0:
            a = a + 1
        if x > 0.0 or y > 0.0:
            a = a + 10
        if not x > 0.0:
            a = a + 100
        if -1.0 < x < 1.0:
            a = a + 1000
        return a

    values = [(2.0, 2.0), (-2.0, 2.0), (-0.5, -2.0), (0.5, -2.0)]
    assert [int(f(fg.constant(x), fg.constant(y))) for x, y in values] == [11, 110, 1100, 1010]


def test_conditional_expressions():
    f = fg.function(lambda x: x * 2.0 if x > 0.0 else x * 3.0)
    assert [f(fg.constant(v)).numpy() for v in (1.0, -1.0, 2.0)] == [2.0, -3.0, 4.0]


def test_while_with_break_and_continue():
    @fg.function
    def f(limit, skip):
        i, total = fg.constant(0), fg.constant(0)
        while i < 100:
            i = i + 1
            if i == skip:
                continue
            total = total + i
            if total > limit:
                break
        return i, total

    assert numbers(f(fg.constant(20), fg.constant(3))) == (7, 25)
    assert numbers(f(fg.constant(5), fg.constant(1))) == (4, 9)
    assert numbers(f(fg.constant(10**6), fg.constant(0))) == (100, 5050)


def test_ranges_of_any_length():
    @fg.function
    def f(x, n):
        for i in fg.range(n):
            x = x + fg.cast(i, fg.float32)
        return x

    assert [f(fg.constant(0.5), fg.constant(n)).numpy() for n in (4, 0, 6)] == [6.5, 0.5, 15.5]


def test_rows_of_a_matrix():
    @fg.function
    def f(m):
        total = fg.zeros([2], fg.float64)
        for row in m:
            if row[0] > 10.0:
                break
            total = total * 2.0 + row
        return total

    assert f(fg.constant(np.array([[1.0, 2.0], [3.0, 4.0]]))).numpy().tolist() == [5.0, 8.0]
    assert f(fg.constant(np.array([[1.0, 2.0], [30.0, 4.0]]))).numpy().tolist() == [1.0, 2.0]


def test_loops_within_loops():
    @fg.function
    def f(n):
        count = fg.constant(0)
        for i in fg.range(n):
            j = fg.constant(0)
            while j < i:
                j = j + 1
                if (i + j) % 2 == 0:
                    count = count + 1
        return count

    want = [sum((i + j) % 2 == 0 for i in range(n) for j in range(1, i + 1)) for n in (3, 7, 0)]
    assert [int(f(fg.constant(n))) for n in (3, 7, 0)] == want


def test_loops_of_python_are_unrolled():
    weights = [fg.Variable(float(k)) for k in range(3)]

    @fg.function
    def f(x):
        parts = []
        for k, w in enumerate(weights):
            parts.append(x * w + float(k))
        return fg.stack(parts)

    assert f(fg.constant(2.0)).numpy().tolist() == [0.0, 3.0, 6.0]
    weights[0].assign(10.0)
    assert f(fg.constant(1.0)).numpy().tolist() == [10.0, 2.0, 4.0]


# ------------------------------------------------------------------------------------------ gradients
def cubic(x):
    return fg.reduce_sum(x * x * x)


def test_tapes_inside_around_and_both():
    @fg.function
    def derivative(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = cubic(x)
        return tape.gradient(y, x)

    f = fg.function(cubic)
    for values in ((1.0, 2.0), (3.0, -1.0)):
        x, exact = vector(*values), np.array(values)
        assert derivative(x).numpy().tolist() == (3 * exact**2).tolist()
        assert slope(f, x).numpy().tolist() == (3 * exact**2).tolist()
        assert slope(derivative, x).numpy().tolist() == (6 * exact).tolist()


def test_a_tape_across_functions():
    square = fg.function(lambda x: x * x)
    for value in (2.0, 3.0):
        x = fg.constant(value)
        with fg.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = square(x) * 3.0
            z = square(y)
        assert tape.gradient(z, x).numpy() == 36.0 * value**3
        assert tape.gradient(z, y).numpy() == 6.0 * value**2


def test_three_orders_inside():
    @fg.function
    def f(x):
        with fg.GradientTape() as third:
            third.watch(x)
            with fg.GradientTape() as second:
                second.watch(x)
                with fg.GradientTape() as first:
                    first.watch(x)
                    y = x * x * x * x
                g = first.gradient(y, x)
            h = second.gradient(g, x)
        return g, h, third.gradient(h, x)

    for v in (1.0, 2.0):
        assert numbers(f(fg.constant(v))) == (4 * v**3, 12 * v**2, 24 * v)


def test_jacobians_inside_and_around():
    def f(x):
        return x * x[0]

    @fg.function
    def inside(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = f(x)
        return tape.jacobian(y, x)

    for values in ((1.0, 2.0), (3.0, 5.0)):
        x, (a, b) = vector(*values), values
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = fg.function(f)(x)
        assert numbers(inside(x)) == numbers(tape.jacobian(y, x)) == [[2 * a, 0.0], [b, a]]


def test_a_forward_accumulator_inside_and_around():
    @fg.function
    def inside(x, t):
        with fg.autodiff.ForwardAccumulator(x, t) as accumulator:
            y = fg.reduce_sum(x * x * x)
        return accumulator.jvp(y)

    f = fg.function(cubic)
    for values in ((1.0, 2.0), (3.0, 5.0)):
        x, t = vector(*values), vector(1.0, 10.0)
        want = 3 * values[0] ** 2 + 30 * values[1] ** 2
        with fg.autodiff.ForwardAccumulator(x, t) as accumulator:
            y = f(x)
        assert inside(x, t).numpy() == accumulator.jvp(y).numpy() == want


def test_gradients_of_variables():
    w, b = fg.Variable([1.0, 2.0]), fg.Variable(3.0)

    @fg.function
    def gradients(x):
        with fg.GradientTape() as tape:
            y = fg.reduce_sum(w * x) * b
        return tape.gradient(y, [w, b])

    assert numbers(gradients(fg.constant([1.0, 10.0]))) == [[3.0, 30.0], 21.0]
    w.assign([0.0, 1.0])
    b.assign(1.0)
    assert numbers(gradients(fg.constant([2.0, 20.0]))) == [[2.0, 20.0], 20.0]


def test_stop_gradient_and_unconnected_sources():
    @fg.function
    def f(x, y):
        with fg.GradientTape() as tape:
            tape.watch([x, y])
            z = x * fg.stop_gradient(x * y)
        return tape.gradient(z, [x, y])

    assert numbers(f(fg.constant(2.0), fg.constant(3.0))) == [6.0, None]
    assert numbers(f(fg.constant(4.0), fg.constant(5.0))) == [20.0, None]


def test_a_custom_gradient():
    @fg.custom_gradient
    def clipped(x):
        return x * 1.0, lambda ct: fg.clip_by_value(ct * x, -1.0, 1.0)

    f = fg.function(lambda x: clipped(x * x) * 0.5)

    @fg.function
    def inside(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = clipped(x * x) * 0.5
        return tape.gradient(y, x)

    for value, want in ((1.0, 1.0), (3.0, 6.0), (0.5, 0.125)):
        assert slope(f, fg.constant(value)).numpy() == inside(fg.constant(value)).numpy() == want


def test_recompute_grad():
    w = fg.Variable(2.0)

    @fg.recompute_grad
    def block(x):
        return fg.sin(x) * w * x

    def direct(x):
        return fg.sin(x) * w * x

    f = fg.function(lambda x: block(block(x)))
    for value in (0.5, 1.5):
        x = fg.constant(value)
        want = slope(lambda x: direct(direct(x)), x)
        np.testing.assert_allclose(slope(f, x).numpy(), want.numpy(), rtol=1e-6)


def test_gradients_through_branches():
    @fg.function
    def f(x):
        if x > 0.0:
            y = x * x
        else:
            y = x * 7.0
        return y * 2.0

    assert [slope(f, fg.constant(v)).numpy() for v in (3.0, -1.0, 5.0)] == [12.0, 14.0, 20.0]


def test_gradients_through_loops():
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
            if i % 2 == 0:
                y = y * x
            else:
                y = y + x
        return y

    assert [slope(by_while, fg.constant(v)).numpy() for v in (3.0, 5.0, 200.0)] == [
        405.0,
        75.0,
        1.0,
    ]
    for n, want in ((0, 1.0), (1, 4.0), (2, 5.0), (3, 16.0)):
        got = slope(lambda x, n=n: by_for(x, fg.constant(n)), fg.constant(2.0))
        assert got.numpy() == want


def test_gradients_of_gradients_through_a_loop():
    @fg.function
    def power(x, n):
        y = fg.ones_like(x)
        for _ in fg.range(n):
            y = y * x
        return y

    for n in (3, 5):
        x = fg.constant(2.0)
        second = slope(lambda x, n=n: slope(lambda x: power(x, fg.constant(n)), x), x)
        assert second.numpy() == n * (n - 1) * 2.0 ** (n - 2)


def test_gradients_taken_inside_a_loop():
    x = fg.Variable(10.0)

    @fg.function
    def descend(steps, rate):
        for _ in fg.range(steps):
            with fg.GradientTape() as tape:
                y = (x - 2.0) * (x - 2.0)
            x.assign_sub(rate * tape.gradient(y, x))
        return x - 2.0

    assert descend(fg.constant(2), fg.constant(0.25)).numpy() == 2.0
    assert descend(fg.constant(1), fg.constant(0.25)).numpy() == 1.0
    assert descend(fg.constant(3), fg.constant(0.5)).numpy() == 0.0


# --------------------------------------------------------------------------------------------- effects
def test_assignments_and_reads_in_program_order():
    a, b = fg.Variable(1.0), fg.Variable(2.0)

    @fg.function
    def swap_and_add(x):
        old = a.read_value()
        a.assign(b + 0.0)
        b.assign(old)
        a.assign_add(x)
        return old, a * b

    assert numbers(swap_and_add(fg.constant(10.0))) == (1.0, 12.0)
    assert (a.numpy(), b.numpy()) == (12.0, 1.0)
    assert numbers(swap_and_add(fg.constant(0.0))) == (12.0, 12.0)
    assert (a.numpy(), b.numpy()) == (1.0, 12.0)


def test_what_is_assigned_later_does_not_change_what_was_read():
    v = fg.Variable([1.0, 2.0])

    @fg.function
    def f(x):
        before = v.read_value()
        v.assign(before * x)
        return before, v.read_value()

    assert numbers(f(fg.constant(10.0))) == ([1.0, 2.0], [10.0, 20.0])
    kept = f(fg.constant(2.0))
    v.assign([0.0, 0.0])
    assert numbers(kept) == ([10.0, 20.0], [20.0, 40.0])


def test_results_are_not_overwritten_by_the_next_call():
    f = fg.function(lambda x: (x * 2.0, fg.sin(x)))
    x = fg.constant(np.linspace(0.0, 1.0, 1000))
    first = f(x)
    copies = [part.numpy() for part in first]
    f(x * 5.0)
    assert all((part.numpy() == copy).all() for part, copy in zip(first, copies, strict=True))


def test_assignments_inside_branches_and_loops():
    v = fg.Variable(0.0)

    @fg.function
    def f(x):
        for i in fg.range(4):
            if x > fg.cast(i, fg.float32):
                v.assign_add(x)
        return v + 0.0

    assert f(fg.constant(1.5)).numpy() == 3.0
    assert f(fg.constant(-1.0)).numpy() == 3.0
    assert f(fg.constant(10.0)).numpy() == 43.0


def test_prints_in_program_order(capfd):
    v = fg.Variable(0)

    @fg.function
    def f(n):
        fg.print("start", n)
        for i in fg.range(n):
            v.assign_add(i)
            if i > 0:
                fg.print("at", i, v)
        fg.print("end")

    for n, want in ((3, "start 3\nat 1 1\nat 2 3\nend\n"), (1, "start 1\nend\n")):
        f(fg.constant(n))
        assert capfd.readouterr().err == want


def test_an_exception_leaves_variables_as_they_were():
    v, w = fg.Variable(1.0), fg.Variable(1.0)

    @fg.function
    def f(x, index):
        v.assign_add(x)
        y = fg.gather(fg.constant([1.0, 2.0, 3.0]), index)
        w.assign_add(y)
        return y

    assert f(fg.constant(1.0), fg.constant(0)).numpy() == 1.0
    with pytest.raises(Exception, match="."):
        f(fg.constant(1.0), fg.constant(7))
    assert (v.numpy(), w.numpy()) == (2.0, 2.0)
    assert f(fg.constant(1.0), fg.constant(2)).numpy() == 3.0
    assert (v.numpy(), w.numpy()) == (3.0, 5.0)


def test_an_exception_in_python_is_itself():
    class Mine(Exception):
        pass

    @fg.function
    def f(x, fail):
        if fail:
            raise Mine("here")
        return x * 2.0

    with pytest.raises(Mine, match="here"):
        f(fg.constant(1.0), True)
    assert f(fg.constant(1.0), False).numpy() == 2.0


def test_an_optimiser_makes_its_slots_in_the_first_call():
    x = fg.Variable(1.0)
    optimiser = fg.keras.optimizers.SGD(learning_rate=0.5, momentum=0.5)

    @fg.function
    def step(target):
        with fg.GradientTape() as tape:
            loss = 0.5 * (x - target) * (x - target)
        optimiser.apply_gradients([(tape.gradient(loss, x), x)])
        return loss

    assert [step(fg.constant(0.0)).numpy() for _ in range(3)] == [0.5, 0.125, 0.0]
    assert step(fg.constant(4.0)).numpy() == 9.03125
