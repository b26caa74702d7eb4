"""The market as a user asks for it: bars fetched, bars checked, and everything that a run needs of them loaded."""

from typing import TYPE_CHECKING

from ...lazy import face

if TYPE_CHECKING:
    from .market import Market as Market
    from .market import load_market as load_market
    from .request import MarketRequest as MarketRequest

__getattr__, __dir__, __all__ = face(
    __name__,
    {
        "Market": ".market",
        "MarketRequest": ".request",
        "load_market": ".market",
    },
)
