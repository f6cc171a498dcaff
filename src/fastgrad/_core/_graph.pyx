"""Graphs: what a function does, logged while it runs once on example values.

A. *Tracing is running.* While a thread traces, operations run as ever, on real numbers, and those that depend on what
   may change from call to call are logged besides. Shapes and dtypes are what came out, so no operation needs a
   second definition. What depends on no input is a constant, and is not logged.
B. *Nodes.* A Tensor knows its value in a graph as a Tensor knows its slot: `node` is the graph's serial number in the
   upper half and the value's number in the lower. A node of any other graph means nothing.
C. *Variables* are values like others: what is read first is an input, an assignment makes the Tensor assigned the
   Variable's value from there on, and the last one is written back when the function is replayed. While tracing, a
   Variable that is assigned holds an example value; it gets its own back at the end.
D. *Nested graphs*, of branches and loops, see the values of the graphs around them as captures.
E. *Leaks*. Tensors that stand for values are born in a trace. Used in another one, or in another part of it, they
   raise; those that are still alive when it ends get the code LEAKED, so that they raise outside as well. `births`
   lists who is alive.
F. *Loose graphs* are what a freezable tape logs to. All is eager: every operation is logged, whatever it depends on,
   Python may look at values, and only what it looked at is noted, so that `freeze` can refuse what depends on it.
"""

cimport cython
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF, Py_XINCREF
from libc.stdint cimport int32_t, uint32_t, uint64_t
from libc.stdlib cimport free, realloc

import numpy as np

from ._buffer cimport shape_drop, shape_hold, shape_t
from ._loops cimport CODES, FLOAT64, LEAKED, WEAK_FLOAT, WEAK_INT
from ._tensor cimport Tensor, Variable, alias, hooks, reshaped, scalar_tensor, unusable, wrap_array
from ._trace cimport Trace, count_recording, current_trace, this_trace

cdef extern from "Python.h":
    PyObject **PySequence_Fast_ITEMS(object x)
    ctypedef struct PyFrameObject
    PyFrameObject *PyEval_GetFrame()
    PyFrameObject *PyFrame_GetBack(PyFrameObject *frame)
    ctypedef struct PyCodeObject
    PyCodeObject *PyFrame_GetCode(PyFrameObject *frame)
    int PyFrame_GetLineNumber(PyFrameObject *frame)

cdef uint64_t n_graphs = 0
cdef enum:
    LIMIT = 0x7FFFFFFF


cdef void *roomy(void *array, Py_ssize_t *room, Py_ssize_t n, Py_ssize_t item) except? NULL:
    """An array with room for n items, its items kept."""
    cdef void *moved
    cdef Py_ssize_t wanted = 2 * room[0] + 32
    if n <= room[0]:
        return array
    if n > LIMIT // 2:
        raise MemoryError("a function of more than 2**30 values or operands can't be traced")
    wanted = max(n, wanted)
    moved = realloc(array, wanted * item)
    if moved == NULL:
        raise MemoryError("no memory for the graph of a function")
    room[0] = wanted
    return moved


@cython.final
cdef class Touch:
    def __cinit__(self):
        self.first = self.last = -1


