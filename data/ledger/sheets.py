"""The rows of a workbook or a parquet file as values, the header first, each with its line."""

import io
import zipfile
from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any

from ..doors import MEGABYTE, UNSOUND, reason
from ..errors import LedgerError

Row = tuple[int, Sequence[Any]]
MOST_ROWS = 200_000
UNPACKED = 256 * MEGABYTE
SAVE = "save it as CSV (UTF-8)"


def parquet_rows(content: bytes, ledger: str) -> Iterator[Row]:
    """Rows of a parquet file; one that is damaged or too long is a LedgerError."""
    import pyarrow as pa
    import pyarrow.parquet

    try:
        file = pa.parquet.ParquetFile(pa.BufferReader(content))
        if file.metadata.num_rows > MOST_ROWS:
            raise LedgerError(f"{ledger} has {file.metadata.num_rows:,} rows, more than a ledger can have")
        table = file.read(use_threads=False)
        rows = [column.to_pylist() for column in table.columns]
    except (pa.ArrowException, OSError, ValueError, KeyError, TypeError, MemoryError) as fault:
        raise LedgerError(f"{ledger} cannot be read as parquet ({reason(fault)}); {SAVE}") from None
    yield 0, table.column_names
    yield from enumerate(zip(*rows, strict=True), 1)


def workbook_rows(content: bytes, ledger: str, columns: Sequence[str]) -> Iterator[Row]:
    """Rows of the one sheet of an Excel workbook that has the columns; its only sheet where none has."""
    _refuse_unsound(content, ledger)
    try:
        import openpyxl
    except ImportError:
        raise LedgerError(
            f"{ledger} is an Excel workbook, which needs openpyxl; install it with pip install 'launchlab[xlsx]', or {SAVE}"
        ) from None
    try:
        book = openpyxl.load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheets = {sheet.title: list(_filled(sheet)) for sheet in book.worksheets}
    except (*UNSOUND, TypeError, AttributeError, SyntaxError, MemoryError) as fault:
        raise LedgerError(f"{ledger} cannot be read as a workbook ({reason(fault)}); {SAVE}") from None
    fitting = [name for name, rows in sheets.items() if rows and set(columns) <= set(map(str, rows[0][1]))]
    if len(fitting) > 1:
        raise LedgerError(f"{ledger} has ledgers on the sheets {', '.join(fitting)}; keep one of them")
    chosen = fitting[0] if fitting else max(sheets, key=lambda name: len(sheets[name]), default="")
    yield from sheets.get(chosen, ())


def _refuse_unsound(content: bytes, ledger: str) -> None:
    """LedgerError for a zip that is no workbook, or that unpacks to more than a ledger can be."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            members = archive.infolist()
    except UNSOUND as fault:
        raise LedgerError(f"{ledger} cannot be read as a workbook ({reason(fault)}); {SAVE}") from None
    if "xl/workbook.xml" not in {member.filename for member in members}:
        raise LedgerError(f"{ledger} is a zip, not a ledger; unpack it and give its file")
    if sum(member.file_size for member in members) > UNPACKED:
        raise LedgerError(f"{ledger} unpacks to more than {UNPACKED // MEGABYTE} MB, which no ledger does")


def _filled(sheet: Any) -> Iterator[Row]:
    """Rows of a sheet that hold anything, with their line; a clock time is rounded to the second that was typed."""
    for line, values in enumerate(sheet.iter_rows(values_only=True), 1):
        if line > MOST_ROWS:
            raise ValueError(f"more than {MOST_ROWS:,} rows")
        if any(value is not None for value in values):
            yield line, [_rounded(value) for value in values]


def _rounded(value: Any) -> Any:
    if isinstance(value, datetime) and value.microsecond:
        return (value + timedelta(microseconds=500_000)).replace(microsecond=0)
    return value
