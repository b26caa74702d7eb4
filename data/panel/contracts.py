"""An index future over its months: which contract is held on which session, where one follows the other, and what that costs.

The month that expires first is held until `roll` sessions before its last trading day; at that session's close it is
exchanged for the next month in the files. The panel has the prices of the month that is held; from the session after the
roll on the next one's, and there an action pays the difference of the two closes less the costs of both trades, so that
a roll by itself earns nothing but its costs. Sizes, stops and returns follow, as on an ex-date.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..arrays import Bool, Days
from ..bars.bars import Bars
from ..calendars import sessions as calendars
from ..calendars.overrides import NONE, Additions
from ..errors import DataError
from ..instruments.futures import CONTRACT, FutureTerms, Product
from ..instruments.instrument import Instrument
from ..rules.ticks import tick_table
from .columns import Compiled, RowAction, marks
from .panel import CLOSED, SUSPENDED, TRADING

PRICES = ("open", "high", "low", "close")
FRIDAY = 4
DAY = np.timedelta64(1, "D")
NO_LIMITS = "settled at the closes of its file; the price limits of a mainland future are those of its `pre_close`, or of the last close where it has none"
NO_VCM = "no price limit: the exchange's cooling-off periods (VCM) are not modelled"
SPLICED = "a continuous file that states no `cash` at its rolls: jumps from one month to the next count as profit or loss"


@dataclass(frozen=True)
class Future:
    """One future and its bars: a month each by `IF2602`, or a single continuous series under `IF=F`."""

    terms: FutureTerms
    months: tuple[Bars, ...]

    @property
    def instrument(self) -> Instrument:
        return Instrument.of_future(self.terms)

    @property
    def is_continuous(self) -> bool:
        """Whether its file says that it is one series over all months."""
        return len(self.months) == 1 and CONTRACT.fullmatch(self.months[0].code) is None


class Roll(NamedTuple):
    """At the close of session `on`, `old` was exchanged for `new`, both closes of that session."""

    on: np.datetime64
    old: float
    new: float


@dataclass(frozen=True)
class Front:
    """The month that is held, session by session, and where it changed."""

    bars: Bars
    rolls: tuple[Roll, ...]


def last_trading_day(product: Product, contract: str, added: Additions = NONE) -> np.datetime64:
    """Last trading day of a month such as IF2602, by the exchange's rule; DataError for a name that is none."""
    match = CONTRACT.fullmatch(contract)
    if match is None or not 1 <= int(match[3]) <= 12:
        raise DataError(f"{contract} is no month of {product.code}; name its file as {product.root}2602.csv")
    first = date(2000 + int(match[2]), int(match[3]), 1)
    following = (first + timedelta(days=32)).replace(day=1)
    if product.third_friday:
        friday = first + timedelta(days=(FRIDAY - first.weekday()) % 7 + 14)
        days = _sessions(product.exchange, friday, friday + timedelta(days=14), added)
        return np.datetime64(days[0], "D")
    days = _sessions(product.exchange, first, following - timedelta(days=1), added)
    return np.datetime64(days[-2], "D")


def front_month(future: Future, until: np.datetime64, added: Additions = NONE) -> Front:
    """The series that is held up to the session `until`; DataError where a month is missing to roll into."""
    for bars in future.months:
        _refuse_odd(bars)
    if future.is_continuous:
        return Front(future.months[0].tidy(), ())
    product = future.terms.product
    months = sorted(
        (last_trading_day(product, bars.code, added), bars.code, bars.tidy()) for bars in future.months
    )
    parts: list[Bars] = []
    rolls: list[Roll] = []
    since = np.datetime64("1900-01-01")
    for k, (expiry, name, bars) in enumerate(months):
        last = _sessions_before(product, expiry, future.terms.roll, added)
        if k + 1 == len(months):
            if until > last:
                raise DataError(
                    f"{product.code} is rolled out of {name} at the close of {last}, and there is no later month to roll into; "
                    f"add its file to the prices, or end the market by {last}"
                )
            last = until
        elif last <= since:
            continue  # its time was over when the month before was rolled
        else:
            roll = _roll(bars, months[k + 1][2], since, last, product)
            if roll is None:
                continue
            rolls.append(roll)
            last = roll.on
        parts.append(bars.take((bars.sessions > since) & (bars.sessions <= last)))
        since = last
    return Front(_joined(product.code, parts), tuple(rolls))


