"""Kinds of backtrader orders, and which of them are refused or marked when they are sent."""

from collections.abc import Mapping
from typing import Any

import backtrader as bt
import numpy as np

from ....data.errors import ConfigError
from ...legs import Reason
from .triggers import AT_CLOSE, LIMIT, MARKET, STOP, STOP_LIMIT

KINDS = {
    bt.Order.Market: MARKET,
    bt.Order.Close: AT_CLOSE,
    bt.Order.Limit: LIMIT,
    bt.Order.Stop: STOP,
    bt.Order.StopLimit: STOP_LIMIT,
    bt.Order.StopTrail: STOP,
    bt.Order.StopTrailLimit: STOP_LIMIT,
}
HISTORY = "orders of a past execution (Order.Historical) bypass the rules; send another kind"
PRICES = ("price", "plimit", "trailamount", "trailpercent")
TRAILS = (bt.Order.StopTrail, bt.Order.StopTrailLimit)


def checked(size: float, terms: Mapping[str, Any]) -> dict[str, Any]:
    """Terms of an order; `valid=0` and `timedelta()` become a mark of ours, as backtrader lets them lapse untried.

    One of NaN shares, or at NaN, is marked to be rejected: backtrader's own would trade at NaN, or never end.
    """
    checked = dict(terms) | {"size": size}
    kind, valid = terms.get("exectype"), terms.get("valid")
    if kind == bt.Order.Historical:
        raise ConfigError(HISTORY)
    if kind is not None and kind not in KINDS:
        raise ConfigError(
            f"there is no order of the kind {kind!r}; use one of bt.Order.Market, Limit, Stop and so on"
        )
    if valid is not None and not valid:
        checked |= {"valid": None, "day": True}
    if not np.isfinite(size):
        checked |= {"size": 0, "void": True}
    if any(terms.get(name) is not None and np.isnan(terms[name]) for name in PRICES):
        checked |= {"void": True}
    return checked


def reason_of(order: Any) -> Reason:
    """What a closing fill is recorded as: by the kind of order."""
    if order.exectype in TRAILS:
        return Reason.TRAIL
    return {STOP: Reason.STOP, STOP_LIMIT: Reason.STOP, LIMIT: Reason.TARGET}.get(
        KINDS[order.exectype], Reason.HOLD
    )
