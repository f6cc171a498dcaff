"""What can go wrong with `fg.function`: each is a clear error, and undoes what the call did."""

import threading
import traceback

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._core._graph import tracing


def lines_of(error):
    """The lines of this file that an error came through."""
    frames = traceback.extract_tb(error.__traceback__)
    return [frame.line for frame in frames if frame.filename == __file__]


def effect(call, x):
    """A Python call in each replay that gives x."""

    def run(given):
        call()
        return given

    return tracing().effect(run, [x], [x])[0]


def watched(t):
    with fg.GradientTape() as tape:
        tape.watch(t)


# ---------------------------------------------------------------------------------------------- leaks
def test_a_leaked_tensor_names_its_function():
    kept = []

    @fg.function
    def leaky(x):
        y = x * 2.0
        kept.extend([x, y, fg.sin(y), fg.stop_gradient(y)])
        return y

    leaky(fg.constant([1.0, 2.0]))
    other = fg.function(lambda x: x + kept[1])
    uses = (
        lambda t: t + 1.0,
        lambda t: 2.0 * t,
        lambda t: t + t,
        lambda t: fg.sin(t),
        lambda t: np.sin(t),
        lambda t: fg.reduce_sum(t),
        lambda t: fg.stack([t, t]),
        lambda t: fg.constant(t),
        lambda t: fg.convert_to_tensor(t),
        lambda t: fg.convert_to_tensor([t, t]),
        lambda t: fg.Variable(t),
        lambda t: fg.Variable([0.0, 0.0]).assign(t),
        lambda t: fg.Variable([0.0, 0.0]).assign_add(t),
        watched,
        lambda t: t[0],
        lambda t: t.numpy(),
        lambda t: np.asarray(t),
        lambda t: t.dtype,
        lambda t: t == t,
        lambda t: fg.matmul(t[None], t[:, None]),
        lambda t: leaky(t),
        lambda t: other(fg.constant([1.0, 1.0])),
        lambda t: fg.cast(t, fg.float64),
        lambda t: fg.keras.optimizers.SGD(0.1).apply_gradients([(t, fg.Variable([0.0, 0.0]))]),
    )
    for t in kept:
        assert repr(t) == str(t) == "<fg.Tensor: shape=(2,), leaked from leaky>"
        for use in uses:
            with pytest.raises(TypeError, match="made while leaky was traced, and has leaked"):
                use(t)
        with pytest.raises(BufferError, match="leaky"):
            memoryview(t)
    assert leaky(fg.constant([3.0, 4.0])).numpy().tolist() == [6.0, 8.0]


def test_what_does_not_depend_on_arguments_may_leave():
    kept = []

    @fg.function
    def f(x):
        kept.append(fg.constant(2.0) * 3.0)
        return x * kept[0]

    for v in (1.0, 2.0):
        assert f(fg.constant(v)).numpy() == 6.0 * v
    assert kept[0].numpy() == 6.0


def test_a_leak_into_another_trace_of_the_same_function():
    class Model:
        last = None

        @fg.function
        def step(self, x):
            y = x if self.last is None else x + self.last
            self.last = y
            return y

    model = Model()
    assert model.step(fg.constant(1.0)).numpy() == 1.0
    assert model.step(fg.constant(2.0)).numpy() == 2.0
    with pytest.raises(TypeError, match="made while step was traced"):
        model.step(fg.constant([1.0]))


