"""The names of TensorFlow: functions, and the keywords they take."""

import importlib.util

import numpy as np
import pytest

import fastgrad as fg
from fastgrad import testing
from fastgrad.ops._keywords import NUMPY, TENSORFLOW, keywords_of
from fastgrad.primitives import ROWS


def numpy(result):
    return [t.numpy() for t in result] if isinstance(result, list) else [result.numpy()]


def renamed(row):
    return [(row.name, other, own) for other, own in row.aliases.items()]


def present(row):
    """True if what computes a row is installed."""
    return getattr(row, "lazy", None) is None or importlib.util.find_spec("scipy") is not None


PRIMITIVES = [row for row in ROWS.values() if row.kind != "composition" and present(row)]
ALL = [entry for row in PRIMITIVES for entry in renamed(row)]


@pytest.mark.parametrize(("name", "other", "own"), ALL)
def test_other_keywords(name, other, own):
    row = ROWS[name]
    rng = np.random.default_rng(0)
    arrays, metadata = list(testing.samples(row, rng))[:3][-1]
    given = dict(zip(row.arguments, arrays, strict=True)) | metadata
    if own not in given:
        given[own] = row.defaults[own]
    plain = row(**given)
    given[other] = given.pop(own)
    for a, b in zip(numpy(plain), numpy(row(**given, name="label")), strict=True):
        np.testing.assert_array_equal(a, b)
    with pytest.raises(TypeError, match="multiple values"):
        row(**given, **{own: given[other]})


def test_the_table_of_keywords():
    for names in (TENSORFLOW, NUMPY):
        assert names.keys() <= ROWS.keys()
    for row in ROWS.values():
        own = {*row.arguments, *row.defaults}
        assert own.issuperset(keywords_of(row).values())
        assert own.isdisjoint(keywords_of(row))


def test_misspelt_names():
    with pytest.raises(AttributeError, match=r"'fastgrad'.*'reduce_summ'.*'reduce_sum'"):
        fg.reduce_summ  # noqa: B018
    with pytest.raises(TypeError, match=r"inputtensor.*"):
        fg.reduce_sum(inputtensor=1.0)
    with pytest.raises(TypeError, match=r"sum\(\) is missing argument 'x'"):
        fg.reduce_sum()


# --------------------------------------------------------------------------- TensorFlow's own ways
@pytest.mark.parametrize(("op", "want"), [(fg.argmax, np.argmax), (fg.math.argmin, np.argmin)])
def test_positions_of_extremes(op, want):
    x = np.random.default_rng(0).normal(size=(3, 4, 5))
    assert np.array_equal(op(x).numpy(), want(x, 0))
    for axis in (0, 1, -1):
        assert np.array_equal(op(x, axis).numpy(), want(x, axis))
    assert op(x).dtype == "int64" and op(input=x, output_type=fg.int32).dtype == "int32"
    with pytest.raises(ValueError, match="axis"):
        op(x, axis=3)
    with pytest.raises(ValueError, match="axis"):
        op(1.0)


def test_leaky_relu():
    x = fg.Variable([-1.0, 0.0, 2.0])
    with fg.GradientTape(persistent=True) as tape:
        y = fg.nn.leaky_relu(x)
        z = fg.nn.leaky_relu(features=x, alpha=0.5)
    assert y.numpy().tolist() == [np.float32(-0.2), 0.0, 2.0]
    assert z.numpy().tolist() == [-0.5, 0.0, 2.0]
    assert tape.gradient(y, x).numpy().tolist() == [np.float32(0.2)] * 2 + [1.0]
