"""More of what a function gives, traced or not: aliases, recursion, threads, options of tapes, odd loops."""

from collections import OrderedDict
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastgrad as fg


def numbers(nest):
    if isinstance(nest, (list, tuple)):
        return [numbers(part) for part in nest]
    return None if nest is None else nest.numpy().tolist()


def slope(f, x):
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


# ------------------------------------------------------------------------------------------- arguments
def test_one_tensor_as_several_arguments_and_results():
    f = fg.function(lambda x, y: (x, y, x + y, x))
    one, two = fg.constant(1.0), fg.constant(2.0)
    assert numbers(f(one, one)) == [1.0, 1.0, 2.0, 1.0]
    assert numbers(f(one, two)) == [1.0, 2.0, 3.0, 1.0]
    with fg.GradientTape(persistent=True) as tape:
        tape.watch([one, two])
        same, other = f(one, one), f(one, two)
    assert numbers(tape.gradient(same[2], [one, two])) == [2.0, None]
    assert numbers(tape.gradient(other[2], [one, two])) == [1.0, 1.0]
    assert tape.gradient(other[3], one).numpy() == 1.0


def test_one_variable_as_several_arguments():
    @fg.function
    def f(v, w):
        v.assign_add(w)
        w.assign_add(v)
        return v + w

    v, w = fg.Variable(1.0), fg.Variable(10.0)
    assert f(v, w).numpy() == 32.0 and (v.numpy(), w.numpy()) == (11.0, 21.0)
    assert f(v, v).numpy() == 88.0 and v.numpy() == 44.0


def test_numbers_among_the_results():
    @fg.function
    def f(x):
        return x, 1, 1.5, True, [2]

    for value in (1.0, 2.0):
        got = f(fg.constant(value))
        assert numbers(got) == [value, 1, 1.5, True, [2]]
        assert [t.dtype for t in got[1:4]] == [fg.int32, fg.float32, fg.bool]


def test_the_order_of_a_dict():
    @fg.function
    def f(parts):
        return OrderedDict((key, value * 2.0) for key, value in parts.items())

    for k in (1.0, 2.0):
        got = f(OrderedDict(b=fg.constant(k), a=fg.constant(0.0)))
        assert list(got) == ["b", "a"] and numbers(list(got.values())) == [2 * k, 0.0]


def test_weak_numbers_take_the_dtype_of_the_tensor():
    @fg.function
    def f(x, rate):
        return x * rate + 1.0

    for dtype in (fg.float64, fg.float32, fg.float16):
        for rate in (0.5, 2.0, 3.0):
            y = f(fg.constant(2.0, dtype), rate)
            assert y.dtype == dtype and y.numpy() == 2 * rate + 1


def test_a_concrete_function_for_many_values():
    f = fg.function(lambda x, n: x * n)
    concrete = f.get_concrete_function(
        fg.TensorSpec([2], fg.float32), fg.TensorSpec([], fg.float32)
    )
    for k in (1.0, 2.0):
        y = concrete(fg.constant([k, 3.0]), fg.constant(k))
        assert numbers(y) == [k * k, 3 * k]


# ---------------------------------------------------------------------------- several calls at a time
def test_recursion_over_a_number():
    @fg.function
    def power(x, n):
        if n == 0:
            return fg.ones_like(x)
        return x * power(x, n - 1)

    assert [power(fg.constant(2.0), n).numpy() for n in (0, 1, 5, 3)] == [1.0, 2.0, 32.0, 8.0]
    assert slope(lambda x: power(x, 3), fg.constant(2.0)).numpy() == 12.0


def test_many_threads():
    @fg.function
    def f(x, n):
        total = fg.zeros_like(x)
        for i in fg.range(n):
            total = total + x * fg.cast(i, fg.float64)
        return fg.reduce_sum(fg.sin(total)), total

    wrong = []

    def work(k):
        x = np.linspace(0.0, 1.0, 100 + k % 2) + k
        want = np.zeros_like(x)
        for i in range(k + 1):
            want = want + x * i
        for _ in range(25):
            with fg.GradientTape() as tape:
                t = fg.constant(x)
                tape.watch(t)
                _, got = f(t, fg.constant(k + 1))
            g = tape.gradient(got, t)
            if (got.numpy() != want).any() or (g.numpy() != k * (k + 1) / 2).any():
                wrong.append(k)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert wrong == []


def test_a_call_within_the_gradient_of_a_call():
    inner = fg.function(lambda x: x * x)

    @fg.custom_gradient
    def outer(x):
        return inner(x), lambda ct: ct * inner(inner(x))

    f = fg.function(lambda x: outer(x) * 1.0)
    assert [slope(f, fg.constant(v)).numpy() for v in (2.0, 3.0)] == [16.0, 81.0]


def test_two_functions_on_one_variable():
    v = fg.Variable(1.0)

    @fg.function
    def double():
        v.assign(v * 2.0)

    @fg.function
    def read():
        return v + 0.0

    for want in (2.0, 4.0, 8.0):
        assert double() is None
        assert read().numpy() == want
    v.assign(5.0)
    assert read().numpy() == 5.0


