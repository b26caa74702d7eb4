"""Exits inside a session, worked by hand: after minutes of trading, and at levels that the minutes touch."""

from typing import Any, NamedTuple

import numpy as np
import pytest

from launchlab.data.ledger.ledger import load_launches
from launchlab.data.market.market import load_market
from launchlab.engine.backtest.backtest import RunOptions, backtest
from launchlab.engine.config import Config
from launchlab.engine.judge.clock import trading_later
from launchlab.engine.legs import CLOSE, OPEN
from launchlab.engine.results.result import Result
from launchlab.strategies import BuyLaunch

from ...markets.minute_files import HEAD, HONG_KONG, MAINLAND, clock

HEAD_OF_LEDGER = "id,announced_at,precision,company,product,kind,codes,source,note\n"
DAYS = ("2026-02-06", "2026-02-09", "2026-02-10", "2026-02-11", "2026-02-12", "2026-02-13")
ENGINES = ("backtrader", "compiled")
HK, CN = "0020.HK", "600589.SS"


class Day(NamedTuple):
    """Minute bars of a day: price by the minute from which it holds; each bar is as wide as `spread` on both sides."""

    day: str
    prices: dict[int, float]
    spread: float = 0.0
    volume: float = 1_000_000.0


def session(code: str, day: Day, length: int = 15) -> str:
    rows, price = [], 10.0
    for a, b in HONG_KONG if code == HK else MAINLAND:
        for start in range(a, b, length):
            price = day.prices.get(start, price)
            high, low = price + day.spread, price - day.spread
            stamp = f"{day.day} {clock(start + length)}"
            rows.append(f"{stamp},{price},{high},{low},{price},{day.volume},{price * day.volume}")
    return "\n".join(rows) + "\n"


@pytest.fixture
def world(tmp_path):
    def made(code: str, news: str, *days: Day, high: float = 11.0, low: float = 9.0) -> Any:
        daily = "date,open,high,low,close,volume,pre_close\n"
        for day in DAYS:
            daily += f"{day},10.0,{high},{low},10.0,30000000,10.0\n"
        for name in ("bars", "minutes"):
            (tmp_path / name).mkdir(exist_ok=True)
        (tmp_path / "bars" / f"{code}.csv").write_text(daily)
        (tmp_path / "minutes" / f"{code}.csv").write_text(HEAD + "".join(session(code, day) for day in days))
        row = f"launch,{news}+08:00,exact,Acme,One,launch,{code}:pure_play,https://example.org,\n"
        (tmp_path / "launches.csv").write_text(HEAD_OF_LEDGER + row)
        return load_market(
            launches=load_launches(tmp_path / "launches.csv"), prices=tmp_path / "bars", minutes=tmp_path / "minutes",
            benchmark="none", currency="HKD" if code == HK else "CNY", universe="none",
        )  # fmt: skip

    return made


def run(market: Any, engine: str, **rules: Any) -> Result:
    mine = {name: value for name, value in rules.items() if name in Config.model_fields}
    config = Config(**({"capital": 100_000.0, "reaction_minutes": 10.0} | mine))
    rest = {name: value for name, value in rules.items() if name not in mine}
    strategy = BuyLaunch(**({"entry": "now", "gross": 0.5, "hold": 1, "wait": 0} | rest))
    return backtest(strategy, market.launches, market.panel, config, options=RunOptions(engine=engine))


def trades(result: Result) -> list[tuple[str, str, str, float]]:
    return [
        (str(one.session)[:10], one.at, one.reason, float(one.price))
        for one in result.fills.itertuples(index=False)
    ]


def blocks(result: Result) -> list[tuple[str, str, str]]:
    return [(str(one.session)[:10], one.at, one.reason) for one in result.blocks.itertuples(index=False)]


NEWS, NEXT = "2026-02-09", "2026-02-10"


