"""Conversion of Python control flow, so that traced tensors may decide it.

Only `operators` is light to import; the syntax tree comes in when a function is converted.
"""

from .conversion import convert, do_not_convert, why_not
from .operators import ConversionError
