"""Section 12 of docs/semantics.md: SGD, and the loss that goes with it."""

import numpy as np
import pytest

import fastgrad as fg

SGD = fg.keras.optimizers.SGD


def after(steps, opt, start=1.0, gradient=1.0):
    """Where a Variable is after some steps with a constant gradient."""
    x = fg.Variable(start)
    for _ in range(steps):
        opt.apply_gradients([(fg.constant(gradient), x)])
    return x.numpy().tolist()


@pytest.mark.semantics("12.1")
def test_plain():
    assert after(1, SGD(0.5), 1.0, 2.0) == 0.0
    assert after(2, SGD(learning_rate=0.25), [1.0, 2.0], [1.0, -1.0]) == [0.5, 2.5]
    assert after(1, SGD()) == np.float32(0.99)


@pytest.mark.semantics("12.1")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_variable_keeps_its_dtype(dtype):
    x = fg.Variable(np.array([1.0, 2.0], dtype))
    SGD(0.5).apply_gradients([(np.array([1.0, 2.0], dtype), x)])
    assert x.dtype == dtype and x.numpy().tolist() == [0.5, 1.0]


@pytest.mark.semantics("12.2")
@pytest.mark.parametrize(("nesterov", "end"), [(False, 0.43899998), (True, 0.19510004)])
def test_momentum(nesterov, end):
    assert after(3, SGD(0.1, momentum=0.9, nesterov=nesterov)) == np.float32(end)


@pytest.mark.semantics("12.2")
def test_each_variable_has_a_velocity_of_its_own():
    opt, x, y = SGD(1.0, momentum=0.5), fg.Variable(0.0), fg.Variable([0.0, 0.0])
    for _ in range(2):
        opt.apply_gradients([(fg.constant(1.0), x), (fg.constant([1.0, -2.0]), y)])
    assert x.numpy() == -2.5 and y.numpy().tolist() == [-2.5, 5.0]


@pytest.mark.semantics("12.3")
def test_weight_decay():
    assert after(1, SGD(0.5, weight_decay=0.5), 4.0, 1.0) == 4.0 - 0.5 * 0.5 * 4.0 - 0.5
    assert after(1, SGD(0.1, weight_decay=0.1)) == pytest.approx(0.89, abs=1e-7)


@pytest.mark.semantics("12.4")
def test_clipping():
    assert after(1, SGD(1.0, clipvalue=0.5), [1.0, 1.0], [3.0, -0.25]) == [0.5, 1.25]
    assert after(1, SGD(1.0, clipnorm=0.5), [1.0, 1.0], [3.0, 4.0]) == pytest.approx([0.7, 0.6])
    assert after(1, SGD(1.0, clipnorm=10.0), [1.0, 1.0], [3.0, 4.0]) == [-2.0, -3.0]


@pytest.mark.semantics("12.4")
def test_the_global_norm():
    x, y = fg.Variable(0.0), fg.Variable([0.0])
    SGD(1.0, global_clipnorm=0.5).apply_gradients([(fg.constant(3.0), x), (fg.constant([4.0]), y)])
    assert (x.numpy(), y.numpy()[0]) == pytest.approx((-0.3, -0.4))


@pytest.mark.semantics("12.5")
def test_the_rate_as_a_function():
    assert after(2, SGD(lambda: 0.25)) == 0.5
    assert after(3, SGD(lambda step: 1.0 / 2.0 ** fg.cast(step, fg.float32)), 0.0) == -1.75
    assert after(3, SGD(lambda step: 1.0 / 2.0 ** int(step)), 0.0) == -1.75


@pytest.mark.semantics("12.5")
def test_the_rate_can_be_read_and_set():
    opt = SGD(0.25)
    assert float(opt.learning_rate) == 0.25
    opt.learning_rate = 0.5
    assert float(opt.learning_rate) == 0.5
    assert after(1, opt) == 0.5


@pytest.mark.semantics("12.5")
def test_the_old_name_of_the_rate():
    with pytest.warns((UserWarning, DeprecationWarning), match="learning_rate"):
        opt = SGD(lr=0.25)
    assert float(opt.learning_rate) == 0.25
    assert after(1, opt) == 0.75


@pytest.mark.semantics("12.6")
@pytest.mark.parametrize(
    ("rate", "error"),
    [
        (-1.0, ValueError),
        (np.nan, ValueError),
        (np.inf, ValueError),
        ("x", TypeError),
        (None, TypeError),
    ],
)
def test_a_rate_that_is_none(rate, error):
    with pytest.raises(error, match="learning_rate"):
        SGD(rate)


@pytest.mark.semantics("12.7")
def test_config():
    opt = SGD(0.25, momentum=0.5, nesterov=True, clipnorm=2.0)
    config = opt.get_config()
    assert (config["learning_rate"], config["momentum"], config["nesterov"]) == (0.25, 0.5, True)
    assert (config["clipnorm"], config["weight_decay"], config["name"]) == (2.0, None, "SGD")
    twin = SGD.from_config(config)
    assert after(3, twin) == after(3, opt) and twin.get_config() == config


@pytest.mark.semantics("12.8")
@pytest.mark.parametrize(
    "kind", [list, tuple, iter, lambda pairs: zip(*zip(*pairs, strict=True), strict=True)]
)
def test_ways_to_give_the_pairs(kind):
    x, y = fg.Variable(1.0), fg.Variable([1.0])
    opt = SGD(0.5)
    opt.apply_gradients(kind([(fg.constant(1.0), x), (np.array([1.0], "float32"), y)]))
    assert x.numpy() == 0.5 and y.numpy().tolist() == [0.5]
    opt.apply_gradients(grads_and_vars=kind([(np.float32(1.0), x), (fg.constant([1.0]), y)]))
    assert x.numpy() == 0.0 and y.numpy().tolist() == [0.0]


