"""A study of a market, or of a ledger with its panel."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import overload

from ...data.bars.bars import Bars
from ...data.errors import ConfigError, LaunchlabError
from ...data.ledger.launch import Launches
from ...data.market.market import Market, bars_beside, load_market
from ...data.panel.panel import Panel
from .findings import Study
from .minute_paths import FEWEST, minute_paths
from .options import StudyOptions
from .sensitivity import full_study
from .study import NO_BARS
from .study import study as quick_study

# Calendar days for a session, and the longest holidays: enough days to hold an estimation window.
DAYS_A_SESSION, HOLIDAYS = 2, 14


@overload
def study(launches: Market, options: StudyOptions | None = None, /, *, clock: bool = True) -> Study: ...


@overload
def study(
    launches: Launches,
    panel: Panel,
    options: StudyOptions | None = None,
    *,
    outside: Mapping[str, Bars] = NO_BARS,
    clock: bool = True,
) -> Study: ...


def study(
    launches: Market | Launches,
    panel: Panel | StudyOptions | None = None,
    options: StudyOptions | None = None,
    *,
    outside: Mapping[str, Bars] = NO_BARS,
    clock: bool = True,
) -> Study:
    """Abnormal returns around the launches, tested, and how much of them could be captured.

    A Market stands alone before the options; launches stand with their panel, and with bars `outside` it of codes that
    the options name. Of a Market that begins on a `start`, bars before it are read for estimation. `clock`: also under other clocks (day 0 a session earlier and later, bare dates early and late).

    >>> market = load_market(start="2025-07-02", end="2026-03-31")
    >>> found = study(market, StudyOptions(estimation=(-60, -11), draws=99), clock=False)
    >>> sorted(found.windows) == sorted(StudyOptions().windows)
    True
    """
    measure = full_study if clock else quick_study
    if isinstance(launches, Market):
        chosen = options or (panel if isinstance(panel, StudyOptions) else None) or StudyOptions()
        market, chosen, doubt = _with_lead(launches, chosen)
        beside = {**_beside(market, chosen.factors), **market.outside}
        found = measure(market.launches, market.panel, chosen, outside=beside)
        found = _by_the_minute(found, market.launches, market.panel)
        return replace(found, warnings=(*doubt, *found.warnings))
    if not isinstance(panel, Panel):
        raise ConfigError(
            "a study needs a Market, or launches and their panel; `load_market()` gives the first"
        )
    return _by_the_minute(
        measure(launches, panel, options or StudyOptions(), outside=outside), launches, panel
    )


def _by_the_minute(found: Study, launches: Launches, panel: Panel) -> Study:
    """The study with its paths in minutes, where the panel has minute bars; a sentence where they tell of too few events."""
    if not len(panel.minutes):
        return found
    paths = minute_paths(found.events, launches, panel)
    if paths:
        return replace(found, minutes=paths)
    few = f"minute bars cover fewer than {FEWEST} of the events, on the sessions in which their news could first be traded"
    return replace(found, warnings=(*found.warnings, few))


def _with_lead(market: Market, options: StudyOptions) -> tuple[Market, StudyOptions, tuple[str, ...]]:
    """The market with bars before its `start`, as far back as an estimation window reaches; a sentence where it has none."""
    start = market.request.start
    if not start or options.since or (market.request.prices is None and not market.panel.simulated):
        return market, options, ()
    early = date.fromisoformat(start) - timedelta(days=options.lead * DAYS_A_SESSION + HOLIDAYS)
    asked = replace(market.request, start=str(early), benchmark="none")
    try:
        longer = load_market(asked, brokerage=market.brokerage)
    except LaunchlabError as error:
        why = str(error).splitlines()[0].rstrip(":")
        return market, options, (f"bars before {start} are not read for estimation: {why}",)
    return replace(market, panel=longer.panel), replace(options, since=start), ()


def _beside(market: Market, codes: Sequence[str]) -> Mapping[str, Bars]:
    """Bars of codes that the market does not hold yet."""
    if market.request.prices is None and not market.panel.simulated:
        return {}  # put together by hand, of bars that only its maker has
    missing = [code for code in codes if code not in market.outside and code not in market.panel]
    return bars_beside(market.request, missing)
