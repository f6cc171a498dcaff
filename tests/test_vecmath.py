"""The vector loops: within about 1 ulp of mpmath, and the same bits however a number reaches them."""

import platform
from fractions import Fraction

import mpmath
import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _loops
from fastgrad.primitives import ROWS

LOOPS, LEVELS = _loops.vector_loops()

vector_loops = pytest.mark.parametrize(("name", "dtype"), LOOPS, ids=str)
levels = pytest.mark.parametrize("level", range(LEVELS))

CIRCULAR = ((1e-300, 1e-3), (1e-3, 1e4), (0.1, 7.0), (1e4, 1e5), (1e5, 1e9))
EXPONENTIAL = ((1e-300, 1e-8), (1e-8, 1.0), (0.3, 0.4), (0.5, 708.0))
GATE = ((1e-300, 1e-8), (1e-3, 4.0), (0.5, 80.0))
# (least, largest) magnitude; points are log-uniform, of both signs but for logarithms.
RANGES = {
    "sin": CIRCULAR,
    "cos": CIRCULAR,
    "exp": EXPONENTIAL,
    "expm1": EXPONENTIAL,
    "tanh": ((1e-300, 1e-8), (1e-8, 4.0), (0.5, 0.7), (4.0, 40.0)),
    "sinh": ((1e-300, 1e-8), (1e-8, 4.0), (0.3, 0.4), (7.0, 20.0), (1.0, 708.0)),
    "cosh": ((1e-300, 1e-8), (1e-8, 4.0), (0.3, 0.4), (7.0, 20.0), (1.0, 708.0)),
    "log": ((1e-307, 1e308), (0.5, 2.0), (0.9, 1.1), (0.65, 0.75), (0.999999, 1.000001)),
    "log1p": ((1e-300, 1e-8), (1e-8, 0.5), (0.35, 0.45), (0.3, 0.9999999)),
    "power": ((0.01, 100.0), (0.5, 2.0), (0.9999, 1.0001)),
    "hypot": ((1e-30, 1e30), (0.1, 10.0), (1.0, 2.0)),
    "logaddexp": ((1e-8, 1.0), (0.1, 100.0)),
    "sigmoid": GATE,
    "swish": GATE,
    "gelu_tanh": ((1e-300, 1e-8), (1e-3, 1.0)),
    "softplus": GATE,
    "log_sigmoid": GATE,
}
POSITIVE = ("log", "power", "logaddexp")  # terms of logaddexp cancel below 0
MOST_ULPS = {
    ("expm1", "float32"): 1.2, "tanh": 1.1, "logaddexp": 1.5, "sigmoid": 1.8, "swish": 3, "gelu_tanh": 5,
    "softplus": 1.6, "log_sigmoid": 1.6,
}  # fmt: skip
# The others: 1.
SPECIAL = np.array([
    0.0, -0.0, 1.0, -1.0, 5e-324, -5e-324, 2.2e-308, -2.3e-308, 1e-200, 1e-17, 0.5, np.pi / 4, np.pi / 2,
    -np.pi, 1e5, np.nextafter(1e5, np.inf), -1e5, 1e16, 1e22, -1.7e308, 1.7e308, np.inf, -np.inf, np.nan,
    88.0, 700.0, 709.0, 709.78, 709.782712893384, 709.7827128933841, 709.79,
    710.0, -708.0, -709.0, -745.0, -745.2, -746.0, 19.0, 20.0, 22.0,
    2.0, -2.0, 3.0, -3.0, 2.5, -0.5, 1024.0, -1074.0, 4503599627370497.0, 9007199254740993.0,
    1e-45, -1e-45, 1.1e-38, 1.2e-38, 88.7, 88.73, -87.4, -103.9, -104.0, 1e9, 3e38, -3e38, 1.1e36,
    128.0, -149.0, 16777215.0,
])  # fmt: skip


def sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def softplus(x):
    return mpmath.log1p(mpmath.exp(x))


EXACT = {
    "power": mpmath.power,
    "logaddexp": lambda a, b: b + mpmath.log1p(mpmath.exp(a - b)),
    "sigmoid": sigmoid,
    "swish": lambda x: x * sigmoid(x),
    "gelu_tanh": lambda x: (
        x * sigmoid(2 * mpmath.sqrt(2 / mpmath.pi) * (x + mpmath.mpf("0.044715") * x**3))
    ),
    "softplus": softplus,
    "log_sigmoid": lambda x: -softplus(-x),
}


def inputs_of(name):
    return 2 if name in ("power", "hypot", "logaddexp") else 1


def points(name, dtype, low, high, count=2500):
    """The inputs of a loop: log-uniform, the second one for two inputs within a factor of 1000."""
    rng = np.random.default_rng(5)
    tiny, most = float(np.finfo(dtype).tiny), float(np.finfo(dtype).max) / 2
    low, high = max(low, 2 * tiny), min(high, most)
    x = np.exp(rng.uniform(np.log(low), np.log(high), count))
    if name not in POSITIVE:
        x *= rng.choice([-1.0, 1.0], count)
    inputs = [x] if inputs_of(name) == 1 else [x, x * np.exp(rng.uniform(-7, 7, count))]
    if name == "power":
        steepest = np.log(float(np.finfo(dtype).max)) * 0.9 / np.maximum(np.abs(np.log(x)), 1e-3)
        inputs[1] = steepest * rng.uniform(-1, 1, count) ** 3
    return [x.astype(dtype) for x in inputs]


