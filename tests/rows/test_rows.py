"""Every row, every sample: values, dtypes, gradients of two orders, lanes that must agree."""

import inspect
import zlib

import numpy as np
import pytest

import fastgrad as fg
from fastgrad._rules import Composition, Elementwise, Primitive
from fastgrad.autodiff import ForwardAccumulator
from fastgrad.primitives import ROWS
from fastgrad.testing import check_gradients, domains, samples, spread

from . import reference
from .calls import call, flat, gradients, hermitian, leaves, outputs, rebuilt, ruled

FLOATS = (np.float64, np.float32)
CALLED = [
    row for row in ROWS.values() if not isinstance(row, Composition) and reference.present(row)
]
WITH_GRADIENT = [row for row in CALLED if reference.differentiable(row)]
ELEMENTWISE = [row for row in WITH_GRADIENT if isinstance(row, Elementwise)]
STRUCTURED = [row for row in WITH_GRADIENT if isinstance(row, Primitive)]

rows = pytest.mark.parametrize("row", CALLED, ids=lambda row: row.name)
rows_with_gradient = pytest.mark.parametrize("row", WITH_GRADIENT, ids=lambda row: row.name)
elementwise_rows = pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
structured_rows = pytest.mark.parametrize("row", STRUCTURED, ids=lambda row: row.name)
dtypes = pytest.mark.parametrize("dtype", FLOATS, ids=lambda dtype: dtype.__name__)


def rng_of(row):
    return np.random.default_rng(zlib.crc32(row.name.encode()))


def cotangents_for(row, arrays, metadata, rng):
    """Random cotangents, with some exact zeros."""
    found = []
    for y in outputs(reference.forward(row, arrays, metadata)):
        ct = np.asarray(rng.normal(size=y.shape), y.dtype)
        found.append(np.where(rng.random(y.shape) < 0.2, np.zeros((), y.dtype), ct))
    return found


def tangents_for(row, values, rng):
    """Random tangents of the arguments that have a gradient, with some exact zeros; None for others."""
    found = [None] * len(values)
    for k in ruled(row, values):
        shape = values[k].shape
        found[k] = hermitian(row, rng.normal(size=shape) * (rng.random(shape) < 0.8))
    return found


def floating(row, arrays, metadata):
    """True if every output of a call is floating: there is a gradient to speak of."""
    return all(y.dtype.kind == "f" for y in outputs(reference.forward(row, arrays, metadata)))


def _like(arrays, values):
    """Flat values in the structure of a sample's arrays."""
    return (values,) if isinstance(arrays[0], list) else tuple(values)


def same(got, want):
    np.testing.assert_array_equal(got, want)
    assert got.dtype == want.dtype


# ------------------------------------------------------------------------------------------- values
@rows
@pytest.mark.parametrize("dtype", [*FLOATS, np.float16], ids=lambda dtype: dtype.__name__)
def test_value_dtype_and_shape_are_numpys(row, dtype):
    for arrays, metadata in samples(row, rng_of(row), dtype):
        want = outputs(reference.forward(row, arrays, metadata))
        got = outputs(call(row, [fg.constant(x) for x in flat(arrays)], metadata))
        assert len(got) == len(want)
        for y, expected in zip(got, want, strict=True):
            assert tuple(y.shape) == expected.shape
            assert y.dtype == expected.dtype
            eps = np.finfo(dtype).eps
            finite = np.abs(expected[np.isfinite(expected)])
            atol = eps * max(1, finite.max(initial=0))  # what is added up in a product cancels
            np.testing.assert_allclose(y.numpy(), expected, rtol=4 * eps, atol=atol)


@pytest.mark.parametrize(
    "row", [row for row in CALLED if isinstance(row, Elementwise)], ids=lambda row: row.name
)
def test_integers_give_what_they_give_in_numpy(row):
    values = [np.array([3, 1, 2], np.int32) for _ in row.arguments]
    for k in row.bools:
        values[k] = values[k] > 1
    with np.errstate(all="ignore"):
        want = reference.elementwise(row, values)
    got = row(*[fg.constant(x) for x in values])
    assert got.dtype == want.dtype
    np.testing.assert_allclose(got.numpy(), want, rtol=1e-15)


