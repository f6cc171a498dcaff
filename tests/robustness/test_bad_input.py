"""Input that cannot be right, and input that is right in a form that few expect.

Either an answer or a Python error that names the operation: never a crash, never a wrong number,
and nothing half-written.
"""

import contextlib
import mmap
import os
import sys

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _buffer
from fastgrad.primitives import ROWS

from .support import inside

limits = pytest.mark.skipif(
    sys.platform != "linux" or "asan" in os.environ.get("LD_PRELOAD", ""),
    reason="limits of memory differ",
)
HUGE = 2**33  # rows and columns of an array whose size in bytes overflows


def nested(depth):
    """A list `depth` lists deep, to be taken apart by `flattened`: its destruction is recursive."""
    inner = []
    for _ in range(depth):
        inner = [inner]
    return inner


@pytest.fixture
def deep():
    outer = nested(100_000)
    yield outer
    while outer:
        outer = outer.pop()


@pytest.fixture
def cyclic():
    outer = []
    outer.append(outer)
    yield outer
    outer.clear()


@pytest.fixture
def tape():
    """A tape that records, and still does after the test."""
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        yield tape
        y = x * x
    assert tape.gradient(y, x).numpy() == 6.0


def no_one_knows(*given, **named):
    raise AssertionError("called")


class Index:
    """An index that does something first."""

    def __init__(self, value, before=lambda: None):
        self.value, self.before = value, before

    def __index__(self):
        self.before()
        return self.value


class Array:
    """An array that does something first."""

    def __init__(self, value, before=lambda: None):
        self.value, self.before = value, before

    def __array__(self, dtype=None, copy=None):
        self.before()
        return self.value


# ------------------------------------------------------------------------------------------- no numbers
NO_NUMBERS = {
    "string": "1.0",
    "bytes": b"1.0",
    "object": object(),
    "dict": {"a": 1.0},
    "set": {1.0},
    "generator": (k for k in range(3)),
    "type": float,
    "strings": ["a", "b"],
    "numpy string": np.str_("a"),
    "array of strings": np.array(["a"]),
    "array of objects": np.array([object()]),
    "array of numbers as objects": np.array([1.0, 2.0], object),
    "list with None": [1.0, None],
    "list with an array of objects": [np.array([None])],
    "structured": np.zeros(3, [("a", "f4"), ("b", "f8")]),
    "record": np.zeros(3, [("a", "f4")])[0],
    "datetime": np.array(["2020-01-01"], "M8[D]"),
    "timedelta": np.timedelta64(3, "s"),
    "void": np.zeros(2, "V8"),
    "masked": np.ma.array([1.0, 2.0], mask=[True, False]),
    "list of masked": [np.ma.array([1.0, 2.0], mask=[True, False]), [3.0, 4.0]],
    "gives objects": Array(np.array([object()])),
}
if np.dtype(np.longdouble).itemsize > 8:
    NO_NUMBERS["longdouble"] = np.ones(2, np.longdouble)
    NO_NUMBERS["list of longdouble"] = [np.longdouble(1)]

CONVERSIONS = {
    "constant": fg.constant,
    "convert_to_tensor": fg.convert_to_tensor,
    "Variable": lambda value: fg.Variable(lambda: value),
    "assign": lambda value: fg.Variable([1.0, 2.0]).assign(value),
    "assign_add": lambda value: fg.Variable([1.0, 2.0]).assign_add(value),
    "add": lambda value: fg.add([1.0, 2.0], value),
    "reversed add": lambda value: fg.add(value, fg.Variable([1.0, 2.0])),
    "operator": lambda value: fg.constant([1.0, 2.0]) + value,
    "sin": fg.sin,
    "reduce_sum": fg.reduce_sum,
    "matmul": lambda value: fg.matmul(fg.ones((2, 2)), value),
    "stack": lambda value: fg.stack([value, fg.constant([1.0, 2.0])]),
    "where": lambda value: fg.where([True, False], value, 0.0),
    "cast": lambda value: fg.cast(value, fg.float64),
}


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
@pytest.mark.parametrize("value", NO_NUMBERS.values(), ids=NO_NUMBERS)
def test_what_is_no_number_is_a_type_error(convert, value, tape):
    with pytest.raises(TypeError):
        convert(value)


