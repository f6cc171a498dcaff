"""Forward mode: `ForwardAccumulator`, which computes Jacobian-vector products along with the values."""

from . import _nest
from ._core import _forward
from ._core._dispatch import convert_to_tensor
from ._core._tape import wants_zeros
from ._core._tensor import Tensor, Variable
from .creation import zeros_like
from .errors import short
from .tape import UnconnectedGradients


class ForwardAccumulator(_forward.Accumulator):
    """Computes tangents in the block: derivatives of what is computed along a direction.

    primals: Tensors or Variables (or a nest of them) by which to differentiate.
    tangents: a nest of the same structure with their directions, in the shapes and dtypes of the primals.

    What tape and accumulators entered earlier track is recorded with the tangents' computation, so they
    nest to any order, with tapes inside and outside. Stopping a tape does not stop an accumulator.
    Raises ValueError for a primal named twice or a tangent that does not fit, TypeError for a primal
    that is no floating Tensor or Variable.

    >>> x = fg.constant([1.0, 2.0])
    >>> with fg.autodiff.ForwardAccumulator(x, fg.constant([1.0, 0.0])) as acc:
    ...     y = x * x
    >>> acc.jvp(y)
    <fg.Tensor: shape=(2,), dtype=float32, numpy=array([2., 0.], dtype=float32)>
    """

    def __init__(self, primals, tangents):
        if not _nest.is_nest(primals):  # a list may be the tangent of a single primal
            primals, tangents = [primals], [tangents]
        pairs = []
        _nest.map_structure(lambda *pair: pairs.append(pair), primals, tangents)
        for primal, tangent in [(primal, _direction(primal, tangent)) for primal, tangent in pairs]:
            self._watch(primal, tangent)

    def jvp(self, primals, unconnected_gradients=UnconnectedGradients.NONE):
        """The tangents of values computed in the block, as a nest like `primals`.

        None, or zeros with `unconnected_gradients="zero"`, for what does not depend on the primals.
        Can be asked again, also after the block.
        """
        zero = wants_zeros(unconnected_gradients)
        return _nest.map_structure(lambda value: self._answer(value, zero), primals)

    def _answer(self, value, zero):
        if not isinstance(value, (Tensor, Variable)):
            if zero and value is not None:
                return zeros_like(convert_to_tensor(value))
            return None
        tangent = self._tangent(value)
        return zeros_like(value) if tangent is None and zero else tangent


def _direction(primal, tangent):
    """A tangent as a Tensor that fits its primal."""
    what = "ForwardAccumulator"
    if not isinstance(primal, (Tensor, Variable)):
        raise TypeError(f"{what}: a primal is a Tensor or a Variable, not {short(primal)}")
    if not (primal.dtype.is_floating or primal.dtype.is_complex):
        raise TypeError(f"{what}: a primal must be floating, got {primal.dtype.name}")
    if not isinstance(tangent, (Tensor, Variable)):
        tangent = convert_to_tensor(tangent, primal.dtype)
    tangent = convert_to_tensor(tangent)
    if tangent.dtype != primal.dtype or tangent.shape != primal.shape:
        raise ValueError(
            f"{what}: a tangent of shape {tangent.shape} and dtype {tangent.dtype.name} does not fit its "
            f"primal of shape {primal.shape} and dtype {primal.dtype.name}"
        )
    return tangent
