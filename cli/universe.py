"""`launchlab universe`: who plays which role in a theme, and since when that was known."""

import click

from .options import example, print_json, shared, warn


@click.command(
    epilog=example(
        "launchlab universe --on 2026-02-12 --role pure_play",
        "launchlab universe --universe mine.csv --theme llm --json",
    )
)
@click.option(
    "--on", "on", metavar="DAY", help="As it stood on a day, such as 2026-02-12 [default: all rows]."
)
@click.option("--role", metavar="ROLE", help="Only pure_play, diversified, supplier, concept or hedge.")
@click.option("--theme", metavar="THEME", help="Only members of a theme, such as llm.")
@shared("universe", "instruments", "json")
def universe(
    on: str | None,
    role: str | None,
    theme: str | None,
    universe: str | None,
    instruments: str | None,
    as_json: bool,
) -> None:
    """List who plays which role in a theme, and from which day.

    Rows of confidence `hindsight` rest on today's knowledge, taken from the listing day.
    """
    from ..data.dated import to_day
    from ..data.instruments.table import to_instruments
    from ..data.universe import load_universe

    book = to_instruments(instruments)
    asked = load_universe(universe, book)
    members = asked.chosen(role or "", theme or "", None if on is None else to_day(on, "on"))
    rows = [row.as_row() | {"name": book[row.code].name} for row in members]
    if as_json:
        print_json(rows)
        return
    from .terminal.tables import print_table

    columns = ("code", "name", "role", "theme", "since", "until", "confidence", "source")
    print_table(columns, ([row[name] for name in columns] for row in rows))
    if any(row.hindsight for row in members):
        warn(f"{sum(row.hindsight for row in members)} of {len(rows)} rows rest on today's knowledge")
