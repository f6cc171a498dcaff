"""Rows that plans do without Python: the same bits as NumPy's functions, and errors. What loops keep."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import primitives
from fastgrad.primitives import ROWS

from . import compare

RNG = np.random.default_rng(11)
EVERY = slice(None)


def bits(t):
    return compare.bits(np.asarray(t))


def instructions(block):
    """All instructions of a plan, those of branches and loops too."""
    for i in block:
        yield i
        for part in ("if true", "if false", "test", "body"):
            yield from instructions(i.get(part) or ())


def operations(function, *arguments):
    """The names of what a plan does, but for numbers."""
    plan = function.plan(*arguments)
    found = [i for i in instructions(plan.data["instructions"]) if "operations" in i]
    return [(i["kind"], name) for i in found for name, _, _ in i["operations"]]


def calls(function, *arguments):
    return [name for kind, name in operations(function, *arguments) if kind == "call"]


def x(*shape, dtype=np.float64):
    return RNG.normal(size=shape).astype(dtype)


MOVED = [
    ("squeeze", (x(1, 3, 1),), {}),
    ("squeeze", (x(1, 3, 1),), {"axis": -1}),
    ("swapaxes", (x(2, 3, 4),), {"axis1": 0, "axis2": -1}),
    ("matrix_transpose", (x(2, 3, 4),), {}),
    ("adjoint", (x(3, 2),), {}),
    ("flip", (x(3, 4),), {}),
    ("flip", (x(3, 4),), {"axis": (-1,)}),
    ("flip", (x(0, 4),), {"axis": 0}),
    ("tile", (x(2, 3),), {"multiples": (2, 3)}),
    ("tile", (x(2, 3),), {"multiples": (0, 1)}),
    ("roll", (x(2, 3),), {"shift": 1, "axis": None}),
    ("roll", (x(2, 5, 2),), {"shift": -7, "axis": 1}),
    ("concat", ([x(2, 3), x(2, 1), x(2, 0), x(2, 5)],), {"axis": -1}),
    ("concat", ([x(2, 3) for _ in range(12)],), {"axis": 0}),
    ("stack", ([x(2, 3) for _ in range(11)],), {"axis": 1}),
    ("split", (x(2, 6),), {"num_or_size_splits": 3, "axis": 1}),
    ("split", (x(6, 2),), {"num_or_size_splits": (1, 0, 5)}),
    ("split", (x(6),), {"num_or_size_splits": 1}),
    ("unstack", (x(3, 2),), {"axis": 1}),
    ("unstack", (x(1, 2),), {"axis": 0}),
    ("getitem", (x(3, 4),), {"index": (None, ..., 1)}),
    ("getitem", (x(3, 4, 2),), {"index": (1, ..., slice(None, None, -1), None)}),
    ("getitem", (x(3),), {"index": (..., EVERY)}),
    ("unindex", (x(2, 2),), {"shape": (3, 5), "index": (slice(0, 3, 2), slice(4, 0, -2))}),
    ("unindex", (-np.zeros((3, 1)),), {"shape": (3, 2), "index": (..., None, 0)}),
    ("pad_zeros", (x(2, 3),), {"pad_width": ((1, 0), (2, 3))}),
    ("pad_zeros", (x(2, 0),), {"pad_width": 1}),
    ("diag_part", (x(2, 3, 4),), {"offset": -1}),
    ("diag_part", (x(3, 3),), {"offset": 3}),
    ("diag_embed", (x(2, 3),), {"offset": 1}),
    ("band", (x(2, 3, 4),), {"low": -1, "high": 1}),
    ("band", (x(3, 4),), {"low": None, "high": -(2**40)}),
    ("tril", (x(3, 4),), {"k": 2**40}),
    ("triu", (x(2, 4, 3),), {"k": -1}),
    ("gather", (x(4, 3), np.array([[0, -1], [2, 2]])), {}),
    ("gather", (x(4, 3), np.array([2, 0, 0], np.int32)), {"axis": 1}),
    ("ungather", (x(5, 3), np.array([0, -1, 0, 2, 0])), {"shape": (4, 3), "axis": 0, "batch_dims": 0}),
    ("ungather", (x(2, 4), np.array([0, 1, 1, 1])), {"shape": (2, 3), "axis": 1, "batch_dims": 0}),
    ("one_hot", (np.array([[0, 3], [-1, 2]]),), {"depth": 3, "axis": 1}),
    ("one_hot", (np.array([1], np.int32),), {"depth": 2, "on_value": 2, "off_value": -1, "dtype": np.int8}),
    ("cumsum", (x(2, 3, 4),), {"axis": 1}),
    ("cumsum", (x(5),), {"exclusive": True, "reverse": True}),
    ("cumsum", (-np.zeros((1, 2)),), {"axis": 1, "exclusive": True}),
    ("argmax", (x(3, 70),), {"axis": 1}),
    ("argmax", (x(3, 70),), {"axis": 0, "keepdims": True}),
    ("argmin", (np.round(x(2, 50)),), {}),
    ("argmin", (np.array([[1.0, np.nan], [np.nan, 0]]),), {"axis": 0}),
    ("argmax", (np.array([0.0, -0.0, *[0] * 40, np.nan, np.nan]),), {}),
    ("along", (x(3, 4), np.array([[0, -1], [2, 2], [3, -4]])), {"axis": 1}),
    ("along", (x(3, 4, 2), np.array([[[2, 0]] * 4], np.int32)), {"axis": 0}),
    ("along", (x(2, 0), np.zeros((2, 0), int)), {"axis": 1}),
    ("unalong", (x(2, 3), np.array([[1, 1, -1], [0, 1, 0]])), {"shape": (2, 4), "axis": 1}),
    ("unalong", (x(1, 3, 2), np.zeros((1, 3, 2), np.int32)), {"shape": (4, 3, 2), "axis": 0}),
    ("cast", (x(2, 3),), {"dtype": np.float64}),
    ("cast", (x(2, 3),), {"dtype": "float32"}),
    ("present_max", (np.where(x(3, 40) < 0, np.nan, x(3, 40)),), {"axis": 1}),
    ("present_min", (np.array([[np.nan, np.nan], [np.nan, -np.inf]]),), {"axis": 1}),
    ("ties", (np.round(x(3, 50)), np.full(3, 1.0)), {"axis": (1,)}),
    ("ties", (np.round(x(2, 5, 3)), np.full((2, 1, 3), 0.0)), {"axis": (1,), "keepdims": True}),
    ("ties", (np.array([np.nan, 1.0, np.nan]), np.array(np.nan)), {"axis": (0,)}),
    ("present_ties", (np.array([[np.nan, 1.0, 1.0], [np.nan] * 3]), np.array([1.0, np.nan])), {"axis": (1,)}),
    ("present_ties", (np.array([[np.nan, 1.0, 1.0], [np.nan] * 3]), np.array([1.0, np.nan, 1.0])),
     {"axis": (0,)}),
    ("euclidean_norm", (x(70),), {}),
    ("euclidean_norm", (x(3, 4, 5),), {"axis": (1, -1), "keepdims": True}),
    ("sum", (x(20, 3),), {"axis": 1}),
    ("sum", (-np.zeros((20, 2)),), {"axis": 1}),
    ("max", (x(2, 20, 7),), {"axis": -1}),
    ("contract", (np.round(x(3, 4)), np.round(x(4, 5))), {"subscripts": "ij,jk->ki"}),
    ("contract", (np.round(x(2, 3, 9)), np.round(x(9, 2))), {"subscripts": "ijk,ki->ij"}),
    ("contract", (np.round(x(2, 3)), np.round(x(3, 2))), {"subscripts": "ij,ji->"}),
    ("contract", (x(3), x(2, 3)), {"subscripts": "j,ij->ij"}),
    ("contract", (np.round(x(700, 9)), np.round(x(700, 9))), {"subscripts": "ij,ij->i"}),
    ("contract", (x(2, 0), x(0, 3)), {"subscripts": "ij,jk->ik"}),
    ("any", (x(3, 4) > 1,), {"axis": 1}),
    ("all", (x(3, 0) > 1,), {"axis": 1, "keepdims": True}),
    ("modf", (9 * x(2, 3),), {}),
    ("modf", (x(0),), {}),
    ("frexp", (np.array([0.0, -0.0, np.nan, np.inf, -np.inf, 1e-30, 7]),), {}),
    ("ldexp", (x(2, 3), np.array([[-3, 0, 5], [90, -90, 1]])), {}),
    ("ldexp", (x(2), np.array([-3, 5], np.int32)), {}),
    ("ldexp", (x(2, 3), np.array(-3)), {}),
    ("ldexp", (x(2, 3), np.array(-(2**40))), {}),
    ("ldexp", (x(), np.array(2)), {}),
    ("ldexp", (x(0, 3), np.array([2])), {}),
]  # fmt: skip


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize(("name", "arguments", "metadata"), MOVED)
def test_kernels_have_the_bits_of_numpys_functions(name, arguments, metadata, dtype):
    row = ROWS[name]
    listed = isinstance(arguments[0], list)
    arrays = arguments[0] if listed else arguments
    arrays = [a.astype(dtype) if a.dtype == np.float64 else a for a in arrays]

    def run(*tensors):
        return row.bound(list(tensors), **metadata) if listed else row.bound(*tensors, **metadata)

    replayed = fg.function(run, autograph=False)
    tensors = [fg.constant(a) for a in arrays]
    full = {**row.defaults, **metadata}
    full = row.canonical(tensors, full) if row.canonical else full
    wanted = row.forward(
        arrays if listed else arrays[0], *arrays[1 : 1 if listed else None], **full
    )
    for got in run(*tensors), replayed(*tensors), replayed(*tensors):
        several = isinstance(wanted, list)
        pairs = zip(got, wanted, strict=True) if several else [(got, wanted)]
        for one, other in pairs:
            assert one.shape == other.shape
            assert bits(one) == bits(np.ascontiguousarray(other))
    assert calls(replayed, *tensors) == []


def test_gradients_of_parts_joins_and_places_do_not_call_python():
    def loss(a, i):
        with fg.GradientTape() as tape:
            tape.watch(a)
            p, q, r = fg.split(a, 3, axis=1)
            rows = fg.unstack(p)
            both = fg.concat([q * rows[1], fg.stack(rows), fg.gather(r, i)], axis=0)
            y = fg.reduce_sum(both[1:, ..., ::-1] ** 3) + fg.reduce_sum(fg.pad(a, [[1, 0], [0, 2]]))
        return y, tape.gradient(y, a)

    a, i = fg.constant(x(4, 6)), fg.constant([0, -1, 0])
    f = fg.function(loss, autograph=False)
    for got, wanted in zip(f(a, i), loss(a, i), strict=True):
        np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-14)
    assert calls(f, a, i) == []


def test_parts_of_one_array_are_not_copied_in_plans():
    f = fg.function(lambda a: fg.reduce_sum(fg.split(a, 2)[1] * 2.0), autograph=False)
    a = fg.constant(x(400, 30))
    assert ("kernel", "split") not in operations(f, a)
    assert f(a).numpy() == fg.reduce_sum(a[200:] * 2.0).numpy()


@pytest.mark.parametrize("row", ["gather", "ungather", "along", "unalong"])
@pytest.mark.parametrize("place", [4, -5, 2**63 - 1, -(2**63)])
def test_places_out_of_range_raise_from_a_replay_and_change_nothing(row, place):
    seen, a = fg.Variable(0.0), fg.constant(x(4, 3))

    def run(i):
        seen.assign_add(1.0)
        if row == "gather":
            return primitives.gather(a, i, axis=0)
        if row == "along":
            return primitives.along(a[:, 0], i, axis=0)
        if row == "unalong":
            return primitives.unalong(a[:2, 0], i, shape=(4,), axis=0)
        return primitives.ungather(a[:2], i, shape=(4, 3), axis=0, batch_dims=0)

    f = fg.function(run, autograph=False)
    good = fg.constant([1, -1], fg.int64)
    wanted = bits(f(good))
    seen.assign(0.0)
    with pytest.raises((IndexError, ValueError), match=f"{row}: .*out of bounds"):
        f(fg.constant([0, place], fg.int64))
    assert seen.numpy() == 0
    assert bits(f(good)) == wanted
    assert calls(f, good) == []
    with pytest.raises((IndexError, ValueError), match=f"{row}: .*out of bounds"):
        run(fg.constant([0, place]))


# ----------------------------------------------------------------------------------- what loops keep
def recurrent(step):
    """A function of xs, w and n: the loss and its gradients after `step` for some rows."""

    def loss(xs, w, n):
        with fg.GradientTape() as tape:
            tape.watch([xs, w])
            h = fg.zeros([2, 3], fg.float64)
            for k in fg.range(n):
                h = step(h, xs[k], w)
            y = fg.reduce_sum(h * h)
        return y, tape.gradient(y, w)

    return fg.function(loss)


def cell(h, row, w):
    return fg.tanh(row @ w + fg.sigmoid(h @ w) * h)


def by_hand(xs, w, n):
    with fg.GradientTape() as tape:
        tape.watch(w)
        h = fg.zeros([2, 3], fg.float64)
        for k in range(n):
            h = cell(h, xs[k], w)
        y = fg.reduce_sum(h * h)
    return y, tape.gradient(y, w)


def loops(function, *arguments):
    return [
        i
        for i in instructions(function.plan(*arguments).data["instructions"])
        if i["kind"] == "loop"
    ]


def count(loop, *names):
    return sum(
        name in names for i in loop["body"] if "operations" in i for name, _, _ in i["operations"]
    )


@pytest.mark.parametrize("n", [0, 1, 5])
def test_the_gradient_of_a_loop_computes_nothing_expensive_again(n):
    f = recurrent(cell)
    xs, w, turns = fg.constant(x(5, 2, 3)), fg.constant(x(3, 3)), fg.constant(n)
    for got, wanted in zip(f(xs, w, turns), by_hand(xs, w, n), strict=True):
        wanted = fg.zeros_like(w) if wanted is None else wanted  # after no turn
        np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-12, 1e-13)
    forward, backward = loops(f, xs, w, turns)
    assert count(forward, "matmul") == 2
    assert (
        count(backward, "matmul") == 3
    )  # of two products, but for the cotangent of xs, which nobody asks for
    assert count(backward, "tanh", "sigmoid", "gather") == 0


def test_a_loop_that_is_recomputed_keeps_its_state_only():
    def again(xs, w, n):
        @fg.recompute_grad
        def run(xs, w):
            h = fg.zeros([2, 3], fg.float64)
            for k in fg.range(n):
                h = cell(h, xs[k], w)
            return h

        with fg.GradientTape() as tape:
            tape.watch(w)
            y = fg.reduce_sum(run(xs, w) ** 2)
        return y, tape.gradient(y, w)

    f = fg.function(again)
    xs, w, turns = fg.constant(x(5, 2, 3)), fg.constant(x(3, 3)), fg.constant(4)
    for got, wanted in zip(f(xs, w, turns), by_hand(xs, w, 4), strict=True):
        np.testing.assert_allclose(got.numpy(), wanted.numpy(), 1e-12)
    first, second, backward = loops(f, xs, w, turns)
    assert first["writes"] == []
    assert len(second["writes"]) == 2  # the number of the turn, and h
    assert count(backward, "matmul") == 5


def test_loops_keep_what_a_gradient_around_the_call_needs():
    run = fg.function(
        lambda xs, w: fg.scan(lambda h, row: cell(h, row, w), xs, fg.zeros([2, 3], fg.float64))
    )
    xs, w = fg.constant(x(4, 2, 3)), fg.constant(x(3, 3))
    with fg.GradientTape() as tape:
        tape.watch(w)
        y = fg.reduce_sum(run(xs, w)[-1] ** 2)
    np.testing.assert_allclose(tape.gradient(y, w).numpy(), by_hand(xs, w, 4)[1].numpy(), 1e-12)


def test_second_derivatives_go_through_what_loops_keep():
    def slope(w, xs):
        with fg.GradientTape() as tape:
            tape.watch(w)
            h = fg.zeros([2, 3], fg.float64)
            for row in xs:
                h = cell(h, row, w)
            y = fg.reduce_sum(h * h)
        return fg.reduce_sum(tape.gradient(y, w) ** 2)

    def outer(f, w, xs):
        with fg.GradientTape() as tape:
            tape.watch(w)
            y = f(w, xs)
        return tape.gradient(y, w)

    xs, w = fg.constant(x(3, 2, 3)), fg.constant(x(3, 3))
    wanted = outer(slope, w, xs).numpy()
    around = outer(fg.function(slope), w, xs)
    inside = fg.function(lambda w, xs: outer(slope, w, xs))(w, xs)
    for got in around, inside:
        np.testing.assert_allclose(got.numpy(), wanted, 1e-11)


def test_a_loop_carries_nothing_that_nobody_asks_for():
    @fg.function
    def run(a, n):
        total = unused = a
        for _ in fg.range(n):
            total, unused = total * 1.5, unused @ a
        return total

    a = fg.constant(x(3, 3))
    assert ("kernel", "matmul") not in operations(run, a, fg.constant(2))
    assert bits(run(a, fg.constant(2))) == bits(a * 1.5 * 1.5)


def test_parts_of_what_a_loop_carries_are_read_before_it_changes():
    @fg.function
    def run(a, b, n):
        for _ in fg.range(n):
            a, b = b[1:3], fg.concat([a * 2.0, a], 0)
        return a, b

    a, b = fg.constant([1.0, 2.0]), fg.constant([3.0, 4.0, 5.0, 6.0])
    for n in range(4):
        got = run(a, b, fg.constant(n))
        p, q = a, b
        for _ in range(n):
            p, q = q[1:3], fg.concat([p * 2.0, p], 0)
        assert [bits(t) for t in got] == [bits(p), bits(q)]
