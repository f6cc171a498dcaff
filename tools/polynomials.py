"""Print the constants of `_core/elementary.h` and of `sinc`: `python tools/polynomials.py` (needs mpmath).

Polynomials are minimax in the relative error of the function they end up in (Remez's exchange: Muller,
"Elementary Functions", chapter 3), coefficients then rounded to double. Multiples of pi/2 and log(2) are
cut into parts whose products with a small integer are exact (Cody and Waite, "Software Manual for the
Elementary Functions", 1980).
"""

import mpmath
from mpmath import mp, mpf

mp.prec = 240
ROUNDS = 12  # of Remez's exchange; it converges in a few


def remez(f, weight, low, high, terms):
    """Coefficients of the polynomial p with least max |weight * (p - f)|, and that maximum."""
    low, high = mpf(low), mpf(high)
    points = [
        (low + high) / 2 - (high - low) / 2 * mpmath.cos(mp.pi * k / terms)
        for k in range(terms + 1)
    ]

    def error(coefficients, x):
        return weight(x) * (mpmath.polyval(coefficients[::-1], x) - f(x))

    for _ in range(ROUNDS):
        rows = [
            [x**j for j in range(terms)] + [(-1) ** k / weight(x)] for k, x in enumerate(points)
        ]
        *coefficients, level = mpmath.lu_solve(
            mpmath.matrix(rows), mpmath.matrix([f(x) for x in points])
        )
        points = extrema(lambda x, c=coefficients: error(c, x), low, high, len(points))
    return coefficients, abs(level)


def extrema(error, low, high, count):
    """Where an error of `count` alternating extrema takes them: a fine grid, then golden sections."""
    grid = [low + (high - low) * (1 - mpmath.cos(mp.pi * k / 400)) / 2 for k in range(401)]
    values = [error(x) for x in grid]
    found = []
    for k, (x, value) in enumerate(zip(grid, values, strict=True)):
        left = values[max(k - 1, 0)]
        right = values[min(k + 1, 400)]
        if abs(value) >= max(abs(left), abs(right)) or value * left < 0 or value * right < 0:
            a, b = grid[max(k - 1, 0)], grid[min(k + 1, 400)]
            peak = golden(lambda x: abs(error(x)), a, b) if 0 < k < 400 else x
            if found and error(found[-1]) * error(peak) > 0:
                found[-1] = max(found[-1], peak, key=lambda x: abs(error(x)))
            else:
                found.append(peak)
    while len(found) > count:  # the smallest end goes
        found.pop(0 if abs(error(found[0])) < abs(error(found[-1])) else -1)
    if len(found) != count:
        raise ArithmeticError(f"{len(found)} extrema where {count} alternate")
    return found


def golden(f, a, b):
    ratio = (mpmath.sqrt(5) - 1) / 2
    for _ in range(40):
        c, d = b - ratio * (b - a), a + ratio * (b - a)
        a, b = (a, d) if f(c) > f(d) else (c, b)
    return (a + b) / 2


def parts(value, *bits):
    """`value` cut, towards zero, into parts of so many bits; the last one is rounded."""
    found = []
    for k, width in enumerate(bits):
        _, exponent = mpmath.frexp(value)
        scaled = mpmath.ldexp(value, width - exponent)
        whole = mpmath.nint(scaled) if k == len(bits) - 1 else mpmath.floor(scaled)
        part = mpmath.ldexp(whole, exponent - width)
        found.append(float(part))
        if mpf(found[-1]) != part:
            raise ArithmeticError("a part of more than 53 bits")
        value -= part
    return found


def show(title, names, values, level=None):
    error = "" if level is None else f" (error 2^{float(mpmath.log(level, 2)):.1f})"
    print(f"/* {title}{error} */")
    for name, value in zip(names, values, strict=True):
        print(f"#define {name} {float(value)!r}")


def ratio(f, at_zero):
    """f, whose formula is 0/0 at 0."""
    return lambda x: f(x) if x else mpf(at_zero)


def sine():
    """sin(r) = r + r^3 S(r^2), cos(r) = 1 + r^2 C(r^2) for |r| up to pi/4 and a little more."""
    show("pi/2: 17 bits by the second part are exact", ["P1", "P2", "P3"],
         parts(mp.pi / 2, 53, 36, 53))  # fmt: skip
    show_odd("sine", mpmath.sin, mp.pi / 4 * mpf("1.0001"), 6)
    root = mpmath.sqrt
    c, level = remez(
        ratio(lambda z: (mpmath.cos(root(z)) - 1) / z, mpf(-1) / 2),
        lambda z: z / mpmath.cos(root(z)), "1e-9", (mp.pi / 4 * mpf("1.0001")) ** 2, 7,
    )  # fmt: skip
    show("cosine", [f"C{k}" for k in range(1, 8)], c, level)
    show("float32: pi", ["PI1", "PI2"], parts(mp.pi, 53, 53))
    show_odd("float32: sine up to pi/2", mpmath.sin, mp.pi / 2 * mpf("1.0001"), 5)


def show_odd(title, f, top, terms):
    """The polynomial P of f(x) = x + x^3 P(x^2), |x| <= top."""
    root = mpmath.sqrt
    slope = mpmath.diff(f, 0, 3) / 6
    p, level = remez(
        ratio(lambda z: (f(root(z)) / root(z) - 1) / z, slope),
        lambda z: z * root(z) / f(root(z)), "1e-9", top**2, terms,
    )  # fmt: skip
    show(title, [f"P{k}" for k in range(terms)], p, level)