NUMPYS = [
    row for row in CALLED if isinstance(row, Primitive) and row.numpy and row.name != "matmul"
]


@pytest.mark.parametrize("row", NUMPYS, ids=lambda row: row.name)
def test_numpy_function_of_that_name_agrees_and_reaches_the_row(row):
    for arrays, metadata in samples(row, rng_of(row)):
        values = [fg.constant(x) for x in flat(arrays)]
        for function in row.numpy:
            want = outputs(function(*arrays, **metadata))
            given = [values] if row.variadic else values
            got = outputs(function(*given, **metadata))
            for y, expected in zip(got, want, strict=True):
                assert isinstance(y, fg.Tensor)
                np.testing.assert_allclose(y.numpy(), expected, rtol=1e-14, atol=1e-15)


@rows
def test_inputs_are_read_only_strided_and_unchanged(row):
    for arrays, metadata in samples(row, rng_of(row)):
        values, copies = [], []
        for x in flat(arrays):
            wide = np.zeros((*x.shape, 2), x.dtype)
            wide[..., 1] = x
            wide.flags.writeable = False
            values.append(wide[..., 1])
            copies.append(x.copy())
        plain = outputs(call(row, [fg.constant(x) for x in copies], metadata))
        for y, expected in zip(outputs(call(row, values, metadata)), plain, strict=True):
            same(y.numpy(), expected.numpy())
        for x, copy in zip(values, copies, strict=True):
            same(np.array(x), copy)


# ---------------------------------------------------------------------------------------- gradients
@rows_with_gradient
def test_gradients_of_two_orders_equal_differences(row):
    for arrays, metadata in samples(row, rng_of(row)):
        if not floating(row, arrays, metadata):
            continue
        if any(y.dtype != np.float64 for y in outputs(reference.forward(row, arrays, metadata))):
            continue  # a cast to fewer digits has no differences to speak of
        moving = ruled(row, flat(arrays))
        constants = flat(arrays)

        def function(*tensors, constants=constants, moving=moving, metadata=metadata):
            values = list(constants)
            for k, tensor in zip(moving, tensors, strict=True):
                values[k] = hermitian(row, tensor)
            return call(row, values, metadata)

        # Differences have the rounding error of the outputs' sum, those of gradients are coarser.
        size = sum(np.abs(y).sum() for y in outputs(reference.forward(row, arrays, metadata)))
        at = [constants[k] for k in moving]
        check_gradients(function, *at, rtol=(1e-9, 1e-6), atol=(1e-11 * max(1, size), 1e-7))


@rows_with_gradient
@dtypes
def test_recorded_gradient_has_the_same_bits(row, dtype):
    rng = rng_of(row)
    for arrays, metadata in samples(row, rng, dtype):
        if not floating(row, arrays, metadata):
            continue
        values, ct = flat(arrays), cotangents_for(row, arrays, metadata, rng)
        plain = gradients(row, values, metadata, ct)
        recorded = gradients(row, values, metadata, ct, outer=True)
        for k, got, want in zip(ruled(row, values), recorded, plain, strict=True):
            same(got, want)
            assert got.shape == values[k].shape
            assert got.dtype == values[k].dtype


@rows_with_gradient
@pytest.mark.parametrize(("dtype", "tolerance"), [(np.float32, 1e-5), (np.float16, 0.05)])
def test_gradient_is_that_of_float64_with_fewer_digits(row, dtype, tolerance):
    rng = rng_of(row)
    for arrays, metadata in samples(row, rng, dtype):
        if not floating(row, arrays, metadata):
            continue
        values = flat(arrays)
        ct = cotangents_for(row, arrays, metadata, rng)
        doubles = [x.astype(np.float64) if x.dtype == dtype else x for x in values]
        wide = outputs(reference.forward(row, _like(arrays, doubles), metadata))
        wide_ct = [c.astype(y.dtype) for c, y in zip(ct, wide, strict=True)]
        exact = gradients(row, doubles, metadata, wide_ct)
        for got, want in zip(gradients(row, values, metadata, ct), exact, strict=True):
            assert got.dtype == dtype
            scale = max(1.0, np.abs(want).max(initial=0.0))
            np.testing.assert_allclose(got, want, rtol=tolerance, atol=tolerance * scale)


