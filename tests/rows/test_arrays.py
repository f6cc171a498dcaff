"""Shapes, order, products and segments: what samples of single rows don't say."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import primitives as fp
from fastgrad.ops.indexing import PLACES
from fastgrad.testing import check_gradients

X = np.random.default_rng(0).normal(size=(3, 4))
NAN, INF = np.nan, np.inf


def slope(f, *values):
    """The gradients of the sum of f's results, as nested lists."""
    tensors = [fg.constant(np.asarray(value)) for value in values]
    with fg.GradientTape() as tape:
        tape.watch(tensors)
        y = f(*tensors)
    found = tape.gradient(y, tensors)
    return [None if g is None else g.numpy().tolist() for g in found]


# --------------------------------------------------------------------------------------------- kinks
@pytest.mark.parametrize(
    ("f", "x", "want"),
    [
        (fp.median, [1.0, 2.0, 2.0, 3.0], [0, 0.5, 0.5, 0]),
        (fp.median, [2.0, 2.0, 2.0], [1 / 3] * 3),
        (fp.median, [4.0, 1.0, 3.0, 2.0], [0, 0, 0.5, 0.5]),
        (fp.median, [1.0, NAN, 2.0], [0, 1, 0]),
        (fp.nanmedian, [1.0, NAN, 2.0, 9.0], [0, 0, 1, 0]),
        (lambda x: fp.quantile(x, 0.25), [0.0, 1.0, 1.0, 5.0], [0.25, 0.375, 0.375, 0]),
        (lambda x: fp.quantile(x, 1.0), [0.0, INF, 1.0], [0, 1, 0]),
        (fp.ptp, [1.0, 3.0, 3.0, 1.0], [-0.5, 0.5, 0.5, -0.5]),
        (fp.sort, [2.0, 1.0, 2.0], [1, 1, 1]),
        (lambda x: fp.sort(x)[0], [2.0, 1.0, 1.0], [0, 1, 0]),
        (lambda x: fp.cummax(x)[2], [1.0, 2.0, 2.0], [0, 0.5, 0.5]),
        (lambda x: fp.cummin(x)[-1], [NAN, 1.0], [1, 0]),
        (fp.norm, [0.0, 0.0], [0, 0]),
        (fp.norm, [3e200, 4e200], [0.6, 0.8]),
        (fp.norm, [3e-200, -4e-200], [0.6, -0.8]),
        (lambda x: fp.norm(x, 3), [0.0, 0.0], [0, 0]),
        (lambda x: fp.norm(x, 1), [0.0, -2.0], [0, -1]),
        (lambda x: fp.norm(x, INF), [2.0, -2.0], [0.5, -0.5]),
        (lambda x: fp.norm(x, 0), [2.0, 0.0], [0, 0]),
        (lambda x: fp.np_std(x, ddof=1), [5.0, 5.0], [0, 0]),
        (fp.nanstd, [5.0, NAN, 5.0], [0, 0, 0]),
        (fp.nanmax, [NAN, NAN], [0, 0]),
        (fp.nanmax, [-INF, NAN, -INF], [0.5, 0, 0.5]),
        (lambda x: fp.nanmin(x, initial=1.0), [2.0, NAN], [0, 0]),
        (lambda x: fp.vander(x, 3), [0.0, 2.0], [1, 5]),
        (lambda x: fp.vander(x, 1), [0.0, 2.0], [0, 0]),
        (lambda x: fp.vander(x, 0), [0.0, 2.0], [0, 0]),
        (
            lambda x: fp.interp(x, [0.0, 1.0, 2.0], [0.0, 1.0, 5.0]),
            [-1.0, 2.0, 3.0, NAN],
            [0, 4, 0, 4],
        ),
        (lambda x: fp.interp([-1.0, 0.5, 9.0], [0.0, 1.0], x), [1.0, 2.0], [1.5, 1.5]),
        (lambda x: fp.interp([-1.0, 0.5, 9.0], x, [0.0, 4.0]), [0.0, 1.0], [-2, -2]),
        (lambda x: fp.interp([-1.0, 0.0], [0.0], x), [3.0], [2]),
        (lambda x: fp.ldexp(x, np.array([3, 2**40, -(2**40)])), [1.0, 0.0, 1.0], [8, INF, 0]),
        (fp.nansum, [1.0, NAN], [1, 0]),
        (fp.nanmean, [1.0, NAN, 3.0], [0.5, 0, 0.5]),
        (fp.nanmax, [1.0, NAN, 3.0, 3.0], [0, 0, 0.5, 0.5]),
        (fp.nanprod, [2.0, NAN, 0.0], [0, 0, 2]),
        (lambda x: fp.cumprod(x)[-1], [0.0, 2.0, 3.0], [6, 0, 0]),
        (lambda x: fp.cumprod(x)[-1], [0.0, 2.0, 0.0], [0, 0, 0]),
        (fp.cumprod, [2.0, 0.0, 3.0], [1, 8, 0]),
        (fp.cumlogsumexp, [-INF, -INF], [0, 0]),
        (lambda x: fp.cumlogsumexp(x)[-1], [-INF, 0.0], [0, 1]),
        (fp.unwrap, [0.0, 6.0], [1, 1]),
    ],
)
def test_kink(f, x, want):
    np.testing.assert_allclose(slope(f, x)[0], want, rtol=1e-15)


