"""Price limits: exact on every tick, on both sides of every regime."""

import csv
from dataclasses import replace
from datetime import date
from decimal import ROUND_CEILING, ROUND_FLOOR, ROUND_HALF_UP, Decimal

import numpy as np
import pytest

from launchlab.data.errors import RuleError
from launchlab.data.instruments.table import Instrument, Spell, load_instruments
from launchlab.data.rules.bands import first_days
from launchlab.data.rules.limits import Bands, ex_reference, limit_bands, limit_ticks

from ... import ANSWERS

BOOK = load_instruments()


def answers(name: str) -> list[dict[str, str]]:
    with (ANSWERS / name).open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def one(instrument: Instrument, day: str, reference: float, session: int = 0) -> Bands:
    return limit_bands(
        instrument, np.array([day], "datetime64[D]"), np.array([reference]), np.array([session], np.int32)
    )


@pytest.mark.parametrize("row", answers("limits.csv"), ids=lambda row: row["id"])
def test_limits_are_exact_to_the_tick(row):
    tick, percent = Decimal(row["tick"]), int(row["percent"])
    base = np.array([int(Decimal(row["prev"]) / tick)])
    points = np.array([percent * 100])
    up, down = limit_ticks(base, points, points, inward=row["rounding"] == "inward")
    if row["one_tick_floor"] == "yes":
        up, down = np.maximum(up, base + 1), np.minimum(down, base - 1)
    assert (int(up[0]) * tick, int(down[0]) * tick) == (Decimal(row["up"]), Decimal(row["down"]))


@pytest.mark.parametrize(
    "row", answers("limit_regimes.csv"), ids=lambda row: f"{row['code']} {row['on']} {row['why']}"
)
def test_each_regime_holds_on_both_sides_of_its_boundary(row):
    instrument = BOOK[row["code"]]
    if row["issue"]:
        instrument = replace(instrument, issue_price=float(row["issue"]))
    if row["st"]:
        instrument = replace(instrument, st=(Spell(date.fromisoformat(row["on"]), None),))
    band = one(instrument, row["on"], float(row["prev"]), int(row["session"] or 0))
    if row["percent"]:
        assert band.pct[0] == pytest.approx(float(row["percent"]) / 100, abs=1e-12)
        assert (band.up[0], band.down[0]) == (float(row["up"]), float(row["down"]))
    else:
        assert (band.up[0], band.down[0]) == (np.inf, 0.0)
        assert np.isnan(band.pct[0])


@pytest.mark.parametrize("percent", [5, 10, 20, 30])
def test_integers_equal_decimals_at_every_price_to_300_and_below_3000(percent):
    # what is rounded off depends on the price's last two digits alone
    base = np.r_[1:30_001, 299_001:300_001]
    points = np.full(base.shape, percent * 100)
    for inward in (False, True):
        rounding_up = ROUND_FLOOR if inward else ROUND_HALF_UP
        rounding_down = ROUND_CEILING if inward else ROUND_HALF_UP
        up, down = limit_ticks(base, points, points, inward=inward)
        rise, fall = Decimal(100 + percent) / 100, Decimal(100 - percent) / 100
        whole = [Decimal(tick) for tick in base.tolist()]
        assert up.tolist() == [int((price * rise).to_integral_value(rounding_up)) for price in whole]
        assert down.tolist() == [int((price * fall).to_integral_value(rounding_down)) for price in whole]


def test_prices_come_back_as_the_nearest_float_of_their_decimal():
    prices = np.arange(1, 300_001) / 100
    sessions = np.full(prices.shape, np.datetime64("2026-02-12"))
    band = limit_bands(BOOK["600519.SS"], sessions, prices, np.zeros(len(prices), np.int32))
    assert all(float(f"{value:.2f}") == value for value in band.up[::97].tolist())
    assert band.up[114] == 1.27  # 1.15 × 1.1, where floats give 1.26


def test_no_reference_price_invents_no_limit():
    band = one(BOOK["600519.SS"], "2026-02-12", np.nan)
    assert (band.up[0], band.down[0], band.note.tolist()) == (np.inf, 0.0, ["no reference"])


def test_hong_kong_and_indexes_have_no_limit():
    for code in ("0700.HK", "^HSI", "000300.SS"):
        band = one(BOOK[code], "2026-02-12", 500.0)
        assert (band.up[0], band.down[0]) == (np.inf, 0.0)


def test_a_session_before_the_board_names_the_gap():
    with pytest.raises(RuleError, match="the STAR price limit is not in the rule book before 2019-07-22"):
        one(BOOK["688981.SS"], "2019-07-19", 10.0)
    with pytest.raises(RuleError, match="the Beijing price limit is not in the rule book before 2020-07-27"):
        one(BOOK["920002.BJ"], "2020-07-24", 10.0)


def test_a_delisting_period_starts_with_a_free_session_from_the_end_of_2020():
    stock = replace(BOOK["600001.SS"], delisting=(Spell(date(2021, 3, 1), date(2021, 3, 19)),))
    assert one(stock, "2021-03-01", 0.50).up[0] == np.inf
    assert one(stock, "2021-03-02", 0.50).up[0] == 0.55
    before = replace(BOOK["600001.SS"], delisting=(Spell(date(2020, 6, 1), None),))
    assert one(before, "2020-06-01", 0.50).up[0] == 0.55


def test_an_st_stock_has_10_percent_in_its_delisting_period():
    stock = replace(
        BOOK["600001.SS"], st=(Spell(date(2019, 1, 2)),), delisting=(Spell(date(2020, 6, 1), None),)
    )
    assert one(stock, "2020-05-29", 1.00).up[0] == 1.05
    assert one(stock, "2020-06-02", 1.00).up[0] == 1.10


