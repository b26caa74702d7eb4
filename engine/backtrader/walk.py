"""A leg of the backtrader path on its way through the minute bars of a session."""

from dataclasses import dataclass
from typing import Any

from ..judge.records import EPS, Order
from ..legs import LAST_MINUTE
from .leg_state import LegState

NEVER = LAST_MINUTE + 1  # in the place of a minute: there is no further bar


@dataclass
class Walk:
    """`entries`: the bars that its entry meets; `held`: all bars of the session; `filled_before`: shares filled before it.

    A leg that is held meets the bars from `next_held` on. One that is `going` gets out; it held `held_before` when it began to.
    """

    leg: LegState
    entries: Any
    held: Any
    filled_before: float
    next_entry: int = 0
    tried: int = 0
    next_held: int = NEVER
    going: bool = False
    held_before: float = 0.0
    tried_to_leave: int = 0
    lacked: int = -1

    def entry_bar(self, now: int) -> Any:
        """The bar that its entry meets now, None where there is none."""
        return self._bar(self.entries, self.next_entry, now) if self.leg.entering else None

    def held_bar(self, now: int) -> Any:
        """The bar that it meets now while it is held, None where there is none."""
        return self._bar(self.held, self.next_held, now) if self.leg.held != 0.0 else None

    def next_start(self) -> int:
        """When the next bar starts that it meets, NEVER after the last."""
        starts = [NEVER]
        if self.leg.entering and self.next_entry < len(self.entries):
            starts.append(int(self.entries["start"][self.next_entry]))
        if self.leg.held != 0.0 and self.next_held < len(self.held):
            starts.append(int(self.held["start"][self.next_held]))
        return min(starts)

    def follow(self, since: int) -> None:
        """From now on it meets the bars that start at `since` or later."""
        self.next_held = int(self.held["start"].searchsorted(since))

    def begin_to_leave(self) -> None:
        """It gets out, and enters no more."""
        self.going, self.held_before, self.leg.entering = True, self.leg.held, False

    def left(self, now: int, order: Order) -> None:
        """Note what came of its order; nothing more is sent where nothing is left, or nothing can be sold today."""
        self.tried_to_leave = now
        if abs(self.leg.held - order.held) < abs(order.wanted) - EPS:
            self.lacked = self.leg.lacked
        if self.leg.held == 0.0 or not order.sellable:
            self.next_held = NEVER

    @staticmethod
    def _bar(bars: Any, at: int, now: int) -> Any:
        return bars[at] if at < len(bars) and int(bars["start"][at]) == now else None
