"""What each minute between the news and the order costs: the same run again and again, with nothing but the reaction time changed."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I8
from ...data.errors import ConfigError
from ...data.ledger.launch import Launches
from ...data.panel.panel import Panel
from ..backtrader.native.plan import NativeStrategy
from ..compiled.simulate import simulate
from ..compiled.windows import Layout
from ..config import Config
from ..machine.code import repeated
from ..results.attribution import leg_profits
from .backtest import Strategy, checked_legs
from .foresight import refuse_foresight
from .without_effect import without_effect

if TYPE_CHECKING:
    import pandas as pd

DELAYS = (1, 2, 3, 5, 7, 10, 15, 20, 25, 30, 45, 60, 75, 90, 105, 120, 150, 180, 210, 240)
LONGEST = 1_440
DRAWS, SEED = 2_000, 7
BAND = (0.025, 0.975)
FEWEST = 20  # launches that the delay moves at all, below which a curve is a handful of stories
COLUMNS = (
    "minutes", "launches", "captured", "captured_low", "captured_high", "cost", "cost_low", "cost_high", "total_return",
)  # fmt: skip
Told = Callable[[int, int], None]


@dataclass(frozen=True)
class Reaction:
    """A run at each of `minutes` from the news to the order, ascending.

    `launches` are the ids of those that were traded at one of them. `captured` (minutes, launches) is what each paid, as
    a fraction of NAV on its eve, 0 where it was not traded; `traded` (minutes, launches) whether it was. `moved` are
    the launches whose orders are not first sent at the same moment at all of them. `warnings` are of the market and of what had no effect.
    """

    minutes: tuple[int, ...]
    launches: tuple[str, ...]
    captured: F8
    traded: F8
    total_return: F8
    moved: tuple[str, ...]
    simulated: bool
    warnings: tuple[str, ...] = ()

    @property
    def table(self) -> "pd.DataFrame":
        """A row for each reaction time; columns of COLUMNS.

        `captured` is the mean over all launches, `cost` how much less that is than at the shortest time; both with the
        95 % band of a bootstrap over launches, which takes each with all its times.
        """
        import pandas as pd

        mean, lost = self.captured.mean(axis=1), (self.captured[:1] - self.captured).mean(axis=1)
        low, high = self._bands(self.captured)
        cost_low, cost_high = self._bands(self.captured[:1] - self.captured)
        values = (
            self.minutes, self.traded.sum(axis=1).astype(int), mean, low, high, lost, cost_low, cost_high, self.total_return,
        )  # fmt: skip
        return pd.DataFrame(dict(zip(COLUMNS, values, strict=True)))

    def to_json(self) -> dict[str, Any]:
        """The table, the launches that moved, and the warnings."""
        return {
            "simulated": self.simulated,
            "launches": len(self.launches),
            "moved": list(self.moved),
            "reaction": self.table.to_dict("records"),
            "warnings": list(self.warnings),
        }

    def said(self) -> str:
        """What the curve says, and how much it may be trusted, in two or three sentences."""
        from ...data.figures import percent

        last = self.table.iloc[-1]
        few = len(self.moved)
        told = (
            f"Of {len(self.launches)} launches {few} are traded at another moment when the order is sent later. "
            f"From {self.minutes[0]} to {self.minutes[-1]} minutes the mean launch loses {percent(last['cost'])} of the net asset "
            f"value (95 % between {percent(last['cost_low'])} and {percent(last['cost_high'])})."
        )
        if few < FEWEST:
            told += f" That rests on {few} launches: it describes them, and says little of the next."
        elif last["cost_low"] <= 0.0 <= last["cost_high"]:
            told += " Chance explains a difference of this size."
        return told

    def _bands(self, values: F8) -> tuple[F8, F8]:
        rng = np.random.default_rng(SEED)
        n = values.shape[1]
        drawn: I8 = rng.integers(n, size=(DRAWS, n))
        means = np.stack([row[drawn].mean(axis=1) for row in values])
        low, high = np.quantile(means, BAND, axis=1)
        return low, high


def reaction(
    strategy: Strategy,
    launches: Launches,
    panel: Panel,
    config: Config,
    delays: Sequence[int] = DELAYS,
    on_progress: Told = lambda done, total: None,
) -> Reaction:
    """The strategy at each reaction time, compiled; ConfigError for one that gives no legs, or for times that are none."""
    if isinstance(strategy, NativeStrategy) or not isinstance(strategy, Strategy):
        raise ConfigError(
            "the reaction time can be swept for strategies that give legs; a backtrader strategy sends its own orders"
        )
    minutes = _checked(delays)
    layout, rows, traded, totals = Layout(panel), [], [], []
    moments: list[dict[int, set[tuple[int, ...]]]] = []
    with repeated(len(minutes)):
        for k, delay in enumerate(minutes):
            timed = launches.timed(reaction_minutes=float(delay), dates_known=config.dates_known)
            legs = checked_legs(strategy.legs(timed, panel), panel, len(timed))
            if k == 0:
                refuse_foresight(strategy, timed, panel, legs)
                idle = without_effect(legs, panel, config)
            moments.append(_moments(legs))
            run = simulate(legs, panel, config, layout=layout)
            answers = legs["launch"] >= 0
            nav = run.equity[legs["row"] - 1]
            share = np.divide(
                leg_profits(panel, legs, run.fills), nav, out=np.zeros(len(legs)), where=nav > 0.0
            )
            rows.append(np.bincount(legs["launch"][answers], share[answers], len(launches)))
            filled = np.unique(legs["launch"][np.unique(run.fills["leg"])])
            traded.append(np.isin(np.arange(len(launches)), filled))
            totals.append(float(run.equity[-1]) / config.capital - 1.0)
            on_progress(k + 1, len(minutes))
    met = np.array(traded).any(axis=0)
    if not met.any():
        raise ConfigError("no launch is traded at any reaction time; widen the span, or ask for other kinds")
    return Reaction(
        minutes=minutes,
        launches=tuple(launches[int(k)].id for k in np.flatnonzero(met)),
        captured=np.array(rows, np.float64)[:, met],
        traded=np.array(traded, np.float64)[:, met],
        total_return=np.array(totals),
        moved=tuple(
            launches[int(k)].id
            for k in np.flatnonzero(met)
            if any(one.get(int(k)) != moments[0].get(int(k)) for one in moments)
        ),
        simulated=panel.simulated,
        warnings=idle,
    )


def _moments(legs: NDArray[Any]) -> dict[int, set[tuple[int, ...]]]:
    """By launch, the code, row and moment from which each of its orders is there."""
    found: dict[int, set[tuple[int, ...]]] = {}
    for launch, *place in legs[["launch", "code", "row", "at"]].tolist():
        found.setdefault(launch, set()).add(tuple(place))
    return found


def _checked(delays: Sequence[int]) -> tuple[int, ...]:
    minutes = tuple(sorted(set(delays)))
    if len(minutes) < 2 or not all(isinstance(one, int) and 0 <= one <= LONGEST for one in minutes):
        raise ConfigError(
            f"reaction times are two whole numbers of minutes or more, from 0 to {LONGEST}, as 1,5,15,60"
        )
    return minutes
