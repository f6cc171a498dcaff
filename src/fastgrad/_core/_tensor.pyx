"""Tensor and Variable: data, Python protocols, conversion to and from NumPy.

They know no operation: what operators, indexing and assignment do is looked up in `hooks`, a table of C
functions that `_dispatch` and `_trace` fill in. Operators are C slots, so no Python frame stands between
``a * b`` and its loop.

Two kinds of Tensors are no arrays, and have codes of their own, for which there are no loops; so the fast paths, which
compare codes, need not ask for them. A *weak* one stands for a Python number, an argument of a function that is traced:
beside an array it takes that one's dtype. A *leaked* one was made in a trace that is over, and has no value.
"""

cimport cython
from cpython.buffer cimport PyBUF_FORMAT, PyBUF_WRITABLE
from cpython.object cimport PyObject, PyTypeObject
from libc.stdint cimport uint8_t, uint64_t
from libc.stdlib cimport free, malloc
from libc.string cimport memcpy, memset

import numpy as np
cimport numpy as cnp

from .. import _nest, _text, errors
from .._rules import NOTHING
from ..dtypes import DTYPES, as_dtype
from ..shapes import TensorShape

from ._buffer cimport (
    FG_DEBUG, buffer_borrow, buffer_drop, buffer_hold, buffer_new, fg_mul_overflows, live, shape_drop,
    shape_hold, shape_new, shape_t, buffer_t,
)
from ._loops cimport BOOL, CODES, FLOAT16, INT32, LEAKED, itemsize, type_num

cnp.import_array()

cdef extern from "Python.h":
    Py_ssize_t Py_REFCNT(PyObject *o)
    void PyErr_Fetch(PyObject **kind, PyObject **error, PyObject **traceback)
    void PyErr_Restore(PyObject *kind, PyObject *error, PyObject *traceback)

scalar_shape = shape_new(0, NULL)
CODE_DTYPES = DTYPES
cdef uint64_t n_variables = 0
cdef uint64_t n_initialised = 0

# The row behind each operator, in the order of the enum.
OPERATORS = ("add", "subtract", "multiply", "divide", "floor_divide", "remainder", "power", "matmul",
             "bitwise_and", "bitwise_or", "bitwise_xor", "less", "less_equal", "greater", "greater_equal",
             "equal", "not_equal", "negative", "absolute", "invert")


UNKNOWN = "isn't known while a function is traced"


