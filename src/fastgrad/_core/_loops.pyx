"""The typed table of C loops: NumPy's own inner loops by pointer, our vector loops, generated loops, copies, casts,
reductions.

Where a machine runs the loops of vecmath.h well, they stand for those of the ufuncs and rows everywhere: eager
operations, rules, single numbers. Other inner loops are taken from the ufunc objects (`functions`, `data`, `types`,
public in numpy/ufuncobject.h): the same bits as NumPy, without the cost of its call. Each is tried on a sample against
the ordinary call before it is used; one that differs is replaced by a loop that makes the ordinary call.
"""

import numpy as np
cimport numpy as cnp
from cpython.ref cimport Py_INCREF
from libc.string cimport memcpy

from ..dtypes import DTYPES

cnp.import_array()
cnp.import_ufunc()

cdef extern from "kernels.h" nogil:
    const int FG_MAX_NDIM
    void fg_iterate(fg_loop loop, int operands, char *const *data, const Py_ssize_t *strides, int ndim,
                    const Py_ssize_t *dims, bint tiling)
    const Py_ssize_t FG_SHORT_ROW
    void fg_gather(int size, char *to, const char *source, const Py_ssize_t *strides, int ndim,
                   const Py_ssize_t *dims)
    void fg_add_rows_f32(char *to, const char *source, Py_ssize_t n, Py_ssize_t m, Py_ssize_t step)
    void fg_add_rows_f64(char *to, const char *source, Py_ssize_t n, Py_ssize_t m, Py_ssize_t step)
    fg_loop_fn fg_copy_loop(int size)
    fg_loop_fn fg_select_loop(int size)
    fg_loop_fn fg_cast_loop(int source, int to)

# NumPy's own .pxd no longer names these fields (from 2.5 on); its header does.
cdef extern from "numpy/ufuncobject.h":
    ctypedef struct ufunc_t "PyUFuncObject":
        int nin
        int nargs
        void **functions
        void **data
        int ntypes
        char *types

cdef extern from "loops.h" nogil:
    const fg_row fg_rows[]
    const int fg_row_count
    fg_loop fg_library[][2]
    const char *fg_library_names[]
    const int fg_library_count

cdef extern from "vecmath.h" nogil:
    const int FG_LEVELS
    const int FG_VECTOR_COUNT
    ctypedef struct fg_vector_loops:
        fg_loop_fn loop
        fg_number_fn number
    ctypedef struct fg_vector:
        const char *name
        fg_vector_loops at[2][3]
        int inputs
        int until[2]
    const fg_vector fg_vector_table[]
    int fg_best_level()
    bint fg_fuses(int level)

cdef int promotion[CODES][CODES]
cdef dict code_of_num = {}
cdef dict row_index = {}
cdef dict vector_index = {}  # {name of a row: its place in fg_vector_table}
cdef int level  # the instruction set that this machine runs the vector loops in
cdef fg_loop add_loops[CODES]


cdef int promote(int a, int b) noexcept nogil:
    """NumPy's promotion of two dtypes."""
    return promotion[a][b]


cdef int promote_weak(int code, int weak) noexcept nogil:
    """NumPy 2's promotion of a dtype with a Python number of kind `weak` (a dtype code: bool, int, float or
    complex): the number adapts to the array unless it is of a higher kind."""
    if weak == COMPLEX128:
        if code >= COMPLEX64:
            return code
        return COMPLEX64 if code == FLOAT32 or code == FLOAT16 else COMPLEX128
    if weak == FLOAT64:
        return code if code >= FLOAT16 else FLOAT64
    if weak == INT64:
        return INT64 if code == BOOL else code
    return code


cdef fg_row *find_row(str name):
    """The generated loops of a row, or NULL."""
    at = row_index.get(name)
    return NULL if at is None else <fg_row *>&fg_rows[<int>at]


