"""Bars, calendars and rules compiled into a panel: status, references, limits, marks, and what is refused."""

from dataclasses import fields
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.bars.bars import Bars
from launchlab.data.errors import DataError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.panel.build import PanelOptions, build_panel, load_panel
from launchlab.data.panel.panel import CLOSED, DELISTED, SUSPENDED, TRADING, UNLISTED, Panel
from launchlab.data.rules.brokerage import Brokerage

from ...markets.small_bars import bars

# Hong Kong traded on 16 and 20 February 2026, Shanghai from 13 to 24 February not at all.
HK_DAYS = ("2026-02-12", "2026-02-13", "2026-02-16", "2026-02-20", "2026-02-23", "2026-02-24")
CN_DAYS = ("2026-02-12", "2026-02-13", "2026-02-24")
MARCH = ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13")


def column(panel: Panel, name: str, i: int = 0) -> list[float]:
    return list(getattr(panel, name)[:, i].tolist())


def listing(folder: Path, row: str) -> PanelOptions:
    """Options with one instrument of our own."""
    path = folder / "own.csv"
    path.write_text("code,listed,delisted,issue_price,lots,shortable\n" + row + "\n")
    return PanelOptions(instruments=load_instruments(path))


def test_rows_are_the_sessions_of_either_exchange() -> None:
    panel = build_panel([bars("0700.HK", HK_DAYS, [500.0] * 6), bars("600519.SS", CN_DAYS, [1500.0] * 3)])
    assert tuple(panel.sessions.astype(str)) == HK_DAYS
    assert column(panel, "status", 0) == [TRADING] * 6
    assert column(panel, "status", 1) == [TRADING, TRADING, CLOSED, CLOSED, CLOSED, TRADING]
    hk, cn = panel.exchanges.index("XHKG"), panel.exchanges.index("XSHG")
    assert panel.sessions_done[:, hk].tolist() == [1, 2, 3, 4, 5, 6]
    assert panel.sessions_done[:, cn].tolist() == [1, 2, 2, 2, 2, 3]


def test_money_is_converted_at_the_last_rate_known_that_day(tmp_path: Path) -> None:
    rates = tmp_path / "fx.csv"
    rates.write_text("date,HKDCNY\n2026-02-12,0.8\n2026-02-13,0.5\n2026-02-24,0.4\n")
    both = [bars("600519.SS", CN_DAYS, [1500.0] * 3), bars("0700.HK", HK_DAYS, [500.0] * 6)]
    panel = build_panel(both, options=PanelOptions(fx=rates))
    assert panel.fx[:, panel.currencies.index("CNY")].tolist() == [1.25, 2.0, 2.0, 2.0, 2.0, 2.5]


def test_a_session_without_a_bar_or_without_volume_is_suspended_and_keeps_its_mark() -> None:
    days = (*MARCH[:2], *MARCH[3:])
    panel = build_panel(
        [bars("0700.HK", days, [500, 501, 503, 504, 505, 506], volume=[1e6, 1e6, 1e6, 0, 1e6, 1e6])]
    )
    assert column(panel, "status") == [TRADING, TRADING, SUSPENDED, TRADING, SUSPENDED, TRADING, TRADING]
    assert column(panel, "mark") == [500.0, 501.0, 501.0, 503.0, 503.0, 505.0, 506.0]
    assert np.isnan(panel.close[[2, 4], 0]).all()
    assert panel.volume[[2, 4], 0].tolist() == [0.0, 0.0]


def test_a_stated_suspension_is_a_status() -> None:
    panel = build_panel(
        [bars("0700.HK", MARCH, [500, 501, np.nan, 503, 504, 505, 506], status=[1, 1, 0, 1, 1, 1, 1])]
    )
    assert column(panel, "status")[2] == SUSPENDED
    assert panel.warnings == ()


def test_bars_that_start_late_or_end_early_are_said_to() -> None:
    panel = build_panel([bars("0700.HK", MARCH, [500] * 7), bars("9988.HK", MARCH[2:5], [160] * 3)])
    assert column(panel, "status", 1) == [SUSPENDED] * 2 + [TRADING] * 3 + [SUSPENDED] * 2
    said = [note for note in panel.unknowns if note.startswith("9988.HK: no bars")]
    assert [note.split(":")[1].strip() for note in said] == [
        "no bars before 2026-03-09", "no bars after 2026-03-11"
    ]  # fmt: skip


