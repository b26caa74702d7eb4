"""Bars from one file: the house format and every known vendor's layout through one reader.

What the file says of itself is believed only where it agrees: the code in its name, in its rows and in its metadata,
the unit of its volume and its turnover. Adjusted prices are refused; a column that nobody understands is named.
"""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..arrays import F8, Days
from ..calendars.days import YEARS, instants_to_days, values_to_days, zone_to_offsets
from ..doors import read_bytes
from ..errors import ConfigError, DataError, RuleError
from ..instruments.codes import derive, tidy
from ..instruments.spellings import same_company, securities
from ..rules.ticks import tick_table
from .arrow import to_numpy
from .bars import NO_ACTION, PRICES, Bars, bars_from_columns
from .grid import snap
from .stated import names_in_rows, status_by_names
from .text import Sheet, read_sheet
from .vendors import IDENTITY, LOTS, UNITS, Recognised, recognise

HOUSE = "launchlab"
METADATA = b"launchlab."
# Shares in a lot as mainland vendors count; a convertible bond's is ten bonds.
LOT, LOT_OF_BONDS = 100.0, 10.0
# Turnover over volume and price is 1 within a day's range; in the wrong unit it is a hundred times off.
PLAUSIBLE = (0.5, 2.0)
BLANK = frozenset(("", "-", "--", "nan", "null", "none", "n/a", "na", "#n/a"))
RAW_FLAG = 3.0  # baostock's adjustflag: 1 and 2 are adjusted backward and forward


@dataclass(frozen=True)
class Reading:
    """What the user declares of files that do not say it themselves.

    `volume_unit`: shares or lots, '' where the layout or the turnover tells. `accept_adjusted`: take prices that are
    known to be adjusted, for returns and benchmarks only.
    """

    volume_unit: str = ""
    accept_adjusted: bool = False

    def __post_init__(self) -> None:
        if self.volume_unit not in ("", *UNITS):
            raise ConfigError(f"volume unit {self.volume_unit!r} is not known; write shares or lots")


PLAIN = Reading()


def read_file(path: Path, code: str | None = None, how: Reading = PLAIN) -> Bars:
    """Bars of one CSV or parquet file; the code is the one that the file's name spells unless given."""
    return content_to_bars(read_bytes(path), str(path), code or code_of(path.stem), how)


def code_of(stem: str) -> str:
    """The code that a file's name spells, the name itself where it spells none or several."""
    codes = securities(stem)
    return next(iter(codes)) if len(codes) == 1 else stem


def content_to_bars(content: bytes, name: str, code: str, how: Reading = PLAIN) -> Bars:
    """Bars of `code` from the bytes of a file; `name` stands in errors and says by its stem whose bars they are."""
    sheet = read_sheet(content, name)
    layout = recognise(sheet.table.column_names, name)
    _check_identity(sheet, layout, code, name)
    _refuse_adjusted(sheet, layout, how, name)
    columns = _columns(sheet.table, layout, name)
    columns = _vendor_columns(columns, layout, code, name, how)
    names = names_in_rows(sheet.table, code) if "st" not in columns else ()
    if len(set(names)) > 1:
        columns["st"] = status_by_names(names)
    source: dict[str, object] = {
        "path": name,
        "sha256": hashlib.sha256(content).hexdigest(),
        "rows": sheet.table.num_rows,
    }
    source |= {"layout": layout.layout.name, "unread": ", ".join(layout.unread)}
    source |= {"name": names[0]} if len(set(names)) == 1 else {}
    source |= _metadata(sheet.table, METADATA)
    return oldest_first(bars_from_columns(code, columns, source))


def table_to_bars(code: str, table: pa.Table, source: Mapping[str, object]) -> Bars:
    """Bars from a table in the house format as `bars_to_parquet` writes it; any other column is a DataError."""
    name = str(source.get("path", code))
    layout = recognise(table.column_names, name)
    if layout.layout.name != HOUSE or layout.unread:
        raise DataError(f"{name} is not in the house format; fetch {code} again")
    return bars_from_columns(code, _columns(table, layout, name), source)


