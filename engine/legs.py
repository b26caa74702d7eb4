"""Records that travel through the engine: legs in, fills and blocked attempts out.

A leg is one intended position: which launch it answers, which code, which side, how much of the net asset
value, when to try first, and when to get out. Both engines execute legs, and only legs.
"""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

OPEN, TOUCH, CLOSE = range(3)
AT_NAMES = ("open", "touch", "close")
# Any larger `at` is a minute of the session, counted from midnight on the exchange's clock: 645 is 10:45.
FIRST_MINUTE, LAST_MINUTE = 60, 24 * 60 - 1
USUAL_SESSION = 240  # minutes of trading

# launch, code: positions in the ledger and in the panel; side +1 / -1; weight: share of NAV, positive;
# row: first row to try; at: OPEN, CLOSE, or the minute of that row from which the order is there; wait: sessions to keep
# trying after the first; hold: sessions to hold (the exit is at the same auction as the entry, at the close of an entry in between); stop, target, trail: fractions, NaN = none; hold_minutes:
# minutes of trading to hold in the place of `hold`, 0 = sessions.
LEG = np.dtype(
    [
        ("launch", "i4"),
        ("code", "i4"),
        ("side", "i4"),
        ("at", "i4"),
        ("row", "i4"),
        ("wait", "i4"),
        ("hold", "i4"),
        ("weight", "f8"),
        ("stop", "f8"),
        ("target", "f8"),
        ("trail", "f8"),
        ("hold_minutes", "i4"),
    ],
    align=True,
)

# One execution. price in local currency; fx: base money per local unit; commission, stamp and levies in base
# money; cash: base cash after this fill.
FILL = np.dtype(
    [
        ("row", "i4"),
        ("at", "i4"),
        ("code", "i4"),
        ("launch", "i4"),
        ("leg", "i4"),
        ("reason", "i4"),
        ("shares", "f8"),
        ("price", "f8"),
        ("fx", "f8"),
        ("commission", "f8"),
        ("stamp", "f8"),
        ("levies", "f8"),
        ("cash", "f8"),
    ],
    align=True,
)

# One attempt that got less than it wanted; shares are signed.
BLOCK = np.dtype(
    [
        ("row", "i4"),
        ("at", "i4"),
        ("code", "i4"),
        ("launch", "i4"),
        ("leg", "i4"),
        ("reason", "i4"),
        ("wanted", "f8"),
        ("filled", "f8"),
    ],
    align=True,
)


class Reason(IntEnum):
    """Why an order was filled (ENTRY to END) or got less than it wanted (SUSPENDED onwards)."""

    ENTRY = 0
    HOLD = 1
    STOP = 2
    TARGET = 3
    TRAIL = 4
    MARGIN_CALL = 5
    DELISTED = 6
    END = 7
    SUSPENDED = 10
    UNLISTED = 11
    LIMIT_UP = 12
    LIMIT_DOWN = 13
    SEALED = 14
    T_PLUS_ONE = 15
    BELOW_LOT = 16
    NO_CASH = 17
    NOT_SHORTABLE = 18
    MARGIN = 19
    VOLUME = 20
    UNPAIRED = 21
    NO_PRICE = 22
    EXPIRED = 23
    MARKET_CLOSED = 24
    BANKRUPT = 25
    NO_BAR = 26

    @property
    def label(self) -> str:
        """The word written into fills.csv and blocks.csv."""
        return "margin" if self is Reason.MARGIN_CALL else self.name.lower()


def at_name(at: int) -> str:
    """The word of an auction, or the clock time of a minute.

    >>> at_name(CLOSE), at_name(645)
    ('close', '10:45')
    """
    return AT_NAMES[at] if at <= CLOSE else f"{at // 60:02d}:{at % 60:02d}"


def moment(at: Any) -> Any:
    """Auctions and minutes in the order of the day: 0 for the open, the minute, the end of the day for the close."""
    return np.where(np.asarray(at) == CLOSE, LAST_MINUTE + 1, at)


def sessions_held(legs: NDArray[Any]) -> NDArray[np.int32]:
    """Sessions for which each leg (LEG) is to be held, (n,); of one that is held for minutes those in which they pass."""
    minutes = legs["hold_minutes"]
    return np.where(minutes > 0, minutes // USUAL_SESSION + 1, legs["hold"]).astype(np.int32)


def empty_legs(n: int) -> NDArray[Any]:
    """`n` legs with no launch, no rules and no weight, to be filled in by a strategy."""
    legs = np.zeros(n, LEG)
    for rule in ("stop", "target", "trail"):
        legs[rule] = np.nan
    return legs
