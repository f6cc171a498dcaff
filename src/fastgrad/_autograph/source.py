"""The syntax tree of a function, found through its code object."""

import ast
import linecache
import warnings
from _thread import RLock
from contextlib import contextmanager

from .analysis import parameters

PLACE_ARGUMENTS = {"lineno": 1, "col_offset": 0, "end_lineno": 1, "end_col_offset": 0}


_LOCK = RLock()


@contextmanager
def compiling():
    """One thread at a time compiles, without the warnings that the compiler has given before."""
    with _LOCK, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


class NoSource(Exception):
    """The source of a function can't be had; the text says why."""


def definition(function):
    """The `FunctionDef` or `Lambda` node of a function, with the line numbers of its file."""
    code = function.__code__
    lines = linecache.getlines(code.co_filename, function.__globals__)
    if not 0 < code.co_firstlineno <= len(lines):
        raise NoSource("source not available")
    if code.co_name == "<lambda>":
        return _lambda(code, lines, function.__qualname__)
    node = _definition(code, lines)
    if node is None or node.name != code.co_name or not _fits(node, code):
        raise NoSource("its source has changed since it was compiled")
    _mangle(node, function.__qualname__)
    return node


def _definition(code, lines):
    """The first statement from the code's first line on, found without parsing the whole file."""
    first = code.co_firstlineno - 1
    indent = _indent(lines[first])
    for end in _ends(lines, first, indent):
        text = "".join(lines[first:end])
        above = "\n" * (first - 1) + "if 1:\n" if indent else "\n" * first
        try:
            tree = ast.parse(above + text)
        except SyntaxError:
            continue
        statement = tree.body[0].body[0] if indent else tree.body[0]
        if not isinstance(statement, (ast.FunctionDef, ast.AsyncFunctionDef)):
            return None
        return statement
    return None


def _indent(line):
    return len(line) - len(line.lstrip(" \t\f"))


def _ends(lines, first, indent):
    """Where the statement may end: before each line that stands as far left as its first."""
    for n in range(first + 1, len(lines)):
        line = lines[n].strip()
        if line and not line.startswith("#") and _indent(lines[n]) <= indent:
            yield n
    yield len(lines)


def _fits(node, code):
    count = code.co_argcount + code.co_kwonlyargcount
    count += bool(code.co_flags & 4) + bool(code.co_flags & 8)
    names = parameters(node)
    mangled = zip(names, code.co_varnames[:count], strict=False)
    return len(names) == count and all(have.endswith(name) for name, have in mangled)


def _mangle(node, qualname):
    """Private names of a class (`__x`) as the compiler writes them."""
    outer = qualname.split(".")[:-1]
    while outer[-1:] == ["<locals>"]:
        del outer[-2:]
    owner = outer[-1].lstrip("_") if outer else ""
    if not owner:
        return

    def mangled(name):
        private = name.startswith("__") and not name.endswith("__") and "." not in name
        return f"_{owner}{name}" if private else name

    pending = list(ast.iter_child_nodes(node))
    while pending:
        part = pending.pop()
        if isinstance(part, ast.ClassDef):
            part.name = mangled(part.name)
            continue
        for field in ("id", "attr", "arg", "name", "asname", "rest"):
            name = getattr(part, field, None)
            if type(name) is str:
                setattr(part, field, mangled(name))
        if isinstance(part, (ast.Global, ast.Nonlocal)):
            part.names = [mangled(name) for name in part.names]
        pending.extend(ast.iter_child_nodes(part))


# ---------------------------------------------------------------------------------------- lambdas
def _lambda(code, lines, qualname):
    node = _by_positions(code, lines)
    if node is not None:
        _mangle(node, qualname)
        if _same(node, code):
            return node
    try:
        tree = ast.parse("".join(lines))
    except SyntaxError:
        raise NoSource("its source has changed since it was compiled") from None
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda) and node.lineno == code.co_firstlineno:
            _mangle(node, qualname)
            if _same(node, code):
                return node
    raise NoSource("the lambda was not found in its source line")


def _by_positions(code, lines):
    """The lambda made again from its parameters and the text that its instructions come from."""
    spans = [p for p in code.co_positions() if None not in p and p[2] != p[3]]
    if not spans:
        return None
    start, end = min((p[0], p[2]) for p in spans), max((p[1], p[3]) for p in spans)
    if end[0] > len(lines):
        return None
    text = [line.encode() for line in lines[start[0] - 1 : end[0]]]
    text[-1] = text[-1][: end[1]]
    text[0] = b"(" + text[0][start[1] :]
    try:
        body = ast.parse(b"".join(text) + b")", mode="eval").body
    except SyntaxError:
        return None
    for part in ast.walk(body):
        if hasattr(part, "lineno"):
            if part.lineno == 1:
                part.col_offset += start[1] - 1
            if part.end_lineno == 1:
                part.end_col_offset += start[1] - 1
            part.lineno += start[0] - 1
            part.end_lineno += start[0] - 1
    place = {"lineno": code.co_firstlineno, "col_offset": body.col_offset}
    place |= {"end_lineno": body.end_lineno, "end_col_offset": body.end_col_offset}
    if code.co_firstlineno > body.lineno:
        return None
    return ast.Lambda(args=_arguments(code), body=body, **place)


def _arguments(code):
    names = [ast.arg(arg=name, **PLACE_ARGUMENTS) for name in code.co_varnames]
    n, keywords = code.co_argcount, code.co_kwonlyargcount
    rest = n + keywords
    star = names[rest] if code.co_flags & 4 else None
    rest += star is not None
    return ast.arguments(
        posonlyargs=names[: code.co_posonlyargcount],
        args=names[code.co_posonlyargcount : n],
        vararg=star,
        kwonlyargs=names[n : n + keywords],
        kw_defaults=[None] * keywords,
        kwarg=names[rest] if code.co_flags & 8 else None,
        defaults=[],
    )


def _same(node, code):
    """True if the lambda compiles to this code."""
    names = [ast.arg(arg=name, **PLACE_ARGUMENTS) for name in code.co_freevars]
    plain = ast.Lambda(args=without_values(node.args), body=node.body)
    outer = ast.Expression(ast.Lambda(args=only(*names), body=ast.copy_location(plain, node)))
    ast.fix_missing_locations(outer)
    made = inner_code(inner_code(compile(outer, code.co_filename, "eval")))
    fields = "code names varnames freevars argcount posonlyargcount kwonlyargcount".split()
    if any(getattr(made, f"co_{f}") != getattr(code, f"co_{f}") for f in fields):
        return False
    return _plain(made.co_consts) == _plain(code.co_consts)


def only(*names):
    """Parameters: these."""
    return ast.arguments(
        posonlyargs=[],
        args=list(names),
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )


def without_values(args):
    """Parameters without their defaults and annotations."""

    def bare(a):
        return None if a is None else ast.copy_location(ast.arg(arg=a.arg), a)

    return ast.arguments(
        posonlyargs=[bare(a) for a in args.posonlyargs],
        args=[bare(a) for a in args.args],
        vararg=bare(args.vararg),
        kwonlyargs=[bare(a) for a in args.kwonlyargs],
        kw_defaults=[None] * len(args.kwonlyargs),
        kwarg=bare(args.kwarg),
        defaults=[],
    )


def inner_code(code, name=None):
    """The first code object among a code's constants."""
    kind = type(code)
    return next(c for c in code.co_consts if type(c) is kind and name in (None, c.co_name))


def _plain(consts):
    kind = type(_plain.__code__)
    return [(c.co_name, c.co_code) if type(c) is kind else (type(c), c) for c in consts]