@pytest.mark.parametrize("engine", ENGINES)
class TestAfterMinutes:
    def test_in_hong_kong_a_leg_is_over_in_the_session_in_which_it_began(self, world, engine):
        market = world(HK, f"{NEWS}T10:05", Day(NEWS, {615: 10.2, 675: 10.6}))
        result = run(market, engine, hold_minutes=60)
        assert trades(result) == [(NEWS, "10:15", "entry", 10.2), (NEWS, "11:15", "hold", 10.6)]

    def test_the_lunch_break_is_no_time(self, world, engine):
        market = world(HK, f"{NEWS}T11:35", Day(NEWS, {}))
        assert trades(run(market, engine, hold_minutes=30))[1][:3] == (NEWS, "13:15", "hold")
        assert trades(run(market, engine, hold_minutes=15))[1][:3] == (NEWS, "13:00", "hold")

    def test_minutes_that_end_between_two_bars_are_over_with_the_next(self, world, engine):
        market = world(HK, f"{NEWS}T10:05", Day(NEWS, {}))
        assert trades(run(market, engine, hold_minutes=16))[1][:3] == (NEWS, "10:45", "hold")

    def test_the_night_is_no_time_either(self, world, engine):
        market = world(HK, f"{NEWS}T15:20", Day(NEWS, {}), Day(NEXT, {}))
        assert trades(run(market, engine, hold_minutes=60))[1][:3] == (NEXT, "10:00", "hold")

    def test_minutes_that_end_with_trading_end_in_the_closing_auction(self, world, engine):
        market = world(HK, f"{NEWS}T15:20", Day(NEWS, {}), Day(NEXT, {}))
        assert trades(run(market, engine, hold_minutes=30))[1][:3] == (NEWS, "close", "hold")

    def test_on_the_mainland_what_was_bought_today_goes_with_the_first_bar_of_tomorrow(self, world, engine):
        market = world(CN, f"{NEWS}T10:05", Day(NEWS, {}), Day(NEXT, {570: 9.8}))
        result = run(market, engine, hold_minutes=30)
        assert trades(result)[1] == (NEXT, "09:30", "hold", 9.8)
        assert blocks(result) == [(NEWS, "10:45", "t_plus_one")]

    def test_without_minute_bars_there_it_gets_out_at_the_close_and_says_so(self, world, engine):
        market = world(CN, f"{NEWS}T10:05", Day(NEWS, {}))
        result = run(market, engine, hold_minutes=30)
        assert trades(result)[1] == (NEXT, "close", "hold", 10.0)
        assert result.fates["reason"].tolist() == ["out at the close: no minute bars"]
        assert (
            "1 of 1 exits after minutes had no minute bars and waited for the close"
            in result.summary.unknowns
        )

    def test_a_board_at_its_lower_limit_blocks_bar_by_bar_and_what_is_left_goes_on(self, world, engine):
        sealed = Day(NEXT, {570: 9.0, 630: 9.4})
        market = world(CN, f"{NEWS}T10:05", Day(NEWS, {}), sealed)
        result = run(market, engine, hold_minutes=245)
        assert trades(result)[1:] == [(NEXT, "10:30", "hold", 9.4)]
        whole = world(CN, f"{NEWS}T10:05", Day(NEWS, {}), Day(NEXT, {570: 9.0}), Day("2026-02-11", {}))
        result = run(whole, engine, hold_minutes=245)
        assert blocks(result) == [(NEXT, "14:45", "limit_down")]
        assert trades(result)[1][:3] == ("2026-02-11", "09:30", "hold")

    def test_its_share_of_each_bar_is_sold_and_the_rest_in_the_next(self, world, engine):
        thin = Day(NEWS, {615: 10.2}, volume=30_000.0)
        market = world(HK, f"{NEWS}T10:05", thin)
        result = run(market, engine, hold_minutes=60, participation=0.1, capital=60_000.0)
        assert result.fills["shares"].tolist() == [3000, -3000]
        few = world(HK, f"{NEWS}T10:05", Day(NEWS, {615: 10.2}), Day(NEXT, {}, volume=30_000.0))
        result = run(few, engine, hold_minutes=330, participation=0.1, capital=80_000.0)
        assert [(one.at, int(one.shares)) for one in result.fills.itertuples()] == [
            ("10:15", 4000), ("10:15", -3000), ("10:30", -1000)
        ]  # fmt: skip

    def test_a_leg_of_an_auction_counts_from_it(self, world, engine):
        market = world(HK, f"{NEWS}T08:00", Day(NEWS, {}))
        for entry in ("now", "open"):
            result = run(market, engine, hold_minutes=30, entry=entry)
            assert [one[:3] for one in trades(result)] == [(NEWS, "open", "entry"), (NEWS, "10:00", "hold")]

    def test_two_legs_of_one_session_share_the_money_in_the_order_of_time(self, world, engine):
        market = world(HK, f"{NEWS}T10:05", Day(NEWS, {}))
        result = run(market, engine, hold_minutes=30, gross=1.0)
        bought, sold = result.fills.itertuples()
        assert bought.cash < 10_000 < sold.cash

    def test_what_a_launch_paid_still_adds_up(self, world, engine):
        market = world(HK, f"{NEWS}T10:05", Day(NEWS, {615: 10.2, 675: 10.6}))
        row = run(market, engine, hold_minutes=60, slippage_bp=10).launches.iloc[0]
        parts = ["missed_gap", "missed_wait", "missed_limits", "missed_size", "slippage", "missed_cash"]
        taken = sum(row[name] for name in parts) + row["costs"] + row["dividend_tax"] + row["borrow"]
        assert row["paper"] == pytest.approx(taken + row["captured"], abs=1e-9)


