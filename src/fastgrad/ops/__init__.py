"""The rows, by theme. Each row is one operation; see `fastgrad._rules` for what a row holds.

A theme uses rows of the themes before it only. `FIRST` come with the package; `LATER`, which hold most rows,
are imported when one of them is first asked for.
"""

FIRST = (
    "elementwise", "indexing", "shaping", "scattering", "arranging", "reductions", "linalg", "products",
    "choosing", "optim",
)  # fmt: skip
LATER = (
    "parts", "joining", "scans", "sorting", "special", "activations", "solving", "decompositions", "norms",
    "totals", "matrix_functions", "fourier", "statistics", "differences", "padding", "convolution",
    "segments", "windows", "convnets", "losses", "nn",
)  # fmt: skip
THEMES = (*FIRST, *LATER)
