"""Section 2 of docs/semantics.md: values in, values out, and which dtype they have."""

import numpy as np
import pytest

import fastgrad as fg


@pytest.mark.semantics("2.1")
@pytest.mark.parametrize(
    ("value", "dtype"),
    [
        (1.0, "float32"),
        (1, "int32"),
        (2**31 - 1, "int32"),
        (2**31, "int64"),
        (-(2**40), "int64"),
        (True, "bool"),
        (1 + 2j, "complex128"),
        ([1, 2], "int32"),
        ([1, 2.5], "float32"),
        ([1, 2**40], "int64"),
        ([[]], "float32"),
    ],
)
def test_dtype_of_python_values(value, dtype):
    assert fg.constant(value).dtype == dtype
    assert fg.convert_to_tensor(value).dtype == dtype
    assert fg.Variable(value).dtype == dtype


@pytest.mark.semantics("2.1")
def test_dtype_argument_decides():
    assert fg.constant(1, dtype=fg.float64, name="c").dtype == fg.float64
    assert fg.constant([1.5], dtype=fg.float16).numpy().dtype == np.float16
    assert fg.Variable([1, 2], dtype=fg.float64).numpy().tolist() == [1.0, 2.0]
    assert fg.constant(np.array([1, 2]), dtype=fg.float32).dtype == fg.float32


@pytest.mark.semantics("2.1")
def test_an_int_beyond_64_bits_is_refused():
    with pytest.raises((ValueError, OverflowError)):
        fg.constant(2**70)


@pytest.mark.semantics("2.2")
@pytest.mark.parametrize("dtype", ["float64", "float16", "int64", "uint8", "bool", "complex64"])
def test_numpy_keeps_its_dtype(dtype):
    array = np.ones(3, dtype)
    assert fg.constant(array).dtype == dtype
    assert fg.Variable(array).dtype == dtype
    assert fg.constant(array[0]).dtype == dtype


@pytest.mark.semantics("2.2")
def test_a_list_of_numpy_floats_keeps_their_dtype():
    assert fg.constant([np.float64(1.0), np.float64(2.0)]).dtype == fg.float64
    assert fg.constant([np.array([1.0]), np.array([2.0])]).dtype == fg.float64


@pytest.mark.semantics("2.3")
@pytest.mark.parametrize("make", [fg.constant, fg.convert_to_tensor, fg.Variable])
def test_arrays_are_copied(make):
    a = np.array([1.0, 2.0])
    t = make(a)
    a[:] = 100.0
    assert t.numpy().tolist() == [1.0, 2.0]


@pytest.mark.semantics("2.3")
def test_writing_to_an_operand_changes_no_gradient():
    a = np.full(4096, 2.0)
    x = fg.Variable(np.ones(4096))
    with fg.GradientTape() as tape:
        y = x * a
    a[:] = 100.0
    g = tape.gradient(y, x).numpy()
    assert (g == 2.0).all()


@pytest.mark.semantics("2.4")
@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3).astype(">f8"),
        np.asfortranarray(np.arange(6.0).reshape(2, 3)),
        np.arange(6.0)[::-1].reshape(2, 3)[::-1, ::-1],
        np.arange(12.0).reshape(2, 6)[:, ::2],
        np.arange(6.0).reshape(3, 2).T,
        np.broadcast_to(np.arange(3.0), (2, 3)),
        np.frombuffer(np.arange(6.0).tobytes()).reshape(2, 3),
    ],
    ids=["swapped", "fortran", "negative", "strided", "transposed", "broadcast", "read-only"],
)
def test_any_layout_is_read_right(array):
    t = fg.constant(array)
    assert t.numpy().tolist() == array.tolist()
    assert t.dtype == fg.float64 and t.numpy().flags.c_contiguous
    assert (t + fg.constant(1.0, fg.float64)).numpy().tolist() == (array + 1).tolist()


@pytest.mark.semantics("2.5")
def test_constant_with_a_shape():
    assert fg.constant(7, shape=[2, 2]).numpy().tolist() == [[7, 7], [7, 7]]
    assert fg.constant([1, 2, 3, 4], shape=[2, 2]).numpy().tolist() == [[1, 2], [3, 4]]
    with pytest.raises((ValueError, TypeError), match=r"shape|elements|fill"):
        fg.constant([1, 2, 3], shape=[2, 2])


