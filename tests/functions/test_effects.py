"""Effects in functions that are traced: in program order, once per call, and the numbers of eager runs."""

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp

R = fg.random
X = fg.constant([0.5, 1.5, 2.5])
DRAWS = {
    "normal": lambda x: R.normal([4, 3], x, x),
    "normal16": lambda x: R.normal([4, 3], dtype=fg.float16),
    "truncated_normal": lambda x: R.truncated_normal([40, 3], 1.0, x),
    "uniform": lambda x: R.uniform([3], -x, x),
    "integers": lambda x: R.uniform([9], 3, 8, dtype=fg.int32),
    "integers below": lambda x: R.uniform([9], 0, fg.cast(x[2] * 4, fg.int64), dtype=fg.int64),
    "exponential": lambda x: R.exponential([3], x),
    "laplace": lambda x: R.laplace([3], x, x),
    "logistic": lambda x: R.logistic([3], x, x),
    "gumbel": lambda x: R.gumbel([3], x, x, dtype=fg.float32),
    "multivariate_normal": lambda x: R.multivariate_normal([3], x, fg.linalg.diag(x)),
    "gamma": lambda x: R.gamma([4], x, x),
    "beta": lambda x: R.beta([3], x, x),
    "dirichlet": lambda x: R.dirichlet([2, 3], x),
    "student_t": lambda x: R.student_t([3], x, x, x),
    "poisson": lambda x: R.poisson([5], x * 9),
    "bernoulli": lambda x: R.bernoulli([5, 3], x / 3),
    "binomial": lambda x: R.binomial([5, 3], 100, x / 3),
    "categorical": lambda x: R.categorical([x, -x], 7),
    "permutation": lambda x: R.permutation(6),
    "shuffle": lambda x: R.shuffle(x),
    "dropout": lambda x: fg.nn.dropout(x, 0.4),
    "dropout by a tensor": lambda x: fg.nn.dropout(x, x[0]),
    "of a seed": lambda x: R.normal([3], seed=3) + R.normal([3], seed=3) + x,
    "of a tensor's seed": lambda x: R.normal([3], seed=fg.cast(x[2], fg.int32)) + x,
    "of a seed that is set": lambda x: (x * R.normal([]), R.set_seed(4), R.normal([]))[::2],
    "of a generator made here": lambda x: R.Generator.from_seed(3).normal([2]) + x[0],
    "of a generator's parts": lambda x: [g.normal([2]) * x[0] for g in GENERATOR.split(2)],
    "of a generator": lambda x: GENERATOR.uniform_full_int([2], fg.int32),
    "np.normal": lambda x: fnp.random.normal(x, x),
    "np.uniform": lambda x: fnp.random.uniform(x, 2 * x, (2, 3)),
    "np.gamma": lambda x: fnp.random.gamma(x, 2.0),
    "np.standard_normal": lambda x: fnp.random.standard_normal((2, 2)),
    "np.choice": lambda x: fnp.random.choice(x, 5),
    "np.permutation": lambda x: fnp.random.permutation(x),
    "np.permuted": lambda x: SOURCE.permuted(x),
    "np.integers": lambda x: SOURCE.integers(0, 9, 4) + SOURCE.integers(3),
    "np.poisson": lambda x: SOURCE.poisson(fg.stop_gradient(x)),
    "np.multinomial": lambda x: SOURCE.multinomial(20, fg.stop_gradient(x) / 4.5),
    "np.default_rng": lambda x: fnp.random.default_rng(3).normal(x, x),
    "np.spawn": lambda x: [g.normal(x) for g in SOURCE.spawn(2)],
    "np.seed": lambda x: (fnp.random.seed(3), fnp.random.rand(2))[1],
}
GENERATOR, SOURCE = R.Generator.from_seed(1), fnp.random.default_rng(1)
draws = pytest.mark.parametrize("draw", DRAWS.values(), ids=DRAWS)


def seeded(f, *args, calls=3):
    """What some calls give, one after the other, from a seed."""
    R.set_seed(11)
    fnp.random.seed(12)
    GENERATOR._stream = R.Generator.from_seed(13)._stream
    SOURCE._now = fnp.random.default_rng(14)._now
    return [
        [
            fg.convert_to_tensor(y).numpy().tolist()
            for y in (ys if isinstance(ys, (list, tuple)) else [ys])
        ]
        for ys in (f(*args) for _ in range(calls))
    ]


@draws
def test_draws_are_those_of_eager_calls(draw):
    want = seeded(draw, X)
    calls = 3
    f = fg.function(lambda x: draw(x))
    assert seeded(f, X, calls=calls) == want
    f = fg.function(lambda x: draw(x))
    seeded(f, X, calls=1)
    assert seeded(f, X, calls=1) == want[:1]  # tracing has drawn nothing


@draws
def test_draws_in_loops_and_branches_are_those_that_are_run(draw):
    def program(x, n):
        total = fg.zeros([], fg.float64)
        for i in fg.range(n):
            if i % 2 == 0:
                y = draw(x)
                y = fg.reduce_sum(fg.cast(y[0] if isinstance(y, (list, tuple)) else y, fg.float64))
                total = total + fg.cast(i + 1, fg.float64) * y
        return total

    n = fg.constant(5)
    want = seeded(program, X, n)
    f = fg.function(program)
    f(X, n)
    f(X, fg.constant(0))
    assert seeded(f, X, n) == want


