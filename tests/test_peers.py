"""Random programs give the values and the derivatives of two orders that autograd and PyTorch give.

A program is a list of instructions on a growing list of float64 arrays, made by running it on
plain Tensors: an instruction that does not fit its operands, or gives large numbers, is left out.
Every operation is written for each library in its own words; those that need positive numbers, or
regular matrices, make them from any operand first. What has a kink is moved off it by `OFF`, as
libraries choose differently there (and sort ties as they like).
"""

import functools
import math

import numpy as np
import pytest

import fastgrad as fg
import fastgrad.numpy as fnp
from fastgrad import math as fm
from fastgrad import nn, primitives

RTOL = 1e-9  # relative to the largest number of an array
SHAPES = [(), (3,), (4,), (2, 3), (3, 3), (4, 1), (2, 3, 3)]
LARGEST = 30.0  # of the numbers in a program, which keeps its condition small
SIZE = 60  # of arrays
PROGRAMS = 60  # of the quick test
MANY = 1000  # of the slow one


def off(shape):
    """Numbers from 0.1 to 0.3 with no pattern: what is added to them meets no kink."""
    return 0.2 + 0.1 * np.cos(1.7 * np.arange(math.prod(shape)) + 0.3).reshape(shape)


# Each library's words for what the table says once: NumPy's names, and those that differ.
class Words:
    """A library's functions by NumPy's names."""

    def __init__(self, np, **others):
        self.np = np
        self.__dict__.update(others)

    def __getattr__(self, name):
        return getattr(self.np, name)


def once(np, x):
    """x where no two numbers, and no number and 0, are alike."""
    return x + np.array(off(x.shape))


def positive(np, x):
    return x * x / (1 + x * x) + 0.5


def within(np, x):
    """Numbers inside (-0.8, 0.8)."""
    return 0.8 * np.tanh(x)


def regular(np, x):
    """A well-conditioned matrix, or a stack of them."""
    return np.tanh(x) * 0.5 + 2 * np.array(np_eye(x.shape))


def definite(np, x):
    """A symmetric positive definite matrix, with eigenvalues apart."""
    a = np.tanh(x)
    apart = np_eye(x.shape) * np_arange(x.shape)
    return a @ np.swapaxes(a, -1, -2) * 0.2 + np.array(2 * np_eye(x.shape) + apart)


def np_eye(shape):
    return np.broadcast_to(np.eye(shape[-1]), shape).copy()


def np_arange(shape):
    return np.arange(1.0, shape[-1] + 1)


