"""Section 4 of docs/semantics.md, lines 4.1 to 4.19: what `gradient` returns."""

import collections

import numpy as np
import pytest

import fastgrad as fg

from .support import values

Point = collections.namedtuple("Point", "x y")


@pytest.mark.semantics("4.1")
def test_the_result_has_the_structure_of_the_sources():
    x, y, w = fg.Variable(2.0), fg.Variable(3.0), fg.Variable(5.0)
    with fg.GradientTape(persistent=True) as tape:
        z = x * y
    assert tape.gradient(z, x).numpy() == 3.0
    as_list = tape.gradient(z, [x, y])
    assert type(as_list) is list and values(as_list) == [3.0, 2.0]
    as_tuple = tape.gradient(z, (x, w))
    assert type(as_tuple) is tuple and values(as_tuple) == [3.0, None]
    as_point = tape.gradient(z, Point(x, y))
    assert type(as_point) is Point and as_point.y.numpy() == 2.0
    nested = tape.gradient(z, {"a": [x, (y, w)]})
    assert nested["a"][1][0].numpy() == 2.0 and nested["a"][1][1] is None


@pytest.mark.semantics("4.1")
@pytest.mark.parametrize("kind", [dict, collections.OrderedDict])
def test_dicts_keep_their_order(kind):
    x, y = fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        z = x * y
    g = tape.gradient(z, kind([("second", x), ("first", y)]))
    assert type(g) is kind and list(g) == ["second", "first"]
    assert values(list(g.values())) == [3.0, 2.0]


@pytest.mark.semantics("4.1")
@pytest.mark.parametrize("empty", [[], (), {}])
def test_empty_sources(empty):
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        z = x * x
    g = tape.gradient(z, empty)
    assert g == empty and type(g) is type(empty)


@pytest.mark.semantics("4.2")
def test_a_repeated_source():
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        z = x * x
    assert values(tape.gradient(z, [x, x])) == [4.0, 4.0]


@pytest.mark.semantics("4.3")
def test_several_targets_are_summed():
    x = fg.Variable(5.0)
    with fg.GradientTape(persistent=True) as tape:
        z1 = 3 * x
        z2 = x**2
    for targets in ([z1, z2], (z1, z2), {"a": z1, "b": z2}, [[z1], {"k": (z2,)}]):
        assert tape.gradient(targets, x).numpy() == 13.0


@pytest.mark.semantics("4.3")
def test_a_target_with_axes_is_summed():
    x = fg.Variable([[1.0, 2.0], [3.0, 4.0]])
    with fg.GradientTape() as tape:
        y = x * x * [[1.0], [10.0]]
    assert tape.gradient(y, x).numpy().tolist() == [[2.0, 4.0], [60.0, 80.0]]


@pytest.mark.semantics("4.4")
def test_a_target_that_is_its_own_source():
    x = fg.Variable([3.0, 4.0])
    with fg.GradientTape(persistent=True) as tape:
        y = x * 5.0
    assert tape.gradient(y, y).numpy().tolist() == [1.0, 1.0]
    assert tape.gradient([y, y], y).numpy().tolist() == [2.0, 2.0]
    assert tape.gradient([x, y], x).numpy().tolist() == [6.0, 6.0]


@pytest.mark.semantics("4.4")
def test_targets_and_sources_that_overlap():
    x = fg.constant(2.0)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = x * 3.0
        z = y * y - 2.0 * y
    # z = 9 x^2 - 6 x; dz/dx = 30, dy/dx = 3, dz/dy = 10
    assert values(tape.gradient([x, y, z], [x, y])) == [1.0 + 3.0 + 30.0, 1.0 + 10.0]


@pytest.mark.semantics("4.5")
def test_a_variable_as_target():
    x, w = fg.Variable(3.0), fg.Variable(4.0)
    with fg.GradientTape(persistent=True) as tape:
        _ = x * w
    assert values(tape.gradient(x, [x, w])) == [1.0, None]
    assert values(tape.gradient([x, w], [x, w])) == [1.0, 1.0]


