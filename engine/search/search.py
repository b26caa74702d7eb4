"""A search: points of a grid chosen by what the points before them did, in batches that compiled code runs at once.

Every batch starts from the trials in the storage and its random numbers from how many there are. So a search by one
process is the same however it was stopped, and several processes on one storage work on one study.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol

import numpy as np

from ...data.arrays import F8, I8, Bool
from ...data.errors import ConfigError
from .points import CAPACITY, COLUMNS, Measure
from .space import Space
from .study import PRUNERS, SAMPLERS, known, private, pruner, recall, sampler

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial, Trial

Step = Callable[[int], None]

BATCH = 64  # points asked for at once: one pass of the lanes
MOST_BATCH = 4096
# What a search can aim at; more is better in every column.
OBJECTIVES = {
    "return": "total_return", "drawdown": "max_drawdown", "capacity": CAPACITY,
    "sharpe": "sharpe", "sortino": "sortino", "calmar": "calmar", "cagr": "cagr",
}  # fmt: skip
LOWEST = -1e300  # of an objective that is not defined
EARLY_STEP = 1  # at which a trial reports its early market


@dataclass(frozen=True)
class Search:
    """How to search: `kind` tpe or nsga2, up to `trials` in all; `prune` median, halving or None."""

    kind: str
    trials: int
    objectives: tuple[str, ...]
    seed: int = 0
    batch: int = BATCH
    prune: str | None = None

    def __post_init__(self) -> None:
        known(self.kind, SAMPLERS, "search")
        if self.trials < 1:
            raise ConfigError(f"`trials` must be at least 1, not {self.trials}")
        if not 2 <= self.batch <= MOST_BATCH:
            raise ConfigError(f"`batch` must be from 2 to {MOST_BATCH:,}, not {self.batch}")
        for aim in self.objectives:
            known(aim, tuple(OBJECTIVES), "objective")
        if len(set(self.objectives)) < len(self.objectives) or not self.objectives:
            raise ConfigError("`objective` names each aim once, such as return,drawdown")
        if self.prune is not None:
            known(self.prune, PRUNERS, "pruner")
            if len(self.objectives) > 1:
                raise ConfigError("`prune` needs a single objective: it asks which of two trials is worse")

    @property
    def wants_capacity(self) -> bool:
        """Whether every point has to be run for its capacity too."""
        return CAPACITY in self.objectives

    def aims(self, table: F8) -> F8:
        """The objectives (points, objectives) of rows of COLUMNS, the undefined ones at their worst."""
        reached = table[:, [COLUMNS.index(OBJECTIVES[aim]) for aim in self.objectives]]
        return np.where(np.isnan(reached), LOWEST, reached)


@dataclass(frozen=True)
class Field:
    """What is searched: the grid's space, `measure` of its points, and `early` of them on the early market (pruning).

    `errors` says of points that were measured why they failed, by number.
    """

    space: Space
    measure: Measure
    early: Measure | None = None
    errors: Mapping[int, str] = field(default_factory=dict)


class Storage(Protocol):
    """Where finished trials are kept."""

    def finished(self) -> "list[FrozenTrial]":
        """All trials in order of their numbers; not to be changed."""

    def add(self, trials: "Sequence[FrozenTrial]") -> None:
        """Keep more of them."""


def run_search(
    search: Search, field: Field, shared: Storage, *, stream: int = 0, progress: Step | None = None
) -> None:
    """Ask, measure and tell until the storage holds `search.trials` finished trials.

    `stream` names this process among those that share the storage; 0 is the one that began. An exception
    (Ctrl-C) loses the batch under way, nothing else.
    """
    worker = Worker(search, field, stream)
    stored = worker.catch_up(shared.finished())
    while len(stored) < search.trials:
        if progress:
            progress(len(stored))
        finished = worker.batch(search.trials)
        room = search.trials - len(shared.finished())
        shared.add(finished[: max(room, 0)])
        stored = worker.catch_up(shared.finished())
    if progress:
        progress(len(stored))


class Worker:
    """One process of a search: its private copy of the study, and what it knows of points so far."""

    def __init__(self, search: Search, field: Field, stream: int) -> None:
        self.search, self.field, self.stream = search, field, stream
        self.study = private(len(search.objectives), pruner(search.prune, search.batch))
        self.distributions = field.space.distributions()
        self.started = False
        self.seen = set[int]()  # numbers in the storage
        self.asked = set[int]()  # my own trials, by their numbers in the private copy
        self.again = 0  # first trials of the next batch that are stored already
        self.whole: dict[int, F8] = {}  # rows of COLUMNS
        self.early: dict[int, F8] = {}
        self.errors: dict[int, str] = {}  # as other processes told them

    def catch_up(self, stored: "list[FrozenTrial]") -> "list[FrozenTrial]":
        """Copy what others have finished. A batch of a lonely process that was cut off is asked again as a whole."""
        fresh = [trial for trial in stored if trial.number not in self.seen]
        copied = [trial for trial in fresh if not self._is_mine(trial)]
        if not self.started and all(trial.user_attrs["stream"] == self.stream == 0 for trial in stored):
            self.again = len(stored) % self.search.batch
            copied = fresh[: len(fresh) - self.again]
        for trial in copied:
            self.study.add_trial(trial)
            if "measured" in trial.user_attrs:
                number = trial.user_attrs["number"]
                self.whole[number] = np.array(trial.user_attrs["measured"], np.float64)
                self.errors[number] = trial.user_attrs.get("error", "")
        self.seen |= {trial.number for trial in fresh}
        if not self.started:
            recall(sampler(self.search.kind, self.search.batch, ()), self.study)
        self.started = True
        return stored

    def _is_mine(self, trial: "FrozenTrial") -> bool:
        return trial.user_attrs["stream"] == self.stream and trial.user_attrs["asked"] in self.asked

    def batch(self, trials: int) -> "list[FrozenTrial]":
        """The next trials, finished, without those that are stored already."""
        size = min(self.search.batch, trials - len(self.seen) + self.again)
        seed = (self.search.seed, self.stream, len(self.study.get_trials(deepcopy=False)))
        self.study.sampler = sampler(self.search.kind, self.search.batch, seed)
        asked = [self.study.ask(self.distributions) for _ in range(size)]
        numbers = np.array([self.field.space.number(trial.params) for trial in asked], np.int64)
        runs = self._survivors(asked, numbers)
        self._measure(numbers[runs], self.field.measure, self.whole)
        finished = [self._tell(*trial) for trial in zip(asked, numbers.tolist(), runs.tolist(), strict=True)]
        self.asked |= {trial.number for trial in finished}
        finished, self.again = finished[self.again :], 0
        return finished

    def _survivors(self, asked: "list[Trial]", numbers: I8) -> Bool:
        """Which trials run on the whole market: all, or those that did not do worse on its early part."""
        if self.field.early is None:
            return np.ones(len(asked), bool)
        self._measure(numbers, self.field.early, self.early)
        for trial, number in zip(asked, numbers.tolist(), strict=True):
            trial.report(float(self.search.aims(self.early[number][None])[0, 0]), EARLY_STEP)
        return np.array([not trial.should_prune() for trial in asked], bool)

    def _measure(self, numbers: I8, measure: Measure, known: dict[int, F8]) -> None:
        """Measure each point that is not known yet, once."""
        new = np.unique([number for number in numbers.tolist() if number not in known]).astype(np.int64)
        if len(new):
            known.update(zip(new.tolist(), measure(new), strict=True))

    def _tell(self, trial: "Trial", number: int, runs: bool) -> "FrozenTrial":
        from optuna.trial import TrialState

        point = _plain(self.field.space.grid.point(number))
        about = {"stream": self.stream, "asked": trial.number, "number": number, "point": point}
        for name, value in about.items():
            trial.set_user_attr(name, value)
        if not runs:
            return self.study.tell(trial, state=TrialState.PRUNED)
        row, error = self.whole[number], self.field.errors.get(number) or self.errors.get(number)
        trial.set_user_attr("measured", [None if np.isnan(value) else value for value in row.tolist()])
        if error:
            trial.set_user_attr("error", error)
        return self.study.tell(trial, self.search.aims(row[None])[0].tolist())


def _plain(point: dict[str, object]) -> dict[str, object]:
    return {name: list(value) if isinstance(value, tuple) else value for name, value in point.items()}
