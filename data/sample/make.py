"""Writes market.zip, the simulated market: `python -m launchlab.data.sample.make`.

Prices follow the fair values of fair.py as far as the exchange lets them: on the price step, within the day's
limits, ex-right on ex-dates, none on suspensions. What a limit holds back comes on the next sessions, so a large
shock gives one-price boards.
"""

import csv
import io
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet

from ..calendars import sessions as calendars
from ..instruments.table import Instrument, load_instruments
from ..rules.limits import ex_reference, limit_bands
from ..rules.lots import lot_rules
from ..rules.ticks import tick_size, tick_table
from .fair import FIRST, LAST, Stock, fair_values, noise

HERE = Path(__file__).parent
METADATA = {"launchlab.simulated": "true", "launchlab.provider": "simulated sample"}
ZIP_DAY, UNIX = (2026, 7, 17, 0, 0, 0), 3
PRICES = ("open", "high", "low", "close")
GAP, GAP_OF_NEWS, NEWS = 0.5, 0.8, 0.06  # share of the day's move that the open takes; a move that is news
LOCKED = 1.04  # a value this far beyond the limit leaves no trade inside it
LOCKED_VOLUME, HALF_DAY_VOLUME = 0.1, 0.45


@dataclass(frozen=True)
class SampleRow:
    """One session of one code; prices NaN and volume 0 when suspended."""

    date: str
    open: float
    high: float
    low: float
    close: float
    volume: int
    pre_close: float
    status: int
    ratio: float
    cash: float


