"""The legs of a strategy that balances: on a written market by hand, and the prefix law on the sample."""

from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.arrays import F8
from launchlab.data.calendars.hours import CHINA_TIME
from launchlab.data.errors import ConfigError
from launchlab.data.ledger.launch import Launches
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.panel.build import build_panel, load_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import execute
from launchlab.engine.backtest.foresight import refuse_foresight
from launchlab.engine.config import Config
from launchlab.engine.sweeps.grid import Grid
from launchlab.engine.sweeps.legs import LegSweep
from launchlab.strategies import STRATEGIES, BuyLaunch, LongShort
from launchlab.strategies.balance.balance import base_rows
from launchlab.strategies.loading.variants import Variants

from ...markets.small_bars import bars
from ...markets.small_market import launch_of, ledger

DAYS = ("2026-02-05", "2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12", "2026-02-13")
NIGHT = "2026-02-12T01:18+08:00"
# returns of the five closes up to 11 February: +1, +2, −1, 0 % of the fund; twice that of Zhipu, half of it of Tencent
FUND, ZHIPU, TENCENT = (0.01, 0.02, -0.01, 0.0), (0.02, 0.04, -0.02, 0.0), (0.005, 0.01, -0.005, 0.0)
CODES = ("2513.HK", "0700.HK", "3033.HK")


def path(start: float, moves: tuple[float, ...]) -> list[float]:
    level = [start]
    for move in moves:
        level.append(level[-1] * (1 + move))
    return [*level, level[-1] * 1.3, level[-1] * 0.8]  # what the launch does is no estimate


def market(volumes: tuple[float, ...] = (1e6, 1e6, 1e6)) -> Panel:
    """The three on exactly these paths, which no price on the exchange's grid could follow."""
    flat = [bars(code, DAYS, [10.0] * len(DAYS)) for code in CODES]
    prices = np.column_stack([path(300.0, ZHIPU), path(500.0, TENCENT), path(5.0, FUND)])
    exact = dict.fromkeys(("open", "high", "low", "close", "mark"), np.asfortranarray(prices))
    volume = np.asfortranarray(np.ones_like(prices) * volumes)
    return replace(build_panel(flat), **exact, volume=volume)


PAIR = "2513.HK:pure_play;0700.HK:diversified"
QUICK = {"window": 4, "least": 4, "shrink": 0.0}


def weights(strategy: Any, codes: str = PAIR, panel: Panel | None = None) -> dict[str, float]:
    panel = panel or market()
    legs = strategy.legs(ledger(launch_of(codes, NIGHT)), panel)
    return {panel.codes[leg["code"]]: float(leg["side"] * leg["weight"]) for leg in legs}


def test_betas_end_before_the_launch() -> None:
    """Known on the night before 12 February: row 4 is the last that was over."""
    assert base_rows(ledger(launch_of(PAIR, NIGHT)), market()).tolist() == [4]
    noon = ledger(launch_of(PAIR, "2026-02-12T12:10+08:00"))
    assert base_rows(noon, market()).tolist() == [4]  # the session it falls into may be its reaction


def test_beta_neutral_sides_against_each_other() -> None:
    """Zhipu moves four times as much as Tencent, held at 3: 0.1 × 3 = 0.3 × 1 of 0.4."""
    assert weights(LongShort(gross=0.4, neutral="beta", **QUICK)) == pytest.approx(
        {"2513.HK": 0.1, "0700.HK": -0.3}
    )
    half_way = LongShort(gross=0.4, neutral="beta", **(QUICK | {"shrink": 0.5}))  # (4 + 1) / 2 = 2.5
    assert weights(half_way) == pytest.approx({"2513.HK": 0.4 / 3.5, "0700.HK": -1 / 3.5})


def test_too_short_a_history_counts_as_beta_one() -> None:
    asked = LongShort(gross=0.4, neutral="beta", window=10, least=5, shrink=0.0)
    assert weights(asked) == pytest.approx({"2513.HK": 0.2, "0700.HK": -0.2})


def test_a_fund_takes_what_is_left_of_beta() -> None:
    """Long only: 0.5 of Zhipu has 1.0 of the fund's beta, and both together are brought to 0.5."""
    asked = BuyLaunch(gross=0.5, neutral="beta", hedge=("3033.HK",), **QUICK)
    assert weights(asked) == pytest.approx({"2513.HK": 1 / 6, "3033.HK": -1 / 3})
    money = BuyLaunch(gross=0.5, neutral="money", hedge=("3033.HK",), **QUICK)
    assert weights(money) == pytest.approx({"2513.HK": 0.25, "3033.HK": -0.25})