def test_the_limits_of_an_old_share_follow_the_previous_close() -> None:
    # 10.04 → 11.04 and 9.04; Hong Kong has none
    days, close = MARCH[:3], [10.04, 10.5, 10.0]
    panel = build_panel([bars("600519.SS", days, close), bars("0700.HK", days, [500.0] * 3)])
    assert column(panel, "ref")[1:] == [10.04, 10.5]
    assert column(panel, "limit_up")[1:] == [11.04, 11.55]
    assert column(panel, "limit_down")[1:] == [9.04, 9.45]
    assert column(panel, "limit_up", 1) == [np.inf] * 3


def test_an_auction_is_locked_for_a_buyer_at_its_own_price_at_the_upper_limit() -> None:
    """Opened at the limit of 11.00 and closed below it; the next session the other way round, at the lower limit of 9.45."""
    panel = build_panel([bars("600519.SS", MARCH[:3], [10.0, 10.5, 9.45], open=[10.0, 11.0, 10.0])])
    found = [
        [bool(panel.locked(t, 0, side, at)) for at in ("open", "close")] for t in (1, 2) for side in (1, -1)
    ]
    assert found == [[True, False], [False, False], [False, False], [False, True]]
    assert not panel.simulated


def test_where_the_reference_is_unknown_the_sessions_own_high_and_low_may_have_been_its_limits() -> None:
    days = (MARCH[0], MARCH[1], MARCH[3])
    panel = build_panel([bars("600519.SS", days, [10.0, 10.1, 10.2], open=[9.9, 10.1, 10.3])])
    assert column(panel, "limit_up") == [10.0, 11.0, np.inf, 10.3]
    assert column(panel, "limit_down") == [9.9, 9.0, 0.0, 10.2]
    (note,) = [note for note in panel.unknowns if "no reference price" in note]
    assert "2 sessions (2026-03-05 first)" in note
    assert "nothing is bought at the session's high" in note


def test_a_bar_put_aside_leaves_no_reference_for_the_session_after_it() -> None:
    # Guoyao Yizhi (000028.SZ): the vendor's bar of its ex-date is refused; 58.50 before it is no reference any more
    days = ("2023-05-30", "2023-05-31", "2023-06-01", "2023-06-02", "2023-06-05")
    closes, opens = [58.50, 58.50, 42.70, 42.00, 42.50], [58.50, 58.50, 42.00, 43.19, 42.00]
    held = bars("000028.SZ", days, closes, open=opens)
    panel = build_panel([held], span=(days[1], days[-1]), options=PanelOptions(bad_bars="suspend"))
    assert column(panel, "status") == [TRADING, SUSPENDED, TRADING, TRADING]
    assert (column(panel, "limit_up")[2], column(panel, "limit_down")[2]) == (43.19, 42.00)
    assert (column(panel, "limit_up")[3], column(panel, "limit_down")[3]) == (46.20, 37.80)


@pytest.mark.parametrize(
    ("code", "before", "first"),
    [
        ("688008.SS", "2019-07-19", "2019-07-22"),
        ("300001.SZ", "2009-10-29", "2009-10-30"),
        ("920002.BJ", "2020-07-24", "2020-07-27"),
    ],
)
def test_before_its_board_existed_a_code_is_unlisted(code: str, before: str, first: str) -> None:
    old = bars("000001.SZ", (before, first), [10.0, 10.0])
    panel = build_panel([old, bars(code, (first,), [30.0])])
    assert column(panel, "status", 1) == [UNLISTED, TRADING]
    early = build_panel([old, bars(code, (before, first), [30.0, 31.0])])
    assert column(early, "status", 1) == [UNLISTED, TRADING]
    assert np.isnan(early.mark[0, 1])
    assert [one["session"] for one in early.warnings if one["fault"].startswith("unruled")] == [before]


