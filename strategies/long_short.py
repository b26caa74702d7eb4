"""Long the pure plays, short the diversified giants."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ..data.arrays import I4
from ..data.errors import ConfigError
from ..data.ledger.launch import LAUNCH_ROLES, Launch, Launches
from ..data.panel.panel import Panel
from .base import Choice, Skip, about
from .baskets import (
    SECTOR_FUND,
    BasketRules,
    base_row,
    can_be_shorted,
    check_words,
    codes_of_roles,
    launcher_codes,
    not_listed,
    sector_fund,
)

LONG_WORDS = ("launcher", "basket", "both", *LAUNCH_ROLES)
SHORT_WORDS = ("named", "basket", "index", *LAUNCH_ROLES)
RULES = ("drop", "spread", "hedge")


@dataclass(frozen=True, kw_only=True)
class LongShort(BasketRules):
    """Long the launcher, or the pure plays of that day where it is not listed; short the giants; half of `gross` each.

    The giants are those that the ledger names for the launch, else those of the universe on that day. The launcher's own
    code is never sold, and a rival that the ledger names is not in the basket that is bought.
    """

    buys_issuer: ClassVar[bool] = True
    two_sided: ClassVar[bool] = True
    needs_lead: ClassVar[bool] = True  # whether nothing is sold where nothing can be bought

    longs: tuple[str, ...] = field(
        default=("launcher",),
        metadata=about("whom to buy: launcher (else the basket), basket, both, or roles of the ledger"),
    )
    shorts: tuple[str, ...] = field(
        default=("named",),
        metadata=about("whom to sell short: named (else the basket), basket, index, or roles of the ledger"),
    )
    giants: tuple[str, ...] = field(
        default=(), metadata=about("codes to sell short at every launch besides, in place of the basket")
    )
    unshortable: Literal["drop", "spread", "hedge"] = field(
        default="spread",
        metadata=about("share of a name that cannot be sold short: unspent, to the others, or into the fund"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        check_words("longs", self.longs, LONG_WORDS)
        check_words("shorts", self.shorts, SHORT_WORDS)
        if self.unshortable not in RULES:
            raise ConfigError(f"unshortable must be {'|'.join(RULES)}, not {self.unshortable!r}")

    def wishes(self, launches: Launches, panel: Panel) -> Iterator[Choice]:
        """A position in each name of either side; each side shares its half of `gross` equally.

        The share of a code without bars stays unspent; a launch without a name that could be bought sells none of
        `giants` and of the baskets.
        """
        rows = self.entry_rows(launches, panel)
        for k, launch in enumerate(launches):
            if launch.kind not in self.kinds:
                yield from self.unasked(k, launch, ())
                continue
            looked = list(self._launch(k, launch, rows[k], panel))
            yield from looked
            yield from self.left_alone(k, launch, {one.code for one in looked})

    def _launch(self, k: int, launch: Launch, rows: I4, panel: Panel) -> Iterator[Choice]:
        base = base_row(rows, panel)
        longs, beside = self.bought(launch, base, panel)
        yield from (choice._replace(launch=k) for choice in beside)
        yield from self.asked(k, longs, self.gross / 2, rows, panel)
        shorts = [code for code in self.sold(launch, base, panel) if code not in longs]
        named = codes_of_roles(launch, self.shorts) + codes_of_roles(launch, ("diversified",))
        has_lead = not (self.longs and self.needs_lead) or any(code in panel for code in [*longs, *named])
        own = launcher_codes(launch)
        for choice in self.short_side(k, [code for code in shorts if code not in own], rows, panel):
            yield choice if has_lead or choice.reason else choice._replace(reason=Skip.NO_LEAD)
        yield from (Choice(k, code, -1, reason=Skip.OWN_LAUNCH) for code in shorts if code in own)
        if "index" in self.shorts and base >= 0 and not sector_fund(base, panel, self.theme):
            barred = SECTOR_FUND in panel and not can_be_shorted(
                SECTOR_FUND, min(base, len(panel) - 1), panel
            )
            yield Choice(k, SECTOR_FUND, -1, reason=Skip.NOT_SHORTABLE if barred else Skip.NO_BARS)

    def bought(self, launch: Launch, base: int, panel: Panel) -> tuple[list[str], list[Choice]]:
        """The codes to buy, and choices for those that were passed over: without bars, or sealed at their limit."""
        own = launcher_codes(launch)
        missing = {code: why for code in own if (why := not_listed(code, base, panel))}
        listed = len(missing) < len(own)
        wants_own = "launcher" in self.longs or "both" in self.longs
        wants_basket = {"basket", "both"} & set(self.longs) or ("launcher" in self.longs and not listed)
        codes = codes_of_roles(launch, self.longs) + (own if wants_own and listed else [])
        beside = [Choice(0, code, 1, reason=why) for code, why in missing.items() if wants_own and not listed]
        if wants_basket:
            rivals = codes_of_roles(launch, ("rival",))
            members, sealed = self.members("pure_play", base, panel, but=rivals)
            codes += members
            beside += [Choice(0, code, 1, reason=Skip.SEALED) for code in sealed if code not in codes]
        return list(dict.fromkeys(codes)), beside

    def sold(self, launch: Launch, base: int, panel: Panel) -> list[str]:
        """The codes to sell short, whether or not they can be."""
        codes = codes_of_roles(launch, self.shorts)
        named = codes_of_roles(launch, ("diversified",)) if "named" in self.shorts else []
        codes += named
        if "basket" in self.shorts or ("named" in self.shorts and not named and not self.giants):
            codes += self.members("diversified", base, panel, but=launcher_codes(launch))[0]
        if "index" in self.shorts and (fund := sector_fund(base, panel, self.theme)):
            codes.append(fund)
        codes += [panel.codes[panel.column(code)] for code in self.giants]
        return list(dict.fromkeys(codes))

    def short_side(self, k: int, codes: Sequence[str], rows: I4, panel: Panel) -> Iterator[Choice]:
        """Half of `gross` sold short, and what `unshortable` makes of the share of a name that cannot be."""
        base = base_row(rows, panel)
        asked = list(self.asked(k, codes, -self.gross / 2, rows, panel))
        barred = {
            choice.code
            for choice in asked
            if choice.code in panel
            and base >= 0
            and not can_be_shorted(choice.code, min(base, len(panel) - 1), panel)
        }
        free = [choice.code for choice in asked if choice.code in panel and choice.code not in barred]
        lost = sum(choice.weight for choice in asked if choice.code in barred)
        fund = sector_fund(base, panel, self.theme) if self.unshortable == "hedge" else None
        more = lost / len(free) if self.unshortable == "spread" and free else 0.0
        why = Skip.SPREAD if more else Skip.HEDGED if fund else Skip.NOT_SHORTABLE
        for choice in asked:
            if choice.code in barred:
                yield choice._replace(reason=why)  # known at the launch, wherever the panel ends
            elif choice.code in free and choice.code != fund:
                yield choice._replace(weight=choice.weight + more)
            elif choice.code != fund:
                yield choice
        if fund and (lost or fund in free):
            kept = sum(choice.weight for choice in asked if choice.code == fund)
            yield from self.asked(k, [fund], -(lost + kept), rows, panel)

    def left_alone(self, position: int, launch: Launch, looked: set[str]) -> Iterator[Choice]:
        """The codes of a launch that no side took, and a launch for which nothing was found."""
        if not launch.codes and not looked:
            yield Choice(position, "", reason=Skip.NO_NAME)
        for concerned in launch.codes:
            if concerned.code not in looked:
                yield Choice(position, concerned.code, reason=Skip.ROLE if concerned.role else Skip.NO_ROLE)