@pytest.mark.semantics("2.6")
@pytest.mark.parametrize("ragged", [[[1, 2], [3]], [1, [2]], [[1.0], 2.0]])
def test_ragged_lists(ragged):
    with pytest.raises(ValueError, match="non-rectangular Python sequence"):
        fg.constant(ragged)


@pytest.mark.semantics("2.7")
@pytest.mark.parametrize(
    "value",
    [
        pytest.param("a", id="str"),
        pytest.param(["a", "b"], id="strs"),
        pytest.param(b"a", id="bytes"),
        pytest.param(np.array(["a"]), id="str array"),
        pytest.param(np.array([1, "a"], dtype=object), id="objects"),
        pytest.param(np.array(["2020-01-01"], dtype="datetime64[D]"), id="dates"),
        pytest.param(np.zeros(2, dtype=[("a", "f4"), ("b", "i4")]), id="structured"),
        pytest.param(np.zeros(2, dtype=np.longdouble), id="longdouble"),
        pytest.param(np.ma.masked_array([1.0, 2.0], mask=[True, False]), id="masked"),
        pytest.param(object(), id="instance"),
    ],
)
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_what_is_not_a_number_is_refused(make, value):
    with pytest.raises(TypeError):
        make(value)


@pytest.mark.semantics("2.8")
def test_a_float_never_becomes_an_integer_in_silence():
    with pytest.raises(TypeError, match=r"Cannot convert 0\.0 to .*int32") as error:
        fg.Variable(0.0, dtype=fg.int32)
    assert "integer variable has no gradient" in str(error.value) and "float32" in str(error.value)
    with pytest.raises(TypeError, match=r"Cannot convert 0\.5 to .*int64"):
        fg.constant(0.5, dtype=fg.int64)


@pytest.mark.semantics("2.9")
def test_conversion_stays_connected():
    x, c = fg.Variable(3.0), fg.constant(4.0)
    with fg.GradientTape() as tape:
        tape.watch(c)
        y = fg.convert_to_tensor(x) * fg.convert_to_tensor(c)
    dx, dc = tape.gradient(y, [x, c])
    assert (dx.numpy(), dc.numpy()) == (4.0, 3.0)
    assert isinstance(fg.convert_to_tensor(x), fg.Tensor)


@pytest.mark.semantics("2.9")
def test_a_list_of_tensors_is_stacked():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = fg.convert_to_tensor([x, 2.0 * x, 1.0])
    assert y.numpy().tolist() == [3.0, 6.0, 1.0]
    assert tape.gradient(y, x).numpy() == 3.0


@pytest.mark.semantics("2.10")
def test_numpy_gives_a_copy():
    for owner in (fg.constant([1.0, 2.0]), fg.Variable([1.0, 2.0])):
        a = owner.numpy()
        a[0] = 100.0
        assert a.flags.writeable
        assert owner.numpy().tolist() == [1.0, 2.0]
    assert type(fg.constant(1.0).numpy()) is np.float32
    assert type(fg.Variable(1).numpy()) is np.int32


@pytest.mark.semantics("2.10")
def test_writing_to_the_copy_changes_no_gradient():
    x = fg.constant([1.0, 2.0])
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = x * x
    x.numpy()[:] = 100.0
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]


@pytest.mark.semantics("2.11")
def test_asarray_is_a_read_only_view():
    t = fg.constant(np.arange(1000.0))
    a = np.asarray(t)
    assert a.dtype == np.float64 and a[999] == 999.0
    assert not a.flags.writeable
    assert np.shares_memory(a, np.asarray(t))
    with pytest.raises(ValueError, match="read-only"):
        a[0] = 1.0
    del t
    assert a[1] == 1.0


@pytest.mark.semantics("2.12")
def test_asarray_of_a_recorded_tensor_is_refused():
    c, x = fg.constant([1.0, 2.0]), fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        tape.watch(c)
        y = c * 2.0
        for recorded in (c, y, x, x * 2.0):
            with pytest.raises(TypeError, match=r"\.numpy\(\)"):
                np.asarray(recorded)
            assert recorded.numpy().shape == (2,)
    assert tape.gradient(y, c).numpy().tolist() == [2.0, 2.0]
    assert np.asarray(c).tolist() == [1.0, 2.0]


