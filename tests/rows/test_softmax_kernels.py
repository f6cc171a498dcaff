"""The kernels of softmax have the bits of the rows' NumPy functions, eagerly and in functions."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.primitives as P
from fastgrad.ops.losses import sparse_softmax_cross_entropy_with_logits as cross_entropy
from fastgrad.ops.reductions import log_softmax, softmax

SHAPES = [(4,), (1,), (5, 10), (128, 10), (7, 3, 33), (3, 1000), (2, 3000), (50, 9), (50, 129)]
FAR = [np.inf, -np.inf, np.nan]


def logits(shape, dtype, far=None):
    x = (3 * np.random.default_rng(len(shape)).normal(size=shape)).astype(dtype)
    if far is not None:
        x.flat[0] = far
    return x


def same(function, want, *arguments):
    arguments = [fg.constant(x) for x in arguments]
    for f in (function, fg.function(function)):
        assert f(*arguments).numpy().tobytes() == want.tobytes()


@pytest.mark.parametrize("far", [None, *FAR])
@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", ["float32", "float64"])
def test_they_have_the_bits_of_numpy(dtype, shape, far):
    x = logits(shape, dtype, far)
    labels = np.random.default_rng(1).integers(0, shape[-1], size=shape[:-1])
    with np.errstate(all="ignore"):
        same(P.softmax, softmax.forward(x, axis=(x.ndim - 1,)), x)
        same(P.log_softmax, log_softmax.forward(x, axis=(x.ndim - 1,)), x)
        for kind in ("int32", "int64"):
            places = np.asarray(labels, kind)
            want = np.asarray(cross_entropy.forward(places, x))
            same(P.sparse_softmax_cross_entropy_with_logits, want, places, x)


@pytest.mark.parametrize("label", [-1, 3])
def test_a_label_that_is_none_raises_in_a_replay(label):
    v = fg.Variable(1.0)

    @fg.function
    def f(labels, x):
        v.assign_add(1.0)
        return P.sparse_softmax_cross_entropy_with_logits(labels, x)

    x = fg.constant(logits((2, 3), "float32"))
    f(fg.constant([0, 2]), x)
    with pytest.raises(IndexError, match=r"labels must be in \[0, 3\)"):
        f(fg.constant([0, label]), x)
    assert v.numpy() == 2.0


def test_a_plan_has_no_python_for_them():
    @fg.function
    def f(labels, x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = fg.reduce_mean(P.sparse_softmax_cross_entropy_with_logits(labels, x))
        return y, tape.gradient(y, x), P.softmax(x), P.log_softmax(x)

    plan = f.plan(fg.constant([0, 2]), fg.constant(logits((2, 3), "float32")))
    assert "call" not in {i["kind"] for i in plan.data["instructions"]}
