"""DType objects and as_dtype: identity, NumPy's view of them, what is accepted and refused."""

import copy
import pickle
import sys

import numpy as np
import pytest

from fastgrad import dtypes
from fastgrad.dtypes import CODE_OF_NUM, DTYPES, DType, as_dtype

NAMES = [
    "bool", "int8", "uint8", "int16", "uint16", "int32", "uint32", "int64", "uint64",
    "float16", "float32", "float64", "complex64", "complex128",
]  # fmt: skip


def each_dtype():
    return pytest.mark.parametrize("d", DTYPES, ids=lambda d: d.name)


def test_codes_follow_the_documented_order():
    assert [d.name for d in DTYPES] == NAMES
    assert [d.code for d in DTYPES] == list(range(14))


def test_module_names_are_the_singletons():
    for d in DTYPES:
        assert getattr(dtypes, "bool_" if d.name == "bool" else d.name) is d
    assert dtypes.half is dtypes.float16
    assert dtypes.double is dtypes.float64


@each_dtype()
def test_attributes_agree_with_numpy(d):
    n = np.dtype(d.name)
    assert d.np_dtype == n
    assert d.dtype == n
    assert d.as_numpy_dtype is n.type
    assert d.size == d.itemsize == n.itemsize
    assert d.is_bool == (n.kind == "b")
    assert d.is_integer == np.issubdtype(n, np.integer)
    assert d.is_unsigned == np.issubdtype(n, np.unsignedinteger)
    assert d.is_floating == np.issubdtype(n, np.floating)
    assert d.is_complex == np.issubdtype(n, np.complexfloating)
    assert d.real_dtype == np.zeros((), n).real.dtype


@each_dtype()
def test_text(d):
    assert str(d) == f"<dtype: '{d.name}'>"
    assert f"{d}" == str(d)
    assert repr(d) == f"fg.{d.name}"


@each_dtype()
def test_limits(d):
    if d.is_complex:
        with pytest.raises(TypeError, match=f"{d.name} has no max"):
            _ = d.max
        with pytest.raises(TypeError, match="not ordered"):
            _ = d.min
    elif d.is_floating:
        assert d.max == np.finfo(d.name).max
        assert d.min == np.finfo(d.name).min
        assert type(d.max) is d.as_numpy_dtype
    elif d.is_integer:
        assert (d.min, d.max) == (np.iinfo(d.name).min, np.iinfo(d.name).max)
        assert type(d.max) is int
    else:
        assert (d.min, d.max) == (False, True)


@each_dtype()
def test_equality(d):
    n = np.dtype(d.name)
    for other in (d, d.name, n, n.type, n.newbyteorder()):
        assert d == other
        assert other == d or other == n.newbyteorder()
        assert (d != other) is False
    for other in DTYPES:
        assert (d == other) is (d is other)
        assert (d != other) is (d is not other)


@pytest.mark.parametrize(
    "junk",
    ["junk", "", ",", "f4,f4", None, 1, 1.0, object(), object, str, np.longdouble, [], {}, DType],
)
def test_unequal_to_junk_without_an_error(junk):
    assert dtypes.float32 != junk
    assert junk != dtypes.float32
    assert (dtypes.float32 == junk) is False


def test_equality_with_python_types_follows_as_dtype():
    for python, name in ((float, "float32"), (int, "int32"), (bool, "bool")):
        assert [d.name for d in DTYPES if d == python] == [name]


def test_hash_is_consistent_with_equality():
    table = {d: d.code for d in DTYPES}
    assert len(table) == 14
    assert table[as_dtype("int16")] == dtypes.int16.code
    assert table["int16"] == dtypes.int16.code  # equal to the name, so found by it


@each_dtype()
@pytest.mark.parametrize("protocol", range(pickle.HIGHEST_PROTOCOL + 1))
def test_pickle_and_copy_keep_identity(d, protocol):
    assert pickle.loads(pickle.dumps(d, protocol)) is d
    assert copy.copy(d) is d
    assert copy.deepcopy([d])[0] is d


@each_dtype()
@pytest.mark.filterwarnings("error")
def test_stands_where_numpy_takes_a_dtype(d):
    n = np.dtype(d.name)
    assert np.dtype(d) == n
    assert np.zeros(3, d).dtype == n
    assert np.array([0, 1], dtype=d).dtype == n
    assert np.zeros(2).astype(d, casting="unsafe").dtype == n
    assert np.result_type(d, d) == n
    assert np.can_cast(d, np.complex128)
    assert np.issubdtype(d, n.type)


# ------------------------------------------------------------- as_dtype


@each_dtype()
def test_as_dtype_of_every_spelling(d):
    n = np.dtype(d.name)
    for spelling in (d, d.name, np.str_(d.name), n, n.newbyteorder(), n.type, n.str, n.char):
        assert as_dtype(spelling) is d


