"""What prices did in the minutes around the news: mean paths over events, on each exchange's own clock of trading.

An offset counts minutes of trading from the news: nights and the lunch break are cut out. News that comes while the exchange is shut
stands where trading begins again, so that offset 0 has the whole gap. Returns are raw, in percent of the last price before the news. Where
bars of some events end, the mean goes on with the steps of the others.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from ...data.arrays import F8, I4, I8
from ...data.calendars.hours import MINUTE, OFFSET
from ...data.figures import NOTHING, points
from ...data.ledger.launch import Launches
from ...data.minutes.hours import hours_of
from ...data.panel.panel import Panel
from ..judge.clock import AFTERNOON, END, MORNING, NOON
from .events import NO_ROW, Event

BEFORE, AFTER = 30, 240  # minutes of trading around the news
TOLD = (0, 1, 5, 15, 30, 60, 120, 240)  # minutes that a table shows
FEWEST = 3  # events of a group that has a path
OPEN, SHUT, ALL = "while open", "while shut", "all"
WIDE = 1.96
COLUMNS = ("group", "offset", "mean", "lower", "upper", "n")


@dataclass(frozen=True)
class MinutePath:
    """Mean move of a group of events in percent, with a 95 % band across clusters of dates, at offsets in minutes; arrays (L,)."""

    group: str
    events: int
    offsets: I4
    mean: F8
    lower: F8
    upper: F8
    n: I4

    def told(self, offset: int) -> str:
        """The mean at an offset, with the number of events where not all have a price there; a dash where none has."""
        k = int(np.searchsorted(self.offsets, offset))
        n = int(self.n[k])
        if not n:
            return NOTHING
        return points(float(self.mean[k])) + ("" if n == self.events else f" ({n})")


@dataclass(frozen=True)
class Moves:
    """One event: percent of the last price before the news at each offset, NaN where no bar tells; whether the exchange was open."""

    event: Event
    inside: bool
    moves: F8


def minute_paths(events: Sequence[Event], launches: Launches, panel: Panel) -> tuple[MinutePath, ...]:
    """Paths of all events that have minute bars, of those whose news came while their exchange was open and shut, and of each role."""
    offsets = np.arange(-BEFORE, AFTER + 1, dtype=np.int32)
    known = dict(
        zip((launch.id for launch in launches), (launches.known_ns() + OFFSET).tolist(), strict=True)
    )
    hours = hours_of(panel.exchanges, panel.sessions, panel.exchange_open, panel.calendar)
    found = [
        moves for event in events if (moves := _moves(event, known[event.launch], panel, hours, offsets))
    ]
    groups: dict[str, list[Moves]] = {ALL: found}
    groups |= {name: [one for one in found if one.inside == (name == OPEN)] for name in (OPEN, SHUT)}
    for role in sorted({one.event.role for one in found if one.event.role}):
        groups[role.replace("_", " ")] = [one for one in found if one.event.role == role]
    return tuple(_mean(name, mine, offsets) for name, mine in groups.items() if len(mine) >= FEWEST)


def _moves(event: Event, known: int, panel: Panel, hours: I4, offsets: I4) -> Moves | None:
    """The moves of an event; None without minute bars in the session in which its news could first be traded."""
    row, i = event.day0, event.column
    if row == NO_ROW or not len(panel.minutes.of(row, i)):
        return None
    e = int(panel.exchange_of[i])
    day, minute = np.datetime64(known, "ns").astype("M8[D]"), known // MINUTE % (24 * 60)
    today = hours[e, row]
    here = panel.sessions[row] == day
    inside = here and any(today[a] <= minute < today[b] for a, b in ((MORNING, NOON), (AFTERNOON, END)))
    news = _elapsed(today, np.array([minute]))[0] if here else 0
    ends, closes = _after(panel, hours[e], row, i, e, int(news) + AFTER)
    before = float(panel.size_price[row, i])
    if inside:
        over = np.flatnonzero(ends <= news)
        before = float(closes[over[-1]]) if len(over) else float(panel.open[row, i])
    if not before > 0.0:
        return None
    at = np.searchsorted(ends, news + offsets, side="right") - 1
    prices = np.where(at >= 0, closes[np.maximum(at, 0)], np.nan)
    if not inside:  # the first price after the gap is that of the opening auction, none stands before it
        prices = np.where((at < 0) & (offsets >= 0), float(panel.open[row, i]), prices)
        prices[offsets < 0] = np.nan
    prices[news + offsets > ends[-1]] = np.nan
    return Moves(event, inside, np.asarray(100.0 * (prices / before - 1.0), np.float64))


def _after(panel: Panel, hours: I4, row: int, i: int, e: int, enough: int) -> tuple[I8, F8]:
    """When each bar is over, in minutes of trading since the session of `row` began, and its close; on into later sessions that have bars."""
    ends: list[I8] = []
    closes: list[F8] = []
    spent = 0
    own = panel.own_rows(e)
    for t in own[np.searchsorted(own, row) :].tolist():
        bars = panel.minutes.of(t, i)
        if not len(bars) or spent > enough:
            break
        ends.append(spent + _elapsed(hours[t], bars["stop"]))
        closes.append(bars["close"])
        spent += int(_elapsed(hours[t], hours[t, END : END + 1])[0])
    return np.concatenate(ends), np.concatenate(closes)


def _elapsed(hours: I4, minutes: Any) -> I8:
    """Minutes of trading of a session until minutes after midnight."""
    morning = np.clip(minutes, hours[MORNING], hours[NOON]) - hours[MORNING]
    afternoon = np.clip(minutes, hours[AFTERNOON], hours[END]) - hours[AFTERNOON]
    return np.asarray(morning + afternoon, np.int64)


def _mean(group: str, found: Sequence[Moves], offsets: I4) -> MinutePath:
    moves = np.array([one.moves for one in found])
    days = np.unique(np.array([one.event.day0 for one in found]), return_inverse=True)[1].reshape(-1)
    there = np.isfinite(moves)
    n = there.sum(axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        across = np.where(there, moves, 0.0).sum(axis=0) / n
        mean = _linked(across, moves, int(np.searchsorted(offsets, 0)))
        apart = np.where(there, moves - across, 0.0)
        by_day = np.zeros((days.max() + 1, len(offsets)))
        np.add.at(by_day, days, apart)
        clusters = np.array([len(np.unique(days[there[:, k]])) for k in range(len(offsets))])
        spread = np.sqrt((by_day**2).sum(axis=0) * clusters / np.maximum(clusters - 1, 1)) / n
    wide = np.where(clusters > 1, WIDE * spread, np.nan)
    return MinutePath(group, len(found), offsets, mean, mean - wide, mean + wide, n.astype(np.int32))


def _linked(mean: F8, moves: F8, start: int) -> F8:
    """The mean from place `start` on as the sum of the mean steps of those that have both ends, so that it does not jump where some end."""
    steps = np.diff(moves[:, start:], axis=1)
    n = np.isfinite(steps).sum(axis=0)
    linked = mean.copy()
    linked[start + 1 :] = mean[start] + np.cumsum(
        np.where(n > 0, np.nansum(steps, axis=0) / np.maximum(n, 1), np.nan)
    )
    return linked


def to_rows(paths: Sequence[MinutePath]) -> list[Mapping[str, Any]]:
    """A row for each group and offset; columns of COLUMNS."""
    return [
        dict(zip(COLUMNS, (path.group, *values), strict=True))
        for path in paths
        for values in zip(
            path.offsets.tolist(),
            path.mean.tolist(),
            path.lower.tolist(),
            path.upper.tolist(),
            path.n.tolist(),
            strict=True,
        )
    ]
