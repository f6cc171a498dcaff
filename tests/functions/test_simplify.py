"""What operations become when a constant decides what they give: other ones, or none, with the same bits."""

import subprocess
import sys

import numpy as np
import pytest

import fastgrad as fg

from . import compare

SPECIAL = np.array(
    [0.0, -0.0, 1.5, -3.0, 5e-324, 1e-310, 1.7e308, -1.7e308, np.inf, -np.inf, np.nan]
)
NO, YES = fg.constant(False), fg.constant(True)


def bits(t):
    return compare.bits(np.asarray(t))


def names(function, *arguments):
    """The operations of a plan."""
    instructions = fg.function(function).plan(*arguments).data["instructions"]
    return [name for i in instructions for name, *_ in i["operations"]]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    ("function", "left"),
    [
        (lambda x: 2.0 * x, ["add"]),
        (lambda x: 2.5 * x, ["multiply"]),
        (lambda x: fg.where(YES, x, 3.0 * x), []),
        (lambda x: fg.where(NO, x, 3.0 * x), ["multiply"]),
        (lambda x: fg.where(fg.logical_and(NO, x > 1.0), fg.sin(x), 3.0 * x), ["multiply"]),
        (lambda x: fg.where(fg.logical_or(x > 1.0, YES), fg.sin(x), 3.0 * x), ["sin"]),
        (
            lambda x: fg.where(fg.logical_and(YES, x > 1.0), x, 3.0 * x),
            ["greater", "multiply", "where"],
        ),
    ],
)
def test_constants_decide(function, left, dtype):
    with np.errstate(all="ignore"):
        x = fg.constant(SPECIAL.astype(dtype))
        number = fg.constant(SPECIAL[2].astype(dtype))
        for k in range(len(SPECIAL)):
            assert bits(fg.function(function)(x[k])) == bits(function(x[k]))
        assert bits(fg.function(function)(x)) == bits(function(x))
    assert names(function, number) == left


def test_a_result_keeps_its_shape_and_dtype():
    x, row = fg.constant([1.0, 2.0]), fg.constant(3.0)
    for function in (
        lambda a, b: fg.where(YES, b, a),
        lambda a, b: fg.where(fg.constant([True, True]), b, a),
        lambda a, b: fg.logical_and(NO, a > b),
        lambda a, b: fg.constant(2.0) * b * fg.ones([2, 2]),
    ):
        got, want = fg.function(function)(x, row), function(x, row)
        assert got.shape == want.shape and got.dtype == want.dtype and bits(got) == bits(want)


@pytest.mark.parametrize("formula", ["x**2.0", "2.0 * x"])
def test_an_operation_may_become_one_that_was_never_done_before(formula):
    code = f"import fastgrad as fg; print(*fg.function(lambda x: {formula})(fg.constant([2.0, 2.0])).numpy())"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["4.0", "4.0"]
