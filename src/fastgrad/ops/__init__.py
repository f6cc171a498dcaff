"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds."""

from . import (
    arranging,
    choosing,
    convolution,
    decompositions,
    differences,
    elementwise,
    fourier,
    indexing,
    joining,
    linalg,
    matrix_functions,
    nn,
    norms,
    optim,
    padding,
    products,
    reductions,
    scans,
    scattering,
    segments,
    shaping,
    solving,
    sorting,
    special,
    statistics,
    totals,
)

# A theme uses rows of themes to its left only.
THEMES = (
    elementwise, special, indexing, shaping, scattering, arranging, joining, reductions,
    scans, sorting, linalg, solving, decompositions, norms, totals, matrix_functions, fourier, statistics,
    differences, padding, products, convolution, choosing, segments, nn, optim,
)  # fmt: skip