# ------------------------------------------------------------------------------------------------- tensors
@cython.final
@cython.freelist(256)
cdef class Tensor:
    """An immutable array of one dtype, on which operations are recorded by the tapes that track it.

    Made by `constant`, `convert_to_tensor` and every operation; `t.numpy()` gives a fresh writable copy,
    `np.asarray(t)` a read-only view (unless a tape is recording t: then TypeError, so that leaving the tape
    is never silent).

    >>> fg.constant([1.0, 2.0]) * 2
    <fg.Tensor: shape=(2,), dtype=float32, numpy=array([2., 4.], dtype=float32)>
    """

    def __cinit__(self):
        self.shape_ = shape_hold(scalar_shape)
        self.data = <char *>self.small
        self.code = FLOAT32
        if FG_DEBUG:
            live.tensors += 1

    def __init__(self):
        raise TypeError("a Tensor is made by fg.constant, fg.convert_to_tensor or an operation")

    # ---- what it is
    @property
    def shape(self):
        """The shape, a `TensorShape` (a tuple)."""
        return shape_tuple(self.shape_)

    @property
    def dtype(self):
        """The element type, a `DType`."""
        if self.code >= CODES:
            return dtype_of_unusual(self)
        return CODE_DTYPES[self.code]

    @property
    def ndim(self):
        """The number of axes."""
        return self.shape_.ndim

    @property
    def size(self):
        """The number of elements."""
        return self.shape_.size

    def numpy(self):
        """A fresh NumPy array (a NumPy scalar for 0-d) with the values, off every tape."""
        return view_of(self).copy()[()]

    def ref(self):
        """A hashable reference to this object, for dict keys: ``t.ref().deref() is t``."""
        return Reference(self)

    # ---- Python protocols
    def __repr__(self):
        return described(self) if stands_in(self) else _text.tensor_repr(shown(self))

    def __str__(self):
        return described(self) if stands_in(self) else _text.tensor_str(shown(self))

    def __format__(self, str spec not None):
        return format(described(self), spec) if stands_in(self) else _text.format_tensor(shown(self), spec)

    def __bool__(self):
        if self.shape_.size != 1:
            raise ValueError(
                f"the truth value of a Tensor of shape {self.shape} is ambiguous: use fg.reduce_any or "
                "fg.reduce_all")
        return bool(view_of(self).item())

    def __float__(self):
        return float(one_number(self, "float"))

    def __int__(self):
        return int(one_number(self, "int"))

    def __complex__(self):
        return complex(one_number(self, "complex"))

    def __index__(self):
        value = one_number(self, "index")
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"only an integer Tensor can be an index, not one of dtype {self.dtype.name}")
        return value

    def __len__(self):
        if self.shape_.ndim == 0:
            raise TypeError("Scalar tensor has no `len()`")
        return self.shape_.dims[0]

    def __iter__(self):
        if self.shape_.ndim == 0:
            raise TypeError("Cannot iterate over a scalar tensor.")
        return (self[k] for k in range(self.shape_.dims[0]))

    def __setitem__(self, index, value):
        raise TypeError("a Tensor is immutable: 'fastgrad.Tensor' does not support item assignment. "
                        "Use a Variable, or fg.where / fg.concat to build a new Tensor")

    def __hash__(self):
        raise TypeError("Tensor is unhashable. Instead, use tensor.ref() as the key.")

    def __getattr__(self, name):
        hint = ""
        if name in ("assign", "assign_add", "assign_sub", "trainable"):
            hint = ". A Tensor is immutable: use a fg.Variable for state"
        elif name in ("fill", "itemset", "partition", "put", "resize", "setfield", "setflags", "sort"):
            hint = ". A Tensor is immutable: use a function that returns a new one (np.sort, t.at[index].set)"
        elif name not in ("__array_struct__", "__array_interface__"):
            hint = errors.suggest(name, dir(Tensor))
        raise AttributeError(f"'fastgrad.Tensor' object has no attribute '{name}'{hint}")

    def __reduce__(self):
        return restore_tensor, (view_of(self).copy(),)

    def __copy__(self):
        return self

    def __deepcopy__(self, memo):
        return wrap_array(view_of(self).copy())

    # ---- NumPy
    def __array__(self, dtype=None, copy=None):
        if hooks.tracked(self):
            raise TypeError(leaving_text("__array__"))
        view = view_of(self)
        if dtype is not None and np.dtype(dtype) != view.dtype:
            if copy is False:
                raise ValueError(f"a Tensor of dtype {self.dtype.name} can't be seen as {dtype} without a copy")
            return view.astype(dtype)
        return view.copy() if copy else view

    def __getbuffer__(self, Py_buffer *buffer, int flags):
        if stands_in(self):
            raise BufferError(traced_text("a Tensor") if self.code != LEAKED else str(unusable(self)))
        if hooks.tracked(self):
            raise BufferError(leaving_text("the buffer protocol"))
        if self.node:
            hooks.look(self)
        if flags & PyBUF_WRITABLE == PyBUF_WRITABLE:
            raise BufferError("a Tensor is read-only")
        cdef int axis
        cdef Py_ssize_t step = itemsize[self.code]
        buffer.buf = self.data
        buffer.obj = self
        buffer.len = self.shape_.size * itemsize[self.code]
        buffer.itemsize = itemsize[self.code]
        buffer.readonly = 1
        buffer.ndim = self.shape_.ndim
        buffer.format = <char *>FORMATS[self.code] if flags & PyBUF_FORMAT else NULL
        buffer.suboffsets = NULL
        # shape, then strides, freed by __releasebuffer__
        cdef Py_ssize_t *numbers = <Py_ssize_t *>malloc((2 * self.shape_.ndim + 1) * sizeof(Py_ssize_t))
        if numbers == NULL:
            raise MemoryError()
        for axis in range(self.shape_.ndim - 1, -1, -1):
            numbers[axis] = self.shape_.dims[axis]
            numbers[self.shape_.ndim + axis] = step
            step *= self.shape_.dims[axis]
        buffer.internal = numbers
        buffer.shape = numbers
        buffer.strides = numbers + self.shape_.ndim

    def __releasebuffer__(self, Py_buffer *buffer):
        free(buffer.internal)

    def __dlpack__(self, **options):
        if hooks.tracked(self):
            raise TypeError(leaving_text("__dlpack__"))
        return view_of(self).__dlpack__(**options)

    def __dlpack_device__(self):
        return view_of(self).__dlpack_device__()

    def __getitem__(self, index):
        return hooks.call("getitem", self, index)

    # ---- operators, which Variable takes over: none looks inside `self`
    def __add__(a, b): return hooks.operate(OP_ADD, a, b)
    def __sub__(a, b): return hooks.operate(OP_SUBTRACT, a, b)
    def __mul__(a, b): return hooks.operate(OP_MULTIPLY, a, b)
    def __truediv__(a, b): return hooks.operate(OP_DIVIDE, a, b)
    def __floordiv__(a, b): return hooks.operate(OP_FLOOR_DIVIDE, a, b)
    def __mod__(a, b): return hooks.operate(OP_REMAINDER, a, b)

    def __pow__(a, b, modulus):
        if modulus is not None:
            return NotImplemented
        return hooks.operate(OP_POWER, a, b)

    def __matmul__(a, b): return hooks.operate(OP_MATMUL, a, b)
    def __and__(a, b): return hooks.operate(OP_AND, a, b)
    def __or__(a, b): return hooks.operate(OP_OR, a, b)
    def __xor__(a, b): return hooks.operate(OP_XOR, a, b)
    def __neg__(self): return hooks.operate(OP_NEGATIVE, self, None)
    def __abs__(self): return hooks.operate(OP_ABSOLUTE, self, None)
    def __invert__(self): return hooks.operate(OP_NOT, self, None)
    def __lt__(a, b): return hooks.operate(OP_LESS, a, b)
    def __le__(a, b): return hooks.operate(OP_LESS_EQUAL, a, b)
    def __gt__(a, b): return hooks.operate(OP_GREATER, a, b)
    def __ge__(a, b): return hooks.operate(OP_GREATER_EQUAL, a, b)
    def __eq__(a, b): return hooks.operate(OP_EQUAL, a, b)
    def __ne__(a, b): return hooks.operate(OP_NOT_EQUAL, a, b)
    def __divmod__(a, b): return a // b, a % b

    def __pos__(self): return self


