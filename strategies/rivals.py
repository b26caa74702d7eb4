"""Short the pure plays that compete with what was launched."""

from dataclasses import dataclass, field
from typing import ClassVar, Literal

from ..data.errors import ConfigError
from ..data.ledger.launch import Launch
from ..data.panel.panel import Panel
from .base import Choice, about
from .baskets import codes_of_roles, launcher_codes, not_listed
from .long_short import LongShort


@dataclass(frozen=True, kw_only=True)
class Rivals(LongShort):
    """Long the launcher where it is listed, short its rivals: those the ledger names, else the other pure plays of the day.

    To leave the rivals alone instead, take `long-short`: it buys no rival that the ledger names.
    """

    needs_lead: ClassVar[bool] = False

    shorts: tuple[str, ...] = field(
        default=("rival",),
        metadata=about(
            "whom to sell short: rival (else the other pure plays), index, or roles of the ledger"
        ),
    )
    unshortable: Literal["drop", "spread", "hedge"] = field(
        default="hedge",
        metadata=about("share of a name that cannot be sold short: unspent, to the others, or into the fund"),
    )

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.longs != ("launcher",):
            raise ConfigError(
                f"rivals buys the launcher alone, not longs {','.join(self.longs)}; take `long-short` with `shorts=rival`"
            )

    def bought(self, launch: Launch, base: int, panel: Panel) -> tuple[list[str], list[Choice]]:
        """The launcher; a launch whose maker is not listed has short positions alone."""
        own = launcher_codes(launch)
        missing = {code: why for code in own if (why := not_listed(code, base, panel))}
        beside = [Choice(0, code, 1, reason=why) for code, why in missing.items()]
        return [code for code in own if code not in missing], beside

    def sold(self, launch: Launch, base: int, panel: Panel) -> list[str]:
        """The rivals, whether or not they can be sold short."""
        codes = super().sold(launch, base, panel)
        if "rival" in self.shorts and not codes_of_roles(launch, ("rival",)):
            codes += self.members("pure_play", base, panel, but=launcher_codes(launch))[0]
        return codes
