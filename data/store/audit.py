"""Every fault of a store or a folder of bars, code by code; second sources are used where the store has them."""

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from ..bars.bars import Bars
from ..bars.checks import Finding, check_bars
from ..bars.findings import finding
from ..bars.reconcile import Agreement, reconcile
from ..calendars.hours import last_final_day
from ..calendars.sessions import calendar
from ..errors import DataError, LaunchlabError
from ..instruments.table import Instrument, Instruments
from .store import Prices, Store, open_prices


def check_prices(
    prices: Prices,
    codes: Sequence[str] | None = None,
    *,
    instruments: Instruments,
    adjusted: frozenset[str] = frozenset(),
) -> Iterator[tuple[str, tuple[Finding, ...]]]:
    """Each code with the findings of its bars (see checks.check_bars), one code at a time; all codes when None.

    Codes declared `adjusted` are not held to ticks and limits. A file that cannot be read and a code that the
    rule book does not know end in a finding of their own.
    """
    opened = open_prices(prices)
    have = opened.codes()
    wanted = tuple(dict.fromkeys(have if codes is None else codes))
    for code in set(wanted) - set(have):
        opened.read(code)  # says what is missing before anything is checked
    for code in wanted:
        bars = None
        try:
            bars = opened.read(code)
            if not len(bars):
                raise DataError(f"{bars.source.get('path', code)} has a heading and no bars")
            second = _second(opened, bars) if isinstance(opened, Store) else None
            yield code, _findings(bars, instruments[code], code not in adjusted, second)
        except LaunchlabError as error:
            first = str(bars.sessions[0]) if bars is not None and len(bars) else "-"
            yield code, (finding(code, first, "not_checked", str(error)),)


def _findings(bars: Bars, instrument: Instrument, raw: bool, second: Bars | None) -> tuple[Finding, ...]:
    sessions = calendar(instrument.exchange).sessions
    found = check_bars(bars, instrument, calendar=sessions, raw=raw, second=second)
    return (*found, *_not_final(bars))


def _not_final(bars: Bars) -> Iterator[Finding]:
    """One finding for all bars after the last day that is over; only here, so that no run rests on a clock."""
    last = last_final_day()
    early = np.sort(bars.sessions[bars.sessions > np.datetime64(last)])
    if len(early):
        span = f"{early[0]}" + f" to {early[-1]} ({len(early)} bars)" * (len(early) > 1)
        yield finding(bars.code, early[0], "not_final", f"{span}: the last day that is over is {last}")


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