def test_first_bars_beyond_the_limit_of_a_code_of_unknown_age_are_its_free_sessions() -> None:
    # 688836 opened at 1,100 on 2026-08-19, issued at 150.80: 20 % of that would have blocked every order
    days = ("2026-08-19", "2026-08-20", "2026-08-21", "2026-08-24", "2026-08-25", "2026-08-26")
    pre_close = [150.80, 1000.0, 1100.0, 1000.0, 1010.0, 1020.0]
    held = bars("688836.SS", days, [1000.0, 1100.0, 1000.0, 1010.0, 1020.0, 1030.0], pre_close=pre_close)
    panel = build_panel([held])
    assert column(panel, "limit_up") == [np.inf] * 5 + [1224.0]
    assert any("trades beyond the limit on 2026-08-19" in note for note in panel.unknowns)
    assert [one["fault"].split(":")[0] for one in panel.warnings] == ["unsure_limit"]


def test_a_vanishing_volume_is_no_trade() -> None:
    volume = [1e6, 5.9e-39, 1e6, 1e6, 1e6, 1e6, 1e6]
    panel = build_panel([bars("0700.HK", MARCH, [500, 501, 502, 503, 504, 505, 506], volume=volume)])
    assert column(panel, "status") == [TRADING, SUSPENDED, *[TRADING] * 5]


def test_a_stated_reference_wins_over_the_previous_close() -> None:
    panel = build_panel([bars("600519.SS", MARCH[:3], [10.0, 10.0, 9.9], pre_close=[9.9, 10.0, 9.8])])
    assert column(panel, "ref") == [9.9, 10.0, 9.8]
    assert column(panel, "limit_up") == [10.89, 11.0, 10.78]
    (action,) = panel.actions
    assert (action["row"], action["cash"]) == (2, 0.0)
    assert action["ratio"] == pytest.approx(10.0 / 9.8)


def test_star_and_chinext_have_twenty_per_cent_and_their_own_lots() -> None:
    panel = build_panel(
        [bars(code, MARCH[:2], [37.54, 37.54]) for code in ("688158.SS", "300364.SZ", "600519.SS")]
    )
    assert panel.limit_up[1].tolist() == [45.05, 45.05, 41.29]
    assert panel.lot_min[1].tolist() == [200, 100, 100]
    assert panel.lot_step[1].tolist() == [1, 100, 100]
    assert panel.max_order[1].tolist() == [100_000, 300_000, 1_000_000]
    assert panel.t_plus_one.all()
    assert not panel.shortable.any()


def test_the_first_five_sessions_of_a_new_share_are_unlimited(tmp_path: Path) -> None:
    options = listing(tmp_path, "603999.SS,2026-03-05,,10.00,,")
    days = ("2026-03-05", "2026-03-06", "2026-03-09", "2026-03-10", "2026-03-11", "2026-03-12")
    close = [30.0, 45.0, 60.0, 50.0, 40.0, 41.0]
    old = bars("600519.SS", ("2026-03-03", "2026-03-04", *days), [1500.0] * 8)
    panel = build_panel([bars("603999.SS", days, close), old], options=options)
    assert column(panel, "status") == [UNLISTED] * 2 + [TRADING] * 6
    assert column(panel, "limit_up") == [np.inf] * 7 + [44.0]
    assert column(panel, "limit_down")[7] == 36.0
    assert column(panel, "ref")[2] == 10.0, "the issue price stands before the first close"
    assert panel.size_price[2, 0] == 10.0
    assert np.isnan(panel.mark[:2, 0]).all()


def test_from_its_last_day_on_a_code_is_delisted(tmp_path: Path) -> None:
    options = listing(tmp_path, "603999.SS,2010-01-04,2026-03-11,,,")
    panel = build_panel(
        [bars("603999.SS", MARCH[:4], [1.0] * 4), bars("600519.SS", MARCH, [1500.0] * 7)], options=options
    )
    assert column(panel, "status") == [TRADING] * 4 + [DELISTED] * 3


def test_the_mark_of_a_suspended_share_follows_its_ex_date() -> None:
    close = [20.0, 20.0, np.nan, np.nan, 10.2, 10.2, 10.2]
    ratio = [1, 1, 1, 2, 1, 1, 1]
    cash = [0, 0, 0, 0.5, 0, 0, 0]
    panel = build_panel([bars("0700.HK", MARCH, close, status=[1, 1, 0, 0, 1, 1, 1], ratio=ratio, cash=cash)])
    assert column(panel, "mark") == [20.0, 20.0, 20.0, 9.75, 10.2, 10.2, 10.2]


