"""The parts of an explanation: each works one rule out for one day and writes down how, and from where."""

from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from math import isfinite
from typing import Any, NamedTuple

import numpy as np

from ..arrays import F8, Days
from ..calendars.sessions import sessions
from ..dated import Dated, Fact, as_date
from ..errors import CalendarError, RuleError
from ..instruments.instrument import Instrument
from . import bands, costs, lots, settlement, shorting, ticks
from .limits import limit_bands, listing_day

_PROBE = 10.0  # stands in for the previous close, to learn the percentage when no price was given


class Order(NamedTuple):
    """One order asked about; price in local currency."""

    side: ticks.Side
    price: float
    shares: int


class Question(NamedTuple):
    """What was asked: reference price, listing session (0: long ago), order, and whose brokerage."""

    prev_close: float | None
    listed_session: int
    order: Order | None
    brokerage: costs.Brokerage


class Lot(NamedTuple):
    """Smallest buy, step above it, and largest single order, in shares."""

    smallest: int
    step: int
    largest: int


class Limits(NamedTuple):
    """Limit prices and per cent of the day; None where unlimited or no reference price was given."""

    up: float | None
    down: float | None
    percent: float | None
    unlimited: bool


@dataclass
class Book:
    """Collects steps, sources and unknowns while an answer is worked out; `day` is datetime64[D] (1,)."""

    day: Days
    steps: list[str] = field(default_factory=list)
    sources: list[str] = field(default_factory=list)
    unknowns: list[str] = field(default_factory=list)

    @property
    def on(self) -> date:
        """The day as a date."""
        return as_date(self.day[0])

    def cite(self, what: str, fact: Fact) -> None:
        """Name the source of a fact; one from memory is also an unknown."""
        since = f", in force since {fact.since}" if fact.since.year > 1990 else ""
        self.sources.append(
            f"{what}: {fact.source}{since}" + (f" [{fact.confidence}]" if fact.confidence else "")
        )
        if fact.confidence == "M":
            self.unknowns.append(f"{what}: from memory, no source seen")


def session_part(book: Book, instrument: Instrument) -> None:
    """Say when the day was no session of the exchange."""
    try:
        if len(sessions(instrument.exchange, book.day[0], book.day[0])) == 0:
            book.steps.append(
                f"{book.on} was not a session of {instrument.exchange}: nothing could be traded"
            )
    except CalendarError:
        book.unknowns.append(f"whether {book.on} was a session: it lies outside the known calendar")


def limit_part(book: Book, instrument: Instrument, prev_close: float | None, count: int) -> Limits:
    """Price limits for a previous close, on listing session `count` (0: long ago)."""
    if not instrument.tradable or not instrument.mainland:
        why = "Hong Kong has no daily price limit" if instrument.tradable else "an index has no limit"
        book.steps.append(f"limits: none; {why}")
        return Limits(None, None, None, True)
    listed = np.array([count], np.int32)
    band = limit_bands(instrument, book.day, np.array([prev_close or _PROBE]), listed)
    first = (
        bands.first_days(instrument, listing_day(instrument, book.day, listed)) if 1 <= count <= 5 else None
    )
    _cite_limit(book, instrument, first)
    note = band.note[0]
    if not isfinite(band.up[0]):
        book.steps.append(f"limits: none; {note or 'no limit was in force on this day'}")
        return Limits(None, None, None, True)
    percent = round(float(band.pct[0]) * 100, 2)
    book.steps.append(f"limits: {percent:g} % on board {instrument.board}" + (f" ({note})" if note else ""))
    banded = count == 1 and first is not None and not np.isnan(first.up)
    base = instrument.issue_price or prev_close if banded else prev_close
    if banded and instrument.issue_price is None:
        book.unknowns.append("issue price not given: the first-day band is taken from the previous close")
    if base is None:
        book.steps.append("limit prices: give the previous close (--prev-close) to have them")
        return Limits(None, None, percent, False)
    fall = round(first.down * 100, 2) if banded and first is not None else percent
    up, down = float(band.up[0]), float(band.down[0])
    rounding = "inward to the tick" if instrument.board == "bse" else "half-up to the tick"
    for word, factor, limit in (("up", 100 + percent, up), ("down", 100 - fall, down)):
        raw = Decimal(repr(base)) * Decimal(repr(factor)) / 100
        book.steps.append(
            f"limit {word}: {base:g} × {factor:g} % = {raw.normalize():f}, {rounding}: {limit:.10g}"
        )
    return Limits(up, down, percent, False)


