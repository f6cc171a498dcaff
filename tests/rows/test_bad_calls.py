"""Calls that cannot be right raise the type that Python and NumPy would, and name the operation."""

import numpy as np
import pytest
from numpy.exceptions import AxisError

from fastgrad.primitives import ROWS

M = np.ones((2, 3))
V = np.ones(3)
LABELS = np.array([0, 1])


@pytest.mark.parametrize(
    ("name", "arrays", "metadata", "error", "text"),
    [
        ("sum", [M], {"axis": 2}, AxisError, "sum: axis 2 is out of bounds"),
        ("sum", [M], {"axis": -3}, AxisError, "sum"),
        ("sum", [M], {"axis": (0, -2)}, ValueError, "sum: duplicate axis"),
        ("sum", [M], {"axis": 0.5}, TypeError, "sum: axis must be an int"),
        ("sum", [np.ones(())], {"axis": 0}, AxisError, "sum"),
        ("max", [np.ones(0)], {}, ValueError, "max"),
        ("argmax", [M], {"axis": 2}, AxisError, "argmax"),
        ("cumsum", [M], {"axis": 2}, AxisError, "cumsum"),
        ("softmax", [M], {"axis": 2}, AxisError, "softmax"),
        ("softmax", [np.ones(())], {}, AxisError, "softmax"),
        ("reshape", [M], {"shape": (4, 2)}, ValueError, r"reshape: shape \(2, 3\) with 6 elements"),
        ("reshape", [M], {"shape": (-2, 3)}, ValueError, "reshape"),
        ("reshape", [M], {"shape": (-1, -1)}, ValueError, "reshape"),
        ("reshape", [M], {"shape": (-1, 4)}, ValueError, "reshape"),
        ("reshape", [np.ones(0)], {"shape": (-1, 0)}, ValueError, "reshape"),
        ("expand_dims", [M], {"axis": 3}, AxisError, "expand_dims"),
        ("squeeze", [M], {"axis": 0}, ValueError, "squeeze: axis 0"),
        ("transpose", [M], {"axes": (0, 0)}, ValueError, "transpose"),
        ("transpose", [M], {"axes": (0,)}, ValueError, "transpose"),
        ("swapaxes", [M], {"axis1": 0, "axis2": 2}, AxisError, "swapaxes"),
        ("matrix_transpose", [V], {}, ValueError, "matrix_transpose"),
        ("broadcast_to", [M], {"shape": (3, 2)}, ValueError, "broadcast_to"),
        ("broadcast_to", [M], {"shape": (3,)}, ValueError, "broadcast_to"),
        ("broadcast_to", [V], {"shape": (-1, 3)}, ValueError, "negative"),
        ("tile", [M], {"multiples": (2,)}, ValueError, "tile: 1 multiples for 2 axes"),
        ("concat", [[]], {}, ValueError, "concat: the list of arrays is empty"),
        ("concat", [[M, V]], {}, ValueError, "concat: shapes"),
        ("concat", [[M, M]], {"axis": 2}, AxisError, "concat"),
        ("stack", [[M, V]], {}, ValueError, "stack: shapes differ"),
        ("split", [M], {"num_or_size_splits": 2, "axis": 1}, ValueError, "split: axis 1 of size 3"),
        ("split", [M], {"num_or_size_splits": 0}, ValueError, "split"),
        ("split", [M], {"num_or_size_splits": [1, 2]}, ValueError, "split: sizes"),
        ("split", [M], {"num_or_size_splits": [4, -1]}, ValueError, "split: sizes"),
        ("cast", [M], {"dtype": "object"}, TypeError, "dtype"),
        ("matmul", [M, np.ones((4, 2))], {}, ValueError,
         r"matmul: shapes \(2, 3\) and \(4, 2\) do not multiply: 3 columns meet 4 rows"),
        ("matmul", [M, np.ones(())], {}, ValueError, "matmul"),
        ("matmul", [V, M], {"transpose_a": True}, ValueError, "only a matrix can be transposed"),
        ("matmul", [np.ones((2, 2, 3)), np.ones((3, 3, 2))], {}, ValueError, "leading axes"),
        ("gather", [V, np.array([3])], {}, IndexError, "gather"),
        ("gather", [V, np.array([-4])], {}, IndexError, "gather"),
        ("gather", [V, np.array([0.5])], {}, TypeError, "gather: indices must be integers"),
        ("gather", [V, LABELS], {"axis": 1}, AxisError, "gather"),
        ("gather", [M, LABELS], {"batch_dims": 2}, ValueError, "gather: batch_dims=2"),
        ("gather", [M, np.array([0, 1, 2])], {"batch_dims": 1}, ValueError, "gather: shapes"),
        ("one_hot", [V], {"depth": 3}, TypeError, "one_hot: indices must be integers"),
        ("one_hot", [LABELS], {"depth": -1}, ValueError, "one_hot: depth"),
        ("getitem", [M], {"index": 2}, IndexError, "out of bounds"),
        ("getitem", [M], {"index": (0, 0, 0)}, IndexError, "too many"),
        ("getitem", [M], {"index": 0.5}, TypeError, "an index is made of"),
        ("getitem", [M], {"index": "a"}, TypeError, "an index is made of"),
        ("getitem", [M], {"index": [0.5]}, TypeError, "an index is made of"),
        ("getitem", [M], {"index": np.ones(3, bool)}, IndexError, "boolean"),
        ("bias_add", [M, np.ones(2)], {}, ValueError, r"bias_add: bias of shape \(2,\)"),
        ("softmax_cross_entropy_with_logits", [M, V], {}, ValueError, "labels have shape"),
        ("sparse_softmax_cross_entropy_with_logits", [V, M], {}, TypeError, "labels must be integ"),
        ("sparse_softmax_cross_entropy_with_logits", [LABELS, V], {}, ValueError, "do not fit"),
    ],
)  # fmt: skip
def test_bad_call(name, arrays, metadata, error, text):
    with pytest.raises(error, match=text):
        ROWS[name](*arrays, **metadata)


def test_axis_error_is_a_value_error_and_an_index_error():
    for kind in (ValueError, IndexError):
        with pytest.raises(kind):
            ROWS["sum"](M, axis=7)


def test_mean_of_nothing_is_nan_with_numpys_warning():
    with pytest.warns(RuntimeWarning, match="Mean of empty slice"):
        assert np.isnan(ROWS["mean"](np.ones(0)).numpy())
