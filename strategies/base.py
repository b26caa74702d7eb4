"""What every strategy shares: when to enter, how long to hold, when to get out, how much to commit."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.arrays import I4
from ..data.errors import ConfigError
from ..data.ledger.launch import KINDS, LAUNCH_ROLES, Launches, unknown_word
from ..data.panel.panel import Panel
from ..data.panel.reach import first_rows
from ..engine.legs import CLOSE, LEG, OPEN, empty_legs

DEFAULT_KINDS = ("launch", "open-weights")


def about(text: str, unit: str = "") -> dict[str, str]:
    """Metadata of a parameter: what it is and its unit, as the list of strategies prints it."""
    return {"help": text, "unit": unit}


class Intent(NamedTuple):
    """One wish of a strategy: launch (position in the ledger), code, side, share of NAV, first row."""

    launch: int
    code: int
    side: int
    weight: float
    row: int


@dataclass(frozen=True, kw_only=True)
class TradeRules:
    """Parameters common to all strategies; fractions as 0.05 for 5 %, None switches a rule off."""

    entry: Literal["open", "close"] = field(
        default="open", metadata=about("auction of the entry, and of the exit after `hold`")
    )
    lag: int = field(default=0, metadata=about("sessions to let pass before the first attempt", "sessions"))
    wait: int = field(
        default=3, metadata=about("sessions to keep trying after the first attempt", "sessions")
    )
    hold: int = field(default=5, metadata=about("sessions from the first fill to the exit", "sessions"))
    stop: float | None = field(default=None, metadata=about("loss at which to get out", "fraction"))
    target: float | None = field(default=None, metadata=about("gain at which to get out", "fraction"))
    trail: float | None = field(
        default=None, metadata=about("fall from the best price at which to get out", "fraction")
    )
    gross: float = field(
        default=0.5, metadata=about("share of NAV per launch, both sides together", "fraction")
    )
    kinds: tuple[str, ...] = field(default=DEFAULT_KINDS, metadata=about("kinds of launches to trade"))

    def __post_init__(self) -> None:
        for kind in self.kinds:
            if kind not in KINDS:
                raise ConfigError(unknown_word("kind", kind, KINDS))
        if self.entry not in ("open", "close"):
            raise ConfigError(f"entry must be open or close, not {self.entry!r}")
        for name, least in (("lag", 0), ("wait", 0), ("hold", 1)):
            if not least <= getattr(self, name) <= 1_000:
                raise ConfigError(f"{name} must be from {least} to 1000 sessions, not {getattr(self, name)}")
        for name in ("stop", "target", "trail"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value <= 1.0:
                raise ConfigError(
                    f"{name} must be a fraction above 0 and at most 1, such as 0.05 for 5 %, or none; "
                    f"{value:g} would be {value:.0%}"
                )
        if not 0.0 < self.gross <= 10.0:
            raise ConfigError(f"gross must be a share of NAV above 0 and at most 10, not {self.gross}")

    @property
    def at(self) -> int:
        """OPEN or CLOSE."""
        return OPEN if self.entry == "open" else CLOSE

    def entry_rows(self, launches: Launches, panel: Panel) -> I4:
        """First row to try, after `lag`, per launch and exchange; −1 or `len(panel)` where there is none."""
        first = first_rows(launches, panel, self.entry)
        return later_rows(first, self.lag, panel)

    def to_legs(self, intents: Iterable[Intent], panel: Panel) -> NDArray[Any]:
        """The legs of the intents that fall inside the panel, in the order in which they are tried."""
        inside = [wish for wish in intents if 0 < wish.row < len(panel)]
        ordered = sorted(inside, key=lambda wish: (wish.row, wish.launch, -wish.side))
        legs = empty_legs(len(ordered))
        for name in Intent._fields:
            legs[name] = [getattr(wish, name) for wish in ordered]
        legs["at"], legs["wait"], legs["hold"] = self.at, self.wait, self.hold
        for name in ("stop", "target", "trail"):
            value = getattr(self, name)
            legs[name] = np.nan if value is None else value
        return legs


def later_rows(rows: I4, lag: int, panel: Panel) -> I4:
    """Rows `lag` sessions of their own exchange later, shape (launches, exchanges)."""
    if lag == 0:
        return rows
    moved = rows.copy()
    for e in range(rows.shape[1]):
        own = panel.own_rows(e)
        inside = (rows[:, e] >= 0) & (rows[:, e] < len(panel))
        later = np.searchsorted(own, rows[inside, e]) + lag
        padded = np.concatenate([own, np.full(lag + 1, len(panel))])
        moved[inside, e] = padded[np.minimum(later, len(padded) - 1)]
    return moved


def codes_with_roles(launches: Launches, roles: Sequence[str]) -> list[list[str]]:
    """For each launch, its codes that have one of the roles, whether or not they have bars."""
    return [[c.code for c in launch.codes if c.role in roles] for launch in launches]


def equal_shares(codes: Sequence[str], panel: Panel) -> dict[int, float]:
    """An equal share of the money for each code, by column; that of a code without bars stays unspent."""
    distinct = dict.fromkeys(codes)
    return {panel.column(code): 1.0 / len(distinct) for code in distinct if code in panel}


def check_roles(roles: Sequence[str]) -> None:
    """Refuse a role that no ledger can hold."""
    for role in roles:
        if role not in LAUNCH_ROLES:
            raise ConfigError(unknown_word("role", role, LAUNCH_ROLES))


def parameters(strategy: type) -> dict[str, Any]:
    """The dataclass fields of a strategy by name."""
    return {f.name: f for f in fields(strategy)}


__all__ = [
    "LEG",
    "Intent",
    "TradeRules",
    "about",
    "check_roles",
    "codes_with_roles",
    "equal_shares",
    "later_rows",
    "parameters",
]
