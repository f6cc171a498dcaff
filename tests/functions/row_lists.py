"""Which rows random programs call, and why they do not call the others."""

from importlib.util import find_spec

from fastgrad.primitives import ROWS

_SHAPES = "the shape of the result depends on values"
_PYTHON = "it takes Python functions"

NOT_IN_PROGRAMS = {
    **dict.fromkeys(
        "argwhere nonzero flatnonzero unique unique_counts unique_inverse unique_all unique_places union1d "
        "setdiff1d setxor1d intersect1d trim_zeros ix roots polydiv real_if_close lstsq".split(),
        _SHAPES,
    ),
    "piecewise": _PYTHON,
    "histogramdd": "its result is a tuple in a tuple",
}


def present(row):
    """True if what computes a row is installed."""
    return getattr(row, "lazy", None) is None or find_spec("scipy") is not None


# Positions of arguments, counted over all arrays of a sample, that are constants in programs: the
# shape of the result depends on their values.
CONSTANT_POSITIONS = {
    **dict.fromkeys("compress extract bincount counts histogram".split(), (0,)),
    **dict.fromkeys("boolean_mask insert weighted_counts".split(), (1,)),
    **dict.fromkeys([f"segment_{kind}" for kind in "sum mean prod max min".split()], (1,)),
}

# Compositions that take integers for places; those of others (axes, subscripts) are constants.
PLACED = {
    *"take take_along_axis put_along_axis choose gather_nd scatter_nd digitize bincount".split(),
    *(f"tensor_scatter_nd_{kind}" for kind in ("update", "add", "sub", "max", "min")),
    *("unsorted_segment_mean", "unsorted_segment_sqrt_n"),
}

PICKED = [name for name, row in ROWS.items() if name not in NOT_IN_PROGRAMS and present(row)]
