"""Makes random programs.

Every statement is run on the first inputs as it is added: one that raises is left out.
"""

import re
import warnings

import numpy as np

import fastgrad as fg
from fastgrad import primitives
from fastgrad._rules import Elementwise
from fastgrad.testing import samples

from . import expressions as write
from .expressions import condition, fold, is_float, names_of
from .programs import Node, Param, Program
from .row_lists import PICKED

LARGEST = 5000  # elements of a value
FAMILIES = (
    ((), (), ()), ((), (1,), (3,)), ((3,), (3,), ()), ((2, 3), (3,), (2, 1)), ((4, 4), (4,), (4, 4)),
    ((7,), (7,), (1,)), ((7,), (), (7,)), ((0,), (), (1,)), ((1000,), (1000,), ()), ((33, 65), (65,), ()),
    ((2, 3), (3, 4), (4,)), ((5, 2), (2,), (5, 1)), ((2, 2, 3), (3,), (2, 1, 1)),
)  # fmt: skip
RARE = (7, 8, 9)  # of them: without elements, and large ones


def generate(seed):
    """The program of a seed: the first of its attempts that runs as Python."""
    for attempt in range(50):
        rng = np.random.default_rng([seed, attempt])
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            builder = Builder(rng, seed, attempt)
            made = builder.program()
            builder.env.clear()  # functions in it refer to it: it would wait for the collector
            if made is not None and _runs(made):
                return made
    raise AssertionError(f"no program of seed {seed} runs")


def _runs(program):
    """True if the program can be run as Python, on all inputs."""
    space = {"np": np, "fg": fg, "P": primitives}
    try:
        exec(program.text("build"), space)
        f, _ = space["build"](lambda f: f)
        for k in (0, 1, 0):
            program.run(f, program.inputs(k))
    except Exception:
        return False
    finally:
        space.clear()
    return True


def asked(seed):
    """The rows that the program of a seed is to call."""
    order = np.random.default_rng(0).permutation(len(PICKED))
    return [PICKED[order[(2 * seed + k) % len(PICKED)]] for k in (0, 1)]