def test_cumprod_second_derivative_with_zeros():
    x = np.array([0.0, 2.0, 0.0, 3.0])
    check_gradients(lambda x: fp.cumprod(x) * np.arange(1.0, 5.0), x, order=2)


@pytest.mark.parametrize("extreme", [fp.scatter_max, fp.scatter_min])
def test_scattered_ties_share(extreme):
    places = np.array([0, 0, 1])
    got = slope(lambda x, u: extreme(x, u, places, index=(PLACES,)), [1.0, 5.0], [1.0, 1.0, 5.0])
    np.testing.assert_allclose(got[0], [1 / 3, 0.5])
    np.testing.assert_allclose(got[1], [1 / 3, 1 / 3, 0.5])


def test_of_values_written_to_one_place_the_last_has_the_gradient():
    got = slope(lambda x, v: fp.setitem(x, v, index=([1, 1],)), [1.0, 2.0], [3.0, 4.0])
    assert got == [[1, 0], [0, 1]]


@pytest.mark.parametrize("name", ["max", "min"])
def test_segments_of_equal_rows_share(name):
    f = getattr(fp, f"unsorted_segment_{name}")
    got = slope(lambda x: f(x, [0, 0, 1, -1], num_segments=2), [2.0, 2.0, 3.0, 7.0])
    assert got == [[0.5, 0.5, 1, 0]]


def test_segment_products_with_zeros():
    got = slope(lambda x: fp.unsorted_segment_prod(x, [0, 1, 0, 0, 1], num_segments=2),
                [0.0, 3.0, 2.0, 5.0, 4.0])  # fmt: skip
    assert got == [[10, 4, 0, 0, 3]]


# -------------------------------------------------------------------------------------------- einsum
@pytest.mark.parametrize(
    ("subscripts", "shapes"),
    [
        ("ij,jk", [(2, 3), (3, 4)]),
        ("ij,jk->ki", [(2, 3), (3, 4)]),
        ("ii", [(3, 3)]),
        ("ii->i", [(3, 3)]),
        ("ij->", [(2, 3)]),
        ("ijk->kij", [(2, 3, 4)]),
        ("...ij,...jk->...ik", [(5, 2, 3), (3, 4)]),
        ("...i,i...->...", [(2, 3), (3, 2)]),
        ("i...->...", [(2, 3)]),
        ("bij,bjk,bkl->bil", [(2, 3, 4), (2, 4, 5), (2, 5, 2)]),
        ("ij,ij,ij->", [(2, 3)] * 3),
        ("i,j,k->kji", [(2,), (3,), (4,)]),
        ("ij,jk->ik", [(2, 1), (3, 4)]),
        ("ij,k->", [(2, 3), (4,)]),
        ("iij,jk->ik", [(2, 2, 3), (3, 4)]),
        (",i->i", [(), (3,)]),
        ("ij , jk -> ik", [(2, 0), (0, 3)]),
        ("ij,jk->ik", [(20, 30), (30, 25)]),
        ("bhqd,bhkd->bhqk", [(2, 3, 8, 16), (2, 3, 9, 16)]),
    ],
)
def test_einsum(subscripts, shapes):
    rng = np.random.default_rng(1)
    arrays = [rng.normal(size=shape) for shape in shapes]
    want = np.einsum(subscripts, *arrays, optimize=True)
    for optimize in (False, True, "greedy"):
        got = np.einsum(subscripts, *map(fg.constant, arrays), optimize=optimize)
        assert isinstance(got, fg.Tensor) and got.shape == want.shape
        np.testing.assert_allclose(got.numpy(), want, rtol=1e-12, atol=1e-13)
    if sum(x.size for x in arrays) < 200:
        check_gradients(lambda *xs: fg.einsum(subscripts, *xs), *arrays)


