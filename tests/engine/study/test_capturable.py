"""The parts of a reaction, on prices worked out by hand."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from launchlab.data.panel.panel import Panel
from launchlab.data.panel.returns import panel_returns
from launchlab.data.rules.costs import COST_WIDTH
from launchlab.engine.study.capturable import Capture, RoundTrip, capture, cost_share, sealed, waterfall
from launchlab.engine.study.events import find_events

from ...markets.research_market import days, launch, ledger, panel_of, walk

GRID = days("2025-06-02", "2025-07-31")
T = len(GRID)
D = int(np.flatnonzero(np.datetime64("2025-06-12") == GRID)[0])
CODE = "688158.SS"
NEWS = ledger(launch("a", "2025-06-12T01:18+08:00", [CODE]))


def market(close: dict[int, float], opens: dict[int, float] | None = None, **about: object) -> Panel:
    """Flat at 10.00; `close` and `opens` are given by sessions from day 0, and closes hold until the next."""
    price = np.full(T, 10.0)
    for offset, value in close.items():
        price[D + offset :] = value
    start = price.copy()
    for offset, value in (opens or {}).items():
        start[D + offset] = value
    return panel_of({CODE: price}, rows=GRID, opens={CODE: start}, **about)  # type: ignore[arg-type]


def captured(panel: Panel, order: RoundTrip | None = None) -> Capture:
    events, _ = find_events(NEWS, panel)
    return capture(panel, panel_returns(panel), events, order or RoundTrip(last=2))[0]


def parts(found: Capture) -> tuple[float, float, float, float, float]:
    return found.paper, found.missed_gap, found.missed_limits, found.costs, found.captured


def test_the_gap_before_the_first_open_is_missed() -> None:
    """10.00 before the news, opens at 10.80, closes the window at 12.00."""
    found = captured(market({0: 11.0, 1: 12.0}, {0: 10.8}))
    assert parts(found) == pytest.approx((20.0, 8.0, 0.0, 0.0, 12.0))
    assert (found.entry, found.exit) == ("2025-06-12", "2025-06-16")


def test_two_sealed_limit_ups_are_lost_to_the_lock() -> None:
    """Opens at its limits 11.00 and 12.10, opens free at 12.50, closes at 13.00: 25 % is gone before the fill."""
    found = captured(market({0: 11.0, 1: 12.1, 2: 13.0}, {0: 11.0, 1: 12.1, 2: 12.5}, limit=0.10))
    assert parts(found) == pytest.approx((30.0, 10.0, 15.0, 0.0, 5.0))
    assert found.entry == "2025-06-16"


def test_a_board_locked_throughout_captures_nothing() -> None:
    found = captured(
        market({0: 11.0, 1: 12.1, 2: 13.31}, {0: 11.0, 1: 12.1, 2: 13.31}, limit=0.10),
        RoundTrip(last=2, wait=2),
    )
    assert parts(found) == pytest.approx((33.1, 10.0, 23.1, 0.0, 0.0))
    assert (found.entry, found.exit) == ("", "")


def test_a_buy_fills_at_the_open_though_the_close_is_sealed() -> None:
    """2026-02-12 in small: 37.54 before, 43.20 at the open, 45.05 at the 20 % limit."""
    price = np.full(T, 37.54)
    price[D:] = 45.05
    start = price.copy()
    start[D] = 43.20
    panel = panel_of({CODE: price}, rows=GRID, opens={CODE: start}, limit=0.20)
    found = captured(panel, RoundTrip(last=1))
    assert found.missed_gap == pytest.approx(100 * (43.20 / 37.54 - 1))
    assert found.captured == pytest.approx(100 * (45.05 - 43.20) / 37.54)
    assert sealed(panel)[D, 0]
    assert not sealed(panel)[D + 1, 0]


def test_a_sealed_limit_down_delays_the_exit_at_a_cost() -> None:
    """Bought at 10.00; the window ends sealed at 9.00, and 8.50 is the first close that could be sold."""
    found = captured(market({2: 9.0, 3: 8.5}, limit=0.10))
    assert parts(found) == pytest.approx((-10.0, 0.0, 5.0, 0.0, -15.0))
    assert found.exit == "2025-06-17"


def test_a_suspension_counts_as_a_lock() -> None:
    """Suspended on the window's last day: the exit waits and gains 2 %."""
    price = np.full(T, 10.0)
    price[D + 2] = np.nan
    price[D + 3 :] = 10.2
    found = captured(panel_of({CODE: price}, rows=GRID))
    assert parts(found) == pytest.approx((0.0, 0.0, -2.0, 0.0, 2.0))


