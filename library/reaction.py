"""What each minute between the news and the order costs, of a strategy over a market or of a saved run."""

from collections.abc import Mapping, Sequence
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from ..data.errors import ConfigError
from ..data.market.market import Market, load_market
from ..data.market.request import MarketRequest
from ..data.rules.brokerage import brokerage_from
from ..engine.backtest import reaction as engine
from ..engine.backtest.reaction import DELAYS, Reaction, Told
from ..engine.config import Config, config_from
from ..engine.results.summary import RunSummary, read_summary
from ..strategies.loading.backtest import strategy_of

CLOSE_ENOUGH = 1e-9


def reaction(
    strategy: Any,
    market: Market,
    config: Config | None = None,
    *,
    settings: Mapping[str, Any] | None = None,
    delays: Sequence[int] = DELAYS,
    on_progress: Told = lambda done, total: None,
) -> Reaction:
    """One run for each of the `delays` in minutes from the news to the order, alike in everything else.

    `strategy` is one that gives legs, or a name with its `settings`; `entry=now` and minute bars make the difference of minutes.
    `on_progress` is told how many are done, and of how many. ConfigError for a strategy of backtrader's.

    >>> market = load_market(start="2026-02-02", end="2026-02-27", minutes="sample")
    >>> found = reaction("buy-launch", market, settings={"entry": "now"}, delays=(1, 30))
    >>> found.table["minutes"].tolist(), len(found.moved) <= len(found.launches)
    ([1, 30], True)
    """
    chosen = strategy_of(strategy, settings)
    found = engine.reaction(chosen, market.launches, market.panel, config or Config(), delays, on_progress)
    return replace(found, warnings=(*market.warnings, *found.warnings))


def reaction_of(
    folder: Path | str, *, delays: Sequence[int] = DELAYS, on_progress: Told = lambda done, total: None
) -> Reaction:
    """The same for the run of a folder, with what it was asked with. A warning says where its inputs have changed since.

    ConfigError for a run that was given tables in Python or a strategy of backtrader's, DataError where files are gone.
    """
    summary = read_summary(Path(folder))
    if not isinstance(summary, RunSummary):
        raise ConfigError(f"{folder} is the folder of a {summary.kind}; name that of a run")
    inputs = summary.inputs
    if inputs is None or inputs.analyzers:
        raise ConfigError(
            f"{folder} does not say what its market was asked with, or runs a backtrader strategy; call `ll.reaction` with both"
        )
    asked = {one.name: getattr(inputs, one.name) for one in fields(MarketRequest)}
    given = {name: value for name, value in asked.items() if value is not None}
    market = load_market(brokerage=brokerage_from(dict(inputs.brokerage or {})), **given)
    config = config_from(dict(summary.config))
    own = int(config.reaction_minutes)
    whole = own == config.reaction_minutes
    found = reaction(
        summary.strategy,
        market,
        config,
        settings=summary.parameters,
        delays=(*delays, own) if whole else delays,
        on_progress=on_progress,
    )
    if not whole:
        return found
    now = found.total_return[found.minutes.index(own)]
    before = summary.metrics["total_return"]
    if before is None or abs(now - before) <= CLOSE_ENOUGH:
        return found
    changed = (
        f"{folder} had another total return with {own} minutes: its files, or the program, have changed since"
    )
    return replace(found, warnings=(changed, *found.warnings))
