"""From a ledger and a panel to events: each launch on each of its codes, dated by the first tradable session."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ...data.arrays import I4, I8
from ...data.calendars.sessions import Auction
from ...data.ledger.launch import Launch, Launches
from ...data.panel.panel import TRADING, Panel
from ...data.panel.reach import reached_rows

NO_ROW = -1


@dataclass(frozen=True)
class Event:
    """One launch on one code, at the panel's `column`.

    `day0` is the row of the first session of its exchange that closed after the news, `base` of the last that closed
    before it (-1 outside the panel): all that the news did lies between. `row`: the first session in whose auction an order
    could be. `confounds` are ids of other companies' launches whose day 0 is near.
    """

    launch: str
    code: str
    company: str
    kind: str
    role: str
    row: int
    column: int
    base: int
    day0: int
    confounds: tuple[str, ...] = ()


# what a refusal is about, and what somebody who wants to measure it may do
REFUSALS = {
    "no_bars": ("without bars", "add their bars"),
    "outside": ("first tradable outside the span or its bars", "add bars, or take another `start` or `end`"),
    "index": ("an index", "name a fund on it instead"),
    "unlisted": ("not listed, or without bars, on the day", ""),
    "thin": (
        "too few returns in the estimation window",
        "add earlier bars, or take a shorter estimation window such as `estimation='-20:-6'`",
    ),
    "still": ("a price that never moved in the estimation window", ""),
    "confounded": ("confounded by other news", "flag or weight confounds instead of dropping them"),
    "few_days": ("traded on too few days of a window, or the bars end", "take shorter windows"),
}


@dataclass(frozen=True)
class Refusal:
    """A launch and code, or one of its windows, that could not be measured, and why."""

    launch: str
    code: str
    reason: str
    window: str = ""
    kind: str = ""  # a key of REFUSALS


def reachable_rows(known: I8, panel: Panel, exchange: int, *, at: Auction, reaction_minutes: float) -> I4:
    """Panel row of the first session of an exchange that each instant (int64 ns UTC) reaches; -1 outside the panel."""
    rows = reached_rows(known, panel, exchange, at, reaction_minutes=reaction_minutes)
    return np.where(rows < len(panel), rows, NO_ROW).astype(np.int32)


def shifted(rows: I4, panel: Panel, exchange: int, shift: int) -> I4:
    """The rows moved by `shift` sessions of an exchange; -1 where that leaves the panel."""
    if not shift:
        return rows
    own = panel.own_rows(exchange).astype(np.int32)
    place = np.searchsorted(own, rows) + shift
    inside = (rows >= 0) & (place >= 0) & (place < len(own))
    return np.where(inside, own[np.clip(place, 0, len(own) - 1)], NO_ROW).astype(np.int32)


def find_events(
    launches: Launches, panel: Panel, *, at: Auction = "open", shift: int = 0, near: tuple[int, int] = (-1, 1),
    since: str = "",
) -> tuple[tuple[Event, ...], tuple[Refusal, ...]]:  # fmt: skip
    """Every launch on every code of the panel, and those that cannot be dated or priced.

    Day 0 is the first session that closes after the news; the order's session the first whose auction `at` can be
    reached under the ledger's clock. `shift` moves both, by sessions.
    Sessions before the day `since` are there for estimation alone: no event is dated by them.
    A launch of another company confounds an event when its day 0 lies `near` (sessions) the event's.
    """
    known = launches.known_ns()
    orders, day0, base = [], [], []
    for x in range(len(panel.exchanges)):
        first = reachable_rows(known, panel, x, at=at, reaction_minutes=launches.reaction_minutes)
        orders.append(shifted(first, panel, x, shift))
        after = reachable_rows(known, panel, x, at="close", reaction_minutes=0.0)
        day0.append(shifted(after, panel, x, shift))
        base.append(shifted(after, panel, x, -1))
    events: list[Event] = []
    refused: list[Refusal] = []
    for k, launch in enumerate(launches):
        for concerned in launch.codes:
            if concerned.code not in panel:
                refused.append(Refusal(launch.id, concerned.code, "no bars in the panel", kind="no_bars"))
                continue
            column = panel.column(concerned.code)
            x = int(panel.exchange_of[column])
            row = int(orders[x][k])
            why = _unusable(panel, row, column) or _too_early(panel, row, since)
            if why:
                refused.append(Refusal(launch.id, concerned.code, why[1], kind=why[0]))
                continue
            others = _confounds(launches, k, day0[x], panel.sessions_done[:, x], near)
            events.append(
                Event(
                    launch.id, concerned.code, launch.company, launch.kind, concerned.role or "",
                    row, column, int(base[x][k]), int(day0[x][k]), others,
                )
            )  # fmt: skip
    return tuple(events), tuple(refused)


def _unusable(panel: Panel, row: int, column: int) -> tuple[str, str] | None:
    """Why an event cannot be measured: its kind and a sentence."""
    if row == NO_ROW:
        span = f"{panel.sessions[0]} to {panel.sessions[-1]}"
        return "outside", f"its first tradable session is outside the panel ({span})"
    if not panel.instruments[column].tradable:
        return "index", "an index cannot be traded"
    if not (panel.status[: row + 1, column] == TRADING).any():
        return "unlisted", f"not listed, or without bars, on {panel.sessions[row]}"
    return None


def _too_early(panel: Panel, row: int, since: str) -> tuple[str, str] | None:
    """Why an event before the day from which they are measured is none of the study's."""
    if not since or panel.sessions[row] >= np.datetime64(since):
        return None
    return "outside", f"its first tradable session {panel.sessions[row]} is before {since}"


def _confounds(launches: Launches, k: int, day0: I4, sessions: I4, near: tuple[int, int]) -> tuple[str, ...]:
    mine: Launch = launches[k]
    away = sessions[day0] - sessions[day0[k]]
    others: Sequence[int] = np.flatnonzero((day0 >= 0) & (away >= near[0]) & (away <= near[1])).tolist()
    return tuple(launches[j].id for j in others if j != k and launches[j].company != mine.company)
