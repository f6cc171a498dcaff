"""Rows bound to the core: what an operation is, in a form that C reads.

A primitive knows its number, which records hold; its loops for each dtype, found when first asked for; and what each
of its rules reads, which is what a record keeps.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF
from libc.stdlib cimport realloc

from .._rules import NOTHING, Elementwise, Program, not_implemented, parameters

from ._kernels cimport layout_named
from ._loops cimport ALL_CODES, find_row
from ._picking cimport accumulator_named

cdef int n_primitives = 0
cdef dict by_name = {}
cdef dict row_of_ufunc = {"mod": "remainder", "fabs": "absolute"}


# ----------------------------------------------------------------------------------------------- by name
cdef object more = None  # binds the rows that are not here yet


def find_more(function):
    """Call `function` when something is looked up that no row has so far."""
    global more
    more = function


cdef Primitive known_primitive(str name):
    """The primitive of a row that is bound already, else None."""
    return by_name.get(name)


cdef Primitive primitive_named(str name):
    if name not in by_name:
        more()
    return by_name[name]


cdef dict lazy_ufuncs():
    """{row: its ufunc} of all rows that another package computes."""
    return {name: other.row.ufunc for name, other in by_name.items()
            if (<Primitive>other).elementwise and other.row.lazy is not None}


def find_primitive(name):
    """Unpickle a Primitive."""
    return primitive_named(name)


# ---------------------------------------------------------------------------------------- traced programs
cdef str row_of(str ufunc):
    """The row that a traced step means (a ufunc's own name may be an alias)."""
    return row_of_ufunc.get(ufunc, ufunc)


cdef list compile_program(program, names):
    """A Program as a list of (kind, payload, operands): 0 input, 1 constant, 2 row."""
    steps = []
    for op, *operands in program.steps:
        if op == "input":
            steps.append((0, names.index(operands[0]), ()))
        elif op == "const":
            steps.append((1, operands[0], ()))
        else:
            steps.append((2, row_of(op), tuple(operands)))
    return steps


# --------------------------------------------------------------------------------------------- primitives
cdef int enlist(Primitive p) except -1:
    """Give a primitive its number."""
    global primitive_table, n_primitives
    cdef PyObject **table
    if n_primitives == 65536:
        raise SystemError("too many primitives")
    table = <PyObject **>realloc(primitive_table, (n_primitives + 1) * sizeof(PyObject *))
    if table == NULL:
        raise MemoryError()
    primitive_table = table
    Py_INCREF(p)  # rows live as long as the process
    table[n_primitives] = <PyObject *>p
    p.number = n_primitives
    n_primitives += 1
    by_name[p.name] = p
    return 0


@cython.final
cdef class Primitive:
    """A row bound to the core. Calling it runs the operation on anything that converts to Tensors."""

    def __init__(self, row):
        cdef int k
        self.row = row
        self.name = row.name
        self.nargs = len(row.arguments)
        self.defaults = row.defaults
        self.metadata_names = tuple(row.defaults)
        self.required = tuple([name for name, default in row.defaults.items() if default is NOTHING])
        self.elementwise = isinstance(row, Elementwise)
        for k in range(ALL_CODES):
            self.in_code[k] = UNRESOLVED
        self.generated = find_row(self.name)
        if self.elementwise:
            for k in row.bools:
                self.bools |= 1 << k
        self.read_rules()
        enlist(self)  # last: who finds it finds all of it

    def read_rules(self):
        """Take the row's rules as they are now: tools/mutate.py breaks them."""
        cdef int k
        self.ruled = self.factors = 0
        self.rules_bound = False
        for k in range(4):
            self.need[k] = 0
        for k in range(3):
            self.is_constant[k] = False
        if not self.elementwise:
            self.bind_rules()
            return
        for k, rule in enumerate(self.row.df):
            if rule is not None:
                self.ruled |= 1 << k

    cdef int bind_scalar_rules(self) except -1:
        """Compile the traced rules and work out what each reads."""
        cdef int k
        names = [*self.row.arguments, "y", "ct"]
        programs = []
        for k, rule in enumerate(self.row.rules):
            programs.append(compile_program(rule, names) if isinstance(rule, Program) else rule)
            if isinstance(rule, Program):
                if rule.constant is not None:
                    self.is_constant[k] = True
                    self.constant[k] = rule.constant
                for at, name in enumerate(self.row.arguments):
                    if rule.mentions(name):
                        self.need[k] |= 1 << at
                if rule.mentions("y"):
                    self.need[k] |= 1 << 3
                if not rule.mentions("ct"):
                    self.factors |= 1 << k
        self.programs = tuple(programs)
        self.rules_bound = True
        return 0

    cdef int bind_rules(self) except -1:
        """Work out what each rule reads from its parameter names."""
        cdef int k
        arguments = list(self.row.arguments)
        reads = []
        self.row_variadic, self.row_many, self.row_promotes = (
            self.row.variadic, self.row.many, self.row.promotes)
        self.forward, self.canonical = self.row.forward, self.row.canonical
        self.vjp, self.shared, self.sparse = self.row.vjp, self.row.shared, self.row.sparse
        self.asked, self.pullbacks, self.accumulates = {}, {}, self.row.accumulate is not None
        if self.row.kernel is not None:
            self.layout = layout_named(self.row.kernel)
            self.canonical_first = self.row.canonical_first
            self.accumulate = accumulator_named(self.row.kernel)
        if self.row.whole_vjp is not None:
            self.row_whole = True
            self.ruled = 1
            self.reads = (((), False),)
            return 0
        for k, rule in enumerate(self.row.vjp):
            if rule is None:
                reads.append(((), False))
                continue
            self.ruled |= 1 << min(k, 7)
            if isinstance(rule, not_implemented):
                reads.append(((), False))
                continue
            names = parameters(rule)
            if "shared" in names:
                names += parameters(self.row.shared)
            reads.append((tuple([arguments.index(n) for n in names if n in arguments]), "y" in names))
        self.reads = tuple(reads)
        return 0

    def __repr__(self):
        return f"<primitive {self.name}>"

    def __reduce__(self):
        return find_primitive, (self.name,)

    def __getattr__(self, name):
        if name == self.name:  # how a public function finds itself again after pickling
            return self.row.bound
        raise AttributeError(f"'Primitive' object has no attribute '{name}'")