@cython.final
cdef class Graph:
    """Values and the operations that make them, in the order in which they were done."""

    def __cinit__(self):
        global n_graphs
        n_graphs += 1
        self.serial = self.family = n_graphs << 32
        self.captures = {}
        self.variables = {}
        self.inputs = []
        self.stacks = set()

    def __dealloc__(self):
        cdef Py_ssize_t k
        for k in range(self.n_values):
            shape_drop(self.values[k].shape)
            Py_XDECREF(self.values[k].held)
        for k in range(self.n_ops):
            Py_XDECREF(self.ops[k].payload)
            Py_XDECREF(self.ops[k].place)
        free(self.values)
        free(self.ops)
        free(self.operands)

    # ---- building
    cdef int32_t new_value(self, int kind, shape_t *shape, int code) except -1:
        cdef value_t *value
        self.values = <value_t *>roomy(self.values, &self.value_room, self.n_values + 1, sizeof(value_t))
        value = &self.values[self.n_values]
        value.shape = shape_hold(shape)
        value.held = NULL
        value.outer = 0
        value.op = -1
        value.code = code
        value.kind = kind
        self.n_values += 1
        return <int32_t>(self.n_values - 1)

    cdef op_t *new_op(self, int kind, int primitive, PyObject **t, Py_ssize_t n, object payload) except NULL:
        """A new last operation on n Tensors; its results follow at once."""
        cdef op_t *op
        cdef Py_ssize_t k
        cdef int32_t at
        self.ops = <op_t *>roomy(self.ops, &self.op_room, self.n_ops + 1, sizeof(op_t))
        self.operands = <int32_t *>roomy(self.operands, &self.operand_room, self.n_operands + n, sizeof(int32_t))
        for k in range(n):
            at = self.value_of(<Tensor?>t[k])
            self.operands[self.n_operands + k] = at
        op = &self.ops[self.n_ops]
        op.kind = kind
        op.primitive = primitive
        op.payload = NULL
        op.place = NULL
        if payload is not None:
            Py_INCREF(payload)
            op.payload = <PyObject *>payload
        op.first_in = <int32_t>self.n_operands
        op.n_in = <int32_t>n
        op.first_out = <int32_t>self.n_values
        op.n_out = 0
        self.n_operands += n
        self.n_ops += 1
        return op

    cdef op_t *listed_op(self, int kind, list arguments, object payload, int primitive=-1) except NULL:
        cdef tuple held = tuple(arguments)
        return self.new_op(kind, primitive, PySequence_Fast_ITEMS(held), len(held), payload)

    cdef int32_t new_result(self, op_t *op, Tensor y) except -1:
        cdef int32_t at = self.new_value(RESULT, y.shape_, y.code)
        op.n_out += 1
        self.values[at].op = <int32_t>(op - self.ops)
        stand_for(self, y, at)
        return at

    cdef int32_t value_of(self, Tensor t) except -1:
        """The value that a Tensor is in this graph: one made here, one of a graph around, or a constant."""
        cdef Graph outer = self.parent
        cdef uint64_t serial = serial_of(t.node)
        cdef int32_t at
        if serial == self.serial:
            return value_in(t.node)
        while outer is not None:
            if serial == outer.serial and outer.values[value_in(t.node)].kind != CONSTANT:
                found = self.captures.get(t.node)
                if found is not None:
                    return (<tuple>found)[0]
                at = self.new_value(CAPTURE, t.shape_, t.code)
                self.values[at].outer = t.node
                self.captures[t.node] = (at, t)
                if value_in(t.node) in outer.stacks:
                    self.stacks.add(at)
                return at
            outer = outer.parent
        if t.birth or t.code >= CODES:
            raise unusable(t)
        at = self.new_value(CONSTANT, t.shape_, t.code)
        Py_INCREF(t)
        self.values[at].held = <PyObject *>t
        if outer_free(self, serial):
            t.node = self.serial | <uint32_t>at
        return at

    cdef int check(self, list values) except -1:
        """IndexError for numbers that are no values of this graph."""
        for value in values:
            if not 0 <= <Py_ssize_t>value < self.n_values:
                raise IndexError(f"a graph of {self.n_values} values has none of number {value}")
        return 0

    # ---- for the modules that trace
    def add_input(self, Tensor example not None):
        """A new input: a Tensor with the data of `example` that stands for it."""
        cdef Tensor t = reshaped(example, example.shape_)
        cdef int32_t at = self.new_value(INPUT, t.shape_, t.code)
        stand_for(self, t, at)
        self.inputs.append(at)
        return t

    def add_number(self, number):
        """A new input for a Python float or int: a weak Tensor that stands for it."""
        cdef bint floating = type(number) is float
        cdef Tensor t = scalar_tensor(FLOAT64, number) if floating else wrap_array(np.array(number, np.int64))
        t = self.add_input(t)
        t.code = WEAK_FLOAT if floating else WEAK_INT
        return t

    def close(self, str name not None):
        """Nothing more is traced: what is still alive of the Tensors that were made has leaked out of `name`."""
        cdef uint32_t k
        cdef Tensor t
        for k in range(1, n_births):
            if births[k].tensor != NULL and births[k].family == self.family:
                t = <Tensor>births[k].tensor
                t.code = LEAKED
                leaked_from[serial_of(t.node)] = name
                unborn(k)
                t.birth = LONG_AGO

    def number_of(self, Tensor t not None):
        """The number of the value that a Tensor is in this graph."""
        return self.value_of(t)

    def effect(self, function, list arguments not None, list examples not None):
        """Log a Python call `function(tensors)` that gives Tensors like `examples`; gives those that stand for them."""
        cdef op_t *op
        cdef list results = [reshaped(<Tensor?>t, (<Tensor>t).shape_) for t in examples]
        if not is_pure(function):
            flush(self)
        remember(self, getattr(function, "records", False), getattr(function, "reads", False))
        op = self.listed_op(EFFECT, arguments, function)
        set_place(op)
        for t in results:
            self.new_result(op, <Tensor>t)
        return results

    def ticket(self):
        """The Tensor that stands for the ticket of this run of a branch or loop."""
        if self.the_ticket is None:
            self.the_ticket = wrap_array(np.array(0, np.int64))
            stand_for(self, self.the_ticket, self.new_value(INPUT, self.the_ticket.shape_, self.the_ticket.code))
        return self.the_ticket

    def ticket_value(self):
        """The value of the ticket, or -1 if nothing asked for it."""
        return -1 if self.the_ticket is None else value_in(self.the_ticket.node)

    def value_of_variable(self, Variable v not None):
        """The value that a Variable has at the end of this graph."""
        cdef Touch touch = touch_of(self, v)
        return touch.last if touch.assigned else self.first_value(v)

    def found(self, Tensor t not None):
        """The value that a Tensor is in this graph, or -1 if it was not met."""
        return value_in(t.node) if serial_of(t.node) == self.serial else -1

    def dependent(self, list values not None):
        """The set of values that depend on some of them, themselves included."""
        cdef Py_ssize_t k, j
        cdef op_t *op
        cdef set found = set(values)
        self.check(values)
        for k in range(self.n_ops):
            op = &self.ops[k]
            for j in range(op.n_in):
                if self.operands[op.first_in + j] in found:
                    found.update(range(op.first_out, op.first_out + op.n_out))
                    break
        return found

    def first_value(self, Variable v not None):
        """The value that a Variable has at the beginning of this graph."""
        cdef Touch touch = touch_of(self, v)
        if touch.first < 0:
            touch.first = self.new_value(VARIABLE, v.value.shape_, v.value.code)
            Py_INCREF(v)
            self.values[touch.first].held = <PyObject *>v
        return touch.first

    def is_stack(self, Tensor t not None):
        """True if a Tensor stands for one array for each turn of a loop."""
        cdef Graph g = self
        while g is not None:
            if serial_of(t.node) == g.serial:
                return value_in(t.node) in g.stacks
            g = g.parent
        return False

    def holds_stack(self, int32_t at):
        """True if a value is a stack."""
        return at in self.stacks

    def add_stack(self, Tensor example not None):
        """A new input that is a stack, of which `example` is an entry."""
        t = self.add_input(example)
        self.stacks.add(self.inputs[-1])
        return t

    def control(self, bint loop, payload, list arguments not None, list examples not None, Py_ssize_t plain):
        """Log a branch or a loop; gives Tensors for its results, of which those after the first `plain` are stacks."""
        cdef op_t *op
        cdef list results = [reshaped(<Tensor?>t, (<Tensor>t).shape_) for t in examples]
        cdef Py_ssize_t k
        cdef int32_t at
        cdef Graph inner
        for part in payload.parts:
            inner = <Graph?>part[0]
            remember(self, inner.records, inner.reads)
            if not payload.quiet and graph_acts(inner):
                flush(self)
        op = self.listed_op(LOOP if loop else BRANCHES, arguments, payload)
        for k in range(len(results)):
            at = self.new_result(op, <Tensor>results[k])
            if k >= plain:
                self.stacks.add(at)
        return results

    def rows(self, Tensor t not None, Tensor example not None):
        """Log the rows of a Tensor as a stack; gives the Tensor that stands for it, like the entry `example`."""
        cdef Tensor y = reshaped(example, example.shape_)
        self.stacks.add(self.new_result(self.listed_op(ROWS, [t], None), y))
        return y

    def join(self, Tensor stack not None, Tensor example not None):
        """Log the Tensor whose rows are the entries of a stack; it is like `example`."""
        cdef Tensor y = reshaped(example, example.shape_)
        self.new_result(self.listed_op(JOIN, [stack], None), y)
        return y

    def custom(self, payload, list arguments not None, list outputs not None):
        """Log Tensors that have another gradient than what they were made by; gives those that stand for them."""
        cdef list results = [reshaped(<Tensor?>t, (<Tensor>t).shape_) for t in outputs]
        cdef op_t *op = self.listed_op(CUSTOM, arguments, payload)
        for t in results:
            self.new_result(op, <Tensor>t)
        return results

    def touched(self):
        """[(variable, its first value or -1, its last value if it was assigned or -1)] in order of creation."""
        cdef Touch touch
        found = []
        for serial in sorted(self.variables):
            touch = self.variables[serial]
            found.append((touch.variable, touch.first, touch.last))
        return found

    def kind_of(self, int32_t at):
        """(kind, number of the operation that makes it, DType code) of a value."""
        self.check([at])
        return self.values[at].kind, self.values[at].op, self.values[at].code

    def held(self, int32_t at):
        """The Tensor of a constant, the Variable of its value."""
        self.check([at])
        if self.values[at].held == NULL:
            raise IndexError("no constant of the graph")
        return <object>self.values[at].held

    def before(self, Variable v not None):
        """The Tensor that a Variable was in the graph around when it was first met here, or None."""
        cdef Touch touch = touch_of(self, v)
        cdef Tensor t
        if touch.outer == 0:
            return None
        t = reshaped(touch.before, touch.before.shape_)
        t.slot = touch.before.slot
        t.node = touch.outer
        return t

    def captured(self):
        """[(value here, Tensor of a graph around)] in order."""
        return list(self.captures.values())

    def operations(self):
        """[(kind, number of the row or -1, operands, results)], in the order in which they were done."""
        cdef Py_ssize_t k
        cdef op_t *op
        found = []
        for k in range(self.n_ops):
            op = &self.ops[k]
            found.append((op.kind, op.primitive, tuple([self.operands[op.first_in + j] for j in range(op.n_in)]),
                          tuple(range(op.first_out, op.first_out + op.n_out))))
        return found

    def __len__(self):
        return self.n_ops