@pytest.mark.parametrize(
    ("operands", "text"),
    [
        (("ij,jk->ik", X), "2 groups of labels for 1"),
        (("ij,jk->ik", X, X), "label"),
        (("ijk->i", X), "does not name the 2 axes"),
        (("ij->ijl", X), "no operand has"),
        (("ij->ii", X), "twice"),
        ((), "no subscripts"),
    ],
)
def test_einsum_refuses(operands, text):
    with pytest.raises(ValueError, match=text):
        fg.einsum(*operands)


# ------------------------------------------------------------------------------- NumPy's ways of calling
@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.tile(x, 2),
        lambda x: np.roll(x, (1, 2), (0, 1)),
        lambda x: np.insert(x, slice(0, 2), 1.5, axis=1),
        lambda x: np.insert(x, 1, [1.0, 2.0, 3.0], axis=1),
        lambda x: np.insert(x, np.array([True, False, True]), 0.1, axis=0),
        lambda x: np.delete(x, slice(None, None, 2), 1),
        lambda x: np.append(x, 0.1),
        lambda x: np.pad(x, 2, constant_values=0.1),
        lambda x: np.pad(x, ((2, 1), (3, 5)), mode="reflect", reflect_type="odd"),
        lambda x: np.pad(x, ((7, 9), (0, 8)), mode="symmetric", reflect_type="odd"),
        lambda x: np.pad(x, 1, mode="median"),
        lambda x: np.trim_zeros(x[0] * np.array([0.0, 1.0, 1.0, 0.0])),
        lambda x: np.block([[x, x], [x * 2, x]]),
        lambda x: np.concatenate((x, X), axis=None),
        lambda x: np.split(x, [1, 3], axis=1)[1],
        lambda x: np.array_split(x, 3, 1)[0],
        lambda x: np.cumsum(x),
        lambda x: np.cumprod(x, 1),
        lambda x: np.var(x, 0, ddof=1),
        lambda x: np.std(x, axis=1, correction=1),
        lambda x: np.var(x, where=X > 0),
        lambda x: np.quantile(x, 0.3, 0, method="hazen"),
        lambda x: np.percentile(x, [10, 50], axis=1),
        lambda x: np.average(x, 1, np.arange(1.0, 5.0)),
        lambda x: np.median(x, 0, keepdims=True),
        lambda x: np.linalg.norm(x, axis=1),
        lambda x: np.linalg.norm(x, 1),
        lambda x: np.linalg.norm(x, "fro"),
        lambda x: np.diff(x, prepend=0.1),
        lambda x: np.gradient(x, 0.1)[1],
        lambda x: np.trapezoid(x, dx=0.1),
        lambda x: np.interp(x, [-1.0, 0.1, 1.0], [0.3, 0.2, 0.7]),
        lambda x: np.take(x, [0, 5]),
        lambda x: np.sort(x, None),
        lambda x: np.partition(x, 1)[:, 1],
        lambda x: np.unique(x),
        lambda x: np.unstack(x, axis=1)[2],
        lambda x: np.moveaxis(x, 0, -1),
        lambda x: np.rot90(x, -1),
        lambda x: np.tril(x, -1) + np.triu(x, 1),
        lambda x: np.diag(x) + np.diagonal(x),
        lambda x: np.kron(x, X[:2]),
        lambda x: np.tensordot(x, X, ([1], [1])),
        lambda x: np.dot(x, X.T) + np.inner(x, X),
        lambda x: np.vdot(x, X),
        lambda x: np.cross(x[:, :3], X[:, 1:]),
        lambda x: np.convolve(x[0], X[1], "same"),
        lambda x: np.correlate(x[0], X[1], "full"),
        lambda x: np.cov(x),
        lambda x: np.corrcoef(x, rowvar=False),
        lambda x: np.compress([True, False, True], x, 0),
        lambda x: np.choose([0, 1, 0, 1], [x[0], x[1]]),
        lambda x: np.select([X > 1, X > 0], [x, x * x], 0.1),
        lambda x: np.vander(x[0] + 3, 3),
        lambda x: np.meshgrid(x[0], x[1])[1],
        lambda x: np.hstack([x, X]) + np.vstack([x, x])[:3, :1],
        lambda x: np.ediff1d(x, to_end=0.1),
        lambda x: np.resize(x, (2, 7)),
        lambda x: np.repeat(x, [1, 0, 2], 0),
        lambda x: np.bincount([0, 1, 1, 2], x[0]),
        lambda x: np.piecewise(x, [X > 0], [lambda v: v * v, lambda v: -v]),
    ],
)  # fmt: skip
def test_numpy_function_on_a_tensor(f):
    try:
        want = f(X)
    except FutureWarning as change:  # np.insert at booleans
        pytest.skip(f"this NumPy does otherwise: {change}")
    got = f(fg.constant(X))
    assert isinstance(got, fg.Tensor) and tuple(got.shape) == np.shape(want)
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-13, atol=1e-14)
    check_gradients(f, X)


