"""The law of orders: those of a day are what the run that knows the next session then trades, or is refused.

What depends on the open or the session itself says so, and may be sent or not; everything else must be, to the share.
"""

from functools import cache
from typing import Any, NamedTuple

import numpy as np
import pytest
from numpy.typing import NDArray

import launchlab as ll
from launchlab.engine.backtest.backtest import checked_legs, execute
from launchlab.engine.config import Config, ExitOn, Pairing
from launchlab.engine.legs import AT_NAMES, TOUCH, Reason
from launchlab.engine.orders.next_session import planned_orders
from launchlab.strategies.loading.loading import build_strategy

CASES: tuple[tuple[str, dict[str, Any], dict[str, Any]], ...] = (
    ("long-short", {}, {}),
    ("long-short", {"entry": "close", "stop": 0.04, "target": 0.06}, {"reaction_minutes": 0}),
    ("buy-launch", {"trail": 0.05, "wait": 6, "hold": 2, "gross": 1.5}, {"exit_on": "touch"}),
    ("buy-launch", {"roles": ("concept", "pure_play"), "gross": 2.5, "stop": 0.03}, {"participation": 0.001}),
    ("long-short", {"longs": "both", "lag": 1}, {"pairing": "matched", "capital": 300_000.0}),
    ("fade-gap", {"entry": "open", "hold": 2}, {}),
    ("fade-gap", {"entry": "close", "hold": 3}, {"slippage_bp": 20.0}),
    ("suppliers", {"neutral": "beta"}, {"dates_known": "start"}),
    ("rivals", {"gross": 4.0, "hold": 9}, {"max_gross": 4.0, "maintenance": 0.2}),
    ("sector-pair", {"weights": "inverse-vol"}, {"limit_policy": "opened"}),
)
Key = tuple[str, str, str, bool]


class Case(NamedTuple):
    """A strategy on the sample, its portfolio, and what the run that knows everything sent by row."""

    strategy: Any
    launches: ll.Launches
    config: Config
    sent: dict[int, dict[Key, float]]
    touched: set[tuple[int, str, str]]
    split: tuple[
        tuple[int, int], ...
    ]  # first rows of a launch's shorts and last of its longs, where those come later


@cache
def market() -> ll.Market:
    return ll.load_market()


@cache
def case(number: int) -> Case:
    name, settings, portfolio = CASES[number]
    panel, config = market().panel, Config(**portfolio)
    strategy = build_strategy(name, settings)
    launches = market().launches.timed(
        reaction_minutes=config.reaction_minutes, dates_known=config.dates_known
    )
    legs = checked_legs(strategy.legs(launches, panel), panel, len(launches))
    run = execute(legs, panel, config, "compiled")
    wanted = {
        (b["row"], b["at"], b["leg"]): (float(b["wanted"]), b)
        for b in run.blocks
        if b["wanted"] != 0.0 and (b["reason"] != Reason.UNPAIRED or b["filled"] != 0.0)
    }
    for f in run.fills:
        if f["reason"] not in (Reason.DELISTED, Reason.END):
            wanted.setdefault((f["row"], f["at"], f["leg"]), (float(f["shares"]), f))
    sent: dict[int, dict[Key, float]] = {}
    touched = set()
    for (row, at, _), (shares, record) in wanted.items():
        code, launch = panel.codes[record["code"]], launches[record["launch"]].id
        if at == TOUCH:
            touched.add((int(row), code, launch))
            continue
        sent.setdefault(int(row), {})[AT_NAMES[at], code, launch, shares > 0] = shares
    return Case(strategy, launches, config, sent, touched, split(legs))


def split(legs: NDArray[Any]) -> tuple[tuple[int, int], ...]:
    """Of each launch whose longs do not all begin with its shorts: first row of the shorts, last of the longs."""
    spans = []
    for launch in np.unique(legs["launch"]):
        own = legs[legs["launch"] == launch]
        longs, shorts = own["row"][own["side"] > 0], own["row"][own["side"] < 0]
        if len(longs) and len(shorts) and longs.max() > shorts.min():
            spans.append((int(shorts.min()), int(longs.max())))
    return tuple(spans)


