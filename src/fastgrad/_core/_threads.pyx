"""The threads that share the work of large operations.

NumPy's linear algebra has threads of its own. Both take the number that the environment asks for.
"""

import os

from ._loops cimport fg_part

cdef extern from "threads.h" nogil:
    void fg_run_parts(fg_part part, void *job, Py_ssize_t parts, int lanes)
    void fg_set_threads(int threads)
    int fg_threads()

cdef enum:
    MOST_BY_ITSELF = 8  # parts of what is done here are too few for more


cdef void run_parts(fg_part part, void *job, Py_ssize_t parts, int lanes) noexcept nogil:
    """Call part(job, k, lane) for each k < parts, in any order, by at most `lanes` threads. None may touch Python."""
    fg_run_parts(part, job, parts, lanes)


cdef int threads() noexcept nogil:
    return fg_threads()


def default_threads() -> int:
    """What FASTGRAD_NUM_THREADS or OMP_NUM_THREADS say, or how many processors there are for this process."""
    for name in ("FASTGRAD_NUM_THREADS", "OMP_NUM_THREADS"):
        asked = os.environ.get(name, "").partition(",")[0].strip()
        if asked.isdecimal() and 0 < int(asked) <= 1024:
            return int(asked)
    there = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min(there, MOST_BY_ITSELF)


def set_threads(int number) -> None:
    """How many threads an operation may use; 0: as many as it would by itself."""
    fg_set_threads(number or default_threads())


set_threads(0)
