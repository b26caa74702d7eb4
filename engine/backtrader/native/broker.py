"""Somebody's own `backtrader.Strategy`, unmodified, on a broker that obeys the exchanges.

backtrader keeps the orders: parents and children, OCO groups, notifications, trades, analyzers. Whether, when and at
which price one trades is decided here and judged by `fill_order`; money and positions are the desk's.
"""

from typing import Any, NoReturn

import backtrader as bt
import numpy as np

from ....data.errors import ConfigError
from ....data.panel.panel import DELISTED, TRADING, Panel
from ...judge.records import Fill
from ...legs import CLOSE, OPEN, TOUCH, Reason
from ..broker import LaunchCerebro, LocalMoney, RowFeed, session_clock
from .account import AccountOrders
from .desk import FILLED, NativeDesk
from .orders import HISTORY, KINDS, checked, reason_of
from .triggers import AT_CLOSE, LIMIT, MARKET, STOP, STOP_LIMIT, Bar, Meeting, Wish, meeting

SHORT_OF_MONEY = (Reason.NO_CASH, Reason.MARGIN, Reason.BANKRUPT)


class NativeBroker(AccountOrders, bt.brokers.BackBroker):  # type: ignore[misc]
    """Orders meet the session's auction, its touched prices and its close; only what the judge grants is executed."""

    params = (("checksubmit", False),)

    def start(self) -> None:
        super().start()
        self.desk: NativeDesk
        self.cash = self.startingcash = self._value = self.desk.config.capital
        self._fundshares = self.desk.config.capital / float(self.p.fundstartval)
        self.answering = -1
        self.columns = {data: i for i, data in enumerate(self.cerebro.datas)}
        self.local = [LocalMoney(self.desk, i) for i in range(len(self.columns))]
        self.stays: dict[int, Any] = {}

    def getcommissioninfo(self, data: Any) -> Any:
        return self.local[self.columns[data]]

    def _refused(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConfigError(
            "cash, costs, slippage and fills belong to the run, not to the strategy; leave broker settings out "
            "and use `capital`, `slippage_bp`, `participation` and `brokerage.name=value`"
        )

    set_cash = setcash = add_cash = setcommission = addcommissioninfo = set_filler = _refused
    set_slippage_perc = set_slippage_fixed = set_coc = set_coo = set_shortcash = set_checksubmit = _refused

    def _bypassed(self, *args: Any, **kwargs: Any) -> NoReturn:
        raise ConfigError(HISTORY)

    add_order_history = set_fund_history = _bypassed

    # orders in
    def buy(self, owner: Any, data: Any, size: float, **terms: Any) -> Any:
        return super().buy(owner, data, **checked(size, terms))

    def sell(self, owner: Any, data: Any, size: float, **terms: Any) -> Any:
        return super().sell(owner, data, **checked(size, terms))

    def submit_accept(self, order: Any) -> None:
        named = order.info.get("launch")
        if named is None:
            launch = self.answering
        else:
            launch = self.cerebro.launch_numbers.get(getattr(named, "id", named), -1)
        order.addinfo(answers=launch)
        super().submit_accept(order)

    # the session
    def next(self) -> None:
        """One session: actions, expiry, the open, prices touched inside the bar, the close, the books."""
        desk = self.desk
        self.tried: set[int] = set()
        self.born: dict[int, tuple[int, float]] = {}
        self.inside: set[int] = set()
        changed, gone = desk.begin(self.cerebro.row)
        self.adjust_orders()
        for code, change in changed:
            self.adjust_position(code, change)
        for code, change in gone:
            self.write_off(code, change)
        self.refuse()
        self.expire()
        self._meet(OPEN, closing=True)
        self.reduce()
        self._meet(OPEN)
        self._meet(TOUCH, closing=True)
        self._meet(TOUCH)
        self._meet(TOUCH, kinds=(STOP, STOP_LIMIT))
        self._meet(CLOSE)
        self.close_out()
        self.end_day()
        desk.end_session()
        self._get_value()
        self.agree()

    def _meet(
        self, at: int, *, closing: bool = False, kinds: tuple[int, ...] = tuple(KINDS.values())
    ) -> None:
        """Try the orders due at one moment: sells that close, covers, then the rest; stops before limits."""
        for order in sorted(self.pending, key=self._rank):
            if order.ref in self.tried or not (order.alive() and order.active()) or order not in self.pending:
                continue
            rank = self._rank(order)
            if KINDS[order.exectype] not in kinds or (closing and rank[0] == 2):
                continue
            where = self._where(order)
            if where is None or where.at != at or (rank[0] < 2 and self._too_good(order, at)):
                continue
            self.tried.add(order.ref)
            order.triggered = order.triggered or where.triggered
            if where.price != 0.0:
                self._try_at(order, where)

    def _rank(self, order: Any) -> tuple[int, int, int]:
        held = self.positions[order.data].size
        closes = held != 0 and (held > 0) != order.isbuy()
        group = (1 if order.isbuy() else 0) if closes else 2
        return group, int(KINDS[order.exectype] == LIMIT), order.ref

    def _too_good(self, order: Any, at: int) -> bool:
        """A limit that would close, inside the same bar, what only opened inside it: the path is unknown."""
        limited = KINDS[order.exectype] in (LIMIT, STOP_LIMIT)
        return limited and at == TOUCH and self.columns[order.data] in self.inside

    def _where(self, order: Any) -> Meeting | None:
        """Moment and price of an order in this session."""
        desk, p = self.desk, self.desk.panel
        t, i = desk.t, self.columns[order.data]
        kind, done = KINDS[order.exectype], order.created
        side = 1.0 if order.isbuy() else -1.0
        since, first = self.born.get(order.ref, (OPEN, float(p.open[t, i])))
        wish = Wish(kind, side, float(done.price), float(done.pricelimit), bool(order.triggered), since)
        if p.status[t, i] != TRADING:
            # what would have traded in any case is tried, so that the block is on record
            sure = kind in (MARKET, AT_CLOSE) or (kind == STOP and order.triggered)
            return Meeting(CLOSE if kind == AT_CLOSE else OPEN, np.nan, limited=False) if sure else None
        bar = Bar(first, float(p.high[t, i]), float(p.low[t, i]), float(p.close[t, i]))
        return meeting(wish, bar, desk.tables, int(p.tick_table[t, i]))

    def _try_at(self, order: Any, where: Meeting) -> None:
        """Close with it what there is to close, then open with the rest."""
        desk, code = self.desk, self.columns[order.data]
        wanted = order.executed.remsize
        leg = desk.held.get(code)
        if leg is not None and (leg.held > 0.0) != (wanted > 0):
            part = min(abs(wanted), abs(leg.held))
            fill = desk.trade(leg, part if wanted > 0 else -part, where, reason_of(order))
            self._done(order, fill, where.price, closing=True)
            if fill.reason == FILLED and order.alive():
                self._try_at(order, where)
            return
        if order.parent is not None:
            self.end(order, bt.Order.Canceled)  # a bracket's exits never open a position
            return
        fill = desk.trade(self.stay(order, where.at), wanted, where, Reason.ENTRY)
        if fill.shares and where.at == TOUCH:
            self.inside.add(code)
        self._done(order, fill, where.price, closing=False)

    def stay(self, order: Any, at: int) -> Any:
        """The leg of an order: what the code holds, else one of its own that has not begun."""
        code, side = self.columns[order.data], 1 if order.isbuy() else -1
        held = self.desk.held.get(code)
        if held is not None:
            return held
        leg = self.stays.get(order.ref)
        if leg is None or leg.opened_on >= 0 or leg.side != side:
            launch = int(order.info.get("answers", -1))
            leg = self.stays[order.ref] = self.desk.new_stay(code, side, launch, at)
        return leg

    def _done(self, order: Any, fill: Fill, price: float, *, closing: bool) -> None:
        """Book what was granted at this moment's `price`; end an order that waiting cannot help."""
        why, code = fill.reason, self.columns[order.data]
        if fill.shares:
            if why == Reason.BELOW_LOT and (closing or abs(fill.shares) < abs(order.executed.remsize)):
                order.executed.remsize = round(fill.shares)  # the odd rest of it can never trade
            costs = fill.commission + fill.stamp + fill.levies
            self.book(order, fill.shares, fill.price, costs)
        if not order.alive():
            return
        gone = self.desk.panel.status[self.desk.t, code] == DELISTED
        if why in (Reason.BELOW_LOT, Reason.NOT_SHORTABLE) or gone:
            self.end(order, bt.Order.Canceled if order.executed.size else bt.Order.Rejected, price)
        elif why in SHORT_OF_MONEY and not closing:
            self.end(order, bt.Order.Margin, price)

    def book(self, order: Any, shares: float, price: float, costs: float) -> None:
        """Execute in backtrader's own records: position, order, trade, notification, bracket and OCO."""
        data, size = order.data, round(shares)
        info, position = self.getcommissioninfo(data), self.positions[data]
        fx, before = info.fx(), position.price
        held, average, opened, closed = position.update(size, price, data.datetime.datetime())
        part = abs(closed) / abs(size)
        order.execute(
            data.datetime[0], size, price,
            closed, -closed * before * fx, costs * fx * part,
            opened, opened * price * fx, costs * fx * (1.0 - part),
            None, -closed * (price - before) * fx, held, average,
        )  # fmt: skip
        order.addcomminfo(info)
        self.cash = self.desk.cash
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
        order.executed.dt = order.data.datetime[0]
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
        order.submit(self)
        order.accept(self)
        return order

    # what strategies and analyzers ask
    def _get_value(self, datas: Any = None, lever: bool = False) -> float:
        desk = self.desk
        if datas is not None:
            return float(sum(desk.worth(self.columns[data]) for data in datas))
        self.cash = desk.cash
        self._value = self._valuelever = desk.nav
        self._valuemkt = self._valuemktlever = desk.nav - desk.cash
        self._leverage = desk.gross / desk.nav if desk.nav > 0.0 else 0.0
        self._fundval = desk.nav / self._fundshares
        return float(desk.nav)


def make_cerebro(panel: Panel, desk: NativeDesk) -> LaunchCerebro:
    """A Cerebro over the panel with the broker in place."""
    cerebro = LaunchCerebro(stdstats=False, preload=False, runonce=False)
    cerebro.desk = desk
    broker = NativeBroker()
    broker.desk = desk
    cerebro.broker = broker
    cerebro.addobserver(bt.observers.Broker)  # analyzers ask for stats.broker, AnnualReturn for one
    clock = session_clock(panel)
    for i, code in enumerate(panel.codes):
        cerebro.adddata(RowFeed(panel=panel, column=i, clock=clock, timeframe=bt.TimeFrame.Days), name=code)
    return cerebro
