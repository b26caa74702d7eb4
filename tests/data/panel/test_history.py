"""What a panel knows of a code up to a row, and the session after its last, by hand."""

import pytest

from launchlab.data.panel.ahead import ahead
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.estimates import Window
from launchlab.data.panel.history import History
from launchlab.data.panel.panel import TRADING
from launchlab.data.rules.brokerage import Brokerage

from ...markets.small_bars import bars
from ...markets.small_market import DAYS


def test_the_value_traded_ends_with_the_row_it_is_asked_for() -> None:
    """1, 2, suspended, 4 and 5 million shares at 10.00: of the last three sessions up to a row the mean."""
    volume = [1e6, 2e6, 0.0, 4e6, 5e6]
    panel = build_panel(
        [bars("600519.SS", DAYS[:5], [10.0] * 5, volume=volume, status=[1, 1, 0, 1, 1])], currency="CNY"
    )
    known, window = History(panel), Window(3, 2)
    found = [known.traded_value(0, base, window) for base in (1, 2, 3, 4)]
    assert found == pytest.approx([15e6, 10e6, 20e6, 30e6])


def test_the_next_session_of_a_code_that_has_not_traded_yet() -> None:
    """A mainland share suspended all along has neither a price nor limits; it is taken to trade again."""
    asleep = bars("600519.SS", DAYS[:3], [10.0] * 3, status=[0, 0, 0])
    panel = ahead(build_panel([asleep, bars("600030.SS", DAYS[:3], [20.0] * 3)], currency="CNY"), Brokerage())
    assert str(panel.sessions[-1]) == DAYS[3]
    assert panel.limit_up[-1].tolist() == [float("inf"), 22.0]
    assert panel.status[-1].tolist() == [TRADING, TRADING]