def test_a_tape_that_leaks():
    tapes = []

    @fg.function
    def f(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = x * x
        tapes.append((tape, x, y))
        return y

    f(fg.constant(3.0))
    tape, x, y = tapes[0]
    with pytest.raises(TypeError, match="made while f was traced"):
        tape.gradient(y, x).numpy()


def test_only_what_is_still_alive_has_leaked():
    kept = []

    @fg.function
    def f(x):
        made = []
        for k in range(200):
            made.append(x * float(k))
            if k % 7 == 0:
                kept.append(made[k // 2])
                made[: k // 2] = [None] * (k // 2)
        del made
        return x + kept[-1]

    assert f(fg.constant(2.0)).numpy() == 198.0
    assert len(kept) == 29
    for t in kept:
        with pytest.raises(TypeError, match="made while f was traced, and has leaked"):
            t + 1.0


def test_what_leaks_of_a_trace_that_fails():
    kept = []

    @fg.function
    def f(x):
        kept.append(x * 2.0)
        raise KeyError("no")

    for n in (1, 2):
        with pytest.raises(KeyError):
            f(fg.constant(1.0))
        assert len(kept) == n
        with pytest.raises(TypeError, match="made while f was traced, and has leaked"):
            kept[-1].numpy()


def test_a_trace_ends_while_another_thread_traces():
    square = fg.function(lambda x: x * x)
    slopes, kept = [], []

    def slope():  # traces the gradient of `square`
        x = fg.constant(3.0)
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = square(x)
        slopes.append(tape.gradient(y, x).numpy())

    square(fg.constant(3.0))

    @fg.function
    def f(x):
        y = x * 2.0
        thread = threading.Thread(target=slope)
        thread.start()
        thread.join()
        kept.append(y)
        return y + 1.0

    assert f(fg.constant(1.0)).numpy() == 3.0
    assert slopes == [6.0]
    with pytest.raises(TypeError, match="made while f was traced, and has leaked"):
        kept[0] + 1.0


# ------------------------------------------------------------------------------------------- Variables
def test_a_variable_in_each_call():
    @fg.function
    def f(x):
        v = fg.Variable(1.0)
        v.assign_add(x)
        return v + 0.0

    text = "only supports singleton fg.Variables created on the first call: f creates"
    for _ in range(2):
        with pytest.raises(ValueError, match=text):
            f(fg.constant(1.0))


def test_a_variable_of_a_traced_value():
    cell = []

    @fg.function
    def f(x):
        if not cell:
            cell.append(fg.Variable(x * 2.0))
        return cell[0] + x

    with pytest.raises(ValueError, match="Variable: .*initial value isn't known"):
        f(fg.constant(1.0))
    assert cell == []


# -------------------------------------------------------------------------------------- all or nothing
def test_an_exception_in_an_effect_undoes_the_call():
    v, w, fail = fg.Variable(1.0), fg.Variable([1.0, 2.0]), []

    def call():
        if fail:
            raise KeyError("mine")

    @fg.function
    def f(x):
        v.assign(x)
        w.assign_add([1.0, 1.0])
        x = effect(call, x)
        v.assign_add(x)
        x = effect(call, x)
        return x

    f(fg.constant(5.0))
    assert v.numpy() == 10.0 and w.numpy().tolist() == [2.0, 3.0]
    fail.append(True)
    with pytest.raises(KeyError, match="mine") as caught:
        f(fg.constant(7.0))
    assert v.numpy() == 10.0 and w.numpy().tolist() == [2.0, 3.0]
    assert lines_of(caught.value)[-1] == 'raise KeyError("mine")'
    fail.clear()
    f(fg.constant(2.0))
    assert v.numpy() == 4.0 and w.numpy().tolist() == [3.0, 4.0]


def test_an_error_while_tracing_leaves_variables():
    v = fg.Variable(1.0)

    @fg.function
    def f(x, y):
        v.assign_add(1.0)
        return x @ y  # here

    for _ in range(2):
        with pytest.raises(ValueError, match="matmul") as caught:
            f(fg.ones([2, 3]), fg.ones([2, 3]))
        assert lines_of(caught.value)[-1] == "return x @ y  # here"
        assert v.numpy() == 1.0
    f(fg.ones([2, 3]), fg.ones([3, 2]))
    assert v.numpy() == 2.0


def test_an_error_in_a_replay_names_the_line():
    @fg.function
    def f(x, k):
        y = x * 2.0
        return fg.gather(y, k)  # here

    f(fg.ones([3]), fg.constant(0))
    with pytest.raises((IndexError, ValueError), match="gather") as caught:
        f(fg.ones([3]), fg.constant(5))
    assert lines_of(caught.value)[-1] == "return fg.gather(y, k)  # here"


# ----------------------------------------------------------------------------- what Python asks tensors
@pytest.mark.parametrize(
    "ask", [bool, float, int, np.asarray, lambda t: t.numpy(), lambda t: [1, 2][t]]
)
def test_asking_for_a_value_names_the_line(ask):
    @fg.function(autograph=False)
    def f(x):
        ask(x)
        return x

    with pytest.raises(
        TypeError, match=rf"isn't known.*fg.where.*{__file__}, line \d+, in"
    ) as caught:
        f(fg.constant(1))
    assert "ask(x)" in lines_of(caught.value)


def test_recursion_that_nothing_ends():
    @fg.function
    def f(x):
        if x > 0.0:
            return f(x - 1.0)
        return x

    with pytest.raises(RecursionError, match="f or a function in it calls itself without end"):
        f(fg.constant(3.0))
    assert fg.function(lambda x: x + 1.0)(fg.constant(1.0)).numpy() == 2.0


def test_nothing_is_returned():
    @fg.function
    def nothing(x):
        x * 2.0

    with pytest.raises(
        ValueError, match="Cannot differentiate a function that returns None.*nothing"
    ):
        fg.value_and_gradient(nothing, fg.constant(1.0))


# --------------------------------------------------------------------------- shapes that values decide
def test_shapes_that_values_decide_run_eagerly():
    v = fg.Variable(0.0)

    @fg.function
    def positive(x):
        v.assign_add(1.0)
        return fg.boolean_mask(x, x > 0.0) * 2.0  # here

    with pytest.warns(RuntimeWarning, match="positive can't be traced: boolean_mask.*line") as told:
        for values in ([1.0, -1.0, 2.0], [1.0, 1.0, 1.0], [-1.0, -1.0, -1.0]):
            x = fg.constant(values)
            assert positive(x).numpy().tolist() == [2 * k for k in values if k > 0]
    assert len(told) == 1 and told[0].filename == __file__
    assert v.numpy() == 3.0


@pytest.mark.parametrize(
    "use", [lambda t: t * 2.0, lambda t: fg.reduce_sum(t), lambda t: t.numpy()]
)
def test_a_tensor_that_leaves_a_branch(use):
    kept = {}
    keep = kept.update

    @fg.function
    def f(x):
        if x > 0.0:
            y = x * 3.0
            keep(y=y)
        else:
            y = x
        return y, use(kept["y"])

    with pytest.raises(TypeError, match="leaked out of it|isn't known"):
        f(fg.constant(1.0))


# ---------------------------------------------------------------------------- each says what to do instead
def grows(x, n):
    for _ in fg.range(n):
        x = fg.concat([x, x], 0)
    return x


def differs_in_shape(x, n):
    return x if n > 0 else x[:1]


def differs_in_kind(x, n):
    kind = "a" if n > 0 else "b"
    return x, kind


def differs_in_structure(x, n):
    return fg.cond(n > 0, lambda: x, lambda: (x, x))


def has_a_name_in_turns_only(x, n):
    for _ in fg.range(n):
        y = x * 2.0
    return y


def has_a_key_in_one_branch_only(x, n):
    found = {}
    if n > 0:
        found["y"] = x
    return found


def asks_a_vector(x, n):
    return fg.while_loop(lambda x: x < 3.0, lambda x: (x + 1.0,), (x,))


def changes_a_list(x, n):
    found = []
    for _ in fg.range(n):
        found.append(x)
    return found


def gives_other_shapes(x, n):
    return fg.py_function(lambda n: fg.zeros([int(n)]), [n], fg.float32)


def makes_variables(x, n):
    return fg.Variable(1.0) * x


@pytest.mark.parametrize(
    ("f", "error", "text"),
    [
        (grows, ValueError, "x has shape .2,. before .* and .4,. after it.*fg.scan or fg.map_fn"),
        (differs_in_shape, ValueError, "has shape .2,. in one branch .*Bring both to one shape"),
        (differs_in_kind, TypeError, "'a' in one branch.*'b' in the other.*a Python value"),
        (differs_in_structure, TypeError, "another structure.*Give it the same in both"),
        (has_a_name_in_turns_only, UnboundLocalError, "'y'.*body of a loop.*assign it before"),
        (has_a_key_in_one_branch_only, UnboundLocalError, "y.*some branches.*assign it before"),
        (asks_a_vector, ValueError, "test of a loop .*one truth value.*fg.reduce_any"),
        (changes_a_list, TypeError, "found.append.*fg.scan or fg.map_fn"),
        (gives_other_shapes, ValueError, "py_function <lambda> gave shape .3,.*Compute it outside"),
        (makes_variables, ValueError, "singleton fg.Variables.*Create it outside, or once"),
    ],
)
def test_errors_say_what_to_do(f, error, text):
    f = fg.function(f)
    with pytest.raises(error, match=text):  # noqa: PT012
        for n in (1, 3):
            f(fg.constant([1.0, 2.0]), fg.constant(n))


@pytest.mark.parametrize(
    ("specs", "arguments", "text"),
    [
        (
            [3],
            None,
            r"must be a list with a fg.TensorSpec .*for each parameter, such as.*not \[3\]",
        ),
        (fg.TensorSpec([]), None, "must be a list with a fg.TensorSpec"),
        ([fg.TensorSpec([])], (1.0, 2.0), "has 1 entries.*give a TensorSpec for each parameter"),
        ([fg.TensorSpec([]), fg.TensorSpec([2])], (1.0, 2.0), r"argument 1 must fit .*\(2,\)"),
        (
            [fg.TensorSpec([]), fg.TensorSpec([], fg.int32)],
            (1.0, 2.5),
            "argument 1 must fit .*int32",
        ),
        ([fg.TensorSpec([])] * 2, (1.0,), "missing a required argument: 'y'"),
    ],
)
def test_signatures_that_do_not_fit(specs, arguments, text):
    with pytest.raises(TypeError, match=text):  # noqa: PT012
        f = fg.function(lambda x, y: x, input_signature=specs)
        f(*arguments)


def test_a_walrus_beside_an_effect_in_the_test_of_a_while():
    seen = []

    def noted(x):
        seen.append(float(x))
        return x

    @fg.function
    def both(x):
        i = fg.constant(0.0)
        while (y := fg.py_function(noted, [i], fg.float32)) < x:
            i = y + 1.0
        return i

    with pytest.raises(
        TypeError, match="`:=` and an effect.*before the loop and at the end of its"
    ):
        both(fg.constant(3.0))

    @fg.function
    def apart(x):
        i = fg.constant(0.0)
        y = fg.py_function(noted, [i], fg.float32)
        while y < x:
            i = y + 1.0
            y = fg.py_function(noted, [i], fg.float32)
        return i

    apart(fg.constant(3.0))
    seen.clear()
    assert apart(fg.constant(3.0)).numpy() == 3
    assert seen == [0, 1, 2, 3]