# What PyTorch calls by another name, or with other arguments, is written for it beside.
ELEMENTWISE = {
    **{
        name: (lambda np, x, name=name: getattr(np, name)(x),)
        for name in "sin cos tanh arctan arcsinh square negative exp2".split()
    },
    "exp": (lambda np, x: np.exp(np.tanh(x)),),
    "expm1": (lambda np, x: np.expm1(np.tanh(x)),),
    "sinh": (lambda np, x: np.sinh(np.tanh(x)),),
    "cosh": (lambda np, x: np.cosh(np.tanh(x)),),
    "sinc": (lambda np, x: np.sinc(once(np, x)),),
    "tan": (lambda np, x: np.tan(within(np, x)),),
    "arcsin": (lambda np, x: np.arcsin(within(np, x)),),
    "arccos": (lambda np, x: np.arccos(within(np, x)),),
    "arctanh": (lambda np, x: np.arctanh(within(np, x)),),
    "arccosh": (lambda np, x: np.arccosh(1 + positive(np, x)),),
    "log": (lambda np, x: np.log(positive(np, x)),),
    "log1p": (lambda np, x: np.log1p(positive(np, x)),),
    "log2": (lambda np, x: np.log2(positive(np, x)),),
    "log10": (lambda np, x: np.log10(positive(np, x)),),
    "sqrt": (lambda np, x: np.sqrt(positive(np, x)),),
    "reciprocal": (lambda np, x: np.reciprocal(positive(np, x)),),
    "power of 3": (lambda np, x: x**3,),
    "power of 2.5": (lambda np, x: positive(np, x) ** 2.5,),
    "power of a number": (lambda np, x: 1.5 ** np.tanh(x),),
    "divided by": (lambda np, x: 1.5 / positive(np, x),),
    "abs": (lambda np, x: np.abs(once(np, x)),),
    "clip": (lambda np, x: np.clip(once(np, x), -0.51, 0.73),),
    "maximum with a number": (lambda np, x: np.maximum(once(np, x), np.array(0.013)),),
    "where": (lambda np, x: np.where(x > 0.0123, x * x, 0.5 * x),),
    "nan_to_num": (lambda np, x: np.nan_to_num(x) * 1.5,),
}
BINARY = {
    "add": (lambda np, a, b: a + b,),
    "subtract": (lambda np, a, b: a - b,),
    "multiply": (lambda np, a, b: a * b,),
    "divide": (lambda np, a, b: a / positive(np, b),),
    "power": (lambda np, a, b: positive(np, a) ** np.tanh(b),),
    "arctan2": (lambda np, a, b: np.arctan2(a, 0.1 + positive(np, b)),),
    "logaddexp": (lambda np, a, b: np.logaddexp(a, b),),
    "maximum": (lambda np, a, b: np.maximum(once(np, a * 1.37), b),),
    "minimum": (lambda np, a, b: np.minimum(once(np, a * 1.37), b),),
    "where": (lambda np, a, b: np.where(once(np, a) > 0.017, a * b, a - b),),
    "hypot": (lambda np, a, b: np.hypot(positive(np, a), b), lambda torch, a, b: torch.hypot(
        positive(torch, a), b), None),
    "mod": (lambda np, a, b: np.mod(once(np, a), positive(np, b)), None),
    "matmul": (lambda np, a, b: np.matmul(a, b),),
    "matmul transposed": (lambda np, a, b: np.matmul(a, np.swapaxes(b, -1, -2)),),
    "outer": (lambda np, a, b: np.outer(a, b), lambda torch, a, b: torch.outer(
        a.reshape(-1), b.reshape(-1)), lambda np, a, b: np.outer(a.reshape(-1), b.reshape(-1))),
    "inner": (lambda np, a, b: np.inner(a, b),),
    "kron": (lambda np, a, b: np.kron(a, b), lambda torch, a, b: torch.kron(
        a.contiguous(), b.contiguous()), lambda np, a, b: np.kron(a, b)),
    "tensordot": (lambda np, a, b: np.tensordot(a, b, 1), lambda torch, a, b: torch.tensordot(
        a, b, 1)),
    "einsum": (lambda np, a, b: np.einsum("...ij,...jk->...ki", a, b),),
    "cross": (lambda np, a, b: np.cross(a, b), lambda torch, a, b: torch.linalg.cross(a, b), None),
    "concatenate": (lambda np, a, b: np.concatenate([a, b, a]),),
    "stack": (lambda np, a, b: np.stack([a, b], 1), ),
    "solve": (lambda np, a, b: np.linalg.solve(regular(np, a), b),),
}  # fmt: skip
REDUCTIONS = {
    "sum": (lambda np, x: np.sum(x),),
    "sum of last": (lambda np, x: np.sum(x, -1),),
    "sum of first": (lambda np, x: np.sum(x, 0, keepdims=True),
                     lambda torch, x: torch.sum(x, 0, keepdim=True)),
    "mean": (lambda np, x: np.mean(x),),
    "mean of first": (lambda np, x: np.mean(x, 0),),
    "var": (lambda np, x: np.var(once(np, x), axis=-1),
            lambda torch, x: torch.var(once(torch, x), -1, correction=0)),
    "std": (lambda np, x: np.std(once(np, x), axis=0, ddof=1),
            lambda torch, x: torch.std(once(torch, x), 0, correction=1)),
    "prod": (lambda np, x: np.prod(np.tanh(x)), lambda torch, x: torch.prod(torch.tanh(x)),
             None),  # autograd's divides by zeros
    "prod of last": (lambda np, x: np.prod(np.tanh(x), axis=-1),
                     lambda torch, x: torch.prod(torch.tanh(x), -1), None),
    "prod without zeros": (lambda np, x: np.prod(np.tanh(once(np, x))),),
    "max": (lambda np, x: np.max(once(np, x), axis=-1),
            lambda torch, x: torch.amax(once(torch, x), -1)),
    "min": (lambda np, x: np.min(once(np, x), axis=0),
            lambda torch, x: torch.amin(once(torch, x), 0)),
    "cumsum": (lambda np, x: np.cumsum(x, 0),),
    "cumsum of last": (lambda np, x: np.cumsum(x, -1),),
    "cumprod": (lambda np, x: np.cumprod(np.tanh(x), -1), lambda torch, x: torch.cumprod(
        torch.tanh(x), -1), None),
    "median": (lambda np, x: np.median(once(np, x), -1), lambda torch, x: torch.quantile(
        once(torch, x), 0.5, -1), None),
    "quantile": (lambda np, x: np.quantile(once(np, x), 0.3, axis=-1),
                 lambda torch, x: torch.quantile(once(torch, x), 0.3, -1), None),
    "sort": (lambda np, x: np.sort(once(np, x).reshape(-1)),
             lambda torch, x: torch.sort(once(torch, x).reshape(-1)).values),
    "sort of last": (lambda np, x: np.sort(once(np, x), axis=-1),
                     lambda torch, x: torch.sort(once(torch, x), -1).values, None),
    "norm": (lambda np, x: np.linalg.norm(once(np, x).reshape(-1)),),
    "norm of last": (lambda np, x: np.linalg.norm(once(np, x), axis=-1),
                     lambda torch, x: torch.linalg.norm(once(torch, x), dim=-1)),
    "norm of order 3": (lambda np, x: np.linalg.norm(once(np, x), 3, axis=-1),
                        lambda torch, x: torch.linalg.norm(once(torch, x), 3, dim=-1)),
    "norm of order 1": (lambda np, x: np.linalg.norm(once(np, x), 1, axis=-1),
                        lambda torch, x: torch.linalg.norm(once(torch, x), 1, dim=-1), None),
    "trapezoid": (lambda np, x: np.trapezoid(x), lambda torch, x: torch.trapezoid(x), None),
    "diff": (lambda np, x: np.diff(x), lambda torch, x: torch.diff(x)),
    "logsumexp": (lambda np, x: np.logsumexp(x, -1),),
    "softmax": (lambda np, x: np.softmax(x, -1), lambda torch, x: torch.softmax(x, -1), None),
    "log_softmax": (lambda np, x: np.log_softmax(x, -1),
                    lambda torch, x: torch.log_softmax(x, -1), None),
    "logcumsumexp": (lambda np, x: np.cumlogsumexp(x, -1),
                     lambda torch, x: torch.logcumsumexp(x, -1), None),
}  # fmt: skip
SHAPING = {
    "first": (lambda np, x: x[0],),
    "last column": (lambda np, x: x[..., -1],),
    "stretch": (lambda np, x: x[1:],),
    "every other": (lambda np, x: x[..., ::2],),
    "picked": (lambda np, x: x[np.array([0, -1, 0])], lambda torch, x: x[[0, -1, 0]]),
    "picked in pairs": (lambda np, x: x[[1, 0, 1], [0, 1, 0]],),
    "masked": (lambda np, x: x[np_mask(x.shape)], lambda torch, x: x[
        torch.from_numpy(np_mask(x.shape))]),
    "newaxis": (lambda np, x: x[None, ..., None], lambda torch, x: x[None, ..., None],
                lambda np, x: np.expand_dims(np.expand_dims(x, 0), -1)),
    "transpose": (lambda np, x: np.transpose(x), lambda torch, x: x.permute(
        tuple(range(x.ndim))[::-1])),
    "swapaxes": (lambda np, x: np.swapaxes(x, 0, -1),),
    "moveaxis": (lambda np, x: np.moveaxis(x, 0, -1), lambda torch, x: torch.movedim(x, 0, -1)),
    "flat": (lambda np, x: np.reshape(x, (-1,)),),
    "column": (lambda np, x: np.reshape(x, (-1, 1)),),
    "squeeze": (lambda np, x: np.squeeze(x),),
    "broadcast": (lambda np, x: np.broadcast_to(x, (2, *x.shape)), lambda torch, x:
                  torch.broadcast_to(x, (2, *x.shape)), None),
    "flip": (lambda np, x: np.flip(x, 0), lambda torch, x: torch.flip(x, (0,)), None),
    "roll": (lambda np, x: np.roll(x, 1, 0),),
    "tile": (lambda np, x: np.tile(x, (2, 1)),),
    "repeat": (lambda np, x: np.repeat(x, 2, 0), lambda torch, x: torch.repeat_interleave(x, 2, 0)),
    "tril": (lambda np, x: np.tril(x),),
    "triu": (lambda np, x: np.triu(x, 1),),
    "trace": (lambda np, x: np.trace(x),),
    "diag": (lambda np, x: np.diag(x), lambda torch, x: torch.diag(x), None),  # wrong off squares
    "pad": (lambda np, x: np.pad(x, ((1, 2),) * x.ndim, "constant"), lambda torch, x:
            torch.nn.functional.pad(x, (1, 2) * x.ndim)),
    "rot90": (lambda np, x: np.rot90(x), None),
    "take_along_axis": (lambda np, x: np.take_along_axis(x, np_places(x.shape), -1),
                        lambda torch, x: torch.take_along_dim(
                            x, torch.from_numpy(np_places(x.shape)), -1), None),
    "split": (lambda np, x: np.split(x, x.shape[0])[-1] * 2, lambda torch, x: torch.split(
        x, 1)[-1] * 2),
    "power spectrum": (lambda np, x: np.abs(np.fft.fft(once(np, x))) ** 2,),
    "real spectrum": (lambda np, x: np.real(np.fft.rfft(x)), lambda torch, x: torch.real(
        torch.fft.rfft(x)), None),
    "smoothed by fft": (lambda np, x: np.real(np.fft.ifft(np.fft.fft(x) * np_window(x.shape))),
                        lambda torch, x: torch.real(torch.fft.ifft(
                            torch.fft.fft(x) * torch.from_numpy(np_window(x.shape))))),
}  # fmt: skip
MATRICES = {
    "inv": (lambda np, x: np.linalg.inv(regular(np, x)),),
    "solve for some": (lambda np, x: np.linalg.solve(regular(np, x), x[..., :2]),),
    "det": (lambda np, x: np.linalg.det(regular(np, x)),),
    "slogdet": (lambda np, x: np.linalg.slogdet(regular(np, x))[1],),
    "cholesky": (lambda np, x: np.linalg.cholesky(definite(np, x)),),
    "eigvalsh": (lambda np, x: np.linalg.eigh(definite(np, x))[0],),
    "eigenprojection": (lambda np, x: np.square(np.linalg.eigh(definite(np, x))[1]),),
    "singular values": (lambda np, x: np.linalg.svd(
        regular(np, x) + np.array(np_eye(x.shape) * np_arange(x.shape)), compute_uv=False),
        lambda torch, x: torch.linalg.svdvals(
            regular(torch, x) + torch.array(np_eye(x.shape) * np_arange(x.shape))), None),
    "pinv": (lambda np, x: np.linalg.pinv(regular(np, x)),),
    "frobenius": (lambda np, x: np.linalg.norm(regular(np, x), "fro", (-2, -1)),
                  lambda torch, x: torch.linalg.norm(regular(torch, x), "fro", (-2, -1)), None),
    "nuclear": (lambda np, x: np.linalg.norm(definite(np, x), "nuc", (-2, -1)),
                lambda torch, x: torch.linalg.norm(definite(torch, x), "nuc", (-2, -1)), None),
    "matrix_power": (lambda np, x: np.linalg.matrix_power(regular(np, x) / 2, 3),
                     lambda torch, x: torch.linalg.matrix_power(regular(torch, x) / 2, 3), None),
    "qr": (lambda np, x: np.abs(np.linalg.qr(regular(np, x))[1]), lambda torch, x: torch.abs(
        torch.linalg.qr(regular(torch, x))[1]), None),
    "expm": (lambda np, x: np.expm(np.tanh(x)), lambda torch, x: torch.matrix_exp(
        torch.tanh(x)), None),
}  # fmt: skip
SPECIAL = {
    "erf": (lambda np, x: np.erf(x),),
    "erfc": (lambda np, x: np.erfc(x),),
    "sigmoid": (lambda np, x: np.sigmoid(x),),
    # The second derivatives of PyTorch have 8 digits for numbers below 6.
    "lgamma": (lambda np, x: np.lgamma(positive(np, x)), None,
               lambda np, x: np.lgamma(positive(np, x))),
    "lgamma of large numbers": (lambda np, x: np.lgamma(9 + positive(np, x)),),
    "digamma": (lambda np, x: np.digamma(positive(np, x)), None,
                lambda np, x: np.digamma(positive(np, x))),
    "digamma of large numbers": (lambda np, x: np.digamma(9 + positive(np, x)),),
    "erfinv": (lambda np, x: np.erfinv(within(np, x)),),
    "log_ndtr": (lambda np, x: np.log_ndtr(x), lambda torch, x: torch.special.log_ndtr(x), None),
    "xlogy": (lambda np, x: np.xlogy(x, positive(np, x)), lambda torch, x: torch.xlogy(
        x, positive(torch, x)), None),
    "i0e": (lambda np, x: np.i0e(once(np, x)), lambda torch, x: torch.special.i0e(
        once(torch, x)), None),
    **{
        name: (lambda np, x, name=name: getattr(np, name)(once(np, x)),
               lambda torch, x, name=name: getattr(torch.nn.functional, name)(once(torch, x)), None)
        for name in "relu softplus elu selu silu mish softsign gelu leaky_relu logsigmoid".split()
    },
}  # fmt: skip
TABLE = {
    (kind, name): entry
    for kind, table in (
        ("elementwise", ELEMENTWISE), ("binary", BINARY), ("reduction", REDUCTIONS),
        ("shaping", SHAPING), ("matrix", MATRICES), ("special", SPECIAL))
    for name, entry in table.items()
}  # fmt: skip


