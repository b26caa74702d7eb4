"""Prices and volumes in another unit: leaps without an action, turnover at no price of the day, a bar a week."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from launchlab.data.bars.bars import Bars
from launchlab.data.bars.checks import check_bars
from launchlab.data.bars.units import median_above
from launchlab.data.calendars.sessions import calendar
from launchlab.data.errors import DataError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.panel.build import PanelOptions, build_panel

from ...markets.small_bars import bars

INSTRUMENTS = load_instruments()
MARCH = ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")
CLOSES = np.array([500.0, 501.0, 499.0, 502.0, 503.0, 504.0, 505.0])
SUSPEND = PanelOptions(bad_bars="suspend")


def tencent(closes, **columns) -> Bars:
    return bars("0700.HK", MARCH, closes, volume=np.arange(1.0, 8.0) * 1e6, **columns)


def found(held: Bars) -> list[tuple[str, str, str]]:
    one = INSTRUMENTS[held.code]
    findings = check_bars(held, one, calendar=calendar(one.exchange).sessions)
    return [(finding.session, finding.severity, finding.kind) for finding in findings]


def scaled(factor: float, first: int, last: int = 7) -> np.ndarray:
    closes = CLOSES.copy()
    closes[first:last] = np.round(closes[first:last] * factor / 5) * 5
    return closes


def test_prices_a_hundredfold_leap_where_no_limit_would_stop_them():
    assert found(tencent(scaled(100, 3))) == [("2026-03-10", "error", "leap")]
    assert found(tencent(scaled(100, 3, 5))) == [
        ("2026-03-10", "error", "leap"),
        ("2026-03-12", "error", "leap"),
    ]


def test_a_split_that_nobody_gave_leaps_and_the_given_one_does_not():
    halved = scaled(0.5, 3)
    assert found(tencent(halved)) == [("2026-03-10", "error", "leap")]
    assert found(tencent(halved, ratio=[1, 1, 1, 2, 1, 1, 1])) == []


def test_a_price_that_truly_halved_overnight_is_believed_on_a_day_named_in_the_instruments():
    halved = tencent(scaled(0.5, 3))
    named = replace(INSTRUMENTS["0700.HK"], no_limit=(date(2026, 3, 10),))
    assert check_bars(halved, named, calendar=calendar("XHKG").sessions) == ()
    assert found(halved) == [("2026-03-10", "error", "leap")]
    # a vendor's reference may be no more than its own close before: it does not excuse a missing split
    pre_close = [np.nan, np.nan, np.nan, 499.0, np.nan, np.nan, np.nan]
    assert found(tencent(scaled(0.5, 3), pre_close=pre_close)) == [("2026-03-10", "error", "leap")]


def test_a_price_below_zero_is_told_once_and_not_as_a_leap():
    pre_close = np.append(np.nan, CLOSES[:-1])
    turned = CLOSES.copy()
    turned[2] = -499.0
    kinds = {
        kind for day, severity, kind in found(tencent(turned, pre_close=pre_close)) if severity == "error"
    }
    assert kinds == {"non_positive"}


def test_a_third_up_overnight_is_worth_a_look_in_hong_kong():
    assert found(tencent(scaled(1.5, 3))) == [("2026-03-10", "warning", "gap")]
    assert found(tencent(scaled(1.4, 3))) == []


def test_the_first_session_of_a_share_has_no_close_to_leap_from():
    days = ("2026-01-08", "2026-01-09")  # Zhipu's listing at 116.20
    held = bars("2513.HK", days, [131.5, 158.6], pre_close=[16.2, 131.5])
    assert found(held) == []


def test_after_a_suspension_only_a_factor_of_eight_is_another_unit():
    status = [1, 1, 0, 1, 1, 1, 1]
    assert found(tencent(scaled(0.35, 3), status=status)) == [("2026-03-10", "warning", "gap")]
    assert found(tencent(scaled(0.12, 3), status=status)) == [("2026-03-10", "error", "leap")]


def test_a_reference_ten_times_the_close_before_is_not_believed_either():
    pre_close = [np.nan, np.nan, np.nan, 4990.0, np.nan, np.nan, np.nan]
    assert ("2026-03-10", "error", "leap") in found(tencent(scaled(10, 3), pre_close=pre_close))


def test_a_consolidation_has_to_be_given_and_a_bonus_issue_may_show_in_the_reference_alone():
    def stated(reference: float) -> list[float]:
        return [np.nan, np.nan, np.nan, reference, np.nan, np.nan, np.nan]

    assert found(tencent(scaled(2, 3), pre_close=stated(998.0))) == [
        ("2026-03-10", "error", "leap"),
        ("2026-03-10", "warning", "pre_close"),
    ]
    assert found(tencent(scaled(0.5, 3), pre_close=stated(249.4))) == [("2026-03-10", "warning", "pre_close")]
    # of ten shares for one the bars have to say more than a reference
    assert ("2026-03-10", "error", "leap") in found(tencent(scaled(0.1, 3), pre_close=stated(49.9)))


def test_leaving_the_leap_out_mends_a_spike_but_no_change_of_unit():
    spike = build_panel([tencent(scaled(100, 3, 4))], options=SUSPEND)
    assert np.isnan(spike.close[3:5, 0]).all()
    for closes in (scaled(100, 3), scaled(0.5, 3), scaled(0.5, 2, 6)):
        with pytest.raises(DataError, match=r"two units: 0700\.HK 2026-03-1\d error: leap: "):
            build_panel([tencent(closes)], options=SUSPEND)
    with pytest.raises(
        DataError, match=r"1 bar is wrong.*\n.*error: leap: opened at 50200, 101 times the 499 before"
    ):
        build_panel([tencent(scaled(100, 3))])


# Vanke Huafa (600325) in May 2025 as a vendor adjusted it for its dividend of 2025-06: 4.90 where 5.03 was paid.
HUAFA = ("2025-05-16", "2025-05-19", "2025-05-20", "2025-05-21", "2025-05-22")
ADJUSTED = {
    "open": [4.94, 4.90, 4.96, 4.97, 4.95],
    "high": [4.94, 4.95, 4.99, 4.98, 4.96],
    "low": [4.89, 4.88, 4.93, 4.94, 4.91],
    "volume": [21632000, 29350900, 19602100, 11854000, 15384300],
    "amount": [108760642.0, 148015309.0, 99611576.0, 60220808.0, 77733444.0],
}


def huafa(**columns) -> Bars:
    given = {name: np.array(values, float) for name, values in (ADJUSTED | columns).items()}
    return bars("600325.SS", HUAFA, [4.90, 4.95, 4.97, 4.96, 4.93], **given)


def test_adjusted_prices_show_against_what_was_paid_on_every_session():
    assert found(huafa()) == [(day, "error", "adjusted") for day in HUAFA]


def test_turnover_of_one_session_alone_is_only_a_warning():
    paid = np.array([4.91, 4.92, 4.96, 4.96, 4.93]) * ADJUSTED["volume"]
    assert found(huafa(amount=paid)) == []
    paid[2] *= 1.03
    assert found(huafa(amount=paid)) == [("2025-05-20", "warning", "turnover")]


def test_adjusted_history_before_an_ex_date_shows_although_the_median_session_is_right():
    days = calendar("XSHG").sessions
    days = days[(days >= np.datetime64("2025-01-02")) & (days <= np.datetime64("2025-02-28"))].astype(str)
    n = len(days)
    factor = np.where(np.arange(n) < 6, 1.03, 1.0)
    held = bars("600325.SS", days, 5.0 + 0.01 * (np.arange(n) % 3), amount=1e6 * 5.01 * factor)
    assert found(held) == [(day, "error", "adjusted") for day in days[:6]]


def test_lots_are_told_for_their_own_sessions_and_small_volumes_are_not_held_to_the_lot():
    volume = np.array([216320, 293509, 19602100, 11854000, 15384300.0])
    paid = np.array([4.91, 4.92, 4.96, 4.96, 4.93])
    lots = np.where(volume < 1e6, volume * 100, volume)
    assert found(huafa(volume=volume, amount=paid * lots)) == [("2025-05-16", "warning", "volume_units")]
    # 430 shares written as 400: turnover over volume is 7 % too high and means nothing
    assert found(huafa(volume=np.full(5, 400.0), amount=paid * 430)) == []
    # 4,300 written as 4,000 are no rounding
    assert found(huafa(volume=np.full(5, 4000.0), amount=paid * 4300)) == [
        (day, "error", "adjusted") for day in HUAFA
    ]


@pytest.mark.parametrize(("step", "word"), [(5, "weekly"), (21, "monthly")])
def test_bars_of_a_week_or_a_month_are_called_so(step, word):
    days = calendar("XHKG").sessions
    days = days[(days >= np.datetime64("2025-01-03")) & (days <= np.datetime64("2025-12-31"))]
    weeks = (days.astype(np.int64) + 3) // 7 if step == 5 else days.astype("M8[M]").astype(np.int64)
    last = days[np.append(np.diff(weeks) > 0, True)].astype(str)
    held = bars("0700.HK", last, 400.0 + np.arange(len(last)))
    (fault,) = check_bars(held, INSTRUMENTS["0700.HK"], calendar=calendar("XHKG").sessions)
    assert fault.fault == f"not_daily: {len(last)} {word} bars, not daily ones"
    assert fault.severity == "error"


def test_a_share_that_rarely_trades_is_not_weekly():
    days = ("2026-03-05", "2026-03-06", "2026-03-13", "2026-03-19", "2026-03-26", "2026-03-27")
    held = bars("0700.HK", days, 400.0 + np.arange(6))
    assert {kind for *_, kind in found(held)} == {"missing_session"}


@given(st.lists(st.integers(0, 6), min_size=1, max_size=9), st.integers(0, 6))
def test_the_median_lies_above_a_bound_as_numpy_says(values: list[int], bound: int) -> None:
    assert median_above(np.array(values, float), bound) == (np.median(values) > bound)


def test_a_stated_reference_of_zero_is_no_price_to_leap_from() -> None:
    stated = np.array([np.nan, 500.0, 0.0, 499.0, 502.0, 503.0, 504.0])
    wrong = [("2026-03-09", "error", "leap"), ("2026-03-09", "warning", "pre_close")]
    assert found(tencent(CLOSES, pre_close=stated)) == wrong
    doubled = tencent([500.0, 501.0, 1100.0, 1102.0, 1104.0, 1106.0, 1108.0], pre_close=stated)
    told = check_bars(doubled, INSTRUMENTS["0700.HK"], calendar=calendar("XHKG").sessions)
    assert any("opened at 1100, 2.2 times the 501 before" in one.fault for one in told)


def test_a_price_beyond_all_numbers_of_ticks_is_a_finding_and_no_warning_of_numpys() -> None:
    wild = replace(
        bars("600519.SS", MARCH, [1500.0] * 7),
        close=np.array([1500.0, 1500.0, 1e300, 1500.0, 1500.0, 1500.0, 1500.0]),
    )
    with pytest.raises(DataError, match="2026-03-09 error"):
        build_panel([wild])
