"""NumPy's conventions over the rows: functions named as NumPy's, NumPy's protocols, methods of Tensors.

For each NumPy function that a row answers to there is one C callable: `fastgrad.numpy` names it, that NumPy function
called with a Tensor ends in it, and so does the Tensor's method. It differs from the row's public function in two
things: Python numbers and lists that stand alone become float64 and int64, and arguments are named and ordered as
NumPy has them. A call that the row's own arguments cover goes straight to dispatch; any other is matched to NumPy's
signature, which is read when first needed.
"""

cimport cython
from cpython.float cimport PyFloat_CheckExact
from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from libc.stdint cimport uint64_t

import numpy as np
cimport numpy as cnp

from .. import errors
from .._rules import NOTHING
from ..dtypes import DType, as_dtype

from ._calls cimport c_function, call_with_keywords, is_operand, quick_metadata
from ._direct cimport UNUSUAL, directly, within
from ._dispatch cimport AS_NUMPY, apply, apply_elementwise, as_tensor, cast_tensor, common_dtype, convert
from ._loops cimport CODES, COMPLEX64, COMPLEX128, FLOAT16, FLOAT64, MAX_OPERANDS, promote_weak
from ._plain cimport MOST_GIVEN, offer_t, offered
from ._primitive cimport Primitive, known_primitive, primitive_named
from ._tensor cimport Tensor, Variable, add_attribute, code_of, hooks, view_of
from ._trace cimport n_recording
from ._tensor import share_array

cnp.import_array()

cdef extern from "Python.h":
    object PyInstanceMethod_New(object function)

cdef tuple NUMPY_VALUES = (np.ndarray, np.generic)
cdef dict by_function = {}  # NumPy function, or (ufunc, method), -> the callable that stands for it
cdef object face = None     # the module fastgrad.numpy, which adds what is no row


# ------------------------------------------------------------------------------------------------ functions
cdef class Call:
    """A row under the name and signature of one NumPy function."""

    def __init__(self, row, function):
        cdef Primitive p
        self.row = row
        self.function = function
        self.composed = row.kind == "composition"
        self.primitive = wider_than(row) if self.composed else row.primitive
        p = self.primitive
        if function not in OWN and (p is None or not (p.elementwise or p.layout != NULL)):
            self.direct = shortest(function)
        self.quiet = row.theme in QUIET_THEMES or function in QUIET
        self.reads = function.__name__ in METHODS or function in READS
        self.free = function in FREE or (p is not None and not p.ruled)
        self.scaled, self.n_arrays = row.scaled, len(row.arguments)

    cdef int read_signature(self) except -1:
        """NumPy's parameters, and how many of the positional ones the row has in the same order."""
        from inspect import Parameter, signature

        order, more = [], {}
        quick = self.row if self.primitive is None else self.primitive.row
        try:
            parameters = list(signature(self.function).parameters.values())
        except ValueError:  # a C function of an older NumPy: called as the row is
            parameters = [Parameter(name, Parameter.POSITIONAL_OR_KEYWORD)
                          for name in (*self.row.arguments, *self.row.defaults)]
            if isinstance(self.function, np.ufunc):
                more = {"out": None, "where": True, "dtype": None, "casting": "", "order": "K", "subok": True}
        parameters = [p for p in parameters if p.kind is not Parameter.VAR_KEYWORD]
        names = tuple([p.name for p in parameters
                       if p.kind is not Parameter.KEYWORD_ONLY and p.kind is not Parameter.VAR_POSITIONAL])
        self.defaults = {**{p.name: p.default for p in parameters}, **more}
        for name in names[len(quick.arguments):]:
            name = quick.aliases.get(name, name)
            if name not in quick.defaults:
                break
            order.append(name)
        self.names = names
        self.order = tuple(order)
        return 0

    cdef str own_name(self, str name):
        """The row's name for one of NumPy's parameters, or None."""
        own = self.row.aliases.get(name, name)
        if own in self.row.defaults or own in self.row.arguments:
            return own
        if name in self.names:
            at = self.names.index(name)
            if at < len(self.row.arguments):
                return self.row.arguments[at]
        return None

    def __repr__(self):
        return f"<{self.row.name} as NumPy's {self.function.__name__}>"

    def __reduce__(self):
        return call_of, (self.function,)

    def __getattr__(self, name):
        if name == self.function.__name__:  # how the callable finds itself again after pickling
            return self.bound
        raise AttributeError(f"'Call' object has no attribute '{name}'")


