"""TensorShape behaves as the tuple that it is; as_shape says what is wrong with a shape."""

import array
import copy
import operator
import pickle
import sys

import numpy as np
import pytest

from fastgrad.shapes import TensorShape, as_shape


class Value:
    """Stands for a tensor: has `.numpy()`."""

    def __init__(self, value):
        self.value = np.asarray(value)

    def numpy(self):
        return self.value


class Index:
    """Stands for a 0-d integer tensor among the sizes."""

    def __index__(self):
        return 4


ACCEPTED = [
    (3, [3]), (0, [0]), ([], []), ((), []), ([2, 3], [2, 3]), ((2, 3), [2, 3]),
    (range(3), [0, 1, 2]), (TensorShape([2, 3]), [2, 3]), (Index(), [4]),
    (np.int64(3), [3]), (np.uint8(3), [3]),
    ([Index(), np.int32(2)], [4, 2]), (np.array([2, 3]), [2, 3]), (np.array([], np.int32), []),
    (np.array(3), [3]), (array.array("i", [2, 3]), [2, 3]), (Value([2, 3]), [2, 3]),
    (Value(3), [3]),
]  # fmt: skip

WRONG_TYPE = [
    "ab", b"ab", "", 2.0, True, np.True_, None, {2, 3}, {2: 3}, object(), (d for d in [2, 3]), int,
    [2.0], [2, 3.5], [True], [np.True_], ["a"], [[2], [3]], [()], np.array([2.0]), np.array([True]),
    np.array(2.0), Value([1.5]), Value,
]  # fmt: skip


@pytest.mark.parametrize(("obj", "sizes"), ACCEPTED, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("make", [TensorShape, as_shape])
def test_accepted(make, obj, sizes):
    shape = make(obj)
    assert type(shape) is TensorShape
    assert shape == sizes
    assert all(type(d) is int for d in shape)


@pytest.mark.parametrize("obj", WRONG_TYPE, ids=lambda x: type(x).__name__)
@pytest.mark.parametrize("make", [TensorShape, as_shape])
def test_wrong_type(make, obj):
    with pytest.raises(TypeError, match=r"shape must|integer"):
        make(obj)


@pytest.mark.parametrize(
    ("obj", "text"),
    [
        (-1, "-1, which is negative"),
        ([2, -1], "-1, which is negative"),
        (np.array([2, -3]), "-3, which is negative"),
        ([2**63], "larger than an array can be"),
        (np.array([[2, 3]]), "must be 1-D"),
        (Value([[2, 3]]), "must be 1-D"),
    ],
)
@pytest.mark.parametrize("make", [TensorShape, as_shape])
def test_wrong_value(make, obj, text):
    with pytest.raises(ValueError, match=text):
        make(obj)


def test_as_shape_needs_known_sizes():
    with pytest.raises(ValueError, match=r"known sizes, got \(2, None\)"):
        as_shape([2, None])
    with pytest.raises(ValueError, match="known sizes"):
        as_shape(TensorShape([None]))


@pytest.mark.parametrize("sizes", [[2**40, 2**40], [0, 2**40, 2**40], [sys.maxsize, 2]])
def test_as_shape_refuses_sizes_that_overflow(sizes):
    with pytest.raises(ValueError, match="more elements than an array can hold"):
        as_shape(sizes)
    with pytest.raises(ValueError, match="more elements"):
        as_shape(TensorShape(sizes))
    assert as_shape([sys.maxsize]) == [sys.maxsize]
    assert as_shape([0, sys.maxsize]) == [0, sys.maxsize]


def test_as_shape_names_the_argument():
    for bad in ("ab", [1.5], [-1], [None], [2**40, 2**40]):
        with pytest.raises((TypeError, ValueError), match=r"^output_shape "):
            as_shape(bad, "output_shape")


def test_as_shape_returns_a_tensorshape_itself():
    shape = TensorShape([2, 3])
    assert as_shape(shape) is shape


# ------------------------------------------------------------- TensorShape


@pytest.mark.parametrize(
    ("sizes", "text", "full"),
    [
        ([], "()", "TensorShape([])"),
        ([2], "(2,)", "TensorShape([2])"),
        ([2, 3], "(2, 3)", "TensorShape([2, 3])"),
        ([None, 3], "(None, 3)", "TensorShape([None, 3])"),
    ],
)
def test_text(sizes, text, full):
    shape = TensorShape(sizes)
    assert (str(shape), f"{shape}", repr(shape)) == (text, text, full)


def test_properties():
    shape = TensorShape([2, 3])
    assert isinstance(shape, tuple)
    assert (shape.rank, shape.ndims, len(shape)) == (2, 2, 2)
    assert shape.as_list() == shape.dims == [2, 3]
    assert type(shape.as_list()) is list
    assert shape.num_elements() == 6
    assert shape.is_fully_defined()
    assert TensorShape([]).num_elements() == 1
    assert TensorShape([0, 5]).num_elements() == 0
    assert TensorShape([2, None]).num_elements() is None
    assert not TensorShape([2, None]).is_fully_defined()


def test_equality_both_ways():
    shape = TensorShape([2, 3])
    for same in ([2, 3], (2, 3), TensorShape([2, 3])):
        assert shape == same
        assert same == shape
        assert (shape != same) is False
        assert (same != shape) is False
    for other in ([2], (2, 4), [3, 2], None, 5, "ab", {2, 3}):
        assert shape != other
        assert other != shape
        assert (shape == other) is False


def test_hash_is_that_of_the_tuple():
    assert hash(TensorShape([2, 3])) == hash((2, 3))
    assert {(2, 3): "x"}[TensorShape([2, 3])] == "x"


def test_indexing():
    shape = TensorShape([2, 3, 4])
    assert shape[0] == 2
    assert type(shape[-1]) is int
    for part, sizes in ((shape[1:], [3, 4]), (shape[::-1], [4, 3, 2]), (shape[3:], [])):
        assert type(part) is TensorShape
        assert part == sizes
    with pytest.raises(IndexError):
        shape[3]
    with pytest.raises(TypeError):
        shape[0] = 5
    assert [*shape] == [2, 3, 4]
    first, *_ = shape
    assert first == 2


def test_addition():
    shape = TensorShape([2])
    for other in ([3], (3,), TensorShape([3])):
        for left, right, total in ((shape, other, [2, 3]), (other, shape, [3, 2])):
            assert type(left + right) is TensorShape
            assert left + right == total
    for bad in (3, None, "ab"):
        with pytest.raises(TypeError):
            shape + bad
        with pytest.raises(TypeError):
            bad + shape
    with pytest.raises(TypeError, match="integer sizes"):
        operator.add(shape, ["a"])


def test_is_compatible_with():
    shape = TensorShape([2, 3])
    assert shape.is_compatible_with([2, 3])
    assert shape.is_compatible_with(TensorShape([None, 3]))
    assert TensorShape([None, None]).is_compatible_with(shape)
    assert not shape.is_compatible_with([2])
    assert not shape.is_compatible_with((2, 4))
    assert not TensorShape([None, 4]).is_compatible_with(shape)


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_and_copy(protocol):
    shape = TensorShape([2, None])
    for other in (
        pickle.loads(pickle.dumps(shape, protocol)),
        copy.copy(shape),
        copy.deepcopy(shape),
    ):
        assert type(other) is TensorShape
        assert other == shape


def test_numpy_takes_it():
    shape = TensorShape([2, 3])
    assert np.zeros(shape).shape == shape
    assert np.broadcast_shapes(shape, (1, 3)) == shape
    assert np.zeros(6).reshape(shape).shape == (2, 3)
