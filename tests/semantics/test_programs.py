"""Section 13 of docs/semantics.md: the short programs that people learn gradient tapes with."""

import traceback

import numpy as np
import pytest

import fastgrad as fg


def quadratic(x, a=1.0, b=-2.0, c=1.0):
    """a x^2 + b x + c."""
    return a * fg.pow(x, 2) + b * x + c


@pytest.mark.semantics("13.1")
def test_derivative_of_the_quadratic():
    x = fg.Variable(0.0, name="x", dtype=fg.float32)
    a, b, c = fg.constant(1.0), fg.constant(-2.0), fg.constant(1.0)
    with fg.GradientTape() as tape:
        y = quadratic(x, a, b, c)
    assert str(tape.gradient(y, x)) == "fg.Tensor(-2.0, shape=(), dtype=float32)"


@pytest.mark.semantics("13.1")
def test_derivatives_in_watched_constants():
    x = fg.Variable(0.0, name="x", dtype=fg.float32)
    a, b, c = fg.constant(1.0), fg.constant(-2.0), fg.constant(1.0)
    with fg.GradientTape() as tape:
        tape.watch([a, b, c])
        y = quadratic(x, a, b, c)
    assert [g.numpy() for g in tape.gradient(y, [x, a, b, c])] == [-2.0, 0.0, 0.0, 1.0]


@pytest.mark.semantics("13.1")
def test_second_derivative_of_the_quadratic():
    x = fg.Variable(0.0)
    with fg.GradientTape() as tape2:
        with fg.GradientTape() as tape1:
            y = quadratic(x)
        dy_dx = tape1.gradient(y, x)
    assert tape2.gradient(dy_dx, x).numpy() == 2.0


@pytest.mark.semantics("13.1")
def test_a_tape_inside_a_function():
    @fg.function
    def f(x):
        x = fg.cast(x, fg.float32)
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = quadratic(x)
        return (tape.gradient(y, x), y)

    assert [[t.numpy() for t in f(fg.constant(v))] for v in (0.0, 1.0)] == [[-2.0, 1.0], [0.0, 0.0]]


def by_apply_gradients(x, opt):
    with fg.GradientTape() as tape:
        y = quadratic(x)
    opt.apply_gradients(grads_and_vars=[(tape.gradient(y, x), x)])


def by_minimize(x, opt):
    opt.minimize(lambda: quadratic(x), [x])


def by_hand(x, opt):
    with fg.GradientTape() as tape:
        y = quadratic(x)
    x.assign_sub(0.01 * tape.gradient(y, x))


@pytest.mark.semantics("13.2")
@pytest.mark.parametrize("step", [by_apply_gradients, by_minimize, by_hand])
def test_the_minimum_of_the_quadratic(step, capfd):
    x = fg.Variable(0.0, name="x")
    opt = fg.keras.optimizers.SGD(learning_rate=0.01)
    for _ in range(1000):
        step(x, opt)
    fg.print("y =", quadratic(x), "; x =", x)
    assert capfd.readouterr().err == "y = 0 ; x = 0.999998569\n"


@pytest.mark.semantics("13.3")
@pytest.mark.parametrize("step", [by_apply_gradients, by_minimize])
def test_the_minimum_inside_a_function(step):
    x = fg.Variable(0.0, name="x")
    opt = fg.keras.optimizers.SGD(learning_rate=0.01)

    @fg.function
    def train(epochs):
        for _ in fg.range(epochs):
            step(x, opt)
        return quadratic(x)

    assert train(1000).numpy() == 0.0
    np.testing.assert_allclose(x.numpy(), 0.9999985, atol=1.2e-7)


def polynomial(x1, x2):
    """(x1 + 5) x2^2."""
    return (x1 + 5) * (x2**2)


@pytest.mark.semantics("13.4")
def test_partial_derivatives():
    for x1, x2 in (
        (fg.Variable(2.0), fg.Variable(3.0)),
        (fg.constant(2.0), fg.constant(3.0)),
    ):
        with fg.GradientTape() as tape:
            tape.watch([x1, x2])
            z = polynomial(x1, x2)
        assert str(tape.gradient(z, [x1, x2])) == (
            "[<fg.Tensor: shape=(), dtype=float32, numpy=9.0>, "
            "<fg.Tensor: shape=(), dtype=float32, numpy=42.0>]"
        )


