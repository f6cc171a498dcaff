"""What an index may be, and that what was recorded does not change with the caller's arrays."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.ops.indexing import PLACES
from fastgrad.primitives import ROWS

X = np.arange(24.0).reshape(2, 3, 4)


@pytest.mark.parametrize(
    "index",
    [
        1,
        np.int32(1),
        np.array(1),
        -1,
        True,
        None,
        ...,
        slice(None, None, -1),
        slice(np.int64(0), np.int64(1)),
        [1, 0, 1],
        range(2),
        [],
        [[0, 1], [1, 1]],
        [True, False],
        X > 7,
        (0, slice(1, None), None, [3, 0]),
        (..., np.array([0, 3])),
        (np.array([0, 1]), slice(None), np.array([2, 3])),
        (),
    ],
    ids=repr,
)
def test_index_means_what_it_means_to_numpy(index):
    np.testing.assert_array_equal(fg.constant(X)[index].numpy(), X[index])


@pytest.mark.parametrize(
    ("index", "plain"),
    [(fg.constant(1), 1), (fg.constant([1, 0]), [1, 0]), ((0, fg.constant([2, 2])), (0, [2, 2]))],
    ids=["number", "list", "tuple"],
)
def test_tensors_can_be_indices(index, plain):
    np.testing.assert_array_equal(fg.constant(X)[index].numpy(), X[plain])


@pytest.mark.parametrize("index", [np.array([0, 1]), [0, 1]], ids=["array", "list"])
def test_changing_an_index_later_changes_no_gradient(index):
    x = fg.constant(np.ones(4))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = x[index]
    index[0] = 3
    assert tape.gradient(y, x).numpy().tolist() == [1, 1, 0, 0]


def test_repeated_places_add_up():
    x = fg.constant(np.ones(3))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = x[[0, 0, 2]] * np.array([1.0, 10.0, 100.0]) + x[0]
    assert tape.gradient(y, x).numpy().tolist() == [14, 0, 100]


@pytest.mark.isolated
def test_values_of_more_axes_than_the_places_are_refused():
    """NumPy's ufunc.at crashes for them (2.4)."""
    x, places, at = np.zeros((3, 3)), np.array([0, 0, -1]), (..., np.array([0, 0, -1]))
    for name in ("scatter_max", "scatter_min"):
        with pytest.raises(ValueError, match="broadcast"):
            ROWS[name](x, np.ones((2, 2, 2, 2)), places, index=(..., PLACES))
    with pytest.raises(ValueError, match="broadcast"):
        ROWS["unindex"](np.ones((2, 2, 2, 2)), shape=(3, 3), index=at)
