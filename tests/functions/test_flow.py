"""`cond`, `while_loop`, `scan` and their kin: what they give and raise, eagerly and in functions."""

import numpy as np
import pytest

import fastgrad as fg

X = fg.constant([1.0, 2.0, 3.0])


def numbers(nest):
    if isinstance(nest, dict):
        return {key: numbers(value) for key, value in nest.items()}
    if isinstance(nest, (list, tuple)):
        return type(nest)(map(numbers, nest))
    return nest.numpy().tolist() if isinstance(nest, fg.Tensor) else nest


@pytest.fixture(params=["eager", "function"])
def run(request):
    """Calls a function of Tensors twice, so that a traced one is replayed."""

    def run(f, *args):
        f = fg.function(f) if request.param == "function" else f
        first = numbers(f(*args))
        assert first == numbers(f(*args))
        return first

    return run


def test_cond(run):
    for value, wanted in ((1.0, 2.0), (-1.0, 1.0)):
        f = lambda x: fg.cond(x > 0.0, lambda: x * 2.0, lambda: -x)  # noqa: E731
        assert run(f, fg.constant(value)) == wanted
    assert run(lambda x: fg.cond(True, lambda: x, lambda: None), X) == [1.0, 2.0, 3.0]
    assert (
        run(lambda x: fg.cond(x[0] > 5.0, lambda: (x, [1.0]), lambda: (x, [2.0]))[1][0], X) == 2.0
    )
    assert run(lambda x: fg.cond(x[0] > 5.0, lambda: None, lambda: None), X) is None


def test_case(run):
    def f(x, default=lambda: fg.constant(3.0), **options):
        pairs = [(x < 0.0, lambda: fg.constant(1.0)), (x < 5.0, lambda: fg.constant(2.0))]
        return fg.case(pairs, default, **options)

    values = [fg.constant(v) for v in (-1.0, 1.0, 9.0)]
    assert [run(f, v) for v in values] == [1.0, 2.0, 3.0]
    assert run(lambda x: f(x, default=None), values[1]) == 2.0
    assert run(lambda x: f(x, exclusive=True), values[1]) == 2.0
    with pytest.raises(ValueError, match="case: no predicate is true, and there is no default"):
        run(lambda x: f(x, default=None), values[2])
    with pytest.raises(ValueError, match="exclusive is set, but more than one predicate is true"):
        run(lambda x: f(x, exclusive=True), values[0])


def test_switch_case(run):
    fns = [lambda: fg.constant(1.0), lambda: fg.constant(2.0)]
    for table in (fns, {1: fns[1], 0: fns[0]}, [(0, fns[0]), (1, fns[1])]):
        f = lambda k, table=table: fg.switch_case(k, table)  # noqa: E731
        assert [run(f, fg.constant(k)) for k in (0, 1, 2, -1)] == [1.0, 2.0, 2.0, 2.0]
    f = lambda k: fg.switch_case(k, fns, lambda: fg.constant(9.0))  # noqa: E731
    assert [run(f, fg.constant(k)) for k in (0, 1, 2, -1)] == [1.0, 2.0, 9.0, 9.0]


def test_while_loop(run):
    def f(n):
        return fg.while_loop(
            lambda i, s: i < n, lambda i, s: (i + 1, {"s": s["s"] * 2.0}), [0, {"s": X}]
        )

    assert [run(f, fg.constant(n)) for n in (0, 2)] == [
        [0, {"s": [1.0, 2.0, 3.0]}],
        [2, {"s": [4.0, 8.0, 12.0]}],
    ]
    assert run(lambda n: fg.while_loop(lambda i: i < n, lambda i: i + 2, (0,)), fg.constant(5)) == (
        6,
    )
    f = lambda n: fg.while_loop(lambda i: i < n, lambda i: [i + 2], [0], maximum_iterations=2)  # noqa: E731
    assert [run(f, fg.constant(n)) for n in (1, 9)] == [[2], [4]]


