"""Section 11 of docs/semantics.md, lines 11.1 to 11.9: gradients of functions, and checks."""

import functools

import numpy as np
import pytest

import fastgrad as fg

from .support import same, values


def cubic(x, y):
    """x^3 y."""
    return x * x * x * y


@pytest.mark.semantics("11.1")
def test_value_and_gradient_of_one_argument():
    value, g = fg.value_and_gradient(lambda x: x * x, 3.0)
    assert isinstance(g, fg.Tensor) and (value.numpy(), g.numpy()) == (9.0, 6.0)


@pytest.mark.semantics("11.1")
def test_value_and_gradient_of_several_arguments():
    value, grads = fg.value_and_gradient(cubic, fg.constant(2.0), fg.constant(5.0))
    assert value.numpy() == 40.0
    assert isinstance(grads, tuple) and values(grads) == [60.0, 8.0]


@pytest.mark.semantics("11.1")
@pytest.mark.parametrize(
    "x", [[1.0, 2.0], np.array([1.0, 2.0], "float32"), fg.Variable([1.0, 2.0])]
)
def test_arguments_become_tensors(x):
    value, g = fg.value_and_gradient(lambda x: fg.reduce_sum(x * x), x)
    assert value.numpy() == 5.0 and g.numpy().tolist() == [2.0, 4.0]


@pytest.mark.semantics("11.1")
def test_value_and_gradient_options():
    value, g = fg.value_and_gradient(
        lambda x, power: x**power, [1.0, 2.0], output_gradients=[1.0, 10.0], power=3
    )
    assert value.numpy().tolist() == [1.0, 8.0] and g.numpy().tolist() == [3.0, 120.0]


@pytest.mark.semantics("11.1")
def test_integers_stay():
    value, (g, none) = fg.value_and_gradient(lambda x, n: x**n, 3.0, 2)
    assert value.dtype == fg.float32 and g.numpy() == 6.0 and none is None
    with pytest.raises(TypeError, match="integers"):
        fg.value_and_gradient(lambda n: n * 2.0, 3)


