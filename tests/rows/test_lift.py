"""Rows on arrays with one more axis in front, and jacobians, which use them."""

import numpy as np
import pytest

import fastgrad as fg
from fastgrad.primitives import ROWS

from .calls import call, flat, outputs

N = 3


def lifted_cases():
    for name, row in ROWS.items():
        if getattr(row, "lift", None) is not None:
            for at, (arrays, metadata) in enumerate(row.samples(np.random.default_rng(7))):
                yield pytest.param(row, arrays, metadata, id=f"{name}-{at}")


def spread_out(x, rng):
    """N arrays like x, different ones if they are not whole numbers."""
    noise = rng.normal(size=(N, *x.shape)) if x.dtype.is_floating else np.zeros((N, *x.shape))
    return (x.numpy() + noise).astype(x.dtype.np_dtype)


@pytest.mark.parametrize("row, arrays, metadata", list(lifted_cases()))
def test_lifted_metadata_mean_the_same_for_each(row, arrays, metadata):
    values = [fg.constant(np.asarray(one)) for one in flat(arrays)]
    full = {**row.defaults, **metadata}
    lifted = row.lift(N, values, row.canonical(values, full) if row.canonical else full)
    if lifted is None:
        return
    rng = np.random.default_rng(3)
    many = [spread_out(one, rng) for one in values]
    whole = outputs(call(row, many, lifted))
    for i in range(N):
        alone = outputs(call(row, [one[i] for one in many], metadata))
        for y, part in zip(whole, alone, strict=True):
            np.testing.assert_allclose(y[i], part, rtol=1e-13, atol=1e-13)


@pytest.mark.parametrize("row, arrays, metadata", list(lifted_cases()))
def test_many_cotangents_give_what_each_gives(row, arrays, metadata):
    x = [fg.constant(np.asarray(one)) for one in flat(arrays)]
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(x)
        parts = [fg.reshape(y, [-1]) for y in outputs(call(row, x, metadata))]
        y = fg.concat([part * k for k in range(1, 9) for part in parts], 0)[:40]
    if not y.dtype.is_floating:
        return
    rows = []
    for unit in np.eye(len(y)):
        rows.append(tape.gradient(y, x, fg.constant(unit, y.dtype), "zero"))
    jacobians = tape.jacobian(y, x, "zero")
    for one, source, each in zip(jacobians, x, zip(*rows, strict=True) if rows else x, strict=True):
        assert one.shape == (*y.shape, *source.shape)
        if rows:
            np.testing.assert_allclose(one, np.stack(each), rtol=1e-12, atol=1e-12)
