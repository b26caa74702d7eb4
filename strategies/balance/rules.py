"""The parameters by which a strategy on baskets is balanced."""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import ClassVar, Literal

from ...data.errors import ConfigError
from ...data.panel.estimates import Window
from .about import about
from .overlap import OVERLAPS, Caps, Overlap
from .weights import Weights

NEUTRAL = ("none", "money", "beta")
ESTIMATES = "`neutral=beta`, `weights` other than equal, or an `adv_cap`"
WEIGHTS = ("equal", "inverse-vol", "liquidity")


@dataclass(frozen=True, kw_only=True)
class BalanceRules:
    """How the sides of a launch are weighted and hedged, and what becomes of launches that overlap.

    All estimates are of sessions before the launch. What they leave as it is costs nothing.
    """

    neutral: Literal["none", "money", "beta"] = field(
        default="none",
        metadata=about("what long and short side, or the launch and its hedge, have the same of"),
    )
    hedge: tuple[str, ...] = field(
        default=(),
        metadata=about("codes that hedge each launch: the first of a leg's currency, else the first"),
    )
    weights: Weights = field(default="equal", metadata=about("how a side is shared among its names"))
    overlap: Overlap = field(default="stack", metadata=about("launches whose holding overlaps"))
    name_cap: float = field(
        default=0.25, metadata=about("largest weight of a name on one side, with overlap=cap", "fraction")
    )
    gross_cap: float = field(
        default=1.0, metadata=about("largest gross of all launches, with overlap=cap", "fraction")
    )
    window: int = field(
        default=60, metadata=about("sessions before the launch that estimates use", "sessions")
    )
    least: int = field(default=20, metadata=about("fewest sessions that say something", "sessions"))
    shrink: float = field(default=0.33, metadata=about("way of each beta from its estimate to 1", "fraction"))
    adv_cap: float | None = field(
        default=None, metadata=about("largest part of a usual day's traded value", "fraction")
    )
    adv_capital: float = field(
        default=10_000_000.0, metadata=about("capital for which adv_cap is worked out", "base currency")
    )

    two_sided: ClassVar[bool] = False  # whether a launch can have longs and shorts
    decided_at_entry: ClassVar[bool] = (
        False  # names are only known at their own first session, not at the launch
    )

    def __post_init__(self) -> None:
        for name, choices in (("neutral", NEUTRAL), ("weights", WEIGHTS), ("overlap", OVERLAPS)):
            if getattr(self, name) not in choices:
                raise ConfigError(f"{name} must be {'|'.join(choices)}, not {getattr(self, name)!r}")
        if self.hedge and self.neutral == "none":
            raise ConfigError("a hedge needs to know what it evens out: set neutral to money or beta")
        for name, low, high in (("window", 2, 2_000), ("least", 2, 2_000)):
            if not low <= getattr(self, name) <= high:
                raise ConfigError(f"{name} must be from {low} to {high} sessions, not {getattr(self, name)}")
        if self.least > self.window:
            raise ConfigError(
                f"least {self.least} is above window {self.window}; no estimate would ever be known"
            )
        if not 0.0 <= self.shrink <= 1.0:
            raise ConfigError(f"shrink must be from 0 to 1, not {self.shrink}")
        for name in ("name_cap", "gross_cap"):
            if not 0.0 < getattr(self, name) <= 10.0:
                raise ConfigError(
                    f"{name} must be a share of NAV above 0 and at most 10, not {getattr(self, name)}"
                )
        if self.adv_cap is not None and not 0.0 < self.adv_cap <= 1.0:
            raise ConfigError(
                f"adv_cap must be a fraction above 0 and at most 1, or none, not {self.adv_cap}"
            )
        if not 0.0 < self.adv_capital <= 1e15:
            raise ConfigError(f"adv_capital must be an amount above 0, not {self.adv_capital}")

    @property
    def estimates(self) -> Window:
        """The sessions that an estimate uses."""
        return Window(self.window, self.least)

    @property
    def caps(self) -> Caps:
        """The caps of overlap=cap."""
        return Caps(self.name_cap, self.gross_cap)

    @property
    def weighs(self) -> bool:
        """Whether any weight inside a launch changes."""
        return self.neutral != "none" or self.weights != "equal" or self.adv_cap is not None

    @property
    def unused(self) -> Mapping[str, str]:
        """What each parameter that decides nothing beside the others would need, by its name."""
        estimates = self.neutral == "beta" or self.weights != "equal" or self.adv_cap is not None
        needs = {
            "window": (estimates, ESTIMATES),
            "least": (estimates, ESTIMATES),
            "shrink": (self.neutral == "beta", "`neutral=beta`"),
            "adv_capital": (self.adv_cap is not None, "an `adv_cap`"),
            "name_cap": (self.overlap == "cap", "`overlap=cap`"),
            "gross_cap": (self.overlap == "cap", "`overlap=cap`"),
            "neutral": (self.two_sided or bool(self.hedge), "a `hedge`: a launch has one side alone"),
        }
        return {name: need for name, (used, need) in needs.items() if not used}

    @property
    def idle(self) -> Mapping[str, str]:
        """A sentence for each parameter that was set and decides nothing, by its name."""
        usual = {each.name: each.default for each in fields(self)}
        return {
            name: f"`{name}` decides nothing without {need}"
            for name, need in self.unused.items()
            if getattr(self, name) != usual[name]
        }

    @property
    def shaped_by(self) -> frozenset[str]:
        """Parameters that change legs in more than their own column, so that no table of legs may be shared over them."""
        by_hold = {"hold"} if self.overlap != "stack" else set()
        by_gross = {"gross"} if self.overlap == "cap" or self.adv_cap is not None else set()
        return frozenset(by_hold | by_gross)
