"""Gradients by recording: `GradientTape`, with gradients, jacobians and what is watched."""

import math

import numpy as np

from . import _nest, primitives
from ._core._dispatch import constant
from ._core._tape import Tape, wants_zeros
from ._core._tensor import Tensor, Variable, share_array
from .errors import short


class UnconnectedGradients:
    """What stands for the gradient of a source that the target does not depend on."""

    NONE = "none"
    ZERO = "zero"


class GradientTape(Tape):
    """Records operations on what it watches, and differentiates them.

    persistent: keep the record after the first `gradient` or `jacobian`, for any number of them; it
        is freed with the tape. Without it the first one uses the record up.
    watch_accessed_variables: watch every trainable Variable that is read inside the block. Without
        it only what `watch` names is watched.

    Inside the block every operation that depends on something watched is recorded, once, however
    many tapes are open. The block may be left and entered again, and then goes on with the same
    record (a tape that was used up starts afresh). Tapes nest: a gradient taken inside the block of
    another tape is recorded there, so that it can be differentiated again. A tape belongs to the
    thread that enters it; gradients may be asked for in any.

    >>> x = fg.Variable(3.0)
    >>> with fg.GradientTape() as outer:
    ...     with fg.GradientTape() as inner:
    ...         y = x**3
    ...     first = inner.gradient(y, x)
    >>> first
    <fg.Tensor: shape=(), dtype=float32, numpy=27.0>
    >>> outer.gradient(first, x)
    <fg.Tensor: shape=(), dtype=float32, numpy=18.0>
    """

    __slots__ = ()

    def jacobian(
        self,
        target,
        sources,
        unconnected_gradients=UnconnectedGradients.NONE,
        parallel_iterations=None,
        experimental_use_pfor=True,
    ):
        """The derivatives of every element of `target` with respect to every element of `sources`.

        target: a Tensor or Variable (one, not a list).
        sources: a Tensor or Variable, or a nest of them. The result has its structure; each entry
            has the target's shape followed by the source's, and the source's dtype.
        unconnected_gradients: "none" or "zero": what stands for a source that the target does not
            depend on.
        parallel_iterations: taken for compatibility; it changes nothing.
        experimental_use_pfor: False needs a persistent tape, and gives the same result.

        The backward pass runs once per element of the target. Raises TypeError if `target` is a
        nest, RuntimeError if the tape was never entered, or if it is not persistent and was used
        before.

        >>> x = fg.Variable([1.0, 2.0])
        >>> with fg.GradientTape() as tape:
        ...     y = x * x[0]
        >>> tape.jacobian(y, x)
        <fg.Tensor: shape=(2, 2), dtype=float32, numpy=
        array([[2., 0.],
               [2., 1.]], dtype=float32)>
        """
        zero = wants_zeros(unconnected_gradients)
        target = _single(target, "jacobian", "target")
        _check_loop(self, "jacobian", experimental_use_pfor)
        self._warn_inside(2)
        flat = _nest.flatten(sources)
        units = _units((), target)
        rows = [self._gradient_keeping(target, flat, ct) for ct in units]
        if not rows:  # a target of size 0: is there a path?
            rows = [self._gradient_keeping(target, flat, None)]
        self._use_up()
        shape = tuple(target.shape)
        return _nest.pack(
            sources,
            [
                _assemble(gradients, 0, shape + tuple(source.shape), source.dtype, zero)
                for source, gradients in zip(flat, zip(*rows, strict=True), strict=True)
            ],
        )

    def batch_jacobian(
        self,
        target,
        source,
        unconnected_gradients=UnconnectedGradients.NONE,
        parallel_iterations=None,
        experimental_use_pfor=True,
    ):
        """The jacobian of each example of a batch: shape ``[batch, target..., source...]``.

        target, source: a Tensor or Variable each, of two axes or more, whose first axes are the
            same batch. ``target[i]`` should depend on ``source[i]`` alone: what other entries of
            the target owe to it is added to the result.
        The other arguments are those of `jacobian`, but an unconnected source always gives zeros.

        The backward pass runs once per element of one example, not once per element of the batch.
        Raises ValueError for shapes that do not fit, otherwise as `jacobian`.

        >>> x = fg.Variable([[1.0, 2.0], [3.0, 4.0]])
        >>> with fg.GradientTape() as tape:
        ...     y = x * x
        >>> tape.batch_jacobian(y, x)
        <fg.Tensor: shape=(2, 2, 2), dtype=float32, numpy=
        array([[[2., 0.],
                [0., 4.]],
        <BLANKLINE>
               [[6., 0.],
                [0., 8.]]], dtype=float32)>
        """
        wants_zeros(unconnected_gradients)
        target = _single(target, "batch_jacobian", "target")
        source = _single(source, "batch_jacobian", "source")
        for x in (target, source):
            if x.ndim < 2:
                raise ValueError(
                    f"GradientTape.batch_jacobian: Shape {x.shape} must have rank at least 2"
                )
        batch = target.shape[0]
        if batch != source.shape[0]:
            raise ValueError(
                "GradientTape.batch_jacobian: Need first dimension of target shape "
                f"({target.shape}) and source shape ({source.shape}) to match."
            )
        _check_loop(self, "batch_jacobian", experimental_use_pfor)
        self._warn_inside(2)
        units = _units((batch,), target)
        rows = [self._gradient_keeping(target, [source], ct)[0] for ct in units]
        if not rows:
            rows = self._gradient_keeping(target, [source], None)
        self._use_up()
        shape = (*target.shape, *source.shape[1:])
        return _assemble(rows, 1, shape, source.dtype, True)


def _single(x, what, name):
    """`x` as a Tensor or Variable. A number, which is a constant, becomes one."""
    if isinstance(x, (Tensor, Variable)):
        return x
    if name == "target" and isinstance(x, (bool, int, float, complex)):
        return constant(x)
    raise TypeError(
        f"GradientTape.{what}: {name} must be one Tensor or Variable, not {short(x)} of type "
        f"{type(x).__name__}"
    )


def _check_loop(tape, what, use_pfor):
    if not use_pfor and not tape.persistent:
        raise RuntimeError(
            f"GradientTape.{what}: experimental_use_pfor=False needs a persistent tape: "
            "GradientTape(persistent=True)"
        )


def _units(batch, target):
    """Cotangents of `target` that pick one element of its last axes each, in order.

    batch: the sizes of the first axes, over which a cotangent is the same.
    """
    shape, dtype = tuple(target.shape), target.dtype.np_dtype
    for k in range(math.prod(shape[len(batch) :])):
        unit = np.zeros((math.prod(batch), math.prod(shape[len(batch) :])), dtype)
        unit[:, k] = 1
        yield share_array(unit.reshape(shape))


def _assemble(gradients, axis, shape, dtype, zero):
    """Gradients for each unit cotangent, put side by side along `axis` and shaped: a jacobian."""
    known = [g for g in gradients if g is not None]
    if not known:
        return constant(np.zeros(shape, dtype.np_dtype)) if zero else None
    if math.prod(shape) == 0:
        return constant(np.zeros(shape, dtype.np_dtype))
    if len(known) < len(gradients):  # a gradient function may give None for one cotangent only
        nothing = constant(np.zeros(known[0].shape, dtype.np_dtype))
        gradients = [nothing if g is None else g for g in gradients]
    return primitives.reshape(primitives.stack([*gradients], axis), shape)