def broken(code: str = "600519.SS") -> Bars:
    """The third bar is above its limit, the fifth is off the tick; the closes else move by a cent."""
    close = [10.0, 10.01, 12.0, 10.03, 10.045, 10.05, 10.06]
    return bars(code, MARCH, close, pre_close=[9.99, 10.0, 10.01, 10.02, 10.03, 10.04, 10.05])


def test_bad_bars_are_refused_with_all_their_faults() -> None:
    with pytest.raises(DataError) as refused:
        build_panel([broken()])
    text = str(refused.value)
    assert "2 bars are wrong; repair them" in text
    assert "600519.SS 2026-03-09 error: beyond_limit" in text
    assert "600519.SS 2026-03-11 error: off_tick" in text
    assert "`bad_bars='suspend'`" in text


def test_suspended_bad_bars_cannot_be_traded_and_are_marked_at_the_last_good_close() -> None:
    panel = build_panel([broken()], options=PanelOptions(bad_bars="suspend"))
    assert column(panel, "status") == [TRADING, TRADING, SUSPENDED, TRADING, SUSPENDED, TRADING, TRADING]
    assert column(panel, "mark") == [10.0, 10.01, 10.01, 10.03, 10.03, 10.05, 10.06]
    assert {(w["session"], w["severity"]) for w in panel.warnings} >= {
        ("2026-03-09", "error"), ("2026-03-11", "error")
    }  # fmt: skip
    assert column(panel, "limit_up")[3] == 11.02, "the stated reference of the next session still counts"


def test_a_code_without_one_good_bar_is_refused_even_when_bad_bars_are_suspended() -> None:
    """Of two companies the second has closes off the tick only: the first would be held alone."""
    good = bars("0700.HK", MARCH, [500.0] * 7)
    bad = bars("600519.SS", MARCH, [10.0015] * 7)
    options = PanelOptions(bad_bars="suspend")
    with pytest.raises(
        DataError, match=r"600519\.SS has no good bar.*repair its file, or leave the code out"
    ):
        build_panel([good, bad], options=options)
    asleep = bars("600519.SS", MARCH, [10.0] * 7, status=[0] * 7)  # suspended all along, and nothing is wrong
    assert TRADING not in column(build_panel([asleep, good], options=options), "status")
    mended = bars("600519.SS", MARCH, [10.0015] * 6 + [10.0])
    assert column(build_panel([mended, good], options=options), "status").count(TRADING) == 1


def test_a_bar_on_a_day_without_trading_is_left_out_when_suspended() -> None:
    days = ("2026-02-12", "2026-02-13", "2026-02-16", "2026-02-24")  # Shanghai was shut on the 16th
    one = bars("600519.SS", days, [10.0, 10.1, 10.2, 10.3])
    with pytest.raises(DataError, match="not_a_session"):
        build_panel([one])
    other = bars("0700.HK", HK_DAYS, [500.0] * 6)
    panel = build_panel([one, other], options=PanelOptions(bad_bars="suspend"))
    assert column(panel, "status") == [TRADING, TRADING, CLOSED, CLOSED, CLOSED, TRADING]
    alone = build_panel([one], options=PanelOptions(bad_bars="suspend"))
    assert tuple(alone.sessions.astype(str)) == CN_DAYS
    assert column(alone, "close") == [10.0, 10.1, 10.3]


def test_what_makes_no_sense_is_refused_in_a_sentence() -> None:
    one = bars("0700.HK", MARCH, [500.0] * 7)
    with pytest.raises(DataError, match="write refuse or suspend"):
        PanelOptions(bad_bars="ignore")
    with pytest.raises(DataError, match="start must not come after the end"):
        build_panel([one], span=("2026-03-10", "2026-03-05"))
    with pytest.raises(DataError, match=f"the bars end on {MARCH[-1]}, before the start 2027-01-04"):
        build_panel([one], span=("2027-01-04", None))
    with pytest.raises(DataError, match=f"the bars begin on {MARCH[0]}, after the end 2026-01-02"):
        build_panel([one], span=(None, "2026-01-02"))
    with pytest.raises(DataError, match="no session of XHKG from 2026-03-07 to 2026-03-08"):
        build_panel([one], span=("2026-03-07", "2026-03-08"))
    with pytest.raises(DataError, match="none of the codes has a bar"):
        build_panel([])
    with pytest.raises(DataError, match="an index level, which nobody can buy"):
        build_panel([bars("^HSI", MARCH, [25_000.0] * 7)])
    with pytest.raises(DataError, match="name at least one"):
        load_panel([])


