"""C kernels of convolutions and pools: windows over float Tensors with up to three spatial axes."""

from libc.string cimport memset

from ._buffer cimport MAX_NDIM
from ._loops cimport FLOAT32, itemsize
from ._tensor cimport Tensor, is_float
from ._threads cimport WORTH_PARTS, run_parts, threads
from ._work cimport int_list, offer_kernel, set_result, work_t

cdef extern from "windows.h" nogil:
    ctypedef struct fg_windows:
        Py_ssize_t batch
        Py_ssize_t channels
        Py_ssize_t in_ "in"[3]
        Py_ssize_t out[3]
        Py_ssize_t size[3]
        Py_ssize_t stride[3]
        Py_ssize_t dilation[3]
        Py_ssize_t before[3]
    ctypedef void (*fg_window_kernel)(const fg_windows *w, char *const *x, char *y) noexcept nogil
    void fg_patches_f32(const fg_windows *w, char *const *x, char *y)
    void fg_patches_f64(const fg_windows *w, char *const *x, char *y)
    void fg_unpatches_f32(const fg_windows *w, char *const *x, char *y)
    void fg_unpatches_f64(const fg_windows *w, char *const *x, char *y)
    void fg_window_max_f32(const fg_windows *w, char *const *x, char *y)
    void fg_window_max_f64(const fg_windows *w, char *const *x, char *y)
    void fg_window_max_pull_f32(const fg_windows *w, char *const *x, char *y)
    void fg_window_max_pull_f64(const fg_windows *w, char *const *x, char *y)
    void fg_window_max_push_f32(const fg_windows *w, char *const *x, char *y)
    void fg_window_max_push_f64(const fg_windows *w, char *const *x, char *y)

# What is in `w.v`.
cdef struct windows_t:
    fg_windows g
    fg_window_kernel kernel
    bint adds                    # to zeros
    Py_ssize_t y_step            # bytes from one array of the batch to the next
    Py_ssize_t x_steps[3]

cdef struct job_t:
    const windows_t *v
    fg_windows one               # array of the batch
    int operands
    char *y
    char *const *x


cdef bint geometry(const Py_ssize_t *dims, int ndim, dict metadata, work_t *w) except -1:
    """The windows over an array of these `dims`, in `w.v`; leading spatial axes of size 1 make three."""
    cdef tuple sizes = metadata["sizes"]
    cdef int count = len(sizes), skip = 3 - count, k
    cdef fg_windows *g = <fg_windows *>w.v
    if count > 3 or ndim != count + 2:
        return False
    g.batch = dims[0]
    g.channels = dims[count + 1]
    for k in range(3):
        if k < skip:
            g.in_[k] = g.out[k] = g.size[k] = g.stride[k] = g.dilation[k] = 1
            g.before[k] = 0
            continue
        g.in_[k] = dims[k - skip + 1]
        g.size[k] = sizes[k - skip]
        g.stride[k] = metadata["strides"][k - skip]
        g.dilation[k] = metadata["dilations"][k - skip]
        before, after = metadata["padding"][k - skip]
        g.before[k] = before
        g.out[k] = (before + g.in_[k] + <Py_ssize_t>after - (g.size[k] - 1) * g.dilation[k] - 1) // g.stride[k] + 1
    return True


cdef int over_windows(const work_t *w, int ndim, bint taps, Py_ssize_t *dims) noexcept:
    """The sizes of a result with a place for each window, or for each tap of each; gives their number."""
    cdef const fg_windows *g = <const fg_windows *>w.v
    cdef int k, n = 0
    dims[0] = g.batch
    for k in range(3 - (ndim - 2), 3):
        n += 1
        dims[n] = g.out[k]
    if taps:
        n += 1
        dims[n] = g.size[0] * g.size[1] * g.size[2]
    dims[n + 1] = g.channels
    return n + 2


cdef bint matches(Tensor t, int code, int ndim, const Py_ssize_t *dims) noexcept:
    cdef int k
    if t.code != code or t.shape_.ndim != ndim:
        return False
    for k in range(ndim):
        if t.shape_.dims[k] != dims[k]:
            return False
    return True


