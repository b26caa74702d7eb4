"""Decisions: launches + panel → legs. A strategy never sees the account."""

from .base import Choice, ChoiceRules, Intent, TradeRules, about
from .buy_launch import BuyLaunch
from .fade_gap import FadeGap
from .long_short import LongShort
from .registry import STRATEGIES
from .rivals import Rivals
from .sector_pair import SectorPair
from .suppliers import Suppliers

__all__ = [
    "STRATEGIES",
    "BuyLaunch",
    "Choice",
    "ChoiceRules",
    "FadeGap",
    "Intent",
    "LongShort",
    "Rivals",
    "SectorPair",
    "Suppliers",
    "TradeRules",
    "about",
]
