"""`launchlab fetch` and `launchlab data`: bars from a provider into the store, and what it holds."""

from typing import TYPE_CHECKING, Any

import click

from .options import example, print_json, refuse_beside, refuse_without, shared, tell, warn
from .terminal.echo import echo

if TYPE_CHECKING:
    from ..data.store.outcome import FetchOutcome, FetchReport
    from ..data.store.status import CodeStatus, StoreStatus


@click.command(
    epilog=example(
        "launchlab fetch",
        "launchlab fetch 2513.HK 0700.HK --start 2026-01-02 --end 2026-06-30",
        "launchlab fetch --launches week.csv --start 2025-01-02 --provider baostock",
        "launchlab fetch --minutes 5",
        "launchlab fetch --provider files --path bars --start 2022-01-01",
    )
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--launches", metavar="FILE", help="Ledger whose codes to fetch.")
@shared("ledger_tz")
@click.option("--start", metavar="DAY", help="First day [default: three years before --end].")
@click.option("--end", metavar="DAY", help="Last day [default: the last final one].")
@click.option(
    "--provider",
    default="auto",
    metavar="NAME",
    help="Where from: auto, a source, or several to be asked in turn (baostock,yahoo) [default: auto].",
)
@click.option("--compare", metavar="NAME", help="A second source, to hold the first one's bars against.")
@click.option("--path", metavar="DIR", help="Folder or zip of the provider files.")
@click.option("--volume-unit", default="", metavar="UNIT", help="Of a vendor's files: shares or lots.")
@click.option("--accept-adjusted", is_flag=True, help="Take files known to be adjusted: for benchmarks only.")
@click.option(
    "--store", metavar="DIR", help="The store [default: LAUNCHLAB_STORE, else the user's data folder]."
)
@click.option("--names", metavar="CSV", help="Name changes (code,name,first,last): ST spells by day.")
@click.option(
    "--minutes",
    type=click.Choice(["1", "5", "15", "30", "60"]),
    help="Bars of so many minutes, of the sessions that launches need or from --start on.",
)
@click.option(
    "--sessions",
    type=int,
    metavar="N",
    help="With --minutes: how many, from the first in which a launch can be traded [default: 2].",
)
@click.option("--refresh", is_flag=True, help="Ask again for what is stored, and report what changed.")
@click.option("-v", "--verbose", is_flag=True, help="Each source's answer behind each code.")
@shared("instruments", "json")
def fetch(as_json: bool, verbose: bool, **asked: Any) -> None:
    """Download bars into the store.

    The codes named, or those of a ledger, or all that the provider files has; else all that a run of the shipped ledger
    needs, rates included, so that `launchlab backtest --prices store` runs on it. What is stored already is not asked
    for again; one code's failure loses nothing of the others.
    """
    from ..data.market.fetch import fetch as fetch_bars
    from ..data.market.fetch_minutes import fetch_minutes
    from .terminal.progress import progress

    if verbose and as_json:
        raise click.UsageError("--json has each source's answer already (`tried`); leave --verbose out")

    length, sessions = asked.pop("minutes"), asked.pop("sessions")
    if length is None:
        refuse_without("sessions", "minutes")
    else:
        refuse_beside("minutes", "compare", "path", "volume_unit", "accept_adjusted", "names")
        for name in ("compare", "path", "volume_unit", "accept_adjusted", "names"):
            del asked[name]
        asked["sessions"] = sessions
    with progress(f"fetching from {asked['provider']}", unit="codes") as step:

        def told(number: int, total: int, outcome: "FetchOutcome") -> None:
            step(number, total)
            line = outcome.brief if total > 1 and not verbose else str(outcome)
            tell(f"[{number}/{total}] {line}" if as_json else line, err=as_json)

        if length is None:
            report = fetch_bars(**asked, on_progress=told)
        else:
            report = fetch_minutes(**asked, length=int(length), on_progress=told)
    _show(report, as_json=as_json, verbose=verbose, use="prices" if length is None else "minutes")


def _show(report: "FetchReport", *, as_json: bool, verbose: bool, use: str) -> None:
    """Sum up on stdout, where each code already has its line, and end with 2 when one failed."""
    for sentence in report.warnings:
        warn(sentence)
    if as_json:
        print_json(report.to_json() | {"store": str(report.store)})
    else:
        if len(report.outcomes) > 1 and not verbose:
            for shared in report.reasons:
                tell(str(shared))
        echo(report.counts + _of(report))
        useful = len(report.of("failed")) < len(report.outcomes)
        echo(f"store: {report.store}{f' (use it with --{use})' if useful else ''}")
    failed = report.of("failed")
    if failed and not as_json:
        for sentence in report.skipped:
            warn(sentence)
    if failed:
        raise click.ClickException(
            f"{len(failed)} of {len(report.outcomes)} codes failed, {failed[0].code} first; run it again to resume"
        )


def _of(report: "FetchReport") -> str:
    """` (3 baostock, 2 yahoo)`; nothing where no server was asked."""
    told = ", ".join(f"{count} {name}" for name, count in report.sources.items() if name != "files")
    return f" ({told})" if told else ""


@click.group(epilog=example("launchlab data status"))
def data() -> None:
    """Show what the store holds."""


@data.command(
    epilog=example(
        "launchlab data status", "launchlab data status 2513.HK --store store", "launchlab data status --json"
    )
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option(
    "--store", metavar="DIR", help="The store [default: LAUNCHLAB_STORE, else the user's data folder]."
)
@shared("instruments", "json")
def status(codes: tuple[str, ...], store: str | None, instruments: str | None, as_json: bool) -> None:
    """Show span, source, holes, last check and unknowns of each code, and how the sources fare."""
    from ..data.store.status import store_status

    found = store_status(codes, store=store, instruments=instruments)
    if as_json:
        print_json(found.to_json())
    else:
        _show_status(found, whole=bool(codes))


def _show_status(found: "StoreStatus", *, whole: bool) -> None:
    """A row a code, the sources below it; of codes that were named, also each thing that is unknown."""
    from .terminal.tables import print_table

    head = (
        "code",
        "source",
        "span",
        "bars",
        "holes",
        "halted",
        "last check",
        "errors / warnings",
        "unknown",
        "second source",
    )
    if found.codes:
        print_table(head, [_row(one) for one in found.codes], right=("bars", "holes", "halted", "unknown"))
    else:
        echo("no bars yet; bring them with `launchlab fetch`")
    for one in found.codes:
        if one.fault:
            tell(f"{one.code}: {one.fault}")
        elif whole:
            for sentence in one.unknowns:
                tell(f"{one.code}: {sentence}")
            if one.holes:
                echo(
                    f"{one.code}: no bar on {', '.join(one.holes[:10])}{' …' if len(one.holes) > 10 else ''}"
                )
    for name, health in found.sources.items():
        told = f"last answer {health.last_success or 'never'}"
        if health.failures:
            told += f"; {health.failures} failures in a row, the last {health.last_failure}: {health.reason}"
        if health.open_until:
            told += f"; left in peace until {health.open_until}"
        tell(f"{name}: {told}")
    echo(f"rates: {'until ' + found.rates_until if found.rates_until else 'none; the shipped table is used'}")
    echo(f"store: {found.store}")


def _row(one: "CodeStatus") -> tuple[str, ...]:
    if one.fault:
        return (one.code, "cannot be read", *[""] * 8)
    checks = f"{one.errors} / {one.warnings}"
    return (
        one.code, one.source, f"{one.first} to {one.last}", str(one.rows), str(len(one.holes)), str(one.suspended),
        one.checked[:16].replace("T", " "), checks, str(len(one.unknowns)), "; ".join(one.agreements),
    )  # fmt: skip
