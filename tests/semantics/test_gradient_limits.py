"""Section 4 of docs/semantics.md, lines 4.20 on: bad arguments, repeats, failures, long chains."""

import warnings

import numpy as np
import pytest

import fastgrad as fg

from .support import inside


@pytest.fixture
def squares():
    """A Variable x at [1, 2], x * x, and the tape that saw it."""
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
    return x, y, tape


@pytest.mark.semantics("4.20")
def test_target_none(squares):
    x, _, tape = squares
    with pytest.raises(TypeError, match=r"`target`.* None"):
        tape.gradient(None, x)


@pytest.mark.semantics("4.20")
def test_none_inside_the_targets_or_sources(squares):
    x, y, tape = squares
    with pytest.raises(TypeError, match=r"target.*\[1\].*None"):
        tape.gradient([y, None], x)
    with pytest.raises(TypeError, match=r"sources.*\[2\].*None"):
        tape.gradient(y, [x, x, None])
    with pytest.raises(TypeError, match=r"sources.*\['w'\].*None"):
        tape.gradient(y, {"x": x, "w": None})


@pytest.mark.semantics("4.21")
def test_a_number_as_target(squares):
    x, y, tape = squares
    assert tape.gradient(1.0, x) is None
    assert tape.gradient(1.0, x, unconnected_gradients="zero").numpy().tolist() == [0.0, 0.0]
    assert tape.gradient([y, 1.0], x).numpy().tolist() == [2.0, 4.0]


@pytest.mark.semantics("4.22")
@pytest.mark.parametrize(
    ("source", "name"),
    [(np.ones(2), "ndarray"), (1.0, "float"), ({1, 2}, "set"), ((v for v in ()), "generator")],
    ids=["ndarray", "float", "set", "generator"],
)
def test_what_cannot_be_a_source(squares, source, name):
    x, y, tape = squares
    with pytest.raises(TypeError, match=f"sources.*{name}"):
        tape.gradient(y, source)
    with pytest.raises(TypeError, match=rf"sources.*\[1\].*{name}"):
        tape.gradient(y, [x, source])
    assert tape.gradient(y, x).numpy().tolist() == [2.0, 4.0]


@pytest.mark.semantics("4.23")
def test_gradient_inside_the_block():
    x = fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x * x
        assert tape.gradient(y, x).numpy() == 6.0
        _ = x * y
    with pytest.raises(RuntimeError, match="non-persistent"):
        tape.gradient(y, x)


@pytest.mark.semantics("4.23")
def test_gradient_inside_a_persistent_block_warns():
    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("default")
            results = [tape.gradient(y, x).numpy() for _ in range(5)]
    assert results == [6.0] * 5
    assert len(seen) == 1 and "significantly less efficient" in str(seen[0].message)


@pytest.mark.semantics("4.24")
def test_one_gradient_from_a_tape():
    x1, x2 = fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        z = x1 * x2
    assert tape.gradient(z, x1).numpy() == 3.0
    with pytest.raises(RuntimeError) as error:
        tape.gradient(z, x2)
    text = "GradientTape.gradient can only be called once on non-persistent tapes."
    assert str(error.value).startswith(text)


@pytest.mark.semantics("4.24", "7.4")
def test_one_jacobian_from_a_tape():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x * x
    assert tape.jacobian(y, x).shape == (2, 2)
    for again in (tape.gradient, tape.jacobian):
        with pytest.raises(RuntimeError, match="non-persistent"):
            again(y, x)


@pytest.mark.semantics("4.25")
def test_many_gradients_from_a_persistent_tape():
    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        y = fg.square(x)
        z = pow(x, 3)
    for _ in range(3):
        assert tape.gradient(y, x).numpy() == 6.0
        assert tape.jacobian(z, x).numpy() == 27.0
        assert tape.gradient([y, z], x).numpy() == 33.0


@inside
@pytest.mark.semantics("4.25", "6.3")
def test_orders_from_one_persistent_tape():
    x = fg.Variable(3.0)
    with fg.GradientTape(persistent=True) as tape:
        y = x**3
        first = tape.gradient(y, x)
        second = tape.gradient(first, x)
        third = tape.gradient(second, x)
    assert (first.numpy(), second.numpy(), third.numpy()) == (27.0, 18.0, 6.0)


def failing(error):
    """A doubling function whose gradient raises `error` while the returned list holds True."""
    broken = [True]

    @fg.custom_gradient
    def double(x):
        def grad_fn(ct):
            if broken[0]:
                raise error
            return 2.0 * ct

        return 2.0 * x, grad_fn

    return double, broken


@pytest.mark.semantics("4.26")
def test_a_failure_leaves_a_persistent_tape_usable():
    x = fg.Variable(3.0)
    double, broken = failing(ZeroDivisionError("mine"))
    with fg.GradientTape(persistent=True) as tape:
        y = double(x) * x
        z = x * x
    for _ in range(2):
        with pytest.raises(ZeroDivisionError, match="mine"):
            tape.gradient(y, x)
        assert tape.gradient(z, x).numpy() == 6.0
    broken[0] = False
    assert tape.gradient(y, x).numpy() == 12.0


@pytest.mark.semantics("4.28")
@pytest.mark.parametrize("error", [KeyboardInterrupt(), KeyError("k"), SystemExit(3)])
def test_exceptions_from_a_gradient_function(error):
    x = fg.Variable(3.0)
    double, _ = failing(error)
    with fg.GradientTape() as tape:
        y = double(x)
    with pytest.raises(type(error)) as caught:
        tape.gradient(y, x)
    assert caught.value is error
    with fg.GradientTape() as tape:
        z = x * x
    assert tape.gradient(z, x).numpy() == 6.0


@pytest.mark.semantics("4.27")
def test_a_long_chain():
    x = fg.Variable(1.0)
    with fg.GradientTape() as tape:
        y = x * 1.0
        for _ in range(10_000):
            y = y * 1.0 + 0.5
    assert y.numpy() == 5001.0
    assert tape.gradient(y, x).numpy() == 1.0


@pytest.mark.semantics("4.27")
def test_a_long_chain_of_arrays():
    x = fg.Variable([1.0, 2.0])
    with fg.GradientTape() as tape:
        y = x
        for _ in range(20_000):
            y = -y
    assert tape.gradient(y, x).numpy().tolist() == [1.0, 1.0]
