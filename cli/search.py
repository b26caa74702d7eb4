"""`launchlab sweep --search …`: points chosen by what earlier ones did, instead of a whole grid."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..engine.search.run import SearchOutcome
    from ..engine.search.search import Search
    from ..engine.sweeps.folder import SweepFolder
    from ..engine.sweeps.job import Job
    from ..engine.sweeps.native_chunk import NativeJob
    from ..engine.workers.runner import Runner

KINDS = ("grid", "random", "tpe", "nsga2")
TRIALS = 1_000
OF_A_SEARCH = ("trials", "batch", "objective", "prune", "storage")

OPTIONS = (
    click.option(
        "--search", "kind", metavar="HOW", default="grid", help="grid, random, tpe or nsga2 [default: grid]."
    ),
    click.option("--trials", metavar="N", type=int, help=f"Of a search, in all [default: {TRIALS:,}]."),
    click.option("--batch", metavar="N", type=int, help="Trials asked for at once [default: 64]."),
    click.option(
        "--objective", metavar="A,B", help="Aims: return, drawdown, capacity, sharpe, … [default: --metric]."
    ),
    click.option("--prune", metavar="HOW", help="median or halving: end what is worse on the early market."),
    click.option("--storage", metavar="WHERE", help="Journal file or sqlite:///…, postgresql://… to share."),
)


def search_options(command: Callable[..., None]) -> Callable[..., None]:
    """A decorator that adds the options of a search."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


def count_of(options: Mapping[str, Any], count: int | None) -> int | None:
    """How many points to draw where the search is `random`, which is `--random` by another name."""
    from ..data.errors import ConfigError
    from ..engine.search.study import known

    kind = known(options["kind"], KINDS, "search")
    if kind in ("grid", "random"):
        for name in OF_A_SEARCH:
            if options[name] is not None and (kind, name) != ("random", "trials"):
                raise ConfigError(
                    f"--{name} belongs to --search tpe or nsga2; leave it out of a {kind} sweep"
                )
    if count is not None and kind != "grid":
        raise ConfigError(
            f"--random is a search of its own; leave out --search {kind}, or write --trials {count}"
        )
    if kind == "random" and options["trials"] is not None and options["trials"] < 1:
        raise ConfigError(f"--trials must be at least 1, not {options['trials']}")
    return (options["trials"] or TRIALS) if kind == "random" else count


def to_search(options: Mapping[str, Any], seed: int) -> "Search | None":
    """The search that is asked for; None for a grid or a draw from one."""
    if options["kind"] not in ("tpe", "nsga2"):
        return None
    from ..engine.search.search import BATCH, OBJECTIVES, Search
    from ..engine.search.study import need_optuna

    usual = {column: name for name, column in OBJECTIVES.items()}[options["metric"]]
    words = options["objective"] if options["objective"] is not None else usual
    search = Search(
        kind=options["kind"],
        trials=TRIALS if options["trials"] is None else options["trials"],
        objectives=tuple(word.strip() for word in words.split(",")),
        seed=seed,
        batch=BATCH if options["batch"] is None else options["batch"],
        prune=options["prune"],
    )
    need_optuna()
    return search


def question(asked: Mapping[str, Any], search: "Search", storage: str | None) -> dict[str, Any]:
    """What a search asks, as plain values: its trials may grow, everything else decides what is found."""
    from ..engine.search.study import hidden

    wanted = {name: value for name, value in asked.items() if name != "points"}
    about = {"kind": search.kind, "objectives": list(search.objectives), "batch": search.batch}
    about |= {"prune": search.prune, "storage": None if storage is None else hidden(storage)}
    return {**wanted, "grid_points": asked["points"], "seed": search.seed, "search": about}


def study_of(asked: Mapping[str, Any]) -> str:
    """The name of the study: the same on every machine that asks the same of the same bars."""
    import json

    from ..engine.search.study import study_name

    same = dict(asked) | {"search": {**asked["search"], "storage": None}}
    same["data"] = [{"code": one["code"], "sha256": one["sha256"]} for one in asked["data"]]
    return study_name(json.dumps(same, sort_keys=True))


def reopen(folder: "SweepFolder", search: "Search") -> None:
    """Take the mark of completeness from a finished search that is asked for more trials than it has."""
    from ..engine.results.summary import SUMMARY, SweepSummary

    if folder.finished and SweepSummary.read(folder.path).points < search.trials:
        (folder.path / SUMMARY).unlink()


def check_search(job: "Job | NativeJob", search: "Search", storage: str | None) -> None:
    """Refuse what cannot be searched, or kept; a grid that could be run whole needs no search."""
    from ..data.errors import ConfigError
    from ..engine.search.study import check_storage
    from ..engine.sweeps.job import Job
    from .options import warn

    if not isinstance(job, Job):
        raise ConfigError(
            "a backtrader.Strategy cannot be searched yet; sweep it with --search random --trials N"
        )
    if storage is not None:
        check_storage(storage)
    if job.grid.size <= search.trials:
        warn(f"the grid has only {job.grid.size:,} points; without --search each of them runs once")


def run_search(
    job: "Job", folder: "SweepFolder", runner: "Runner", options: Mapping[str, Any]
) -> "SearchOutcome":
    """All trials into their storage, and what they found into the table; also what there is when it is stopped."""
    import json

    from ..engine.search.run import SearchRun
    from ..engine.sweeps.folder import ASKED
    from ..engine.sweeps.verdict import LEDGER
    from .sweep_end import progress, word_of

    asked = json.loads((folder.path / ASKED).read_text(encoding="utf-8"))
    search: Search = options["search"]
    running = SearchRun(job, search, folder.path, storage=options["storage"], study=study_of(asked))
    ledger, data = folder.path.parent / LEDGER, word_of(asked["data"])
    try:
        with progress("search", search.trials, runner.note) as step:
            running.run(runner, step)
    finally:
        trials = running.write(ledger, data)
    return running.outcome(trials, metric=options["metric"], top=options["top"])