def test_the_fund_hedges_the_net_of_both_sides() -> None:
    """0.2 × 2 − 0.2 × 0.5 = 0.3; of 0.7 in all to 0.4."""
    asked = LongShort(gross=0.4, neutral="beta", hedge=("3033.HK",), **QUICK)
    scale = 0.4 / 0.7
    assert weights(asked) == pytest.approx(
        {"2513.HK": 0.2 * scale, "0700.HK": -0.2 * scale, "3033.HK": -0.3 * scale}
    )


def test_weights_by_inverse_volatility_and_by_liquidity() -> None:
    """Volatilities 4 : 1; traded value 300 × 1 to 500 × 3 million, before the launch, on four levels of the prices."""
    both = "2513.HK:pure_play;0700.HK:pure_play"
    assert weights(BuyLaunch(gross=0.5, weights="inverse-vol", **QUICK), both) == pytest.approx(
        {"2513.HK": 0.1, "0700.HK": 0.4}
    )
    zhipu, tencent = (np.mean(path(a, m)[1:5]) for a, m in ((300.0, ZHIPU), (500.0, TENCENT)))
    value = np.array([zhipu, 3 * tencent])
    found = weights(BuyLaunch(gross=0.5, weights="liquidity", **QUICK), both, market((1e6, 3e6, 1e6)))
    assert [found["2513.HK"], found["0700.HK"]] == pytest.approx((0.5 * value / value.sum()).tolist())


def test_a_cap_on_the_usual_value_traded_spreads_the_rest() -> None:
    """A tenth of Zhipu's 1,000 shares a day, about 31,000 of a million, is 3.1 %; Tencent takes what is cut."""
    panel = market((1e3, 1e9, 1e6))
    both = "2513.HK:pure_play;0700.HK:pure_play"
    most = 0.1 * 1e3 * float(np.mean(path(300.0, ZHIPU)[1:5])) / 1e6
    found = weights(BuyLaunch(gross=0.5, adv_cap=0.1, adv_capital=1e6, **QUICK), both, panel)
    assert found == pytest.approx({"2513.HK": most, "0700.HK": 0.5 - most})
    paired = LongShort(gross=0.4, adv_cap=0.1, adv_capital=1e6, neutral="money", **QUICK)
    assert weights(paired, PAIR, panel) == pytest.approx({"2513.HK": most, "0700.HK": -most})


def test_a_hedge_without_bars_or_without_a_purpose_is_refused() -> None:
    with pytest.raises(ConfigError, match=r"the hedge 2800.HK has no bars in the panel"):
        weights(LongShort(neutral="beta", hedge=("2800.HK",)))
    with pytest.raises(ConfigError, match="set neutral to money or beta"):
        LongShort(hedge=("3033.HK",))
    with pytest.raises(ConfigError, match="no estimate would ever be known"):
        LongShort(neutral="beta", window=10)


def test_what_overlaps_is_told_among_the_choices() -> None:
    launches = ledger(launch_of(PAIR, NIGHT, "a"), launch_of(PAIR, NIGHT, "b"))
    choices = LongShort(overlap="skip").choices(launches, market())
    assert [(one.launch, one.reason) for one in choices] == [
        (0, ""), (0, ""), (1, "held by an earlier launch"), (1, "held by an earlier launch"),
    ]  # fmt: skip
    assert [one.weight > 0.0 for one in choices[:2]] == [True, True]
    assert [one.weight for one in choices[2:]] == [0.0, 0.0]


# nothing known later enters


@cache
def sample() -> tuple[Launches, Panel]:
    launches = load_launches()
    codes = tuple(dict.fromkeys([*launches.codes, "3033.HK", "510300.SS"]))
    return launches, load_panel(codes)


ASKED = st.fixed_dictionaries(
    {
        "neutral": st.sampled_from(("money", "beta")),
        "hedge": st.sampled_from(((), ("3033.HK",), ("510300.SS", "3033.HK"))),
        "weights": st.sampled_from(("equal", "inverse-vol", "liquidity")),
        "overlap": st.sampled_from(("stack", "net", "skip", "cap")),
        "adv_cap": st.sampled_from((None, 0.02)),
        "window": st.sampled_from((20, 60)),
        "entry": st.sampled_from(("open", "close")),
        "lag": st.integers(0, 2),
        "hold": st.sampled_from((1, 5, 30)),
    }
)
SOME = settings(max_examples=25)


def described(legs: NDArray[Any], launches: Launches) -> list[tuple[Any, ...]]:
    names = ("row", "code", "side", "weight", "at", "hold")
    return [(launches[int(leg["launch"])].id, *(leg[name].item() for name in names)) for leg in legs]


