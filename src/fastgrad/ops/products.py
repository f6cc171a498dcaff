"""Sums of products: einsum, and what can be said with it.

`contract` is the row: two operands, each label in two or three of (a, b, result), so that its rule is
`contract` again with the parts exchanged. `einsum` brings what it is given into this form: repeated
labels are diagonals, labels of one operand alone are summed first, and more than two operands are
contracted pair by pair, the cheapest pair first.
"""

import functools
import itertools
import math
import operator

import numpy as np

from .._rules import composition, primitive
from ..errors import short
from ._metadata import axis_of
from ._operands import conjugated, no_out, np_dtype, tensor
from .arranging import axis_back, axis_last, diagonal, ravel
from .indexing import getitem
from .linalg import matmul
from .reductions import sum_
from .shaping import (
    _numpy,
    broadcast_to,
    cast,
    expand_dims,
    reshape,
    squeeze,
    stack,
    transpose,
)

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"
SMALL = 4096  # multiplications up to which NumPy's einsum is ahead of a product of matrices


# ------------------------------------------------------------------------------------------- contract
@functools.lru_cache(maxsize=1024)
def _split_subscripts(subscripts):
    """("ij", "jk", "ik") of "ij,jk->ik"."""
    operands, result = subscripts.split("->")
    left, right = operands.split(",")
    return left, right, result


def _contract_metadata(avals, metadata):
    if not isinstance(metadata["subscripts"], str):
        raise TypeError(f"contract: subscripts must be text, not {short(metadata['subscripts'])}")
    left, right, result = _split_subscripts(metadata["subscripts"])
    sizes = {}
    for labels, aval in zip((left, right), avals, strict=True):
        for label, n in zip(labels, aval.shape, strict=True):
            if sizes.setdefault(label, n) != n:
                shapes = " and ".join(str(tuple(one.shape)) for one in avals)
                raise ValueError(
                    f"contract: label {label!r} has size {sizes[label]} and {n} in {shapes}"
                )
    for labels, others in ((left, right + result), (right, left + result), (result, left + right)):
        if len(set(labels)) < len(labels) or not set(labels) <= set(others):
            raise ValueError(
                f"contract: each label of {metadata['subscripts']!r} must stand in two or three of its "
                "parts, once in each: einsum takes any"
            )
    return metadata


def _as_matrices(a, b, left, right, result):
    """np.einsum by np.matmul: labels become batch, rows, inner and columns."""
    batch = [x for x in result if x in left and x in right]
    rows = [x for x in result if x in left and x not in right]
    columns = [x for x in result if x in right and x not in left]
    inner = [x for x in left if x in right and x not in result]
    size = dict(zip(left, a.shape, strict=True)) | dict(zip(right, b.shape, strict=True))

    def matrix(x, labels, one, two):
        x = np.transpose(x, [labels.index(k) for k in (*batch, *one, *two)])
        shape = [size[k] for k in batch]
        return x.reshape(*shape, math.prod(size[k] for k in one), math.prod(size[k] for k in two))

    y = np.matmul(matrix(a, left, rows, inner), matrix(b, right, inner, columns))
    y = y.reshape([size[k] for k in (*batch, *rows, *columns)])
    order = [*batch, *rows, *columns]
    return np.transpose(y, [order.index(k) for k in result])


@functools.lru_cache(maxsize=1024)
def _as_matmul(subscripts):
    """How `matmul` takes matrices, or stacks of them, for the same product; None if it is none of these."""
    left, right, result = _split_subscripts(subscripts)
    lead = result[:-2]
    if not len(left) == len(right) == len(result) == len(lead) + 2:
        return None
    row, column = result[-2:]
    for inner in set(left) & set(right) - set(result):
        for one, two in itertools.product(
            (row + inner, inner + row), (inner + column, column + inner)
        ):
            if left == lead + one and right == lead + two:
                return {"transpose_a": one[0] == inner, "transpose_b": two[1] == inner}
    return None


def _contracted(a, b, subscripts):
    """`contract`, or `matmul` where that is the same."""
    flags = _as_matmul(subscripts)
    return contract(a, b, subscripts=subscripts) if flags is None else matmul(a, b, **flags)


def _contract_left(ct, b, subscripts):
    left, right, result = _split_subscripts(subscripts)
    return _contracted(ct, b, f"{result},{right}->{left}")


def _contract_right(ct, a, subscripts):
    left, right, result = _split_subscripts(subscripts)
    return _contracted(a, ct, f"{left},{result}->{right}")


