"""Section 9 of docs/semantics.md: gradients where there is no derivative, and guards."""

import numpy as np
import pytest

import fastgrad as fg

from .support import derivatives, gradient, values

INF, NAN = np.inf, np.nan


def derivative(f, x, dtype="float64"):
    """The gradient of sum(f(x)) as plain numbers."""
    return values(gradient(f, fg.constant(np.array(x, dtype)))[0])


def partials(f, x, y):
    """Both gradients of sum(f(x, y)) as plain numbers."""
    return values(gradient(f, fg.constant(np.array(x, "f8")), fg.constant(np.array(y, "f8"))))


@pytest.mark.semantics("9.1")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_the_derivative_where_it_exists(dtype):
    assert derivative(fg.abs, [2.0, -2.0], dtype) == [1.0, -1.0]
    assert derivative(fg.nn.relu, [2.0, -2.0], dtype) == [1.0, 0.0]
    assert derivative(lambda x: fg.maximum(x, 1.0), [2.0, -2.0], dtype) == [1.0, 0.0]
    assert derivative(fg.sqrt, [4.0, 0.25], dtype) == [0.25, 1.0]


@pytest.mark.semantics("9.2")
@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize(
    ("f", "x"),
    [
        (fg.math.log, -1.0),
        (fg.math.log1p, -2.0),
        (fg.sqrt, -1.0),
        (fg.asin, 2.0),
        (fg.acos, -2.0),
        (lambda x: fg.pow(x, 0.5), -2.0),
    ],
    ids=["log", "log1p", "sqrt", "asin", "acos", "pow"],
)
def test_outside_the_domain(f, x):
    value = f(fg.constant(np.float64(x))).numpy()
    assert np.isnan(value) and np.isnan(derivative(f, x))


@pytest.mark.semantics("9.3")
@pytest.mark.filterwarnings("ignore:invalid value", "ignore:divide by zero")
@pytest.mark.parametrize(
    ("f", "want"),
    [
        (lambda x: fg.where(x > 0.0, fg.sqrt(x), 0.0), [0.0, 0.25]),
        (lambda x: fg.where(x > 0.0, x * fg.math.log(x), 0.0), [0.0, np.log(4.0) + 1.0]),
        (lambda x: fg.where(x != 0.0, 1.0 / x, 1.0), [0.0, -1.0 / 16.0]),
        (lambda x: fg.where(x > 0.0, fg.pow(x, -0.5), 0.0), [0.0, -0.5 * 4.0**-1.5]),
        (
            lambda x: fg.where(x != 0.0, fg.sin(x) / x, 1.0),
            [0.0, (np.cos(4.0) * 4.0 - np.sin(4.0)) / 16.0],
        ),
        (lambda x: fg.sqrt(x) * fg.constant(np.array([0.0, 1.0])), [0.0, 0.25]),
    ],
    ids=["sqrt", "x log x", "1/x", "pow", "sinc", "times zero"],
)
def test_a_guard_keeps_the_gradient_finite(f, want):
    np.testing.assert_allclose(derivative(f, [0.0, 4.0]), want, rtol=1e-14, atol=0)


@pytest.mark.semantics("9.3")
def test_a_guard_keeps_a_scalar_finite():
    x = fg.Variable(0.0)
    with fg.GradientTape() as tape:
        y = fg.where(x > 0.0, fg.sqrt(x), 0.0)
    assert tape.gradient(y, x).numpy() == 0.0


@pytest.mark.semantics("9.3")
def test_a_zero_output_gradient():
    x = fg.constant([0.0, 4.0])
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = fg.sqrt(x)
    g = tape.gradient(y, x, output_gradients=[0.0, 1.0])
    assert g.numpy().tolist() == [0.0, 0.25]


