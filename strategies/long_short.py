"""Long the launch's pure plays, short the diversified giants."""

from dataclasses import dataclass, field
from typing import Any

from numpy.typing import NDArray

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel
from .base import Intent, TradeRules, about, check_roles, codes_with_roles, equal_shares


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
        """One leg for each code with a role of either side; each side shares its half of `gross` equally.

        The share of a code without bars stays unspent; a launch none of whose own codes has bars makes no leg.
        """
        rows = self.entry_rows(launches, panel)
        longs, named = (codes_with_roles(launches, roles) for roles in (self.longs, self.shorts))
        always = [panel.codes[panel.column(code)] for code in self.giants]
        shorts = [
            [code for code in own + always if code not in bought]
            for own, bought in zip(named, longs, strict=True)
        ]
        intents = [
            Intent(k, code, side, self.gross / 2 * share, int(rows[k, panel.exchange_of[code]]))
            for k, launch in enumerate(launches)
            if launch.kind in self.kinds and any(code in panel for code in longs[k] + named[k])
            for side, codes in ((+1, longs[k]), (-1, shorts[k]))
            for code, share in equal_shares(codes, panel).items()
        ]
        return self.to_legs(intents, panel)
