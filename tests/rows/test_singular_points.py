"""Derivatives where there is a choice: kinks, ties, poles, infinities and NaN."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._rules import Primitive
from fastgrad.primitives import ROWS

from . import reference
from .calls import gradients, ruled

INF, NAN = np.inf, np.nan


def slopes(name, *arguments, **metadata):
    """The gradients of a row with cotangent 1, as lists."""
    values = [np.asarray(x) for x in arguments]
    values = [x.astype(np.float64) if x.dtype.kind == "f" else x for x in values]
    row = ROWS[name]
    y = row(*[fg.constant(x) for x in values], **metadata)
    got = gradients(row, values, metadata, [np.ones(tuple(y.shape))])
    if isinstance(row, Primitive) and all(np.isfinite(g).all() for g in got):
        check_push(row, values, metadata, y, got)
    return [g.tolist() for g in got]


def check_push(row, values, metadata, y, gradients):
    """The tangent of the sum of y, by the row's other rule, is what its gradients make of tangents."""
    rng = np.random.default_rng(len(row.name))
    moved = {
        k: rng.normal(size=g.shape) for k, g in zip(ruled(row, values), gradients, strict=True)
    }
    tangents = [fg.constant(moved[k]) if k in moved else None for k in range(len(values))]
    full = reference.canonical(row, values, metadata)
    pushed = reference.push(row, [fg.constant(x) for x in values], tangents, y, full)
    want = sum(np.sum(g * d) for g, d in zip(gradients, moved.values(), strict=True))
    np.testing.assert_allclose(np.sum(pushed.numpy()), want, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("absolute", [-2.0, -0.0, 0.0, 3.0, -INF], [-1, 0, 0, 1, -1]),
        ("sign", [-2.0, 0.0, 3.0], [0, 0, 0]),
        ("relu", [-1.0, 0.0, 1.0, NAN, INF], [0, 0, 1, 1, 1]),
        ("relu6", [-1.0, 0.0, 3.0, 6.0, 7.0], [0, 0, 1, 0, 0]),
        ("elu", [0.0, INF, -INF], [1, 1, 0]),
        ("softsign", [0.0], [1]),
        ("sqrt", [0.0, 4.0, INF, -1.0], [INF, 0.25, 0, NAN]),
        ("rsqrt", [0.0, 4.0, INF, -1.0], [-INF, -0.0625, 0, NAN]),
        ("cbrt", [0.0, 8.0], [INF, 1 / 12]),
        ("reciprocal", [0.0, 2.0, INF], [-INF, -0.25, 0]),
        ("log", [0.0, 2.0, INF, -1.0], [INF, 0.5, 0, NAN]),
        ("log2", [0.0, -1.0], [INF, NAN]),
        ("log10", [0.0, -1.0], [INF, NAN]),
        ("log1p", [-1.0, 1.0, -2.0], [INF, 0.5, NAN]),
        ("exp", [-INF, 0.0, INF], [0, 1, INF]),
        ("expm1", [-40.0], [np.exp(-40.0)]),
        ("arcsin", [-1.0, 1.0, 2.0], [INF, INF, NAN]),
        ("arccos", [-1.0, 1.0, 2.0], [-INF, -INF, NAN]),
        ("arccosh", [1.0, 0.5, -2.0], [INF, NAN, NAN]),
        ("arctanh", [-1.0, 1.0, 2.0, -2.0], [INF, INF, NAN, NAN]),
        ("arcsinh", [1e200, -INF], [1e-200, 0]),
        ("tanh", [-INF, 0.0, INF], [0, 1, 0]),
        ("sigmoid", [-INF, -700.0, 0.0, INF], [0, np.exp(-700.0), 0.25, 0]),
        ("softplus", [-INF, -40.0, 0.0, 800.0, INF], [0, np.exp(-40.0), 0.5, 1, 1]),
        ("log_sigmoid", [-INF, -800.0, 0.0, 40.0, INF], [1, 1, 0.5, np.exp(-40.0), 0]),
        ("fabs", [-2.0, 0.0, 3.0], [-1, 0, 1]),
        ("conjugate", [-2.0, NAN], [1, 1]),
        ("sinc", [0.0, 1.0, -1.0], [0, -1, 1]),
        ("entr", [0.0, 1.0, -1.0], [INF, -1, NAN]),
        ("logit", [0.0, 0.5, 1.0, 2.0], [INF, 4, INF, NAN]),
        ("log1mexp", [0.0, INF, -1.0], [INF, 0, NAN]),
        ("reciprocal_no_nan", [0.0, 2.0], [0, -0.25]),
        ("erfinv", [-1.0, 0.0, 1.0, 2.0], [INF, 0.5 * np.sqrt(np.pi), INF, NAN]),
        ("ndtri", [0.0, 1.0, 2.0], [INF, INF, NAN]),
        ("log_ndtr", [INF], [0]),
        ("lgamma", [-1.0, 0.0], [NAN, NAN]),
        ("digamma", [-1.0, 0.0], [NAN, NAN]),
        ("i1", [0.0], [0.5]),
        ("i1e", [0.0], [0.5]),
        ("swish", [-800.0, 0.0, 800.0], [0, 0.5, 1]),
        ("mish", [-800.0, 0.0, 800.0], [0, 0.6, 1]),
        ("gelu_erf", [-40.0, 0.0, 40.0], [0, 0.5, 1]),
        ("gelu_tanh", [-1e200, -40.0, 0.0, 40.0], [0, 0, 0.5, 1]),
        ("nan_to_num", [NAN, INF, -INF, 2.0], [0, 0, 0, 1]),
        ("trigamma", [0.0], [-INF]),
        ("tetragamma", [0.0, 1.0, -0.5, INF], [INF, np.pi**4 / 15, np.pi**4 + 96, 0]),
    ],
)
def test_one_argument(name, x, want):
    np.testing.assert_allclose(slopes(name, x)[0], want, rtol=4e-16)


