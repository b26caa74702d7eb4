"""What every strategy shares: when to enter, how long to hold, when to get out, how much to commit."""

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, fields
from typing import Any, ClassVar, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data.arrays import I4
from ..data.errors import ConfigError
from ..data.figures import percent
from ..data.ledger.launch import KINDS, LAUNCH_ROLES, Launch, Launches, unknown_word
from ..data.panel.panel import Panel
from ..data.panel.reach import first_rows, ready_minutes
from ..engine.choices import Choice, Skip, outside
from ..engine.legs import CLOSE, LEG, OPEN, empty_legs
from .balance.about import about
from .balance.rules import BalanceRules

MOST_MINUTES = 1_440
DEFAULT_KINDS = ("launch", "open-weights")


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

    entry: Literal["open", "close", "now"] = field(
        default="open",
        metadata=about(
            "auction of the entry and of the exit after `hold`; now: inside the session, exit at the close"
        ),
    )
    lag: int = field(default=0, metadata=about("sessions to let pass before the first attempt", "sessions"))
    wait: int = field(
        default=3, metadata=about("sessions to keep trying after the first attempt", "sessions")
    )
    hold: int = field(default=5, metadata=about("sessions from the first fill to the exit", "sessions"))
    hold_minutes: int | None = field(
        default=None,
        metadata=about(
            "minutes of trading from the first fill to the exit, in the place of `hold`",
            "minutes",
            quiet=True,
        ),
    )
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
        if self.entry not in ("open", "close", "now"):
            raise ConfigError(f"entry must be open, close or now, not {self.entry!r}")
        for name, least in (("lag", 0), ("wait", 0), ("hold", 1)):
            if not least <= getattr(self, name) <= 1_000:
                raise ConfigError(f"{name} must be from {least} to 1000 sessions, not {getattr(self, name)}")
        if self.hold_minutes is not None and not 1 <= self.hold_minutes <= MOST_MINUTES:
            raise ConfigError(
                f"hold_minutes must be from 1 to {MOST_MINUTES} minutes of trading, or none; not {self.hold_minutes}"
            )
        for name in ("stop", "target", "trail"):
            value = getattr(self, name)
            if value is not None and not 0.0 < value <= 1.0:
                raise ConfigError(
                    f"{name} must be a fraction above 0 and at most 1, such as 0.05 for 5 %, or none; "
                    f"{value:g} would be {percent(value, 0)}"
                )
        if not 0.0 < self.gross <= 10.0:
            raise ConfigError(f"gross must be a share of NAV above 0 and at most 10, not {self.gross}")

    @property
    def at(self) -> int:
        """OPEN or CLOSE; OPEN of an entry now whose order is there before the session."""
        return CLOSE if self.entry == "close" else OPEN

    def entry_rows(self, launches: Launches, panel: Panel) -> I4:
        """First row to try, after `lag`, per launch and exchange; −1 or `len(panel)` where there is none."""
        first = first_rows(launches, panel, "open" if self.entry == "open" else "close")
        return later_rows(first, self.lag, panel)

    def to_legs(
        self, intents: Iterable[Intent], panel: Panel, launches: Launches | None = None
    ) -> NDArray[Any]:
        """The legs of the intents that fall inside the panel, in the order in which they are tried.

        `launches` say when an entry now is there: an order that misses the opening auction of its row meets it from the
        minute in which it is ready.
        """
        inside = [wish for wish in intents if 0 < wish.row < len(panel)]
        ordered = sorted(inside, key=lambda wish: (wish.row, wish.launch, -wish.side))
        legs = empty_legs(len(ordered))
        for name in Intent._fields:
            legs[name] = [getattr(wish, name) for wish in ordered]
        legs["at"], legs["wait"], legs["hold"] = self.at, self.wait, self.hold
        legs["hold_minutes"] = self.hold_minutes or 0
        if self.entry == "now":
            if launches is None:
                raise ConfigError("an entry now depends on the launches' clock; hand them to `to_legs`")
            ready = ready_minutes(
                launches, panel, legs["launch"], legs["row"], panel.exchange_of[legs["code"]]
            )
            legs["at"] = np.where(ready > 0, ready, OPEN)
        for name in ("stop", "target", "trail"):
            value = getattr(self, name)
            legs[name] = np.nan if value is None else value
        return legs


@dataclass(frozen=True, kw_only=True)
class ChoiceRules(BalanceRules, TradeRules):
    """Trade rules of a strategy that says what it looked at: its legs are the choices without a reason."""

    buys_issuer: ClassVar[bool] = False  # whether, as it comes, it buys a code that nobody gives a role

    def __post_init__(self) -> None:
        super().__post_init__()
        TradeRules.__post_init__(self)

    @abstractmethod
    def wishes(self, launches: Launches, panel: Panel) -> Iterable[Choice]:
        """Every launch × code that the strategy looks at, with the reason where it wishes for no position."""

    def choices(self, launches: Launches, panel: Panel) -> tuple[Choice, ...]:
        """The wishes as they are asked for: balanced, with their hedges."""
        from .balance.balance import balanced

        return balanced(tuple(self.wishes(launches, panel)), self, self.hold, launches, panel)

    def legs(self, launches: Launches, panel: Panel) -> NDArray[Any]:
        """One leg for each choice without a reason, in the order in which they are tried."""
        wanted = (choice for choice in self.choices(launches, panel) if not choice.reason)
        intents = (Intent(one.launch, panel.column(one.code), *one[2:5]) for one in wanted)
        return self.to_legs(intents, panel, launches)

    def asked(
        self, launch: int, codes: Sequence[str], money: float, rows: I4, panel: Panel
    ) -> Iterator[Choice]:
        """A position in each code, `money` (share of NAV; negative: sold short) shared equally among them.

        `rows`: first row to try by exchange, shape (exchanges,). The share of a code without bars stays unspent.
        """
        distinct = dict.fromkeys(codes)
        side, share = (1 if money > 0 else -1), 1.0 / max(len(distinct), 1)
        for code in distinct:
            row = int(rows[panel.exchange_of[panel.column(code)]]) if code in panel else -1
            reason = outside(row, panel) if code in panel else Skip.NO_BARS
            yield Choice(launch, code, side, abs(money) * share, row, reason)

    def unasked(self, position: int, launch: Launch, roles: Sequence[str]) -> Iterator[Choice]:
        """The codes of a launch that are left alone, and why: its kind, no listed name, no role or none of `roles`."""
        if launch.kind not in self.kinds:
            names = [concerned.code for concerned in launch.codes] or [""]
            yield from (Choice(position, name, reason=Skip.KIND) for name in names)
        elif not launch.codes:
            yield Choice(position, "", reason=Skip.NO_NAME)
        else:
            for concerned in launch.codes:
                if (concerned.role or "issuer") not in roles:
                    yield Choice(
                        position, concerned.code, reason=Skip.ROLE if concerned.role else Skip.NO_ROLE
                    )


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
    """For each launch, its codes that have one of the roles, whether or not they have bars; without one: the issuer."""
    return [[c.code for c in launch.codes if (c.role or "issuer") in roles] for launch in launches]


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
    "Choice",
    "ChoiceRules",
    "Intent",
    "Skip",
    "TradeRules",
    "about",
    "check_roles",
    "codes_with_roles",
    "later_rows",
    "parameters",
]