cdef tuple FORMATS = (b"?", b"b", b"B", b"h", b"H", b"i", b"I", b"q", b"Q", b"e", b"f", b"d", b"Zf", b"Zd")
(<PyTypeObject *>Tensor).tp_name = "fastgrad.Tensor"

# What `__dealloc__` would do, but Cython has that save the exception that is set, a quarter of the time of a 0-d
# operation. Only where Python code may run is it needed.
ctypedef void (*destructor_t "destructor")(PyObject *) noexcept
cdef destructor_t free_tensor = (<PyTypeObject *>Tensor).tp_dealloc


cdef void drop_tensor(PyObject *o) noexcept:
    cdef PyObject *error[3]
    if (<Tensor>o).primal:
        PyErr_Fetch(&error[0], &error[1], &error[2])
        hooks.forget((<Tensor>o).slot)
        PyErr_Restore(error[0], error[1], error[2])
    if (<Tensor>o).birth:
        hooks.unborn((<Tensor>o).birth)
    shape_drop((<Tensor>o).shape_)
    if (<Tensor>o).buffer != NULL:
        buffer_drop((<Tensor>o).buffer)
    if FG_DEBUG:
        live.tensors -= 1
    free_tensor(o)


(<PyTypeObject *>Tensor).tp_dealloc = drop_tensor


