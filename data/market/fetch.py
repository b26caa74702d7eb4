"""Bars brought from a provider into the store."""

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from ..calendars.hours import last_final_day
from ..dated import to_day
from ..doors import is_file
from ..errors import ConfigError, StoreError
from ..instruments.name_changes import read_names
from ..instruments.table import Instruments, to_instruments
from ..instruments.typed import Typed, typed
from ..ledger.launch import Launches
from ..ledger.ledger import load_launches
from ..providers.choose import AUTO, FILES, SHORT_PATIENCE, make_chain, make_provider
from ..store.fetch import fetch as fetch_into
from ..store.known import keep_facts
from ..store.outcome import FetchOutcome, FetchReport
from ..store.rates import fetch_rates
from ..store.series import moment
from ..store.store import Store, default_store
from .everything import everything
from .source import find_bars, named_codes

DAYS_BACK = 3 * 365


def fetch(
    codes: str | Sequence[str] = (),
    *,
    launches: Path | str | None = None,
    ledger_tz: str | None = None,
    start: object = None,
    end: object = None,
    provider: str = AUTO,
    compare: str | None = None,
    path: Path | str | None = None,
    volume_unit: str = "",
    accept_adjusted: bool = False,
    store: Path | str | None = None,
    instruments: Instruments | Path | str | None = None,
    names: Path | str | None = None,
    refresh: bool = False,
    on_progress: Callable[[int, int, FetchOutcome], None] | None = None,
) -> FetchReport:
    """Bring bars of `codes`, of those of the ledger `launches`, or of every file of `path`, into the store.

    Without any of them: what a run of the shipped ledger needs, that is its codes, the universe's and the usual benchmarks'
    from a year before the first launch, and the currency rates.

    `ledger_tz` is the zone of the ledger's clock times that state none. `provider` is auto (the fittest source of each
    exchange, then the next), the name of a source, or several in a row; `path`, `volume_unit` and `accept_adjusted`
    belong to files, which a given `path` alone asks for. `compare` is a second source, whose bars are stored beside and
    held against the first one's. The span is
    `start` to `end`, both included: three years up to the last final day unless said. `store` is a folder, the
    user's own unless given. `names` is a CSV of name changes (code, name, first, last), kept in the store. What is stored already is not asked for again unless `refresh`; one code's failure loses
    nothing of the others and is an outcome of the report. `on_progress` gets how many are done, of how many, and the
    outcome. LaunchlabError for what cannot be asked.
    """
    if launches is None and ledger_tz is not None:
        raise ConfigError(
            "`ledger_tz` is the zone of a ledger's clock times; name the ledger with `launches`"
        )
    if path is None and (volume_unit or accept_adjusted):
        name = "volume_unit" if volume_unit else "accept_adjusted"
        raise ConfigError(
            f"`{name}` is for files, and what a server sends states it; leave it out, or give `path`"
        )
    book = to_instruments(instruments)
    ledger = None if launches is None else load_launches(launches, book, ledger_tz=ledger_tz)
    whole = everything(book) if not codes and ledger is None and path is None else None
    asked = whole.asked if whole else _asked(codes, ledger, path, book)
    last = last_final_day() if end is None else to_day(end, "end")
    first = whole.start if whole else last - timedelta(days=DAYS_BACK)
    first = first if start is None else to_day(start, "start")
    named = FILES if path is not None and provider == AUTO else provider
    chain = make_chain(
        named,
        path=None if path is None else Path(path),
        volume_unit=volume_unit,
        accept_adjusted=accept_adjusted,
    )
    place, span = store_at(store), (first, last)
    for facts in () if names is None else read_names(names):
        keep_facts(place, replace(facts, seen_at=moment()))
    beside = 1 if whole else 0
    rates = None
    if whole:
        rates = fetch_rates(place, last, SHORT_PATIENCE, refresh=refresh)
        if on_progress is not None:
            on_progress(1, len(asked.codes) + 1, rates)

    def step(done: int, total: int, outcome: FetchOutcome) -> None:
        if on_progress is not None:
            on_progress(done + beside, total + beside, outcome)

    report = fetch_into(
        asked.instruments,
        span,
        provider=chain,
        store=place,
        refresh=refresh,
        compare=None if compare is None else make_provider(compare),
        on_progress=step,
    )
    outcomes = report.outcomes if rates is None else (rates, *report.outcomes)
    unused = (f"{name} is not asked: {why}" for name, why in chain.skipped.items())
    return replace(
        report,
        outcomes=outcomes,
        warnings=(*book.notes, *asked.notes),
        skipped=tuple(unused),
        store=place.root,
    )


def store_at(given: Path | str | None) -> Store:
    """The store at a folder, the user's own unless given; a file is a StoreError."""
    place = default_store() if given is None else Path(given)
    if is_file(place):
        raise StoreError(f"{place} is a file; give a folder with `store`")
    return Store(place)


def _asked(
    codes: str | Sequence[str], ledger: Launches | None, path: Path | str | None, book: Instruments
) -> Typed:
    """What to fetch: codes named, codes of a ledger, or every file whose name is a code; names that are none are noted."""
    named = [codes] if isinstance(codes, str) else list(codes)
    notes: tuple[str, ...] = ()
    if ledger is not None:
        named, notes = named + list(ledger.written), ledger.notes
    if not named and path is not None:
        named, notes = named_codes(find_bars(path), book)
    if not named:
        raise ConfigError("name the codes to fetch, or a ledger with `launches`")
    asked = typed(named, book)
    return asked._replace(notes=(*notes, *asked.notes))
