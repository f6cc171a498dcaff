"""The staged arms of converted code: functions of branches and bodies, made when first needed."""

import ast
from types import FunctionType

from . import operators
from .analysis import LOOPS, Liveness, Uses, ends, jumps, parameters, suites
from .expressions import OPERATORS, later, name, place
from .operators import ConversionError, Undefined
from .source import compiling, inner_code, only, without_values
from .state import State
from .statements import Context, Statements

MOST_ITEMS = 10_000  # of a Python iterable, each with a branch of its own
FACTORY, FRAGMENT, ITEM = "ag__factory", "ag__fragment", "ag__item"


class Jump:
    """Whether statements left by a jump: each flag is a bool, or a tensor while it is traced.

    stop: the loop ends; returned: the function does, with value; else_: the `else` of the loop is
    still to be run; open: the loop is to be gone on with, staged; test: what its first test gave.
    """

    __slots__ = ("else_", "open", "returned", "stop", "test", "value")

    def __init__(self, stop=False, returned=False, value=None, else_=False, open=None, test=None):
        self.test = test
        self.stop, self.returned, self.else_ = stop, returned, else_
        self.value = Undefined("<return>") if returned is False else value
        self.open = not isinstance(stop, bool) if open is None else open

    def flags(self, count):
        return (self.stop, self.returned, self.value)[:count]


