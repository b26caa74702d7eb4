"""What an order inside a session could meet, and what its news found: by hand, on bars of a share below one dollar."""

from dataclasses import replace

import numpy as np
import pytest

from launchlab.data.minutes.minutes import MINUTE_BAR, to_minutes
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.legs import CLOSE, FILL, OPEN
from launchlab.engine.results.minutes import without_minutes
from launchlab.engine.results.wait import ELSEWHERE, first_price_met, news_minutes, price_at_news

from ...markets.small_bars import bars
from ...markets.small_market import DAYS, joined, launch_of, ledger, one_leg


def penny(*opens: float) -> Panel:
    """Half-hours from 10:00 of the second session, each from 0.58 to 0.62 and closing at 0.61 after its open."""
    panel = build_panel([bars("0700.HK", DAYS[:3], [0.6] * 3, open=[0.6, 0.59, 0.6])])
    table = np.zeros(len(opens), MINUTE_BAR)
    table["start"] = 600 + 30 * np.arange(len(opens))
    table["stop"], table["open"] = table["start"] + 30, opens
    table["high"], table["low"], table["close"], table["vwap"], table["volume"] = 0.62, 0.58, 0.61, 0.6, 1e6
    return replace(panel, minutes=to_minutes(1, [(1, 0, table)]))


@pytest.mark.parametrize("side", [1, -1])
def test_an_order_meets_the_open_of_the_first_bar_that_starts_no_sooner(side: int) -> None:
    panel = penny(0.595, 0.605, 0.6)
    met = [first_price_met(panel, one_leg(at=at, side=side)[0], 1) for at in (600, 601, 630, 660)]
    assert met == [0.595, 0.605, 0.605, 0.6]
    assert np.isnan(first_price_met(panel, one_leg(at=661, side=side)[0], 1))


def test_where_no_open_is_known_the_worst_price_of_the_bar_stands_in() -> None:
    panel = penny(np.nan)
    assert first_price_met(panel, one_leg(at=600)[0], 1) == 0.62
    assert first_price_met(panel, one_leg(at=600, side=-1)[0], 1) == 0.58


def test_news_found_the_close_of_the_last_bar_that_was_over_or_the_opening_auction() -> None:
    panel, leg = penny(0.595, 0.605), one_leg(at=600)[0]
    assert [price_at_news(panel, leg, minute) for minute in (629, 630)] == [0.59, 0.61]


def test_each_leg_has_the_minute_of_its_own_news_where_that_came_in_its_first_session() -> None:
    """In China's time; an order of an auction, of another session and of no launch waited for nothing."""
    news = ledger(
        launch_of("0700.HK", f"{DAYS[1]}T10:05+08:00", "early"),
        launch_of("0700.HK", f"{DAYS[1]}T06:31+00:00", "late"),
    )
    legs = joined(
        one_leg(at=615, launch=0), one_leg(at=880, launch=1), one_leg(at=OPEN, launch=0),
        one_leg(at=615, launch=1, row=2), one_leg(at=615, launch=-1),
    )  # fmt: skip
    found = news_minutes(penny(0.6), news, legs)
    assert found.tolist() == [10 * 60 + 5, 14 * 60 + 31, ELSEWHERE, ELSEWHERE, ELSEWHERE]


def test_of_the_orders_inside_a_session_those_without_bars_are_counted_and_no_auction() -> None:
    """There are bars of the second session alone; the third has none for either of its orders inside it."""
    legs = joined(
        one_leg(at=OPEN), one_leg(at=CLOSE, row=2), one_leg(at=615), one_leg(at=615, row=2), one_leg(at=700, row=2)
    )  # fmt: skip
    said = "2 of 3 orders inside a session had no minute bars and waited for its close"
    assert without_minutes(penny(0.6), legs, np.zeros(0, FILL)) == (said,)
    assert without_minutes(penny(0.6), legs[:3], np.zeros(0, FILL)) == ()
