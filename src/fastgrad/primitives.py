"""Every row, bound to the core: the public functions that the faces name.

`ROWS` maps each row's name to the row; the functions are attributes of this module under the same names.
"""

import gc as _gc

from . import _rules
from ._core import _assign as _assign  # gives Variables their assignment
from ._core import _calls, _numpy, _sweep

# This makes many objects and no garbage: looking for some would take a third of its time.
_collecting = _gc.isenabled()
_gc.disable()

ROWS = _rules.registry()
"""Every row by name, in the order of the theme modules."""


def _public(row):
    function = row.bound
    if not isinstance(row, _rules.Composition):
        function = _calls.bind(row, _rules.text_of(row), __name__)
    _numpy.bind(row)
    return function


globals().update({name: _public(row) for name, row in ROWS.items()})
_calls.connect()
_numpy.connect()
_sweep.connect()

if _collecting:
    _gc.enable()
