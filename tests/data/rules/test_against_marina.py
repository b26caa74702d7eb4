# ruff: noqa: T201  (the counts are printed on purpose)
"""An independent check against marina-rules, a published data set of mainland rules (CC0 data, MIT code).

Every day on which a rule of either book changes, and the day before, over many prices. Where the two differ,
the difference is listed here with its reason; anything else fails.
"""

from collections import Counter
from dataclasses import replace
from datetime import date, timedelta
from math import isclose

import numpy as np
import pytest

from launchlab.data.instruments.table import Instrument, Spell, load_instruments
from launchlab.data.rules.brokerage import Brokerage
from launchlab.data.rules.costs import cost_rows
from launchlab.data.rules.limits import limit_bands
from launchlab.data.rules.settlement import t_plus_one
from launchlab.data.rules.ticks import TICK_SIZES, tick_table

marina = pytest.importorskip("marina_rules")

BOOK = load_instruments()
EVER = (Spell(date(1990, 12, 19)),)
PRICES = np.unique(np.concatenate([np.arange(1, 400), np.arange(400, 30_000, 113)])) / 100
DAYS = sorted(
    {
        day
        for text in [
            "1996-12-16",
            "1998-04-22",
            "2009-10-30",
            "2011-02-28",
            "2013-01-01",
            "2019-07-22",
            "2020-08-21",
            "2020-08-24",
            "2020-12-31",
            "2021-01-29",
            "2021-11-15",
            "2022-08-01",
            "2023-04-10",
            "2023-08-28",
            "2026-07-06",
        ]
        for day in (date.fromisoformat(text) - timedelta(1), date.fromisoformat(text))
    }
)
SCOPES: dict[str, Instrument] = {
    "main_board XSHG": BOOK["600519.SS"],
    "main_board XSHE": BOOK["000001.SZ"],
    "st_main XSHG": replace(BOOK["600519.SS"], st=EVER),
    "st_main XSHE": replace(BOOK["000001.SZ"], st=EVER),
    "chinext XSHE": BOOK["300750.SZ"],
    "st_chinext XSHE": replace(BOOK["300750.SZ"], st=EVER),
    "star XSHG": BOOK["688981.SS"],
    "st_star XSHG": replace(BOOK["688981.SS"], st=EVER),
    "bse BJSE": BOOK["920002.BJ"],
    "b_share XSHE": BOOK["200012.SZ"],
    "st_b_share XSHE": replace(BOOK["200012.SZ"], st=EVER),
    "etf XSHG": BOOK["510300.SS"],
    "etf_20pct XSHG": BOOK["588000.SS"],
    "etf_20pct XSHE": BOOK["159915.SZ"],
    "reits XSHG": BOOK["508000.SS"],
    "convertible XSHG": BOOK["113050.SS"],
}


def theirs(scope: str, day: date, price: float) -> tuple[float, float] | None:
    """Their limits as ours are written: no limit is (inf, 0); None where they have no record for the day."""
    name, market = scope.split()
    decimals = 3 if name in {"etf", "etf_20pct", "reits", "convertible"} else 2
    try:
        found = marina.limit_price(price, name, day.isoformat(), market=market, decimals=decimals)
    except KeyError:
        return None
    return (np.inf, 0.0) if found is None else found


def why_different(
    scope: str, day: date, ours: tuple[float, float], found: tuple[float, float], price: float
) -> str:
    """The reason of a known disagreement, or an empty string."""
    up, down = (round(a - b, 6) for a, b in zip(found, ours, strict=True))
    if scope.startswith("bse") and up in (0.0, 0.01) and down in (0.0, -0.01):
        return "Beijing rounds inward; they round half-up (609 touches to 0 on real bars)"
    if price <= 0.01 and found[1] <= 0 < ours[1] and up == 0:
        return "no price below one tick can be quoted; they let limit-down fall to zero"
    return ""


@pytest.mark.parametrize("scope", SCOPES)
def test_limits_agree_on_both_sides_of_every_change(scope):
    instrument, reasons, compared = SCOPES[scope], Counter[str](), 0
    for day in DAYS:
        if theirs(scope, day, 10.0) is None:
            continue
        sessions = np.full(PRICES.shape, np.datetime64(day))
        band = limit_bands(instrument, sessions, PRICES, np.zeros(len(PRICES), np.int32))
        for price, up, down in zip(PRICES.tolist(), band.up.tolist(), band.down.tolist(), strict=True):
            found = theirs(scope, day, price)
            compared += 1
            assert found is not None
            if all(isclose(a, b, rel_tol=0.0, abs_tol=1e-9) for a, b in zip(found, (up, down), strict=True)):
                continue
            reason = why_different(scope, day, (up, down), found, price)
            assert reason, f"{scope} {day} {price}: {found} there, {(up, down)} here"
            reasons[reason] += 1
    print(f"{scope}: {compared:,} limits compared, {dict(reasons)}")
    assert compared > 1_000
    if not scope.startswith("bse"):
        assert sum(reasons.values()) <= len(DAYS)  # nothing but the price of one tick


@pytest.mark.parametrize(
    ("scope", "day"),
    [("ipo_day1_main XSHG", "2013-12-12"), ("ipo_day1_main XSHG", "2013-12-13"), ("ipo_day1_main XSHE", "2014-06-12"),
     ("ipo_day1_main XSHE", "2014-06-13"), ("ipo_day1_main XSHG", "2023-04-07")],
)  # fmt: skip
def test_first_days_agree_in_every_era(scope, day):
    instrument = BOOK["601999.SS"] if scope.endswith("XSHG") else BOOK["002999.SZ"]
    for price in PRICES[PRICES > 1][::7].tolist():
        band = limit_bands(
            replace(instrument, issue_price=price),
            np.array([day], "datetime64[D]"),
            np.array([price]),
            np.ones(1, np.int32),
        )
        assert theirs(scope, date.fromisoformat(day), price) == pytest.approx((band.up[0], band.down[0]))


def test_stamp_and_transfer_fees_agree_from_2015():
    for day in ("2015-08-03", "2022-04-28", "2022-04-29", "2023-08-25", "2023-08-28", "2026-02-12"):
        row = cost_rows("sse", np.array([day], "datetime64[D]"), Brokerage())[0]
        assert row[1] == marina.rule_at("stamp_duty_sell", day)
        assert row[5] == marina.rule_at("transfer_fee_each_side", day)


def test_settlement_agrees():
    days = np.array(["2010-01-04", "2015-01-16", "2015-01-19", "2026-02-12"], "datetime64[D]")
    for code, scope in (("600519.SS", "stock"), ("510300.SS", "etf"), ("513180.SS", "etf_crossborder")):
        expected = [marina.rule_at("min_holding_days", str(day), scope) == 1 for day in days]
        assert t_plus_one(BOOK[code], days).tolist() == expected


def test_ticks_agree():
    day = np.array(["2026-02-12"], "datetime64[D]")
    for code, scope, market in (
        ("600519.SS", "stock", None), ("510300.SS", "etf", None), ("900901.SS", "b_share", "XSHG"),
        ("200012.SZ", "b_share", "XSHE"),
    ):  # fmt: skip
        ours = TICK_SIZES[tick_table(BOOK[code], day)[0], 0]
        assert ours == marina.rule_at("tick_size", "2026-02-12", scope, market)
