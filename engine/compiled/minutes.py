"""The minute bars that a leg can meet, gathered once for all parameter points, with the exchange's answer to its order in each."""

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I4, I8
from ...data.minutes.minutes import MINUTE_BAR
from ...data.panel.panel import Panel
from ..judge.minutes import Bar, Minutely, first_price, minute_answer
from ..judge.records import Order, Policy, Quote, Tables
from ..machine.code import Effort, by_effort
from ..njit import compiled

# What the exchange says in one minute bar to a leg that enters inside the session: when the bar starts, the Reason of a
# refusal or FILLED, the price, and the most shares.
MINUTE_ORDER = np.dtype([("start", "i4"), ("why", "i4"), ("price", "f8"), ("allowed", "f8")])
# The same for a leg that is held and gets out, with the prices that may touch its levels: the bar's first, or its worst where
# that is not known, its high and its low.
MINUTE_HELD = np.dtype(
    [("start", "i4"), ("why", "i4")] + [(name, "f8") for name in ("price", "allowed", "first", "high", "low")]
)
AT_AUCTIONS = -1  # in the place of a minute, of a leg that enters at auctions only
ASKING = Effort(unit=12e-6, compiling=3.0)  # a minute bar


class Met(NamedTuple):
    """The bars that one leg meets in one row: those from `a` to `b` of the panel's, and the row of the windows."""

    leg: int
    row: int
    window: int
    a: int
    b: int


def sessions_met(panel: Panel, leg: Any, number: int, wait: int, give_up: float) -> list[Met]:
    """The sessions of a leg (LEG_WINDOW) in which its entry meets minute bars: its first, and `wait` later ones.

    In the first it meets those that start at its minute or later, in later ones all; in each until `give_up` minutes
    after the first that it meets.
    """
    minutes, row, code = panel.minutes, int(leg["row"]), int(leg["code"])
    rows = row + np.arange(leg["length"], dtype=np.int64)
    e = int(panel.exchange_of[code])
    first_try = int(panel.sessions_done[row, e]) + (not panel.exchange_open[row, e])
    tried = panel.exchange_open[rows, e] & (panel.sessions_done[rows, e] - first_try <= wait)
    key = rows * minutes.codes + code
    at = np.searchsorted(minutes.key, key)
    found: list[Met] = []
    for j in np.flatnonzero(tried & np.isin(key, minutes.key)).tolist():
        lo, hi = int(minutes.first[at[j]]), int(minutes.first[at[j] + 1])
        starts = minutes.bars["start"][lo:hi]
        a = int(np.searchsorted(starts, leg["minute"])) if j == 0 else 0
        if a < len(starts):
            b = int(np.searchsorted(starts, starts[a] + give_up))
            found.append(Met(number, row + j, int(leg["start"]) + j, lo + a, lo + b))
    return found


def _laid_out(met: list[Met], total: int) -> tuple[I4, NDArray[Any]]:
    """Where the bars of each row of the windows stand when they are laid one after the other, (total, 2), and the table of `met`."""
    span = np.zeros((total, 2), np.int32)
    table = np.array(met, np.int64).reshape(-1, len(Met._fields))
    starts = np.concatenate([[0], np.cumsum(table[:, 4] - table[:, 3])]).astype(np.int64)
    span[table[:, 2], 0], span[table[:, 2], 1] = starts[:-1], starts[1:]
    return span, table


def minutes_met(
    leg: NDArray[Any],
    total: int,
    wait: int,
    panel: Panel,
    tables: Tables,
    how: tuple[Policy, Minutely, float],
) -> tuple[I4, NDArray[Any]]:
    """`Windows.span` and `Windows.minute` of legs (LEG_WINDOW) with `total` rows of windows; `wait` −1 means each leg's own.

    `how`: policy, prices and participation, and when an order gives up.
    """
    policy, minutely, give_up = how
    inside = np.flatnonzero(leg["minute"] != AT_AUCTIONS)
    met = [
        one
        for k in inside.tolist()
        for one in sessions_met(panel, leg[k], k, wait if wait >= 0 else int(leg[k]["wait"]), give_up)
    ]
    span, table = _laid_out(met, total if len(inside) else 0)
    lines = np.zeros(int((table[:, 4] - table[:, 3]).sum()), MINUTE_ORDER)
    if len(lines):
        fill = by_effort(_ask, ASKING, len(lines))
        sessions, bars = _sessions(leg, table, panel)
        fill(lines, np.ascontiguousarray(table[:, 3:]), sessions, bars, minutely, policy, tables)
    return span, lines


