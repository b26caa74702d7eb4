"""The panel: everything the exchanges and the prices say, as read-only arrays of sessions × codes.

Row `t` is one session of the union of the calendars of the exchanges of its codes. Every rule has been compiled into
the arrays, so that the simulator, the checks and the strategies all read the same numbers.
Arrays of shape (T, N) are stored with time contiguous (Fortran order).
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, fields, replace
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, I1, I4, Bool, Days
from ..calendars.overrides import NONE, Additions
from ..calendars.sessions import Auction, years_covered
from ..errors import DataError, did_you_mean
from ..instruments.spellings import understood
from ..instruments.table import Instrument
from ..minutes.minutes import NO_MINUTES, Minutes
from ..shown import Shown, Told, counted, first_of, some, span
from ..universe.universe import Universe

CLOSED, TRADING, SUSPENDED, UNLISTED, DELISTED = range(5)
STATUS_NAMES = ("closed", "trading", "suspended", "unlisted", "delisted")

# One corporate action, effective before the open of `row`: each share becomes `ratio` shares, and each old
# share receives `cash` (gross; owed by shorts) or `cash_net` (after tax; received by longs), local currency.
ACTION = np.dtype(
    [("row", "i4"), ("code", "i4"), ("ratio", "f8"), ("cash", "f8"), ("cash_net", "f8")], align=True
)


_BY_ROW = (
    *(
        "sessions",
        "status",
        "open",
        "high",
        "low",
        "close",
        "volume",
        "mark",
        "ref",
        "limit_up",
        "limit_down",
    ),
    *(
        "lot_min",
        "lot_step",
        "max_order",
        "t_plus_one",
        "shortable",
        "borrow",
        "tick_table",
        "costs",
        "fx",
        "margin",
    ),
    *("exchange_open", "sessions_done"),
)

_BY_COLUMN = (
    *("status", "open", "high", "low", "close", "volume", "mark", "ref", "limit_up", "limit_down"),
    *("lot_min", "lot_step", "max_order", "t_plus_one", "shortable", "borrow", "tick_table", "margin"),
)

NOISE = 1e-6  # far below the smallest tick: prices and limits are decimals, which floats only approximate


def is_locked(buy: Any, price: Any, up: Any, down: Any) -> Any:
    """Whether a buyer, or else a seller, finds nobody at `price`: it lies at the limit up, or down, or beyond it."""
    return price >= up - NOISE if buy else price <= down + NOISE


@dataclass(frozen=True, repr=False)
class Panel(Shown):
    """Sessions × codes, read-only. Prices are raw and in local currency.

    Shapes: (T, N) unless said. Unlimited prices are `inf` (up) and `0.0` (down). OHLC are NaN and volume is 0
    where `status` is not TRADING; `mark` is the last known price, carried over and adjusted on ex-dates (NaN
    before the first price). `fx[t, k]` is base money for one unit of currency k. `exchange_open[t, e]` says whether
    exchange e, traded here or not, has a session on the day of row t; `sessions_done[t, e]` counts its sessions
    up to and including row t. `costs[t, k]` is the cost row (data/rules/costs.py)
    of cost class k. `universe` says who played which role by day; `beside` are the codes that stand here as its members
    alone, which no launch concerns.
    `calendar` is what was added to the published sessions. `minutes` are the bars inside sessions, of those that have any.
    `margin` is the fraction of its value that an index future
    ties up, NaN for what is paid for in full; a future's shares are units of its multiplier, so that one contract is a lot.
    """

    sessions: Days
    codes: tuple[str, ...]
    currency: str
    instruments: tuple[Instrument, ...]
    status: I1
    open: F8
    high: F8
    low: F8
    close: F8
    volume: F8
    mark: F8
    ref: F8
    limit_up: F8
    limit_down: F8
    lot_min: I4
    lot_step: I4
    max_order: I4
    t_plus_one: Bool
    shortable: Bool
    borrow: F8
    tick_table: I1
    tick_bounds: F8
    tick_sizes: F8
    cost_class: NDArray[np.int16]
    costs: F8
    currencies: tuple[str, ...]
    currency_of: I1
    fx: F8
    exchanges: tuple[str, ...]
    exchange_of: I1
    exchange_open: Bool
    sessions_done: I4
    actions: NDArray[Any]
    simulated: bool = False
    provenance: tuple[Mapping[str, object], ...] = ()
    warnings: tuple[Mapping[str, object], ...] = ()
    unknowns: tuple[str, ...] = ()
    universe: Universe = field(default_factory=Universe)
    beside: tuple[str, ...] = ()
    calendar: Additions = NONE
    minutes: Minutes = NO_MINUTES
    margin: F8 = field(default_factory=lambda: np.empty((0, 0)))
    _column: Mapping[str, int] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if self.margin.shape != self.status.shape:
            object.__setattr__(self, "margin", np.broadcast_to(np.nan, self.status.shape))
        object.__setattr__(self, "_column", {code: i for i, code in enumerate(self.codes)})
        for value in vars(self).values():
            if isinstance(value, np.ndarray):
                value.flags.writeable = False

    def _told(self) -> Told:
        facts = {
            "sessions": span(self.sessions),
            "codes": some(self.codes),
            "exchanges": ", ".join(sorted(self.traded_exchanges)),
            "bars that traded": f"{int((self.status == TRADING).sum()):,} of {self.status.size:,}",
            "corporate actions": f"{len(self.actions):,}",
            "warnings": first_of(self.warnings),
            "unknown": first_of(self.unknowns),
        }
        title = (
            f"Panel: {counted(len(self), 'session')} × {counted(len(self.codes), 'code')} in {self.currency}"
        )
        return Told(title, facts, simulated=self.simulated)

    def __getstate__(self) -> dict[str, Any]:
        return {one.name: getattr(self, one.name) for one in fields(self)}

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Arrays from another process may lie anywhere; compiled code is made for aligned, read-only ones."""
        for name, value in state.items():
            if isinstance(value, np.ndarray):
                state[name] = value = np.require(value, requirements="A")
                value.flags.writeable = False
        self.__dict__.update(state)

    def __len__(self) -> int:
        return len(self.sessions)

    def column(self, code: str) -> int:
        """Column of a code, however it is spelled; an unknown code is an error that names the nearest one."""
        try:
            return self._column[code] if code in self._column else self._column[understood(code)]
        except KeyError:
            raise DataError(
                f"{code} is not in the panel{did_you_mean(code, self.codes)}; "
                "add its bars to the prices folder or drop it from the ledger"
            ) from None

    def __contains__(self, code: object) -> bool:
        return code in self._column or (isinstance(code, str) and understood(code) in self._column)

    def row(self, session: object) -> int:
        """Row of a session; a day that is no session of the panel is an error."""
        day = np.datetime64(str(session)[:10], "D")
        t = int(np.searchsorted(self.sessions, day))
        if t == len(self.sessions) or self.sessions[t] != day:
            raise DataError(
                f"{day} is not a session of the panel ({self.sessions[0]} to {self.sessions[-1]})"
            )
        return t

    @property
    def traded_exchanges(self) -> frozenset[str]:
        """Exchanges of the codes: their sessions are the rows."""
        return frozenset(self.exchanges[int(e)] for e in self.exchange_of)

    @cached_property
    def years(self) -> float:
        """Calendar years that the rows cover; all rows of a year are exactly one."""
        return years_covered(self.sessions, self.traded_exchanges, self.calendar)

    @cached_property
    def futures(self) -> Bool:
        """Which codes are index futures, (N,)."""
        found: Bool = np.array([one.terms is not None for one in self.instruments], np.bool_)
        return found if len(found) == len(self.codes) else np.zeros(len(self.codes), np.bool_)

    @cached_property
    def fair_cash(self) -> F8:
        """Cash of each action before tax and costs, (A,). A future's roll pays the difference of two contracts, either side its costs."""
        a = self.actions
        middle = (a["cash"] + a["cash_net"]) / 2.0
        return np.where(self.futures[a["code"]], middle, a["cash"]).astype(np.float64)

    @cached_property
    def size_price(self) -> F8:
        """Price known before each session, for sizing: yesterday's mark, or the reference price of a listing day.

        On an ex-date it is the mark after the action, as orders of that session count new shares.
        """
        before = np.full(self.mark.shape, np.nan, order="F")
        before[1:] = self.mark[:-1]
        at = (self.actions["row"], self.actions["code"])
        before[at] = (before[at] - self.fair_cash) / self.actions["ratio"]
        before = np.where(np.isnan(before), self.ref, before)
        before.flags.writeable = False
        return np.asfortranarray(before)

    @cached_property
    def fraction_price(self) -> F8:
        """Local price at which each action pays out fractions of a share, (A,): the ex-date's reference, else the last mark."""
        row, code = self.actions["row"], self.actions["code"]
        ref, before = self.ref[row, code], self.mark[np.maximum(row - 1, 0), code]
        price: F8 = np.where(ref > 0.0, ref, before / self.actions["ratio"])
        price.flags.writeable = False
        return price

    def own_rows(self, exchange: int) -> NDArray[np.intp]:
        """Rows that are sessions of an exchange, ascending."""
        return np.flatnonzero(self.exchange_open[:, exchange])

    def rate(self, t: Any, code: Any) -> Any:
        """Base money for one unit of a code's currency in a row; either may be an array."""
        return self.fx[t, self.currency_of[code]]

    def locked(self, t: Any, code: Any, side: int, at: Auction) -> Any:
        """Whether the auction was on the locked side of a limit for a buyer (+1) or a seller (-1); arrays as `rate`."""
        price = (self.open if at == "open" else self.close)[t, code]
        return is_locked(side > 0, price, self.limit_up[t, code], self.limit_down[t, code])

    def until(self, t: int) -> "Panel":
        """What was known at the end of row t: the first t + 1 rows."""
        if not 0 <= t < len(self):
            raise DataError(f"row {t} is outside the panel of {len(self)} sessions")
        cut: dict[str, Any] = {name: getattr(self, name)[: t + 1] for name in _BY_ROW}
        known = self.universe.as_of(self.sessions[t])
        return replace(
            self,
            **cut,
            actions=self.actions[self.actions["row"] <= t],
            universe=known,
            minutes=self.minutes.until(t),
        )

    def members(self, role: str, t: int, theme: str = "") -> tuple[str, ...]:
        """Codes with bars that have a role of the universe on the session of row t, listed by then, of one theme or all."""
        held = self.universe.members(role, self.sessions[t], theme)
        here = ((code, self.status[t, self.column(code)]) for code in held if code in self)
        return tuple(code for code, status in here if status not in (UNLISTED, DELISTED))

    def without_members(self) -> "Panel":
        """The same rows without the codes that no launch concerns, and without a universe."""
        kept = [i for i, code in enumerate(self.codes) if code not in self.beside]
        if len(kept) == len(self.codes):
            return replace(self, universe=Universe())
        cut: dict[str, Any] = {name: np.asfortranarray(getattr(self, name)[:, kept]) for name in _BY_COLUMN}
        for name in ("cost_class", "currency_of", "exchange_of"):
            cut[name] = getattr(self, name)[kept]
        for name in ("codes", "instruments", "provenance"):
            values = getattr(self, name)
            cut[name] = tuple(values[i] for i in kept) if len(values) == len(self.codes) else values
        actions = self.actions[np.isin(self.actions["code"], kept)].copy()
        actions["code"] = np.searchsorted(kept, actions["code"])
        minutes = self.minutes.of_columns(kept)
        return replace(self, **cut, actions=actions, universe=Universe(), beside=(), minutes=minutes)
