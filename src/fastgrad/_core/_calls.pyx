"""Calls from Python: the public functions made of rows, and operators.

Public functions are C callables with the fast calling convention. A call whose arguments are given in the row's own
order goes straight on; any other is matched to the row's names first.
"""

from cpython.object cimport PyObject

import numpy as np

from .. import errors
from .._rules import NOTHING
from ..ops import scattering

from ._dispatch cimport apply, apply_elementwise, as_tensor, common_operands
from ._primitive import Primitive as new_primitive
from ._loops cimport MAX_OPERANDS
from ._primitive cimport Primitive, primitive_named
from ._tensor cimport N_OPERATORS, OP_MATMUL, OP_NEGATIVE, Tensor, Variable, hooks
from ._tensor import OPERATORS

cdef PyObject *operators[N_OPERATORS]  # Primitive of each operator


cdef object call_primitive(object self, PyObject *const *args, Py_ssize_t n, PyObject *keywords):
    """The vectorcall entry of every public function."""
    cdef Primitive p = <Primitive>self
    if p.elementwise and keywords == NULL and n == p.nargs:
        return apply_elementwise(p, <PyObject **>args, <int>n)
    if not p.elementwise and n >= p.nargs and n <= p.nargs + len(p.metadata_names):
        metadata = quick_metadata(p, args, n, keywords, p.metadata_names)
        if metadata is not None:
            return apply(p, tensor_arguments(p, [<object>args[k] for k in range(p.nargs)]), metadata)
    names = () if keywords == NULL else <tuple>keywords
    return call_with_keywords(p, tuple([<object>args[k] for k in range(n)]),
                              {name: <object>args[n + k] for k, name in enumerate(names)})


cdef dict quick_metadata(Primitive p, PyObject *const *args, Py_ssize_t n, PyObject *keywords, tuple order):
    """The metadata of a call whose keywords are the row's own; None for any other call.

    order: what positional arguments after the arrays mean.
    """
    cdef dict metadata = p.defaults.copy()
    cdef Py_ssize_t k
    for k in range(p.nargs, n):
        metadata[order[k - p.nargs]] = <object>args[k]
    if keywords != NULL:
        for k, name in enumerate(<tuple>keywords):
            if name not in metadata or name in order[:n - p.nargs]:
                return None
            metadata[name] = <object>args[n + k]
    for name in p.required:
        if metadata[name] is NOTHING:
            return None
    return metadata


cdef list tensor_arguments(Primitive p, list arguments):
    """The array arguments of a structured call as Tensors."""
    if p.row_variadic:
        values = arguments[0]
        if isinstance(values, Tensor):
            values = list(values)
        if not isinstance(values, (list, tuple)):
            raise TypeError(f"{p.name}: expected a list of Tensors, not {type(values).__name__}")
        arguments = list(values)
    try:
        if p.row_promotes and len(arguments) > 1:
            return common_operands(arguments)
        return [as_tensor(value) for value in arguments]
    except (TypeError, ValueError, OverflowError) as error:
        raise type(error)(f"{p.name}: {error}") from None


cdef object call_with_keywords(Primitive p, tuple args, dict kwargs):
    cdef PyObject *operands[MAX_OPERANDS]
    cdef int k
    arguments, metadata = bind_call(p.row, args, kwargs)
    if p.elementwise:
        for k in range(p.nargs):
            operands[k] = <PyObject *>arguments[k]
        return apply_elementwise(p, operands, p.nargs)
    return apply(p, tensor_arguments(p, arguments), metadata)


cdef tuple bind_call(row, tuple args, dict kwargs):
    """Match a call's arguments to a row: (array arguments, metadata)."""
    names = [*row.arguments, *row.defaults]
    if len(args) > len(names):
        raise TypeError(f"{row.name}() takes at most {len(names)} arguments ({len(args)} given)")
    given = dict(zip(names, args))
    for name, value in kwargs.items():
        if name == "name":  # a label, which graph programs give to operations
            continue
        name = row.aliases.get(name, name)
        if name not in names:
            raise errors.unexpected_keyword(row.name, name, [*names, *row.aliases])
        if name in given:
            raise TypeError(f"{row.name}() got multiple values for argument '{name}'")
        given[name] = value
    missing = [name for name in names if name not in given and row.defaults.get(name, NOTHING) is NOTHING]
    if missing:
        raise TypeError(f"{row.name}() is missing {'arguments' if len(missing) > 1 else 'argument'} "
                        + ", ".join(map(repr, missing)))
    return ([given[name] for name in row.arguments],
            {name: given.get(name, default) for name, default in row.defaults.items()})


