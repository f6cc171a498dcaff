"""Plain calls that compare elements: order, extremes of data with gaps, quantiles, sets, positions, counts."""

from cpython.long cimport PyLong_CheckExact
from cpython.object cimport PyObject
from libc.math cimport INFINITY, floor, isfinite
from libc.stdint cimport int64_t, uint64_t
from libc.string cimport memset

import numpy as np
cimport numpy as cnp

from ._kernels cimport argsort_t, functions, layout_named, sort_t
from ._loops cimport BOOL, COMPLEX128, FLOAT32, FLOAT64, INT64, itemsize
from ._plain cimport (
    axis_at, column, count_of, flat, floats_at, int_at, number_at, offer, part, tensor_at, tensors_at, vector_at,
    vector_of,
)
from ._plain_numbers cimport filled_gaps
from ._tensor cimport (
    CODE_DTYPES, Tensor, copy_tensor, data_view, scalar_tensor, tensor_like, tensor_of, wrap_array, writable_view,
)
from ._work cimport layout_t, run_layout

cnp.import_array()

cdef extern from "numpy/arrayobject.h":
    int PyArray_Partition(cnp.ndarray array, cnp.ndarray kth, int axis, int kind) except -1
    object PyArray_ArgPartition(cnp.ndarray array, cnp.ndarray kth, int axis, int kind)
    object PyArray_SearchSorted(cnp.ndarray array, object values, int side, PyObject *sorter)
    cnp.npy_intp PyArray_CountNonzero(cnp.ndarray array) except -1
    object PyArray_Nonzero(cnp.ndarray array)

cdef enum:
    QUICK = 0             # kinds of sorting
    STABLE = 2
    RIGHT = 1             # side
    SORTED = 1024         # elements, up to which sorting them takes less time than NumPy's partition
    FEW_POINTS = 1024     # that are looked for in less time than NumPy needs to take the arguments
    SPAN = 256            # of a set of ints that a table is made for

cdef layout_t ARGMAX = layout_named("argmax")
cdef layout_t ARGMIN = layout_named("argmin")
cdef layout_t CONCAT = layout_named("concat")

ctypedef fused number_t:
    float
    double
    int64_t


# ------------------------------------------------------------------------------------------------- sorting
cdef list patterns = [np.empty(0, dtype.np_dtype) for dtype in CODE_DTYPES]  # arrays to tell NumPy the dtype