cdef int watch_constant(Graph g, Tensor t) except -1:
    """From here on a Tensor is a value that graphs inside of this one capture."""
    cdef op_t *op
    cdef int32_t at
    if g.loose or traced(t):
        return 0
    op = g.listed_op(WATCH, [t], None)
    at = g.new_value(RESULT, t.shape_, t.code)
    op.n_out = 1
    g.values[at].op = <int32_t>(op - g.ops)
    t.node = g.serial | <uint32_t>at
    return 0


cdef dict leaked_from = {}  # serial of a graph -> name of the function


# Tensors that stand for values of graphs that are open, by their `birth`. Places that are free are linked.
ctypedef struct birth_t:
    PyObject *tensor       # not owned: it takes itself out. NULL: free
    uint64_t family        # of its graph; of a free place: the next one, or 0

cdef birth_t *births = NULL
cdef uint32_t n_births = 1, n_alive = 0, free_birth = 0
cdef Py_ssize_t birth_room = 0
cdef enum:
    LONG_AGO = 0x7FFFFFFF  # the birth of what has leaked


cdef int bear(Graph g, Tensor y) except -1:
    """Note that a Tensor depends on what a function is given."""
    global births, n_births, n_alive, free_birth
    cdef uint32_t k = free_birth
    if g.loose or y.birth:
        return 0
    if k:
        free_birth = <uint32_t>births[k].family
    else:
        births = <birth_t *>roomy(births, &birth_room, n_births + 1, sizeof(birth_t))
        k = n_births
        n_births += 1
    births[k].tensor = <PyObject *>y
    births[k].family = g.family
    n_alive += 1
    y.birth = k
    return 0


