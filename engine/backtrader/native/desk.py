"""The books of a run of a backtrader strategy: one position per code, judged and booked as the desk does legs.

A leg here is one stay in a code: it begins with the order that opens a position and ends when nothing is left.
Corporate actions, borrow, delistings, margin calls and marks are the desk's.
"""

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...judge.costs import trade_cost
from ...judge.records import EPS, Fill, Order
from ...legs import CLOSE, OPEN, Reason, empty_legs
from ..account import Account
from ..leg_state import Attempt, LegState
from .sent import Sent
from .triggers import Match

NO_RULES = (np.nan, np.nan, np.nan)
FILLED = -1


@dataclass
class NativeDesk(Account):
    """Money, positions and records of one native run."""

    stays: list[LegState] = field(default_factory=list)
    sent: list[Sent] = field(default_factory=list)
    ends: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        super().__post_init__()
        self.held: dict[int, LegState] = {}
        self.bought: dict[int, float] = {}

    def begin(self, t: int) -> tuple[list[tuple[int, float]], list[tuple[int, float]]]:
        """Start a session; (code, change of shares) of corporate actions, and of delistings."""
        self.bought = {}
        self.live = [leg for leg in self.held.values() if leg.held != 0.0]
        self._open_books(t)
        changed = self._actions(t)
        gone = self._delistings(t)
        for code, _ in changed + gone:
            self._forget(code)
        return changed, gone

    def new_stay(self, code: int, side: int, launch: int, at: int) -> LegState:
        """A leg that may begin in this session."""
        leg = LegState(
            index=len(self.stays), launch=launch, code=code, side=side, at=CLOSE if at == CLOSE else OPEN,
            row=self.t, wait=0, hold=1, weight=0.0, rules=NO_RULES, entering=False,
        )  # fmt: skip
        self.stays.append(leg)
        return leg

    def trade(self, leg: LegState, wanted: float, where: Match, reason: Reason) -> Fill:
        """Judge and book one attempt: `wanted` (signed) opens or adds to `leg`, or closes part of it."""
        closing = leg.held != 0.0 and (wanted > 0.0) != (leg.held > 0.0)
        held = leg.held if closing else 0.0
        free = abs(held) - self._locked(leg) if closing else np.inf
        order = Order(wanted, where.at, held, free > 0.0, where.limited)
        if closing and 0.0 < free < abs(wanted):
            order = order._replace(wanted=free if wanted > 0.0 else -free)
        if not closing:
            self._plan(leg, abs(wanted))
        attempt = Attempt(leg, order, where.price, int(reason if closing else Reason.ENTRY))
        if not closing and self.nav <= 0.0:
            fill = Fill(0.0, 0.0, 0.0, 0.0, 0.0, int(Reason.BANKRUPT))
        else:
            fill = self.judge(attempt)
        if fill.reason == FILLED and abs(fill.shares) < abs(wanted) - EPS:
            short = closing and abs(order.wanted) < abs(wanted)
            fill = fill._replace(reason=int(Reason.T_PLUS_ONE if short else Reason.BELOW_LOT))
        self.settle(replace(attempt, order=order._replace(wanted=wanted)), fill)
        self._after(leg, fill, closing=closing)
        return fill

    def rate(self, code: int) -> float:
        """Base money for one local unit of a code, today."""
        return float(self.panel.fx[self.t, self.panel.currency_of[code]])

    def cost(self, code: int, shares: float, price: float) -> float:
        """What trading `shares` at `price` would cost today, base money."""
        p, i = self.panel, code
        row = self.t * p.costs.shape[1] + int(p.cost_class[i])
        largest = float(p.max_order[self.t, i])
        return float(sum(trade_cost(self.tables.costs, row, shares > 0, price, abs(shares), largest))
                     * self.rate(i))  # fmt: skip

    def worth(self, code: int) -> float:
        """Signed value of what is held of a code at its last mark, base money."""
        leg = self.held.get(code)
        return 0.0 if leg is None else float(leg.held * self.panel.mark[self.t, code] * self.rate(code))

    def open_today(self, leg: LegState) -> bool:
        return self._is_open(leg)

    def refuse(self, leg: LegState, at: int, wanted: tuple[float, float], why: Reason) -> None:
        """Record an order that ends with less than it wanted; `wanted` is (wanted, filled)."""
        self._block(leg, at, *wanted, int(why))

    def _locked(self, leg: LegState) -> float:
        """Shares bought today where they cannot be sold before tomorrow."""
        return self.bought.get(leg.code, 0.0) if self.panel.t_plus_one[self.t, leg.code] else 0.0

    def _plan(self, leg: LegState, wanted: float) -> None:
        """The desk counts an opening order against what was planned; the first plan gives the leg its weight."""
        leg.planned = leg.filled + wanted
        if leg.weight == 0.0 and self.nav > 0.0:
            t, i, p = self.t, leg.code, self.panel
            value = wanted * float(p.size_price[t, i] * p.fx[max(t - 1, 0), p.currency_of[i]])
            leg.weight = value / self.nav if value > 0.0 else 0.0

    def _after(self, leg: LegState, fill: Fill, *, closing: bool) -> None:
        if fill.shares == 0.0:
            return
        leg.entering = False
        if not closing and leg.side > 0:
            self.bought[leg.code] = self.bought.get(leg.code, 0.0) + fill.shares
        if not closing and self.held.get(leg.code) is not leg:
            self.held[leg.code] = leg
            self.live.append(leg)
        self._forget(leg.code)

    def _forget(self, code: int) -> None:
        leg = self.held.get(code)
        if leg is not None and leg.held == 0.0:
            self.ends[leg.index] = self._done(leg)
            del self.held[code]

    def stay_table(self) -> NDArray[Any]:
        """The stays as a LEG table in the order of their numbers; launch −1 where the order answered none."""
        table = empty_legs(len(self.stays))
        last = self.panel.sessions_done[-1]
        for k, leg in enumerate(self.stays):
            end = self.ends.get(leg.index, int(last[self.panel.exchange_of[leg.code]]))
            hold = max(end - leg.opened_on, 1) if leg.opened_on >= 0 else 1
            table[k] = (leg.launch, leg.code, leg.side, leg.at, leg.row, 0, hold, leg.weight, *NO_RULES, 0)
        return table
