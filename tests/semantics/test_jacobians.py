"""Section 7 of docs/semantics.md: `jacobian` and `batch_jacobian`."""

import warnings

import numpy as np
import pytest

import fastgrad as fg


@pytest.mark.semantics("7.1")
@pytest.mark.parametrize("source", [(), (3,), (2, 3)])
@pytest.mark.parametrize("target", [(), (2,), (4, 1)])
def test_shapes(source, target):
    x = fg.Variable(np.ones(source))
    with fg.GradientTape() as tape:
        y = fg.reduce_sum(x) * np.ones(target)
    j = tape.jacobian(y, x)
    assert j.shape == target + source
    assert (j.numpy() == 1.0).all()


@pytest.mark.semantics("7.1")
def test_values():
    x = fg.Variable([1.0, 2.0, 3.0])
    a = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]], "float32")
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
        z = fg.reshape(fg.matmul(a, fg.reshape(x, [3, 1])), [2])
    assert tape.jacobian(y, x).numpy().tolist() == np.diag([2.0, 4.0, 6.0]).tolist()
    assert tape.jacobian(z, x).numpy().tolist() == a.tolist()


@pytest.mark.semantics("7.1")
def test_sources_may_be_nested():
    x, y = fg.Variable([1.0, 2.0]), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        z = x * y
    j = tape.jacobian(z, {"x": x, "rest": (y,)})
    assert j["x"].numpy().tolist() == [[3.0, 0.0], [0.0, 3.0]]
    assert j["rest"][0].numpy().tolist() == [1.0, 2.0]


@pytest.mark.semantics("7.2")
def test_a_list_of_targets():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    with pytest.raises(TypeError, match=r"target.*list"):
        tape.jacobian([y, y], x)


@pytest.mark.semantics("7.3")
def test_unconnected_sources():
    x, w = fg.Variable([1.0, 2.0]), fg.Variable(np.ones(3))
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
    j, none = tape.jacobian(y, [x, w])
    assert j.shape == (2, 2) and none is None
    zeros = tape.jacobian(y, w, unconnected_gradients="zero")
    assert zeros.dtype == fg.float64 and zeros.numpy().tolist() == np.zeros((2, 3)).tolist()


@pytest.mark.semantics("7.4")
def test_the_loop_needs_a_persistent_tape():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    with pytest.raises(RuntimeError, match="persistent"):
        tape.jacobian(y, x, experimental_use_pfor=False)


@pytest.mark.semantics("7.5")
@pytest.mark.parametrize("options", [{}, {"parallel_iterations": 1}, {"parallel_iterations": 7}])
@pytest.mark.parametrize("pfor", [True, False])
def test_options_change_no_value(options, pfor):
    x = fg.Variable(np.arange(1.0, 5.0).reshape(2, 2))
    with fg.GradientTape(persistent=True) as tape:
        y = fg.matmul(x, x)
        z = fg.exp(x[:, :0])
    j = tape.jacobian(y, x, experimental_use_pfor=pfor, **options).numpy()
    # d(x x)_ij / dx_kl = delta_ik x_lj + x_ik delta_jl
    e, v = np.eye(2), x.numpy()
    want = np.einsum("ik,lj->ijkl", e, v) + np.einsum("ik,jl->ijkl", v, e)
    assert j.tolist() == want.tolist()
    empty = tape.jacobian(z, x, experimental_use_pfor=pfor, **options)
    assert empty.shape == (2, 0, 2, 2)


@pytest.mark.semantics("7.6")
def test_the_sum_is_the_gradient():
    x = fg.Variable(np.array([[0.5, 1.0], [1.5, 2.0]]))
    with fg.GradientTape(persistent=True) as tape:
        y = fg.exp(fg.matmul(x, x)) * fg.sin(x)
    j, g = tape.jacobian(y, x).numpy(), tape.gradient(y, x).numpy()
    np.testing.assert_allclose(j.sum((0, 1)), g, rtol=1e-13)


@pytest.mark.semantics("7.7")
def test_batch_jacobian():
    x = fg.constant([[1.0, 2.0], [3.0, 4.0]])
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    j = tape.batch_jacobian(y, x)
    assert j.numpy().tolist() == [[[2.0, 0.0], [0.0, 4.0]], [[6.0, 0.0], [0.0, 8.0]]]


@pytest.mark.semantics("7.7")
@pytest.mark.parametrize("pfor", [True, False])
def test_batch_jacobian_has_a_row_per_example(pfor):
    x = fg.Variable(np.arange(12.0).reshape(2, 3, 2))
    w = fg.constant(np.array([[1.0, 2.0, 3.0, 4.0], [5.0, 6.0, 7.0, 8.0]]))
    with fg.GradientTape(persistent=True) as tape:
        y = fg.matmul(x, w) * fg.reduce_sum(x, axis=[1, 2], keepdims=True)
    j = tape.batch_jacobian(y, x, experimental_use_pfor=pfor)
    assert j.shape == (2, 3, 4, 3, 2)
    full = tape.jacobian(y, x).numpy()
    assert j.numpy().tolist() == np.stack([full[b, :, :, b] for b in range(2)]).tolist()


