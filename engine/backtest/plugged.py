"""The Result of a Cerebro of somebody's own that ran under the rules."""

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from ...data.arrays import F8
from ...data.errors import ConfigError
from .backtest import RunOptions, about_run, on_paper

if TYPE_CHECKING:
    from ..results.result import Result


def plugged_result(cerebro: Any, options: RunOptions | None = None) -> "Result":
    """Fills, blocks, equity and attribution of a plugged Cerebro that has run; it runs once more on paper to compare.

    ConfigError for one that is not plugged, has not run, or was optimised.
    """
    from ..backtrader.native.plug import is_plugged
    from ..backtrader.native.result import analyses, finished
    from ..backtrader.native.stepping.sealed import kept_for
    from ..results.record import Books, to_result

    if not is_plugged(cerebro):
        raise ConfigError("this Cerebro does not run under the rules; `plug` it before cerebro.run()")
    if cerebro._dooptimize:
        raise ConfigError(
            "an optimisation has many runs and no single result; run the best one by addstrategy, or use `ll.sweep()`"
        )
    strategies = list(getattr(cerebro, "runningstrats", ()))
    if not strategies:
        raise ConfigError("this Cerebro has not run yet; call cerebro.run() first")
    given = kept_for(cerebro.broker.given)
    done = finished(cerebro)
    found: dict[str, Any] = {}
    for strategy in strategies:
        own = analyses(strategy)
        found |= (
            own if len(strategies) == 1 else {f"{type(strategy).__name__}.{key}": own[key] for key in own}
        )
    equity = _again(cerebro, given)
    name = " + ".join(dict.fromkeys(type(one).__name__ for one in strategies))
    chosen = options or RunOptions()
    values = {key: _plain(value) for key, value in strategies[0].p._getkwargs().items()}
    chosen = chosen if chosen.parameters is not None else replace(chosen, parameters=values)
    books = Books(panel=given.panel, launches=given.launches, legs=done.legs, config=given.config)
    result = to_result(
        books, done.run, equity, chosen.benchmark, about_run(chosen, name) | {"analyzers": found}
    )
    told = (*cerebro.broker.lost, NOT_ASKED, *result.summary.warnings)
    return replace(result, summary=replace(result.summary, warnings=told))


NOT_ASKED = "nobody asked this script about the future: `ll.check_strategy()` asks one of its strategies"


def _again(cerebro: Any, given: Any) -> F8:
    """Equity of the same Cerebro on paper; nothing of that run stays behind."""
    from ..backtrader.native.broker import NativeBroker
    from ..backtrader.native.result import finished
    from ..backtrader.native.undone import undone

    panel, config = on_paper(given.panel, given.config)
    names = ("runstrats", "runningstrats", "signals", "_broker", "runwriters")
    kept = {name: getattr(cerebro, name) for name in names if hasattr(cerebro, name)}
    cerebro.signals = []  # the first run has made a strategy of them
    cerebro.broker = NativeBroker(given._replace(panel=panel, config=config))
    try:
        with undone(type(kept["runningstrats"][0])):
            type(cerebro).run(cerebro)
            return finished(cerebro).run.equity
    finally:
        for name, value in kept.items():
            setattr(cerebro, name, value)


def _plain(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, bool | int | float | str)
        else str(getattr(value, "__name__", value))
    )
