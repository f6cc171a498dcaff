"""Rules of structured operations that were run often are replayed: the same bits, without Python."""

import zlib

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core import _pullbacks
from fastgrad._rules import Primitive
from fastgrad.primitives import ROWS
from fastgrad.testing import samples

from . import reference
from .calls import gradients

NEVER = 1 << 60
STRUCTURED = [
    row
    for row in ROWS.values()
    if isinstance(row, Primitive)
    and reference.present(row)
    and reference.differentiable(row)
    and row.whole_vjp is None
    and row.accumulate is None
]
# `gather` gives rows of a gradient, here where its argument is a leaf; `insist` is told an exception class.
UNTRACED = {"gather", "insist"}


@pytest.fixture(autouse=True)
def thresholds():
    before = _pullbacks.compile_after(NEVER, NEVER)
    yield
    _pullbacks.compile_after(*before)


@pytest.mark.parametrize("row", STRUCTURED, ids=lambda row: row.name)
@pytest.mark.parametrize("dtype", [np.float64, np.float32], ids=lambda dtype: dtype.__name__)
def test_replayed_rules_give_the_same_bits(row, dtype):
    rng = np.random.default_rng(zlib.crc32(row.name.encode()))
    swept = 0
    for arrays, metadata in samples(row, rng, dtype):
        ys = reference.forward(row, arrays, metadata)
        ys = ys if isinstance(ys, (list, tuple)) else [ys]
        if not all(np.asarray(y).dtype.kind == "f" for y in ys):
            continue
        cts = [np.asarray(rng.normal(size=np.shape(y)), np.asarray(y).dtype) for y in ys]
        values = arrays[0] if isinstance(arrays[0], list) else list(arrays)
        _pullbacks.compile_after(NEVER, NEVER)
        ruled = gradients(row, values, metadata, cts)
        _pullbacks.compile_after(0, 0)
        for _ in range(2):  # the one that makes the plan, and one that finds it
            for one, other in zip(ruled, gradients(row, values, metadata, cts), strict=True):
                np.testing.assert_array_equal(one, other)
        swept += 1
    kinds, plans = _pullbacks.kinds(row.primitive)
    if swept and row.name not in UNTRACED:
        assert plans > 0, (kinds, plans)


def swept(function, *shapes):
    """The gradient of a sum by an array."""
    x = fg.constant(np.arange(1.0, 1.0 + np.prod(shapes[0])).reshape(shapes[0]))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = function(x)
    return tape.gradient(y, x).numpy()


def plans(name):
    return _pullbacks.kinds(ROWS[name].primitive)[1]


def test_rules_are_compiled_after_some_uses_of_a_kind():
    _pullbacks.compile_after(5, 0)
    before = plans("cumsum")
    for _ in range(4):
        swept(fg.cumsum, (3, 7))
    assert plans("cumsum") == before
    swept(fg.cumsum, (3, 7))
    assert plans("cumsum") == before + 1


def test_metadata_and_shapes_tell_kinds_apart():
    _pullbacks.compile_after(0, 0)
    for axis in (0, 1):
        for shape in ((2, 3), (3, 2)):
            for reverse in (False, True):
                g = swept(lambda x: fg.cumsum(x, axis=axis, reverse=reverse), shape)  # noqa: B023
                n = shape[axis]
                along = np.arange(1.0, n + 1) if reverse else np.arange(float(n), 0, -1)
                want = np.broadcast_to(along[:, None] if axis == 0 else along, shape)
                np.testing.assert_array_equal(g, want)


def test_arguments_without_a_path_are_told_apart():
    _pullbacks.compile_after(0, 0)
    a, b = fg.constant(np.arange(6.0).reshape(2, 3)), fg.constant(np.arange(12.0).reshape(3, 4))
    for sources in ([a], [b], [a, b], [b]):
        with fg.GradientTape() as tape:
            tape.watch(sources)
            y = fg.matmul(a, b)
        got = tape.gradient(y, sources)
        ones = np.ones((2, 4))
        for x, g in zip(sources, got, strict=True):
            want = ones @ b.numpy().T if x is a else a.numpy().T @ ones
            np.testing.assert_array_equal(g.numpy(), want)


def test_what_a_record_kept_is_told_apart():
    """It keeps more where more arguments are tracked, whichever a gradient is asked for."""
    _pullbacks.compile_after(0, 0)
    a, b = fg.constant(np.arange(9.0).reshape(3, 3)), fg.constant(np.eye(3) + 1.0)
    want = np.ones((3, 3)) @ b.numpy().T
    for watched in ([a], [a, b], [a]):
        with fg.GradientTape() as tape:
            tape.watch(watched)
            y = fg.matmul(a, b)
        np.testing.assert_array_equal(tape.gradient(y, a).numpy(), want)


def test_a_gradient_that_is_recorded_runs_the_rules():
    _pullbacks.compile_after(0, 0)
    x = fg.constant(np.array([[2.0, 1.0], [1.0, 3.0]]))
    for _ in range(2):
        with fg.GradientTape() as outer:
            outer.watch(x)
            with fg.GradientTape() as inner:
                inner.watch(x)
                y = fg.linalg.det(x @ x)
                g = inner.gradient(y, x)[0, 0]  # 2 det(x) x[1, 1]
        np.testing.assert_allclose(outer.gradient(g, x).numpy()[1, 1], 22.0, rtol=1e-12)


def test_many_kinds_do_not_pile_up():
    _pullbacks.compile_after(NEVER, NEVER)
    for n in range(1, 700):
        swept(fg.reduce_prod, (n,))
    assert _pullbacks.kinds(ROWS["prod"].primitive)[0] <= 256


def test_threads_share_plans():
    from threading import Thread

    _pullbacks.compile_after(3, 0)
    found = []

    def work():
        for _ in range(50):
            found.append(swept(lambda x: fg.linalg.matmul(x, x, transpose_b=True), (3, 3)))

    threads = [Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 200
    for g in found:
        np.testing.assert_array_equal(g, found[0])