def test_norms_and_extremes_differentiate_again_where_they_are_flat():
    for f, x in (fp.norm, [0.0, 0.0]), (lambda x: fp.norm(x, axis=-1), [[0.0, 0.0], [3.0, 4.0]]):
        x = fg.constant(np.array(x))
        with fg.GradientTape() as outer:
            outer.watch(x)
            with fg.GradientTape() as inner:
                inner.watch(x)
                y = f(x)
            once = inner.gradient(y, x)
        twice = outer.gradient(once, x).numpy().reshape(-1, 2)
        assert twice[0].tolist() == [0, 0]
        for row in twice[1:]:  # the sum of the rows of (1 - d d') / 5
            np.testing.assert_allclose(row, [(1 - 0.6 * 1.4) / 5, (1 - 0.8 * 1.4) / 5], atol=1e-15)


@pytest.mark.parametrize(
    "obj", [3, -1, slice(1, 3), slice(3, None, -2), slice(4, 2), [2], [1, 1], [0, -2]]
)
def test_places_taken_out_and_put_in(obj):
    for axis in None, 1:
        put = lambda x, obj=obj, axis=axis: np.insert(x, obj, 2.0, axis)  # noqa: E731
        out = lambda x, obj=obj, axis=axis: np.delete(x, obj, axis)  # noqa: E731
        for f in put, out:
            np.testing.assert_array_equal(f(fg.constant(X)).numpy(), f(X))
            check_gradients(f, X)


@pytest.mark.parametrize("f", [np.insert, np.delete])
def test_places_that_are_not_there_are_refused(f):
    more = (1.0,) if f is np.insert else ()
    for obj in 14, -14, [2, 99]:
        with pytest.raises(IndexError):
            f(fg.constant(X), obj, *more)


@pytest.mark.parametrize("count", [2, 9])  # by conditions, by places
def test_choose_takes_what_it_is_told(count):
    choices = [X + k for k in range(count)]
    which = np.arange(12).reshape(3, 4) % count
    want = np.choose(which, choices)
    with fg.GradientTape() as tape:
        tensors = [fg.constant(one) for one in choices]
        tape.watch(tensors)
        y = fp.choose(which, tensors)
    np.testing.assert_array_equal(y.numpy(), want)
    for k, g in enumerate(tape.gradient(y, tensors)):
        np.testing.assert_array_equal(g.numpy(), which == k)
    for mode in "wrap", "clip":
        far = fp.choose(which * 3 - 4, choices, mode=mode)
        np.testing.assert_array_equal(far.numpy(), np.choose(which * 3 - 4, choices, mode=mode))
    for wrong in which + 1, which - 1:
        with pytest.raises(ValueError, match="choose: a must be in"):
            fp.choose(wrong, choices)
    with pytest.raises(ValueError, match="choose: shapes"):
        fp.choose(which, [x[:2] for x in choices])


