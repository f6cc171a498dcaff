"""Plans to read: what a compiled function does, as text, as data, and as a graph."""

from .dtypes import DTYPES


class PlanView:
    """What a function does for one kind of arguments.

    `data` is a dict. Its "instructions" are dicts with a "kind": "numbers" (operations on single numbers,
    which have cells), "group" (fused elementwise operations, done block by block), "broadcast", "kernel",
    "part", "move", "call" (of Python), "branch" and "loop", which have instructions inside. "operations" are
    (name, result, operands), where values are numbers of slots, or of cells in "numbers". "bytes" is the
    memory of a run, "code" how much machine code there is for operations on numbers (0 where none can be).
    """

    def __init__(self, name, data):
        self.name, self.data = name, data

    def __str__(self):
        d = self.data
        lines = [f"plan of {self.name}: {d['bytes']} bytes, with {d['cells']} cells of 8"]
        if d["code"]:
            lines[0] += f", and {d['code']} bytes of machine code"
        lines += [f"  argument {self._slot(slot)}" for slot in d["arguments"]]
        lines += [f"  variable {self._slot(slot)} = {v.name}" for slot, v in d["variables"]]
        lines += [f"  constant {self._slot(slot)}" for slot in d["constants"]]
        lines += self._block(d["instructions"], "  ")
        lines += [f"  result {self._slot(slot)}" for slot in d["results"]]
        lines += [f"  write {v.name} = {self._slot(slot)}" for slot, v in d["writes"]]
        return "\n".join(lines)

    __repr__ = __str__

    def _slot(self, slot):
        code, nbytes, offset, cell = self.data["slots"][slot]
        place = f"c{offset // 8}" if cell else f"s{slot}"
        return f"{place} ({DTYPES[code].name}, {nbytes} bytes)"

    def _name(self, slot):
        _, _, offset, cell = self.data["slots"][slot]
        return f"c{offset // 8}" if cell else f"s{slot}"

    def _block(self, block, indent):
        lines = []
        for i in block:
            kind = i["kind"]
            if kind == "branch":
                lines.append(f"{indent}if {self._name(i['test'])}:")
                lines += self._block(i["if true"], indent + "  ")
                lines.append(f"{indent}else:")
                lines += self._block(i["if false"], indent + "  ")
            elif kind == "loop":
                lines.append(f"{indent}loop:")
                lines += self._block(i["test"], indent + "  ")
                if i["while"] is not None:
                    lines.append(f"{indent}  while {self._name(i['while'])}:")
                for slot, stack, from_end in i["reads"]:
                    entry = f"stack {stack}{', from the end' * from_end}"
                    lines.append(f"{indent}    {self._name(slot)} = {entry}")
                lines += self._block(i["body"], indent + "    ")
                for slot, stack, from_end in i["writes"]:
                    entry = f"stack {stack}{', from the end' * from_end}"
                    lines.append(f"{indent}    {entry} = {self._name(slot)}")
            else:
                several = len(i["operations"]) > 1
                if several:
                    what = f" of {i['elements']}" if "elements" in i else ""
                    what += f" on {i['threads']} threads" if i.get("threads", 1) > 1 else ""
                    lines.append(f"{indent}{kind}{what}:")
                for op in i["operations"]:
                    text = self._operation(op, kind == "numbers")
                    lines.append(f"{indent}  {text}" if several else f"{indent}{kind}: {text}")
        return lines

    def _operation(self, operation, cells):
        name, result, operands = operation
        show = (lambda k: f"c{k}") if cells else self._name
        results = result if isinstance(result, list) else [result]
        return f"{', '.join(map(show, results))} = {name}({', '.join(map(show, operands))})"

    def to_dot(self):
        """The plan as a graph in the DOT language of Graphviz: instructions, and the slots between them."""
        lines, count = [f'digraph "{self.name}" {{', "  node [shape=box];"], 0

        def block(instructions, indent):
            nonlocal count
            for i in instructions:
                count += 1
                me = f"i{count}"
                if i["kind"] in ("branch", "loop"):
                    lines.append(f'{indent}subgraph cluster_{me} {{ label="{i["kind"]}";')
                    for part in ("test", "if true", "if false", "body"):
                        if isinstance(i.get(part), list):
                            block(i[part], indent + "  ")
                    lines.append(f"{indent}}}")
                    continue
                cells = i["kind"] == "numbers"
                show = (lambda k: f"c{k}") if cells else self._name
                names = [name for name, _, _ in i["operations"]]
                label = ", ".join(names[:4]) + (
                    f" and {len(names) - 4} more" if len(names) > 4 else ""
                )
                lines.append(f'{indent}{me} [label="{i["kind"]}: {label}"];')
                made = set()
                for _, result, operands in i["operations"]:
                    for k in operands:
                        if show(k) not in made:
                            lines.append(f"{indent}{show(k)} -> {me};")
                    for k in result if isinstance(result, list) else [result]:
                        made.add(show(k))
                lines.extend(f"{indent}{me} -> {k};" for k in sorted(made))

        block(self.data["instructions"], "  ")
        return "\n".join([*lines, "}"])
