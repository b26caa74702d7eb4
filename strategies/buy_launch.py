"""Buy what launched."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel
from .base import Choice, ChoiceRules, about, check_roles, codes_with_roles


@dataclass(frozen=True, kw_only=True)
class BuyLaunch(ChoiceRules):
    """Buy the launching companies, pure play or not; `gross` is shared equally among them, with or without bars.

    A code whose role neither the ledger nor the instruments say is taken for the issuer.
    """

    buys_issuer: ClassVar[bool] = True

    roles: tuple[str, ...] = field(default=("pure_play", "issuer"), metadata=about("roles to buy"))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_roles(self.roles)

    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Choice]:
        """A long position in each code with one of the roles."""
        rows = self.entry_rows(launches, panel)
        codes = codes_with_roles(launches, self.roles)
        for k, launch in enumerate(launches):
            if launch.kind in self.kinds:
                yield from self.asked(k, codes[k], self.gross, rows[k], panel)
            yield from self.unasked(k, launch, self.roles)
