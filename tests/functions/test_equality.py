"""Random programs give the same bits as Python, as functions, and as functions called from other threads."""

import os
import signal
import threading
from collections import Counter

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.primitives import ROWS

from .compare import bits, describe, failure, loose, mismatch, shrink
from .programs import Node, Param, Program, load, program
from .row_lists import NOT_IN_PROGRAMS, PICKED, present

PROGRAMS, BATCH = 2000, 50
QUICK = 6  # batches that the fast suite runs

BATCHES = [
    pytest.param(first, marks=[pytest.mark.slow] if first >= QUICK * BATCH else [])
    for first in range(0, PROGRAMS, BATCH)
]


@pytest.fixture
def batch(request):
    """Some programs, made here: the test runs in a process of its own."""
    return [program(seed) for seed in range(request.param, request.param + BATCH)]


@pytest.mark.isolated
@pytest.mark.parametrize("batch", BATCHES, indirect=True)
def test_functions_give_the_bits_of_python(batch, tmp_path):
    builds = load(batch, tmp_path)
    found = {one: mismatch(one, build) for one, build in zip(batch, builds, strict=True)}
    failed = {one: text for one, text in found.items() if text}
    if failed:
        first = next(iter(failed))
        lines = [f"# seed {one.seed}: {text.splitlines()[0]}" for one, text in failed.items()]
        pytest.fail(
            "\n".join([describe(first, failed[first]), "", *lines])
            + f"\n# python -m tests.functions.programs {first.seed} --shrink",
            pytrace=False,
        )


# ------------------------------------------------------------------------------- what the programs are
def covered(seeds):
    return Counter(row for seed in seeds for row in program(seed).rows)


def test_programs_call_every_row():
    counts = covered(range(QUICK * BATCH))
    assert [row for row in PICKED if not counts[row]] == []


@pytest.mark.slow
def test_programs_call_every_row_many_times():
    counts = covered(range(PROGRAMS))
    assert [row for row in PICKED if counts[row] < 3] == []


def test_rows_that_no_program_calls_are_listed_with_a_reason():
    assert {*PICKED, *NOT_IN_PROGRAMS} >= {name for name, row in ROWS.items() if present(row)}
    assert not set(PICKED) & set(NOT_IN_PROGRAMS)
    assert set(NOT_IN_PROGRAMS) <= set(ROWS)
    assert len(PICKED) >= 0.9 * len([row for row in ROWS.values() if present(row)])


FEATURES = {
    "branches": "if ", "elif": "elif ", "else": "else:", "while": "while ", "range": "in fg.range(",
    "break": "break", "continue": "continue", "tape": "GradientTape", "jacobian": ".jacobian(",
    "forward": ".jvp(",
    "assign": ".assign(", "assign_add": ".assign_add(", "Variable": "fg.Variable(", "function": "@function",
    "recompute": "@fg.recompute_grad", "custom": "@fg.custom_gradient", "nested": 'both["c"]',
    "first call": "if not cells", "float16": "fg.float16", "complex": "complex128", "choice": " else v",
}  # fmt: skip


@pytest.fixture(scope="module")
def texts():
    return [program(seed).source for seed in range(QUICK * BATCH)]


@pytest.mark.parametrize("feature", FEATURES)
def test_programs_have(feature, texts):
    assert sum(FEATURES[feature] in text for text in texts) >= 3


def while_loop(cond, body, loop_vars):
    while cond(*loop_vars):
        loop_vars = body(*loop_vars)
    return loop_vars


def scan(fn, elems, initializer):
    carried = [initializer]
    for row in elems:
        carried.append(fn(carried[-1], row))
    return fg.stack(carried[1:])


COMBINATORS = {
    "cond": lambda pred, true_fn, false_fn: true_fn() if pred else false_fn(),
    "while_loop": while_loop,
    "map_fn": lambda fn, elems: fg.stack([fn(row) for row in elems]),
    "scan": scan,
}


@pytest.mark.parametrize("name", COMBINATORS)
def test_programs_have_functions_over_functions(name, monkeypatch, tmp_path):
    if not hasattr(fg, name):
        monkeypatch.setattr(fg, name, COMBINATORS[name], raising=False)
    programs = [program.__wrapped__(seed) for seed in range(120)]
    programs = [one for one in programs if f"fg.{name}(" in one.source]
    assert len(programs) > 3
    for one, build in zip(programs, load(programs, tmp_path), strict=True):
        assert mismatch(one, build) is None