def table(name: str) -> list[dict[str, str]]:
    """Rows of one of the scenario's CSV files."""
    with (HERE / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


class Venue:
    """One code's exchange as the simulation meets it: steps, limits and lots of each session."""

    def __init__(self, instrument: Instrument, sessions: list[str]) -> None:
        days = np.array(sessions, "M8[D]")
        age = np.zeros(len(days), np.int32)
        self.instrument, self.days = instrument, days
        self.pct = limit_bands(instrument, days, np.ones(len(days)), age).pct
        self.steps = tick_table(instrument, days)
        self.lots = lot_rules(instrument, days)[1]

    def step(self, price: float, t: int) -> float:
        """The legal price nearest to `price` on session t, in whole steps of the step that holds there."""
        size = float(tick_size(price, self.steps[t]))
        return round(round(price / size) * size, 4)

    def limits(self, reference: float, t: int) -> tuple[float, float]:
        """Lowest and highest legal price of session t."""
        if np.isnan(self.pct[t]):
            return 0.0, float("inf")
        bands = limit_bands(
            self.instrument, self.days[t : t + 1], np.array([reference]), np.zeros(1, np.int32)
        )
        return float(bands.down[0]), float(bands.up[0])


def rows_of(name: Stock, instrument: Instrument) -> Iterator[SampleRow]:
    """Every session of one code, from its listing on."""
    first = FIRST if instrument.listed is None else max(FIRST, str(instrument.listed))
    sessions = [str(day) for day in calendars.sessions(instrument.exchange, first, LAST)]
    mine = {
        file: [row for row in table(file) if row["code"] == name.code]
        for file in ("shocks.csv", "waypoints.csv", "actions.csv", "suspensions.csv")
    }
    shocks = {row["session"]: float(row["percent"]) / 100.0 for row in mine["shocks.csv"]}
    waypoints = {row["session"]: row for row in mine["waypoints.csv"]}
    actions = {row["session"]: (float(row["ratio"]), float(row["cash"])) for row in mine["actions.csv"]}
    halts = [(row["first"], row["last"]) for row in mine["suspensions.csv"]]
    closes = {session: float(row["close"]) for session, row in waypoints.items()}
    values = fair_values(name, sessions, shocks, closes)
    venue, before, scale = Venue(instrument, sessions), name.start, 1.0
    for t, session in enumerate(sessions):
        ratio, cash = actions.get(session, (1.0, 0.0))
        reference = before
        if session in actions:
            size = float(tick_size(before, venue.steps[t]))
            reference = ex_reference(before, cash, ratio - 1.0, tick=size)
            scale *= reference / before
        if any(start <= session <= end for start, end in halts):
            yield SampleRow(session, *(float("nan"),) * 4, 0, reference, 0, ratio, cash)
            before = reference
            continue
        pinned = waypoints.get(session)
        opening = float(pinned["open"]) if pinned and pinned["open"] else 0.0
        bar = day_bar(name, venue, t, reference, values[t] * scale, opening)
        volume = day_volume(name, venue, t, bar, reference)
        yield SampleRow(session, *bar, volume, reference, 1, ratio, cash)
        before = bar[3]


def day_bar(
    name: Stock, venue: Venue, t: int, reference: float, value: float, opening: float
) -> tuple[float, float, float, float]:
    """Open, high, low and close of one session; `opening` is the price of a pinned open, else 0."""
    down, up = venue.limits(reference, t)
    if value > up * LOCKED:
        return (up,) * 4
    if value < down / LOCKED:
        return (down,) * 4

    def legal(price: float) -> float:
        return venue.step(min(max(price, down), up), t)

    day = str(venue.days[t])
    gap = (GAP_OF_NEWS if abs(value / reference - 1.0) > NEWS else GAP) + 0.2 * noise(name.code, day, "gap")
    wiggle = name.volatility / 100.0
    guess = reference + gap * (value - reference) + 0.3 * wiggle * reference * noise(name.code, day, "open")
    open_ = opening or legal(guess)
    close = legal(value)
    high = max(open_, close) * (1.0 + 0.5 * wiggle * abs(noise(name.code, day, "high")))
    low = min(open_, close) * (1.0 - 0.5 * wiggle * abs(noise(name.code, day, "low")))
    return open_, max(legal(high), open_, close), min(legal(low), open_, close), close


def day_volume(
    name: Stock, venue: Venue, t: int, bar: tuple[float, float, float, float], reference: float
) -> int:
    """Shares traded, in whole lots: more on days that move, little on locked boards and half-days."""
    _, high, low, close = bar
    day = str(venue.days[t])
    excitement = (abs(close / reference - 1.0) + (high - low) / reference) * 100.0 / (name.volatility + 1.0)
    shares = (
        name.shares * (0.75 + 0.1 * noise(name.code, day, "volume")) * (0.6 + 0.4 * min(excitement, 12.0))
    )
    if high == low and (close / reference - 1.0) ** 2 > 0.002:
        shares *= LOCKED_VOLUME
    if calendars.is_half_day(venue.instrument.exchange, day):
        shares *= HALF_DAY_VOLUME
    lot = int(venue.lots[t])
    return max(int(shares / lot), 1) * lot


def parquet(rows: list[SampleRow]) -> bytes:
    """One code's file in the house format, with the metadata that calls it simulated."""
    columns: dict[str, pa.Array] = {
        "date": pa.array(np.array([row.date for row in rows], "M8[D]"), pa.date32())
    }
    for name in (*PRICES, "pre_close", "ratio", "cash"):
        columns[name] = pa.array([getattr(row, name) for row in rows], pa.float64())
    columns["volume"] = pa.array([row.volume for row in rows], pa.int64())
    columns["status"] = pa.array([row.status for row in rows], pa.int8())
    if all(row.ratio == 1.0 and row.cash == 0.0 for row in rows):
        del columns["ratio"], columns["cash"]
    sink = io.BytesIO()
    pa.parquet.write_table(pa.table(columns).replace_schema_metadata(METADATA), sink, compression="none")
    return sink.getvalue()


def market_zip() -> bytes:
    """The whole market: one parquet file for each code of names.csv."""
    instruments = load_instruments()
    sink = io.BytesIO()
    with zipfile.ZipFile(sink, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for row in table("names.csv"):
            numbers = (float(row["start"]), float(row["volatility"]), float(row["beta"]))
            name = Stock(row["code"], *numbers, int(row["shares"]))
            content = parquet(list(rows_of(name, instruments[name.code])))
            entry = zipfile.ZipInfo(f"{name.code}.parquet", ZIP_DAY)
            entry.create_system, entry.external_attr = UNIX, 0o644 << 16
            archive.writestr(entry, content, zipfile.ZIP_DEFLATED)
    return sink.getvalue()


def main() -> None:
    """Write venue.zip beside this file."""
    (HERE / "venue.zip").write_bytes(market_zip())


if __name__ == "__main__":
    main()
