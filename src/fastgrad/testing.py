"""Checks for gradients: those that hold the library, for your own functions too.

    import fastgrad as fg
    from fastgrad.testing import check_gradients

    check_gradients(lambda x: fg.sin(x) * x, [0.3, 1.0, 2.0])

compares what a tape says about a function with differences of its values.
"""

import numpy as np

from ._core import _buffer
from ._core._dispatch import constant, convert_to_tensor
from ._nest import flatten
from ._rules import Elementwise
from .dtypes import as_dtype
from .effects import compute
from .errors import short
from .functional import check_value
from .primitives import ROWS
from .tape import GradientTape
from .transforms import has_gradient

STEP = 2.0**-13  # of the differences, relative to numbers above 1
ENTRIES = 32  # of an argument are compared; of a larger one, so many picked at random


def check_gradients(f, *args, order=2, rtol=1e-6, atol=1e-8, seed=0):
    """Compare the gradients of `f` with five-point differences; AssertionError if they differ.

    f: a function of Tensors that gives a Tensor or a nest of them, smooth around `args`.
    args: numbers, nested lists or arrays. Floating ones become float64 Tensors, complex ones complex128,
        and are differentiated (complex ones along both axes: dL/dx + i dL/dy for the sum of real parts
        L); others (labels, indices) are passed on as constants.
    order: 1 checks first derivatives, 2 second ones as well, and so on. Order 2 and above take
        gradients of gradients along directions picked at random.
    rtol, atol: largest difference, relative to the entry and absolute, or a list of one for each
        order. At order 1 the differences are good to about 1e-10 of the function's scale.
    seed: of the random weights and directions.

    The error names the argument and the first place where the two differ.

    >>> check_gradients(lambda x: x * x * x, 2.0)
    >>> check_gradients(lambda x: fg.stop_gradient(x) * x, 2.0)
    Traceback (most recent call last):
    AssertionError: the derivative of order 1 is wrong in argument 0, ...
    """
    rng = np.random.default_rng(seed)
    rtol, atol = (np.broadcast_to(limit, order) for limit in (rtol, atol))
    values = [np.array(arg) for arg in args]
    moving = [i for i, value in enumerate(values) if value.dtype.kind in "fc"]
    if not moving:
        raise TypeError("check_gradients: no argument is floating, there is nothing to check")
    for i in moving:
        values[i] = values[i].astype(np.result_type(values[i], np.float64))
    function = _weighted(f, rng)
    for level in range(1, order + 1):
        slopes = _slopes(function, moving)
        got = slopes([constant(value) for value in values])
        for i, gradient in zip(moving, got, strict=True):
            gradient = np.zeros_like(values[i]) if gradient is None else gradient.numpy()
            if gradient.shape != values[i].shape:
                raise AssertionError(
                    f"the derivative of order {level} by argument {i} has shape {gradient.shape}, "
                    f"the argument {values[i].shape}"
                )
            _compare(function, values, i, gradient, level, rtol[level - 1], atol[level - 1], rng)
        function = _directional(slopes, values, moving, rng)


def _weighted(f, rng):
    """The sum of the real parts of all outputs of f, each element with a weight of its own."""
    weights = []

    def function(tensors):
        outputs = [y for y in flatten(f(*tensors)) if y.dtype.is_floating or y.dtype.is_complex]
        if not weights:
            weights.extend(_random(rng, y.shape, y.dtype) for y in outputs)
        return _total(y * w for y, w in zip(outputs, weights, strict=True))

    return function


def _random(rng, shape, dtype):
    """A constant of numbers from 0.5 to 1.5, along both axes if they are complex."""
    numbers = rng.uniform(0.5, 1.5, shape)
    if as_dtype(dtype).is_complex:
        numbers = numbers + 1j * rng.uniform(0.5, 1.5, shape)
    return constant(numbers, dtype)