@pytest.mark.parametrize("convert", CONVERSIONS.values(), ids=CONVERSIONS)
def test_lists_that_are_no_array(convert, cyclic, deep, tape):
    for value in ([[1.0], [1.0, 2.0]], [1.0, [2.0]], [[], [1.0]], nested(65), cyclic, deep):
        with pytest.raises(ValueError):
            convert(value)


@inside
def test_cyclic_and_deep_lists_everywhere(cyclic, deep):
    x = fg.Variable(2.0)
    sgd = fg.keras.optimizers.SGD()
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
        tries = [
            lambda bad: x * bad,
            lambda bad: bad * x,
            lambda bad: fg.concat(bad, 0),
            lambda bad: fg.constant([1.0])[bad],
            lambda bad: fg.reduce_sum([1.0], axis=bad),
            lambda bad: fg.reshape([1.0], bad),
            lambda bad: fg.zeros(bad),
            lambda bad: fg.split([1.0, 2.0], bad),
            lambda bad: fg.one_hot(bad, 3),
            lambda bad: fg.gather([1.0], bad),
            lambda bad: fg.cast(1.0, bad),
            fg.as_dtype,
            tape.watch,
            lambda bad: tape.gradient(bad, x),
            lambda bad: tape.gradient(y, bad),
            lambda bad: tape.gradient(y, x, bad),
            lambda bad: tape.jacobian(y, bad),
            lambda bad: fg.custom_gradient(lambda x: (x, no_one_knows))(bad),
            lambda bad: fg.recompute_grad(lambda x: x)(bad),
            lambda bad: fg.value_and_gradient(lambda x: x, bad),
            fg.keras.optimizers.SGD,
            sgd.apply_gradients,
            lambda bad: sgd.minimize(lambda: x * x, bad),
        ]
        for bad in (cyclic, deep):
            for attempt in tries:
                with pytest.raises((TypeError, ValueError)) as error:
                    attempt(bad)
                assert not isinstance(error.value, RecursionError)
    assert tape.gradient(y, x).numpy() == 4.0


# ------------------------------------------------------------------------------------------- odd memory
def unaligned():
    raw = np.zeros(8 * 6 + 1, np.uint8)
    array = raw[1:].view(np.float64)
    array[:] = np.arange(6.0)
    assert not array.flags.aligned
    return array.reshape(2, 3)


def read_only():
    array = np.arange(6.0).reshape(2, 3)
    array.flags.writeable = False
    return array


def mapped():
    memory = mmap.mmap(-1, 48)
    array = np.frombuffer(memory, np.float64).reshape(2, 3)
    array[:] = np.arange(6.0).reshape(2, 3)
    return array


class Subclass(np.ndarray):
    pass


LAYOUTS = {
    "big-endian": lambda: np.arange(6.0).reshape(2, 3).astype(">f8"),
    "little-endian": lambda: np.arange(6.0).reshape(2, 3).astype("<f8"),
    "Fortran": lambda: np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "transposed": lambda: np.arange(6.0).reshape(2, 3).T,
    "reversed": lambda: np.arange(6.0).reshape(2, 3)[::-1, ::-1],
    "strided": lambda: np.arange(24.0).reshape(4, 6)[::2, ::2],
    "0-stride": lambda: np.broadcast_to(np.arange(3.0), (2, 3)),
    "0-stride number": lambda: np.broadcast_to(np.float64(3), (2, 3)),
    "unaligned": unaligned,
    "read-only": read_only,
    "mapped": mapped,
    "matrix": lambda: np.arange(6.0).reshape(2, 3).view(np.matrix),
    "subclass": lambda: np.arange(6.0).reshape(2, 3).view(Subclass),
    "big-endian column": lambda: np.arange(24.0).reshape(4, 6).astype(">f8")[::-2, 1::2],
    "with an empty axis": lambda: np.zeros((2, 0, 3))[::-1],
    "from a record": lambda: np.array([(1, 2.0), (3, 4.0)], "i4,f8")["f1"],
    "64 axes": lambda: np.arange(2.0).reshape((2,) + (1,) * 63),
}


