"""Section 6 of docs/semantics.md: derivatives of derivatives."""

import numpy as np
import pytest

import fastgrad as fg

from .support import derivatives, inside


@pytest.mark.semantics("6.1")
def test_a_gradient_inside_the_outer_block():
    x = fg.Variable(1.0)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = x * x * x
        first = inner.gradient(y, x)
    second = outer.gradient(first, x)
    assert (first.numpy(), second.numpy()) == (3.0, 6.0)


@pytest.mark.semantics("6.1")
def test_a_gradient_outside_is_a_constant():
    x = fg.Variable(1.0)
    with fg.GradientTape() as outer, fg.GradientTape() as inner:
        y = x * x * x
    first = inner.gradient(y, x)
    assert first.numpy() == 3.0
    assert outer.gradient(first, x) is None


@pytest.mark.semantics("6.2")
def test_three_tapes():
    x = fg.Variable(2.0)
    with fg.GradientTape() as t3:
        with fg.GradientTape() as t2:
            with fg.GradientTape() as t1:
                y = x**4
            first = t1.gradient(y, x)
        second = t2.gradient(first, x)
    third = t3.gradient(second, x)
    assert (first.numpy(), second.numpy(), third.numpy()) == (32.0, 48.0, 48.0)


@pytest.mark.semantics("6.2")
def test_eight_tapes():
    x = fg.constant(np.float64(0.5))
    for f in (lambda v: v**8, lambda v: v * v * v * v * v * v * v * v):
        assert derivatives(f, x, 8)[-1].numpy() == 40320.0


@inside
@pytest.mark.semantics("6.3")
def test_a_persistent_tape_differentiates_its_own_gradients():
    x = fg.Variable(2.0)
    with fg.GradientTape(persistent=True) as tape:
        y = fg.exp(3.0 * x)
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
    third = tape.gradient(second, x)
    want = np.exp(6.0) * np.array([3.0, 9.0, 27.0])
    np.testing.assert_allclose([first, second, third], want, rtol=1e-5)


@pytest.mark.semantics("6.4", "13.4")
def test_a_second_derivative_that_is_not_there():
    x1, x2 = fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as outer:
        with fg.GradientTape(persistent=True) as inner:
            z = (x1 + 5) * (x2**2)
        firsts = inner.gradient(z, [x1, x2])
    (d11, d12), (d21, d22) = [outer.gradient(first, [x1, x2]) for first in firsts]
    assert d11 is None
    assert (d12.numpy(), d21.numpy(), d22.numpy()) == (6.0, 6.0, 14.0)


@pytest.mark.semantics("6.4")
@pytest.mark.parametrize(
    ("f", "first"),
    [
        (lambda x: x + 5.0, 1.0),
        (lambda x: 5.0 - x, -1.0),
        (lambda x: x * 5.0, 5.0),
        (lambda x: x / 5.0, 0.2),
        (lambda x: fg.reduce_sum(x) * 2.0, 2.0),
        (lambda x: fg.reshape(x, [1]), 1.0),
    ],
)
def test_a_linear_function_has_no_second_derivative(f, first):
    x = fg.Variable(3.0)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = f(x)
        g = inner.gradient(y, x)
    assert g.numpy() == np.float32(first)
    assert outer.gradient(g, x) is None


@pytest.mark.semantics("6.5")
def test_a_penalty_on_an_input_gradient():
    x, w = fg.constant([3.0, 4.0]), fg.Variable([2.0, 1.0])
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            inner.watch(x)
            out = fg.reduce_sum(w * x * x)
        g = inner.gradient(out, x)  # 2 w x = [12, 8]
        penalty = fg.sqrt(fg.reduce_sum(g * g)) ** 2
    # d/dw sum((2 w x)^2) = 8 w x^2
    np.testing.assert_allclose(outer.gradient(penalty, w), [144.0, 128.0], rtol=1e-6)


@pytest.mark.semantics("6.6")
@pytest.mark.parametrize(
    ("f", "want"),
    [
        (fg.exp, lambda x: np.exp(x)),
        (lambda x: fg.pow(x, 3), lambda x: 6 * x),
        (lambda x: fg.pow(x, 2.5), lambda x: 3.75 * x**0.5),
        (lambda x: fg.pow(2.0, x), lambda x: np.log(2) ** 2 * 2**x),
        (lambda x: fg.math.log(x), lambda x: -1 / x**2),
        (lambda x: fg.sqrt(x), lambda x: -0.25 * x**-1.5),
        (fg.sin, lambda x: -np.sin(x)),
        (fg.tanh, lambda x: -2 * np.tanh(x) * (1 - np.tanh(x) ** 2)),
        (lambda x: 1 / x, lambda x: 2 / x**3),
    ],
)
def test_second_derivatives(f, want):
    x = np.array([0.5, 1.0, 2.0])
    np.testing.assert_allclose(derivatives(f, fg.constant(x), 2)[2], want(x), rtol=1e-12)


