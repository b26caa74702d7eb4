"""A backtest of a strategy, by its name or as it is, over a market or a ledger with its panel."""

from collections.abc import Mapping
from dataclasses import is_dataclass, replace
from pathlib import Path
from typing import Any, overload

from ...data.errors import ConfigError
from ...data.ledger.launch import Launches
from ...data.market.market import Market
from ...data.market.request import MarketRequest
from ...data.panel.panel import Panel
from ...engine.backtest.backtest import RunOptions, Strategy
from ...engine.backtest.backtest import backtest as run_backtest
from ...engine.backtest.verify import confirm
from ...engine.backtest.without_effect import WITHOUT_EFFECT, warned
from ...engine.backtrader.native.plan import NativeStrategy
from ...engine.config import Config
from ...engine.results.result import Result
from ...engine.results.summary import Inputs
from .loading import build_strategy, inner
from .parameters import values_of

Runnable = Strategy | NativeStrategy | type | str


@overload
def backtest(
    strategy: Runnable,
    launches: Market,
    config: Config | None = None,
    /,
    *,
    options: RunOptions | None = None,
    settings: Mapping[str, Any] | None = None,
    verify: bool = False,
    judge: bool = False,
) -> Result: ...


@overload
def backtest(
    strategy: Runnable,
    launches: Market | Launches,
    panel: Panel | None = None,
    config: Config | None = None,
    *,
    options: RunOptions | None = None,
    settings: Mapping[str, Any] | None = None,
    verify: bool = False,
    judge: bool = False,
) -> Result: ...


def backtest(
    strategy: Runnable,
    launches: Market | Launches,
    panel: Panel | Config | None = None,
    config: Config | None = None,
    *,
    options: RunOptions | None = None,
    settings: Mapping[str, Any] | None = None,
    verify: bool = False,
    judge: bool = False,
) -> Result:
    """Fills, blocked orders, equity and attribution of one strategy over one market.

    `strategy` is one of `strategies`, a strategy of one's own, a subclass of backtrader.Strategy, or a name with its
    `settings`: `long-short`, `file.py:Class`. After it stand a Market, or launches and their panel; then the
    portfolio. A Market gives its benchmark unless `options` has one. `verify` runs the other engine as well, and
    raises EnginesDiffer at the first order that differs; `judge` asks whether the run is more than chance. ConfigError when the strategy's legs make no sense,
    LookAheadError when they depend on what came later. Money is in `panel.currency`.

    >>> market = load_market(start="2025-07-02", end="2025-09-30")
    >>> result = backtest("long-short", market, Config(capital=1_000_000), settings={"hold": 3})
    >>> len(result.equity) == len(market.panel), result.summary.parameters["hold"]
    (True, 3)
    """
    market, portfolio = _market(launches, panel, config)
    chosen = options or RunOptions()
    if judge:
        chosen = replace(chosen, judge=True)
    runnable = strategy_of(strategy, settings)
    if chosen.benchmark is None:
        chosen = replace(chosen, benchmark=market.benchmark)
    if isinstance(strategy, str) and not chosen.name:
        chosen = replace(chosen, name=strategy)
    if chosen.inputs is None and isinstance(launches, Market):
        chosen = replace(chosen, inputs=_inputs(market.request))
    if chosen.parameters is None and _has_parameters(runnable):
        chosen = replace(chosen, parameters=values_of(inner(runnable)))
    result = run_backtest(runnable, market.launches, market.panel, portfolio, options=chosen)
    if verify:
        other = replace(
            chosen, judge=False, engine="compiled" if chosen.engine == "backtrader" else "backtrader"
        )
        confirm(result, run_backtest(runnable, market.launches, market.panel, portfolio, options=other))
    result = warned(
        result, tuple(f"{WITHOUT_EFFECT}: {each}" for each in getattr(inner(runnable), "idle", {}).values())
    )
    if not market.warnings:
        return result
    summary = result.summary
    return replace(result, summary=replace(summary, warnings=(*market.warnings, *summary.warnings)))


def _has_parameters(strategy: Any) -> bool:
    own = inner(strategy)
    return isinstance(own, NativeStrategy) or (is_dataclass(own) and not isinstance(own, type))


def _inputs(request: MarketRequest) -> Inputs | None:
    """The files that were asked for; None where tables of one's own were among them."""
    named = {name: str(value) if isinstance(value, Path) else value for name, value in vars(request).items()}
    if all(value is None or isinstance(value, str) for value in named.values()):
        return Inputs.of(MarketRequest(**named))
    return None


def strategy_of(strategy: Runnable, settings: Mapping[str, Any] | None) -> Any:
    """What is run: a named strategy with its settings, or the strategy itself; ConfigError as `build_strategy`."""
    if isinstance(strategy, str):
        return build_strategy(strategy, settings)
    if settings:
        raise ConfigError(
            "`settings` belong to a strategy that is named; give them to the strategy itself, as LongShort(hold=3)"
        )
    return strategy


def _market(
    launches: Market | Launches, panel: Panel | Config | None, config: Config | None
) -> tuple[Market, Config | None]:
    """The market and the portfolio of the arguments, whichever way they were given."""
    if isinstance(launches, Market):
        if isinstance(panel, Panel):
            raise ConfigError("a Market has its panel; leave out `panel`, or give the launches alone")
        return launches, config or panel
    if isinstance(launches, Launches) and isinstance(panel, Panel):
        return Market(launches, panel), config
    raise ConfigError(
        f"a backtest needs a Market, or launches and their panel, not {type(launches).__name__} and "
        f"{type(panel).__name__}; `load_market()` gives the first, `load_launches()` and `load_panel()` the others"
    )