def np_mask(shape):
    return np.cos(2.3 * np.arange(math.prod(shape)) + 0.5).reshape(shape) > -0.2


def np_places(shape):
    return np.arange(math.prod(shape))[::-1].reshape(shape) * 2 % max(shape[-1:] or (1,))


def np_window(shape):
    return 1 / (1.0 + np.arange(shape[-1]))


OURS = Words(
    fnp, array=fnp.asarray, erf=fm.erf, erfc=fm.erfc, sigmoid=fm.sigmoid, lgamma=fm.lgamma,
    digamma=fm.digamma, erfinv=fm.erfinv, logsumexp=fm.reduce_logsumexp, softmax=nn.softmax,
    log_softmax=nn.log_softmax, relu=nn.relu, softplus=nn.softplus, elu=nn.elu, selu=nn.selu,
    silu=nn.silu, mish=primitives.mish, softsign=nn.softsign, logsigmoid=fm.log_sigmoid,
    leaky_relu=lambda x: nn.leaky_relu(x, alpha=0.01),
    gelu=lambda x: nn.gelu(x, approximate=False), expm=fg.linalg.expm, i0e=primitives.i0e,
    cumlogsumexp=primitives.cumlogsumexp, log_ndtr=primitives.log_ndtr, xlogy=primitives.xlogy,
)  # fmt: skip


