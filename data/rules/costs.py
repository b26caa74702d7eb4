"""What a trade costs: stamp, levies and commission by date, class and side, as rows the judge reads.

A cost row holds rates; `itemise` is the arithmetic on one row in plain Python, exact to the cent, and the
judge must agree with it. Money is in local currency.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal
from types import MappingProxyType
from typing import NamedTuple, Protocol

import numpy as np

from ..arrays import F8, Days
from ..dated import Dated
from ..errors import RuleError, did_you_mean
from ..instruments.futures import FutureTerms
from ..instruments.table import Instrument
from . import fees
from .ticks import checked_side

# Layout of a cost row. STAMP_UNIT 1.0: stamp is rounded up to a whole unit; 0.0: half-up to the cent.
# Then LEVIES slots of four, each side: clip(value × rate + fixed, minimum, maximum), half-up to the cent.
STAMP_BUY, STAMP_SELL, STAMP_UNIT, COMMISSION, COMMISSION_MIN, FIRST_LEVY = range(6)
LEVIES = 5
RATE, FIXED, MINIMUM, MAXIMUM = range(4)
COST_WIDTH = FIRST_LEVY + 4 * LEVIES

_CENT = Decimal("0.01")


class Charges(Protocol):
    """What a broker charges, checked or not: the fields of a `Brokerage`."""

    @property
    def hk_rate(self) -> float: ...
    @property
    def hk_min(self) -> float: ...
    @property
    def cn_rate(self) -> float: ...
    @property
    def cn_min(self) -> float: ...
    @property
    def regulatory_inside(self) -> bool: ...
    @property
    def connect(self) -> bool: ...


class Usual(NamedTuple):
    """What is charged where nobody says otherwise.

    Hong Kong brokerage has been negotiable since 2003-04-01, so none is charged unless it is given.
    """

    hk_rate: float = 0.0
    hk_min: float = 0.0
    cn_rate: float = 0.00025
    cn_min: float = 5.0
    regulatory_inside: bool = True
    connect: bool = False


NO_HK_BROKERAGE = "brokerage is negotiable in Hong Kong: none is charged unless you give yours, brokerage.hk_rate and hk_min"


def uncharged(key: str, brokerage: Charges) -> str:
    """A sentence saying that no broker's commission is in the costs of a cost class; empty where one is."""
    free = key.startswith("hk_") and not (brokerage.hk_rate or brokerage.hk_min)
    return NO_HK_BROKERAGE if free else ""


@dataclass(frozen=True)
class CostClass:
    """Fees of one class of instruments by date. `levies` in slot order; at most LEVIES of them."""

    stamp_buy: Dated
    stamp_sell: Dated
    whole_stamp: bool
    levies: tuple[fees.Levy, ...]


_HK_LEVIES = (fees.SFC, fees.AFRC, fees.HK_TRADING_FEE, fees.HK_TARIFF, fees.CCASS)
CLASSES: Mapping[str, CostClass] = MappingProxyType(
    {
        "hk_stock": CostClass(fees.HK_STAMP, fees.HK_STAMP, True, _HK_LEVIES),
        "hk_reit": CostClass(fees.HK_REIT_STAMP, fees.HK_REIT_STAMP, True, _HK_LEVIES),
        "hk_etp": CostClass(fees.HK_ETP_STAMP, fees.HK_ETP_STAMP, True, _HK_LEVIES),
        "sse": CostClass(
            fees.CN_STAMP_BUY,
            fees.CN_STAMP_SELL,
            False,
            (fees.SSE_TRANSFER, fees.CN_HANDLING, fees.CN_REGULATORY, fees.CONNECT),
        ),
        "szse": CostClass(
            fees.CN_STAMP_BUY,
            fees.CN_STAMP_SELL,
            False,
            (fees.SZSE_TRANSFER, fees.CN_HANDLING, fees.CN_REGULATORY, fees.CONNECT),
        ),
        "bse": CostClass(
            fees.CN_STAMP_BUY,
            fees.CN_STAMP_SELL,
            False,
            (fees.BSE_TRANSFER, fees.BSE_HANDLING, fees.CN_REGULATORY, fees.CONNECT),
        ),
        "cn_fund": CostClass(
            fees.NONE,
            fees.NONE,
            False,
            (fees.NO_TRANSFER, fees.FUND_HANDLING, fees.NO_REGULATORY, fees.CONNECT),
        ),
        "index": CostClass(fees.NONE, fees.NONE, False, ()),
    }
)
LEVY_NAMES: Mapping[str, tuple[str, ...]] = MappingProxyType(
    {key: tuple(levy.name for levy in value.levies) for key, value in CLASSES.items()}
)
_OF_EXCHANGE = MappingProxyType({"XSHG": "sse", "XSHE": "szse", "XBSE": "bse"})
_INSIDE = frozenset({"handling", "regulatory"})


def cost_class(instrument: Instrument) -> str:
    """Key of CLASSES for an instrument; RuleError for B shares, mainland REITs and convertible bonds."""
    board = instrument.board
    if board == "future":
        return f"future:{instrument.code}"
    if board in ("b", "reit", "convertible"):
        raise RuleError(
            f"{instrument.code}: the rule book has no costs for board {board!r}; "
            "trade shares or funds, or leave the code out"
        )
    if board == "index":
        return "index"
    if board.startswith("hk_"):
        return board if board in ("hk_etp", "hk_reit") else "hk_stock"
    return "cn_fund" if board in ("fund", "fund20") else _OF_EXCHANGE[instrument.exchange]


