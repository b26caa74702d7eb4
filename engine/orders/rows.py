"""Rows of a table that a broker gives: a CSV file or a frame, each cell as text.

Brokers' files come in UTF-8, UTF-16 or GB 18030, with commas, tabs or semicolons between cells, and with numbers kept from
Excel as ="600519".
"""

import csv
import io
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from ...data.doors import read_bytes
from ...data.errors import ConfigError, DataError, did_you_mean
from .headings import named

if TYPE_CHECKING:
    import pandas as pd

WORKBOOKS = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")  # how Excel's files start
DELIMITERS = (",", "\t", ";")
GUARDED = re.compile(r'="?([^"]*)"?')


class Rows(NamedTuple):
    """Where they come from, the names of the columns, and the rows by line of the file."""

    where: str
    names: list[str]
    rows: list[tuple[int, dict[str, str]]]


def rows_of(
    source: "Path | str | pd.DataFrame", what: str, words: Mapping[str, Sequence[str]], needed: Sequence[str], needs: str
) -> Rows:  # fmt: skip
    """The rows of a CSV file or a frame of `what`, by our names of the columns; an empty cell is ''.

    `words`: how brokers head each column. DataError where the file cannot be read, ConfigError where a column is missing;
    `needs` says which in words.
    """
    import pandas as pd

    if isinstance(source, pd.DataFrame):
        where = f"the {what}"
        names = named([str(name) for name in source.columns], words, where)
        cells = (
            ["" if pd.isna(value) else str(value) for value in row] for row in source.itertuples(index=False)
        )
        found = list(enumerate((dict(zip(names, row, strict=True)) for row in cells), 2))
    else:
        where = str(source)
        names, found = _of_file(Path(source), what, words)
    for name in needed:
        if name not in names:
            raise ConfigError(f"{where} has no column {name!r}{did_you_mean(name, names)}; it needs {needs}")
    return Rows(where, names, found)


def _of_file(
    path: Path, what: str, words: Mapping[str, Sequence[str]]
) -> tuple[list[str], list[tuple[int, dict[str, str]]]]:
    text = _text(read_bytes(path, advice=f"name the CSV file of the {what}"), path, what)
    delimiter = max(DELIMITERS, key=text.lstrip().partition("\n")[0].count)
    try:
        lines = [
            (reader.line_num, [_cell(cell) for cell in row])
            for reader in [csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)]
            for row in reader
        ]
    except csv.Error as error:
        raise DataError(f"{path} cannot be read ({error}); save the {what} as a UTF-8 CSV") from None
    lines = [(line, cells) for line, cells in lines if any(cells)]
    if not lines:
        raise DataError(f"{path} is empty; name the CSV file of the {what}")
    header = lines[0][1]
    while header and not header[-1]:  # a tab or comma that ends every line
        header.pop()
    names = named(header, words, str(path))
    rows = []
    for line, cells in lines[1:]:
        if any(cells[len(names) :]):
            raise DataError(
                f"{path}, line {line}: more cells than the {len(names)} columns; put a number with commas into quotes"
            )
        cells += [""] * (len(names) - len(cells))
        rows.append((line, dict(zip(names, cells, strict=False))))
    return names, rows


def _text(content: bytes, path: Path, what: str) -> str:
    """UTF-8, UTF-16 where it says so, else GB 18030."""
    save = f"save the {what} as a UTF-8 CSV"
    if content.startswith(WORKBOOKS):
        raise DataError(f"{path} is an Excel workbook; {save}")
    marked = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", "gb18030"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise DataError(f"{path} is not text in UTF-8, UTF-16 or GB 18030; {save}")


def _cell(text: str) -> str:
    plain = text.strip()
    guarded = GUARDED.fullmatch(plain) if plain.startswith("=") else None
    return guarded[1].strip() if guarded else plain
