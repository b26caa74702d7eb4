"""The Result of a Cerebro of somebody's own that ran under the rules."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from ...data.errors import ConfigError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from .backtest import RunOptions, about_run, on_paper, sampled

if TYPE_CHECKING:
    from ..backtrader.native.sent import Sent
    from ..results.result import Result

T = TypeVar("T")


def plugged_result(cerebro: Any, options: RunOptions | None = None) -> "Result":
    """Fills, blocks, equity and attribution of a plugged Cerebro that has run.

    It runs once more on paper to compare, and up to some rows to be asked about the future. ConfigError for one that is not
    plugged, has not run, or was optimised; LookAheadError for one that knows the future.
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
    name = " + ".join(dict.fromkeys(type(one).__name__ for one in strategies))
    foresight, unsteady = _asked(cerebro, name, done.sent)
    panel, config = on_paper(given.panel, given.config)
    equity = _again(
        cerebro, given._replace(panel=panel, config=config), lambda paper: finished(paper).run.equity
    )
    chosen = options or RunOptions()
    values = {key: _plain(value) for key, value in strategies[0].p._getkwargs().items()}
    chosen = chosen if chosen.parameters is not None else replace(chosen, parameters=values)
    books = Books(panel=given.panel, launches=given.launches, legs=done.legs, config=given.config)
    about = about_run(chosen, name) | {"analyzers": found, "foresight": foresight}
    result = to_result(books, done.run, equity, chosen.benchmark, about)
    told = (*cerebro.broker.lost, *unsteady, *result.summary.warnings)
    return replace(result, summary=replace(result.summary, warnings=told))


def _asked(
    cerebro: Any, name: str, sent: Sequence["Sent"]
) -> tuple[Mapping[str, int] | None, tuple[str, ...]]:
    """What the summary says of the guard, and why it could not be asked where chance or an earlier run decides."""
    from ..backtrader.native.stepping.sealed import desk_of, kept_for
    from .native_foresight import Asked

    given = kept_for(cerebro.broker.given)

    def send(launches: Launches, panel: Panel, last: int) -> Sequence["Sent"]:
        other = given._replace(launches=launches, panel=panel, last=last)
        return _again(cerebro, other, lambda asked: tuple(desk_of(asked.broker).sent))

    try:
        answers = Asked(name, send, given.launches, given.panel).refuse(sent)
    except ConfigError as error:
        return None, (f"nobody could ask this script about the future: {error}",)
    return sampled(answers, len(sent)), ()


def _again(cerebro: Any, given: Any, read: Callable[[Any], T]) -> T:
    """What `read` finds in the same Cerebro when it has run on something else; nothing of that run stays behind."""
    from ..backtrader.native.broker import NativeBroker
    from ..backtrader.native.chance import drawing_from
    from ..backtrader.native.stepping.loop import Ended
    from ..backtrader.native.undone import undone

    names = ("runstrats", "runningstrats", "signals", "_broker", "runwriters", "_pretimers")
    kept = {name: getattr(cerebro, name) for name in names if hasattr(cerebro, name)}
    cerebro.signals = []  # the first run has made a strategy of them
    cerebro._pretimers = [timer for timer in cerebro._pretimers if timer.p.owner is cerebro]
    chance = cerebro.broker.chance
    cerebro.broker = NativeBroker(given)
    try:
        with undone(type(kept["runningstrats"][0])), drawing_from(chance):
            with suppress(Ended):
                type(cerebro).run(cerebro)
            return read(cerebro)
    finally:
        for strategy in cerebro.runningstrats:
            strategy._stage1()  # a run that ends before its market leaves the feeds between two stages
        for name, value in kept.items():
            setattr(cerebro, name, value)


def _plain(value: Any) -> Any:
    return (
        value
        if value is None or isinstance(value, bool | int | float | str)
        else str(getattr(value, "__name__", value))
    )
