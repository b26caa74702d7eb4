"""A fortnight of two exchanges for backtrader strategies, and the same strategy on stock backtrader."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import backtrader as bt
import numpy as np
import pandas as pd

from launchlab.data.bars.bars import Bars
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import TRADING, Panel
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import NativeRun, run_native
from launchlab.engine.config import Config
from launchlab.engine.legs import AT_NAMES, Reason

from .small_bars import bars
from .small_market import without_costs

# 1 July 2024 was a holiday in Hong Kong (the day the territory was handed over) and a session in Shanghai.
DAYS = ("2024-06-24", "2024-06-25", "2024-06-26", "2024-06-27", "2024-06-28",
        "2024-07-01", "2024-07-02", "2024-07-03", "2024-07-04", "2024-07-05")  # fmt: skip
HK_DAYS = tuple(day for day in DAYS if day != "2024-07-01")
HK, OTHER_HK, CN = "0700.HK", "9988.HK", "600519.SS"
CAPITAL = 100_000.0


def hk(close: Sequence[float], code: str = HK, **columns: Any) -> Bars:
    return bars(code, HK_DAYS[-len(close) :], close, **columns)


def cn(close: Sequence[float], code: str = CN, **columns: Any) -> Bars:
    return bars(code, DAYS[-len(close) :], close, **columns)


def free(*series: Bars, **options: Any) -> Panel:
    """A panel of the series without costs."""
    return without_costs(build_panel(series, **options))


def planned(plan: dict[str, Callable[[Any], None]], **attributes: Any) -> type:
    """A backtrader strategy that calls `plan[day](self)` in next() of that day and keeps what it is told."""

    def start(self: Any) -> None:
        self.told: list[tuple[str, str, str, float, float]] = []

    def act(self: Any) -> None:
        day = str(self.datetime.date())
        if day in plan:
            plan[day](self)

    def notify_order(self: Any, order: Any) -> None:
        if not order.alive() or order.status == order.Partial:
            done = order.executed
            told = (order.data._name, order.getstatusname(), float(done.size), round(float(done.price), 4))
            self.told.append((str(self.datetime.date()), *told))

    body = {"start": start, "next": act, "notify_order": notify_order, "__module__": __name__}
    return type("Planned", (bt.Strategy,), body | attributes)


def ours(cls: type, panel: Panel, launches: Launches | None = None, **config: Any) -> NativeRun:
    """The strategy under the rules."""
    settings = {"capital": CAPITAL, "participation": 1.0} | config
    return run_native(NativeStrategy(cls), launches or Launches(), panel, Config(**settings))


def stock(
    cls: type,
    panel: Panel,
    *,
    capital: float = CAPITAL,
    values: Mapping[str, Any] | None = None,
    analyzer: type | None = None,
    **options: Any,
) -> Any:
    """The strategy on stock backtrader, over the bars as they were traded; returns it as it ended."""
    cerebro = bt.Cerebro(stdstats=False, **options)
    cerebro.broker.setcash(capital)
    for i, code in enumerate(panel.codes):
        rows = panel.status[:, i] == TRADING
        frame = {name: getattr(panel, name)[rows, i] for name in ("open", "high", "low", "close", "volume")}
        index = pd.DatetimeIndex(panel.sessions[rows])
        cerebro.adddata(bt.feeds.PandasData(dataname=pd.DataFrame(frame, index=index)), name=code)
    if analyzer is not None:
        cerebro.addanalyzer(analyzer)
    cerebro.addstrategy(cls, **(values or {}))
    (strategy,) = cerebro.run()
    return strategy


def fills(done: NativeRun, panel: Panel) -> list[tuple[str, str, str, float, float, str]]:
    """(session, at, code, shares, price, reason) of each fill."""
    return [
        (str(panel.sessions[f["row"]]), AT_NAMES[f["at"]], panel.codes[f["code"]], float(f["shares"]),
         float(f["price"]), Reason(f["reason"]).label)
        for f in done.run.fills
    ]  # fmt: skip


def blocks(done: NativeRun, panel: Panel) -> list[tuple[str, str, float, float, str]]:
    """(session, code, wanted, filled, reason) of each attempt that got less than it wanted."""
    return [
        (str(panel.sessions[b["row"]]), panel.codes[b["code"]], float(b["wanted"]), float(b["filled"]),
         Reason(b["reason"]).label)
        for b in done.run.blocks
    ]  # fmt: skip


def flat(n: int, price: float = 10.0) -> list[float]:
    return np.full(n, price).tolist()


def sends(side: str = "buy", **terms: Any) -> Any:
    """An action for a plan: one order of the first feed."""

    def send(self: Any) -> None:
        getattr(self, side)(**terms)

    return send


def rising() -> Panel:
    return free(
        hk([10.0, 10.1, 10.2, 10.3, 10.4, 10.5, 10.6, 10.7, 10.8]), cn(np.linspace(10, 10.9, 10).tolist())
    )
