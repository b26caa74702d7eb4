"""A sweep, or a search, from a strategy and a market to a folder that can be read, continued and drawn."""

import os
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from ..data.errors import ConfigError
from ..data.market.market import Market
from ..data.panel.panel import Panel
from ..data.shown import Drawn, Told
from ..engine.backtest.backtest import checked_legs
from ..engine.backtest.without_effect import without_effect, without_effect_on_orders
from ..engine.config import Config
from ..engine.results.metrics import SHORTEST, periods_per_year
from ..engine.results.summary import Inputs, SweepSummary
from ..engine.search.search import BATCH, OBJECTIVES, Search
from ..engine.sweeps.folder import POINTS, SweepFolder
from ..engine.sweeps.grid import Grid
from ..engine.sweeps.job import SweepJob
from ..engine.sweeps.kinds import job_class
from ..engine.sweeps.sweep import Best, Outcome
from ..engine.sweeps.sweep import sweep as run_chunks
from ..engine.workers.choose import check_spec
from ..engine.workers.runner import Runner
from .chosen import Chosen, choose
from .ending import Ending, finish
from .question import asked_of_points, asked_of_search, study_of, word_of
from .warm import warming_beside
from .watch import Step, Watch, stepping

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

TRIALS = 1_000
CONFIRM, TOP = 3, 20  # best points run again, and written to top.csv


@dataclass(frozen=True, repr=False)
class Sweep(Drawn):
    """A finished sweep or search. `summary` is what summary.json says; `folder` None where nothing was kept."""

    summary: SweepSummary
    folder: Path | None = None
    _kept: "pa.Table | None" = field(default=None, repr=False, compare=False)

    def _told(self) -> Told:
        said = self.summary._told()
        place = {"folder": str(self.folder)} if self.folder else {}
        rows = [(name, value) for name, value in self.best.items()]
        return said._replace(
            title=said.title.replace("SweepSummary", "Sweep", 1),
            facts=place | dict(said.facts),
            columns=("of the best point", "value"),
            rows=rows,
        )

    @property
    def best(self) -> dict[str, Any]:
        """Parameters and metrics of the best point."""
        return dict(self.summary.best)

    @property
    def verdict(self) -> Mapping[str, Any] | None:
        """How much of the best point is luck, as summary.json has it; None where nobody judged."""
        return self.summary.verdict

    @cached_property
    def points(self) -> "pd.DataFrame":
        """One row per point: its parameters, then its metrics; of a search one row per trial."""
        table = self._kept if self._kept is not None else _read_table(self.folder or Path())
        frame: pd.DataFrame = table.to_pandas()
        return frame


@dataclass(frozen=True)
class SweepOptions:
    """How a sweep runs and what is made of it, beside its points.

    The best has most of `metric`; the `confirm` best run again, on backtrader; `runs` of them are written whole.
    `draw` points of the grid only, by `seed`. `executor` is `threads`, `processes:4`, `dask://host:8786` or None.
    """

    metric: str = "sharpe"
    top: int = TOP
    confirm: int = CONFIRM
    judge: bool = True
    page: bool = True
    runs: int = 0
    draw: int | None = None
    seed: int = 0
    executor: str | None = None
    threads: int | None = None
    resume: bool = False

    def points(self, grid: Grid) -> int:
        """How many points of a grid run."""
        return len(self.drawn(grid))

    def drawn(self, grid: Grid) -> Grid:
        """The grid, or the draw from it."""
        return grid if self.draw is None else grid.drawn(self.draw, self.seed)


class SweepWords(TypedDict, total=False):
    """The fields of SweepOptions, as keywords of a function."""

    metric: str
    top: int
    confirm: int
    judge: bool
    page: bool
    runs: int
    draw: int | None
    seed: int
    executor: str | None
    threads: int | None
    resume: bool


@dataclass(frozen=True)
class Wanted:
    """All that a sweep is made of: the points of a strategy, the market, and how; `search` None for every point."""

    chosen: Chosen
    market: Market
    config: Config = field(default_factory=Config)
    options: SweepOptions = field(default_factory=SweepOptions)
    search: Search | None = None
    storage: str | None = (
        None  # of a search: a journal file or a database's address; None is one in the folder
    )


def sweep(
    strategy: Any,
    grid: Mapping[str, Any],
    market: Market,
    *,
    folder: Path | str | None = None,
    config: Config | None = None,
    progress: Step | None = None,
    **options: Unpack[SweepWords],
) -> Sweep:
    """Run a strategy at every point of a grid; each point is a full portfolio.

    `strategy` is a name, a strategy or its class; `grid` values by parameter, also `config.…` and `brokerage.…`.
    `options` are the fields of SweepOptions. Without a `folder` nothing is kept on disk. `resume=True` continues a
    sweep that was stopped, or reads one that ended. `progress` is called with the points done, and those that failed.

    >>> import launchlab as ll
    >>> market = ll.load_market()
    >>> found = ll.sweep("long-short", {"hold": range(1, 5), "stop": (None, 0.05)}, market, confirm=0, judge=False)
    >>> len(found.points), sorted(found.points["hold"].unique().tolist())
    (8, [1, 2, 3, 4])
    >>> bool(found.best["sharpe"] == found.points["sharpe"].max() > 0)
    True
    """
    asked = Wanted(choose(strategy, grid), market, config or Config(), SweepOptions(**options))
    return run_wanted(asked, None if folder is None else Path(folder), stepping(progress))


