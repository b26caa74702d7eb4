"""What backtrader sees of a panel: columns of one code, the clock of the sessions, and a feed that is filled at once."""

from array import array
from datetime import time
from typing import Any

import backtrader as bt
import numpy as np
from numpy.typing import NDArray

from ...data.panel.panel import TRADING, Panel

LAST_SECOND = time(23, 59, 59)


def panel_columns(p: Panel, i: int) -> dict[str, NDArray[Any]]:
    """The lines of one code by name, but datetime; shape (T,) each."""
    idle = p.status[:, i] != TRADING
    columns = {
        name: np.where(idle, p.mark[:, i], getattr(p, name)[:, i])
        for name in ("open", "high", "low", "close")
    }
    columns |= {"volume": p.volume[:, i], "openinterest": np.zeros(len(p))}
    return columns | {
        "limit_up": p.limit_up[:, i], "limit_down": p.limit_down[:, i], "status": p.status[:, i]
    }  # fmt: skip


def session_clock(panel: Panel) -> "array[float]":
    """The last second of each session, as backtrader counts time."""
    days = panel.sessions.astype("datetime64[s]").astype(object)
    return array("d", [bt.date2num(day.combine(day, LAST_SECOND)) for day in days])


class PanelFeed(bt.feed.DataBase):  # type: ignore[misc]
    """One code of the panel. Where it does not trade, all prices are its last mark and the volume is 0."""

    lines = ("limit_up", "limit_down", "status")
    # a session ends when its bar is stamped, so that timers at the end of a session ring
    params = (("panel", None), ("column", 0), ("clock", None), ("sessionend", LAST_SECOND))

    def _load(self) -> bool:
        return False

    tick_open = tick_high = tick_low = tick_close = None

    def _tick_fill(self, force: bool = False) -> None:
        """Nothing: daily bars are whole, and copying each into tick attributes costs half of a run."""

    def _tick_nullify(self) -> None:
        """Nothing, as `_tick_fill`."""

    def preload(self) -> None:
        """Fill the line buffers straight from the arrays: no call per bar."""
        p = self.p.panel
        for name, values in panel_columns(p, self.p.column).items():
            getattr(self.lines, name).array = array("d", np.ascontiguousarray(values, np.float64).tobytes())
        lines: Any = self.lines
        lines.datetime.array = self.p.clock
        for line in lines:
            line.idx, line.lencount = len(p) - 1, len(p)
        self._last()
        self.home()