@pytest.mark.parametrize("engine", ENGINES)
class TestTouched:
    def test_a_bar_that_reaches_both_is_decided_by_time(self, world, engine):
        rules = {"entry": "open", "stop": 0.05, "target": 0.05, "exit_on": "touch", "hold": 3}
        up_first = world(HK, "2026-02-06T20:00", Day(NEXT, {600: 10.6, 660: 9.2}))
        assert trades(run(up_first, engine, **rules))[1][:3] == (
            NEWS,
            "touch",
            "stop",
        )  # daily bars: the stop first
        quiet = Day(NEWS, {})
        up_first = world(HK, "2026-02-06T20:00", quiet, Day(NEXT, {600: 10.6, 660: 9.2}))
        assert trades(run(up_first, engine, **rules))[1] == (NEXT, "10:00", "target", 10.6)
        down_first = world(HK, "2026-02-06T20:00", quiet, Day(NEXT, {600: 9.2, 660: 10.6}))
        assert trades(run(down_first, engine, **rules))[1] == (NEXT, "10:00", "stop", 9.2)

    def test_one_minute_bar_that_reaches_both_is_the_stop(self, world, engine):
        rules = {"entry": "open", "stop": 0.05, "target": 0.05, "exit_on": "touch", "hold": 3}
        market = world(HK, "2026-02-06T20:00", Day(NEWS, {}, spread=0.6))
        assert trades(run(market, engine, **rules))[1] == (NEWS, "09:30", "stop", 9.5)

    def test_the_bar_of_the_entry_touches_nothing(self, world, engine):
        rules = {"stop": 0.05, "exit_on": "touch", "hold": 2}
        market = world(HK, f"{NEWS}T10:05", Day(NEWS, {630: 10.0}, spread=0.6))
        assert trades(run(market, engine, **rules))[1][:3] == (NEWS, "10:30", "stop")

    def test_a_trail_follows_the_bars_after_the_entry(self, world, engine):
        rules = {"trail": 0.05, "exit_on": "touch", "hold": 2}
        path = {600: 11.0, 615: 10.0, 660: 10.8, 720: 10.8, 840: 10.2}
        market = world(HK, f"{NEWS}T10:05", Day(NEWS, path))
        assert trades(run(market, engine, **rules))[1] == (NEWS, "14:00", "trail", 10.2)

    def test_t_plus_one_stands(self, world, engine):
        rules = {"stop": 0.05, "exit_on": "touch", "hold": 3}
        market = world(CN, f"{NEWS}T10:05", Day(NEWS, {630: 9.4}))
        result = run(market, engine, **rules)
        assert blocks(result) == [(NEWS, "10:30", "t_plus_one")]
        assert trades(result)[1][:3] == (NEXT, "open", "stop")

    def test_a_stop_on_a_sealed_board_fills_when_it_opens(self, world, engine):
        rules = {"stop": 0.05, "exit_on": "touch", "hold": 4}
        market = world(CN, f"{NEWS}T10:05", Day(NEWS, {}), Day(NEXT, {600: 9.0, 660: 9.3}))
        result = run(market, engine, **rules)
        assert trades(result)[1] == (NEXT, "11:00", "stop", 9.3)
        assert blocks(result) == []


HOURS = np.array([[[570, 690, 780, 897], [0, 0, 0, 0], [570, 720, 720, 720], [570, 690, 780, 900]]], np.int32)
ROWS = np.array([4, 0, 2, 3, 4], np.int32)


@pytest.mark.parametrize(
    ("session", "at", "minutes", "due"),
    [
        (1, OPEN, 1, (0, 571)),
        (1, OPEN, 119, (0, 689)),
        (1, OPEN, 120, (0, 780)),
        (1, 600, 100, (0, 790)),
        (1, 800, 97, (0, 897)),
        (1, 800, 98, (2, 571)),
        (1, CLOSE, 1, (2, 571)),
        (1, CLOSE, 150, (2, 720)),
        (1, CLOSE, 151, (3, 571)),
        (3, 600, 10_000, (4, 0)),
    ],
)
def test_minutes_of_trading_leave_out_lunch_nights_and_closed_days(session, at, minutes, due):
    assert trading_later(HOURS[0], ROWS, session, at, minutes) == due
