"""What a run owes to the clocks of its launches: a strategy by its name or as it is, over a market."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from ...data.ledger.certainty import UNBOUNDED_DAYS
from ...data.market.market import Market
from ...engine.backtest import clocks
from ...engine.backtest.clocks import DRAWS, SEED, Told
from ...engine.config import Config
from ...engine.results.clocks import Clocks
from ...engine.results.result import Result
from .loading import build_strategy


def clock_bracket(
    strategy: Any,
    market: Market,
    config: Config | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    draws: int = DRAWS,
    seed: int = SEED,
    unbounded_days: float = UNBOUNDED_DAYS,
    on_progress: Told = lambda done, total: None,
) -> Clocks:
    """The bracket of a run over what its launches' clocks leave open: all earliest, all latest, the worst, and a bootstrap.

    `strategy` is one, or a name with its `settings`. Where nothing bounds a launch from below it is taken to have been public
    at most `unbounded_days` before its latest instant. ConfigError for a strategy of backtrader's.

    >>> market = load_market(start="2025-07-02", end="2025-09-30")
    >>> clocks = clock_bracket("long-short", market, draws=5)
    >>> clocks.left_open <= clocks.traded, clocks.worst <= clocks.latest, len(clocks.draws)
    (True, True, 5)
    """
    chosen = build_strategy(strategy, settings) if isinstance(strategy, str) else strategy
    return clocks.clock_bracket(
        chosen,
        market.launches,
        market.panel,
        config,
        draws=draws,
        seed=seed,
        unbounded_days=unbounded_days,
        on_progress=on_progress,
    )


def with_clocks(result: Result, bracket: Clocks) -> Result:
    """The same run, its summary with the bracket, for its page."""
    return replace(result, summary=replace(result.summary, clocks=bracket))
