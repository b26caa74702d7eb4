"""Short the pop, or leave it alone when it is too large."""

from dataclasses import dataclass, field
from typing import Any, Literal

from numpy.typing import NDArray

from ..data.errors import ConfigError
from ..data.ledger.launch import Launches
from ..data.panel.panel import TRADING, Panel
from ..data.panel.reach import first_rows
from .base import Intent, TradeRules, about, check_roles, codes_with_roles, equal_shares, later_rows


@dataclass(frozen=True, kw_only=True)
class FadeGap(TradeRules):
    """Short launchers whose first reachable open gapped up by `min_gap` to `max_gap`, where they can be shorted.

    The gap is known only after the open: the entry is at that session's close, or at the next open.
    """

    entry: Literal["open", "close"] = field(
        default="close", metadata=about("close of the gap's session, or the next open")
    )
    min_gap: float = field(default=0.05, metadata=about("smallest gap from the reference price", "fraction"))
    max_gap: float = field(default=0.25, metadata=about("largest gap that is still faded", "fraction"))
    roles: tuple[str, ...] = field(default=("pure_play", "issuer"), metadata=about("roles to sell short"))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_roles(self.roles)
        if not self.min_gap <= self.max_gap:
            raise ConfigError(f"min_gap {self.min_gap} is above max_gap {self.max_gap}; exchange them")

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """One short leg for each code with one of the roles, a shortable status and a gap inside the bounds."""
        opens = first_rows(launches, panel, "open")
        entries = later_rows(opens, self.lag + (self.entry == "open"), panel)
        codes = codes_with_roles(launches, self.roles)
        intents = [
            Intent(k, code, -1, self.gross * share, int(entries[k, panel.exchange_of[code]]))
            for k, launch in enumerate(launches)
            if launch.kind in self.kinds
            for code, share in equal_shares(codes[k], panel).items()
            if self._fades(panel, int(opens[k, panel.exchange_of[code]]), code)
        ]
        return self.to_legs(intents, panel)

    def _fades(self, panel: Panel, t: int, code: int) -> bool:
        if not 0 < t < len(panel) or panel.status[t, code] != TRADING or not panel.shortable[t, code]:
            return False
        gap = panel.open[t, code] / panel.ref[t, code] - 1.0
        return bool(self.min_gap <= gap <= self.max_gap)