@pytest.mark.semantics("11.1", "4.2")
def test_the_same_tensor_as_two_arguments():
    x = fg.constant(3.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        _, (ga, gb) = fg.value_and_gradient(lambda a, b: a * b * b, x, x)
    assert (ga.numpy(), gb.numpy()) == (9.0, 18.0)
    assert tape.gradient([ga, gb], x).numpy() == 18.0  # of 3 x^2


@pytest.mark.semantics("11.1")
def test_nested_arguments():
    params = {"w": np.array([[1.0, 2.0]]), "b": (fg.Variable([3.0]),)}
    _, g = fg.value_and_gradient(lambda p: fg.reduce_sum(p["w"] * p["b"][0]), params)
    assert list(g) == ["w", "b"] and type(g["b"]) is tuple
    assert values([g["w"], g["b"][0]]) == [[[3.0, 3.0]], [3.0]]


@pytest.mark.semantics("11.1")
def test_what_cannot_be_differentiated():
    with pytest.raises(TypeError, match="'fast' of type str"):
        fg.value_and_gradient(lambda x, mode: x * x, 3.0, "fast")
    assert fg.gradient_function(lambda x, mode: x * x, 0)(3.0, "fast").numpy() == 6.0


@pytest.mark.semantics("11.1", "11.2")
def test_several_outputs_are_summed():
    def f(x):
        return x * x, [5.0 * x]

    value, g = fg.value_and_gradient(f, 3.0)
    assert isinstance(value, tuple) and value[1][0].numpy() == 15.0
    assert g.numpy() == 11.0
    assert fg.gradient_function(f)(3.0).numpy() == 11.0


@pytest.mark.semantics("11.2")
@pytest.mark.parametrize(
    ("argnums", "want"),
    [
        (None, [60.0, 8.0]),
        (0, 60.0),
        (1, 8.0),
        ("y", 8.0),
        ((0,), [60.0]),
        ((1, 0), [8.0, 60.0]),
        (["x", "y"], [60.0, 8.0]),
    ],
)
def test_gradient_function(argnums, want):
    assert values(fg.gradient_function(cubic, argnums)(2.0, 5.0)) == want


@pytest.mark.semantics("11.2")
def test_gradient_function_with_keyword_arguments():
    g = fg.gradient_function(lambda x, scale=1.0: x * x * scale)
    assert g(3.0, scale=10.0).numpy() == 60.0


@pytest.mark.semantics("11.2")
@pytest.mark.parametrize("argnums", [2, "z"])
def test_an_argument_that_is_not_there(argnums):
    with pytest.raises((ValueError, IndexError, TypeError), match=r"argnums|argument"):
        fg.gradient_function(cubic, argnums)(2.0, 5.0)


@pytest.mark.semantics("11.3")
def test_gradient_function_with_a_cotangent():
    g = fg.gradient_function(lambda x: x * x)
    assert g([1.0, 2.0], dy=[1.0, 10.0]).numpy().tolist() == [2.0, 40.0]
    assert g(3.0, dy=2.0).numpy() == 12.0


@pytest.mark.semantics("11.3")
def test_gradient_function_of_a_partial():
    f = functools.partial(cubic, fg.constant(2.0))
    assert fg.gradient_function(f)(5.0).numpy() == 8.0


@pytest.mark.semantics("11.4")
def test_make_vjp():
    y, vjp = fg.make_vjp(cubic)(2.0, 5.0)
    assert y.numpy() == 40.0
    assert values(vjp()) == [60.0, 8.0]
    assert values(vjp(dy=10.0)) == [600.0, 80.0]
    _, vjp = fg.make_vjp(cubic, argnums=1)(2.0, 5.0)
    assert vjp(fg.constant(3.0)).numpy() == 24.0


@pytest.mark.semantics("11.4")
def test_make_vjp_once():
    _, vjp = fg.make_vjp(lambda x: x * x, persistent=False)(3.0)
    assert vjp().numpy() == 6.0
    with pytest.raises(RuntimeError, match="persistent"):
        vjp()


@pytest.mark.semantics("11.5")
def test_implicit_grad():
    a, b, unused = fg.Variable(2.0), fg.Variable(3.0), fg.Variable(4.0)
    fixed = fg.Variable(10.0, trainable=False)
    pairs = fg.implicit_grad(lambda x: b * b * x * fixed + a)(5.0)
    assert same([v for _, v in pairs], [a, b])
    assert values([g for g, _ in pairs]) == [1.0, 300.0]
    fg.keras.optimizers.SGD(1.0).apply_gradients(pairs)
    assert values([a, b, unused]) == [1.0, -297.0, 4.0]


@pytest.mark.semantics("11.5")
def test_implicit_grad_without_variables():
    with pytest.raises(ValueError, match=r"[Nn]o trainable variables"):
        fg.implicit_grad(lambda x: x * x)(5.0)


def forgetful(x):
    """Returns nothing."""
    _ = x * x


@pytest.mark.semantics("11.6")
@pytest.mark.parametrize(
    "run",
    [
        lambda: fg.value_and_gradient(forgetful, 3.0),
        lambda: fg.gradient_function(forgetful)(3.0),
        lambda: fg.make_vjp(forgetful)(3.0),
        lambda: fg.implicit_grad(forgetful)(fg.Variable(3.0)),
    ],
)
def test_a_function_that_returns_none(run):
    text = "Cannot differentiate a function that returns None; did you forget to return .*forgetful"
    with pytest.raises(ValueError, match=text):
        run()


@pytest.mark.semantics("11.7")
def test_helpers_nest():
    first = fg.gradient_function(lambda x: x**4)
    second = fg.gradient_function(first)
    assert (first(2.0).numpy(), second(2.0).numpy()) == (32.0, 48.0)


@pytest.mark.semantics("11.7")
def test_helpers_inside_a_tape():
    w = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        value, g = fg.value_and_gradient(lambda x: x * x * w * w, 2.0)
        y = value + g * 10.0
    # w^2 x^2 + 20 w^2 x
    assert tape.gradient(y, w).numpy() == 2 * 3.0 * (4.0 + 40.0)


@pytest.mark.semantics("11.8")
def test_compute_gradient():
    def f(x, y):
        return x * x * y

    x, y = fg.constant(np.array([1.0, 2.0])), fg.constant(np.array([3.0]))
    theoretical, numerical = fg.test.compute_gradient(f, [x, y])
    assert isinstance(theoretical, tuple) and isinstance(numerical, tuple)
    want = [[[6.0, 0.0], [0.0, 12.0]], [[1.0], [4.0]]]
    for t, n, w in zip(theoretical, numerical, want, strict=True):
        assert t.tolist() == w
        assert isinstance(n, np.ndarray)
        np.testing.assert_allclose(n, w, atol=1e-4)


@pytest.mark.semantics("11.8")
def test_compute_gradient_tells_a_wrong_rule():
    @fg.custom_gradient
    def wrong(x):
        return x * x, lambda ct: ct * x * 2.002

    (theoretical,), (numerical,) = fg.test.compute_gradient(wrong, [fg.constant(np.array([1.0]))])
    np.testing.assert_allclose(theoretical, [[2.002]], rtol=1e-12)
    np.testing.assert_allclose(numerical, [[2.0]], atol=1e-4)


@pytest.mark.semantics("11.9")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        ([1.0, np.nan], "here : Tensor had NaN values"),
        ([1.0, np.inf], "here : Tensor had Inf values"),
        ([np.nan, -np.inf], "here : Tensor had (Inf and NaN|NaN and Inf) values"),
    ],
)
def test_check_numerics_raises(value, text):
    with pytest.raises(ValueError, match=text):
        fg.debugging.check_numerics(fg.constant(value), "here")


@pytest.mark.semantics("11.9")
def test_check_numerics_passes_on():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = fg.debugging.check_numerics(x * x, "here")
    assert y.numpy().tolist() == [1.0, 4.0]
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]
