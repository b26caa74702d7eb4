"""Which auctions a launch's clock leaves open: each is certain, possible or impossible.

An auction is certain where an order can still reach it though the launch became public at the latest instant that its
bounds allow, possible where it can at the earliest, else impossible. A run trades on certain ones alone, unless
`dates_known` is `start`.
"""

from collections.abc import Collection
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from ..calendars.hours import CHINA_TIME
from ..calendars.overrides import NONE, Additions
from ..calendars.sessions import REACTION_MINUTES, Auction, Day, cut_off, sessions
from .launch import Launch, Launches

Certainty = Literal["certain", "possible", "impossible"]
AUCTIONS: tuple[Auction, Auction] = ("open", "close")
UNBOUNDED_DAYS = (
    1.0  # how much earlier a launch is taken to have been public at most, where nothing bounds it from below
)
TICK = timedelta(microseconds=1)


class OpenAuction(NamedTuple):
    """An auction that is possible, not certain: its exchange, session, kind, and the last moment for an order."""

    exchange: str
    session: str
    at: Auction
    cut_off: datetime


def certainty(
    launch: Launch,
    exchange: str,
    session: Day,
    at: Auction,
    *,
    reaction_minutes: float = REACTION_MINUTES,
    added: Additions = NONE,
) -> Certainty:
    """Whether an order on the launch can reach a session's open or close: `certain`, `possible` or `impossible`.

    A launch that nothing bounds from below leaves every earlier auction possible. CalendarError for a day without a session.

    >>> from datetime import datetime
    >>> day = Launch("a", datetime.fromisoformat("2026-02-11T00:00+08:00"), "date", "MiniMax", "M2.5", "launch")
    >>> [certainty(day, "XHKG", f"2026-02-{n}", "open") for n in (10, 11, 12)]
    ['impossible', 'possible', 'certain']
    """
    last, reaction = cut_off(exchange, session, at, added=added), timedelta(minutes=reaction_minutes)
    if launch.latest + reaction <= last:
        return "certain"
    return "possible" if launch.earliest is None or launch.earliest + reaction <= last else "impossible"


def open_auctions(
    launch: Launch,
    exchanges: Collection[str],
    *,
    reaction_minutes: float = REACTION_MINUTES,
    unbounded_days: float | None = None,
    added: Additions = NONE,
) -> tuple[OpenAuction, ...] | None:
    """The auctions of the exchanges that are possible and not certain, in order of their cut-offs; () where none is.

    Where nothing bounds the launch from below they have no beginning: None, unless `unbounded_days` says how many days
    before its latest instant it can have been public at most. CalendarError past the sessions that are known.
    """
    first, last, reaction = launch.earliest, launch.latest, timedelta(minutes=reaction_minutes)
    if first is None:
        if unbounded_days is None:
            return None
        first = last - timedelta(days=unbounded_days)
    found = [
        OpenAuction(exchange, str(session), at, cut)
        for exchange in exchanges
        for session in sessions(exchange, *_days(first + reaction, last + reaction), added=added)
        for at in AUCTIONS
        if first + reaction <= (cut := cut_off(exchange, session, at, added=added)) < last + reaction
    ]
    return tuple(sorted(found, key=lambda auction: auction.cut_off))


def clock_choices(
    launch: Launch,
    exchanges: Collection[str],
    *,
    reaction_minutes: float = REACTION_MINUTES,
    unbounded_days: float = UNBOUNDED_DAYS,
    added: Additions = NONE,
) -> tuple[datetime, ...]:
    """Instants at which the launch can have become public, one for each set of auctions that is then reached; earliest first.

    The last is its latest instant. Between two of them lies a cut-off of one of the exchanges.
    """
    left_open = open_auctions(
        launch, exchanges, reaction_minutes=reaction_minutes, unbounded_days=unbounded_days, added=added
    )
    if not left_open:
        return (launch.latest,)
    first = launch.earliest or launch.latest - timedelta(days=unbounded_days)
    cuts = sorted({auction.cut_off for auction in left_open})
    missed = [cut - timedelta(minutes=reaction_minutes) + TICK for cut in cuts[:-1]]
    return (first, *missed, launch.latest)


def at_ends(
    launches: Launches, end: Literal["earliest", "latest"], *, unbounded_days: float = UNBOUNDED_DAYS
) -> Launches:
    """The same launches, each public at one end of its bounds for certain: what a result is bracketed with.

    Where nothing bounds a launch from below, its earliest end lies `unbounded_days` before the latest.
    """
    before = timedelta(days=unbounded_days)
    return replace(
        launches,
        rows=tuple(
            public_at(launch, launch.latest if end == "latest" else launch.earliest or launch.latest - before)
            for launch in launches
        ),
    )


def public_at(launch: Launch, instant: datetime) -> Launch:
    """The launch as if it were certain that it became public at an instant."""
    return replace(launch, announced_at=instant, precision="exact", not_before=None, not_after=None)


def _days(first: datetime, last: datetime) -> tuple[str, str]:
    return str(first.astimezone(CHINA_TIME).date()), str(last.astimezone(CHINA_TIME).date())
