"""Section 1 of docs/semantics.md: what things are called and how they print."""

import io
import sys

import numpy as np
import pytest

import fastgrad as fg


@pytest.mark.semantics("1.1")
def test_version_is_text():
    assert isinstance(fg.__version__, str) and fg.__version__[0].isdigit()


@pytest.mark.semantics("1.2", "1.3")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (3, "shape=() dtype=int32, numpy=3>"),
        (3.0, "shape=() dtype=float32, numpy=3.0>"),
        (True, "shape=() dtype=bool, numpy=True>"),
        (np.float32(-1 / 3), "shape=() dtype=float32, numpy=-0.33333334>"),
        (
            np.nextafter(np.float32(-1 / 3), np.float32(0)),
            "shape=() dtype=float32, numpy=-0.3333333>",
        ),
        (np.float64(0.1), "shape=() dtype=float64, numpy=0.1>"),
        (np.float16(0.1), "shape=() dtype=float16, numpy=0.1>"),
        (1e30, "shape=() dtype=float32, numpy=1e+30>"),
    ],
)
def test_scalar_variable(value, text):
    x = fg.Variable(value)
    assert repr(x) == "<fg.Variable 'Variable:0' " + text
    assert str(x) == repr(x)


@pytest.mark.semantics("1.2")
def test_a_variable_shows_its_name():
    x = fg.Variable(0.0, name="x", dtype=fg.float32)
    assert repr(x) == "<fg.Variable 'x:0' shape=() dtype=float32, numpy=0.0>"
    assert (x.name, fg.Variable(1.0).name) == ("x:0", "Variable:0")


@pytest.mark.semantics("1.4")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.array([1.0, 2.0]), "shape=(2,) dtype=float64, numpy=array([1., 2.])>"),
        ([0.0], "shape=(1,) dtype=float32, numpy=array([0.], dtype=float32)>"),
        ([1, 2], "shape=(2,) dtype=int32, numpy=array([1, 2], dtype=int32)>"),
        (
            [[1.0, 2.0], [3.0, 4.0]],
            (
                "shape=(2, 2) dtype=float32, numpy=\n"
                "array([[1., 2.],\n       [3., 4.]], dtype=float32)>"
            ),
        ),
        (
            np.zeros((1, 2, 1)),
            "shape=(1, 2, 1) dtype=float64, numpy=\narray([[[0.],\n        [0.]]])>",
        ),
    ],
)
def test_variable_with_axes(value, text):
    assert repr(fg.Variable(value)) == "<fg.Variable 'Variable:0' " + text


@pytest.mark.semantics("1.5")
def test_what_assign_returns_is_called_unread():
    x = fg.Variable([1, 2], name="x")
    want = "<fg.Variable 'UnreadVariable' shape=(2,) dtype=int32, numpy=array([3, 4], dtype=int32)>"
    assert repr(x.assign([3, 4])) == want
    assert "'UnreadVariable'" in repr(x.assign_add([1, 1]))
    assert "'UnreadVariable'" in repr(x.assign_sub([1, 1]))
    assert "'x:0'" in repr(x)


@pytest.mark.semantics("1.6")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (-2.0, "fg.Tensor(-2.0, shape=(), dtype=float32)"),
        (3, "fg.Tensor(3, shape=(), dtype=int32)"),
        (True, "fg.Tensor(True, shape=(), dtype=bool)"),
        ([34.0, 55.0, 82.0], "fg.Tensor([34. 55. 82.], shape=(3,), dtype=float32)"),
        (
            [[0.0, 0.0], [0.0, 0.0]],
            "fg.Tensor(\n[[0. 0.]\n [0. 0.]], shape=(2, 2), dtype=float32)",
        ),
        ([], "fg.Tensor([], shape=(0,), dtype=float32)"),
    ],
)
def test_printed_tensor(value, text):
    assert str(fg.constant(value)) == text