def test_programs_have_many_shapes_and_dtypes():
    params = [param for seed in range(QUICK * BATCH) for param in program(seed).params]
    assert {(), (1,), (3,), (7,), (2, 3), (4, 4), (0,), (1000,), (33, 65)} <= {
        p.shape for p in params
    }
    assert {"float64", "float32", "float16", "complex64", "complex128", "int32"} <= {
        p.dtype for p in params
    }
    assert {"number", "bools", "near", "integers", "normal"} == {p.kind for p in params}


def test_a_program_is_always_the_same():
    for seed in range(10):
        one, other = program.__wrapped__(seed), program.__wrapped__(seed)
        assert one.source == other.source and 3 <= one.size
        for x, y in zip(one.inputs(1), other.inputs(1), strict=True):
            assert repr(x) == repr(y)


def test_inputs_differ_in_values_only():
    for seed in range(20):
        first, second = program(seed).inputs(0), program(seed).inputs(1)
        pairs = [p for p in zip(first, second, strict=True) if isinstance(p[0], fg.Tensor)]
        assert all(x.shape == y.shape and x.dtype == y.dtype for x, y in pairs)
        assert any(x.size == 0 or (x.numpy() != y.numpy()).any() for x, y in pairs)


# --------------------------------------------------------------------- wrong functions do not go unseen
class Faulty:
    """`fg.function` with a fault in each call but the first, which is the one that would trace."""

    def __init__(self, fault):
        self.fault = fault

    def __call__(self, f):
        calls = []

        def run(*args):
            calls.append(args)
            return self.fault(f, args, calls) if len(calls) > 1 else f(*args)

        return run


def _changed(nest, change):
    """A result whose first float Tensor that has elements is changed."""
    done = []

    def walk(part):
        if isinstance(part, dict):
            return {key: walk(value) for key, value in part.items()}
        if isinstance(part, (list, tuple)):
            return type(part)([walk(value) for value in part])
        if not done and isinstance(part, fg.Tensor) and part.size and part.dtype.is_floating:
            done.append(part)
            return fg.constant(change(np.array(part.numpy())))
        return part

    return walk(nest)


def _one_ulp(x):
    x.reshape(-1)[-1] = np.nextafter(x.reshape(-1)[-1], np.asarray(1e4, x.dtype))
    return x


def stale(f, args, calls):
    return f(*calls[0])


def one_ulp(f, args, calls):
    return _changed(f(*args), _one_ulp)


def other_sign_of_zero(f, args, calls):
    return _changed(f(*args), lambda x: np.where(x == 0, -x, x))


def other_shape(f, args, calls):
    return _changed(f(*args), lambda x: x[None])


def wider(f, args, calls):
    return _changed(f(*args), lambda x: x.astype(np.float32 if x.dtype == float else float))


def other_structure(f, args, calls):
    return [f(*args)]


def raising(f, args, calls):
    raise ZeroDivisionError("replay")


def crashing(f, args, calls):
    os.kill(os.getpid(), signal.SIGKILL)


def dropped_assignment(f, args, calls):
    cells = [cell.cell_contents for cell in f.__closure__ or ()]
    variables = [v for v in cells if isinstance(v, fg.Variable)]
    before = [v.numpy() for v in variables]
    result = f(*args)
    for variable, value in zip(variables, before, strict=True):
        variable.assign(value)
    return result


def wrong_in_a_thread(f, args, calls):
    import threading

    wrong = threading.current_thread() is not threading.main_thread()
    return _changed(f(*args), _one_ulp) if wrong else f(*args)


@pytest.mark.parametrize(
    ("fault", "share"),
    [
        (stale, 0.9),
        (one_ulp, 0.9),
        (other_shape, 0.9),
        (wider, 0.9),
        (other_structure, 1),
        (raising, 1),
        (wrong_in_a_thread, 0.9),
    ],
)
def test_a_wrong_replay_is_seen(fault, share, tmp_path):
    programs = [one for one in map(program, range(80)) if loose(one)[0] != "result"][:30]
    builds = load(programs, tmp_path)
    found = [mismatch(p, b, Faulty(fault)) for p, b in zip(programs, builds, strict=True)]
    assert sum(text is not None for text in found) >= share * len(programs)


def baked(k):
    """`fg.function` that keeps the k-th argument of the first call, as if it were a constant."""

    def function(f):
        first = []

        def run(*args):
            first.extend(args[k : k + 1] if not first else [])
            return f(*args[:k], *first, *args[k + 1 :])

        return run

    return function