# ----------------------------------------------------------------------------------------------- variables
cdef class Variable:
    """A named mutable cell that holds a Tensor; trainable ones are watched by the tapes that meet them.

    initial_value: number, list, ndarray, Tensor, Variable or a function without arguments that gives one; a
    copy is kept. Floats become float32 and ints int32 unless `dtype` is given; arrays keep their dtype.

    >>> x = fg.Variable(3.0, name="x")
    >>> x.assign_add(1.0)
    <fg.Variable 'UnreadVariable' shape=() dtype=float32, numpy=4.0>
    """

    def __cinit__(self, *args, **kwargs):
        global n_variables
        n_variables += 1
        self.serial = n_variables
        self.value = scalar_tensor(FLOAT32, 0.0)
        self.name_ = "Variable"

    def __init__(self, initial_value, trainable=None, validate_shape=True, name=None, dtype=None, shape=None):
        global n_initialised
        if self.made or self.root is not None:
            raise RuntimeError(f"Variable '{self.name}' exists already: use assign to change its value")
        if callable(initial_value):
            initial_value = hooks.untraced(initial_value) if hooks.tracing() else initial_value()
        cdef int code = -1 if dtype is None else as_dtype(dtype).code
        cdef Tensor value = hooks.convert(initial_value, code, "Variable")
        if self.made:
            raise RuntimeError("Variable: initialised again while its initial value was converted")
        if shape is not None and tuple(shape) != tuple(value.shape):
            raise ValueError(f"Variable: the initial value has shape {value.shape}, not {tuple(shape)}")
        if hooks.traced(value):
            raise ValueError(f"Variable: {traced_text('the initial value')}. A function without arguments that gives "
                             "the value is called outside of the trace: fg.Variable(lambda: ...)")
        self.value = reshaped(value, value.shape_)  # shares the data until the first assignment
        self.trainable = True if trainable is None else bool(trainable)
        self.name_ = "Variable" if name is None else str(name)
        self.made = True
        n_initialised += 1

    @property
    def shape(self):
        """The shape, a `TensorShape`; it can't change."""
        return shape_tuple(root(self).value.shape_)

    @property
    def dtype(self):
        """The element type, a `DType`; it can't change."""
        return CODE_DTYPES[root(self).value.code]

    @property
    def ndim(self):
        """The number of axes."""
        return root(self).value.shape_.ndim

    @property
    def size(self):
        """The number of elements."""
        return root(self).value.shape_.size

    @property
    def name(self):
        """The name, with the ``:0`` that graph programs expect."""
        return f"{self.name_}:0"

    def numpy(self):
        """A fresh NumPy copy of the value."""
        return view_of(value_now(self)).copy()[()]

    def read_value(self):
        """The value as a Tensor of its own, connected to the Variable on a tape."""
        return hooks.call("identity", self, NOTHING)

    def ref(self):
        """A hashable reference to this object, for dict keys."""
        return Reference(self)

    def assign(self, value, use_locking=False, name=None, read_value=True):
        """Replace the value (same shape; anything that converts to the dtype). Not differentiable."""
        return hooks.assign(self, -1, value, "assign")

    def assign_add(self, delta, use_locking=False, name=None, read_value=True):
        """Add `delta` in place. Not differentiable."""
        return hooks.assign(self, OP_ADD, delta, "assign_add")

    def assign_sub(self, delta, use_locking=False, name=None, read_value=True):
        """Subtract `delta` in place. Not differentiable."""
        return hooks.assign(self, OP_SUBTRACT, delta, "assign_sub")

    # ---- Python protocols
    def __repr__(self):
        name = "UnreadVariable" if self.root is not None else f"{self.name_}:0"
        if hooks.tracing():
            return f"<fg.Variable '{name}' shape={tuple(self.shape)} dtype={self.dtype.name}, traced>"
        return _text.variable_repr(name, view_of(root(self).value))

    def __format__(self, str spec not None):
        return format(repr(self), spec)

    def __bool__(self): return bool(value_now(self))
    def __float__(self): return float(value_now(self))
    def __int__(self): return int(value_now(self))
    def __complex__(self): return complex(value_now(self))
    def __index__(self): return value_now(self).__index__()
    def __len__(self): return len(root(self).value)

    def __iter__(self):
        return iter(self.read_value())

    def __setitem__(self, index, value):
        raise TypeError("a Variable does not support item assignment: use variable.assign(...)")

    def __hash__(self):
        raise TypeError("Variable is unhashable. Instead, use variable.ref() as the key.")

    def __reduce__(self):
        v = root(self)
        return restore_variable, (view_of(value_now(v)).copy(), v.name_, v.trainable)

    def __deepcopy__(self, memo):
        v = root(self)
        return restore_variable(view_of(value_now(v)).copy(), v.name_, v.trainable)

    def __array__(self, dtype=None, copy=None):
        return self.read_value().__array__(dtype, copy)

    def __dlpack__(self, **options):
        return self.read_value().__dlpack__(**options)

    def __dlpack_device__(self):
        return view_of(root(self).value).__dlpack_device__()

    def __pos__(self): return self.read_value()


