"""Minute bars held against the daily bar: each fault by name, and real files pass or are refused for what is wrong."""

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.bars.bars import bars_from_columns
from launchlab.data.bars.folder import BarsFolder
from launchlab.data.market.beside import minute_findings, placed_rows
from launchlab.data.minutes.checks import ADVICE, Daily, check_minutes
from launchlab.data.minutes.hours import spans_of
from launchlab.data.minutes.read import MinuteRows, content_to_rows
from launchlab.data.minutes.stamps import place

from ...markets.minute_files import HEAD, session_text

DAY = "2026-02-09"
REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", "")) / "minute"
real_data = pytest.mark.skipif(
    "LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set"
)


def daily(**changes: float):
    """One session from 10.00 to 10.60, sixteen bars of a thousand shares."""
    bar = {"open": 10.0, "high": 10.6, "low": 10.0, "close": 10.6, "volume": 16_000.0} | changes
    columns = {name: np.array([value]) for name, value in bar.items()}
    return bars_from_columns("600589.SS", columns | {"date": np.array([DAY], "M8[D]")})


def minutes(text: str = session_text(DAY, first=10.0, last=10.6)) -> MinuteRows:
    return content_to_rows((HEAD + text).encode(), "600589.csv", "600589.SS")


def kinds(rows: MinuteRows, **changes: float) -> list[str]:
    return [finding.kind for finding in minute_findings(rows, daily(**changes), "XSHG")]


def test_bars_that_make_the_daily_bar_have_no_finding() -> None:
    assert kinds(minutes()) == []


def test_each_fault_is_found_by_name() -> None:
    rows = minutes()
    first = np.arange(16) == 0
    other_day = minutes(session_text("2026-02-10", first=10.0, last=10.6))
    assert kinds(other_day) == ["minute_no_session"]
    assert kinds(replace(other_day, volume=rows.volume * 0.0)) == []  # a suspension filled with nothing
    twice = minutes(
        session_text(DAY, first=10.0, last=10.6) + f"{DAY} 10:00:00,10.1,10.1,10.1,10.1,100,1010\n"
    )
    assert "minute_duplicate" in kinds(twice)
    lunch = minutes(
        session_text(DAY, first=10.0, last=10.6) + f"{DAY} 12:00:00,10.1,10.1,10.1,10.1,100,1010\n"
    )
    assert "minute_hours" in kinds(lunch)
    assert kinds(replace(rows, high=np.where(first, 0.0, rows.high))) == ["minute_price"]
    assert kinds(replace(rows, close=np.where(first, 10.9, rows.close))) == ["minute_price"]
    assert kinds(rows, high=10.5, close=10.5)[0] == "minute_range"
    assert kinds(rows, volume=1_600_000.0) == ["minute_units"]
    assert kinds(rows, volume=15_000.0) == ["minute_volume"]
    assert kinds(rows, close=10.5) == ["minute_close"]
    assert kinds(rows, high=10.7) == ["minute_extremes"]
    assert kinds(replace(rows, open=np.where(first, np.nan, rows.open))) == ["minute_open"]
    morning = minutes(
        "".join(line + "\n" for line in session_text(DAY, first=10.0, last=10.6).splitlines()[:8])
    )
    assert kinds(morning, volume=8_000.0) == ["minute_extremes", "minute_holes"]


def test_closes_that_are_mostly_others_mean_adjusted_prices() -> None:
    days = ["2026-02-09", "2026-02-10", "2026-02-11"]
    rows = minutes("".join(session_text(day, first=10.0, last=10.6) for day in days))
    columns = {name: np.full(3, value) for name, value in
               {"open": 10.0, "high": 10.7, "low": 10.0, "close": 10.65, "volume": 16_000.0}.items()}  # fmt: skip
    bars = bars_from_columns("600589.SS", columns | {"date": np.array(days, "M8[D]")})
    assert "minute_adjusted" in [finding.kind for finding in minute_findings(rows, bars, "XSHG")]


def test_every_kind_has_its_advice_and_its_severity() -> None:
    found = minute_findings(minutes(), daily(volume=1_600_000.0), "XSHG")
    assert [finding.severity for finding in found] == ["error"]
    assert found[0].advice == ADVICE["minute_units"]


@real_data
@pytest.mark.parametrize(
    "code", ["600370", "600481", "600545", "600586", "600589", "601595", "601969", "603000"]
)
def test_real_bars_of_fifteen_minutes_agree_with_their_daily_bars_but_for_the_extremes(code: str) -> None:
    name = f"{code}_15min.csv"
    rows = content_to_rows((REAL / name).read_bytes(), name, f"{code}.SS")
    bars = BarsFolder(REAL / "daily").read(f"{code}.SS")
    assert {finding.kind for finding in minute_findings(rows, bars, "XSHG")} == {"minute_extremes"}


@real_data
def test_real_bars_with_vendors_quirks_are_placed_or_refused_for_a_reason() -> None:
    def read(name: str, code: str, exchange: str):
        return placed_rows(content_to_rows((REAL / name).read_bytes(), name, code), exchange)

    five, five_placed = read("600519_5min.csv", "600519.SS", "XSHG")
    one, one_placed = read("600519_1min.csv", "600519.SS", "XSHG")
    assert five.source["volume"] == one.source["volume"] == "lots of 100"
    assert five.volume[0] == 934_000.0
    assert (five_placed.length, one_placed.length) == (5, 1)
    assert np.isnan(one.open).sum() == 964
    assert (
        one_placed.auction.sum() == 5 * 4
    )  # the opening and three minutes of the closing auction, five sessions
    assert not one_placed.strange.any()
    old, old_placed = read("000338_5min.csv", "000338.SZ", "XSHE")
    assert [f"{old.day[k]} {old.stamp[k]}" for k in np.flatnonzero(old_placed.strange)] == [
        "2019-11-04 851", "2019-11-04 864",
    ]  # fmt: skip


@pytest.mark.parametrize(("short", "long"), [(1, 15), (5, 15), (30, 60), (1, 60)])
def test_a_session_of_longer_bars_is_found_for_they_would_begin_too_late(short: int, long: int) -> None:
    days = ("2026-02-09", "2026-02-10")
    text = HEAD + session_text(days[0], length=short) + session_text(days[1], length=long)
    rows = content_to_rows(text.encode(), "600589.csv", "600589.SS")
    placed = place(rows, spans_of("XSHG", rows.day), "bars")
    full = np.ones(2)
    daily = Daily(np.array(days, "M8[D]"), full * 10.0, full * 10.0, full * 10.0, full * 1_000.0)
    found = [one for one in check_minutes(rows, placed, daily) if one.kind == "minute_length"]
    assert [(one.session, f"bars of {long} minutes among bars of {short}" in one.fault) for one in found] == [
        (days[1], True)
    ]


def test_minutes_in_which_nobody_traded_make_no_longer_bars() -> None:
    text = session_text("2026-02-09", length=1) + "".join(
        line + "\n"
        for k, line in enumerate(session_text("2026-02-10", length=1).splitlines())
        if k % 7 in (0, 5)
    )
    rows = content_to_rows((HEAD + text).encode(), "600589.csv", "600589.SS")
    placed = place(rows, spans_of("XSHG", rows.day), "bars")
    full = np.ones(2)
    days = np.array(["2026-02-09", "2026-02-10"], "M8[D]")
    daily = Daily(days, full * 10.0, full * 10.0, full * 10.0, full * 1_000.0)
    assert "minute_length" not in {one.kind for one in check_minutes(rows, placed, daily)}
