"""Contexts about recording that are no tapes: setting tapes aside, and noting which Variables are read."""

from ._recorder cimport refresh
from ._tensor cimport Tensor, Variable, alias
from ._trace cimport Trace, count_recording, current_trace


cdef class Paused:
    """A context in which the tapes of this thread don't record, but those entered inside it do."""

    def __enter__(self):
        self.trace = current_trace()
        self.trace.paused += 1
        refresh(self.trace)

    def __exit__(self, kind, error, traceback):
        if self.trace is None or self.trace.paused == 0:
            raise RuntimeError("Paused: left without being entered")
        self.trace.paused -= 1
        refresh(self.trace)


cdef class Touched:
    """A context that notes which variables are read in it, and their values: ``with Touched() as seen: ...``."""

    cdef Trace trace
    cdef dict before, mine

    def __enter__(self):
        self.trace = current_trace()
        self.before = self.trace.touched
        self.trace.touched = self.mine = {}
        count_recording(1)
        return self

    def __exit__(self, kind, error, traceback):
        if self.mine is None or self.trace.touched is not self.mine:
            raise RuntimeError("Touched: left without being entered, or not in order")
        self.trace.touched = self.before
        if self.before is not None:
            for serial, entry in self.mine.items():
                if self.before.setdefault(serial, entry) is not entry and entry[2]:
                    self.before[serial][2] = True
        count_recording(-1)

    def variables(self, trainable=True):
        """The (trainable) variables that were read, in order of creation."""
        entries = [self.mine[serial] for serial in sorted(self.mine or ())]
        return tuple([v for v, _, read in entries if read and (v.trainable or not trainable)])

    def restored(self):
        """A context in which the variables have the values again that they had when first read or assigned to."""
        return Restored(list((self.mine or {}).values()))


cdef class Restored:
    """What `Touched.restored` gives. A noted value was held all the while, so no assignment changed it."""

    cdef list noted, saved

    def __cinit__(self, list noted not None):
        self.noted = noted

    def __enter__(self):
        cdef Variable v
        cdef Tensor value
        self.saved = []
        for v, value, _ in self.noted:
            self.saved.append((v, v.value))
            v.value = alias(value, v.value.slot)

    def __exit__(self, kind, error, traceback):
        cdef Variable v
        cdef Tensor value
        for v, value in self.saved or ():
            v.value = alias(value, v.value.slot)
        self.saved = None