def run(name, level, *inputs):
    """The loop for one instruction set over 1-d arrays."""
    y = np.full_like(inputs[0], 7.0)
    _loops.run_vector_loop(name, level, *inputs, y)
    return y


def bits(x):
    return np.ascontiguousarray(x).view(f"u{x.itemsize}")


def ulp_error(name, inputs, got):
    """|got - exact| in units of the last place of the exact value, where that is a normal number."""
    f, dtype = EXACT.get(name) or getattr(mpmath, name), got.dtype
    errors = []
    with mpmath.workprec(200 if name != "sin" else 300):
        for *x, y in zip(*(x.tolist() for x in inputs), got.tolist(), strict=True):
            exact = f(*map(mpmath.mpf, x))
            with np.errstate(over="ignore"):
                rounded = dtype.type(float(abs(exact)))
            if np.finfo(dtype).tiny <= rounded <= np.finfo(dtype).max:
                errors.append(float(abs(y - exact) / mpmath.mpf(float(np.spacing(rounded)))))
    return np.array(errors)


@vector_loops
def test_error_is_about_one_ulp_at_most(name, dtype):
    for low, high in RANGES[name]:
        inputs = points(name, dtype, low, high, count=1000)
        error = ulp_error(name, inputs, run(name, LEVELS - 1, *inputs))
        assert len(error) > 300 or dtype == np.float32, (low, high)
        most = MOST_ULPS.get((name, dtype.name)) or MOST_ULPS.get(name, 1)
        assert error.max(initial=0) <= most, (low, high)


@vector_loops
@levels
def test_every_instruction_set_gives_the_same_bits(name, dtype, level):
    for low, high in RANGES[name]:
        inputs = points(name, dtype, low, high)
        got, plain = run(name, level, *inputs), run(name, 0, *inputs)
        np.testing.assert_array_equal(bits(got), bits(plain))


@vector_loops
@levels
def test_every_length_stride_and_place_gives_the_bits_of_single_numbers(name, dtype, level):
    parts = [points(name, dtype, *ends, count=110) for ends in RANGES[name]]
    inputs = [np.concatenate(part) for part in zip(*parts, strict=True)]
    total = len(inputs[0])
    inputs[0][::97] = np.finfo(dtype).max  # outside of the usual range, here and there
    alone = np.concatenate(
        [run(name, level, *(x[k : k + 1] for x in inputs)) for k in range(total)]
    )
    single = np.empty_like(alone)
    _loops.run_number_function(name, level, *inputs, single)  # as native code calls it
    np.testing.assert_array_equal(bits(single), bits(alone))
    for count in [*range(20), 255, 256, 257, total]:
        got = run(name, level, *(x[:count] for x in inputs))
        np.testing.assert_array_equal(bits(got), bits(alone[:count]))
    for step in (2, 3, -1):
        got = run(name, level, *(x[::step] for x in inputs))
        np.testing.assert_array_equal(bits(got), bits(alone[::step]))
    wide = np.zeros(3 * total, dtype)
    _loops.run_vector_loop(name, level, *inputs, wide[::3])
    np.testing.assert_array_equal(bits(wide[::3]), bits(alone))
    for k in range(len(inputs)):  # one input a single number, as a Tensor of one element is
        got = [np.broadcast_to(x[3], x.shape) if i == k else x for i, x in enumerate(inputs)]
        one = [np.full_like(x, x[3]) if i == k else x for i, x in enumerate(inputs)]
        np.testing.assert_array_equal(bits(run(name, level, *got)), bits(run(name, level, *one)))
        for count in (7, 8, total):  # in place
            places = [x[:count].copy() for x in inputs]
            _loops.run_vector_loop(name, level, *places, places[k])
            np.testing.assert_array_equal(bits(places[k]), bits(alone[:count]))


def logistic(x):
    e = np.exp(-np.abs(x))
    return np.where(x > 0, 1, e) / (1 + e)


# Float64 by NumPy.
PLAIN = {
    "sigmoid": logistic,
    "swish": lambda x: x * logistic(x),
    "gelu_tanh": lambda x: x * logistic(np.sqrt(8 / np.pi) * x * (1 + 0.044715 * x * x)),
    "softplus": lambda x: np.maximum(x, 0) + np.log1p(np.exp(-np.abs(x))),
    "log_sigmoid": lambda x: np.minimum(x, 0) - np.log1p(np.exp(-np.abs(x))),
}