@pytest.mark.parametrize(
    ("name", "a", "b", "in_a", "in_b"),
    [
        ("maximum", [1.0, 2.0, 2.0, 0.0], [2.0, 1.0, 2.0, -0.0], [0, 1, 0.5, 0.5],
         [1, 0, 0.5, 0.5]),
        ("minimum", [1.0, 2.0, 2.0, INF], [2.0, 1.0, 2.0, INF], [1, 0, 0.5, 0.5],
         [0, 1, 0.5, 0.5]),
        ("maximum", [NAN, 1.0, NAN], [1.0, NAN, NAN], [1, 0, 1], [0, 1, 0]),
        ("minimum", [NAN, 1.0, NAN], [1.0, NAN, NAN], [1, 0, 1], [0, 1, 0]),
        ("hypot", [0.0, 3.0, 3e200, 3e-200], [0.0, 4.0, 4e200, 4e-200], [0, 0.6, 0.6, 0.6],
         [0, 0.8, 0.8, 0.8]),
        ("arctan2", [0.0, 0.0, 0.0, 1e200], [0.0, 2.0, -2.0, 1e200], [0, 0.5, -0.5, 5e-201],
         [0, 0, 0, -5e-201]),
        ("divide", [1.0, 0.0, -1.0], [0.0, 2.0, INF], [INF, 0.5, 0], [-INF, 0, 0]),
        ("divide_no_nan", [1.0, 0.0, 3.0], [0.0, 0.0, 2.0], [0, 0, 0.5], [0, 0, -0.75]),
        ("xlogy", [0.0, 0.0, 2.0, 0.0], [3.0, 0.0, 1.0, 1.0], [np.log(3.0), -INF, 0, 0],
         [0, 0, 2, 0]),
        ("logaddexp", [0.0, -INF, -INF, INF, INF, 800.0], [0.0, -INF, 1.0, INF, 1.0, -800.0],
         [0.5, 0, 0, 0.5, 1, 1], [0.5, 0, 1, 0.5, 0, 0]),
        ("remainder", [7.0, -7.0], [3.0, 3.0], [1, 1], [-2, 3]),
        ("fmod", [7.0, -7.0], [3.0, 3.0], [1, 1], [-2, 2]),
        ("leaky_relu", [-1.0, 0.0, 1.0], [0.25, 0.25, 0.25], [0.25, 0.25, 1], [-1, 0, 0]),
        ("leaky_relu", [0.0, 0.0, -1.0], [2.0, -0.5, -0.5], [1, 0, -0.5], [0, 0, -1]),
        ("fmax", [NAN, 1.0, NAN, 2.0, 1.0], [1.0, NAN, NAN, 2.0, 2.0], [0, 1, 1, 0.5, 0],
         [1, 0, 0, 0.5, 1]),
        ("fmin", [NAN, 1.0, NAN, 2.0, 1.0], [1.0, NAN, NAN, 2.0, 2.0], [0, 1, 1, 0.5, 1],
         [1, 0, 0, 0.5, 0]),
        ("copysign", [-2.0, 0.0, 3.0, 3.0], [1.0, 1.0, -1.0, -0.0], [-1, 0, -1, -1], [0] * 4),
        ("heaviside", [-1.0, 0.0, 1.0], [0.5, 0.5, 0.5], [0] * 3, [0, 1, 0]),
        ("logaddexp2", [0.0, -INF, INF, 800.0], [0.0, -INF, INF, -800.0], [0.5, 0, 0.5, 1],
         [0.5, 0, 0.5, 0]),
        ("float_power", [0.0, -2.0], [0.0, 3.0], [0, 12], [0, NAN]),
        ("multiply_no_nan", [NAN, 3.0], [0.0, 2.0], [0, 2], [0, 3]),
        ("xdivy", [0.0, 0.0, 3.0], [2.0, 0.0, 2.0], [0.5, INF, 0.5], [0, 0, -0.75]),
        ("xlog1py", [0.0, 0.0, 2.0], [2.0, -1.0, 0.0], [np.log(3.0), -INF, 0], [0, 0, 2]),
    ],
)  # fmt: skip
def test_two_arguments(name, a, b, in_a, in_b):
    got_a, got_b = slopes(name, a, b)
    np.testing.assert_allclose(got_a, in_a, rtol=4e-16)
    np.testing.assert_allclose(got_b, in_b, rtol=4e-16)


