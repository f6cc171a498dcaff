"""`convert`: functions whose control flow goes through operators when a traced tensor decides."""

import os
import weakref
from functools import partial, reduce
from os.path import dirname, join
from types import BuiltinFunctionType, FunctionType, MethodType

import numpy

from . import operators
from .operators import PACKAGE
from .source import NoSource, compiling, definition
from .staging import Unit

_CONVERTED: dict = {}  # by id of the code object: (weak reference, conversion or None)
_ALONE: dict = {}  # the same, with the reason why it was not converted
_FOREIGN: dict = {}  # by file name and `direct`: what `_foreign` gives
_GENERATOR = 0x20 | 0x80 | 0x100 | 0x200  # generators and coroutines


class _Conversion:
    """The code of a converted function, and the unit that it calls."""

    __slots__ = ("cell", "code")

    def __init__(self, unit, code):
        self.code = code
        self.cell = (lambda: unit).__closure__[0]

    def function(self, original):
        """The converted function, sharing cells, globals and defaults with the original."""
        held = dict(
            zip(original.__code__.co_freevars, original.__closure__ or (), strict=True),
            ag__=self.cell,
        )
        closure = tuple(held[name] for name in self.code.co_freevars)
        new = FunctionType(
            self.code, original.__globals__, original.__name__, original.__defaults__, closure
        )
        new.__kwdefaults__ = original.__kwdefaults__
        return new


def do_not_convert(function):
    """Mark a function (or use as a decorator): `convert` and converted code leave it as it is."""
    target = getattr(function, "__func__", function)
    if isinstance(target, FunctionType):
        _remember(_ALONE, target.__code__, "it is marked do_not_convert")
    return function


def convert(function):
    """The function with control flow that a traced tensor may decide; on Python values the same.

    function: a Python function, method, partial, or object with a Python `__call__`. What can't be
        converted (no source, generators, functions of libraries) comes back as it is, and `why_not`
        of its code says why.
    """
    if isinstance(function, (type, BuiltinFunctionType)):
        return function
    new = callee(function, direct=True)
    if type(new) is FunctionType and new is not function:
        _dress(new, function)
    return new


def why_not(code):
    """Why the function with this code was not converted, or None.

    The text reads on after "it was not converted, because".
    """
    reason = _recall(_ALONE, code)
    if reason is None and _recall(_CONVERTED, code) is None and _foreign(code.co_filename):
        return "functions of libraries are not, unless fg.function gets them"
    return reason


def callee(f, direct=False):
    """What converted code calls instead of f. direct: f was handed in, not met in a call."""
    kind = type(f)
    if kind in (type, BuiltinFunctionType) and f in _APPLYING:
        return lambda *args: f(*map(callee, args[:1]), *args[1:])
    if kind is BuiltinFunctionType or kind is type:
        return operators.BUILTINS.get(f, f)
    if kind is FunctionType:
        conversion = _conversion(f, direct)
        return f if conversion is None else conversion.function(f)
    if kind is MethodType:
        inner = callee(f.__func__, direct)
        return f if inner is f.__func__ else MethodType(inner, f.__self__)
    if kind is partial:
        inner = callee(f.func, direct)
        return f if inner is f.func else partial(inner, *f.args, **f.keywords)
    if isinstance(f, type):
        return f
    method = getattr(kind, "__call__", None)  # noqa: B004
    if type(method) is FunctionType:
        inner = callee(method, direct)
        return f if inner is method else MethodType(inner, f)
    return f


_APPLYING = frozenset((map, filter, reduce))  # they call their first argument


def _conversion(f, direct):
    code = f.__code__
    known = _CONVERTED.get(id(code))
    if known is not None and known[0]() is code:
        return known[1]
    if _recall(_ALONE, code) is not None or _foreign(code.co_filename, direct):
        return None
    conversion = _convert(f)
    if isinstance(conversion, str):
        _remember(_ALONE, code, conversion)
        return None
    _remember(_CONVERTED, code, conversion)
    if conversion is not None:
        _remember(_CONVERTED, conversion.code, None)  # it is not converted again
    return conversion


def _convert(f):
    """The _Conversion of a function, None if there is nothing to convert, or why it can't be."""
    code = f.__code__
    if code.co_flags & _GENERATOR:
        return "generators and coroutines are not"
    if not _interesting(code):
        return None
    try:
        with compiling():
            unit = Unit(definition(f), code, f.__qualname__, callee)
            return _Conversion(unit, unit.code())
    except NoSource as error:
        return str(error)
    except (SyntaxError, RecursionError) as error:  # Python's limits on nesting
        return f"its control flow is nested too deeply ({error})"


def _interesting(code):
    """True if a function calls, tests or loops, as its instructions have it."""
    return not _OPCODES.isdisjoint(code.co_code[::2])


def _opcodes():
    from opcode import opmap

    starts = ("CALL", "FOR_", "POP_JUMP", "JUMP", "UNARY_NOT", "SEND", "RAISE", "SETUP", "BEFORE")
    return frozenset(number for name, number in opmap.items() if name.startswith(starts))


_OPCODES = _opcodes()


def _dress(new, original):
    """Everything of a function that calls don't need."""
    new.__qualname__, new.__doc__ = original.__qualname__, original.__doc__
    new.__module__ = original.__module__
    if hasattr(original, "__annotate__"):
        new.__annotate__ = original.__annotate__
    else:
        new.__annotations__ = original.__annotations__
    if hasattr(original, "__type_params__"):
        new.__type_params__ = original.__type_params__
    new.__dict__.update(original.__dict__)


# --------------------------------------------------------------------------------- whose function
def _foreign(filename, direct=False):
    """True for files that are not the user's. direct: for Python's, NumPy's and our own only."""
    known = _FOREIGN.get((filename, direct))
    if known is None:
        base = join(dirname(os.__file__), "")
        known = filename.startswith((PACKAGE, join(dirname(numpy.__file__), ""), "<frozen"))
        installed = "site-packages" in filename or "dist-packages" in filename
        known = known or (not direct if installed else filename.startswith(base))
        _FOREIGN[filename, direct] = known
    return known


# ----------------------------------------------------------------------------------------- caches
def _remember(table, code, what):
    key = id(code)
    table[key] = (weakref.ref(code, lambda _: table.pop(key, None)), what)


def _recall(table, code):
    known = table.get(id(code))
    return known[1] if known is not None and known[0]() is code else None