@vector_loops
@levels
def test_special_values_are_numpys(name, dtype, level):
    with np.errstate(all="ignore"):
        inputs = [SPECIAL.astype(dtype)]
        if inputs_of(name) == 2:
            inputs = [x.ravel() for x in np.meshgrid(*inputs, *inputs)]
        f = PLAIN.get(name) or getattr(np, name)
        want = f(*(x.astype(np.float64) for x in inputs)).astype(dtype)
    eps = (1000 if name == "gelu_tanh" else 4) * np.finfo(dtype).eps  # its slope is steep
    for got in (run(name, level, *inputs), ROWS[name](*map(fg.constant, inputs)).numpy()):
        tiny = np.finfo(dtype).smallest_subnormal * (1000 if name == "swish" else 2)
        np.testing.assert_allclose(got, want, rtol=eps, atol=tiny)
        defined = ~np.isnan(want) & ((want != 0) | (name not in PLAIN))
        np.testing.assert_array_equal(np.signbit(got[defined]), np.signbit(want[defined]))


def test_sine_and_cosine_at_the_doubles_nearest_to_multiples_of_half_pi():
    """Where reduction cancels most: what is left is a small part of the last place of x."""
    half_pi = Fraction(157079632679489661923132169163975144209858469968755291048747229, 10**62)
    n = [*range(1, 200), *range(200, 63662, 7)]
    x = np.array([float(k * half_pi) for k in n])
    rest = np.array([abs(float(Fraction(v) - k * half_pi)) for k, v in zip(n, x, strict=True)])
    small = np.where(np.array(n) % 2, run("cos", LEVELS - 1, x), run("sin", LEVELS - 1, x))
    np.testing.assert_allclose(np.abs(small), rest, rtol=2.3e-16)


def test_a_machine_uses_loops_for_what_it_can():
    unused = {
        (name, dtype.name) for name, dtype in LOOPS if not _loops.uses_vector_loop(name, dtype)
    }
    numpys = {(name, "float32") for name in ("tanh", "sinh", "cosh", "expm1", "power")}
    numpys.add(("power", "float64"))
    if platform.machine() in ("x86_64", "AMD64"):
        assert unused == [{(name, dtype.name) for name, dtype in LOOPS}, set(), numpys][LEVELS - 1]


# What each rule says, as operations on Tensors.
SLOPES = {
    "sin": lambda x: fg.cos(x),
    "cos": lambda x: -fg.sin(x),
    "exp": lambda x: fg.exp(x),
    "expm1": lambda x: fg.exp(x),
    "tanh": lambda x: (1 - fg.tanh(x)) * (1 + fg.tanh(x)),
    "sinh": lambda x: fg.cosh(x),
    "cosh": lambda x: fg.sinh(x),
    "log": lambda x: 1 / x,
    "log1p": lambda x: 1 / (1 + x),
    "hypot": lambda a, b: a / ROWS["hypot"](a, b),
    "logaddexp": lambda a, b: 1 / (1 + fg.exp(b - a)),
    "power": lambda a, b: b * a ** (b - 1),
    "sigmoid": lambda x: fg.sigmoid(x) * (1 - fg.sigmoid(x)),
    "softplus": lambda x: -fg.math.expm1(-fg.nn.softplus(x)),
    "log_sigmoid": lambda x: -fg.math.expm1(fg.nn.log_sigmoid(x)),
}


@vector_loops
@pytest.mark.parametrize("count", [1, 7, 256, 1000])
def test_all_lanes_use_the_same_loop(name, dtype, count):
    row = ROWS[name]
    inputs = [np.abs(x) for x in points(name, dtype, 1e-3, 1e3, count)]
    tensors = [fg.constant(x) for x in inputs]
    y = row(*tensors).numpy()
    if _loops.uses_vector_loop(name, dtype):
        np.testing.assert_array_equal(bits(y), bits(run(name, 0, *inputs)))
        alone = np.array(
            [row(*map(fg.constant, numbers)).numpy() for numbers in zip(*inputs, strict=True)]
        )
        np.testing.assert_array_equal(bits(y), bits(alone))
    if name not in SLOPES:
        return
    with fg.GradientTape() as tape:
        tape.watch(tensors)
        y = row(*tensors)
    slope = SLOPES[name](*tensors).numpy()
    np.testing.assert_array_equal(bits(tape.gradient(y, tensors)[0].numpy()), bits(slope))


def test_bad_arguments_of_the_test_hooks():
    x = np.zeros(3)
    for hook in (_loops.run_vector_loop, _loops.run_number_function):
        for level in (-1, LEVELS):
            with pytest.raises(ValueError, match="levels 0 to"):
                hook("sin", level, x, x)
        for operands in ([x, np.zeros(4)], [x], [x, x, x], [x, np.zeros((3, 1))]):
            with pytest.raises(ValueError, match="one length"):
                hook("sin", 0, *operands)
        for operands in ([x, np.zeros(3, np.float32)], [np.zeros(3, int)] * 2):
            with pytest.raises(TypeError, match="dtype"):
                hook("sin", 0, *operands)
        with pytest.raises(ValueError, match="read-only"):
            hook("sin", 0, x, np.broadcast_to(0.0, 3))
        with pytest.raises(KeyError):
            hook("add", 0, x, x, x)
