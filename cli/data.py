"""`launchlab fetch` and `launchlab check`: bars into the store, and what is wrong with them."""

from typing import TYPE_CHECKING, Any

import click

from .echo import echo
from .options import example, print_json, shared, tell, warn

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from ..data.bars.checks import Finding
    from ..data.instruments.table import Instruments
    from ..data.providers.provider import Provider
    from ..data.store.fetch import Outcome
    from ..data.store.store import Store

DAYS_BACK = 3 * 365


@click.command(
    epilog=example(
        "launchlab fetch 2513.HK 0700.HK --start 2026-01-02 --end 2026-06-30",
        "launchlab fetch --launches week.csv --start 2025-01-02 --provider baostock",
        "launchlab fetch --provider files --path bars --start 2022-01-01",
    )
)
@click.argument("codes", nargs=-1, metavar="[CODE]...")
@click.option("--launches", metavar="FILE", help="Ledger whose codes to fetch.")
@click.option("--start", metavar="DAY", help="First day [default: three years before --end].")
@click.option("--end", metavar="DAY", help="Last day [default: the last final one].")
@click.option("--provider", default="yahoo", show_default=True, help="Where from: yahoo, baostock or files.")
@click.option("--path", metavar="DIR", help="Folder or zip of the provider files.")
@click.option("--volume-unit", default="", metavar="UNIT", help="Of a vendor's files: shares or lots.")
@click.option("--accept-adjusted", is_flag=True, help="Take files known to be adjusted: for benchmarks only.")
@click.option(
    "--store", metavar="DIR", help="The store [default: LAUNCHLAB_STORE, else the user's data folder]."
)
@click.option("--refresh", is_flag=True, help="Ask again for what is stored, and report what changed.")
@shared("instruments", "json")
def fetch(
    codes: tuple[str, ...],
    launches: str | None,
    start: str | None,
    end: str | None,
    instruments: str | None,
    **how: Any,
) -> None:
    """Download bars into the store.

    The codes named, or those of a ledger, or all that the provider files has. What is stored already is not asked
    for again; one code's failure loses nothing of the others.
    """
    from datetime import timedelta

    from ..data.dated import to_day
    from ..data.store.fetch import last_final_day

    book = _book(instruments)
    wanted = _codes(codes, launches, how["path"], book)
    last = to_day(end, "end") if end else last_final_day()
    first = to_day(start, "start") if start else last - timedelta(days=DAYS_BACK)
    _fetch([book[code] for code in wanted], (first, last), **how)


def _fetch(instruments: list[Any], span: tuple[Any, Any], **how: Any) -> None:
    """Ask the provider for every code, tell on stderr what becomes of each, and sum up on stdout."""
    from ..data.store.fetch import fetch as fetch_into
    from .progress import progress

    place, asked = _store(how["store"]), _provider(**how)
    with progress(f"fetching from {asked.name}", len(instruments), unit="codes") as step:

        def told(done: int, total: int, outcome: "Outcome") -> None:
            step(done)
            tell(f"[{done}/{total}] {outcome}", err=True)

        report = fetch_into(
            instruments, span, provider=asked, store=place, refresh=how["refresh"], on_progress=told
        )
    if how["as_json"]:
        print_json(report.to_json() | {"store": str(place.root)})
    else:
        tell(str(report))
        echo(f"store: {place.root} (use it with --prices)")
    failed = [one for one in report.outcomes if one.status == "failed"]
    if failed:
        raise click.ClickException(
            f"{len(failed)} of {len(report.outcomes)} codes failed, {failed[0].code} first; run it again to resume"
        )


def _provider(
    *, provider: str, path: str | None, volume_unit: str, accept_adjusted: bool, **_: object
) -> "Provider":
    from pathlib import Path

    from ..data.providers.choose import make_provider

    place = Path(path) if path is not None else None
    return make_provider(provider, path=place, volume_unit=volume_unit, accept_adjusted=accept_adjusted)


def _store(given: str | None) -> "Store":
    from pathlib import Path

    from ..data.errors import StoreError
    from ..data.store.store import Store, default_store

    place = Path(given) if given else default_store()
    if place.is_file():
        raise StoreError(f"{place} is a file; give a folder with --store")
    return Store(place)


