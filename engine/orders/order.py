"""One order of the next session, and all of them with what has to wait."""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

from ...data.figures import money
from ...data.shown import Shown, Told, counted, first_of, some

if TYPE_CHECKING:
    import pandas as pd

SURE, OPENING, SESSION, LONGS = (
    "",
    "the open",
    "the session",
    "its longs",
)  # on what it still depends that an order is sent


class Planned(NamedTuple):
    """An order to be sent. Prices are raw and local; `shares` signed; `value` and `cost` at the `price` it is sized at, base money.

    `at`: open, touch (a trigger inside the session, with its price) or close; `by`: last moment for it, local time; `lots`: of the
    exchange, NaN for an odd lot; `low` and `high`: the day's limits. `refused`: why the exchange would not take it as things stand, else
    empty; `if_`: what must come first, else empty.
    """

    session: str
    exchange: str
    at: str
    by: str
    code: str
    name: str
    side: str
    shares: float
    lots: float
    price: float
    low: float
    high: float
    currency: str
    value: float
    cost: float
    launch: str
    why: str
    refused: str = ""
    if_: str = ""


class Waiting(NamedTuple):
    """A launch and code for which nothing can be sent yet, and what it waits for."""

    launch: str
    code: str
    announced_at: str
    first_open: str
    waits_for: str


class Held(NamedTuple):
    """What is held at the last close; `value` in base money."""

    code: str
    name: str
    shares: float
    mark: float
    value: float
    launch: str


@dataclass(frozen=True, repr=False)
class Orders(Shown):
    """The orders of `session`, decided at the close of `known`. Money in `currency`; `cash` and `nav` at that close."""

    strategy: str
    known: str
    session: str
    currency: str
    cash: float
    nav: float
    simulated: bool
    orders: tuple[Planned, ...] = ()
    waiting: tuple[Waiting, ...] = ()
    held: tuple[Held, ...] = ()
    notes: tuple[str, ...] = field(default=())

    def _told(self) -> Told:
        facts = {
            "orders": some([f"{one.side} {one.code}" for one in self.orders]),
            "waiting": f"{len(self.waiting):,}" if self.waiting else "",
            "held": some([one.code for one in self.held]),
            "worth": f"{money(self.nav)} {self.currency}, {money(self.cash)} of it cash",
            "notes": first_of(self.notes),
        }
        columns = ("at", "side", "code", "shares", "why")
        rows = [tuple(getattr(one, name) for name in columns) for one in self.orders]
        count = counted(len(self.orders), "order")
        title = f"Orders: {count} for {self.session}, decided at the close of {self.known} by {self.strategy}"
        return Told(title, facts, columns, rows, self.simulated)

    @property
    def table(self) -> "pd.DataFrame":
        """One row for each order."""
        import pandas as pd

        return pd.DataFrame([one._asdict() for one in self.orders], columns=list(Planned._fields)).rename(
            columns={"if_": "if"}
        )

    def to_csv(self) -> str:
        """The table as CSV."""
        return self.table.to_csv(index=False, lineterminator="\n")

    def to_json(self) -> dict[str, Any]:
        """Plain values, ready for JSON; a number that is not there is None."""
        rows: dict[str, tuple[Any, ...]] = {"orders": self.orders, "waiting": self.waiting, "held": self.held}
        listed = {name: [_plain(one._asdict()) for one in each] for name, each in rows.items()}
        return {
            "strategy": self.strategy, "known": self.known, "session": self.session, "currency": self.currency,
            "cash": self.cash, "nav": self.nav, "simulated": self.simulated, **listed, "notes": list(self.notes),
        }  # fmt: skip


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    finite = {
        name: None if isinstance(value, float) and value - value != 0.0 else value
        for name, value in row.items()
    }
    return {name.rstrip("_"): value for name, value in finite.items()}
