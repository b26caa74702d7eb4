"""What a run owes to clocks, in words, and as a table."""

from datetime import timedelta

import pandas as pd

from ...data.figures import money, number, percent
from ...data.ledger.bounds import moment
from ...engine.results.clocks import Clocks
from ...engine.results.summary import RunSummary
from .formats import visible
from .tables import Column, Table, table

COLUMNS = (
    Column("launch", "Launch"),
    Column("choices", "Outcomes", number, "number", "Sets of auctions that its bounds leave open"),
    Column("bounded", "From below", kind="choice", hint="Whether something says when it was not yet public"),
    Column("run", "As run", money, "number", "Profit in base currency from the first certain auction"),
    Column("worst", "Worst", money, "number", "Profit at the outcome that paid least"),
    Column("best", "Best", money, "number", "Profit at the outcome that paid most"),
)


def clock_width(earliest: object, latest: object) -> float:
    """Hours between the two instants, ISO texts, between which a launch became public; NaN where one is not known."""
    first, last = moment(earliest), moment(latest)
    return (last - first) / timedelta(hours=1) if first and last else float("nan")


def clock_sentence(summary: RunSummary) -> str:
    """What a run's summary says of its clocks; "" where nobody asked."""
    return clock_words(summary.clocks, summary.currency) if summary.clocks else ""


def clock_words(clocks: Clocks, currency: str) -> str:
    """How much of the profit hangs on auctions that are possible, and the bracket."""
    if not clocks.left_open:
        return "Clocks: no traded launch leaves open which auctions it can have been public by."
    floor = ""
    if clocks.unbounded:
        few, days = clocks.unbounded == 1, clocks.unbounded_days
        floor = (
            f" ({clocks.unbounded} {'has' if few else 'have'} no lower bound: taken as at most {days:g} "
            f"{'day' if days == 1 else 'days'} earlier)"
        )
    early = f", {money(clocks.possible_profit)} of it entered at auctions that are only possible"
    drawn = (
        f"; 90 % of {len(clocks.draws)} draws lie between {percent(clocks.low)} and {percent(clocks.high)}"
    )
    return (
        f"Clocks: {clocks.left_open} of {clocks.traded} traded launches leave open which auctions they were public by{floor}; "
        f"they made {money(clocks.open_profit)} of the profit of {money(clocks.profit)} {visible(currency)}"
        f"{early if clocks.possible_profit else ''}. Total return {percent(clocks.as_run)} as run, {percent(clocks.earliest)} with "
        f"all at their earliest, {percent(clocks.latest)} at their latest, {percent(clocks.worst)} at the worst"
        f"{drawn if clocks.draws else ''}."
    )


def clock_table(summary: RunSummary) -> Table:
    """Each launch whose clock leaves its auctions open, the widest in money first."""
    rows = list(summary.clocks.launches) if summary.clocks else []
    rows.sort(key=lambda one: (one.worst - one.best, one.launch))
    frame = pd.DataFrame(
        [vars(one) | {"bounded": "no" if one.unbounded else "yes"} for one in rows],
        columns=[column.key for column in COLUMNS],
    )
    caption = "Launches whose clock leaves their auctions open"
    return table(frame, COLUMNS, id="clock-table", caption=caption, file="summary.json")
