"""Section 5 of docs/semantics.md: Variables, assignment, and what tapes make of it."""

import copy
import pickle
import warnings

import numpy as np
import pytest

import fastgrad as fg


@pytest.mark.semantics("5.1")
@pytest.mark.parametrize(
    "initial",
    [
        [1.0, 2.0],
        (1.0, 2.0),
        np.array([1.0, 2.0], "float32"),
        fg.constant([1.0, 2.0]),
        lambda: fg.Variable([1.0, 2.0]),
        lambda: [1.0, 2.0],
        lambda: fg.constant([1.0, 2.0]),
    ],
)
def test_made_from(initial):
    x = fg.Variable(initial)
    assert x.dtype == fg.float32 and x.numpy().tolist() == [1.0, 2.0]


@pytest.mark.semantics("5.1")
def test_a_variable_made_from_a_variable_is_another_one():
    x = fg.Variable(1.0)
    y = fg.Variable(x)
    y.assign(5.0)
    assert (x.numpy(), y.numpy()) == (1.0, 5.0)


@pytest.mark.semantics("5.2")
def test_attributes():
    x = fg.Variable([1, 2], name="x", dtype=fg.float64)
    assert (x.name, x.shape, x.dtype, x.trainable) == ("x:0", (2,), fg.float64, True)
    assert fg.Variable(1.0, trainable=False).trainable is False


@pytest.mark.semantics("5.2")
@pytest.mark.parametrize("value", [2.0, [2.0], np.full(5000, 2.0)])
def test_numpy_does_not_change_later(value):
    x = fg.Variable(value)
    before = x.numpy()
    x.assign_add(np.ones_like(before))
    assert np.max(before) == 2.0 and np.min(x.numpy()) == 3.0


@pytest.mark.semantics("5.3")
def test_assign():
    x = fg.Variable([1, 2])
    x.assign([3, 4])
    assert x.numpy().tolist() == [3, 4]
    x.assign_add(np.array([1, 1]))
    assert x.numpy().tolist() == [4, 5]
    x.assign_sub(fg.constant([1, 2]))
    assert x.numpy().tolist() == [3, 3]
    assert x.assign([0, 0]).assign_add([5, 5]).assign_sub([1, 2]).numpy().tolist() == [4, 3]
    assert x.numpy().tolist() == [4, 3]


@pytest.mark.semantics("5.3")
@pytest.mark.parametrize("value", [2, 2.0, np.float64(2.0), np.array(2.0), fg.constant(2.0)])
def test_assign_takes_numbers(value):
    x = fg.Variable(1.0)
    x.assign(value)
    x.assign_add(value)
    assert x.numpy() == 4.0 and x.dtype == fg.float32


@pytest.mark.semantics("5.3")
def test_assign_takes_a_variable():
    x, y = fg.Variable([1.0]), fg.Variable([2.0])
    x.assign(y)
    y.assign_add(x)
    assert (x.numpy()[0], y.numpy()[0]) == (2.0, 4.0)


@pytest.mark.semantics("5.4")
@pytest.mark.parametrize("how", ["assign", "assign_add", "assign_sub"])
def test_a_wrong_shape_changes_nothing(how):
    x = fg.Variable([1.0, 2.0], name="x")
    with pytest.raises(ValueError, match=r"\(2,\).*\(3,\)"):
        getattr(x, how)([1.0, 2.0, 3.0])
    assert x.numpy().tolist() == [1.0, 2.0]


@pytest.mark.semantics("5.4")
def test_the_text_for_a_wrong_shape():
    x = fg.Variable([1.0, 2.0], name="x")
    with pytest.raises(ValueError, match="Cannot assign value to variable ' x:0': Shape mismatch"):
        x.assign(fg.ones([3]))
    with pytest.raises(ValueError, match="Shape mismatch"):
        x.assign(1.0)


@pytest.mark.semantics("5.5")
def test_the_dtype_of_what_is_assigned():
    x, n = fg.Variable([1.0, 2.0]), fg.Variable([1, 2])
    x.assign(np.array([3, 4]))
    x.assign_add([1, 1])
    assert x.dtype == fg.float32 and x.numpy().tolist() == [4.0, 5.0]
    for other in (fg.constant([1, 2]), fg.constant([1.0, 2.0], dtype=fg.float64)):
        with pytest.raises(ValueError, match="dtype"):
            x.assign(other)
    for fraction in ([1.5, 2.5], np.array([1.5, 2.5])):
        with pytest.raises(TypeError, match="int32"):
            n.assign(fraction)
    with pytest.raises(TypeError, match="int32"):
        n.assign_add([0.5, 0.5])
    assert x.numpy().tolist() == [4.0, 5.0] and n.numpy().tolist() == [1, 2]