@pytest.mark.semantics("9.4")
@pytest.mark.parametrize(
    ("f", "x", "want"),
    [
        (lambda x: fg.pow(x, 0.0), 0.0, 0.0),
        (lambda x: fg.pow(x, 1.0), 0.0, 0.0),
        (lambda x: fg.pow(x, 2.0), 0.0, 2.0),
        (lambda x: fg.pow(x, 2), 0.0, 2.0),
        (lambda x: fg.pow(x, 3.0), -2.0, -12.0),
        (fg.square, 0.0, 2.0),
        (fg.abs, 0.0, 0.0),
        (fg.nn.relu, 0.0, 0.0),
        (lambda x: fg.reduce_prod(fg.stack([x, x, x])), 2.0, 12.0),
        (lambda x: fg.reduce_prod(fg.stack([x, x])), 0.0, 2.0),
        (lambda x: fg.reduce_prod(fg.stack([x, x, x + 5.0])), 0.0, 10.0),
    ],
)
def test_second_derivatives_at_kinks(f, x, want):
    got = derivatives(f, fg.constant(np.float64(x)), 2)[2]
    assert (0.0 if got is None else got.numpy()) == want


@pytest.mark.semantics("9.5")
def test_abs():
    assert derivative(fg.abs, [0.0, -0.0, -3.0]) == [0.0, 0.0, -1.0]


@pytest.mark.semantics("9.6")
def test_sign():
    assert derivative(fg.sign, [0.0, 5.0, -3.0]) == [0.0, 0.0, 0.0]


@pytest.mark.semantics("9.7")
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_sqrt():
    assert derivative(fg.sqrt, [0.0, 4.0]) == [INF, 0.25]


@pytest.mark.semantics("9.8")
def test_relu():
    assert derivative(fg.nn.relu, [0.0, -0.0, 1e-300]) == [0.0, 0.0, 1.0]


@pytest.mark.semantics("9.9")
@pytest.mark.parametrize("f", [fg.maximum, fg.minimum])
def test_ties_of_two(f):
    assert partials(f, [2.0, 0.0], [2.0, -0.0]) == [[0.5, 0.5], [0.5, 0.5]]
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = f(x, x)
    assert tape.gradient(y, x).numpy() == 1.0


@pytest.mark.semantics("9.10")
def test_ties_of_many():
    x = [[1.0, 3.0, 3.0], [3.0, 1.0, 1.0]]
    third, half = 1 / 3, 0.5
    assert derivative(fg.reduce_max, x) == [[0.0, third, third], [third, 0.0, 0.0]]
    assert derivative(fg.reduce_min, x) == [[third, 0.0, 0.0], [0.0, third, third]]
    by_row = derivative(lambda t: fg.reduce_max(t, axis=1), x)
    assert by_row == [[0.0, half, half], [1.0, 0.0, 0.0]]
    by_column = derivative(lambda t: fg.reduce_min(t, axis=0, keepdims=True), x)
    assert by_column == [[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]]


@pytest.mark.semantics("9.11")
def test_clip():
    g = derivative(lambda x: fg.clip_by_value(x, -1.0, 2.0), [-1.5, -1.0, 0.0, 2.0, 2.5])
    assert g == [0.0, 1.0, 1.0, 1.0, 0.0]


@pytest.mark.semantics("9.12")
@pytest.mark.parametrize("e", [0, 0.0])
def test_power_zero(e):
    assert derivative(lambda x: fg.pow(x, e), [0.0, 2.0, -2.0]) == [0.0, 0.0, 0.0]


@pytest.mark.semantics("9.12", "9.13")
def test_power_zero_with_a_watched_exponent():
    dx, de = partials(fg.pow, [0.0, 0.0, 0.0], [0.0, 1.0, 2.0])
    assert dx == [0.0, 1.0, 0.0]
    assert de == [0.0, 0.0, 0.0]


@pytest.mark.semantics("9.14")
def test_powers_of_negative_numbers():
    assert derivative(lambda x: fg.pow(x, 3), [-2.0]) == [12.0]
    assert derivative(lambda x: fg.pow(x, -1.0), [-2.0]) == [-0.25]
    dx, de = partials(fg.pow, [-2.0, -2.0], [3.0, 2.0])
    assert dx == [12.0, -4.0]
    assert np.isnan(de).all()


@pytest.mark.semantics("9.15")
@pytest.mark.parametrize(
    ("x", "want"),
    [
        ([2.0, 3.0, 4.0], [12.0, 8.0, 6.0]),
        ([0.0, 2.0, 3.0], [6.0, 0.0, 0.0]),
        ([0.0, 2.0, 0.0], [0.0, 0.0, 0.0]),
        ([5.0], [1.0]),
        ([], []),
    ],
)
def test_prod(x, want):
    assert derivative(fg.reduce_prod, x) == want


