"""One instrument: exchange, board, currency, listing, lots, ST spells, short list, each by date."""

from dataclasses import dataclass
from datetime import date
from types import MappingProxyType

import numpy as np

from ..arrays import Bool, Days
from ..dated import Dated
from .futures import FutureTerms

EXCHANGE_OF = MappingProxyType({"HK": "XHKG", "SS": "XSHG", "SZ": "XSHE", "BJ": "XBSE"})
BOARDS = (
    *("main", "chinext", "star", "bse", "b", "fund", "fund20", "cdr", "reit", "convertible"),
    *("hk_main", "hk_gem", "hk_etp", "hk_reit", "index", "future"),
)
ROLES = ("pure_play", "diversified", "supplier", "hedge", "")
FUND_CLASSES = ("equity", "bond", "money", "gold", "commodity", "cross_border", "")
A_SHARE_BOARDS = frozenset({"main", "chinext", "star", "bse", "cdr"})


@dataclass(frozen=True)
class Spell:
    """A stretch of days, both ends included; `last` None means still going on."""

    first: date
    last: date | None = None

    def covers(self, sessions: Days) -> Bool:
        """Which sessions lie inside; datetime64[D] (n,) to bool (n,)."""
        inside: Bool = sessions >= np.datetime64(self.first)
        return inside if self.last is None else inside & (sessions <= np.datetime64(self.last))


def spells_cover(spells: tuple[Spell, ...], sessions: Days) -> Bool:
    """Which sessions lie inside any of the spells; bool (n,)."""
    inside = np.zeros(len(sessions), np.bool_)
    for spell in spells:
        inside |= spell.covers(sessions)
    return inside


@dataclass(frozen=True)
class Instrument:
    """One code and what is known of it by date.

    `st`: risk-warning spells (ST, *ST). `delisting`: delisting periods, starting on their first session.
    `s_share`: spells as an un-reformed S share. `no_limit`: sessions without a price limit (re-listing,
    resumed listing, share-reform first session). `approval_ipo`: listed under the approval regime, so its
    first day was banded to 64–144 % of `issue_price`. `lots`: board lot by day (Hong Kong). `shortable`:
    spells on the designated list; None is unknown. `borrow`: annual rate by day. `fund_class` decides T+0.
    `aliases`: earlier codes. `terms`: of an index future. `unknowns`: what had to be assumed, in words. `source`, `confidence`: of the row.
    """

    code: str
    name: str = ""
    exchange: str = ""
    board: str = ""
    currency: str = ""
    listed: date | None = None
    delisted: date | None = None
    role: str = ""
    issue_price: float | None = None
    approval_ipo: bool = False
    st: tuple[Spell, ...] = ()
    delisting: tuple[Spell, ...] = ()
    s_share: tuple[Spell, ...] = ()
    no_limit: tuple[date, ...] = ()
    lots: Dated | None = None
    shortable: tuple[Spell, ...] | None = None
    borrow: Dated | None = None
    fund_class: str = ""
    aliases: tuple[str, ...] = ()
    unknowns: tuple[str, ...] = ()
    source: str = ""
    confidence: str = ""
    terms: FutureTerms | None = None

    @classmethod
    def of_future(cls, terms: FutureTerms) -> "Instrument":
        """An index future as an instrument, whichever month is held."""
        product = terms.product
        return cls(
            product.code, product.name, product.exchange, "future", product.currency, role="hedge", source=product.source,
            terms=terms,
        )  # fmt: skip

    @property
    def tradable(self) -> bool:
        """False for an index level, which nobody can buy."""
        return self.board != "index"

    @property
    def mainland(self) -> bool:
        """True on Shanghai, Shenzhen and Beijing."""
        return self.exchange != "XHKG"