cdef void unborn(uint32_t k) noexcept:
    """A Tensor that was born is no longer there, or no longer of use."""
    global n_births, n_alive, free_birth
    if k == LONG_AGO:
        return
    births[k].tensor = NULL
    births[k].family = free_birth
    free_birth = k
    n_alive -= 1
    if n_alive == 0:
        n_births, free_birth = 1, 0


cdef int stand_for(Graph g, Tensor y, int32_t at) except -1:
    """Let a Tensor stand for a value that depends on inputs."""
    y.node = g.serial | <uint32_t>at
    return bear(g, y)


cdef int adopt(Tensor y, Tensor t) except -1:
    """Let a Tensor stand for the value that another one stands for."""
    cdef Graph g
    y.node = t.node
    if t.birth:
        g = current_graph()
        if g is not None:
            bear(g, y)
        if y.birth == 0:
            y.birth = LONG_AGO
    return 0


cdef str origin(Tensor t):
    """The function that a Tensor has leaked out of."""
    return leaked_from.get(serial_of(t.node), "another function, or another part of this one,")


cdef bint outer_free(Graph g, uint64_t serial) noexcept:
    """True if a node of that serial is not needed by a graph around."""
    cdef Graph outer = g.parent
    while outer is not None:
        if serial == outer.serial:
            return False
        outer = outer.parent
    return True