# Functions that do not look for floating-point errors: those of these themes only move numbers.
cdef frozenset QUIET_THEMES = frozenset({"arranging", "indexing", "joining", "parts", "scattering", "shaping"})
cdef frozenset QUIET = frozenset({
    np.argmax, np.argmin, np.argpartition, np.argsort, np.bincount, np.convolve, np.correlate, np.count_nonzero,
    np.digitize, np.flatnonzero, np.lexsort, np.nonzero, np.partition, np.searchsorted, np.sort, np.vdot,
})

# Functions that copy an array which can't be written to, and write to none.
cdef frozenset READS = frozenset({np.convolve, np.correlate, np.bincount, np.compress, np.choose, np.interp, np.sort,
                                  np.inner, np.vdot, np.digitize})

# Compositions that give positions, counts and answers.
cdef frozenset FREE = frozenset({
    np.all, np.allclose, np.any, np.argsort, np.argwhere, np.count_nonzero, np.digitize, np.flatnonzero, np.isclose,
    np.iscomplex, np.isin, np.isreal, np.lexsort, np.nanargmax, np.nanargmin, np.nonzero, np.searchsorted,
})

# Compositions of one or two rows with kernels, which take less time than NumPy's function.
cdef frozenset OWN = frozenset({np.linalg.eigh, np.linalg.qr, np.linalg.slogdet, np.linalg.svd, np.linalg.tensorinv,
                                np.linalg.tensorsolve, np.linalg.trace})

try:
    from numpy._core.multiarray import c_einsum as C_EINSUM  # all of np.einsum that does not optimise
except ImportError:
    C_EINSUM = np.einsum


cdef object shortest(function):
    """What does the same as a NumPy function for an ndarray: the method it calls, or itself without a look for
    overrides."""
    name = function.__name__
    if function is np.einsum:
        return C_EINSUM
    if name in METHODS and getattr(np, name, None) is function:
        return getattr(np.ndarray, name)
    return getattr(function, "_implementation", function)


def call_of(function):
    """Unpickle a Call."""
    return by_function[function].__self__


cdef Primitive wider_than(row):
    """The row that a composition widens to NumPy's arguments, if it has the same defaults: `np_sum` widens `sum`."""
    cdef Primitive p = known_primitive("concat" if row.name == "concatenate" else row.name.removeprefix("np_"))
    if p is None:
        return None
    for name, default in p.row.defaults.items():
        if name not in row.arguments and row.defaults.get(name, NOTHING) is not default:
            return None
    return p


cdef object call_numpy(object self, PyObject *const *args, Py_ssize_t n, PyObject *keywords):
    """The vectorcall entry of every function that NumPy names."""
    cdef Call c = <Call>self
    cdef Primitive p = c.primitive
    cdef Py_ssize_t k, more
    cdef bint tracks
    if not c.plain_known:
        c.plain, c.plain_known = plain_of(c.function), True
    if c.plain.call != NULL and not n_recording:
        y = call_plainly(c, args, n, keywords)
        if y is not None:
            return y
    if c.direct is not None and not asks_more(c, n, keywords):
        tracks = n_recording and not (c.free and (p is None or p.registered is None))
        y = directly(c.direct, args, n, keywords, c.quiet, c.reads, tracks)
        if y is not UNUSUAL and (not c.scaled or within(y)):
            return list(y) if type(y) is tuple and p is not None and p.row_many else y
    if p is not None:
        more = n - p.nargs
        if p.elementwise:
            if more == 0 and keywords == NULL:
                return run_elementwise(p, args, n)
        elif more >= 0:
            if more > 0 and c.order is None:
                c.read_signature()
            if more == 0 or more <= len(c.order):
                metadata = quick_metadata(p, args, n, keywords, c.order if more else ())
                if metadata is not None and not (p.row_variadic and metadata.get("axis", 0) is None):
                    arrays = numpy_arguments(p, [<object>args[k] for k in range(p.nargs)])
                    if c.composed and arrays and (<Tensor>arrays[0]).code >= COMPLEX64:  # it may see to its parts
                        return c.row.function(*(arrays if not p.row_variadic else (arrays,)), **as_metadata(metadata))
                    return apply(p, arrays, as_metadata(metadata))
    names = () if keywords == NULL else <tuple>keywords
    arguments = tuple([<object>args[k] for k in range(n)])
    options = {name: <object>args[n + k] for k, name in enumerate(names)}
    if c.composed and n >= len(c.row.arguments) and options.keys() <= c.row.defaults.keys():
        return c.row.function(*composed_arguments(c, arguments), **as_metadata(options))
    return call_bound(c, arguments, options)


