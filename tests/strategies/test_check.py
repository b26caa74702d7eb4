"""Asked at every decision, a strategy that knows the future is found with session, code and line; another never."""

from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

import launchlab as ll
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import LaunchCode, Launches

from ..markets.planted import CLEAN, LEAKY, Average, Early, NextClose, Planted, Reaches, WithCentredLine
from ..markets.stock_backtrader import CN, HK, market, walk


@pytest.fixture(scope="module")
def small() -> ll.Market:
    """Two months of the sample, with one member of the universe that joins late and one share that will be delisted."""
    whole = ll.load_market(start="2026-01-20", end="2026-03-20")
    panel = whole.panel
    recent = tuple(one for one in whole.launches if one.announced_at.year == 2026)
    whole = replace(whole, launches=Launches(recent))
    traded = [c.code for one in whole.launches.as_of(_end(panel)) for c in one.codes if c.code in panel]
    late, doomed = traded[-1], traded[-2]
    rows = tuple(
        replace(row, since=date(2026, 3, 18)) if row.code == late else row for row in panel.universe.rows
    )
    instruments = tuple(
        replace(one, delisted=date(2026, 12, 1)) if one.code == doomed else one for one in panel.instruments
    )
    universe = ll.Universe(rows or ())
    return replace(whole, panel=replace(panel, universe=universe, instruments=instruments))


def _end(panel: ll.Panel) -> Any:
    from launchlab.engine.backtest.foresight import Auction, moment_of

    return moment_of(Auction(len(panel) - 1, 0), panel)


@pytest.mark.parametrize("cls", LEAKY, ids=lambda one: one.__name__)
def test_every_planted_bug_is_found_with_its_session_code_and_line(cls: type, small: ll.Market) -> None:
    checked = ll.check_strategy(cls(), small)
    assert checked.leaks
    sessions, codes = {str(one) for one in small.panel.sessions}, set(small.panel.codes)
    assert all(leak.session in sessions and leak.code in codes for leak in checked.leaks)
    if cls is not Early:  # no line reads the future there: the row itself is too early
        first = next(leak for leak in checked.leaks if leak.line)
        assert first.line.startswith("planted.py line ")
        assert first.source.endswith("# leak"), first


@pytest.mark.parametrize("cls", CLEAN, ids=lambda one: one.__name__)
@pytest.mark.parametrize("entry", ["open", "close"])
def test_what_was_known_is_never_called_a_leak(cls: type, entry: str, small: ll.Market) -> None:
    checked = ll.check_strategy(cls(entry=entry), small)
    assert checked.clean, checked.leaks[0].sentence
    assert checked.decisions > 0
    assert checked.asked >= 2 * (len(small.panel) - 1)


def test_a_link_that_became_public_later_is_a_leak_and_one_of_the_days_before_is_none(
    small: ll.Market,
) -> None:
    def linked(day: date) -> ll.Market:
        rows = [
            replace(one, codes=tuple(replace(c, role="concept", since=day) for c in one.codes))
            for one in small.launches
        ]
        return replace(small, launches=Launches(tuple(rows)))

    late = ll.check_strategy(Planted(), linked(date(2026, 12, 1)))
    assert {leak.cause for leak in late.leaks} == {"links"}
    assert ll.check_strategy(Planted(), linked(date(2020, 1, 1))).clean


def test_links_without_a_day_are_said_not_to_be_asked(small: ll.Market) -> None:
    one = replace(small.launches[0], codes=(LaunchCode("0700.HK", "diversified"),))
    checked = ll.check_strategy(Planted(), replace(small, launches=Launches((one,))))
    assert any("1 of 1 links" in note for note in checked.notes)


def test_our_own_strategies_are_clean(small: ll.Market) -> None:
    for name in ll.strategy_names():
        assert ll.check_strategy(name, small).clean, name


PANEL = market(walk(HK, days=40), walk(CN, days=40, seed=2))


@pytest.mark.parametrize("cls", [NextClose, WithCentredLine, Reaches], ids=lambda one: one.__name__)
def test_planted_bugs_of_backtrader_strategies_are_found_with_their_line(cls: type) -> None:
    checked = ll.check_strategy(cls, ll.Market(Launches(), PANEL))
    assert checked.leaks
    assert checked.leaks[0].code in PANEL.codes
    assert checked.leaks[0].session in {str(one) for one in PANEL.sessions}
    assert checked.leaks[0].source.endswith("# leak"), checked.leaks[0]


def test_a_clean_backtrader_strategy_passes() -> None:
    checked = ll.check_strategy(Average, ll.Market(Launches(), PANEL))
    assert checked.clean
    assert checked.decisions > 10


def test_a_fault_of_the_strategy_itself_is_no_leak() -> None:
    import backtrader as bt

    class Broken(bt.Strategy):  # type: ignore[misc]
        def next(self) -> None:
            raise ConfigError("a fault of its own")

    with pytest.raises(ConfigError, match="a fault of its own"):
        ll.check_strategy(Broken, ll.Market(Launches(), PANEL))


def test_a_run_keeps_the_answer_of_the_guard(small: ll.Market, tmp_path: Path) -> None:
    result = ll.backtest(Planted(), small)
    told = result.summary.foresight
    assert told is not None
    assert told["leaks"] == 0
    assert told["asked"] >= 1
    assert told["decisions"] == len(Planted().legs(small.launches, small.panel))
    result.save(tmp_path / "run")
    assert ll.load_result(tmp_path / "run").summary.foresight == told
