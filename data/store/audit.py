"""Every fault of a store or a folder of bars, code by code; second sources are used where the store has them."""

from collections.abc import Iterator, Sequence
from itertools import combinations
from pathlib import Path

from ..bars.bars import Bars
from ..bars.checks import Finding, check_bars
from ..bars.reconcile import Agreement, reconcile
from ..calendars.sessions import calendar
from ..instruments.table import Instruments
from .store import Prices, Store, is_store, iter_prices


def check_prices(
    prices: Prices,
    codes: Sequence[str] | None = None,
    *,
    instruments: Instruments,
    adjusted: frozenset[str] = frozenset(),
) -> Iterator[tuple[Bars, tuple[Finding, ...]]]:
    """The bars of each code with their findings (see checks.check_bars), one code at a time; all codes when None.

    Codes declared `adjusted` are not held to ticks and limits.
    """
    store = prices if isinstance(prices, Store) else _store(prices)
    for bars in iter_prices(prices, codes):
        instrument = instruments[bars.code]
        findings = check_bars(
            bars,
            instrument,
            calendar=calendar(instrument.exchange).sessions,
            raw=bars.code not in adjusted,
            second=_second(store, bars) if store else None,
        )
        yield bars, findings


def _store(prices: Prices) -> Store | None:
    return Store(prices) if isinstance(prices, Path) and is_store(prices) else None


def agreements(
    store: Store, codes: Sequence[str] | None = None, *, instruments: Instruments
) -> Iterator[Agreement]:
    """How the sources of each code agree, pair by pair, and which one wins; codes with one source give nothing."""
    for code in codes or store.codes():
        manifest = store.manifest(code)
        names = sorted({one.provider for one in manifest.revisions}) if manifest else []
        for first, second in combinations(names, 2):
            yield reconcile(store.read(code, first), store.read(code, second), instruments[code])


def _second(store: Store, bars: Bars) -> Bars | None:
    """The same code from another provider, when the store has one."""
    manifest = store.manifest(bars.code)
    mine = bars.source.get("provider")
    others = sorted({one.provider for one in manifest.revisions} - {mine}) if manifest else []
    return store.read(bars.code, others[0]) if others else None
