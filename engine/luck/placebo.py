"""The same legs where nothing was announced: on other days, or on other launches' codes.

`run` is the compiled engine seen from here: legs in, daily returns (T,) out. The p-value is one-sided, that placebos
do as well as the strategy; with n draws it cannot be smaller than its resolution 1 / (n + 1).
"""

from collections.abc import Callable, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ...data.arrays import F8, I1, I4, Bool
from ...data.errors import ConfigError
from ...data.minutes.minutes import NO_MINUTES
from ...data.panel.panel import TRADING, Panel
from ...data.panel.returns import Returns, panel_returns
from ..compiled.simulate import simulated_equity
from ..compiled.windows import Layout
from ..config import Config
from ..legs import sessions_held
from ..machine.code import repeated
from ..results.metrics import session_returns
from ..workers.runner import spread

Legs = NDArray[Any]
Run = Callable[[Legs], F8]  # one that makes several `portfolios` of a table says how many

TRAIL = 20  # sessions of the volatility that placebo days are matched on
BAND = 1 / 6  # of the volatility's ranks, to either side
LEG_RUNS = 200_000  # legs run in one piece of work: a tenth of a second
LEAST = 10  # candidate days per launch before a criterion is dropped


@dataclass(frozen=True)
class Placebo:
    """`real`: mean daily return of the strategy; `draws` (n,) the same of its placebos.

    `relaxed`: launches with too few days that match on everything and lie apart from other launches; `unmatched`: those that kept their own day.
    """

    kind: str
    real: float
    draws: F8
    relaxed: int = 0
    unmatched: int = 0

    @property
    def p(self) -> float:
        """Share of placebos, the strategy counted in, that did at least as well."""
        return (1 + int((self.draws >= self.real).sum())) / (1 + len(self.draws))

    @property
    def resolution(self) -> float:
        """Smallest p-value that this many draws can give."""
        return 1 / (1 + len(self.draws))


@dataclass(frozen=True)
class ThroughEngine:
    """The compiled engine as a `Run`: daily returns of a portfolio under `config`; market data are laid out once.

    Minute bars are left out, of the real legs as of the others: there are some of the days of launches only, and an order in them
    would be held against one that had to wait for the close.
    """

    panel: Panel
    config: Config

    def __post_init__(self) -> None:
        if len(self.panel.minutes):
            object.__setattr__(self, "panel", replace(self.panel, minutes=NO_MINUTES))

    def __getstate__(self) -> dict[str, Any]:
        return {"panel": self.panel, "config": self.config}

    @cached_property
    def _layout(self) -> Layout:
        return Layout(self.panel)

    def __call__(self, legs: Legs) -> F8:
        equity = simulated_equity(legs, self.panel, self.config, layout=self._layout)
        return session_returns(equity, self.config.capital)


def placebo_days(
    run: Run, legs: Legs, panel: Panel, *, draws: int = 1_000, seed: int = 0, executor: Executor | None = None
) -> Placebo:
    """Every launch's legs moved together to a random day of the same weekday, codes listed, volatility alike.

    The same draws with every executor; one of other processes needs a `run` that pickles, as ThroughEngine does.
    """
    _refuse_empty(legs, draws)
    rng = np.random.default_rng(seed)
    returns = panel_returns(panel)
    groups = tuple(np.flatnonzero(legs["launch"] == k) for k in np.unique(legs["launch"]))
    busy = _busy(legs, panel)
    choices, relaxed, unmatched = [], 0, 0
    for group in groups:
        days, how = _matched_days(legs[group], panel, returns, busy)
        relaxed += how == "relaxed"
        unmatched += how == "none"
        choices.append(days)
    found = _means(run, _other_days(legs, groups, panel), _drawn(choices, draws, rng), executor)
    return Placebo("days", float(run(legs).mean()), found, relaxed, unmatched)


def placebo_codes(
    run: Run, legs: Legs, panel: Panel, *, draws: int = 1_000, seed: int = 0, executor: Executor | None = None
) -> Placebo:
    """Every leg on a code of some other leg of the same side and exchange that trades that day: do the names matter?

    Draws and executors as for `placebo_days`.
    """
    _refuse_empty(legs, draws)
    rng = np.random.default_rng(seed)
    exchange = panel.exchange_of[legs["code"]]
    pools = []
    for leg, place in zip(legs, exchange, strict=True):
        alike = np.unique(legs["code"][(legs["side"] == leg["side"]) & (exchange == place)])
        listed = alike[panel.status[leg["row"], alike] == TRADING]
        pools.append(listed if len(listed) else np.array([leg["code"]]))
    means = _means(run, _OtherCodes(legs), _drawn(pools, draws, rng), executor)
    alone = sum(len(pool) < 2 for pool in pools)
    return Placebo("codes", float(run(legs).mean()), means, 0, alone)


def _drawn(pools: Sequence[NDArray[Any]], draws: int, rng: np.random.Generator) -> I4:
    """One of each pool in each draw, (draws, pools): as `rng.choice` one after another, which is slow."""
    places = rng.integers(np.array([len(pool) for pool in pools]), size=(draws, len(pools)))
    return np.column_stack([pool[places[:, k]] for k, pool in enumerate(pools)]).astype(np.int32)


