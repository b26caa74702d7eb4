"""A backtrader strategy that knows the future is refused by session, code and order; one that does not, never."""

import logging
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import backtrader as bt
import numpy as np
import pytest

from launchlab.data.errors import ConfigError, LookAheadError
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtest.backtest import backtest
from launchlab.engine.backtest.native_foresight import Cut, other_future
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.stepping.sealed import desk_of
from launchlab.engine.config import Config

from ...markets.native_market import free, planned
from ...markets.small_market import launch_of, ledger
from ...markets.stock_backtrader import CN, HK, market, walk

PANEL = market(walk(HK), walk(CN, seed=2))
RUN = Config(capital=1_000_000.0, participation=1.0)


def hidden_panel(strategy: Any) -> Panel:
    return desk_of(strategy.broker).panel


def trades(wants: Callable[[Any, int], bool]) -> Callable[[Any], None]:
    """A `next` that holds 500 of each share that it `wants`, and nothing else."""

    def act(self: Any) -> None:
        for column, data in enumerate(self.datas):
            if len(data):
                self.order_target_size(data, 500 if wants(self, column) else 0)

    return act


def row_of(strategy: Any) -> int:
    return PANEL.row(strategy.datetime.date())


def tomorrow(self: Any, column: int) -> bool:
    close, row = hidden_panel(self).close[:, column], row_of(self)
    later = close[row + 1 :][~np.isnan(close[row + 1 :])]
    return bool(len(later) and later[0] > self.datas[column].close[0])


def week(self: Any, column: int) -> bool:
    mark, row = hidden_panel(self).mark[:, column], row_of(self)
    return bool(mark[min(row + 5, len(mark) - 1)] > mark[row])


def whole_mean(self: Any, column: int) -> bool:
    return bool(np.nanmean(hidden_panel(self).close[:, column]) > self.datas[column].close[0])


def volume(self: Any, column: int) -> bool:
    later, row = hidden_panel(self).volume[:, column], row_of(self)
    return bool(later[min(row + 1, len(later) - 1)] > self.datas[column].volume[0])


REMEMBERED: dict[tuple[int, int], float] = {}


def remembered(self: Any, column: int) -> bool:
    """Buys before rises that an earlier run has seen."""
    row, now = row_of(self), float(self.datas[column].close[0])
    REMEMBERED[row, column] = now
    return REMEMBERED.get((row + 1, column), 0.0) > now


@pytest.mark.parametrize("wants", [tomorrow, week, whole_mean, volume], ids=lambda one: one.__name__)
def test_orders_that_depend_on_later_numbers_are_refused_with_session_and_code(wants: Any) -> None:
    with pytest.raises(LookAheadError) as refused:
        backtest(planned({}, next=trades(wants)), Launches(), PANEL, RUN)
    said = str(refused.value)
    assert said.startswith("Planned knows the future: after the close of 2025-")
    assert HK in said or CN in said
    assert "Market" in said


def test_what_an_earlier_run_has_seen_is_no_secret_of_a_later_one() -> None:
    REMEMBERED.clear()
    with pytest.raises(LookAheadError, match="knows the future: after the close of 2025"):
        backtest(planned({}, next=trades(remembered)), Launches(), PANEL, RUN)


def test_a_generator_without_a_seed_has_a_sentence_of_its_own() -> None:
    rng = np.random.default_rng()
    with pytest.raises(ConfigError, match="give every generator of random numbers a seed"):
        backtest(planned({}, next=trades(lambda self, column: rng.random() < 0.5)), Launches(), PANEL, RUN)


def rsi(self: Any, column: int) -> bool:
    return bool(self.signals[column][0] < 50)


def with_rsi(self: Any) -> None:
    self.signals = [bt.ind.RSI(data, period=7) for data in self.datas]


def last_day(self: Any, column: int) -> bool:
    """Nothing is to be held at the end of the calendar, which is public."""
    data = self.datas[column]
    return bool(len(data) < data.buflen() - 1 and data.close[0] > data.open[0])


def new_month(self: Any, column: int) -> bool:
    dates = self.datas[column].datetime
    return (
        len(self.datas[column]) < self.datas[column].buflen() and dates.date(1).month != dates.date(0).month
    )


