"""`launchlab sweep --search …`: points chosen by what earlier ones did, instead of a whole grid."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ...engine.search.search import Search

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
    from ...data.errors import ConfigError
    from ...engine.search.study import known

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
    from ...engine.search.search import BATCH, Search
    from ...engine.search.study import need_optuna
    from ...library.sweep import aim_of

    words = options["objective"] if options["objective"] is not None else aim_of(options["metric"])
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
