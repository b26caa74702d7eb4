"""Minute bars brought from a provider into the store, for the sessions that launches need."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np

from ..calendars.hours import last_final_day
from ..calendars.sessions import calendar, first_reachable
from ..dated import to_day
from ..errors import CalendarError, ConfigError
from ..instruments.table import Instrument, Instruments, to_instruments
from ..instruments.typed import typed
from ..ledger.launch import Launches
from ..ledger.ledger import load_launches
from ..minutes.stamps import LENGTHS
from ..providers.choose import AUTO, FILES, make_chain
from ..store.minutes_fetch import fetch_minutes_into
from ..store.outcome import FetchOutcome, FetchReport
from .fetch import store_at

SESSIONS = 2  # the session of the news, and the next, in which T+1 lets go

Wanted = list[tuple[Instrument, list[date]]]


def fetch_minutes(
    codes: str | Sequence[str] = (),
    *,
    length: int = 5,
    launches: Path | str | Launches | None = None,
    ledger_tz: str | None = None,
    sessions: int | None = None,
    start: object = None,
    end: object = None,
    provider: str = AUTO,
    store: Path | str | None = None,
    instruments: Instruments | Path | str | None = None,
    refresh: bool = False,
    on_progress: Callable[[int, int, FetchOutcome], None] | None = None,
) -> FetchReport:
    """Bring bars of `length` minutes (1, 5, 15, 30 or 60) into the store, of the sessions that launches need.

    These are, for each launch of the ledger (`launches`, the shipped one unless given) and each of its codes (those named with
    `codes`, if any), the first session in which it can be traded and those after it, `sessions` in all (2 unless said). With
    `start`, every session from it to `end` (the last final day) of the `codes` named, whatever the ledger says. Baostock
    has 5, 15, 30 and 60 minutes of Shanghai and Shenzhen, Yahoo all lengths for as many days as it keeps: 29 of one minute, 59 of
    5 to 30, 729 of 60. What is stored is not asked for again unless `refresh`; one code's failure loses nothing of the
    others. The rest is as in `fetch`. LaunchlabError for what cannot be asked.
    """
    if length not in LENGTHS:
        raise ConfigError(f"`length` is {length}; bars are of one of {', '.join(map(str, LENGTHS))} minutes")
    if sessions is not None and sessions < 1:
        raise ConfigError(
            f"`sessions` is {sessions}; it counts from the first in which a launch can be traded: 1 or more"
        )
    if end is not None and start is None:
        raise ConfigError("`end` ends a span of minute bars; give its `start`")
    if start is not None and (sessions is not None or launches is not None):
        name = "sessions" if sessions is not None else "launches"
        raise ConfigError(f"`{name}` is about the days of launches, and `start` names others; leave one out")
    if FILES in provider.split(","):
        raise ConfigError(
            "minute bars in files are read where they are: name their folder with `minutes` of a run"
        )
    book = to_instruments(instruments)
    asked = typed(codes, book)
    if start is not None:
        first, last = to_day(start, "start"), last_final_day() if end is None else to_day(end, "end")
        wanted, notes = _of_span(asked.instruments, first, last), asked.notes
    else:
        ledger = (
            launches if isinstance(launches, Launches) else load_launches(launches, book, ledger_tz=ledger_tz)
        )
        wanted = days_of(ledger, book, asked.codes, sessions or SESSIONS)
        notes = (*ledger.notes, *asked.notes)
    place, chain = store_at(store), make_chain(provider)
    report = fetch_minutes_into(
        wanted, length, provider=chain, store=place, refresh=refresh, on_progress=on_progress
    )
    unused = tuple(f"{name} is not asked: {why}" for name, why in chain.skipped.items())
    return replace(report, warnings=(*book.notes, *notes), skipped=unused, store=place.root)


def days_of(launches: Launches, book: Instruments, codes: Sequence[str], sessions: int) -> Wanted:
    """By instrument, the first session in which each launch can be traded and those after it, up to the last final day.

    Launches of other codes than `codes` (all, if empty) are left out; ConfigError where none is left.
    """
    found: dict[str, set[date]] = {}
    for launch, known in zip(launches, launches.known_ns().tolist(), strict=True):
        for concerned in launch.codes:
            code = book[concerned.code].code
            if codes and code not in codes:
                continue
            days = _first_days(known, book[code].exchange, launches.reaction_minutes, sessions)
            found.setdefault(code, set()).update(day for day in days if day <= last_final_day())
    silent = [code for code in codes if not found.get(code)]
    if silent:
        raise ConfigError(
            f"no launch of the ledger could be traded in {silent[0]} yet; say which sessions with `start`"
        )
    wanted = [(book[code], sorted(days)) for code, days in sorted(found.items()) if days]
    if not wanted:
        raise ConfigError(
            "no launch of the ledger concerns a code that is traded; name codes, and their `start`"
        )
    return wanted


def _first_days(known: int, exchange: str, reaction_minutes: float, sessions: int) -> list[date]:
    held = calendar(exchange).sessions
    try:
        first = first_reachable(np.array([known]), exchange, "close", reaction_minutes=reaction_minutes)[0]
    except CalendarError:  # before or after the published sessions
        return []
    at = int(np.searchsorted(held, first))
    return [day.item() for day in held[at : at + sessions]]


def _of_span(instruments: Sequence[Instrument], first: date, last: date) -> Wanted:
    """Every session from `first` to `last` of the instruments."""
    if not instruments:
        raise ConfigError("name the codes whose minute bars from `start` on to fetch")
    if last < first:
        raise ConfigError(f"the span ends on {last}, before it starts on {first}; swap `start` and `end`")
    wanted: Wanted = []
    for one in instruments:
        held = calendar(one.exchange).sessions
        inside = held[(held >= np.datetime64(first)) & (held <= np.datetime64(last))]
        if not len(inside):
            raise ConfigError(f"{one.code} has no session from {first} to {last}; widen the span")
        wanted.append((one, [day.item() for day in inside]))
    return wanted