cdef void call_ufunc(char **args, const Py_ssize_t *n, const Py_ssize_t *steps, void *data) noexcept with gil:
    """The fallback loop: the ordinary call of the ufunc in `data` (a tuple: ufunc, dtypes), with out=."""
    cdef cnp.npy_intp stride, length = n[0]
    cdef int k
    ufunc, nums = <tuple>data
    try:
        operands = []
        for k in range(len(nums)):
            stride = steps[k]
            operands.append(cnp.PyArray_New(
                np.ndarray, 1, &length, nums[k], &stride, args[k], 0, cnp.NPY_ARRAY_WRITEABLE, <object>NULL))
        with np.errstate(all="ignore"):
            ufunc(*operands[:ufunc.nin], *operands[ufunc.nin:])
    except BaseException as error:  # a loop can't raise: its shapes and dtypes were checked before
        raise SystemError(f"calling {ufunc} failed") from error


cdef fg_loop_fn vector_loop(str name, int code):
    """The vector loop that stands for a row on this machine, NULL if none does."""
    cdef const fg_vector *v
    if name not in vector_index or not FLOAT32 <= code <= FLOAT64 or not fg_fuses(level):
        return NULL
    v = &fg_vector_table[<int>vector_index[name]]
    return v.at[code - FLOAT32][level].loop if level <= v.until[code - FLOAT32] else NULL


cdef fg_loop_fn row_loop(str name, int code):
    """The loop of a row that is a formula, NULL if it has none."""
    cdef fg_loop_fn fn = vector_loop(name, code)
    return fn if fn != NULL else find_row(name).forward[code - FLOAT32]


cdef fg_number_fn number_function(fg_loop loop) noexcept nogil:
    """The function of one number, or of two, that gives the bits of this loop; NULL if there is none."""
    cdef int k, a
    for k in range(FG_VECTOR_COUNT):
        for a in range(2):
            if loop.fn != NULL and loop.fn == fg_vector_table[k].at[a][level].loop:
                return fg_vector_table[k].at[a][level].number
    return NULL


cdef int resolve_ufunc(object ufunc, int code, fg_loop *loop, int *in_code, int *out_code) except -1:
    """Find the inner loop of a ufunc for inputs of one dtype.

    Fills the loop, the dtype that inputs must be cast to and that of the output. TypeError if there is none.
    """
    cdef ufunc_t *u = <ufunc_t *>ufunc
    cdef int k, j, num
    cdef bint exact, fits
    cdef int best = -1
    loop.fn = vector_loop(ufunc.__name__, code) if getattr(np, ufunc.__name__, None) is ufunc else NULL
    if loop.fn != NULL:
        loop.data = NULL
        in_code[0] = out_code[0] = code
        return 0
    for k in range(u.ntypes):
        exact = fits = True
        for j in range(u.nin):
            num = (<signed char *>u.types)[k * u.nargs + j]
            if num not in code_of_num:
                exact = fits = False
                break
            exact = exact and num == type_num[code]
            fits = fits and cnp.PyArray_CanCastSafely(type_num[code], num)
        if exact:
            best = k
            break
        if fits and best < 0:
            best = k
    if best < 0:
        raise TypeError(f"{ufunc.__name__} has no meaning for {DTYPES[code].name}")
    cdef list nums = []
    for j in range(u.nargs):
        num = (<signed char *>u.types)[best * u.nargs + j]
        nums.append(num)
    in_code[0] = code_of_num[nums[0]]
    out_code[0] = code_of_num[nums[u.nin]]
    loop.fn = <fg_loop_fn>u.functions[best]
    loop.data = NULL if u.data == NULL else u.data[best]
    if not trustworthy(loop[0], ufunc, nums):
        held = (ufunc, nums)
        Py_INCREF(held)  # lives as long as the table
        loop.fn = <fg_loop_fn>call_ufunc
        loop.data = <void *>held
    return 0


cdef int fill_library(dict ufuncs) except -1:
    """Find the loops that generated code calls, as far as these ufuncs (by name) have them."""
    cdef int k, a, in_code, out_code
    for k in range(fg_library_count):
        ufunc = ufuncs.get((<bytes>fg_library_names[k]).decode())
        if ufunc is not None:
            for a in range(2):
                resolve_ufunc(ufunc, FLOAT32 + a, &fg_library[k][a], &in_code, &out_code)
    return 0


