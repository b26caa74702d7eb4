"""`launchlab strategies`: what can be run, and with which parameters."""

from typing import Any

import click

from .options import example, print_json, shared
from .terminal.echo import echo


@click.command(epilog=example("launchlab strategies", "launchlab strategies fade-gap --json"))
@click.argument("names", nargs=-1, metavar="[NAME]...")
@shared("json")
def strategies(names: tuple[str, ...], as_json: bool) -> None:
    """List the strategies and their parameters.

    NAME is a registered name or file.py:Class; without one, all that are registered.
    """
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
