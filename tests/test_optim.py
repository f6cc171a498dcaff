"""Optimisers against a plain NumPy reference, and what a step must leave alone."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.optim import SGD, Optimizer


def reference(w, gradients, lr, momentum=0.0, nesterov=False, decay=0.0):
    """Keras' SGD in NumPy, one gradient after the other, in the dtype of w."""
    kind = w.dtype.type
    lr, momentum, decay = kind(lr), kind(momentum), kind(decay)
    v = np.zeros_like(w)
    for g in gradients:
        if decay:
            w = w - w * decay * lr
        if momentum:
            v = v * momentum - g * lr
            w = w + (v * momentum - g * lr) if nesterov else w + v
        else:
            w = w - g * lr
    return w


# ------------------------------------------------------------------------------------------ numbers
@pytest.mark.parametrize("dtype", ["float32", "float64"])
@pytest.mark.parametrize("shape", [(), (1,), (7,), (3, 5), (0,)])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"decay": 0.01},
        {"momentum": 0.5, "decay": 0.1},
    ],
    ids=str,
)
def test_a_run_equals_the_reference_to_the_bit(dtype, shape, options):
    rng = np.random.default_rng(0)
    start = np.asarray(rng.normal(size=shape), dtype)
    gradients = [np.asarray(rng.normal(size=shape), dtype) for _ in range(5)]
    settings = {("weight_decay" if key == "decay" else key): v for key, v in options.items()}
    x, opt = fg.Variable(start), SGD(0.1, **settings)
    for g in gradients:
        opt.apply_gradients([(fg.constant(g), x)])
    np.testing.assert_array_equal(x.numpy(), reference(start, gradients, 0.1, **options))


def test_the_rate_is_exact_in_float64():
    x = fg.Variable(np.array(0.0))
    opt = SGD(0.01)
    opt.apply_gradients([(np.array(1.0), x)])
    assert float(opt.learning_rate) == np.float32(0.01)  # shown in float32, as Keras does
    opt.apply_gradients([(np.array(1.0), x)])
    assert x.numpy() == -0.02


def test_many_variables_of_several_dtypes():
    xs = [fg.Variable(np.full(k % 4, 1.0, ["float32", "float64"][k % 2])) for k in range(12)]
    SGD(0.5).apply_gradients([(fg.ones_like(x), x) for x in xs])
    assert all(np.all(x.numpy() == 0.5) for x in xs)


def test_a_gradient_in_another_dtype_is_cast():
    x = fg.Variable([1.0, 2.0])
    opt = SGD(0.5)
    opt.apply_gradients([(np.array([1.0, 2.0]), x)])
    opt.apply_gradients([([1, 2], x)])
    assert x.numpy().tolist() == [0.0, 0.0] and x.dtype == "float32"


def test_a_variable_that_comes_twice_moves_twice():
    x = fg.Variable(1.0)
    SGD(0.25).apply_gradients([(fg.constant(1.0), x), (fg.constant(1.0), x)])
    assert x.numpy() == 0.5


@pytest.mark.parametrize("clip", ["clipnorm", "global_clipnorm"])
def test_clipping_of_a_gradient_within_the_limit_changes_no_bit(clip):
    start, g = np.float32([1, 2]), np.float32([0.3, 0.4])
    x = fg.Variable(start)
    SGD(0.1, **{clip: 0.51}).apply_gradients([(g, x)])
    np.testing.assert_array_equal(x.numpy(), reference(start, [g], 0.1))


def test_the_norm_of_huge_gradients_does_not_overflow():
    x = fg.Variable([0.0, 0.0])
    SGD(1.0, clipnorm=5.0).apply_gradients([(fg.constant([3e30, 4e30]), x)])
    assert x.numpy() == pytest.approx([-3.0, -4.0])


# -------------------------------------------------------------------------------- the learning rate
def test_the_rate_that_was_read_can_be_assigned():
    x, opt = fg.Variable(0.0), SGD(0.5)
    opt.learning_rate.assign(0.25)
    opt.apply_gradients([(fg.constant(1.0), x)])
    assert x.numpy() == -0.25
    opt.lr.assign(opt.lr * 2.0)
    opt.apply_gradients([(fg.constant(1.0), x)])
    assert x.numpy() == -0.75 and opt.get_config()["learning_rate"] == 0.5


def test_a_variable_as_rate():
    rate, x = fg.Variable(0.5), fg.Variable(0.0)
    opt = SGD(rate)
    for value in (0.5, 0.25):
        rate.assign(value)
        opt.apply_gradients([(fg.constant(1.0), x)])
    assert x.numpy() == -0.75 and opt.learning_rate is rate


def test_a_bad_rate_later_on():
    x, opt = fg.Variable(1.0), SGD(0.5)
    with pytest.raises(ValueError, match="learning_rate"):
        opt.learning_rate = -1.0
    opt = SGD(lambda: np.nan)
    with pytest.raises(ValueError, match="learning_rate"):
        opt.apply_gradients([(fg.constant(1.0), x)])
    assert x.numpy() == 1.0 and int(opt.iterations) == 0