@pytest.mark.parametrize(
    "text", ["ij,jk->ik", "ij,kj->ki", "lij,ljk->lik", "ij,ij->i", "ij,ji->", "i,ij->j"]
)
def test_einsum_is_a_product_of_matrices_where_it_can_be(text):
    rng, sizes = (
        np.random.default_rng(3),
        {"i": 30, "j": 20, "k": 10, "l": 2},
    )
    a, b = (rng.normal(size=[sizes[c] for c in part]) for part in text.split("->")[0].split(","))
    f = lambda a, b: np.einsum(text, a, b)  # noqa: E731
    np.testing.assert_allclose(
        f(fg.constant(a), fg.constant(b)).numpy(), f(a, b), rtol=1e-12, atol=1e-12
    )
    check_gradients(f, a, b)


def test_pad_takes_a_dict_of_axes():
    want = np.pad(X, ((1, 1), (2, 0)))
    np.testing.assert_array_equal(fp.pad(X, {0: 1, -1: (2, 0)}).numpy(), want)


def test_quantile_beyond_plotting_positions():
    """Beyond the first and the last one it stays what it is."""
    ends = np.array([0.02, 0.97])
    check_gradients(lambda x, q: fp.quantile(x, q, axis=1, method="hazen"), X, ends)


def test_weights_have_gradients():
    w = np.array([0.5, 2.0, 1.0, 3.0])
    check_gradients(lambda x, w: fp.average(x, axis=1, weights=w), X, w)
    check_gradients(lambda x, w: fp.cov(x, aweights=w), X, w)
    check_gradients(lambda x, q: fp.quantile(x, q, axis=1), X, np.array([0.1, 0.72]))
    check_gradients(lambda w: fp.histogram(np.array([0, 1, 1, 5]), 3, weights=w)[0], w)

    clouds = np.array([[0.1, 0.2, 0.9], [0.3, 0.4, 0.1]])
    for density in (False, True):
        check_gradients(
            lambda w, density=density: fp.histogram2d(*clouds, 2, density=density, weights=w)[0],
            np.array([0.5, 2.0, 1.0]),
        )


@pytest.mark.parametrize(
    ("options", "want"),
    [
        ({"weights": [1, 1, 1, 1]}, [0, 1, 0, 0]),
        ({"weights": [0.1, 0.1, 0.1, 9]}, [0, 0, 0, 1]),
        ({"weights": [4, 2, 0, 0]}, [0.5, 0, 0.5, 0]),  # equal elements share
        ({"weights": [0, 0, 4, 1], "method": "inverted_cdf"}, [0.5, 0, 0.5, 0]),
    ],
)
def test_quantile_with_weights(options, want):
    x = fg.constant([2.0, 1.0, 2.0, 7.0])
    options = {"method": "inverted_cdf", **options}
    for name, q in (("quantile", 0.5), ("percentile", 50), ("nanquantile", 0.5)):
        if want == [0, 1, 0, 0]:
            q = 0.25 * q  # the smallest
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = getattr(fp, name)(x, q, **options)
        assert y.numpy() == getattr(np, name)(x.numpy(), q, **options)
        assert tape.gradient(y, x).numpy().tolist() == want


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"method": "linear", "weights": [1, 1]}, "inverted_cdf"),
        ({"weights": [1, -1]}, "must not be negative"),
        ({"weights": [0, 0]}, "all 0"),
        ({"weights": [1, np.nan]}, "a NaN"),
        ({"weights": [1, 1, 1], "axis": 0}, r"\(3,\) do not fit axis 0 of \(2,\)"),
    ],
)
def test_quantile_refuses_weights(options, text):
    with pytest.raises(ValueError, match=text):
        fp.quantile([1.0, 2.0], 0.5, **{"method": "inverted_cdf", **options})


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
def test_quantile_at_a_place_that_is_whole_but_for_rounding(dtype):
    x = np.arange(5, dtype=dtype)
    for q in (0.4, np.array(0.4, dtype)):
        for method in ("inverted_cdf", "averaged_inverted_cdf", "higher"):
            y = fp.quantile(x, q, method=method)
            assert y.numpy() == np.quantile(x, q, method=method) and y.dtype == dtype
    assert fp.quantile(np.arange(5), 0.4, method="lower").dtype == fg.int64


