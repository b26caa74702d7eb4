"""Simulated minutes of the sample market, for the sessions in which a launch is first known: made when they are asked for.

They agree with the daily bar: the first price is its open, the last its close, the extremes are reached, nothing is
beyond them, and what is traded in them is the day's volume without the auctions' share. More than half of a day's move
comes after the news of that day. Chance is the raw output of a generator whose stream numpy keeps, seeded by a hash of
code and session.
"""

import hashlib
from typing import NamedTuple

import numpy as np

from ..arrays import F8, I8
from ..calendars.hours import MINUTE, OFFSET
from ..ledger.launch import Launches
from ..minutes.hours import spans_of
from ..minutes.minutes import MINUTE_BAR, Minutes, MinuteTable, to_minutes
from ..panel.panel import NOISE, TRADING, Panel
from ..panel.reach import first_rows
from ..rules.ticks import tick_size

IN_AUCTIONS = 0.13  # share of a day's volume
AFTER_NEWS, FADES = (
    0.6,
    25.0,
)  # share of a day's move that comes after its news; minutes in which a third is left
WIGGLE = 0.35  # of the day's range
SEALED = (0.25, 0.6)  # share of the day at which a board that closes sealed is sealed
QUIET = -1  # in the place of a minute: no news in the session


class Day(NamedTuple):
    """One session of one code: its daily bar, price steps, board lot, and the minute of its news, QUIET without."""

    seed: str
    open: float
    high: float
    low: float
    close: float
    volume: float
    sealed: bool
    ticks: int
    lot: int
    news: int


def sample_minutes(panel: Panel, launches: Launches) -> Minutes:
    """One-minute bars of every code in the sessions of its exchange whose close is the first that a launch reaches."""
    reached = first_rows(launches, panel, "close")
    sessions: list[tuple[int, int, MinuteTable]] = []
    news = _news(panel, launches)
    for e in sorted({int(e) for e in panel.exchange_of}):
        rows = np.unique(reached[:, e])
        rows = rows[(rows >= 0) & (rows < len(panel))]
        spans = spans_of(panel.exchanges[e], panel.sessions[rows], panel.calendar)
        for k, t in enumerate(rows.tolist()):
            m, noon, a, close, auction = (int(values[k]) for values in spans)
            last = min(close, auction)
            starts = np.array([*range(m, min(noon, last)), *range(a, max(last, a))], np.int64)
            trading = np.flatnonzero((panel.exchange_of == e) & (panel.status[t] == TRADING)).tolist()
            days = [(i, _day(panel, t, i, news.get((t, i), QUIET))) for i in trading]
            sessions += [(t, i, day_minutes(day, starts)) for i, day in days]
    return to_minutes(len(panel.codes), sessions, ({"source": "simulated", "length": 1},))


def _news(panel: Panel, launches: Launches) -> dict[tuple[int, int], int]:
    """The minute after midnight of the first news of each row and column that a launch concerns on its own day."""
    found: dict[tuple[int, int], int] = {}
    for launch, known in zip(launches, (launches.known_ns() + OFFSET).tolist(), strict=True):
        t = int(np.searchsorted(panel.sessions, np.datetime64(known, "ns").astype("M8[D]")))
        if t == len(panel) or panel.sessions[t] != np.datetime64(known, "ns").astype("M8[D]"):
            continue
        minute = known // MINUTE % (24 * 60)
        for concerned in launch.codes:
            if concerned.code in panel:
                at = (t, panel.column(concerned.code))
                found[at] = min(found.get(at, minute), minute)
    return found


def _day(p: Panel, t: int, i: int, news: int) -> Day:
    close = float(p.close[t, i])
    sealed = close >= p.limit_up[t, i] - NOISE or close <= p.limit_down[t, i] + NOISE
    return Day(
        f"{p.codes[i]}/{p.sessions[t]}", float(p.open[t, i]), float(p.high[t, i]), float(p.low[t, i]), close,
        float(p.volume[t, i]), bool(sealed), int(p.tick_table[t, i]), int(p.lot_min[t, i]), news,
    )  # fmt: skip


def day_minutes(day: Day, starts: I8) -> MinuteTable:
    """MINUTE_BAR of one session whose bars of a minute begin at `starts`."""
    n = len(starts)
    chance = _chance(day.seed, 2 * n + 1)
    table = np.zeros(n, MINUTE_BAR)
    table["start"], table["stop"] = starts, starts + 1
    closes = _path(day, starts, chance)
    opens = np.concatenate([[day.open], closes[:-1]])
    table["open"], table["close"] = opens, closes
    table["high"], table["low"] = np.maximum(opens, closes), np.minimum(opens, closes)
    table["high"][int(table["high"].argmax())] = day.high
    table["low"][int(table["low"].argmin())] = day.low
    weight = (0.5 + chance[n : 2 * n]) * (1.0 + 4.0 * _after(day.news, starts))
    shares = day.volume * (1.0 - IN_AUCTIONS) * weight / weight.sum()
    table["volume"] = np.floor(shares / day.lot) * day.lot
    table["vwap"] = (table["open"] + table["high"] + table["low"] + table["close"]) / 4.0
    return table


def _path(day: Day, starts: I8, chance: F8) -> F8:
    """The close of each minute, on the price steps and inside the day's range."""
    n = len(starts)
    move = np.full(n, 1.0 / n)
    after = _after(day.news, starts)
    if after.any():
        move = (1.0 - AFTER_NEWS) * move + AFTER_NEWS * after / after.sum()
    steps = chance[:n] - 0.5
    walk = np.cumsum(steps - steps.mean()) / np.sqrt(n)
    values = day.open + (day.close - day.open) * np.cumsum(move) + WIGGLE * (day.high - day.low) * walk
    if day.sealed:
        at = int(n * (SEALED[0] + (SEALED[1] - SEALED[0]) * chance[-1]))
        first = int(np.searchsorted(starts, day.news)) if day.news != QUIET else 0
        values[min(max(at, first), n - 1) :] = day.close
    values[-1] = day.close
    size = tick_size(values, np.full(n, day.ticks))
    on_grid: F8 = np.clip(np.round(np.round(values / size) * size, 4), day.low, day.high)
    return on_grid


def _after(news: int, starts: I8) -> F8:
    """How much of the news is still to be taken up in each minute: nothing before it, fading after."""
    since = (starts - news).astype(np.float64)
    return np.where((since >= 0.0) & (news != QUIET), np.exp(-np.maximum(since, 0.0) / FADES), 0.0)


def _chance(seed: str, n: int) -> F8:
    """Numbers from 0 to 1, the same on every machine."""
    digest = hashlib.sha256(f"launchlab sample minutes/{seed}".encode()).digest()
    raw = np.random.PCG64(int.from_bytes(digest[:16])).random_raw(n)
    return np.asarray((raw >> np.uint64(11)).astype(np.float64) * 2.0**-53, np.float64)