@pytest.mark.semantics("2.12")
def test_asarray_of_an_unwatched_tensor_is_free():
    c = fg.constant([1.0, 2.0])
    with fg.GradientTape():
        assert np.asarray(c).tolist() == [1.0, 2.0]
        assert np.asarray(c * 2.0).tolist() == [2.0, 4.0]


@pytest.mark.semantics("2.13")
def test_numpy_functions_stay_connected():
    x = fg.Variable(np.array([1.0, 2.0, 3.0]))
    with fg.GradientTape(persistent=True) as tape:
        mean = np.mean(x * x)
        sine = np.sin(x)
        scaled = np.array([1.0, 10.0, 100.0]) * x
    assert all(isinstance(t, fg.Tensor) for t in (mean, sine, scaled))
    np.testing.assert_allclose(tape.gradient(mean, x).numpy(), [2 / 3, 4 / 3, 2.0], rtol=1e-15)
    np.testing.assert_allclose(tape.gradient(sine, x).numpy(), np.cos([1.0, 2.0, 3.0]), rtol=1e-15)
    assert tape.gradient(scaled, x).numpy().tolist() == [1.0, 10.0, 100.0]


@pytest.mark.semantics("2.14")
@pytest.mark.parametrize(
    ("a", "b", "result"),
    [
        ("float32", "float64", "float64"),
        ("float16", "float32", "float32"),
        ("int32", "float32", "float64"),
        ("int8", "float32", "float32"),
        ("int32", "int64", "int64"),
        ("uint8", "int8", "int16"),
        ("bool", "float32", "float32"),
        ("float32", "complex64", "complex64"),
    ],
)
def test_mixed_dtypes_promote(a, b, result):
    x, y = fg.constant(np.ones(2, a)), fg.constant(np.ones(2, b))
    assert (x + y).dtype == (y + x).dtype == (x * y).dtype == result
    assert (x + y.numpy()).dtype == (x.numpy() + y).dtype == result