@pytest.mark.filterwarnings("ignore:the matrix subclass")
@pytest.mark.parametrize("make", LAYOUTS.values(), ids=LAYOUTS)
def test_any_memory_layout_gives_the_same_numbers(make):
    array = make()
    plain = np.ascontiguousarray(np.asarray(array), np.float64).reshape(array.shape)
    for t in (fg.constant(array), fg.convert_to_tensor(array), fg.Variable(array)):
        assert t.dtype == fg.float64
        np.testing.assert_array_equal(t.numpy(), plain, strict=True)
        assert np.asarray(t).flags.c_contiguous
    v = fg.Variable(plain)
    with fg.GradientTape() as tape:
        y = fg.multiply(array, fg.sin(v)) + v * array
    want = plain * np.cos(plain) + plain
    np.testing.assert_allclose(tape.gradient(y, v).numpy(), want, rtol=1e-13)
    np.testing.assert_array_equal(v.assign_add(array).numpy(), plain + plain)
    np.testing.assert_array_equal(np.asarray(make()), np.asarray(array))


@pytest.mark.parametrize("make", LAYOUTS.values(), ids=LAYOUTS)
def test_nothing_aliases_what_it_was_made_from(make):
    array = make()
    if not array.flags.writeable or array.size == 0:
        pytest.skip("cannot be written to")
    t, v = fg.constant(array), fg.Variable(array)
    before = t.numpy()
    with fg.GradientTape() as tape:
        y = v * array + fg.sin(fg.multiply(array, v))
        array[...] = 100
    want = before + before * np.cos(before * before)
    np.testing.assert_array_equal(t.numpy(), before)
    np.testing.assert_array_equal(v.numpy(), before)
    np.testing.assert_allclose(tape.gradient(y, v).numpy(), want)


def test_an_array_can_be_resized_after_its_conversion():
    array = np.arange(5000.0)
    t = fg.constant(array)
    array.resize(10, refcheck=False)
    assert t.numpy().sum() == 5000 * 4999 / 2


def test_a_memory_mapped_file(tmp_path):
    path = tmp_path / "numbers"
    np.arange(1000.0).tofile(path)
    array = np.memmap(path, np.float64, "r+", shape=(10, 100))
    t = fg.constant(array)
    array[:] = 0
    array.flush()
    assert t.numpy()[3, 4] == 304.0


@pytest.mark.parametrize("kind", [list, tuple, np.array], ids=["list", "tuple", "array"])
@pytest.mark.parametrize(
    ("f", "given", "later"),
    [
        (lambda x, m: fg.reshape(x, m), [4, 6], [6, 4]),
        (lambda x, m: fg.transpose(x, m), [2, 0, 1], [0, 1, 2]),
        (lambda x, m: fg.reduce_sum(x, axis=m), [0, 1], [1, 2]),
        (lambda x, m: fg.reduce_mean(x, axis=m), [0, 1], [1, 2]),
        (lambda x, m: fg.reduce_max(x, axis=m), [0, 1], [1, 2]),
        (lambda x, m: fg.reduce_prod(x, axis=m), [0, 1], [1, 2]),
        (lambda x, m: fg.reduce_logsumexp(x, axis=m), [0, 1], [1, 2]),
        (lambda x, m: fg.tile(x, m), [1, 2, 3], [2, 1, 3]),
        (lambda x, m: fg.reverse(x, m), [0, 2], [1, 0]),
        (lambda x, m: fg.split(x, m, axis=2)[1], [1, 3], [3, 1]),
        (lambda x, m: fg.broadcast_to(x, m), [2, 2, 3, 4], [5, 2, 3, 4]),
        (lambda x, m: fg.squeeze(fg.reshape(x, (1, 24, 1)), m), [0, 2], [2, 0]),
        (lambda x, m: fg.gather(x, m, axis=1), [0, 1], [2, 2]),
        (lambda x, m: x[:, np.asarray(m)], [0, 1], [2, 2]),
        (lambda x, m: x[0, 0, :2] * m, [2.0, 3.0], [5.0, 6.0]),
        (lambda x, m: fg.where(m, x[0, 0, :2], 2.0), [True, False], [False, True]),
        (
            lambda x, m: fg.nn.sparse_softmax_cross_entropy_with_logits(m, x[0, :2]),
            [1, 2],
            [0, 0],
        ),
    ],
)
def test_changing_an_argument_later_changes_no_gradient(f, given, later, kind):
    def gradient(change):
        x, argument = fg.Variable(np.arange(24.0).reshape(2, 3, 4)), kind(given)
        with fg.GradientTape() as tape:
            y = fg.reduce_sum(fg.sin(f(x, argument)))
        if change and kind is not tuple:
            argument[:] = later
        return tape.gradient(y, x).numpy()

    np.testing.assert_array_equal(gradient(True), gradient(False))


