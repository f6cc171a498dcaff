"""Statements as converted code has them.

Each `if` and loop stays what it is, and has one more arm, for the case that a traced tensor decides:

    if (ag__test := ag__.test(x > 0)) is True:
        y = 1
    elif ag__test:
        ag__.branch(7, ag__test, lambda: (x, y))
    else:
        y = 2

The lambda is never called: its closure holds the cells of the function's names. With them, and the
statements that stand for 7, the unit (`staging`) makes functions of the branches, when they are
needed.

A jump (`return`, `break`, `continue`) out of an `if` that a tensor decides takes the statements that
follow into the branches, up to the next boundary: the end of the function, or of the body of a loop.
At a boundary in a loop, what is known about the jump is a `Jump`.
"""

import ast

from .analysis import TRIES, ends, jumps
from .expressions import Expressions, call, constant, decided, later, name, operator, place, rebuilt

_STORE = ast.Store()
TEST = "ag__test"


class Context:
    """Where statements stand.

    fragment: they become a function of a branch or body, whose result is a Jump.
    boundary: how far a jump takes the following statements: "function", "fragment", the number of
        a loop, "block" (`with` and `try`), or "blocked" (`try` with `finally`).
    native: True inside a loop of the same function, which `break` and `continue` mean.
    tail: the statements after these, up to the boundary.
    end: what follows the boundary, for liveness: None for the end of the function, ("body", loop)
        or ("after", loop).
    """

    __slots__ = ("boundary", "end", "fragment", "native", "tail")

    def __init__(self, fragment=False, boundary="function", native=False, tail=(), end=None):
        self.fragment, self.boundary, self.native = fragment, boundary, native
        self.tail, self.end = tail, end

    def with_tail(self, tail):
        """The same place, with other statements after it."""
        return Context(self.fragment, self.boundary, self.native, tail, self.end)

    def inside_loop(self, loop, number):
        """The body of a loop that stands here."""
        return Context(self.fragment, number, True, (), ("body", loop))

    def inside_block(self, block):
        """The body of a `with` or `try` that stands here."""
        boundary = "blocked" if getattr(block, "finalbody", None) else "block"
        if self.boundary == "blocked":
            boundary = "blocked"
        return Context(self.fragment, boundary, self.native, (), self.end)

    def without_block(self):
        """The same place, of statements that always return before the block ends."""
        boundary = "fragment" if self.fragment else "function"
        return Context(self.fragment, boundary, self.native, self.tail, self.end)


class Construct:
    """An `if` or a loop that a staged arm is about: kind "branch", "while", "for" or "rest"."""

    __slots__ = ("context", "kind", "node")

    def __init__(self, node, context, kind):
        self.node, self.context, self.kind = node, context, kind


