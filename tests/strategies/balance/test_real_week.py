"""GLM-5 on the real bars: betas, weights and sizes worked out here from the files, by numpy alone."""

import csv
import os
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from launchlab.data.arrays import F8
from launchlab.data.panel.build import PanelOptions, load_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config
from launchlab.strategies import BuyLaunch, LongShort

from ...markets.small_market import launch_of, ledger

REAL = Path(os.environ.get("LAUNCHLAB_REAL_DATA", ""))
pytestmark = pytest.mark.skipif(
    "LAUNCHLAB_REAL_DATA" not in os.environ, reason="LAUNCHLAB_REAL_DATA is not set"
)

GLM5 = "2513.HK:pure_play;0100.HK:pure_play;688158.SS:pure_play;0700.HK:diversified;9988.HK:diversified"
NIGHT = "2026-02-12T01:18+08:00"
LAST = "2026-02-11"  # the session before it
# UCloud, of STAR: from 200 by one
LOTS = {"2513.HK": 100, "0100.HK": 20, "688158.SS": 1, "0700.HK": 100, "9988.HK": 100}
LONGS, SHORTS = tuple(LOTS)[:3], tuple(LOTS)[3:]
CAPITAL = 10_000_000


def closes(code: str) -> dict[str, tuple[float, float]]:
    """Close and volume by session up to the last before the launch."""
    with (REAL / "bars" / f"{code}.csv").open() as file:
        rows = {row["date"]: (float(row["close"]), float(row["volume"])) for row in csv.DictReader(file)}
    return {day: row for day, row in rows.items() if "2026-01-02" <= day <= LAST}


def in_cny(money: float, day: str) -> float:
    """Hong Kong dollars in yuan at the ECB's cross rate of the day."""
    with (REAL / "fx.csv").open() as file:
        rates = {row["date"]: float(row["HKDCNY"]) for row in csv.DictReader(file)}
    return money * rates[day]


def returns(code: str, days: tuple[str, ...] = (), *, cny: bool = False) -> dict[str, float]:
    """From day to day, of its own sessions unless others are given, in the code's currency or in yuan."""
    found = {day: in_cny(row[0], day) if cny else row[0] for day, row in closes(code).items()}
    return {now: found[now] / found[before] - 1 for before, now in pairwise(days or tuple(found))}


def slope(code: str, basket: tuple[str, ...]) -> float:
    """Of the code's returns on the mean of the basket's over the same days, in the code's currency."""
    own, days = returns(code), tuple(closes(code))
    others = [returns(member, days, cny=code.endswith(".SS")) for member in basket]
    moves = [np.mean([other[day] for other in others]) for day in own]
    return float(np.polyfit(moves, list(own.values()), 1)[0])


def market() -> Panel:
    options = PanelOptions(fx=REAL / "fx.csv")
    return load_panel(tuple(LOTS), "2026-01-02", "2026-03-06", prices=REAL / "bars", options=options)


def expected() -> dict[str, float]:
    """Signed weights of half the NAV in all, so that the betas against Tencent and Alibaba cancel."""
    betas = np.array([min(max(0.67 * slope(code, SHORTS) + 0.33, 0.0), 3.0) for code in LONGS])
    ratio = betas.mean()  # the longs are equal; money short for each unit long
    long, short = 0.5 / (1 + ratio), 0.5 * ratio / (1 + ratio)
    return dict.fromkeys(LONGS, long / 3) | dict.fromkeys(SHORTS, -short / 2)


def test_the_files_say_what_this_test_was_worked_out_for() -> None:
    assert len(returns("2513.HK")) == 24  # listed on 8 January
    assert len(returns("0100.HK")) == 23
    assert len(returns("688158.SS")) == 27
    assert slope("2513.HK", SHORTS) == pytest.approx(3.042, abs=5e-4)


def test_the_weights_of_the_week_make_the_betas_cancel() -> None:
    panel = market()
    legs = LongShort(gross=0.5, neutral="beta").legs(ledger(launch_of(GLM5, NIGHT)), panel)
    found = {panel.codes[leg["code"]]: leg["side"] * leg["weight"] for leg in legs}
    assert found == pytest.approx(expected(), rel=1e-9)


@pytest.mark.parametrize("engine", ["backtrader", "compiled"])
def test_the_fills_are_those_weights_in_whole_lots(engine: str) -> None:
    """Sized at the closes of 11 February, filled at the opens of the 12th."""
    strategy = LongShort(gross=0.5, neutral="beta", hold=5)
    launches = ledger(launch_of(GLM5, NIGHT))
    result = backtest(strategy, launches, market(), Config(), options=RunOptions(engine=engine))
    entries = result.fills[result.fills["session"] == "2026-02-12"]
    found = dict(zip(entries["code"], entries["shares"], strict=True))
    wanted = {}
    for code, weight in expected().items():
        price = closes(code)[LAST][0]
        price = price / in_cny(1.0, LAST) if code.endswith(".SS") else price
        lots = int(abs(weight) * CAPITAL / price // LOTS[code])
        wanted[code] = int(np.sign(weight)) * lots * LOTS[code]
    assert found == wanted
    assert all(shares != 0 for shares in found.values())


def test_the_calmest_name_gets_the_most() -> None:
    def volatility(code: str) -> float:
        return float(np.std(list(returns(code).values()), ddof=1))

    panel = market()
    legs = BuyLaunch(gross=0.5, weights="inverse-vol").legs(ledger(launch_of(GLM5, NIGHT)), panel)
    found = {panel.codes[leg["code"]]: float(leg["weight"]) for leg in legs}
    calm: F8 = np.array([1 / volatility(code) for code in LONGS])
    assert found == pytest.approx(dict(zip(LONGS, (0.5 * calm / calm.sum()).tolist(), strict=True)), rel=1e-9)


def test_the_most_traded_name_gets_the_most() -> None:
    def usual(code: str) -> float:
        """Mean value of a session in Hong Kong dollars."""
        cny = code.endswith(".SS")
        return float(
            np.mean([c * v / (in_cny(1.0, day) if cny else 1) for day, (c, v) in closes(code).items()])
        )

    panel = market()
    legs = BuyLaunch(gross=0.5, weights="liquidity").legs(ledger(launch_of(GLM5, NIGHT)), panel)
    found = {panel.codes[leg["code"]]: float(leg["weight"]) for leg in legs}
    value: F8 = np.array([usual(code) for code in LONGS])
    wanted = dict(zip(LONGS, (0.5 * value / value.sum()).tolist(), strict=True))
    assert found == pytest.approx(wanted, rel=1e-9)