def test_an_index_array_that_was_read_only_for_a_while():
    x, index = fg.Variable(np.arange(5.0)), np.array([0, 1])
    index.flags.writeable = False
    with fg.GradientTape() as tape:
        y = x[index] * 1.0
    index.flags.writeable = True
    index[:] = 3
    assert tape.gradient(y, x).numpy().tolist() == [1.0, 1.0, 0.0, 0.0, 0.0]


# ------------------------------------------------------------------------------------------ too large
TOO_LARGE = {
    "zeros": lambda: fg.zeros((HUGE, HUGE)),
    "ones": lambda: fg.ones([HUGE, HUGE], fg.int8),
    "zeros of size 0 after all": lambda: fg.zeros((2**62, 2**62, 0)),
    "fill": lambda: fg.fill([HUGE, HUGE], 1.0),
    "constant": lambda: fg.constant(7, shape=[HUGE, HUGE]),
    "constant of 8 PB": lambda: fg.constant(7.0, shape=[2**51]),
    "eye": lambda: fg.eye(HUGE),
    "range": lambda: fg.range(2**62),
    "range of floats": lambda: fg.range(0.0, 1e18, 0.5),
    "linspace": lambda: fg.linspace(0.0, 1.0, 2**60),
    "random": lambda: fg.random.normal([HUGE, HUGE]),
    "broadcast_to": lambda: fg.broadcast_to(fg.Variable([1.0]), (HUGE, HUGE)),
    "broadcast_to 8 PB": lambda: fg.broadcast_to(fg.Variable([1.0]), (2**51,)),
    "broadcasting": lambda: fg.Variable(np.ones((2**25, 1), np.int8)) + np.ones(2**25, np.float64),
    "tile": lambda: fg.tile(fg.Variable([1.0]), [2**62]),
    "one_hot": lambda: fg.one_hot([1, 2], 2**62),
    "expand_dims": lambda: fg.expand_dims(fg.ones((1,) * 64), 0),
    "stack": lambda: fg.stack([fg.ones((1,) * 64)]),
    "newaxis": lambda: fg.ones((1,) * 64)[None],
    "reshape to 65 axes": lambda: fg.reshape(1.0, (1,) * 65),
    "reshape": lambda: fg.reshape(fg.ones(4), (2**32, 2**32, -1)),
    "reshape to a product of 2**64": lambda: fg.reshape(fg.ones(0), (2**32, 2**32, 1)),
    "array of 8 EB": lambda: fg.constant(np.broadcast_to(1.0, (2**30, 2**30))),
}


@pytest.mark.isolated
@pytest.mark.parametrize("make", TOO_LARGE.values(), ids=TOO_LARGE)
def test_what_cannot_fit_is_refused_at_once(make):
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        with pytest.raises((MemoryError, ValueError, IndexError)) as error:
            make()
        y = x * x
    assert str(error.value)
    assert tape.gradient(y, x).numpy() == 6.0