@click.command(
    epilog=example(
        "launchlab check 2513.HK --prices bars", "launchlab check --json", "launchlab check --sources"
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
@shared("instruments", "json")
def check(
    codes: tuple[str, ...],
    prices: str | None,
    store: str | None,
    adjusted: tuple[str, ...],
    instruments: str | None,
    **how: bool,
) -> None:
    """Name what is wrong with the bars, by code and session.

    Errors make a fill wrong, and a backtest refuses such bars; warnings are for the reader to judge.
    """
    book = _book(instruments)
    if how["sources"]:
        _sources(_place(prices, store), [book[code].code for code in codes] or None, book, how["as_json"])
        return
    held = frozenset(book[code].code for code in adjusted)
    findings, bars = _check(_place(prices, store), [book[code].code for code in codes] or None, book, held)
    wrong = sum(finding.severity == "error" for finding in findings)
    shown = [finding for finding in findings if finding.severity == "error" or not how["errors_only"]]
    if how["as_json"]:
        print_json([finding.to_json() for finding in shown])
    else:
        for finding in shown:
            echo(str(finding))
        counts = f"{_count(wrong, 'error')}, {_count(len(findings) - wrong, 'warning')}"
        echo(f"{_count(bars, 'code')} checked: {counts}")
    found = _count(wrong, "error")
    advice = f"{found} in the bars; repair them, or backtest with --bad-bars suspend to leave them out"
    if wrong and how["strict"]:
        raise click.ClickException(advice)
    if wrong:
        warn(advice)


def _sources(place: "Path", codes: "Sequence[str] | None", book: "Instruments", as_json: bool) -> None:
    """Print the agreement table of the codes that a store has from several sources."""
    from ..data.errors import StoreError
    from ..data.store.audit import agreements
    from ..data.store.store import Store, is_store
    from .tables import print_table

    if not is_store(place):
        raise StoreError(
            f"{place} is not a store, and only a store holds several sources; fetch into one first"
        )
    found = list(agreements(Store(place), codes, instruments=book))
    if as_json:
        print_json([one.to_json() for one in found])
        return
    if not found:
        echo("no code has more than one source; fetch one again with another --provider to compare")
        return
    head = ("code", "sources", "common", "equal closes", "equal bars", "volume ratio", "wins", "rule")
    rows = [
        (
            one.code, f"{one.first}, {one.second}", str(one.common), str(one.equal_closes), str(one.equal_bars),
            f"{one.volume_ratio:.3g}", one.winner, one.rule,
        )
        for one in found
    ]  # fmt: skip
    print_table(head, rows, right=("common", "equal closes", "equal bars", "volume ratio"))


def _check(
    place: "Path", codes: "Sequence[str] | None", book: "Instruments", adjusted: frozenset[str]
) -> "tuple[list[Finding], int]":
    from ..data.market.source import find_bars, named_codes
    from ..data.store.audit import check_prices
    from .progress import progress

    source = find_bars(str(place))
    if codes is None:
        codes, strays = named_codes(source, book)
        for sentence in strays:
            warn(sentence)
    findings: list[Finding] = []
    count = 0
    with progress("checking", len(codes), unit="codes") as step:
        for _, found in check_prices(source.prices, codes, instruments=book, adjusted=adjusted):
            findings += found
            count += 1
            step(count)
    return findings, count


def _place(prices: str | None, store: str | None) -> "Path":
    from pathlib import Path

    from ..data.errors import ConfigError
    from ..data.store.store import default_store

    if prices and store:
        raise ConfigError("give --prices or --store, not both")
    return Path(prices or store or default_store())


def _book(instruments: str | None) -> "Instruments":
    from pathlib import Path

    from ..data.instruments.table import load_instruments

    return load_instruments(*([Path(instruments)] if instruments else []))


def _codes(codes: tuple[str, ...], launches: str | None, path: str | None, book: "Instruments") -> list[str]:
    """What to fetch: codes named, codes of a ledger, or every file of a folder whose name is a code."""
    from ..data.errors import ConfigError
    from ..data.ledger.ledger import load_launches
    from ..data.market.source import find_bars, named_codes

    named = [book[code].code for code in codes]
    if launches is not None:
        named += load_launches(launches, book).codes
    if not named and path is not None:
        stems, strays = named_codes(find_bars(path), book)
        named = [book[stem].code for stem in stems]
        for sentence in strays:
            warn(sentence)
    if not named:
        raise ConfigError("name the codes to fetch, or a ledger with --launches")
    return list(dict.fromkeys(named))


def _count(number: int, noun: str) -> str:
    """`1 error`, `2 errors`."""
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"