@pytest.mark.semantics("1.7")
def test_repr_of_tensor():
    assert repr(fg.constant(9.0)) == "<fg.Tensor: shape=(), dtype=float32, numpy=9.0>"
    pair = [fg.constant(1.0), fg.constant([2, 3])]
    assert str(pair) == (
        "[<fg.Tensor: shape=(), dtype=float32, numpy=1.0>, "
        "<fg.Tensor: shape=(2,), dtype=int32, numpy=array([2, 3], dtype=int32)>]"
    )
    assert repr(fg.eye(2)) == (
        "<fg.Tensor: shape=(2, 2), dtype=float32, numpy=\n"
        "array([[1., 0.],\n       [0., 1.]], dtype=float32)>"
    )


@pytest.mark.semantics("1.8")
def test_f_strings():
    assert f"{fg.constant(1.0)}" == "1.0"
    assert f"{fg.constant([1.0, 2.0])}" == "[1. 2.]"
    assert f"{fg.constant(2 / 3):.3f}" == "0.667"
    assert f"{fg.constant(7):03d}" == "007"
    x = fg.Variable(3.0, name="x")
    assert f"{x}" == "<fg.Variable 'x:0' shape=() dtype=float32, numpy=3.0>"


@pytest.mark.semantics("1.9")
def test_class_names():
    a, x = fg.range(5), fg.Variable(fg.range(5))
    assert repr(type(a)) == "<class 'fastgrad.Tensor'>"
    assert repr(type(x)) == "<class 'fastgrad.Variable'>"
    assert (isinstance(a, fg.Tensor), isinstance(a, fg.Variable)) == (True, False)
    assert (isinstance(x, fg.Tensor), isinstance(x, fg.Variable)) == (False, True)


@pytest.mark.semantics("1.10", "1.11")
def test_shape_and_dtype_print(capsys):
    x = fg.Variable([1, 2])
    print(x.shape, x.dtype)
    assert capsys.readouterr().out == "(2,) <dtype: 'int32'>\n"
    assert (repr(x.shape), repr(x.dtype)) == ("TensorShape([2])", "fg.int32")
    assert (str(fg.constant(1.0).shape), repr(fg.constant(1.0).shape)) == ("()", "TensorShape([])")


@pytest.mark.semantics("1.10")
def test_shape_is_a_tuple_and_more():
    s = fg.ones([2, 3]).shape
    assert s == (2, 3) and s == [2, 3] and s != (3, 2)
    assert s.as_list() == [2, 3] and s.rank == 2 and len(s) == 2
    assert s[1] == 3 and type(s[1]) is int
    more = [4]
    assert s + more == (2, 3, 4) and repr(s[:1]) == "TensorShape([2])"
    assert fg.zeros(s).shape == s
    assert isinstance(s, tuple) and np.zeros(s).shape == (2, 3)


@pytest.mark.semantics("1.12")
def test_dtype_attributes():
    d = fg.float32
    assert d == "float32" and d == np.float32 and d != "float64" and d != fg.int32
    assert (d.name, d.as_numpy_dtype, d.is_floating, d.size) == ("float32", np.float32, True, 4)
    assert d.max == np.finfo(np.float32).max
    assert (fg.int8.max, fg.int8.is_floating, fg.bool.name) == (127, False, "bool")


@pytest.mark.semantics("1.12")
@pytest.mark.parametrize(
    "name",
    [
        *("float16", "float32", "float64", "complex64", "complex128", "bool"),
        *("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64"),
    ],
)
def test_dtype_names(name):
    d = getattr(fg, name)
    assert str(d) == f"<dtype: '{name}'>" and repr(d) == f"fg.{name}"
    assert d == name and fg.zeros([2], dtype=d).dtype == d
    assert fg.zeros([2], dtype=d).numpy().dtype == np.dtype(name)


@pytest.mark.semantics("1.13")
@pytest.mark.parametrize("name", ["assign", "assign_add", "trainable"])
def test_what_only_variables_have(name):
    with pytest.raises(AttributeError, match="Tensor' object has no attribute") as error:
        getattr(fg.constant(2), name)
    text = str(error.value)
    assert text.startswith(f"'fastgrad.Tensor' object has no attribute '{name}'")
    assert "immutable" in text and "Variable" in text
    assert not hasattr(fg.constant(2), name)