@pytest.mark.semantics("4.6")
@pytest.mark.parametrize(
    ("shape", "gradient"),
    [
        ((), 12.0),
        ((1,), [12.0]),
        ((4,), [3.0] * 4),
        ((3, 1), [[4.0]] * 3),
        ((1, 4), [[3.0] * 4]),
        ((1, 1), [[12.0]]),
        ((1, 1, 1), [[[12.0]]]),
        ((2, 1, 4), [[[3.0] * 4]] * 2),
    ],
)
def test_broadcasting_is_undone(shape, gradient):
    x = fg.Variable(np.ones(shape))
    with fg.GradientTape() as tape:
        y = x * np.ones((3, 4))
    g = tape.gradient(y, x)
    assert g.shape == shape and g.numpy().tolist() == gradient


@pytest.mark.semantics("4.6")
def test_empty_shapes():
    x, b = fg.Variable(np.ones((0, 3))), fg.Variable(np.ones(3))
    with fg.GradientTape() as tape:
        y = fg.exp(x) * b
    dx, db = tape.gradient(y, [x, b])
    assert dx.shape == (0, 3)
    assert db.numpy().tolist() == [0.0, 0.0, 0.0]


@pytest.mark.semantics("4.7")
@pytest.mark.parametrize("dtype", [fg.float16, fg.float32, fg.float64])
def test_the_gradient_has_the_dtype_of_its_source(dtype):
    x = fg.Variable([1.0, 2.0], dtype=dtype)
    with fg.GradientTape(persistent=True) as tape:
        direct = x * x
        wide = fg.cast(fg.cast(x, fg.float32) * 3.0, fg.float64)
    assert tape.gradient(direct, x).dtype == dtype
    g = tape.gradient(wide, x)
    assert g.dtype == dtype and g.numpy().tolist() == [3.0, 3.0]


@pytest.mark.semantics("4.8")
def test_unconnected_is_none():
    x, w = fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
        _ = w * w
    assert values(tape.gradient(y, [x, w])) == [4.0, None]


@pytest.mark.semantics("4.9")
@pytest.mark.parametrize("zero", ["zero", fg.UnconnectedGradients.ZERO])
def test_unconnected_as_zeros(zero):
    x, w = fg.Variable(2.0), fg.Variable(np.ones((2, 3)))
    n, c = fg.constant([1, 2]), fg.constant([3.0])
    with fg.GradientTape() as tape:
        y = x * x
    gx, gw, gn, gc = tape.gradient(y, [x, w, n, c], unconnected_gradients=zero)
    assert gx.numpy() == 4.0
    assert gw.dtype == fg.float64 and gw.numpy().tolist() == [[0.0] * 3] * 2
    assert gn.dtype == fg.int32 and gn.numpy().tolist() == [0, 0]
    assert gc.dtype == fg.float32 and gc.numpy().tolist() == [0.0]


@pytest.mark.semantics("4.9")
def test_zeros_behind_stop_gradient_in_a_function():
    x = fg.Variable(2.0)

    @fg.function
    def inner(v):
        return fg.stop_gradient(v * v)

    @fg.function
    def outer(v):
        return inner(v) * 3.0

    with fg.GradientTape(persistent=True) as tape:
        y = outer(x)
    assert tape.gradient(y, x) is None
    assert tape.gradient(y, x, unconnected_gradients="zero").numpy() == 0.0


@pytest.mark.semantics("4.9")
@pytest.mark.parametrize("none", ["none", fg.UnconnectedGradients.NONE])
def test_unconnected_as_none_when_asked(none):
    x, w = fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
    assert values(tape.gradient(y, [x, w], unconnected_gradients=none)) == [4.0, None]


@pytest.mark.semantics("4.10")
def test_an_unknown_way_of_unconnected():
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        y = x * x
    with pytest.raises(ValueError, match="Unknown value for unconnected_gradients: 'nonsense'"):
        tape.gradient(y, x, unconnected_gradients="nonsense")


@pytest.mark.semantics("4.11")
def test_zero_is_not_none():
    x = fg.Variable([2.0, 3.0])
    with fg.GradientTape(persistent=True) as tape:
        flat = x * 0.0
        ones, zeros = fg.ones_like(x) * 3.0, fg.zeros_like(x)
        extents = fg.cast(fg.shape(x), fg.float32)
    assert tape.gradient(flat, x).numpy().tolist() == [0.0, 0.0]
    for unconnected in (ones, zeros, extents):
        assert tape.gradient(unconnected, x) is None


@pytest.mark.semantics("4.12")
@pytest.mark.parametrize(
    "ct", [fg.constant([1.0, 10.0]), np.array([1.0, 10.0], "float32"), fg.Variable([1.0, 10.0])]
)
def test_output_gradients(ct):
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x, output_gradients=ct).numpy().tolist() == [2.0, 40.0]


