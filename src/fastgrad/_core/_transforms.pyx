"""Fourier transforms by the bare loops of NumPy's own gufuncs, as np.fft calls them, without the Python around them.

A transform is *stages*, one for each axis: lines of n_in numbers, at whose end the loop cuts or fills with zeros,
become lines of n_out. Between two stages the numbers are in scratch memory.

NumPy computes stages that scale nothing in float64, and rounds their results to float32 where the array is of that.
Those of float32 that scale are left to NumPy.
"""

from importlib import import_module
from libc.math cimport sqrt
from libc.string cimport memcpy

from ._buffer cimport MAX_NDIM, fg_mul_overflows
from ._loops cimport COMPLEX64, COMPLEX128, FLOAT32, FLOAT64, cast_contiguous, fg_loop, gufunc_loop
from ._tensor cimport Tensor
from ._work cimport SCRATCH, axis_in, drop, int_list, offer_kernel, room, set_result, work_t

cdef enum:
    MOST_STAGES = 8
    CALL_COST = 300  # ns

cdef enum:          # loops
    FORWARD
    BACKWARD
    REAL_EVEN       # by the number of points
    REAL_ODD
    TO_REAL
    LOOPS

cdef enum:          # transforms: of complex numbers, of real ones to the first half of the points, and back
    WHOLE
    TO_HALF
    FROM_HALF

cdef enum:          # norms
    NONE
    ROOT
    FULL

# In this order: name, signature, types, and sizes to try them with.
cdef list KINDS = [
    ("fft", "(n),()->(m)", "Dd->D", {"n": 4, "m": 4}),
    ("ifft", "(m),()->(n)", "Dd->D", {"n": 4, "m": 4}),
    ("rfft_n_even", "(n),()->(m)", "dd->D", {"n": 4, "m": 3}),
    ("rfft_n_odd", "(n),()->(m)", "dd->D", {"n": 5, "m": 3}),
    ("irfft", "(m),()->(n)", "Dd->d", {"n": 4, "m": 3}),
]
cdef dict NORMS = {None: "backward", "backward": "backward", "ortho": "ortho", "forward": "forward"}

cdef fg_loop loops[LOOPS]

cdef struct stage_t:
    fg_loop loop
    Py_ssize_t outer, n_in, n_out, inner
    Py_ssize_t in_item, out_item
    double factor

cdef struct transform_t:
    int stages
    bint loads               # the operand is not what the first stage takes
    bint narrow              # it is of float32, or of pairs of them
    bint widens              # real numbers become complex ones
    bint conjugates
    bint conjugates_result
    Py_ssize_t numbers       # of the operand
    Py_ssize_t floats        # of the result
    Py_ssize_t halves[2]     # bytes of the two parts of the scratch, between which the stages go to and fro
    stage_t stage[MOST_STAGES]


# ------------------------------------------------------------------------------------------------- layouts
cdef bint add_stage(transform_t *t, int which, Py_ssize_t *dims, int ndim, int axis, Py_ssize_t points, int norm,
                    Py_ssize_t *cost) noexcept:
    """The next stage, from an array of such sizes, which become its result's. False if that would be too large."""
    cdef int k
    cdef bint real_in = which == REAL_EVEN or which == REAL_ODD
    cdef stage_t *s = &t.stage[t.stages]
    cdef Py_ssize_t size, nbytes
    if points < 1 or t.stages == MOST_STAGES or loops[which].fn == NULL:
        return False
    s.loop = loops[which]
    s.outer = s.inner = 1
    for k in range(ndim):
        if k < axis:
            s.outer *= dims[k]
        elif k > axis:
            s.inner *= dims[k]
    s.n_in = dims[axis]
    s.n_out = points // 2 + 1 if real_in else points
    s.in_item, s.out_item = 8 if real_in else 16, 8 if which == TO_REAL else 16
    s.factor = 1 / sqrt(<double>points) if norm == ROOT else 1 / <double>points if norm == FULL else 1
    if fg_mul_overflows(s.outer * s.inner, s.n_out, &size) or fg_mul_overflows(size, 64, &nbytes):
        return False
    t.halves[t.stages % 2] = max(t.halves[t.stages % 2], s.outer * s.inner * s.n_in * s.in_item)
    dims[axis] = s.n_out
    t.stages += 1
    cost[0] += size * 8
    return True