def test_a_code_that_is_not_there_is_named_with_its_nearest() -> None:
    panel = build_panel([bars("0700.HK", MARCH, [500.0] * 7)])
    with pytest.raises(DataError, match=r"0701.HK is not in the panel \(did you mean '0700.HK'"):
        panel.column("0701.HK")
    with pytest.raises(DataError, match="2026-03-07 is not a session"):
        panel.row("2026-03-07")


@pytest.mark.parametrize("t", [40, 120, 200])
def test_a_panel_that_ends_earlier_is_the_beginning_of_the_later_one(t: int) -> None:
    codes = ("0100.HK", "0700.HK", "2513.HK", "688158.SS", "9988.HK", "300364.SZ")
    whole = load_panel(codes)
    shorter = load_panel(codes, end=str(whole.sessions[t]))
    then = whole.until(len(shorter) - 1)
    assert len(shorter) == t + 1
    for field in fields(Panel):
        known = getattr(then, field.name, None)
        if isinstance(known, np.ndarray):
            np.testing.assert_array_equal(getattr(shorter, field.name), known, err_msg=field.name)
    assert not whole.close.flags.writeable


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
def test_a_bar_years_from_every_session_decides_no_span_and_is_named(day):
    with pytest.raises(DataError, match=f"0700.HK has a bar on {day}, far from the known sessions"):
        build_panel([bars("0700.HK", sorted([*MARCH, day]), [10.0] * (len(MARCH) + 1))])


def test_a_panel_of_hong_kong_says_that_no_brokers_commission_is_in_its_costs():
    def unknowns(code: str, **rates: float) -> tuple[str, ...]:
        one = bars(code, MARCH, [10.0] * len(MARCH))
        options = PanelOptions(brokerage=Brokerage(**rates))
        return build_panel([one], options=options, currency="CNY" if code.endswith("SS") else "HKD").unknowns

    assert "none is charged unless you give yours, brokerage.hk_rate" in unknowns("0700.HK")[0]
    for mine in ({"hk_rate": 0.0003}, {"hk_min": 3.0}):
        assert not any("none is charged" in note for note in unknowns("0700.HK", **mine))
    assert not any("none is charged" in note for note in unknowns("600519.SS"))


def test_fractions_are_paid_at_the_ex_dates_reference_or_at_the_last_mark_in_new_shares() -> None:
    # 500.00 before a split of two for one: a new share is worth 250.00; the next day's price does not matter
    split = {"ratio": [1, 2, 1], "open": [500.0, 251.0, 240.0]}
    plain = build_panel([bars("0700.HK", MARCH[:3], [500.0, 252.0, 240.0], **split)])
    assert plain.fraction_price.tolist() == [250.0]
    unknown = build_panel(
        [bars("0700.HK", (MARCH[0], *MARCH[2:4]), [500.0, 252.0, 240.0], **split)], span=(MARCH[0], MARCH[3])
    )
    assert np.isnan(unknown.ref[2, 0])
    assert unknown.fraction_price.tolist() == [250.0]
    stated = build_panel(
        [bars("0700.HK", MARCH[:3], [500.0, 252.0, 240.0], pre_close=[np.nan, 249.8, np.nan], **split)]
    )
    assert stated.fraction_price.tolist() == [249.8]
    penny = build_panel(
        [bars("0020.HK", MARCH[:3], [1.0, 0.51, 0.5], pre_close=[np.nan, 0.495, np.nan], ratio=[1, 2, 1])]
    )
    assert penny.fraction_price.tolist() == [0.495]


def test_a_rights_issue_on_the_second_bar_counts_by_the_reference_of_its_ex_date() -> None:
    """Three for ten at 6.00 against 10.00: (10 + 0.3 × 6) / 1.3 = 9.0769, stated as 9.08, so 10 / 9.08 shares for one."""
    issue = {"pre_close": [np.nan, 9.08, np.nan], "rights": [0, 0.3, 0], "rights_price": [0, 6.0, 0]}
    panel = build_panel([bars("600519.SS", MARCH[:3], [10.0, 9.1, 9.2], **issue)], currency="CNY")
    assert [(int(one["row"]), float(one["ratio"]), float(one["cash"])) for one in panel.actions] == [
        (1, pytest.approx(10.0 / 9.08), 0.0)
    ]