def test_roots_of_all_kinds():
    for p in ([0, 2, -6, 4], [1, -3, 2, 0], [1, 0, 1], [3], [0, 0]):
        np.testing.assert_allclose(fp.roots(p).numpy(), np.roots(p), rtol=1e-14)
    check_gradients(fp.roots, np.array([1.0, -3.0, 2.0, 0.0]))  # a root at 0
    with fg.GradientTape() as tape:  # and one at infinity
        p = fg.Variable([0.0, 1.0, -3.0, 2.0])
        y = fp.roots(p)[0]
    assert y.numpy() == 2
    np.testing.assert_allclose(tape.gradient(y, p), [-8.0, -4.0, -2.0, -1.0], rtol=1e-6)
    with pytest.raises(ValueError, match="roots: coefficients must have 1 axis, not 2"):
        fp.roots([[1.0, 2.0]])


def test_real_if_close_and_sort_complex():
    z = fg.constant([2 + 1e-16j, 1.0])
    assert fp.real_if_close(z).dtype == fg.float64
    assert fp.real_if_close(z, tol=1e-20).dtype == fg.complex128
    assert fp.sort_complex(z).numpy().tolist() == [1, 2 + 1e-16j]


def test_polydiv_drops_zeros_in_front_of_the_rest():
    for u, v in (
        ([1.0, 0.0, -1.0], [1.0, 1.0]),
        ([1.0, 2.0, 1.0, 5.0], [1.0, 1.0]),
        ([2.0], [4.0, 1.0]),
    ):
        found = fp.polydiv(np.array(u), np.array(v))
        for got, want in zip(found, np.polydiv(u, v), strict=True):
            np.testing.assert_allclose(got.numpy(), want, strict=True)


def test_many_parts_are_joined_and_differentiated_in_linear_time():
    parts = [fg.constant(np.ones(1)) for _ in range(20000)]
    with fg.GradientTape() as tape:
        tape.watch(parts)
        y = fg.square(fg.concat(parts, 0))
    assert [g.numpy().item() for g in tape.gradient(y, parts[:2])] == [2, 2]


