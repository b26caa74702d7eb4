# ruff: noqa: T201  (the counts are printed on purpose)
"""The rules against the market itself: 61,735 A-share bars with the exchange's reference price.

Runs where LAUNCHLAB_REAL_DATA names a folder with bars/, index.csv and known-faults.csv. `pytest -rP` shows
the counts.
"""

import csv
import os
from collections import Counter
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from launchlab.data.instruments.table import load_instruments
from launchlab.data.rules.limits import limit_bands
from launchlab.data.rules.ticks import is_legal, tick_table

REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", ""))
pytestmark = pytest.mark.skipif(
    "LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set"
)

BOOK = load_instruments()
# The session after one that the source lacks: known-faults.csv says its pre_close and limits are wrong.
AFTER_A_HOLE = {"2024-07-05": "2024-07-08", "2024-01-15": "2024-01-16"}


def faulty_sessions() -> set[tuple[str, str]]:
    """(code or pattern, session) of every row of known-faults.csv, moved to the session where it bites."""
    with (REAL / "known-faults.csv").open() as file:
        rows = list(csv.DictReader(file))
    return {
        (row["code"], AFTER_A_HOLE[row["session"]] if row["field"] == "session" else row["session"])
        for row in rows
    }


def is_faulty(code: str, session: str, faults: set[tuple[str, str]]) -> bool:
    return any((name, session) in faults for name in (code, "*" + code[-3:], "*"))


@pytest.fixture(scope="module")
def market() -> pd.DataFrame:
    """One row per A-share bar with its limits: code, session, prices, up, down, note, faulty."""
    index = pd.read_csv(REAL / "index.csv")
    faults = faulty_sessions()
    frames = []
    for code in index.symbol[index.source == "cn-reconstructed"]:
        bars = pd.read_csv(REAL / "bars" / f"{code}.csv", dtype={"date": "object"})
        stock = BOOK[code]
        young = str(stock.listed) == bars.date[0]
        count = np.arange(1, len(bars) + 1) if young else np.zeros(len(bars))
        sessions = np.array(bars.date.tolist(), "datetime64[D]")
        band = limit_bands(stock, sessions, bars.pre_close.to_numpy(float), count.astype(np.int32))
        frames.append(
            bars.assign(
                code=code,
                board=stock.board,
                up=band.up,
                down=band.down,
                note=list(band.note),
                faulty=[is_faulty(code, day, faults) for day in bars.date],
            )
        )
    return pd.concat(frames, ignore_index=True)


def test_no_bar_lies_outside_its_limits_but_for_the_known_faults(market):
    outside = (market.high > market.up + 1e-6) | (market.low < market.down - 1e-6)
    unlimited = np.isinf(market.up)
    explained = market[outside & market.faulty]
    print(f"{len(market):,} bars of {market.code.nunique()} codes: {market.board.value_counts().to_dict()}")
    print(f"without limit: {int(unlimited.sum())}, {Counter(market.note[unlimited])}")
    print(f"outside, each a known fault of the source: {explained[['code', 'date']].to_numpy().tolist()}")
    assert market[outside & ~market.faulty][["code", "date", "pre_close", "high", "low", "up", "down"]].empty
    assert len(explained) == 5
    assert len(market) > 61_000


def test_the_only_sessions_without_limit_are_the_first_five_of_the_six_listings(market):
    free = market[np.isinf(market.up)]
    assert free.groupby("code").size().to_dict() == {
        "688031.SS": 5, "688041.SS": 5, "688047.SS": 5, "688207.SS": 5, "688327.SS": 5, "688343.SS": 5}  # fmt: skip


def test_closes_within_a_tick_of_the_limit_are_sealed_or_a_tick_inside_never_beyond(market):
    sound = market[~market.faulty & np.isfinite(market.up)]
    to_up = np.rint((sound.up - sound.close) * 100)
    to_down = np.rint((sound.close - sound.down) * 100)
    counts = {
        "sealed up": int((to_up == 0).sum()),
        "one tick below limit-up": int((to_up == 1).sum()),
        "beyond limit-up": int((to_up < 0).sum()),
        "sealed down": int((to_down == 0).sum()),
        "one tick above limit-down": int((to_down == 1).sum()),
        "beyond limit-down": int((to_down < 0).sum()),
    }
    print(counts)
    assert (counts["beyond limit-up"], counts["beyond limit-down"]) == (0, 0)
    # A wrong tick would smear the seals over two neighbours; the exchange's limit gathers them on one.
    assert counts["sealed up"] > 10 * counts["one tick below limit-up"]
    assert counts["sealed down"] > 5 * counts["one tick above limit-down"]
    assert (counts["sealed up"], counts["sealed down"]) == (647, 149)  # as another vendor's verified count


def test_a_close_sealed_at_the_limit_is_also_the_day_s_extreme(market):
    sound = market[~market.faulty]
    up = sound[np.abs(sound.close - sound.up) < 1e-6]
    down = sound[np.abs(sound.close - sound.down) < 1e-6]
    assert (np.abs(up.high - up.up) < 1e-6).all()
    assert (np.abs(down.low - down.down) < 1e-6).all()


@pytest.mark.parametrize(
    ("code", "session", "up"),
    [
        ("688158.SS", "2026-02-12", 45.05),
        ("300364.SZ", "2026-02-09", 35.28),
        ("300364.SZ", "2026-02-10", 42.34),
        *[("603533.SS", f"2026-02-{day:02d}", None) for day in (9, 10, 11, 12, 13)],
    ],
)
def test_the_days_worth_knowing_close_at_their_limit(market, code, session, up):
    bar = market[(market.code == code) & (market.date == session)].iloc[0]
    assert abs(bar.close - bar.up) < 1e-6
    assert up is None or bar.up == up


@pytest.mark.parametrize("code", ["2513.HK", "0100.HK", "0700.HK", "9988.HK"])
def test_raw_hong_kong_prices_lie_on_the_spread_table_of_their_day(code):
    bars = pd.read_csv(REAL / "bars" / f"{code}.csv", dtype={"date": "object"})
    tables = tick_table(BOOK[code], np.array(bars.date.tolist(), "datetime64[D]"))
    for field in ("open", "high", "low", "close"):
        legal = is_legal(bars[field].to_numpy(float), tables)
        print(f"{code} {field}: {int(legal.sum())} of {len(bars)} on the tick")
        assert legal.mean() > 0.99, bars[~legal][["date", field]]
