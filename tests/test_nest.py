"""Nests: what is one, the order of leaves, packing, mapping, and bounded depth."""

import collections
import dataclasses
import sys
import time
import types

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgrad._nest import (
    LEAF_TYPES,
    MAX_DEPTH,
    flatten,
    flatten_with_path,
    is_nest,
    map_structure,
    pack,
)
from fastgrad.shapes import TensorShape

Point = collections.namedtuple("Point", "x y")
Empty = collections.namedtuple("Empty", "")


class NamedPoint(Point):
    """A namedtuple class whose constructor takes something else."""

    def __new__(cls, both):
        return super().__new__(cls, both, both)


@dataclasses.dataclass
class Data:
    a: object
    b: object = None


@dataclasses.dataclass(frozen=True, slots=True)
class Frozen:
    a: object
    b: object


@dataclasses.dataclass
class Picky:
    """Refuses odd values when constructed, and has a field that the constructor does not take."""

    a: float
    twice: float = dataclasses.field(init=False)
    kind: dataclasses.InitVar[str] = "k"

    def __post_init__(self, kind):
        if not isinstance(self.a, float):
            raise TypeError("a must be a float")
        self.twice = 2 * self.a


class OwnDict(dict):
    pass


class OwnList(list):
    pass


def values():
    """(nest, leaves) for every kind of nest."""
    ordered = collections.OrderedDict([("z", 1), ("a", [2, 3])])
    factory = collections.defaultdict(list, z=1, a=2)
    return [
        ([], []),
        ((), []),
        ({}, []),
        (Empty(), []),
        ([1], [1]),
        ((1,), [1]),
        ([1, (2, [3, ()]), {}], [1, 2, 3]),
        ({"b": 1, "a": {"d": 2, "c": 3}}, [1, 2, 3]),
        ({2: 1, "x": 2, None: 3}, [1, 2, 3]),
        (ordered, [1, 2, 3]),
        (factory, [1, 2]),
        (OwnDict(b=1, a=2), [1, 2]),
        (collections.Counter("aab"), [2, 1]),
        (OwnList([1, [2]]), [1, 2]),
        (Point(1, [2, 3]), [1, 2, 3]),
        (NamedPoint(4), [4, 4]),
        (Data(1, Data(2, 3)), [1, 2, 3]),
        (Frozen(1, (2,)), [1, 2]),
        (Picky(1.0), [1.0, 2.0]),
        ([None, "ab", b"c"], [None, "ab", b"c"]),
        ([1, 1, 1], [1, 1, 1]),
    ]


each_value = pytest.mark.parametrize(("nest", "leaves"), values(), ids=repr)


@each_value
def test_flatten(nest, leaves):
    assert is_nest(nest)
    assert flatten(nest) == leaves


@each_value
def test_pack_restores_structure(nest, leaves):
    again = pack(nest, leaves)
    assert type(again) is type(nest)
    assert again == nest
    new = [("leaf", i) for i in range(len(leaves))]
    marked = pack(nest, [[n] for n in new])
    assert flatten(nest) == leaves  # the structure itself is not written to
    assert [x for x in flatten(marked) if x != "leaf"] == list(range(len(leaves)))


@each_value
def test_map_structure(nest, leaves):
    seen = []
    again = map_structure(lambda a, b: seen.append((a, b)) or a, nest, nest)
    assert again == nest
    assert type(again) is type(nest)
    assert seen == [(x, x) for x in leaves]


@each_value
def test_paths_lead_to_their_leaves(nest, leaves):
    pairs = flatten_with_path(nest)
    assert [leaf for _, leaf in pairs] == leaves
    for path, leaf in pairs:
        assert eval(f"nest{path}", {"nest": nest}) == leaf


