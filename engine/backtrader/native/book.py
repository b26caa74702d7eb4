"""The order book of a native run: orders of a backtrader strategy as they come in, trade, and go.

backtrader keeps them: parents and children, OCO groups, notifications, trades, analyzers. Money and positions are the
desk's.
"""

from typing import Any, NoReturn

import backtrader as bt
import numpy as np

from ....data.errors import ConfigError
from ...legs import TOUCH, Reason
from .money import LocalMoney
from .orders import HISTORY, checked
from .sent import cancellation_sent, order_sent
from .stepping.sealed import desk_of, kept_for
from .where import where

MONEY = (
    "cash, costs, slippage and fills belong to the run, not to the strategy or its script; leave broker settings out and use "
    "`capital`, `slippage_bp`, `participation` and `brokerage.name=value`"
)


class OrderBook(bt.brokers.BackBroker):  # type: ignore[misc]
    """Takes orders in and off, and books what was granted; when and at which price they trade is decided elsewhere."""

    params = (("checksubmit", False),)

    def start(self) -> None:
        super().start()
        desk = desk_of(self)
        self.cash = self.startingcash = self._value = desk.config.capital
        self._fundshares = desk.config.capital / float(self.p.fundstartval)
        self.answering = -1
        self.row = -1  # last session that it has been through
        self.columns = {data: i for i, data in enumerate(self.cerebro.datas[: len(desk.panel.codes)])}
        self.local = [LocalMoney(desk, i) for i in range(len(self.columns))]
        self.stays: dict[int, Any] = {}
        self.born: dict[int, tuple[int, float]] = {}
        self.now = float("nan")

    def getcommissioninfo(self, data: Any) -> Any:
        return self.local[self.column(data)]

    def column(self, data: Any) -> int:
        """Which code of the market a feed is."""
        if data not in self.columns:
            raise ConfigError(
                f"{where()}{data._name or 'a feed'} is made of other bars and has no orders of its own; send them on the feed "
                "that it was made from"
            )
        return self.columns[data]

    def _refused(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConfigError(f"{where()}{MONEY}")

    set_cash = setcash = add_cash = setcommission = addcommissioninfo = set_filler = _refused
    set_slippage_perc = set_slippage_fixed = set_coc = set_coo = set_shortcash = set_checksubmit = _refused

    def _bypassed(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConfigError(HISTORY)

    add_order_history = set_fund_history = _bypassed

    # orders in
    def buy(self, owner: Any, data: Any, size: float, **terms: Any) -> Any:
        self.column(data)
        return super().buy(owner, data, **checked(size, terms))

    def sell(self, owner: Any, data: Any, size: float, **terms: Any) -> Any:
        self.column(data)
        return super().sell(owner, data, **checked(size, terms))

    def transmit(self, order: Any, check: bool = True) -> Any:
        """Submitted, then accepted: both are notified before the next bar."""
        order.submit()
        self.orders.append(order)
        self.notify(order)
        self.submit_accept(order)
        return order

    def submit_accept(self, order: Any) -> None:
        named = order.info.get("launch")
        if named is None:
            launch = self.answering
        else:
            launch = kept_for(self.cerebro).numbers.get(getattr(named, "id", named), -1)
        order.addinfo(answers=launch)
        desk_of(self).sent.append(order_sent(order, self.row, self.columns[order.data]))
        super().submit_accept(order)

    def cancel(self, order: Any, bracket: bool = False) -> bool:
        """Take an order off at the wish of the strategy, or (`bracket`) because its parent or twin is gone."""
        if not bracket:
            code = self.columns[order.data]
            desk_of(self).sent.append(cancellation_sent(order, self.row, code))
        return bool(super().cancel(order, bracket))

    def stay(self, order: Any, at: int) -> Any:
        """The leg of an order: what the code holds, else one of its own that has not begun."""
        code, side = self.columns[order.data], 1 if order.isbuy() else -1
        held = desk_of(self).held.get(code)
        if held is not None:
            return held
        leg = self.stays.get(order.ref)
        if leg is None or leg.opened_on >= 0 or leg.side != side:
            launch = int(order.info.get("answers", -1))
            leg = self.stays[order.ref] = desk_of(self).new_stay(code, side, launch, at)
        return leg

    def book(self, order: Any, shares: float, price: float, costs: float) -> None:
        """Execute in backtrader's own records: position, order, trade, notification, bracket and OCO."""
        data, size, costs = order.data, round(shares), float(costs)
        info, position = self.getcommissioninfo(data), self.positions[data]
        fx, before = info.fx(), position.price
        held, average, opened, closed = position.update(size, price, bt.num2date(self.now))
        part = abs(closed) / abs(size)
        order.execute(
            self.now, size, price,
            closed, -closed * before * fx, costs * fx * part,
            opened, opened * price * fx, costs * fx * (1.0 - part),
            None, -closed * (price - before) * fx, held, average,
        )  # fmt: skip
        order.addcomminfo(info)
        self.cash = float(desk_of(self).cash)
        self.forget(order)
        self.notify(order)
        self._ococheck(order)
        if order.alive():
            self.pending.append(order)
        else:
            self._release(order, price)

    def forget(self, order: Any) -> None:
        if order in self.pending:
            self.pending.remove(order)

    def _release(self, order: Any, price: float = np.nan) -> None:
        """A parent that traded brings its children to life, for as many shares as it really got."""
        size = order.executed.size
        if order.parent is not None or not size:
            self._bracketize(order, cancel=True)
            return
        self._bracketize(order)
        while self._toactivate:
            child = self._toactivate.popleft()
            child.activate()
            child.executed.remsize = child.created.size = -size
            if not np.isnan(price):
                self.born[child.ref] = (TOUCH, price)

    def end(self, order: Any, status: int, price: float = np.nan) -> None:
        """Take an order off the book without a (further) fill."""
        self.forget(order)
        order.status = status
        order.executed.dt = self.now
        self.notify(order)
        self._ococheck(order)
        self._release(order, price)

    def own_order(self, code: int, shares: float, reason: Reason) -> Any:
        """An order of the account's own, in the strategy's name so that its trades stay whole."""
        make = bt.order.BuyOrder if shares > 0 else bt.order.SellOrder
        owner, data = self.cerebro.runningstrats[0], self.cerebro.datas[code]
        order = make(owner=owner, data=data, size=abs(round(shares)), exectype=bt.Order.Market)
        order.addinfo(forced=reason.label)
        self._ocoize(order, None)
        self._pchildren[order.ref].append(order)
        self.orders.append(order)
        order.submit(self)
        order.accept(self)
        return order

    # what strategies and analyzers ask
    def _get_value(self, datas: Any = None, lever: bool = False) -> float:
        desk = desk_of(self)
        if datas is not None:
            return float(sum(desk.worth(self.columns[data]) for data in datas))
        # a number of numpy's divided by an indicator would be an array
        cash, nav, gross = float(desk.cash), float(desk.nav), float(desk.gross)
        self.cash = cash
        self._value = self._valuelever = nav
        self._valuemkt = self._valuemktlever = nav - cash
        self._leverage = gross / nav if nav > 0.0 else 0.0
        self._fundval = nav / self._fundshares
        return nav
