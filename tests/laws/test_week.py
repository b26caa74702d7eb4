"""The week of 12 February 2026 on the real bars: every fill, cost and block worked out by hand.

Runs where LAUNCHLAB_REAL_DATA names a folder with bars/ and fx.csv. The opens, closes and rates below are those of the
market; sizes, costs and cash are computed here in decimals, from the notices and not from the code.
"""

import os
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from pathlib import Path

import pandas as pd
import pytest

from launchlab.data.ledger.ledger import load_launches
from launchlab.data.panel.build import PanelOptions, load_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config, LimitPolicy
from launchlab.engine.results.result import Result
from launchlab.strategies import BuyLaunch, LongShort

REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", ""))
pytestmark = pytest.mark.skipif(
    "LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set"
)
ENGINES = ("backtrader", "compiled")

HEADER = "id,announced_at,precision,company,product,kind,codes,source\n"
WEEK = (
    HEADER
    + """\
m25,2026-02-11,date,MiniMax,M2.5,launch,0100.HK:pure_play,https://example.org/m25
glm5,2026-02-12T01:18+08:00,exact,Zhipu,GLM-5,launch,2513.HK:pure_play;688158.SS:supplier;0700.HK:diversified;9988.HK:diversified,https://example.org/glm5
"""
)
SEEDANCE = (
    HEADER
    + """\
seedance,2026-02-07,date,ByteDance,Seedance 2.0,launch,300364.SZ:concept;603533.SS:concept,https://example.org/seedance
"""
)

D = Decimal
CENT = D("0.01")
CAPITAL = D(10_000_000)
# CNY in HKD: one over the ECB cross rate HKDCNY of the day
CNY = {
    day: 1 / D(rate)
    for day, rate in {
        "2026-02-06": "0.888076", "2026-02-10": "0.884517", "2026-02-11": "0.884231", "2026-02-12": "0.882875",
        "2026-02-13": "0.883796", "2026-02-27": "0.87659",
    }.items()
}  # fmt: skip


def cents(money: Decimal) -> Decimal:
    return money.quantize(CENT, ROUND_HALF_UP)


def hong_kong(value: Decimal) -> tuple[Decimal, Decimal]:
    """Stamp 0.1 % up to the dollar, and SFC + AFRC + trading fee + CCASS, each to the cent (2026)."""
    rates = (D("0.000027"), D("0.0000015"), D("0.0000565"), D("0.000042"))
    return (value * D("0.001")).to_integral_value(ROUND_CEILING), sum((cents(value * r) for r in rates), D(0))


def shanghai(value: Decimal, *, sale: bool) -> tuple[Decimal, Decimal, Decimal]:
    """Commission 0.025 % with a minimum of 5, stamp 0.05 % of sales, transfer fee 0.001 %."""
    stamp = cents(value * D("0.0005")) if sale else D(0)
    return max(cents(value * D("0.00025")), D(5)), stamp, cents(value * D("0.00001"))


def panel_of(folder: Path, text: str, end: str = "2026-03-06") -> tuple[Path, Panel]:
    path = folder / "week.csv"
    path.write_text(text)
    options = PanelOptions(fx=REAL / "fx.csv")
    codes = load_launches(path).codes
    return path, load_panel(codes, "2026-01-12", end, prices=REAL / "bars", options=options)


def week(folder: Path, engine: str, entry: str = "open") -> Result:
    path, panel = panel_of(folder, WEEK)
    strategy = LongShort(longs=("pure_play", "supplier"), entry=entry)  # type: ignore[arg-type]
    return backtest(strategy, load_launches(path), panel, Config(), options=RunOptions(engine=engine))


def seedance(folder: Path, engine: str, *, wait: int, policy: LimitPolicy) -> Result:
    path, panel = panel_of(folder, SEEDANCE)
    strategy = BuyLaunch(roles=("concept",), wait=wait, hold=1)
    config = Config(limit_policy=policy)
    return backtest(strategy, load_launches(path), panel, config, options=RunOptions(engine=engine))


def exactly(found: float, expected: Decimal) -> None:
    assert found == pytest.approx(float(expected), rel=1e-11, abs=1e-6)


# 0.25 of the capital for M2.5's one name, 0.125 for each of GLM-5's four; closes of 11 February; whole lots.
SHARES = {
    "0100.HK": 4860,  # 2,500,000 / 513.0 = 4,873.3, lots of 20
    "2513.HK": 4000,  # 1,250,000 / 312.4 = 4,001.3, lots of 100
    "688158.SS": 29442,  # 1,250,000 / (37.54 × 1.130926) = 29,442.8 CNY shares, STAR: from 200 by one
    "0700.HK": -2200,  # 1,250,000 / 548.0 = 2,281.0, lots of 100
    "9988.HK": -7800,  # 1,250,000 / 160.1 = 7,807.6, lots of 100
}
OPENS = {"0100.HK": "542.0", "2513.HK": "339.8", "688158.SS": "43.20", "0700.HK": "537.0", "9988.HK": "157.9"}
# five sessions later: 24 February in Hong Kong, 27 February in Shanghai
EXITS = {"0100.HK": "860.0", "2513.HK": "575.5", "688158.SS": "38.22", "0700.HK": "534.5", "9988.HK": "149.9"}