@pytest.mark.semantics("9.15")
def test_prod_over_an_axis():
    g = derivative(lambda x: fg.reduce_prod(x, axis=1), [[0.0, 2.0], [3.0, 4.0]])
    assert g == [[2.0, 0.0], [4.0, 3.0]]


@pytest.mark.semantics("9.16")
def test_nan_takes_the_gradient():
    for f in (fg.maximum, fg.minimum):
        assert np.isnan(f(fg.constant([NAN, 1.0]), [1.0, NAN]).numpy()).all()
        assert partials(f, [NAN, 1.0], [1.0, NAN]) == [[1.0, 0.0], [0.0, 1.0]]
    for f in (fg.reduce_max, fg.reduce_min):
        assert np.isnan(f(fg.constant([1.0, NAN, 2.0])).numpy())
        assert derivative(f, [1.0, NAN, 2.0]) == [0.0, 1.0, 0.0]
    for f in (fg.nn.relu, lambda x: fg.clip_by_value(x, 0.0, 1.0)):
        assert np.isnan(f(fg.constant(NAN)).numpy())
        assert derivative(f, [NAN]) == [1.0]


@pytest.mark.semantics("9.17")
def test_logsumexp_of_nothing():
    f = fg.reduce_logsumexp
    assert f(fg.constant([-INF, -INF])).numpy() == -INF
    assert derivative(f, [-INF, -INF]) == [0.0, 0.0]
    assert derivative(f, [-INF, 0.0, 0.0]) == [0.0, 0.5, 0.5]
    assert f(fg.constant([INF, 0.0])).numpy() == INF
    assert f(fg.constant([1000.0, 1000.0])).numpy() == np.float32(1000.0 + np.log(2.0))


@pytest.mark.semantics("9.18")
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_poles():
    assert derivative(fg.math.log, [0.0, 2.0]) == [INF, 0.5]
    assert derivative(lambda x: 1.0 / x, [0.0, 2.0]) == [-INF, -0.25]
    assert derivative(fg.math.reciprocal, [0.0, 2.0]) == [-INF, -0.25]


@pytest.mark.semantics("9.19")
def test_atan2_at_the_origin():
    dy, dx = partials(fg.atan2, [0.0, 1.0], [0.0, 1.0])
    assert dy[0] == dx[0] == 0.0
    np.testing.assert_allclose([dy[1], dx[1]], [0.5, -0.5], rtol=1e-15)


@pytest.mark.semantics("9.20")
def test_cross_entropy_without_a_class():
    def dense(z):
        return fg.nn.softmax_cross_entropy_with_logits(labels=np.array([0.0, 1.0, 0.0]), logits=z)

    def sparse(z):
        return fg.nn.sparse_softmax_cross_entropy_with_logits(labels=1, logits=z)

    for loss in (dense, sparse):
        z = fg.constant(np.array([-INF, 0.0, 0.0]))
        np.testing.assert_allclose(loss(z).numpy(), np.log(2.0), rtol=1e-15)
        assert derivative(loss, [-INF, 0.0, 0.0]) == [0.0, -0.5, 0.5]


# ------------------------------------------------------------------------------------ one or two values
@pytest.mark.semantics("9.21")
def test_copysign():
    assert partials(np.copysign, [0.0, -2.0], [1.0, 1.0]) == [[0.0, -1.0], [0.0, 0.0]]


@pytest.mark.semantics("9.22")
def test_heaviside():
    assert partials(np.heaviside, [-1.0, 0.0], [0.5, 0.5]) == [[0.0, 0.0], [0.0, 1.0]]


@pytest.mark.semantics("9.23")
@pytest.mark.parametrize("f", [np.fmax, np.fmin])
def test_extremes_that_pass_over_nan(f):
    assert partials(f, [2.0, NAN], [2.0, 1.0]) == [[0.5, 0.0], [0.5, 1.0]]


@pytest.mark.semantics("9.24")
def test_fraction():
    assert derivative(lambda x: np.modf(x)[0], [-1.0, 0.0, 2.0, 2.5]) == [1.0] * 4


