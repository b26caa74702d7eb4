"""The rows of a ledger as cells by column, from a file or from memory; what is no ledger is named for what it is."""

import codecs
import csv
import io
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from ..doors import MEGABYTE, read_bytes
from ..errors import LedgerError, did_you_mean
from ..instruments.spellings import securities
from .launch import ALL_COLUMNS, COLUMNS
from .sheets import parquet_rows, workbook_rows

if TYPE_CHECKING:
    import pandas as pd

REQUIRED = COLUMNS[:-1]
LARGEST = 64 * MEGABYTE  # some hundred thousand launches
PARQUET, WORKBOOK, OLD_WORKBOOK = b"PAR1", b"PK\x03\x04", b"\xd0\xcf\x11\xe0"  # how such files start
DELIMITERS = (",", ";", "\t")


class Record(NamedTuple):
    """A row's cells by column, the line it starts on, and what is wrong with it as a row, empty where nothing is."""

    line: int
    cells: dict[str, str]
    fault: str = ""


class Sheet(NamedTuple):
    """The rows of a ledger, and sentences about how its file was read."""

    rows: Iterable[Record]
    notes: tuple[str, ...] = ()


def records(file: Path) -> Sheet:
    """Rows of a CSV file, an Excel workbook or a parquet file; a wrong header is refused whole."""
    content = read_bytes(file, error=LedgerError, advice="check the path of the ledger", most=LARGEST)
    ledger = f"the ledger {file}"
    if content.startswith(PARQUET):
        return Sheet(list(_of_values(parquet_rows(content, ledger), ledger)))
    if content.startswith(WORKBOOK):
        return Sheet(list(_of_values(workbook_rows(content, ledger, REQUIRED), ledger)))
    text, notes = _text(content, file)
    return Sheet(_of_text(text, ledger), notes)


def _of_text(text: str, ledger: str) -> Iterator[Record]:
    """Rows of text whose cells are separated by commas, semicolons or tabs."""
    if not text.strip():
        raise LedgerError(f"{ledger} is empty; its first line names the columns {','.join(COLUMNS)}")
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=_delimiter(text), strict=True)
    try:
        header = [cell.strip() for cell in next(reader, [])]
        _check_header(header, ledger)
        start = reader.line_num + 1
        for cells in reader:
            if any(cell.strip() for cell in cells):
                yield _record(start, header, cells)
            start = reader.line_num + 1
    except csv.Error as error:
        raise LedgerError(f"{ledger} is not readable CSV at line {reader.line_num}: {error}") from None


def rows_in_memory(source: "pd.DataFrame | Iterable[Mapping[str, Any]]") -> Sheet:
    """Rows of a data frame or of mappings by column, counted from 1; an empty cell is None, NaN or an empty text."""
    import pandas as pd

    try:
        frame = source if isinstance(source, pd.DataFrame) else pd.DataFrame(list(source), dtype=object)
    except (TypeError, ValueError) as error:
        raise LedgerError(
            f"a {type(source).__name__} is no ledger ({error}); give a file, a data frame or rows by column"
        ) from None
    header = [str(name).strip() for name in frame.columns]
    rows = enumerate(frame.itertuples(index=False, name=None), 1)
    return Sheet(list(_of_values([(0, header), *rows], "the ledger")))


def _of_values(rows: Iterable[tuple[int, Sequence[Any]]], ledger: str) -> Iterator[Record]:
    """Records of rows of values, each with its number; the first one names the columns."""
    numbered = iter(rows)
    header = ["" if name is None else str(name).strip() for name in next(numbered, (0, ()))[1]]
    _check_header(header, ledger)
    codes = header.index("codes")
    for line, values in numbered:
        cells = [_cell(value) for value in values]
        if not any(cell.strip() for cell in cells):
            continue
        fault = _lost_zeros(values[codes], cells[codes]) if codes < len(cells) else ""
        yield Record(line, dict(zip(header, cells, strict=False)), fault)


def _cell(value: Any) -> str:
    """The text of a value as a file would hold it; an instant keeps its zone, a bare day its day."""
    if isinstance(value, str):
        return value
    if isinstance(value, list | tuple | set):
        return ";".join(map(str, value))
    if value is None or value != value:
        return ""
    if hasattr(value, "isoformat"):
        written: str = value.isoformat()
        return written.removesuffix("T00:00:00")
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _lost_zeros(value: Any, text: str) -> str:
    """What is wrong with a code that a sheet holds as a number, where leading zeros may have been lost."""
    if isinstance(value, str | list | tuple | set) or not text:
        return ""
    meant = sorted(securities(text, zeros_lost=True))
    if len(meant) < 2:
        return ""
    return (
        f"codes {text} is a number, which loses its leading zeros: it may be {' or '.join(meant)}; "
        "write the one that is meant as text"
    )


def _text(content: bytes, file: Path) -> tuple[str, tuple[str, ...]]:
    """The text of a file in UTF-8, in UTF-16 where it says so, else in GB 18030, which is then noted."""
    if content.startswith(OLD_WORKBOOK):
        raise LedgerError(f"the ledger {file} is an old Excel workbook; save it as .xlsx or CSV (UTF-8)")
    try:
        if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
            return content.decode("utf-16"), ()
        if b"\0" in content:
            raise LedgerError(
                f"the ledger {file} is not UTF-8 text but holds zero bytes; save it as CSV (UTF-8)"
            )
        return content.decode("utf-8-sig"), ()
    except UnicodeDecodeError:
        pass
    try:
        return content.decode("gb18030"), (f"the ledger {file} is not UTF-8 and was read as GB 18030",)
    except UnicodeDecodeError:
        raise LedgerError(
            f"the ledger {file} is neither UTF-8 nor GB 18030 text; save it as CSV (UTF-8)"
        ) from None


def _delimiter(text: str) -> str:
    """What separates the columns that the first line names; a comma unless another one gives more of them."""
    first = text.lstrip().partition("\n")[0]
    return max(
        DELIMITERS, key=lambda mark: sum(cell.strip(' "\r') in ALL_COLUMNS for cell in first.split(mark))
    )


def _check_header(header: list[str], ledger: str) -> None:
    strange = [
        _shown(column) + did_you_mean(column, ALL_COLUMNS) for column in header if column not in ALL_COLUMNS
    ]
    missing = [column for column in REQUIRED if column not in header]
    if missing or strange or len(set(header)) < len(header):
        found = f"missing {', '.join(missing) or 'none'}; unknown {', '.join(strange) or 'none'}"
        raise LedgerError(
            f"{ledger} must have the columns {','.join(COLUMNS)} once each, and may have "
            f"{','.join(ALL_COLUMNS[len(COLUMNS) :])}: {found}"
        )


def _shown(column: str) -> str:
    """A heading as it stands, with its control characters written out."""
    return column if column.isprintable() else repr(column)[1:-1]


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