cdef bint lay_transform(list arguments, dict metadata, bint forward, int kind, bint conjugates, object default,
                        work_t *w) except -1:
    """default: the axes for which None stands; none for a transform along one axis."""
    cdef Tensor a = arguments[0]
    cdef transform_t *t = <transform_t *>w.v
    cdef Py_ssize_t points[MAX_NDIM]
    cdef Py_ssize_t axes[MAX_NDIM]
    cdef bint seen[MAX_NDIM]
    cdef int k, j, n, norm, ndim = a.shape_.ndim, last
    cdef bint is_complex = a.code >= COMPLEX64
    cdef Py_ssize_t cost = CALL_COST
    name = metadata["norm"]
    if not FLOAT32 <= a.code <= COMPLEX128 or ndim == 0 or a.shape_.size == 0 or (kind == TO_HALF and is_complex):
        return False
    if name is not None and type(name) is not str or name not in NORMS:
        return False
    name = NORMS[name]
    norm = ROOT if name == "ortho" else FULL if (name == "forward") == forward else NONE
    n = read_axes(a, metadata, default, kind, points, axes)
    if n < 0:
        return False
    for k in range(ndim):
        seen[k] = False
        w.dims[k] = a.shape_.dims[k]
    for k in range(n):
        if seen[axes[k]]:
            return False
        seen[axes[k]] = True
    t.narrow = a.code == FLOAT32 or a.code == COMPLEX64
    if t.narrow and norm != NONE:
        return False
    t.widens = kind != TO_HALF and not is_complex
    t.conjugates, t.conjugates_result = conjugates and kind == FROM_HALF and is_complex, conjugates and kind == TO_HALF
    t.loads = t.narrow or t.widens or t.conjugates
    t.stages, t.numbers = 0, a.shape_.size
    t.halves[0] = t.halves[1] = 0
    last = n - 1
    # The order is NumPy's: the half one first or last, the others from the last back, or onwards before it.
    for j in range(n):
        k = j if kind == FROM_HALF else last - j
        if k == last and kind == TO_HALF:
            which = REAL_ODD if points[k] % 2 else REAL_EVEN
        elif k == last and kind == FROM_HALF:
            which = TO_REAL
        else:
            which = FORWARD if forward else BACKWARD
        if not add_stage(t, which, w.dims, ndim, <int>axes[k], points[k], norm, &cost):
            return False
    if not set_result(w, (FLOAT32 if t.narrow else FLOAT64) + (0 if kind == FROM_HALF else COMPLEX64 - FLOAT32), ndim):
        return False
    t.floats = w.size if kind == FROM_HALF else 2 * w.size
    if t.narrow:
        t.halves[t.stages % 2] = max(t.halves[t.stages % 2], 8 * t.floats)
    if not t.loads and t.stages < 3:  # nothing is ever in the first part
        t.halves[0] = 0
    w.n = (sizeof(transform_t) - (MOST_STAGES - t.stages) * sizeof(stage_t)) // sizeof(Py_ssize_t)
    w.run = run_transform
    w.raises = True
    w.cost = cost
    metadata["norm"] = name
    if default is None:
        metadata["n"], metadata["axis"] = points[0], axes[0]
    else:
        metadata["s"] = tuple([points[k] for k in range(n)])
        metadata["axes"] = tuple([axes[k] for k in range(n)])
    return True


cdef int read_axes(Tensor a, dict metadata, object default, int kind, Py_ssize_t *points, Py_ssize_t *axes) except -2:
    """How many axes there are; how many points each of them gets. -1 for what the row's function is for."""
    cdef int k, n, ndim = a.shape_.ndim
    cdef object sizes
    if default is None:
        n, axes[0] = 1, axis_in(metadata["axis"], ndim)
        sizes = None if metadata["n"] is None else (metadata["n"],)
    else:
        sizes = metadata["s"]
        given = metadata["axes"]
        if given is None and sizes is None:
            given = default or tuple(range(ndim))
        n = -1 if given is None else int_list(given, axes)
        for k in range(n):
            if not -ndim <= axes[k] < ndim:
                return -1
            if axes[k] < 0:
                axes[k] += ndim
    if n <= 0 or axes[0] < 0 or n > MOST_STAGES:
        return -1
    if sizes is None:
        for k in range(n):
            points[k] = a.shape_.dims[axes[k]]
        if kind == FROM_HALF:
            points[n - 1] = 2 * (points[n - 1] - 1)
    elif int_list(sizes, points) != n:
        return -1
    return n


cdef bint lay_fft(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, True, WHOLE, False, None, w)


cdef bint lay_ifft(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, False, WHOLE, False, None, w)


cdef bint lay_rfft(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, True, TO_HALF, False, None, w)


cdef bint lay_irfft(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, False, FROM_HALF, False, None, w)


cdef bint lay_hfft(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, True, FROM_HALF, True, None, w)


cdef bint lay_ihfft(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, False, TO_HALF, True, None, w)


cdef bint lay_fftn(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, True, WHOLE, False, (), w)


cdef bint lay_ifftn(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, False, WHOLE, False, (), w)


