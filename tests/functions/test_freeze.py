"""`GradientTape.freeze`: what was recorded, as a function."""

import numpy as np
import pytest

import fastgrad as fg


def test_other_tapes_say_how():
    x = fg.constant([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    with pytest.raises(RuntimeError, match="freezable=True"):
        tape.freeze(y, x)


@pytest.mark.parametrize("values", [[0.3, -1.2], [2.0, 5.0]])
def test_bits_are_those_of_the_program(values):
    w = fg.Variable([3.0, 4.0])

    def program(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = fg.reduce_sum(fg.sin(x * w) ** 2) + 1.0
        return y, tape.gradient(y, [x, w])

    x = fg.constant([1.0, 2.0])
    with fg.GradientTape(freezable=True) as outer:
        results = program(x)
    frozen = outer.freeze(results, x)
    for _ in range(2):
        want = program(fg.constant(values))
        got = frozen(values)
        assert got[0].numpy() == want[0].numpy()
        assert isinstance(got[1], list)
        for a, b in zip(got[1], want[1], strict=True):
            assert a.numpy().tobytes() == b.numpy().tobytes()
        w.assign_add([1.0, 1.0])  # Variables are read in each call


def test_several_inputs_and_variables_as_inputs():
    a, b, v = fg.constant(2.0), fg.constant(3.0), fg.Variable(5.0)
    with fg.GradientTape(freezable=True) as tape:
        y = a * b + v
    assert tape.freeze(y, [a, b])(10.0, 20.0).numpy() == 205.0
    assert tape.freeze({"y": y}, {"a": a, "v": v})({"a": 1.0, "v": 1.0})["y"].numpy() == 4.0
    assert tape.freeze(y, a)(1.0).numpy() == 8.0
    assert "multiply" in str(tape.freeze(y, a).plan())


def test_it_can_be_differentiated():
    x = fg.constant(3.0)
    with fg.GradientTape(freezable=True) as tape:
        y = x * x * x
    cube, at = tape.freeze(y, x), fg.constant(2.0)
    with fg.GradientTape() as outer:
        outer.watch(at)
        with fg.GradientTape() as inner:
            inner.watch(at)
            z = cube(at)
        slope = inner.gradient(z, at)
    assert slope.numpy() == 12.0 and outer.gradient(slope, at).numpy() == 12.0


def test_functions_inside():
    x, double = fg.constant(3.0), fg.function(lambda x: x * 2.0)
    with fg.GradientTape(freezable=True) as tape:
        y = double(x) + 1.0
    assert tape.freeze(y, x)(5.0).numpy() == 11.0


@pytest.mark.parametrize(
    "look",
    [
        bool,
        float,
        int,
        lambda y: y.numpy(),
        np.asarray,
        lambda y: [0, 1, 2, 3][fg.cast(y, fg.int32)],
    ],
)
def test_a_look_at_a_value_is_refused(look):
    x, c = fg.constant(1.0), fg.constant(2.0)
    with fg.GradientTape(freezable=True, watch_accessed_variables=False) as tape:
        look(c * 1.0)  # depends on no input
        y = x * c
    assert tape.freeze(y, x)(2.0).numpy() == 4.0
    with fg.GradientTape(freezable=True) as tape:
        y = x * c
        look(y)
        z = y + 1.0
    with pytest.raises(ValueError, match=r"test_freeze.py, line \d+.*fg.where"):
        tape.freeze(z, x)


def test_texts_are_no_looks():
    x = fg.constant(1.0)
    with fg.GradientTape(freezable=True) as tape:
        y = x * 2.0
        assert "2.0" in f"{y} {y!r}"
    assert tape.freeze(y, x)(4.0).numpy() == 8.0


def test_what_can_not_be_frozen():
    x, other, v = fg.constant(1.0), fg.constant(1.0), fg.Variable(1.0)
    with fg.GradientTape(freezable=True) as tape:
        y = x * 2.0
        with pytest.raises(RuntimeError, match="freezable"), fg.GradientTape(freezable=True):
            pass
    z = y * 2.0
    with pytest.raises(ValueError, match=r"inputs\[0\].*was not used"):
        tape.freeze(y, other)
    with pytest.raises(ValueError, match=r"outputs\[0\].*not computed in the block"):
        tape.freeze(z, x)
    with pytest.raises(TypeError, match="must be a Tensor"):
        tape.freeze(y, 1.0)
    frozen = tape.freeze(y, x)
    with pytest.raises(ValueError, match="must have shape"):
        frozen([1.0, 2.0])
    with pytest.raises(TypeError, match="1 inputs are needed"):
        frozen()
    with fg.GradientTape(freezable=True) as tape:
        v.assign(x)
        y = x * v
    with pytest.raises(ValueError, match=r"'Variable:0' was assigned.*line"):
        tape.freeze(y, x)
    assert v.numpy() == 1.0


def test_eager_results_stay_what_they_are():
    x = fg.Variable(3.0)
    with fg.GradientTape(freezable=True) as tape:
        y = x * x if x > 2.0 else x
    assert tape.gradient(y, x).numpy() == 6.0 and float(y) == 9.0


def test_functions_run_as_python_does():
    def jumps(x):
        y = x * fg.random.normal([])
        for _ in fg.range(2):
            y = y + x
        return y if x < 3.0 else x

    x, f = fg.constant(2.0), fg.function(jumps)
    fg.random.set_seed(5)
    want = jumps(x)
    f(x)
    fg.random.set_seed(5)
    with fg.GradientTape(freezable=True) as tape:
        tape.watch(x)
        y = f(x)
    assert y.numpy() == want.numpy() and tape.gradient(y, x) is not None
    with pytest.raises(
        ValueError, match=r"Python looked.*test_freeze.py, line \d+.*make all of it"
    ):
        tape.freeze(y, x)