@pytest.mark.parametrize(
    ("x", "e", "in_x", "in_e"),
    [
        (0.0, 0.0, 0, 0),
        (0.0, 1.0, 1, 0),
        (0.0, 2.0, 0, 0),
        (0.0, 0.5, INF, 0),
        (0.0, -1.0, -INF, -INF),
        (2.0, 0.0, 0, np.log(2.0)),
        (1e-310, 0.0, 0, np.log(1e-310)),
        (INF, 0.0, 0, INF),
        (NAN, 0.0, 0, NAN),
        (-2.0, 3.0, 12, NAN),
        (-2.0, 1.0, 1, NAN),
        (-2.0, 0.5, NAN, NAN),
        (-2.0, -1.0, -0.25, NAN),
    ],
)
def test_power(x, e, in_x, in_e):
    np.testing.assert_allclose(slopes("power", x, e), [in_x, in_e], rtol=4e-16)


def second(function, *arguments):
    """The matrix of second derivatives of a function of numbers."""
    xs = [fg.constant(np.float64(x)) for x in arguments]
    found = []
    for x in xs:
        with fg.GradientTape() as outer:
            outer.watch(xs)
            with fg.GradientTape() as inner:
                inner.watch(xs)
                y = function(*xs)
            slope = inner.gradient(y, x)
        found.append([0.0 if g is None else float(g) for g in outer.gradient(slope, xs)])
    return found


@pytest.mark.parametrize(
    ("x", "e", "want"),
    [
        (0.0, 0.0, [[0, 0], [0, 0]]),
        (0.0, 2.0, [[2, 0], [0, 0]]),
        (0.0, 3.0, [[0, 0], [0, 0]]),
        (2.0, 0.0, [[0, 0.5], [0.5, np.log(2.0) ** 2]]),
        (2.0, 1.0, [[0, 1 + np.log(2.0)], [1 + np.log(2.0), 2 * np.log(2.0) ** 2]]),
    ],
)
def test_second_derivatives_of_power(x, e, want):
    np.testing.assert_allclose(second(lambda a, b: a**b, x, e), want, rtol=1e-15)


