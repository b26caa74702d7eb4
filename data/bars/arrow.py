"""Columns of arrow from numpy arrays and back, without pandas, and their cells as numbers, days and words of status.

pyarrow's own conversions import pandas wherever it is installed, and those that choose rows all of pyarrow.compute;
either takes longer than reading a small market.
"""

import re
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..arrays import F8, I8, Bool, Days
from ..calendars.days import YEARS, instants_to_days, values_to_days, zone_to_offsets
from ..errors import DataError
from .bars import NO_ACTION

TEXT = (pa.string(), pa.large_string())
BLANK = frozenset(("", "-", "--", "nan", "null", "none", "n/a", "na", "#n/a"))
# Commas between thousands; any other comma may be a decimal one, which would make 118,5 ten times what it is.
_THOUSANDS = re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?")


def to_numpy(column: pa.ChunkedArray) -> NDArray[Any]:
    """A column as `column.to_numpy()` gives it: a null is NaN, NaT or None. Without pandas for what bars hold.

    Numbers in one piece and without a null are not copied, and cannot be written to.
    """
    kind = column.type
    if column.num_chunks == 1 and not column.null_count:
        if kind == pa.float64():
            return _values(column.chunk(0))
        if kind == pa.date32():
            return _values(column.chunk(0)).astype(np.int64).view("M8[D]")
    if kind == pa.date32():
        return _together(column, np.empty(len(column), "M8[D]"), np.datetime64("NaT", "D"))
    if kind == pa.float64() or (pa.types.is_integer(kind) and not column.null_count):
        return _together(column, np.empty(len(column), kind.to_pandas_dtype()), np.nan)
    if kind in TEXT:
        return np.array(column.to_pylist(), dtype=object)
    values: NDArray[Any] = column.to_numpy()
    return values


def to_arrow(values: NDArray[Any], null: Bool | None = None) -> pa.Array:
    """Numbers or truth values, shape (n,), as `pa.array(values, mask=null)` gives them."""
    valid = None if null is None or not null.any() else _bits(~null)
    if values.dtype == np.bool_:
        return pa.Array.from_buffers(pa.bool_(), len(values), [valid, _bits(values)])
    content = pa.py_buffer(np.ascontiguousarray(values))
    return pa.Array.from_buffers(pa.from_numpy_dtype(values.dtype), len(values), [valid, content])


def taken(column: pa.Array, rows: I8) -> pa.Array:
    """The rows of a column, as `column.take(rows)` gives them."""
    if column.type not in (pa.float64(), pa.int64()):
        return column.take(pa.array(rows))
    return to_arrow(_values(column)[rows], _null(column)[rows])


def _together(column: pa.ChunkedArray, values: NDArray[Any], unknown: Any) -> NDArray[Any]:
    """`values` filled from the chunks."""
    start = 0
    for chunk in column.chunks:
        part = values[start : start + len(chunk)]
        part[:] = _values(chunk).astype(part.dtype)
        if chunk.null_count:
            part[_null(chunk)] = unknown
        start += len(chunk)
    return values


def _values(chunk: pa.Array) -> NDArray[Any]:
    """Values of fixed width as they are stored, anything where they are null."""
    stored = np.dtype(np.int32 if chunk.type == pa.date32() else chunk.type.to_pandas_dtype())
    if not len(chunk):
        return np.empty(0, stored)
    return np.frombuffer(chunk.buffers()[1], stored, len(chunk), chunk.offset * stored.itemsize)


def _null(chunk: pa.Array) -> Bool:
    if not chunk.null_count:
        return np.zeros(len(chunk), np.bool_)
    valid = np.unpackbits(np.frombuffer(chunk.buffers()[0], np.uint8), bitorder="little")
    return ~valid[chunk.offset : chunk.offset + len(chunk)].astype(np.bool_)


def _bits(flags: Bool) -> pa.Buffer:
    return pa.py_buffer(np.packbits(flags, bitorder="little"))


def column_to_days(column: pa.ChunkedArray, name: str) -> Days:
    """Sessions of a column of dates, (n,); a row that is no day, or of two, is a DataError."""

    def where(row: int) -> str:
        return f"{name}, row {row + 1}"

    kind = column.type
    if not (pa.types.is_timestamp(kind) and kind.tz is not None):
        return values_to_days(to_numpy(column), where)
    stamps = column.to_numpy()
    days = stamps.astype("M8[D]")
    low, high = (np.datetime64(f"{year}-01-01") for year in YEARS)
    strange = np.flatnonzero(~((days >= low) & (days < high)))
    if len(strange):
        raise DataError(f"{where(int(strange[0]))}: the date is empty or no day; write days as 2026-02-12")
    instants = stamps.astype("M8[ns]").astype(np.int64)
    return instants_to_days(instants, zone_to_offsets(instants, kind.tz), where)


def column_to_status(column: pa.ChunkedArray, name: str) -> NDArray[Any]:
    """Words or truth values as they are, figures as numbers."""
    if pa.types.is_boolean(column.type):
        return np.asarray([value is not False for value in column.to_pylist()])
    try:
        return column_to_numbers(column, "status", name)
    except DataError:
        return to_numpy(column)


def column_to_numbers(column: pa.ChunkedArray, what: str, name: str) -> F8:
    """A column as float64, NaN where it is empty; text that is no number and endless ones are DataErrors."""
    kind = column.type
    if kind == pa.float64():
        values = to_numpy(column)
        return values if what in NO_ACTION else with_an_end(values, what, name)
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array(
            [_number(text, what, name, i) for i, text in enumerate(column.to_pylist())], np.float64
        )
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(f"{name}: column {what} holds {kind}, not numbers; write it again")
    values = np.asarray(to_numpy(column), dtype=np.float64)
    return values if what in NO_ACTION else with_an_end(values, what, name)


def with_an_end(values: F8, what: str, name: str) -> F8:
    """The values, none of them infinite."""
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0]) + 1
        raise DataError(f"{name}, row {row}: {what} is infinite; correct it or leave it empty")
    return values


def in_unit(values: F8, factor: float, what: str, name: str) -> F8:
    """Values in another unit; what then has no end in float64 never was a number of the market's."""
    with np.errstate(over="ignore"):
        return with_an_end(values * factor, what, name)


def _number(text: str | None, what: str, name: str, row: int) -> float:
    plain = "" if text is None else text.strip()
    if plain.lower() in BLANK:
        return np.nan
    value: float | None
    try:
        value = float(plain.replace(",", "") if _THOUSANDS.fullmatch(plain) else plain.replace("_", "?"))
    except ValueError:
        value = None
    if value is None or (np.isinf(value) and what not in NO_ACTION):
        shown = plain if len(plain) <= 40 else plain[:37] + "…"
        mend = "write it with a decimal point" if "," in plain else "correct it or leave it empty"
        raise DataError(f"{name}, row {row + 1}: {what} is {shown!r}, which is not a number; {mend}")
    return value


def metadata(table: pa.Table, start: bytes) -> dict[str, str]:
    """What parquet says of itself under keys that begin with `start`, which is left out of them."""
    return {
        key.decode("utf-8", "replace").removeprefix(start.decode()): value.decode("utf-8", "replace")
        for key, value in (table.schema.metadata or {}).items()
        if key.startswith(start)
    }
