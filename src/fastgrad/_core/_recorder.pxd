from libc.stdint cimport uint32_t, uint64_t

from ._tensor cimport Variable
from ._trace cimport Trace


cdef class Recorder:
    cdef Trace trace
    cdef uint32_t bit                  # 0: holds nothing
    cdef uint64_t start                # the first slot that may carry `bit`
    cdef bint recording, used_up
    cdef bint entered                  # between entering and leaving
    cdef int stopped                   # depth of stop_recording
    cdef int sweeping
    cdef int level                     # `Trace.paused` when it began to record
    cdef uint64_t order                # `Trace.n_entered` when it was entered
    cdef readonly bint persistent
    cdef readonly object log           # the loose Graph of a freezable tape, or None
    cdef bint watch_accessed
    cdef object watched                # None, the one Variable it watches, or of more {serial: Variable}
    cdef dict shared_watch             # slot -> the trace's end when first watched, on the shared bit only
    cdef uint64_t *windows             # [from, to) of slots made while it recorded, on the shared bit only
    cdef int n_windows, window_room
    cdef dict late                     # the same for slots there were before, with a bit of its own; or None
    cdef object __weakref__


cdef class Recording:
    """What a trace knows of an accumulator that records."""
    cdef Trace trace
    cdef int level
    cdef uint64_t order


cdef bint covers(Recorder tape, uint64_t slot) noexcept
cdef int start(Recorder tape) except -1
cdef void leave(Recorder tape) noexcept
cdef void stop(Recorder tape) noexcept
cdef void refresh(Trace trace) noexcept
cdef bint listens(Trace trace, int level, uint64_t order) noexcept
cdef int release(Recorder tape) except -1
cdef int touch(Variable v) except -1