@pytest.mark.semantics("12.8")
def test_steps_are_counted():
    opt, x = SGD(0.5), fg.Variable(1.0)
    assert int(opt.iterations) == 0
    first = opt.apply_gradients([(fg.constant(1.0), x)])
    assert repr(first) == "<fg.Variable 'UnreadVariable' shape=() dtype=int64, numpy=1>"
    opt.minimize(lambda: x * x, [x])
    assert int(opt.iterations) == 2


@pytest.mark.semantics("12.9")
def test_variables_may_come_later():
    opt, x, y = SGD(0.5, momentum=0.5), fg.Variable(1.0), fg.Variable(1.0)
    opt.apply_gradients([(fg.constant(1.0), x)])
    opt.apply_gradients([(fg.constant(1.0), y), (fg.constant(1.0), x)])
    assert (x.numpy(), y.numpy()) == (-0.25, 0.5)


@pytest.mark.semantics("12.10")
def test_no_gradient_at_all():
    x = fg.Variable(1.0, name="x")
    with pytest.raises(ValueError, match=r"No gradients provided for any variable.*x:0"):
        SGD(0.5).apply_gradients([(None, x)])
    assert x.numpy() == 1.0


@pytest.mark.semantics("12.10")
def test_some_gradients_missing():
    x, y = fg.Variable(1.0, name="x"), fg.Variable(1.0, name="y")
    with pytest.warns(UserWarning, match=r"Gradients do not exist for variables \['x:0'\]"):
        SGD(0.5).apply_gradients([(None, x), (fg.constant(1.0), y)])
    assert (x.numpy(), y.numpy()) == (1.0, 0.5)


@pytest.mark.semantics("12.11")
def test_misspelt_keywords():
    x = fg.Variable(1.0)
    with pytest.raises(TypeError, match=r"keyword argument 'grad_and_vars'.*'grads_and_vars'"):
        SGD(0.5).apply_gradients(grad_and_vars=[(fg.constant(1.0), x)])
    with pytest.raises(TypeError, match=r"keyword argument 'learning_rat'.*'learning_rate'"):
        SGD(learning_rat=0.5)


@pytest.mark.semantics("12.12")
def test_integer_variables():
    n = fg.Variable(1)
    with pytest.raises(TypeError, match=r"integer|int32"):
        SGD(0.5).apply_gradients([(fg.constant(1), n)])
    with pytest.raises(TypeError, match=r"integer|int32"):
        SGD(0.5).apply_gradients([(fg.constant(1.0), n)])
    assert n.numpy() == 1


@pytest.mark.semantics("12.13")
@pytest.mark.parametrize(
    ("bad", "error"),
    [
        (lambda y: (fg.ones([5]), y), ValueError),
        (lambda y: (fg.ones([2]), fg.constant([1.0, 1.0])), TypeError),
        (lambda y: ("abc", y), TypeError),
        (lambda y: (y,), (ValueError, TypeError)),
    ],
    ids=["shape", "not a Variable", "no number", "no pair"],
)
def test_a_wrong_pair_changes_nothing(bad, error):
    opt, x, y = SGD(0.5, momentum=0.5), fg.Variable(1.0), fg.Variable([1.0, 1.0])
    with pytest.raises(error):
        opt.apply_gradients([(fg.constant(1.0), x), bad(y)])
    assert x.numpy() == 1.0 and y.numpy().tolist() == [1.0, 1.0]
    assert int(opt.iterations) == 0
    opt.apply_gradients([(fg.constant(1.0), x)])
    assert x.numpy() == 0.5


@pytest.mark.semantics("12.14")
@pytest.mark.parametrize("wrap", [lambda f: f, fg.function])
def test_minimize(wrap):
    x = fg.Variable(3.0)
    opt = SGD(0.25)
    opt.minimize(wrap(lambda: x * x), [x])
    assert x.numpy() == 1.5
    opt.minimize(wrap(lambda: x * x), x)
    assert x.numpy() == 0.75


@pytest.mark.semantics("12.14")
def test_minimize_watches_its_variables():
    k, w = fg.Variable(3.0, trainable=False), fg.Variable(2.0)
    SGD(0.25).minimize(lambda: k * k * w, var_list=[k])
    assert (k.numpy(), w.numpy()) == (0.0, 2.0)


@pytest.mark.semantics("12.14")
def test_minimize_a_tensor():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        loss = x * x
    SGD(0.25).minimize(loss, [x], tape=tape)
    assert x.numpy() == 1.5
    with pytest.raises(ValueError, match="`tape` is required when a `Tensor` loss is passed"):
        SGD(0.25).minimize(fg.constant(0.0), [x])


@pytest.mark.semantics("12.15")
def test_steps_inside_a_function():
    x, opt = fg.Variable(8.0), SGD(0.25)

    @fg.function
    def train(n):
        for _ in fg.range(n):
            with fg.GradientTape() as tape:
                y = x * x
            opt.apply_gradients([(tape.gradient(y, x), x)])
        opt.minimize(lambda: x * x, [x])
        return x * 1.0

    assert train(2).numpy() == 1.0
    assert x.numpy() == 1.0 and int(opt.iterations) == 3


@pytest.mark.semantics("12.16")
def test_mse():
    pred = fg.Variable([[1.0, 2.0], [3.0, 5.0]])
    with fg.GradientTape() as tape:
        loss = fg.keras.losses.mse([[3.0, 5.0], [3.0, 3.0]], pred)
    assert loss.numpy().tolist() == [6.5, 2.0]
    assert tape.gradient(loss, pred).numpy().tolist() == [[-2.0, -3.0], [0.0, 2.0]]