def test_schedules():
    class Halving:
        def __call__(self, step):
            return 1.0 / 2.0 ** int(step)

    for rate in (Halving(), lambda step: fg.pow(0.5, fg.cast(step, fg.float32))):
        x, opt = fg.Variable(0.0), SGD(rate)
        for _ in range(3):
            opt.apply_gradients([(fg.constant(1.0), x)])
        assert x.numpy() == -1.75
        assert float(opt.learning_rate) == 0.125
        assert opt.get_config()["learning_rate"] is rate


def test_a_function_with_an_optional_argument_is_called_without():
    x = fg.Variable(0.0)
    SGD(lambda rate=0.5: rate).apply_gradients([(fg.constant(1.0), x)])
    assert x.numpy() == -0.5


# ----------------------------------------------------------------------------------------- settings
def test_settings_may_change_between_steps():
    x, opt = fg.Variable(0.0), SGD(1.0)
    step = [(fg.constant(1.0), x)]
    for _ in range(2):
        opt.apply_gradients(step)
    opt.momentum = 0.5
    opt.apply_gradients(step)  # velocity -1
    opt.apply_gradients(step)  # velocity -1.5
    opt.momentum = 0.0
    opt.clipvalue = 0.5
    opt.apply_gradients(step)
    assert x.numpy() == -5.0


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ({"momentum": -0.1}, ValueError),
        ({"momentum": 1.5}, ValueError),
        ({"momentum": "x"}, TypeError),
        ({"clipnorm": -1.0}, ValueError),
        ({"clipnorm": "x"}, TypeError),
        ({"weight_decay": np.nan}, ValueError),
        ({"clipnorm": 1.0, "clipvalue": 1.0}, ValueError),
    ],
    ids=str,
)
def test_bad_settings(settings, error):
    with pytest.raises(error, match=next(iter(settings))):
        SGD(0.1, **settings)


def test_an_optimiser_without_updates():
    opt = Optimizer(
        0.1, weight_decay=None, clipnorm=None, clipvalue=None, global_clipnorm=None, name="x"
    )
    with pytest.raises(NotImplementedError, match="Optimizer"):
        opt.apply_gradients([(fg.constant(1.0), fg.Variable(1.0))])


@pytest.mark.parametrize("duplicate", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))])
def test_a_copy_goes_on_where_the_original_stands(duplicate):
    x, opt = fg.Variable(0.0), SGD(1.0, momentum=0.5)
    opt.apply_gradients([(fg.constant(1.0), x)])
    (other, y) = duplicate((opt, x))
    for o, v in ((opt, x), (other, y)):
        assert int(o.apply_gradients([(fg.constant(1.0), v)])) == 2
        assert v.numpy() == -2.5


# -------------------------------------------------------------------------------------------- steps
def test_iterations_stay_the_same_variable():
    x, opt = fg.Variable(1.0), SGD(0.5)
    steps = opt.iterations
    for n in (1, 2, 3):
        counted = opt.apply_gradients([(fg.constant(1.0), x)])
        assert int(steps) == int(counted) == n
    with pytest.raises(AttributeError):
        opt.iterations = 0


def test_no_pairs_are_no_step():
    opt = SGD(0.5)
    assert int(opt.apply_gradients([])) == 0


def test_a_step_changes_no_gradient_recorded_before():
    for n in (1, 100_000):
        x = fg.Variable(np.full(n, 3.0))
        with fg.GradientTape() as tape:
            y = x * x
        SGD(1.0).apply_gradients([(np.ones(n), x)])
        assert np.all(tape.gradient(y, x).numpy() == 6.0)
        assert np.all(x.numpy() == 2.0)


def test_a_step_inside_a_block_is_not_recorded():
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        y = x * x
        SGD(0.25, momentum=0.5, clipnorm=10.0).apply_gradients([(fg.constant(4.0), x)])
        z = x * y
    assert x.numpy() == 1.0
    assert tape.gradient(z, x).numpy() == 8.0  # y + x * 2 * 2


# ---------------------------------------------------------------------------------------- bad input
BAD = {
    "broadcasts": (lambda y: (fg.constant(1.0), y), ValueError, r"shape \(\).*'y:0'.*\(2,\)"),
    "one element": (lambda y: (fg.constant([1.0]), y), ValueError, r"\(1,\).*\(2,\)"),
    "text": (lambda y: (["a", "b"], y), TypeError, "'y:0'"),
    "complex": (lambda y: (np.array([1j, 1j]), y), TypeError, "complex128.*'y:0'"),
    "the wrong way round": (lambda y: (y, fg.constant([1.0, 1.0])), TypeError, "comes first"),
    "three in a pair": (lambda y: (y, y, y), TypeError, "pairs"),
    "an array": (lambda y: (fg.ones([2]), np.ones(2)), TypeError, "only a Variable can move"),
    "int": (lambda y: (fg.ones([2]), fg.Variable([1, 1])), TypeError, "integer variable"),
    "None for int": (lambda y: (None, fg.Variable([1, 1])), TypeError, "integer variable"),
}


