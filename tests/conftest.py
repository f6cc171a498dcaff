"""Ties tests to the numbered guarantees of docs/semantics.md: `pytest --guarantee 4.12`.

Runs tests marked `isolated` in a process of their own: they try to crash it.
"""

import gc
import os
import signal
import traceback
import warnings

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
    config.addinivalue_line("markers", "isolated: a crash of this test is its failure, no more")


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


def pytest_collection_finish(session):
    """Leave the collected tests out of garbage collections: many tests ask for one, which took 0.2 s."""
    gc.collect()
    gc.freeze()


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem):
    """Run a test marked `isolated` in a fork of this process, where there is such a thing."""
    if pyfuncitem.get_closest_marker("isolated") is None or not hasattr(os, "fork"):
        return None
    read, write = os.pipe()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # BLAS has threads; it minds forks
        pid = os.fork()
    if pid == 0:
        report = ""
        try:
            signal.alarm(300)  # a test that hangs is killed
            names = pyfuncitem._fixtureinfo.argnames
            pyfuncitem.obj(**{name: pyfuncitem.funcargs[name] for name in names})
        except BaseException:
            report = traceback.format_exc()
        os.write(write, report[-60_000:].encode())
        os._exit(0)
    os.close(write)
    with open(read) as pipe:
        report = pipe.read()
    ended = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
    if ended:
        what = f"killed by {signal.Signals(-ended).name}" if ended < 0 else f"left with {ended}"
        pytest.fail(f"its process was {what}", pytrace=False)
    if report:
        pytest.fail(report, pytrace=False)
    return True
