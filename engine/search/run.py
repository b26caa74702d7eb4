"""A search in a sweep's folder: its storage, the workers it runs on, and what is written when it ends or is stopped."""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from ...data.files import write_whole
from ..luck.trials import SweepTrials, record
from ..sweeps.folder import PARETO
from ..sweeps.grid import Grid
from ..sweeps.job import Job
from ..sweeps.points import METRICS
from ..sweeps.sweep import Best, Outcome, check_values
from ..workers.runner import Runner
from .points import Points, early
from .search import Field, Search, run_search
from .space import Space
from .study import Shared, hidden
from .table import Trials, counts, pareto_rows, to_csv, to_trials, write_points

STUDY = "search.json"  # which study, and which of its processes this folder is
JOURNAL = "search.journal"  # the storage of a search that names no other


@dataclass(frozen=True)
class SearchOutcome(Outcome):
    """What a search found; `points` are its trials."""

    search: Search
    trials: Trials
    study: str
    storage: str
    pareto: tuple[dict[str, Any], ...]

    def rows_of(self, grid: Grid) -> list[int]:
        """Rows of points.parquet in which the best points stand."""
        at = self.trials.distinct
        row = dict(zip(self.trials.number[at].tolist(), at.tolist(), strict=True))
        return [row[number] for number in self.numbers.tolist()]

    def summary(self) -> dict[str, Any]:
        """What summary.json says of the search, beside what it says of any sweep."""
        found = {**counts(self.trials), "study": self.study, "storage": hidden(self.storage)}
        return found | ({"pareto": list(self.pareto)} if self.pareto else {})


class SearchRun:
    """One process's part in a search. `storage` a journal file or a database's address, `study` its name there."""

    def __init__(self, job: Job, search: Search, folder: Path, *, storage: str | None, study: str) -> None:
        check_values(job)
        self.job, self.search, self.folder, self.study = job, search, folder, study
        self.storage = storage or str(folder / JOURNAL)
        self.shared = Shared(self.storage, study, len(search.objectives))
        self.stream = self._stream(mine=storage is None)
        self.computed = 0

    def _stream(self, *, mine: bool) -> int:
        """0 for the process that began the study, also when it comes back; else a number of its own."""
        with suppress(OSError, ValueError, KeyError, TypeError):
            return int(json.loads((self.folder / STUDY).read_text(encoding="utf-8"))["stream"])
        stream = 0 if mine or self.shared.created else 1 + secrets.randbelow(2**31)
        write_whole(self.folder / STUDY, json.dumps({"study": self.study, "stream": stream}) + "\n")
        return stream

    def run(self, runner: Runner | None, progress: Callable[[int], None] | None = None) -> None:
        """Ask and measure until the study has its trials."""
        part = early(self.job) if self.search.prune else None
        field = Field(
            Space(self.job.grid),
            Points(self.job, self.search.wants_capacity, runner),
            Points(part, self.search.wants_capacity, runner) if part else None,
        )
        before = len(self.shared.finished())
        run_search(self.search, field, self.shared, stream=self.stream, progress=progress)
        self.computed = len(self.shared.finished()) - before

    def write(self, ledger: Path, data: str) -> Trials:
        """points.parquet (and pareto.csv) of all trials so far, by whichever process; they count in the ledger."""
        trials = to_trials(self.shared.finished())
        write_points(self.folder, self.job.grid, self.search, trials)
        front = self._front(trials)
        if front:
            write_whole(self.folder / PARETO, to_csv(front))
        if len(trials):
            record(ledger, self._entry(trials, data))
        return trials

    def _front(self, trials: Trials) -> list[dict[str, Any]]:
        several = len(self.search.objectives) > 1 and trials.complete.any()
        return pareto_rows(trials, self.job.grid, self.search) if several else []

    def _entry(self, trials: Trials, data: str) -> SweepTrials:
        """What the trials add before there is a verdict: taken for independent, which errs on the side of doubt."""
        ratios = trials.measured[trials.complete, METRICS.index("sharpe")] / np.sqrt(self.job.periods)
        mean, variance = (float(ratios.mean()), float(ratios.var())) if len(ratios) else (0.0, 0.0)
        return SweepTrials(data, self.study, len(trials), float(len(trials)), mean, variance)

    def outcome(self, trials: Trials, *, metric: str, top: int) -> SearchOutcome:
        """The best distinct points by `metric`, and all that the summary says."""
        best, at = Best(metric, top), trials.distinct
        best.see(trials.number[at], trials.measured[at, : len(METRICS)])
        found = (len(trials), self.computed, best.numbers, best.metrics, best.fallbacks, best.bankrupt)
        front = tuple(self._front(trials))
        return SearchOutcome(*found, self.search, trials, self.study, self.storage, front)
