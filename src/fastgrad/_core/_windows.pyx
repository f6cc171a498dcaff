"""C kernels of convolutions and pools: windows over float Tensors with up to three spatial axes."""

from libc.string cimport memset

from ._buffer cimport MAX_NDIM
from ._loops cimport FLOAT32, itemsize
from ._tensor cimport Tensor, is_float, tensor_new, tensor_of

cdef extern from "windows.h" nogil:
    ctypedef struct fg_windows:
        Py_ssize_t batch
        Py_ssize_t channels
        Py_ssize_t *in_ "in"
        Py_ssize_t *out
        Py_ssize_t *size
        Py_ssize_t *stride
        Py_ssize_t *dilation
        Py_ssize_t *before
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


cdef int geometry(fg_windows *w, tuple shape, dict metadata) except -1:
    """The windows over an array of `shape`; leading spatial axes of size 1 make three."""
    cdef tuple sizes = metadata["sizes"]
    cdef int count = len(sizes), skip = 3 - count, k
    w.batch = shape[0]
    w.channels = shape[count + 1]
    for k in range(3):
        if k < skip:
            w.in_[k] = w.out[k] = w.size[k] = w.stride[k] = w.dilation[k] = 1
            w.before[k] = 0
            continue
        w.in_[k] = shape[k - skip + 1]
        w.size[k] = sizes[k - skip]
        w.stride[k] = metadata["strides"][k - skip]
        w.dilation[k] = metadata["dilations"][k - skip]
        before, after = metadata["padding"][k - skip]
        w.before[k] = before
        w.out[k] = (before + w.in_[k] + <Py_ssize_t>after - (w.size[k] - 1) * w.dilation[k] - 1) // w.stride[k] + 1
    return 0


cdef Tensor over_windows(int code, fg_windows *w, int count, bint taps):
    """A Tensor with a place for each window, or for each tap of each."""
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k, n = 0
    dims[0] = w.batch
    for k in range(3 - count, 3):
        n += 1
        dims[n] = w.out[k]
    if taps:
        n += 1
        dims[n] = w.size[0] * w.size[1] * w.size[2]
    dims[n + 1] = w.channels
    return tensor_of(code, n + 2, dims)


cdef tuple shape_of(Tensor t):
    return tuple([t.shape_.dims[k] for k in range(t.shape_.ndim)])


cdef Tensor patches(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef fg_windows w
    if not is_float(x) or len(metadata["sizes"]) > 3:
        return None
    geometry(&w, shape_of(x), metadata)
    y = over_windows(x.code, &w, len(metadata["sizes"]), True)
    if y.shape_.size:
        with nogil:
            if x.code == FLOAT32:
                fg_patches_f32(&w, <float *>x.data, <float *>y.data)
            else:
                fg_patches_f64(&w, <double *>x.data, <double *>y.data)
    return y


cdef Tensor unpatches(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef fg_windows w
    cdef Py_ssize_t dims[MAX_NDIM]
    cdef int k
    if not is_float(x) or len(metadata["sizes"]) > 3:
        return None
    shape = metadata["shape"]
    geometry(&w, shape, metadata)
    for k in range(len(shape)):
        dims[k] = shape[k]
    y = tensor_of(x.code, len(shape), dims)
    memset(y.data, 0, y.shape_.size * itemsize[y.code])
    if x.shape_.size:
        with nogil:
            if x.code == FLOAT32:
                fg_unpatches_f32(&w, <float *>x.data, <float *>y.data)
            else:
                fg_unpatches_f64(&w, <double *>x.data, <double *>y.data)
    return y


cdef Tensor window_max(list arguments, dict metadata):
    cdef Tensor x = arguments[0], y
    cdef fg_windows w
    if not is_float(x) or len(metadata["sizes"]) > 3:
        return None
    geometry(&w, shape_of(x), metadata)
    y = over_windows(x.code, &w, len(metadata["sizes"]), False)
    if y.shape_.size:
        with nogil:
            if x.code == FLOAT32:
                fg_window_max_f32(&w, <float *>x.data, <float *>y.data)
            else:
                fg_window_max_f64(&w, <double *>x.data, <double *>y.data)
    return y


cdef bint matches(Tensor t, Tensor like) noexcept:
    cdef int k
    if t.code != like.code or t.shape_.ndim != like.shape_.ndim:
        return False
    for k in range(t.shape_.ndim):
        if t.shape_.dims[k] != like.shape_.dims[k]:
            return False
    return True


cdef Tensor window_max_pull(list arguments, dict metadata):
    cdef Tensor ct = arguments[0], x = arguments[1], y = arguments[2], total, pattern
    cdef fg_windows w
    if not is_float(x) or len(metadata["sizes"]) > 3:
        return None
    geometry(&w, shape_of(x), metadata)
    pattern = over_windows(x.code, &w, len(metadata["sizes"]), False)
    if not matches(ct, pattern) or not matches(y, pattern):
        return None
    total = tensor_new(x.code, x.shape_)
    memset(total.data, 0, total.shape_.size * itemsize[x.code])
    if y.shape_.size:
        with nogil:
            if x.code == FLOAT32:
                fg_window_max_pull_f32(&w, <float *>ct.data, <float *>x.data, <float *>y.data,
                                       <float *>total.data)
            else:
                fg_window_max_pull_f64(&w, <double *>ct.data, <double *>x.data, <double *>y.data,
                                       <double *>total.data)
    return total


cdef Tensor window_max_push(list arguments, dict metadata):
    cdef Tensor x_dot = arguments[0], x = arguments[1], y = arguments[2], y_dot
    cdef fg_windows w
    if not is_float(x) or not matches(x_dot, x) or len(metadata["sizes"]) > 3:
        return None
    geometry(&w, shape_of(x), metadata)
    y_dot = over_windows(x.code, &w, len(metadata["sizes"]), False)
    if not matches(y, y_dot):
        return None
    if y.shape_.size:
        with nogil:
            if x.code == FLOAT32:
                fg_window_max_push_f32(&w, <float *>x_dot.data, <float *>x.data, <float *>y.data,
                                       <float *>y_dot.data)
            else:
                fg_window_max_push_f64(&w, <double *>x_dot.data, <double *>x.data, <double *>y.data,
                                       <double *>y_dot.data)
    return y_dot