cdef fg_loop ufunc_loop(object ufunc, int code) except *:
    """The bare loop of a ufunc for exactly this dtype, untested; NULL if there is none."""
    cdef ufunc_t *u = <ufunc_t *>ufunc
    cdef fg_loop loop
    cdef int k
    loop.fn = NULL
    loop.data = NULL
    for k in range(u.ntypes):
        if (<signed char *>u.types)[k * u.nargs] == type_num[code]:
            loop.fn = <fg_loop_fn>u.functions[k]
            loop.data = NULL if u.data == NULL else u.data[k]
            break
    return loop


cdef fg_loop gufunc_loop(object module, str name, str signature, str types, dict sizes) except *:
    """The bare loop of one of NumPy's own gufuncs; NULL where this NumPy has none by that name, or one of another kind.

    It takes a size for each name of the signature behind that of the batch, and steps along the batch for each operand
    before those along axes of the signature. sizes: those to try it with. Other ufuncs are gufuncs of numbers.
    """
    cdef object gufunc = getattr(module, name, None)
    cdef ufunc_t *u
    cdef fg_loop loop
    cdef Py_ssize_t k
    loop.fn = NULL
    loop.data = NULL
    if not isinstance(gufunc, np.ufunc) or types not in gufunc.types:
        return loop
    given = gufunc.signature or ",".join(["()"] * gufunc.nin) + "->" + ",".join(["()"] * gufunc.nout)
    if given.replace(" ", "") != signature:
        return loop
    u = <ufunc_t *>gufunc
    k = gufunc.types.index(types)
    if k >= u.ntypes or u.nargs > MAX_OPERANDS or u.functions[k] == NULL:
        return loop
    loop.fn = <fg_loop_fn>u.functions[k]
    loop.data = NULL if u.data == NULL else u.data[k]
    if not trustworthy_on_axes(loop, gufunc, signature, types, sizes):
        loop.fn = NULL
    return loop


cdef bint trustworthy_on_axes(fg_loop loop, gufunc, str signature, str types, dict sizes):
    """True if the bare loop of a gufunc gives the bits of the ordinary call on a sample."""
    cdef char *args[MAX_OPERANDS]
    cdef Py_ssize_t steps[4 * MAX_OPERANDS]
    cdef Py_ssize_t dims[4 * MAX_OPERANDS]
    cdef Py_ssize_t n = 1
    cdef cnp.ndarray array
    cdef int k = 0
    axes = [part.strip("()").replace(",", " ").split() for part in signature.replace("->", ",").split("),")]
    arrays = [np.full([sizes[name] for name in names], 0.25).astype(char)
              for names, char in zip(axes, types.replace("->", ""), strict=True)]
    for array in arrays:
        if array.ndim == 2:
            np.fill_diagonal(array, [2, 3])
    wants = [array.copy() for array in arrays]
    with np.errstate(all="ignore"):
        gufunc(*wants[:gufunc.nin], out=tuple(wants[gufunc.nin:]))
    dims[0] = 1
    for name in dict.fromkeys([name for names in axes for name in names]):
        dims[n] = sizes[name]
        n += 1
    n = len(arrays)
    for array in arrays:
        args[k] = <char *>cnp.PyArray_DATA(array)
        steps[k] = 0
        k += 1
        for step in (<object>array).strides:
            steps[n] = step
            n += 1
    loop.fn(args, dims, steps, loop.data)
    return all([got.tobytes() == want.tobytes() for got, want in zip(arrays, wants)])


