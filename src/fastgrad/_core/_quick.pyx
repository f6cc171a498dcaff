"""Calls of compiled functions that are like the last one: straight to the replay, without a Python frame."""

from cpython.object cimport PyObject, PyTypeObject, Py_TYPE
from cpython.ref cimport Py_DECREF
from cpython.tuple cimport PyTuple_GET_ITEM, PyTuple_GET_SIZE

from ._buffer cimport same_shape
from ._plan cimport Plan
from ._tensor cimport Tensor, hollow
from ._trace cimport n_recording

cdef enum:
    MOST = 8

cdef bint quick = True


def quick_calls(bint flag):
    """Let calls be quick, or none."""
    global quick
    quick = flag


cdef class QuickCall:
    """The base of `Function`. `_call(args, kwargs)` of the class above it does what a call does; a call with Tensors of
    the shapes and dtypes of the one that `_remember` was told of is replayed at once, if no tape records."""

    cdef Plan plan
    cdef list patterns          # Tensors like the arguments
    cdef object pack            # makes the result of a list of Tensors; None: it is the one Tensor there is

    def __call__(self, *args, **kwargs):
        cdef PyObject *p[MOST]
        cdef Py_ssize_t k, n
        cdef Tensor t, like
        if self.plan is not None and n_recording == 0 and not kwargs and quick:
            n = PyTuple_GET_SIZE(args)
            if n == len(self.patterns):
                for k in range(n):
                    p[k] = <PyObject *>PyTuple_GET_ITEM(args, k)
                    if Py_TYPE(<object>p[k]) != <PyTypeObject *>Tensor:
                        break
                    t = <Tensor>p[k]
                    like = <Tensor>self.patterns[k]
                    if t.code != like.code or not same_shape(t.shape_, like.shape_):
                        break
                else:
                    return self.replayed(p, n)
        return self._call(args, kwargs)

    cdef object replayed(self, PyObject **p, Py_ssize_t n):
        cdef Plan plan = self.plan
        cdef Py_ssize_t k
        cdef list results
        plan.run(p, n, p)
        if self.pack is None:
            result = <object>p[0]
            Py_DECREF(result)
            return result
        results = []
        for k in range(plan.n_outputs):
            results.append(<object>p[k])
            Py_DECREF(<object>p[k])
        return self.pack(results)

    def _call(self, tuple args, dict kwargs):
        raise NotImplementedError("QuickCall: the class above it says what a call does")

    def _remember(self, Plan plan, list patterns not None, pack):
        """From now on calls with Tensors like `patterns` replay `plan`. plan: None forgets it."""
        if plan is not None:
            if len(patterns) != plan.n_inputs or max(len(patterns), plan.n_outputs) > MOST:
                plan = None
            elif plan.n_outputs != 1 and pack is None:
                raise ValueError("QuickCall: several results need `pack`")
            else:
                for t in patterns:
                    if not isinstance(t, Tensor):
                        raise TypeError("QuickCall: patterns are Tensors")
        self.patterns = [hollow((<Tensor>t).code, (<Tensor>t).shape_) for t in patterns] if plan is not None else None
        self.pack = pack
        self.plan = plan
