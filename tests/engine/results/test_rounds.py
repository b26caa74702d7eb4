"""Round trips and drawdowns by hand, and the books that they must add up to."""

import dataclasses

import pandas as pd
import pytest

from launchlab.engine.results.result import COLUMNS, Result
from launchlab.engine.results.rounds import OPEN

from ...markets.result_fixture import CAPITAL, make_result

DAYS = ("2026-01-05", "2026-01-06", "2026-01-07", "2026-01-08", "2026-01-09")


def of_fills(*rows: tuple[str, str, int, int, float, str]) -> Result:
    """A run of five sessions over fills of (session, code, leg, shares, price, reason), each with costs of 1."""
    columns = ["session", "code", "leg", "shares", "price", "reason"]
    fills = pd.DataFrame(list(rows), columns=columns).assign(launch="news", currency="CNY", fx=2.0, costs=1.0)
    result = make_result(sessions=5, launches=0)
    held = pd.DataFrame([(DAYS[-1], "0700.HK", 30, 12.0, 2.0, 720.0)], columns=list(COLUMNS["positions"]))
    return dataclasses.replace(
        result, fills=fills, positions=held, equity=result.equity.assign(session=list(DAYS))
    )


def test_a_round_trip_has_its_profit_after_costs_and_the_sessions_it_was_held() -> None:
    trip = of_fills(
        (DAYS[0], "600519.SS", 0, 100, 10.0, "entry"),
        (DAYS[1], "600519.SS", 0, 100, 11.0, "entry"),
        (DAYS[3], "600519.SS", 0, -200, 12.0, "hold"),
    ).round_trips.iloc[0]
    # paid 2,100 and received 2,400 CNY at 2.0, three fills at 1 each
    assert trip["profit"] == pytest.approx(600.0 - 3.0)
    assert trip["share"] == pytest.approx(597.0 / 4_200.0)
    assert (trip["paid"], trip["received"], trip["sessions"], trip["why"]) == (10.5, 12.0, 3, "hold")


def test_trips_stand_in_the_order_of_opening_each_with_its_own_side_and_sessions() -> None:
    """The code and the leg that would sort first open last."""
    trips = of_fills(
        (DAYS[0], "9988.HK", 1, -10, 10.0, "entry"),
        (DAYS[1], "0700.HK", 0, 20, 5.0, "entry"),
        (DAYS[2], "9988.HK", 1, 10, 9.0, "stop"),
        (DAYS[4], "0700.HK", 0, -20, 6.0, "hold"),
    ).round_trips
    assert trips[["code", "side", "opened", "closed", "sessions", "why"]].values.tolist() == [
        ["9988.HK", "short", DAYS[0], DAYS[2], 2, "stop"],
        ["0700.HK", "long", DAYS[1], DAYS[4], 3, "hold"],
    ]
    assert trips["profit"].tolist() == [pytest.approx(20.0 - 2.0), pytest.approx(40.0 - 2.0)]


def test_a_short_gains_where_the_price_falls() -> None:
    trip = of_fills(
        (DAYS[0], "0700.HK", 0, -10, 10.0, "entry"), (DAYS[1], "0700.HK", 0, 10, 9.0, "stop")
    ).round_trips.iloc[0]
    assert (trip["side"], trip["profit"]) == ("short", pytest.approx(20.0 - 2.0))


def test_shares_that_are_left_are_worth_the_last_price_and_called_open() -> None:
    trip = of_fills((DAYS[1], "0700.HK", 0, 30, 10.0, "entry")).round_trips.iloc[0]
    assert (trip["why"], trip["closed"], trip["sessions"]) == (OPEN, "", 3)
    assert trip["profit"] == pytest.approx(30 * 2.0 * 2.0 - 1.0)


def test_a_single_share_that_is_left_is_open_too() -> None:
    trip = of_fills(
        (DAYS[0], "0700.HK", 0, 30, 10.0, "entry"), (DAYS[2], "0700.HK", 0, -29, 12.0, "hold")
    ).round_trips.iloc[0]
    assert (trip["why"], trip["closed"], trip["received"]) == (OPEN, "", 12.0)
    assert trip["profit"] == pytest.approx(30 * 2.0 * 2.0 - 2.0)  # the last share at 12.00 as well


def test_what_is_worth_less_than_a_unit_of_money_is_open_as_well() -> None:
    run = of_fills((DAYS[0], "0700.HK", 0, 3, 0.1, "entry"))
    trip = dataclasses.replace(
        run, positions=run.positions.assign(shares=3, price=0.1, value=0.3)
    ).round_trips
    assert trip["why"].tolist() == [OPEN]


def test_a_split_between_entry_and_exit_leaves_no_shares_open() -> None:
    trip = of_fills(
        (DAYS[0], "0700.HK", 0, 100, 10.0, "entry"), (DAYS[2], "0700.HK", 0, -200, 5.5, "hold")
    ).round_trips.iloc[0]
    assert (trip["why"], trip["profit"]) == ("hold", pytest.approx(200.0 - 2.0))


def test_the_trips_add_up_to_what_the_equity_made() -> None:
    result = make_result()
    booked = result.equity["equity"].iloc[-1] - CAPITAL + result.equity["borrow"].sum()
    assert result.round_trips["profit"].sum() == pytest.approx(booked)


def test_a_run_without_fills_has_no_trips() -> None:
    assert make_result(flat=True).round_trips.empty


def test_drawdowns_are_told_from_peak_to_recovery_deepest_first() -> None:
    result = make_result(sessions=5, launches=0)
    level = [0.95, 1.10, 0.88, 0.99, 1.05]
    told = dataclasses.replace(
        result, equity=result.equity.assign(session=list(DAYS), equity=[CAPITAL * x for x in level])
    ).drawdowns
    # 1.10 falls to 0.88, a fifth, and is not made up; the first session fell from the capital itself
    assert told.to_dict("list") == {
        "peak": [DAYS[1], ""], "lowest": [DAYS[2], DAYS[0]], "back": ["", DAYS[1]],
        "depth": [pytest.approx(-0.2), pytest.approx(-0.05)], "sessions": [3, 2], "down": [1, 1], "up": [2, 1],
    }  # fmt: skip
