"""The checker must see a rule that is wrong by one part in a thousand, and say where."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.primitives import ROWS
from fastgrad.testing import check_gradients, live_counts, samples

from . import reference

X = [0.3, -1.2, 2.0]
OFF = 1.001


def with_gradient(value, slope):
    """A function of one Tensor with a gradient of its own."""

    @fg.custom_gradient
    def function(x):
        return value(x), lambda ct: ct * slope(x)

    return function


def test_right_gradients_pass():
    check_gradients(lambda x: fg.sin(x) * x, X, order=3, rtol=1e-5, atol=1e-5)
    check_gradients(with_gradient(fg.sin, fg.cos), X)
    check_gradients(lambda a, b: a * b, 2.0, [[1.0, 2.0], [3.0, 4.0]])


@pytest.mark.parametrize("order", [1, 2])
def test_a_first_derivative_off_by_a_thousandth_fails(order):
    function = with_gradient(fg.sin, lambda x: fg.cos(x) * OFF)
    with pytest.raises(AssertionError, match="order 1 is wrong in argument 0"):
        check_gradients(function, X, order=order)


def test_one_wrong_entry_is_enough():
    slip = np.array([1.0, 1.0, OFF])
    function = with_gradient(fg.sin, lambda x: fg.cos(x) * slip)
    with pytest.raises(AssertionError, match=r"at \[2\], where the argument is 2:.*1 of 3 entries"):
        check_gradients(function, X)


def test_a_second_derivative_off_by_a_thousandth_fails():
    slope = with_gradient(fg.cos, lambda x: -fg.sin(x) * OFF)
    function = with_gradient(fg.sin, slope)
    check_gradients(function, X, order=1)
    with pytest.raises(AssertionError, match="order 2 is wrong in argument 0"):
        check_gradients(function, X)


def test_a_rule_that_does_not_differentiate_again_fails():
    function = with_gradient(fg.sin, lambda x: fg.stop_gradient(fg.cos(x)))
    with pytest.raises(AssertionError, match="order 2"):
        check_gradients(function, X)


def test_a_missing_gradient_fails():
    with pytest.raises(AssertionError, match="the tape says 0"):
        check_gradients(lambda x: fg.stop_gradient(x) * 2.0 + 0.0 * x, X)


def test_a_nan_gradient_fails():
    function = with_gradient(fg.sin, lambda x: fg.cos(x) * np.nan)
    with pytest.raises(AssertionError, match="the tape says nan"):
        check_gradients(function, X)


def test_a_wrong_argument_is_named():
    @fg.custom_gradient
    def product(a, b):
        return a * b, lambda ct: (ct * b, ct * a * OFF)

    with pytest.raises(AssertionError, match="in argument 1"):
        check_gradients(product, X, X)


@pytest.mark.parametrize("name", ["sin", "multiply", "sum", "matmul", "getitem", "softmax"])
def test_a_row_off_by_a_thousandth_fails_on_its_samples(name):
    row = ROWS[name]
    caught = 0
    for arrays, metadata in samples(row, np.random.default_rng(0)):

        def function(*xs, metadata=metadata):
            y = row(*xs, **metadata)
            return y + (OFF - 1) * (y - fg.stop_gradient(y))

        if all(x.size for x in (*arrays, reference.forward(row, arrays, metadata))):
            with pytest.raises(AssertionError, match="order 1"):
                check_gradients(function, *arrays, order=1)
            caught += 1
    assert caught


def test_integer_arguments_are_constants():
    check_gradients(lambda x, k: x * fg.cast(k, fg.float64), X, [1, 2, 3])
    with pytest.raises(TypeError, match="nothing to check"):
        check_gradients(lambda k: k, [1, 2])


def test_large_arguments_are_checked_in_part():
    check_gradients(lambda x: x * x, np.linspace(-1, 1, 5000), order=1)


def test_live_counts_is_a_dict_in_debug_builds():
    counts = live_counts()
    assert counts is None or {"tensors", "buffers", "records"} <= counts.keys()
