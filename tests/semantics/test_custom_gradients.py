"""Section 8 of docs/semantics.md, lines 8.1 to 8.16: gradients that the user states."""

import subprocess
import sys
import textwrap

import numpy as np
import pytest

import fastgrad as fg

from .support import derivatives, gradient, same, values


def stated(returned):
    """A function of two inputs, x * y, whose gradient function returns `returned(ct)`."""

    @fg.custom_gradient
    def f(x, y):
        return x * y, returned

    return f


@fg.custom_gradient
def triple(x):
    """The identity, with gradient 3."""
    return x, lambda ct: 3.0 * ct


@pytest.mark.semantics("8.1")
def test_the_stated_gradient_is_used():
    @fg.custom_gradient
    def log1pexp(x):
        e = fg.exp(x)
        return fg.math.log(1.0 + e), lambda ct: ct * (1.0 - 1.0 / (1.0 + e))

    (g,) = gradient(log1pexp, fg.constant(100.0))
    assert g.numpy() == 1.0


@pytest.mark.semantics("8.1")
def test_outputs_nobody_used_have_cotangent_zero():
    seen = []

    @fg.custom_gradient
    def two(x):
        def grad_fn(*cts):
            seen.extend(cts)
            return cts[0] * 10.0 + fg.reduce_sum(cts[1]) * 100.0

        return (x * 2.0, fg.stack([x, x])), grad_fn

    (g,) = gradient(lambda x: two(x)[0], fg.constant(1.0))
    assert g.numpy() == 10.0
    assert len(seen) == 2 and seen[1].numpy().tolist() == [0.0, 0.0]


@pytest.mark.semantics("8.2")
@pytest.mark.parametrize("kind", [list, tuple])
def test_lists_and_tuples(kind):
    f = stated(lambda ct: kind([ct * 10.0, ct * 20.0]))
    assert values(gradient(f, fg.constant(2.0), fg.constant(3.0))) == [10.0, 20.0]


@pytest.mark.semantics("8.2")
def test_none_for_an_input():
    f = stated(lambda ct: (None, ct * 20.0))
    assert values(gradient(f, fg.constant(2.0), fg.constant(3.0))) == [None, 20.0]


@pytest.mark.semantics("8.3")
@pytest.mark.parametrize(("returned", "count"), [(lambda ct: ct, 1), (lambda ct: [ct] * 3, 3)])
def test_a_wrong_number_of_gradients(returned, count):
    with pytest.raises(ValueError, match=f"expected to return 2 gradients, but returned {count}"):
        gradient(stated(returned), fg.constant(2.0), fg.constant(3.0))


@pytest.mark.semantics("8.4")
def test_a_gradient_of_the_wrong_shape():
    f = stated(lambda ct: (fg.ones([3]), ct))
    with pytest.raises(ValueError, match=r"\(3,\).*\(2,\)|\(2,\).*\(3,\)"):
        gradient(f, fg.constant([1.0, 2.0]), fg.constant([3.0, 4.0]))


@pytest.mark.semantics("8.4")
def test_a_gradient_that_is_no_number():
    f = stated(lambda ct: ("abc", ct))
    with pytest.raises(TypeError, match=r"abc|str"):
        gradient(f, fg.constant(2.0), fg.constant(3.0))


@pytest.mark.semantics("8.4")
@pytest.mark.parametrize("gradient_of", [lambda ct: 0.1, lambda ct: np.float32(0.1)])
def test_a_gradient_takes_the_dtype_of_its_input(gradient_of):
    f = stated(lambda ct: (gradient_of(ct), None))
    g, _ = gradient(f, fg.constant(np.float64(2.0)), fg.constant(np.float64(3.0)))
    assert g.dtype == fg.float64 and g.numpy() == pytest.approx(0.1)


@pytest.mark.semantics("8.5")
@pytest.mark.parametrize("result", [lambda x: x * 2.0, lambda x: (x * 2.0, None), lambda x: None])
def test_a_function_that_returns_no_pair(result):
    with pytest.raises(TypeError, match="grad_fn"):
        fg.custom_gradient(result)(fg.constant(1.0))


def scale_by(w, signature):
    """x * w * w, where w is no input; grad_fn takes `variables` as `signature` says."""

    def grads(ct, x, variables):
        assert same(variables, [w])
        return ct * w * w, [ct * x * 100.0]

    @fg.custom_gradient
    def f(x):
        if signature == "keyword only":

            def grad_fn(ct, *, variables):
                return grads(ct, x, variables)
        elif signature == "default":

            def grad_fn(ct, variables=None):
                return grads(ct, x, variables)
        else:

            def grad_fn(ct, **kwargs):
                return grads(ct, x, kwargs["variables"])

        return x * w * w, grad_fn

    return f


