"""A backtrader strategy hears of launches before the open they can reach; its orders answer them."""

from typing import Any

import backtrader as bt
import pytest

from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtest.backtest import backtest
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.config import Config

from ....markets.native_market import CN, HK, fills, ours, planned, rising, sends
from ....markets.small_market import launch_of, ledger


class Listener(bt.Strategy):  # type: ignore[misc]
    """Buys what a launch concerns; sells after two days."""

    params = (("size", 100),)

    def start(self) -> None:
        self.heard: list[tuple[str, str, list[str], float]] = []

    def notify_launch(self, launch: Any, datas: list[Any]) -> None:
        day = str(self.datetime.date())
        self.heard.append((day, launch.id, [data._name for data in datas], self.data.close[0]))
        for data in datas:
            self.buy(data, size=self.p.size)

    def next(self) -> None:
        for data in self.datas:
            if self.getposition(data).size and len(self) > 7:
                self.close(data)


def news(when: str, codes: str = f"{HK};{CN}") -> Launches:
    return ledger(launch_of(codes, when))


def test_a_launch_is_heard_before_the_open_it_can_reach_with_the_closes_of_the_day_before() -> None:
    # 08:50 on Thursday 27 June: both opens are 25 minutes away or more
    done = ours(Listener, rising(), news("2024-06-27T08:50+08:00"))
    assert done.strategy.heard == [("2024-06-26", "one", [HK, CN], 10.2)]
    assert [one[:3] for one in fills(done, rising())][:2] == [
        ("2024-06-27", "open", HK),
        ("2024-06-27", "open", CN),
    ]


def test_a_launch_during_the_day_is_heard_after_its_close() -> None:
    done = ours(Listener, rising(), news("2024-06-27T11:00+08:00"))
    assert [one[0] for one in done.strategy.heard] == ["2024-06-27"]


def test_on_a_holiday_each_exchange_has_its_own_first_open() -> None:
    # Sunday evening: Shanghai opens on Monday 1 July, Hong Kong on Tuesday
    done = ours(Listener, rising(), news("2024-06-30T20:00+08:00"))
    assert [(day, codes) for day, _, codes, _ in done.strategy.heard] == [
        ("2024-06-28", [CN]),
        ("2024-07-01", [HK]),
    ]


def test_a_launch_without_a_code_of_the_panel_is_heard_too() -> None:
    done = ours(Listener, rising(), news("2024-06-30T20:00+08:00", "0020.HK"))
    assert [(day, codes) for day, _, codes, _ in done.strategy.heard] == [("2024-06-28", [])]


def test_orders_answer_the_launch_in_which_they_were_sent() -> None:
    result = backtest(Listener, news("2024-06-27T08:50+08:00"), rising(), Config(participation=1.0))
    assert set(result.fills["launch"]) == {"one"}
    row = result.launches.iloc[0]
    assert (row["launch"], row["legs"], row["filled_legs"]) == ("one", 2, 2)
    # 100 shares bought at the open of the 27th; Hong Kong sold on 4 July: 10.7 − 10.3, Shanghai 10.8 − 10.3 in yuan
    assert row["long_profit"] == pytest.approx(40.0 + 50.0 * 1.07, abs=1.0)


def test_an_order_may_name_the_launch_it_answers() -> None:
    result = backtest(
        NativeStrategy(planned({"2024-06-28": sends(size=100, launch="one"), "2024-06-26": sends(size=100)})),
        news("2024-06-27T08:50+08:00"), rising(), Config(participation=1.0),
    )  # fmt: skip
    assert result.fills["launch"].tolist() == ["", ""]  # the second adds to what the first opened
    alone = planned({"2024-06-28": sends(size=100, launch="one")})
    result = backtest(
        NativeStrategy(alone), news("2024-06-27T08:50+08:00"), rising(), Config(participation=1.0)
    )
    assert result.fills["launch"].tolist() == ["one"]
