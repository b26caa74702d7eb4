"""Tables of a page: what each cell says, and what it is sorted by."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pandas as pd

from ...data.figures import NOTHING, missing
from . import formats

MOST_ROWS = 2_000  # of one table on a page; the CSV beside it always holds every row
_LINK = re.compile(r"https?://[^\s<>\"']+")


@dataclass(frozen=True)
class Column:
    """One column: `key` in the frame; `kind` is text, number, choice (filtered by a list) or link."""

    key: str
    label: str
    form: Callable[[Any], str] = formats.visible
    kind: str = "text"
    hint: str = ""

    @property
    def numeric(self) -> bool:
        return self.kind == "number"


@dataclass(frozen=True)
class Cell:
    """What a cell says, what it is sorted by (a number as Python prints it), and where it links to."""

    text: str
    sort: str
    link: str = ""


@dataclass(frozen=True)
class Table:
    """A table ready to be written; `left_out` counts the rows that only the CSV holds."""

    id: str
    caption: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]
    file: str
    left_out: int = 0

    def choices(self, column: Column) -> tuple[str, ...]:
        """The distinct entries of a choice column."""
        at = self.columns.index(column)
        return tuple(sorted({row[at].text for row in self.rows}))


def table(frame: pd.DataFrame, columns: Sequence[Column], *, id: str, caption: str, file: str = "") -> Table:
    """The first `MOST_ROWS` rows of a frame as cells."""
    shown = frame.head(MOST_ROWS)
    cells = [[_cell(column, value) for value in shown[column.key].tolist()] for column in columns]
    rows = tuple(zip(*cells, strict=True)) if len(shown) else ()
    return Table(id, caption, tuple(columns), rows, file, len(frame) - len(shown))


def _cell(column: Column, value: Any) -> Cell:
    if column.numeric:
        return Cell(column.form(value), formats.exact(value))
    if missing(value):
        return Cell(NOTHING, "")
    text = column.form(value)
    if column.kind == "link":
        found = _LINK.match(text)
        return Cell(_host(found.group()), text, found.group()) if found else Cell(text, text)
    return Cell(text, text)


def _host(address: str) -> str:
    return address.split("/")[2]


def toml(values: Mapping[str, Any]) -> str:
    """The values as TOML: scalars first, then one table per mapping; None is left out, as TOML has none."""
    lines = [f"{_key(key)} = {_toml(value)}" for key, value in values.items() if _is_scalar(value)]
    for key, value in values.items():
        if isinstance(value, Mapping):
            body = toml(value).replace("\n[", f"\n[{_key(key)}.")
            lines += ["", f"[{_key(key)}]", body]
    return "\n".join(lines)


def _is_scalar(value: Any) -> bool:
    return value is not None and not isinstance(value, Mapping)


def _key(key: str) -> str:
    return key if re.fullmatch(r"[A-Za-z0-9_-]+", key) else _toml(key)


def _toml(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_toml(item) for item in value if item is not None) + "]"
    if isinstance(value, int | float):
        return repr(value)
    escaped = str(value).replace("\\", "\\\\").replace('"', '\\"')
    return '"' + "".join(c if c.isprintable() else f"\\U{ord(c):08X}" for c in escaped) + '"'
