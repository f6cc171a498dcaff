"""C kernels of convolutions and pools: windows over float Tensors with up to three spatial axes."""

from libc.string cimport memset

from ._buffer cimport MAX_NDIM
from ._loops cimport FLOAT32, itemsize
from ._tensor cimport Tensor, is_float
from ._work cimport int_list, layout_t, set_result, work_t

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
    void fg_patches_f32(fg_windows *w, const float *x, float *y)
    void fg_patches_f64(fg_windows *w, const double *x, double *y)
    void fg_unpatches_f32(fg_windows *w, const float *x, float *y)
    void fg_unpatches_f64(fg_windows *w, const double *x, double *y)
    void fg_window_max_f32(fg_windows *w, const float *x, float *y)
    void fg_window_max_f64(fg_windows *w, const double *x, double *y)
    void fg_window_max_pull_f32(fg_windows *w, const float *ct, const float *x, const float *y, float *total)
    void fg_window_max_pull_f64(fg_windows *w, const double *ct, const double *x, const double *y,
                                double *total)
    void fg_window_max_push_f32(fg_windows *w, const float *x_dot, const float *x, const float *y,
                                float *y_dot)
    void fg_window_max_push_f64(fg_windows *w, const double *x_dot, const double *x, const double *y,
                                double *y_dot)



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


cdef int set_windows(work_t *w, Tensor x, int ndim) noexcept:
    """The result has the shape `w.dims`."""
    if not set_result(w, x.code, ndim):
        return 0
    w.n = sizeof(fg_windows) // sizeof(Py_ssize_t)
    w.cost = max(w.size, x.shape_.size)
    return 1


cdef bint lay_patches(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    if not is_float(x) or not geometry(x.shape_.dims, x.shape_.ndim, metadata, w):
        return False
    w.run = run_patches
    return set_windows(w, x, over_windows(w, x.shape_.ndim, True, w.dims))


cdef int run_patches(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef fg_windows *g = <fg_windows *>w.v
    if w.size == 0:
        return 0
    if w.code == FLOAT32:
        fg_patches_f32(g, <float *>x[0], <float *>y)
    else:
        fg_patches_f64(g, <double *>x[0], <double *>y)
    return 0


cdef bint lay_unpatches(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int n = int_list(metadata["shape"], w.dims)
    if n < 0 or not is_float(x) or not geometry(w.dims, n, metadata, w):
        return False
    if not matches(x, x.code, over_windows(w, n, True, dims), dims):
        return False
    w.run = run_unpatches
    return set_windows(w, x, n)


cdef int run_unpatches(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef fg_windows *g = <fg_windows *>w.v
    memset(y, 0, w.size * itemsize[w.code])
    if w.size == 0:
        return 0
    if w.code == FLOAT32:
        fg_unpatches_f32(g, <float *>x[0], <float *>y)
    else:
        fg_unpatches_f64(g, <double *>x[0], <double *>y)
    return 0


cdef bint lay_window_max(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x = arguments[0]
    if not is_float(x) or not geometry(x.shape_.dims, x.shape_.ndim, metadata, w):
        return False
    w.run = run_window_max
    return set_windows(w, x, over_windows(w, x.shape_.ndim, False, w.dims))


cdef int run_window_max(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef fg_windows *g = <fg_windows *>w.v
    if w.size == 0:
        return 0
    if w.code == FLOAT32:
        fg_window_max_f32(g, <float *>x[0], <float *>y)
    else:
        fg_window_max_f64(g, <double *>x[0], <double *>y)
    return 0


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
    w.run = run_window_max_pull
    return set_windows(w, x, n)


cdef int run_window_max_pull(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef fg_windows *g = <fg_windows *>w.v
    memset(y, 0, w.size * itemsize[w.code])
    if w.size == 0:
        return 0
    if w.code == FLOAT32:
        fg_window_max_pull_f32(g, <float *>x[0], <float *>x[1], <float *>x[2], <float *>y)
    else:
        fg_window_max_pull_f64(g, <double *>x[0], <double *>x[1], <double *>x[2], <double *>y)
    return 0


cdef bint lay_window_max_push(list arguments, dict metadata, work_t *w) except -1:
    cdef Tensor x_dot = arguments[0], x = arguments[1], y = arguments[2]
    cdef int n = x.shape_.ndim
    if not is_float(x) or not geometry(x.shape_.dims, n, metadata, w):
        return False
    over_windows(w, n, False, w.dims)
    if not matches(x_dot, x.code, n, x.shape_.dims) or not matches(y, x.code, n, w.dims):
        return False
    w.run = run_window_max_push
    return set_windows(w, x, n)


cdef int run_window_max_push(const work_t *w, char *y, char *const *x) noexcept nogil:
    cdef fg_windows *g = <fg_windows *>w.v
    if w.size == 0:
        return 0
    if w.code == FLOAT32:
        fg_window_max_push_f32(g, <float *>x[0], <float *>x[1], <float *>x[2], <float *>y)
    else:
        fg_window_max_push_f64(g, <double *>x[0], <double *>x[1], <double *>x[2], <double *>y)
    return 0


cdef layout_t windows_layout(str name) noexcept:
    """The layout of a kernel of this module, or NULL. Metadata are canonical."""
    if name == "patches":
        return lay_patches
    if name == "unpatches":
        return lay_unpatches
    if name == "window_max":
        return lay_window_max
    if name == "window_max_pull":
        return lay_window_max_pull
    if name == "window_max_push":
        return lay_window_max_push
    return NULL
