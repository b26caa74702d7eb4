"""A market from a plan: the ledger, the panel of its codes that have bars, and the benchmark on the panel's rows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import click
import numpy as np

from ..data.bars.bars import Bars, file_codes
from ..data.errors import DataError, LaunchlabError, RuleError, did_you_mean
from ..data.instruments.table import Instrument, Instruments, load_instruments
from ..data.ledger.ledger import Launches, load_launches
from ..data.panel import fx
from ..data.panel.benchmark import benchmark_returns, parse_benchmark
from ..data.panel.build import SAMPLE, PanelOptions, load_panel
from ..data.panel.panel import TRADING, Panel
from ..data.panel.reach import first_rows
from ..data.rules.costs import Brokerage
from ..data.store.joined import iter_instruments
from ..data.store.store import Store, is_store
from ..engine.backtest.backtest import Benchmark
from .options import warn

if TYPE_CHECKING:
    from .plan import Market

# Tried in this order when none is asked for: a Hang Seng Tech fund, then indexes.
USUAL_BENCHMARKS = ("3033.HK", "^HSI", "513180.SS", "000300.SS")
NO_BENCHMARK = "none"
MOST_NAMED = 12
MANY_IDLE = 20  # sessions at either end of a panel without any bar: a warning


@dataclass(frozen=True)
class Loaded:
    """Everything a command needs of the market, and what had to be left out, in sentences."""

    launches: Launches
    panel: Panel
    benchmark: Benchmark | None
    warnings: tuple[str, ...]
    outside: Mapping[str, Bars]


class Source(NamedTuple):
    """Where bars are, and the codes that it has."""

    path: Path
    codes: tuple[str, ...]

    def __str__(self) -> str:
        return "the sample market" if self.path == SAMPLE else str(self.path)

    def has(self, instrument: Instrument) -> bool:
        """Whether there are bars under the code, an earlier one, or the name of an index without its caret."""
        names = (instrument.code, instrument.code.removeprefix("^"), *instrument.aliases)
        return any(name in self.codes for name in names)


def load_market(market: "Market", brokerage: Brokerage | None = None, *, extra: Sequence[str] = ()) -> Loaded:
    """The ledger and its panel, as the plan asks; bars of `extra` codes that no launch concerns come beside it.

    Codes of the ledger without bars are left out and named in a warning; DataError when none is left.
    """
    book = load_instruments(*([Path(market.instruments)] if market.instruments else []))
    launches = load_launches(market.launches, book)
    source = find_bars(market.prices)
    codes, warnings = _with_bars(launches, source, book)
    others = [book[code] for code in extra]
    _refuse_missing(others, source)
    panel = load_panel(
        codes,
        market.start,
        market.end,
        currency=market.currency,
        prices=source.path,
        options=PanelOptions(
            instruments=book,
            brokerage=brokerage or Brokerage(),
            bad_bars=market.bad_bars,
            fx=Path(market.fx) if market.fx else None,
        ),
    )
    benchmark, doubt = _benchmark(market, source, book, panel)
    beside = [one for one in others if one.code not in panel]
    outside = {one.code: one for one in iter_instruments(source.path, beside)}
    warnings += without_bars(panel) + left_outside(launches, panel) + idle_ends(panel)
    return Loaded(launches, panel, benchmark, (*warnings, *doubt), outside)


def named_codes(source: Source, book: Instruments) -> tuple[list[str], tuple[str, ...]]:
    """Names of a source's files that are codes, and a sentence about each that is none; DataError when none is left."""
    found: list[str] = []
    warnings: list[str] = []
    for name in source.codes:
        try:
            book[name]
        except RuleError as error:
            warnings.append(f"the file {name!r} in {source.path} is left out: {error}")
        else:
            found.append(name)
    if not found:
        raise DataError(
            f"no file in {source} is named after a code, only {_named(source.codes)}; name them as 0700.HK.csv"
        )
    return found, tuple(warnings)


def find_bars(prices: str | None) -> Source:
    """The source of bars and the codes it has; a path that holds none is a DataError."""
    path = SAMPLE if prices is None else Path(prices)
    if not path.exists():
        raise DataError(f"{path}: there is no such file or folder of bars; check --prices")
    codes = Store(path).codes() if is_store(path) else file_codes(path)
    if not codes:
        raise DataError(f"{path} holds no bars; it must hold files named CODE.csv or CODE.parquet")
    return Source(path, codes)


def _with_bars(launches: Launches, source: Source, book: Instruments) -> tuple[list[str], tuple[str, ...]]:
    """Codes of the ledger that have bars, and a sentence about those that have none."""
    where = f"the ledger {launches.path}".rstrip()
    if not len(launches):
        raise DataError(f"{where} has no launches; add rows to it")
    if not launches.codes:
        raise DataError(f"no launch of {where} concerns a listed code; fill the column codes")
    found = [code for code in launches.codes if source.has(book[code])]
    missing = [code for code in launches.codes if code not in found]
    if not found:
        what = f"{source} has no bars of any code of the ledger: {_named(missing)}"
        if source.path == SAMPLE:
            raise DataError(f"{what}; give bars of your own with --prices")
        raise DataError(
            f"{what}{did_you_mean(missing[0], source.codes)}; add their files or give other --prices"
        )
    if not missing:
        return found, ()
    told = f"{len(missing)} of {len(launches.codes)} codes are not traded"
    return found, (f"no bars of {_named(missing)}: {told}",)