# --------------------------------------------------------------------------------------- libraries
class Ours:
    """fastgrad. As every library here it gives a program's value, its gradients by each array, and
    the gradients of their inner product with a direction."""

    @staticmethod
    def derivatives(program, arrays, direction):
        sources = [fg.constant(x) for x in arrays]
        with fg.GradientTape() as outer:
            outer.watch(sources)
            with fg.GradientTape() as tape:
                tape.watch(sources)
                value = program(OURS, 0, sources)
            slopes = tape.gradient(value, sources)
            along = sum((fnp.sum(g * d) for g, d in zip(slopes, direction, strict=True)
                         if g is not None), start=fg.constant(np.float64(0)))  # fmt: skip
        seconds = outer.gradient(along, sources)
        return float(value), filled(slopes, arrays), filled(seconds, arrays)


class Autograd:
    name = "autograd"
    column = 2

    def __init__(self):
        anp = pytest.importorskip("autograd.numpy", reason="autograd is not installed")
        pytest.importorskip("scipy", reason="autograd's special functions need SciPy")
        import autograd
        from autograd.scipy import special

        self.grad = autograd.grad
        self.words = Words(
            anp, erf=special.erf, erfc=special.erfc, sigmoid=special.expit, lgamma=special.gammaln,
            digamma=special.digamma, erfinv=special.erfinv, logsumexp=special.logsumexp,
        )  # fmt: skip

    def derivatives(self, program, arrays, direction):
        def value(arrays):
            return program(self.words, self.column, arrays)

        def along(arrays):
            return sum(self.words.sum(g * d) for g, d in zip(slope(arrays), direction, strict=True))

        slope = self.grad(value)
        arrays = list(arrays)
        return float(value(arrays)), slope(arrays), self.grad(along)(arrays)


