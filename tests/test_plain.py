"""Plain calls of NumPy's functions are served by `_core._plain` where nothing is recorded.

Under a tape that tracks nothing the same call goes the long way: to NumPy's function on views, or to the
row. Both must agree, in values, dtypes, shapes and errors, whatever the arguments are.
"""

import importlib
import itertools

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core._numpy import stands_for
from fastgrad._core._plain import plainly, served
from fastgrad._rules import parameters
from fastgrad.primitives import ROWS

from .test_direct import CASES, inputs, leaves

for _theme in ("linalg", "numbers", "shapes", "sorting"):  # they offer as they are loaded
    importlib.import_module(f"fastgrad._core._plain_{_theme}")

NAN, INF = np.nan, np.inf


def of(dtype, *shape):
    rng = np.random.default_rng(sum(shape))
    return (rng.normal(size=shape) * 4).astype(dtype)


ARRAYS = (
    of("float64"), of("float64", 0), of("float64", 1), of("float64", 7), of("float64", 8),
    np.array([0.0, 3.0, -0.0, 1.0, 3.0, 0.0, 7.0, 8.0, 0.0]),
    np.array([NAN, 1.0, INF, NAN, 1.0, -INF, 2.0]), np.array([NAN, NAN]), np.array([INF, -INF]),
    np.array([1e300, 3.0, -1e300]), np.full(3, 2.5), np.arange(9.0),
    of("float64", 3, 3), of("float64", 2, 5), of("float64", 0, 3), of("float64", 3, 0),
    of("float64", 2, 3, 3), of("float64", 5, 1), of("float64", 1, 7), of("float32", 7),
    of("float32", 3, 3), of("float16", 3), of("int64", 7), of("int64", 3, 3),
    np.array([3, 0, 1, 1, 0, 6, 2]), np.array([0, 1, 2], "int32"), np.array([2**63 - 1, -(2**63), 5]),
    np.array([200, 3, 3], "uint8"), of("float64", 7) > 0, of("float64", 3, 3) > 0, np.array([], bool),
    np.array([1 + 2j, 1 - 2j, 0, 3, NAN * 1j, 1, 2]), of("complex64", 3) + 1j, of("complex128", 3, 3),
)  # fmt: skip
NUMBERS = (
    0, 1, 2, 3, -1, -3, 7, 100, 2**70, True, None, 0.3, 1.0, NAN, 1e9, 30, "x", (2, 2), (3,), (),
    (0, 2), [1, 2], [0, 0, 3], [3, 1], [], [-1], [2**70], [0.5], slice(1, 3), np.arange(3.0),
    np.int64(2), 1j,
)  # fmt: skip
AXES = (0, 1, 2, -1, -3, None, True, 1.0, (0,), 2**70)
PICKED = (
    (3,), (3, 3), (3, 4), (0, 0), (0, 3), (12, 12), (13, 13), (12, 3), (12, 13, 3), (16, 16), (1, 1),
    (19, 19), (22, 22), (28, 28), (29, 12), (31, 31), (12, 12, 12), (14, 12), (8, 8),
)  # fmt: skip
LISTS = (*([ARRAYS[k] for k in picked] for picked in PICKED), [], (ARRAYS[3],), [1.0, ARRAYS[3]])
# Of parts: not 1e9, for which NumPy makes a list of as many.
COUNTS = tuple(n for n in NUMBERS if type(n) is not float or n < 100)
POOLS = {"a": ARRAYS, "n": NUMBERS, "c": COUNTS, "x": AXES, "l": LISTS}