(<PyTypeObject *>Variable).tp_name = "fastgrad.Variable"
_nest.LEAF_TYPES.update((Tensor, Variable))


cdef extern from *:
    """
    /* Fill the empty slots of a type with those of another. */
    static void fg_fill(void **to, void **from, size_t bytes) {
        for (size_t k = 0; k < bytes / sizeof(void *); k++) if (to[k] == NULL) to[k] = from[k];
    }
    static void fg_take_slots(PyTypeObject *to, PyTypeObject *from) {
        fg_fill((void **)to->tp_as_number, (void **)from->tp_as_number, sizeof(PyNumberMethods));
        fg_fill((void **)to->tp_as_mapping, (void **)from->tp_as_mapping, sizeof(PyMappingMethods));
        fg_fill((void **)to->tp_as_sequence, (void **)from->tp_as_sequence, sizeof(PySequenceMethods));
        to->tp_richcompare = from->tp_richcompare;
    }
    /* What Python code sees of an operator, for another type. */
    static PyObject *fg_operator_of(PyTypeObject *to, PyObject *seen) {
        if (Py_IS_TYPE(seen, &PyMethodDescr_Type))
            return PyDescr_NewMethod(to, ((PyMethodDescrObject *)seen)->d_method);
        PyWrapperDescrObject *slot = (PyWrapperDescrObject *)seen;
        return PyDescr_NewWrapper(to, slot->d_base, slot->d_wrapped);
    }
    static PyObject *fg_dict_of_type(PyTypeObject *t) { Py_INCREF(t->tp_dict); return t->tp_dict; }
    """
    void fg_take_slots(PyTypeObject *to, PyTypeObject *base)
    object fg_operator_of(PyTypeObject *to, object seen)
    dict fg_dict_of_type(PyTypeObject *t)
    void PyType_Modified(PyTypeObject *t)


cdef int share_operators() except -1:
    """Give Variable the operators of Tensor, as slots."""
    cdef dict ours = fg_dict_of_type(<PyTypeObject *>Variable)
    cdef dict theirs = fg_dict_of_type(<PyTypeObject *>Tensor)
    cdef list names = [f"__{name}__" for name in "neg abs invert getitem lt le gt ge eq ne".split()]
    fg_take_slots(<PyTypeObject *>Variable, <PyTypeObject *>Tensor)
    for name in theirs:
        if f"__r{name[2:]}" in theirs:
            names += [name, f"__r{name[2:]}"]
    for name in names:
        ours[name] = fg_operator_of(<PyTypeObject *>Variable, theirs[name])
    PyType_Modified(<PyTypeObject *>Variable)
    return 0