@pytest.mark.semantics("2.14")
def test_division_of_ints():
    q = fg.constant([1, 3]) / fg.constant([2, 2])
    assert q.dtype == fg.float64 and q.numpy().tolist() == [0.5, 1.5]
    assert (fg.constant(7) // fg.constant(2)).dtype == fg.int32


@pytest.mark.semantics("2.15")
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
def test_python_numbers_are_weak(dtype):
    t = fg.constant(np.array([1.0, 2.0], dtype))
    for result in (t + 1.5, 2 * t, t**2, 1 / t, True + t, t // 2.0):
        assert result.dtype == dtype


@pytest.mark.semantics("2.15")
def test_python_numbers_raise_the_kind_only():
    t = fg.constant(np.array([1, 2], "int8"))
    assert (t + 1).dtype == fg.int8
    half = fg.constant([1, 2]) * 0.5
    assert half.dtype == fg.float64 and half.numpy().tolist() == [0.5, 1.0]
    assert (fg.constant(1.0) + np.float64(1.0)).dtype == fg.float64


@pytest.mark.semantics("2.15")
def test_lists_of_python_numbers_are_weak():
    tenths = np.array([0.1, 0.2])
    for dtype in ("float32", "float64"):
        t = fg.constant(np.array([1.0, 2.0], dtype))
        for result, want in (
            (t + [0.1, 0.2], 1 * t.numpy() + tenths.astype(dtype)),
            ([0.1, 0.2] * t, t.numpy() * tenths.astype(dtype)),
            (fg.where([True, False], t, [0.1, 0.2]), np.array([1.0, 0.2], dtype)),
            (fg.concat([t, [0.1, 0.2]], 0)[2:], tenths.astype(dtype)),
            (fg.stack([t[0], 0.1]), np.array([1.0, 0.1], dtype)),
            (fg.matmul([[0.1, 0.2]], t[:, None])[0], np.array([0.5], dtype)),
            (t * [1, 2], np.array([1.0, 4.0], dtype)),
        ):
            assert result.dtype == dtype and result.numpy().tolist() == want.tolist()
    whole = fg.constant([1, 2])
    assert (whole + [1, 2]).dtype == fg.int32 and (whole + [0.5, 1]).dtype == fg.float64
    assert fg.add([1, 2], [0.5, 1]).dtype == fg.float32
    assert fg.add([1, 2], [1, 2**40]).dtype == fg.int64
    with pytest.raises(OverflowError, match="add"):
        whole + [1, 2**40]
    for numbers in ((2**70, 1), ([2**70], 1), (whole, 2**70)):
        with pytest.raises(OverflowError, match="^add: "):
            fg.add(*numbers)
    with pytest.raises(ValueError, match=r"add: argument b.*non-rectangular"):
        whole + [1, [2]]


@pytest.mark.semantics("2.1")
@pytest.mark.parametrize("make", [fg.constant, fg.convert_to_tensor, fg.Variable])
def test_no_digit_is_lost_on_the_way_to_a_dtype(make):
    assert make([0.1, 0.2], dtype=fg.float64).numpy().tolist() == [0.1, 0.2]
    assert make(0.1, dtype="complex128").numpy() == 0.1
    assert make([0.1, 1j], dtype="complex128").numpy().tolist() == [0.1, 1j]
    assert make([fg.constant(0.5), 0.1], dtype=fg.float64).numpy().tolist() == [0.5, 0.1]
    assert make([[fg.constant(0.5)], [0.1]], dtype=fg.float64).numpy().tolist() == [[0.5], [0.1]]
    assert make([fg.constant(0.5, fg.float64), 0.1]).numpy().tolist() == [0.5, 0.1]


@pytest.mark.semantics("2.16")
def test_gradients_come_back_in_each_dtype():
    a = fg.Variable(np.array([1.0, 2.0], "float32"))
    b = fg.Variable(np.array([3.0, 4.0], "float64"))
    h = fg.Variable(np.float16(2.0))
    with fg.GradientTape() as tape:
        y = a * b * h
    da, db, dh = tape.gradient(y, [a, b, h])
    assert y.dtype == fg.float64
    assert (da.dtype, db.dtype, dh.dtype) == (fg.float32, fg.float64, fg.float16)
    assert da.numpy().tolist() == [6.0, 8.0]
    assert db.numpy().tolist() == [2.0, 4.0]
    assert dh.numpy() == 11.0


@pytest.mark.semantics("2.17")
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_arithmetic(make):
    x = make([6.0, -7.0])
    two = np.array([2.0, 2.0], "float32")
    for other in (2.0, 2, two, fg.constant(two), fg.Variable(two)):
        assert (x + other).numpy().tolist() == [8.0, -5.0]
        assert (x - other).numpy().tolist() == [4.0, -9.0]
        assert (x * other).numpy().tolist() == [12.0, -14.0]
        assert (x / other).numpy().tolist() == [3.0, -3.5]
        assert (x // other).numpy().tolist() == [3.0, -4.0]
        assert (x % other).numpy().tolist() == [0.0, 1.0]
        assert (x**other).numpy().tolist() == [36.0, 49.0]
        assert (other + x).numpy().tolist() == [8.0, -5.0]
        assert (other - x).numpy().tolist() == [-4.0, 9.0]
        assert (other * x).numpy().tolist() == [12.0, -14.0]
        assert (other / make([4.0, -8.0])).numpy().tolist() == [0.5, -0.25]
        assert (other // x).numpy().tolist() == [0.0, -1.0]
        assert (other % x).numpy().tolist() == [2.0, -5.0]
        assert (other ** make([3.0, -1.0])).numpy().tolist() == [8.0, 0.5]
    assert (-x).numpy().tolist() == [-6.0, 7.0]
    assert abs(x).numpy().tolist() == [6.0, 7.0]
    assert pow(x, 3).numpy().tolist() == [216.0, -343.0]
    assert isinstance(x + 1.0, fg.Tensor)


@pytest.mark.semantics("2.17")
def test_integer_arithmetic():
    x = fg.constant([7, -7])
    assert (x // 2).numpy().tolist() == [3, -4] and (x // 2).dtype == fg.int32
    assert (x % 3).numpy().tolist() == [1, 2]
    assert (x**2).numpy().tolist() == [49, 49] and (x**2).dtype == fg.int32


@pytest.mark.semantics("2.17")
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_matmul_operator(make):
    a = make([[1.0, 2.0], [3.0, 4.0]])
    swap = np.array([[0.0, 1.0], [1.0, 0.0]], "float32")
    assert (a @ swap).numpy().tolist() == [[2.0, 1.0], [4.0, 3.0]]
    assert (swap @ a).numpy().tolist() == [[3.0, 4.0], [1.0, 2.0]]


@pytest.mark.semantics("2.18")
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_comparisons(make):
    x = make([1.0, 2.0, 3.0])
    assert (x < 2.0).numpy().tolist() == [True, False, False]
    assert (x <= 2.0).numpy().tolist() == [True, True, False]
    assert (x > fg.constant(2.0)).numpy().tolist() == [False, False, True]
    two = 2.0
    assert (two >= x).numpy().tolist() == [True, True, False]
    assert (x == [1.0, 0.0, 3.0]).numpy().tolist() == [True, False, True]
    assert (x != make([1.0, 0.0, 3.0])).numpy().tolist() == [False, True, False]
    assert (x < 2.0).dtype == fg.bool


@pytest.mark.semantics("2.19")
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_indexing(make):
    x = make(np.arange(12.0).reshape(3, 4))
    assert x[1][2].numpy() == 6.0
    assert x[1, 2].numpy() == 6.0
    assert x[-1].numpy().tolist() == [8.0, 9.0, 10.0, 11.0]
    assert x[1:, ::2].numpy().tolist() == [[4.0, 6.0], [8.0, 10.0]]
    assert x[::-1, 0].numpy().tolist() == [8.0, 4.0, 0.0]
    assert x[..., 1].numpy().tolist() == [1.0, 5.0, 9.0]
    assert x[:, None, 0].shape == (3, 1)
    assert x[2:2].shape == (0, 4)


@pytest.mark.semantics("2.19")
def test_indexing_beyond_the_end():
    x = fg.constant([1.0, 2.0])
    with pytest.raises(IndexError):
        x[2]
    with pytest.raises(IndexError):
        x[0, 0]
    with pytest.raises((TypeError, IndexError)):
        x[0.0]


@pytest.mark.semantics("2.19")
def test_iteration_and_len():
    x = fg.constant([[1.0, 2.0], [3.0, 4.0]])
    assert [row.numpy().tolist() for row in x] == [[1.0, 2.0], [3.0, 4.0]]
    (a, b), _ = x
    assert (a.numpy(), b.numpy()) == (1.0, 2.0)
    assert len(x) == 2 and len(fg.zeros([0, 3])) == 0


@pytest.mark.semantics("2.19")
def test_indexing_is_differentiable():
    x = fg.Variable([[1.0, 2.0], [3.0, 4.0]])
    with fg.GradientTape() as tape:
        row = x[1]
        y = row[0] * row[0] + x[0, 1] + 10.0 * x[1, 0]
    assert tape.gradient(y, x).numpy().tolist() == [[0.0, 1.0], [16.0, 0.0]]


@pytest.mark.semantics("2.20")
def test_scalars():
    t = fg.constant(2.5)
    with pytest.raises(TypeError, match=r"Scalar tensor has no `?len\(\)`?"):
        len(t)
    with pytest.raises(TypeError, match="iterat"):
        list(t)
    assert (float(t), int(t), bool(t)) == (2.5, 2, True)
    assert ["a", "b", "c"][fg.constant(1)] == "b"
    assert (float(fg.Variable(2.5)), bool(fg.Variable(0.0))) == (2.5, False)
    with pytest.raises(TypeError):
        ["a", "b", "c"][fg.constant(1.0)]


@pytest.mark.semantics("2.20")
def test_truth_of_several_elements():
    with pytest.raises(ValueError):
        bool(fg.constant([1.0, 2.0]))
    with pytest.raises((TypeError, ValueError)):
        float(fg.constant([1.0, 2.0]))


@pytest.mark.semantics("2.21")
def test_a_tensor_cannot_be_written_to():
    t = fg.constant([1.0, 2.0])
    with pytest.raises(TypeError, match=r"item assignment|immutable"):
        t[0] = 3.0
    assert t.numpy().tolist() == [1.0, 2.0]


@pytest.mark.semantics("2.22")
def test_cast():
    assert fg.cast(3.7, fg.int32).numpy() == 3 and fg.cast(-3.7, fg.int32).numpy() == -3
    assert fg.cast(fg.Variable([1, 2]), fg.float64).numpy().tolist() == [1.0, 2.0]
    assert fg.cast(fg.constant(0.5), fg.bool).numpy() == np.True_
    x = fg.Variable(np.float64(3.0))
    with fg.GradientTape(persistent=True) as tape:
        narrow = fg.cast(x, fg.float32)
        y = narrow * narrow
        z = fg.cast(fg.cast(x, fg.int32), fg.float64) * 2.0
    g = tape.gradient(y, x)
    assert g.numpy() == 6.0 and g.dtype == fg.float64
    assert tape.gradient(z, x) is None


@pytest.mark.semantics("2.23")
@pytest.mark.parametrize("dtype", [fg.float64, np.float64, "float64", np.dtype("float64")])
def test_ways_to_say_a_dtype(dtype):
    assert fg.constant(1, dtype=dtype).dtype == fg.float64
    assert fg.zeros([2], dtype=dtype).dtype == fg.float64
    assert fg.cast(1.0, dtype).dtype == fg.float64
    assert fg.Variable(1, dtype=dtype).dtype == fg.float64


@pytest.mark.semantics("2.24")
def test_range():
    assert fg.range(5).dtype == fg.int32 and fg.range(5).numpy().tolist() == [0, 1, 2, 3, 4]
    assert fg.range(2, 5).numpy().tolist() == [2, 3, 4]
    assert fg.range(3, 18, 3).numpy().tolist() == [3, 6, 9, 12, 15]
    assert fg.range(3, 0, -1).numpy().tolist() == [3, 2, 1]
    assert fg.range(3.0).dtype == fg.float32
    assert fg.range(3, dtype=fg.float64).dtype == fg.float64
    items = list(fg.range(3))
    assert [int(i) for i in items] == [0, 1, 2] and items[0].shape == ()
    assert [10, 20, 30][items[2]] == 30
    assert list(range(fg.constant(3))) == [0, 1, 2]


@pytest.mark.semantics("2.25")
def test_constructors():
    assert fg.ones((2, 2)).numpy().tolist() == [[1.0, 1.0], [1.0, 1.0]]
    assert fg.zeros([2, 3]).dtype == fg.float32 and fg.zeros([2, 3]).shape == (2, 3)
    assert fg.fill([2], 7.0).numpy().tolist() == [7.0, 7.0]
    assert fg.eye(2, dtype=fg.float64).numpy().tolist() == [[1.0, 0.0], [0.0, 1.0]]
    like = fg.ones_like(fg.constant([1, 2]))
    assert like.dtype == fg.int32 and like.numpy().tolist() == [1, 1]
    assert fg.zeros_like(fg.Variable([1.0])).numpy().tolist() == [0.0]


@pytest.mark.semantics("2.26")
def test_random_is_repeatable():
    def draw():
        fg.random.set_seed(7)
        return fg.random.normal([3]).numpy().tolist(), fg.random.uniform([3]).numpy().tolist()

    first, second = draw(), draw()
    assert first == second and len(set(first[0] + first[1])) == 6


@pytest.mark.semantics("2.26")
def test_random_parameters():
    fg.random.set_seed(7)
    n = fg.random.normal([10000], mean=5.0, stddev=2.0, dtype=fg.float64).numpy()
    assert n.dtype == np.float64
    assert abs(n.mean() - 5.0) < 0.1 and abs(n.std() - 2.0) < 0.1
    u = fg.random.uniform([10000], minval=-1.0, maxval=3.0).numpy()
    assert u.dtype == np.float32 and u.min() >= -1.0 and u.max() < 3.0
    assert abs(u.mean() - 1.0) < 0.1
    assert fg.random.normal([2, 2], seed=1).shape == (2, 2)


@pytest.mark.semantics("2.27")
def test_shapes_that_do_not_broadcast():
    with pytest.raises(ValueError, match=r"add.*\(2,\).*\(3,\)"):
        fg.ones([2]) + fg.ones([3])
    with pytest.raises(ValueError, match=r"matmul.*\(2, 3\).*\(4, 2\)"):
        fg.matmul(fg.ones([2, 3]), fg.ones([4, 2]))
