"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds."""

from . import (
    activations,
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
    parts,
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

# A theme uses rows of themes before it only.
THEMES = (
    elementwise, indexing, shaping, parts, scattering, arranging, joining, reductions, norms,
    scans, totals, sorting, special, activations, linalg, statistics, differences, padding, products,
    convolution, choosing, segments, solving, decompositions, matrix_functions, fourier,
    windows, convnets, losses, nn, optim,
)  # fmt: skip
