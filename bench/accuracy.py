"""`python -m bench.accuracy`: how far values and gradients are from exact ones, as a table.

Elementwise operations: 2,000 points per operation and dtype, log-uniform over the range and of both
signs where the range says ±. The exact value and derivative come from mpmath with 60 digits, kept as the
nearest float and a rest; an error is counted in spacings of that float (ulp). Results that lose their
digits to the ends of the float range are counted apart: 0 or subnormal where the exact one is normal
(`bad0`), infinite or NaN where it is finite (`badinf`).
Reductions: the error of the value over eps and the value's size, that of the gradient over eps and its
largest entry.

Each cell is the largest error and, in brackets, the mean. A target is what tests/test_accuracy.py asserts.
"""

import argparse
import sys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import mpmath
import numpy as np
from mpmath import mp, mpf

import fastgrad as fg
from fastgrad.primitives import ROWS

mp.dps = 60
DTYPES = (np.float32, np.float64)
EXTREME = {np.float32: (1e-37, 1e38), np.float64: (1e-307, 1e308)}  # nearly the finite range
EXP_LIMIT = {np.float32: 88.0, np.float64: 708.0}


@dataclass
class Case:
    """An elementwise operation on a range of magnitudes, with its exact value and derivative."""

    name: str
    call: Callable[[Any], Any]
    low: Any  # a number, or one for each dtype
    high: Any
    value: Callable[[Any], Any]
    slope: Callable[[Any], Any]
    targets: tuple[float, float]  # largest error of value and gradient in ulp
    signs: str = "±"  # of the points: "+", "-" or both
    even: bool = False  # points spread evenly, not log-uniform

    def points(self, dtype, count, rng):
        low, high = (end[dtype] if isinstance(end, dict) else end for end in (self.low, self.high))
        if self.even:
            return rng.uniform(low, high, count).astype(dtype)
        size = np.exp(rng.uniform(np.log(low), np.log(high), count))
        sign = {"+": 1.0, "-": -1.0, "±": np.where(rng.random(count) < 0.5, -1.0, 1.0)}
        return (sign[self.signs] * size).astype(dtype)


def _row(name):
    return lambda x: ROWS[name](x)


def _unary(name, low, high, value, slope, targets, signs="±", *, label=None, call=None, even=False):
    return Case(label or name, call or _row(name), low, high, value, slope, targets, signs, even)


def _sigmoid(x):
    return 1 / (1 + mpmath.exp(-x))


def _sigmoid_slope(x):
    return _sigmoid(x) * _sigmoid(-x)


def _erf_slope(x):
    return 2 / mpmath.sqrt(mpmath.pi) * mpmath.exp(-x * x)


def _sinc_slope(x):
    return (mpmath.pi * x * mpmath.cospi(x) - mpmath.sinpi(x)) / (mpmath.pi * x * x)


def _ndtr(x):
    return mpmath.erfc(-x / mpmath.sqrt(2)) / 2


def _normal(x):
    return mpmath.npdf(x)


def _erfcx(x):
    """Its asymptotic series where exp(x * x) * erfc(x) would need thousands of digits."""
    if x < 100:
        return mpmath.exp(x * x) * mpmath.erfc(x)
    terms = [mpf(1)]
    for k in range(30):
        terms.append(-terms[-1] * (2 * k + 1) / (2 * x * x))
    return mpmath.fsum(terms) / (x * mpmath.sqrt(mpmath.pi))


def _erfinv_slope(x):
    return mpmath.sqrt(mpmath.pi) / 2 * mpmath.exp(mpmath.erfinv(x) ** 2)


def _ndtri(p):
    """From the inverse of erf for p above 1e-12; below, by Newton's steps on log(ndtr)."""
    if p > mpf(10) ** -12:
        return mpmath.sqrt(2) * mpmath.erfinv(2 * p - 1)
    x, goal = -mpmath.sqrt(-2 * mpmath.log(p)), mpmath.log(p)
    for _ in range(40):
        step = (mpmath.log(_ndtr(x)) - goal) * _ndtr(x) / _normal(x)
        x -= step
        if abs(step) < mpf(10) ** -55:
            break
    return x


def _i0e(x):
    return mpmath.besseli(0, x) * mpmath.exp(-abs(x))


def _i1e(x):
    return mpmath.besseli(1, x) * mpmath.exp(-abs(x))


def _mish_slope(x):
    s = mpmath.log1p(mpmath.exp(x))
    return mpmath.tanh(s) + x * mpmath.sech(s) ** 2 * _sigmoid(x)


def _sech2(x):
    return mpmath.sech(x) ** 2


