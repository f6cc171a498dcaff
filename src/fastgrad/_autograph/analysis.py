"""What statements do to names: what they bind, what is live after them, and where they jump."""

import ast

FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda)
COMPREHENSIONS = (ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp)
LOOPS = (ast.For, ast.While)
TRIES = (ast.Try, ast.TryStar)
MUTATORS = frozenset(
    "append extend insert pop popitem remove clear add discard update setdefault "
    "appendleft extendleft popleft reverse sort".split()
)


class Uses:
    """The names that some nodes read and bind in their own scope.

    reads: names read; binds: {name: None} bound (or deleted) for sure, in order; maybe: those bound
    where not all of an expression is evaluated; captured: names that functions in there read;
    shared: names that functions in there assign to; globals, nonlocals: declared names;
    targets: attributes and elements assigned to; mutations: method calls that change a container.
    """

    def __init__(self, *nodes):
        self.reads, self.binds, self.maybe, self.captured = set(), {}, {}, set()
        self.globals, self.nonlocals, self.shared = {}, {}, {}
        self.targets, self.mutations = [], []
        for node in nodes:
            self.visit(node, False)

    def bound(self):
        return {**self.binds, **self.maybe}

    def visit(self, node, lazily):
        kind = type(node)
        if kind is ast.Name:
            if isinstance(node.ctx, ast.Load):
                self.reads.add(node.id)
            else:
                (self.maybe if lazily else self.binds)[node.id] = None
            return
        if isinstance(node, FUNCTIONS):
            return self.nested(node)
        if kind is ast.ClassDef:
            self.binds[node.name] = None
            inner = Uses(*node.body)
            self.captured |= inner.captured
            self.shared.update(inner.shared)
            self.reads |= inner.reads
            for part in (*node.decorator_list, *node.bases, *node.keywords):
                self.visit(part, lazily)
            return
        if isinstance(node, COMPREHENSIONS):
            return self.comprehension(node)
        if kind is ast.NamedExpr:
            (self.maybe if lazily else self.binds)[node.target.id] = None
            return self.visit(node.value, lazily)
        if kind in (ast.BoolOp, ast.IfExp):
            first, *others = (
                node.values
                if kind is ast.BoolOp
                else (
                    node.test,
                    node.body,
                    node.orelse,
                )
            )
            self.visit(first, lazily)
            for other in others:
                self.visit(other, True)
            return
        if kind in (ast.Attribute, ast.Subscript) and isinstance(node.ctx, (ast.Store, ast.Del)):
            self.targets.append(node)
        elif kind is ast.AugAssign and isinstance(node.target, ast.Name):
            self.reads.add(node.target.id)
        elif kind is ast.Call:
            f = node.func
            if isinstance(f, ast.Attribute) and f.attr in MUTATORS:
                self.mutations.append(node)
        elif kind in (ast.Import, ast.ImportFrom):
            for alias in node.names:
                self.binds[alias.asname or alias.name.partition(".")[0]] = None
        elif kind is ast.Global:
            self.globals.update(dict.fromkeys(node.names))
        elif kind is ast.Nonlocal:
            self.nonlocals.update(dict.fromkeys(node.names))
        elif kind in (ast.ExceptHandler, ast.MatchAs, ast.MatchStar):
            if node.name:
                self.maybe[node.name] = None
        elif kind is ast.MatchMapping and node.rest:
            self.maybe[node.rest] = None
        elif kind.__name__ == "TypeAlias":
            self.binds[node.name.id] = None
        for child in parts(node):
            self.visit(child, lazily)

    def nested(self, node):
        a = node.args
        for default in (*a.defaults, *(d for d in a.kw_defaults if d is not None)):
            self.visit(default, False)
        if isinstance(node, ast.Lambda):
            inner = Uses(node.body)
        else:
            self.binds[node.name] = None
            for decorator in node.decorator_list:
                self.visit(decorator, False)
            inner = Uses(*node.body)
        own = set(parameters(node)) | set(inner.bound()) - set(inner.nonlocals)
        free = ((inner.reads | inner.captured) - own) | set(inner.nonlocals)
        self.captured |= free
        self.shared.update({**inner.nonlocals, **inner.shared})
        self.reads |= free

    def comprehension(self, node):
        inner = Uses(*(g.target for g in node.generators))
        own = set(inner.binds)
        parts = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        parts += [part for g in node.generators for part in (g.iter, *g.ifs)]
        inner = Uses()
        for part in parts:
            inner.visit(part, True)
        self.reads |= inner.reads - own
        self.captured |= inner.captured - own
        self.maybe.update(inner.maybe)
        self.mutations += inner.mutations


def parts(node):
    """The nodes directly in a node, but for those that say nothing (operators, `Load`)."""
    found = []
    for field in node._fields:
        part = getattr(node, field, None)
        if type(part) is list:
            found += [x for x in part if isinstance(x, ast.AST)]
        elif isinstance(part, ast.AST) and part._fields:
            found.append(part)
    return found