@pytest.mark.semantics("8.6")
@pytest.mark.parametrize("signature", ["keyword only", "default", "kwargs"])
def test_variables_from_outside(signature):
    x, w = fg.Variable(2.0), fg.Variable(5.0)
    f = scale_by(w, signature)
    with fg.GradientTape() as tape:
        y = f(x)
    assert values(tape.gradient(y, [x, w])) == [25.0, 200.0]


@pytest.mark.semantics("8.6")
def test_only_variables_that_were_read_are_meant():
    x, w, unused = fg.Variable(2.0), fg.Variable(5.0), fg.Variable(7.0)
    fixed = fg.Variable(3.0, trainable=False)
    seen = []

    @fg.custom_gradient
    def f(a, b):
        def grad_fn(ct, variables):
            seen.extend(variables)
            return (ct, ct * 2.0), [ct * 3.0]

        return a * b * w * fixed, grad_fn

    with fg.GradientTape() as tape:
        _ = unused * 1.0
        y = f(x, 4.0)
    assert values(tape.gradient(y, [x, w, unused])) == [1.0, 3.0, None]
    assert same(seen, [w])


@pytest.mark.semantics("8.6")
def test_a_variable_that_is_an_input_is_not_meant():
    w = fg.Variable(5.0)

    @fg.custom_gradient
    def f(v):
        return v * v, lambda ct: ct * 7.0

    with fg.GradientTape() as tape:
        y = f(w)
    assert tape.gradient(y, w).numpy() == 7.0


@pytest.mark.semantics("8.7")
def test_grad_fn_must_take_the_variables():
    w = fg.Variable(5.0)

    @fg.custom_gradient
    def f(x):
        return x * w, lambda ct: ct

    with pytest.raises(TypeError, match="grad_fn must accept keyword argument 'variables'"):
        gradient(f, fg.constant(2.0))


@pytest.mark.semantics("8.7")
def test_one_gradient_per_variable():
    w = fg.Variable(5.0)

    @fg.custom_gradient
    def f(x):
        return x * w, lambda ct, variables: (ct, [])

    with pytest.raises(ValueError, match="Must return gradient for each variable"):
        gradient(f, fg.constant(2.0))


@pytest.mark.semantics("8.8")
def test_the_decorator_called():
    @fg.custom_gradient()
    def f(x):
        return x * 2.0, lambda ct: ct * 7.0

    assert values(gradient(f, fg.constant(1.0))) == [7.0]


@pytest.mark.semantics("8.8")
def test_methods():
    class Scale:
        def __init__(self, factor):
            self.factor = factor

        @fg.custom_gradient
        def __call__(self, x):
            return x * self.factor, lambda ct: ct * self.factor * 10.0

        @fg.custom_gradient
        def other(self, x):
            """Doubles."""
            return x * 2.0, lambda ct: ct * 20.0

    assert values(gradient(Scale(3.0), fg.constant(1.0))) == [30.0]
    assert values(gradient(Scale(3.0).other, fg.constant(1.0))) == [20.0]
    assert Scale.other.__doc__ == "Doubles." and Scale.other.__name__ == "other"


@pytest.mark.semantics("8.8")
def test_keyword_arguments():
    @fg.custom_gradient
    def f(x, factor=1.0):
        return x * factor, lambda ct: ct * factor * 10.0

    x = fg.constant(2.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x, factor=4.0)
    assert y.numpy() == 8.0 and tape.gradient(y, x).numpy() == 40.0


@pytest.mark.semantics("8.8")
def test_numpy_inputs():
    @fg.custom_gradient
    def f(a, x):
        return a * x, lambda ct: (None, ct * 7.0)

    x = fg.Variable(np.array([1.0, 2.0]))
    with fg.GradientTape() as tape:
        y = f(np.array([10.0, 20.0]), x)
    assert y.numpy().tolist() == [10.0, 40.0]
    assert tape.gradient(y, x).numpy().tolist() == [7.0, 7.0]


@pytest.mark.semantics("8.9")
def test_nested_inputs_and_outputs():
    @fg.custom_gradient
    def f(pair, rest):
        a, (b, _) = pair

        def grad_fn(*cts):
            ca, cb = cts
            return (ca * 10.0, (cb * 20.0, ())), {"k": ca * 30.0}

        return {"a": (a + rest["k"], []), "b": b}, grad_fn

    a, b, c = fg.constant(1.0), fg.constant(2.0), fg.constant(3.0)
    with fg.GradientTape() as tape:
        tape.watch([a, b, c])
        out = f((a, (b, ())), {"k": c})
        y = out["a"][0] * 2.0 + out["b"]
    assert out["a"][1] == [] and out["a"][0].numpy() == 4.0
    assert values(tape.gradient(y, [a, b, c])) == [20.0, 20.0, 60.0]