class PyTorch:
    name = "PyTorch"
    column = 1

    def __init__(self):
        self.torch = torch = pytest.importorskip("torch", reason="PyTorch is not installed")
        torch.set_num_threads(1)
        self.words = Words(
            torch, array=lambda x: torch.tensor(x, dtype=torch.float64), negative=torch.neg,
            concatenate=torch.cat, gelu=torch.nn.functional.gelu,
            maximum=lambda a, b: torch.maximum(*torch.broadcast_tensors(a, b)),
        )  # fmt: skip

    def derivatives(self, program, arrays, direction):
        torch = self.torch
        sources = [torch.tensor(x, requires_grad=True) for x in arrays]
        value = program(self.words, self.column, sources)
        slopes = self.grad(value, sources)
        along = sum(((g * torch.tensor(d)).sum() for g, d in zip(slopes, direction, strict=True)
                     if g is not None), start=torch.zeros(()))  # fmt: skip
        seconds = self.grad(along, sources)
        return float(value.detach()), filled(slopes, arrays), filled(seconds, arrays)

    def grad(self, value, sources):
        if not value.requires_grad:  # a constant
            return [None] * len(sources)
        return self.torch.autograd.grad(value, sources, create_graph=True, allow_unused=True)


def filled(gradients, arrays):
    """Gradients as ndarrays, 0 for None."""
    return [
        np.zeros(x.shape) if g is None else np.asarray(g.detach() if hasattr(g, "detach") else g)
        for g, x in zip(gradients, arrays, strict=True)
    ]