@pytest.mark.parametrize(
    ("obj", "name"),
    [
        (float, "float32"), (int, "int32"), (bool, "bool"), (complex, "complex128"),
        ("float", "float32"), ("int", "int32"), ("complex", "complex128"),
        ("half", "float16"), ("double", "float64"), ("single", "float32"), ("bool_", "bool"),
        ("f4", "float32"), (">f8", "float64"), ("<i2", "int16"), ("?", "bool"),
        (np.bool_, "bool"), (np.intc, np.dtype(np.intc).name), (np.long, np.dtype(np.long).name),
        (np.longlong, "int64"), (np.ulonglong, "uint64"), (np.intp, np.dtype(np.intp).name),
    ],
)  # fmt: skip
def test_as_dtype_of_other_names(obj, name):
    assert as_dtype(obj).name == name


@pytest.mark.parametrize(
    "obj",
    [
        object, str, bytes, type, None, 3, 1.5, True, [], [1], {}, (), object(), DType,
        "O", "S3", "U2", "M8[s]", "m8", "V4", "f4,i4", "longdouble", "clongdouble", "", ",", "x",
        np.longdouble, np.clongdouble, np.datetime64, np.timedelta64, np.str_, np.void,
        np.dtype(object), np.dtype("M8[D]"), np.dtype([("a", "f4")]), np.dtype(("f4", (2,))),
        np.generic, np.number, np.integer, np.floating, np.inexact,
    ],
    ids=lambda x: type(x).__name__,
)  # fmt: skip
def test_as_dtype_refuses(obj):
    with pytest.raises(TypeError) as e:
        as_dtype(obj)
    text = str(e.value)
    assert text.startswith(" ".join(repr(obj).split())[:50])
    assert all(name in text for name in NAMES)


def test_as_dtype_suggests_the_closest_name():
    with pytest.raises(TypeError, match="Did you mean 'float32'"):
        as_dtype("flaot32")
    with pytest.raises(TypeError, match="Did you mean 'int8'"):
        as_dtype("Int8")


@pytest.mark.parametrize("value", [np.float32(1), np.zeros(2), np.zeros((), ">f8")])
def test_as_dtype_of_a_value_says_so(value):
    with pytest.raises(TypeError, match=r"pass its \.dtype"):
        as_dtype(value)


def test_as_dtype_is_not_fooled_by_a_dtype_attribute():
    class Odd:
        dtype = property(lambda self: 1 / 0)

    with pytest.raises(TypeError, match="not a dtype"):
        as_dtype(Odd)


def test_code_of_num_covers_every_c_type():
    for char in "?bBhHiIlLqQefdFD":
        n = np.dtype(char)
        d = DTYPES[CODE_OF_NUM[n.num]]
        assert (d.np_dtype.kind, d.size) == (n.kind, n.itemsize)
    for char in "gGOSUVMm":
        assert np.dtype(char).num not in CODE_OF_NUM


# ------------------------------------------------------------- bfloat16


def test_bfloat16():
    ml_dtypes = pytest.importorskip("ml_dtypes")
    b = dtypes.bfloat16
    assert b is dtypes.bfloat16
    assert b is as_dtype("bfloat16") is as_dtype(ml_dtypes.bfloat16)
    assert b is as_dtype(np.dtype(ml_dtypes.bfloat16))
    assert (b.name, b.code, b.size) == ("bfloat16", 14, 2)
    assert (b.is_floating, b.is_integer, b.is_complex, b.is_bool) == (True, False, False, False)
    assert b.real_dtype is b
    assert CODE_OF_NUM[np.dtype(ml_dtypes.bfloat16).num] == 14
    assert len(DTYPES) == 14
    assert b.max == ml_dtypes.finfo("bfloat16").max
    assert b.min == -b.max
    assert (repr(b), str(b)) == ("fg.bfloat16", "<dtype: 'bfloat16'>")
    assert b == "bfloat16"
    assert b == ml_dtypes.bfloat16
    assert b != dtypes.float16
    assert np.zeros(2, b).dtype == ml_dtypes.bfloat16
    assert pickle.loads(pickle.dumps(b)) is b
    assert copy.deepcopy(b) is b


def test_bfloat16_without_ml_dtypes(monkeypatch):
    monkeypatch.setitem(sys.modules, "ml_dtypes", None)
    monkeypatch.delitem(dtypes._KNOWN, "bfloat16", raising=False)
    assert not hasattr(dtypes, "bfloat16")
    with pytest.raises(AttributeError, match="pip install ml_dtypes"):
        _ = dtypes.bfloat16
    with pytest.raises(TypeError, match="pip install ml_dtypes"):
        as_dtype("bfloat16")
    assert dtypes.float16 != "bfloat16"


def test_unknown_module_attribute():
    with pytest.raises(AttributeError, match=r"fastgrad\.dtypes.*'float8'"):
        _ = dtypes.float8