@pytest.mark.semantics("9.25")
def test_nan_to_num():
    assert derivative(np.nan_to_num, [NAN, INF, -INF, 2.0]) == [0.0, 0.0, 0.0, 1.0]


@pytest.mark.semantics("9.26")
def test_activations_with_two_corners():
    assert derivative(fg.nn.hard_tanh, [-1.0, 0.0, 1.0]) == [0.0, 1.0, 0.0]
    assert derivative(fg.nn.hard_sigmoid, [-3.0, 3.0]) == [0.0, 0.0]
    assert derivative(fg.nn.relu6, [0.0, 3.0, 6.0]) == [0.0, 1.0, 0.0]


@pytest.mark.semantics("9.27")
@pytest.mark.parametrize("f", [fg.nn.softshrink, fg.nn.hardshrink])
def test_shrinking_activations(f):
    assert derivative(f, [-1.0, -0.5, 0.5, 1.0]) == [1.0, 0.0, 0.0, 1.0]


@pytest.mark.semantics("9.28")
def test_activations_with_a_corner():
    assert derivative(fg.nn.elu, [0.0]) == [1.0]
    assert derivative(fg.nn.hard_swish, [3.0]) == [1.0]
    for alpha, want in ((0.25, 0.25), (2.0, 1.0), (-0.5, 0.0)):
        assert derivative(lambda x, alpha=alpha: fg.nn.leaky_relu(x, alpha), [0.0]) == [want]


# --------------------------------------------------------------------------------- special functions
@pytest.mark.semantics("9.29")
@pytest.mark.filterwarnings("ignore:divide by zero")
@pytest.mark.parametrize(
    ("f", "y"), [(fg.math.xlogy, 0.0), (fg.math.xlog1py, -1.0), (fg.math.xdivy, 0.0)]
)
def test_products_with_a_first_factor_of_zero(f, y):
    assert f(np.float64(0.0), y).numpy() == 0.0
    assert partials(f, [0.0, 0.0], [y, 2.0])[1] == [0.0, 0.0]


@pytest.mark.semantics("9.30")
def test_multiply_no_nan():
    f = fg.math.multiply_no_nan
    assert partials(f, [NAN, INF, 3.0], [0.0, 0.0, 2.0]) == [[0.0, 0.0, 2.0], [0.0, 0.0, 3.0]]


@pytest.mark.semantics("9.31")
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_ends_of_domains():
    assert derivative(fg.math.entr, [0.0]) == [INF]
    assert derivative(fg.math.logit, [0.0, 1.0]) == [INF, INF]
    assert derivative(fg.math.ndtri, [0.0, 1.0]) == [INF, INF]
    assert derivative(fg.math.erfinv, [-1.0, 1.0]) == [INF, INF]


@pytest.mark.semantics("9.32")
@pytest.mark.parametrize("f", [fg.math.lgamma, fg.math.digamma])
def test_poles_of_the_gamma_function(f):
    assert np.isnan(derivative(f, [0.0, -1.0, -2.0])).all()


# ------------------------------------------------------------------------------- order, sums, products
@pytest.mark.semantics("9.33")
def test_ranks():
    third = 1 / 3
    assert derivative(np.median, [1.0, 2.0, 2.0, 2.0, 5.0]) == [0.0, third, third, third, 0.0]
    assert derivative(np.median, [1.0, NAN, 2.0]) == [0.0, 1.0, 0.0]
    x, want = [0.0, 1.0, 1.0, 5.0], [0.25, 0.375, 0.375, 0.0]
    assert derivative(lambda x: np.quantile(x, 0.25), x) == want
    assert derivative(lambda x: np.percentile(x, 25), x) == want
    weighed = {"method": "inverted_cdf", "weights": [1, 1, 9, 1]}
    assert derivative(lambda x: np.quantile(x, 0.5, **weighed), x) == [0.0, 0.5, 0.5, 0.0]


@pytest.mark.semantics("9.34")
def test_sort():
    assert derivative(lambda x: np.sort(x) * [1.0, 2.0, 3.0], [2.0, 2.0, 1.0]) == [2.0, 3.0, 1.0]


