"""The trading desk of the backtrader path: which legs are due when, and the orders they send.

One session runs: corporate actions and borrow, the open (exits that sell, exits that cover, entries), prices
touched inside the bar, the close, marks and signals. Every order is judged by `fill_order`.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np

from ...data.panel.panel import SUSPENDED, TRADING, UNLISTED
from ..config import ExitOn, Pairing
from ..judge.exits import close_signal, exit_levels, reduction, touch_signal
from ..judge.fill import lot_floor, planned_shares
from ..judge.minutes import Bar, first_price
from ..judge.records import EPS, Order
from ..legs import CLOSE, OPEN, TOUCH, Reason
from .account import Account
from .leg_state import Attempt, LegState
from .walk import NEVER, Walk

NOWHERE = -1  # in the place of an auction: the leg gets out inside the session
# why a share without an earlier close has no price to size an order by; else it is its first session
UNPRICED = {UNLISTED: Reason.UNLISTED, SUSPENDED: Reason.NO_BAR}


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

    def orders(self) -> Iterator[Attempt]:
        """The session's orders from its open to its close; each is settled before the next is made."""
        for at in (OPEN, TOUCH):
            yield from self.attempts(at)
        yield from self.inside()
        yield from self.attempts(CLOSE)

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
        held_at, due = leg.at, self._done(leg) - leg.opened_on >= leg.hold
        if leg.hold_minutes > 0:
            held_at, due = NOWHERE if self._leaves_inside(leg) else CLOSE, self.t >= leg.due[0]
        if leg.exit_reason < 0 and due and held_at == at:
            leg.exit_reason = int(Reason.HOLD)
        last = at == CLOSE and self.t == self.last_row[self.panel.exchange_of[leg.code]]
        if last:
            leg.exit_reason = int(Reason.END)
        wanted, reason = leg.held, leg.exit_reason
        exits_at = held_at if reason == Reason.HOLD else OPEN
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
                if (leg.bought_row == t and leg.at == CLOSE) or len(p.minutes.of(t, i)):
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

    def inside(self) -> Iterator[Attempt]:
        """The orders inside the session: in each minute the sales, the covers, the entries, then what its bar touches."""
        walks = [walk for leg in self.live if (walk := self._walk(leg)) is not None]
        while (now := min((walk.next_start() for walk in walks), default=NEVER)) < NEVER:
            for side in (1, -1):
                for walk in walks:
                    if walk.leg.side == side and walk.held_bar(now) is not None:
                        yield from self._leave_at_start(walk, now)
            for walk in walks:
                if walk.entry_bar(now) is not None:
                    yield from self._enter_in_bar(walk, now)
            for side in (1, -1):
                for walk in walks:
                    if walk.leg.side == side and walk.held_bar(now) is not None:
                        yield from self._touch_in_bar(walk, now)
        for walk in walks:
            self._end_inside(walk)

    def _walk(self, leg: LegState) -> Walk | None:
        """A leg on its way through the minute bars of the session, None where it meets none."""
        entries, held = self._bars_met(leg), self.panel.minutes.of(self.t, leg.code)
        if not self._is_open(leg) or not (len(entries) or (leg.held != 0.0 and len(held))):
            return None
        walk = Walk(leg, entries, held, leg.filled)
        if len(entries) and leg.first_try < 0:
            leg.first_try = self._done(leg)
        if leg.held != 0.0:
            self._follow(walk, 0)
        return walk

    def _follow(self, walk: Walk, since: int) -> None:
        """Follow a leg that is held through the bars that start at `since` or later, where it may get out in one."""
        leg, touch = walk.leg, self.config.exit_on is ExitOn.TOUCH
        by_minutes = leg.hold_minutes > 0
        if leg.exit_reason >= 0:
            if touch or (by_minutes and leg.exit_reason == Reason.HOLD):
                walk.begin_to_leave()
                walk.follow(since)
        elif touch:
            walk.follow(since)
        elif by_minutes and self._leaves_inside(leg):
            walk.follow(max(since, leg.due[1] if self.t == leg.due[0] else 0))

    def _leaves_inside(self, leg: LegState) -> bool:
        """Whether a leg that is held for minutes has bars of this session in which it may get out."""
        bars = self.panel.minutes.of(self.t, leg.code)
        if not len(bars) or self.t < leg.due[0]:
            return False
        return bool(self.t > leg.due[0] or bars["start"][-1] >= leg.due[1])

    def _bars_met(self, leg: LegState) -> Any:
        """The minute bars of this session that a leg's entry meets; none of a leg that enters at auctions."""
        if leg.minute < 0 or not leg.entering or leg.exit_reason >= 0 or not self._is_open(leg):
            return self.panel.minutes.bars[:0]
        bars = self.panel.minutes.of(self.t, leg.code)
        if self.t == leg.row:
            bars = bars[bars["start"] >= leg.minute]
        give_up = self.config.give_up
        return bars if give_up is None or not len(bars) else bars[bars["start"] < bars["start"][0] + give_up]

    def _leave_at_start(self, walk: Walk, now: int) -> Iterator[Attempt]:
        """The order of a leg that is getting out, or whose minutes are over."""
        leg, bar = walk.leg, walk.held_bar(now)
        if not walk.going:
            if leg.hold_minutes <= 0 or leg.exit_reason >= 0 or (self.t, now) < leg.due:
                return
            leg.exit_reason = int(Reason.HOLD)
            walk.begin_to_leave()
        walk.next_held += 1
        order = Order(-leg.held, now, leg.held, self._sellable(leg), False)
        yield Attempt(leg, order, float(bar["open"]), leg.exit_reason, bar)
        walk.left(now, order)

    def _touch_in_bar(self, walk: Walk, now: int) -> Iterator[Attempt]:
        """The order of a leg whose level a bar touches; where it touches none, its best price is noted."""
        leg, bar, i = walk.leg, walk.held_bar(now), walk.leg.code
        if walk.going or leg.exit_reason >= 0 or self.config.exit_on is not ExitOn.TOUCH:
            return
        walk.next_held += 1
        high, low = float(bar["high"]), float(bar["low"])
        first = first_price(leg.side < 0, Bar(float(bar["open"]), high, low, np.nan, 0.0))
        prices, table = (first, high, low), int(self.panel.tick_table[self.t, i])
        why, price = touch_signal(float(leg.side), leg.basis, leg.peak, prices, leg.rules, self.tables, table)
        if why < 0:
            leg.peak = max(leg.peak, high) if leg.side > 0 else min(leg.peak, low)
            return
        leg.exit_reason = int(why)
        walk.begin_to_leave()
        order = Order(-leg.held, now, leg.held, self._sellable(leg), why == Reason.TARGET)
        yield Attempt(leg, order, float(price), int(why), bar, at_level=True)
        walk.left(now, order)

    def _enter_in_bar(self, walk: Walk, now: int) -> Iterator[Attempt]:
        """The order of a leg in the bar that starts now, where it wants shares."""
        leg, bar = walk.leg, walk.entry_bar(now)
        walk.next_entry += 1
        walk.tried = now
        wanted, _, why = self._wish(leg)
        leg.lacked = why
        if wanted > 0.0:
            fresh = leg.held == 0.0
            order = Order(leg.side * wanted, now, 0.0, True, False)
            yield Attempt(leg, order, float(bar["open"]), int(Reason.ENTRY), bar)
            if fresh and leg.held != 0.0:
                self._follow(walk, now + 1)

    def _end_inside(self, walk: Walk) -> None:
        """What a leg lacks when the session is over is one block, of its entry or of its exit."""
        leg = walk.leg
        if leg.entering and len(walk.entries):
            wanted = 0.0 if leg.planned != leg.planned else leg.planned - walk.filled_before
            filled = leg.filled - walk.filled_before
            self._block(leg, walk.tried, leg.side * wanted, leg.side * filled, leg.lacked)
            small = leg.filled == 0.0 and leg.lacked == Reason.BELOW_LOT
            if small or self._done(leg) - leg.first_try >= leg.wait:
                leg.entering = False
        if walk.going and leg.held != 0.0 and walk.lacked >= 0:
            self._block(leg, walk.tried_to_leave, -walk.held_before, leg.held - walk.held_before, walk.lacked)

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
            inside = leg.minute >= 0 and leg.bought_row == t  # only the close is surely after the entry
            if inside or len(p.minutes.of(t, i)):  # and minute bars have been followed
                best = float(p.close[t, i])
        leg.peak = max(leg.peak, best) if leg.side > 0 else min(leg.peak, best)