def fees_of(key: str) -> CostClass:
    """Fees of a class by name; an unknown name is a RuleError with the nearest one."""
    try:
        return CLASSES[key]
    except KeyError:
        raise RuleError(
            f"there is no cost class {key!r}{did_you_mean(key, CLASSES)}; use cost_class()"
        ) from None


def cost_rows(key: str, sessions: Days, brokerage: Charges) -> F8:
    """Rates of a class on each session; f8 (n, COST_WIDTH). RuleError before a fee's first known day."""
    rows = _commission_rows(key, len(sessions), brokerage)
    chosen = fees_of(key)
    rows[:, STAMP_BUY] = chosen.stamp_buy.over(sessions)
    rows[:, STAMP_SELL] = chosen.stamp_sell.over(sessions)
    for slot, levy in enumerate(chosen.levies):
        if charged(levy.name, brokerage):
            _set_levy(rows, slot, levy, sessions)
    return rows


def future_rows(terms: FutureTerms, sessions: Days) -> F8:
    """Rates of one future on each session; f8 (n, COST_WIDTH): all that its file says of a contract and side, no commission besides."""
    rows = np.zeros((len(sessions), COST_WIDTH))
    rows[:, FIRST_LEVY + MAXIMUM :: 4] = np.inf
    rows[:, FIRST_LEVY + RATE] = terms.rate.over(sessions)
    rows[:, FIRST_LEVY + FIXED] = terms.fixed.over(sessions)
    return rows


def known_row(key: str, session: Days, brokerage: Charges) -> tuple[F8, dict[str, str]]:
    """Cost row of one session (shape (1,)) and the levies the book does not cover then, with the reason."""
    rows = _commission_rows(key, 1, brokerage)
    chosen = fees_of(key)
    rows[:, STAMP_BUY] = chosen.stamp_buy.over(session)
    rows[:, STAMP_SELL] = chosen.stamp_sell.over(session)
    gaps: dict[str, str] = {}
    for slot, levy in enumerate(chosen.levies):
        if charged(levy.name, brokerage):
            try:
                _set_levy(rows, slot, levy, session)
            except RuleError as error:
                gaps[levy.name] = str(error)
    return rows[0], gaps


def _commission_rows(key: str, n: int, brokerage: Charges) -> F8:
    rows = np.zeros((n, COST_WIDTH))
    rows[:, FIRST_LEVY + MAXIMUM :: 4] = np.inf
    if key == "index":
        return rows
    hong_kong = key.startswith("hk_")
    rows[:, STAMP_UNIT] = fees_of(key).whole_stamp
    rows[:, COMMISSION] = brokerage.hk_rate if hong_kong else brokerage.cn_rate
    rows[:, COMMISSION_MIN] = brokerage.hk_min if hong_kong else brokerage.cn_min
    return rows


def _set_levy(rows: F8, slot: int, levy: fees.Levy, sessions: Days) -> None:
    first = FIRST_LEVY + 4 * slot
    for offset, dated in enumerate((levy.rate, levy.fixed, levy.minimum, levy.maximum)):
        rows[:, first + offset] = dated.over(sessions)


def charged(levy: str, brokerage: Charges) -> bool:
    """Whether a levy is paid beside the commission: not when the commission holds it, or without Connect."""
    if levy == "connect":
        return brokerage.connect
    return not (brokerage.regulatory_inside and levy in _INSIDE)


def itemise(
    row: Sequence[float] | F8,
    names: Sequence[str],
    side: str,
    price: float,
    shares: float,
    max_order: float,
) -> dict[str, float]:
    """Cost of one trade by item, with its `total`: {"commission": …, "stamp": …, **levies, "total": …}.

    `row` is a cost row, `names` the class's LEVY_NAMES. More shares than `max_order` go as several orders,
    each with its own minimum commission and its own rounding. Half-up to the cent; Hong Kong stamp up to the
    dollar. Computed in Decimal from the shortest form of each number, so 2.825 rounds to 2.83.
    """
    buy = checked_side(side) == "buy"
    if not (price > 0 and shares > 0 and max_order > 0):
        raise RuleError(
            f"price {price}, shares {shares} and the largest order {max_order} must be above zero"
        )
    exact = [_exact(number) for number in row]
    total = _exact(shares)
    largest = _exact(max_order)
    items: dict[str, Decimal] = {}
    full, rest = divmod(total, largest)
    for size, times in ((largest, full), (rest, Decimal(1))):
        if size and times:
            for name, amount in _order_cost(exact, names, buy, _exact(price) * size).items():
                items[name] = items.get(name, Decimal(0)) + times * amount
    costs = {name: float(amount) for name, amount in items.items()}
    return {**costs, "total": float(sum(items.values()))}


def _order_cost(row: list[Decimal], names: Sequence[str], buy: bool, value: Decimal) -> dict[str, Decimal]:
    stamp = value * row[STAMP_BUY if buy else STAMP_SELL]
    items = {
        "commission": max(_cents(value * row[COMMISSION]), row[COMMISSION_MIN]),
        "stamp": stamp.to_integral_value(ROUND_CEILING) if row[STAMP_UNIT] == 1 else _cents(stamp),
    }
    for slot, name in enumerate(names):
        rate, fixed, least, most = row[FIRST_LEVY + 4 * slot : FIRST_LEVY + 4 * slot + 4]
        items[name] = _cents(min(max(value * rate + fixed, least), most))
    return items


def _exact(number: float) -> Decimal:
    return Decimal(repr(float(number)))


def _cents(money: Decimal) -> Decimal:
    return money.quantize(_CENT, ROUND_HALF_UP)