# -------------------------------------------------------------------------------------------------- tracing
cdef Graph current_graph():
    """The graph that this thread traces, or None."""
    cdef PyObject *trace = this_trace()
    return None if trace == NULL else <Graph>(<Trace>trace).graph


def tracing():
    """The graph that this thread traces, or None."""
    cdef Graph g = current_graph()
    return None if g is None or g.loose else g


def logging():
    """The graph that operations of this thread are logged to, or None."""
    return current_graph()


def loose_graph():
    """A graph for a freezable tape."""
    cdef Graph g = Graph()
    g.loose = True
    g.looks = []
    return g


cdef bint traced(Tensor t) noexcept:
    """True if a Tensor's value is not known to this thread's program: it depends on what a function is given."""
    cdef Graph g
    cdef PyObject *trace
    if t.node == 0:
        return False
    trace = this_trace()
    if trace == NULL:
        return False
    g = <Graph>(<Trace>trace).graph
    if t.birth:  # of another graph: whoever uses it is told so
        return g is not None
    while g is not None and not g.loose:
        if serial_of(t.node) == g.serial:
            return g.values[value_in(t.node)].kind != CONSTANT
        g = g.parent
    return False


def is_traced(x):
    """True if the value of a Tensor or Variable is not known while this thread traces."""
    if isinstance(x, Variable):
        return current_graph() is not None
    return isinstance(x, Tensor) and (<Tensor>x).code < CODES and traced(x)


def number_type(x):
    """float or int for a Tensor that stands for a Python number, else None."""
    if type(x) is not Tensor:
        return None
    return {WEAK_FLOAT: float, WEAK_INT: int}.get((<Tensor>x).code)


cdef class Tracing:
    """A context in which operations of this thread are logged to a graph, which it gives: a new one, unless one is
    gone on with."""

    cdef Trace trace
    cdef Graph graph

    def __init__(self, Graph graph=None):
        self.graph = graph

    def __enter__(self):
        cdef Graph g = Graph() if self.graph is None else self.graph
        cdef Graph outer = current_graph()
        self.trace = current_trace()
        while outer is not None:
            if outer is g:
                raise RuntimeError("Tracing: this graph is being traced already")
            outer = outer.parent
        g.parent = self.trace.graph
        if g.parent is not None:
            g.family = g.parent.family
        self.graph = g
        self.trace.graph = g
        count_recording(1)
        return g

    def __exit__(self, kind, error, traceback):
        cdef Touch touch
        cdef Graph g = self.graph
        if g is None or self.trace.graph is not g:
            raise RuntimeError("Tracing: left without being entered, or not in order")
        for touch in g.variables.values():
            if touch.assigned and serial_of(touch.variable.value.node) == g.serial:
                touch.variable.value = alias(touch.before, touch.variable.value.slot)
                touch.variable.value.node = touch.before.node
        self.trace.graph = g.parent
        self.graph = None
        count_recording(-1)


def copies(examples):
    """Tensors with the same values that stand for nothing: to be kept beyond the trace."""
    cdef Tensor t
    cdef list found = []
    for x in examples:
        t = <Tensor?>x
        found.append(reshaped(t, t.shape_))
    return found


cdef class Untraced:
    """A context in which nothing is logged: for examples."""

    cdef Trace trace
    cdef object graph

    def __enter__(self):
        self.trace = current_trace()
        self.graph = self.trace.graph
        self.trace.graph = None

    def __exit__(self, kind, error, traceback):
        if self.trace is None:
            raise RuntimeError("Untraced: left without being entered")
        self.trace.graph = self.graph


cdef int log_elementwise(Graph g, int primitive, PyObject **t, int n, Tensor y) except -1:
    cdef int k
    cdef op_t *op
    for k in range(n):
        if g.loose or traced(<Tensor>t[k]):
            break
    else:
        return 0
    op = g.new_op(ELEMENTWISE, primitive, t, n, None)
    g.new_result(op, y)
    for k in range(n):
        if g.stacks and g.is_stack(<Tensor>t[k]):
            g.stacks.add(op.first_out)
    return 0


cdef int log_structured(Graph g, int primitive, list arguments, dict metadata, object y) except -1:
    cdef op_t *op
    for t in arguments:
        if g.loose or traced(<Tensor>t):
            break
    else:
        return 0
    op = g.listed_op(STRUCTURED, arguments, metadata, primitive)
    set_place(op)
    if isinstance(y, list):
        for part in y:
            g.new_result(op, <Tensor>part)
    else:
        g.new_result(op, <Tensor>y)
    return 0