@pytest.mark.semantics("7.8")
def test_batch_jacobian_needs_two_axes():
    x, v = fg.Variable([[1.0], [2.0]]), fg.Variable([1.0, 2.0])
    with fg.GradientTape(persistent=True) as tape:
        y, z = x * x, v * v
    for target, source in ((z, v), (y, v), (z, x)):
        with pytest.raises(ValueError, match=r"\(2,\) must have rank at least 2"):
            tape.batch_jacobian(target, source)


@pytest.mark.semantics("7.8")
def test_batch_jacobian_needs_equal_batches():
    x = fg.Variable([[1.0, 2.0], [3.0, 4.0]])
    with fg.GradientTape() as tape:
        y = fg.concat([x, x], axis=0)
    with pytest.raises(ValueError, match=r"Need first dimension.*\(4, 2\).*\(2, 2\)"):
        tape.batch_jacobian(y, x)


@pytest.mark.semantics("7.9")
@pytest.mark.parametrize("dtype", [fg.float32, fg.float64])
def test_an_unconnected_batch_jacobian_is_zero(dtype):
    x, w = fg.Variable(fg.ones([2, 3], dtype)), fg.Variable(fg.ones([2, 4], dtype))
    with fg.GradientTape() as tape:
        y = w * w
    j = tape.batch_jacobian(y, x)
    assert j.dtype == dtype and j.numpy().tolist() == np.zeros((2, 4, 3)).tolist()


@pytest.mark.semantics("7.10")
def test_empty_extents():
    x = fg.Variable(np.ones((1, 0)))
    with fg.GradientTape(persistent=True) as tape:
        y = fg.exp(x)
    assert tape.batch_jacobian(y, x).shape == (1, 0, 0)
    assert tape.jacobian(y, x).shape == (1, 0, 1, 0)


@pytest.mark.semantics("7.11")
def test_jacobians_nest():
    x = fg.Variable(np.array([1.0, 2.0]))
    with fg.GradientTape() as t3:
        with fg.GradientTape() as t2:
            with fg.GradientTape() as t1:
                y = x * x * x
            first = t1.jacobian(y, x)
        second = t2.jacobian(first, x)
    third = t3.jacobian(second, x)
    assert first.numpy().tolist() == [[3.0, 0.0], [0.0, 12.0]]
    want = np.zeros((2, 2, 2))
    want[0, 0, 0], want[1, 1, 1] = 6.0, 12.0
    assert second.numpy().tolist() == want.tolist()
    assert third.shape == (2, 2, 2, 2)
    assert third.numpy()[1, 1, 1, 1] == 6.0 and third.numpy().sum() == 12.0


@pytest.mark.semantics("7.11")
def test_batch_jacobians_nest():
    x = fg.constant(np.array([[1.0, 2.0], [3.0, 4.0]]))
    with fg.GradientTape() as outer:
        outer.watch(x)
        with fg.GradientTape() as inner:
            inner.watch(x)
            y = x * x * x
        first = inner.batch_jacobian(y, x)
    second = outer.batch_jacobian(first, x).numpy()
    assert second.shape == (2, 2, 2, 2)
    assert [second[b, i, i, i] for b in (0, 1) for i in (0, 1)] == [6.0, 12.0, 18.0, 24.0]
    assert second.sum() == 60.0


@fg.function
def cube(x):
    """x ** 3, with a branch on a value inside."""
    if fg.reduce_sum(x) > 0.0:
        return x * x * x
    return x * 0.0


@pytest.mark.semantics("7.12")
@pytest.mark.parametrize(
    ("f", "want"),
    [
        (lambda x: fg.gather(x, [2, 0, 2]), [[0, 0, 1, 0], [1, 0, 0, 0], [0, 0, 1, 0]]),
        (lambda x: x[::2] * 3.0, [[3, 0, 0, 0], [0, 0, 3, 0]]),
        (lambda x: fg.concat([x, x], 0)[3:5], [[0, 0, 0, 1], [1, 0, 0, 0]]),
        (lambda x: cube(x)[1:], [[0, 12, 0, 0], [0, 0, 27, 0], [0, 0, 0, 48]]),
        (lambda x: fg.stack([x[3], x[0] * x[1]]), [[0, 0, 0, 1], [2, 1, 0, 0]]),
    ],
    ids=["gather", "stride", "concat", "function", "stack"],
)
@pytest.mark.parametrize("pfor", [True, False])
def test_through_other_operations(f, want, pfor):
    x = fg.Variable([1.0, 2.0, 3.0, 4.0])
    with fg.GradientTape(persistent=True) as tape:
        y = f(x)
    j = tape.jacobian(y, x, experimental_use_pfor=pfor)
    assert isinstance(j, fg.Tensor) and j.numpy().tolist() == want