@pytest.mark.semantics("8.10")
def test_an_input_returned_as_output():
    x = fg.constant(1.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = triple(x)
    assert tape.gradient([y, x], x).numpy() == 4.0


@pytest.mark.semantics("8.11")
def test_custom_gradients_compose():
    assert values(gradient(lambda x: triple(triple(x)), fg.constant(1.0))) == [9.0]

    @fg.custom_gradient
    def outer(x):
        return triple(x) * 2.0, lambda ct: ct * 100.0

    assert values(gradient(outer, fg.constant(1.0))) == [100.0]


@pytest.mark.semantics("8.12")
def test_an_exception_comes_out_unchanged():
    error = KeyError("mine")

    def raises(ct):
        raise error

    with pytest.raises(KeyError) as caught:
        gradient(stated(raises), fg.constant(1.0), fg.constant(2.0))
    assert caught.value is error


@pytest.mark.semantics("8.13")
def test_the_second_order_can_be_stated_too():
    @fg.custom_gradient
    def f(x):
        def grad_fn(ct):
            @fg.custom_gradient
            def first(x, ct):
                return 2.1 * ct, lambda ct2: (2.2 * ct2, 3.1 * ct2)

            return first(x, ct)

        return x * x, grad_fn

    x, ct = fg.constant(5.0), fg.constant(1.0)
    with fg.GradientTape() as outer:
        outer.watch([x, ct])
        with fg.GradientTape() as inner:
            inner.watch(x)
            y = f(x)
        g = inner.gradient(y, x, output_gradients=ct)
    assert g.numpy() == np.float32(2.1)
    gx, gct = outer.gradient(g, [x, ct])
    assert (gx.numpy(), gct.numpy()) == (np.float32(2.2), np.float32(3.1))


@pytest.mark.semantics("8.13")
def test_the_second_order_follows_from_the_first():
    @fg.custom_gradient
    def f(x):
        return x * x, lambda ct: ct * x * x * x

    assert values(derivatives(f, fg.constant(2.0), 2)) == [4.0, 8.0, 12.0]


@pytest.mark.semantics("8.13")
def test_the_second_order_through_an_intermediate_result():
    @fg.custom_gradient
    def log1pexp(x):
        e = fg.exp(x)
        return fg.math.log(1.0 + e), lambda ct: ct * (1.0 - 1.0 / (1.0 + e))

    at = 0.3
    sigmoid = 1 / (1 + np.exp(-at))
    got = derivatives(log1pexp, fg.constant(np.float64(at)), 2)[1:]
    np.testing.assert_allclose(got, [sigmoid, sigmoid * (1 - sigmoid)], rtol=1e-14)


@pytest.mark.semantics("8.14")
def test_stop_gradient():
    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        y = fg.stop_gradient(x * x) * x
        z = fg.stop_gradient(x)
    assert tape.gradient(y, x).numpy() == 9.0
    assert tape.gradient(z, x) is None
    assert z.numpy() == 3.0


@pytest.mark.semantics("8.15")
def test_grad_pass_through_an_assignment():
    x, z = fg.Variable(1.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = fg.grad_pass_through(x.assign)(z**2)
    assert x.numpy() == 9.0
    assert tape.gradient(y, z).numpy() == 6.0


@pytest.mark.semantics("8.15")
def test_variables_inside_grad_pass_through():
    x, w = fg.Variable(2.6), fg.Variable(10.0)
    with fg.GradientTape() as tape:
        y = fg.grad_pass_through(lambda t: fg.round(t) * w)(x) * 3.0
    assert y.numpy() == 90.0
    assert values(tape.gradient(y, [x, w])) == [3.0, None]


def run_alone(code):
    """Run code in a Python of its own, since registering is for the whole process."""
    done = subprocess.run(
        [sys.executable, "-c", "import fastgrad as fg\n" + textwrap.dedent(code)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.semantics("8.16")
def test_register_gradient():
    run_alone("""
        x = fg.Variable(2.6)
        with fg.GradientTape() as tape:
            y = fg.round(x)
        assert tape.gradient(y, x) is None

        @fg.RegisterGradient("rint")
        def straight_through(op, ct):
            assert op.inputs[0].numpy() == x.numpy() and op.outputs[0].numpy() == 3.0
            return ct * 7.0

        for _ in range(2):
            with fg.GradientTape() as tape:
                y = fg.round(x)
            assert tape.gradient(y, x).numpy() == 7.0
    """)


@pytest.mark.semantics("8.16")
def test_registering_over_a_gradient():
    with pytest.raises(KeyError, match="absolute"):
        fg.RegisterGradient("absolute")(lambda op, ct: ct)
    with pytest.raises(LookupError, match="Did you mean 'floor'"):
        fg.RegisterGradient("flor")


@pytest.mark.semantics("8.16")
def test_a_registered_gradient_with_too_few_values():
    run_alone("""
        @fg.RegisterGradient("floor_divide")
        def too_few(op, ct):
            return [ct]

        x, y = fg.Variable(7.0), fg.Variable(2.0)
        with fg.GradientTape() as tape:
            z = x // y
        try:
            tape.gradient(z, [x, y])
        except ValueError as error:
            assert "floor_divide" in str(error) and "too few gradients" in str(error), error
        else:
            raise AssertionError("no error")
    """)
