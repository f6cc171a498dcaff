"""Special functions: where they end, what they lack, and where SciPy computes them."""

import math
import subprocess
import sys

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._rules import Elementwise
from fastgrad.primitives import ROWS

from .calls import gradients

INF, NAN = math.inf, math.nan
LAZY = [row for row in ROWS.values() if isinstance(row, Elementwise) and row.lazy]


def value(name, *arguments):
    return ROWS[name](*(np.asarray(x, np.float64) for x in arguments)).numpy()


@pytest.mark.parametrize(
    ("name", "x", "want"),
    [
        ("erf", [-INF, 0.0, INF], [-1, 0, 1]),
        ("erfc", [-INF, 0.0, INF], [2, 1, 0]),
        ("erfcx", [-INF, 0.0, INF], [INF, 1, 0]),
        ("erfinv", [-1.0, 0.0, 1.0, 1.5], [-INF, 0, INF, NAN]),
        ("erfcinv", [0.0, 1.0, 2.0, -0.5, 2.5], [INF, 0, -INF, NAN, NAN]),
        ("ndtr", [-INF, 0.0, INF], [0, 0.5, 1]),
        ("ndtri", [0.0, 0.5, 1.0, -1.0], [-INF, 0, INF, NAN]),
        ("log_ndtr", [-INF, 0.0, INF], [-INF, math.log(0.5), 0]),
        ("logit", [0.0, 0.5, 1.0, 2.0], [-INF, 0, INF, NAN]),
        ("entr", [-1.0, 0.0, 1.0], [-INF, 0, 0]),
        ("log1mexp", [0.0, INF, -1.0], [-INF, 0, NAN]),
        ("lgamma", [-1.0, 0.0, 1.0, 2.0, INF], [INF, INF, 0, 0, INF]),
        ("gamma", [-1.0, 1.0, 5.0, INF], [NAN, 1, 24, INF]),
        ("digamma", [-1.0, 0.0, 1.0, INF], [NAN, NAN, -0.57721566490153286, INF]),
        ("trigamma", [0.0, 1.0, -0.5], [INF, math.pi**2 / 6, 8.9348022005446793]),
        ("i0", [0.0, -2.0, INF], [1, 2.2795853023360673, INF]),
        ("i1", [0.0, -2.0], [0, -1.5906368546373291]),
        ("i0e", [0.0, INF, -INF], [1, 0, 0]),
        ("i1e", [0.0, INF, -INF], [0, 0, 0]),
        ("sinc", [0.0, 1.0, 0.5], [1, 0, 2 / math.pi]),
    ],
)
def test_values_at_ends_and_poles(name, x, want):
    np.testing.assert_allclose(value(name, x), want, rtol=4e-16, atol=1e-16)
    np.testing.assert_allclose(ROWS[name](np.float32(x)).numpy(), want, rtol=1e-6, atol=1e-6)


@pytest.mark.parametrize(
    ("name", "a", "b", "want"),
    [
        ("polygamma", 0, 1.0, -0.57721566490153286),
        ("polygamma", 1, -0.5, 8.9348022005446793),
        ("polygamma", 3, 1.0, math.pi**4 / 15),
        ("polygamma", 2, -0.5, NAN),
        ("polygamma", 1.5, 1.0, NAN),
        ("zeta", 2.0, 1.0, math.pi**2 / 6),
        ("zeta", 1.0, 2.0, INF),
        ("zeta", 0.5, 2.0, NAN),
        ("betaln", 0.5, 0.5, math.log(math.pi)),
        ("betaln", 1.0, 1e9, -math.log(1e9)),
        ("betaln", 20.0, 1.0, -math.log(20.0)),
        ("betaln", 1e15, 1e15, -1386294361119906.6227),
        ("xlogy", 0.0, 0.0, 0.0),
        ("xlog1py", 0.0, -1.0, 0.0),
        ("xdivy", 0.0, 0.0, 0.0),
        ("multiply_no_nan", NAN, 0.0, 0.0),
    ],
)
def test_values_of_two_arguments(name, a, b, want):
    np.testing.assert_allclose(value(name, a, b), want, rtol=1e-15)


