"""Sentences of the library in the words of the command line: parameters become flags, functions commands.

The library writes what a user can name in backticks: `start`, `bad_bars='suspend'`, `ll.fetch('0700.HK', refresh=True)`.
"""

import re
from collections.abc import Iterable, Mapping

import click

from .commands import COMMANDS

CALL = re.compile(r"`ll\.(\w+)\(([^`]*)\)`")
PARAMETER = re.compile(r"`([a-z][\w.]*)(?:=([^`]+))?`")


def in_flags(text: str, command: click.Command | None) -> str:
    """The sentence with the parameters of `command` as its flags; what is no parameter of it stays as it is.

    >>> import click
    >>> check = click.Command("check", params=[click.Option(["--bad-bars"]), click.Option(["--set"])])
    >>> in_flags("leave them out with `bad_bars='suspend'`; `hold=5`; `ll.fetch('0700.HK', refresh=True)`", check)
    'leave them out with --bad-bars suspend; --set hold=5; `launchlab fetch 0700.HK --refresh`'
    """
    flags = flags_of(command)
    text = CALL.sub(_command, text)
    return PARAMETER.sub(lambda found: _flag(found, flags), text)


def flags_of(command: click.Command | None) -> Mapping[str, str]:
    """Flag by the name of its parameter."""
    if command is None:
        return {}
    inner = command.commands.values() if isinstance(command, click.Group) else ()
    options = (one for every in (command, *inner) for one in every.params if isinstance(one, click.Option))
    flags = (flag for one in options for flag in one.opts if flag.startswith("--"))
    return {flag[2:].replace("-", "_"): flag for flag in flags}


def _flag(marked: re.Match[str], flags: Mapping[str, str]) -> str:
    name, value = marked[1], marked[2]
    if name in flags:
        return _valued(flags[name], value)
    if value is not None and "set" in flags:  # a parameter of the strategy, the portfolio or the brokerage
        return f"--set {name}={_bare(value)}"
    return marked[0]


def _valued(flag: str, value: str | None) -> str:
    if value is None or value == "True":
        return flag
    return flag.replace("--", "--no-", 1) if value == "False" else f"{flag} {_bare(value)}"


def _command(marked: re.Match[str]) -> str:
    if marked[1] not in COMMANDS:
        return marked[0]
    return f"`{' '.join(['launchlab', marked[1], *_words(marked[2].split(', '))])}`"


def _words(arguments: Iterable[str]) -> Iterable[str]:
    for argument in filter(None, arguments):
        name, equals, value = argument.partition("=")
        yield _valued(f"--{name.replace('_', '-')}", value) if equals else _bare(argument)


def _bare(value: str) -> str:
    return value.strip("'\"[]")
