"""The rules as the broker of a Cerebro: somebody's own strategies, unmodified, on a broker that obeys the exchanges.

backtrader keeps the orders: parents and children, OCO groups, notifications, trades, analyzers. Whether, when and at
which price one trades is decided here and judged by `fill_order`; money and positions are the desk's.
"""

import sys
from typing import Any

import backtrader as bt
import numpy as np

from ....data.errors import ConfigError
from ....data.panel.panel import DELISTED, TRADING
from ...judge.records import Fill
from ...legs import CLOSE, OPEN, TOUCH, Reason
from .account import AccountOrders
from .chance import state_of_chance
from .desk import FILLED, NativeDesk
from .orders import KINDS, reason_of
from .stepping.feeds import MadeFeed, RuledFeed, tape_of
from .stepping.loop import Future, Given, take_over
from .stepping.notices import notices
from .stepping.sealed import Sealed, desk_of, kept_for, seal
from .triggers import AT_CLOSE, LIMIT, MARKET, STOP, STOP_LIMIT, Bar, Match, Terms, matched
from .where import where

SHORT_OF_MONEY = (Reason.NO_CASH, Reason.MARGIN, Reason.BANKRUPT)


class NativeBroker(AccountOrders):
    """Orders meet the session's auction, its touched prices and its close; only what the judge grants is executed.

    Its feeds are those of `Rows` over the same panel. Sessions on which none of them has a bar are caught up with.
    """

    lost: tuple[str, ...] = ()  # what a script had of its own and is not used, in sentences

    def __init__(self, given: Given) -> None:
        super().__init__()
        self.given = Sealed(given)

    def start(self) -> None:
        given: Given = kept_for(self.given)
        cerebro, panel = self.cerebro, given.panel
        self._refuse()
        self.chance = state_of_chance()  # the run on paper and the asks draw the same numbers
        self.feeds = [data for data in cerebro.datas if isinstance(data, RuledFeed)]
        if [data._name for data in cerebro.datas[: len(self.feeds)]] != list(panel.codes):
            raise ConfigError(
                "the feeds of the market must come first, each once, as `plug` adds them; add others after it"
            )
        self.mixed = not all(isinstance(data, RuledFeed | MadeFeed) for data in cerebro.datas)
        self.rows = self.feeds[0].p.rows
        self.rows.begin(panel)
        numbers = {launch.id: k for k, launch in enumerate(given.launches)}
        seal(cerebro, Future(given, tape_of(self.rows), notices(given.launches, panel), numbers))
        seal(self, NativeDesk(panel, [], given.config))
        take_over(cerebro)
        super().start()

    def _refuse(self) -> None:
        """What cannot be under the rules: cheating, and a run inside of a run."""
        cerebro = self.cerebro
        if cerebro.p.cheat_on_open or self.p.coo or self.p.coc:
            raise ConfigError(
                f"{where()}cheat-on-open and cheat-on-close act on a day that is already seen; leave them out"
            )
        if _depth(cerebro) > 1:
            raise ConfigError(
                f"{where()}cerebro.run() belongs to the run, which has begun; leave it out of the strategy"
            )
        if cerebro._dooptimize and not (
            kept_for(self.given).wait_for_late or cerebro.p.optreturn or cerebro.p.maxcpus == 1
        ):
            raise ConfigError(
                "strategies that do not wait for late shares cannot come back whole from other processes; "
                "leave out `wait_for_late=False` or `optreturn=False`, or set `maxcpus=1`"
            )

    def next(self) -> None:
        """Every session up to the bars that were handed out last."""
        behind = self.mixed and any(data.waits for data in self.feeds)
        self.catch_up(self.rows.before if behind else self.rows.row)

    def catch_up(self, row: int) -> None:
        """The sessions up to a row of the market."""
        while self.row < row:
            self.row += 1
            self._session()

    def _session(self) -> None:
        """One session: actions, expiry, the open, prices touched inside the bar, the close, the books."""
        desk = desk_of(self)
        self.tried: set[int] = set()
        self.born = {}
        self.inside: set[int] = set()
        self.now = kept_for(self.cerebro).tape.clock[self.row]
        changed, gone = desk.begin(self.row)
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
        for order in sorted(self.pending, key=self._rank) if self.pending else ():
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

    def _where(self, order: Any) -> Match | None:
        """Moment and price of an order in this session."""
        desk, p = desk_of(self), desk_of(self).panel
        t, i = desk.t, self.columns[order.data]
        kind, created = KINDS[order.exectype], order.created
        side = 1.0 if order.isbuy() else -1.0
        since, first = self.born.get(order.ref, (OPEN, float(p.open[t, i])))
        terms = Terms(
            kind, side, float(created.price), float(created.pricelimit), bool(order.triggered), since
        )
        if p.status[t, i] != TRADING:
            # what would have traded in any case is tried, so that the block is on record
            sure = kind in (MARKET, AT_CLOSE) or (kind == STOP and order.triggered)
            return Match(CLOSE if kind == AT_CLOSE else OPEN, np.nan, limited=False) if sure else None
        bar = Bar(first, float(p.high[t, i]), float(p.low[t, i]), float(p.close[t, i]))
        return matched(terms, bar, desk.tables, int(p.tick_table[t, i]))

    def _try_at(self, order: Any, where: Match) -> None:
        """Close with it what there is to close, then open with the rest."""
        desk, code = desk_of(self), self.columns[order.data]
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
        gone = desk_of(self).panel.status[desk_of(self).t, code] == DELISTED
        if why in (Reason.BELOW_LOT, Reason.NOT_SHORTABLE) or gone:
            self.end(order, bt.Order.Canceled if order.executed.size else bt.Order.Rejected, price)
        elif why in SHORT_OF_MONEY and not closing:
            self.end(order, bt.Order.Margin, price)


def _depth(cerebro: Any) -> int:
    """How many runs of a Cerebro are under way, one inside of the other."""
    depth, frame = 0, sys._getframe(1)
    while frame is not None:
        own = frame.f_code.co_name == "runstrategies" and frame.f_locals.get("self") is cerebro
        depth, frame = depth + own, frame.f_back  # type: ignore[assignment]
    return depth
