"""A panel, legs and a portfolio's rules laid out for compiled code: NamedTuples of few arrays, and scalars.

What a leg can meet is gathered once into its window, the rows from its first attempt to its last possible exit: the
exchange's answer to its orders stands there on one cache line for each session, marks and closes beside it. The
cost of a run then follows the live legs, not the symbols or the idle days of the panel.
"""

from concurrent.futures import ThreadPoolExecutor
from copy import copy
from functools import cached_property
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I1, I4, Bool
from ...data.minutes.hours import hours_of
from ...data.panel.panel import DELISTED, SUSPENDED, TRADING, UNLISTED, Panel
from ...data.rules.costs import FIRST_LEVY
from ..config import Config, ExitOn, LimitPolicy, MinutePrice, Pairing
from ..judge.minutes import AT_OPEN, AT_VWAP, AT_WORST, Minutely
from ..judge.prices import exchange_answer, locked
from ..judge.records import EPS, IGNORE, OPENED, STRICT, Order, Policy, Quote, Tables
from ..legs import CLOSE, OPEN
from ..machine.code import Effort, by_effort
from ..njit import compiled, inlined
from .minutes import AT_AUCTIONS, MinuteTables

MINUTE_PRICES = {MinutePrice.OPEN: AT_OPEN, MinutePrice.VWAP: AT_VWAP, MinutePrice.WORST: AT_WORST}
POLICIES = {LimitPolicy.STRICT: STRICT, LimitPolicy.OPENED: OPENED, LimitPolicy.IGNORE: IGNORE}

# What the exchange says in one row of a window, one cache line: the price of an order to enter and of one to leave, 0 for a
# refusal, and its Reason, FILLED where it is none; shares allowed under the participation cap; the leg's weight per base money that one
# share is sized at, NaN without a price; base money for one unit of local currency; largest order and board lots; sessions
# of the exchange that are done; row of Tables.costs.
ORDER = np.dtype(
    [(name, "f8") for name in ("enter", "leave", "allowed", "part", "fx")]
    + [(name, "i4") for name in ("max_order", "lot_min", "lot_step", "done", "cost_row")]
    + [("why_enter", "i1"), ("why_leave", "i1"), ("flags", "u1"), ("unused", "u1")]
)  # fmt: skip
IS_OPEN, T_PLUS_ONE, NOT_YET_LISTED, WITHOUT_BAR = 1, 2, 4, 8  # bits of flags

# columns of Windows.bar
STATUS, OPENS, HIGH, LOW, UP, DOWN, TICKS, SHORTABLE = range(8)
BAR_WIDTH = 8

# A leg and its window of `length` rows from row `start` of the windows, row `row` of the panel, on; `ends`: the panel's row in
# which the window or the code's listing ends, `gone` the latter; `at`: auction of its exits, and of its entries but for those that it
# meets inside its session from `minute` on; `hold_minutes`: 0 where it holds for sessions; `pair`: its launch; `action`: the code's first; `currency`: row
# of Windows.fx; `last_mark`:
# what a share is worth once it is gone.
LEG_WINDOW = np.dtype(
    [(name, "i4") for name in ("start", "row", "length", "ends", "code", "exchange", "at", "wait", "hold", "pair", "gone", "action", "currency", "future", "minute", "hold_minutes")]
    + [(name, "f8") for name in ("side", "weight", "stop", "target", "trail", "last_mark")]
)  # fmt: skip

NO_ROW = -1  # in the place of a row of the panel: it has not happened, or never does
NO_ACTION = -1  # of a leg or a row: there is no (further) corporate action
NO_CLOSE = 0  # Windows.close_from where no leg trades at the close

MEASURING = Effort(unit=6e-6, compiling=1.0)  # a leg
GATHERING = Effort(unit=35e-6, compiling=2.0)  # a row of the windows, and at the close once more
ROWS_FOR_THREADS = 20_000  # rows of windows from which on gathering them is worth several threads
SHORT_SESSION = 120  # minutes: sessions that are shorter are made room for when they are met
SLACK = 2  # rows of a window beyond the first in which an exit fills after the longest wait and hold


