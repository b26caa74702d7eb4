"""`launchlab calendar`: when an exchange is open in a year, and how far that is known."""

import click

from .options import example, print_json, shared, tell


@click.command(
    epilog=example(
        "launchlab calendar --exchange XHKG --year 2026",
        "launchlab calendar --year 2027 --calendar years.csv --json",
    )
)
@click.option("--exchange", metavar="NAME", help="XHKG, XSHG, XSHE or XBSE [default: all].")
@click.option("--year", type=int, help="The year [default: this one].")
@shared("calendar", "json")
def calendar(exchange: str | None, year: int | None, calendar: str | None, as_json: bool) -> None:
    """Show sessions, half-days and closures of a year, and how far they are known."""
    from ..data.calendars.year import calendar_years

    years = calendar_years(exchange, year, calendar=calendar)
    if as_json:
        print_json([calendar_year.to_json() for calendar_year in years])
    else:
        tell("\n".join(line for calendar_year in years for line in calendar_year.lines()))