LN2, LN10 = mpmath.log(2), mpmath.log(10)
# The range is that of |x|. NumPy's float32 loops are good to 4 ulp on some machines. No target: the value
# or gradient has a zero in the range, or loses its digits there on purpose (see the row).
CASES = [
    _unary("exp", 1e-3, EXP_LIMIT, mpmath.exp, mpmath.exp, (2.5, 2.5)),
    _unary("exp2", 1e-3, {np.float32: 126.0, np.float64: 1022.0}, lambda x: 2**x,
           lambda x: 2**x * LN2, (1, 2)),
    _unary("expm1", 1e-5, EXP_LIMIT, mpmath.expm1, mpmath.exp, (2.5, 2.5)),
    _unary("log", {d: e[0] for d, e in EXTREME.items()}, {d: e[1] for d, e in EXTREME.items()},
           mpmath.log, lambda x: 1 / x, (2, 0.5), "+"),
    _unary("log", 0.9, 1.1, mpmath.log, lambda x: 1 / x, (3, 0.5), "+", label="log@1", even=True),
    _unary("log2", 1e-30, 1e30, lambda x: mpmath.log(x) / LN2, lambda x: 1 / (x * LN2), (2, 1.5),
           "+"),
    _unary("log10", 1e-30, 1e30, mpmath.log10, lambda x: 1 / (x * LN10), (3, 2.5), "+"),
    _unary("log1p", 1e-9, 0.9, mpmath.log1p, lambda x: 1 / (1 + x), (2, 1.5)),
    _unary("sqrt", {d: e[0] for d, e in EXTREME.items()}, {d: e[1] for d, e in EXTREME.items()},
           mpmath.sqrt, lambda x: 1 / (2 * mpmath.sqrt(x)), (0.5, 2), "+"),
    _unary("cbrt", 1e-30, 1e30, lambda x: mpmath.sign(x) * mpmath.cbrt(abs(x)),
           lambda x: 1 / (3 * mpmath.cbrt(abs(x)) ** 2), (2, 6)),
    _unary("sin", 1e-3, 1e4, mpmath.sin, mpmath.cos, (2, 2)),
    _unary("cos", 1e-3, 1e4, mpmath.cos, lambda x: -mpmath.sin(x), (2, 2)),
    _unary("tan", 1e-3, 1e4, mpmath.tan, lambda x: mpmath.sec(x) ** 2, (4, 8)),
    _unary("arctan", 1e-6, 1e6, mpmath.atan, lambda x: 1 / (1 + x * x), (2, 2)),
    _unary("arcsin", 1e-6, 0.999999, mpmath.asin, lambda x: 1 / mpmath.sqrt(1 - x * x), (4, 2)),
    _unary("sinh", 1e-3, EXP_LIMIT, mpmath.sinh, mpmath.cosh, (2, 2.5)),
    _unary("cosh", 1e-3, EXP_LIMIT, mpmath.cosh, mpmath.sinh, (2.5, 2)),
    _unary("arcsinh", 1e-6, 1e30, mpmath.asinh, lambda x: 1 / mpmath.sqrt(1 + x * x), (3, 2.5)),
    _unary("tanh", 1e-3, 4, mpmath.tanh, _sech2, (1.5, 900)),
    _unary("tanh", 4, 40, mpmath.tanh, _sech2, (1, np.inf), label="tanh_sat"),
    _unary("sinc", 1e-6, 30, lambda x: mpmath.sinpi(x) / (mpmath.pi * x), _sinc_slope,
           (np.inf, np.inf)),
    _unary("sigmoid", 1e-3, 5, _sigmoid, _sigmoid_slope, (2.5, 200)),
    _unary("sigmoid", 5, 80, _sigmoid, _sigmoid_slope, (2.5, 4), "-", label="sigm_neg"),
    _unary("sigmoid", 5, 80, _sigmoid, _sigmoid_slope, (1.5, np.inf), "+", label="sigm_pos"),
    _unary("softplus", 1e-3, 80, lambda x: mpmath.log1p(mpmath.exp(x)), _sigmoid, (2.5, 3.5)),
    _unary("swish", 1e-3, 80, lambda x: x * _sigmoid(x),
           lambda x: _sigmoid(x) + x * _sigmoid_slope(x), (4, np.inf)),
    _unary("mish", 1e-3, 60, lambda x: x * mpmath.tanh(mpmath.log1p(mpmath.exp(x))), _mish_slope,
           (5, np.inf)),
    _unary("gelu_erf", 1e-3, 8, lambda x: x * _ndtr(x), lambda x: _ndtr(x) + x * _normal(x),
           (100, np.inf)),
    _unary("erf", 1e-6, 6, mpmath.erf, _erf_slope, (1, 4)),
    _unary("erfc", 1e-3, 3, mpmath.erfc, lambda x: -_erf_slope(x), (2.5, 4), "-"),
    _unary("erfc", 1e-3, 9, mpmath.erfc, lambda x: -_erf_slope(x), (2.5, 5), "+", label="erfc+"),
    _unary("erfcx", 1e-3, 1e4, _erfcx, lambda x: 2 * x * _erfcx(x) - 2 / mpmath.sqrt(mpmath.pi),
           (8, 600), "+"),
    _unary("erfinv", 1e-6, 0.99999, mpmath.erfinv, _erfinv_slope, (5, 30)),
    _unary("ndtri", 1e-30, 0.49, _ndtri, lambda p: 1 / _normal(_ndtri(p)), (5, 400), "+"),
    _unary("log_ndtr", 1e-3, 8, lambda x: mpmath.log(_ndtr(x)), lambda x: _normal(x) / _ndtr(x),
           (120, 10)),
    _unary("logit", 1e-6, 0.9999, lambda x: mpmath.log(x / (1 - x)), lambda x: 1 / (x * (1 - x)),
           (3, 2), "+"),
    _unary("entr", 1e-6, 10, lambda x: -x * mpmath.log(x), lambda x: -mpmath.log(x) - 1,
           (3, np.inf), "+"),
    _unary("log1mexp", 1e-5, 80, lambda x: mpmath.log(-mpmath.expm1(-x)),
           lambda x: 1 / mpmath.expm1(x), (3, 2.5), "+"),
    _unary("lgamma", 1e-3, 1e4, mpmath.loggamma, lambda x: mpmath.psi(0, x), (4, 20), "+"),
    _unary("digamma", 1e-3, 1e4, lambda x: mpmath.psi(0, x), lambda x: mpmath.psi(1, x), (20, 8),
           "+"),
    _unary("trigamma", 1e-3, 1e4, lambda x: mpmath.psi(1, x), lambda x: mpmath.psi(2, x), (5, 5),
           "+"),
    _unary("tetragamma", 1e-3, 1e4, lambda x: mpmath.psi(2, x), lambda x: mpmath.psi(3, x), (5, 8),
           "+"),
    _unary("tetragamma", -20, -0.05, lambda x: mpmath.psi(2, x), lambda x: mpmath.psi(3, x),
           (np.inf, 10), label="tetragamma@-", even=True),
    _unary("i0e", 1e-3, 1e4, _i0e, lambda x: _i1e(x) - mpmath.sign(x) * _i0e(x), (8, np.inf)),
    _unary("i1e", 1e-3, 1e4, _i1e, lambda x: _i0e(x) - _i1e(x) * (mpmath.sign(x) + 1 / x),
           (10, np.inf)),
    _unary("i0", 1e-3, {np.float32: 85.0, np.float64: 700.0}, lambda x: mpmath.besseli(0, x),
           lambda x: mpmath.besseli(1, x), (12, 20)),
    _unary("power", {d: e[0] ** 0.38 for d, e in EXTREME.items()},
           {d: e[1] ** 0.38 for d, e in EXTREME.items()}, lambda x: x ** mpf(2.5),
           lambda x: mpf(2.5) * x ** mpf(1.5), (1, 2), "+", label="pow2.5",
           call=lambda x: ROWS["power"](x, 2.5)),
]  # fmt: skip