# -------------------------------------------------------------------------------------- what is refused
@pytest.mark.parametrize(
    ("call", "error", "text"),
    [
        (lambda: fp.roll(X, (1, 2), (0, 1, 0)), ValueError, "roll: 2 shifts for 3 axes"),
        (lambda: fp.moveaxis(X, [0, 0], [0, 1]), ValueError, "moveaxis: duplicate"),
        (lambda: fp.diagonal(X[0]), ValueError, "diagonal"),
        (lambda: fp.diag(np.ones((1, 1, 1))), ValueError, "diag"),
        (lambda: fp.repeat(X, [1, 2]), ValueError, "repeat"),
        (lambda: fp.np_split(X, 2, 0), ValueError, "split: an axis of size 3"),
        (lambda: fp.concatenate([X, X[0]]), ValueError, "concat: shapes"),
        (lambda: fp.pad(X, 1, "none"), ValueError, "pad: mode"),
        (lambda: fp.pad(X, -1), ValueError, "negative"),
        (lambda: fp.pad(X, (1, 2, 3)), ValueError, "pad_width"),
        (lambda: fp.take(X, 99), IndexError, "gather"),
        (lambda: fp.take(X, [0.5]), TypeError, "take: indices must be integers"),
        (lambda: fp.take(X, 0, out=X), TypeError, "out="),
        (lambda: fp.take_along_axis(X, [0], 0), ValueError, "take_along_axis"),
        (lambda: fp.quantile(X, 1.5), ValueError, r"\[0, 1\]"),
        (lambda: fp.quantile(X, 0.5, method="best"), ValueError, "method"),
        (lambda: fp.median(np.zeros((2, 0)), 1), ValueError, "median"),
        (lambda: fp.average(X, 0, weights=np.ones(4)), ValueError, "average"),
        (lambda: fp.average(X, 0, weights=np.zeros(3)), ZeroDivisionError, "weights"),
        (lambda: fp.norm(np.ones((2, 2, 2)), 1), ValueError, "norm"),
        (lambda: fp.diff(X, -1), ValueError, "diff"),
        (lambda: fp.gradient(X[0, :1]), ValueError, "gradient"),
        (lambda: fp.interp(X, [], []), ValueError, "interp"),
        (lambda: fp.tensordot(X, X, 1), ValueError, "tensordot: shapes"),
        (lambda: fp.cross(X, X), ValueError, "cross"),
        (lambda: fp.convolve(X, X), ValueError, "convolve"),
        (lambda: fp.gather_nd(X, [[0, 0, 0]]), ValueError, "gather_nd"),
        (lambda: fp.gather_nd(X, [[7]]), IndexError, "out of bounds"),
        (lambda: fp.scatter_nd([[0]], X, [3, 4]), ValueError, "updates have shape"),
        (lambda: fp.unsorted_segment_sum(X, [0, 1], num_segments=2), ValueError, "segment_sum"),
        (lambda: fp.unsorted_segment_sum(X, [0, 1, 5], num_segments=2), ValueError, "segment 5"),
        (lambda: fp.segment_sum(X, [1, 0, 0]), ValueError, "rise"),
        (lambda: fp.choose([3], [X]), ValueError, "choose"),
        (lambda: fp.select([X], [X]), TypeError, "bools"),
        (lambda: fp.bincount([-1]), ValueError, "negative"),
        (lambda: fp.top_k(X, 9), ValueError, "top_k"),
        (lambda: fp.nanargmax(X * NAN), ValueError, "All-NaN"),
        (lambda: fp.nanmax(X, where=X > 0), ValueError, "initial"),
        (lambda: fp.np_var(X, ddof=1, correction=1), ValueError, "ddof"),
    ],
)  # fmt: skip
def test_bad_call(call, error, text):
    with pytest.raises(error, match=text):
        call()