@pytest.mark.parametrize(
    "leaf",
    [
        None, 1, 1.5, "ab", b"ab", np.zeros(2), np.float32(1), {1, 2}, frozenset(), range(3),
        object(), Data, Point, list, types.MappingProxyType({"a": 1}), types.SimpleNamespace(a=1),
        (x for x in ()), TensorShape([2, 3]), np.zeros(2, "f4,f4"), lambda: 0, sys,
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_leaves(leaf):
    assert not is_nest(leaf)
    assert flatten(leaf)[0] is leaf
    assert flatten_with_path(leaf) == [("", leaf)] or isinstance(leaf, np.ndarray)
    assert pack(leaf, [5]) == 5
    assert map_structure(lambda x: x, leaf) is leaf
    assert flatten([leaf, (leaf,)])[1] is leaf


def test_tuples_that_are_not_nests_of_our_own_keep_their_class():
    when = time.gmtime(0)
    assert flatten(when) == list(when)
    assert map_structure(lambda x: x, when) == when
    assert type(map_structure(lambda x: x, when)) is time.struct_time


def test_a_registered_type_is_a_leaf(monkeypatch):
    monkeypatch.setattr("fastgrad._nest.LEAF_TYPES", LEAF_TYPES | {OwnList})
    x = OwnList([1, 2])
    assert flatten([x]) == [x]
    assert pack([x], ["new"]) == ["new"]


def test_dicts_keep_their_own_order():
    assert flatten({"b": 1, "a": 2}) == [1, 2]
    assert list(pack({"b": 0, "a": 0}, [1, 2]).items()) == [("b", 1), ("a", 2)]
    ordered = collections.OrderedDict([("z", 0), ("a", 0)])
    assert list(pack(ordered, [1, 2])) == ["z", "a"]


def test_default_factory_stays():
    nest = collections.defaultdict(list, z=1)
    again = map_structure(lambda x: x + 1, nest)
    assert (again, again.default_factory) == ({"z": 2}, list)
    assert nest == {"z": 1}


def test_dataclass_constructors_are_not_run_again():
    again = map_structure(lambda x: None, Picky(1.0))
    assert (again.a, again.twice) == (None, None)


def test_arrays_are_passed_by_identity():
    x, y = np.zeros(2), np.ones(2)
    assert all(a is b for a, b in zip(flatten({"p": x, "q": [y, x]}), [x, y, x], strict=True))
    assert pack([0, (0,)], [x, y])[1][0] is y


def test_pack_takes_any_iterable():
    assert pack([0, (0,)], iter("ab")) == ["a", ("b",)]
    assert pack([0, 0], (1, 2)) == [1, 2]


@pytest.mark.parametrize("flat", [[], [1], [1, 2, 3]])
def test_pack_checks_the_count(flat):
    with pytest.raises(ValueError, match=f"2 leaves, but {len(flat)} values"):
        pack([0, {"a": 0}], flat)
    if len(flat) != 1:
        with pytest.raises(ValueError, match=f"1 leaves, but {len(flat)} values"):
            pack(0, flat)


def test_paths_read_as_python():
    nest = {"w": [1, (2,)], 3: Data(4, Point(5, 6))}
    paths = [path for path, _ in flatten_with_path(nest)]
    assert paths == ["['w'][0]", "['w'][1][0]", "[3].a", "[3].b.x", "[3].b.y"]


# ------------------------------------------------------------- map_structure


def test_map_structure_of_several():
    assert map_structure(lambda *xs: sum(xs), [1, (2,)], [10, (20,)], [100, (200,)]) == [
        111,
        (222,),
    ]
    assert map_structure(lambda a, b: (a, b), 1, None) == (1, None)


def test_map_structure_matches_dicts_by_key_whatever_their_class():
    first = {"a": 1, "b": 2}
    second = collections.OrderedDict([("b", 20), ("a", 10)])
    mapped = map_structure(lambda x, y: x + y, first, second)
    assert mapped == {"a": 11, "b": 22}
    assert type(mapped) is dict
    assert type(map_structure(lambda x, y: x, second, first)) is collections.OrderedDict


@pytest.mark.parametrize(
    ("first", "other", "where"),
    [
        ([1, 2], [1], "at the top: a list of 2 against a list of 1"),
        ([1], (1,), "at the top: a list of 1 against a tuple of 1"),
        ([], 1, "at the top: a list of 0 against the leaf 1"),
        (1, [], "at the top: the leaf 1 against a list of 0"),
        ({"w": [1, [2]]}, {"w": [1, 2]}, r"at \['w'\]\[1\]: a list of 1 against the leaf 2"),
        ({"w": [1, 2]}, {"w": [1, [2]]}, r"at \['w'\]\[1\]: the leaf 2 against a list of 1"),
        ([{"a": 1}], [{"b": 1}], r"at \[0\]: a dict with keys \['a'\] against .* \['b'\]"),
        ({"a": 1}, {"a": 1, "b": 2}, "at the top: a dict with keys"),
        (Data(1, [2]), Data(1, [2, 3]), r"at \.b: a list of 1 against a list of 2"),
        (Point(1, 2), (1, 2), "at the top: a Point of 2 against a tuple of 2"),
        (Data(1, 2), Frozen(1, 2), "at the top: a Data of 2 against a Frozen of 2"),
        ([1, [2]], [1, None], r"at \[1\]: a list of 1 against the leaf None"),
    ],
    ids=repr,
)
def test_map_structure_names_the_path_of_a_mismatch(first, other, where):
    with pytest.raises(ValueError, match=f"the structures differ {where}"):
        map_structure(lambda *xs: xs, first, other)
    with pytest.raises(ValueError, match="the structures differ"):
        map_structure(lambda *xs: xs, first, first, other)


def test_errors_of_the_function_pass_through():
    with pytest.raises(ZeroDivisionError):
        map_structure(lambda x: 1 / x, [1, [0]])


# ------------------------------------------------------------- depth


def deep(levels, make=lambda x: [x]):
    nest = 0
    for _ in range(levels):
        nest = make(nest)
    return nest


def cyclic():
    a: list = [1]
    a.append(a)
    b: dict = {}
    b["self"] = [b, b]
    c = Data(1)
    c.b = (c,)
    return [a, b, c]


MAKERS = [lambda x: [x], lambda x: (x,), lambda x: {"k": x}, lambda x: Point(x, 0), Data]
USES = [
    flatten,
    flatten_with_path,
    lambda nest: pack(nest, [1]),
    lambda nest: map_structure(lambda x: x, nest),
    lambda nest: map_structure(lambda x, y: x, nest, nest),
]


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("make", MAKERS)
def test_depth_is_bounded(use, make):
    if make in MAKERS[:3]:
        use(deep(MAX_DEPTH, make))
    for levels in (MAX_DEPTH + 1, 5 * MAX_DEPTH):
        with pytest.raises(ValueError, match="more than 64 levels deep, or contains itself"):
            use(deep(levels, make))


@pytest.mark.parametrize("use", USES)
@pytest.mark.parametrize("i", range(3))
def test_a_nest_that_contains_itself(use, i):
    with pytest.raises(ValueError, match="contains itself"):
        use(cyclic()[i])


# ------------------------------------------------------------- any nest

nests = st.recursive(
    st.none() | st.integers() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.lists(inner, max_size=3).map(tuple)
        | st.dictionaries(st.text(max_size=2) | st.integers(), inner, max_size=3)
        | st.builds(Point, inner, inner)
        | st.builds(Data, inner, inner)
    ),
    max_leaves=12,
)


@given(nests)
def test_laws(nest):
    leaves = flatten(nest)
    assert pack(nest, leaves) == nest
    assert [leaf for _, leaf in flatten_with_path(nest)] == leaves
    counted = map_structure(lambda x: 1, nest)
    assert flatten(counted) == [1] * len(leaves)
    assert map_structure(lambda a, b: b, counted, nest) == nest