cdef bint plain_loaded = False


cdef offer_t plain_of(function) except *:
    """What serves plain calls of a NumPy function. All that is offered is loaded when the first is called."""
    global plain_loaded
    if not plain_loaded:
        from . import _plain_linalg, _plain_numbers, _plain_shapes, _plain_sorting  # no-cython-lint: what they offer

        plain_loaded = True
    return offered(function)


cdef object call_plainly(Call c, PyObject *const *args, Py_ssize_t n, PyObject *keywords):
    """The result of a plain call (see `_plain`), or None."""
    cdef PyObject *given[MOST_GIVEN]
    cdef Py_ssize_t k, at
    if n == 0 or n > c.plain.most:
        return None
    for k in range(MOST_GIVEN):
        given[k] = args[k] if k < n else NULL
    if keywords != NULL:
        if c.names is None:
            c.read_signature()
        for k, name in enumerate(<tuple>keywords):
            at = c.names.index(name) if name in c.names else c.plain.most
            if at >= c.plain.most:
                if c.plain.last == NULL or name != <object>c.plain.last:
                    return None
                at = c.plain.most
            if given[at] != NULL:
                return None
            given[at] = args[n + k]
    return c.plain.call(given)


cdef bint asks_more(Call c, Py_ssize_t n, PyObject *keywords) except -1:
    """True for what the row must see: an array to write to, and how a scaled norm is made."""
    if keywords != NULL:
        names = <tuple>keywords
        if "out" in names or "overwrite_input" in names or (c.scaled and "ord" in names):
            return True
    if n <= c.n_arrays:
        return False
    if c.names is None:
        c.read_signature()
    return c.scaled or "out" in c.names[:n]


cdef object run_elementwise(Primitive p, PyObject *const *args, Py_ssize_t n):
    """An elementwise row on any arguments; numbers are weak beside an array, else 64 bits wide."""
    cdef PyObject *operands[MAX_OPERANDS]
    cdef bint plain = True, strong = False, numbers = False
    cdef Py_ssize_t k
    cdef object x
    cdef list values
    for k in range(n):
        x = <object>args[k]
        if type(x) is Tensor and (<Tensor>x).code >= CODES:  # weak, as its number is
            numbers = True
        elif type(x) is Tensor or type(x) is Variable or isinstance(x, NUMPY_VALUES):
            strong = strong or not p.bools >> k & 1
        elif PyFloat_CheckExact(x) or PyLong_CheckExact(x) or type(x) is bool or type(x) is complex:
            numbers = numbers or not p.bools >> k & 1
        else:
            plain = False
            strong = strong or not p.bools >> k & 1
    if plain and (strong or not numbers):
        return apply_elementwise(p, <PyObject **>args, <int>n)
    values = [<object>args[k] for k in range(n)]
    for k in range(n):
        if type(values[k]) is Tensor and (<Tensor>values[k]).code >= CODES and strong:
            pass
        elif not strong or type(values[k]) not in (float, int, bool, complex):
            values[k] = as_numpy(p.row, values[k])
        operands[k] = <PyObject *>values[k]
    return apply_elementwise(p, operands, <int>n)