class Builder:
    """A program in the making. `env` holds the values of all names on the first inputs."""

    def __init__(self, rng, seed, attempt):
        self.rng, self.seed, self.attempt = rng, seed, attempt
        self.env = {"np": np, "fg": fg, "P": primitives, "function": lambda f: f}
        self.params, self.setup, self.variables = [], [], []
        self.kept = set()  # names that stay when a block is undone
        self.used = set()
        self.moving = set()  # names that depend on what the innermost tape watches
        self.sources = []  # what the tapes that are open watch
        self.count = 0

    # ---- chance
    def chance(self, p):
        return self.rng.random() < p

    def choice(self, options):
        return options[int(self.rng.integers(len(options)))]

    def draw(self, weighted):
        """One of (weight, thing)."""
        weights = np.array([weight for weight, _ in weighted], float)
        return weighted[int(self.rng.choice(len(weighted), p=weights / weights.sum()))][1]

    def fresh(self, letter="v"):
        self.count += 1
        return f"{letter}{self.count}"

    # ---- running
    def run(self, node):
        """Run a statement; False, with everything as before, if it raises or its values are no good."""
        before = dict(self.env)
        try:
            exec("\n".join(node.lines()), self.env)
        except Exception:
            self.undo(before)
            return False
        for name, value in self.env.items():
            if value is not before.get(name) and not self.fine(value):
                self.undo(before)
                return False
        return True

    def fine(self, value):
        if not isinstance(value, fg.Tensor):
            return not hasattr(value, "values")  # IndexedSlices are dealt with elsewhere
        if value.size > LARGEST:
            return False
        if is_float(value) and value.size:
            largest = np.abs(value.numpy().astype(np.float64)).max()
            return largest < 1e6 or (not largest <= 1e30 and self.chance(0.05))
        return True

    def undo(self, before):
        kept = {name: self.env[name] for name in self.kept}
        self.env.clear()
        self.env.update({**before, **kept})

    def constant(self, value):
        """The name of an ndarray that the program closes over."""
        name = self.fresh("K")
        text = np.array2string(value, separator=", ", threshold=10**6, max_line_width=90,
                               formatter={"float_kind": lambda x: repr(float(x)),
                                          "complex_kind": lambda x: repr(complex(x))})  # fmt: skip
        if not value.size:
            text = f"np.zeros({value.shape}, np.{value.dtype.name})"
        else:
            text = re.sub(r"\b(nan|inf)\b", r"np.\1", text)
            text = f"np.array({text}, np.{value.dtype.name})"
        self.keep(Node(f"{name} = {text}"), name)
        return name

    def keep(self, node, name):
        self.setup.append(node)
        self.env[name] = None
        exec("\n".join(node.lines()), self.env)
        self.kept.add(name)

    def add_param(self, **description):
        """The name of a new parameter."""
        name = self.fresh("p")
        param = Param(name, **description)
        self.params.append(param)
        rng = np.random.default_rng([self.seed, 7, len(self.params)])
        value = param.value(rng, 0)
        self.env[name] = value if isinstance(value, float) else fg.constant(value)
        self.kept.add(name)
        return name

    # ---- the whole
    def program(self):
        names = self.start()
        scope = list(names)
        must = asked(self.seed)
        length = int(self.rng.integers(2, 10))
        places = sorted(int(k) for k in self.rng.integers(0, length, len(must)))
        body = []
        for k in range(length):
            while places and places[0] == k:
                places.pop(0)
                row = must.pop()
                node = self.in_tape(scope, 0, row) if self.chance(0.5) else None
                node = node or self.row_statement(scope, row)
                if node is None:
                    return None
                body += node if isinstance(node, list) else [node]
            if sum(1 for node in body for _ in node.walk()) < 22:
                body += self.statement(scope, depth=0) or []
        for param in self.params:
            if param.name not in self.used and self.chance(0.8):
                node = self.assign(scope, self.use(param, scope))
                body += [node] if node else []
        return self.finished(scope, names, body)

    def use(self, param, scope):
        """An expression that depends on a parameter."""
        name = param.name
        if param.kind == "number":
            return self.choice([f"a * {name}", f"{name} - b", f"fg.maximum(a, {name}) + {name}"])
        if param.kind in ("integers", "bools"):
            return self.choice(
                [f"fg.cast({name}, fg.float32) * 0.5", f"fg.where({name} > 0, a, 0.5)"]
            )
        return self.choice([f"fg.sin({name})", f"{name} * 3.0", f"fg.reduce_sum({name} * {name})"])

    def start(self):
        """The first parameters and Variables: their names."""
        common = [f for k, f in enumerate(FAMILIES) if k not in RARE]
        rare = [FAMILIES[k] for k in RARE]
        self.family = self.choice(rare if self.chance(0.12) else common)
        self.dtype = self.draw(
            [(55, "float64"), (37, "float32"), (4, "float16"), (4, "complex128")]
        )
        scope = []
        for letter, shape in zip("abc", self.family, strict=True):
            dtype = self.dtype
            if self.chance(0.15) or (letter == "c" and dtype == "complex128"):
                dtype = self.choice(["float64", "float32", "float32", "float16"])
            self.params.append(Param(letter, "normal", shape, dtype))
        self.nested = self.chance(0.08)
        if self.nested:
            self.params.append(Param("d", "normal", self.choice(self.family), "float64"))
        extra = []
        if self.chance(0.3):
            extra.append(Param("n", "integers", (), self.choice(["int32", "int32", "int64"])))
        if self.chance(0.1):
            extra.append(Param("x", "number"))
        if self.chance(0.08):
            extra.append(Param("q", "bools", self.family[0]))
        if self.chance(0.06):
            extra.append(
                Param("z", "normal", self.family[1], self.choice(["complex64", "complex128"]))
            )
        self.params[:0] = extra
        rng = np.random.default_rng([self.seed, self.attempt, 7])
        for param in self.params:
            value = param.value(rng, 0)
            self.env[param.name] = value if isinstance(value, float) else fg.constant(value)
            scope.append(param.name)
        for _ in range(int(self.draw([(65, 0), (25, 1), (10, 2)]))):
            shape = self.choice(self.family)
            if np.prod(shape) < 20:
                name = f"w{len(self.variables)}"
                init = np.round(self.rng.normal(size=shape), 2).astype(self.dtype).tolist()
                self.keep(Node(f"{name} = fg.Variable({init}, dtype=fg.{self.dtype})"), name)
                self.variables.append(name)
                scope.append(name)
        return scope

    def finished(self, scope, names, body):
        """The program whose statements are these."""
        loose = [name for name in dict.fromkeys(scope) if name not in (*self.used, *names)]
        if self.chance(0.1) and len(loose) > 1:
            loose.pop()  # dead code
        more = [name for name in scope if name not in loose and name not in self.variables
                and isinstance(self.env[name], fg.Tensor)]  # fmt: skip
        for _ in range(int(self.rng.integers(0, 3))):
            if more:
                loose.append(self.choice(more))
        if not loose:
            loose = [name for name in names if name not in self.variables][:1]
        form = self.draw([(5, "tuple"), (3, "dict"), (2, "list")])
        result = []
        for k, name in enumerate(loose):
            key = f"x{k}" if is_float(self.env[name]) else f"y{k}"
            result.append((key, name))
        if len(result) == 1 and self.chance(0.6):
            form = "one"
        elif self.chance(0.06):
            result.append(("none", "None"))
        elif self.chance(0.06):
            result.append(("number", "2.5"))
        early = condition(self, scope) if self.chance(0.08) else ""
        self.prune(body, result, early)
        wrt = any(p.dtype.startswith("float") and p.kind != "number" for p in self.params)
        params = tuple(self.params)
        if self.nested:  # c and d come as one
            first = tuple(p for p in params if p.name not in "cd")
            params = (*first, *(p for p in params if p.name in "cd"))
        return Program(
            self.seed, params, tuple(self.setup), tuple(body), tuple(result), form,
            tuple(self.variables), self.nested, wrt and self.chance(0.25), early, self.attempt,
        )  # fmt: skip

    def prune(self, body, result, early):
        """Leave out constants and parameters that nothing mentions any more."""
        names = {name for _, name in result} | set(re.findall(r"\w+", early))
        for node in reversed([*self.setup, *body]):
            name = node.text.partition(" = ")[0]
            if name[0:1] == "K" and name not in names:
                self.setup.remove(node)
            else:
                names.update(re.findall(r"\w+", "\n".join(node.lines())))
        self.params = [p for p in self.params if p.name[0] != "p" or p.name in names]

    # ---- statements
    def assign(self, scope, expression, rows=()):
        """``v = expression``, run; None if it is no good. Its name is then in scope."""
        name = self.fresh()
        node = Node(f"{name} = {expression}", (), tuple(rows))
        if not self.run(node):
            return None
        value = self.env[name]
        if isinstance(value, (list, tuple)):  # several outputs: a name for each
            names = [f"{name}_{k}" for k in range(len(value))]
            node = Node(
                f"{', '.join(names)}{',' * (len(names) == 1)} = {expression}", (), tuple(rows)
            )
            if not names or not all(isinstance(x, fg.Tensor) for x in value) or not self.run(node):
                return None
        elif isinstance(value, fg.Tensor):
            names = [name]
        else:
            return None
        mentioned = names_of(expression, scope)
        self.used.update(mentioned)
        if self.moving.intersection(mentioned):
            self.moving.update(names)
        scope.extend(names)
        return node

    def statement(self, scope, depth):
        """Nodes that do something new, or None."""
        kinds = [
            (10, self.operators), (8, self.any_row), (5, self.shapes), (2, self.changes),
            (2 if write.combinators() else 0, self.combinator),
            (3 if self.variables else 0, self.assignment), (2, self.helper), (0.6, self.first_call),
        ]  # fmt: skip
        if depth < 2:
            kinds += [
                (3.5, self.branch),
                (2.2, self.by_while),
                (2.6, self.by_for),
                (1, self.unrolled),
            ]
            kinds += [(4, self.in_tape), (1, self.picked)]
        for _ in range(12):
            kind = self.draw(kinds)
            count, before, used = len(scope), dict(self.env), set(self.used)
            made = kind(scope, depth)
            if made:
                return made if isinstance(made, list) else [made]
            del scope[count:]
            self.undo(before)
            self.used = used
        return None

    def operators(self, scope, depth):
        expression = write.binary(self, scope) if self.chance(0.6) else write.unary(self, scope)
        return expression and self.assign(scope, expression)

    def shapes(self, scope, depth):
        expression = write.shaping(self, scope)
        return expression and self.assign(scope, expression)

    def changes(self, scope, depth):
        expression = write.whole(self, scope)
        return expression and self.assign(scope, expression)

    def combinator(self, scope, depth):
        expression = write.combinator(self, scope)
        return expression and self.assign(scope, expression)

    def any_row(self, scope, depth):
        return self.row_statement(scope, self.choice(PICKED), tries=2)

    def row_statement(self, scope, name, tries=8):
        """A call of a row, on values in scope or on its samples."""
        row = primitives.ROWS[name]
        for _ in range(tries):
            if isinstance(row, Elementwise) and self.chance(0.85):
                expression = write.elementwise_call(self, scope, row)
            else:
                dtype = np.float32 if self.chance(0.3) else np.float64
                found = list(
                    samples(row, np.random.default_rng(int(self.rng.integers(1000))), dtype)
                )
                expression = write.structured_call(self, scope, row, *self.choice(found))
            node = expression and self.assign(scope, expression, (name,))
            if node:
                return node
        return None

    def assignment(self, scope, depth):
        """A Variable gets a value, by one of three ways."""
        owned = [name for name in self.variables if name[0] == "w"]
        if not owned:
            return None
        name = self.choice(owned)
        way = self.choice(["assign", "assign_add", "assign_sub"])
        change = fold(self, name, scope)
        if change is None:
            return None
        if way != "assign":
            change = f"0.1 * ({change})"
        node = Node(f"{name}.{way}({change})")
        if not self.run(node):
            return None
        self.used.update(names_of(change, scope))
        return node

    def first_call(self, scope, depth):
        """A Variable that the first call makes."""
        floats = [n for n in scope if is_float(self.env[n]) and self.env[n].size < 20]
        if depth or not floats:
            return None
        like = self.env[self.choice(floats)]
        cell = self.fresh("cells")
        self.keep(Node(f"{cell} = []"), cell)
        dtype = like.dtype.name
        make = f"{cell}.append(fg.Variable(fg.ones({tuple(like.shape)}, fg.{dtype})))"
        nodes = [Node("", ((f"if not {cell}:", (Node(make),)),))]
        if not self.run(nodes[0]):
            return None
        change = fold(self, f"{cell}[0]", scope)
        nodes.append(Node(f"{cell}[0].assign({change})"))
        if change is None or not self.run(nodes[1]):
            return None
        self.used.update(names_of(change, scope))
        nodes.append(self.assign(scope, f"{cell}[0] * 0.5"))
        if nodes[-1] is None:
            return None
        self.env[cell].clear()
        self.variables.append(cell)
        return nodes

    # ---- blocks
    def block(self, scope, n, depth):
        """(nodes, scope after them) of a new block; what it did to `env` stays until the caller undoes it."""
        inner, nodes = list(scope), []
        for _ in range(n):
            nodes += self.statement(inner, depth + 1) or []
        return nodes, inner

    def whole_block(self, scope, node, before, names=()):
        """Run a statement with blocks that was put together; its new names come into scope."""
        self.undo(before)
        if not self.run(node):
            return None
        if not all(isinstance(self.env.get(name), fg.Tensor) for name in names):
            return None
        scope.extend(name for name in names if name not in scope)
        return node

    def last(self, scope, inner):
        """A float of a block, one of its own if there is any."""
        floats = [n for n in inner[len(scope):] if is_float(self.env[n])]  # fmt: skip
        moving = [n for n in floats if n in self.moving]
        return (moving or floats or [None])[-1]

    def value(self, expression):
        """An expression that is no Variable itself: one that a tensor may choose is read where it stands."""
        return f"{expression} * 1.0" if expression in self.variables else expression

    def branch(self, scope, depth):
        """``if`` on values, with ``elif`` and ``else`` at times: every side gives one name a like value."""
        before = dict(self.env)
        floats = [n for n in scope if is_float(self.env[n])]
        test = condition(self, scope)
        if not floats or test is None:
            return None
        like = self.choice(floats)
        # After a branch a name that one side sets is another Tensor, also if that side was not taken.
        old = [n for n in scope if n[0] == "v" and is_float(self.env[n]) and n not in self.sources]
        again = self.choice(old) if old and self.chance(0.5) else None
        name = again or self.fresh()
        like = again or like
        sides = [f"if {test}:"]
        if self.chance(0.25):
            sides.append(f"elif {condition(self, scope)}:")
        if not again or self.chance(0.5):
            sides.append("else:")
        blocks = []
        for side in sides:
            nodes, inner = self.block(scope, int(self.rng.integers(0, 3)), depth)
            change = fold(self, like, inner, self.last(scope, inner))
            if change is None:
                return None
            blocks.append((side, (*nodes, Node(f"{name} = {self.value(change)}"))))
            self.undo(before)
        self.used.update(names_of(test + like, scope))
        return self.whole_block(scope, Node("", tuple(blocks)), before, (name,))

    def carried(self, scope):
        """(nodes, name) of a float that a loop changes."""
        floats = [n for n in scope if is_float(self.env[n])]
        if not floats:
            return None, None
        name = self.fresh()
        start = self.choice(floats)
        node = Node(f"{name} = {start} * 1.0")
        if not self.run(node):
            return None, None
        self.used.add(start)
        return node, name

    def loop_body(self, scope, state, depth):
        """The inside of a loop that changes `state`, and may leave or go on early."""
        inner_scope = [*scope, state]
        nodes, inner = self.block(inner_scope, int(self.rng.integers(0, 3)), depth)
        change = fold(self, state, inner, self.last(inner_scope, inner))
        if change is None:
            return None
        nodes.append(Node(f"{state} = {self.value(change)}"))
        self.run(nodes[-1])
        if self.chance(0.25):
            test = condition(self, inner_scope)
            way = self.choice(["break", "continue"])
            at = 0 if way == "continue" and self.chance(0.3) else len(nodes)
            nodes.insert(at, Node("", ((f"if {test}:", (Node(way),)),)))
            if way == "continue":
                more = fold(self, state, inner_scope)
                nodes.append(Node(f"{state} = {self.value(more)}"))
        return nodes

    def by_while(self, scope, depth):
        before = dict(self.env)
        first, state = self.carried(scope)
        if first is None:
            return None
        started = dict(self.env)
        i = self.fresh("i")
        counter = Node(f"{i} = fg.constant(0)")
        self.run(counter)
        nodes = self.loop_body(scope, state, depth)
        if nodes is None:
            return None
        self.undo(started)
        bound = self.choice(["3", "2", "5", "n" if "n" in self.env else "4"])
        test = f"{i} < {bound}"
        if bound == "n":
            test = f"{i} < fg.cast(n, fg.int32)"
        if self.chance(0.5):
            extra = f"fg.reduce_sum({state} * {state}) < {self.choice([1.0, 5.0, 50.0])}"
            test = self.choice([f"{test} and {extra}", f"({extra}) and ({test})"])
        nodes.insert(0, Node(f"{i} = {i} + 1"))
        loop = Node("", ((f"while {test}:", tuple(nodes)),))
        self.undo(before)
        for node in (first, counter, loop):
            if not self.run(node):
                return None
        scope.append(state)
        if self.chance(0.5):
            scope.append(i)
        return [first, counter, loop]

    def by_for(self, scope, depth):
        """``for`` over the rows of a value, or over places, with which it may read a value."""
        before = dict(self.env)
        first, state = self.carried(scope)
        if first is None:
            return None
        rows = [n for n in scope if is_float(self.env[n]) and len(self.env[n].shape)
                and 0 < self.env[n].shape[0] < 9]  # fmt: skip
        over = self.choice(rows) if rows else None
        item, part, lead = self.fresh(), self.fresh(), []
        kind = self.draw([(3, "range"), (2 if over else 0, "rows"), (1 if over else 0, "places")])
        if kind == "rows":
            self.env[item] = self.env[over][0]
            head, new = f"for {item} in {over}:", item
        else:
            limit = self.choice(["3", "2", "fg.constant(4)", "n" if "n" in self.env else "1, 4"])
            text = f"fg.cast({item}, fg.{self.env[state].dtype.name}) * 0.5"
            if kind == "places":
                limit, text = f"{over}.shape[0]", f"{over}[{item}]"
            self.env[item] = fg.constant(0)
            head, new, lead = f"for {item} in fg.range({limit}):", part, [Node(f"{part} = {text}")]
            if not self.run(lead[0]):
                return None
        nodes = self.loop_body([*scope, new], state, depth)
        if nodes is None:
            return None
        self.used.update([over] if kind != "range" else [])
        loop = Node("", ((head, (*lead, *nodes)),))
        self.undo(before)
        if not (self.run(first) and self.run(loop)):
            return None
        scope.append(state)
        return [first, loop]

    def unrolled(self, scope, depth):
        """A loop over Python numbers that fills a list."""
        floats = [n for n in scope if is_float(self.env[n]) and self.env[n].size < 200]
        if not floats:
            return None
        a, parts, out = self.choice(floats), self.fresh("parts"), self.fresh()
        term = self.choice(["fg.sin({a} * (j + 1.0))", "{a} * j", "{a} + {a} * 0.5 ** j"]).format(
            a=a
        )
        nodes = [
            Node(f"{parts} = []"),
            Node("", (("for j in range(3):", (Node(f"{parts}.append({term})"),)),)),
            Node(f"{out} = {self.choice(['fg.stack', 'P.add_n'])}({parts})"),
        ]
        if not all(self.run(node) for node in nodes):
            return None
        self.used.add(a)
        scope.append(out)
        return nodes

    def picked(self, scope, depth):
        """A conditional expression on a value."""
        floats = [n for n in scope if is_float(self.env[n])]
        test = condition(self, scope)
        if not floats or test is None:
            return None
        a = self.choice(floats)
        change = fold(self, a, scope)
        test = self.choice([test, test, f"len({a}.shape) > 1"])
        return change and self.assign(scope, f"{change} if {test} else {a} * 3.0")

    # ---- gradients
    def in_tape(self, scope, depth, row=None):
        """A tape around some statements, and what it gives; or an accumulator."""
        moving, self.moving = self.moving, set()
        sources, self.sources = self.sources, [*self.sources]
        try:
            return self.taped(scope, depth, row)
        finally:
            self.moving, self.sources = moving, sources

    def taped(self, scope, depth, row):
        before = dict(self.env)
        sources = [n for n in scope if is_float(self.env[n])]
        if not sources:
            return None
        kind = self.draw([(6, "gradient"), (2, "second"), (1.2, "jacobian"), (1, "forward")])
        if kind == "jacobian":
            sources = [n for n in sources if self.env[n].size < 8]
        if not sources:
            return None
        x = self.choice(sources)
        self.moving = {x}
        self.sources.append(x)
        tape = self.fresh("t")
        inner_scope, nodes = [*scope], []
        first = self.assign(
            inner_scope, self.choice(["{x} * {x}", "fg.sin({x})", "{x} * 2.0"]).format(x=x)
        )
        if first is None:
            return None
        nodes.append(first)
        if row is not None:
            node = self.row_statement([*inner_scope[:0], x, inner_scope[-1]], row, tries=4)
            if node is None:
                self.undo(before)
                return None
            nodes.append(node)
            inner_scope += [n for n in names_of(node.text.split(" = ")[0], self.env) if n[0] == "v"]
        else:
            more, inner_scope = self.block(inner_scope, int(self.rng.integers(1, 4)), depth)
            nodes += more
        y = self.last(scope, inner_scope)
        if y is None:
            return None
        self.used.add(y)
        if kind == "jacobian" and self.env[y].size > 8:
            kind = "gradient"
        if kind != "jacobian":
            total = self.assign(inner_scope, f"fg.reduce_sum({y} * {first.text.split(' = ')[0]})"
                                if self.chance(0.5) else f"fg.reduce_sum({y})")  # fmt: skip
            if total is None:
                return None
            nodes.append(total)
            y = total.text.split(" = ")[0]
        return self.gradients(scope, inner_scope, before, kind, tape, x, y, nodes)

    def gradients(self, scope, inner_scope, before, kind, tape, x, y, nodes):
        """The whole of `in_tape`, run, once its inside is known."""
        g, watch = self.fresh(), Node(f"{tape}.watch({x})")
        zero = 'unconnected_gradients="zero"'
        others = [n for n in scope if n != x and n[0] in "abcw" and is_float(self.env[n])]
        ask = f"{tape}.{'jacobian' if kind == 'jacobian' else 'gradient'}({y}, {x}, {zero})"
        names = [g]
        if kind == "gradient" and others and self.chance(0.3):
            other = self.choice(others)
            names.append(self.fresh())
            watch = Node(f"{tape}.watch([{x}, {other}])")
            ask = f"{tape}.gradient({y}, [{x}, {other}], {zero})"
        new = [n for n in inner_scope[len(scope):] if n not in scope]  # fmt: skip
        inside = (watch, *nodes)
        if kind == "second":
            outer, h = self.fresh("t"), self.fresh()
            tape_node = Node("", ((f"with fg.GradientTape() as {tape}:", inside),))
            inside = (Node(f"{outer}.watch({x})"), tape_node, Node(f"{g} = {ask}"))
            ask = f"{outer}.gradient({g}, {x}, {zero})"
            names, tape = [h], outer
            new.append(g)
        opened = "fg.GradientTape()"
        if kind == "forward":
            opened, inside = f"fg.autodiff.ForwardAccumulator({x}, fg.cos({x}))", tuple(nodes)
            ask = f"{tape}.jvp({y}, {zero})"
        lead = Node("", ((f"with {opened} as {tape}:", inside),))
        for convert in (False, True):
            text = f"fg.convert_to_tensor({ask})" if convert else ask
            if convert and len(names) > 1:
                text = f"[fg.convert_to_tensor(g) for g in {ask}]"
            after = Node(f"{', '.join(names)} = {text}")
            self.undo(before)
            if self.run(lead) and self.run(after):
                if all(isinstance(self.env[name], fg.Tensor) for name in names):
                    scope.extend([*new, *names])
                    self.used.add(x)
                    return [lead, after]
        return None

    # ---- functions
    def helper(self, scope, depth):
        """A function of its own, and a call of it: plain, traced, recomputed or with a stated gradient."""
        floats = [n for n in scope if is_float(self.env[n])]
        if not floats or depth:
            return None
        name, before = self.fresh("h"), dict(self.env)
        args = [self.choice(floats) for _ in range(int(self.rng.integers(1, 3)))]
        kind = self.choice(
            ["", "@function", "@function", "@fg.recompute_grad", "@fg.custom_gradient"]
        )
        if kind == "@fg.custom_gradient":
            args = args[:1]
            slope = self.choice(["fg.cos(s) * u", "u * 2.0", "u * s * s"])
            lines = ["y = fg.sin(s)", "def grad(u):", f"    return {slope}", "return y, grad"]
            made = Node("\n".join([kind, f"def {name}(s):", *("    " + line for line in lines)]))
        else:
            heads = ["s", "t"][: len(args)]
            for head, arg in zip(heads, args, strict=True):
                self.env[head] = fg.identity(self.env[arg])
            reads = self.variables if self.chance(0.4) else []
            inner = [*heads, *(n for n in reads if n[0] == "w")]
            nodes = []
            for _ in range(int(self.rng.integers(1, 4))):
                nodes += self.statement(inner, 2) or []
            last = self.last(heads, inner)
            if last is None:
                return None
            nodes.append(Node(f"return {last}"))
            made = Node(kind, ((f"def {name}({', '.join(heads)}):", tuple(nodes)),))
        self.undo(before)
        try:
            exec("\n".join(made.lines()), self.env)
        except Exception:
            return None
        function = self.env[name]
        count = len(scope)
        node = self.assign(scope, f"{name}({', '.join(args)})")
        if node is None:
            del scope[count:]
            return None
        self.env[name] = function
        self.kept.add(name)
        self.setup.append(made)
        if self.chance(0.3):
            more = self.assign(scope, f"{name}({', '.join(scope[-1] for _ in args)})")
            return [node, more] if more else node
        return node
