"""Round trips and drawdowns as tables of a page."""

from ...data.figures import money, number, percent
from ...engine.results.result import Result
from ...engine.results.rounds import drawdowns, round_trips
from .formats import price, shares, words
from .tables import Column, Table, table


def trip_table(result: Result) -> Table:
    """Every round trip, in the order of opening."""
    return table(
        round_trips(result),
        TRIP_COLUMNS,
        id="trips",
        caption="Every position from entry to exit",
        file="fills.csv",
    )


def fall_table(result: Result) -> Table:
    """The deepest falls of equity."""
    return table(
        drawdowns(result),
        FALL_COLUMNS,
        id="drawdowns",
        caption="The deepest falls of equity from a peak",
        file="equity.csv",
    )


TRIP_COLUMNS = (
    Column("code", "Code", kind="choice"), Column("launch", "Launch"), Column("side", "Side", kind="choice"),
    Column("opened", "Opened"), Column("closed", "Closed"),
    Column("sessions", "Held", number, "number", "Sessions of the run from the first entry to the last exit"),
    Column("shares", "Shares", shares, "number"),
    Column("paid", "Entry", price, "number", "Mean price of the entries, in local currency"),
    Column("received", "Exit", price, "number", "Mean price of the exits, in local currency"),
    Column("profit", "Profit", money, "number", "Base currency, after trading costs; before dividends, their tax and borrowing"),
    Column("share", "Return", percent, "number", "Profit as a share of what was entered"),
    Column("costs", "Costs", lambda value: number(value, 2), "number", "Commission, stamp duty and levies, base currency"),
    Column("why", "Closed by", words, "choice"),
)  # fmt: skip
FALL_COLUMNS = (
    Column("peak", "Peak"), Column("lowest", "Lowest"), Column("back", "Made up"),
    Column("depth", "Depth", percent, "number", "Lowest equity over that of the peak, less 1"),
    Column("sessions", "Sessions", number, "number", "From the peak until it was made up, or to the last session"),
    Column("down", "Down", number, "number", "Sessions from the peak to the lowest"),
    Column("up", "Up", number, "number", "Sessions from the lowest on"),
)  # fmt: skip
