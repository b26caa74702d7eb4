"""How much of a run hangs on clocks that nobody knows: the same run with launches public earlier, within their bounds.

A run trades from the first certain auction. A launch whose bounds leave earlier ones possible may have been public before;
here it is taken to have been, at each of the instants that make a difference: all at their earliest, all at their
latest, each at the one that paid least, and at random. Nothing of this is a decision: it only says how far the result would move.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, Bool
from ...data.errors import CalendarError, ConfigError
from ...data.ledger.certainty import UNBOUNDED_DAYS, clock_choices, public_at
from ...data.ledger.launch import Launch, Launches
from ...data.panel.panel import Panel
from ...data.panel.reach import first_rows
from ..backtrader.native.plan import NativeStrategy
from ..config import Config
from ..legs import CLOSE, OPEN
from ..machine.code import repeated
from ..results.attribution import leg_profits
from ..results.clocks import Clocks, LaunchClock
from .backtest import Strategy, checked_legs, execute

DRAWS = 200
SEED = 7
QUANTILES = (0.05, 0.5, 0.95)
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class _Case:
    """One run: its total return, the profit of each launch by id, who had a fill, and what possible auctions made."""

    total: float
    profits: Mapping[str, float]
    traded: frozenset[str]
    possible: float


def needs_legs(strategy: object) -> None:
    """ConfigError for a strategy of backtrader's, and for whatever else gives no legs."""
    if isinstance(strategy, NativeStrategy) or not isinstance(strategy, Strategy):
        raise ConfigError("clocks can be bracketed for strategies that give legs; leave out `clocks`")


def clock_bracket(
    strategy: Strategy,
    launches: Launches,
    panel: Panel,
    config: Config | None = None,
    *,
    draws: int = DRAWS,
    seed: int = SEED,
    unbounded_days: float = UNBOUNDED_DAYS,
    on_progress: Told = lambda done, total: None,
) -> Clocks:
    """The bracket of a run over what its launches' clocks leave open, each case run whole on the compiled engine.

    `seed` decides the `draws`, in each of which every open launch takes one of its outcomes, all alike likely. ConfigError
    for a strategy of backtrader's, whose legs nobody knows beforehand.
    """
    needs_legs(strategy)
    if draws < 0 or unbounded_days <= 0:
        raise ConfigError("`clocks` are a number of draws, 0 or more, and `unbounded_days` are above 0")
    config = config or Config()
    timed = launches.timed(reaction_minutes=config.reaction_minutes, dates_known=config.dates_known)
    choices = _choices(timed, panel, unbounded_days)
    most = max((len(instants) for instants in choices.values()), default=1)
    total, done = most + 2 + (draws if choices else 0), 0

    def case(picks: Mapping[str, datetime]) -> _Case:
        nonlocal done
        done += 1
        on_progress(done, total)
        return _case(strategy, _moved(timed, picks), panel, config)

    rng = np.random.default_rng(seed)
    with repeated(total):
        own = case({})
        levels = [case({name: at[min(k, len(at) - 1)] for name, at in choices.items()}) for k in range(most)]
        worst = case({name: at[_worst(name, len(at), levels)] for name, at in choices.items()})
        drawn = [
            case({name: at[int(rng.integers(len(at)))] for name, at in choices.items()}).total
            for _ in range(draws if choices else 0)
        ]
    low, median, high = np.quantile(drawn or [own.total], QUANTILES).tolist()
    clocks = _clocks(timed, choices, own, levels)
    names = {clock.launch for clock in clocks}
    return Clocks(
        traded=len(frozenset[str]().union(*(one.traded for one in (own, *levels)))),
        left_open=len(clocks),
        unbounded=sum(clock.unbounded for clock in clocks),
        unbounded_days=unbounded_days,
        profit=sum(own.profits.values()),
        open_profit=sum(profit for name, profit in own.profits.items() if name in names),
        possible_profit=own.possible,
        as_run=own.total,
        earliest=levels[0].total,
        latest=levels[-1].total,
        worst=min(worst.total, *(level.total for level in levels)),
        low=low,
        median=median,
        high=high,
        seed=seed,
        draws=tuple(drawn),
        launches=clocks,
    )