def _cite_limit(book: Book, instrument: Instrument, first: bands.FirstDays | None) -> None:
    if any(spell.covers(book.day)[0] for spell in instrument.s_share):
        dated: Dated = bands.S_SHARE
    elif any(spell.covers(book.day)[0] for spell in instrument.st):
        dated = bands.st_limit(instrument)
    else:
        dated = bands.normal_limit(instrument)
    book.cite("price limit", dated.at(book.on))
    if first is not None and first.source:
        book.sources.append(f"first sessions: {first.source}")
    if instrument.board == "bse":
        book.sources.append("rounding inward: 609 to 0 limit touches on real bars since 2020-11-30 [S2]")
    else:
        book.sources.append(
            "rounding half-up: SSE 3.3.17, SZSE 3.3.19, and 8,317 exact ties on real bars [Q]"
        )


def tick_part(book: Book, instrument: Instrument, price: float | None) -> float | None:
    """Price step at a price; without one only where the step is the same at every price."""
    if not instrument.tradable:
        return None
    fact = ticks.tick_schedule(instrument).at(book.day[0])
    table = int(fact.value)
    book.cite("tick", fact)
    if price is None and instrument.board.startswith("hk_"):
        book.steps.append(
            f"tick: depends on the price ({ticks.TABLE_NAMES[table]}); give --price or --prev-close"
        )
        return None
    tick = float(ticks.tick_size(price or _PROBE, table))
    at = f" at {price:g}" if instrument.board.startswith("hk_") else ""
    book.steps.append(f"tick: {tick:g} {instrument.currency}{at}")
    return tick


def lot_part(book: Book, instrument: Instrument) -> Lot | None:
    """Order sizes of the day; None where the issuer's board lot is not known."""
    if not instrument.tradable:
        return None
    hong_kong = instrument.board.startswith("hk_")
    if hong_kong and instrument.lots is None:
        book.steps.append("lots: the issuer's board lot is not in the instruments table")
        return None
    smallest, step, largest = (int(array[0]) for array in lots.lot_rules(instrument, book.day))
    book.steps.append(
        f"lots: buy at least {smallest:,}, in steps of {step:,}; at most {largest:,} in one order"
    )
    if hong_kong:
        book.sources.append(f"instruments table: {instrument.source} [{instrument.confidence}]")
        book.unknowns.extend(filter(None, [lots.reform_note(instrument, book.on)]))
    else:
        for what, dated in zip(
            ("lots", "lot step", "largest order"), lots.lot_schedules(instrument), strict=True
        ):
            book.cite(what, dated.at(book.day[0]))
    return Lot(smallest, step, largest)


def settlement_part(book: Book, instrument: Instrument) -> str:
    """ "T+1" or "T+0"; "none" for an index."""
    word, meaning, fact = settlement.describe(instrument, book.day[0])
    book.steps.append(f"settlement: {word}; {meaning}")
    book.cite("settlement", fact)
    return word


def short_part(book: Book, instrument: Instrument) -> bool:
    """Whether a short could be opened that day."""
    allowed = bool(shorting.shortable(instrument, book.day)[0])
    rate = float(shorting.borrow_rate(instrument, book.day)[0]) if allowed else 0.0
    cost = f"; borrow assumed at {rate * 100:g} % a year" if allowed else ""
    book.steps.append(
        f"short: {'yes' if allowed else 'no'}; {shorting.short_note(instrument, book.on)}{cost}"
    )
    book.sources.append(f"short: {shorting.MAINLAND_SOURCE if instrument.mainland else shorting.HK_SOURCE}")
    return allowed


