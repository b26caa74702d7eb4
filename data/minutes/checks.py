"""What is wrong with the minute bars of a code, held against the exchange's hours and the daily bars.

| fault | severity | what it means |
|---|---|---|
| minute_no_session | error | minute bars on a day without a session, or without a daily bar |
| minute_duplicate | error | two bars of one minute |
| minute_hours | error | a bar outside the hours: the lunch break, a half-day's afternoon, after weather closed the market |
| minute_length | error | bars longer than those of the other sessions in the file: they would begin too late |
| minute_price | error | a price that cannot have been: none, high below low, a close outside them |
| minute_range | error | a price beyond the daily high or low: another day's, adjusted, or the daily bar is wrong |
| minute_adjusted | error | most closes are not the daily ones: adjusted prices, or another share |
| minute_units | error | volumes add up to about a hundredth of the daily volume: lots, not shares |
| minute_volume | warning | volumes do not add up to the daily volume |
| minute_close | warning | the last bar closes elsewhere than the daily bar |
| minute_extremes | warning | no minute bar reaches the day's high or low: a touch of a limit may be missing |
| minute_open | warning | opens that the source does not give; they stand as the bar's worst price for whoever trades |
| minute_holes | warning | fewer bars than the hours have |
"""

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from ..arrays import F8, I4, Bool, Days
from ..bars.findings import Finding
from ..figures import percent
from .read import MinuteRows
from .stamps import LENGTHS, Placed

ADVICE = {
    "minute_no_session": "delete the rows, or give the daily bar",
    "minute_duplicate": "delete all but one",
    "minute_hours": "delete the rows, or correct the clock: times are those of the exchange",
    "minute_length": "give bars of one length in a file",
    "minute_price": "take the bar from another source, or delete the session's minutes",
    "minute_range": "use raw prices, and compare both bars with another source",
    "minute_adjusted": "use raw prices: limits and lots are about what was traded",
    "minute_units": "multiply the volume by the shares of a lot",
    "minute_volume": "compare with another source: bars may be missing",
    "minute_close": "nothing to do where the closing auction is not in the minutes; else compare with another source",
    "minute_extremes": "nothing to do for bars made of snapshots; finer bars show more",
    "minute_open": "nothing to do; fills at the open of such a bar are at its worst price",
    "minute_holes": "nothing to do where nobody traded; else fetch the session again",
}
ERRORS = frozenset(list(ADVICE)[:8])
NEAR = 1e-6  # prices are decimals
LOTS = (0.005, 0.02)  # minute over daily volume where one counts lots of a hundred
VOLUME_OFF, CLOSES_OFF, FEWEST_CLOSES = 0.02, 0.5, 3
WHOLE = 0.7  # of the bars that a session of longer ones would have


class Daily(NamedTuple):
    """The daily bars that minutes are held against, each (n,), sessions ascending; only sessions that traded."""

    sessions: Days
    high: F8
    low: F8
    close: F8
    volume: F8


class Session(NamedTuple):
    """Bars `a` to `b` of the rows, of session `day`, whose daily bar is number `at`, −1 without one."""

    day: np.datetime64
    a: int
    b: int
    at: int


def check_minutes(rows: MinuteRows, placed: Placed, daily: Daily) -> tuple[Finding, ...]:
    """Every finding about the minute bars of one code, in order of sessions, those of the whole file last."""
    sessions = sessions_of(rows, daily)
    found: list[Finding] = []
    for one in sessions:
        found += [
            _finding(rows.code, str(one.day), kind, what)
            for kind, what in _of_session(rows, placed, daily, one)
        ]
    both = [one for one in sessions if one.at >= 0]
    if both:
        day = str(both[-1].day)
        found += [_finding(rows.code, day, kind, what) for kind, what in _of_all(rows, placed, daily, both)]
    return tuple(found)


def sessions_of(rows: MinuteRows, daily: Daily) -> list[Session]:
    """The sessions of the rows with their daily bars."""
    starts = np.flatnonzero(
        np.diff(rows.day, prepend=rows.day[:1] - np.timedelta64(1, "D")).astype(np.int64) != 0
    )
    stops = [*starts[1:].tolist(), len(rows)]
    days = rows.day[starts]
    at = np.searchsorted(daily.sessions, days)
    found = np.append(daily.sessions, np.datetime64("NaT", "D"))[at] == days
    return [
        Session(day, int(a), b, int(k) if there else -1)
        for day, a, b, k, there in zip(days, starts, stops, at, found, strict=True)
    ]


def _finding(code: str, session: str, kind: str, what: str) -> Finding:
    severity = "error" if kind in ERRORS else "warning"
    return Finding(code, session, severity, f"{kind}: {what}", ADVICE[kind])


