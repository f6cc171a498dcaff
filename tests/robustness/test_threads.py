"""Tapes in threads, forks and at the end of the process."""

import os
import subprocess
import sys
import textwrap
import threading
import time

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _trace

from .support import in_thread, inside, numbers, works


def at_once(f, threads=8):
    """Run f in many threads at once; raises the first error of any."""
    errors, start = [], threading.Barrier(threads)

    def run():
        try:
            start.wait()
            f()
        except BaseException as error:
            errors.append(error)

    started = [threading.Thread(target=run) for _ in range(threads)]
    for thread in started:
        thread.start()
    for thread in started:
        thread.join()
    if errors:
        raise errors[0]


@pytest.fixture
def switching():
    """Threads take turns as often as they can."""
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(interval)


def test_threads_share_constants_and_variables():
    x, v = fg.constant(3.0), fg.Variable(3.0)
    for source in (x, v):
        with fg.GradientTape() as tape:
            tape.watch(source)
            y = source * source

            def other(source=source, y=y):
                with fg.GradientTape() as mine:
                    mine.watch([source, y])
                    z = source * source * source * y
                return numbers(mine.gradient(z, [source, y]))

            assert in_thread(other) == [243.0, 27.0]
            z = y * source
        assert numbers(tape.gradient(z, [source, y])) == [27.0, 3.0]


class Elsewhere:
    """An array during whose conversion another thread uses a variable."""

    def __init__(self, value, variable):
        self.value, self.variable = value, variable

    def __array__(self, dtype=None, copy=None):
        def use():
            with fg.GradientTape() as tape:
                y = self.variable * 2.0
            assert tape.gradient(y, self.variable) is not None

        in_thread(use)
        return self.value


def test_another_thread_in_the_middle_of_an_operation():
    x = fg.Variable(np.ones(3))
    other = Elsewhere(np.arange(3.0), x)
    for f in (
        lambda: fg.multiply(x, other),
        lambda: fg.multiply(other, x),
        lambda: fg.reduce_sum(fg.stack([x, other]) * [[0.0, 1.0, 2.0], [0.0] * 3], axis=0),
        lambda: fg.where([False, True, True], x * [0.0, 1.0, 2.0], other),
        lambda: fg.tensordot(x, other, 1),
    ):
        with fg.GradientTape() as tape:
            y = f()
        assert numbers(tape.gradient(y, x)) == [0.0, 1.0, 2.0]


@pytest.mark.isolated
@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("kind", ["constant", "variable", "with array", "structured", "assigned"])
def test_eight_threads_with_tapes_of_their_own(kind):
    x = (fg.constant if kind == "constant" else fg.Variable)(np.full(3, 3.0))
    factor = np.arange(3.0)

    def work():
        for _ in range(400):
            with fg.GradientTape() as tape:
                tape.watch(x)
                if kind == "with array":
                    y = x * factor
                elif kind == "structured":
                    y = fg.cumsum(fg.reshape(x, (1, 3)), axis=1)
                else:
                    y = x * x
            if kind == "assigned":
                x.assign(np.full(3, 3.0))
            want = {"with array": [0.0, 1.0, 2.0], "structured": [3.0, 2.0, 1.0]}.get(
                kind, [6.0] * 3
            )
            assert numbers(tape.gradient(y, x)) == want

    at_once(work)


@pytest.mark.isolated
@pytest.mark.usefixtures("switching")
@pytest.mark.parametrize("persistent", [False, True])
def test_one_tape_asked_by_many_threads(persistent):
    @fg.custom_gradient
    def slow(x):
        def grad_fn(ct):
            time.sleep(0.01)
            return ct * 2.0

        return x * 2.0, grad_fn

    x, got = fg.Variable(np.zeros(10)), []
    with fg.GradientTape(persistent) as tape:
        y = fg.reduce_sum(fg.sin(slow(fg.sin(x))))

    def ask():
        try:
            got.append(tape.gradient(y, x).numpy()[3])
        except RuntimeError:
            got.append(None)

    at_once(ask)
    assert sorted(got, key=str) == ([2.0] * 8 if persistent else [2.0] + [None] * 7)


FIRST_USES = """
import sys, threading
import numpy as np
import fastgrad as fg

def results():
    for dtype in ("float32", "float64"):
        x = fg.Variable(np.array([0.2, 0.4, 0.7, 0.9], dtype))
        for f in [
            lambda x: x * x, fg.sin, fg.exp, fg.tanh, fg.sigmoid, fg.nn.relu, lambda x: x**3,
            lambda x: x / (x + 1.0), lambda x: fg.maximum(x, 0.5), fg.reduce_sum, fg.nn.softplus,
            lambda x: fg.where(x > 0.5, x, -x), lambda x: fg.concat([x, x], 0), fg.math.log,
        ]:
            with fg.GradientTape() as outer:
                with fg.GradientTape() as tape:
                    y = f(x)
                g = tape.gradient(y, x)
            h = outer.gradient(g, x)
            for t in (y, g, h):
                yield None if t is None else (t.dtype, t.numpy().tobytes())

sys.setswitchinterval(1e-6)
start, found = threading.Barrier(8), []

def work():
    start.wait()
    found.append(list(results()))

threads = [threading.Thread(target=work) for _ in range(8)]
for thread in threads:
    thread.start()
for thread in threads:
    thread.join()
assert len(found) == 8 and all(f == list(results()) for f in found)
"""


