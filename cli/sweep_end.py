"""What follows the last point of a sweep: confirm, judge, draw, sum up, print; and the bar until then."""

import json
import shutil
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from ..data.files import write_whole
from ..engine.results.summary import Inputs, SweepSummary
from ..engine.sweeps.folder import ASKED, PARETO, POINTS, TOP, SweepFolder
from ..engine.sweeps.job import Job
from ..engine.sweeps.sweep import Outcome, outcome_rows
from ..engine.workers.runner import Runner
from .options import print_json, warn
from .progress import Pace, working

if TYPE_CHECKING:
    from ..engine.luck.verdict import Verdict
    from ..engine.sweeps.native import NativeOutcome
    from ..engine.sweeps.native_chunk import NativeJob

SHOWN = ("sharpe", "total_return", "max_drawdown", "fills", "blocked")
PRINTED = 10


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


def finish(
    job: "Job | NativeJob", folder: SweepFolder, outcome: Outcome, ending: Ending, runner: Runner
) -> None:
    """Confirm the best points, judge and draw the sweep if asked to, and write top.csv and summary.json."""
    facts = outcome.summary()
    rows = outcome_rows(job.grid, outcome.numbers, outcome.metrics)
    asked = json.loads((folder.path / ASKED).read_text(encoding="utf-8"))
    figures: dict[str, Any] = {
        "points": outcome.points,
        "seconds": round(ending.seconds, 3),
        "points_per_second": round(outcome.computed / ending.seconds, 3) if outcome.computed else None,
        "metric": ending.metric,
        "best": rows[0],
        "confirmed": _confirmed(job, outcome, rows[: ending.confirm]),
        **facts,
        "fallbacks": outcome.fallbacks,
        "bankrupt": outcome.bankrupt,
        "periods_per_year": job.periods,
        "threads": job.threads,
        "executor": runner.name,
        "run_again": runner.retried,
        "warnings": list(ending.warnings),
        **asked,
    }
    if figures["confirmed"] < min(ending.confirm, len(rows)):
        figures["warnings"].append(UNSTEADY)
        warn(UNSTEADY)
    if runner.retried:
        warn(
            f"{runner.retried} pieces of work ran again because their workers were lost; no figure depends on it"
        )
    found = _judge(job, folder, outcome, asked, runner) if ending.judge else None
    figures["verdict"] = found.to_json() if found else None
    summary = replace(SweepSummary.of(figures), inputs=ending.inputs)
    write_whole(folder.path / TOP, _csv(rows))
    runs = _write_runs(job, folder, rows[: ending.runs], summary.strategy)
    if ending.page:
        rows_of = outcome.rows_of(job.grid)
        _draw(folder, summary, dict(enumerate(rows_of[: len(runs)], 1)))
    folder.end(summary)


def _confirmed(job: "Job | NativeJob", outcome: Outcome, rows: list[dict[str, Any]]) -> int:
    if not rows:
        return 0
    with working(f"running the best {len(rows)} again on backtrader"):
        if isinstance(job, Job):
            from ..engine.sweeps.confirm import confirm_all

            return confirm_all(job, rows)
        from ..engine.sweeps.native import confirm_native

        return confirm_native(job, outcome.numbers[: len(rows)], outcome.metrics[: len(rows)])


def _judge(
    job: "Job | NativeJob", folder: SweepFolder, outcome: Outcome, asked: Mapping[str, Any], runner: Runner
) -> "Verdict":
    """The verdict, with every sweep on the same bars whose folder stands beside this one."""
    from ..engine.sweeps.verdict import LEDGER, judged

    with working("judging the sweep"):
        names = (word_of(asked["data"]), word_of(asked))
        ledger, best = folder.path.parent / LEDGER, int(outcome.numbers[0])
        if not isinstance(job, Job):
            from ..engine.sweeps.native import judged_native

            return judged_native(job, cast("NativeOutcome", outcome), ledger, names, runner)
        from ..engine.search.run import SearchOutcome

        if isinstance(outcome, SearchOutcome):
            return judged(job, best, ledger, (names[0], outcome.study, len(outcome.trials)), executor=runner)
        return judged(job, best, ledger, names, executor=runner)


def word_of(value: Any) -> str:
    """A short name of plain values, in the ledger of trials."""
    import hashlib

    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()[:16]