def test_scan_and_folds(run):
    add = lambda s, t: 10.0 * s + t  # noqa: E731
    assert run(lambda x: fg.scan(add, x), X) == [1.0, 12.0, 123.0]
    assert run(lambda x: fg.scan(add, x, reverse=True), X) == [321.0, 32.0, 3.0]
    assert run(lambda x: fg.scan(add, x, 4.0), X) == [41.0, 412.0, 4123.0]
    assert run(lambda x: fg.scan(add, x, 4.0, reverse=True), X) == [4321.0, 432.0, 43.0]
    assert (
        run(lambda x: fg.foldl(add, x), X) == 123.0 and run(lambda x: fg.foldr(add, x), X) == 321.0
    )
    assert run(lambda x: fg.foldl(add, x, 4.0), X) == 4123.0
    for n in (0, 1):
        assert run(lambda x: fg.scan(add, x, 4.0), X[:n]) == [41.0][:n]
        assert run(lambda x: fg.foldr(add, x, 4.0), X[:n]) == [4.0, 41.0][n]
    assert run(lambda x: fg.scan(add, x), X[:1]) == [1.0]


def test_map_fn(run):
    f = lambda x: fg.map_fn(lambda t: {"a": t * x, "b": t + 1.0}, x)  # noqa: E731
    assert run(f, X) == {"a": [[1, 2, 3], [2, 4, 6], [3, 6, 9]], "b": [2, 3, 4]}
    assert run(f, X[:0]) == {"a": [], "b": []}
    assert run(lambda x: fg.map_fn(lambda t: t[0] * t[1], (x, x[::-1])), X) == [3.0, 4.0, 3.0]
    assert run(lambda x: fg.vectorized_map(lambda t: t * t, x), X) == [1.0, 4.0, 9.0]
    assert fg.map_fn(lambda t: (t, t > 0), X[:0])[1].dtype == fg.bool
    assert fg.map_fn(lambda t: t * X, X[:0]).shape == (0, 3)


def test_map_fn_of_other_dtypes(run):
    kinds = fg.TensorSpec([], fg.bool), fg.float64
    f = lambda x: fg.map_fn(lambda t: (t > 1.5, 2), x, fn_output_signature=kinds)  # noqa: E731
    assert run(f, X) == ([False, True, True], [2.0, 2.0, 2.0])
    assert f(X)[1].dtype == fg.function(f)(X)[1].dtype == fg.float64
    with pytest.raises(ValueError, match="map_fn: the result of fn must keep its structure"):
        run(lambda x: fg.map_fn(lambda t: t, x, dtype=kinds), X)


def test_functions_that_are_given_are_converted():
    def step(s, t):
        if t > 1.5:
            s = s + t
        return s

    f = fg.function(lambda x: fg.scan(step, x, 0.0))
    assert f(X).numpy().tolist() == [0.0, 2.0, 5.0]
    assert f(-X).numpy().tolist() == [0.0, 0.0, 0.0]