# ---------------------------------------------------------------------------------------------- loops
def test_a_long_loop():
    @fg.function
    def f(n):
        i, total = fg.constant(0), fg.constant(0)
        while i < n:
            total = (total + i * i) % 1009
            i = i + 1
        return total

    want = 0
    for i in range(5000):
        want = (want + i * i) % 1009
    assert int(f(fg.constant(5000))) == want and int(f(fg.constant(0))) == 0


def test_several_carried_values_of_other_dtypes():
    @fg.function
    def collatz(n):
        steps, largest, odd = fg.constant(0), fg.cast(n, fg.float64), fg.constant(False)
        while n > 1:
            odd = fg.equal(n % 2, 1)
            n = fg.where(odd, 3 * n + 1, n // 2)
            largest = fg.maximum(largest, fg.cast(n, fg.float64))
            steps += 1
        return steps, largest, odd

    assert numbers(collatz(fg.constant(27))) == [111, 9232.0, False]
    assert numbers(collatz(fg.constant(1))) == [0, 1.0, False]
    assert numbers(collatz(fg.constant(6))) == [8, 16.0, False]


def test_values_that_change_places_in_a_loop():
    @fg.function
    def fibonacci(n):
        a, b = fg.constant(0), fg.constant(1)
        for _ in fg.range(n):
            a, b = b, a + b
        return a

    assert [int(fibonacci(fg.constant(n))) for n in (10, 0, 1, 30)] == [55, 0, 1, 832040]


def test_elements_by_place():
    @fg.function
    def reversed_sums(x):
        n = fg.shape(x)[0]
        total = fg.zeros([], fg.float64)
        for i in fg.range(n):
            total = total * 2.0 + x[n - 1 - i] * x[i]
        return total

    def want(x):
        total = 0.0
        for i in range(len(x)):
            total = total * 2.0 + x[len(x) - 1 - i] * x[i]
        return total

    for x in (np.array([1.0, 2.0, 4.0]), np.array([3.0, 5.0]), np.zeros(0)):
        assert reversed_sums(fg.constant(x)).numpy() == want(x)
    x = fg.constant([1.0, 2.0, 4.0], fg.float64)
    assert slope(reversed_sums, x).numpy().tolist() == [20.0, 8.0, 5.0]


def test_steps_and_falling_ranges():
    @fg.function
    def f(start, stop, step):
        text = fg.constant(0)
        for i in fg.range(start, stop, step):
            text = text * 10 + i
        return text

    calls = [(1, 6, 2), (5, 0, -1), (3, 3, 1), (0, 9, 4)]
    assert [int(f(*map(fg.constant, call))) for call in calls] == [135, 54321, 0, 48]


def test_a_loop_over_no_rows():
    @fg.function
    def f(m):
        total = fg.ones([2])
        for row in m:
            total = total + row
        return total

    assert f(fg.zeros([0, 2])).numpy().tolist() == [1.0, 1.0]
    assert f(fg.ones([3, 2])).numpy().tolist() == [4.0, 4.0]


def test_an_else_after_a_loop_of_python():
    @fg.function
    def f(x, n):
        for k in range(n):
            if k == 2:
                break
            x = x + 1.0
        else:
            x = x * 10.0
        return x

    assert [f(fg.constant(1.0), n).numpy() for n in (1, 5, 2)] == [20.0, 3.0, 30.0]


def test_a_branch_within_a_loop_within_a_branch():
    @fg.function
    def f(x, n):
        if n > 0:
            for i in fg.range(n):
                if x > 10.0:
                    x = x - 10.0
                elif i % 2 == 0:
                    x = x * 3.0
        else:
            x = -x
        return x

    def want(x, n):
        if n <= 0:
            return -x
        for i in range(n):
            x = x - 10.0 if x > 10.0 else x * 3.0 if i % 2 == 0 else x
        return x

    for x, n in ((1.0, 3), (5.0, 4), (2.0, 0), (7.0, 9)):
        assert f(fg.constant(x), fg.constant(n)).numpy() == want(x, n)


def test_assert():
    @fg.function
    def f(x):
        assert x > 0.0, "x must be positive"
        return x * 2.0

    assert f(fg.constant(1.0)).numpy() == 2.0
    with pytest.raises(Exception, match="x must be positive"):
        f(fg.constant(-1.0))
    assert f(fg.constant(3.0)).numpy() == 6.0


# ----------------------------------------------------------------------------------------------- tapes
def test_a_persistent_tape_and_output_gradients_inside():
    @fg.function
    def f(x, ct):
        with fg.GradientTape(persistent=True) as tape:
            tape.watch(x)
            y = x * x
            z = y * x
        return tape.gradient(y, x, output_gradients=ct), tape.gradient(z, [x, y])

    for v in (2.0, 3.0):
        got = f(fg.constant(v), fg.constant(10.0))
        assert numbers(got) == [20 * v, [3 * v * v, v]]


def test_what_a_tape_does_not_record():
    v, w = fg.Variable(2.0), fg.Variable(3.0)

    @fg.function
    def f(x):
        with fg.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(v)
            y = v * w * x
            with tape.stop_recording():
                y = y + v * x
            z = y * v
        return tape.gradient(z, [v, w])

    assert numbers(f(fg.constant(1.0))) == [8.0, None]  # z = v y, where y was not recorded last
    v.assign(3.0)
    assert numbers(f(fg.constant(4.0))) == [48.0, None]


def test_products_of_hessians_and_vectors():
    def f(x):
        return fg.reduce_sum(x * x * x)

    @fg.function
    def forward_over_reverse(x, t):
        with fg.autodiff.ForwardAccumulator(x, t) as accumulator:
            with fg.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            g = tape.gradient(y, x)
        return accumulator.jvp(g)

    @fg.function
    def reverse_over_reverse(x, t):
        with fg.GradientTape() as outer:
            outer.watch(x)
            with fg.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            g = tape.gradient(y, x)
        return outer.gradient(g, x, output_gradients=t)

    for values in ((1.0, 2.0), (3.0, 4.0)):
        x, t = fg.constant(values), fg.constant([10.0, 100.0])
        want = [60 * values[0], 600 * values[1]]
        assert numbers(forward_over_reverse(x, t)) == numbers(reverse_over_reverse(x, t)) == want


def test_a_stated_gradient_of_variables():
    w = fg.Variable(3.0)

    @fg.custom_gradient
    def scaled(x):
        def grad(ct, variables=None):
            return ct * 100.0, [ct * 1000.0 for _ in variables]

        return x * w, grad

    @fg.function
    def f(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = scaled(x)
        return y, tape.gradient(y, [x, w])

    assert numbers(f(fg.constant(2.0))) == [6.0, [100.0, 1000.0]]
    w.assign(5.0)
    assert numbers(f(fg.constant(2.0))) == [10.0, [100.0, 1000.0]]


def test_assignment_between_use_and_gradient():
    v = fg.Variable(2.0)

    @fg.function
    def f(x):
        with fg.GradientTape() as tape:
            y = v * v * x
        v.assign(100.0)
        return tape.gradient(y, v)

    assert f(fg.constant(1.0)).numpy() == 4.0
    v.assign(3.0)
    assert f(fg.constant(2.0)).numpy() == 12.0


def test_gradients_through_a_loop_whose_length_the_values_decide():
    @fg.function
    def halve(x):
        n = fg.constant(0)
        while fg.reduce_max(fg.abs(x)) > 1.0:
            x = x / 2.0
            n = n + 1
        return x, n

    for values, n in (([8.0, 3.0], 3), ([0.5, 1.0], 0), ([1.0, -100.0], 7)):
        x = fg.constant(values)
        with fg.GradientTape() as tape:
            tape.watch(x)
            y, steps = halve(x)
        assert int(steps) == n and numbers(tape.gradient(y, x)) == [0.5**n] * 2


def _unchanged_by_a_branch(c, a, n):
    v = c
    if a > 0:
        c = v
    return c * 1.0, v, c


def _set_back_by_a_loop(c, a, n):
    v, y = c, c * 1.0
    for _ in fg.range(n):
        y = y * c
        c = v
    return y, v, c


def _unchanged_by_what_is_in_a_loop(c, a, n):
    v, y = c, c * 1.0
    while n > 0:
        n = n - 1
        y = y * c
        if a > 0:
            c = c
        v = c
    return y, v, c


def _what_a_row_leaves(c, a, n):
    v, y = c, c * 1.0
    for row in fg.stack([a, a]):
        y = y * row
        v = v
    return y, v, c


@pytest.mark.parametrize("n", [0, 3])
@pytest.mark.parametrize("a", [-1.0, 1.0])
@pytest.mark.parametrize(
    "f",
    [
        _unchanged_by_a_branch,
        _set_back_by_a_loop,
        _unchanged_by_what_is_in_a_loop,
        _what_a_row_leaves,
    ],
)
def test_what_control_flow_leaves_alone_is_the_same_tensor(f, a, n):
    def slopes(c, a, n):
        with fg.GradientTape(persistent=True) as tape:
            tape.watch(c)
            y, v, c = f(c, a, n)
        return [tape.gradient(y, [v, c]), tape.gradient(v, c)]

    arguments = fg.constant(1.5), fg.constant(a), fg.constant(n)
    assert numbers(fg.function(slopes)(*arguments)) == numbers(slopes(*arguments))


def test_what_a_loop_leaves_alone_is_not_carried():
    @fg.function
    def f(x, n):
        k, scale = 3.0, x * 2.0
        for _ in fg.range(n):
            x = x * scale
            k, scale = k, scale
        return x, k

    assert numbers(f(fg.constant(1.0), fg.constant(3))) == [8.0, 3.0]
    plan = str(f.plan(fg.constant(1.0), fg.constant(3)))
    assert plan.count("move") == 2  # x, and the number of the turn
