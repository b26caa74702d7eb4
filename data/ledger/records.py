"""The rows of a ledger as cells by column, from a file or from memory; what is no ledger is named for what it is."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..doors import MEGABYTE, read_bytes
from ..errors import LedgerError, did_you_mean
from .launch import COLUMNS

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = COLUMNS[:-1]
LARGEST = 64 * MEGABYTE  # some hundred thousand launches
SPREADSHEETS = {b"PK\x03\x04": "an Excel workbook or zip", b"\xd0\xcf\x11\xe0": "an old Excel workbook"}
DELIMITERS = (",", ";", "\t")


class Record(NamedTuple):
    """A row's cells by column, the line it starts on, and what is wrong with it as a row, empty where nothing is."""

    line: int
    cells: dict[str, str]
    fault: str = ""


def records(file: Path) -> Iterator[Record]:
    """Rows of a CSV file, separated by commas, semicolons or tabs; a wrong header is refused whole."""
    text = _text(file)
    if not text.strip():
        raise LedgerError(f"the ledger {file} is empty; its first line names the columns {','.join(COLUMNS)}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, f"the ledger {file}")
        start = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _record(start, header, cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise LedgerError(
            f"the ledger {file} is not readable CSV at line {reader.line_num}: {error}"
        ) from None


def rows_in_memory(source: "pd.DataFrame | Iterable[Mapping[str, Any]]") -> Iterator[Record]:
    """Rows of a data frame or of mappings by column, counted from 1; an empty cell is None, NaN or an empty text."""
    import pandas as pd

    try:
        frame = source if isinstance(source, pd.DataFrame) else pd.DataFrame(list(source))
    except (TypeError, ValueError) as error:
        raise LedgerError(
            f"a {type(source).__name__} is no ledger ({error}); give a file, a data frame or rows by column"
        ) from None
    header = [str(name).strip() for name in frame.columns]
    _check_header(header, "the ledger")
    for line, values in enumerate(frame.itertuples(index=False, name=None), 1):
        yield Record(line, dict(zip(header, map(_cell, values), strict=True)))


def _cell(value: Any) -> str:
    """The text of a value as a file would hold it; an instant keeps its zone, a bare day its day."""
    import pandas as pd

    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set):
        return ";".join(map(str, value))
    if pd.isna(value):
        return ""
    if hasattr(value, "isoformat"):
        written: str = value.isoformat()
        return written.removesuffix("T00:00:00")
    return str(value)


def _text(file: Path) -> str:
    """The text of a regular file of a sensible size in UTF-8, or in UTF-16 where it says so."""
    content = read_bytes(file, error=LedgerError, advice="check the path of the ledger", most=LARGEST)
    for mark, what in SPREADSHEETS.items():
        if content.startswith(mark):
            raise LedgerError(f"the ledger {file} is {what}, not text; save it as CSV (UTF-8)")
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16")
        if b"\0" in content:
            raise LedgerError(
                f"the ledger {file} is not UTF-8 text but holds zero bytes; save it as CSV (UTF-8)"
            )
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise LedgerError(
            f"the ledger {file} is not UTF-8 text{_guess(content)}; save it as CSV (UTF-8)"
        ) from None


def _guess(content: bytes) -> str:
    try:
        content.decode("gb18030")
    except UnicodeDecodeError:
        return ""
    return " (it may be GBK, in which Excel saves Chinese text)"


def _delimiter(text: str) -> str:
    """What separates the columns that the first line names; a comma unless another one gives more of them."""
    first = text.lstrip().partition("\n")[0]
    return max(DELIMITERS, key=lambda mark: sum(cell.strip(' "\r') in COLUMNS for cell in first.split(mark)))


def _check_header(header: list[str], ledger: str) -> None:
    strange = [column + did_you_mean(column, COLUMNS) for column in header if column not in COLUMNS]
    missing = [column for column in REQUIRED if column not in header]
    if missing or strange or len(set(header)) < len(header):
        found = f"missing {', '.join(missing) or 'none'}; unknown {', '.join(strange) or 'none'}"
        raise LedgerError(f"{ledger} must have the columns {','.join(COLUMNS)} once each: {found}")


def _record(line: int, header: list[str], cells: list[str]) -> Record:
    extra = {"": "extra"} if len(cells) > len(header) else {}
    row = dict(zip(header, cells, strict=False)) | extra
    lost = [name for name in header[len(cells) :] if name in REQUIRED]
    if not lost:
        return Record(line, row)
    fault = (
        f"{len(cells)} cells where the header has {len(header)}, {', '.join(lost)} missing; add the commas"
    )
    return Record(line, row, fault)
