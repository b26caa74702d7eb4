"""The same strategy on stock backtrader and on ours, over invented bars of two exchanges."""

from collections.abc import Sequence
from typing import Any

import backtrader as bt
import numpy as np

from launchlab.data.bars.bars import Bars
from launchlab.data.calendars.sessions import sessions
from launchlab.data.ledger.launch import Launches
from launchlab.data.panel.build import build_panel
from launchlab.data.panel.panel import Panel
from launchlab.engine.backtrader.native.plan import NativeStrategy
from launchlab.engine.backtrader.native.result import run_native
from launchlab.engine.config import Config, LimitPolicy

from .native_market import stock
from .small_bars import bars
from .small_market import without_costs

CN, HK, OTHER = "600519.SS", "0700.HK", "600030.SS"
FREE = {"participation": 1.0, "limit_policy": LimitPolicy.IGNORE}


def walk(code: str, *, late: int = 0, gaps: Sequence[int] = (), days: int = 160, seed: int = 1) -> Bars:
    """Bars of 2025 on the tick; `late` sessions are missing at the start, those numbered `gaps` inside."""
    own = sessions("XHKG" if code.endswith("HK") else "XSHG", "2025-01-02", "2025-12-31")[:days].astype(str)
    rng = np.random.default_rng(seed)
    close = 50.0 * np.exp(np.cumsum(rng.normal(0.0, 0.02, days)))
    opened = close * np.exp(rng.normal(0.0, 0.004, days))
    high, low = np.maximum(close, opened) * 1.01, np.minimum(close, opened) * 0.99
    kept = [k for k in range(late, days) if k not in gaps]
    columns = {"open": opened, "high": high, "low": low, "volume": rng.integers(1, 9, days) * 1e6}
    table = {name: np.round(values[kept], 1) for name, values in columns.items()}
    return bars(code, own[kept].tolist(), np.round(close[kept], 1), **table)


def market(*series: Bars) -> Panel:
    """A panel without costs, in yuan."""
    return without_costs(build_panel(series, currency="CNY"))


def ours(cls: type, panel: Panel, **values: Any) -> Any:
    """The strategy as it ends on our broker, with limits off."""
    config = Config(capital=10_000_000.0, **FREE)  # type: ignore[arg-type]
    return run_native(NativeStrategy(cls, values), Launches(), panel, config).strategy


def theirs(cls: type, panel: Panel, **options: Any) -> Any:
    """The strategy as it ends on stock backtrader, with the bars as they were traded."""
    return stock(cls, panel, capital=10_000_000.0, **options)


class Trader(bt.Strategy):  # type: ignore[misc]
    """Writes down what it is told of its executions."""

    def start(self) -> None:
        self.told: list[tuple[str, str, float, float]] = []

    def notify_order(self, order: Any) -> None:
        if order.status in (order.Partial, order.Completed):
            day = bt.num2date(order.executed.dt).date()
            done = order.executed
            self.told.append((str(day), order.data._name, float(done.size), round(float(done.price), 6)))
