"""Ties tests to the numbered guarantees of docs/semantics.md: `pytest --guarantee 4.12`."""

import pytest


def pytest_addoption(parser):
    parser.addoption(
        "--guarantee",
        metavar="NUMBER",
        help="run only the tests of this line (4.12) or section (4) of docs/semantics.md",
    )


def pytest_configure(config):
    config.addinivalue_line(
        "markers", "semantics(*numbers): the lines of docs/semantics.md that this test holds"
    )


def pytest_collection_modifyitems(config, items):
    wanted = config.getoption("guarantee")
    if wanted is None:
        return
    kept, dropped = [], []
    for item in items:
        numbers = [n for mark in item.iter_markers("semantics") for n in mark.args]
        hit = any(n == wanted or n.startswith(wanted + ".") for n in numbers)
        (kept if hit else dropped).append(item)
    if not kept:
        raise pytest.UsageError(f"no test holds guarantee {wanted} of docs/semantics.md")
    config.hook.pytest_deselected(items=dropped)
    items[:] = kept
