"""Bars from one file: the house format and every known vendor's layout through one reader.

What the file says of itself is believed only where it agrees: the code in its name, in its rows and in its metadata,
the unit of its volume and its turnover. Adjusted prices are refused; a column that nobody understands is named.
"""

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from ..doors import read_bytes
from ..errors import ConfigError, DataError, RuleError
from ..instruments.codes import derive, tidy
from ..instruments.spellings import securities
from ..rules.ticks import tick_table
from .arrow import column_to_days, column_to_numbers, column_to_status, in_unit, metadata, with_an_end
from .bars import PRICES, Bars, bars_from_columns
from .identity import METADATA, check_currency, check_identity
from .references import snap
from .stated import names_in_rows, status_by_names
from .text import Sheet, read_sheet
from .vendors import LOTS, UNITS, Recognised, recognise

HOUSE = "launchlab"
# Shares in a lot as mainland vendors count; a convertible bond's is ten bonds.
LOT, LOT_OF_BONDS = 100.0, 10.0
# Turnover over volume and price is 1 within a day's range; in the wrong unit it is a hundred times off.
PLAUSIBLE = (0.5, 2.0)
# In the name of a file or its folder: adjusted backward or forward (qfq, hfq, 前复权, 后复权).
_ADJUSTED_NAME = re.compile("(?<![a-z])[qh]fq(?![a-z])|[前后]复权|[前後]復權", re.I)
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
    check_identity(sheet, layout, code, name)
    check_currency(sheet.table, code, name)
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
    source |= metadata(sheet.table, METADATA)
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


def _refuse_adjusted(sheet: Sheet, layout: Recognised, how: Reading, name: str) -> None:
    if how.accept_adjusted:
        return
    if layout.layout.adjusted:
        raise DataError(
            f"{name}: prices in Yahoo's files are split-adjusted and cannot be brought back to raw ones; fetch them from "
            "the provider yahoo, which can, or accept them with `accept_adjusted=True`"
        )
    said = sheet.adjusted or _said_by_path(name)
    if "adjustflag" in layout.layout.marks:
        flags = [column for column in sheet.table.column_names if column.strip().lower() == "adjustflag"]
        values = column_to_numbers(sheet.table.column(flags[0]), "adjustflag", name) if flags else np.zeros(0)
        wrong = values[~np.isnan(values) & (values != RAW_FLAG)]
        said = f"adjustflag {wrong[0]:g}" if len(wrong) else said
    if said:
        raise DataError(
            f"{name} says that its prices are adjusted ({said}); export raw ones (baostock adjustflag 3, 不复权), "
            "or accept them with `accept_adjusted=True`"
        )


def _said_by_path(name: str) -> str:
    """How the names of a file and its folder say that prices are adjusted; empty where they do not."""
    found = [_ADJUSTED_NAME.search(part) for part in PurePosixPath(name.replace("!", "/")).parts[-2:]]
    return next((match[0] for match in found if match), "")


def _columns(table: pa.Table, layout: Recognised, name: str) -> dict[str, NDArray[Any]]:
    """The house format's columns as the file has them: days, numbers, and words of status."""
    columns: dict[str, NDArray[Any]] = {}
    for ours, theirs in layout.theirs.items():
        column = table.column(theirs)
        if ours == "date":
            columns[ours] = column_to_days(column, name)
        elif ours == "status":
            columns[ours] = column_to_status(column, name)
            if layout.layout.paused:
                columns[ours] = np.asarray(columns[ours]) == 0
        else:
            columns[ours] = column_to_numbers(column, ours, name)
    return columns


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
            columns["amount"] = np.round(in_unit(columns["amount"], scale, "amount", name), 4)
        with_an_end(columns["amount"], "amount", name)
    columns["volume"] = in_unit(columns["volume"], layout.scales.get("volume", 1.0), "volume", name)
    lot = LOT_OF_BONDS if _board(code) == "convertible" else LOT
    unit = how.volume_unit or layout.volume_unit(hong_kong)
    unit = _confirmed_unit(columns, unit, lot, name, declared=bool(how.volume_unit), board=_board(code))
    if unit == LOTS and hong_kong:
        raise ConfigError(f"{name}: lots differ by code in Hong Kong; convert its volume to shares first")
    if unit == LOTS:
        columns["volume"] = np.rint(in_unit(columns["volume"], lot, "volume", name))
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
