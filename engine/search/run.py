"""A search in a sweep's folder: its storage, the workers it runs on, and what is written when it ends or is stopped."""

import json
import secrets
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from ...data.files import write_whole
from ..luck.trials import SweepTrials, record
from ..sweeps.folder import JOURNAL, PARETO, STUDY
from ..sweeps.job import SweepJob
from ..sweeps.points import METRICS
from ..sweeps.sweep import Best, Outcome
from ..workers.runner import Runner
from .points import Points, early
from .search import Field, Search, run_search
from .space import Space
from .storage import Say, Shared, absolute, hidden
from .table import SearchTrials, counts, pareto_rows, to_csv, to_trials, write_points


class SearchRun:
    """One process's part in a search. `storage` a journal file or a database's address, `study` its name there."""

    def __init__(
        self,
        job: SweepJob,
        search: Search,
        folder: Path,
        *,
        storage: str | None,
        study: str,
        say: Say = print,
    ) -> None:
        job.check()
        self.job, self.search, self.folder, self.study = job, search, folder, study
        self.storage = absolute(storage or str(folder / JOURNAL))
        self.shared = Shared(self.storage, study, len(search.objectives), say)
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
        points = Points(self.job, self.search.wants_capacity, runner)
        field = Field(
            Space(self.job.grid),
            points,
            Points(part, self.search.wants_capacity, runner) if part else None,
            points.errors,
        )
        before = len(self.shared.finished())
        run_search(self.search, field, self.shared, stream=self.stream, progress=progress)
        self.computed = len(self.shared.finished()) - before

    def write(self, ledger: Path | None, data: str) -> SearchTrials:
        """points.parquet (and pareto.csv) of all trials so far, by whichever process; they count in the ledger."""
        trials = to_trials(self.shared.finished())
        write_points(self.folder, self.job, self.search, trials)
        front = self._front(trials)
        if front:
            write_whole(self.folder / PARETO, to_csv(front))
        if len(trials) and ledger is not None:
            record(ledger, self._entry(trials, data))
        return trials

    def _front(self, trials: SearchTrials) -> list[dict[str, Any]]:
        several = len(self.search.objectives) > 1 and trials.complete.any()
        return pareto_rows(trials, self.job.grid, self.search) if several else []

    def _entry(self, trials: SearchTrials, data: str) -> SweepTrials:
        """What the trials add before there is a verdict: taken for independent, which errs on the side of doubt."""
        ratios = trials.measured[trials.complete, METRICS.index("sharpe")] / np.sqrt(self.job.periods)
        ratios = ratios[~np.isnan(ratios)]
        mean, variance = (float(ratios.mean()), float(ratios.var())) if len(ratios) else (0.0, 0.0)
        return SweepTrials(data, self.study, len(trials), float(len(trials)), mean, variance)

    def outcome(self, trials: SearchTrials, *, metric: str, top: int) -> Outcome:
        """The best distinct points by `metric`, and all that the summary says."""
        best, at = Best(metric, top), trials.distinct
        best.see(trials.number[at], trials.measured[at, : len(METRICS)])
        row = dict(zip(trials.number[at].tolist(), at.tolist(), strict=True))
        return Outcome(
            points=len(trials),
            computed=self.computed,
            numbers=best.numbers,
            metrics=best.metrics,
            rows=np.array([row[number] for number in best.numbers.tolist()], np.int64),
            fallbacks=best.fallbacks,
            bankrupt=best.bankrupt,
            failed=sum(map(bool, trials.errors)),
            error=next(filter(None, trials.errors), ""),
            facts=self._facts(trials),
            study=self.study,
        )

    def _facts(self, trials: SearchTrials) -> dict[str, Any]:
        """What summary.json says of a search, beside what it says of any sweep."""
        facts = {**counts(trials), "study": self.study, "storage": hidden(self.storage)}
        front = self._front(trials)
        return facts | ({"pareto": front} if front else {})