def parameters(node):
    """The names of a function's parameters, as `co_varnames` has them."""
    a = node.args
    every = [*a.posonlyargs, *a.args, *a.kwonlyargs, a.vararg, a.kwarg]
    return [p.arg for p in every if p is not None]


def jumps(statements):
    """The jumps that leave these statements: a set of "return", "break" and "continue"."""
    found = set()
    for s in statements:
        kind = type(s)
        if kind is ast.Return:
            found.add("return")
        elif kind is ast.Break:
            found.add("break")
        elif kind is ast.Continue:
            found.add("continue")
        elif isinstance(s, (*LOOPS, ast.AsyncFor)):
            found |= jumps(s.body) & {"return"} | jumps(s.orelse)
        elif not isinstance(s, (*FUNCTIONS, ast.ClassDef)):
            for suite in suites(s):
                found |= jumps(suite)
    return found


def ends(statements):
    """True if these statements are seen to end by a jump or an error, always."""
    if not statements:
        return False
    last = statements[-1]
    if isinstance(last, ast.If):
        return ends(last.body) and ends(last.orelse)
    return isinstance(last, (ast.Return, ast.Raise, ast.Break, ast.Continue))


def suites(statement):
    """The lists of statements inside a statement (not of functions and classes)."""
    for name in ("body", "orelse", "finalbody"):
        if getattr(statement, name, None):
            yield getattr(statement, name)
    for part in (*getattr(statement, "handlers", ()), *getattr(statement, "cases", ())):
        yield part.body


class Liveness:
    """Which names are live after each `if` and loop of a function (`after`), and at the head of
    each loop (`head`), by the id of the node."""

    def __init__(self, statements, always):
        self.after, self.head, self.uses = {}, {}, {}
        self.always = frozenset(always)
        self.raising = self.returns = self.breaks = self.continues = self.always
        self.suite(statements, self.always)

    def suite(self, statements, out):
        for s in reversed(statements):
            out = self.before(s, out) | self.raising
        return out

    def before(self, s, out):
        kind = type(s)
        if kind is ast.If:
            self.note(self.after, s, out)
            inside = self.suite(s.body, out) | self.suite(s.orelse, out)
            return self.expression(s.test, inside)
        if kind is ast.While:
            return self.loop(s, out, lambda body: self.expression(s.test, body))
        if kind in (ast.For, ast.AsyncFor):
            binds = self.uses_of(s.target)
            head = self.loop(s, out, lambda body: body - set(binds.binds) | binds.reads)
            return self.expression(s.iter, head)
        if kind in (ast.With, ast.AsyncWith):
            uses = Uses(*s.items)
            return self.suite(s.body, out) - set(uses.binds) | uses.reads
        if isinstance(s, TRIES):
            return self.attempt(s, out)
        if kind is ast.Match:
            inside = out
            for case in s.cases:
                uses = self.uses_of(case)
                inside |= self.suite(case.body, out) - set(uses.bound()) | uses.reads
            return self.expression(s.subject, inside)
        if kind is ast.Return:
            return self.returns | (self.uses_of(s.value).reads if s.value else set())
        if kind is ast.Break:
            return self.breaks
        if kind is ast.Continue:
            return self.continues
        uses = self.uses_of(s)
        if kind is ast.Raise:
            return self.raising | uses.reads
        return out - set(uses.binds) | uses.reads

    @staticmethod
    def note(table, s, live):
        """Add to what is known, as `finally` is gone through for each way to get there."""
        table[id(s)] = table.get(id(s), frozenset()) | live

    def uses_of(self, node):
        """Found once: loops are gone through until nothing changes."""
        known = self.uses.get(id(node))
        if known is None:
            known = self.uses[id(node)] = Uses(node)
        return known

    def expression(self, node, out):
        uses = self.uses_of(node)
        return out - set(uses.binds) | uses.reads

    def loop(self, s, out, enter):
        self.note(self.after, s, out)
        outer = self.breaks, self.continues
        done = self.suite(s.orelse, out)
        head = enter(done) | done
        while True:
            self.breaks, self.continues = out, head
            wider = head | enter(self.suite(s.body, head))
            if wider == head:
                break
            head = wider
        self.breaks, self.continues = outer
        self.note(self.head, s, head)
        return head

    def attempt(self, s, out):
        outer = self.raising, self.returns, self.breaks, self.continues
        if s.finalbody:
            out = self.suite(s.finalbody, out)
            self.raising, self.returns, self.breaks, self.continues = (
                self.suite(s.finalbody, live) for live in outer
            )
        handled = self.raising
        for handler in s.handlers:
            uses = Uses(*([handler.type] if handler.type else []))
            handled |= (self.suite(handler.body, out) - {handler.name}) | uses.reads
        done = self.suite(s.orelse, out)
        self.raising = handled
        result = self.suite(s.body, done) | handled
        self.raising, self.returns, self.breaks, self.continues = outer
        return result