class Unit:
    """One function being converted, and what its converted code calls (as `ag__`)."""

    test = staticmethod(operators.test)
    loop_test = staticmethod(operators.loop_test)
    iterate = staticmethod(operators.iterate)
    and_ = staticmethod(operators.and_)
    or_ = staticmethod(operators.or_)
    not_ = staticmethod(operators.not_)
    chain = staticmethod(operators.chain)
    choose = staticmethod(operators.choose)
    decided = staticmethod(operators.decided)
    checked = staticmethod(operators.checked)
    Staged = operators.Staged
    NO_JUMP = Jump()
    BREAK = Jump(stop=True)

    def __init__(self, node, code, qualname, callee):
        self.node, self.filename, self.qualname = node, code.co_filename, qualname
        self.name, self.free, self.callee = code.co_name, code.co_freevars, callee
        self.lambda_ = isinstance(node, ast.Lambda)
        arguments = code.co_varnames[: code.co_argcount]
        self.first = arguments[0] if arguments else None
        self.body = [] if self.lambda_ else node.body
        self.numbers, self.synthetics, self.codes = {}, {}, {}
        self.constructs, self.places = [], {}
        self._liveness = None

    # -------------------------------------------------------------------------- converted function
    def code(self):
        """The code of the converted function."""
        node = self.node
        arguments = without_values(node.args)
        if self.lambda_:
            body = Statements(self).expressions.visit(node.body)
            made = ast.Lambda(args=arguments, body=body, **place(node))
            made = ast.Expr(value=made, **place(node))
        else:
            self.scope()
            fields = {"args": arguments, "decorator_list": [], "returns": None}
            fields |= {"name": FRAGMENT, "type_params": []}  # its own name may be a global one
            fields["body"] = Statements(self).suite(node.body, Context())
            made = ast.FunctionDef(**fields, **place(node))
        return self.compile(made, self.free)

    def scope(self):
        """Find the names of the function, and its loops."""
        uses = Uses(*self.body)
        self.globals = uses.globals
        own = {**dict.fromkeys(parameters(self.node)), **uses.bound(), **uses.nonlocals}
        own = [n for n in own if n not in uses.globals]
        self.locals = {**dict.fromkeys(own), **dict.fromkeys(self.free)}
        self.shared = uses.shared
        self.always = {*self.free, *uses.captured, *uses.globals}
        self.hidden = []
        for s in _jumping(self.body):
            n = self.numbers[id(s)] = len(self.numbers)
            self.hidden += [f"ag__jump{n}"] + [f"ag__items{n}"] * isinstance(s, ast.For)
        at = place(self.node)
        names = [name(n, at) for n in (*self.locals, *self.hidden, OPERATORS)]
        self.cells = later(ast.Tuple(elts=names, ctx=ast.Load(), **at))

    def compile(self, made, free):
        """The code of one definition, inside a function that has its free names."""
        at = place(self.node)
        store = ast.Store()
        targets = [name(n, at, store) for n in (*free, OPERATORS)]
        setting = ast.Assign(targets=targets, value=ast.Constant(value=None, **at), **at)
        outer = ast.FunctionDef(
            name=FACTORY,
            args=only(),
            body=[setting, made],
            decorator_list=[],
            returns=None,
            type_params=[],
            **at,
        )
        module = ast.Module(body=[outer], type_ignores=[])
        code = inner_code(inner_code(compile(module, self.filename, "exec", dont_inherit=True)))
        old = code.co_qualname
        return _renamed(code, old, self.qualname).replace(co_name=self.name)

    # ------------------------------------------------------------------------ asked by Statements
    def number(self, loop):
        """The number of a loop, for the names that it needs."""
        return self.numbers[id(loop)]

    def construct(self, construct):
        """The number of a construct; one like it keeps its number."""
        c = construct.context
        end = c.end and (c.end[0], id(c.end[1]))
        tail = tuple(map(id, c.tail))
        key = (construct.kind, id(construct.node), tail, c.boundary, c.fragment, end)
        if key not in self.places:
            self.places[key] = len(self.constructs)
            self.constructs.append(construct)
        return self.places[key]

    def synthetic(self, loop, which, jump, body):
        """`if jump.which: body`, to stand after a loop; the same node each time."""
        key = (id(loop), which)
        if key not in self.synthetics:
            at = place(loop)
            attribute = "else_" if which == "else" else which
            test = ast.Attribute(value=name(jump, at), attr=attribute, ctx=ast.Load(), **at)
            self.synthetics[key] = ast.If(test=test, body=body, orelse=[], **at)
            self.synthetics[id(self.synthetics[key])] = loop
        return self.synthetics[key]

    # --------------------------------------------------------------------------------- fragments
    def fragment(self, key, statements, context, cells, takes_item=False):
        """Statements as a function that shares the names of the frame that `cells` is from."""
        if key not in self.codes:
            with compiling():
                self.codes[key] = self.fragment_code(statements, context, takes_item)
        code = self.codes[key]
        held = dict(zip(cells.__code__.co_freevars, cells.__closure__, strict=True))
        closure = tuple(held[n] for n in code.co_freevars)
        return FunctionType(code, cells.__globals__, self.name, None, closure)

    def fragment_code(self, statements, context, takes_item):
        """The code of `fragment`, made when it is first needed."""
        at = place(self.node)
        names = [n for n in (*self.locals, *self.hidden) if n != "__class__"]
        body = [ast.Nonlocal(names=names, **at)] if names else []
        if self.globals:
            body.append(ast.Global(names=list(self.globals), **at))
        body += Statements(self, staged=True).suite(statements, context)
        arguments = only(*[ast.arg(arg=ITEM, **at)] * takes_item)
        fields = {"args": arguments, "body": body or [ast.Pass(**at)], "decorator_list": []}
        made = ast.FunctionDef(name=FRAGMENT, returns=None, type_params=[], **fields, **at)
        return self.compile(made, (*self.locals, *self.hidden))

    def live(self, end):
        """The names that are live at the end of some statements."""
        if self._liveness is None:
            self._liveness = Liveness(self.body, self.always)
        if end is None:
            return self._liveness.always
        where, node = end
        node = self.synthetics.get(id(node), node)
        live = self._liveness.after[id(node)]
        return live | self._liveness.head[id(node)] if where == "body" else live

    def state(self, statements, live, cells):
        """The state that staged statements change."""
        return State(self, Uses(*statements), live, cells)

    # ------------------------------------------------------------------------------- staged arms
    def branch(self, k, test, cells):
        """An `if` on a traced tensor."""
        c = self.constructs[k]
        leaves, context = jumps([c.node]), c.context
        suites = [(*suite, *context.tail) for suite in (c.node.body, c.node.orelse)]
        live = self.live(context.end if leaves else ("after", c.node))
        state = self.state([s for suite in suites for s in suite], live, cells)
        function = leaves and context.boundary == "function"
        inside = Context(end=context.end) if function else _inside(context)
        fragments = [self.fragment((k, n), suite, inside, cells) for n, suite in enumerate(suites)]
        if function:
            return self.value_of(c, test, state, fragments)
        if not leaves:
            state.branches(test, *map(_effects, fragments), ())
            return None
        count = 3 if "return" in _jumps(suites) else 1
        return self.jump_of(test, state, fragments, count)

    def value_of(self, c, test, state, fragments):
        """What a function returns that ends in these branches."""
        given = []

        def run(fragment):
            value = fragment()
            given.append(value)
            if len(given) == 2 and (given[0] is None) != (given[1] is None):
                raise self.error(
                    c.node.lineno,
                    "an `if` that a traced tensor decides returns a value in one case and None in "
                    "the other; return a value of the same structure in both (a path without "
                    "`return` gives None)",
                )
            return (value,)

        runs = [lambda f=f: run(f) for f in fragments]
        return state.branches(test, *runs, ("<return>",))[0]

    def jump_of(self, test, state, fragments, count):
        """The Jump that comes of two branches, of which each may give one."""
        given = []

        def run(fragment):
            jump = fragment() or self.NO_JUMP
            given.append(jump)
            return jump.flags(count)

        flags = state.branches(test, *[lambda f=f: run(f) for f in fragments], FLAGS[:count])
        return _merged(given, flags)

    def rest(self, k, jump, cells):
        """The rest of a Python loop, after an iteration in which a traced tensor decided a jump:
        one more branch for each item."""
        loop = self.constructs[k].node
        body, state, count = self.loop_body(k, loop, cells)
        held = dict(zip(cells.__code__.co_freevars, cells.__closure__, strict=True))
        items = held[f"ag__items{self.number(loop)}"].cell_contents
        for n, item in enumerate(items):
            if n == MOST_ITEMS:
                raise self.error(
                    loop.lineno,
                    "a traced tensor decides when this `for` over a Python iterable ends, which "
                    f"gave more than {n:,} items; loop over fg.range or a tensor, or use `while`",
                )
            done = Jump(True, jump.returned, jump.value)
            fragments = [lambda done=done: done, lambda item=item: body(item)]
            jump = self.jump_of(operators.Staged(jump.stop), state, fragments, count)
            if jump.stop is True:
                break
        return _left(loop, jump.stop, jump.returned, jump.value)

    @staticmethod
    def opened(test):
        """The Jump into a staged `while` whose first test was made."""
        return Jump(open=True, test=test)

    def while_loop(self, k, jump, cells):
        """A `while` from where it is, staged."""
        loop = self.constructs[k].node
        at = place(loop)
        test = [ast.Return(value=loop.test, **at)]
        test = self.fragment((k, "test"), test, Context(boundary="blocked"), cells)
        body, state, count = self.loop_body(k, loop, cells)
        names = (*state.names, *FLAGS[:count])
        start = (*state.read(), *jump.flags(count))
        before = state.all()

        def test_fn(*values):
            state.write(values)
            stopped = values[-count] if count else False
            if stopped is False:
                return test()
            return operators.stage.both(operators.not_(stopped), test)

        def body_fn(*values):
            state.reset(before)
            state.write(values)
            jump = body() or self.NO_JUMP
            return (*state.noted(), *jump.flags(count))

        def going(*values):
            return operators.stage.number(test_fn(*values), bool)

        def body_and_test(*values):
            values = body_fn(*values[:-1])
            return (*values, going(*values))

        uses, first = Uses(loop.test), jump.test
        if uses.bound():
            error = self.error(
                loop.lineno,
                "the test of a `while` that a traced tensor decides has both `:=` and an effect, "
                "which would be made more than once in each turn; assign the name in statements "
                "before the loop and at the end of its body",
            )
            operators.stage.without_effects(lambda: test_fn(*start), error)
            first = None
        if first is not None and operators.stage.acts(lambda: test_fn(*start)):
            # It was made once already, and must not be again: each turn makes the next one.
            start = (*start, operators.stage.number(first.value, bool))
            last = operators.stage.loop(
                lambda *values: values[-1], body_and_test, start, (*names, "<test>")
            )
        else:
            last = operators.stage.loop(test_fn, body_fn, start, names)
        jump = self.after(loop, state, before, last, count)
        if uses.bound() and jump.stop is not True:  # names that the last test, which failed, binds
            state = State(self, uses, self.live(("after", loop)), cells)
            if jump.stop is False:
                test()
            else:
                stopped = operators.Staged(jump.stop)
                state.branches(stopped, tuple, _effects(test), ())
        return jump

    def for_loop(self, k, items, cells):
        """A `for` over what the stage loops over."""
        loop = self.constructs[k].node
        body, state, count = self.loop_body(k, loop, cells)
        counts = isinstance(items.value, operators._Enumerate)
        counter, iterable = (), items.value
        if counts:
            counter, iterable = (iterable.start,), iterable.iterable
        names = (*state.names, *FLAGS[:count], *["<count>"] * counts)
        start = (*state.read(), *self.NO_JUMP.flags(count), *counter)
        before = state.all()

        def test_fn(*values):
            return operators.not_(values[-count - counts])

        def body_fn(item, *values):
            state.reset(before)
            state.write(values)
            number = values[-1:] if counts else ()
            jump = body((*number, item) if counts else item) or self.NO_JUMP
            return (*state.noted(), *jump.flags(count), *(n + 1 for n in number))

        going = test_fn if count else None
        last = operators.stage.loop_over(iterable, body_fn, start, names, going)
        return self.after(loop, state, before, last, count)

    def loop_body(self, k, loop, cells):
        """The body of a staged loop: its function, its state, and how many flags it has."""
        end, first = ("body", loop), []
        takes_item = isinstance(loop, ast.For)
        if takes_item:
            at = place(loop.target)
            first = [ast.Assign(targets=[loop.target], value=name(ITEM, at), **at)]
        elif Uses(loop.test).bound():  # the body is a function apart from the test
            first = [ast.Expr(value=loop.test, **place(loop))]
        statements = [*first, *loop.body]
        context = Context(True, "fragment", end=end)
        body = self.fragment((k, "body"), statements, context, cells, takes_item)
        state = self.state(statements, self.live(end), cells)
        leaves = jumps(loop.body)
        count = 3 if "return" in leaves else 1 if "break" in leaves else 0
        return body, state, count

    def after(self, loop, state, before, last, count):
        """The Jump after a staged loop, whose state becomes the function's."""
        state.reset(before)
        state.write_noted(last)
        flags = last[len(state.names) : len(state.names) + count]
        stop = flags[0] if count else False
        returned, value = flags[1:] if count == 3 else (False, None)
        return _left(loop, stop, returned, value)

    # ------------------------------------------------------------------------------------- errors
    def returned(self, value):
        """What a branch or body gives for `return value`."""
        return Jump(True, True, value)

    def raised(self, error, line):
        """The error of a `raise` in staged code, with a note that it is always reached."""
        error = error() if isinstance(error, type) else error
        if isinstance(error, BaseException):
            error.add_note(
                f'{self.name} ("{self.filename}", line {line}): a traced tensor decides whether '
                "this `raise` is reached, and all branches are traced, whatever its value; to "
                "check a tensor, write `assert test, message`"
            )
        return error

    def refuse(self, line):
        """Raise for a jump that can't take along what follows."""
        raise self.error(
            line,
            "a `return`, `break` or `continue` inside a `with` or `try` block depends on a traced "
            "tensor, and what follows is in the block or after it: assign to a name there and jump "
            "after the block, or return in all cases",
        )

    def error(self, line, text):
        """A ConversionError that names a line."""
        return ConversionError(f'{self.name} ("{self.filename}", line {line}): {text}')


