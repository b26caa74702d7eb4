"""Volumes of minute bars in shares: mainland vendors count lots of a hundred as often, and the turnover tells which."""

from dataclasses import replace

import numpy as np

from ..errors import DataError
from .read import MinuteRows

LOT = 100.0
PLAUSIBLE = (0.8, 1.25)  # turnover over volume and price where volume is in shares: a bar moves less


def in_shares(rows: MinuteRows, name: str, *, mainland: bool) -> MinuteRows:
    """The rows with volume in shares; as they are where there is no turnover to tell. DataError for another unit."""
    told = (rows.amount > 0.0) & (rows.volume > 0.0) & (rows.close > 0.0)
    if not told.any():
        return rows
    with np.errstate(over="ignore"):
        ratio = float(np.median(rows.amount[told] / (rows.volume[told] * rows.close[told])))
    if PLAUSIBLE[0] <= ratio <= PLAUSIBLE[1]:
        return rows
    if mainland and PLAUSIBLE[0] <= ratio / LOT <= PLAUSIBLE[1]:
        return replace(rows, volume=rows.volume * LOT, source={**rows.source, "volume": "lots of 100"})
    raise DataError(
        f"{name}: turnover over volume is {ratio:.3g} times the price, so that the unit of the volume is neither shares "
        "nor lots of 100; give volume in shares"
    )