cdef bint lay_rfftn(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, True, TO_HALF, False, (), w)


cdef bint lay_irfftn(list arguments, dict metadata, work_t *w) except -1:
    return lay_transform(arguments, metadata, False, FROM_HALF, False, (), w)


# ------------------------------------------------------------------------------------------------- running
cdef int run_transform(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const transform_t *t = <const transform_t *>w.v
    cdef double stack[SCRATCH]
    cdef char *scratch = room(stack, t.halves[0] + t.halves[1])
    cdef char *source = x[0]
    cdef char *to
    cdef bint last
    cdef int k
    if scratch == NULL:
        return -1
    if t.loads:
        load(t, <double *>scratch, source)
        source = scratch
    for k in range(t.stages):
        last = k == t.stages - 1
        to = y if last and not t.narrow else scratch + (t.halves[0] if k % 2 == 0 else 0)
        run_stage(&t.stage[k], to, source)
        if t.narrow and not last:
            round_to_float32(<double *>to, 2 * t.stage[k].outer * t.stage[k].inner * t.stage[k].n_out)
        source = to
    if t.narrow:
        cast_contiguous(FLOAT64, source, FLOAT32, y, t.floats)
    if t.conjugates_result:
        conjugate(w.code, y, w.size)
    drop(scratch, stack)
    return 0


cdef void run_stage(const stage_t *s, char *y, char *x) noexcept nogil:
    cdef Py_ssize_t sizes[3]
    cdef Py_ssize_t steps[5]
    cdef char *args[3]
    cdef Py_ssize_t k, lines = 1, rows = s.outer
    sizes[1], sizes[2] = s.n_in, s.n_out
    steps[1] = 0
    if s.inner == 1:
        lines, rows = s.outer, 1
        steps[0], steps[2] = s.n_in * s.in_item, s.n_out * s.out_item
    else:
        lines = s.inner
        steps[0], steps[2] = s.in_item, s.out_item
    sizes[0] = lines
    steps[3], steps[4] = s.inner * s.in_item, s.inner * s.out_item
    for k in range(rows):
        args[0] = x + k * s.n_in * s.inner * s.in_item
        args[1] = <char *>&s.factor
        args[2] = y + k * s.n_out * s.inner * s.out_item
        s.loop.fn(args, sizes, steps, s.loop.data)


cdef void load(const transform_t *t, double *y, char *x) noexcept nogil:
    """The operand as the first stage takes it."""
    cdef Py_ssize_t k, pairs = t.numbers
    cdef Py_ssize_t floats = pairs if t.widens or t.stage[0].in_item == 8 else 2 * pairs
    cdef double *to = y + pairs if t.widens else y  # real numbers are spread out from there
    if t.narrow:
        cast_contiguous(FLOAT32, x, FLOAT64, <char *>to, floats)
    else:
        memcpy(to, x, floats * sizeof(double))
    if t.widens:
        for k in range(pairs):
            y[2 * k] = to[k]
            y[2 * k + 1] = 0
    elif t.conjugates:
        conjugate(COMPLEX128, <char *>y, pairs)


cdef void conjugate(int code, char *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        if code == COMPLEX128:
            (<double *>y)[2 * k + 1] = -(<double *>y)[2 * k + 1]
        else:
            (<float *>y)[2 * k + 1] = -(<float *>y)[2 * k + 1]


cdef void round_to_float32(double *y, Py_ssize_t n) noexcept nogil:
    cdef Py_ssize_t k
    for k in range(n):
        y[k] = <float>y[k]


# ---------------------------------------------------------------------------------------------------- table
cdef int find_loops() except -1:
    """Find NumPy's loops: those that this NumPy has, as they are expected."""
    cdef int k
    try:
        module = import_module("numpy.fft._pocketfft_umath")
    except ImportError:  # another NumPy
        return 0
    for k, (name, signature, types, sizes) in enumerate(KINDS):
        loops[k] = gufunc_loop(module, name, signature, types, sizes)
    return 0


find_loops()
offer_kernel("fft", lay_fft)
offer_kernel("ifft", lay_ifft)
offer_kernel("rfft", lay_rfft)
offer_kernel("irfft", lay_irfft)
offer_kernel("hfft", lay_hfft)
offer_kernel("ihfft", lay_ihfft)
offer_kernel("fftn", lay_fftn)
offer_kernel("fft2", lay_fftn)
offer_kernel("ifftn", lay_ifftn)
offer_kernel("ifft2", lay_ifftn)
offer_kernel("rfftn", lay_rfftn)
offer_kernel("rfft2", lay_rfftn)
offer_kernel("irfftn", lay_irfftn)
offer_kernel("irfft2", lay_irfftn)
