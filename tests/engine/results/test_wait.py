"""What an order inside a session could meet, and what its news found: by hand, on bars of a share below one dollar."""

from dataclasses import replace

import numpy as np
import pytest

from launchlab.data.minutes.minutes import MINUTE_BAR, to_minutes
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.results.wait import first_price_met, price_at_news

from ...markets.small_bars import bars
from ...markets.small_market import DAYS, one_leg


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