def compile_future(
    future: Future, front: Front, sessions: Days, is_open: Bool
) -> tuple[Compiled, tuple[tuple[int, float, float], ...]]:
    """The panel's column of a future, and its rolls as (row, cash of a short, cash of a long) for one unit, before the open of the row.

    A unit is an index point's worth: a contract has `multiplier` of them, which are its lot. Volumes count units.
    """
    terms, instrument = future.terms, future.instrument
    product, n = terms.product, len(sessions)
    own = sessions[is_open]
    bars = front.bars.take(np.isin(front.bars.sessions, own) & front.bars.traded)
    if not len(bars):
        raise DataError(
            f"{product.code} has no bar from {sessions[0]} to {sessions[-1]}; add months of that time"
        )
    _refuse_unknown_terms(terms, bars)
    rows = np.searchsorted(sessions, bars.sessions)
    status = np.where(is_open, SUSPENDED, CLOSED).astype(np.int8)
    status[rows] = TRADING
    values: dict[str, NDArray[Any]] = {"status": status}
    for name in PRICES:
        values[name] = np.full(n, np.nan)
        values[name][rows] = getattr(bars, name)
    values["volume"] = np.zeros(n)
    values["volume"][rows] = bars.volume * product.multiplier
    paid = tuple(_paid(roll, terms, sessions, is_open) for roll in front.rolls)
    rolls = tuple(one for one in paid if one is not None)
    fair = [RowAction(row, 1.0, (short + long) / 2.0) for row, short, long in rolls]
    fair += _stated(bars, rows) if future.is_continuous else []
    values["mark"] = marks(values["close"], fair)
    reference = np.full(n, np.nan)
    reference[1:] = values["mark"][:-1]
    for action in fair:
        reference[action.row] -= action.cash
    stated = np.full(n, np.nan)
    stated[rows] = bars.pre_close
    values["ref"] = np.where(np.isfinite(stated), stated, reference)
    values |= _limits(product, values["ref"])
    lot = np.full(n, product.multiplier, np.int32)
    known = np.maximum(sessions, np.datetime64(terms.margin.facts[0].since))
    values |= {
        "lot_min": lot, "lot_step": lot, "max_order": lot,
        "t_plus_one": np.zeros(n, np.bool_), "shortable": np.ones(n, np.bool_), "borrow": np.zeros(n),
        "tick_table": tick_table(instrument, sessions), "margin": terms.margin.over(known),
    }  # fmt: skip
    notes = [NO_LIMITS if product.limit else NO_VCM]
    notes += [SPLICED] if future.is_continuous and not len(bars.actions) else []
    stated_rolls = (
        tuple((one.row, one.cash, one.cash) for one in _stated(bars, rows)) if future.is_continuous else ()
    )
    return Compiled(values, (), tuple(notes)), rolls + stated_rolls


def _stated(bars: Bars, rows: NDArray[Any]) -> list[RowAction]:
    """The rolls that a continuous file states as `cash`: the old month's close less the new one's."""
    at = {day: int(row) for day, row in zip(bars.sessions, rows, strict=True)}
    held = [action for action in bars.actions if action["session"] in at]
    return [RowAction(at[action["session"]], 1.0, float(action["cash"])) for action in held]


def _paid(roll: Roll, terms: FutureTerms, sessions: Days, is_open: Bool) -> tuple[int, float, float] | None:
    """Row of the session after a roll, and what a unit pays a short (owed by it) and a long; None where the panel ends before."""
    later = np.flatnonzero(is_open & (sessions > roll.on))
    if not len(later) or sessions[0] > roll.on:
        return None
    multiplier, gap = terms.product.multiplier, roll.old - roll.new
    rate, fixed = terms.rate.on(roll.on), terms.fixed.on(roll.on)
    costs = sum(_cents(price * multiplier * rate + fixed) for price in (roll.old, roll.new)) / multiplier
    return int(later[0]), gap + costs, gap - costs


def _cents(money: float) -> float:
    return float(np.floor(money * 100.0 + 0.5 + 1e-7) / 100.0)


