"""Our strategies by the names that the command line uses.

Packages add to them through the entry-point group `launchlab.strategies`, and a strategy of one's own runs from its
file as `file.py:Class`.
"""

from .buy_launch import BuyLaunch
from .fade_gap import FadeGap
from .long_short import LongShort
from .rivals import Rivals
from .sector_pair import SectorPair
from .suppliers import Suppliers

STRATEGIES: dict[str, type] = {
    "long-short": LongShort,
    "buy-launch": BuyLaunch,
    "fade-gap": FadeGap,
    "suppliers": Suppliers,
    "sector-pair": SectorPair,
    "rivals": Rivals,
}


def issuer_buyers() -> tuple[str, ...]:
    """Names of the strategies that, as they come, buy a code of a launch whose role nobody says: it is taken for the issuer."""
    return tuple(name for name, cls in STRATEGIES.items() if getattr(cls, "buys_issuer", False))