@elementwise_rows
@dtypes
def test_loop_equals_the_rule_as_written(row, dtype):
    rng = rng_of(row)
    for size in (0, 1, 3, 255, 256, 257, 1023):
        values = [spread(row, k, (size,), rng, dtype) for k in range(len(row.arguments))]
        (ct,) = cotangents_for(row, values, {}, rng)
        y = reference.forward(row, values, {})
        got = gradients(row, values, {}, [ct])
        for k, g in zip(ruled(row, values), got, strict=True):
            want = reference.pull(row, k, values, y, ct)
            # Where a rule cancels it magnifies the last place, in which our sin and NumPy's differ.
            eps = np.finfo(dtype).eps
            atol = eps * np.abs(want).max(initial=0)
            np.testing.assert_allclose(g, want, rtol=8 * eps, atol=atol)
            np.testing.assert_array_equal(g[ct == 0], 0)


@elementwise_rows
@dtypes
def test_array_and_single_numbers_give_the_same_bits(row, dtype):
    rng = rng_of(row)
    values = [spread(row, k, (9,), rng, dtype) for k in range(len(row.arguments))]
    (ct,) = cotangents_for(row, values, {}, rng)
    whole = gradients(row, values, {}, [ct])
    for at in range(9):
        ones = [np.asarray(x[at]) for x in values]
        single = gradients(row, ones, {}, [np.asarray(ct[at])])
        for got, want in zip(single, whole, strict=True):
            same(got, np.asarray(want[at]))


NASTY = np.array([0.0, -0.0, 1.0, -1.0, 0.5, -0.5, np.inf, -np.inf, np.nan, 1e300, 1e-310])


@elementwise_rows
def test_a_zero_cotangent_contributes_zero_anywhere(row):
    grids = np.meshgrid(*[NASTY] * len(row.arguments), indexing="ij")
    values = [grid.reshape(-1) for grid in grids]
    for k in row.bools:
        values[k] = values[k] > 0
    for got in gradients(row, values, {}, [np.zeros(values[0].shape)]):
        np.testing.assert_array_equal(got, 0)


CURVED = [  # the others pass a NaN on in their value only: their slope is the same everywhere
    row
    for row in ELEMENTWISE
    if len(row.arguments) == 1
    if row.rules[0].mentions("y") or row.rules[0].mentions(row.arguments[0])
]


@pytest.mark.parametrize("row", CURVED, ids=lambda row: row.name)
def test_outside_the_domain_the_gradient_is_nan_as_the_value_is(row):
    x = np.array([-7.0, -1.5, 1.5, 7.0, np.nan])
    y = reference.forward(row, [x], {})
    (got,) = gradients(row, [x], {}, [np.ones(x.shape)])
    wrong = np.isnan(y) & ~np.isnan(got)
    if row.name in (
        "relu",
        "relu6",
        "conjugate",
    ):  # a choice, not a formula: NaN takes the cotangent as it is
        np.testing.assert_array_equal(got[np.isnan(y)], 1)
    else:
        assert not wrong.any(), f"value NaN but gradient {got[wrong]} at {x[wrong]}"


@structured_rows
def test_push_and_pull_are_dual(row):
    """The sum of ct * push(x_dot) is that of pull(ct) * x_dot, for the row's two rules."""
    rng = rng_of(row)
    for arrays, metadata in samples(row, rng):
        if not floating(row, arrays, metadata):
            continue
        values = flat(arrays)
        moving = ruled(row, values)
        tangents = tangents_for(row, values, rng)
        full = reference.canonical(row, arrays, metadata)
        tensors = [fg.constant(x) for x in values]
        y = call(row, tensors, metadata)
        ct = cotangents_for(row, arrays, metadata, rng)
        pulled = dict(zip(moving, gradients(row, values, metadata, ct), strict=True))
        half, single = (any(c.dtype == dtype for c in ct) for dtype in (np.float16, np.float32))
        tolerance = 1e-2 if half else 1e-5 if single else 1e-12
        # All arguments move, or one does and the others have no tangent.
        for some in [moving, *([k] for k in moving if len(moving) > 1 and not row.linear)]:
            given = [fg.constant(t) if k in some else None for k, t in enumerate(tangents)]
            pushed = outputs(reference.push(row, tensors, given, y, full))
            left = sum(np.sum(c * t.numpy()) for c, t in zip(ct, pushed, strict=True))
            right = sum(np.sum(pulled[k] * tangents[k]) for k in some)
            np.testing.assert_allclose(left, right, rtol=tolerance, atol=tolerance)


