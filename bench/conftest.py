import pytest

from .check import check
from .library import load


@pytest.fixture(scope="session")
def library():
    """fastgrad, once its results have been found right."""
    pytest.importorskip("fastgrad")
    fastgrad = load("fastgrad")
    check(fastgrad)
    return fastgrad