cdef object as_numpy(row, value):
    """An array argument as a Tensor, or a list of them, by NumPy's rule for numbers and lists."""
    if type(value) is Tensor and (<Tensor>value).code < CODES:
        return value
    if isinstance(value, Variable):
        return as_tensor(value)
    try:
        if getattr(row, "variadic", False) and isinstance(value, (list, tuple)):
            return [as_tensor(one) if isinstance(one, (Tensor, Variable)) else convert(one, AS_NUMPY, "argument")
                    for one in value]
        return convert(value, AS_NUMPY, "argument")
    except (TypeError, ValueError) as error:
        raise type(error)(f"{row.name}: {error}") from None


cdef list numpy_arguments(Primitive p, list arguments):
    """The array arguments of a structured call as Tensors."""
    values = [as_numpy(p.row, value) for value in arguments]
    if p.row_variadic:
        values = values[0]
        if isinstance(values, Tensor):
            values = list(values)
    return common_dtype(values) if p.row_promotes and len(values) > 1 else values


cdef list composed_arguments(Call c, tuple args):
    """The arguments of a composition. The first array is converted; after it Python's floats are weak beside that
    one, and lists with floats in them become arrays. What else there is may be no array."""
    cdef list values = list(args)
    cdef Py_ssize_t k, n_arrays = len(c.row.arguments)
    cdef bint all_arrays = n_arrays == 0 and c.row.name != "einsum"
    cdef Tensor first = None
    cdef int code
    for k in range(len(values)):
        value = values[k]
        name = c.row.arguments[k] if k < n_arrays else None
        if name in LISTS and isinstance(value, (list, tuple)):
            values[k] = parts_as_numpy(c.row, value, c.row.name == "block", 0)
        elif all_arrays or k == 0 < n_arrays:
            values[k] = first = as_numpy(c.row, value)
        elif k >= n_arrays > 0:  # metadata
            break
        elif type(value) in (float, complex):
            code = FLOAT64 if type(value) is float else COMPLEX128
            if first is not None and first.code >= FLOAT16:
                code = promote_weak(first.code, code)
            values[k] = convert(value, code, c.row.name)
        elif isinstance(value, (list, tuple)) and holds_floats(value, 0) > 0:
            values[k] = as_numpy(c.row, value)
    return values


# Arguments that are lists of arrays, as NumPy calls them.
cdef set LISTS = {"arrays", "tup", "keys", "condlist", "choicelist", "choices"}


cdef int holds_floats(value, int depth):
    """1 if a nested list of numbers and arrays has more in it than ints and bools; -1 if it has anything else."""
    cdef int found = 0, one
    if isinstance(value, (list, tuple)):
        for part in value:
            one = holds_floats(part, depth + 1) if depth < 64 else -1
            if one < 0:
                return -1
            found |= one
        return found
    if isinstance(value, (float, complex, np.ndarray, Tensor, Variable)):
        return 1
    return 0 if isinstance(value, (int, np.generic)) else -1


cdef list parts_as_numpy(row, values, bint deep, int depth):
    """A list of arrays, each converted; `deep` lists are lists of lists of them."""
    if deep and depth < 64:
        return [parts_as_numpy(row, value, deep, depth + 1) if isinstance(value, list) else as_numpy(row, value)
                for value in values]
    return [as_numpy(row, value) for value in values]


cdef dict as_metadata(dict metadata):
    """Metadata in which a dtype is NumPy's: its `float` has 64 bits."""
    dtype = metadata.get("dtype")
    if isinstance(dtype, (type, str)):
        metadata["dtype"] = np.dtype(dtype)
    return metadata