HERMITIAN = [row for row in STRUCTURED if row.hermitian]


@pytest.mark.parametrize("row", HERMITIAN, ids=lambda row: row.name)
@pytest.mark.parametrize("imaginary", [0, 0.3j], ids=["real", "complex"])
def test_gradient_by_a_hermitian_matrix_is_hermitian(row, imaginary):
    rng = rng_of(row)
    for (a,), metadata in samples(row, rng):
        a = fg.constant(hermitian(row, a + imaginary * rng.normal(size=a.shape)))
        with fg.GradientTape() as tape:
            tape.watch(a)
            y = outputs(call(row, [a], metadata))[:1]  # of eigh the values: vectors have a phase
        ct = [rng.normal(size=part.shape) for part in y]
        got = tape.gradient(y, a, [fg.cast(c, part.dtype) for c, part in zip(ct, y, strict=True)])
        turned = ROWS["adjoint"](got).numpy()
        np.testing.assert_allclose(got.numpy(), turned, rtol=1e-11, atol=1e-11)


@rows_with_gradient
def test_forward_mode_is_dual_to_the_tape(row):
    """The sum of ct * tangent, by an accumulator, is that of gradient * x_dot, by a tape."""
    rng = rng_of(row)
    for arrays, metadata in samples(row, rng):
        values = flat(arrays)
        moving = [
            k for k, x in enumerate(values) if x.dtype == np.float64 and k in ruled(row, values)
        ]
        if not moving:
            continue
        tensors = [fg.constant(x) for x in values]
        primals = [tensors[k] for k in moving]
        tangents = [fg.constant(rng.normal(size=x.shape)) for x in primals]
        with ForwardAccumulator(primals, tangents) as acc, fg.GradientTape() as tape:
            tape.watch(primals)
            y = outputs(call(row, tensors, metadata))
        y = [part for part in y if part.dtype == np.float64]
        ct = [fg.constant(rng.normal(size=part.shape)) for part in y]
        left = sum(np.sum((c * t).numpy()) for c, t in zip(ct, acc.jvp(y), strict=True))
        got = tape.gradient(y, primals, ct) if y else []
        right = sum(np.sum((g * d).numpy()) for g, d in zip(got, tangents, strict=False))
        np.testing.assert_allclose(left, right, rtol=1e-11, atol=1e-11)


LONG_SHAPES = ((2600,),) * 3
LONG = [row for row in ELEMENTWISE if len(row.arguments) > 1]
BROADCAST = ((2, 1300), (1300,), (2, 1))
CASES = [(row, shapes) for row in LONG for shapes in (LONG_SHAPES, BROADCAST)] + [
    (row, None) for row in LONG if not row.bools and len(set(domains(row))) == 1
]


@pytest.mark.parametrize(("row", "shapes"), CASES, ids=lambda x: getattr(x, "name", str(x)))
def test_long_arrays_have_the_same_gradients_in_both_lanes(row, shapes):
    """Loops of several arguments take turns, block by block. No shapes: one array is all of them."""
    rng = rng_of(row)
    count = len(row.arguments)
    values = [spread(row, k, (shapes or LONG_SHAPES)[k], rng) for k in range(count)]
    tensors = [fg.constant(x) for x in values] if shapes else [fg.constant(values[0])] * count
    moving = [tensors[k] for k in ruled(row, values)]

    def swept(outer):
        with fg.GradientTape() as recorder:
            recorder.watch(moving if outer else [])
            with fg.GradientTape() as tape:
                tape.watch(moving)
                y = row(*tensors)
            return tape.gradient(y, moving, fg.constant(ct))

    ct = rng.normal(size=np.broadcast_shapes(*(t.shape for t in tensors)))
    for one, other in zip(swept(False), swept(True), strict=True):
        np.testing.assert_array_equal(one.numpy(), other.numpy())


