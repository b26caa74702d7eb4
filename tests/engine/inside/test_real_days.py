"""Real days, worked by hand from their 15-minute bars: 600589 sealed on 2026-02-09, locked for three sessions, open on the 13th."""

import os
import shutil
from pathlib import Path
from typing import Any

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
