"""Tapes: a Recorder with gradients and jacobians.

What may be asked for is checked and brought into form here; `_sweep` does it.
"""

import math
import warnings
from importlib import import_module  # `freezing` stands above

import numpy as np

from .. import _nest, errors

from ._buffer cimport same_shape
from ._dispatch cimport apply, cast_tensor, convert
from ._loops cimport COMPLEX64, FLOAT16
from ._primitive cimport primitive_named
from ._recorder cimport Recorder, leave, release, start, stop
from ._sweep cimport as_value, run_sweep
from ._tensor cimport Tensor, Variable, filled
from ._tensor import share_array

cdef enum:
    # Up to these, a sweep for each cotangent costs less: it keeps cotangents of numbers as C doubles.
    FEW_COTANGENTS = 8
    MANY_ELEMENTS = 1 << 20  # in all cotangents of an array together: 8 MB


cdef class GradientTape(Recorder):
    """Records operations on what it watches, and differentiates them.

    persistent: keep the record after the first `gradient` or `jacobian`, for any number of them; it
        is freed with the tape. Without it the first one uses the record up.
    watch_accessed_variables: watch every trainable Variable that is read inside the block. Without
        it only what `watch` names is watched.
    freezable: note all that is done inside the block, for `freeze`.

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
        cdef tuple flat
        check_usable(self, "gradient")
        if self.recording and self.persistent:
            warn_inside(self)
        if type(sources) is Tensor or type(sources) is Variable:
            return gradients_of(self, target, (sources,), sources, output_gradients, zero)[0]
        flat = flat_list(sources)
        if flat is not None:
            return list(gradients_of(self, target, flat, sources, output_gradients, zero))
        flat = tuple(_nest.flatten(sources))
        return _nest.pack(sources, gradients_of(self, target, flat, sources, output_gradients, zero))

    def jacobian(self, target, sources, unconnected_gradients="none", parallel_iterations=None,
                 experimental_use_pfor=True):
        """The derivatives of every element of `target` with respect to every element of `sources`.

        target: a Tensor or Variable (one, not a list).
        sources: a Tensor or Variable, or a nest of them. The result has its structure; each entry
            has the target's shape followed by the source's, and the source's dtype.
        unconnected_gradients: "none" or "zero": what stands for a source that the target does not
            depend on.
        parallel_iterations: taken for compatibility; it changes nothing.
        experimental_use_pfor: False needs a persistent tape, and gives the same result.

        The cotangents of many elements of the target are swept at once. Raises TypeError if `target` is a
        nest, RuntimeError if the tape was never entered, or if it is not persistent and was used before.

        >>> x = fg.Variable([1.0, 2.0])
        >>> with fg.GradientTape() as tape:
        ...     y = x * x[0]
        >>> tape.jacobian(y, x)
        <fg.Tensor: shape=(2, 2), dtype=float32, numpy=
        array([[2., 0.],
               [2., 1.]], dtype=float32)>
        """
        cdef bint zero = wants_zeros(unconnected_gradients)
        cdef tuple flat
        target = single(target, "jacobian", "target")
        check_loop(self, "jacobian", experimental_use_pfor)
        if self.recording and self.persistent:
            warn_inside(self)
        flat = tuple(_nest.flatten(sources))
        blocks = jacobians_of(self, target, flat, sources, 0)
        shape = tuple(target.shape)
        return _nest.pack(sources, [
            shaped(block, shape + tuple(source.shape), source.dtype, zero) for source, block in zip(flat, blocks)])

    def freeze(self, outputs, inputs):
        """A function that does again what this tape recorded, for other values of the inputs.

        The tape must have been made with ``freezable=True``. Then it notes all operations of its block, also those on
        what it does not watch, and nothing is traced or run again: they are compiled as `function` does it.
        outputs: a Tensor, or a nest of them, that were computed in the block (a gradient by another tape inside the
            block is one). inputs: Tensors or Variables, or a nest of them, that they were computed from. All else
            is as it was; Variables that are no inputs are read in each call.
        The function takes the inputs one by one (what stands for a nest, as a nest), of the same shapes, and gives
        the outputs in their structure.

        Raises RuntimeError for a tape that is not freezable. Raises ValueError, naming the line, if Python looked at a
        value that depends on an input (`if y > 0`, `float(y)`, `y.numpy()`), since other inputs may decide
        otherwise, or if a Variable was assigned.

        >>> x = fg.constant(3.0)
        >>> with fg.GradientTape(freezable=True) as tape:
        ...     y = x * x + 1.0
        >>> tape.freeze(y, x)(2.0)
        <fg.Tensor: shape=(), dtype=float32, numpy=5.0>
        """
        if self.log is None:
            raise RuntimeError("GradientTape.freeze: the tape must be made with fg.GradientTape(freezable=True)")
        return import_module("fastgrad.freezing").freeze(self.log, outputs, inputs)

    def batch_jacobian(self, target, source, unconnected_gradients="none", parallel_iterations=None,
                       experimental_use_pfor=True):
        """The jacobian of each example of a batch: shape ``[batch, target..., source...]``.

        target, source: a Tensor or Variable each, of two axes or more, whose first axes are the
            same batch. ``target[i]`` should depend on ``source[i]`` alone: what other entries of
            the target owe to it is added to the result.
        The other arguments are those of `jacobian`, but an unconnected source always gives zeros.

        There are as many cotangents as one example has elements, not as many as the batch has.
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
        target = single(target, "batch_jacobian", "target")
        source = single(source, "batch_jacobian", "source")
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
        check_loop(self, "batch_jacobian", experimental_use_pfor)
        if self.recording and self.persistent:
            warn_inside(self)
        block = jacobians_of(self, target, (source,), source, 1)[0]
        if block is not None:  # [elements of an example, batch, ...]: the batch comes first
            block = apply(primitive_named("swapaxes"), [block], {"axis1": 0, "axis2": 1})
        return shaped(block, (*target.shape, *source.shape[1:]), source.dtype, True)