cdef bint trustworthy(fg_loop loop, ufunc, nums):
    """True if the bare loop gives the bits of the ordinary call on a sample."""
    cdef char *args[MAX_OPERANDS]
    cdef Py_ssize_t steps[MAX_OPERANDS]
    cdef Py_ssize_t n = 3
    cdef cnp.ndarray array
    cdef int k
    inputs = [np.array([0.25 + 0.5 * k, 0.75, 0.5]).astype(cnp.PyArray_DescrFromType(num))
              for k, num in enumerate(nums[:ufunc.nin])]
    with np.errstate(all="ignore"):
        want = ufunc(*inputs)
    got = np.zeros(3, want.dtype)
    if want.dtype.num != nums[ufunc.nin]:
        return False
    for k, array in enumerate([*inputs, got]):
        args[k] = <char *>cnp.PyArray_DATA(array)
        steps[k] = array.itemsize
    loop.fn(args, &n, steps, loop.data)
    return got.tobytes() == want.tobytes()


cdef fg_loop select_loop(int code) noexcept:
    """`condition ? a : b` for a dtype that has no generated loop."""
    cdef fg_loop loop
    loop.fn = fg_select_loop(itemsize[code])
    loop.data = NULL
    return loop


cdef void iterate(fg_loop loop, int operands, char *const *data, const Py_ssize_t *strides, int ndim,
                  const Py_ssize_t *dims) noexcept nogil:
    """Run an elementwise loop over an n-d space; byte strides of operand k start at strides[k * MAX_NDIM], and
    come from broadcasting contiguous operands."""
    fg_iterate(loop, operands, data, strides, ndim, dims, True)


cdef void contiguous_strides(int code, Py_ssize_t *strides, int ndim, const Py_ssize_t *dims) noexcept nogil:
    cdef Py_ssize_t step = itemsize[code]
    cdef int axis
    for axis in range(ndim - 1, -1, -1):
        strides[axis] = step
        step *= dims[axis]


cdef void copy_strided(int code, char *to, const char *source, const Py_ssize_t *strides, int ndim,
                       const Py_ssize_t *dims) noexcept nogil:
    """Gather strided elements into contiguous memory."""
    fg_gather(itemsize[code], to, source, strides, ndim, dims)


cdef void into_strided(fg_loop loop, int operands, int code, char *to, const Py_ssize_t *strides, const char *source,
                       int ndim, const Py_ssize_t *dims) noexcept nogil:
    """Run a loop from contiguous elements, and the places if there is an operand for them, into strided places."""
    cdef Py_ssize_t s[3 * 64]
    cdef char *data[3]
    cdef int k = operands - 2
    data[0] = data[operands - 1] = to
    data[k] = <char *>source
    memcpy(s, strides, ndim * sizeof(Py_ssize_t))
    memcpy(s + (operands - 1) * FG_MAX_NDIM, strides, ndim * sizeof(Py_ssize_t))
    contiguous_strides(code, s + k * FG_MAX_NDIM, ndim, dims)
    fg_iterate(loop, operands, data, s, ndim, dims, False)


cdef void add_strided(int code, char *to, const Py_ssize_t *strides, const char *source, int ndim,
                      const Py_ssize_t *dims) noexcept nogil:
    """Add contiguous elements into strided places."""
    into_strided(add_loops[code], 3, code, to, strides, source, ndim, dims)


cdef void put_strided(int code, char *to, const Py_ssize_t *strides, const char *source, int ndim,
                      const Py_ssize_t *dims) noexcept nogil:
    """Put contiguous elements into strided places."""
    cdef fg_loop loop
    loop.fn = fg_copy_loop(itemsize[code])
    loop.data = NULL
    into_strided(loop, 2, code, to, strides, source, ndim, dims)


cdef fg_loop cast_loop(int source_code, int code) noexcept nogil:
    """The loop that casts; its `fn` is NULL if there is no C loop for this pair."""
    cdef fg_loop loop
    loop.fn = fg_copy_loop(itemsize[code]) if source_code == code else fg_cast_loop(source_code, code)
    loop.data = NULL
    return loop


cdef bint cast_contiguous(int source_code, char *source, int code, char *to, Py_ssize_t n) noexcept nogil:
    """Cast n contiguous elements; False if there is no C loop for this pair."""
    cdef fg_loop_fn fn = cast_loop(source_code, code).fn
    cdef char *args[2]
    cdef Py_ssize_t steps[2]
    if fn == NULL:
        return False
    args[0] = source
    args[1] = to
    steps[0] = itemsize[source_code]
    steps[1] = itemsize[code]
    fn(args, &n, steps, NULL)
    return True


