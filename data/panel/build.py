"""Bars, instruments, calendars and rules compiled into one Panel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..bars.bars import Bars
from ..bars.checks import Finding, errors_of
from ..bars.folder import BarsFolder
from ..calendars.hours import EXCHANGES
from ..calendars.overrides import NONE, Additions
from ..dated import to_day
from ..doors import exists
from ..errors import DataError
from ..instruments.spellings import names_of
from ..instruments.table import Instrument, Instruments, load_instruments
from ..instruments.typed import typed
from ..rules.brokerage import Brokerage
from ..rules.costs import cost_class
from ..rules.ticks import TICK_BOUNDS, TICK_SIZES
from ..store.joined import iter_instruments
from ..store.known import with_facts
from ..store.memory import BarsInMemory, in_memory
from ..store.store import Prices, Store, default_store, open_prices
from ..universe.universe import Universe
from . import fx
from .beyond import from_bars, with_proven
from .charges import cost_classes, cost_table, free_of_charge
from .columns import Columns
from .contracts import Future
from .extent import Extent, Moved, extent_of, stored_extents
from .laid import Laid, Laying, lay, lay_future
from .panel import ACTION, Panel
from .rows import Rows, rows_of
from .shares import lay_stored

SAMPLE = Path(str(files("launchlab.data.sample") / "market.zip"))
MOST_LISTED = 40
FUTURE = "=F"  # at the end of the code of an index future


@dataclass(frozen=True)
class PanelOptions:
    """What may be chosen about a panel. Dividend taxes are fractions withheld from cash dividends to longs.

    `universe`: who played which role by day. `beside`: codes that are there as its members alone; their bars decide no
    span, and wrong ones count as suspended rather than refuse the panel. `futures`: index futures that stand beside them.
    """

    instruments: Instruments = field(default_factory=load_instruments)
    brokerage: Brokerage = field(default_factory=Brokerage)
    bad_bars: str = "refuse"
    fx: Path | None = None
    fx_max_age_days: int = 10
    calendar: Additions = NONE
    dividend_tax_cn: float = 0.20
    dividend_tax_hk: float = 0.0
    universe: Universe = field(default_factory=Universe)
    beside: frozenset[str] = frozenset()
    futures: tuple[Future, ...] = ()

    def __post_init__(self) -> None:
        if self.bad_bars not in ("refuse", "suspend"):
            raise DataError(
                f"bad bars can be refused or suspended, not {self.bad_bars!r}; write refuse or suspend"
            )


def load_panel(
    codes: Sequence[str],
    start: object = None,
    end: object = None,
    *,
    currency: str = "HKD",
    prices: Prices | str | Mapping[str, Any] | None = None,
    options: PanelOptions | None = None,
) -> Panel:
    """The panel of `codes` from `start` to `end` (both included; default: the span of their bars).

    `prices` is a folder or zip of bars, a store, data frames by code, or None for the simulated sample. Bars under an
    earlier code are joined; what a store's sources state of the codes is laid over the instruments. A code without bars is left
    out, with a warning in `panel.warnings`. Raises DataError, RuleError or CalendarError with one sentence naming the code, the
    session and the fault.
    """
    chosen = options or PanelOptions()
    place = open_prices(to_prices(prices))
    book = with_facts(chosen.instruments, place) if isinstance(place, Store) else chosen.instruments
    asked = typed(codes, book)
    chosen = replace(chosen, instruments=asked.book)
    wanted = asked.instruments
    if not wanted:
        raise DataError("there is no code to load; name at least one")
    have = frozenset(place.codes())
    missing = {instrument.code for instrument in wanted if not names_of(instrument, have)}
    held = [instrument for instrument in wanted if instrument.code not in missing] or wanted
    span = (_day(start, "start"), _day(end, "end"))
    panel = _panel(place, held, span, currency, chosen)
    absent = [_absent(instrument, panel).to_json() for instrument in wanted if instrument.code in missing]
    return replace(panel, warnings=(*absent, *panel.warnings)) if absent else panel


def _panel(
    place: Store | BarsFolder | BarsInMemory,
    held: Sequence[Instrument],
    span: tuple[object, object],
    currency: str,
    chosen: PanelOptions,
) -> Panel:
    """The panel of instruments that have bars; a store's are read one code at a time where nothing moves meanwhile."""
    known = [_tradable(instrument) for instrument in held]
    extents = stored_extents(place, known, chosen.calendar) if isinstance(place, Store) else None
    if isinstance(place, Store) and extents is not None:
        try:
            return _stored_panel(place, known, extents, span, currency, chosen)
        except Moved:
            pass  # a fetch writes beside this: its bars are read first, and then looked at
    return build_panel(iter_instruments(place, known), span=span, currency=currency, options=chosen)


