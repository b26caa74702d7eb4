"""Real days, worked by hand from their 15-minute bars: 600589 sealed on 2026-02-09, locked for three sessions, open on the 13th."""

import os
import shutil
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from launchlab.data.market.market import Market, load_market

from .test_days import ENGINES, HEAD_OF_LEDGER, blocks, entries, run

REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", "")) / "minute"
pytestmark = pytest.mark.skipif(
    "LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set"
)


def market(tmp_path: Path, news: str, code: str = "600589") -> Market:
    (tmp_path / "minutes").mkdir()
    shutil.copy(REAL / f"{code}_15min.csv", tmp_path / "minutes")
    row = f"one,{news},exact,Acme,One,launch,{code}.SS:pure_play,https://example.org,\n"
    (tmp_path / "launches.csv").write_text(HEAD_OF_LEDGER + row)
    return load_market(
        launches=tmp_path / "launches.csv", prices=REAL / "daily", minutes=tmp_path / "minutes", start="2026-01-05",
        end="2026-04-01", benchmark="none", currency="CNY", universe="none",
    )  # fmt: skip


def tried(place: Market, engine: str, **rules: Any) -> Any:
    return run(place, engine, **({"wait": 4} | rules))


@pytest.mark.parametrize("engine", ENGINES)
def test_a_board_sealed_for_four_sessions_is_bought_when_it_breaks(tmp_path: Path, engine: str) -> None:
    """Sealed at 10.41 from 09:45, then 11.45, 12.60, 13.86; on the 13th the first bar begins at 15.25, the next at 14.38."""
    place = market(tmp_path, "2026-02-09T09:35+08:00")
    found = tried(place, engine)
    assert entries(found) == [("2026-02-13", "09:45", 3_600, 14.38)]
    # 50,000 at the closes before (9.46, 10.41, 11.45, 12.60, 13.86) in lots of a hundred
    assert blocks(found) == [
        ("2026-02-09", "14:45", "limit_up", 5_200, 0),
        ("2026-02-10", "14:45", "limit_up", 4_800, 0),
        ("2026-02-11", "14:45", "limit_up", 4_300, 0),
        ("2026-02-12", "14:45", "limit_up", 3_900, 0),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_an_opened_policy_gets_the_limit_in_the_bar_that_breaks(tmp_path: Path, engine: str) -> None:
    found = tried(market(tmp_path, "2026-02-09T09:35+08:00"), engine, limit_policy="opened")
    assert [one[:2] + one[3:] for one in entries(found)] == [("2026-02-13", "09:30", 15.25)]


@pytest.mark.parametrize("engine", ENGINES)
def test_ten_minutes_earlier_the_first_bar_is_still_open(tmp_path: Path, engine: str) -> None:
    """Ready at 09:30 the order meets the bar that begins at 10.40, a tick below the limit."""
    place = market(tmp_path, "2026-02-09T09:20+08:00")
    assert entries(tried(place, engine)) == [("2026-02-09", "09:30", 5_200, 10.40)]
    assert entries(tried(place, engine, minute_price="worst")) == [("2026-02-09", "09:30", 5_200, 10.41)]


@pytest.mark.parametrize("engine", ENGINES)
def test_a_lower_limit_locks_sellers_and_serves_buyers(tmp_path: Path, engine: str) -> None:
    """600481 is locked at 8.43 all day on 2026-03-02. A buyer has his tenth of each bar (525,000 shares from 10:15); a seller waits."""
    place = market(tmp_path, "2026-03-02T10:05+08:00", "600481")
    buying = tried(place, engine, capital=10_000_000.0)
    assert entries(buying)[:2] == [
        ("2026-03-02", "10:15", 52_500, 8.43),
        ("2026-03-02", "10:30", 46_200, 8.43),
    ]
    (tmp_path / "launches.csv").unlink()
    shutil.rmtree(tmp_path / "minutes")
    held = tried(market(tmp_path, "2026-02-27T10:05+08:00", "600481"), engine)
    assert list(blocks(held)) == [("2026-03-02", "close", "sealed", -5_700, 0)]
    leaving = held.fills[held.fills["reason"] == "hold"].iloc[0]
    assert (str(leaving["session"])[:10], leaving["at"], leaving["price"]) == ("2026-03-03", "close", 7.60)


@pytest.mark.parametrize("engine", ENGINES)
def test_minutes_are_over_on_a_locked_board_and_the_next_one_sells(tmp_path: Path, engine: str) -> None:
    """The bar of Friday 10:15 begins at the upper limit, that of 10:30 at 9.54. An hour later is after lunch: T+1; then sixteen
    locked bars, and the first price of Tuesday, 8.16."""
    held = tried(market(tmp_path, "2026-02-27T10:05+08:00", "600481"), engine, hold_minutes=60)
    assert entries(held) == [("2026-02-27", "10:30", 5_700, 9.54)]
    assert blocks(held) == [
        ("2026-02-27", "13:00", "t_plus_one", -5_700, 0),
        ("2026-03-02", "14:45", "limit_down", -5_700, 0),
    ]
    leaving = held.fills[held.fills["reason"] == "hold"].iloc[0]
    assert (str(leaving["session"])[:10], leaving["at"], leaving["price"]) == ("2026-03-03", "09:30", 8.16)


@pytest.mark.parametrize("engine", ENGINES)
def test_a_trail_follows_the_day_on_which_the_board_breaks(tmp_path: Path, engine: str) -> None:
    """The first bar of the 13th reaches 15.25, which puts the trail at 14.79; the next begins at 14.38."""
    rules = {"trail": 0.03, "exit_on": "touch", "hold": 10}
    found = tried(market(tmp_path, "2026-02-09T09:20+08:00"), engine, **rules)
    leaving = found.fills[found.fills["reason"] == "trail"].iloc[0]
    assert (str(leaving["session"])[:10], leaving["at"], leaving["price"]) == ("2026-02-13", "09:45", 14.38)


def moutai(tmp_path: Path, length: int) -> Market:
    """600519 beside daily bars of the vendor's own table, which has no volume: that of the minutes, else turnover over close."""
    minutes = pd.read_csv(REAL / "600519_1min.csv", parse_dates=["datetime"])
    lots = minutes.groupby(minutes["datetime"].dt.strftime("%Y-%m-%d"))["volume"].sum()
    daily = pd.read_csv(REAL / "daily_check.csv", dtype={"code": str}).query("code == '600519'")
    volume = (daily["amount"] / daily["close"] / 100).round() * 100
    daily = daily.assign(volume=(daily["date"].map(lots) * 100).fillna(volume))
    (tmp_path / "daily").mkdir(exist_ok=True)
    columns = ["date", "open", "high", "low", "close", "volume", "amount", "pre_close"]
    daily[columns].to_csv(tmp_path / "daily" / "600519.SS.csv", index=False)
    (tmp_path / f"minutes{length}").mkdir()
    shutil.copy(REAL / f"600519_{length}min.csv", tmp_path / f"minutes{length}")
    row = "one,2026-03-24T10:05+08:00,exact,Acme,One,launch,600519.SS:pure_play,https://example.org,\n"
    (tmp_path / "launches.csv").write_text(HEAD_OF_LEDGER + row)
    return load_market(
        launches=tmp_path / "launches.csv", prices=tmp_path / "daily", minutes=tmp_path / f"minutes{length}",
        start="2026-03-02", end="2026-03-27", benchmark="none", currency="CNY", universe="none",
    )  # fmt: skip


@pytest.mark.parametrize("engine", ENGINES)
def test_an_open_that_the_vendor_gives_as_nothing_is_the_bars_worst_price(
    tmp_path: Path, engine: str
) -> None:
    """Bought at 10:15 on the 24th: stamped 10:16, its open 0.0. 192 minutes of that day's trading and 50 of the next end at 10:20."""
    rules = {"capital": 1_000_000.0, "hold_minutes": 242}
    fine, coarse = (tried(moutai(tmp_path, length), engine, **rules) for length in (1, 5))
    assert entries(fine) == [("2026-03-24", "10:15", 300, 1407.78)]
    assert entries(coarse) == [("2026-03-24", "10:15", 300, 1407.78)]
    for found, price in ((fine, 1411.54), (coarse, 1412.0)):
        out = found.fills.iloc[-1]
        assert (str(out["session"])[:10], out["at"], out["price"]) == ("2026-03-25", "10:20", price)