@pytest.mark.semantics("1.14")
def test_print_goes_to_stderr(capfd):
    fg.print("x =", fg.constant(1.0), fg.constant(2))
    fg.print(1, 2, sep=",", end="!\n")
    seen = capfd.readouterr()
    assert (seen.out, seen.err) == ("", "x = 1 2\n1,2!\n")


@pytest.mark.semantics("1.14")
def test_print_to_another_stream(capfd):
    fg.print(fg.constant(1.5), output_stream=sys.stdout)
    assert capfd.readouterr().out == "1.5\n"


@pytest.mark.semantics("1.14")
def test_print_to_a_stream_object():
    stream = io.StringIO()
    fg.print(fg.constant(1.5), output_stream=stream)
    assert stream.getvalue() == "1.5\n"


def printed(capfd, *args, **kwargs):
    fg.print(*args, **kwargs)
    return capfd.readouterr().err[:-1]


@pytest.mark.semantics("1.15")
@pytest.mark.parametrize(
    ("value", "text"),
    [
        (np.float32(-2), "-2"),
        (np.float32(0.1), "0.1"),
        (np.float32(1 / 3), "0.333333343"),
        (np.float64(1 / 3), "0.33333333333333331"),
        (np.float32(1e6), "1e+06"),
        (np.float32(0.999998569), "0.999998569"),
        (np.float64(2.5), "2.5"),
        (np.int64(7), "7"),
        (np.bool_(True), "True"),
        (np.complex128(1 + 2j), "(1+2j)"),
    ],
)
def test_printed_numbers(capfd, value, text):
    assert printed(capfd, fg.constant(value)) == text
    assert printed(capfd, fg.Variable(value)) == text


@pytest.mark.semantics("1.16")
def test_printed_arrays(capfd):
    assert printed(capfd, fg.constant([1, 2, 3])) == "[1 2 3]"
    assert printed(capfd, fg.ones([2, 2])) == "[[1 1]\n [1 1]]"
    assert printed(capfd, fg.range(6)) == "[0 1 2 3 4 5]"
    assert printed(capfd, fg.range(100)) == "[0 1 2 ... 97 98 99]"
    assert printed(capfd, fg.range(7), summarize=2) == "[0 1 ... 5 6]"
    assert printed(capfd, fg.range(8), summarize=-1) == "[0 1 2 3 4 5 6 7]"
    assert printed(capfd, fg.constant([True, False])) == "[True False]"
    assert printed(capfd, fg.zeros([0])) == "[]"


@pytest.mark.semantics("1.17")
def test_printed_structures(capfd):
    pair = (fg.constant(-2.0), fg.constant(1.0))
    assert printed(capfd, pair) == "(-2, 1)"
    assert printed(capfd, [1, fg.constant([1, 2])]) == "[1, [1 2]]"
    assert printed(capfd, {"k": 1, "a": 2}) == "{'a': 2, 'k': 1}"
    assert printed(capfd, "bare", ["quoted"]) == "bare ['quoted']"


@pytest.mark.semantics("1.8", "1.14")
def test_print_of_an_f_string(capfd):
    x = fg.Variable(np.float32(0.99999857), name="x")
    y = fg.constant(0.0)
    want = "y = 0.0; x = <fg.Variable 'x:0' shape=() dtype=float32, numpy=0.99999857>"
    assert printed(capfd, f"y = {y}; x = {x}") == want


@pytest.mark.semantics("1.18")
def test_devices():
    cpu = fg.config.list_physical_devices("CPU")
    assert repr(cpu) == "[PhysicalDevice(name='/physical_device:CPU:0', device_type='CPU')]"
    assert cpu[0] in fg.config.list_physical_devices()
    for gpu in fg.config.list_physical_devices("GPU"):
        assert gpu.device_type == "GPU"


@pytest.mark.semantics("1.18")
def test_device_settings_are_accepted():
    gpus = fg.config.list_physical_devices("GPU")
    fg.config.set_visible_devices(gpus[:1], "GPU")
    for gpu in gpus:
        fg.config.experimental.set_memory_growth(gpu, True)
    limit = fg.config.experimental.VirtualDeviceConfiguration(memory_limit=4096)
    assert limit.memory_limit == 4096
