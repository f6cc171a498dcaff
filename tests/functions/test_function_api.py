"""`fg.function` as one calls it: what is one trace and what another, numbers, methods, nests, threads."""

import gc
import threading
import warnings
import weakref
from collections import OrderedDict, namedtuple
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core._graph import tracing

Point = namedtuple("Point", "x y")


@dataclass
class Pair:
    a: object
    b: object


def counted(f, **options):
    """(the function, a list with an entry for each run of its Python code)."""
    runs = []

    def body(*args, **kwargs):
        runs.append(args)
        return f(*args, **kwargs)

    return fg.function(body, **options), runs


# ------------------------------------------------------------------------------------- what is a trace
def test_a_trace_for_each_shape_and_dtype():
    f, runs = counted(lambda x: x * 2)
    for _ in range(2):
        f(fg.constant([1.0, 2.0]))
        f(fg.constant([1.0]))
        f(fg.constant([1, 2]))
    assert len(runs) == 3


def test_one_trace_however_an_argument_is_given():
    runs = []

    @fg.function
    def f(x, n=2, *, shift=0.0):
        runs.append(n)
        return x * n + shift

    x = fg.constant(3.0)
    results = [f(x), f(x, 2), f(x, n=2), f(n=2, x=x), f(x, shift=0.0, n=2)]
    assert [y.numpy() for y in results] == [6.0] * 5
    assert runs == [2]
    assert f(x=x, shift=1.0).numpy() == 7.0


def test_options():
    for f in (
        fg.function(lambda x: x + 1.0),
        fg.function()(lambda x: x + 1.0),
        fg.function(jit_compile=True, reduce_retracing=True)(lambda x: x + 1.0),
        fg.function(lambda x: x + 1.0, autograph=False),
    ):
        assert [f(fg.constant(v)).numpy() for v in (1.0, 2.0)] == [2.0, 3.0]


def test_without_autograph_python_asks_tensors():
    @fg.function(autograph=False)
    def f(x):
        return x if x > 0.0 else -x

    with pytest.raises(TypeError, match=f"isn't known.*{__file__}, line .* in f"):
        f(fg.constant(1.0))


def test_running_eagerly_and_back():
    f, runs = counted(lambda x: x * x)
    f(fg.constant(1.0))
    fg.config.run_functions_eagerly(True)
    try:
        assert fg.config.functions_run_eagerly()
        assert [f(fg.constant(v)).numpy() for v in (2.0, 3.0)] == [4.0, 9.0]
    finally:
        fg.config.run_functions_eagerly(False)
    assert len(runs) == 3
    f(fg.constant(5.0))
    assert len(runs) == 3


def test_an_input_signature_fits_and_converts():
    f, runs = counted(
        lambda x, y: fg.reduce_sum(x) * y["a"],
        input_signature=[fg.TensorSpec([None], fg.float64), {"a": fg.TensorSpec([])}],
    )
    with pytest.raises(TypeError, match="body"):
        f([1.0, 2.0], 3.0)
    assert runs == []


def test_concrete_functions_of_unknown_sizes():
    runs = []

    @fg.function
    def f(x, n):
        runs.append(n)
        return x * n

    g = f.get_concrete_function(fg.TensorSpec([None], fg.float64), 3)
    assert runs == []
    for values in ([1.0], [1.0, 2.0], [5.0]):
        assert g(fg.constant(values, fg.float64)).numpy().tolist() == [3 * v for v in values]
    assert len(runs) == 2
    with pytest.raises(TypeError, match="fixed to 3"):
        g(fg.constant([1.0], fg.float64), 4)
    assert f.python_function is f.__wrapped__


def test_a_call_that_does_not_fit():
    f = fg.function(lambda x, n=1: x)
    for args, kwargs in (((), {}), ((1.0, 2, 3), {}), ((1.0,), {"m": 2})):
        with pytest.raises(TypeError, match="<lambda>: "):
            f(*args, **kwargs)


# ------------------------------------------------------------------------------------------- numbers
@pytest.mark.parametrize("dtype", [fg.float16, fg.float32, fg.float64, fg.complex64])
def test_a_number_is_as_weak_as_pythons(dtype):
    def plain(x, rate, n):
        y = x * rate + n - rate * x
        z = fg.stack([x, rate, n]) if x.ndim == 0 else fg.maximum(fg.abs(x), rate)
        return y, z, x / n, (2.0 * rate - 1.0) * x, fg.where(fg.abs(x) > rate, x, n), rate, -rate, n

    f, runs = counted(plain)
    for x in (fg.cast(0.7, dtype), fg.cast([0.7, -3.0], dtype)):
        for k in range(6):
            rate, n = 0.1 * k + 1 / 3, k + 2
            want = [fg.convert_to_tensor(y) for y in plain(x, rate, n)]
            got = f(x, rate, n)
            assert [y.dtype for y in got] == [y.dtype for y in want]
            assert [y.numpy().tobytes() for y in got] == [y.numpy().tobytes() for y in want]
    assert len(runs) <= 6


