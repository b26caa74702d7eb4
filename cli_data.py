"""`launchlab fetch` and `launchlab check`: bars into the store, and what is wrong with them."""

from typing import TYPE_CHECKING, Any

import click

from .cli_options import example, print_json, shared

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from .data.checks import Finding
    from .data.fetch import Outcome
    from .data.instruments import Instruments

YEARS_BACK = 3


@click.command(
    epilog=example(
        "launchlab fetch 2513.HK 0700.HK --start 2026-01-02 --end 2026-06-30",
        "launchlab fetch --launches week.csv --start 2025-01-02 --provider baostock",
    )
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@shared("launches")
@click.option("--start", metavar="DAY", help="First day [default: three years before --end].")
@click.option("--end", metavar="DAY", help="Last day [default: the last final one].")
@click.option("--provider", default="yahoo", show_default=True, help="Where from: yahoo or baostock.")
@click.option(
    "--store", metavar="DIR", help="The store [default: LAUNCHLAB_STORE, else the user's data folder]."
)
@click.option("--refresh", is_flag=True, help="Ask again for what is stored, and report what changed.")
@shared("instruments", "json")
def fetch(
    codes: tuple[str, ...], launches: str | None, start: str | None, end: str | None, instruments: str | None,
    as_json: bool, **how: Any,
) -> None:  # fmt: skip
    """Download bars into the store: the codes named, or those of a ledger.

    What is stored already is not asked for again; one code's failure loses nothing of the others.
    """
    from datetime import date, timedelta

    from .cli_plan import day
    from .data.fetch import last_final_day

    book = _book(instruments)
    wanted = _codes(codes, launches, book)
    last = date.fromisoformat(day(end, "--end")) if end else last_final_day()
    first = (
        date.fromisoformat(day(start, "--start"))
        if start
        else last - timedelta(days=round(YEARS_BACK * 365.25))
    )
    _fetch([book[code] for code in wanted], (first, last), as_json=as_json, **how)


def _fetch(
    instruments: list[Any],
    span: tuple[Any, Any],
    *,
    provider: str,
    store: str | None,
    refresh: bool,
    as_json: bool,
) -> None:
    from pathlib import Path

    from .cli_progress import progress
    from .data.fetch import FAILED, fetch
    from .data.prices import Store, default_store
    from .data.providers import make_provider

    place = Store(Path(store) if store else default_store())
    asked = make_provider(provider)
    with progress(f"fetching from {provider}", len(instruments), unit="codes") as step:

        def told(done: int, total: int, outcome: "Outcome") -> None:
            step(done)
            click.echo(f"[{done}/{total}] {outcome}", err=True)

        report = fetch(instruments, span, provider=asked, store=place, refresh=refresh, on_progress=told)
    if as_json:
        print_json(report.to_json() | {"store": str(place.root)})
    else:
        click.echo(str(report))
        click.echo(f"store: {place.root} (use it with --prices)")
    if len(report.of(FAILED)) == len(report.outcomes):
        raise click.ClickException(f"nothing was fetched; {report.outcomes[0].message}")
    if not report.complete:
        raise click.ClickException(
            f"{len(report.of(FAILED))} of {len(report.outcomes)} codes failed; run it again"
        )


@click.command(epilog=example("launchlab check 2513.HK --prices bars", "launchlab check --json"))
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--prices", metavar="DIR", help="A folder, zip or store of bars [default: the store].")
@click.option(
    "--store", metavar="DIR", help="The store [default: LAUNCHLAB_STORE, else the user's data folder]."
)
@click.option(
    "--adjusted", metavar="CODE", multiple=True, help="Not raw prices: no tick or limit check; repeatable."
)
@click.option("--errors", "errors_only", is_flag=True, help="Only errors, no warnings.")
@shared("instruments", "json")
def check(
    codes: tuple[str, ...], prices: str | None, store: str | None, adjusted: tuple[str, ...], errors_only: bool,
    instruments: str | None, as_json: bool,
) -> None:  # fmt: skip
    """Name what is wrong with the bars, by code and session. Errors make the exit code 2."""
    book = _book(instruments)
    held = frozenset(book[code].code for code in adjusted)
    findings, bars = _check(_place(prices, store), [book[code].code for code in codes] or None, book, held)
    wrong = sum(finding.severity == "error" for finding in findings)
    shown = [finding for finding in findings if finding.severity == "error" or not errors_only]
    if as_json:
        print_json([finding.to_json() for finding in shown])
    else:
        for finding in shown:
            click.echo(str(finding))
        click.echo(f"{bars} codes checked: {wrong} errors, {len(findings) - wrong} warnings")
    if wrong:
        raise click.ClickException(
            f"{wrong} errors in the bars; repair them, or run with --bad-bars suspend to leave those sessions out"
        )


def _check(
    place: "Path", codes: "Sequence[str] | None", book: "Instruments", adjusted: frozenset[str]
) -> "tuple[list[Finding], int]":
    from .cli_market import find_bars
    from .cli_progress import progress
    from .data.audit import check_prices

    source = find_bars(str(place))
    findings: list[Finding] = []
    count = 0
    with progress("checking", len(codes or source.codes), unit="codes") as step:
        for _, found in check_prices(source.path, codes, instruments=book, adjusted=adjusted):
            findings += found
            count += 1
            step(count)
    return findings, count


def _place(prices: str | None, store: str | None) -> "Path":
    from pathlib import Path

    from .data.errors import ConfigError
    from .data.prices import default_store

    if prices and store:
        raise ConfigError("give --prices or --store, not both")
    return Path(prices or store or default_store())


def _book(instruments: str | None) -> "Instruments":
    from pathlib import Path

    from .data.instruments import load_instruments

    return load_instruments(*([Path(instruments)] if instruments else []))


def _codes(codes: tuple[str, ...], launches: str | None, book: "Instruments") -> list[str]:
    from .data.errors import ConfigError
    from .data.launches import load_launches

    named = [book[code].code for code in codes]
    if launches is not None:
        named += load_launches(launches, book).codes
    if not named:
        raise ConfigError("name the codes to fetch, or a ledger with --launches")
    return list(dict.fromkeys(named))