@pytest.mark.semantics("4.12")
def test_a_number_as_output_gradient():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
    assert tape.gradient(y, x, output_gradients=3.0).numpy().tolist() == [6.0, 12.0]
    assert tape.gradient(y, x, output_gradients=fg.constant(3.0)).numpy().tolist() == [6.0, 12.0]


@pytest.mark.semantics("4.12")
def test_the_output_gradient_of_a_target_that_is_a_source():
    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        loss = 2.0 * x
    one, two = fg.constant(1.0), fg.constant(2.0)
    assert tape.gradient([loss, x], x, output_gradients=[one, two]).numpy() == 4.0
    assert tape.gradient(x, x, output_gradients=two).numpy() == 2.0


@pytest.mark.semantics("4.13")
def test_a_list_of_numbers_is_an_array():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x, output_gradients=[1.0, 10.0]).numpy().tolist() == [2.0, 40.0]


@pytest.mark.semantics("4.13")
@pytest.mark.parametrize("entry", [fg.constant([1.0, 10.0]), np.array([1.0, 10.0], "float32")])
def test_a_list_of_one_is_its_entry(entry):
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    assert tape.gradient(y, x, output_gradients=[entry]).numpy().tolist() == [2.0, 40.0]


@pytest.mark.semantics("4.14")
def test_one_output_gradient_per_target():
    x = fg.Variable(2.0)
    with fg.GradientTape(persistent=True) as tape:
        y, z = x * x, 3.0 * x
    assert tape.gradient([y, z], x, output_gradients=[1.0, 10.0]).numpy() == 34.0
    assert tape.gradient([y, z], x, output_gradients=[None, 10.0]).numpy() == 34.0
    assert tape.gradient([y, z], x, output_gradients=[10.0, None]).numpy() == 43.0


@pytest.mark.semantics("4.14")
@pytest.mark.parametrize("cts", [[], [1.0], [1.0, 1.0, 1.0]])
def test_a_wrong_number_of_output_gradients(cts):
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        y, z = x * x, 3.0 * x
    with pytest.raises(ValueError, match=rf"output_gradients.*({len(cts)}.*2|2.*{len(cts)})"):
        tape.gradient([y, z], x, output_gradients=cts)


@pytest.mark.semantics("4.14")
def test_output_gradients_are_matched_by_key():
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        targets = {"y": x * x, "z": 3.0 * x}
    cts = {"z": fg.constant(10.0), "y": fg.constant(1.0)}
    assert tape.gradient(targets, x, output_gradients=cts).numpy() == 34.0


@pytest.mark.semantics("4.15")
def test_an_output_gradient_of_the_wrong_shape():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    with pytest.raises(ValueError, match=r"output_gradients.*\(3,\).*\(2,\)"):
        tape.gradient(y, x, output_gradients=fg.ones([3]))


@pytest.mark.semantics("4.15")
def test_the_dtype_of_an_output_gradient():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
    g = tape.gradient(y, x, output_gradients=np.array([1.0, 10.0]))
    assert g.dtype == fg.float32 and g.numpy().tolist() == [2.0, 40.0]
    with pytest.raises(TypeError, match=r"output_gradients.*complex"):
        tape.gradient(y, x, output_gradients=np.array([1j, 1j]))


@pytest.mark.semantics("4.16")
def test_integer_sources_and_targets():
    n, x = fg.Variable(3), fg.Variable(2.0)
    with fg.GradientTape(persistent=True) as tape:
        y = x * fg.cast(n, fg.float32)
        m = n * n
        flag = x > 1.0
    assert values(tape.gradient(y, [n, x])) == [None, 3.0]
    assert values(tape.gradient(m, [n, x])) == [None, None]
    assert values(tape.gradient(flag, [n, x])) == [None, None]
    assert values(tape.gradient([y, m, flag], [n, x])) == [None, 3.0]


@pytest.mark.semantics("4.17")
def test_casts():
    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        wide = fg.cast(fg.cast(x, fg.float64) * 2.0, fg.float32) * x
        whole = fg.cast(fg.cast(x, fg.int32), fg.float32) * 2.0
        both = whole * x
    assert tape.gradient(wide, x).numpy() == 12.0
    assert tape.gradient(whole, x) is None
    assert tape.gradient(both, x).numpy() == 6.0


