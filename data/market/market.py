"""A market from a request: the ledger, the panel of its codes that have bars, and the benchmark on the panel's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np

from ..bars.bars import Bars
from ..calendars.overrides import to_additions
from ..errors import DataError, LaunchlabError, did_you_mean
from ..instruments.table import Instruments, to_instruments
from ..instruments.typed import typed
from ..ledger.launch import Launches
from ..ledger.ledger import load_launches
from ..panel import fx
from ..panel.benchmark import Benchmark, benchmark_returns, parse_benchmark
from ..panel.beyond import from_bars
from ..panel.build import PanelOptions, load_panel
from ..panel.panel import Panel
from ..rules.brokerage import Brokerage
from ..shown import Shown, Told, counted, first_of, some, span
from ..store.joined import iter_instruments
from ..store.known import with_facts
from ..store.rates import rates_path
from ..store.store import Store
from ..universe.table import load_universe
from .beside import with_minutes
from .contracts import find_futures
from .doubts import idle_ends, left_outside, shorter_benchmarks, without_bars
from .request import MarketRequest, market_request
from .source import USUAL_BENCHMARKS, Source, few, find_bars, refuse_missing

NO_BENCHMARK = "none"


@dataclass(frozen=True, repr=False)
class Market(Shown):
    """The launches, the panel of their codes, what they are compared with, and what had to be left out, in sentences.

    `benchmark` is None where none was asked for or none has bars. `outside` holds the bars of codes that stand beside
    the panel, as the factors of a study. `request` is what was asked for, `brokerage` what the panel's broker charges.
    """

    launches: Launches
    panel: Panel
    benchmark: Benchmark | None = None
    warnings: tuple[str, ...] = ()
    outside: Mapping[str, Bars] = field(default_factory=dict)
    request: MarketRequest = field(default_factory=MarketRequest)
    brokerage: Brokerage = field(default_factory=Brokerage)

    def _told(self) -> Told:
        facts = {
            "sessions": span(self.panel.sessions),
            "codes": f"{len(self.panel.codes):,}: {some(self.panel.codes)}",
            "launches": f"{len(self.launches):,}",
            "currency": self.panel.currency,
            "benchmark": self.benchmark.name if self.benchmark else "none",
            "beside the panel": some(tuple(self.outside)),
            "warnings": first_of(self.warnings),
        }
        title = f"Market: {counted(len(self.launches), 'launch', 'launches')}, {counted(len(self.panel.codes), 'code')}"
        return Told(title, facts, ("warnings",), [(each,) for each in self.warnings], self.panel.simulated)


def load_market(
    request: MarketRequest | None = None,
    *,
    brokerage: Brokerage | None = None,
    beside: Sequence[str] = (),
    **asked: Any,
) -> Market:
    """The ledger and its panel, as `request` or its fields by name ask; bars of codes `beside` it that no launch concerns.

    Codes of the ledger without bars are left out and named in a warning; DataError when none is left. Members of the
    universe that have bars stand in the panel as well, and decide neither its span nor whether it loads. Codes that were
    asked for stand there alone and must have bars; the ledger then need not concern any.

    >>> market = load_market(start="2025-07-02", end="2025-09-30")
    >>> market.benchmark.name, market.panel.simulated
    ('3033.HK', True)
    """
    wanted = market_request({**vars(request or MarketRequest()), **asked})
    source = find_bars(wanted.prices)
    own = to_instruments(wanted.instruments)
    if isinstance(source.prices, Store):
        own = with_facts(own, source.prices)
    launches = load_launches(wanted.launches, own, ledger_tz=wanted.ledger_tz).in_force()
    book = typed(launches.written, own).book
    universe = load_universe(wanted.universe, book)
    if wanted.links == "known":
        launches, universe = launches.known_links(), universe.known()
    named = typed(wanted.codes.split(","), book) if wanted.codes else None
    futures, unheld = find_futures(wanted.futures, source) if wanted.futures else ((), ())
    book = book.with_rows(future.instrument for future in futures)
    if named:
        book = named.book.with_rows(future.instrument for future in futures)
        universe = load_universe("none", book)
        codes, missing = _asked_for(named.codes, source, book)
    else:
        codes, missing = _with_bars(launches, source, book, universe.codes)
    options = PanelOptions(
        instruments=book,
        brokerage=brokerage or Brokerage(),
        bad_bars=wanted.bad_bars,
        fx=_rates(wanted, source),
        universe=universe,
        calendar=to_additions(wanted.calendar),
        futures=futures,
    )
    panel, apart = _panel(codes, wanted, source, options)
    panel = with_minutes(panel, launches, wanted)
    benchmark, doubt = _benchmark(wanted, panel, source, book)
    outside = bars_beside(wanted, [code for code in beside if book[code].code not in panel])
    read = (*own.notes, *launches.notes, *(named.notes if named else ()), *typed(beside, book).notes)
    warnings = (
        *read,
        *from_bars(panel.calendar, panel.sessions),
        *missing,
        *unheld,
        *apart,
        *without_bars(panel),
        *left_outside(launches, panel),
        *idle_ends(panel),
        *doubt,
    )
    return Market(launches, panel, benchmark, warnings, outside, wanted, options.brokerage)


def bars_beside(request: MarketRequest, codes: Sequence[str]) -> dict[str, Bars]:
    """Bars by code of codes that no launch concerns, from where the market's are; DataError for one without bars."""
    if not codes:
        return {}
    book, source = to_instruments(request.instruments), find_bars(request.prices)
    named = [book[code] for code in codes]
    refuse_missing(named, source)
    return {bars.code: bars for bars in iter_instruments(source.prices, named)}


