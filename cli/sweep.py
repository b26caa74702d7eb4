"""`launchlab sweep`: a grid of parameters → every point as a full portfolio, and the best of them."""

from typing import TYPE_CHECKING, Any

import click

from .backtest import backtest
from .options import MARKET, example, shared
from .search import search_options

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager
    from pathlib import Path

    from ..data.market.market import Market
    from ..engine.sweeps.folder import SweepFolder
    from ..engine.sweeps.grid import Grid
    from ..engine.sweeps.job import Job
    from ..engine.sweeps.native_chunk import NativeJob
    from ..engine.sweeps.sweep import Outcome
    from ..engine.workers.runner import Runner
    from .plan import Plan

METRICS = ("sharpe", "sortino", "calmar", "total_return", "cagr", "max_drawdown")
MANY = 10_000_000  # points above which to ask first
# Options of `launchlab backtest` that a sweep has too: they say what a point is.
OF_A_RUN = (
    "strategy", "settings", "toml", "capital", "limit_policy", "pairing", "exit_on", "participation",
    "slippage_bp", "reaction_minutes", "dates_known", "analyzers",
)  # fmt: skip


@click.command(
    epilog=example(
        "launchlab sweep --grid hold=1:20 --grid stop=none,0.03,0.05,0.08",
        "launchlab sweep --grid lag=0:3 --grid hold=1:60 --grid gross=0.1:1:0.01 --random 10000 --out runs/wide",
        "launchlab sweep --grid hold=1:60 --grid gross=0.1:1:0.01 --search nsga2 --objective return,drawdown",
    )
)
@shared(*MARKET)
@click.option(
    "--grid",
    "grids",
    metavar="K=VALUES",
    multiple=True,
    help="1:20, 0.02:0.1:0.02 or none,0.03,0.05; repeatable.",
)
@click.option("--random", "count", metavar="N", type=int, help="Only N points, drawn from the grid.")
@search_options
@click.option(
    "--seed", type=click.IntRange(0), default=0, show_default=True, help="Of the draw or the search."
)
@click.option(
    "--metric", type=click.Choice(METRICS), default="sharpe", show_default=True, help="The best has most."
)
@click.option(
    "--top", type=click.IntRange(1, 1_000), default=20, show_default=True, help="Points in top.csv."
)
@click.option(
    "--confirm",
    type=click.IntRange(0),
    default=3,
    show_default=True,
    help="Best points run again on backtrader.",
)
@click.option("--threads", type=click.IntRange(1), metavar="N", help="[default: one for each core]")
@click.option(
    "--executor",
    metavar="WHERE",
    help="threads, processes, processes:4, or a Dask cluster as dask://host:8786 [default: threads].",
)
@click.option(
    "--runs",
    type=click.IntRange(0, 100),
    default=0,
    help="Write the whole run of the best N, linked from the map.",
)
@click.option("--page/--no-page", default=True, help="Write index.html, the map of the sweep [default: yes].")
@click.option("--quick", is_flag=True, help="Only the points: no confirmation, no verdict.")
@click.option("--out", metavar="DIR", help="Folder of the sweep [default: runs/sweep-STRATEGY-START-END].")
@click.option("--resume", is_flag=True, help="Continue a sweep that was stopped.")
@click.option("--yes", is_flag=True, help="Do not ask about more than 10 million points.")
@shared("json")
def sweep(
    grids: tuple[str, ...],
    count: int | None,
    seed: int,
    settings: tuple[str, ...],
    toml: str | None,
    **options: Any,
) -> None:
    """Run a strategy at every point of a grid of its parameters.

    Writes points.parquet (one row per point), top.csv and summary.json.
    """
    from pathlib import Path

    from ..data.market.market import load_market
    from ..engine.sweeps.folder import SweepFolder
    from ..engine.sweeps.grid import Grid
    from ..engine.workers.choose import check_spec
    from ..strategies.loading.grids import parse_grid
    from ..strategies.loading.variants import variants
    from .plan import inputs_of, read_plan
    from .say import say
    from .search import check_search, count_of, question, reopen, to_search

    flags = {name: value for name, value in options.items() if name in (*MARKET, *OF_A_RUN)}
    plan = read_plan(toml, flags, settings)
    threads = options["threads"]
    if options["executor"]:
        threads = check_spec(options["executor"]) or threads
    grid = Grid(parse_grid(plan.strategy, grids))
    count, search = count_of(options, count), to_search(options, seed)
    grid = grid if count is None else grid.drawn(count, seed)
    ask(search.trials if search else len(grid), yes=options["yes"])
    variants(plan.strategy, plan.settings, grid.values, plan.analyzers)  # refuses before any bar is read
    loaded = load_market(plan.market, brokerage=plan.brokerage)
    say(loaded)
    job = to_job(plan, loaded, grid, threads)
    folder = SweepFolder(Path(options["out"]) if options["out"] else usual_folder(plan, loaded))
    wanted = asked(plan, loaded, job, seed=None if grid.draws is None else seed)
    if search:
        check_search(job, search, options["storage"])
        wanted = question(wanted, search, options["storage"])
    folder.begin(wanted, resume=options["resume"])
    if search:
        reopen(folder, search)
    if not folder.finished:
        run(job, folder, loaded, options | {"search": search, "inputs": inputs_of(plan)})
    from .sweep_end import show

    show(folder.path, as_json=options["as_json"])