# The kinds of the arguments of calls that are tried: see `POOLS`.
CALLS = {
    "a": """
        atleast_1d atleast_2d atleast_3d ravel squeeze fft.fftshift fft.ifftshift trim_zeros real
        imag angle isreal iscomplex real_if_close sort argsort sort_complex median nanmedian
        nanargmax nanargmin unique unique_counts unique_inverse unique_all flatnonzero nonzero
        argwhere count_nonzero bincount histogram linalg.norm linalg.vector_norm
        linalg.matrix_norm trace linalg.trace diff ediff1d gradient unwrap cumulative_sum
        cumulative_prod polyder polyint nansum nanprod nancumsum nancumprod nanmax nanmin nanmean
        nanvar nanstd nan_to_num ptp diag diagflat vander ix_ linalg.cond linalg.eig linalg.eigvals
    """,
    "aa": """
        broadcast_arrays meshgrid ix_ append compress extract take_along_axis union1d intersect1d
        setdiff1d setxor1d digitize dot inner vdot vecdot linalg.vecdot matvec vecmat outer linalg.outer
        kron tensordot linalg.tensordot cross linalg.cross convolve correlate trapezoid polyadd
        polysub polymul polydiv polyval isclose cov corrcoef isin divmod linalg.lstsq
    """,
    "an": """
        tile resize diag diagflat pad vander delete partition argpartition quantile percentile
        nanquantile nanpercentile isin histogram linalg.matrix_power append linalg.cond
    """,
    "aan": "linalg.lstsq",
    "ax": "sort",
    "axx": "moveaxis",
    "ac": "split array_split hsplit vsplit dsplit",
    "acx": "split array_split",
    "aax": "take_along_axis tensordot",
    "l": "hstack vstack dstack column_stack lexsort linalg.multi_dot",
    "al": "choose",
}
MORE = {
    "histogram2d": [(x, y, *n) for x in ARRAYS[:15] for y in ARRAYS[:12] for n in ((), *zip(COUNTS))],
    "interp": [
        (x, nodes, values)
        for x in ARRAYS[:12]
        for nodes in (*ARRAYS[1:9], np.arange(7.0), np.arange(8.0))
        for values in ARRAYS[1:9]
    ],
    "insert": [(a, n, v) for a in ARRAYS for n in NUMBERS for v in (1.0, 2, NAN, None, 1j, np.ones(2))],
    "average": [(a, axis, b) for a in ARRAYS for b in (*ARRAYS[1:12], np.zeros(7)) for axis in (None, 0)],
    "select": [
        (conditions, choices, default)
        for conditions in ([ARRAYS[28]], [ARRAYS[28], ARRAYS[28]], [ARRAYS[29]], [ARRAYS[3]], ARRAYS[28], [])
        for choices in ([ARRAYS[3]], [ARRAYS[3], 2 * ARRAYS[3]], [ARRAYS[12]], [ARRAYS[19]], [1.0], [])
        for default in (*ARRAYS[::3], 0, 1.0, NAN)
    ],
    "piecewise": [
        (x, conditions, values)
        for x in ARRAYS
        for conditions in ([ARRAYS[28]], [ARRAYS[28], ~ARRAYS[28]], [ARRAYS[29]], ARRAYS[28], [True])
        for values in ([1.0], [1.0, 2.0], [1, 2, 3.5], [np.sin], [None, 1.0], [], (1.0,))
    ],
}  # fmt: skip


def tensors(value):
    if isinstance(value, (list, tuple)):
        return type(value)(tensors(one) for one in value)
    return fg.constant(value) if isinstance(value, np.ndarray) else value


def outcome(call, arguments):
    """A result, or what is raised."""
    try:
        return call(*arguments)
    except Exception as error:
        return error


def same(here, there):
    if isinstance(there, Exception) or isinstance(here, Exception):
        return type(here) is type(there) and str(here) == str(there)
    if type(here) is not type(there):
        return False
    here, there = leaves(here), leaves(there)
    if len(here) != len(there):
        return False
    for one, other in zip(here, there, strict=True):
        if (one.dtype, one.shape) != (other.dtype, other.shape):
            return False
        one, other = np.asarray(one), np.asarray(other)
        size = np.max(np.abs(other), initial=0, where=np.isfinite(other))
        tolerance = 1e-5 if other.dtype.char in "fF" else 1e-12
        if not np.allclose(one, other, tolerance, tolerance * size, equal_nan=True):
            return False
    return True


def numpy_function(name):
    function = np
    for step in name.split("."):
        function = getattr(function, step, None)
    return function


def tried():
    for kinds, names in CALLS.items():
        for name in names.split():
            yield name, kinds, itertools.product(*(POOLS[kind] for kind in kinds if kind != "-"))
    for name, calls in MORE.items():
        yield name, "more", calls


TRIED = [pytest.param(name, calls, id=f"{name}-{kinds}") for name, kinds, calls in tried()]


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize(("name", "calls"), TRIED)
def test_the_short_way_and_the_long_one_agree(name, calls):
    function = numpy_function(name)
    if function is None:
        pytest.skip("this NumPy does not have it")
    call = stands_for(function)
    for arguments in calls:
        given = [tensors(value) for value in arguments]
        here = outcome(call, given)
        with fg.GradientTape():
            there = outcome(call, given)
        assert same(here, there), (arguments, here, there)


def test_every_function_is_tried():
    names = {*MORE, *(name for names in CALLS.values() for name in names.split())}
    assert {numpy_function(name) for name in names} >= set(served())


@pytest.mark.parametrize("name", sorted(CASES))
def test_the_usual_call_is_plain(name):
    functions = [function for function in ROWS[name].numpy if function in served()]
    if not functions:
        pytest.skip("not offered")
    seen = []

    def spied(function, arguments, options):
        seen.append((function, arguments, options))
        return function(*arguments, **options)

    class Spy:
        """NumPy, but for the functions in question."""

        def __init__(self, module):
            self.module = module

        def __getattr__(self, attribute):
            found = getattr(self.module, attribute)
            if any(found is function for function in functions):
                return lambda *arguments, **options: spied(found, arguments, options)
            return Spy(found) if attribute in ("linalg", "fft") else found

    made = inputs(10, "float64")
    CASES[name](Spy(np), *(made[argument] for argument in parameters(CASES[name])[1:]))
    ((function, arguments, options),) = seen
    if not options:
        assert plainly(function, *map(tensors, arguments)) is not None