def unrecorded(function, *args):
    """What a NumPy function gives on Tensors that no tape tracks; None for any others, and for odd arguments."""
    cdef PyObject *given[MAX_OPERANDS]
    cdef offer_t plain = plain_of(function)
    cdef Py_ssize_t k, n = len(args)
    if n > MAX_OPERANDS:
        return None
    for k in range(n):
        given[k] = <PyObject *>args[k]
    if plain.call != NULL and not n_recording and n <= plain.most:
        for k in range(n, MOST_GIVEN):
            given[k] = NULL
        y = plain.call(given)
        if y is not None:
            return y
    y = directly(getattr(function, "_implementation", function), given, n, NULL, False, False, n_recording != 0)
    return None if y is UNUSUAL else y


# ------------------------------------------------------------------------------- calls by NumPy's signature
cdef object call_bound(Call c, tuple args, dict kwargs):
    """A call matched to NumPy's signature; what the row doesn't know is taken care of here, or refused."""
    if c.names is None:
        c.read_signature()
    given, extra = bound_arguments(c, args, kwargs)
    what = f"np.{c.function.__name__}"
    missing = [name for name in (*c.row.arguments, *c.row.defaults)
               if name not in given and c.row.defaults.get(name, NOTHING) is NOTHING]
    if missing:
        raise TypeError(f"{what}() is missing {', '.join(map(repr, missing))}")
    arrays = [given.pop(name) for name in c.row.arguments]
    if extra.get("out") is not None:
        raise TypeError(f"{what}: out= would write into an array, and Tensors are immutable: use the result, "
                        "as in x = " + f"{what}(...)")
    dtype = extra.pop("dtype", None)
    where, initial = extra.pop("where", True), extra.pop("initial", None)
    for name, value in extra.items():
        if not neutral(c, name, value):
            raise TypeError(f"{what}: {name}={errors.short(value)} is not supported on Tensors")
    if dtype is not None:
        code = code_of(np.empty(0, dtype))
        arrays = [cast_nested(as_numpy(c.row, a), code) for a in arrays]
    if where is not True or initial is not None:
        return call_masked(c, what, arrays, given, where, initial)
    return call_plain(c, arrays, given)


cdef object call_plain(Call c, list arrays, dict metadata):
    """The row on array arguments and metadata under its own names."""
    cdef PyObject *operands[MAX_OPERANDS]
    cdef Primitive p = c.primitive
    cdef int k
    if c.composed:
        return c.row.function(*composed_arguments(c, tuple(arrays)), **as_metadata(metadata))
    if p.elementwise:
        for k in range(p.nargs):
            operands[k] = <PyObject *>arrays[k]
        return run_elementwise(p, operands, p.nargs)
    return apply(p, numpy_arguments(p, arrays), as_metadata({**p.defaults, **metadata}))


cdef tuple bound_arguments(Call c, tuple args, dict kwargs):
    """The arguments under the row's names, and those that only NumPy has."""
    cdef dict given = {}
    cdef dict extra = {}
    if len(args) > len(c.names):
        raise TypeError(f"np.{c.function.__name__}() takes at most {len(c.names)} arguments ({len(args)} given)")
    for name, value in [*zip(c.names, args), *kwargs.items()]:
        own = c.own_name(name)
        if own is None and name not in c.defaults:
            raise errors.unexpected_keyword(f"np.{c.function.__name__}", name, c.defaults)
        into = extra if own is None else given
        if (own or name) in into:
            raise TypeError(f"np.{c.function.__name__}() got multiple values for argument '{name}'")
        if value is not np._NoValue:
            into[own or name] = value
    return given, extra


cdef object cast_nested(value, int code):
    return [cast_tensor(one, code) for one in value] if isinstance(value, list) else cast_tensor(value, code)


cdef bint neutral(Call c, str name, value) except -1:
    """True if an argument that the row doesn't have asks for nothing."""
    if value is None or name in ("casting", "subok", "like", "copy", "out"):
        return True
    if name == "order":
        return value in ("C", "K", "A")
    if name == "device":
        return value == "cpu"
    default = c.defaults.get(name, NOTHING)
    return type(value) is type(default) and value == default


cdef dict neutral_elements = {"sum": 0, "prod": 1, "any": False, "all": True, "nansum": 0, "nanprod": 1}


