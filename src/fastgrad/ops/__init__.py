"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds."""

from . import (
    decompositions,
    elementwise,
    fourier,
    indexing,
    linalg,
    matrix_functions,
    nn,
    optim,
    reductions,
    shaping,
    solving,
    special,
)

# A theme uses rows of themes to its left only.
THEMES = (
    elementwise, special, indexing, shaping, reductions, linalg, solving,
    decompositions, matrix_functions, fourier, nn, optim,
)  # fmt: skip