def test_the_sizes_of_the_week_follow_from_the_closes_of_the_day_before() -> None:
    closes = {"0100.HK": "513.0", "2513.HK": "312.4", "0700.HK": "548.0", "9988.HK": "160.1"}
    lots = {"0100.HK": 20, "2513.HK": 100, "0700.HK": 100, "9988.HK": 100}
    for code, close in closes.items():
        money = CAPITAL * (D("0.25") if code == "0100.HK" else D("0.125"))
        assert money / D(close) // lots[code] * lots[code] == abs(SHARES[code])
    assert int(CAPITAL * D("0.125") / (D("37.54") * CNY["2026-02-11"])) == SHARES["688158.SS"]


@pytest.mark.parametrize("engine", ENGINES)
def test_the_week_is_entered_at_the_open_of_12_february(tmp_path: Path, engine: str) -> None:
    result = week(tmp_path, engine)
    entries = result.fills[result.fills["reason"] == "entry"]
    assert list(entries["code"]) == list(SHARES)
    assert set(entries["session"]) == {"2026-02-12"}
    assert set(entries["at"]) == {"open"}
    assert dict(zip(entries["code"], entries["shares"], strict=True)) == SHARES
    assert dict(zip(entries["code"], entries["price"], strict=True)) == {
        c: float(p) for c, p in OPENS.items()
    }
    assert len(result.blocks) == 0


def cash_by_hand(fills: pd.DataFrame, cash: Decimal) -> Decimal:
    """Hold each fill's costs and the cash after it against the notices; returns the cash after the last."""
    for fill in fills.to_dict("records"):
        code, shares = fill["code"], D(int(fill["shares"]))
        price = D((OPENS if fill["reason"] == "entry" else EXITS)[code])
        value = abs(shares) * price
        if code.endswith(".HK"):
            stamp, levies = hong_kong(value)
            commission, fx = D(0), D(1)
        else:
            commission, stamp, levies = shanghai(value, sale=shares < 0)
            fx = CNY[fill["session"]]
        exactly(fill["price"], price)
        exactly(fill["fx"], fx)
        exactly(fill["commission"], commission * fx)
        exactly(fill["stamp"], stamp * fx)
        exactly(fill["levies"], levies * fx)
        exactly(fill["costs"], (commission + stamp + levies) * fx)
        cash -= (shares * price + commission + stamp + levies) * fx
        exactly(fill["cash"], cash)
    return cash


@pytest.mark.parametrize("engine", ENGINES)
def test_the_costs_and_the_cash_of_the_week_are_those_of_the_notices(tmp_path: Path, engine: str) -> None:
    result = week(tmp_path, engine)
    fills = result.fills
    entries, exits = fills[fills["reason"] == "entry"], fills[fills["reason"] == "hold"]
    assert len(entries) + len(exits) == len(fills) == 10
    cash = cash_by_hand(entries, CAPITAL)
    # 0.5 % a year on the last close of each night until 24 February: 1, 3, 4, 3 and 1 days
    nights = (1, 3, 4, 3, 1)
    tencent = (D("535.5"), D("532"), D("533"), D("522"), D("538"))
    alibaba = (D("158.6"), D("155.4"), D("154.7"), D("147.1"), D("152.2"))
    owed = sum(
        (days * (2200 * a + 7800 * b) for days, a, b in zip(nights, tencent, alibaba, strict=True)), D(0)
    )
    borrow = owed * D("0.005") / 365
    exactly(result.summary["metrics"]["borrow"], borrow)
    cash = cash_by_hand(exits, cash - borrow)
    last = result.equity.iloc[-1]
    exactly(last["equity"], cash)
    assert last["gross"] == 0.0


@pytest.mark.parametrize("engine", ENGINES)
def test_the_week_is_left_after_five_sessions_of_each_exchange(tmp_path: Path, engine: str) -> None:
    exits = week(tmp_path, engine).fills.query("reason == 'hold'").set_index("code")
    assert exits["session"].to_dict() == {
        "0100.HK": "2026-02-24", "2513.HK": "2026-02-24", "0700.HK": "2026-02-24", "9988.HK": "2026-02-24",
        "688158.SS": "2026-02-27",
    }  # fmt: skip
    assert (exits["shares"] == -pd.Series(SHARES).reindex(exits.index)).all()


