"""`launchlab check`: what is wrong with the bars, by code and session."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, refuse_beside, shared, tell, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..data.bars.reconcile import Agreement
    from ..data.market.check import Checked


@click.command(
    epilog=example(
        "launchlab check 2513.HK --prices bars",
        "launchlab check --json",
        "launchlab check --prices bars --minutes minutes",
        "launchlab check --sources",
    )
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--prices", metavar="DIR", help="A folder, zip or store of bars [default: the store].")
@click.option(
    "--store", metavar="DIR", help="The store [default: LAUNCHLAB_STORE, else the user's data folder]."
)
@click.option(
    "--adjusted", metavar="CODE", multiple=True, help="Not raw prices: no tick or limit check; repeatable."
)
@click.option("--errors", "errors_only", is_flag=True, help="Only errors, no warnings.")
@click.option("--strict", is_flag=True, help="Exit with 2 when there are errors.")
@click.option(
    "--sources", is_flag=True, help="How the sources of each code in the store agree, and which one wins."
)
@shared("minutes", "minute_stamps", "instruments", "json")
def check(
    codes: tuple[str, ...],
    prices: str | None,
    store: str | None,
    adjusted: tuple[str, ...],
    instruments: str | None,
    minutes: str | None,
    minute_stamps: str | None,
    **how: bool,
) -> None:
    """Name what is wrong with the bars, by code and session.

    Errors make a fill wrong, and a backtest refuses such bars; warnings are for the reader to judge.
    """
    from ..data.market.check import check as check_bars
    from ..data.market.check import compare_sources
    from .terminal.progress import progress

    if prices and store:
        raise click.ClickException("give --prices or --store, not both")
    place: Any = prices or store
    refuse_beside("sources", "adjusted", "errors_only", "strict", "minutes", "minute_stamps")
    if how["sources"]:
        found = compare_sources(codes, store=place, instruments=instruments)
        _show_sources(found, as_json=how["as_json"])
        return
    with progress("checking", unit="codes") as step:
        checked = check_bars(
            codes,
            prices=place,
            instruments=instruments,
            adjusted=adjusted,
            minutes=minutes,
            minute_stamps=minute_stamps,
            on_progress=step,
        )
    _show(checked, **how)


def _show(checked: "Checked", *, as_json: bool, errors_only: bool, strict: bool, sources: bool) -> None:
    """The findings and their count on stdout; errors end with 2 where that was asked for."""
    for sentence in checked.warnings:
        warn(sentence)
    shown = checked.errors if errors_only else checked.findings
    if as_json:
        print_json([finding.to_json() for finding in shown])
    else:
        for finding in shown:
            tell(str(finding))
        warnings = _count(len(checked.findings) - len(checked.errors), "warning")
        echo(
            f"{_count(len(checked.codes), 'code')} checked: {_count(len(checked.errors), 'error')}, {warnings}"
        )
    if not checked.errors:
        return
    unread = sum(finding.kind == "not_checked" for finding in checked.errors)
    wrong = len(checked.errors) - unread
    said = [
        f"{_count(wrong, 'error')} in the bars; repair them, or backtest with --bad-bars suspend to leave them out"
    ] * bool(wrong) + [f"{_count(unread, 'code')} could not be checked; mend what is named"] * bool(unread)
    advice = "; ".join(said)
    if strict:
        raise click.ClickException(advice)
    warn(advice)


def _show_sources(agreements: "Sequence[Agreement]", *, as_json: bool) -> None:
    """The agreement table of the codes that a store has from several sources."""
    from .terminal.tables import print_table

    if as_json:
        print_json([agreement.to_json() for agreement in agreements])
        return
    if not agreements:
        echo("no code has more than one source; fetch one again with another --provider to compare")
        return
    head = ("code", "sources", "common", "equal closes", "equal bars", "volume ratio", "wins", "rule")
    rows = [
        (
            agreement.code, f"{agreement.first}, {agreement.second}", str(agreement.common), str(agreement.equal_closes), str(agreement.equal_bars),
            f"{agreement.volume_ratio:.3g}", agreement.winner, agreement.rule,
        )
        for agreement in agreements
    ]  # fmt: skip
    print_table(head, rows, right=("common", "equal closes", "equal bars", "volume ratio"))


def _count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
