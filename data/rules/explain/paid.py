"""What the order would have cost, item by item, and the rates where there is no order."""

from decimal import Decimal
from math import isfinite
from typing import Any

from ...arrays import F8
from ...errors import RuleError
from ...instruments.instrument import Instrument
from .. import costs
from .orders import Lot
from .question import AskedOrder, Workings


def cost_part(
    workings: Workings,
    instrument: Instrument,
    order: AskedOrder | None,
    lot: Lot | None,
    brokerage: costs.Charges,
) -> dict[str, float | None] | None:
    """Itemised cost of the order, or the rates in words when there is none; unknown items are None."""
    if not instrument.tradable:
        return None
    try:
        key = costs.cost_class(instrument)
        row, gaps = costs.known_row(key, workings.day, brokerage)
    except RuleError as error:
        workings.steps.append(f"costs: {error}")
        workings.unknowns.append("costs: not in the rule book")
        return None if order is None else {"total": None}
    names = costs.LEVY_NAMES[key]
    _cite_costs(workings, key, brokerage, gaps)
    _say_rates(workings, row, names)
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
    workings.steps.append(
        f"costs of this {order.side} of {value.normalize():f} {instrument.currency}: {words}"
    )
    return items


def _say_rates(workings: Workings, row: F8, names: tuple[str, ...]) -> None:
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
    workings.steps.append("cost rates: " + "; ".join(rates))


def _cite_costs(workings: Workings, key: str, brokerage: costs.Charges, gaps: dict[str, str]) -> None:
    chosen = costs.fees_of(key)
    on_sales, on_buys = (duty.at(workings.day[0]) for duty in (chosen.stamp_sell, chosen.stamp_buy))
    if on_sales.source:
        workings.cite("stamp duty", on_sales)
    if on_buys.source and on_buys != on_sales:
        workings.cite("stamp duty on buys", on_buys)
    for levy in chosen.levies:
        if levy.name in gaps:
            workings.unknowns.append(f"{levy.name}: {gaps[levy.name]}")
        elif costs.charged(levy.name, brokerage):
            fact: Any = (levy.fixed if levy.name == "trading_tariff" else levy.rate).at(workings.day[0])
            workings.cite(levy.name, fact)
    if costs.uncharged(key, brokerage):
        workings.unknowns.append(costs.uncharged(key, brokerage))
    if not key.startswith("hk_"):
        inside = "holds handling and regulatory fees" if brokerage.regulatory_inside else "comes beside them"
        workings.steps.append(f"commission: yours to set; here it {inside}")
