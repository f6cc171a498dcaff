"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds."""

from . import (
    arranging,
    choosing,
    convnets,
    convolution,
    decompositions,
    differences,
    elementwise,
    fourier,
    indexing,
    joining,
    linalg,
    losses,
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
    windows,
)

# A theme uses rows of themes to its left only.
THEMES = (
    elementwise, special, indexing, shaping, scattering, arranging, joining, reductions, norms,
    scans, totals, sorting, linalg, statistics, differences, padding, products, convolution,
    choosing, segments, solving, decompositions, matrix_functions, fourier,
    windows, convnets, losses, nn, optim,
)  # fmt: skip
