"""Daily price limits, in exact integer arithmetic on ticks.

limit = reference × (1 ± pct), where the reference is the exchange's (ex-right on ex-days), rounded half-up
to the tick on Shanghai and Shenzhen and inward (up truncated, down raised) on Beijing. Hong Kong has none.
Percentages, dates and first-day regimes: data/rules/bands.py. Proven on 3.5 million bars; floats are not
enough (1.15 × 1.1 must give 1.27).
"""

from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from math import floor

import numpy as np
from numpy.typing import NDArray

from ..arrays import F8, I4, I8, Bool, Days
from ..dated import as_date
from ..errors import RuleError
from ..instruments.table import Instrument, spells_cover
from . import bands
from .ticks import PER_UNIT, tick_schedule, tick_table

NO_REFERENCE = "no reference"
_LONG_AGO = np.datetime64("1900-01-01")
_UNLIMITED = np.int64(-1)
_BASIS = 10_000  # percentages as whole basis points


@dataclass(frozen=True)
class Bands:
    """Limits by session. No limit: `up` inf, `down` 0.0, `pct` NaN. `note` says what is not ordinary, per session.

    `pct` is the upward fraction (0.44 on a banded first day). `unknown`: there is a limit, but no reference to count it
    from. All shapes (n,).
    """

    up: F8
    down: F8
    pct: F8
    note: NDArray[np.object_]
    unknown: Bool


@dataclass(frozen=True)
class _Regime:
    """Working arrays, all (n,): basis points up and down (-1: no limit), of the issue price or not, floor, note."""

    up: I8
    down: I8
    of_issue: Bool
    floor: Bool
    note: NDArray[np.object_]

    def set(self, where: Bool, up: I8 | np.int64, down: I8 | np.int64, note: str) -> None:
        self.up[where] = up
        self.down[where] = down
        self.of_issue[where] = False
        self.note[where] = note


def limit_bands(instrument: Instrument, sessions: Days, reference: F8, listed_session: I4) -> Bands:
    """Limits of one code on each session; sessions datetime64[D] (n,), ascending.

    `reference` is the exchange's previous close, ex-right on ex-days, in local currency; NaN gives no limit
    and the note "no reference". `listed_session` counts the code's exchange sessions from 1 on the listing
    day; 0 is unknown or long ago. RuleError for a session before the board's first rule.
    """
    n = len(sessions)
    if not instrument.mainland or not instrument.tradable:
        none = np.full(n, np.inf), np.zeros(n), np.full(n, np.nan)
        return Bands(*none, np.full(n, "", object), np.zeros(n, np.bool_))
    regime = _ordinary(instrument, sessions)
    _apply_delisting(regime, instrument, sessions)
    _apply_listing(regime, instrument, sessions, listed_session)
    if instrument.no_limit:
        free = np.isin(sessions, np.array(instrument.no_limit, "datetime64[D]"))
        regime.set(free, _UNLIMITED, _UNLIMITED, "re-listing, resumed listing or share reform: no limit")
    return _to_prices(regime, instrument, sessions, reference)


def opened(instrument: Instrument) -> np.datetime64:
    """First day of the instrument's mainland board, before which nothing could be listed there."""
    if not instrument.mainland or not instrument.tradable:
        return _LONG_AGO
    return np.datetime64(bands.normal_limit(instrument).facts[0].since)


def first_ruled(instrument: Instrument) -> np.datetime64:
    """First day on which the book knows the instrument's limits and price steps."""
    return max(opened(instrument), np.datetime64(tick_schedule(instrument).facts[0].since))


def limit_ticks(base: I8, up: I8, down: I8, inward: bool) -> tuple[I8, I8]:
    """Limits in ticks: base × (10000 + up) / 10000 and base × (10000 - down) / 10000, in integers.

    Half-up to the tick, or inward (up truncated, down raised) as Beijing does.
    """
    if inward:
        return base * (_BASIS + up) // _BASIS, -(-(base * (_BASIS - down)) // _BASIS)
    half = _BASIS // 2
    return (base * (_BASIS + up) + half) // _BASIS, (base * (_BASIS - down) + half) // _BASIS


def _basis_points(fractions: F8) -> I8:
    limited = np.isfinite(fractions)
    return np.where(limited, np.rint(np.where(limited, fractions, 0.0) * _BASIS), _UNLIMITED).astype(np.int64)


def _ordinary(instrument: Instrument, sessions: Days) -> _Regime:
    n = len(sessions)
    normal = _basis_points(bands.normal_limit(instrument).over(sessions))
    floor_from = bands.ONE_TICK_FLOOR.get(instrument.exchange)
    floor = np.zeros(n, np.bool_) if floor_from is None else sessions >= np.datetime64(floor_from)
    regime = _Regime(normal, normal.copy(), np.zeros(n, np.bool_), floor, np.full(n, "", object))
    for spells, dated, word in (
        (instrument.st, bands.st_limit, "ST"),
        (instrument.s_share, lambda _: bands.S_SHARE, "un-reformed S share"),
    ):
        marked = spells_cover(spells, sessions)
        if marked.any():
            special = _basis_points(dated(instrument).over(sessions[marked]))
            regime.set(marked, special, special, word)
    return regime