def _of_session(rows: MinuteRows, placed: Placed, daily: Daily, one: Session) -> Iterator[tuple[str, str]]:
    """Kind and sentence of the faults of one session."""
    part = slice(one.a, one.b)
    if one.at < 0 and not np.nansum(rows.volume[part]) > 0.0:
        return  # a suspension that the vendor fills with nothing
    if one.at < 0:
        yield "minute_no_session", f"{one.b - one.a} minute bars, but no daily bar that traded"
        return
    start, high, low, close = placed.start[part], rows.high[part], rows.low[part], rows.close[part]
    twice = np.flatnonzero((np.diff(start) == 0) & ~placed.auction[part][1:])
    if len(twice):
        yield "minute_duplicate", f"two bars of {clock(start[twice[0]])}{_more(len(twice))}"
    strange = np.flatnonzero(placed.strange[part])
    if len(strange):
        at = clock(rows.stamp[part][strange[0]])
        yield (
            "minute_hours",
            f"a bar stamped {at} is not one of the {placed.length}-minute bars of the exchange's hours{_more(len(strange))}",
        )
    if longer := _longer(rows, placed, one):
        yield "minute_length", f"bars of {longer} minutes among bars of {placed.length}"
    wrong = np.flatnonzero(_impossible(rows, part))
    if len(wrong):
        i = wrong[0]
        yield (
            "minute_price",
            f"the bar of {clock(start[i])} has high {high[i]:g}, low {low[i]:g}, close {close[i]:g}{_more(len(wrong))}",
        )
        return
    top, floor = daily.high[one.at], daily.low[one.at]
    beyond = np.flatnonzero((high > top + NEAR) | (low < floor - NEAR))
    if len(beyond):
        i = beyond[0]
        yield (
            "minute_range",
            f"the bar of {clock(start[i])} reached {low[i]:g} to {high[i]:g}, the day {floor:g} to {top:g}{_more(len(beyond))}",
        )
    traded, said = float(np.nansum(rows.volume[part])), float(daily.volume[one.at])
    if LOTS[0] <= traded / said <= LOTS[1]:
        yield "minute_units", f"volumes add up to {traded:,.0f}, the day traded {said:,.0f}"
    elif abs(traded / said - 1.0) > VOLUME_OFF:
        yield "minute_volume", f"volumes add up to {traded:,.0f}, the day traded {said:,.0f}"


def _longer(rows: MinuteRows, placed: Placed, one: Session) -> int:
    """The minutes of a session's bars where they are longer than the file's, 0 where they are not: a whole grid of them."""
    part = slice(one.a, one.b)
    kept = ~placed.auction[part]
    stamps, early = rows.stamp[part][kept], (placed.stop <= placed.spans.noon)[part][kept]
    steps = np.concatenate([np.diff(stamps[early]), np.diff(stamps[~early])])
    length = int(np.gcd.reduce(steps)) if len(steps) else 0
    if length not in LENGTHS or length <= placed.length:
        return 0
    return length if len(stamps) >= WHOLE * wanted(placed._replace(length=length), one.a) else 0


def _impossible(rows: MinuteRows, part: slice) -> Bool:
    """Bars whose prices or volume cannot have been."""
    first, high, low, close = rows.open[part], rows.high[part], rows.low[part], rows.close[part]
    whole = (
        (low > 0.0)
        & (high >= low)
        & (close >= low - NEAR)
        & (close <= high + NEAR)
        & (rows.volume[part] >= 0.0)
    )
    return np.asarray(~whole | (first > high + NEAR) | (first < low - NEAR))


def _of_all(
    rows: MinuteRows, placed: Placed, daily: Daily, sessions: list[Session]
) -> Iterator[tuple[str, str]]:
    """Kind and sentence of what is said once of all sessions."""
    n = len(sessions)
    at = [one.at for one in sessions]
    last = np.array([rows.close[one.b - 1] for one in sessions])
    ends = np.array([placed.stop[one.b - 1] >= placed.spans.close[one.b - 1] for one in sessions])
    other = ends & (np.abs(last - daily.close[at]) > NEAR)
    if n >= FEWEST_CLOSES and other.sum() > CLOSES_OFF * n:
        k = int(np.flatnonzero(other)[0])
        yield (
            "minute_adjusted",
            f"{int(other.sum())} of {n} sessions close elsewhere than their daily bars, {sessions[k].day} at {last[k]:g} "
            f"instead of {daily.close[at[k]]:g}",
        )
    elif other.any():
        k = int(np.flatnonzero(other)[0])
        yield (
            "minute_close",
            f"{int(other.sum())} of {n} sessions: {sessions[k].day} ends at {last[k]:g}, the daily bar at {daily.close[at[k]]:g}",
        )
    top = np.array([rows.high[one.a : one.b].max() for one in sessions])
    floor = np.array([rows.low[one.a : one.b].min() for one in sessions])
    short = np.maximum(daily.high[at] / top - 1.0, floor / daily.low[at] - 1.0)
    if (short > NEAR).any():
        k = int(short.argmax())
        yield (
            "minute_extremes",
            f"{int((short > NEAR).sum())} of {n} sessions miss the day's high or low, {sessions[k].day} by {percent(short[k], 1)}",
        )
    unknown = int(np.isnan(rows.open).sum())
    if unknown:
        yield "minute_open", f"{unknown} of {len(rows)} bars have no open"
    counts = np.array([(~placed.auction[one.a : one.b]).sum() for one in sessions])
    missing = np.array([wanted(placed, one.a) for one in sessions]) - counts
    if (missing > 0).any():
        k = int(missing.argmax())
        yield (
            "minute_holes",
            f"{int((missing > 0).sum())} of {n} sessions have fewer bars than the hours, {sessions[k].day} "
            f"{missing[k]} fewer",
        )


def wanted(placed: Placed, bar: int) -> int:
    """Bars of continuous trading that the session of a bar has by its hours."""
    spans, length = placed.spans, placed.length
    last = min(int(spans.close[bar]), int(spans.auction[bar]))
    morning = -(-max(min(int(spans.noon[bar]), last) - int(spans.morning[bar]), 0) // length)
    return morning + -(-max(last - int(spans.afternoon[bar]), 0) // length)


def clock(minute: "int | np.int32 | I4") -> str:
    """10:45 of minutes after midnight."""
    return f"{int(minute) // 60:02d}:{int(minute) % 60:02d}"


def _more(count: int) -> str:
    return f", and {count - 1} more" if count > 1 else ""