OWN_STORE = "store"  # as the place of prices


def to_prices(prices: Prices | str | Mapping[str, Any] | None) -> Prices:
    """Where bars are: a path, those of data frames by code, the simulated sample, or the user's own store (`store`).

    A file or folder of the name `store` goes before the user's own.
    """
    if isinstance(prices, Mapping):
        return in_memory(prices)
    if isinstance(prices, Store | BarsFolder | BarsInMemory):
        return prices
    if prices == OWN_STORE and not exists(Path(OWN_STORE)):
        return default_store()
    return SAMPLE if prices is None else Path(prices)


def _day(given: object, what: str) -> str | None:
    """A day as 2026-02-12, or one sentence that names the parameter `what`."""
    return None if given is None else str(to_day(given, what))


def _absent(instrument: Instrument, panel: Panel) -> Finding:
    fault = f"no_bars: {instrument.code} has no bars and is not traded"
    return Finding(instrument.code, str(panel.sessions[0]), "warning", fault, "add its file, or fetch it")


def build_panel(
    bars: Iterator[Bars] | Sequence[Bars],
    *,
    span: tuple[object, object] = (None, None),
    currency: str = "HKD",
    options: PanelOptions | None = None,
) -> Panel:
    """A panel from bars already in memory."""
    chosen, series = options or PanelOptions(), list(bars)
    known = [_tradable(chosen.instruments[raw.code]) for raw in series]
    extents = [extent_of(*one, chosen.calendar) for one in zip(series, known, strict=True)]
    chosen, how = _laying(extents, known, span, chosen)
    columns = Columns.empty(len(how.rows.sessions), len(series) + len(chosen.futures))
    laid = []
    for i, one in enumerate(zip(series, known, strict=True)):
        compiled, said = lay(*one, how)
        columns.put(i, compiled)
        laid.append(said)
    return _finished(known, columns, laid, how, chosen, currency)


def _stored_panel(
    store: Store,
    known: Sequence[Instrument],
    extents: Sequence[Extent],
    span: tuple[object, object],
    currency: str,
    chosen: PanelOptions,
) -> Panel:
    """A panel of a store's codes whose extents are known: their bars are read one at a time, and none is kept."""
    chosen, how = _laying(extents, known, span, chosen)
    codes = list(zip(known, extents, strict=True))
    columns, laid = lay_stored(store, codes, len(chosen.futures), how)
    return _finished(known, columns, laid, how, chosen, currency)


def _laying(
    extents: Sequence[Extent], known: Sequence[Instrument], span: tuple[object, object], chosen: PanelOptions
) -> tuple[PanelOptions, Laying]:
    """The options with the sessions that bars prove, and the rows on which codes of such extents are laid."""
    calendar = with_proven(chosen.calendar, extents, known)
    leading = [one for one in extents if one.code not in chosen.beside]
    exchanges = {one.exchange for one in (*known, *(future.instrument for future in chosen.futures))}
    rows = rows_of(leading or extents, span, exchanges, calendar)
    how = Laying(rows, chosen.dividend_tax_cn, chosen.dividend_tax_hk, chosen.bad_bars == "suspend")
    return replace(chosen, calendar=calendar), how