def order_part(book: Book, instrument: Instrument, order: Order, limits: Limits, lot: Lot | None) -> None:
    """Say what the exchange would object to in an order."""
    if not instrument.tradable:
        return
    table = int(ticks.tick_schedule(instrument).on(book.day[0]))
    if not ticks.is_legal(order.price, table):
        nearest = float(ticks.round_against(order.price, table, order.side))
        book.steps.append(
            f"order: {order.price:g} is not on the tick; the next price against you is {nearest:g}"
        )
    if limits.up is not None and limits.down is not None and not limits.down <= order.price <= limits.up:
        book.steps.append(f"order: {order.price:g} lies outside the limits and is refused")
    if lot is None:
        return
    if order.side == "buy" and not lots.buy_is_legal(min(order.shares, lot.largest), *lot):
        book.steps.append(f"order: a buy of {order.shares:,} is not a legal size and is refused")
    if order.shares > lot.largest:
        pieces = -(-order.shares // lot.largest)
        book.steps.append(f"order: {order.shares:,} shares need {pieces} orders of at most {lot.largest:,}")


def cost_part(
    book: Book, instrument: Instrument, order: Order | None, lot: Lot | None, brokerage: costs.Brokerage
) -> dict[str, float | None] | None:
    """Itemised cost of the order, or the rates in words when there is none; unknown items are None."""
    if not instrument.tradable:
        return None
    try:
        key = costs.cost_class(instrument)
        row, gaps = costs.known_row(key, book.day, brokerage)
    except RuleError as error:
        book.steps.append(f"costs: {error}")
        book.unknowns.append("costs: not in the rule book")
        return None if order is None else {"total": None}
    names = costs.LEVY_NAMES[key]
    _cite_costs(book, key, brokerage, gaps)
    _say_rates(book, row, names)
    if order is None:
        return None
    largest = lot.largest if lot else order.shares
    items: dict[str, float | None] = dict(costs.itemise(row, names, *order, max_order=largest))
    for name in gaps:
        items[name] = items["total"] = None
    words = ", ".join(
        f"{name} {'unknown' if amount is None else format(amount, '.2f')}" for name, amount in items.items()
    )
    value = Decimal(repr(order.price)) * order.shares
    book.steps.append(f"costs of this {order.side} of {value.normalize():f} {instrument.currency}: {words}")
    return items


def _say_rates(book: Book, row: F8, names: tuple[str, ...]) -> None:
    stamp = f"stamp {row[costs.STAMP_BUY] * 100:g} % on buys and {row[costs.STAMP_SELL] * 100:g} % on sales"
    rounded = ", up to the next dollar" if row[costs.STAMP_UNIT] else ""
    least = f", at least {row[costs.COMMISSION_MIN]:g} an order" if row[costs.COMMISSION_MIN] else ""
    rates = [stamp + rounded, f"commission {row[costs.COMMISSION] * 100:g} %{least}"]
    for slot, name in enumerate(names):
        rate, fixed, low, high = row[costs.FIRST_LEVY + 4 * slot : costs.FIRST_LEVY + 4 * slot + 4]
        if rate or fixed:
            edges = (f" at least {low:g}" if low else "") + (f" at most {high:g}" if isfinite(high) else "")
            amount = f"{rate * 100:.6g} %" if rate else f"{fixed:g} a trade"
            rates.append(f"{name} {amount}{edges}")
    book.steps.append("cost rates: " + "; ".join(rates))


def _cite_costs(book: Book, key: str, brokerage: costs.Brokerage, gaps: dict[str, str]) -> None:
    chosen = costs.fees_of(key)
    if chosen.stamp_sell.at(book.day[0]).source:
        book.cite("stamp duty", chosen.stamp_sell.at(book.day[0]))
    for levy in chosen.levies:
        if levy.name in gaps:
            book.unknowns.append(f"{levy.name}: {gaps[levy.name]}")
        elif costs.charged(levy.name, brokerage):
            fact: Any = (levy.fixed if levy.name == "trading_tariff" else levy.rate).at(book.day[0])
            book.cite(levy.name, fact)
    if costs.uncharged(key, brokerage):
        book.unknowns.append(costs.uncharged(key, brokerage))
    if not key.startswith("hk_"):
        inside = "holds handling and regulatory fees" if brokerage.regulatory_inside else "comes beside them"
        book.steps.append(f"commission: yours to set; here it {inside}")
