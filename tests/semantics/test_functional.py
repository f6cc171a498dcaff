"""Section 15 of docs/semantics.md: derivatives of functions by the arguments named."""

from collections import namedtuple
from dataclasses import dataclass

import numpy as np
import pytest

import fastgrad as fg

from .support import values

X = np.array([0.3, -0.7, 1.2])


def bowl(x):
    return fg.reduce_sum(fg.sin(x) * x) * x[0]


def close(got, want, rtol=1e-12):
    np.testing.assert_allclose(got, want, rtol=rtol, atol=1e-14)


# ----------------------------------------------------------------------------------------------- grad
@pytest.mark.semantics("15.1")
def test_grad_by_the_arguments_named():
    def f(a, b, scale=1.0):
        return a * b * b * scale

    assert values(fg.grad(f)(2.0, 3.0)) == 9.0
    assert values(fg.grad(f, 1)(2.0, 3.0, scale=2.0)) == 24.0
    assert values(fg.grad(f, (1, 0))(2.0, 3.0)) == [12.0, 9.0]
    assert values(fg.grad(f, "b")(2.0, 3.0)) == 12.0
    value, slope = fg.value_and_grad(f, (0,))(2.0, 3.0)
    assert values(value) == 18.0 and values(slope) == [9.0]
    assert value.dtype == slope[0].dtype == fg.float64
    assert fg.grad(f).__name__ == "f"


@pytest.mark.semantics("15.1")
def test_what_has_no_part_in_it_has_zeros():
    assert values(fg.grad(lambda x, y: y * 2.0)(np.ones(2), 3.0)) == [0.0, 0.0]
    assert values(fg.grad(lambda x: 3.0)(2.0)) == 0.0


@pytest.mark.semantics("15.2")
def test_nests():
    Pair = namedtuple("Pair", "w b")

    @dataclass
    class Model:
        layers: list
        scale: float

    def loss(model):
        return sum(fg.reduce_sum(p.w * p.w) + p.b for p in model.layers) * model.scale

    model = Model([Pair(X, 2.0), Pair(np.float32([1.0, 2.0]), 1.0)], 0.5)
    g = fg.grad(loss)(model)
    assert isinstance(g, Model) and isinstance(g.layers[0], Pair)
    close(g.layers[0].w, X)
    assert g.layers[1].w.dtype == fg.float32 and values(g.layers[1].b) == 0.5
    close(g.scale, np.sum(X * X) + 5.0 + 3.0)
    g = fg.grad(lambda p: p["a"] * p["b"][0])({"a": 2.0, "b": [3.0, 4.0]})
    assert values(g["a"]) == 3.0 and values(g["b"]) == [2.0, 0.0]


@pytest.mark.semantics("15.3")
def test_aux():
    def f(x):
        return x * x, {"seen": x + 1.0}

    g, aux = fg.grad(f, has_aux=True)(3.0)
    assert values(g) == 6.0 and values(aux["seen"]) == 4.0
    (value, aux), g = fg.value_and_grad(f, has_aux=True)(3.0)
    assert values([value, aux["seen"], g]) == [9.0, 4.0, 6.0]
    j, aux = fg.jacfwd(f, has_aux=True)(3.0)
    assert values([j, aux["seen"]]) == [6.0, 4.0]
    j, aux = fg.jacobian(f, has_aux=True)(3.0)
    assert values([j, aux["seen"]]) == [6.0, 4.0]
    h, aux = fg.hessian(f, has_aux=True)(3.0)
    assert values([h, aux["seen"]]) == [2.0, 4.0]
    y, pull, aux = fg.vjp(f, 3.0, has_aux=True)
    assert values([y, *pull(1.0), aux["seen"]]) == [9.0, 6.0, 4.0]
    y, y_dot, aux = fg.jvp(f, [3.0], [1.0], has_aux=True)
    assert values([y, y_dot, aux["seen"]]) == [9.0, 6.0, 4.0]
    with pytest.raises(TypeError, match=r"grad: with has_aux, .* must give a pair"):
        fg.grad(lambda x: x * x, has_aux=True)(3.0)


@pytest.mark.semantics("15.4")
@pytest.mark.parametrize(
    ("f", "args", "kind", "match"),
    [
        (lambda x: x * x, [X], TypeError, r"must give one number, not shape \(3,\).*fg.jacobian"),
        (lambda x: [x], [1.0], TypeError, "one number, not a nest"),
        (lambda x: x * x, [3], TypeError, "by 3 of type int: int32 has no gradient: give floats"),
        (lambda x: x * x, ["a"], TypeError, "leave it out of argnums"),
        (lambda x: None, [1.0], ValueError, "returns None"),
        (lambda: 1.0, [], ValueError, "argnums has 0"),
    ],
)
def test_misuse(f, args, kind, match):
    with pytest.raises(kind, match=match):
        fg.grad(f)(*args)


# ---------------------------------------------------------------------------------------- vjp and jvp
@pytest.mark.semantics("15.5")
def test_vjp_and_jvp():
    def f(a, b):
        return {"p": a * b, "s": fg.reduce_sum(a)}

    y, pull = fg.vjp(f, X, 2.0)
    ct = {"p": np.array([1.0, 0.0, 2.0]), "s": 10.0}
    ga, gb = pull(ct)
    close(ga, 2.0 * ct["p"] + 10.0)
    close(gb, np.sum(ct["p"] * X))
    close(pull(ct)[0], ga)
    close(y["p"], 2.0 * X)
    value, moved = fg.jvp(f, (X, 2.0), (np.ones(3), 0.5))
    close(moved["p"], 2.0 + 0.5 * X)
    close(moved["s"], 3.0)
    close(value["s"], X.sum())
    with pytest.raises(ValueError, match="does not fit"):
        fg.jvp(f, (X, 2.0), (np.ones(2), 0.5))