def fill_memory(room):
    """Leave room for so many blocks of 8 MB in this process; gives what fills the rest."""
    import resource

    _buffer.trim_pool()
    used = int(open("/proc/self/statm").read().split()[0]) * resource.getpagesize()
    resource.setrlimit(resource.RLIMIT_AS, (used + room * 2**23, resource.RLIM_INFINITY))
    blocks = []
    with contextlib.suppress(MemoryError):
        while True:
            blocks.append(np.ones(2**20))
    del blocks[-room:]
    return blocks


@pytest.mark.isolated
@limits
def test_running_out_of_memory_is_an_error_one_recovers_from():
    x = fg.Variable(np.ones(2**20))
    _filled = fill_memory(room=32)
    for _ in range(5):
        with fg.GradientTape() as tape:
            y = x
            with pytest.raises(MemoryError):
                while True:
                    y = fg.sin(y)  # saves 8 MB
            reached = y
        with contextlib.suppress(MemoryError):
            tape.gradient(reached, x)
        del y, reached, tape
        with fg.GradientTape() as tape:
            y = fg.reduce_sum(x * 2.0)
        assert tape.gradient(y, x).numpy()[5] == 2.0


@pytest.mark.isolated
@limits
def test_an_optimiser_step_without_memory_changes_nothing():
    import resource

    variables = [fg.Variable(np.ones(2**20)) for _ in range(8)]
    pairs = [(fg.ones(v.shape, fg.float64), v) for v in variables]
    held = [v.read_value() for v in variables]  # so that each needs memory of its own
    sgd = fg.keras.optimizers.SGD(0.5, momentum=0.9)
    before = resource.getrlimit(resource.RLIMIT_AS)
    _filled = fill_memory(room=5)
    with pytest.raises(MemoryError):
        sgd.apply_gradients(pairs)
    resource.setrlimit(resource.RLIMIT_AS, before)
    assert [v.numpy()[7] for v in variables] == [1.0] * 8
    assert sgd.iterations.numpy() == 0
    sgd.apply_gradients(pairs)
    assert [v.numpy()[7] for v in variables] == [0.5] * 8
    assert all(h.numpy()[7] == 1.0 for h in held)


# ----------------------------------------------------------------------------------------- integers
@pytest.mark.parametrize(
    "attempt",
    [
        lambda: fg.constant(2**100),
        lambda: fg.constant([2**100, 1]),
        lambda: fg.constant(300, fg.uint8),
        lambda: fg.constant([1, 2]) + 2**70,
        lambda: fg.constant([1, 2], fg.int8) * 300,
        lambda: fg.constant([1.0]) * 10**400,
        lambda: fg.Variable(1).assign(2**40),
        lambda: fg.add(fg.constant([1], fg.uint8), -1),
    ],
)
def test_an_integer_that_does_not_fit_is_an_overflow_error(attempt, tape):
    with pytest.raises(OverflowError):
        attempt()


@pytest.mark.parametrize("power", [-1, fg.constant(-1), fg.constant([1, -1]), np.array([-2, -2])])
def test_integers_have_no_negative_powers(power, tape):
    with pytest.raises(ValueError, match="power"):
        fg.constant([2, 3]) ** power
    assert (fg.constant([2, 3]) ** 2).numpy().tolist() == [4, 9]


INDICES = [
    slice(None, None, 2**70), slice(None, None, -(2**70)), slice(-(2**70), 2**70),
    slice(2**62, None, -1), slice(None, None, 2**62), slice(None, None, -(2**63)),
    slice(Index(1), Index(4), Index(2)), slice(4, 1), slice(-9, 9, 3), Index(2), np.int8(-1),
    np.array(2), np.array([], int), [], [2, 2], [[0], [-1]], [True] * 5, True, False, None, ...,
    (..., 0), (None, 1, None), (slice(None), None), (True, slice(0, 2)), np.uint64(3),
]  # fmt: skip