# ----------------------------------------------------------------------------------------- elementwise
def value_and_gradient(call, x):
    """The value of a function of one Tensor and the gradient of its sum, as arrays."""
    x = fg.constant(x)
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = call(x)
    return y.numpy(), tape.gradient(y, x).numpy()


def ulps(got, exact):
    """(errors in ulp, bad0, badinf) of an array against numbers of mpmath."""
    dtype = got.dtype
    info = np.finfo(dtype)
    errors, lost, blown = [], 0, 0
    for value, number in zip(got, exact, strict=True):
        number = mpmath.re(number)
        if not info.tiny <= abs(number) <= float(info.max):
            continue  # what rounds to a subnormal, to 0 or to infinity has no ulp of its own
        if not np.isfinite(value):
            blown += 1
        elif abs(value) < info.tiny:
            lost += 1
        else:
            near = dtype.type(float(number))
            rest = float(number - mpf(float(near)))
            off = (float(value) - float(near)) - rest
            errors.append(abs(off) / float(np.spacing(abs(near))))
    return np.array(errors), lost, blown


def measure(case, dtype, count, seed=0):
    """[(errors, bad0, badinf)] of the value and of the gradient."""
    x = case.points(dtype, count, np.random.default_rng(seed))
    exact = [mpf(float(number)) for number in x]
    found = value_and_gradient(case.call, x)
    functions = (case.value, case.slope)
    return [ulps(y, [f(e) for e in exact]) for y, f in zip(found, functions, strict=True)]


# ------------------------------------------------------------------------------------------ reductions
def _exact(x):
    return [mpf(float(number)) for number in np.ravel(x)]