cdef object call_masked(Call c, str what, list arrays, dict metadata, where, initial):
    """A call with `where` or `initial`: elements left out are replaced by what changes nothing."""
    name = c.row.name
    if c.primitive is not None and c.primitive.elementwise:  # NumPy leaves the other places undefined
        return named("where", where, call_plain(c, arrays, metadata), 0)
    if name not in neutral_elements and name not in ("max", "min", "mean"):
        raise TypeError(f"{what}: where= and initial= are not supported on Tensors: use np.where first")
    x = as_numpy(c.row, arrays[0])
    if where is not True:
        if name == "mean":
            count = np.sum(np.broadcast_to(np.asarray(where), x.shape),
                           axis=metadata.get("axis"), keepdims=metadata.get("keepdims", False))
            total = by_function[np.sum](named("where", where, x, 0), **metadata)
            return named("divide", total, np.asarray(count, (<Tensor>total).dtype.np_dtype))
        if name in ("max", "min") and initial is None:
            raise ValueError(f"{what}: where= needs initial=, the result where nothing is left")
        x = named("where", where, x, neutral_elements.get(name, initial))
    if name in ("max", "min") and initial is not None and (<Tensor>x).shape_.size == 0:
        return share_array(c.function(view_of(x), initial=initial, **metadata))
    y = call_plain(c, [x], metadata)
    if initial is None or name in ("any", "all"):
        return y
    return named({"sum": "add", "nansum": "add", "prod": "multiply", "nanprod": "multiply", "max": "maximum",
                  "min": "minimum"}[name], y, initial)


cdef object named(str row, object a, object b, object c=NOTHING):
    """An elementwise row by name."""
    return call_with_keywords(primitive_named(row), (a, b) if c is NOTHING else (a, b, c), {})


# --------------------------------------------------------------------------------- NumPy called on Tensors
cdef object array_ufunc(object ufunc, object method, tuple inputs, dict kwargs):
    """A NumPy ufunc, or a method of one, called with a Tensor."""
    for operand in inputs:
        if not is_operand(operand):
            return NotImplemented
    ours = callable_for(ufunc if method == "__call__" else (ufunc, method))
    what = f"np.{ufunc.__name__}" + ("" if method == "__call__" else f".{method}")
    out = kwargs.get("out")
    if out is None or all([one is None for one in out]):
        if ours is not None:
            return ours(*inputs, **kwargs)
        return on_views(what, getattr(ufunc, method), inputs, kwargs)
    if any([isinstance(one, (Tensor, Variable)) for one in out]):
        raise TypeError(f"{what}: a Tensor is immutable, it can't be out=: use the result")
    return on_views(f"{what} with out= (as in array += tensor)", getattr(ufunc, method), inputs, kwargs)


cdef object array_function(object function, tuple args, dict kwargs):
    """Any other NumPy function called with a Tensor."""
    ours = callable_for(function)
    if ours is not None:
        return ours(*args, **kwargs)
    parts = (function.__module__ or "numpy").split(".")  # older NumPy has private modules' names here
    module = ".".join([part.strip("_").removesuffix("_impl") for part in parts]).replace("numpy", "np", 1)
    return on_views(f"{module}.{function.__name__}", function, args, kwargs)


cdef object callable_for(key):
    """What stands for a NumPy function, or None."""
    load_face()
    return by_function.get(key)


cdef object load_face():
    """The module `fastgrad.numpy`, imported when NumPy's functions are first used on Tensors."""
    global face
    if face is None:
        from importlib import import_module

        face = import_module("fastgrad.numpy")
    return face


cdef object on_views(str what, object function, tuple args, dict kwargs):
    """NumPy itself on read-only views, for a function without a row: never on a Tensor that a tape is recording."""
    return function(*[viewed(value, what, 0) for value in args],
                    **{name: viewed(value, what, 0) for name, value in kwargs.items()})