def gradients_through(loss, list variables not None):
    """The gradients of a function of no arguments for some Variables, by a tape of its own."""
    cdef GradientTape tape = GradientTape.__new__(GradientTape)
    cdef tuple sources = tuple(variables)  # the function may change the list
    start(tape)
    try:
        for variable in sources:
            # The tape watches a trainable Variable as it is read.
            if not (type(variable) is Variable and (<Variable>variable).trainable):
                tape.watch(variable)
        target = loss()
    finally:
        leave(tape)
    return gradients_of(tape, target, sources, variables, None, False)


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


cdef int warn_inside(GradientTape tape, int stacklevel=1) except -1:
    if tape.trace.recording & tape.bit:
        warnings.warn(
            "Calling GradientTape.gradient on a persistent tape inside its context is significantly less "
            "efficient than calling it outside the context (it records the gradient operations on the tape). "
            "Only call it inside if you want higher order derivatives.", stacklevel=stacklevel)
    return 0


cdef int check_usable(GradientTape tape, str what) except -1:
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


cdef int use_up(GradientTape tape) except -1:
    if not tape.persistent and not tape.sweeping:
        tape.used_up = True
        release(tape)
    return 0


cdef tuple gradients_of(GradientTape tape, target, tuple sources, source_nest, output_gradients, bint zero):
    """Gradients for a flat tuple of sources."""
    cdef tuple targets, result
    cdef list cotangents
    cdef bint plain = False
    if tape.recording and not tape.persistent:
        stop(tape)
    if type(target) is Tensor or type(target) is Variable:
        targets = (target,)
    else:
        targets = flat_list(target)
        plain = targets is not None
        targets = targets if plain else target_list(target)
    cotangents = cotangent_list(target, targets, output_gradients, plain)
    check_sources(sources, source_nest)
    tape.sweeping += 1
    try:
        result = run_sweep(tape, targets, cotangents, sources, False, True, 0)
    finally:
        tape.sweeping -= 1
        use_up(tape)
    if zero:
        result = tuple([filled(as_value(source), 0) if g is None else g for g, source in zip(result, sources)])
    return result


cdef tuple flat_list(nest):
    """What is in a list of Tensors and Variables, the plainest nest, which a rule may change; None for any other."""
    cdef tuple flat
    if type(nest) is not list:
        return None
    flat = tuple(nest)
    for leaf in flat:
        if not (type(leaf) is Tensor or type(leaf) is Variable):
            return None
    return flat


cdef tuple target_list(target):
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
    return tuple(result)


cdef int check_sources(tuple flat, sources) except -1:
    for source in flat:
        if not isinstance(source, (Tensor, Variable)):
            named = _nest.flatten_with_path(sources) if _nest.is_nest(sources) else [("", sources)]
            for path, leaf in named:
                if not isinstance(leaf, (Tensor, Variable)):
                    raise TypeError(f"GradientTape.gradient: sources{path} should be a Tensor or Variable, but is "
                                    f"{errors.short(leaf)} of type {type(leaf).__name__}")
    return 0