cdef int add_attribute(str name, value) except -1:
    """Give both classes an attribute."""
    for kind in (Tensor, Variable):
        fg_dict_of_type(<PyTypeObject *>kind)[name] = value
        PyType_Modified(<PyTypeObject *>kind)
    return 0


share_operators()


def variables_made():
    """How many Variables were ever made."""
    return n_initialised


def restore_variable(array, name, trainable):
    """Unpickle a Variable."""
    return Variable(array, trainable=trainable, name=name)


class Reference:
    """What `Tensor.ref` and `Variable.ref` give: hashable by identity."""

    __slots__ = ("_referent",)

    def __init__(self, referent):
        self._referent = referent

    def deref(self):
        """The object itself."""
        return self._referent

    def __hash__(self):
        return id(self._referent)

    def __eq__(self, other):
        return isinstance(other, Reference) and self._referent is other._referent

    def __repr__(self):
        return f"<Reference wrapping {self._referent!r}>"


# ------------------------------------------------------------------------------------------------ in memory
cdef Tensor tensor_new(int code, shape_t *shape):
    """A Tensor with room for its data, contents undefined. Holds `shape`."""
    cdef Tensor t = Tensor.__new__(Tensor)
    cdef Py_ssize_t nbytes
    t.code = code
    if shape.ndim:
        shape_drop(t.shape_)
        t.shape_ = shape_hold(shape)
        if fg_mul_overflows(shape.size, itemsize[code], &nbytes):
            raise MemoryError(f"an array of shape {shape_tuple(shape)} is too big for memory")
        if nbytes > INLINE_BYTES:
            t.buffer = buffer_new(nbytes)
            t.data = t.buffer.data
    return t


cdef Tensor hollow(int code, shape_t *shape):
    """A Tensor of a shape and dtype without data: a pattern, or an argument of layouts."""
    cdef Tensor t = Tensor.__new__(Tensor)
    t.code = code
    shape_drop(t.shape_)
    t.shape_ = shape_hold(shape)
    t.data = NULL
    return t


cdef Tensor tensor_of(int code, int ndim, const Py_ssize_t *dims):
    """`tensor_new` with a shape given by its dimensions."""
    cdef shape_t *shape = shape_new(ndim, dims)
    try:
        return tensor_new(code, shape)
    finally:
        shape_drop(shape)


cdef Tensor tensor_like(Tensor t):
    return tensor_new(t.code, t.shape_)


cdef Tensor reshaped(Tensor t, shape_t *shape):
    """The same data in another shape of the same size (shared unless it is tiny)."""
    cdef Tensor y = Tensor.__new__(Tensor)
    y.code = t.code
    shape_drop(y.shape_)
    y.shape_ = shape_hold(shape)
    if t.buffer != NULL:
        y.buffer = buffer_hold(t.buffer)
        y.data = t.data
    else:
        memcpy(y.small, t.data, INLINE_BYTES)
    return y


cdef Tensor alias(Tensor t, uint64_t slot):
    """`t` as the result of the record `slot`: itself if it is that already."""
    cdef Tensor y
    if t.slot == slot:
        return t
    y = reshaped(t, t.shape_)
    y.slot = slot
    y.node = t.node
    return y


cdef Tensor copy_tensor(Tensor t):
    """A Tensor with its own copy of the data."""
    cdef Tensor y = tensor_like(t)
    memcpy(y.data, t.data, t.shape_.size * itemsize[t.code])
    return y


cdef Tensor filled(Tensor like, double value):
    """A Tensor of the same shape and dtype, filled with one value."""
    cdef Tensor t = tensor_like(like)
    cdef Py_ssize_t k
    if value == 0:
        memset(t.data, 0, t.shape_.size * itemsize[t.code])
    elif t.code == FLOAT64:
        for k in range(t.shape_.size):
            (<double *>t.data)[k] = value
    elif t.code == FLOAT32:
        for k in range(t.shape_.size):
            (<float *>t.data)[k] = <float>value
    else:
        writable_view(t)[...] = value
    return t


