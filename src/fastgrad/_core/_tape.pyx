"""Tapes: a Recorder with gradients. What may be asked for is checked and brought into form here; `_sweep` does it."""

import warnings

import numpy as np

from .. import _nest, errors

from ._buffer cimport same_shape
from ._dispatch cimport apply, cast_tensor, convert, primitive_named
from ._loops cimport COMPLEX64, FLOAT16
from ._sweep cimport as_value, run_sweep
from ._tensor cimport Tensor, Variable, filled
from ._trace cimport Recorder, release, stop


cdef class Tape(Recorder):
    """A Recorder with gradients."""

    def gradient(self, target, sources, output_gradients=None, unconnected_gradients="none"):
        """The gradient of `target` with respect to `sources`.

        target: a Tensor or Variable, or a nest of them (the gradient of the sum over all their elements).
        sources: a Tensor or Variable, or a nest of them; the result has its structure, and every entry the
            shape and dtype of its source (an `IndexedSlices` if rows were gathered from it and nothing else).
        output_gradients: the cotangent of the target (one per target; default ones).
        unconnected_gradients: "none" or "zero": what stands for a source that the target does not depend on.

        Raises RuntimeError if the tape was never entered, or if it is not persistent and was used before.

        >>> x = fg.Variable(3.0)
        >>> with fg.GradientTape() as tape:
        ...     y = x * x
        >>> tape.gradient(y, x)
        <fg.Tensor: shape=(), dtype=float32, numpy=6.0>
        """
        cdef bint zero = wants_zeros(unconnected_gradients)
        check_usable(self, "gradient")
        if self.recording and self.persistent:
            warn_inside(self)
        if type(sources) is Tensor or type(sources) is Variable:
            result = gradient_list(self, target, [sources], sources, output_gradients, zero, False)
            return result[0]
        if type(sources) is list:
            flat = list(sources)  # a rule may change the list
            for source in flat:
                if not (type(source) is Tensor or type(source) is Variable):
                    break
            else:
                return gradient_list(self, target, flat, sources, output_gradients, zero, False)
        flat = _nest.flatten(sources)
        return _nest.pack(sources, gradient_list(self, target, flat, sources, output_gradients, zero, False))

    def _gradient_keeping(self, target, list sources, output_gradients):
        """As `gradient` of one target, without using the tape up."""
        check_usable(self, "jacobian")
        return gradient_list(self, target, sources, sources, output_gradients, False, True)

    def _warn_inside(self, int stacklevel):
        """Warn if this persistent tape records the gradient that is about to be computed."""
        if self.recording and self.persistent:
            warn_inside(self, stacklevel)

    def _use_up(self):
        """What the one gradient of a tape that is not persistent does at its end."""
        use_up(self)


cpdef bint wants_zeros(unconnected) except -1:
    """True for "zero", False for "none"; ValueError for anything else."""
    if type(unconnected) is str and unconnected == "none":
        return False
    value = getattr(unconnected, "value", unconnected)
    if value == "none" or value is None:
        return False
    if value == "zero":
        return True
    raise ValueError(f"Unknown value for unconnected_gradients: {unconnected!r}")


cdef int warn_inside(Tape tape, int stacklevel=1) except -1:
    if tape.trace.recording & tape.bit:
        warnings.warn(
            "Calling GradientTape.gradient on a persistent tape inside its context is significantly less "
            "efficient than calling it outside the context (it records the gradient operations on the tape). "
            "Only call it inside if you want higher order derivatives.", stacklevel=stacklevel)
    return 0


cdef int check_usable(Tape tape, str what) except -1:
    if tape.used_up and not tape.persistent:
        raise RuntimeError(
            f"GradientTape.{what} can only be called once on non-persistent tapes.")
    if tape.sweeping and not tape.persistent:
        raise RuntimeError(f"GradientTape.{what}: the one gradient of this tape is being computed; a persistent "
                           "tape takes more than one: GradientTape(persistent=True)")
    if tape.trace is None:
        raise RuntimeError(f"GradientTape.{what}: nothing was recorded; enter the tape first: "
                           "`with fg.GradientTape() as tape:`")
    return 0


cdef int use_up(Tape tape) except -1:
    if not tape.persistent and not tape.sweeping:
        tape.used_up = True
        release(tape)
    return 0


cdef list gradient_list(Tape tape, target, list sources, source_nest, output_gradients, bint zero, bint keep):
    """Gradients for a flat list of sources."""
    cdef list targets, cotangents
    if tape.recording and not tape.persistent:
        stop(tape)
    if type(target) is Tensor or type(target) is Variable:
        targets = [target]
    else:
        targets = target_list(target)
    cotangents = cotangent_list(target, targets, output_gradients)
    check_sources(sources, source_nest)
    tape.sweeping += 1
    try:
        result = run_sweep(tape, targets, cotangents, sources, keep, sparse=not keep)
    finally:
        tape.sweeping -= 1
        if not keep:
            use_up(tape)
    if zero:
        result = [filled(as_value(source), 0) if g is None else g for g, source in zip(result, sources)]
    return result