sweep.params[len(MARKET) : len(MARKET)] = [one for one in backtest.params if one.name in OF_A_RUN]


def ask(points: int, *, yes: bool) -> None:
    """Let the user think again about a very large sweep."""
    if points > MANY and not yes:
        from ..data.errors import ConfigError

        raise ConfigError(
            f"the grid has {points:,} points, more than {MANY:,}; add --yes to run them all, or --random 100000"
        )


def to_job(plan: "Plan", loaded: "Market", grid: "Grid", threads: int | None) -> "Job | NativeJob":
    """Everything a chunk of points needs."""
    import os

    from ..engine.backtrader.native.plan import NativeStrategy
    from ..engine.results.metrics import periods_per_year
    from ..strategies.loading.variants import variants

    panel, config = loaded.panel, plan.config
    clock = {"reaction_minutes": config.reaction_minutes, "dates_known": config.dates_known}
    build = variants(plan.strategy, plan.settings, grid.values, plan.analyzers)
    facts: dict[str, Any] = {
        "build": build,
        "grid": grid,
        "launches": loaded.launches.timed(**clock),  # type: ignore[arg-type]
        "panel": panel,
        "config": config,
        "periods": periods_per_year(panel.traded_exchanges),
        "threads": threads or os.cpu_count() or 1,
    }
    if isinstance(build.base, NativeStrategy):
        from ..engine.sweeps.native_chunk import NativeJob

        return NativeJob(**facts)
    from ..engine.sweeps.job import Job

    return Job(**facts)


def asked(plan: "Plan", loaded: "Market", job: "Job | NativeJob", *, seed: int | None) -> dict[str, Any]:
    """What decides the table of points, as plain values: two sweeps that ask for the same write the same."""
    from .._version import __version__
    from ..strategies.loading.loading import file_sha256, inner
    from ..strategies.loading.parameters import values_of

    panel, grid = job.panel, job.grid
    fixed = values_of(inner(job.build({})))
    return {
        "strategy": plan.strategy,
        "strategy_sha256": file_sha256(plan.strategy),
        "parameters": {name: value for name, value in fixed.items() if name not in grid.values},
        "grid": {
            name: [list(one) if isinstance(one, tuple) else one for one in values]
            for name, values in grid.values.items()
        },
        "points": len(grid),
        "seed": seed,
        "analyzers": list(plan.analyzers),
        "config": plan.config.model_dump(mode="json"),
        "brokerage": plan.brokerage.model_dump(mode="json"),
        "currency": panel.currency,
        "start": str(panel.sessions[0]),
        "end": str(panel.sessions[-1]),
        "simulated": panel.simulated,
        "bad_bars": plan.market.bad_bars,
        "launches_sha256": loaded.launches.sha256,
        "data": [dict(one) for one in panel.provenance],
        "version": __version__,
    }


def usual_folder(plan: "Plan", loaded: "Market") -> "Path":
    """runs/sweep-STRATEGY-START-END."""
    from pathlib import Path

    name = plan.strategy.rpartition(":")[2]
    return Path("runs") / f"sweep-{name}-{loaded.panel.sessions[0]}-{loaded.panel.sessions[-1]}"


def run(
    job: "Job | NativeJob", folder: "SweepFolder", loaded: "Market", options: "Mapping[str, Any]"
) -> None:
    """Everything from the first point to summary.json; stopped, it says how to go on."""
    import time

    from ..engine.njit import is_cold
    from ..engine.sweeps.points import warm_up
    from .sweep_end import Ending, finish

    try:
        if is_cold():
            click.echo("launchlab: compiling the engine, which happens once (a minute or two)", err=True)
        warm_up()
        with runner_of(job, options["executor"]) as runner:
            started = time.perf_counter()
            outcome = run_points(job, folder, runner, options)
            ending = Ending(
                seconds=time.perf_counter() - started,
                warnings=loaded.warnings,
                metric=options["metric"],
                confirm=0 if options["quick"] else options["confirm"],
                judge=not options["quick"],
                page=options["page"] and not options["quick"],
                runs=options["runs"],
                inputs=options["inputs"],
            )
            finish(job, folder, outcome, ending, runner)
    except KeyboardInterrupt:
        click.echo(f"launchlab: what was done is in {folder.path}; add --resume to continue", err=True)
        raise


def runner_of(job: "Job | NativeJob", executor: str | None) -> "AbstractContextManager[Runner]":
    """Where the points are run."""
    from ..engine.sweeps.job import Job
    from ..engine.workers.choose import open_runner

    if isinstance(job, Job):
        return open_runner(executor, job.threads)
    from ..engine.sweeps.native import runner_for

    return runner_for(job, executor)


def run_points(
    job: "Job | NativeJob", folder: "SweepFolder", runner: "Runner", options: "Mapping[str, Any]"
) -> "Outcome":
    """All points into their table."""
    from ..engine.sweeps.job import Job
    from ..engine.sweeps.sweep import sweep as run_sweep
    from .search import run_search
    from .sweep_end import progress

    if isinstance(job, Job) and options["search"]:
        return run_search(job, folder, runner, options)
    asked = {"metric": options["metric"], "top": options["top"]}
    with progress("sweep", len(job.grid), runner.note) as step:
        if isinstance(job, Job):
            return run_sweep(job, folder, **asked, executor=runner, progress=step)
        from ..engine.sweeps.native import sweep_native

        return sweep_native(job, folder, runner, **asked, progress=step)