cdef Tensor scalar_tensor(int code, double value):
    """A 0-d constant; float32 and float64 without NumPy."""
    cdef Tensor t
    if code == FLOAT64 or code == FLOAT32:
        t = tensor_new(code, scalar_shape)
        if code == FLOAT64:
            (<double *>t.data)[0] = value
        else:
            (<float *>t.data)[0] = <float>value
        return t
    if code < FLOAT16 and value != <long long>value:
        code = FLOAT64
    return wrap_array(np.array(value).astype(CODE_DTYPES[code].np_dtype))


cdef extern from *:
    """
    static PyObject *fg_shape_tuple(PyTypeObject *type, const Py_ssize_t *dims, int n) {
        PyObject *made = type->tp_alloc(type, n);
        for (int k = 0; made != NULL && k < n; k++) {
            PyObject *size = PyLong_FromSsize_t(dims[k]);
            if (size == NULL) Py_CLEAR(made);
            else PyTuple_SET_ITEM(made, k, size);
        }
        return made;
    }
    """
    object fg_shape_tuple(PyTypeObject *type, const Py_ssize_t *dims, int n)


cdef object shape_tuple(shape_t *shape):
    """A `TensorShape` of sizes that need no checking, in a third of the time of `tuple.__new__`."""
    return fg_shape_tuple(<PyTypeObject *>TensorShape, shape.dims, shape.ndim)


cdef object view_of(Tensor t):
    """`data_view` for who acts on the values: TypeError if they are examples, of a function that is traced."""
    if t.code >= CODES:
        raise unusable(t)
    if t.node:
        if hooks.traced(t):
            raise TypeError(traced_text("a Tensor"))
        hooks.look(t)
    return data_view(t)


cdef object shown(Tensor t):
    """`view_of` for texts, which decide nothing."""
    return view_of(t) if t.code >= CODES else data_view(t)


cdef object unusable(Tensor t):
    """The error for who takes a weak or leaked Tensor for an array."""
    if is_weak(t):
        return TypeError(traced_text("a number"))
    return TypeError(
        f"this Tensor was made while {hooks.origin(t)} was traced, and has leaked out of it (into a list, an "
        "attribute, a global or a closure): it stands for another value in each call, and has none outside. Return "
        "it from the function instead, or keep it in a fg.Variable")


cdef bint stands_in(Tensor t) noexcept:
    """True if a Tensor has no value that may be looked at."""
    return t.code == LEAKED or (t.code < CODES and hooks.traced(t))


cdef object dtype_of_unusual(Tensor t):
    if is_weak(t):
        return CODE_DTYPES[INT32 if t.code == WEAK_INT else FLOAT32]
    raise unusable(t)


cdef Tensor strong(Tensor t):
    """A weak Tensor as the array of 64 bits that it holds."""
    if not is_weak(t):
        raise unusable(t)
    cdef Tensor y = reshaped(t, t.shape_)
    y.code = INT64 if t.code == WEAK_INT else FLOAT64
    y.node = t.node
    return y


cdef object data_view(Tensor t):
    """A read-only ndarray over the data, keeping the Tensor alive."""
    cdef cnp.ndarray array = cnp.PyArray_SimpleNewFromData(
        t.shape_.ndim, <cnp.npy_intp *>t.shape_.dims, type_num[t.code], t.data)
    cnp.PyArray_CLEARFLAGS(array, cnp.NPY_ARRAY_WRITEABLE)
    cnp.set_array_base(array, t)
    return array


cdef object writable_view(Tensor t):
    """An ndarray over the data of a Tensor that nobody has seen yet."""
    cdef cnp.ndarray array = data_view(t)
    cnp.PyArray_ENABLEFLAGS(array, cnp.NPY_ARRAY_WRITEABLE)
    return array


cdef bint writable(PyObject *t) noexcept:
    """True if only one reference holds this Tensor and its memory."""
    cdef buffer_t *buffer = (<Tensor>t).buffer
    return Py_REFCNT(t) == 1 and (buffer == NULL or (buffer.refs == 1 and buffer.size_class >= 0))