cdef object call_row(str name, object argument, object metadata):
    """Call a row by name with its one metadata argument, or none."""
    cdef Primitive p = primitive_named(name)
    if hooks.tracing() and name == "getitem":
        parts = []
        index = tuple([known_part(part, parts) for part in (metadata if type(metadata) is tuple else (metadata,))])
        if parts:
            return scattering.item_at(as_tensor(argument), index, parts)
    given = p.defaults.copy()
    if metadata is not NOTHING:
        given[p.metadata_names[0]] = metadata
    if p.elementwise:
        return call_with_keywords(p, (argument,), {})
    return apply(p, tensor_arguments(p, [argument]), given)


cdef object known_part(object part, list parts):
    """A part of an index while a function is traced: what has no value yet goes to `parts`."""
    if isinstance(part, slice):
        if any([unknown(bound) for bound in (part.start, part.stop, part.step)]):
            raise TypeError("getitem: the bounds of a slice make the shape of the result, and aren't known while a "
                            "function is traced: use x[fg.range(n) + start] for n elements from a place on, compute "
                            "the bounds outside, or run functions eagerly: fg.config.run_functions_eagerly(True)")
    elif unknown(part):
        parts.append(as_tensor(part))
        return scattering.PLACES
    return part


cdef bint unknown(object part):
    """True for what holds a traced Tensor, as it is or in lists, or a Variable."""
    if isinstance(part, (list, tuple)):
        return any([unknown(one) for one in part])
    return isinstance(part, Variable) or isinstance(part, Tensor) and hooks.traced(part)


cdef object operate(int operator, object a, object b):
    """An operator of Tensor or Variable; NotImplemented if the other operand is none of ours."""
    cdef PyObject *args[2]
    cdef Primitive p
    args[0] = <PyObject *>a
    args[1] = <PyObject *>b
    if not (type(a) is Tensor and type(b) is Tensor):
        if b is None and operator >= OP_NEGATIVE:
            return apply_elementwise(<Primitive>operators[operator], args, 1)
        if not is_operand(a) or not is_operand(b):
            return NotImplemented
    if operator == OP_MATMUL:
        p = <Primitive>operators[operator]
        return apply(p, tensor_arguments(p, [a, b]), p.defaults.copy())
    return apply_elementwise(<Primitive>operators[operator], args, 2)


cdef bint is_operand(object x):
    if type(x) is Tensor or type(x) is float or type(x) is int or type(x) is Variable:
        return True
    if isinstance(x, np.ndarray):  # one that has its own way with ufuncs is asked first, as NumPy does
        return type(x) is np.ndarray or type(x).__array_ufunc__ is np.ndarray.__array_ufunc__
    return isinstance(x, (bool, int, float, complex, np.generic, list, tuple, Variable))


cdef extern from *:
    """
    typedef PyObject *(*fg_fastcall)(PyObject *, PyObject *const *, Py_ssize_t, PyObject *);
    static PyObject *fg_make_function(const char *name, const char *doc, fg_fastcall f, PyObject *self,
                                      PyObject *module) {
        PyMethodDef *def = (PyMethodDef *)calloc(1, sizeof(PyMethodDef));
        if (def == NULL) return PyErr_NoMemory();
        def->ml_name = name;
        def->ml_meth = (PyCFunction)(void (*)(void))f;
        def->ml_flags = METH_FASTCALL | METH_KEYWORDS;
        def->ml_doc = doc;
        return PyCFunction_NewEx(def, self, module);
    }
    """
    object fg_make_function(const char *name, const char *doc, fg_fastcall f, object self, object module)


cdef list texts = []  # names and docs that C holds pointers to


cdef object c_function(str name, str doc, fg_fastcall function, object self, str module):
    """A Python callable of a C function with the fast calling convention."""
    c_name, text = name.encode(), doc.encode()
    texts.extend((c_name, text))
    return fg_make_function(c_name, text, function, self, module)


def bind(row, str doc, str module):
    """The public function of a row: a C callable with the fast calling convention."""
    p = new_primitive(row)
    row.primitive = p
    row.bound = c_function(p.name, doc, call_primitive, p, module)
    return row.bound


def connect():
    """Look up the primitives that operators use. Called once, when every row is bound."""
    cdef int k
    cdef Primitive p
    for k, name in enumerate(OPERATORS):
        p = primitive_named(name)
        operators[k] = <PyObject *>p  # primitives live as long as the process


cdef bint attach() except False:
    """Fill in what the layers below look up here."""
    hooks.operate = operate
    hooks.call = call_row
    return True


attach()