def test_second_derivative_of_x_to_the_1_at_0():
    assert second(lambda a: a**1.0, 0.0) == [[0]]


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("sigmoid", 0.0, 0),
        ("softplus", 0.0, 0.25),
        ("log_sigmoid", 0.0, -0.25),
        ("absolute", 0.0, 0),
        ("relu", 0.0, 0),
        ("elu", 0.0, 0),
        ("softsign", 0.0, 0),
        ("log", -1.0, NAN),
        ("arctanh", 2.0, NAN),
    ],
)
def test_second_derivatives(name, x, want):
    ((got,),) = second(ROWS[name], x)
    np.testing.assert_allclose(got, want)


def test_smooth_functions_written_with_kinks_are_smooth_again():
    quarter = [[0.25, -0.25], [-0.25, 0.25]]
    np.testing.assert_allclose(second(ROWS["logaddexp"], 1.5, 1.5), quarter)
    got = second(ROWS["sigmoid_cross_entropy_with_logits"], 0.3, 0.0)
    np.testing.assert_allclose([got[0][1], got[1][1]], [-1, 0.25])
    got = second(ROWS["xlogy"], 0.0, 2.0)
    np.testing.assert_allclose([got[0][1], got[1][0], got[1][1]], [0.5, 0.5, 0])


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("hard_sigmoid", [-3.0, 0.0, 3.0], [0, 1 / 6, 0]),
        ("hard_swish", [-3.0, 0.0, 3.0, 4.0], [0, 0.5, 1, 1]),
        ("hard_tanh", [-2.0, -1.0, 0.0, 1.0], [0, 0, 1, 0]),
        ("celu", [-INF, 0.0, 800.0], [0, 1, 1]),
        ("softshrink", [-1.0, -0.5, 0.0, 0.5, 1.0, NAN], [1, 0, 0, 0, 1, 0]),
        ("hardshrink", [-1.0, -0.5, 0.0, 0.5, 1.0, NAN], [1, 0, 0, 0, 1, 1]),
        ("threshold", [-1.0, 0.0, 1.0, NAN], [0, 0, 1, 1]),
    ],
)
def test_activations_in_straight_lines(name, x, want):
    x = fg.constant(np.array(x))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = ROWS[name](x)
    np.testing.assert_array_equal(np.isnan(y.numpy()), np.isnan(x.numpy()))
    np.testing.assert_allclose(tape.gradient(y, x).numpy(), want, rtol=1e-15)


def test_parts_of_floats():
    x = fg.constant(np.array([2.75, -2.75, 0.0, INF]))
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(x)
        fraction, whole = ROWS["modf"](x)
        mantissa, exponent = ROWS["frexp"](x)
        again = ROWS["ldexp"](mantissa, exponent)
    assert whole.numpy().tolist() == [2, -2, 0, INF]
    assert tape.gradient(fraction, x).numpy().tolist() == [1, 1, 1, 1]
    assert tape.gradient(mantissa, x).numpy().tolist()[:3] == [0.25, 0.25, 1]
    assert tape.gradient(again, x).numpy().tolist()[:3] == [1, 1, 1]


def test_clip():
    x = [-2.0, -1.0, 0.0, 1.0, 2.0, NAN]
    in_x, in_low, in_high = slopes("clip", x, [-1.0] * 6, [1.0] * 6)
    assert in_x == [0, 1, 1, 1, 0, 1]
    assert in_low == [1, 0, 0, 0, 0, 0]
    assert in_high == [0, 0, 0, 0, 1, 0]
    # Bounds the wrong way round: the upper one wins, as in NumPy.
    assert slopes("clip", [0.0, 5.0], [3.0, 3.0], [1.0, 1.0]) == [[0, 0], [0, 0], [1, 1]]
    assert slopes("clip", [0.0, 0.0], [NAN, 0.0], [1.0, NAN]) == [[0, 0], [1, 0], [0, 1]]


def test_where_gives_exact_zeros_to_the_branch_not_taken():
    assert slopes("where", [True, False], [1.0, NAN], [INF, 2.0]) == [[1, 0], [0, 1]]


def test_scale_is_zero_where_its_first_factor_is():
    y = ROWS["scale"](np.array([0.0, 0.0, 2.0]), np.array([INF, NAN, 3.0]))
    assert y.numpy().tolist() == [0, 0, 6]