def _finished(
    known: Sequence[Instrument],
    columns: Columns,
    laid: list[Laid],
    how: Laying,
    chosen: PanelOptions,
    currency: str,
) -> Panel:
    """The panel once its codes are laid: futures beside them, and bad bars refused unless they are put aside."""
    for i, future in enumerate(chosen.futures, len(known)):
        compiled, said = lay_future(future, how.rows, chosen.calendar)
        columns.put(i, compiled)
        laid.append(said)
    if how.suspend:
        _refuse_unmended(errors_of([fault for one in laid for fault in one.unmended]))
    else:
        _refuse(errors_of([f for one in laid for f in one.findings if f.code not in chosen.beside]))
    instruments = [*known, *(future.instrument for future in chosen.futures)]
    return _assemble(instruments, columns, how.rows, laid, chosen, currency)


def _assemble(
    known: list[Instrument], columns: Columns, rows: Rows, laid: list[Laid], chosen: PanelOptions, currency: str
) -> Panel:  # fmt: skip
    sessions = rows.sessions
    classes = cost_classes(known)
    free = free_of_charge(classes, chosen.brokerage)
    currencies = tuple(dict.fromkeys(instrument.currency for instrument in known))
    rates = fx.rates(currencies, currency, sessions, path=chosen.fx, max_age_days=chosen.fx_max_age_days)
    codes = tuple(one.code for one in laid)
    actions = [(row, i, *paid) for i, one in enumerate(laid) for row, *paid in one.actions]
    unknowns = (*from_bars(chosen.calendar, sessions), *(note for one in laid for note in one.unknowns))
    return Panel(
        sessions=sessions,
        codes=codes,
        currency=currency,
        instruments=tuple(known),
        **columns.arrays(),
        tick_bounds=TICK_BOUNDS.copy(),
        tick_sizes=TICK_SIZES.copy(),
        cost_class=np.array([classes.index(cost_class(instrument)) for instrument in known], np.int16),
        costs=cost_table(known, sessions, chosen.brokerage),
        currencies=currencies,
        currency_of=np.array([currencies.index(instrument.currency) for instrument in known], np.int8),
        fx=rates,
        exchanges=EXCHANGES,
        exchange_of=np.array([EXCHANGES.index(instrument.exchange) for instrument in known], np.int8),
        exchange_open=np.stack([rows.own[name][0] for name in EXCHANGES], axis=1),
        sessions_done=np.stack([rows.own[name][1] for name in EXCHANGES], axis=1),
        actions=np.sort(np.array(actions, ACTION), order=["row", "code"]),
        simulated=any(one.simulated for one in laid),
        provenance=tuple(one.provenance for one in laid),
        warnings=tuple(finding.to_json() for one in laid for finding in one.findings),
        unknowns=tuple(dict.fromkeys([*free, *unknowns])),
        universe=chosen.universe,
        beside=tuple(code for code in codes if code in chosen.beside or code.endswith(FUTURE)),
        calendar=chosen.calendar,
    )


def _tradable(instrument: Instrument) -> Instrument:
    if not instrument.tradable:
        raise DataError(
            f"{instrument.code} is an index level, which nobody can buy; use a fund, or name it as the benchmark"
        )
    return instrument


def _refuse_unmended(errors: tuple[Finding, ...]) -> None:
    """Errors that leave prices of two units on either side of the sessions put aside."""
    if errors:
        raise DataError(f"leaving wrong bars out does not mend prices in two units: {errors[0]}")


def _refuse(errors: tuple[Finding, ...]) -> None:
    if errors:
        shown = "\n".join(f"  {finding}" for finding in errors[:MOST_LISTED])
        more = f"\n  … and {len(errors) - MOST_LISTED} more" if len(errors) > MOST_LISTED else ""
        bars = len({(one.code, one.session) for one in errors})
        wrong = "1 bar is wrong; repair it" if bars == 1 else f"{bars} bars are wrong; repair them"
        raise DataError(
            f"{wrong}, or treat wrong bars as suspended with `bad_bars='suspend'`:\n{shown}{more}"
        )
