"""Long the launch's pure plays, short the diversified giants."""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ..data.ledger.launch import Launches
from ..data.panel.panel import Panel
from .base import Choice, ChoiceRules, Skip, about, check_roles, codes_with_roles


@dataclass(frozen=True, kw_only=True)
class LongShort(ChoiceRules):
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

    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Choice]:
        """A position in each code with a role of either side; each side shares its half of `gross` equally.

        The share of a code without bars stays unspent; a launch none of whose own codes has bars has no position.
        """
        rows = self.entry_rows(launches, panel)
        longs, named = (codes_with_roles(launches, roles) for roles in (self.longs, self.shorts))
        always = [panel.codes[panel.column(code)] for code in self.giants]
        half = self.gross / 2
        for k, launch in enumerate(launches):
            if launch.kind in self.kinds:
                shorts = [code for code in named[k] + always if code not in longs[k]]
                found = any(code in panel for code in longs[k] + named[k])
                yield from self.asked(k, longs[k], half, rows[k], panel)
                for one in self.asked(k, shorts, -half, rows[k], panel):
                    yield one if found or one.reason else one._replace(reason=Skip.NO_LEAD)
            yield from self.unasked(k, launch, (*self.longs, *self.shorts))