def bilinear_jvp(row):
    """The `jvp` of a row that is linear in each of two arguments."""

    def jvp(tangents, primals, y, **metadata):
        (a_dot, b_dot), (a, b) = tangents, primals
        if b_dot is None:
            return row(a_dot, b, **metadata)
        moved = row(a, b_dot, **metadata)
        return moved if a_dot is None else row(a_dot, b, **metadata) + moved

    return jvp


def _pairs(rng):
    sizes = dict(zip("ijklmn", (3, 4, 2, 5, 1, 17), strict=True))
    for subscripts in ("ij,jk->ik", "ij,kj->ki", "i,j->ij", "i,i->", "lij,ljk->lik", "ij,ij->ij",
                       "ijk,kl->lij", "mi,ij->jm", ",i->i", "nij,nj->in", "ijn,lnk->ilkj"):  # fmt: skip
        left, right, _ = _split_subscripts(subscripts)
        yield (
            tuple(rng.normal(size=[sizes[k] for k in part]) for part in (left, right)),
            {"subscripts": subscripts},
        )
    yield (rng.normal(size=(2, 0)), rng.normal(size=(0, 3))), {"subscripts": "ij,jk->ik"}


@primitive(
    vjp=(_contract_left, _contract_right),
    jvp=lambda *given, **metadata: bilinear_jvp(contract)(*given, **metadata),
    canonical=_contract_metadata, samples=_pairs, promotes=True, kernel="contract",
    doc="Products of a and b summed over the labels that the result lacks, as einsum of two arrays.",
)  # fmt: skip
def contract(a, b, *, subscripts):
    left, right, result = _split_subscripts(subscripts)
    size = dict(zip(left, a.shape, strict=True)) | dict(zip(right, b.shape, strict=True))
    summed = set(left) & set(right) - set(result)
    if math.prod(size.values()) > SMALL and summed and a.dtype.kind in "fc":
        return _as_matrices(a, b, left, right, result)
    return np.einsum(subscripts, a, b)


# --------------------------------------------------------------------------------------------- einsum
def _parsed(operands):
    """(labels of each operand, labels of the result or None, the arrays): both of NumPy's forms."""
    if not operands:
        raise ValueError("einsum: no subscripts and no operands")
    if isinstance(operands[0], str):
        text, arrays = operands[0].replace(" ", ""), operands[1:]
        inputs, arrow, result = text.partition("->")
        return inputs.split(","), result if arrow else None, arrays
    count = len(operands) // 2
    arrays, lists = operands[: 2 * count : 2], operands[1 : 2 * count : 2]

    def labels(part):
        return "".join("..." if k is Ellipsis else _LETTERS[operator.index(k)] for k in part)

    result = labels(operands[-1]) if len(operands) % 2 else None
    return [labels(part) for part in lists], result, arrays


@functools.lru_cache(maxsize=1024)
def _explicit(inputs, result, ndims):
    """Labels with the ellipses written out, and the result that NumPy gives if none is asked for."""
    used = set("".join(inputs).replace(".", "")) | set((result or "").replace(".", ""))
    spare = [letter for letter in _LETTERS if letter not in used]
    found, widest = [], 0
    for labels, ndim in zip(inputs, ndims, strict=True):
        extra = ndim - len(labels.replace("...", ""))
        if extra < 0 or ("..." not in labels and extra):
            raise ValueError(f"einsum: {labels!r} does not name the {ndim} axes of its operand")
        widest = max(widest, extra)
    dots = "".join(spare[:widest])
    for labels, ndim in zip(inputs, ndims, strict=True):
        extra = ndim - len(labels.replace("...", ""))
        found.append(labels.replace("...", dots[len(dots) - extra :] if extra else ""))
    every = "".join(found)
    if result is None:
        once = sorted(k for k in set(every) - set(dots) if every.count(k) == 1)
        result = dots + "".join(once)
    elif "..." in result:
        result = result.replace("...", dots)
    unknown = set(result) - set(every)
    if unknown or len(set(result)) < len(result):
        raise ValueError(
            f"einsum: the result {result!r} has labels that no operand has, or one twice"
        )
    return tuple(found), result


def _alone(x, labels, keep):
    """An operand with each label once, and only those that are kept."""
    for label in sorted(set(labels)):
        while labels.count(label) > 1:
            one = labels.index(label)
            two = labels.index(label, one + 1)
            x = diagonal(x, 0, one, two)
            labels = labels[:one] + labels[one + 1 : two] + labels[two + 1 :] + label
    gone = tuple(i for i, label in enumerate(labels) if label not in keep)
    if gone:
        x = sum_(x, axis=gone)
        labels = "".join(label for label in labels if label in keep)
    return x, labels