def _logsumexp(x):
    top = max(x)
    weights = [mpmath.exp(e - top) for e in x]
    total = mpmath.fsum(weights)
    return top + mpmath.log(total), [w / total for w in weights]


def _cross_entropy(x):
    value, share = _logsumexp(x)
    return value - x[3], [s - (k == 3) for k, s in enumerate(share)]


def _norm(x):
    value = mpmath.sqrt(mpmath.fsum(e * e for e in x))
    return value, [e / value for e in x]


def _var(x):
    mean = mpmath.fsum(x) / len(x)
    moved = [e - mean for e in x]
    return mpmath.fsum(e * e for e in moved) / len(x), [2 * e / len(x) for e in moved]


def _sum(x):
    return mpmath.fsum(x), [mpf(1)] * len(x)


def _crossed(x):
    labels = np.zeros(x.shape[-1], x.dtype.as_numpy_dtype)
    labels[3] = 1
    return ROWS["softmax_cross_entropy_with_logits"](labels, x)


@dataclass
class Reduction:
    name: str
    call: Callable[[Any], Any]
    points: Callable[[Any], Any]  # of a generator
    exact: Callable[[Any], Any]
    targets: tuple[float, float]  # largest error of value and gradient in eps
    of_terms: bool = False  # the value's error is relative to the sum of the terms' sizes


REDUCTIONS = [
    Reduction("logsumexp 1000", _row("logsumexp"), lambda rng: 3 * rng.normal(size=1000),
              _logsumexp, (1, 3)),
    Reduction("softmax-xent 100", _crossed, lambda rng: 3 * rng.normal(size=100), _cross_entropy,
              (1, 3)),
    Reduction("var 1000", _row("var"), lambda rng: rng.normal(size=1000), _var, (2, 1.5)),
    Reduction("var 1000 mean 1e4", _row("var"), lambda rng: 1e4 + rng.normal(size=1000), _var,
              (20, 1.5)),
    Reduction("sum 1e5 >0", _row("sum"), lambda rng: rng.random(100_000), _sum, (1, 0)),
    Reduction("sum 1e5 +-", _row("sum"), lambda rng: rng.normal(size=100_000), _sum, (0.1, 0),
              of_terms=True),
]  # fmt: skip
if "norm" in ROWS:
    REDUCTIONS.append(
        Reduction("norm 1000", _row("norm"), lambda rng: rng.normal(size=1000), _norm, (1, 2))
    )


def measure_reduction(case, dtype, trials, seed=0):
    """[(errors, bad0, badinf)] of the value and of the gradient."""
    rng = np.random.default_rng(seed)
    eps = float(np.finfo(dtype).eps)
    values, slopes = [], []
    for _ in range(trials):
        x = case.points(rng).astype(dtype)
        y, g = value_and_gradient(case.call, x)
        exact = _exact(x)
        value, slope = case.exact(exact)
        size = mpmath.fsum(abs(e) for e in exact) if case.of_terms else abs(value)
        values.append(float(abs(mpf(float(y)) - value) / size) / eps)
        off = [abs(mpf(float(a)) - b) for a, b in zip(g, slope, strict=True)]
        slopes.append(float(max(off) / max(abs(b) for b in slope)) / eps)
    return [(np.array(values), 0, 0), (np.array(slopes), 0, 0)]


# ---------------------------------------------------------------------------------------------- report
def cell(errors, lost, blown, target):
    most = errors.max(initial=0.0)
    text = f"{most:.2g} ({errors.mean() if errors.size else 0:.2g})"
    text = f"**{text}**" if most > target else text
    return text + (f" bad0 {lost}" if lost else "") + (f" badinf {blown}" if blown else "")


def target_text(target):
    return "-" if np.isinf(target) else f"{target:g}"


def line(case, results):
    """A row of the table: `results` holds what was measured for each dtype."""
    cells = [
        cell(*part, target)
        for pair in results
        for part, target in zip(pair, case.targets, strict=True)
    ]
    targets = " / ".join(map(target_text, case.targets))
    return f"| {' | '.join([case.name, *cells, targets])} |"


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m bench.accuracy", description="Print how exact values and gradients are."
    )
    parser.add_argument("names", nargs="*", help="only these operations")
    parser.add_argument("--points", type=int, default=2000, help="per operation and dtype")
    options = parser.parse_args()
    print("| op | float32 v | float32 g | float64 v | float64 g | target v / g |")
    print("|---|---|---|---|---|---|")
    for cases, run, count in (
        (CASES, measure, options.points),
        (REDUCTIONS, measure_reduction, max(2, options.points // 100)),
    ):
        for case in cases:
            if not options.names or case.name in options.names:
                print(line(case, [run(case, dtype, count) for dtype in DTYPES]))
                sys.stdout.flush()


if __name__ == "__main__":
    main()
