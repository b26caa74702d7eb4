"""Decisions: launches + panel → legs. A strategy never sees the account.

`STRATEGIES` is the registry; packages add to it through the entry-point group `launchlab.strategies`, and a
strategy of one's own runs from its file as `file.py:Class`.
"""

from .base import Intent, TradeRules, about
from .buy_launch import BuyLaunch
from .fade_gap import FadeGap
from .long_short import LongShort
from .suppliers import Suppliers

STRATEGIES: dict[str, type] = {
    "long-short": LongShort,
    "buy-launch": BuyLaunch,
    "fade-gap": FadeGap,
    "suppliers": Suppliers,
}

__all__ = ["STRATEGIES", "BuyLaunch", "FadeGap", "Intent", "LongShort", "Suppliers", "TradeRules", "about"]
