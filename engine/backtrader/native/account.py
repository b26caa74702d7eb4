"""What happens to a native run's account and orders without the strategy asking: actions, delistings, margin calls.

backtrader's own records follow the desk's books, through orders in the strategy's name, so that its positions, trades
and notifications stay whole.
"""

from typing import Any

from ....data.panel.panel import TRADING
from ...judge.exits import reduction
from ...judge.records import EPS
from ...legs import CLOSE, OPEN, Reason
from .book import OrderBook
from .stepping.sealed import desk_of
from .triggers import Match


class AccountOrders(OrderBook):
    """An order book whose account acts by itself."""

    def reduce(self) -> None:
        """Margin calls of last night."""
        desk, p = desk_of(self), desk_of(self).panel
        for leg in sorted(desk.live, key=lambda one: -one.side):
            if leg.cut > 0.0 and leg.held != 0.0 and desk.open_today(leg):
                part = reduction(leg.held, leg.cut, float(p.lot_step[desk.t, leg.code]))
                self._force(leg, part, Match(OPEN, float(p.open[desk.t, leg.code]), limited=False),
                               Reason.MARGIN_CALL)  # fmt: skip

    def close_out(self) -> None:
        """Everything is sold at the last close of its exchange where the run asks for it."""
        desk, p = desk_of(self), desk_of(self).panel
        for leg in sorted(desk.live, key=lambda one: -one.side):
            if leg.held != 0.0 and desk.t == desk.last_row[p.exchange_of[leg.code]]:
                self._force(leg, abs(leg.held), Match(CLOSE, float(p.close[desk.t, leg.code]), limited=False),
                               Reason.END)  # fmt: skip

    def _force(self, leg: Any, part: float, where: Match, reason: Reason) -> None:
        before = abs(leg.held)
        wanted = -part if leg.held > 0.0 else part
        order = self.own_order(leg.code, wanted, reason)
        fill = desk_of(self).trade(leg, wanted, where, reason)
        if fill.shares:
            self.book(order, fill.shares, fill.price, fill.commission + fill.stamp + fill.levies)
        self.forget(order)
        if order.alive():
            self.end(order, order.Canceled)
        self._trim(leg, before)

    def _trim(self, leg: Any, before: float) -> None:
        """Orders that meant to close what the account has sold by itself close only what is left."""
        for order in [one for one in self.pending if self.columns[one.data] == leg.code]:
            left = abs(order.executed.remsize)
            if order.isbuy() != (leg.side < 0) or not abs(leg.held) < left <= before:
                continue
            order.executed.remsize = round(-leg.held)
            if leg.held == 0.0:
                self.end(order, order.Canceled)

    def write_off(self, code: int, change: float) -> None:
        """The desk has booked a delisting; backtrader's order and trade follow."""
        price = 0.0 if change < 0.0 else float(desk_of(self).panel.mark[desk_of(self).t - 1, code])
        self.book(self.own_order(code, change, Reason.DELISTED), change, price, 0.0)

    # corporate actions
    def adjust_orders(self) -> None:
        """Sizes and prices of live orders follow the share; what is less than a share is cancelled."""
        desk = desk_of(self)
        for action in desk.panel.actions[desk.panel.actions["row"] == desk.t]:
            ratio, cash = float(action["ratio"]), float(action["cash"])
            for order in [one for one in self.pending if self.columns[one.data] == action["code"]]:
                left, made = order.executed.remsize, order.created
                size = int(abs(left) * ratio + EPS)
                order.executed.remsize = size if left > 0 else -size
                made.price = (made.price - cash) / ratio
                made.pricelimit = (made.pricelimit - cash) / ratio
                if order.trailamount:
                    order.p.trailamount = order.trailamount / ratio
                if size == 0:
                    self.end(order, order.Canceled)

    def adjust_position(self, code: int, change: float) -> None:
        """backtrader's position and open trades after a split, bonus or dividend."""
        data = self.cerebro.datas[code]
        position = self.positions[data]
        old, new = position.size, round(position.size + change)
        if old == new:
            return
        position.fix(new, position.price * old / new if new else 0.0)
        for strategy in self.cerebro.runningstrats:
            for trades in strategy._trades[data].values():
                trade = trades[-1]
                if trade.isopen:
                    size = round(trade.size * new / old)
                    trade.price, trade.size = (trade.price * old / new if new else 0.0), size
                    trade.isopen = bool(size)

    def refuse(self) -> None:
        """Orders of NaN shares or at NaN; with one of its orders a whole bracket goes."""
        for order in list(self.pending):
            if order.info.get("void") and order.alive():
                self.end(order, order.Rejected)

    def expire(self) -> None:
        """Orders valid until a day before this session's."""
        today = int(self.now)
        for order in list(self.pending):
            if order.valid and int(order.valid) < today:
                self._lapse(order)

    def _lapse(self, order: Any) -> None:
        if order not in self.pending:
            return
        at = CLOSE if order.exectype == order.Close else OPEN
        left = float(order.executed.remsize)
        desk_of(self).refuse(self.stay(order, at), at, (left, 0.0), Reason.EXPIRED)
        self.end(order, order.Expired)

    def end_day(self) -> None:
        """Day orders whose exchange has closed lapse; trailing stops follow the close."""
        desk, p = desk_of(self), desk_of(self).panel
        for order in list(self.pending):
            code = self.columns[order.data]
            if (
                order.exectype in (order.StopTrail, order.StopTrailLimit)
                and p.status[desk.t, code] == TRADING
                and order.active()
            ):
                order.trailadjust(float(p.close[desk.t, code]))
            if order.info.get("day") and order.active() and p.exchange_open[desk.t, p.exchange_of[code]]:
                self._lapse(order)

    def agree(self) -> None:
        """backtrader's own positions are the desk's, or the run is worthless."""
        desk = desk_of(self)
        for data, i in self.columns.items():
            leg = desk.held.get(i)
            if abs(self.positions[data].size - (0.0 if leg is None else leg.held)) > EPS:
                raise AssertionError(f"session {desk.t}: backtrader's {data._name} is not the desk's {leg}")
