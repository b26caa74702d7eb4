"""`launchlab launches`: the ledger, and the first session on which each launch could be traded."""

from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, refuse_without, say, shared, tell, warn
from .proposals import accept, add, import_, proposals_
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..data.instruments.table import Instruments
    from ..data.ledger.ledger import Launches

KIND = click.option(
    "--kind", "kinds", metavar="KIND", multiple=True, help="Only launches of this kind; repeatable."
)


@click.group(
    invoke_without_command=True,
    epilog=example("launchlab launches list --kind launch", "launchlab launches map --launches week.csv"),
)
@click.pass_context
def launches(ctx: click.Context) -> None:
    """Show the launches, and when each could first be traded."""
    if ctx.invoked_subcommand is None:
        echo(ctx.get_help())


for command in (import_, proposals_, accept, add):
    launches.add_command(command)


@launches.command("list", epilog=example("launchlab launches list --kind pricing --json"))
@shared("launches", "ledger_tz", "instruments")
@KIND
@shared("json")
def list_(as_json: bool, **asked: Any) -> None:
    """List the launches of a ledger, oldest first."""
    ledger, _ = _read(**asked)
    if as_json:
        print_json([launch.as_row() for launch in ledger])
        return
    from .terminal.tables import print_table

    columns = ("id", "announced_at", "precision", "company", "product", "kind", "codes")
    print_table(columns, ([launch.as_row()[name] for name in columns] for launch in ledger))


@launches.command("map", epilog=example("launchlab launches map --launches week.csv --json"))
@shared("launches", "ledger_tz", "instruments", "calendar")
@KIND
@click.option("--reaction-minutes", type=float, help="From the news to the order [default: 15].")
@click.option(
    "--dates-known", type=click.Choice(["start", "end"]), help="When date-only launches count as known."
)
@shared("json")
def map_(reaction_minutes: float | None, dates_known: Any, calendar: str | None, **asked: Any) -> None:
    """Per launch and code, the first open and close that could be traded for certain, and why.

    Where the launch's clock leaves earlier auctions possible, `possible` counts them and `earliest_open` is the first.
    """
    from ..data.ledger.ledger import reach

    as_json = asked.pop("as_json")
    ledger, book = _read(**asked)
    clock: dict[str, Any] = {"reaction_minutes": reaction_minutes, "dates_known": dates_known}
    rows = [_told_role(row) for row in reach(ledger, book, calendar=calendar, **clock)]
    if as_json:
        print_json(rows)
        return
    from .terminal.tables import on_terminal, print_table
    from .terminal.words import in_flags

    command = click.get_current_context().command
    rows = [row | {"why": in_flags(str(row["why"]), command)} for row in rows]
    if on_terminal():
        echo("\n".join(_entry(row) for row in rows))
        return
    columns = ("launch", "known_at", "code", "role", "first_open", "first_close", "possible", "why")
    print_table(columns, ([row[name] for name in columns] for row in rows))


def _told_role(row: dict[str, str | int | None]) -> dict[str, str | int | None]:
    """The row with what becomes of a code without a role."""
    from ..strategies.registry import issuer_buyers

    if not row["code"] or row["role"]:
        return row
    bought = f"no role: taken as the issuer, which {', '.join(issuer_buyers())} buy"
    return row | {"why": f"{row['why']}; {bought}"}


def _entry(row: dict[str, str | int | None]) -> str:
    """One launch and code on two lines, for a narrow terminal."""
    code = f"{row['code'] or 'no listed code'} {row['role'] or ''}".strip()
    first = (
        f"open {row['first_open'] or 'none'}  close {row['first_close']}"
        if row["first_close"]
        else "cannot be traded"
    )
    left_open = (
        f"; {row['possible']} earlier auctions possible, from {row['earliest_open']}"
        if row["possible"]
        else ""
    )
    return f"{click.style(str(row['launch']), bold=True)}  {code}  {first}\n    {row['why']}{left_open}"


def _read(
    launches: str | None, ledger_tz: str | None, instruments: str | None, kinds: tuple[str, ...]
) -> "tuple[Launches, Instruments]":
    from ..data.instruments.table import to_instruments
    from ..data.ledger.ledger import load_launches

    book = to_instruments(instruments)
    ledger = load_launches(launches, book, ledger_tz=ledger_tz)
    for sentence in (*book.notes, *ledger.notes):
        warn(sentence)
    return (ledger.of_kinds(kinds) if kinds else ledger), book


@launches.command(
    "check",
    epilog=example(
        "launchlab launches check ledger.csv",
        "launchlab launches check --launches ledger.csv --strategy long-short --prices bars",
    ),
)
@click.argument("ledger", metavar="[FILE]", required=False)
@shared("launches", "instruments")
@click.option(
    "--strategy", metavar="NAME", help="Say too what the open clocks do to the result of this strategy."
)
@shared("prices")
@click.option(
    "--draws", type=click.IntRange(1, 100_000), default=50, show_default=True, help="Of that result."
)
@click.option(
    "--estimation-days", type=int, default=30, show_default=True, help="Days a study measures before."
)
@shared("json")
def check(
    ledger: str | None,
    launches: str | None,
    instruments: str | None,
    estimation_days: int,
    as_json: bool,
    **asked: Any,
) -> None:
    """Name the launches to doubt: told twice, small, disturbed by others, without a source or a clock.

    FILE is the ledger, as --launches; without either the shipped one.
    """
    from ..data.instruments.table import to_instruments
    from ..data.ledger.hygiene import WORDS, check_launches
    from ..data.ledger.ledger import load_launches

    refuse_without("prices", "strategy")
    refuse_without("draws", "strategy")
    if ledger and launches:
        raise click.UsageError(f"{ledger} and --launches {launches} both name a ledger; leave one out")
    launches = ledger or launches
    rows = load_launches(launches, to_instruments(instruments))
    doubts = check_launches(rows, estimation_days=estimation_days)
    moves = _moves(launches, instruments, **asked) if asked["strategy"] else ""
    if as_json:
        print_json(
            [
                {"launch": doubt.launch, "kind": doubt.kind, "other": doubt.other, "says": doubt.says}
                for doubt in doubts
            ]
        )
        if moves:
            tell(moves)
        return
    from .terminal.tables import print_table

    print_table(("kind", "launch", "what"), ((doubt.kind, doubt.launch, doubt.says) for doubt in doubts))
    counts = {kind: sum(doubt.kind == kind for doubt in doubts) for kind in WORDS}
    named = ", ".join(f"{count} {kind}" for kind, count in counts.items() if count)
    echo(f"{len(rows)} launches, {len(doubts)} doubts{f': {named}' if named else ''}")
    if moves:
        echo(moves)


def _moves(
    launches: str | None, instruments: str | None, *, strategy: str, prices: str | None, draws: int
) -> str:
    """What the clocks that leave auctions open do to the result of a strategy, in words."""
    from ..data.market.market import load_market
    from ..reports.numbers.clocks import clock_words
    from ..strategies.loading.clocks import clock_bracket
    from .terminal.progress import progress

    market = load_market(launches=launches, instruments=instruments, prices=prices)
    say(market)
    with progress("clocks", draws, "runs") as step:
        bracket = clock_bracket(strategy, market, draws=draws, on_progress=step)
    return f"{strategy}: {clock_words(bracket, market.panel.currency)}"
