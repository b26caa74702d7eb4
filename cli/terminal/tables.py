"""Tables on stdout: fitted to a terminal, never cut when piped."""

import sys
from collections.abc import Iterable, Sequence
from typing import Literal

from .echo import echo, printable

PIPED_WIDTH = 4_000
LONGEST_WORD = 40  # of a cell that is never folded: names, days, codes, paths


def on_terminal() -> bool:
    """Whether stdout is a terminal, where width counts."""
    return sys.stdout.isatty()


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[object]], *, right: Sequence[str] = ()
) -> None:
    """Print rows under their headings; columns named in `right` are aligned to the right.

    On a terminal only columns of sentences are folded; where the others alone are too wide, its lines run over.
    """
    from rich import box
    from rich.console import Console
    from rich.measure import Measurement
    from rich.table import Table
    from rich.text import Text

    terminal = Console(highlight=False)
    console = terminal if terminal.is_terminal else Console(highlight=False, width=PIPED_WIDTH)
    table = Table(box=box.SIMPLE_HEAD if console.is_terminal else None, pad_edge=False, show_edge=False)
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    for k, name in enumerate(columns):
        longest = max((len(row[k]) for row in cells), default=0)
        justify: Literal["left", "right"] = "right" if name in right else "left"
        table.add_column(Text(name), justify=justify, overflow="fold", no_wrap=longest <= LONGEST_WORD)
    for row in cells:
        table.add_row(*map(Text, row))
    if console is terminal:
        wide = console.options.update(max_width=PIPED_WIDTH)
        console.width = max(console.width, Measurement.get(console, wide, table).minimum)
        console.print(table)
        return
    with console.capture() as text:
        console.print(table)
    echo("\n".join(line.rstrip() for line in text.get().splitlines()))