def test_numbers_beside_integers():
    def plain(x, n, half):
        return x + n, x * half, x // n, x**n

    f, runs = counted(plain)
    for dtype in (fg.int8, fg.int32, fg.int64, fg.uint8):
        x = fg.cast([1, 2, 3], dtype)
        for k in range(1, 5):
            for y, want in zip(f(x, k, k / 3), plain(x, k, k / 3), strict=True):
                assert y.dtype == want.dtype and y.numpy().tobytes() == want.numpy().tobytes()
    with pytest.raises(OverflowError):
        f(fg.constant([1], fg.int8), 300, 1.0)


def test_a_new_float_in_each_call_is_no_new_trace():
    f, runs = counted(lambda x, rate, more: x * rate + more["shift"])
    x = fg.constant([1.0, 2.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for k in range(20):
            assert f(x, k / 4, {"shift": float(k)}).numpy().tolist() == [k / 4 + k, k / 2 + k]
    assert len(runs) == 3


def test_numbers_that_python_needs_are_part_of_the_signature():
    f, runs = counted(lambda x, n, rate: fg.reshape(x, [n, -1]) * rate)
    x = fg.ones([12])
    for n in (1, 2, 3, 2, 1):
        assert f(x, n, n / 2).shape == (n, 12 // n)
    assert len({args[1] for args in runs if type(args[1]) is int}) == 3
    before = len(runs)
    for k in range(10):
        f(x, 2, 0.1 * k)
    assert len(runs) == before


def takes_floats(use, x, n):
    try:
        return use(x, n) is not None
    except TypeError:
        return False


@pytest.mark.parametrize(
    "use",
    [
        lambda x, n: x * 2.0 if n > 3 else x,
        lambda x, n: x * len(range(n)),
        lambda x, n: x[: int(n)],
        lambda x, n: x * len(f"{'a' * n}"),
        lambda x, n: x * {1: 2.0}.get(n, 5.0),
        lambda x, n: x * (1.0 / n),
        lambda x, n: x * float(n),
        lambda x, n: x * (n if n else 7.0),
        lambda x, n: x * (n**0.5),
        lambda x, n: x * np.sqrt(n),
        lambda x, n: x * [n, 2 * n],
        lambda x, n: fg.where(n, x, -x),
        lambda x, n: x.clip(0.0, n),
        lambda x, n: np.sin(n) * x,
        lambda x, n: fg.sin(n) * x,
        lambda x, n: np.multiply(n, x) + np.float32(3.0) * n,
        lambda x, n: fg.constant(n) * x,
        lambda x, n: fg.stack([n, 2.0]) * x,
        lambda x, n: (n * 0.3 + 0.1 * n - n) * x,
        lambda x, n: fg.fill([2], n),
        lambda x, n: fg.concat([x, [n, n]], 0),
    ],
)
def test_what_python_makes_of_a_number(use):
    f = fg.function(use)
    x = fg.constant([0.3, 0.7], fg.float64)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        for n in (1, 2, 5, 4, 1, 3, 1.7, 2.3, 0.1, 1.7):
            if type(n) is float and not takes_floats(use, x, n):
                continue
            want = use(x, n)
            assert f(x, n).numpy().tobytes() == want.numpy().tobytes()
            assert f(x, n).dtype == want.dtype


def test_retracing_for_numbers_is_told_once():
    @fg.function
    def power(x, n):
        for _ in range(n):
            x = x * x
        return x

    x = fg.constant(1.0)
    with pytest.warns(
        RuntimeWarning, match="power has been traced 5 times.*'n'.*fg.constant"
    ) as told:
        for n in range(9):
            power(x, n)
    assert len(told) == 1 and told[0].filename == __file__


def test_bools_and_texts_are_part_of_the_signature():
    f, runs = counted(lambda x, flag, how: (x if flag else -x) * (2.0 if how == "twice" else 3.0))
    x = fg.constant(1.0)
    got = [f(x, a, b).numpy() for a in (True, False) for b in ("twice", "thrice")]
    assert got == [2.0, 3.0, -2.0, -3.0] and len(runs) == 4
    assert f(x, True, "twice").numpy() == 2.0 and len(runs) == 4


def test_zero_and_minus_zero():
    f = fg.function(lambda x: fg.constant(1.0) / fg.constant(x))
    assert [f(v).numpy() for v in (0.0, -0.0, 0.0)] == [np.inf, -np.inf, np.inf]


# --------------------------------------------------------------------------------------------- nests
def test_structures_come_back_as_they_are():
    @fg.function
    def f(x):
        return {
            "point": Point(x, x * 2.0),
            "pair": Pair([x], None),
            "ordered": OrderedDict(b=x, a="text"),
            "empty": ((), [], {}),
            "number": 3,
        }

    for v in (1.0, 2.0):
        y = f(fg.constant(v))
        assert type(y["point"]) is Point and y["point"].y.numpy() == 2 * v
        assert type(y["pair"]) is Pair and y["pair"].a[0].numpy() == v and y["pair"].b is None
        assert type(y["ordered"]) is OrderedDict and list(y["ordered"]) == ["b", "a"]
        assert y["ordered"]["a"] == "text" and y["empty"] == ((), [], {})
        assert y["number"].dtype == fg.int32


@pytest.mark.parametrize(
    "result", [lambda x: (x, -x), lambda x: [x], lambda x: [[x, -x], ()], lambda x: ()]
)
def test_rows_of_tensors_come_back_as_they_are(result):
    f = fg.function(result)
    for v in (1.0, 2.0, 3.0):
        assert repr(f(fg.constant(v))) == repr(result(fg.constant(v)))


def test_structures_as_arguments():
    f, runs = counted(lambda p, d, *rest, **more: p.a * d["w"][0] + p.b.x + sum(rest) + more["k"])
    for v in (1.0, 2.0):
        one = fg.constant(v)
        y = f(Pair(one, Point(one, ())), OrderedDict(w=[one], e={}), one, one, k=one)
        assert y.numpy() == v * v + 4 * v
    assert len(runs) == 1


# --------------------------------------------------------------------------------- methods and closures
class Scale:
    def __init__(self, factor):
        self.factor = fg.Variable(factor)

    @fg.function
    def __call__(self, x, n=1):
        return x * self.factor * n


def test_methods_keep_nothing_alive():
    one, two = Scale(2.0), Scale(3.0)
    assert one(fg.constant(1.0)).numpy() == 2.0 and two(fg.constant(1.0)).numpy() == 3.0
    gone = weakref.ref(one)
    del one
    gc.collect()
    assert gone() is None
    assert two(fg.constant(2.0)).numpy() == 6.0


def test_methods_of_equal_and_unhashable_objects():
    class Same:
        def __init__(self, k):
            self.k = k

        def __eq__(self, other):
            return True

        __hash__ = None

        @fg.function
        def times(self, x):
            runs.append(self.k)
            return x * self.k

    runs = []
    one, two = Same(2.0), Same(3.0)
    for _ in range(2):
        assert one.times(fg.constant(1.0)).numpy() == 2.0
        assert two.times(fg.constant(1.0)).numpy() == 3.0
    assert runs == [2.0, 3.0]


def test_a_concrete_function_keeps_its_object():
    g = Scale(2.0).__call__.get_concrete_function(fg.TensorSpec([]))
    gc.collect()
    assert g(fg.constant(4.0)).numpy() == 8.0


def test_closures():
    shift, v = fg.constant(1.0), fg.Variable(2.0)
    f = fg.function(lambda x: x * v + shift)
    assert f(fg.constant(3.0)).numpy() == 7.0
    v.assign(5.0)
    assert f(fg.constant(3.0)).numpy() == 16.0


def test_inner_functions_are_part_of_the_outer_trace():
    inner, runs = counted(lambda x, n: x * n)
    outer = fg.function(lambda x: inner(x, 2) + inner(x, 3))
    for v in (1.0, 2.0):
        assert outer(fg.constant(v)).numpy() == 5 * v
    assert len(runs) == 2
    assert inner(fg.constant(1.0), 2).numpy() == 2.0


def test_recursion_that_python_ends():
    @fg.function
    def power(x, n):
        return x if n == 1 else x * power(x, n - 1)

    assert [power(fg.constant(2.0), n).numpy() for n in (1, 3, 5)] == [2.0, 8.0, 32.0]


# ------------------------------------------------------------------------------------------ Variables
def test_variables_of_the_first_call():
    class Net:
        def __init__(self):
            self.w = None

        @fg.function
        def __call__(self, x):
            if self.w is None:
                self.w = fg.Variable(lambda: fg.random.normal([2]))
            self.w.assign_add(x)
            return fg.reduce_sum(self.w)

    net = Net()
    first = net(fg.constant([0.0, 0.0])).numpy()
    assert net(fg.constant([1.0, 2.0])).numpy() == pytest.approx(first + 3.0)


# -------------------------------------------------------------------------------------------- threads
def test_threads_trace_once_and_replay_together():
    f, runs = counted(lambda x: fg.reduce_sum(x * x))
    start, results = threading.Barrier(4), []

    def work(k):
        x = fg.constant(np.full(100, float(k)))
        start.wait()
        results.append(all(f(x).numpy() == 100.0 * k * k for _ in range(50)))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert results == [True] * 4 and len(runs) == 1


def test_a_function_called_by_an_effect_of_itself():
    calls = []

    def call(t):
        if len(calls) < 3:
            calls.append(float(t))
            return f(t + 1.0)
        return t

    @fg.function
    def f(x):
        (y,) = tracing().effect(lambda given: [call(*given)], [x], [x])
        return y * 1.0

    assert f(fg.constant(0.0)).numpy() == 3.0
    assert calls == [0.0, 1.0, 2.0]
