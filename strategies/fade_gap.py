"""Short the pop, or leave it alone when it is too large."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ..data.arrays import I4
from ..data.errors import ConfigError
from ..data.ledger.launch import Launches
from ..data.panel.panel import TRADING, UNLISTED, Panel
from ..data.panel.reach import first_rows
from ..engine.choices import outside
from .base import Choice, Skip, about, check_roles, codes_with_roles, later_rows
from .baskets import BasketRules, base_row


@dataclass(frozen=True, kw_only=True)
class FadeGap(BasketRules):
    """Short launchers whose first reachable open gapped up by `min_gap` to `max_gap`, where they can be shorted.

    Where no launcher is listed, the pure plays of the universe on that day are looked at. The gap is known only after the open: the entry is at that session's close, or at the next open.
    """

    decided_at_entry: ClassVar[bool] = True

    entry: Literal["open", "close"] = field(
        default="close", metadata=about("close of the gap's session, or the next open")
    )
    min_gap: float = field(default=0.05, metadata=about("smallest gap from the reference price", "fraction"))
    max_gap: float = field(default=0.25, metadata=about("largest gap that is still faded", "fraction"))
    roles: tuple[str, ...] = field(default=("pure_play", "issuer"), metadata=about("roles to sell short"))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_roles(self.roles)
        if str(self.entry) not in ("open", "close"):
            raise ConfigError(
                f"entry must be close, of the gap's session, or open, the next one, not {self.entry!r}"
            )
        if not self.min_gap <= self.max_gap:
            raise ConfigError(f"min_gap {self.min_gap} is above max_gap {self.max_gap}; exchange them")

    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Choice]:
        """A short position in each code with one of the roles, a shortable status and a gap inside the bounds."""
        opens = first_rows(launches, panel, "open")
        entries = later_rows(opens, self.lag + (self.entry == "open"), panel)
        codes = codes_with_roles(launches, self.roles)
        for k, launch in enumerate(launches):
            basket: list[str] = []
            if launch.kind in self.kinds:
                if not codes[k]:
                    basket = self.members("pure_play", base_row(opens[k], panel), panel)[0]
                for choice in self.asked(k, codes[k] or basket, -self.gross, entries[k], panel):
                    yield choice._replace(reason=choice.reason or self._refused(panel, opens[k], choice.code))
            for choice in self.unasked(k, launch, self.roles):
                if choice.code not in basket and not (basket and choice.reason == Skip.NO_NAME):
                    yield choice

    def _refused(self, panel: Panel, opens: I4, code: str) -> str:
        """Why the gap at a code's first open is not faded; empty where it is."""
        i = panel.column(code)
        t = int(opens[panel.exchange_of[i]])
        if out := outside(t, panel):
            return out
        if panel.status[t, i] != TRADING:
            return Skip.BEFORE_LISTING if panel.status[t, i] == UNLISTED else Skip.NO_TRADING
        gap = panel.open[t, i] / panel.ref[t, i] - 1.0
        if not self.min_gap <= gap <= self.max_gap:
            return Skip.GAP
        return "" if panel.shortable[t, i] else Skip.NOT_SHORTABLE