def _limits(product: Product, reference: NDArray[np.float64]) -> dict[str, NDArray[Any]]:
    """The last prices on the tick inside the day's band; none where no reference is known, or the exchange has no band."""
    known = np.isfinite(reference)
    if product.limit is None:
        return {"limit_up": np.full(len(known), np.inf), "limit_down": np.zeros(len(known))}
    base = np.where(known, reference, 1.0)
    up = np.floor(base * (1.0 + product.limit) / product.tick + 1e-6) * product.tick
    down = np.ceil(base * (1.0 - product.limit) / product.tick - 1e-6) * product.tick
    return {
        "limit_up": np.where(known, np.round(up, 4), np.inf),
        "limit_down": np.where(known, np.round(down, 4), 0.0),
    }


def _sessions(exchange: str, start: date, end: date, added: Additions) -> Days:
    """Sessions from `start` to `end`; every weekday after the last one that is known, for months that are not held by then."""
    until = calendars.calendar(exchange, added).until
    first, last = np.datetime64(start, "D"), np.datetime64(end, "D")
    known = (
        calendars.sessions(exchange, first, min(last, until), added=added)
        if first <= until
        else np.zeros(0, "M8[D]")
    )
    beyond = np.arange(max(first, until + DAY), last + DAY)
    return np.concatenate([known, beyond[np.is_busday(beyond)]]).astype("M8[D]")


def _sessions_before(product: Product, expiry: np.datetime64, count: int, added: Additions) -> np.datetime64:
    start = (expiry - np.timedelta64(60, "D")).astype(date)
    days = _sessions(product.exchange, start, expiry.astype(date), added)
    return np.datetime64(days[-1 - count], "D")


def _roll(old: Bars, new: Bars, since: np.datetime64, last: np.datetime64, product: Product) -> Roll | None:
    """The roll on the last session up to `last` on which both months traded; None where the old one never did before."""
    mine = old.sessions[old.traded & (old.sessions > since) & (old.sessions <= last)]
    if not len(mine):
        return None
    both = np.intersect1d(mine, new.sessions[new.traded])
    if not len(both):
        raise DataError(
            f"{product.code} cannot be rolled from {old.code} into {new.code}: there is no session up to {last} on which both "
            f"traded; add the missing bars or months"
        )
    day = both[-1]
    prices = (float(bars.close[np.searchsorted(bars.sessions, day)]) for bars in (old, new))
    return Roll(np.datetime64(day, "D"), *prices)


def _joined(code: str, parts: Sequence[Bars]) -> Bars:
    """The parts as one series under the future's code; its source names all of their files."""
    columns = {
        name: np.concatenate([getattr(bars, name) for bars in parts])
        for name in ("sessions", *PRICES, "volume", "pre_close", "amount", "suspended", "st")
    }
    named = [Path(str(bars.source.get("path", bars.code))).name for bars in parts]
    joined = "".join(str(bars.source.get("sha256", "")) for bars in parts)
    source = {"path": ", ".join(named), "sha256": hashlib.sha256(joined.encode()).hexdigest()}
    simulated = any(str(bars.source.get("simulated", "")).lower() == "true" for bars in parts)
    source |= {"provider": ", ".join(named)} | ({"simulated": "true"} if simulated else {})
    return Bars(code=code, **columns, actions=parts[0].actions[:0], source=source)


def _refuse_unknown_terms(terms: FutureTerms, bars: Bars) -> None:
    since = terms.margin.facts[0].since
    first = bars.sessions[0]
    if first < np.datetime64(since):
        raise DataError(
            f"{terms.product.code} is traded from {first}, and its margin and fees are known from {since} on; "
            f"add a row {terms.product.root},{first},… to the file of `futures`, or begin later"
        )


def _refuse_odd(bars: Bars) -> None:
    """DataError at the first bar that is none: no price above zero, or a high and low that do not hold it."""
    traded = bars.traded
    prices = np.column_stack([getattr(bars, name) for name in PRICES])
    wrong = ~(np.isfinite(prices) & (prices > 0.0)).all(axis=1)
    wrong |= (bars.high < prices.max(axis=1)) | (bars.low > prices.min(axis=1))
    if (wrong & traded).any():
        k = int(np.flatnonzero(wrong & traded)[0])
        raise DataError(
            f"{bars.code} {bars.sessions[k]}: open {bars.open[k]:g}, high {bars.high[k]:g}, low {bars.low[k]:g} and close "
            f"{bars.close[k]:g} are no bar; correct the file, or leave the day out"
        )
