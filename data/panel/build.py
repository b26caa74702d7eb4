"""Bars, instruments, calendars and rules compiled into one Panel."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from ..arrays import I1, I4, Bool, Days
from ..bars.bars import Bars
from ..bars.checks import Finding, bad_sessions, check_bars, errors_of, suspend_bad
from ..bars.folder import BarsFolder
from ..bars.units import leaps
from ..calendars import sessions as calendars
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
from ..store.joined import GUESS, iter_instruments
from ..store.known import with_facts
from ..store.memory import BarsInMemory, in_memory
from ..store.store import Prices, Store, default_store, open_prices
from ..universe.universe import Universe
from . import fx
from .beyond import dated, from_bars, with_proven
from .charges import cost_classes, cost_table, free_of_charge
from .columns import Columns, compile_code
from .contracts import Future, compile_future, front_month
from .panel import ACTION, TRADING, Panel

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
    held = [instrument for instrument in wanted if names_of(instrument, have)] or wanted
    span = (_day(start, "start"), _day(end, "end"))
    panel = build_panel(iter_instruments(place, held), span=span, currency=currency, options=chosen)
    absent = [_absent(instrument, panel).to_json() for instrument in wanted if instrument not in held]
    return replace(panel, warnings=(*absent, *panel.warnings)) if absent else panel


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
    chosen = options or PanelOptions()
    series = list(bars)
    known = [_tradable(chosen.instruments[raw.code]) for raw in series]
    hedges = [future.instrument for future in chosen.futures]
    leading = [raw for raw in series if raw.code not in chosen.beside]
    chosen = replace(chosen, calendar=with_proven(chosen.calendar, series, known))
    exchanges = {instrument.exchange for instrument in (*known, *hedges)}
    sessions = _sessions(leading or series, span, exchanges, chosen.calendar)
    own_days = {name: _exchange_sessions(name, sessions, chosen.calendar) for name in EXCHANGES}
    columns = Columns.empty(len(sessions), len(series) + len(hedges))
    actions: list[tuple[Any, ...]] = []
    findings: list[Finding] = []
    unmended: list[Finding] = []
    unknowns = list(from_bars(chosen.calendar, sessions))
    for i, (raw, instrument) in enumerate(zip(series, known, strict=True)):
        inside = _between(raw, sessions)
        own = sessions[own_days[instrument.exchange][0]]
        cut = bool((raw.sessions < sessions[0]).any())
        faults = check_bars(inside, instrument, calendar=own, cut=cut)
        findings += faults
        good, doubtful = suspend_bad(inside, faults), bad_sessions(faults)
        if "leap" in {fault.kind for fault in faults}:
            unmended += leaps(good, instrument, own, doubtful)
        tax = chosen.dividend_tax_cn if instrument.mainland else chosen.dividend_tax_hk
        compiled = compile_code(
            good, instrument, sessions, own_days[instrument.exchange][0], doubtful, cut=cut
        )
        columns.put(i, compiled)
        if chosen.bad_bars == "suspend" and errors_of(faults):
            _refuse_useless(raw.code, compiled.values["status"], errors_of(faults))
        actions += [(a.row, i, a.ratio, a.cash, a.cash * (1.0 - tax)) for a in compiled.actions]
        guess = raw.source.get(GUESS, "")
        unknowns += [f"{raw.code}: {note}" for note in (guess, *compiled.unknowns) if note]
    for i, future in enumerate(chosen.futures, len(series)):
        front = front_month(future, sessions[-1], chosen.calendar)
        is_open = own_days[future.terms.product.exchange][0]
        compiled, rolls = compile_future(future, front, sessions, is_open)
        columns.put(i, compiled)
        actions += [(row, i, 1.0, short, long) for row, short, long in rolls]
        unknowns += [f"{future.terms.product.code}: {note}" for note in compiled.unknowns]
        series.append(front.bars)
    if chosen.bad_bars == "suspend":
        _refuse_unmended(errors_of(unmended))
    else:
        _refuse(errors_of([finding for finding in findings if finding.code not in chosen.beside]))
    return _assemble(
        series, [*known, *hedges], columns, sessions, own_days, chosen, currency, actions, findings, unknowns
    )


def _assemble(
    series: list[Bars], known: list[Instrument], columns: Columns, sessions: Days, own_days: Mapping[str, Any],
    chosen: PanelOptions, currency: str, actions: list[Any], findings: list[Finding], unknowns: list[str],
) -> Panel:  # fmt: skip
    classes = cost_classes(known)
    free = free_of_charge(classes, chosen.brokerage)
    currencies = tuple(dict.fromkeys(instrument.currency for instrument in known))
    rates = fx.rates(currencies, currency, sessions, path=chosen.fx, max_age_days=chosen.fx_max_age_days)
    table = np.sort(np.array(actions, ACTION), order=["row", "code"])
    return Panel(
        sessions=sessions,
        codes=tuple(raw.code for raw in series),
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
        exchange_open=np.stack([own_days[name][0] for name in EXCHANGES], axis=1),
        sessions_done=np.stack([own_days[name][1] for name in EXCHANGES], axis=1),
        actions=table,
        simulated=any(str(raw.source.get("simulated", "")).lower() == "true" for raw in series),
        provenance=tuple(_provenance(raw) for raw in series),
        warnings=tuple(finding.to_json() for finding in findings),
        unknowns=tuple(dict.fromkeys([*free, *unknowns])),
        universe=chosen.universe,
        beside=tuple(one.code for one in series if one.code in chosen.beside or one.code.endswith(FUTURE)),
        calendar=chosen.calendar,
    )


def _empty_span(first: object, last: object, span: tuple[object, object]) -> str:
    """Why no day lies in the span: two ends that were asked for, or one beyond the bars."""
    if span[1] is None:
        return (
            f"the bars end on {last}, before the start {first}; start earlier, or add later bars to `prices`"
        )
    if span[0] is None:
        return f"the bars begin on {first}, after the end {last}; end later, or add earlier bars to `prices`"
    return f"the span from {first} to {last} is empty; the start must not come after the end"


def _sessions(series: list[Bars], span: tuple[object, object], exchanges: set[str], added: Additions) -> Days:
    held = [bars for bars in series if len(bars)]
    if not held:
        raise DataError("none of the codes has a bar; check the prices folder")
    first = (
        min(dated(bars, bars.sessions.min(), added) for bars in held) if span[0] is None else _as_day(span[0])
    )
    last = (
        max(dated(bars, bars.sessions.max(), added) for bars in held) if span[1] is None else _as_day(span[1])
    )
    if last < first:
        raise DataError(_empty_span(first, last, span))
    sessions = calendars.union_sessions(first, last, exchanges=exchanges, added=added)
    if not len(sessions):
        names = " or ".join(sorted(exchanges))
        raise DataError(f"there is no session of {names} from {first} to {last}; widen the span")
    return sessions


def _as_day(day: object) -> np.datetime64:
    return np.datetime64(str(day)[:10], "D")


def _exchange_sessions(name: str, sessions: Days, added: Additions) -> tuple[Bool, I4]:
    """Which rows are sessions of the exchange, and how many it has had up to each row, rows or not.

    Rows after the last day that is known of an exchange which is not traded here are none of its sessions.
    """
    last = min(sessions[-1], calendars.calendar(name, added).until)
    own = calendars.sessions(name, sessions[0], last, added=added) if sessions[0] <= last else sessions[:0]
    return np.isin(sessions, own), np.searchsorted(own, sessions, side="right").astype(np.int32)


def _tradable(instrument: Instrument) -> Instrument:
    if not instrument.tradable:
        raise DataError(
            f"{instrument.code} is an index level, which nobody can buy; use a fund, or name it as the benchmark"
        )
    return instrument


def _between(bars: Bars, sessions: Days) -> Bars:
    inside = (bars.sessions >= sessions[0]) & (bars.sessions <= sessions[-1])
    return bars if bool(inside.all()) else bars.take(inside)


def _refuse_useless(code: str, status: I1, errors: tuple[Finding, ...]) -> None:
    """A code without one good bar would leave the other side of its launches alone."""
    if not (status == TRADING).any():
        raise DataError(
            f"{code} has no good bar in this span, so that nothing of it could be traded "
            f"(first error: {errors[0]}); repair its file, or leave the code out"
        )


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


def _provenance(bars: Bars) -> dict[str, object]:
    source = dict(bars.source)
    return {
        "code": bars.code,
        "source": str(source.get("provider") or Path(str(source.get("path", "memory"))).name),
        "sha256": str(source.get("sha256", "")),
        "first": str(bars.sessions.min()) if len(bars) else "",
        "last": str(bars.sessions.max()) if len(bars) else "",
        "rows": len(bars),
    }