def oldest_first(bars: Bars) -> Bars:
    """The bars turned around when a file has its newest session first throughout; others as they are."""
    later = bars.sessions[1:] > bars.sessions[:-1]
    return bars.take(np.arange(len(bars))[::-1]) if len(bars) > 1 and not later.any() else bars


def _check_identity(sheet: Sheet, layout: Recognised, code: str, name: str) -> None:
    """Refuse rows, metadata and names of another security, and a number that several have and nothing decides."""
    rows = [
        text
        for column in layout.identity
        for text in _distinct(sheet.table.column(column), f"{name}: {column}")
    ]
    said = [*rows, *sheet.codes, *_named_in_metadata(sheet.table)]
    meanings = {text: securities(text, zeros_lost=True) for text in dict.fromkeys(said)}
    for text, meant in meanings.items():
        if text.strip().upper() != code.upper() and not any(same_company(code, other) for other in meant):
            others = f"{len(meanings)} codes, {text!r} among them" if len(meanings) > 1 else repr(text)
            raise DataError(
                f"{name} is asked for as {code}, but it names {others}; give each code a file of its own, under its name"
            )
    stem = securities(PurePosixPath(name.rsplit("!", 1)[-1]).stem)
    possible = [meant for meant in (stem, *meanings.values()) if meant]
    if possible and len(frozenset.intersection(*possible) or possible[0]) > 1:
        choice = " or ".join(sorted(frozenset.intersection(*possible) or possible[0]))
        raise DataError(
            f"{name} may be {choice}: a bare number names no market; rename it to {code}.csv if it is that"
        )


def _distinct(column: pa.ChunkedArray, where: str) -> list[str]:
    """The different values of a column of codes, as text; whole numbers lose what stands after their point."""
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type) or pa.types.is_integer(column.type)
            or pa.types.is_floating(column.type) or pa.types.is_null(column.type)):  # fmt: skip
        raise DataError(
            f"{where} holds {column.type}, not codes; write them as 600519.SS, or leave the column out"
        )
    values = sorted({str(value) for value in column.to_pylist() if value is not None})
    return [text.removesuffix(".0") for text in values if text.strip().lower() not in BLANK]


def _named_in_metadata(table: pa.Table) -> list[str]:
    """Codes in the metadata of parquet: our own, and those that pandas keeps as attributes of a frame."""
    said = [value for key, value in _metadata(table, METADATA).items() if key == "code"]
    plain = _metadata(table, b"")
    try:
        attributes = json.loads(plain.get("PANDAS_ATTRS", "{}"))
    except ValueError:
        attributes = {}
    held = plain | (attributes if isinstance(attributes, dict) else {})
    return said + [str(value) for key, value in held.items() if str(key).lower() in IDENTITY]


def _metadata(table: pa.Table, start: bytes) -> dict[str, str]:
    return {
        key.decode("utf-8", "replace").removeprefix(start.decode()): value.decode("utf-8", "replace")
        for key, value in (table.schema.metadata or {}).items()
        if key.startswith(start)
    }


def _refuse_adjusted(sheet: Sheet, layout: Recognised, how: Reading, name: str) -> None:
    if how.accept_adjusted:
        return
    if layout.layout.adjusted:
        raise DataError(
            f"{name}: prices in Yahoo's files are split-adjusted and cannot be brought back to raw ones; fetch them from "
            "the provider yahoo, which can, or accept them with `accept_adjusted=True`"
        )
    said = sheet.adjusted
    if "adjustflag" in layout.layout.marks:
        flags = [column for column in sheet.table.column_names if column.strip().lower() == "adjustflag"]
        values = _numbers(sheet.table.column(flags[0]), "adjustflag", name) if flags else np.zeros(0)
        wrong = values[~np.isnan(values) & (values != RAW_FLAG)]
        said = f"adjustflag {wrong[0]:g}" if len(wrong) else said
    if said:
        raise DataError(
            f"{name} says that its prices are adjusted ({said}); export raw ones (baostock adjustflag 3, 不复权), "
            "or accept them with `accept_adjusted=True`"
        )