def search(
    strategy: Any,
    space: Mapping[str, Any],
    market: Market,
    *,
    kind: str = "tpe",
    trials: int = TRIALS,
    objective: tuple[str, ...] | str | None = None,
    batch: int = BATCH,
    prune: str | None = None,
    storage: str | None = None,
    folder: Path | str | None = None,
    config: Config | None = None,
    progress: Step | None = None,
    **options: Unpack[SweepWords],
) -> Sweep:
    """Run a strategy at points of a grid that a search chooses by what the points before them did.

    `kind` is tpe or nsga2; `objective` one aim or several (`return`, `drawdown`, `capacity`, a metric), else the metric;
    `prune` median or halving. Processes with the same `storage` share the study. The rest is as for `sweep`.

    >>> import launchlab as ll
    >>> market = ll.load_market()
    >>> space = {"hold": range(1, 31), "gross": (0.2, 0.4, 0.6)}
    >>> found = ll.search("long-short", space, market, trials=40, batch=20, confirm=0, judge=False)
    >>> found.summary.trials, len(found.points)
    (40, 40)
    """
    how = SweepOptions(**options)
    aims = (objective,) if isinstance(objective, str) else objective or (aim_of(how.metric),)
    asked = Wanted(
        choose(strategy, space),
        market,
        config or Config(),
        how,
        Search(kind, trials, tuple(aims), seed=how.seed, batch=batch, prune=prune),
        storage,
    )
    return run_wanted(asked, None if folder is None else Path(folder), stepping(progress))


def aim_of(metric: str) -> str:
    """The objective that a metric is."""
    Best(metric, 1)  # refuses one that is none
    return {column: name for name, column in OBJECTIVES.items()}[metric]


def run_wanted(wanted: Wanted, path: Path | None, watch: Watch) -> Sweep:
    """Run a sweep into its folder, or into one that is gone afterwards, or read the one that has ended there."""
    if path is not None:
        folder = _swept(wanted, path, watch)
        return load_sweep(folder.path)
    options = replace(wanted.options, page=False, runs=0, resume=False)
    with tempfile.TemporaryDirectory() as place:
        folder = _swept(replace(wanted, options=options), Path(place) / "sweep", watch)
        kept = load_sweep(folder.path)
        return Sweep(kept.summary, None, _read_table(folder.path))


def load_sweep(folder: Path | str) -> Sweep:
    """Read a finished sweep back from its folder."""
    folder = Path(folder)
    return Sweep(SweepSummary.read(folder), folder)


def _read_table(folder: Path) -> "pa.Table":
    import pyarrow.parquet as pq

    return pq.read_table(folder / POINTS)


def _swept(wanted: Wanted, path: Path, watch: Watch) -> SweepFolder:
    """The folder with the finished sweep."""
    options, job, folder = wanted.options, to_job(wanted), SweepFolder(path)
    asked = asked_of_points(wanted.chosen, wanted.market, job, options.seed)
    if wanted.search:
        _check_search(wanted, wanted.search, job, watch)
        asked = asked_of_search(asked, wanted.search, wanted.storage)
    folder.begin(asked, resume=options.resume)
    try:
        if wanted.search and folder.finished and load_sweep(path).summary.points < wanted.search.trials:
            folder.reopen()
        if not folder.finished:
            with _told_when_stopped(path, watch):
                _run(wanted, job, folder, asked, watch)
    finally:
        folder.release()
    return folder


@contextmanager
def _told_when_stopped(path: Path, watch: Watch) -> Iterator[None]:
    try:
        yield
    except KeyboardInterrupt:
        watch.stopped(path)
        raise


def to_job(wanted: Wanted) -> SweepJob:
    """Everything a chunk of points needs."""
    chosen, market, config, options = wanted.chosen, wanted.market, wanted.config, wanted.options
    panel = market.panel.without_members() if chosen.is_native else market.panel
    spec = check_spec(options.executor) if options.executor else None
    if options.threads and (spec or (options.executor or "").startswith("dask")):
        raise ConfigError(
            f"`threads` does nothing beside `executor='{options.executor}'`, which says itself how many; leave one of them out"
        )
    return job_class(chosen.build.base)(
        build=chosen.build,
        grid=options.drawn(chosen.grid),
        launches=market.launches.timed(
            reaction_minutes=config.reaction_minutes, dates_known=config.dates_known
        ),
        panel=panel,
        config=config,
        periods=periods_per_year(panel.traded_exchanges),
        threads=spec or options.threads or os.cpu_count() or 1,
        brokerage=market.brokerage,
    )


