"""What every row must have, and that its samples can tell a wrong rule from a right one."""

import numpy as np
import pytest

from fastgrad._rules import Elementwise, Primitive, Program
from fastgrad.primitives import ROWS
from fastgrad.testing import domains, samples

from . import reference

rows = pytest.mark.parametrize("row", ROWS.values(), ids=ROWS)
structured = pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if isinstance(row, Primitive)], ids=lambda row: row.name
)


def every_array(row, rng):
    for arrays, _ in samples(row, rng):
        for array in arrays:
            yield from array if isinstance(array, list) else [array]


@rows
def test_row_is_documented_in_one_sentence(row):
    assert row.doc.endswith(".")
    assert "\n" not in row.doc
    assert len(row.doc) < 100


@rows
def test_row_has_samples_with_spread(row):
    sizes = set()
    numbers = []
    for array in every_array(row, np.random.default_rng(0)):
        sizes.add(array.size)
        numbers.extend(array.reshape(-1).tolist())
    assert len(sizes) > 1, "samples of one size only"
    assert max(sizes) > 1
    assert len(set(numbers)) > 1, "samples are all the same number"


@pytest.mark.parametrize(
    "row", [row for row in ROWS.values() if isinstance(row, Elementwise)], ids=lambda row: row.name
)
def test_samples_reach_both_ends_of_the_domain(row):
    for k, (low, *_, high) in enumerate(domains(row)):
        if k in row.bools:
            continue
        found = np.concatenate(
            [arrays[k].reshape(-1) for arrays, _ in samples(row, np.random.default_rng(0))]
        )
        assert found.min() < low + 0.25 * (high - low)
        assert found.max() > high - 0.25 * (high - low)
        assert len(np.unique(found)) > 8


@rows
def test_rules_use_what_the_library_has(row):
    if not isinstance(row, Elementwise):
        return
    for program in (row.program, *row.rules):
        if isinstance(program, Program):
            operations = {step[0] for step in program.steps} - {"input", "const"}
            assert operations <= ROWS.keys()


@rows
def test_one_rule_per_argument(row):
    rules = reference.rules(row)
    assert not rules or len(rules) == len(row.arguments)


@structured
def test_structured_row_with_a_gradient_has_a_tangent_rule_too(row):
    if reference.differentiable(row):
        assert row.linear or row.jvp is not None


@structured
def test_metadata_is_put_into_normal_form_once(row):
    for arrays, metadata in row.samples(np.random.default_rng(0)):
        full = reference.canonical(row, arrays, metadata)
        assert full.keys() == row.defaults.keys()
        again = reference.canonical(row, arrays, full)
        for name, value in full.items():
            assert repr(again[name]) == repr(value)


def test_no_numpy_function_means_two_rows():
    seen = {}
    for row in ROWS.values():
        for function in row.numpy:
            assert seen.setdefault(function, row.name) == row.name