def _narrow(x, labels, sizes):
    """An operand without the axes of size 1 that broadcast against a longer axis of that label."""
    ones = tuple(
        i for i, label in enumerate(labels)
        if x.shape[i] == 1 and sizes[label] != 1 and labels.count(label) == 1
    )  # fmt: skip
    if not ones:
        return x, labels
    return squeeze(x, axis=ones), "".join(k for i, k in enumerate(labels) if i not in ones)


def _label_sizes(arrays, inputs):
    sizes = {}
    for x, labels in zip(arrays, inputs, strict=True):
        for n, label in zip(x.shape, labels, strict=True):
            old = sizes.get(label, 1)
            if n != old and 1 not in (n, old):
                shapes = ", ".join(str(tuple(one.shape)) for one in arrays)
                raise ValueError(
                    f"einsum: label {label!r} has size {old} and {n} in shapes {shapes}"
                )
            sizes[label] = max(n, old) if 0 not in (n, old) else 0
    return sizes


def _cost(one, two, keep, sizes):
    """(size of the result less those of the operands, multiplications) of contracting a pair."""
    every = set(one) | set(two)
    left = math.prod(sizes[k] for k in every if k in keep)
    gain = left - math.prod(sizes[k] for k in one) - math.prod(sizes[k] for k in two)
    return gain, math.prod(sizes[k] for k in every)


def _kept(parts, result, but=()):
    return set(result).union(*(labels for k, (_, labels) in enumerate(parts) if k not in but))


def _next_pair(parts, result, sizes):
    """The pair to contract next: the one that leaves least behind."""
    if len(parts) == 2:
        return 0, 1
    return min(
        itertools.combinations(range(len(parts)), 2),
        key=lambda pair: _cost(*(parts[k][1] for k in pair), _kept(parts, result, pair), sizes),
    )


def _einsum(arrays, inputs, result):
    sizes = _label_sizes(arrays, inputs)
    parts = [_narrow(x, labels, sizes) for x, labels in zip(arrays, inputs, strict=True)]
    parts = [_alone(x, labels, _kept(parts, result, (k,))) for k, (x, labels) in enumerate(parts)]
    while len(parts) > 1:
        i, j = _next_pair(parts, result, sizes)
        keep = _kept(parts, result, (i, j))
        (a, left), (b, right) = parts[i], parts[j]
        (a, left), (b, right) = (
            _alone(x, labels, keep | set(other))
            for x, labels, other in ((a, left, right), (b, right, left))
        )
        joint = "".join(dict.fromkeys(k for k in left + right if k in keep))
        if len(parts) == 2:
            joint = "".join(k for k in result if k in joint)
        y = _contracted(a, b, f"{left},{right}->{joint}")
        parts = [part for k, part in enumerate(parts) if k not in (i, j)] + [(y, joint)]
    ((x, labels),) = parts
    x, labels = _alone(x, labels, set(result))
    here = [k for k in result if k in labels]
    if [*labels] != here:
        x = transpose(x, axes=[labels.index(k) for k in here])
    shape = [sizes[k] for k in result]
    if len(here) < len(
        result
    ):  # a label whose axes are all of size 1, or that broadcasting dropped
        x = reshape(x, shape=[sizes[k] if k in here else 1 for k in result])
    return x if list(x.shape) == shape else broadcast_to(x, shape=shape)


@functools.lru_cache(maxsize=1024)
def _as_pair(text, one, two):
    """The subscripts with which `contract` does an einsum of two arrays as it stands, or None."""
    inputs, arrow, result = text.replace(" ", "").partition("->")
    inputs, result = _explicit(
        tuple(inputs.split(",")), result if arrow else None, (len(one), len(two))
    )
    left, right = inputs
    sizes = dict(zip(left, one, strict=True))
    for label, n in zip(right, two, strict=True):
        if sizes.setdefault(label, n) != n:
            return None
    sets = set(left), set(right), set(result)
    if len(sets[0]) < len(left) or len(sets[1]) < len(right):
        return None
    if not (sets[0] <= sets[1] | sets[2] and sets[1] <= sets[0] | sets[2]):
        return None
    return f"{left},{right}->{result}"


