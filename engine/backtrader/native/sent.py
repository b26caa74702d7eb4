"""What a backtrader strategy asked of its broker, in the order in which it did."""

from typing import Any, NamedTuple

TERMS = {
    "price": "at",
    "pricelimit": "limit",
    "trailamount": "trail",
    "trailpercent": "trail share",
    "valid": "valid",
}


class Sent(NamedTuple):
    """An order or a cancellation: the row whose bars were the last ones seen, the column of its code, the number of
    the launch it answers (−1 where none), and what was asked in words."""

    row: int
    code: int
    launch: int
    deed: str


def order_sent(order: Any, row: int, code: int) -> Sent:
    """An order as it was sent, before anything was made of it."""
    return Sent(row, code, int(order.info.get("answers", -1)), order_words(order))


def cancellation_sent(order: Any, row: int, code: int) -> Sent:
    """The cancellation of an order."""
    return Sent(row, code, int(order.info.get("answers", -1)), f"cancel {order_words(order)}")


def order_words(order: Any) -> str:
    """Side, shares and terms: `buy 500 Limit at 10.2`."""
    side = "buy" if order.ordtype == order.Buy else "sell"
    plain = order.exectype in (order.Market, order.Close)
    given = {name: getattr(order.p, name) for name in TERMS if name == "valid" or not plain}
    terms = [f"{TERMS[name]} {value}" for name, value in given.items() if value is not None]
    return " ".join([side, f"{abs(order.created.size):g}", order.ExecTypes[order.exectype], *terms])
