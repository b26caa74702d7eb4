"""Price steps: which prices an order may carry, by market and date.

A table is a row of (upper bound, step) pairs: the first bound that is not below the price gives the step, so
20.00 belongs to (10, 20]. Source: HKEX spread tables (Rules of the Exchange, Second Schedule; phase 1 of
2025-08-04 read at hkex.com.hk "Reduction of Minimum Spreads"; phase 2 of 2026-08-03 from its final model).
"""

from typing import Literal

import numpy as np

from ..arrays import F8, I1, I8, Bool, Days
from ..dated import Dated
from ..errors import RuleError
from ..instruments.table import Instrument

Side = Literal["buy", "sell"]

HK_2006, HK_2025, HK_2026, HK_ETP, CENT, MILL, FREE, FIFTH, POINT = range(9)
TABLE_NAMES = (
    "Hong Kong stocks before 2025-08-04",
    "Hong Kong stocks from 2025-08-04",
    "Hong Kong stocks from 2026-08-03",
    "Hong Kong exchange-traded products",
    "0.01",
    "0.001",
    "index level",
    "0.2 points",
    "1 point",
)
_LOW = ((0.25, 0.001), (0.5, 0.005))
_HIGH = ((100, 0.05), (200, 0.1), (500, 0.2), (1000, 0.5), (2000, 1.0), (5000, 2.0), (np.inf, 5.0))
_HK = (*_LOW, (10, 0.01), (20, 0.02), *_HIGH)
_PHASE_1 = (*_LOW, (10, 0.01), (20, 0.01), (50, 0.02), *_HIGH)
_PHASE_2 = (*_LOW, (10, 0.005), (20, 0.01), (50, 0.02), *_HIGH)
# Above 2,000 the ETP step is from memory (1.00): no product of that price is known.
_Table = tuple[tuple[float, float], ...]
_ETP: _Table = (
    (1, 0.001),
    (5, 0.002),
    (10, 0.005),
    (20, 0.01),
    (100, 0.02),
    (200, 0.05),
    (500, 0.1),
    (1000, 0.2),
)
_ETP += ((2000, 0.5), (np.inf, 1.0))
_TABLES: tuple[_Table, ...] = (
    _HK,
    _PHASE_1,
    _PHASE_2,
    _ETP,
    ((np.inf, 0.01),),
    ((np.inf, 0.001),),
    ((np.inf, 0.0001),),
    ((np.inf, 0.2),),
    ((np.inf, 1.0),),
)
_WIDTH = max(len(table) for table in _TABLES)

# (K, B): table k uses step SIZES[k, j] up to and including price BOUNDS[k, j]; padded with inf.
TICK_BOUNDS: F8 = np.array([[b for b, _ in t] + [np.inf] * (_WIDTH - len(t)) for t in _TABLES], np.float64)
TICK_SIZES: F8 = np.array([[s for _, s in t] + [t[-1][1]] * (_WIDTH - len(t)) for t in _TABLES], np.float64)
# Steps of the lowest prices of each table that make one unit of money, (K,).
PER_UNIT: I8 = np.rint(1 / TICK_SIZES[:, 0]).astype(np.int64)
TICK_BOUNDS.flags.writeable = TICK_SIZES.flags.writeable = PER_UNIT.flags.writeable = False

HK_STOCK_TABLE = Dated(
    (
        "2006-07-24",
        HK_2006,
        "mondovisione.com/news/hkex-sets-date-for-reduction-of-minimum-trading-spreads",
        "P",
    ),
    ("2025-08-04", HK_2025, "hkex.com.hk Reduction-of-Minimum-Spreads, phase 1", "P"),
    (
        "2026-08-03",
        HK_2026,
        "hkex.com.hk Reduction-of-Minimum-Spreads, phase 2, final implementation model",
        "S2",
    ),
    name="the Hong Kong spread table",
)
HK_ETP_TABLE = Dated(
    ("2006-07-24", HK_2006, "as stocks, before ETPs had their own table", "M"),
    ("2020-06-01", HK_ETP, "hkex.com.hk Exchange-Traded-Products, Investors (start date from memory)", "P"),
    name="the Hong Kong ETP spread table",
)
_CN = "szse.cn W020180328432046636464.pdf, sse.com.cn 10824490: price increments"
CN_CENT = Dated(("1990-12-19", CENT, _CN), name="the mainland price step")
CN_MILL = Dated(
    ("1990-12-19", MILL, _CN), name="the mainland price step of funds, bonds and Shanghai B shares"
)
FUTURE_TICKS = {
    0.2: Dated(("1900-01-01", FIFTH, "data/instruments/futures.py"), name="the step of a mainland future"),
    1.0: Dated(("1900-01-01", POINT, "data/instruments/futures.py"), name="the step of a Hong Kong future"),
}
INDEX_LEVEL = Dated(("1900-01-01", FREE, "an index is not traded"), name="the step of an index level")


def tick_schedule(instrument: Instrument) -> Dated:
    """Which table holds by date for an instrument."""
    board = instrument.board
    if instrument.terms is not None:
        return FUTURE_TICKS[instrument.terms.product.tick]
    by_board = {
        "index": INDEX_LEVEL,
        "hk_etp": HK_ETP_TABLE,
        "hk_main": HK_STOCK_TABLE,
        "hk_gem": HK_STOCK_TABLE,
        "hk_reit": HK_STOCK_TABLE,  # HKEX, Reduction of Minimum Spreads: equities and REITs alike
    }
    if board in by_board:
        return by_board[board]
    shanghai_b = board == "b" and instrument.exchange == "XSHG"
    return CN_MILL if shanghai_b or board in {"fund", "fund20", "reit", "convertible"} else CN_CENT


def tick_table(instrument: Instrument, sessions: Days) -> I1:
    """Row of TICK_BOUNDS and TICK_SIZES that holds on each session; int8 (n,). RuleError before 2006-07-24 in HK."""
    return tick_schedule(instrument).over(sessions).astype(np.int8)


def tick_size(price: object, table: object) -> F8:
    """Step at each price under each table (broadcast); NaN at a NaN price."""
    prices, tables = np.broadcast_arrays(np.asarray(price, np.float64), np.asarray(table, np.intp))
    inside = prices[..., None] <= TICK_BOUNDS[tables] + 1e-9
    sizes = np.take_along_axis(TICK_SIZES[tables], inside.argmax(-1)[..., None], -1)[..., 0]
    return np.where(np.isnan(prices), np.nan, sizes)


def is_legal(price: object, table: object) -> Bool:
    """Whether an order may carry each price; False where it is not finite, zero or negative."""
    prices = np.asarray(price, np.float64)
    possible = np.isfinite(prices) & (prices > 0)
    steps = np.where(possible, prices, 0.0) / tick_size(np.where(possible, prices, 0.0), table)
    legal: Bool = possible & (np.abs(steps - np.rint(steps)) < 1e-6)
    return legal


def round_against(price: object, table: object, side: str) -> F8:
    """The nearest legal price that is no better for the trader: up for a buyer, down for a seller."""
    side = checked_side(side)
    prices = np.asarray(price, np.float64)
    size = tick_size(prices, table)
    steps = prices / size
    whole = np.ceil(steps - 1e-7) if side == "buy" else np.floor(steps + 1e-7)
    return np.asarray(np.round(whole * size, 4))


def checked_side(side: str) -> Side:
    """The side of an order, or a RuleError for any other word."""
    if side == "buy":
        return "buy"
    if side == "sell":
        return "sell"
    raise RuleError(f"side {side!r} is neither 'buy' nor 'sell'; write one of the two")