# ----------------------------------------------------------------------------------- TensorFlow's names
@pytest.mark.parametrize(
    ("got", "want"),
    [
        (lambda: fg.pad(X, [[1, 0], [0, 2]], "REFLECT"), np.pad(X, [[1, 0], [0, 2]], "reflect")),
        (lambda: fg.pad(tensor=X, paddings=[[1, 0], [0, 2]], constant_values=0.1),
         np.pad(X, [[1, 0], [0, 2]], constant_values=0.1)),
        (lambda: fg.slice(X, [0, 1], [-1, 2]), X[:, 1:3]),
        (lambda: fg.strided_slice(X, [0, 3], [3, 0], [2, -1]), X[0:3:2, 3:0:-1]),
        (lambda: fg.strided_slice(X, [1, 0], [0, 2], shrink_axis_mask=1), X[1, 0:2]),
        (lambda: fg.strided_slice(X, [1, 0, 1], [0, 0, 0], end_mask=4, new_axis_mask=2, begin_mask=1),
         X[:0, None, 1:]),
        (lambda: fg.sort(X, direction="DESCENDING"), -np.sort(-X)),
        (lambda: fg.argsort([1, 3, 1, 3], direction="DESCENDING"), [1, 3, 0, 2]),
        (lambda: fg.math.top_k([1, 3, 3, 2], 3).indices, [1, 2, 3]),
        (lambda: fg.searchsorted([[1, 2], [3, 4]], [[2], [5]], side="right"), [[2], [2]]),
        (lambda: fg.unique([4, 2, 4]).y, [4, 2]),
        (lambda: fg.unique_with_counts([4, 2, 4]).count, [2, 1]),
        (lambda: fg.norm(X), np.linalg.norm(X)),
        (lambda: fg.norm(X, 1, axis=0, keepdims=True), np.abs(X).sum(0, keepdims=True)),
        (lambda: fg.math.cumulative_logsumexp([0.0, 0.0, 0.0], exclusive=True),
         [-INF, 0, np.log(2)]),
        (lambda: fg.math.cumulative_logsumexp([0.0, 0.0], exclusive=True, reverse=True),
         [0, -INF]),
        (lambda: fg.math.cumprod([2, 3, 4], exclusive=True, reverse=True), [12, 4, 1]),
        (lambda: fg.math.bincount([0, 2, 2], maxlength=2), [1, 0]),
        (lambda: fg.math.bincount([0, 2], weights=[0.5, 2.0]), [0.5, 0, 2]),
        (lambda: fg.math.count_nonzero(X > 0, axis=1), (X > 0).sum(1)),
        (lambda: fg.math.reduce_euclidean_norm(input_tensor=X, axis=1), np.linalg.norm(X, axis=1)),
        (lambda: fg.dynamic_stitch([0, [2, 1]], [[1.0], [[2.0], [3.0]]]), [[1], [3], [2]]),
        (lambda: fg.gather_nd(X, [[0, 1], [2, 3]]), [X[0, 1], X[2, 3]]),
        (lambda: fg.scatter_nd([[1], [1]], [5, 6], [3]), [0, 11, 0]),
        (lambda: fg.tensor_scatter_nd_update([1, 2, 3], [[0]], [9]), [9, 2, 3]),
        (lambda: fg.tensor_scatter_nd_max([1, 2, 3], [[0], [1]], [9, 0]), [9, 2, 3]),
        (lambda: fg.boolean_mask([1, 2, 3], [True, False, True]), [1, 3]),
        (lambda: fg.math.segment_max([1, 5, 2], [0, 0, 2]), [5, 0, 2]),
        (lambda: fg.math.segment_mean([1.0, 5.0, 2.0], [0, 0, 1]), [3, 2]),
        (lambda: fg.math.unsorted_segment_min([1, 5], [1, 1], num_segments=1 + 1)[1], 1),
        (lambda: fg.histogram_fixed_width([0.0, 1.0, 5.0], [0.0, 5.0], nbins=5), [1, 1, 0, 0, 1]),
    ],
)  # fmt: skip
def test_tensorflow_name(got, want):
    np.testing.assert_allclose(got().numpy(), want, rtol=1e-6)


@pytest.mark.parametrize("x", [[[0, 1], [2, 0]], [False, False], True, np.zeros((2, 0)), X])
def test_where_of_a_condition_alone(x):
    with fg.GradientTape() as tape:
        x = fg.constant(x)
        if x.dtype.is_floating:
            tape.watch(x)
        places = fg.where(x)
        found = np.argwhere(x), fg.numpy.argwhere(x)
        if x.ndim:
            found += (np.stack(np.nonzero(x), axis=1), np.stack(np.where(x), axis=1))
    assert places.dtype == fg.int64
    assert places.shape == np.argwhere(x.numpy()).shape
    for other in (np.argwhere(x.numpy()), *found):
        np.testing.assert_array_equal(places.numpy(), np.asarray(other))


def test_where_needs_both_or_none():
    with pytest.raises(ValueError, match="where: x and y must both be given"):
        fg.where([True], y=1.0)


def test_dynamic_partition_is_undone_by_stitching():
    parts = fg.dynamic_partition(X, [1, 0, 1], 2)
    assert [part.shape[0] for part in parts] == [1, 2]
    places = fg.dynamic_partition(fg.range(3), [1, 0, 1], 2)
    np.testing.assert_array_equal(fg.dynamic_stitch(places, parts).numpy(), X)


@pytest.mark.parametrize(
    "dtype", ["float64", "float32", "float16", "int32", "int64", "bool", "complex128"]
)
@pytest.mark.parametrize("n", [1, 2, 7, 1000])
def test_where_takes_what_its_condition_says(n, dtype):
    rng = np.random.default_rng(n)
    c, a, b = (
        rng.random(n) < 0.5,
        rng.normal(size=n).astype(dtype),
        rng.normal(size=n).astype(dtype),
    )
    for x, y in [(a, b), (a[:1], b), (a, b[:1]), (a[:1], b[:1])]:
        got = fg.where(c, fg.constant(x), fg.constant(y)).numpy()
        assert got.tobytes() == np.where(c, x, y).tobytes()