def _apply_delisting(regime: _Regime, instrument: Instrument, sessions: Days) -> None:
    for spell in instrument.delisting:
        inside = spell.covers(sessions)
        if not inside.any():
            continue
        limit = _basis_points(bands.delisting_limit(instrument, spell.first).over(sessions[inside]))
        regime.set(inside, limit, limit, "delisting period")
        if spell.first >= bands.DELISTING_DAY_FREE:
            first = sessions == np.datetime64(spell.first)
            regime.set(first, _UNLIMITED, _UNLIMITED, "first session of the delisting period: no limit")


def _apply_listing(regime: _Regime, instrument: Instrument, sessions: Days, listed_session: I4) -> None:
    young = (listed_session >= 1) & (listed_session <= 5)
    if not young.any():
        return
    rule = bands.first_days(instrument, listing_day(instrument, sessions[young], listed_session[young]))
    regime.set(young & (listed_session <= rule.free), _UNLIMITED, _UNLIMITED, rule.why)
    first = young & (listed_session == 1)
    if not np.isnan(rule.up) and first.any():
        up, down = _basis_points(np.array([rule.up, rule.down]))
        regime.set(first, up, down, rule.why)
        regime.of_issue[first] = True


def listing_day(instrument: Instrument, young: Days, count: I4) -> date:
    """Day of session 1: in the sessions themselves, else the table's if it is recent, else about there."""
    if count[0] == 1:
        return as_date(young[0])
    known = instrument.listed
    if known is not None and 0 <= (as_date(young[0]) - known).days <= 30:
        return known
    return as_date(young[0])


def _to_prices(regime: _Regime, instrument: Instrument, sessions: Days, reference: F8) -> Bands:
    per_unit = PER_UNIT[tick_table(instrument, sessions)]
    issue = np.nan if instrument.issue_price is None else instrument.issue_price
    # On a listing day the exchange's own reference is the issue price.
    base_price = np.where(regime.of_issue & ~np.isnan(issue), issue, reference)
    known = np.isfinite(base_price) & (base_price > 0)
    base = np.rint(np.where(known, base_price, 0.0) * per_unit).astype(np.int64)
    up, down = limit_ticks(base, regime.up, regime.down, inward=instrument.board == "bse")
    one_tick = regime.floor | _delisting_floor(instrument, sessions, base)
    up = np.where(one_tick, np.maximum(up, base + 1), up)
    down = np.where(one_tick, np.minimum(down, base - 1), down)
    limited = known & (regime.up != _UNLIMITED)
    unknown = ~known & (regime.up != _UNLIMITED)
    regime.note[unknown] = NO_REFERENCE
    return Bands(
        np.where(limited, up / per_unit, np.inf),
        np.where(limited, np.maximum(down, 1) / per_unit, 0.0),
        np.where(limited, regime.up / _BASIS, np.nan),
        regime.note,
        unknown,
    )


def _delisting_floor(instrument: Instrument, sessions: Days, base: I8) -> Bool:
    """Shanghai's delisting board let a stock below 0.05 move by 0.01 before the floor became general."""
    inside = spells_cover(instrument.delisting, sessions)
    if instrument.exchange != "XSHG" or not inside.any():
        return np.zeros(len(sessions), np.bool_)
    highest = np.where(sessions >= np.datetime64(bands.DELISTING_DAY_FREE), 5, 4)
    return inside & (base <= highest)


def ex_reference(
    prev_close: float,
    cash: float = 0.0,
    bonus_ratio: float = 0.0,
    rights_ratio: float = 0.0,
    rights_price: float = 0.0,
    tick: float = 0.01,
) -> float:
    """Ex-right reference: (prev_close - cash + rights_price × rights) / (1 + bonus + rights), half-up to the tick.

    Everything per old share: 3 bonus shares for 10 is 0.3. Issuers with treasury shares publish virtual
    ratios, so a vendor's own reference wins where there is one. Source: SZSE 4.4.2, SSE 4.3.1; the rounding
    direction is from memory.

    >>> ex_reference(13.00, cash=0.2, bonus_ratio=0.3)
    9.85
    """
    prev, paid, bonus, rights, price, step = (
        Fraction(repr(float(x))) for x in (prev_close, cash, bonus_ratio, rights_ratio, rights_price, tick)
    )
    if step <= 0 or 1 + bonus + rights <= 0:
        raise RuleError(
            f"an ex-right reference needs a tick and a share ratio above zero (got {tick}, {bonus_ratio})"
        )
    exact = (prev - paid + price * rights) / (1 + bonus + rights)
    return float(floor(exact / step + Fraction(1, 2)) * step)
