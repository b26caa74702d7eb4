"""Buy what launched."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel
from .base import Intent, TradeRules, about, check_roles, codes_with_roles, equal_shares


@dataclass(frozen=True, kw_only=True)
class BuyLaunch(TradeRules):
    """Buy the launching companies, pure play or not; `gross` is shared equally among them, with or without bars."""

    roles: tuple[str, ...] = field(default=("pure_play", "issuer"), metadata=about("roles to buy"))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_roles(self.roles)

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """One long leg for each code with one of the roles."""
        rows = self.entry_rows(launches, panel)
        codes = codes_with_roles(launches, self.roles)
        intents = [
            Intent(k, code, +1, self.gross * share, int(rows[k, panel.exchange_of[code]]))
            for k, launch in enumerate(launches)
            if launch.kind in self.kinds
            for code, share in equal_shares(codes[k], panel).items()
        ]
        return self.to_legs(intents, panel)