class Windows(NamedTuple):
    """Legs in order of row and what they can meet. R rows of windows in all, L legs, A corporate actions.

    Leg k sees session t in row `start + t − row` of the windows (`window_row`); its own ends after `length` rows.
    """

    order: NDArray[Any]  # (R,): ORDER at the open; where there are orders at the close, then R rows of those
    close_from: int  # row of `order` where those begin, NO_CLOSE where there are none
    worth: F8  # (R,): base value of one share at the close
    owed: F8  # (R,): base money that the borrow of one share costs the night after; 0 for longs; for a future, see holding.py
    close: F8  # (R,): NaN where there is none
    bar: F8  # (R, 8) where exits are on touch or minute bars are met, else (0, 8)
    span: I4  # (R, 2): first minute bar that an entry meets in a row, and the one after its last; (0, 2) where none is inside a session
    minute: NDArray[Any]  # (Q,): MINUTE_BAR, the panel's
    held_span: I4  # (R, 2): the same of the bars in which a leg that is held may get out; (0, 2) where none may inside a session
    held_range: F8  # (R, 2): lowest and highest price of these; (0, 2) likewise
    block: F8  # (⌈Q / BLOCK⌉, 2): the same of `minute`, BLOCK bars at a time
    hours: I4  # (exchanges, T, 4): continuous trading, see data/minutes/hours.py; (0, 0, 4) where no leg is held for minutes
    leg: NDArray[Any]  # (L,): LEG_WINDOW
    tables: Tables
    fx: F8  # (currencies, T): base money for one unit
    row_of: I4  # (exchanges, T + 2): row of the n-th session, T where there is none
    pair_weight: F8  # (M,): long weight of each launch
    action_row: I4
    action_code: I4
    action_next: I4  # the code's next action, NO_ACTION after the last
    action_terms: F8  # (A, 4): ratio, cash, cash_net, price of fractions
    rows: int  # T
    borrows: bool  # whether holding some share over night costs something
    futures: bool  # whether some leg is in an index future; else the two arrays that follow are empty
    settled: F8  # (R,): price that a future was last settled at
    margin: F8  # (R,): fraction of its value that it ties up


class Rules(NamedTuple):
    """The portfolio's rules as numbers."""

    capital: float
    policy: Policy
    matched: bool
    on_touch: bool
    participation: float
    max_gross: float
    maintenance: float
    collateral: float
    close_out: bool
    minutely: Minutely
    give_up: float  # minutes, inf for the session's end


class Point(NamedTuple):
    """One parameter point: overrides for every leg. `scale` multiplies weights; −1 and inf keep the leg's own rule.

    `hold_minutes` 0 holds for `hold` sessions.
    """

    scale: float
    wait: int
    hold: int
    stop: float
    target: float
    trail: float
    hold_minutes: int


OWN = Point(1.0, -1, -1, np.inf, np.inf, np.inf, -1)