@pytest.mark.parametrize("x", [0.0, -0.0])
def test_guarded_expressions_have_finite_gradients(x):
    for function, want in (
        (lambda x: fg.where(x > 0, fg.sqrt(x), 0.0), 0),
        (lambda x: fg.where(x > 0, x * fg.math.log(x), 0.0), 0),
        (lambda x: fg.where(x != 0, fg.sin(x) / x, 1.0), 0),
    ):
        x = fg.constant(np.float64(x))
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = function(x)
        assert float(tape.gradient(y, x)) == want


# ------------------------------------------------------------------------------------- reductions
@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_of_an_extreme_share(name):
    assert slopes(name, [2.0, 2.0, 2.0, 2.0]) == [[0.25] * 4]
    assert slopes(name, [[1.0, 1.0], [0.0, 3.0]], axis=0) in (
        [[[1, 0], [0, 1]]], [[[0, 1], [1, 0]]])  # fmt: skip
    assert slopes(name, [1.0, NAN, NAN]) == [[0, 0.5, 0.5]]
    assert slopes(name, [INF, INF]) == [[0.5, 0.5]]


def test_ties_of_many_halves_share():
    x = np.zeros(70000, np.float16)
    (got,) = gradients(ROWS["max"], [x], {}, [np.ones((), np.float16)])
    np.testing.assert_allclose(got.astype(np.float64), 1 / 70000, rtol=5e-3)


@pytest.mark.parametrize(
    ("x", "want"),
    [
        ([0.0, 2.0, 3.0], [6, 0, 0]),
        ([0.0, 2.0, 0.0], [0, 0, 0]),
        ([2.0], [1]),
        ([], []),
    ],
)
def test_prod_with_zeros(x, want):
    np.testing.assert_allclose(slopes("prod", x)[0], want, rtol=4e-16)


def test_second_derivatives_of_prod_with_zeros():
    x = fg.constant(np.array([0.0, 2.0, 0.0, 5.0]))
    for k, want in enumerate([[0, 0, 10, 0], [0, 0, 0, 0], [10, 0, 0, 0], [0, 0, 0, 0]]):
        with fg.GradientTape() as outer:
            outer.watch(x)
            with fg.GradientTape() as inner:
                inner.watch(x)
                y = ROWS["prod"](x)
            slope = inner.gradient(y, x)[k]
        assert outer.gradient(slope, x).numpy().tolist() == want


@pytest.mark.parametrize(
    ("x", "value", "want"),
    [
        ([-INF, -INF], -INF, [0, 0]),
        ([INF, 1.0], INF, [1, 0]),
        ([INF, INF], INF, [0.5, 0.5]),
        ([-INF, 3.0], 3, [0, 1]),
        ([1000.0, 1000.0], 1000 + np.log(2.0), [0.5, 0.5]),
        ([], -INF, []),
    ],
)
def test_logsumexp_and_softmax_of_infinities(x, value, want):
    x = np.array(x)
    assert float(ROWS["logsumexp"](x)) == value
    assert slopes("logsumexp", x) == [want]
    if x.size:
        assert ROWS["softmax"](x).numpy().tolist() == want
        with np.errstate(divide="ignore"):
            np.testing.assert_allclose(ROWS["log_softmax"](x).numpy(), np.log(want))


@pytest.mark.parametrize(
    ("x", "reverse", "want"),
    [
        ([-INF, 0.0, 0.0], False, [0, 1.5, 0.5]),
        ([0.0, -INF, 0.0], False, [2.5, 0, 0.5]),
        ([0.0, 0.0, -INF], True, [0.5, 1.5, 0]),
        ([-INF, -INF], False, [0, 0]),
        ([INF, 0.0], False, [2, 0]),
    ],
)
def test_cumlogsumexp_of_infinities(x, reverse, want):
    assert slopes("cumlogsumexp", x, reverse=reverse) == [want]


@pytest.mark.parametrize("name", ["euclidean_norm", "p_norm"])
@pytest.mark.parametrize("axis", [None, -1])
def test_norm_of_zeros(name, axis):
    metadata = {"axis": axis, **({"p": 3.0} if name == "p_norm" else {})}
    assert slopes(name, [[0.0, 0.0]], **metadata) == [[[0, 0]]]
    if axis is not None:
        assert slopes(name, [[0.0, 0.0], [0.0, -1.0]], **metadata) == [[[0, 0], [0, -1]]]


