"""A script is asked about the future: its Cerebro runs again up to some rows, on a market that goes on otherwise."""

import random
from typing import Any

import backtrader as bt
import numpy as np
import pytest

import launchlab as ll
from launchlab.backtrader import plug, result
from launchlab.data.errors import LookAheadError
from launchlab.data.ledger.launch import Launches
from launchlab.engine.backtrader.native.stepping.sealed import desk_of

from ..markets.stock_backtrader import CN, FREE, HK, market, walk

RUN = ll.Config(capital=10_000_000.0, **FREE)  # type: ignore[arg-type]
TWO = market(walk(HK, days=60), walk(CN, days=60, seed=2))


class Draws(bt.Strategy):  # type: ignore[misc]
    """Trades by what `drawn` says."""

    def __init__(self) -> None:
        self.rung = 0
        self.add_timer(bt.timer.SESSION_END)

    def notify_timer(self, *words: Any, **more: Any) -> None:
        self.rung += 1

    def drawn(self) -> float:
        return self.data.close[0] - self.data.open[0]

    def next(self) -> None:
        self.order_target_size(self.data, 1000 if self.drawn() > 0 else 0)


class Tomorrow(Draws):
    def drawn(self) -> float:
        desk = desk_of(self.broker)
        return float(desk.panel.close[min(desk.t + 1, len(desk.panel) - 1), 0] - self.data.close[0])


class Dice(Draws):
    def drawn(self) -> float:
        return random.random() - np.random.random()  # noqa: NPY002 (as scripts do)


class OwnDice(Draws):
    def __init__(self) -> None:
        super().__init__()
        self.dice = np.random.default_rng()

    def drawn(self) -> float:
        return self.dice.random() - 0.5


def ran(cls: type, *, weeks: bool = False) -> Any:
    made = bt.Cerebro()
    plug(made, ll.Market(Launches(), TWO), RUN)
    if weeks:
        made.resampledata(made.datas[0], timeframe=bt.TimeFrame.Weeks)
    made.addstrategy(cls)
    made.run()
    return made


@pytest.mark.parametrize("weeks", [False, True], ids=["by sessions", "with weeks"])
@pytest.mark.parametrize("cls", [Draws, Dice])
def test_one_that_knows_nothing_passes_and_is_left_as_it_ended(cls: type, weeks: bool) -> None:
    made = ran(cls, weeks=weeks)
    (strategy,) = made.runstrats[0]
    rung = strategy.rung
    done = result(made)
    assert done.summary.foresight is not None
    assert done.summary.foresight["asked"] > 0
    assert done.summary.foresight["leaks"] == 0
    assert strategy.rung == rung > 50
    assert made.runningstrats == [strategy]
    assert result(made).fills.equals(done.fills)


@pytest.mark.parametrize("weeks", [False, True], ids=["by sessions", "with weeks"])
def test_one_that_knows_tomorrow_is_refused(weeks: bool) -> None:
    with pytest.raises(LookAheadError, match="Tomorrow knows the future: after the close of 2025-"):
        result(ran(Tomorrow, weeks=weeks))


def test_where_chance_decides_the_summary_says_that_nobody_could_ask() -> None:
    done = result(ran(OwnDice))
    assert done.summary.foresight is None
    (said,) = [one for one in done.summary.warnings if "nobody could ask" in one]
    assert "OwnDice is not the same twice" in said
