"""Section 16 of docs/semantics.md: gradients of gathers."""

import numpy as np
import pytest

import fastgrad as fg

START = np.arange(8.0).reshape(4, 2)


def gradient(f, x=None):
    x = fg.Variable(START) if x is None else x
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    return tape.gradient(y, x)


def dense(g):
    return fg.convert_to_tensor(g).numpy()


@pytest.mark.semantics("16.1")
@pytest.mark.parametrize("x", [fg.Variable(START), fg.constant(START)], ids=["variable", "tensor"])
def test_a_gather_gives_its_rows(x):
    g = gradient(lambda t: fg.gather(t, [3, 1, 3]) * [[1.0], [10.0], [100.0]], x)
    assert isinstance(g, fg.IndexedSlices)
    assert g.indices.numpy().tolist() == [3, 1, 3]
    assert g.values.numpy().tolist() == [[1.0, 1.0], [10.0, 10.0], [100.0, 100.0]]
    assert g.shape == g.dense_shape == (4, 2) and g.dtype == fg.float64 and g.ndim == 2
    assert repr(g).startswith("IndexedSlices(indices=") and "dense_shape=(4, 2)" in repr(g)


@pytest.mark.semantics("16.2")
def test_made_dense_by_summing_rows_named_twice():
    g = gradient(lambda t: fg.gather(t, [[3, -1], [0, 1]]))
    assert dense(g).tolist() == [[1, 1], [1, 1], [0, 0], [2, 2]]
    assert fg.reduce_sum(g).numpy() == 8.0 and (fg.ones([4, 2]) * g).shape == (4, 2)
    assert dense(g * 2.0).sum() == 16.0 and dense(-g).sum() == -8.0
    assert (g + 1.0).numpy().sum() == (1.0 + g).numpy().sum() == 16.0 and (
        g - g
    ).numpy().sum() == 0.0


@pytest.mark.semantics("16.3")
def test_several_gathers_are_put_together_and_anything_else_is_dense():
    def f(t):
        return fg.reduce_sum(fg.gather(t, [0])) + fg.reduce_sum(fg.gather(t, 2) * 3.0)

    g = gradient(f)
    assert isinstance(g, fg.IndexedSlices) and sorted(g.indices.numpy().tolist()) == [0, 2]
    assert dense(g).tolist() == [[1, 1], [0, 0], [3, 3], [0, 0]]
    for other in (lambda t: f(t) + fg.reduce_sum(t), lambda t: f(t) + t[1, 0]):
        g = gradient(other)
        assert isinstance(g, fg.Tensor)
    assert g.numpy().tolist() == [[1, 1], [1, 0], [3, 3], [0, 0]]


@pytest.mark.semantics("16.4")
def test_indexing_other_axes_and_results_of_operations_are_dense():
    assert isinstance(gradient(lambda t: t[1]), fg.Tensor)
    assert isinstance(gradient(lambda t: t[[1, 1]]), fg.Tensor)
    assert isinstance(gradient(lambda t: fg.gather(t, [1, 1], axis=1)), fg.Tensor)
    assert isinstance(gradient(lambda t: fg.gather(t * 2.0, [1, 1])), fg.Tensor)
    with fg.GradientTape() as tape:
        x = fg.Variable(START)
        y = fg.gather(x, [1, 1])
    assert tape.jacobian(y, x).shape == (2, 2, 4, 2)
    assert isinstance(fg.grad(lambda t: fg.reduce_sum(fg.gather(t, [0])))(START), fg.Tensor)


@pytest.mark.semantics("16.5")
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"momentum": 0.9},
        {"momentum": 0.9, "nesterov": True},
        {"clipnorm": 1.0},
        {"clipvalue": 0.5},
    ],
)
def test_sgd_touches_these_rows_only(options):
    rows, x = [3, 1, 3], fg.Variable(START)
    some, whole = (fg.keras.optimizers.SGD(0.1, **options) for _ in range(2))
    y = fg.Variable(START[[1, 3]])
    for _ in range(3):
        g = gradient(lambda t: fg.gather(t, rows) * 3.0, x)
        some.apply_gradients([(g, x)])
        whole.apply_gradients([(dense(g)[[1, 3]], y)])
    np.testing.assert_array_equal(x.numpy()[[1, 3]], y.numpy())
    np.testing.assert_array_equal(x.numpy()[[0, 2]], START[[0, 2]])
    kept = x.numpy()
    bad = fg.IndexedSlices(np.ones((1, 2)), [1], [3, 2])
    with pytest.raises(ValueError, match=r"\(3, 2\).*\(4, 2\)"):
        some.apply_gradients([(g, x), (bad, x)])
    np.testing.assert_array_equal(x.numpy(), kept)


@pytest.mark.semantics("16.6")
def test_inside_functions_and_recomputed():
    x = fg.Variable(START)

    @fg.function
    def f(i):
        return fg.reduce_sum(fg.gather(x, i) ** 2.0)

    with fg.GradientTape() as tape:
        y = f([0, 0, 1])
    want = [[0, 4], [4, 6], [0, 0], [0, 0]]
    assert dense(tape.gradient(y, x)).tolist() == want
    block = fg.recompute_grad(lambda i: fg.reduce_sum(fg.gather(x, i) ** 2.0))
    with fg.GradientTape() as tape:
        y = block([0, 0, 1])
    assert dense(tape.gradient(y, x)).tolist() == want


@pytest.mark.semantics("16.6")
def test_second_order():
    x = fg.Variable(START)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = fg.reduce_sum(fg.gather(x, [1, 1, 0]) ** 3.0)
        g = inner.gradient(y, x)
        z = fg.reduce_sum(g)
    np.testing.assert_allclose(dense(outer.gradient(z, x)), 6 * START * [[1], [2], [0], [0]])


@pytest.mark.semantics("16.7")
@pytest.mark.parametrize(
    ("values", "indices", "kind"),
    [
        (np.ones((2, 2)), [0], ValueError),
        (np.ones((1, 3)), [0], ValueError),
        (np.ones((1, 2)), [0.5], TypeError),
    ],
)
def test_slices_that_do_not_fit(values, indices, kind):
    with pytest.raises(kind, match="IndexedSlices"):
        fg.IndexedSlices(values, indices, [4, 2])
