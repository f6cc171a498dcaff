"""Print the constants of `src/fastgrad/_core/vecmath.h`: `python tools/polynomials.py` (needs mpmath).

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
    top = (mp.pi / 4 * mpf("1.0001")) ** 2
    show("pi/2: 17 bits by the second part are exact", ["P1", "P2", "P3"],
         parts(mp.pi / 2, 53, 36, 53))  # fmt: skip
    root = mpmath.sqrt
    s, level = remez(
        ratio(lambda z: (mpmath.sin(root(z)) / root(z) - 1) / z, mpf(-1) / 6),
        lambda z: z * root(z) / mpmath.sin(root(z)), "1e-9", top, 6,
    )  # fmt: skip
    show("sine", [f"S{k}" for k in range(1, 7)], s, level)
    c, level = remez(
        ratio(lambda z: (mpmath.cos(root(z)) - 1) / z, mpf(-1) / 2),
        lambda z: z / mpmath.cos(root(z)), "1e-9", top, 7,
    )  # fmt: skip
    show("cosine", [f"C{k}" for k in range(1, 8)], c, level)


def exponential():
    """exp(r) = 1 + r + r^2 E(r) for |r| up to log(2)/2 and a little more."""
    top = mpmath.log(2) / 2 * mpf("1.0001")
    show("log(2)", ["L1", "L2"], parts(mpmath.log(2), 53, 53))
    show("1/log(2)", ["LOG2E"], [1 / mpmath.log(2)])
    e, level = remez(
        lambda r: (mpmath.expm1(r) - r) / r**2 if abs(r) > 1e-12 else mpf(1) / 2 + r / 6,
        lambda r: r**2 + mpf("0.001"), -top, top, 10,
    )  # fmt: skip
    show("exponential", [f"E{k}" for k in range(2, 12)], e, level)


def logarithm():
    """log((1+s)/(1-s)) = 2 s + s^3 G(s^2) for (1+s)/(1-s) from sqrt(1/2) to sqrt(2) and a little more."""
    root = mpmath.sqrt
    top = ((root(2) - 1) / (root(2) + 1) * mpf("1.0001")) ** 2
    g, level = remez(
        ratio(lambda z: (2 * mpmath.atanh(root(z)) / root(z) - 2) / z, mpf(2) / 3),
        lambda z: z * root(z) / (2 * mpmath.atanh(root(z))), "1e-9", top, 7,
    )  # fmt: skip
    show("logarithm", [f"G{k}" for k in range(1, 8)], g, level)


def hyperbolic_tangent():
    """tanh(x) = x + x^3 T(x^2) for |x| up to 0.55."""
    root = mpmath.sqrt
    t, level = remez(
        ratio(lambda z: (mpmath.tanh(root(z)) / root(z) - 1) / z, mpf(-1) / 3),
        lambda z: z * root(z) / mpmath.tanh(root(z)), "1e-9", mpf("0.5501") ** 2, 11,
    )  # fmt: skip
    show("hyperbolic tangent", [f"T{k}" for k in range(1, 12)], t, level)


if __name__ == "__main__":
    sine()
    exponential()
    logarithm()
    hyperbolic_tangent()