cdef Tensor in_order(Tensor x):
    """x sorted along its last axis."""
    cdef Tensor y = copy_tensor(x)
    cdef Py_ssize_t k, n = x.shape_.dims[x.shape_.ndim - 1]
    cdef sort_t sort = functions[x.code].sort[QUICK]
    cdef void *array
    if sort == NULL:
        return None
    if n:
        array = <void *><PyObject *>patterns[x.code]
        for k in range(x.shape_.size // n):
            if sort(y.data + k * n * itemsize[x.code], n, array) < 0:
                return None
    return y


cdef Tensor order_of(Tensor x, int kind):
    """Where the elements of a vector come from when it is sorted."""
    cdef Tensor y = vector_of(INT64, x.shape_.size)
    cdef argsort_t sort = functions[x.code].argsort[kind]
    cdef void *array
    cdef Py_ssize_t k
    for k in range(x.shape_.size):
        (<int64_t *>y.data)[k] = k
    array = <void *><PyObject *>patterns[x.code]
    if sort == NULL or sort(x.data, <cnp.npy_intp *>y.data, x.shape_.size, array) < 0:
        return None
    return y


cdef object plain_sort(PyObject **given):
    cdef Tensor x = tensor_at(given[0])
    cdef int axis
    if x is None or x.shape_.ndim == 0 or not axis_at(given[1], -1, x.shape_.ndim, &axis):
        return None
    return in_order(x) if axis == x.shape_.ndim - 1 else None


cdef object plain_argsort(PyObject **given):
    cdef Tensor x = tensor_at(given[0])
    return order_of(x, QUICK) if x is not None and x.shape_.ndim == 1 else None


cdef object plain_sort_complex(PyObject **given):
    cdef Tensor x = tensor_at(given[0]), y
    cdef Py_ssize_t k
    if x is None or x.code != FLOAT64 or x.shape_.ndim == 0:
        return None
    x = in_order(x)
    if x is None:
        return None
    y = tensor_of(COMPLEX128, x.shape_.ndim, x.shape_.dims)
    for k in range(x.shape_.size):
        (<double *>y.data)[2 * k] = (<double *>x.data)[k]
        (<double *>y.data)[2 * k + 1] = 0
    return y


cdef object plain_lexsort(PyObject **given):
    """Of vectors, the last of which counts most."""
    cdef list keys = tensors_at(given[0])
    cdef Tensor y, key
    cdef argsort_t sort
    cdef Py_ssize_t k
    if keys is None or (<Tensor>keys[0]).shape_.ndim != 1:
        return None
    sort = functions[(<Tensor>keys[0]).code].argsort[STABLE]
    y = vector_of(INT64, (<Tensor>keys[0]).shape_.size)
    for k in range(y.shape_.size):
        (<int64_t *>y.data)[k] = k
    for item in keys:
        key = item
        if sort == NULL or key.shape_.ndim != 1 or key.shape_.size != y.shape_.size:
            return None
        if sort(key.data, <cnp.npy_intp *>y.data, y.shape_.size, <void *><PyObject *>patterns[key.code]) < 0:
            return None
    return y


cdef object positions(Py_ssize_t a, Py_ssize_t b, Py_ssize_t c):
    """Three positions as NumPy's partition wants them."""
    cdef Tensor kth = vector_of(INT64, 3)
    (<int64_t *>kth.data)[0] = a
    (<int64_t *>kth.data)[1] = b
    (<int64_t *>kth.data)[2] = c
    return data_view(kth)


cdef object plain_partition(PyObject **given):
    cdef Tensor x = tensor_at(given[0]), y
    cdef Py_ssize_t kth
    if x is None or x.shape_.ndim != 1 or given[1] == NULL or not int_at(given[1], 0, &kth) or not (
            -x.shape_.size <= kth < x.shape_.size):
        return None
    y = copy_tensor(x)
    PyArray_Partition(writable_view(y), data_view(count_of(kth)), 0, 0)
    return y


cdef object plain_argpartition(PyObject **given):
    cdef Tensor x = tensor_at(given[0])
    cdef Py_ssize_t kth
    if x is None or x.shape_.ndim != 1 or given[1] == NULL or not int_at(given[1], 0, &kth) or not (
            -x.shape_.size <= kth < x.shape_.size):
        return None
    return wrap_array(PyArray_ArgPartition(data_view(x), data_view(count_of(kth)), 0, 0))


# ------------------------------------------------------------------------------------------------ quantiles
cdef Tensor ordered_at(Tensor x, Py_ssize_t a, Py_ssize_t b):
    """The elements of float64 with those in places at which they are when it is sorted; None if there are NaNs."""
    cdef Tensor y
    cdef double last
    cdef Py_ssize_t n = x.shape_.size
    if n <= SORTED:
        y = in_order(flat(x))
    else:
        y = flat(copy_tensor(x))
        PyArray_Partition(writable_view(y), positions(a, b, n - 1), 0, 0)
    if y is None:
        return None
    last = (<double *>y.data)[n - 1]
    return y if last == last else None


cdef Tensor without_nans(PyObject *given):
    """The elements of float64 that are numbers; None if there are none."""
    cdef Tensor x = floats_at(given), y
    cdef Py_ssize_t k, n = 0
    cdef double value
    if x is None or x.code != FLOAT64 or x.shape_.size == 0:
        return None
    y = vector_of(FLOAT64, x.shape_.size)
    for k in range(x.shape_.size):
        value = (<double *>x.data)[k]
        (<double *>y.data)[n] = value
        n += value == value
    return (y if n == y.shape_.size else part(y, 0, n)) if n else None


cdef object median_of(Tensor x):
    cdef Py_ssize_t half
    cdef double *y
    if x is None or x.code != FLOAT64 or x.shape_.size == 0:
        return None
    half = x.shape_.size // 2
    x = ordered_at(x, half - (half > 0), half)
    if x is None:
        return None
    y = <double *>x.data
    return scalar_tensor(FLOAT64, y[half] if x.shape_.size % 2 else (y[half - 1] + y[half]) / 2)


cdef object plain_median(PyObject **given):
    return median_of(floats_at(given[0]))


cdef object plain_nanmedian(PyObject **given):
    return median_of(without_nans(given[0]))


cdef object quantile_of(Tensor x, PyObject *given, double whole):
    """By linear interpolation, as NumPy's `_lerp`."""
    cdef double q, at, below, above, t, difference
    cdef Py_ssize_t low, high
    if x is None or x.code != FLOAT64 or x.shape_.size == 0 or given == NULL or not number_at(given, 0, &q):
        return None
    q = q if whole == 1 else q / whole
    if not 0 <= q <= 1:
        return None
    at = (x.shape_.size - 1) * q
    low = <Py_ssize_t>floor(at)
    high = low + 1 if low + 1 < x.shape_.size else low
    x = ordered_at(x, low, high)
    if x is None:
        return None
    below, above, t = (<double *>x.data)[low], (<double *>x.data)[high], at - low
    difference = above - below
    if whole == 1 and PyLong_CheckExact(<object>given):  # NumPy takes an element as it is, before 2.2 only finite ones
        return scalar_tensor(FLOAT64, below) if difference - difference == 0 else None
    return scalar_tensor(FLOAT64, above - difference * (1 - t) if t >= 0.5 else below + difference * t)


cdef object plain_quantile(PyObject **given):
    return quantile_of(floats_at(given[0]), given[1], 1)


cdef object plain_percentile(PyObject **given):
    return quantile_of(floats_at(given[0]), given[1], 100)


cdef object plain_nanquantile(PyObject **given):
    return quantile_of(without_nans(given[0]), given[1], 1)


cdef object plain_nanpercentile(PyObject **given):
    return quantile_of(without_nans(given[0]), given[1], 100)


# -------------------------------------------------------------------------------------------- extremes
cdef object extreme_place(PyObject *given, layout_t layout, double instead):
    """The position of an extreme among what is no NaN."""
    cdef Py_ssize_t found
    y = filled_gaps(given, instead, &found)
    return None if y is None else run_layout(layout, [y], {"axis": None, "keepdims": False})


cdef object plain_nanargmax(PyObject **given):
    return extreme_place(given[0], ARGMAX, -INFINITY)


cdef object plain_nanargmin(PyObject **given):
    return extreme_place(given[0], ARGMIN, INFINITY)


# ---------------------------------------------------------------------------------------------------- sets
cdef Tensor distinct(Tensor x):
    """The different elements of float64, float32 or int64, sorted; None if there are NaNs."""
    cdef Tensor y
    cdef Py_ssize_t n
    if x.code != FLOAT64 and x.code != INT64 and x.code != FLOAT32:
        return None
    y = in_order(flat(x))
    if y is None or y.shape_.size == 0:
        return y
    if y.code == INT64:
        n = drop_equal(<int64_t *>y.data, y.shape_.size)
    elif y.code == FLOAT64:
        n = drop_equal(<double *>y.data, y.shape_.size)
    else:
        n = drop_equal(<float *>y.data, y.shape_.size)
    return None if n == 0 else y if n == y.shape_.size else part(y, 0, n)


cdef Py_ssize_t drop_equal(number_t *y, Py_ssize_t n) noexcept:
    """Move the different elements to the front; their number, 0 if the last one is NaN."""
    cdef Py_ssize_t k, found = 0
    if y[n - 1] != y[n - 1]:
        return 0
    for k in range(1, n):
        found += y[k] != y[found]
        y[found] = y[k]
    return found + 1


cdef Tensor merged(PyObject **given, bint ones, bint both, bint others):
    """Elements of the first set only, of both and of the second one only, as is wanted, sorted."""
    cdef Tensor a = tensor_at(given[0]), b = tensor_at(given[1]), y
    cdef Py_ssize_t n
    if a is None or b is None or a.code != b.code:
        return None
    a, b = distinct(a), distinct(b)
    if a is None or b is None:
        return None
    y = vector_of(a.code, a.shape_.size + b.shape_.size)
    if a.code == INT64:
        n = merge(<int64_t *>y.data, <int64_t *>a.data, a.shape_.size, <int64_t *>b.data, b.shape_.size, ones, both,
                  others)
    elif a.code == FLOAT64:
        n = merge(<double *>y.data, <double *>a.data, a.shape_.size, <double *>b.data, b.shape_.size, ones, both,
                  others)
    else:
        n = merge(<float *>y.data, <float *>a.data, a.shape_.size, <float *>b.data, b.shape_.size, ones, both, others)
    return part(y, 0, n)


cdef Py_ssize_t merge(number_t *y, const number_t *a, Py_ssize_t n, const number_t *b, Py_ssize_t m, bint ones,
                      bint both, bint others) noexcept:
    cdef Py_ssize_t i = 0, k = 0, found = 0
    while i < n or k < m:
        if k == m or (i < n and a[i] < b[k]):
            if ones:
                y[found] = a[i]
                found += 1
            i += 1
        elif i == n or b[k] < a[i]:
            if others:
                y[found] = b[k]
                found += 1
            k += 1
        else:
            if both:
                y[found] = a[i]
                found += 1
            i += 1
            k += 1
    return found


cdef object plain_unique(PyObject **given):
    x = tensor_at(given[0])
    return None if x is None else distinct(x)


cdef object plain_union1d(PyObject **given):
    a, b = tensor_at(given[0]), tensor_at(given[1])
    if a is None or b is None or (<Tensor>a).code != (<Tensor>b).code:
        return None
    return distinct(run_layout(CONCAT, [flat(a), flat(b)], {"axis": 0}))


cdef object plain_intersect1d(PyObject **given):
    return merged(given, False, True, False)


cdef object plain_setdiff1d(PyObject **given):
    return merged(given, True, False, False)


cdef object plain_setxor1d(PyObject **given):
    return merged(given, True, False, True)


cdef int find_runs(Tensor x, Tensor order, Tensor starts, Tensor inverse) except -1:
    """Positions, in the sorted vector, at which its runs of equal elements start, and the run of each element; the
    number of runs. NaNs are all different."""
    cdef Py_ssize_t k, runs = 0
    cdef int64_t *at = <int64_t *>order.data
    cdef int64_t *start = <int64_t *>starts.data
    cdef int64_t *run = <int64_t *>inverse.data
    cdef bint new
    for k in range(x.shape_.size):
        if k == 0:
            new = True
        elif x.code == INT64:
            new = (<int64_t *>x.data)[at[k]] != (<int64_t *>x.data)[at[k - 1]]
        else:
            new = (<double *>x.data)[at[k]] != (<double *>x.data)[at[k - 1]]
        if new:
            start[runs] = k
            runs += 1
        run[at[k]] = runs - 1
    return <int>runs


cdef object unique_parts(PyObject *given, bint all_):
    """Different elements of float64 and int64, and where each went; `all_`: also their first places and counts."""
    cdef Tensor x = tensor_at(given), order, starts, inverse, values, places, counts
    cdef Py_ssize_t k, n, runs, size
    cdef int64_t *start
    if x is None or (x.code != INT64 and x.code != FLOAT64) or not 0 < x.shape_.size < 1 << 30:
        return None
    n = x.shape_.size
    order = order_of(flat(x), STABLE if all_ else QUICK)
    if order is None:
        return None
    starts, inverse = vector_of(INT64, n), tensor_of(INT64, x.shape_.ndim, x.shape_.dims)
    runs = find_runs(x, order, starts, inverse)
    start = <int64_t *>starts.data
    values = vector_of(x.code, runs)
    places = vector_of(INT64, runs)
    counts = vector_of(INT64, runs)
    for k in range(runs):
        (<int64_t *>places.data)[k] = (<int64_t *>order.data)[start[k]]
        (<int64_t *>values.data)[k] = (<int64_t *>x.data)[(<int64_t *>places.data)[k]]
        size = start[k + 1] if k + 1 < runs else n
        (<int64_t *>counts.data)[k] = size - start[k]
    if all_:
        return result_type("unique_all")._make((values, places, inverse, counts))
    return result_type("unique_inverse")._make((values, inverse))


cdef dict result_types = {}


cdef object result_type(str name):
    """The named tuple that a function of NumPy's returns."""
    found = result_types.get(name)
    if found is None:
        found = result_types[name] = type(getattr(np, name)(np.zeros(1)))
    return found


cdef object plain_unique_counts(PyObject **given):
    """Of float64 and int64 that hold no NaN."""
    cdef Tensor x = tensor_at(given[0]), values, counts
    cdef Py_ssize_t n, runs
    cdef int64_t *count
    if x is None or (x.code != INT64 and x.code != FLOAT64) or x.shape_.size == 0:
        return None
    values = in_order(flat(x))
    n = values.shape_.size
    if x.code == FLOAT64 and not (<double *>values.data)[n - 1] == (<double *>values.data)[n - 1]:
        return None
    counts = vector_of(INT64, n)
    count = <int64_t *>counts.data
    runs = count_equal(<double *>values.data, n, count) if x.code == FLOAT64 else (
        count_equal(<int64_t *>values.data, n, count))
    return result_type("unique_counts")._make((part(values, 0, runs), part(counts, 0, runs)))


cdef Py_ssize_t count_equal(number_t *y, Py_ssize_t n, int64_t *count) noexcept:
    """Move the different ones of sorted elements to the front, and count each; their number."""
    cdef Py_ssize_t k, found = 0, start = 0
    for k in range(1, n):
        count[found] = k - start
        if y[k] != y[found]:
            found += 1
            start = k
        y[found] = y[k]
    count[found] = n - start
    return found + 1


cdef object plain_unique_inverse(PyObject **given):
    return unique_parts(given[0], False)


cdef object plain_unique_all(PyObject **given):
    return unique_parts(given[0], True)


cdef object plain_isin(PyObject **given):
    """Elements of int64 that are among a few ints which lie close together."""
    cdef Tensor x = tensor_at(given[0]), y
    cdef Py_ssize_t value, low = 0, high = -1, k
    cdef char found[SPAN + 1]
    cdef uint64_t place
    if x is None or x.code != INT64 or given[1] == NULL or type(<object>given[1]) is not list:
        return None
    for item in <list>given[1]:
        if not int_at(<PyObject *>item, 0, &value) or not -(1 << 60) < value < 1 << 60:
            return None
        low, high = (value, value) if high < low else (min(low, value), max(high, value))
        if high - low >= SPAN:
            return None
    memset(found, 0, sizeof(found))
    for item in <list>given[1]:
        value = item
        found[value - low] = 1
    y = tensor_of(BOOL, x.shape_.ndim, x.shape_.dims)
    for k in range(x.shape_.size):
        place = <uint64_t>(<int64_t *>x.data)[k] - <uint64_t>low
        y.data[k] = found[place if place < SPAN else SPAN]
    return y


# --------------------------------------------------------------------------------------- positions, counts
cdef Tensor true_places(Tensor x):
    """Where the elements in order are true."""
    cdef Py_ssize_t k, n = 0, size = x.shape_.size
    cdef const char *truth = x.data
    cdef Tensor y
    if x.code != BOOL:
        return wrap_array(PyArray_Nonzero(data_view(flat(x)))[0])
    for k in range(size):
        n += truth[k]
    y = vector_of(INT64, n)
    k = size = 0
    while size < n:  # a place that is false is overwritten by the next one
        (<int64_t *>y.data)[size] = k
        size += truth[k]
        k += 1
    return y


cdef object plain_flatnonzero(PyObject **given):
    x = tensor_at(given[0])
    return None if x is None else true_places(x)


cdef object plain_nonzero(PyObject **given):
    x = tensor_at(given[0])
    return None if x is None or (<Tensor>x).shape_.ndim != 1 else (true_places(x),)


cdef object plain_argwhere(PyObject **given):
    x = tensor_at(given[0])
    return None if x is None or (<Tensor>x).shape_.ndim != 1 else column(true_places(x), False)


cdef object plain_count_nonzero(PyObject **given):
    x = tensor_at(given[0])
    return None if x is None else count_of(PyArray_CountNonzero(data_view(x)))


cdef object plain_bincount(PyObject **given):
    cdef Tensor x = tensor_at(given[0]), y
    cdef int64_t *places
    cdef int64_t largest = 0
    cdef Py_ssize_t k
    if x is None or x.code != INT64 or x.shape_.ndim != 1 or x.shape_.size == 0:
        return None
    places = <int64_t *>x.data
    for k in range(x.shape_.size):
        if places[k] < 0:
            return None
        largest = max(largest, places[k])
    if largest >= 1 << 40:
        return None
    y = vector_of(INT64, largest + 1)
    memset(y.data, 0, (largest + 1) * sizeof(int64_t))
    for k in range(x.shape_.size):
        (<int64_t *>y.data)[places[k]] += 1
    return y


cdef bint rises(Tensor x) noexcept:
    """True for float64 none of which is NaN or less than the one before."""
    cdef Py_ssize_t k
    for k in range(x.shape_.size - 1):
        if not (<double *>x.data)[k] <= (<double *>x.data)[k + 1]:
            return False
    return True


cdef object plain_digitize(PyObject **given):
    """Float64, between rising bounds."""
    cdef Tensor x = floats_at(given[0]), bounds = vector_at(given[1])
    if x is None or bounds is None or x.code != FLOAT64 or bounds.code != FLOAT64 or x.shape_.ndim == 0 or (
            not rises(bounds)):
        return None
    return wrap_array(PyArray_SearchSorted(data_view(bounds), data_view(x), RIGHT, NULL))


cdef Tensor edges_of(Tensor x, Py_ssize_t bins):
    """The edges of bins of one size between the extremes of finite float64."""
    cdef Tensor y
    cdef double first, last, width, value
    cdef Py_ssize_t k
    if x is None or x.code != FLOAT64 or x.shape_.size == 0 or not 0 < bins < 1 << 20:
        return None
    first = last = (<double *>x.data)[0]
    for k in range(x.shape_.size):
        value = (<double *>x.data)[k]
        if not isfinite(value):
            return None
        first, last = min(first, value), max(last, value)
    if first == last:
        first, last = first - 0.5, last + 0.5
    width = (last - first) / bins
    if not isfinite(width) or width == 0 or first + width == first:
        return None
    y = vector_of(FLOAT64, bins + 1)
    for k in range(bins):
        (<double *>y.data)[k] = k * width + first
    (<double *>y.data)[bins] = last
    return y


cdef object plain_histogram(PyObject **given):
    """Counts in bins of one size, with NumPy's care for their edges."""
    cdef Tensor x = floats_at(given[0]), counts, edges
    cdef Py_ssize_t k, at, bins
    cdef double first, last, value
    cdef double *edge
    edges = edges_of(x, bins) if int_at(given[1], 10, &bins) else None
    if edges is None:
        return None
    edge = <double *>edges.data
    first, last = edge[0], edge[bins]
    counts = vector_of(INT64, bins)
    memset(counts.data, 0, bins * sizeof(int64_t))
    for k in range(x.shape_.size):
        value = (<double *>x.data)[k]
        at = <Py_ssize_t>((value - first) / (last - first) * bins)
        at -= at == bins
        at -= value < edge[at]
        at += value >= edge[at + 1] and at != bins - 1
        (<int64_t *>counts.data)[at] += 1
    return counts, edges


cdef object plain_histogram2d(PyObject **given):
    """Counts of points, by two vectors, in as many bins along both axes."""
    cdef Tensor x = vector_at(given[0]), y = vector_at(given[1]), lines, columns, counts
    cdef Py_ssize_t dims[2]
    cdef Py_ssize_t k, i = 0, j = 0, bins
    if x is None or y is None or x.shape_.size != y.shape_.size or not int_at(given[2], 10, &bins) or bins > 1 << 12:
        return None
    lines, columns = edges_of(x, bins), edges_of(y, bins)
    if lines is None or columns is None:
        return None
    dims[0] = dims[1] = bins
    counts = tensor_of(FLOAT64, 2, dims)
    memset(counts.data, 0, counts.shape_.size * sizeof(double))
    for k in range(x.shape_.size):
        i = interval(<double *>lines.data, bins + 1, (<double *>x.data)[k], i)
        j = interval(<double *>columns.data, bins + 1, (<double *>y.data)[k], j)
        i -= i == bins
        j -= j == bins
        (<double *>counts.data)[i * bins + j] += 1
    return counts, lines, columns


cdef object plain_interp(PyObject **given):
    """Float64, as NumPy computes it."""
    cdef Tensor x = floats_at(given[0]), nodes = vector_at(given[1]), values = vector_at(given[2]), y
    cdef double *at
    cdef double *of
    cdef double slope, point, value
    cdef Py_ssize_t k, i = 0, n
    if x is None or nodes is None or values is None or x.code != FLOAT64 or nodes.code != FLOAT64 or (
            values.code != FLOAT64 or nodes.shape_.size != values.shape_.size or nodes.shape_.size < 2
            or x.shape_.ndim == 0 or x.shape_.size > FEW_POINTS or nodes.shape_.size > FEW_POINTS or not rises(nodes)):
        return None
    at, of, n = <double *>nodes.data, <double *>values.data, nodes.shape_.size
    y = tensor_like(x)
    for k in range(x.shape_.size):
        point = (<double *>x.data)[k]
        if point != point:
            value = point
        elif point < at[0]:
            value = of[0]
        elif point > at[n - 1]:
            value = of[n - 1]
        else:
            i = interval(at, n, point, i)
            if i == n - 1 or at[i] == point:
                value = of[i]
            else:
                slope = (of[i + 1] - of[i]) / (at[i + 1] - at[i])
                value = slope * (point - at[i]) + of[i]
                if value != value:
                    value = slope * (point - at[i + 1]) + of[i + 1]
                    if value != value and of[i] == of[i + 1]:
                        value = of[i]
        (<double *>y.data)[k] = value
    return y


cdef Py_ssize_t interval(const double *at, Py_ssize_t n, double point, Py_ssize_t guess) noexcept:
    """The last node that is not above a point between them; the guess is tried first."""
    cdef Py_ssize_t low = 0, high = n, middle
    if guess + 1 < n and at[guess] <= point < at[guess + 1]:
        return guess
    while low < high:
        middle = low + (high - low) // 2
        if point >= at[middle]:
            low = middle + 1
        else:
            high = middle
    return low - 1


offer("sort", plain_sort, 2)
offer("argsort", plain_argsort, 1)
offer("sort_complex", plain_sort_complex, 1)
offer("lexsort", plain_lexsort, 1)
offer("partition", plain_partition, 2)
offer("argpartition", plain_argpartition, 2)
offer("median", plain_median, 1)
offer("nanmedian", plain_nanmedian, 1)
offer("quantile", plain_quantile, 2)
offer("percentile", plain_percentile, 2)
offer("nanquantile", plain_nanquantile, 2)
offer("nanpercentile", plain_nanpercentile, 2)
offer("nanargmax", plain_nanargmax, 1)
offer("nanargmin", plain_nanargmin, 1)
offer("unique", plain_unique, 1)
offer("union1d", plain_union1d, 2)
offer("intersect1d", plain_intersect1d, 2)
offer("setdiff1d", plain_setdiff1d, 2)
offer("setxor1d", plain_setxor1d, 2)
offer("unique_counts", plain_unique_counts, 1)
offer("unique_inverse", plain_unique_inverse, 1)
offer("unique_all", plain_unique_all, 1)
offer("isin", plain_isin, 2)
offer("flatnonzero", plain_flatnonzero, 1)
offer("nonzero", plain_nonzero, 1)
offer("argwhere", plain_argwhere, 1)
offer("count_nonzero", plain_count_nonzero, 1)
offer("bincount", plain_bincount, 1)
offer("digitize", plain_digitize, 2)
offer("histogram", plain_histogram, 2)
offer("histogram2d", plain_histogram2d, 3)
offer("interp", plain_interp, 3)
