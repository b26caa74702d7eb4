"""Long the launch's pure plays, short the diversified giants."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel
from .base import Intent, TradeRules, about, check_roles, codes_with_roles


@dataclass(frozen=True, kw_only=True)
class LongShort(TradeRules):
    """Long the launch's pure plays, short the diversified giants; half of `gross` on each side.

    The giants are the codes that the ledger marks as diversified for the launch, and `giants` at every launch that
    names a code of either side.
    """

    longs: tuple[str, ...] = field(default=("pure_play",), metadata=about("roles to buy"))
    shorts: tuple[str, ...] = field(default=("diversified",), metadata=about("roles to sell short"))
    giants: tuple[str, ...] = field(default=(), metadata=about("codes to sell short at every launch besides"))

    def __post_init__(self) -> None:
        super().__post_init__()
        check_roles((*self.longs, *self.shorts))

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """One leg for each code with a role of either side; each side shares its half of `gross` equally."""
        rows = self.entry_rows(launches, panel)
        longs = codes_with_roles(launches, panel, self.longs)
        named = codes_with_roles(launches, panel, self.shorts)
        always = [panel.column(code) for code in self.giants]
        shorts = [
            [code for code in dict.fromkeys(own + always) if code not in bought]
            for own, bought in zip(named, longs, strict=True)
        ]
        sides = ((+1, longs), (-1, shorts))
        intents = [
            Intent(k, code, side, self.gross / 2 / len(codes[k]), int(rows[k, panel.exchange_of[code]]))
            for k, launch in enumerate(launches)
            if launch.kind in self.kinds and (longs[k] or named[k])
            for side, codes in sides
            for code in codes[k]
        ]
        return self.to_legs(intents, panel)