def test_no_gradient_goes_back_where_none_should(run):
    def f(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = fg.scan(lambda s, t: s * t, x, back_prop=False)
            y = y + fg.map_fn(lambda t: t * t, x, back_prop=False)
            y = y + fg.while_loop(lambda s: s[0] < 5.0, lambda s: s * 2.0, (x,), back_prop=False)[0]
        return tape.gradient(y, x, unconnected_gradients="zero")

    assert run(f, X) == [0.0, 0.0, 0.0]


# ------------------------------------------------------------------------------------------- errors
@pytest.mark.parametrize(
    ("call", "kind", "text"),
    [
        (
            lambda x: fg.cond(x[0] > 0.0, x, lambda: x),
            TypeError,
            "cond: true_fn must be callable, not",
        ),
        (
            lambda x: fg.cond(x[0] > 0.0, lambda: x),
            TypeError,
            "cond: false_fn must be callable, not None",
        ),
        (lambda x: fg.case([x]), TypeError, "pred_fn_pairs must be a list of"),
        (
            lambda x: fg.case([(x[0] > 0.0, x)]),
            TypeError,
            "the function of pair 0 must be callable",
        ),
        (
            lambda x: fg.switch_case(x[0], [lambda: x]),
            TypeError,
            "must be one integer, not of shape",
        ),
        (lambda x: fg.switch_case(0, {1: lambda: x}), ValueError, "the numbers 0 up to n - 1"),
        (
            lambda x: fg.while_loop(x, lambda x: x, (x,)),
            TypeError,
            "while_loop: cond must be callable",
        ),
        (
            lambda x: fg.while_loop(lambda x: x[0] < 9.0, lambda x: x, x),
            ValueError,
            "loop_vars must be a list",
        ),
        (
            lambda x: fg.while_loop(lambda x, y: x[0] < 9.0, lambda x, y: x, (x, x)),
            ValueError,
            "while_loop: body gave 1 values, but loop_vars has 2",
        ),
        (
            lambda x: fg.while_loop(lambda x: x[0] < 9.0, lambda x: [(x, x)], (x,)),
            ValueError,
            r"while_loop: loop_vars\[0\] must keep its structure",
        ),
        (lambda x: fg.scan(lambda s, t: s, x[0]), ValueError, "scan: elems must have a first axis"),
        (lambda x: fg.scan(lambda s, t: s, x[:0]), ValueError, "scan: elems has no rows"),
        (lambda x: fg.foldl(lambda s, t: s, x[:0]), ValueError, "foldl: elems has no rows"),
        (
            lambda x: fg.map_fn(lambda t: t, (x, x[1:])),
            ValueError,
            "must have the same number of rows",
        ),
        (lambda x: fg.map_fn(None, x), TypeError, "map_fn: fn must be callable, not None"),
        (
            lambda x: fg.scan(lambda s, t: (s, t), x),
            ValueError,
            "scan: the state that fn gives must keep its structure",
        ),
    ],
)
def test_errors(run, call, kind, text):
    with pytest.raises(kind, match=text):
        run(call, X)


def failing(f):
    with pytest.raises((TypeError, ValueError)) as caught:
        fg.function(f)(X)
    return f"{type(caught.value).__name__}: {caught.value}"


def line(f, offset):
    return f'{f.__name__} ("{f.__code__.co_filename}", line {f.__code__.co_firstlineno + offset}): '


def test_a_shape_that_changes_in_a_loop():
    def f(x):
        y = x
        while x[0] < 9.0:
            y = fg.concat([y, x], 0)
        return y

    text = failing(f)
    assert text.startswith("ValueError: " + line(f, 2))
    assert "y has shape (3,) before a turn of a loop and (6,) after it" in text

    text = failing(lambda x: fg.while_loop(lambda y: y[0] < 9.0, lambda y: y[None], (x,)))
    assert "loop_vars[0] has shape (3,) before a turn of a loop and (1, 3) after it" in text
    text = failing(lambda x: fg.scan(lambda s, t: fg.stack([s, t]), x))
    assert "the state of scan has shape () before a turn of a loop and (2,) after it" in text


def test_branches_that_differ():
    def f(x):
        if x[0] > 0.0:
            y = x
        else:
            y = x[:2]
        return y

    text = failing(f)
    assert text.startswith("ValueError: " + line(f, 1))
    assert "y has shape (3,) in one branch of a condition on a tensor and (2,) in the other" in text

    def g(x):
        if x[0] > 0.0:
            y = x
        else:
            y = (x, x)
        return y

    text = failing(g)
    assert text.startswith("TypeError: " + line(g, 1)) and "y has another structure" in text
    text = failing(lambda x: fg.cond(x[0] > 0.0, lambda: x, lambda: None))
    assert "the result of cond is" in text and "only tensors and numbers may differ" in text
    text = failing(lambda x: fg.cond(x > 0.0, lambda: x, lambda: x))
    assert "one truth value" in text and "(3,)" in text


def test_errors_leave_nothing_behind():
    v = fg.Variable(1.0)

    def f(x):
        v.assign(x[0] * 5.0)
        return fg.cond(x[0] > 0.0, lambda: x, lambda: x[:1])

    failing(f)
    assert v.numpy() == 1.0
    assert fg.cond(v > 0.0, lambda: v * 2.0, lambda: v).numpy() == 2.0
    assert fg.function(lambda x: x * np.float32(2.0))(X).numpy().tolist() == [2.0, 4.0, 6.0]
