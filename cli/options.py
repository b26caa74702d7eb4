"""Options that several commands share. Nothing here imports more than click."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import click

from .terminal.echo import echo

if TYPE_CHECKING:
    from ..data.market.market import Market

Decorator = Callable[[Callable[..., None]], Callable[..., None]]

SHARED: dict[str, Decorator] = {
    "launches": click.option(
        "--launches", metavar="FILE", help="Ledger: CSV, xlsx or parquet [default: the shipped one]."
    ),
    "ledger_tz": click.option(
        "--ledger-tz", metavar="ZONE", help="Of the ledger's clock times without one, such as Asia/Hong_Kong."
    ),
    "prices": click.option(
        "--prices",
        metavar="DIR",
        help="Folder, zip or store of daily bars; store is your own [default: the simulated sample].",
    ),
    "codes": click.option(
        "--codes", metavar="A,B", help="Shares to trade, in this order [default: those of the ledger]."
    ),
    "start": click.option(
        "--start", metavar="DAY", help="First session, such as 2026-01-05 [default: of the bars]."
    ),
    "end": click.option("--end", metavar="DAY", help="Last session [default: of the bars]."),
    "currency": click.option(
        "--currency", metavar="CUR", help="Base currency: HKD, CNY or USD [default: HKD]."
    ),
    "benchmark": click.option(
        "--benchmark",
        metavar="CODE",
        help="A code, a blend '60% 3033.HK + 40% 510300.SS', a list of these, or none.",
    ),
    "bad_bars": click.option(
        "--bad-bars", type=click.Choice(["refuse", "suspend"]), help="Wrong bars: stop, or do not trade them."
    ),
    "instruments": click.option(
        "--instruments", metavar="CSV", help="Rows added to or over the shipped instruments."
    ),
    "fx": click.option("--fx", metavar="CSV", help="Currency rates [default: the European Central Bank's]."),
    "universe": click.option("--universe", metavar="CSV", help="Members over the shipped universe, or none."),
    "links": click.option(
        "--links",
        type=click.Choice(["all", "known"]),
        help="Codes of a launch: all, or those linked in public before it.",
    ),
    "calendar": click.option(
        "--calendar", metavar="CSV", help="Years and closures over the shipped ones, from-bars, or published."
    ),
    "minutes": click.option(
        "--minutes", metavar="DIR", help="Minute bars beside the daily ones, or sample [default: none]."
    ),
    "minute_stamps": click.option(
        "--minute-stamps",
        type=click.Choice(["end", "start"]),
        help="What minute bars are stamped with [default: as the lunch break tells].",
    ),
    "futures": click.option(
        "--futures",
        metavar="CSV",
        help="Dated margins and fees of index futures, whose months are among the prices.",
    ),
    "sizer": click.option(
        "--sizer", metavar="NAME", help="Of backtrader, such as PercentSizer, for orders without a size."
    ),
    "stake": click.option(
        "--stake", type=int, metavar="N", help="Shares of an order without a size [default: 1]."
    ),
    "json": click.option("--json", "as_json", is_flag=True, help="Print JSON on stdout."),
}
MARKET = (
    *(
        "launches",
        "ledger_tz",
        "prices",
        "codes",
        "start",
        "end",
        "currency",
        "benchmark",
        "bad_bars",
        "instruments",
        "fx",
    ),
    *("universe", "links", "calendar", "minutes", "minute_stamps", "futures"),
)

# Of a study, which trades nothing.
STUDIED = (
    *(
        "launches",
        "ledger_tz",
        "prices",
        "start",
        "end",
        "currency",
        "bad_bars",
        "instruments",
        "fx",
        "calendar",
    ),
    *("minutes", "minute_stamps"),
)

# Of commands that compare nothing.
UNCOMPARED = tuple(name for name in MARKET if name != "benchmark")


def shared(*names: str) -> Decorator:
    """A decorator that adds the named options, in that order."""

    def decorate(function: Callable[..., None]) -> Callable[..., None]:
        for name in reversed(names):
            function = SHARED[name](function)
        return function

    return decorate


def refuse_without(option: str, *others: str) -> None:
    """Refuse an option of the running command that was typed without any of the others, without which it does nothing."""
    if _typed(option) and not any(map(_typed, others)):
        raise click.UsageError(
            f"{_flag(option)} does nothing without {' or '.join(map(_flag, others))}; give both, or leave it out"
        )


def refuse_beside(option: str, *others: str) -> None:
    """Refuse options of the running command that were typed beside one under which they do nothing; `--no-…` agrees with it."""
    for other in others:
        if _typed(option) and _typed(other) and click.get_current_context().params[other] is not False:
            raise click.UsageError(
                f"{_flag(other)} does nothing beside {_flag(option)}; leave one of them out"
            )


def _typed(option: str) -> bool:
    source = click.get_current_context().get_parameter_source(option)
    return source not in (None, click.core.ParameterSource.DEFAULT)


def _flag(option: str) -> str:
    params = click.get_current_context().command.params
    return next(flag for one in params if one.name == option for flag in one.opts if flag.startswith("--"))


def example(*lines: str) -> str:
    """The epilog of a command: its examples, kept on their own lines."""
    return "\b\nExample:\n" + "\n".join(f"  {line}" for line in lines)


def print_json(value: Any) -> None:
    """JSON on stdout, readable and the same bytes every time."""
    import json

    echo(json.dumps(value, indent=2, ensure_ascii=False), data=True)


def tell(text: str, *, err: bool = False) -> None:
    """A sentence of the library on stdout, its parameters named as the running command's flags."""
    from .terminal.words import in_flags

    context = click.get_current_context(silent=True)
    echo(in_flags(text, context.command if context else None), err=err)


def warn(text: str) -> None:
    """One line on stderr that does not stop the run."""
    tell(f"launchlab: warning: {text}", err=True)


def say(market: "Market", *, labelled: bool = False) -> None:
    """Tell what was left out, and that prices are simulated unless stdout says so itself (`labelled`)."""
    for sentence in market.warnings:
        warn(sentence)
    if market.panel.simulated and not labelled:
        echo("launchlab: SIMULATED prices: nothing here happened on a market", err=True)
