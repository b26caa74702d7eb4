"""The Result of a backtrader strategy: one run under the rules, and one on paper to compare it with."""

import random
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from inspect import getattr_static
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ....data.arrays import F8
from ....data.errors import ConfigError
from ....data.ledger.launch import Launch, Launches
from ....data.panel.panel import Panel
from ....data.panel.reach import first_rows
from ...config import Config
from ...results.run import Run
from .desk import NativeDesk
from .plan import USUAL_SIZER, NativeStrategy
from .sent import Sent
from .undone import undone

SEED = 0
# How a run steps is not the strategy's to say; saved memory (exactbars) would hide the shares that come late.
STEPS = {"preload": False, "runonce": False, "exactbars": False, "oldsync": False}
Notices = dict[int, list[tuple[int, Launch, list[int]]]]


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
    cerebro, desk = _made(native, launches, panel, config)
    cerebro.progress = progress
    with native.guard(), seeded():
        _fit_out(cerebro, native)
        (strategy,) = cerebro.run(**STEPS)
    return NativeRun(desk.finish(), desk.stay_table(), strategy, tuple(desk.sent))


def sent_until(
    native: NativeStrategy, launches: Launches, panel: Panel, config: Config, last: int
) -> tuple[Sent, ...]:
    """What the strategy sends in the rows up to `last`, of which nothing stays behind; raises as a run does."""
    from .cerebro import Ended

    cerebro, desk = _made(native, launches, panel, config)
    cerebro.last = last
    with undone(native.cls), native.guard(), seeded():
        _fit_out(cerebro, native)
        with suppress(Ended):
            cerebro.run(**STEPS)
    return tuple(desk.sent)


def paper_equity(native: NativeStrategy, launches: Launches, panel: Panel, config: Config) -> F8:
    """Equity of the same strategy on a paper market, shape (T,); nothing that it prints or writes there stays behind."""
    with undone(native.cls):
        return run_native(native, launches, panel, config).run.equity


def _made(native: NativeStrategy, launches: Launches, panel: Panel, config: Config) -> tuple[Any, NativeDesk]:
    """A Cerebro over the panel, and the desk of its broker."""
    from .cerebro import make_cerebro

    desk = NativeDesk(panel, [], config)
    numbers = {launch.id: k for k, launch in enumerate(launches)}
    return make_cerebro(panel, desk, notices(launches, panel), numbers), desk


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


@contextmanager
def seeded() -> Iterator[None]:
    """`random` and `numpy.random` begin the same in every run, so that the same inputs give the same run."""
    # the strategy may use either; a Generator of its own needs a seed of its own
    before = random.getstate(), np.random.get_state()  # noqa: NPY002
    random.seed(SEED)
    np.random.seed(SEED)  # noqa: NPY002
    try:
        yield
    finally:
        random.setstate(before[0])
        np.random.set_state(before[1])  # noqa: NPY002


def notices(launches: Launches, panel: Panel) -> Notices:
    """By row: (number, launch, columns) of the launches whose first reachable open it is.

    A launch comes once for each row on which some of its codes can first be traded, with those codes; one without
    codes in the panel comes at the first open of any exchange. Rows before the second are not in it: no order can
    be sent before the first session has closed.
    """
    rows = first_rows(launches, panel, "open")
    used = sorted({int(e) for e in panel.exchange_of})
    by_row: Notices = {}
    for k, launch in enumerate(launches):
        columns = [panel.column(c.code) for c in launch.codes if c.code in panel]
        at = {int(rows[k, panel.exchange_of[i]]) for i in columns}
        if not columns:
            reach = [int(rows[k, e]) for e in used if rows[k, e] > 0]
            at = {min(reach)} if reach else set()
        for row in sorted(at):
            if 0 < row < len(panel):
                own = [i for i in columns if rows[k, panel.exchange_of[i]] == row]
                by_row.setdefault(row, []).append((k, launch, own))
    return by_row


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
