"""A short and a long CSI 300 future over a roll, worked out in Decimal from the prices: variation, margin, fees, rates.

February 2026: the third Friday is in the Lunar New Year, so IF2602 is last traded on the 24th and, three sessions
before, exchanged for IF2603 at the close of the 11th.
"""

from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from launchlab.data.errors import DataError, RuleError
from launchlab.data.instruments.futures import PRODUCTS, future_code, load_futures
from launchlab.data.market.contracts import find_futures
from launchlab.data.market.source import find_bars
from launchlab.data.panel.build import PanelOptions, build_panel
from launchlab.data.panel.contracts import last_trading_day
from launchlab.data.panel.history import history_of
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import RunOptions, backtest, execute
from launchlab.engine.config import Config
from launchlab.engine.legs import Reason
from launchlab.engine.machine.code import only
from launchlab.engine.results.run import Run

from ...markets.future_bars import TERMS, write_months, write_terms
from ...markets.small_bars import bars
from ...markets.small_market import Fixed, joined, launch_of, ledger, one_leg

DAYS = ("2026-02-05", "2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12", "2026-02-13")
FEBRUARY = ((4600.0, 4610.0), (4612.0, 4580.0), (4590.0, 4620.0), (4600.0, 4560.0), (4570.0, 4550.0))
MARCH = (
    (4590.0, 4600.0),
    (4600.0, 4570.0),
    (4580.0, 4605.0),
    (4590.0, 4545.0),
    (4555.0, 4532.0),
    (4530.0, 4500.0),
    (4510.0, 4520.0),
)
RATES = ("1.10", "1.11", "1.12", "1.11", "1.13", "1.12", "1.14")  # Hong Kong dollars for a yuan
TENCENT, FUTURE = 0, 1
LOT = 300
CENT = Decimal("0.01")


def market(folder: Path, *, terms: str = TERMS, march: bool = True) -> Panel:
    months = {"IF2602": [(day, *row) for day, row in zip(DAYS, FEBRUARY, strict=False)]}
    if march:
        months["IF2603"] = [(day, *row) for day, row in zip(DAYS, MARCH, strict=True)]
    write_months(folder, months)
    rates = [f"{day},{Decimal(1) / Decimal(rate)}" for day, rate in zip(DAYS, RATES, strict=True)]
    (folder / "rates.txt").write_text("\n".join(["date,HKDCNY", *rates]) + "\n")
    futures, _ = find_futures(write_terms(folder, terms), find_bars(folder))
    tencent = bars("0700.HK", DAYS, [500.0] * len(DAYS))
    options = PanelOptions(futures=futures, fx=folder / "rates.txt")
    return build_panel([tencent], span=(DAYS[0], DAYS[-1]), currency="HKD", options=options)


def both(legs: NDArray[Any], panel: Panel, config: Config) -> tuple[Run, Run]:
    """The run on backtrader, and on the compiled engine as Python."""
    with only("python"):
        return execute(legs, panel, config, "backtrader"), execute(legs, panel, config, "compiled")


def money(text: object) -> Decimal:
    return Decimal(str(text))


def fee(price: float) -> Decimal:
    return (money(price) * LOT * Decimal("0.000023")).quantize(CENT, ROUND_HALF_UP)


def test_a_contract_is_a_lot_of_its_multiplier_under_the_month_that_is_held(tmp_path: Path) -> None:
    panel = market(tmp_path)
    assert panel.codes == ("0700.HK", "IF=F")
    assert panel.lot_min[:, FUTURE].tolist() == [LOT] * 7
    assert panel.close[:, FUTURE].tolist() == [4610.0, 4580.0, 4620.0, 4560.0, 4550.0, 4500.0, 4520.0]
    assert panel.volume[0, FUTURE] == 1_000 * LOT
    assert panel.shortable[:, FUTURE].all()
    assert panel.margin[1, FUTURE] == 0.12
    # 4560 × 1.1 = 5016 and × 0.9 = 4104 are on the tick of 0.2; after the roll the band is of March's own close
    assert (panel.limit_up[4, FUTURE], panel.limit_down[4, FUTURE]) == (5016.0, 4104.0)
    assert panel.ref[5, FUTURE] == 4532.0
    assert panel.size_price[5, FUTURE] == 4532.0


