"""Conversion of Python control flow, so that traced tensors may decide it.

`convert` is what is called from outside; converted code calls `operators`.
"""

from .conversion import convert, do_not_convert, why_not
from .operators import ConversionError
