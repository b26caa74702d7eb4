"""What a search found: every finished trial in order, the distinct points among them, and the front of several aims."""

import csv
import io
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from ...data.arrays import F8, I8, Bool
from ...data.files import whole_file
from ..sweeps.folder import POINTS
from ..sweeps.grid import Grid
from ..sweeps.job import SweepJob
from ..sweeps.points import METRICS
from ..sweeps.table import COUNTS, FLAG, column_of, metric_type
from .points import CAPACITY, COLUMNS
from .search import EARLY_STEP, Search

if TYPE_CHECKING:
    from optuna.trial import FrozenTrial


COMPLETE, PRUNED = "complete", "pruned"


@dataclass(frozen=True)
class SearchTrials:
    """Finished trials in order of their numbers, shape (n,). `measured` (n, len(COLUMNS)), NaN where pruned or failed.

    `early`: the objective on the early market, NaN without pruning. `repeat`: the point came before. `errors`: why a
    trial's point failed, empty where it did not.
    """

    trial: I8
    number: I8
    stream: I8
    complete: Bool
    repeat: Bool
    measured: F8
    early: F8
    errors: tuple[str, ...]

    def __len__(self) -> int:
        return len(self.trial)

    @property
    def distinct(self) -> I8:
        """Positions of the first complete trial of each point, in order."""
        at = np.flatnonzero(self.complete)
        _, first = np.unique(self.number[at], return_index=True)
        return np.sort(at[first])


def to_trials(stored: "list[FrozenTrial]") -> SearchTrials:
    """The trials of a storage as arrays."""
    empty = [np.nan] * len(COLUMNS)
    about = [trial.user_attrs for trial in stored]
    number = np.array([attrs["number"] for attrs in about], np.int64)
    repeat = np.ones(len(stored), bool)
    repeat[np.unique(number, return_index=True)[1]] = False
    return SearchTrials(
        trial=np.array([trial.number for trial in stored], np.int64),
        number=number,
        stream=np.array([attrs["stream"] for attrs in about], np.int64),
        complete=np.array(["measured" in attrs for attrs in about], bool),
        repeat=repeat,
        measured=np.array([attrs.get("measured", empty) for attrs in about], np.float64).reshape(
            -1, len(COLUMNS)
        ),
        early=np.array([trial.intermediate_values.get(EARLY_STEP, np.nan) for trial in stored], np.float64),
        errors=tuple(attrs.get("error", "") for attrs in about),
    )


def write_points(folder: Path, job: SweepJob, search: Search, trials: SearchTrials) -> None:
    """points.parquet: one row per trial; metrics are null where it was pruned or its point failed."""
    grid, levels = job.grid, job.grid.levels(trials.number)
    columns: dict[str, Any] = {
        name: column_of(values).take(pa.array(levels[name])) for name, values in grid.values.items()
    }
    absent = ~trials.complete | np.array([bool(error) for error in trials.errors], bool)
    for name, values in zip(METRICS, trials.measured.T, strict=False):
        kind = metric_type(name)
        columns[name] = pa.array(
            np.where(absent, 0.0, values).astype(kind.to_pandas_dtype()), kind, mask=absent
        )
    columns["trial"] = pa.array(trials.trial, pa.int32())
    columns["state"] = pa.array(np.where(trials.complete, COMPLETE, PRUNED))
    columns["repeat"] = pa.array(trials.repeat)
    if search.wants_capacity:
        columns[CAPACITY] = pa.array(trials.measured[:, -1], mask=absent)
    if search.prune:
        columns["early"] = pa.array(trials.early)
    columns |= {word: pa.array([error or None for error in trials.errors]) for word in job.words}
    with whole_file(folder / POINTS) as hidden:
        pq.write_table(pa.table(columns), hidden)


def front(aims: F8) -> I8:
    """Positions of the rows (n, objectives) that no other row dominates: as good in all aims and better in one."""
    order = np.lexsort(tuple(-aims[:, k] for k in range(aims.shape[1] - 1, -1, -1)))
    kept: list[int] = []
    for at in order:  # whatever dominates a row stands before it
        others = aims[kept]
        if not ((others >= aims[at]).all(axis=1) & (others > aims[at]).any(axis=1)).any():
            kept.append(int(at))
    return np.array(kept, np.int64)


def pareto_rows(trials: SearchTrials, grid: Grid, search: Search) -> list[dict[str, Any]]:
    """The front of several aims, best in the first aim first: trial, parameters, metrics, and capacity if wanted."""
    at = trials.distinct
    at = at[~np.isnan(trials.measured[at, 0])]  # a point that failed reached no aim
    at = at[front(search.aims(trials.measured[at]))]
    names = COLUMNS if search.wants_capacity else METRICS
    rows = []
    for k in at.tolist():
        row = {"trial": int(trials.trial[k])} | grid.point(int(trials.number[k]))
        measured = dict(zip(COLUMNS, trials.measured[k].tolist(), strict=True))
        kinds = dict.fromkeys(COUNTS, int) | {FLAG: bool}
        rows.append(row | {name: kinds.get(name, float)(measured[name]) for name in names})
    return rows


def counts(trials: SearchTrials) -> dict[str, Any]:
    """How many trials ended how, and how many each process gave (0 began the study)."""
    streams, given = np.unique(trials.stream, return_counts=True)
    return {
        "trials": len(trials),
        "complete": int(trials.complete.sum()),
        "pruned": int((~trials.complete).sum()),
        "repeats": int(trials.repeat.sum()),
        "distinct": len(np.unique(trials.number)),
        "by_process": dict(zip(map(str, streams.tolist()), given.tolist(), strict=True)),
    }


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Rows as CSV; a rule that is off is `none`, words are joined by `+`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(rows[0])
    writer.writerows([_word(value) for value in row.values()] for row in rows)
    return text.getvalue()


def _word(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return "+".join(map(str, value))
    return "none" if value is None else value