@pytest.mark.parametrize("side", [-1, 1])
def test_a_future_earns_its_variation_at_the_day_s_rate_less_fees_and_both_sides_of_the_roll(
    tmp_path: Path, side: int
) -> None:
    """Two contracts from the open of row 1 to the open of row 6; a roll between rows 4 and 5."""
    panel = market(tmp_path)
    legs = one_leg(code=FUTURE, side=side, weight=0.35, hold=5)
    config = Config(capital=10_000_000, participation=1.0)
    shares = 2 * LOT  # 3,500,000 / (4610 × 1.10) = 690.2
    rates = [Decimal(1) / (Decimal(1) / money(rate)) for rate in RATES]
    equity = [Decimal(10_000_000)]
    # row 1: from the open to the close
    moves = [
        (4612.0, 4580.0),
        (4580.0, 4620.0),
        (4620.0, 4560.0),
        (4560.0, 4550.0),
        (4532.0, 4500.0),
        (4500.0, 4510.0),
    ]
    for row, (before, after) in enumerate(moves, 1):
        change = side * shares * (money(after) - money(before)) * rates[row]
        if row == 1:
            change -= 2 * fee(4612.0) * rates[1]
        if row == 5:  # February sold and March bought, or the other way round, at the closes of row 4
            change -= 2 * (fee(4550.0) + fee(4532.0)) * rates[5]
        if row == 6:
            change -= 2 * fee(4510.0) * rates[6]
        equity.append(equity[-1] + change)
    for run in both(legs, panel, config):
        assert run.fills["shares"].tolist() == [side * shares, -side * shares]
        np.testing.assert_allclose(run.equity, np.array(equity, float), rtol=0, atol=1e-5)


def test_the_attribution_adds_up_to_the_profit_of_a_future(tmp_path: Path) -> None:
    panel = market(tmp_path)
    launches = ledger(launch_of("0700.HK", when="2026-02-05T20:00+08:00"))
    for side in (-1, 1):
        legs = one_leg(code=FUTURE, side=side, weight=0.35, hold=5)
        result = backtest(Fixed(legs), launches, panel, Config(participation=1.0), options=RunOptions())
        row = result.launches.iloc[0]
        profit = result.equity["equity"].iloc[-1] - 10_000_000
        assert row["long_profit"] + row["short_profit"] == pytest.approx(profit, abs=1e-5)
        parts = row[
            [
                "captured",
                "missed_gap",
                "missed_limits",
                "missed_size",
                "missed_cash",
                "slippage",
                "costs",
                "dividend_tax",
                "borrow",
            ]
        ]
        assert row["paper"] == pytest.approx(float(parts.sum()), abs=1e-12)


def test_margin_is_all_that_a_future_takes_of_the_money(tmp_path: Path) -> None:
    """Six contracts short are 9.1 million; at 12 % they leave 8.9 of 10 million to buy shares with, not 0.4."""
    panel = market(tmp_path)
    future = one_leg(code=FUTURE, side=-1, weight=0.95, hold=5)
    share = one_leg(code=TENCENT, side=1, weight=0.85, hold=5, row=2)
    for side in (-1, 1):
        future["side"] = side
        for run in both(joined(future, share), panel, Config(capital=10_000_000, participation=1.0)):
            bought = run.fills[run.fills["code"] == TENCENT]["shares"][0]
            assert bought == pytest.approx(0.85 * run.equity[1] / 500.0, abs=100.0)
            assert not len(run.blocks)


def test_what_is_left_beside_the_margin_is_all_that_can_be_bought(tmp_path: Path) -> None:
    """At 60 % margin, six contracts at the close of row 1 tie up 0.6 × 1800 × 4580 × 1.11 of the 10 million and their variation."""
    terms = TERMS.replace("0.12,0.000023", "0.6,0")
    panel = market(tmp_path, terms=terms)
    future = one_leg(code=FUTURE, side=-1, weight=0.95, hold=5)
    share = one_leg(code=TENCENT, side=1, weight=0.85, hold=5, row=2, wait=0)
    paid = Decimal(10_000_000) + 1800 * Decimal(32) * Decimal("1.11")
    left = paid - Decimal("0.6") * 1800 * Decimal(4580) * Decimal("1.11")
    for run in both(joined(future, share), panel, Config(capital=10_000_000, participation=1.0)):
        entries = run.fills[run.fills["code"] == TENCENT]
        bought = Decimal(int(entries["shares"][0]))
        cost = bought * 500 + money(sum(entries[name][0] for name in ("commission", "stamp", "levies")))
        assert cost <= left < cost + 50_100
        assert run.blocks["reason"].tolist() == [int(Reason.NO_CASH)]


