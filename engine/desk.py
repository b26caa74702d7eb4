"""The trading desk of the backtrader path: which legs are due when, and what they hold and owe.

One session runs: corporate actions and borrow, the open (exits that sell, exits that cover, entries), prices
touched inside the bar, the close, marks and signals. Every order is judged by `kernel.fill_order`.
Each leg is its own sub-account: it sells only what it bought, so T+1, odd lots and shorts are judged per leg.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..data.panel import DELISTED, TRADING, UNLISTED, Panel
from . import kernel
from .config import Config, ExitOn, Pairing
from .legs import BLOCK, CLOSE, FILL, OPEN, TOUCH, Reason
from .market import to_rules
from .run import POSITION, Run


@dataclass
class LegState:
    """One leg on its way; shares and prices in local units, `held` signed."""

    index: int
    launch: int
    code: int
    side: int
    at: int
    row: int
    wait: int
    hold: int
    weight: float
    rules: tuple[float, float, float]
    entering: bool = True
    planned: float = np.nan
    filled: float = 0.0
    first_try: int = -1
    held: float = 0.0
    basis: float = np.nan
    peak: float = np.nan
    opened_on: int = -1
    bought_row: int = -1
    exit_reason: int = -1
    cut: float = 0.0


@dataclass
class Attempt:
    """One order about to be sent; `reason` is what a fill will be recorded as."""

    leg: LegState
    order: kernel.Order
    price: float
    reason: int


@dataclass
class Desk:
    """Legs, money and records of one run. Money in base currency."""

    panel: Panel
    legs: list[LegState]
    config: Config
    t: int = 0
    cash: float = 0.0
    nav: float = 0.0
    gross: float = 0.0
    short: float = 0.0
    fills: list[tuple[Any, ...]] = field(default_factory=list)
    blocks: list[tuple[Any, ...]] = field(default_factory=list)
    positions: list[tuple[int, int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cash = self.nav = self.config.capital
        self.policy = to_rules(self.config).policy
        self.money = {k: np.zeros(len(self.panel)) for k in ("cash", "long", "short", "borrow", "dividends")}
        self.taken: dict[int, float] = {}
        self.live: list[LegState] = []
        self._next = 0
        costs = self.panel.costs.reshape(-1, self.panel.costs.shape[2])
        self.tables = kernel.Tables(self.panel.tick_bounds, self.panel.tick_sizes, costs)
        weights: dict[int, float] = {}
        for leg in self.legs:
            if leg.side > 0:
                weights[leg.launch] = weights.get(leg.launch, 0.0) + leg.weight
        self.long_weight = weights
        self.long_filled: dict[int, float] = {}
        open_ = self.panel.exchange_open
        last = [
            int(np.flatnonzero(open_[:, e])[-1]) if open_[:, e].any() else -1 for e in range(open_.shape[1])
        ]
        self.last_row = last if self.config.close_out else [-1] * len(last)

    # the start of a session
    def start_session(self, t: int) -> list[tuple[int, float]]:
        """Apply the session's corporate actions, delistings and borrow; returns (code, change of shares)."""
        self.t, self.taken = t, {}
        while self._next < len(self.legs) and self.legs[self._next].row <= t:
            self.live.append(self.legs[self._next])
            self._next += 1
        if t > 0:
            self._borrow(t)
        changes = self._actions(t)
        return changes + self._delistings(t)

    def _actions(self, t: int) -> list[tuple[int, float]]:
        p, changes = self.panel, []
        for action in p.actions[p.actions["row"] == t]:
            i = int(action["code"])
            terms = (float(action["ratio"]), float(action["cash"]), float(action["cash_net"]))
            price = p.ref[t, i] if p.ref[t, i] > 0.0 else p.mark[max(t - 1, 0), i] / terms[0]
            fx = float(p.fx[t, p.currency_of[i]])
            for leg in self.live:
                if leg.code != i:
                    continue
                if leg.entering and not np.isnan(leg.planned):
                    leg.planned = float(np.floor(leg.planned * terms[0] + kernel.EPS))
                    leg.filled = float(np.floor(leg.filled * terms[0] + kernel.EPS))
                if leg.held != 0.0:
                    new = kernel.after_action(leg.held, leg.basis, leg.peak, terms, float(price))
                    changes.append((i, new.shares - leg.held))
                    leg.held, leg.basis, leg.peak = new.shares, new.basis, new.peak
                    self.cash += new.cash * fx
                    self.money["dividends"][t] += new.cash * fx
        return changes

    def _borrow(self, t: int) -> None:
        """What last night's shorts cost until today, on last night's market value."""
        p = self.panel
        days = float((p.sessions[t] - p.sessions[t - 1]).astype(int))
        charge = 0.0
        for leg in self.live:
            if leg.held < 0.0:
                i = leg.code
                value = -leg.held * p.mark[t - 1, i] * p.fx[t - 1, p.currency_of[i]]
                charge += float(value * (p.borrow[t - 1, i] * days / 365.0))
        self.cash -= charge
        self.money["borrow"][t] = charge

    def _delistings(self, t: int) -> list[tuple[int, float]]:
        """A delisted long is worth nothing, a delisted short is bought back at the last mark: against the trader."""
        p, changes = self.panel, []
        for leg in self.live:
            i = leg.code
            if p.status[t, i] == DELISTED:
                leg.entering = False
                if leg.held != 0.0:
                    price = 0.0 if leg.held > 0.0 else float(p.mark[t - 1, i])
                    changes.append((i, -leg.held))
                    fx = float(p.fx[t, p.currency_of[i]])
                    self.cash += leg.held * price * fx
                    self._record(leg, OPEN, -leg.held, price, (0.0, 0.0, 0.0), int(Reason.DELISTED))
                    leg.held = 0.0
        return changes

    # orders, in the order in which they are sent
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
            if leg.entering and leg.at == at and leg.exit_reason < 0 and self._is_open(leg):
                attempt = self._entry(leg)
                if attempt is not None:
                    yield attempt
                if self._done(leg) - leg.first_try >= leg.wait:
                    leg.entering = False

    def _is_open(self, leg: LegState) -> bool:
        return bool(self.panel.exchange_open[self.t, self.panel.exchange_of[leg.code]])

    def _done(self, leg: LegState) -> int:
        return int(self.panel.sessions_done[self.t, self.panel.exchange_of[leg.code]])

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
            part = kernel.reduction(leg.held, leg.cut, float(self.panel.lot_step[self.t, leg.code]))
            wanted, reason = part if leg.held > 0 else -part, int(Reason.MARGIN_CALL)
        else:
            leg.entering = False
        prices = self.panel.open if at == OPEN else self.panel.close
        order = kernel.Order(-wanted, at, leg.held, self._sellable(leg), False)
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
                why, price = kernel.touch_signal(
                    float(leg.side), leg.basis, leg.peak, bar, leg.rules, self.tables, table
                )
                if why >= 0:
                    leg.exit_reason = int(why)
                    leg.entering = False
                    order = kernel.Order(
                        -leg.held, TOUCH, leg.held, self._sellable(leg), why == Reason.TARGET
                    )
                    yield Attempt(leg, order, float(price), int(why))

    def _entry(self, leg: LegState) -> Attempt | None:
        p, t, i = self.panel, self.t, leg.code
        if leg.first_try < 0:
            leg.first_try = self._done(leg)
        if self.nav <= 0.0:
            self._block(leg, leg.at, 0.0, 0.0, int(Reason.BANKRUPT))
            return None
        lot_min, lot_step = float(p.lot_min[t, i]), float(p.lot_step[t, i])
        if np.isnan(leg.planned):
            price, fx = float(p.size_price[t, i]), float(p.fx[t - 1, p.currency_of[i]])
            if not price > 0.0:
                listed = p.status[t, i] != UNLISTED
                self._block(leg, leg.at, 0.0, 0.0, int(Reason.NO_PRICE if listed else Reason.UNLISTED))
                return None
            leg.planned = float(kernel.planned_shares(leg.weight, self.nav, price, fx, lot_min, lot_step))
            if leg.planned == 0.0:
                wanted = leg.weight * self.nav / (price * fx)
                self._block(leg, leg.at, leg.side * wanted, 0.0, int(Reason.BELOW_LOT))
                leg.entering = False
                return None
        wanted = leg.planned - leg.filled
        if self.config.pairing is Pairing.MATCHED and leg.side < 0:
            total = self.long_weight.get(leg.launch, 0.0)
            ratio = self.long_filled.get(leg.launch, 0.0) / total if total > 0.0 else 1.0
            paired = kernel.lot_floor(leg.planned * min(ratio, 1.0), lot_min, lot_step) - leg.filled
            wanted = min(wanted, paired)
            if wanted <= 0.0:
                self._block(leg, leg.at, leg.side * (leg.planned - leg.filled), 0.0, int(Reason.UNPAIRED))
                return None
        prices = p.open if leg.at == OPEN else p.close
        order = kernel.Order(leg.side * wanted, leg.at, 0.0, True, False)
        return Attempt(leg, order, float(prices[t, i]), int(Reason.ENTRY))

    # the judge and the books
    def judge(self, attempt: Attempt) -> kernel.Fill:
        """What the exchange and the account make of an attempt; nothing changes yet."""
        p, t, i = self.panel, self.t, attempt.leg.code
        allowed = np.floor(self.config.participation * p.volume[t, i] + kernel.EPS) - self.taken.get(i, 0.0)
        quote = kernel.Quote(
            int(p.status[t, i]), attempt.price, float(p.high[t, i]), float(p.low[t, i]),
            float(p.limit_up[t, i]), float(p.limit_down[t, i]), float(p.lot_min[t, i]), float(p.lot_step[t, i]),
            float(p.max_order[t, i]), bool(p.shortable[t, i]), float(allowed), int(p.tick_table[t, i]),
            t * p.costs.shape[1] + int(p.cost_class[i]),
        )  # fmt: skip
        fill: kernel.Fill = kernel.fill_order(
            attempt.order, quote, self._purse(attempt), self.policy, self.tables
        )
        return fill

    def _purse(self, attempt: Attempt) -> kernel.Purse:
        fx = float(self.panel.fx[self.t, self.panel.currency_of[attempt.leg.code]])
        if attempt.order.held != 0.0:
            return kernel.Purse(self.cash, 1.0 if attempt.order.wanted > 0 else -1.0, np.inf, fx)
        c = self.config
        spend = 1.0 if attempt.order.wanted > 0 else c.short_collateral - 1.0
        room = max(c.max_gross * self.nav - self.gross, 0.0)
        return kernel.Purse(self.cash - c.short_collateral * self.short, spend, room, fx)

    def settle(self, attempt: Attempt, fill: kernel.Fill) -> None:
        """Book a fill and, when it is less than was wanted, the block."""
        leg, order = attempt.leg, attempt.order
        i, t = leg.code, self.t
        opening = order.held == 0.0
        wanted = leg.side * (leg.planned - leg.filled) if opening else order.wanted
        if fill.shares != 0.0:
            fx = float(self.panel.fx[t, self.panel.currency_of[i]])
            self.cash -= (fill.shares * fill.price + fill.commission + fill.stamp + fill.levies) * fx
            value = abs(fill.shares) * fill.price * fx
            self.taken[i] = self.taken.get(i, 0.0) + abs(fill.shares)
            self.gross = max(self.gross + (value if opening else -value), 0.0)
            if leg.side < 0:
                self.short = max(self.short + (value if opening else -value), 0.0)
            if opening:
                self._open(leg, fill)
            else:
                leg.held += fill.shares
            self._record(leg, order.at, fill.shares, fill.price, fill[2:5], attempt.reason)
        if abs(fill.shares) < abs(wanted) - kernel.EPS:
            why = fill.reason if fill.reason >= 0 else int(Reason.UNPAIRED)
            self._block(leg, order.at, wanted, fill.shares, why)

    def _open(self, leg: LegState, fill: kernel.Fill) -> None:
        shares = abs(fill.shares)
        if leg.held == 0.0:
            leg.basis = leg.peak = fill.price
            leg.opened_on = self._done(leg)
        else:
            leg.basis = (leg.basis * abs(leg.held) + fill.price * shares) / (abs(leg.held) + shares)
        leg.held += fill.shares
        leg.filled += shares
        leg.bought_row = self.t
        if leg.side > 0:
            part = leg.weight * shares / leg.planned
            self.long_filled[leg.launch] = self.long_filled.get(leg.launch, 0.0) + part
        if leg.filled >= leg.planned - kernel.EPS:
            leg.entering = False

    def _record(
        self, leg: LegState, at: int, shares: float, price: float, cost: tuple[float, float, float], why: int
    ) -> None:
        fx = float(self.panel.fx[self.t, self.panel.currency_of[leg.code]])
        money = (cost[0] * fx, cost[1] * fx, cost[2] * fx, self.cash)
        self.fills.append((self.t, at, leg.code, leg.launch, leg.index, why, shares, price, fx, *money))

    def _block(self, leg: LegState, at: int, wanted: float, filled: float, why: int) -> None:
        self.blocks.append((self.t, at, leg.code, leg.launch, leg.index, why, wanted, filled))

    # the end of a session
    def end_session(self) -> None:
        """Mark every leg, judge closes, call margin, write the books of the session."""
        p, t = self.panel, self.t
        long, short = 0.0, 0.0
        net: dict[int, float] = {}
        for leg in self.live:
            if leg.held != 0.0:
                i = leg.code
                value = float(abs(leg.held) * p.mark[t, i] * p.fx[t, p.currency_of[i]])
                long, short = (long + value, short) if leg.side > 0 else (long, short + value)
                net[i] = net.get(i, 0.0) + leg.held
                if p.status[t, i] == TRADING:
                    self._signal(leg)
        self.nav = self.cash + long - short
        self.gross, self.short = long + short, short
        cut = 0.0
        if self.gross > 0.0 and self.nav < self.config.maintenance * self.gross:
            cut = 1.0 - max(self.nav, 0.0) * self.config.max_gross / self.gross
        for leg in self.live:
            leg.cut = cut
        self.live = [leg for leg in self.live if leg.entering or leg.held != 0.0]
        self.money["cash"][t], self.money["long"][t], self.money["short"][t] = self.cash, long, short
        self.positions += [(t, i, shares) for i, shares in sorted(net.items()) if shares != 0.0]

    def _signal(self, leg: LegState) -> None:
        p, t, i = self.panel, self.t, leg.code
        side = float(leg.side)
        best = float(p.close[t, i])
        if self.config.exit_on is ExitOn.CLOSE:
            if leg.exit_reason < 0:
                levels = kernel.exit_levels(side, leg.basis, leg.rules)
                leg.exit_reason = int(kernel.close_signal(side * best, side * leg.peak, levels))
        else:
            best = float(p.high[t, i] if leg.side > 0 else p.low[t, i])
        leg.peak = max(leg.peak, best) if leg.side > 0 else min(leg.peak, best)

    def finish(self) -> Run:
        """The records of the whole run."""
        return Run(
            fills=np.array(self.fills, FILL),
            blocks=np.array(self.blocks, BLOCK),
            positions=np.array(self.positions, POSITION),
            **self.money,
        )


def leg_states(legs: NDArray[Any]) -> list[LegState]:
    """The rows of a LEG table as objects; `index` is the row in the table."""
    rules = np.column_stack([legs["stop"], legs["target"], legs["trail"]])
    return [
        LegState(
            index=k, launch=int(leg["launch"]), code=int(leg["code"]), side=int(leg["side"]), at=int(leg["at"]),
            row=int(leg["row"]), wait=int(leg["wait"]), hold=int(leg["hold"]), weight=float(leg["weight"]),
            rules=(float(rules[k, 0]), float(rules[k, 1]), float(rules[k, 2])),
        )
        for k, leg in enumerate(legs)
    ]  # fmt: skip
