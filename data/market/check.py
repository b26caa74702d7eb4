"""What is wrong with bars, by code and session."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..bars.checks import Finding, errors_of
from ..bars.findings import finding
from ..bars.reconcile import Agreement
from ..errors import ConfigError, DataError, LaunchlabError, StoreError
from ..instruments.spellings import names_of
from ..instruments.table import Instruments, to_instruments
from ..instruments.typed import Typed, typed
from ..minutes.folder import MinuteFolder
from ..store.audit import agreements, check_prices
from ..store.joined import iter_instruments
from ..store.known import with_facts
from ..store.minutes import StoredMinutes
from ..store.store import Store, default_store, is_store
from .beside import minute_findings, open_minutes
from .request import SAMPLE_MINUTES
from .source import Source, find_bars, named_codes


@dataclass(frozen=True)
class Checked:
    """Findings of the codes that were checked, and sentences about spellings of codes and about files that are no code."""

    codes: tuple[str, ...]
    findings: tuple[Finding, ...]
    warnings: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Findings that make a fill wrong: a backtest refuses such bars."""
        return errors_of(self.findings)


def check(
    codes: str | Sequence[str] | None = None,
    *,
    prices: Path | str | Mapping[str, Any] | None = None,
    instruments: Instruments | Path | str | None = None,
    adjusted: Sequence[str] = (),
    minutes: Path | str | None = None,
    minute_stamps: str | None = None,
    on_progress: Callable[[int, int], None] | None = None,
) -> Checked:
    """Every finding about the bars of `codes`, all that are there unless named.

    `prices` is a folder, zip or store, or data frames by code; the user's own store unless given. Codes declared
    `adjusted` are not held to ticks and limits. `minutes` is a folder or zip of minute bars, which are held against the daily
    ones; without `codes`, only codes that have minutes are then checked. `on_progress` gets how many codes are done, of how many.
    """
    if minute_stamps is not None and minutes is None:
        raise ConfigError(
            "`minute_stamps` says what minute bars are stamped with; name their folder with `minutes`"
        )
    if minutes == SAMPLE_MINUTES:
        raise ConfigError(
            "`minutes` sample are simulated for a run of the sample market, and right by construction; name a folder of minute "
            "bars to check"
        )
    book = to_instruments(instruments)
    source = find_bars(default_store() if prices is None else prices)
    if isinstance(source.prices, Store):
        book = with_facts(book, source.prices)
    asked = typed(codes or (), book)
    wanted, strays = (asked.codes, asked.notes) if asked.codes else named_codes(source, book)
    wanted = [name for code in wanted for name in (_names(asked, code, source) if asked.codes else (code,))]
    raw = typed(adjusted, asked.book)
    held = frozenset(name for code in raw.codes for name in (code, *_names(raw, code, source)))
    book, strays = raw.book, (*book.notes, *strays, *raw.notes)
    beside = None if minutes is None else open_minutes(minutes)
    if beside is not None and not asked.codes:
        wanted = [name for name in wanted if name in beside.codes()]
        if not wanted:
            raise DataError(f"{minutes} has minute bars of none of the codes of {source}; check `minutes`")
    checked: list[str] = []
    findings: list[Finding] = []
    for code, faults in check_prices(source.prices, wanted, instruments=book, adjusted=held):
        checked.append(code)
        findings += faults
        if beside is not None and code in beside.codes():
            findings += _of_minutes(beside, source, code, book, minute_stamps or "")
        if on_progress is not None:
            on_progress(len(checked), len(wanted))
    return Checked(tuple(checked), tuple(findings), strays)


def _of_minutes(
    beside: MinuteFolder | StoredMinutes, source: Source, code: str, book: Instruments, declared: str
) -> tuple[Finding, ...]:
    """Findings about the minute bars of a code; what cannot be read or placed is one of them."""
    try:
        bars = next(iter(iter_instruments(source.prices, [book[code]])))
        found: tuple[Finding, ...] = ()
        for rows in beside.read(code):
            stamps = declared or str(rows.source.get("stamps", ""))
            found += minute_findings(rows, bars, book[code].exchange, stamps)
        return found
    except LaunchlabError as error:
        return (finding(code, "", "not_checked", str(error)),)


def compare_sources(
    codes: str | Sequence[str] | None = None,
    *,
    store: Path | str | None = None,
    instruments: Instruments | Path | str | None = None,
) -> tuple[Agreement, ...]:
    """How the sources of each code of a store agree, pair by pair, and which one wins."""
    place, book = default_store() if store is None else Path(store), to_instruments(instruments)
    if not is_store(place):
        raise StoreError(
            f"{place} is not a store, and only a store holds several sources; fetch into one first"
        )
    asked = typed(codes or (), book)
    return tuple(agreements(Store(place), asked.codes or None, instruments=asked.book))


def _names(asked: Typed, code: str, source: Source) -> tuple[str, ...]:
    """The codes under which the bars of a code lie, the code itself where there are none."""
    return names_of(asked.book[code], source.codes) or (code,)