class Statements:
    """Converts the statements of one function; `unit` numbers its loops and constructs.

    staged: they are those of a branch or body, which run also if a tensor decides against them.
    """

    def __init__(self, unit, staged=False):
        self.unit, self.in_staged = unit, staged
        self.expressions = Expressions(unit.first)

    def suite(self, statements, context):
        """The statements converted."""
        result = []
        for n, s in enumerate(statements):
            rest = tuple(statements[n + 1 :]) + context.tail
            self.statement(s, context.with_tail(rest), result)
        return result

    def statement(self, s, context, result):
        kind = type(s)
        if kind is ast.If:
            self.branch(s, context, result)
        elif kind is ast.While:
            self.while_(s, context, result)
        elif kind is ast.For:
            self.for_(s, context, result)
        elif kind is ast.Assert:
            result.append(self.assertion(s))
        elif kind is ast.Return:
            result.append(self.returning(s, context))
        elif kind is ast.Raise and self.in_staged and s.exc is not None:
            at = place(s)
            error = call("raised", [self.expressions.visit(s.exc), constant(s.lineno, at)], at)
            result.append(rebuilt(s, {"exc": error}))
        elif kind is ast.Break and not context.native and context.fragment:
            at = place(s)
            result.append(ast.Return(value=operator("BREAK", at), **at))
        elif kind is ast.Continue and not context.native and context.fragment:
            result.append(ast.Return(value=None, **place(s)))
        elif context.fragment and kind in (ast.Global, ast.Nonlocal):
            result.append(ast.Pass(**place(s)))  # declared at the top of the fragment
        elif context.fragment and kind is ast.AnnAssign and isinstance(s.target, ast.Name):
            self.unannotated(s, result)
        elif isinstance(s, (ast.With, *TRIES, ast.Match)):
            result.append(self.block(s, context))
        elif kind in (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.AsyncFor):
            result.append(s)
        else:
            result.append(self.expressions.visit(s))

    def returning(self, s, context):
        value = self.expressions.visit(s.value) if s.value is not None else None
        at = place(s)
        if context.fragment:
            value = call("returned", [value or constant(None, at)], at)
        return ast.Return(value=value, **at)

    def unannotated(self, s, result):
        at = place(s)
        if s.value is None:
            result.append(ast.Pass(**at))
        else:
            value = self.expressions.visit(s.value)
            result.append(ast.Assign(targets=[s.target], value=value, **at))

    def assertion(self, s):
        at = place(s)
        message = constant(None, at) if s.msg is None else self.expressions.visit(s.msg)
        test = call("checked", [self.expressions.visit(s.test), later(message)], at)
        return ast.Assert(test=test, msg=None if s.msg is None else message, **at)

    def block(self, s, context):
        """`with`, `try` and `match`."""
        inner = context
        if not isinstance(s, ast.Match):
            inner = context.inside_block(s)
        fields = {}
        for field in ("body", "orelse", "finalbody"):
            if getattr(s, field, None):
                fields[field] = self.suite(getattr(s, field), inner)
        if isinstance(s, ast.With):
            fields["items"] = [self.expressions.visit(item) for item in s.items]
        elif isinstance(s, TRIES):
            fields["handlers"] = [
                rebuilt(h, {"body": self.suite(h.body, inner)}) for h in s.handlers
            ]
        else:
            fields["subject"] = self.expressions.visit(s.subject)
            fields["cases"] = [self.case(case, inner) for case in s.cases]
        return rebuilt(s, fields)

    def case(self, case, context):
        fields = {"body": self.suite(case.body, context)}
        if case.guard is not None:
            fields["guard"] = decided(self.expressions.visit(case.guard), "guard")
        return rebuilt(case, fields)

    # ---------------------------------------------------------------------------------- branches
    def branch(self, s, context, result):
        at = place(s)
        leaves = jumps([s])
        number = self.unit.numbers.get(id(s)) if context.boundary == "function" else None
        if number is not None:
            return self.partly_returning(s, number, context, result)
        if context.boundary == "block" and leaves:
            ways = [(*suite, *context.tail) for suite in (s.body, s.orelse)]
            if all(map(ends, ways)) and jumps([*ways[0], *ways[1]]) == {"return"}:
                context = context.without_block()
        staged = self.construct("branch", s, context if leaves else context.with_tail(()))
        staged = self.staged("branch", staged, name(TEST, at), at)
        if not leaves:
            arm = [ast.Expr(value=staged, **at)]
        elif context.boundary in ("block", "blocked"):
            refused = call("refuse", [constant(s.lineno, at)], at)
            arm = [ast.Expr(value=refused, **at)]
        elif context.boundary in ("function", "fragment"):
            arm = [ast.Return(value=staged, **at)]
        else:
            jump = f"ag__jump{context.boundary}"
            going = ast.Compare(
                left=_attribute(jump, "stop", at),
                ops=[ast.Is()],
                comparators=[constant(False, at)],
                **at,
            )
            arm = [
                _assign(jump, staged, at),
                ast.If(test=going, body=[ast.Continue(**at)], orelse=[], **at),
                ast.Break(**at),
            ]
        result.append(self.arms(s, context, arm))

    def partly_returning(self, s, number, context, result):
        """An `if` that returns somewhere inside, but goes on at the end of both suites.

        What follows is not put into both branches, as several of these would double it each time;
        it becomes the other branch of a second `if`.
        """
        at, jump = place(s), f"ag__jump{number}"
        alone = Context(True, "fragment", end=("after", s))
        staged = self.staged("branch", self.construct("branch", s, alone), name(TEST, at), at)
        result.append(_assign(jump, operator("NO_JUMP", at), at))
        result.append(self.arms(s, context, [_assign(jump, staged, at)]))
        back = ast.Return(value=_attribute(jump, "value", at), **at)
        self.branch(self.unit.synthetic(s, "returned", jump, [back]), context, result)

    def arms(self, s, context, staged):
        """The `if` with the statements of its staged arm."""
        at = place(s)
        return ast.If(
            test=_is_true(call("test", [self.expressions.visit(s.test)], at), at),
            body=self.suite(s.body, context),
            orelse=[
                ast.If(test=name(TEST, at), body=staged, orelse=self.suite(s.orelse, context), **at)
            ],
            **at,
        )

    # ------------------------------------------------------------------------------------- loops
    def while_(self, s, context, result):
        at, number = place(s), self.unit.number(s)
        jump = f"ag__jump{number}"
        test = call("loop_test", [self.expressions.visit(s.test)], at)
        test = ast.NamedExpr(target=name(TEST, at, _STORE), value=test, **at)
        leave = ast.If(
            test=_is_not_true(at),
            body=[_assign(jump, call("opened", [name(TEST, at)], at), at), ast.Break(**at)],
            orelse=[],
            **at,
        )
        body = self.suite(s.body, context.inside_loop(s, number))
        result.append(_assign(jump, operator("NO_JUMP", at), at))
        result.append(
            ast.While(test=test, body=[leave, *body], orelse=self.suite(s.orelse, context), **at)
        )
        construct = self.construct("while", s, context.with_tail(()))
        staged = self.staged("while_loop", construct, name(jump, at), at)
        result.append(_if_open(jump, staged, at))
        self.after_loop(s, jump, context, result)

    def for_(self, s, context, result):
        at, number = place(s), self.unit.number(s)
        jump, items = f"ag__jump{number}", f"ag__items{number}"
        fields = {
            "target": self.expressions.visit(s.target),
            "iter": name(items, at),
            "body": self.suite(s.body, context.inside_loop(s, number)),
            "orelse": self.suite(s.orelse, context),
        }
        loops = [rebuilt(s, fields)]
        alone = context.with_tail(())
        if jumps(s.body):
            construct = self.construct("rest", s, alone)
            staged = self.staged("rest", construct, name(jump, at), at)
            loops.append(_if_open(jump, staged, at))
        staged = self.construct("for", s, alone)
        staged = self.staged("for_loop", staged, name(items, at), at)
        is_staged = ast.Compare(
            left=_attribute(items, "__class__", at),
            ops=[ast.Is()],
            comparators=[operator("Staged", at)],
            **at,
        )
        arm = [_assign(jump, staged, at)]
        result.append(_assign(jump, operator("NO_JUMP", at), at))
        result.append(_assign(items, call("iterate", [self.expressions.visit(s.iter)], at), at))
        result.append(ast.If(test=is_staged, body=arm, orelse=loops, **at))
        result.append(_assign(items, constant(None, at), at))
        self.after_loop(s, jump, context, result)

    def after_loop(self, s, jump, context, result):
        """What a staged loop, which has no `else` and no `return`, leaves to be done."""
        rest = []
        if s.orelse:
            rest.append(self.unit.synthetic(s, "else", jump, s.orelse))
        leaves = jumps(s.body)
        if "return" in leaves:
            at = place(s)
            back = ast.Return(value=_attribute(jump, "value", at), **at)
            if "break" not in leaves and _is_endless(s):
                result.append(self.returning(back, context))
                return
            rest.append(self.unit.synthetic(s, "returned", jump, [back]))
        for n, one in enumerate(rest):
            tail = (*rest[n + 1 :], *context.tail)
            self.branch(one, context.with_tail(tail), result)

    # ---------------------------------------------------------------------------------- constructs
    def construct(self, kind, node, context):
        return self.unit.construct(Construct(node, context, kind))

    def staged(self, text, number, subject, at):
        """`ag__.text(number, subject, lambda: (names, ...))`."""
        return call(text, [constant(number, at), subject, self.unit.cells], at)


def _is_endless(loop):
    return isinstance(loop, ast.While) and isinstance(loop.test, ast.Constant) and loop.test.value


def _assign(target, value, at):
    return ast.Assign(targets=[name(target, at, _STORE)], value=value, **at)


def _attribute(owner, attribute, at):
    return ast.Attribute(value=name(owner, at), attr=attribute, ctx=ast.Load(), **at)


def _is_true(test, at):
    test = ast.NamedExpr(target=name(TEST, at, _STORE), value=test, **at)
    return ast.Compare(left=test, ops=[ast.Is()], comparators=[constant(True, at)], **at)


def _is_not_true(at):
    left = name(TEST, at)
    return ast.Compare(left=left, ops=[ast.IsNot()], comparators=[constant(True, at)], **at)


def _if_open(jump, staged, at):
    test = _attribute(jump, "open", at)
    return ast.If(test=test, body=[_assign(jump, staged, at)], orelse=[], **at)