# ---------------------------------------------------------------------------------------- programs
def said(entry, column):
    """What an entry of the table says for us, PyTorch or autograd: None if it lacks the operation."""
    return entry[column] if column < len(entry) else entry[0]


def program_of(seed, column):
    """(arrays, instructions): the random program of a seed, over what a peer has."""
    rng = np.random.default_rng(seed)
    names = [key for key, entry in TABLE.items() if said(entry, column) is not None]
    kinds = sorted({kind for kind, _ in names})
    arrays = [np.asarray(rng.normal(size=SHAPES[k])) for k in rng.integers(len(SHAPES), size=3)]
    values = [fg.constant(x) for x in arrays]
    instructions = []
    length = rng.integers(3, 13)
    while len(instructions) < length:
        kind = kinds[rng.integers(len(kinds))]
        choices = [key for key in names if key[0] == kind]
        key = choices[rng.integers(len(choices))]
        # The last value is picked often: programs grow deep.
        places = [len(values) - 1 if rng.random() < 0.4 else int(rng.integers(len(values)))
                  for _ in range(1 + (kind == "binary"))]  # fmt: skip
        if fits(key, [values[k].shape for k in places]):
            y = step(OURS, 0, key, [values[k] for k in places])
            if y.size and y.size <= SIZE and np.abs(y.numpy()).max() < LARGEST:
                instructions.append((key, places))
                values.append(y)
    return arrays, instructions


def step(words, column, key, operands):
    return said(TABLE[key], column)(words, *operands)


def run(instructions, words, column, arrays):
    """The weighted sum of a program's values, each made less than 1."""
    values = list(arrays)
    for key, places in instructions:
        values.append(step(words, column, key, [values[k] for k in places]))
    return sum(
        (k + 0.5) * words.mean(words.tanh(y)) for k, y in enumerate(values[len(arrays) :])
    )  # fmt: skip