@pytest.mark.semantics("7.13")
def test_many_calls():
    x = fg.Variable([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(50):
            with fg.GradientTape() as tape:
                y = x * float(k)
            assert tape.jacobian(y, x).numpy().tolist() == [[k, 0.0], [0.0, k]]


@fg.custom_gradient
def doubled_backward(x):
    """x, with twice the gradient where the first element of the cotangent is not 0, else None."""
    return fg.identity(x), lambda ct: 2 * ct if ct.numpy().any() else None


@fg.custom_gradient
def two_outputs(x):
    return (x * 2, x * 3), lambda ct, other: ct * 5 + other * 7


WIDE = {
    "broadcast": lambda x: x[:, None] * x[None, :3] + x[:3],
    "scalar": lambda x: fg.stack([x[i] * x[0] for i in range(9)]),
    "one element": lambda x: x[:1] * x,
    "reductions": lambda x: (
        fg.reduce_max(x * x) + x * fg.reduce_mean(x) - fg.reduce_logsumexp(x) + fg.cumsum(x)
    ),
    "matrices": lambda x: fg.matmul(fg.reshape(x, [3, 3]), fg.transpose(fg.reshape(x, [3, 3]))),
    "vectors": lambda x: fg.linalg.matvec(fg.reshape(x, [3, 3]), x[:3])[:, None] * x,
    "sort": lambda x: fg.sort(x)[::-1] * x,
    "custom": lambda x: doubled_backward(x * x) + x,
    "two outputs": lambda x: fg.concat([*two_outputs(x)], 0) * fg.concat([x, x], 0),
    "one of two": lambda x: two_outputs(x)[1] * x,
    "apart": lambda x: fg.reshape(x, [3, 3, 1])[[0, 2, 0], :, [0, 0, 0]] * x[:3],
    "split": lambda x: fg.concat(fg.split(x * x, 3)[1:] * 2, 0),
    "float16": lambda x: fg.cast(fg.cast(x, fg.float16) * 2, x.dtype) * x,
    "complex": lambda x: fg.math.abs(fg.cast(x, fg.complex128) * (1 + 2j)) * x,
    "unused": lambda x: fg.stop_gradient(x) * 2 + 0 * x,
}


@pytest.mark.semantics("7.14")
@pytest.mark.parametrize("f", WIDE.values(), ids=WIDE)
@pytest.mark.parametrize("order", [1, 2])
def test_cotangents_together_and_alone(f, order):
    x = fg.Variable(np.linspace(-1.1, 1.4, 9))
    with fg.GradientTape(persistent=True) as outer:
        if order == 1:
            y = f(x)
        else:
            with fg.GradientTape() as tape:
                y = f(x)
            y = fg.reshape(tape.jacobian(y, x), [-1])[3:40]
    y = fg.reshape(y, [-1]) if order == 2 else y
    alone = [
        outer.gradient(y, x, fg.constant(unit.reshape(y.shape), y.dtype), "zero")
        for unit in np.eye(int(np.prod(y.shape)))
    ]
    together = outer.jacobian(y, x, "zero")
    np.testing.assert_allclose(together, np.reshape(alone, (*y.shape, 9)), rtol=1e-12, atol=1e-12)


@pytest.mark.semantics("7.14")
def test_batches_of_many_cotangents():
    x = fg.Variable(np.linspace(-1.0, 1.0, 20).reshape(2, 10))
    with fg.GradientTape(persistent=True) as tape:
        y = fg.sin(x) * x[:, ::-1] + fg.reduce_sum(x * x, 1, keepdims=True)
    whole = tape.jacobian(y, x).numpy()
    batches = tape.batch_jacobian(y, x).numpy()
    for i in range(2):
        np.testing.assert_allclose(batches[i], whole[i, :, i], rtol=1e-13, atol=1e-14)


@pytest.mark.semantics("7.14")
def test_large_arrays_are_swept_in_parts():
    x = fg.Variable(np.linspace(0.0, 1.0, 200_000))
    with fg.GradientTape() as tape:
        y = x[:12] * fg.reduce_sum(x)
    j = tape.jacobian(y, x).numpy()
    expected = np.repeat(x.numpy()[:12, None], 200_000, 1)
    expected[np.arange(12), np.arange(12)] += x.numpy().sum()
    np.testing.assert_allclose(j, expected, rtol=1e-12)


@pytest.mark.semantics("7.14")
def test_a_part_without_gradients_is_zeros():
    @fg.custom_gradient
    def early(x):
        return fg.identity(x), lambda ct: ct if ct.numpy()[:10].any() else None

    x = fg.Variable(np.ones(100_000))
    with fg.GradientTape() as tape:
        y = early(x)[:23]
    j = tape.jacobian(y, x).numpy()
    assert (j[:, :23] == np.diag(np.arange(23) < 10)).all() and not j[:, 23:].any()
