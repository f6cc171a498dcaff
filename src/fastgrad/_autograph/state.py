"""The state of staged code: the places that it assigns to, read and written from outside."""

import ast
from collections import deque

from . import operators
from .operators import Undefined

UNKNOWN = object()


class Cell:
    """A name of the function."""

    def __init__(self, name, cell):
        self.name, self.cell = name, cell

    def get(self, default=None):
        try:
            return self.cell.cell_contents
        except ValueError:
            return default or Undefined(self.name)

    def set(self, value):
        self.cell.cell_contents = value

    def clear(self):
        del self.cell.cell_contents


class Item:
    """A global name, or an element: `container[key]`."""

    def __init__(self, name, container, key):
        self.name, self.container, self.key = name, container, key

    def get(self, default=None):
        try:
            return self.container[self.key]
        except LookupError:
            return default or Undefined(self.name)

    def set(self, value):
        self.container[self.key] = value

    def clear(self):
        if isinstance(self.container, dict):
            self.container.pop(self.key, None)


class Attribute:
    """An attribute: `owner.name`."""

    def __init__(self, name, owner, attribute):
        self.name, self.owner, self.attribute = name, owner, attribute

    def get(self):
        return getattr(self.owner, self.attribute, Undefined(self.name))

    def set(self, value):
        if getattr(self.owner, self.attribute, UNKNOWN) is not value:
            setattr(self.owner, self.attribute, value)

    def clear(self):
        if hasattr(self.owner, self.attribute):
            delattr(self.owner, self.attribute)


class State:
    """What some statements assign to. `names` are those of the places whose values are needed
    afterwards; `read` and `write` mean these, `all` and `reset` every place."""

    def __init__(self, unit, uses, live, cells):
        self.unit, self.globals = unit, cells.__globals__
        self.held = dict(zip(cells.__code__.co_freevars, cells.__closure__, strict=True))
        self.bound = uses.bound()
        self.places, self.carried = [], []
        for name in {**self.bound, **unit.shared}:  # what is called may assign to shared ones
            if name in unit.globals:
                place = Item(name, self.globals, name)
            elif name in self.held:
                place = Cell(name, self.held[name])
            else:
                continue
            self.places.append(place)
            if name in live:
                self.carried.append(place)
        found = {}
        for target in uses.targets:
            found.setdefault(ast.unparse(target), target)
        for text, target in found.items():
            place = self.target(text, target)
            if place is not None:
                self.places.append(place)
                self.carried.append(place)
        self.names = tuple(place.name for place in self.carried)
        self.defined = set()
        self.refuse_mutations(uses)

    def target(self, text, node):
        """The place of an attribute or element, or None if the statements make its owner."""
        owner = self.value(node.value)
        if owner is UNKNOWN or operators.stage.is_tensor(owner):
            return None
        if isinstance(node, ast.Attribute):
            return Attribute(text, owner, node.attr)
        if not isinstance(owner, (list, dict)):
            return None
        key = self.value(node.slice)
        if key is UNKNOWN:
            raise self.unit.error(
                node.lineno,
                f"`{text}` is assigned in code that a traced tensor decides or repeats, and its "
                f"place in the {type(owner).__name__} is not the same each time; use a tensor, "
                "fg.scan or fg.map_fn",
            )
        return Item(text, owner, key)

    def value(self, node):
        """The value of an expression that the statements don't change, or UNKNOWN."""
        if isinstance(node, ast.Attribute):
            return getattr(self.value(node.value), node.attr, UNKNOWN)
        if isinstance(node, ast.Subscript):
            owner, key = self.value(node.value), self.value(node.slice)
            if not isinstance(owner, (list, dict)) or key is UNKNOWN:
                return UNKNOWN
            return Item("", owner, key).get(UNKNOWN)
        if isinstance(node, ast.Name):
            if node.id in self.bound:
                return UNKNOWN
            if node.id in self.held:
                return Cell(node.id, self.held[node.id]).get(UNKNOWN)
            return self.globals.get(node.id, UNKNOWN)
        try:
            return ast.literal_eval(node)
        except (ValueError, TypeError):
            return UNKNOWN

    def refuse_mutations(self, uses):
        for call in uses.mutations:
            owner = self.value(call.func.value)
            if isinstance(owner, (list, dict, set, deque)):
                raise self.unit.error(
                    call.lineno,
                    f"`{ast.unparse(call.func)}` changes a Python {type(owner).__name__} in code "
                    "that a traced tensor decides or repeats, which can't be undone or repeated; "
                    "to collect values use fg.scan or fg.map_fn, or give a tensor a new value",
                )

    # ------------------------------------------------------------------------------------- values
    def read(self):
        return tuple(place.get() for place in self.carried)

    def write(self, values):
        _write(self.carried, values)

    def all(self):
        return [place.get() for place in self.places]

    def reset(self, values):
        _write(self.places, values)

    def branches(self, test, true_fn, false_fn, extra):
        """`stage.branches` of functions that change the state and give values for `extra`."""
        before = self.all()

        def run(fn):
            def branch():
                self.reset(before)
                more = fn()
                return (*self.noted(), *more)

            return branch

        names = (*self.names, *extra)
        result = operators.stage.branches(test.value, run(true_fn), run(false_fn), names)
        self.reset(before)
        count = len(self.names)
        self.write_noted(result[:count])
        return result[count:]

    def noted(self):
        """As `read`, noting which places have a value."""
        values = self.read()
        self.defined.update(
            name
            for name, value in zip(self.names, values, strict=True)
            if not isinstance(value, Undefined)
        )
        return values

    def write_noted(self, values):
        """As `write`; the use of what has a value only in some branches or turns says so."""
        self.write(values)
        for place, value in zip(self.carried, values, strict=False):
            if isinstance(value, Undefined) and place.name in self.defined:
                place.set(value)


def _write(places, values):
    for place, value in zip(places, values, strict=False):
        if type(value) is Undefined:
            place.clear()
        else:
            place.set(value)