@pytest.mark.parametrize("engine", ENGINES)
def test_at_the_close_of_12_february_the_supplier_is_sealed(tmp_path: Path, engine: str) -> None:
    result = week(tmp_path, engine, entry="close")
    # on the 13th it is sized anew: an eighth of what the account was worth on the 12th, at that day's close and rate
    closes = {"0100.HK": "588.0", "2513.HK": "402.0", "0700.HK": "535.5", "9988.HK": "158.6"}
    costs = [hong_kong(abs(SHARES[code]) * D(close)) for code, close in closes.items()]
    night = (2200 * D("535.5") + 7800 * D("158.6")) * D("0.005") / 365
    worth = CAPITAL - sum((stamp + levies for stamp, levies in costs), D(0)) - night
    again = int(worth / 8 / (D("45.05") * CNY["2026-02-12"]))
    assert again == 24478
    assert result.blocks.to_dict("records") == [
        {
            "session": "2026-02-12", "at": "close", "code": "688158.SS", "launch": "glm5", "leg": 2,
            "wanted": 29442, "filled": 0, "reason": "sealed",
        }
    ]  # fmt: skip
    entries = result.fills.query("reason == 'entry'").set_index("code")
    assert entries["price"].to_dict() == {c: float(p) for c, p in closes.items()} | {"688158.SS": 42.38}
    assert entries["shares"].to_dict() == SHARES | {"688158.SS": again}
    assert entries.loc["688158.SS", "session"] == "2026-02-13"


# Seedance 2.0, known on Saturday 7 February: half of the capital on two names, closes and rate of 6 February.
CHINESE_ONLINE = 75_500  # 2,500,000 / (29.40 × 1.126030) = 75,516.5
IREADER = 95_000  # 2,500,000 / (23.35 × 1.126030) = 95,083.3
# and again on the 10th, at the limits of the 9th and its rate 1 / 0.885809, with the capital still whole
CHINESE_ONLINE_AGAIN = 62_700  # 2,500,000 / (35.28 × 1.128912) = 62,770.3
IREADER_AGAIN = 86_200  # 2,500,000 / (25.69 × 1.128912) = 86,201.9
IREADER_CLOSES = {"2026-02-10": "28.26", "2026-02-11": "31.09", "2026-02-12": "34.20"}


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("policy", [LimitPolicy.STRICT, LimitPolicy.OPENED])
def test_a_one_price_board_is_bought_only_when_it_opens(
    tmp_path: Path, engine: str, policy: LimitPolicy
) -> None:
    result = seedance(tmp_path, engine, wait=4, policy=policy)
    assert int(CAPITAL / 4 / (D("29.40") * CNY["2026-02-06"])) // 100 * 100 == CHINESE_ONLINE
    assert int(CAPITAL / 4 / (D("23.35") * CNY["2026-02-06"])) // 100 * 100 == IREADER
    blocked = [
        (b["session"], b["code"], b["wanted"], b["filled"], b["reason"])
        for b in result.blocks.query("wanted > 0").to_dict("records")
    ]
    locked = [("2026-02-09", "300364.SZ", CHINESE_ONLINE, 0, "limit_up")]
    worth = dict(zip(result.equity["session"], result.equity["equity"], strict=True))
    later = [
        int(D(worth[day]) / 4 / (D(close) * CNY[day])) // 100 * 100 for day, close in IREADER_CLOSES.items()
    ]
    wanted = (IREADER, IREADER_AGAIN, *later)
    days = ("2026-02-09", *IREADER_CLOSES, "2026-02-13")
    locked += [
        (day, "603533.SS", size, 0, "limit_up") for day, size in zip(days[:4], wanted[:4], strict=True)
    ]
    assert sorted(blocked) == sorted(locked)
    entries = result.fills.query("reason == 'entry'").to_dict("records")
    assert [(e["session"], e["code"], e["shares"], e["price"]) for e in entries] == [
        ("2026-02-10", "300364.SZ", CHINESE_ONLINE_AGAIN, 42.32),
        ("2026-02-13", "603533.SS", wanted[4], 36.23),
    ]


@pytest.mark.parametrize("engine", ENGINES)
def test_who_does_not_wait_for_the_fifth_session_gets_nothing(tmp_path: Path, engine: str) -> None:
    result = seedance(tmp_path, engine, wait=3, policy=LimitPolicy.STRICT)
    assert "603533.SS" not in set(result.fills["code"])
    assert len(result.blocks.query("code == '603533.SS'")) == 4


def test_on_paper_the_lock_does_not_exist(tmp_path: Path) -> None:
    entries = seedance(tmp_path, "compiled", wait=0, policy=LimitPolicy.IGNORE).fills.query(
        "reason == 'entry'"
    )
    assert list(zip(entries["session"], entries["price"], strict=True)) == [
        ("2026-02-09", 35.28),
        ("2026-02-09", 25.69),
    ]