def _columns(table: pa.Table, layout: Recognised, name: str) -> dict[str, NDArray[Any]]:
    """The house format's columns as the file has them: days, numbers, and words of status."""
    columns: dict[str, NDArray[Any]] = {}
    for ours, theirs in layout.theirs.items():
        column = table.column(theirs)
        if ours == "date":
            columns[ours] = _days(column, name)
        elif ours == "status":
            columns[ours] = _status(column, name)
        else:
            columns[ours] = _numbers(column, ours, name)
    return columns


def _days(column: pa.ChunkedArray, name: str) -> Days:
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


def _status(column: pa.ChunkedArray, name: str) -> NDArray[Any]:
    """Words or truth values as they are, figures as numbers."""
    if pa.types.is_boolean(column.type):
        return np.asarray([value is not False for value in column.to_pylist()])
    try:
        return _numbers(column, "status", name)
    except DataError:
        return to_numpy(column)


def _numbers(column: pa.ChunkedArray, what: str, name: str) -> F8:
    """A column as float64, NaN where it is empty; text that is no number and endless ones are DataErrors."""
    kind = column.type
    if pa.types.is_null(kind):
        return np.full(len(column), np.nan)
    if pa.types.is_string(kind) or pa.types.is_large_string(kind):
        return np.array(
            [_number(text, what, name, i) for i, text in enumerate(column.to_pylist())], np.float64
        )
    if not (pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)):
        raise DataError(f"{name}: column {what} holds {kind}, not numbers; write it again")
    values = np.asarray(to_numpy(column), dtype=np.float64)
    return values if what in NO_ACTION else _with_an_end(values, what, name)


def _with_an_end(values: F8, what: str, name: str) -> F8:
    """The values, none of them infinite."""
    if np.isinf(values).any():
        row = int(np.flatnonzero(np.isinf(values))[0]) + 1
        raise DataError(f"{name}, row {row}: {what} is infinite; correct it or leave it empty")
    return values


def _times(values: F8, factor: float, what: str, name: str) -> F8:
    """Values in another unit; what then has no end in float64 never was a number of the market's."""
    with np.errstate(over="ignore"):
        return _with_an_end(values * factor, what, name)


def _number(text: str | None, what: str, name: str, row: int) -> float:
    plain = "" if text is None else text.strip()
    if plain.lower() in BLANK:
        return np.nan
    value: float | None
    try:
        value = float(plain.replace(",", ""))
    except ValueError:
        value = None
    if value is None or (np.isinf(value) and what not in NO_ACTION):
        shown = plain if len(plain) <= 40 else plain[:37] + "…"
        raise DataError(
            f"{name}, row {row + 1}: {what} is {shown!r}, which is not a number; correct it or leave it empty"
        )
    return value


def _vendor_columns(
    columns: dict[str, NDArray[Any]], layout: Recognised, code: str, name: str, how: Reading
) -> dict[str, NDArray[Any]]:
    """A vendor's columns in our units: factors undone, empty days suspended, volume in shares, turnover in currency."""
    if layout.layout.name == HOUSE and not how.volume_unit:
        return columns
    columns = _suspend_empty(columns) if layout.layout.name != HOUSE else columns
    columns = _referred(columns)
    if layout.layout.factor:
        columns = _undo_factor(columns, code)
    hong_kong = code.upper().endswith(".HK")
    scale = 1.0 if hong_kong else layout.layout.amount_scale
    if "amount" in columns:
        scale *= layout.scales.get("amount", 1.0)
        with np.errstate(over="ignore"):  # of the rounding
            columns["amount"] = np.round(_times(columns["amount"], scale, "amount", name), 4)
        _with_an_end(columns["amount"], "amount", name)
    columns["volume"] = _times(columns["volume"], layout.scales.get("volume", 1.0), "volume", name)
    lot = LOT_OF_BONDS if _board(code) == "convertible" else LOT
    unit = how.volume_unit or layout.volume_unit(hong_kong)
    unit = _confirmed_unit(columns, unit, lot, name, declared=bool(how.volume_unit), board=_board(code))
    if unit == LOTS and hong_kong:
        raise ConfigError(f"{name}: lots differ by code in Hong Kong; convert its volume to shares first")
    if unit == LOTS:
        columns["volume"] = np.rint(_times(columns["volume"], lot, "volume", name))
    return columns


