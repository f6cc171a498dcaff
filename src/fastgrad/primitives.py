"""Every row, bound to the core: the public functions that the faces name.

`ROWS` maps each row's name to the row; the functions are attributes of this module under the same names.
Rows of the themes in `ops.LATER` are bound all at once, when a name that is not here yet is first asked for.
"""

import gc as _gc
from _thread import RLock as _RLock

from . import _rules, ops
from ._core import _assign as _assign  # gives Variables their assignment
from ._core import _calls, _cotangents, _numpy, _primitive

_rows = {}
_binding = _RLock()


def _bind(themes):
    # This makes many objects and no garbage: looking for some would take a third of its time.
    collecting = _gc.isenabled()
    _gc.disable()
    try:
        rows = _rules.registry(themes)
        for row in rows.values():
            if not isinstance(row, _rules.Composition):
                _calls.bind(row, _rules.text_of(row), __name__)
            _numpy.bind(row)
        _rows.update(rows)
        _numpy.connect()
        # Together: the rule of one, which another thread may run at once, calls others.
        globals().update({name: row.bound for name, row in rows.items()})
    finally:
        if collecting:
            _gc.enable()


def _bind_all():
    with _binding:
        if "ROWS" not in globals():
            _bind(ops.LATER)
            globals()["ROWS"] = _rows  # last: who sees it sees all


_bind(ops.FIRST)
_calls.connect()
_cotangents.connect()
_primitive.find_more(_bind_all)


def __getattr__(name):
    if not name.startswith("_"):
        _bind_all()
        if name in globals():
            return globals()[name]
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    _bind_all()
    return sorted(globals())