class Layout:
    """A panel turned to codes × sessions, so that gathering a leg's window walks through contiguous memory."""

    def __init__(self, panel: Panel) -> None:
        self.panel = panel
        self.nights = np.zeros(len(panel))
        self.nights[1:] = np.diff(panel.sessions).astype("timedelta64[D]").astype(np.float64)
        self.tables, self.cost_row = _regimes(panel)
        self.has_futures = bool(panel.futures.any())
        self.minutes = MinuteTables(panel.minutes)

        names = (
            "open", "high", "low", "close", "limit_up", "limit_down", "mark", "volume", "size_price", "borrow", "lot_min",
            "lot_step", "max_order", "status", "t_plus_one", "shortable", "tick_table", "exchange_open", "sessions_done", "fx",
        )  # fmt: skip
        turned = {name: _fixed(getattr(panel, name).T) for name in names}
        self.columns = Transposed(
            **turned,
            margin=_fixed(panel.margin.T if self.has_futures else np.empty((0, 0))),
            nights=_fixed(self.nights),
            cost_row=_fixed(self.cost_row),
            currency_of=_fixed(panel.currency_of),
            exchange_of=_fixed(panel.exchange_of),
        )

    def charging(self, panel: Panel) -> "Layout":
        """The same for a panel that differs in its costs only; nothing else is laid out again."""
        other = copy(self)
        other.panel = panel
        other.tables, other.cost_row = _regimes(panel)
        other.columns = self.columns._replace(cost_row=_fixed(other.cost_row))
        return other

    @cached_property
    def row_of(self) -> I4:
        """Row of each exchange's n-th session, n from 1; T where there is none."""
        t = len(self.panel)
        rows = np.full((len(self.panel.exchanges), t + 2), t, np.int32)
        for e in range(len(self.panel.exchanges)):
            own = self.panel.own_rows(e)
            rows[e, 1 : len(own) + 1] = own
        return rows

    @cached_property
    def hours(self) -> I4:
        """When each exchange trades continuously in each row."""
        p = self.panel
        return hours_of(p.exchanges, p.sessions, p.exchange_open, p.calendar)

    @cached_property
    def gone(self) -> I4:
        """First delisted row of each code, T where there is none."""
        delisted = self.panel.status == DELISTED
        return np.where(delisted.any(axis=0), delisted.argmax(axis=0), len(self.panel)).astype(np.int32)

    @cached_property
    def last_open(self) -> I4:
        """Last session's row of each exchange, NO_ROW where it has none."""
        rows = [self.panel.own_rows(e) for e in range(len(self.panel.exchanges))]
        return np.array([own[-1] if len(own) else NO_ROW for own in rows], np.int32)

    @cached_property
    def actions(self) -> tuple[I4, I4, I4, F8]:
        """Row and code of each corporate action, the code's next action, and terms (A, 4)."""
        p = self.panel
        row, code = (np.ascontiguousarray(p.actions[name], np.int32) for name in ("row", "code"))
        ratio, cash, net = (p.actions[name].astype(np.float64) for name in ("ratio", "cash", "cash_net"))
        following = np.full(len(row), NO_ACTION, np.int32)
        seen: dict[int, int] = {}
        for a in range(len(row) - 1, -1, -1):
            following[a] = seen.get(int(code[a]), NO_ACTION)
            seen[int(code[a])] = a
        terms = np.column_stack([ratio, cash, net, p.fraction_price])
        return _fixed(row), _fixed(code), _fixed(following), _fixed(terms.reshape(-1, 4))

    @cached_property
    def first_action(self) -> I4:
        """First action of each code, NO_ACTION where it has none."""
        first = np.full(len(self.panel.codes), NO_ACTION, np.int32)
        _, code, _, _ = self.actions
        first[code[::-1]] = np.arange(len(code) - 1, -1, -1)
        return first

    def windows(
        self,
        legs: NDArray[Any],
        rules: "Rules",
        longest: tuple[int, int, int],
        slack: int = SLACK,
        *,
        threads: int = 1,
    ) -> Windows:
        """Windows of legs (LEG dtype, sorted by row), for the `longest` (wait, hold, hold_minutes); −1 means each leg's own.

        A window reaches `slack` rows beyond the row in which the longest holding can be sold, or to the panel's end.
        """
        p, n = self.panel, len(legs)
        leg = lines(n, LEG_WINDOW)
        for name in (
            "row",
            "code",
            "wait",
            "hold",
            "side",
            "weight",
            "stop",
            "target",
            "trail",
            "hold_minutes",
        ):
            leg[name] = legs[name]
        inside = legs["at"] > CLOSE
        leg["at"], leg["minute"] = (
            np.where(inside, CLOSE, legs["at"]),
            np.where(inside, legs["at"], AT_AUCTIONS),
        )
        launches, pair = np.unique(legs["launch"], return_inverse=True)
        leg["pair"] = pair.reshape(-1)
        leg["gone"] = self.gone[legs["code"]]
        leg["exchange"] = p.exchange_of[legs["code"]]
        leg["currency"] = p.currency_of[legs["code"]]
        leg["action"] = self.first_action[legs["code"]]
        leg["future"] = p.futures[legs["code"]]
        leg["last_mark"] = p.mark[np.maximum(leg["gone"] - 1, 0), legs["code"]]
        total = by_effort(_measure, MEASURING, n)(leg, self.row_of, self.columns, longest, slack)
        by_minutes = longest[2] > 0 or bool((leg["hold_minutes"] > 0).any())
        closing = rules.close_out or by_minutes or bool((leg["at"] == CLOSE).any())
        close_from = total if closing else NO_CLOSE
        order = lines(total + close_from, ORDER)
        enters, held = (
            bool(some) and len(p.minutes) > 0 for some in (inside.any(), by_minutes or rules.on_touch)
        )
        bar = np.empty((total if rules.on_touch or enters or held else 0, BAR_WIDTH))
        worth, owed, close = np.empty(total), np.empty(total), np.empty(total)
        futures = bool(leg["future"].any())
        settled, margin = (np.empty(total if futures else 0) for _ in range(2))
        into = (order, bar, worth, owed, close, settled, margin)

        fill = by_effort(_gather, GATHERING, len(order))

        def gather(part: slice) -> None:
            fill(leg[part], into, self.columns, self.tables, rules)

        if threads == 1 or total < ROWS_FOR_THREADS:
            gather(slice(n))
        else:
            cuts = np.linspace(0, n, threads + 1).astype(int)
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(gather, map(slice, cuts[:-1], cuts[1:])))
        span, held_span, held_range = self.minutes.met(
            leg, (total if enters else 0, total if held else 0), (self.columns.exchange_open, self.columns.sessions_done),
            longest[0], rules.give_up,
        )  # fmt: skip
        row, code, following, terms = self.actions
        return Windows(
            order=order, close_from=close_from, worth=worth, owed=owed, close=close, bar=bar, span=span, minute=self.minutes.bars, block=self.minutes.block, held_span=held_span, held_range=held_range,
            hours=self.hours if by_minutes else np.zeros((0, 0, 4), np.int32), leg=leg,
            tables=self.tables, fx=self.columns.fx, row_of=self.row_of,
            pair_weight=np.bincount(
                pair.reshape(-1), np.where(legs["side"] > 0, legs["weight"], 0.0), max(len(launches), 1)
            ).astype(np.float64),
            action_row=row, action_code=code, action_next=following, action_terms=terms, rows=len(p), borrows=futures or bool((owed > 0.0).any()),
            futures=futures, settled=settled, margin=margin,
        )  # fmt: skip