@pytest.mark.parametrize("q", [0.5, 1e-3, 1e-20, 1e-100, 1e-300])
def test_quantiles_far_in_the_tail(q):
    y = value("erfcinv", q)
    np.testing.assert_allclose(value("erfc", y), q, rtol=1e-15 * max(1, 2 * y * y))
    np.testing.assert_allclose(value("ndtri", q / 2), -math.sqrt(2) * y, rtol=1e-15)


@pytest.mark.parametrize("x", [11.9, 12.1, 15.0, 1e3])
def test_slope_of_erfcx_far_out(x):
    mpmath = pytest.importorskip("mpmath")
    with mpmath.workdps(60):
        z = mpmath.mpf(x)
        want = 2 * z * mpmath.exp(z * z) * mpmath.erfc(z) - 2 / mpmath.sqrt(mpmath.pi)
    (got,) = gradients(ROWS["erfcx"], [np.array([x, x])], {}, [np.ones(2)])
    np.testing.assert_allclose(got, float(want), rtol=1e-13)


@pytest.mark.parametrize(
    ("name", "point", "want"),
    [
        ("arctan2", (-1e200, -1e200), (-5e-201, 5e-201)),
        ("arctan2", (1e200, -1.0), (0, -1e-200)),
        ("arcsinh", (-1e200,), (1e-200,)),
        ("log_ndtr", (-40.0,), (40.02496884720726,)),  # mpmath
        ("log_ndtr", (20.0,), (5.520948362159764e-88,)),
        ("relu6", (0.5,), (1,)),
        ("relu6", (5.5,), (1,)),
    ],
)
def test_slopes_on_each_branch(name, point, want):
    got = gradients(ROWS[name], [np.array([x, x]) for x in point], {}, [np.ones(2)])
    for slope, expected in zip(got, want, strict=True):
        np.testing.assert_allclose(slope, [expected] * 2, rtol=1e-14, atol=1e-300)


def test_halves_and_integers_are_computed_wider():
    x = np.array([0.5, 3.0, 40.0], np.float16)
    got = ROWS["lgamma"](x)
    assert got.dtype == np.float16
    want = [math.lgamma(float(e)) for e in x]
    np.testing.assert_array_equal(got.numpy(), np.float16(want))
    assert ROWS["lgamma"](np.array([3, 4])).dtype == np.float64
    with pytest.raises(TypeError, match="lgamma: not defined for dtype complex128"):
        ROWS["lgamma"](np.array([1j]))


# ------------------------------------------------------------------------------------------- SciPy's
@pytest.mark.parametrize(("name", "want"), [("bessel_j0", 0), ("bessel_j1", 0.5), ("dawsn", 1)])
def test_slope_at_zero(name, want):
    pytest.importorskip("scipy", reason="needs SciPy")
    (got,) = gradients(ROWS[name], [np.zeros(2)], {}, [np.ones(2)])
    assert got.tolist() == [want, want]


def test_derivatives_that_are_not_there_say_so():
    pytest.importorskip("scipy", reason="needs SciPy")
    a, x = fg.constant(np.float64(2.0)), fg.constant(np.float64(1.5))
    with fg.GradientTape(persistent=True) as tape:
        tape.watch([a, x])
        y = ROWS["igamma"](a, x)
    np.testing.assert_allclose(float(tape.gradient(y, x)), 1.5 * math.exp(-1.5), rtol=1e-14)
    with pytest.raises(LookupError, match=r"igamma \(argument a\): it has no closed form"):
        tape.gradient(y, a)


@pytest.mark.parametrize("row", LAZY, ids=lambda row: row.name)
def test_values_are_scipys(row):
    special = pytest.importorskip("scipy.special", reason="needs SciPy")
    arrays = [np.linspace(0.2 + 0.1 * k, 0.8 + 0.1 * k, 5) for k in range(len(row.arguments))]
    want = getattr(special, row.lazy.name)(*arrays)
    np.testing.assert_array_equal(row(*arrays).numpy(), want)


def test_scipy_is_imported_when_it_is_used_and_its_absence_names_the_extra():
    program = """if True:
        import sys
        import fastgrad as fg
        assert not any(name.partition(".")[0] == "scipy" for name in sys.modules)
        sys.modules["scipy"] = sys.modules["scipy.special"] = None
        try:
            fg.math.igamma(2.0, 1.0)
        except ModuleNotFoundError as error:
            print(error)
    """
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)
    assert "gammainc is SciPy's" in done.stdout, done.stderr
    assert "pip install 'fastgrad[scipy]'" in done.stdout