cdef int set_windows(work_t *w, list arguments, int ndim, fg_window_kernel kernel, bint adds) noexcept:
    """The result has the shape `w.dims`."""
    cdef windows_t *v = <windows_t *>w.v
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t size = 0, item = itemsize[x.code]
    cdef int k
    if not set_result(w, x.code, ndim):
        return 0
    w.run = run_windows
    w.n = (sizeof(windows_t) + sizeof(Py_ssize_t) - 1) // sizeof(Py_ssize_t)
    v.kernel, v.adds = kernel, adds
    v.y_step = w.size * item // max(v.g.batch, 1)
    for k in range(len(arguments)):
        x = arguments[k]
        v.x_steps[k] = x.shape_.size * item // max(v.g.batch, 1)
        size = max(size, x.shape_.size)
    w.cost = max(w.size, size)
    return 1


cdef int run_windows(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef const windows_t *v = <const windows_t *>w.v
    cdef job_t job
    if w.size == 0:
        return 0
    job.v, job.y, job.x, job.operands = v, y, x, w.operands
    job.one = v.g
    job.one.batch = 1
    run_parts(run_one, &job, v.g.batch, threads() if w.cost >= WORTH_PARTS else 1)
    return 0


cdef void run_one(void *context, Py_ssize_t k, int lane) noexcept nogil:
    """One array of the batch."""
    cdef const job_t *job = <const job_t *>context
    cdef const windows_t *v = job.v
    cdef char *x[3]
    cdef char *y = job.y + k * v.y_step
    cdef int j
    for j in range(job.operands):
        x[j] = job.x[j] + k * v.x_steps[j]
    if v.adds:
        memset(y, 0, v.y_step)
    v.kernel(&job.one, x, y)


cdef bint lay_patches(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    if not is_float(x) or not geometry(x.shape_.dims, x.shape_.ndim, metadata, w):
        return False
    return set_windows(w, arguments, over_windows(w, x.shape_.ndim, True, w.dims),
                       fg_patches_f32 if x.code == FLOAT32 else fg_patches_f64, False)


cdef bint lay_unpatches(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int n = int_list(metadata["shape"], w.dims)
    if n < 0 or not is_float(x) or not geometry(w.dims, n, metadata, w):
        return False
    if not matches(x, x.code, over_windows(w, n, True, dims), dims):
        return False
    return set_windows(w, arguments, n, fg_unpatches_f32 if x.code == FLOAT32 else fg_unpatches_f64, True)


cdef bint lay_window_max(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    if not is_float(x) or not geometry(x.shape_.dims, x.shape_.ndim, metadata, w):
        return False
    return set_windows(w, arguments, over_windows(w, x.shape_.ndim, False, w.dims),
                       fg_window_max_f32 if x.code == FLOAT32 else fg_window_max_f64, False)


cdef bint lay_window_max_pull(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor ct = arguments[0], x = arguments[1], y = arguments[2]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k, n = x.shape_.ndim
    if not is_float(x) or not geometry(x.shape_.dims, n, metadata, w):
        return False
    over_windows(w, n, False, dims)
    if not matches(ct, x.code, n, dims) or not matches(y, x.code, n, dims):
        return False
    for k in range(n):
        w.dims[k] = x.shape_.dims[k]
    return set_windows(w, arguments, n, fg_window_max_pull_f32 if x.code == FLOAT32 else fg_window_max_pull_f64, True)


cdef bint lay_window_max_push(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x_dot = arguments[0], x = arguments[1], y = arguments[2]
    cdef int n = x.shape_.ndim
    if not is_float(x) or not geometry(x.shape_.dims, n, metadata, w):
        return False
    over_windows(w, n, False, w.dims)
    if not matches(x_dot, x.code, n, x.shape_.dims) or not matches(y, x.code, n, w.dims):
        return False
    return set_windows(w, arguments, n, fg_window_max_push_f32 if x.code == FLOAT32 else fg_window_max_push_f64, False)


offer_kernel("patches", lay_patches)
offer_kernel("unpatches", lay_unpatches)
offer_kernel("window_max", lay_window_max)
offer_kernel("window_max_pull", lay_window_max_pull)
offer_kernel("window_max_push", lay_window_max_push)