cdef object viewed(value, str what, int depth):
    """An argument with views in place of Tensors; `what` is None if they may be recorded ones."""
    cdef Tensor t
    if isinstance(value, (Tensor, Variable)):
        t = as_tensor(value)
        if what is not None and hooks.tracked(t):
            raise TypeError(
                f"{what} has no derivative here, and a tape is recording its argument: the gradient would be "
                "lost. Use t.numpy() or fg.stop_gradient(t) to leave the tape on purpose, or write it with "
                "functions of fastgrad.numpy")
        return view_of(t)
    if isinstance(value, DType):
        return (<object>value).np_dtype
    if depth < 64:
        if type(value) is list:
            return [viewed(one, what, depth + 1) for one in value]
        if type(value) is tuple:
            return tuple([viewed(one, what, depth + 1) for one in value])
    return value


# ------------------------------------------------------------------------------------------------- binding
def bind(row):
    """Make the callables of a row's NumPy functions."""
    cdef Call c
    for function in row.numpy:
        c = Call(row, function)
        c.bound = c_function(function.__name__, row.doc, call_numpy, c, "fastgrad.numpy")
        by_function[function] = c.bound


def implements(*functions):
    """Decorator: a Python function is what the NumPy functions (or (ufunc, method) pairs) mean on Tensors."""
    def register(function):
        by_function.update(dict.fromkeys(functions, function))
        return function

    return register


def stands_for(function):
    """The callable that stands for a NumPy function, or None."""
    return by_function.get(function)


def on_data(function, str what=None):
    """A NumPy function as one of Tensors that sees their values only.

    what: the name to use when it refuses a Tensor that a tape is recording; None if it may see those as well, because
    its result has no derivative.
    """
    @cython.binding(True)
    def call(*args, **kwargs):
        return wrapped(function(*[viewed(value, what, 0) for value in args],
                                **{name: viewed(value, what, 0) for name, value in kwargs.items()}))

    call.__name__ = call.__qualname__ = function.__name__
    call.__module__ = "fastgrad.numpy"
    call.__doc__ = function.__doc__
    call.__wrapped__ = function
    return call


cdef object wrapped(value):
    """Arrays in a result as Tensors; those of dtypes that a Tensor can't have stay as they are."""
    if isinstance(value, NUMPY_VALUES):
        return share_array(np.array(value)) if value.dtype.char in "?bBhHiIlLqQefdFD" else value
    if isinstance(value, (list, tuple)):
        parts = [wrapped(one) for one in value]
        return type(value)(*parts) if hasattr(value, "_fields") else type(value)(parts)
    return value


def converted(value, dtype=None):
    """A Tensor of anything, by NumPy's rule for Python numbers: `asarray`, connected to what it is made of."""
    if isinstance(value, (Tensor, Variable)):
        t = as_tensor(value)
    else:
        t = convert(value, AS_NUMPY, "array")
    return t if dtype is None else cast_tensor(t, code_of(np.empty(0, dtype)))


def view(value):
    """A read-only ndarray over a Tensor's data, whether a tape records it or not; other values as NumPy sees them."""
    return np.asarray(viewed(value, None, 0))


# --------------------------------------------------------------------------------------------------- cells
cdef uint64_t n_cells = <uint64_t>1 << 63  # their serial numbers, apart from those of other Variables


def new_cell(kind, Tensor t not None):
    """A Variable of the class `kind`, not trainable, that stands for `t` on every tape."""
    global n_cells
    cdef Variable v = kind.__new__(kind)
    n_cells += 1
    v.serial = n_cells
    v.value = t
    return v


def set_cell(Variable v not None, Tensor t not None):
    """Put another Tensor into a cell. What tapes hold is the old Tensor, which doesn't change."""
    v.value = t


# ------------------------------------------------------------------------------------------------- methods
# Methods of ndarrays that are NumPy's function of that name, with the array as first argument.
METHODS = ("all", "any", "argmax", "argmin", "argsort", "conj", "conjugate", "cumprod", "cumsum", "diagonal",
           "dot", "max", "mean", "min", "nonzero", "prod", "ravel", "repeat", "round", "searchsorted", "squeeze",
           "std", "sum", "swapaxes", "take", "trace", "var")