@pytest.mark.semantics("13.4")
def test_unwatched_constants():
    x1, x2 = fg.constant(2.0), fg.constant(3.0)
    with fg.GradientTape() as tape:
        z = polynomial(x1, x2)
    assert tape.gradient(z, [x1, x2]) == [None, None]


@pytest.mark.semantics("13.5")
@pytest.mark.parametrize("optimiser", [False, True])
def test_gradient_descent(optimiser):
    x = fg.Variable(0.0)
    opt = fg.keras.optimizers.SGD(learning_rate=0.1)
    for _ in range(100):
        with fg.GradientTape() as tape:
            z = 3.0 * x**2 + 2.0 * x - 1
        dz_dx = tape.gradient(z, x)
        if optimiser:
            opt.apply_gradients([(dz_dx, x)])
        else:
            x.assign_sub(0.1 * dz_dx)
    assert repr(x) == "<fg.Variable 'Variable:0' shape=() dtype=float32, numpy=-0.3333333>"


@pytest.mark.semantics("13.6")
def test_control_flow():
    def f(x, n):
        output = 1.0
        for i in range(n):
            if i > 1 and i < 5:
                output = fg.multiply(output, x)
        return output

    def grad(x, n):
        with fg.GradientTape() as tape:
            tape.watch(x)
            out = f(x, n)
        return tape.gradient(out, x)

    x = fg.convert_to_tensor(2.0)
    assert [grad(x, n).numpy() for n in (6, 5, 4)] == [12.0, 12.0, 4.0]
    assert grad(x, 2) is None


@pytest.mark.semantics("13.6")
def test_sums_of_a_matrix_of_ones():
    x = fg.ones((2, 2))
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = fg.reduce_sum(x)
        z = fg.multiply(y, y)
    g = tape.gradient(z, x)
    assert [g[i][j].numpy() for i in (0, 1) for j in (0, 1)] == [8.0] * 4
    assert tape.gradient(z, y).numpy() == 8.0


@pytest.mark.semantics("13.7")
def test_vectors():
    x, y = fg.Variable([1.0, 2.0, 3.0]), fg.Variable([4.0, 5.0, 6.0])
    with fg.GradientTape() as tape:
        f = fg.square(x) + 2 * fg.square(y) + 1
    dx, dy = tape.gradient(f, [x, y])
    assert str(f) == "fg.Tensor([34. 55. 82.], shape=(3,), dtype=float32)"
    assert (f"{dx}", f"{dy}") == ("[2. 4. 6.]", "[16. 20. 24.]")


@pytest.mark.semantics("13.7")
def test_second_derivatives_of_a_list():
    x, y = fg.Variable(3.0), fg.Variable(4.0)
    with fg.GradientTape(persistent=True) as tape2:
        with fg.GradientTape(persistent=True) as tape1:
            f = fg.square(x) + 2 * fg.square(y) + 1
        firsts = tape1.gradient(f, [x, y])
    assert [g.numpy() for g in firsts] == [6.0, 16.0]
    assert [g.numpy() for g in tape2.gradient(firsts, [x, y])] == [2.0, 4.0]


@pytest.mark.semantics("13.8")
def test_a_misspelt_name():
    @fg.function
    def f(x):
        with fg.GradientTape() as tape:
            tap.watch(x)  # noqa: F821
            y = x * x
        return tape.gradient(y, x)

    with pytest.raises(NameError, match="name 'tap' is not defined") as caught:
        f(fg.constant(1.0))
    assert type(caught.value) is NameError
    assert traceback.extract_tb(caught.value.__traceback__)[-1].line.startswith("tap.watch(x)")
    with fg.GradientTape() as tape:
        x = fg.constant(2.0)
        tape.watch(x)
        y = x * x
    assert tape.gradient(y, x).numpy() == 4.0
