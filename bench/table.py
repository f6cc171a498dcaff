"""Rows of the table and their text."""

import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import NamedTuple

from .library import Library
from .timing import ROOT

README = ROOT / "README.md"

Figures = Sequence[float | None]


class Row(NamedTuple):
    """A line of the table.

    `measure(library, seconds)` gives as many figures as there are `targets`, in `unit`, smaller
    being better; None stands for what a library lacks. It takes about `seconds` for each.
    """

    work: str
    unit: str
    targets: tuple[float, ...]
    measure: Callable[[Library, float], Figures]


def render(rows: Sequence[Row], columns: Mapping[str, Sequence[Figures]]) -> str:
    """The table in Markdown.

    `columns` maps a heading to the figures of each row; the first column is held to the targets.
    """
    first, *others = columns
    lines = [["work", "unit", first, "at most", *others]]
    for i, row in enumerate(rows):
        mine = _join(map(_mark, columns[first][i], row.targets))
        targets = _join(f"{target:,g}" for target in row.targets)
        peers = [_join(map(_number, columns[name][i])) for name in others]
        lines.append([row.work, row.unit, mine, targets, *peers])
    lines.insert(1, ["---", "---", *["---:"] * (len(lines[0]) - 2)])
    return "\n".join(f"| {' | '.join(cells)} |" for cells in lines)


def split_readme(name: str) -> tuple[str, str]:
    """What stands before and after the table between the markers of this name, markers included."""
    begin, end = f"<!-- {name} -->", f"<!-- /{name} -->"
    text = README.read_text(encoding="utf-8") if README.exists() else ""
    head, found, rest = text.partition(begin)
    _, found_end, tail = rest.partition(end)
    if not (found and found_end):
        sys.exit(f"{README} needs a line {begin} and, below it, a line {end}")
    return f"{head}{begin}\n", f"{end}{tail}"


def _mark(value: float | None, limit: float) -> str:
    return f"**{_number(value)}**" if value is not None and value > limit else _number(value)


def _number(value: float | None) -> str:
    if value is None:
        return "-"
    if value < 10:
        return f"{value:.2g}"
    return f"{value:,.0f}"


def _join(cells: Iterable[str]) -> str:
    return " / ".join(cells)
