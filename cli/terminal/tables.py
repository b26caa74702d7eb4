"""Tables on stdout: fitted to a terminal, never cut when piped."""

import os
import sys
from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Literal

from .echo import echo, printable, spoken

UNFOLDED = 4_000
LONGEST_WORD = 40  # of a cell that is never folded: names, days, codes, paths
BETWEEN = "  "


def on_terminal() -> bool:
    """Whether stdout is a terminal, where width counts."""
    return sys.stdout.isatty()


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print rows under their headings; columns named in `right` are aligned to the right.

    On a terminal only columns of sentences are folded; where the others alone are too wide, its lines run over.
    """
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    if _is_drawn():
        _print_folded(columns, cells, right)
    else:
        echo(_lines(columns, cells, right))


def _is_drawn() -> bool:
    """Whether stdout is a terminal or is said to be one, by the variables that rich knows."""
    said = os.environ.get("TTY_COMPATIBLE", "")
    if said in ("0", "1"):
        return said == "1"
    return bool(os.environ.get("FORCE_COLOR", on_terminal()))


def _lines(columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]) -> str:
    """The table as it is piped: columns as wide as their widest cell."""
    table = [[cell.split("\n") for cell in row] for row in (columns, *cells)]
    wide = [max(_width(line) for row in table for line in row[k]) for k in range(len(columns))]

    def padded(k: int, line: str) -> str:
        space = " " * (wide[k] - _width(line))
        return space + line if columns[k] in right else line + space

    lines = [
        BETWEEN.join(padded(k, line) for k, line in enumerate(lines)).rstrip()
        for row in table
        for lines in zip_longest(*row, fillvalue="")
    ]
    return "\n".join(lines)


def _width(line: str) -> int:
    """Places that a line takes on a screen; Chinese letters take two."""
    if line.isascii():
        return len(line)
    from rich.cells import cell_len

    return cell_len(line)


def _print_folded(columns: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[str]) -> None:
    from rich import box
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False)
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, show_edge=False)
    for k, name in enumerate(columns):
        longest = max((len(row[k]) for row in cells), default=0)
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=longest <= LONGEST_WORD)
    for row in cells:
        table.add_row(*(Text(spoken(cell, console.encoding)) for cell in row))
    wide = console.options.update(max_width=UNFOLDED)
    console.width = max(console.width, Measurement.get(console, wide, table).minimum)
    console.print(table)
