"""How much of a reaction an order could have captured, and which returns the price limits cut short.

Everything is a percentage of the last close before the news, for a buyer (`side` +1) or a short seller (-1). The
parts add up: paper = missed_gap + missed_limits + costs + captured.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import Bool
from ...data.calendars.sessions import Auction
from ...data.panel.panel import TRADING, Panel
from ...data.panel.returns import Returns
from ..judge.costs import trade_cost
from .events import Event

VALUE = 1_000_000.0  # local money in one order, so that minimum fees weigh as they would


@dataclass(frozen=True)
class RoundTrip:
    """A buyer (`side` +1) or short seller (-1) who enters at day 0's auction `at` and leaves at the close of offset `last`.

    Entry and exit each try `wait` further sessions, never on the locked side of a limit.
    """

    last: int
    wait: int = 5
    side: int = 1
    at: Auction = "open"


@dataclass(frozen=True)
class Capture:
    """The parts of one event's reaction, in percent of the last close before the news.

    `missed_gap`: moved before the first possible fill; `missed_limits`: lost, or saved, because limits or suspensions
    delayed the entry or the exit; `costs`: both sides' fees; `captured`: what the order earned. `entry` and `exit` are sessions,
    empty when no fill was possible.
    """

    launch: str
    code: str
    paper: float
    missed_gap: float
    missed_limits: float
    costs: float
    captured: float
    entry: str
    exit: str


def sealed(panel: Panel) -> Bool:
    """Sessions (T, N) that closed at a price limit: their return is cut short."""
    everywhere = slice(None), slice(None)
    at_limit = panel.locked(*everywhere, 1, "close") | panel.locked(*everywhere, -1, "close")
    return np.asarray((panel.status == TRADING) & at_limit, dtype=np.bool_)


def cost_share(panel: Panel, t: int, code: int, side: int, value: float = VALUE) -> float:
    """Fees of one order for `value` local money as a fraction of it."""
    cost = trade_cost(panel.costs[t], panel.cost_class[code], side > 0, value, 1.0, np.inf)
    return float(sum(cost) / value)


def capture(panel: Panel, returns: Returns, events: Sequence[Event], order: RoundTrip) -> tuple[Capture, ...]:
    """Each event from its last close before the news to the close of offset `order.last`, in its exchange's sessions.

    Events without prices at both ends are left out.
    """
    found = (_capture(panel, returns, event, order) for event in events)
    return tuple(one for one in found if one is not None)


def _capture(panel: Panel, returns: Returns, event: Event, order: RoundTrip) -> Capture | None:
    i, side = event.column, order.side
    own = panel.own_rows(panel.exchange_of[i])
    start = int(np.searchsorted(own, event.row))
    if start + order.last >= len(own) or event.base < 0:
        return None
    growth, end_row = returns.growth[:, i], int(own[start + order.last])
    before, end = (panel.mark[t, i] * growth[t] for t in (event.base, end_row))
    if not (before > 0 and end > 0):
        return None
    price = panel.open[:, i] if order.at == "open" else panel.close[:, i]
    paper = side * (end / before - 1) * 100
    first = _first(panel, own[start : start + order.last + 1], i, np.ones(len(panel), bool))
    gap = 0.0 if first is None else side * (price[first] * growth[first] / before - 1) * 100
    entry = _first(
        panel, own[start : start + order.wait + 1], i, ~panel.locked(slice(None), i, side, order.at)
    )
    leave = None
    if entry is not None and entry <= end_row:
        exits = own[start + order.last : start + order.last + order.wait + 1]
        leave = _first(panel, exits, i, ~panel.locked(slice(None), i, -side, "close"))
    if entry is None or leave is None:
        return Capture(event.launch, event.code, paper, gap, paper - gap, 0.0, 0.0, "", "")
    bought, sold = price[entry] * growth[entry], panel.close[leave, i] * growth[leave]
    fees = cost_share(panel, entry, i, side) * bought + cost_share(panel, leave, i, -side) * sold
    costs = fees / before * 100
    gross = side * (sold - bought) / before * 100
    return Capture(
        event.launch, event.code, paper, gap, paper - gap - gross, costs, gross - costs,
        str(panel.sessions[entry]), str(panel.sessions[leave]),
    )  # fmt: skip


def _first(panel: Panel, rows: NDArray[np.intp], i: int, allowed: Bool) -> int | None:
    good = rows[(panel.status[rows, i] == TRADING) & allowed[rows]]
    return int(good[0]) if len(good) else None


@dataclass(frozen=True)
class Waterfall:
    """Sums over events, in percentage points: paper = missed_gap + missed_limits + costs + captured."""

    n: int
    filled: int
    paper: float
    missed_gap: float
    missed_limits: float
    costs: float
    captured: float


def waterfall(captures: Sequence[Capture]) -> Waterfall:
    """The parts summed over the ledger, and how many of the events could be filled at all."""
    total = {
        part: float(sum(getattr(capture, part) for capture in captures))
        for part in ("paper", "missed_gap", "missed_limits", "costs", "captured")
    }
    return Waterfall(len(captures), sum(bool(capture.entry) for capture in captures), **total)