def test_arguments_of_the_first_call_are_not_kept(tmp_path):
    programs = [one for one in map(program, range(60)) if "@" not in one.source]
    seen = []
    for one, build in zip(programs, load(programs, tmp_path), strict=True):
        seen += [mismatch(one, build, baked(k)) is not None for k in range(len(one._heads()))]
    assert sum(seen) >= 0.6 * len(seen)  # others hold no elements, or the same ones in each call


def test_a_dropped_assignment_is_seen(tmp_path):
    programs = [program(seed) for seed in range(200)]
    programs = [one for one in programs if any(n.text[:1] == "w" for n in one.body)]
    builds = load(programs, tmp_path)
    fault = Faulty(dropped_assignment)
    found = [mismatch(p, b, fault) for p, b in zip(programs, builds, strict=True)]
    assert len(programs) > 10
    seen = [text for text in found if text]  # some assign what is there already
    assert len(seen) >= 0.9 * len(found)
    assert all("variables" in text or "result" in text for text in seen)


SMALL = Program(
    seed=0,
    params=(Param("a", "normal", (3,), "float64"),),
    setup=(),
    body=(
        Node("v1 = a * 0.0"),
        Node("v2 = fg.sin(a)"),
        Node("", (("for j in range(2):", (Node("v2 = v2 * 2.0"), Node("v2 = fg.tan(v2)"))),)),
        Node("v3 = fg.cos(v1) + v2"),
    ),
    result=(("x0", "v1"), ("x1", "v3")),
    form="tuple",
)


def test_the_sign_of_a_zero_is_seen(tmp_path):
    build = SMALL.load(tmp_path)
    assert mismatch(SMALL, build) is None
    assert "got" in mismatch(SMALL, build, Faulty(other_sign_of_zero))


def test_a_result_that_the_next_call_overwrites_is_seen(tmp_path):
    buffers = threading.local()  # else calls beside each other would differ, now and then

    def one_buffer(f):
        def run(a):
            first, second = f(a)
            buffer = buffers.__dict__.setdefault("one", np.empty(1000))
            buffer[:] = first.numpy()
            return fg.numpy.asarray(buffer, copy=False), second

        return run

    large = SMALL.with_(
        params=(Param("a", "normal", (1000,), "float64"),),
        body=(Node("v1 = a * 2.0"), Node("v3 = fg.sin(v1)")),
    )
    found = mismatch(large, large.load(tmp_path), one_buffer)
    assert "after more calls, result[0]: 1000 of 1000 elements" in found


def test_every_nan_is_the_same(tmp_path):
    made = np.array([np.nan, -np.nan, 1.0])
    made.view(np.int64)[1] += 1
    assert bits(made) == bits(np.array([np.nan, np.nan, 1.0]))
    assert bits(made * 1j) != bits(made + 0j)
    assert bits(np.array([0.0])) != bits(np.array([-0.0]))


def test_what_raises_is_a_failure_of_its_own(tmp_path):
    found = mismatch(SMALL, SMALL.load(tmp_path), Faulty(raising))
    assert found.endswith("raised ZeroDivisionError: replay")
    assert failure(SMALL, Faulty(raising)) != failure(SMALL, Faulty(one_ulp))
    assert failure(SMALL) is None
    assert failure(SMALL.with_(body=SMALL.body[1:])) is None  # not a program: v1 is missing


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs a process of its own")
def test_a_crash_is_a_failure():
    assert failure(SMALL, Faulty(crashing)) == "crash: SIGKILL"


def test_a_failure_is_described(tmp_path):
    found = mismatch(SMALL, SMALL.load(tmp_path), Faulty(one_ulp))
    text = describe(SMALL, found)
    assert all(
        part in text
        for part in (SMALL.source, "seed 0", "inputs 1: a =", "1 of 3 elements", "want")
    )


def test_the_least_failing_program(tmp_path):
    def wrong_where_tan_is_called(f):
        import inspect

        return Faulty(one_ulp)(f) if "fg.tan(" in inspect.getsource(f) else f

    least = shrink(SMALL, function=wrong_where_tan_is_called)
    assert [node.text.partition(" = ")[2] for node in least.body] == ["fg.tan(a)"]
    assert len(least.result) == 1


def test_the_least_of_a_long_program():
    seed = next(s for s in range(100) if ".jacobian(" in program(s).source)
    chosen = program(seed)

    def fails(one):
        return ".jacobian(" in one.source and failure(one, Faulty(raising)) is not None

    least = shrink(chosen, fails)
    assert fails(least) and least.size <= min(8, chosen.size)
