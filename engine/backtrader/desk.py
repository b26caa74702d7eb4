"""The trading desk of the backtrader path: which legs are due when, and the orders they send.

One session runs: corporate actions and borrow, the open (exits that sell, exits that cover, entries), prices
touched inside the bar, the close, marks and signals. Every order is judged by `fill_order`.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ...data.panel.panel import SUSPENDED, TRADING, UNLISTED
from ..config import ExitOn, Pairing
from ..judge.exits import close_signal, exit_levels, reduction, touch_signal
from ..judge.fill import lot_floor, planned_shares
from ..judge.records import EPS, Order
from ..legs import CLOSE, OPEN, TOUCH, Reason
from .account import Account
from .leg_state import Attempt, LegState

# why a share without an earlier close has no price to size an order by; else it is its first session
UNPRICED = {UNLISTED: Reason.UNLISTED, SUSPENDED: Reason.NO_BAR}


@dataclass
class Walk:
    """A leg on its way through the minute bars that it meets in a session; `before`: shares filled before it."""

    leg: LegState
    bars: Any
    before: float
    next: int = 0

    @property
    def is_on(self) -> bool:
        """Whether it still wants shares and has bars to come."""
        return self.leg.entering and self.next < len(self.bars)

    @property
    def start(self) -> int:
        """When its next bar starts."""
        return int(self.bars["start"][self.next])


class Desk(Account):
    """The account of a run of legs; `legs` in the order in which they are tried."""

    def __post_init__(self) -> None:
        super().__post_init__()
        self._next = 0
        weights: dict[int, float] = {}
        for leg in self.legs:
            if leg.side > 0:
                weights[leg.launch] = weights.get(leg.launch, 0.0) + leg.weight
        self.long_weight = weights

    def start_session(self, t: int) -> list[tuple[int, float]]:
        """Take up the legs that are due; then as any account starts its session."""
        while self._next < len(self.legs) and self.legs[self._next].row <= t:
            self.live.append(self.legs[self._next])
            self._next += 1
        return super().start_session(t)

    def attempts(self, at: int) -> Iterator[Attempt]:
        """The session's orders for one moment: sells, covers, then entries, each in leg order."""
        if at == TOUCH:
            if self.config.exit_on is ExitOn.TOUCH:
                yield from self._touched()
            return
        for sign in (1.0, -1.0):
            for leg in self.live:
                if leg.held * sign > 0.0 and self._is_open(leg):
                    attempt = self._exit(leg, at)
                    if attempt is not None:
                        yield attempt
        for leg in self.live:
            inside = len(self._bars_met(leg)) > 0
            if leg.entering and leg.at == at and leg.exit_reason < 0 and self._is_open(leg) and not inside:
                attempt = self._entry(leg)
                if attempt is not None:
                    yield attempt
                if self._done(leg) - leg.first_try >= leg.wait:
                    leg.entering = False

    def _exit(self, leg: LegState, at: int) -> Attempt | None:
        if leg.exit_reason < 0 and leg.at == at and self._done(leg) - leg.opened_on >= leg.hold:
            leg.exit_reason = int(Reason.HOLD)
        last = at == CLOSE and self.t == self.last_row[self.panel.exchange_of[leg.code]]
        if last:
            leg.exit_reason = int(Reason.END)
        wanted, reason = leg.held, leg.exit_reason
        exits_at = CLOSE if reason == Reason.HOLD and leg.at == CLOSE else OPEN
        if reason < 0 or (at != exits_at and not last):
            if at != OPEN or leg.cut <= 0.0:
                return None
            part = reduction(leg.held, leg.cut, float(self.panel.lot_step[self.t, leg.code]))
            wanted, reason = part if leg.held > 0 else -part, int(Reason.MARGIN_CALL)
        else:
            leg.entering = False
        prices = self.panel.open if at == OPEN else self.panel.close
        order = Order(-wanted, at, leg.held, self._sellable(leg), False)
        return Attempt(leg, order, float(prices[self.t, leg.code]), reason)

    def _sellable(self, leg: LegState) -> bool:
        return not (leg.bought_row == self.t and bool(self.panel.t_plus_one[self.t, leg.code]))

    def _touched(self) -> Iterator[Attempt]:
        p, t = self.panel, self.t
        for sign in (1.0, -1.0):
            for leg in self.live:
                i = leg.code
                if leg.held * sign <= 0.0 or leg.exit_reason >= 0 or p.status[t, i] != TRADING:
                    continue
                if leg.bought_row == t and leg.at == CLOSE:
                    continue
                bar = (float(p.open[t, i]), float(p.high[t, i]), float(p.low[t, i]))
                table = int(p.tick_table[t, i])
                why, price = touch_signal(
                    float(leg.side), leg.basis, leg.peak, bar, leg.rules, self.tables, table
                )
                if why >= 0:
                    leg.exit_reason = int(why)
                    leg.entering = False
                    order = Order(-leg.held, TOUCH, leg.held, self._sellable(leg), why == Reason.TARGET)
                    yield Attempt(leg, order, float(price), int(why))

    def _entry(self, leg: LegState) -> Attempt | None:
        """The leg's order at an auction, or None with the block that says why not."""
        if leg.first_try < 0:
            leg.first_try = self._done(leg)
        wanted, asked, why = self._wish(leg)
        if wanted <= 0.0:
            self._block(leg, leg.at, leg.side * asked, 0.0, why)
            return None
        prices = self.panel.open if leg.at == OPEN else self.panel.close
        order = Order(leg.side * wanted, leg.at, 0.0, True, False)
        return Attempt(leg, order, float(prices[self.t, leg.code]), int(Reason.ENTRY))

    def _wish(self, leg: LegState) -> tuple[float, float, int]:
        """Shares that the leg's entry wants, those that a block says it wanted, and why it wants none.

        Until something of it is filled a leg is sized anew at every attempt.
        """
        p, t, i = self.panel, self.t, leg.code
        if self.nav <= 0.0:
            return 0.0, 0.0, int(Reason.BANKRUPT)
        lot_min, lot_step = float(p.lot_min[t, i]), float(p.lot_step[t, i])
        if leg.filled == 0.0:
            price = float(p.size_price[t, i])
            if not price > 0.0:
                return 0.0, 0.0, int(UNPRICED.get(int(p.status[t, i]), Reason.NO_PRICE))
            wish = leg.weight / (price * self.known_rate(i)) * self.nav
            leg.planned = float(planned_shares(wish, lot_min, lot_step))
        asked = wanted = leg.planned - leg.filled
        if self.config.pairing is Pairing.MATCHED and leg.side < 0 and leg.planned >= lot_min - EPS:
            total = self.long_weight.get(leg.launch, 0.0)
            ratio = self.long_filled.get(leg.launch, 0.0) / total if total > 0.0 else 1.0
            paired = lot_floor(leg.planned * min(ratio, 1.0), lot_min, lot_step) - leg.filled
            wanted = min(wanted, paired)
        return wanted, asked, int(Reason.UNPAIRED)

    def entries_inside(self) -> Iterator[Attempt]:
        """The entries inside the session, minute by minute, in each in leg order; at its end a block for what is left."""
        walks = [Walk(leg, bars, leg.filled) for leg in self.live if len(bars := self._bars_met(leg))]
        for walk in walks:
            if walk.leg.first_try < 0:
                walk.leg.first_try = self._done(walk.leg)
        while waiting := [walk for walk in walks if walk.is_on]:
            now = min(walk.start for walk in waiting)
            for walk in waiting:
                if walk.is_on and walk.start == now:
                    yield from self._in_bar(walk)
        for walk in walks:
            if walk.leg.entering:
                self._end_inside(walk)

    def _bars_met(self, leg: LegState) -> Any:
        """The minute bars of this session that a leg's entry meets; none of a leg that enters at auctions."""
        if leg.minute < 0 or not leg.entering or leg.exit_reason >= 0 or not self._is_open(leg):
            return self.panel.minutes.bars[:0]
        bars = self.panel.minutes.of(self.t, leg.code)
        if self.t == leg.row:
            bars = bars[bars["start"] >= leg.minute]
        give_up = self.config.give_up
        return bars if give_up is None or not len(bars) else bars[bars["start"] < bars["start"][0] + give_up]

    def _in_bar(self, walk: "Walk") -> Iterator[Attempt]:
        """The order of a leg in the bar that it meets next, where it wants shares."""
        leg, bar = walk.leg, walk.bars[walk.next]
        walk.next += 1
        wanted, _, why = self._wish(leg)
        leg.lacked = why
        if wanted > 0.0:
            order = Order(leg.side * wanted, int(bar["start"]), 0.0, True, False)
            yield Attempt(leg, order, float(bar["open"]), int(Reason.ENTRY), bar)

    def _end_inside(self, walk: "Walk") -> None:
        leg, last = walk.leg, int(walk.bars["start"][walk.next - 1])
        wanted = 0.0 if leg.planned != leg.planned else leg.planned - walk.before
        self._block(leg, last, leg.side * wanted, leg.side * (leg.filled - walk.before), leg.lacked)
        small = leg.filled == 0.0 and leg.lacked == Reason.BELOW_LOT
        if small or self._done(leg) - leg.first_try >= leg.wait:
            leg.entering = False

    def end_session(self) -> None:
        """As any account ends its session; then judge the exits that the close has shown."""
        super().end_session()
        for leg in self.live:
            if leg.held != 0.0 and self.panel.status[self.t, leg.code] == TRADING:
                self._signal(leg)

    def _signal(self, leg: LegState) -> None:
        p, t, i = self.panel, self.t, leg.code
        side = float(leg.side)
        best = float(p.close[t, i])
        if self.config.exit_on is ExitOn.CLOSE:
            if leg.exit_reason < 0:
                levels = exit_levels(side, leg.basis, leg.rules)
                leg.exit_reason = int(close_signal(side * best, side * leg.peak, levels))
        else:
            best = float(p.high[t, i] if leg.side > 0 else p.low[t, i])
            if leg.minute >= 0 and leg.bought_row == t:  # only the close is surely after the entry
                best = float(p.close[t, i])
        leg.peak = max(leg.peak, best) if leg.side > 0 else min(leg.peak, best)