def total(ys):
    ys = ys if isinstance(ys, (list, tuple)) else [ys]
    ys = [fg.cast(y, fg.float64) for y in ys if y is not None]
    return sum(fg.reduce_sum(y * y) for y in ys)


@draws
def test_gradients_of_draws_are_those_of_eager_calls(draw):
    def inside(x):
        with fg.GradientTape() as tape:
            tape.watch(x)
            y = total(draw(x))
        return tape.gradient(y, x, unconnected_gradients="zero")

    def around(f):
        def gradient(x):
            with fg.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            return y, tape.gradient(y, x, unconnected_gradients="zero")

        return gradient

    assert seeded(fg.function(inside), X) == seeded(inside, X)
    plain = lambda x: total(draw(x))  # noqa: E731
    assert seeded(around(fg.function(plain)), X) == seeded(around(plain), X)


# ------------------------------------------------------------------------------- seeds and bad values
def test_stateless_numbers_follow_from_a_seed_that_is_traced():
    draws = {
        "normal": lambda s: R.stateless_normal([3], s),
        "gamma": lambda s: R.stateless_gamma([3], s, 2.0),
        "poisson": lambda s: R.stateless_poisson([3], s, 9.0),
        "split": lambda s: R.split(s, 3),
        "fold_in": lambda s: R.fold_in(s, 3),
        "folded": lambda s: R.fold_in([1, 2], s[0]),
        "dropout": lambda s: R.stateless_dropout(fg.ones([20]), 0.5, s),
        "shuffle": lambda s: R.stateless_shuffle(fg.range(9), s),
    }
    for draw in draws.values():
        f = fg.function(lambda s, draw=draw: draw(s))
        for seed in ([1, 2], [3, 4]):
            seed = fg.constant(seed, fg.int64)
            assert f(seed).numpy().tolist() == draw(seed).numpy().tolist()
    constant = fg.function(lambda: R.stateless_normal([3], [1, 2]))
    assert constant().numpy().tolist() == R.stateless_normal([3], [1, 2]).numpy().tolist()


def test_bad_parameters_raise_in_the_call_that_has_them():
    f = fg.function(lambda x: R.gamma([], x))
    f(fg.constant(1.0))
    with pytest.raises(ValueError, match="gamma: alpha must be positive"):
        f(fg.constant(-1.0))

    @fg.function
    def g(x):
        if x > 0.0:
            return R.poisson([], x)
        return x

    assert g(fg.constant(-1.0)).numpy() == -1.0  # the branch is traced with -1, but not run
    assert g(fg.constant(1e6)).numpy() > 1e5
    with pytest.warns(RuntimeWarning, match="normal.*runs eagerly"):
        assert fg.function(lambda n: R.normal([n]))(fg.constant(3)).shape == (3,)
    with pytest.raises(TypeError, match="can't be drawn anew"):
        fg.function(lambda x: SOURCE.bytes(3))(X)


# -------------------------------------------------------------------------------- print and Python
def test_print_happens_in_each_call(capsys):
    @fg.function
    def f(x, n):
        fg.print("x:", x, [x, "a"], {"n": n})
        for i in fg.range(n):
            if i != 1:
                fg.print(i, end=";")
        return x

    for n in (3, 4):
        f(fg.constant(float(n)), fg.constant(n))
    want = "x: 3 [3, 'a'] {'n': 3}\n0;2;x: 4 [4, 'a'] {'n': 4}\n0;2;3;"
    assert capsys.readouterr().err == want


def test_print_sees_variables_as_they_are_then(capsys):
    v = fg.Variable(1.0)

    @fg.function
    def f():
        fg.print(v)
        v.assign_add(1.0)
        fg.print(v)

    f()
    f()
    assert capsys.readouterr().err == "1\n2\n2\n3\n"


def test_python_functions_are_called_once_per_call():
    calls = []

    def halved(x):
        calls.append(x.numpy().tolist())
        return x / 2

    f = fg.function(lambda x: fg.py_function(halved, [x + 1], fg.TensorSpec([], fg.float32)) * 2)
    assert [float(f(fg.constant(k))) for k in (1.0, 2.0)] == [2.0, 3.0]
    assert calls == [2.0, 3.0]
    f = fg.function(lambda x: fg.numpy_function(np.cumsum, [x], fg.float32))
    for n in (1.0, 2.0):
        assert f(fg.constant([n, n])).numpy().tolist() == [n, 2 * n]