def _listed(rng):
    """Samples in the form with lists of numbers for labels; 9 stands for the result's absence."""
    sizes = (3, 4, 2, 2)
    for parts, result in ((((0, 1), (1, 2)), (0, 2)), (((0, 0),), (0,)), (((0, 1),), ()),
                          (((2, 3), (3, 2)), (2,)), (((0, 1), (1, 2), (2, 3)), (3, 0)),
                          (((1,), (2,), (1,)), (2, 1)), (((0, 1), (2,)), (0,)), (((2, 0, 3),), (3, 2, 0)),
                          (((0,), (0,)), None), (((2, 2, 0), (0, 1)), (1,))):  # fmt: skip
        given = []
        for labels in parts:
            given += [rng.normal(size=[sizes[k] for k in labels]), [np.array(k) for k in labels]]
        yield (*given, *([] if result is None else [[np.array(k) for k in result]])), {}


@composition(
    doc="Sums of products over labelled axes: einsum('ij,jk->ik', a, b) is the product of matrices.",
    samples=_listed, numpy=(np.einsum,),
)  # fmt: skip
def einsum(*operands, out=None, optimize=False, **kwargs):
    no_out("einsum", out)
    dtype = kwargs.pop("dtype", None)
    if kwargs.keys() - {"casting", "order"}:
        raise TypeError(
            f"einsum: unexpected keyword {', '.join(kwargs.keys() - {'casting', 'order'})}"
        )
    if len(operands) == 3 and isinstance(operands[0], str) and dtype is None:
        a, b = tensor(operands[1]), tensor(operands[2])
        subscripts = _as_pair(operands[0], tuple(a.shape), tuple(b.shape))
        if subscripts is not None:
            return _contracted(a, b, subscripts)
    inputs, result, arrays = _parsed(operands)
    arrays = [tensor(x) for x in arrays]
    if len(inputs) != len(arrays):
        raise ValueError(f"einsum: {len(inputs)} groups of labels for {len(arrays)} operands")
    if dtype is not None:
        arrays = [cast(x, dtype=dtype) for x in arrays]
    inputs, result = _explicit(tuple(inputs), result, tuple(x.ndim for x in arrays))
    return _einsum(arrays, inputs, result)


# ------------------------------------------------------------------------------- products of arrays
def _summed(a, b, over_a, over_b):
    """The products of a and b summed over pairs of axes; the other axes of a, then those of b."""
    labels_a = list(_LETTERS[: a.ndim])
    labels_b = list(_LETTERS[a.ndim : a.ndim + b.ndim])
    for i, j in zip(over_a, over_b, strict=True):
        labels_b[j] = labels_a[i]
    rest = [k for i, k in enumerate(labels_a) if i not in over_a]
    rest += [k for j, k in enumerate(labels_b) if j not in over_b]
    return _contracted(a, b, f"{''.join(labels_a)},{''.join(labels_b)}->{''.join(rest)}")


def _joined_at_ends(a, b, count):
    """The products summed over the last axes of a, which are the first of b: a product of matrices."""
    if a.ndim == b.ndim == 2 and count == 1:
        return matmul(a, b)
    rows, inner, columns = a.shape[: a.ndim - count], b.shape[:count], b.shape[count:]
    left = reshape(a, shape=(math.prod(rows), math.prod(inner)))
    right = reshape(b, shape=(math.prod(inner), math.prod(columns)))
    return reshape(matmul(left, right), shape=(*rows, *columns))


def _matched(op, a, b, over_a, over_b):
    """Both lists of axes in [0, ndim); ValueError unless their sizes are the same."""
    over_a = [axis_of(op, i, a.ndim) for i in over_a]
    over_b = [axis_of(op, i, b.ndim) for i in over_b]
    if [a.shape[i] for i in over_a] != [b.shape[i] for i in over_b]:
        raise ValueError(
            f"{op}: shapes {tuple(a.shape)} and {tuple(b.shape)} do not match over axes {over_a} and "
            f"{over_b}"
        )
    return over_a, over_b


def _factors(*pairs):
    def samples(rng):
        for a, b, *more in pairs:
            yield (rng.normal(size=a), rng.normal(size=b)), dict(*more)

    return samples


