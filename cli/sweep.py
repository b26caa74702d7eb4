"""`launchlab sweep`: a grid of parameters → every point as a full portfolio, and the best of them."""

from typing import Any

import click

from .asked.search import search_options
from .backtest import backtest
from .options import MARKET, example, refuse_beside, refuse_without, say, shared, warn

METRICS = ("sharpe", "sortino", "calmar", "total_return", "cagr", "max_drawdown")
LONG = 5.0  # seconds in Python from which on a word about compiling is due
MANY = 10_000_000  # points above which to ask first
OF_THE_SWEEP = ("metric", "top", "runs", "executor", "threads", "resume")
# Options of `launchlab backtest` that a sweep has too: they say what a point is.
OF_A_RUN = (
    "strategy", "settings", "toml", "capital", "limit_policy", "pairing", "exit_on", "participation",
    "slippage_bp", "minute_price", "give_up", "reaction_minutes", "dates_known", "analyzers", "sizer", "stake",
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
    from dataclasses import replace
    from pathlib import Path

    from ..data.market.market import load_market
    from ..engine.machine.watch import watching
    from ..engine.workers.choose import check_spec
    from ..library.chosen import choose
    from ..library.question import usual_folder
    from ..library.sweep import SweepOptions, Wanted, run_wanted
    from ..strategies.loading.grids import texts_by_name
    from ..strategies.loading.loading import sized
    from ..strategies.loading.variants import Variants
    from .asked.plan import left_aside, read_plan
    from .asked.search import count_of, to_search
    from .outcome import Printed, watch
    from .terminal.progress import compiling_bar

    refuse_beside("quick", "confirm", "page")
    refuse_without("seed", "count", "kind")
    refuse_without("benchmark", "runs")
    plan = read_plan(
        toml, {name: options[name] for name in (*MARKET, *OF_A_RUN) if name in options}, settings
    )
    for sentence in left_aside(plan, "sweep", counts=("analyzers", "sizer", "stake")):
        warn(sentence)
    if options["executor"]:
        check_spec(options["executor"])
    chosen = choose(
        plan.strategy, texts_by_name(grids), settings=plan.settings, analyzers=plan.analyzers
    )  # refuses before any bar is read
    chosen = replace(chosen, build=Variants(sized(chosen.build.base, plan.sizer, plan.stake)))
    count, search = count_of(options, count), to_search(options, seed)
    how = SweepOptions(
        draw=count,
        seed=seed,
        confirm=0 if options["quick"] else options["confirm"],
        judge=not options["quick"],
        page=options["page"] and not options["quick"],
        **{name: options[name] for name in OF_THE_SWEEP},
    )
    ask(search.trials if search else how.points(chosen.grid), yes=options["yes"])
    market = load_market(plan.market, brokerage=plan.brokerage)
    say(market)
    folder = Path(options["out"]) if options["out"] else usual_folder(chosen, market)
    wanted = Wanted(chosen, market, plan.config, how, search, options["storage"])
    printed = Printed(as_json=options["as_json"])
    with compiling_bar() as compiling, watching(compiling):
        found = run_wanted(wanted, folder, watch(printed.points))
    printed.rest(found, folder)
    hint_at_warm()


def hint_at_warm() -> None:
    """Say how the next such sweep is sooner done, where this one was long and nothing is compiled."""
    from ..engine.machine.code import is_kept, left_to_python
    from ..engine.sweeps.points import PATH_CODE

    if left_to_python() > LONG and not is_kept(PATH_CODE["general"]):
        warn(
            "most of this ran as Python, since compiling takes longer once; `launchlab warm` compiles for all sweeps to come"
        )


sweep.params[len(MARKET) : len(MARKET)] = [one for one in backtest.params if one.name in OF_A_RUN]


def ask(points: int, *, yes: bool) -> None:
    """Let the user think again about a very large sweep."""
    if points > MANY and not yes:
        from ..data.errors import ConfigError

        raise ConfigError(
            f"the grid has {points:,} points, more than {MANY:,}; add --yes to run them all, or --random 100000"
        )
