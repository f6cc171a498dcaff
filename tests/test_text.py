"""Exact texts of tensors and variables, of `print`, and of the shared errors."""

import collections
import contextlib
import dataclasses
import io
import sys

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from fastgrad import errors
from fastgrad._text import format_tensor, print_, tensor_repr, tensor_str, variable_repr
from fastgrad.dtypes import DTYPES, float32
from fastgrad.shapes import TensorShape

f4 = np.float32


class Value:
    """Stands for a tensor or variable: has `.numpy()` and a repr of its own."""

    def __init__(self, value, dtype=None):
        self.value = np.asarray(value, dtype)

    def numpy(self):
        return self.value[()]

    def __repr__(self):
        return "the repr"


def printed(*inputs, **options):
    out = io.StringIO()
    print_(*inputs, output_stream=out, **options)
    return out.getvalue()


def shown(*inputs, **options):
    return printed(*inputs, end="", **options)


# ------------------------------------------------------------- tensors and variables

SCALARS = [
    (f4(-2), "-2.0", "float32"),
    (f4(9), "9.0", "float32"),
    (f4(-1) / f4(3), "-0.33333334", "float32"),
    (np.nextafter(f4(-1) / f4(3), f4(0)), "-0.3333333", "float32"),
    (f4(0.1), "0.1", "float32"),
    (f4(1e10), str(f4(1e10)), "float32"),
    (f4(1e20), "1e+20", "float32"),
    (f4("nan"), "nan", "float32"),
    (f4("-inf"), "-inf", "float32"),
    (f4(-0.0), "-0.0", "float32"),
    (np.float64(0.1), "0.1", "float64"),
    (np.float64(1) / 3, "0.3333333333333333", "float64"),
    (np.float16(0.1), "0.1", "float16"),
    (np.int32(3), "3", "int32"),
    (np.uint8(200), "200", "uint8"),
    (np.int64(-(2**62)), "-4611686018427387904", "int64"),
    (np.True_, "True", "bool"),
    (np.complex64(1 + 2j), "(1+2j)", "complex64"),
]


@pytest.mark.parametrize(("value", "text", "dtype"), SCALARS)
@pytest.mark.parametrize("wrap", [lambda v: v, np.asarray], ids=["scalar", "array"])
def test_0d(value, text, dtype, wrap):
    value = wrap(value)
    assert tensor_str(value) == f"fg.Tensor({text}, shape=(), dtype={dtype})"
    assert tensor_str(value, dtype) == tensor_str(value)
    assert tensor_repr(value) == f"<fg.Tensor: shape=(), dtype={dtype}, numpy={text}>"
    assert (
        variable_repr("x:0", value) == f"<fg.Variable 'x:0' shape=() dtype={dtype}, numpy={text}>"
    )
    assert format_tensor(value) == text