cdef void reduce_strided(fg_loop loop, int code, char *to, const char *source, const Py_ssize_t *outer_dims,
                         const Py_ssize_t *outer_strides, int outer, const Py_ssize_t *inner_dims,
                         const Py_ssize_t *inner_strides, int inner) noexcept nogil:
    """Reduce the inner axes with a binary ufunc's loop, which sums pairwise when its output stands still.

    `to` (contiguous over the outer axes) must hold the start value. When the last outer axis is the most
    contiguous one the loop runs along it, row by row, as NumPy does.
    """
    cdef Py_ssize_t s[3 * 64]
    cdef Py_ssize_t d[64]
    cdef char *data[3]
    cdef int axis, n = 0, order, k
    cdef Py_ssize_t step
    cdef bint along_outer = (
        outer > 0 and inner > 0 and outer_strides[outer - 1] < inner_strides[inner - 1])
    # A few elements are added up one by one anyway: then rather a long loop over the results than one for each.
    if outer > 0 and inner == 1 and inner_dims[0] < 8 and outer_dims[outer - 1] > inner_dims[0]:
        along_outer = True
    if along_outer and outer == 1 and outer_dims[0] < FG_SHORT_ROW and loop.fn == add_loops[code].fn and (
            code == FLOAT32 or code == FLOAT64) and outer_strides[0] == itemsize[code]:
        step = 1
        for axis in range(inner - 1, -1, -1):
            if inner_strides[axis] != step * inner_strides[inner - 1]:
                break
            step *= inner_dims[axis]
        else:  # the inner axes are one
            if code == FLOAT32:
                fg_add_rows_f32(to, source, step, outer_dims[0], inner_strides[inner - 1])
            else:
                fg_add_rows_f64(to, source, step, outer_dims[0], inner_strides[inner - 1])
            return
    # Axes from slowest to fastest: the inner axes last, unless memory runs along the outer ones.
    for order in range(2):
        if (order == 0) == along_outer:
            for axis in range(inner):
                d[n] = inner_dims[axis]
                s[n] = s[2 * FG_MAX_NDIM + n] = 0
                s[FG_MAX_NDIM + n] = inner_strides[axis]
                n += 1
        else:
            step = itemsize[code]
            for axis in range(outer - 1, -1, -1):
                k = n + axis
                d[k] = outer_dims[axis]
                s[k] = s[2 * FG_MAX_NDIM + k] = step
                s[FG_MAX_NDIM + k] = outer_strides[axis]
                step *= outer_dims[axis]
            n += outer
    data[0] = data[2] = to
    data[1] = <char *>source
    fg_iterate(loop, 3, data, s, n, d, False)


cdef void add_contiguous(int code, char *to, char *source, Py_ssize_t n) noexcept nogil:
    """to += source."""
    cdef char *args[3]
    cdef Py_ssize_t steps[3]
    args[0] = args[2] = to
    args[1] = source
    steps[0] = steps[1] = steps[2] = itemsize[code]
    add_loops[code].fn(args, &n, steps, add_loops[code].data)


def describe_loop(ufunc, int code):
    """For tests: (input dtype, output dtype, is NumPy's own loop) of what `resolve_ufunc` finds."""
    cdef fg_loop loop
    cdef int in_code, out_code
    if not isinstance(ufunc, np.ufunc) or not 0 <= code < CODES:
        raise TypeError("describe_loop takes a ufunc and the code of a dtype")
    resolve_ufunc(ufunc, code, &loop, &in_code, &out_code)
    return DTYPES[in_code], DTYPES[out_code], loop.fn != <fg_loop_fn>call_ufunc


def vector_loops():
    """For tests: [(row, dtype)] of the vector loops, and how many instruction sets can run them here."""
    return [(name, DTYPES[code].np_dtype) for name in vector_index for code in (FLOAT32, FLOAT64)], level + 1


