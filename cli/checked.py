"""`launchlab strategies check` and `new`: look-ahead in a strategy, and a file to start one of one's own from."""

import sys
from typing import TYPE_CHECKING, Any

import click

from .options import MARKET, example, print_json, say, shared
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..engine.backtest.leaks import Checked, Leak


@click.command(
    "check",
    epilog=example(
        "launchlab strategies check mine.py:MyStrategy",
        "launchlab strategies check long-short --set hold=3 --start 2026-01-02 --json",
    ),
)
@click.argument("strategy", metavar="NAME")
@shared(*MARKET)
@click.option(
    "--set", "settings", metavar="K=V", multiple=True, help="A parameter; also config.K=V, brokerage.K=V."
)
@click.option(
    "--config", "toml", metavar="FILE", help="TOML with [config], [strategy], [brokerage], [data]; flags win."
)
@shared("json")
def check(strategy: str, settings: tuple[str, ...], toml: str | None, as_json: bool, **flags: Any) -> None:
    """Ask a strategy about the future at every decision; what changes is named with its line.

    NAME is a registered name or file.py:Class. Exit code 2 where it knows the future.
    """
    from contextlib import redirect_stdout

    from ..data.errors import LookAheadError
    from ..data.market.market import load_market
    from ..strategies.loading.check import check_strategy
    from ..strategies.loading.loading import build_strategy
    from .asked.plan import read_plan
    from .terminal.progress import progress

    plan = read_plan(toml, {**flags, "strategy": strategy}, settings)
    build_strategy(plan.strategy, plan.settings)
    market = load_market(plan.market, brokerage=plan.brokerage)
    say(market, labelled=False)
    with progress(f"asking {plan.strategy}", len(market.panel)) as step, redirect_stdout(sys.stderr):
        checked = check_strategy(
            plan.strategy, market, plan.config, settings=plan.settings, progress=lambda done: step(done)
        )
    if as_json:
        print_json(checked.to_json())
    else:
        _print(checked)
    if not checked.clean:
        raise LookAheadError(f"{checked.verdict}; repair the lines that are named")


def _print(checked: "Checked") -> None:
    from .terminal.tables import print_table

    if checked.clean:
        echo(checked.verdict)
    else:
        columns = ("line", "session", "at", "code", "launch", "what")
        print_table(columns, [[getattr(leak, name) for name in columns] for leak in checked.leaks])
        if checked.more:
            echo(f"… and {checked.more:,} more")
        echo()
        for line, source in _lines(checked.leaks):
            echo(f"{line}: {source}")
    for note in checked.notes:
        echo(f"launchlab: {note}", err=True)


def _lines(leaks: "tuple[Leak, ...]") -> list[tuple[str, str]]:
    return list(dict.fromkeys((leak.line, leak.source) for leak in leaks if leak.line))


@click.command(
    "new",
    epilog=example("launchlab strategies new gap-fader", "launchlab strategies new gap-fader --backtrader"),
)
@click.argument("name", metavar="NAME")
@click.option("--backtrader", is_flag=True, help="A subclass of backtrader.Strategy.")
@click.option("--out", metavar="DIR", default=".", help="Folder of the two files [default: this one].")
def new(name: str, backtrader: bool, out: str) -> None:
    """Write a commented file to start a strategy of your own from, and its tests."""
    from ..library.new_strategy import new_strategy

    place, test = new_strategy(name, out, backtrader=backtrader)
    cls = "".join(part[:1].upper() + part[1:] for part in place.stem.split("_"))
    echo(f"{place}\n{test}")
    echo(f"next: launchlab backtest --strategy {place}:{cls}", err=True)
