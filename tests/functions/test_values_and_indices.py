"""What looks at values (order, ranks, masks, bins, indices) gives in a function what it gives outside."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp
from fastgrad import primitives as fp

NAN = np.nan


def numbers(seed, *shape):
    return np.random.default_rng(seed).normal(size=shape)


def holed(seed, *shape):
    x = numbers(seed, *shape)
    x[np.random.default_rng(seed + 7).random(shape) < 0.3] = NAN
    x[..., seed % shape[-1]] = 0.5 + seed  # no row is empty
    return x


def integers(seed, low, high, *shape):
    return np.random.default_rng(seed).integers(low, high, shape)


def same_bits(got, want):
    assert type(got) is type(want)
    if isinstance(want, (list, tuple)):
        assert len(got) == len(want)
        for one, other in zip(got, want, strict=True):
            same_bits(one, other)
    elif want is not None:
        got, want = (np.where(np.isnan(y), NAN, y) for y in (got.numpy(), want.numpy()))
        assert (got.dtype, got.shape) == (want.dtype, want.shape)
        assert got.tobytes() == want.tobytes(), (got, want)


def slopes(f):
    """The results and the first and second derivatives by all arguments of floats."""

    def run(*args):
        moving = [a for a in args if a.dtype.is_floating]
        with fg.GradientTape() as outer:
            outer.watch(moving)
            with fg.GradientTape() as tape:
                tape.watch(moving)
                y = f(*args)
                floats = [
                    fg.reduce_sum(fg.sin(one))
                    for one in (y if isinstance(y, (list, tuple)) else [y])
                    if one.dtype.is_floating
                ]
                total = fg.math.add_n(floats) if floats else fg.constant(0.0)
            first = tape.gradient(total, moving)
            again = fg.math.add_n([fg.reduce_sum(g * g) for g in first if g is not None] or [total])
        return y, *first, *outer.gradient(again, moving)

    return run


X, Y = numbers(0, 3, 5), numbers(1, 3, 5)
OPERATIONS = {
    "sort": (lambda x: fnp.sort(x), [(X,), (Y,)]),
    "sort axis 0": (lambda x: fg.sort(x, axis=0, direction="DESCENDING"), [(X,), (Y,)]),
    "argsort": (lambda x: fnp.argsort(x, axis=None), [(X,), (Y,)]),
    "top_k": (lambda x: tuple(fg.math.top_k(x, 3)), [(X,), (Y,)]),
    "partition": (lambda x: fnp.partition(x, (1, 3)), [(X,), (Y,)]),
    "kth of rows": (lambda x, k: fp.kth(x, k), [(X, np.array([2, 0])), (Y, np.array([4, 4]))]),
    "take_along_axis": (
        lambda x, i: fnp.take_along_axis(x, i, 1),
        [(X, integers(0, -5, 5, 3, 4)), (Y, integers(1, -5, 5, 3, 4))],
    ),
    "put_along_axis": (
        lambda x, i, v: fp.put_along_axis(x, i, v, 1),
        [
            (X, integers(0, 0, 5, 3, 4), numbers(2, 3, 4)),
            (Y, integers(1, 0, 5, 3, 4), numbers(3, 3, 4)),
        ],
    ),
    "take": (lambda x, i: fnp.take(x, i), [(X, integers(0, 0, 15, 4)), (Y, integers(1, 0, 15, 4))]),
    "take wrap": (
        lambda x, i: fnp.take(x, i, axis=1, mode="wrap"),
        [(X, integers(0, -20, 20, 4)), (Y, integers(1, -20, 20, 4))],
    ),
    "take clip": (
        lambda x, i: fnp.take(x, i, axis=1, mode="clip"),
        [(X, integers(0, -20, 20, 4)), (Y, integers(1, -20, 20, 4))],
    ),
    "choose": (
        lambda i, x, y: fnp.choose(i, [x, y, x * y]),
        [(integers(0, 0, 3, 3, 5), X, Y), (integers(1, 0, 3, 3, 5), Y, X)],
    ),
    "select": (lambda x, y: fnp.select([x > 0.5, y > 0], [x, x * y], -1.0), [(X, Y), (Y, X)]),
    "gather_nd": (
        lambda x, i: fg.gather_nd(x, i),
        [(X, integers(0, 0, 3, 4, 2)), (Y, integers(1, 0, 3, 4, 2))],
    ),
    "gather_nd batched": (
        lambda x, i: fg.gather_nd(x, i, batch_dims=1),
        [(X, integers(0, 0, 5, 3, 2, 1)), (Y, integers(1, 0, 5, 3, 2, 1))],
    ),
    "scatter_nd": (
        lambda i, v: fg.scatter_nd(i, v, [4, 5]),
        [(integers(0, 0, 4, 3, 1), X), (integers(1, 0, 4, 3, 1), Y)],
    ),
    **{
        f"tensor_scatter_nd_{kind}": (
            lambda x, i, v, kind=kind: getattr(fp, f"tensor_scatter_nd_{kind}")(x, i, v),
            [
                (X, integers(0, 0, 3, 6, 2), numbers(2, 6)),
                (Y, integers(1, 0, 3, 6, 2), numbers(3, 6)),
            ],
        )
        for kind in ("update", "add", "sub", "max", "min")
    },
    "at": (
        lambda x, i, v: (x.at[i].set(v), x.at[:, i].add(2.0), x.at[i, 1].get()),
        [(X, integers(0, 0, 3, 2), numbers(2, 2, 5)), (Y, integers(1, 0, 3, 2), numbers(3, 2, 5))],
    ),
    "at once": (
        lambda x, i: x.at[i].multiply(3.0),
        [(X, np.array([2, 0])), (Y, np.array([0, 1]))],
    ),
    **{
        name: (
            lambda x, name=name: (
                getattr(fp, name)(x),
                getattr(fp, name)(x, axis=1, keepdims=True),
            ),
            [(holed(0, 3, 5),), (holed(1, 3, 5),)],
        )
        for name in (
            "nansum",
            "nanmean",
            "nanvar",
            "nanstd",
            "nanmax",
            "nanmedian",
            "nanargmax",
            "nanargmin",
        )
    },
    "mean where": (
        lambda x, m: (fp.np_var(x, axis=1, where=m, ddof=1), fp.np_std(x, where=m)),
        [(X, numbers(2, 3, 5) < 1), (Y, numbers(3, 3, 5) < 1)],
    ),
    "median": (lambda x: (fp.median(x), fp.median(x, axis=0)), [(X,), (holed(1, 3, 5),)]),
    "quantile": (
        lambda x: fp.quantile(x, [0.1, 0.5, 0.9], axis=1),
        [(X,), (holed(1, 3, 5),)],
    ),
    "quantile of q": (
        lambda x, q: (fp.quantile(x, q), fp.quantile(x, q, axis=1, method="midpoint")),
        [(X, np.array([0.15, 0.7])), (holed(1, 3, 5), np.array([0.9, 0.2]))],
    ),
    "nanquantile": (
        lambda x, q: (fp.nanquantile(x, q, axis=1), fp.nanpercentile(x, 30, method="lower")),
        [(holed(0, 3, 5), np.array([0.15, 0.7])), (holed(1, 3, 5), np.array([0.5, 0.2]))],
    ),
    "quantile weighted": (
        lambda x, w: fp.quantile(x, [0.3, 0.8], axis=1, method="inverted_cdf", weights=w),
        [(X, np.abs(Y)), (Y, np.abs(X))],
    ),
    "average": (
        lambda x, w: fp.average(x, axis=1, weights=w),
        [(X, np.abs(Y)), (Y, np.abs(X))],
    ),
    "cov": (
        lambda x, w, n: fp.cov(x, aweights=w, fweights=n),
        [(X, np.abs(Y[0]), integers(0, 1, 4, 5)), (Y, np.abs(X[0]), integers(1, 1, 4, 5))],
    ),
    "interp": (
        lambda x, xp, fp: fnp.interp(x, xp, fp, left=-1.0),
        [(3 * X, np.sort(Y[0]), X[1]), (3 * Y, np.sort(X[2]), Y[0])],
    ),
    "interp period": (
        lambda x, xp, fp: fnp.interp(x, xp, fp, period=2.5),
        [(3 * X, Y[0], X[1]), (3 * Y, X[2], Y[0])],
    ),
    "digitize": (
        lambda x, edges: fnp.digitize(x, edges, right=True),
        [(X, np.sort(Y[0])), (Y, np.sort(X[0])[::-1].copy())],
    ),
    "searchsorted": (
        lambda a, v, order: fnp.searchsorted(a, v, sorter=order),
        [(X[0], Y, np.argsort(X[0])), (Y[0], X, np.argsort(Y[0]))],
    ),
    "bincount": (
        lambda i, w: (fnp.bincount(i, minlength=6), fnp.bincount(i, w, minlength=6)),
        [(integers(0, 0, 6, 5), X[0]), (integers(1, 0, 4, 5), Y[0])],
    ),
    "histogram": (
        lambda x, w, edges: (
            *fp.histogram(x, 4, density=True),
            *fp.histogram(x, 3, range=(-1.0, 1.0), weights=w),
            *fp.histogram(x, edges, weights=w, density=True),
        ),
        [(X, Y, np.sort(X[0])), (Y, X, np.sort(Y[2]))],
    ),
    "histogramdd": (
        lambda x, w: fp.histogramdd(x, (3, [-1.0, 0.0, 2.0]), weights=w, density=True)[0],
        [(X[:, :2], np.abs(Y[0, :3])), (Y[:, 1:3], np.abs(X[0, :3]))],
    ),
    "histogram2d": (lambda x, y: fp.histogram2d(x, y, 3), [(X[0], Y[0]), (Y[1], X[2])]),
    "unwrap": (lambda x: fnp.unwrap(9 * x, axis=0), [(X,), (Y,)]),
    "cumulative_logsumexp": (
        lambda x: fg.math.cumulative_logsumexp(x, axis=1),
        [(X,), (np.where(Y > 0.5, -np.inf, Y),)],
    ),
    "order of the rows of lu": (
        lambda p: fp.inverse_order(p),
        [(np.array([2, 0, 1]),), (np.array([1, 2, 0]),)],
    ),
    **{
        f"unsorted_segment_{kind}": (
            lambda x, i, kind=kind: getattr(fg.math, f"unsorted_segment_{kind}")(
                x, i, num_segments=4
            ),
            [(X, np.array([0, 3, 0])), (Y, np.array([2, -1, 1]))],
        )
        for kind in ("sum", "mean", "prod", "max", "min", "sqrt_n")
    },
}


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("name", OPERATIONS)
def test_a_function_gives_the_same_bits(name):
    f, calls = OPERATIONS[name]
    for run in (f, slopes(f)):
        traced = fg.function(run)
        for args in [*calls, calls[0]]:
            args = [fg.constant(a) for a in args]
            same_bits(traced(*args), run(*args))


# ----------------------------------------------------------------------------------------- x[index]
INDEXED = {
    "x[i]": lambda x, i, j, at: x[i],
    "x[i, 2]": lambda x, i, j, at: x[i, 2],
    "x[2, i]": lambda x, i, j, at: x[2, i],
    "x[:, i]": lambda x, i, j, at: x[:, i],
    "x[i, j]": lambda x, i, j, at: x[i, j],
    "x[i, j, i]": lambda x, i, j, at: x[i, j, i],
    "x[..., i]": lambda x, i, j, at: x[..., i],
    "x[..., i, :]": lambda x, i, j, at: x[..., i, :],
    "x[i, ...]": lambda x, i, j, at: x[i, ...],
    "x[i + 1]": lambda x, i, j, at: x[i + 1],
    "x[i][j]": lambda x, i, j, at: x[i][j],
    "x[i, :, j]": lambda x, i, j, at: x[i, :, j],
    "x[None, i, 1:]": lambda x, i, j, at: x[None, i, 1:],
    "x[1:, j, ::-2]": lambda x, i, j, at: x[1:, j, ::-2],
    "x[at]": lambda x, i, j, at: x[at],
    "x[:, at]": lambda x, i, j, at: x[:, at],
    "x[at, at]": lambda x, i, j, at: x[at, at],
    "x[at, :, at]": lambda x, i, j, at: x[at, :, at],
    "x[at, i]": lambda x, i, j, at: x[at, i],
    "x[at[:, None], at]": lambda x, i, j, at: x[at[:, None], at],
    "x[[[0], [2]], at]": lambda x, i, j, at: x[[[0], [2]], at],
    "x[mask, i]": lambda x, i, j, at: x[np.array([True, False, True]), i],
    "x[[i, j]]": lambda x, i, j, at: x[[i, j]],
    "x[fg.range(2) + i]": lambda x, i, j, at: x[fg.range(2) + i],
}
PLACES = [(0, -1, [1, 0, 1]), (1, 2, [-3, 2, 0])]


def places(dtype):
    return [[fg.constant(part, dtype) for part in one] for one in PLACES]


@pytest.mark.parametrize("dtype", [fg.int32, fg.int64])
@pytest.mark.parametrize("text", INDEXED)
def test_integers_of_a_function_are_indices(text, dtype):
    x, f = fg.constant(numbers(0, 3, 3, 4)), INDEXED[text]
    for run in (f, slopes(f)):
        traced = fg.function(run)
        for at in [*places(dtype), places(dtype)[0]]:
            same_bits(traced(x, *at), run(x, *at))


@pytest.mark.parametrize("text", INDEXED)
def test_variables_have_such_indices_too(text):
    v, f = fg.Variable(numbers(0, 3, 3, 4)), INDEXED[text]

    def run(*at):
        with fg.GradientTape() as tape:
            y = f(v, *at)
            total = fg.reduce_sum(y * y)
        return y, fg.convert_to_tensor(tape.gradient(total, v))

    traced = fg.function(run)
    for at in places(fg.int64):
        same_bits(traced(*at), run(*at))


def test_the_number_of_a_loop_is_an_index():
    def total(x):
        s = fg.zeros([], fg.float64)
        for i in fg.range(x.shape[0]):
            s = s + x[i, i] * fg.reduce_sum(x[:, i]) - x[i - 1, 2]
        return s

    x = fg.constant(X[:, :3])
    np.testing.assert_array_equal(fg.function(total)(x), total(x))


def test_a_variable_is_an_index():
    x, at = fg.constant(X), fg.Variable(1)
    f = fg.function(lambda: x[at])
    same_bits(f(), x[1])
    at.assign(2)
    same_bits(f(), x[2])


@pytest.mark.parametrize("text", ["x[i]", "x[i, j]", "x[..., i]", "x[at, :, at]"])
def test_a_place_outside_raises_when_replayed(text):
    x = fg.constant(numbers(0, 3, 3, 4))
    f = fg.function(INDEXED[text])
    f(x, *places(fg.int64)[0])
    with pytest.raises(IndexError, match="out of bounds"):
        f(x, fg.constant(7, fg.int64), fg.constant(0, fg.int64), fg.constant([0, 9, 0], fg.int64))
    same_bits(f(x, *places(fg.int64)[1]), INDEXED[text](x, *places(fg.int64)[1]))


@pytest.mark.parametrize(
    ("f", "x", "error", "message"),
    [
        (lambda x: fnp.quantile([1.0, 2.0], x), 1.5, ValueError, "quantile: quantiles must be in"),
        (lambda x: fnp.average([1.0, 2.0], weights=fg.stack([x, -x])), 1.0, ZeroDivisionError, "zero"),
        (lambda x: fp.nanargmax(fg.stack([x, x])), NAN, ValueError, "All-NaN"),
        (lambda x: fnp.choose(fg.cast(x, fg.int32), [1.0, 2.0]), 3.0, ValueError, "choose: a must be in"),
        (lambda x: fnp.digitize(0.5, fg.stack([x, 1.0, 0.7])), 0.0, ValueError, "rise or fall"),
        (lambda x: fnp.bincount(fg.cast(fg.stack([x]), fg.int32), minlength=3), -1.0, ValueError,
         "negative"),
    ],
    ids=["quantile", "average", "nanargmax", "choose", "digitize", "bincount"],
)  # fmt: skip
def test_what_is_refused_outside_is_refused_when_replayed(f, x, error, message):
    traced = fg.function(f)
    good = fg.constant(1.0) if "zero" not in message else None
    if good is not None:
        traced(good)
    with pytest.raises(error, match=message):
        traced(fg.constant(x))


# ------------------------------------------------------------------------------- shapes that depend
@pytest.mark.parametrize(
    ("f", "names"),
    [
        (lambda x: x[x > 0], ["getitem", "fg.where"]),
        (lambda x: x[x > 0, 0], ["getitem", "fg.where"]),
        (lambda x: x[fg.argmax(x[0]) :], ["getitem", "slice"]),
        (lambda x: fnp.nonzero(x), ["nonzero", "where"]),
        (lambda x: fnp.where(x), ["nonzero", "where"]),
        (lambda x: fg.where(x > 0), ["where"]),
        (lambda x: fnp.flatnonzero(x), ["where"]),
        (lambda x: fnp.argwhere(x), ["argwhere", "where"]),
        (lambda x: fnp.unique(x), ["unique"]),
        (lambda x: fnp.union1d(x, [1.0]), ["union1d"]),
        (lambda x: fnp.intersect1d([1.0], x), ["intersect1d"]),
        (lambda x: fg.boolean_mask(x, x > 0), ["boolean_mask", "fg.where"]),
        (lambda x: fnp.extract(x > 0, x), ["extract", "where"]),
        (lambda x: fnp.compress(x[0] > 0, x, axis=1), ["compress", "where"]),
        (lambda x: fnp.trim_zeros(x[0]), ["trim_zeros"]),
        (lambda x: fnp.real_if_close(fg.cast(x, fg.complex128)), ["real_if_close", "real"]),
        (lambda x: fnp.polydiv(x[0], x[1]), ["polydiv"]),
        (lambda x: fnp.piecewise(x, [x > 0], [1.0, 2.0]), ["piecewise", "where"]),
        (lambda x: fnp.bincount(fg.cast(x[0] * x[0], fg.int32)), ["bincount", "minlength"]),
        (lambda x: fnp.histogram(x, "auto"), ["histogram", "how many bins"]),
        (lambda x: fg.math.segment_sum(x, fg.argsort(x[:, 0])), ["segment_sum", "unsorted_segment_sum"]),
        (lambda x: fnp.linalg.lstsq(fg.transpose(x), x[0]), ["lstsq", "fg.linalg.lstsq"]),
    ],
)  # fmt: skip
def test_what_has_a_shape_that_depends_on_values_says_so(f, names):
    with pytest.raises((TypeError, RuntimeWarning)) as caught:  # runs eagerly after the warning
        fg.function(f)(fg.constant(X))
    text = str(caught.value)
    assert "while a function is traced" in text
    assert "fg.config.run_functions_eagerly" in text
    for name in names:
        assert name in text