cdef list target_list(target):
    """The targets of a nest; a Python number counts as a constant."""
    if target is None:
        raise TypeError("Argument `target` should be a list or nested structure of Tensors, Variables or "
                        "CompositeTensors to be differentiated, but received None.")
    if not _nest.is_nest(target):
        names = [("target", target)]
    else:
        names = [("target" + path, leaf) for path, leaf in _nest.flatten_with_path(target)]
    result = []
    for path, leaf in names:
        if isinstance(leaf, (Tensor, Variable)):
            result.append(leaf)
        elif isinstance(leaf, (bool, int, float, complex)):
            result.append(convert(leaf, -1, "target"))
        else:
            raise TypeError(f"GradientTape.gradient: {path} should be a Tensor or Variable, but is "
                            f"{errors.short(leaf)} of type {type(leaf).__name__}")
    return result


cdef int check_sources(list flat, sources) except -1:
    for source in flat:
        if not isinstance(source, (Tensor, Variable)):
            named = _nest.flatten_with_path(sources) if _nest.is_nest(sources) else [("", sources)]
            for path, leaf in named:
                if not isinstance(leaf, (Tensor, Variable)):
                    raise TypeError(f"GradientTape.gradient: sources{path} should be a Tensor or Variable, but is "
                                    f"{errors.short(leaf)} of type {type(leaf).__name__}")
    return 0


cdef list cotangent_list(target, list targets, output_gradients):
    """One cotangent Tensor (or None: ones) per target; None if all are ones."""
    if output_gradients is None:
        return None
    if isinstance(target, (Tensor, Variable)):
        given = [entry_of_one(target, output_gradients)]
    else:
        given = []
        matched(target, output_gradients, given, "output_gradients")
    return [None if g is None else cotangent_of(t, g, k) for k, (t, g) in enumerate(zip(targets, given))]


cdef object entry_of_one(target, given):
    """The cotangent of a single target: a list of one entry stands for the entry, any other list is an array."""
    if isinstance(given, (list, tuple)) and len(given) == 1:
        item = given[0]
        if item is None or tuple(np.shape(item) if isinstance(item, (list, tuple, float, int)) else
                                 getattr(item, "shape", (None,))) == tuple(target.shape):
            return item
    if isinstance(given, (list, tuple)) and any([item is None for item in given]):
        raise ValueError(f"output_gradients: {len(given)} entries for 1 target; give one array of the target's "
                         "shape")
    return given


cdef int matched(target, given, list flat, str where) except -1:
    """Walk a nest of targets beside the nest of their cotangents."""
    if not _nest.is_nest(target):
        flat.append(given)
        return 0
    if given is None:
        flat.extend([None] * len(_nest.flatten(target)))
        return 0
    parts = _nest.parts(target)
    if isinstance(target, dict):
        if not isinstance(given, dict) or set(given) != set(target):
            raise ValueError(f"{where}: expected a dict with the keys of the target, {list(target)}")
        entries = [given[key] for key, _ in parts]
    else:
        entries = [part for _, part in _nest.parts(given)] if _nest.is_nest(given) else list(given)
    if len(entries) != len(parts):
        raise ValueError(f"{where}: {len(entries)} for {len(parts)} targets; give one for each (None means ones)")
    for (_, part), entry in zip(parts, entries):
        matched(part, entry, flat, where)
    return 0


cdef Tensor cotangent_of(target, given, k):
    """A cotangent in its target's shape and dtype."""
    cdef Tensor value = as_value(target)
    cdef Tensor ct
    if value.code < FLOAT16:
        return None
    try:
        if isinstance(given, (Tensor, Variable)):
            ct = given if isinstance(given, Tensor) else given.read_value()
        else:
            ct = convert(given, -1, "a cotangent")
    except (TypeError, ValueError) as error:
        raise type(error)(f"output_gradients[{k}]: {error}") from None
    if ct.code >= COMPLEX64 > value.code:
        raise TypeError(f"output_gradients[{k}] is complex, but its target has dtype {target.dtype.name}")
    if ct.code != value.code:
        ct = cast_tensor(ct, value.code)
    if same_shape(ct.shape_, value.shape_):
        return ct
    if ct.shape_.ndim == 0:
        return apply(primitive_named("broadcast_to"), [ct], {"shape": value.shape})
    raise ValueError(f"output_gradients[{k}] has shape {ct.shape}, but its target has shape {value.shape}")