def _rates(request: MarketRequest, source: Source) -> Path | None:
    """The file of rates asked for, else the store's; None for the table that ships."""
    if request.fx:
        return Path(request.fx)
    return rates_path(source.prices) if isinstance(source.prices, Store) else None


def _asked_for(codes: Sequence[str], source: Source, book: Instruments) -> tuple[list[str], tuple[str, ...]]:
    """The codes in their order; DataError for one without bars."""
    refuse_missing([book[code] for code in codes], source)
    return list(codes), ()


def _panel(
    codes: Sequence[str], wanted: MarketRequest, source: Source, options: PanelOptions
) -> tuple[Panel, tuple[str, ...]]:
    """The panel of the codes and of the members of the universe with bars; without those where they cannot be loaded."""
    book = options.instruments
    beside = [code for code in options.universe.codes if code not in codes and source.has(book[code])]

    def load(members: Sequence[str]) -> Panel:
        chosen = replace(options, beside=frozenset(members))
        both, span = [*codes, *members], (wanted.start, wanted.end)
        return load_panel(both, *span, currency=wanted.currency, prices=source.prices, options=chosen)

    try:
        return load(beside), ()
    except LaunchlabError as error:
        if not beside:
            raise
        panel = load([])  # a fault of the codes themselves is raised here
        return panel, (f"no basket of the universe: {len(beside)} members are left out, since {error}",)


def _with_bars(
    launches: Launches, source: Source, book: Instruments, members: Sequence[str]
) -> tuple[list[str], tuple[str, ...]]:
    """Codes of the ledger that have bars, and a sentence about those that have none.

    A ledger may concern no code at all where `members` of the universe have bars to be traded in their place.
    """
    where = f"the ledger {launches.path}".rstrip()
    if not len(launches):
        raise DataError(f"{where} has no launches; add rows to it")
    if not launches.codes:
        if any(source.has(book[code]) for code in members):
            return [], ()
        raise DataError(f"no launch of {where} concerns a listed code; fill the column codes")
    present = [code for code in launches.codes if source.has(book[code])]
    missing = [code for code in launches.codes if code not in present]
    if not present:
        _refuse_all(missing, source)
    if not missing:
        return present, ()
    told = f"{len(missing)} of {len(launches.codes)} codes are not traded"
    return present, (f"no bars of {few(missing)}: {told}",)


def _refuse_all(missing: Sequence[str], source: Source) -> None:
    what = f"{source} has no bars of any code of the ledger: {few(missing)}"
    if source.is_sample:
        raise DataError(f"{what}; give bars of your own with `prices`")
    raise DataError(f"{what}{did_you_mean(missing[0], source.codes)}; add their files or give other `prices`")


def _benchmark(
    request: MarketRequest, panel: Panel, source: Source, book: Instruments
) -> tuple[Benchmark | None, tuple[str, ...]]:
    """The first benchmark of the list asked for, or of the usual ones, that covers the span; else the one that covers most.

    And a sentence where it does not cover all, or is not the first. An error only where none of those asked for can be
    had.
    """
    asked = request.benchmark
    if asked is not None and asked.strip().lower() in ("", NO_BENCHMARK):
        return None, ()
    rates = _rates(request, source)
    notes: tuple[str, ...] = ()
    names = [name for name in USUAL_BENCHMARKS if source.has(book[name])]
    if asked is not None:
        names = [name.strip() for name in asked.split(",") if name.strip()]
        codes = dict.fromkeys(code for name in names for _, code in parse_benchmark(name))
        members = typed(list(codes), book)
        book, notes = members.book, members.notes
    partial: list[Benchmark] = []
    refused: list[LaunchlabError] = []
    for name in names:
        try:
            benchmark = _returns(name, panel, source, book, rates)
        except LaunchlabError as error:
            refused.append(error)
            continue
        partial.append(benchmark)
        if benchmark.is_whole:
            break
    if partial:
        best = max(partial, key=lambda benchmark: int(np.isfinite(benchmark.returns).sum()))
        return best, (*notes, *shorter_benchmarks(panel, best, partial))
    if asked is not None and refused:
        raise refused[0]
    return None, tuple(f"no benchmark: {error}" for error in refused[:1])


def _returns(text: str, panel: Panel, source: Source, book: Instruments, rates: Path | None) -> Benchmark:
    spec = tuple((weight, book[code].code) for weight, code in parse_benchmark(text))
    members = [book[code] for _, code in spec]
    refuse_missing(members, source)
    bars: dict[str, Bars] = {one.code: one for one in iter_instruments(source.prices, members)}
    currencies = tuple(dict.fromkeys(one.currency for one in members))
    table = fx.rates(currencies, panel.currency, panel.sessions, path=rates)
    by_code = {code: table[:, currencies.index(book[code].currency)] for _, code in spec}
    return Benchmark(text.strip(), benchmark_returns(spec, bars, by_code, panel.sessions))