@pytest.mark.parametrize("index", INDICES, ids=lambda index: type(index).__name__)
def test_indices_are_numpys(index):
    array, same = (
        np.arange(5.0),
        np.array(index, int) if isinstance(index, list) and not index else index,
    )
    want = array[same]
    x = fg.Variable(array)
    with fg.GradientTape() as tape:
        got = x[index]
        y = fg.reduce_sum(got * 2.0)
    np.testing.assert_array_equal(got.numpy(), want)
    places = np.zeros(5)
    np.add.at(places, same, 2.0)
    np.testing.assert_array_equal(tape.gradient(y, x).numpy(), places)


@pytest.mark.parametrize(
    ("index", "error"),
    [
        (5, IndexError), (-6, IndexError), (2**70, IndexError), (-(2**70), IndexError),
        ((0, 0), IndexError), (1.0, TypeError), ("a", TypeError), ([0.5], TypeError),
        (1j, TypeError), ({}, TypeError), ([True] * 4, IndexError), ([0, 9], IndexError),
        (np.array([2**40]), IndexError), ((..., ...), IndexError), (slice("a"), TypeError),
        (slice(None, None, 0), ValueError), ([[0], [1, 2]], (TypeError, ValueError)),
        (np.array(["a"]), TypeError), (Index(7), IndexError), (Index("a"), TypeError),
        (fg.constant(1.0), TypeError), (fg.constant([9]), IndexError), ((0,) * 70, IndexError),
        ((None,) * 64, (IndexError, ValueError)), (np.array([1.0]), TypeError),
    ],
)  # fmt: skip
def test_bad_indices(index, error, tape):
    x = fg.Variable(np.arange(5.0))
    with pytest.raises(error):
        x[index]
    with pytest.raises(error):
        fg.constant(np.arange(5.0))[index]


@pytest.mark.isolated
@pytest.mark.parametrize("ndim", [31, 32, 33, 63, 64])
def test_indexing_with_many_axes(ndim):
    # NumPy's own add.at crashes beyond 32 axes
    x = fg.Variable(np.ones((2,) + (1,) * (ndim - 2) + (2,)))
    with fg.GradientTape(persistent=True) as tape:
        y, z = x[[0, 0, 1]], fg.gather(x, [1, 1, 0])
    assert tape.gradient(y, x).numpy().reshape(-1).tolist() == [2.0, 2.0, 1.0, 1.0]
    assert tape.gradient(z, x).numpy().reshape(-1).tolist() == [1.0, 1.0, 2.0, 2.0]


# -------------------------------------------------------------------------- callbacks with intentions
@pytest.mark.isolated
def test_a_callback_that_raises_is_heard():
    x = fg.Variable([1.0, 2.0])

    def fail():
        raise KeyError("mine")

    with fg.GradientTape() as tape:
        for attempt in (
            lambda: fg.constant(Array(None, fail)),
            lambda: x * [Array(None, fail)],
            lambda: fg.multiply(x, Array(None, fail)),
            lambda: x.assign(Array(None, fail)),
            lambda: x[Index(0, fail)],
            lambda: x[Index(0, fail) :],
            lambda: fg.reduce_sum(x, axis=Index(0, fail)),
            lambda: fg.reshape(x, (Index(2, fail),)),
            lambda: fg.ones((Index(2, fail),)),
            lambda: fg.Variable(fail),
        ):
            with pytest.raises(KeyError, match="mine"):
                attempt()
        y = x * x
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]


@pytest.mark.isolated
@pytest.mark.parametrize("size", [3, 5000])
def test_a_callback_that_assigns_meanwhile(size):
    x = fg.Variable(np.ones(size))
    other = Array(np.full(size, 3.0), lambda: x.assign(np.full(size, 7.0)))
    for operate in (
        fg.multiply,
        lambda a, b: fg.multiply(b, a),
        lambda a, b: a * [*np.ones(size)] * 3,
    ):
        x.assign(np.ones(size))
        with fg.GradientTape() as tape:
            y = operate(x, other)
        assert y.numpy()[0] in (3.0, 21.0)
        assert tape.gradient(y, x).numpy().tolist() == [3.0] * size
    x.assign(np.ones(size))
    assert x.assign_add(other).numpy()[0] in (4.0, 10.0)
    before = x.numpy()[0]
    assert x[Index(1, lambda: x.assign(np.zeros(size)))].numpy() in (0.0, before)


