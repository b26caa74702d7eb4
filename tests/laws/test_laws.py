"""Laws that hold in every market: nothing knows the future, the books balance, the exchanges' rules are kept."""

from collections import defaultdict
from dataclasses import replace
from datetime import datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import pytest
from hypothesis import Phase, example, given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from launchlab.data.calendars.hours import CHINA_TIME
from launchlab.data.ledger.launch import Launches
from launchlab.data.ledger.ledger import load_launches
from launchlab.data.panel.build import PanelOptions, load_panel
from launchlab.data.panel.panel import DELISTED, TRADING, Panel
from launchlab.data.universe.table import load_universe
from launchlab.engine.backtest.backtest import execute
from launchlab.engine.compiled.simulate import simulate
from launchlab.engine.config import Config, LimitPolicy, Pairing
from launchlab.engine.legs import CLOSE, OPEN, Reason
from launchlab.engine.results.run import Run
from launchlab.strategies import STRATEGIES

from ..markets.random_markets import random_config, random_legs, random_panel

SEEDS = st.integers(0, 2**32 - 1)
QUICK = settings(max_examples=40, phases=(Phase.explicit, Phase.reuse, Phase.generate))
FEW = settings(max_examples=12, phases=(Phase.explicit, Phase.reuse, Phase.generate))
CENT = 0.01


def drawn(seed: int) -> tuple[Panel, NDArray[Any], Config]:
    rng = np.random.default_rng(seed)
    panel = random_panel(rng)
    return panel, random_legs(rng, panel), random_config(rng)


# no look-ahead: strategies


@cache
def sample() -> tuple[Launches, Panel]:
    launches = load_launches()
    return launches, load_panel(
        (*launches.codes, "3033.HK"), options=PanelOptions(universe=load_universe())
    )  # with the fund that sector-pair sells


def end_of(panel: Panel, t: int) -> datetime:
    """The last instant of session t: midnight in Hong Kong."""
    day = panel.sessions[t].astype(object)
    return datetime(day.year, day.month, day.day, tzinfo=CHINA_TIME) + timedelta(days=1)


def named(legs: NDArray[Any], launches: Launches) -> list[tuple[Any, ...]]:
    """Legs with the id of their launch instead of its position in the ledger; NaN as None."""
    rows = []
    for leg in legs:
        values = [None if value != value else value for value in leg.item()]
        rows.append((launches[values[0]].id, *values[1:]))
    return rows


VARIANTS: tuple[dict[str, Any], ...] = ({"entry": "open"}, {"entry": "close", "lag": 1})


@pytest.mark.parametrize("settings_of", VARIANTS, ids=lambda one: one["entry"])
@pytest.mark.parametrize("name", STRATEGIES)
def test_a_strategy_sees_only_what_was_known(name: str, settings_of: dict[str, Any]) -> None:
    launches, panel = sample()
    every_kind = tuple({launch.kind for launch in launches})
    strategy = STRATEGIES[name](kinds=every_kind, **settings_of)
    whole = strategy.legs(launches, panel)
    assert len(whole) > 0
    rng = np.random.default_rng(len(name))
    rows = {0, len(panel) - 1, *whole["row"][:4], *(whole["row"][:4] - 1), *rng.integers(0, len(panel), 12)}
    for t in sorted(int(row) for row in rows):
        then = launches.as_of(end_of(panel, t))
        seen = strategy.legs(then, panel.until(t))
        assert named(seen, then) == named(whole[whole["row"] <= t], launches), f"row {t}"


# no look-ahead: both engines


def until(run: Run, t: int) -> tuple[list[Any], list[Any], list[Any], list[float]]:
    return (
        run.fills[run.fills["row"] <= t].tolist(),
        run.blocks[run.blocks["row"] <= t].tolist(),
        run.positions[run.positions["row"] <= t].tolist(),
        run.equity[: t + 1].tolist(),
    )


@pytest.mark.parametrize("engine", ["compiled", "backtrader"])
@FEW
@given(SEEDS, st.data())
def test_what_happened_until_t_does_not_depend_on_later_sessions(
    engine: str, seed: int, data: st.DataObject
) -> None:
    panel, legs, config = drawn(seed)
    # closing out belongs to the last session, and a matched short is sized against longs that start later too
    config = config.model_copy(update={"close_out": False, "pairing": Pairing.INDEPENDENT})
    t = data.draw(st.integers(5, len(panel) - 1), label="t")
    whole = execute(legs, panel, config, engine)
    prefix = execute(legs[legs["row"] <= t], panel.until(t), config, engine)
    assert until(prefix, t) == until(whole, t)