@pytest.mark.parametrize("settings", [{}, {"momentum": 0.5}, {"weight_decay": 0.1}], ids=str)
@pytest.mark.parametrize(("bad", "error", "text"), BAD.values(), ids=BAD)
def test_a_bad_pair_after_good_ones_changes_nothing(bad, error, text, settings):
    x, y = fg.Variable(1.0), fg.Variable([1.0, 1.0], name="y")
    opt = SGD(0.5, **settings)
    for _ in range(2):  # at first, and when steps have become quick
        with pytest.raises(error, match=text):
            opt.apply_gradients([(fg.constant(1.0), x), bad(y)])
        assert x.numpy() == 1.0 and y.numpy().tolist() == [1.0, 1.0]
        assert int(opt.iterations) == 0
        opt.apply_gradients([(fg.constant(0.0), fg.Variable(0.0))])
        opt.iterations.assign(0)


@pytest.mark.parametrize("pairs", [None, 5, fg.constant(1.0)])
def test_what_is_no_list_of_pairs(pairs):
    with pytest.raises(TypeError, match="grads_and_vars"):
        SGD(0.5).apply_gradients(pairs)


def test_pairs_that_raise():
    x = fg.Variable(1.0)

    def pairs():
        yield fg.constant(1.0), x
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        SGD(0.5).apply_gradients(pairs())
    assert x.numpy() == 1.0


def test_the_warning_about_a_missing_gradient_points_at_the_caller():
    x, y = fg.Variable(1.0), fg.Variable(1.0)
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        SGD(0.5).apply_gradients([(None, x), (fg.constant(1.0), y)])
        SGD(0.5).minimize(lambda: y * y, [x, y])
    assert [w.filename for w in caught] == [__file__, __file__]


# ----------------------------------------------------------------------------------------- minimize
def test_minimize_a_nest_of_variables():
    xs = {"w": fg.Variable([1.0, 2.0]), "b": [fg.Variable(4.0)]}
    SGD(0.25).minimize(lambda: fg.reduce_sum(xs["w"] ** 2) + xs["b"][0] ** 2, xs)
    assert xs["w"].numpy().tolist() == [0.5, 1.0] and xs["b"][0].numpy() == 2.0


def test_minimize_on_a_tape_of_ones_own():
    x, opt = fg.Variable(4.0), SGD(0.25)
    tape = fg.GradientTape(persistent=True)
    opt.minimize(lambda: x * x, [x], tape=tape)
    assert x.numpy() == 2.0


def test_a_loss_that_raises_leaves_everything_as_it_was():
    x, opt = fg.Variable(4.0), SGD(0.25)

    def loss():
        x * x
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opt.minimize(loss, [x])
    assert x.numpy() == 4.0 and int(opt.iterations) == 0
    opt.minimize(lambda: x * x, [x])
    assert x.numpy() == 2.0


@pytest.mark.parametrize(
    ("loss", "var_list", "error"),
    [
        (lambda: None, lambda x: [x], TypeError),
        (lambda: 3.0, lambda x: [x], ValueError),
        (lambda: fg.constant(3.0), lambda x: [x], ValueError),
        (lambda: fg.constant(3.0), lambda x: [x.numpy()], (TypeError, ValueError)),
        (lambda: fg.constant(3.0), lambda x: 5, (TypeError, ValueError)),
    ],
    ids=["no loss", "a number", "constant", "array", "int"],
)
def test_what_cannot_be_minimized(loss, var_list, error):
    x = fg.Variable(1.0)
    with pytest.raises(error):
        SGD(0.5).minimize(loss, var_list(x))
    assert x.numpy() == 1.0


def test_a_fit():
    rng = np.random.default_rng(1)
    features = rng.normal(size=(50, 3))
    targets = features @ [1.0, -2.0, 0.5] + 3.0
    w, b = fg.Variable(np.zeros(3)), fg.Variable(np.float64(0))
    opt = SGD(0.1, momentum=0.9)
    for _ in range(200):
        opt.minimize(
            lambda: fg.reduce_mean(fg.square(fg.linalg.matmul(features, w) + b - targets)), [w, b]
        )
    np.testing.assert_allclose([*w.numpy(), b.numpy()], [1.0, -2.0, 0.5, 3.0], atol=1e-3)


@pytest.mark.parametrize("step", ["apply_gradients", "minimize"])
def test_a_rate_that_was_read_keeps_steps_quick(step):
    x = fg.Variable(1.0)
    opt = fg.keras.optimizers.SGD(0.5)

    def take():
        if step == "minimize":
            opt.minimize(lambda: 2.0 * x, [x])
        else:
            opt.apply_gradients([(fg.constant(2.0), x)])
        return float(x)

    assert take() == 0.0 and opt._fast is not None
    assert float(opt.learning_rate) == 0.5 and opt._fast is None
    assert take() == -1.0 and opt._fast is not None
    opt.learning_rate.assign(0.25)
    assert [take(), take()] == [-1.5, -2.0] and opt._fast is not None
    opt.learning_rate.assign(-1.0)
    with pytest.raises(ValueError, match="learning_rate"):
        take()
    assert float(x) == -2.0 and int(opt.iterations) == 4