def _fixed(values: NDArray[Any]) -> NDArray[Any]:
    """Contiguous and read-only: compiled code takes writable arrays for another type, and would be compiled for both."""
    values = np.ascontiguousarray(values)
    if values.flags.writeable:
        values = values.view()
        values.flags.writeable = False
    return values


class Transposed(NamedTuple):
    """The panel's arrays as codes × sessions (exchanges and currencies × sessions from `exchange_open` on)."""

    open: F8
    high: F8
    low: F8
    close: F8
    limit_up: F8
    limit_down: F8
    mark: F8
    volume: F8
    size_price: F8
    borrow: F8
    lot_min: I4
    lot_step: I4
    max_order: I4
    status: I1
    t_plus_one: Bool
    shortable: Bool
    tick_table: I1
    exchange_open: Bool
    sessions_done: I4
    fx: F8
    margin: F8  # (0, 0) where there is no future
    nights: F8  # (T,): calendar days since the previous row
    cost_row: I4  # (codes, T): row of Tables.costs
    currency_of: I1
    exchange_of: I1


def _regimes(panel: Panel) -> tuple[Tables, I4]:
    """The distinct cost rows, without levies that nobody asks, and each code's in each session (codes, T)."""
    costs = panel.costs
    rows = np.ascontiguousarray(costs.reshape(-1, costs.shape[2]))
    distinct, number = np.unique(rows, axis=0, return_inverse=True)
    asked = distinct[:, FIRST_LEVY:].reshape(len(distinct), -1, 4)[:, :, :3] != 0.0
    levies = np.flatnonzero(asked.any(axis=(0, 2)))
    width = FIRST_LEVY + 4 * (int(levies[-1]) + 1 if len(levies) else 0)
    per_day = number.reshape(costs.shape[:2]).astype(np.int32)
    tables = Tables(_fixed(panel.tick_bounds), _fixed(panel.tick_sizes), _fixed(distinct[:, :width]))
    return tables, np.ascontiguousarray(per_day[:, panel.cost_class].T)


