"""Control flow as functions: `cond`, `while_loop`, `scan` and their kin, with TensorFlow's names.

Eagerly they are Python: a branch is chosen, a loop runs. In a function that is traced they are
operations of its graph, and the functions they are given, in which tensors may decide too, are traced
once. Options that say how to run something (`parallel_iterations`, `swap_memory`) change nothing.
"""

from . import _nest, primitives
from ._core._dispatch import constant, convert_to_tensor
from ._core._graph import is_traced, tracing
from .control import as_truth, branches, loop, loop_over_rows
from .dtypes import as_dtype
from .errors import short
from .transforms import converted


# ------------------------------------------------------------------------------------- branches
def cond(pred, true_fn=None, false_fn=None, name=None):
    """What ``true_fn()`` gives if `pred`, else ``false_fn()``.

    pred: a bool, or a Tensor of one element. true_fn, false_fn: functions without arguments, which give
        nests of the same structure. In a traced function they must agree in shapes too, and
        both are traced; only one is replayed.

    Raises TypeError if one can't be called, or if their structures differ; ValueError if shapes do.

    >>> x = fg.constant(2.0)
    >>> fg.cond(x > 1.0, lambda: x * 10.0, lambda: x)
    <fg.Tensor: shape=(), dtype=float32, numpy=20.0>
    """
    return _choose(
        pred, _user("cond", "true_fn", true_fn), _user("cond", "false_fn", false_fn), "cond"
    )


def case(pred_fn_pairs, default=None, exclusive=False, strict=False, name="case"):
    """What the function of the first pair gives whose predicate is true, or ``default()`` if none is.

    pred_fn_pairs: (predicate, function) pairs. exclusive: two predicates must not be true.
    strict: as in TensorFlow 1, a result of one value comes without its list.

    Raises ValueError if `exclusive` predicates are true together, or if none is and there is no
    default; TypeError as `cond` does.

    >>> x = fg.constant(5.0)
    >>> fg.case([(x < 0.0, lambda: -x), (x < 9.0, lambda: x * x)], default=lambda: x)
    <fg.Tensor: shape=(), dtype=float32, numpy=25.0>
    """
    pairs = list(pred_fn_pairs)
    if not pairs or not all(isinstance(pair, (tuple, list)) and len(pair) == 2 for pair in pairs):
        raise TypeError(
            "case: pred_fn_pairs must be a list of (predicate, function) pairs, not "
            + short(pred_fn_pairs)
        )
    preds = [pred for pred, _ in pairs]
    fns = [_user("case", f"the function of pair {k}", fn) for k, (_, fn) in enumerate(pairs)]
    if exclusive:
        _require(_true(preds) <= 1, "case: exclusive is set, but more than one predicate is true")
    if default is None:
        _require(_true(preds) >= 1, "case: no predicate is true, and there is no default")
        preds.pop()
        default = fns.pop()
    else:
        default = _user("case", "default", default)
    return _first(preds, fns, default, "case")


def switch_case(branch_index, branch_fns, default=None, name="switch_case"):
    """What the function of number `branch_index` gives; if there is none, ``default()`` or the last one.

    branch_index: an integer. branch_fns: a list of functions without arguments, or a dict or a list of
        pairs with their numbers, which must be 0 up to n - 1.

    Raises TypeError for an index that is no integer, or a function that can't be called.

    >>> fg.switch_case(fg.constant(1), [lambda: fg.constant(10.0), lambda: fg.constant(20.0)])
    <fg.Tensor: shape=(), dtype=float32, numpy=20.0>
    """
    items = list(branch_fns.items() if isinstance(branch_fns, dict) else branch_fns)
    if items and all(callable(item) for item in items):
        items = list(enumerate(items))
    table = dict(items)
    if not items or sorted(table) != list(range(len(items))):
        raise ValueError(
            "switch_case: branch_fns must have functions of the numbers 0 up to n - 1, each once, not "
            + short(branch_fns)
        )
    fns = [_user("switch_case", f"branch_fns[{k}]", table[k]) for k in sorted(table)]
    index = convert_to_tensor(branch_index)
    if not index.dtype.is_integer or index.ndim:
        raise TypeError(
            "switch_case: branch_index must be one integer, not of shape "
            f"{tuple(index.shape)} and dtype {index.dtype.name}"
        )
    default = fns.pop() if default is None else _user("switch_case", "default", default)
    return _first([index == k for k in range(len(fns))], fns, default, "switch_case")


def _choose(pred, true_fn, false_fn, what):
    if not is_traced(pred):
        return true_fn() if pred else false_fn()
    return branches(pred, lambda: (true_fn(),), lambda: (false_fn(),), (f"the result of {what}",))[
        0
    ]


def _first(preds, fns, default, what):
    """What the function of the first predicate that is true gives."""
    if not preds:
        return default()
    return _choose(preds[0], fns[0], lambda: _first(preds[1:], fns[1:], default, what), what)


def _true(preds):
    """How many of some predicates are true."""
    return sum(primitives.cast(convert_to_tensor(pred), "int32") for pred in preds)


