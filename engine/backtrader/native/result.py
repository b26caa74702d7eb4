"""The Result of a backtrader strategy: one run under the rules, and one on paper to compare it with."""

import sys
from collections.abc import Callable, Mapping
from contextlib import suppress
from inspect import getattr_static
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.arrays import F8
from ....data.errors import ConfigError
from ....data.ledger.launch import Launches
from ....data.panel.panel import Panel
from ...config import Config
from ...results.run import Run
from .chance import seeded
from .plan import USUAL_SIZER, NativeStrategy
from .sent import Sent
from .stepping.sealed import desk_of
from .undone import undone

# How a run steps is not the strategy's to say; saved memory (exactbars) would hide the shares that come late.
STEPS = {"preload": False, "runonce": False, "exactbars": False, "oldsync": False}


class NativeRun(NamedTuple):
    """The records of a run, its legs (LEG dtype, launch −1 where none was answered), the strategy as it ended, and
    what it sent."""

    run: Run
    legs: NDArray[Any]
    strategy: Any
    sent: tuple[Sent, ...]


def run_native(
    native: NativeStrategy,
    launches: Launches,
    panel: Panel,
    config: Config,
    progress: Callable[[int], None] | None = None,
) -> NativeRun:
    """Run a backtrader strategy over a panel; `launches` carry their clock (Launches.timed).

    Raises ConfigError for what the rules cannot allow (`next_open`, its own broker or feeds), and for whatever
    the strategy's own code raises.
    """
    cerebro = _made(panel, launches, config, progress=progress)
    _run(cerebro, native)
    return finished(cerebro)


def sent_until(
    native: NativeStrategy, launches: Launches, panel: Panel, config: Config, last: int
) -> tuple[Sent, ...]:
    """What the strategy sends in the rows up to `last`, of which nothing stays behind; raises as a run does."""
    cerebro = _made(panel, launches, config, last=last)
    with undone(native.cls):
        _run(cerebro, native)
    return tuple(desk_of(cerebro.broker).sent)


def paper_equity(native: NativeStrategy, launches: Launches, panel: Panel, config: Config) -> F8:
    """Equity of the same strategy on a paper market, shape (T,); nothing that it prints or writes there stays behind."""
    with undone(native.cls):
        return run_native(native, launches, panel, config).run.equity


def finished(cerebro: Any) -> NativeRun:
    """The records of a Cerebro that has run under the rules, after the last session of its market."""
    desk = desk_of(cerebro.broker)
    cerebro.broker.catch_up(len(desk.panel) - 1)
    return NativeRun(desk.finish(), desk.stay_table(), cerebro.runningstrats[0], tuple(desk.sent))


def _made(panel: Panel, launches: Launches, config: Config, **more: Any) -> Any:
    """A Cerebro plugged to the panel, whose strategy waits for no share that comes late."""
    from .broker import NativeBroker
    from .plug import plugged
    from .stepping.loop import Given

    library = sys.modules["backtrader"]
    cerebro = library.Cerebro(stdstats=False)
    plugged(cerebro, NativeBroker(Given(panel, launches, config, wait_for_late=False, **more)))
    cerebro.addobserver(library.observers.Broker)  # analyzers ask for stats.broker, AnnualReturn for one
    return cerebro


def _run(cerebro: Any, native: NativeStrategy) -> None:
    from .plug import run
    from .stepping.loop import Ended

    with native.guard(), seeded():
        _fit_out(cerebro, native)
        with suppress(Ended):
            run(cerebro, **STEPS)


def _fit_out(cerebro: Any, native: NativeStrategy) -> None:
    """Add the strategy with its sizer and analyzers, and let it prepare."""
    library = sys.modules["backtrader"]
    broker, feeds = cerebro.broker, list(cerebro.datas)
    cerebro.addstrategy(native.cls, **native.values)
    if native.sizer is not None or native.stake is not None:
        size = {} if native.stake is None else {"stake": native.stake}
        cerebro.addsizer(getattr(library.sizers, native.sizer or USUAL_SIZER), **size)
    if isinstance(getattr_static(native.cls, "prepare", None), classmethod | staticmethod):
        native.cls.prepare(cerebro)  # type: ignore[attr-defined]
    for name in native.analyzers:
        cerebro.addanalyzer(getattr(library.analyzers, name))
    _check(native.cls, cerebro, unchanged=cerebro.broker is broker and cerebro.datas == feeds)
    if hasattr(cerebro, "runstrats"):
        raise ConfigError("cerebro.run() belongs to the run; leave it out of `prepare`")


def analyses(strategy: Any) -> dict[str, Any]:
    """What each analyzer of the strategy found, as plain values ready for JSON."""
    return {name: _plain(one.get_analysis()) for name, one in strategy.analyzers.getitems()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    if isinstance(value, bool | int | str) or value is None:
        return value
    if isinstance(value, np.bool_ | np.integer):
        return value.item()
    if isinstance(value, float | np.floating):
        return float(value) if np.isfinite(value) else None
    return str(value)


def _check(cls: Any, cerebro: Any, *, unchanged: bool) -> None:
    name = cls.__name__
    if not unchanged:
        raise ConfigError(f"{name}.prepare replaced the broker or the feeds; leave both to the run")
    if len(cerebro.strats) != 1 or cerebro.signals or cerebro._dooptimize:
        raise ConfigError(
            f"{name}.prepare added a strategy, signals or an optimisation; a run has one strategy, and "
            "`ll.sweep()` runs it with other params"
        )
    base = next(
        one for one in cls.__mro__ if one.__module__ == "backtrader.strategy" and one.__name__ == "Strategy"
    )
    if cls.next_open is not base.next_open or cerebro.p.cheat_on_open:
        raise ConfigError(
            f"{name} asks for next_open (cheat-on-open), where backtrader already shows it the day's close; "
            "send the order in next() of the day before, or in notify_launch()"
        )