@pytest.mark.isolated
@pytest.mark.parametrize("act", ["leave", "reset", "gradient", "delete", "enter"])
def test_a_callback_that_meddles_with_the_tape(act):
    for size in (1, 3000):
        x = fg.Variable(np.ones(size))
        tapes = [fg.GradientTape()]
        tapes[0].__enter__()
        y = fg.sin(x * 2.0)

        def meddle(tapes=tapes, x=x, y=y):
            if act == "leave":
                tapes[0].__exit__(None, None, None)
            elif act == "reset":
                tapes[0].reset()
            elif act == "gradient":
                tapes[0].gradient(y, x)
            elif act == "delete":
                tapes.clear()
            else:
                tapes.append(fg.GradientTape())
                tapes[1].__enter__()

        z = fg.multiply(y, Array(np.ones(size), meddle)) * y
        w = fg.concat([z, y[Index(0, lambda: None) :]], 0)
        assert w.shape == (2 * size,)
        for tape in tapes:
            tape.__exit__(None, None, None)
            with contextlib.suppress(RuntimeError):
                g = tape.gradient(w, x)
                assert g is None or g.shape == x.shape
        with fg.GradientTape() as tape:
            y = x * x
        assert tape.gradient(y, x).numpy()[0] == 2.0


@pytest.mark.isolated
def test_a_variable_is_made_once():
    v = fg.Variable(np.zeros(10_000))

    def again(value):
        with contextlib.suppress(Exception):
            v.__init__(value)

    v.assign(Array(np.ones(10_000), lambda: again(np.zeros(10_000, np.float32))))
    v.assign_add(Array(np.ones(10_000), lambda: again(np.zeros(3))))
    assert v.dtype == fg.float64 and v.numpy().tolist() == [2.0] * 10_000

    bare = fg.Variable.__new__(fg.Variable)
    with contextlib.suppress(Exception):
        bare.assign(Array(np.float32(1), lambda: bare.__init__(np.zeros(3000, np.int8))))
    with contextlib.suppress(Exception):
        bare.assign_add(Array(np.float32(1), lambda: bare.__init__(np.zeros(3000, np.int8))))
    assert bare.numpy().shape == bare.shape


class Liar(tuple):
    """A shape that says 2 and gives many."""

    __slots__ = ()

    def __len__(self):
        return 2

    def __iter__(self):
        return iter(range(300))


class ListLiar(list):
    def __len__(self):
        return 10**6


@pytest.mark.isolated
@pytest.mark.parametrize("liar", [Liar((2, 3)), ListLiar([2, 3])], ids=["tuple", "list"])
def test_sequences_that_lie_about_their_length(liar):
    x = fg.Variable(np.ones((2, 3)))
    with fg.GradientTape() as tape:
        for attempt in (
            lambda: fg.reshape(x, liar),
            lambda: fg.broadcast_to(x, liar),
            lambda: fg.reduce_sum(x, axis=liar),
            lambda: fg.transpose(x, liar),
            lambda: fg.tile(x, liar),
            lambda: fg.zeros(liar),
            lambda: fg.split(x, liar, axis=1),
            lambda: fg.squeeze(x, liar),
            lambda: x[liar],
            lambda: fg.constant(liar),
            lambda: fg.concat(liar, 0),
            lambda: fg.stack(liar),
            lambda: fg.random.normal(liar),
            lambda: fg.constant(1.0, shape=liar),
            lambda: ROWS["sum_to"](x, shape=liar),
            lambda: fg.TensorShape(liar),
            lambda: tape.gradient(x, liar),
            lambda: tape.watch(liar),
        ):
            with contextlib.suppress(Exception):
                attempt()