@SOME
@given(ASKED, st.sampled_from(tuple(STRATEGIES)), st.integers(2, 10_000))
def test_the_ledger_and_the_panel_cut_at_any_day_give_the_same_legs(
    asked: dict[str, Any], name: str, at: int
) -> None:
    launches, panel = sample()
    strategy = STRATEGIES[name](**asked)
    t = at % len(panel)
    end = datetime.combine(panel.sessions[t].astype(object), datetime.min.time(), CHINA_TIME)
    then = launches.as_of(end + timedelta(days=1))
    whole = strategy.legs(launches, panel)
    seen = strategy.legs(then, panel.until(t))
    assert described(seen, then) == described(whole[whole["row"] <= t], launches)


def test_before_the_span_nothing_is_estimated_and_no_hedge_stands_alone() -> None:
    """The gap of a launch before the first session is not known, so that its hedge would have nothing to hedge."""
    launches, panel = sample()
    bases = base_rows(launches, panel)
    assert bases.min() == -1
    hedged = STRATEGIES["fade-gap"](neutral="beta", hedge=("3033.HK",), entry="open", hold=1, window=20)
    legs = hedged.legs(launches, panel)
    for launch in np.unique(legs["launch"]):
        sides = set(legs["side"][legs["launch"] == launch].tolist())
        assert sides == {-1, 1}, launches[int(launch)].id


@SOME
@given(ASKED, st.integers(0, 10_000))
def test_no_price_after_the_base_row_changes_a_launch(asked: dict[str, Any], at: int) -> None:
    """The closes, volumes and marks from the first session of a launch on are other numbers; its weights are not."""
    launches, panel = sample()
    strategy = LongShort(**(asked | {"overlap": "stack"}))
    whole = strategy.legs(launches, panel)
    launch = int(whole["launch"][at % len(whole)])
    base = int(base_rows(launches, panel)[launch])
    changed: dict[str, Any] = {}
    for field in ("open", "high", "low", "close", "volume", "mark"):
        values: F8 = getattr(panel, field).copy(order="F")
        values[base + 1 :] *= np.random.default_rng(at).uniform(0.2, 5.0, values[base + 1 :].shape)
        changed[field] = values
    other = strategy.legs(launches, replace(panel, **changed))
    mine = [described(legs[legs["launch"] == launch], launches) for legs in (whole, other)]
    assert mine[0] == mine[1]
    assert mine[0]


@pytest.mark.parametrize("overlap", ["net", "skip", "cap"])
def test_the_guard_against_foresight_lets_a_balanced_strategy_pass(overlap: Any) -> None:
    launches, panel = sample()
    strategy = LongShort(neutral="beta", weights="liquidity", adv_cap=0.05, overlap=overlap, hold=10)
    refuse_foresight(strategy, launches, panel, strategy.legs(launches, panel))


def test_both_engines_trade_a_hedged_book_alike() -> None:
    launches, panel = sample()
    strategy = LongShort(neutral="beta", hedge=("3033.HK",), weights="inverse-vol", overlap="cap")
    legs = strategy.legs(launches, panel)
    assert (legs["code"] == panel.column("3033.HK")).any()
    one, other = (execute(legs, panel, Config(), engine) for engine in ("backtrader", "compiled"))
    assert one.equity == pytest.approx(other.equity, rel=1e-9)
    assert len(one.fills) == len(other.fills) > 0


def test_a_sweep_shares_no_legs_over_what_shapes_them() -> None:
    """Which launches overlap depends on how long they are held."""
    launches, panel = sample()

    def job(strategy: LongShort, values: dict[str, tuple[Any, ...]]) -> LegSweep:
        return LegSweep(Variants(strategy), Grid(values), launches, panel, Config(), 253.0)

    holds: dict[str, tuple[Any, ...]] = {"hold": (1, 2, 3)}
    assert job(LongShort(neutral="beta"), holds).shared(0) is not None
    assert job(LongShort(overlap="skip"), holds).shared(0) is None
    assert job(LongShort(overlap="cap"), {"gross": (0.2, 0.4)}).shared(0) is None
    measured = job(LongShort(overlap="skip"), holds).measure(np.arange(3)).metrics
    for number, hold in enumerate((1, 2, 3)):
        alone = LongShort(overlap="skip", hold=hold)
        equity = execute(alone.legs(launches, panel), panel, Config(), "compiled").equity
        assert measured[number, 0] == pytest.approx(equity[-1] / equity[0] - 1.0, rel=1e-6)