class Shared:
    """Attributes and methods that Tensor and Variable share beyond those."""

    def get_shape(self):
        """The shape, as the attribute `shape`."""
        return self.shape

    @property
    def T(self):
        """The axes in reverse order."""
        return hooks.call("transpose", self, NOTHING)

    @property
    def mT(self):
        """The last two axes exchanged."""
        return hooks.call("matrix_transpose", self, NOTHING)

    @property
    def real(self):
        """The real part."""
        return face_function("real")(self)

    @property
    def imag(self):
        """The imaginary part; zeros for real numbers."""
        return face_function("imag")(self)

    @property
    def itemsize(self):
        """Bytes per element."""
        return self.dtype.size

    @property
    def nbytes(self):
        """Bytes of all elements."""
        return self.size * self.dtype.size

    @property
    def flat(self):
        """An iterator over the elements, as 0-d Tensors."""
        return iter(self.reshape(-1))

    @property
    def at(self):
        """``t.at[index].set(value)`` is a new Tensor; add, multiply, divide, power, min and max likewise."""
        return face_function("_At")(self)

    @property
    def device(self):
        """Where the data is: "cpu"."""
        return "cpu"

    def reshape(self, *shape, order="C", copy=None):
        """The elements, in order, in another shape, given as a tuple or as several ints; one of them may be -1."""
        if order not in ("C", "A"):
            return face_function("reshape")(self, shape[0] if len(shape) == 1 else shape, order=order)
        return hooks.call("reshape", self, shape[0] if len(shape) == 1 else shape)

    def transpose(self, *axes):
        """The axes in another order, given as a tuple or as several ints; reversed by default."""
        return hooks.call("transpose", self, NOTHING if not axes else axes[0] if len(axes) == 1 else axes)

    def flatten(self, order="C"):
        """The elements along one axis."""
        return self.reshape(-1, order=order)

    def clip(self, min=None, max=None, **more):
        """Moved into [min, max]; None is no bound."""
        return face_function("clip")(self, min, max, **more)

    def astype(self, dtype, order="K", casting="unsafe", subok=True, copy=True):
        """In another dtype. The gradient passes between floating dtypes."""
        return hooks.call("cast", self, as_dtype(np.dtype(dtype)))

    def copy(self, order="C"):
        """The value as a Tensor, which no one can change."""
        return +self

    def item(self, *index):
        """One element as a Python number, off every tape."""
        return self.numpy().item(*index)

    def tolist(self):
        """The numbers as nested lists, off every tape."""
        return self.numpy().tolist()

    def tobytes(self, order="C"):
        """The data as bytes, off every tape."""
        return self.numpy().tobytes(order)

    def to_device(self, device, /, *, stream=None):
        """The same value on a device, of which there is one: "cpu"."""
        if device != "cpu" or stream is not None:
            raise ValueError(f"the only device is 'cpu', without streams, not {device!r}")
        return +self

    def __array_namespace__(self, *, api_version=None):
        from importlib import import_module

        return import_module("fastgrad._array_api").namespace(api_version)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return array_ufunc(ufunc, method, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return array_function(function, args, kwargs)


cdef object call_method(object self, PyObject *const *args, Py_ssize_t n, PyObject *keywords):
    """A method whose function is not known before `fastgrad.numpy` is imported."""
    cdef Py_ssize_t k
    names = () if keywords == NULL else <tuple>keywords
    return getattr(load_face(), self)(*[<object>args[k] for k in range(n)],
                                      **{name: <object>args[n + k] for k, name in enumerate(names)})


cdef object face_function(str name):
    return getattr(load_face(), name)


def connect():
    """Give Tensor and Variable their methods. Called once, when every row is bound."""
    for name in METHODS:
        function = by_function.get(getattr(np, name))
        if function is None:
            function = c_function(name, f"As np.{name}.", call_method, name, "fastgrad.numpy")
        add_attribute(name, PyInstanceMethod_New(function))
    for name, value in vars(Shared).items():
        if not hasattr(object, name) and name not in ("__dict__", "__weakref__", "__module__"):
            add_attribute(name, value)
