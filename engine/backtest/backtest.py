"""The main job: strategy + launches + panel → Result."""

import os
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import Bool
from ...data.calendars.hours import CHINA_TIME
from ...data.errors import ConfigError
from ...data.ledger.launch import Launches
from ...data.panel.benchmark import Benchmark
from ...data.panel.panel import Panel
from ..backtrader.native.plan import NativeStrategy, is_native
from ..choices import Choice, Chooser
from ..config import Config, LimitPolicy
from ..legs import CLOSE, FIRST_MINUTE, LAST_MINUTE, LEG, OPEN, Reason
from ..results.run import Run
from .foresight import refuse_foresight

if TYPE_CHECKING:
    from ..results.result import Result
    from ..results.summary import Inputs

ENGINES = ("backtrader", "compiled")
Progress = Callable[[int], None]


@runtime_checkable
class Strategy(Protocol):
    """Decides legs from what was known; never sees the account."""

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """A LEG table sorted by row; a leg of row t uses nothing later than the open (or close) it trades at."""
        ...


BELOW_A_LOT = (
    "no order was as large as a lot, so nothing was traded: backtrader's usual size is one share; "
    "give a `stake` of shares or a `sizer`, or send orders with a size"
)


@dataclass(frozen=True)
class RunOptions:
    """What is not part of the portfolio: the engine, its name, what it is compared with, how it was called.

    `command` and `inputs` only tell a reader of the summary where the launches and bars came from. `judge`: also ask
    whether the run is more than chance (engine/luck/run_verdict.py); `judging` is told how many of its placebo runs are
    done, and of how many.
    """

    engine: str = "backtrader"
    name: str = ""
    benchmark: Benchmark | None = None
    parameters: dict[str, Any] | None = None
    command: str = ""
    inputs: "Inputs | None" = None
    progress: Progress | None = None
    judge: bool = False
    judging: Callable[[int, int], None] | None = None

    def __post_init__(self) -> None:
        if self.engine not in ENGINES:
            raise ConfigError(f"there is no engine {self.engine!r}; engines are {', '.join(ENGINES)}")


def backtest(
    strategy: Strategy | NativeStrategy | type,
    launches: Launches,
    panel: Panel,
    config: Config | None = None,
    *,
    options: RunOptions | None = None,
) -> "Result":
    """Fills, blocked orders, equity and attribution of one strategy over one panel.

    A subclass of backtrader.Strategy runs with its own defaults, or with others as NativeStrategy(cls, values).
    Raises ConfigError when the strategy's legs make no sense, LookAheadError when they depend on what came later. Money is in `panel.currency`.
    """
    from ..compiled.simulate import simulated_equity
    from ..results.record import Books, to_result
    from .frictions import ladder
    from .hindsight import hindsight
    from .without_effect import warned, without_effect

    config, options = config or Config(), options or RunOptions()
    if isinstance(strategy, type):
        if not is_native(strategy):
            raise ConfigError(
                f"{strategy.__name__} is a class; hand over a strategy, as {strategy.__name__}()"
            )
        strategy = NativeStrategy(strategy)
    if isinstance(strategy, NativeStrategy):
        return _backtest_native(strategy, launches, panel, config, options)
    timed = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    legs = checked_legs(strategy.legs(timed, panel), panel, len(timed))
    asked = refuse_foresight(strategy, timed, panel, legs, name=options.name)
    run = execute(legs, panel, config, options.engine, options.progress)
    paper = simulated_equity(legs, *on_paper(panel, config))
    steps = ladder(legs, panel, config, run.equity)
    choices = checked_choices(strategy, timed, panel)
    books = Books(panel=panel, launches=timed, legs=legs, config=config, ladder=steps, choices=choices)
    about = about_run(options, type(strategy).__name__) | {"foresight": sampled(asked, len(legs))}
    about["hindsight"] = hindsight(
        lambda known, seen: checked_legs(strategy.legs(known, seen), seen, len(known)),
        timed,
        panel,
        legs,
        run,
        config,
    )
    if options.judge:
        from ..luck.run_verdict import run_verdict

        about["judgement"] = run_verdict(timed, panel, legs, config, progress=options.judging).to_json()
    return warned(to_result(books, run, paper, options.benchmark, about), without_effect(legs, panel, config))


def about_run(options: RunOptions, class_name: str) -> dict[str, Any]:
    """What a summary says of how a run was asked for."""
    return {
        "name": options.name or class_name,
        "engine": options.engine,
        "strategy": options.name or class_name,
        "parameters": options.parameters or {},
        "command": options.command,
        "inputs": options.inputs,
        "made": _today(),
    }


def sampled(asked: int, decisions: int) -> dict[str, int]:
    """What the summary says of the guard: one leak would have ended the run."""
    return {"asked": asked, "decisions": decisions, "leaks": 0}


def _today() -> str:
    """The day in Hong Kong; of SOURCE_DATE_EPOCH, where a build that can be repeated sets it."""
    epoch = os.environ.get("SOURCE_DATE_EPOCH", "")
    return str(
        (
            datetime.fromtimestamp(int(epoch), CHINA_TIME) if epoch.isdigit() else datetime.now(CHINA_TIME)
        ).date()
    )