@pytest.mark.parametrize(
    ("entered", "day", "up"),
    [
        ("2020-08-03", "2020-09-01", 1.10),
        ("2020-08-24", "2020-09-01", 1.20),
        ("2021-01-04", "2021-01-05", 1.20),
    ],
)
def test_a_chinext_delisting_period_depends_on_its_entry(entered, day, up):
    stock = replace(BOOK["300001.SZ"], delisting=(Spell(date.fromisoformat(entered), None),))
    assert one(stock, day, 1.00).up[0] == up


@pytest.mark.parametrize(("day", "prev", "down"), [("2014-05-05", 0.04, 0.03), ("2014-05-05", 0.05, 0.05),
                                                   ("2021-05-06", 0.05, 0.04)])  # fmt: skip
def test_shanghai_s_delisting_board_had_its_own_floor(day, prev, down):
    stock = replace(BOOK["600001.SS"], delisting=(Spell(date(2014, 1, 2), None),))
    assert one(stock, day, prev).down[0] == down


def test_a_first_day_band_without_issue_price_uses_the_exchange_s_reference():
    assert one(BOOK["603259.SS"], "2017-11-21", 10.05, 1).up[0] == 14.47


def test_an_approval_regime_stock_listed_after_the_reform_keeps_its_first_day_band():
    stock = replace(BOOK["300001.SZ"], approval_ipo=True, issue_price=10.05)
    assert one(stock, "2020-09-01", 10.05, 1).up[0] == 14.47
    assert one(stock, "2020-09-02", 10.05, 2).up[0] == 12.06


def test_the_second_session_after_a_listing_known_by_date_is_counted_from_that_day():
    stock = replace(BOOK["601999.SS"], listed=date(2023, 4, 7))
    assert one(stock, "2023-04-11", 10.0, 3).up[0] == 11.0


def test_many_sessions_at_once_give_what_one_at_a_time_gives():
    stock = replace(BOOK["600001.SS"], st=(Spell(date(2026, 7, 2)),))
    days = ["2026-07-01", "2026-07-02", "2026-07-03", "2026-07-06", "2026-07-07"]
    band = limit_bands(stock, np.array(days, "datetime64[D]"), np.full(5, 3.07), np.zeros(5, np.int32))
    assert band.up.tolist() == [3.38, 3.22, 3.22, 3.38, 3.38]
    assert band.note.tolist() == ["", "ST", "ST", "ST", "ST"]


@pytest.mark.parametrize(
    ("prev", "terms", "reference"),
    [
        (10.00, {"cash": 0.2}, 9.80),
        (13.00, {"bonus_ratio": 0.3}, 10.00),
        (13.00, {"bonus_ratio": 0.3, "cash": 0.2}, 9.85),
        (13.00, {"rights_ratio": 0.3, "rights_price": 5.0}, 11.15),
        (18.50, {"bonus_ratio": 0.8, "cash": 0.5}, 10.00),
        (15.00, {"bonus_ratio": 0.2, "rights_ratio": 0.3, "rights_price": 5.0}, 11.00),
        (10.00, {"cash": 0.005}, 10.00),  # 9.995 is a tie: half-up
        (1.005, {"cash": 0.0005, "tick": 0.001}, 1.005),
    ],
)
def test_ex_right_references_follow_the_exchanges_formula(prev, terms, reference):
    assert ex_reference(prev, **terms) == reference


def test_an_impossible_ratio_is_refused():
    with pytest.raises(RuleError, match="share ratio above zero"):
        ex_reference(10.0, bonus_ratio=-1.0)


def first_bands(code: str, listed: str, sessions: list[str], ages: list[int], **facts) -> list[float]:
    """Upper limits of a code from a reference of 10.00 on its first sessions."""
    instrument = replace(BOOK[code], listed=date.fromisoformat(listed), **facts)
    days = np.array(sessions, "M8[D]")
    return limit_bands(instrument, days, np.full(len(days), 10.0), np.array(ages, np.int32)).up.tolist()


def test_an_approval_listing_is_banded_on_its_first_session_alone():
    # 44 % of the issue price, then 10 %: the first session stands beside others in one question
    up = first_bands("603000.SS", "2016-01-04", ["2016-01-04", "2016-01-05"], [1, 2], approval_ipo=True)
    assert up == [14.4, 11.0]


def test_a_listing_that_is_banded_frees_no_session():
    # REITs 30 %, convertible bonds 57.3 % (sse.com.cn c_20220729_5706472), approval listings 44 % of the issue price
    for code, day, up in (
        ("508000.SS", "2021-06-21", 0.3),
        ("113650.SS", "2022-08-02", 0.573),
        ("603259.SS", "2017-11-21", 0.44),
    ):
        rule = first_days(BOOK[code], date.fromisoformat(day))
        assert (rule.free, rule.up) == (0, up)


def test_where_no_rule_frees_a_listing_day_the_ordinary_limit_holds_on_it():
    # funds have no free listing day (sse.com.cn trading rules); stocks moved from NEEQ kept 30 % (68 of 68 real bars)
    assert first_bands("510300.SS", "2026-03-05", ["2026-03-05"], [1]) == [11.0]
    moved = replace(BOOK["920002.BJ"], listed=date(2020, 7, 27))
    day = np.array(["2021-11-15"], "M8[D]")
    assert limit_bands(moved, day, np.array([10.0]), np.array([1], np.int32)).up.tolist() == [13.0]
    assert first_bands("920002.BJ", "2026-03-05", ["2026-03-05", "2026-03-06"], [1, 2]) == [np.inf, 13.0]
