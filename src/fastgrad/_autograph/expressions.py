"""Expressions as converted code has them. Trees are never changed, only made anew."""

import ast

from .source import NoSource, only

_FRAME = frozenset(("locals", "eval", "exec"))
OPERATORS = "ag__"  # the name of the unit in converted code, see staging.Unit
_LOAD = ast.Load()
# Not entered: functions are converted when they are called, classes stay as they are.
_CLOSED = (ast.Lambda, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
_LEAVES = (ast.Constant, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.alias)


def place(node):
    """The location of a node, as keywords for new ones."""
    return {
        "lineno": node.lineno,
        "col_offset": node.col_offset,
        "end_lineno": node.end_lineno,
        "end_col_offset": node.end_col_offset,
    }


def name(text, at, context=_LOAD):
    """A name."""
    return ast.Name(id=text, ctx=context, **at)


def operator(text, at):
    """`ag__.text`, on one line, which is that of its calls in tracebacks."""
    at = {**at, "end_lineno": at["lineno"], "end_col_offset": at["col_offset"] + 1}
    return ast.Attribute(value=name(OPERATORS, at), attr=text, ctx=_LOAD, **at)


def call(text, args, at):
    """`ag__.text(*args)`."""
    return ast.Call(func=operator(text, at), args=args, keywords=[], **at)


def later(body):
    """`lambda: body`."""
    return ast.Lambda(args=only(), body=body, **place(body))


def constant(value, at):
    """A constant."""
    return ast.Constant(value=value, **at)


def rebuilt(node, fields):
    """A copy of a node with some fields replaced."""
    values = {f: getattr(node, f, None) for f in node._fields}
    values.update(fields)
    new = type(node)(**values)
    return ast.copy_location(new, node)


class Expressions:
    """Converts expressions of a function whose first parameter (for `super()`) is `first`."""

    def __init__(self, first=None):
        self.first = first

    def visit(self, node):
        """The node, or what stands for it in converted code."""
        if isinstance(node, _LEAVES) or isinstance(node, _CLOSED) or type(node) is ast.Name:
            return node
        method = getattr(self, "visit_" + type(node).__name__, None)
        return self.parts(node) if method is None else method(node)

    def parts(self, node):
        """The node with its parts converted."""
        changed = {}
        for field in node._fields:
            old = getattr(node, field, None)
            if isinstance(old, ast.AST):
                new = self.visit(old)
            elif type(old) is list:
                new = [self.visit(x) if isinstance(x, ast.AST) else x for x in old]
                if all(a is b for a, b in zip(new, old, strict=True)):
                    new = old
            else:
                continue
            if new is not old:
                changed[field] = new
        return rebuilt(node, changed) if changed else node

    def visit_Call(self, node):
        new = self.parts(node)
        at = place(node)
        if type(node.func) is ast.Name:
            text = node.func.id
            if text in _FRAME or (text in ("vars", "dir") and not node.args):
                raise NoSource(f"it looks at the names of its frame ({text})")
            if text == "super":
                if node.args or self.first is None:
                    return new
                # A branch becomes a function without the first argument that super() looks for.
                args = [name("__class__", at), name(self.first, at)]
                return ast.Call(func=node.func, args=args, keywords=[], **at)
        func = call("callee", [new.func], place(node.func))
        if type(node.func) is ast.Attribute and node.func.end_lineno != node.lineno:
            at["lineno"] = node.func.end_lineno  # as Python has it for `.method()` on a new line
            at["col_offset"] = node.func.end_col_offset - len(node.func.attr)
        return ast.Call(func=func, args=new.args, keywords=new.keywords, **at)

    def visit_BoolOp(self, node):
        if any(map(binds, node.values[1:])):
            *tests, last = map(self.visit, node.values)
            return rebuilt(node, {"values": [*(decided(t, "walrus") for t in tests), last]})
        first, *others = map(self.visit, node.values)
        which = "and_" if isinstance(node.op, ast.And) else "or_"
        return call(which, [first, *map(later, others)], place(node))

    def visit_UnaryOp(self, node):
        if not isinstance(node.op, ast.Not):
            return self.parts(node)
        return call("not_", [self.visit(node.operand)], place(node))

    def visit_Compare(self, node):
        if len(node.ops) == 1 or any(map(binds, node.comparators[1:])):
            return self.parts(node)
        at = place(node)
        ops = constant(tuple(type(op).__name__ for op in node.ops), at)
        left, right, *others = map(self.visit, (node.left, *node.comparators))
        return call("chain", [ops, left, right, *map(later, others)], at)

    def visit_IfExp(self, node):
        if binds(node.body) or binds(node.orelse):
            new = self.parts(node)
            return rebuilt(new, {"test": decided(new.test, "walrus")})
        parts = [self.visit(node.test), *(later(self.visit(x)) for x in (node.body, node.orelse))]
        return call("choose", parts, place(node))

    def visit_comprehension(self, node):
        new = self.parts(node)
        ifs = [decided(test, "comprehension") for test in new.ifs]
        fields = {"target": new.target, "iter": new.iter, "is_async": new.is_async}
        return ast.comprehension(ifs=ifs, **fields) if ifs else new


def decided(test, construct):
    """A test that stays Python's, but says so if a tensor decides."""
    at = place(test)
    return call("decided", [test, constant(construct, at)], at)


def binds(node):
    """True if an expression holds a walrus, so that it can't go into a lambda."""
    return any(isinstance(part, ast.NamedExpr) for part in ast.walk(node))
