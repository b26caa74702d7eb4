"""Corporate actions that cannot have been, or that the prices of their ex-date contradict."""

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.bars.checks import check_bars, errors_of, suspend_bad
from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import DataError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.panel.build import PanelOptions, build_panel

from ...markets.small_bars import bars

INSTRUMENTS = load_instruments()
# Alibaba's own week of June 2025, rounded; 2025-06-12 is its real ex-date of 1.05 USD a share of eight.
DAYS = ("2025-06-09", "2025-06-10", "2025-06-11", "2025-06-12", "2025-06-13")
CLOSES = (118.5, 119.5, 119.0, 118.0, 116.0)


def on_the_third_day(code: str = "9988.HK", closes=CLOSES, **columns) -> Bars:
    """Bars whose third session carries the given numbers; the others have none."""
    held = {
        name: np.array([np.nan, np.nan, value, np.nan, np.nan][: len(closes)])
        for name, value in columns.items()
    }
    return bars(code, DAYS[: len(closes)], closes, volume=np.arange(1.0, len(closes) + 1) * 1e6, **held)


def faults(held: Bars) -> list[tuple[str, str]]:
    one = INSTRUMENTS[held.code]
    found = check_bars(held, one, calendar=calendar(one.exchange).sessions)
    return [(finding.session, finding.kind) for finding in errors_of(found)]


IMPOSSIBLE = [
    {"ratio": 0.0},
    {"ratio": -2.0},
    {"ratio": np.inf},
    {"cash": -1.0},
    {"cash": np.inf},
    {"cash": 500.0},
    {"rights": -0.1},
    {"rights": np.inf, "rights_price": 1.0},
    {"rights": 0.3, "rights_price": -80.0},
]
AGAINST_THE_PRICES = [{"ratio": 2.0}, {"ratio": 0.1}, {"ratio": 1.25}, {"cash": 60.0}, {"cash": 14.0}]


@pytest.mark.parametrize("columns", [*IMPOSSIBLE, *AGAINST_THE_PRICES], ids=str)
def test_an_action_that_cannot_have_been_is_an_error_of_its_ex_date(columns):
    assert faults(on_the_third_day(**columns)) == [("2025-06-11", "action")]


@pytest.mark.parametrize("columns", [*IMPOSSIBLE, *AGAINST_THE_PRICES], ids=str)
def test_a_panel_refuses_such_an_action_or_leaves_it_and_its_session_out(columns):
    held = on_the_third_day(**columns)
    with pytest.raises(DataError, match=r"1 bar is wrong.*\n  9988\.HK 2025-06-11 error: action: "):
        build_panel([held])
    panel = build_panel([held], options=PanelOptions(bad_bars="suspend"))
    assert len(panel.actions) == 0
    assert panel.mark[:, 0].tolist() == [118.5, 119.5, 119.5, 118.0, 116.0]


@pytest.mark.parametrize(
    ("columns", "closes"),
    [
        ({"cash": 2.0}, CLOSES),  # the night's news may be worth more than the dividend
        ({"ratio": 2.0}, (118.5, 119.5, 59.0, 58.5, 58.0)),
        ({"ratio": 0.1}, (118.5, 119.5, 1185.0, 1190.0, 1180.0)),
        ({"cash": 60.0}, (118.5, 119.5, 61.0, 60.0, 60.5)),
        # one new share for two at 60: (119.5 + 0.5 × 60) / 1.5 = 99.67
        ({"rights": 0.5, "rights_price": 60.0}, (118.5, 119.5, 99.0, 99.5, 98.0)),
    ],
    ids=str,
)
def test_an_action_that_the_opening_price_bears_out_is_silent(columns, closes):
    assert faults(on_the_third_day(closes=closes, **columns)) == []


@pytest.mark.parametrize(("cash", "seen"), [(10.0, ["unseen_action"]), (5.0, [])])
def test_an_action_of_which_the_opening_price_shows_little_is_worth_a_look(cash, seen):
    # 1.00 for a share as the 10.00 of ten: 109.5 of 119.5, but it opens near 119; 114.5 may be the night's news
    held = on_the_third_day(cash=cash)
    found = check_bars(held, INSTRUMENTS["9988.HK"], calendar=calendar("XHKG").sessions)
    assert [finding.kind for finding in found if finding.session == "2025-06-11"] == seen
    assert errors_of(found) == ()


def test_a_stated_reference_decides_before_the_opening_price_does():
    # 13 shares for 10 of a close of 10.00 make 7.69; the exchange's own reference says whether they did
    closes = (10.0, 10.0, 8.4, 8.4, 8.4)
    with_it = on_the_third_day("600588.SS", closes, ratio=1.3, pre_close=7.69)
    without = on_the_third_day("600588.SS", (10.0, 10.0, 9.1, 9.1, 9.1), ratio=1.3, pre_close=10.0)
    assert faults(with_it) == []
    assert faults(without) == [("2025-06-11", "action")]
    far = on_the_third_day("600588.SS", (10.0, 10.0, 7.7, 7.7, 7.7), ratio=13.0, pre_close=7.69)
    assert faults(far) == [("2025-06-11", "action")]


def test_after_a_suspension_only_a_factor_of_two_speaks_against_an_action():
    status = [1, 0, 1, 1, 1]
    closes = (10.0, np.nan, 7.0, 7.0, 7.0)
    held = bars("0700.HK", DAYS, closes, status=status, cash=[0, 0, 0.5, 0, 0])
    assert faults(held) == []
    split = bars("0700.HK", DAYS, (10.0, np.nan, 10.4, 10.4, 10.4), status=status, ratio=[1, 1, 5, 1, 1])
    assert faults(split) == [("2025-06-11", "action")]


def test_a_possible_action_of_a_suspended_session_is_kept():
    held = on_the_third_day(closes=(118.5, 119.5, 59.03, 58.5, 58.0), ratio=2.0)
    found = check_bars(held, INSTRUMENTS["9988.HK"], calendar=calendar("XHKG").sessions)
    assert [finding.kind for finding in errors_of(found)] == ["off_tick"]
    assert suspend_bad(held, found).actions["ratio"].tolist() == [2.0]