@pytest.mark.isolated
def test_sources_that_change_while_they_are_differentiated():
    x, c = fg.Variable(2.0), fg.constant(1.0)
    for change in (lambda s: s.clear(), lambda s: s.__setitem__(slice(None), [None, None])):
        sources = [x, c]

        @fg.custom_gradient
        def f(x, change=change, sources=sources):
            def grad_fn(ct):
                change(sources)
                return ct

            return x * 1.0, grad_fn

        with fg.GradientTape() as tape:
            y = f(x) * 2.0
        g = tape.gradient(y, sources)
        assert g[0].numpy() == 2.0 and g[1] is None


class Mine(np.ndarray):
    """An array class that has its own idea of arithmetic."""

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return f"mine: {ufunc.__name__}"


class NotMine(np.ndarray):
    __array_ufunc__ = None

    def __rmul__(self, other):
        return "mine"


def test_arrays_with_arithmetic_of_their_own_are_asked():
    t, v = fg.constant([1.0, 2.0]), fg.Variable([1.0, 2.0])
    assert np.ones(2).view(Mine) * t == "mine: multiply"
    for x in (t, v):
        assert x * np.ones(2).view(Mine) == "mine: multiply"
        assert x * np.ones(2).view(NotMine) == "mine"


# ---------------------------------------------------------------------------------- complex numbers
@pytest.mark.isolated
@pytest.mark.filterwarnings("ignore::numpy.exceptions.ComplexWarning")
@pytest.mark.parametrize("value", [3 + 4j, [3 + 4j, 1 - 1j]], ids=["0-d", "1-d"])
@pytest.mark.parametrize("dtype", [fg.complex64, fg.complex128], ids=["64", "128"])
@pytest.mark.parametrize(
    "f",
    [
        fg.abs,
        lambda z: z * 2.0,
        lambda z: z * z,
        lambda z: fg.cast(z, fg.float64),
        lambda z: fg.reduce_sum(fg.abs(z * z)),
        lambda z: fg.math.real(z) if hasattr(fg.math, "real") else fg.abs(z),
        lambda z: fg.cast(z[..., None], fg.float32),
        lambda z: fg.where(fg.equal(z, 0.0), 0.0, z),
    ],
)
def test_a_complex_source_has_a_complex_gradient_or_none_at_all(value, dtype, f):
    z = fg.constant(value, dtype)
    with fg.GradientTape() as tape:
        tape.watch(z)
        y = f(z)
    with contextlib.suppress(TypeError):
        g = tape.gradient(y, z)
        assert g is None or g.dtype == dtype


# --------------------------------------------------------------------------------------- odd truth values
@pytest.mark.isolated
@pytest.mark.parametrize("n", [1, 3, 100])
def test_bytes_seen_as_bools_are_true_or_false(n):
    """A view of other bytes holds true values that are not 1; NumPy takes them for true."""
    odd = np.resize(np.array([2, 255, 0], np.uint8), n).view(bool)
    want, x = np.tile([True, True, False], 40)[:n], np.arange(1.0, n + 1)
    taken = (
        fg.constant(odd), fg.Variable(odd).read_value(), fg.convert_to_tensor(odd),
        fg.numpy.reshape(odd, (n,)), fg.numpy.flip(fg.numpy.flip(odd)), fg.reshape(odd, [n]),
        fg.stack([odd, odd])[1], fg.numpy.asarray(odd),
    )  # fmt: skip
    for t in taken:
        assert t.numpy().view(np.uint8).tolist() == want.astype(np.uint8).tolist()
        assert fg.numpy.compress(t, fg.constant(x)).numpy().tolist() == x[want].tolist()
        assert fg.numpy.extract(t, fg.constant(x)).numpy().tolist() == x[want].tolist()
        assert int(fg.numpy.count_nonzero(t)) == want.sum()
        assert fg.where(t, x, 0.0).numpy().tolist() == np.where(want, x, 0.0).tolist()
        assert fg.constant(x)[t].numpy().tolist() == x[want].tolist()


def test_more_parts_than_memory_holds_is_an_error_at_once():
    for count, error in ((2**70, OverflowError), (2**62, MemoryError)):
        with fg.GradientTape() as tape, pytest.raises(error):
            x = fg.constant([1.0, 2.0, 3.0])
            tape.watch(x)
            fg.numpy.array_split(x, count)
