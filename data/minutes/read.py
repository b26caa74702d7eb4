"""Minute bars as they stand in a file: one row for each bar, its time on the exchange's clock.

House format: `time,open,high,low,close,volume`, with `amount` where the source has a turnover. The columns of
akshare, Tushare, baostock and Yahoo's downloads are read as they are.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..arrays import F8, I4, Days
from ..bars.text import read_sheet
from ..calendars.hours import CHINA_TIME
from ..errors import DataError
from ..instruments.spellings import securities
from ..likely import likely_columns, renaming

PRICES = ("open", "high", "low", "close")
FIELDS = ("time", *PRICES, "volume", "amount")
# What vendors call the columns; the first name that a file has is taken.
NAMES: Mapping[str, tuple[str, ...]] = {
    "time": ("time", "datetime", "trade_time", "时间", "日期时间", "timestamp", "day", "date"),
    "open": ("open", "开盘", "开盘价"),
    "high": ("high", "最高", "最高价"),
    "low": ("low", "最低", "最低价"),
    "close": ("close", "收盘", "收盘价"),
    "volume": ("volume", "vol", "成交量"),
    "amount": ("amount", "turnover", "money", "成交额"),
}
CODES = ("code", "ts_code", "symbol", "代码", "股票代码")
NEEDED = FIELDS[:-1]
_CLOCK = re.compile(r"\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
_DIGITS = re.compile(r"(\d{8})(\d{4})(\d{2})?(\d{3})?")
_ADJUSTED = ("1", "2", "qfq", "hfq")


@dataclass(frozen=True, eq=False)
class MinuteRows:
    """Bars of one code in order of time, arrays of shape (n,).

    `day` and `stamp`: the session and the minutes after midnight that a bar is stamped with, which may be its start or
    its end. `open` and `amount` are NaN where the source has none; volume as the source counts it.
    """

    code: str
    day: Days
    stamp: I4
    open: F8
    high: F8
    low: F8
    close: F8
    volume: F8
    amount: F8
    source: Mapping[str, object] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.day)


def content_to_rows(content: bytes, name: str, code: str) -> MinuteRows:
    """The minute bars in the bytes of a file called `name`; DataError where they cannot be read."""
    if len(content.strip().splitlines()) < 2 and content[:4] != b"PAR1":
        raise DataError(f"{name} holds no minute bar; it must hold {','.join(NEEDED)}, or be left out")
    sheet = read_sheet(content, name)
    if sheet.adjusted:
        raise DataError(f"{name} says that its prices are adjusted ({sheet.adjusted}); give raw ones")
    return table_to_rows(_one_heading(sheet.table), name, code)


def _one_heading(table: pa.Table) -> pa.Table:
    """The table without the second and third line of heading that `yfinance.download` writes: codes, and the name of the index."""
    if table.num_rows < 2 or str(table.column(0)[0]) != "Ticker":
        return table
    code, heading = str(table.column(1)[0]), str(table.column(0)[1])
    rest = table.slice(2).rename_columns([heading, *table.column_names[1:]])
    return rest.append_column("code", pa.array([code] * rest.num_rows, pa.string()))


def table_to_rows(table: pa.Table, name: str, code: str) -> MinuteRows:
    """The minute bars of a table; DataError names the column or the row that makes no sense."""
    columns = {column.strip().lower(): i for i, column in enumerate(table.column_names)}
    _refuse_another(table, columns, name, code)
    found = {
        field: next((columns[one] for one in names if one in columns), -1) for field, names in NAMES.items()
    }
    missing = [field for field in NEEDED if found[field] < 0]
    if missing:
        known = {one for names in NAMES.values() for one in names}
        unread = [column for column in table.column_names if column.strip().lower() not in known]
        raise DataError(
            f"{name} has no column {missing[0]!r} of minute bars, only {', '.join(table.column_names)}; "
            f"{renaming(likely_columns(missing, unread))}it must hold {','.join(NEEDED)}"
        )
    if not table.num_rows:
        raise DataError(f"{name} holds no minute bar; leave the file out")
    instants = _instants(table, columns, found["time"], name)
    values = {
        field: _numbers(table, found[field], field, name)
        for field in (*PRICES, "volume")
        if found[field] >= 0
    }
    amount = _numbers(table, found["amount"], "amount", name) if found["amount"] >= 0 else None
    order = np.argsort(instants, kind="stable")
    day = instants.astype("M8[D]")
    stamp = (instants - day).astype(np.int32)
    values["open"] = np.where(values["open"] > 0.0, values["open"], np.nan)
    values["amount"] = np.full(len(day), np.nan) if amount is None else amount
    held = {field: column[order] for field, column in values.items()}
    return MinuteRows(
        code, day[order], stamp[order], held["open"], held["high"], held["low"], held["close"], held["volume"], held["amount"]
    )  # fmt: skip


def _refuse_another(table: pa.Table, columns: Mapping[str, int], name: str, code: str) -> None:
    """DataError for rows of another code, or of adjusted prices."""
    for column in CODES:
        if column in columns:
            for written in table.column(columns[column]).cast(pa.string()).unique().to_pylist():
                if written and code not in securities(str(written), zeros_lost=True):
                    raise DataError(f"{name} holds rows of {written}, not of {code}; give each code its file")
    if "adjustflag" in columns:
        flags = set(table.column(columns["adjustflag"]).cast(pa.string()).to_pylist())
        if flags & set(_ADJUSTED):
            raise DataError(f"{name} holds adjusted prices (adjustflag 1 or 2); fetch them with adjustflag 3")


def _numbers(table: pa.Table, column: int, field: str, name: str) -> F8:
    """A column as floats, NaN where it is empty."""
    values = table.column(column)
    try:
        if pa.types.is_string(values.type) or pa.types.is_large_string(values.type):
            texts = [text.strip().replace(",", "") if text else "" for text in values.to_pylist()]
            return np.array([float(text) if text else np.nan for text in texts])
        return np.asarray(values.cast(pa.float64()).to_numpy(zero_copy_only=False), np.float64)
    except (ValueError, pa.ArrowException):
        raise DataError(f"{name}: column {field!r} holds something that is no number; correct it") from None


def _instants(table: pa.Table, columns: Mapping[str, int], column: int, name: str) -> "NDArray[Any]":
    """Times on China's clock as datetime64[m]; a zone is converted, none is the exchange's own."""
    values = table.column(column)
    if pa.types.is_timestamp(values.type):
        nanoseconds = values.cast(pa.timestamp("ns", values.type.tz)).cast(pa.int64())
        instants = np.asarray(nanoseconds.to_numpy(zero_copy_only=False)).astype("M8[ns]")
        return _whole(instants + np.timedelta64(8 if values.type.tz else 0, "h"), name)
    texts = [str(text).strip() if text is not None else "" for text in values.to_pylist()]
    if "date" in columns and columns["date"] != column:
        days = [str(day).strip()[:10] for day in table.column(columns["date"]).to_pylist()]
        texts = [
            f"{day} {text}" if _CLOCK.fullmatch(text) else text for day, text in zip(days, texts, strict=True)
        ]
    return _whole(np.array([_instant(text, i, name) for i, text in enumerate(texts)], "M8[us]"), name)


def _instant(text: str, row: int, name: str) -> "np.datetime64":
    from datetime import datetime

    digits = _DIGITS.fullmatch(text)
    if digits:
        text = f"{text[:4]}-{text[4:6]}-{text[6:8]}T{text[8:10]}:{text[10:12]}"
    try:
        moment = datetime.fromisoformat(text.replace("/", "-"))
    except ValueError:
        raise DataError(
            f"{name}: the time {text!r} in row {row + 1} is not understood; write 2026-02-12 10:45"
        ) from None
    if len(text) <= len("2026-02-12"):
        raise DataError(f"{name}: row {row + 1} has the day {text!r} without a clock; these are daily bars")
    if moment.tzinfo is not None:
        moment = moment.astimezone(CHINA_TIME).replace(tzinfo=None)
    return np.datetime64(moment, "us")


def _whole(instants: "NDArray[Any]", name: str) -> "NDArray[Any]":
    minutes = instants.astype("M8[m]")
    if (np.isnat(minutes)).any() or (minutes != instants).any():
        raise DataError(f"{name}: bars must be stamped with whole minutes; there is one that is not")
    return minutes
