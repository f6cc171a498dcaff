"""The vector loops: within 1 ulp, and the same bits however a number reaches them."""

from fractions import Fraction

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _loops

UFUNCS, LEVELS = _loops.vector_loops()
# How many digits longer than float64 the platform's longest float is: the oracle.
GUARD_BITS = np.finfo(np.longdouble).nmant - np.finfo(np.float64).nmant

vector_loops = pytest.mark.parametrize("name", UFUNCS)
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
}
POSITIVE = ("log",)
SPECIAL = np.array([
    0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2e-308, -2.3e-308, 1e-200, 1e-17, 0.5, np.pi / 4, np.pi / 2,
    -np.pi, 1e5, np.nextafter(1e5, np.inf), -1e5, 1e16, 1e22, -1.7e308, np.inf, -np.inf, np.nan,
    88.0, 700.0, 709.0, 709.78, 709.782712893384, 709.7827128933841, 709.79,
    710.0, -708.0, -709.0, -745.0, -745.2, -746.0, 19.0, 20.0, 22.0,
])  # fmt: skip


def points(name, low, high, count=2500):
    rng = np.random.default_rng(5)
    x = np.exp(rng.uniform(np.log(low), np.log(high), count))
    return x if name in POSITIVE else x * rng.choice([-1.0, 1.0], count)


def run(name, level, x):
    """The loop for one instruction set over a 1-d array."""
    y = np.full_like(x, 7.0)
    _loops.run_vector_loop(UFUNCS[name], level, x, y)
    return y


def bits(x):
    return np.ascontiguousarray(x).view(np.uint64)


def ulp_error(name, x, got):
    """|got - exact| in units of the last place of the exact value."""
    with np.errstate(all="ignore"):
        exact = UFUNCS[name](x.astype(np.longdouble))
    rounded = exact.astype(np.float64)
    error = np.abs((got - rounded) - (exact - rounded).astype(np.float64))
    return error / np.spacing(np.abs(rounded))


@pytest.mark.skipif(GUARD_BITS < 8, reason="no float longer than float64 to compare with")
@pytest.mark.parametrize(
    ("name", "low", "high"), [(name, *ends) for name in UFUNCS for ends in RANGES[name]]
)
def test_error_is_below_one_ulp(name, low, high):
    x = points(name, low, high)
    assert ulp_error(name, x, run(name, LEVELS - 1, x)).max() <= (1.2 if name == "tanh" else 1)


@vector_loops
@levels
def test_every_instruction_set_gives_the_same_bits(name, level):
    for low, high in RANGES[name]:
        x = points(name, low, high)
        np.testing.assert_array_equal(bits(run(name, level, x)), bits(run(name, 0, x)))


@vector_loops
@levels
def test_every_length_stride_and_place_gives_the_bits_of_single_numbers(name, level):
    x = np.concatenate([points(name, *ends, count=110) for ends in RANGES[name]])
    x[::97] = 1e300  # outside of the usual range, here and there
    alone = np.concatenate([run(name, level, x[k : k + 1]) for k in range(len(x))])
    for count in [*range(20), 255, 256, 257, len(x)]:
        np.testing.assert_array_equal(bits(run(name, level, x[:count])), bits(alone[:count]))
    for step in (2, 3, -1):
        np.testing.assert_array_equal(bits(run(name, level, x[::step])), bits(alone[::step]))
    wide = np.zeros(3 * len(x))
    _loops.run_vector_loop(UFUNCS[name], level, x, wide[::3])
    np.testing.assert_array_equal(bits(wide[::3]), bits(alone))
    for count in (7, 8, len(x)):
        place = x[:count].copy()
        _loops.run_vector_loop(UFUNCS[name], level, place, place)
        np.testing.assert_array_equal(bits(place), bits(alone[:count]))


@vector_loops
@levels
def test_special_values_are_numpys(name, level):
    with np.errstate(all="ignore"):
        want = UFUNCS[name](SPECIAL)
    for got in (run(name, level, SPECIAL), getattr(fg.math, name)(SPECIAL).numpy()):
        np.testing.assert_allclose(got, want, rtol=4e-16, atol=5e-324)
        defined = ~np.isnan(want)
        np.testing.assert_array_equal(np.signbit(got[defined]), np.signbit(want[defined]))


def test_sine_and_cosine_at_the_doubles_nearest_to_multiples_of_half_pi():
    """Where reduction cancels most: what is left is a small part of the last place of x."""
    half_pi = Fraction(157079632679489661923132169163975144209858469968755291048747229, 10**62)
    n = [*range(1, 200), *range(200, 63662, 7)]
    x = np.array([float(k * half_pi) for k in n])
    rest = np.array([abs(float(Fraction(v) - k * half_pi)) for k, v in zip(n, x, strict=True)])
    small = np.where(np.array(n) % 2, run("cos", LEVELS - 1, x), run("sin", LEVELS - 1, x))
    np.testing.assert_allclose(np.abs(small), rest, rtol=2.3e-16)


def test_the_machine_decides_only_where_numpy_has_a_loop_as_good():
    used = {name for name, ufunc in UFUNCS.items() if _loops.uses_vector_loop(ufunc)}
    assert used == set(UFUNCS) or used == {"sin", "cos"}


# What each rule says, as operations on Tensors.
SLOPES = {
    "sin": lambda x: fg.cos(x),
    "cos": lambda x: -fg.sin(x),
    "exp": lambda x: fg.exp(x),
    "expm1": lambda x: fg.exp(x),
    "tanh": lambda x: (1 - fg.tanh(x)) * (1 + fg.tanh(x)),
    "log": lambda x: 1 / x,
    "log1p": lambda x: 1 / (1 + x),
}


@vector_loops
@pytest.mark.parametrize("count", [1, 7, 256, 1000])
def test_all_lanes_use_the_same_loop(name, count):
    x = np.abs(points(name, 1e-3, 1e3, count))
    function, t = getattr(fg.math, name), fg.constant(x)
    y = function(t).numpy()
    if _loops.uses_vector_loop(UFUNCS[name]):
        np.testing.assert_array_equal(bits(y), bits(run(name, 0, x)))
    alone = np.array([function(fg.constant(v)).numpy() for v in x])
    np.testing.assert_array_equal(bits(y), bits(alone))
    with fg.GradientTape() as tape:
        tape.watch(t)
        y = function(t)
    np.testing.assert_array_equal(bits(tape.gradient(y, t).numpy()), bits(SLOPES[name](t).numpy()))


def test_bad_arguments_of_the_test_hook():
    x = np.zeros(3)
    for level in (-1, LEVELS):
        with pytest.raises(ValueError, match="level"):
            _loops.run_vector_loop(np.sin, level, x, x)
    with pytest.raises(ValueError, match="one length"):
        _loops.run_vector_loop(np.sin, 0, x, np.zeros(4))
    with pytest.raises(TypeError, match="float64"):
        _loops.run_vector_loop(np.sin, 0, x, np.zeros(3, np.float32))
    with pytest.raises(KeyError):
        _loops.run_vector_loop(np.add, 0, x, x)