def _named(codes: Sequence[str]) -> str:
    more = f" and {len(codes) - MOST_NAMED} more" if len(codes) > MOST_NAMED else ""
    return ", ".join(codes[:MOST_NAMED]) + more


def _refuse_missing(instruments: Sequence[Instrument], source: Source) -> None:
    absent = [one.code for one in instruments if not source.has(one)]
    if absent and source.path == SAMPLE:
        usual = " or ".join(code for code in USUAL_BENCHMARKS if code in source.codes)
        raise DataError(
            f"{source} has no bars of {absent[0]}; take {usual} as the benchmark, another of its codes "
            f"({_named(source.codes)}), or bars of your own with --prices"
        )
    if absent:
        raise DataError(
            f"{source} has no bars of {absent[0]}{did_you_mean(absent[0], source.codes)}; "
            "add its file, or choose another code"
        )


def _benchmark(
    market: "Market", source: Source, book: Instruments, panel: Panel
) -> tuple[Benchmark | None, tuple[str, ...]]:
    """The benchmark asked for, else the first usual one that covers the span; an error only if it was asked for."""
    if market.benchmark is not None:
        if market.benchmark.strip().lower() in ("", NO_BENCHMARK):
            return None, ()
        return _returns(market.benchmark, source, book, panel, market.fx), ()
    refused: list[str] = []
    for name in (one for one in USUAL_BENCHMARKS if source.has(book[one])):
        try:
            return _returns(name, source, book, panel, market.fx), ()
        except LaunchlabError as error:
            refused.append(f"no benchmark: {error}")
    return None, tuple(refused[:1])


def _returns(text: str, source: Source, book: Instruments, panel: Panel, rates: str | None) -> Benchmark:
    spec = tuple((weight, book[code].code) for weight, code in parse_benchmark(text))
    members = [book[code] for _, code in spec]
    _refuse_missing(members, source)
    bars: dict[str, Bars] = {one.code: one for one in iter_instruments(source.path, members)}
    currencies = tuple(dict.fromkeys(one.currency for one in members))
    table = fx.rates(currencies, panel.currency, panel.sessions, path=Path(rates) if rates else None)
    by_code = {code: table[:, currencies.index(book[code].currency)] for _, code in spec}
    return Benchmark(text.strip(), benchmark_returns(spec, bars, by_code, panel.sessions))


def left_outside(launches: Launches, panel: Panel) -> tuple[str, ...]:
    """A sentence naming the launches that no session of the panel can answer; none for the shipped ledger.

    A launch answered at the panel's first session counts: nothing is known before it to size an order with.
    """
    if not launches.path:
        return ()
    rows = first_rows(launches, panel, "open")
    missed: list[str] = []
    for k, launch in enumerate(launches):
        columns = [panel.column(one.code) for one in launch.codes if one.code in panel]
        reached = [rows[k, panel.exchange_of[i]] for i in columns]
        if reached and not any(0 < row < len(panel) for row in reached):
            missed.append(launch.id)
    if not missed:
        return ()
    told = f"{len(missed)} of {len(launches)} launches cannot be traded from {panel.sessions[0]} to {panel.sessions[-1]}"
    return (f"{told}, which needs a session before and one after the news: {_named(missed)}",)


def without_bars(panel: Panel) -> tuple[str, ...]:
    """A sentence naming the codes whose files have no bar within the panel."""
    traded = (panel.status == TRADING).any(axis=0)
    idle = [code for code, some in zip(panel.codes, traded, strict=True) if not some]
    if not idle:
        return ()
    span = f"from {panel.sessions[0]} to {panel.sessions[-1]}"
    return (f"no bars of {_named(idle)} {span}: {len(idle)} of {len(panel.codes)} codes are not traded",)


def idle_ends(panel: Panel) -> tuple[str, ...]:
    """Sentences about long spans before the first bar and after the last, which thin out every yearly figure."""
    traded = np.flatnonzero((panel.status == TRADING).any(axis=1))
    if not len(traded):
        return ()
    days, first, last = panel.sessions, int(traded[0]), int(traded[-1])
    idle = "cash that waits there thins out every yearly figure"
    said = []
    if first >= MANY_IDLE:
        said.append(
            f"no code has a bar in the first {first:,} sessions; {idle}, so take --start {days[first]}"
        )
    if len(panel) - 1 - last >= MANY_IDLE:
        said.append(
            f"no code has a bar in the last {len(panel) - 1 - last:,} sessions; {idle}, so take --end {days[last]}"
        )
    return tuple(said)


def say(loaded: Loaded, *, labelled: bool = False) -> None:
    """Tell on stderr what was left out, and that prices are simulated unless stdout says so itself (`labelled`)."""
    for sentence in loaded.warnings:
        warn(sentence)
    if loaded.panel.simulated and not labelled:
        click.echo("launchlab: SIMULATED prices: nothing here happened on a market", err=True)