@pytest.mark.parametrize("engine", ["compiled", "backtrader"])
@FEW
@given(SEEDS, st.data())
def test_changing_later_prices_changes_no_earlier_fill(engine: str, seed: int, data: st.DataObject) -> None:
    panel, legs, config = drawn(seed)
    t = data.draw(st.integers(5, len(panel) - 2), label="t")
    changed = {}
    for name in ("open", "high", "low", "close", "mark", "ref", "volume", "fx", "limit_up", "limit_down"):
        values = getattr(panel, name).copy()
        values[t + 1 :] *= 1.07
        changed[name] = values
    first = execute(legs, panel, config, engine)
    second = execute(legs, replace(panel, **changed), config, engine)
    assert until(first, t) == until(second, t)


@pytest.mark.parametrize("engine", ["compiled", "backtrader"])
@FEW
@given(SEEDS, st.data())
def test_the_fixing_of_a_session_decides_no_order_of_it(engine: str, seed: int, data: st.DataObject) -> None:
    """It is published when both exchanges have closed: it values what was traded, and no more."""
    panel, legs, config = drawn(seed)
    t = data.draw(st.integers(5, len(panel) - 1), label="t")
    fx = panel.fx.copy()
    fx[t:] *= data.draw(st.sampled_from([0.8, 1.25]), label="move")
    first = execute(legs, panel, config, engine)
    second = execute(legs, replace(panel, fx=fx), config, engine)
    names = ["row", "at", "code", "leg", "reason", "shares", "price"]
    was, now = (run.fills[run.fills["row"] <= t] for run in (first, second))
    assert was[names].tolist() == now[names].tolist()
    assert until(first, t)[1] == until(second, t)[1]


# the books


@QUICK
@given(SEEDS)
def test_cash_and_positions_are_the_equity_on_every_row(seed: int) -> None:
    panel, legs, config = drawn(seed)
    run = simulate(legs, panel, config)
    cash, worth = config.capital, np.zeros(len(panel))
    f = run.fills
    money = (f["shares"] * f["price"]) * f["fx"] + f["commission"] + f["stamp"] + f["levies"]
    flow = np.bincount(f["row"], -money, minlength=len(panel)) - run.borrow + run.dividends
    np.testing.assert_allclose(run.cash, cash + np.cumsum(flow), rtol=1e-9, atol=1e-5)
    p = run.positions
    value = p["shares"] * panel.mark[p["row"], p["code"]] * panel.fx[p["row"], panel.currency_of[p["code"]]]
    worth += np.bincount(p["row"], value, minlength=len(panel))
    np.testing.assert_allclose(run.equity, run.cash + worth, rtol=1e-9, atol=1e-5)


@QUICK
@given(SEEDS)
def test_every_share_bought_is_sold_held_or_written_off(seed: int) -> None:
    panel, legs, config = drawn(seed)
    run = simulate(legs, panel, config)
    held = [0.0] * len(legs)
    for t in range(len(panel)):
        for action in panel.actions[panel.actions["row"] == t]:
            for k in np.flatnonzero(legs["code"] == action["code"]):
                held[k] = float(np.trunc(held[k] * action["ratio"] + np.copysign(1e-6, held[k])))
        for fill in run.fills[run.fills["row"] == t]:
            held[fill["leg"]] += fill["shares"]
        open_now: dict[int, float] = defaultdict(float)
        for k, shares in enumerate(held):
            assert shares * legs["side"][k] >= 0.0, "a leg never turns over"
            open_now[int(legs["code"][k])] += shares
        kept = {int(p["code"]): p["shares"] for p in run.positions[run.positions["row"] == t]}
        assert kept == {code: shares for code, shares in open_now.items() if shares}


@QUICK
@given(SEEDS)
def test_no_order_takes_the_cash_below_zero(seed: int) -> None:
    panel, legs, config = drawn(seed)
    panel = replace(panel, fx=np.tile(panel.fx[:1], (len(panel), 1)))  # or a fixing may, after the order
    fills = simulate(legs, panel, config).fills
    buys = fills[(fills["shares"] > 0) & (fills["reason"] != Reason.DELISTED)]
    assert (buys["cash"] >= -1e-6).all()


# the exchanges' rules


def bars_of(panel: Panel, fills: NDArray[Any]) -> dict[str, NDArray[Any]]:
    names = ("status", "open", "high", "low", "close", "volume", "limit_up", "limit_down", "t_plus_one")
    names += ("lot_min", "lot_step", "shortable")
    return {name: getattr(panel, name)[fills["row"], fills["code"]] for name in names}


