"""Long the compute suppliers of the launcher."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel
from .base import Choice, Skip, about, check_roles
from .baskets import BasketRules, base_row, codes_of_roles


@dataclass(frozen=True, kw_only=True)
class Suppliers(BasketRules):
    """Buy the suppliers of computing, chips and services; `gross` is shared equally among them.

    They are those that the ledger names for the launch, else those of the universe on that day.
    """

    roles: tuple[str, ...] = field(default=("supplier",), metadata=about("roles to buy"))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_roles(self.roles)

    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Choice]:
        """A long position in each supplier."""
        rows = self.entry_rows(launches, panel)
        for k, launch in enumerate(launches):
            named = codes_of_roles(launch, self.roles)
            if launch.kind not in self.kinds:
                yield from self.unasked(k, launch, self.roles)
                continue
            basket = [] if named else self.members("supplier", base_row(rows[k], panel), panel)[0]
            yield from self.asked(k, named or basket, self.gross, rows[k], panel)
            for choice in self.unasked(k, launch, self.roles):
                if choice.code not in basket and not (basket and choice.reason == Skip.NO_NAME):
                    yield choice