def minutes_held(
    leg: NDArray[Any], total: int, panel: Panel, tables: Tables, how: tuple[Policy, Minutely, float]
) -> tuple[I4, NDArray[Any]]:
    """`Windows.held_span` and `held_minute`: all bars of the sessions in a leg's window; none where `total` is 0."""
    policy, minutely, _ = how
    minutes, met = panel.minutes, list[Met]()
    known = (
        {i: np.flatnonzero(minutes.key % minutes.codes == i) for i in np.unique(leg["code"]).tolist()}
        if total
        else {}
    )
    for k in range(len(leg) if total else 0):
        start, row, length, i = (int(leg[name][k]) for name in ("start", "row", "length", "code"))
        rows = minutes.key[known[i]] // minutes.codes
        for m in known[i][(rows >= row) & (rows < row + length)].tolist():
            t = int(minutes.key[m]) // minutes.codes
            if panel.exchange_open[t, panel.exchange_of[i]]:
                met.append(Met(k, t, start + t - row, int(minutes.first[m]), int(minutes.first[m + 1])))
    span, table = _laid_out(met, total)
    lines = np.zeros(int((table[:, 4] - table[:, 3]).sum()), MINUTE_HELD)
    if len(lines):
        fill = by_effort(_ask_held, ASKING, len(lines))
        sessions, bars = _sessions(leg, table, panel)
        fill(lines, np.ascontiguousarray(table[:, 3:]), sessions, bars, minutely, policy, tables)
    return span, lines


def _sessions(leg: NDArray[Any], table: NDArray[Any], panel: Panel) -> tuple[F8, NDArray[Any]]:
    """What holds all day in each session of the table: side, status, limits, shortable, price steps; and the bars as compiled code reads them."""
    t, i = table[:, 1], leg["code"][table[:, 0]]
    columns = [
        getattr(panel, name)[t, i] for name in ("status", "limit_up", "limit_down", "shortable", "tick_table")
    ]
    bars = np.require(panel.minutes.bars, MINUTE_BAR, ["C", "A"]).view()
    bars.flags.writeable = False
    return np.column_stack([leg["side"][table[:, 0]], *columns]).astype(np.float64), bars


@compiled
def _ask(
    lines: NDArray[Any],
    part: I8,
    sessions: F8,
    bars: NDArray[Any],
    how: Minutely,
    policy: Policy,
    tables: Tables,
) -> None:
    """Fill the lines with the exchange's answers; `sessions` are side, status, limits, shortable and price steps."""
    n = 0
    for m in range(len(part)):
        side, status, up, down = sessions[m, 0], int(sessions[m, 1]), sessions[m, 2], sessions[m, 3]
        shortable, ticks = sessions[m, 4] > 0.0, int(sessions[m, 5])
        session = Quote(status, 0.0, 0.0, 0.0, up, down, 1.0, 1.0, np.inf, shortable, np.inf, ticks, 0)
        for q in range(part[m, 0], part[m, 1]):
            one = bars[q]
            bar = Bar(one["open"], one["high"], one["low"], one["vwap"], one["volume"])
            order = Order(side, one["start"], 0.0, True, False)
            price, why, allowed = minute_answer(order, session, bar, how, policy, tables)
            lines[n]["start"], lines[n]["why"] = one["start"], why
            lines[n]["price"], lines[n]["allowed"] = price, allowed
            n += 1


@compiled
def _ask_held(
    lines: NDArray[Any],
    part: I8,
    sessions: F8,
    bars: NDArray[Any],
    how: Minutely,
    policy: Policy,
    tables: Tables,
) -> None:
    """The same for legs that are held and get out."""
    n = 0
    for m in range(len(part)):
        side, status, up, down = sessions[m, 0], int(sessions[m, 1]), sessions[m, 2], sessions[m, 3]
        ticks = int(sessions[m, 5])
        session = Quote(status, 0.0, 0.0, 0.0, up, down, 1.0, 1.0, np.inf, True, np.inf, ticks, 0)
        for q in range(part[m, 0], part[m, 1]):
            one = bars[q]
            bar = Bar(one["open"], one["high"], one["low"], one["vwap"], one["volume"])
            order = Order(-side, one["start"], side, True, False)
            price, why, allowed = minute_answer(order, session, bar, how, policy, tables)
            lines[n]["start"], lines[n]["why"] = one["start"], why
            lines[n]["price"], lines[n]["allowed"] = price, allowed
            lines[n]["first"] = first_price(-side > 0.0, bar)
            lines[n]["high"], lines[n]["low"] = one["high"], one["low"]
            n += 1