def _write_runs(
    job: "Job | NativeJob", folder: SweepFolder, rows: list[dict[str, Any]], name: str
) -> list[str]:
    """The whole runs of the best points, as `backtest` writes them; names of their folders. Older ones go."""
    for old in folder.path.glob("top-*/"):
        shutil.rmtree(old)
    if not rows:
        return []
    from ..engine.backtest.backtest import RunOptions, backtest
    from ..reports import write_report

    made = []
    with working(f"writing the runs of the best {len(rows)}"):
        for rank, row in enumerate(rows, 1):
            values = {key: row[key] for key in job.grid.values}
            options = RunOptions(name=name, parameters=values)
            with redirect_stdout(sys.stderr):  # what a strategy of one's own prints
                result = backtest(job.build(values), job.launches, job.panel, job.config, options=options)
            write_report(result, folder.path / f"top-{rank}")
            made.append(f"top-{rank}")
    return made


def _draw(
    folder: SweepFolder,
    summary: SweepSummary,
    runs: Mapping[int, int],
) -> None:
    """`runs`: the row of points.parquet of each whole run, by its rank."""
    import pandas as pd

    from ..reports import write_sweep

    with working("drawing the map"):
        points = pd.read_parquet(folder.path / POINTS)
        if runs:
            points.loc[list(runs.values()), "run"] = [f"top-{rank}" for rank in runs]
            points["run"] = points["run"].fillna("")
        write_sweep(points, list(summary.grid), folder.path, summary=summary)


def _csv(rows: list[dict[str, Any]]) -> str:
    """Rank, parameters and metrics of the best points; a rule that is off is `none`."""
    import csv
    import io

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


def show(folder: Path, *, as_json: bool) -> None:
    """The summary on stdout: JSON, or the best points in a few lines with where the table is."""
    summary = SweepSummary.read(folder)
    if as_json:
        print_json(summary.to_json())
        return
    import csv

    speed = f", {summary.points_per_second:,.0f} a second" if summary.points_per_second else ""
    what = "trials" if summary.search else "points"
    click.echo(f"{summary.points:,} {what} of {summary.strategy} in {summary.seconds:.1f} s{speed}")
    if summary.search:
        click.echo(
            f"{summary.distinct:,} distinct points, {summary.pruned:,} trials pruned on the early market"
        )
    with (folder / TOP).open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))[:PRINTED]
    names = ["rank", *summary.grid, *SHOWN]
    cells = [names, *([_short(row[name]) for name in names] for row in rows)]
    widths = [max(len(line[k]) for line in cells) for k in range(len(names))]
    for line in cells:
        click.echo("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
    if summary.failed:
        click.echo(f"{summary.failed:,} of the points failed; the column error of {POINTS} says why.")
    if summary.pareto:
        click.echo(f"{len(summary.pareto):,} points that no other beats in every aim: {folder / PARETO}")
    if summary.confirmed:
        click.echo(f"The best {summary.confirmed} run again on backtrader: the same.")
    click.echo(summary.judgement.text if summary.judgement else BEWARE)
    click.echo(f"{folder / POINTS}")


UNSTEADY = (
    "a point gave other figures when it ran again: the strategy draws random numbers without a seed, or keeps something "
    "from one run to the next in its class or module; no figure of this sweep can be relied upon"
)
BEWARE = "The best of many points looks good by construction; leave out --quick to see how much of it is selection."


def _short(text: str) -> str:
    """A number of the table in at most four decimals, words as they are."""
    try:
        return f"{float(text):.4f}".rstrip("0").rstrip(".")
    except ValueError:
        return text


@contextmanager
def progress(what: str, total: int, note: Callable[[], str] = str) -> Iterator[Callable[..., None]]:
    """A bar on stderr with points a second and the time left, and what `note` says; nothing when piped.

    Call what it gives with the points done, and those of them that failed.
    """
    if not sys.stderr.isatty():
        yield lambda done, failed=0: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, Task, TextColumn
    from rich.text import Text

    pace = Pace()

    class Speed(TextColumn):
        """Points a second, and the time left."""

        def render(self, task: Task) -> Text:
            speed = pace.speed()
            return Text(f"{speed:,.{0 if speed >= 10 else 1}f} points/s {pace.left(total)}")

    class Note(TextColumn):
        """Chunks, and workers that were lost."""

        def render(self, task: Task) -> Text:
            return Text(note())

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        Speed(""),
        Note(""),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(what, total=total)

        def step(done: int, failed: int = 0) -> None:
            pace.see(done)
            bar.update(task, completed=done, description=f"{what}, {failed} failed" if failed else what)

        yield step