cdef int set_place(op_t *op) except -1:
    """Note the line of the user's program that is running."""
    place = user_place()
    if place is not None:
        Py_INCREF(place)
        op.place = <PyObject *>place
    return 0


cdef str PACKAGE = __file__.rpartition("_core")[0]


cdef object user_place():
    cdef PyFrameObject *frame = PyEval_GetFrame()
    cdef PyFrameObject *back
    cdef object place = None
    Py_XINCREF(<PyObject *>frame)
    while frame != NULL:
        code = <object><PyObject *>PyFrame_GetCode(frame)
        Py_DECREF(code)
        if not (<str>code.co_filename).startswith(PACKAGE):
            place = (code, PyFrame_GetLineNumber(frame))
            Py_DECREF(<object>frame)
            break
        back = PyFrame_GetBack(frame)
        Py_DECREF(<object>frame)
        frame = back
    return place


# ------------------------------------------------------------------------------------------------ variables
cdef Touch touch_of(Graph g, Variable v):
    cdef Touch touch = g.variables.get(v.serial)
    if touch is None:
        touch = Touch.__new__(Touch)
        touch.variable = v
        touch.before = v.value
        if g.parent is not None and serial_of(v.value.node) == g.parent.serial:
            touch.outer = v.value.node
        g.variables[v.serial] = touch
    return touch


cdef int read_variable(Graph g, Variable v) except -1:
    """Let the Tensor that a Variable holds be its value in the graph."""
    cdef Touch touch = touch_of(g, v)
    cdef Tensor t = v.value
    # Each time: a graph inside of this one may have read it since.
    t.node = g.serial | <uint32_t>(touch.last if touch.assigned else g.first_value(v))
    return 0


cdef int assign_variable(Graph g, Variable v, Tensor new) except -1:
    """From here on a Variable has another value."""
    cdef Touch touch = touch_of(g, v)
    cdef uint64_t slot = v.value.slot
    cdef Tensor t = reshaped(new, new.shape_)
    touch.last = g.new_result(g.listed_op(ASSIGN, [new], v), t)
    t.slot = slot
    touch.assigned = touch.pending = True
    v.value = t
    return 0


cdef int flush(Graph g) except -1:
    """Before an effect, which may look at Variables: write what was assigned."""
    cdef Touch touch
    for touch in g.variables.values():
        if touch.pending:
            touch.pending = False
            g.listed_op(WRITE, [touch.variable.value], touch.variable)
    return 0


# -------------------------------------------------------------------------------------------------- effects
cdef int remember(Graph g, bint records, bint reads) except -1:
    while g is not None:
        g.records |= records
        g.reads |= reads
        g = g.parent if g.inside else None
    return 0


cdef bint acts(op_t *op) except -1:
    """True if an operation does something besides computing, so that it can't be left out."""
    if op.kind == EFFECT:
        return not is_pure(<object>op.payload)
    if op.kind != BRANCHES and op.kind != LOOP:
        return op.kind == WRITE
    if (<object>op.payload).quiet:
        return False
    for part in (<object>op.payload).parts:
        if graph_acts(<Graph?>part[0]):
            return True
    return False


cdef bint graph_acts(Graph g) except -1:
    cdef Py_ssize_t k
    for k in range(g.n_ops):
        if acts(&g.ops[k]):
            return True
    return False


cdef bint is_pure(object effect) except -1:
    return getattr(effect, "pure", False)


cdef bint is_tracing() noexcept:
    cdef Graph g = current_graph()
    return g is not None and not g.loose


cdef int look(Graph g, Tensor t) except -1:
    """Python looks at a value that a loose graph may depend on."""
    if serial_of(t.node) == g.serial:
        g.looks.append((value_in(t.node), user_place()))
    return 0


cdef int look_now(Tensor t) except -1:
    cdef Graph g = current_graph()
    return 0 if g is None or not g.loose else look(g, t)


cdef int log_assignment(Graph g, Variable v) except -1:
    """A Variable is assigned while a loose graph is logged."""
    g.looks.append((v, user_place()))
    return 0


cdef object untraced(object function):
    with Untraced():
        return function()


hooks.origin = origin
hooks.unborn = unborn
hooks.untraced = untraced
hooks.traced = traced
hooks.tracing = is_tracing
hooks.look = look_now