def _require(test, text):
    """ValueError unless a Tensor is true, now or when the function is replayed."""

    def check(arrays):
        if not bool(arrays[0]):
            raise ValueError(text)
        return []

    if is_traced(test):
        tracing().effect(check, [test], [])
    else:
        check([test])


# ---------------------------------------------------------------------------------------- loops
def while_loop(
    cond,
    body,
    loop_vars,
    shape_invariants=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    maximum_iterations=None,
    name=None,
):
    """`loop_vars` after ``loop_vars = body(*loop_vars)`` while ``cond(*loop_vars)``.

    loop_vars: a list or tuple of Tensors, numbers, arrays and nests of them, which become Tensors.
    body: gives as many values of the same structure; one alone may come without a list. In a traced
        function their shapes stay what they are, whatever `shape_invariants` says.
    back_prop: False keeps gradients from going back through the loop.
    maximum_iterations: the number of turns after which the loop ends anyway.

    Raises TypeError if cond or body can't be called, ValueError for another number of values, another
    structure, or (traced) another shape.

    >>> fg.while_loop(lambda i, x: i < 3, lambda i, x: (i + 1, x * 2.0), (0, 1.0))[1]
    <fg.Tensor: shape=(), dtype=float32, numpy=8.0>
    """
    cond, body = _user("while_loop", "cond", cond), _user("while_loop", "body", body)
    if not isinstance(loop_vars, (list, tuple)) or not loop_vars:
        raise ValueError(
            f"while_loop: loop_vars must be a list or tuple of values, not {short(loop_vars)}"
        )
    start = [_as_tensors(x) for x in loop_vars]

    def turn(*values):
        after = body(*values)
        after = list(after) if isinstance(after, (list, tuple)) else [after]
        if len(after) != len(start):
            raise ValueError(
                f"while_loop: body gave {len(after)} values, but loop_vars has {len(start)}"
            )
        for k, (x, y) in enumerate(zip(start, after, strict=True)):
            _same_structure(f"while_loop: loop_vars[{k}]", x, y)
        return after

    limit = maximum_iterations
    names = [f"loop_vars[{k}]" for k in range(len(start))]
    if tracing() is None:
        values, turns = start, 0
        while (limit is None or turns < limit) and cond(*values):
            values, turns = turn(*values), turns + 1
        values = [_as_tensors(x) for x in values]
    elif limit is None:
        values = loop(cond, turn, tuple(start), names)
    else:

        def goes_on(i, *values):
            return _choose(
                i < limit, lambda: as_truth(cond(*values)), lambda: constant(False), "cond"
            )

        def counted(i, *values):
            return (i + 1, *turn(*values))

        values = loop(goes_on, counted, (constant(0), *start), ("<turn>", *names))[1:]
    return _given(_nest.pack(loop_vars, _nest.flatten(list(values))), back_prop)


def scan(
    fn,
    elems,
    initializer=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    reverse=False,
    name=None,
):
    """All states of ``state = fn(state, row)`` over the rows of `elems`, stacked.

    elems: a Tensor of shape (n, ...), or a nest of such, whose rows fn gets as a nest.
    initializer: the first state, a Tensor or nest. Without one it is the first row, and the first result.
    back_prop: False keeps gradients from going back. reverse: begin with the last row; the
        results stand in the order of the rows.

    Gives the structure of the state, with Tensors of shape (n, ...). Raises ValueError for elems
    that are numbers or differ in n, and for no rows without an initializer.

    >>> fg.scan(lambda total, x: total + x, fg.constant([1.0, 2.0, 3.0])).numpy()
    array([1., 3., 6.], dtype=float32)
    """
    fn = _user("scan", "fn", fn)
    rows, state, head = _begin("scan", elems, initializer, reverse)

    def step(state, items):
        state = _after("scan", state, fn(state, _nest.pack(elems, items)))
        return state, state

    _, results = _over_rows(step, state, rows, reverse, "the state of scan")
    if head is not None:

        def whole(first, rest):
            parts = [primitives.expand_dims(first, 0), rest]
            return primitives.concat(parts[::-1] if reverse else parts, 0)

        results = _nest.map_structure(whole, head, results)
    return _given(results, back_prop)


def foldl(
    fn,
    elems,
    initializer=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    name=None,
):
    """The last state of ``state = fn(state, row)`` over the rows of `elems`, from the first on.

    Arguments are those of `scan`.

    >>> fg.foldl(lambda total, x: 10.0 * total + x, fg.constant([1.0, 2.0, 3.0]))
    <fg.Tensor: shape=(), dtype=float32, numpy=123.0>
    """
    return _fold("foldl", fn, elems, initializer, back_prop, False)


def foldr(
    fn,
    elems,
    initializer=None,
    parallel_iterations=10,
    back_prop=True,
    swap_memory=False,
    name=None,
):
    """The same from the last row on.

    >>> fg.foldr(lambda total, x: 10.0 * total + x, fg.constant([1.0, 2.0, 3.0]))
    <fg.Tensor: shape=(), dtype=float32, numpy=321.0>
    """
    return _fold("foldr", fn, elems, initializer, back_prop, True)