def _effects(fragment):
    """The fragment as a function that gives no values."""

    def run():
        fragment()
        return ()

    return run


FLAGS = ("<stop>", "<returned>", "<return>")


def _left(loop, stop, returned, value):
    """The Jump after a loop."""
    else_ = operators.not_(stop) if loop.orelse else False
    return Jump(stop, returned, value, else_, open=False)


def _inside(context):
    return Context(True, "fragment", end=context.end)


def _jumps(suites):
    return {jump for suite in suites for jump in jumps(suite)}


def _merged(given, flags):
    """The Jump of the branches: a flag that all branches agree on stays a bool."""
    values = []
    for n, flag in enumerate(flags[:2]):
        known = [jump.flags(2)[n] for jump in given]
        same = all(k is known[0] for k in known) and isinstance(known[0], bool)
        values.append(known[0] if same else flag)
    stop, returned = (*values, False)[:2]
    return Jump(stop, returned, flags[2] if len(flags) == 3 else None)


def _jumping(statements, outermost=True):
    """The statements of a function whose Jump needs a name: loops, and outside of loops and blocks
    each `if` with a `return` inside that goes on after both suites."""
    for n, s in enumerate(statements):
        if isinstance(s, ast.If):
            goes_on = not (ends(s.body) or ends(s.orelse))
            if outermost and goes_on and n + 1 < len(statements) and jumps([s]) == {"return"}:
                yield s
        elif isinstance(s, LOOPS):
            yield s
        if not isinstance(s, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            for suite in suites(s):
                yield from _jumping(suite, outermost and isinstance(s, (ast.If, ast.Match)))


def _renamed(code, old, new):
    """A code object and those in it, with the beginning of their qualified names replaced."""

    def renamed(x):
        return new + x[len(old) :] if x.startswith(old) else x

    kind, consts = type(code), []
    for x in code.co_consts:
        if type(x) is kind:
            x = _renamed(x, old, new)
        elif type(x) is str:  # the body of a class sets its __qualname__
            x = renamed(x)
        consts.append(x)
    return code.replace(co_consts=tuple(consts), co_qualname=renamed(code.co_qualname))