@pytest.mark.parametrize("name", ["getitem"])
def test_accumulating_in_place_equals_adding_the_cotangent(name):
    row = ROWS[name]
    rng = rng_of(row)
    for (x,), metadata in samples(row, rng):
        full = reference.canonical(row, (x,), metadata)
        ct = np.asarray(rng.normal(size=reference.forward(row, (x,), metadata).shape))
        total = rng.normal(size=x.shape)
        want = total + ROWS["unindex"].forward(ct, shape=x.shape, **full)
        row.accumulate(total, ct, **full)
        np.testing.assert_allclose(total, want, rtol=1e-14, atol=1e-15)


# ------------------------------------------------------------------------------------- compositions
COMPOSITIONS = [row for row in ROWS.values() if isinstance(row, Composition)]


compositions = pytest.mark.parametrize("row", COMPOSITIONS, ids=lambda row: row.name)


@compositions
def test_composition(row):
    for arrays, metadata in row.samples(rng_of(row)):
        values = leaves(arrays)
        moving = [k for k, x in enumerate(values) if x.dtype.kind == "f"]

        def function(*tensors, arrays=arrays, metadata=metadata, values=values, moving=moving):
            given = list(values)
            for k, tensor in zip(moving, tensors, strict=True):
                given[k] = hermitian(row, tensor)
            return outputs(row(*rebuilt(arrays, given), **metadata))

        results = function(*(fg.constant(values[k]) for k in moving))
        if moving and any(y.dtype.is_floating for y in results):
            check_gradients(function, *(values[k] for k in moving))
        for numpys in row.numpy:
            want = outputs(numpys(*arrays, **metadata))
            for y, expected in zip(results, want, strict=True):
                assert tuple(y.shape) == np.shape(expected)
                assert y.dtype == np.asarray(expected).dtype
                np.testing.assert_allclose(y.numpy(), expected, rtol=1e-13, atol=1e-14)


@compositions
@pytest.mark.parametrize("dtype", [np.float32, np.float16], ids=lambda dtype: dtype.__name__)
def test_composition_keeps_the_dtype_as_numpy_does(row, dtype):
    for arrays, metadata in samples(row, rng_of(row), dtype):
        for numpys in row.numpy:
            try:
                want = outputs(numpys(*arrays, **metadata))
            except TypeError:  # NumPy's linear algebra has no float16
                assert dtype is np.float16
                continue
            for y, expected in zip(outputs(row(*arrays, **metadata)), want, strict=True):
                assert y.dtype == np.asarray(expected).dtype


@compositions
def test_composition_has_numpys_signature(row):
    """Names, order and defaults; None and False stand for NumPy's mark of what is not given."""
    ours = list(inspect.signature(row.function).parameters.values())
    for function in row.numpy:
        try:
            theirs = inspect.signature(function).parameters
        except ValueError:  # some functions of C have none
            continue
        names = list(theirs)
        shared = [one for one in ours if one.name in names]
        assert [one.name for one in shared] == [n for n in names if n in {o.name for o in shared}]
        for one in shared:
            given = theirs[one.name].default
            if given is not inspect.Parameter.empty and repr(given) != "<no value>":
                assert repr(one.default) == repr(given), one.name


# ------------------------------------------------------------------------------------------- dtypes
@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
def test_second_derivatives_where_a_cotangent_is_zero(dtype):
    """What a cotangent is scaled by has a derivative there, too, whatever the dtype computes with."""
    x = fg.constant(np.zeros(3, dtype))
    with fg.GradientTape() as outer:
        outer.watch(x)
        with fg.GradientTape() as inner:
            inner.watch(x)
            y = 0.5 * x * x
        g = inner.gradient(y, x)
    np.testing.assert_array_equal(outer.gradient(g, x).numpy(), np.ones(3, dtype))


@pytest.mark.parametrize("dtype", ["float16", "float32", "float64", "complex64", "complex128"])
def test_tangents_through_a_recomputation(dtype):
    """They are made of a gradient, differentiated by a cotangent that is zero."""
    x = fg.constant(np.array([-1.25, 0.5, 2.0], dtype))
    f = fg.recompute_grad(lambda x: fg.sin(0.5 * x))
    with ForwardAccumulator(x, fg.ones_like(x)) as acc:
        y = f(x)
    np.testing.assert_allclose(acc.jvp(y).numpy(), 0.5 * np.cos(0.5 * x.numpy()), rtol=2e-3)