ARRAYS = [
    (
        f4([34, 55, 82]),
        "[34. 55. 82.], shape=(3,), dtype=float32",
        "array([34., 55., 82.], dtype=float32)",
    ),
    (f4([0]), "[0.], shape=(1,), dtype=float32", "array([0.], dtype=float32)"),
    (np.array([1.0, 2.0]), "[1. 2.], shape=(2,), dtype=float64", "array([1., 2.])"),
    (np.array([3, 4], np.int32), "[3 4], shape=(2,), dtype=int32", "array([3, 4], dtype=int32)"),
    (np.array([True, False]), "[ True False], shape=(2,), dtype=bool", "array([ True, False])"),
    (f4([]), "[], shape=(0,), dtype=float32", "array([], dtype=float32)"),
    (np.zeros((2, 0)), "[], shape=(2, 0), dtype=float64", "array([], shape=(2, 0), dtype=float64)"),
    (f4([[1]]), "[[1.]], shape=(1, 1), dtype=float32", "array([[1.]], dtype=float32)"),
    (
        np.zeros((2, 2), f4),
        "\n[[0. 0.]\n [0. 0.]], shape=(2, 2), dtype=float32",
        "\narray([[0., 0.],\n       [0., 0.]], dtype=float32)",
    ),
    (
        np.zeros((2, 1, 2)),
        "\n[[[0. 0.]]\n\n [[0. 0.]]], shape=(2, 1, 2), dtype=float64",
        "\narray([[[0., 0.]],\n\n       [[0., 0.]]])",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("value", "inner", "full"), ARRAYS, ids=lambda x: str(np.shape(x)))
def test_nd(value, inner, full):
    dtype = value.dtype.name
    assert tensor_str(value) == f"fg.Tensor({inner})"
    assert tensor_repr(value) == f"<fg.Tensor: shape={value.shape}, dtype={dtype}, numpy={full}>"
    assert variable_repr("UnreadVariable", value) == (
        f"<fg.Variable 'UnreadVariable' shape={value.shape} dtype={dtype}, numpy={full}>"
    )
    assert format_tensor(value) == str(value)


def test_a_vector_of_several_lines_starts_on_its_own_line():
    value = np.arange(60)
    assert tensor_str(value).startswith("fg.Tensor(\n[ 0  1  2")
    assert "numpy=\narray([ 0," in tensor_repr(value)
    assert "numpy=\narray([ 0," in variable_repr("v:0", value)


def test_byte_order_does_not_show():
    assert tensor_str(np.array(2.0, ">f8")) == "fg.Tensor(2.0, shape=(), dtype=float64)"


def test_numpy_print_options_hold():
    with np.printoptions(precision=3):
        assert format_tensor(np.array([1 / 3])) == "[0.333]"
        assert "[0.333]" in tensor_str(np.array([1 / 3]))


def test_bfloat16():
    bfloat16 = pytest.importorskip("ml_dtypes").bfloat16
    assert tensor_str(bfloat16(1.5)) == "fg.Tensor(1.5, shape=(), dtype=bfloat16)"
    assert tensor_repr(bfloat16(1.5)) == "<fg.Tensor: shape=(), dtype=bfloat16, numpy=1.5>"
    assert format_tensor(bfloat16(1.5), ".3f") == "1.500"
    assert shown(np.array([0.1, 2, 1 / 3], bfloat16)) == "[0.100098 2 0.333984]"


# ------------------------------------------------------------- f-strings


@pytest.mark.parametrize(
    ("value", "spec", "text"),
    [
        (f4(1.5), ".3f", "1.500"),
        (f4(1.5), ">8", "     1.5"),
        (f4(0.25), ".1%", "25.0%"),
        (f4(1234.5), ",.2f", "1,234.50"),
        (f4(1.5), "e", "1.500000e+00"),
        (np.int32(3), "d", "3"),
        (np.int32(3), "04d", "0003"),
        (np.int32(255), "x", "ff"),
        (np.complex64(1 + 2j), ".1f", "1.0+2.0j"),
        (np.array([1.0, 2.0]), "", "[1. 2.]"),
        (np.array([[1.0], [2.0]]), "", "[[1.]\n [2.]]"),
    ],
)
def test_format(value, spec, text):
    assert format_tensor(value, spec) == text


def test_format_spec_of_an_array():
    with pytest.raises(
        TypeError, match=r"'\.3f' needs a 0-d tensor, but this one has shape \(2,\)"
    ):
        format_tensor(np.zeros(2), ".3f")


def test_bad_format_spec_is_pythons_own_error():
    with pytest.raises(ValueError, match="format"):
        format_tensor(f4(1), "d")


REFUSED = [
    np.array([object()]), np.array("a"), np.array([b"a"]), np.array("2020-01-01", "M8[D]"),
    np.zeros(2, "f4,f4"), np.longdouble(1),
]  # fmt: skip


@pytest.mark.parametrize("value", REFUSED, ids=lambda v: str(v.dtype))
@pytest.mark.parametrize(
    "text_of", [tensor_str, tensor_repr, format_tensor, lambda v: variable_repr("x:0", v)]
)
def test_dtypes_that_tensors_cannot_have(value, text_of):
    with pytest.raises(TypeError, match="not a dtype that tensors can have"):
        text_of(value)


# ------------------------------------------------------------- print: numbers

NUMBERS = [
    (-2.0, "-2", "-2"),
    (1.0, "1", "1"),
    (-0.0, "-0", "-0"),
    (0.1, "0.1", "0.1"),
    (1 / 3, "0.333333343", "0.33333333333333331"),
    (0.99999857, "0.999998569", "0.99999857000000003"),
    (1e6, "1e+06", "1e+06"),
    (1e-7, "1e-07", "1e-07"),
    (123456.0, "123456", "123456"),
    (1234567.0, "1234567", "1234567"),
    (16777216.0, "16777216", "16777216"),
    (2.5e-8, "2.5e-08", "2.5e-08"),
    (3e38, "3e+38", "3e+38"),
    (np.inf, "inf", "inf"),
    (-np.inf, "-inf", "-inf"),
    (np.nan, "nan", "nan"),
]


@pytest.mark.parametrize(("number", "single", "double"), NUMBERS)
def test_floats(number, single, double):
    assert shown(Value(number, f4)) == single
    assert shown(Value(number, float)) == double
    assert shown(f4(number)) == single
    assert shown(np.array([number, number])) == f"[{double} {double}]"


def test_half_precision_floats():
    values = np.array([1 / 3, 0.1, 1e4, np.inf, np.nan, 65504], np.float16)
    assert shown(values, summarize=-1) == "[0.333252 0.0999756 10000 inf nan 65504]"


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64"])
@given(data=st.data())
def test_every_printed_float_reads_back(dtype, data):
    width = int(dtype.removeprefix("float"))
    x = np.dtype(dtype).type(data.draw(st.floats(width=width, allow_nan=False)))
    text = shown(x)
    assert np.dtype(dtype).type(text) == x
    assert text.startswith("-") == np.signbit(x)


def test_other_numbers():
    assert shown(Value(7, np.int32), Value(-(2**63), np.int64), np.uint8(200)) == (
        f"7 {-(2**63)} 200"
    )
    assert shown(np.array([1, 200], np.uint8), np.array([-1], np.int8)) == "[1 200] [-1]"
    assert shown(Value([True, False]), Value(True), np.True_) == "[True False] True True"
    assert (
        shown(Value([1 + 2j]), Value(1 + 2j), np.complex64(1 - 0.5j)) == "[(1+2j)] (1+2j) (1-0.5j)"
    )


@pytest.mark.parametrize("d", DTYPES, ids=lambda d: d.name)
def test_every_dtype(d):
    one = {"bool": "True", "complex": "(1+0j)"}.get(d.name.rstrip("12468"), "1")
    assert shown(np.ones(2, d)) == f"[{one} {one}]"
    assert shown(Value(np.ones((), d))) == one


# ------------------------------------------------------------- print: arrays


def test_vectors():
    assert shown(np.array([1, 2, 3])) == "[1 2 3]"
    assert shown(np.arange(6)) == "[0 1 2 3 4 5]"
    assert shown(np.arange(7)) == "[0 1 2 ... 4 5 6]"
    assert shown(np.arange(100)) == "[0 1 2 ... 97 98 99]"
    assert shown(np.zeros(0)) == "[]"
    assert shown(np.arange(6)[::-2]) == "[5 3 1]"


@pytest.mark.parametrize(
    ("summarize", "text"),
    [
        (-1, "[0 1 2 3 4 5 6]"),
        (-5, "[0 1 2 3 4 5 6]"),
        (0, "[...]"),
        (1, "[0 ... 6]"),
        (2, "[0 1 ... 5 6]"),
        (np.int64(3), "[0 1 2 ... 4 5 6]"),
        (4, "[0 1 2 3 4 5 6]"),
        (10**9, "[0 1 2 3 4 5 6]"),
    ],
)
def test_summarize(summarize, text):
    assert shown(np.arange(7), summarize=summarize) == text


LAYOUTS = [
    ((2, 2), 3, "[[0 1]\n [2 3]]"),
    ((7, 7), 1, "[[0 ... 6]\n ...\n [42 ... 48]]"),
    ((2, 2), 0, "[...]"),
    ((2, 2, 2), 3, "[[[0 1]\n  [2 3]]\n\n [[4 5]\n  [6 7]]]"),
    ((3, 1, 3), 1, "[[[0 ... 2]]\n\n ...\n\n [[6 ... 8]]]"),
    ((2, 2, 1, 1), 3, "[[[[0]]\n\n  [[1]]]\n\n\n [[[2]]\n\n  [[3]]]]"),
    ((3, 1, 1, 3), 1, "[[[[0 ... 2]]]\n\n\n ...\n\n\n [[[6 ... 8]]]]"),
    ((0, 2), 3, "[]"),
    ((2, 0), 3, "[[]\n []]"),
]


@pytest.mark.parametrize(("shape", "summarize", "text"), LAYOUTS, ids=lambda x: str(x))
def test_layout(shape, summarize, text):
    assert shown(np.arange(np.prod(shape)).reshape(shape), summarize=summarize) == text


def test_a_huge_array_costs_only_what_is_shown():
    huge = np.broadcast_to(f4(1), (10**6, 10**6))
    assert shown(huge, summarize=1) == "[[1 ... 1]\n ...\n [1 ... 1]]"


def test_string_arrays_are_quoted():
    assert shown(np.array("a"), np.array([["a", "b"]]), np.array([b"c"])) == '"a" [["a" "b"]] ["c"]'


@pytest.mark.parametrize("i", [0, 3, 4, 5])
def test_arrays_that_cannot_be_shown(i):
    with pytest.raises(TypeError, match="not a dtype that tensors can have"):
        printed(REFUSED[i])
    with pytest.raises(TypeError, match="not a dtype"):
        printed([{"a": REFUSED[i]}])


# ------------------------------------------------------------- print: anything else

Point = collections.namedtuple("Point", "a b")


@dataclasses.dataclass
class Data:
    a: object
    b: object


class OwnList(list):
    pass


INPUTS = [
    (("y =", Value(0.0, f4), "; x =", Value(0.99999857, f4)), "y = 0 ; x = 0.999998569"),
    ((), ""),
    (("",), ""),
    ((None, True, 1, -2, 2**70), f"None True 1 -2 {2**70}"),
    ((1.0, 1e6, 1 / 3, 1 + 2j), "1.0 1000000.0 0.3333333333333333 (1+2j)"),
    (("it's {} %s", "a\nb"), "it's {} %s a\nb"),
    ((np.str_("ab"), [np.str_("ab")]), "ab ['ab']"),
    ((["a", 1, 'it"s', "a\nb"],), "['a', 1, 'it\"s', 'a\\nb']"),
    ((b"ab", [b"ab"]), "b'ab' [b'ab']"),
    (((Value(-2, f4), Value(1, f4)),), "(-2, 1)"),
    (((Value(1),), (), [], {}, [[]]), "(1,) () [] {} [[]]"),
    (([1, Value([1, 2])],), "[1, [1 2]]"),
    (([1, Value([[1, 2], [3, 4]])],), "[1, [[1 2]\n [3 4]]]"),
    (({"k": 1, "a": Value(2)},), "{'a': 2, 'k': 1}"),
    (({2: 1, 1: "x"},), "{1: 'x', 2: 1}"),
    (({"b": 1, 1: 2},), "{'b': 1, 1: 2}"),
    (({"k": [1, 2], "a": (Value([1, 2, 3]), "s")},), "{'a': ([1 2 3], 's'), 'k': [1, 2]}"),
    ((collections.OrderedDict(z=1, b=Value(2)),), "OrderedDict([('z', 1), ('b', 2)])"),
    ((collections.defaultdict(int, b=1, a=2),), "{'a': 2, 'b': 1}"),
    ((Point(1, Value([1, 2])),), "Point(a=1, b=[1 2])"),
    ((Data(Value(1.5), "s"),), "Data(a=1.5, b='s')"),
    ((OwnList([1, "a"]),), "[1, 'a']"),
    ((float32, TensorShape([2])), "fg.float32 TensorShape([2])"),
    (([float32, TensorShape([])],), "[fg.float32, TensorShape([])]"),
    ((range(3), {1}, int, Value), f"range(0, 3) {{1}} <class 'int'> {Value!r}"),
]  # fmt: skip


@pytest.mark.parametrize(("inputs", "text"), INPUTS, ids=[text or "-" for _, text in INPUTS])
def test_inputs(inputs, text):
    assert printed(*inputs) == text + "\n"


def test_f_strings_print_bare():
    y = format_tensor(f4(0))
    x = variable_repr("x:0", f4(0.99999857))
    assert shown(f"y = {y}; x = {x}") == (
        "y = 0.0; x = <fg.Variable 'x:0' shape=() dtype=float32, numpy=0.99999857>"
    )


def test_sep_and_end():
    assert printed(1, 2, Value([1, 2]), sep=", ", end="!\n") == "1, 2, [1 2]!\n"
    assert printed(1, [2, 3], sep="|", end="") == "1|[2, 3]"


def test_a_list_that_contains_itself():
    nest = [1]
    nest.append(nest)
    assert "..." in shown(nest)


def test_a_numpy_attribute_that_is_no_method():
    class Module:
        numpy = "not callable"

        def __repr__(self):
            return "module"

    assert shown(Module()) == "module"


# ------------------------------------------------------------- print: where to


def test_default_is_the_stderr_of_the_moment(capsys):
    print_("hello", Value([1, 2]))
    assert capsys.readouterr() == ("", "hello [1 2]\n")
    with contextlib.redirect_stderr(io.StringIO()) as err:
        print_("later")
    assert err.getvalue() == "later\n"


def test_stdout_and_stderr(capsys):
    print_("out", output_stream=sys.stdout)
    print_("err", output_stream=sys.stderr)
    assert capsys.readouterr() == ("out\n", "err\n")


def test_no_stderr_at_all(monkeypatch):
    monkeypatch.setattr(sys, "stderr", None)
    print_("lost")


def test_file(tmp_path):
    path = tmp_path / "log.txt"
    print_("één", output_stream=f"file://{path}")
    print_(Value([1, 2]), output_stream=f"file://{path}", end=";")
    assert path.read_text(encoding="utf-8") == "één\n[1 2];"
    with pytest.raises(FileNotFoundError):
        print_(1, output_stream=f"file://{tmp_path}/none/log.txt")


def test_a_stream_needs_only_write_and_gets_one_whole_text():
    class Stream:
        def __init__(self):
            self.texts = []

        def write(self, text):
            self.texts.append(text)

    stream = Stream()
    print_("a", [1, 2], Value(3), output_stream=stream)
    assert stream.texts == ["a [1, 2] 3\n"]


def test_nothing_is_written_when_an_input_cannot_be_shown():
    out = io.StringIO()
    with pytest.raises(TypeError):
        print_("before", REFUSED[0], output_stream=out)
    assert out.getvalue() == ""


@pytest.mark.parametrize("stream", ["foo", "log.txt", 3, object(), b"file:///x"])
def test_bad_stream(stream):
    with pytest.raises(ValueError, match="output_stream must be a file-like object"):
        print_(1, output_stream=stream)


@pytest.mark.parametrize(
    ("options", "text"),
    [
        ({"sep": None}, "sep must be a str, got None"),
        ({"end": 1}, "end must be a str, got 1"),
        ({"summarize": "a"}, "summarize must be an int, got 'a'"),
        ({"summarize": 2.5}, r"summarize must be an int, got 2\.5"),
        ({"summarize": None}, "summarize must be an int"),
        ({"summarise": 2}, "unexpected keyword argument 'summarise'. Did you mean 'summarize'?"),
        ({"file": 2}, "unexpected keyword argument 'file'"),
        ({"zzz": 2}, "It accepts: sep, end, summarize, output_stream, name"),
    ],
)
def test_bad_options(options, text):
    with pytest.raises(TypeError, match=rf"print.*{text}".replace("?", r"\?")):
        print_(1, **options)


def test_name_has_no_effect():
    assert printed(1, name="whatever") == "1\n"


# ------------------------------------------------------------- errors


def test_suggest():
    assert errors.suggest("flaot32", ["float32", "int32"]) == " Did you mean 'float32'?"
    assert errors.suggest("ReLU", ["relu", "elu"]) == " Did you mean 'relu'?"
    assert errors.suggest("xyz", ["float32", "int32"]) == ""
    assert errors.suggest("a", []) == ""
    assert errors.suggest("", ["abc"]) == ""
    assert errors.suggest("abc", [1, None, "abd"]) == " Did you mean 'abd'?"


class SGD:
    def apply_gradients(self, grads_and_vars, /, name=None, *more, kwonly=1, **rest):
        inner = name
        return inner

    @classmethod
    def make(cls, learning_rate):
        return learning_rate


def test_keyword_names():
    assert errors.keyword_names(SGD.apply_gradients) == ("name", "kwonly")
    assert errors.keyword_names(SGD().apply_gradients) == ("name", "kwonly")
    assert errors.keyword_names(SGD.make) == ("learning_rate",)
    assert errors.keyword_names(lambda a, b=1: a) == ("a", "b")
    assert errors.keyword_names(len) == ()


def test_keyword_names_look_through_decorators():
    def wrapper(*args, **kwargs):
        return None

    wrapper.__wrapped__ = SGD.apply_gradients
    assert errors.keyword_names(wrapper) == ("name", "kwonly")


@pytest.mark.parametrize("given_", ["grad_and_vars", {"grad_and_vars": 1, "other": 2}])
def test_unexpected_keyword(given_):
    error = errors.unexpected_keyword("SGD.apply_gradients", given_, ["grads_and_vars", "name"])
    assert type(error) is TypeError
    assert str(error) == (
        "SGD.apply_gradients() got an unexpected keyword argument 'grad_and_vars'. "
        "Did you mean 'grads_and_vars'?"
    )


def test_unexpected_keyword_without_a_close_name():
    text = str(errors.unexpected_keyword("f", "zzz", lambda alpha, beta: 0))
    assert text == "f() got an unexpected keyword argument 'zzz'. It accepts: alpha, beta."
    assert str(errors.unexpected_keyword("f", "zzz", ())).endswith("argument 'zzz'.")


def test_unknown_attribute():
    error = errors.unknown_attribute("fastgrad.Tensor", "assign", hint="Use a Variable.")
    assert type(error) is AttributeError
    assert error.name == "assign"
    text = "'fastgrad.Tensor' object has no attribute"
    assert str(error) == f"{text} 'assign'. Use a Variable."
    plain = errors.unknown_attribute("fastgrad.Tensor", "zzz", ["shape"])
    assert str(plain) == f"{text} 'zzz'"
    close = errors.unknown_attribute("fastgrad.Tensor", "shap", ["shape"])
    assert str(close) == f"{text} 'shap'. Did you mean 'shape'?"
    probe = errors.unknown_attribute("fastgrad.Tensor", "__array_", ["__array__"])
    assert str(probe) == f"{text} '__array_'"


def test_conversion_errors():
    error = errors.cannot_convert("a" * 200, "float32", "Strings have no tensors.")
    assert type(error) is TypeError
    assert str(error).startswith("Cannot convert 'aaa")
    assert str(error).endswith("... to a Tensor of dtype float32. Strings have no tensors.")
    assert len(str(error)) < 150
    text = str(errors.fraction_to_integer(0.0, "int32"))
    assert text.startswith("Cannot convert 0.0 to a Tensor of dtype int32.")
    assert "dtype=fg.float32" in text
    assert type(errors.not_rectangular()) is ValueError
    assert "Can't convert non-rectangular Python sequence to Tensor." in str(
        errors.not_rectangular()
    )


def test_leaves_tape():
    error = errors.leaves_tape("np.asarray(t)")
    assert type(error) is TypeError
    assert str(error).startswith("np.asarray(t) would take this Tensor off the tape")
    assert "t.numpy()" in str(error)


def test_axis_error():
    error = errors.axis_error("reduce_sum", 2, 1)
    assert isinstance(error, np.exceptions.AxisError)
    assert isinstance(error, ValueError)
    assert isinstance(error, IndexError)
    assert str(error) == "reduce_sum: axis 2 is out of bounds for array of dimension 1"


@pytest.mark.parametrize(
    ("shapes", "text"),
    [
        ([(2,), (3,)], "(2,) and (3,)"),
        ([TensorShape([2, 1]), [3, 4], (5,)], "(2, 1), (3, 4) and (5,)"),
    ],
)
def test_broadcast_error(shapes, text):
    error = errors.broadcast_error("add", *shapes)
    assert type(error) is ValueError
    assert str(error) == f"add: shapes {text} do not broadcast together."


def test_short():
    class Bad:
        def __repr__(self):
            raise RuntimeError

    assert errors.short([1, 2]) == "[1, 2]"
    assert errors.short(np.zeros((2, 2))) == "array([[0., 0.], [0., 0.]])"
    assert errors.short("a" * 100, 10) == "'aaaaaa..."
    assert errors.short(Bad()) == "<Bad object>"