def _check_search(wanted: Wanted, search: Search, job: SweepJob, watch: Watch) -> None:
    """Refuse what cannot be kept; a grid that could be run whole needs no search."""
    from ..engine.search.storage import check_storage
    from ..engine.search.study import need_optuna

    need_optuna()
    if wanted.storage is not None:
        check_storage(wanted.storage, watch.warn)
    if job.grid.size <= search.trials:
        watch.warn(f"the grid has only {job.grid.size:,} points; without a search each of them runs once")


def _run(wanted: Wanted, job: SweepJob, folder: SweepFolder, asked: Mapping[str, Any], watch: Watch) -> None:
    """Everything from the first point to summary.json."""
    options = wanted.options
    ends = sorted({int(job.grid.numbers(k, k + 1)[0]) for k in (0, len(job.grid) - 1)})
    for number in ends:
        job.refuse_foresight(number)
    idle = (
        *wanted.chosen.idle,
        *_without_effect(job, ends, native=wanted.chosen.is_native),
        *_short_span(wanted.market.panel),
    )
    for sentence in idle:
        watch.warn(sentence)
    with job.open_runner(options.executor) as runner, _warming(wanted, job, runner) as points_are_done:
        started = time.perf_counter()
        outcome = _points(wanted, job, folder, asked, runner, watch)
        points_are_done()
        ending = Ending(
            seconds=time.perf_counter() - started,
            warnings=(*wanted.market.warnings, *idle),
            metric=options.metric,
            confirm=options.confirm,
            judge=options.judge,
            page=options.page,
            runs=options.runs,
            benchmark=wanted.market.benchmark,
            inputs=_inputs(wanted),
        )
        finish(job, folder, asked, outcome, ending, runner=runner, watch=watch)


def _warming(wanted: Wanted, job: SweepJob, runner: Runner) -> AbstractContextManager[Callable[[], None]]:
    """What another process compiles meanwhile: nothing for strategies of backtrader's kind, or where there are minute bars."""
    from ..engine.sweeps.legs import LegSweep

    if not isinstance(job, LegSweep) or len(job.panel.minutes):
        return warming_beside(0, runner)
    if not wanted.options.judge:
        return warming_beside(len(job.grid), runner)
    from ..engine.sweeps.verdict import placebo_seconds

    legs = len(job.legs(job.point(int(job.grid.numbers(0, 1)[0]))))
    return warming_beside(len(job.grid), runner, judging=placebo_seconds(job, legs))


def _short_span(panel: Panel) -> tuple[str, ...]:
    """Said where a run alone would not tell a figure as one of a year, and a sweep still orders its points by it."""
    if panel.years >= SHORTEST:
        return ()
    return (
        f"{len(panel.sessions)} sessions are less than {SHORTEST:g} of a year: Sharpe and other figures of a year order "
        "these points and say no more; total_return as `metric` needs no year",
    )


def _without_effect(job: SweepJob, numbers: Sequence[int], *, native: bool) -> tuple[str, ...]:
    """What the portfolio was asked for and meets no order at any of some points."""
    told: list[tuple[str, ...]] = []
    for number in numbers:
        values = job.grid.point(number)
        at = job.under(values)
        if native:
            told.append(without_effect_on_orders(at.panel, at.config))
        else:
            legs = checked_legs(job.strategy(values).legs(at.launches, at.panel), at.panel, len(at.launches))
            told.append(without_effect(legs, at.panel, at.config))
    return tuple(sentence for sentence in told[0] if all(sentence in others for others in told))


def _inputs(wanted: Wanted) -> Inputs:
    """What was asked for of the market."""
    brokerage = wanted.market.brokerage.model_dump(mode="json")
    return replace(Inputs.of(wanted.market.request), analyzers=wanted.chosen.analyzers, brokerage=brokerage)


def _points(
    wanted: Wanted, job: SweepJob, folder: SweepFolder, asked: Mapping[str, Any], runner: Runner, watch: Watch
) -> Outcome:
    """All points, or trials, into their table."""
    if wanted.search:
        return _trials(wanted, wanted.search, job, folder, asked, runner, watch)
    options = wanted.options
    with watch.bar("sweep", len(job.grid), runner.note) as step:
        return run_chunks(job, folder, metric=options.metric, top=options.top, executor=runner, progress=step)


def _trials(
    wanted: Wanted,
    search: Search,
    job: SweepJob,
    folder: SweepFolder,
    asked: Mapping[str, Any],
    runner: Runner,
    watch: Watch,
) -> Outcome:
    """All trials into their storage, and what they found into the table; also what there is when it is stopped."""
    from ..engine.search.run import SearchRun
    from ..engine.sweeps.verdict import LEDGER

    running = SearchRun(
        job, search, folder.path, storage=wanted.storage, study=study_of(asked), say=watch.warn
    )
    ledger = folder.path.absolute().parent / LEDGER
    try:
        with watch.bar("search", search.trials, runner.note) as step:
            running.run(runner, lambda done: step(done, 0))
    finally:
        trials = running.write(ledger, word_of(asked["data"]))
    return running.outcome(trials, metric=wanted.options.metric, top=wanted.options.top)