def hold_the_law(number: int, row: int) -> int:
    """Compare the orders decided at the close of a row with what was sent in the next; returns how many there are."""
    one, panel = case(number), market().panel
    if one.config.pairing is Pairing.MATCHED and any(first <= row + 1 < last for first, last in one.split):
        return 0  # shorts are sized against longs that the cut market does not have yet
    desk, planned, _ = planned_orders(
        one.strategy, one.launches, panel.until(row), one.config, market().brokerage
    )
    following = row + 1
    while str(panel.sessions[following]) != str(desk.panel.sessions[-1]):
        following += 1
    assert following == row + 1
    ex = {panel.codes[a["code"]] for a in panel.actions if a["row"] == following}
    gone = {(code, launch) for t, code, launch in one.touched if t == following}
    sent = {key: shares for key, shares in one.sent.get(following, {}).items() if key[1] not in ex}
    told = {
        (o.at, o.code, o.launch, o.shares > 0): o for o in planned if o.at != "touch" and o.code not in ex
    }
    must = {key for key, o in told.items() if not o.if_ and not (key[0] == "close" and key[1:3] in gone)}
    assert must <= set(sent) <= set(told), (CASES[number], panel.sessions[following])
    for key, shares in sent.items():
        if one.config.pairing is Pairing.MATCHED and shares < 0 and "entry" in told[key].why:
            assert told[key].if_  # the block of a part says what was wanted, not what was paired
            continue
        assert shares == pytest.approx(told[key].shares, abs=1e-9), (CASES[number], key, following)
    if one.config.exit_on is ExitOn.TOUCH:
        triggers = {(o.code, o.launch) for o in planned if o.at == "touch"}
        held = {
            (panel.codes[leg.code], one.launches[leg.launch].id) for leg in desk.live if leg.opened_on >= 0
        }
        assert {pair for pair in gone if pair in held and pair[0] not in ex} <= triggers
    return len(told)


def draws(count: int, seed: int) -> list[tuple[int, int]]:
    rng = np.random.default_rng(seed)
    rows = len(market().panel)
    return [(int(rng.integers(len(CASES))), int(rng.integers(2, rows - 1))) for _ in range(count)]


def test_orders_of_a_day_are_what_the_next_session_trades_or_refuses() -> None:
    assert sum(hold_the_law(number, row) for number, row in draws(12, seed=1)) > 8


@pytest.mark.slow
def test_orders_of_a_thousand_days_are_what_the_next_session_trades_or_refuses() -> None:
    told = [hold_the_law(number, row) for number, row in draws(1_000, seed=2)]
    assert sum(told) > 1_500


def test_the_row_ahead_has_the_rules_that_the_day_then_has() -> None:
    panel = market().panel
    from launchlab.data.panel.ahead import ahead

    for row in np.random.default_rng(3).integers(20, len(panel) - 1, 12).tolist():
        longer = ahead(panel.until(row), market().brokerage)
        assert longer.sessions[-1] == panel.sessions[row + 1]
        same = ~np.isin(np.arange(len(panel.codes)), panel.actions["code"][panel.actions["row"] == row + 1])
        same &= (panel.status[row + 1] == 1) & ~np.isnan(panel.mark[row])
        for name in ("lot_min", "lot_step", "max_order", "t_plus_one", "shortable", "borrow", "tick_table",
                     "limit_up", "limit_down", "ref"):  # fmt: skip
            was, now = getattr(panel, name)[row + 1], getattr(longer, name)[-1]
            assert np.array_equal(was[same], now[same], equal_nan=True), (name, panel.sessions[row + 1])
        assert np.array_equal(longer.costs[-1], panel.costs[row + 1])
        assert np.array_equal(longer.exchange_open[-1], panel.exchange_open[row + 1])
        assert np.array_equal(longer.sessions_done[-1], panel.sessions_done[row + 1])