def test_costs_of_both_sides_come_off() -> None:
    """Stamp of 0.1 % on the sale at 12.00: 0.12 % of the 10.00 before the news."""
    found = captured(market({1: 12.0}, stamp=0.001))
    assert parts(found) == pytest.approx((20.0, 0.0, 0.0, 0.12, 19.88))


def test_a_short_seller_sees_the_mirror_image() -> None:
    found = captured(market({0: 9.0}, {0: 9.5}), RoundTrip(last=2, side=-1))
    assert parts(found) == pytest.approx((10.0, 5.0, 0.0, 0.0, 5.0))


def test_news_inside_a_session_starts_from_the_close_before_it() -> None:
    """At 10:00 on 12 June: the last close before is 11 June's; the move of the 12th is part of the gap."""
    panel = market({0: 11.0, 1: 12.0})
    events, _ = find_events(ledger(launch("a", "2025-06-12T10:00+08:00", [CODE])), panel)
    found = capture(panel, panel_returns(panel), events, RoundTrip(last=0))[0]
    assert parts(found) == pytest.approx((20.0, 20.0, 0.0, 0.0, 0.0))
    assert found.entry == "2025-06-13"


def test_a_split_inside_the_window_is_no_part_of_the_reaction() -> None:
    price = np.full(T, 10.0)
    price[D + 1 :] = 5.0
    panel = panel_of({CODE: price}, rows=GRID, actions=[(D + 1, 0, 2.0, 0.0)])
    assert parts(captured(panel)) == pytest.approx((0.0,) * 5)


def test_minimum_fees_weigh_on_a_small_order() -> None:
    row = np.zeros(COST_WIDTH)
    row[8::4] = np.inf
    row[3], row[4] = 0.00025, 5.0
    panel = replace(market({}), costs=np.broadcast_to(row, (T, 1, COST_WIDTH)).copy())
    assert cost_share(panel, 0, 0, 1, value=1_000.0) == pytest.approx(0.005)
    assert cost_share(panel, 0, 0, 1, value=1_000_000.0) == pytest.approx(0.00025)


def test_fees_are_rounded_as_the_exchange_rounds_them() -> None:
    """Hong Kong's stamp duty of 0.1 % on 1,000.50 is 1.0005, asked as 2 whole dollars; 0.027 of a levy is 3 cents."""
    row = np.zeros(COST_WIDTH)
    row[8::4] = np.inf
    row[0], row[1], row[2], row[5] = 0.001, 0.001, 1.0, 2.7e-5
    panel = replace(market({}), costs=np.broadcast_to(row, (T, 1, COST_WIDTH)).copy())
    assert cost_share(panel, 0, 0, 1, value=1_000.5) == pytest.approx(2.03 / 1_000.5)


@settings(max_examples=30)
@given(st.integers(0, 10**6), st.sampled_from([1, -1]), st.integers(0, 8))
def test_the_parts_always_add_up_to_the_paper_reaction(seed: int, side: int, last: int) -> None:
    price = np.round(walk(T, seed, volatility=0.06, start=20.0), 2)
    price[np.random.default_rng(seed).random(T) < 0.1] = np.nan
    panel = panel_of({CODE: price}, rows=GRID, limit=0.10, stamp=0.001)
    events, _ = find_events(NEWS, panel)
    found = capture(panel, panel_returns(panel), events, RoundTrip(last=last, side=side))
    for one in found:
        assert one.paper == pytest.approx(
            one.missed_gap + one.missed_limits + one.costs + one.captured, abs=1e-9
        )
    total = waterfall(found)
    assert total.paper == pytest.approx(
        total.missed_gap + total.missed_limits + total.costs + total.captured, abs=1e-9
    )
    assert total.n == len(found)