@pytest.mark.semantics("4.18")
@pytest.mark.parametrize("f", [fg.round, fg.floor, fg.math.ceil])
def test_rounding_has_no_gradient(f):
    x = fg.Variable([1.4, -2.6])
    with fg.GradientTape() as tape:
        y = f(x) * 3.0
    assert tape.gradient(y, x) is None


@pytest.mark.semantics("4.18")
def test_choices_have_no_gradient():
    x = fg.Variable([1.0, 3.0, 2.0])
    with fg.GradientTape(persistent=True) as tape:
        bigger = fg.cast(x > 1.5, fg.float32)
        same = fg.cast(fg.equal(x, 1.0), fg.float32)
        where = fg.cast(fg.argmax(x), fg.float32)
        least = fg.cast(fg.argmin(x), fg.float32)
    for y in (bigger, same, where, least):
        assert tape.gradient(y, x) is None


@pytest.mark.semantics("4.18")
def test_sign_has_gradient_zero():
    x = fg.Variable([1.5, 0.0, -2.0])
    with fg.GradientTape() as tape:
        y = fg.sign(x)
    assert tape.gradient(y, x).numpy().tolist() == [0.0, 0.0, 0.0]


@pytest.mark.semantics("4.19")
def test_where():
    x = fg.Variable([5.0, 50.0])
    with fg.GradientTape() as tape:
        y = fg.where(x > 10.0, x * x, x)
    assert tape.gradient(y, x).numpy().tolist() == [1.0, 100.0]


@pytest.mark.semantics("4.19")
def test_where_of_a_condition_alone():
    x = fg.Variable([[0.0, 1.0], [2.0, 0.0]])
    with fg.GradientTape() as tape:
        places = fg.where(x)
        picked = fg.gather_nd(x, places)
    assert places.dtype == fg.int64 and places.numpy().tolist() == [[0, 1], [1, 0]]
    assert tape.gradient(picked, x).numpy().tolist() == [[0.0, 1.0], [1.0, 0.0]]


@pytest.mark.semantics("4.19")
def test_where_broadcasts_and_its_condition_gets_none():
    c, a, b = fg.constant([True, False, True]), fg.Variable(2.0), fg.Variable([[1.0], [3.0]])
    with fg.GradientTape() as tape:
        tape.watch([a, b])
        y = fg.where(c, a, b)
    gc, ga, gb = tape.gradient(y, [c, a, b])
    assert gc is None and ga.numpy() == 4.0 and gb.numpy().tolist() == [[1.0], [1.0]]


@pytest.mark.semantics("4.29")
def test_complex_gradients():
    z, x = fg.Variable(1 + 2j), fg.Variable(np.float64(3.0))
    with fg.GradientTape(persistent=True) as tape:
        square = z * z
        size = fg.abs(z)
        mixed = z * fg.cast(x, fg.complex128)
        power = fg.abs(fg.exp(z) * x) ** 2.0
    assert tape.gradient(square, z).numpy() == 2 - 4j
    np.testing.assert_allclose(tape.gradient(size, z), (1 + 2j) / abs(1 + 2j), rtol=1e-15)
    assert tape.gradient(mixed, x).dtype == fg.float64 and tape.gradient(mixed, x).numpy() == 1.0
    np.testing.assert_allclose(tape.gradient(power, z), 18 * np.exp(2), rtol=1e-14)
    np.testing.assert_allclose(tape.gradient(power, x), 6 * np.exp(2), rtol=1e-14)
    np.testing.assert_allclose(
        tape.gradient(square, z, output_gradients=1j), 1j * (2 - 4j), rtol=1e-15
    )


@pytest.mark.semantics("4.29")
def test_complex_gradients_of_second_order_and_of_ones_own():
    z = fg.Variable(1 + 2j)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = fg.math.real(z * z * z)
        g = inner.gradient(y, z)  # 3 conj(z)**2
        total = fg.math.real(g) + fg.math.imag(g)
    np.testing.assert_allclose(inner_slope := outer.gradient(total, z), -6 - 18j, rtol=1e-15)
    assert inner_slope.dtype == fg.complex128

    @fg.custom_gradient
    def f(z):
        return z * z, lambda ct: ct * fg.math.conj(2.0 * z)

    with fg.GradientTape() as tape:
        y = f(z) * 1j
    assert tape.gradient(y, z).numpy() == -1j * (2 - 4j)