@pytest.mark.parametrize("attempt", range(3))
def test_the_first_use_of_an_operation_in_many_threads(attempt):
    command = [sys.executable, "-X", "faulthandler", "-c", FIRST_USES]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr


@inside
@pytest.mark.isolated
@pytest.mark.usefixtures("switching")
def test_tapes_that_change_hands():
    x = fg.Variable(3.0)
    tapes = [fg.GradientTape(persistent=True) for _ in range(50)]

    def enter():
        for tape in tapes:
            tape.__enter__()
        return x * x

    y = in_thread(enter)
    z = x * y
    for tape in tapes[::2]:
        tape.__exit__(None, None, None)
    assert numbers(tapes[0].gradient(y, x)) == 6.0 and tapes[0].gradient(z, x) is None
    with pytest.raises((RuntimeError, ValueError)):
        tapes[1].__enter__()
    del tapes[::3]
    assert numbers(tapes[3].gradient(y, x)) == 6.0
    tapes.clear()
    assert works() and in_thread(works)


@pytest.mark.isolated
def test_more_threads_than_a_counter_of_16_bits_holds():
    for _ in range(70_000):  # what a thread needs to have a tape
        _trace.Trace()
    assert all(in_thread(works) for _ in range(5))


@pytest.mark.isolated
@pytest.mark.skipif(sys.platform != "linux", reason="calls pthreads")
def test_a_thread_that_python_did_not_make():
    """C calls back twice in one thread; Python takes that for two threads, one after the other."""
    import ctypes

    libc = ctypes.CDLL(None)
    x, kept, heard, dropped = fg.Variable(3.0), [], [], threading.Event()

    @ctypes.CFUNCTYPE(ctypes.c_void_p, ctypes.c_void_p)
    def run(_):
        heard.append(works())
        kept.append(fg.GradientTape(persistent=True))
        with kept[0]:
            kept.append(x * x)
        libc.pthread_setspecific(key, ctypes.c_void_p(1))

    @ctypes.CFUNCTYPE(None, ctypes.c_void_p)
    def end(_):
        heard.append(dropped.wait(60) and works())

    key, thread = ctypes.c_uint(), ctypes.c_ulong()
    assert libc.pthread_key_create(ctypes.byref(key), end) == 0
    assert libc.pthread_create(ctypes.byref(thread), None, run, None) == 0
    while len(kept) < 2:
        time.sleep(0.001)
    assert numbers(kept[0].gradient(kept[1], x)) == 6.0
    kept.clear()
    _spread = [np.ones(k) for k in range(2000)]  # where the trace of the thread was
    dropped.set()
    libc.pthread_join(thread, None)
    assert heard == [True, True] and works()


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
@pytest.mark.filterwarnings("ignore:.*use of fork")
def test_a_fork_inside_a_tape():
    x = fg.Variable(np.full(3, 3.0))
    with fg.GradientTape() as tape:
        y = x * x
        pid = os.fork()
        y = y * x
        if pid == 0:
            try:
                good = numbers(tape.gradient(y, x)) == [27.0] * 3 and works() and in_thread(works)
            finally:
                os._exit(0 if good else 1)
    assert numbers(tape.gradient(y, x)) == [27.0] * 3
    assert os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) == 0


@pytest.mark.parametrize(
    "program",
    [
        "tape = fg.GradientTape(); tape.__enter__(); y = fg.sin(x)",
        """
        class Tape(fg.GradientTape):
            pass

        tape = Tape()
        tape.me = tape
        tape.__enter__()
        y = x * x
        """,
        """
        def work():
            global tape
            tape = fg.GradientTape()
            tape.__enter__()
            fg.sin(x)
        threading.Thread(target=work).start()
        """,
        """
        def work():
            while True:
                with fg.GradientTape() as tape:
                    y = fg.sin(x) * x
                tape.gradient(y, x)
        threading.Thread(target=work, daemon=True).start()
        time.sleep(0.05)
        """,
        """
        class Late:
            def __del__(self):
                with fg.GradientTape() as tape:
                    y = fg.concat([x, x], 0)
                tape.gradient(y, x)
        import atexit
        late = Late()
        sys.modules["late"] = Late()
        atexit.register(lambda late=Late(): late.__del__())
        """,
    ],
)
def test_the_end_of_the_process(program):
    head = "import sys, threading, time\nimport numpy as np, fastgrad as fg\n"
    code = head + "x = fg.Variable(np.ones(100))\n" + textwrap.dedent(program)
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=60)
    assert ran.returncode == 0, ran.stderr
    assert "Error" not in ran.stderr.replace("AttributeError: 'NoneType'", "")


def test_threads_that_ask_for_the_first_later_rows():
    program = """if True:
        import threading
        import numpy as np
        import fastgrad as fg
        from fastgrad import primitives

        def ask(name):
            start.wait()
            found.append(getattr(primitives, name) if name != "numpy" else fg.numpy.cumprod)

        names = ["erf", "numpy", "solve", "ROWS", "logdet", "cumprod", "numpy", "std"]
        start, found = threading.Barrier(len(names)), []
        threads = [threading.Thread(target=ask, args=[name]) for name in names]
        [thread.start() for thread in threads]
        [thread.join(30) for thread in threads]
        assert len(found) == len(names), found
    """
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0 and not done.stderr, done.stderr
