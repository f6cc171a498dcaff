"""Every row, bound to the core: the public functions that the faces name.

`ROWS` maps each row's name to the row; the functions are attributes of this module under the same names.
"""

from . import _rules
from ._core import _dispatch, _sweep

ROWS = _rules.registry()
"""Every row by name, in the order of the theme modules."""


def _public(row):
    if isinstance(row, _rules.Composition):
        _dispatch.bind_composition(row)
        return row.function
    return _dispatch.bind(row, _rules.text_of(row), __name__)


globals().update({name: _public(row) for name, row in ROWS.items()})
_dispatch.connect()
_sweep.connect()