def map_fn(
    fn,
    elems,
    dtype=None,
    parallel_iterations=None,
    back_prop=True,
    swap_memory=False,
    infer_shape=True,
    name=None,
    fn_output_signature=None,
):
    """``fn(row)`` for all rows of `elems`, stacked.

    elems: a Tensor of shape (n, ...), or a nest of such, whose rows fn gets as a nest.
    fn_output_signature: the dtypes (or `TensorSpec`) of what fn gives, in its structure; by
        default they may be any. `dtype` is its old name.
    back_prop: False keeps gradients from going back.

    Gives the structure that fn gives, with Tensors of shape (n, ...). Raises ValueError for elems that
    are numbers or differ in n.

    >>> fg.map_fn(
    ...     lambda row: fg.reduce_sum(row * row), fg.constant([[1.0, 2.0], [3.0, 4.0]])
    ... ).numpy()
    array([ 5., 25.], dtype=float32)
    """
    fn = _user("map_fn", "fn", fn)
    rows = _rows("map_fn", elems)
    signature = dtype if fn_output_signature is None else fn_output_signature

    def step(state, items):
        result = fn(_nest.pack(elems, items))
        if signature is None:
            return state, _as_tensors(result)
        _same_structure("map_fn: the result of fn", signature, result)
        return state, _nest.map_structure(
            lambda kind, x: convert_to_tensor(x, as_dtype(getattr(kind, "dtype", kind))),
            signature,
            result,
        )

    return _given(_over_rows(step, (), rows, False, "the state of map_fn")[1], back_prop)


def vectorized_map(fn, elems, fallback_to_while_loop=True, warn=True):
    """`map_fn`, under the name of a faster one: row by row here too.

    >>> fg.vectorized_map(lambda x: x * x, fg.constant([1.0, 2.0])).numpy()
    array([1., 4.], dtype=float32)
    """
    return map_fn(fn, elems)


def _fold(what, fn, elems, initializer, back_prop, reverse):
    fn = _user(what, "fn", fn)
    rows, state, _ = _begin(what, elems, initializer, reverse)

    def step(state, items):
        return _after(what, state, fn(state, _nest.pack(elems, items))), ()

    return _given(_over_rows(step, state, rows, reverse, f"the state of {what}")[0], back_prop)


def _begin(what, elems, initializer, reverse):
    """The rows to go over, the state to begin with, and that again if it is a row itself, else None."""
    rows = _rows(what, elems)
    if initializer is not None:
        return rows, _as_tensors(initializer), None
    if rows[0].shape[0] == 0:
        raise ValueError(f"{what}: elems has no rows, so there must be an initializer")
    head = _nest.pack(elems, [t[-1 if reverse else 0] for t in rows])
    return [t[:-1] if reverse else t[1:] for t in rows], head, head


def _over_rows(step, state, rows, reverse, name):
    """The last state of ``state, result = step(state, row of each)`` for all rows, and all results."""
    if tracing() is not None:

        def turn(items, state):
            state, results = step(state, items)
            return (state,), results

        (state,), results = loop_over_rows(turn, (state,), rows, (name,), reverse)
        return state, results
    if rows[0].shape[0] == 0:  # only a trace tells what the results would have been
        from .functions import Function

        return Function(
            lambda state: _over_rows(step, state, rows, reverse, name), autograph=False
        )(state)
    results = []
    turns = list(zip(*map(primitives.unstack, rows), strict=True))
    for items in reversed(turns) if reverse else turns:
        state, result = step(state, items)
        results.append(result)
    if reverse:
        results.reverse()
    return state, _nest.map_structure(lambda *parts: primitives.stack(parts), *results)


def _rows(what, elems):
    """The Tensors of a nest, which have as many rows each."""
    rows = [convert_to_tensor(x) for x in _nest.flatten(elems)]
    shapes = [tuple(t.shape) for t in rows]
    if not rows or () in shapes:
        raise ValueError(f"{what}: elems must have a first axis to go over, got {short(elems)}")
    if len({shape[0] for shape in shapes}) > 1:
        raise ValueError(f"{what}: elems must have the same number of rows, got shapes {shapes}")
    return rows


# -------------------------------------------------------------------------------------- helpers
def _user(what, name, fn):
    """A function that was given as an argument, as it is called."""
    if not callable(fn):
        raise TypeError(f"{what}: {name} must be callable, not {short(fn)}")
    return converted(fn)


def _as_tensors(nest):
    return _nest.map_structure(convert_to_tensor, nest)


def _after(what, before, after):
    """The next state, as Tensors; it must have the structure of the one before."""
    _same_structure(f"{what}: the state that fn gives", before, after)
    return _as_tensors(after)


def _same_structure(what, before, after):
    try:
        _nest.map_structure(lambda x, y: None, before, after)
    except ValueError as error:
        raise ValueError(f"{what} must keep its structure: {error}") from None


def _given(nest, back_prop):
    """A result, from which gradients go back or not."""
    return nest if back_prop else _nest.map_structure(primitives.stop_gradient, nest)