# ------------------------------------------------------------------------------------ jacobian, hessian
def both(a, b):
    return {"outer": a[:, None] * b["c"], "sum": fg.reduce_sum(a) * b["d"]}


@pytest.mark.semantics("15.6")
@pytest.mark.parametrize("transform", [fg.jacobian, fg.jacrev, fg.jacfwd])
def test_jacobians_have_the_shape_of_the_value_and_the_argument(transform):
    c, d = np.array([2.0, 3.0]), 5.0
    j = transform(both, (0, 1))(X, {"c": c, "d": d})
    close(j["outer"][0], np.einsum("ik,j->ijk", np.eye(3), c))
    close(j["outer"][1]["c"], np.einsum("i,jk->ijk", X, np.eye(2)))
    close(j["outer"][1]["d"], np.zeros((3, 2)))
    close(j["sum"][0], np.full(3, d))
    close(j["sum"][1]["d"], X.sum())
    close(transform(lambda x: x * x)(X), np.diag(2 * X))
    assert transform(lambda x: fg.reduce_sum(x, 0))(np.zeros((0, 2))).shape == (2, 0, 2)
    assert transform(lambda x: x * 1.0)(np.zeros(0)).shape == (0, 0)


@pytest.mark.semantics("15.6")
def test_a_tall_jacobian_goes_forward():
    calls = []

    def f(x):
        calls.append(1)
        return fg.reshape(x, (2, 1)) * np.ones((1, 50))

    close(fg.jacobian(f)(X[:2]), fg.jacrev(f)(X[:2]))
    assert len(calls) == 1 + 2 + 1


@pytest.mark.semantics("15.7")
def test_hessian():
    h = fg.hessian(bowl)(X)
    close(h, fg.jacfwd(fg.jacrev(bowl))(X))
    close(h, fg.jacrev(fg.jacfwd(bowl))(X))
    close(h, fg.jacfwd(fg.jacfwd(bowl))(X))
    close(h, np.transpose(h))
    h = fg.hessian(lambda p: p["a"] * p["a"] * fg.reduce_sum(p["b"]))({"a": 2.0, "b": X})
    close(h["a"]["b"], np.full(3, 4.0))
    close(h["b"]["b"], np.zeros((3, 3)))
    h = fg.hessian(lambda a, b: a * a * b, (0, 1))(2.0, 3.0)
    assert values([list(row) for row in h]) == [[6.0, 4.0], [4.0, 0.0]]


@pytest.mark.semantics("15.8")
def test_hvp():
    u = np.array([1.0, 2.0, -1.0])
    (got,) = fg.hvp(bowl, [X], [u])
    close(got, fg.hessian(bowl)(X).numpy() @ u)
    ga, gb = fg.hvp(lambda a, b: a * a * b, (2.0, 3.0), (1.0, 10.0))
    assert values([ga, gb]) == [46.0, 4.0]


# --------------------------------------------------------------------------------------------- nesting
@pytest.mark.semantics("15.9")
def test_nested_in_any_order():
    f = fg.sin
    for first in (fg.grad, fg.jacfwd, fg.jacrev):
        for second in (fg.grad, fg.jacfwd, fg.jacrev):
            for third in (fg.grad, fg.jacfwd):
                close(third(second(first(f)))(0.7), -np.cos(0.7))


@pytest.mark.semantics("15.9")
@pytest.mark.parametrize("inner", [fg.grad, fg.jacfwd])
@pytest.mark.parametrize("outer", [fg.grad, fg.jacfwd])
def test_an_inner_derivative_takes_the_outer_argument_for_a_constant(inner, outer):
    def f(x):
        return x * inner(lambda y: x + y)(1.0)

    assert values(outer(f)(3.0)) == 1.0

    def g(x):
        return inner(lambda y: x * y)(x)  # x, not 2 x: met twice, but once as a constant

    assert values(g(fg.constant(3.0))) == 3.0 and values(outer(g)(3.0)) == 1.0


@pytest.mark.semantics("15.9")
def test_inside_and_around_tapes_and_functions():
    v = fg.Variable(np.float64(2.0))
    with fg.GradientTape() as tape:
        y = fg.grad(lambda x: x * x * x * v)(v)
    close(tape.gradient(y, v), 9 * 4.0)  # 3 v**2 v

    @fg.function
    def step(x):
        return fg.grad(lambda x: x * x * v)(x)

    close(step(fg.constant(np.float64(3.0))), 12.0)


@pytest.mark.semantics("15.10")
def test_complex_arguments():
    close(fg.grad(lambda z: fg.abs(z) ** 2.0)(1 + 2j), 2 + 4j)
    value, moved = fg.jvp(lambda z: z * z, [1 + 2j], [1j])
    assert values([value, moved]) == [(1 + 2j) ** 2, 1j * (2 + 4j)]


@pytest.mark.semantics("15.11")
def test_checkpoint_is_recompute_grad():
    calls = []

    @fg.checkpoint
    def f(x):
        calls.append(1)
        return fg.sin(x) * x

    close(fg.grad(f)(0.5), np.sin(0.5) + 0.5 * np.cos(0.5))
    assert len(calls) == 2
