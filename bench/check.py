"""No timing without the right results."""

from typing import Any

import numpy as np

from .bench_chains import CHAINS, SHAPES, recorder
from .bench_control import Plain
from .bench_tape import sum_of_squares
from .library import Library


def check(library: Library, trusted: Library | None = None) -> None:
    """Raise AssertionError naming the program in which `library` and `trusted` differ.

    Without `trusted`, the results are held against plain NumPy's, with gradients by complex step.
    """
    trusted = trusted or Plain()
    for chain in CHAINS:
        for shape in SHAPES:
            got, want = (recorder(each, chain, shape, library.ops)() for each in (library, trusted))
            _same(got[0], want[0], f"{library.name}: {chain.name} on {shape}")
            _same(got[1](), want[1](), f"{library.name}: gradient of {chain.name} on {shape}")

    x = np.linspace(-1.0, 1.0, 50)
    _, pull = library.record(lambda x: sum_of_squares(x, x.shape[0]), library.array(x))
    _same(pull(), 2 * x, f"{library.name}: gradient of the sum of squares of x[i]")

    got, want = library.square_gradients(2), trusted.square_gradients(2)
    _same(got, want, f"{library.name}: gradient of x * x")
    want = trusted.apply_gradients(library.steps)
    for descent in library.descents:
        got = getattr(library, descent)(library.steps)
        _same(got, want, f"{library.name}: {descent}", rtol=1e-5)  # float32, as in the tutorials


def _same(got: Any, want: Any, what: str, rtol: float = 1e-9) -> None:
    got, want = (x.detach() if hasattr(x, "detach") else x for x in (got, want))
    got, want = (x.numpy() if hasattr(x, "numpy") else np.asarray(x) for x in (got, want))
    np.testing.assert_allclose(got, want, rtol=rtol, err_msg=what)
    assert np.shape(got) == np.shape(want), what