def lines(n: int, kind: "np.dtype[Any]") -> NDArray[Any]:
    """n zeros from the start of a cache line on, so that none stands on more lines than it must."""
    room = np.zeros(n * kind.itemsize + 64, np.uint8)
    skip = -room.ctypes.data % 64
    return room[skip : skip + n * kind.itemsize].view(kind)


@inlined
def window_row(w: Windows, k: int, t: int) -> int:
    """Row of the windows in which leg k sees session t."""
    return w.leg[k]["start"] + t - w.leg[k]["row"]


@inlined
def meets_any(w: Windows) -> bool:
    """Whether some leg may trade in minute bars."""
    return len(w.span) > 0 or len(w.held_span) > 0


@inlined
def meets_minutes(w: Windows, k: int, t: int) -> bool:
    """Whether leg k enters in minute bars of session t, and not at its auctions."""
    if len(w.span) == 0 or w.leg[k]["minute"] == AT_AUCTIONS:
        return False
    r = window_row(w, k, t)
    return w.span[r, 1] > w.span[r, 0]


@inlined
def watched(w: Windows, k: int, t: int) -> bool:
    """Whether leg k, when it is held, may get out in minute bars of session t."""
    if len(w.held_span) == 0:
        return False
    r = window_row(w, k, t)
    return w.held_span[r, 1] > w.held_span[r, 0]


@inlined
def held_minutes_of(w: Windows, p: Point, k: int) -> int:
    """Minutes of trading that leg k is to be held at the parameter point, 0 where it holds for sessions."""
    return w.leg[k]["hold_minutes"] if p.hold_minutes < 0 else p.hold_minutes


@inlined
def order_line(w: Windows, k: int, t: int, at: int) -> Any:
    """What the exchange says to orders of leg k at an auction of session t: a row of ORDER."""
    r = window_row(w, k, t)
    return w.order[np.uint64(r + w.close_from if at == CLOSE else r)]


@inlined
def known_rate(w: Windows, k: int, t: int) -> float:
    """Base money for one local unit as known when orders of session t are sent: the fixing of the row before."""
    return w.fx[np.uint64(w.leg[k]["currency"]), np.uint64(t - 1 if t > 0 else 0)]