def test_a_future_can_always_be_closed_and_a_roll_is_no_return(tmp_path: Path) -> None:
    panel = market(tmp_path)
    returns = history_of(panel).returns.simple[:, FUTURE]
    assert returns[5] == pytest.approx((4500.0 - 4532.0) / 4550.0, abs=1e-4)
    legs = one_leg(code=FUTURE, side=1, weight=2.0, hold=5)
    for run in both(legs, panel, Config(capital=2_000_000, participation=1.0, max_gross=4.0)):
        assert run.fills["shares"].tolist()[0] == 2 * LOT
        assert run.fills["shares"].sum() == 0.0


def test_nothing_later_enters_a_future_s_column(tmp_path: Path) -> None:
    panel = market(tmp_path)
    for t in range(1, len(panel)):
        cut = panel.until(t)
        assert cut.margin.shape == (t + 1, 2)
        assert len(cut.actions) == (1 if t >= 5 else 0)


def test_both_engines_agree_with_futures_beside_shares(tmp_path: Path) -> None:
    panel = market(tmp_path)
    rng = np.random.default_rng(5)
    for _ in range(40):
        legs = joined(*[
            one_leg(code=int(rng.integers(0, 2)), side=int(rng.choice([-1, 1])), weight=float(rng.uniform(0.1, 1.2)),
                    hold=int(rng.integers(1, 5)), row=int(rng.integers(1, 4)), wait=int(rng.integers(0, 3)),
                    at=int(rng.choice([0, 2])), stop=float(rng.choice([np.nan, 0.01])), launch=k)
            for k in range(int(rng.integers(1, 6)))
        ])  # fmt: skip
        legs = legs[np.argsort(legs["row"], kind="stable")]
        config = Config(capital=float(rng.choice([3e6, 1e7])), participation=1.0, slippage_bp=float(rng.choice([0.0, 7.0])),
                        short_collateral=float(rng.choice([1.05, 1.5])), maintenance=float(rng.choice([0.25, 0.5])),
                        max_gross=2.0, exit_on=str(rng.choice(["close", "touch"])))  # fmt: skip
        first, second = both(legs, panel, config)
        for name in ("fills", "blocks", "positions"):
            ours, theirs = getattr(first, name), getattr(second, name)
            assert len(ours) == len(theirs)
            for column in ours.dtype.names or ():
                np.testing.assert_allclose(ours[column], theirs[column], rtol=1e-9, atol=1e-6)
        np.testing.assert_allclose(first.equity, second.equity, rtol=1e-9)
        np.testing.assert_allclose(first.borrow, second.borrow, rtol=1e-9, atol=1e-6)


@pytest.mark.parametrize(
    ("month", "day"),
    [
        ("IF2602", "2026-02-24"),
        ("IF2603", "2026-03-20"),
        ("HSI2602", "2026-02-26"),
        ("HSI2603", "2026-03-30"),
    ],
)
def test_the_last_trading_day_is_the_exchange_s(month: str, day: str) -> None:
    """The third Friday, or the next session; in Hong Kong the session before the month's last."""
    root = month.rstrip("0123456789")
    assert last_trading_day(PRODUCTS[root], month) == np.datetime64(day)


def test_a_month_without_a_next_one_and_terms_that_begin_too_late_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"rolled out of IF2602 at the close of 2026-02-11.*add its file"):
        market(tmp_path, march=False)
    with pytest.raises(
        DataError, match="traded from 2026-02-05, and its margin and fees are known from 2026-02-09 on"
    ):
        market(tmp_path, terms=TERMS.replace("IF,2026-01-05", "IF,2026-02-09"))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("product,since\nIF,2026-01-05\n", "no column 'margin'"),
        ("product,since,margin,rate\nXX,2026-01-05,0.1,0\n", "product 'XX' is no index future"),
        ("product,since,margin,rate\nIF,2026-01-05,,0\n", "margin is empty"),
        ("product,since,margin,rate\nIF,2026-01-05,12,0\n", "margin 12 must be from 0.01 to 1"),
        ("product,since,margin,rate,roll\nIF,2026-01-05,0.12,0,0\n", "roll 0 must be from 1 to 20"),
        ("product,since,margin,rate\nIF,2026-01-05,0.1,0\nIF,2026-01-05,0.2,0\n", "stands twice"),
    ],
)
def test_terms_that_make_no_sense_are_refused_with_a_row_to_write(
    tmp_path: Path, text: str, said: str
) -> None:
    with pytest.raises(RuleError, match=said) as refused:
        load_futures(write_terms(tmp_path, text))
    assert "IF,2025-01-02,0.12,0.000023,0,3" in str(refused.value)


def test_futures_are_understood_as_people_write_them() -> None:
    assert [future_code(text) for text in ("IF", "if.cfx", "HTI=F", "HSI", "^HSI")] == [
        "IF=F",
        "IF=F",
        "HTI=F",
        None,
        None,
    ]