@dataclass(frozen=True)
class _OtherDays:
    """Legs with each launch's moved to the row of a draw, so that its first starts there.

    `group` is each leg's launch, `after` its rows after that launch's first leg, `exchange` its own; `reached` the
    first open row of each exchange from each row on, (exchanges, T).
    """

    legs: Legs
    group: NDArray[np.intp]
    after: I4
    exchange: I1
    reached: I4

    def __call__(self, starts: I4) -> Legs:
        moved, rows = self.legs.copy(), starts[self.group] + self.after
        inside = rows < self.reached.shape[1]
        rows[inside] = self.reached[self.exchange[inside], rows[inside]]
        moved["row"] = rows
        return moved[np.argsort(moved["row"], kind="stable")]


def _other_days(legs: Legs, groups: Sequence[NDArray[np.intp]], panel: Panel) -> _OtherDays:
    group, first = np.empty(len(legs), np.intp), np.empty(len(legs), np.int32)
    for k, members in enumerate(groups):
        group[members], first[members] = k, legs["row"][members].min()
    t = np.arange(len(panel), dtype=np.int32)
    # where no session follows, a leg keeps its row
    open_row = np.where(panel.exchange_open.T, t, len(panel)).astype(np.int32)
    reached = np.minimum.accumulate(open_row[:, ::-1], axis=1)[:, ::-1]
    reached = np.where(reached < len(panel), reached, t)
    return _OtherDays(legs, group, legs["row"] - first, panel.exchange_of[legs["code"]], reached)


@dataclass(frozen=True)
class _OtherCodes:
    """Legs on the codes of a draw."""

    legs: Legs

    def __call__(self, codes: I4) -> Legs:
        moved = self.legs.copy()
        moved["code"] = codes
        return moved


def _means(run: Run, moved: Callable[[I4], Legs], drawn: I4, executor: Executor | None) -> F8:
    """Mean daily return of the legs of each draw, in pieces that are worth sending."""
    work = len(moved(drawn[0])) * getattr(run, "portfolios", 1)
    parts = np.array_split(drawn, min(len(drawn), max(1, len(drawn) * work // LEG_RUNS)))
    return np.concatenate(spread(executor, _some_means, (run, moved, len(drawn)), parts))


def _some_means(run: Run, moved: Callable[[I4], Legs], draws: int, drawn: I4) -> F8:
    """Of some of all the draws."""
    with repeated(draws):
        return np.array([run(moved(one)).mean() for one in drawn])


def _refuse_empty(legs: Legs, draws: int) -> None:
    if not len(legs):
        raise ConfigError(
            "there are no legs to compare with placebos; the strategy answered none of the launches"
        )
    if not 19 <= draws <= 1_000_000:
        raise ConfigError(f"{draws} placebo draws: take 19 (p down to 5 %) to 1,000,000")


def _span(legs: Legs) -> int:
    return int((legs["wait"] + sessions_held(legs)).max()) + 1


def _busy(legs: Legs, panel: Panel) -> Bool:
    """Rows (T, N) from which a leg would be held into a real one of the code, or begin within it."""
    busy = np.zeros(panel.status.shape, bool)
    for leg, held in zip(legs, sessions_held(legs), strict=True):
        busy[max(0, leg["row"] - held - 1) : leg["row"] + held + 1, leg["code"]] = True
    return busy


def _matched_days(legs: Legs, panel: Panel, returns: Returns, busy: Bool) -> tuple[NDArray[np.intp], str]:
    """Rows to which a launch's legs may be moved, and whether the match is `full`, `relaxed` or `none`.

    With fewer than LEAST the weekday is given up first, then volatility; days near other launches come last.
    """
    start, codes = int(legs["row"].min()), np.unique(legs["code"])
    volatility = _volatility(returns, codes)
    rows = np.arange(len(panel))
    listed = np.isfinite(volatility) & (panel.status[:, codes] == TRADING).all(axis=1)
    possible = listed & (rows + _span(legs) + int(np.ptp(legs["row"])) < len(panel)) & (rows != start)
    quiet = ~busy[:, codes].any(axis=1)
    weekday = (
        panel.sessions.astype("datetime64[D]").astype(int) - int(panel.sessions[start].astype(int))
    ) % 7 == 0
    rank = np.full(len(panel), np.nan)
    rank[listed] = volatility[listed].argsort().argsort() / max(1, int(listed.sum()))
    here = rank[start] if np.isfinite(rank[start]) else 0.5
    alike = np.abs(rank - here) <= BAND
    for how, wanted in (
        ("full", quiet & weekday & alike),
        ("relaxed", quiet & alike),
        ("relaxed", quiet),
        ("relaxed", alike),
        ("relaxed", np.ones(len(panel), bool)),
    ):
        days = np.flatnonzero(possible & wanted)
        if len(days) >= LEAST:
            return days, how
    return np.array([start]), "none"


def _volatility(returns: Returns, codes: I4) -> F8:
    """Mean deviation of the codes' last 20 rows before each row, (T,); NaN with fewer than half of them traded."""
    part = returns.simple[:, codes]
    seen = np.isfinite(part)
    total = [np.cumsum(np.vstack([np.zeros(len(codes)), x]), axis=0) for x in (
        seen.astype(float), np.where(seen, part, 0.0), np.where(seen, part, 0.0) ** 2
    )]  # fmt: skip
    begin = np.maximum(np.arange(len(part)) - TRAIL, 0)
    n, first, second = (x[:-1] - x[begin] for x in total)
    enough = n >= TRAIL / 2
    divisor = np.where(enough, n, 1.0)
    variance = np.where(enough, second / divisor - (first / divisor) ** 2, np.nan)
    return np.asarray(np.sqrt(np.maximum(variance, 0.0)).mean(axis=1))
