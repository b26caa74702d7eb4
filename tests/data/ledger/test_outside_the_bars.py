"""Ledgers whose launches lie before, after or far outside what the bars cover."""

from pathlib import Path

import pytest

from launchlab.data.errors import LedgerError
from launchlab.data.ledger.ledger import load_launches

from ...markets.cli_fixture import LEDGER, asked, faults, json_of, launchlab, write_market

HEADER = LEDGER.partition("\n")[0]


def test_launches_outside_the_bars_are_named_not_dropped(tmp_path: Path) -> None:
    market = write_market(tmp_path)
    rows = (
        "early,1985-02-12T01:18+08:00,exact,Zhipu,GLM,launch,2513.HK:pure_play,https://example.org/a",
        "first,2026-01-25,date,Zhipu,GLM,launch,2513.HK:pure_play,https://example.org/b",
        "late,2026-03-06T16:30+08:00,exact,Zhipu,GLM,launch,2513.HK:pure_play,https://example.org/c",
    )
    (market / "week.csv").write_text(LEDGER + "\n".join(rows) + "\n")
    done = launchlab("backtest", *asked(market), "--out", tmp_path / "run", "--json")
    (warning,) = [text for text in json_of(done)["warnings"] if "launches cannot be traded" in text]
    assert "3 of 5 launches" in warning
    assert warning.endswith("early, first, late")
    assert warning in done.stderr


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_an_impossible_year_is_a_fault_of_its_row(tmp_path: Path, day: str) -> None:
    path = tmp_path / "ledger.csv"
    path.write_text(f"{HEADER}\na,{day},date,Zhipu,GLM,launch,2513.HK,https://example.org/a\n")
    with pytest.raises(LedgerError, match=f"line 2: announced_at '{day}' is in the year"):
        load_launches(path)


def test_a_setting_cannot_change_the_strategy() -> None:
    assert "write --strategy fade-gap" in faults(launchlab("backtest", "--set", "name=fade-gap"))