def _suspend_empty(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """Days on which a vendor has neither a price nor a trade made suspended, where it has no status of its own."""
    blank = [np.isnan(columns[name]) | (columns[name] == 0.0) for name in ("open", "high", "low")]
    idle = np.logical_and.reduce(blank) & ~(columns["volume"] > 0.0)
    if "status" in columns or not idle.any():
        return columns
    return {
        **columns,
        **{name: np.where(idle, np.nan, columns[name]) for name in PRICES},
        "volume": np.where(idle, 0.0, columns["volume"]),
        "status": ~idle,
    }


def _referred(columns: dict[str, NDArray[Any]]) -> dict[str, NDArray[Any]]:
    """The exchange's reference as close less change, where a vendor states the change alone."""
    change = columns.pop("change", None)
    if change is None or "pre_close" in columns:
        return columns
    reference = np.round(columns["close"] - change, 4)
    return {**columns, "pre_close": np.where(reference > 0, reference, np.nan)}


def _undo_factor(columns: dict[str, NDArray[Any]], code: str) -> dict[str, NDArray[Any]]:
    """qlib's prices were multiplied by the factor in 32 bits and its volume divided: both back, prices on the tick."""
    factor = columns.pop("factor")
    raw = np.stack([columns[name] / factor for name in PRICES])
    volume = np.where(columns["volume"] == 0.0, 0.0, np.rint(columns["volume"] * factor))
    try:
        raw = snap(raw, tick_table(derive(tidy(code)), columns["date"]))
    except RuleError:
        raw = np.round(raw, 4)
    return {**columns, **dict(zip(PRICES, raw, strict=True)), "volume": volume}


def _confirmed_unit(
    columns: Mapping[str, NDArray[Any]], unit: str, lot: float, name: str, *, declared: bool, board: str
) -> str:
    """The unit of volume, by what is declared or documented and by the turnover, which must not contradict it."""
    measured = _measured_unit(columns, lot) if board != "index" else ""
    if not (unit or measured):
        raise ConfigError(
            f"{name}: nothing says whether its volume is in shares or lots; "
            "import it with `ll.fetch(provider='files', volume_unit='lots')` or shares"
        )
    if measured and unit and unit != measured and not declared:
        raise DataError(
            f"{name}: its layout has volume in {unit}, its turnover says {measured}; declare its `volume_unit`, "
            "or correct the columns"
        )
    return unit or measured


def _measured_unit(columns: Mapping[str, NDArray[Any]], lot: float) -> str:
    """What turnover over volume and price says the unit is, '' where there is no turnover or it says neither."""
    if "amount" not in columns:
        return ""
    with np.errstate(invalid="ignore", divide="ignore"):
        times = columns["amount"] / columns["volume"] / columns["close"]
    usable = times[np.isfinite(times) & (times > 0)]
    typical = float(np.median(usable)) if len(usable) else np.nan
    for unit, factor in (("shares", 1.0), (LOTS, lot)):
        if PLAUSIBLE[0] < typical / factor < PLAUSIBLE[1]:
            return unit
    return ""


def _board(code: str) -> str:
    try:
        return derive(tidy(code)).board
    except RuleError:
        return ""
