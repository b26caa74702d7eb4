"""What an order may carry that day: its price step, its size, and what the exchange would object to."""

from typing import NamedTuple

from ...instruments.instrument import Instrument
from .. import lots, ticks
from .price_limits import Limits
from .question import PROBE, AskedOrder, Workings


class Lot(NamedTuple):
    """Smallest buy, step above it, and largest single order, in shares."""

    smallest: int
    step: int
    largest: int


def tick_part(workings: Workings, instrument: Instrument, price: float | None) -> float | None:
    """Price step at a price; without one only where the step is the same at every price."""
    if not instrument.tradable:
        return None
    fact = ticks.tick_schedule(instrument).at(workings.day[0])
    table = int(fact.value)
    workings.cite("tick", fact)
    if price is None and instrument.board.startswith("hk_"):
        workings.steps.append(
            f"tick: depends on the price ({ticks.TABLE_NAMES[table]}); give `price` or `prev_close`"
        )
        return None
    tick = float(ticks.tick_size(price or PROBE, table))
    at = f" at {price:g}" if instrument.board.startswith("hk_") else ""
    workings.steps.append(f"tick: {tick:g} {instrument.currency}{at}")
    return tick


def lot_part(workings: Workings, instrument: Instrument) -> Lot | None:
    """Order sizes of the day; None where the issuer's board lot is not known."""
    if not instrument.tradable:
        return None
    hong_kong = instrument.board.startswith("hk_")
    if hong_kong and instrument.lots is None:
        workings.steps.append("lots: the issuer's board lot is not in the instruments table")
        return None
    smallest, step, largest = (int(array[0]) for array in lots.lot_rules(instrument, workings.day))
    workings.steps.append(
        f"lots: buy at least {smallest:,}, in steps of {step:,}; at most {largest:,} in one order"
    )
    if hong_kong:
        workings.sources.append(f"instruments table: {instrument.source} [{instrument.confidence}]")
        workings.unknowns.extend(filter(None, [lots.reform_note(instrument, workings.on)]))
    else:
        for what, dated in zip(
            ("lots", "lot step", "largest order"), lots.lot_schedules(instrument), strict=True
        ):
            workings.cite(what, dated.at(workings.day[0]))
    return Lot(smallest, step, largest)


def order_part(
    workings: Workings, instrument: Instrument, order: AskedOrder, limits: Limits, lot: Lot | None
) -> None:
    """Say what the exchange would object to in an order."""
    if not instrument.tradable:
        return
    table = int(ticks.tick_schedule(instrument).on(workings.day[0]))
    if not ticks.is_legal(order.price, table):
        nearest = float(ticks.round_against(order.price, table, order.side))
        workings.steps.append(
            f"order: {order.price:g} is not on the tick; the next price against you is {nearest:g}"
        )
    if limits.up is not None and limits.down is not None and not limits.down <= order.price <= limits.up:
        workings.steps.append(f"order: {order.price:g} lies outside the limits and is refused")
    if lot is None:
        return
    if order.side == "buy" and not lots.buy_is_legal(min(order.shares, lot.largest), *lot):
        workings.steps.append(f"order: a buy of {order.shares:,} is not a legal size and is refused")
    if order.shares > lot.largest:
        pieces = -(-order.shares // lot.largest)
        workings.steps.append(
            f"order: {order.shares:,} shares need {pieces} orders of at most {lot.largest:,}"
        )
