"""What follows the last point of a sweep: confirm the best, judge, draw, sum up."""

import csv
import io
import sys
from collections.abc import Mapping
from contextlib import redirect_stdout
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..data.errors import ConfigError
from ..data.files import write_whole
from ..data.panel.benchmark import Benchmark
from ..engine.results.summary import Inputs, SweepSummary
from ..engine.sweeps.folder import POINTS, TOP, SweepFolder
from ..engine.sweeps.job import SweepJob
from ..engine.sweeps.sweep import Outcome, outcome_rows
from ..engine.workers.runner import Runner
from .question import word_of
from .watch import Watch

if TYPE_CHECKING:
    from ..engine.luck.verdict import Verdict

UNSTEADY = (
    "a point gave other figures when it ran again: the strategy draws random numbers without a seed, or keeps something "
    "from one run to the next in its class or module; no figure of this sweep can be relied upon"
)


@dataclass(frozen=True)
class Ending:
    """How long the points took, what the market had to leave out, and what was asked for besides the table."""

    seconds: float
    warnings: tuple[str, ...]
    metric: str
    confirm: int
    judge: bool
    page: bool
    runs: int = 0
    inputs: Inputs | None = None
    benchmark: Benchmark | None = None  # of the runs that are written whole


def finish(
    job: SweepJob,
    folder: SweepFolder,
    asked: Mapping[str, Any],
    outcome: Outcome,
    ending: Ending,
    *,
    runner: Runner,
    watch: Watch,
) -> None:
    """Confirm the best points, judge and draw the sweep if asked to, and write top.csv and summary.json."""
    if not len(outcome.numbers):
        raise ConfigError(f"all {outcome.points:,} points failed, the first one: {outcome.error}")
    job.refuse_foresight(int(outcome.numbers[0]))
    rows = outcome_rows(job.grid, outcome.numbers, outcome.metrics)
    figures = figures_of(job, asked, outcome, ending, rows)
    watch.ranked(SweepSummary.of(figures), to_csv(rows))
    figures["confirmed"] = _confirmed(job, outcome, ending.confirm, watch)
    if figures["confirmed"] < min(ending.confirm, len(rows)):
        figures["warnings"].append(UNSTEADY)
        watch.warn(UNSTEADY)
    verdict = _judged(job, folder, asked, outcome, ending, runner, watch) if ending.judge else None
    figures |= {"executor": runner.name, "run_again": runner.retried}
    figures["verdict"] = verdict.to_json() if verdict else None
    summary = replace(SweepSummary.of(figures), inputs=ending.inputs)
    if runner.retried:
        watch.warn(
            f"{runner.retried} pieces of work ran again because their workers were lost; no figure depends on it"
        )
    write_whole(folder.path / TOP, to_csv(rows))
    runs = _write_runs(job, folder, rows[: ending.runs], summary.strategy, ending.benchmark, watch)
    if ending.page:
        _draw(folder, summary, dict(zip(outcome.rows.tolist(), runs, strict=False)), watch)
    folder.end(summary)


def figures_of(
    job: SweepJob, asked: Mapping[str, Any], outcome: Outcome, ending: Ending, rows: list[dict[str, Any]]
) -> dict[str, Any]:
    """What summary.json says of a sweep before its best points are looked at again."""
    return {
        "points": outcome.points,
        "seconds": round(ending.seconds, 3),
        "points_per_second": round(outcome.computed / ending.seconds, 3) if outcome.computed else None,
        "metric": ending.metric,
        "best": rows[0],
        "failed": outcome.failed,
        "first_failure": outcome.error or None,
        **outcome.facts,
        "fallbacks": outcome.fallbacks,
        "bankrupt": outcome.bankrupt,
        "periods_per_year": job.periods,
        "threads": job.threads,
        "warnings": list(ending.warnings),
        **asked,
    }


def _confirmed(job: SweepJob, outcome: Outcome, count: int, watch: Watch) -> int:
    """How many of the best points are the same when they run again."""
    numbers, metrics = outcome.numbers[:count].tolist(), outcome.metrics[:count]
    if not numbers:
        return 0
    with watch.stage(f"running the best {len(numbers)} again on backtrader"):
        return sum(job.confirm(number, row) for number, row in zip(numbers, metrics, strict=True))


def _judged(
    job: SweepJob,
    folder: SweepFolder,
    asked: Mapping[str, Any],
    outcome: Outcome,
    ending: Ending,
    runner: Runner,
    watch: Watch,
) -> "Verdict":
    """The verdict, with every sweep on the same bars whose folder stands beside this one."""
    from ..engine.sweeps.verdict import LEDGER, Tried, judged

    points = len(job.grid) if outcome.study is None else outcome.points
    name = outcome.study or word_of(asked)
    tried = Tried(word_of(asked["data"]), name, points, folder.path.absolute().parent / LEDGER)
    best = int(outcome.numbers[0])
    with watch.stage("judging the sweep"):
        return judged(job, best, tried, metric=ending.metric, kept=outcome.curves, runner=runner)


def _write_runs(
    job: SweepJob,
    folder: SweepFolder,
    rows: list[dict[str, Any]],
    name: str,
    benchmark: Benchmark | None,
    watch: Watch,
) -> list[str]:
    """The whole runs of the best points, as a backtest writes them; names of their folders."""
    if not rows:
        return []
    from ..engine.backtest.backtest import RunOptions, backtest
    from ..reports import write_report

    with watch.stage(f"writing the runs of the best {len(rows)}"):
        for rank, row in enumerate(rows, 1):
            values = {key: row[key] for key in job.grid.values}
            at = job.under(values)
            options = RunOptions(name=name, parameters=values, benchmark=benchmark)
            with redirect_stdout(sys.stderr):  # what a strategy of one's own prints
                result = backtest(job.strategy(values), at.launches, at.panel, at.config, options=options)
            write_report(result, folder.path / f"top-{rank}")
            folder.runs.append(f"top-{rank}")
    return folder.runs


def _draw(folder: SweepFolder, summary: SweepSummary, runs: Mapping[int, str], watch: Watch) -> None:
    """`runs`: the folder of each whole run, by its row of points.parquet."""
    import pandas as pd

    from ..reports import write_sweep

    with watch.stage("drawing the map"):
        points = pd.read_parquet(folder.path / POINTS)
        if runs:
            points.loc[list(runs), "run"] = list(runs.values())
            points["run"] = points["run"].fillna("")
        write_sweep(points, list(summary.grid), folder.path, summary=summary)
        folder.drawn()


def to_csv(rows: list[dict[str, Any]]) -> str:
    """Rank, parameters and metrics of the best points; a rule that is off is `none`."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["rank", *rows[0]])
    for rank, row in enumerate(rows, 1):
        writer.writerow([rank, *map(_word, row.values())])
    return text.getvalue()


def _word(value: Any) -> Any:
    if isinstance(value, tuple | list):
        return "+".join(map(str, value))
    return "none" if value is None else value
