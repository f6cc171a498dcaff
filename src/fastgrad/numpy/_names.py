"""Where the names come from: NumPy's modules, looked up among what stands for their functions.

A name means, in this order: a row or a composition of rows; a function that sees values only
(`DATA`); or, made when first asked for, NumPy's own function, which takes constants and refuses
what a tape is recording.
"""

import numpy as np

from .. import errors
from .._core._numpy import implements, on_data, stands_for
from ._reasons import DATA, why_not


def is_function(value):
    """True for what NumPy's modules offer as functions."""
    return callable(value) and not isinstance(value, type)


def names_of(module):
    """{name: what stands for it} for the functions of one of NumPy's modules."""
    prefix = _prefix(module)
    found = {}
    for name, function in vars(module).items():
        if name[0] == "_" or not is_function(function):
            continue
        ours = stands_for(function)
        if ours is None and prefix + name in DATA:
            ours = implements(function)(on_data(function))
        if ours is not None:
            found[name] = ours
    return found


def attribute_of(module, face):
    """The ``__getattr__`` of a face's module: functions of NumPy's that have no derivative here."""
    prefix = _prefix(module)

    def __getattr__(name):
        reason = why_not(prefix + name)
        function = getattr(module, name, None) if name[:1] != "_" and reason is None else None
        if not is_function(function):
            hint = f": {reason}" if reason else errors.suggest(name, vars(module))
            raise AttributeError(f"module '{face['__name__']}' has no attribute {name!r}{hint}")
        return face.setdefault(name, on_data(function, f"np.{prefix}{name}"))

    return __getattr__


def _prefix(module):
    return module.__name__.replace("numpy", "", 1).lstrip(".") + "." if module is not np else ""
