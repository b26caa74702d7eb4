"""Rows that launches reach, and the minute in which an order is ready: by the clock."""

from dataclasses import replace

import numpy as np
import pytest

from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.data.panel.reach import first_rows, reached_rows, ready_minutes

from ...markets.small_bars import bars
from ...markets.small_market import DAYS, launch_of, ledger


@pytest.fixture
def panel() -> Panel:
    return build_panel([bars("600519.SS", DAYS, [10.0] * len(DAYS))], currency="CNY")


@pytest.mark.parametrize(
    ("news", "row"),
    [
        ("2026-01-05T12:00+08:00", -1),  # months before
        ("2026-03-04T20:00+08:00", 0),  # the eve of the first session
        ("2026-03-04T05:00+08:00", -1),  # the session before the first
        ("2026-03-06T09:30+08:00", 2),
        ("2026-03-13T09:30+08:00", 7),  # after the last open
    ],
)
def test_a_launch_reaches_the_next_open_minus_one_before_the_panel_and_its_length_after(
    panel: Panel, news: str, row: int
) -> None:
    rows = first_rows(ledger(launch_of("600519.SS", news)), panel, "open")
    assert rows[0, panel.exchange_of[0]] == row


def test_an_exchange_without_a_session_in_the_panel_reaches_none_and_no_launch_no_row(panel: Panel) -> None:
    shut = replace(panel, exchange_open=np.zeros_like(panel.exchange_open))
    exchange, known = int(panel.exchange_of[0]), ledger(launch_of("600519.SS")).known_ns()
    assert reached_rows(known, shut, exchange, "open", reaction_minutes=15.0).tolist() == [-1]
    assert reached_rows(known[:0], panel, exchange, "open", reaction_minutes=15.0).tolist() == []


@pytest.mark.parametrize(
    ("news", "minute"),
    [
        ("2026-03-06T01:00+08:00", 0),  # there for the opening auction
        ("2026-03-06T09:30+08:00", 10 * 60),
        ("2026-03-06T09:30:01+08:00", 10 * 60 + 1),  # a begun minute counts as the next
        ("2026-03-06T13:40+08:00", 14 * 60 + 10),
        ("2026-03-06T05:40+00:00", 14 * 60 + 10),  # the same on another clock
    ],
)
def test_an_order_is_ready_half_an_hour_after_its_news_on_the_clock_of_china(
    panel: Panel, news: str, minute: int
) -> None:
    launches = replace(ledger(launch_of("600519.SS", news)), reaction_minutes=30.0)
    one, exchange = np.zeros(1, np.int32), panel.exchange_of[:1]
    assert ready_minutes(launches, panel, one, one + 1, exchange).tolist() == [minute]
    assert ready_minutes(launches, panel, one, one + 2, exchange).tolist() == [0]