def _total(terms):
    """The sum of the real parts of all elements of some Tensors, as a 0-d Tensor."""
    total = constant(np.float64(0))
    for term in terms:
        total = total + ROWS["sum"](ROWS["real"](term) if term.dtype.is_complex else term)
    return total


def _slopes(function, moving):
    """A function that gives the gradients of `function` by the arguments in `moving`."""

    def slopes(tensors):
        with GradientTape() as tape:
            tape.watch([tensors[i] for i in moving])
            total = function(tensors)
        return tape.gradient(total, [tensors[i] for i in moving])

    return slopes


def _directional(slopes, values, moving, rng):
    """The derivative along a random direction, by the gradients: to be differentiated again."""
    direction = [_random(rng, values[i].shape, values[i].dtype) for i in moving]

    def function(tensors):
        gradients = zip(slopes(tensors), direction, strict=True)
        return _total(g * d for g, d in gradients if g is not None)

    return function


def _compare(function, values, i, gradient, level, rtol, atol, rng):
    """Compare the gradient by argument i with differences of `function`, entry by entry."""
    parts = (gradient.real, gradient.imag) if gradient.dtype.kind == "c" else (gradient,)
    size = len(parts) * gradient.size
    entries = np.arange(size)
    if size > ENTRIES:
        entries = np.sort(rng.choice(size, ENTRIES, replace=False))
    wrong = []
    for entry in entries:
        part, place = entry % len(parts), np.unravel_index(entry // len(parts), gradient.shape)
        got = float(parts[part][place])
        want = _difference(function, values, i, place, 1j if part else 1)
        if not abs(got - want) <= atol + rtol * abs(want):  # NaN is wrong too
            wrong.append((place, got, want))
    if wrong:
        place, got, want = wrong[0]
        at = f" at {[int(k) for k in place]}" if place else ""
        raise AssertionError(
            f"the derivative of order {level} is wrong in argument {i}{at}, where the argument is "
            f"{values[i][place]:.6g}: the tape says {got:.10g}, differences say {want:.10g} "
            f"({len(wrong)} of {len(entries)} entries compared are wrong)"
        )


def _difference(function, values, i, place, axis):
    """The derivative of `function` by one element along an axis, from its values at five points."""
    step = STEP * max(1.0, 2.0 ** np.floor(np.log2(abs(values[i][place]) or 1.0)))
    given = [constant(value) for value in values]

    def at(shift):
        moved = values[i].copy()
        moved[place] += shift * axis
        return float(function([*given[:i], constant(moved), *given[i + 1 :]]))

    return (at(-2 * step) - 8 * at(-step) + 8 * at(step) - at(2 * step)) / (12 * step)


# ------------------------------------------------------- by the names of tf.test and tf.debugging
def compute_gradient(f, x, delta=1 / 1024):
    """The jacobians of `f` by the tape, and by differences of its values.

    f: takes as many arguments as `x` has entries, and returns one Tensor.
    x: a list or tuple of Tensors, floats or arrays of floats.
    delta: what each element is moved by, either way.

    Gives two tuples of 2-D arrays, one array per argument, with a row per element of f's value and
    a column per element of the argument. `testing.check_gradients` compares, and tells what is
    wrong.

    >>> theoretical, numerical = fg.test.compute_gradient(lambda x: x * x, [[1.0, 2.0]])
    >>> theoretical[0]
    array([[2., 0.],
           [0., 4.]], dtype=float32)
    """
    if not isinstance(x, (list, tuple)):
        raise ValueError(f"compute_gradient: x must be a list of arguments, not {short(x)}")
    args = [convert_to_tensor(value) for value in x]
    for k, arg in enumerate(args):
        if not arg.dtype.is_floating:
            raise TypeError(f"compute_gradient: x[{k}] must be floating, not {arg.dtype.name}")
    with GradientTape() as tape:
        tape.watch(args)
        y = f(*args)
        check_value(y, f)
        y = convert_to_tensor(y)
    jacobians = tape.jacobian(y, args, "zero")
    theoretical = [j.numpy().reshape(y.size, x.size) for j, x in zip(jacobians, args, strict=True)]
    numerical = [_differences(f, args, k, y.size, delta) for k in range(len(args))]
    return tuple(theoretical), tuple(numerical)


def _differences(f, args, k, rows, delta):
    """The jacobian of f by argument k, from central differences."""
    array = args[k].numpy()

    def at(element, shift):
        moved = np.array(array)
        moved.reshape(-1)[element] += shift
        y = f(*args[:k], constant(moved), *args[k + 1 :])
        return np.asarray(y.numpy(), np.float64).reshape(-1)

    jacobian = np.empty((rows, array.size), array.dtype)
    for element in range(array.size):
        jacobian[:, element] = (at(element, delta) - at(element, -delta)) / (2 * delta)
    return jacobian


def check_numerics(tensor, message, name=None):
    """`tensor`, if all its numbers are finite; else ValueError, led by `message`.

    Gradients pass through. In a function that is traced it looks at the numbers of each call.

    >>> fg.debugging.check_numerics(fg.constant([1.0, float("nan")]), "step 3")
    Traceback (most recent call last):
    ValueError: step 3 : Tensor had NaN values
    """
    y = ROWS["identity"](tensor)
    if not has_gradient(y.dtype):
        raise TypeError(f"check_numerics: the Tensor must be floating, not {y.dtype.name}")

    def check(y):
        array = y.numpy()
        found = [kind for kind, test in (("Inf", np.isinf), ("NaN", np.isnan)) if test(array).any()]
        if found:
            raise ValueError(f"{message} : Tensor had {' and '.join(found)} values")
        return []

    compute(check, [y], lambda y: [])
    return y


# ------------------------------------------------------------------------------------------ samples
SHAPES = ((), (1,), (5,), (2, 3), (0,))
PAIRS = (((2, 3), (3,)), ((), (4,)), ((3, 1), (1, 2)), ((0, 2), (1,)))


def samples(row, rng, dtype=np.float64):
    """Sample inputs of a row, as (arrays, metadata): what its tests feed it.

    Floating arrays have the given dtype. Those of an elementwise row are spread over its domain,
    with points that keep apart from its centre and from the other arguments, where kinks are.
    """
    if not isinstance(row, Elementwise):
        for arrays, metadata in row.samples(rng):
            yield tuple(_cast(array, dtype) for array in arrays), metadata
        return
    count = len(row.arguments)
    shapes = [(shape,) * count for shape in SHAPES]
    if count > 1:
        shapes += [tuple(pair[k % 2] for k in range(count)) for pair in PAIRS]
        shapes += [tuple(pair[(k + 1) % 2] for k in range(count)) for pair in PAIRS]
    for each in shapes:
        yield tuple(spread(row, k, shape, rng, dtype) for k, shape in enumerate(each)), {}


def domains(row):
    """The domain of each argument of an elementwise row: (low, high), or a range of whole numbers."""
    each = isinstance(row.domain[0], (tuple, range))
    return row.domain if each else (row.domain,) * len(row.arguments)


def spread(row, k, shape, rng, dtype=np.float64):
    """Numbers of some shape for argument k of an elementwise row, spread over its domain."""
    if k in row.bools:
        return rng.random(shape) < 0.5
    low, *_, high = domain = domains(row)[k]
    if row.integers or isinstance(domain, range):
        return np.asarray(rng.integers(low, high + 1, shape), None if row.integers else dtype)
    size = int(np.prod(shape))
    grid = 2 * size + 16
    places = rng.choice(grid, size, replace=False) + 0.5 - 0.17 * k
    return np.asarray(low + (high - low) * places / grid, dtype).reshape(shape)


def _cast(array, dtype):
    if isinstance(array, list):
        return [_cast(part, dtype) for part in array]
    array = np.asarray(array)
    return array.astype(dtype) if array.dtype.kind == "f" else array


def live_counts():
    """How many tensors, buffers and records are alive, as a dict; None if not a debug build."""
    return _buffer.live_counts()
