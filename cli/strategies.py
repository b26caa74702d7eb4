"""`launchlab strategies`: what can be run and with which parameters, look-ahead in a strategy, a file to start one from."""

import sys
from typing import TYPE_CHECKING, Any

import click

from .options import UNCOMPARED, example, print_json, say, shared, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..engine.backtest.leaks import Checked, Leak


class NamesToo(click.Group):
    """A group whose first word may also be the name of a strategy, which is then shown."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        words = [word for word in args if not word.startswith("-")]
        helped = any(flag in args for flag in ctx.help_option_names)
        if not helped and (not words or words[0] not in self.commands or args[0] != words[0]):
            args = [SHOW, *args]
        return super().parse_args(ctx, args)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a word; names of strategies are shown."""
        return super().get_command(ctx, cmd_name) or self.commands[SHOW]

    def list_commands(self, ctx: click.Context) -> list[str]:
        return [name for name in super().list_commands(ctx) if name != SHOW]


SHOW = "show"  # never typed: what the group does with names


@click.group(
    cls=NamesToo,
    epilog=example(
        "launchlab strategies",
        "launchlab strategies fade-gap --json",
        "launchlab strategies check mine.py:MyStrategy",
    ),
    subcommand_metavar="[check|new] [NAME]...",
)
def strategies() -> None:
    """List the strategies and their parameters.

    NAME is a registered name or file.py:Class; without one, all that are registered.
    """


@strategies.command(
    SHOW, hidden=True, epilog=example("launchlab strategies", "launchlab strategies fade-gap --json")
)
@click.argument("names", nargs=-1, metavar="[NAME]...")
@shared("json")
def show(names: tuple[str, ...], as_json: bool) -> None:
    """List the strategies and their parameters."""
    from ..strategies.loading.loading import describe, strategy_names

    described = [describe(name) for name in names or strategy_names()]
    if as_json:
        print_json(described)
        return
    for k, strategy in enumerate(described):
        if k:
            echo()
        _print(strategy)


def _print(strategy: dict[str, Any]) -> None:
    from .terminal.tables import print_table

    echo(f"{strategy['name']} — {strategy['summary']}")
    rows = [(p["name"], _type(p), _default(p), p["unit"], p["help"]) for p in strategy["parameters"]]
    print_table(("parameter", "type", "default", "unit", "what it is"), rows)


def _type(parameter: dict[str, Any]) -> str:
    """`open|close`, `int`, `float or none`."""
    words = "|".join(map(str, parameter["choices"] or [parameter["type"]]))
    return f"{words} or none" if parameter["optional"] else words


def _default(parameter: dict[str, Any]) -> str:
    value = parameter["default"]
    if parameter["required"]:
        return "required"
    if isinstance(value, list):
        return ",".join(map(str, value))
    return "none" if value is None else str(value)


@strategies.command(
    "check",
    epilog=example(
        "launchlab strategies check mine.py:MyStrategy",
        "launchlab strategies check long-short --set hold=3 --start 2026-01-02 --json",
    ),
)
@click.argument("strategy", metavar="NAME")
@shared(*UNCOMPARED)
@click.option(
    "--set", "settings", metavar="K=V", multiple=True, help="A parameter; also config.K=V, brokerage.K=V."
)
@click.option(
    "--config", "toml", metavar="FILE", help="TOML with [config], [strategy], [brokerage], [data]; flags win."
)
@shared("sizer", "stake", "json")
def check(strategy: str, settings: tuple[str, ...], toml: str | None, as_json: bool, **flags: Any) -> None:
    """Ask a strategy about the future at every decision; what changes is named with its line.

    NAME is a registered name or file.py:Class. Exit code 2 where it knows the future.
    """
    from contextlib import redirect_stdout

    from ..data.errors import LookAheadError
    from ..data.market.market import load_market
    from ..strategies.loading.check import check_strategy
    from ..strategies.loading.loading import build_strategy, sized
    from .asked.plan import left_aside, read_plan
    from .terminal.progress import progress

    plan = read_plan(toml, {**flags, "strategy": strategy}, settings)
    for sentence in left_aside(plan, "strategies check", counts=("sizer", "stake")):
        warn(sentence)
    built = sized(build_strategy(plan.strategy, plan.settings), plan.sizer, plan.stake)
    market = load_market(plan.market, brokerage=plan.brokerage)
    say(market, labelled=False)
    with progress(f"asking {plan.strategy}", len(market.panel)) as step, redirect_stdout(sys.stderr):
        checked = check_strategy(
            built, market, plan.config, name=plan.strategy, progress=lambda done: step(done)
        )
    if as_json:
        print_json(checked.to_json())
    else:
        _print_answer(checked)
    if not checked.clean:
        raise LookAheadError(f"{checked.verdict}; repair the lines that are named")


def _print_answer(checked: "Checked") -> None:
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


@strategies.command(
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
