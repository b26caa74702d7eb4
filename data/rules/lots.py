"""How many shares an order may carry: the smallest buy, the step above it, and the largest single order.

Selling: whole lots, and a residue below a lot only all at once (`sale_is_legal`).
"""

from datetime import date

import numpy as np

from ..arrays import I4, Days
from ..dated import Dated
from ..errors import RuleError
from ..instruments.table import Instrument

_SSE = "SSE trading rules 3.3.8 and, for STAR, 6.1.7 (2026: 6.7)"
_BSE = "BSE trading rules: at least 100, then one share at a time"
HUNDRED = Dated(("1990-12-19", 100, _SSE, "S2"), name="the board lot")
TEN = Dated(("1990-12-19", 10, "ten bonds to the lot", "M"), name="the lot of convertible bonds")
ONE = Dated(("1900-01-01", 1, "an index is not traded", "P"), name="the lot of an index")
STAR_MIN = Dated(("2019-07-22", 200, _SSE, "S2"), name="the STAR market")
STAR_STEP = Dated(("2019-07-22", 1, _SSE, "S2"), name="the STAR market")
BSE_MIN = Dated(("2020-07-27", 100, _BSE, "S2"), name="the Beijing exchange (before: NEEQ Select)")
BSE_STEP = Dated(("2020-07-27", 1, _BSE, "S2"), name="the Beijing exchange (before: NEEQ Select)")

MILLION = Dated(("1990-12-19", 1_000_000, "SSE and SZSE trading rules", "S1"), name="the largest order")
CHINEXT_CAP = Dated(
    ("2009-10-30", 1_000_000, "SZSE trading rules", "S1"),
    ("2020-08-24", 300_000, "SZSE special provisions for ChiNext: limit orders", "S1"),
    name="the largest ChiNext order",
)
STAR_CAP = Dated(("2019-07-22", 100_000, "SSE STAR rules: limit orders", "M"), name="the largest STAR order")
BSE_CAP = Dated(("2020-07-27", 1_000_000, "BSE trading rules", "M"), name="the largest BSE order")
HK_CAP_LOTS = 3_000  # board lots in one order (automatch), S1

# Board-lot reform (HKEX conclusions of 2026-06-30, S1): from 2026-07-02 new issuers and corporate actions use
# a standard lot; every other issuer follows within six months of its own migration, from 2026-11-16.
STANDARD_LOTS = frozenset({1, 50, 100, 500, 1_000, 2_000, 5_000, 10_000})
REFORM_PHASE_2 = date(2026, 11, 16)

_MAINLAND: dict[str, tuple[Dated, Dated, Dated]] = {
    "chinext": (HUNDRED, HUNDRED, CHINEXT_CAP),
    "star": (STAR_MIN, STAR_STEP, STAR_CAP),
    "cdr": (STAR_MIN, STAR_STEP, STAR_CAP),
    "bse": (BSE_MIN, BSE_STEP, BSE_CAP),
    "convertible": (TEN, TEN, MILLION),
    "index": (ONE, ONE, MILLION),
}


def lot_schedules(instrument: Instrument) -> tuple[Dated, Dated, Dated]:
    """(smallest buy, step, largest order) by date of a mainland instrument or an index."""
    return _MAINLAND.get(instrument.board, (HUNDRED, HUNDRED, MILLION))


def hk_lots(instrument: Instrument) -> Dated:
    """Board lots by date of a Hong Kong code; RuleError when the issuer's lot is not known."""
    if instrument.lots is None:
        raise RuleError(
            f"{instrument.code}: the board lot is not in the instruments table, and every Hong Kong issuer "
            f"chooses its own; add a row with code and lots (for example {instrument.code},2020-01-01=500) "
            "to an instruments CSV"
        )
    return instrument.lots


def lot_rules(instrument: Instrument, sessions: Days) -> tuple[I4, I4, I4]:
    """(lot_min, lot_step, max_order) on each session, in shares, i4 (n,).

    A buy is `lot_min` or more, in steps of `lot_step` above it. RuleError for an unknown Hong Kong lot or a
    date before the table starts.
    """
    if instrument.board.startswith("hk_"):
        lots = hk_lots(instrument).over(sessions).astype(np.int32)
        return lots, lots.copy(), lots * np.int32(HK_CAP_LOTS)
    smallest, step, largest = (dated.over(sessions).astype(np.int32) for dated in lot_schedules(instrument))
    return smallest, step, largest


def buy_is_legal(shares: int, lot_min: int, lot_step: int, max_order: int) -> bool:
    """Whether one buy order may carry `shares`: 201 on STAR yes, 199 no; 150 on the main board no."""
    return lot_min <= shares <= max_order and (shares - lot_min) % lot_step == 0


def sale_is_legal(shares: int, holding: int, lot_min: int, lot_step: int) -> bool:
    """Whether one sell order of `shares` out of `holding` is accepted.

    Boards with steps of one share: any number from `lot_min`, or the whole of a smaller holding. Boards with
    whole lots: k lots, plus the whole residue at most once: from 299 shares 99, 100, 199, 200 and 299 are
    accepted, 1, 101 and 298 are not (SSE letter [2014] 301).
    """
    if not 0 < shares <= holding:
        return False
    if lot_step == 1:
        return shares >= lot_min or shares == holding
    return shares % lot_step in (0, holding % lot_step)


def reform_note(instrument: Instrument, day: date) -> str:
    """What the board-lot reform leaves open about a lot on a day; empty when nothing."""
    if not instrument.board.startswith("hk_") or instrument.lots is None or day < REFORM_PHASE_2:
        return ""
    lot = int(instrument.lots.on(day))
    if lot in STANDARD_LOTS:
        return ""
    return (
        f"a lot of {lot} is no standard one and changes within six months of the issuer's own migration, "
        f"which starts on {REFORM_PHASE_2} at the earliest: check the issuer's notice"
    )
