"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds."""

from . import (
    activations,
    elementwise,
    indexing,
    linalg,
    nn,
    optim,
    parts,
    reductions,
    shaping,
    special,
)

# A theme uses rows of themes before it only.
THEMES = (
    elementwise, indexing, shaping, parts, reductions, special, activations, linalg, nn,
    optim,
)  # fmt: skip
