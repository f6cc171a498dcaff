"""The vector loops: within about 1 ulp, and the same bits however a number reaches them."""

import platform
from fractions import Fraction

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _loops
from fastgrad.primitives import ROWS

LOOPS, LEVELS = _loops.vector_loops()
# How many digits longer than float64 the platform's longest float is: the oracle.
GUARD_BITS = np.finfo(np.longdouble).nmant - np.finfo(np.float64).nmant

vector_loops = pytest.mark.parametrize(
    ("ufunc", "dtype"), LOOPS, ids=lambda value: getattr(value, "__name__", str(value))
)
levels = pytest.mark.parametrize("level", range(LEVELS))

CIRCULAR = ((1e-300, 1e-3), (1e-3, 1e4), (0.1, 7.0), (1e4, 1e5), (1e5, 1e15))
EXPONENTIAL = ((1e-300, 1e-8), (1e-8, 1.0), (0.3, 0.4), (0.5, 708.0))
# (least, largest) magnitude; points are log-uniform, of both signs but for logarithms.
RANGES = {
    "sin": CIRCULAR,
    "cos": CIRCULAR,
    "exp": EXPONENTIAL,
    "expm1": EXPONENTIAL,
    "tanh": ((1e-300, 1e-8), (1e-8, 4.0), (0.5, 0.7), (4.0, 40.0)),
    "log": ((1e-307, 1e308), (0.5, 2.0), (0.9, 1.1), (0.65, 0.75), (0.999999, 1.000001)),
    "log1p": ((1e-300, 1e-8), (1e-8, 0.5), (0.35, 0.45), (0.3, 0.9999999)),
    "hypot": ((1e-30, 1e30), (0.1, 10.0), (1.0, 2.0)),
    "logaddexp": ((1e-8, 1.0), (0.1, 100.0)),
}
POSITIVE = ("log", "logaddexp")  # terms of logaddexp cancel below 0
MOST_ULPS = {"expm1": 1.1, "tanh": 1.1, "hypot": 1.2, "logaddexp": 1.5}  # the others: 1
SPECIAL = np.array([
    0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2e-308, -2.3e-308, 1e-200, 1e-17, 0.5, np.pi / 4, np.pi / 2,
    -np.pi, 1e5, np.nextafter(1e5, np.inf), -1e5, 1e16, 1e22, -1.7e308, np.inf, -np.inf, np.nan,
    88.0, 700.0, 709.0, 709.78, 709.782712893384, 709.7827128933841, 709.79,
    710.0, -708.0, -709.0, -745.0, -745.2, -746.0, 19.0, 20.0, 22.0,
])  # fmt: skip


def points(ufunc, dtype, low, high, count=2500):
    """The inputs of a ufunc: log-uniform, the second one for two inputs within a factor of 1000."""
    rng = np.random.default_rng(5)
    x = np.exp(rng.uniform(np.log(low), np.log(high), count))
    if ufunc.__name__ not in POSITIVE:
        x *= rng.choice([-1.0, 1.0], count)
    inputs = [x] if ufunc.nin == 1 else [x, x * np.exp(rng.uniform(-7, 7, count))]
    return [x.astype(dtype) for x in inputs]


def run(ufunc, level, *inputs):
    """The loop for one instruction set over 1-d arrays."""
    y = np.full_like(inputs[0], 7.0)
    _loops.run_vector_loop(ufunc, level, *inputs, y)
    return y


def bits(x):
    return np.ascontiguousarray(x).view(f"u{x.itemsize}")


def ulp_error(ufunc, inputs, got):
    """|got - exact| in units of the last place of the exact value."""
    with np.errstate(all="ignore"):
        exact = ufunc(*(x.astype(np.longdouble) for x in inputs))
    rounded = exact.astype(got.dtype)
    error = np.abs((got.astype(np.longdouble) - exact).astype(np.float64))
    return error / np.spacing(np.abs(rounded))


@pytest.mark.skipif(GUARD_BITS < 8, reason="no float longer than float64 to compare with")
@vector_loops
def test_error_is_about_one_ulp_at_most(ufunc, dtype):
    for low, high in RANGES[ufunc.__name__]:
        inputs = points(ufunc, dtype, low, high)
        error = ulp_error(ufunc, inputs, run(ufunc, LEVELS - 1, *inputs))
        assert error.max() <= MOST_ULPS.get(ufunc.__name__, 1), (low, high)


@vector_loops
@levels
def test_every_instruction_set_gives_the_same_bits(ufunc, dtype, level):
    for low, high in RANGES[ufunc.__name__]:
        inputs = points(ufunc, dtype, low, high)
        got, plain = run(ufunc, level, *inputs), run(ufunc, 0, *inputs)
        np.testing.assert_array_equal(bits(got), bits(plain))