@composition(
    doc="Products of a and b summed over the last axes of a and the first of b, or over those named.",
    samples=_factors(((2, 3), (3, 4), {"axes": 1}), ((2, 3, 4), (3, 4), {}), ((2,), (3,), {"axes": 0}),
                     ((2, 3), (3, 2), {"axes": ([0, 1], [1, 0])}), ((2, 3), (4, 3), {"axes": (1, -1)})),
    numpy=(np.tensordot,),
)  # fmt: skip
def tensordot(a, b, axes=2):
    a, b = tensor(a), tensor(b)
    if hasattr(axes, "__iter__"):
        over_a, over_b = ([*one] if hasattr(one, "__iter__") else [one] for one in axes)
    else:
        count = operator.index(axes)
        if not 0 <= count <= min(a.ndim, b.ndim):
            raise ValueError(
                f"tensordot: {count} axes of shapes {tuple(a.shape)} and {tuple(b.shape)}"
            )
        if count and a.shape[a.ndim - count :] == b.shape[:count]:
            return _joined_at_ends(a, b, count)
        over_a, over_b = range(a.ndim - count, a.ndim), range(count)
    if len(over_a) != len(over_b):
        raise ValueError(f"tensordot: {len(over_a)} axes of a for {len(over_b)} of b")
    return _summed(a, b, *_matched("tensordot", a, b, over_a, over_b))


@composition(
    doc="Products of a and b summed over the last axis of both.",
    samples=_factors(((3,), (3,)), ((2, 3), (4, 3)), ((), (2, 2)), ((2, 1, 3), (3,))),
    numpy=(np.inner,),
)  # fmt: skip
def inner(a, b):
    a, b = tensor(a), tensor(b)
    if not a.ndim or not b.ndim:
        return a * b
    if a.ndim < 3 and b.ndim < 3 and a.shape[-1] == b.shape[-1]:
        return matmul(a, b, transpose_b=b.ndim == 2)
    return _summed(a, b, *_matched("inner", a, b, [-1], [-1]))


@composition(
    doc="Products of a and b summed over the last axis of a and the last but one (or only one) of b.",
    samples=_factors(((3,), (3,)), ((2, 3), (3, 4)), ((2, 3), (3,)), ((), (2,)), ((2, 3), (2, 3, 4))),
    numpy=(np.dot,),
)  # fmt: skip
def dot(a, b, out=None):
    no_out("dot", out)
    a, b = tensor(a), tensor(b)
    if not a.ndim or not b.ndim:
        return a * b
    if a.ndim <= 2 and b.ndim <= 2:
        return matmul(a, b)
    return _summed(a, b, *_matched("dot", a, b, [-1], [-1 if b.ndim == 1 else -2]))


@composition(
    doc="Product of a, conjugated, and b, both flattened, summed.",
    samples=_factors(((3,), (3,)), ((2, 3), (2, 3)), ((), ())), numpy=(np.vdot,),
)  # fmt: skip
def vdot(a, b):
    a, b = (x if x.ndim == 1 else ravel(x) for x in (tensor(a), tensor(b)))
    return matmul(conjugated(a), b)


def _vector_axis(op, x, axis):
    if not x.ndim:
        raise ValueError(f"{op}: both arguments need an axis")
    return axis_last(x, axis_of(op, axis, x.ndim))


@composition(
    doc="Products of vectors along an axis, the first ones conjugated; the other axes broadcast.",
    samples=_factors(((3,), (3,)), ((2, 3), (3,)), ((2, 1, 3), (4, 3)), ((3, 2), (3, 2), {"axis": 0})),
    numpy=(np.linalg.vecdot, np.vecdot),
)  # fmt: skip
def vecdot(x1, x2, *, axis=-1):
    a, b = (_vector_axis("vecdot", tensor(x), axis) for x in (x1, x2))
    a = conjugated(a)
    if a.ndim == b.ndim == 1:
        return matmul(a, b)
    if a.ndim < len(_LETTERS) and a.shape == b.shape:
        every = _LETTERS[: a.ndim]
        return contract(a, b, subscripts=f"{every},{every}->{every[:-1]}")
    return squeeze(matmul(expand_dims(a, axis=-2), expand_dims(b, axis=-1)), axis=(-2, -1))


@composition(
    doc="Products of matrices x1 and vectors x2 (last axis); the other axes broadcast.",
    samples=_factors(((2, 3), (3,)), ((4, 2, 3), (4, 3)), ((2, 3), (5, 3))), numpy=_numpy("matvec"),
)  # fmt: skip
def matvec(x1, x2):
    x1, x2 = tensor(x1), tensor(x2)
    if x1.ndim == 2 and x2.ndim == 1:
        return matmul(x1, x2)
    return squeeze(matmul(x1, expand_dims(x2, axis=-1)), axis=-1)