HONEST: dict[str, dict[str, Any]] = {
    "momentum": {"next": trades(lambda self, k: self.datas[k].close[0] > self.datas[k].close[-1])},
    "RSI": {"next": trades(rsi), "__init__": with_rsi},
    "all prices so far": {
        "next": trades(lambda self, k: max(self.datas[k].close.array) > self.datas[k].close[0] * 1.1)
    },
    "the last day": {"next": trades(last_day)},
    "the turn of the month": {"next": trades(new_month)},
    "dice": {"next": trades(lambda self, k: random.random() < 0.3)},
    "numpy's dice": {"next": trades(lambda self, k: np.random.random() < 0.3)},  # noqa: NPY002
}


@pytest.mark.parametrize("body", HONEST.values(), ids=list(HONEST))
def test_honest_orders_pass(body: dict[str, Any]) -> None:
    assert len(backtest(planned({}, **body), Launches(), PANEL, RUN).fills) > 10


def test_orders_that_answer_launches_pass_and_a_division_at_the_end_too() -> None:
    launches = ledger(*(launch_of(HK, f"2025-0{k}-03T20:00+08:00", f"n{k}") for k in range(2, 9)))

    def hear(self: Any, launch: Any, datas: Any) -> None:
        for data in datas:
            self.buy_bracket(data, size=500, stopprice=data.close[0] * 0.9, limitprice=data.close[0] * 1.05,
                             exectype=bt.Order.Market)  # fmt: skip

    def stop(self: Any) -> None:
        self.ratio = 1 / (len(self) - 3)  # whoever stops it after three bars would see it fail

    plan = planned({}, notify_launch=hear, stop=stop, next=lambda self: None)
    result = backtest(plan, launches, PANEL, RUN)
    assert {"n2", "n8"} <= set(result.fills["launch"])


def test_another_future_has_the_same_past_and_both_sides() -> None:
    rng = np.random.default_rng(3)
    up, down = (other_future(PANEL, Cut(50, side), rng) for side in (1, -1))
    for one in (up, down):
        assert np.array_equal(one.close[:51], PANEL.close[:51], equal_nan=True)
        assert not np.isclose(one.close[51:], PANEL.close[51:]).any()
        assert np.array_equal(one.status, PANEL.status)
    rises = (
        np.nanmedian(up.close[51:] / PANEL.close[51:], axis=0),
        np.nanmedian(down.close[51:] / PANEL.close[51:], axis=0),
    )
    assert rises[0][0] > 1 > rises[0][1]
    assert rises[1][0] < 1 < rises[1][1]


class Keeps(bt.Strategy):  # type: ignore[misc]
    """Writes to a file in every way."""

    params = (("folder", ""),)

    def start(self) -> None:
        self.log = open(Path(self.p.folder) / "log.txt", "a")  # noqa: SIM115 (as its users do)
        self.logger = logging.getLogger("keeps")

    def next(self) -> None:
        if len(self) == 3:
            self.buy(self.data, size=500)

    def notify_order(self, order: Any) -> None:
        if order.status == order.Completed:
            print("bought", file=self.log)
            with (Path(self.p.folder) / "more.txt").open("a") as more:
                more.write("bought\n")
            self.logger.warning("bought")

    def stop(self) -> None:
        self.log.close()
        with (Path(self.p.folder) / "new.txt").open("x") as new:
            new.write("once")


def test_files_and_logs_hold_the_lines_of_the_run_under_the_rules_alone(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "log.txt").write_text("before\n")
    backtest(NativeStrategy(Keeps, {"folder": str(tmp_path)}), Launches(), PANEL, RUN)
    assert (tmp_path / "log.txt").read_text() == "before\nbought\n"
    assert (tmp_path / "more.txt").read_text() == "bought\n"
    assert (tmp_path / "new.txt").read_text() == "once"
    assert [one.message for one in caplog.records] == ["bought"]


def test_a_file_that_the_class_holds_open_has_its_lines_once(tmp_path: Path) -> None:
    path = tmp_path / "held.txt"
    with path.open("w") as held:
        held.write("head\n")

        def act(self: Any) -> None:
            self.held.write(f"{len(self)}\n")

        backtest(planned({}, next=act, held=held), Launches(), free(walk(HK, days=4)), RUN)
    assert path.read_text() == "head\n1\n2\n3\n4\n"


def test_a_writer_of_backtrader_writes_the_run_under_the_rules(tmp_path: Path) -> None:
    path = tmp_path / "writer.csv"

    def prepare(cls: Any, cerebro: Any) -> None:
        cerebro.addwriter(bt.WriterFile, csv=True, out=str(path))

    plan = planned({}, prepare=classmethod(prepare), next=lambda self: None)
    backtest(plan, Launches(), free(walk(HK, days=6)), RUN)
    assert path.read_text().count("Id,") == 1
