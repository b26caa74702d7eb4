"""`launchlab strategies`: what can be run, and with which parameters."""

from typing import Any

import click

from .checked import check, new
from .options import example, print_json, shared
from .terminal.echo import echo


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


for command in (check, new):
    strategies.add_command(command)


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