@pytest.mark.semantics("9.35")
def test_ties_of_running_extremes():
    assert derivative(lambda x: np.maximum.accumulate(x)[-1], [1.0, 1.0, 0.0]) == [0.5, 0.5, 0.0]
    assert derivative(lambda x: np.minimum.accumulate(x)[-1], [1.0, 1.0, 2.0]) == [0.5, 0.5, 0.0]


@pytest.mark.semantics("9.36")
@pytest.mark.parametrize("ord", [None, 0, 0.5, 1, 2, 3, INF, -INF])
def test_norms_of_nothing(ord):
    assert derivative(lambda x: np.linalg.norm(x, ord), [0.0, 0.0]) == [0.0, 0.0]
    if ord == 0:
        assert derivative(lambda x: np.linalg.norm(x, ord), [0.0, 3.0]) == [0.0, 0.0]


@pytest.mark.semantics("9.37")
@pytest.mark.parametrize("ddof", [0, 1])
def test_deviation_of_equal_elements(ddof):
    assert derivative(lambda x: np.std(x, ddof=ddof), [5.0, 5.0]) == [0.0, 0.0]
    assert derivative(lambda x: np.nanstd(x, ddof=ddof), [5.0, NAN, 5.0]) == [0.0, 0.0, 0.0]


@pytest.mark.semantics("9.38")
def test_running_products():
    assert derivative(np.cumprod, [2.0, 0.0, 3.0]) == [1.0, 8.0, 0.0]
    assert derivative(lambda x: np.cumprod(x)[-1], [0.0, 2.0, 0.0]) == [0.0, 0.0, 0.0]


@pytest.mark.semantics("9.39")
def test_what_passes_over_nan():
    assert derivative(np.nansum, [1.0, NAN]) == [1.0, 0.0]
    assert derivative(np.nanmean, [1.0, NAN, 3.0]) == [0.5, 0.0, 0.5]
    assert derivative(np.nanmax, [1.0, NAN, 3.0, 3.0]) == [0.0, 0.0, 0.5, 0.5]
    assert derivative(np.nanprod, [2.0, NAN, 0.0]) == [0.0, 0.0, 2.0]


@pytest.mark.semantics("9.40")
def test_running_logsumexp_of_nothing():
    assert derivative(fg.math.cumulative_logsumexp, [-INF, -INF]) == [0.0, 0.0]


@pytest.mark.semantics("9.41")
def test_interpolation_at_a_sample():
    f = lambda x: np.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 5.0])  # noqa: E731
    assert derivative(f, [0.0, 0.5, 1.0]) == [1.0, 1.0, 4.0]


@pytest.mark.semantics("9.42")
def test_unwrap():
    assert derivative(np.unwrap, [0.0, 6.0]) == [1.0, 1.0]


# ---------------------------------------------------------------------------- places, segments, windows
@pytest.mark.semantics("9.43")
def test_places_written_twice():
    want = [[0.0, 1.0], [0.0, 1.0]]
    assert partials(lambda x, v: x.at[[0, 0]].set(v), [1.0, 2.0], [3.0, 4.0]) == want
    update = fg.tensor_scatter_nd_update
    assert partials(lambda x, v: update(x, [[0], [0]], v), [1.0, 2.0], [3.0, 4.0]) == want


@pytest.mark.semantics("9.44")
@pytest.mark.parametrize("name", ["max", "min"])
def test_ties_in_segments(name):
    segments = getattr(fg.math, f"segment_{name}")
    assert derivative(lambda x: segments(x, [0, 0, 1]), [2.0, 2.0, 3.0]) == [0.5, 0.5, 1.0]
    scatter = getattr(fg, f"tensor_scatter_nd_{name}")
    got = partials(lambda x, v: scatter(x, [[0]], v), [2.0, 9.0], [2.0])
    assert got == [[0.5, 1.0], [0.5]]


@pytest.mark.semantics("9.45")
def test_ties_in_windows():
    x = np.array([1.0, 1.0, 2.0, 0.0]).reshape(1, 4, 1)
    g = derivative(lambda x: fg.nn.max_pool1d(x, 2, 2, "VALID"), x)
    assert np.ravel(g).tolist() == [0.5, 0.5, 1.0, 0.0]


