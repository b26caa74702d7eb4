"""A value that follows no option: which option it was meant for, where its look tells."""

import re
from collections.abc import Iterable

import click

from .words import flags_of

STRAY = re.compile(r"Got unexpected extra arguments? \((.+)\)")
# What only a ledger, a run file or a strategy of one's own looks like.
LOOKS = (
    ("--strategy", re.compile(r".+\.py:\w+")),
    ("--config", re.compile(r".+\.toml")),
    ("--launches", re.compile(r".+\.(csv|xlsx|parquet)", re.IGNORECASE)),
)


def sentence(fault: click.ClickException) -> str:
    """What is wrong with a command as it was typed, a stray value with what to write in its place."""
    stray = STRAY.fullmatch(fault.message)
    context = fault.ctx if isinstance(fault, click.UsageError) else None
    if stray is None or context is None:
        return fault.format_message()
    value = stray[1].split(" ")[0]
    option = option_for(value, flags_of(context.command).values())
    mend = f"write {option} {value}" if option else f"`{context.command_path} --help` lists the options"
    return f"{value!r} follows no option; {mend}"


def option_for(value: str, flags: Iterable[str]) -> str | None:
    """The one of the flags that a value looks like; None where it may be meant for any."""
    from ...strategies.loading.loading import strategy_names

    flags = tuple(flags)
    if "--strategy" in flags and value in strategy_names():
        return "--strategy"
    return next((flag for flag, look in LOOKS if flag in flags and look.fullmatch(value)), None)
