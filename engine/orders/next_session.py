"""The orders of the next session: those that the run which knows it will send, as far as they can be known before."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.calendars.sessions import Auction as Moment
from ...data.calendars.sessions import cut_off
from ...data.figures import percent
from ...data.ledger.launch import Launches
from ...data.panel.ahead import ahead
from ...data.panel.panel import SUSPENDED, Panel
from ...data.panel.reach import first_rows
from ...data.rules.brokerage import Brokerage
from ..backtest.backtest import checked_legs
from ..backtest.foresight import Auction, moment_of
from ..backtrader.desk import Desk
from ..backtrader.leg_state import LegState
from ..config import Config, Pairing
from ..judge.costs import trade_cost
from ..judge.fill import legal_size
from ..judge.records import EPS, Lots
from ..legs import AT_NAMES, CLOSE, LEG, OPEN, Reason, at_name
from .actual import Taken, take_over
from .book import Wish, stepped, wishes
from .holdings import Holdings
from .order import LONGS, OPENING, SESSION, SURE, Held, Planned, Waiting

if TYPE_CHECKING:
    from ..backtest.backtest import Strategy

WORLDS = (
    1.0,
    1.045,
    0.955,
    1.3,
    0.7,
)  # opens, as parts of the reference price, under which a strategy is asked
FAR = (1.0, 0.7, 1.4)  # the rest of the session likewise


def planned_orders(
    strategy: "Strategy",
    launches: Launches,
    panel: Panel,
    config: Config,
    brokerage: Brokerage,
    holdings: Holdings | None = None,
) -> tuple[Desk, tuple[Planned, ...], Taken]:
    """The desk at the last close, its panel with one row more; the orders of that row; what `holdings` leave over.

    `launches` on the portfolio's clock; `holdings` take the place of what the run holds. A leg that is asked for under every open and every course of the session is
    sure; another one says on what it depends.
    """
    longer = ahead(panel, brokerage)
    last = len(longer) - 1
    known = launches.as_of(moment_of(Auction(last, CLOSE), longer))
    worlds = [_legs(strategy, known, world, last) for world in _worlds(longer)]
    merged, depends = _merged(worlds, last)
    desk = stepped(merged, longer, config)
    taken = take_over(desk, known, holdings) if holdings else Taken((), ())
    rows = [_planned(wish, desk, known, depends.get(wish.leg.index, SURE)) for wish in wishes(desk)]
    return desk, tuple(rows), taken


def held_at(desk: Desk, launches: Launches, strays: Sequence[LegState] = ()) -> tuple[Held, ...]:
    """What the desk holds at its last close, and the `strays` that no launch accounts for."""
    p, t = desk.panel, len(desk.panel) - 2
    return tuple(
        Held(
            p.codes[leg.code], p.instruments[leg.code].name, float(leg.held), float(p.mark[t, leg.code]),
            float(leg.held * p.mark[t, leg.code] * p.rate(t, leg.code)), launches[leg.launch].id if leg.launch >= 0 else "",
        )
        for leg in (*desk.live, *strays)
        if leg.held != 0.0
    )  # fmt: skip


def waiting_for(
    launches: Launches, longer: Panel, reached: Sequence[Mapping[str, Any]]
) -> tuple[Waiting, ...]:
    """Launches and codes whose first open comes after the next session, or that have no bars; `reached` as `reach` gives."""
    opens, closes = first_rows(launches, longer, "open"), first_rows(launches, longer, "close")
    number = {launch.id: k for k, launch in enumerate(launches)}
    day = str(longer.sessions[-1])
    waits = []
    for row in reached:
        code, k = row["code"] or "", number[str(row["launch"])]
        there = code in longer
        e = longer.exchange_of[longer.column(code)] if there else -1
        if there and min(opens[k, e], closes[k, e]) < len(longer):
            continue
        first = str(row["first_open"] or "")
        if not there and (not first or first < day):
            continue  # a launch of the past without bars is the run's business
        if not code:
            why = "a listed code: none is concerned"
        elif not there:
            why = f"bars of {code}"
        else:
            why = f"the open of {first}" if first else str(row["why"])
        waits.append(Waiting(str(row["launch"]), code, str(row["announced_at"]), first, why))
    return tuple(waits)


def _worlds(longer: Panel) -> list[tuple[str, Panel]]:
    """The panel with invented last rows: other opens, then the same open with other courses of the session."""
    worlds = []
    for k, opening in enumerate(WORLDS):
        for far in FAR if k == 0 else FAR[:1]:
            row = longer.ref[-1] * opening
            changed: dict[str, NDArray[Any]] = {"open": row, "close": row * far, "mark": row * far}
            changed |= {"high": row * max(far, 1.0), "low": row * min(far, 1.0)}
            changed["volume"] = np.full(len(longer.codes), 1e6 * far)
            where = OPENING if far == FAR[0] else SESSION
            worlds.append((where if k or far != FAR[0] else SURE, _with_last(longer, changed)))
    return worlds


def _with_last(panel: Panel, row: Mapping[str, NDArray[Any]]) -> Panel:
    others: dict[str, Any] = {}
    for name, values in row.items():
        column = getattr(panel, name).copy(order="F")
        column[-1] = np.where(np.isnan(values), column[-1], values)
        others[name] = column
    return replace(panel, **others)


def _legs(
    strategy: "Strategy", launches: Launches, world: tuple[str, Panel], last: int
) -> tuple[str, NDArray[Any]]:
    legs = checked_legs(strategy.legs(launches, world[1]), world[1], len(launches))
    return world[0], legs[legs["row"] <= last]


def _merged(worlds: list[tuple[str, NDArray[Any]]], last: int) -> tuple[NDArray[Any], dict[int, str]]:
    """The legs of all worlds in the order in which they are tried, and on what those of the last row depend, by place.

    A leg at the open depends on the open alone; one at the close on the whole session.
    """
    first = worlds[0][1]
    before = first[first["row"] < last]
    # as text: a rule that is off is NaN, which equals nothing
    sets = [{str(leg.tolist()): leg for leg in legs[legs["row"] == last]} for _, legs in worlds]
    every = list(dict.fromkeys(key for one in sets for key in one))
    fresh = [next(one[key] for one in sets if key in one) for key in every]
    merged = np.concatenate([before, np.array(fresh, LEG)]) if fresh else before
    depends = {
        len(before) + n: (OPENING if fresh[n]["at"] == OPEN else SESSION)
        for n, key in enumerate(every)
        if not all(key in one for one in sets)
    }
    return merged, depends


def _planned(wish: Wish, desk: Desk, launches: Launches, depends: str) -> Planned:
    p, t, leg = desk.panel, desk.t, wish.leg
    i, one = leg.code, desk.panel.instruments[leg.code]
    price = wish.trigger if wish.trigger == wish.trigger else float(p.size_price[t, i])
    rate, size = desk.known_rate(i), abs(wish.shares)
    at: Moment = "close" if wish.at == CLOSE else "open"
    row = t * p.costs.shape[1] + int(p.cost_class[i])
    cost = float(
        sum(trade_cost(desk.tables.costs, row, wish.shares > 0, price, size, float(p.max_order[t, i])))
    )
    step = float(p.lot_step[t, i])
    return Planned(
        session=str(p.sessions[t]),
        exchange=one.exchange,
        at=AT_NAMES[wish.at],
        by=f"{cut_off(one.exchange, p.sessions[t], at, added=p.calendar):%H:%M} +08:00",
        code=p.codes[i],
        name=one.name,
        side=_side(wish.shares, leg.held),
        shares=float(wish.shares),
        lots=float(size / step) if step > 1.0 and size % step == 0.0 else np.nan,
        price=price,
        low=float(p.limit_down[t, i]) or np.nan,
        high=float(p.limit_up[t, i]) if np.isfinite(p.limit_up[t, i]) else np.nan,
        currency=one.currency,
        value=float(price * size * rate),
        cost=float(cost * rate),
        launch=launches[leg.launch].id,
        why=_why(wish, desk),
        refused=_refused(wish, desk),
        if_=_condition(wish, desk, depends),
    )


def _condition(wish: Wish, desk: Desk, depends: str) -> str:
    if wish.reason != Reason.ENTRY:
        return SURE
    paired = desk.config.pairing is Pairing.MATCHED and wish.shares < 0
    return depends or (LONGS if paired else SURE)


def _side(shares: float, held: float) -> str:
    if held == 0.0:
        return "buy" if shares > 0 else "sell short"
    return "sell" if shares < 0 else "buy back"


def _why(wish: Wish, desk: Desk) -> str:
    """The reason of the order in words."""
    leg, tries = wish.leg, desk._done(wish.leg) - wish.leg.first_try
    if wish.reason == Reason.ENTRY:
        again = f", attempt {tries + 1}" if tries > 0 else ""
        rest = f", the rest of {leg.planned:g}" if leg.filled > 0.0 else ""
        return f"entry: {percent(leg.weight)} of NAV{again}{rest}"
    words = {
        Reason.HOLD: _held_for(leg, desk.t),
        Reason.STOP: f"stop {percent(leg.rules[0], 1)}",
        Reason.TARGET: f"target {percent(leg.rules[1], 1)}",
        Reason.TRAIL: f"trail {percent(leg.rules[2], 1)}",
        Reason.MARGIN_CALL: "margin call",
    }
    return words.get(wish.reason, wish.reason.label)


def _held_for(leg: LegState, t: int) -> str:
    if leg.hold_minutes == 0:
        return f"held {leg.hold} sessions"
    row, minute = leg.due
    over = f", over at {at_name(minute)}" if row == t and minute > CLOSE else ""
    return f"held {leg.hold_minutes} minutes of trading{over}"


def _refused(wish: Wish, desk: Desk) -> str:
    """Why the exchange would refuse it, as far as the rules alone tell; what it trades at is not known yet."""
    p, t, i = desk.panel, desk.t, wish.leg.code
    if p.status[t - 1, i] == SUSPENDED:
        return "suspended in the last session"
    opening = wish.reason == Reason.ENTRY
    if opening and wish.shares < 0 and not p.shortable[t, i]:
        return Reason.NOT_SHORTABLE.label
    lots = Lots(float(p.lot_min[t, i]), float(p.lot_step[t, i]), float(p.max_order[t, i]), np.inf, 0)
    held = 0.0 if opening else wish.leg.held
    return "" if legal_size(abs(wish.shares), held, lots) > EPS else Reason.BELOW_LOT.label
