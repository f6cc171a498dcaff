"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds."""

from . import elementwise, indexing, linalg, nn, optim, reductions, shaping, special

# A theme uses rows of themes to its left only.
THEMES = (elementwise, special, indexing, shaping, reductions, linalg, nn, optim)
