"""The orders of the next session, for a strategy and the book that it holds."""

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ...data.calendars.hours import CHINA_TIME
from ...data.dated import to_day
from ...data.errors import ConfigError, DataError
from ...data.instruments.table import to_instruments
from ...data.ledger.ledger import reach
from ...data.market.market import Market
from ...engine.backtrader.native.plan import NativeStrategy, is_native
from ...engine.config import Config
from ...engine.orders.holdings import read_holdings
from ...engine.orders.next_session import held_at, planned_orders, waiting_for
from ...engine.orders.order import Orders
from .backtest import Runnable, strategy_of
from .loading import inner

if TYPE_CHECKING:
    import pandas as pd

PAIRED = "shorts that are paired with longs are sized as if those were filled whole"
EX_DATES = "a corporate action that goes ex on the session is not known and would change sizes and limits"


def orders(
    strategy: Runnable,
    market: Market,
    config: Config | None = None,
    *,
    on: object = None,
    settings: Mapping[str, Any] | None = None,
    holdings: "Path | str | pd.DataFrame | None" = None,
) -> Orders:
    """What to send for the session after `on` (default: after the last bar), from the ledger and the book held then.

    The book is that of a run over the market until then, or `holdings`: what the account really holds at that close, a
    CSV or frame with code, signed shares and, where known, launch and price paid, and a row `cash` in base money. Orders are those which the run that knows the session sends,
    filled or refused; one that depends on the open or the session says so. `strategy` and `settings` are as for
    `backtest`, of legs: a backtrader.Strategy sends its orders as it goes. ConfigError or DataError for a day or a
    strategy that cannot be; CalendarError where the next session is not known.

    >>> market = load_market(start="2026-01-02", end="2026-02-11")
    >>> told = orders("long-short", market)
    >>> told.session, len(told.orders) > 0
    ('2026-02-12', True)
    """
    config = config or Config()
    runnable = strategy_of(strategy, settings)
    if isinstance(runnable, NativeStrategy) or (isinstance(runnable, type) and is_native(runnable)):
        raise ConfigError(
            "a backtrader.Strategy sends its orders as it goes, and has none beforehand; use a strategy of legs"
        )
    panel = _until(market, on)
    launches = market.launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    held = None if holdings is None else read_holdings(holdings, panel.codes)
    desk, planned, taken = planned_orders(runnable, launches, panel, config, market.brokerage, held)
    book = to_instruments(market.request.instruments)
    day = desk.panel.sessions[-1].astype(object)
    told = (
        launches
        if on is None
        else launches.as_of(datetime.combine(day + timedelta(days=1), time(), CHINA_TIME))
    )
    reached = reach(told, book, calendar=panel.calendar)
    notes = (EX_DATES, *((PAIRED,) if config.pairing == "matched" else ()), *taken.notes)
    return Orders(
        strategy=strategy if isinstance(strategy, str) else type(inner(runnable)).__name__,
        known=str(panel.sessions[-1]),
        session=str(desk.panel.sessions[-1]),
        currency=panel.currency,
        cash=float(desk.money["cash"][len(panel) - 1]),
        nav=desk.nav,
        simulated=panel.simulated,
        orders=planned,
        waiting=waiting_for(told, desk.panel, reached),
        held=held_at(desk, launches, taken.strays),
        notes=notes,
    )


def _until(market: Market, on: object) -> Any:
    """The panel up to the last session on or before a day."""
    panel = market.panel
    if on is None:
        return panel
    day = np.datetime64(to_day(on, "on"), "D")
    if not panel.sessions[0] < day <= panel.sessions[-1]:
        raise DataError(
            f"`on` {day} lies outside the bars, {panel.sessions[0]} to {panel.sessions[-1]}; name a day of theirs after the first"
        )
    return panel.until(int(np.searchsorted(panel.sessions, day, side="right")) - 1)
