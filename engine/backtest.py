"""The main job: strategy + launches + panel → Result."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, NamedTuple, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ..data.errors import ConfigError
from ..data.launch import Launches
from ..data.panel import Panel
from .books import Books, to_result
from .config import Config, LimitPolicy
from .legs import CLOSE, LEG, OPEN
from .result import Result
from .run import Run

ENGINES = ("backtrader", "compiled")
Progress = Callable[[int], None]


@runtime_checkable
class Strategy(Protocol):
    """Decides legs from what was known; never sees the account."""

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """A LEG table sorted by row; a leg of row t uses nothing later than the open (or close) it trades at."""
        ...


class Benchmark(NamedTuple):
    """Name and simple returns in base currency on the panel's rows, shape (T,)."""

    name: str
    returns: NDArray[np.float64]


@dataclass(frozen=True)
class RunOptions:
    """What is not part of the portfolio: the engine, its name, what it is compared with, how it was called."""

    engine: str = "backtrader"
    name: str = ""
    benchmark: Benchmark | None = None
    parameters: dict[str, Any] | None = None
    command: str = ""
    progress: Progress | None = None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ConfigError(f"there is no engine {self.engine!r}; engines are {', '.join(ENGINES)}")


def backtest(
    strategy: Strategy,
    launches: Launches,
    panel: Panel,
    config: Config | None = None,
    *,
    options: RunOptions | None = None,
) -> Result:
    """Fills, blocked orders, equity and attribution of one strategy over one panel.

    Raises ConfigError when the strategy's legs make no sense. Money is in `panel.currency`.
    """
    config, options = config or Config(), options or RunOptions()
    timed = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    legs = checked_legs(strategy.legs(timed, panel), panel)
    run = execute(legs, panel, config, options.engine, options.progress)
    paper = execute(legs, *on_paper(panel, config), "compiled")
    books = Books(panel=panel, launches=timed, legs=legs, config=config)
    about = {
        "name": options.name or type(strategy).__name__,
        "engine": options.engine,
        "strategy": options.name or type(strategy).__name__,
        "parameters": options.parameters or {},
        "command": options.command,
    }
    return to_result(books, run, paper.equity, options.benchmark, about)


def execute(
    legs: NDArray[Any],
    panel: Panel,
    config: Config,
    engine: str = "backtrader",
    progress: Progress | None = None,
) -> Run:
    """The records of the legs under one engine; the engine is imported only when it is used."""
    if engine == "compiled":
        from .simulate import simulate

        return simulate(legs, panel, config)
    from .broker import run_backtrader

    return run_backtrader(legs, panel, config, progress)


def on_paper(panel: Panel, config: Config) -> tuple[Panel, Config]:
    """The same market without costs, and the same portfolio without limits, slippage or volume caps."""
    ideal = {
        "limit_policy": LimitPolicy.IGNORE,
        "participation": 1.0,
        "slippage_bp": 0.0,
        "slippage_ticks": 0,
    }
    return replace(panel, costs=np.zeros_like(panel.costs)), config.model_copy(update=ideal)


def checked_legs(legs: NDArray[Any], panel: Panel) -> NDArray[Any]:
    """The legs, read-only and sorted by row, or a ConfigError that names the first leg that makes no sense."""
    if not isinstance(legs, np.ndarray) or legs.dtype != LEG:
        raise ConfigError(
            "a strategy must return an array of dtype launchlab.engine.legs.LEG; start from empty_legs(n)"
        )
    tests = (
        (
            "row",
            (legs["row"] < 1) | (legs["row"] >= len(panel)),
            f"must be from 1 to {len(panel) - 1}, inside the panel",
        ),
        ("code", (legs["code"] < 0) | (legs["code"] >= len(panel.codes)), "must be a column of the panel"),
        ("side", ~np.isin(legs["side"], (-1, 1)), "must be 1 or -1"),
        ("at", ~np.isin(legs["at"], (OPEN, CLOSE)), "must be OPEN or CLOSE"),
        (
            "weight",
            ~(np.isfinite(legs["weight"]) & (legs["weight"] > 0)),
            "must be a finite share of NAV above 0",
        ),
        ("hold", legs["hold"] < 1, "must be at least 1 session"),
        ("wait", legs["wait"] < 0, "must not be negative"),
    )
    for name, wrong, rule in tests:
        if wrong.any():
            k = int(np.flatnonzero(wrong)[0])
            raise ConfigError(f"leg {k}: {name} {legs[name][k]} {rule}")
    ordered = legs[np.argsort(legs["row"], kind="stable")].copy()
    ordered.flags.writeable = False
    return ordered
