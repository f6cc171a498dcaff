"""Large operations have the same bits on several threads as on one."""

import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _threads

THREADS = fg.config.threading


@pytest.fixture(autouse=True)
def by_itself():
    yield
    THREADS.set_intra_op_parallelism_threads(0)


def on(threads, function, *arguments, shared=True):
    """The bits of a function's results, the third time, lowered for so many threads."""
    THREADS.set_intra_op_parallelism_threads(threads)
    compiled = fg.function(function)
    for _ in range(3):
        results = compiled(*arguments)
    groups = [i for i in compiled.plan(*arguments).data["instructions"] if i["kind"] == "group"]
    assert shared is None or {i["threads"] for i in groups} == {threads if shared else 1}
    return [y.numpy().tobytes() for y in results]


def same(function, *arguments, shared=True):
    want = [y.numpy().tobytes() for y in function(*arguments)]
    for threads in (1, 2, 3):
        assert on(threads, function, *arguments, shared=shared) == want


def numbers(*shape, dtype="float64"):
    return fg.constant(np.random.default_rng(len(shape)).uniform(0.5, 2, shape).astype(dtype))


def chain(x, y):
    z = x * y + x
    return [fg.sin(z) - y * z]


LARGE = [
    ((300_001,), ()),
    ((300, 1000), (1000,)),  # repeated from a copy
    ((40, 5000), (5000,)),  # repeated where it is
    ((300, 1000), (300, 1)),  # each number many times
    ((2, 100_000), (2, 1)),
    ((3, 7, 9000), (7, 9000)),
]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("shapes", LARGE)
def test_ranges(shapes, dtype):
    same(chain, *(numbers(*shape, dtype=dtype) for shape in shapes))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("n", [131_072, 262_145, 300_007])
def test_sums_of_all_numbers(n, dtype):
    def f(x):
        y = fg.sin(x) * x
        return [y, fg.reduce_sum(y), fg.reduce_mean(x + y)]

    same(f, numbers(n, dtype=dtype))


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize(
    "rows, columns", [(300, 1000), (512, 512), (1025, 400), (20_000, 10), (64, 9001)]
)
def test_sums_of_rows(rows, columns, dtype):
    def f(x, v):
        y = fg.sin(x) * v
        return [y, fg.reduce_sum(y, 0), fg.reduce_mean(x * y, 0)]

    x, v = numbers(rows, columns, dtype=dtype), numbers(columns, dtype=dtype)
    same(f, x, v, shared=columns > 10)  # a thread takes columns


def test_sums_of_rows_and_of_all_numbers():
    def f(x):
        y = fg.sin(x)
        return [fg.reduce_sum(y, 0), fg.reduce_sum(y)]

    same(f, numbers(400, 500), shared=False)


def test_variables_written_in_place():
    def bits():
        v = fg.Variable(numbers(500, 500))

        @fg.function
        def step(x):
            v.assign_sub(0.1 * fg.tanh(v * x))

        for k in range(3):
            step(fg.constant(1.0 + k))
        return v.numpy().tobytes()

    THREADS.set_intra_op_parallelism_threads(1)
    want = bits()
    THREADS.set_intra_op_parallelism_threads(2)
    assert bits() == want


@pytest.mark.parametrize("dtype", ["float64", "float32"])
@pytest.mark.parametrize("stack", [(), (5,)])
def test_products(stack, dtype):
    a, b = numbers(*stack, 300, 257, dtype=dtype), numbers(*stack, 257, 150, dtype=dtype)
    same(lambda a, b: [a @ b], a, b, shared=None)
    found = []
    for threads in (1, 2):
        THREADS.set_intra_op_parallelism_threads(threads)
        found.append((a @ b).numpy().tobytes())
    assert found[0] == found[1]


@pytest.mark.parametrize("dtype", ["float64", "float32"])
def test_windows(dtype):
    def f(x, filters):
        with fg.GradientTape() as tape:
            tape.watch([x, filters])
            y = fg.nn.max_pool2d(fg.nn.conv2d(x, filters, 1, "SAME"), 2, 2, "VALID")
        return [y, *tape.gradient(y, [x, filters])]

    x, filters = numbers(33, 20, 21, 3, dtype=dtype), numbers(5, 3, 3, 7, dtype=dtype)
    found = []
    for threads in (1, 3):
        THREADS.set_intra_op_parallelism_threads(threads)
        found.append([y.numpy().tobytes() for y in f(x, filters)])
    assert found[0] == found[1]
    assert on(3, f, x, filters, shared=None) == found[0]


@pytest.mark.parametrize("count", [1999, 2001, 40_000])
def test_many_small_parts(count):
    """More parts than are taken one by one, and a number that shares don't divide."""
    a, b = numbers(count, 3, 5), numbers(count, 5, 4)
    want = a.numpy() @ b.numpy()
    for threads in (1, 2, 3):
        THREADS.set_intra_op_parallelism_threads(threads)
        np.testing.assert_allclose((a @ b).numpy(), want, rtol=1e-14)


def test_several_at_once():
    """Threads of the program that have work for the others at the same time."""
    THREADS.set_intra_op_parallelism_threads(3)
    xs = [numbers(200_000) + k for k in range(4)]
    want = [chain(x, x)[0].numpy().tobytes() for x in xs]
    compiled = fg.function(chain)
    compiled(xs[0], xs[0])
    wrong = []

    def work(k):
        for _ in range(50):
            if compiled(xs[k], xs[k])[0].numpy().tobytes() != want[k]:
                wrong.append(k)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(work, range(4)))
    assert not wrong


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork on this platform")
def test_after_a_fork():
    """A child has none of its parent's threads, and starts its own."""
    program = """
import os, warnings
import numpy as np
import fastgrad as fg

warnings.simplefilter("ignore")
fg.config.threading.set_intra_op_parallelism_threads(2)
f = fg.function(lambda x: fg.sin(x) * x + x)
x = fg.constant(np.linspace(0, 1, 300_000))
want = f(x).numpy()
child = os.fork()
for _ in range(20):
    assert (f(x).numpy() == want).all()
if child == 0:
    os._exit(0)
assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
"""
    subprocess.run([sys.executable, "-c", program], check=True, timeout=60)


@pytest.mark.parametrize(
    "environment, want",
    [
        ({"FASTGRAD_NUM_THREADS": "3"}, 3),
        ({"OMP_NUM_THREADS": "5"}, 5),
        ({"OMP_NUM_THREADS": "4,2"}, 4),
        ({"FASTGRAD_NUM_THREADS": "2", "OMP_NUM_THREADS": "5"}, 2),
    ],
)
def test_numbers_of_threads_that_are_asked_for(environment, want, monkeypatch):
    for name in ("FASTGRAD_NUM_THREADS", "OMP_NUM_THREADS"):
        monkeypatch.delenv(name, raising=False)
    for name, text in environment.items():
        monkeypatch.setenv(name, text)
    assert _threads.default_threads() == want


@pytest.mark.parametrize("text", ["", "0", "-1", "many", "99999999999"])
def test_numbers_of_threads_that_make_no_sense(text, monkeypatch):
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    monkeypatch.delenv("FASTGRAD_NUM_THREADS", raising=False)
    want = _threads.default_threads()
    assert want >= 1
    monkeypatch.setenv("FASTGRAD_NUM_THREADS", text)
    assert _threads.default_threads() == want