@QUICK
@given(SEEDS)
def test_no_fill_leaves_the_limits_and_no_locked_board_is_bought(seed: int) -> None:
    panel, legs, config = drawn(seed)
    if config.limit_policy is LimitPolicy.IGNORE:
        config = config.model_copy(update={"limit_policy": LimitPolicy.OPENED})
    fills = simulate(legs, panel, config).fills
    fills = fills[fills["reason"] != Reason.DELISTED]
    bar = bars_of(panel, fills)
    assert (bar["status"] == TRADING).all()
    assert (fills["price"] <= bar["limit_up"] + 1e-6).all()
    assert (fills["price"] >= bar["limit_down"] - 1e-6).all()
    buys = fills["shares"] > 0
    assert not (buys & (bar["low"] >= bar["limit_up"] - 1e-6)).any()
    assert not (~buys & (bar["high"] <= bar["limit_down"] + 1e-6)).any()
    at_close = fills["at"] == CLOSE
    assert not (at_close & buys & (bar["close"] >= bar["limit_up"] - 1e-6)).any()
    assert not (at_close & ~buys & (bar["close"] <= bar["limit_down"] + 1e-6)).any()
    if config.limit_policy is LimitPolicy.STRICT:
        at_open = fills["at"] == OPEN
        assert not (at_open & buys & (bar["open"] >= bar["limit_up"] - 1e-6)).any()
        assert not (at_open & ~buys & (bar["open"] <= bar["limit_down"] + 1e-6)).any()


@QUICK
@given(SEEDS)
@example(3584)
def test_no_mainland_share_is_sold_on_the_day_it_was_bought(seed: int) -> None:
    panel, legs, config = drawn(seed)
    entered = set()  # a margin call may come before more of an entry, on the same day
    for fill in simulate(legs, panel, config).fills:
        if fill["reason"] == Reason.ENTRY:
            entered.add((fill["leg"], fill["row"]))
        elif fill["reason"] != Reason.DELISTED and panel.t_plus_one[fill["row"], fill["code"]]:
            assert (fill["leg"], fill["row"]) not in entered


@QUICK
@given(SEEDS)
def test_odd_lots_only_close_a_leg(seed: int) -> None:
    panel, legs, config = drawn(seed)
    run = simulate(legs, panel, config)
    held: dict[int, float] = defaultdict(float)
    actions = panel.actions
    for t in range(len(panel)):
        for action in actions[actions["row"] == t]:
            for k in np.flatnonzero(legs["code"] == action["code"]):
                held[k] = float(np.trunc(held[k] * action["ratio"] + np.copysign(1e-6, held[k])))
        for fill in run.fills[run.fills["row"] == t]:
            held[fill["leg"]] += fill["shares"]
            size, lot = abs(fill["shares"]), panel.lot_step[t, fill["code"]]
            legal = size >= panel.lot_min[t, fill["code"]] and size % lot == 0
            if fill["reason"] == Reason.ENTRY:
                assert legal or lot == 1
                assert size >= panel.lot_min[t, fill["code"]]
            elif fill["reason"] != Reason.DELISTED and held[fill["leg"]] != 0.0:
                assert size % lot == 0


@QUICK
@given(SEEDS)
def test_shorts_open_only_where_they_may_and_within_the_volume(seed: int) -> None:
    panel, legs, config = drawn(seed)
    fills = simulate(legs, panel, config).fills
    bar = bars_of(panel, fills)
    opening = (fills["reason"] == Reason.ENTRY) & (fills["shares"] < 0)
    assert bar["shortable"][opening].all()
    traded = np.zeros_like(panel.volume)
    kept = fills["reason"] != Reason.DELISTED
    np.add.at(traded, (fills["row"][kept], fills["code"][kept]), np.abs(fills["shares"][kept]))
    assert (traded <= config.participation * panel.volume + 1e-6).all()


@QUICK
@given(SEEDS)
def test_nothing_is_held_of_a_delisted_code(seed: int) -> None:
    panel, legs, config = drawn(seed)
    held = simulate(legs, panel, config).positions
    assert not (panel.status[held["row"], held["code"]] == DELISTED).any()


@QUICK
@given(SEEDS)
def test_gross_stays_within_its_limit_after_every_entry(seed: int) -> None:
    panel, legs, config = drawn(seed)
    run = simulate(legs, panel, config)
    nav = np.concatenate([[config.capital], run.equity[:-1]])
    entries = run.fills[run.fills["reason"] == Reason.ENTRY]
    known = panel.fx[entries["row"] - 1, panel.currency_of[entries["code"]]]
    value = np.abs(entries["shares"]) * entries["price"] * known
    assert (value <= config.max_gross * nav[entries["row"]] + CENT).all()