cdef Tensor wrap_array(object value):
    """A Tensor of an ndarray that nobody else will write to: shared if contiguous and native, else copied."""
    cdef cnp.ndarray array = value if cnp.PyArray_CheckExact(value) else np.asarray(value)
    cdef Tensor t
    cdef shape_t *shape
    cdef int code = code_of_native(array)
    if code < 0:
        code = code_of(array)
    if not (cnp.PyArray_ISCARRAY_RO(array)):
        array = np.ascontiguousarray(array, array.dtype.newbyteorder("=")).reshape((<object>array).shape)
    if code == BOOL and not is_truth(<uint8_t *>cnp.PyArray_DATA(array), cnp.PyArray_SIZE(array)):
        array = np.not_equal((<object>array).view(np.uint8), 0)
    shape = scalar_shape
    if array.ndim:
        shape = shape_new(array.ndim, <Py_ssize_t *>array.shape)
    try:
        if array.nbytes <= INLINE_BYTES:
            t = tensor_new(code, shape)
            memcpy(t.data, cnp.PyArray_DATA(array), array.nbytes)
        else:
            t = Tensor.__new__(Tensor)
            t.code = code
            shape_drop(t.shape_)
            t.shape_ = shape_hold(shape)
            t.buffer = buffer_borrow(<char *>cnp.PyArray_DATA(array), array)
            t.data = t.buffer.data
    finally:
        if shape != scalar_shape:
            shape_drop(shape)
    return t


cdef bint is_truth(const uint8_t *bytes, Py_ssize_t n) noexcept:
    """True if all bytes are 0 or 1, which kernels rely on: a view of other bytes as bools may hold any."""
    cdef Py_ssize_t k
    cdef uint8_t seen = 0
    for k in range(n):
        seen |= bytes[k]
    return seen <= 1


cdef int code_of(object array) except -1:
    """The dtype code of an ndarray."""
    return as_dtype(array.dtype).code


cdef int code_of_native(cnp.ndarray array) noexcept:
    """The dtype code of an ndarray of the usual dtypes in this machine's byte order, else -1."""
    cdef int code, num = cnp.PyArray_TYPE(array)
    if cnp.PyArray_ISNOTSWAPPED(array):
        for code in range(CODES):
            if type_num[code] == num:
                return code
    return -1


def restore_tensor(array):
    """Unpickle a Tensor."""
    return wrap_array(np.array(array))


def share_array(array):
    """A Tensor over the memory of a contiguous array (the caller promises not to write to it)."""
    return wrap_array(array)


cdef object one_number(Tensor t, what):
    if t.shape_.size != 1:
        raise TypeError(f"only a Tensor with one element converts to a Python {what}, not shape {t.shape}")
    return view_of(t).item()


cdef Tensor value_now(Variable v):
    """The value of a Variable for who acts on it."""
    v = root(v)
    if hooks.tracing():
        raise TypeError(traced_text(f"variable '{v.name}'"))
    if v.value.node:
        hooks.look(v.value)
    return v.value


cdef str described(Tensor t):
    if t.code == LEAKED:
        return f"<fg.Tensor: shape={tuple(shape_tuple(t.shape_))}, leaked from {hooks.origin(t)}>"
    return f"<fg.Tensor: shape={tuple(shape_tuple(t.shape_))}, dtype={CODE_DTYPES[t.code].name}, traced>"


cdef str traced_text(what):
    return (f"the value of {what} {UNKNOWN}: it is another one in each call. Use "
            "fastgrad's functions on it (fg.where, fg.cond, fg.while_loop, fg.print), compute it outside, or run "
            "functions eagerly: fg.config.run_functions_eagerly(True)")


cdef str leaving_text(how):
    return (f"a tape is recording this Tensor, and {how} would leave the tape without a trace (its gradient "
            "would be lost). Use t.numpy() to leave the tape on purpose, or the fastgrad function of that "
            "name to stay on it")