cdef list cotangent_list(target, tuple targets, output_gradients, bint plain):
    """One cotangent Tensor (or None: ones) per target; None if all are ones. plain: `target` is a list of targets."""
    if output_gradients is None:
        return None
    cdef Py_ssize_t k
    cdef list given = []
    if isinstance(target, (Tensor, Variable)):
        given.append(entry_of_one(target, output_gradients))
    elif plain and type(output_gradients) is list and len(output_gradients) == len(targets):
        given = list(output_gradients)
    else:
        matched(target, output_gradients, given, "output_gradients")
    for k in range(len(targets)):
        if given[k] is not None:
            given[k] = cotangent_of(targets[k], given[k], k)
    return given


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


cdef Tensor cotangent_of(target, given, Py_ssize_t k):
    """A cotangent in its target's shape and dtype."""
    cdef Tensor value = as_value(target)
    cdef Tensor ct
    if value.code < FLOAT16:
        return None
    if type(given) is Tensor:
        ct = given
        if ct.code == value.code and same_shape(ct.shape_, value.shape_):
            return ct
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


# ---------------------------------------------------------------------------------------------- jacobians
cdef object single(x, what, name):
    """`x` as a Tensor or Variable. A number, which is a constant, becomes one."""
    if isinstance(x, (Tensor, Variable)):
        return x
    if name == "target" and isinstance(x, (bool, int, float, complex)):
        return convert(x, -1, "target")
    raise TypeError(f"GradientTape.{what}: {name} must be one Tensor or Variable, not {errors.short(x)} of type "
                    f"{type(x).__name__}")


cdef int check_loop(GradientTape tape, str what, use_pfor) except -1:
    if not use_pfor and not tape.persistent:
        raise RuntimeError(f"GradientTape.{what}: experimental_use_pfor=False needs a persistent tape: "
                           "GradientTape(persistent=True)")
    return 0


cdef list jacobians_of(GradientTape tape, target, tuple sources, source_nest, int batch):
    """For each source the gradients of all elements of the target, along a first axis; None if there is no path.

    batch: the number of first axes over which one cotangent picks all elements.
    """
    cdef Py_ssize_t at, end, n, step
    cdef list units, pieces = [[] for _ in sources], blocks = []
    check_usable(tape, "jacobian")
    shape = tuple(target.shape)
    n = math.prod(shape[batch:])
    if tape.recording and not tape.persistent:
        stop(tape)
    check_sources(sources, source_nest)
    step = at_once(n, max([math.prod(x.shape) for x in (target, *sources)]))
    tape.sweeping += 1
    try:
        for at in range(0, max(n, 1), step):  # also for a target of size 0: is there a path?
            end = min(at + step, n)
            units = None if n == 0 else [units_of(target, batch, at, end, step > 1)]
            swept = run_sweep(tape, (target,), units, sources, True, False, end - at if step > 1 else 0)
            for piece, of_source in zip(swept, pieces):
                of_source.append(piece)
    finally:
        tape.sweeping -= 1
        use_up(tape)
    join = primitive_named("concat" if step > 1 else "stack")
    for source, of_source in zip(sources, pieces):
        if all([piece is None for piece in of_source]):
            blocks.append(None)
            continue
        for k, piece in enumerate(of_source):
            if piece is None:  # a gradient function may give None for one cotangent only
                lead = (min(step, n - k * step),) if step > 1 else ()
                of_source[k] = share_array(np.zeros((*lead, *source.shape), source.dtype.np_dtype))
        blocks.append(apply(join, of_source, {"axis": 0}))
    return blocks


cdef Py_ssize_t at_once(Py_ssize_t n, Py_ssize_t size) noexcept:
    """How many of n cotangents to sweep at once, for arrays of this size."""
    if n < FEW_COTANGENTS:
        return 1
    return max(1, min(n, MANY_ELEMENTS // max(size, 1)))


cdef Tensor units_of(target, int batch, Py_ssize_t at, Py_ssize_t end, bint many):
    """Cotangents that pick the elements [at, end) of the last axes of a target."""
    shape = tuple(target.shape)
    units = np.zeros((end - at, math.prod(shape[:batch]), math.prod(shape[batch:])), target.dtype.np_dtype)
    if end - at == 1:
        units[..., at] = 1
    else:
        units[np.arange(end - at), :, np.arange(at, end)] = 1
    return share_array(units.reshape((end - at, *shape) if many else shape))


cdef object shaped(block, tuple shape, dtype, bint zero):
    """A jacobian from the gradients of all elements, or what stands for one that has no path."""
    if block is None and not zero:
        return None
    if block is None or math.prod(shape) == 0:
        return share_array(np.zeros(shape, dtype.np_dtype))
    return apply(primitive_named("reshape"), [block], {"shape": shape})
