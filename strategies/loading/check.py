"""Is there look-ahead in a strategy? It is asked at every decision, and what changes is named with its line."""

from collections.abc import Callable, Mapping
from typing import Any

from ...data.market.market import Market
from ...engine.backtest.backtest import checked_legs
from ...engine.backtest.every import EveryAuction
from ...engine.backtest.leaks import Checked
from ...engine.backtest.native_every import EveryRow
from ...engine.backtrader.native.plan import NativeStrategy, is_native
from ...engine.config import Config
from ..registry import STRATEGIES
from .backtest import Runnable, strategy_of
from .loading import inner

LISTED = 40  # leaks that are told one by one
REMEMBERS = "what its class or module keeps from one question to the next is not hidden from it; name it as file.py:Class, of a file that can be run twice"
NOTHING = "it decided nothing there, so nothing is known of what it does when it decides; ask it over other sessions or codes"
BLIND = "what a strategy reads by itself, from files, a database or the web, is not hidden from it"


def check_strategy(
    strategy: Runnable,
    market: Market,
    config: Config | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    name: str = "",
    progress: Callable[[int], None] | None = None,
) -> Checked:
    """Ask a strategy about the future at every decision: a backtest asks at some of them, and only says yes or no.

    Strategies of legs are asked at the opens (and closes, where they trade at some) of all rows, on the market cut off
    there and on one that goes on with other numbers; subclasses of backtrader.Strategy at every row. `strategy` and
    `settings` are as for `backtest`, `name` what it is called in the answer; `progress` is called with the rows or auctions done. ConfigError where the strategy
    makes no sense or is not the same twice.

    >>> market = load_market(start="2026-01-02", end="2026-02-27")
    >>> check_strategy("buy-launch", market).clean
    True
    """
    config = config or Config()
    runnable = strategy_of(strategy, settings)
    if isinstance(runnable, type) and is_native(runnable):
        runnable = NativeStrategy(runnable)
    timed = market.launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    step = progress or (lambda done: None)
    panel, remembers = market.panel, False
    if isinstance(runnable, NativeStrategy):
        rows = EveryRow(runnable, timed, panel.without_members(), config)
        leaks, asked = rows.ask(step), rows.asked
        decisions, own = rows.decisions, runnable.cls.__name__
    else:
        legs = checked_legs(runnable.legs(timed, panel), panel, len(timed))
        auctions = EveryAuction(runnable, timed, panel, legs)
        leaks, asked = auctions.ask(step), auctions.asked
        remembers = auctions.unasked.remembers and type(inner(runnable)) not in STRATEGIES.values()
        decisions, own = len(legs), type(inner(runnable)).__name__
    return Checked(
        strategy=name or (strategy if isinstance(strategy, str) else own),
        start=str(panel.sessions[0]),
        end=str(panel.sessions[-1]),
        asked=asked,
        decisions=decisions,
        leaks=tuple(leaks[:LISTED]),
        more=max(len(leaks) - LISTED, 0),
        notes=(
            BLIND,
            *((REMEMBERS,) if remembers else ()),
            *(() if decisions else (NOTHING,)),
            *_undated(market),
        ),
    )


def _undated(market: Market) -> tuple[str, ...]:
    """How many links of codes to launches say no day since which they are public: nobody can ask about those."""
    links = [one for launch in market.launches for one in launch.codes if not one.launches]
    undated = sum(one.since is None for one in links)
    if not undated:
        return ()
    return (
        f"{undated:,} of {len(links):,} links of other codes to launches have no day since which they are public, and count "
        "as known; write it as CODE:role:DAY in the ledger",
    )
