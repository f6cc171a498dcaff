"""A tour: `python -m fastgrad` computes what gradient tapes are for, beside the exact answers.

It needs NumPy only, takes a second or two, and exits with 1 if an answer is wrong.
"""

import sys
from time import perf_counter

import numpy as np

import fastgrad as fg

wrong: list[str] = []


def main():
    print(f"fastgrad {fg.__version__}, NumPy {np.__version__}, Python {sys.version.split()[0]}")
    derivatives()
    partial_derivatives()
    minimisation()
    fit()
    if wrong:
        print(f"\n{len(wrong)} of the answers are wrong: {', '.join(wrong)}")
        return 1
    print("\nAll answers are right.")
    return 0


def show(what, got, exact, tolerance=0.0):
    """One line: the result and the exact answer."""
    right = abs(float(got) - exact) <= tolerance
    if not right:
        wrong.append(what)
    print(f"  {what:<34}{float(got):>14.8g}   exact {exact:<12.8g} {'ok' if right else 'WRONG'}")


# --------------------------------------------------------------------------------------- the stops
def quadratic(x, a, b, c):
    return a * fg.pow(x, 2) + b * x + c


def derivatives():
    print("\nf(x) = x^2 - 2 x + 1 at x = 0")
    x = fg.Variable(0.0, name="x", dtype=fg.float32)
    a, b, c = fg.constant(1.0), fg.constant(-2.0), fg.constant(1.0)
    with fg.GradientTape() as outer:
        with fg.GradientTape() as inner:
            y = quadratic(x, a, b, c)
        first = inner.gradient(y, x)
    show("first derivative", first, -2.0)
    show("second derivative", outer.gradient(first, x), 2.0)


def partial_derivatives():
    print("\ng(x, y) = (x + 5) y^2 at (2, 3)")
    x, y = fg.constant(2.0), fg.constant(3.0)
    with fg.GradientTape() as tape:
        tape.watch([x, y])
        z = (x + 5) * y**2
    dx, dy = tape.gradient(z, [x, y])
    show("derivative in x", dx, 9.0)
    show("derivative in y", dy, 42.0)


def minimisation():
    print("\nThe minimum of f, by 1,000 steps of gradient descent at rate 0.01")
    x = fg.Variable(0.0, name="x", dtype=fg.float32)
    a, b, c = fg.constant(1.0), fg.constant(-2.0), fg.constant(1.0)
    optimizer = fg.keras.optimizers.SGD(learning_rate=0.01)
    start = perf_counter()
    for _ in range(1000):
        with fg.GradientTape() as tape:
            y = quadratic(x, a, b, c)
        optimizer.apply_gradients([(tape.gradient(y, x), x)])
    seconds = perf_counter() - start
    show("x", x, 1.0, 5e-6)
    show("f(x)", quadratic(x, a, b, c), 0.0, 1e-6)
    print(f"  1,000 steps took {1000 * seconds:.2f} ms: {1000 * seconds:.2f} us for each")


# Planets: distance from the Sun in astronomical units, time of a revolution in years.
DISTANCE = [0.38710, 0.72333, 1.00000, 1.52366, 5.20336, 9.53707, 19.1913, 30.0690]
PERIOD = [0.24085, 0.61521, 1.00000, 1.88082, 11.8618, 29.4566, 84.0107, 164.788]


def fit():
    print("\nKepler's third law from eight planets: period = c * distance^k, fitted in logarithms")
    distance, period = np.array(DISTANCE), np.array(PERIOD)
    log_c, k = fg.Variable(np.float64(1.0)), fg.Variable(np.float64(0.0))
    optimizer = fg.keras.optimizers.SGD(learning_rate=0.05, momentum=0.9)
    epochs = 400
    for epoch in range(1, epochs + 1):
        with fg.GradientTape() as tape:
            error = log_c + k * fg.math.log(distance) - fg.math.log(period)
            loss = fg.reduce_mean(fg.square(error))
        gradients = tape.gradient(loss, [log_c, k])
        optimizer.apply_gradients(zip(gradients, [log_c, k], strict=True))
        progress(epoch, epochs, loss)
    show("exponent k", k, 1.5, 1e-3)
    show("constant c", fg.exp(log_c), 1.0, 2e-3)


def progress(epoch, epochs, loss):
    """A line that is written over itself on a terminal; elsewhere only its last state shows."""
    live = sys.stdout.isatty()
    if epoch == epochs or (live and epoch % 10 == 0):
        bar = ("#" * (24 * epoch // epochs)).ljust(24, ".")
        end = "\n" if epoch == epochs else ""
        start = "\r" if live else ""
        print(f"{start}  [{bar}] {epoch}/{epochs}  loss {float(loss):.3e}", end=end, flush=True)


if __name__ == "__main__":
    sys.exit(main())