def exponential():
    """exp(r) = 1 + r + r^2/2 + r^3 E(r), in float32 1 + r + r^2 E(r), for |r| up to log(2)/2 and a little."""
    top = mpmath.log(2) / 2 * mpf("1.0001")
    show("log(2)", ["L1", "L2"], parts(mpmath.log(2), 53, 53))
    show(
        "float32: log(2)",
        ["L1F", "L2F"],
        [0.693147182464599609375, mpmath.log(2) - mpf("0.693147182464599609375")],
    )
    show("1/log(2)", ["LOG2E"], [1 / mpmath.log(2)])
    e, level = remez(
        lambda r: (mpmath.expm1(r) - r - r**2 / 2) / r**3 if abs(r) > 1e-12 else mpf(1) / 6 + r / 24,
        lambda r: r**2 + mpf("0.01"), -top, top, 10,
    )  # fmt: skip
    show("exponential", [f"E{k}" for k in range(3, 13)], e, level)
    for title, terms in ("float32: ", 5), ("power in float32: ", 6):
        e, level = remez(
            lambda r: (mpmath.expm1(r) - r) / r**2 if abs(r) > 1e-12 else mpf(1) / 2 + r / 6,
            lambda r: r**2 + mpf("0.001"), -top, top, terms,
        )  # fmt: skip
        show(f"{title}exponential", [f"E{k}" for k in range(2, 2 + terms)], e, level)


def hyperbolic():
    """sinh(r) = r + r^3 S(r^2), cosh(r) = 1 + r^2 C(r^2) for |r| up to log(2)/2 and a little more."""
    top, root = mpmath.log(2) / 2 * mpf("1.0001"), mpmath.sqrt
    for title, terms in (("", 5), ("float32: ", 3)):
        show_odd(f"{title}hyperbolic sine", mpmath.sinh, top, terms)
        c, level = remez(
            ratio(lambda z: (mpmath.cosh(root(z)) - 1) / z, mpf(1) / 2),
            lambda z: z / mpmath.cosh(root(z)), "1e-9", top**2, terms,
        )  # fmt: skip
        show(f"{title}hyperbolic cosine", [f"C{k}" for k in range(1, 1 + terms)], c, level)


def sinc_slope():
    """The derivative of sin(pi x) / (pi x), over x, as a polynomial of x^2."""

    def slope(z):
        angle = mp.pi * mpmath.sqrt(z)
        if z < mpf("1e-8"):
            return -(mp.pi**2) / 3 + mp.pi**4 / 30 * z - mp.pi**6 / 840 * z**2
        return (mpmath.cos(angle) - mpmath.sin(angle) / angle) / z

    p, level = remez(slope, lambda z: 1 / slope(z), 0, mpf("0.2501"), 9)
    show("slope of sinc", [f"P{k}" for k in range(9)], p, level)


def logarithm():
    """log((1+s)/(1-s)) = 2 s + s^3 G(s^2) for (1+s)/(1-s) from sqrt(1/2) to sqrt(2) and a little more,
    G(z) = 2/3 + z H(z), and without a division: log(1 + f) = f + f^2 P(f)."""
    root = mpmath.sqrt
    top = ((root(2) - 1) / (root(2) + 1) * mpf("1.0001")) ** 2

    def g(z):
        return (2 * mpmath.atanh(root(z)) / root(z) - 2) / z

    p, level = remez(
        ratio(g, mpf(2) / 3),
        lambda z: z * root(z) / (2 * mpmath.atanh(root(z))), "1e-9", top, 7,
    )  # fmt: skip
    show("logarithm", [f"G{k}" for k in range(1, 8)], p, level)
    p, level = remez(
        lambda z: (g(z) - mpf(2) / 3) / z if z > 1e-12 else mpf(2) / 5 + z * 2 / 7,
        lambda z: (z * z + mpf("1e-5")) / 2, "1e-9", top, 8,
    )  # fmt: skip
    show("power", [f"H{k}" for k in range(8)], p, level)
    show("power: 2/3, log(2) (11 bits by the first are exact)", ["G", "G_LO", "K1", "K2"],
         parts(mpf(2) / 3, 53, 53) + parts(mpmath.log(2), 42, 53))  # fmt: skip
    low, high = root(mpf(1) / 2) * mpf("0.9999") - 1, root(mpf(2)) * mpf("1.0001") - 1
    for title, terms in ("float32: logarithm", 9), ("power in float32: logarithm", 14):
        p, level = remez(
            lambda f: (mpmath.log1p(f) - f) / f**2 if abs(f) > 1e-15 else mpf(-1) / 2 + f / 3,
            lambda f: abs(f) + mpf("0.001"), low, high, terms,
        )  # fmt: skip
        show(title, [f"P{k}" for k in range(terms)], p, level)


if __name__ == "__main__":
    sine()
    exponential()
    logarithm()
    show_odd("hyperbolic tangent up to 0.55", mpmath.tanh, mpf("0.5501"), 11)
    show_odd("float32: hyperbolic tangent up to 0.55", mpmath.tanh, mpf("0.5501"), 5)
    hyperbolic()
    sinc_slope()
