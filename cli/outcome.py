"""What a sweep says on the terminal: a bar until its last point, the best points, and once it is judged the verdict."""

import csv
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from ..data.doors import read_bytes
from ..data.errors import DataError
from ..data.figures import NOTHING
from ..engine.sweeps.folder import PARETO, POINTS, TOP
from ..library.watch import Watch
from .options import print_json, warn
from .terminal.echo import echo
from .terminal.progress import Pace, shown, working

if TYPE_CHECKING:
    from ..engine.results.summary import SweepSummary
    from ..library.sweep import Sweep

SHOWN = ("sharpe", "total_return", "max_drawdown", "fills", "blocked")
PRINTED = 10
PAGE = "index.html"


def watch(ranked: Callable[["SweepSummary", str], None]) -> Watch:
    """What a command tells while a sweep runs, on stderr, and once on stdout: `ranked`, before anything is judged."""
    return Watch(
        tell=lambda text: echo(f"launchlab: {text}", err=True),
        warn=warn,
        stage=working,
        bar=progress,
        stopped=lambda folder: echo(
            f"launchlab: what was done is in {folder}; add --resume to continue", err=True
        ),
        ranked=ranked,
    )


class Printed:
    """A sweep on stdout: its points as soon as they are ranked, the rest at the end; or all of it as JSON at the end."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self.ranked = False

    def points(self, summary: "SweepSummary", top: str, where: str = TOP) -> None:
        """How many points there were, and the best in a few lines; `top` is the text of top.csv, which lies `where`."""
        if self.as_json:
            return
        self.ranked = True
        speed = f", {summary.points_per_second:,.0f} a second" if summary.points_per_second else ""
        what = "trials" if summary.search else "points"
        echo(f"{summary.points:,} {what} of {summary.strategy} in {summary.seconds:.1f} s{speed}")
        if summary.search:
            echo(
                f"{summary.distinct:,} distinct points, {summary.pruned:,} trials pruned on the early market"
            )
        names = ["rank", *summary.grid, *SHOWN]
        rows = _top(top, names, where)
        cells = [names, *([_short(name, row[name]) for name in names] for row in rows)]
        widths = [max(len(line[k]) for line in cells) for k in range(len(names))]
        for line in cells:
            echo("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)))
        if summary.failed:
            echo(f"{summary.failed:,} of the points failed; the column error of {POINTS} says why.")
        sys.stdout.flush()

    def rest(self, sweep: "Sweep", folder: Path) -> None:
        """What was found of the best points, and where everything is."""
        summary = sweep.summary
        if self.as_json:
            print_json(summary.to_json())
            return
        if not self.ranked:  # it had ended before
            self.points(summary, _text(folder / TOP), str(folder / TOP))
        if summary.pareto:
            echo(f"{len(summary.pareto):,} points that no other beats in every aim: {folder / PARETO}")
        if summary.confirmed:
            echo(f"The best {summary.confirmed} run again on backtrader: the same.")
        echo(summary.judgement.text if summary.judgement else BEWARE)
        echo(f"{folder / POINTS}")
        if (folder / PAGE).is_file():
            echo(f"\nsweep  {folder / PAGE}")


def _text(path: Path) -> str:
    try:
        return read_bytes(path, advice="run the sweep again").decode("utf-8")
    except UnicodeDecodeError as error:
        raise DataError(f"{path} cannot be read ({error}); run the sweep again") from None


def _top(text: str, names: list[str], where: str) -> list[dict[str, str]]:
    """The first rows of top.csv, each with a text for every name."""
    try:
        rows = list(csv.DictReader(text.splitlines()))[:PRINTED]
    except csv.Error as error:
        raise DataError(f"{where} cannot be read ({error}); run the sweep again") from None
    if any(not isinstance(row.get(name), str) for row in rows for name in names):
        raise DataError(f"{where} lacks some of the columns {', '.join(names)}; run the sweep again")
    return rows


BEWARE = "The best of many points looks good by construction; leave out --quick to see how much of it is selection."


def _short(name: str, text: str) -> str:
    """A figure as on every page; a parameter with all its digits, words as they are."""
    from ..reports.numbers.formats import told
    from ..reports.numbers.metrics import written

    try:
        value = float(text)
    except ValueError:
        return text or NOTHING
    return written(name, value) if name in SHOWN else told(value)


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
    with shown(Progress(*columns, console=Console(stderr=True), transient=True)) as bar:
        task = bar.add_task(what, total=total)

        def step(points: int, failed: int = 0) -> None:
            pace.see(points)
            bar.update(task, completed=points, description=f"{what}, {failed} failed" if failed else what)

        yield step