@pytest.mark.semantics("6.6")
def test_matmul_twice():
    a = np.array([[1.0, 2.0], [3.0, 4.0]])
    x = fg.Variable(np.array([[1.0], [-1.0]]))
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = fg.matmul(fg.transpose(x), fg.matmul(fg.constant(a), x))
        g = inner.gradient(y, x)
    hessian = outer.jacobian(g, x)
    assert fg.reshape(hessian, [2, 2]).numpy().tolist() == (a + a.T).tolist()


def softmax(z):
    return np.exp(z) / np.exp(z).sum()


@pytest.mark.semantics("6.6")
@pytest.mark.parametrize(
    "loss",
    [
        lambda z: fg.nn.softmax_cross_entropy_with_logits(
            labels=fg.constant(np.array([0.0, 1.0, 0.0])), logits=z
        ),
        lambda z: fg.nn.sparse_softmax_cross_entropy_with_logits(labels=fg.constant(1), logits=z),
        lambda z: -fg.nn.log_softmax(z)[1],
        lambda z: -fg.math.log(fg.nn.softmax(z)[1]),
    ],
    ids=["dense", "sparse", "log_softmax", "softmax"],
)
def test_cross_entropy_twice(loss):
    at = np.array([0.5, -1.0, 2.0])
    z = fg.Variable(at)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = loss(z)
        g = inner.gradient(y, z)
    p = softmax(at)
    np.testing.assert_allclose(g, p - [0.0, 1.0, 0.0], rtol=1e-12)
    np.testing.assert_allclose(outer.jacobian(g, z), np.diag(p) - np.outer(p, p), atol=1e-14)


@pytest.mark.semantics("6.7")
def test_hessian_vector_products_agree():
    x, v = fg.Variable(np.array([1.0, 2.0, 3.0])), fg.constant(np.array([1.0, -1.0, 2.0]))

    def f():
        return x[0] ** 2 * x[1] + fg.reduce_sum(x**3) + x[1] * x[2]

    with fg.GradientTape(persistent=True) as outer:
        with fg.GradientTape() as inner:
            y = f()
        g = inner.gradient(y, x)
        dot = fg.reduce_sum(g * v)
    hessian = outer.jacobian(g, x).numpy()
    # H = [[2 x1 + 6 x0, 2 x0, 0], [2 x0, 6 x1, 1], [0, 1, 6 x2]]
    assert hessian.tolist() == [[10.0, 2.0, 0.0], [2.0, 12.0, 1.0], [0.0, 1.0, 18.0]]
    want = [8.0, -8.0, 35.0]
    assert outer.gradient(g, x, output_gradients=v).numpy().tolist() == want
    assert outer.gradient(dot, x).numpy().tolist() == want
    assert (hessian @ v.numpy()).tolist() == want


@pytest.mark.semantics("6.8")
def test_the_hessian_is_symmetric():
    x = fg.Variable(np.array([[0.3, -1.2], [0.7, 2.0]]))
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = fg.reduce_sum(fg.tanh(fg.matmul(x, x)) * fg.exp(x))
        g = inner.gradient(y, x)
    h = outer.jacobian(g, x).numpy()
    assert h.shape == (2, 2, 2, 2)
    flat = h.reshape(4, 4)
    np.testing.assert_allclose(flat, flat.T, atol=1e-13)
    assert abs(flat[0, 3]) > 1e-3


@pytest.mark.semantics("6.9")
def test_orders_that_are_not_there():
    f = fg.linalg.det
    for _ in range(3):
        x = fg.constant(np.diag([1.0, 0.0, 0.0]))
        last, f = f, fg.grad(lambda x, f=f: fg.reduce_sum(fg.square(f(x) + 1.0)))
        last(x)
    with pytest.raises(np.linalg.LinAlgError):
        f(x)


@pytest.mark.semantics("6.9")
@pytest.mark.parametrize(
    ("name", "by", "arguments"),
    [
        ("zeta", 0, (2.0, 3.0)), ("igamma", 0, (2.0, 3.0)), ("igammac", 0, (2.0, 3.0)),
        ("betainc", 0, (2.0, 3.0, 0.5)), ("betainc", 1, (2.0, 3.0, 0.5)),
    ],
)  # fmt: skip
def test_derivatives_without_a_closed_form(name, by, arguments):
    if name != "zeta":
        pytest.importorskip("scipy")
    arguments = [fg.constant(x) for x in arguments]
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(arguments)
        y = getattr(fg.math, name)(*arguments)
    with pytest.raises(LookupError, match=f"{name}.*closed form"):
        tape.gradient(y, arguments[by])
    assert np.isfinite(tape.gradient(y, arguments[-1]).numpy())