def _choices(launches: Launches, panel: Panel, unbounded_days: float) -> dict[str, tuple[datetime, ...]]:
    """The instants that make a difference on the panel's exchanges, of each launch that has more than one."""
    found: dict[str, tuple[datetime, ...]] = {}
    exchanges = [panel.exchanges[e] for e in sorted({int(e) for e in panel.exchange_of})]
    for launch in launches:
        try:
            instants = clock_choices(
                launch,
                exchanges,
                reaction_minutes=launches.reaction_minutes,
                unbounded_days=unbounded_days,
                added=panel.calendar,
            )
        except CalendarError:  # past the known sessions nothing is traded either
            continue
        if len(instants) > 1:
            found[launch.id] = instants
    return found


def _moved(launches: Launches, picks: Mapping[str, datetime]) -> Launches:
    """The launches with some of them public at the instants given."""
    rows = (public_at(launch, picks[launch.id]) if launch.id in picks else launch for launch in launches)
    return replace(launches, rows=tuple(rows))


def _case(strategy: Strategy, launches: Launches, panel: Panel, config: Config) -> _Case:
    legs = checked_legs(strategy.legs(launches, panel), panel, len(launches))
    run = execute(legs, panel, config, "compiled")
    by_leg = leg_profits(panel, legs, run.fills)
    capital = float(config.capital)
    filled = legs["launch"][np.unique(run.fills["leg"])]
    return _Case(
        float(run.equity[-1]) / capital - 1.0,
        _by_launch(launches, legs, by_leg),
        frozenset(launches[int(k)].id for k in filled if k >= 0),
        float(by_leg[_entered_early(launches, panel, legs)].sum()),
    )


def _by_launch(launches: Launches, legs: NDArray[Any], by_leg: F8) -> dict[str, float]:
    profits: dict[str, float] = {}
    for position, profit in zip(legs["launch"].tolist(), by_leg.tolist(), strict=True):
        if position >= 0:
            name = launches[position].id
            profits[name] = profits.get(name, 0.0) + profit
    return profits


def _worst(name: str, choices: int, levels: Sequence[_Case]) -> int:
    """The outcome at which a launch paid least where all took theirs in turn."""
    return int(np.argmin([level.profits.get(name, 0.0) for level in levels[:choices]]))


def _clocks(
    launches: Launches, choices: Mapping[str, Sequence[datetime]], own: _Case, levels: Sequence[_Case]
) -> tuple[LaunchClock, ...]:
    """Each open launch that was traded in some case, in the order of the ledger."""
    traded = frozenset[str]().union(own.traded, *(level.traded for level in levels))
    return tuple(
        _clock(launch, len(choices[launch.id]), own, levels)
        for launch in launches
        if launch.id in choices and launch.id in traded
    )


def _clock(launch: Launch, choices: int, own: _Case, levels: Sequence[_Case]) -> LaunchClock:
    profits = [level.profits.get(launch.id, 0.0) for level in levels[:choices]]
    run = own.profits.get(launch.id, 0.0)
    return LaunchClock(launch.id, choices, launch.earliest is None, run, min(profits), max(profits))


def _entered_early(launches: Launches, panel: Panel, legs: NDArray[Any]) -> Bool:
    """Whether each leg is entered before the first auction that is certain: none is, unless days count from their start."""
    certain = replace(launches, dates_known="end")
    early = np.zeros(len(legs), bool)
    for at in (OPEN, CLOSE):
        first = first_rows(certain, panel, "open" if at == OPEN else "close")
        own = first[legs["launch"], panel.exchange_of[legs["code"]]]
        early |= (legs["launch"] >= 0) & (legs["at"] == at) & (legs["row"] < own)
    return early
