"""Costs to the cent, against the notices, a Decimal reference and the judge."""

import csv
from decimal import ROUND_HALF_UP, ROUND_UP, Decimal

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from launchlab.data.errors import ConfigError, RuleError
from launchlab.data.instruments.table import load_instruments
from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.rules.costs import (
    CLASSES,
    COST_WIDTH,
    LEVIES,
    LEVY_NAMES,
    STAMP_UNIT,
    cost_class,
    cost_rows,
    itemise,
)
from launchlab.engine.judge.costs import trade_cost

from ... import ANSWERS

BOOK = load_instruments()
DEFAULT = Brokerage()
NO_CAP = 1e12


def rows() -> list[dict[str, str]]:
    with ANSWERS.joinpath("costs.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def costs_of(code: str, day: str, side: str, price: float, shares: float, brokerage: Brokerage = DEFAULT):
    key = cost_class(BOOK[code])
    row = cost_rows(key, np.array([day], "datetime64[D]"), brokerage)[0]
    return itemise(row, LEVY_NAMES[key], side, price, shares, NO_CAP)


@pytest.mark.parametrize(
    "row", rows(), ids=lambda row: f"{row['code']} {row['on']} {row['side']} {row['why']}"
)
def test_costs_are_those_of_the_notices_to_the_cent(row):
    found = costs_of(row["code"], row["on"], row["side"], float(row["price"]), int(row["shares"]))
    expected = {"commission": float(row["commission"]), "stamp": float(row["stamp"])}
    expected |= {
        name: float(amount) for name, amount in (part.split("=") for part in row["levies"].split(";"))
    }
    assert {name: found[name] for name in expected} == expected
    assert found["total"] == float(row["total"])


def test_handling_and_regulatory_fees_come_on_top_when_the_commission_does_not_hold_them():
    outside = Brokerage(regulatory_inside=False)
    found = costs_of("600519.SS", "2026-02-12", "buy", 100.0, 10_000, outside)
    assert (found["handling"], found["regulatory"]) == (34.10, 20.00)
    assert costs_of("600519.SS", "2023-08-25", "buy", 100.0, 10_000, outside)["handling"] == 48.70
    assert costs_of("600519.SS", "2015-08-03", "buy", 100.0, 10_000, outside)["handling"] == 48.70
    assert costs_of("000001.SZ", "2015-07-31", "buy", 100.0, 10_000, outside)["handling"] == 69.60


@pytest.mark.parametrize(
    ("day", "handling"),
    [("2022-11-30", 500.0), ("2022-12-01", 250.0), ("2023-08-25", 250.0), ("2023-08-28", 125.0)],
)
def test_beijing_halved_its_handling_fee_twice(day, handling):
    outside = Brokerage(regulatory_inside=False)
    assert costs_of("920002.BJ", day, "buy", 100.0, 10_000, outside)["handling"] == handling


def test_northbound_connect_adds_hkscc_s_transfer_fee():
    found = costs_of("600519.SS", "2026-02-12", "buy", 100.0, 10_000, Brokerage(connect=True))
    assert (found["transfer"], found["connect"]) == (10.00, 20.00)


def test_a_hong_kong_broker_s_commission_and_minimum_are_the_user_s():
    mine = Brokerage(hk_rate=0.0003, hk_min=3.0)
    assert costs_of("0700.HK", "2025-06-30", "buy", 500.0, 100, mine)["commission"] == 15.0
    assert costs_of("0700.HK", "2025-06-30", "buy", 50.0, 100, mine)["commission"] == 3.0


def test_a_broker_may_ask_nothing_but_not_less_than_nothing():
    free = Brokerage(hk_rate=0, hk_min=0, cn_rate=0, cn_min=0)
    assert costs_of("600519.SS", "2026-11-20", "sell", 100, 1000, free)["commission"] == 0
    for name in ("hk_rate", "hk_min", "cn_rate", "cn_min"):
        with pytest.raises(ConfigError, match=name):
            Brokerage(**{name: -0.0001})


def test_each_order_of_a_large_trade_pays_its_own_minimum():
    row = cost_rows("szse", np.array(["2026-02-12"], "datetime64[D]"), DEFAULT)[0]
    found = itemise(row, LEVY_NAMES["szse"], "buy", 0.01, 2_500_000, 1_000_000)
    assert found["commission"] == 15.0  # values of 10,000, 10,000 and 5,000: each below its minimum of 5


def test_an_index_costs_nothing_and_cannot_be_traded():
    row = cost_rows("index", np.array(["2026-02-12"], "datetime64[D]"), DEFAULT)[0]
    assert not row[np.isfinite(row)].any()


def test_rows_have_the_width_of_the_layout_and_no_holes():
    for key in CLASSES:
        found = cost_rows(key, np.array(["2022-06-01", "2026-02-12"], "datetime64[D]"), DEFAULT)
        assert found.shape == (2, COST_WIDTH)
        assert len(LEVY_NAMES[key]) <= LEVIES
        assert not np.isnan(found).any()


@pytest.mark.parametrize("code", ["900901.SS", "113050.SS", "508000.SS"])
def test_boards_without_known_costs_are_refused_by_name(code):
    with pytest.raises(RuleError, match=f"{code[:6]}.*no costs for board"):
        cost_class(BOOK[code])


def test_dates_without_known_costs_are_refused_by_name():
    with pytest.raises(RuleError, match=r"the Shanghai transfer fee .* before 2015-08-01"):
        costs_of("600519.SS", "2015-07-31", "buy", 100.0, 100)
    with pytest.raises(RuleError, match="Hong Kong stamp duty is not in the rule book before 2010-10-01"):
        costs_of("0700.HK", "2010-09-30", "buy", 100.0, 100)


def test_a_class_that_does_not_exist_is_refused_with_the_nearest():
    with pytest.raises(RuleError, match="did you mean 'hk_stock'"):
        cost_rows("hk_stok", np.array(["2026-02-12"], "datetime64[D]"), DEFAULT)


@pytest.mark.parametrize(("side", "price", "shares"), [("hold", 1.0, 1), ("buy", 0.0, 1), ("buy", 1.0, -1)])
def test_impossible_orders_are_refused(side, price, shares):
    with pytest.raises(RuleError):
        costs_of("600519.SS", "2026-02-12", side, price, shares)


def decimal_reference(
    row: np.ndarray, buy: bool, price: str, shares: int
) -> tuple[Decimal, Decimal, Decimal]:
    """Commission, stamp and levies of one order, written from the notices and not from the code under test."""
    rates = [Decimal(repr(float(number))) for number in row]
    value = Decimal(price) * shares
    cent = Decimal("0.01")
    stamp = value * rates[0 if buy else 1]
    stamp = stamp.quantize(Decimal(1), ROUND_UP) if row[STAMP_UNIT] else stamp.quantize(cent, ROUND_HALF_UP)
    commission = max((value * rates[3]).quantize(cent, ROUND_HALF_UP), rates[4])
    levies = Decimal(0)
    for rate, fixed, least, most in (rates[j : j + 4] for j in range(5, len(rates), 4)):
        levies += min(max(value * rate + fixed, least), most).quantize(cent, ROUND_HALF_UP)
    return commission, stamp, levies


def one_row(key: str, day: str) -> np.ndarray:
    outside = Brokerage(regulatory_inside=False, connect=True, hk_rate=0.0003, hk_min=3.0)
    return cost_rows(key, np.array([day], "datetime64[D]"), outside)[0]


SOME_ROWS = [
    (key, one_row(key, day))
    for key in ("hk_stock", "hk_etp", "hk_reit", "sse", "szse", "bse", "cn_fund")
    for day in ("2022-06-01", "2023-03-01", "2026-02-12")
]


@settings(deadline=None)
@given(some.sampled_from(SOME_ROWS), some.booleans(), some.integers(1, 3_000_000), some.integers(1, 200_000))
def test_the_judge_and_the_explanation_agree_with_decimals_to_the_cent(keyed, buy, mills, shares):
    key, row = keyed
    price = f"{mills / 1000:.3f}"
    commission, stamp, levies = decimal_reference(row, buy, price, shares)
    words = itemise(row, LEVY_NAMES[key], "buy" if buy else "sell", float(price), shares, NO_CAP)
    assert (words["commission"], words["stamp"]) == (float(commission), float(stamp))
    assert words["total"] == float(commission + stamp + levies)
    cost = trade_cost(row[None], 0, buy, float(price), float(shares), NO_CAP)
    assert cost.commission == pytest.approx(float(commission), abs=1e-9)
    assert cost.stamp == pytest.approx(float(stamp), abs=1e-9)
    assert cost.levies == pytest.approx(float(levies), abs=1e-9)


@settings(deadline=None)
@given(
    some.sampled_from(SOME_ROWS),
    some.integers(1, 20_000),
    some.integers(1, 50_000),
    some.integers(100, 9_000),
)
def test_the_judge_splits_large_trades_as_the_explanation_does(keyed, cents, shares, largest):
    key, row = keyed
    words = itemise(row, LEVY_NAMES[key], "sell", cents / 100, shares, largest)
    cost = trade_cost(row[None], 0, False, cents / 100, float(shares), float(largest))
    assert cost.commission + cost.stamp + cost.levies == pytest.approx(words["total"], abs=1e-6)
