"""What a panel knows of a code up to a row, and the session after its last, by hand."""

from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import CalendarError
from launchlab.data.panel.ahead import ahead
from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.estimates import Window
from launchlab.data.panel.history import History
from launchlab.data.panel.panel import TRADING
from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.universe.universe import Member, Universe

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


def test_a_return_from_the_first_session_of_the_panel_counts() -> None:
    """+10 % and −10 %: a deviation of 0.1 × √2; with one return less nothing is known."""
    known = History(build_panel([bars("0700.HK", DAYS[:3], [100.0, 110.0, 99.0])]))
    assert known.volatility(0, 2, Window(5, 2)) == pytest.approx(0.1 * np.sqrt(2.0))
    assert np.isnan(known.volatility(0, 1, Window(5, 2)))


def test_the_next_session_of_a_code_that_has_not_traded_yet() -> None:
    """A mainland share suspended all along has neither a price nor limits; it is taken to trade again."""
    asleep = bars("600519.SS", DAYS[:3], [10.0] * 3, status=[0, 0, 0])
    panel = ahead(build_panel([asleep, bars("600030.SS", DAYS[:3], [20.0] * 3)], currency="CNY"), Brokerage())
    assert str(panel.sessions[-1]) == DAYS[3]
    assert panel.limit_up[-1].tolist() == [float("inf"), 22.0]
    assert panel.status[-1].tolist() == [TRADING, TRADING]


def test_a_code_without_limits_has_none_in_the_next_session_either_whatever_it_costs() -> None:
    """Hong Kong knows no price limits, and a share of 0.35 may fall to any price."""
    panel = ahead(build_panel([bars("0020.HK", DAYS[:3], [0.35] * 3)]), Brokerage())
    assert (panel.limit_up[-1, 0], panel.limit_down[-1, 0]) == (float("inf"), 0.0)


def test_the_next_session_begins_with_the_last_marks_rates_and_references(tmp_path: Path) -> None:
    """10, 11 and 12 yuan at 1.10, 1.11 and 1.12 dollars: the limits of the next session are 13.2 and 10.8."""
    rates = tmp_path / "fx.csv"
    rates.write_text(
        "date,CNYHKD\n" + "".join(f"{d},{r}\n" for d, r in zip(DAYS, ("1.10", "1.11", "1.12"), strict=False))
    )
    series = [bars("600519.SS", DAYS[:3], [10.0, 11.0, 12.0])]
    panel = ahead(build_panel(series, currency="HKD", options=PanelOptions(fx=rates)), Brokerage())
    assert (panel.mark[-1, 0], panel.ref[-1, 0], panel.rate(-1, 0)) == (12.0, 12.0, 1.12)
    assert (panel.limit_up[-1, 0], panel.limit_down[-1, 0]) == (13.2, 10.8)
    assert panel.sessions_done[-1].tolist() == (panel.sessions_done[-2] + 1).tolist()
    assert np.isnan(panel.open[-1, 0])
    assert panel.volume[-1, 0] == 0.0


def test_after_the_last_session_that_is_known_the_day_that_is_not_is_named() -> None:
    panel = build_panel([bars("600519.SS", DAYS[:3], [10.0] * 3)], currency="CNY")
    end = calendar("XSHG").sessions[-3:].astype("M8[D]")
    with pytest.raises(CalendarError, match=str(end[-1] + np.timedelta64(1, "D"))):
        ahead(replace(panel, sessions=end), Brokerage())


MOVES = np.array([0.01, -0.02, 0.03, -0.01, 0.02, 0.01])


def test_beta_is_against_a_level_in_the_codes_own_currency() -> None:
    """Twice the level's moves, while the yuan that both are told in gains a tenth a session: beta stays 2."""
    panel = build_panel([bars("600519.SS", DAYS, [10.0] * 7)], currency="CNY")
    prices = 10.0 * np.cumprod([1.0, *(1.0 + 2.0 * MOVES)])[:, None]
    rates = 1.1 ** np.arange(7.0)[:, None]
    panel = replace(panel, close=prices, mark=prices, fx=np.asfortranarray(rates))
    level = np.cumprod([1.0, *(1.0 + MOVES)])
    window, base = Window(6, 3), 6
    assert History(panel).beta_to(level * rates[:, 0], 0, base, window) == pytest.approx(2.0)
    assert History(panel).beta_to(level, 0, base, window) != pytest.approx(2.0, abs=0.01)
    assert np.isnan(History(panel).beta_to(level * rates[:, 0], 0, 2, window))


def test_beta_to_a_basket_is_over_its_members_in_the_codes_own_currency() -> None:
    panel = build_panel([bars(code, DAYS, [10.0] * 7) for code in ("0700.HK", "0020.HK", "9988.HK")])
    moves = np.column_stack([MOVES, 0.5 * MOVES, 1.5 * MOVES])
    prices = 10.0 * np.cumprod(np.vstack([np.ones(3), 1.0 + moves]), axis=0)
    known = History(replace(panel, close=prices, mark=prices))
    window = Window(6, 3)
    assert known.beta(0, ((1,), (1.0,)), 6, window) == pytest.approx(2.0)
    assert known.beta(0, ((1, 2), (0.5, 0.5)), 6, window) == pytest.approx(1.0)


def test_members_of_a_role_stand_by_what_was_traded_without_those_of_which_nothing_was() -> None:
    """Shares at a cent: 2, 1 and 0.6 dollars a session, and nothing at all of the last."""
    volumes = {"0700.HK": 100, "0020.HK": 200, "9988.HK": 60, "0100.HK": 0}
    series = [bars(code, DAYS[:3], [0.01] * 3, volume=[traded] * 3) for code, traded in volumes.items()]
    members = tuple(Member(code, "supplier", ("ai",), date(2026, 1, 1)) for code in volumes)
    known = History(replace(build_panel(series), universe=Universe(members)))
    assert known.by_value("supplier", 2, "ai", Window(3, 1)) == ("0020.HK", "0700.HK", "9988.HK")