def fits(key, shapes):
    """True if an operation is defined, and means the same in each library, for operands of these shapes."""
    kind, name = key
    a, b = shapes[0], shapes[-1]
    if kind == "matrix" or name in ("trace", "solve"):
        square = len(a) > 1 and a[-1] == a[-2] <= 4
        return square and (len(a) == 2 or name != "trace") and (b == a or kind == "matrix")
    if name in ("matmul", "tensordot", "inner", "matmul transposed", "einsum"):
        if name == "inner":
            return len(a) == len(b) == 1 and a == b
        if name == "tensordot":
            return len(a) > 0 < len(b) and a[-1] == b[0]
        if len(a) < 2 or len(b) < 2 or a[:-2] != b[:-2]:
            return False
        return a[-1] == (b[-1] if name == "matmul transposed" else b[-2])
    if name in ("kron", "outer"):
        return len(a) == len(b) and 0 < len(a) < 3 and math.prod(a + b) <= SIZE
    if name == "cross":
        return a == b and a[-1:] == (3,)
    if name == "concatenate":
        return len(a) == len(b) > 0 and a[1:] == b[1:]
    if name == "stack":
        return a == b and len(a) > 0
    if kind == "binary":
        try:
            np.broadcast_shapes(a, b)
        except ValueError:
            return False
        return True
    if name in ("tril", "triu", "diag", "rot90", "tile"):
        return len(a) == 2
    if name in ("picked in pairs",):
        return len(a) > 1 and min(a[:2]) > 1
    if name in ("stretch", "picked", "std", "diff", "trapezoid", "var"):
        return len(a) > 0 and a[0] > 1 < a[-1]
    if name == "pad":
        return 0 < len(a) < 3
    if name == "masked":
        return bool(np_mask(a).any()) and len(a) > 0
    if name in ("newaxis", "broadcast"):
        return len(a) < 3
    if kind in ("elementwise", "special") or name in ("sum", "mean", "prod", "flat", "column"):
        return True
    return len(a) > 0


def disagreement(peer, seed):
    """What a peer and we say differently about the program of a seed, or None."""
    arrays, instructions = program_of(seed, peer.column)
    program = functools.partial(run, instructions)
    rng = np.random.default_rng(seed + 1)
    direction = [np.asarray(rng.normal(size=x.shape)) for x in arrays]
    got = Ours.derivatives(program, arrays, direction)
    want = peer.derivatives(program, arrays, direction)
    for order, (ours, theirs) in enumerate(zip(got, want, strict=True)):
        pairs = [(ours, theirs)] if order == 0 else zip(ours, theirs, strict=True)
        for k, (x, y) in enumerate(pairs):
            scale = max(1.0, np.abs(y).max(initial=0.0))
            if not (np.shape(x) == np.shape(y) and np.abs(x - y).max(initial=0.0) <= RTOL * scale):
                return (
                    f"program {seed}, order {order}, argument {k}: {peer.name} says {y}, not {x}: "
                    f"{[(name, *places) for (_, name), places in instructions]}"
                )
    return None


def check(peer, seeds):
    found = [text for seed in seeds if (text := disagreement(peer, seed))]
    assert not found, f"{len(found)} of {len(seeds)} programs differ\n" + "\n".join(found[:20])


peers = pytest.mark.parametrize("peer", [Autograd, PyTorch], ids=lambda peer: peer.name)


@peers
@pytest.mark.filterwarnings("default")  # theirs
def test_random_programs(peer):
    check(peer(), range(PROGRAMS))


@pytest.mark.slow
@peers
@pytest.mark.filterwarnings("default")
def test_many_random_programs(peer):
    check(peer(), range(PROGRAMS, PROGRAMS + MANY))


@pytest.mark.slow
@pytest.mark.parametrize("column", [PyTorch.column, Autograd.column])
def test_programs_are_made_of_the_whole_table(column):
    keys = {key for seed in range(MANY) for key, _ in program_of(seed, column)[1]}
    assert keys == {key for key, entry in TABLE.items() if said(entry, column) is not None}