@composition(
    doc="Products of vectors x1 (last axis), conjugated, and matrices x2; the other axes broadcast.",
    samples=_factors(((2,), (2, 3)), ((4, 2), (4, 2, 3)), ((5, 2), (2, 3))), numpy=_numpy("vecmat"),
)  # fmt: skip
def vecmat(x1, x2):
    x1, x2 = conjugated(tensor(x1)), tensor(x2)
    if x1.ndim == 1 and x2.ndim == 2:
        return matmul(x1, x2)
    return squeeze(matmul(expand_dims(x1, axis=-2), x2), axis=-2)


@composition(
    doc="Kronecker product: every element of a times the whole of b.",
    samples=_factors(((2,), (3,)), ((2, 3), (2, 2)), ((), (2,)), ((2, 2), (3,)), ((2,), (2, 1, 2))),
    numpy=(np.kron,),
)  # fmt: skip
def kron(a, b):
    a, b = tensor(a), tensor(b)
    ndim = max(a.ndim, b.ndim)
    one, two = ((1,) * (ndim - x.ndim) + tuple(x.shape) for x in (a, b))
    spaced_a = [n for pair in zip(one, (1,) * ndim, strict=True) for n in pair]
    spaced_b = [n for pair in zip((1,) * ndim, two, strict=True) for n in pair]
    product = reshape(a, shape=spaced_a) * reshape(b, shape=spaced_b)
    return reshape(product, shape=[m * n for m, n in zip(one, two, strict=True)])


@composition(
    doc="Vector product of vectors of 3 (or 2) numbers; the other axes broadcast.",
    samples=_factors(((3,), (3,)), ((2, 3), (3,)), ((3, 2), (2, 3), {"axisa": 0, "axisc": 0}),
                     ((4, 3, 2), (4, 3, 2), {"axis": 1})),
    numpy=(np.cross,),
)  # fmt: skip
def cross(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    if axis is not None:
        axisa = axisb = axisc = axis
    a, b = _vector_axis("cross", tensor(a), axisa), _vector_axis("cross", tensor(b), axisb)
    sizes = a.shape[-1], b.shape[-1]
    if not set(sizes) <= {2, 3}:
        raise ValueError(f"cross: vectors have {sizes[0]} and {sizes[1]} numbers, not 3 (or 2)")

    def at(x, k):
        return getitem(x, index=(..., k))

    last = at(a, 0) * at(b, 1) - at(a, 1) * at(b, 0)
    if sizes == (2, 2):
        return last
    a2 = at(a, 2) if sizes[0] == 3 else np.zeros((), np_dtype(a))
    b2 = at(b, 2) if sizes[1] == 3 else np.zeros((), np_dtype(b))
    parts = [at(a, 1) * b2 - a2 * at(b, 1), a2 * at(b, 0) - at(a, 0) * b2, last]
    y = stack(parts, axis=-1)
    return axis_back(y, axis_of("cross", axisc, y.ndim))


@composition(
    doc="Vector product of vectors of 3 numbers along an axis.",
    samples=_factors(((3,), (3,)), ((2, 3), (3,)), ((3, 2), (3, 2), {"axis": 0})),
    numpy=(np.linalg.cross,),
)  # fmt: skip
def linalg_cross(x1, x2, *, axis=-1):
    x1, x2 = tensor(x1), tensor(x2)
    for x in (x1, x2):
        if x.shape[axis_of("cross", axis, x.ndim)] != 3:
            raise ValueError(f"cross: axis {axis} of shape {tuple(x.shape)} is not of size 3")
    return cross(x1, x2, axis=axis)


@composition(
    doc="Products of x1 and x2 summed over axes.",
    samples=_factors(((2, 3), (3, 4), {"axes": 1}), ((2, 3), (3, 2), {"axes": ([0, 1], [1, 0])})),
    numpy=(np.linalg.tensordot,),
)  # fmt: skip
def linalg_tensordot(x1, x2, *, axes=2):
    return tensordot(x1, x2, axes)


@composition(
    doc="Products of each element of one vector with each of another.",
    samples=_factors(((2,), (3,)), ((1,), (4,))), numpy=(np.linalg.outer,),
)  # fmt: skip
def linalg_outer(x1, x2):
    x1, x2 = tensor(x1), tensor(x2)
    if x1.ndim != 1 or x2.ndim != 1:
        raise ValueError(f"outer: both must have 1 axis, not {x1.ndim} and {x2.ndim}")
    return expand_dims(x1, axis=1) * x2