@vector_loops
@levels
def test_every_length_stride_and_place_gives_the_bits_of_single_numbers(ufunc, dtype, level):
    parts = [points(ufunc, dtype, *ends, count=110) for ends in RANGES[ufunc.__name__]]
    inputs = [np.concatenate(part) for part in zip(*parts, strict=True)]
    total = len(inputs[0])
    inputs[0][::97] = np.finfo(dtype).max  # outside of the usual range, here and there
    alone = np.concatenate(
        [run(ufunc, level, *(x[k : k + 1] for x in inputs)) for k in range(total)]
    )
    single = np.empty_like(alone)
    _loops.run_number_function(ufunc, level, *inputs, single)  # as native code calls it
    np.testing.assert_array_equal(bits(single), bits(alone))
    for count in [*range(20), 255, 256, 257, total]:
        got = run(ufunc, level, *(x[:count] for x in inputs))
        np.testing.assert_array_equal(bits(got), bits(alone[:count]))
    for step in (2, 3, -1):
        got = run(ufunc, level, *(x[::step] for x in inputs))
        np.testing.assert_array_equal(bits(got), bits(alone[::step]))
    wide = np.zeros(3 * total, dtype)
    _loops.run_vector_loop(ufunc, level, *inputs, wide[::3])
    np.testing.assert_array_equal(bits(wide[::3]), bits(alone))
    for k in range(ufunc.nin):  # one input a single number, as a Tensor of one element is
        got = [np.broadcast_to(x[3], x.shape) if i == k else x for i, x in enumerate(inputs)]
        one = [np.full_like(x, x[3]) if i == k else x for i, x in enumerate(inputs)]
        np.testing.assert_array_equal(bits(run(ufunc, level, *got)), bits(run(ufunc, level, *one)))
        for count in (7, 8, total):  # in place
            places = [x[:count].copy() for x in inputs]
            _loops.run_vector_loop(ufunc, level, *places, places[k])
            np.testing.assert_array_equal(bits(places[k]), bits(alone[:count]))


@vector_loops
@levels
def test_special_values_are_numpys(ufunc, dtype, level):
    with np.errstate(all="ignore"):
        inputs = [SPECIAL.astype(dtype)]
        if ufunc.nin == 2:
            inputs = [x.ravel() for x in np.meshgrid(*inputs, *inputs)]
        want = ufunc(*inputs)
    for got in (
        run(ufunc, level, *inputs),
        getattr(fg.math, ufunc.__name__, ufunc)(*map(fg.constant, inputs)).numpy(),
    ):
        tiny = np.finfo(dtype).smallest_subnormal
        np.testing.assert_allclose(got, want, rtol=2 * np.finfo(dtype).eps, atol=tiny)
        defined = ~np.isnan(want)
        np.testing.assert_array_equal(np.signbit(got[defined]), np.signbit(want[defined]))


def test_sine_and_cosine_at_the_doubles_nearest_to_multiples_of_half_pi():
    """Where reduction cancels most: what is left is a small part of the last place of x."""
    half_pi = Fraction(157079632679489661923132169163975144209858469968755291048747229, 10**62)
    n = [*range(1, 200), *range(200, 63662, 7)]
    x = np.array([float(k * half_pi) for k in n])
    rest = np.array([abs(float(Fraction(v) - k * half_pi)) for k, v in zip(n, x, strict=True)])
    small = np.where(np.array(n) % 2, run(np.cos, LEVELS - 1, x), run(np.sin, LEVELS - 1, x))
    np.testing.assert_allclose(np.abs(small), rest, rtol=2.3e-16)


def test_a_machine_uses_all_loops_or_none():
    used = {_loops.uses_vector_loop(ufunc) for ufunc, _ in LOOPS}
    assert used == {LEVELS > 1} or platform.machine() not in ("x86_64", "AMD64")


# What each rule says, as operations on Tensors.
SLOPES = {
    "sin": lambda x: fg.cos(x),
    "cos": lambda x: -fg.sin(x),
    "exp": lambda x: fg.exp(x),
    "expm1": lambda x: fg.exp(x),
    "tanh": lambda x: (1 - fg.tanh(x)) * (1 + fg.tanh(x)),
    "log": lambda x: 1 / x,
    "log1p": lambda x: 1 / (1 + x),
    "hypot": lambda a, b: a / ROWS["hypot"](a, b),
    "logaddexp": lambda a, b: 1 / (1 + fg.exp(b - a)),
}


@vector_loops
@pytest.mark.parametrize("count", [1, 7, 256, 1000])
def test_all_lanes_use_the_same_loop(ufunc, dtype, count):
    row = ROWS[ufunc.__name__]
    inputs = [np.abs(x) for x in points(ufunc, dtype, 1e-3, 1e3, count)]
    tensors = [fg.constant(x) for x in inputs]
    y = row(*tensors).numpy()
    if _loops.uses_vector_loop(ufunc):
        np.testing.assert_array_equal(bits(y), bits(run(ufunc, 0, *inputs)))
    alone = np.array(
        [row(*map(fg.constant, numbers)).numpy() for numbers in zip(*inputs, strict=True)]
    )
    np.testing.assert_array_equal(bits(y), bits(alone))
    with fg.GradientTape() as tape:
        tape.watch(tensors)
        y = row(*tensors)
    slope = SLOPES[row.name](*tensors).numpy()
    np.testing.assert_array_equal(bits(tape.gradient(y, tensors)[0].numpy()), bits(slope))


def test_bad_arguments_of_the_test_hook():
    x = np.zeros(3)
    for level in (-1, LEVELS):
        with pytest.raises(ValueError, match="levels 0 to"):
            _loops.run_vector_loop(np.sin, level, x, x)
    for operands in ([x, np.zeros(4)], [x], [x, x, x], [x, np.zeros((3, 1))]):
        with pytest.raises(ValueError, match="one length"):
            _loops.run_vector_loop(np.sin, 0, *operands)
    for operands in ([x, np.zeros(3, np.float32)], [np.zeros(3, int)] * 2):
        with pytest.raises(TypeError, match="dtype"):
            _loops.run_vector_loop(np.sin, 0, *operands)
    with pytest.raises(ValueError, match="read-only"):
        _loops.run_vector_loop(np.sin, 0, x, np.broadcast_to(0.0, 3))
    with pytest.raises(KeyError):
        _loops.run_vector_loop(np.add, 0, x, x, x)
    with pytest.raises(ValueError, match="levels 0 to"):
        _loops.run_number_function(np.sin, LEVELS, x, x)
    with pytest.raises(TypeError, match="no function"):
        _loops.run_number_function(np.sin, 0, np.zeros(3, int), x)