@pytest.mark.semantics("5.6")
def test_assignment_is_not_differentiable():
    x0, x1 = fg.Variable(2.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        x1.assign_add(x0)
        y = x1 * x1
    d0, d1 = tape.gradient(y, [x0, x1])
    assert d0 is None and d1.numpy() == 10.0


@pytest.mark.semantics("5.6")
def test_what_assign_returns_does_not_connect_its_argument():
    x, z = fg.Variable(1.0), fg.Variable(3.0)
    with fg.GradientTape() as tape:
        y = x.assign(z**2) * 2.0
    assert y.numpy() == 18.0
    assert tape.gradient(y, z) is None


@pytest.mark.semantics("5.7")
@pytest.mark.parametrize("size", [1, 3, 100_000])
def test_a_recorded_read_keeps_its_value(size):
    x = fg.Variable(np.full(size, 3.0))
    with fg.GradientTape(persistent=True) as tape:
        y = x * x
    x.assign_add(np.full(size, 97.0))
    assert (tape.gradient(y, x).numpy() == 6.0).all()
    x.assign(np.zeros(size))
    assert (tape.gradient(y, x).numpy() == 6.0).all()
    assert (y.numpy() == 9.0).all()


@pytest.mark.semantics("5.7")
def test_a_tensor_read_from_a_variable_does_not_change():
    x = fg.Variable(np.full(5000, 3.0))
    t, view = fg.convert_to_tensor(x), np.asarray(x)
    x.assign_sub(np.ones(5000))
    assert (t.numpy() == 3.0).all() and (view == 3.0).all() and (x.numpy() == 2.0).all()


@pytest.mark.semantics("5.8")
def test_reads_around_an_assignment():
    x = fg.Variable(2.0)
    with fg.GradientTape(persistent=True) as tape:
        before = x * x
        x.assign(3.0)
        after = x * x
        both = before + after
    assert tape.gradient(before, x).numpy() == 4.0
    assert tape.gradient(after, x).numpy() == 6.0
    assert tape.gradient(both, x).numpy() == 10.0


@pytest.mark.semantics("5.9")
def test_what_assign_returns_reads_as_the_variable():
    x = fg.Variable(1.0)
    with fg.GradientTape() as tape:
        y = x.assign(2.0) * 5.0
    assert y.numpy() == 10.0
    assert tape.gradient(y, x).numpy() == 5.0


@pytest.mark.semantics("5.10")
def test_a_variable_that_became_a_tensor():
    x = fg.Variable(2.0, name="x")
    gradients = []
    for _ in range(2):
        with fg.GradientTape() as tape:
            y = x * x
        with warnings.catch_warnings(record=True) as seen:
            warnings.simplefilter("always")
            gradients.append(tape.gradient(y, x))
        x = x + 1.0
    assert gradients[0].numpy() == 4.0 and gradients[1] is None
    assert len(seen) == 1 and "is now a Tensor, not the Variable" in str(seen[0].message)
    assert "assign_add" in str(seen[0].message)


@pytest.mark.semantics("5.10")
def test_a_plain_constant_gives_no_warning():
    c = fg.constant(2.0) + 1.0
    with fg.GradientTape() as tape:
        y = c * c
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert tape.gradient(y, c) is None


@pytest.mark.semantics("5.11")
def test_numpy_leaves_the_tape():
    x = fg.Variable(2.0)
    with fg.GradientTape() as tape:
        y = x * x.numpy()
    assert tape.gradient(y, x).numpy() == 2.0


@pytest.mark.semantics("5.12")
def test_unhashable():
    t, x = fg.constant(1.0), fg.Variable(1.0)
    with pytest.raises(TypeError, match=r"Tensor is unhashable.*tensor\.ref\(\)"):
        hash(t)
    with pytest.raises(TypeError, match=r"Variable is unhashable.*variable\.ref\(\)"):
        hash(x)


@pytest.mark.semantics("5.12")
@pytest.mark.parametrize("make", [fg.constant, fg.Variable])
def test_ref(make):
    a, b = make(1.0), make(1.0)
    assert a.ref() == a.ref() and a.ref() != b.ref()
    assert {a.ref(): "a", b.ref(): "b"}[a.ref()] == "a"
    assert a.ref().deref() is a


@pytest.mark.semantics("5.13")
@pytest.mark.parametrize(
    "clone", [copy.deepcopy, lambda o: pickle.loads(pickle.dumps(o))], ids=["deepcopy", "pickle"]
)
@pytest.mark.parametrize("value", [1.5, [1.5, 2.5], np.full((3, 100), 1.5)])
def test_copies(clone, value):
    t = fg.constant(value)
    u = clone(t)
    assert isinstance(u, fg.Tensor) and u.dtype == t.dtype and u.shape == t.shape
    assert u.numpy().tolist() == t.numpy().tolist()
    x = fg.Variable(value, name="x", trainable=False)
    y = clone(x)
    assert (y.name, y.trainable, y.dtype) == ("x:0", False, x.dtype)
    y.assign_add(np.ones(x.shape, x.dtype.name))
    assert np.max(x.numpy()) == np.max(value)
    assert np.max(y.numpy()) == np.max(value) + 1.0


@pytest.mark.semantics("5.13")
def test_a_copy_of_a_variable_is_a_source_of_its_own():
    x = fg.Variable(3.0)
    y = copy.deepcopy(x)
    with fg.GradientTape() as tape:
        z = x * x * y
    dx, dy = tape.gradient(z, [x, y])
    assert (dx.numpy(), dy.numpy()) == (18.0, 9.0)


@pytest.mark.semantics("5.14")
def test_a_tape_cannot_be_pickled():
    with pytest.raises(TypeError, match="pickle"):
        pickle.dumps(fg.GradientTape())