def _backtest_native(
    native: NativeStrategy, launches: Launches, panel: Panel, config: Config, options: RunOptions
) -> "Result":
    """A backtrader strategy, and once more on paper; its analyzers are in the summary."""
    from ..backtrader.native.result import analyses, paper_equity, run_native
    from ..results.record import Books, to_result
    from .native_foresight import asked_by_name
    from .without_effect import warned, without_effect_on_orders

    if options.engine != "backtrader":
        raise ConfigError(
            f"{native.cls.__name__} is a backtrader strategy and runs on backtrader only; "
            f"leave out `engine='{options.engine}'` and `verify`"
        )
    if options.judge:
        raise ConfigError(
            f"{native.cls.__name__} is a backtrader strategy: it sends orders, which cannot be moved to other days as legs "
            "can; leave out `judge`, and test it with a sweep"
        )
    idle = without_effect_on_orders(panel, config)
    panel = panel.without_members()  # its feeds are the codes of the ledger
    timed = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    asked = asked_by_name(native, timed, panel, config)
    before = asked.first()
    paper = paper_equity(native, timed, *on_paper(panel, config))
    native_run = run_native(native, timed, panel, config, options.progress)
    answers = asked.refuse(native_run.sent, before)
    books = Books(panel=panel, launches=timed, legs=native_run.legs, config=config)
    about = about_run(options, native.cls.__name__) | {
        "analyzers": analyses(native_run.strategy),
        "foresight": sampled(answers, len(native_run.sent)),
    }
    result = warned(to_result(books, native_run.run, paper, options.benchmark, about), idle)
    if (
        len(result.fills)
        or not len(result.blocks)
        or set(result.blocks["reason"]) != {Reason.BELOW_LOT.label}
    ):
        return result
    return warned(result, (BELOW_A_LOT,))


def execute(
    legs: NDArray[Any],
    panel: Panel,
    config: Config,
    engine: str = "backtrader",
    progress: Progress | None = None,
) -> Run:
    """The records of the legs under one engine; the engine is imported only when it is used."""
    if engine == "compiled":
        from ..compiled.simulate import simulate

        return simulate(legs, panel, config)
    from ..backtrader.broker import run_backtrader

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


MOST_MINUTES = 100_000  # of a hold that is counted in minutes: more than a year of trading
MOST_SESSIONS = 10_000  # of a wait or a hold: forty years
_FRACTION = "must be a fraction above 0 such as 0.05, or NaN for none"


def checked_legs(legs: NDArray[Any], panel: Panel, launches: int | None = None) -> NDArray[Any]:
    """The legs, read-only and sorted by row, or a ConfigError that names the first leg that makes no sense.

    `launches` is the length of the ledger, where it is known.
    """
    if not isinstance(legs, np.ndarray) or legs.dtype != LEG:
        raise ConfigError(
            "a strategy must return an array of dtype launchlab.engine.legs.LEG; start from empty_legs(n)"
        )
    last = np.iinfo(np.int32).max if launches is None else launches - 1
    for name, low, high, rule in (
        ("row", 1, len(panel) - 1, f"must be from 1 to {len(panel) - 1}, inside the panel"),
        ("code", 0, len(panel.codes) - 1, "must be a column of the panel"),
        ("launch", 0, last, "must be a position in the ledger"),
        ("hold", 1, MOST_SESSIONS, f"must be from 1 to {MOST_SESSIONS} sessions"),
        (
            "hold_minutes",
            0,
            MOST_MINUTES,
            f"must be from 1 to {MOST_MINUTES} minutes, or 0 to hold for sessions",
        ),
        ("wait", 0, MOST_SESSIONS, f"must be from 0 to {MOST_SESSIONS} sessions"),
    ):
        _refuse_first(legs, name, (legs[name] < low) | (legs[name] > high), rule)
    _refuse_first(legs, "side", ~np.isin(legs["side"], (-1, 1)), "must be 1 or -1")
    inside = (legs["at"] >= FIRST_MINUTE) & (legs["at"] <= LAST_MINUTE)
    _refuse_first(
        legs,
        "at",
        ~(np.isin(legs["at"], (OPEN, CLOSE)) | inside),
        "must be OPEN, CLOSE or a minute of the day",
    )
    finite = np.isfinite(legs["weight"]) & (legs["weight"] > 0)
    _refuse_first(legs, "weight", ~finite, "must be a finite share of NAV above 0")
    for name in ("stop", "target", "trail"):
        _refuse_first(legs, name, (legs[name] <= 0) | np.isinf(legs[name]), _FRACTION)
    ordered = legs[np.argsort(legs["row"], kind="stable")].copy()
    ordered.flags.writeable = False
    return ordered


def checked_choices(strategy: Strategy, launches: Launches, panel: Panel) -> tuple[Choice, ...]:
    """What the strategy looked at; nothing of one that only has `legs`. ConfigError for a choice that makes no sense."""
    if not isinstance(strategy, Chooser):
        return ()
    choices = tuple(strategy.choices(launches, panel))
    for k, choice in enumerate(choices):
        if not isinstance(choice, Choice) or not 0 <= choice.launch < len(launches):
            raise ConfigError(
                f"choice {k}: {choice!r} is no Choice with the position of a launch; start from "
                "launchlab.strategies.Choice"
            )
        if choice.side not in (-1, 0, 1) or not np.isfinite(choice.weight):
            raise ConfigError(
                f"choice {k}: side {choice.side} must be 1, -1 or 0, and weight {choice.weight} finite"
            )
    return choices


def _refuse_first(legs: NDArray[Any], name: str, wrong: Bool, rule: str) -> None:
    if wrong.any():
        k = int(np.flatnonzero(wrong)[0])
        raise ConfigError(f"leg {k}: {name} {legs[name][k]} {rule}")