@compiled
def _measure(leg: NDArray[Any], row_of: I4, c: Transposed, longest: tuple[int, int, int], slack: int) -> int:
    """Start and length of every window; returns the rows of all."""
    total, rows = 0, len(c.nights)
    for k in range(len(leg)):
        e, i, t = leg[k]["exchange"], leg[k]["code"], leg[k]["row"]
        wait = longest[0] if longest[0] >= 0 else leg[k]["wait"]
        hold = longest[1] if longest[1] >= 0 else leg[k]["hold"]
        minutes = longest[2] if longest[2] >= 0 else leg[k]["hold_minutes"]
        if minutes > 0:
            hold = max(hold, minutes // SHORT_SESSION + 2)
        due = c.sessions_done[e, t] - c.exchange_open[e, t] + 1 + wait + hold
        r = row_of[e, min(due, rows + 1)]
        while r < rows:
            price = c.close[i, r] if leg[k]["at"] == CLOSE else c.open[i, r]
            leaves = not locked(leg[k]["side"] < 0.0, price, c.limit_up[i, r], c.limit_down[i, r])
            if c.status[i, r] == TRADING and price > 0.0 and leaves:
                break
            r += 1
        leg[k]["start"], leg[k]["length"] = total, min(r + 1 + slack, rows) - t
        leg[k]["ends"] = min(t + leg[k]["length"], leg[k]["gone"])
        total += leg[k]["length"]
    return total


@inlined
def _order_line(
    line: Any, c: Transposed, rules: "Rules", tables: Tables, place: tuple[int, int, int, float, float]
) -> None:
    """The exchange's answers to a leg's orders; `place` is code, session, auction, side and weight."""
    i, t, at, side, weight = place
    e, fx = c.exchange_of[i], c.currency_of[i]
    price = c.open[i, t] if at == OPEN else c.close[i, t]
    quote = Quote(
        c.status[i, t], price, c.high[i, t], c.low[i, t], c.limit_up[i, t], c.limit_down[i, t], 1.0, 1.0, np.inf, c.shortable[i, t],
        np.inf, c.tick_table[i, t], 0,
    )  # fmt: skip
    enter, why_enter = exchange_answer(Order(side, at, 0.0, True, False), quote, rules.policy, tables)
    leave, why_leave = exchange_answer(Order(-side, at, side, True, False), quote, rules.policy, tables)
    line["enter"], line["leave"] = enter, leave
    line["allowed"] = np.floor(rules.participation * c.volume[i, t] + EPS)
    unit = c.size_price[i, t]
    base = unit * c.fx[fx, max(t - 1, 0)]
    line["part"] = weight / base if base > 0.0 else np.nan
    line["fx"], line["max_order"] = c.fx[fx, t], c.max_order[i, t]
    line["lot_min"], line["lot_step"] = c.lot_min[i, t], c.lot_step[i, t]
    line["done"], line["cost_row"] = c.sessions_done[e, t], c.cost_row[i, t]
    line["why_enter"], line["why_leave"] = why_enter, why_leave
    line["flags"] = (
        IS_OPEN * c.exchange_open[e, t]
        + T_PLUS_ONE * c.t_plus_one[i, t]
        + NOT_YET_LISTED * (c.status[i, t] == UNLISTED)
        + WITHOUT_BAR * (c.status[i, t] == SUSPENDED)
    )


@compiled
def _gather(
    leg: NDArray[Any],
    into: tuple[NDArray[Any], F8, F8, F8, F8, F8, F8],
    c: Transposed,
    tables: Tables,
    rules: "Rules",
) -> None:
    """Fill the windows: orders at the open and at the close, bars, worth, owed and closes."""
    order, bar, worth, owed, close, settled, margin = into
    close_from = len(order) - len(worth)
    last = len(c.nights) - 1
    for k in range(len(leg)):
        i, side, weight = leg[k]["code"], leg[k]["side"], leg[k]["weight"]
        for j in range(leg[k]["length"]):
            r, t = leg[k]["start"] + j, leg[k]["row"] + j
            _order_line(order[r], c, rules, tables, (i, t, OPEN, side, weight))
            if close_from != NO_CLOSE:
                _order_line(order[close_from + r], c, rules, tables, (i, t, CLOSE, side, weight))
            worth[r] = c.mark[i, t] * c.fx[c.currency_of[i], t]
            owed[r] = 0.0
            if leg[k]["future"] != 0:
                settled[r], margin[r] = c.size_price[i, t], c.margin[i, t]
                if (
                    t < last
                ):  # its value is no investment in its currency: what the rate changes of it is taken back
                    owed[r] = worth[r] - c.mark[i, t] * c.fx[c.currency_of[i], t + 1]
            elif side < 0.0 and t < last:
                owed[r] = worth[r] * (c.borrow[i, t] * c.nights[t + 1] / 365.0)
            close[r] = c.close[i, t]
            if len(bar):
                bar[r, STATUS], bar[r, TICKS] = c.status[i, t], c.tick_table[i, t]
                bar[r, OPENS], bar[r, HIGH], bar[r, LOW] = c.open[i, t], c.high[i, t], c.low[i, t]
                bar[r, UP], bar[r, DOWN] = c.limit_up[i, t], c.limit_down[i, t]
                bar[r, SHORTABLE] = c.shortable[i, t]


def to_rules(config: Config) -> Rules:
    """The configuration as numbers."""
    return Rules(
        capital=float(config.capital),
        policy=Policy(POLICIES[config.limit_policy], config.slippage_bp / 1e4, float(config.slippage_ticks)),
        matched=config.pairing is Pairing.MATCHED,
        on_touch=config.exit_on is ExitOn.TOUCH,
        participation=float(config.participation),
        max_gross=float(config.max_gross),
        maintenance=float(config.maintenance),
        collateral=float(config.short_collateral),
        close_out=bool(config.close_out),
        minutely=Minutely(MINUTE_PRICES[config.minute_price], float(config.participation)),
        give_up=np.inf if config.give_up is None else float(config.give_up),
    )