def uses_vector_loop(name, dtype):
    """For tests: True if the vector loop stands for this row."""
    return vector_loop(name, code_of_num[dtype.num]) != NULL


cdef const fg_vector *checked_vector(str name, int at, tuple operands) except NULL:
    cdef const fg_vector *v = &fg_vector_table[<int>vector_index[name]]
    cdef cnp.ndarray x
    if not 0 <= at <= level:
        raise ValueError(f"this machine has the levels 0 to {level}, not {at}")
    if len(operands) != v.inputs + 1 or any(x.ndim != 1 or len(x) != len(operands[0]) for x in operands):
        raise ValueError("a vector loop takes inputs and output, 1-d arrays of one length")
    if operands[0].dtype.num not in (cnp.NPY_FLOAT, cnp.NPY_DOUBLE) or any(
            x.dtype != operands[0].dtype or not x.flags.aligned for x in operands):
        raise TypeError("a vector loop takes aligned arrays of one dtype, float32 or float64")
    if not operands[v.inputs].flags.writeable:
        raise ValueError("the output is read-only")
    return v


def run_vector_loop(str name, int at, *operands, Py_ssize_t times=1, bint numpys=False):
    """For tests: the vector loop of a row for one instruction set, or NumPy's loop, over 1-d arrays; the last one is
    the output."""
    cdef const fg_vector *v = checked_vector(name, at, operands)
    cdef int code = code_of_num[operands[0].dtype.num]
    cdef fg_loop loop = fg_loop(v.at[code - FLOAT32][at].loop, NULL)
    cdef char *args[MAX_OPERANDS]
    cdef Py_ssize_t steps[MAX_OPERANDS]
    cdef Py_ssize_t n = len(operands[0])
    cdef int k
    cdef cnp.ndarray x
    for k, x in enumerate(operands):
        args[k] = <char *>cnp.PyArray_DATA(x)
        steps[k] = x.strides[0]
    if numpys:
        loop = ufunc_loop(getattr(np, name), code)
    for _ in range(times):
        loop.fn(args, &n, steps, loop.data)


def run_number_function(str name, int at, *operands):
    """For tests: the same, one element at a time, by the function that `number_function` finds."""
    cdef const fg_vector *v = checked_vector(name, at, operands)
    cdef int code = code_of_num[operands[0].dtype.num]
    cdef fg_number_fn fn = v.at[code - FLOAT32][at].number
    cdef double x, z
    for k in range(len(operands[0])):
        x = operands[0][k]
        if v.inputs == 1:
            y = (<float (*)(float) noexcept>fn)(<float>x) if code == FLOAT32 else (<double (*)(double) noexcept>fn)(x)
        else:
            z = operands[1][k]
            y = ((<float (*)(float, float) noexcept>fn)(<float>x, <float>z) if code == FLOAT32
                 else (<double (*)(double, double) noexcept>fn)(x, z))
        operands[v.inputs][k] = y


cdef int fill_tables() except -1:
    global level
    cdef int a, b, k, in_code, out_code
    for k in range(CODES):
        itemsize[k] = DTYPES[k].size
        type_num[k] = DTYPES[k].np_dtype.num
        code_of_num[type_num[k]] = k
    itemsize[WEAK_INT] = itemsize[WEAK_FLOAT] = 8
    for a in range(CODES):
        for b in range(CODES):
            promotion[a][b] = code_of_num[np.promote_types(DTYPES[a].np_dtype, DTYPES[b].np_dtype).num]
    for k in range(fg_row_count):
        row_index[(<bytes>fg_rows[k].name).decode()] = k
    level = fg_best_level()
    for k in range(FG_VECTOR_COUNT):
        vector_index[(<bytes>fg_vector_table[k].name).decode()] = k
    fill_library(vars(np))
    for a in (FLOAT16, FLOAT32, FLOAT64, COMPLEX64, COMPLEX128):
        resolve_ufunc(np.add, a, &add_loops[a], &in_code, &out_code)
    return 0


fill_tables()