@pytest.mark.parametrize("wrap", [lambda f: f, fg.function], ids=["eager", "traced"])
@pytest.mark.parametrize("call", [fg.py_function, fg.numpy_function])
def test_results_of_python_functions(call, wrap):
    x = fg.constant([1.0, 2.0])
    a, b = wrap(lambda x: call(lambda a: (3, [a, a]), [x], [fg.int64, fg.float32]))(x)
    assert a.dtype == "int64" and b.numpy().tolist() == [[1, 2], [1, 2]]
    assert wrap(lambda x: call(lambda a: None, [x], []))(x) == []
    assert wrap(lambda x: call(lambda a: None, [x], None))(x) is None
    for Tout, error, text in (
        (fg.int32, TypeError, "result has dtype float32, but Tout says int32"),
        (fg.TensorSpec([3], fg.float32), ValueError, r"shape \(2,\), but Tout says \(3,\)"),
        ([fg.float32] * 2, ValueError, "gave 1 results, but Tout says 2"),
    ):
        with pytest.raises(error, match=text):
            wrap(lambda x, Tout=Tout: call(lambda a: a, [x], Tout))(x)


def test_gradients_of_python_functions():
    x = fg.constant(3.0)
    with fg.GradientTape(persistent=True) as tape:
        tape.watch(x)
        y = fg.py_function(lambda x: x * x, [x], fg.float32)
        z = fg.numpy_function(lambda x: x * x, [x], fg.float32)
    assert tape.gradient(y, x).numpy() == 6.0 and tape.gradient(z, x) is None
    f = fg.function(lambda x: fg.py_function(lambda x: x * x, [x], fg.float32))
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x)
    assert tape.gradient(y, x).numpy() == 6.0


def test_an_error_of_a_python_function_leaves_variables_as_they_were():
    v = fg.Variable(1.0)

    def refuse(x):
        raise RuntimeError("no")

    @fg.function
    def f(x):
        v.assign(x)
        y = fg.py_function(refuse, [x], fg.TensorSpec([], fg.float32))
        v.assign(y)

    with pytest.raises(RuntimeError, match="no"):
        f(fg.constant(2.0))
    assert v.numpy() == 1.0  # all or nothing
    fg.function(lambda x: v.assign(x))(fg.constant(5.0))
    assert v.numpy() == 5.0


def test_numerics_are_checked_in_each_call():
    @fg.function
    def f(x, y):
        if y > 0.0:
            x = fg.debugging.check_numerics(fg.math.log(x), "here")
        return x * 2

    x = fg.constant([1.0, -1.0])
    assert f(x, fg.constant(-1.0)).numpy().tolist() == [2.0, -2.0]
    assert f(X, fg.constant(1.0)).numpy().tolist() == (fg.math.log(X) * 2).numpy().tolist()
    with pytest.raises(ValueError, match="here : Tensor had NaN values"):
        f(x, fg.constant(1.0))
    f = fg.function(lambda: fg.debugging.check_numerics(fg.constant(np.inf), "at once"))
    with pytest.raises(ValueError, match="at once : Tensor had Inf values"):
        f()


# ------------------------------------------------------------------ gradients through what was drawn
def both(x, n):
    y = x
    for _ in fg.range(n):
        y = y * R.normal([3]) + R.gamma([], y[0] ** 2.0 + 1.0)
    if n > 2:
        y = y * R.uniform([3], dtype=fg.float32)
        y = y * R.normal([])
    else:
        y = y * R.normal([3])
    return y


def around(f, x, n):
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = f(x, n)
    return y, tape.gradient(y, x)


def inside(x, n):
    with fg.GradientTape() as tape:
        tape.watch(x)
        y = both(x, n)
    return y, tape.gradient(y, x)


@pytest.mark.parametrize("n", [0, 1, 4])
def test_gradients_go_through_the_numbers_that_were_drawn(n):
    n = fg.constant(n)
    want = seeded(lambda: around(both, X, n))
    f, g = fg.function(both), fg.function(inside)
    assert seeded(lambda: around(f, X, n)) == want
    assert seeded(lambda: g(X, n)) == want


def test_a_call_draws_once_whatever_is_differentiated():
    def f(x):
        return fg.reduce_sum(R.normal([3], dtype=fg.float64) * x**3.0)

    def second(f):
        x = fg.constant([1.0, 2.0, 3.0], fg.float64)
        with fg.GradientTape(persistent=True) as outer:
            outer.watch(x)
            with fg.GradientTape() as tape:
                tape.watch(x)
                y = f(x)
            g = tape.gradient(y, x)
        return y, g, outer.gradient(g, x), outer.gradient(g, x), R.normal([])

    assert seeded(lambda: second(fg.function(f))) == seeded(lambda: second(f))


def test_a_tape_around_a_call_repeats_no_effect(capsys):
    @fg.function
    def f(x):
        fg.print("called")
        if x > 0.0:
            fg.print("positive")
            x = x * R.normal([])
        return x

    for _ in range(2):
        around(lambda x, n: f(x), fg.constant(1.0), None)
    assert capsys.readouterr().err == "called\npositive\n" * 2


def test_an_effect_in_a_loop_sees_what_the_turn_before_assigned():
    v, seen = fg.Variable(0.0), []

    @fg.function
    def f(n):
        for _ in fg.range(n):
            fg.py_function(lambda: seen.append(float(v)), [], [])
            v.assign_add(1.0)

    f(fg.constant(1))
    f(fg.constant(3))
    assert seen[-4:] == [0.0, 1.0, 2.0, 3.0] and float(v) == 4.0