@pytest.mark.semantics("9.46")
def test_losses():
    f = fg.keras.losses
    assert derivative(lambda y: f.mean_absolute_error([1.0, 2.0], y), [1.0, 3.0]) == [0.0, 0.5]
    assert derivative(lambda y: f.hinge([1.0, 1.0], y), [1.0, 0.5]) == [0.0, -0.5]


# ------------------------------------------------------------------------------------- linear algebra
@pytest.mark.semantics("9.47")
def test_determinant_of_a_singular_matrix():
    g = derivative(np.linalg.det, [[1.0, 2.0], [2.0, 4.0]])
    np.testing.assert_allclose(g, [[4.0, -2.0], [-2.0, 1.0]], rtol=1e-14)


@pytest.mark.semantics("9.48")
def test_singular_values_of_zero():
    assert derivative(fg.linalg.svdvals, np.diag([1.0, 0.0])) == [[1.0, 0.0], [0.0, 0.0]]
    for ord in (2, "fro", "nuc"):
        g = derivative(lambda x, ord=ord: np.linalg.norm(x, ord), np.zeros((2, 3)))
        assert g == [[0.0] * 3] * 2


@pytest.mark.semantics("9.49")
@pytest.mark.parametrize(
    "f",
    [
        np.linalg.eigvalsh,
        np.linalg.svdvals,
        lambda x: np.linalg.eigh(x)[0],
        lambda x: np.linalg.svd(x)[1],
    ],
    ids=["eigvalsh", "svdvals", "eigh", "svd"],
)
def test_equal_values(f):
    np.testing.assert_allclose(derivative(f, np.eye(2)), np.eye(2), atol=1e-15)


WEIGHTS = np.array([[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.semantics("9.50")
@pytest.mark.parametrize("f", [lambda x: np.linalg.eigh(x)[1], lambda x: np.linalg.svd(x)[0]])
def test_vectors_of_equal_values(f):
    assert not np.isfinite(derivative(lambda x: f(x) * WEIGHTS, np.eye(2))).any()


@pytest.mark.semantics("9.51")
def test_columns_that_depend_on_each_other():
    g = derivative(lambda x: np.linalg.qr(x)[0] * WEIGHTS, np.ones((2, 2)))
    assert not np.isfinite(g).all()


@pytest.mark.semantics("9.52")
@pytest.mark.parametrize(
    "f", [lambda x: np.linalg.svd(x)[0], lambda x: np.linalg.qr(x, "complete")[0]]
)
def test_vectors_that_complete_a_basis(f):
    x = [[1.0, 0.0], [0.0, 2.0], [0.0, 1.0]]
    assert np.isnan(derivative(lambda x: f(x)[:, 2], x)).all()
    assert np.isfinite(derivative(lambda x: f(x)[:, :2], x)).all()


@pytest.mark.semantics("9.53")
def test_a_matrix_without_a_basis_of_eigenvectors():
    with pytest.raises(np.linalg.LinAlgError):
        derivative(lambda x: np.real(np.linalg.eig(x)[1]), [[1.0, 1.0], [0.0, 1.0]])


@pytest.mark.semantics("9.54")
@pytest.mark.parametrize(
    "f",
    [
        np.linalg.cholesky,
        np.linalg.eigvalsh,
        lambda x: np.linalg.eigh(x)[1],
        fg.linalg.logdet,
    ],
    ids=["cholesky", "eigvalsh", "eigh", "logdet"],
)
def test_gradients_of_hermitian_matrices(f):
    g = np.array(derivative(lambda x: f(x) ** 2, [[2.0, 1.0], [1.0, 3.0]]))
    np.testing.assert_allclose(g, g.T, rtol=1e-14)
    complex_matrix = fg.constant(np.array([[2.0, 1.0 - 0.5j], [1.0 + 0.5j, 3.0]]))
    (g,) = gradient(lambda x: np.real(f(x)), complex_matrix)
    np.testing.assert_allclose(g.numpy(), g.numpy().conj().T, rtol=1e-12, atol=1e-14)


@pytest.mark.semantics("9.55")
def test_equal_roots():
    assert not np.isfinite(derivative(np.roots, [1.0, -2.0, 1.0])).any()
    assert np.isfinite(derivative(np.roots, [1.0, -3.0, 2.0])).all()
