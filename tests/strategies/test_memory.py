"""What a strategy keeps from one question to the next is no way around the check: a cache that holds the future is found."""

import sys
from pathlib import Path

import pytest

import launchlab as ll
from launchlab.data.errors import LookAheadError

from ..markets.planted import Planted

START, END = "2026-01-20", "2026-03-20"
HEAD = """
from dataclasses import dataclass, field
from functools import lru_cache
import numpy as np
from launchlab.strategies import Intent, TradeRules

KEPT = {}

@dataclass(frozen=True, kw_only=True)
class Mine(TradeRules):
    days: int = 5

    def legs(self, launches, panel):
        rows, wishes = self.entry_rows(launches, panel), []
        for k, launch in enumerate(launches):
            for one in launch.codes:
                if one.code in panel:
                    i = panel.column(one.code)
                    t = int(rows[k, panel.exchange_of[i]])
                    if self.days < t < len(panel) and self.likes(panel, t, i):
                        wishes.append(Intent(k, i, 1, 0.1, t))
        return self.to_legs(wishes, panel)
"""
MEAN_OF_ALL = """
    def likes(self, panel, t, i):
        if panel.codes[i] not in KEPT:
            KEPT[panel.codes[i]] = np.nanmean(panel.mark[:, i])  # leak
        return panel.mark[t - 1, i] < KEPT[panel.codes[i]]
"""
TOMORROW = """
    kept = {}

    def likes(self, panel, t, i):
        key = panel.codes[i], panel.sessions[t]
        if key not in self.kept:
            self.kept[key] = panel.mark[min(t + 1, len(panel) - 1), i] > panel.mark[t, i]  # leak
        return self.kept[key]
"""
NEIGHBOURS = """
    def likes(self, panel, t, i):
        from neighbour import mean_of
        return panel.mark[t - 1, i] < mean_of(panel, i)
"""
NEIGHBOUR = """
import numpy as np
KEPT = {}
def mean_of(panel, i):
    return KEPT.setdefault(panel.codes[i], np.nanmean(panel.mark[:, i]))  # leak
"""
PAST = """
    def likes(self, panel, t, i):
        key = panel.codes[i], panel.sessions[t]
        if key not in KEPT:
            KEPT[key] = panel.mark[t - 1, i] > panel.mark[t - self.days, i]
        return KEPT[key]
"""


def written(folder: Path, likes: str) -> str:
    (folder / "mine.py").write_text(HEAD + likes)
    return f"{folder / 'mine.py'}:Mine"


@pytest.fixture(scope="module")
def market() -> ll.Market:
    return ll.load_market(start=START, end=END)


@pytest.mark.parametrize("likes", [MEAN_OF_ALL, TOMORROW], ids=["module", "class"])
def test_a_cache_that_holds_the_future_is_found_with_its_line(
    likes: str, market: ll.Market, tmp_path: Path
) -> None:
    checked = ll.check_strategy(written(tmp_path, likes), market, settings={"days": 4})
    assert checked.leaks
    told = next(leak for leak in checked.leaks if leak.line)
    assert told.line.startswith("mine.py line ")
    assert "kept[" in told.source.lower()


def test_the_cache_of_a_file_beside_it_is_found(
    market: ll.Market, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "neighbour.py").write_text(NEIGHBOUR)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "neighbour", raising=False)
    assert ll.check_strategy(written(tmp_path, NEIGHBOURS), market).leaks
    monkeypatch.delitem(sys.modules, "neighbour", raising=False)


def test_a_run_refuses_it_too(market: ll.Market, tmp_path: Path) -> None:
    with pytest.raises(LookAheadError, match="knows the future"):
        ll.backtest(written(tmp_path, TOMORROW), market)


def test_a_cache_of_what_was_known_is_no_leak(market: ll.Market, tmp_path: Path) -> None:
    checked = ll.check_strategy(written(tmp_path, PAST), market)
    assert checked.clean
    assert checked.decisions > 0


def test_a_file_that_cannot_be_run_twice_is_asked_as_it_is(market: ll.Market, tmp_path: Path) -> None:
    once = "import sys\nassert 'once' not in sys.__dict__\nsys.once = 1\n"
    (tmp_path / "mine.py").write_text(once + HEAD + PAST)
    try:
        assert ll.check_strategy(f"{tmp_path / 'mine.py'}:Mine", market).clean
    finally:
        vars(sys).pop("once", None)


def test_a_class_of_no_file_is_told_that_its_memory_is_not_hidden(market: ll.Market) -> None:
    assert any(
        note.startswith("what its class or module keeps")
        for note in ll.check_strategy(Planted(), market).notes
    )
    assert not any(
        note.startswith("what its class or module keeps")
        for note in ll.check_strategy("buy-launch", market).notes
    )


def test_a_strategy_that_decides_nothing_is_not_called_clean_without_a_word(
    market: ll.Market, tmp_path: Path
) -> None:
    checked = ll.check_strategy(
        written(tmp_path, "\n    def likes(self, panel, t, i):\n        return False\n"), market
    )
    assert checked.decisions == 0
    assert any(note.startswith("it decided nothing there") for note in checked.notes)