def test_p_norm_of_order_below_1_at_a_zero():
    np.testing.assert_allclose(slopes("p_norm", [0.0, 2.0], p=0.5), [[0, 1]], rtol=1e-15)


def test_svdvals_that_are_zero():
    assert slopes("svdvals", [[2.0, 0.0], [0.0, 0.0]]) == [[[1, 0], [0, 0]]]


def test_deviation_of_a_constant():
    assert slopes("std", [3.0, 3.0, 3.0]) == [[0, 0, 0]]
    assert slopes("var", [3.0, 3.0, 3.0]) == [[0, 0, 0]]


@pytest.mark.parametrize("size", [1e200, 1e-200])
def test_deviation_neither_overflows_nor_underflows(size):
    x = np.array([-1.0, 0.0, 1.0]) * size
    np.testing.assert_allclose(float(ROWS["std"](x)), np.sqrt(2 / 3) * size, rtol=4e-16)
    want = np.array([-1, 0, 1]) / np.sqrt(6)
    np.testing.assert_allclose(slopes("std", x)[0], want, rtol=1e-15, atol=1e-16)


def test_variance_around_a_large_mean():
    x = 1e8 + np.array([0.0, 1.0, 2.0, 5.0])
    np.testing.assert_allclose(float(ROWS["var"](x)), 3.5, rtol=1e-15)
    np.testing.assert_allclose(slopes("var", x)[0], [-1, -0.5, 0, 1.5], rtol=1e-15, atol=1e-16)


# ------------------------------------------------------------------------------------------ losses
def test_cross_entropy_with_minus_infinity_where_the_weight_is_zero():
    logits = np.array([[0.0, -INF, 0.0], [-INF, -INF, 2.0]])
    labels = np.array([[0.5, 0.0, 0.5], [0.0, 0.0, 1.0]])
    row = ROWS["softmax_cross_entropy_with_logits"]
    np.testing.assert_allclose(row(labels, logits).numpy(), [np.log(2.0), 0], atol=1e-16)
    _, got = gradients(row, [labels, logits], {}, [np.ones(2)])
    np.testing.assert_array_equal(got, np.zeros((2, 3)))
    row = ROWS["sparse_softmax_cross_entropy_with_logits"]
    classes = np.array([0, 2])
    np.testing.assert_allclose(row(classes, logits).numpy(), [np.log(2.0), 0], atol=1e-16)
    (got,) = gradients(row, [classes, logits], {}, [np.ones(2)])
    np.testing.assert_array_equal(got, [[-0.5, 0, 0.5], [0, 0, 0]])


def test_binary_cross_entropy_is_finite_at_infinite_logits_that_are_right():
    row = ROWS["sigmoid_cross_entropy_with_logits"]
    labels, logits = np.array([0.0, 1.0, 0.0, 1.0]), np.array([-INF, INF, -800.0, 800.0])
    np.testing.assert_array_equal(row(labels, logits).numpy(), 0)
    _, got = gradients(row, [labels, logits], {}, [np.ones(4)])
    np.testing.assert_array_equal(got, 0)


def test_binary_cross_entropy_keeps_its_digits_in_both_tails():
    row = ROWS["sigmoid_cross_entropy_with_logits"]
    labels, logits = np.array([0.0, 1.0]), np.array([-40.0, 40.0])
    np.testing.assert_allclose(row(labels, logits).numpy(), np.exp(-40.0), rtol=4e-16)
    _, got = gradients(row, [labels, logits], {}, [np.ones(2)])
    np.testing.assert_allclose(got, [np.exp(-40.0), -np.exp(-40.0)], rtol=4e-16)


@pytest.mark.parametrize("labels", [[0, 3], [-1, 0]])
def test_labels_out_of_range_raise(labels):
    with pytest.raises(IndexError, match=r"labels must be in \[0, 3\)"):
        ROWS["sparse_softmax_cross_entropy_with_logits"](np.array(labels), np.zeros((2, 3)))
