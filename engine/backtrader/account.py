"""The account of the backtrader path: its money, what its legs hold and owe, and the records of the run.

Each leg is its own sub-account: it sells only what it bought, so T+1, odd lots and shorts are judged per leg.
"""

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from ...data.arrays import I4
from ...data.minutes.hours import hours_of
from ...data.panel.panel import DELISTED, Panel
from ..compiled.windows import to_rules
from ..config import Config
from ..judge.clock import trading_later
from ..judge.exits import after_action
from ..judge.fill import account_answer, fill_order, legal_size
from ..judge.minutes import Bar, minute_answer
from ..judge.records import EPS, FILLED, Fill, Lots, Purse, Quote, Tables
from ..legs import BLOCK, FILL, OPEN, Reason
from ..results.run import POSITION, Run
from .leg_state import Attempt, LegState


@dataclass
class Account:
    """Money in base currency; of the `legs`, those `live` hold shares or may still enter, in their order."""

    panel: Panel
    legs: list[LegState]
    config: Config
    t: int = 0
    cash: float = 0.0
    spendable: float = (
        0.0  # what orders of the session may count on: cash moved at the rates known when they are sent
    )
    nav: float = 0.0
    gross: float = 0.0
    short: float = 0.0  # of shares; cash is kept for it
    margin: float = 0.0  # that futures tie up
    live: list[LegState] = field(default_factory=list)
    long_filled: dict[int, float] = field(default_factory=dict)
    taken: dict[int, float] = field(default_factory=dict)
    taken_inside: dict[tuple[int, int], float] = field(default_factory=dict)  # by code and minute
    fills: list[tuple[Any, ...]] = field(default_factory=list)
    blocks: list[tuple[Any, ...]] = field(default_factory=list)
    positions: list[tuple[int, int, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.cash = self.nav = self.config.capital
        rules = to_rules(self.config)
        self.policy, self.minutely = rules.policy, rules.minutely
        self.money = {k: np.zeros(len(self.panel)) for k in ("cash", "long", "short", "borrow", "dividends")}
        costs = self.panel.costs.reshape(-1, self.panel.costs.shape[2])
        self.tables = Tables(self.panel.tick_bounds, self.panel.tick_sizes, costs)
        open_ = self.panel.exchange_open
        last = [
            int(np.flatnonzero(open_[:, e])[-1]) if open_[:, e].any() else -1 for e in range(open_.shape[1])
        ]
        self.last_row = last if self.config.close_out else [-1] * len(last)

    def start_session(self, t: int) -> list[tuple[int, float]]:
        """Charge borrow, apply corporate actions and delistings; returns (code, change of shares)."""
        self._open_books(t)
        changes = self._actions(t)
        return changes + self._delistings(t)

    def _open_books(self, t: int) -> None:
        """Take up session t: last night's borrow is paid, and orders count on the cash that is left."""
        self.t, self.taken, self.taken_inside = t, {}, {}
        if t > 0:
            self._borrow(t)
        self.spendable = self.cash + self._financed(t)

    def _financed(self, t: int) -> float:
        """What futures were worth at the last close, signed, at the rate that cash has been moved by: no cash was paid for it."""
        p = self.panel
        held = [leg for leg in self.live if leg.held != 0.0 and p.futures[leg.code]]
        return float(
            sum(leg.held * p.mark[t - 1, leg.code] * p.fx[t, p.currency_of[leg.code]] for leg in held)
        )

    def known_rate(self, code: int) -> float:
        """Base money for one local unit as known when orders of this session are sent: the fixing of the row before."""
        return float(self.panel.fx[max(self.t - 1, 0), self.panel.currency_of[code]])

    def _is_open(self, leg: LegState) -> bool:
        return bool(self.panel.exchange_open[self.t, self.panel.exchange_of[leg.code]])

    def _done(self, leg: LegState) -> int:
        return int(self.panel.sessions_done[self.t, self.panel.exchange_of[leg.code]])

    def _actions(self, t: int) -> list[tuple[int, float]]:
        p, changes = self.panel, []
        for number in np.flatnonzero(p.actions["row"] == t):
            action, price = p.actions[number], float(p.fraction_price[number])
            i = int(action["code"])
            terms = (float(action["ratio"]), float(action["cash"]), float(action["cash_net"]))
            fx = float(p.fx[t, p.currency_of[i]])
            for leg in self.live:
                if leg.code != i:
                    continue
                if leg.entering and leg.filled > 0.0:
                    leg.planned = float(np.floor(leg.planned * terms[0] + EPS))
                    leg.filled = float(np.floor(leg.filled * terms[0] + EPS))
                if leg.held != 0.0:
                    before = leg.held
                    new = after_action(leg.held, leg.basis, leg.peak, terms, price)
                    changes.append((i, new.shares - leg.held))
                    leg.held, leg.basis, leg.peak = new.shares, new.basis, new.peak
                    self.cash += new.cash * fx
                    known = new.cash
                    if p.futures[i]:  # of a roll, its costs; the rest is the difference of two settlements
                        known -= before * (terms[1] + terms[2]) / 2.0
                    self.spendable += known * self.known_rate(i)
                    self.money["dividends"][t] += new.cash * fx
        return changes

    def _borrow(self, t: int) -> None:
        """What last night's shorts cost until today, on last night's market value; and what the rate made of futures, taken back."""
        p = self.panel
        days = float((p.sessions[t] - p.sessions[t - 1]).astype(int))
        charge = 0.0
        for leg in self.live:
            if leg.held != 0.0 and p.futures[leg.code]:  # its value is no investment in its currency
                i, k = leg.code, p.currency_of[leg.code]
                charge += float(leg.held * p.mark[t - 1, i] * (p.fx[t, k] - p.fx[t - 1, k]))
            elif leg.held < 0.0:
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
                    self.spendable += leg.held * price * self.known_rate(i)
                    self._record(leg, OPEN, -leg.held, price, (0.0, 0.0, 0.0), int(Reason.DELISTED))
                    leg.held = 0.0
        return changes

    def judge(self, attempt: Attempt) -> Fill:
        """What the exchange and the account make of an attempt; nothing changes yet."""
        p, t, i = self.panel, self.t, attempt.leg.code
        allowed = np.floor(self.config.participation * p.volume[t, i] + EPS) - self.taken.get(i, 0.0)
        quote = Quote(
            int(p.status[t, i]), attempt.price, float(p.high[t, i]), float(p.low[t, i]),
            float(p.limit_up[t, i]), float(p.limit_down[t, i]), float(p.lot_min[t, i]), float(p.lot_step[t, i]),
            float(p.max_order[t, i]), bool(p.shortable[t, i]), float(allowed), int(p.tick_table[t, i]),
            t * p.costs.shape[1] + int(p.cost_class[i]),
        )  # fmt: skip
        if attempt.bar is not None:
            return (
                self._judge_at_level(attempt, quote)
                if attempt.at_level
                else self._judge_inside(attempt, quote)
            )
        fill: Fill = fill_order(attempt.order, quote, self._purse(attempt), self.policy, self.tables)
        return fill

    def _judge_inside(self, attempt: Attempt, session: Quote) -> Fill:
        """The same for an order that meets a minute bar."""
        one, order = attempt.bar, attempt.order
        prices = (float(one[name]) for name in ("open", "high", "low", "vwap", "volume"))
        price, why, allowed = minute_answer(
            order, session, Bar(*prices), self.minutely, self.policy, self.tables
        )
        if why != FILLED:
            return Fill(0.0, 0.0, 0.0, 0.0, 0.0, int(why))
        allowed -= self.taken_inside.get((attempt.leg.code, order.at), 0.0)
        lots = Lots(session.lot_min, session.lot_step, session.max_order, allowed, session.cost_row)
        size = legal_size(abs(order.wanted), order.held, lots)
        fill: Fill = account_answer(order, size, price, lots, self._purse(attempt), self.tables.costs)
        return fill

    def _judge_at_level(self, attempt: Attempt, session: Quote) -> Fill:
        """The same for an order at a price that a minute bar touches."""
        one, at = attempt.bar, attempt.order.at
        allowed = np.floor(self.minutely.participation * float(one["volume"]) + EPS)
        allowed -= self.taken_inside.get((attempt.leg.code, at), 0.0)
        quote = session._replace(
            high=float(one["high"]), low=float(one["low"]), volume=float(allowed), shortable=True
        )
        fill: Fill = fill_order(attempt.order, quote, self._purse(attempt), self.policy, self.tables)
        return fill

    def _purse(self, attempt: Attempt) -> Purse:
        fx = self.known_rate(attempt.leg.code)
        future = bool(self.panel.futures[attempt.leg.code])
        if future and attempt.order.held != 0.0:
            return Purse(np.inf, 0.0, np.inf, fx)  # its losses are owed, whatever there is
        if attempt.order.held != 0.0:
            return Purse(self.spendable, 1.0 if attempt.order.wanted > 0 else -1.0, np.inf, fx)
        c = self.config
        spend = 1.0 if attempt.order.wanted > 0 else c.short_collateral - 1.0
        if future:
            spend = float(self.panel.margin[self.t, attempt.leg.code])
        room = max(c.max_gross * self.nav - self.gross, 0.0)
        return Purse(self.spendable - c.short_collateral * self.short - self.margin, spend, room, fx)

    def settle(self, attempt: Attempt, fill: Fill) -> None:
        """Book a fill and, when it is less than was wanted, the block."""
        leg, order = attempt.leg, attempt.order
        i, t = leg.code, self.t
        opening = order.held == 0.0
        wanted = leg.side * (leg.planned - leg.filled) if opening else order.wanted
        if fill.shares != 0.0:
            fx = float(self.panel.fx[t, self.panel.currency_of[i]])
            paid = fill.shares * fill.price + fill.commission + fill.stamp + fill.levies
            self.cash -= paid * fx
            self.spendable -= paid * self.known_rate(i)
            value = abs(fill.shares) * fill.price * self.known_rate(i)
            self.taken[i] = self.taken.get(i, 0.0) + abs(fill.shares)
            if attempt.bar is not None:
                inside = (i, order.at)
                self.taken_inside[inside] = self.taken_inside.get(inside, 0.0) + abs(fill.shares)
            self.gross = max(self.gross + (value if opening else -value), 0.0)
            if self.panel.futures[i]:  # it costs what it differs from the last settlement
                self.spendable += fill.shares * float(self.panel.size_price[t, i]) * self.known_rate(i)
                tied = value * float(self.panel.margin[t, i])
                self.margin = max(self.margin + (tied if opening else -tied), 0.0)
            elif leg.side < 0:
                self.short = max(self.short + (value if opening else -value), 0.0)
            if opening:
                self._open(leg, fill, order.at)
            else:
                leg.held += fill.shares
            self._record(leg, order.at, fill.shares, fill.price, fill[2:5], attempt.reason)
        if abs(fill.shares) < abs(wanted) - EPS:
            why = fill.reason if fill.reason != FILLED else int(Reason.UNPAIRED)
            if attempt.bar is None:
                self._block(leg, order.at, wanted, fill.shares, why)
            leg.lacked = why
        if attempt.bar is None and opening and leg.filled == 0.0 and fill.reason == Reason.BELOW_LOT:
            leg.entering = False

    def _minutes_later(self, leg: LegState, at: int) -> tuple[int, int]:
        """Row and minute that are `hold_minutes` of trading after a moment of this session."""
        e = int(self.panel.exchange_of[leg.code])
        rows = np.concatenate([[0], self.panel.own_rows(e)]).astype(np.int32)
        row, minute = trading_later(self._hours[e], rows, self._done(leg), at, leg.hold_minutes)
        return int(row), int(minute)

    @cached_property
    def _hours(self) -> I4:
        p = self.panel
        return hours_of(p.exchanges, p.sessions, p.exchange_open, p.calendar)

    def _open(self, leg: LegState, fill: Fill, at: int) -> None:
        shares = abs(fill.shares)
        if leg.held == 0.0:
            leg.basis = leg.peak = fill.price
            leg.opened_on = self._done(leg)
            if leg.hold_minutes > 0:
                leg.due = self._minutes_later(leg, at)
        else:
            leg.basis = (leg.basis * abs(leg.held) + fill.price * shares) / (abs(leg.held) + shares)
        leg.held += fill.shares
        leg.filled += shares
        leg.bought_row = self.t
        if leg.side > 0:
            part = leg.weight * shares / leg.planned
            self.long_filled[leg.launch] = self.long_filled.get(leg.launch, 0.0) + part
        if leg.filled >= leg.planned - EPS:
            leg.entering = False

    def _record(
        self, leg: LegState, at: int, shares: float, price: float, cost: tuple[float, float, float], why: int
    ) -> None:
        fx = float(self.panel.fx[self.t, self.panel.currency_of[leg.code]])
        money = (cost[0] * fx, cost[1] * fx, cost[2] * fx, self.cash)
        self.fills.append((self.t, at, leg.code, leg.launch, leg.index, why, shares, price, fx, *money))

    def _block(self, leg: LegState, at: int, wanted: float, filled: float, why: int) -> None:
        self.blocks.append((self.t, at, leg.code, leg.launch, leg.index, why, wanted, filled))

    def end_session(self) -> None:
        """Mark every leg, call margin, write the books of the session, and let go of legs that are over."""
        p, t = self.panel, self.t
        long, short, sold, margin = 0.0, 0.0, 0.0, 0.0
        net: dict[int, float] = {}
        for leg in self.live:
            if leg.held != 0.0:
                i = leg.code
                value = float(abs(leg.held) * p.mark[t, i] * p.fx[t, p.currency_of[i]])
                long, short = (long + value, short) if leg.side > 0 else (long, short + value)
                net[i] = net.get(i, 0.0) + leg.held
                if p.futures[i]:
                    sold, margin = (
                        sold + (value if leg.side < 0 else 0.0),
                        margin + value * float(p.margin[t, i]),
                    )
        self.nav = self.cash + long - short
        self.gross, self.short, self.margin = long + short, short - sold, margin
        cut = 0.0
        if self.gross > 0.0 and self.nav < self.config.maintenance * self.gross:
            cut = 1.0 - max(self.nav, 0.0) * self.config.max_gross / self.gross
        for leg in self.live:
            leg.cut = cut
        self.live = [leg for leg in self.live if leg.entering or leg.held != 0.0]
        self.money["cash"][t], self.money["long"][t], self.money["short"][t] = self.cash, long, short
        self.positions += [(t, i, shares) for i, shares in sorted(net.items()) if shares != 0.0]

    def finish(self) -> Run:
        """The records of the whole run."""
        return Run(
            fills=np.array(self.fills, FILL),
            blocks=np.array(self.blocks, BLOCK),
            positions=np.array(self.positions, POSITION),
            **self.money,
        )
