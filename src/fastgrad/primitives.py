"""Every row, bound to the core: the public functions that the faces name.

`ROWS` maps each row's name to the row; the functions are attributes of this module under the same names.
"""

from . import _rules
from ._core import _assign as _assign  # gives Variables their assignment
from ._core import _calls, _sweep

ROWS = _rules.registry()
"""Every row by name, in the order of the theme modules."""


def _public(row):
    if isinstance(row, _rules.Composition):
        _calls.bind_composition(row)
        return row.function
    return _calls.bind(row, _rules.text_of(row), __name__)


globals().update({name: _public(row) for name, row in ROWS.items()})
_calls.connect()
_sweep.connect()
